"""Symbols: a derivative rule, or a forward function, is written as code by running it on symbols.

    Value               a value of a program: its name, and what it was in the traced run (its shape and dtype count)
    Code                a piece of an expression, with how tightly it binds
    FloatSymbol         stands for a Python float: Python's operators, nothing else
    ArraySymbol         stands for an array: operators and NumPy's functions

A symbol has no value to look at, so what comes out cannot depend on one. What a symbol cannot do raises
NotWrittenError; the program then calls the function itself.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

ATOM, POWER, UNARY, PRODUCT, SUM, BITS, COMPARISON, CHOICE = 20, 9, 8, 7, 6, 5, 4, 1
OPERATORS: dict[str, tuple[str, int, Callable[[Any, Any], Any]]] = {
    "add": ("+", SUM, operator.add), "sub": ("-", SUM, operator.sub), "mul": ("*", PRODUCT, operator.mul),
    "truediv": ("/", PRODUCT, operator.truediv), "matmul": ("@", PRODUCT, operator.matmul),
    "pow": ("**", POWER, operator.pow),
}
COMPARED: dict[str, tuple[str, Callable[[Any, Any], Any]]] = {
    "lt": ("<", operator.lt), "le": ("<=", operator.le), "gt": (">", operator.gt), "ge": (">=", operator.ge),
    "eq": ("==", operator.eq), "ne": ("!=", operator.ne)}


ELEMENTWISE = {"+", "-", "*", "/"}


class NotWrittenError(Exception):
    """The function does something that a symbol cannot do."""


class Code:
    """A piece of an expression: texts, with values and other pieces between them that need to bind so tightly."""

    __slots__ = ("level", "parts")

    def __init__(self, level: int, *parts: Any) -> None:
        self.level, self.parts = level, parts


class Value:
    """A value of a program.

    Attributes:
        name: its variable.
        example: what it was in the traced run.
        code: how it is computed; None for what is there from the start.
        uses: how often others mention it.
    """

    __slots__ = ("code", "example", "home", "name", "short", "spread", "uses")

    def __init__(self, name: str, example: Any, code: Code | None = None, short: bool = False) -> None:
        self.name, self.example, self.code, self.short = name, example, code, short
        self.uses, self.home = 0, ""
        self.spread: Any = None         # the number that it holds everywhere, if it is such an array

    @property
    def is_float(self) -> bool:
        """Whether it is held as a Python float."""
        return self.example.__class__ is float


def infix(sign: str, level: int, left: Any, right: Any) -> Code:
    """`left sign right`."""
    if level == POWER:
        return Code(level, (left, ATOM), f" {sign} ", (right, UNARY))
    return Code(level, (left, level), f" {sign} ", (right, level + 1))


def compared(sign: str, left: Any, right: Any) -> Code:
    """`left < right`."""
    return Code(COMPARISON, (left, BITS), f" {sign} ", (right, BITS))


def call(function: str, arguments: list[Any], keywords: dict[str, Any] | None = None) -> Code:
    """`function(a, b, axis=c)`."""
    parts: list[Any] = [f"{function}("]
    for i, each in enumerate(arguments):
        parts += [", "] * (i > 0) + [(each, CHOICE)]
    for i, (name, each) in enumerate((keywords or {}).items()):
        parts += [", "] * bool(i or arguments) + [f"{name}=", (each, CHOICE)]
    return Code(ATOM, *parts, ")")


def literal(value: Any) -> Code | None:
    """A plain number, text or tuple of them as code; None for what has no literal."""
    if value is None or value is Ellipsis or isinstance(value, (bool, str)):
        return Code(ATOM, "..." if value is Ellipsis else repr(value))
    if value.__class__ in (int, float) and (value.__class__ is int or np.isfinite(value)):
        return Code(UNARY if str(value)[0] == "-" else ATOM, repr(value))
    if value.__class__ in (tuple, list):
        inner = [literal(each) for each in value]
        if None not in inner:
            shown = ", ".join("".join(map(str, each.parts)) for each in inner if each is not None)
            return Code(ATOM, f"[{shown}]" if value.__class__ is list else f"({shown}{',' * (len(value) == 1)})")
    return None


class _Symbol:
    """What both kinds of symbols have in common."""

    __array_priority__ = 1000
    def __hash__(self) -> int:                  # symbols compare by what they stand for
        return id(self)

    def __bool__(self) -> bool:
        raise NotWrittenError

    def __iter__(self) -> Any:
        raise NotWrittenError

    def __float__(self) -> float:
        raise NotWrittenError

    def __index__(self) -> int:
        raise NotWrittenError

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise NotWrittenError


class FloatSymbol(_Symbol):
    """A Python float, or a comparison of some, that a rule computes with.

    `define(code)` gives a part that is computed a name; `whole` says that Python, too, would have a float here.
    """

    def __init__(self, piece: Any, define: Callable[[Code], Any], whole: bool = True) -> None:
        self.piece, self.define, self.whole = piece, define, whole

    def _of(self, x: Any) -> Any:
        if isinstance(x, FloatSymbol):
            return x.piece
        found = literal(x) if x.__class__ in (int, float) else None
        if found is None:
            raise NotWrittenError
        return found

    def _made(self, code: Code, *others: Any) -> FloatSymbol:
        whole = all(x.whole for x in (self, *others) if isinstance(x, FloatSymbol))
        return FloatSymbol(self.define(code), self.define, whole)

    def __neg__(self) -> FloatSymbol:
        return self._made(Code(UNARY, "-", (self.piece, UNARY)))

    def __pos__(self) -> FloatSymbol:
        return self

    def __abs__(self) -> FloatSymbol:
        return self._made(call("abs", [self.piece]))

    def __array_ufunc__(self, *_: Any, **__: Any) -> Any:
        raise NotWrittenError

    def __array_function__(self, function: Any, types: Any, arguments: Any, options: Any) -> Any:
        if function is not np.where or options or len(arguments) != 3:
            raise NotWrittenError
        condition, one, other = map(self._of, arguments)
        code = Code(CHOICE, (one, CHOICE + 1), " if ", (condition, CHOICE + 1), " else ", (other, CHOICE))
        return FloatSymbol(self.define(code), self.define, whole=False)


class ArraySymbol(_Symbol):
    """An array, or a NumPy scalar, that a rule computes with."""

    def __init__(self, piece: Any, example: Any, define: Callable[[Code, Any], Any]) -> None:
        self.piece, self.example, self.define = piece, example, define

    @property
    def shape(self) -> tuple[int, ...]:
        """As of the array."""
        return np.shape(self.example)

    @property
    def ndim(self) -> int:
        """As of the array."""
        return np.ndim(self.example)

    @property
    def size(self) -> int:
        """As of the array."""
        return int(np.size(self.example))

    @property
    def dtype(self) -> Any:
        """As of the array."""
        return np.asarray(self.example).dtype

    @property
    def T(self) -> ArraySymbol:
        """The transpose."""
        return self.made(Code(ATOM, (self.piece, ATOM), ".T"), np.asarray(self.example).T)

    def reshape(self, *shape: Any) -> ArraySymbol:
        """As of the array."""
        shape = shape[0] if len(shape) == 1 else shape
        return self.made(Code(ATOM, (self.piece, ATOM), ".reshape(", (self.of(shape), CHOICE), ")"),
                         np.asarray(self.example).reshape(shape))

    def of(self, x: Any) -> Any:
        """The code of an operand."""
        if isinstance(x, ArraySymbol):
            return x.piece
        found = literal(x)
        if found is None:
            raise NotWrittenError
        return found

    def made(self, code: Code, example: Any) -> ArraySymbol:
        """A symbol for what is computed."""
        return ArraySymbol(self.define(code, example), example, self.define)

    def __neg__(self) -> ArraySymbol:
        return self.made(Code(UNARY, "-", (self.piece, UNARY)), -self.example)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if method != "__call__" or options:
            raise NotWrittenError
        return self._function(ufunc, inputs, {})

    def __array_function__(self, function: Any, types: Any, arguments: Any, options: Any) -> Any:
        return self._function(function, arguments, options)

    def _function(self, function: Callable[..., Any], arguments: Any, options: Any) -> ArraySymbol:
        name: str = function.__name__
        if getattr(np, name, None) is not function:
            raise NotWrittenError
        pieces = [self.of(x) for x in arguments]
        keywords = {key: self.of(x) for key, x in options.items()}
        example = function(*[x.example if isinstance(x, ArraySymbol) else x for x in arguments], **options)
        if not isinstance(example, (np.ndarray, np.generic)):
            raise NotWrittenError
        made = self.made(call(f"np.{name}", pieces, keywords), example)
        if function is np.broadcast_to and np.shape(getattr(arguments[0], "example", 0)) == () \
                and isinstance(made.piece, Value):
            made.piece.spread = pieces[0]
        return made


def _unspread(symbol: ArraySymbol, x: Any, other: Any, example: Any) -> Any:
    """The piece of an operand; the number alone of an array that holds it everywhere, beside one of the whole shape."""
    if not isinstance(x, ArraySymbol):
        return symbol.of(x)
    spread = x.piece.spread if isinstance(x.piece, Value) else None
    alike = isinstance(other, ArraySymbol) and other.shape == np.shape(example) and np.ndim(example) > 0
    return spread if spread is not None and alike and other.piece is not x.piece else x.piece


def _float_operators() -> None:
    """Give FloatSymbol Python's operators."""
    def binary(sign: str, level: int, turned: bool) -> Any:
        def method(self: FloatSymbol, other: Any) -> FloatSymbol:
            pair = (other, self) if turned else (self, other)
            if level == POWER and other.__class__ is int and other == 1 and not turned:
                return self
            if level == POWER and not all(x.whole for x in pair if isinstance(x, FloatSymbol)):
                raise NotWrittenError                   # powers of NumPy's numbers are not those of Python's
            return self._made(infix(sign, level, *map(self._of, pair)), other)
        return method

    def comparison(sign: str) -> Any:
        def method(self: FloatSymbol, other: Any) -> FloatSymbol:
            return FloatSymbol(self.define(compared(sign, self.piece, self._of(other))), self.define, whole=False)
        return method

    for name, (sign, level, _) in OPERATORS.items():
        if name != "matmul":
            setattr(FloatSymbol, f"__{name}__", binary(sign, level, False))
            setattr(FloatSymbol, f"__r{name}__", binary(sign, level, True))
    for name, (sign, _) in COMPARED.items():
        setattr(FloatSymbol, f"__{name}__", comparison(sign))


