"""Pages: a stepper as one HTML file that needs nothing else, as what a notebook shows, and as a picture for each step.

    page_of(stepper, …)     the file
    bundle_of(stepper)      what `_repr_mimebundle_` gives
    frames_of(stepper)      the pictures

Without any script there is the finished graph with the number of each step on its gate, and the table of all steps.
Read `views/page/shell.py`, `contents.py` and `pictures.py` before this file, `stepper.js` after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from ...core import values
from ...errors import ArgumentError
from ...views.drawing.letters import cut, math_runs, visible
from ...views.drawing.numbers import count, number_range, shape_text
from ...views.drawing.tokens import Theme
from ...views.graphs.model import Description
from ...views.graphs.summaries import summary
from ...views.page.bundle import PICTURE, bundle
from ...views.page.shell import asset, page, text
from ..events import Event
from ..tables import FEW, brief
from ..traces import Trace
from .contents import MOST_STEPS, contents
from .pictures import described_by, parsed, shown_at, staged, totals_of, without_answers
from .words import STEPPER, say

if TYPE_CHECKING:
    from ..stepper import Stepper

MOST_DRAWN = 3000           # nodes of a picture on a page
TWO_PICTURES = 400          # nodes, up to which there is a second one, for narrow pages
OPEN_TABLE = 60             # steps, up to which the table is open
HEIGHT = 960                # of the frame in a notebook, at most
LETTERS = 24                # of a local derivative in the table
SCRIPTS = ("maps.js", "state.js", "quiz.js", "sentences.js", "picture.js", "rules.js", "panels.js", "controls.js",
           "stepper.js")
HEADINGS = ("step", "edge", "arrives", "local", "as number", "adds", "before", "after")


def page_of(x: Stepper | Trace, *, theme: Theme = "auto", start: int = 0) -> str:
    """A stepper, or a trace, as a page: one HTML file that loads nothing.

    Args:
        x: what is stepped through.
        theme: "light", "dark", or "auto": as the reader and the page around it have it.
        start: the step that it opens at; `#step=7` at the end of its address overrules it.
    Returns: the file's text.
    Raises: ArgumentError for another theme, or a step that there is not.

    >>> w = tg.Tensor(2.0, name="w")
    >>> page_of((w * w).step())[:15]
    '<!DOCTYPE html>'
    """
    stepper = _stepper(x)
    if theme not in ("auto", "light", "dark"):
        raise ArgumentError(f'page_of(theme={theme!r}): expected "auto", "light" or "dark".')
    steps = len(stepper.whole.steps)
    if start.__class__ is not int or not 0 <= start <= steps:
        raise ArgumentError(f"page_of(start={start!r}): expected a whole number from 0 (the start) to {steps}.")
    return Page(stepper, theme).document(start)


def bundle_of(x: Stepper | Trace) -> dict[str, str]:
    """What a notebook shows: the page where scripts run, else the finished picture and all steps as text."""
    stepper = _stepper(x)
    made = Page(stepper, "auto")
    if not made.events:
        return {"text/plain": repr(stepper), "text/html": f"<p>{text(say('empty'))} {text(say('empty how'))}</p>"}
    alt = say("title", what=visible(stepper.trace.title))
    if made.is_quiz:
        still = staged(without_answers(made.description), {}, (), show="values")
        return bundle(still, say("quiz no script"), alt=alt, shown_as_text=say("question"), height=HEIGHT,
                      page=made.document(stepper.whole.position))
    return bundle(made.picture("right"), str(stepper.trace.table()), alt=alt, shown_as_text=say("all steps"),
                  page=made.document(stepper.whole.position, picture=PICTURE), height=HEIGHT)


def frames_of(x: Stepper | Trace, *, theme: Theme = "light", direction: str = "right") -> list[str]:
    """The start and every step as an SVG each, for slides; all of one size, with every node in one place.

    Args:
        x: what is stepped through.
        theme: "light", "dark" or "auto".
        direction: where values flow to, "right" or "down".

    >>> w, x = tg.variables(w=2, x=-3)
    >>> len(frames_of((w * x).step()))
    3
    """
    stepper = _stepper(x)
    made = Page(stepper, theme)
    if not made.events:
        return []
    drawn = parsed(made.picture(direction))
    at = {event: number for number, event in enumerate(made.events, 1)}
    edges = {f"{event.node.id}.{event.position}": number for event, number in at.items() if not event.is_hook}
    found = [shown_at(drawn, edges, [stepper.trace.root.id], 0, 0)]
    for step in stepper.whole.steps:
        if step.events[-1] in at:
            lit = {event.input.id for event in step.events}
            found.append(shown_at(drawn, edges, lit, at[step.events[0]], at[step.events[-1]]))
    return found


def _stepper(x: Stepper | Trace) -> Stepper:
    if isinstance(x, Trace):
        return x.step()
    return x


def formula(words: str) -> str:
    """Mathematics as markup: single letters italic, all else upright."""
    runs = math_runs(visible(words))
    return "".join(f"<i>{escape(run)}</i>" if italic else escape(run) for run, italic in runs)


class Page:
    """The parts of one page; `homework.py` makes one of another kind."""

    def __init__(self, stepper: Stepper, theme: Theme) -> None:
        self.stepper, self.trace, self.theme = stepper, stepper.trace, theme
        self.events: Sequence[Event] = self.trace.events[:MOST_STEPS]
        self.title = "title"
        self._description: Description | None = None

    @property
    def description(self) -> Description:
        """The graph."""
        if self._description is None:
            self._description = described_by(self.trace, self.events)
        return self._description

    def picture(self, direction: str) -> str:
        """The finished graph, with all stages in it."""
        return staged(self.description, totals_of(self.trace, self.events), self.events, direction=direction,
                      theme=self.theme, prefix=f"tg-{direction}")

    def document(self, start: int, picture: str | None = None) -> str:
        """The whole; `picture` stands in place of the picture."""
        title = say(self.title, what=visible(self.trace.title))
        heading = f"<h1>{_titled(self.title, self.trace.title)}</h1>"
        if not self.events:
            body = f'<main class="stepper">{heading}<p>{text(say("empty"))} {text(say("empty how"))}</p></main>'
            return page(title, body, styles=[_asset("stepper.css")], theme=self.theme)
        data = self.contents(start)
        waits = " hidden" if self.is_quiz else ""
        body = "\n".join([
            '<main class="stepper" id="stepper">',
            f'<header>{heading}\n<p class="sub">{text(self._about())}</p></header>',
            *self._notices(data),
            '<div id="homework" class="panel" hidden></div>\n<div id="controls" role="toolbar" hidden></div>',
            '<p id="say" hidden></p>',
            f'<div id="stage"{waits}>\n{self._pictures(picture)}\n<div id="panels" hidden></div></div>',
            self._table(waits), "</main>"])
        return page(title, body, styles=[_asset("stepper.css")], scripts=[*map(_asset, SCRIPTS)], data=data,
                    words=STEPPER, theme=self.theme)

    def contents(self, start: int) -> dict[str, Any]:
        """What the script works with."""
        return contents(self.stepper, self.events, start)

    @property
    def is_quiz(self) -> bool:
        """Whether steps ask; then nothing that answers is seen without the script."""
        return self.stepper.quiz is not None

    def _about(self) -> str:
        n = len(self.trace)
        return say("about one") if n == 1 else say("about", n=count(n))

    def _notices(self, data: dict[str, Any]) -> Iterator[str]:
        """What is said above the graph."""
        lines = [say("unset", name=data["unset"], of=self.trace.of)] if data["unset"] else []
        if data["shown"] < data["all"]:
            lines.append(say("cut", shown=count(data["shown"]), all=count(data["all"])))
        lines += [say("values cut")] if data["values_cut"] else []
        lines += [say("left out", **{"from": a, "to": b}) for a, b in data["left"]]
        yield from (f'<p class="notice">{text(line)}</p>' for line in lines)
        yield f'<p class="notice" id="no-script">{text(say("quiz no script" if self.is_quiz else "no script"))}</p>'

    def _pictures(self, given: str | None) -> str:
        """The graph as wide and as narrow pages show it."""
        nodes = len(self.description.nodes)
        if nodes > MOST_DRAWN:
            return f'<div id="graph"><p class="notice">{text(say("picture left out", n=count(nodes)))}</p></div>'
        across = f'<div class="across">{self.picture("right") if given is None else given}</div>'
        if nodes > TWO_PICTURES:
            return f'<div id="graph" class="one">{across}</div>'
        return f'<div id="graph" class="two">{across}\n<div class="down">{self.picture("down")}</div></div>'

    def _table(self, waits: str) -> str:
        """All steps."""
        head = "".join(f'<th scope="col">{text(say(key))}</th>' for key in HEADINGS)
        rows = "\n".join(_row(number, event, self.is_quiz) for number, event in enumerate(self.events, 1))
        opened = " open" if len(self.events) <= OPEN_TABLE else ""
        return (f'<details id="steps"{opened}{waits}><summary>{text(say("all steps"))}</summary>\n<div class="scroll">'
                f"<table><thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody></table></div></details>")


def _asset(name: str) -> str:
    return asset(name, __package__)


def _titled(key: str, what: str) -> str:
    """The heading: the formula in it as mathematics."""
    before, _, after = say(key, what="\0").partition("\0")
    return f"{escape(before)}{formula(what)}{escape(after)}"


def _row(step: int, event: Event, is_asked: bool) -> str:
    """A row of the table, without numbers in a quiz; end tags that HTML does not ask for are left out."""
    edge = f"{formula(event.node.label)} → {formula(event.input.label)}"
    symbols, local = "", ""
    if event.is_hook:
        edge = formula(say("hook on", name=event.input.label))
    if is_asked:
        return f'<tr data-n="{step}"><th scope="row">{step}<td>{edge}{"<td>" * (len(HEADINGS) - 2)}'
    if not event.is_hook:
        rule = event.rule
        symbols = formula(cut(rule.local if rule.local is not None else rule.contribution, LETTERS))
        local = "" if event.local is None else _said(event.local)
    cells = (edge, _said(event.arriving), symbols, local, _said(event.summed),
             "0" if event.before is None else _said(event.before), _said(event.after))
    return f'<tr data-n="{step}"><th scope="row">{step}' + "".join(f"<td>{cell}" for cell in cells)


def _said(value: Any) -> str:
    """A value; NaN and infinities in a mark that nobody overlooks."""
    words = escape(_brief(value))
    return f'<span class="warn">{words}</span>' if "NaN" in words or "∞" in words else words


def _brief(value: Any) -> str:
    """A number, a short vector, or a shape with the range in few digits."""
    if isinstance(value, tuple) or values.shape_of(value) == ():
        return brief(value)
    if np.ndim(value) == 1 and len(value) <= FEW and len(brief(value)) <= LETTERS:
        return brief(value)
    found = summary(value)
    strange = [f"{n} {word}" for n, word in ((found.nans, "NaN"), (found.infinities, "∞")) if n]
    span = [number_range(found.minimum, found.maximum)] if found.minimum is not None else []
    return f"{shape_text(found.shape)}: {', '.join(span + strange)}"
