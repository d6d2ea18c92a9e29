"""Simplifying: what is written more simply than it was computed, where that is exact.

    SIMPLER             operation -> a function of (node, parts) that gives the simpler form, or None
    signed(minus, x)    a term with its sign in front: + (-x) as - x
    negated(x)          a whole tree in which -1·x is -x

Nothing here changes a number: x * x is x², 1 * x and x ** 1 are x, a reshape to the same shape is left out.
Read `trees.py` before this file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from ..core.rules import registry
from ..core.tensors import Tensor
from .trees import Apply, Expression, Literal, Total


def is_square(node: Tensor) -> bool:
    """Whether a product is that of a tensor with itself."""
    return node._x1 is node._x2 and node._x1.__class__ is Tensor


def signed(minus: bool, x: Expression) -> Iterator[tuple[bool, Expression]]:
    """A term with its sign in front: + (-x) as - x, and + -2·x as - 2·x."""
    positive = _without_minus(x)
    yield (minus, x) if positive is None else (not minus, positive)


def _without_minus(x: Expression) -> Expression | None:
    """What stands behind the minus sign that a term begins with; None if it begins with none."""
    if isinstance(x, Literal):
        return Literal(-x.value) if _is_plain(x.value) and x.value < 0 else None
    if not isinstance(x, Apply) or x.op.foreign:
        return None
    if x.op.name == "negative":
        return x.inputs[0]
    if x.op.name in ("multiply", "divide"):
        first = _without_minus(x.inputs[0])
        return None if first is None else Apply(x.op, (first, *x.inputs[1:]), x.options, x.node)
    return None


def negated(x: Expression) -> Expression:
    """A tree in which minus one times something is minus it, as rules have it where 1 stands for the gradient."""
    if isinstance(x, Total):
        return Total([(minus, negated(term)) for minus, term in x.terms])
    if not isinstance(x, Apply):
        return x
    inputs = tuple(map(negated, x.inputs))
    if x.op.name == "multiply" and not x.op.foreign:
        for one, other in (inputs, inputs[::-1]):
            if isinstance(one, Literal) and not isinstance(one.value, (bool, np.bool_)) and one.value == -1:
                return Apply(registry["negative"], (other,), {}, x.node)
    return replace(x, inputs=inputs)


def _is_plain(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, (bool, np.generic))


def _is_number(x: Expression, number: float) -> bool:
    return isinstance(x, Literal) and _is_plain(x.value) and bool(x.value == number)


def _multiply(node: Tensor, x1: Expression, x2: Expression) -> Expression | None:
    if is_square(node):
        return Apply(registry["square"], (x1,), {}, node)
    for one, other in ((x1, x2), (x2, x1)):
        if _is_number(one, 1) and keeps_shape(node, other is x1):
            return other
        if _is_number(one, -1) and keeps_shape(node, other is x1):
            return Apply(registry["negative"], (other,), {}, node)
    is_product = isinstance(x1, Apply) and x1.op.name in ("multiply", "divide", "negative")
    if isinstance(x2, Literal) and not isinstance(x1, Literal) and not is_product:
        return Apply(node.op, (x2, x1), {}, node)           # 2 · x, not x · 2
    return None


def keeps_shape(node: Tensor, first: bool) -> bool:
    """Whether a node has the shape and dtype of one of its inputs."""
    x = node._x1 if first else node._x2
    return x.__class__ is Tensor and x.shape == node.shape and x.dtype == node.dtype


def _negative(node: Tensor, x: Expression) -> Expression | None:
    return x.inputs[0] if isinstance(x, Apply) and x.op is node.op else None


def _divide(node: Tensor, x1: Expression, x2: Expression) -> Expression | None:
    return x1 if _is_number(x2, 1) and keeps_shape(node, True) else None


def _power(node: Tensor, x1: Expression, x2: Expression) -> Expression | None:
    return x1 if _is_number(x2, 1) and keeps_shape(node, True) else None


def _same(node: Tensor, x: Expression) -> Expression | None:
    return x if keeps_shape(node, True) else None


SIMPLER: dict[str, Callable[..., Expression | None]] = {
    "multiply": _multiply, "divide": _divide, "power": _power, "negative": _negative,
    "positive": _same, "reshape": _same, "broadcast_to": _same, "astype": _same,
    "reciprocal": lambda node, x: Apply(registry["divide"], (Literal(1), x), {}, node),
}
