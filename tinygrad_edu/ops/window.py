"""Windows that slide over images: convolution and pooling, channels last.

    patches unpatch                         x (N, H, W, C) <-> windows (N, I, J, P, Q, C)
    conv2d                                  x (N, H, W, C), w (P, Q, C, K) -> (N, I, J, K)
    max_pool2d avg_pool2d                   x (N, H, W, C) -> (N, I, J, C)

One idea serves all: cut the image into its windows (`patches`), and every layer is a product or a reduction of them.
Its derivative adds the windows up where they lay (`unpatch`). Read `matrices.py` before this file.
"""

from __future__ import annotations

import numpy as np

from .. import ops
from ..core.ops import op, selection
from ..errors import ArgumentError, ShapeError
from .expansions import Folded


def _pair(value, name, least=1):
    """A number as a pair (along rows, along columns) of integers that are not below `least`."""
    pair = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    if len(pair) != 2 or not all(isinstance(n, (int, np.integer)) and n >= least for n in pair):
        raise ArgumentError(f"got {name}={value!r}. Expected a whole number of at least {least}, or a pair of them "
                            "(along rows, along columns).")
    return pair


def _windows(shape, size, stride, dilation):
    """How many windows fit along rows and columns, (I, J)."""
    reach = [(n - 1) * d + 1 for n, d in zip(size, dilation, strict=True)]
    if any(r > n for r, n in zip(reach, shape[1:3], strict=True)):
        raise ShapeError(f"got images of {shape[1]}×{shape[2]} pixels (with padding) and windows that reach over "
                         f"{reach[0]}×{reach[1]}. Expected windows not larger than the image.")
    return tuple((n - r) // s + 1 for n, r, s in zip(shape[1:3], reach, stride, strict=True))


@selection
def patches(x, /, *, size, stride=1, dilation=1):
    """All windows of `size` pixels: (N, H, W, C) -> (N, I, J, P, Q, C), `stride` apart, their pixels `dilation` apart.

    out[n, i, j, p, q, c] = x[n, i*stride + p*dilation, j*stride + q*dilation, c]
    """
    x = np.asarray(x)
    (p, q), stride, (dp, dq) = _pair(size, "size"), _pair(stride, "stride"), _pair(dilation, "dilation")
    i, j = _windows(x.shape, (p, q), stride, (dp, dq))
    sn, sh, sw, sc = x.strides
    return np.lib.stride_tricks.as_strided(x, (x.shape[0], i, j, p, q, x.shape[3]),
                                           (sn, sh * stride[0], sw * stride[1], sh * dp, sw * dq, sc), writeable=False)


patches.derivative(x=lambda g, x, stride, dilation: unpatch(g, shape=x.shape, stride=stride, dilation=dilation))
patches.expand("moves")


@selection
def unpatch(x, /, *, shape, stride=1, dilation=1):
    """Windows (N, I, J, P, Q, C) added up where they lay in images of `shape` (N, H, W, C)."""
    x = np.asarray(x)
    (sh, sw), (dp, dq) = _pair(stride, "stride"), _pair(dilation, "dilation")
    _, i, j, p, q, _ = x.shape
    out = np.zeros(shape, x.dtype)
    for row in range(p):
        for column in range(q):
            out[:, row * dp:row * dp + i * sh:sh, column * dq:column * dq + j * sw:sw] += x[:, :, :, row, column]
    return out


unpatch.derivative(x=lambda g, x, stride, dilation: patches(g, size=x.shape[3:5], stride=stride, dilation=dilation))
unpatch.expand(Folded("add"))


def _padded(x, padding, value=0.0):
    """Images with a border of `value`."""
    ph, pw = _pair(padding, "padding", 0)
    return ops.pad(x, ((0, 0), (ph, ph), (pw, pw), (0, 0)), value=value) if ph or pw else x


def _columns(x, w, stride, padding, dilation, groups):
    """The windows of the padded images as rows of a matrix for each group, (G, N·I·J, P·Q·C/G), and (N, I, J)."""
    cut = ops.patches(_padded(x, padding), size=w.shape[:2], stride=stride, dilation=dilation)
    n, i, j, p, q, c = cut.shape
    rows = ops.reshape(cut, (n * i * j, p * q, groups, c // groups))
    return ops.reshape(ops.permute_dims(rows, (2, 0, 1, 3)), (groups, n * i * j, p * q * (c // groups))), (n, i, j)


def _filters(w, groups):
    """The filters as one matrix for each group: (P, Q, C/G, K) -> (G, P·Q·C/G, K/G)."""
    p, q, c, k = w.shape
    return ops.permute_dims(ops.reshape(w, (p * q * c, groups, k // groups)), (1, 0, 2))


def _grouped(g, groups):
    """A result or its gradient (N, I, J, K) as one matrix for each group: (G, N·I·J, K/G)."""
    n, i, j, k = g.shape
    return ops.permute_dims(ops.reshape(g, (n * i * j, groups, k // groups)), (1, 0, 2))


@op(inputs=("x", "w", "b"))
def conv2d(x, w, b=None, *, stride=1, padding=0, dilation=1, groups=1):
    """Slide the filters `w` over the images `x` (cross-correlation, the custom in deep learning).

    out[n, i, j, k] = b[k] + sum over p, q, c of
                      padded_x[n, i*stride + p*dilation, j*stride + q*dilation, c] * w[p, q, c, k]

    Args:
        x: (N, H, W, C) images.
        w: (P, Q, C // groups, K) filters.
        b: (K,) one offset per filter, or None for no offset.
        stride: pixels between neighbouring windows, at least 1.
        padding: rows and columns of zeros added on every side, in pixels.
        dilation: pixels between neighbouring pixels of a window, at least 1.
        groups: the channels and the filters are divided into so many groups, which do not see each other.
    Returns: (N, I, J, K) with I = 1 + (H + 2*padding - dilation*(P - 1) - 1) // stride, J alike.
    Raises: ShapeError if the channels do not fit, or a filter is larger than the padded image.
    Source: Dumoulin & Visin 2016, arXiv:1603.07285, section 2.

    >>> tg.conv2d(tg.ones((1, 3, 3, 1)), tg.ones((2, 2, 1, 1))).shape
    (1, 2, 2, 1)
    """
    x, w = np.asarray(x), np.asarray(w)
    _check_images(x, w, b, groups)
    rows, (n, i, j) = _columns(x, w, stride, padding, dilation, groups)
    out = np.moveaxis(rows @ _filters(w, groups), 0, 1).reshape(n, i, j, w.shape[3])
    return out if b is None else out + b


def _check_images(x, w, b, groups):
    if x.ndim != 4 or w.ndim != 4:
        raise ShapeError(f"conv2d(x, w): got x of shape {x.shape} and w of shape {w.shape}. "
                         "Expected images (N, H, W, C) and filters (P, Q, C, K).")
    if not isinstance(groups, (int, np.integer)) or groups < 1:
        raise ArgumentError(f"conv2d(x, w): got groups={groups!r}. Expected a whole number of at least 1.")
    if x.shape[3] != w.shape[2] * groups or w.shape[3] % groups:
        raise ShapeError(f"conv2d(x, w): got x of shape {x.shape}, w of shape {w.shape} and groups={groups}. "
                         "Expected x.shape[3] == w.shape[2] * groups, and w.shape[3] a multiple of groups.")
    if b is not None and np.shape(b) != (w.shape[3],):
        raise ShapeError(f"conv2d(x, w, b): got b of shape {np.shape(b)}. Expected one offset per filter, "
                         f"shape ({w.shape[3]},).")


def _conv2d_rule_x(g, x, w, stride, padding, dilation, groups):
    n, c = x.shape[0], x.shape[3]
    rows = _grouped(g, groups) @ ops.matrix_transpose(_filters(w, groups))          # (G, N·I·J, P·Q·C/G)
    p, q = w.shape[:2]
    cut = ops.permute_dims(ops.reshape(rows, (groups, n * g.shape[1] * g.shape[2], p * q, c // groups)), (1, 2, 0, 3))
    return _put_back(ops.reshape(cut, (*g.shape[:3], p, q, c)), x, stride, padding, dilation)


def _put_back(cut, x, stride, padding, dilation=1):
    """Windows added up where they lay in the images x, without the border."""
    ph, pw = _pair(padding, "padding", 0)
    n, h, w, c = x.shape
    padded = unpatch(cut, shape=(n, h + 2 * ph, w + 2 * pw, c), stride=stride, dilation=dilation)
    return padded[:, ph:ph + h, pw:pw + w]


def _conv2d_rule_w(g, x, w, stride, padding, dilation, groups):
    rows, _ = _columns(x, w, stride, padding, dilation, groups)
    found = ops.matrix_transpose(rows) @ _grouped(g, groups)                        # (G, P·Q·C/G, K/G)
    return ops.reshape(ops.permute_dims(found, (1, 0, 2)), w.shape)


conv2d.derivative(x=_conv2d_rule_x, w=_conv2d_rule_w, b=lambda g: ops.sum(g, axis=(0, 1, 2)))


@conv2d.expand
def _conv2d_expansion(x, w, b, out, stride, padding, dilation, groups):
    cut = ops.patches(_padded(x, padding), size=w.shape[:2], stride=stride, dilation=dilation)
    p, q, c, k = w.shape
    cut = ops.reshape(cut, (*cut.shape[:5], groups, c))                             # (N, I, J, P, Q, G, C/G)
    filters = ops.reshape(w, (p, q, c, groups, k // groups))                        # (P, Q, C/G, G, K/G)
    found = ops.reshape(ops.einsum("nijpqgc,pqcgk->nijgk", cut, filters), out.shape)
    return found if b is None else found + b


def _pooled(x, size, stride, padding, value):
    """The windows of images with a border of `value`: (N, I, J, P, Q, C)."""
    return ops.patches(_padded(x, padding, value), size=size, stride=size if stride is None else stride)


def _lowest(dtype):
    """What no pixel is smaller than."""
    return -np.inf if dtype.kind == "f" else np.iinfo(dtype).min if dtype.kind in "iu" else False


def _check_pool(x, name):
    if np.ndim(x) != 4:
        raise ShapeError(f"{name}(x): got x of shape {np.shape(x)}. Expected images (N, H, W, C).")


@selection
def max_pool2d(x, /, size, *, stride=None, padding=0):
    """The largest pixel of each window: out[n, i, j, c] = max over p, q of x[n, i*stride + p, j*stride + q, c].

    Windows of `size` pixels lie `stride` apart, or side by side if None; a border of `padding` pixels is never the
    largest. Equal pixels share the gradient.
    """
    _check_pool(x, "max_pool2d")
    x = np.asarray(x)
    return np.max(_pooled(x, size, stride, padding, _lowest(x.dtype)), axis=(3, 4))


def _max_pool2d_rule(g, out, x, size, stride, padding):
    chosen = _pooled(x, size, stride, padding, np.nan) == ops.expand_dims(out, axis=(3, 4))
    shared = ops.where(chosen, ops.expand_dims(g, axis=(3, 4)), 0.0) / ops.sum(chosen, axis=(3, 4), keepdims=True)
    return _put_back(shared, x, size if stride is None else stride, padding)


max_pool2d.derivative(x=_max_pool2d_rule)
max_pool2d.expand(lambda x, size, stride, padding:
                  ops.max(_pooled(x, size, stride, padding, _lowest(x.dtype)), axis=(3, 4)))


@selection
def avg_pool2d(x, /, size, *, stride=None, padding=0):
    """The mean of each window: out[n, i, j, c] = mean over p, q of x[n, i*stride + p, j*stride + q, c].

    Windows of `size` pixels lie `stride` apart, or side by side if None; a border of `padding` pixels counts as zeros.
    """
    _check_pool(x, "avg_pool2d")
    return np.mean(_pooled(np.asarray(x), size, stride, padding, 0.0), axis=(3, 4))


def _avg_pool2d_rule(g, x, size, stride, padding):
    p, q = _pair(size, "size")
    spread = ops.broadcast_to(ops.expand_dims(g / (p * q), axis=(3, 4)), (*g.shape[:3], p, q, g.shape[3]))
    return _put_back(spread, x, size if stride is None else stride, padding)


avg_pool2d.derivative(x=_avg_pool2d_rule)
avg_pool2d.expand(lambda x, size, stride, padding: ops.mean(_pooled(x, size, stride, padding, 0.0), axis=(3, 4)))
