"""The backward pass: gradients flow from results to inputs, newest node first, one rule per edge.

    backward(t, gradient)                 what `t.backward()` does: leaves `.grad` on every tensor
    gradients(outputs, inputs, ...)       touches no `.grad`; `create_graph=True` records, for higher orders
    steps(plan)                           the algorithm itself, as a generator of one `Step` per edge

`steps` says everything: rules, un-broadcasting, running totals, masks, hooks. `_run_plain` is the same for the
ordinary case without masks and hooks, at half the time per edge; tests hold the two equal bit for bit.

Masks. In `where(x > 0, sqrt(x), 0)` the derivative of sqrt at 0 is infinite, and infinity times the 0 that arrives
is NaN, though the branch was not taken. Dropping every 0 would hide true NaNs, so the pass carries along *which
elements were taken*: `where` starts such a mask, elementwise operations hand it on and record their contribution as
`where(mask, contribution, 0)`, selections (see `Op.kind`) place it as they place `g`. If a gradient comes out NaN or
infinite all the same, the pass is run again *carefully*: every selection starts a mask, and whatever still is not
finite is reported with the operation and the line where it began.

Read `walk.py` before this file; `ops/elementwise.py` shows the rules.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from ..errors import (
    AnomalyError,
    ArgumentError,
    ChangedValueError,
    DTypeError,
    GraphError,
    NonFiniteGradientWarning,
    RuleError,
    ShapeError,
)
from . import operators, values
from .modes import current, switched
from .ops import FLOAT_TROUBLE, Rule, item
from .tensors import Tensor, constant
from .walk import leading_to, made_from

ITEM = item.op
_slots_free = threading.Lock()          # held by the pass that uses the `_total` slots; others use a dict


class Step(NamedTuple):
    """One edge of a backward pass. A step without a rule is the hook of `input` replacing its gradient."""

    node: Tensor            # the result whose gradient is passed on
    input: Tensor           # the input that it flows to
    index: int              # which input of the operation it is
    rule: Rule | None
    arriving: Any           # the gradient of `node`
    contribution: Any       # what the rule made of it, in the shape that the rule gave
    summed: Any             # the same in the shape and dtype of `input`
    before: Any             # the running total of `input` so far, None at first
    after: Any              # the running total with this contribution
    mask: Any               # the elements of `node` that were taken, or None for all


@dataclass(slots=True)
class Plan:
    """What a pass has to do, fixed before it starts."""

    results: list[Tensor]               # oldest first
    leaves: list[Tensor]
    seeds: dict[Tensor, Any]            # output -> the gradient to start from
    wanted: set[Any] | None = None      # nodes to send gradients to; None for all that need one
    targets: frozenset[Tensor] = frozenset()    # those of them whose gradients are asked for
    recorded: bool = False              # record the pass, for higher orders
    careful: bool = False
    totals: dict[Tensor, Any] = field(default_factory=dict)     # filled by the pass
    kept: bool = False                  # results have their gradient already


def steps(plan: Plan) -> Generator[Step, None, None]:
    """Run the backward pass edge by edge; `plan.totals` holds the gradients when it ends."""
    totals, masks, ours = plan.totals, dict[Tensor, Any](), set[Tensor]()
    totals.update(plan.seeds)
    read = _as_it_is if plan.recorded else _raw_value
    for node in reversed(plan.results):
        g = totals.get(node)
        if g is None:
            continue
        if node._extra is not None and node._extra.hooks:
            yield from _run_hooks(node, plan)
            g = totals[node]
        mask = masks.pop(node, None)
        if mask is not None and not np.any(mask):
            continue                                    # nothing of it was taken, so nothing flows back
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
            contribution = _contribution(rule, node, g, index, read)
            taken = _mask_of_edge(rule, node, index, mask, plan.careful)
            if taken is not None and op.kind == "elementwise":
                contribution = operators.ops.where(taken, contribution, 0.0)
            summed = _fitted(contribution, x, rule, plan.recorded)
            before = totals.get(x)
            after = summed if before is None else _added(before, summed, x in ours)
            if before is not None and not plan.recorded:
                ours.add(x)
            totals[x] = after
            _unite(masks, x, taken, before is None)
            yield Step(node, x, index, rule, g, contribution, summed, before, after, mask)
    for leaf in plan.leaves:
        if leaf in totals and leaf._extra is not None and leaf._extra.hooks:
            yield from _run_hooks(leaf, plan)


def _raw_value(node: Tensor, x: Any) -> Any:
    """A rule's input as a raw value, unless it was assigned since `node` was computed from it."""
    if x.__class__ is not Tensor:
        return x
    if x._number > node._number:
        raise _changed(node, x)
    value = x._value
    return np.float64(value) if value.__class__ is float else value


