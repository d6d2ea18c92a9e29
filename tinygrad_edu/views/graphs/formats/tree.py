"""The text tree of a graph: what `print(graph)` shows, and what a screen reader gets.

    text_of(description, shown)     a line for each node, below the one that was made from it

    y = tanh(w·x + b)
                 made by    value     grad   local derivative
    y            tanh      0.7064        1
    └─ w·x + b   +           0.88    0.501   × (1 − y²) = 0.501
       ├─ w·x    ×             −6    0.501   × 1

What is used several times is shown once, and then pointed at. Where the tree gets too deep for a line, it goes on
below, at the left; after 200 lines it ends, and says how much is left out.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from ...drawing.letters import cut
from ...drawing.numbers import UNKNOWN, count, number, number_range, shape_text
from ..abridging import abridged, title
from ..folding import is_sum
from ..model import Description, Edge, Node, Value

MOST_LINES = 200
DEEPEST = 6                 # levels below the left margin
WIDEST = 40                 # letters of a name with its branches
LONGEST, MADE = 44, 24      # letters of a derivative, and of what made a node
IN_FULL, WIDE = 6, 26       # elements that are written one by one, and their letters
MARK = "!!"                 # trouble


class Row(NamedTuple):
    """A line: branches and title, what made it, shape, value, gradient, local derivative."""

    title: str
    made: str
    shape: str
    value: str
    gradient: str
    local: str


def text_of(d: Description, shown: str = "auto") -> str:
    """The tree; see above."""
    if shown == "auto":
        shown = "both" if any(node.gradient_is != "not wanted" for node in d.nodes) else "values"
    lines = _Lines(d, shown)
    rows = lines.rows()
    heading = Row("", "made by", "shape", "value", "grad", "local derivative")
    chosen = [i for i in range(len(heading)) if i < 2 or any(row[i] for row in rows)]
    columns = [[row[i] for row in (heading, *rows)] for i in chosen]
    widths = [max(map(len, column)) for column in columns]
    table = []
    for cells in zip(*columns, strict=True):
        written = [cell.rjust(width) if i in (3, 4) else cell.ljust(width)
                   for i, cell, width in zip(chosen, cells, widths, strict=True)]
        table.append("   ".join(written).rstrip())
    notes = [*lines.notes, *d.notes]
    return "\n".join([*([_one_line(d.title)] if d.title else []), *table, *(["", *notes] if notes else [])])


class _Lines:
    def __init__(self, d: Description, shown: str) -> None:
        self.d, self.shown = d, shown
        self.nodes = {node.id: node for node in d.nodes}
        self.arguments: dict[str, list[Edge]] = {}
        for edge in d.edges:
            self.arguments.setdefault(edge.target, []).append(edge)
        used = {edge.source for edge in d.edges}
        ends = [node.id for node in d.nodes if node.is_root]
        self.starts = deque([*ends, *(node.id for node in reversed(d.nodes) if node.id not in used
                                      and not node.is_root)])
        self.done: set[str] = set()
        self.notes: list[str] = []

    def rows(self) -> list[Row]:
        """The lines, from each root on; what lies too deep is a further root."""
        found: list[Row] = []
        while self.starts and len(found) < MOST_LINES:
            start = self.starts.popleft()
            if start not in self.done:
                self._tree(start, found)
        left = len(self.nodes) - len(self.done)
        if left:
            self.notes.append(f"… and {count(left)} more nodes. graph.fold(1), graph.focus(…) and graph.limit(…) show "
                              "a part of them.")
        return found

    def _tree(self, start: str, found: list[Row]) -> None:
        stack: list[tuple[str, Edge | None, str, str]] = [(start, None, "", "")]
        while stack and len(found) < MOST_LINES:
            id, edge, branch, below = stack.pop()
            node, arguments = self.nodes[id], self.arguments.get(id, [])
            if id in self.done and arguments:
                found.append(self._row(node, edge, branch, "see above"))
                continue
            if arguments and len(below) >= 3 * DEEPEST:
                found.append(self._row(node, edge, branch, "see below"))
                self.starts.append(id)
                continue
            self.done.add(id)
            found.append(self._row(node, edge, branch, ""))
            for each in reversed(arguments):
                is_last = each is arguments[-1]
                stack.append((each.source, each, below + ("└─ " if is_last else "├─ "),
                              below + ("   " if is_last else "│  ")))

    def _row(self, node: Node, edge: Edge | None, branch: str, pointer: str) -> Row:
        called = branch + self._title(node, max(WIDEST - len(branch), 8))
        local = self._local(edge)
        if pointer:
            return Row(called, pointer, "", "", "", local)
        made = _made(node)
        shape = shape_text(node.value.shape) if node.value is not None else ""
        value = _marked(value_text(node.value), node) if self.shown in ("values", "both") else ""
        gradient = _gradient(node) if self.shown in ("gradients", "both") else ""
        return Row(called, made, shape, value, gradient, local)

    def _title(self, node: Node, most: int) -> str:
        """What a node is called, in at most so many letters."""
        if node.name is None and node.operation is None and node.value is not None and node.value.is_number:
            return value_text(node.value)
        repeats = f"  ×{node.repeats}" if node.repeats > 1 else ""
        most -= len(repeats)
        if node.kind == "rest":
            return f"{count(node.count)} more nodes"
        if node.kind == "module" and node.expression:
            return cut(_one_line(f"{node.title} → {node.expression}"), most) + repeats
        return _one_line(title(node, most)) + repeats

    def _local(self, edge: Edge | None) -> str:
        if edge is None or not edge.wanted or self.shown not in ("gradients", "both"):
            return ""
        note = f"  ({edge.note})" if edge.note else ""
        if edge.formula is None:
            return note.strip()
        formula = _one_line(abridged(edge.formula, LONGEST))
        if not edge.is_factor:
            return formula + note
        value = value_text(edge.local) if edge.local is not None and edge.local.is_number else ""
        equals = f" = {value}" if value not in ("", formula) else ""
        return f"× {f'({formula})' if is_sum(formula) else formula}{equals}{note}"


def _made(node: Node) -> str:
    if node.operation is None or node.operation.sign == node.title:
        return node.kind
    return abridged(" ".join(part for part in (node.operation.sign, node.operation.options) if part), MADE)


def _gradient(node: Node) -> str:
    if node.gradient is not None:
        return value_text(node.gradient)
    return "none yet" if node.gradient_is == "none yet" else UNKNOWN


def value_text(value: Value | None) -> str:
    """A number; a few in full; of many the range. What is not finite is marked."""
    if value is None:
        return UNKNOWN
    if value.is_number and value.elements:
        return _loud(number(value.elements[0]), value)
    if not value.size:
        return "empty"
    if value.elements is not None and value.size <= IN_FULL and len(value.shape) == 1:
        text = f"[{', '.join(map(number, value.elements))}]"
        if len(text) <= WIDE:
            return _loud(text, value)
    text = number_range(value.minimum, value.maximum)
    strange = [f"{count(n)} {name}" for n, name in ((value.nans, "NaN"), (value.infinities, "∞")) if n]
    return _loud(f"{text}, {', '.join(strange)}" if strange else text, value)


def _loud(text: str, value: Value) -> str:
    return f"{MARK} {text}" if value.nans or value.infinities else text


def _marked(text: str, node: Node) -> str:
    return f"{MARK} changed: {text}" if node.changed else f"{MARK} stale: {text}" if node.stale else text


def _one_line(text: str) -> str:
    """Without what would break the table."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
