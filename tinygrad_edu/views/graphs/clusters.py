"""Clusters: which module each node belongs to, and what is known of the modules.

    Clusters(gathering, kinds, tree)        .path_of, .modules, .ids

An operation knows the dotted name of the module that ran it. A parameter, and a constant, belongs to the innermost
module that all of its consumers share. With the tree of the model it is known which names are modules, and what they
are; without it a number in a name is taken for a place in a list: "layers.0" lies in what "layers" is an attribute of.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ...core.tensors import Tensor
from .gathering import Gathering
from .model import Kind, Module


class Known(NamedTuple):
    """What a model says of one of its modules: what it is, and how many numbers its parameters hold."""

    kind: str
    parameters: int


class Clusters:
    """The modules of a gathering.

    Attributes:
        path_of: id of a node -> the dotted name of its module, for nodes that belong to one.
        ids: dotted name -> id of the module.
        modules: the modules, outer ones before inner ones.
    """

    def __init__(self, gathering: Gathering, kinds: Mapping[str, Kind],
                 tree: Mapping[str, Known] | None = None) -> None:
        self._tree = tree or {}
        self._chains: dict[str, tuple[str, ...]] = {"": ()}
        self.path_of = self._paths(gathering, kinds)
        counts: dict[str, int] = {}
        sizes: dict[str, int] = {}
        for member in gathering.members:
            for path in self._chain(self.path_of.get(member.id, "")):
                counts[path] = counts.get(path, 0) + 1
                if kinds[member.id] == "parameter":
                    sizes[path] = sizes.get(path, 0) + int(member.given.size)
        self.ids = {path: f"m{i}" for i, path in enumerate(counts, 1)}
        self.modules = tuple(self._module(path, counts[path], sizes.get(path, 0)) for path in counts)

    def _module(self, path: str, count: int, size: int) -> Module:
        known = self._tree.get(path)
        chain = self._chain(path)
        return Module(id=self.ids[path], path=path, parent=self.ids[chain[-2]] if len(chain) > 1 else None,
                      kind=known.kind if known else "", parameters=known.parameters if known else size, count=count)

    def _paths(self, gathering: Gathering, kinds: Mapping[str, Kind]) -> dict[str, str]:
        found: dict[str, str] = {}
        shared: dict[str, tuple[str, ...]] = {}             # parameter or constant -> modules around all its consumers
        for node, arguments in gathering.arguments.items():
            path = node.module or ""
            if path:
                found[gathering.ids[node]] = path
            chain = self._chain(path)
            for each in arguments:
                if kinds.get(each.source) in ("parameter", "constant"):
                    before = shared.get(each.source)
                    shared[each.source] = chain if before is None else _common(before, chain)
        found.update((member, chain[-1]) for member, chain in shared.items() if chain)
        own = ((id, given.module) for id, given in gathering.members
               if given.__class__ is Tensor and given._op is None and given.module)
        return {**found, **{id: path for id, path in own if path}}

    def _chain(self, path: str) -> tuple[str, ...]:
        """The names of the modules around a module, outermost first, and its own."""
        if path not in self._chains:
            inner, at = [path], self._parent(path)
            while at not in self._chains:
                inner.append(at)
                at = self._parent(at)
            chain = self._chains[at]
            for each in reversed(inner):
                chain = self._chains[each] = (*chain, each)
        return self._chains[path]

    def _parent(self, path: str) -> str:
        """The module that a module lies in; empty if that is the whole."""
        parts = path.split(".")[:-1]
        if self._tree:
            while parts and ".".join(parts) not in self._tree:
                parts.pop()
        elif path.rpartition(".")[2].isdigit():
            while parts and parts[-1].isdigit():            # a list of lists
                parts.pop()
            parts = parts[:-1]
        return ".".join(parts)


def _common(a: tuple[str, ...], b: tuple[str, ...]) -> tuple[str, ...]:
    n = 0
    while n < min(len(a), len(b)) and a[n] == b[n]:
        n += 1
    return a[:n]

