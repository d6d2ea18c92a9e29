"""The two passes that users ask for, and what is checked around them.

    backward(t, gradient)               what `t.backward()` does: leaves `.grad` on every tensor
    gradients(outputs, inputs, ...)     touches no `.grad`; `create_graph=True` records, for higher orders

Variables are checked once per pass: if finite outputs have a gradient that is NaN or infinite, the pass is run again
carefully (see `backprop.py`), and what still is not finite is reported with the operation and the line of its origin.
Read `backprop.py` before this file.
"""

from __future__ import annotations

import math
import threading
import warnings
from collections import deque
from collections.abc import Iterable, Sequence
from sys import _getframe
from typing import Any

import numpy as np

from ..errors import (
    AnomalyError,
    ArgumentError,
    DTypeError,
    GraphError,
    GrowingGraphWarning,
    NonFiniteGradientWarning,
    ShapeError,
)
from . import tensors, values
from .backprop import ITEM, Plan, Step, steps
from .modes import current, switched
from .plain_loop import run_plain
from .positions import is_inside
from .sending import NotPlainError
from .tensors import Tensor, constant, extra_of
from .walk import leading_to, made_from

add_up = np.add.reduce
SMALL = 8192                            # elements; below 10,000 BLAS stays in one thread
_adding = threading.Lock()             # two threads may add to the gradient of one variable
_slots_free = threading.Lock()          # held by the pass that uses the `_total` slots; others use a dict


def backward(output: Tensor, gradient: Any = None) -> None:
    """What `output.backward(gradient)` does; see there."""
    if not output._needs:
        check_needs(output, "backward()")
    results, leaves = made_from([output], needing_gradient=True)
    if results and results[0]._number < _previous.number:
        _warn_if_growing(results)
    seed = 1.0 if gradient is None and output._value.__class__ is float else seed_of(output, gradient, "backward()")
    plan = Plan(results, leaves, {output: seed})
    totals = _run(plan, True, [output])
    if not plan.kept:
        for node in plan.results:
            if not node._op.results:
                node._grad = totals.get(node)
    with _adding:
        _add_to_variables(plan.leaves, totals)
    output._own_extra().seeded = True
    _previous.number = tensors.next_number()


tensors.run_backward = backward


class _Previous(threading.local):
    """When the last pass of this thread ended, in creation numbers; where the user was warned of a growing graph."""

    number = 0
    warned: frozenset[Any] = frozenset()


_previous = _Previous()


def _warn_if_growing(results: list[Tensor]) -> None:
    """Warn once if the graph grows from pass to pass, because a loop says `w = w - rate * w.grad`.

    Some results are older than the last pass. If two differences with a constant were made at one place, one of them
    before that pass and one after it, the loop goes on computing from what it has computed.
    """
    steps: dict[Any, list[Tensor]] = {}
    for node in results:
        if node._op.name in ("subtract", "add") and node._x2.__class__ is Tensor and not node._x2._needs:
            steps.setdefault((node._code, node._offset), []).append(node)
    for place, made in steps.items():
        if made[0]._number < _previous.number < made[-1]._number and place not in _previous.warned:
            _previous.warned |= {place}
            name = made[-1].name or "w"
            warnings.warn(f"the graph grows with every pass: {name} was computed from its own earlier values "
                          f"{len(made)} times at {made[-1].position}. Write {name}.data -= rate * {name}.grad, which "
                          "gives the variable a new value, or an optimizer of tg.optim.",
                          GrowingGraphWarning, stacklevel=_users_level())


def _add_to_variables(leaves: list[Tensor], totals: dict[Tensor, Any]) -> None:
    for leaf in leaves:
        total = totals.get(leaf)
        if total is None:
            total = zeros_for(leaf)
        before = getattr(leaf, "_grad", None)
        if before is not None:
            total = values.settle((before._value if before.__class__ is Tensor else before) + total)
        leaf._grad = total


