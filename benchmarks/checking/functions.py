"""Plain NumPy functions with gradients written by hand, at random inputs of ordinary size.

    Function        a function of arrays, the gradient of its sum, inputs, and mistakes that only it can have
    separable(rng)  an elementwise one: entry i of its gradient depends on entry i of its input alone
    chained(f, rng) a function of u(x): the mistake it invites is to forget u'

Functions keep the dtype of their inputs, which makes a float32 function of a float64 one, and a function of higher
precision too, in which the tests hold each gradient against differences. `makers.py` has the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Gradient = Callable[..., tuple[Array, ...]]
Random = np.random.Generator


@dataclass(frozen=True)
class Function:
    """A function of arrays and the gradient of its sum.

    Args:
        name: what it computes.
        f: the function.
        gradient: takes the same arguments as `f`; the gradient of sum(f) for each of them.
        inputs: where it is looked at, in float64.
        mistakes: wrong gradients that this function invites, by kind.
        everywhere: whether it is defined and smooth on all real numbers.
    """

    name: str
    f: Callable[..., Any]
    gradient: Gradient
    inputs: tuple[Array, ...]
    mistakes: Mapping[str, Gradient] = field(default_factory=dict)
    everywhere: bool = True


def separable(rng: Random, shape: tuple[int, ...] | None = None, weighted: bool | None = None,
              everywhere: bool = False) -> Function:
    """One of `ELEMENTWISE`, in half of the draws times constant weights."""
    names = EVERYWHERE if everywhere else tuple(ELEMENTWISE)
    name = names[rng.integers(len(names))]
    f, slope, low, high = ELEMENTWISE[name]
    if shape is None:
        shape = some_shape(rng) if rng.random() < 0.9 else ()
    x = np.asarray(rng.uniform(low, high, shape))
    if not (rng.random() < 0.5 if weighted is None else weighted):
        return Function(name, f, lambda x: (slope(x),), (x,), everywhere=name in EVERYWHERE)
    w = signed(rng, x.shape)
    return Function(f"weighted {name}", lambda x: f(x) * like(w, x), lambda x: (slope(x) * like(w, x),), (x,),
                    everywhere=name in EVERYWHERE)


def chained(function: Function, rng: Random) -> Function:
    """The function of u(x) in place of its input; the mistake it invites is to forget u'."""
    name = tuple(INNER)[rng.integers(len(INNER))]
    u, slope = INNER[name]
    k = int(rng.integers(len(function.inputs)))

    def inside(xs: tuple[Array, ...]) -> tuple[Array, ...]:
        return (*xs[:k], u(xs[k]), *xs[k + 1:])

    def gradient(*xs: Array) -> tuple[Array, ...]:
        g = function.gradient(*inside(xs))
        return (*g[:k], g[k] * slope(xs[k]), *g[k + 1:])

    return replace(function, name=f"{function.name} of {name}", f=lambda *xs: function.f(*inside(xs)),
                   gradient=gradient,
                   mistakes={"missing inner derivative": lambda *xs: function.gradient(*inside(xs))})


def like(constant: Array, x: Array) -> Array:
    """The constant in the precision of x."""
    return np.asarray(constant, x.dtype)


def some_shape(rng: Random, dimensions: int | None = None) -> tuple[int, ...]:
    """One to three axes, some thirty entries at most."""
    count = int(rng.integers(1, 4)) if dimensions is None else dimensions
    return tuple(int(n) for n in rng.integers(2, {1: 20, 2: 6, 3: 4}[count], count))


def signed(rng: Random, shape: tuple[int, ...]) -> Array:
    """Numbers of size 0.3 to 2, of both signs: far from 0."""
    return np.asarray(rng.uniform(0.3, 2.0, shape) * rng.choice([-1.0, 1.0], shape))


def sigmoid(x: Array) -> Any:
    """1 / (1 + exp(-x))."""
    return 1 / (1 + np.exp(-x))


# name: the function, its derivative, and between what to draw x
ELEMENTWISE: dict[str, tuple[Callable[[Array], Any], Callable[[Array], Any], float, float]] = {
    "sin": (np.sin, np.cos, -1.4, 1.4),
    "cos": (np.cos, lambda x: -np.sin(x), 0.2, 2.9),
    "exp": (np.exp, np.exp, -3.0, 3.0),
    "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2, -2.0, 2.0),
    "sigmoid": (sigmoid, lambda x: sigmoid(x) * sigmoid(-x), -4.0, 4.0),
    "softplus": (lambda x: np.logaddexp(0, x), sigmoid, -4.0, 4.0),
    "arctan": (np.arctan, lambda x: 1 / (1 + x * x), -3.0, 3.0),
    "gaussian": (lambda x: np.exp(-x * x), lambda x: -2 * x * np.exp(-x * x), 0.1, 2.0),
    "cubic": (lambda x: x * x * x + x, lambda x: 3 * x * x + 1, -2.0, 2.0),
    "swish": (lambda x: x * sigmoid(x), lambda x: sigmoid(x) * (1 + x * sigmoid(-x)), -1.0, 4.0),
    "log": (np.log, lambda x: 1 / x, 0.1, 5.0),
    "sqrt": (np.sqrt, lambda x: 0.5 / np.sqrt(x), 0.1, 5.0),
    "power 1.5": (lambda x: x ** 1.5, lambda x: 1.5 * np.sqrt(x), 0.1, 5.0),
    "reciprocal": (lambda x: 1 / x, lambda x: -1 / (x * x), 0.3, 4.0),
    "x log x": (lambda x: x * np.log(x), lambda x: np.log(x) + 1, 0.6, 4.0),
    "tan": (np.tan, lambda x: 1 + np.tan(x) ** 2, -1.2, 1.2),
    "arcsin": (np.arcsin, lambda x: 1 / np.sqrt(1 - x * x), -0.9, 0.9),
    "relu above 0": (lambda x: np.maximum(x, 0), lambda x: (x > 0).astype(x.dtype), 0.1, 3.0),
    "abs below 0": (np.abs, np.sign, -3.0, -0.1),
}
EVERYWHERE = ("sin", "cos", "exp", "tanh", "sigmoid", "softplus", "arctan", "gaussian", "cubic", "swish")
INNER: dict[str, tuple[Callable[[Array], Any], Callable[[Array], Any]]] = {
    "3x": (lambda x: 3 * x, lambda x: 3 + 0 * x),
    "x/4": (lambda x: x / 4, lambda x: 0.25 + 0 * x),
    "sin 2x": (lambda x: np.sin(2 * x), lambda x: 2 * np.cos(2 * x)),
    "tanh x": (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
    "x + x²/3": (lambda x: x + x * x / 3, lambda x: 1 + 2 * x / 3),
}
