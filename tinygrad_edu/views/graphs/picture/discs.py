"""Discs: the operation that made a node, dark, on the border where its arguments come in.

A sign or a short word stands in a disc; a longer word, options and folded expressions in a pill; and where many
arguments come in, the disc is drawn out along the border, so that every line ends at it. Read `inscriptions.py` before
this file and `cards.py` after it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import sqrt

from ...drawing.letters import cut
from ...drawing.svg import Markup, joined, rect
from ...layouts.model import Rectangle
from ..abridging import abridged, fewer_options
from ..model import Node
from .inscriptions import Text
from .looks import Look

SPACING = {"blackboard": 20.0, "compact": 14.0, "shapes": 8.0}     # between lines that come in
BAR = 14.0                                          # the thickness of the bar
# Options that are not written out: what they say is seen from the shapes. An index stands in the name of the result.
TOLD = re.compile(r"(?:^|, )(?:keepdims|shape|dtype|subscripts)=(?:\([^()]*\)|[^,]*)")
OVERLAP = 16.0                                      # how far a pill lies on its card


@dataclass(frozen=True, slots=True)
class Disc:
    """The mark of an operation.

    Attributes:
        word: what stands in it; None if nothing.
        option: small letters after the word.
        width, height: of the disc or pill.
        overlap: how much of its width (in a vertical picture: of its height) lies on the card.
        bar: width and height of the bar in front of it, where many lines come in.
    """

    word: Text | None
    option: Text | None
    width: float
    height: float
    overlap: float
    bar: tuple[float, float] | None = None

    @property
    def breadth(self) -> float:
        """The height (in a vertical picture: the width) of what lines come in at, and of the disc itself."""
        return max(self.bar) if self.bar else 0.0

    def drawn(self, x: float, y: float) -> Markup:
        """It as markup, around (x, y)."""
        width, height = self.width, self.height
        disc = rect(x - width / 2, y - height / 2, width, height, rx=min(width, height) / 2, class_="disc")
        if not self.bar:
            return joined([disc, self._written(x, y)])
        across, along = self.bar
        bar = rect(x - width / 2, y - along / 2, across, along, rx=BAR / 2, class_="disc") if along > across else \
            rect(x - across / 2, y - height / 2, across, along, rx=BAR / 2, class_="disc")
        front = rect(x - width / 2, y - height / 2, width, height, rx=min(width, height) / 2, class_="disc-front")
        return joined([disc, bar, front, self._written(x, y)])

    def _written(self, x: float, y: float) -> Markup:
        if self.word is None:
            return Markup()
        base = y + {"sign": 6.5, "word": 4.5, "pill": 4.5}.get(self.word.kind, 4)
        if self.option is None:
            return self.word.drawn(x, base, "middle")
        left = x - (self.word.width + 6 + self.option.width) / 2
        return joined([self.word.drawn(left, base), self.option.drawn(left + self.word.width + 6, base)])

    def depth_at(self, along: float, is_flat: bool) -> float:
        """How far behind the disc's front a line that comes in `along` from its middle meets it."""
        front = max(self.bar) if self.bar else self.height if is_flat else self.width
        radius = BAR / 2 if self.bar else min(self.width, self.height) / 2
        beyond = min(abs(along) - (front / 2 - radius), radius)
        return radius - sqrt(radius * radius - beyond * beyond) if beyond > 0 else 0.0


def disc_of(node: Node, look: Look, lines: int) -> Disc | None:
    """The disc of a node into which `lines` lines come; None for leaves and for folded modules."""
    if node.operation is None or node.kind in ("module", "rest"):
        return None
    if look.style == "shapes":
        return Disc(_tiny(node.operation.sign), None, 20, 20, 10)
    word, option = _words(node, look)
    width, height = _size(word, option, look)
    across = (lines - 1) * SPACING[look.style] + (14 if look.style == "blackboard" else 8)
    if look.is_flat:
        bar = (BAR, across) if across > height + 4 else None
        return Disc(word, option, width, height, width / 2 if width <= 42 else OVERLAP, bar)
    bar = (across, BAR) if across > width + 4 else None
    return Disc(word, option, width, height, 12 if look.style == "blackboard" else 8, bar)


def _tiny(sign: str) -> Text | None:
    return Text(sign, "tiny") if len(sign) == 1 else None


def _words(node: Node, look: Look) -> tuple[Text, Text | None]:
    assert node.operation is not None
    if node.kind == "expression":
        kind = "pill" if look.style == "blackboard" else "tiny"
        return Text(abridged(node.expression or node.operation.sign, 24), kind), None
    sign, options = node.operation.sign, TOLD.sub("", node.operation.options)
    options = "" if options.startswith("[") else options
    kind = "tiny" if look.style == "compact" else "pill" if options else "sign" if len(sign) == 1 else "word"
    return Text(cut(sign), kind), Text(fewer_options(options, 24), "option") if options else None


def _size(word: Text, option: Text | None, look: Look) -> tuple[float, float]:
    """A small disc, a larger one, or a pill."""
    wide = word.width + (6 + option.width if option else 0)
    small, large, high = (34.0, 42.0, 30.0) if look.style == "blackboard" else (22.0, 26.0, 20.0)
    if option is None and wide <= small - 8:
        return small, small
    if option is None and wide <= large - 5:
        return large, large
    return round(wide + 24 if look.style == "blackboard" else wide + 16), high


def place(disc: Disc, card: Rectangle, look: Look) -> tuple[float, float]:
    """The middle of a disc on the incoming border of its card."""
    if look.is_flat:
        return card.x + disc.overlap - disc.width / 2, card.y + card.height / 2
    return card.x + card.width / 2, card.y + disc.overlap - disc.height / 2