def gradients(outputs: Any, inputs: Any, grad_outputs: Any = None, *,
              create_graph: bool = False, allow_unused: bool = False) -> Any:
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
    (Tensor(27.0, from multiply), Tensor(18.0))
    """
    single = inputs.__class__ is Tensor
    roots, targets = _tensors_in(outputs, "outputs"), _tensors_in(inputs, "inputs")
    if outputs.__class__ is Tensor:
        grad_outputs = [grad_outputs]
    starts = [None] * len(roots) if grad_outputs is None else list(grad_outputs)
    if len(starts) != len(roots):
        raise ArgumentError(f"gradients: got {len(starts)} grad_outputs for {len(roots)} outputs. "
                            "Expected one for each.")
    for target in targets:
        check_needs(target, "gradients(outputs, inputs)")
    found = quiet_gradients(roots, targets, starts, create_graph)
    for target, g in zip(targets, found, strict=True):
        if g is None and not allow_unused:
            raise GraphError(f"gradients: the outputs were not made from {target._label()}, "
                             "so there is no gradient. "
                             "Expected an input of the graph; allow_unused=True gives None instead.")
    return found[0] if single else tuple(found)


def _tensors_in(given: Any, role: str) -> list[Tensor]:
    """A Tensor, or several, as a list."""
    found = [given] if given.__class__ is Tensor or not isinstance(given, Iterable) else list(given)
    wrong = [each for each in found if each.__class__ is not Tensor]
    if wrong or not (found or role == "inputs"):
        raise DTypeError(f"gradients: got {(wrong or [given])[0]!r:.40} in {role}. Expected a Tensor, or a list "
                         "of Tensors. For functions of plain numbers and arrays write tg.grad(f)(x).")
    return found


def quiet_gradients(roots: list[Tensor], targets: list[Tensor], starts: list[Any], create_graph: bool,
                    judged_by: Sequence[Tensor] | None = None) -> list[Tensor | None]:
    """`gradients` for lists, with None for an input without connection.

    A gradient that is not finite is reported if all of `judged_by` (the roots, if None) are finite.
    """
    live = [(root, start) for root, start in zip(roots, starts, strict=True) if root._needs]
    if not live:
        check_needs(roots[0], "gradients(outputs, ...)")
    seeds: dict[Tensor, Any] = {}
    for root, start in live:
        seed = seed_of(root, start, "gradients")
        if create_graph:
            seed = start if start.__class__ is Tensor else constant(seed)
        seeds[root] = seeds[root] + seed if root in seeds else seed
    results, leaves = made_from(seeds, needing_gradient=True)
    reached = {*results, *leaves}
    wanted = leading_to([t for t in targets if t in reached], results)
    results = [node for node in results if node in wanted]
    leaves = [leaf for leaf in leaves if leaf in wanted]
    seeds = {root: seed for root, seed in seeds.items() if root in wanted}
    plan = Plan(results, leaves, seeds, wanted, targets=frozenset(targets), recorded=create_graph)
    totals = _run(plan, False, roots if judged_by is None else judged_by)
    found: list[Tensor | None] = []
    for target in targets:
        if target not in reached:
            found.append(None)
            continue
        total = totals.get(target)
        total = zeros_for(target) if total is None else total
        found.append(total if total.__class__ is Tensor else constant(total))
    if tensors.watching is not None and not create_graph:
        tensors.watching.computed(found)
    return found


def _run(plan: Plan, keep: bool, judged_by: Sequence[Tensor]) -> dict[Tensor, Any]:
    """Run a pass, and once more carefully if a gradient is not finite though all of `judged_by` are."""
    if plan.recorded:
        with switched(recording=True, module=None):
            return _run_here(plan, keep, judged_by)
    return _run_here(plan, keep, judged_by)


def _run_here(plan: Plan, keep: bool, judged_by: Sequence[Tensor]) -> dict[Tensor, Any]:
    with np.errstate(all="ignore"):
        if tensors.hooks_were_used and any(extra_of(node).hooks for node in (*plan.results, *plan.leaves)):
            return _run_carefully(plan, judged_by)              # at once, for a hook is called once in a pass
        if plan.recorded or not _slots_free.acquire(False):
            deque(steps(plan), maxlen=0)
        else:
            try:
                run_plain(plan, keep)
            except NotPlainError:
                plan.totals.clear()
                deque(steps(plan), maxlen=0)
            finally:
                _slots_free.release()
        if not all_finite(plan):
            plan.kept = False
            return _run_carefully(plan, judged_by)
    return plan.totals


def all_finite(plan: Plan) -> bool:
    """Whether the gradients that are asked for (those of the leaves, by `backward`) are finite."""
    totals = map(plan.totals.get, plan.targets or plan.leaves)
    return are_finite([total._value if total.__class__ is Tensor else total for total in totals])


def are_finite(found: Sequence[Any]) -> bool:
    """Whether raw gradients are finite; None and the tuples of several results count as finite.

    First by a number in which NaN and infinity stay: the sum of the squares, or of large arrays the sum (for their dot
    product BLAS may start threads, which takes a hundred times as long). It may overflow, hence the second look.
    """
    for value in found:
        if value.__class__ is np.ndarray:
            if value.size <= SMALL:
                value = value.ravel("K")
                value = value.dot(value)
            else:
                value = add_up(value, None)
        elif value is None or value.__class__ is tuple:
            continue
        if not math.isfinite(value):
            return all(map(_is_finite, found))
    return True


def _is_finite(value: Any) -> bool:
    value = value._value if value.__class__ is Tensor else value
    if value is None or value.__class__ is tuple:
        return True
    return values.is_finite(value)


def _run_carefully(plan: Plan, judged_by: Sequence[Tensor]) -> dict[Tensor, Any]:
    """Run a pass with every selection starting a mask; report what still is not finite, and where that began."""
    again = Plan(plan.results, plan.leaves, plan.seeds, plan.wanted, plan.targets, plan.recorded, careful=True)
    culprit: Step | None = None
    for step in steps(again):
        if culprit is None and _lost_finiteness(step):
            culprit = step
    if all_finite(again) or not all(map(_is_finite, judged_by)):
        return again.totals
    message = _where_it_began(again, culprit)
    if current().anomaly:
        raise AnomalyError(message)
    warnings.warn(message, NonFiniteGradientWarning, stacklevel=_users_level())
    return again.totals


def _lost_finiteness(step: Step) -> bool:
    """Whether a rule made something not finite of a finite gradient."""
    if step.rule is None or step.rule.op is ITEM:
        return False
    return _is_finite(step.arriving) and not _is_finite(step.summed)


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
    at = _first_bad(culprit)
    name, place = rule.op.name, f", {made.position}" if made.position else ""
    named = zip(rule.op.input_names, made.inputs, strict=False)
    inputs = ", ".join(f"{argument} = {_shown(x, at)}" for argument, x in named)
    return (f"the gradient of {node._label()} is {kind}{share}, though the result is finite. "
            f"It began at {name}{place}: its rule for {rule.argument} gave {_shown(culprit.summed, at)} "
            f"where {_shown(culprit.arriving, at)} arrived ({inputs}). "
            f"If these elements do not matter, keep them out: tg.where(ok, x, safe) before {name}.")


def _first_bad(culprit: Step) -> tuple[int, ...] | None:
    """The first element that is not finite, if the shapes say which elements belong to it."""
    summed, arriving = (np.asarray(x._value if x.__class__ is Tensor else x)
                        for x in (culprit.summed, culprit.arriving))
    if summed.shape != arriving.shape:
        return None
    return tuple(int(i) for i in np.argwhere(~np.isfinite(summed))[0])


def _shown(value: Any, at: tuple[int, ...] | None) -> str:
    """A number; of an array the element at a place, or its shape."""
    value = value._value if value.__class__ is Tensor else value
    if at is not None and isinstance(value, np.ndarray) and value.ndim == len(at):
        here = tuple(i if n > 1 else 0 for i, n in zip(at, value.shape, strict=True))
        if all(i < n for i, n in zip(here, value.shape, strict=True)):
            return f"{value[here]:.4g}"
    if values.shape_of(value) == ():
        return repr(value) if isinstance(value, (int, tuple, type(None))) else f"{values.strong(value):.4g}"
    return f"shape {values.shape_of(value)}"


def _users_level() -> int:
    """How many frames up the user's code is, for the warning to point there."""
    level, frame = 1, _getframe(1)
    while is_inside[frame.f_code.co_filename] and frame.f_back is not None:
        level, frame = level + 1, frame.f_back
    return level


