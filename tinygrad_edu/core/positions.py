"""Positions: which line, which expression and which variable of the user's code made a node.

A node stores `(code object, instruction offset)` of the user's frame, which costs about 60 ns; everything else here
runs only when something is shown. Never the frame itself: it would keep the user's variables alive.
"""

from __future__ import annotations

import dis
import linecache
import os
from functools import lru_cache
from types import CodeType
from typing import Any, NamedTuple

from .assignments import names_after
from .places import place

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


class _Inside(dict[str, bool]):
    """File name -> True if it is a file of this package. A dict, because it is asked once per operation."""

    def __missing__(self, filename: str) -> bool:
        self[filename] = inside = filename.startswith(PACKAGE)
        return inside


is_inside = _Inside()


class Position(NamedTuple):
    """A place in the user's code. `expression`, `name` and `callee` are empty where the code does not say.

    `span` is where the expression stands: (column, last line, last column), columns counted from 0 in letters of the
    whole source line, the last one exclusive; None if it is not known. `parts` are the variables that the value is
    taken apart into, as in `q, k, v = unstack(x)`.
    """

    file: str
    line: int
    function: str
    expression: str
    name: str
    span: tuple[int, int, int] | None = None
    parts: tuple[str, ...] = ()

    @property
    def callee(self) -> str:
        """The last name of the function that the expression calls: "tanh" in `tg.tanh(x)`; empty for an operator."""
        head, bracket, _ = self.expression.partition("(")
        return head.rpartition(".")[2] if bracket and self.expression.endswith(")") and head.strip() else ""

    @property
    def text(self) -> str:
        """The whole source line, stripped, or an empty string if the source is not at hand."""
        return linecache.getline(self.file, self.line).strip()

    @property
    def place(self) -> str:
        """`lesson.py:12`, or `cell [3], line 2`."""
        return place(self.file, self.line)

    def __str__(self) -> str:
        """`lesson.py:12: z = x @ w`."""
        return f"{self.place}: {self.text}" if self.text else self.place


@lru_cache(maxsize=4096)
def locate(code: CodeType, offset: int) -> Position:
    """The position of the instruction that was running at `offset` in `code`."""
    instructions = list(dis.get_instructions(code))
    index = max((i for i, each in enumerate(instructions) if each.offset <= offset), default=0)
    span = instructions[index].positions
    line = (span.lineno if span else None) or code.co_firstlineno
    expression = _text_of(code.co_filename, span)
    names = () if expression.startswith(CONTAINERS) else names_after(instructions, index)
    return Position(code.co_filename, line, code.co_name, expression, names[0] if len(names) == 1 else "",
                    _columns(code.co_filename, span), names if len(names) > 1 else ())


# Calls that give a container: what is recorded while they run is not what the variable holds.
CONTAINERS = ("list(", "tuple(", "dict(", "set(", "sorted(", "map(", "filter(", "zip(", "np.array(")


def _text_of(filename: str, span: dis.Positions | None) -> str:
    """The source text of a span on one line; columns count bytes. Empty if the source is not at hand."""
    if not (span and span.lineno and span.end_lineno) or span.col_offset is None or span.end_col_offset is None:
        return ""
    lines = [linecache.getline(filename, n).encode() for n in range(span.lineno, span.end_lineno + 1)]
    lines[-1] = lines[-1][:span.end_col_offset]
    lines[0] = lines[0][span.col_offset:]
    return " ".join(each.decode(errors="replace").strip() for each in lines)


def _columns(filename: str, span: dis.Positions | None) -> tuple[int, int, int] | None:
    """Where a span stands, in letters; None if the source is not at hand."""
    if not (span and span.lineno and span.end_lineno) or span.col_offset is None or span.end_col_offset is None:
        return None
    first, last = (linecache.getline(filename, n).encode() for n in (span.lineno, span.end_lineno))
    if not first or not last:
        return None
    column = len(first[:span.col_offset].decode(errors="replace"))
    return column, span.end_lineno, len(last[:span.end_col_offset].decode(errors="replace"))


def where(node: Any) -> Position | None:
    """The position of the code that made `node`, or None if it is not known."""
    code = node._code
    if code is None or isinstance(code, Position):          # a loaded node carries its position resolved
        return code
    return locate(code, node._offset)


def variable_of(node: Any) -> str | None:
    """The variable that `node` was assigned to where it was made, or None."""
    position = where(node)
    if position is None:
        return None
    if position.parts:
        part = _part(node, len(position.parts))
        return position.parts[part] if part is not None else None
    return position.name or None


def _part(node: Any, count: int) -> int | None:
    """Which of `count` parts a node is, if it is one element, or one of equal sections, of what was taken apart."""
    index = getattr(node, "_options", {}).get("index")
    axis, index = (len(index) - 1, index[-1]) if isinstance(index, tuple) and index else (0, index)
    if isinstance(index, int) and 0 <= index < count:
        return index
    if not isinstance(index, slice) or index.start is None or index.stop is None or index.stop <= index.start:
        return None
    part, rest = divmod(index.start, index.stop - index.start)
    is_section = rest == 0 and part < count and node.inputs[0].shape[axis] == count * (index.stop - index.start)
    return part if is_section else None
