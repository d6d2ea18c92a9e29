"""Summaries: what a picture can show of a number or an array, without holding it.

    summary(value)      a number, an array or a Tensor -> Value
    joined(values)      several numbers -> the Value of the vector of them
    total(values)       several contributions -> the Value of their sum, if their elements are kept

A summary of few elements holds them all; of many it holds the extremes of 48 equal runs, so that nothing that stands
out is averaged away. Read `model.py` before this file.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np

from ...core.tensors import Tensor
from .model import MOST_ELEMENTS, Value


def summary(value: Any) -> Value:
    """A number, an array or a Tensor, summarised.

    >>> summary(2.0).elements, summary(np.array([3.0, -4.0])).norm
    ((2.0,), 5.0)
    >>> many = summary(np.arange(96))
    >>> many.elements, len(many.bins), many.bins[1]
    (None, 48, (2, 3))
    """
    if value.__class__ is Tensor:
        value = value._value
    if value.__class__ is float:
        return _of_number(value, "float64")
    if value.__class__ is int:
        return _of_number(value, "int64" if -2**63 <= value < 2**63 else "int")
    array = np.asarray(value)
    dtype = array.dtype.name
    if array.dtype.kind == "f" and array.itemsize > 8:
        array = array.astype(np.float64)
    return _of_array(array, dtype) if array.ndim else _of_number(array.item(), dtype)


def _of_number(x: Any, dtype: str) -> Value:
    try:
        size = float(x)
    except OverflowError:                   # a Python integer of more than 308 digits
        size = math.inf if x > 0 else -math.inf
    if not math.isfinite(size):
        return Value(shape=(), dtype=dtype, elements=(math.nan if size != size else x,), nans=int(size != size),
                     infinities=int(size == size))
    return Value(shape=(), dtype=dtype, elements=(x,), minimum=size, mean=size, maximum=size, zeros=int(size == 0),
                 norm=abs(size))


def _of_array(array: np.ndarray[Any, Any], dtype: str) -> Value:
    flat = array.reshape(-1)
    floats = flat if flat.dtype == np.float64 else flat.astype(np.float64)
    is_finite = np.isfinite(floats)
    finite = floats if is_finite.all() else floats[is_finite]
    nans = int(np.isnan(floats).sum()) if finite is not floats else 0
    few = flat.size <= MOST_ELEMENTS
    low, mean, high, norm = _measured(finite)
    return Value(shape=array.shape, dtype=dtype, elements=_one_nan(flat.tolist()) if few else None,
                 bins=None if few else _bins(flat), minimum=low, mean=mean, maximum=high,
                 zeros=flat.size - int(np.count_nonzero(flat)), nans=nans,
                 infinities=floats.size - finite.size - nans, norm=norm)


def _measured(finite: np.ndarray[Any, Any]) -> tuple[float | None, float | None, float | None, float]:
    """Minimum, mean, maximum and norm; scaled, so that large numbers do not overflow on the way."""
    if not finite.size:
        return None, None, None, 0.0
    low, high = float(finite.min()), float(finite.max())
    scale = max(abs(low), abs(high)) or 1.0
    ordinary = 1e-100 < scale < 1e100
    x = finite if ordinary else finite / scale
    mean, norm = float(x.mean()), math.sqrt(float(x @ x))
    if not ordinary:
        mean, norm = mean * scale, norm * scale
    return low, min(max(mean, low), high), high, norm


def _one_nan(elements: list[Any]) -> tuple[Any, ...]:
    """The elements, with one and the same object for every NaN, so that equal summaries compare as equal."""
    return tuple([math.nan if x != x else x for x in elements])


def _bins(flat: np.ndarray[Any, Any]) -> tuple[tuple[Any, Any], ...]:
    """The smallest and the largest of 48 equal runs; NaN where a run holds one, since NumPy's extremes do so."""
    starts = np.arange(MOST_ELEMENTS) * flat.size // MOST_ELEMENTS
    low, high = (_one_nan(f.reduceat(flat, starts).tolist()) for f in (np.minimum, np.maximum))
    return tuple(zip(low, high, strict=True))


def joined(values: Sequence[Value | None]) -> Value | None:
    """Several numbers as one vector; None unless all are single numbers, which are known.

    >>> joined([summary(1.0), summary(2.0)]).shape
    (2,)
    """
    elements = [each.elements[0] for each in values if each is not None and each.is_number and each.elements]
    if len(elements) != len(values) or not elements:
        return None
    try:
        return summary(np.array(elements, values[0].dtype if values[0] else None))
    except OverflowError:                   # a Python integer that no array holds
        return None


def total(values: Sequence[Value | None]) -> Value | None:
    """The sum of values of one shape; None if it cannot be told, because elements were not kept.

    >>> total([summary(1.0), summary(2.5)]).elements
    (3.5,)
    """
    if len(values) == 1:
        return values[0]
    known = [each for each in values if each is not None and each.elements is not None]
    if len(known) != len(values) or len({each.shape for each in known}) != 1:
        return None
    arrays = [np.array(each.elements, np.float64).reshape(each.shape) for each in known]
    with np.errstate(all="ignore"):
        added = reduce(operator.add, arrays)
    return summary(added.astype(known[0].dtype) if added.ndim else float(added))
