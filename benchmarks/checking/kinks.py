"""Functions at, or close to, points without a derivative, with right and wrong gradients there.

    kink(rng, wrong)            some entries exactly where two slopes meet
    near_kink(rng, dtype)       some entries close to it: an ordinary derivative, from one side's slope
    joint(rng)                  where two pieces meet with one slope, but with different curvature
    tie(rng, wrong)             maxima and minima of equal numbers

At a kink a gradient is right if it is a convex combination of the gradients around the point (Clarke 1983, section
2.5): any number between the one-sided slopes, and weights that add up to 1 among the equal entries of a maximum.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .functions import Array, Function, Gradient, Random, like, signed, some_shape


class Claim(NamedTuple):
    """A function whose gradient is the right one closest to the claimed one."""

    function: Function
    gradient: Gradient
    kind: str


# name: the function, where it bends, its slopes to the left and to the right of that
BENT: dict[str, tuple[Callable[[Array], Any], float, float, float]] = {
    "relu": (lambda x: np.maximum(x, 0), 0, 0, 1),
    "abs": (np.abs, 0, -1, 1),
    "leaky relu": (lambda x: np.where(x > 0, x, x / 8), 0, 0.125, 1),
    "hinge": (lambda x: np.maximum(0, 1 - x), 1, -1, 0),
    "clip": (lambda x: np.clip(x, -2, 1), 1, 1, 0),
    "threshold": (lambda x: np.maximum(x - 0.5, 0), 0.5, 0, 1),
}
# name: the function, its derivative, where its pieces meet
JOINED: dict[str, tuple[Callable[[Array], Any], Callable[[Array], Any], float]] = {
    "squared relu": (lambda x: np.maximum(x, 0) ** 2, lambda x: 2 * np.maximum(x, 0), 0),
    "x |x|": (lambda x: x * np.abs(x), lambda x: 2 * np.abs(x), 0),
    "elu": (lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))), lambda x: np.exp(np.minimum(x, 0)), 0),
    "huber": (lambda x: np.where(np.abs(x) < 1, x * x / 2, np.abs(x) - 0.5), lambda x: np.clip(x, -1, 1), 1),
}


def _bent(rng: Random) -> tuple[str, float, Array, Callable[[Array], Any], Callable[[float], Gradient]]:
    """The name, the kink, inputs away from it, w f(x) + v sin x, and its gradient by the weight of the right slope."""
    name = tuple(BENT)[rng.integers(len(BENT))]
    bend, at, left, right = BENT[name]
    x = at + signed(rng, some_shape(rng))
    x = np.where(x < -1.8, -1.5, x)             # clip has a second bend at -2
    w = signed(rng, x.shape)
    v = float(rng.choice([0, 0, 0.5]))

    def gradient(weight: float) -> Gradient:
        def g(x: Array) -> tuple[Array, ...]:
            slope = np.where(x < at, left, np.where(x > at, right, left + weight * (right - left)))
            return (like(w, x) * like(slope, x) + v * np.cos(x),)

        return g

    return name, at, x, lambda x: like(w, x) * bend(x) + v * np.sin(x), gradient


def _some(rng: Random, shape: tuple[int, ...]) -> Any:
    """A mask, True at one entry at least."""
    mask = rng.random(shape) < 0.3
    mask.flat[rng.integers(mask.size)] = True
    return mask


def kink(rng: Random, wrong: bool) -> Claim:
    """Some entries exactly at the kink; one sixth of the draws is a norm at 0."""
    if rng.random() < 1 / 6:
        return _norm_at_zero(rng, wrong)
    name, at, x, f, gradient = _bent(rng)
    x = np.where(_some(rng, x.shape), at, x)
    if not wrong:
        right = gradient(float(rng.choice([0, 0.5, 1, rng.random()])))
        return Claim(Function(name, f, right, (x,)), right, "right")
    outside = float(10 ** rng.uniform(-1, 0.3))
    true, claimed = (gradient(1.0), gradient(1 + outside)) if rng.random() < 0.5 else (gradient(0), gradient(-outside))
    return Claim(Function(name, f, true, (x,)), claimed, "outside the slopes")


def _norm_at_zero(rng: Random, wrong: bool) -> Claim:
    """√ Σ x² at 0: any vector of length 1 or less is a right gradient."""
    n = int(rng.integers(1, 6))
    unit = rng.normal(size=n)
    unit /= np.linalg.norm(unit)
    length = float(rng.choice([0, 0, 0.9 * rng.random()]))

    def gradient(length: float) -> Gradient:
        return lambda x: (like(length * unit, x),)

    function = Function("norm at 0", lambda x: np.sqrt(np.sum(x * x)), gradient(1.0 if wrong else length),
                        (np.zeros(n),))
    if not wrong:
        return Claim(function, gradient(length), "right")
    return Claim(function, gradient(1 + 10 ** rng.uniform(-1, 0.3)), "outside the slopes")


def near_kink(rng: Random, dtype: str) -> Function:
    """Some entries as close as 1e-8 (float64) or 1e-4 (float32) to the kink; the mistake is the other side's slope."""
    name, at, x, f, gradient = _bent(rng)
    closest = -8 if dtype == "float64" else -4
    close = at + 10 ** rng.uniform(closest, -1.5, x.shape) * rng.choice([-1, 1], x.shape)
    x = np.where(_some(rng, x.shape), close, x)

    def other_side(x: Array) -> tuple[Array, ...]:
        return gradient(0)(np.where(np.abs(x - at) < 0.1, 2 * at - x, x).astype(x.dtype))

    return Function(f"{name} nearby", f, gradient(0), (x,), {"the other slope": other_side})


