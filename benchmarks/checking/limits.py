"""What differences of a function can show at all: how close the best of all steps comes to the true slope.

    closest(f, inputs, direction, slope)    the error of the best extrapolated central difference, known from the truth
    is_visible(case)                        whether that is well below the error of the case's gradient

No checker knows the truth, and so none knows which step is the best; what even this one does not show, none can see.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from .cases import BENT, Case
from .functions import Array

RATIO = 8.0                     # between neighbouring steps
LONGEST, STEPS = 8.0**4, 22     # in units of the size of the input, down by 8**22 = 7e19
CLEARLY = 3.0                   # an error is visible if it is that many times the error of the best difference
ENTRIES = 8                     # so many of the largest errors are looked at alone


def is_visible(case: Case) -> bool:
    """Whether the error of a wrong gradient could be seen from values of the function, in its precision."""
    claimed, true = case.gradient(*case.inputs), case.true_gradient(*case.inputs)
    if case.family in BENT or not np.isfinite(case.size):
        return True
    errors = [np.asarray(c, np.float64) - np.asarray(t, np.float64) for c, t in zip(claimed, true, strict=True)]
    for direction in _directions(case.inputs, errors):
        slope = sum(float((v * t).sum()) for v, t in zip(direction, true, strict=True))
        error = sum(float((v * e).sum()) for v, e in zip(direction, errors, strict=True))
        if abs(error) > CLEARLY * closest(case.f, case.inputs, direction, slope):
            return True
    return False


def _directions(inputs: tuple[Array, ...], errors: list[Array]) -> list[tuple[Array, ...]]:
    """All entries towards the errors, and the entries alone whose errors weigh most."""
    sizes = [typical_size(x) for x in inputs]
    weights = [np.abs(e) * s for e, s in zip(errors, sizes, strict=True)]
    directions = [tuple(np.sign(e) * s for e, s in zip(errors, sizes, strict=True))]
    flat = np.concatenate([w.ravel() for w in weights])
    for chosen in np.argsort(flat)[::-1][:ENTRIES]:
        parts = np.split((np.arange(flat.size) == chosen).astype(float), np.cumsum([w.size for w in weights])[:-1])
        directions.append(tuple(p.reshape(s.shape) * s for p, s in zip(parts, sizes, strict=True)))
    return directions


def typical_size(x: Array) -> Array:
    """The size of each entry; of an entry that is 0, the largest; 1 if all are 0."""
    size = np.abs(np.asarray(x, np.float64))
    return np.where(size == 0, size.max(initial=0) or 1.0, size)


def closest(f: Callable[..., Any], inputs: tuple[Array, ...], direction: tuple[Array, ...], slope: float) -> float:
    """How close extrapolated central differences of sum(f) along a direction come to the slope there.

    Args:
        f: takes arrays, returns an array or a scalar.
        inputs: where; their dtype is the precision that is used.
        direction: one array for each input; the steps are `LONGEST` of it and shorter.
        slope: the true derivative along the direction.
    Returns: the smallest error, except that a single step must not be right by luck: the larger of two neighbours'.
    """
    with np.errstate(all="ignore"):
        rows = [_difference(f, inputs, direction, LONGEST * RATIO**-k) for k in range(STEPS)]
        errors = [[abs(float(d - slope)) for d in rows]]
        for power in (2, 4):        # of the step, in the errors that extrapolation removes
            rows = [(RATIO**power * fine - coarse) / (RATIO**power - 1)
                    for coarse, fine in pairwise(rows)]
            errors.append([abs(float(d - slope)) for d in rows])
    pairs = [max(pair) for row in errors for pair in pairwise(row) if np.all(np.isfinite(pair))]
    return min(pairs, default=np.inf)


def _difference(f: Callable[..., Any], inputs: tuple[Array, ...], direction: tuple[Array, ...], h: float) -> Any:
    """Σ f(x + hv) − f(x − hv), over 2h; every sum in the widest precision there is."""
    above, below = (tuple((x + s * h * v).astype(x.dtype) for x, v in zip(inputs, direction, strict=True))
                    for s in (1, -1))
    gap = np.asarray(f(*above)).astype(np.longdouble) - np.asarray(f(*below)).astype(np.longdouble)
    moved = [(a.astype(np.longdouble) - b.astype(np.longdouble)) for a, b in zip(above, below, strict=True)]
    size = [np.abs(v).sum() for v in direction]
    k = int(np.argmax(size))        # a step is not hv exactly, once it is rounded
    length = (moved[k] * np.sign(direction[k])).sum() / size[k]
    return gap.sum() / length if length else np.longdouble(np.nan)
