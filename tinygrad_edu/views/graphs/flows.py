"""Flows: a backward pass for the picture alone, with what flows along each edge. It touches no `.grad`.

    flows_of(seeds, shown)      gradients of tensors, and what arrives and flows at each edge, summarised
    observed(seeds, observe)    the pass itself, for whoever looks on

It runs the steps of `core/backprop.py`, so that the picture shows what `backward()` did, masks and hooks included.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from typing import Any, NamedTuple, TypeVar

import numpy as np

from ...core import values
from ...core.backprop import Plan, steps
from ...core.passes import all_finite, seed_of
from ...core.tensors import Tensor, extra_of
from ...core.walk import made_from
from .model import Value
from .summaries import summary

T = TypeVar("T")


class Flow(NamedTuple):
    """What flows along one edge.

    Attributes:
        arriving: the gradient of the result; None for several results.
        flow: what of it reaches the argument, in the argument's shape.
        shape: the shape before it was summed to that of the argument.
    """

    arriving: Value | None
    flow: Value | None
    shape: tuple[int, ...]


class Flows:
    """What one pass found.

    Attributes:
        edges: (result, position) -> what flows along that edge.
    """

    def __init__(self, plan: Plan) -> None:
        self.edges: dict[tuple[Tensor, int], Flow] = {}
        self._plan, self._reached = plan, {*plan.results, *plan.leaves}
        self._known: dict[int, tuple[Any, Value]] = {}      # what flows in is often the gradient, and arrives next

    def run(self, shown: Container[Tensor]) -> None:
        """Make the pass, and keep what flows into and out of the tensors that are shown."""
        for step in steps(self._plan):
            if step.rule is not None and step.node in shown:
                self.edges[step.node, step.position] = Flow(
                    self._summary(step.arriving), self._summary(step.summed), np.shape(step.contribution))

    def gradient(self, t: Tensor) -> Value | None:
        """The gradient of a tensor; None if the pass does not lead there, or for several results."""
        if t not in self._reached or t._value.__class__ is tuple:
            return None
        g = self._plan.totals.get(t)
        return nothing(t) if g is None else self._summary(g)

    def _summary(self, g: Any) -> Value | None:
        if isinstance(g, tuple):
            return None
        if g.__class__ is float:
            return summary(g)
        if id(g) not in self._known:
            self._known[id(g)] = g, summary(g)              # g is kept, so that nothing else gets its identity
        return self._known[id(g)][1]


def nothing(t: Tensor) -> Value:
    """A gradient of 0."""
    return summary(values.settle(np.zeros(t.shape, t.dtype)))


def seeds_of(roots: list[Tensor], seeds: Mapping[Tensor, Any] | None) -> dict[Tensor, Any]:
    """The gradients to start from: those given, else 1 at each root that needs a gradient.

    Raises: ShapeError if a root is not a single number and has no seed.
    """
    given = seeds or {}
    return {root: seed_of(root, given.get(root), "graph") for root in roots if root._needs}


def flows_of(seeds: dict[Tensor, Any], shown: Container[Tensor]) -> Flows:
    """Run a pass from these seeds, and keep what concerns the tensors that are shown.

    Raises: ChangedValueError if a value that a rule needs was assigned since.
    """
    def observe(plan: Plan) -> Flows:
        found = Flows(plan)
        found.run(shown)
        return found

    return observed(seeds, observe)


def observed(seeds: Mapping[Tensor, Any], observe: Callable[[Plan], T]) -> T:
    """A pass from these seeds as `backward()` makes it: again, carefully, where a gradient is not finite.

    Args:
        observe: goes through `steps(plan)`, and gives what it keeps of them.
    Returns: what it kept of the pass that counts.
    """
    results, leaves = made_from(seeds, needing_gradient=True)
    hooked = any(extra_of(node).hooks for node in (*results, *leaves))
    with np.errstate(all="ignore"):
        plan = Plan(results, leaves, dict(seeds), careful=hooked)           # a hook is called once in a pass
        found = observe(plan)
        if not hooked and not all_finite(plan):
            found = observe(Plan(results, leaves, dict(seeds), careful=True))
    return found
