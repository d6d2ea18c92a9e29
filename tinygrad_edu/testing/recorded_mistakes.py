"""Mistakes that show only beside other numbers: those of the recorded graph, of the inputs, of other inputs.

    not_finite          NaN or infinity, and the operation where it began
    missing_factor      the chain rule forgotten: a derivative that was computed elsewhere is missing, or one too many
    way_back            one way through the graph has the wrong sign, is missing, counted twice, or the only one
    stale               the gradient is right for another value of an input

Each takes the evidence and gives a Diagnosis, or None if it does not fit.
Read `mistakes.py` before this file and `diagnosis.py` after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np

from ..core import values
from ..core.backprop import ITEM, Plan, Step, contribution_of, raw_value, steps, sum_to
from ..core.modes import enable_grad
from ..core.rules import Rule
from ..core.tensors import Tensor
from ..core.walk import made_from
from .evidence import Diagnosis, Evidence, Mismatch, brief

MOST_EDGES = 120            # of longer graphs not every edge is left out in turn
MOST_FACTORS = 200
MOST_EVALUATIONS = 4000     # entries times other inputs at which to measure a whole gradient
STEPS = (1.0, 0.5, 0.3, 0.1, 0.05, 0.03, 0.01, 0.001)       # usual learning rates


# -- NaN and infinity --------------------------------------------------------------------------------------------------


def not_finite(m: Mismatch) -> Diagnosis | None:
    """NaN, or infinity where the true gradient is finite."""
    claimed = np.asarray(m.claimed, np.float64)
    bad = np.isnan(claimed) | (np.isinf(claimed) & np.isfinite(np.broadcast_to(m.true, claimed.shape)))
    if not bad.any():
        return None
    is_nan = bool(np.isnan(claimed).any())
    where = f" in {'all' if bad.all() else f'{int(bad.sum())} of'} {bad.size} entries" if bad.shape else ""
    began, origin = _origin(m)
    cause = f": {began}" if began else ""
    x = np.asarray(m.inputs[m.position])
    if not origin and x.shape == bad.shape and np.array_equal(bad, x == x[bad].flat[0]):
        cause = f": where {m.name} = {brief(x[bad].flat[0])}" if bad.shape else f" at {m.name} = {brief(x)}"
    what, kind = ("NaN", "nan") if is_nan else ("infinite", "infinite")
    return Diagnosis(f"is {what}{where}{cause}", kind, origin, bad)


def _origin(m: Mismatch) -> tuple[str, str]:
    """What began where, in a few words and in a sentence."""
    for step in _pass(m, careful=True):
        if step.rule is None or isinstance(step.summed, tuple) or not values.is_finite(step.arriving):
            continue
        if not values.is_finite(step.summed):
            name, place = step.rule.op.name, f", {step.node.position}" if step.node.position else ""
            made, g = np.asarray(step.contribution), np.asarray(step.arriving)
            zero = bool(np.isnan(made).any() and np.all(np.broadcast_to(g, made.shape)[np.isnan(made)] == 0)
                        if np.broadcast_shapes(g.shape, made.shape) == made.shape else False)
            text = (f"It began at {name}{place}: its rule for {step.rule.argument} gave "
                    f"{'NaN where 0' if zero else brief(made) + ' where ' + brief(g)} arrived.")
            first = "0 · inf" if zero else "NaN" if np.isnan(made).any() else "infinity"
            return f"{first} in {_place(step.node)}", text
    return "", ""


def _pass(m: Mismatch, careful: bool = False, change: Callable[[Step, dict[Tensor, Any]], None] | None = None,
          ) -> Iterator[Step]:
    """The steps of a backward pass from the recorded outputs; `change` may alter the totals after each."""
    outputs = m.outputs()
    starts = list(m.cotangent) if isinstance(m.cotangent, (list, tuple)) else [m.cotangent] * len(outputs)
    if not m.variables or not outputs or len(starts) != len(outputs):
        return
    seeds = {output: values.settle(np.ones(output.shape, output.dtype) if start is None else
                                   np.broadcast_to(np.asarray(start, output.dtype), output.shape).copy())
             for output, start in zip(outputs, starts, strict=True)}
    results, leaves = made_from(seeds, needing_gradient=True)
    plan = Plan(results, leaves, seeds, careful=careful)
    with enable_grad():
        for step in steps(plan):
            if change is not None:
                change(step, plan.totals)
            yield step


# -- the chain rule forgotten ------------------------------------------------------------------------------------------


def missing_factor(e: Evidence) -> Diagnosis | None:
    """The claimed gradient lacks a factor that was computed elsewhere, or has one twice."""
    for text, factor in _factors(e.mismatch):
        for placed in _placed(factor, e.shape):
            if placed.size > 1 and np.ptp(placed) == 0:
                continue                                # a constant factor is another mistake
            without = np.where(placed != 0, e.true / placed, np.nan)            # where it is 0, anything may stand
            if not np.any(e.is_not_0 & ~np.isfinite(without)):
                for sign, word in ((1.0, ""), (-1.0, "-")):
                    if e.fits(sign * without, np.abs(e.error / placed), formula="pairs"):
                        return Diagnosis(f"lacks a factor {word}{text}: the chain rule is not applied",
                                         "chain rule", "An inner derivative is missing.", e.wrong)
            if e.fits(e.true * placed, np.abs(e.error * placed), formula="pairs"):
                return Diagnosis(f"has a factor {text} too many", "chain rule", "", e.wrong)
    return None


def _factors(m: Mismatch) -> Iterator[tuple[str, np.ndarray]]:
    """What a gradient may lack: the derivatives of usual functions, then those of the operations in the graph."""
    for i, x in enumerate(m.inputs):
        array = np.asarray(x)
        if array.dtype.kind == "f":
            yield from _usual(array.astype(np.float64), m.name_of(i))
    for output in m.outputs():
        yield from _usual_of_result(np.asarray(output.data, np.float64))
    count = 0
    results, _ = made_from(m.outputs() if m.variables else [], needing_gradient=True)
    for node in results:
        if node.op.kind != "elementwise" or count > MOST_FACTORS:
            continue
        for index, x in enumerate(node.inputs):
            rule = node.op.rule_of(index)
            if x.__class__ is Tensor and x.requires_grad and rule.kind != Rule.NONE:
                count += 1
                try:
                    found = contribution_of(rule, node, values.settle(np.ones(node.shape)), index, raw_value)
                except Exception:
                    continue                            # such a rule is named by `rule_walk.py`
                yield f"d {_place(node, f'{node.op.name} / d {rule.argument}')}", np.asarray(found, np.float64)


def _usual(x: np.ndarray, name: str) -> Iterator[tuple[str, np.ndarray]]:
    """The derivatives of usual functions at an input."""
    tanh, sigmoid = np.tanh(x), 1 / (1 + np.exp(-x))
    yield from ((name, x), (f"2 {name}", 2 * x), (f"{name}²", x * x), (f"3 {name}²", 3 * x * x),
                (f"1 / {name}", 1 / x), (f"1 / {name}²", 1 / x**2), (f"1 / (2 sqrt({name}))", 0.5 / np.sqrt(x)),
                (f"cos({name})", np.cos(x)), (f"sin({name})", np.sin(x)), (f"1 / cos({name})²", 1 / np.cos(x)**2),
                (f"exp({name})", np.exp(x)), (f"exp(-{name})", np.exp(-x)), (f"log({name})", np.log(x)),
                (f"1 - tanh({name})²", 1 - tanh * tanh), (f"1 + {name}²", 1 + x * x),
                (f"sigmoid({name}) (1 - sigmoid({name}))", sigmoid * (1 - sigmoid)), (f"sign({name})", np.sign(x)))


def _usual_of_result(out: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Derivatives that are written with the result."""
    yield from (("out", out), ("2 out", 2 * out), ("out²", out * out), ("1 - out", 1 - out),
                ("1 - out²", 1 - out * out), ("1 + out²", 1 + out * out), ("out (1 - out)", out * (1 - out)))


