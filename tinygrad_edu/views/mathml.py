"""Formulas as presentation MathML, which browsers draw without help and screen readers understand.

Read `latex.py` before this file: what it says in LaTeX, this one says in elements.
"""

from __future__ import annotations

from html import escape
from typing import Any

from .folding import numbered
from .notation import ANYTHING, ATOM, FOLD, POWER, PRODUCT, QUOTIENT, Known, Notation
from .plain_text import digits, index_letter, index_text
from .printers import Piece, Printer
from .trees import Apply, Cut, Expression, Fold, Literal, Partial, Running


def row(*parts: str) -> str:
    """Parts beside each other, as one."""
    return parts[0] if len(parts) == 1 else f"<mrow>{''.join(parts)}</mrow>"


def sign(text: str) -> str:
    """An operator."""
    return f"<mo>{escape(text)}</mo>"


def text(words: str) -> str:
    """Words, upright."""
    return f"<mtext>{escape(words)}</mtext>"


def joined(parts: list[str]) -> str:
    """Parts with commas between them."""
    return sign(",").join(parts)


class MathML(Printer):
    """Elements of MathML."""

    plus = sign("+")

    def document(self, lines: list[tuple[str | None, str]], notes: tuple[str, ...] = ()) -> str:
        """The lines as one element `<math>`, aligned at their equals signs if there are several."""
        rows = [*lines, *((None, text(note)) for note in notes)]
        if len(rows) == 1:
            left, right = rows[0]
            body = row(left, sign("="), right) if left else right
        else:
            cells = [f"<mtr><mtd style='text-align:right'>{left or ''}</mtd>"
                     f"<mtd style='text-align:left'>{row(sign('='), right) if left else right}</mtd></mtr>"
                     for left, right in rows]
            body = f"<mtable>{''.join(cells)}</mtable>"
        return f'<math xmlns="http://www.w3.org/1998/Math/MathML" display="block">{body}</math>'

    def _brackets(self, text: str) -> str:
        return row(sign("("), text, sign(")"))

    def _name(self, text: str) -> str:
        parts = numbered(text)
        if parts is not None:
            return f"<msub>{self._name(parts[0])}<mn>{','.join(map(str, parts[1]))}</mn></msub>"
        return f"<mi>{escape(text)}</mi>"

    def _number(self, value: Any) -> Piece:
        mantissa, exponent = digits(value)
        negative, mantissa = mantissa.startswith("-"), mantissa.removeprefix("-").replace("nan", "NaN")
        parts = [sign("−")] * negative + [f"<mn>{mantissa}</mn>"]
        if exponent is not None:
            parts += [sign("×"), f"<msup><mn>10</mn><mn>{str(exponent).replace('-', '−')}</mn></msup>"]
        return Piece(row(*parts), PRODUCT if len(parts) > 1 else ATOM)

    def _word(self, text: str) -> str:
        return f"<mi>{text}</mi>"

    def _known(self, known: Known) -> str:
        return f"<mn>{escape(known.sign)}</mn>"

    def _array(self, value: Any) -> str:
        if value.ndim == 0:
            return self.write(Literal(value[()]))
        if value.ndim > 2:
            return self._sequence(list(map(self._array, value)))
        rows = value if value.ndim == 2 else value[None]
        cells = "".join(f"<mtr>{''.join(f'<mtd>{self._array(x)}</mtd>' for x in each)}</mtr>" for each in rows)
        return row(sign("["), f"<mtable>{cells}</mtable>", sign("]"))

    def _signature(self, function: str, parameters: list[str]) -> str:
        return row(self._name(function), sign("("), joined(parameters), sign(")"))

    def _partial(self, x: Partial) -> Piece:
        above, below = row(sign("∂"), self._name(x.of)), row(sign("∂"), self.write(x.by, ATOM))
        return Piece(f"<mfrac>{above}{below}</mfrac>")

    def _cut(self, x: Cut) -> str:
        return sign("…")

    def _running(self, x: Running) -> str:
        indices = [f"<mi>{escape(index_letter(each))}</mi>" for each in x.indices]
        return f"<msub>{self._name(x.stem)}{row(joined(indices))}</msub>"

    def _total(self, terms: list[tuple[bool, Expression]]) -> str:
        parts: list[str] = []
        for minus, term in terms:
            parts += [sign("−" if minus else "+")] * bool(parts or minus) + [self.write(term, FOLD)]
        return row(*parts)

    def _fold(self, x: Fold) -> str:
        below = row(f"<mi>{x.letter}</mi>", sign("="), f"<mn>{x.first}</mn>")
        return row(f"<munderover>{sign('∑')}{below}<mn>{x.last}</mn></munderover>", self.write(x.body, QUOTIENT))

    def _infix(self, x: Apply, notation: Notation, left: str, right: str) -> str:
        return row(left, sign(notation.sign), right)

    def _quotient(self, x: Apply) -> Piece:
        return Piece(f"<mfrac>{row(self.write(x.inputs[0]))}{row(self.write(x.inputs[1]))}</mfrac>", POWER)

    def _prefix(self, notation: Notation, text: str) -> str:
        return row(sign(notation.sign), text)

    def _postfix(self, notation: Notation, text: str) -> str:
        return f"<msup>{text}{sign('⊤' if notation.sign == 'ᵀ' else notation.sign)}</msup>"

    def _power(self, base: Expression, exponent: Expression) -> str:
        text = self.write(base, ATOM)
        text = self._brackets(text) if isinstance(base, Partial) else text
        return f"<msup>{text}{self.write(exponent)}</msup>"

    def _fence(self, notation: Notation, text: str) -> str:
        half = len(notation.sign) // 2
        return row(sign(notation.sign[:half]), text, sign(notation.sign[half:]))

    def _root(self, notation: Notation, x: Expression) -> Piece:
        inside = self.write(x)
        is_cube = notation.sign == "∛"
        return Piece(f"<mroot>{inside}<mn>3</mn></mroot>" if is_cube else f"<msqrt>{inside}</msqrt>", POWER)

    def _cases(self, x: Apply) -> Piece:
        condition, first, second = map(self.write, x.inputs)
        rows = [(first, row(text("where "), condition)), (second, text("else"))]
        cells = "".join(f"<mtr><mtd>{a}</mtd><mtd>{b}</mtd></mtr>" for a, b in rows)
        return Piece(row(sign("{"), f"<mtable>{cells}</mtable>"), ANYTHING + 1)

    def _index(self, text: str, index: Any) -> str:
        return f"<msub>{text}<mtext>{index_text(index, self._plain)}</mtext></msub>"

    def _plain(self, value: Any) -> str:
        """An option as text within an element."""
        from .plain_text import PlainText
        return escape(PlainText().option(value))

    def _item(self, text: str, field: str) -> str:
        return row(text, sign("."), f"<mi>{escape(field)}</mi>")

    def _sequence(self, parts: list[str]) -> str:
        return row(sign("["), joined(parts), sign("]"))

    def _call(self, x: Apply, notation: Notation, arguments: list[str], options: list[tuple[str, Any]]) -> str:
        shown = [(name, value) for name, value in options if name not in ("axis", "keepdims")]
        written = [row(f"<mi>{escape(name)}</mi>", sign("="), self.option(value)) if name else self.option(value)
                   for name, value in shown]
        head = f"<mi>{escape(notation.sign)}</mi>"
        axis = next((value for name, value in options if name == "axis"), None)
        if axis is not None:
            head = f"<msub>{head}<mtext>axis {self._plain(axis)}</mtext></msub>"
        return row(head, sign("\u2061"), sign("("), joined([*arguments, *written]), sign(")"))

    def option(self, value: Any) -> str:
        """The value of an option."""
        return self.write(value) if isinstance(value, Expression) else text(self._plain(value).replace("&#x27;", "'"))

