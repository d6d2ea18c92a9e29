"""Activations: what a neuron does with its sum, by name or as functions of Tensors and arrays.

    get("relu")                 -> function
    name_of(tg.relu)            -> "relu"
    curve("elu", x)             the values of the function and its derivative
    plot("elu"), gallery()      the same, drawn

Read `ops/activation.py` and `ops/units.py` for those that are operations of their own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import ops
from ..core.passes import gradients
from ..core.tensors import Tensor
from ..errors import ArgumentError
from .arguments import positive
from .names import found

Activation = Callable[[Any], Any]


def linear(x: Any) -> Any:
    """The sum itself: out = x."""
    return x


def relu6(x: Any) -> Any:
    """relu, but at most 6. At its kinks the derivative is 0 at 0, as relu's, and 1 at 6.

    Source: Krizhevsky 2010, Convolutional deep belief networks on CIFAR-10.
    """
    return ops.clip(ops.relu(x), max=6.0)


def hard_tanh(x: Any) -> Any:
    """x between -1 and 1, and the nearer of them outside. At its kinks the derivative is 1."""
    return ops.clip(x, -1.0, 1.0)


def hard_sigmoid(x: Any) -> Any:
    """x / 6 + 1/2 between 0 and 1, and the nearer of them outside. At its kinks, -3 and 3, the derivative is 1/6."""
    return ops.clip(x / 6 + 0.5, 0.0, 1.0)


def log_sigmoid(x: Any) -> Any:
    """The logarithm of sigmoid, exact also where that vanishes: -softplus(-x)."""
    return -ops.softplus(-x)


ACTIVATIONS: dict[str, Activation] = {
    "linear": linear, "relu": ops.relu, "leaky_relu": ops.leaky_relu, "relu6": relu6, "elu": ops.elu, "selu": ops.selu,
    "celu": ops.celu, "gelu": ops.gelu, "silu": ops.silu, "mish": ops.mish, "softplus": ops.softplus,
    "softsign": ops.softsign, "tanh": ops.tanh, "hard_tanh": hard_tanh, "sigmoid": ops.sigmoid,
    "hard_sigmoid": hard_sigmoid, "log_sigmoid": log_sigmoid, "softmax": ops.softmax, "log_softmax": ops.log_softmax,
    "exponential": ops.exp,
}
BESIDE = 1e-9                       # derivatives are drawn so far beside kinks, not at them


def get(activation: str | Activation | None) -> Activation:
    """An activation by its name, or as the function itself; None is linear.

    >>> get("relu")(tg.Tensor([-1.0, 2.0]))
    Tensor([0., 2.], from relu)
    """
    chosen: Activation = linear if activation is None else found("activation", activation, ACTIVATIONS)
    return chosen


def name_of(activation: Activation) -> str:
    """How an activation is called: by its name here, else by its own."""
    for name, function in ACTIVATIONS.items():
        if function is activation:
            return name
    return str(getattr(activation, "__name__", activation))


# -- graphs -----------------------------------------------------------------------------------------------------------


def curve(activation: str | Activation, x: Any) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """The values of an activation and its derivatives at the points x (n,), as two arrays (n,).

    Of softmax and log_softmax it is the first of three outputs, by the first input, with the other two inputs 0.

    >>> curve("relu", [-1.0, 2.0])
    (array([0., 2.]), array([0., 1.]))
    """
    f, points = get(activation), Tensor(np.asarray(x, float))
    if f in (ops.softmax, ops.log_softmax):
        others = np.zeros((points.size, 2))
        y = f(ops.concat([ops.expand_dims(points, axis=1), others], axis=1))[:, 0]
    else:
        y = f(points)
    slopes = gradients(ops.sum(y), points) if y is not points else Tensor(np.ones(points.shape))
    return y.numpy(), slopes.numpy()


def plot(activation: str | Activation, ax: Any = None, low: float = -4.0, high: float | None = None) -> Any:
    """Draw an activation (a line) and its derivative (dashed) over the points from `low` to `high`.

    Args:
        activation: its name or function.
        ax: the matplotlib axes to draw on; new ones if None.
        low: the first point.
        high: the last point; None for 4, or 8 for relu6, whose second kink is at 6.
    Returns: the axes; `ax.get_label()` says in words what they show.
    """
    high = (8.0 if get(activation) is relu6 else 4.0) if high is None else high
    if not low < high:
        raise ArgumentError(f"plot(activation, low, high): got low={low!r} and high={high!r}. Expected low < high.")
    from .plots import line_plot
    x = np.linspace(low, high, 401) + BESIDE
    y, slopes = curve(activation, x)
    name = name_of(get(activation))
    among = " (one of three)" if "softmax" in name else ""
    return line_plot(ax, x, {name + among: y, "derivative": slopes},
                     f"{name}, a line from {y[0]:.3g} at {low:g} to {y[-1]:.3g} at {high:g}, and its derivative, "
                     f"dashed, from {slopes[0]:.3g} to {slopes[-1]:.3g}, at most {slopes.max():.3g}")


def gallery(names: str | Sequence[str | Activation] | None = None, columns: int = 4) -> Any:
    """Draw all activations (or those of `names`) side by side; derivatives are dashed.

    Args:
        names: which, by name or function; None for all.
        columns: how many stand in a row.
    Returns: the matplotlib figure.
    """
    from .plots import alone, grid
    shown = list(ACTIVATIONS) if names is None else [names] if isinstance(names, str) else list(names)
    if not shown:
        raise ArgumentError("gallery(names=[]): expected at least one.")
    columns = positive("gallery(columns)", columns)
    figure, axes = grid(math.ceil(len(shown) / columns), columns)
    for ax, name in zip(axes, shown, strict=False):
        title, _ = plot(name, ax).get_legend().get_texts()
        ax.set_title(title.get_text(), fontsize="medium")
        ax.get_legend().remove()                        # in small pictures it would hide the lines
    for ax in axes[len(shown):]:
        ax.set_visible(False)
    return alone(figure)
