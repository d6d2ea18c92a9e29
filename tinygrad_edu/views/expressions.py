"""Expressions: a recorded graph as small trees, one for each line of a formula.

    express(root)       what is shown, in lines: `h₁ = ...`, `h₂ = ...`, and the result

A result that is used twice gets a line and a name, so that nothing is written twice; so does one that has grown too
long to read. Nothing is ordered anew. Read `trees.py` and `simplifying.py` before this file, `folding.py` after it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from ..core.naming import SUBSCRIPTS, names_of
from ..core.rules import Op
from ..core.tensors import Tensor
from ..core.walk import by_number
from .simplifying import SIMPLER, is_square, keeps_shape, signed
from .trees import Apply, Array, Cut, Expression, Fold, Literal, Name, Partial, Total, is_zero

LONGEST = 40            # operations in one line
WRITTEN_OUT = 6         # elements of a constant array that is written out instead of named


class Expressed(NamedTuple):
    """A formula in lines.

    Attributes:
        lines: (name, expression) of each line but the last.
        result: the expression of the last line.
        name: what the result is called, or None.
        bound: name -> what it stands for: a Tensor or an array, for all names that no line defines.
        breakable: whether the user's names would make more lines of it.
        held: the names that stand for values that were cut from their past.
    """

    lines: list[tuple[str, Expression]]
    result: Expression
    name: str | None
    bound: dict[str, Any]
    breakable: bool
    held: tuple[str, ...] = ()


def express(root: Tensor, given: dict[Tensor, Expression] | None = None, depth: int | None = None,
            by_name: bool = False, fold: Callable[[Total, set[str]], Expression] | None = None,
            users_names: bool = True, longest: int = LONGEST,
            called: Mapping[Tensor, str] | None = None) -> Expressed:
    """The graph behind `root` as expressions.

    Args:
        root: the result.
        given: tensors to be shown as these expressions, whatever they were made from.
        depth: how many operations deep to look; None for all.
        by_name: whether every result that the user named gets a line of its own.
        fold: what is done to a finished sum, given the names that are taken.
        users_names: whether tensors are called as the user's code calls them.
        longest: after how many operations a part gets a line of its own.
        called: names that some tensors have here, such as those of parameters, instead of their own.
    """
    return ExpressionBuilder(root, given or {}, depth, by_name, fold, users_names, longest, called or {}).expressed()


def _shown(root: Tensor, given: dict[Tensor, Expression], depth: int | None) -> tuple[list[Tensor], list[Tensor]]:
    """(results to be opened, what they are made from that is not), each oldest first."""
    seen, opened, layer = {root}, [], [root]
    while layer and (depth is None or depth > 0):
        now, layer = [node for node in layer if node._op is not None and node not in given], []
        opened += now
        for x in (x for node in now for x in node.inputs):
            if x.__class__ is Tensor and x not in seen:
                seen.add(x)
                layer.append(x)
        depth = None if depth is None else depth - 1
    return sorted(opened, key=by_number), sorted(seen.difference(opened), key=by_number)


def names_for(tensors: list[Tensor], called: Mapping[Tensor, str]) -> dict[Tensor, str]:
    """What the user calls them. Of a sum over a generator only the last sum is what the variable holds."""
    partial = {x._x1 for x in tensors if _is_of_sum(x) and _is_of_sum(x._x1)
               and (x._code, x._offset) == (x._x1._code, x._x1._offset)}
    found = names_of([x for x in tensors if x not in partial], called)
    return {x: name for x, name in found.items() if not name.startswith("@")}      # as pytest calls parts of an assert


def _is_of_sum(x: Any) -> bool:
    """Whether Python's `sum` made it."""
    if x.__class__ is not Tensor or x._op is None or x._op.name != "add":
        return False
    position = x.position
    return position is not None and position.callee == "sum"


