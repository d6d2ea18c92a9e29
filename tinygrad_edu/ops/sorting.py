"""Sorting: the same elements by size; gradients go back to where each element came from.

    sort                x (..., n, ...) -> out (..., n, ...)
    argsort             the places of the elements in that order
    topk                the k largest and their places: two of (..., k, ...)

Equal elements keep their order, which decides where the gradient goes; NaN counts as the largest.
Read `indexing.py` before this file.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .. import ops
from ..core.ops import op
from ..core.rules import saved
from ..errors import ArgumentError


def _order(x, axis, descending):
    """The places of the elements of x in rising (falling) order; equal ones keep theirs."""
    if axis is None:
        raise ArgumentError(f"got axis={axis!r}. Expected one axis; all elements in a row are x.reshape(-1).")
    if not descending:
        return np.argsort(x, axis=axis, kind="stable")
    last_first = np.argsort(np.flip(x, axis), axis=axis, kind="stable")
    return np.flip(x.shape[axis] - 1 - last_first, axis)


@op(kind="selection", saves=("order",), numpy="np.sort({x}, axis={axis}, kind='stable')")
def sort(x, /, *, axis=-1, descending=False):
    """The elements in rising order along `axis`, or falling if `descending`."""
    x = np.asarray(x)
    order = _order(x, axis, descending)
    return np.take_along_axis(x, order, axis), saved(order=order)


sort.derivative(x=lambda g, order, axis: ops.take_along_axis(g, np.argsort(order, axis=axis, kind="stable"), axis=axis))
sort.expand(lambda x, order, axis: ops.take_along_axis(x, order, axis=axis))


@op(numpy="np.argsort({x}, axis={axis}, kind='stable')")
def argsort(x, /, *, axis=-1, descending=False):
    """The places of the elements in rising order along `axis`, or falling if `descending`."""
    return _order(np.asarray(x), axis, descending)


argsort.derivative(x=None)
argsort.expand(lambda out: out)


class TopkResult(NamedTuple):
    """The largest elements, the largest first, and their places."""

    values: Any
    indices: Any


@op(kind="selection", results=TopkResult)
def topk(x, /, k, *, axis=-1):
    """The `k` largest elements along `axis`, the largest first, and their places."""
    x = np.asarray(x)
    order = _order(x, axis, True)
    if not isinstance(k, (int, np.integer)) or not 0 <= k <= x.shape[axis]:
        raise ArgumentError(f"topk(x, k): got k={k!r} for x of shape {x.shape} along axis {axis}. "
                            f"Expected 0 to {x.shape[axis]}.")
    order = np.take(order, np.arange(k), axis)
    return np.take_along_axis(x, order, axis), order


topk.derivative(x=lambda g, out, x, axis: ops.put_along_axis(g[0], out[1], axis=axis, shape=x.shape))
topk.expand(lambda x, out, axis: (ops.take_along_axis(x, out.indices, axis=axis), out.indices))
