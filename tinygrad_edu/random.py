"""Random numbers as constant Tensors, from generators that are seeded.

    tg.random.seed(0)                                       the generator that serves when none is named
    tg.random.normal((3, 2), seed=1)                        or one of its own for a call

`seed` may be a whole number or a `numpy.random.Generator`, which goes on where it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from copy import deepcopy
from functools import cache
from typing import Any

import numpy as np

from .core import tensors
from .core.tensors import Tensor
from .errors import ArgumentError

Shape = int | tuple[int, ...]
States = dict[Any, Any]         # of generators; numpy.random is not loaded for a type
_drawn_from: ContextVar[Callable[[np.random.Generator], np.random.Generator] | None] = ContextVar(
    "tinygrad_edu_drawn_from", default=None)            # what stands in for a generator while this block runs
_again: ContextVar[bool] = ContextVar("tinygrad_edu_again", default=False)


@cache
def _default() -> np.random.Generator:
    """The default generator, made when first asked for, since numpy.random takes longer to load than this library."""
    return np.random.default_rng(0)


def seed(number: int) -> None:
    """Start the default generator anew (it starts with seed 0).

    >>> tg.random.seed(5)
    >>> a = tg.random.uniform(2)
    >>> tg.random.seed(5)
    >>> bool(tg.all(a == tg.random.uniform(2)))
    True
    """
    generator().bit_generator.state = generator(number).bit_generator.state


def generator(seed: int | np.random.Generator | None = None) -> np.random.Generator:
    """A generator: that of a seed, the given one, or the default one.

    Raises: ArgumentError if the seed is neither a whole number of at least 0 nor a generator.
    """
    if tensors.watching is not None and (seed is None or isinstance(seed, np.random.Generator)):
        tensors.watching.draws()
    if seed is None or isinstance(seed, np.random.Generator):
        rng, stand_in = _default() if seed is None else seed, _drawn_from.get()
        return rng if stand_in is None else stand_in(rng)
    given: Any = seed
    if isinstance(given, bool) or not isinstance(given, (int, np.integer)) or given < 0:
        raise ArgumentError(f"seed: got {seed!r:.60}. Expected a whole number of at least 0, or a "
                            "numpy.random.Generator.")
    return np.random.default_rng(seed)


@contextmanager
def noting() -> Iterator[States]:
    """A block that can be replayed: gives where each generator stood when the block first drew from it."""
    outer, states = _drawn_from.get(), States()

    def look(rng: np.random.Generator) -> np.random.Generator:
        found = rng if outer is None else outer(rng)
        states.setdefault(rng, found.bit_generator.state)
        return found
    with _drawing_from(look):
        yield states


@contextmanager
def replaying(states: States) -> Iterator[None]:
    """A block in which generators draw again as they did in the one that gave `states`; they themselves stay put."""
    copies = dict[np.random.Generator, np.random.Generator]()

    def copied(rng: np.random.Generator) -> np.random.Generator:
        if rng not in copies:
            copies[rng] = deepcopy(rng)
            copies[rng].bit_generator.state = states.get(rng, rng.bit_generator.state)
        return copies[rng]
    token = _again.set(True)
    try:
        with _drawing_from(copied):
            yield
    finally:
        _again.reset(token)


def is_replaying() -> bool:
    """Whether this code runs once more, to be differentiated or read, and must remember nothing a second time."""
    return _again.get()


@contextmanager
def _drawing_from(stand_in: Callable[[np.random.Generator], np.random.Generator]) -> Iterator[None]:
    token = _drawn_from.set(stand_in)
    try:
        yield
    finally:
        _drawn_from.reset(token)


def uniform(shape: Shape = (), low: float = 0.0, high: float = 1.0, *,
            seed: Any = None, dtype: Any = np.float64) -> Tensor:
    """Numbers from low to high, all equally likely.

    >>> tg.random.uniform((2, 3), seed=0).shape
    (2, 3)
    """
    return _constant(generator(seed).uniform(low, high, shape), dtype)


def normal(shape: Shape = (), mean: float = 0.0, std: float = 1.0, *,
           seed: Any = None, dtype: Any = np.float64) -> Tensor:
    """Numbers from the normal distribution.

    >>> tg.random.normal(3, seed=0).shape
    (3,)
    """
    if std < 0:
        raise ArgumentError(f"normal(...): got std={std}. Expected 0 or more.")
    return _constant(generator(seed).normal(mean, std, shape), dtype)


def integers(low: int, high: int | None = None, shape: Shape = (), *, seed: Any = None) -> Tensor:
    """Whole numbers from low to high - 1 (from 0 to low - 1 if high is left out).

    >>> tg.random.integers(3, shape=4, seed=0).dtype
    dtype('int64')
    """
    return _constant(generator(seed).integers(low, high, shape), np.int64)


def permutation(n: int, *, seed: Any = None) -> Tensor:
    """The numbers 0 ... n - 1 in random order.

    >>> sorted(tg.random.permutation(3, seed=0).tolist())
    [0, 1, 2]
    """
    return _constant(generator(seed).permutation(n), np.int64)


def bernoulli(p: float, shape: Shape = (), *, seed: Any = None) -> Tensor:
    """True with probability p, as a boolean Tensor: the mask of a dropout.

    >>> tg.random.bernoulli(0.0, 2, seed=0)
    Tensor([False, False])
    """
    if not 0 <= p <= 1:
        raise ArgumentError(f"bernoulli(p): got p={p}. Expected a probability, 0 to 1.")
    return _constant(generator(seed).random(shape) < p, np.bool_)


def _constant(value: Any, dtype: Any) -> Tensor:
    return Tensor(np.asarray(value, dtype), requires_grad=False)
