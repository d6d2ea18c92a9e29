/* Rules: the panel of the rule: symbols, numbers and shapes of an edge, an operation, a layer, an element, or the start. */

function rulePanel(now) {
  if (!now) return startPanel();
  if (isElement()) return elementPanel();
  const [first, last, layer] = now, end = last === LAST ? summary() : [];
  if (isAsked(now)) return quizPanel(first);
  if (homework) return [make("h2", {}, words["rule"]), make("p", {}, words["not asked"])];
  const troubles = [];
  for (let k = first; k <= last; k += 1) troubles.push(...troublePanel(k));
  if (layer) return [...layerPanel(first, last, layer), ...troubles];
  if (last > first) return [...nodePanel(first, last), ...troubles];
  return [...end, ...edgePanel(first), ...troubles];
}

function startPanel() {
  const seed = valueOf(data.seed), isOne = seed === 1;
  return [make("h2", {}, words["rule start"]),
    ...(plain(seed) ? [] : [valueRow(words["seed given"], "", seed)]),
    make("p", { class: "why" }, ...filled(isOne ? "why start" : "why start given", { of: formula(data.of) })),
    ...troublePanel(0)];
}

function edgePanel(k) {
  const isHook = event("hook", k), r = rule(k);
  const heading = make("h2", {}, words[isHook ? "rule hook" : "rule"]);
  const spoken = r.spoken !== undefined ? [make("p", { class: "unseen" }, string(r.spoken))] : [];
  const body = r.pieces === undefined ? scalarRule(k) : arrayRule(k);
  return [heading, ...spoken, ...body, make("p", { class: "why" }, string(r.why))];
}

/** Two rows, symbols and numbers, in columns. */
function scalarRule(k) {
  const r = rule(k), local = valueOf(event("local", k)), before = valueOf(event("before", k));
  const columns = [
    ["new total", fraction(string(r.new), "g"), amount(valueOf(E.after[k - 1]), "num g tot")],
    [null, "←", "="],
    ["so far", make("span", { class: "soft" }, words["so far"]), amount(before ?? 0, "num")],
    [null, "+", "+"],
    ["gradient arriving", fraction(string(r.arriving), "g"), amount(valueOf(E.arriving[k - 1]), "num g")],
    [null, "×", "×"],
    ["local derivative", fraction(string(r.factor)), amount(local, "num")]];
  const cell = (row, content) => make("span", { class: row }, content);
  const heads = columns.map(([key]) => cell("lab", key ? words[key === "so far" ? "total before" : key] : ""));
  const made = make("div", { class: "eq" }, ...heads, ...columns.map(([, symbols]) => cell("sym", symbols)),
    ...columns.map(([, , value]) => cell("val", value)));
  return [made];
}

/** ∂y/∂x as a fraction; other formulas in a line. */
function fraction(text, look = "") {
  const found = /^∂([^/]+)\/∂(.+)$/.exec(text);
  if (!found) return make("span", { class: look }, formula(text));
  return make("span", { class: `frac ${look}` }, make("span", {}, "∂", formula(found[1])), make("span", {}, "∂", formula(found[2])));
}

function arrayRule(k) {
  const r = rule(k), node = E.node[k - 1], input = E.input[k - 1], isHook = event("hook", k);
  const before = valueOf(event("before", k)), local = valueOf(event("local", k)), whole = valueOf(event("whole", k));
  const adds = valueOf(E.adds[k - 1]), after = valueOf(E.after[k - 1]), isSum = before !== null;
  const pieces = r.pieces.map(([text, shape]) => make("span", { class: "piece" },
    make("span", {}, formula(text)), make("span", { class: "shape" }, shape ?? "")));
  const factor = r.local !== undefined ? string(r.local) : null;
  const saysItself = plain(local) && factor === number(local);
  const pick = sumsOf(k) ? (i) => openElement(k, i) : null;
  return [
    make("div", { class: "shaped" }, ...pieces),
    make("div", { class: "values" },
      valueRow(words["gradient arriving"], string(r.arriving), valueOf(E.arriving[k - 1]), { look: "g" }),
      factor !== null && local !== null && !saysItself ? valueRow(words["local derivative"], factor, local) : null,
      whole !== null && event("whole", k) !== E.arriving[k - 1] ? valueRow(words["contribution"], string(r.adds), whole) : null,
      whole !== null ? make("p", { class: "undone" }, undone(k, whole, adds)) : null,
      before !== null && !isHook ? valueRow(words["total before"], "", before) : null,
      isSum && !isHook ? valueRow(words[whole !== null ? "summed" : "contribution"], "", adds, { look: "g", pick }) : null,
      valueRow(words["new total"], string(r.new), after, { look: "g tot", pick: isSum && !isHook ? null : pick,
        state: stateOf(input, k) })),
    data.sums[k]?.[""] === undefined ? null : make("p", { class: "soft" }, say("why no sum", { why: string(data.sums[k][""]) })),
    pick ? make("p", { class: "soft" }, words["pick"], places(k).length < sized(adds.shape ?? [])
      ? ` ${words["sums cut"]}` : "") : null].filter(Boolean);
}

