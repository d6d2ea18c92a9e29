"""Shaping: the same numbers in another shape or order; every derivative puts them back.

    reshape permute_dims matrix_transpose expand_dims squeeze moveaxis swapaxes       x -> the same elements
    broadcast_to tile repeat                                                 x -> copies of elements
    concat stack unstack split                                               several arrays <-> one
    flip roll pad                                                            x -> moved, or with a border

Read `reduction.py` before this file and `indexing.py` after it.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from .. import ops
from ..core.backprop import sum_to
from ..core.ops import op, selection
from ..core.tensors import Tensor
from ..errors import ArgumentError, AxisError, ShapeError


@selection
def reshape(x, /, shape):
    """The elements of x, in row order, in another shape; one length may be -1, which means what remains."""
    return np.reshape(x, shape)


reshape.derivative(x=lambda g, x: ops.reshape(g, x.shape))


@selection(numpy="np.transpose({x}, {axes})")
def permute_dims(x, /, axes):
    """The axes in the order `axes`, a tuple: axis i of the result is axis axes[i] of x."""
    if not isinstance(axes, (tuple, list)):
        raise ArgumentError(f"permute_dims(x, axes): got axes={axes!r}. Expected a tuple that names each axis once.")
    return np.transpose(x, axes)


permute_dims.derivative(x=lambda g, axes: ops.permute_dims(g, _inverse(axes)))


def _inverse(axes):
    """The order of axes that undoes `axes`."""
    n = len(axes)
    return tuple(int(i) for i in np.argsort([axis % n for axis in axes]))


@selection
def matrix_transpose(x, /):
    """The last two axes exchanged: (..., m, n) -> (..., n, m)."""
    if np.ndim(x) < 2:
        raise ShapeError(f"matrix_transpose(x): got x of shape {np.shape(x)}. Expected two axes or more.")
    return np.swapaxes(x, -1, -2)


matrix_transpose.derivative(x=lambda g: ops.matrix_transpose(g))


def moveaxis(x: Any, source: int | tuple[int, ...], destination: int | tuple[int, ...], /) -> Any:
    """The axes `source` moved to the places `destination`, the others in their order.

    >>> tg.moveaxis(tg.zeros((2, 3, 4)), 0, -1).shape
    (3, 4, 2)
    """
    return ops.permute_dims(x, _order_after(np.moveaxis, x, source, destination))


def _order_after(function, x, one, other):
    """The order of axes that a function of NumPy gives: that of the lengths of an array of shape (0, 1, 2, ...)."""
    axes = np.empty(range(np.ndim(x)))
    try:
        return function(axes, one, other).shape
    except (ValueError, TypeError) as error:
        raise AxisError(f"{function.__name__}(x, {one}, {other}): got x of shape {np.shape(x)}. {error}.") from None


def swapaxes(x: Any, axis1: int, axis2: int, /) -> Any:
    """Two axes exchanged.

    >>> tg.swapaxes(tg.zeros((2, 3, 4)), 0, 2).shape
    (4, 3, 2)
    """
    return ops.permute_dims(x, _order_after(np.swapaxes, x, axis1, axis2))


@selection
def expand_dims(x, /, *, axis=0):
    """New axes of length 1, which stand at `axis` (one or a tuple) in the result."""
    return np.expand_dims(x, axis)


expand_dims.derivative(x=lambda g, x: ops.reshape(g, x.shape))


@selection
def squeeze(x, /, axis):
    """x without the axes `axis` (one or a tuple), which have length 1."""
    return np.squeeze(x, axis)


squeeze.derivative(x=lambda g, x: ops.reshape(g, x.shape))


@selection
def broadcast_to(x, /, shape):
    """x repeated along new axes and along those of length 1, so that it has `shape`."""
    if isinstance(x, (np.generic, float)):
        out = np.empty(shape, x.dtype if isinstance(x, np.generic) else None)
        out.fill(x)                                     # for small arrays ten times as fast as np.broadcast_to
        return out
    return np.broadcast_to(x, shape)


broadcast_to.derivative(x=lambda g, x: sum_to(g, x.shape))


def broadcast_arrays(*arrays: Any) -> list[Any]:
    """All arrays in the one shape that they broadcast to.

    >>> [x.shape for x in tg.broadcast_arrays(tg.zeros((3, 1)), tg.zeros(2))]
    [(3, 2), (3, 2)]
    """
    shapes = [np.shape(x) for x in arrays]
    try:
        shape = np.broadcast_shapes(*shapes)
    except ValueError:
        raise ShapeError(f"broadcast_arrays: got arrays of shapes {', '.join(map(str, shapes))}. "
                         "Expected shapes that broadcast: from the last axis on, lengths must be equal or 1.") from None
    return [ops.broadcast_to(x, shape) for x in arrays]


@op(kind="selection", many=True, numpy="np.concatenate({arrays}, axis={axis})")
def concat(arrays, /, *, axis=0):
    """Arrays one after the other along `axis`; None flattens them first."""
    return np.concatenate(arrays, axis=axis)


def _part(g, i, arrays, axis):
    """The part of `g` that came from array number i."""
    shapes = [np.shape(each) for each in arrays]
    lengths = [math.prod(shape) if axis is None else shape[axis] for shape in shapes]
    start = sum(lengths[:i])
    part = slice(start, start + lengths[i])
    return ops.reshape(g[part], shapes[i]) if axis is None else g[(slice(None),) * (axis % g.ndim) + (part,)]


concat.derivative(arrays=_part)


@op(kind="selection", many=True)
def stack(arrays, /, *, axis=0):
    """Arrays of one shape beside each other along a new axis, which stands at `axis` in the result."""
    return np.stack([np.asarray(each) for each in arrays], axis=axis)


stack.derivative(arrays=lambda g, i, axis: g[(slice(None),) * (axis % g.ndim) + (i,)])


def unstack(x: Any, /, *, axis: int = 0) -> tuple[Any, ...]:
    """The parts of x along `axis`, without that axis, as a tuple.

    >>> tg.unstack(tg.asarray([[1.0, 2.0], [3.0, 4.0]]), axis=1)
    (Tensor([1., 3.]), Tensor([2., 4.]))
    """
    x, axis = _with_axis(x, axis, "unstack(x)")
    return tuple(x[(slice(None),) * axis + (i,)] for i in range(x.shape[axis]))


def _with_axis(x, axis, call):
    """x as a Tensor or an array, and its axis counted from the front."""
    x = x if x.__class__ is Tensor else ops.array_or_stack(x) if isinstance(x, (list, tuple)) else np.asarray(x)
    if not isinstance(axis, (int, np.integer)) or not -x.ndim <= axis < x.ndim:
        expected = f"an axis from {-x.ndim} to {x.ndim - 1}" if x.ndim else "x with an axis"
        raise AxisError(f"{call}: got x of shape {x.shape} and axis={axis}. Expected {expected}.")
    return x, axis % x.ndim


def split(x: Any, /, sections: int | list[int] | tuple[int, ...], *, axis: int = 0) -> list[Any]:
    """x cut along `axis`, into so many equal sections or at the given places.

    >>> tg.split(tg.arange(6), 3)
    [Tensor([0, 1], dtype=int64), Tensor([2, 3], dtype=int64), Tensor([4, 5], dtype=int64)]
    """
    x, axis = _with_axis(x, axis, "split(x, sections)")
    n = x.shape[axis]
    if isinstance(sections, (int, np.integer)):
        if sections < 1 or n % sections:
            raise ShapeError(f"split(x, {sections}): got x of shape {x.shape}. Expected a number of sections that "
                             f"divides the length along axis {axis}, {n}.")
        sections = [n // sections * i for i in range(1, sections)]
    return [x[(slice(None),) * axis + (slice(a, b),)] for a, b in itertools.pairwise([0, *sections, n])]


@selection
def flip(x, /, *, axis=None):
    """The order of the elements reversed along `axis` (one, a tuple, or None for all)."""
    return np.flip(x, axis)


flip.derivative(x=lambda g, axis: ops.flip(g, axis=axis))


@selection
def roll(x, /, shift, *, axis=None):
    """The elements moved by `shift` places along `axis`; what leaves at the end comes back at the start."""
    return np.roll(x, shift, axis)


roll.derivative(x=lambda g, shift, axis: ops.roll(g, [-n for n in shift] if np.ndim(shift) else -shift, axis=axis))


@selection
def tile(x, /, repetitions):
    """x laid side by side, so many times along each axis."""
    return np.tile(x, repetitions)


def _tile_rule(g, x, repetitions):
    times = repetitions if np.ndim(repetitions) else (repetitions,)
    times = (1,) * (x.ndim - len(times)) + tuple(times)
    shape = (1,) * (len(times) - x.ndim) + x.shape
    tiled = ops.reshape(g, tuple(n for pair in zip(times, shape, strict=True) for n in pair))
    return ops.reshape(ops.sum(tiled, axis=tuple(range(0, 2 * len(times), 2))), x.shape)


tile.derivative(x=_tile_rule)


@selection
def repeat(x, /, repeats, *, axis=None):
    """Each element repeated along `axis`, `repeats` (one number, or one for each) times; None flattens x first."""
    return np.repeat(x, repeats, axis)


def _repeat_rule(g, x, repeats, axis):
    flat = axis is None or not x.ndim
    axis = 0 if flat else axis % x.ndim
    n = math.prod(x.shape) if flat else x.shape[axis]
    sources = np.repeat(np.arange(n), repeats)                  # which element each copy came from
    index = (slice(None),) * axis + (sources,)
    shape = (n,) if flat else x.shape
    return ops.reshape(ops.scatter_add(g, index=index, shape=shape), x.shape)


repeat.derivative(x=_repeat_rule)


@selection
def pad(x, /, pad_width, *, value=0.0):
    """x with a border of `value`: pad_width is a number, a pair (before, after), or a pair for each axis."""
    x = np.asarray(x)
    widths = _widths(pad_width, x.ndim)
    if x.dtype.kind != "f" and not math.isfinite(value):
        raise ArgumentError(f"pad(x, pad_width): got value={value!r} for x of dtype {x.dtype}. Expected a number.")
    out = np.full([n + sum(pair) for n, pair in zip(x.shape, widths, strict=True)], value, x.dtype)
    out[_inner(x.shape, widths)] = x
    return out


def _widths(pad_width, ndim):
    """A pair (before, after) for each axis."""
    widths = np.asarray(pad_width)
    if widths.dtype.kind not in "iu" or (widths.size and widths.min() < 0):
        raise ArgumentError(f"pad(x, pad_width): got pad_width={pad_width!r}. Expected numbers of elements, 0 or more.")
    try:
        return [tuple(int(n) for n in pair) for pair in np.broadcast_to(widths, (ndim, 2))]
    except ValueError:
        raise ShapeError(f"pad(x, pad_width): got pad_width={pad_width!r} for x with {ndim} axes. "
                         "Expected a number, a pair (before, after), or such a pair for each axis.") from None


def _inner(shape, widths):
    """The index of x within the border."""
    return tuple(slice(before, before + n) for n, (before, _) in zip(shape, widths, strict=True))


pad.derivative(x=lambda g, x, pad_width: g[_inner(x.shape, _widths(pad_width, x.ndim))])


@pad.expand
def _pad_expansion(x, out, pad_width, value):
    border = np.full(out.shape, value, out.dtype)
    return ops.index_set(border, x, index=_inner(x.shape, _widths(pad_width, x.ndim)))


for movement in (reshape, permute_dims, matrix_transpose, expand_dims, squeeze, broadcast_to, concat, stack, flip, roll,
                 tile, repeat):
    movement.expand("moves")
