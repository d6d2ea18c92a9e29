"""Pictures of what a model says about examples: where its classes lie, which it confuses, and how a layer sees them.

    plot_decision_boundary(model, x, y)         two inputs: the regions of the classes
    plot_confusion(model, x, y)                 which class is taken for which, as a table
    plot_representation(model, x, y, layer)     the examples as the numbers that a layer makes of them

Each draws on a matplotlib axes and returns it, and says in words what it shows (`described(ax)`). Classes differ by
their marks as well as by their colours. Read `nn/plots.py` before this file, and `weights.py` after it.
"""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import nn
from ..core.modes import no_grad
from ..core.tensors import Tensor
from ..data.arrays import as_array, as_numbers
from ..errors import ArgumentError, ShapeError
from ..nn.plots import axes_for, describe, legend, number, palette
from ..nn.summary import evaluating, watched
from .loop import predict
from .metrics import confusion_matrix

Array = np.ndarray[Any, Any]
Names = Sequence[Any] | None
MARKS = "o^sDvP"                # of classes, if they are so few; else their numbers
FIRST_COLOURS = ("pos", "neg", "result", "param")


# -- classes ----------------------------------------------------------------------------------------------------------


def _labels(who: str, x: Array, y: Any, class_names: Names) -> tuple[Array, list[str]]:
    """The number of each example's class, and how the classes are called."""
    array = as_array("y", y)
    if array.ndim == 2:
        array = array[:, 0] if array.shape[1] == 1 else array.argmax(axis=1)
    if array.ndim != 1 or len(array) != len(x) or not len(x):
        raise ShapeError(f"{who}: got x of shape {x.shape} and y of shape {np.shape(y)}. Expected a class for each "
                         "example: (N,), or one-hot rows (N, K).")
    if array.dtype.kind in "USO":
        names, array = np.unique(array, return_inverse=True)
        class_names = list(names) if class_names is None else class_names
    if not np.array_equal(array, np.rint(array)) or array.min() < -1:
        raise ArgumentError(f"{who}: got y from {array.min():g} to {array.max():g}. Expected the numbers of classes: "
                            "0, 1, … (or −1 and 1).")
    labels: Array = np.maximum(array, 0).astype(np.int64)           # −1 is what a hinge loss calls class 0
    return labels, _named(who, class_names, int(labels.max()) + 1)


def _named(who: str, class_names: Names, count: int) -> list[str]:
    if class_names is None:
        return [f"{k}" for k in range(count)]
    if len(class_names) < count:
        raise ArgumentError(f"{who}(class_names): got {len(class_names)} names. Expected {count}, one a class.")
    return [str(each) for each in class_names]


def _colours(ax: Any, count: int) -> list[Any]:
    """A colour for each class, as dark or light as the labels of the axes ask for."""
    from matplotlib.colors import to_rgb
    tokens = palette(ax)
    if count <= len(FIRST_COLOURS):
        return [to_rgb(tokens[name]) for name in FIRST_COLOURS[:count]]
    lightness = 0.72 if sum(to_rgb(tokens["ink"])) > 1.5 else 0.36
    return [colorsys.hls_to_rgb((0.5 + k / count) % 1, lightness, 0.65) for k in range(count)]


def _mark(k: int, count: int) -> str:
    return MARKS[k] if count <= len(MARKS) else f"${k}$"


def _draw_examples(ax: Any, points: Array, labels: Array, names: list[str]) -> None:
    """The examples, points (N, 2), with the mark and the colour of their classes, and a legend."""
    colours, paper, few = _colours(ax, len(names)), palette(ax)["paper"], len(names) <= len(MARKS)
    for k, name in enumerate(names):
        chosen = points[labels == k]
        edge = {"edgecolors": paper, "linewidths": 0.5} if few else {"linewidths": 0.4}
        ax.scatter(chosen[:, 0], chosen[:, 1], s=28 if few else 22, marker=_mark(k, len(names)), color=[colours[k]],
                   label=name, zorder=3, **edge)
    legend(ax, loc="upper left", bbox_to_anchor=(1.0, 1.0))


# -- what a model says ------------------------------------------------------------------------------------------------


def outputs(model: Any, x: Array) -> Array:
    """What any kind of model or function gives for the examples x (N, n): numbers (N, K).

    Networks of single numbers run on all examples at once.
    """
    if isinstance(model, nn.MLP):
        model = model.to_dense()
    with no_grad():
        if isinstance(model, (nn.Neuron, nn.Layer)):
            neurons = model.neurons if isinstance(model, nn.Layer) else [model]
            columns = list(x.T) if x.ndim == 2 else [x]
            if len(columns) != len(neurons[0].w):
                raise ShapeError(f"got examples of shape {x.shape}. Expected (N, {len(neurons[0].w)}).")
            given = [neuron.activation(neuron.weighted_sum(columns)).numpy() for neuron in neurons]
            return np.stack(given, axis=1)
        found = predict(model, x) if isinstance(model, nn.Module) else model(x)
    array = as_numbers("what the model gives", found)
    if not array.ndim or len(array) != len(x):
        raise ShapeError(f"got a model that gives shape {array.shape} for {len(x)} examples. Expected (N,) or (N, K).")
    return array.reshape(len(x), -1)