class ExpressionBuilder:
    """Builds the expressions of one graph, oldest result first; see `express` for what it is given.

    Attributes:
        arrays: id of a constant array -> what it is shown as; more may be put in before `expressed` is called.
    """

    def __init__(self, root: Tensor, given: dict[Tensor, Expression], depth: int | None, by_name: bool,
                 fold: Callable[[Total, set[str]], Expression] | None, users_names: bool, longest: int,
                 called: Mapping[Tensor, str]) -> None:
        self.root, self.fold, self.longest = root, fold, longest
        self.opened, border = _shown(root, given, depth)
        self.uses = Counter(x for node in self.opened for x in _distinct(node))
        grown = {node._x1 for node in self.opened if _grows(node) and self.uses[node._x1] == 1}
        mine = sorted([*(x for x in self.opened if x not in grown), *(x for x in border if x not in given)],
                      key=by_number)
        self.names = names_for(mine, called) if users_names else {}
        self.taken = {*self.names.values(), *(each.text for each in given.values() if isinstance(each, Name))}
        self.bound: dict[str, Any] = {}
        self.users_names, self.held = users_names, dict[Any, str]()
        self.arrays: dict[int, Expression] = {}
        self.counts: Counter[str] = Counter()
        self.subtracted = {x for node in self.opened if node.op.name == "subtract" for x in _distinct(node)}
        self.known: dict[Any, Expression] = dict(given)
        self.known.update((x, self._leaf(x)) for x in border if x not in given)
        self.cost: dict[Any, int] = {}
        self.continued = {node._x1 for node in self.opened
                          if _is_sum(node) and node._x1.__class__ is Tensor and self.uses[node._x1] == 1}
        self.alone = {node._x1 for node in self.opened if len(node.inputs) == 1}
        self.by_name = by_name
        self.lines: list[tuple[str, Expression]] = []

    def expressed(self) -> Expressed:
        """The lines and the result."""
        for node in self.opened:
            self.known[node] = self._applied(node)
            if node is not self.root and self._needs_line(node):
                name = self.names.get(node) or self._new_name("h")
                self.lines.append((name, self._operand(node)))
                self.known[node], self.cost[node] = Name(name), 0
        breakable = any(node in self.names for node in self.opened if node is not self.root)
        result = self._operand(self.root)
        return Expressed(self.lines, result, self.names.get(self.root) if self.opened else None, self.bound,
                         breakable and not self.by_name, tuple(self.held.values()))

    def _needs_line(self, node: Tensor) -> bool:
        if self.by_name and node in self.names:
            return True
        if isinstance(self.known[node], (Name, Literal, Partial, Cut)):
            return False                                    # an identity was left out
        if self.uses[node] > 1:
            return not self._is_short(node)
        if isinstance(self.known[node], Total) and self.cost[node] > self.longest:
            if node in self.continued or (self.uses[node] == 1 and node in self.alone):
                return False                                # the longer sum, or tanh(a + b), gets the line
            self.cost[node] = _size(self._operand(node))    # shorter, if it was folded
        return self.cost[node] > self.longest

    def _is_short(self, node: Tensor) -> bool:
        """Whether it reads as easily as a name: xᵀ, x[0], -x."""
        short = node.op.name in ("permute_dims", "matrix_transpose", "getitem", "item", "negative")
        return short and not node.op.foreign and self.cost[node] == 1

    def _operand(self, x: Any) -> Expression:
        """An input as a finished part; a sum does not grow any more."""
        if x.__class__ is not Tensor:
            return self._constant(x)
        found = self.known[x]
        if isinstance(found, Total) and self.fold is not None:
            found = self.known[x] = self.fold(found, self.taken)
        return found

    def _beside(self, node: Tensor, x: Any) -> Expression:
        """An input of `node`; without its broadcasting where that happens anyway, beside another one of that shape."""
        found = self._operand(x)
        if isinstance(found, Literal) and isinstance(found.value, (bool, np.bool_)) and _is_arithmetic(node):
            return Literal(int(found.value))
        if not (isinstance(found, Apply) and found.op.name == "broadcast_to" and not found.op.foreign):
            return found
        if node.op.foreign or not (node.op.kind == "elementwise" or node.op.name in ("where", "maximum", "minimum")):
            return found
        shapes = [np.shape(getattr(each, "_value", each)) for each in node.inputs if each is not x]
        inner = np.shape(getattr(x._x1, "_value", x._x1))
        return found.inputs[0] if np.broadcast_shapes(inner, *shapes) == node.shape else found

    # -- leaves -----------------------------------------------------------------------------------------------------

    def _leaf(self, x: Tensor) -> Expression:
        """A tensor that is not opened: by its name, by its number, or by a name that it is given here."""
        name = self.names.get(x)
        if name is None and x._op is not None:
            name = self._new_name("u")
            self.bound[name] = x
            return Cut(name)
        if name is None and not x._needs:
            return self._held(x) if self.users_names and x.position is None else self._constant(x._value)
        name = name or self._new_name("v")
        self.bound[name] = x
        return Name(name)

    def _held(self, x: Tensor) -> Expression:
        """A value that was cut from its past, as by detach: by a name, so that nobody takes it for a literal."""
        if x not in self.subtracted and np.isin(x._value, (0, 1)).all():     # it may be where a gradient starts
            return self._constant(x._value)
        key = x.dtype, x.shape, np.asarray(x._value).tobytes()
        if key not in self.held:
            self.held[key] = self._new_name("c")
            self.bound[self.held[key]] = x
        return Name(self.held[key])

    def _constant(self, value: Any) -> Expression:
        if not isinstance(value, np.ndarray) or not value.ndim:
            return Literal(value[()] if isinstance(value, np.ndarray) else value)
        if id(value) not in self.arrays:
            if value.size <= WRITTEN_OUT or is_zero(value):
                self.arrays[id(value)] = Array(value)
            else:
                name = self._new_name("c")
                self.arrays[id(value)], self.bound[name] = Name(name), value
        return self.arrays[id(value)]

    def _new_name(self, letter: str) -> str:
        while True:
            self.counts[letter] += 1
            name = letter + str(self.counts[letter]).translate(SUBSCRIPTS)
            if name not in self.taken and f"{letter}{self.counts[letter]}" not in self.taken:       # one LaTeX for both
                self.taken.add(name)
                return name

    # -- operations -------------------------------------------------------------------------------------------------

    def _applied(self, node: Tensor) -> Expression:
        op: Op = node.op
        inputs = node.inputs
        self.cost[node] = 1 + sum(self.cost.get(x, 0) for x in _distinct(node))
        if _is_sum(node):
            return self._sum(node, inputs[0], inputs[1], op.name == "subtract")
        parts = tuple(self._beside(node, x) for x in inputs)
        if op.name in SIMPLER and not op.foreign:
            simpler = SIMPLER[op.name](node, *parts)
            if simpler is not None:
                return simpler
        options = {name: self._option(_one_axis(value) if name == "axis" else value)
                   for name, value in node.options.items()}
        return Apply(op, parts, options, node)

    def _sum(self, node: Tensor, x1: Any, x2: Any, minus: bool) -> Expression:
        """x1 ± x2 as one sum with the terms of x1, unless that has a line of its own."""
        left = self.known.get(x1) if x1.__class__ is Tensor else None
        extends = isinstance(left, Total) and self.uses[x1] == 1
        terms = left.terms if isinstance(left, Total) and extends else list(signed(False, self._beside(node, x1)))
        if x1.__class__ is int and x1 == 0 and keeps_shape(node, False):
            terms.clear()                                   # where Python's sum began
        terms += signed(minus, self._beside(node, x2))
        return Total(terms) if len(terms) > 1 or terms[0][0] else terms[0][1]

    def _option(self, value: Any) -> Any:
        """An option with its large arrays as names."""
        if isinstance(value, tuple):
            return tuple(map(self._option, value))
        return self._constant(value) if isinstance(value, np.ndarray) else value