def _as_it_is(node: Tensor, x: Any) -> Any:
    if x.__class__ is Tensor:
        if x._number > node._number:
            raise _changed(node, x)
        if x._value.__class__ is tuple:
            return x._op.results(*[item(x, index=i) for i in range(len(x._value))])
    return x


def _changed(node: Tensor, x: Tensor) -> ChangedValueError:
    return ChangedValueError(f"{x._label()} was assigned a new value after {node._op.name} used the old one at {node.position}, "
                             f"and the derivative of {node._op.name} needs the old one. Call backward() before assigning, "
                             "or run the forward pass again.")


def _contribution(rule: Rule, node: Tensor, g: Any, index: int, read: Any) -> Any:
    """What the rule makes of `g`. Floats are tried as Python floats first, as the forward pass did."""
    if rule.on_floats and read is _raw_value and g.__class__ is float and node._value.__class__ is float:
        arguments = rule.arguments(node, g, index, _python_value)
        if all(each.__class__ is float or each.__class__ is int for each in arguments):
            try:
                contribution = rule.call(*arguments)
                if contribution.__class__ is not complex:
                    return contribution
            except FLOAT_TROUBLE:
                pass                                    # NumPy has an answer: infinity or NaN
    if read is _raw_value:
        g = values.strong(g)
    arguments = rule.arguments(node, g, index, read)
    return rule.call(*arguments)


def _python_value(node: Tensor, x: Any) -> Any:
    if x.__class__ is not Tensor:
        return x
    if x._number > node._number:
        raise _changed(node, x)
    return x._value


def _fitted(contribution: Any, x: Tensor, rule: Rule, recorded: bool) -> Any:
    """A contribution in the shape and dtype of `x`: summed over the axes along which `x` was broadcast."""
    value = x._value
    if contribution.__class__ is value.__class__ and not recorded:
        if value.__class__ is float:
            return contribution
        if value.__class__ is ndarray:
            if contribution.shape != value.shape:
                contribution = sum_to(contribution, value.shape, rule)
            return contribution if contribution.dtype == value.dtype else contribution.astype(value.dtype)
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


def sum_to(contribution: Any, shape: tuple[int, ...], rule: Rule | None = None) -> Any:
    """Un-broadcasting: sum over the axes that broadcasting from `shape` added or stretched."""
    given = np.shape(contribution) if contribution.__class__ is float else contribution.shape
    added = len(given) - len(shape)
    if contribution.__class__ is ndarray and shape and given[added:] == shape:        # rows of a batch, most often
        return np.add.reduce(contribution, axis=tuple(range(added)))
    stretched = tuple(i for i, n in enumerate(shape) if n == 1 and given[i + added] != 1) if added >= 0 else ()
    if added < 0 or any(n not in (given[i + added], 1) for i, n in enumerate(shape)):
        raise RuleError(f"the derivative rule {rule} gave shape {given} for an input of shape {shape}. "
                        "Expected the input's shape, or one that it broadcasts to.")
    axes = (*range(added), *(i + added for i in stretched))
    if contribution.__class__ is ndarray:
        return np.add.reduce(contribution, axis=axes).reshape(shape)
    return operators.ops.reshape(operators.ops.sum(contribution, axis=axes), shape)


def _added(before: Any, summed: Any, ours: bool) -> Any:
    """The running total. Out of place at first: two inputs may have been handed the same array."""
    if ours and before.__class__ is np.ndarray:
        before += summed
        return before
    return before + summed


def _with_item(x: Tensor, before: Any, index: int, g: Any) -> tuple[Any, ...]:
    """The gradients of the results of `x`, None for those without, with `g` added to one of them."""
    parts = list(before or [None] * len(x._value))
    parts[index] = g if parts[index] is None else parts[index] + g
    return tuple(parts)


