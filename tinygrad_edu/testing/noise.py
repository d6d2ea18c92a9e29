"""How exact the values of a function are: what rounding and noise do to them, by their dtype and measured.

    Noise           of a function near x, for each of its outputs
    noise_in(rows)  the noise in seven neighbouring values
    length_of(v)    the Euclidean norm

A function computed in a lower precision than its dtype says, one that rounds, iterates until it is nearly right, or
draws random numbers: differences of its values at neighbouring points show how far off each one is.
Source: Moré & Wild 2011, SIAM J. Sci. Comput. 33(3), 1292-1314.
Read this file first, and `slopes.py` after it.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

ROUNDING = 4.0          # how many roundings of its result a function is trusted to stay below
SURE = 6.0              # how many standard deviations of the measured noise may come together
FARTHEST = 0.03         # neighbours for measuring noise, relative to x


class Noise:
    """How exact the values of a function are near x: by its dtype, and measured when a doubt arises.

    Args:
        at_x: f(x) for each output.
        eps: the unit in the last place of what f computes with.
        shake: shake(t) gives f(x(1 + tv)) − f(x), where all numbers in x move at once.
    """

    def __init__(self, at_x: np.ndarray, eps: float, shake: Callable[[float], np.ndarray]) -> None:
        self.eps, self.shake, self.sizes = eps, shake, np.abs(at_x)
        self.relative = ROUNDING * eps                          # to f
        self.bounds = self.relative * self.sizes                # for each output
        self.measured = False

    def measure(self) -> None:
        """Look at differences of neighbouring values; farther apart while rounding hides that they differ."""
        if self.measured:
            return
        self.measured = True
        spacing, found = 87.3 * self.eps, None                  # no power of 2: rounding shall show
        while spacing < FARTHEST and (found := self._look(spacing)) is None:
            spacing *= 43.7
        if found is None:
            return
        wider = [far * spacing for far in (3.7, 31.3) if far * spacing < 3 * FARTHEST]
        looks = [found, *map(self._look, wider)]                # one look alone may fit the grid by chance
        self._note(np.max([look for look in looks if look is not None], axis=0))

    def _look(self, spacing: float) -> np.ndarray | None:
        """The noise of each output in neighbours at this spacing; None if they are so close that they are equal."""
        rows = np.array([np.zeros_like(self.sizes), *[self.shake(j * spacing) for j in range(1, 7)]])
        rows = np.where(np.isfinite(rows).all(axis=0), rows, 0.0)
        fixed = np.mean(np.diff(rows, axis=0) == 0, axis=0) > 0.5
        return None if np.all(fixed) else np.where(fixed, 0.0, noise_in(rows))

    def _note(self, found: np.ndarray) -> None:
        """Noise that was seen in some outputs, in proportion to their size, may be in all."""
        seen = (found > 0) & (self.sizes > 0)
        share = SURE * float(np.median(found[seen] / self.sizes[seen])) if seen.any() else 0.0
        if self.relative < share < 0.1:
            self.relative = share
        self.bounds = np.maximum(self.relative * self.sizes, SURE * found)


def noise_in(rows: np.ndarray) -> np.ndarray:
    """The standard deviation of the noise in each column of seven neighbouring values, from their differences.

    The third differences and higher ones have lost the function itself, unless it has a kink here; but the second
    differences of a kink all have one sign, which those of noise have not.
    """
    found = np.zeros(rows.shape[1])
    scale = np.max(np.abs(rows), axis=0)
    scale = np.where((scale > 0) & np.isfinite(scale), scale, 1.0)
    table = rows / scale
    for k in range(1, 6):
        table = np.diff(table, axis=0)
        if k == 2:
            changing = np.sum(np.abs(table), axis=0) - np.abs(np.sum(table, axis=0))
        elif k > 2:
            share = math.factorial(k) ** 2 / math.factorial(2 * k)
            found = np.maximum(found, np.sqrt(share * np.mean(table * table, axis=0)))
    return np.asarray(np.minimum(found, changing / 3) * scale)


def length_of(values: np.ndarray) -> float:
    """The Euclidean norm, also where squares would overflow or vanish."""
    square = float(values @ values)
    if 1e-200 < square < 1e200:
        return math.sqrt(square)
    largest = float(np.max(np.abs(values), initial=0.0))
    return largest * math.sqrt(float(np.sum((values / largest) ** 2))) if 0 < largest < math.inf else largest