def _placed(factor: np.ndarray, shape: tuple[int, ...]) -> Iterator[np.ndarray]:
    """A factor broadcast to a shape, with its axes at each choice of axes where its lengths fit."""
    if factor.ndim == 0:
        yield np.broadcast_to(factor, shape)
        return
    for axes in combinations(range(len(shape)), factor.ndim):
        if all(n in (1, shape[axis]) for n, axis in zip(factor.shape, axes, strict=True)):
            full = [1] * len(shape)
            for n, axis in zip(factor.shape, axes, strict=True):
                full[axis] = n
            yield np.broadcast_to(factor.reshape(full), shape)


# -- one way through the graph -----------------------------------------------------------------------------------------


def way_back(e: Evidence) -> Diagnosis | None:
    """One edge of the graph explains it: its contribution is missing, negated, counted twice, or alone."""
    m = e.mismatch
    if m.position >= len(m.variables) or not m.variables[m.position].requires_grad:
        return None
    target = m.variables[m.position]
    try:
        passed = [step for step in _pass(m) if step.rule is not None and step.rule.op is not ITEM]
    except Exception:
        return None                                     # a rule that raises is named by `rule_walk.py`
    if not passed or len(passed) > MOST_EDGES:
        return None
    whole = e.in_scale(_arriving(m, target, None, None))
    edges = [(step.node, step.position) for step in reversed(passed)]           # those next to the input first
    parts = [whole - e.in_scale(_arriving(m, target, edge, _left_out)) for edge in edges]
    not_all = [np.any(np.abs(whole - part) > 1e-9 * np.abs(whole)) for part in parts]
    for explain in (_in_part, _alone):
        for edge, part, is_part in zip(edges, parts, not_all, strict=True):
            found = explain(e, part, edge[0]) if is_part and np.any(part) and part.shape == e.shape else None
            if found is not None:
                return found
    return next((found for edge in edges if (found := _skipped(e, m, target, edge)) is not None), None)


