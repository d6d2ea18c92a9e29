"""The ways in which a gradient is wrong.

    mistaken(rng, function, dtype)   a wrong gradient of the function, and the kind of mistake
    error_size(claimed, true)        how far off a gradient is, relative to the entries that are wrong

A mistake is done to the gradient wherever it is computed, as a bug in its code would be, not to its values at a point.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf, log10

import numpy as np

from .functions import Array, Function, Gradient, Random

SMALLEST, LARGEST = 1e-5, 2.0           # relative errors of one entry
SEEN = 3e-6                             # a mistake that changes the gradient by less at this point is drawn again
ONE_ENTRY = 0.35                        # the share of wrong gradients that differ in one entry only

Change = Callable[[Array], Array]
Mistake = Callable[[Random, Function], Gradient | None]


def mistaken(rng: Random, function: Function, dtype: str, smallest: float = SMALLEST) -> tuple[Gradient, str]:
    """A wrong gradient and the kind of mistake: of one entry, one of the function's own, or one of `GENERAL`."""
    inputs = tuple(np.array(x, dtype) for x in function.inputs)
    with np.errstate(all="ignore"):
        true = function.gradient(*inputs)
        for _ in range(20):
            wrong, kind = _one(rng, function, smallest)
            if wrong is not None and error_size(wrong(*inputs), true) >= max(SEEN, smallest / 2):
                return wrong, kind
    return _changed(function, 0, lambda g: 2 * g + 1), "factor 2"


def _one(rng: Random, function: Function, smallest: float) -> tuple[Gradient | None, str]:
    if rng.random() < ONE_ENTRY:
        return one_entry(rng, function, smallest), "one entry"
    own = tuple(function.mistakes)
    if own and rng.random() < 0.5:
        kind = own[rng.integers(len(own))]
        return function.mistakes[kind], kind
    kind = tuple(GENERAL)[rng.integers(len(GENERAL))]
    return GENERAL[kind](rng, function), kind


def error_size(claimed: tuple[Array, ...], true: tuple[Array, ...]) -> float:
    """The largest error of an entry, relative to its true value, or to the largest of all where that is 0.

    Infinite where a shape differs or an entry is not finite.
    """
    largest = max((float(np.abs(t).max(initial=0)) for t in true), default=0.0)
    sizes = [0.0]
    for c, t in zip(claimed, true, strict=True):
        if np.shape(c) != np.shape(t) or not np.all(np.isfinite(c)):
            return inf
        exact = t.astype(np.float64)
        error, whole = np.abs(np.asarray(c, np.float64) - exact), np.abs(exact)
        whole = np.where(whole == 0, largest or 1.0, whole)
        sizes.append(float((error / whole).max(initial=0)))
    return max(sizes)


def _changed(function: Function, position: int | None, change: Change) -> Gradient:
    """The gradient with one operand's part changed, or all of them."""
    def gradient(*xs: Array) -> tuple[Array, ...]:
        return tuple(change(g) if position in (None, k) else g for k, g in enumerate(function.gradient(*xs)))

    return gradient


def _operand(rng: Random, function: Function) -> int:
    return int(rng.integers(len(function.inputs)))


def one_entry(rng: Random, function: Function, smallest: float = SMALLEST) -> Gradient:
    """One entry off by a relative error between `smallest` and 2."""
    position = _operand(rng, function)
    x = function.inputs[position]
    index = np.unravel_index(int(rng.integers(x.size)), x.shape)
    factor = 1 + float(rng.choice([-1, 1]) * 10 ** rng.uniform(log10(smallest), log10(LARGEST)))

    def change(g: Array) -> Array:
        g = np.array(g)
        g[index] *= factor
        return g

    return _changed(function, position, change)


def _factor(value: float) -> Mistake:
    def make(rng: Random, function: Function) -> Gradient:
        position = None if rng.random() < 0.5 else _operand(rng, function)
        return _changed(function, position, lambda g: g * value)

    return make


