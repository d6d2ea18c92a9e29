"""Ribbons: the two lines of an edge, from a layout's one.

    forward     thin and grey, with an arrow at the operation: where a value goes
    ribbon      orange, with an arrow at the argument: where the gradient goes back; as thick as the gradient is large,
                before the gate that which arrives, after it that which is passed on

    traced          the lines of an edge, as curves
    Traced          the curves, and their markup
    plainly_drawn   both lines between nodes that are mere shapes
Read `drawing/strokes.py` and `leaving.py` before this file and `edge_drawings.py` after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...drawing.strokes import (
    Curve,
    arrowhead,
    at,
    head_size,
    length,
    parallels,
    passing,
    path_text,
    shortened,
    split,
    turned,
)
from ...drawing.svg import Markup, path
from ...layouts.model import Point, Rectangle
from ..model import Edge
from .cards import Card
from .looks import Look, is_troubled, thickness

_UNIT = {"right": Point(1.0, 0.0), "down": Point(0.0, 1.0)}
APART = {"blackboard": 4.0, "compact": 3.0, "shapes": 2.0}         # from the middle to each of the two lines


@dataclass(frozen=True, slots=True)
class Traced:
    """The lines of one edge.

    Attributes:
        forward: from the argument to the operation.
        back: from the operation to the argument; None if no gradient flowed.
        gate: which fraction of `back` lies before the gate.
        widths: of the ribbon before and after the gate.
        edge: what is drawn.
        small: whether arrowheads are small.
    """

    forward: Curve
    back: Curve | None
    gate: float
    widths: tuple[float, float]
    edge: Edge
    small: bool

    def forward_drawn(self) -> Iterator[Markup]:
        """The grey line and its arrowhead."""
        size = 5.0 if self.small else 8.0
        tip = at(self.forward, 1.0)
        yield path(path_text(shortened(self.forward, end=size - 1)), class_="forward")
        yield path(arrowhead(tip.point, tip.direction, size), class_="forward-head")

    def back_drawn(self) -> Iterator[Markup]:
        """The ribbon in two thicknesses, its arrowhead, and the dots that run along it when it is lit."""
        assert self.back is not None
        before, after = self.widths
        size = head_size(after) if not self.small else max(5.0, 2 * after + 2)
        tip = at(self.back, 1.0)
        arriving = self.edge.arriving or self.edge.flow
        if before == after and is_troubled(arriving) == is_troubled(self.edge.flow):
            parts = [(self._until_head(self.back, size), after, self.edge.flow)]
        else:
            first, second = split(self.back, self.gate)
            parts = [(first, before, arriving), (self._until_head(second, size), after, self.edge.flow)]
        for curve, width, value in parts:
            looks = "ribbon zero" if width == 1.0 else "ribbon"
            if is_troubled(value):                  # black edges around yellow
                yield path(path_text(curve), class_="ribbon wrong-edge", stroke_width=width + 2)
                looks = "ribbon wrong-ribbon"
            yield path(path_text(curve), class_=looks, stroke_width=width)
        head = "ribbon-head wrong-head" if is_troubled(self.edge.flow) else "ribbon-head"
        yield path(arrowhead(tip.point, tip.direction, size), class_=head)
        if not self.small:
            yield path(path_text(self.back), class_="flow")

    def _until_head(self, curve: Curve, size: float) -> Curve:
        return shortened(curve, end=min(size - 1, 0.8 * length(curve)))


def traced(edge: Edge, line: Curve, gate: Point | None, target: Card, where: Rectangle, look: Look) -> Traced:
    """The lines of an edge.

    Args:
        edge: what is drawn.
        line: from the argument to the operation, as a layout has it.
        gate: the middle of its gate, if it has one.
        target: the card of the operation's result.
        where: the place of that card.
        look: the settings of the picture.
    """
    has_ribbon = edge.flow is not None and look.gradients
    apart = APART[look.style] if has_ribbon else 0.0
    side = 1 if look.is_flat else -1                # the ribbon is below, or at the right
    beside, below = parallels(line, (-side * apart, side * apart)) if apart else (line, line)
    forward = _reaching(beside, target, where, look, 2.0)
    small = look.style != "blackboard"
    if not has_ribbon or edge.flow is None:
        return Traced(forward, None, 0.5, (0.0, 0.0), edge, small)
    back = turned(_reaching(below, target, where, look, 0.0))
    back = shortened(back, end=1.5)
    widths = thickness(edge.arriving or edge.flow, look), thickness(edge.flow, look)
    at_gate = passing(back, _along(gate, look), 0 if look.is_flat else 1) if gate else 0.5
    return Traced(forward, back, at_gate, widths, edge, small)


def _reaching(curve: Curve, target: Card, where: Rectangle, look: Look, away: float) -> Curve:
    """A line drawn on to the round border of the disc, `away` from it."""
    if target.disc is None:
        return shortened(curve, end=away) if away else curve
    end = curve[-1]
    off = _across(end, look) - _across(where.centre, look)
    return _on(curve, target.disc.depth_at(off, look.is_flat) - away, look)


def _across(point: Point, look: Look) -> float:
    return point.y if look.is_flat else point.x


def _along(point: Point, look: Look) -> float:
    return point.x if look.is_flat else point.y


def _on(curve: Curve, more: float, look: Look) -> Curve:
    """A line that is longer (or a little shorter) at its end, in the picture's direction."""
    if more <= 0:
        return shortened(curve, end=-more) if more else curve
    x, y = curve[-1]
    end = Point(x + more, y) if look.is_flat else Point(x, y + more)
    third = Point(x + (end.x - x) / 3, y + (end.y - y) / 3)
    return (*curve, third, third, end)


def plainly_drawn(edge: Edge, line: Curve, look: Look) -> Iterator[Markup]:
    """The lines of an edge between shapes: one beside the other, each of one thickness."""
    yield path(path_text(line), class_="forward")
    yield path(arrowhead(line[-1], _UNIT[look.direction], 4), class_="forward-head")
    if edge.flow is None or not look.gradients:
        return
    dx, dy = (0.0, 3.0) if look.is_flat else (3.0, 0.0)
    back = tuple(Point(x + dx, y + dy) for x, y in line)
    width = thickness(edge.flow, look)
    looks = "ribbon wrong-ribbon" if is_troubled(edge.flow) else "ribbon zero" if width == 1.0 else "ribbon"
    ahead = _UNIT[look.direction]
    yield path(path_text(back), class_=looks, stroke_width=width)
    yield path(arrowhead(back[0], Point(-ahead.x, -ahead.y), 5), class_="ribbon-head")
