"""Leaving: how lines begin that a layout lets begin in the middle of one side.

Lines that leave one node begin apart from each other, in the order of where they lead, and each is level for as long as
the arrowhead that comes back on it. Read `layouts/model.py` before this file and `ribbons.py` after it.

    fanned      the lines of a layout, with such beginnings
"""

from __future__ import annotations

from collections import defaultdict

from ...drawing.strokes import Curve, straight
from ...layouts.model import Layout, Point
from ..model import Description, Edge
from .cards import Card
from .looks import Look

APART = {"blackboard": 20.0, "compact": 13.0}       # between lines that leave one node
LEVEL = {"blackboard": 15.0, "compact": 8.0}        # so far a line is level
TURN = 56.0                                                         # the longest bend that moves a level line


def fanned(description: Description, layout: Layout, cards: dict[str, Card], look: Look) -> dict[str, Curve]:
    """The lines of a layout, each beginning at a place of its own."""
    lines = {edge.id: tuple(layout.lines[edge.id]) for edge in description.edges}
    leaving: dict[str, list[Edge]] = defaultdict(list)
    for edge in description.edges:
        leaving[edge.source].append(edge)
    for source, edges in leaving.items():
        body = cards[source].body
        room = (body.height if look.is_flat else body.width) - 18
        step = min(APART[look.style], room / max(1, len(edges) - 1))
        edges = sorted(edges, key=lambda edge: (_leads_to(edge, layout, look), edge.position))
        for k, edge in enumerate(edges):
            lines[edge.id] = _begun(lines[edge.id], (k - (len(edges) - 1) / 2) * step, edge, layout, look)
    return lines


def _leads_to(edge: Edge, layout: Layout, look: Look) -> float:
    """How far down (or to the right) an edge leads: its gate, or its first bend, or its end."""
    line = layout.lines[edge.id]
    if edge.id in layout.gates:
        return _flat(layout.gates[edge.id].centre, look).y
    start = _flat(line[0], look).y
    return next((y for x, y in (_flat(point, look) for point in line[3::3]) if abs(y - start) > 1), start)


def _flat(point: Point, look: Look) -> Point:
    """A place in a picture that flows to the right: the same, or with x and y exchanged."""
    return point if look.is_flat else Point(point.y, point.x)


def _begun(line: Curve, by: float, edge: Edge, layout: Layout, look: Look) -> Curve:
    points = tuple(_flat(point, look) for point in line)
    gate = layout.gates.get(edge.id)
    until = (gate.x if look.is_flat else gate.y) if gate else points[-1].x - 8
    begun = _levelled(_moved(points, by, until) if by else points, LEVEL[look.style])
    return tuple(_flat(point, look) for point in begun)


def _moved(line: Curve, by: float, until: float) -> Curve:
    """A line that begins `by` further down, and is where it was from its first bend on, or from `until`."""
    start, turn = line[0], 0
    while turn + 3 < len(line) - 1 and abs(line[turn + 3].y - start.y) < 0.5:
        turn += 3                                   # pieces without a bend
    if abs(line[turn + 3].y - start.y) < 0.5:       # level to its end
        return _swung(line, by, until)
    level = tuple(Point(x, y + by) for x, y in line[:turn + 2])
    return (*level, *line[turn + 2:])


def _swung(line: Curve, by: float, until: float) -> Curve:
    """A level line that begins `by` further down, and bends back."""
    start, end = line[0], line[-1]
    there = min(start.x + TURN, max(until, start.x + 12))
    half = (there - start.x) / 2
    bend = (Point(start.x, start.y + by), Point(start.x + half, start.y + by), Point(there - half, start.y),
            Point(there, start.y))
    return (*bend, *straight(bend[-1], end)[1:]) if end.x - there > 0.1 else bend


def _levelled(line: Curve, wanted: float) -> Curve:
    """A line that is level at its beginning, for so many pixels or a third of its first bend."""
    start, turn = line[0], 0
    while turn + 3 < len(line) - 1 and abs(line[turn + 3].y - start.y) < 0.5:
        turn += 3
    here, _, second, end = line[turn:turn + 4]
    missing = min(wanted - (here.x - start.x), (end.x - here.x) / 3)
    if missing <= 0 or abs(end.y - start.y) < 0.5:
        return line
    begin = Point(here.x + missing, here.y)
    share = (end.x - begin.x) / (end.x - here.x)
    bend = (Point(begin.x + (end.x - begin.x) / 2, begin.y), Point(end.x - (end.x - second.x) * share, second.y), end)
    return (*line[:turn + 1], *straight(here, begin)[1:], *bend, *line[turn + 4:])
