"""Recorded rules: what a derivative rule does, as a graph of its own.

    recorded_rule(node, index)      the rule of one edge, run on stand-ins -> RecordedRule

A rule is ordinary code. Run on variables that stand for `g`, `out` and the inputs, it records itself, and the record
can be printed as a formula or as source code. Whatever the rule decides by shapes is decided by then.
Read `core/rules.py` and `core/backprop.py` before this file.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..core import values
from ..core.modes import switched
from ..core.rules import Op, Rule
from ..core.tensors import Extra, Tensor, constant
from ..errors import ArgumentError, GraphError, RuleError


class Part(NamedTuple):
    """One of the several results of a node: what `out.eigenvalues` in a rule stands for."""

    node: Tensor
    position: int
    name: str


class RecordedRule(NamedTuple):
    """The record of a rule.

    Attributes:
        result: what the rule gave, not yet summed to the input's shape: a Tensor, whose record leads to the
            stand-ins, or a raw constant.
        g: the stand-in for the gradient that arrives; for a node of several results a named tuple of them.
        stand_ins: stand-in -> what it stands for: an input of the node (a Tensor or a raw array), the node itself for
            `out`, or a `Part` of it. Only what the rule asks for has one, and each tensor has only one. Numbers stand
            for themselves.
        on_floats: whether the engine, too, calls this rule on Python floats; else on np.float64 and arrays.
    """

    result: Any
    g: Any
    stand_ins: dict[Tensor, Any]
    on_floats: bool


def recorded_rule(node: Tensor, index: int, g: Any = None) -> RecordedRule:
    """Run the derivative rule of input number `index` of `node` on stand-ins, and keep the record.

    Args:
        node: the result of an operation.
        index: the position of the input.
        g: the gradient that arrives, of the node's shape (a tuple for several results); ones if None.
    Returns: the record, see `RecordedRule`. Stand-ins hold the values that the engine hands to the rule, so that for
        arrays the result has the engine's bits; of single numbers the last bit may differ, since a result in the
        record is always held as a Python float, while the engine may be in the middle of computing with NumPy's.
    Raises: GraphError if `node` is not a result, ArgumentError if it has no such input, RuleError if that has no rule.

    >>> w, x = tg.variables(w=2, x=-3)
    >>> y = w * x
    >>> rule = recorded_rule(y, 0)
    >>> rule.result.op.name, rule.result.item()             # g * x
    ('multiply', -3.0)
    >>> [each is x for each in rule.stand_ins.values()]
    [True]
    """
    rule = rule_at(node, index)
    if g is None:
        g = _ones_like(node._value)
    stand_ins = _StandIns(rule.op)
    arriving = stand_ins.of_g(g)
    arguments = rule.arguments(node, arriving, index, stand_ins.read)
    with switched(recording=True, anomaly=False, module=None), np.errstate(all="ignore"):
        result = rule.call(*arguments)
    return RecordedRule(result, arriving, stand_ins.means, _is_on_floats(rule, node, arguments))


def rule_at(node: Tensor, index: int) -> Rule:
    """The rule of input number `index` of `node`, or an error that says why there is none."""
    op = node.op
    if op is None:
        raise GraphError(f"{node._label()} is a variable or a constant, so no rule leads on from it. "
                         "Expected the result of an operation.")
    inputs = node.inputs
    if not 0 <= index < len(inputs) or inputs[index] is None:
        raise ArgumentError(f"{op.name}: got input number {index}. Expected one of its {len(inputs)} inputs, "
                            "counted from 0" + (", and not one that was left out." if index < len(inputs) else "."))
    rule: Rule = op.rule_of(index)
    if rule.kind == Rule.NONE:
        raise RuleError(f"{op.name} has no derivative by its input {rule.argument}: no gradient flows there.")
    return rule


class _StandIns:
    """The stand-ins of one rule, made as the rule's arguments are read."""

    def __init__(self, op: Op) -> None:
        self.op = op
        self.means: dict[Tensor, Any] = {}
        self.known: dict[int, Any] = {}                     # by identity: an array cannot be a key

    def of_g(self, g: Any) -> Any:
        if self.op.results:
            parts = [stand_in(each, f"g.{name}") for each, name in zip(g, self.op.results._fields, strict=True)]
            return self.op.results(*parts)
        return stand_in(g, "g")

    def read(self, node: Tensor, x: Any) -> Any:
        """The stand-in for an input of `node` or for `out`; a number for itself."""
        if x.__class__ is not Tensor and not (isinstance(x, np.ndarray) and x.ndim):
            return x
        if id(x) not in self.known:
            self.known[id(x)] = self._made(node, x)
        return self.known[id(x)]

    def _made(self, node: Tensor, x: Any) -> Any:
        value = x._value if x.__class__ is Tensor else x
        if value.__class__ is tuple:
            parts = [stand_in(each, name) for each, name in zip(value, x._op.results._fields, strict=True)]
            self.means.update((part, Part(x, i, part.name or "")) for i, part in enumerate(parts))
            return x._op.results(*parts)
        made = stand_in(value, "out" if x is node else None)
        self.means[made] = x
        return made


def stand_in(value: Any, name: str | None) -> Tensor:
    """A variable that holds `value`. Integers are recorded, too, which is why it is not made by `Tensor(value)`."""
    value = value._value if value.__class__ is Tensor else values.own(value)
    made = constant(values.settle(value))
    made._needs = True
    if name is not None:
        made._extra = Extra(name)
    return made


def _ones_like(value: Any) -> Any:
    """A gradient to show a rule with: ones; zeros for results that are not floating, to which none arrives."""
    if value.__class__ is tuple:
        return tuple(_ones_like(each) for each in value)
    return np.full(values.shape_of(value), values.dtype_of(value).kind == "f", values.dtype_of(value))


def _is_on_floats(rule: Rule, node: Tensor, arguments: list[Any]) -> bool:
    """What `contribution_of` in core/backprop.py decides by."""
    held = (each._value if each.__class__ is Tensor else each for each in arguments)
    return rule.on_floats and node._value.__class__ is float and all(each.__class__ in (float, int) for each in held)
