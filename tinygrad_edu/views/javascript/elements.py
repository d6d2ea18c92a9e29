"""Elementwise operations: what each does to one number, as a JavaScript expression.

One template serves both kinds of program: of plain numbers it is printed as it stands (`const y = Math.tanh(h);`), of
tensors as what `each` does to their elements (`each((a, b) => a + b, a, b)`). Truth values in tensors are 1 and 0, so
they are compared by `==`, for which true is 1. Names that are no part of `Math` are functions of runtime/*.js.
Read `literals.py` before this file and `arrays.py` after it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ...ops.units import SELU_ALPHA, SELU_SCALE
from .literals import number


class Operand(NamedTuple):
    """An input of an operation: its text, and what is known of its value. An input left out has no dtype."""

    text: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any] | None
    constant: Any = None            # the value, if it is a plain number


TEMPLATES = {
    "add": "{x1} + {x2}", "subtract": "{x1} - {x2}", "multiply": "{x1} * {x2}", "divide": "{x1} / {x2}",
    "power": "powerOf({x1}, {x2})", "remainder": "remainder({x1}, {x2})", "floor_divide": "floorDivide({x1}, {x2})",
    "maximum": "Math.max({x1}, {x2})", "minimum": "Math.min({x1}, {x2})", "hypot": "Math.hypot({x1}, {x2})",
    "negative": "-{x}", "positive": "{x}", "abs": "Math.abs({x})", "sign": "Math.sign({x}) + 0",
    "square": "{x} * {x}", "sqrt": "Math.sqrt({x})", "cbrt": "Math.cbrt({x})", "reciprocal": "1 / {x}",
    "floor": "Math.floor({x})", "ceil": "Math.ceil({x})", "round": "round({x})", "trunc": "Math.trunc({x})",
    "exp": "Math.exp({x})", "expm1": "Math.expm1({x})", "log": "Math.log({x})", "log1p": "Math.log1p({x})",
    "log2": "Math.log2({x})", "log10": "Math.log10({x})", "logaddexp": "logaddexp({x1}, {x2})",
    "sin": "Math.sin({x})", "cos": "Math.cos({x})", "tan": "Math.tan({x})",
    "asin": "Math.asin({x})", "acos": "Math.acos({x})", "atan": "Math.atan({x})", "atan2": "Math.atan2({x1}, {x2})",
    "sinh": "Math.sinh({x})", "cosh": "Math.cosh({x})", "tanh": "Math.tanh({x})",
    "asinh": "Math.asinh({x})", "acosh": "Math.acosh({x})", "atanh": "Math.atanh({x})",
    "erf": "erf({x})", "sinc": "sinc({x})", "sinc_derivative": "sincDerivative({x}, ORDER)",
    "relu": "Math.max({x}, 0)", "sigmoid": "1 / (1 + Math.exp(-{x}))", "softplus": "logaddexp({x}, 0)",
    "leaky_relu": "{x} > 0 ? {x} : SLOPE * {x}", "elu": "{x} > 0 ? {x} : ALPHA * Math.expm1({x})",
    "celu": "{x} > 0 ? {x} : ALPHA * Math.expm1({x} / ALPHA)",
    "selu": f"{SELU_SCALE} * ({{x}} > 0 ? {{x}} : {SELU_ALPHA} * Math.expm1({{x}}))",
    "gelu": "{x} * (0.5 * (1 + erf({x} * Math.SQRT1_2)))", "silu": "{x} * (1 / (1 + Math.exp(-{x})))",
    "mish": "{x} * Math.tanh(logaddexp({x}, 0))", "softsign": "{x} / (1 + Math.abs({x}))",
    "equal": "{x1} === {x2}", "not_equal": "{x1} !== {x2}", "less": "{x1} < {x2}", "less_equal": "{x1} <= {x2}",
    "greater": "{x1} > {x2}", "greater_equal": "{x1} >= {x2}",
    "logical_and": "{x1} != 0 && {x2} != 0", "logical_or": "{x1} != 0 || {x2} != 0", "logical_not": "{x} == 0",
    "logical_xor": "({x1} != 0) != ({x2} != 0)",
    "isnan": "isNaN({x})", "isinf": "Math.abs({x}) === Infinity", "isfinite": "isFinite({x})",
    "where": "{condition} != 0 ? {x1} : {x2}",
}

# What is different for truth values, for whole numbers, and where the engine computes with Python floats.
OF_BOOLEANS = {
    "add": "{x1} || {x2}", "multiply": "{x1} && {x2}", "maximum": "{x1} || {x2}", "minimum": "{x1} && {x2}",
    "abs": "{x}", "square": "{x}", "relu": "Number({x})",
    "logical_and": "{x1} && {x2}", "logical_or": "{x1} || {x2}", "logical_not": "!{x}", "logical_xor": "{x1} != {x2}",
    "bitwise_and": "{x1} && {x2}", "bitwise_or": "{x1} || {x2}", "bitwise_xor": "{x1} != {x2}",
    "bitwise_invert": "!{x}",
}
OF_INTEGERS = {
    "multiply": "{x1} * {x2} + 0", "negative": "0 - {x}",                   # there is no -0 among them
    "remainder": "{x2} == 0 ? 0 : remainder({x1}, {x2}) + 0",
    "floor_divide": "{x2} == 0 ? 0 : floorDivide({x1}, {x2}) + 0",
    "bitwise_and": "Number(BigInt({x1}) & BigInt({x2}))", "bitwise_or": "Number(BigInt({x1}) | BigInt({x2}))",
    "bitwise_xor": "Number(BigInt({x1}) ^ BigInt({x2}))", "bitwise_invert": "-1 - {x}",
}
OF_FLOATS = {"sigmoid": "sigmoid({x})"}

OTHERS = {"clip", "astype"}             # whose template depends on more than the kinds of their inputs
ELEMENTWISE = {*TEMPLATES, *OF_INTEGERS, *OTHERS}


def template(operation: str, operands: Sequence[Operand], options: Mapping[str, Any], on_floats: bool = False) -> str:
    """The expression for one element, with a slot such as {x1} for each input.

    >>> x = Operand("x", (), np.dtype(float))
    >>> template("multiply", [x, x], {})
    '{x1} * {x2}'
    """
    kinds = {each.dtype.kind for each in operands if each.dtype is not None}
    if operation == "clip":
        return _clip(*operands)
    if operation == "astype":
        return _conversion(np.dtype(options["dtype"]), operands[0].dtype)
    if kinds == {"b"} and operation in OF_BOOLEANS:
        return OF_BOOLEANS[operation]
    if kinds <= {"b", "i", "u"} and operation in OF_INTEGERS:
        return OF_INTEGERS[operation]
    if on_floats and operation in OF_FLOATS:
        return OF_FLOATS[operation]
    if operation == "power":
        return _power(operands[1].constant, on_floats)
    if operation in ("equal", "not_equal") and "b" in kinds:
        return TEMPLATES[operation].replace("== ", "= ")
    if operation == "where" and operands[0].dtype == bool:
        return "{condition} ? {x1} : {x2}"
    text = TEMPLATES[operation]
    for name, value in options.items():                     # an option stands in capitals
        text = text.replace(name.upper(), number(value))
    return text


def _power(exponent: Any, on_floats: bool) -> str:
    """A plain exponent needs no care for the powers of 1. For 0.5 NumPy takes the square root of arrays."""
    if exponent is None or not np.isfinite(exponent):
        return TEMPLATES["power"]
    return "Math.sqrt({x1})" if exponent == 0.5 and not on_floats else "{x1} ** {x2}"


def _clip(x: Operand, low: Operand, high: Operand) -> str:
    """Limits, of which one or both may be left out."""
    text = "{x}" if low.dtype is None else "Math.max({x}, {min})"
    return text if high.dtype is None else f"Math.min({text}, {{max}})"


def _conversion(wanted: np.dtype[Any], given: np.dtype[Any] | None) -> str:
    """What happens before a number is rounded to a narrower type."""
    if wanted.kind == "b":
        return "{x} != 0"
    if given is not None and given.kind == "b":
        return "Number({x})"
    return "Math.trunc({x}) + 0" if wanted.kind in "iu" and (given is None or given.kind == "f") else "{x}"
