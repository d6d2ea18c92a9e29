"""Masked edges: the part of a backward half where a `where` may have taken nothing of a branch.

    MaskedEdges                 writes these edges; the base of `Backward`
    masked_by(edges)            which nodes and inputs they concern
    Argument, Block, fit_to     what all edges are written with

The statements call the functions of `masks.py`. Read that file before this one, and `backward.py` after it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...core.backprop import ITEM, fitted
from ...core.backprop import Step as Edge
from ...core.rules import Rule
from ...core.tensors import Tensor
from ...errors import CompileError
from .masks import is_empty, joined, masked, nothing, taken_by
from .skeletons import Ref
from .symbols import ATOM, Code, Value, call
from .writing import Namespace, Statement


class Block:
    """A line of text between statements: it opens or closes an indented block."""

    def __init__(self, text: str, mentions: list[Value] | None = None, opens: bool = False,
                 closes: bool = False) -> None:
        self.text, self.mentions, self.opens, self.closes = text, mentions or [], opens, closes


class Argument:
    """What a rule is called with: its code, and what it was in the traced run.

    `strong` says that a number counts in promotion, being that of a Tensor; None as example that no symbol may
    stand for it.
    """

    __slots__ = ("example", "is_option", "piece", "strong")

    def __init__(self, piece: Any, example: Any = None, strong: bool = False, is_option: bool = False) -> None:
        self.piece, self.example, self.strong, self.is_option = piece, example, strong, is_option


class MaskedEdges:
    """The statements of edges whose node, or whose input, may have a mask.

    Attributes:
        masked: the nodes that may have a mask when their turn comes.
        masks: for the inputs whose total a mask may decide on, the mask as the program calls it.
    """

    space: Namespace
    statements: list[Statement | Block]
    totals: dict[Tensor, Value]
    masks: dict[Tensor, Value]
    masked: set[Tensor]
    refs: dict[Tensor, Ref]

    def _contribution(self, edge: Edge) -> Any:
        raise NotImplementedError

    def _arguments(self, rule: Rule, edge: Edge, g: Any) -> list[Argument]:
        raise NotImplementedError

    def _for_arrays(self, argument: Argument) -> Any:
        raise NotImplementedError

    def _taken(self, edge: Edge) -> Any:
        """The code of which elements were taken, for an edge to an input that has a mask."""
        rule, node = edge.rule, edge.node
        assert rule is not None
        mask = self.masks[node] if node in self.masked else None
        if rule.op.kind == "elementwise":
            return mask or Code(ATOM, "None")
        if rule.op.kind != "selection" or (mask is None and not rule.op.starts_mask):
            return Code(ATOM, "None")
        function = self.space.function((rule, "taken"), f"{rule.op.name}_rule_{rule.argument}",
                                       lambda: one_hand(rule.call, rule))
        arguments = self._arguments(rule, edge, self.totals[node])
        rest = [self._for_arrays(each) for (place, _), each in zip(rule.wants, arguments, strict=True)
                if place != Rule.FROM_G]
        return call(self._helper(taken_by), [Code(ATOM, function), self.space.constant(node.shape),
                                             mask or Code(ATOM, "None"), self.space.constant(rule.op.starts_mask),
                                             *rest])

    def _join(self, edge: Edge, code: Any, taken: Any) -> None:
        x = edge.input
        total, mask = self.totals[x], self.masks[x]
        joined_code = call(self._helper(joined), [total, mask, code, taken, self.space.constant(x.shape)])
        self.statements.append(Statement([total, mask], joined_code))

    def _follow_masked(self, node: Tensor, edges: list[Edge]) -> None:
        """The edges of a node of which nothing may have been taken."""
        if node._op.results or node._op is ITEM:
            raise CompileError(f"{node._op.name} at {node.position} has several results and is used in a branch of "
                               "tg.where. Take it out of the branch.")
        mask = self.masks[node]
        targets = dict.fromkeys(edge.input for edge in edges)      # a dict, as tensors compare by value
        unasked = [x for x in node.inputs if x.__class__ is Tensor and x._needs and x in self.refs
                   and x not in targets]
        if unasked:
            raise CompileError(f"{node._op.name} at {node.position} is used in a branch of tg.where, and has an input "
                               "without derivative that needs a gradient. Write .detach() for that input.")
        self.statements.append(Block(f"if not {self._helper(is_empty)}({mask.name}):", [mask], opens=True))
        for edge in edges:
            contribution = self._contribution(edge)
            if edge.rule is not None and edge.rule.op.kind == "elementwise":
                contribution = call(self._helper(masked), [mask, contribution])
            function = self.space.function(("fit", edge.rule, edge.input._value.__class__, edge.input.shape,
                                            edge.input.dtype), "fit", _fitter(edge))
            self._join(edge, call(function, [contribution]), self._taken(edge))
        self.statements.append(Block("else:", closes=True, opens=True))
        for x in targets:
            total, before = self.totals[x], self.masks[x]
            code = call(self._helper(nothing), [total, before, self.space.constant(x.shape),
                                                self.space.constant(x.dtype)])
            self.statements.append(Statement([total, before], code))
        self.statements.append(Block("", closes=True))

    def _helper(self, function: Callable[..., Any]) -> str:
        return self.space.function(function, function.__name__, lambda: function)


def masked_by(edges: list[Edge]) -> tuple[set[Tensor], set[Tensor]]:
    """(the nodes that may have a mask when their turn comes, the tensors whose total a mask may decide on).

    One contribution that is taken for sure, whole, ends the mask of a tensor.
    """
    masked: set[Tensor] = set()
    touched: set[Tensor] = set()
    whole: set[Tensor] = set()
    for node, group in by_node(edges):
        may_be = node in touched and node not in whole
        if may_be:
            masked.add(node)
        for edge in group:
            rule = edge.rule
            if rule is None or rule.op is ITEM:
                continue
            if may_be or rule.op.starts_mask:
                touched.add(edge.input)
            else:
                whole.add(edge.input)
    return masked, touched


def by_node(edges: list[Edge]) -> list[tuple[Tensor, list[Edge]]]:
    """(node, its edges), in the order of the pass."""
    groups: dict[Tensor, list[Edge]] = {}
    for edge in edges:
        groups.setdefault(edge.node, []).append(edge)
    return list(groups.items())


def _fitter(edge: Edge) -> Callable[[], Any]:
    return lambda: fit_to(edge.input._value, edge.rule)


def fit_to(value: Any, rule: Any) -> Callable[[Any], Any]:
    """What brings a contribution into the form of `value`."""
    like: Tensor = object.__new__(Tensor)
    like._value = value if not isinstance(value, np.ndarray) else np.broadcast_to(value.dtype.type(0), value.shape)
    return lambda contribution: fitted(contribution, like, rule, False)


def one_hand(rule: Callable[..., Any], described: Rule) -> Callable[..., Any]:
    """A rule whose gradient comes first, whatever its order of arguments is."""
    place = [name for _, name in described.wants].index("g")
    return lambda g, *rest: rule(*rest[:place], g, *rest[place:])
