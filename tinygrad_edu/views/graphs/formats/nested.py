"""Nodes within their modules, in the order in which a nested text writes them.

    nested      a description -> its nodes, each after the start of its module and before the end of it

Read `model.py` before this file, `dot.py` and `mermaid.py` after it.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Description, Module, Node


def nested(description: Description) -> Iterator[Node | Module | None]:
    """A Module where it starts, each Node in it, then its inner modules, and None where it ends.

    A module may be nested as deeply as it likes: what is still to come is kept in a list.
    """
    known = {module.id for module in description.modules}
    nodes: dict[str | None, list[Node]] = {}
    inner: dict[str | None, list[Module]] = {}
    for node in description.nodes:
        nodes.setdefault(node.module if node.module in known else None, []).append(node)
    for module in description.modules:
        inner.setdefault(module.parent if module.parent in known else None, []).append(module)
    yield from nodes.get(None, ())
    todo: list[Module | None] = [*reversed(inner.get(None, ()))]
    while todo:
        each = todo.pop()
        yield each
        if each is not None:
            yield from nodes.get(each.id, ())
            todo += [None, *reversed(inner.get(each.id, ()))]
