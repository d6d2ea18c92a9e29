"""Folding: long sums of terms that differ only in a number, as one: w0·x0 + w1·x1 + ... is the sum over i of wᵢ·xᵢ.

    folded(total, taken)        the sum with each run of alike terms folded

Terms are alike if they are the same but for numbers at the end of names (`w1`, `w₁`, `w[2,1]`) and for the places of
picked elements (`x[1]`). From term to term each index stays or grows by one.
Read `expressions.py` before this file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .trees import Apply, Expression, Fold, Literal, Name, Running, Total

FEWEST = 4              # terms that are folded
LETTERS = "ijklmnp"
PLAIN_DIGITS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
NUMBERED = re.compile(r"(?P<stem>.*?[^\W\d_])"
                      r"(?:_?(?P<digits>[0-9]+|[₀₁₂₃₄₅₆₇₈₉]+)|\[(?P<places>[0-9]+(?:, ?[0-9]+)*)\])")


def folded(total: Total, taken: set[str], fewest: int = FEWEST) -> Expression:
    """The sum with every run of at least `fewest` alike terms as one `Fold`."""
    terms = total.terms
    if len(terms) < fewest:
        return total
    shapes = [(minus, *_shape_of(term)) for minus, term in terms]
    found: list[tuple[bool, Expression]] = []
    start = 0
    while start < len(terms):
        end = _end_of_run(shapes, start)
        if end - start >= fewest:
            found.append((terms[start][0], _fold([term for _, term in terms[start:end]], shapes[start:end], taken)))
        else:
            end = start + 1
            found.append(terms[start])
        start = end
    return found[0][1] if len(found) == 1 and not found[0][0] else Total(found)


def numbered(name: str) -> tuple[str, tuple[int, ...]] | None:
    """A name that ends in numbers, in parts: "w1" is ("w", (1,)), "w[2,0]" is ("w", (2, 0)); None for others."""
    match = NUMBERED.fullmatch(name)
    if match is None:
        return None
    places = match["places"] or match["digits"].translate(PLAIN_DIGITS)
    return match["stem"], tuple(int(each) for each in places.split(","))


def _shape_of(x: Expression) -> tuple[Any, tuple[int, ...]]:
    """(what a term is but for its indices, its indices)."""
    indices: list[int] = []

    def shape(x: Expression) -> Any:
        if isinstance(x, Running):
            indices.extend(each for each in x.indices if isinstance(each, int))
            return ("running", x.stem, *(each if isinstance(each, tuple) else None for each in x.indices))
        stem = _indexed(x)
        if stem is not None:
            indices.extend(stem[1])
            return ("running", stem[0], len(stem[1]))
        if isinstance(x, Apply):
            return (x.op.key, repr(x.options), *map(shape, x.inputs))
        if isinstance(x, Total):
            return ("total", *((minus, shape(term)) for minus, term in x.terms))
        if isinstance(x, Fold):
            return ("fold", x.first, x.last, shape(x.body))
        if isinstance(x, Literal):
            return ("literal", repr(x.value))
        return x if isinstance(x, Name) else id(x)

    return shape(x), tuple(indices)


def _indexed(x: Expression) -> tuple[str, tuple[int, ...]] | None:
    """The stem and the indices of a numbered name, or of an element that was picked from a named array."""
    if isinstance(x, Name):
        return numbered(x.text)
    if isinstance(x, Apply) and x.op.name == "getitem" and not x.op.foreign and isinstance(x.inputs[0], Name):
        index = x.options["index"]
        index = index if isinstance(index, tuple) else (index,)
        if all(each.__class__ is int and each >= 0 for each in index):
            return x.inputs[0].text, index
    return None


def _end_of_run(shapes: list[tuple[bool, Any, tuple[int, ...]]], start: int) -> int:
    """Where the run of alike terms that begins at `start` ends."""
    minus, shape, indices = shapes[start]
    steps = None
    for end in range(start + 1, len(shapes)):
        following = shapes[end][2]
        step = tuple(b - a for a, b in zip(indices, following, strict=False))
        if shapes[end][:2] != (minus, shape) or steps not in (None, step) or not set(step) <= {0, 1} or 1 not in step:
            return end
        indices, steps = following, step
    return len(shapes)


def _fold(terms: list[Expression], shapes: list[tuple[bool, Any, tuple[int, ...]]], taken: set[str]) -> Fold:
    """Alike terms as one."""
    first, second = shapes[0][2], shapes[1][2]
    running = iter([(a, a != b) for a, b in zip(first, second, strict=True)])
    start = min(a for a, b in zip(first, second, strict=True) if a != b)
    used = {*taken, *(each.letter for term in terms[:1] for each in _folds(term))}
    letter = next((each for each in LETTERS if each not in used), "i")

    def moved(index: int, moves: bool) -> Any:
        return (letter, index - start) if moves else index

    def body(x: Expression) -> Expression:
        if isinstance(x, Running):
            return Running(x.stem, tuple(each if isinstance(each, tuple) else moved(*next(running))
                                         for each in x.indices))
        indexed = _indexed(x)
        if indexed is not None:
            return Running(indexed[0], tuple(moved(*next(running)) for _ in indexed[1]))
        if isinstance(x, Apply):
            return Apply(x.op, tuple(map(body, x.inputs)), x.options, x.node)
        if isinstance(x, Total):
            return Total([(minus, body(term)) for minus, term in x.terms])
        if isinstance(x, Fold):
            return Fold(body(x.body), x.letter, x.first, x.last, x.terms)
        return x

    return Fold(body(terms[0]), letter, start, start + len(terms) - 1, tuple(terms))


def _folds(x: Expression) -> Iterator[Fold]:
    """The folded sums within an expression."""
    if isinstance(x, Fold):
        yield x
        yield from _folds(x.body)
    elif isinstance(x, Apply):
        for each in x.inputs:
            yield from _folds(each)
    elif isinstance(x, Total):
        for _, term in x.terms:
            yield from _folds(term)
