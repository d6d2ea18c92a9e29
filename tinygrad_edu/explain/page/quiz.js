/* Quiz: each step asks before it shows. In homework there is nothing to show: answers are kept and downloaded.

   data.quiz           null, or for each step a question: kind, prompt, choices, hides, hints; without homework also the
                       answer and what mistakes look like
   isOpen(k)           whether step k is still asked
   frontier()          how far one may go: to the first step that is not answered
*/

const quiz = data.quiz, homework = data.homework;
const records = {};                                 // step -> tries, hints, right, shown, given, said
const question = (k) => quiz?.[k - 1] ?? null;
const record = (k) => records[k] ??= { tries: 0, hints: 0, right: false, shown: false, given: "", said: null };
const settled = (k) => Boolean(records[k] && (records[k].right || records[k].shown));
const isOpen = (k) => Boolean(question(k)) && (Boolean(homework) || !settled(k));

function frontier() {
  if (!quiz || homework) return Infinity;
  const open = quiz.findIndex((each, i) => each && !settled(i + 1));
  return open < 0 ? Infinity : open + 1;
}

/** The panel of a step that asks. */
function quizPanel(k) {
  const asked = question(k), mine = record(k);
  const check = (given) => { judge(k, given); render(true); part("rule").querySelector("#answer, #rule input")?.focus(); };
  const body = asked.kind === "number" ? numberField(k, check) : choices(k, check);
  const done = asked.kind !== "number" ? null : button(words[homework ? "keep" : "check"], words[homework ? "keep" : "check"],
    () => check(part("answer").value), { id: "check", class: "go" });
  const more = button(words["hint"], words["hint"], () => { mine.hints += 1; render(true); }, { id: "hint" });
  const show = homework ? null : button(words["show"], words["show"], () => { mine.shown = true; render(true); }, { id: "show" });
  if (mine.hints >= asked.hints.length) more.disabled = true;
  const hints = asked.hints.slice(0, mine.hints).map((hint) => make("li", {}, formula(hint)));
  return [make("h2", {}, words["question"]), make("p", { class: "prompt", id: "prompt" }, formula(asked.prompt)), ...body,
    make("div", { class: "buttons" }, done, more, show),
    make("p", { class: "said" }, mine.said ? [make("b", {}, mine.said.right ? words["right"] : words["wrong"]), " ",
      mine.said.text] : ""), hints.length ? make("ol", { class: "hints" }, ...hints) : ""];
}

/** The rule with a field in place of the number that is asked. */
function numberField(k, check) {
  const field = make("input", { type: "text", id: "answer", inputmode: "text", autocomplete: "off", size: "9", "aria-labelledby": "prompt",
    onkeydown: (key) => { if (key.key === "Enter") check(field.value); if (key.key === "Escape") field.blur(); },
    onchange: () => { if (homework) judge(k, field.value); } });
  field.value = record(k).given;
  const r = rule(k), before = knownTotal(E.input[k - 1], k - 1), arriving = knownTotal(E.node[k - 1], k - 1);
  const local = valueOf(event("local", k));
  const cell = (row, content) => make("span", { class: row }, content);
  const shown = (value) => value === null ? words["unknown"] : amount(value, "num");
  const columns = [
    [words["new total"], fraction(string(r.new), "g"), field], ["", "←", "="],
    [words["total before"], make("span", { class: "soft" }, words["so far"]), event("count", k) === 1 ? amount(0, "num") : shown(before)],
    ["", "+", "+"], [words["gradient arriving"], fraction(string(r.arriving), "g"), shown(arriving)], ["", "×", "×"],
    [words["local derivative"], r.factor === undefined ? words["unknown"] : fraction(string(r.factor)), shown(local)]];
  return [make("div", { class: "eq" }, ...["lab", "sym", "val"].flatMap((row, i) => columns.map((column) => cell(row, column[i]))))];
}

function choices(k, check) {
  const group = `choice-${k}`, given = record(k).given;
  return [make("fieldset", { class: "choices" }, make("legend", { class: "unseen" }, question(k).prompt), ...question(k).choices.map((each) =>
    make("label", {}, make("input", { type: "radio", name: group, value: each, checked: each === given, onchange: () => check(each) }), " ",
      question(k).hides === "formula" ? formula(each) : each)))];
}

/** The gradient of a node so far: in homework what was answered, null where nothing was. */
function knownTotal(node, k) {
  if (!homework) return totalOf(node, k);
  const done = arrivals[node].filter((each) => each <= k);
  if (!done.length) return node === data.root ? valueOf(data.seed) : null;
  const asked = question(done.at(-1)), given = records[done.at(-1)]?.given;
  if (asked?.kind !== "number" || !given) return null;
  return readNumber(given) ?? null;
}

// -- judging, as `explain/quizzes.py` does it --------------------------------------------------------------------------

const CLOSE = 0.005, ROUNDED = 0.05;

