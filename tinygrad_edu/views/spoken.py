"""Formulas in words, as one reads them aloud: "g times the quantity one minus out squared".

Where others have brackets, "the quantity ... end quantity" is said; the end of the sentence ends all of them. There are
letters and digits only, so that every screen reader says the same. Read `plain_text.py` before this file.
"""

from __future__ import annotations

import unicodedata
from typing import Any

import numpy as np

from .notation import ANYTHING, ATOM, FOLD, POWER, PRODUCT, QUOTIENT, Known, Notation
from .plain_text import PlainText, digits
from .printers import Piece, Printer
from .trees import Apply, Cut, Expression, Fold, Literal, Name, Partial, Running

NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
           "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty")
END = "end quantity"
SIGNS = {"×": "by", "-": "minus", "−": "minus", "∂": "d", "·": "times", "+": "plus", "@": "matrix times", "/": "by",
         "²": "squared", "³": "cubed", "ᵀ": "transposed", "Σ": "the sum of", ":": "to", "√": "the root of"}


def said(text: str) -> str:
    """Any text in letters, digits and spaces; numbers up to twenty as words."""
    words = "".join(f" {SIGNS[each]} " if each in SIGNS else each if each.isalnum() else
                    " " for each in _apart(text))
    plain = unicodedata.normalize("NFKC", words).split()
    return " ".join(NUMBERS[int(each)] if each.isdigit() and int(each) <= 20 else each for each in plain)


def _apart(text: str) -> str:
    """Digits apart from letters: w1 is "w 1"."""
    found = ""
    for each in text:
        if found and found[-1] != " " and each.isalnum() and _is_digit(each) != _is_digit(found[-1]):
            found += " "
        found += each
    return found


def _is_digit(sign: str) -> bool:
    return unicodedata.category(sign) in ("Nd", "No")