def check_needs(t: Tensor, call: str) -> None:
    """Refuse to start from a tensor that needs no gradient, with words on why."""
    if t._needs:
        return
    if t._op is None and t.dtype.kind != "f":
        raise DTypeError(f"{call}: {t._label()} has dtype {t.dtype}, and only floating-point tensors have "
                         "gradients. Write tg.Tensor(data, dtype=float).")
    why = ("it is a constant (or was made inside no_grad, or by detach). "
           "Write tg.Tensor(data) or requires_grad=True for a variable." if t._op is None
           else f"{t._op.name} has no derivative here, or none of its inputs needs one.")
    raise GraphError(f"{call}: {t._label()} needs no gradient: {why}")


def seed_of(output: Tensor, gradient: Any, call: str) -> Any:
    """The gradient to start from, in the output's shape and dtype."""
    value, shape = output._value, output.shape
    if gradient is None:
        if output.size != 1:
            raise ShapeError(f"{call}: got {output.name or 'a result'} of shape {shape}, and a gradient starts from a "
                             f"single number. Sum it first ({output.name or 't'}.sum().backward()), "
                             f"or pass the gradient to start from, of shape {shape}.")
        return 1.0 if value.__class__ is float else values.settle(np.ones(shape, output.dtype))
    raw = gradient._value if gradient.__class__ is Tensor else values.own(gradient, "gradient")
    if values.shape_of(raw) != shape:
        raise ShapeError(f"{call}: got a gradient of shape {np.shape(raw)} for {output._label()}; "
                         f"expected its shape {shape}.")
    return values.settle(np.asarray(raw, output.dtype))


def zeros_for(t: Tensor) -> Any:
    """The gradient of a tensor that none reached."""
    return values.settle(np.zeros(t.shape, t.dtype))
