"""Notation: how each operation is written in mathematics and how it is read aloud. The one table of all formulas.

    notation_of(op)     the row of an operation; for one that is not listed, the operation's name in front of brackets

The table says nothing of derivatives: those are printed from what the rules record.

How tightly a form binds is a number, its level; a part whose level is below what its place asks for gets brackets.
Read this file before `expressions.py`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import Any

from ..core.rules import Op

# From loosest to tightest. Products bind alike in Python; to readers a matrix product binds tighter, and a quotient
# that is a factor is easily misread, so that it has a level of its own.
ANYTHING, EITHER, BOTH, NOT, COMPARISON, BIT_OR, BIT_XOR, BIT_AND, SUM = 0, 2, 3, 4, 5, 6, 7, 8, 10
FOLD, REMAINDER, QUOTIENT, PRODUCT, MATRIX_PRODUCT, POWER, ATOM = 15, 18, 19, 20, 25, 40, 50


class Form(Enum):
    """The ways of writing that there are."""

    INFIX = "a + b"
    PREFIX = "-a"
    POSTFIX = "aᵀ"
    POWER = "a^b"
    SQUARE = "a²"
    QUOTIENT = "a / b"
    FENCE = "|a|"
    ROOT = "√a"
    CASES = "a where c, else b"
    INDEX = "a[i]"
    NEW_AXIS = "a[:, None]"
    ITEM = "a.name"
    CALL = "name(a, b)"


@dataclass(frozen=True)
class Notation:
    """How an operation is written.

    Attributes:
        form: the way of writing.
        sign: the sign or name in plain text; of a fence both sides.
        latex: the same in LaTeX; empty for the sign itself.
        spoken: the words between the operands, or before them.
        level: how tightly it binds.
        python: Python's operator, if it has one and it means the same.
    """

    form: Form
    sign: str = ""
    latex: str = ""
    spoken: str = ""
    level: int = ATOM
    python: str = ""


def _infix(sign: str, latex: str, spoken: str, level: int, python: str = "") -> Notation:
    return Notation(Form.INFIX, sign, latex, spoken, level, python)


def _fence(sign: str, latex: str, spoken: str) -> Notation:
    return Notation(Form.FENCE, sign, latex, spoken)


def _call(sign: str, spoken: str, latex: str = "") -> Notation:
    return Notation(Form.CALL, sign, latex or rf"\operatorname{{{sign}}}", spoken)


TRANSPOSE = Notation(Form.POSTFIX, "ᵀ", r"^{\top}", "transposed", POWER)
TABLE: dict[str, Notation] = {
    "add": _infix("+", "+", "plus", SUM, "+"),
    "subtract": _infix("−", "-", "minus", SUM, "-"),
    "multiply": _infix("·", r"\cdot", "times", PRODUCT, "*"),
    "divide": Notation(Form.QUOTIENT, "/", r"\frac", "divided by", QUOTIENT, "/"),
    "matmul": _infix("@", r"\,", "matrix times", MATRIX_PRODUCT, "@"),
    "outer": _infix("⊗", r"\otimes", "outer product with", MATRIX_PRODUCT),
    "floor_divide": _infix("//", r"\mathbin{//}", "floor divided by", REMAINDER, "//"),
    "remainder": _infix("mod", r"\bmod", "modulo", REMAINDER, "%"),
    "power": Notation(Form.POWER, "^", "^", "to the power", POWER, "**"),
    "square": Notation(Form.SQUARE, "²", "^{2}", "squared", POWER),
    "negative": Notation(Form.PREFIX, "−", "-", "minus", PRODUCT, "-"),
    "equal": _infix("==", r"\mathrel{==}", "is equal to", COMPARISON, "=="),
    "not_equal": _infix("≠", r"\ne", "is not equal to", COMPARISON, "!="),
    "less": _infix("<", "<", "is less than", COMPARISON, "<"),
    "less_equal": _infix("≤", r"\le", "is at most", COMPARISON, "<="),
    "greater": _infix(">", ">", "is greater than", COMPARISON, ">"),
    "greater_equal": _infix("≥", r"\ge", "is at least", COMPARISON, ">="),
    "logical_and": _infix("∧", r"\land", "and", BOTH),
    "logical_or": _infix("∨", r"\lor", "or", EITHER),
    "logical_xor": _infix("⊻", r"\veebar", "or else", EITHER),
    "logical_not": Notation(Form.PREFIX, "¬", r"\lnot ", "not", NOT),
    "bitwise_and": _infix("&", r"\mathbin{\&}", "bitwise and", BIT_AND, "&"),
    "bitwise_or": _infix("|", r"\mathbin{|}", "bitwise or", BIT_OR, "|"),
    "bitwise_xor": _infix("⊕", r"\oplus", "bitwise exclusive or", BIT_XOR, "^"),
    "abs": _fence("||", r"\left|\right|", "the absolute value of"),
    "floor": _fence("⌊⌋", r"\left\lfloor\right\rfloor", "the floor of"),
    "ceil": _fence("⌈⌉", r"\left\lceil\right\rceil", "the ceiling of"),
    "vector_norm": _fence("‖‖", r"\left\|\right\|", "the norm of"),
    "sqrt": Notation(Form.ROOT, "√", r"\sqrt", "the square root of"),
    "cbrt": Notation(Form.ROOT, "∛", r"\sqrt[3]", "the cube root of"),
    "where": Notation(Form.CASES, "where", "", "where"),
    "getitem": Notation(Form.INDEX, "", "", "at"),
    "expand_dims": Notation(Form.NEW_AXIS, "", "", "with a new axis"),
    "broadcast_to": _call("broadcast_to", "the broadcast of", r"\operatorname{broadcast\_to}"),
    "item": Notation(Form.ITEM, "", "", "of"),
    "matrix_transpose": TRANSPOSE,
    "sum": _call("Σ", "the sum of", r"\sum"),
    "prod": _call("Π", "the product of", r"\prod"),
    "max": _call("max", "the largest of", r"\max"),
    "min": _call("min", "the smallest of", r"\min"),
    "maximum": _call("max", "the larger of", r"\max"),
    "minimum": _call("min", "the smaller of", r"\min"),
    "argmax": _call("argmax", "the place of the largest of"),
    "argmin": _call("argmin", "the place of the smallest of"),
    "mean": _call("mean", "the mean of"),
    "var": _call("var", "the variance of"),
    "std": _call("std", "the standard deviation of"),
    "exp": _call("exp", "the exponential of", r"\exp"),
    "log": _call("ln", "the natural logarithm of", r"\ln"),
    "log2": _call("log₂", "the logarithm to base two of", r"\log_{2}"),
    "log10": _call("log₁₀", "the logarithm to base ten of", r"\log_{10}"),
    "sin": _call("sin", "the sine of", r"\sin"),
    "cos": _call("cos", "the cosine of", r"\cos"),
    "tan": _call("tan", "the tangent of", r"\tan"),
    "asin": _call("arcsin", "the arc sine of", r"\arcsin"),
    "acos": _call("arccos", "the arc cosine of", r"\arccos"),
    "atan": _call("arctan", "the arc tangent of", r"\arctan"),
    "sinh": _call("sinh", "the hyperbolic sine of", r"\sinh"),
    "cosh": _call("cosh", "the hyperbolic cosine of", r"\cosh"),
    "tanh": _call("tanh", "the hyperbolic tangent of", r"\tanh"),
    "sigmoid": _call("σ", "the sigmoid of", r"\sigma"),
    "sign": _call("sign", "the sign of"),
    "det": _call("det", "the determinant of", r"\det"),
    "concat": _call("concat", "the concatenation of"),
}


def notation_of(op: Op, options: dict[str, Any], ndim: int) -> Notation:
    """How an operation with these options and a result of so many axes is written.

    A user's own operation, also one called like one of the library, is written as a call.
    """
    name = op.name
    if name == "permute_dims" and ndim == 2 and tuple(axis % 2 for axis in options["axes"]) == (1, 0):
        return TRANSPOSE
    if name == "vector_norm" and any(options[each] != op.defaults[each] for each in ("axis", "ord")):
        return _call("norm", "the norm of")
    if name in HOLDERS and not op.foreign:
        called = str(options.get("name") or getattr(options["f"], "__name__", "f"))
        called = called if called.isidentifier() else "f"
        return _by_name(f"vjp_of_{called}" if name == "foreign_pull" else called)
    return TABLE[name] if name in TABLE and not op.foreign else _by_name(name)


# Operations that hold a function: what they are called with is the function's arguments, not a list.
HOLDERS = frozenset({"foreign_call", "foreign_pull", "replayed"})


def _by_name(name: str) -> Notation:
    """What an operation that nobody told about looks like: its name in front of brackets."""
    words = " ".join(name.replace("_", " ").split())
    shown = name.replace("_", r"\_")
    return Notation(Form.CALL, name, rf"\operatorname{{{shown}}}", f"{words} of")


@dataclass(frozen=True)
class Known:
    """A number with a name."""

    sign: str
    latex: str
    spoken: str
    level: int = ATOM


# Found by the very float, so that nothing is named that only looks like it.
CONSTANTS: dict[float, Known] = {
    math.pi: Known("π", r"\pi", "pi"),
    math.log(2): Known("ln 2", r"\ln 2", "the natural logarithm of two", FOLD),
    math.log(10): Known("ln 10", r"\ln 10", "the natural logarithm of ten", FOLD),
    2 / math.sqrt(math.pi): Known("2/√π", r"\tfrac{2}{\sqrt{\pi}}", "two over the square root of pi", QUOTIENT),
    math.inf: Known("∞", r"\infty", "infinity"),
}
GREEK = frozenset((
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi",
    "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega", "Gamma", "Delta", "Theta", "Lambda", "Xi",
    "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega",
))
