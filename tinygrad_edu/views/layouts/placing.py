"""Where everything is across the picture: as near to what it is joined to as order and distances allow.

    placed(picture, grid, nesting, order, wanted, alike) -> Places

Every piece is one unknown, and every frame two, its edges. In each rank neighbours keep their distance: item from item,
item from the edge of a frame, edge from edge. Within that, each piece wants the mean place of what it is joined to; the
places follow from some rounds of that. With `wanted` places (from Graphviz) it is one round.

Reading order: separation.py, then this.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from .following import in_order
from .grid import BEND, GATE, Grid
from .model import Picture
from .nesting import OUTSIDE, Nesting
from .ordering import Order
from .separation import Follows, separated

WORK = 80_000          # items times rounds
SMALL = 4_000           # items, up to which small kinks are made straight
KINK = 6.0              # pixels
STILL = 0.2             # pixels, less than which is no movement
LIGHT = 0.01            # the weight of what nothing is joined to


class Places(NamedTuple):
    """For each item its middle, for each frame its two edges, across the picture."""

    items: list[float]
    frames: list[tuple[float, float]]


class _Step(NamedTuple):
    """One of what stand in a row: an unknown, how much room it takes before and after its place, its frames."""

    unknown: int
    before: float
    after: float
    kind: int


EDGE_IN, EDGE_OUT = 3, 4        # kinds of steps, beside those of items


def distance(picture: Picture, one: int, other: int) -> float:
    """The room between two neighbours of these kinds."""
    if one == EDGE_IN or other == EDGE_OUT:
        return 0.0                                  # the padding is part of the edge
    if BEND in (one, other):
        return picture.spacing if one == other or GATE in (one, other) else (picture.spacing + picture.gap) / 2
    return picture.gap / 2 if one == other == GATE else picture.gap


def placed(picture: Picture, grid: Grid, nesting: Nesting, order: Order, *, wanted: list[float] | None = None,
           alike: Iterable[tuple[int, int]] = ()) -> Places:
    """Places for items and frames.

    Args:
        picture, grid, nesting, order: what is placed, and who stands above whom.
        wanted: where items want to be; None: at the mean of what they are joined to.
        alike: pairs of items that shall have the same place if that is possible.
    """
    pairs = list(alike)
    unknowns = _Unknowns(picture, grid, nesting, order, pairs)
    if wanted is not None:
        places = unknowns.near(wanted)
    else:
        places = unknowns.settled(max(3, min(40, WORK // (len(grid.kind) + 1))))
    if len(grid.kind) > SMALL:
        return places
    pairs += [(source, target) for source, target, arrival in grid.joints if not arrival]
    level = [(one, other) for one, other in pairs if abs(places.items[one] - places.items[other]) < KINK]
    return _Unknowns(picture, grid, nesting, order, level).near(places.items)


class _Unknowns:
    """The unknowns of a placement, and the distances between them."""

    def __init__(self, picture: Picture, grid: Grid, nesting: Nesting, order: Order,
                 alike: list[tuple[int, int]]) -> None:
        self.picture, self.grid, self.nesting = picture, grid, nesting
        pieces = max(grid.piece, default=-1) + 1
        self.first_edge = pieces
        singles = list(range(pieces))
        within = _united(singles, [(grid.piece[one], grid.piece[other]) for one, other in alike
                                   if grid.owner[one] == grid.owner[other]])
        self.of_piece = _united(within, [(grid.piece[one], grid.piece[other]) for one, other in alike])
        for fewer in (within, singles, singles):        # where pieces cannot be level, they are so within their frames
            self.before = self._distances(order)
            self.order, stuck = _sorted(self.before)
            if not stuck:
                break
            self.of_piece = [fewer[piece] if of in stuck else of for piece, of in enumerate(self.of_piece)]
        self.unknown = np.array([self.of_piece[piece] for piece in grid.piece], int)

    def _distances(self, order: Order) -> Follows:
        """For each unknown those that come before it."""
        before: list[dict[int, float]] = [{} for _ in range(self.first_edge + 2 * len(self.nesting.parents))]
        for items in order.by_rank:
            previous = None
            for step in self._row(items):
                if previous is not None:
                    room = previous.after + step.before + distance(self.picture, previous.kind, step.kind)
                    known = before[step.unknown]
                    known[previous.unknown] = max(known.get(previous.unknown, 0.0), room)
                previous = step
        for frame, (first, second) in enumerate(self._edges()):
            before[second][first] = max(before[second].get(first, 0.0), self._heading(frame)[1])
        return [list(distances.items()) for distances in before]

    def _edges(self) -> list[tuple[int, int]]:
        """The unknowns of each frame."""
        firsts = (self.first_edge + 2 * frame for frame in range(len(self.nesting.parents)))
        return [(first, first + 1) for first in firsts]

    def _heading(self, frame: int) -> tuple[float, float]:
        """Room for the heading of a frame across: (before what is in it, of the whole frame at least)."""
        width, height = self.picture.frames[frame].heading
        if self.picture.direction == "right":
            return height, 0.0
        return 0.0, width + 2 * self.picture.padding if width else 0.0

    def _row(self, items: list[int]) -> Iterator[_Step]:
        """The items of a rank with the edges of frames between them."""
        inside = OUTSIDE
        for item in [*items, None]:
            owner = OUTSIDE if item is None else self.grid.owner[item]
            left, entered = self.nesting.apart(inside, owner)
            for frame in reversed(left):
                yield _Step(self.first_edge + 2 * frame + 1, self.picture.padding, 0.0, EDGE_OUT)
            for frame in entered:
                yield _Step(self.first_edge + 2 * frame, 0.0, self.picture.padding + self._heading(frame)[0], EDGE_IN)
            if item is not None:
                half = self.grid.across[item] / 2
                yield _Step(self.of_piece[self.grid.piece[item]], half, half, self.grid.kind[item])
            inside = owner

    def settled(self, rounds: int) -> Places:
        """Places after so many rounds in which everything moves towards what it is joined to."""
        size = len(self.before)
        joints = np.array([joint[:2] for joint in self.grid.joints], int).reshape(-1, 2).T
        arrivals = np.array([joint[2] for joint in self.grid.joints])
        ends = self.unknown[joints]
        outer = ends[0] != ends[1]
        (source, target), arrivals = ends[:, outer], arrivals[outer]
        count = np.bincount(np.concatenate([source, target]), minlength=size)
        weights = np.maximum(count, LIGHT).tolist()
        places = np.array(separated([0.0] * size, weights, self.before, self.order))
        for _ in range(rounds):
            total = (np.bincount(source, weights=places[target] + arrivals, minlength=size)
                     + np.bincount(target, weights=places[source] - arrivals, minlength=size))
            pulled = np.where(count > 0, total / np.maximum(count, 1), places)
            wanted = places + 0.6 * (pulled - places)       # all the way, two that want to meet would change sides
            moved, places = places, np.array(separated(wanted.tolist(), weights, self.before, self.order))
            self._tighten(places)
            if not size or np.abs(places - moved).max() < STILL:
                break
        return self._places(places)

    def near(self, wanted: list[float]) -> Places:
        """Places near the wanted ones of the items."""
        size = len(self.before)
        count = np.bincount(self.unknown, minlength=size)
        places = np.bincount(self.unknown, weights=wanted, minlength=size) / np.maximum(count, 1)
        self._tighten(places)
        weights = np.maximum(count, LIGHT).tolist()
        return self._places(np.array(separated(places.tolist(), weights, self.before, self.order)))

    def _tighten(self, places: np.ndarray) -> None:
        """Draw the edges of frames close to what is in them."""
        for frame, edges in enumerate(self._places(places).frames):
            places[self.first_edge + 2 * frame:self.first_edge + 2 * frame + 2] = edges

    def _places(self, places: np.ndarray) -> Places:
        """Items, and frames close around what is in them."""
        items = places[self.unknown].tolist() if self.grid.kind else []
        low = [float("inf")] * len(self.nesting.parents)
        high = [float("-inf")] * len(low)
        for owner, place, size in zip(self.grid.owner, items, self.grid.across, strict=True):
            if owner != OUTSIDE:
                low[owner], high[owner] = min(low[owner], place - size / 2), max(high[owner], place + size / 2)
        for frame in self.nesting.inner_first():
            before, least = self._heading(frame)
            low[frame] -= self.picture.padding + before
            high[frame] += self.picture.padding
            if high[frame] - low[frame] < least:
                last = places[self.first_edge + 2 * frame + 1]
                high[frame] = max(high[frame], min(low[frame] + least, last))
                low[frame] = min(low[frame], high[frame] - least)
            parent = self.nesting.parents[frame]
            if parent != OUTSIDE:
                low[parent], high[parent] = min(low[parent], low[frame]), max(high[parent], high[frame])
        return Places(items, list(zip(low, high, strict=True)))


def _united(parts: list[int], pairs: list[tuple[int, int]]) -> list[int]:
    """For each thing one that stands for its part, after the parts of each pair have become one."""
    parts = list(parts)

    def part(thing: int) -> int:
        while parts[thing] != thing:
            parts[thing] = parts[parts[thing]]
            thing = parts[thing]
        return thing

    for one, other in pairs:
        first, second = sorted((part(one), part(other)))
        parts[second] = first
    return [part(thing) for thing in range(len(parts))]


def _sorted(before: Follows) -> tuple[list[int], set[int]]:
    """The unknowns, each after those it follows, and those that follow each other in a circle."""
    after: Follows = [[] for _ in before]
    for unknown, others in enumerate(before):
        for other, room in others:
            after[other].append((unknown, room))
    order = in_order(after)
    if len(order) == len(before):
        return order, set()
    return order, set(range(len(before))).difference(order, in_order(before))
