"""The backward pass once more, for graphs without masks, hooks and operations with several results, but faster.

It does what `steps` in `backprop.py` does, edge for edge; tests hold the two equal bit for bit. The running totals are
in a slot of each tensor instead of a dict, and what happens on the edges of an operation is a function written for it,
see `sending.py`: together this takes half the time.
"""

from __future__ import annotations

from .backprop import Plan
from .sending import ready
from .tensors import Tensor


def run_plain(plan: Plan, keep: bool) -> None:
    """Run a pass; `keep` leaves each result its gradient. If it cannot, NotPlainError, and nothing is changed."""
    wanted, targets, leaves, ours = plan.wanted, plan.targets, plan.leaves, set[Tensor]()
    try:
        for node, g in plan.seeds.items():
            node._total = g
        for node in reversed(plan.results):
            g = node._total
            if g is None:
                if keep:
                    node._grad = None
                continue
            node._total = None
            if keep:
                node._grad = g
            elif node in targets:
                plan.totals[node] = g
            op = node._op
            (op.send or ready(op))(node, g, wanted, ours)
        plan.totals.update((leaf, leaf._total) for leaf in leaves if leaf._total is not None)
        plan.kept = keep
    except BaseException:
        for node in plan.results:                       # a pass that failed leaves no gradient behind
            node._total = None
            if keep:
                node._grad = None
        raise
    finally:
        for leaf in leaves:
            leaf._total = None
