"""From places across and columns along to a Layout: the last step of every engine.

    assembled(picture, grid, nesting, places, engine) -> Layout
"""

from __future__ import annotations

from .columns import Columns, columns
from .grid import GATE, Grid
from .model import Layout, Picture, Point, Rectangle
from .nesting import Nesting
from .placing import Places
from .routes import curve, tracks


def assembled(picture: Picture, grid: Grid, nesting: Nesting, places: Places, engine: str) -> Layout:
    """The layout in which items have these places across."""
    along = columns(picture, grid, nesting, places)
    halves = [size / 2 for size in grid.across]
    low = min([place - half for place, half in zip(places.items, halves, strict=True)]
              + [edges[0] for edges in places.frames], default=0.0)
    high = max([place + half for place, half in zip(places.items, halves, strict=True)]
               + [edges[1] for edges in places.frames], default=0.0)
    around = tracks(grid, high, picture.spacing)
    high = max(high, *around.values()) if around else high
    page = _Page(picture, low)
    boxes = {box.id: page.item(grid, places, along, item) for item, box in enumerate(picture.boxes)}
    gates = {line.id: page.item(grid, places, along, station)
             for line, station in zip(picture.lines, grid.stations, strict=True)
             if station is not None and grid.kind[station] == GATE}
    lines = {line.id: tuple(page.point(*point) for point in curve(grid, places, along, index, around))
             for index, line in enumerate(picture.lines)}
    frames = {frame.id: page.rectangle(*along.frames[index], *places.frames[index])
              for index, frame in enumerate(picture.frames)}
    far = page.point(along.end, high)
    return Layout(width=far.x, height=far.y, boxes=boxes, gates=gates, lines=lines, frames=frames, engine=engine)


class _Page:
    """From (along, across) to (x, y), in hundredths of a pixel."""

    def __init__(self, picture: Picture, low: float) -> None:
        self.is_right = picture.direction == "right"
        self.low = low

    def point(self, along: float, across: float) -> Point:
        """A place on the page."""
        along, across = round(along, 2) + 0.0, round(across - self.low, 2) + 0.0        # + 0.0: no -0.0
        return Point(along, across) if self.is_right else Point(across, along)

    def rectangle(self, start: float, end: float, low: float, high: float) -> Rectangle:
        """A rectangle between edges along and across."""
        near, far = self.point(start, low), self.point(end, high)
        return Rectangle(*near, round(far.x - near.x, 2), round(far.y - near.y, 2))

    def item(self, grid: Grid, places: Places, columns: Columns, item: int) -> Rectangle:
        """The rectangle of an item, of exactly its size, in the middle of its column."""
        middle = sum(columns.ranks[grid.rank[item]]) / 2
        across, along = grid.across[item], grid.along[item]
        corner = self.point(middle - along / 2, places.items[item] - across / 2)
        return Rectangle(*corner, *((along, across) if self.is_right else (across, along)))
