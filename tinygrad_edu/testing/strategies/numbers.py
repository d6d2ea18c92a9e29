"""Numbers that shrink: an array is read off a string of random bytes, and smaller bytes mean plainer numbers.

    POOL, SHAPE             the strategy of such strings; all have one length, so that shapes and numbers shrink apart
    fill(pool, shape)       numbers of a domain, away from its kinks: plain ones (0, 1, 2, 0.5), short decimals, or both
    distinct(pool, shape)   the same, no two equal or close
    whole, choose, mask, signs, order, spread       whole numbers, choices, booleans, ±1, permutations, sizes apart

Two bytes stand for each element; the first byte of all says how many elements are plain, and 0 says that all are.
Hypothesis draws and shrinks one string much faster than as many floats. Elements for which the string is too short
come from a generator that its second byte seeds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

from ...ops.domains import REAL, Domain

Array = np.ndarray[Any, Any]
CAPACITY = 32                   # elements that one string holds
FEW = 7                         # plain numbers that every domain should have
MARGIN = 0.1                    # how far numbers keep from kinks, if not told otherwise
NDIMS = (0, 1, 1, 2, 2, 2, 2, 3, 3, 4, 5)                # numbers of axes, the most telling ones more often
SHAPE = st.binary(min_size=6, max_size=6)
POOL = st.binary(min_size=2 + 2 * CAPACITY, max_size=2 + 2 * CAPACITY)


def elements(pool: bytes, size: int) -> tuple[Array, Array]:
    """Two whole numbers from 0 to 255 for each of `size` elements, the first at the end of the string.

    Hypothesis brings large bytes to the end; so what makes a test fail comes to lie in the first elements, which stay
    when the shape shrinks.
    """
    pairs = np.frombuffer(pool, np.uint8, offset=2).reshape(-1, 2)[::-1]
    if size > CAPACITY:
        more = np.random.default_rng(pool[1]).integers(0, 256, (size - CAPACITY, 2), np.uint8)
        pairs = np.concatenate([pairs, more])
    both = pairs[:size].astype(np.int64)
    return both[:, 0], both[:, 1]


def plain_share(pool: bytes) -> int:
    """How many of 256 elements are plain: all, four in ten, or none."""
    return 256 if pool[0] < 32 else 100 if pool[0] < 128 else 0


# -- where numbers may lie --------------------------------------------------------------------------------------------


@lru_cache(1000)
def intervals(domain: Domain, margin: float = MARGIN) -> tuple[Array, Array]:
    """The ends of the intervals that are left of a domain if one keeps `margin` from its kinks."""
    kinks = [kink for kink in domain.kinks if domain.low - margin < kink < domain.high + margin]
    if domain.kinks_every:
        first = math.floor((domain.low - domain.offset) / domain.kinks_every)
        last = math.ceil((domain.high - domain.offset) / domain.kinks_every)
        kinks += [domain.offset + k * domain.kinks_every for k in range(first, last + 1)]
    ends = [domain.low]
    for kink in sorted(kinks):
        ends += [kink - margin, max(kink + margin, domain.low)]
    ends.append(domain.high)
    pairs = [(low, high) for low, high in zip(ends[::2], ends[1::2], strict=True) if low <= high]
    return np.array([low for low, _ in pairs]), np.array([high for _, high in pairs])


@lru_cache(1000)
def plain_numbers(domain: Domain, margin: float = MARGIN) -> Array:
    """Numbers of a domain that are easily read, the plainest first: 0, 1, 2, …, 10, 0.5, 1.5, …, -1, -2, …

    In runs, so that shrinking finds the smallest one of a run by halves and by steps of one. A domain that holds few
    whole numbers and halves gets tenths, hundredths, and so on. Last come the ends of its intervals.
    """
    lows, highs = intervals(domain, margin)
    found: dict[float, None] = {}
    for parts in (1, 2, *(10**e for e in range(1, 300))):
        candidates = [k / parts for k in _nearest(math.ceil(lows[0] * parts), math.floor(highs[-1] * parts))]
        if parts == 1:
            candidates += [sign * m * 10.0**e for sign in (1, -1) for e in range(1, 300, 3) for m in (1, 2, 5)]
        inside = [x for x in candidates if np.any((lows <= x) & (x <= highs))]
        found.update(dict.fromkeys(sorted(inside, key=lambda x: (x < 0, abs(x)))))
        if (len(found) >= FEW and parts > 1) or lows[0] == highs[-1]:
            break
    found.update(dict.fromkeys(sorted([*lows.tolist(), *highs.tolist()], key=abs)))
    return np.array(list(found))


class Cells(NamedTuple):
    """For each byte a plain number, and how far numbers reach to its left and right that are nearer to no other."""

    plain: Array
    left: Array
    right: Array
    low: Array                  # the ends of its interval
    high: Array
    decimals: int


@lru_cache(1000)
def cells(domain: Domain, margin: float) -> Cells:
    """The plain numbers of a domain, the plainest for several bytes, and what lies around them."""
    table, (lows, highs) = plain_numbers(domain, margin), intervals(domain, margin)
    own = np.searchsorted(lows, table, "right") - 1
    ranked = np.argsort(table)
    left, right = np.zeros(len(table)), np.zeros(len(table))
    halves = np.diff(table[ranked]) / 2
    left[ranked[1:]], right[ranked[:-1]] = halves, halves
    left, right = np.minimum(left, table - lows[own]), np.minimum(right, highs[own] - table)
    which = (len(table) * (np.arange(256) / 256) ** 1.5).astype(np.int64)
    step = float(np.sum(highs - lows)) / 10_000
    decimals = min(max(-math.floor(math.log10(step)), 3), 300) if step > 0 else 300
    return Cells(table[which], left[which], right[which], lows[own][which], highs[own][which], decimals)


def _nearest(low: int, high: int) -> range:
    """The whole numbers from low to high, no more than 20 on either side of the one that is nearest to 0."""
    middle = min(max(low, 0), high)
    return range(max(low, middle - 20), min(high, middle + 20) + 1)


def place(u: Array, domain: Domain, margin: float, places: int) -> Array:
    """The numbers at the places u (0 ≤ u < 1) of a domain without its kinks; decimals for so many places."""
    lows, highs = intervals(domain, margin)
    starts = np.concatenate([[0.0], np.cumsum(highs - lows)])
    at = u * starts[-1]
    which = np.minimum(np.searchsorted(starts, at, "right") - 1, len(lows) - 1)
    x = lows[which] + (at - starts[which])
    decimals = min(1 - math.floor(math.log10(starts[-1] / places)), 300) if starts[-1] > 0 else 300
    return np.asarray(np.clip(np.round(x, decimals), lows[which], highs[which]))


# -- arrays of floating-point numbers ---------------------------------------------------------------------------------


def fill(pool: bytes, shape: tuple[int, ...], domain: Domain = REAL, margin: float = MARGIN) -> Array:
    """Numbers of a domain, at least `margin` away from its kinks: plain ones, and decimals near these."""
    first, second = elements(pool, math.prod(shape))
    share, near = plain_share(pool), cells(domain, margin)
    x = near.plain[second]
    if share < 256:
        off = np.maximum(first - share, 0) / (256 - share)
        x = x + np.where(first % 2, near.right[second], -near.left[second]) * off
        x = np.clip(np.round(x, near.decimals), near.low[second], near.high[second])
    return x.reshape(shape)


def distinct(pool: bytes, shape: tuple[int, ...], domain: Domain = REAL, margin: float = MARGIN) -> Array:
    """Numbers of a domain of which no two are equal; decimals keep half of an even distance."""
    size = math.prod(shape)
    ranks, table = order(pool, size), plain_numbers(domain, margin)
    if plain_share(pool) == 256 and len(table) >= size:
        return table[:size][ranks].reshape(shape)
    _, second = elements(pool, size)
    return place((ranks + 0.25 + second / 512) / max(size, 1), domain, margin, max(100 * size, 1000)).reshape(shape)


def spread(pool: bytes, shape: tuple[int, ...]) -> Array:
    """Numbers of which no two are close, not even without their signs, and none is near 0: 1, 2, 3, … or near these."""
    size = math.prod(shape)
    ranks, (_, second) = order(pool, size), elements(pool, size)
    off = (second % 32 / 31 - 0.5) / 5 * (plain_share(pool) < 256)
    step = 1.0 if size <= CAPACITY else 0.25
    return np.asarray(np.where(second < 128, 1, -1) * step * np.round(ranks + 1 + off, 3)).reshape(shape)


# -- shapes -----------------------------------------------------------------------------------------------------------


def shape(few: bytes, sides: Sequence[int], min_dims: int = 0, max_dims: int = 3) -> tuple[int, ...]:
    """A shape of such sides, the first being the plainest; the string is as long for any number of axes."""
    ndims = [n for n in NDIMS if min_dims <= n <= max_dims] or [min_dims]
    ndim = ndims[few[0] * len(ndims) >> 8]
    return tuple(sides[each * len(sides) >> 8] for each in few[1:1 + ndim])


def smaller(few: bytes, shape: tuple[int, ...]) -> tuple[int, ...]:
    """A shape that broadcasts to `shape`: some lengths 1, some axes in front missing."""
    lengths = [1 if each >= 171 else n for n, each in zip(shape, few[1:], strict=False)]
    return (*lengths, *shape[len(lengths):])[(0, 0, 0, 0, 1, 1, 2, 3)[few[0] >> 5]:]


# -- whole numbers, choices, permutations -----------------------------------------------------------------------------


def whole(pool: bytes, shape: tuple[int, ...], low: int, high: int) -> Array:
    """Whole numbers from low to high, both included; the plainest is that nearest to 0."""
    if high - low < 256:
        return choose(pool, shape, sorted(range(low, high + 1), key=lambda n: (abs(n), n < 0)))
    first, second = elements(pool, math.prod(shape))
    nearest = min(max(low, 0), high)
    far = [min(high, nearest + (n * (high - nearest) >> 16)) if n % 2 == 0 else nearest - (n * (nearest - low) >> 16)
           for n in (first * 256 + second).tolist()]
    plain = np.clip(second // 16, low, high)
    return np.where(first < plain_share(pool), plain, np.array(far, object)).astype(np.int64).reshape(shape)


def choose(pool: bytes, shape: tuple[int, ...], choices: Any) -> Array:
    """One of the choices for each element; the first is the plainest."""
    _, second = elements(pool, math.prod(shape))
    return np.asarray(np.array(choices)[second * len(choices) >> 8].reshape(shape))


def mask(pool: bytes, shape: tuple[int, ...]) -> Array:
    """Booleans; False is the plainer."""
    return choose(pool, shape, [False, True])


def signs(pool: bytes, shape: tuple[int, ...]) -> Array:
    """1 or -1 for each element."""
    return choose(pool, shape, [1.0, -1.0])


def order(pool: bytes, size: int) -> Array:
    """A permutation of 0 … size - 1; the plainest is this order itself."""
    first, _ = elements(pool, size)
    ranks = np.empty(size, np.int64)
    ranks[np.argsort(first, kind="stable")] = np.arange(size)
    return ranks
