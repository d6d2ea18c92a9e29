"""Printers: what all ways of writing a formula have in common, which is where brackets stand.

    Printer.write(expression)       text, LaTeX, MathML, words or Python, depending on the printer

A printer says how each form of `notation.py` looks; this class walks the tree and puts a part in brackets if it binds
less tightly than its place asks for. Operators of one level are read from left to right, as Python does.
Read `expressions.py` before this file; `plain_text.py` is the simplest printer.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, NamedTuple

import numpy as np

from .notation import (
    ANYTHING,
    ATOM,
    COMPARISON,
    CONSTANTS,
    FOLD,
    HOLDERS,
    MATRIX_PRODUCT,
    POWER,
    PRODUCT,
    QUOTIENT,
    REMAINDER,
    SUM,
    TABLE,
    Form,
    Known,
    Notation,
    notation_of,
)
from .trees import Apply, Array, Cut, Expression, Fold, Literal, Name, Partial, Running, Signature, Total, is_zero


class Piece(NamedTuple):
    """A written part, and how tightly it binds."""

    text: str
    level: int = ATOM


class Printer(ABC):
    """Writes expressions in one way."""

    plus = "+ "             # before a sum that goes on in another line
    associates = True       # whether a·(b·c) is a·b·c, which differs by rounding

    def write(self, x: Expression, needs: int = ANYTHING) -> str:
        """`x` as text, in brackets if it binds less tightly than `needs`."""
        piece = self._piece(x)
        return self._brackets(piece.text) if piece.level < needs else piece.text

    def write_rest(self, x: Total) -> str:
        """The terms of a sum that goes on, with the sign of the first."""
        return ("" if x.terms[0][0] else self.plus) + self._total(x.terms)

    def _piece(self, x: Expression) -> Piece:
        """`x` as text without brackets around it, and its level."""
        if isinstance(x, Apply):
            return self._applied(x, notation_of(x.op, x.options, _ndim(x)))
        if isinstance(x, Total):
            terms = without_brackets(x.terms) if self.associates else [*x.terms]
            return Piece(self._total(terms), SUM)
        if isinstance(x, Fold):
            return Piece(self._fold(x), FOLD)
        if isinstance(x, Literal):
            return self._literal(x.value)
        if isinstance(x, Partial):
            return self._partial(x)
        if isinstance(x, Array):
            return self._zeros(x.value) if is_zero(x.value) else Piece(self._array(x.value))
        if isinstance(x, Signature):
            return Piece(self._signature(x.function, [self._name(each) for each in x.parameters]))
        if isinstance(x, Running):
            return Piece(self._running(x))
        return Piece(self._cut(x) if isinstance(x, Cut) else self._name(x.text) if isinstance(x, Name) else "")

    def _applied(self, x: Apply, notation: Notation) -> Piece:
        """An operation, in the form that its notation says."""
        level, form = notation.level, notation.form
        if form is Form.INFIX:
            left, right = _needs(level)
            if self.associates and notation.sign == "·" and _is_product(x.inputs[1]):
                right = PRODUCT
            return Piece(self._infix(x, notation, self.write(x.inputs[0], left), self.write(x.inputs[1], right)), level)
        if form is Form.QUOTIENT:
            return self._quotient(x)
        if form is Form.PREFIX:
            return Piece(self._prefix(notation, self.write(x.inputs[0], min(level, QUOTIENT))), level)
        if form is Form.POSTFIX:
            return Piece(self._postfix(notation, self.write(x.inputs[0], ATOM)), level)
        if form is Form.SQUARE:
            return Piece(self._power(x.inputs[0], Literal(2)), level)
        if form is Form.POWER:
            return Piece(self._power(*x.inputs), level)
        if form is Form.FENCE:
            return Piece(self._fence(notation, self.write(x.inputs[0])))
        if form is Form.ROOT:
            return self._root(notation, x.inputs[0])
        if form is Form.CASES:
            return self._cases(x)
        if form is Form.INDEX:
            return Piece(self._index(self.write(x.inputs[0], ATOM), x.options["index"]))
        if form is Form.NEW_AXIS:
            return self._new_axis(x)
        if form is Form.ITEM:
            fields = x.node.inputs[0].op.results._fields
            return Piece(self._item(self.write(x.inputs[0], ATOM), fields[x.options["index"]]))
        arguments = [self._argument(each) for each in given_inputs(x)]
        if x.op.many and x.op.name not in HOLDERS:
            arguments = [self._sequence(arguments)]
        return Piece(self._call(x, notation, arguments, given_options(x)))

    def _argument(self, x: Expression) -> str:
        """A part between the brackets of a function."""
        return self.write(x)

    def _literal(self, value: Any) -> Piece:
        if isinstance(value, (bool, np.bool_)) or value is None:
            return Piece(self._word(str(value)))
        known = CONSTANTS.get(abs(value)) if isinstance(value, float) else None
        if known is None:
            return self._number(value)
        sign = self._known(known)
        if value > 0:
            return Piece(sign, known.level)
        sign = self._brackets(sign) if known.level < PRODUCT else sign
        return Piece(self._prefix(TABLE["negative"], sign), PRODUCT)

    # -- what a printer says ----------------------------------------------------------------------------------------

    @abstractmethod
    def _brackets(self, text: str) -> str:
        """A part in brackets."""

    @abstractmethod
    def _name(self, text: str) -> str:
        """A name of the user or of a line."""

    @abstractmethod
    def _number(self, value: Any) -> Piece:
        """A number that is written out."""

    @abstractmethod
    def _word(self, text: str) -> str:
        """True, False or None."""

    @abstractmethod
    def _known(self, known: Known) -> str:
        """A number that has a name."""

    @abstractmethod
    def _array(self, value: Any) -> str:
        """A small array that is written out."""

    def _zeros(self, value: Any) -> Piece:
        """An array of nothing but zeros, whatever its shape."""
        return self._number(0)

    @abstractmethod
    def _signature(self, function: str, parameters: list[str]) -> str:
        """A function of its parameters, as it stands on the left."""

    @abstractmethod
    def _partial(self, x: Partial) -> Piece:
        """A gradient."""

    @abstractmethod
    def _cut(self, x: Cut) -> str:
        """What is not shown."""

    @abstractmethod
    def _running(self, x: Running) -> str:
        """One of many, by its index."""

    @abstractmethod
    def _total(self, terms: list[tuple[bool, Expression]]) -> str:
        """A sum, each term with True if it is subtracted."""

    @abstractmethod
    def _fold(self, x: Fold) -> str:
        """A folded sum."""

    @abstractmethod
    def _infix(self, x: Apply, notation: Notation, left: str, right: str) -> str:
        """An operator between two parts."""

    @abstractmethod
    def _quotient(self, x: Apply) -> Piece:
        """A fraction."""

    @abstractmethod
    def _prefix(self, notation: Notation, text: str) -> str:
        """An operator before a part."""

    @abstractmethod
    def _postfix(self, notation: Notation, text: str) -> str:
        """A mark behind a part."""

    @abstractmethod
    def _power(self, base: Expression, exponent: Expression) -> str:
        """A power."""

    @abstractmethod
    def _fence(self, notation: Notation, text: str) -> str:
        """A part between two signs."""

    @abstractmethod
    def _root(self, notation: Notation, x: Expression) -> Piece:
        """A root."""

    @abstractmethod
    def _cases(self, x: Apply) -> Piece:
        """One value or another."""

    @abstractmethod
    def _index(self, text: str, index: Any) -> str:
        """Elements of an array."""

    def _new_axis(self, x: Apply) -> Piece:
        """An array with new axes of length 1: a[:, None]."""
        axis, ndim = x.options["axis"], _ndim(x)
        axes = {each % ndim for each in (axis if isinstance(axis, tuple) else (axis,))}
        index = tuple(None if i in axes else slice(None) for i in range(max(axes, default=-1) + 1))
        return Piece(self._index(self.write(x.inputs[0], ATOM), index))

    @abstractmethod
    def _item(self, text: str, field: str) -> str:
        """One of several results."""

    @abstractmethod
    def _sequence(self, parts: list[str]) -> str:
        """Several parts as one argument."""

    @abstractmethod
    def _call(self, x: Apply, notation: Notation, arguments: list[str], options: list[tuple[str, Any]]) -> str:
        """A function of parts; the options that are not usual come with their names, empty for those by position."""


def _needs(level: int) -> tuple[int, int]:
    """The levels that an infix operator asks of its left and its right part."""
    if level in (COMPARISON, REMAINDER):
        return max(level + 1, POWER if level == REMAINDER else 0), POWER if level == REMAINDER else level + 1
    if level == PRODUCT:
        return PRODUCT, POWER                   # on the right also a matrix product gets brackets, as Python needs them
    return level, POWER if level == MATRIX_PRODUCT else level + 1


def _is_product(x: Expression) -> bool:
    """Whether it is a product of elements, as which it is also written."""
    return isinstance(x, Apply) and x.op.name == "multiply" and not x.op.foreign


def without_brackets(terms: list[tuple[bool, Expression]]) -> list[tuple[bool, Expression]]:
    """The terms with those of sums among them that are added."""
    return [each for minus, term in terms
            for each in (term.terms if isinstance(term, Total) and not minus else [(minus, term)])]


def _ndim(x: Apply) -> int:
    value = x.node._value
    return value.ndim if isinstance(value, np.ndarray) else 0


def given_inputs(x: Apply) -> list[Expression]:
    """The inputs without those at the end that were left out."""
    if x.op.name == "replayed":
        return [*x.inputs[:x.options["n"]]]                 # the others are what the function takes from outside
    found = list(x.inputs)
    while found and isinstance(found[-1], Literal) and found[-1].value is None:
        found.pop()
    return found


def given_options(x: Apply) -> list[tuple[str, Any]]:
    """(name, value) of the options that are not what they usually are; by position as far as the signature allows."""
    parameters = x.op.signature.parameters
    found: list[tuple[str, Any]] = []
    if x.op.name in HOLDERS:
        return found
    for name, value in x.options.items():
        if name in x.op.defaults and is_usual(value, x.op.defaults[name]):
            continue
        by_position = parameters[name].kind is not parameters[name].KEYWORD_ONLY
        found.append(("" if by_position else name, value))
    return found


def is_usual(value: Any, usual: Any) -> bool:
    """Whether an option has the value that it has when it is left out."""
    return value is usual or (type(value) is type(usual) and isinstance(value, (int, float, str)) and value == usual)
