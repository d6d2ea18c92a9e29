"""Tables: all events of a trace, one line each, as text, as HTML, or for pandas.

    print(trace.table())        text
    trace.table().html          what notebooks show
    trace.table().pandas()      a DataFrame with the numbers themselves

Read `traces.py` beside this file.
"""

from __future__ import annotations

from html import escape
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core import values
from ..errors import MissingExtraError
from ..views.drawing.letters import cut
from ..views.drawing.numbers import number, shape_text
from .events import Event

if TYPE_CHECKING:
    from .traces import Trace

HEADINGS = ("step", "edge, backward", "arrives", "local derivative", "contribution", "total before", "after", "line")
# The columns that are shown, if those before are too wide.
NARROWER = ((0, 1, 2, 3, 4, 5, 6, 7), (0, 1, 2, 3, 4, 5, 6), (0, 1, 2, 3, 6), (0, 1, 2, 6), (0, 1, 6))
NUMERIC = (0, 2, 4, 5, 6)
LETTERS = 30                # of the local derivative in symbols
FEW = 3                     # elements that are written out
UNKNOWN = "–"


class Table:
    """Rows of words, one for each event."""

    def __init__(self, title: str, rows: list[tuple[str, ...]], events: tuple[Event, ...], formulas: bool) -> None:
        self.title, self.rows, self._events, self._formulas = title, rows, events, formulas

    def text(self, width: int | None = None) -> str:
        """The table as text; for a width some columns are left out, and long words are cut."""
        kept = next((each for each in NARROWER if width is None or self._width(each) <= width), NARROWER[-1])
        rows = [[row[i] for i in kept] for row in (HEADINGS, *self.rows)]
        widths = [max(len(row[k]) for row in rows) for k in range(len(kept))]
        if width is not None and (excess := sum(widths) + 2 * len(widths) - 2 - width) > 0:
            longest = widths.index(max(widths))
            widths[longest] = max(widths[longest] - excess, 8)
            rows = [[cut(each, widths[k]) for k, each in enumerate(row)] for row in rows]
        lines = ["  ".join(each.rjust(n) if i in NUMERIC else each.ljust(n)
                           for i, each, n in zip(kept, row, widths, strict=True)).rstrip() for row in rows]
        rule = "  ".join("─" * n for n in widths)
        return "\n".join([self.title if width is None else cut(self.title, width), lines[0], rule, *lines[1:]])

    def _width(self, columns: tuple[int, ...]) -> int:
        return sum(max(len(row[i]) for row in (HEADINGS, *self.rows)) + 2 for i in columns) - 2

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    @property
    def html(self) -> str:
        """An HTML table."""
        body = "".join(_html_row(each, "<td") for each in self.rows)
        head = _html_row(HEADINGS, '<th scope="col"')
        return (f"<table><caption>{escape(self.title)}</caption><thead>{head}</thead>"
                f"<tbody>{body}</tbody></table>")

    def _repr_html_(self) -> str:
        return self.html

    def pandas(self) -> Any:
        """A pandas DataFrame of the events; cells hold the numbers and arrays themselves.

        Raises: MissingExtraError if pandas is not installed.
        """
        try:
            pandas = import_module("pandas")
        except ImportError:
            raise MissingExtraError("table.pandas(): pandas is not installed. Write pip install pandas, or use "
                                    "print(trace.table()).") from None
        return pandas.DataFrame([_record(event, self._formulas) for event in self._events]).set_index("step")


def _html_row(cells: tuple[str, ...], opening: str) -> str:
    sides = ["right" if i in NUMERIC else "left" for i in range(len(cells))]
    ends = f"</{opening[1:3]}>"
    return "<tr>" + "".join(f'{opening} style="text-align:{side}">{escape(each)}{ends}'
                            for each, side in zip(cells, sides, strict=True)) + "</tr>"


def table_of(trace: Trace, formulas: bool) -> Table:
    """The table of a trace."""
    title = f"Backward through {trace.title}" if formulas else f"Backward through {trace.of}"
    return Table(title, [_row(event, formulas) for event in trace.events], trace.events, formulas)


def _row(event: Event, formulas: bool) -> tuple[str, ...]:
    local = brief(event.local)
    if formulas and event.local is not None:
        symbols = event.rule.local or ""
        local = symbols if symbols == local else f"{cut(symbols, LETTERS)} = {local}"
    elif formulas:
        local = cut(event.rule.contribution, LETTERS)
    return (str(event.number), event.edge, brief(event.arriving), local, brief(event.summed),
            "0" if event.before is None else brief(event.before), brief(event.after),
            event.node.place.short if event.node.place else "")


def _record(event: Event, formulas: bool) -> dict[str, Any]:
    place = event.node.place
    record = {"step": event.number, "node": event.node.label, "input": event.input.label, "op": event.node.op,
              "position": event.position, "arrives": event.arriving, "local": event.local,
              "contribution": event.contribution, "summed": event.summed, "before": event.before,
              "after": event.after, "complete": event.is_complete, "module": event.node.module,
              "file": place.file if place else None, "line": place.line if place else None,
              "source": place.expression if place else None}
    return {**record, "rule": event.rule.contribution} if formulas else record


def brief(value: Any) -> str:
    """A value in a few letters: a number, a small array, or a shape with the range.

    >>> brief(0.501), brief(np.array([1.0, -2.5])), brief(np.ones((6, 3)))
    ('0.501', '[1, −2.5]', '6×3: 1')
    """
    if value is None:
        return UNKNOWN
    if isinstance(value, tuple):
        return "(" + ", ".join(map(brief, value)) + ")"
    if values.shape_of(value) == ():
        return number(value)
    if value.ndim == 1 and value.size <= FEW:
        return f"[{', '.join(map(number, value))}]"
    if not value.size:
        return f"{shape_text(value.shape)}: empty"
    finite = value[np.isfinite(value)]
    low, high = (np.min(finite), np.max(finite)) if finite.size else (0, 0)
    span = number(low) if low == high else f"{number(low)} … {number(high)}"
    strange = [f"{n} {word}" for n, word in ((np.isnan(value).sum(), "NaN"), (np.isinf(value).sum(), "∞")) if n]
    return f"{shape_text(value.shape)}: " + ", ".join([span] * bool(finite.size) + strange)
