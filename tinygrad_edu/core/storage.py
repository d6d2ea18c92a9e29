"""Pickling and deep copies: a graph is stored as a flat list, however long its chains are.

All tensors that are saved together and hang together share one `Graph`, so they come back with their connections.
Places in the user's code are stored resolved (file, line, expression, name), numbers are given anew in the old order.
Hooks are stored, too: a copy without them would have other gradients. (A lambda cannot be pickled; pickle says so.)
"""

from __future__ import annotations

import threading
import weakref
from typing import Any

from ..errors import ArgumentError
from . import positions, rules, tensors
from .tensors import NO_OPTIONS, Tensor, extra_of
from .walk import by_number, made_from


# Which graph a node is being stored in. The pickler keeps the Graph alive for as long as it works, not longer.
class _Stored(threading.local):
    """One for each thread, since two may store one graph at once."""

    def __init__(self) -> None:
        self.graphs: weakref.WeakValueDictionary[int, Graph] = weakref.WeakValueDictionary()


_stored_in = _Stored()


class Graph:
    """The nodes that some tensors were made from, oldest first, while they are being stored."""

    def __init__(self, root: Tensor) -> None:
        results, leaves = made_from([root])
        new = [node for node in (*results, *leaves) if id(node) not in _stored_in.graphs]
        self.nodes = sorted(new, key=by_number)
        self.index = {id(node): i for i, node in enumerate(self.nodes)}
        for node in self.nodes:
            _stored_in.graphs[id(node)] = self

    def __reduce__(self) -> Any:
        return build, ([self._flat(node) for node in self.nodes],)

    def _flat(self, node: Tensor) -> tuple[Any, ...]:
        """A node as plain data: inputs in this graph become positions, others are tensors stored elsewhere."""
        inputs = tuple(Position(self.index[id(x)]) if id(x) in self.index else x for x in node.inputs)
        op_name = node._op.key if node._op is not None else None
        grad = node.grad._value if node.grad is not None else None
        extra, options = extra_of(node), getattr(node, "_options", NO_OPTIONS)
        return (node._value, op_name, inputs, options, node._needs, grad, node.module,
                positions.where(node), extra.name, extra.seeded, extra.parameter, extra.hooks)


class Position(int):
    """The position of an input in the flat list of its graph."""


class Loaded:
    """A graph that was built from its flat list."""

    def __init__(self, nodes: list[Tensor]) -> None:
        self.nodes = nodes


def reduce(t: Tensor) -> Any:
    """What pickle and copy store of a tensor: its graph and its place therein."""
    graph = _stored_in.graphs.get(id(t))
    if graph is None:
        graph = Graph(t)
    return take, (graph, graph.index[id(t)])


def take(graph: Loaded, index: int) -> Tensor:
    """The tensor at `index` of a graph that was loaded."""
    return graph.nodes[index]


def build(flat: list[tuple[Any, ...]]) -> Loaded:
    """The nodes of a flat list, numbered anew."""
    nodes: list[Tensor] = [object.__new__(Tensor) for _ in flat]        # first all of them: a variable that was
    for node, stored in zip(nodes, flat, strict=True):                  # assigned since stands after its results
        value, op_name, inputs, options, needs, grad, module, position, name, seeded, parameter, hooks = stored
        op = rules.find(op_name) if op_name is not None else None
        held = tuple(nodes[x] if isinstance(x, Position) else x for x in inputs)
        if op is not None and not op.many and len(held) != len(op.input_names):
            raise ArgumentError(f"the stored graph uses {op_name} with {len(held)} inputs, "
                                f"but it has {len(op.input_names)} now.")
        node._value, node._op, node._options = value, op, options
        node._needs, node._grad, node._module = needs, grad, module
        node._x1, node._x2 = (None, None) if op is None or op.many else (*held, None)[:2]
        node._more = held if op is not None and op.many else held[2:]
        node._code, node._offset, node._total, node._number = position, 0, None, tensors.next_number()
        if name is not None or seeded or parameter or hooks:
            extra = node._own_extra()
            extra.name, extra.seeded, extra.parameter, extra.hooks = name, seeded, parameter, hooks
            tensors.hooks_were_used = tensors.hooks_were_used or bool(hooks)
    return Loaded(nodes)
