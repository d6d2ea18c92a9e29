"""Openings: what of a recorded graph is opened into scalars, in which steps, and how many nodes that makes.

    Opening(roots, only)        .parts      the steps, inputs first: a node and the way in which it is expanded
                                .wanted     which elements of each tensor the roots were made of
                                .count()    how many scalars that will be, at most, before any is made

An operation whose expansion is a function is run on stand-ins, which records simpler operations; those are opened in
turn, until every step is one of the ways of `ops/expansions.py`. Then the walk goes back from the roots and marks which
elements they need. Read that file before this one, and `zooming.py` after it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

from ..core import values
from ..core.backprop import ITEM
from ..core.naming import names_of
from ..core.tensors import Tensor, constant, next_number
from ..core.walk import by_number, made_from
from ..errors import ArgumentError, ChangedValueError, GraphError, RuleError
from ..ops import astype
from ..ops.expansions import Mask, Way, rewritten, values_of, way_of
from .program_names import array_name


class Part(NamedTuple):
    """One step: a node, the node of the user's graph that it belongs to, and its way; None if it stays a tensor."""

    node: Tensor
    origin: Tensor
    way: Way | None


class Opening:
    """The steps in which a graph is opened. With `only`, all else stays whole: tensors as they are."""

    def __init__(self, roots: list[Tensor], only: Any = None) -> None:
        self.roots = roots
        self.results, self.leaves = made_from(roots)
        self.names = names_of(sorted([*self.leaves, *self.results], key=by_number))
        _check_unchanged(self.results)
        self._arrays: dict[Any, Tensor] = {}            # constants for plain arrays
        self.only = None if only is None else self._chosen(only)
        self.parts: list[Part] = []
        self.wanted: dict[Tensor, Mask] = {}
        self._same: dict[Tensor, Tensor] = {}           # a stand-in, or a rewritten result -> what it stands for
        self._several: dict[Tensor, list[Tensor]] = {}  # what an operation with several results was rewritten to
        self._lacking: dict[Tensor, str] = {}           # nodes that cannot be opened, and their operations
        for node in self.results:
            self._open(node, node)
        if self._lacking:
            raise _no_expansion(self._lacking)
        self._whole = {part.node for part in self.parts if part.way is None}
        self._whole.update(() if self.only is None else self.leaves)
        self._mark()

    def tensor(self, t: Any) -> Tensor:
        """A tensor of the graph, given by itself or by its name."""
        known = [*self.leaves, *self.results, *self._arrays.values()]
        if t.__class__ is Tensor:
            if t in set(known):
                return t
            raise GraphError(f"zoom: {t._label()} is not a part of the graph. Expected a tensor that the output was "
                             "made from.")
        found = [each for each in known if self.names.get(each) == t]
        if len(found) != 1:
            names = ", ".join(dict.fromkeys(self.names[each] for each in known if each in self.names))
            raise GraphError(f"zoom: {len(found) or 'no'} tensors are called {t!r}. There are {names or 'no names'}.")
        return found[0]

    def resolved(self, x: Any) -> Any:
        """What a stand-in or a rewritten result stands for; anything else itself."""
        while x.__class__ is Tensor and x in self._same:
            x = self._same[x]
        return x

    def inputs(self, part: Part) -> list[Any]:
        """The inputs of a part, resolved; plain arrays of the user's as constants with a name, if they have one."""
        return [self.resolved(x) if x.__class__ is Tensor else self._array(part.node, i, x, part.node is part.origin)
                for i, x in enumerate(part.node.inputs)]

    def is_whole(self, x: Tensor) -> bool:
        """Whether a (resolved) tensor stays one."""
        return x in self._whole

    # -- the steps ----------------------------------------------------------------------------------------------

    def _chosen(self, only: Any) -> set[Tensor]:
        chosen: set[Tensor] = set()
        for each in only if isinstance(only, (list, tuple, set)) else [only]:
            node = self.tensor(each)
            if node.is_leaf:
                raise ArgumentError(f"zoom(t, only=...): {node._label()} is a variable or constant. Expected a result, "
                                    "whose operation can be opened.")
            chosen |= {node, node._x1} if node._op is ITEM else {node}
        return chosen

    def _open(self, node: Tensor, origin: Tensor) -> None:
        op = node._op
        if op is ITEM and node._x1 in self._several:
            self._same[node] = self._several[node._x1][node._options["index"]]
        elif op is ITEM and node._x1 in self._lacking:
            pass                                                # which is named already
        elif self.only is not None and origin not in self.only:
            self.parts.append(Part(node, origin, None))
        elif (way := way_of(op)) is None:
            self._lacking[node] = f"custom({node.options['name']})" if "vjp" in op.option_names else op.name
        elif not any(np.size(values_of(x)) for x in node.inputs if x.__class__ is Tensor):
            self._stands_for(node, [constant(value) for value in (node._value if op.results else [node._value])])
        elif callable(way):
            self._rewrite(node, origin, way)
        else:
            self.parts.append(Part(node, origin, way))

    def _rewrite(self, node: Tensor, origin: Tensor, function: Callable[..., Any]) -> None:
        op, began = node._op, next_number()
        inputs = [self._stand_in(x) for x in self.inputs(Part(node, origin, None))]
        named = {op.many: inputs} if op.many else dict(zip(op.input_names, inputs, strict=True))
        found = rewritten(node, function, named)
        pairs = zip(found, node._value, strict=True) if op.results else [(found, node._value)]
        finished = [_like(result, value, op) for result, value in pairs]
        for inner in made_from(finished)[0]:
            if inner._number > began:
                self._open(inner, origin)
        self._stands_for(node, finished)

    def _stands_for(self, node: Tensor, found: list[Tensor]) -> None:
        if node._op.results:
            self._several[node] = found
        else:
            self._same[node] = found[0]

    def _stand_in(self, x: Any) -> Any:
        """A leaf with the value of an input, where what the expansion records begins; also for a constant."""
        if x.__class__ is not Tensor:
            return x
        leaf = constant(x._value)
        leaf._needs = True
        self._same[leaf] = x
        return leaf

    def _array(self, node: Tensor, index: int, x: Any, is_users: bool) -> Any:
        if not isinstance(x, np.ndarray) or not x.ndim or not (is_users or x.dtype.kind == "f"):
            return x
        name = array_name(node, index) if is_users else None        # else what the expansion holds constant: a maximum
        key = (name, x.dtype, x.shape, x.tobytes()) if name else id(x)
        if key not in self._arrays:
            self._arrays[key] = leaf = constant(x)
            if name:
                self.names[leaf] = name
        return self._arrays[key]

    # -- which elements -----------------------------------------------------------------------------------------

    def _mark(self) -> None:
        """Mark the elements that the roots need, from the roots back."""
        for root in map(self.resolved, self.roots):
            if not self.is_whole(root):
                self._want(root, np.ones(root.shape, np.bool_))
        for part in reversed(self.parts):
            if part.way is None:
                masks: Iterable[Any] = [None if self.is_whole(x) else np.ones(x.shape, np.bool_)
                                        for x in map(self.resolved, part.node.inputs) if x.__class__ is Tensor]
                inputs = [x for x in map(self.resolved, part.node.inputs) if x.__class__ is Tensor]
            elif part.node in self.wanted:
                masks, inputs = part.way.needed(part.node, self.wanted[part.node]), self.inputs(part)
            else:
                continue
            for x, mask in zip(inputs, masks, strict=True):
                if x.__class__ is Tensor and mask is not None:
                    self._want(x, mask)

    def _want(self, x: Tensor, mask: Mask) -> None:
        if mask.any():
            self.wanted[x] = self.wanted[x] | mask if x in self.wanted else mask

    # -- how many -----------------------------------------------------------------------------------------------

    def count(self) -> Counter[Tensor | None]:
        """How many nodes each node of the user's makes, at most; under None the leaves and links."""
        found: Counter[Tensor | None] = Counter()
        opened = {part.node for part in self.parts if part.way is not None}
        found[None] = sum(int(mask.sum()) for x, mask in self.wanted.items() if x not in opened)
        for part in self.parts:
            if part.way is None:
                found[part.origin] += 1 + 2 * any(x.__class__ is Tensor and not self.is_whole(x)
                                                  for x in map(self.resolved, part.node.inputs))
            elif part.node in self.wanted:
                found[part.origin] += part.way.count(part.node, self.wanted[part.node])
        return found

    def check_size(self, max_nodes: int | None) -> None:
        """Raise ArgumentError if there will be more nodes than `max_nodes`, and say how many."""
        found = self.count()
        total = found.total()
        if max_nodes is None or total <= max_nodes:
            return
        most, n = max(((node, n) for node, n in found.items() if node is not None), key=lambda each: each[1],
                      default=(None, 0))
        where = "" if most is None else f", {n:,} of them for {most._op.name}" + (
            f" at {most.position}" if most.position else "")
        raise ArgumentError(f"zoom(t): it would make up to {total:,} nodes{where}. Expected at most "
                            f"max_nodes={max_nodes:,}. Zoom into one element, zoom(h[0, 3]), or one operation, "
                            f"zoom(t, only=h), or into a smaller example, or pass max_nodes={total}.")


