"""How wide a text is, before any program has drawn it; and what is shown of texts that are too long or too strange.

    width           pixels, by the widths of the DejaVu fonts, the widest of those that pictures ask for
    cut             at most so many letters, cut in the middle: "a_very_l…ong_name"
    fitted          the same for a width in pixels
    visible         a text whose every sign shows: control characters and the like are replaced
    math_runs       a formula in pieces: single letters are italic, functions, words and numbers upright

The fonts: "ui" and "bold" (sans serif), "code" (fixed width), "serif" and "italic", and "math", which sets
formulas in the last two, as `math_runs` says. The widths are in `widths.txt`, read when first asked for.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib import resources
from typing import Literal

Font = Literal["ui", "bold", "math", "code", "italic", "serif"]

_EM = 2048
_IDEOGRAPH, _MARK, _UNKNOWN = 1.1, 0.65, 1.5        # of letters that no table holds, in em
_WIDER = (                                          # first, last, em: scripts with very wide letters
    (0x0900, 0x109F, 2.0), (0x1200, 0x139F, 1.6), (0x1400, 0x169F, 2.2), (0x1780, 0x17FF, 2.0), (0x1B00, 0x1B7F, 2.0),
    (0x2E3A, 0x2E3B, 3.2), (0xA980, 0xA9DF, 2.0), (0xFB13, 0xFB17, 1.8), (0xFDF0, 0xFDFF, 12.0),
    (0x11000, 0x11FFF, 2.5), (0x12000, 0x1254F, 8.0), (0x13000, 0x143FF, 3.0), (0x1D400, 0x1D7FF, 1.7),
    (0x1F600, 0x1F64F, 1.65),
)
_MARKS = range(0x300, 0x370), range(0x20D0, 0x2100), range(0xFE0F, 0xFE10)     # the last asks for colour: ☀️
_WITHOUT_WIDTH = re.compile("[\u200b-\u200d\u2060-\u2064\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]")
_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ud800-\udfff\ufdd0-\ufdef\ufff9-\ufffb\ufffe\uffff]")
_SIGNS = {"\t": "⇥", **dict.fromkeys("\n\r\x85\u2028\u2029", "↵")}


class _Widths(dict[str, int]):
    """Letter -> width in 1/2048 of the font size; a safe width for those that the font does not have."""

    def __missing__(self, letter: str) -> int:
        return round(_width_of_unknown(letter) * _EM)


def _width_of_unknown(letter: str) -> float:
    """A width in em that no font is known to exceed, for letters that come from whatever font has them."""
    code = ord(letter)
    if any(code in marks for marks in _MARKS):
        return _MARK
    if _WITHOUT_WIDTH.match(letter):
        return 0.0
    if letter.isalnum() and unicodedata.east_asian_width(letter) in "WF":
        return _IDEOGRAPH
    return next((em for first, last, em in _WIDER if first <= code <= last), _UNKNOWN)


def width(text: str, size: float, font: Font = "ui") -> float:
    """How wide a text is, in pixels, at a font size in pixels.

    >>> round(width("w·x + b", 17), 1), round(width("w·x + b", 17, "math"), 1), width("", 17)
    (65.2, 65.5, 0.0)
    """
    text = visible(text)
    if font == "math":
        return sum((width(run, size, "italic" if italic else "serif") for run, italic in math_runs(text)), 0.0)
    return sum(map(_widths(font).__getitem__, text)) * size / _EM


def visible(text: str) -> str:
    r"""A text of one line in which every sign shows and none changes the order of others.

    >>> visible("two\nlines, a bell\x07")
    'two↵lines, a bell�'
    """
    return _HIDDEN.sub(lambda found: _SIGNS.get(found[0], "\ufffd"), text)


def cut(text: str, letters: int = 18) -> str:
    """At most so many letters: what is too much is replaced by "…" in the middle.

    >>> cut("a_name_of_many_letters", 11)
    'a_nam…tters'
    """
    parts = _clusters(visible(text))
    return _cut_to(parts, max(letters, 1)) if len(parts) > letters else "".join(parts)


def fitted(text: str, px: float, size: float, font: Font = "ui") -> str:
    """As much of a text as fits a width in pixels, cut in the middle.

    >>> fitted("a_name_of_many_letters", 80, 14)
    'a_na…ters'
    """
    parts = _clusters(visible(text))
    if width("".join(parts), size, font) <= px:
        return "".join(parts)
    low, high = 0, len(parts)               # so many letters fit; so many do not
    while high - low > 1:
        middle = (low + high) // 2
        if width(_cut_to(parts, middle), size, font) <= px:
            low = middle
        else:
            high = middle
    return _cut_to(parts, low) if low else ""


_WORD = re.compile(r"(?P<number>\d[\d.]*(?:e[+−-]?\d+)?)|[^\W\dΣΠ_][\w\u0300-\u036f\u20d0-\u20ff′″‴']*")
_LETTER = re.compile(r"[^\W\d_][\u0300-\u036f\u20d0-\u20ff]*")


def math_runs(text: str) -> list[tuple[str, bool]]:
    """A formula in pieces, each with whether it is italic: single-letter variables are, everything else is not.

    A letter may carry an index, a power, primes and hats, which are upright themselves except for the hats.

    >>> math_runs("tanh(w₁·x + b)")
    [('tanh(', False), ('w', True), ('₁·', False), ('x', True), (' + ', False), ('b', True), (')', False)]
    """
    runs: list[tuple[str, bool]] = []
    end = 0
    for word in _WORD.finditer(text):
        letter = None if word["number"] else _LETTER.match(word[0])
        if letter and _is_italic(letter[0][0]) and _is_index(word[0][letter.end():]):
            start = word.start()
            runs += [(text[end:start], False), (letter[0], True)]
            end = start + letter.end()
    runs.append((text[end:], False))
    return _joined(runs)


def _joined(runs: list[tuple[str, bool]]) -> list[tuple[str, bool]]:
    """Without empty runs, neighbours of one kind in one piece."""
    joined: list[tuple[str, bool]] = []
    for piece, italic in runs:
        if piece and joined and joined[-1][1] == italic:
            joined[-1] = (joined[-1][0] + piece, italic)
        elif piece:
            joined.append((piece, italic))
    return joined


def _is_italic(letter: str) -> bool:
    """Letters of alphabets that have capitals; capital Greek letters are upright by custom."""
    return letter.upper() != letter.lower() and not "Α" <= letter <= "Ω"


def _is_index(text: str) -> bool:
    """Whether what follows a letter leaves it a single letter: digits, also raised and lowered, and primes."""
    return all(each in "_′″‴'" or each.isdigit() or unicodedata.decomposition(each).startswith(("<sub>", "<super>"))
               for each in text)


_JOINS = "\u200d"                   # the next letter belongs to the same sign, as in 👩‍🚀


def _clusters(text: str) -> list[str]:
    """Letters with the marks that belong to them: what may be cut is between two clusters."""
    parts: list[str] = []
    for letter in text:
        if parts and (unicodedata.category(letter)[0] == "M" or _WITHOUT_WIDTH.match(letter)
                      or parts[-1].endswith(_JOINS) or "\U0001f3fb" <= letter <= "\U0001f3ff"):
            parts[-1] += letter
        else:
            parts.append(letter)
    return parts


def _cut_to(parts: list[str], letters: int) -> str:
    """The first and last parts, "…" between them: `letters` in all."""
    kept = letters - 1
    head, tail = (kept + 1) // 2, kept // 2
    return "".join(parts[:head]) + "…" + "".join(parts[len(parts) - tail:])


@cache
def _widths(font: str) -> _Widths:
    table = _Widths()
    for line in resources.files(__package__).joinpath("widths.txt").read_text("utf-8").splitlines():
        name, first, *items = line.split(" ")
        if name == font:
            code = int(first, 16)
            for item in items:
                each, _, times = item.partition("*")
                for _ in range(int(times or 1)):
                    table[chr(code)] = int(each)
                    code += 1
    return table
