"""Strips: an array as two rows of bars, for a terminal: + above, − below.

    strip(array)        ["+  ▄▅ ▃▆", "− █     █"]

One bar for each element in row order, to 48 of them, with a gap between rows; beyond, 48 runs, each with its largest
and smallest element. Height is magnitude on the strip's own scale; a zero is a dot, NaN and infinity are `!`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

BARS = "▁▂▃▄▅▆▇█"
MOST = 48


def strip(array: Any) -> list[str]:
    r"""Two rows of bars.

    >>> print("\n".join(strip(np.array([1.0, -2.0, 0.0, 4.0]))))
    + ▂ ·█
    −  ▄
    """
    x = np.asarray(array, float)
    groups = [[each] for each in x.reshape(-1)] if x.size <= MOST else np.array_split(x.reshape(-1), MOST)
    finite = np.abs(x[np.isfinite(x)])
    scale = float(finite.max()) if finite.size else 0.0
    above, below = (list(row) for row in zip(*(_bars(np.asarray(group), scale) for group in groups), strict=True))
    if x.ndim > 1 and x.size <= MOST and x.shape[-1] > 1:
        for at in range(x.size - x.shape[-1], 0, -x.shape[-1]):
            above.insert(at, " ")
            below.insert(at, " ")
    return ["+ " + "".join(above), ("− " + "".join(below)).rstrip()]


def _bars(group: Any, scale: float) -> tuple[str, str]:
    """The signs above and below of some elements."""
    if not np.isfinite(group).all():
        return "!", "!"
    high, low = max(group.max(), 0.0), max(-group.min(), 0.0)
    if high == low == 0:
        return "·", " "
    return _bar(high, scale), _bar(low, scale)


def _bar(height: float, scale: float) -> str:
    return BARS[max(int(np.ceil(height / scale * 8)) - 1, 0)] if height > 0 else " "
