"""Ranks: how far along the direction of the picture each box stands, so that every line leads to a later rank.

    ranks(picture, nesting) -> list[int]        a number from 0 for each box

The rank of a box is the length of the longest path to it. Frames take part: what enters a frame comes before all of it,
and what leaves it after, so that modules that follow each other do not share a rank. A module that is left and entered
again cannot have that; such frames only span their boxes. Then boxes that came too early (parameters, constants, and
what is made of them alone) move to just before the box that uses them.

Source: Sander 1999, "Graph layout for applications in compiler construction" (nested graphs as begin and end nodes).
"""

from __future__ import annotations

from .following import in_order
from .model import Picture
from .nesting import OUTSIDE, Nesting

Arrows = list[list[tuple[int, int]]]        # for each node: (a later node, how many ranks later at least)


def ranks(picture: Picture, nesting: Nesting) -> list[int]:
    """Ranks that respect lines and, where possible, keep what is outside a frame before or after it."""
    number = {box.id: index for index, box in enumerate(picture.boxes)}
    lines = list(dict.fromkeys((number[line.source], number[line.target]) for line in picture.lines))
    closed = set(range(len(picture.frames)))
    while True:
        arrows = _arrows(lines, nesting, closed)
        order = in_order(arrows)
        if len(order) == len(arrows):
            break
        closed -= _opened(set(range(len(arrows))).difference(order), lines, nesting, closed)
    rank = [0] * len(arrows)
    for node in order:
        for later, steps in arrows[node]:
            rank[later] = max(rank[later], rank[node] + steps)
    light = _light(lines, len(picture.boxes))
    for node in reversed(order):
        if node < len(light) and light[node] and arrows[node]:
            rank[node] = max(rank[node], min(rank[later] - steps for later, steps in arrows[node]))
    return rank[:len(light)]


def _arrows(lines: list[tuple[int, int]], nesting: Nesting, closed: set[int]) -> Arrows:
    """What must come after what: boxes, a begin and an end for each frame; `closed` frames are entered as a whole."""
    boxes = len(nesting.boxes)
    arrows: Arrows = [[] for _ in range(boxes + 2 * len(nesting.parents))]
    for inner, frame in [*enumerate(nesting.boxes), *((boxes + 2 * f, p) for f, p in enumerate(nesting.parents))]:
        if frame != OUTSIDE:
            arrows[boxes + 2 * frame].append((inner, 0))
            arrows[inner if inner < boxes else inner + 1].append((boxes + 2 * frame + 1, 0))
    for source, target in lines:
        left, entered = nesting.apart(nesting.boxes[source], nesting.boxes[target])
        end = next((boxes + 2 * frame + 1 for frame in left if frame in closed), source)
        begin = next((boxes + 2 * frame for frame in entered if frame in closed), target)
        arrows[end].append((begin, 1))
    return arrows


def _opened(stuck: set[int], lines: list[tuple[int, int]], nesting: Nesting, closed: set[int]) -> set[int]:
    """Of the frames that stand in a cycle's way, those to give up: left and entered again, else the outermost."""
    boxes = len(nesting.boxes)
    frames = [frame for frame in sorted(closed) if boxes + 2 * frame in stuck or boxes + 2 * frame + 1 in stuck]
    if len(frames) * len(lines) < 2_000_000:
        again = {frame for frame in frames if _is_entered_again(frame, lines, nesting)}
        if again:
            return again
    depth = min(len(nesting.path(frame)) for frame in frames)
    return {frame for frame in frames if len(nesting.path(frame)) == depth}


def _is_entered_again(frame: int, lines: list[tuple[int, int]], nesting: Nesting) -> bool:
    """Whether some path leaves the frame and comes back."""
    inside = [frame in nesting.path(owner) for owner in nesting.boxes]
    reached = [False] * len(inside)
    for source, target in sorted(lines, key=lambda line: line[1]):      # boxes come in topological order
        if inside[source] or reached[source]:
            if not inside[target]:
                reached[target] = True
            elif reached[source]:
                return True
    return False


def _light(lines: list[tuple[int, int]], boxes: int) -> list[bool]:
    """Whether each box is a leaf, or made only of leaves and of such boxes that nothing else uses."""
    uses, is_leaf = [0] * boxes, [True] * boxes
    for source, target in lines:
        uses[source] += 1
        is_leaf[target] = False
    light = [True] * boxes
    for source, target in sorted(lines, key=lambda line: line[1]):
        if not is_leaf[source] and (not light[source] or uses[source] > 1):
            light[target] = False
    return light
