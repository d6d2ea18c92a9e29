"""Where everything is along the picture: each rank is a column, and between two there is room for lines and frames.

    columns(picture, grid, nesting, places) -> Columns

A column is as wide as its widest item. Lines are level inside columns and turn only between them, where nothing else
is: that is why they never cut through a box.
"""

from __future__ import annotations

from typing import NamedTuple

from .grid import BEND, BOX, GATE, Grid
from .model import Picture
from .nesting import OUTSIDE, Nesting
from .placing import Places

BESIDE_GATES = 0.75         # the room on each side of a gate, and of a bend between boxes, in parts of `rank_gap`
BESIDE_BENDS = 0.5
STEEP = 0.1                 # a column further for each ten across, so that far lines are not too steep,
STEEP_MOST = 3.0            # up to three times `rank_gap`


class Columns(NamedTuple):
    """For each rank its two edges, and for each frame its two edges, along the picture."""

    ranks: list[tuple[float, float]]
    frames: list[tuple[float, float]]
    end: float


def columns(picture: Picture, grid: Grid, nesting: Nesting, places: Places) -> Columns:
    """Columns for the ranks, and frames around them."""
    widths = [0.0] * grid.ranks
    for rank, along in zip(grid.rank, grid.along, strict=True):
        widths[rank] = max(widths[rank], along)
    gaps = _gaps(picture, grid, places)
    before, after = [0.0] * grid.ranks, [0.0] * grid.ranks
    _set(widths, gaps, before, after, picture, grid, nesting)           # once to see what frames need,
    return _set(widths, gaps, before, after, picture, grid, nesting)    # and once with that


def _gaps(picture: Picture, grid: Grid, places: Places) -> list[float]:
    """The room after each column, for lines."""
    kinds: list[set[int]] = [set() for _ in range(grid.ranks)]
    for item, rank in enumerate(grid.rank):
        kinds[rank].add(grid.kind[item])
    far = [0.0] * grid.ranks
    for source, target, arrival in grid.joints:
        rank = grid.rank[source]
        far[rank] = max(far[rank], abs(places.items[target] + arrival - places.items[source]))
    gaps = []
    for rank, distance in enumerate(far):
        here = kinds[rank] | kinds[min(rank + 1, grid.ranks - 1)]
        share = BESIDE_GATES if GATE in here else 1.0 if BOX in here and here <= {BOX, BEND} else BESIDE_BENDS
        if any(BOX not in kinds[near] and GATE not in kinds[near] for near in (rank, min(rank + 1, grid.ranks - 1))):
            share = min(share, BESIDE_BENDS)
        steep = min(STEEP * max(0.0, distance - 4 * picture.rank_gap), STEEP_MOST * picture.rank_gap)
        gaps.append(share * picture.rank_gap + steep)
    return gaps


def _set(widths: list[float], gaps: list[float], before: list[float], after: list[float],
         picture: Picture, grid: Grid, nesting: Nesting) -> Columns:
    """Columns with so much room `before` and `after` them for frames, which is raised to what the frames need."""
    ranks, here = [], 0.0
    for rank, width in enumerate(widths):
        here += before[rank]
        ranks.append((here, here + width))
        here += width + after[rank] + gaps[rank]
    frames = [(0.0, 0.0)] * len(nesting.parents)
    inner_low = [float("inf")] * len(frames)
    inner_high = [float("-inf")] * len(frames)
    for frame in nesting.inner_first():
        first, last = grid.spans[frame]
        width, height = picture.frames[frame].heading
        is_right = picture.direction == "right"
        low = min(ranks[first][0], inner_low[frame]) - picture.padding - (0.0 if is_right else height)
        high = max(ranks[last][1], inner_high[frame]) + picture.padding
        if is_right:
            high = max(high, low + width + 2 * picture.padding)
        frames[frame] = (low, high)
        before[first] = max(before[first], ranks[first][0] - low)
        after[last] = max(after[last], high - ranks[last][1])
        parent = nesting.parents[frame]
        if parent != OUTSIDE:
            inner_low[parent], inner_high[parent] = min(inner_low[parent], low), max(inner_high[parent], high)
    end = max([ranks[-1][1] + after[-1], *(high for _, high in frames)]) if ranks else 0.0
    return Columns(ranks, frames, end)
