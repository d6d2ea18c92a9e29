"""The grid: boxes, gates and the bends of long lines as items, each in a rank, joined only from one rank to the next.

    grid_of(picture, nesting, rank, stations) -> Grid

A line that passes other ranks gets an item in each, so that it keeps room of its own between the boxes there; those
items form a lane, which is one straight piece. Lines that leave the same box share its lanes. Where lanes would need
more memory than a few times the picture, the longest lines go around the picture instead.

Everything is measured across and along: for direction "right" across is down the page and along is to the right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from .model import Line, Picture
from .nesting import OUTSIDE, Nesting

BOX, GATE, BEND = range(3)
SIDE = 0.8          # the part of a side at which lines arrive
ROOM = 4_000        # items for long lines, beside two for each box and line


class Stretch(NamedTuple):
    """A part of a line's way: in which frame it is from which rank to which."""

    frame: int
    first: int
    last: int


class Lane(NamedTuple):
    """A straight stretch of a line: its first item, and the ranks from which to which this line uses it."""

    item: int
    first: int
    last: int


class Hop(NamedTuple):
    """A part of a line: from the item `source` through lanes to the item `target`, or around the picture."""

    source: int
    target: int
    lanes: tuple[Lane, ...] = ()
    is_around: bool = False


@dataclass(slots=True)
class Grid:
    """Items and what joins them.

    Attributes:
        kind, rank, across, along, owner, piece: for each item BOX, GATE or BEND; rank; size; frame; the piece it is a
            part of (items of one piece have the same place across, and are ordered as one).
        joints: (item, item of the next rank, how far beside the middle of the second item the line arrives).
        hops: for each line its one or two hops (two if it has a station).
        stations: for each line the item that is its gate, or its bend if it needs one to keep apart, or None.
        arrivals: for each line, how far beside the middle of its target it arrives.
        spans: for each frame its first and last rank.
        ranks: how many there are.
    """

    kind: list[int] = field(default_factory=list)
    rank: list[int] = field(default_factory=list)
    across: list[float] = field(default_factory=list)
    along: list[float] = field(default_factory=list)
    owner: list[int] = field(default_factory=list)
    piece: list[int] = field(default_factory=list)
    joints: list[tuple[int, int, float]] = field(default_factory=list)
    hops: list[tuple[Hop, ...]] = field(default_factory=list)
    stations: list[int | None] = field(default_factory=list)
    arrivals: list[float] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)
    ranks: int = 0

    def add(self, kind: int, rank: int, size: tuple[float, float], owner: int, piece: int | None = None) -> int:
        """A new item of `size` (across, along); a piece of its own unless `piece` is given. Returns its index."""
        item = len(self.kind)
        self.kind.append(kind)
        self.rank.append(rank)
        self.across.append(size[0])
        self.along.append(size[1])
        self.owner.append(owner)
        self.piece.append(item if piece is None else piece)
        return item


def turned(picture: Picture, width: float, height: float) -> tuple[float, float]:
    """A size as (across, along)."""
    return (height, width) if picture.direction == "right" else (width, height)


def station_sizes(picture: Picture) -> list[tuple[float, float] | None]:
    """For each line the size of what it carries: its gate; room to bow, if other lines join the same boxes; or None."""
    twins: dict[tuple[str, str], int] = {}
    for line in picture.lines:
        twins[line.source, line.target] = twins.get((line.source, line.target), 0) + 1
    return [line.gate if any(line.gate) else (0.0, 0.0) if twins[line.source, line.target] > 1 else None
            for line in picture.lines]


def arrivals(picture: Picture) -> list[float]:
    """For each line how far beside the middle of its target it arrives: `spacing` apart, closer on a short side."""
    by_target: dict[str, list[tuple[int, int]]] = {}
    for index, line in enumerate(picture.lines):
        by_target.setdefault(line.target, []).append((line.order, index))
    result = [0.0] * len(picture.lines)
    for box in picture.boxes:
        lines = sorted(by_target.get(box.id, ()))
        step = min(picture.spacing, SIDE * turned(picture, box.width, box.height)[0] / max(len(lines) - 1, 1))
        for place, (_, index) in enumerate(lines):
            result[index] = (place - (len(lines) - 1) / 2) * step
    return result


