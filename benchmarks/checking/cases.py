"""Right and wrong gradients whose truth is known, drawn from seeds.

    Case                         a function, where it is looked at, the gradient claimed and the right one
    cases(seed, n, dtype)        n of them; the same ones each time
    FAMILIES                     where they lie, and how often each is drawn

Half of the gradients are wrong. A function with several outputs stands for the sum of them. Seeds from 0 to 999 are
for those who tune a checker; the table is made with seeds from 1000.

>>> case = next(cases(seed=0, n=1))
>>> len(case.gradient(*case.inputs)) == len(case.inputs)
True
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from . import kinks, places
from .functions import Array, Function, Gradient, Random
from .mistakes import error_size, mistaken


class Case(NamedTuple):
    """A function, inputs and a claimed gradient.

    Args:
        name: seed, number, family, function and kind.
        f: plain NumPy function of the inputs; returns an array or a scalar.
        inputs: arrays of the dtype that was asked for.
        gradient: takes the same arguments; a tuple with the claimed gradient of sum(f) for each, maybe wrong.
        true_gradient: the right one, or at a kink the right one closest to the claimed one.
        wrong: whether a checker should object.
        size: the largest error of an entry relative to its true value (to the largest entry where that is 0); 0 if
            right, infinite if the shape is wrong or an entry not finite.
        kind: the kind of mistake, or "right".
        family: one of `FAMILIES`.
    """

    name: str
    f: Callable[..., Any]
    inputs: tuple[Array, ...]
    gradient: Gradient
    true_gradient: Gradient
    wrong: bool
    size: float
    kind: str
    family: str


SMOOTH: dict[str, Callable[[Random, str], Function]] = {        # one derivative at the point, whatever is near
    "smooth": places.smooth, "scaled": places.scaled, "tiny": places.tiny, "mixed": places.mixed,
    "steep": places.steep, "offset": places.offset, "noisy": places.noisy, "stationary": places.stationary,
    "near kink": kinks.near_kink, "joint": lambda rng, dtype: kinks.joint(rng), "large": places.large,
}
BENT: dict[str, Callable[[Random, bool], kinks.Claim]] = {"kink": kinks.kink, "tie": kinks.tie}
FAMILIES = {"smooth": 0.34, "scaled": 0.15, "tiny": 0.1, "mixed": 0.04, "steep": 0.04, "offset": 0.04, "noisy": 0.09,
            "stationary": 0.03, "near kink": 0.05, "joint": 0.02, "large": 0.02, "kink": 0.05, "tie": 0.03}
NOISE_FREE = ("smooth", "scaled", "tiny", "mixed", "steep")     # where rounding is all that limits a checker
COARSEST = {"noisy": 1e-2, "large": 1e-3, "near kink": 1e-3, "joint": 1e-3, "stationary": 1e-3}    # smallest mistakes


def cases(seed: int, n: int, dtype: str = "float64") -> Iterator[Case]:
    """The first n cases of a seed, in float64 or float32.

    Args:
        seed: 0 or more.
        n: how many.
        dtype: of the inputs and of the function.
    Returns: an iterator of Case.

    >>> [case.name for case in cases(5, 2)] == [case.name for case in cases(5, 2)]
    True
    """
    for number in range(n):
        yield _case(f"{seed}.{number}", np.random.default_rng([seed, number, np.dtype(dtype).itemsize]), dtype)


def _case(label: str, rng: Random, dtype: str) -> Case:
    family = str(rng.choice(tuple(FAMILIES), p=tuple(FAMILIES.values())))
    wrong = bool(rng.random() < 0.5)
    if family in BENT:
        function, gradient, kind = BENT[family](rng, wrong)
    else:
        function = SMOOTH[family](rng, dtype)
        gradient, kind = _claimed(rng, function, dtype, family) if wrong else (function.gradient, "right")
    inputs = tuple(np.array(x, dtype) for x in function.inputs)
    for x in inputs:
        x.setflags(write=False)
    true_gradient = _precise(function.gradient, dtype)
    if dtype != "float64" and not wrong and rng.random() < 0.5:
        gradient = true_gradient
    with np.errstate(all="ignore"):
        size = error_size(gradient(*inputs), true_gradient(*inputs)) if wrong else 0.0
    return Case(f"{label} {family}: {function.name}, {kind}", function.f, inputs, gradient, true_gradient,
                wrong, size, kind, family)


def _claimed(rng: Random, function: Function, dtype: str, family: str) -> tuple[Gradient, str]:
    if family == "stationary" and rng.random() < 0.5:
        return function.mistakes["not 0 where flat"], "not 0 where flat"
    return mistaken(rng, function, dtype, COARSEST.get(family, 1e-5))


def _precise(gradient: Gradient, dtype: str) -> Gradient:
    """The gradient computed in float64, then rounded."""
    def true_gradient(*xs: Array) -> tuple[Array, ...]:
        return tuple(np.asarray(g).astype(dtype) for g in gradient(*[x.astype(np.float64) for x in xs]))

    return true_gradient