def _grows(node: Tensor) -> bool:
    """Whether it is a step of `total = total + term`, whose name belongs to the last step."""
    x = node._x1
    return _is_sum(node) and x.__class__ is Tensor and x._op is not None and x.name == node.name is not None


def _is_arithmetic(node: Tensor) -> bool:
    """Whether it computes with numbers, so that True stands for 1."""
    return node.op.kind == "elementwise" and not node.op.foreign and node.dtype.kind == "f"


def _is_sum(node: Tensor) -> bool:
    """Whether it is written with a plus or a minus sign."""
    return node.op.name in ("add", "subtract") and not node.op.foreign


def _size(x: Expression) -> int:
    """How many operations are written."""
    if isinstance(x, Apply):
        return 1 + sum(map(_size, x.inputs))
    if isinstance(x, Total):
        return len(x.terms) - 1 + sum(_size(term) for _, term in x.terms)
    return 1 + _size(x.body) if isinstance(x, Fold) else 0


def _one_axis(axis: Any) -> Any:
    """An axis instead of a tuple of one."""
    return axis[0] if isinstance(axis, tuple) and len(axis) == 1 else axis


def _distinct(node: Tensor) -> list[Tensor]:
    """The tensors among the inputs of a node, as often as they will be written."""
    if node.op.name == "multiply" and is_square(node):
        return [node._x1]
    return [x for x in node.inputs if x.__class__ is Tensor]
