"""A picture as a DOT text for Graphviz, and a layout by its answer: Graphviz says where everything is across.

    by_graphviz(picture, ask, engine) -> Layout         `ask` gives Graphviz's answer to a text, in the format "plain"
    dot_text(picture, nesting, grid) -> str             boxes, gates and bends as nodes, frames as clusters
    wanted(picture, grid, answer) -> list[float]        where it put the middle of each item, across

Graphviz is given the grid of the native layout, bends of long lines included, and puts each rank in order and in place.
Distances, frames and curves are then made as for the native layout: so all engines look alike, no box is covered and
each frame is close around what is in it, whatever Graphviz did. Nothing that the user named is in the text.

Source: graphviz.org/docs/outputs/plain (the format, which the oldest versions have).
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any

from .assembling import assembled
from .grid import Grid
from .layered import gridded
from .main_line import level
from .model import Layout, Picture
from .nesting import OUTSIDE, Nesting
from .ordering import Order, improve
from .placing import placed
from .programs import LayoutFailedError, ProgramFailedError

INCH = 72.0             # pixels
STRAIGHT = 20           # how much more Graphviz cares for the main line and for long lines being straight


def by_graphviz(picture: Picture, ask: Callable[[str], str], engine: str) -> Layout:
    """The layout by what Graphviz answers.

    Raises: LayoutFailedError if there is no answer, or it makes no sense.
    """
    nesting = Nesting(picture)
    grid = gridded(picture, nesting)
    try:
        answer = ask(dot_text(picture, nesting, grid))
    except ProgramFailedError:      # as on clusters of which each must come before the other; frames need no clusters
        if not picture.frames:
            raise
        answer = ask(dot_text(picture, nesting, grid, has_clusters=False))
    places = wanted(picture, grid, answer)
    order = Order(grid, nesting, _values(grid, nesting, places), picture.gap)
    improve(order, sweeps=0)
    for row in order.by_rank:                       # who has changed sides with a neighbour, has with its place
        for item, place in zip(row, sorted(places[item] for item in row), strict=True):
            places[item] = place
    straight = level(nesting, grid, len(picture.boxes))
    final = placed(picture, grid, nesting, order, wanted=places, alike=straight)
    return assembled(picture, grid, nesting, final, engine)


def dot_text(picture: Picture, nesting: Nesting, grid: Grid, *, has_clusters: bool = True) -> str:
    """The grid in the DOT language: item 7 is the node n7, and its second line from above arrives at its port p1."""
    import graphviz

    graph = graphviz.Digraph(
        graph_attr={"rankdir": "LR" if picture.direction == "right" else "TB", "splines": "false",
                    "nodesep": _inches(picture.gap / 2), "ranksep": _inches(picture.rank_gap / 2)},
        node_attr={"shape": "record", "fixedsize": "true", "label": ""}, edge_attr={"dir": "none"})
    clusters = [graphviz.Digraph(name=f"cluster_{frame}", graph_attr={"margin": f"{picture.padding:g}"})
                for frame in range(len(picture.frames))]
    ports = _ports(grid, len(picture.boxes))
    joined = {item for joint in grid.joints for item in joint[:2]}
    for item, owner in enumerate(grid.owner):
        if item < len(picture.boxes) or item in joined:
            parent = clusters[owner] if owner != OUTSIDE and has_clusters else graph
            _add_node(parent, picture, grid, item, len(ports.get(item, ())))
    levels = {grid.piece[other]: one for one, other in level(nesting, grid, len(picture.boxes))}
    for source, target, arrival in grid.joints:
        ends = [levels.get(grid.piece[end], grid.piece[end]) for end in (source, target)]
        is_straight = ends[0] == ends[1] or levels.get(grid.piece[target]) == source
        port = f":p{ports[target].index(arrival)}" if len(ports.get(target, ())) > 1 else ""
        graph.edge(f"n{source}", f"n{target}{port}", **({"weight": str(STRAIGHT)} if is_straight else {}))
    for frame in nesting.inner_first() if has_clusters else ():
        (graph if nesting.parents[frame] == OUTSIDE else clusters[nesting.parents[frame]]).subgraph(clusters[frame])
    return str(graph.source)


def _ports(grid: Grid, boxes: int) -> dict[int, list[float]]:
    """For each box the places at which lines arrive, from above."""
    arrivals: dict[int, set[float]] = {}
    for _, target, arrival in grid.joints:
        if target < boxes:
            arrivals.setdefault(target, set()).add(arrival)
    return {box: sorted(places) for box, places in arrivals.items()}


def _add_node(graph: Any, picture: Picture, grid: Grid, item: int, ports: int) -> None:
    """A node of the size of the item, with so many ports one beside the other."""
    across, along = (_inches(max(size, 1.0)) for size in (grid.across[item], grid.along[item]))
    width, height = (along, across) if picture.direction == "right" else (across, along)
    label = {"label": "|".join(f"<p{port}> " for port in range(ports))} if ports > 1 else {}
    graph.node(f"n{item}", width=width, height=height, **label)


def _inches(pixels: float) -> str:
    return f"{pixels / INCH:.4f}"


def wanted(picture: Picture, grid: Grid, answer: str) -> list[float]:
    """The middle of each item across, by the answer; what only holds a frame's place is in the middle of its boxes.

    Raises: LayoutFailedError if a box is missing, or something is no number.
    """
    found: dict[str, float] = {}
    try:
        for line in answer.splitlines():
            words = line.split()
            if words[:1] == ["node"]:
                found[words[1]] = -float(words[3]) * INCH if picture.direction == "right" else float(words[2]) * INCH
    except (ValueError, IndexError):
        found.clear()
    boxes = len(picture.boxes)
    if not all(map(isfinite, found.values())) or any(f"n{box}" not in found for box in range(boxes)):
        raise LayoutFailedError("its answer cannot be understood")
    result = []
    by_frame: dict[int, list[float]] = {}
    for box, owner in zip(range(boxes), grid.owner, strict=False):
        by_frame.setdefault(owner, []).append(found[f"n{box}"])
    for item, owner in enumerate(grid.owner):
        mates = by_frame.get(owner, [0.0])
        result.append(found.get(f"n{item}", sum(mates) / len(mates)))
    return result


def _values(grid: Grid, nesting: Nesting, places: list[float]) -> list[float]:
    """The mean place of each piece, then of each frame."""
    pieces = max(grid.piece, default=-1) + 1
    inside: list[list[float]] = [[] for _ in range(pieces + len(nesting.parents))]
    for piece, owner, place in zip(grid.piece, grid.owner, places, strict=True):
        inside[piece].append(place)
        for frame in nesting.path(owner):
            inside[pieces + frame].append(place)
    return [round(sum(members) / len(members), 6) if members else 0.0 for members in inside]
