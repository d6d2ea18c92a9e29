/* Maps: arrays as pictures. A filled square is positive, a hollow one negative, its side is the root of the magnitude; a
   dash is zero; yellow with a black edge is no number. Small arrays are written out, each number with a bar below it.

   arrayMap(value, {label, chosen, pick, tell})    an element; pick(i) is called for the element that is clicked
   strip(value, width, height)                     bars, as in the cards of the graph
   number(x)                                       as all pages show it
   placeOf(i, shape)                               "2,0"
*/

const SVG = "http://www.w3.org/2000/svg", WIDE = 420;
const STRANGE = { NaN: "NaN", Infinity: "+∞", "-Infinity": "−∞" };

/** Four significant digits; of two that are equally near the even one, as Python has it. */
function number(x) {
  if (typeof x === "string") return STRANGE[x] ?? x;
  if (typeof x === "boolean") return x ? "True" : "False";
  if (x === 0) return "0";
  let [digits, exponent] = Math.abs(x).toExponential(60).split("e");
  exponent = Number(exponent);
  digits = digits.replace(".", "");
  const half = "5".padEnd(digits.length - 4, "0"), rest = digits.slice(4);
  let head = Number(digits.slice(0, 4));
  if (rest > half || (rest === half && head % 2)) head += 1;
  if (head === 10000) [head, exponent] = [1000, exponent + 1];
  const sign = x < 0 ? "−" : "", shown = String(head);
  if (exponent >= 4 || exponent < -4) {
    const power = [...String(exponent)].map((each) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[each] ?? "⁻").join("");
    return sign + trimmed(shown[0] + "." + shown.slice(1)) + "×10" + power;
  }
  if (exponent < 0) return sign + trimmed("0." + "0".repeat(-exponent - 1) + shown);
  return sign + trimmed(shown.slice(0, exponent + 1) + "." + shown.slice(exponent + 1));
}

function trimmed(text) {
  return text.replace(/0+$/, "").replace(/\.$/, "");
}

function placeOf(i, shape) {
  const place = [];
  for (const n of [...shape].reverse()) {
    place.unshift(i % n);
    i = Math.floor(i / n);
  }
  return place.join(",");
}

function sized(shape) {
  return shape.reduce((product, n) => product * n, 1);
}

function isStrange(x) {
  return typeof x === "string";
}

