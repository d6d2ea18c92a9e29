/* State: what is stepped through, where it stands, and what is known there.

   A step is a run of events, from the first to the last one; events are counted from 1. What is stepped through is a
   stack of views: steps of a level, steps within one, or the elements of an edge. What is shown follows from where it
   stands alone, so that going back and forth ends in the same state. */

const page = document.getElementById("stepper");
const part = (id) => document.getElementById(id);

addEventListener("error", ({ message }) => {        // before anything else: the finished pass stays, and this is said
  if (page.dataset.started !== undefined) return;
  page.classList.remove("stepping");
  for (const id of ["controls", "say", "panels"]) part(id).hidden = true;
  page.prepend(make("p", { class: "trouble", role: "alert" }, say("broken", { why: message })));
  tellFrame({ ready: true });
});

const E = data.events, N = data.nodes, LAST = data.shown;
const valueOf = (i) => i === null || i === undefined ? null : data.values[i];
const string = (i) => data.strings[i];
const plain = (x) => x === null || typeof x !== "object";
const event = (name, k) => E[name]?.[k - 1] ?? null;
const rules = data.rules.map(([fresh, arriving, adds, why, local, factor, spoken, pieces]) =>
  ({ new: fresh, arriving, adds, why, local: local ?? undefined, factor, spoken: spoken ?? undefined, pieces: pieces ?? undefined }));
const rule = (k) => rules[E.rule[k - 1]];
const placeOfEvent = (k) => data.sources.known[data.sources.places[k - 1]] ?? null;
const marksOf = (k) => data.marks.known[data.marks.of[k - 1]] ?? null;

const arrivals = N.map(() => []);                   // of each node the events that flow to it
const departures = N.map(() => []);
for (let k = 1; k <= LAST; k += 1) {
  arrivals[E.input[k - 1]].push(k);
  if (!event("hook", k)) departures[E.node[k - 1]].push(k);
}
const edgeOf = {};                                  // edge id -> its event
for (let k = 1; k <= LAST; k += 1) {
  if (!event("hook", k)) edgeOf[`${N[E.node[k - 1]].id}.${E.position[k - 1]}`] = k;
}
const order = [...new Set([data.root, ...E.input])];    // nodes, in the order in which gradients reach them

const views = [viewOf(data.level)];
let playing = 0, speed = 1, inspected = null, said = "";

// -- where it stands -------------------------------------------------------------------------------------------------

function stepsOf(level) {
  const edges = Array.from({ length: LAST }, (_, i) => [i + 1, i + 1]);
  return level === "edge" ? edges : data.levels[level];
}

function viewOf(level, steps = stepsOf(level), at = 0) {
  return { level, steps, at, first: 0, last: steps.length };
}

const view = () => views[views.length - 1];
const inner = () => views.length > 1;
const isElement = () => view().level === "element";

/** The step that is looked at: [first, last, layer, steps inside]; null at the start. */
function step() {
  const at = isElement() ? views[views.length - 2] : view();
  return at.at ? at.steps[at.at - 1] : null;
}

/** Whether a step asks; then nothing is shown that came of it. */
function isAsked(now) {
  return Boolean(now) && !isElement() && now[0] === now[1] && isOpen(now[0]);
}

function goto(at, by = "hand") {
  const v = view(), next = Math.max(v.first, Math.min(v.last, inner() ? v.last : frontier(), at));
  if (by === "hand") play(false);
  if (next !== v.at) {
    v.at = next;
    inspected = null;
    render(by !== "start");
  }
}

/** What can be opened in a step: a function that does so, or null. */
function opening() {
  const now = step();
  if (!now || isElement() || isAsked(now)) return null;
  const [first, last, layer, steps] = now;
  if (steps) return () => open({ ...viewOf("module", steps, 1), first: 1, layer });
  if (last > first) {
    const edges = Array.from({ length: last - first + 1 }, (_, i) => [first + i, first + i]);
    return () => open({ ...viewOf("edge", edges, 1), first: 1, layer });
  }
  return sumsOf(first) ? () => openElement(first, largestPlace(first)) : null;
}

function open(next) {
  play(false);
  views.push(next);
  inspected = null;
  render();
}

function close() {
  if (!inner()) return;
  play(false);
  views.pop();
  inspected = null;
  render();
}

/** The sums behind the elements of an event, by place; null where there are only single numbers. */
function sumsOf(k) {
  const found = data.sums[k];
  return found && Object.keys(found).some((place) => place !== "") ? found : null;
}

function places(k) {
  return Object.keys(sumsOf(k)).filter((place) => place !== "").map(Number).sort((a, b) => a - b);
}

function largestPlace(k) {
  const size = (place) => { const x = sumsOf(k)[place][2]; return isStrange(x) ? Infinity : Math.abs(x); };
  return places(k).reduce((best, place) => size(place) > size(best) ? place : best);
}

/** Opens an element of what an edge brings; of those without a sum, too, to say so. */
function openElement(k, place) {
  const known = [...new Set([...places(k), place])].sort((a, b) => a - b);
  const next = { level: "element", steps: [], k, known, at: known.indexOf(place) + 1, first: 1, last: known.length };
  if (isElement()) views.pop();
  open(next);
}

/** Another level, at the step that holds what was looked at. */
function changeLevel(level) {
  const now = views[0].at ? views[0].steps[views[0].at - 1][0] : 0, steps = stepsOf(level);
  views.splice(0, views.length, viewOf(level, steps, steps.findIndex(([first, last]) => first <= now && now <= last) + 1));
  render();
}

// -- what is known at a step -----------------------------------------------------------------------------------------

/** Of a node, how many of its events are done by then. */
function done(node, k) {
  let n = 0;
  for (const each of arrivals[node]) if (each <= k) n += 1;
  return n;
}

/** The gradient of a node so far; null for none yet. */
function totalOf(node, k) {
  const n = done(node, k);
  if (n) return valueOf(E.after[arrivals[node][n - 1] - 1]);
  return node === data.root ? valueOf(data.seed) : null;
}

function stateOf(node, k) {
  const n = done(node, k), of = arrivals[node].length ? E.of[arrivals[node][0] - 1] : 0;
  if (node === data.root && !of) return words["the start"];
  return !n ? words["none yet"] : n >= of ? words["complete"] : say("so far of", { k: n, n: of });
}

function shapeOf(value) {
  if (value.fields) return words["several values"];
  return value.shape.join("×");
}

/** A value in a few letters: a number, a short vector, a shape. */
function brief(value) {
  if (value === null) return words["no total"];
  if (plain(value)) return number(value);
  if (value.data && value.shape.length === 1 && value.data.length <= 3) return `[${value.data.map(number).join(", ")}]`;
  return shapeOf(value);
}

function rangeOf(value) {
  if (value.data && !value.data.length) return words["empty array"];
  const found = [];
  if (value.low !== null) {
    found.push(value.low === value.high ? say("all the same", { value: number(value.low) })
      : say("range", { low: number(value.low), high: number(value.high) }));
  }
  if (value.nans) found.push(say("nans", { n: value.nans }));
  if (value.infinities) found.push(say("infinities", { n: value.infinities }));
  return found.join(", ");
}