def _like(result: Any, value: Any, op: Any) -> Tensor:
    """What an expansion gave, in the dtype of what the operation gave; a plain value as a constant."""
    if result.__class__ is not Tensor:
        result = constant(values.settle(np.asarray(result)))
    if result.shape != values.shape_of(value):
        raise RuleError(f"{op.name}.expand: the expansion gave shape {result.shape}. Expected that of the result, "
                        f"{values.shape_of(value)}.")
    dtype = values.dtype_of(value)
    return result if result.dtype == dtype else astype(result, dtype)


def _check_unchanged(results: list[Tensor]) -> None:
    for node in results:
        for x in node.inputs:
            if x.__class__ is Tensor and x._number > node._number:
                raise ChangedValueError(f"zoom: {x._label()} was assigned a new value after {node._op.name} used the "
                                        f"old one at {node.position}. Run the forward pass again before zooming.")


def _no_expansion(lacking: dict[Tensor, str]) -> GraphError:
    ours = [node for node in lacking if not node._op.foreign]
    node = (ours or list(lacking))[0]
    different = list(dict.fromkeys(lacking.values()))
    names = ", ".join(different[:-1]) + " and " * (len(different) > 1) + different[-1]
    have, it = ("has", "it") if len(different) == 1 else ("have", "them")
    where = f" ({node.position})" if node.position else ""
    if ours:
        return GraphError(f"zoom: {names} {have} no form at scalar grain{where}. Leave {it} whole: zoom(t, only=[...]) "
                          "with the tensors to be opened.")
    return GraphError(f"zoom: {names} {have} no expansion{where}. If it works on each element alone, declare it with "
                      f'@tg.op(kind="elementwise"); if it only moves elements, write {node._op.name}.expand("moves"); '
                      f"else {node._op.name}.expand(lambda x, ...: ...) with simpler operations. Or leave it whole: "
                      "zoom(t, only=[...]) with the tensors to be opened.")
