"""Trees: the parts of which a formula is built, before anybody has decided how they look.

    Name Partial Literal Array Cut Running Signature        leaves
    Apply Total Fold                                        an operation, a sum, a sum that is folded

Read `notation.py` before this file and `expressions.py` after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..core.rules import Op
from ..core.tensors import Tensor


class Expression:
    """A part of a formula."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Name(Expression):
    """What has a name: a variable, a constant array, or a line above."""

    text: str


@dataclass(frozen=True, slots=True)
class Partial(Expression):
    """A gradient: ∂of/∂by."""

    of: str
    by: Expression


@dataclass(frozen=True, slots=True)
class Signature(Expression):
    """A function and its parameters: f(w, x), on the left of a formula."""

    function: str
    parameters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Literal(Expression):
    """A number that is written out, or None."""

    value: Any


@dataclass(frozen=True, slots=True)
class Array(Expression):
    """A small array that is written out, or any of zeros."""

    value: Any


@dataclass(frozen=True, slots=True)
class Cut(Expression):
    """What lies deeper than was asked for; where an ellipsis will not do, it has a name."""

    name: str


@dataclass(frozen=True, slots=True)
class Running(Expression):
    """One of many numbered things in a folded sum: `wᵢ`, or `w[2,i+1]`. An index is a number, or ("i", 1) for i + 1."""

    stem: str
    indices: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Apply(Expression):
    """An operation on parts. `node` is what recorded it."""

    op: Op
    inputs: tuple[Expression, ...]
    options: dict[str, Any]
    node: Tensor


@dataclass(frozen=True, slots=True)
class Total(Expression):
    """A sum of several terms, each with True if it is subtracted. (A list that only the one who made it appends to.)"""

    terms: list[tuple[bool, Expression]]


@dataclass(frozen=True, slots=True)
class Fold(Expression):
    """Terms of a sum that differ only in an index, as one: the sum over `letter` from `first` to `last` of `body`."""

    body: Expression
    letter: str
    first: int
    last: int
    terms: tuple[Expression, ...]


def is_zero(value: Any) -> bool:
    """Whether an array holds nothing but the number 0."""
    return value.size > 0 and value.dtype.kind == "f" and not value.any()
