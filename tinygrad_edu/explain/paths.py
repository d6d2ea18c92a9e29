"""Paths: the chain rule as a sum over all ways from a result back to what it was made from.

    trace.paths(x)      their number, and on graphs of single numbers the product of each and their sum

That is what the backward pass computes without walking each way on its own: their number can double at every step.
Read `traces.py` beside this file.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..views.drawing.numbers import count, number
from .events import Event, Node

if TYPE_CHECKING:
    from .traces import Trace

MOST = 1000                 # paths that are walked one by one
SHOWN = 12                  # of these are printed


@dataclass(frozen=True, slots=True)
class Path:
    """One way back: its edges, from the result on, and the product of their local derivatives."""

    start: Node
    events: tuple[Event, ...]
    product: float

    @property
    def nodes(self) -> tuple[Node, ...]:
        """What lies on it, from the result on."""
        return (self.start, *(event.input for event in self.events))

    @property
    def factors(self) -> tuple[float, ...]:
        """The local derivatives along it."""
        return tuple(float(event.local) for event in self.events)


class Paths:
    """All ways from a result back to a node.

    Attributes:
        count: how many there are, exactly.
        paths: each of them; None if there are too many, or arrays lie on the way.
        sum: the sum of their products: the derivative of the result by the node; None if `paths` is.
        note: why there is only their number; what a hook or a `where` did on the way.
    """

    def __init__(self, start: Node, end: Node, number_of: int, found: tuple[Path, ...] | None, note: str,
                 names: tuple[str, str]) -> None:
        self.start, self.end, self.count, self.paths, self.note = start, end, number_of, found, note
        self.sum = None if found is None else float(sum(path.product for path in found))
        self._names = names

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[Path]:
        return iter(self.paths or ())

    def __str__(self) -> str:
        start, end = self._names
        head = f"{count(self.count)} path{'s' * (self.count != 1)} from {start} to {end}"
        lines = [head + (f": {self.note}" if self.note else "")]
        rows = [(" → ".join([start, *(node.label for node in path.nodes[1:])]), _product(path))
                for path in (self.paths or ())[:SHOWN]]
        if self.paths is not None and self.count > SHOWN:
            rows.append((f"… {count(self.count - SHOWN)} more", ""))
        if self.paths:
            rows.append(("sum", number(self.sum)))
        width = max((len(way) for way, _ in rows), default=0)
        return "\n".join([*lines, *(f"  {way:{width}}   {product}".rstrip() for way, product in rows)])

    __repr__ = __str__


def _product(path: Path) -> str:
    factors = [number(each) for each in path.factors]
    return " × ".join(factors) + (f" = {number(path.product)}" if len(factors) > 1 else "")


def paths(trace: Trace, end: Node, start: Node) -> Paths:
    """The ways from `start` back to `end` along the events of a trace."""
    sent: dict[str, list[Event]] = defaultdict(list)
    for event in trace.events:
        if not event.is_hook:
            sent[event.node.id].append(event)
    number_of = _counted(trace, sent, start, end)
    names = (trace.of if start is trace.root else start.label, end.label)
    total = number_of[start.id]
    on_the_way = [event for node in trace.nodes if number_of.get(node.id) for event in sent[node.id]
                  if number_of.get(event.input.id) and _is_below(node, start)]
    hooked = any(event.is_hook and number_of.get(event.input.id) for event in trace.events)
    note = "a hook on the way changes what flows, beyond these products" if hooked else ""
    if any(not _is_number(event) for event in on_the_way):
        return Paths(start, end, total, None, "there are arrays on the way, so there are only sums of products", names)
    if total > MOST:
        return Paths(start, end, total, None, f"more than {count(MOST)}, too many to walk one by one", names)
    return Paths(start, end, total, tuple(_walked(sent, number_of, start, end)), note, names)


def _is_below(node: Node, start: Node) -> bool:
    return int(node.id[1:]) <= int(start.id[1:])


def _is_number(event: Event) -> bool:
    return event.local is not None and event.node.shape == () == event.input.shape


def _counted(trace: Trace, sent: dict[str, list[Event]], start: Node, end: Node) -> dict[str, int]:
    """For each node up to `start` the number of ways on to `end`; `trace.nodes` are oldest first."""
    found = {end.id: 1}
    for node in trace.nodes:
        if node is not end and _is_below(node, start):
            found[node.id] = sum(found.get(event.input.id, 0) for event in sent[node.id])
    found.setdefault(start.id, 0)
    return found


def _walked(sent: dict[str, list[Event]], number_of: dict[str, int], start: Node, end: Node) -> Iterator[Path]:
    stack: list[tuple[Node, tuple[Event, ...], Any]] = [(start, (), 1.0)]
    while stack:
        node, way, product = stack.pop()
        if node is end:
            yield Path(start, way, float(product))
            continue
        stack += [(event.input, (*way, event), product * event.local) for event in reversed(sent[node.id])
                  if number_of.get(event.input.id)]
