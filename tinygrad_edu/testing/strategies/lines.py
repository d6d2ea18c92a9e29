"""The lines that random programs consist of: source with gaps for operands, and when it may be written.

    LINES       a `Line` for each way to make a value from one or two others
    own(op)     the line that calls an operation of a user

Whether a line fits is asked of the values that its operands have: their shapes, whether they lie in the domain that
the operation declares, and whether they keep a distance from its kinks and ties. So a program can be checked
numerically at its inputs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ...core.rules import Op, Rule, registry
from ...ops.domains import REAL, Domain
from .numbers import MARGIN, Array, intervals


def always(*_: Array) -> bool:
    """Of a line that fits everywhere."""
    return True


class Line(NamedTuple):
    """One operation as source: `text` has {x} and perhaps {y} for operands, and {option} for what is chosen."""

    text: str
    operands: int = 1
    fits: Callable[..., bool] = always
    options: Callable[..., Sequence[Any]] | None = None     # those that the operands leave to choose from
    smooth: bool = True                                     # wherever it fits, with nothing but one slope

    def written(self, names: Sequence[str], values: Sequence[Array], choice: int) -> str | None:
        """The source for these operands; None if they do not fit."""
        if not self.fits(*values):
            return None
        given = self.options(*values) if self.options else [None]
        if not given:
            return None
        return self.text.format(**dict(zip("xy", names, strict=False)), option=given[choice % len(given)])


# -- when lines fit ---------------------------------------------------------------------------------------------------


def in_domain(op: Op) -> Callable[..., bool]:
    """Whether all numbers lie where the operation is defined, away from its kinks, and the shapes broadcast."""
    domains = [op.domain.get(name, REAL) if isinstance(op.domain, dict) else op.domain or REAL
               for name in op.input_names]
    return lambda *values: broadcast(*values) and all(map(_lies_in, values, domains))


def _lies_in(x: Array, domain: Domain) -> bool:
    lows, highs = intervals(domain)
    return bool(np.all(np.any((lows <= x[..., None]) & (x[..., None] <= highs), axis=-1)))


def broadcast(*values: Array) -> bool:
    """Whether the shapes broadcast."""
    try:
        np.broadcast_shapes(*(x.shape for x in values))
    except ValueError:
        return False
    return True


def nonzero(x: Array, y: Array) -> bool:
    """Whether y divides x."""
    return broadcast(x, y) and bool(np.all(np.abs(y) >= MARGIN))


def apart(x: Array, y: Array) -> bool:
    """Whether no number of x is near one of y beside it."""
    return broadcast(x, y) and bool(np.all(np.abs(x - y) >= MARGIN))


def has_elements(x: Array) -> bool:
    """Whether there are axes and elements along them."""
    return x.ndim > 0 and x.size > 0


def without_ties(x: Array) -> bool:
    """Whether no two elements are near each other."""
    return has_elements(x) and bool(np.all(np.diff(np.sort(x, axis=None)) >= MARGIN))


def multiplies(x: Array, y: Array) -> bool:
    """Whether x @ y fits."""
    return bool(x.ndim and y.ndim and x.shape[-1] == y.shape[-2 if y.ndim > 1 else 0] and x.size and y.size
                and (min(x.ndim, y.ndim) < 3 or x.shape[:-2] == y.shape[:-2]))


# -- what is left to choose -------------------------------------------------------------------------------------------


def some_axes(x: Array) -> list[str]:
    """One axis, or all of them."""
    return [*map(str, range(-1, -x.ndim - 1, -1)), "None"]


def one_axis(x: Array) -> list[str]:
    """One axis."""
    return [*map(str, range(-1, -x.ndim - 1, -1))]


def picks(x: Array) -> list[str]:
    """Indices: of rows, backwards, with an element twice, with an axis more."""
    if not has_elements(x):
        return ["..., None"]
    return ["0", "-1", "..., ::-1", "..., None", "[0, 0]", "1:"][:6 if len(x) > 1 else 5]


def shapes_of_size(x: Array) -> list[str]:
    """Other shapes for as many elements."""
    return [str(shape) for shape in ((-1,), (1, x.size), (x.size, 1)) if x.size]


def same_rest(x: Array, y: Array) -> list[str]:
    """Axes along which two arrays can be joined."""
    return [str(i) for i in range(x.ndim) if x.ndim == y.ndim and x.shape[:i] + x.shape[i + 1:] ==
            y.shape[:i] + y.shape[i + 1:]]


# -- the lines --------------------------------------------------------------------------------------------------------

OPERATORS = [
    Line("{x} + {y}", 2, broadcast), Line("{x} * {y}", 2, broadcast), Line("{x} - {y}", 2, broadcast),
    Line("{x} / {y}", 2, nonzero), Line("-{x}"),
    Line("{option} * {x}", options=lambda x: ["2.0", "0.5", "-3.0"]),
    Line("{x} + {option}", options=lambda x: ["1.0", "0.5", "-2.0"]), Line("{x} ** 2"),
]
REDUCTIONS = [
    Line("tg.sum({x}, axis={option})", fits=has_elements, options=some_axes),
    Line("tg.mean({x}, axis={option}, keepdims=True)", fits=has_elements, options=some_axes),
    Line("tg.softmax({x}, axis={option})", fits=has_elements, options=one_axis),
    Line("tg.log_softmax({x}, axis={option})", fits=has_elements, options=one_axis),
    Line("tg.logsumexp({x}, axis={option})", fits=has_elements, options=some_axes),
    Line("tg.var({x}, axis={option})", fits=has_elements, options=some_axes),
    Line("tg.cumulative_sum({x}, axis={option})", fits=has_elements, options=one_axis),
    Line("tg.prod({x}, axis={option})", fits=has_elements, options=some_axes),
]
SHAPING = [
    Line("{x}[{option}]", options=picks),
    Line("tg.reshape({x}, {option})", options=shapes_of_size),
    Line("tg.matrix_transpose({x})", fits=lambda x: x.ndim > 1),
    Line("tg.flip({x}, axis={option})", fits=has_elements, options=one_axis),
    Line("tg.roll({x}, 1, axis={option})", fits=has_elements, options=one_axis),
    Line("tg.concat([{x}, {y}], axis={option})", 2, options=same_rest),
    Line("tg.stack([{x}, {y}])", 2, lambda x, y: x.shape == y.shape and x.ndim < 3),
    Line("{x} @ {y}", 2, multiplies),
    Line("tg.outer({x}, {y})", 2, lambda x, y: x.ndim == y.ndim == 1),
]
KINKED = [
    Line("tg.maximum({x}, {y})", 2, apart, smooth=False), Line("tg.minimum({x}, {y})", 2, apart, smooth=False),
    Line("tg.where({x} > 0.5, {x}, {y})", 2, lambda x, y: broadcast(x, y) and apart(x, np.array(0.5)), smooth=False),
    Line("tg.max({x}, axis={option})", fits=without_ties, options=some_axes, smooth=False),
    Line("tg.sort({x}, axis={option})", fits=without_ties, options=one_axis, smooth=False),
]
SPECIAL = {"maximum", "minimum", "remainder", "floor_divide", "sinc_derivative"}      # kinks where both inputs meet
FLAT = {"sign", "floor", "ceil", "round", "trunc", "positive"}                 # without a gradient, or without effect


def simply_called(op: Op) -> Line | None:
    """The call of an elementwise operation that is differentiable in all its inputs."""
    rules = [rule.kind for rule in op.rules.values()]
    if (op.foreign or op.kind not in ("elementwise", "selection") or op.option_names or op.many or len(rules) > 2
            or {Rule.NONE, Rule.MISSING} & {*rules} or op.name in SPECIAL | FLAT | {"matrix_transpose"}):
        return None
    kinked = any(each.kinks or each.kinks_every for each in _domains(op))
    return Line(f"tg.{op.name}({{x}}{', {y}' * (len(rules) - 1)})", len(rules), in_domain(op), smooth=not kinked)


def _domains(op: Op) -> list[Domain]:
    return list(op.domain.values()) if isinstance(op.domain, dict) else [op.domain or REAL]


def own(name: str, op: Op) -> Line:
    """The call of a user's operation of one or two inputs."""
    return Line(f"{name}({{x}}{', {y}' * (len(op.input_names) - 1)})", len(op.input_names), in_domain(op), smooth=False)


CALLS = [line for op in list(registry.values()) if (line := simply_called(op))]
LINES = [*OPERATORS, *REDUCTIONS, *SHAPING, *CALLS, *KINKED]
TAME = Line("tg.tanh({x})")                                         # fits where nothing else does


def is_tame(x: Any) -> bool:
    """Whether a value is one to go on with: floating, finite, of moderate size."""
    return bool(isinstance(x, (np.ndarray, np.floating)) and x.dtype.kind == "f" and 0 < x.size <= 64
                and math.isfinite(bound := float(np.max(np.abs(x)))) and bound <= 100)
