"""Facts: what a page's panel says of nodes, edges and modules, as data for its script.

    facts_of        descriptions -> nodes by id, edges by id and ends, modules by id, places in the user's code

A node's `place` counts in the list of places. Its title is its expression if it has no name. The dtype is left out if
it is float64. Numbers are written here, as pictures have them, in 4 digits; a single number also with all of its
digits. What is not known is left out. Read `formats/captions.py` before this file and `page.py` after it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...drawing.letters import visible
from ...drawing.numbers import MINUS, count, number, plain_number, shape_text
from ..formats.captions import trouble
from ..model import Description, Edge, Module, Node, Place, Value

Fact = dict[str, Any]


def facts_of(descriptions: Iterable[Description], is_short: bool = False) -> Fact:
    """What is known of everything in some pictures of one graph.

    Args:
        descriptions: the graph in several states.
        is_short: without the elements of arrays, for graphs of thousands of nodes.
    """
    places: dict[Place, int] = {}
    nodes: dict[str, Fact] = {}
    edges: dict[str, Fact] = {}
    modules: dict[str, Fact] = {}
    for d in descriptions:
        for node in d.nodes:
            if node.id not in nodes:
                nodes[node.id] = _node(node, is_short)
                if node.place is not None:
                    nodes[node.id]["place"] = places.setdefault(node.place, len(places))
        for edge in d.edges:
            key = f"{edge.id} {edge.source} {edge.target}"
            if key not in edges:
                edges[key] = _edge(edge, is_short)
        for module in d.modules:
            modules.setdefault(module.id, _module(module))
    return {"nodes": nodes, "edges": edges, "modules": modules, "places": [*map(_place, places)]}


def _known(**facts: Any) -> Fact:
    """Those that say something."""
    return {name: visible(fact) if isinstance(fact, str) else fact for name, fact in facts.items()
            if fact not in (None, "", False, [], {})}


def _node(node: Node, is_short: bool) -> Fact:
    operation = node.operation
    return _known(
        title=node.title if node.kind != "rest" else "", name=node.name, kind=node.kind,
        expression=node.expression if node.name else None,
        sign=operation.sign if operation else "", operation=operation.name if operation else "",
        options=operation.options if operation else "", value=_value(node.value, is_short),
        gradient=_value(node.gradient, is_short), module=node.module,
        gradient_is="" if node.gradient is not None else node.gradient_is, root=node.is_root, changed=node.changed,
        stale=node.stale, count=count(node.count) if node.count > 1 else "",
        repeats=count(node.repeats) if node.repeats > 1 else "")


def _place(place: Place) -> list[Any]:
    """File, line, what stands before the expression, the expression, what stands after it."""
    text = place.text.strip()
    before, found, after = text.partition(place.expression) if place.expression else (text, "", "")
    return [visible(place.file), place.line, visible(before), visible(found), visible(after)]


def _edge(edge: Edge, is_short: bool) -> Fact:
    return _known(
        position=edge.position + 1 if edge.ordered else None, formula=edge.formula, factor=edge.is_factor,
        spoken=None if is_short else edge.spoken, local=_short(edge.local), flow=_short(edge.flow), note=edge.note)


def _short(value: Value | None) -> Fact | None:
    """A value of an edge: a number, or from where to where."""
    if value is None:
        return None
    fact = _value(value, True) or {}
    return {name: fact[name] for name in ("number", "shape", "spread", "trouble") if name in fact}


def _module(module: Module) -> Fact:
    return _known(path=module.path, kind=module.kind, parent=module.parent, count=count(module.count),
                  parameters=count(module.parameters) if module.parameters else "",
                  repeats=count(module.repeats) if module.repeats > 1 else "")


def _value(value: Value | None, is_short: bool = False) -> Fact | None:
    """A number in 4 digits and in all; of an array its elements if they are few, and what is known of them all."""
    if value is None:
        return None
    if value.is_number and value.elements:
        x = value.elements[0]
        return _known(number=number(x), exact=_more_digits(x), dtype=_dtype(value), trouble=trouble(value))
    elements = [*map(number, value.elements)] if value.elements is not None and not is_short else None
    spread = [number(each) for each in (value.minimum, value.mean, value.maximum) if each is not None]
    return _known(shape=shape_text(value.shape), rows=list(value.shape), elements=elements, dtype=_dtype(value),
                  spread=spread, zeros=count(value.zeros) if value.zeros else "", trouble=trouble(value),
                  size=count(value.size))


def _dtype(value: Value) -> str:
    return "" if value.dtype == "float64" else value.dtype


def _more_digits(x: Any) -> str:
    """All digits of a number, if 4 are not all."""
    is_whole = x != x or isinstance(x, bool) or float(plain_number(x)) == x
    return "" if is_whole else repr(x).replace("-", MINUS)