def _shares(values: Array, threshold: float | None) -> Array:
    """How much each class is believed in, (N, K) from 0 to 1: outputs that are probabilities, or made so."""
    probable = bool((values >= 0).all() and (values <= 1).all())
    if values.shape[1] == 1:
        at = threshold if threshold is not None else 0.5 if probable else 0.0
        one = values[:, 0] - at
        scale = 0.5 if probable else max(float(np.abs(one).max()), 1e-300)
        share = np.clip(0.5 + 0.5 * one / scale, 0, 1)
        return np.stack([1 - share, share], axis=1)
    if probable:
        return values
    powers = np.exp(values - values.max(axis=1, keepdims=True))
    shares: Array = powers / powers.sum(axis=1, keepdims=True)
    return shares


# -- pictures ---------------------------------------------------------------------------------------------------------


def plot_decision_boundary(model: Any, x: Any, y: Any, class_names: Names = None, *, threshold: float | None = None,
                           resolution: int = 120, ax: Any = None) -> Any:
    """Draw the examples on the regions in which the model says each class; the lines between are the boundaries.

    A region is the paler, the less sure the model is.

    Args:
        model: of two inputs: any Module, a network of single numbers, or a function (N, 2) -> (N,) or (N, K).
        x: (N, 2) examples.
        y: (N,) their classes, or one-hot rows.
        class_names: how the classes are called.
        threshold: with one output, from where on it is class 1; None for 1/2 if all outputs are from 0 to 1, else 0.
        resolution: points along each side at which the model is asked.
        ax: the matplotlib axes to draw on; new ones if None.
    Returns: the axes.

    >>> from matplotlib.figure import Figure
    >>> x, y = [[-1.0, 0.0], [2.0, 1.0]], [0, 1]
    >>> ax = plot_decision_boundary(lambda x: x[:, 0], x, y, ax=Figure().subplots())
    >>> ax.get_label()
    'Decision boundary ... 2 of 2 examples lie in the region of their class.'
    """
    who = "plot_decision_boundary"
    x = _examples(who, x)
    if x.shape[1:] != (2,):
        raise ShapeError(f"{who}: got x of shape {x.shape}. Expected (N, 2), since a plane has two coordinates; "
                         "for more inputs see plot_representation.")
    labels, names = _labels(who, x, y, class_names)
    low, high = x.min(axis=0), x.max(axis=0)
    margin = np.where(high > low, 0.12 * (high - low), 1.0)
    sides = [np.linspace(a, b, resolution) for a, b in zip(low - margin, high + margin, strict=True)]
    plane = np.stack(np.meshgrid(*sides), axis=-1).reshape(-1, 2)
    shares = _shares(outputs(model, np.concatenate([plane, x])), threshold)
    names = names if len(names) >= shares.shape[1] else _named(who, class_names, shares.shape[1])
    regions, said = shares[:len(plane)].reshape(resolution, resolution, -1), shares[len(plane):].argmax(axis=1)
    ax = axes_for(ax)
    _regions(ax, sides, regions, _colours(ax, len(names)))
    _draw_examples(ax, x, labels, names)
    ax.set(xlabel="x₀", ylabel="x₁")
    areas = ", ".join(f"{names[k]} {np.mean(regions.argmax(axis=-1) == k):.0%}" for k in range(regions.shape[-1]))
    return describe(ax, f"Decision boundary for x₀ from {number(sides[0][0])} to {number(sides[0][-1])} and x₁ from "
                        f"{number(sides[1][0])} to {number(sides[1][-1])}. Areas of the classes: {areas}. "
                        f"{np.sum(said == labels)} of {len(x)} examples lie in the region of their class.")


def _regions(ax: Any, sides: list[Array], shares: Array, colours: list[Any]) -> None:
    """Colour each point by its likeliest class, and draw a line around each class."""
    best = shares.argmax(axis=-1)
    sure = shares.max(axis=-1) / np.maximum(shares.sum(axis=-1), 1e-300)
    picture = np.ones((*best.shape, 4))
    picture[..., :3] = np.array(colours)[best]
    picture[..., 3] = 0.08 + 0.34 * np.clip((sure - 1 / shares.shape[-1]) / (1 - 1 / shares.shape[-1]), 0, 1)
    step = [(side[-1] - side[0]) / (len(side) - 1) / 2 for side in sides]
    ax.imshow(picture, origin="lower", aspect="auto", interpolation="nearest",
              extent=(sides[0][0] - step[0], sides[0][-1] + step[0], sides[1][0] - step[1], sides[1][-1] + step[1]))
    for k in range(shares.shape[-1] if shares.shape[-1] > 2 else 1):
        lead = shares[..., k] - np.delete(shares, k, axis=-1).max(axis=-1)
        if lead.min() < 0 < lead.max():
            ax.contour(*sides, lead, levels=[0.0], colors=[palette(ax)["ink"]], linewidths=1.6)


