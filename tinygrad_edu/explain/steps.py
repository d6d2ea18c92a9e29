"""Steps: the events of a trace, taken one by one, node by node, or layer by layer.

    steps_of(trace, "edge")         every edge is a step
    steps_of(trace, "node")         all edges of one operation are a step
    steps_of(trace, "module")       all edges within one layer are a step, in which gradients come in and go out

Read `traces.py` before this file and `stepper.py` after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from ..errors import ArgumentError
from .events import Event

Level = Literal["edge", "node", "module"]
LEVELS = ("edge", "node", "module")


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """What is shown at once.

    Attributes:
        level: "edge", "node" or "module".
        events: one, those of an operation, or those within a layer.
        module: at the level of modules, the path of the layer; None for what lies outside of all.
    """

    level: Level
    events: tuple[Event, ...]
    module: str | None = None

    @property
    def event(self) -> Event:
        """The last event: where things stand after this step."""
        return self.events[-1]

    @property
    def is_layer(self) -> bool:
        """Whether it is a whole layer, which can be opened."""
        return self.level == "module" and self.module is not None

    @property
    def title(self) -> str:
        """What it is about: `w·x → w`, `w·x → w, x`, or the path of a layer."""
        if self.is_layer:
            return str(self.module)
        if len(self.events) == 1:
            return self.event.edge
        inputs = dict.fromkeys(event.input.label for event in self.events)
        return f"{self.events[0].node.label} → {', '.join(inputs)}"

    @property
    def incoming(self) -> list[Event]:
        """Of each node of the layer that a gradient reaches from outside, the first event: it says what arrives."""
        inside = {event.input for event in self.events}
        firsts = {event.node: event for event in reversed(self.events) if event.node not in inside}
        return list(reversed(firsts.values()))

    @property
    def outgoing(self) -> list[Event]:
        """The last event to each node outside of the layer: its total after the layer."""
        made_here = {event.node for event in self.events}
        lasts = {event.input: event for event in self.events if event.input not in made_here}
        return [event for node, event in lasts.items() if node.kind != "parameter"]

    @property
    def to_parameters(self) -> list[Event]:
        """The last event to each parameter: its total after the layer."""
        lasts = {event.input: event for event in self.events}
        return [event for node, event in lasts.items() if node.kind == "parameter"]

    def __repr__(self) -> str:
        return f"<step: {self.title}>"


def steps_of(events: Sequence[Event], level: str, within: str | None = None) -> tuple[Step, ...]:
    """The steps of some events.

    Args:
        events: in the order of the engine.
        level: "edge", "node" or "module".
        within: for modules, the layer that was opened: steps are then the layers within it.
    """
    if level == "edge":
        return tuple(Step("edge", (event,)) for event in events)
    if level == "node":
        return tuple(Step("node", tuple(group)) for _, group in groupby(events, key=_owner))
    if level == "module":
        return tuple(_layers(events, within))
    raise ArgumentError(f"step(level=…): got {level!r:.40}. Expected {', '.join(map(repr, LEVELS))}.")


def _owner(event: Event) -> tuple[str, bool]:
    return event.node.id, event.is_hook


def _layers(events: Sequence[Event], within: str | None) -> Iterable[Step]:
    """Runs of events in one layer; what lies outside of all layers goes node by node."""
    outermost = _outermost({event.node.module for event in events if event.node.module}, within)
    for layer, run in groupby(events, key=lambda event: outermost.get(event.node.module or "")):
        if layer is not None:
            yield Step("module", tuple(run), layer)
        else:
            yield from (Step("module", tuple(group)) for _, group in groupby(run, key=_owner))


def _outermost(paths: set[str], within: str | None) -> dict[str, str]:
    """For each path the outermost of the paths that it lies in, below `within`."""
    below = sorted(path for path in paths if path != within)
    found: dict[str, str] = {}
    for path in below:                                      # sorted: an outer path stands before those inside it
        outer = next((found[each] for each in _outer(path) if each in found), path)
        found[path] = outer
    return found


def _outer(path: str) -> list[str]:
    """The paths around one: of "a.b.c" "a" and "a.b"."""
    parts = path.split(".")
    return [".".join(parts[:i]) for i in range(1, len(parts))]