def _complete_tuple(op: Any, value: Any, g: Any, recorded: bool) -> Any:
    """The gradients of all results of an operation, zeros for those that were not used."""
    filled = [np.zeros(values.shape_of(v), values.dtype_of(v)) if part is None else part for part, v in zip(g, value, strict=True)]
    filled = [values.strong(values.settle(part)) if part.__class__ is not Tensor else part for part in filled]
    return op.results(*[constant(values.settle(part)) if recorded and part.__class__ is not Tensor else part for part in filled])


def _mask_of_edge(rule: Rule, node: Tensor, index: int, mask: Any, careful: bool) -> Any:
    """Which elements of the contribution to this input were taken; None for all."""
    op = rule.op
    if op.kind == "elementwise":
        return mask
    if op.kind != "selection" or (mask is None and not careful and not op.starts_mask):
        return None
    shape = node.shape
    taken = np.ones(shape) if mask is None else np.broadcast_to(mask, shape).astype(np.float64)
    return np.asarray(_contribution(rule, node, taken, index, _raw_value)) != 0


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
    extra = node._extra
    assert extra is not None
    for hook in extra.hooks:
        g = plan.totals[node]
        given = g if g.__class__ is Tensor else constant(g)
        new = hook(given)
        if new is None:
            continue
        new = new if new.__class__ is Tensor else constant(values.settle(np.asarray(values.own(new))))
        if new.shape != node.shape:
            raise ShapeError(f"a hook on {node._label()} returned a gradient of shape {new.shape}, expected {node.shape}.")
        after = new if plan.recorded else values.settle(np.asarray(new._value, node.dtype))
        plan.totals[node] = after
        yield Step(node, node, 0, None, g, after, after, g, after, None)


class _NotPlainError(Exception):
    """The graph has masks, hooks or several results: the generator must run it."""


def _run_plain(plan: Plan, keep: bool) -> None:
    """The same as `steps` for graphs without masks, hooks and operations with several results, but faster.

    The running totals are in a slot of each tensor instead of a dict, and what most edges need is written out, for
    the first and for the second input: together this takes a third of the time.
    """
    wanted, targets, ours = plan.wanted, plan.targets, set[Tensor]()
    just_g, with_x1, with_x2 = Rule.JUST_G, Rule.X1, Rule.X2
    try:
        for node, g in plan.seeds.items():
            node._total = g
        for node in reversed(plan.results):
            g = node._total
            if g is None:
                continue
            op = node._op
            if op.special or (node._extra is not None and node._extra.hooks):
                raise _NotPlainError
            node._total = None
            if keep:
                node._grad = g
            elif node in targets:
                plan.totals[node] = g
            x = node._x1
            if x.__class__ is Tensor and x._needs and (wanted is None or x in wanted):
                rule = op.rule1
                kind = rule.kind
                if kind == just_g:
                    c = g
                elif kind == with_x2 and (other := node._x2).__class__ is Tensor and other._value.__class__ is g.__class__ is float:
                    if other._number > node._number:
                        raise _changed(node, other)
                    try:
                        c = rule.call(g, other._value)
                    except FLOAT_TROUBLE:
                        c = _called(rule, node, g)
                else:
                    c = _called(rule, node, g)
                if c.__class__ is float and x._value.__class__ is float:
                    total = x._total
                    x._total = c if total is None else total + c
                else:
                    _collect(x, c, rule, node, g, ours)
            x = node._x2
            if x.__class__ is Tensor and x._needs and (wanted is None or x in wanted):
                rule = op.rule2
                kind = rule.kind
                if kind == just_g:
                    c = g
                elif kind == with_x1 and (other := node._x1).__class__ is Tensor and other._value.__class__ is g.__class__ is float:
                    if other._number > node._number:
                        raise _changed(node, other)
                    try:
                        c = rule.call(g, other._value)
                    except FLOAT_TROUBLE:
                        c = _called(rule, node, g)
                else:
                    c = _called(rule, node, g)
                if c.__class__ is float and x._value.__class__ is float:
                    total = x._total
                    x._total = c if total is None else total + c
                else:
                    _collect(x, c, rule, node, g, ours)
            for i, x in enumerate(node._more):
                if x.__class__ is Tensor and x._needs and (wanted is None or x in wanted):
                    rule, index = (op.rules_more[0], i) if op.many else (op.rules_more[i], i + 2)
                    _collect(x, _called(rule, node, g, index), rule, node, g, ours)
        if any(leaf._extra is not None and leaf._extra.hooks for leaf in plan.leaves):
            raise _NotPlainError
        plan.totals.update((leaf, leaf._total) for leaf in plan.leaves if leaf._total is not None)
        plan.kept = keep
    except BaseException:
        for node in plan.results:                       # a pass that failed leaves no gradient behind
            node._total = None
            if keep:
                node._grad = None
        raise
    finally:
        for leaf in plan.leaves:
            leaf._total = None


