"""Arguments of layers and losses, checked: counts, shapes, shares; what is wrong is said with what was expected."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import ArgumentError

Shape = int | tuple[int, ...]


def is_count(value: Any, least: int = 1) -> bool:
    """Whether this is a whole number of at least `least`."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool) and bool(value >= least)


def as_shape(name: str, shape: Any) -> tuple[int, ...]:
    """A shape of one example: a tuple, or a number for one axis."""
    lengths = shape if isinstance(shape, tuple) else (shape,)
    if not all(map(is_count, lengths)):
        raise ArgumentError(f"{name}: got {shape!r:.60}. Expected a positive whole number, such as 784, or a tuple "
                            "of them, such as (28, 28).")
    return tuple(int(n) for n in lengths)


def pair(name: str, value: Any) -> tuple[int, int]:
    """A number for both directions, or one for each."""
    both = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    if len(both) != 2 or not all(map(is_count, both)):
        raise ArgumentError(f"{name}: got {value!r:.60}. Expected a whole number of at least 1, or two of them.")
    return int(both[0]), int(both[1])


def positive(name: str, value: Any) -> int:
    """A count of at least 1."""
    if not is_count(value):
        raise ArgumentError(f"{name}: got {value!r:.60}. Expected a whole number of at least 1.")
    return int(value)


def above_zero(name: str, value: Any) -> float:
    """A number above 0."""
    if not isinstance(value, (int, float, np.number)) or not 0 < value < math.inf:
        raise ArgumentError(f"{name}: got {value!r:.60}. Expected a number above 0.")
    return float(value)


def share(name: str, value: Any, below_one: bool = False) -> float:
    """A number from 0 to 1, or to below 1."""
    if not isinstance(value, (int, float, np.number)) or not 0 <= value <= 1 or (below_one and value == 1):
        raise ArgumentError(f"{name}: got {value!r:.60}. Expected a number from 0 to {'below ' * below_one}1.")
    return float(value)
