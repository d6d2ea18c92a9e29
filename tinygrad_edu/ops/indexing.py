"""Indexing: elements picked from an array, and put into one.

    getitem take take_along_axis                    x -> some of its elements, repeated ones counted
    scatter_add put_along_axis                      elements -> an array of zeros with them added in
    index_set, x.at[i].set / .add / .multiply       x with some elements changed, as a new tensor

The derivative of picking is adding in at the same places, and the other way round.
Read `shaping.py` before this file and `linear_algebra.py` after it.
"""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from .. import ops
from ..core import values
from ..core.ops import op
from ..core.tensors import Tensor
from ..errors import ArgumentError, AxisError, DTypeError, GraphError
from .expansions import Folded


def getitem(x: Any, index: Any, /) -> Any:
    """x[index], with integers, slices, `...`, None, integer arrays and boolean masks, as in NumPy.

    >>> x = tg.Tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> x[:, 1], x[x > 2]
    (Tensor([2., 4.], from getitem), Tensor([3., 4.], from getitem))
    """
    return pick(x, index=plain_index(index))


def plain_index(index: Any) -> Any:
    """An index that nobody can change later: Tensors and lists in it become arrays of their own."""
    return tuple(map(_plain_part, index)) if isinstance(index, tuple) else _plain_part(index)


def _plain_part(index: Any) -> Any:
    """What stands between two commas of an index."""
    if index is None or index is Ellipsis or isinstance(index, int):
        return index
    if isinstance(index, slice):
        parts = (index.start, index.stop, index.step)
        return slice(*[None if part is None else operator.index(part) for part in parts])
    if index.__class__ is Tensor:
        index = index._value
    array = values.own(index, "an index")
    array = np.asarray(array) if not isinstance(array, np.ndarray) else array
    if array.size == 0 and array.dtype.kind == "f":
        array = array.astype(np.intp)                           # the empty list
    if array.dtype.kind not in "iub":
        raise DTypeError(f"x[index]: got an index of dtype {array.dtype}. Expected integers, slices or a boolean mask; "
                         "for a threshold write x[x > 0].")
    return array if array.ndim or array.dtype.kind == "b" else int(array)


@op(name="getitem", kind="selection", numpy="{x}[{index}]")
def pick(x, /, *, index):
    """x[index]."""
    return np.asarray(x)[index]


pick.derivative(x=lambda g, x, index: scatter_add(g, index=index, shape=x.shape))
pick.expand("moves")


@op(kind="selection")
def scatter_add(x, /, *, index, shape):
    """An array of zeros of the given shape with the elements of x added in at `index`; repeated places add up."""
    x = np.asarray(x)
    out = np.zeros(shape, x.dtype)
    if _may_repeat(index):
        if x.ndim < max(getattr(part, "ndim", 0) for part in _parts(index)):    # add.at would read beyond the end of x
            x = np.broadcast_to(x, out[index].shape)
        np.add.at(out, index, x)
    else:
        out[index] = x
    return out


scatter_add.derivative(x=lambda g, index: pick(g, index=index))
scatter_add.expand(Folded("add"))


def _may_repeat(index: Any) -> bool:
    """Whether an index may name an element twice: only integer arrays can."""
    return any(isinstance(part, np.ndarray) and part.dtype.kind in "iu" for part in _parts(index))


def _parts(index: Any) -> tuple[Any, ...]:
    """What stands between the commas of an index."""
    return index if isinstance(index, tuple) else (index,)


@op(kind="selection")
def take(x, indices, /, *, axis=None):
    """The elements of x at integer `indices` along `axis`; None picks from all elements in row order."""
    return np.take(x, _integers(indices, "take"), axis=axis)


def _integers(indices, name):
    indices = np.asarray(indices)
    if indices.dtype.kind not in "iu" and indices.size:
        raise DTypeError(f"{name}(x, indices): got indices of dtype {indices.dtype}. Expected integers.")
    return indices.astype(np.intp)


def _take_rule(g, x, indices, axis):
    flat = axis is None or not x.ndim
    before, n, after = (1, math.prod(x.shape), 1) if flat else _around(x.shape, axis % x.ndim)
    count = math.prod(np.shape(indices))
    found = put_along_axis(ops.reshape(g, (before, count, after)), ops.reshape(indices, (1, count, 1)),
                           axis=1, shape=(before, n, after))
    return ops.reshape(found, x.shape)


def _around(shape, axis):
    """How many elements there are before an axis, along it and after it."""
    return math.prod(shape[:axis]), shape[axis], math.prod(shape[axis + 1:])


take.derivative(x=_take_rule, indices=None)
take.expand("moves")


@op(kind="selection")
def take_along_axis(x, indices, /, *, axis=-1):
    """The elements of x at `indices` along `axis`; elsewhere the shapes of both broadcast, as for `argsort`."""
    _check_one_axis(axis, "take_along_axis")
    return np.take_along_axis(np.asarray(x), _integers(indices, "take_along_axis"), axis)