function judge(k, given) {
  const asked = question(k), mine = record(k), value = asked.kind === "number" ? readNumber(given) : given;
  mine.given = given;
  if (homework) {
    mine.said = given && value === null ? { right: false, text: words["no number"] } : null;
    showHomework();
    return;
  }
  if (value === null) {
    mine.said = { right: false, text: words["no number"] };
    return;
  }
  mine.tries += 1;
  mine.said = asked.kind === "choice" ? { right: given === asked.answer, text: given === asked.answer ? "" : words["see hint"] }
    : judgeNumber(asked, value, plainText(given));
  mine.right = mine.said.right;
}

function judgeNumber(asked, value, typed) {
  const exact = Number(asked.answer);
  if (isClose(value, exact, typed)) {
    return { right: true, text: number(value) === number(exact) ? "" : say("to four digits", { value: number(exact) }) };
  }
  for (const [wrong, text] of asked.mistakes) {
    if (!isStrange(wrong) && Math.abs(wrong - exact) > CLOSE * Math.abs(exact) && isClose(value, wrong, typed)) return { right: false, text };
  }
  return { right: false, text: words[Math.abs(value - exact) <= 0.2 * Math.abs(exact) ? "nearly" : "see hint"] };
}

function isClose(value, exact, typed) {
  const error = Math.abs(value - exact);
  if (error <= CLOSE * Math.abs(exact) || (error < 1e-9 && (!value || !exact))) return true;
  return error <= halfADigit(typed) * 1.000001 && error <= ROUNDED * Math.abs(exact);
}

function halfADigit(typed) {
  const found = /^-?(\d*)\.?(\d*)(?:e([+-]?\d+))?$/.exec(typed.trim().toLowerCase());
  return found && (found[1] || found[2]) ? 0.5 * 10 ** (Number(found[3] ?? 0) - found[2].length) : 0;
}

function plainText(text) {
  const signs = { "−": "-", "·": "*", "×": "*", "÷": "/", "^": "**" };
  return text.trim().replace(/[−·×÷^]/g, (sign) => signs[sign]).replace(/(?<=\d),(?=\d)/g, ".");
}

/** A number, or a small calculation: "0.501 * -3", "1/3", "−1,5"; null for what is none. */
function readNumber(text) {
  const rest = plainText(text).match(/\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?|\*\*|[-+*/()]|\S/gi) ?? [];
  const take = (...signs) => signs.includes(rest[0]) ? rest.shift() : null;
  const sum = () => {
    let found = product(), sign;
    while ((sign = take("+", "-"))) found = sign === "+" ? found + product() : found - product();
    return found;
  };
  const product = () => {
    let found = signed(), sign;
    while ((sign = take("*", "/"))) found = sign === "*" ? found * signed() : found / signed();
    return found;
  };
  const signed = () => take("-") ? -signed() : take("+") ? signed() : power();
  const power = () => {
    const base = atom();
    return take("**") ? base ** signed() : base;
  };
  const atom = () => {
    if (take("(")) {
      const found = sum();
      return take(")") ? found : NaN;
    }
    return rest.length && /^[\d.]/.test(rest[0]) && rest[0] !== "." ? Number(rest.shift()) : NaN;
  };
  const found = sum();
  return rest.length || !Number.isFinite(found) ? null : found;
}

// -- at the end ------------------------------------------------------------------------------------------------------

/** How it went; empty before the last question is settled. */
function summary() {
  if (!quiz || homework || frontier() !== Infinity) return [];
  const all = Object.entries(records).filter(([, each]) => each.tries || each.shown), right = all.filter(([, each]) => each.right);
  const first = right.filter(([, each]) => each.tries === 1 && !each.hints).length;
  const hints = all.reduce((sum, [, each]) => sum + each.hints, 0);
  const again = all.filter(([, each]) => !each.right || each.tries > 1).map(([k]) => Number(k));
  return [make("section", { class: "panel", id: "summary" }, make("h2", {}, words["summary"]),
    make("p", {}, say("summary right", { right: right.length, all: all.length, first, hints })),
    ...again.slice(0, 5).map((k) => make("p", {}, ...filled("again", {
      step: make("a", { href: `#step=${k}`, onclick: (click) => { click.preventDefault(); gotoEvent(k); } }, String(k)),
      edge: formula(edgeText(k)), why: string(rule(k).why) }))))];
}

/** How many are answered, and the button to download them. */
function showHomework() {
  if (!homework) return;
  const all = quiz.filter(Boolean).length, answered = quiz.filter((each, i) => each && records[i + 1]?.given.trim()).length;
  const bar = part("homework");
  bar.hidden = false;
  bar.replaceChildren(make("span", {}, say("answered", { n: answered, all })), " ",
    button(words["download"], words["download"], download, { id: "download", class: answered === all ? "go" : null }));
}

function download() {
  const answers = Object.fromEntries(Object.entries(records).filter(([, each]) => each.given.trim()).map(([k, each]) => [k, each.given]));
  const content = { format: "tinygrad_edu answers", version: 1, homework: homework.id, seed: homework.seed, answers };
  const url = URL.createObjectURL(new Blob([JSON.stringify(content, null, 1)], { type: "application/json" }));
  const link = make("a", { href: url, download: "answers.json" });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}
