"""Looks: what an output can show, and how the stepper's text is fitted to it.

    look_of(stream)     80 columns, Unicode or ASCII, colours or none, by the stream and the environment
    Look.plain(text)    the text in signs that the output has
    Look.paint(text, role)      the text in colour, if there are colours

Colour is an extra: marks and words carry the meaning. NO_COLOR and TERM=dumb are obeyed.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ASCII = {"─": "-", "│": "|", "▶": ">", "→": "->", "──▶": "-->", "←": "<-", "−": "-", "·": "*", "×": "*", "÷": "/",
         "∂": "d", "Σ": "sum", "Π": "prod", "√": "sqrt ", "∛": "cbrt ", "∞": "inf", "…": "...", "–": "-", "²": "^2",
         "³": "^3", "ⁿ": "^n", "ˣ": "^x", "ᵀ": "^T", "⁻": "^-", "σ": "sigmoid", "π": "pi", "≤": "<=", "≥": ">=",
         "≠": "!=", "∧": "and", "∨": "or", "¬": "not ", "₊": "+", "₋": "-", "✓": "ok", "✗": "x", "\u202f": " ",
         "⌊": "floor(", "⌋": ")", "⌈": "ceil(", "⌉": ")", "‖": "||", "⊗": "outer", "■": "#", "¹": "^1",
         **{sign: str(i) for i, sign in enumerate("₀₁₂₃₄₅₆₇₈₉")},
         **{sign: f"^{i}" for i, sign in enumerate("⁰")}, **{sign: f"^{i}" for i, sign in enumerate("⁴⁵⁶⁷⁸⁹", 4)},
         **{sign: str(i) for i, sign in enumerate("▁▂▃▄▅▆▇█", 1)}}
LOWERED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
POWER = re.compile("×10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)")
BETWEEN_LENGTHS = re.compile(r"(?<=\d)×(?=\d)")      # in a shape, 6×3
HUES = {256: {"value": "38;5;63", "grad": "1;38;5;130", "param": "38;5;163", "lit": "1", "warn": "30;48;5;220",
              "soft": "2"},
        16: {"grad": "1", "lit": "1", "warn": "7"}}


@dataclass(frozen=True, slots=True)
class Look:
    """What an output can show: so many columns, only ASCII or all signs, 0, 16 or 256 colours."""

    width: int = 80
    ascii: bool = False
    colours: int = 0

    def plain(self, text: str) -> str:
        """The text in signs that the output has."""
        if not self.ascii or text.isascii():
            return text
        text = POWER.sub(lambda found: f"e{int(found[1].translate(LOWERED)):+03d}", text.replace("──▶", "-->"))
        return "".join(each if each.isascii() else _in_ascii(each) for each in BETWEEN_LENGTHS.sub("x", text))

    def paint(self, text: str, role: str) -> str:
        """The text in the hue of a role, if there are colours."""
        hue = HUES.get(self.colours, {}).get(role)
        return f"\x1b[{hue}m{text}\x1b[0m" if hue and text.strip() else text

    @property
    def rule(self) -> str:
        """A line across."""
        return self.plain("─" * self.width)


def look_of(stream: Any, environment: Mapping[str, str] | None = None) -> Look:
    """What a stream can show: colours only on a terminal, and not if NO_COLOR is set or TERM is dumb."""
    environment = os.environ if environment is None else environment
    dumb = environment.get("TERM", "") == "dumb"
    is_ascii = dumb or not _encodes(getattr(stream, "encoding", None))
    terminal = bool(getattr(stream, "isatty", lambda: False)())
    colours = 0
    if terminal and not dumb and not environment.get("NO_COLOR"):
        many = "256" in environment.get("TERM", "") or environment.get("COLORTERM") in ("truecolor", "24bit")
        colours = 256 if many else 16
    return Look(80, is_ascii, colours)


def _in_ascii(sign: str) -> str:
    """A sign in ASCII: γ is gamma, é is e; a question mark for what has no such form."""
    if sign in ASCII:
        return ASCII[sign]
    greek = re.fullmatch(r"GREEK (SMALL|CAPITAL) LETTER (?:FINAL )?(\w+)", unicodedata.name(sign, ""))
    if greek:
        return greek[2].lower() if greek[1] == "SMALL" else greek[2].title()
    return unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode() or "?"


def _encodes(encoding: str | None) -> bool:
    try:
        "▶─│∂·×−←Σ▄₁".encode(encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def cells(text: str) -> int:
    """How many columns a text takes: wide letters take two, marks on letters none."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(each) else 2 if unicodedata.east_asian_width(each) in "WF" else 1
               for each in text)


def padded(text: str, width: int, right: bool = False) -> str:
    """The text in a field of so many columns."""
    space = " " * max(width - cells(text), 0)
    return space + text if right else text + space
