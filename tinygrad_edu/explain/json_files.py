"""JSON: a trace as text that other programs can read, and back.

    written(trace)      the text
    read(text)          the trace again; labels and formulas are read too, tensors are not

An object with these members (version 1):

    format, version     "tinygrad_edu trace", 1
    title, of, root     what the result is, what formulas call it, the id of its node
    seed                the gradient that the pass began with
    nodes               oldest first: id, kind, name, label, expression, value, needs_gradient, op, sign, inputs,
                        module, place (file, line, function, text, expression, span)
    forward             ids of the results, in the order in which they were computed
    events              number, node, input, position, argument, is_hook, arriving, local, contribution, axes, summed,
                        before, after, count, of, mask, began, rule (new, arriving, local, factor, contribution,
                        spoken, latex, why, shapes), or null where formulas were left out
    gradients           node id -> the whole gradient
    not_taken           pairs of node ids
    sources             file -> line -> text

A number is a number; one that JSON lacks is "NaN", "Infinity" or "-Infinity". What is not a float64 is an object with
dtype, shape and data, flat in row order; several results are an object with fields and values. An input is
{"node": id} or {"value": …}. All floats are written so that they are read back to the last bit.
Read `traces.py` before this file.
"""

from __future__ import annotations

import json
import math
from collections import namedtuple
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

import numpy as np

from ..errors import ArgumentError, DataError
from .events import Event, Forward, Node, Place, RuleText
from .traces import Trace

FORMAT, VERSION = "tinygrad_edu trace", 1
STRANGE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
VALUES = ("arriving", "local", "contribution", "summed", "before", "after", "mask")
PLAIN = ("number", "position", "argument", "is_hook", "axes", "count", "of", "began")


def written(trace: Trace, formulas: bool = True) -> str:
    """The trace as JSON; without formulas it is written faster."""
    content = {
        "format": FORMAT, "version": VERSION, "title": trace.title, "of": trace.of, "root": trace.root.id,
        "seed": encoded(trace.seed), "nodes": [_node(node) for node in trace.nodes],
        "forward": [each.node.id for each in trace.forward],
        "events": [_event(event, formulas) for event in trace.events],
        "gradients": {i: encoded(value) for i, value in trace.gradients.items()},
        "not_taken": [[node.id, x.id] for node, x in trace.not_taken],
        "sources": {file: {str(n): text for n, text in lines.items()} for file, lines in trace.sources.items()}}
    return json.dumps(content, ensure_ascii=False, allow_nan=False)


def encoded(value: Any) -> Any:
    """A value as JSON has it."""
    if value is None or isinstance(value, (bool, str)) or value.__class__ is int:
        return value
    if isinstance(value, tuple):
        names = getattr(value, "_fields", None)
        return {"fields": list(names) if names else None, "values": [encoded(each) for each in value]}
    if value.__class__ is float:
        return _number(value)
    array = np.asarray(value)
    data = [_number(each) for each in array.reshape(-1).tolist()]
    return {"dtype": array.dtype.name, "shape": list(array.shape), "data": data}


def decoded(found: Any) -> Any:
    """The value that `encoded` wrote; arrays cannot be written to."""
    if isinstance(found, str):
        return STRANGE[found]
    if not isinstance(found, dict):
        return found
    if "values" in found:
        parts = [decoded(each) for each in found["values"]]
        return namedtuple("Results", found["fields"])(*parts) if found["fields"] else tuple(parts)
    data = [STRANGE[each] if isinstance(each, str) else each for each in found["data"]]
    array = np.array(data, found["dtype"]).reshape(found["shape"])
    array.setflags(write=False)
    return array if found["shape"] else array[()]


def _number(x: Any) -> Any:
    if isinstance(x, float) and not math.isfinite(x):
        return "NaN" if math.isnan(x) else "Infinity" if x > 0 else "-Infinity"
    return x


def _node(node: Node) -> dict[str, Any]:
    inputs = [{"node": x.id} if isinstance(x, Node) else {"value": _input(x)} for x in node.inputs]
    return {"id": node.id, "kind": node.kind, "name": node.name, "label": node.label, "expression": node.expression,
            "value": encoded(node.value), "needs_gradient": node.needs_gradient, "op": node.op, "sign": node.sign,
            "inputs": inputs, "module": node.module, "place": None if node.place is None else asdict(node.place)}


