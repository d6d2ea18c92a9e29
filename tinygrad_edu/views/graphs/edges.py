"""Edges: one for each argument of each operation, with what flows back along it.

    edges_of(gathering, ...)        every recorded argument once, in order
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from typing import Any

import numpy as np

from ...core.tensors import Tensor
from ..drawing.numbers import count, shape_text
from .flows import Flow, Flows, nothing
from .gathering import Argument, Gathering
from .local_rules import Local, rule_leads_on
from .model import Edge

# Operations that give the same whichever argument comes first.
SYMMETRIC = frozenset({
    "add", "multiply", "maximum", "minimum", "hypot", "logaddexp", "equal", "not_equal", "logical_and", "logical_or",
    "logical_xor", "bitwise_and", "bitwise_or", "bitwise_xor",
})
BROADCASTING = frozenset({"where", "maximum", "minimum", "clip", "hypot"})

Rules = Callable[[Tensor, int], Local | None]


def edges_of(gathering: Gathering, wanted: Container[Tensor], flows: Flows | None, rules: Rules | None) -> list[Edge]:
    """The edges of a gathering.

    Args:
        gathering: the nodes.
        wanted: the tensors that a gradient can reach.
        flows: what a pass found, or None.
        rules: what the gates say; None to leave that out.
    """
    return [_edge(gathering.ids[node], node, each, wanted, flows, rules)
            for node, arguments in gathering.arguments.items() for each in arguments]


def _edge(target: str, node: Tensor, argument: Argument, wanted: Container[Tensor], flows: Flows | None,
          rules: Rules | None) -> Edge:
    op, (position, x, source, part) = node._op, argument
    is_wanted = x.__class__ is Tensor and x._needs and node in wanted and rule_leads_on(node, position)
    flow = _flow(node, position, x, flows) if is_wanted and flows is not None else None
    local = rules(node, position) if is_wanted and rules is not None else None
    return Edge(
        id=f"{target}.{position}", source=source, target=target, position=position,
        argument=f"{op.many}[{position}]" if op.many else op.input_names[position],
        ordered=len(node.inputs) > 1 and (op.foreign or op.name not in SYMMETRIC), wanted=is_wanted,
        formula=local.formula if local else None, spoken=local.spoken if local else None,
        short=local.short if local else "",
        is_factor=local.is_factor if local else False, local=local.value if local else None,
        arriving=flow.arriving if flow else None, flow=flow.flow if flow else None,
        note=part or _note(node, x, flow, is_wanted))


def _flow(node: Tensor, position: int, x: Tensor, flows: Flows) -> Flow | None:
    """What flows along an edge; 0 where a `where` took nothing of a result, so that no rule was asked."""
    found = flows.edges.get((node, position))
    if found is None and x._value.__class__ is not tuple:
        return Flow(flows.gradient(node), nothing(x), x.shape)
    return found


def _note(node: Tensor, x: Any, flow: Flow | None, is_wanted: bool) -> str:
    """What broadcasting did to an argument, or what undoing it does to its gradient."""
    shape = np.shape(getattr(x, "_value", x)) if x.__class__ is not Tensor or x._value.__class__ is not tuple else None
    if shape is None or node._value.__class__ is tuple:
        return ""
    if flow is not None:
        return summed(flow.shape, shape) if flow.shape != shape else ""
    broadcasts = node._op.kind == "elementwise" or (node._op.name in BROADCASTING and not node._op.foreign)
    if not broadcasts or shape == node.shape or (shape == () and not is_wanted):
        return ""
    return f"{shape_text(shape, 'scalar')} → {shape_text(node.shape)}"


def summed(given: tuple[int, ...], shape: tuple[int, ...]) -> str:
    """`6×3 → 3: sum of 6 rows (axis 0)`."""
    added = len(given) - len(shape)
    axes = [i for i, n in enumerate(given) if i < added or (shape[i - added] == 1 and n != 1)]
    if all(given[i] == 1 for i in axes):                    # nothing is added up
        return f"{shape_text(given, 'scalar')} → {shape_text(shape, 'scalar')}"
    what = f"{count(int(np.prod([given[i] for i in axes])))} "
    if shape == () or len(axes) == len(given):
        what += "elements"
    elif len(given) == 2:
        what += f"{('row', 'column')[axes[0]]}{'s' * (given[axes[0]] != 1)} (axis {axes[0]})"
    else:
        what = f"over ax{'i' if len(axes) == 1 else 'e'}s {', '.join(map(str, axes))}"
    joint = " " if what.startswith("over") else " of "
    return f"{shape_text(given, 'scalar')} → {shape_text(shape, 'scalar')}: sum{joint}{what}"


def reached(gathering: Gathering) -> Mapping[Tensor, None]:
    """The tensors that a gradient from the roots can reach; in a graph that is cut, those that need one."""
    if gathering.is_cut:
        return dict.fromkeys(t for t in gathering.ids if t._needs)
    found = dict.fromkeys(root for root in gathering.roots if root._needs)
    for node in reversed(gathering.results):
        if node in found:
            found.update((x, None) for i, x in enumerate(node.inputs)
                         if x.__class__ is Tensor and x._needs and rule_leads_on(node, i))
    return found
