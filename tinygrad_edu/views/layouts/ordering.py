"""Who stands above whom in each rank, so that few lines cross.

    by_appearance(grid, nesting, gap) -> Order               as a reader of the formula meets them: exact for trees
    improve(order, sweeps)                               the best of several sweeps forwards and backwards

Pieces and frames are the things that are ordered. Each has one value, and everywhere the smaller value comes first
among those in the same frame: so a frame is contiguous, and two things that meet in several ranks stand in the same
order in all of them. That is what makes a placement with straight pieces and rectangular frames possible at all.

A sweep gives each piece the mean place of what it is joined to in the rank before; pieces and frames of several ranks
move by the mean pull on them. In small pictures neighbours are then swapped as long as that saves a crossing.

Source: Sugiyama, Tagawa & Toda 1981, "Methods for visual understanding of hierarchical system structures"
(barycentres); Barth, Mutzel & Jünger 2004, "Simple and efficient bilayer cross counting".
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from itertools import product

import numpy as np

from .grid import Grid
from .nesting import Nesting

SMALL = 500         # items, up to which neighbours are tried the other way round
STEADY = 4          # sweeps without an improvement, after which ordering stops


class Order:
    """The values that order pieces and frames, and what follows from them.

    Attributes:
        values: for each piece, then each frame.
        by_rank: for each rank its items in order.
        places: for each item the middle of its place, if every rank were packed around zero.
    """

    def __init__(self, grid: Grid, nesting: Nesting, values: list[float], gap: float) -> None:
        self.grid, self.nesting, self.gap = grid, nesting, gap
        frames = range(len(nesting.parents))
        self.first_frame = max(grid.piece, default=-1) + 1
        around = {frame: tuple(self.first_frame + outer for outer in nesting.path(frame)) for frame in (-1, *frames)}
        self.path = [(*around[owner], piece) for owner, piece in zip(grid.owner, grid.piece, strict=True)]
        self.values = values
        self.by_rank: list[list[int]] = [[] for _ in range(grid.ranks)]
        for item, rank in enumerate(grid.rank):
            self.by_rank[rank].append(item)
        self.places = [0.0] * len(grid.kind)
        self.before: list[list[tuple[int, float]]] = [[] for _ in grid.kind]
        self.after: list[list[tuple[int, float]]] = [[] for _ in grid.kind]
        self.joints: list[list[tuple[int, int, float]]] = [[] for _ in range(grid.ranks)]
        for source, target, arrival in grid.joints:
            self.before[target].append((source, -arrival))
            self.after[source].append((target, arrival))
            self.joints[grid.rank[source]].append((source, target, arrival))
        self._find_shared()
        self.sort(range(grid.ranks))

    def _find_shared(self) -> None:
        """Which things span several items, and what pulls at them: (thing, item, item it is joined to, arrival)."""
        sizes = np.bincount(self.grid.piece, minlength=self.first_frame) if self.grid.piece else np.zeros(0, int)
        self.is_shared = [*(sizes > 1).tolist(), *([True] * len(self.nesting.parents))]
        self.ranks_of: list[set[int]] = [set() for _ in self.values]
        for item, path in enumerate(self.path):
            for thing in path:
                self.ranks_of[thing].add(self.grid.rank[item])
        members = [(thing, item) for item, path in enumerate(self.path) for thing in path if self.is_shared[thing]]
        pulls = []
        for source, target, arrival in self.grid.joints:
            for here, there, aside in ((source, target, arrival), (target, source, -arrival)):
                pulls += [(thing, here, there, aside) for thing in self.path[here]
                          if self.is_shared[thing] and thing not in self.path[there]]
        self.members = np.array(members, int).reshape(-1, 2).T
        self.pulls = np.array([pull[:3] for pull in pulls], int).reshape(-1, 3).T
        self.pull_arrivals = np.array([pull[3] for pull in pulls])

    def key(self, item: int) -> tuple[tuple[float, int], ...]:
        """What an item is sorted by: the values of its frames from outside in, then its own."""
        return tuple((self.values[thing], thing) for thing in self.path[item])

    def sort(self, ranks: Iterable[int]) -> None:
        """Bring `ranks` into the order that the values say, and find the places that follow."""
        across, places, piece, values = self.grid.across, self.places, self.grid.piece, self.values
        key = self.key if self.nesting.parents else lambda item: (values[piece[item]], piece[item])
        for rank in ranks:
            items = self.by_rank[rank]
            items.sort(key=key)
            here = -(sum(across[item] for item in items) + self.gap * (len(items) - 1)) / 2
            for item in items:
                places[item] = here + across[item] / 2
                here += across[item] + self.gap

    def sweep(self, ranks: Iterable[int], joined: list[list[tuple[int, float]]]) -> None:
        """Move every piece to the mean place of what it is joined to in the rank that comes before in `ranks`."""
        self._move_shared()
        piece, places, values = self.grid.piece, self.places, self.values
        for rank in ranks:
            for item in self.by_rank[rank]:
                if not self.is_shared[piece[item]]:
                    others = joined[item] or [(item, 0.0)]
                    mean = sum(places[other] + aside for other, aside in others) / len(others)
                    values[piece[item]] = round(mean, 6)        # a tie is a tie, whatever the order of the sum
            self.sort([rank])

    def _move_shared(self) -> None:
        """Move what spans several items by the mean pull on it."""
        places, things = np.array(self.places), len(self.values)
        count = np.bincount(self.members[0], minlength=things)
        middle = np.bincount(self.members[0], weights=places[self.members[1]], minlength=things) / np.maximum(count, 1)
        thing, here, there = self.pulls
        pull = np.bincount(thing, weights=places[there] + self.pull_arrivals - places[here], minlength=things)
        middle += pull / np.maximum(np.bincount(thing, minlength=things), 1)
        for moved, (is_shared, value) in enumerate(zip(self.is_shared, middle.round(6).tolist(), strict=True)):
            if is_shared:
                self.values[moved] = value

    def crossings(self, ranks: Iterable[int]) -> int:
        """How many pairs of lines cross between each of `ranks` and the next."""
        total, place = 0, self.places
        for rank in ranks:
            ends: list[tuple[float, float]] = []
            for _, *end in sorted((place[s], place[t], arrival) for s, t, arrival in self.joints[rank]):
                at = bisect_right(ends, tuple(end))
                total += len(ends) - at
                ends.insert(at, (end[0], end[1]))
        return total


    def pair_crossings(self, first: int, second: int) -> int:
        """How many lines of two items in one rank cross, if `first` stands before `second`."""
        places = self.places
        sources = ([places[source] for source, _ in self.before[item]] for item in (first, second))
        targets = ([(places[target], arrival) for target, arrival in self.after[item]] for item in (first, second))
        return sum(one > two for one, two in product(*sources)) + sum(one > two for one, two in product(*targets))


def by_appearance(grid: Grid, nesting: Nesting, gap: float) -> Order:
    """The order in which a walk from the last box meets everything, inputs in the order in which they arrive."""
    arriving: list[list[tuple[float, int]]] = [[] for _ in grid.kind]
    for line, (hops, arrival) in enumerate(zip(grid.hops, grid.arrivals, strict=True)):
        arriving[hops[-1].target].append((arrival, line))
    met: dict[int, None] = {}
    seen = set()
    for last in range(len(grid.kind) - 1, -1, -1):
        stack = [last]
        while stack:
            item = stack.pop()
            met.setdefault(grid.piece[item])
            if item in seen:
                continue
            seen.add(item)
            for _, line in sorted(arriving[item], reverse=True):
                hops = grid.hops[line]
                stack.append(hops[0].source)
                stack.extend(lane.item for hop in hops for lane in hop.lanes)
                stack.extend(hop.source for hop in hops[1:])
    pieces = max(grid.piece, default=-1) + 1
    values = [0.0] * (pieces + len(nesting.parents))
    for number, piece in enumerate(met):
        values[piece] = float(number)
    inside: list[list[float]] = [[] for _ in nesting.parents]
    for owner, piece in zip(grid.owner, grid.piece, strict=True):
        for frame in nesting.path(owner):
            inside[frame].append(values[piece])
    for frame, numbers in enumerate(inside):
        values[pieces + frame] = sum(numbers) / max(len(numbers), 1)
    return Order(grid, nesting, values, gap)


def improve(order: Order, sweeps: int) -> None:
    """Sweep forwards and backwards, and keep the order with the fewest crossings."""
    ranks = range(order.grid.ranks)
    best, fewest, steady = list(order.values), order.crossings(ranks), 0
    for turn in range(sweeps):
        if not fewest or steady == STEADY:
            break
        order.sweep(*((ranks, order.before) if turn % 2 == 0 else (ranks[::-1], order.after)))
        crossings = order.crossings(ranks)
        steady += 1
        if crossings < fewest:
            best, fewest, steady = list(order.values), crossings, 0
    order.values = best
    order.sort(ranks)
    if fewest and len(order.grid.kind) <= SMALL:
        _swap(order)


def _swap(order: Order) -> None:
    """Swap neighbours while that saves crossings."""
    ordered = sorted(range(len(order.values)), key=lambda thing: (order.values[thing], thing))
    for number, thing in enumerate(ordered):
        order.values[thing] = float(number)         # no two alike, so that a swap is a change
    improving, rounds = True, 0
    while improving and rounds < STEADY:
        improving, rounds = False, rounds + 1
        for rank in range(order.grid.ranks):
            for place in range(len(order.by_rank[rank]) - 1):
                improving |= _swapped(order, *order.by_rank[rank][place:place + 2])


def _swapped(order: Order, item: int, other: int) -> bool:
    """Swap the two (or the frames around them that differ) if that saves crossings; whether it did."""
    pairs = zip(order.path[item], order.path[other], strict=False)
    one, two = next((one, two) for one, two in pairs if one != two)
    if not order.is_shared[one] and not order.is_shared[two]:
        if order.pair_crossings(item, other) <= order.pair_crossings(other, item):
            return False
        order.values[one], order.values[two] = order.values[two], order.values[one]
        order.sort([order.grid.rank[item]])
        return True
    ranks = sorted({*order.ranks_of[one], *order.ranks_of[two]})
    around = sorted({near for rank in ranks for near in (rank - 1, rank) if near >= 0})
    before = order.crossings(around)
    if not before:
        return False
    values = order.values
    values[one], values[two] = values[two], values[one]
    order.sort(ranks)
    if order.crossings(around) < before:
        return True
    values[one], values[two] = values[two], values[one]
    order.sort(ranks)
    return False
