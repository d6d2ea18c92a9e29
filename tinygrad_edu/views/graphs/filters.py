"""Filters: the part of a picture that one wants to see. Each gives a new description; ids stay what they are.

    focus(d, node, hops)        what is near a node
    between(d, a, b)            what lies on the ways from one node to another
    hide_constants(d)           without constants
    limited(d, max_nodes)       the nodes nearest to the result; one node stands for all others
"""

from __future__ import annotations

from collections import deque
from collections.abc import Container, Iterable
from dataclasses import replace

from ...errors import ArgumentError
from ...nn.arguments import is_count
from ..drawing.numbers import count
from .contraction import tidied
from .gathering import REST
from .model import Description, Node


def only(d: Description, kept: Container[str], note: str = "") -> Description:
    """The description of these nodes, and of the edges between them."""
    nodes = tuple(node for node in d.nodes if node.id in kept)
    left_out = len(d.nodes) - len(nodes)
    notes = (*d.notes, note.format(count(left_out))) if note and left_out else d.notes
    return tidied(replace(d, nodes=nodes, notes=notes, edges=tuple(
        edge for edge in d.edges if edge.source in kept and edge.target in kept)))


def focus(d: Description, node: str, hops: int) -> Description:
    """The nodes that are at most so many edges away, in either direction."""
    if not is_count(hops, 0):
        raise ArgumentError(f"focus(node, hops): got hops={hops!r:.40}. Expected a whole number, 0 or more.")
    near = _neighbours((edge.source, edge.target) for edge in d.edges)
    for source, target in ((edge.source, edge.target) for edge in d.edges):
        near.setdefault(target, []).append(source)
    found, layer = {node}, [node]
    for _ in range(hops):
        layer = [*dict.fromkeys(each for at in layer for each in near.get(at, ()) if each not in found)]
        found.update(layer)
        if not layer:
            break
    return only(d, found, f"{{}} nodes that are more than {hops} step{'s' * (hops != 1)} away are not shown.")


def between(d: Description, a: str, b: str, names: tuple[str, str]) -> Description:
    """The nodes on the ways from `a` to `b`.

    Raises: ArgumentError if there is none; it says so if there is one in the other direction.
    """
    forward = _neighbours((edge.source, edge.target) for edge in d.edges)
    backward = _neighbours((edge.target, edge.source) for edge in d.edges)
    found = _reached(a, forward) & _reached(b, backward)
    if not found:
        other = (f" There is one from {names[1]} to {names[0]}: between({names[1]}, {names[0]})."
                 if b in _reached(a, backward) else " Neither was made from the other.")
        raise ArgumentError(f"between(a, b): there is no way from {names[0]} to {names[1]}.{other}")
    return only(d, found, f"{{}} nodes that are not on a way from {names[0]} to {names[1]} are not shown.")


def hide_constants(d: Description) -> Description:
    """Without numbers and arrays that are constant."""
    return only(d, {node.id for node in d.nodes if node.kind != "constant"})


def limited(d: Description, max_nodes: int) -> Description:
    """The nodes nearest to the result, at most so many; one more stands for the others."""
    if not is_count(max_nodes):
        raise ArgumentError(f"limit(max_nodes): got {max_nodes!r:.40}. Expected a whole number of at least 1.")
    if len(d.nodes) <= max_nodes:
        return d
    before = _neighbours((edge.target, edge.source) for edge in d.edges)
    ends = [node.id for node in d.nodes if node.is_root] or [d.nodes[-1].id]
    kept, waiting = set(ends), deque(ends)
    while waiting:
        for source in before.get(waiting.popleft(), ()):
            if source not in kept and source != REST and len(kept) < max_nodes:
                kept.add(source)
                waiting.append(source)
    rest = [node for node in d.nodes if node.id not in kept]
    known = next((node for node in rest if node.kind == "rest"), None)
    missing = sum(node.count for node in rest)
    edges = tuple(edge if edge.source in kept else replace(edge, source=REST) for edge in d.edges
                  if edge.target in kept)
    notes = [note for note in d.notes if known is None or not note.endswith("those nearest to the result.")]
    total = missing + sum(node.count for node in d.nodes if node.id in kept)
    notes.append(f"{count(len(kept))} of {count(total)} nodes are shown, those nearest to the result.")
    nodes = (Node(id=REST, kind="rest", count=missing), *(node for node in d.nodes if node.id in kept))
    return tidied(replace(d, nodes=nodes, edges=edges, notes=tuple(notes)))


def _neighbours(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for a, b in pairs:
        found.setdefault(a, []).append(b)
    return found


def _reached(start: str, leads: dict[str, list[str]]) -> set[str]:
    found, waiting = {start}, [start]
    while waiting:
        for each in leads.get(waiting.pop(), ()):
            if each not in found:
                found.add(each)
                waiting.append(each)
    return found
