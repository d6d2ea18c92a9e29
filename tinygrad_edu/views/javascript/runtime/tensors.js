// Tensors: elements in row order and a shape. A tensor without axes is a plain number.

/** A tensor of the given shape; without axes the number itself. */
function tensor(shape, data) {
  return shape.length ? { shape, data } : data[0];
}

/** The shape of a tensor; a number has no axes. */
function shapeOf(x) {
  return x.shape ?? [];
}

/** The elements of a tensor in row order; of a number that one. */
function elementsOf(x) {
  return x.data ?? [x];
}

/** How many elements a shape holds. */
function sizeOf(shape) {
  return shape.reduce((size, length) => size * length, 1);
}

/** Along each axis, how much the number of an element grows from one place to the next. */
function stepsOf(shape) {
  return shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
}

/**
 * The number of an element for each place in `shape`, the places in row order: the `first` for the place (0, 0, ...),
 * and more by a step for each place along an axis. An axis has one step, or a list that says how much for each place.
 */
function places(shape, steps, first = 0) {
  let numbers = [first];
  shape.forEach((length, axis) => {
    const longer = [];
    for (const number of numbers) {
      for (let i = 0; i < length; i++) {
        longer.push(number + (Array.isArray(steps[axis]) ? steps[axis][i] : i * steps[axis]));
      }
    }
    numbers = longer;
  });
  return numbers;
}

/** The same elements in another shape. */
function reshape(x, shape) {
  return tensor(shape, elementsOf(x));
}

/** A tensor that holds one number everywhere. */
function full(shape, value) {
  return tensor(shape, new Float64Array(sizeOf(shape)).fill(value));
}

/** The shape to which tensors broadcast: from the last axis on, the longest length. */
function commonShape(xs) {
  const shape = [];
  for (const x of xs) {
    const own = shapeOf(x);
    while (shape.length < own.length) shape.unshift(1);
    own.forEach((length, axis) => {
      if (length !== 1) shape[axis + shape.length - own.length] = length;
    });
  }
  return shape;
}

/** The steps of a tensor's axes in a shape to which it broadcasts: 0 along axes that it lacks or where it is 1 long. */
function stepsIn(x, shape) {
  const own = shapeOf(x), steps = stepsOf(own), missing = shape.length - own.length;
  return shape.map((_, axis) => (axis < missing || own[axis - missing] === 1 ? 0 : steps[axis - missing]));
}

/** The elements of a tensor, repeated so that they fill a shape to which it broadcasts. */
function stretched(x, shape) {
  const data = elementsOf(x), size = sizeOf(shape);
  if (data.length === size) return data;
  if (data.length === 1) return new Float64Array(size).fill(data[0]);
  return places(shape, stepsIn(x, shape)).map((number) => data[number]);
}

/** f of each element, or of elements that belong together in up to four tensors that broadcast. */
function each(f, ...xs) {
  const shape = commonShape(xs);
  const [a, b = [], c = [], d = []] = xs.map((x) => stretched(x, shape));
  const out = new Float64Array(sizeOf(shape));
  for (let i = 0; i < out.length; i++) out[i] = f(a[i], b[i], c[i], d[i]);
  return tensor(shape, out);
}
