"""Faces: the rows of a card, from top to bottom.

    Heading         the name in a strip of the role's colour; at the right the shape
    Cells           data and grad side by side: numbers
    Strip           data or grad of an array: its range above, a bar for each element below
    Words           a line in small letters
    Line            name = value, all of a compact card
    FoldedHeading   of a folded module: its name, what it is, how much is in it
    Corner          what is out of date, in yellow

A row knows its height and the width that it needs; a card puts rows of one width below each other. Read
`inscriptions.py` before this file and `cards.py` after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ...drawing.strips import strip
from ...drawing.svg import Markup, element, joined, path
from ..model import Value
from .inscriptions import Badge, Inscription, Text

CELL, STRIP_WIDTH = 62.0, 132.0                     # the least width of a cell and of a strip
USUAL = 12.0                                        # the left margin of a card without disc, side bar or notch


class Row(Protocol):
    """What a card is made of."""

    @property
    def height(self) -> float:
        """How high it is."""

    @property
    def width(self) -> float:
        """How much room it needs between the card's margins."""

    def drawn(self, left: float, top: float, right: float) -> Markup:
        """It as markup, between two margins."""


@dataclass(frozen=True, slots=True)
class Heading:
    """The name; in the middle, or at the left with something at the right. `lower` moves it below a disc."""

    name: Text
    beside: Text | None = None
    lower: float = 0.0

    @property
    def height(self) -> float:
        """26, and more below a disc."""
        return 26 + self.lower

    @property
    def width(self) -> float:
        """Of both texts."""
        return self.name.width + (self.beside.width + 16 if self.beside else 0)

    def drawn(self, left: float, top: float, right: float) -> Markup:
        """The texts; the card draws the strip behind them."""
        line = top + self.lower + 19
        if self.beside is None:
            return self.name.drawn((left + right) / 2, line, "middle")
        return joined([self.name.drawn(left, line), self.beside.drawn(right, line - 0.5, "end")])


@dataclass(frozen=True, slots=True)
class Cell:
    """A small label, and a number (or words in two lines) below it."""

    label: str
    content: Inscription
    second: Text | None = None
    is_struck: bool = False

    @property
    def width(self) -> float:
        """With the room at both sides."""
        texts = (self.content, self.second, Text(self.label, "label"))
        return max(CELL, max(text.width for text in texts if text) + 18)

    def drawn(self, x: float, top: float) -> Markup:
        """It as markup, around x."""
        if self.second is not None:
            return joined([self.content.drawn(x, top + 18, "middle"), self.second.drawn(x, top + 31, "middle")])
        return joined([Text(self.label, "label").drawn(x, top + 12.5, "middle"),
                       self.content.drawn(x, top + 30, "middle"),
                       _struck(x, top + 24.5, self.content.width) if self.is_struck else ""])


def _struck(x: float, y: float, width: float) -> Markup:
    return path(f"M{x - width / 2 - 3:.1f} {y:.1f}H{x + width / 2 + 3:.1f}", class_="struck")


@dataclass(frozen=True, slots=True)
class Cells:
    """Cells side by side, with a thin line between them."""

    cells: tuple[Cell, ...]

    @property
    def height(self) -> float:
        """Of a label and a number."""
        return 40

    @property
    def width(self) -> float:
        """Of all cells."""
        return sum(cell.width for cell in self.cells) - 8

    def drawn(self, left: float, top: float, right: float) -> Markup:
        """Each cell has its width and an equal part of what is left over."""
        left, right = left - 6 if left > USUAL else 0.0, right + 10             # cells reach to the edge
        more = (right - left - sum(cell.width for cell in self.cells)) / len(self.cells)
        drawn, x = [], left
        for cell in self.cells:
            drawn.append(cell.drawn(x + (cell.width + more) / 2, top))
            x += cell.width + more
            if cell is not self.cells[-1]:
                drawn.append(path(f"M{x:.1f} {top:g}v{self.height:g}", class_="rule"))
        return joined(drawn)


