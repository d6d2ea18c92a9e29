"""The legend: what the marks of a picture mean, those alone that occur in it.

    legend_of       what is to be explained
    legend_drawn    it as markup, in lines

Read `styles.py` before this file and `svg.py` after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ...drawing.strips import strip
from ...drawing.strokes import arrowhead
from ...drawing.svg import Markup, circle, group, joined, path, rect
from ...layouts.model import Point
from ..model import Description, Node, Value
from .gates import Gate
from .inscriptions import Text
from .looks import Look
from .outlines import outline

GAP, LINE = 28.0, 26.0                              # between entries, and between lines
SAMPLE = Value(shape=(6,), dtype="float64", elements=(0.4, 1.0, -0.6, 0.0, 0.2, -1.0))


class Entry(NamedTuple):
    """A mark, around the origin's height and to the right of it; its width; what it means."""

    mark: Markup
    width: float
    text: Text

    @property
    def whole(self) -> float:
        """The width of mark and words."""
        return self.width + 10 + self.text.width


def legend_of(description: Description, look: Look, gates: dict[str, Gate]) -> list[Entry]:
    """What is to be explained."""
    return [*_entries(description, look, gates)]


def legend_drawn(entries: list[Entry], width: float) -> tuple[Markup, float]:
    """The entries within a width, their upper left corner at the origin; and how high they are together."""
    placed, x, y = [], 0.0, LINE / 2
    for entry in entries:
        if x > 0 and x + entry.whole > width:
            x, y = 0.0, y + LINE
        placed.append(group(entry.mark, entry.text.drawn(entry.width + 10, 4),
                            transform=f"translate({x:.1f} {y:g})"))
        x += entry.whole + GAP
    return group(*placed, class_="legend"), y + LINE / 2 if placed else 0.0


def _entries(description: Description, look: Look, gates: dict[str, Gate]) -> Iterator[Entry]:
    if description.edges:
        yield _entry(joined([path("M0 0H34", class_="forward"),
                             path(arrowhead(Point(40, 0), Point(1, 0)), class_="forward-head")]), 40, "value, forward")
    if look.gradients and any(edge.flow is not None for edge in description.edges):
        yield from _gradients(description, gates)
    yield from _kinds(description.nodes)
    if look.style == "blackboard" and any(_has_strip(node, look) for node in description.nodes):
        said = "one bar per element, row by row: up and filled is +, down and hollow is −"
        yield _entry(strip(SAMPLE, 0, -9, 56, 18), 56, said)
    if any(node.is_root for node in description.nodes):
        ring = joined([path(outline("result", 26, 20), class_="card", transform="translate(0 -10)"),
                       path(outline("result", 18, 12), class_="card", transform="translate(4 -6)")])
        began = look.gradients and any(edge.flow is not None for edge in description.edges)
        yield _entry(group(ring, class_="result"), 26, "where backward began" if began else "the end result")


def _gradients(description: Description, gates: dict[str, Gate]) -> Iterator[Entry]:
    ribbon = joined([path("M40 0H10", class_="ribbon", stroke_width=4),
                     path(arrowhead(Point(0, 0), Point(-1, 0), 12), class_="ribbon-head")])
    yield _entry(ribbon, 40, "gradient, backward; thickness is size")
    if any(edge.flow is not None and edge.flow.norm == 0 and not edge.flow.nans for edge in description.edges):
        zero = joined([path("M40 0H10", class_="ribbon zero", stroke_width=1),
                       path(arrowhead(Point(0, 0), Point(-1, 0), 12), class_="ribbon-head")])
        yield _entry(zero, 40, "gradient of zero")
    yield from _gates(description, gates)


def _gates(description: Description, gates: dict[str, Gate]) -> Iterator[Entry]:
    """Gates that multiply, and those that say what else becomes of a gradient: only the kinds that occur."""
    drawn = [edge.is_factor for edge in description.edges if edge.id in gates]
    if any(drawn):
        yield _entry(_gate(Text("× n", "label", "factor")), 40, "local derivative: multiplies what passes")
    if not all(drawn):
        yield _entry(_gate(Text("rule", "label")), 40, "what becomes of g, the gradient that arrives")


def _gate(said: Text) -> Markup:
    return joined([rect(0, -10, 40, 20, rx=8, class_="gate"), said.drawn(20, 4, "middle")])


def _kinds(nodes: tuple[Node, ...]) -> Iterator[Entry]:
    kinds = {node.kind for node in nodes}
    turned = [word for word in ("variable", "parameter") if word in kinds]
    if turned:
        knob = joined([rect(0, -9, 6, 18, rx=2, class_="bar"), circle(3, 0, 6.5, class_="bar"),
                       circle(3, 0, 2.5, class_="hole")])
        yield _entry(knob, 10, " or ".join(turned))
    for kind in ("input", "constant"):
        if kind in kinds:
            yield _entry(_outlined(kind), 26, kind)
    if kinds & {"input", "constant"} and "result" in kinds:
        yield _entry(_outlined("result"), 26, "result")
    if "module" in kinds:
        stack = joined([rect(6, -11, 24, 16, rx=4, class_="stack"), rect(3, -8, 24, 16, rx=4, class_="stack"),
                        rect(0, -5, 24, 16, rx=4, class_="face"), rect(0, -5, 24, 16, rx=4, class_="card")])
        yield _entry(group(stack, class_="node module"), 30, "folded module")


def _outlined(kind: str) -> Markup:
    shape = outline("input" if kind == "input" else "constant" if kind == "constant" else "result", 26, 18)
    return group(path(shape, class_="card", transform="translate(0 -9)"), class_=kind)


def _entry(mark: Markup, width: float, said: str) -> Entry:
    return Entry(mark, width, Text(said, "label"))


def _has_strip(node: Node, look: Look) -> bool:
    return node.value is not None and not node.value.is_number and not look.only_shapes
