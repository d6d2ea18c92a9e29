// Products: sums of products of elements, in plain loops.

/** The matrix product: out[i, j] = sum over k of x1[i, k] · x2[k, j]. */
function matmul(x1, x2) {
  const [rowCount, inner] = x1.shape, columnCount = x2.shape[1];
  const out = new Float64Array(rowCount * columnCount), products = new Float64Array(inner);
  for (let i = 0; i < rowCount; i++) {
    for (let j = 0; j < columnCount; j++) {
      for (let k = 0; k < inner; k++) products[k] = x1.data[i * inner + k] * x2.data[k * columnCount + j];
      out[i * columnCount + j] = sumOf(products);
    }
  }
  return tensor([rowCount, columnCount], out);
}

/**
 * A sum of products of elements: the axes of `shape` stay, those of `summed` are summed over. Each factor is a tensor,
 * its steps along the axes that stay, and its steps along those that are summed over.
 */
function sumOfProducts(shape, summed, ...factors) {
  const parts = factors.map(([x, steps, inner]) => [elementsOf(x), places(shape, steps), places(summed, inner)]);
  const out = new Float64Array(sizeOf(shape)), products = new Float64Array(sizeOf(summed));
  for (let i = 0; i < out.length; i++) {
    products.fill(1);
    for (const [data, starts, inner] of parts) {
      for (let k = 0; k < products.length; k++) products[k] *= data[starts[i] + inner[k]];
    }
    out[i] = sumOf(products);
  }
  return tensor(shape, out);
}

/**
 * Filters w (P, Q, C/groups, K) slid over images x (N, H, W, C), in steps of `stride`, with `padding` zeros around:
 * out[n, i, j, k] = sum over p, q, c of x[n, i·stride + p·dilation - padding, j·stride + ..., c] · w[p, q, c, k].
 */
function conv2d(x, w, shape, stride, padding, dilation, groups) {
  const [, height, width, channels] = x.shape, [windowRows, windowColumns, depth, filters] = w.shape;
  const pixelAt = (n, row, column, c) => {
    const inside = row >= 0 && row < height && column >= 0 && column < width;
    return inside ? x.data[((n * height + row) * width + column) * channels + c] : 0;
  };
  const products = new Float64Array(windowRows * windowColumns * depth);
  const weighted = (n, i, j, k) => {
    const firstChannel = Math.floor(k / (filters / groups)) * depth;
    let next = 0;
    for (let p = 0; p < windowRows; p++) {
      for (let q = 0; q < windowColumns; q++) {
        const row = i * stride[0] + p * dilation[0] - padding[0], column = j * stride[1] + q * dilation[1] - padding[1];
        for (let c = 0; c < depth; c++, next++) {
          products[next] = pixelAt(n, row, column, firstChannel + c) * w.data[next * filters + k];
        }
      }
    }
    return sumOf(products);
  };
  const out = new Float64Array(sizeOf(shape));
  let next = 0;
  for (let n = 0; n < shape[0]; n++) {
    for (let i = 0; i < shape[1]; i++) {
      for (let j = 0; j < shape[2]; j++) for (let k = 0; k < filters; k++) out[next++] = weighted(n, i, j, k);
    }
  }
  return tensor(shape, out);
}