def _in_part(e: Evidence, part: np.ndarray, node: Tensor) -> Diagnosis | None:
    """Whether claimed and true differ by a multiple of what flows along one edge."""
    rounding = e.error + 1e-12 * np.abs(part)
    fits = partial(e.fits, error=rounding, formula="pairs")
    if fits(e.true - 2 * part) or fits(e.true + 2 * part):
        return Diagnosis(f"has the wrong sign in what flows through {_place(node)}", "sign", _line(node), e.wrong)
    if fits(e.true - part):
        return Diagnosis(f"lacks what flows through {_place(node)}: not connected", "not connected", _line(node),
                         e.wrong)
    if fits(e.true + part):
        return Diagnosis(f"counts what flows through {_place(node)} twice", "accumulated twice", _line(node), e.wrong)
    return None


def _alone(e: Evidence, part: np.ndarray, node: Tensor) -> Diagnosis | None:
    """Whether only the contribution of one edge is left."""
    if not e.fits(part, e.error + 1e-12 * np.abs(part), formula="pairs"):
        return None
    return Diagnosis(f"is only what flows through {_place(node)}", "overwritten",
                     "Contributions are overwritten, not accumulated.", e.wrong)


def _place(node: Tensor, what: str = "") -> str:
    """`tanh at lesson.py:12`."""
    what, where = what or node.op.name, node.position
    return f"{what} at {where.place}" if where else str(what)


def _line(node: Tensor) -> str:
    return f"There: {node.position.text}" if node.position and node.position.text else ""


def _skipped(e: Evidence, m: Mismatch, target: Tensor, edge: tuple[Tensor, int]) -> Diagnosis | None:
    """Whether the derivative of one operation was forgotten: its gradient passed on as it came."""
    node, position = edge
    mixes = node.op.kind != "elementwise" and (node.op.kind != "selection" or node.shape != node.inputs[position].shape)
    if mixes or node.op.rule_of(position).kind == Rule.JUST_G:
        return None
    if not e.fits(e.in_scale(_arriving(m, target, edge, _passed_on)), e.error * 4, formula="pairs"):
        return None
    return Diagnosis(f"lacks the derivative of {_place(edge[0])}: the chain rule is not applied", "chain rule",
                     _line(edge[0]), e.wrong)


def _arriving(m: Mismatch, target: Tensor, edge: tuple[Tensor, int] | None,
              how: Callable[[Step], Any] | None) -> np.ndarray:
    """The gradient of `target`, if one edge of the graph hands on something else."""
    final: dict[Tensor, Any] = {}

    def change(step: Step, totals: dict[Tensor, Any]) -> None:
        if edge is not None and how is not None and step.node is edge[0] and step.position == edge[1]:
            new = how(step)
            totals[step.input] = new if step.before is None else step.before + new
        if step.input is target:
            final[target] = totals[target]

    for _ in _pass(m, change=change):
        pass
    return np.asarray(final.get(target, np.zeros(target.shape)), np.float64)


