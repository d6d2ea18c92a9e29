"""Strategies for axes, and for indices of every kind that NumPy knows.

    axes("n,3")         None for all axes, one axis, or a tuple of different ones
    indices("n,3")      integers, slices, ..., newaxis, boolean masks, integer arrays that may name an element twice
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ...errors import ArgumentError
from . import numbers
from .lengths import Spec, check, drawn_shape, parsed
from .numbers import POOL, Array

Strategy = st.SearchStrategy


def axes(ndim: int | str | Sequence[int | str], *, none: bool = True, tuples: bool = True) -> Strategy[Any]:
    """Axes of an array: None for all, one (counted from the front or the back), or a tuple of different ones.

    Args:
        ndim: the number of axes, or the shape of the array as in `arrays`.
        none: whether None is among them.
        tuples: whether tuples are.
    Returns: a strategy; of an array without axes only None or the empty tuple.
    Raises: ArgumentError if there is nothing to draw.

    >>> from hypothesis import find
    >>> from tinygrad_edu.testing.strategies import axes
    >>> find(axes("n,3"), lambda axis: axis is not None)
    0
    """
    n = ndim if isinstance(ndim, int) else len(parsed(ndim, "axes"))
    if not (n or none or tuples):
        raise ArgumentError("axes(0, none=False, tuples=False): an array without axes has none to draw. "
                            "Expected at least one axis.")
    return st.one_of(_axes(n, none, tuples))


def _axes(n: int, none: bool = True, tuples: bool = True) -> list[Strategy[Any]]:
    kinds: list[Strategy[Any]] = [st.none()] if none else []
    if n:
        kinds.append(st.integers(-n, n - 1))
    if tuples:
        kinds.append(hnp.valid_tuple_axes(n))
    return kinds


def drawn_axes(draw: Any, n: int) -> Any:
    """Axes of any kind, most often one."""
    kinds = _axes(n)
    return draw(draw(st.sampled_from([*kinds, *kinds[1:2]])))


# -- indices ----------------------------------------------------------------------------------------------------------

KINDS = ("basic", "mask", "integers", "mixed")


def indices(shape: Spec, *, kinds: str | Sequence[str] = "any") -> Strategy[Any]:
    """Indices of an array of that shape, of every kind that NumPy knows.

    Args:
        shape: that of the array, as in `arrays`: letters mean what they mean there.
        kinds: "basic" (integers, slices, `...` and newaxis), "mask" (a boolean array of the whole shape), "integers"
            (an integer array, or a tuple of some, which may name an element twice), "mixed" (integers, slices, masks
            and integer arrays side by side), several of these, or "any".
    Returns: a strategy of indices x[i] that are valid.
    Raises: ArgumentError for another kind.

    >>> from hypothesis import find
    >>> from tinygrad_edu.testing.strategies import indices
    >>> find(indices((3, 2), kinds="integers"), lambda i: len(i) > 1)
    array([0, 0])
    """
    named = KINDS if kinds == "any" else (kinds,) if isinstance(kinds, str) else tuple(kinds)
    if not named or not {*named} <= {*KINDS}:
        raise ArgumentError(f'indices(..., kinds={kinds!r}): expected "any" or some of {", ".join(KINDS)}.')
    check(shape, "indices")

    @st.composite
    def indices(draw: Any) -> Any:
        return drawn_index(draw, drawn_shape(draw, shape, call="indices"), named)

    return indices()


def drawn_index(draw: Any, shape: tuple[int, ...], kinds: Sequence[str] = KINDS) -> Any:
    """An index of one of the kinds; of arrays without elements or axes it is a basic one or a mask."""
    possible = [kind for kind in kinds if kind in ("basic", "mask") or (shape and 0 not in shape)]
    kind = draw(st.sampled_from(possible or ["basic"]))
    return DRAW[kind](draw, shape)


def _basic(draw: Any, shape: tuple[int, ...]) -> Any:
    return draw(hnp.basic_indices(shape, allow_newaxis=True))


def _mask(draw: Any, shape: tuple[int, ...]) -> Array:
    return numbers.mask(draw(POOL), shape)


def _integers(draw: Any, shape: tuple[int, ...]) -> Any:
    """An integer array for the first axis, or one for each of some axes, of shapes that broadcast."""
    places = tuple(draw(st.lists(st.integers(0, 3), min_size=1, max_size=2)))
    named = shape[:draw(st.integers(1, len(shape)))]
    index = tuple(numbers.whole(draw(POOL), _thinner(draw, places), -n, n - 1) for n in named)
    return index if len(index) > 1 else index[0]


def _thinner(draw: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape, or now and then one with a length 1 that broadcasts to it."""
    return tuple(1 if draw(st.integers(0, 5)) == 5 else n for n in shape)


def _mixed(draw: Any, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """For each axis an integer, a slice, or an array; of arrays either one mask or some integer arrays."""
    masked = draw(st.integers(-1, len(shape) - 1))
    index: list[Any] = []
    for i, n in enumerate(shape):
        kind = draw(st.sampled_from(["all", "backwards", "one", "some"]))
        if i == masked:
            index.append(numbers.mask(draw(POOL), (n,)))
        elif kind == "some" and masked < 0:
            index.append(numbers.whole(draw(POOL), (2,), -n, n - 1))
        elif kind == "one":
            index.append(draw(st.integers(-n, n - 1)))
        else:
            index.append(slice(None, None, -1) if kind == "backwards" else slice(None))
    return tuple(index)


DRAW: dict[str, Callable[[Any, tuple[int, ...]], Any]] = {
    "basic": _basic, "mask": _mask, "integers": _integers, "mixed": _mixed}

