"""Panels: one step as text in 80 columns: source line, edge, rule in symbols and in numbers, totals.

    panel(trace, steps, position, look)     the whole text

Columns stand below each other: new total, so far, what arrives, local derivative. Nothing depends on colour.
Read `steps.py`, `excerpts.py` and `rows.py` before this file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core import values
from ..views.drawing.letters import cut
from ..views.drawing.numbers import count, number, shape_text
from .amounts import is_number, plural, short, written
from .events import Event, Node, Place
from .excerpts import excerpt
from .looks import Look, cells, padded
from .rows import INDENT, Rows
from .steps import Step
from .troubles import trouble_of

if TYPE_CHECKING:
    from .traces import Trace

MOST_TOTALS = 9             # lines of totals
MOST_LEFT_OUT = 3           # lines of edges that were left out
LONGEST = 28                # letters of a name in totals
NONE_YET = "none yet"


def panel(trace: Trace, steps: Sequence[Step], position: int, look: Look, asked: str = "") -> str:
    """One step as text.

    Args:
        trace: what is stepped through.
        steps: its steps at the level that is shown.
        position: which of them, from 1 on; 0 for the start.
        look: what the output can show.
        asked: what is hidden because it is asked for: "number", "formula", or nothing.
    """
    writer = _Writer(trace, look, asked)
    if position == 0:
        writer.start(len(steps))
    else:
        writer.step(steps[position - 1], position, len(steps))
    return "\n".join(line.rstrip() for line in [*writer.lines, look.rule])


class _Writer(Rows):
    """Collects the lines of a panel."""

    def __init__(self, trace: Trace, look: Look, asked: str = "") -> None:
        super().__init__(look)
        self.trace, self.asked = trace, asked

    # -- whole panels ---------------------------------------------------------------------------------------------

    def head(self, left: str, place: Place | None) -> None:
        self.lines += [self.look.paint(self.sides(left, place.short if place else ""), "lit"), self.look.rule]
        if place is not None and place.text:
            self.source(excerpt(place, self.trace.sources))
            self.lines.append("")

    def start(self, n: int) -> None:
        trace, of = self.trace, self.trace.of
        self.head(f"step 0 of {count(n)}   the start", trace.root.place)
        self.row("result", f"{trace.title} = {written(trace.root.value)}", "value")
        if np.size(trace.seed) == 1 and np.all(trace.seed == 1):
            self.row("start", f"∂{of}/∂{of} = 1: it changes exactly as much as it does itself", "grad")
        else:
            self.row("start", f"∂/∂{of} = {written(trace.seed)}, the gradient that was given", "grad")
        if trace.events:
            self.row("", f"{plural(len(trace.events), 'edge')}, the last operation first. On each one the gradient "
                         "that arrives goes through the operation's rule and is added to a total. Stepping sets no "
                         ".grad.")
        else:
            self.row("", f"{of} is a variable itself: nothing was computed, so there is no edge to step along.")
        for node, x in trace.not_taken[:MOST_LEFT_OUT]:
            self.row("left out", f"{node.label} → {x.label}: where took nothing of {node.label}")
        if (more := len(trace.not_taken) - MOST_LEFT_OUT) > 0:
            self.row("", f"and {plural(more, 'edge')} more")
        self.warning(trouble_of(trace, None))

    def step(self, step: Step, position: int, n: int) -> None:
        place = step.events[0].node.place
        module = step.events[0].node.module
        where = f"   in {module}" if module and not step.is_layer else ""
        self.head(f"step {count(position)} of {count(n)}   backward{where}", place)
        if step.is_layer:
            self.layer(step)
        elif len(step.events) > 1 and not step.event.is_hook:
            self.node(step)
        else:
            self.edge(step.event)
        for event in step.events:
            self.warning(trouble_of(self.trace, event))

    # -- one edge -------------------------------------------------------------------------------------------------

    def edge(self, event: Event) -> None:
        inputs = len(event.node.inputs)
        which = "a hook" if event.is_hook else (
            f"input {event.position + 1} of {inputs} of {event.node.sign}" if inputs > 1 else
            f"the input of {event.node.sign}")
        left = f" edge      {event.node.label} ──▶ {event.input.label}"
        self.lines += [self.sides(left if not event.is_hook else f" hook      on {event.input.label}", which), ""]
        if is_scalar(event) and event.local is not None:
            self.scalar_rule(event)
            if not self.asked:
                self.row("why", event.rule.why, "soft")
            self.lines.append("")
            self.totals(event)
        else:
            self.tensor_rule(event)

    def scalar_rule(self, event: Event) -> None:
        """The rule as a grid: a row of symbols, below it a row of numbers."""
        rule, before = event.rule, 0 if event.before is None else event.before
        after = "?" if self.asked else number(event.after)
        factor, local = ("?", "?") if self.asked == "formula" else (rule.factor or "?", number(event.local))
        columns = [("new total", rule.new, after), ("so far", "so far", number(before)),
                   ("arrives", rule.arriving, number(event.arriving)),
                   ("local derivative", factor, local)]
        columns = [(heading, self.look.plain(a), self.look.plain(b)) for heading, a, b in columns]
        widths = [max(map(cells, column)) for column in columns[:-1]]
        room = self.look.width - INDENT - sum(widths) - 14
        if cells(columns[3][0]) > room:
            columns[3] = ("local", *columns[3][1:])
        if max(map(cells, columns[3])) > room:
            self.row("symbols", f"{rule.new} ← so far + {rule.arriving} × {factor}")
            self.row("numbers", f"{after} = {number(before)} + {number(event.arriving)} × {local}", "grad")
            return
        signs = [self.look.plain(f" {sign} ") for sign in ("←", "=")]
        for word, i, first in (("", 0, "   "), ("symbols", 1, signs[0]), ("numbers", 2, signs[1])):
            plus, times = (self.look.plain(f"  {sign}  ") if i else "     " for sign in "+×")
            shown = [padded(column[i], width) for column, width in zip(columns, widths, strict=False)]
            first = padded(first, 3 if not self.look.ascii else 4)
            text = shown[0] + first + shown[1] + plus + shown[2] + times + columns[3][i]
            self.lines.append(padded(f" {word}" if word else "", INDENT) +
                              self.look.paint(text, "soft" if i == 0 else "grad" if i == 2 else ""))

    def tensor_rule(self, event: Event) -> None:
        """The rule of arrays: symbols with shapes below, what arrives, what is summed, the total."""
        rule, formula = event.rule, self.asked == "formula"
        adds = "?" if formula else f"{rule.arriving} × {rule.factor}" if rule.factor is not None else rule.contribution
        if event.axes and not formula:
            adds = f"Σ over {_axes(event.axes)} of ({adds})"
        names = {**dict(rule.shapes), rule.new: values.shape_of(event.after), rule.arriving: None}
        if values.shape_of(event.arriving):
            names[rule.arriving] = values.shape_of(event.arriving)
        verb = "←" if event.is_hook else "← so far +"
        self.shaped(f"{rule.new} {verb} {adds}", {name: shape for name, shape in names.items() if shape})
        self.value("arrives", rule.arriving, event.arriving)
        says_itself = is_number(event.local) and rule.local == number(event.local)
        if not formula and rule.local is not None and not says_itself:
            self.value("local", rule.local, event.local)
        if event.mask is not None and not np.all(event.mask):
            self.row("taken", f"{count(int(np.sum(event.mask)))} of {count(np.size(event.mask))} elements of "
                              f"{event.node.label} by where; the others send 0")
        if event.axes and not formula:
            self.row("sum", _unbroadcast(event))
        if event.before is not None and not event.is_hook:
            self.value("so far", "", event.before)
        if not self.asked:
            if event.before is not None or event.axes:
                self.value("adds", "", event.summed)
            self.value("total", rule.new, event.after, state(event))
            self.row("why", rule.why, "soft")

    # -- totals ---------------------------------------------------------------------------------------------------

    def totals(self, event: Event) -> None:
        """The total of each tensor so far, the newest first; of many those around this one."""
        nodes = self.window(event)
        rows = [self.total_row(node, event) for node in nodes]
        names = max(cells(name) for name, *_ in rows)
        numbers = max(cells(text) for _, text, *_ in rows)
        for i, (node, (name, text, words, is_lit)) in enumerate(zip(nodes, rows, strict=True)):
            lead = padded(" totals" if i == 0 else "", INDENT - 2) + self.look.plain("▶ " if is_lit else "  ")
            name, rest = padded(name, names), f"   {padded(text, numbers, right=True)}   {words}"
            is_variable = node.kind in ("parameter", "variable")
            self.lines.append(lead + (self.look.paint(name + rest, "grad") if is_lit else
                                      self.look.paint(name, "param" if is_variable else "") + rest))

    def total_row(self, node: Node, event: Event) -> tuple[str, str, str, bool]:
        plain, is_lit = self.look.plain, node is event.input
        total = self.trace.total(node, event.number)
        words = self.state(node, event.number)
        if is_lit:
            words += f"   was {brief_total(event.before)}"
        text = "?" if is_lit and self.asked else brief_total(total) if total is not None else "–"
        return plain(cut(node.label, LONGEST)), plain(text), plain(words), is_lit

    def window(self, event: Event) -> Sequence[Node]:
        """The nodes whose totals are shown."""
        nodes = self.trace.reached
        at = nodes.index(event.input)
        first = max(0, min(at - MOST_TOTALS // 2, len(nodes) - MOST_TOTALS))
        return nodes[first:first + MOST_TOTALS]

    def state(self, node: Node, event: int) -> str:
        """In words, how far a gradient has come."""
        mine = [each for each in self.trace.brought_to(node) if not each.is_hook]
        done = sum(each.number <= event for each in mine)
        if node is self.trace.root and not mine:
            return "the start"
        return NONE_YET if not done else "complete" if done == len(mine) else f"so far {done} of {len(mine)}"

    # -- several edges --------------------------------------------------------------------------------------------

    def node(self, step: Step) -> None:
        """All edges of one operation: a line for each."""
        node, look = step.events[0].node, self.look
        self.row("node", f"{node.label} = {node.expression}" if node.name else node.label)
        self.value("arrives", step.events[0].rule.arriving, step.events[0].arriving)
        self.lines.append("")
        rows = [("to", "local derivative", "adds", "so far", "new total", "")]
        rows += [(event.input.label, _local(event), short(event.summed), short(event.before, "0"),
                  "?" if self.asked else short(event.after), state(event)) for event in step.events]
        rows = [(*map(look.plain, row),) for row in rows]       # type: ignore[misc]
        widths = [max(cells(row[i]) for row in rows) for i in range(6)]
        if sum(widths) + 10 + INDENT > look.width:
            for event in step.events:
                self.lines.append("")
                self.edge(event)
            return
        for i, row in enumerate(rows):
            text = "  ".join(padded(each, width, 2 <= k <= 4) for k, (each, width) in
                             enumerate(zip(row, widths, strict=True)))
            self.lines.append(padded(" edges" if i == 1 else "", INDENT) + look.paint(text, "soft" if i == 0 else ""))

    def layer(self, step: Step) -> None:
        """A whole layer: what arrives at it, what goes on from it, and what its parameters get."""
        self.row("layer", f"{step.module}   {plural(len(step.events), 'edge')} inside; into opens it")
        self.lines.append("")
        for i, event in enumerate(step.incoming):
            self.value("arrives" if i == 0 else "", event.node.label, event.arriving)
        outgoing = step.outgoing
        for i, event in enumerate(outgoing):
            self.value("goes on" if i == 0 else "", event.input.label, "?" if self.asked else event.after,
                       state(event))
        if not outgoing:
            self.row("goes on", "nothing: what the layer gets wants no gradient")
        for i, event in enumerate(step.to_parameters):
            self.value("inside" if i == 0 else "", event.input.label.removeprefix(f"{step.module}."),
                       "?" if self.asked else event.after, state(event))

def is_scalar(event: Event) -> bool:
    """Whether single numbers only are on the edge."""
    return all(is_number(each) for each in (event.arriving, event.contribution, event.after))


def state(event: Event) -> str:
    """In words, how far the gradient of the input has come."""
    return "replaced" if event.is_hook else "complete" if event.is_complete else f"so far {event.count} of {event.of}"


def brief_total(value: Any) -> str:
    """A total in one word: a number, or a shape."""
    return "0" if value is None else number(value) if is_number(value) else short(value)


def _local(event: Event) -> str:
    rule = event.rule
    if rule.local is None or event.local is None:
        return rule.contribution
    text = short(event.local)
    return rule.local if rule.local == text else f"{rule.local} = {text}"


def _axes(axes: tuple[int, ...]) -> str:
    return f"axis {axes[0]}" if len(axes) == 1 else f"axes {', '.join(map(str, axes))}"


def _unbroadcast(event: Event) -> str:
    """In words, why a contribution is summed."""
    given, shape = values.shape_of(event.contribution), values.shape_of(event.summed)
    n = int(np.prod([given[axis] for axis in event.axes]))
    rows = "rows" if event.axes == (0,) and len(given) == 2 else "parts"
    return (f"{shape_text(given)} → {shape_text(shape, 'a number')}   {event.input.label} was broadcast over "
            f"{_axes(event.axes)}, so its {count(n)} {rows} are added up")
