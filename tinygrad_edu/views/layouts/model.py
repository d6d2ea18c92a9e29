"""What a layout is given, and what it gives: boxes, lines and frames in, coordinates out.

Lengths are in pixels; x grows to the right, y downwards. A line leaves its source at the middle of one side and arrives
at the middle of the opposite side of its target; if it carries a gate (a small box that lies on the line), the gate
has a place of its own between the two, as a box would have, so that no gate covers anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

Direction = Literal["right", "down"]        # where values flow to


class Point(NamedTuple):
    """A place."""

    x: float
    y: float


class Rectangle(NamedTuple):
    """Left, top, width, height."""

    x: float
    y: float
    width: float
    height: float

    @property
    def centre(self) -> Point:
        """Its middle."""
        return Point(self.x + self.width / 2, self.y + self.height / 2)


class Box(NamedTuple):
    """A node to be placed: its size, everything it draws included, and the frame it belongs to."""

    id: str
    width: float
    height: float
    frame: str | None = None


class Line(NamedTuple):
    """A line to be placed, from `source` to `target`, with the size of its gate ((0, 0): it has none).

    Several lines may join the same two boxes. `order` is the rank among the lines that arrive at the target: lines
    arrive side by side in this order, `spacing` apart, centred on the middle of the target's side.
    """

    id: str
    source: str
    target: str
    order: int = 0
    gate: tuple[float, float] = (0.0, 0.0)


class Frame(NamedTuple):
    """A box around boxes: its parent frame, and the room its heading needs (width, height)."""

    id: str
    parent: str | None = None
    heading: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What is to be laid out.

    Boxes come in topological order: every line leads from an earlier box to a later one.
    """

    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    frames: tuple[Frame, ...] = ()
    direction: Direction = "right"
    spacing: float = 14.0               # between lines that arrive at one box
    gap: float = 28.0                   # between boxes that are side by side
    rank_gap: float = 56.0              # between ranks, where there is no gate
    padding: float = 16.0               # inside a frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where everything is.

    Attributes:
        width, height: of the whole; nothing lies outside (0, 0, width, height).
        boxes: id -> rectangle, of the size that was asked for.
        gates: line id -> rectangle, for lines that carry one.
        lines: line id -> control points of a smooth curve: the start, then three points for each cubic Bézier piece.
            The curve passes through the middle of its gate, and starts and ends along the direction of the picture.
        frames: id -> rectangle around everything inside, heading and padding included; a frame holds nothing else.
        engine: which layout made it: "dot", "pygraphviz" or "layered".
    """

    width: float
    height: float
    boxes: dict[str, Rectangle]
    gates: dict[str, Rectangle]
    lines: dict[str, tuple[Point, ...]]
    frames: dict[str, Rectangle]
    engine: str
