// Reductions: many elements become one. Each works on a plain list; `reduce` and `along` go through a tensor.

/** For each element that a reduction along `axes` leaves, the numbers of those that it is made of. */
function rows(shape, axes) {
  const steps = stepsOf(shape);
  const among = (chosen) => places(chosen.map((axis) => shape[axis]), chosen.map((axis) => steps[axis]));
  const inside = among(axes);
  const starts = among([...shape.keys()].filter((axis) => !axes.includes(axis)));
  return starts.map((start) => inside.map((number) => start + number));
}

/** f of the list of elements along `axes`, for each place along the other axes. */
function reduce(f, x, axes, shape) {
  const data = elementsOf(x);
  const found = rows(shapeOf(x), axes).map((row) => f(row.map((number) => data[number])));
  return tensor(shape, Float64Array.from(found));
}

/** Each list of elements along `axis` replaced by the list f of it, which may differ in length. */
function along(f, x, axis, shape = x.shape) {
  const out = new Float64Array(sizeOf(shape)), targets = rows(shape, [axis]);
  rows(x.shape, [axis]).forEach((row, i) => {
    f(row.map((number) => x.data[number])).forEach((y, k) => {
      out[targets[i][k]] = y;
    });
  });
  return tensor(shape, out);
}

/** The sum of a list, by halves: so rounding errors grow with the logarithm of the length only. */
function sumOf(list, start = 0, end = list.length) {
  if (end - start > 16) {
    const middle = (start + end) >> 1;
    return sumOf(list, start, middle) + sumOf(list, middle, end);
  }
  let sum = 0;
  for (let i = start; i < end; i++) sum += list[i];
  return sum;
}

/** The product of a list. */
function productOf(list) {
  return list.reduce((a, b) => a * b, 1);
}

/** The mean of a list. */
function meanOf(list) {
  return sumOf(list) / list.length;
}

/** The sum of (x - mean)² divided by the length less `correction`. */
function varianceOf(list, correction) {
  const middle = meanOf(list);
  return sumOf(list.map((x) => (x - middle) ** 2)) / Math.max(list.length - correction, 0);
}

/** The largest of a list, NaN if one is NaN. */
function largestOf(list) {
  return list.reduce((a, b) => Math.max(a, b), -Infinity);
}

/** The smallest of a list, NaN if one is NaN. */
function smallestOf(list) {
  return list.reduce((a, b) => Math.min(a, b), Infinity);
}

/** Whether any of a list is not 0. */
function anyOf(list) {
  return list.some((x) => x != 0);
}

/** Whether no one of a list is 0. */
function allOf(list) {
  return list.every((x) => x != 0);
}

/** The place of the first largest of a list; NaN counts as the largest. */
function argmaxOf(list) {
  return list.reduce((best, x, i) => (x > list[best] || (Number.isNaN(x) && !Number.isNaN(list[best])) ? i : best), 0);
}

/** The place of the first smallest of a list; NaN counts as the smallest. */
function argminOf(list) {
  return list.reduce((best, x, i) => (x < list[best] || (Number.isNaN(x) && !Number.isNaN(list[best])) ? i : best), 0);
}

/** ln(sum of exp(x)): the largest x is subtracted first, so that no exponential overflows. */
function logSumExpOf(list) {
  const most = largestOf(list), shift = Number.isFinite(most) ? most : 0;
  return Math.log(sumOf(list.map((x) => Math.exp(x - shift)))) + shift;
}

/** (sum of |x|**ord) ** (1/ord), each |x| divided by the largest first, so that no power overflows. */
function normOf(list, ord) {
  const sizes = list.map(Math.abs);
  if (ord === 0) return sumOf(sizes.map((x) => Number(x !== 0)));
  if (ord === Infinity) return largestOf(sizes);
  if (ord === -Infinity) return smallestOf(sizes);
  const most = Math.max(largestOf(sizes), 0), scale = most > 0 && most < Infinity ? most : 1;
  return scale * sumOf(sizes.map((x) => (x / scale) ** ord)) ** (1 / ord);
}

/** exp(x) divided by their sum; the largest x is subtracted first, so that no exponential overflows. */
function softmaxOf(list) {
  const most = largestOf(list), powers = list.map((x) => Math.exp(x - most)), sum = sumOf(powers);
  return powers.map((x) => x / sum);
}

/** The logarithm of softmax, exact also where that vanishes. */
function logSoftmaxOf(list) {
  const most = largestOf(list), shifted = list.map((x) => x - most), log = Math.log(sumOf(shifted.map(Math.exp)));
  return shifted.map((x) => x - log);
}

/** The sums of all elements up to each. */
function runningSum(list) {
  let sum = 0;
  return list.map((x) => (sum += x));
}

/** The products of all elements up to each. */
function runningProduct(list) {
  let result = 1;
  return list.map((x) => (result *= x));
}

/** The recurrence out[k] = x1[k] · out[k-1] + x2[k] along `axis`, which begins with 0. */
function linearScan(x1, x2, axis) {
  const out = new Float64Array(x2.data.length);
  for (const row of rows(x2.shape, [axis])) {
    row.forEach((number, k) => {
      out[number] = k ? x1.data[number] * out[row[k - 1]] + x2.data[number] : x2.data[number];
    });
  }
  return tensor(x2.shape, out);
}
