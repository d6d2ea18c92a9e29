"""Sums: one element of a gradient as text: the sum of products that made it, term by term.

Read `elements.py` and `panels.py` before this file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..views.drawing.numbers import count, number
from .elements import Element
from .events import Event
from .looks import Look, cells, padded
from .rows import INDENT

if TYPE_CHECKING:
    from .traces import Trace

MOST_TERMS = 16             # lines; of more, the largest


def sum_panel(trace: Trace, event: Event, element: Element, position: int, n: int, look: Look) -> str:
    """One element of what an edge brings."""
    place = event.node.place.short if event.node.place else ""
    head = look.plain(f"element {count(position)} of {count(n)}   in step {event.number}, {event.edge}")
    room = look.width - cells(place)
    lines = [look.paint(padded(head[:room - 1], room) + place, "lit"), look.rule,
             look.plain(f" element   {element.name}"), *_term_lines(element, look)]
    if event.rule.arriving == "g":
        lines.append(look.plain(f" g         the gradient of {event.node.label}, which arrives"))
    return "\n".join(line.rstrip() for line in [*lines, look.rule])


def _term_lines(element: Element, look: Look) -> list[str]:
    terms = sorted(element.terms, key=lambda term: -abs(term.value)) if len(element.terms) > MOST_TERMS \
        else list(element.terms)
    shown, rest = terms[:MOST_TERMS], terms[MOST_TERMS:]
    rows = [(term.symbols, term.numbers, number(term.value)) for term in shown]
    if rest:
        rows.append((f"{count(len(rest))} smaller ones", "", number(sum(term.value for term in rest))))
    rows.append(("sum" if len(element.terms) > 1 else "that is all", "", number(element.value)))
    if not element.terms:
        rows = [("nothing flows here", "", number(element.value))]
    rows = [tuple(map(look.plain, row)) for row in rows]        # type: ignore[misc]
    widths = [max(cells(row[i]) for row in rows) for i in range(3)]
    if sum(widths) + INDENT + 6 > look.width:               # the numbers of the terms are in their sums, too
        rows, widths = [(symbols, "", value) for symbols, _, value in rows], [widths[0], 0, widths[2]]
    lines = []
    for i, (symbols, numbers, value) in enumerate(rows):
        text = f"{padded(symbols, widths[0])}   {padded(numbers, widths[1])}   {padded(value, widths[2], True)}"
        lines.append(padded(" terms" if i == 0 and len(rows) > 1 else "", INDENT) +
                     (look.paint(text, "grad") if i == len(rows) - 1 else text))
    return ["", *lines, ""]
