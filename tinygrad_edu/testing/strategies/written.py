"""Values as Python source that makes them again, bit for bit; it needs `np`, and `tg` for functions of the library."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...core.tensors import Tensor

NATIVE = (np.dtype(np.float64), np.dtype(np.int64), np.dtype(np.bool_))


def written(value: Any) -> str:
    """An expression that gives the value.

    >>> from tinygrad_edu.testing.strategies.written import written
    >>> written((np.array([1.0, 0.5]), slice(None, None, -1), None))
    '(np.array([1.0, 0.5]), slice(None, None, -1), None)'
    """
    if isinstance(value, Tensor):
        return f"tg.Tensor({_list(value.numpy())})"
    if isinstance(value, (np.ndarray, np.generic)):
        return _array(np.asarray(value))
    if isinstance(value, (tuple, list)):
        inside = ", ".join(map(written, value))
        return f"[{inside}]" if isinstance(value, list) else f"({inside},)" if len(value) == 1 else f"({inside})"
    if isinstance(value, slice):
        return f"slice({written(value.start)}, {written(value.stop)}, {written(value.step)})"
    if isinstance(value, type) and issubclass(value, np.generic):
        return f"np.{value.__name__}"
    if isinstance(value, float) and not math.isfinite(value):
        return {"inf": "np.inf", "-inf": "-np.inf"}.get(repr(value), "np.nan")
    return "..." if value is Ellipsis else repr(value)


def _array(x: np.ndarray[Any, Any]) -> str:
    dtype = "" if x.dtype in NATIVE and x.size else f", np.{'bool' if x.dtype.kind == 'b' else x.dtype.name}"
    if not x.size:
        return f"np.zeros({x.shape}{dtype})"
    return f"np.array({_list(x)}{dtype})"


def _list(x: np.ndarray[Any, Any]) -> str:
    """A nested list of numbers, as short as they can be told apart."""
    return written(x.tolist())
