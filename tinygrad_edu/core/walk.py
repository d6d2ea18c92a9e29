"""The walk: which nodes a tensor was made from, in the order in which they were made.

Every view and every pass is a loop over `made_from`; only the backward pass asks for what leads to gradients.
Read `ops.py` before this file and `backprop.py` after it.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import Any

from .tensors import Tensor

by_number = attrgetter("_number")


def made_from(roots: Iterable[Tensor], needing_gradient: bool = False) -> tuple[list[Tensor], list[Tensor]]:
    """(results, leaves) that `roots` were made from, `roots` included, each list oldest first.

    A list instead of recursion, because long chains are ordinary; inputs are older than results, so sorting by the
    number of creation is a topological order, and the one that all views share. (A variable that was assigned since
    has a newer number than its results, therefore leaves are kept apart.)
    """
    seen = set(roots)
    leaves: list[Tensor] = []
    results: list[Tensor] = []
    stack = [*seen]
    while stack:
        node = stack.pop()
        op = node._op
        if op is None:
            leaves.append(node)
            continue
        results.append(node)
        x = node._x1
        if x.__class__ is Tensor and x not in seen and (x._needs or not needing_gradient):
            seen.add(x)
            stack.append(x)
        x = node._x2
        if x.__class__ is Tensor and x not in seen and (x._needs or not needing_gradient):
            seen.add(x)
            stack.append(x)
        if op.wide:
            for x in node._more:
                if x.__class__ is Tensor and x not in seen and (x._needs or not needing_gradient):
                    seen.add(x)
                    stack.append(x)
    results.sort(key=by_number)
    leaves.sort(key=by_number)
    return results, leaves


def leading_to(targets: Iterable[Tensor], results: list[Tensor]) -> set[Any]:
    """Those of `results` (oldest first) and of `targets` through which a gradient reaches one of `targets`."""
    wanted: set[Any] = set(targets)
    for node in results:
        if node not in wanted and any(x.__class__ is Tensor and x in wanted for x in node.inputs):
            wanted.add(node)
    return wanted
