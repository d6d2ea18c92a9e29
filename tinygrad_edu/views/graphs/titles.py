"""Titles: the names of nodes, and what results were made from, in mathematics.

    Titles(gathering, clusters, ...)    .name_of(id), .expression_of(result), .operand(x, path)

Names come from `core/naming.py` and expressions from `views/expressions.py`, one operation at a time: what has a name
stands there by its name, what has none by its own expression, if that is short. A parameter is called by its dotted
name, and within its module by the last part of that. What leaves a module without a name is called like the module.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from ...core.backprop import ITEM
from ...core.naming import SUBSCRIPTS
from ...core.tensors import Tensor, extra_of
from ...core.walk import by_number
from ..expressions import WRITTEN_OUT, ExpressionBuilder, names_for
from ..plain_text import PlainText
from ..program_names import parsed
from ..trees import Apply, Array, Cut, Expression, Literal, Name, Total
from .clusters import Clusters
from .gathering import Gathering
from .model import Kind

MOST_OPERATIONS = 8         # in an expression that is part of another one
LONGEST = 160               # letters of an expression
DOTS = Cut("…")

Site = tuple[Any, int] | None


class Titles:
    """Names and expressions of a gathering.

    Args:
        gathering: the nodes.
        clusters: their modules.
        kinds: their kinds.
        called: what some tensors are called here.
        site: the place in the user's code that asked for the picture: what was made there has no name from it.
    """

    def __init__(self, gathering: Gathering, clusters: Clusters, kinds: Mapping[str, Kind],
                 called: Mapping[Tensor, str], site: Site = None) -> None:
        self._gathering, self._path_of = gathering, clusters.path_of
        self._names: dict[str, str] = {}
        self._name_tensors(kinds, called, site)
        self._name_others(kinds)
        self._trees: dict[Tensor, Expression] = {}
        self._sizes: dict[Tensor, int] = {}
        self._arrays = {id(given): Name(self._names[member]) for member, given in gathering.members
                        if given.__class__ is not Tensor and member in self._names}
        for each in (each for arguments in gathering.arguments.values() for each in arguments):
            if isinstance(each.given, np.ndarray) and each.given.ndim:     # a part of an example, or a copy of an array
                name = gathering.parts.get(id(each.given)) or self._names.get(each.source)
                self._arrays.update({id(each.given): Name(name)} if name else {})
        for node in gathering.arguments:
            self._trees[node] = self._tree(node)

    def name_of(self, member: str) -> str | None:
        """The name of a node, or None."""
        return self._names.get(member)

    def expression_of(self, node: Tensor) -> str | None:
        """What a result was made from; None for a leaf."""
        if node not in self._trees:
            return None
        text = PlainText().write(self._trees[node])
        return text if len(text) <= LONGEST else f"{text[:LONGEST // 2]}…{text[1 - LONGEST // 2:]}"

    # -- names ------------------------------------------------------------------------------------------------------

    def _name_tensors(self, kinds: Mapping[str, Kind], called: Mapping[Tensor, str], site: Site) -> None:
        ids = self._gathering.ids
        tensors = sorted((t for t in ids if not _is_one_of_several(t)), key=by_number)
        own = dict(called)
        for t in tensors:
            path = self._path_of.get(ids[t])
            name = extra_of(t).name
            if path and kinds[ids[t]] == "parameter" and t not in own and name is not None:
                own[t] = name if name.startswith(f"{path}.") else f"{path}.{name}"
        for t, name in names_for(tensors, own).items():
            if (t._code, t._offset) != site or t in own or extra_of(t).name is not None:
                self._names[ids[t]] = str(name)

    def _name_others(self, kinds: Mapping[str, Kind]) -> None:
        """Names for arrays and leaves that have none: where they were used, else v₁ for variables and c₁ for arrays."""
        found = {**_names_of_calls(self._gathering), **self._gathering.array_names}
        found = {member: name for member, name in found.items() if member not in self._names}
        often, taken, numbers = Counter(found.values()), {*self._names.values()}, Counter[str]()
        for member, given in self._gathering.members:
            if member in self._names or (given.__class__ is Tensor and given._op is not None):
                continue
            name = found.get(member)
            if name is None and kinds[member] in ("variable", "parameter"):
                name = "v"
            elif name is None and np.size(getattr(given, "_value", given)) > WRITTEN_OUT:
                name = "c"
            if name is None:
                continue
            if name not in found.values() or often[name] > 1 or name in taken:
                name = _numbered(name, numbers, taken)
            self._names[member] = name
            taken.add(name)

    # -- expressions ------------------------------------------------------------------------------------------------

    def operand(self, x: Any, path: str = "") -> Expression | None:
        """How an argument is written within the module at `path`; None if it has no name and is not short."""
        part = self._gathering.parts.get(id(x))
        if part is not None:
            return Name(part)
        if x.__class__ is not Tensor:
            return self._arrays.get(id(x)) or (Literal(x) if np.ndim(x) == 0 else None)
        member = self._gathering.ids.get(x)
        if member is None:
            return None
        name = self._names.get(member)
        if name is not None:
            return Name(name.removeprefix(f"{path}.") if path else name)
        if x._op is None:
            return Literal(x._value) if x.shape == () else Array(x._value)
        own = self._path_of.get(member, "")
        if own and own != path and not path.startswith(f"{own}."):
            return Name(own)                                    # what comes out of another module
        return self._trees[x] if x in self._trees and self._sizes[x] <= MOST_OPERATIONS else None

    def _tree(self, node: Tensor) -> Expression:
        path = self._path_of.get(self._gathering.ids[node], "")
        given: dict[Tensor, Expression] = {}
        size = 1
        for x in node.inputs:
            if x.__class__ is Tensor and x not in given:
                tree = self.operand(x, path) or DOTS
                given[x] = Total([*tree.terms]) if isinstance(tree, Total) else tree        # which the next may extend
                if isinstance(tree, (Apply, Total)):
                    size += self._sizes[x]
        self._sizes[node] = size
        builder = ExpressionBuilder(node, given, None, False, None, False, LONGEST, {})
        builder.arrays.update(self._arrays)
        found = builder.expressed().result
        if any(found is each for each in given.values()) and len(node.inputs) == 2 and not node._op.many:
            parts = (given.get(x) or self.operand(x, path) or DOTS for x in node.inputs)
            return Apply(node._op, tuple(parts), {}, node)          # w·1, which is another node than w
        return found


def _is_one_of_several(t: Tensor) -> bool:
    """Whether it is one of the results that one line gave together, whose name is that of them all."""
    if t._op is not ITEM or extra_of(t).name is not None:
        return False
    return bool((t._code, t._offset) == (t._x1._code, t._x1._offset))


def _names_of_calls(gathering: Gathering) -> dict[str, str]:
    """The names of arrays that went into calls such as `model(x)`: x, if it is the only one there, and used first.

    (An array that was filled with one number is none that the user gave; several may be parts of what was given.)
    """
    first: dict[Site, Tensor] = {}
    used: dict[Site, dict[str, None]] = {}
    for node, arguments in gathering.arguments.items():
        site = node._code, node._offset
        first.setdefault(site, node)
        for each in arguments:
            x = each.given
            is_array = isinstance(x, np.ndarray) and x.dtype.kind == "f"
            if is_array and x.size and (x != x.flat[0]).any():
                used.setdefault(site, {})[each.source] = None
    found = {}
    for place, sources in used.items():
        node, member = first[place], next(iter(sources))
        if len(sources) == 1 and node.module and gathering.arguments[node][0].source == member:
            name = only_argument(node)
            if name:
                found[member] = name
    return found


def only_argument(node: Tensor) -> str | None:
    """The variable in the expression `f(x)` that made a node."""
    position = node.position
    called = parsed(position.expression) if position is not None and position.expression else None
    if isinstance(called, ast.Call) and len(called.args) == 1 and isinstance(called.args[0], ast.Name):
        return called.args[0].id
    return None


def _numbered(name: str, numbers: Counter[str], taken: set[str]) -> str:
    while True:
        numbers[name] += 1
        found = name + str(numbers[name]).translate(SUBSCRIPTS)
        if found not in taken:
            return found
