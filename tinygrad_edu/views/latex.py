"""Formulas as LaTeX, for notebooks and papers.

Names of one letter are italic, longer ones upright; numbers at the end of a name are indices. Fractions and roots are
drawn, so they need fewer brackets than text does. Read `plain_text.py` before this file.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from .folding import numbered
from .notation import ANYTHING, ATOM, FOLD, GREEK, POWER, PRODUCT, QUOTIENT, Known, Notation
from .plain_text import digits, index_letter, index_text
from .printers import Piece, Printer
from .trees import Apply, Cut, Expression, Fold, Literal, Partial, Running

SPECIAL = str.maketrans({"\\": r"\backslash ", "{": r"\{", "}": r"\}", "_": r"\_", "^": r"\hat{}", "$": r"\$",
                         "%": r"\%", "#": r"\#", "&": r"\&", "~": r"\sim ", " ": r"\ "})

SPECIAL_IN_TEXT = str.maketrans({"\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "_": r"\_", "^": r"\^{}",
                                 "$": r"\$", "%": r"\%", "#": r"\#", "&": r"\&", "~": r"\~{}", "∂": r"$\partial$",
                                 "·": r"$\cdot$", "−": "-", "×": r"$\times$", "∞": r"$\infty$"})


def identifier(text: str) -> str:
    """A name in LaTeX: `w1` gets an index, `alpha` is the Greek letter, `loss` is upright."""
    parts = numbered(text)
    if parts is not None:
        return f"{identifier(parts[0])}_{{{','.join(map(str, parts[1]))}}}"
    head, bracket, index = text.partition("[")
    if bracket:
        below = rf"\mathrm{{{index.rstrip(']').translate(SPECIAL)}}}"
        return f"{identifier(head)}_{{{below}}}"
    stem, _, below = text.rpartition("_")
    if len(stem) == 1 and below:
        return f"{identifier(stem)}_{{{identifier(below)}}}"
    if text in GREEK:
        return f"\\{text}"
    return text if len(text) == 1 and text.isalpha() else rf"\mathrm{{{text.translate(SPECIAL)}}}"


def in_text(note: str) -> str:
    r"""A sentence for \text{...}, with its names as mathematics: c₁ is $c_{1}$ there, too."""
    parts = re.split(r"([^\W\d_]+[₀-₉]+)", note)
    return "".join(f"${identifier(each)}$" if i % 2 else each.translate(SPECIAL_IN_TEXT)
                   for i, each in enumerate(parts))


class LaTeX(Printer):
    """LaTeX as MathJax and KaTeX read it."""

    def _brackets(self, text: str) -> str:
        return rf"\left({text}\right)"

    def _name(self, text: str) -> str:
        return identifier(text)

    def _number(self, value: Any) -> Piece:
        mantissa, exponent = digits(value)
        mantissa = mantissa.replace("nan", r"\mathrm{NaN}")
        text = mantissa if exponent is None else rf"{mantissa} \times 10^{{{exponent}}}"
        return Piece(text, PRODUCT if exponent is not None or value < 0 else ATOM)

    def _word(self, text: str) -> str:
        return rf"\mathrm{{{text}}}"

    def _known(self, known: Known) -> str:
        return known.latex

    def _array(self, value: Any) -> str:
        if value.ndim == 0:
            return self.write(Literal(value[()]))
        if value.ndim > 2:
            return rf"\left[{', '.join(map(self._array, value))}\right]"
        rows = value if value.ndim == 2 else value[None]
        inside = r" \\ ".join(" & ".join(map(self._array, row)) for row in rows)
        return rf"\begin{{bmatrix}} {inside} \end{{bmatrix}}"

    def _signature(self, function: str, parameters: list[str]) -> str:
        return rf"{self._name(function)}({', '.join(parameters)})"

    def _partial(self, x: Partial) -> Piece:
        return Piece(rf"\frac{{\partial {self._name(x.of)}}}{{\partial {self.write(x.by, ATOM)}}}")

    def _cut(self, x: Cut) -> str:
        return r"\ldots"

    def _running(self, x: Running) -> str:
        return f"{self._name(x.stem)}_{{{','.join(map(index_letter, x.indices))}}}"

    def _total(self, terms: list[tuple[bool, Expression]]) -> str:
        text = ""
        for minus, term in terms:
            written = self.write(term, FOLD)
            text += ("-" if minus else "") + written if not text else f" {'-' if minus else '+'} {written}"
        return text

    def _fold(self, x: Fold) -> str:
        return rf"\sum_{{{x.letter}={x.first}}}^{{{x.last}}} {self.write(x.body, QUOTIENT)}"

    def _infix(self, x: Apply, notation: Notation, left: str, right: str) -> str:
        of_arrays = notation.level == PRODUCT and all(np.shape(getattr(each, "_value", each)) for each in x.node.inputs)
        sign = r"\odot" if of_arrays else notation.latex
        return f"{left} {sign} {right}"

    def _quotient(self, x: Apply) -> Piece:
        return Piece(rf"\frac{{{self.write(x.inputs[0])}}}{{{self.write(x.inputs[1])}}}", POWER)

    def _prefix(self, notation: Notation, text: str) -> str:
        return notation.latex + text

    def _postfix(self, notation: Notation, text: str) -> str:
        return text + notation.latex

    def _power(self, base: Expression, exponent: Expression) -> str:
        text = self.write(base, ATOM)
        if isinstance(base, Partial):
            text = self._brackets(text)
        return f"{text}^{{{self.write(exponent)}}}"

    def _fence(self, notation: Notation, text: str) -> str:
        opening, closing = notation.latex.split(r"\right")
        return rf"{opening} {text} \right{closing}"

    def _root(self, notation: Notation, x: Expression) -> Piece:
        return Piece(f"{notation.latex}{{{self.write(x)}}}", POWER)

    def _cases(self, x: Apply) -> Piece:
        condition, first, second = map(self.write, x.inputs)
        rows = rf"{first} & \text{{where }} {condition} \\ {second} & \text{{else}}"
        return Piece(rf"\begin{{cases}} {rows} \end{{cases}}", ANYTHING + 1)

    def _index(self, text: str, index: Any) -> str:
        inside = text if text.isalpha() or text.startswith(r"\left(") else self._brackets(text)
        return f"{inside}_{{{index_text(index, self.option)}}}"

    def _item(self, text: str, field: str) -> str:
        return rf"{text}.\mathrm{{{field.translate(SPECIAL)}}}"

    def _sequence(self, parts: list[str]) -> str:
        return rf"\left[{', '.join(parts)}\right]"

    def _call(self, x: Apply, notation: Notation, arguments: list[str], options: list[tuple[str, Any]]) -> str:
        axis = next((self.option(value) for name, value in options if name == "axis"), "")
        below = rf"_{{\mathrm{{axis}}\,{axis}}}" if axis else ""
        written = [rf"\mathrm{{{name.translate(SPECIAL)}}}={self.option(value)}" if name else self.option(value)
                   for name, value in options if name not in ("axis", "keepdims")]
        return f"{notation.latex}{below}{self._brackets(', '.join([*arguments, *written]))}"

    def option(self, value: Any) -> str:
        """The value of an option."""
        if isinstance(value, Expression):
            return self.write(value)
        if isinstance(value, tuple):
            return rf"({', '.join(map(self.option, value))}{',' * (len(value) == 1)})"
        if isinstance(value, (type, np.dtype)):
            return rf"\mathrm{{{np.dtype(value).name}}}"
        if isinstance(value, (bool, int, float, np.generic)) or value is None:
            return re.sub(r"([A-Za-z]+)", r"\\mathrm{\1}", str(value))
        return rf"\texttt{{{str(value).translate(SPECIAL)}}}"
