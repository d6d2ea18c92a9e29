/* Controls: buttons, slider, keys, and the table of all steps, whose numbers are links. */

// -- the table -------------------------------------------------------------------------------------------------------

const rows = [...page.querySelectorAll("#steps tr[data-n]")];
rows.forEach((row, i) => {
  const cell = row.firstElementChild;
  cell.replaceChildren(make("a", { href: `#step=${i + 1}` }, cell.textContent));
});
page.querySelector("#steps").addEventListener("click", (click) => {
  const row = click.target.closest("tr[data-n]");
  if (!click.target.closest("a") || !row) return;
  click.preventDefault();
  gotoEvent(Number(row.dataset.n));
});
let marks = [0, 0];

/** In a quiz the numbers of a row, once they are known; in homework what was answered. */
function fillRow(k) {
  const cells = [...rows[k - 1].cells].slice(2), r = rule(k);
  if (homework) {
    cells.at(-1).textContent = records[k]?.given ?? "";
    return;
  }
  const local = valueOf(event("local", k)), isKnown = k < frontier();
  const shown = [amount(valueOf(E.arriving[k - 1]), ""), formula(string(r.local ?? r.adds)), local === null ? "" : amount(local, ""),
    amount(valueOf(E.adds[k - 1])), amount(valueOf(event("before", k)) ?? 0, ""), amount(valueOf(E.after[k - 1]), "")];
  cells.forEach((cell, i) => cell.replaceChildren(isKnown ? shown[i] : words["unknown"]));
}

function markRows(first, last) {
  const [from, to] = [Math.min(marks[0] || 1, first || 1), Math.max(marks[1], last)];
  for (let k = from; k <= to; k += 1) {
    const row = rows[k - 1], isNow = first > 0 && k >= first && k <= last;
    if (!row) continue;
    row.className = isNow ? "now" : k > last ? "future" : "";
    if (isNow && k === last) row.setAttribute("aria-current", "step");
    else row.removeAttribute("aria-current");
  }
  marks = [first, last];
  if (quiz) rows.forEach((_, i) => fillRow(i + 1));
  const row = rows[last - 1], box = row?.closest(".scroll");
  if (row && box && box.scrollHeight > box.clientHeight) {
    const off = row.offsetTop - box.scrollTop;
    if (off < 40 || off > box.clientHeight - 40) box.scrollTop = row.offsetTop - box.clientHeight / 2;
  }
}

// -- controls --------------------------------------------------------------------------------------------------------

const controls = (() => {
  const back = button(words["back"], words["back"], () => goto(view().at - 1), { id: "back" });
  const next = button(words["next"], words["next"], () => goto(view().at + 1), { id: "next", class: "go" });
  const toggle = button(words["play"], words["play"], () => play(!playing), { id: "play" });
  const slider = make("input", { type: "range", id: "slider", class: "opt", "aria-label": words["slider"], step: "1",
    oninput: () => goto(Number(slider.value)) });
  const field = make("input", { type: "number", id: "position", "aria-label": words["position"], inputmode: "numeric", step: "1",
    onchange: () => { if (field.value !== "") goto(Number(field.value)); field.value = view().at; },
    onkeydown: (key) => { if (key.key === "Enter" || key.key === "Escape") field.blur(); } });
  const total = make("span", {});
  const pace = make("select", { id: "speed", class: "opt", "aria-label": words["speed"],
    onchange: () => { speed = Number(pace.value); if (playing) play(true); } },
  ...[0.5, 1, 2].map((each) => make("option", { value: each, selected: each === 1 }, `${each}×`)));
  const kinds = quiz ? ["edge"] : ["edge", "node", ...(data.levels.module.some(([, , layer]) => layer) ? ["module"] : [])];
  const level = make("select", { id: "level", onchange: () => { play(false); changeLevel(level.value); } },
    ...kinds.map((kind) => make("option", { value: kind, selected: kind === data.level }, words[`level ${kind}`])));
  const into = button(words["into"], words["into long"], () => opening()?.(), { id: "into", "aria-label": null });
  const out = button(words["out"], words["out long"], close, { id: "out", "aria-label": null });
  const whole = button(words["whole"], words["whole"], () => fit(), { id: "whole", class: "opt", "aria-pressed": "false" });
  const help = button(words["help"], words["help"], () => part("keys").showModal(), { id: "help", class: "opt" });
  part("controls").append(back, next, toggle, slider,
    make("span", { class: "count" }, field, " ", total), pace,
    kinds.length > 1 ? make("label", { class: "opt" }, words["level"], " ", level) : "", homework ? "" : into, out, whole, help);
  part("controls").setAttribute("aria-label", words["controls"]);

  function show(v, now) {
    const onButton = [back, next].includes(document.activeElement);
    back.disabled = v.at <= v.first;
    next.disabled = v.at >= Math.min(v.last, inner() ? v.last : frontier());
    if (onButton && document.activeElement?.disabled) (next.disabled ? back : next).focus();
    for (const each of [slider, field]) Object.assign(each, { min: v.first, max: v.last });
    slider.value = v.at;
    field.value = v.at;
    total.textContent = say("position of", { n: v.last });
    slider.setAttribute("aria-valuetext", v.at && now ? say("slider step", { k: v.at, n: v.last, edge: aloud(isElement()
      ? placeText(v.known[v.at - 1], valueOf(E.adds[v.k - 1])) : titleOf(now)) }) : words["slider start"]);
    into.disabled = !opening();
    into.hidden = isElement();
    out.hidden = !inner();
    level.value = views[0].level;
    page.dataset.level = v.level;
  }

  function fit() {
    const fits = page.toggleAttribute("data-fit");
    whole.textContent = words[fits ? "real size" : "whole"];
    whole.setAttribute("aria-pressed", String(fits));
    follow();
  }

  if (quiz) toggle.hidden = pace.hidden = true;
  return { show, toggle, field, whole };
})();

