"""Following: in which order things come of which some follow others.

    in_order(after)     the things, each before those that follow it, without those in circles
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any


def in_order(after: Sequence[Sequence[tuple[int, Any]]]) -> list[int]:
    """The things, each before those that follow it; those in a circle or behind one are left out.

    Args:
        after: for each thing those that follow it, each with something that does not matter here.
    Source: Kahn 1962, "Topological sorting of large networks".

    >>> in_order([[(2, 0)], [(0, 0)], []]), in_order([[(1, 0)], [(0, 0)], []])
    ([1, 0, 2], [2])
    """
    waiting = [0] * len(after)
    for ends in after:
        for later, _ in ends:
            waiting[later] += 1
    queue = deque(thing for thing, count in enumerate(waiting) if not count)
    order = []
    while queue:
        thing = queue.popleft()
        order.append(thing)
        for later, _ in after[thing]:
            waiting[later] -= 1
            if not waiting[later]:
                queue.append(later)
    return order
