"""Amounts: values as panels write them: a number, a small array in full, else its shape and range.

    written(value)      "0.501"    "[1, −2.5]"    "6×3   min −0.13   mean 0   max 0.096   18 values"
    short(value)        in one word: "0.501"    "[1, −2.5]"    "6×3"

Read `panels.py` beside this file.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import values
from ..views.drawing.numbers import count, number, shape_text

WRITTEN = 6                 # elements of an array that is written out


def is_number(value: Any) -> bool:
    """Whether a value is a single number."""
    return value is not None and not isinstance(value, (tuple, str)) and values.shape_of(value) == ()


def written(value: Any) -> str:
    """A value: a number, a small array in full, or the shape and the range of a large one."""
    if isinstance(value, str):
        return value
    if isinstance(value, tuple):
        return "(" + ", ".join(map(written, value)) + ")"
    if value is None:
        return "–"
    if is_number(value):
        return number(value)
    if not value.size:
        return f"{shape_text(value.shape)}   empty"
    if value.size <= WRITTEN:
        return _listed(value)
    finite = value[np.isfinite(value)] if value.dtype.kind == "f" else value
    strange = [f"{n} {word}" for word, n in (("NaN", np.isnan(value).sum()), ("∞", np.isinf(value).sum())) if n]
    warned = [f"!! {each}" for each in strange]
    return "   ".join([shape_text(value.shape), *_span(finite), *warned, f"{count(value.size)} values"])


def _span(finite: Any) -> list[str]:
    """The range of some numbers."""
    if not finite.size:
        return []
    low, high = finite.min(), finite.max()
    if low == high:
        return [f"each {number(low)}"]
    return [f"{word} {_three(x)}" for word, x in (("min", low), ("mean", _mean(finite)), ("max", high))]


def _mean(x: Any) -> float:
    """The mean; 0 if it is no more than rounding."""
    mean = float(np.mean(x, dtype=np.float64))
    return 0.0 if abs(mean) < 1e-12 * float(np.abs(x).max()) else mean


def _three(x: Any) -> str:
    """Three digits are enough for a range."""
    return number(float(f"{float(x):.3g}")) if np.isfinite(x) else number(x)


def _listed(value: Any) -> str:
    """All elements, in brackets."""
    if value.ndim == 0:
        return number(value[()])
    return f"[{', '.join(map(_listed, value))}]"


def short(value: Any, nothing: str = "–") -> str:
    """A value in one word: a number, a very small array, else its shape."""
    if value is None:
        return nothing
    if isinstance(value, tuple):
        return "several"
    if is_number(value):
        return number(value)
    text = _listed(value) if value.size <= 3 and value.ndim == 1 else shape_text(value.shape)
    return text if np.isfinite(value).all() else f"{text} !! NaN or ∞"


def plural(n: int, word: str) -> str:
    """So many of something: "1 edge", "2 edges"."""
    return f"{count(n)} {word}{'s' * (n != 1)}"
