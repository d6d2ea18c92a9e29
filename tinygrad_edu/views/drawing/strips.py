"""Heat strips: the elements of an array as small bars.

    strip           one bar for each element in row order, or one for each run of many elements
    css_of_strips   their style

Up and filled is positive, down and hollow is negative, the height is the magnitude on the strip's own scale, a zero is
a dash on the base line, NaN and infinities are full-height bars in the colour of warning with a black edge. Rows stand
apart. A bar of many elements reaches from the smallest to the largest of them.

Bars of one kind are one path, so that a strip costs some hundred bytes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

from .numbers import decimal
from .svg import Markup, group, path

_WIDEST = 16.0          # of a bar and its gap
_LOWEST = 1.5           # of a bar, and the height of a dash
_LOUD = 5.0             # wide, at least: a bar in the colour of warning, so that its edge leaves some of it


class Summary(Protocol):
    """What a strip is drawn from: `graphs.model.Value` is one."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows are as long as its last number."""

    @property
    def elements(self) -> Sequence[float] | None:
        """All of them in row order; None if there are too many."""

    @property
    def bins(self) -> Sequence[tuple[float, float]] | None:
        """The smallest and the largest of each run, of those that are many; a NaN says that there is one."""


def strip(value: Summary, x: float, y: float, width: float, height: float = 16.0) -> Markup:
    """The strip of an array, its top left corner at (x, y).

    Args:
        value: what is drawn.
        x, y: the left top corner.
        width: what there is; few elements take less, for a bar is at most 16 pixels wide.
        height: half of it is for negative elements.
    """
    ranges, row = _ranges(value)
    if not ranges:
        return group(path(f"M0 0H{_short(width)}", class_="base"), transform=_moved(x, y + height / 2))
    lefts, bar = _columns(len(ranges), row, width)
    kinds = _drawn(ranges, lefts, bar, height / 2)
    return group(
        path(f"M0 0H{_short(width)}", class_="base"),
        *(path("".join(kinds[kind]), class_=kind, **({} if kind in ("minus", "wrong") else {"stroke_width": bar}))
          for kind in ("plus", "minus", "zero", "wrong") if kinds[kind]),
        transform=_moved(x, y + height / 2))


def css_of_strips() -> str:
    """The style of strips, for pictures of class "tg"."""
    return "\n".join([
        ".tg .plus{stroke:var(--pos);fill:none}",
        ".tg .minus{fill:var(--surface);stroke:var(--neg);stroke-width:1.2}",
        ".tg .zero{stroke:var(--line);fill:none}",
        ".tg .wrong{fill:var(--warn);stroke:var(--warn-ink);stroke-width:1}",
        ".tg .base{stroke:var(--hair);fill:none}",
    ])


def _ranges(value: Summary) -> tuple[list[tuple[float, float]], int]:
    """What each bar covers, and how many bars are a row (0: rows are not told apart)."""
    if value.bins is not None:
        return [(float(low), float(high)) for low, high in value.bins], 0
    row = value.shape[-1] if len(value.shape) > 1 else 0
    ranges = [(0.0, float(each)) if each > 0 else (float(each), 0.0) for each in value.elements or ()]
    return ranges, row if 1 < row < len(ranges) else 0


def _columns(n: int, row: int, width: float) -> tuple[list[float], float]:
    """The left edge of each bar, and how wide each is."""
    breaks = (n - 1) // row if row else 0
    apart = min(3.0, 0.25 * width / breaks) if breaks else 0.0
    pitch = min((width - breaks * apart) / n, _WIDEST)
    return [k * pitch + (k // row * apart if row else 0) for k in range(n)], pitch - min(1.0, 0.35 * pitch)


def _drawn(ranges: list[tuple[float, float]], lefts: list[float], bar: float, half: float) -> dict[str, list[str]]:
    """The commands of each kind of bar; the base line is at y = 0."""
    kinds: dict[str, list[str]] = {"plus": [], "minus": [], "zero": [], "wrong": []}
    largest = max((abs(each) for pair in ranges for each in pair if math.isfinite(each)), default=0.0)
    right = max(lefts[-1] + bar, _LOUD)
    for (low, high), left in zip(ranges, lefts, strict=True):
        middle = _short(left + bar / 2)
        if not (math.isfinite(low) and math.isfinite(high)):
            loud = max(bar, _LOUD)
            kinds["wrong"].append(_box(min(max(left + (bar - loud) / 2, 0.0), right - loud), -half, loud, 2 * half))
            continue
        if low == high == 0:
            kinds["zero"].append(f"M{middle} {_short(-_LOWEST / 2)}v{_short(_LOWEST)}")
        if high > 0:
            start, end = max(low, 0) / largest * half, high / largest * half
            kinds["plus"].append(f"M{middle} {_short(-start)}v{_short(-max(end - start, _LOWEST))}")
        if low < 0:
            start, end = -min(high, 0) / largest * half, -low / largest * half
            kinds["minus"].append(_box(left, start, bar, max(end - start, _LOWEST)))
    return kinds


def _box(left: float, top: float, width: float, height: float) -> str:
    """A rectangle whose outline lies within it."""
    edge = min(1.2, width, height) / 2
    across, down = width - 2 * edge, height - 2 * edge
    return f"M{_short(left + edge)} {_short(top + edge)}h{_short(across)}v{_short(down)}h{_short(-across)}z"


def _moved(x: float, y: float) -> str:
    return f"translate({_short(x)} {_short(y)})"


def _short(x: float) -> str:
    """A tenth of a pixel is all that an eye can see of a bar."""
    return decimal(x, 1)
