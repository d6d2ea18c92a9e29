"""Marks: where in a line of the user's code the expression of a step stands, its operation, and the input it flows to.

    marks_of(event)     spans of the line, in letters

Read `explain/excerpts.py` before this file: it finds the expression and its operation.
"""

from __future__ import annotations

import ast

from ..events import Event
from ..excerpts import marks_of as marked

Span = tuple[int, int]


def marks_of(event: Event) -> dict[str, Span]:
    """The spans "expression", "operation" and "input" of the line of an event; those that are not known are missing.

    They count from the first letter of the line on.
    """
    place = event.node.place
    signs = marked(place) if place is not None else ""
    if place is None or not signs.strip() or "\t" in place.text:
        return {}
    start, end = len(signs) - len(signs.lstrip()), len(signs)
    found: dict[str, Span] = {"expression": (start, end)}
    if "^" in signs:
        found["operation"] = (signs.index("^"), signs.rindex("^") + 1)
    operand = _operand(place.text[start:end], event)
    if operand is not None:
        found["input"] = (start + operand[0], start + operand[1])
    return found


def _operand(segment: str, event: Event) -> Span | None:
    """Where in an expression the input of an event stands."""
    try:
        body = ast.parse(segment, mode="eval").body
    except SyntaxError:
        return None
    operands = _operands(body)
    named = [each for each in ast.walk(body) if isinstance(each, ast.Name) and each.id == event.input.name]
    if len(operands) == len(event.node.inputs):
        chosen: ast.expr | None = operands[event.position]
    else:
        chosen = named[0] if named else None
    if chosen is None or chosen.end_col_offset is None:
        return None
    return _letters(segment, chosen.col_offset), _letters(segment, chosen.end_col_offset)


def _operands(body: ast.expr) -> list[ast.expr]:
    """The operands of an operator; of a function what is written as such."""
    if isinstance(body, ast.BinOp):
        return [body.left, body.right]
    if isinstance(body, ast.UnaryOp):
        return [body.operand]
    if isinstance(body, ast.Subscript):
        return [body.value]
    if isinstance(body, ast.Compare):
        return [body.left, *body.comparators]
    if isinstance(body, ast.Call) and not any(isinstance(each, ast.Starred) for each in body.args):
        return list(body.args)
    return []


def _letters(segment: str, offset: int) -> int:
    """A column in letters, of one in bytes."""
    return len(segment.encode()[:offset].decode(errors="replace"))
