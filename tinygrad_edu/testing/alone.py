"""An operation alone: taken out of a recorded graph, computed again in float64, and measured.

    Alone       the operation with its inputs and options: its results, what a rule makes of a gradient, the true one

Read `numerical.py` before this file and `rule_walk.py` after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core import values
from ..core.backprop import ITEM, contribution_of, fitted, raw_value
from ..core.modes import switched
from ..core.ops import apply
from ..core.rules import Op, Rule
from ..core.tensors import Tensor
from .evidence import Diagnosis
from .numerical import Estimate, numerical_gradient
from .repairs import Trial, repaired
from .report import InputReport
from .roughly import Budget, jacobian

NEAR = 0.1                  # how far from x results are looked at for their size, relative to x
ROUGH = 1e-8                # how far a slope in a hurry is off, relative to the largest
DIGITS = 1e-12              # what is less than so many digits of them is rounding
MOST_SHAKEN = 128           # entries of an input that are moved to see whether the results are continuous


def raw_of(x: Any) -> Any:
    """The raw value of an input."""
    return x._value if x.__class__ is Tensor else x


def is_floating(x: Any) -> bool:
    """Whether a raw value is floating-point."""
    return x.__class__ is float or (isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind == "f")


def in_float64(x: Any) -> Any:
    """A raw value in float64, if it is floating-point."""
    return np.asarray(x, np.float64)[()] if is_floating(x) else x


def weights_of(gs: Iterable[Any]) -> np.ndarray:
    """The gradients of the floating-point results, one after the other."""
    return np.concatenate([np.zeros(0), *(np.ravel(g) for g in gs if np.asarray(g).dtype.kind == "f")])


def exchanged(inputs: tuple[Any, ...], position: int, x: Any) -> tuple[Any, ...]:
    """Inputs with another value of one."""
    return (*inputs[:position], x, *inputs[position + 1:])


@dataclass
class Alone:
    """An operation on its own: raw inputs in float64, options, and the forward function."""

    op: Op
    inputs: tuple[Any, ...]
    options: dict[str, Any]

    def name_of(self, position: int) -> str:
        """How messages call an input."""
        return f"{self.op.many}[{position}]" if self.op.many else self.op.input_names[position]

    @classmethod
    def of(cls, node: Tensor) -> Alone | None:
        """That of a node; None if its result cannot be had again, or is not finite."""
        inputs = tuple(in_float64(raw_of(x)) for x in node.inputs)
        alone = cls(node.op, inputs, {name: node._options[name] for name in node.op.option_names})
        try:
            first, second = alone.results(inputs), alone.results(inputs)
        except Exception:
            return None
        return alone if first.size and np.isfinite(first).all() and np.array_equal(first, second) else None

    def at_random(self, shapes: Iterable[tuple[int, ...]], seed: int) -> Alone:
        """The same with random floating-point inputs of other shapes."""
        rng = np.random.default_rng(seed)
        inputs = tuple(rng.uniform(0.5, 2.0, shape) if is_floating(x) else x
                       for x, shape in zip(self.inputs, shapes, strict=True))
        return Alone(self.op, inputs, self.options)

    def parts(self, inputs: tuple[Any, ...]) -> list[Any]:
        """The results for other inputs, as raw values."""
        with np.errstate(all="ignore"):
            out = self.op.forward(list(inputs), **self.options) if self.op.many else \
                self.op.forward(*inputs, **self.options)
        out = out[0] if self.op.saved_names else out
        return list(out) if self.op.results else [out]

    def results(self, inputs: tuple[Any, ...]) -> np.ndarray:
        """The floating-point results for other inputs, one after the other."""
        found = [np.asarray(part) for part in self.parts(inputs)]
        return np.concatenate([np.zeros(0), *(part.ravel() for part in found if part.dtype.kind == "f")])

    def drawn_gradient(self, seed: int) -> list[Any]:
        """A random gradient for each result, 0 for those that are not floating-point."""
        rng = np.random.default_rng(seed)
        found = []
        for part in map(np.asarray, self.parts(self.inputs)):
            drawn = rng.uniform(0.5, 2.0, part.shape) * rng.choice([-1.0, 1.0], part.shape)
            found.append(drawn if part.dtype.kind == "f" else np.zeros(part.shape, part.dtype))
        return found

    def recorded(self, gs: list[Any]) -> tuple[Tensor, Any]:
        """The operation as a node of a graph of its own, and a gradient in the form that its rules take."""
        with switched(recording=True, anomaly=False, module=None), np.errstate(all="ignore"):
            out = apply(self.op, tuple(Tensor(x) if is_floating(x) else x for x in self.inputs), self.options)
        made = next(each for each in out if each.op is ITEM).inputs[0] if self.op.results else out
        return made, self.op.results(*map(values.settle, gs)) if self.op.results else values.settle(gs[0])

    def pulled(self, gs: list[Any], position: int) -> tuple[Any, Any]:
        """What the rule makes of a gradient: as it gives it, and in the shape of the input (None if it cannot be)."""
        rule = self.op.rule_of(position)
        if rule.kind == Rule.NONE:
            return (np.zeros(np.shape(self.inputs[position])),) * 2
        made, g = self.recorded(gs)
        with np.errstate(all="ignore"):
            raw = contribution_of(rule, made, g, position, raw_value)
            try:
                return np.asarray(raw), np.asarray(fitted(raw, made.inputs[position], rule, False))
            except Exception:
                return np.asarray(raw), None

    def changed_in_place(self, gs: list[Any], position: int) -> tuple[str, Any]:
        """What the rule changes of the arrays that it is given, in words (empty if nothing); and what it gives."""
        rule = self.op.rule_of(position)
        if rule.kind in (Rule.NONE, Rule.MISSING, Rule.JUST_G):
            return "", None
        made, g = self.recorded(gs)
        arguments = rule.arguments(made, values.strong(g), position, raw_value)
        before = [np.array(each) if isinstance(each, np.ndarray) else each for each in arguments]
        with np.errstate(all="ignore"):
            claimed = rule.call(*arguments)
        for (_, name), old, new in zip(rule.wants, before, arguments, strict=True):
            if isinstance(old, np.ndarray) and not np.array_equal(old, new, equal_nan=old.dtype.kind == "f"):
                return {"g": "the gradient that arrived", "out": "the result"}.get(name, f"its input {name}"), claimed
        return "", None

    def repaired(self, gs: list[Any], position: int, true: Any, error: Any, budget: Budget) -> Diagnosis | None:
        """The one change inside the rule that makes it right."""
        rule = self.op.rule_of(position)
        if rule.kind in (Rule.NONE, Rule.MISSING):
            return None
        made, g = self.recorded(gs)
        arguments = rule.arguments(made, values.strong(g), position, raw_value)
        named = [(name, each) for (_, name), each in zip(rule.wants, arguments, strict=True)]
        known = [(self.name_of(i), raw_value(made, x)) for i, x in enumerate(made.inputs)]
        if not self.op.results:
            known.append(("out", raw_value(made, made)))
        return repaired(Trial(rule.call, named, known, lambda found: fitted(found, made.inputs[position], rule, False),
                              true, error, budget))

    # -- measuring ----------------------------------------------------------------------------------------------------

    def along(self, gs: list[Any], position: int, inputs: tuple[Any, ...] | None = None) -> Callable[[Any], float]:
        """The sum of gradients times results, as a function of one input alone."""
        weights, given = weights_of(gs), self.inputs if inputs is None else inputs
        return lambda x: float(weights @ self.results(exchanged(given, position, x)))

    def report(self, gs: list[Any], position: int) -> InputReport:
        """What a check of the rule's gradient finds."""
        from .checks import found  # (which asks for the rule that is wrong, and so for this module)

        def gradient(x: Any) -> Any:
            return Alone(self.op, exchanged(self.inputs, position, x), self.options).pulled(gs, position)[1]

        return found(self.along(gs, position), (self.inputs[position],), gradient).inputs[0]

    def rounding(self, gs: list[Any], position: int) -> np.ndarray:
        """How far rounding may move each slope, if results near x are rounded as their size is: det(x) may be 0."""
        along, x = self.along(gs, position), np.array(self.inputs[position])
        rng, reach = np.random.default_rng(0), np.where(x == 0, np.max(np.abs(x), initial=0.0) or 1.0, np.abs(x))
        around = [along(x + NEAR * rng.uniform(-1, 1, x.shape) * reach) for _ in range(4)]
        return np.asarray(DIGITS * np.max(np.abs([0.0, along(x), *filter(np.isfinite, around)])) / reach)

    def is_steady(self, gs: list[Any], position: int, slopes: np.ndarray) -> bool:
        """Whether the results hardly change when an entry hardly does: signs of eigenvectors may turn anywhere."""
        steepest = float(np.max(np.abs(slopes), initial=0.0))
        along, x = self.along(gs, position), np.array(self.inputs[position])
        here, size = along(x), float(np.abs(weights_of(gs)) @ np.abs(self.results(self.inputs)))
        for entry in range(min(x.size, MOST_SHAKEN)):
            for h in (2.0**-24, -(2.0**-24), 2.0**-36, -(2.0**-36)):
                moved, step = x.copy(), h * (abs(x.flat[entry]) or 1.0)
                moved.reshape(-1)[entry] += step
                if abs(along(moved) - here) > 0.01 * size + 1e4 * steepest * abs(step):
                    return False
        return True

    def rough_gradient(self, gs: list[Any], position: int) -> Estimate:
        """The same in little time: to some digits, with a guess at the error."""
        along, x = self.along(gs, position), np.asarray(self.inputs[position])
        found = jacobian(lambda moved: np.array([along(moved)]), x, 2.0**-52).reshape(x.shape)
        return Estimate(found, np.full(x.shape, ROUGH * np.max(np.abs(found), initial=0.0)))

    def true_gradient(self, gs: list[Any], position: int, inputs: tuple[Any, ...] | None = None) -> Estimate:
        """The numerical gradient and its error bound."""
        x = (self.inputs if inputs is None else inputs)[position]
        found: Estimate = numerical_gradient(self.along(gs, position, inputs), x)
        return found
