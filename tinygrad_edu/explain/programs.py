"""Programs: a recorded computation as data, and run again with other values of its variables.

    program_of(trace)           what JSON can hold: the trace with its words, and the options of every operation
    drawn(program, seed)        the trace of the same computation, with values that follow from the seed

The words of the new trace are those of the first one; its numbers come from operations and rules themselves, run again.
Read `json_files.py` before this file.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ..core import ops
from ..core.backprop import ITEM
from ..core.rules import registry
from ..core.tensors import Tensor
from ..errors import ArgumentError, DataError
from .events import Forward, Node, Place, is_finite, parts_of
from .json_files import decoded, encoded, read, written
from .traces import Trace
from .tracing import trace

FORMAT, VERSION = "tinygrad_edu homework", 1
MOST_DRAWS = 40             # of values, until all gradients are finite


def program_of(x: Trace) -> dict[str, Any]:
    """The computation of a trace.

    Raises: ArgumentError if an operation of the user's own is in it, or a hook, or it was read from a file.
    """
    if not x.holds_tensors:
        raise ArgumentError("homework: this trace was read from a file. Expected one of a computation: "
                            "step(t, quiz=True).quiz.save(…).")
    if any(event.is_hook for event in x.events):
        raise ArgumentError("homework: there is a hook in the graph, which no file can hold. Remove it first.")
    options = {node.id: _options_of(x.tensor(node)) for node in x.nodes if node.op}
    words = _without_folders(json.loads(written(x)))
    return {"format": FORMAT, "version": VERSION, "trace": words, "options": options}


def _without_folders(content: dict[str, Any]) -> dict[str, Any]:
    """A trace as JSON without folders: whoever reads it need not know where the lesson lies."""
    files = {file: Place(file=file, line=1, function="", text="", expression="").short.rpartition(":")[0]
             for file in content["sources"]}
    content["sources"] = {files[file]: lines for file, lines in content["sources"].items()}
    for node in content["nodes"]:
        if node["place"]:
            node["place"]["file"] = files.get(node["place"]["file"], "")
    return content


def _options_of(t: Tensor) -> dict[str, Any]:
    assert t._op is not None
    name = t._op.name
    if t._op is not ITEM and (t._op.foreign or registry.get(name) is not t._op):
        raise ArgumentError(f"homework: {name} is an operation of your own, which no file can hold. Expected "
                            "operations of the library.")
    return {option: _option(value, name) for option, value in t.options.items()}


def _option(x: Any, op: str) -> Any:
    """An option as JSON has it: what JSON lacks is an object with one member that says what it is."""
    if x is None or isinstance(x, (bool, int, str)):
        return x
    if isinstance(x, (float, np.generic, np.ndarray)):
        return {"number": encoded(x)}
    if isinstance(x, (tuple, list)) and not hasattr(x, "_fields"):
        return {"tuple" if isinstance(x, tuple) else "list": [_option(each, op) for each in x]}
    if isinstance(x, slice):
        return {"slice": [_option(each, op) for each in (x.start, x.stop, x.step)]}
    if x is Ellipsis:
        return {"ellipsis": True}
    if isinstance(x, (np.dtype, type)):
        return {"dtype": np.dtype(x).name}
    raise ArgumentError(f"homework: {op} has an option that no file can hold, {x!r:.40}.")


def _read_option(found: Any) -> Any:
    if isinstance(found, dict):
        (kind, value), = found.items()
        if kind == "slice":
            return slice(*map(_read_option, value))
        if kind in ("tuple", "list"):
            return (tuple if kind == "tuple" else list)(map(_read_option, value))
        return Ellipsis if kind == "ellipsis" else np.dtype(value) if kind == "dtype" else decoded(value)
    return found


# -- other values -----------------------------------------------------------------------------------------------------


def drawn(program: Mapping[str, Any], seed: Any) -> Trace:
    """The trace of a program with values that follow from a seed; the same on every machine.

    Each named variable and input is drawn near its own value, of the same sign, in two digits.

    Raises: DataError if this is no program, or nothing that is drawn has finite gradients.
    """
    try:
        if (program["format"], program["version"]) != (FORMAT, VERSION):
            raise DataError(f"homework: got format {program['format']!r:.40}, version {program['version']!r:.20}. "
                            f"Expected {FORMAT!r}, version {VERSION}.")
        first = read(json.dumps(program["trace"]))
        options = {node: {name: _read_option(each) for name, each in found.items()}
                   for node, found in program["options"].items()}
        for draw in range(MOST_DRAWS):
            found = _traced(first, options, f"{seed} {draw}")
            if found is not None:
                return found
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"homework: a part is missing or damaged ({type(error).__name__}: {error}). Expected what "
                        "quiz.save(…) wrote.") from None
    raise DataError("homework: no values were found for which all gradients are finite. Expected a computation whose "
                    "gradients are finite near its own values.")


def _traced(first: Trace, options: Mapping[str, dict[str, Any]], seed: str) -> Trace | None:
    """The trace with one draw of values; None if it takes other ways, or something is not finite."""
    tensors: dict[str, Any] = {}
    with np.errstate(all="ignore"):
        for node in first.nodes:
            inputs = tuple(tensors[x.id] if isinstance(x, Node) else x for x in node.inputs)
            if node.is_leaf:
                tensors[node.id] = Tensor(_value(node, seed), requires_grad=node.needs_gradient)
            elif node.op == "item":
                tensors[node.id] = inputs[0][options[node.id]["index"]]
            else:
                tensors[node.id] = ops.apply(registry[str(node.op)], inputs, options[node.id])
        found = trace(tensors[first.root.id], gradient=None if first.root.shape == () else first.seed)
    ids = {found.tensors[t]: own for own, t in tensors.items() if t in found.tensors}
    ways = [(ids[event.node.id], ids[event.input.id], event.position) for event in found.events]
    if ways != [(event.node.id, event.input.id, event.position) for event in first.events] or not all(
            is_finite(event.after) for event in found.events):
        return None
    return _worded(first, found, ids)


def _worded(first: Trace, found: Trace, ids: Mapping[str, str]) -> Trace:
    """The numbers of one trace with the words of another."""
    values = {ids[node.id]: node.value for node in found.nodes}
    nodes: dict[str, Node] = {}
    for node in first.nodes:
        inputs = tuple(nodes[x.id] if isinstance(x, Node) else x for x in node.inputs)
        nodes[node.id] = replace(node, value=values.get(node.id, node.value), inputs=inputs)
    events = tuple(replace(event, number=old.number, node=nodes[old.node.id], input=nodes[old.input.id],
                           words=old.words) for old, event in zip(first.events, found.events, strict=True))
    gradients = {ids[own]: gradient for own, gradient in found.gradients.items()}
    return Trace(events, tuple(Forward(each.number, nodes[each.node.id]) for each in first.forward),
                 tuple(nodes.values()), nodes[first.root.id], found.seed, gradients, (), first.sources, first.of, {},
                 first.words)


def _value(node: Node, seed: str) -> Any:
    """The value of a leaf: drawn if it has a name and is not whole numbers."""
    floats = [part for part in parts_of(node.value)
              if isinstance(part, float) or (hasattr(part, "dtype") and part.dtype.kind == "f")]
    if not floats or node.name is None or node.kind == "constant":
        return node.value
    rng = random.Random(f"{seed} {node.id}")
    value = np.asarray(node.value)
    new = [_near(float(each), rng) for each in value.reshape(-1).tolist()]
    return new[0] if isinstance(node.value, float) else np.array(new, value.dtype).reshape(value.shape)


def _near(x: float, rng: random.Random) -> float:
    """A number near another one, of the same sign, in two digits."""
    factor = rng.uniform(0.5, 1.5)
    return float(f"{x * factor:.2g}")

