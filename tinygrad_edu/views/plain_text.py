"""Formulas as plain text in Unicode: `tanh(w·x + b)`, `g·(1 − out²)`, `Σᵢ₌₀⁷⁸³ wᵢ·xᵢ + b`.

Signs that are letters or digits in Python mean what they mean there; `·` is the product of elements and `@` that of
matrices. Read `printers.py` before this file.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .notation import ATOM, FOLD, POWER, PRODUCT, QUOTIENT, Known, Notation
from .printers import Piece, Printer
from .trees import Apply, Cut, Expression, Fold, Literal, Partial, Running

SUPERSCRIPTS = str.maketrans("0123456789−-+", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻⁺")
SUBSCRIPTS = str.maketrans("0123456789=+-ijklmnp", "₀₁₂₃₄₅₆₇₈₉₌₊₋ᵢⱼₖₗₘₙₚ")


def digits(value: Any) -> tuple[str, int | None]:
    """A number of four significant digits and the power of ten that it is multiplied with, as `%.4g` has them."""
    if isinstance(value, (int, np.integer)):
        return str(value), None
    text = f"{float(value):.4g}".replace("-0", "0") if value == 0 else f"{float(value):.4g}"
    mantissa, e, exponent = text.partition("e")
    return mantissa, int(exponent) if e else None


class PlainText(Printer):
    """Unicode text."""

    def _brackets(self, text: str) -> str:
        return f"({text})"

    def _name(self, text: str) -> str:
        return text

    def _number(self, value: Any) -> Piece:
        mantissa, exponent = digits(value)
        text = mantissa.replace("-", "−").replace("nan", "NaN")
        if exponent is not None:
            text += f"×10{str(exponent).translate(SUPERSCRIPTS)}"
        return Piece(text, PRODUCT if exponent is not None or value < 0 else ATOM)

    def _word(self, text: str) -> str:
        return text

    def _known(self, known: Known) -> str:
        return known.sign

    def _array(self, value: Any) -> str:
        if value.ndim:
            return f"[{', '.join(map(self._array, value))}]"
        return self.write(Literal(value[()]))

    def _signature(self, function: str, parameters: list[str]) -> str:
        return f"{function}({', '.join(parameters)})"

    def _partial(self, x: Partial) -> Piece:
        return Piece(f"∂{x.of}/∂{self.write(x.by, ATOM)}")

    def _cut(self, x: Cut) -> str:
        return "…"

    def _running(self, x: Running) -> str:
        if len(x.indices) == 1 and isinstance(x.indices[0], tuple):
            letter, offset = x.indices[0]
            lowered = f"{letter}{offset:+d}" if offset else letter
            return x.stem + lowered.translate(SUBSCRIPTS)
        return f"{x.stem}[{','.join(map(index_letter, x.indices))}]"

    def _total(self, terms: list[tuple[bool, Expression]]) -> str:
        text = ""
        for minus, term in terms:
            written = self.write(term, FOLD)
            text += ("−" if minus else "") + written if not text else f" {'−' if minus else '+'} {written}"
        return text

    def _fold(self, x: Fold) -> str:
        below = f"{x.letter}={x.first}".translate(SUBSCRIPTS)
        return f"Σ{below}{str(x.last).translate(SUPERSCRIPTS)} {self.write(x.body, QUOTIENT)}"

    def _infix(self, x: Apply, notation: Notation, left: str, right: str) -> str:
        tight = notation.level == PRODUCT and not set(" /") & {*left, *right}
        return f"{left}{notation.sign}{right}" if tight else f"{left} {notation.sign} {right}"

    def _quotient(self, x: Apply) -> Piece:
        left, right = self.write(x.inputs[0], QUOTIENT), self.write(x.inputs[1], POWER)
        tight = not set(" /") & {*left, *right}
        return Piece(f"{left}/{right}" if tight else f"{left} / {right}", QUOTIENT)

    def _prefix(self, notation: Notation, text: str) -> str:
        return notation.sign + text

    def _postfix(self, notation: Notation, text: str) -> str:
        return text + notation.sign

    def _power(self, base: Expression, exponent: Expression) -> str:
        text = self.write(base, ATOM)
        if isinstance(base, Partial):
            text = self._brackets(text)
        if isinstance(exponent, Literal) and float(exponent.value).is_integer() and abs(exponent.value) < 1000:
            return text + str(int(exponent.value)).translate(SUPERSCRIPTS)
        return f"{text}^{self.write(exponent, ATOM)}"

    def _fence(self, notation: Notation, text: str) -> str:
        half = len(notation.sign) // 2
        return notation.sign[:half] + text + notation.sign[half:]

    def _root(self, notation: Notation, x: Expression) -> Piece:
        return Piece(notation.sign + self.write(x, ATOM), POWER)

    def _cases(self, x: Apply) -> Piece:
        return Piece(f"where({', '.join(map(self.write, x.inputs))})")

    def _index(self, text: str, index: Any) -> str:
        return f"{text}[{index_text(index, self.option)}]"

    def _item(self, text: str, field: str) -> str:
        return f"{text}.{field}"

    def _sequence(self, parts: list[str]) -> str:
        return f"[{', '.join(parts)}]"

    def _call(self, x: Apply, notation: Notation, arguments: list[str], options: list[tuple[str, Any]]) -> str:
        written = [f"{name}={self.option(value)}" if name else self.option(value) for name, value in options]
        return f"{notation.sign}({', '.join([*arguments, *written])})"

    def option(self, value: Any) -> str:
        """The value of an option, as one would type it."""
        if isinstance(value, Expression):
            return self.write(value)
        if isinstance(value, tuple):
            return f"({', '.join(map(self.option, value))}{',' * (len(value) == 1)})"
        if isinstance(value, (type, np.dtype)):
            return np.dtype(value).name
        return str(value) if isinstance(value, np.generic) else repr(value)


def index_letter(index: Any) -> str:
    """An index of a folded sum: a number, `i` or `i+1`."""
    if not isinstance(index, tuple):
        return str(index)
    return f"{index[0]}{index[1]:+d}" if index[1] else str(index[0])


def index_text(index: Any, option: Any) -> str:
    """What stands in the brackets of `x[...]`."""
    if isinstance(index, tuple):
        return ", ".join(index_text(each, option) for each in index) or "()"
    if isinstance(index, slice):
        start, stop, step = ("" if each is None else str(each) for each in (index.start, index.stop, index.step))
        return f"{start}:{stop}:{step}" if step else f"{start}:{stop}"
    return "..." if index is Ellipsis else str(option(index))