function drawing(tag, attributes, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function largestOf(numbers) {
  return numbers.reduce((largest, x) => isStrange(x) ? largest : Math.max(largest, Math.abs(x)), 0) || 1;
}

// -- an array --------------------------------------------------------------------------------------------------------

function arrayMap(value, { label, chosen = null, pick = null, tell = null }) {
  if (value.bins) return strip(value, WIDE, 48, label);
  const shape = value.shape, columns = shape.at(-1) ?? 1;
  const isSmall = shape.length <= 2 && value.data.length <= 30 && columns <= 6 && value.data.length > 0;
  return isSmall ? writtenOut(value, { label, chosen, pick, tell }) : drawnOut(value, { label, chosen, pick, tell });
}

/** Every number, and below it a bar. */
function writtenOut(value, { label, chosen, pick, tell }) {
  const last = value.shape.at(-1) ?? 1, columns = last === 1 ? Math.min(6, value.data.length) : last;    // a column lies down
  const largest = largestOf(value.data);
  const made = make("div", { class: pick ? "map written can-pick" : "map written", role: "img", "aria-label": label,
    style: `grid-template-columns:repeat(${columns},max-content)` });
  value.data.forEach((x, i) => {
    const bar = make("span", { class: isStrange(x) ? "bar wrong" : x > 0 ? "bar plus" : x < 0 ? "bar minus" : "bar" });
    bar.style.width = isStrange(x) ? "100%" : `${100 * Math.abs(x) / largest}%`;
    const cell = make("span", { class: i === chosen ? "cell chosen" : "cell" }, mark(x), bar);
    if (pick) cell.addEventListener("click", () => pick(i));
    if (tell) cell.addEventListener("pointerenter", () => tell(i, x));
    made.append(cell);
  });
  return made;
}

/** A number; what is none in a mark. */
function mark(x) {
  return make("span", { class: isStrange(x) && x in STRANGE ? "warn" : "num" }, number(x));
}

/** A square for each element; of more than two axes blocks of the last two, side by side. */
function drawnOut(value, { label, chosen, pick, tell }) {
  let shape = value.shape.slice();
  while (shape.length > 1 && shape.at(-1) === 1) shape.pop();
  const columns = shape.at(-1) || 1, rows = shape.length > 1 ? shape.at(-2) : 1;
  const blocks = Math.max(1, sized(shape.slice(0, -2)));
  const cell = Math.max(5, Math.min(shape.length === 1 ? 14 : 18, Math.floor(WIDE / columns)));
  const gap = blocks > 1 ? Math.max(4, cell / 2) : 0;
  const beside = Math.max(1, Math.min(blocks, Math.floor((WIDE + gap) / (columns * cell + gap))));
  const across = columns * cell + gap, down = rows * cell + gap;
  const width = beside * across - gap, height = Math.ceil(blocks / beside) * down - gap;
  const corner = (i) => {
    const block = Math.floor(i / (rows * columns)), inside = i % (rows * columns);
    return [(block % beside) * across + (inside % columns) * cell,
      Math.floor(block / beside) * down + Math.floor(inside / columns) * cell];
  };
  const made = drawing("svg", { class: pick ? "map drawn can-pick" : "map drawn", width: width + 2, height: height + 2,
    viewBox: `-1 -1 ${width + 2} ${height + 2}`, role: "img", "aria-label": label });
  made.append(...squares(value.data, corner, cell));
  for (let block = 0; block < blocks; block += 1) {
    const [x, y] = corner(block * rows * columns);
    made.append(drawing("rect", { class: "frame", x: x - 0.5, y: y - 0.5, width: columns * cell + 1, height: rows * cell + 1 }));
  }
  if (chosen !== null && chosen < value.data.length) {
    const [x, y] = corner(chosen);
    made.append(drawing("rect", { class: "chosen", x, y, width: cell, height: cell }));
  }
  const found = (event) => {
    const box = made.getBoundingClientRect(), scale = box.width / (width + 2);
    const x = (event.clientX - box.left) / scale - 1, y = (event.clientY - box.top) / scale - 1;
    const block = Math.floor(x / across) + beside * Math.floor(y / down), [left, top] = [x % across, y % down];
    const i = block * rows * columns + Math.floor(top / cell) * columns + Math.floor(left / cell);
    return x >= 0 && y >= 0 && left < columns * cell && top < rows * cell && i < value.data.length ? i : null;
  };
  made.addEventListener("pointermove", (event) => {
    const i = found(event);
    if (tell && i !== null) tell(i, value.data[i]);
  });
  made.addEventListener("click", (event) => {
    const i = found(event);
    if (pick && i !== null) pick(i);
  });
  return made;
}

/** The squares, all of one kind as one path. */
function squares(numbers, corner, cell) {
  const largest = largestOf(numbers), most = cell - 2;
  const paths = { plus: "", minus: "", zero: "", wrong: "" };
  numbers.forEach((x, i) => {
    const [left, top] = corner(i), middle = cell / 2;
    if (isStrange(x)) paths.wrong += box(left + 1, top + 1, cell - 2);
    else if (!x) paths.zero += `M${left + middle - 1.5} ${top + middle}h3`;
    else {
      const side = Math.max(Math.min(2.5, most), most * Math.sqrt(Math.abs(x) / largest)), off = (cell - side) / 2;
      if (x > 0) paths.plus += box(left + off, top + off, side);
      else paths.minus += box(left + off + 0.6, top + off + 0.6, Math.max(side - 1.2, 1));
    }
  });
  return Object.entries(paths).filter(([, d]) => d).map(([kind, d]) => drawing("path", { class: `squares ${kind}`, d }));
}

function box(x, y, side) {
  const s = side.toFixed(2);
  return `M${x.toFixed(2)} ${y.toFixed(2)}h${s}v${s}h-${s}z`;
}

/** Bars: one for each element, or for each run of elements from its smallest to its largest. */
function strip(value, width, height, label = null) {
  const ranges = value.bins ?? value.data.map((x) => isStrange(x) ? [x, x] : [Math.min(x, 0), Math.max(x, 0)]);
  const made = drawing("svg", { class: "strip", width, height, viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none",
    ...(label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" }) });
  const largest = largestOf(ranges.flat()), pitch = Math.min(width / Math.max(ranges.length, 1), 16);
  const bar = Math.max(pitch - 1, pitch * 0.7), half = height / 2;
  const paths = { plus: "", minus: "", zero: "", wrong: "" };
  ranges.forEach(([low, high], k) => {
    const x = (k * pitch).toFixed(1), w = bar.toFixed(1);
    const put = (kind, from, to) => {
      const y = half - to / largest * (half - 1), h = Math.max((to - from) / largest * (half - 1), 1);
      paths[kind] += `M${x} ${y.toFixed(1)}h${w}v${h.toFixed(1)}h-${w}z`;
    };
    if (isStrange(low) || isStrange(high)) paths.wrong += `M${x} 1h${w}v${height - 2}h-${w}z`;
    else if (!low && !high) paths.zero += `M${x} ${half}h${w}`;
    else {
      if (high > 0) put("plus", Math.max(low, 0), high);
      if (low < 0) put("minus", low, Math.min(high, 0));
    }
  });
  made.append(drawing("path", { class: "base", d: `M0 ${half}H${width}` }));
  for (const [kind, d] of Object.entries(paths)) if (d) made.append(drawing("path", { class: `squares ${kind}`, d }));
  return made;
}