def _check_one_axis(axis, name):
    if not isinstance(axis, (int, np.integer)):
        raise ArgumentError(f"{name}(x, indices): got axis={axis!r}. Expected one axis; "
                            "all elements in a row are x.reshape(-1).")


take_along_axis.derivative(x=lambda g, x, indices, axis: put_along_axis(g, indices, axis=axis, shape=x.shape),
                           indices=None)
take_along_axis.expand("moves")


@op(kind="selection")
def put_along_axis(x, indices, /, *, axis, shape):
    """An array of zeros of the given shape with x added in at `indices` along `axis`."""
    x, indices = np.asarray(x), _integers(indices, "put_along_axis")
    out = np.zeros(shape, x.dtype)
    np.add.at(out, _grid(indices, axis % len(shape), shape), x)
    return out


def _grid(indices, axis, shape):
    """The index of each element that `indices` along `axis` means."""
    grid = np.ogrid[tuple(slice(n) for n in shape)]
    return (*grid[:axis], indices, *grid[axis + 1:])


put_along_axis.derivative(x=lambda g, indices, axis: take_along_axis(g, indices, axis=axis), indices=None)
put_along_axis.expand(Folded("add"))


@op(kind="selection")
def index_set(x1, x2, /, *, index):
    """x1 with x2 at `index`; where a place is named twice, the last one counts, as in NumPy."""
    out = np.array(x1, dtype=np.result_type(x1, x2))
    out[index] = x2
    return out


index_set.derivative(x1=lambda g, index: index_set(g, 0.0, index=index),
                     x2=lambda g, index: ops.where(_counted(g.shape, index), pick(g, index=index), 0.0))
index_set.expand("moves")


def _counted(shape, index):
    """Which of the elements that were put at `index` are still there, since a later one took the place of others."""
    places = np.arange(math.prod(shape)).reshape(shape)[index]
    order = np.arange(places.size).reshape(places.shape)
    last = np.full(math.prod(shape), -1)
    last[places] = order
    return last[places] == order


class At:
    """`x.at`: `x.at[index]` names elements, of which `.set`, `.add` and `.multiply` make a changed copy of x."""

    __slots__ = ("_index", "_x")

    def __init__(self, x: Tensor, index: Any = None) -> None:
        self._x, self._index = x, index

    def __getitem__(self, index: Any) -> At:
        return At(self._x, (plain_index(index),))

    def _in_place(self, *_: Any) -> Any:
        raise GraphError("x.at[i] += y: a tensor does not change in place. Write x = x.at[i].add(y); there are also "
                         ".multiply(y) and .set(y).")

    __iadd__ = __isub__ = __imul__ = __itruediv__ = __setitem__ = _in_place

    def _chosen(self) -> Any:
        if self._index is None:
            raise AxisError("x.at.set(y): got no index. Expected x.at[index].set(y).")
        return self._index[0]

    def _places(self) -> Any:
        """Which elements the index names, each by its number in row order."""
        return pick(np.arange(math.prod(self._x.shape)).reshape(self._x.shape), index=self._chosen())

    def _each(self, y: Any, shape: tuple[int, ...]) -> Any:
        """y for each chosen element; a plain number takes the dtype of x, as it does in x + y."""
        if isinstance(y, (int, float)) and not isinstance(y, np.generic):
            y = np.asarray(y, np.result_type(self._x.dtype, y))
        return ops.broadcast_to(y, shape)

    def set(self, y: Any) -> Tensor:
        """x with y at the index; of repeated places the last one counts."""
        return index_set(self._x, y, index=self._chosen())

    def add(self, y: Any) -> Tensor:
        """x with y added at the index; repeated places add up."""
        each = self._each(y, np.shape(self._places()))
        return self._x + scatter_add(each, index=self._chosen(), shape=self._x.shape)

    def multiply(self, y: Any) -> Tensor:
        """x with the elements at the index multiplied by y; repeated places multiply up."""
        x, places = self._x, np.asarray(self._places())
        factors = ops.reshape(self._each(y, places.shape), (-1,))
        unique, group = np.unique(places, return_inverse=True)
        group = group.reshape(-1)
        order = np.argsort(group, kind="stable")
        counts = np.bincount(group, minlength=len(unique))
        column = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)  # the how-manieth of its place
        table = np.full((len(unique), int(counts.max(initial=0)) + 1), len(group))          # the last factor is a 1
        table[group[order], column] = order
        products = ops.prod(ops.concat([factors, np.ones(1, factors.dtype)])[table], axis=1,
                            dtype=factors.dtype)                                # small integers stay small
        flat = ops.reshape(x, (-1,))
        return ops.reshape(index_set(flat, flat[unique] * products, index=unique), x.shape)
