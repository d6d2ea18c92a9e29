"""Excerpts: the user's line, with the expression marked as Python's tracebacks mark it.

    marked(place)       ~~^~~: where the expression stands, and in it the sign or name of the operation
    excerpt(...)        the line with those around it

Read `events.py` before this file.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from .events import Place


@dataclass(frozen=True, slots=True)
class Line:
    """A line of source: its number, its text, and whether it is the one that is lit."""

    number: int
    text: str
    is_lit: bool = False
    marks: str = ""                 # what stands below it


def excerpt(place: Place, sources: Mapping[str, Mapping[int, str]], around: int = 1) -> list[Line]:
    """The line of a place, marked, with up to `around` lines before and after; blank ones at the ends are left out."""
    known = sources.get(place.file, {})
    last = place.span[1] if place.span else place.line
    numbers = [n for n in range(place.line - around, last + around + 1) if n in known]
    lines = [Line(n, known[n], n == place.line, marks_of(place) if n == place.line else "") for n in numbers]
    while lines and not lines[0].text.strip():
        lines.pop(0)
    while lines and not lines[-1].text.strip():
        lines.pop()
    indent = min((len(line.text) - len(line.text.lstrip()) for line in lines if line.text.strip()), default=0)
    return [Line(each.number, each.text[indent:], each.is_lit, each.marks[indent:]) for each in lines]


def marks_of(place: Place) -> str:
    """What stands below the line: ~ below the expression, ^ below the operation in it; empty if it is not known."""
    if place.span is None or not place.text:
        return ""
    column, last, end = place.span
    if last != place.line:
        end = len(place.text.rstrip())
    segment = place.text[column:end]
    marks = ["~"] * len(segment)
    start, stop = _operation(segment) if last == place.line else (0, 0)
    marks[start:stop] = "^" * (stop - start)
    return " " * column + "".join(marks)


def _operation(segment: str) -> tuple[int, int]:
    """Where in an expression its operation stands: an operator, the name of a function, brackets of an index."""
    try:
        body = ast.parse(segment.strip(), mode="eval").body
    except SyntaxError:
        return 0, 0
    if isinstance(body, ast.BinOp):
        return _between(segment, body.left, body.right)
    if isinstance(body, ast.Compare) and len(body.comparators) == 1:
        return _between(segment, body.left, body.comparators[0])
    if isinstance(body, ast.UnaryOp):
        return 0, _letters(segment, body.operand.col_offset) or 1
    if isinstance(body, ast.Call):
        end = _letters(segment, body.func.end_col_offset or 0)
        name = body.func.attr if isinstance(body.func, ast.Attribute) else segment[:end]
        return end - len(name), end
    if isinstance(body, ast.Subscript):
        return segment.index("[", _letters(segment, body.value.end_col_offset or 0)), len(segment)
    if isinstance(body, ast.Attribute):
        return len(segment) - len(body.attr), len(segment)
    return 0, 0


def _between(segment: str, left: ast.expr, right: ast.expr) -> tuple[int, int]:
    """Where the operator between two operands stands; brackets around them are none of it."""
    start, stop = _letters(segment, left.end_col_offset or 0), _letters(segment, right.col_offset)
    inner = segment[start:stop]
    lead = len(inner) - len(inner.lstrip(" )"))
    return start + lead, stop - (len(inner) - len(inner.rstrip(" (")))


def _letters(segment: str, offset: int) -> int:
    """A column in letters, of one in bytes."""
    return len(segment.encode()[:offset].decode(errors="replace"))
