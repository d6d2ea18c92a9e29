"""What recipes draw with: one object that draws shapes, axes, options and numbers, all of which shrink.

A recipe is a function of a `Pencil` that gives the inputs and the options of one valid call of an operation; those of
the library's operations are in `recipes/`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

from ...ops.domains import REAL, Domain
from . import numbers
from .indexing import drawn_axes, drawn_index
from .numbers import POOL, SHAPE, Array

Drawn = tuple[tuple[Any, ...], dict[str, Any]]          # inputs, options
Recipe = Callable[["Pencil"], Drawn]
SIDES = (1, 2, 3, 2, 3, 2, 3, 1, 0)                     # most often 2 or 3: few mistakes show in 1 or 0 elements


class Pencil:
    """Draws with the `draw` of a composite strategy, for an operation whose inputs have that domain.

    `needed` names an input that must not be left out.
    """

    def __init__(self, draw: Any, domain: Domain | dict[str, Domain] | None = None, needed: str | None = None) -> None:
        self.draw, self.domain, self.needed = draw, domain, needed

    # -- choices ------------------------------------------------------------------------------------------------------

    def choice(self, *choices: Any) -> Any:
        """One of the choices, the first being the simplest."""
        return self.draw(st.sampled_from(choices))

    def integer(self, low: int, high: int) -> int:
        """A whole number from low to high."""
        return int(self.draw(st.integers(low, high)))

    def permutation(self, elements: Any) -> list[Any]:
        """The elements in some order."""
        return list(self.draw(st.permutations(elements)))

    def optional(self, name: str, make: Callable[[], Any]) -> Any:
        """An input that may be left out, unless it is the needed one."""
        return make() if self.needed == name or self.draw(st.booleans()) else None

    # -- shapes -------------------------------------------------------------------------------------------------------

    def side(self, min_side: int = 0, max_side: int = 3) -> int:
        """A length."""
        return int(self.choice(*(n for n in SIDES if min_side <= n <= max_side)))

    def shape(self, min_dims: int = 0, max_dims: int = 3, min_side: int = 0, max_side: int = 3) -> tuple[int, ...]:
        """A shape."""
        sides = [n for n in SIDES if min_side <= n <= max_side]
        return numbers.shape(self.draw(SHAPE), sides, min_dims, max_dims)

    def smaller(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """A shape that broadcasts to `shape`: some lengths 1, some axes in front missing."""
        return numbers.smaller(self.draw(SHAPE), shape)

    def shapes(self, n: int, max_dims: int = 3, max_side: int = 3) -> list[tuple[int, ...]]:
        """So many shapes that broadcast."""
        full = self.shape(max_dims=max_dims, max_side=max_side)
        return [self.smaller(full) for _ in range(n)]

    # -- numbers ------------------------------------------------------------------------------------------------------

    def array(self, shape: tuple[int, ...], argument: str = "x", domain: Domain | None = None) -> Array:
        """Numbers of the domain of an argument, away from its kinks."""
        if domain is None:
            domain = self.domain.get(argument, REAL) if isinstance(self.domain, dict) else self.domain or REAL
        return numbers.fill(self.draw(POOL), shape, domain)

    def spread(self, shape: tuple[int, ...]) -> Array:
        """Numbers of which no two are close, not even without their signs, and none is near 0."""
        return numbers.spread(self.draw(POOL), shape)

    def grid(self, shape: tuple[int, ...], offset: float) -> Array:
        """Numbers near offset + k/2: those of offsets that differ by 0.15 or more are never close."""
        pool = self.draw(POOL)
        steps = numbers.whole(pool, shape, -6, 6) / 2
        return np.asarray(np.round(offset + steps + self._off(pool, shape), 3))

    def quotient(self, shape: tuple[int, ...]) -> Array:
        """Numbers near k + 1/2."""
        pool = self.draw(POOL)
        return np.asarray(numbers.whole(pool, shape, -9, 8) + 0.5 + self._off(pool, shape))

    def _off(self, pool: bytes, shape: tuple[int, ...]) -> Array:
        """What is added to plain numbers to make others: up to 0.02, or nothing if all are plain."""
        first, _ = numbers.elements(pool, int(np.prod(shape)))
        off = np.round((first / 255 - 0.5) / 25, 3) * (numbers.plain_share(pool) < 256)
        return np.asarray(off.reshape(shape))

    def each(self, shape: tuple[int, ...], *choices: Any) -> Array:
        """One of the choices for each element."""
        return numbers.choose(self.draw(POOL), shape, choices)

    def whole(self, shape: tuple[int, ...], low: int, high: int) -> Array:
        """Whole numbers from low to high."""
        return numbers.whole(self.draw(POOL), shape, low, high)

    # -- axes and indices ---------------------------------------------------------------------------------------------

    def axis(self, ndim: int) -> int:
        """One of the axes, from the front or from the back."""
        return self.integer(-ndim, ndim - 1)

    def axes(self, ndim: int) -> Any:
        """None for all axes, one axis, or a tuple of different ones."""
        return drawn_axes(self.draw, ndim)

    def index(self, shape: tuple[int, ...]) -> Any:
        """An index of any kind that NumPy knows."""
        return drawn_index(self.draw, shape)
