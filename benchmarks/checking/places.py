"""The same functions elsewhere: at other scales, at tiny inputs, with noise, with 100,000 entries.

Each takes the random generator and the dtype that the case will have, and returns a Function. For noisy ones the
gradient is that of the function without its noise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from .functions import ELEMENTWISE, Array, Function, Random, like, separable, signed, some_shape
from .makers import drawn

LARGE = 100_000


def smooth(rng: Random, dtype: str) -> Function:
    """Ordinary size."""
    return drawn(rng)


def scaled(rng: Random, dtype: str) -> Function:
    """B f(x/A), with powers of 2 for A and B: inputs and gradients between 1e-300 and 1e300 (float32: 1e-30, 1e30)."""
    function = drawn(rng)
    most = int(rng.choice([30, 100, 990] if dtype == "float64" else [20, 60, 98]))
    first = int(rng.integers(-most, most + 1))
    a = [int(np.clip(first + rng.integers(-most // 4, most // 4 + 1), -most, most)) for _ in function.inputs]
    b = int(rng.integers(max(-most, max(a) - most), min(most, min(a) + most) + 1))

    def down(xs: tuple[Array, ...]) -> tuple[Array, ...]:
        return tuple(x / 2.0**k for x, k in zip(xs, a, strict=True))

    def moved(gradient: Any) -> Any:
        return lambda *xs: tuple(g * 2.0**(b - k) for g, k in zip(gradient(*down(xs)), a, strict=True))

    return Function(f"{function.name}, x*2^{first}, f*2^{b}", lambda *xs: function.f(*down(xs)) * 2.0**b,
                    moved(function.gradient), tuple(x * 2.0**k for x, k in zip(function.inputs, a, strict=True)),
                    {kind: moved(gradient) for kind, gradient in function.mistakes.items()})


def tiny(rng: Random, dtype: str) -> Function:
    """Inputs next to 0, where a fixed step leaves the domain or crosses all that happens."""
    name = ("sqrt", "log", "reciprocal", "power 1.5", "norm", "exp", "sin", "tanh", "sigmoid")[rng.integers(9)]
    size = float(rng.uniform(-12, -4) if name != "reciprocal" else rng.uniform(-6, -2))
    if name == "norm":
        x = signed(rng, some_shape(rng)) * 10**size
        return Function(f"norm at 1e{size:.0f}", lambda x: np.sqrt(np.sum(x * x)),
                        lambda x: (x / np.sqrt(np.sum(x * x)),), (x,))
    f, slope, *_ = ELEMENTWISE[name]
    x = rng.uniform(0.3, 3, some_shape(rng)) * 10**size
    if name in ("exp", "sin", "tanh", "sigmoid"):
        x[rng.random(x.shape) < 0.3] = 0
    return Function(f"{name} at 1e{size:.0f}", f, lambda x: (slope(x),), (x,))


def mixed(rng: Random, dtype: str) -> Function:
    """Entries of one input between 1e-8 and 1e3."""
    name = ("sqrt", "log", "arctan", "sigmoid", "tanh", "x log x")[rng.integers(6)]
    f, slope, *_ = ELEMENTWISE[name]
    x = 10 ** rng.uniform(-8, 3 if name in ("sqrt", "log") else 0, some_shape(rng))
    return Function(f"{name} of mixed sizes", f, lambda x: (slope(x),), (x,))


def steep(rng: Random, dtype: str) -> Function:
    """F(w x) with w between 10 and 1e4 (float32: 100): what happens, happens within 1/w."""
    name = ("sin", "tanh", "gaussian", "sigmoid")[rng.integers(4)]
    f, slope, low, high = ELEMENTWISE[name]
    w = float(10 ** rng.uniform(1, 4 if dtype == "float64" else 2))
    shape = some_shape(rng)
    turns = rng.integers(-3, 4, shape) * 2 * np.pi if name == "sin" else 0.0
    x = (rng.uniform(low, high, shape) + turns) / w
    return Function(f"steep {name}", lambda x: f(w * x), lambda x: (w * slope(w * x),), (x,),
                    {"missing inner derivative": lambda x: (slope(w * x),)})


def offset(rng: Random, dtype: str) -> Function:
    """F(x) + c, with c so large that differences lose digits."""
    function = drawn(rng)
    c = float(10 ** (rng.uniform(2, 6) if dtype == "float64" else rng.uniform(0.5, 2)))
    return replace(function, name=f"{function.name} + {c:.0f}", f=lambda *xs: function.f(*xs) + c)


def noisy(rng: Random, dtype: str) -> Function:
    """A function with noise: each value rounded to lower precision, or off by a pseudo-random relative error."""
    function = drawn(rng)
    low = np.float32 if dtype == "float64" else np.float16
    noise = float(10 ** (rng.uniform(-13, -4) if dtype == "float64" else rng.uniform(-6, -3)))
    way = rng.integers(3)
    if way == 0 and dtype == "float64":
        return replace(function, name=f"{function.name} computed in float32",
                       f=lambda *xs: np.float64(function.f(*[x.astype(low) for x in xs])))
    if way == 1:
        return replace(function, name=f"{function.name} rounded to {low.__name__}",
                       f=lambda *xs: np.asarray(function.f(*xs)).astype(low).astype(xs[0].dtype))
    return replace(function, name=f"{function.name} with noise {noise:.0e}",
                   f=lambda *xs: _with_noise(np.asarray(function.f(*xs)), noise))


def _with_noise(y: Array, noise: float) -> Array:
    """Y (1 + noise e) with e between -1 and 1, made from the bits of y: the same y gives the same e."""
    bits = np.atleast_1d(y.astype(np.float64)).view(np.uint64)
    for _ in range(2):
        bits = (bits ^ (bits >> np.uint64(31))) * np.uint64(0x9E3779B97F4A7C15)
    e = (bits >> np.uint64(11)).astype(np.float64) / 2.0**52 - 1
    return np.asarray(y * (1 + noise * like(e.reshape(y.shape), y)), y.dtype)


def stationary(rng: Random, dtype: str) -> Function:
    """Entries with a slope of 0: at an extremum, in a flat part, or not used at all."""
    name = ("cos", "square", "gaussian", "relu", "unused")[rng.integers(5)]
    x = signed(rng, some_shape(rng)) / 2
    y = signed(rng, x.shape)
    still = rng.random(x.shape) < 0.5
    still.flat[0] = True

    def claim(x: Array) -> tuple[Array, ...]:
        g = function.gradient(x)[0]
        return (g + like(np.where(still, step, 0), x),)

    step = float(10 ** rng.uniform(-3, 0))
    flat: dict[str, tuple[Callable[[Array], Any], Callable[[Array], Any]]] = {
        "cos": (np.cos, lambda x: -np.sin(x)),
        "square": (lambda x: x * x, lambda x: 2 * x),
        "gaussian": (lambda x: np.exp(-x * x), lambda x: -2 * x * np.exp(-x * x)),
        "relu": (lambda x: np.maximum(x, 0), lambda x: (x > 0).astype(x.dtype)),
        "unused": (lambda x: np.sin(np.where(still, 0, x)), lambda x: np.where(still, 0, np.cos(x)).astype(x.dtype)),
    }
    f, slope = flat[name]
    x = np.where(still, {"relu": -np.abs(x), "unused": x}.get(name, 0 * x), x)
    function = Function(f"flat {name}", lambda x: like(y, x) * f(x), lambda x: (like(y, x) * slope(x),), (x,),
                        {"not 0 where flat": claim})
    return function


def large(rng: Random, dtype: str) -> Function:
    """100,000 entries."""
    shape = ((LARGE,), (400, LARGE // 400))[rng.integers(2)]
    if (kind := rng.integers(5)) < 3:
        return separable(rng, shape, weighted=kind == 0)
    x = signed(rng, shape)
    if kind == 3:
        return Function("norm", lambda x: np.sqrt(np.sum(x * x)), lambda x: (x / np.sqrt(np.sum(x * x)),), (x,))
    return Function("mean of squares", lambda x: np.mean(x * x), lambda x: (2 * x / x.size,), (x,),
                    {"factor n": lambda x: (2 * x,)})
