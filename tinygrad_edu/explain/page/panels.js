/* Panels: the source line, the totals, and what there is to know of a node. */

// -- the source ------------------------------------------------------------------------------------------------------

function sourcePanel(k) {
  const at = k ? placeOfEvent(k) : data.sources.known[data.sources.start];
  if (!at) return [make("h2", {}, words["source"]), make("p", { class: "soft" }, words["no source"])];
  const [file, line] = at, known = data.sources.files[file];
  const shown = Object.keys(known).map(Number).filter((each) => Math.abs(each - line) <= 5);
  const layer = k ? N[E.node[k - 1]].module : null;
  const lines = [];
  shown.forEach((each, i) => {
    if (i && each !== shown[i - 1] + 1) lines.push(make("span", { class: "l soft" }, "⋮"));
    const isLit = each === line, marks = isLit && k ? marksOf(k) : null;
    lines.push(make("span", { class: isLit ? "l lit" : "l", "aria-current": isLit ? "true" : null },
      make("span", { class: "ln" }, String(each)), ...(marks ? marked(known[each], marks) : [known[each]]), "\n"));
  });
  return [make("h2", {}, file, layer ? make("span", { class: "soft" }, ` ${say("in layer", { layer })}`) : null),
    make("pre", { tabindex: "0", "aria-label": words["source"] }, ...lines)];
}

/** A line in spans: the expression, in it the operation and the input. */
function marked(text, [expression, operation, input]) {
  const cuts = [...new Set([0, text.length, ...expression, ...operation, ...input])].sort((a, b) => a - b);
  const within = (span, at) => span.length && span[0] <= at && at < span[1];
  return cuts.slice(0, -1).map((at, i) => {
    const looks = [within(expression, at) ? "expression" : "", within(operation, at) ? "operation" : "",
      within(input, at) ? `input${at === input[0] ? " first" : ""}${cuts[i + 1] === input[1] ? " last" : ""}` : ""];
    const found = looks.filter(Boolean).join(" ");
    return found ? make("span", { class: found }, text.slice(at, cuts[i + 1])) : text.slice(at, cuts[i + 1]);
  });
}

// -- totals ----------------------------------------------------------------------------------------------------------

const MOST_TOTALS = 14;
const scale = largestOf((homework ? [] : order).map((node) => totalOf(node, LAST)).filter((x) => plain(x) && x !== null && !isStrange(x)));

function totalsPanel(first, last, known) {
  const lit = new Set(last ? E.input.slice(first - 1, last) : [data.root]);
  const at = Math.max(0, order.findIndex((node) => lit.has(node)));
  const from = Math.max(0, Math.min(at - 6, order.length - MOST_TOTALS)), shown = order.slice(from, from + MOST_TOTALS);
  const rows = shown.map((node) => {
    const total = knownTotal(node, known), isHidden = known < last && lit.has(node);
    return make("tr", { class: lit.has(node) ? "now" : null, "data-node": node, "aria-current": lit.has(node) ? "true" : null },
      make("th", { scope: "row" }, make("button", { type: "button", class: "link", "aria-expanded": String(inspected === node),
        onclick: () => inspect(node) }, name(node))),
      make("td", { class: "n" }, isHidden || (total === null && done(node, known)) ? words["unknown"] : total === null ? words["no total"] : plain(total) ? amount(total, "num")
        : make("span", { class: "shape" }, shapeOf(total)), total?.nans || total?.infinities ? [" ", make("span", { class: "warn" },
        words[total.nans ? "a NaN" : "an infinity"])] : null),
      make("td", { class: "bars" }, total === null || isHidden ? "" : plain(total) ? bar(total, scale) : total.fields ? "" : strip(total, 96, 20)),
      make("td", { class: "soft" }, stateOf(node, known)));
  });
  const more = (n, key) => n > 0 ? [make("p", { class: "soft" }, say(key, { n }))] : [];
  return [make("h2", {}, ...filled("totals", { of: formula(data.of) })), ...more(from, "earlier"),
    make("table", { class: "tots" }, make("tbody", {}, ...rows)), ...more(order.length - from - shown.length, "later")];
}

function bar(x, largest) {
  if (isStrange(x) || !x) return make("span", { class: "signed" });
  const made = make("span", { class: x > 0 ? "plus" : "minus" });
  made.style.width = `${50 * Math.min(1, Math.abs(x) / largest)}%`;
  return make("span", { class: "signed" }, made);
}

// -- a node ----------------------------------------------------------------------------------------------------------

function aboutNode(node, last) {
  const it = N[node], total = totalOf(node, last);
  const link = (k) => [make("a", { href: `#step=${k}`, onclick: (click) => { click.preventDefault(); gotoEvent(k); } }, String(k)), " "];
  const list = (found) => found.length ? found.slice(0, 24).flatMap(link).concat(found.length > 24 ? ["…"] : []) : [words["no total"]];
  const place = data.sources.known[data.sources.nodes[node]];
  const rows = [
    ["kind", words[`kind ${it.kind}`]], ...(it.made ? [["made", formula(it.made)]] : []),
    ...(place ? [["at line", `${place[0]}:${place[1]}`]] : []),
    ["steps to", list(arrivals[node])], ["steps from", list(departures[node])]];
  return [make("h2", {}, ...filled("node", { name: formula(it.label) })),
    button(words["close"], words["close"], () => inspect(node), { class: "close" }),
    make("dl", {}, ...rows.flatMap(([key, found]) => [make("dt", {}, words[key]), make("dd", {}, ...[found].flat())])),
    valueRow(words["data"], "", valueOf(it.value ?? null), { look: "v" }),
    total === null ? make("p", {}, words["gradient"], ": ", words[arrivals[node].length ? "none yet" : "no gradient"])
      : valueRow(words["gradient"], "", total, { look: "g", state: stateOf(node, last) })];
}
