"""The lines as smooth curves: level through columns, turning in the room between them.

    curve(grid, places, columns, line, around) -> Bézier points (along, across)
    tracks(grid, beyond, spacing)                   where lines run that go around the picture

A line is a row of stretches on which it is straight, joined by S-curves that start and end in the directions of the
stretches. It is level everywhere but in a gate that lies between its two ends: there it slopes as far as the height of
the gate allows, so that the line flows through the gate.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import NamedTuple

from .columns import Columns
from .grid import GATE, Grid, Hop
from .placing import Places

Pair = tuple[float, float]          # (along, across)


class Straight(NamedTuple):
    """A straight stretch of a line: from where to where along, its place across in the middle, and its slope."""

    start: float
    end: float
    place: float
    slope: float = 0.0

    def at(self, along: float) -> float:
        """Its place across at `along`."""
        return self.place + self.slope * (along - (self.start + self.end) / 2)


def tracks(grid: Grid, beyond: float, spacing: float) -> dict[int, float]:
    """For each item with lines that go around the picture: how far beyond it they run, each on a track of its own."""
    spans: dict[int, tuple[int, int]] = {}
    for hops in grid.hops:
        for hop in hops:
            if hop.is_around:
                first, last = spans.get(hop.source, (grid.rank[hop.source], 0))
                spans[hop.source] = (first, max(last, grid.rank[hop.target]))
    free: list[int] = []                    # tracks that ended, the nearest first
    busy: list[tuple[int, int]] = []        # (last rank, track)
    result = {}
    for item, (first, last) in sorted(spans.items(), key=lambda entry: (entry[1], entry[0])):
        while busy and busy[0][0] < first:
            heappush(free, heappop(busy)[1])
        track = heappop(free) if free else len(busy)
        heappush(busy, (last, track))
        result[item] = beyond + spacing * (track + 1)
    return result


def curve(grid: Grid, places: Places, columns: Columns, line: int, around: dict[int, float]) -> list[Pair]:
    """The Bézier points of one line."""
    return _points(_sloped(grid, line, _stretches(grid, places, columns, line, around)))


def _stretches(grid: Grid, places: Places, columns: Columns, line: int, around: dict[int, float]) -> list[Straight]:
    """The level stretches of a line, from the edge of its source to that of its target."""
    hops = grid.hops[line]
    source, target = hops[0].source, hops[-1].target
    left, right = columns.ranks[grid.rank[source]]
    result = [Straight((left + right + grid.along[source]) / 2, right, places.items[source])]
    for hop in hops:
        result += _between(grid, places, columns, hop, around)
        if hop.target != target:
            result.append(Straight(*columns.ranks[grid.rank[hop.target]], places.items[hop.target]))
    left, right = columns.ranks[grid.rank[target]]
    result.append(Straight(left, (left + right - grid.along[target]) / 2, places.items[target] + grid.arrivals[line]))
    return result


def _between(grid: Grid, places: Places, columns: Columns, hop: Hop, around: dict[int, float]) -> list[Straight]:
    """The stretches of a hop between its two items."""
    if hop.is_around:
        first, last = grid.rank[hop.source] + 1, grid.rank[hop.target] - 1
        return [Straight(columns.ranks[first][0], columns.ranks[last][1], around[hop.source])]
    return [Straight(columns.ranks[lane.first][0], columns.ranks[lane.last][1], places.items[lane.item])
            for lane in hop.lanes]


def _sloped(grid: Grid, line: int, stretches: list[Straight]) -> list[Straight]:
    """The stretches, with that through the gate as steep as the whole, within the height of the gate."""
    station = grid.stations[line]
    if station is None or grid.kind[station] != GATE:
        return stretches
    first = grid.hops[line][0]
    place = 1 + (1 if first.is_around else len(first.lanes))
    before, gate, after = stretches[place - 1:place + 2]
    down, on = gate.place - before.place, after.place - gate.place
    if down * on <= 0:
        return stretches
    half = (gate.end - gate.start) / 2
    room = min(gate.start - before.end, after.start - gate.end) / 2
    steep = min(0.4 * grid.across[station] / max(half, 1.0), 0.8 * min(abs(down), abs(on)) / (half + room),
                abs(after.place - before.place) / (after.start - before.end))
    stretches[place] = gate._replace(slope=steep if down > 0 else -steep)
    return stretches


def _points(stretches: list[Straight]) -> list[Pair]:
    """Bézier points through the stretches; pieces of no length and bends of no height are left out."""
    joined = [stretches[0]]
    for stretch in stretches[1:]:
        last = joined[-1]
        if stretch.place == last.place and not stretch.slope and not last.slope:
            joined[-1] = Straight(last.start, stretch.end, last.place)
        else:
            joined.append(stretch)
    points: list[Pair] = [(joined[0].start, joined[0].at(joined[0].start))]
    for index, stretch in enumerate(joined):
        if index:
            last = joined[index - 1]
            half = (stretch.start - last.end) / 2
            points += [(last.end + half, last.at(last.end) + last.slope * half),
                       (stretch.start - half, stretch.at(stretch.start) - stretch.slope * half),
                       (stretch.start, stretch.at(stretch.start))]
        if stretch.end - stretch.start > 0.01 or len(joined) == 1:
            third = (stretch.end - stretch.start) / 3
            points += [(stretch.start + third * step, stretch.at(stretch.start + third * step)) for step in (1, 2, 3)]
    return points