function undone(k, whole, adds) {
  return say("undone", { from: shapeOf(whole), to: plain(adds) || !adds.shape.length ? words["a number"] : shapeOf(adds),
    input: N[E.input[k - 1]].label, axes: axesText(k), n: partsOf(k) });
}

/** A value by its name: a number, or a map with its shape and range. */
function valueRow(word, symbols, value, { look = "", pick = null, chosen = null, state = "" } = {}) {
  const head = make("div", { class: "value-head" }, make("span", { class: "lab" }, word), " ",
    symbols ? make("span", { class: look }, formula(symbols)) : null);
  const facts = make("span", { class: "soft" }, state ? ` ${state}` : "");
  if (value === null) return make("div", { class: "value" }, head, words["no total"]);
  if (plain(value)) return make("div", { class: "value" }, head, make("div", {}, amount(value, `num ${look}`), facts));
  if (value.fields) {
    return make("div", { class: "value" }, head, make("div", {}, ...value.fields.map((field, i) =>
      valueRow(`.${field}`, "", valueOf(value.values[i])))));
  }
  const label = `${word} ${aloud(symbols)}: ${say("array", { name: "", shape: shapeOf(value) })}, ${rangeOf(value)}`;
  const known = [shapeOf(value), value.dtype, rangeOf(value), value.bins ? words["runs"] : null, state].filter(Boolean).join("  ·  ");
  const readout = make("div", { class: "soft readout" }, known);
  const tell = (i, x) => readout.replaceChildren(i === null ? known : say("cell", { place: `[${placeOf(i, value.shape)}]`, value: number(x) }));
  const map = arrayMap(value, { label, pick, chosen, tell: value.bins ? null : tell });
  map.addEventListener("pointerleave", () => tell(null));
  return make("div", { class: "value" }, head, make("div", { class: "map-box" }, make("div", { class: "map-scroll" }, map), readout));
}

/** The edges of one operation, one row each. */
function nodePanel(first, last) {
  return [make("h2", {}, words["rule node"]),
    valueRow(words["gradient arriving"], string(rule(first).arriving), valueOf(E.arriving[first - 1]), { look: "g" }),
    edgeTable(first, last)];
}

function edgeTable(first, last) {
  const head = ["to", "local derivative", "contribution", "total before", "new total", ""];
  const rows = [];
  for (let k = first; k <= last; k += 1) {
    const r = rule(k), local = valueOf(event("local", k));
    const text = r.local === undefined ? string(r.adds) : string(r.local);
    const both = local !== null && plain(local) && number(local) !== text ? [" = ", amount(local, "")] : [];
    rows.push(make("tr", {}, make("th", { scope: "row" }, name(E.input[k - 1])), make("td", {}, formula(text), ...both),
      make("td", { class: "n" }, amount(valueOf(E.adds[k - 1]))),
      make("td", { class: "n" }, amount(valueOf(event("before", k)) ?? 0, "")),
      make("td", { class: "n" }, amount(valueOf(E.after[k - 1]))), make("td", { class: "soft" }, stateOf(E.input[k - 1], k))));
  }
  return make("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": words["rule node"] },
    make("table", {}, make("thead", {}, make("tr", {}, ...head.map((key) =>
      make(key ? "th" : "td", key ? { scope: "col" } : {}, key ? words[key] : "")))), make("tbody", {}, ...rows)));
}

