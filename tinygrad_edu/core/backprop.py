"""The backward pass: gradients flow from results to inputs, newest node first, one rule per edge.

    Plan            what a pass has to do
    steps(plan)     the algorithm, as a generator of one `Step` per edge: rules, un-broadcasting, sums, masks, hooks
    sum_to          un-broadcasting

`plain_loop.py` has the same for the ordinary case, at half the time per edge; tests hold the two equal bit for bit.

Masks. In `where(x > 0, sqrt(x), 0)` the derivative of sqrt at 0 is infinite, and infinity times the 0 that arrives
is NaN, though the branch was not taken. Dropping every 0 would hide true NaNs, so the pass carries along *which
elements were taken*: `where` starts such a mask, elementwise operations hand it on and record their contribution as
`where(mask, contribution, 0)`, selections (see `Op.kind`) place it as they place `g`. If a gradient comes out NaN or
infinite all the same, the pass is run again *carefully*: every selection starts a mask, and whatever still is not
finite is reported with the operation and the line where it began.

Read `walk.py` before this file and `passes.py` after it; `ops/elementwise.py` shows the rules.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from ..errors import ChangedValueError, RuleError, ShapeError
from . import failures, operators, values
from .ops import FLOAT_TROUBLE, item
from .rules import Rule
from .tensors import Tensor, constant, extra_of

ITEM = item.op


class Step(NamedTuple):
    """One edge of a backward pass. A step without a rule is the hook of `input` replacing its gradient."""

    node: Tensor            # the result whose gradient is passed on
    input: Tensor           # the input that it flows to
    position: int           # which input of the operation it is
    rule: Rule | None
    arriving: Any           # the gradient of `node`
    contribution: Any       # what the rule made of it, in the shape that the rule gave
    summed: Any             # the same in the shape and dtype of `input`
    before: Any             # the running total of `input` so far, None at first
    after: Any              # the running total with this contribution
    mask: Any               # the elements of `node` that were taken, or None for all


class Plan:
    """What a pass has to do, fixed before it starts.

    Args:
        results, leaves: what the outputs were made from, each list oldest first.
        seeds: output -> the gradient to start from.
        wanted: the nodes to send gradients to; None for all that need one.
        targets: those of them whose gradients are asked for.
        recorded: record the pass, for higher orders.
        careful: follow masks from every selection, not from `where` alone.
        masked: leave out what a `where` did not take; False follows every edge.
    """

    __slots__ = ("careful", "kept", "leaves", "masked", "recorded", "results", "seeds", "targets", "totals", "wanted")

    def __init__(self, results: list[Tensor], leaves: list[Tensor], seeds: dict[Tensor, Any],
                 wanted: set[Any] | None = None, targets: frozenset[Tensor] = frozenset(), recorded: bool = False,
                 careful: bool = False, masked: bool = True) -> None:
        self.results, self.leaves, self.seeds = results, leaves, seeds
        self.wanted, self.targets, self.recorded = wanted, targets, recorded
        self.careful, self.masked = careful, masked
        self.totals: dict[Tensor, Any] = {}         # filled by the pass
        self.kept = False                           # results have their gradient already


def steps(plan: Plan) -> Generator[Step, None, None]:
    """Run the backward pass edge by edge; `plan.totals` holds the gradients when it ends."""
    totals, masks = plan.totals, dict[Tensor, Any]()
    totals.update(plan.seeds)
    read = _as_it_is if plan.recorded else raw_value
    for node in reversed(plan.results):
        g = totals.get(node)
        if g is None:
            continue
        if extra_of(node).hooks:
            yield from _run_hooks(node, plan)
            g = totals[node]
        mask = masks.pop(node, None)
        if mask is not None and not np.any(mask):
            _send_nothing(node, totals, masks, plan.recorded)
            continue
        op, value = node._op, node._value
        if op.results:
            g = _complete_tuple(op, value, g, plan.recorded)
        for index, x in enumerate(node.inputs):
            if x.__class__ is not Tensor or not x._needs or (plan.wanted is not None and x not in plan.wanted):
                continue
            rule = op.rule_of(index)
            if rule.kind == Rule.NONE:
                continue
            if op is ITEM:
                before = totals.get(x)
                totals[x] = _with_item(x, before, node._options["index"], g)
                yield Step(node, x, index, rule, g, g, g, before, totals[x], mask)
                continue
            try:
                contribution = contribution_of(rule, node, g, index, read)
            except Exception as error:
                failures.note_rule(error, rule, node)
                raise
            taken = mask_of_edge(rule, node, index, mask, plan.careful) if plan.masked else None
            if taken is not None and op.kind == "elementwise":
                contribution = operators.ops.where(taken, contribution, 0.0)
            summed = fitted(contribution, x, rule, plan.recorded)
            before = totals.get(x)
            totals[x] = summed if before is None else before + summed
            _unite(masks, x, taken, before is None)
            yield Step(node, x, index, rule, g, contribution, summed, before, totals[x], mask)
    for leaf in plan.leaves:
        if leaf in totals and extra_of(leaf).hooks:
            yield from _run_hooks(leaf, plan)


def _send_nothing(node: Tensor, totals: dict[Tensor, Any], masks: dict[Tensor, Any], recorded: bool) -> None:
    """Nothing of a node was taken: its rules are not asked, and its inputs get 0 from it."""
    for x in node.inputs:
        if x.__class__ is Tensor and x._needs and x not in totals and x._value.__class__ is not tuple:
            nothing = values.settle(np.zeros(x.shape, x.dtype))
            totals[x] = constant(nothing) if recorded else nothing
            masks[x] = np.zeros(x.shape, np.bool_)


def raw_value(node: Tensor, x: Any) -> Any:
    """A rule's input as a raw value, unless it was assigned since `node` was computed from it."""
    if x.__class__ is not Tensor:
        return x
    if x._number > node._number:
        raise changed(node, x)
    value = x._value
    if value.__class__ is float:
        return np.float64(value)
    return x._op.results(*value) if value.__class__ is tuple else value