class Words(Printer):
    """English."""

    plus = "plus "

    def sentence(self, left: str | None, right: str) -> str:
        """A line: what it defines, and what that is."""
        while right.endswith(END):
            right = right.removesuffix(END).rstrip()
        return " ".join(f"{left} equals {right}".split() if left else right.split())

    def said(self, note: str) -> str:
        """A note without signs."""
        return said(note)

    def _brackets(self, text: str) -> str:
        return f"the quantity {text} {END}"

    def _name(self, text: str) -> str:
        return said(text)

    def _number(self, value: Any) -> Piece:
        mantissa, exponent = digits(value)
        if mantissa == "nan":
            return Piece("not a number")
        whole, point, fraction = mantissa.removeprefix("-").partition(".")
        text = said(whole) + (f" point {' '.join(said(each) for each in fraction)}" if point else "")
        text = f"minus {text}" if mantissa.startswith("-") else text
        if exponent is not None:
            text += f" times ten to the power {self._number(exponent).text}"
        return Piece(text, PRODUCT if exponent is not None or value < 0 else ATOM)

    def _word(self, text: str) -> str:
        return text.lower()

    def _known(self, known: Known) -> str:
        return known.spoken

    def _array(self, value: Any) -> str:
        return f"the array {' '.join(self.write(Literal(each)) for each in value.flat)}" + (
            f" of {said(PlainText().option(value.shape))}" if value.ndim > 1 else "")

    def _signature(self, function: str, parameters: list[str]) -> str:
        return f"{self._name(function)} of {' and '.join(parameters)}"

    def _partial(self, x: Partial) -> Piece:
        return Piece(f"d {self._name(x.of)} by d {self.write(x.by, ATOM)}")

    def _cut(self, x: Cut) -> str:
        return "something"

    def _running(self, x: Running) -> str:
        return f"{self._name(x.stem)} {' '.join(map(self._moving, x.indices))}"

    def _moving(self, index: Any) -> str:
        if not isinstance(index, tuple):
            return said(str(index))
        letter, offset = index
        return letter if not offset else f"{letter} {'plus' if offset > 0 else 'minus'} {said(str(abs(offset)))}"

    def _total(self, terms: list[tuple[bool, Expression]]) -> str:
        words: list[str] = []
        for minus, term in terms:
            written = self.write(term, FOLD)
            words.append(f"minus {written}" if minus else f"plus {written}" if words else written)
        return " ".join(words)

    def _fold(self, x: Fold) -> str:
        return (f"the sum over {x.letter} from {said(str(x.first))} to {said(str(x.last))} of "
                f"{self.write(x.body, QUOTIENT)}")

    def _infix(self, x: Apply, notation: Notation, left: str, right: str) -> str:
        return f"{left} {notation.spoken} {right}"

    def _quotient(self, x: Apply) -> Piece:
        return Piece(f"{self.write(x.inputs[0], QUOTIENT)} divided by {self.write(x.inputs[1], POWER)}", QUOTIENT)

    def _prefix(self, notation: Notation, text: str) -> str:
        return f"{notation.spoken} {text}"

    def _postfix(self, notation: Notation, text: str) -> str:
        return f"{text} {notation.spoken}"

    def _power(self, base: Expression, exponent: Expression) -> str:
        text = self.write(base, ATOM)
        known = {2: "squared", 3: "cubed"}.get(exponent.value) if isinstance(exponent, Literal) else None
        return f"{text} {known}" if known else f"{text} to the power {self.write(exponent, ATOM)}"

    def _fence(self, notation: Notation, text: str) -> str:
        return self._of(notation, text)

    def _of(self, notation: Notation, text: str) -> str:
        """A function of something; of more than a word with its end."""
        return f"{notation.spoken} {text}" if " " not in text else f"{notation.spoken} {self._brackets(text)}"

    def _root(self, notation: Notation, x: Expression) -> Piece:
        return Piece(self._of(notation, self.write(x)), ATOM)

    def _cases(self, x: Apply) -> Piece:
        condition, first, second = map(self.write, x.inputs)
        return Piece(f"{first} where {condition} and otherwise {second}", ANYTHING + 1)

    def _index(self, text: str, index: Any) -> str:
        return f"{text} at {self._place(index)}"

    def _place(self, index: Any) -> str:
        if isinstance(index, tuple):
            return " and ".join(map(self._place, index))
        if isinstance(index, slice):
            if index == slice(None):
                return "all"
            start, stop = ("" if each is None else said(str(each)) for each in (index.start, index.stop))
            step = f"step {said(str(index.step))}" if index.step is not None else ""
            return " ".join(f"{start or 'start'} to {stop or 'end'} {step}".split())
        return "the rest" if index is Ellipsis else "new axis" if index is None else self.option(index)

    def _item(self, text: str, field: str) -> str:
        return f"the {said(field)} of {text}"

    def _sequence(self, parts: list[str]) -> str:
        return " and ".join(parts)

    def _call(self, x: Apply, notation: Notation, arguments: list[str], options: list[tuple[str, Any]]) -> str:
        axis = next((self.option(value) for name, value in options if name == "axis"), None)
        head = notation.spoken if axis is None else f"{notation.spoken.removesuffix(' of')} along axis {axis} of"
        written = [f"{said(name)} {self.option(value)}" if name else self.option(value)
                   for name, value in options if name not in ("keepdims", "axis")]
        return f"{head} {' and '.join(arguments)}{' with ' if written else ''}{' and '.join(written)}"

    def _argument(self, x: Expression) -> str:
        text = self.write(x)
        return text if " " not in text or isinstance(x, (Name, Partial, Running, Literal)) else self._brackets(text)

    def _new_axis(self, x: Apply) -> Piece:
        return Piece(f"{self.write(x.inputs[0], ATOM)} with a new axis {self.option(x.options['axis'])}", POWER)

    def option(self, value: Any) -> str:
        """The value of an option."""
        if isinstance(value, Expression):
            return self.write(value)
        if isinstance(value, tuple):
            return " and ".join(map(self.option, value)) or "none"
        if isinstance(value, (bool, np.bool_)) or value is None:
            return str(value).lower()
        if isinstance(value, (int, float, np.generic)):
            return self._number(value).text
        return said(PlainText().option(value))