function play(on) {
  clearInterval(playing);
  playing = 0;
  if (on) {
    if (view().at >= Math.min(view().last, frontier())) goto(view().first, "play");
    playing = setInterval(() => {
      goto(view().at + 1, "play");
      if (view().at >= Math.min(view().last, frontier())) play(false);
    }, 1600 / speed);
  }
  controls.toggle.textContent = controls.toggle.title = words[on ? "pause" : "play"];
}

const KEYS = {
  ArrowRight: () => goto(view().at + 1), ArrowLeft: () => goto(view().at - 1),
  Home: () => goto(view().first), End: () => goto(view().last),
  " ": () => quiz ? false : play(!playing), Enter: () => opening()?.(), Escape: () => inspected !== null ? inspect(inspected) : close(),
  g: () => { controls.field.focus(); controls.field.select(); },
  t: () => { part("steps").open = true; part("steps").querySelector("summary").focus(); },
  "?": () => part("keys").showModal(),
  ArrowUp: () => moveRow(-1), ArrowDown: () => moveRow(1),
};

/** Among elements, to the same column of another row. */
function moveRow(by) {
  if (!isElement()) return false;
  const { k, known, at } = view(), value = valueOf(E.adds[k - 1]), place = known[at - 1] + by * (value.shape?.at(-1) ?? 1);
  if (known.includes(place)) goto(known.indexOf(place) + 1);
  return true;
}

document.addEventListener("keydown", (key) => {
  const target = key.target.closest ? key.target : document.body, action = KEYS[key.key.length === 1 ? key.key.toLowerCase() : key.key];
  if (!action || key.altKey || key.ctrlKey || key.metaKey || target.closest("input, select, textarea, dialog")) return;
  if ([" ", "Enter"].includes(key.key) && target.closest("button, a, summary")) return;
  const scrolls = target.closest(".scroll, pre, #graph");
  if (key.key.startsWith("Arrow") && scrolls && scrolls.scrollWidth > scrolls.clientWidth + 1) return;
  if (action() !== false) key.preventDefault();
});

function keysDialog() {
  const rows = [["← →", "key step"], ["Home End", "key ends"], ["Space", "key play"], ["Enter", "key into"], ["Esc", "key out"],
    ["↑ ↓", "key rows"], ["G", "key goto"], ["T", "key table"], ["?", "key help"]];
  return make("dialog", { id: "keys", "aria-label": words["keys"] }, make("h2", {}, words["keys"]),
    make("dl", {}, ...rows.flatMap(([keys, word]) => [make("dt", {}, ...keys.split(" ").flatMap((each) => [make("kbd", {}, each), " "])),
      make("dd", {}, words[word])])),
    button(words["close"], words["close"], () => part("keys").close()));
}