def _as_it_is(node: Tensor, x: Any) -> Any:
    if x.__class__ is Tensor:
        if x._number > node._number:
            raise changed(node, x)
        if x._value.__class__ is tuple:
            return x._op.results(*[item(x, index=i) for i in range(len(x._value))])
    return x


def changed(node: Tensor, x: Tensor) -> ChangedValueError:
    """The error to raise where a rule of `node` needs `x`, which has another value by now."""
    name = node._op.name
    return ChangedValueError(f"{x._label()} was assigned a new value after {name} used the old one at "
                             f"{node.position}, and the derivative of {name} needs the old one. "
                             "Call backward() before assigning, or run the forward pass again.")


def contribution_of(rule: Rule, node: Tensor, g: Any, index: int, read: Callable[[Tensor, Any], Any]) -> Any:
    """What the rule makes of `g`. Floats are tried as Python floats first, as the forward pass did."""
    if rule.on_floats and read is raw_value and g.__class__ is float and node._value.__class__ is float:
        arguments = rule.arguments(node, g, index, _python_value)
        if all(each.__class__ is float or each.__class__ is int for each in arguments):
            try:
                contribution = rule.call(*arguments)
                if contribution.__class__ is not complex:
                    return contribution
            except FLOAT_TROUBLE:
                pass                                    # NumPy has an answer: infinity or NaN
    if read is raw_value:
        g = values.strong(g)
    arguments = rule.arguments(node, g, index, read)
    return rule.call(*arguments)


def _python_value(node: Tensor, x: Any) -> Any:
    if x.__class__ is not Tensor:
        return x
    if x._number > node._number:
        raise changed(node, x)
    return x._value


def fitted(contribution: Any, x: Tensor, rule: Rule, recorded: bool) -> Any:
    """A contribution in the shape and dtype of `x`: summed over the axes along which `x` was broadcast."""
    value = x._value
    if contribution.__class__ is value.__class__ and not recorded:
        if value.__class__ is float:
            return contribution
        if value.__class__ is ndarray:
            if contribution.shape != value.shape:
                contribution = sum_to(contribution, value.shape, rule)
            if contribution.dtype == value.dtype:
                return contribution
    if contribution.__class__ is not Tensor:
        _check_gradient(contribution, rule)
    if recorded and contribution.__class__ is not Tensor:
        contribution = constant(values.settle(np.asarray(contribution)))
    shape, dtype = values.shape_of(value), values.dtype_of(value)
    given = contribution.shape if contribution.__class__ is Tensor else np.shape(contribution)
    if given != shape:
        contribution = sum_to(contribution, shape, rule)
    if contribution.__class__ is Tensor:
        return contribution if contribution.dtype == dtype else operators.ops.astype(contribution, dtype)
    if contribution.__class__ is np.ndarray and contribution.ndim:
        return contribution if contribution.dtype == dtype else contribution.astype(dtype)
    return values.settle(np.asarray(contribution, dtype))


