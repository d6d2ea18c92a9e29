// Precisions: numbers as other types than float64 hold them. Whole numbers of 64 bits are exact up to 2 ** 53.

/** A number or a tensor as that kind of typed array holds it. */
function held(Kind, x) {
  return x.data ? tensor(x.shape, Kind.from(x.data)) : Kind.of(x)[0];
}

/** Single precision. */
function float32(x) {
  return held(Float32Array, x);
}

/** Half precision: 11 binary digits, of which the last is 2 ** -24 or more; ties go to the even one. */
function float16(x) {
  if (x.data) return tensor(x.shape, Float32Array.from(x.data, float16));
  if (!Number.isFinite(x) || x === 0) return Number(x);
  const unit = 2 ** (Math.max(Math.floor(Math.log2(Math.abs(x))), -14) - 10);
  const nearest = round(x / unit) * unit;
  return Math.abs(nearest) > 65504 ? Math.sign(x) * Infinity : nearest;
}

/** Whole numbers that wrap around, of 32, 16 or 8 bits, with or without a sign. */
function int32(x) {
  return held(Int32Array, x);
}

function int16(x) {
  return held(Int16Array, x);
}

function int8(x) {
  return held(Int8Array, x);
}

function uint32(x) {
  return held(Uint32Array, x);
}

function uint16(x) {
  return held(Uint16Array, x);
}

function uint8(x) {
  return held(Uint8Array, x);
}
