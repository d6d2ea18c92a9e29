"""Edges, drawn: both lines, the gate, what flows back in figures, what broadcasting did, and argument positions.

    edges_drawn     every edge of a picture as markup: one group each

Read `gates.py`, `ribbons.py` and `labels.py` before this file and `svg.py` after it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise
from textwrap import wrap

from ...drawing.strokes import at, head_size, length
from ...drawing.svg import Markup, group, id_of, joined, title
from ...layouts.model import Layout, Rectangle
from ..formats.captions import about
from ..model import Description, Edge
from .cards import Card
from .gates import Gate
from .inscriptions import Text, inscribed
from .labels import ALONG, Ground, placed
from .leaving import fanned
from .looks import Look
from .ribbons import APART, Traced, plainly_drawn, traced

NOTE_LETTERS = 20                                   # in one line of a note
FEW = 3                                             # gradients that come to one node, each with its number beside it


def edges_drawn(description: Description, layout: Layout, cards: dict[str, Card], gates: dict[str, Gate], look: Look,
                prefix: str) -> list[Markup]:
    """Every edge as a group with lines, gate and labels."""
    if look.style == "shapes":
        return [_plain(edge, layout, look, prefix) for edge in description.edges]
    lines = fanned(description, layout, cards, look)
    drawn = [traced(edge, lines[edge.id], layout.gates[edge.id].centre if edge.id in gates else None,
                    cards[edge.target], layout.boxes[edge.target], look) for edge in description.edges]
    labels = _labels(description, layout, gates, look, drawn)
    names = {node.id: node.title for node in description.nodes}
    return [_edge(each, layout, gates.get(each.edge.id), labels.get(each.edge.id, []), names, prefix) for each in drawn]


def _edge(drawn: Traced, layout: Layout, gate: Gate | None, labels: list[Markup], names: dict[str, str],
          prefix: str) -> Markup:
    edge, back = drawn.edge, []
    said = f"{names[edge.source]} → {names[edge.target]}\n{about(edge)}"
    if drawn.back is not None:
        back = [group(*drawn.back_drawn(), gate.drawn(layout.gates[edge.id]) if gate else "", *labels, class_="back")]
        labels = []
    return group(title(said), *drawn.forward_drawn(), *back, *labels, id=id_of(prefix, edge.id), class_=_classes(edge),
                 data_id=edge.id, data_source=edge.source, data_target=edge.target, data_position=edge.position)


def _plain(edge: Edge, layout: Layout, look: Look, prefix: str) -> Markup:
    return group(*plainly_drawn(edge, layout.lines[edge.id], look), id=id_of(prefix, edge.id), class_=_classes(edge),
                 data_id=edge.id, data_source=edge.source, data_target=edge.target)


def _classes(edge: Edge) -> str:
    return " ".join(["edge", *(["wanted"] if edge.wanted else []), *(["flowed"] if edge.flow is not None else [])])


def _labels(description: Description, layout: Layout, gates: dict[str, Gate], look: Look,
            drawn: list[Traced]) -> dict[str, list[Markup]]:
    """For each edge, what is written beside its lines."""
    labels: dict[str, list[Markup]] = defaultdict(list)
    for each in _crossing(description, drawn, look):
        labels[each.edge.id].append(_position(each))
    if look.style != "blackboard":
        return labels
    ground = _ground(layout, gates, drawn)
    flowing = Counter(each.edge.source for each in drawn if each.back is not None)
    for each in drawn:
        if each.back is not None:
            labels[each.edge.id] += _contribution(each, ground, look, layout.gates.get(each.edge.id),
                                                  layout.boxes[each.edge.source], flowing[each.edge.source] > FEW)
    for each in drawn:
        if each.edge.note:
            labels[each.edge.id] += _note(each, ground, look)
    return labels


def _ground(layout: Layout, gates: dict[str, Gate], drawn: list[Traced]) -> Ground:
    ground = Ground(layout.width, layout.height)
    for rectangle in layout.boxes.values():
        ground.add(rectangle)
    for name, gate in gates.items():
        x, y = layout.gates[name].centre
        ground.add(Rectangle(x - gate.width / 2, y - gate.height / 2, gate.width, gate.height))
    for frame in layout.frames.values():
        ground.add(Rectangle(frame.x, frame.y, frame.width, 30))
        for x in (frame.x, frame.x + frame.width):
            ground.add(Rectangle(x - 1, frame.y, 2, frame.height))
        ground.add(Rectangle(frame.x, frame.y + frame.height - 1, frame.width, 2))
    for each in drawn:
        ground.add_curve(each.forward, 2)
        if each.back is not None:
            ground.add_curve(each.back, each.widths[1] + 2)
    return ground


def _contribution(drawn: Traced, ground: Ground, look: Look, gate: Rectangle | None,
                  source: Rectangle, is_crowded: bool) -> Iterator[Markup]:
    """The number that flows into the argument: beside the arrowhead, outside the bend; where many meet, at the gate."""
    flow, back = drawn.edge.flow, drawn.back
    if flow is None or back is None or not flow.is_number:
        return
    written = inscribed(flow, "bold", "flow-value")
    gap = max(drawn.widths[1] / 2 + 4, 0.55 * head_size(drawn.widths[1]) + (1 if look.is_flat else 4))
    sides = (-(gap + 6), gap) if _leads_down(drawn, source, look) else (gap, -(gap + 6))
    along = () if is_crowded and gate else ALONG
    where = placed(ground, back, written.width - 4, 13, sides, look.is_flat, along, gate)
    if where:
        yield written.drawn(where.centre.x, where.centre.y + 5, "middle")


def _leads_down(drawn: Traced, source: Rectangle, look: Look) -> bool:
    """Whether the outside of an edge's first bend is above it (in a vertical picture: at its left).

    That is so where it leads down, and for the upper ones of several that leave one node.
    """
    assert drawn.back is not None
    end, before = at(drawn.back, 1.0).point, at(drawn.back, min(drawn.gate, 0.8)).point
    end_y, before_y, middle = (end.y, before.y, source.centre.y) if look.is_flat else (end.x, before.x, source.centre.x)
    off = end_y - middle - APART[look.style]
    return off < 0 if abs(off) > 2 else before_y - end_y > 3


def _note(drawn: Traced, ground: Ground, look: Look) -> Iterator[Markup]:
    """What broadcasting did, in small letters near the argument."""
    note = drawn.edge.note
    if not look.gradients and ":" in note:              # what a backward pass does is not shown
        small, large = reversed(note.split(":")[0].split(" → "))
        note = f"{small} → {large}"
    lines = wrap(note, NOTE_LETTERS) if len(note) > NOTE_LETTERS + 6 else [note]
    texts = [Text(line, "label", "note") for line in lines]
    curve = drawn.back or drawn.forward[::-1]
    gap = drawn.widths[1] / 2 + 5
    where = placed(ground, curve, max(text.width for text in texts), 13 * len(texts) - 2, (gap, -(gap + 9)),
                   look.is_flat, (20.0, 34.0, 50.0, 70.0, 90.0, 120.0))
    if where:
        yield joined(text.drawn(where.x, where.y + 9 + 13 * k) for k, text in enumerate(texts))


def _crossing(description: Description, drawn: list[Traced], look: Look) -> Iterator[Traced]:
    """Edges whose position cannot be read from the order in which they come in."""
    arriving: dict[str, list[Traced]] = defaultdict(list)
    for each in drawn:
        arriving[each.edge.target].append(each)
    for several in arriving.values():
        starts = [each.forward[0].y if look.is_flat else each.forward[0].x for each in several]
        if several[0].edge.ordered and any(a > b for a, b in pairwise(starts)):
            yield from several


def _position(drawn: Traced) -> Markup:
    """Which argument it is: a digit on the line, just before its arrow."""
    (x, y), _ = at(drawn.forward, 1 - min(0.4, 17 / length(drawn.forward)))
    return Text(str(drawn.edge.position + 1), "label", "position").drawn(x, y + 4, "middle")
