"""The nearest places at which things keep their distances: the inner loop of placement.

    separated(wanted, weights, before, order) -> places

One thing follows another at a distance of at least so much; the places minimise the weighted squares of what they
differ from the wanted ones, very nearly. The idea: take the things in order. Each is put where it wants to be; if it
comes too close to one before it, the two become a block, which moves as one to the mean of what its members want, and
may then meet the next. For things in a row that is the exact answer (pool adjacent violators); for several rows that
are coupled it is close to it, and always keeps the distances.

Source: Dwyer, Marriott & Stuckey 2006, "Fast node overlap removal" (the procedure satisfy_VPSC).
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush

Follows = list[list[tuple[int, float]]]         # for each thing: (one that comes before it, the distance to keep)
Pair = tuple[float, int, int, float]            # (slack but for the block's place, thing, the one before, distance)
CLOSE = 1e-7                                    # what is nearer than that keeps its distance


def separated(wanted: list[float], weights: list[float], before: Follows, order: list[int]) -> list[float]:
    """Places near the wanted ones that keep all distances.

    Args:
        wanted: where each thing wants to be.
        weights: how much each wants that, above 0.
        before: for each thing those it follows, with distances.
        order: all things, each after those it follows.
    Returns: a place for each.
    """
    blocks = _Blocks(wanted, weights)
    for thing in order:
        blocks.insert(thing, before[thing])
    at = blocks.at
    places = [at[block] + offset for block, offset in zip(blocks.block, blocks.offset, strict=True)]
    for thing in order:                         # what little the blocks left
        for other, distance in before[thing]:
            places[thing] = max(places[thing], places[other] + distance)
    return places


class _Blocks:
    """Things that move as one. A block is known by one of its members."""

    def __init__(self, wanted: list[float], weights: list[float]) -> None:
        things = range(len(wanted))
        self.block = list(things)
        self.offset = [0.0] * len(wanted)               # of each thing from the place of its block
        self.members: list[list[int]] = [[thing] for thing in things]
        self.weight, self.weights = list(weights), weights
        self.pull = [weight * want for weight, want in zip(weights, wanted, strict=True)]
        self.at = list(wanted)                          # the place of each block
        self.shift = [0.0] * len(wanted)                # to be added to all numbers in the block's heap
        self.heaps: list[list[Pair]] = [[] for _ in things]

    def place(self, thing: int) -> float:
        """Where a thing is."""
        block = self.block[thing]
        return self.at[block] + self.offset[thing]

    def insert(self, thing: int, before: list[tuple[int, float]]) -> None:
        """Bring in a thing, and push until it and its block keep their distances to what is before."""
        at, block, offset = self.at, self.block, self.offset
        heap = [(-at[block[other]] - offset[other] - distance, thing, other, distance) for other, distance in before]
        self.heaps[thing] = heap
        if not heap or at[thing] + min(heap)[0] >= -CLOSE:
            if len(heap) > 1:
                heapify(heap)
            return                                      # as most things are: far enough from all that is before
        heapify(heap)
        while (near := self._too_near(self.block[thing])) is not None:
            self._merge(*near)

    def _too_near(self, block: int) -> tuple[int, int, float] | None:
        """The pair of the block whose distance is violated most: (thing, the one before it, distance)."""
        heap, shift = self.heaps[block], self.shift[block]
        while heap:
            slack, thing, other, distance = heap[0]
            if self.block[other] == block:
                heappop(heap)
                continue
            now = self.offset[thing] - self.place(other) - distance
            if now > slack + shift + CLOSE:             # the other has moved away since
                heappop(heap)
                heappush(heap, (now - shift, thing, other, distance))
                continue
            return (thing, other, distance) if self.at[block] + now < -CLOSE else None
        return None

    def _merge(self, thing: int, other: int, distance: float) -> None:
        """Make one block of two, in which `thing` is at `distance` from `other`."""
        kept, gone = self.block[thing], self.block[other]
        moved = self.offset[thing] - distance - self.offset[other]      # added to offsets in the block of `other`
        if len(self.members[kept]) < len(self.members[gone]):
            kept, gone, moved = gone, kept, -moved
        for member in self.members[gone]:
            self.block[member] = kept
            self.offset[member] += moved
        self.members[kept] += self.members[gone]
        self.pull[kept] += self.pull[gone] - moved * self.weight[gone]
        self.weight[kept] += self.weight[gone]
        self.at[kept] = self.pull[kept] / self.weight[kept]
        self._merge_heaps(kept, gone, moved)
        self.members[gone], self.heaps[gone] = [], []

    def _merge_heaps(self, kept: int, gone: int, moved: float) -> None:
        """Put the smaller heap into the larger."""
        large, small = self.heaps[kept], self.heaps[gone]
        large_shift, small_shift = self.shift[kept], self.shift[gone] + moved
        if len(large) < len(small):
            large, small, large_shift, small_shift = small, large, small_shift, large_shift
        for slack, thing, other, distance in small:
            heappush(large, (slack + small_shift - large_shift, thing, other, distance))
        self.heaps[kept], self.shift[kept] = large, large_shift