def _array_operators() -> None:
    """Give ArraySymbol the operators of arrays."""
    def example_of(x: Any) -> Any:
        return x.example if isinstance(x, ArraySymbol) else x

    def binary(sign: str, level: int, function: Any, turned: bool) -> Any:
        def method(self: ArraySymbol, other: Any) -> ArraySymbol:
            pair = (other, self) if turned else (self, other)
            if level == POWER and other.__class__ is int and other == 1 and not turned:
                return self
            example = function(*map(example_of, pair))
            if sign in ELEMENTWISE:
                pieces = [_unspread(self, x, other, example) for x, other in (pair, pair[::-1])]
            else:
                pieces = [*map(self.of, pair)]
            return self.made(infix(sign, level, *pieces), example)
        return method

    def comparison(sign: str, function: Any) -> Any:
        def method(self: ArraySymbol, other: Any) -> ArraySymbol:
            return self.made(compared(sign, self.piece, self.of(other)), function(self.example, example_of(other)))
        return method

    for name, (sign, level, function) in OPERATORS.items():
        setattr(ArraySymbol, f"__{name}__", binary(sign, level, function, False))
        setattr(ArraySymbol, f"__r{name}__", binary(sign, level, function, True))
    for name, (sign, function) in COMPARED.items():
        setattr(ArraySymbol, f"__{name}__", comparison(sign, function))


_float_operators()
_array_operators()
