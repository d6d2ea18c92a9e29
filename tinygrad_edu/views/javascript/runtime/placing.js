// Placing: elements picked from a tensor by their numbers in row order, and put into one.

/** The elements with these numbers, in a new shape. */
function pick(x, numbers, shape) {
  const data = elementsOf(x);
  return tensor(shape, Float64Array.from(numbers, (number) => data[number]));
}

/** Zeros with the elements of x added in at these numbers. */
function put(x, numbers, shape) {
  const data = elementsOf(x), out = new Float64Array(sizeOf(shape));
  numbers.forEach((number, i) => {
    out[number] += data[i];
  });
  return tensor(shape, out);
}

/** x1 with the elements of x2 in place of those with these numbers. */
function replace(x1, numbers, x2) {
  const data = elementsOf(x2), out = Float64Array.from(elementsOf(x1));
  numbers.forEach((number, i) => {
    out[number] = data[i];
  });
  return tensor(shapeOf(x1), out);
}

/** x repeated along new axes and those of length 1, so that it has that shape. */
function broadcast(x, shape) {
  return tensor(shape, Float64Array.from(stretched(x, shape)));
}

/** The axes in another order: axis i of the result is axis axes[i] of x. */
function transpose(x, axes) {
  const steps = stepsOf(x.shape), shape = axes.map((axis) => x.shape[axis]);
  return pick(x, places(shape, axes.map((axis) => steps[axis])), shape);
}

/** Tensors one after the other along an axis of the result. */
function concat(xs, axis, shape) {
  const out = new Float64Array(sizeOf(shape)), steps = stepsOf(shape);
  let start = 0;
  for (const x of xs) {
    places(x.shape, steps, start * steps[axis]).forEach((number, i) => {
      out[number] = x.data[i];
    });
    start += x.shape[axis];
  }
  return tensor(shape, out);
}

/** An index from 0 on; a negative one counts from the end. */
function checkedIndex(index, length) {
  if (index < -length || index >= length) throw new RangeError(`got the index ${index} along an axis of ${length}.`);
  return index < 0 ? index + length : index;
}

/** The parts of x at `chosen` places along an axis, of which x has so many: [before it, along it, after it]. */
function take(x, chosen, [before, length, after], shape) {
  const data = elementsOf(x), out = [];
  for (let i = 0; i < before; i++) {
    for (const index of elementsOf(chosen)) {
      const start = (i * length + checkedIndex(index, length)) * after;
      for (let k = 0; k < after; k++) out.push(data[start + k]);
    }
  }
  return tensor(shape, Float64Array.from(out));
}

/** The numbers of the elements of a tensor `whole` long that `chosen` means along an axis, for each place of `shape`. */
function numbersAlong(whole, chosen, axis, shape) {
  const steps = stepsOf(whole), others = whole.map((length, i) => (i === axis || length === 1 ? 0 : steps[i]));
  const index = stretched(chosen, shape);
  return places(shape, others).map((number, i) => number + checkedIndex(index[i], whole[axis]) * steps[axis]);
}

/** The elements of x at `chosen` places along an axis. */
function takeAlong(x, chosen, axis, shape) {
  return pick(x, numbersAlong(x.shape, chosen, axis, shape), shape);
}

/** Zeros with x added in at `chosen` places along an axis; `given` is the shape to which x and the places broadcast. */
function putAlong(x, chosen, axis, given, shape) {
  return put(tensor(given, stretched(x, given)), numbersAlong(shape, chosen, axis, given), shape);
}