def _check_gradient(contribution: Any, rule: Rule) -> None:
    """Raise RuleError unless a rule gave real numbers."""
    is_number = isinstance(contribution, (np.ndarray, np.generic, int, float))
    if not is_number or np.asarray(contribution).dtype.kind not in "fiub":
        raise RuleError(f"the derivative rule {rule} gave {contribution!r:.60}. Expected an array of real numbers, "
                        "or derivative(...=None) if there is no derivative.")


def sum_to(contribution: Any, shape: tuple[int, ...], rule: Rule | None = None) -> Any:
    """Un-broadcasting: sum over the axes that broadcasting from `shape` added or stretched."""
    given = np.shape(contribution) if contribution.__class__ is float else contribution.shape
    added = len(given) - len(shape)
    if contribution.__class__ is ndarray and added > 0 and shape and given[added:] == shape:       # a batch, mostly
        return _summed(contribution, tuple(range(added)))
    if added < 0 and shape[:-added] == (1,) * -added:           # NumPy drops leading axes of length 1 in assignments
        return operators.ops.reshape(sum_to(contribution, shape[-added:], rule), shape)
    if added < 0 or any(n not in (given[i + added], 1) for i, n in enumerate(shape)):
        raise RuleError(f"the derivative rule {rule} gave shape {given} for an input of shape {shape}. "
                        "Expected the input's shape, or one that it broadcasts to.")
    stretched = [i + added for i, n in enumerate(shape) if n == 1 and given[i + added] != 1]
    axes = (*range(added), *stretched)
    if contribution.__class__ is ndarray:
        return _summed(contribution, axes).reshape(shape)
    return operators.ops.reshape(operators.ops.sum(contribution, axis=axes), shape)


def _summed(array: Any, axes: tuple[int, ...]) -> Any:
    """The sum over axes; many numbers of low precision are added in float64, since a million would lose a percent."""
    if array.itemsize < 8 and math.prod(array.shape[i] for i in axes) > 256:
        return np.add.reduce(array, axis=axes, dtype=np.float64).astype(array.dtype)
    return np.add.reduce(array, axis=axes)


def _with_item(x: Tensor, before: Any, index: int, g: Any) -> tuple[Any, ...]:
    """The gradients of the results of `x`, None for those without, with `g` added to one of them."""
    parts = list(before or [None] * len(x._value))
    parts[index] = g if parts[index] is None else parts[index] + g
    return tuple(parts)


def _complete_tuple(op: Any, value: Any, g: Any, recorded: bool) -> Any:
    """The gradients of all results of an operation, zeros for those that were not used."""
    filled: list[Any] = []
    for part, result in zip(g, value, strict=True):
        if part is None:
            part = np.zeros(values.shape_of(result), values.dtype_of(result))
        if part.__class__ is not Tensor:
            part = values.settle(part)
            part = constant(part) if recorded else values.strong(part)
        filled.append(part)
    return op.results(*filled)


def mask_of_edge(rule: Rule, node: Tensor, index: int, mask: Any, careful: bool) -> Any:
    """Which elements of the contribution to this input were taken; None for all."""
    op = rule.op
    if op.kind == "elementwise":
        return mask
    if op.kind != "selection" or (mask is None and not careful and not op.starts_mask):
        return None
    if op.results:
        taken = op.results(*[np.ones(values.shape_of(part)) for part in node._value])
    else:
        taken = np.ones(node.shape) if mask is None else np.broadcast_to(mask, node.shape).astype(np.float64)
    return np.asarray(contribution_of(rule, node, taken, index, raw_value)) != 0


def _unite(masks: dict[Tensor, Any], x: Tensor, taken: Any, first: bool) -> None:
    """An element is taken if one of its consumers took it."""
    if taken is not None:
        if taken.shape != x.shape:
            taken = np.asarray(sum_to(taken.astype(float), x.shape)) != 0
        if first:
            masks[x] = taken
        elif x in masks:
            masks[x] = masks[x] | taken
    else:
        masks.pop(x, None)


def _run_hooks(node: Tensor, plan: Plan) -> Generator[Step, None, None]:
    for (hook,) in extra_of(node).hooks:
        g = plan.totals[node]
        given = g if g.__class__ is Tensor else constant(g)
        new = hook(given)
        if new is None:
            continue
        new = new if new.__class__ is Tensor else constant(values.settle(np.asarray(values.own(new))))
        if new.shape != node.shape:
            raise ShapeError(f"a hook on {node._label()} returned a gradient of shape {new.shape}, "
                             f"expected {node.shape}.")
        if new.dtype != node.dtype:
            new = operators.ops.astype(new, node.dtype)
        after = new if plan.recorded else new._value
        plan.totals[node] = after
        yield Step(node, node, 0, None, g, after, after, g, after, None)
