"""Surfaces: a function of one number as a curve, of two as contours or in three dimensions; and a model's loss.

    plot_loss_landscape(model, x, y, loss=…)        the loss around the model's weights, along two random directions

Read `descent.py`, which walks on them, beside this file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..errors import AnomalyError, ArgumentError, ShapeError
from ..nn.modules import Module
from ..nn.plots import axes_for, describe, number, palette
from ..random import generator
from .inputs import examples_for, targets_for
from .loop import evaluate

Array = np.ndarray[Any, Any]
POINTS = 48                     # along each side of a surface; a curve has eight times as many
LEVELS = 14


def window(paths: Sequence[Array], values: Sequence[Array], low: Any, high: Any) -> list[tuple[float, float]]:
    """From where to where each axis goes: around the paths, with some margin, but not after those that climb away."""
    points = np.concatenate(_near(paths, values))
    first, last = points.min(axis=0), points.max(axis=0)
    side = np.where(last > first, last - first, 2.0)
    side = np.maximum(side, 0.4 * side.max())                   # no picture is a slit
    first, last = ((first + last) / 2 + sign * 0.7 * side for sign in (-1, 1))
    first = first if low is None else np.broadcast_to(np.asarray(low, float), first.shape)
    last = last if high is None else np.broadcast_to(np.asarray(high, float), last.shape)
    if not (first < last).all():
        raise ArgumentError(f"low and high: got {low} and {high}. Expected low < high.")
    return [(float(a), float(b)) for a, b in zip(first, last, strict=True)]


def _near(paths: Sequence[Array], values: Sequence[Array]) -> list[Array]:
    """The points that are not much higher than their path began; if that leaves only starts, the first of each path."""
    lowest = min(float(each.min()) for each in values)
    near = [path[each <= each[0] + 0.25 * (each[0] - lowest)] for path, each in zip(paths, values, strict=True)]
    return near if any(len(each) > 1 for each in near) else [path[:6] for path in paths]


def draw_surface(ax: Any, function: Callable[[Array], float], box: Sequence[tuple[float, float]], names: Sequence[str],
                 highest: float, surface: bool) -> None:
    """Draw a function of one or two numbers within the box; a curve to not much more than the height `highest`."""
    if len(box) == 1:
        x = np.linspace(*box[0], 8 * POINTS + 1)
        y = np.array([function(np.array([each])) for each in x])
        ax.plot(x, y, color=palette(ax)["ink"], linewidth=1.4)
        lowest = float(np.nanmin(np.where(np.isfinite(y), y, np.nan)))
        room = 0.15 * ((highest - lowest) or 1.0)
        ax.set(xlabel=names[0], ylabel="value", xlim=box[0], ylim=(lowest - room, highest + 2 * room))
        return
    sides = [np.linspace(*each, POINTS) for each in box]
    heights = np.array([[function(np.array([a, b])) for a in sides[0]] for b in sides[1]])
    draw_heights(ax, sides, heights, surface)
    ax.set(xlabel=names[0], ylabel=names[1], xlim=box[0], ylim=box[1])
    if not surface:
        ax.locator_params(axis="x", nbins=6)            # the legend beside it may leave little room for numbers


def draw_heights(ax: Any, sides: Sequence[Array], heights: Array, surface: bool) -> None:
    """Draw heights (rows along sides[1], columns along sides[0]) as contours, or in three dimensions."""
    from matplotlib.colors import LinearSegmentedColormap, to_rgb
    heights = np.where(np.isfinite(heights), heights, np.nan)
    lowest, highest = (float(each) for each in (np.nanmin(heights), np.nanmax(heights)))
    colours = palette(ax)
    shades = LinearSegmentedColormap.from_list("heights", [colours["paper"], to_rgb(colours["line"])])
    if surface:
        if not hasattr(ax, "plot_surface"):
            raise ArgumentError('surface=True needs axes in three dimensions. Give ax=plt.subplot(projection="3d"), '
                                "or leave ax out.")
        across, along = np.meshgrid(*sides)
        ax.plot_surface(across, along, heights, cmap=shades, alpha=0.6, linewidth=0.3, edgecolor=colours["line"],
                        rstride=2, cstride=2)
        ax.grid(False)
        for axis in (ax.xaxis, ax.yaxis, ax.zaxis):
            axis.set_pane_color((0, 0, 0, 0))
        ax.locator_params(nbins=5)
        return
    if highest > lowest:
        # Denser near the bottom, where descent ends.
        levels = lowest + (highest - lowest) * np.linspace(0, 1, LEVELS + 1) ** 2
        ax.contourf(*sides, heights, levels=levels, cmap=shades, alpha=0.55)
        ax.contour(*sides, heights, levels=levels[1:-1], colors=[colours["line"]], linewidths=0.7)


# -- the loss of a model ----------------------------------------------------------------------------------------------


def plot_loss_landscape(model: Module, x: Any, y: Any, *, loss: Any, span: float = 1.0, resolution: int = 21,
                        surface: bool = False, seed: Any = 0, ax: Any = None) -> Any:
    """Draw the loss around the weights as they are, along two random directions; the model is not changed.

    A direction moves the weights of each unit or filter as far as they are long, so that pictures of different models
    can be compared; biases stay.

    Args:
        model: a Module that was built.
        x: (N, ...) examples.
        y: (N, ...) targets.
        loss: its name or function.
        span: how far to go in each direction; 1 is as far as the weights are long.
        resolution: points along each side, at which the loss of all examples is asked for.
        surface: True for three dimensions.
        seed: of the directions.
        ax: the matplotlib axes to draw on; new ones if None. For `surface` they have projection="3d".
    Returns: the axes.
    Source: Li, Xu, Taylor, Studer & Goldstein 2018, arXiv:1712.09913, section 4.

    >>> from matplotlib.figure import Figure
    >>> from tinygrad_edu import nn
    >>> model = nn.Dense(1, input_shape=2, seed=0)
    >>> ax = plot_loss_landscape(model, np.eye(2), np.ones((2, 1)), loss="mse", ax=Figure().subplots())
    >>> ax.get_label()
    'Loss around the weights, which have ...'
    """
    if resolution < 3 or not span > 0:
        raise ArgumentError(f"plot_loss_landscape: got resolution={resolution}, span={span}. Expected at least 3, and "
                            "a positive span.")
    rng = generator(seed)
    model._check_built("plot_loss_landscape")
    directions = [_direction(model, rng) for _ in range(2)]
    if not any(np.any(each) for each in directions[0]):
        raise ShapeError("plot_loss_landscape: the model has no weights that are not 0.")
    x = examples_for(model, x)                                          # once, not at every point
    y = targets_for(x, y)
    side = np.linspace(-span, span, resolution | 1)                     # with 0 in the middle
    heights = np.empty((len(side), len(side)))
    with _moving(model, directions) as move, np.errstate(all="ignore"):
        for i, j in np.ndindex(*heights.shape):
            move(float(side[j]), float(side[i]))
            heights[i, j] = evaluate(model, x, y, loss=loss)["loss"]
    ax = axes_for(ax, projection="3d" if surface else None)
    middle = len(side) // 2
    here = heights[middle, middle]
    if not np.isfinite(here):
        raise AnomalyError(f"plot_loss_landscape: the loss of the model as it is is {here}.")
    draw_heights(ax, [side, side], heights, surface)
    ax.plot([0], [0], *([[here]] if surface else []), "*", markersize=13, color=palette(ax)["grad"], zorder=10)
    ax.set(xlabel="random direction", ylabel="another direction")
    ax.set_title(f"loss {number(here)} at ★", fontsize="medium")
    row, column = np.unravel_index(np.nanargmin(heights), heights.shape)
    return describe(ax, f"Loss around the weights, which have {number(here)}: from {number(np.nanmin(heights))} at "
                        f"({number(side[column])}, {number(side[row])}) to {number(np.nanmax(heights))}, along two "
                        f"random directions from −{number(span)} to {number(span)}.")


def _direction(model: Module, rng: np.random.Generator) -> list[Array]:
    """A random direction for each parameter, as long as the weights of each unit; none for biases."""
    found = []
    for p in model.parameters():
        drawn = rng.normal(size=p.shape)
        if p.ndim < 2:
            found.append(np.zeros(p.shape))
            continue
        axes = tuple(range(p.ndim - 1))                                 # the last axis is that of units and filters
        length = np.sqrt(np.square(drawn).sum(axis=axes)) + 1e-300
        found.append(drawn / length * np.sqrt(np.square(p.numpy()).sum(axis=axes)))
    return found


@contextmanager
def _moving(model: Module, directions: Sequence[Sequence[Array]]) -> Iterator[Callable[[float, float], None]]:
    """A block in which `move(a, b)` puts the weights elsewhere; at its end they are as before."""
    parameters = model.parameters()
    before = [p.numpy() for p in parameters]

    def move(a: float, b: float) -> None:
        for p, value, first, second in zip(parameters, before, *directions, strict=True):
            p.data = (value + a * first + b * second).astype(p.dtype)

    try:
        yield move
    finally:
        for p, value in zip(parameters, before, strict=True):
            p.data = value
