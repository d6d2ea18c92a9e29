"""Gradient descent that is seen: its path on a curve or a surface, from several starts, with several step sizes.

    path = gradient_descent_path(lambda x: x**4 - 2 * x**2, [-0.5, 0.1, 2.0], lr=0.05)
    path.paths          the points of each path          path.plot()        on the curve, or the surface's contours
    path.values         the function there               path.animate()     step by step, for notebooks

    descent_by_batches(loss, start, data)       all examples at once, mini-batches, and single examples

Each step is the same: the point moves against the gradient, p ← p − lr · ∇f(p). `surfaces.py` draws what it moves on.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core.modes import no_grad
from ..core.passes import quiet_gradients
from ..core.tensors import Tensor
from ..data.arrays import as_numbers
from ..data.loading import DataLoader
from ..errors import ArgumentError, ShapeError
from ..nn.plots import STYLES, axes_for, describe, legend, number, palette
from ..optim import SGD
from ..random import generator
from .player import Player, chosen_steps, filmed
from .surfaces import draw_surface, window

Array = np.ndarray[Any, Any]
FAR = 1e4                       # a path that is so many times farther away than it began is ended: it diverges
COLOURS = ("grad", "pos", "param", "neg", "input", "value")
MARKS = "osD^vP"


@dataclass(frozen=True)
class Descent:
    """The paths of gradient descent on a function of one or more numbers.

    `function(point)` gives the value at an array (n,). `paths` are arrays (steps + 1, n), the start first; a path that
    diverges is shorter. `values` are the function's values there, (steps + 1,); `labels` say what is special of
    each, `diverged` which did, and `names` how the numbers are called.
    """

    function: Callable[[Array], float]
    paths: list[Array]
    values: list[Array]
    labels: list[str]
    diverged: list[bool]
    names: list[str]

    @property
    def inputs(self) -> int:
        """Of how many numbers it is a function."""
        return int(self.paths[0].shape[1])

    @property
    def ends(self) -> Array:
        """Where the paths end: (paths, n)."""
        return np.stack([path[-1] for path in self.paths])

    def __str__(self) -> str:
        """Where each path begins and ends, in words; the text alternative of the pictures."""
        return self._said(max(map(len, self.paths)) - 1)

    __repr__ = __str__

    def _said(self, step: int) -> str:
        """Where the paths are after so many steps."""
        paths = [f"Gradient descent, {len(self.paths)} path{'s' if len(self.paths) > 1 else ''}."]
        for path, values, label, gone in zip(self.paths, self.values, self.labels, self.diverged, strict=True):
            last = min(step, len(path) - 1)
            away = ", and away without end" if gone and step >= len(path) - 1 else ""
            paths.append(f"{_what(label)}from {_point(path[0])} with value {number(values[0])} in {last} steps to "
                         f"{_point(path[last])} with value {number(values[last])}{away}.")
        return " ".join(paths)

    def plot(self, ax: Any = None, *, surface: bool = False, low: Any = None, high: Any = None) -> Any:
        """Draw the paths, one dot for each step: on the curve, or on the contours of the surface.

        Args:
            ax: the matplotlib axes to draw on; new ones if None. For `surface` they have projection="3d".
            surface: True for the surface of a function of two numbers in three dimensions.
            low: where the picture begins: a number, or one for each axis; None to see all paths that stay near.
            high: where it ends.
        Returns: the axes.
        """
        return self._drawn(ax, surface, low, high)[0]

    def animate(self, frames: int = 40, *, surface: bool = False, low: Any = None, high: Any = None) -> Player:
        """The paths step by step, as a Player that shows itself in a notebook.

        Args:
            frames: how many pictures at most; of more steps some are left out.
            surface: as in `plot`.
            low: as in `plot`.
            high: as in `plot`.
        """
        steps = chosen_steps(max(map(len, self.paths)), frames)
        ax, lines = self._drawn(None, surface, low, high)
        heights = self.inputs == 1 or surface

        def show(step: int) -> str:
            for (line, end), path, values in zip(lines, self.paths, self.values, strict=True):
                _put(line, path[:step + 1], values[:step + 1], heights)
                _put(end, path[:step + 1][-1:], values[:step + 1][-1:], heights)
            ax.set_title(f"step {step} of {steps[-1]}", fontsize="medium")
            return f"Step {step}. {self._said(step)}"

        return filmed(ax.figure, show, steps)

    def _drawn(self, ax: Any, surface: bool, low: Any, high: Any) -> tuple[Any, list[tuple[Any, Any]]]:
        """The axes, and for each path its line and the dot at its end."""
        if self.inputs > 2 or (surface and self.inputs != 2):
            wanted = "2 for a surface" if surface else "1 or 2, which can be drawn; the points are in `paths`"
            raise ArgumentError(f"Descent.plot: got a function of {self.inputs} numbers. Expected {wanted}.")
        ax = axes_for(ax, projection="3d" if surface else None)
        box = window(self.paths, self.values, low, high)
        inside = [each[(path[:, 0] >= box[0][0]) & (path[:, 0] <= box[0][1])]
                  for path, each in zip(self.paths, self.values, strict=True)]
        highest = float(max((each.max() for each in inside if len(each)), default=1.0))
        draw_surface(ax, self.function, box, self.names, highest, surface)
        lines = [self._draw_path(ax, i, surface) for i in range(len(self.paths))]
        if len(self.paths) > 1 or self.labels[0]:
            beside = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0)} if self.inputs == 2 and not surface else {}
            legend(ax, **beside)
        return describe(ax, str(self)), lines

    def _draw_path(self, ax: Any, i: int, surface: bool) -> tuple[Any, Any]:
        colours, heights = palette(ax), self.inputs == 1 or surface
        colour, mark = colours[COLOURS[i % len(COLOURS)]], MARKS[i % len(MARKS)]
        style = {"color": colour, "zorder": 10}
        blank: list[Any] = [[]] * (self.inputs + heights)
        line, = ax.plot(*blank, linestyle=STYLES[i % 4], marker=".", markersize=5, linewidth=1.3, **style)
        start, = ax.plot(*blank, mark, markerfacecolor=colours["paper"], markersize=8, **style)
        end, = ax.plot(*blank, mark, markersize=8, label=self.labels[i], **style)
        path, values = self.paths[i], self.values[i]
        for artist, part in ((line, slice(None)), (start, slice(1)), (end, slice(-1, None))):
            _put(artist, path[part], values[part], heights)
        return line, end


def _put(artist: Any, points: Array, values: Array, heights: bool) -> None:
    """Move a line to points (m, n), with the values as a last coordinate if the picture has one."""
    columns = [*points.T, values] if heights else list(points.T)
    (artist.set_data if len(columns) == 2 else artist.set_data_3d)(*columns)


def _what(label: str) -> str:
    """What a label says beside the start."""
    _, _, rate = label.partition(", lr ")
    rest = f"lr {rate}" if rate else "" if label.startswith("from ") else label
    return f"{rest}: " if rest else ""


def _point(p: Array) -> str:
    return number(p[0]) if len(p) == 1 else f"({', '.join(map(number, p))})"


# -- walking down -----------------------------------------------------------------------------------------------------


def gradient_descent_path(f: Callable[..., Any], starts: Any, lr: float | Sequence[float] = 0.1, steps: int = 50, *,
                          optimizer: Any = SGD) -> Descent:
    """Go down from each start, against the gradient, and remember the way.

    Args:
        f: a function of one number, f(x); of several, f(x, y); or of a vector, f(p); its result is one number.
        starts: one start or several: numbers for f(x), pairs of numbers for f(x, y), vectors for f(p).
        lr: the learning rate, or several, of which each goes from each start.
        steps: how many steps.
        optimizer: what takes a step, called as optimizer(params, lr=lr): tg.optim.SGD for plain gradient descent.
    Returns: a Descent, with `.paths`, `.plot()` and `.animate()`.
    Raises: ShapeError if the starts do not fit the function, or if f does not give one number.

    >>> path = gradient_descent_path(lambda x: (x - 3) ** 2, 0.0, lr=0.5, steps=2)
    >>> path.paths[0].tolist()
    [[0.0], [3.0], [3.0]]
    """
    if not callable(f):
        raise ArgumentError(f"gradient_descent_path(f): got {f!r:.60}. Expected a function, such as lambda x: x**2.")
    points = _starts(f, starts, 0)
    rates = _rates(lr)
    pairs = [(start, rate) for start in points for rate in rates]
    apart = len(points) > 1 or len(rates) == 1
    labels = [", ".join([*([f"from {_point(start)}"] if apart else []),
                         *([f"lr {number(rate)}"] if len(rates) > 1 else [])]) for start, rate in pairs]
    function = _Called(f, 0, points.shape[1])
    return _walked(function, [(start, optimizer, rate, None) for start, rate in pairs], _count(steps), labels)


def descent_by_batches(f: Callable[..., Any], start: Any, data: Sequence[Any], lr: float = 0.1, steps: int = 50, *,
                       batch_sizes: Sequence[int | None] = (None, 16, 1), optimizer: Any = SGD,
                       seed: int = 0) -> Descent:
    """Go down on a loss from one start, each step on all examples, on a mini-batch, or on a single example.

    Args:
        f: the loss, of the numbers that move and of examples: f(w, b, x, y), or f(p, x, y) with a vector p.
        start: where all paths begin: a number, or one for each number that moves.
        data: arrays with the examples along their first axis, such as (x, y).
        lr: the learning rate.
        steps: how many steps, that is how many batches.
        batch_sizes: examples in a step; None for all of them.
        optimizer: as for `gradient_descent_path`.
        seed: of the order of the examples.
    Returns: a Descent, whose values and surface are those of all examples.

    >>> import tinygrad_edu as tg
    >>> loss = lambda w, x: tg.mean((x - w) ** 2)               # smallest at the mean of x
    >>> path = descent_by_batches(loss, 0.0, [np.array([1.0, 2.0, 6.0])], lr=0.5, steps=1, batch_sizes=[None])
    >>> path.ends.tolist()
    [[3.0]]
    """
    arrays = DataLoader(*data).arrays                           # checks them
    points = _starts(f, start, len(arrays))
    if len(points) != 1:
        raise ShapeError(f"descent_by_batches(start): got {len(points)} starts. Expected one.")
    total = len(arrays[0])
    labels = [_batch_label(size, total) for size in batch_sizes]
    walks = [(points[0], optimizer, _rates(lr)[0], size if size is None else _batches(arrays, size, seed))
             for size in batch_sizes]
    return _walked(_Called(f, len(arrays), points.shape[1], arrays), walks, _count(steps), labels)


def _batch_label(size: int | None, total: int) -> str:
    if size is None or size >= total:
        return f"all {total} examples"
    return "single examples" if size == 1 else f"{size} examples"


def _batches(arrays: tuple[Array, ...], size: int, seed: int) -> Iterator[Any]:
    """Batches without end, epoch after epoch."""
    loader = DataLoader(*arrays, batch_size=size, seed=generator(seed))
    while True:
        for batch in loader:
            yield batch if isinstance(batch, tuple) else (batch,)


class _Called:
    """A function of numbers, or of one vector, and perhaps of examples; called with a list of Tensors or a point."""

    def __init__(self, f: Callable[..., Any], more: int, inputs: int, examples: tuple[Array, ...] = ()) -> None:
        self.f, self.examples = f, examples
        takes = _takes(f)
        self.vector = takes == 1 + more and inputs > 1
        self.names = ([*inspect.signature(f).parameters][:inputs] if takes == inputs + more
                      else [f"p[{i}]" for i in range(inputs)])

    def variables(self, point: Array) -> list[Tensor]:
        return [Tensor(point.copy())] if self.vector else [Tensor(float(each)) for each in point]

    def loss(self, variables: Sequence[Any], examples: tuple[Array, ...]) -> Any:
        value = self.f(*variables, *examples)
        if math.prod(getattr(value, "shape", ())) != 1:
            raise ShapeError(f"gradient descent: the function gave shape {value.shape}. Expected one number; "
                             "take its mean or sum.")
        return value

    def __call__(self, point: Array) -> float:
        with no_grad(), np.errstate(all="ignore"):
            value = self.loss(self.variables(point), self.examples)
        return float(value.item() if isinstance(value, Tensor) else value)


def _walked(function: _Called, walks: Sequence[Any], steps: int, labels: list[str]) -> Descent:
    found = [_walk(function, start, optimizer, lr, batches, steps) for start, optimizer, lr, batches in walks]
    return Descent(function, [path for path, _, _ in found], [values for _, values, _ in found], labels,
                   [gone for _, _, gone in found], function.names)


def _walk(function: _Called, start: Array, optimizer: Any, lr: float, batches: Any,
          steps: int) -> tuple[Array, Array, bool]:
    """The points of one path, the values there, and whether it diverges."""
    variables = function.variables(start)
    stepper, far = optimizer(variables, lr=lr), FAR * (1 + float(np.abs(start).max()))
    path, values, gone = [start], [function(start)], False
    for _ in range(steps):
        with np.errstate(all="ignore"):
            loss = function.loss(variables, function.examples if batches is None else next(batches))
            if isinstance(loss, Tensor) and loss.requires_grad:
                for p, g in zip(variables, quiet_gradients([loss], variables, [None], create_graph=False), strict=True):
                    p.grad = g
                stepper.step()
        point = np.concatenate([np.atleast_1d(p.numpy()) for p in variables]).astype(float)
        value = function(point)
        gone = not (np.isfinite(point).all() and math.isfinite(value) and np.abs(point).max() < far)
        if gone:
            break
        path.append(point)
        values.append(value)
    return np.stack(path), np.array(values), gone


# -- what is asked for ------------------------------------------------------------------------------------------------


def _takes(f: Callable[..., Any]) -> int | None:
    """How many arguments a function must be given; None if nobody can tell."""
    try:
        given = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):
        return None
    if any(each.kind is each.VAR_POSITIONAL for each in given):
        return None
    return sum(each.default is each.empty and each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)
               for each in given)


def _starts(f: Callable[..., Any], starts: Any, more: int) -> Array:
    """The starts as an array (starts, n), n being how many numbers the function is of."""
    array = as_numbers("starts", starts)
    takes = _takes(f)
    numbers = None if takes is None else takes - more
    if array.ndim == 1 and ((numbers is not None and numbers > 1) or (more and numbers == 1 and array.size > 1)):
        array = array[None, :]                                  # one start with several coordinates
    array = array.reshape(-1, 1) if array.ndim < 2 else array
    wanted = "numbers" if numbers == 1 else f"{numbers} numbers for each start"
    if array.ndim != 2 or not array.size or (numbers not in (None, 1) and array.shape[1] != numbers):
        raise ShapeError(f"gradient descent: got starts of shape {np.shape(starts)}. Expected {wanted}, as many as "
                         "the function takes.")
    if not np.isfinite(array).all():
        raise ArgumentError("gradient descent: a start is not finite.")
    return array


def _rates(lr: Any) -> list[float]:
    rates = [float(each) for each in np.atleast_1d(lr)]
    if not rates or not all(0 <= each < math.inf for each in rates):
        raise ArgumentError(f"lr: got {lr!r}. Expected a number of at least 0, or several.")
    return rates


def _count(steps: int) -> int:
    if steps != int(steps) or steps < 1:
        raise ArgumentError(f"steps: got {steps!r}. Expected a whole number of at least 1.")
    return int(steps)
