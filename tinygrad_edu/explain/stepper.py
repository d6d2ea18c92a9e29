"""The stepper: a backward pass, one step at a time, forwards and backwards.

    s = step(y)             y is a result; or step(f, w=2.0, x=-3.0) for a function
    s.next()  s.back()      and `goto(n)`, `until(w)`: it prints itself as the current step
    s.into()  s.out()       from a layer to its edges, from an edge of arrays to one element and the sum that made it
    s.where()               the place in the code, and the way that the gradient came

Stepping reads a trace: it never changes the graph, nor `.grad`. Read `steps.py` and `panels.py` before this file.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, overload

import numpy as np

from ..errors import ArgumentError
from ..files import write_whole
from .elements import Element, element_of
from .events import Event
from .looks import Look, look_of
from .panels import panel
from .quizzes import Quiz
from .steps import Level, Step, steps_of
from .sums import sum_panel
from .traces import Trace
from .tracing import traced

if TYPE_CHECKING:
    from ..views.drawing.tokens import Theme


def step(target: Any, /, *examples: Any, level: str = "edge", quiz: bool = False, gradient: Any = None,
         **inputs: Any) -> Stepper:
    """Step through the backward pass of a result, or of what a function gives.

    Args:
        target: a result; or a function (or model), which is then called on the examples.
        *examples: what to call a function on: numbers and arrays become variables called like its parameters.
        level: "edge", "node" (all edges of an operation at once) or "module" (a whole layer at once).
        quiz: whether each number is asked before it is shown.
        gradient: what to start from, of the result's shape; may be left out for a single number, where it is 1.
        **inputs: inputs of a function by name.
    Raises: ArgumentError for another level, and what `trace` raises.

    >>> s = step(lambda w, x: tg.tanh(w * x), w=2.0, x=-3.0)
    >>> len(s), s.next().current.title, s.goto(3).current.title
    (3, 'tanh(w·x) → w·x', 'w·x → x')
    """
    return Stepper(traced("step", target, examples, inputs, gradient), level=level, quiz=quiz)


@dataclass(slots=True)
class _View:
    """What is stepped through: steps, or the elements of one edge."""

    level: str
    steps: tuple[Step, ...]
    position: int = 0
    event: Event | None = None                      # whose elements they are
    within: str | None = None                       # the layer that was opened
    shape: tuple[int, ...] = ()

    @property
    def count(self) -> int:
        return len(self.steps) if self.event is None else int(np.prod(self.shape))


class Stepper:
    """A backward pass, shown one step at a time; `print` it, or look at it, to see the current step.

    Position 0 is the start, before anything flowed; step 1 is the first one. Moving returns the stepper itself.

    Attributes:
        trace: the events, see `Trace`.
        quiz: questions and answers, or None; see `Quiz`.
    """

    def __init__(self, trace: Trace, level: str = "edge", quiz: bool = False, seed: int = 0) -> None:
        self.trace = trace
        self._views = [_View(level, steps_of(trace.events, level))]
        self.quiz = Quiz(trace, seed) if quiz else None

    # -- what is shown --------------------------------------------------------------------------------------------

    @property
    def level(self) -> str:
        """What a step is: "edge", "node", "module"; or "element" inside an edge."""
        return self._view.level

    @property
    def position(self) -> int:
        """The number of the current step; 0 at the start."""
        return self._view.position

    @property
    def current(self) -> Step | None:
        """The current step; None at the start. Inside an edge, the step of that edge."""
        view = self._view
        if view.event is not None:
            return self._views[-2].steps[self._views[-2].position - 1]
        return view.steps[view.position - 1] if view.position else None

    @property
    def event(self) -> Event | None:
        """The last event of the current step; None at the start."""
        return None if self.current is None else self.current.event

    @property
    def element(self) -> Element | None:
        """Inside an edge, the chosen element and the sum that made it; else None."""
        view = self._view
        if view.event is None:
            return None
        place = tuple(int(i) for i in np.unravel_index(view.position - 1, view.shape)) if view.shape else ()
        return element_of(self.trace, view.event, place)

    @property
    def is_at_end(self) -> bool:
        """Whether this is the last step."""
        return self.position == self._view.count

    @property
    def whole(self) -> _View:
        """The steps of the whole pass, and the current one, wherever `into` led from there."""
        return self._views[0]

    @property
    def is_inside(self) -> bool:
        """Whether `into` was called, so that `out` leads back."""
        return len(self._views) > 1

    @property
    def _view(self) -> _View:
        return self._views[-1]

    def __len__(self) -> int:
        return self._view.count

    @overload
    def __getitem__(self, index: int) -> Step: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Step, ...]: ...

    def __getitem__(self, index: int | slice) -> Step | tuple[Step, ...]:
        """A step of the level that is shown, counted from 0; of a slice those from one to another."""
        if isinstance(index, slice):
            return self._steps[index]
        if not hasattr(index, "__index__") or not -len(self._steps) <= index < len(self._steps):
            raise IndexError(f"stepper[…]: got {index!r:.40}. Expected a whole number below {len(self._steps)}: the "
                             "steps, counted from 0. goto(n) moves to a step.")
        return self._steps[index]

    def __iter__(self) -> Iterator[Step]:
        return iter(self._steps)

    @property
    def _steps(self) -> tuple[Step, ...]:
        return next(view.steps for view in reversed(self._views) if view.event is None)

    def text(self, look: Look | None = None) -> str:
        """The current step as text; `look` says what the output can show."""
        look = look or Look()
        if self.element is not None and self._view.event is not None:
            return sum_panel(self.trace, self._view.event, self.element, self._view.position, self._view.count, look)
        question = self.question
        text = panel(self.trace, self._view.steps, self.position, look, question.hides if question else "")
        return f"{text}\n{look.plain(question.text)}" if question else text

    def __repr__(self) -> str:
        return self.text(Look(ascii=look_of(sys.stdout).ascii))

    # -- moving ---------------------------------------------------------------------------------------------------

    def next(self) -> Self:
        """One step on; at the end it stays."""
        return self._at(min(self.position + 1, self._view.count))

    def back(self) -> Self:
        """One step back; at the start it stays."""
        return self._at(max(self.position - 1, self._first))

    def goto(self, n: int) -> Self:
        """The step number `n`; 0 is the start, -1 the last one."""
        last = self._view.count
        if n.__class__ is bool or not hasattr(n, "__index__") or not -last <= n <= last:
            raise ArgumentError(f"goto(n): got {n!r:.40}. Expected a whole number from 0 (the start) to {last}.")
        return self._at(max(n + last + 1 if n < 0 else int(n), self._first))

    def until(self, wanted: Any) -> Self:
        """On to the next step with an event for which a predicate is true, or that flows to a node.

        Args:
            wanted: a function of an event; or a tensor, a node, or its name; or the path of a layer, such as
                "layers.0", for the first step within it.
        Raises: ArgumentError if there is none any more.

        >>> s = step(lambda w, x: tg.tanh(w * x), w=2.0, x=-3.0)
        >>> s.until("x").position, s.goto(0).until(lambda event: abs(event.after) < 0.1).position
        (3, 1)
        """
        if self._view.event is not None:
            raise ArgumentError("until: this is one element of an edge. Write out() first.")
        if callable(wanted):
            is_it: Callable[[Event], Any] = wanted
        elif isinstance(wanted, str) and any(_is_in(event, wanted) for event in self.trace.events):
            is_it = lambda event: _is_in(event, wanted)
        else:
            node = self.trace.node(wanted)
            is_it = lambda event: event.input is node
        for number, each in enumerate(self._view.steps[self.position:], self.position + 1):
            if any(is_it(event) for event in each.events):
                return self._at(number)
        raise ArgumentError(f"until: no later step is that ({self.position} of {self._view.count} are done). "
                            "Write goto(0) to search from the start.")

    def into(self, *element: int) -> Self:
        """Deeper: into a layer, to the edges of an operation, or to one element of what an edge brings.

        Args:
            *element: the place of the element; that of the largest, if left out. Inside an edge, another element.
        Raises: ArgumentError if there is nothing inside, or no such element.

        >>> w, x = tg.Tensor([[1.0, 2.0], [3.0, 4.0]], name="w"), tg.Tensor([5.0, 6.0], name="x")
        >>> s = step(tg.sum(w @ x)).until("x").into(1)
        >>> print(s.element)
        ∂L/∂x[1] = w[0,1]·g[0] + w[1,1]·g[1] = 6
        """
        now, view = self.current, self._view
        if view.event is not None and element:
            return self._at(self._number_of(view.event, element))
        if now is None or view.event is not None:
            raise ArgumentError("into: take a step first, by next()." if now is None else
                                "into: this is a single number already. Give the place of another one, or write out() "
                                "to go back.")
        if now.is_layer or len(now.events) > 1:
            inner = {event.node.module for event in now.events} - {now.module}
            level: Level = "module" if now.is_layer and inner else "edge"
            self._open(_View(level, steps_of(now.events, level, now.module), 1, within=now.module))
            return self
        return self._into_element(now.event, element)

    def _into_element(self, event: Event, element: tuple[int, ...]) -> Self:
        if isinstance(event.summed, tuple) or event.is_hook or (not np.ndim(event.summed) and not np.ndim(
                event.contribution) and not np.ndim(event.arriving)):
            raise ArgumentError("into: there are only single numbers on this edge; nothing is inside.")
        shape = np.shape(event.summed)
        if not np.size(event.summed):
            raise ArgumentError(f"into: {event.input.label} is empty, of shape {shape}; there is no element.")
        if not element and shape:
            size = np.nan_to_num(np.abs(np.asarray(event.summed, float)), nan=np.inf)
            element = tuple(int(i) for i in np.unravel_index(int(np.argmax(size)), shape))
        self._open(_View("element", (), self._number_of(event, element), event, shape=shape))
        return self

    def _number_of(self, event: Event, element: tuple[Any, ...]) -> int:
        """Which element of a contribution it is, counted from 1 in row order."""
        if len(element) == 1 and isinstance(element[0], tuple):
            element = element[0]
        place = element_of(self.trace, event, element).index          # says what is wrong with the place
        return int(np.ravel_multi_index(place, np.shape(event.summed))) + 1 if place else 1

    def _open(self, view: _View) -> None:
        self._views.append(view)

    def out(self) -> Self:
        """Back to where `into` was called.

        Raises: ArgumentError if it was not.
        """
        if not self.is_inside:
            raise ArgumentError("out: this is the outermost level already.")
        self._views.pop()
        return self

    @property
    def _first(self) -> int:
        return 1 if self.is_inside else 0

    def _at(self, position: int) -> Self:
        self._view.position = position
        return self

    # -- where, and to a file -------------------------------------------------------------------------------------

    def where(self) -> str:
        """Where we are: the levels, the place in the code, the layer, and the way that the gradient came."""
        event, lines = self.event, []
        levels = [f"step {view.position} of {view.count}" + (f" in {view.within}" if view.within else "")
                  if view.event is None else f"element {view.position} of {view.count}" for view in self._views]
        lines.append(", ".join(levels))
        if event is None:
            return f"{lines[0]}: the start"
        lines[0] += f": {event.edge}"
        if place := event.node.place:
            text = f": {place.text.strip()}" if place.text else ""
            lines.append(f"{place.short}, in {place.function}{text}")
        if event.node.module:
            lines.append(f"in the layer {event.node.module}")
        lines.append(" → ".join(self._way(event)))
        return "\n".join(lines)

    def _way(self, event: Event) -> list[str]:
        """One way from the result to here: back along the first edge that brought each gradient."""
        first: dict[str, Event] = {}
        for each in self.trace.whole.events:
            if not each.is_hook and each.number <= event.number:
                first.setdefault(each.input.id, each)
        way, node = [event.input.label], event.node
        while True:
            way.append(node.label)
            if node.id not in first or node is self.trace.root:
                return way[::-1]
            node = first[node.id].node

    def save(self, path: Any) -> None:
        """Write all steps of this level: `.html` as a page to step through, `.txt` as text, `.json` as the trace.

        Raises: ArgumentError for another suffix, DataError if the file cannot be written.
        """
        path = Path(path)
        writers: dict[str, Callable[[], str]] = {".html": self.page, ".txt": self._all_text,
                                                 ".json": self.trace.to_json}
        if path.suffix not in writers:
            raise ArgumentError(f"save(path): got {path.name!r}. Expected a name that ends in {', '.join(writers)}.")
        write_whole(path, writers[path.suffix]().encode())

    def page(self, *, theme: Theme = "auto") -> str:
        """A page to step through in a browser: the text of one HTML file that needs nothing else.

        Args:
            theme: "light", "dark", or "auto": as the reader has it.
        """
        from .page import page_of
        return page_of(self, theme=theme)

    def frames(self, *, theme: Theme = "light", direction: str = "right") -> list[str]:
        """The start and every step of this level as an SVG, for slides: of one size, with every node in one place.

        Args:
            theme: "light", "dark", or "auto": as the reader has it.
            direction: where values flow to, "right" or "down".
        """
        from .page import frames_of
        return frames_of(self, theme=theme, direction=direction)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What notebooks show: the page; without scripts the finished graph with the numbers of the steps."""
        from .page import bundle_of
        return bundle_of(self)

    def _all_text(self) -> str:
        view = self.whole
        return "\n\n".join(panel(self.trace, view.steps, n, Look()) for n in range(view.count + 1)) + "\n"

    # -- the quiz -------------------------------------------------------------------------------------------------

    @property
    def question(self) -> Any:
        """What is asked at the current step; None without a quiz, at the start, and when it is answered."""
        event = self.event
        if self.quiz is None or event is None or self._view.event is not None:
            return None
        return self.quiz.open_question(event)

    def answer(self, given: Any) -> Any:
        """Answer the question of the current step: a number, or the letter of a choice.

        Returns: the feedback, which is true if the answer is right.
        Raises: ArgumentError if nothing is asked.
        """
        return self._asking().answer(self.question, given)

    def hint(self) -> str:
        """A hint to the question: first the rule, then its symbols, then its numbers."""
        return self._asking().hint(self.question)

    def _asking(self) -> Quiz:
        if self.quiz is None or self.question is None:
            raise ArgumentError("there is no question here. Expected step(t, quiz=True), and next() to the next one.")
        return self.quiz


def _is_in(event: Event, layer: str) -> bool:
    """Whether the operation of an event belongs to a layer."""
    return f"{event.node.module or ''}.".startswith(f"{layer}.")
