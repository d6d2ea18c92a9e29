"""Shapes as text: "n,3" is a shape whose letters stand for drawn lengths, the same in all strategies of one test.

    @given(arrays("n,3"), arrays("3,m"), arrays("n,m"))         n and m mean the same in all three

What has been drawn for the letters is kept in a dictionary of which hypothesis makes one for each run of a test.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from hypothesis import strategies as st

from ...errors import ArgumentError
from . import numbers
from .numbers import SHAPE

Spec = int | str | Sequence[int | str] | st.SearchStrategy[tuple[int, ...]] | None
SIDES = (0, 3)                                  # the lengths of axes that no letter names
LETTERS = (1, 4)                                # the lengths that letters stand for
_letters: st.SearchStrategy[dict[str, Any]] = st.shared(st.builds(dict), key="tinygrad_edu: lengths of letters")


class Letter(NamedTuple):
    """What a letter stands for in this run of the test, and between which bounds that was drawn."""

    length: Any                                 # a number; for "..." a shape
    bounds: tuple[int, int]


def parsed(spec: int | str | Sequence[int | str], call: str) -> list[int | str]:
    """The axes of a shape such as "n,3" or ("n", 3): whole numbers, names, and perhaps one "..."."""
    given = [spec] if isinstance(spec, int) else [*spec.split(",")] if isinstance(spec, str) else [*spec]
    axes: list[int | str] = []
    for each in given:
        word = each.strip() if isinstance(each, str) else each
        if isinstance(word, str) and word.isdecimal():
            word = int(word)
        if word == "" and len(given) == 1:
            continue                            # "" is the shape ()
        good = word >= 0 if isinstance(word, int) else word.isidentifier() or word == "..."
        if not good:
            raise ArgumentError(f'{call}: got the shape {spec!r}. Expected lengths and letters, such as "n,3", '
                                '"...,n" or ("n", 3); () for a single number, None for any shape.')
        axes.append(word)
    if axes.count("...") > 1:
        raise ArgumentError(f'{call}: got the shape {spec!r}. Expected "..." at most once.')
    return axes


def bounds(min_side: int | None, max_side: int | None) -> tuple[int, int] | None:
    """The bounds of what letters mean, None if neither is given."""
    if min_side is max_side is None:
        return None
    low = LETTERS[0] if min_side is None else min_side
    high = max(LETTERS[1], low) if max_side is None else max_side
    if not 0 <= low <= high:
        raise ArgumentError(f"got min_side={min_side} and max_side={max_side}. Expected 0 <= min_side <= max_side.")
    return low, high


def check(spec: Spec, call: str) -> None:
    """Raise what is to say of a shape before anything is drawn."""
    if spec is not None and not isinstance(spec, st.SearchStrategy):
        parsed(spec, call)


def drawn_shape(draw: Any, spec: Spec, bounds: tuple[int, int] | None = None, call: str = "arrays") -> tuple[int, ...]:
    """The shape that `spec` stands for in this run of the test."""
    if spec is None:
        return any_shape(draw, *(bounds or SIDES))
    if isinstance(spec, st.SearchStrategy):
        return tuple(draw(spec))
    shape: list[int] = []
    for axis in parsed(spec, call):
        if isinstance(axis, int):
            shape.append(axis)
        elif axis == "...":
            shape += _meaning(draw, axis, bounds or LETTERS, call)
        else:
            shape.append(_meaning(draw, axis, bounds or LETTERS, call))
    return tuple(shape)


def any_shape(draw: Any, low: int = 0, high: int = 3, max_dims: int = 3) -> tuple[int, ...]:
    """Some shape of few axes."""
    return numbers.shape(draw(SHAPE), sorted(range(low, high + 1), key=lambda n: (n == 0, n)), max_dims=max_dims)


def smaller(draw: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    """A shape that broadcasts to `shape`: some lengths 1, some axes in front missing."""
    return numbers.smaller(draw(SHAPE), shape)


def _meaning(draw: Any, letter: str, bounds: tuple[int, int], call: str) -> Any:
    known = draw(_letters)
    if letter not in known:
        known[letter] = Letter(any_shape(draw, *bounds, max_dims=2) if letter == "..."
                               else draw(st.integers(*bounds)), bounds)
    if known[letter].bounds != bounds:
        raise ArgumentError(f"{call}: {letter!r} was drawn between {known[letter].bounds} by another strategy of this "
                            f"test, here it is asked for between {bounds}. Expected the same min_side and max_side "
                            "wherever the letter stands.")
    return known[letter].length
