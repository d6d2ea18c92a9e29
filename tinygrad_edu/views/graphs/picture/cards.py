"""Cards: what a node looks like, measured before it is placed, and then drawn.

    card_of     the card of a node: rows of text and strips in the outline of its kind, a disc on the border
    Card        its size, and its markup

A card is measured at the origin; a layout says where it goes. Where the picture has too many nodes for words, the card
is a small shape. Read `outlines.py`, `contents.py` and `discs.py` before this file and `gates.py` after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...drawing.svg import Markup, circle, group, joined, path
from ...layouts.model import Rectangle
from ..model import Module, Node
from .contents import rows_of
from .discs import SPACING, Disc, disc_of, place
from .faces import Heading, Row
from .looks import Look
from .outlines import TURNED, band, knob, notch, outline

LEAVING = {"blackboard": 17.0, "compact": 11.0, "shapes": 0.0}     # at least, between lines that leave
MOST_LEAVING = 16                                   # so many find room; more lie closer
RING, STACK = 4.0, 8.0                              # what is drawn around the root, and behind a folded module


@dataclass(frozen=True, slots=True)
class Card:
    """A node's picture.

    Attributes:
        node: what it shows.
        rows: from top to bottom.
        margins: at the left and at the right of the text.
        disc: its operation, if it has one.
        spot: the middle of the disc.
        body: the outlined card, within (0, 0, width, height); without area if there is only a disc.
        width, height: of all that is drawn.
    """

    node: Node
    rows: tuple[Row, ...]
    margins: tuple[float, float]
    disc: Disc | None
    spot: tuple[float, float]
    body: Rectangle
    width: float
    height: float

    def drawn(self) -> Markup:
        """It as markup, at the origin."""
        pieces = [*self._outlined(), *self._filled()] if self.body.width else []
        if pieces and (self.body.x or self.body.y):
            pieces = [group(*pieces, transform=f"translate({self.body.x:g} {self.body.y:g})")]
        return joined([*pieces, *self._disc()])

    def _outlined(self) -> Iterator[Markup]:
        """What is behind the card, the card, the strip of its heading, and its side bar."""
        kind, (_, _, width, height) = self.node.kind, self.body
        around = outline(kind, width, height)
        for away in (STACK, STACK / 2) if kind == "module" else ():
            yield path(around, class_="stack", transform=f"translate({away:g} {-away:g})")
        if self.node.is_root:
            ring = outline(kind, width + 2 * RING, height + 2 * RING)
            yield path(ring, class_="ring", transform=f"translate({-RING:g} {-RING:g})")
        yield path(around, class_="face")
        if self.rows and isinstance(self.rows[0], Heading):
            yield path(band(kind, width, height, self.rows[0].height), class_="strip")
        yield path(around, class_="card")
        if kind in TURNED:
            yield knob(height, min(13.0, height / 2))

    def _filled(self) -> Iterator[Markup]:
        """The rows, with thin lines between them."""
        (left, right), spare = self.margins, self.body.height - sum(row.height for row in self.rows)
        first = {"input": notch(self.body.height)}.get(self.node.kind, 6.0 if self.node.kind in TURNED else 1.0)
        top = spare / 2 if len(self.rows) == 1 else 0.0
        for k, row in enumerate(self.rows):
            if k:
                yield path(f"M{first:g} {top:g}H{self.body.width - 1:g}", class_="rule")
            top += spare / 2 if k == 1 else 0.0         # what is below the heading stands in the middle
            yield row.drawn(left, top, self.body.width - right)
            top += row.height

    def _disc(self) -> Iterator[Markup]:
        if self.disc is None:
            return
        if self.node.is_root and not self.body.width:
            yield circle(*self.spot, 13, class_="ring")
        yield self.disc.drawn(*self.spot)


def card_of(node: Node, look: Look, lines: tuple[int, int], module: Module | None = None) -> Card:
    """The card of a node.

    Args:
        node: what it shows.
        look: the settings of the picture.
        lines: how many lines come into it, and how many leave it.
        module: of a folded module, what is known about it; of another node, the module around it.
    """
    disc = disc_of(node, look, lines[0])
    if look.style == "shapes" and node.kind not in ("module", "rest"):
        return _shape(node, disc)
    lower = disc.overlap - 4 if disc and not look.is_flat and look.style == "blackboard" else 0.0
    rows = rows_of(node, look, module, lower)
    margins = _margins(node, disc if look.is_flat else None, look)
    width = max(row.width for row in rows) + sum(margins)
    height = sum(row.height for row in rows)
    across = _needed(node, look, lines)
    width, height = (width, max(height, across)) if look.is_flat else (max(width, across), height)
    return _assembled(node, look, rows, margins, disc, 2 * round(width / 2 + 0.5), height)


def _needed(node: Node, look: Look, lines: tuple[int, int]) -> float:
    """How long the sides of a card must be for the lines that end and begin at it."""
    coming = lines[0] * SPACING[look.style] if node.kind in ("module", "rest") else 0.0
    apart = LEAVING[look.style] if look.gradients else LEAVING[look.style] / 2
    return max(coming, min(lines[1], MOST_LEAVING) * apart + 4)


def _margins(node: Node, disc: Disc | None, look: Look) -> tuple[float, float]:
    """Room for the disc, the side bar or the notch, and 10 pixels at the right."""
    left = {"input": 16.0, "parameter": 13.0, "variable": 13.0}.get(node.kind, 12.0)
    right = 10.0
    if look.style == "compact":
        left, right = left - 2, right - 2
    return (max(left, disc.overlap + 7) if disc else left), right


def _assembled(node: Node, look: Look, rows: tuple[Row, ...], margins: tuple[float, float], disc: Disc | None,
               width: float, height: float) -> Card:
    """Card and disc together: what comes in is met at the left (or on top), in the middle of the whole."""
    ring = RING if node.is_root else 0.0
    stack = STACK if node.kind == "module" else 0.0
    side = 4.0 if node.kind in TURNED else 0.0       # half of the knob
    outside, more = _overhang(disc, width, height, look) if disc else (0.0, 0.0)
    if look.is_flat:
        left, top = max(ring, outside, side), max(ring, stack, more)
        whole = left + width + max(ring, stack), height + 2 * top
    else:
        left, top = max(ring, stack, side, more), max(ring, stack, outside)
        whole = width + 2 * left, top + height + ring
    body = Rectangle(left, top, width, height)
    spot = place(disc, body, look) if disc else (0.0, 0.0)
    return Card(node, rows, margins, disc, spot, body, *whole)


def _overhang(disc: Disc, width: float, height: float, look: Look) -> tuple[float, float]:
    """How far a disc stands out of its card in front, and at each of its sides."""
    if look.is_flat:
        return disc.width - disc.overlap, (max(disc.height, disc.breadth) - height) / 2
    return disc.height - disc.overlap, (max(disc.width, disc.breadth) - width) / 2


def _shape(node: Node, disc: Disc | None) -> Card:
    """A disc, or a small card without words."""
    if disc:
        size = disc.width + (8 if node.is_root else 0)
        return Card(node, (), (0, 0), disc, (size / 2, size / 2), Rectangle(0, 0, 0, 0), size, size)
    left, ring = (4.0 if node.kind in TURNED else 0.0), (RING if node.is_root else 0.0)
    body = Rectangle(max(left, ring), ring, 22, 16)
    return Card(node, (), (0, 0), None, (0, 0), body, body.x + 22 + ring, 16 + 2 * ring)
