"""Gathering: which parts of a recorded graph are described, in which order, and what they are called by.

    Gathering(roots, limit)     .members, the nodes to be, each after those it was made from; .arguments of each result

Everything that an operation was given is a member: tensors, arrays (one for each array, wherever it is used) and
numbers (one for each use); but parts of examples, such as the steps of a sequence, stand for the example. A leaf stands
just before its first consumer. Beyond `limit` members, only those nearest to
the roots are kept; what is left out is counted. Loops instead of recursion: a graph may be a million steps deep.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.array_utils import byte_bounds

from ...core.tensors import Tensor
from ...core.walk import by_number, made_from
from ..drawing.numbers import shape_text
from ..program_names import array_name

REST = "n0"                     # the id of what is left out
LARGE = 1_000_000               # elements of arrays that are not compared, only told apart


class Argument(NamedTuple):
    """What an operation was given at one position: the tensor, array or number, and the id of its node.

    `part` says which part of the node it is, if it is not all of it: "x[:, 3]".
    """

    position: int
    given: Any
    source: str
    part: str = ""


class Member(NamedTuple):
    """A node to be: its id, and the tensor, array or number that it stands for."""

    id: str
    given: Any


class Gathering:
    """The members of a description.

    Attributes:
        results, leaves: all that were recorded, oldest first, also those that are left out.
        members: those that are described, in their order.
        ids: tensor -> id, of those that are described.
        arguments: result -> what it was made from.
        array_names: id -> the variable that an array, or a leaf without a name, was called by where it was used.
        parts: identity of what is a part of an example -> how it is written, "x[:, 3]".
        left_out: how many are not described.
    """

    def __init__(self, roots: Sequence[Tensor], limit: int, examples: Iterable[Tensor] = ()) -> None:
        self.roots_set = dict.fromkeys(roots)           # in their order
        self.roots = list(self.roots_set)
        self.results, self.leaves = made_from(self.roots)
        count = len(self.results) + len(self.leaves) + _raw_arguments(self.results)
        self.is_cut = count > limit
        kept = _nearest(self.roots, limit) if self.is_cut else None
        self.members: list[Member] = []
        self.ids: dict[Tensor, str] = {}
        self.arguments: dict[Tensor, list[Argument]] = {}
        self.array_names: dict[str, str] = {}
        self.parts: dict[int, str] = {}
        self._examples: dict[int, list[Tensor]] = {}        # by the memory that they are views of
        for t in examples:
            if isinstance(t._value, np.ndarray):
                self._examples.setdefault(id(_owner(t._value)), []).append(t)
        self._arrays: dict[Any, str] = {}
        self._held: list[Any] = []              # arrays whose identity is a key here, so that none is freed meanwhile
        shown = self.results if kept is None else sorted((t for t in kept if t._op is not None), key=by_number)
        for node in shown:
            self.arguments[node] = [self._argument(node, i, x, kept)
                                    for i, x in enumerate(node.inputs) if x is not None]
            self._add(node)
        for root in self.roots:
            if root not in self.ids:
                self._add(root)
        self.left_out = max(count - len(self.members), 0) if self.is_cut else 0

    def _argument(self, node: Tensor, index: int, x: Any, kept: set[Tensor] | None) -> Argument:
        example = self._example(x) if self._examples else None
        if example is None:
            return Argument(index, x, self._source(node, index, x, kept))
        found = self.ids.get(example) or self._add(example)
        if x.__class__ is Tensor:
            self.ids[x] = found
        part = part_of(example, x)
        if "[" in part:
            self.parts[id(x)] = part
        return Argument(index, x, found, part)

    def _example(self, x: Any) -> Tensor | None:
        """The example that an array, or a constant without a past, is a view of."""
        if x.__class__ is Tensor:
            x = x._value if x._op is None and not x._needs and x._code is None else None
        if not isinstance(x, np.ndarray) or x.base is None:
            return None
        low, high = byte_bounds(x)
        for example in self._examples.get(id(_owner(x)), ()):
            start, end = byte_bounds(example._value)
            if start <= low and high <= end:
                return example
        return None

    def _source(self, node: Tensor, index: int, x: Any, kept: set[Tensor] | None) -> str:
        if x.__class__ is Tensor:
            if x not in self.ids:
                if kept is not None and x not in kept:
                    return REST
                self._name(self._add(x), node, index)       # a leaf: results stand before their consumers already
            return self.ids[x]
        if isinstance(x, np.ndarray) and x.ndim:
            return self._array(node, index, x)
        return self._new(x)

    def _add(self, t: Tensor) -> str:
        self.ids[t] = found = self._new(t)
        return found

    def _new(self, given: Any) -> str:
        self.members.append(Member(f"n{len(self.members) + 1}", given))
        return self.members[-1].id

    def _array(self, node: Tensor, index: int, x: np.ndarray[Any, Any]) -> str:
        """The node of an array. The library copies what may change, so equal arrays of one name are one array.

        So are equal examples of which one has no name: within layers, the user's names are not known.
        """
        known = self._arrays.get(id(x))
        if known is not None:
            return known
        name = array_name(node, index)
        contents = (x.dtype, x.shape, x.tobytes()) if x.size <= LARGE else (id(x),)
        named, any_one, unnamed = (name, *contents), ("any", *contents), ("unnamed", *contents)
        keys: list[Any] = [named] * bool(name)
        if _is_example(x):
            keys += [unnamed] if name else [any_one]
        found = next((self._arrays[key] for key in keys if key in self._arrays), None) or self._new(x)
        if name:
            self.array_names.setdefault(found, name)
        self._arrays.update(dict.fromkeys([id(x), any_one, named if name else unnamed], found))
        self._held.append(x)
        return found

    def _name(self, member: str, node: Tensor, index: int) -> None:
        """The variable that a leaf is called by where it is used first, in case it has no other name."""
        name = array_name(node, index)
        if name:
            self.array_names[member] = name


def _is_example(x: np.ndarray[Any, Any]) -> bool:
    """Whether an array can be told from others by its contents: it is not all one number, nor of whole numbers."""
    return bool(x.dtype.kind == "f" and x.size > 1 and (x != x.flat[0]).any() and (x % 1 != 0).any())


def _owner(array: np.ndarray[Any, Any]) -> Any:
    """What holds the memory of an array."""
    owner: Any = array
    while isinstance(owner, np.ndarray) and owner.base is not None:
        owner = owner.base
    return owner


def part_of(example: Tensor, x: Any) -> str:
    """Which part of an example a view of it is: "x[:, 3]"; "x as 32×784" in another shape; empty if it is all of it."""
    whole, view = example._value, x._value if x.__class__ is Tensor else x
    if view.shape == whole.shape:
        return ""
    if view.size == whole.size:
        return f"{example.name or 'x'} as {shape_text(view.shape)}"
    offset = view.__array_interface__["data"][0] - whole.__array_interface__["data"][0]
    for axis, step in enumerate(whole.strides):
        if view.shape == whole.shape[:axis] + whole.shape[axis + 1:] and step and offset % step == 0 and (
                view.strides == whole.strides[:axis] + whole.strides[axis + 1:]):
            return f"{example.name or 'x'}[{':, ' * axis}{offset // step}]"
    return f"a part of {example.name or 'x'}"


def _raw_arguments(results: Iterable[Tensor]) -> int:
    """How many numbers and different arrays operations were given."""
    numbers, arrays = 0, set[int]()
    for node in results:
        for x in node.inputs:
            if x.__class__ is not Tensor and x is not None:
                if isinstance(x, np.ndarray) and x.ndim:
                    arrays.add(id(x))
                else:
                    numbers += 1
    return numbers + len(arrays)


def _nearest(roots: Sequence[Tensor], limit: int) -> set[Tensor]:
    """The tensors nearest to the roots, as many as make `limit` nodes together with the numbers and arrays."""
    kept, waiting = set(roots), deque(roots)
    room = limit - sum(map(_own_nodes, kept)) - 1           # one node stands for all that is left out
    while waiting and room > 0:
        for x in waiting.popleft().inputs:
            if x.__class__ is Tensor and x not in kept and (room := room - _own_nodes(x)) >= 0:
                kept.add(x)
                waiting.append(x)
    return kept


def _own_nodes(t: Tensor) -> int:
    """How many nodes a tensor makes: its own, and those of the numbers and arrays that it was made from."""
    return 1 + sum(x.__class__ is not Tensor and x is not None for x in t.inputs)
