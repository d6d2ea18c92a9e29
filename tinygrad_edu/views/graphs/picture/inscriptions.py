"""Inscriptions: the words and numbers of a picture, measured before they are drawn.

    Text        letters of one kind (KINDS says its size and font): their width, and their markup
    Badge       a number that is none, in yellow with a black edge: NaN, infinities
    Struck      the text of a number that is out of date
    inscribed   what a value is written as: a Text, or a Badge
    summary     of an array: all of its numbers if they are few, else the smallest and the largest

In mathematics variables are italic; functions, numbers and signs are upright. Read `looks.py` before this file and
`faces.py` after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from ...drawing.letters import width
from ...drawing.numbers import count, number, number_range
from ...drawing.svg import ROLES, Anchor, Markup, Role, element, joined, math, rect
from ..model import Value
from .looks import is_troubled

# Kinds of text that only graphs have, beside those of all pictures.
KINDS: dict[str, Role] = ROLES | {
    "line-name": Role("math", 14), "line-number": Role("bold", 13),         # name = value
    "small": Role("bold", 11), "notice": Role("bold", 11),                  # numbers; on yellow
    "pill": Role("bold", 12.5), "option": Role("ui", 11), "tiny": Role("bold", 11),     # on discs
}


@lru_cache(maxsize=65536)
def _width(said: str, kind: str) -> float:
    return width(said, KINDS[kind].size, KINDS[kind].font)


@dataclass(frozen=True, slots=True)
class Text:
    """Letters in one line, of one kind; `looks` are further class names ("data-value")."""

    said: str
    kind: str
    looks: str = ""

    @property
    def width(self) -> float:
        """How wide it is in the widest font of its stack, in pixels."""
        return _width(self.said, self.kind)

    def drawn(self, x: float, y: float, anchor: Anchor = "start") -> Markup:
        """It as markup; y is its base line, x its start, middle or end."""
        classes = self.classes + {"start": "", "middle": " mid", "end": " end"}[anchor]
        return element("text", self.words, x=x, y=y, class_=classes)

    @property
    def classes(self) -> str:
        """Its class names: its kind first."""
        return f"{self.kind} {self.looks}".rstrip()

    @property
    def words(self) -> str | Markup:
        """What stands in the element."""
        return math(self.said) if KINDS[self.kind].font == "math" else self.said


@dataclass(frozen=True, slots=True)
class Badge:
    """What must not be overlooked: yellow, with a black edge, two exclamation marks and a word."""

    said: str
    looks: str = ""

    @property
    def text(self) -> Text:
        """The words in it."""
        return Text(f"!! {self.said}", "notice", self.looks)

    @property
    def width(self) -> float:
        """How wide it is, edge included."""
        return self.text.width + 10

    def drawn(self, x: float, y: float, anchor: Anchor = "start") -> Markup:
        """It as markup; y is the base line of the words, x its start, middle or end."""
        left = x - {"start": 0.0, "middle": self.width / 2, "end": self.width}[anchor]
        return joined([rect(left, y - 12, self.width, 16, rx=4, class_="badge"),
                       self.text.drawn(left + self.width / 2, y, "middle")])


Inscription = Text | Badge


def inscribed(value: Value, kind: str, looks: str) -> Inscription:
    """What a single number is written as."""
    if is_troubled(value):
        return Badge(number(value.elements[0] if value.elements else float("nan")), looks)
    return Text(number(value.elements[0]) if value.elements else "–", kind, looks)


def summary(value: Value, looks: str, most: float = 150) -> Inscription:
    """What stands above a strip: the numbers if they are few, else their range; NaN and infinities in a badge."""
    if is_troubled(value):
        parts = [f"{count(n)} {word}" for n, word in ((value.nans, "NaN"), (value.infinities, "∞")) if n]
        return Badge(", ".join(parts), looks)
    if value.size == 0:
        return Text("empty", "label", looks)
    if value.elements is not None and value.size <= 6:
        written = Text(_in_full(value.elements, value.shape), "label", looks)
        if written.width <= most:
            return written
    if value.dtype == "bool":
        return Text(f"{count(value.size - value.zeros)} of {count(value.size)} True", "label", looks)
    if value.minimum is None or value.maximum is None:
        return Text("–", "label", looks)
    if value.minimum == value.maximum:
        return Text(number(value.minimum), "label", looks)
    return Text(number_range(value.minimum, value.maximum), "label", looks)


def _in_full(elements: tuple[float, ...], shape: tuple[int, ...]) -> str:
    length = shape[-1]
    rows = [", ".join(map(number, elements[i:i + length])) for i in range(0, len(elements), length)]
    return "; ".join(rows)