/** A layer: what arrives, what goes on, what its parameters get. */
function layerPanel(first, last, layer) {
  const made = new Set(), reached = new Map(), incoming = new Map();
  for (let k = first; k <= last; k += 1) if (!event("hook", k)) made.add(E.node[k - 1]);
  const inside = new Set(E.input.slice(first - 1, last));
  for (let k = first; k <= last; k += 1) {
    if (!inside.has(E.node[k - 1]) && !incoming.has(E.node[k - 1])) incoming.set(E.node[k - 1], k);
    if (!made.has(E.input[k - 1])) reached.set(E.input[k - 1], k);
  }
  const rows = [...incoming].map(([node, k]) => valueRow(words["gradient arriving"], N[node].label, valueOf(E.arriving[k - 1]), { look: "g" }));
  const after = (kinds) => [...reached].filter(([node]) => kinds === (N[node].kind === "parameter"));
  const on = after(false).map(([node, k]) => valueRow(words["goes on"], N[node].label, valueOf(E.after[k - 1]),
    { look: "g", state: stateOf(node, last) }));
  const parameters = after(true).map(([node, k]) => valueRow(words["parameters"], N[node].label, valueOf(E.after[k - 1]),
    { look: "g", state: stateOf(node, last) }));
  return [make("h2", {}, say("rule layer", { layer })), make("p", { class: "soft" }, say("inside", { n: last - first + 1 })),
    make("div", { class: "values" }, ...rows, ...(on.length ? on : [make("p", {}, words["goes on"], " ", words["nothing goes on"])]),
      ...parameters)];
}

/** One element, and the sum of products that made it. */
function elementPanel() {
  const { k, known, at } = view(), place = known[at - 1], value = valueOf(E.adds[k - 1]), found = sumsOf(k)[place];
  const map = plain(value) ? [] : [valueRow(words["contribution"], string(rule(k).new), value,
    { look: "g", chosen: place, pick: (i) => openElement(k, i) })];
  const title = found ? string(found[0]) : `${string(rule(k).new)}${placeText(place, value)}`;
  const heading = make("h2", {}, ...filled("element", { name: formula(title) }));
  if (!found) {
    const number = data.numbers?.[k - 1] ?? k;
    return [heading, make("p", {}, say("no sum", { step: number, place: placeOf(place, value.shape) })), ...map];
  }
  const [, rows, total, rest, restSum] = found, all = rows.map(([, , x]) => x);
  const largest = largestOf([...all, restSum]);
  const row = (symbols, numbers, x) => make("tr", {}, make("td", { class: "term" }, symbols), make("td", { class: "term" }, numbers),
    make("td", { class: "n" }, amount(x, "")), make("td", { class: "bars" }, bar(x, largest)));
  const shown = rows.map(([symbols, numbers, x]) => row(formula(string(symbols)), string(numbers), x));
  if (rest) shown.push(row(say("smaller", { n: rest }), "", restSum));
  const last = make("tr", { class: "tot" }, make("td", {}, words[!rows.length ? "nothing flows" : rows.length + rest > 1 ? "total" : "only term"]),
    make("td", {}), make("td", { class: "n" }, amount(total, "g")), make("td", {}));
  const head = make("tr", {}, ...["term", "numbers", "value"].map((key) => make("th", { scope: "col" }, words[key])), make("td", {}));
  const arriving = string(rule(k).arriving) === "g" ? [make("p", { class: "soft" },
    ...filled("arriving is", { node: name(E.node[k - 1]) }))] : [];
  return [heading, make("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": say("element", { name: aloud(title) }) },
    make("table", { class: "terms" }, make("thead", {}, head), make("tbody", {}, ...shown, last))), ...arriving, ...map];
}

function troublePanel(k) {
  const rows = data.troubles[k];
  if (!rows) return [];
  return [make("div", { class: "trouble" }, make("strong", {}, `!! ${rows[0][0]}`), ...rows.map(([word, text], i) =>
    make("p", {}, i ? make("b", {}, `${word}: `) : "", text)))];
}