def _input(x: Any) -> Any:
    """A plain input; what is no number is told in words."""
    try:
        return encoded(x)
    except (TypeError, ValueError):
        return str(x)


def _event(event: Event, formulas: bool) -> dict[str, Any]:
    return {**{name: getattr(event, name) for name in PLAIN}, "node": event.node.id, "input": event.input.id,
            **{name: encoded(getattr(event, name)) for name in VALUES},
            "rule": asdict(event.rule) if formulas else None}


# -- and back ---------------------------------------------------------------------------------------------------------


class Stored:
    """The words of a trace that was read from a file."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self._nodes = {node["id"]: node for node in content["nodes"]}
        self._rules = {event["number"]: event["rule"] for event in content["events"]}
        self.of = content["of"]

    def label(self, node: str) -> str:
        """What to call a node."""
        return str(self._nodes[node]["label"])

    def expression(self, node: str) -> str | None:
        """What a node was made from."""
        found = self._nodes[node]["expression"]
        return None if found is None else str(found)

    def rule(self, number: int) -> RuleText:
        """The rule of an event.

        Raises: ArgumentError if formulas were left out when the trace was written.
        """
        rule = self._rules[number]
        if rule is None:
            raise ArgumentError("event.rule: the trace was written without formulas. Expected trace.to_json().")
        shapes = tuple((name, tuple(shape)) for name, shape in rule["shapes"])
        return RuleText(**{**rule, "shapes": shapes})


def read(text: str) -> Trace:
    """The trace that `written` wrote.

    Raises: DataError if the text is no such trace, or of a version that is not known.
    """
    try:
        content = json.loads(text)
    except ValueError as error:
        raise DataError(f"Trace.from_json: this is no JSON ({error}). Expected what trace.to_json() wrote.") from None
    given = (content.get("format"), content.get("version")) if isinstance(content, dict) else (None, None)
    if given != (FORMAT, VERSION):
        raise DataError(f"Trace.from_json: got format {given[0]!r:.40}, version {given[1]!r:.20}. Expected "
                        f"{FORMAT!r}, version {VERSION}.")
    try:
        return _built(content)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(f"Trace.from_json: a part is missing or damaged ({type(error).__name__}: {error}). "
                        "Expected what trace.to_json() wrote.") from None


def _built(content: dict[str, Any]) -> Trace:
    words = Stored(content)
    nodes: dict[str, Node] = {}
    known = {each.name for each in fields(Place)}
    for each in content["nodes"]:
        place = each["place"]
        if place is not None:
            span = tuple(place["span"]) if place["span"] else None
            place = Place(**{**{name: place[name] for name in known}, "span": span})
        inputs = tuple(nodes[x["node"]] if "node" in x else _read_input(x["value"]) for x in each["inputs"])
        nodes[each["id"]] = Node(
            id=each["id"], kind=each["kind"], name=each["name"], value=decoded(each["value"]),
            needs_gradient=each["needs_gradient"], op=each["op"], sign=each["sign"], inputs=inputs,
            module=each["module"], place=place, words=words)
    events = tuple(Event(**_read_event(each, nodes), words=words) for each in content["events"])
    sources = {file: {int(n): line for n, line in lines.items()} for file, lines in content["sources"].items()}
    return Trace(events, tuple(Forward(i, nodes[each]) for i, each in enumerate(content["forward"], 1)),
                 tuple(nodes.values()), nodes[content["root"]], decoded(content["seed"]),
                 {i: decoded(value) for i, value in content["gradients"].items()},
                 tuple((nodes[a], nodes[b]) for a, b in content["not_taken"]), sources, content["of"], {}, words)


def _read_event(found: dict[str, Any], nodes: dict[str, Node]) -> dict[str, Any]:
    return {**{name: found[name] for name in PLAIN}, **{name: decoded(found[name]) for name in VALUES},
            "axes": tuple(found["axes"]), "node": nodes[found["node"]], "input": nodes[found["input"]]}


def _read_input(found: Any) -> Any:
    return found if isinstance(found, str) and found not in STRANGE else decoded(found)
