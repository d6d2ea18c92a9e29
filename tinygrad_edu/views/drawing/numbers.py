"""Numbers as pictures and pages show them.

    number          4 significant digits: "0.7064", "−1.503", "1.234×10⁻⁵", "NaN", "+∞"
    plain_number    the same in ASCII: "-1.503", "1.234e-05", "nan", "inf"
    number_range    2 or 3 digits: "−1.29 … 0.94"
    count           exact, in groups of three: "13 002"
    shape_text      "6×3"
    decimal         a length in SVG: at most 2 decimals, the same on every machine
"""

from __future__ import annotations

import math
from typing import Any

MINUS = "−"
NARROW_SPACE = "\u202f"         # no line breaks there
UNKNOWN = "–"                   # never 0
_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_WORDS = {"nan": "NaN", "inf": "+∞", "-inf": f"{MINUS}∞", "True": "True", "False": "False"}
_EXACT_DIGITS = 6               # so many digits of an integer are shown


def number(x: Any) -> str:
    r"""A number in 4 significant digits, without padding zeros; an integer exactly, up to 6 digits.

    >>> number(0.70642), number(-1.5), number(0.00001234), number(-0.0), number(float("-inf")), number(13002)
    ('0.7064', '−1.5', '1.234×10⁻⁵', '0', '−∞', '13\u202f002')
    """
    text = plain_number(x)
    if text in _WORDS:
        return _WORDS[text]
    if text.lstrip("-").isdigit():
        return _grouped(text).replace("-", MINUS)
    mantissa, _, exponent = text.partition("e")
    power = f"×10{str(int(exponent)).translate(_SUPERSCRIPTS)}" if exponent else ""
    return mantissa.replace("-", MINUS) + power


def plain_number(x: Any) -> str:
    """The same in ASCII, for DOT, terminals and other programs.

    >>> plain_number(-1.5), plain_number(0.00001234), plain_number(-0.0), plain_number(float("nan"))
    ('-1.5', '1.234e-05', '0', 'nan')
    """
    if hasattr(x, "item"):
        x = x.item()
    if isinstance(x, bool):
        return str(x)
    if isinstance(x, int) and abs(x) < 10**_EXACT_DIGITS:
        return str(x)
    if isinstance(x, int) and abs(x) >= 10**300:            # more than a float holds
        digits = str(x)[:5 + (x < 0)]
        return f"{float(digits) / 10**4:.4g}e+{len(str(abs(x))) - 1}"
    return "0" if x == 0 else f"{x:.4g}"


def number_range(low: float | None, high: float | None) -> str:
    """From the smallest to the largest, in 2 or 3 digits; a dash if they are not known, one number if they are equal.

    >>> number_range(-1.286, 0.937), number_range(0, 2), number_range(None, None), number_range(0.5, 0.5)
    ('−1.29 … 0.94', '0 … 2', '–', '0.50')
    """
    if low is None or high is None:
        return UNKNOWN
    low_text, high_text = _short(low), _short(high)
    return low_text if low == high else f"{low_text} … {high_text}"


def count(n: int) -> str:
    r"""A count, exact, in groups of three digits from 10 000 up.

    >>> count(9999), count(13002)
    ('9999', '13\u202f002')
    """
    return _grouped(str(n)).replace("-", MINUS)


def shape_text(shape: tuple[int, ...], scalar: str = "") -> str:
    """A shape as pictures show it; `scalar` for ().

    >>> shape_text((6, 3)), shape_text((4,)), shape_text(()), shape_text((), "scalar")
    ('6×3', '4', '', 'scalar')
    """
    return "×".join(map(str, shape)) if shape else scalar


def decimal(x: float, places: int = 2) -> str:
    """A length with at most so many decimals, without padding zeros.

    >>> decimal(2.0), decimal(-0.001), decimal(1 / 3), decimal(1 / 3, 1)
    ('2', '0', '0.33', '0.3')
    """
    if isinstance(x, int):
        return str(x)
    assert math.isfinite(x), f"a length of {x} cannot be drawn"
    written = f"{x:.{places}f}"
    written = written.rstrip("0").rstrip(".") if "." in written else written
    return "0" if written == "-0" else written


def _grouped(digits: str) -> str:
    return f"{int(digits):,}".replace(",", NARROW_SPACE) if len(digits.lstrip("-")) > 4 else digits


def _short(x: float) -> str:
    """3 significant digits, 2 below 1; whole numbers as they are."""
    if not math.isfinite(x) or (x == int(x) and abs(x) < 10**4):
        return number(int(x) if math.isfinite(x) else x)
    if 0.001 <= abs(x) < 1:
        return f"{x:#.2g}".replace("-", MINUS)
    if 1 <= abs(x) < 999.5:
        return f"{x:#.3g}".rstrip(".").replace("-", MINUS)
    if 1 <= abs(x) < 9999.5:
        return f"{x:.0f}".replace("-", MINUS)
    return number(float(f"{x:.1e}"))
