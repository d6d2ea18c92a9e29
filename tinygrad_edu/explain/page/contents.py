"""Contents: everything that the stepper's page says, as data that JSON can hold. `stepper.js` only shows it.

    contents(stepper, events)       the whole

Numbers are the engine's own. Of arrays every element is kept, in the four digits that are shown; of large ones, and
when there are too many in all, 48 runs with the smallest and the largest of each; "values_cut" says so.
Strings and values are kept once: elsewhere stand their numbers. Read `explain/events.py` before this file.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...core import values
from ...core.tensors import Tensor
from ...views.drawing.letters import cut, visible
from ...views.drawing.numbers import number, shape_text
from ...views.graphs.summaries import summary
from ..events import Event, Node
from ..quizzes import Question
from ..steps import Step, steps_of
from ..troubles import trouble_of
from .marks import marks_of
from .sums import sums_of

if TYPE_CHECKING:
    from ..stepper import Stepper
    from ..traces import Trace

MOST_STEPS = 2000           # events that are kept
MOST_CELLS = 1024           # elements of an array that are kept one by one
MOST_NUMBERS = 60_000       # elements of all arrays together
MOST_SPOKEN = 600           # events whose rule is written as one reads it aloud
LINES = 12                  # of source before and after a line that made a tensor
LABEL = 40                  # letters


class Kept:
    """Things that are kept once; what they are told by is their number."""

    def __init__(self) -> None:
        self.things: list[Any] = []
        self._numbers: dict[Any, int] = {}

    def number(self, key: Any, thing: Any = None) -> int:
        """The number of a thing."""
        if key not in self._numbers:
            self._numbers[key] = len(self.things)
            self.things.append(key if thing is None else thing)
        return self._numbers[key]


class Values:
    """The values of a trace, each once."""

    def __init__(self) -> None:
        self.kept = Kept()
        self.room = MOST_NUMBERS
        self.is_short = False

    def number(self, value: Any) -> int | None:
        """The number of a value; None for none."""
        if value is None:
            return None
        if isinstance(value, tuple):
            names = getattr(value, "_fields", [str(i) for i in range(len(value))])
            parts = [self.number(each) for each in value]
            return self.kept.number(("several", *parts), {"fields": list(names), "values": parts})
        if values.shape_of(value) == ():
            plain = value.item() if hasattr(value, "item") else value
            return self.kept.number((type(plain).__name__, repr(plain)), json_number(plain))
        array = np.asarray(value)
        key = (array.dtype.str, array.shape, array.tobytes())
        if key in self.kept._numbers:
            return self.kept._numbers[key]
        return self.kept.number(key, self._array(array))

    def _array(self, array: Any) -> dict[str, Any]:
        found = summary(array)
        made: dict[str, Any] = {"shape": list(array.shape), "low": json_number(found.minimum),
                                "high": json_number(found.maximum)}
        if array.dtype != np.float64:
            made["dtype"] = array.dtype.name
        made |= {name: n for name, n in (("nans", found.nans), ("infinities", found.infinities)) if n}
        if array.size <= min(MOST_CELLS, max(self.room, 48)):
            self.room -= array.size
            return made | {"data": [rounded(each) for each in array.reshape(-1).tolist()]}
        self.is_short = True
        return made | {"bins": [[rounded(low), rounded(high)] for low, high in found.bins or ()],
                       "mean": None if found.mean is None else rounded(found.mean)}


def json_number(x: Any) -> Any:
    """A number as JSON has it; NaN and infinities are words."""
    if isinstance(x, float) and not math.isfinite(x):
        return "NaN" if math.isnan(x) else "Infinity" if x > 0 else "-Infinity"
    if isinstance(x, int) and not isinstance(x, bool) and abs(x) >= 10_000:
        return number(x)                # exact, as words; JavaScript knows no integers
    return x


def rounded(x: Any) -> Any:
    """A number in the four digits that are shown."""
    if isinstance(x, float) and math.isfinite(x):
        short = float(f"{x:.4g}")
        return int(short) if short == int(short) and abs(short) < 1e6 else short
    return json_number(x)


# -- the whole --------------------------------------------------------------------------------------------------------


def contents(stepper: Stepper, events: Sequence[Event], start: int = 0) -> dict[str, Any]:
    """The data of a page; `homework.py` takes the answers out of it.

    Args:
        stepper: what is stepped through.
        events: those of its events that are shown.
        start: the step that the page opens at.
    """
    trace, kept, strings, rules = stepper.trace, Values(), Kept(), Kept()
    nodes = {node.id: i for i, node in enumerate(trace.nodes)}
    seen = {trace.root.id, *(event.node.id for event in events), *(event.input.id for event in events)}
    drawn = [_node(node, kept, node.id in seen) for node in trace.nodes]
    made: dict[str, Any] = {
        "title": trace.title, "of": trace.of, "root": nodes[trace.root.id], "seed": kept.number(trace.seed),
        "start": start, "level": stepper.whole.level, "shown": len(events), "all": len(trace),
        "nodes": drawn, "events": _events(events, nodes, kept, strings, rules),
        "levels": {level: _levels(events, level) for level in ("node", "module")},
        "numbers": [event.number for event in events] if any(
            event.number != i for i, event in enumerate(events, 1)) else None,
        "sources": _sources(trace, events), "marks": _marks(events),
        "troubles": _troubles(trace, events), "unset": _unset(trace),
        "left": [[node.label, x.label] for node, x in trace.not_taken[:6]]}
    quiz = stepper.quiz
    made |= {"quiz": quiz and [_question(quiz.question(event)) for event in events], "homework": None}
    sums, notice = sums_of(trace, events, strings)
    made |= {"sums": sums, "sums_cut": notice, "strings": strings.things, "rules": rules.things,
             "values": kept.kept.things, "values_cut": kept.is_short}
    return made


def _node(node: Node, kept: Values, is_seen: bool) -> dict[str, Any]:
    """A node; of those that no step goes through only what stands in the graph."""
    found: dict[str, Any] = {"id": node.id, "label": cut(node.label, LABEL), "kind": node.kind}
    if not is_seen:
        return found
    expression = node.expression
    if expression and expression != node.label:
        found["made"] = visible(expression)
    if node.op:
        found |= {"op": node.op, "sign": node.sign}
    if node.module:
        found["module"] = node.module
    found["value"] = kept.number(node.value)
    return found


def _events(events: Sequence[Event], nodes: Mapping[str, int], kept: Values, strings: Kept,
            rules: Kept) -> dict[str, list[Any]]:
    """Column by column, one entry for each event."""
    columns: dict[str, list[Any]] = defaultdict(list)       # one that holds nothing is left out
    with_speech = len(events) <= MOST_SPOKEN
    for event in events:
        row = {"node": nodes[event.node.id], "input": nodes[event.input.id], "position": event.position,
               "inputs": len(event.node.inputs), "hook": int(event.is_hook), "arriving": kept.number(event.arriving),
               "local": kept.number(event.local), "adds": kept.number(event.summed),
               "whole": kept.number(event.contribution) if event.axes else None,
               "axes": list(event.axes) or None, "before": kept.number(event.before),
               "after": kept.number(event.after), "count": event.count, "of": event.of,
               "rule": _rule(event, strings, rules, with_speech)}
        for name, value in row.items():
            columns[name].append(value)
    return {name: column for name, column in columns.items() if any(each not in (None, 0) for each in column)
            or name in ("node", "input", "position", "arriving", "adds", "after", "rule")}


def _rule(event: Event, strings: Kept, rules: Kept, with_speech: bool) -> int:
    """The rule in symbols, as numbers of strings: new, arriving, adds, why, local, factor, spoken; and its pieces."""
    rule = event.rule
    written = (rule.new, rule.arriving, rule.contribution, rule.why, rule.local, rule.factor or rule.local,
               rule.spoken if with_speech else None)
    found: list[Any] = [None if words is None else strings.number(visible(words)) for words in written]
    found.append(_pieces(event) or None)
    while found[-1] is None:
        found.pop()
    return rules.number(repr(found), found)


def _pieces(event: Event) -> list[list[str]]:
    """The rule of arrays, in pieces: those that are names have a shape."""
    rule = event.rule
    shape = values.shape_of(event.arriving) if not isinstance(event.arriving, tuple) else ()
    own = values.shape_of(event.summed) if not isinstance(event.summed, tuple) else ()
    if event.local is not None and not (shape or own):
        return []
    adds = f"{rule.arriving} · {rule.factor}" if rule.factor is not None and rule.factor != "1" else rule.contribution
    if event.axes:
        axes = f"axis {event.axes[0]}" if len(event.axes) == 1 else f"axes {', '.join(map(str, event.axes))}"
        adds = f"Σ over {axes} of ({adds})"
    shapes = {**dict(rule.shapes), rule.new: own}
    if shape:
        shapes[rule.arriving] = shape
    named = {name: each for name, each in shapes.items() if each}
    text = f"{rule.new} {'←' if event.is_hook else '← so far +'} {adds}"
    names = sorted(map(re.escape, named), key=len, reverse=True)
    found = re.split(rf"(?<![\w.∂/])({'|'.join(names)})(?![\w(.])", text) if names else [text]
    return [[visible(piece), shape_text(named[piece])] if i % 2 else [visible(piece)]
            for i, piece in enumerate(found) if piece]


def _question(asked: Question | None) -> dict[str, Any] | None:
    """What is asked at a step."""
    if asked is None:
        return None
    answer = asked.answer if asked.kind == "number" else visible(str(asked.answer))
    return {"kind": asked.kind, "prompt": visible(asked.prompt), "answer": json_number(answer), "hides": asked.hides,
            "choices": [*map(visible, asked.choices)], "hints": [*map(visible, asked.hints)],
            "mistakes": [[json_number(wrong), visible(text)] for wrong, text in asked.mistakes]}


# -- levels -----------------------------------------------------------------------------------------------------------


def _levels(events: Sequence[Event], level: str) -> list[Any]:
    """The steps of a level: [first event, last event, layer or null, steps inside or null]."""
    at = {event: i for i, event in enumerate(events, 1)}
    return [_step(step, at) for step in steps_of(events, level)]


def _step(step: Step, at: Mapping[Event, int]) -> list[Any]:
    first, last = at[step.events[0]], at[step.events[-1]]
    if not step.is_layer:
        return [first, last]
    deeper = {event.node.module for event in step.events} - {step.module}
    inner = steps_of(step.events, "module" if deeper else "edge", step.module)
    return [first, last, step.module, [_step(each, at) for each in inner] if deeper else None]


# -- the user's code --------------------------------------------------------------------------------------------------


def _sources(trace: Trace, events: Sequence[Event]) -> dict[str, Any]:
    """The lines around those that made tensors, by file; and the place of each event and node."""
    files: dict[str, dict[int, str]] = {}
    kept = Kept()

    def place(node: Node) -> int | None:
        if node.place is None:
            return None
        name = visible(node.place.short.rpartition(":")[0])
        known = files.setdefault(name, {})
        for line, text in trace.sources.get(node.place.file, {}).items():
            if abs(line - node.place.line) <= LINES:
                known[line] = visible(text.expandtabs(4))
        return kept.number((name, node.place.line), [name, node.place.line])

    start, places = place(trace.root), [place(event.node) for event in events]
    return {"start": start, "places": places, "nodes": [place(node) for node in trace.nodes], "known": kept.things,
            "files": {name: {str(line): known[line] for line in sorted(known)} for name, known in files.items()}}


def _marks(events: Sequence[Event]) -> dict[str, list[Any]]:
    """The spans of each event: expression, operation, input."""
    kept, of = Kept(), []
    for event in events:
        found = marks_of(event)
        spans = [list(found.get(name, ())) for name in ("expression", "operation", "input")] if found else None
        of.append(None if spans is None else kept.number(repr(spans), spans))
    return {"known": kept.things, "of": of}


# -- what is wrong, and what is not there -----------------------------------------------------------------------------


def _troubles(trace: Trace, events: Sequence[Event]) -> dict[str, list[list[str]]]:
    """What is wrong, by event; 0 for before the first."""
    found = {str(i): trouble_of(trace, event) for i, event in enumerate((None, *events))}
    return {number: [[word, visible(text)] for word, text in rows] for number, rows in found.items() if rows}


def _unset(trace: Trace) -> str | None:
    """A variable whose `.grad` is not set, for `backward()` was not called; None if there is none."""
    for t, node in trace.tensors.items():
        if t.__class__ is Tensor and t.is_leaf and t.requires_grad and t.grad is None:
            return cut(trace.node(node).label, LABEL)
    return None
