"""Tracing: run a backward pass for its own sake, edge by edge, and keep what happened.

    trace(t)                    every edge of the backward pass of `t`
    trace(f, 2.0, x=-3.0)       the same for what a function gives for these inputs
    result_of(...)              the tensor that such a call means

The pass is the engine's own (`core/backprop.py: steps`), so that numbers and order are its own, too: also that it is
run a second time, carefully, where a gradient is not finite. `.grad` and the graph stay as they are.
Read `events.py` before this file, `traces.py` after it.
"""

from __future__ import annotations

import linecache
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core import values
from ..core.backprop import ITEM, Plan, Step, contribution_of, raw_value, steps
from ..core.modes import switched
from ..core.passes import check_needs, seed_of, zeros_for
from ..core.positions import Position
from ..core.rules import Rule
from ..core.tensors import Tensor
from ..core.walk import made_from
from ..errors import ArgumentError, ChangedValueError
from ..views.graphs.clusters import Clusters
from ..views.graphs.flows import observed
from ..views.graphs.gathering import Gathering
from ..views.graphs.recorded import kinds_of
from ..views.graphs.signs import operation_of
from ..views.graphs.titles import Titles
from ..views.recording import check_examples, parameter_names, variables_in
from .events import Event, Forward, Node, Place, is_finite, parts_of
from .traces import Trace
from .wording import Printed, has_factor

AROUND = 2                  # lines of source that are kept before and after each line that made a tensor


def trace(target: Any, /, *examples: Any, gradient: Any = None, **inputs: Any) -> Trace:
    """Every edge of the backward pass of a result, with the numbers that flow.

    Args:
        target: a result; or a function (or model), which is then called on the examples.
        *examples: what to call a function on: numbers and arrays become variables called like its parameters.
        gradient: what to start from, of the result's shape; may be left out for a single number, where it is 1.
        **inputs: inputs of a function by name.
    Returns: the trace; it stays what it is, whatever happens to the variables afterwards.
    Raises: GraphError if nothing was recorded, ShapeError if `gradient` is missing or does not fit, ChangedValueError
        if a variable was assigned a new value after the forward pass.

    >>> w, x = tg.variables(w=2, x=-3)
    >>> found = trace(tg.tanh(w * x))
    >>> len(found), found[0].edge, found[1].rule.contribution
    (3, 'tanh(w·x) → w·x', '∂L/∂(w·x) · x')
    >>> w.grad is None
    True
    """
    return traced("trace", target, examples, inputs, gradient)


def traced(call: str, target: Any, examples: tuple[Any, ...], inputs: dict[str, Any], gradient: Any = None) -> Trace:
    """What `trace` does, with errors that name what was called: "trace" or "step"."""
    t = result_of(call, target, examples, inputs)
    check_needs(t, f"{call}()")
    seed = seed_of(t, gradient, f"{call}()")
    results, leaves = made_from([t])
    _check_unchanged(call, results)
    plan, taken = observed({t: seed}, lambda plan: (plan, list(steps(plan))))
    return _Recorder(t, seed, results, leaves, plan, taken).trace()


def result_of(call: str, target: Any, examples: tuple[Any, ...], inputs: dict[str, Any]) -> Tensor:
    """The tensor itself, or what a function gives for variables that hold the examples.

    Raises: ArgumentError if the target is neither, if there are examples for a tensor, or if it gives no Tensor.
    """
    if target.__class__ is Tensor:
        if examples or inputs:
            raise ArgumentError(f"{call}(t, ...): got a Tensor and examples. Expected examples for a function only.")
        return target
    if not callable(target):
        raise ArgumentError(f"{call}(t): got {target!r:.40}. Expected a Tensor, or a function and examples.")
    check_examples(target, examples, inputs, call)
    target = getattr(target, "uncompiled", target)
    names = parameter_names(target, len(examples))
    given = [variables_in(x, name) for x, name in zip(examples, names, strict=True)]
    named = {name: variables_in(x, name) for name, x in inputs.items()}
    with switched(recording=True, module=None):
        found = target(*given, **named)
    if isinstance(found, (tuple, list, dict)):
        raise ArgumentError(f"{call}(f, ...): the function gave a {type(found).__name__}. Expected one Tensor; of "
                            f"several results choose one: {call}(lambda x: f(x)[0], example).")
    if found.__class__ is not Tensor:
        raise ArgumentError(f"{call}(f, ...): the function gave {found!r:.40}, a {type(found).__name__}. Expected a "
                            "Tensor, computed from what the function is given; does it return its result?")
    return found


def _check_unchanged(call: str, results: list[Tensor]) -> None:
    """Raise ChangedValueError if what a result was made from has another value by now."""
    for node in results:
        for x in node.inputs:
            if x.__class__ is Tensor and x._number > node._number:
                at = f" at {node.position}" if node.position else ""
                raise ChangedValueError(f"{call}: {x._label()} was assigned a new value after {node._op.name} used the "
                                        f"old one{at}. A trace shows the values of the forward pass: run it again "
                                        f"first, then {call} its result.")


