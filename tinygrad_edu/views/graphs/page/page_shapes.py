"""Shapes: a graph of thousands of nodes as coordinates, for a script that draws them on a canvas.

    shapes_of       a placed graph -> lists of whole numbers, short enough for a page

Read `svg.py` before this file and `page.py` after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import hypot
from typing import Any

from ...layouts.model import Point
from ..model import Edge
from ..picture.looks import is_troubled, thickness
from ..picture.svg import Scene

STRAIGHT = 2.0                  # pixels that a point may be away from a straight line
KINDS = ("result", "expression", "parameter", "variable", "input", "constant", "module", "rest")


def shapes_of(scene: Scene) -> dict[str, Any]:
    """What the script needs.

    Returns: `ids` of nodes; `kinds`, the place of each one's kind in KINDS; `signs` of their operations; `edges`: for
        each the places of its source and target in `ids`, whether a gradient can flow along it (1), ten times the
        thickness of its ribbon (0 for none, less for NaN or infinities), and its position; `lines`: for each edge the
        differences between the points that its curve passes, x and y in turn.
    """
    nodes, layout = scene.description.nodes, scene.layout
    at = {node.id: i for i, node in enumerate(nodes)}
    edges: list[int] = []
    for edge in scene.description.edges:
        edges += [at[edge.source], at[edge.target], int(edge.wanted), _ribbon(edge, scene), edge.position]
    return {
        "ids": [*at], "kinds": [KINDS.index(node.kind) for node in nodes],
        "signs": [node.operation.sign if node.operation else "" for node in nodes],
        "roots": [at[node.id] for node in nodes if node.is_root],
        "edges": edges,
        "lines": [_differences(_needed(layout.lines[edge.id])) for edge in scene.description.edges]}


def _ribbon(edge: Edge, scene: Scene) -> int:
    if edge.flow is None or not scene.look.gradients:
        return 0
    width = round(10 * thickness(edge.flow, scene.look))
    return -width if is_troubled(edge.flow) else width


def _needed(curve: Sequence[Point]) -> list[Point]:
    """The points that a curve passes, without those that lie on the straight line between their neighbours."""
    points = [*curve[::3]]
    found = points[:1]
    for point, after in pairwise(points[1:]):
        (x, y), (dx, dy) = found[-1], (after.x - found[-1].x, after.y - found[-1].y)
        if abs((point.x - x) * dy - (point.y - y) * dx) > STRAIGHT * hypot(dx, dy):
            found.append(point)
    return [*found, *points[-1:]]


def _differences(points: Iterable[tuple[float, float]]) -> list[int]:
    """Coordinates as steps from one point to the next: small numbers."""
    found: list[int] = []
    before = (0, 0)
    for point in points:
        x, y = round(point[0]), round(point[1])
        found += [x - before[0], y - before[1]]
        before = x, y
    return found
