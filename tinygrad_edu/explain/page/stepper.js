/* The stepper's page: shows everything anew at each step, and starts. Read `state.js` first. */

function render(aloudToo = true) {
  const now = step(), [first, last] = now ?? [0, 0], v = view(), known = isAsked(now) ? last - 1 : last;
  part("say").replaceChildren(...sentence());
  drawGraph(first, last, known);
  part("source").replaceChildren(...sourcePanel(first));
  showMark(part("source").querySelector("pre"));
  part("rule").replaceChildren(...rulePanel(now));
  part("totals").replaceChildren(...totalsPanel(first, last, known));
  part("about").hidden = inspected === null;
  part("about").replaceChildren(...(inspected === null ? [] : aboutNode(inspected, known)));
  markRows(first, last);
  controls.show(v, now);
  const grid = part("rule").querySelector(".eq");
  if (grid && grid.scrollWidth > grid.clientWidth + 1) grid.classList.add("stacked");
  if (aloudToo) hear(v, now);
  if (views.length === 1) writeAddress();
  follow();
}

/** The marks in the line of code in view, as much of them as there is room for. */
function showMark(code) {
  const mark = code?.querySelector(".operation") ?? code?.querySelector(".expression");
  if (!mark) return;
  const room = code.getBoundingClientRect(), { right } = mark.getBoundingClientRect();
  if (right > room.right - 16) code.scrollLeft = right - room.left - room.width / 2;
}

function hear(v, now) {
  const spoken = aloud(part("say").textContent);
  const count = say(isElement() ? "heard element" : "heard step", { k: v.at, n: v.last });
  const [first, last] = now ?? [0, 0];
  if (isAsked(now)) {
    announce(aloud(`${count} ${part("say").textContent} ${part("rule").querySelector("#prompt").textContent} ${record(last).said?.text ?? ""}`));
  } else if (playing && now && !homework) {
    announce(aloud(`${N[E.input[last - 1]].label}: ${brief(valueOf(E.after[last - 1]))}`));
  } else {
    const read = now && first === last && !isElement() && rule(first).spoken !== undefined ?
      ` ${say("heard rule", { rule: string(rule(first).spoken) })}` : "";
    announce(`${count} ${spoken}${read}`);
  }
}

// -- the address, the layout, paper ----------------------------------------------------------------------------------

function writeAddress() {
  if (inFrame || !said) { said = "begun"; return; }
  try {
    history.replaceState(null, "", views[0].at ? `#step=${views[0].at}` : location.pathname + location.search);
  } catch { /* where addresses may not be written */ }
}

function readAddress() {
  const found = /step=(\d+)/.exec(location.hash);
  return found ? Number(found[1]) : null;
}

const SMALLEST = 0.66;                              // of the real size: letters of 11 pixels can still be read

/** A picture that is too wide gives way to the vertical one, beside the panels. */
function layOut() {
  const [across, down] = [".across svg.tg", ".down svg.tg"].map((each) => document.querySelector(`#graph ${each}`));
  const room = page.clientWidth;
  const layout = room <= 640 ? "narrow" : !down ? "across" : room <= 1052 || !across
    || across.viewBox.baseVal.width > room * 1.02 ? "down" : "across";
  if (page.dataset.layout !== layout) page.dataset.layout = layout;
  page.toggleAttribute("data-tall", Boolean(across && down && across.viewBox.baseVal.width > 1400));
  const svg = layout === "across" || !down ? across : down;
  if (svg) size(svg);
  controls.whole.hidden = !svg || (isWhole(part("graph")) && !page.hasAttribute("data-fit"));
  tellFrame({ height: Math.ceil(document.body.scrollHeight) + 2 });
}

/** A picture that is a little too wide shrinks, so that no card is cut; one that is far too wide is scrolled in. */
function size(svg) {
  const graph = part("graph"), wide = svg.viewBox.baseVal.width;
  document.documentElement.style.setProperty("--wide", `${Math.ceil(wide) + 16}px`);          // with a scroll bar
  document.documentElement.style.setProperty("--below", `${part("controls").offsetHeight + 16}px`);
  graph.toggleAttribute("data-near", graph.clientWidth < wide && graph.clientWidth >= wide * SMALLEST);
}

function isWhole(box) {
  return box.scrollWidth <= box.clientWidth + 1 && box.scrollHeight <= box.clientHeight + 1;
}

function start() {
  part("panels").append(...["source", "rule", "totals"].map((id) => make("section", { id, class: "panel" })));
  part("stage").append(make("section", { id: "about", class: "panel", hidden: true }));
  document.body.append(keysDialog());
  part("graph").setAttribute("tabindex", "0");
  part("graph").setAttribute("role", "group");
  part("graph").setAttribute("aria-label", words["graph"]);
  for (const id of ["controls", "say", "panels", "stage", "steps"]) part(id).hidden = false;
  part("no-script").remove();
  showHomework();
  page.classList.add("stepping");
  if (homework) page.classList.add("at-home");
  views[0].at = Math.max(0, Math.min(views[0].last, readAddress() ?? data.start));
  rows.forEach((row) => { row.className = "future"; });
  layOut();
  marks = [1, LAST];
  render(false);
  layOut();
  new ResizeObserver(layOut).observe(page);
  addEventListener("hashchange", () => { const at = readAddress(); if (at !== null && !inner()) goto(at); });
  const opened = part("steps").open;
  addEventListener("beforeprint", () => {
    part("steps").open = true;
    if (!quiz) part("totals").replaceChildren(...totalsPanel(LAST, LAST, LAST));
  });
  addEventListener("afterprint", () => {
    part("steps").open = opened;
    render(false);
  });
  page.dataset.started = "";
  tellFrame({ ready: true });
}

start();