def grid_of(picture: Picture, nesting: Nesting, rank: Sequence[float], stations: Sequence[float | None]) -> Grid:
    """Items for boxes in the ranks `rank`, for gates in the ranks `stations` (None: no gate), and for long lines.

    Ranks may be any numbers; those of a line's source, gate and target must rise. Frames without boxes get an
    item for their heading, and frames an empty item in each rank that they span but have nothing in.
    """
    used = sorted({*rank, *(station for station in stations if station is not None)}) or [0.0]
    index = {value: place for place, value in enumerate(used)}
    result = Grid(ranks=len(used), arrivals=arrivals(picture))
    for box, at, owner in zip(picture.boxes, rank, nesting.boxes, strict=True):
        result.add(BOX, index[at], turned(picture, box.width, box.height), owner)
    for frame in nesting.empty():
        result.add(BOX, 0, turned(picture, *picture.frames[frame].heading), frame)
    result.spans = _spans(result, nesting)
    _add_lines(result, picture, nesting, [None if at is None else index[at] for at in stations])
    _add_fillers(result, nesting)
    return result


def _spans(grid: Grid, nesting: Nesting) -> list[tuple[int, int]]:
    """For each frame the first and the last rank of the boxes in it."""
    spans = [(grid.ranks, -1)] * len(nesting.parents)
    for owner, rank in zip(grid.owner, grid.rank, strict=True):
        if owner != OUTSIDE:
            spans[owner] = (min(spans[owner][0], rank), max(spans[owner][1], rank))
    for frame in nesting.inner_first():
        parent = nesting.parents[frame]
        if parent != OUTSIDE:
            spans[parent] = (min(spans[parent][0], spans[frame][0]), max(spans[parent][1], spans[frame][1]))
    return spans


def _add_lines(grid: Grid, picture: Picture, nesting: Nesting, stations: list[int | None]) -> None:
    """Gates, lanes and joints."""
    number = {box.id: index for index, box in enumerate(picture.boxes)}
    for line, size, rank in zip(picture.lines, station_sizes(picture), stations, strict=True):
        ends = number[line.source], number[line.target]
        if size is None or rank is None:
            grid.stations.append(None)
        else:
            grid.stations.append(_add_station(grid, picture, nesting, line, ends, rank))
    parts = [[(number[line.source], number[line.target])] if station is None else
             [(number[line.source], station), (station, number[line.target])]
             for line, station in zip(picture.lines, grid.stations, strict=True)]
    ways = {part: _way(grid, nesting, *part) for line_parts in parts for part in line_parts}
    lanes = _add_lanes(grid, ways, ROOM + 2 * (len(picture.boxes) + len(picture.lines)))
    joints: dict[tuple[int, int, float], None] = {}
    for line_parts, arrival in zip(parts, grid.arrivals, strict=True):
        hops = []
        for source, target in line_parts:
            hop = _hop(source, target, ways[source, target], lanes)
            hops.append(hop)
            if not hop.is_around:
                _join(grid, hop, arrival if target < len(picture.boxes) else 0.0, joints)
        grid.hops.append(tuple(hops))
    for first, start, last, _ in lanes.values():
        joints.update(((first + step, first + step + 1, 0.0), None) for step in range(last - start))
    grid.joints = list(joints)


def _add_station(grid: Grid, picture: Picture, nesting: Nesting, line: Line, ends: tuple[int, int], rank: int) -> int:
    """The gate of a line, or the place where it bows away from its twins."""
    way = _stretches(grid, nesting, grid.owner[ends[0]], grid.owner[ends[1]], rank, rank)
    if any(line.gate):
        return grid.add(GATE, rank, turned(picture, *line.gate), way[-1].frame)
    return grid.add(BEND, rank, (picture.spacing, 0.0), way[-1].frame)


