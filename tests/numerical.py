"""A careful numerical derivative, for the tests: what the rules are compared with.

    derivative(f, xs, ts)         how fast f(*xs) changes as each x moves along its t
    directions(rng, shape)        along what to move: each element alone if they are few, else random directions
    assert_agrees(exact, found)   fails unless `exact` is as close to the estimate as its error allows

Central differences at four step sizes, extrapolated to step 0. Everything is computed in float64.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

STEPS = 2.0 ** -np.arange(7, 11)        # at most a twelfth of the distance that tests keep from kinks and poles
FEW = 12                                # arrays up to this size are moved element by element


class Estimate(NamedTuple):
    """A numerical derivative, and how far it may be from the true one."""

    value: np.ndarray
    error: np.ndarray


def derivative(f: Callable[..., Any], xs: Sequence[Any], ts: Sequence[Any]) -> Estimate:
    """How fast f(*xs), an array, changes as each x moves along its t.

    Each row of the tableau is a smaller step; each column cancels one more term of the error, h², h⁴, h⁶. Of all
    entries the one is taken, for each element, that differs least from its neighbours, and by so much it may be wrong.
    Source: Ridders 1982, Advances in Engineering Software 4(2), 75-76.
    """
    best, error, size = np.zeros(()), np.array(np.inf), np.zeros(())
    above: list[np.ndarray] = []
    for h in STEPS:
        ahead, behind = (np.asarray(f(*[x + way * t for x, t in zip(xs, ts, strict=True)]), float) for way in (h, -h))
        row = [(ahead - behind) / (2 * h)]
        size = np.maximum(size, np.abs(ahead) + np.abs(behind))
        for k, left_above in enumerate(above):
            row.append(row[k] + (row[k] - left_above) / (4 ** (k + 1) - 1))
            doubt = np.maximum(np.abs(row[k + 1] - row[k]), np.abs(row[k + 1] - left_above))
            best, error = np.where(doubt < error, row[k + 1], best), np.where(doubt < error, doubt, error)
        above = row
    return Estimate(best, error + 8 * np.finfo(float).eps * size / STEPS[-1])      # and the rounding of f itself


def directions(rng: np.random.Generator, shape: tuple[int, ...]) -> Iterator[np.ndarray]:
    """Along what to move an array of this shape, so that no element goes unnoticed."""
    size = int(np.prod(shape))
    for i in range(min(size, FEW)):
        t = np.zeros(size)
        if size <= FEW:
            t[i] = 1
        else:
            t = rng.choice([-1.0, 1.0], size)
        yield t.reshape(shape)


def assert_agrees(exact: Any, found: Estimate, what: str = "") -> None:
    """Fail unless `exact` equals a numerical derivative, or if that is too uncertain to tell."""
    exact = np.asarray(exact, float)
    scale = 1 + np.abs(found.value)
    assert np.all(found.error <= 1e-5 * scale), f"{what}: too uncertain to judge: {found}"
    wrong = ~(np.abs(exact - found.value) <= 10 * found.error + 1e-9 * scale)      # also where exact is NaN
    assert not np.any(wrong), f"{what}: {exact[wrong]} should be {found.value[wrong]} ± {found.error[wrong]}"