def joint(rng: Random) -> Function:
    """Some entries exactly where two pieces meet smoothly, with a second derivative that jumps."""
    name = tuple(JOINED)[rng.integers(len(JOINED))]
    f, slope, at = JOINED[name]
    x = signed(rng, some_shape(rng)) / 2
    x = np.where(_some(rng, x.shape), at, np.where(np.abs(x - at) < 0.1, 0.5, x))
    w = signed(rng, x.shape)

    def shifted(x: Array) -> tuple[Array, ...]:
        return (like(w, x) * (slope(x) + like(np.where(x == at, 0.25, 0), x)),)

    return Function(f"{name} at {at}", lambda x: like(w, x) * f(x), lambda x: (like(w, x) * slope(x),), (x,),
                    {"another slope": shifted})


def tie(rng: Random, wrong: bool) -> Claim:
    """Equal numbers: a maximum or minimum of two arrays, or along an axis."""
    return _tie_of_two(rng, wrong) if rng.random() < 0.5 else _tie_in_rows(rng, wrong)


def _tie_of_two(rng: Random, wrong: bool) -> Claim:
    name, f = (("maximum", np.maximum), ("minimum", np.minimum))[rng.integers(2)]
    x = rng.normal(size=some_shape(rng))
    y = np.where(_some(rng, x.shape), x, x + signed(rng, x.shape))
    w = signed(rng, x.shape)

    def gradient(first: float, second: float) -> Gradient:
        def g(x: Array, y: Array) -> tuple[Array, ...]:
            chosen = x > y if name == "maximum" else x < y
            return (like(w * np.where(x == y, first, chosen), x),
                    like(w * np.where(x == y, second, ~chosen), x))

        return g

    share = float(rng.choice([0, 0.5, 1]))
    if not wrong:
        right = gradient(share, 1 - share)
        return Claim(Function(name, f_weighted(f, w), right, (x, y)), right, "right")
    kind, claimed = (("each tie gets all", gradient(1, 1)), ("no tie gets any", gradient(0, 0)),
                     ("outside the slopes", gradient(1.5, -0.5)), ("outside the slopes", gradient(-1, 1))
                     )[rng.integers(4)]
    return Claim(Function(name, f_weighted(f, w), gradient(0.5, 0.5), (x, y)), claimed, kind)


def f_weighted(f: Callable[..., Any], w: Array) -> Callable[..., Any]:
    """Constant weights times f."""
    return lambda *xs: like(w, xs[0]) * f(*xs)


def _tie_in_rows(rng: Random, wrong: bool) -> Claim:
    """The largest entry of each row, where two or more entries are the largest."""
    n, m = int(rng.integers(1, 4)), int(rng.integers(3, 6))
    x = rng.normal(size=(n, m))
    for row in x:
        row[rng.choice(m, size=int(rng.integers(2, m + 1)), replace=False)] = row.max()
    w = signed(rng, (n,))

    def gradient(way: str) -> Gradient:
        def g(x: Array) -> tuple[Array, ...]:
            top = x == x.max(axis=1, keepdims=True)
            share = {"equal": top / top.sum(axis=1, keepdims=True), "all": top, "none": 0 * top,
                     "first": top & (np.cumsum(top, axis=1) == 1)}[way]
            return (like(w[:, None] * share, x),)

        return g

    f = f_weighted(lambda x: x.max(axis=1), w)
    if not wrong:
        right = gradient(("equal", "first")[rng.integers(2)])
        return Claim(Function("largest of rows", f, right, (x,)), right, "right")
    way, kind = (("all", "each tie gets all"), ("none", "no tie gets any"))[rng.integers(2)]
    return Claim(Function("largest of rows", f, gradient("equal"), (x,)), gradient(way), kind)
