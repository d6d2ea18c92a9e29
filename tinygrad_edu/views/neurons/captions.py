"""Captions: how numbers are written in circles, on lines and on tags, and the fill of a unit."""

from __future__ import annotations

import math

from ..drawing.letters import Font, width
from ..drawing.numbers import number
from .model import Layer

FULL = {"sigmoid", "softmax", "tanh", "hard_tanh", "hard_sigmoid", "softsign"}      # give at most 1


def weight_text(w: float) -> str:
    """A weight in 3 digits.

    >>> weight_text(0.41327), weight_text(-1.0), weight_text(0.0)
    ('0.413', '−1', '0')
    """
    return number(float(f"{w:.3g}"))


def bias_text(b: float) -> str:
    """A bias as what is added.

    >>> bias_text(0.1), bias_text(-0.3), bias_text(0.0)
    ('+ 0.1', '− 0.3', '0')
    """
    text = weight_text(b)
    if not math.isfinite(b) or b == 0:
        return text
    return f"− {text[1:]}" if b < 0 else f"+ {text}"


def unit_text(a: float, radius: float, rough: bool = True) -> tuple[str, float, Font] | None:
    """An activation as it fits a circle: its text, font size and font; None if none fits.

    `rough` allows a large number to be shown by its order of magnitude alone.

    >>> unit_text(0.75823, 27), unit_text(-1234.5, 27)[0], unit_text(0.00001, 27)[0]
    (('0.76', 14.0, 'bold'), '−1234', '1×10⁻⁵')
    """
    fonts: list[tuple[float, Font]] = [(14.0, "bold"), (12.0, "bold"), (11.0, "ui")]
    for text in _forms(a, rough):
        for size, font in fonts if radius > 24 else fonts[1:]:
            inside = 2 * math.sqrt(max(radius * radius - (0.36 * size) ** 2, 0)) - 4
            if width(text, size, font) <= inside:
                return text, size, font
    return None


def _forms(a: float, rough: bool) -> list[str]:
    """An activation written longer and shorter."""
    if not math.isfinite(a) or a == 0:
        return [number(a)]
    if 0.005 <= abs(a) < 9.995:
        return [f"{a:.2f}".replace("-", "−"), f"{a:.1f}".replace("-", "−")]
    if 9.995 <= abs(a) < 9999.5:
        return [number(float(f"{a:.{digits}g}")) for digits in (4 if abs(a) > 999.5 else 3, 2)]
    mantissa, exponent = f"{a:.0e}".split("e")
    powers = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    short = f"{mantissa}×10{powers}".replace("-", "−")
    two = [number(float(f"{a:.1e}"))] if 0.001 <= abs(a) < 99_500 else []
    if abs(a) < 0.005:
        return [*two, short, "≈ 0"]
    return [*two, short, *([f"≈{'−' if a < 0 else ''}10{powers}"] if rough else [])]


def fill_of(layer: Layer, unit: int) -> int:
    """How much of a unit is filled, from 0 (empty: 0, less, or not a number) to 4."""
    if layer.values is None:
        return 0
    a = float(layer.values[unit])
    finite = [abs(float(v)) for v in layer.values if math.isfinite(v)]
    top = 1.0 if layer.activation in FULL else max(finite, default=0.0)
    if layer.role == "input" and top <= 1 and min((float(v) for v in layer.values), default=0.0) >= 0:
        top = 1.0                       # pixels and the like
    if not math.isfinite(a) or a <= 0 or top <= 0:
        return 0
    return max(1, min(4, math.ceil(4 * a / top - 1e-9)))


def share(x: float, most: float) -> float:
    """The size of a number as a share of the largest."""
    return min(abs(x) / most, 1.0) if math.isfinite(x) and most > 0 else 0.0