def _called(rule: Rule, node: Tensor, g: Any, index: int | None = None) -> Any:
    """What a rule makes of `g`, without a list of arguments where it needs at most one value beside `g`."""
    kind = rule.kind
    if kind == Rule.BOTH:
        x1, x2 = node._x1, node._x2
        if x1.__class__ is Tensor:
            if x1._number > node._number:
                raise _changed(node, x1)
            x1 = x1._value
        if x2.__class__ is Tensor:
            if x2._number > node._number:
                raise _changed(node, x2)
            x2 = x2._value
        if g.__class__ is ndarray and x1.__class__ is not float and x2.__class__ is not float:
            return rule.call(g, x1, x2)
    elif kind < Rule.GENERAL:
        if kind <= Rule.ONLY_G:
            return rule.call(g)
        other = node._x2 if kind == Rule.X2 else node._x1 if kind == Rule.X1 else node
        if other.__class__ is Tensor:
            if other._number > node._number:
                raise _changed(node, other)
            other = other._value
        if g.__class__ is other.__class__:                  # two Python floats, or two arrays
            try:
                c = rule.call(g, other)
                if c.__class__ is not complex:
                    return c
            except FLOAT_TROUBLE:
                pass
    elif kind == Rule.NONE:
        return None
    return _contribution(rule, node, g, rule.index if index is None else index, _raw_value)


def _collect(x: Tensor, c: Any, rule: Rule, node: Tensor, g: Any, ours: set[Tensor]) -> None:
    """Add a contribution to the running total of `x`, in the shape and dtype of `x`."""
    if c is None:
        return
    value = x._value
    if c.__class__ is not ndarray or value.__class__ is not ndarray or c.shape != value.shape or c.dtype is not value.dtype:
        if c.__class__ is complex:
            c = _contribution(rule, node, g, rule.index, _raw_value)
        c = _fitted(c, x, rule, False)
    total = x._total
    if total is None:
        x._total = c
    else:
        x._total = _added(total, c, x in ours)
        ours.add(x)


# -- the two public passes --------------------------------------------------------------------------------------------


def backward(output: Tensor, gradient: Any = None) -> None:
    """What `output.backward(gradient)` does; see there."""
    _check_needs(output, "backward()")
    plan = Plan(*made_from([output], needing_gradient=True), seeds={output: _seed(output, gradient, "backward()")})
    totals = _run(plan, True, [output])
    if not plan.kept:
        for node in plan.results:
            if not node._op.results:
                node._grad = totals.get(node)
    for leaf in plan.leaves:
        total = totals.get(leaf)
        if total is None:
            total = _zeros(leaf)
        before = leaf._grad
        if before is not None:
            total = values.settle((before._value if before.__class__ is Tensor else before) + total)
        leaf._grad = total
    output._own_extra().seeded = True


