"""Labels: numbers and notes beside the lines of a picture, where they lie on nothing else.

    Ground      what is drawn already, in squares, so that a place is judged by its neighbourhood alone
    placed      the best place for a label beside a curve

A label is tried at several places on both sides of its line; the one that covers least is taken. Read
`ribbons.py` before this file and `edge_drawings.py` after it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from math import dist, inf

from ...drawing.strokes import Curve, length, points_at
from ...layouts.model import Rectangle

Corners = tuple[float, float, float, float]         # left, top, right, bottom
Square = tuple[int, int]
NONE: frozenset[Corners] = frozenset()

SQUARE = 96.0
TOUCHED, ALLOWED, CROSSED = 0.03, 0.12, 0.3         # of a label may lie on lines: unseen; seen; if need be
EDGE = 12.0                                         # labels may stand so far outside of the layout's edge
BESIDE = 6.0                                        # pixels between two labels in a line
REACH = 160.0                                       # of a curve is looked at
ALONG = (8.0, 2.0, 16.0, 26.0, 40.0, 60.0)          # pixels from the arrowhead's tip to the label


class Ground:
    """Rectangles that a label should not lie on: parts of lines, and what it may not touch at all."""

    def __init__(self, width: float, height: float) -> None:
        self.width, self.height = width, height
        self.solids: dict[Square, list[Corners]] = defaultdict(list)
        self.lines: dict[Square, set[Corners]] = defaultdict(set)

    def add(self, rectangle: Rectangle) -> None:
        """Something is drawn here that no label may touch."""
        corners = _corners(rectangle)
        for square in _squares(corners):
            self.solids[square].append(corners)

    def add_curve(self, curve: Curve, width: float) -> None:
        """A line is drawn here."""
        half, lines = width / 2 + 1, self.lines
        for x, y in _sampled(curve):
            corners = left, top, right, bottom = x - half, y - half, x + half, y + half
            square = int(left // SQUARE), int(top // SQUARE)
            if square == (int(right // SQUARE), int(bottom // SQUARE)):
                lines[square].add(corners)
            else:
                for each in _squares(corners):
                    lines[each].add(corners)

    def covered(self, wanted: Rectangle) -> float:
        """How much of a rectangle lies on lines, as a share of its area; infinite if it touches anything else."""
        corners, core = _corners(wanted), _corners(_core(wanted))
        page = -EDGE, -EDGE, self.width + EDGE, self.height + EDGE
        whole = wanted.width * wanted.height
        if _common(corners, page) < whole - 0.1:
            return inf
        squares = _squares(corners)
        for square in squares:
            for each in self.solids.get(square, ()):
                if _common(core, each):
                    return inf
        seen = self.lines.get(squares[0], NONE) if len(squares) == 1 else NONE.union(
            *[self.lines[square] for square in squares if square in self.lines])
        return sum(_common(corners, each) for each in seen) / whole


def placed(ground: Ground, curve: Curve, width: float, height: float, gaps: tuple[float, float], is_flat: bool,
           along: tuple[float, ...] = ALONG, gate: Rectangle | None = None) -> Rectangle | None:
    """The place of a label beside the end of a curve, or None if it would lie on something wherever it stood.

    Args:
        ground: what is drawn; the label is added to it.
        curve: the line it belongs to, whose end it should be near.
        width, height: of the label.
        gaps: how far from the curve it stands, on the preferred side and on the other: below the curve (in a vertical
            picture: at its right) if the gap is positive, else above (at its left).
        is_flat: whether the picture flows to the right.
        along: how many pixels before the curve's end it may begin.
        gate: what it may stand at if there is no room at the curve's end.
    """
    best, least = None, inf
    tried = [*_tried(_polygon(curve, is_flat), width, height, gaps, is_flat, along)]
    for rank, wanted in enumerate([*tried, *_around(gate, width, height)] if gate else tried):
        cost = 0.03 * (rank % len(gaps)) + 0.005 * (rank // len(gaps))
        if cost >= least:                               # it is better where nothing is covered
            continue
        covered = ground.covered(wanted)
        cost += (covered - TOUCHED) * (1 if covered < ALLOWED else 5) if covered > TOUCHED else 0.0
        if covered < CROSSED and cost < least:
            best, least = wanted, cost
    if best:                                            # with room, so that two numbers do not read as one
        ground.add(Rectangle(best.x - BESIDE, best.y, best.width + 2 * BESIDE, best.height))
    return best


def _sampled(curve: Curve) -> Iterator[tuple[float, float]]:
    """Places on a curve, some 7 pixels from each other."""
    for k in range(0, len(curve) - 3, 3):
        a, b, c, d = curve[k:k + 4]
        steps = max(1, int((dist(a, b) + dist(b, c) + dist(c, d)) / 7))
        for step in range(steps + 1):
            t = step / steps
            s = 1 - t
            wa, wb, wc, wd = s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t
            yield wa * a.x + wb * b.x + wc * c.x + wd * d.x, wa * a.y + wb * b.y + wc * c.y + wd * d.y


def _polygon(curve: Curve, is_flat: bool) -> list[tuple[float, float]]:
    """Places of the last part of a curve, from its end, as (along, across)."""
    total = length(curve)
    steps = max(2, int(min(total, REACH) / 4))
    points = points_at(curve, [1 - k / steps * min(total, REACH) / total for k in range(steps + 1)])
    return [(x, y) if is_flat else (y, x) for x, y in points]


def _tried(points: list[tuple[float, float]], width: float, height: float, gaps: tuple[float, float], is_flat: bool,
           along: tuple[float, ...]) -> Iterator[Rectangle]:
    """Above and below the part of the curve that the label stands at."""
    first = points[0][0]
    size, deep = (width, height) if is_flat else (height, width)
    for pixels in along:
        start = first + pixels
        beside = [across for far, across in points if start - 4 <= far <= start + size + 4] or [points[-1][1]]
        for gap in gaps:
            across = max(beside) + gap if gap > 0 else min(beside) + gap - deep
            yield Rectangle(start, across, width, height) if is_flat else Rectangle(across, start, width, height)


def _around(gate: Rectangle, width: float, height: float) -> Iterator[Rectangle]:
    """Below and above a gate, then at its sides."""
    x = gate.centre.x
    yield Rectangle(x - width / 2, gate.y + gate.height + 4, width, height)
    yield Rectangle(x - width / 2, gate.y - height - 4, width, height)
    yield Rectangle(gate.x - width - 5, gate.y - 4, width, height)
    yield Rectangle(gate.x - width - 5, gate.y + gate.height - height + 4, width, height)
    yield Rectangle(gate.x + gate.width + 5, gate.y - 4, width, height)
    yield Rectangle(gate.x + gate.width + 5, gate.y + gate.height - height + 4, width, height)


def _corners(rectangle: Rectangle) -> Corners:
    x, y, width, height = rectangle
    return x, y, x + width, y + height


def _squares(corners: Corners) -> list[Square]:
    left, top, right, bottom = (int(each // SQUARE) for each in corners)
    if left == right and top == bottom:
        return [(left, top)]
    return [(i, j) for i in range(left, right + 1) for j in range(top, bottom + 1)]


def _core(wanted: Rectangle) -> Rectangle:
    """A label without the room around its letters."""
    return Rectangle(wanted.x + 2, wanted.y + 1, max(1.0, wanted.width - 4), max(1.0, wanted.height - 2))


def _common(a: Corners, b: Corners) -> float:
    """The area that two rectangles share."""
    across = min(a[2], b[2]) - max(a[0], b[0])
    if across <= 0:
        return 0.0
    down = min(a[3], b[3]) - max(a[1], b[1])
    return across * down if down > 0 else 0.0
