"""Slopes in a hurry: differences over one step or two, and the time that guesses may take.

    slope(f, x, index, eps)     one entry of the gradient of a function that gives one number, to some digits
    jacobian(f, x, eps)         all derivatives of a function that gives a vector, to most digits
    Budget(seconds)             tells when the time is over

What a guess needs must be had at little cost: a careful measurement (`numerical.py`) takes a hundred times longer.
Read `numerical.py` before this file and `evidence.py` after it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from .numerical import units_of


class Budget:
    """Some seconds, counted from now on.

    >>> Budget(60.0).is_spent, Budget(0.0).is_spent
    (False, True)
    """

    def __init__(self, seconds: float = math.inf) -> None:
        self.ends = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """The seconds that are left."""
        return max(self.ends - time.monotonic(), 0.0)

    @property
    def is_spent(self) -> bool:
        """Whether the time is over."""
        return time.monotonic() >= self.ends

    def check(self) -> None:
        """Raise TimeoutError if the time is over."""
        if self.is_spent:
            raise TimeoutError("the time for guesses is over")


FOREVER = Budget()


def slope(f: Callable[[Any], Any], x: Any, index: int, eps: float) -> float:
    """One entry of the gradient of `f` at x, by its flat index.

    >>> abs(slope(lambda x: x @ x, np.array([1.0, 2.0]), 1, 2.0**-52) - 4.0) < 1e-5
    True
    """
    ahead, behind, step = _moved(x, index, eps ** (1 / 3))
    return float(f(ahead) - f(behind)) / step


def jacobian(f: Callable[[Any], np.ndarray], x: Any, eps: float) -> np.ndarray:
    """All derivatives of a function that gives a vector: of shape (outputs, entries of x).

    >>> jacobian(lambda x: x * x, np.array([1.0, 2.0]), 2.0**-52).round(6) + 0.0
    array([[2., 0.],
           [0., 4.]])
    """
    columns = []
    for index in range(np.size(x)):
        short, far = (_rise(f, *_moved(x, index, k * eps**0.2)) for k in (1, 2))
        columns.append((4 * short - far) / 3)                       # without the term h²
    return np.stack(columns, axis=-1)


def _rise(f: Callable[[Any], np.ndarray], ahead: Any, behind: Any, step: float) -> np.ndarray:
    return np.asarray((f(ahead) - f(behind)) / step)


def _moved(x: Any, index: int, h: float) -> tuple[np.ndarray, np.ndarray, float]:
    """Arrays with one entry moved to both sides by h of its size, and how far they are apart."""
    ahead, behind, unit = np.array(x), np.array(x), float(units_of(x).reshape(-1)[index])
    ahead.reshape(-1)[index] += h * unit
    behind.reshape(-1)[index] -= h * unit
    return ahead, behind, float(ahead.reshape(-1)[index]) - float(behind.reshape(-1)[index])
