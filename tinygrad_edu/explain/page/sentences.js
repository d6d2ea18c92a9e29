/* Sentences: a step in words, for the eye and for the ear. All words come from the table; numbers and names are put in. */

/** A sentence of the table, with elements in the places of its {names}. */
function filled(key, given) {
  return words[key].split(/\{(\w+)\}/).map((text, i) => i % 2 ? given[text] ?? "" : text);
}

const name = (node) => formula(N[node].label);

function amount(value, look = "g") {
  if (value === null) return words["no total"];
  if (!plain(value)) return make("b", { class: look }, brief(value));
  return isStrange(value) && value in STRANGE ? mark(value) : make("b", { class: look }, number(value));
}

function gradientOf(value) {
  return named("a gradient", value);
}

/** A number or a short vector itself; of other arrays the shape. */
function named(key, value) {
  if (value === null || plain(value) || (!value.fields && brief(value).startsWith("["))) return amount(value);
  if (value.fields) return words["several values"];
  return make("span", {}, ...filled(key, { shape: make("b", { class: "g" }, shapeOf(value)) }));
}

const signs = words["aloud"].split("|").map((each) => [each[0], each.slice(2)]);

/** A text as it is read aloud: signs become words. */
function aloud(text) {
  for (const [sign, word] of signs) text = text.replaceAll(sign, ` ${word} `.replace(/\s+/g, " "));
  return text.replace(/ +([.,;:])/g, "$1").replace(/\s+/g, " ").trim();
}

function edgeText(k) {
  const input = N[E.input[k - 1]].label;
  return event("hook", k) ? say("hook on", { name: input }) : `${N[E.node[k - 1]].label} → ${input}`;
}

function titleOf(now) {
  const [first, last, layer] = now;
  if (layer) return layer;
  if (first === last) return edgeText(first);
  const inputs = new Set(E.input.slice(first - 1, last).map((node) => N[node].label));
  return `${N[E.node[first - 1]].label} → ${[...inputs].join(", ")}`;
}

/** This step, in sentences: a list of texts and elements. */
function sentence() {
  const now = step();
  if (!now) return filled("say start", { node: name(data.root), seed: amount(valueOf(data.seed)) });
  if (isElement()) {
    const { k, known, at } = view(), place = known[at - 1], value = valueOf(E.adds[k - 1]);
    const element = sumsOf(k)[place]?.[2] ?? value.data?.[place] ?? null;
    return filled("say element", { place: placeText(place, value), input: name(E.input[k - 1]), value: amount(element) });
  }
  const [first, last, layer] = now;
  if (homework || isAsked(now)) return filled("say plain", { node: name(E.node[first - 1]), input: name(E.input[first - 1]) });
  if (layer) return filled("say layer", { layer: make("b", {}, layer), n: last - first + 1 });
  if (last > first) {
    const inputs = [...new Set(E.input.slice(first - 1, last))].flatMap((node, i) => i ? [", ", name(node)] : [name(node)]);
    const node = E.node[first - 1];
    return filled("say node", { sign: make("b", {}, N[node].sign ?? ""), node: name(node),
      arriving: gradientOf(valueOf(E.arriving[first - 1])), inputs: make("span", {}, ...inputs) });
  }
  return edgeSentence(first);
}

function edgeSentence(k) {
  const input = name(E.input[k - 1]), node = name(E.node[k - 1]), adds = valueOf(E.adds[k - 1]);
  const arriving = gradientOf(valueOf(E.arriving[k - 1])), after = named("an array", valueOf(E.after[k - 1]));
  if (event("hook", k)) return filled("say hook", { node: input, arriving, adds: named("an array", adds) });
  const local = valueOf(event("local", k)), n = event("of", k) ?? 1, at = event("count", k) ?? 1;
  const given = { node, input, arriving, adds: named("an array", adds), local: local === null ? "" : amount(local, "") };
  const head = event("axes", k) ? filled("say summed", { ...given, n: partsOf(k) })
    : plain(adds) && plain(valueOf(E.arriving[k - 1])) && plain(local) && local !== null ? filled("say edge", given)
      : filled("say array", given);
  const again = { input: name(E.input[k - 1]), k: at, n, after };
  const tail = n === 1 ? filled("say only", again) : filled(at === n ? "say last" : "say so far", again);
  return [...head, " ", ...tail, ...(k === data.all ? [` ${words["say end"]}`] : [])];
}

function partsOf(k) {
  const whole = valueOf(E.whole[k - 1]);
  return event("axes", k).reduce((product, axis) => product * whole.shape[axis], 1);
}

function axesText(k) {
  const axes = event("axes", k);
  return say(axes.length === 1 ? "axis" : "axes", { axes: axes.join(", ") });
}

function placeText(place, value) {
  return value.shape?.length ? `[${placeOf(place, value.shape)}]` : "";
}