@dataclass(frozen=True, slots=True)
class Strip:
    """The numbers of an array as bars, below a label and their range; `more` is a line below the bars."""

    label: str
    summary: Inscription
    value: Value
    more: Text | None = None
    is_struck: bool = False

    @property
    def height(self) -> float:
        """Of the label, the bars, and the line below them."""
        return 40 + (14 if self.more else 0)

    @property
    def width(self) -> float:
        """Of the widest of the three."""
        texts = Text(self.label, "label").width + 12 + self.summary.width
        return max(STRIP_WIDTH, texts, self.more.width if self.more else 0)

    def drawn(self, left: float, top: float, right: float) -> Markup:
        """It as markup."""
        struck = _struck(right - self.summary.width / 2, top + 10, self.summary.width) if self.is_struck else ""
        return joined([Text(self.label, "label").drawn(left, top + 13.5),
                       self.summary.drawn(right, top + 13.5, "end"), struck,
                       strip(self.value, left, top + 18, right - left, 16),
                       self.more.drawn(left, top + 48) if self.more else ""])


@dataclass(frozen=True, slots=True)
class Words:
    """A line in small letters; with a label at the left, the words stand at the right."""

    words: Inscription
    label: str = ""

    @property
    def height(self) -> float:
        """Of one line."""
        return 20

    @property
    def width(self) -> float:
        """Of the label and the words."""
        return self.words.width + (Text(self.label, "label").width + 12 if self.label else 0)

    def drawn(self, left: float, top: float, right: float) -> Markup:
        """It as markup."""
        if self.label:
            return joined([Text(self.label, "label").drawn(left, top + 14), self.words.drawn(right, top + 14, "end")])
        return self.words.drawn(left, top + 14)


@dataclass(frozen=True, slots=True)
class Line:
    """All of a compact card: a name, and what it is equal to."""

    pieces: tuple[Inscription, ...]

    @property
    def height(self) -> float:
        """28: a line with room around it."""
        return 28

    @property
    def width(self) -> float:
        """Of all pieces, and 5 pixels between them."""
        return sum(piece.width for piece in self.pieces) + 5 * (len(self.pieces) - 1)

    def drawn(self, left: float, top: float, right: float) -> Markup:
        """In the middle: one text, so that it is spaced as its letters are; badges after it."""
        texts = [piece for piece in self.pieces if isinstance(piece, Text)]
        badges = [piece for piece in self.pieces if isinstance(piece, Badge)]
        beside = sum(badge.width + 5 for badge in badges)
        words: list[str | Markup] = []
        for text in texts:
            words += [" "] if words else []
            words.append(element("tspan", text.words, class_=text.classes))
        middle = (left + right - beside) / 2
        drawn = [element("text", *words, x=middle, y=top + 19, class_="mid")]
        x = right
        for badge in badges:
            drawn.append(badge.drawn(x, top + 19, "end"))
            x -= badge.width + 5
        return joined(drawn)


@dataclass(frozen=True, slots=True)
class FoldedHeading:
    """Of a folded module: name and what is in it, above what it is and its parameters."""

    name: Text
    folded: Text
    kind: Text
    parameters: Text

    @property
    def height(self) -> float:
        """Of two lines."""
        return 48

    @property
    def width(self) -> float:
        """Of the wider line."""
        return max(self.name.width + 20 + self.folded.width, self.kind.width + 20 + self.parameters.width)

    def drawn(self, left: float, top: float, right: float) -> Markup:
        """It as markup."""
        first = joined([self.name.drawn(left, top + 20), self.folded.drawn(right, top + 20, "end")])
        if not self.kind.said:
            return joined([first, self.parameters.drawn(left, top + 38)])
        return joined([first, self.kind.drawn(left, top + 39), self.parameters.drawn(right, top + 39, "end")])


@dataclass(frozen=True, slots=True)
class Corner:
    """What is wrong with the numbers above: at the right, in yellow."""

    badge: Badge

    @property
    def height(self) -> float:
        """Of the badge, with room around it."""
        return 22

    @property
    def width(self) -> float:
        """Of the badge."""
        return self.badge.width

    def drawn(self, left: float, top: float, right: float) -> Markup:
        """It as markup."""
        return self.badge.drawn(right, top + 15, "end")
