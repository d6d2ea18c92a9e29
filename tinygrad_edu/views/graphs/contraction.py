"""Contraction: several nodes of a description become one, and the graph stays one without cycles.

    Part                        which nodes become which
    contracted(d, parts)        the description with each part as one node, and where each node went
    without_cycles(d, groups)   groups of nodes, split where contracting them as they are would make a cycle

A layer that is used twice, with something else between the two uses, cannot be one node: what comes out would go in
again. Such a group is split into its uses.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from .model import Description, Edge, Module, Node, Value
from .summaries import joined, total


class Part(NamedTuple):
    """Nodes that become one: their ids, and the new node.

    `edges` has edges of these nodes that are to be changed; None for edges that only say what flows, those from one
    node joined into one.
    """

    members: tuple[str, ...]
    node: Node
    edges: Mapping[str, Edge] | None = None


def contracted(d: Description, parts: Sequence[Part],
               modules: Iterable[Module] | None = None) -> tuple[Description, dict[str, str]]:
    """A description in which each part is one node.

    Args:
        d: the description.
        parts: which nodes become one; no two share a node, and contracting them makes no cycle.
        modules: the modules from now on; None for those there are. Those that hold nothing any more are left out.
    Returns: the new description, and the id of each node -> the id of the node that it went into.
    """
    into = {member: i for i, part in enumerate(parts) for member in part.members}
    place = {node.id: node.id for node in d.nodes}
    place.update((member, parts[i].node.id) for member, i in into.items())
    nodes = {place[node.id]: node for node in d.nodes if node.id not in into}
    nodes.update((part.node.id, part.node) for part in parts)
    kept: list[Edge] = []
    joint: dict[tuple[str, str], list[Edge]] = {}
    for edge in d.edges:
        source, target = place[edge.source], place[edge.target]
        if source == target:
            continue
        part = parts[into[edge.target]] if edge.target in into else None
        if part is not None and part.edges is None:
            joint.setdefault((source, target), []).append(edge)
        else:
            edge = edge if part is None or part.edges is None else part.edges.get(edge.id, edge)
            kept.append(replace(edge, source=source, target=target))
    consumers: dict[str, int] = {}
    for edge in d.edges:
        consumers[edge.source] = consumers.get(edge.source, 0) + 1
    before = {node.id: node for node in d.nodes}
    for (source, target), edges in joint.items():
        kept.append(_joint(edges, source, target, before, consumers))
    order = _in_order([place[node.id] for node in d.nodes], kept)
    return tidied(replace(d, nodes=tuple(nodes[each] for each in order), edges=_sorted(kept, order, into)),
                  d.modules if modules is None else modules), place


def _joint(edges: Sequence[Edge], source: str, target: str, nodes: Mapping[str, Node],
           consumers: Mapping[str, int]) -> Edge:
    """One edge in place of several from one node to one folded node; it says what flows, not by which rule."""
    first = edges[0]
    flow = total([each.flow for each in edges])
    giver = nodes[first.source]
    if flow is None and all(each.flow is not None and each.source == giver.id for each in edges) and (
            len(edges) == consumers[giver.id] and giver.kind in ("result", "expression")):
        flow = giver.gradient                           # whose sum it is
    return Edge(id=first.id, source=source, target=target, position=first.position,
                wanted=any(each.wanted for each in edges), flow=flow)


def _sorted(edges: list[Edge], order: Sequence[str], into: Mapping[str, int]) -> tuple[Edge, ...]:
    """Edges by target; those that lead into a contracted node are counted anew."""
    rank = {node: i for i, node in enumerate(order)}
    found = sorted(edges, key=lambda each: rank[each.target])
    last, position, counted = "", 0, []
    for edge in found:
        position = position + 1 if edge.target == last else 0
        last = edge.target
        is_own = edge.id.rpartition(".")[0] == edge.target and edge.target not in into
        counted.append(edge if is_own or edge.position == position else replace(edge, position=position))
    return tuple(counted)


def _in_order(ids: Iterable[str], edges: Iterable[Edge]) -> list[str]:
    """The nodes, each after those it was made from, as near as can be to the order of `ids`, where the last counts."""
    rank = {node: i for i, node in enumerate(ids)}
    waiting = dict.fromkeys(rank, 0)
    leads: dict[str, list[str]] = {}
    for edge in edges:
        waiting[edge.target] += 1
        leads.setdefault(edge.source, []).append(edge.target)
    ready = [(rank[node], node) for node, n in waiting.items() if not n]
    heapq.heapify(ready)
    found = []
    while ready:
        _, node = heapq.heappop(ready)
        found.append(node)
        for target in leads.get(node, ()):
            waiting[target] -= 1
            if not waiting[target]:
                heapq.heappush(ready, (rank[target], target))
    return found


def tidied(d: Description, modules: Iterable[Module] | None = None) -> Description:
    """Without modules that hold nothing and are no folded node."""
    modules = [*(d.modules if modules is None else modules)]
    parents = {module.id: module.parent for module in modules}
    needed: set[str | None] = {node.id for node in d.nodes if node.id in parents}
    for node in d.nodes:
        at = node.module
        while at is not None and at not in needed:
            needed.add(at)
            at = parents[at]
    for module in reversed(modules):
        if module.id in needed:
            needed.add(module.parent)
    return replace(d, modules=tuple(module for module in modules if module.id in needed))


# -- what the new node shows ------------------------------------------------------------------------------------------


def outputs_of(d: Description, groups: Sequence[Iterable[str]]) -> list[list[Node]]:
    """Of each group the nodes whose values are used outside, in their order; the last node if there are none."""
    into = {member: i for i, group in enumerate(groups) for member in group}
    used: list[list[Node]] = [[] for _ in groups]
    leaving = {edge.source for edge in d.edges if into.get(edge.source, -1) != into.get(edge.target, -1)}
    last: dict[int, Node] = {}
    for node in d.nodes:
        if node.id in into:
            last[into[node.id]] = node
            if node.is_root or node.id in leaving:
                used[into[node.id]].append(node)
    return [found or [last[i]] for i, found in enumerate(used)]


def seen_from_outside(node: Node, inner: Sequence[Node], outputs: Sequence[Node]) -> Node:
    """`node` with what comes out of the nodes that it stands for: one value; several numbers as one vector."""
    value, gradient = outputs[0].value, outputs[0].gradient
    if len(outputs) > 1:
        value, gradient = joined([each.value for each in outputs]), joined([each.gradient for each in outputs])
    states = {each.gradient_is for each in outputs}
    known: Value | None = gradient if states == {"known"} else None
    return replace(
        node, value=value, gradient=known,
        gradient_is="known" if known is not None else "none yet" if states & {"none yet"} else "not wanted",
        place=outputs[-1].place, is_root=any(each.is_root for each in inner),
        changed=any(each.changed for each in inner), stale=any(each.stale for each in outputs),
        count=sum(each.count for each in inner))


# -- cycles -----------------------------------------------------------------------------------------------------------


def without_cycles(d: Description, groups: Sequence[Sequence[str]]) -> list[list[list[str]]]:
    """Each group as the parts that may be contracted, all of them together, without making a cycle."""
    place = {node.id: node.id for node in d.nodes}
    place.update((member, group[0]) for group in groups for member in group)
    if _has_order(d, place):
        return [[list(group)] for group in groups]
    place = {node.id: node.id for node in d.nodes}
    found = []
    for group in groups:                            # one after the other, each in the graph that those before it leave
        uses = _uses(d, place, set(group))
        parts: dict[int, list[str]] = {}
        for member in group:
            parts.setdefault(uses[member], []).append(member)
        for part in parts.values():
            place.update((member, part[0]) for member in part)
        found.append(list(parts.values()))
    return found


def _has_order(d: Description, place: Mapping[str, str]) -> bool:
    return len(_in_order([place[node.id] for node in d.nodes], _outer(d, place))) == len(set(place.values()))


def _outer(d: Description, place: Mapping[str, str]) -> list[Edge]:
    return [replace(edge, source=place[edge.source], target=place[edge.target]) for edge in d.edges
            if place[edge.source] != place[edge.target]]


def _uses(d: Description, place: Mapping[str, str], group: set[str]) -> dict[str, int]:
    """How often, at most, the way to a node of the group has left the group before."""
    edges = _outer(d, place)
    before: dict[str, list[str]] = {}
    for edge in edges:
        before.setdefault(edge.target, []).append(edge.source)
    found: dict[str, int] = {}
    for node in _in_order([place[each.id] for each in d.nodes], edges):
        arriving = ((found[x], x in group) for x in before.get(node, ()))
        if node in group:
            found[node] = max((n + (not inside and n >= 0) for n, inside in arriving), default=0)
            found[node] = max(found[node], 0)
        else:
            found[node] = max((n for n, _ in arriving), default=-1)
    return found
