"""Flows: a backward pass for the picture alone, with what flows along each edge. It touches no `.grad`.

    flows_of(roots, seeds)      gradients of tensors, and what arrives and flows at each edge, summarised

It runs the steps of `core/backprop.py`, so that the picture shows what `backward()` did, masks and hooks included.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any, NamedTuple

import numpy as np

from ...core import values
from ...core.backprop import Plan, steps
from ...core.passes import seed_of
from ...core.tensors import Tensor
from ...core.walk import made_from
from .model import Value
from .summaries import summary


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


class Flows(NamedTuple):
    """What one pass found: the gradient of each tensor, and the flow of each edge (result, position)."""

    gradients: dict[Tensor, Value]
    edges: dict[tuple[Tensor, int], Flow]


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
    results, leaves = made_from(seeds, needing_gradient=True)
    with np.errstate(all="ignore"):
        plan = Plan(results, leaves, dict(seeds))
        edges = _edges(plan, shown)
        if not all(values.is_finite(plan.totals[leaf]) for leaf in leaves if leaf in plan.totals):
            plan = Plan(results, leaves, dict(seeds), careful=True)             # as `backward()` does
            edges = _edges(plan, shown)
    found = {}
    for t in (*results, *leaves):
        if t in shown and t._value.__class__ is not tuple:
            g = plan.totals.get(t)
            found[t] = summary(values.settle(np.zeros(t.shape, t.dtype)) if g is None else g)
    return Flows(found, edges)


def _edges(plan: Plan, shown: Container[Tensor]) -> dict[tuple[Tensor, int], Flow]:
    found: dict[tuple[Tensor, int], Flow] = {}
    arriving: tuple[Tensor | None, Value | None] = (None, None)
    for step in steps(plan):
        node = step.node
        if step.rule is None or node not in shown:
            continue
        if arriving[0] is not node:
            arriving = node, None if step.arriving.__class__ is not float and isinstance(
                step.arriving, tuple) else summary(step.arriving)
        flow = None if isinstance(step.summed, tuple) else summary(step.summed)
        found[node, step.position] = Flow(arriving[1], flow, np.shape(step.contribution))
    return found
