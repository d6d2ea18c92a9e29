/* Panel: everything about one node, in words, numbers and formulas. */

function titleOf(id) {
  const fact = data.facts.nodes[id] ?? {};
  if (fact.kind === "rest") return say("rest", { n: fact.count ?? "1" });
  if (fact.kind === "constant" && !fact.name && fact.value?.number) return fact.value.number;
  return fact.title ?? id;
}

/** What a screen reader hears of a node. */
function hears(id, edges) {
  const fact = data.facts.nodes[id] ?? {};
  const said = [say("hears", { name: titleOf(id), kind: say(`kind ${fact.kind}`) })];
  if (fact.sign) said.push(say("hears made", { operation: fact.operation }));
  if (fact.value) said.push(heard("value", fact.value));
  if (fact.gradient) said.push(heard("gradient", fact.gradient));
  else if (fact.gradient_is === "none yet") said.push(say("hears gradient", { gradient: say("none yet") }));
  for (const state of ["root", "changed", "stale"]) if (fact[state]) said.push(say(state));
  if (edges) said.push(say("hears edges", { from: edges.from.length, into: edges.into.length }));
  return said.join(", ");
}

function heard(what, value) {
  if (value.number) return say(`hears ${what}`, { [what]: value.trouble ?? value.number });
  const [low, , high] = value.spread ?? [say("unknown"), "", say("unknown")];
  const range = say("hears range", { low, high, shape: value.shape ?? "" });
  return what === "value" ? range : say("hears gradient", { gradient: range });
}

/** The panel's content: `edges` are {from: [...], into: [...]}, `jump(id)` goes to a node. */
function panelOf(id, edges, jump) {
  const fact = data.facts.nodes[id] ?? {};
  const module = data.facts.modules[id.replace(/\.\d+$/, "")];
  const states = ["root", "changed", "stale"].filter((each) => fact[each]);
  const kind = make("p", { class: "kind" }, say(`kind ${fact.kind}`), states.map((each) => make("span", {
    class: each === "root" ? "state" : "state warned" }, say(each))));
  const facts = make("dl", {});
  const row = (key, ...shown) => facts.append(make("dt", {}, say(key)), make("dd", {}, shown));
  if (fact.expression && fact.name) row("expression", formula(fact.expression));
  if (fact.operation) {
    row("operation", make("span", { class: "sign" }, fact.sign), fact.sign === fact.operation ? null : ` ${fact.operation}`);
  }
  if (fact.options) row("options", make("code", {}, fact.options));
  if (fact.kind === "module" && module) {
    row("module", module.kind ? make("code", {}, module.kind) : null, module.kind && module.parameters ? ", " : null,
      module.parameters ? say("parameters", { n: module.parameters }) : null);
  } else if (fact.module && data.facts.modules[fact.module]) row("module", data.facts.modules[fact.module].path);
  if (fact.value) row("value", valueOf(fact.value, "data-value"));
  if (fact.gradient) row("gradient", valueOf(fact.gradient, "grad-value"));
  else if (fact.kind !== "rest") row("gradient", make("span", { class: "none" }, say(fact.gradient_is)));
  const more = [["count", "stands for"], ["repeats", "repeats"]].filter(([each]) => fact[each] && fact.kind !== "rest");
  return [kind, ...more.map(([each, key]) => make("p", { class: "more" }, say(key, { n: fact[each] }))), facts,
    fact.place === undefined ? null : placeOf(data.facts.places[fact.place]), edgesOf("from", edges.from, jump), edgesOf("into", edges.into, jump)]
    .filter(Boolean);
}

function valueOf(value, looks) {
  const trouble = value.trouble ? make("span", { class: "trouble" }, `!! ${value.trouble}`) : null;
  if (value.number) {
    return make("div", {}, trouble ?? make("span", { class: `number ${looks}` }, value.number),
      value.exact ? make("span", { class: "exact" }, ` ${say("exact")} ${value.exact}`) : null,
      value.dtype ? make("code", {}, ` ${value.dtype}`) : null);
  }
  const zeros = value.zeros ? say("zeros", { n: value.zeros, size: value.size }) : null;
  return make("div", { class: "array" },
    make("div", {}, make("code", {}, value.shape ?? ""), value.dtype ? make("code", {}, ` ${value.dtype}`) : null,
      trouble ? [" ", trouble] : null),
    value.elements ? elementsOf(value, looks) : null,
    value.spread?.length ? make("div", { class: "spread" }, `${say("range")}: ${value.spread.join(", ")}`) : null,
    zeros ? make("div", { class: "spread" }, zeros) : null);
}

/** The elements in rows and columns, as the last axis has them. */
function elementsOf(value, looks) {
  const columns = value.rows.length > 1 ? value.rows.at(-1) : Math.min(value.elements.length, 6);
  const rows = [];
  for (let i = 0; i < value.elements.length; i += columns) {
    rows.push(make("tr", {}, value.elements.slice(i, i + columns).map((each) => make("td", {}, each))));
  }
  return make("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": say("elements") },
    make("table", { class: `elements ${looks}` }, make("tbody", {}, rows)));
}

function placeOf([file, line, before, found, after]) {
  return make("div", { class: "source" }, make("h3", {}, say("source")),
    make("p", { class: "more" }, say("line", { file, line })),
    make("pre", { tabindex: "0" }, make("code", {}, before, found ? make("mark", {}, found) : null, after)));
}

function edgesOf(way, edges, jump) {
  if (!edges.length) return null;
  const shown = edges.slice(0, 24);
  const rows = shown.map((edge) => edgeRow(way, edge, jump));
  const head = [`edge ${way}`, "formula", "flows back"].map((key) => make("th", { scope: "col" }, say(key)));
  const left = edges.length - shown.length;
  return make("div", { class: "edges" }, make("h3", {}, say(way)),
    make("div", { class: "scroll" }, make("table", {}, make("thead", {}, make("tr", {}, head)), make("tbody", {}, rows))),
    left ? make("p", { class: "more" }, say("more hits", { n: left })) : null);
}

function edgeRow(way, edge, jump) {
  const fact = data.facts.edges[`${edge.id} ${edge.source} ${edge.target}`] ?? {};
  const other = way === "from" ? edge.source : edge.target;
  const name = make("button", { type: "button", class: "link", "data-jump": other, onclick: () => jump(other) },
    formula(titleOf(other)));
  const position = fact.position ? make("div", { class: "more" }, say("argument", { n: fact.position })) : null;
  const note = fact.note ? make("div", { class: "more" }, fact.note) : null;
  return make("tr", {}, make("th", { scope: "row" }, name, position), make("td", {}, derivativeOf(fact), note),
    make("td", { class: "grad-value" }, fact.flow ? shortOf(fact.flow) : say("unknown")));
}

/** "× x = −3", or what the gradient becomes. */
function derivativeOf(fact) {
  if (!fact.formula) return say("unknown");
  const spoken = fact.spoken ? make("span", { class: "unseen" }, fact.spoken) : null;
  const written = make("span", { "aria-hidden": spoken ? "true" : null }, fact.factor ? "× " : null, formula(fact.formula));
  const local = fact.factor && fact.local && fact.local.number !== fact.formula ? ` = ${shortOf(fact.local)}` : null;
  return [spoken, written, local].filter(Boolean).reduce((all, each) => (all.append(each), all), make("span", {}));
}

function shortOf(value) {
  if (value.trouble) return `!! ${value.trouble}`;
  if (value.number) return value.number;
  const [low, , high] = value.spread ?? [];
  return low === undefined ? value.shape ?? "" : low === high ? low : `${low} … ${high}`;
}
