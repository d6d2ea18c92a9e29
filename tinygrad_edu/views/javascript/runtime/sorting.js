// Sorting: equal elements keep their order, NaN counts as the largest.

/** The places of a list's elements in rising order, or in falling order. */
function orderOf(list, falling = false) {
  const compare = (a, b) => (a > b) - (a < b) || Number.isNaN(a) - Number.isNaN(b);
  const sign = falling ? -1 : 1;
  return [...list.keys()].sort((i, j) => sign * compare(list[i], list[j]));
}

/** A list in rising order, or in falling order. */
function sortedList(list, falling = false) {
  return orderOf(list, falling).map((i) => list[i]);
}
