"""The scene: what stands where in a picture of neurons, in pixels; no colours, no format.

    Scene       circles, lines, labels, tags, arrows, words, images, and the size of the picture
    Box         a rectangle that knows what it overlaps

It is made by `placing.py` and drawn by `svg.py`. Layers and units are meant by their numbers, counted from 0.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from ..drawing.letters import Font
from .model import Array

BIAS = -1                       # as the number of a unit: the one that is always 1


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle by its left upper corner and its size."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The right side."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """The lower side."""
        return self.top + self.height

    @property
    def middle(self) -> tuple[float, float]:
        """The point in the middle."""
        return self.left + self.width / 2, self.top + self.height / 2

    def overlaps(self, other: Box, room: float = 0.0) -> bool:
        """Whether the two share more than an edge, or are closer than `room`."""
        return (self.left < other.right + room and other.left < self.right + room
                and self.top < other.bottom + room and other.top < self.bottom + room)

    def crossed_by(self, ends: Array) -> int:
        """How many of the straight lines (n, 4), each x1, y1, x2, y2 with x1 < x2, pass through."""
        x1, y1, x2, y2 = ends.T
        slope = (y2 - y1) / (x2 - x1)
        left, right = np.maximum(x1, self.left), np.minimum(x2, self.right)         # the part above and below the box
        a, b = y1 + slope * (left - x1), y1 + slope * (right - x1)
        inside = (left < right) & (np.minimum(a, b) < self.bottom) & (np.maximum(a, b) > self.top)
        return int(inside.sum())


def around(x: float, y: float, width: float, height: float) -> Box:
    """The box around a point."""
    return Box(x - width / 2, y - height / 2, width, height)


@dataclass(frozen=True, slots=True, kw_only=True)
class Disc:
    """A unit: a circle, or a square for the one that is always 1."""

    layer: int
    unit: int
    x: float
    y: float
    radius: float
    text: str = ""
    size: float = 14.0
    font: Font = "bold"

    @property
    def box(self) -> Box:
        """The box around it."""
        return around(self.x, self.y, 2 * self.radius, 2 * self.radius)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A weight: a straight line from a unit of one layer to one of the next, whose number `layer` is.

    It is `is_dead` if one of the units is off, so that nothing flows. `mark` is the width of the nudge's triangle,
    `strength` the weight as a share of the largest.
    """

    layer: int
    source: int
    target: int
    x1: float
    y1: float
    x2: float
    y2: float
    weight: float
    width: float
    strength: float
    nudge: float | None = None
    mark: float = 0.0
    is_dead: bool = False

    def at(self, share: float) -> tuple[float, float]:
        """The point after a share of the way."""
        return self.x1 + share * (self.x2 - self.x1), self.y1 + share * (self.y2 - self.y1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What stands on a line: the weight, a triangle of the nudge, or both. `mark` is the triangle's width, or 0."""

    line: Line
    box: Box
    text: str
    mark: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A bias below its unit, with the triangle of its nudge on the right."""

    layer: int
    unit: int
    box: Box
    text: str
    value: float
    nudge: float | None = None
    mark: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrow:
    """What the example wants of a unit: an arrow at its right, up or down; `length` is 0 where it is not finite."""

    layer: int
    unit: int
    x: float
    y: float
    length: float
    nudge: float

    @property
    def box(self) -> Box:
        """The box around it."""
        return around(self.x, self.y, 14, max(self.length, 18))


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A text by its base line."""

    text: str
    x: float
    y: float
    anchor: Literal["start", "middle", "end"] = "start"
    size: float = 11.0
    font: Font = "ui"
    style: Literal["plain", "soft", "warn"] = "soft"
    whole: str = ""                 # the text before it was cut


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """An image: pixels in grey from 0 to 1, or weights from −1 to 1; without cells an empty frame."""

    box: Box
    kind: Literal["pixels", "map", "weights"]
    cells: Array | None
    layer: int
    title: str
    lit: int = 0                    # how many cells are not finite


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """A quiet curve from a pixel to its unit; with an arrow head where a whole layer leads to the next."""

    x1: float
    y1: float
    x2: float
    y2: float
    has_head: bool = False


@dataclass(kw_only=True)
class Scene:
    """Everything in its place."""

    width: float = 0.0
    height: float = 0.0
    bottom: float = 0.0             # of the network itself; the explanation stands below
    discs: list[Disc] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    tags: list[Tag] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)
    dots: list[tuple[float, float]] = field(default_factory=list)
    words: list[Words] = field(default_factory=list)
    tiles: list[Tile] = field(default_factory=list)
    leads: list[Lead] = field(default_factory=list)
    has_numbers: bool = True        # whether weights are written
    is_faint: bool = False          # whether lines are pale where weights are small
    is_crowded: bool = False        # and very pale
    has_small_tags: bool = False    # whether tags say only the sign of a bias, and nothing for 0
    marked: int = 0                 # how many weights have a triangle, if not all do