def _left_out(step: Step) -> Any:
    return values.settle(np.zeros(step.input.shape))


def _passed_on(step: Step) -> Any:
    try:
        return values.settle(np.asarray(sum_to(np.asarray(step.arriving, np.float64), step.input.shape)))
    except Exception:
        return step.summed                              # of another shape: it cannot have been passed on


# -- another value of an input -----------------------------------------------------------------------------------------


def stale(e: Evidence) -> Diagnosis | None:
    """The claimed gradient is the true one for other inputs."""
    m = e.mismatch
    if m.gradient_at is None:
        return None
    relative = np.max((e.error / np.abs(e.true))[e.is_not_0], initial=0.0)
    budget = MOST_EVALUATIONS // max(e.true.size, 1)
    for inputs, text in _other_inputs(m):
        try:
            if not _may_be_meant(e, inputs):
                continue
            if budget == 0:
                return None
            budget -= 1
            found = e.in_scale(m.gradient_at(inputs))
        except Exception:
            continue                                    # not defined there
        error = 4 * np.maximum(e.error, min(relative, 1e-3) * np.abs(found))
        if found.shape == e.shape and e.fits(found, error, formula="values"):
            return Diagnosis(f"is right for {text}", "stale", "A value was kept from somewhere else.", e.wrong)
    return None


def _may_be_meant(e: Evidence, inputs: tuple[Any, ...]) -> bool:
    """Whether one of the wrong entries is what it would be for other inputs."""
    if e.mismatch.slope_at is None:
        return True
    entry = int(np.flatnonzero(e.wrong)[0])
    slope, claimed = float(e.in_scale(e.mismatch.slope_at(inputs, entry))), float(e.claimed.flat[entry])
    return abs(slope - claimed) <= 1e-3 * max(abs(slope), abs(claimed)) + 4 * float(e.error.flat[entry])


def _other_inputs(m: Mismatch) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Other inputs for which a gradient may have been computed, and how to say so; the likeliest first."""
    for earlier in reversed(m.earlier):
        pairs = zip(earlier, m.inputs, strict=False)
        changed = [i for i, (old, new) in enumerate(pairs) if not np.array_equal(old, new)]
        if changed and len(earlier) == len(m.inputs):
            shown = " and ".join(f"{m.name_of(i)} = {brief(earlier[i])}" for i in changed)
            yield tuple(earlier), f"{shown}, an earlier value"
            for i in changed if len(changed) > 1 else ():
                yield _with(m, i, earlier[i]), f"{m.name_of(i)} = {brief(earlier[i])}, an earlier value"
    floating = [i for i, x in enumerate(m.inputs) if np.asarray(x).dtype.kind == "f"]
    for i in floating:
        x, name = np.asarray(m.inputs[i]), m.name_of(i)
        for k, other in enumerate(m.inputs):
            if k != i and np.shape(other) == x.shape and np.asarray(other).dtype.kind == "f":
                yield _with(m, i, other), f"{name} = {m.name_of(k)}"
        for output in m.outputs():
            if output.shape == x.shape:
                yield _with(m, i, output.numpy()), f"{name} = the result of the function"
        yield _with(m, i, np.zeros_like(x)), f"{name} = 0"
        yield _with(m, i, np.ones_like(x)), f"{name} = 1"
        yield _with(m, i, -x), f"-{name} in place of {name}"
        yield _with(m, i, np.rint(x)), f"{name} rounded to whole numbers"
    x, claimed = np.asarray(m.inputs[m.position]), np.asarray(m.claimed)
    for step in STEPS if x.shape == claimed.shape else ():
        yield (_with(m, m.position, x + step * claimed),
               f"an earlier {m.name}, before a step of gradient descent by {step:g}")


def _with(m: Mismatch, position: int, x: Any) -> tuple[Any, ...]:
    like = np.asarray(m.inputs[position])
    return (*m.inputs[:position], np.asarray(x, like.dtype), *m.inputs[position + 1:])