def gradients(outputs: Any, inputs: Any, grad_outputs: Any = None, *, create_graph: bool = False, allow_unused: bool = False) -> Any:
    """The gradients of `outputs` with respect to `inputs`, leaving every `.grad` alone.

    Args:
        outputs: a Tensor, or a list of Tensors whose gradients add up.
        inputs: a Tensor, or a list or tuple of them; variables or results.
        grad_outputs: what to start from, one for each output, of its shape; 1 for single numbers if left out.
        create_graph: record the pass, so that gradients of the gradients can be taken.
        allow_unused: give None for an input that the outputs were not made from, instead of raising.
    Returns: a Tensor for one input, a tuple for a list or tuple of them.
    Raises: GraphError if an output needs no gradient or an input is not a part of the graph.

    >>> x = tg.Tensor(3.0)
    >>> slope = tg.gradients(x ** 3, x, create_graph=True)
    >>> slope, tg.gradients(slope, x)
    (Tensor(27.0, from add), Tensor(18.0))
    """
    single = inputs.__class__ is Tensor
    targets = [inputs] if single else list(inputs)
    roots = [outputs] if outputs.__class__ is Tensor else list(outputs)
    starts = [grad_outputs] if outputs.__class__ is Tensor else [None] * len(roots) if grad_outputs is None else list(grad_outputs)
    if len(starts) != len(roots):
        raise ArgumentError(f"gradients: got {len(starts)} grad_outputs for {len(roots)} outputs. Expected one for each.")
    for each in (*roots, *targets):
        if each.__class__ is not Tensor:
            raise DTypeError(f"gradients: got {type(each).__name__}; expected Tensors as outputs and inputs. "
                             "For functions of plain numbers and arrays write tg.grad(f)(x).")
    for target in targets:
        _check_needs(target, "gradients(outputs, inputs)")
    found = quiet_gradients(roots, targets, starts, create_graph)
    for target, g in zip(targets, found, strict=True):
        if g is None and not allow_unused:
            raise GraphError(f"gradients: the outputs were not made from {target._label()}, so there is no gradient. "
                             "Expected an input of the graph; allow_unused=True gives None instead.")
    return found[0] if single else tuple(found)


def quiet_gradients(roots: list[Tensor], targets: list[Tensor], starts: list[Any], create_graph: bool,
                    judged_by: Sequence[Tensor] | None = None) -> list[Tensor | None]:
    """`gradients` for lists, with None for an input without connection.

    A gradient that is not finite is reported if all of `judged_by` (the roots, if None) are finite.
    """
    live = [(root, start) for root, start in zip(roots, starts, strict=True) if root._needs]
    if not live:
        _check_needs(roots[0], "gradients(outputs, ...)")
    seeds: dict[Tensor, Any] = {}
    for root, start in live:
        seed = _seed(root, start, "gradients")
        if create_graph:
            seed = start if start.__class__ is Tensor else constant(seed)
        seeds[root] = seeds[root] + seed if root in seeds else seed
    results, leaves = made_from(seeds, needing_gradient=True)
    reached = {*results, *leaves}
    wanted = leading_to([t for t in targets if t in reached], results)
    plan = Plan([node for node in results if node in wanted], leaves=[leaf for leaf in leaves if leaf in wanted], seeds={r: s for r, s in seeds.items() if r in wanted},
                wanted=wanted, targets=frozenset(targets), recorded=create_graph)
    totals = _run(plan, False, roots if judged_by is None else judged_by)
    found: list[Tensor | None] = []
    for target in targets:
        if target not in reached:
            found.append(None)
            continue
        total = totals.get(target)
        total = _zeros(target) if total is None else total
        found.append(total if total.__class__ is Tensor else constant(total))
    return found


def _run(plan: Plan, keep: bool, judged_by: Sequence[Tensor]) -> dict[Tensor, Any]:
    """Run a pass, and once more carefully if a gradient is not finite though all of `judged_by` are."""
    with np.errstate(all="ignore"), switched(recording=True, module=None) if plan.recorded else _as_is():
        if plan.recorded or not _slots_free.acquire(blocking=False):
            _exhaust(steps(plan))
        else:
            try:
                _run_plain(plan, keep)
            except _NotPlainError:
                plan.totals.clear()
                _exhaust(steps(plan))
            finally:
                _slots_free.release()
        if not _all_finite(plan) and all(_is_finite(each) for each in judged_by):
            plan.kept = False
            return _run_carefully(plan)
    return plan.totals


def _exhaust(generator: Iterable[Step]) -> None:
    for _ in generator:
        pass


def _all_finite(plan: Plan) -> bool:
    """Whether the gradients that are asked for (those of the leaves, by `backward`) are finite."""
    return all(_is_finite(plan.totals.get(node)) for node in plan.targets or plan.leaves)


def _is_finite(value: Any) -> bool:
    value = value._value if value.__class__ is Tensor else value
    if value is None or value.__class__ is tuple:
        return True
    return values.is_finite(value)


