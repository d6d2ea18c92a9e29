"""Literals: plain values and arrays as Python code that gives them to the bit.

    literal(value)              numbers, texts, tuples, slices, dtypes
    array_literal(value)        NumPy scalars and arrays, which keep the order of their axes in memory
    call_of, dotted              small syntax trees
"""

from __future__ import annotations

import ast
import math
from typing import Any

import numpy as np

from ..core.values import FLOAT64, dtype_of
from ..errors import GraphError
from .program_building import is_uniform


def literal(value: Any) -> ast.expr:
    """A plain Python value as an expression."""
    if isinstance(value, slice):
        return ast.Subscript(ast.Attribute(ast.Name("np", ast.Load()), "s_", ast.Load()), subscript(value), ast.Load())
    if isinstance(value, (tuple, list)):
        kind = ast.Tuple if isinstance(value, tuple) else ast.List
        return kind([literal(each) for each in value], ast.Load())
    if isinstance(value, np.dtype):
        return ast.Attribute(ast.Name("np", ast.Load()), "bool" if value == np.bool_ else value.name, ast.Load())
    if isinstance(value, type) and issubclass(value, np.generic):
        return literal(np.dtype(value))
    if isinstance(value, type):
        return ast.Name(value.__name__, ast.Load())
    if isinstance(value, (bool, str, type(None))) or value is Ellipsis:
        return ast.Constant(value)
    if isinstance(value, (np.integer, np.bool_)):
        return literal(value.item())
    if isinstance(value, (int, float)):
        return _number(value)
    raise GraphError(f"source: {value!r:.60} cannot be written as Python code.")


def subscript(value: slice) -> ast.Slice:
    """A slice as it stands between brackets."""
    return ast.Slice(*[None if part is None else literal(part) for part in (value.start, value.stop, value.step)])


def _number(value: float) -> ast.expr:
    if value != value:
        return ast.Attribute(ast.Name("np", ast.Load()), "nan", ast.Load())
    if math.copysign(1, value) < 0:
        return ast.UnaryOp(ast.USub(), _number(-value))
    if math.isinf(value):
        return ast.Attribute(ast.Name("np", ast.Load()), "inf", ast.Load())
    return ast.Constant(value)


def array_literal(value: Any) -> ast.expr:
    """A number or an array as an expression that gives it to the bit."""
    if isinstance(value, np.ndarray):
        return _array(value)
    if isinstance(value, np.bool_):
        return literal(bool(value))
    if isinstance(value, np.generic):
        return call_of(f"np.{value.dtype.name}", [_exact(value)])
    return literal(value)


def _array(x: np.ndarray[Any, Any]) -> ast.expr:
    usual = x.dtype == FLOAT64
    dtype = [] if usual else [ast.keyword("dtype", literal(x.dtype))]
    shape = shape_literal(x.shape)
    first = x.flat[0] if x.size else 0
    if not x.size or (x.size > 1 and is_uniform(x)):
        if first in (0, 1) and not np.signbit(float(first)):
            return ast.Call(dotted("np.ones" if first else "np.zeros"), [shape], dtype)
        if x.size > 3:
            return ast.Call(dotted("np.full"), [shape, _exact(first)], dtype)
    if x.ndim == 1 and x.size > 1 and x.dtype == np.intp and np.array_equal(x, np.arange(x.size)):
        return call_of("np.arange", [literal(x.size)])
    order = sorted(range(x.ndim), key=lambda i: (-abs(x.strides[i]), i))
    whole = x.transpose(order)                          # its axes as they lie in memory
    inferred = np.asarray(whole.tolist()).dtype
    options = [] if inferred == x.dtype else [ast.keyword("dtype", literal(x.dtype))]
    found: ast.expr = ast.Call(dotted("np.array"), [_nested(whole)], options)
    if order != list(range(x.ndim)):
        back = tuple(order.index(i) for i in range(x.ndim))
        found = ast.Call(ast.Attribute(found, "transpose", ast.Load()), [literal(back)], [])
    return found


def _nested(x: Any) -> ast.expr:
    return ast.List([_nested(each) for each in x], ast.Load()) if np.ndim(x) else _exact(np.asarray(x)[()])


def _exact(number: Any) -> ast.expr:
    """The shortest decimal number that gives this one in its dtype."""
    dtype = dtype_of(number)
    if dtype.kind != "f":
        return literal(number.item() if isinstance(number, np.generic) else number)
    short = float(str(np.asarray(number)[()]))
    return literal(short if np.asarray(short, dtype) == number else float(number))


def shape_literal(shape: tuple[int, ...]) -> ast.expr:
    """A shape; of one axis its length."""
    return literal(shape[0] if len(shape) == 1 else shape)


def call_of(name: str, arguments: list[ast.expr]) -> ast.expr:
    """A call of a function by its dotted name."""
    return ast.Call(dotted(name), arguments, [])


def dotted(name: str) -> ast.expr:
    """`np.sum` as a syntax tree."""
    owner, _, attribute = name.rpartition(".")
    return ast.Attribute(dotted(owner), attribute, ast.Load()) if owner else ast.Name(name, ast.Load())
