"""Graphs as JSON: a description written to text, and read again as the same description.

    to_json(description, ...)       text
    from_json(text)                 -> the description and how it is shown

The schema, version 1. The whole is an object:

    format      "tinygrad_edu graph"
    version     1
    title       what the graph computes
    shown       "auto", "values", "gradients", "both" or "shapes"
    style       "auto", "blackboard", "compact" or "shapes"
    notes       sentences about what is not shown
    nodes       each an object with the attributes of `Node` in model.py; those that have their usual value are left out
    edges       the same of `Edge`, by target and position
    modules     the same of `Module`, outer ones before inner ones

Numbers that JSON does not have are the strings "NaN", "Infinity" and "-Infinity". Attributes that a reader does not
know are an error, so that a change of the schema is a new version.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

from ....errors import DataError
from ..model import Description, Edge, Module, Node

FORMAT = "tinygrad_edu graph"
VERSION = 1
SHOWN = Literal["auto", "values", "gradients", "both", "shapes"]
STYLE = Literal["auto", "blackboard", "compact", "shapes"]
NO_NUMBERS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


class Loaded(NamedTuple):
    """What a file holds."""

    description: Description
    shown: str
    style: str


def to_json(d: Description, shown: str = "auto", style: str = "auto") -> str:
    """A description as JSON; the same text for the same description."""
    whole = {"format": FORMAT, "version": VERSION, "title": d.title, "shown": shown, "style": style,
             "notes": list(d.notes)}
    lines = [f'  {json.dumps(name)}: {_text(value)}' for name, value in whole.items()]
    for name in ("nodes", "edges", "modules"):
        rows = ",\n".join(f"    {_text(_plain(each))}" for each in getattr(d, name))
        lines.append(f'  "{name}": [\n{rows}\n  ]' if rows else f'  "{name}": []')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _plain(x: Any) -> Any:
    """Objects, lists, numbers and strings; attributes that have their usual value are left out."""
    if isinstance(x, float) and not math.isfinite(x):
        return "NaN" if x != x else "Infinity" if x > 0 else "-Infinity"
    if isinstance(x, tuple):
        return [_plain(each) for each in x]
    if is_dataclass(x) and not isinstance(x, type):
        return {name: _plain(value) for name, usual, _ in _attributes(x.__class__)
                if (value := getattr(x, name)) != usual}
    return x


def from_json(text: str | bytes) -> Loaded:
    """The description that `to_json` wrote.

    Raises: DataError that says where the text is not what it should be.
    """
    try:
        whole = json.loads(text, parse_constant=_refused, parse_int=_integer)
    except (ValueError, RecursionError) as error:
        raise DataError(f"the graph is not JSON: {str(error) or type(error).__name__}.") from None
    if not isinstance(whole, dict) or whole.get("format") != FORMAT:
        raise DataError(f'the graph is JSON, but no graph: expected an object with "format": "{FORMAT}".')
    version = whole.get("version")
    if version != VERSION or isinstance(version, bool):
        raise DataError(f"the graph has version {version!r:.40} of the format, and this library reads version "
                        f"{VERSION}. Write the graph again with this library, or read it with a newer one.")
    expected = {"format", "version", "title", "shown", "style", "notes", "nodes", "edges", "modules"}
    _check_names(whole, expected, expected, "the graph")
    found = {name: _read(kind, whole[name], name) for name, kind in {
        "nodes": tuple[Node, ...], "edges": tuple[Edge, ...], "modules": tuple[Module, ...], "title": str,
        "notes": tuple[str, ...]}.items()}
    description = Description(**found)
    _check(description)
    return Loaded(description, _read(SHOWN, whole["shown"], "shown"), _read(STYLE, whole["style"], "style"))


def _refused(name: str) -> Any:
    raise ValueError(f'it holds {name}, which is no JSON; expected the string "{name}"')


def _integer(text: str) -> int:
    if len(text) > 1000:
        raise ValueError(f"it holds a number of {len(text)} digits")
    return int(text)


# -- reading ----------------------------------------------------------------------------------------------------------


@cache
def _attributes(kind: type) -> list[tuple[str, Any, Any]]:
    """(name, usual value or MISSING, type) of the attributes of a data class."""
    hints = get_type_hints(kind)
    return [(each.name, each.default if each.default_factory is MISSING else each.default_factory(), hints[each.name])
            for each in fields(kind)]


def _read(kind: Any, x: Any, at: str) -> Any:
    """`x` as a value of a type; DataError if it is none."""
    return _reader(kind)(x, at)


@cache
def _reader(kind: Any) -> Callable[[Any, str], Any]:
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        options = [each for each in inner if each is not NoneType]
        readers = [_reader(each) for each in options]
        return lambda x, at: None if x is None else readers[0](x, at)
    if origin is Literal:
        return lambda x, at: x if isinstance(x, str) and x in inner else _wrong(x, at, f"one of {', '.join(inner)}")
    if origin is tuple and inner[-1] is Ellipsis:
        one = _reader(inner[0])
        return lambda x, at: tuple([one(each, f"{at}[{i}]") for i, each in enumerate(_list(x, at))])
    if origin is tuple:
        readers = [_reader(each) for each in inner]
        return lambda x, at: tuple(read(each, f"{at}[{i}]") for i, (read, each) in enumerate(
            zip(readers, _list(x, at, len(readers)), strict=True)))
    if is_dataclass(kind) and isinstance(kind, type):
        return lambda x, at: _object(kind, x, at)
    return {str: _string, bool: _boolean, int: _count, float: _number}[kind]


def _object(kind: type, x: Any, at: str) -> Any:
    known = _attributes(kind)
    if not isinstance(x, dict):
        _wrong(x, at, "an object")
    _check_names(x, {name for name, *_ in known}, {name for name, usual, _ in known if usual is MISSING}, at)
    found = kind(**{name: _read(hint, x[name], f"{at}.{name}") for name, _, hint in known if name in x})
    if hasattr(found, "elements") and found.elements is not None and len(found.elements) != found.size:
        raise DataError(f"{at}: got {len(found.elements)} elements for shape {found.shape}, expected {found.size}.")
    return found


def _check_names(x: Mapping[str, Any], known: set[str], needed: set[str], at: str) -> None:
    unknown, missing = sorted(set(x) - known), sorted(needed - set(x))
    if unknown:
        raise DataError(f"{at}: got {', '.join(map(repr, unknown[:5]))}, which format version {VERSION} does not have. "
                        f"Expected {', '.join(sorted(known))}.")
    if missing:
        raise DataError(f"{at}: {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing.")


def _wrong(x: Any, at: str, expected: str) -> Any:
    raise DataError(f"{at}: got {x!r:.60}, expected {expected}.")


def _list(x: Any, at: str, length: int | None = None) -> list[Any]:
    if not isinstance(x, list) or (length is not None and len(x) != length):
        _wrong(x, at, "a list" if length is None else f"a list of {length}")
    found: list[Any] = x
    return found


def _string(x: Any, at: str) -> str:
    return x if isinstance(x, str) else _wrong(x, at, "a string")


def _boolean(x: Any, at: str) -> bool:
    return x if isinstance(x, bool) else _wrong(x, at, "true or false")


def _count(x: Any, at: str) -> int:
    return x if isinstance(x, int) and not isinstance(x, bool) and x >= 0 else _wrong(
        x, at, "a whole number, 0 or more")


def _number(x: Any, at: str) -> Any:
    """A number or a truth value, which is an element, too; NaN is one and the same object."""
    if isinstance(x, (int, float)):
        return x
    return NO_NUMBERS[x] if isinstance(x, str) and x in NO_NUMBERS else _wrong(
        x, at, 'a number, "NaN", "Infinity" or "-Infinity"')


def _check(d: Description) -> None:
    """Raise DataError unless ids are known and told apart, and nodes and modules come in order."""
    modules: set[str] = set()
    for i, module in enumerate(d.modules):
        _check_new(module.id, modules, f"modules[{i}]")
        _check_known(module.parent, modules, f"modules[{i}].parent", "a module before it")
        modules.add(module.id)
    rank: dict[str, int] = {}
    for i, node in enumerate(d.nodes):
        _check_new(node.id, rank, f"nodes[{i}]")
        _check_known(node.module, modules, f"nodes[{i}].module", "one of the modules")
        rank[node.id] = i
        if (node.gradient is not None) != (node.gradient_is == "known"):
            raise DataError(f"nodes[{i}]: its gradient_is is {node.gradient_is!r}, and there is "
                            f"{'a' if node.gradient else 'no'} gradient.")
    seen: set[str] = set()
    last = (-1, -1)
    for i, edge in enumerate(d.edges):
        _check_new(edge.id, seen, f"edges[{i}]")
        seen.add(edge.id)
        for end in ("source", "target"):
            _check_known(getattr(edge, end), rank, f"edges[{i}].{end}", "one of the nodes")
        if rank[edge.source] >= rank[edge.target]:
            raise DataError(f"edges[{i}] leads from {edge.source} to {edge.target}, which does not come after it.")
        if (rank[edge.target], edge.position) <= last:
            raise DataError(f"edges[{i}]: expected edges by target, then by position, each once.")
        last = rank[edge.target], edge.position


def _check_new(id: str, seen: Any, at: str) -> None:
    if not id or id in seen:
        raise DataError(f"{at}.id: got {id!r:.40}, expected an id that nothing else has.")


def _check_known(id: str | None, known: Any, at: str, expected: str) -> None:
    if id is not None and id not in known:
        raise DataError(f"{at}: got {id!r:.40}, expected {expected}.")