def _stretches(grid: Grid, nesting: Nesting, source: int, target: int, first: int, last: int) -> list[Stretch]:
    """Through which frames a line from frame `source` to frame `target` goes between the ranks `first` and `last`.

    A line is in a frame of its target as soon as that has begun, else in a frame of its source as long as that lasts.
    """
    left, entered = nesting.apart(source, target)
    shared = nesting.parents[left[0]] if left else nesting.parents[entered[0]] if entered else source
    outer_begin = grid.spans[entered[0]][0] if entered else last + 1
    steps = [(frame, min(grid.spans[frame][1], outer_begin - 1)) for frame in reversed(left)]       # until which rank
    steps.append((shared, outer_begin - 1))
    steps += [(frame, grid.spans[inner][0] - 1) for frame, inner in pairwise(entered)]
    steps += [(frame, last) for frame in entered[-1:]]
    result = []
    for frame, end in steps:
        if min(end, last) >= first:
            result.append(Stretch(frame, first, min(end, last)))
            first = min(end, last) + 1
    return result


Ways = dict[tuple[int, int], list[Stretch]]
Lanes = dict[tuple[int, int], tuple[int, int, int, int]]


def _way(grid: Grid, nesting: Nesting, source: int, target: int) -> list[Stretch]:
    """The frames between two items, without their own ranks."""
    first, last = grid.rank[source] + 1, grid.rank[target] - 1
    return _stretches(grid, nesting, grid.owner[source], grid.owner[target], first, last) if first <= last else []


def _add_lanes(grid: Grid, ways: Ways, room: int) -> Lanes:
    """One lane for each (item that lines leave, frame): (first item, first rank, last rank, its piece)."""
    wanted: dict[tuple[int, int], tuple[int, int]] = {}
    for (source, _), way in ways.items():
        for frame, first, last in way:
            known = wanted.get((source, frame), (first, last))
            wanted[source, frame] = (min(first, known[0]), max(last, known[1]))
    lanes: Lanes = {}
    for key, (first, last) in sorted(wanted.items(), key=lambda entry: (entry[1][1] - entry[1][0], entry[0])):
        room -= last - first + 1
        if room < 0:
            break
        start = piece = len(grid.kind)
        for rank in range(first, last + 1):
            grid.add(BEND, rank, (0.0, 0.0), key[1], piece)
        lanes[key] = (start, first, last, piece)
    return lanes


def _hop(source: int, target: int, way: list[Stretch], lanes: Lanes) -> Hop:
    """The lanes of a way; around the picture if one of them does not exist."""
    if any((source, frame) not in lanes for frame, _, _ in way):
        return Hop(source, target, is_around=True)
    return Hop(source, target, tuple(Lane(lanes[source, frame][0], first, last) for frame, first, last in way))


def _join(grid: Grid, hop: Hop, arrival: float, joints: dict[tuple[int, int, float], None]) -> None:
    """The joints of a hop from each of its stretches to the next."""
    here = hop.source
    for lane in hop.lanes:
        start = lane.item + lane.first - grid.rank[lane.item]
        joints[here, start, 0.0] = None
        here = start + lane.last - lane.first
    joints[here, hop.target, arrival] = None


def _add_fillers(grid: Grid, nesting: Nesting) -> None:
    """An empty item wherever a frame spans a rank without having anything there: it holds the frame's place."""
    filled: list[list[int]] = [[] for _ in nesting.parents]
    for owner, rank in zip(grid.owner, grid.rank, strict=True):
        if owner != OUTSIDE:
            filled[owner].append(rank)
    for frame in nesting.inner_first():
        first, last = grid.spans[frame]
        mine = set(filled[frame])
        for rank in range(first, last + 1):
            if rank not in mine:
                grid.add(BEND, rank, (0.0, 0.0), frame)
        if nesting.parents[frame] != OUTSIDE:
            filled[nesting.parents[frame]].extend(range(first, last + 1))