def _count(inverse: bool) -> Mistake:
    """n or 1/n, where n counts the entries or the rows of an operand."""
    def make(rng: Random, function: Function) -> Gradient | None:
        position = _operand(rng, function)
        x = function.inputs[position]
        n = x.size if x.ndim < 2 or rng.random() < 0.5 else x.shape[0]
        return _changed(function, position, lambda g: g / n if inverse else g * n) if n > 1 else None

    return make


def _transpose(rng: Random, function: Function) -> Gradient | None:
    """The transpose, read in the shape that is expected: a wrong order of axes or of memory."""
    fitting = [k for k, x in enumerate(function.inputs) if x.ndim > 1 and min(x.shape[-2:]) > 1]
    if not fitting:
        return None
    return _changed(function, int(rng.choice(fitting)), lambda g: g.swapaxes(-1, -2).reshape(g.shape))


def _permutation(rng: Random, function: Function) -> Gradient | None:
    """The order along one axis is wrong."""
    position = _operand(rng, function)
    x = function.inputs[position]
    if not x.ndim:
        return None
    axis = int(rng.integers(x.ndim))
    order = np.arange(x.shape[axis])[::-1] if rng.random() < 0.5 else rng.permutation(x.shape[axis])
    return _changed(function, position, lambda g: np.take(g, order, axis))


def _off_by_one(rng: Random, function: Function) -> Gradient | None:
    """Every entry of an axis is its neighbour's, going round or with 0 coming in."""
    position = _operand(rng, function)
    x = function.inputs[position]
    if not x.ndim:
        return None
    axis, step, round_ = int(rng.integers(x.ndim)), int(rng.choice([-1, 1])), rng.random() < 0.5

    def change(g: Array) -> Array:
        moved = np.roll(g, step, axis)
        if not round_:
            np.moveaxis(moved, axis, 0)[0 if step == 1 else -1] = 0
        return moved

    return _changed(function, position, change)


def _sign(rng: Random, function: Function) -> Gradient | None:
    if len(function.inputs) < 2:
        return None
    return _changed(function, _operand(rng, function), lambda g: -g)


def _zero(rng: Random, function: Function) -> Gradient:
    return _changed(function, _operand(rng, function), np.zeros_like)


def _stale(rng: Random, function: Function) -> Gradient:
    """The gradient at a value that one operand had before."""
    position = _operand(rng, function)
    x = function.inputs[position]
    old = x * (1 + 10 ** rng.uniform(-3, -0.5) * rng.choice([-1.0, 1.0], x.shape))

    def gradient(*xs: Array) -> tuple[Array, ...]:
        return function.gradient(*xs[:position], old.astype(xs[0].dtype), *xs[position + 1:])

    return gradient


def _not_finite(rng: Random, function: Function) -> Gradient:
    """NaN or infinity, in one entry or in all."""
    position = _operand(rng, function)
    x = function.inputs[position]
    where = np.unravel_index(int(rng.integers(x.size)), x.shape) if rng.random() < 0.7 else ...
    value = np.nan if rng.random() < 0.8 else np.inf

    def change(g: Array) -> Array:
        g = np.array(g)
        g[where] = value
        return g

    return _changed(function, position, change)


def _missing_sum(rng: Random, function: Function) -> Gradient | None:
    """A gradient as long as a batch, where a sum over the batch is expected."""
    position = _operand(rng, function)
    if max(x.size for x in function.inputs) > 1000:
        return None
    return _changed(function, position, lambda g: np.broadcast_to(g, (3, *g.shape)) / 3)


GENERAL: dict[str, Mistake] = {
    "factor 2": _factor(2.0),
    "factor 1/2": _factor(0.5),
    "factor -1": _factor(-1.0),
    "factor n": _count(inverse=False),
    "factor 1/n": _count(inverse=True),
    "missing sum": _missing_sum,
    "transpose": _transpose,
    "permutation": _permutation,
    "one operand's sign": _sign,
    "zero": _zero,
    "stale": _stale,
    "off by one": _off_by_one,
    "not finite": _not_finite,
}
