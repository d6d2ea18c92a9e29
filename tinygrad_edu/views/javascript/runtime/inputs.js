// Inputs: what forward is given, checked, and completed by the recorded example.

/** The inputs by name: numbers that were given, the others from the example. */
function givenNumbers(inputs) {
  for (const [name, x] of Object.entries(inputs)) {
    checkName(name);
    if (typeof x !== "number") throw new TypeError(`${name}: got ${x}. Expected a number.`);
  }
  return { ...example, ...inputs };
}

/** The inputs by name: numbers, nested lists or tensors that were given, the others from the example. */
function givenTensors(inputs) {
  const complete = { ...example };
  for (const [name, x] of Object.entries(inputs)) {
    checkName(name);
    complete[name] = asTensor(name, x, shapeOf(example[name]));
  }
  return complete;
}

/** A number, nested lists or a tensor as a tensor of the expected shape. */
function asTensor(name, x, shape) {
  if (ArrayBuffer.isView(x)) x = [...x];
  const given = x.shape ?? lengthsOf(x);
  if (String(given) !== String(shape)) throw new RangeError(`${name}: got shape [${given}]. Expected [${shape}].`);
  const data = Float64Array.from(x.data ?? [x].flat(Infinity));
  if (data.length !== sizeOf(shape)) throw new RangeError(`${name}: got rows that differ in length.`);
  return tensor(shape, data);
}

/** The shape of nested lists: the length of the outermost, of the first in it, and so on. */
function lengthsOf(list) {
  return Array.isArray(list) ? [list.length, ...(list.length ? lengthsOf(list[0]) : [])] : [];
}

/** An error for a name that no input has. */
function checkName(name) {
  if (!(name in example)) throw new RangeError(`${name} is not an input. Expected ${Object.keys(example).join(", ")}.`);
}
