"""Recorded graphs as descriptions: what the tensors hold, put into the plain data that pictures are drawn from.

    described(roots, ...)       -> Description, and the id of the node of each tensor

Linear in the size of the graph; what is costly (formulas of gates, a pass) is left out of large graphs, and a note
says so. Read `model.py`, `gathering.py`, `clusters.py`, `titles.py`, `flows.py` and `edges.py` before this file.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Container, Mapping, Sequence
from typing import Any, Literal

import numpy as np

from ...core.tensors import Tensor, extra_of
from ...errors import ChangedValueError
from ..drawing.numbers import count
from .clusters import Clusters, Known
from .edges import edges_of, reached
from .flows import Flows, flows_of, seeds_of
from .gathering import REST, Gathering
from .local_rules import LocalRules
from .model import Description, Gradient, Kind, Node, Operation, Place, Value
from .signs import operation_of
from .summaries import summary
from .titles import Site, Titles

LIMIT = 10_000                  # nodes that are described
MOST_FORMULAS = 400             # edges of a graph whose gates are written
MOST_STEPS = 200_000            # results of a graph that a pass is made through for the picture alone

Gradients = Literal["recorded", "fresh", "none"]


def described(roots: Sequence[Tensor], *, gradients: Gradients = "recorded", seeds: Mapping[Tensor, Any] | None = None,
              limit: int = LIMIT, called: Mapping[Tensor, str] | None = None, examples: Collection[Tensor] = (),
              parameters: Container[Tensor] = (), tree: Mapping[str, Known] | None = None, site: Site = None,
              title: str = "") -> tuple[Description, dict[Tensor, str]]:
    """The graph that some tensors were made from, as a description.

    Args:
        roots: the tensors.
        gradients: "recorded" for what `backward()` left in `.grad`, with what flowed along the edges if it was called
            on the roots; "fresh" for a pass made here, which touches no `.grad`; "none" for a graph before any pass.
        seeds: what a fresh pass starts from at each root; 1 if it is a single number.
        limit: so many nodes are described, those nearest to the roots; the others are one node.
        called: what some tensors are called here.
        examples: tensors that are example data, whatever their shape.
        parameters: tensors that are parameters, though not marked as such.
        tree: dotted name of a module -> what it is; None if the model is not known.
        site: the place in the code that asked: what was made there takes no name and no line from it.
        title: what the graph computes, if the roots do not say.
    Returns: the description, and the id of each tensor that has a node.
    Raises: ShapeError if a fresh pass has no seed, ChangedValueError if it needs a value that was assigned since.

    >>> w, x = tg.variables(w=2, x=-3)
    >>> description, ids = described([tg.tanh(w * x)])
    >>> [node.title for node in description.nodes], ids[x]
    (['w', 'x', 'w·x', 'tanh(w·x)'], 'n2')
    """
    gathering = Gathering(roots, limit, examples)
    wanted = reached(gathering)
    kinds = kinds_of(gathering, examples, parameters)
    clusters = Clusters(gathering, kinds, tree)
    titles = Titles(gathering, clusters, kinds, called or {}, site)
    flows, notes = _flows(gathering, gradients, seeds)
    rules = None
    if sum(map(len, gathering.arguments.values())) <= MOST_FORMULAS:
        names = {name for member in gathering.members if (name := titles.name_of(member.id))}
        rules = LocalRules(titles, names, lambda t: clusters.path_of.get(gathering.ids[t], "")).of
    changed, stale = _outdated(gathering)
    nodes = []
    for member, given in gathering.members:
        path = clusters.path_of.get(member)
        is_tensor = given.__class__ is Tensor
        value, gradient, gradient_is = _numbers(given, gradients, flows, wanted)
        nodes.append(Node(
            id=member, kind=kinds[member], name=titles.name_of(member), value=value, gradient=gradient,
            gradient_is=gradient_is, module=clusters.ids[path] if path else None,
            expression=titles.expression_of(given) if is_tensor else None,
            operation=_operation(given) if is_tensor else None, place=_place(given, site) if is_tensor else None,
            is_root=is_tensor and given in gathering.roots_set, changed=is_tensor and given in changed,
            stale=is_tensor and given in stale))
    if gathering.left_out:
        nodes.insert(0, Node(id=REST, kind="rest", count=gathering.left_out))
        notes.append(f"{count(len(gathering.members))} of {count(len(gathering.members) + gathering.left_out)} nodes "
                     "are shown, those nearest to the result.")
    if stale:
        notes.append("Values were assigned since this was computed: run the forward pass again for the results of "
                     "the new ones.")
    return Description(nodes=tuple(nodes), edges=tuple(edges_of(gathering, wanted, flows, rules)),
                       modules=clusters.modules, title=title or _title(gathering, titles),
                       notes=tuple(notes)), gathering.ids


def kinds_of(gathering: Gathering, examples: Container[Tensor], parameters: Container[Tensor]) -> dict[str, Kind]:
    """What kind of node each member is."""
    return {member: _kind(given, examples, parameters, member in gathering.array_names)
            for member, given in gathering.members}


def _kind(given: Any, examples: Container[Tensor], parameters: Container[Tensor], is_named: bool) -> Kind:
    if given.__class__ is Tensor:
        if given._op is not None:
            return "result"
        if extra_of(given).parameter or given in parameters:
            return "parameter"
        if given._needs:
            return "variable"
        value = given._value
        if given in examples:
            return "input"
    else:
        value = given
    is_array = isinstance(value, np.ndarray) and value.ndim > 0 and value.dtype.kind == "f"
    if is_array and value is given and not is_named and value.size and (value == value.flat[0]).all():
        return "constant"               # an array that was filled with one number is no example
    return "input" if is_array else "constant"


def _flows(gathering: Gathering, gradients: Gradients, seeds: Mapping[Tensor, Any] | None) -> tuple[Flows | None,
                                                                                                   list[str]]:
    """What a pass finds, if one is to be made; and what to say if it cannot."""
    roots = [root for root in gathering.roots if root._needs]
    if gradients == "recorded":
        roots = [root for root in roots if extra_of(root).seeded]
        hooked = {root for root in roots if extra_of(root).hooks}
        seeds = {root: grad for root in roots
                 if root not in hooked and root._op is not None and (grad := getattr(root, "_grad", None)) is not None}
        roots = [root for root in roots if root in seeds or root.size == 1]
    if not roots or gradients == "none":
        return None, []
    if len(gathering.results) > MOST_STEPS:
        return None, [f"More than {count(MOST_STEPS)} operations: what flows along each edge is left out."]
    start = seeds_of(roots, seeds)
    if gradients == "fresh":
        return flows_of(start, gathering.ids), []
    try:
        return flows_of(start, gathering.ids), []
    except ChangedValueError:
        return None, []                 # the note on changed values says what to do


def _numbers(given: Any, gradients: Gradients, flows: Flows | None,
             wanted: Container[Tensor]) -> tuple[Value | None, Value | None, Gradient]:
    """The value of a node, its gradient, and what is known of that."""
    if given.__class__ is not Tensor:
        return summary(given), None, "not wanted"
    if given._value.__class__ is tuple:             # of several results each has its own
        return None, None, "not wanted"
    value = summary(given._value)
    if gradients == "recorded":
        found = getattr(given, "_grad", None)
        gradient = summary(found) if found is not None else None
    else:
        gradient = flows.gradient(given) if flows is not None else None
    if gradient is not None:
        return value, gradient, "known"
    return value, None, "none yet" if given in wanted else "not wanted"


def _operation(t: Tensor) -> Operation | None:
    return operation_of(t) if t._op is not None else None


def _place(t: Tensor, site: Site) -> Place | None:
    if (t._code, t._offset) == site:
        return None
    position = t.position
    if position is None:
        return None
    return Place(file=os.path.basename(position.file), line=position.line, text=position.text,
                 expression=position.expression)


def _outdated(gathering: Gathering) -> tuple[set[Tensor], set[Tensor]]:
    """The leaves that were assigned since a result was made from them, and all results that are thereby stale."""
    changed: set[Tensor] = set()
    stale: set[Tensor] = set()
    if not gathering.results or not gathering.leaves or (
            gathering.leaves[-1]._number < gathering.results[0]._number):
        return changed, stale
    for node in gathering.results:
        for x in node.inputs:
            if x.__class__ is Tensor:
                if x._number > node._number:
                    changed.add(x)
                    stale.add(node)
                elif x in stale:
                    stale.add(node)
    return changed, stale


def _title(gathering: Gathering, titles: Titles) -> str:
    """`y = tanh(w·x + b)`; of several roots the first three."""
    found = []
    for root in gathering.roots[:3]:
        name, expression = titles.name_of(gathering.ids[root]), titles.expression_of(root)
        found.append(" = ".join(each for each in (name, expression) if each) or "a constant")
    more = len(gathering.roots) - len(found)
    return "; ".join(found) + (f"; and {more} more" if more > 0 else "")
