"""What shall be straight: the main line of a picture, and the gates at the end of long lines.

    main_line(inputs, nesting)          each box and the one of its inputs that it is level with, if one stands out
    level(nesting, grid, boxes)         pairs of items that shall have the same place across

The eye follows a network from its input to its loss. That line is straight where a box has one input that is much
longer in the making than the others (a layer's input beside its weights), or that comes from outside its frame.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .grid import Grid
from .nesting import Nesting


def level(nesting: Nesting, grid: Grid, boxes: int) -> list[tuple[int, int]]:
    """Pairs of items that shall be level: along the main line, and long lines with the gates they lead to."""
    inputs: list[dict[int, list[int]]] = [{} for _ in range(boxes)]       # for each box: its sources, and their lines
    for line, hops in enumerate(grid.hops):
        inputs[hops[-1].target].setdefault(hops[0].source, []).append(line)
    pairs = []
    for box, source in main_line(inputs, nesting):
        lines = inputs[box][source]
        pairs.append((source, box))
        if len(lines) == 1:
            hops = grid.hops[lines[0]]
            pairs += [(source, hop.target) for hop in hops[:-1]]
            pairs += [(source, lane.item) for hop in hops for lane in hop.lanes]
    level = {item for pair in pairs for item in pair}
    for hops in grid.hops:
        lanes = hops[0].lanes
        if len(hops) > 1 and lanes and hops[0].target not in level and lanes[-1].item not in level:
            level.add(lanes[-1].item)
            pairs.append((lanes[-1].item, hops[0].target))
    return pairs


def main_line(inputs: Sequence[Iterable[int]], nesting: Nesting) -> list[tuple[int, int]]:
    """Boxes with the one input each that has by far the longest way behind it, comes into their frame, or is alone."""
    depth, to_go = [0] * len(inputs), [0] * len(inputs)         # how many boxes lie before, and still follow
    for box, sources in enumerate(inputs):
        depth[box] = max((depth[source] + 1 for source in sources), default=0)
    for box in reversed(range(len(inputs))):
        for source in inputs[box]:
            to_go[source] = max(to_go[source], to_go[box] + 1)
    uses: list[list[int]] = [[] for _ in inputs]
    for box, sources in enumerate(inputs):
        for source in sources:
            uses[source].append(to_go[box])
    pairs = []
    for box, sources in enumerate(inputs):
        main = _main(list(sources), box, depth, nesting)
        if main is not None and to_go[box] == max(uses[main]) and uses[main].count(to_go[box]) == 1:
            pairs.append((box, main))
    return pairs


def _main(sources: list[int], box: int, depth: list[int], nesting: Nesting) -> int | None:
    """The source that a box is level with, if one stands out."""
    if len(sources) < 2:
        return sources[0] if sources else None
    second, first = sorted(sources, key=lambda source: depth[source])[-2:]
    if depth[first] > 1 and depth[first] >= 3 * depth[second]:
        return first
    from_outside = [source for source in sources if nesting.boxes[source] != nesting.boxes[box]]
    return from_outside[0] if len(from_outside) == 1 else None