def _run_carefully(plan: Plan) -> dict[Tensor, Any]:
    """Run a pass with every selection starting a mask; report what still is not finite, and where that began."""
    again = Plan(plan.results, plan.leaves, plan.seeds, plan.wanted, plan.targets, plan.recorded, careful=True)
    culprit: Step | None = None
    for step in steps(again):
        if culprit is None and step.rule is not None and step.rule.op is not ITEM and _is_finite(step.arriving) and not _is_finite(step.summed):
            culprit = step
    if _all_finite(again):
        return again.totals
    message = _where_it_began(again, culprit)
    if current().anomaly:
        raise AnomalyError(message)
    warnings.warn(message, NonFiniteGradientWarning, stacklevel=_users_level())
    return again.totals


def _where_it_began(plan: Plan, culprit: Step | None) -> str:
    nodes = [node for node in plan.targets or plan.leaves if not _is_finite(plan.totals.get(node))]
    node = min(nodes, key=lambda each: each._number)
    total = plan.totals[node]
    elements = np.asarray(total._value if total.__class__ is Tensor else total)
    kind = "NaN" if np.isnan(elements).any() else "infinite"
    share = f" in {int((~np.isfinite(elements)).sum())} of {elements.size} elements" if elements.ndim else ""
    if culprit is None or culprit.rule is None:
        return f"the gradient of {node._label()} is {kind}{share}; it was so from the start."
    rule, made = culprit.rule, culprit.node
    inputs = ", ".join(f"{name} = {_shown(x)}" for name, x in zip(rule.op.input_names, made.inputs, strict=False))
    return (f"the gradient of {node._label()} is {kind}{share}, though the result is finite. "
            f"It began at {rule.op.name}{f', {made.position}' if made.position else ''}: its rule for {rule.argument} gave "
            f"{_shown(culprit.summed)} where {_shown(culprit.arriving)} arrived ({inputs}). "
            f"If these elements do not matter, keep them out: tg.where(ok, x, safe) before {rule.op.name}.")


def _shown(value: Any) -> str:
    value = value._value if value.__class__ is Tensor else value
    if values.shape_of(value) == ():
        return f"{values.strong(value):.4g}" if not isinstance(value, (int, tuple, type(None))) else repr(value)
    return f"shape {values.shape_of(value)}"


def _users_level() -> int:
    from sys import _getframe

    from .positions import is_inside
    level, frame = 1, _getframe(1)
    while is_inside[frame.f_code.co_filename] and frame.f_back is not None:
        level, frame = level + 1, frame.f_back
    return level


class _as_is:
    """A `with` block that changes nothing."""

    def __enter__(self) -> None: ...

    def __exit__(self, *error: object) -> None: ...


def _check_needs(t: Tensor, call: str) -> None:
    if t._needs:
        return
    if t._op is None and t.dtype.kind != "f":
        raise DTypeError(f"{call}: {t._label()} has dtype {t.dtype}, and only floating-point tensors have gradients. "
                         "Write tg.Tensor(data, dtype=float).")
    raise GraphError(f"{call}: {t._label()} needs no gradient: "
                     + ("it is a constant. Write tg.Tensor(data) or requires_grad=True for a variable." if t._op is None else
                        f"{t._op.name} has no derivative here, or none of its inputs needs one."))


def _seed(output: Tensor, gradient: Any, call: str) -> Any:
    """The gradient to start from, in the output's shape and dtype."""
    value = output._value
    if gradient is None:
        if output.size != 1:
            raise ShapeError(f"{call}: {output._label()} has shape {output.shape}, and a gradient starts from a single number. "
                             f"Sum it first ({output.name or 't'}.sum().backward()), or pass the gradient to start from, of shape {output.shape}.")
        return 1.0 if value.__class__ is float else values.settle(np.ones(output.shape, output.dtype))
    raw = gradient._value if gradient.__class__ is Tensor else values.own(gradient, "gradient")
    if values.shape_of(raw) != output.shape:
        raise ShapeError(f"{call}: got a gradient of shape {np.shape(raw)} for {output._label()}; expected its shape {output.shape}.")
    return values.settle(np.asarray(raw, output.dtype))


def _zeros(t: Tensor) -> Any:
    return values.settle(np.zeros(t.shape, t.dtype))
