"""Sums: for elements of what edges bring, the very sum of products that made each, for the page to open.

    sums_of(trace, events, strings)     {event: {place: terms}}, and whether some were left out

Each costs a run of the rule, so there is a limit: first the largest element of every edge, then the largest dozen, then
all elements of small arrays. Read `explain/elements.py` before this file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ...errors import ArgumentError, GraphError
from ...views.drawing.letters import cut, visible
from ..elements import Element, element_of
from ..events import Event

if TYPE_CHECKING:
    from ..traces import Trace

MOST_ELEMENTS = 400         # that can be opened
MOST_TERMS = 12_000         # of all of them
FEW = 64                    # elements of an array, all of which can be opened
LARGEST = 12                # of a larger one
MOST_SHOWN = 32             # terms of one sum; of more the largest
LARGE = 200_000             # elements of an operand: rules of such are not run anew


class Strings(Protocol):
    """What keeps strings, and gives each a number."""

    def number(self, key: Any, thing: Any = None) -> int:
        """The number of a string."""


def sums_of(trace: Trace, events: Sequence[Event], strings: Strings) -> tuple[dict[str, dict[str, Any]], bool]:
    """The sums that the page can show.

    Returns: step -> place in row order -> [name, rows, number of terms left out, their sum], a row being
        [symbols, numbers, value]; under the place "" the reason why there is none. And whether a limit was met.
    """
    found: dict[str, dict[str, Any]] = {}
    terms, n = 0, 0
    at = {event: i for i, event in enumerate(events, 1)}
    for event, place in _wanted(events):
        mine = found.setdefault(str(at[event]), {})
        if "" in mine or str(place) in mine:
            continue
        if n >= MOST_ELEMENTS or terms >= MOST_TERMS:
            return _cleaned(found), True
        try:
            shape = np.shape(event.summed)
            element = element_of(trace, event, tuple(int(i) for i in np.unravel_index(place, shape)) if shape else ())
        except (ArgumentError, GraphError) as error:
            mine[""] = strings.number(visible(str(error).removeprefix("into: ").split(". Expected")[0]))
            continue
        n, terms = n + 1, terms + min(len(element.terms), MOST_SHOWN)
        mine[str(place)] = _written(element, strings)
    return _cleaned(found), any(np.size(event.summed) > FEW for event in events if _can_be_opened(event))


def _cleaned(found: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {event: sums for event, sums in found.items() if sums}


def _can_be_opened(event: Event) -> bool:
    """Whether there are sums inside: not where there are only single numbers."""
    if event.is_hook or isinstance(event.summed, tuple) or event.node.op == "item":
        return False
    several = isinstance(event.arriving, tuple)
    sizes = [np.size(x.value) for x in event.node.inputs if hasattr(x, "value") and not isinstance(x.value, tuple)]
    return (several or max(map(np.ndim, (event.summed, event.contribution, event.arriving))) > 0) \
        and max(sizes, default=0) <= LARGE and np.size(event.summed) > 0


def _wanted(events: Sequence[Event]) -> Iterator[tuple[Event, int]]:
    """Events and places, the most important ones first."""
    inside = [event for event in events if _can_be_opened(event)]
    orders = {event.number: _by_size(event) for event in inside}
    for most in (1, LARGEST):
        for event in inside:
            yield from ((event, int(place)) for place in orders[event.number][:most])
    for event in inside:
        if np.size(event.summed) <= FEW:
            yield from ((event, place) for place in range(np.size(event.summed)))


def _by_size(event: Event) -> Any:
    """The places of an array, that of the largest element first; NaN and infinities before all."""
    size = np.nan_to_num(np.abs(np.asarray(event.summed, float).reshape(-1)), nan=np.inf)
    return np.argsort(-size, kind="stable")


def _written(element: Element, strings: Strings) -> list[Any]:
    from .contents import json_number, rounded
    terms = list(element.terms)
    if len(terms) > MOST_SHOWN:
        terms.sort(key=lambda term: -abs(term.value) if term.value == term.value else -np.inf)
    rest = terms[MOST_SHOWN:]
    rows = [[strings.number(visible(term.symbols)), strings.number(visible(term.numbers)), rounded(float(term.value))]
            for term in terms[:MOST_SHOWN]]
    value = element.value.item() if hasattr(element.value, "item") else element.value
    return [strings.number(visible(cut(element.name, 80))), rows, json_number(value), len(rest),
            rounded(float(sum(term.value for term in rest)))]
