"""Arrays: what users give as data (lists, arrays, tables, Tensors), as NumPy arrays; what is no data is named.

    as_array(name, x)               the value of a Tensor, or of anything array-like
    as_numbers(name, x, dtype)      real numbers of one dtype
    not_finite(name, x)             where a NaN or an infinity stands, in words
    frozen(array)                   read-only, so that the engine shares it instead of copying
    number(name, value), whole(name, value)     single numbers, checked

Read this file before `loading.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.tensors import Tensor
from ..core.values import check_dtype
from ..errors import ArgumentError, DTypeError, ShapeError

Array = np.ndarray[Any, Any]


def as_array(name: str, x: Any) -> Array:
    """The value of a Tensor or of anything array-like, as an array.

    Raises: ShapeError if it is a list of rows that differ in length.
    """
    try:
        return np.asarray(x.data if isinstance(x, Tensor) else x)
    except ValueError as error:
        raise ShapeError(f"{name}: got a nested list whose rows differ in length ({error}). Expected an array, or "
                         "rows of one length.") from None


def as_numbers(name: str, x: Any, dtype: Any = np.float64) -> Array:
    """Real numbers as an array of `dtype`; what is an array of it already is not copied.

    Tables of mixed columns, whose dtype is object, are taken if all their cells are numbers.
    Raises: DTypeError for text, complex numbers and dates.

    >>> as_numbers("x", [[1, True]])
    array([[1., 1.]])
    """
    array = as_array(name, x)
    if array.dtype == object:
        try:
            array = np.array(array.tolist(), np.float64) if array.ndim else array
        except (TypeError, ValueError) as error:
            raise DTypeError(f"{name} holds objects that are no numbers ({error}). Expected numbers.") from None
    check_dtype(array.dtype, name)
    return array if array.dtype == dtype else array.astype(dtype)


def not_finite(name: str, x: Any) -> str:
    """Where the first NaN or infinity stands, and how many there are, in words; "" if all numbers are finite.

    >>> not_finite("x", np.array([[0.0, np.nan]]))
    'x holds nan at (0, 1), and 1 of its 2 numbers is not finite.'
    """
    finite = np.isfinite(x)
    if finite.all():
        return ""
    bad = np.argwhere(~finite)
    place = ", ".join(map(str, bad[0]))
    verb = "is" if len(bad) == 1 else "are"
    return (f"{name} holds {x[tuple(bad[0])]} at ({place}{',' * (x.ndim == 1)}), and {len(bad)} of its {x.size} "
            f"numbers {verb} not finite.")


def frozen(array: Array) -> Array:
    """An array that nobody else holds, made read-only."""
    array.flags.writeable = False
    return array


def number(name: str, value: Any) -> float:
    """A finite number of at least 0.

    Raises: ArgumentError if it is none.
    """
    if not isinstance(value, (int, float, np.number)) or not 0 <= value < np.inf:
        raise ArgumentError(f"{name}: got {value!r:.60}. Expected a number of at least 0.")
    return float(value)


def whole(name: str, value: Any, least: int = 1) -> int:
    """A whole number of at least `least`: 5, np.int64(5) or 5.0.

    Raises: ArgumentError if it is none.
    """
    is_number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    if not is_number or not value >= least or value == np.inf or value != int(value):
        raise ArgumentError(f"{name}: got {value!r:.60}. Expected a whole number of at least {least}.")
    return int(value)