def plot_confusion(model_or_matrix: Any, x: Any = None, y: Any = None, class_names: Names = None, *,
                   ax: Any = None) -> Any:
    """Draw which class (row) was taken for which (column), as counts; what is wrong is yellow.

    Args:
        model_or_matrix: a model, which is asked about x; or counts (K, K), as `confusion_matrix` gives.
        x: (N, ...) examples; only for a model.
        y: (N,) their classes, or one-hot rows; only for a model.
        class_names: how the classes are called.
        ax: the matplotlib axes to draw on; new ones if None.
    Returns: the axes; their texts are the counts, row by row.

    >>> from matplotlib.figure import Figure
    >>> plot_confusion([[8, 1], [0, 9]], class_names=["no", "yes"], ax=Figure().subplots()).get_label()
    'Confusion matrix of 2 classes: 17 of 18 right (94.4%). Most often wrong: no taken for yes: 1.'
    """
    if callable(model_or_matrix):
        examples = _examples("plot_confusion", x)
        labels, _ = _labels("plot_confusion", examples, y, class_names)
        given = outputs(model_or_matrix, examples)
        said = _shares(given, None).argmax(axis=1)
        counts = confusion_matrix(said, labels, max(given.shape[1], 2, int(labels.max()) + 1))
    else:
        counts = np.asarray(model_or_matrix)
        if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or not counts.size or counts.min() < 0:
            raise ShapeError(f"plot_confusion(matrix): got shape {counts.shape}. Expected counts (K, K); "
                             "for predictions write plot_confusion(confusion_matrix(predictions, y)).")
    names = _named("plot_confusion", class_names, len(counts))[:len(counts)]
    side = max(3.2, 0.46 * len(counts) + 1.4)
    ax = axes_for(ax, (side + 0.4, side))
    _table(ax, counts, names)
    right, total = int(np.trace(counts)), int(counts.sum())
    share = f"{right / total:.1%}" if total else "none"
    ax.set_title(f"{right:,} of {total:,} right: {share}", fontsize="medium")
    wrong = sorted(((int(counts[i, j]), i, j) for i, j in np.argwhere(counts) if i != j), key=lambda each: -each[0])
    pairs = [f"{names[i]} taken for {names[j]}: {count}" for count, i, j in wrong[:10]]
    return describe(ax, f"Confusion matrix of {len(names)} classes: {right} of {total} right ({share}). "
                        + (f"Most often wrong: {'; '.join(pairs)}." if pairs else "None is wrong."))


def _table(ax: Any, counts: Array, names: list[str]) -> None:
    """One cell for each pair of classes, coloured by its share of its row, with its count."""
    from matplotlib.colors import to_rgb
    colours = {name: np.array(to_rgb(each)) for name, each in palette(ax).items()}
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    right = np.eye(len(counts), dtype=bool)
    strength = np.where(right, 0.15 + 0.75 * share, np.where(counts > 0, 0.35 + 0.65 * np.sqrt(share), 0))[..., None]
    full = np.where(right[..., None], colours["result"], colours["warn"])
    cells = colours["paper"] + strength * (full - colours["paper"])
    ax.imshow(cells, interpolation="nearest")
    light = np.where(cells <= 0.04045, cells / 12.92, ((cells + 0.055) / 1.055) ** 2.4) @ (0.2126, 0.7152, 0.0722)
    for i, j in np.ndindex(*counts.shape):
        dark = light[i, j] < 0.179                  # there black and white have the same contrast (WCAG 2.2)
        ax.text(j, i, f"{counts[i, j]:,}" if counts[i, j] else "·", ha="center", va="center",
                color="white" if dark else "black", fontsize="small", fontweight="normal" if i == j else "bold")
    turned = 90 if max(map(len, names)) > 3 and len(names) > 4 else 0
    ax.set_xticks(range(len(names)), names, rotation=turned)
    ax.set_yticks(range(len(names)), names)
    ax.tick_params(length=0)
    ax.set(xlabel="what the model says", ylabel="what it is")


