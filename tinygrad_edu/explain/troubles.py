"""Troubles: NaN and infinities in a trace, where they began, and why.

    trouble_of(trace, event)    rows of (word, text) for one event; empty if nothing is wrong
    first_forward(trace)        the first node of the forward pass with such a value made of finite ones

Read `events.py` before this file.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from ..views.drawing.numbers import count, number
from .events import Event, Node, is_finite, parts_of

if TYPE_CHECKING:
    from .traces import Trace

# What to write instead, and which input of the operation {x} is.
SAFE = {"sqrt": ("tg.where({x} > 0, tg.sqrt({x}), 0)", 0),
        "log": ("tg.log({x} + 1e-12), or tg.log_softmax for scores", 0),
        "divide": ("tg.where({x} != 0, …, 0), or divide by {x} + 1e-12", 1),
        "reciprocal": ("tg.where({x} != 0, …, 0), or 1 / ({x} + 1e-12)", 0),
        "power": ("tg.where({x} > 0, {x} ** …, 0)", 0),
        "exp": ("subtract the largest first, as tg.softmax and tg.logsumexp do", 0),
        "asin": ("tg.clip({x}, -0.999999, 0.999999)", 0), "acos": ("tg.clip({x}, -0.999999, 0.999999)", 0),
        "vector_norm": ("tg.sqrt(tg.sum({x} * {x}) + 1e-12)", 0)}
OTHERWISE = ("keep such elements out: tg.where(ok, {x}, safe) before it", 0)


def trouble_of(trace: Trace, event: Event | None) -> list[tuple[str, str]]:
    """What is wrong at an event (or, for None, before the first): rows of a word and a text."""
    if event is None:
        node = first_forward(trace)
        return [] if node is None else [
            (_kind(node.value), f"in the forward pass already: {node.label} has {_share(node.value)}"),
            ("began at", _place(node))]
    if event.began:
        return [(event.began, f"{event.rule.new} is {event.began} from here on: {_share(event.summed)}"),
                ("began at", _place(event.node)), *_because(event), ("try", _advice(event))]
    if is_finite(event.arriving) or is_finite(event.summed):
        return []
    first = next((each for each in trace.whole if each.began), None)
    since = f"it began at step {first.number}, {first.edge}" if first else "it came with the forward pass"
    rows = [(_kind(event.summed), f"goes on from {event.node.label}: {since}")]
    return rows + _because(event) if _kind(event.summed) != _kind(event.arriving) else rows


def first_forward(trace: Trace) -> Node | None:
    """The first node whose value is not finite though all that it was made from is."""
    for each in trace.forward:
        inputs = (x.value if isinstance(x, Node) else x for x in each.node.inputs)
        if not is_finite(each.value) and all(map(is_finite, inputs)):
            return each.node
    return None


def _kind(value: Any) -> str:
    return "NaN" if any(bool(np.isnan(part).any()) for part in parts_of(value)) else "infinite"


def _share(value: Any) -> str:
    """How many elements are not finite."""
    parts = [np.asarray(part) for part in parts_of(value)]
    size, bad = sum(part.size for part in parts), sum(int((~np.isfinite(part)).sum()) for part in parts)
    return number(parts[0][()]) if size == 1 and not parts[0].ndim else f"{count(bad)} of {count(size)} elements"


def _place(node: Node) -> str:
    if node.place is None:
        return str(node.op)
    text = f":  {node.place.text.strip()}" if node.place.text else ""
    return f"{node.op}, {node.place.short}{text}"


def _because(event: Event) -> list[tuple[str, str]]:
    """The local derivative and what arrived at the first element that went wrong."""
    summed, arriving = np.asarray(event.contribution), event.arriving
    if event.local is None or isinstance(arriving, tuple):
        return []
    places = np.argwhere(~np.isfinite(summed))
    if not len(places):
        return [("because", "finite numbers add up to more than a float can hold")]
    at = tuple(places[0])
    g, local = _at(arriving, at), _at(event.local, at)
    said = str(event.rule.local)
    inputs = [x for x in event.node.inputs if isinstance(x, Node)]
    chosen = [x for x in inputs if _names(said, x.label)] or [event.input]
    named = {x.label: x.value for x in (*chosen, *[event.node] * _names(said, event.node.label))}
    given = ", ".join(f"{name} = {number(_at(x, at))}" for name, x in named.items()
                      if not isinstance(x, tuple) and np.shape(x) in ((), summed.shape))
    return [("because", f"{said}{' with ' * bool(given)}{given} is {number(local)}, and {number(local)} × {number(g)} "
                        f"is {number(summed[at])}")]


def _names(text: str, label: str) -> bool:
    """Whether a formula names a node."""
    return re.search(rf"(?<![\w.]){re.escape(label)}(?![\w.])", text) is not None


def _at(value: Any, at: tuple[int, ...]) -> Any:
    array = np.asarray(value)
    return array[()] if not array.ndim else np.broadcast_to(array, np.broadcast_shapes(array.shape, (1,) * len(at)))[
        tuple(min(i, n - 1) for i, n in zip(at[-array.ndim:], array.shape, strict=False))]


def _advice(event: Event) -> str:
    """What to write instead, in code."""
    advice, position = SAFE.get(event.node.op or "", OTHERWISE)
    x = event.node.inputs[position] if position < len(event.node.inputs) else event.input
    label = x.label if isinstance(x, Node) else number(x) if np.ndim(x) == 0 else "x"
    if isinstance(x, Node) and not re.fullmatch(r"[^\W\d]\w*", label):
        return advice.replace("{x}", "x") + f", where x is {label}"
    return advice.replace("{x}", label)
