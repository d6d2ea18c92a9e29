"""Strategies for arrays and tensors: shapes by letters, numbers that shrink to plain ones, every layout of memory.

    arrays("n,3")               NumPy arrays
    tensors("n,3")              variables (or constants) that hold such arrays
    mutually_broadcastable(2)   two arrays whose shapes broadcast

The options of `arrays` hold for all three. See `lengths.py` for shapes and `numbers.py` for how numbers are drawn.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from hypothesis import note
from hypothesis import strategies as st

from ...core.tensors import Tensor
from ...errors import ArgumentError, DTypeError
from ...ops.domains import Domain
from . import numbers
from .lengths import Spec, bounds, check, drawn_shape, smaller
from .numbers import MARGIN, POOL, Array

Strategy = st.SearchStrategy
SIGNS = ("any", "positive", "negative", "nonzero")


def _strided(x: Array) -> Array:
    larger = np.zeros([2 * n for n in x.shape], x.dtype)
    every_second: Any = tuple(slice(None, None, 2) for _ in x.shape)
    larger[every_second] = x
    return np.asarray(larger[(*every_second, ...)])


def _read_only(x: Array) -> Array:
    x = x.copy()
    x.flags.writeable = False
    return x


LAYOUTS: dict[str, Callable[[Array], Array]] = {
    "C": np.copy,
    "Fortran": lambda x: np.array(x, order="F"),
    "strided": _strided,                                            # every second element of a larger array
    "reversed": lambda x: np.flip(np.flip(x).copy()),               # with negative strides
    "read-only": _read_only,
    "broadcast": lambda x: np.broadcast_to(x[:1].copy(), x.shape) if x.ndim else _read_only(x),     # equal rows
}


def arrays(shape: Spec = None, dtype: Any = np.float64, *, min_value: float | None = None,
           max_value: float | None = None, signs: str = "any", away_from: float | Sequence[float] = (),
           margin: float = MARGIN, domain: Domain | None = None, special: bool | Sequence[float] = False,
           ties: bool | None = None, layouts: str | Sequence[str] = "C", min_side: int | None = None,
           max_side: int | None = None) -> Strategy[Array]:
    """NumPy arrays whose shape is written as text; letters mean the same length in all strategies of one test.

    Args:
        shape: "n,3" or ("n", 3); "...,3" for any axes in front; () for one number; None for any shape of up to three
            axes; or a strategy of shapes.
        dtype: floating, integer or boolean; a list of some, or a strategy, to draw one.
        min_value: the smallest number, -10 if not given.
        max_value: the largest number, 10 if not given.
        signs: "any", "positive", "negative" or "nonzero", which all keep `margin` away from 0.
        away_from: numbers to keep a distance from: kinks and poles of the function to test.
        margin: that distance.
        domain: bounds and kinks as operations declare them, instead of the four above; see `tg.ops.domains`.
        special: True to mix in infinities, NaN, zeros of both signs and numbers at the edge of the dtype, whatever the
            bounds; or the numbers to mix in.
        ties: False for numbers that all differ, True for arrays that hold some number twice, None for either.
        layouts: "C", "Fortran", "strided", "reversed", "read-only", "broadcast" (the first row repeated), several of
            these, or "any". A layout other than "C" is noted beside a failing example.
        min_side: the smallest length that a letter may mean, 1 if not given.
        max_side: the largest length that a letter may mean, 4 if not given.
    Returns: a strategy; it shrinks to short arrays of plain numbers (0, 1, 2, 0.5, …) in C order.
    Raises: ArgumentError or DTypeError for an option that cannot be met.

    >>> from hypothesis import find
    >>> from tinygrad_edu.testing.strategies import arrays
    >>> find(arrays("n,3"), lambda x: x.min() > 0.3)
    array([[1., 1., 1.]])
    """
    check(shape, "arrays")
    drawing = _drawing(dtype, min_value, max_value, signs, away_from, margin, domain, special, ties, layouts)
    sides = bounds(min_side, max_side)

    @st.composite
    def arrays(draw: Any) -> Array:
        return drawing.array(draw, drawn_shape(draw, shape, sides))

    return arrays()


def tensors(shape: Spec = None, dtype: Any = np.float64, *, requires_grad: bool = True, name: str | None = None,
            **options: Any) -> Strategy[Tensor]:
    """Tensors whose shape is written as text: variables, or constants if `requires_grad` is False.

    Args:
        shape: as in `arrays`.
        dtype: as in `arrays`; floating if a gradient is wanted.
        requires_grad: whether they are variables.
        name: what messages and pictures call them.
        **options: those of `arrays`.
    Returns: a strategy that shrinks as `arrays` does.

    >>> from hypothesis import find
    >>> from tinygrad_edu.testing.strategies import tensors
    >>> find(tensors("n,2", name="w"), lambda w: w.shape[0] > 1)
    Tensor([[0., 0.],
            [0., 0.]], name='w')
    """
    return arrays(shape, dtype, **options).map(lambda x: Tensor(x, requires_grad=requires_grad, name=name))


def mutually_broadcastable(n: int = 2, shape: Spec = None, dtype: Any = np.float64,
                           **options: Any) -> Strategy[tuple[Array, ...]]:
    """So many arrays whose shapes broadcast with each other: lengths of 1, axes missing in front.

    Args:
        n: how many.
        shape: what they broadcast to at most, as in `arrays`.
        dtype: as in `arrays`.
        **options: those of `arrays`.
    Returns: a strategy of tuples of arrays.

    >>> from hypothesis import find
    >>> from tinygrad_edu.testing.strategies import mutually_broadcastable
    >>> x, y = find(mutually_broadcastable(2), lambda xs: xs[0].ndim < xs[1].ndim)
    >>> x.shape, y.shape
    ((), (1,))
    """
    check(shape, "mutually_broadcastable")
    sides = bounds(options.pop("min_side", None), options.pop("max_side", None))
    drawing = _drawing(dtype, **options)

    @st.composite
    def mutually_broadcastable(draw: Any) -> tuple[Array, ...]:
        full = drawn_shape(draw, shape, sides, "mutually_broadcastable")
        return tuple(drawing.array(draw, smaller(draw, full)) for _ in range(n))

    return mutually_broadcastable()


# -- options ----------------------------------------------------------------------------------------------------------


class Drawing(NamedTuple):
    """The options of `arrays`, checked."""

    dtypes: Strategy[Any]
    domain: Domain
    margin: float
    special: bool | Sequence[float]
    ties: bool | None
    layouts: list[str]

    def array(self, draw: Any, shape: tuple[int, ...]) -> Array:
        """An array of that shape."""
        dtype, pool = np.dtype(draw(self.dtypes)), draw(POOL)
        x = _values(pool, shape, dtype, self.domain, self.margin, self.ties)
        if self.special:
            x = _with_special(pool, x, _edges(dtype) if self.special is True else tuple(self.special))
        name = draw(st.sampled_from(self.layouts))
        if name != "C":
            note(f"(an array of shape {shape} with the layout {name!r})")
        return LAYOUTS[name](x)


def _drawing(dtype: Any = np.float64, min_value: float | None = None, max_value: float | None = None,
             signs: str = "any", away_from: float | Sequence[float] = (), margin: float = MARGIN,
             domain: Domain | None = None, special: bool | Sequence[float] = False, ties: bool | None = None,
             layouts: str | Sequence[str] = "C") -> Drawing:
    if domain is None:
        domain = Domain(*_bounds(min_value, max_value, signs, away_from, margin))
    if not len(numbers.intervals(domain, margin)[0]):
        raise ArgumentError(f"arrays(...): got numbers from {domain.low} to {domain.high}, {margin} away from "
                            f"{domain.kinks or f'multiples of {domain.kinks_every}'}. Expected bounds that leave some.")
    return Drawing(_dtypes(dtype), domain, margin, special, ties, _layouts(layouts, ties))


def _dtypes(dtype: Any) -> Strategy[Any]:
    """A strategy of the dtypes asked for."""
    if isinstance(dtype, st.SearchStrategy):
        return dtype
    given = [np.dtype(each) for each in (dtype if isinstance(dtype, (list, tuple)) else [dtype])]
    for each in given:
        if each.kind not in "fiub":
            raise DTypeError(f"arrays(...): got dtype {each}. Expected floating-point, integers or booleans.")
    return st.sampled_from(given)


def _bounds(low: float | None, high: float | None, signs: str, away_from: float | Sequence[float],
            margin: float) -> tuple[float, float, tuple[float, ...]]:
    """The smallest and the largest number, and those to keep away from."""
    if signs not in SIGNS:
        raise ArgumentError(f"arrays(signs={signs!r}): expected one of {', '.join(SIGNS)}.")
    if low is None:
        low = -10.0 if high is None or high > -10 else high - 20
    if high is None:
        high = 10.0 if low < 10 else low + 20
    low, high = float(low), float(high)
    if signs == "positive":
        low = max(low, margin)
    if signs == "negative":
        high = min(high, -margin)
    kinks = tuple(map(float, away_from)) if isinstance(away_from, Sequence) else (float(away_from),)
    if not (low <= high and math.isfinite(low) and math.isfinite(high)):
        raise ArgumentError(f"arrays(...): got numbers from {low} to {high}. Expected a finite min_value that is not "
                            "above max_value; special=True mixes in infinities and NaN.")
    return low, high, kinks + ((0.0,) if signs == "nonzero" else ())


def _layouts(layouts: str | Sequence[str], ties: bool | None) -> list[str]:
    """The layouts to draw from, the plainest first."""
    named = [layouts] if isinstance(layouts, str) and layouts != "any" else list(layouts)
    if layouts == "any":
        named = [name for name in LAYOUTS if name != "broadcast" or ties is not False]
    wrong = [name for name in named if name not in LAYOUTS]
    if wrong or not named:
        raise ArgumentError(f'arrays(layouts={layouts!r}): expected "any" or some of {", ".join(LAYOUTS)}.')
    if ties is False and "broadcast" in named:
        raise ArgumentError('arrays(ties=False, layouts=...): the layout "broadcast" repeats the first row. '
                            "Leave one of the two out.")
    return sorted(named, key=[*LAYOUTS].index)


# -- numbers ----------------------------------------------------------------------------------------------------------


def _values(pool: bytes, shape: tuple[int, ...], dtype: np.dtype[Any], domain: Domain, margin: float,
            ties: bool | None) -> Array:
    """Numbers of a dtype, with or without ties."""
    if ties:
        kinds = max(math.prod(shape) // 2, 1)       # fewer numbers than places for them
        few = _values(pool, (kinds,), dtype, domain, margin, None)
        return np.asarray(few[numbers.choose(pool, shape, range(kinds))])
    if dtype.kind == "f":
        draw = numbers.fill if ties is None else numbers.distinct
        x = _inside(draw(pool, shape, domain, margin), dtype, domain)
    else:
        x = _whole(pool, shape, dtype, domain, margin, ties)
    if ties is False and len(np.unique(x)) < x.size:
        raise ArgumentError(f"arrays(ties=False): there are no {x.size} different numbers of dtype {dtype} from "
                            f"{domain.low} to {domain.high}. Expected a wider interval, or fewer elements.")
    return x


def _inside(x: Array, dtype: np.dtype[Any], domain: Domain) -> Array:
    """In the dtype, and within the bounds also after rounding."""
    if dtype == np.float64:
        return x
    given, (low, high) = x.astype(dtype), (np.array(each, dtype) for each in (domain.low, domain.high))
    low = np.nextafter(low, np.array(np.inf, dtype)) if float(low) < domain.low else low
    high = np.nextafter(high, np.array(-np.inf, dtype)) if float(high) > domain.high else high
    return np.asarray(np.clip(given, low, high))


def _whole(pool: bytes, shape: tuple[int, ...], dtype: np.dtype[Any], domain: Domain, margin: float,
           ties: bool | None) -> Array:
    """Whole numbers or booleans within the bounds and the dtype."""
    least, most = (0, 1) if dtype.kind == "b" else (int(np.iinfo(dtype).min), int(np.iinfo(dtype).max))
    low, high = max(math.ceil(domain.low), least), min(math.floor(domain.high), most)
    size = math.prod(shape)
    if low <= high and high - low < 1000:
        far = [n for n in sorted(range(low, high + 1), key=lambda n: (abs(n), n < 0))
               if np.any((numbers.intervals(domain, margin)[0] <= n) & (n <= numbers.intervals(domain, margin)[1]))]
        if far and (ties is None or len(far) >= size):
            x = np.array(far)[numbers.order(pool, size)].reshape(shape) if ties is False else \
                numbers.choose(pool, shape, far)
            return x.astype(dtype)
    elif low <= high and ties is None:
        return numbers.whole(pool, shape, low, high).astype(dtype)
    elif low <= high:
        return (low + numbers.order(pool, size).reshape(shape)).astype(dtype)
    raise ArgumentError(f"arrays(...): there are no {size} {'different ' * (ties is False)}numbers of dtype {dtype} "
                        f"from {domain.low} to {domain.high}, away from {domain.kinks}. Expected a wider interval.")


def _edges(dtype: np.dtype[Any]) -> tuple[Any, ...]:
    """Numbers at the edge of a dtype."""
    if dtype.kind == "b":
        return (False, True)
    if dtype.kind != "f":
        return (0, int(np.iinfo(dtype).max), int(np.iinfo(dtype).min))
    limits = np.finfo(dtype)
    return (0.0, -0.0, math.inf, -math.inf, math.nan, float(limits.tiny), float(limits.smallest_subnormal),
            float(limits.max), float(limits.min))


def _with_special(pool: bytes, x: Array, special: Sequence[Any]) -> Array:
    """One in five elements replaced."""
    first, second = numbers.elements(pool, x.size)
    replaced = (first >= 208).reshape(x.shape)
    return np.where(replaced, np.array(special)[second * len(special) >> 8].reshape(x.shape), x).astype(x.dtype)