def plot_representation(model: Any, x: Any, y: Any, layer: Any = None, class_names: Names = None, *,
                        ax: Any = None) -> Any:
    """Draw the examples as a layer sees them: where what it gives for them lies.

    Of a layer with two units the axes are these; of one with a single unit, its output and the class; of one with
    more, the two directions in which its outputs differ most (principal components), with their share of it.

    Args:
        model: a Module that was built.
        x: (N, ...) examples.
        y: (N,) their classes, or one-hot rows.
        layer: one of the model's layers: its position in a Sequential, its dotted name, or the layer itself; None for
            what the model gives, "input" for the examples as they are.
        class_names: how the classes are called.
        ax: the matplotlib axes to draw on; new ones if None.
    Returns: the axes, with one set of points for each class.
    Source: principal components by singular values: Jolliffe 2002, Principal Component Analysis, section 3.5.

    >>> from matplotlib.figure import Figure
    >>> model = nn.Sequential([nn.Dense(5, 3, "tanh", seed=0), nn.Dense(2, seed=1)])
    >>> plot_representation(model, np.eye(3), [0, 0, 1], 0, ax=Figure().subplots()).get_label()
    '3 examples as layer layers.0 sees them, which gives 5 numbers for each; ...'
    """
    who = "plot_representation"
    x = _examples(who, x)
    labels, names = _labels(who, x, y, class_names)
    path, given = _seen_by(model, x, layer)
    points, axes, kept = _flattened(given.reshape(len(x), -1).astype(float), labels)
    ax = axes_for(ax)
    _draw_examples(ax, points, labels, names)
    ax.set(xlabel=axes[0], ylabel=axes[1])
    if given[0].size == 1:
        ax.set_yticks(range(len(names)), names)
        ax.set_ylim(-0.5, len(names) - 0.5)
    centres = " ".join(f"{name}: {np.sum(labels == k)} examples around ({', '.join(map(number, middle))})."
                       for k, name in enumerate(names) if (labels == k).any()
                       for middle in [points[labels == k].mean(axis=0)])
    return describe(ax, f"{len(x)} examples as {path} sees them, {kept}. {centres}")


def _seen_by(model: Any, x: Array, layer: Any) -> tuple[str, Array]:
    """The layer's name, and what it gives for the examples."""
    if isinstance(layer, str) and layer == "input":
        return "the input", x
    if isinstance(model, nn.MLP):
        model = model.to_dense()
    seen: dict[str, Any] = {}
    wanted = model if layer is None else layer
    if isinstance(layer, (int, np.integer)):
        layers = getattr(model, "layers", None)
        if layers is None or not -len(layers) <= layer < len(layers):
            count = 0 if layers is None else len(layers)
            raise ArgumentError(f"plot_representation(layer): got {layer}. {type(model).__name__} has {count} layers "
                                "to choose from by position; write the layer itself, or its dotted name.")
        wanted = layers[int(layer)]

    def look(path: str, module: Any, out: Any) -> None:
        if (module is wanted or path == wanted) and isinstance(out, (Tensor, np.ndarray)):
            seen[path] = out.numpy() if isinstance(out, Tensor) else out

    with no_grad(), evaluating(model), watched(look):
        model(x)
    if not seen:
        known = ", ".join(repr(path) for path, _ in model.named_modules() if path)
        raise ArgumentError(f"plot_representation(layer): got {layer!r:.60}. Expected a layer that runs in the model: "
                            f"its position, or one of {known or 'none'}.")
    path, found = next(iter(seen.items()))
    return f"layer {path}" if path else "the model", found


def _flattened(values: Array, labels: Array) -> tuple[Array, tuple[str, str], str]:
    """Two coordinates for each example, what they are called, and how they were found, in words."""
    if values.shape[1] == 1:
        return np.stack([values[:, 0], labels], axis=1), ("output", "class"), "which gives one number for each"
    if values.shape[1] == 2:
        return values, ("output of unit 0", "output of unit 1"), "which gives two numbers for each"
    centred = values - values.mean(axis=0)
    _, lengths, directions = np.linalg.svd(centred, full_matrices=False)
    largest = np.abs(directions[:2]).argmax(axis=1)
    directions = directions[:2] * np.sign(directions[[0, 1][:len(largest)], largest])[:, None]    # the sign is free
    share = np.square(lengths) / max(float(np.square(lengths).sum()), 1e-300)
    coordinates = np.zeros((len(values), 2))
    coordinates[:, :len(directions)] = centred @ directions.T
    kept = [float(each) for each in [*share[:2], 0.0][:2]]
    axes = (f"first component ({kept[0]:.0%} of the differences)", f"second component ({kept[1]:.0%})")
    return coordinates, axes, (f"which gives {values.shape[1]} numbers for each; drawn are the two directions with "
                               f"{kept[0]:.0%} and {kept[1]:.0%} of their differences")


def _examples(who: str, x: Any) -> Array:
    array = as_array("x", x)
    if x is None or array.ndim < 1 or not len(array):
        raise ShapeError(f"{who}: got {'no x' if x is None else f'x of shape {array.shape}'}. Expected examples along "
                         "the first axis of x.")
    return array
