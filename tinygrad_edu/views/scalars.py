"""Scalars: making what an opening has planned, with names and places in the user's code.

    ScalarsBuilder(opening)     .scalars_of(t)  the scalars of a tensor, a flat list in row order
                                .whole(t)       a tensor that stays one, or that is stacked again

Each step makes its scalars by calling operations, which record themselves as they do for a user. What was recorded in a
step then gets the position of the tensor's own line, and what ends up in a tensor with a name is called by its place.
Read `openings.py` before this file and `zooming.py` after it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from ..core import values
from ..core.ops import record
from ..core.tensors import Tensor, constant, extra_of, next_number
from .openings import Opening


class ScalarsBuilder:
    """Makes what an opening has planned: of each tensor of the graph its scalars, or a whole copy, or both."""

    def __init__(self, opening: Opening) -> None:
        self.opening = opening
        self._scalars: dict[Tensor, list[Any]] = {}
        self._whole: dict[Tensor, Tensor] = {}
        for part in opening.parts:
            if part.way is None:
                self._whole[part.node] = self._copied(part.node)
            elif part.node in opening.wanted:
                inputs, began = [self.scalars_of(x) for x in opening.inputs(part)], next_number()
                found = part.way.scalars(part.node, opening.wanted[part.node], inputs)
                self._scalars[part.node] = found
                _trace(found, began, part.origin)
        for t in opening.results:
            if not self.is_whole(t) and t._value.__class__ is not tuple:
                scalars = self.scalars_of(t)
                scalars[:] = [x if x is None or x.__class__ is Tensor else constant(x) for x in scalars]
                if t in opening.names:
                    _name(scalars, t.shape, opening.names[t])

    def is_whole(self, t: Tensor) -> bool:
        """Whether a tensor was not opened."""
        return self.opening.is_whole(self.opening.resolved(t))

    def scalars_of(self, x: Any) -> list[Any]:
        """The scalars of a tensor: those that were made, those of a leaf, or links to the elements of a whole one."""
        if x.__class__ is not Tensor:
            return list(x.ravel()) if isinstance(x, np.ndarray) else [x]
        x = self.opening.resolved(x)
        if x not in self._scalars:
            wanted = self.opening.wanted.get(x, np.zeros(x.shape, np.bool_))
            self._scalars[x] = self._links(x, wanted) if self.is_whole(x) else _leaf_scalars(x, wanted)
            if x in self.opening.names:
                _name(self._scalars[x], x.shape, self.opening.names[x])
        return self._scalars[x]

    def _links(self, x: Tensor, wanted: Any) -> list[Any]:
        """The elements of a tensor that stays whole, picked one by one."""
        whole, began = self.whole(x), next_number()
        if x.shape == ():
            return [whole]
        found = [ops.pick(whole, index=place) if wanted[place] else None for place in np.ndindex(x.shape)]
        _trace(found, began, x)
        return found

    def whole(self, t: Tensor) -> Tensor:
        """A tensor as a whole: a copy, or stacked of its scalars if it was opened."""
        x = self.opening.resolved(t)
        if x not in self._whole:
            self._whole[x] = self._stacked(t) if not self.is_whole(x) else _copied_leaf(x)
        return self._whole[x]

    def _stacked(self, t: Tensor) -> Tensor:
        scalars, began = self.scalars_of(t), next_number()
        if t.shape == ():
            return scalars[0] if scalars[0].__class__ is Tensor else constant(t._value)
        stacked: Any = ops.stack(scalars) if scalars else None
        if stacked.__class__ is not Tensor:
            stacked = constant(t._value)
        if stacked.shape != t.shape:
            stacked = ops.reshape(stacked, t.shape)
        _trace([stacked], began, t)
        return _named(stacked, self.opening.names.get(t))

    def _copied(self, node: Tensor) -> Tensor:
        """The same operation on the same values, recorded anew: its inputs are the copies of its inputs."""
        op, options = node._op, getattr(node, "_options", {})
        inputs = [self.whole(x) if x.__class__ is Tensor else x for x in node.inputs]
        x1, x2 = (None, None) if op.many else (*inputs, None)[:2]
        copy = record(op, node._value, x1, x2, tuple(inputs if op.many else inputs[2:]), options, node._needs, None)
        return _like(copy, node)


def _like(copy: Tensor, t: Tensor) -> Tensor:
    """A copy of t with its place in the user's code and its name."""
    copy._code, copy._offset = t._code, t._offset
    if t.module is not None:
        copy._module = t.module
    return _named(copy, extra_of(t).name)


def _named(t: Tensor, name: str | None) -> Tensor:
    if name is not None and extra_of(t).name is None:
        t.name = name
    return t


def _copied_leaf(leaf: Tensor) -> Tensor:
    copy = constant(leaf._value)
    copy._needs = leaf._needs
    return _like(copy, leaf)


def _leaf_scalars(leaf: Tensor, wanted: Any) -> list[Any]:
    """Leaves with the wanted elements of a leaf."""
    scalars: list[Any] = []
    for x, is_wanted in zip(np.asarray(leaf._value).flat, wanted.flat, strict=True):
        scalar = constant(values.settle(x)) if is_wanted else None
        if scalar is not None:
            scalar._needs, scalar._code, scalar._offset = leaf._needs, leaf._code, leaf._offset
        scalars.append(scalar)
    return scalars


def _name(scalars: list[Any], shape: tuple[int, ...], name: str) -> None:
    """Call scalars that have no name yet by their place: `w[2,0]`."""
    for x, place in zip(scalars, np.ndindex(shape), strict=True):
        if x.__class__ is Tensor:
            _named(x, f"{name}[{','.join(map(str, place))}]" if place else name)


def _trace(scalars: list[Any], began: int, origin: Tensor) -> None:
    """Give all that was recorded since `began` the line of code that made the tensor, but not its variable's name."""
    position = origin.position
    code = position._replace(name="") if position is not None else None
    stack = [x for x in scalars if x.__class__ is Tensor]
    while stack:
        x = stack.pop()
        if x._number > began and x._code is not code and x._op is not None:
            x._code, x._offset = code, 0
            if origin.module is not None:
                x._module = origin.module
            stack.extend(each for each in x.inputs if each.__class__ is Tensor)
