"""Weights: what units look for in their inputs, as images; and what the bias does to a neuron.

    incoming(layer) -> (units, ...)     the weights that lead to each unit or filter
    plot_weights(layer)                 as images, one for each unit
    plot_threshold(neuron)              the neuron's response for several biases

Positive weights are teal, negative ones wine with a hole in each cell, so that a grey print tells them apart, too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import nn
from ..core.tensors import Tensor
from ..data.arrays import as_array
from ..errors import ArgumentError, GraphError, ShapeError
from ..nn.arguments import pair
from ..nn.plots import STYLES, axes_for, describe, legend, number, palette

Array = np.ndarray[Any, Any]
MOST = 64                       # units that are drawn unless more are asked for
SQUARE = 64                     # so many inputs, if they make a square, are taken for an image
HOLE = 0.4                      # of a cell's width
FAINT = 0.2                     # of the largest weight: paler cells have no hole, which would only be noise


def incoming(layer: Any) -> Array:
    """The weights that lead to each unit: (units, inputs), or (filters · channels, height, width) of a convolution.

    Args:
        layer: a layer with a `weight`, a Neuron or Layer of single numbers, or an array (units, ...).
    """
    if isinstance(layer, nn.Neuron):
        return np.array([[w.item() for w in layer.w]])
    if isinstance(layer, nn.Layer):
        return np.concatenate([incoming(neuron) for neuron in layer.neurons])
    if isinstance(layer, nn.Module):
        layer = _weight_of(layer)
        return np.moveaxis(layer, -1, 0) if layer.ndim < 4 else np.concatenate(layer.transpose(3, 2, 0, 1))
    array = as_array("weights", layer)
    if array.ndim < 2 or array.dtype.kind not in "fiu" or not array.size:
        raise ShapeError(f"plot_weights: got {type(layer).__name__} with values of shape {array.shape}. "
                         "Expected a layer, or an array (units, inputs).")
    return array


def _weight_of(layer: Any) -> Array:
    weight = getattr(layer, "weight", None)
    if isinstance(weight, Tensor) and weight.ndim >= 2:
        return np.asarray(weight.data)
    if not layer.built and hasattr(layer, "kernel_initializer"):
        raise GraphError(f"{type(layer).__name__} has no weights yet, because no input was seen. "
                         "Give it an input_shape, or call the model on data first.")
    inner = [f"model.{path}" if not path[-1].isdigit() else f"model[{path.split('.')[-1]}]"
             for path, each in layer.named_modules() if path and getattr(each, "weight", None) is not None]
    fix = f" Choose one of its layers: {', '.join(inner[:3])}." if inner else ""
    raise ArgumentError(f"plot_weights: {type(layer).__name__} has no weights of its own.{fix or ' Expected a layer.'}")


def plot_weights(layer: Any, shape: tuple[int, int] | None = None, *, units: Sequence[int] | None = None,
                 columns: int | None = None, limit: float | None = None, ax: Any = None) -> Any:
    """Draw the weights that lead to each unit as an image: positive ones teal, negative ones wine with holes.

    Args:
        layer: a Dense or Conv2D layer, any other with a `weight` (..., units), a Neuron or Layer, or an array
            (units, inputs).
        shape: rows and columns of an image. None: a square if there are 64 inputs or more and they make one, a row
            of cells if not; filters of a convolution have their own, one image for each channel.
        units: which units; the first 64 if None.
        columns: images side by side.
        limit: the weight with the full colour; None for the largest of those that are drawn.
        ax: the matplotlib axes to draw on; new ones if None.
    Returns: the axes; their image holds the weights, with NaN between the units.

    >>> from matplotlib.figure import Figure
    >>> ax = plot_weights([[0.5, -1.0, 0.25]], ax=Figure().subplots())
    >>> ax.get_label()
    'Weights of 1 unit as images of 1 × 3, from −1 to 0.5. Unit 0: 67% positive, strongest −1 at row 0, column 1.'
    """
    all_weights = incoming(layer)
    chosen = np.arange(len(all_weights))[:MOST] if units is None else _checked(units, len(all_weights))
    tiles = np.stack([_tile(all_weights[k], shape) for k in chosen]).astype(float)
    columns = columns or _columns(*tiles.shape)
    mosaic, corners = _mosaic(tiles, columns)
    ax = axes_for(ax, _size(mosaic.shape))
    largest = float(np.abs(tiles).max()) if limit is None else float(limit)
    _cells(ax, mosaic, largest or 1.0)
    for k, (top, left) in zip(chosen, corners, strict=True):
        _frame(ax, top, left, tiles.shape[1:], str(k) if len(all_weights) > 1 else "")
    _signs(ax, largest)
    return describe(ax, _said(tiles, chosen, len(all_weights)))


def _checked(units: Sequence[int], count: int) -> Array:
    chosen = np.atleast_1d(np.asarray(units))
    if not chosen.size or chosen.dtype.kind not in "iu" or chosen.min() < 0 or chosen.max() >= count:
        raise ArgumentError(f"plot_weights(units): got {units!r}. Expected whole numbers from 0 to {count - 1}.")
    return chosen


def _tile(weights: Array, shape: Any) -> Array:
    """The weights of one unit as rows and columns."""
    if shape is None:
        side = math.isqrt(weights.size)
        if weights.ndim == 2:
            return weights
        return weights.reshape((side, side) if side * side == weights.size >= SQUARE else (1, weights.size))
    rows, columns = pair("plot_weights(shape)", shape)
    if rows * columns != weights.size:
        raise ShapeError(f"plot_weights(shape): got {shape}. Expected rows and columns of {weights.size} cells, since "
                         f"each unit has {weights.size} weights.")
    return weights.reshape(rows, columns)


def _columns(count: int, height: int, width: int) -> int:
    """As many images side by side as make the whole about as wide as high, with few places empty at its end."""
    square = math.sqrt(1.2 * count * height / width)
    near = range(max(1, math.ceil(0.7 * square)), max(1, math.floor(1.5 * square)) + 1)
    return min(count, min(near, key=lambda columns: (-count % columns, abs(columns - square)), default=1))


def _mosaic(tiles: Array, columns: int) -> tuple[Array, list[tuple[int, int]]]:
    """All images in one, NaN between them, and where each begins."""
    count, height, width = tiles.shape
    above, beside = max(1, round(height / 5)), max(1, round(width / 14))
    rows = math.ceil(count / columns)
    mosaic = np.full((rows * (height + above), columns * (width + beside) - beside), np.nan)
    corners = [(i // columns * (height + above) + above, i % columns * (width + beside)) for i in range(count)]
    for tile, (top, left) in zip(tiles, corners, strict=True):
        mosaic[top:top + height, left:left + width] = tile
    return mosaic, corners


def _size(shape: tuple[int, ...]) -> tuple[float, float]:
    """Of the figure, in inches: cells as large as a page has room for."""
    height, width = shape[0], shape[1]
    cell = min(0.4, 7.2 / max(height, width))
    return max(3.2, cell * width + 0.3), max(1.6, cell * height + 0.7)


def _cells(ax: Any, mosaic: Array, limit: float) -> None:
    from matplotlib.collections import PolyCollection
    from matplotlib.colors import LinearSegmentedColormap
    colours = palette(ax)
    scale = LinearSegmentedColormap.from_list("weights", [colours["neg"], colours["paper"], colours["pos"]])
    ax.imshow(np.ma.masked_invalid(mosaic), cmap=scale, vmin=-limit, vmax=limit, interpolation="nearest")
    rows, columns = np.nonzero(np.nan_to_num(mosaic) < -FAINT * limit)
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * HOLE / 2
    holes = np.stack([columns, rows], axis=1)[:, None] + corners           # (holes, 4 corners, x and y)
    ax.add_collection(PolyCollection(list(holes), facecolor=colours["paper"], linewidth=0), autolim=False)
    ax.set_axis_off()
    ax.set(xlim=(-0.7, mosaic.shape[1] - 0.3), ylim=(mosaic.shape[0] - 0.3, -0.7))         # room for the frames


def _frame(ax: Any, top: int, left: int, shape: tuple[int, ...], name: str) -> None:
    from matplotlib.patches import Rectangle
    colours = palette(ax)
    ax.add_patch(Rectangle((left - 0.5, top - 0.5), shape[1], shape[0], fill=False, linewidth=0.7,
                           edgecolor=colours["line"], clip_on=False))       # its line lies on the edge of the picture
    ax.text(left - 0.5, top - 0.6, name, fontsize=8, color=colours["ink"], va="bottom")


def _signs(ax: Any, limit: float) -> None:
    """Below: how positive and negative look, and which weight has the full colour."""
    from matplotlib.lines import Line2D
    colours = palette(ax)
    positive = Line2D([], [], color=colours["pos"], marker="s", linestyle="none", markersize=8)
    negative = Line2D([], [], color=colours["neg"], marker="s", linestyle="none", markersize=5.4,
                      markerfacecolor=colours["paper"], markeredgewidth=2.6)
    legend(ax, handles=[positive, negative], labels=[f"positive, to {number(limit)}", f"negative, to {number(-limit)}"],
           loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=2, handletextpad=0.2, borderpad=0.2)


def _said(tiles: Array, chosen: Array, count: int) -> str:
    _, height, width = tiles.shape
    shown = f"{count} unit{'s' if count > 1 else ''}" if len(chosen) == count else f"{len(chosen)} of {count} units"
    parts = [f"Weights of {shown} as images of {height} × {width}, from {number(tiles.min())} to "
             f"{number(tiles.max())}."]
    for k, tile in zip(chosen[:16], tiles, strict=False):
        row, column = np.unravel_index(np.argmax(np.abs(tile)), tile.shape)
        parts.append(f"Unit {k}: {np.mean(tile > 0):.0%} positive, strongest {number(tile[row, column])} at row {row}, "
                     f"column {column}.")
    return " ".join(parts)


# -- what the bias does -----------------------------------------------------------------------------------------------


def plot_threshold(neuron: Any = "sigmoid", biases: Sequence[float] | None = None, *, unit: int = 0,
                   low: float | None = None, high: float | None = None, ax: Any = None) -> Any:
    """Draw what a neuron gives over what comes in, for several biases: the bias moves the threshold.

    The threshold, a dot on each curve, is where the weighted sum and the bias cancel. With one input x the curves are
    F(w · x + b), and w makes them steep; with several they are F(s + b) over s = Σ w_i · x_i.

    Args:
        neuron: a Neuron, a Dense layer, or an activation by its name or as a function (then w = 1).
        biases: for which b to draw; None for the neuron's own, thick, and for 2 less and 2 more.
        unit: which unit of a Dense layer.
        low: from where; None to see all thresholds.
        high: to where.
        ax: the matplotlib axes to draw on; new ones if None.
    Returns: the axes, with a line for each bias.

    >>> from matplotlib.figure import Figure
    >>> plot_threshold("sigmoid", [-2, 3], ax=Figure().subplots()).get_label()
    'What the bias does: ... b = −2: threshold at 2. b = 3: threshold at −3.'
    """
    f, weights, own = _parts(neuron, unit)
    w = float(weights[0]) if len(weights) == 1 else 1.0
    shown = [own - 2, own, own + 2] if biases is None else [float(b) for b in biases]
    thresholds = [-b / w if w else math.nan for b in shown]
    x = np.linspace(*_range(thresholds, w, low, high), 401)
    ax = axes_for(ax)
    colours = palette(ax)
    for i, (b, at) in enumerate(zip(shown, thresholds, strict=True)):
        name = f"b = {number(b)}: " + (f"threshold at {number(at)}" if w else "no threshold, since w = 0")
        colour = [colours["neg"], colours["ink"], colours["pos"]][min(1, i) if i < len(shown) - 1 else 2]
        ax.plot(x, _values(f, w * x + b), STYLES[i % 4], color=colour, label=name, linewidth=2.4 if b == own else 1.4)
        if w:
            ax.plot([at], _values(f, np.array([0.0])), "o", color=colour)
            ax.axvline(at, color=colours["line"], linewidth=0.7, linestyle=":")
    ax.set_xlabel("input x" if len(weights) == 1 else "weighted sum of the inputs")
    ax.set_ylabel("output")
    legend(ax)
    moved = f"output over {ax.get_xlabel()} from {number(x[0])} to {number(x[-1])}"
    return describe(ax, f"What the bias does: {moved}. "
                        + " ".join(f"{line.get_label()}." for line in ax.get_lines() if line.get_label()[0] == "b"))


def _parts(neuron: Any, unit: int) -> tuple[Any, Array, float]:
    """The activation, the weights and the bias of one unit."""
    if isinstance(neuron, nn.Neuron):
        return neuron.activation, incoming(neuron)[0], neuron.b.item()
    if isinstance(neuron, nn.Dense):
        weights = incoming(neuron)
        if not 0 <= unit < len(weights):
            raise ArgumentError(f"plot_threshold(unit): got {unit}. Expected 0 to {len(weights) - 1}.")
        return neuron.activation, weights[unit], 0.0 if neuron.bias is None else float(neuron.bias.data[unit])
    if isinstance(neuron, nn.Module):
        raise ArgumentError(f"plot_threshold: got {type(neuron).__name__}. Expected a Neuron, a Dense layer with "
                            "unit=…, or an activation.")
    return nn.activations.get(neuron), np.ones(1), 0.0


def _range(thresholds: Sequence[float], w: float, low: float | None, high: float | None) -> tuple[float, float]:
    known = [each for each in thresholds if math.isfinite(each)] or [0.0]
    around = 4 / abs(w) if w else 4.0
    low, high = min(known) - around if low is None else low, max(known) + around if high is None else high
    if not low < high:
        raise ArgumentError(f"plot_threshold(low, high): got {low:g} and {high:g}. Expected low < high.")
    return low, high


def _values(f: Any, x: Array) -> Array:
    """An activation at many points; of softmax the first of two outputs, the other sum being 0."""
    return nn.activations.curve(f, x)[0]
