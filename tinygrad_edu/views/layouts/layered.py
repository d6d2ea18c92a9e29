"""The native layout: ranks, order, places, in NumPy and Python alone, for thirty boxes or ten thousand.

    layered(picture) -> Layout

    ranks.py        how far along each box stands
    grid.py         items for boxes, gates and long lines, one rank from the next
    ordering.py     who stands above whom
    main_line.py    what shall be straight
    placing.py      places across (separation.py keeps the distances)
    columns.py      places along
    routes.py       the lines as curves
    assembling.py   all of it as a Layout

The idea is Sugiyama's, as in Graphviz. Two things are for graphs of tensors: what leads from the first to the last box
through the most steps stays on one straight line, and leaves stand just before the box that uses them.
Time and memory grow with boxes and lines; nothing is recursive; the same picture gives the same layout.
"""

from __future__ import annotations

from .assembling import assembled
from .grid import Grid, grid_of, station_sizes
from .main_line import level
from .model import Layout, Picture
from .nesting import Nesting
from .ordering import by_appearance, improve
from .placing import placed
from .ranks import ranks

SWEEPS = 150_000            # items times sweeps


def layered(picture: Picture) -> Layout:
    """Lay a picture out.

    >>> from tinygrad_edu.views.layouts.model import Box, Line
    >>> boxes = (Box("a", 40, 20), Box("b", 40, 20))
    >>> layout = layered(Picture(boxes=boxes, lines=(Line("a to b", "a", "b"),)))
    >>> layout.boxes["b"]
    Rectangle(x=96.0, y=0.0, width=40, height=20)
    >>> layout.lines["a to b"][-1]
    Point(x=96.0, y=10.0)
    """
    nesting = Nesting(picture)
    grid = gridded(picture, nesting)
    order = by_appearance(grid, nesting, picture.gap)
    improve(order, max(4, min(24, SWEEPS // (len(grid.kind) + 1))))
    places = placed(picture, grid, nesting, order, alike=level(nesting, grid, len(picture.boxes)))
    return assembled(picture, grid, nesting, places, "layered")


def gridded(picture: Picture, nesting: Nesting) -> Grid:
    """The grid of a picture, gates in ranks of their own just before the boxes they lead to."""
    rank = ranks(picture, nesting)
    number = {box.id: index for index, box in enumerate(picture.boxes)}
    stations = [None if size is None else rank[number[line.target]] - 0.5
                for line, size in zip(picture.lines, station_sizes(picture), strict=True)]
    return grid_of(picture, nesting, rank, stations)
