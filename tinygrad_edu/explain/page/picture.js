/* Picture: the graph with the lit edge, at every step. All stages are drawn already; here they are chosen among. */

const pictures = [...document.querySelectorAll("#graph svg.tg")].map((svg) => {
  const found = { svg, edges: [], nodes: [], states: [] };
  for (const each of svg.querySelectorAll(".edge, .node, .state")) {
    const kind = each.classList[0], id = each.dataset.id;
    if (kind === "edge") found.edges.push({ each, base: each.getAttribute("class"), k: edgeOf[id] ?? null });
    else if (kind === "node") found.nodes.push({ each, base: each.getAttribute("class"), id });
    else if (kind === "state") found.states.push({ each, from: Number(each.dataset.from), node: each.dataset.node });
  }
  return found;
});
const indexOf = Object.fromEntries(N.map((node, i) => [node.id, i]));

function setClass(element, text) {
  if (element.getAttribute("class") !== text) element.setAttribute("class", text);
}

function drawGraph(first, last, known) {
  part("graph").classList.toggle("asked", known < last);
  part("graph").classList.toggle("asked-formula", known < last && question(last).hides === "formula");
  const lit = new Set(last ? E.input.slice(first - 1, last) : [data.root]);
  for (const { edges, nodes, states } of pictures) {
    for (const { each, base, k } of edges) {
      if (k !== null) setClass(each, `${base} ${k > last ? "coming" : k >= first ? "lit" : "passed"}`);
      else if (base.includes("flowed")) setClass(each, `${base} coming`);
    }
    for (const { each, base, id } of nodes) {
      const i = indexOf[id];
      setClass(each, base + (lit.has(i) ? " lit" : "") + (i !== undefined && i === inspected ? " inspected" : ""));
    }
    const newest = {};
    for (const state of states) if (state.from <= known) newest[state.node] = state;
    for (const state of states) {
      const final = state.each.classList.contains("final") ? " final" : "";
      setClass(state.each, `state${final}${newest[state.node] === state ? " shown" : ""}`);
    }
  }
}

/** The lit edge in view: both of its ends if there is room, else that from which the gradient comes. */
function follow() {
  const graph = part("graph"), now = step();
  const shown = pictures.find(({ svg }) => svg.getClientRects().length);
  if (!shown) return;
  const from = now && !event("hook", now[1]) ? E.node[now[1] - 1] : null, to = now ? E.input[now[1] - 1] : data.root;
  const ends = [from, to].map((i) => i === null ? null : shown.nodes.find(({ id }) => id === N[i].id)?.each).filter(Boolean);
  const room = graph.getBoundingClientRect(), boxes = ends.map((each) => each.getBoundingClientRect());
  if (!boxes.length) return;
  const off = (low, high) => {
    const size = room[high] - room[low], least = Math.min(...boxes.map((b) => b[low])), most = Math.max(...boxes.map((b) => b[high]));
    const [start, end] = most - least <= size ? [least, most] : [boxes[0][low], boxes[0][high]];
    return start < room[low] || end > room[high] ? (start + end - room[low] - room[high]) / 2 : 0;
  };
  const [left, top] = [off("left", "right"), off("top", "bottom")];
  const isFar = Math.abs(left) > 4 * room.width || Math.abs(top) > 4 * room.height;
  if (left || top) graph.scrollBy({ left, top, behavior: isFar || isStill() || !said ? "instant" : "smooth" });
}

function isStill() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

part("graph").addEventListener("click", ({ target }) => {
  const edge = target.closest?.(".edge"), node = target.closest?.(".node");
  const k = edge ? edgeOf[edge.dataset.id] : undefined;
  if (k !== undefined) gotoEvent(k);
  else if (node && indexOf[node.dataset.id] !== undefined) inspect(indexOf[node.dataset.id]);
});
part("graph").addEventListener("pointerover", ({ target }) => hover(target.closest?.(".node")?.dataset.id));
part("graph").addEventListener("pointerleave", () => hover());

/** The row of the totals that belongs to the node under the pointer, and its card. */
function hover(id) {
  for (const each of page.querySelectorAll("[data-hover]")) each.removeAttribute("data-hover");
  if (id === undefined || indexOf[id] === undefined) return;
  for (const { nodes } of pictures) nodes.find((node) => node.id === id)?.each.setAttribute("data-hover", "");
  page.querySelector(`#totals [data-node="${indexOf[id]}"]`)?.setAttribute("data-hover", "");
}

function inspect(node) {
  inspected = inspected === node ? null : node;
  render(false);
  if (inspected !== null) announce(aloud(part("about").textContent));
}

/** The outermost step that holds an event. */
function gotoEvent(k) {
  play(false);
  views.splice(1);
  views[0].at = views[0].steps.findIndex(([first, last]) => first <= k && k <= last) + 1;
  inspected = null;
  render();
}