class _Recorder:
    """Turns tensors and the engine's steps into nodes and events."""

    def __init__(self, t: Tensor, seed: Any, results: list[Tensor], leaves: list[Tensor], plan: Plan,
                 taken: Sequence[Step]) -> None:
        self.root, self.seed, self.plan, self.taken = t, seed, plan, taken
        self.results = results
        gathering = Gathering([t], limit=sys.maxsize)
        self.kinds = kinds_of(gathering, (), ())
        clusters = Clusters(gathering, self.kinds)
        self.titles = Titles(gathering, clusters, self.kinds, {})
        self.ids = gathering.ids
        self.words = Printed(self.titles, self.ids, clusters.path_of, taken, t)
        self.sources: dict[str, dict[int, str]] = defaultdict(dict)
        self.nodes: dict[Tensor, Node] = {}
        for each in (*leaves, *results):
            self.nodes[each] = self._node(each)

    def trace(self) -> Trace:
        totals = {self.ids[node]: _total(node, total) for node, total in self.plan.totals.items()}
        for leaf in self.plan.leaves:
            totals.setdefault(self.ids[leaf], _frozen(zeros_for(leaf)))
        nodes = sorted(self.nodes.values(), key=lambda node: int(node.id[1:]))
        forward = (Forward(i, self.nodes[each]) for i, each in enumerate(self.results, 1))
        return Trace(tuple(self._events()), tuple(forward), tuple(nodes), self.nodes[self.root], _frozen(self.seed),
                     totals, self._not_taken(), dict(self.sources), self.words.of, self.ids, self.words)

    # -- nodes ----------------------------------------------------------------------------------------------------

    def _node(self, t: Tensor) -> Node:
        op = t._op
        inputs = tuple(self.nodes[x] if x.__class__ is Tensor else _frozen(x) for x in t.inputs)
        own = self.ids[t]
        return Node(id=own, kind=self.kinds[own], name=self.titles.name_of(own), value=_frozen(t._value),
                    needs_gradient=t._needs, op=None if op is None else op.name,
                    sign="" if op is None else operation_of(t).sign, inputs=inputs, module=t.module,
                    place=self._place(t.position), words=self.words)

    def _place(self, position: Position | None) -> Place | None:
        if position is None:
            return None
        kept = self.sources[position.file]
        last = position.span[1] if position.span else position.line
        for line in range(max(position.line - AROUND, 1), last + AROUND + 1):
            if line not in kept:
                text = linecache.getline(position.file, line)
                if text:
                    kept[line] = text.rstrip("\n")
        return Place(file=position.file, line=position.line, function=position.function,
                     text=kept.get(position.line, ""), expression=position.expression, span=position.span)

    # -- events ---------------------------------------------------------------------------------------------------

    def _events(self) -> list[Event]:
        of = Counter(step.input for step in self.taken if step.rule is not None)
        seen: Counter[Tensor] = Counter()
        found = []
        with np.errstate(all="ignore"):
            for number, step in enumerate(self.taken, 1):
                seen[step.input] += step.rule is not None
                found.append(self._event(number, step, seen[step.input], of[step.input]))
        return found

    def _event(self, number: int, step: Step, count: int, of: int) -> Event:
        argument = step.rule.argument if step.rule is not None else ""
        return Event(number=number, node=self.nodes[step.node], input=self.nodes[step.input], position=step.position,
                     argument=argument, is_hook=step.rule is None, arriving=_frozen(step.arriving),
                     local=_frozen(local_of(step)), contribution=_frozen(step.contribution), axes=_axes(step),
                     summed=_frozen(step.summed), before=_total(step.input, step.before),
                     after=_total(step.input, step.after), count=count, of=of, mask=_frozen(step.mask),
                     began=_began(step), words=self.words)

    def _not_taken(self) -> tuple[tuple[Node, Node], ...]:
        """The edges that were left out, because a `where` took nothing of their node."""
        passed = {step.node for step in self.taken if step.rule is not None}
        left = [node for node in reversed(self.plan.results) if node not in passed and node in self.plan.totals]
        return tuple((self.nodes[node], self.nodes[x]) for node in left for i, x in enumerate(node.inputs)
                     if x.__class__ is Tensor and x._needs and node.op.rule_of(i).kind != Rule.NONE)


def _frozen(value: Any) -> Any:
    """A raw value as anybody may see it: arrays cannot be written to."""
    if isinstance(value, tuple):
        parts = [_frozen(each) for each in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    return values.unwritable(value)


def _total(node: Tensor, total: Any) -> Any:
    """The gradient of a node so far; of several results by their names."""
    if isinstance(total, tuple) and not hasattr(total, "_fields"):
        total = node.op.results(*total)
    return _frozen(total)


def local_of(step: Step) -> Any:
    """The local derivative of an edge: what its rule makes of a gradient of ones. None where it is no factor.

    One number if it is the same for all elements; 0 where a `where` did not take an element.
    """
    rule, node = step.rule, step.node
    if rule is None or not has_factor(node):
        return None
    if rule.kind == Rule.JUST_G:
        local: Any = 1.0
    else:
        one = 1.0 if node._value.__class__ is float else values.settle(np.ones(node.shape, node.dtype))
        local = values.settle(contribution_of(rule, node, one, step.position, raw_value))
        if isinstance(local, np.ndarray) and local.size and bool((local == local.flat[0]).all()):
            local = values.settle(local.flat[0])
    if step.mask is not None and rule.op.kind == "elementwise" and not np.all(step.mask):
        local = values.settle(np.where(step.mask, values.strong(local), local.dtype.type(0) if hasattr(local, "dtype")
                                       else 0.0))
    return local


def _axes(step: Step) -> tuple[int, ...]:
    """The axes of a contribution that were summed, to undo broadcasting."""
    if step.rule is None or step.rule.op is ITEM:
        return ()
    given, shape = values.shape_of(step.contribution), values.shape_of(step.summed)
    added = len(given) - len(shape)
    return tuple(i for i, n in enumerate(given) if i < added or (n != 1 and shape[i - added] == 1))


def _began(step: Step) -> str:
    """What a rule made of a finite gradient, if that is not finite."""
    if step.rule is None or step.rule.op is ITEM or not is_finite(step.arriving) or is_finite(step.summed):
        return ""
    return "NaN" if any(bool(np.isnan(part).any()) for part in parts_of(step.summed)) else "infinite"
