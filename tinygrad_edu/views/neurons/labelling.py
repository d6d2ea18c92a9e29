"""Labelling: a free place on each line for its weight and its triangle.

    with_labels(scene, obstacles)       puts them there; whether every one found a place

Each label may stand anywhere along its line. First each takes the best place that is free; then each looks again,
knowing where the others are. The best place hides the fewest other lines, and is near the source, where lines that
end in one unit are far apart. Read `scene.py` before this file.
"""

from __future__ import annotations

import numpy as np

from ..drawing.letters import width
from .captions import weight_text
from .model import Array
from .scene import Box, Label, Line, Scene, around

PLACES = tuple(k / 40 for k in range(5, 36))        # shares of the way
WISHED = 0.36
ROUNDS = 3
MOST_MARKS = 60                                     # triangles, where lines carry no numbers
ROOM = 1.5                                          # between labels


def with_labels(scene: Scene, obstacles: list[Box]) -> bool:
    """Put weights and triangles on the lines; False if a number found no place.

    Args:
        scene: gets its labels.
        obstacles: what they keep away from.
    """
    wanted = _wanted(scene)
    choices = [_choices(line, size, obstacles, _ends(scene, line)) for line, size, _, _ in wanted]
    taken: list[Box | None] = [None] * len(wanted)
    for _ in range(ROUNDS):
        for i, places in enumerate(choices):
            others = [box for k, box in enumerate(taken) if box is not None and k != i]
            taken[i] = next((box for _, box in places if not any(box.overlaps(each, ROOM) for each in others)), None)
    scene.labels = [Label(line=line, box=box, text=text, mark=mark)
                    for (line, _, text, mark), box in zip(wanted, taken, strict=True) if box is not None]
    possible = sum(1 for line in scene.lines if line.mark)
    marked = sum(1 for label in scene.labels if label.mark)
    scene.marked = marked if marked < possible else 0
    return len(scene.labels) == len(wanted) or not scene.has_numbers


def _wanted(scene: Scene) -> list[tuple[Line, tuple[float, float], str, float]]:
    """The lines with a label: its size, its text and the width of its triangle; those that matter most first."""
    found = []
    for line in scene.lines:
        mark = line.mark
        if scene.has_numbers:
            text = weight_text(line.weight)
            size = (max(26.0, width(text, 12)) + 12 + (18 if mark else 0), 18.0)
            found.append((line, size, text, mark))
        elif mark:
            found.append((line, (mark + 3, mark + 3), "", mark))
    if not scene.has_numbers:
        found = sorted(found, key=lambda each: -each[3])[:MOST_MARKS]
    return found


def _ends(scene: Scene, line: Line) -> Array:
    """Where the other lines between the same layers begin and end (n, 4); in a crowd without those that are off."""
    return np.array([(each.x1, each.y1, each.x2, each.y2) for each in scene.lines
                     if each.layer == line.layer and each is not line and not (each.is_dead and scene.is_faint)])


def _choices(line: Line, size: tuple[float, float], obstacles: list[Box], others: Array) -> list[tuple[float, Box]]:
    """The places along a line that no obstacle takes, the best first."""
    found = []
    for at in PLACES:
        box = around(*line.at(at), *size)
        if any(box.overlaps(each, 2) for each in obstacles):
            continue
        hidden = box.crossed_by(others) if len(others) else 0
        found.append((hidden + 2.0 * abs(at - WISHED), box))
    return sorted(found, key=lambda each: each[0])
