"""Rows: lines of text that are fitted to the width of an output: a word at the left, and what belongs to it.

    Rows(look).row("why", text)     and .value, .shaped, .source, .warning: each adds to `.lines`

Read `looks.py`, `excerpts.py` and `amounts.py` before this file, `panels.py` after it.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..views.drawing.numbers import shape_text
from .amounts import WRITTEN, written
from .excerpts import Line
from .looks import Look, cells, padded
from .strips import strip

INDENT = 11                 # columns before what a row says
WARNED = 14                 # and before what a warning says


class Rows:
    """Collects lines.

    Attributes:
        look: what the output can show.
        lines: what was written.
    """

    def __init__(self, look: Look) -> None:
        self.look = look
        self.lines: list[str] = []

    def row(self, word: str, text: str, role: str = "") -> None:
        """A word and what belongs to it; long text goes on below, indented."""
        text = self.look.plain(text)
        width = self.look.width - INDENT
        parts = [text] if cells(text) <= width else textwrap.wrap(
            text, width, break_long_words=True, break_on_hyphens=False, drop_whitespace=True)
        for i, part in enumerate(parts or [""]):
            lead = padded(f" {word}" if i == 0 else "", INDENT)
            self.lines.append(lead + (self.look.paint(part, role) if role else part))

    def sides(self, left: str, right: str) -> str:
        """Two texts at both ends of a line; the left one is cut if they do not fit."""
        left, right = self.look.plain(left), self.look.plain(right)
        room = self.look.width - cells(right) - 1
        return padded(self.cut(left, room), room) + " " + right

    def source(self, lines: Sequence[Line]) -> None:
        """Lines of the user's code, the lit one marked; alone and shifted if its marks would not fit."""
        digits = len(str(max((line.number for line in lines), default=1))) + 1
        room = self.look.width - digits - 6
        lit = next((line for line in lines if line.is_lit), None)
        shift = max(len(lit.marks) - room, 0) if lit else 0
        for line in lines if not shift else [each for each in lines if each.is_lit]:
            mark = "▶" if line.is_lit else " "
            lead = self.look.plain(f" {mark}{line.number:>{digits}} │ ")
            text = self.cut(self.look.plain(line.text)[shift:], room)
            text = self.dots + text[len(self.dots):] if shift else text
            self.lines.append(self.look.paint(lead + text, "lit") if line.is_lit else lead + text)
            if line.marks.strip():
                self.lines.append(padded("", digits + 2) + self.look.plain(" │ ") + line.marks[shift:])

    @property
    def dots(self) -> str:
        """What stands where something was left out."""
        return self.look.plain("…")

    def cut(self, text: str, room: int) -> str:
        """The beginning of a text that is too long."""
        if cells(text) <= room:
            return text
        while cells(text) > room - len(self.dots):
            text = text[:-1]
        return text + self.dots

    def shaped(self, formula: str, shapes: dict[str, tuple[int, ...]]) -> None:
        """A formula with the shape of each array below its name; the formula is spread where shapes are wider."""
        formula = self.look.plain(formula)
        shapes = {self.look.plain(name): shape for name, shape in shapes.items()}
        names = sorted((re.escape(name) for name in shapes), key=len, reverse=True)
        pieces = re.split(rf"(?<![\w.∂])({'|'.join(names)})(?![\w(.])", formula) if names else [formula]
        above, below = "", ""
        for i, piece in enumerate(pieces):
            shape = self.look.plain(shape_text(shapes[piece])) if i % 2 else ""
            width = max(cells(piece), cells(shape))
            above += padded(piece, width)
            below += padded(shape, width)
        if cells(above) > self.look.width - INDENT:
            self.row("symbols", formula)
            used = [f"{name} {shape_text(shape)}" for name, shape in shapes.items() if name in pieces]
            self.row("shapes", "   ".join(used))
            return
        self.row("symbols", above)
        if below.strip():
            self.row("shapes", below.rstrip(), "soft")

    def value(self, word: str, name: str, value: Any, state: str = "") -> None:
        """A value by its name: in full if it is small, else its shape, its range and a strip of bars."""
        if isinstance(value, tuple):
            fields = getattr(value, "_fields", range(len(value)))
            for i, (field, part) in enumerate(zip(fields, value, strict=True)):
                self.value(word if i == 0 else "", f".{field}", part if part is not None else "–", state)
            return
        name = padded(self.look.plain(name), 8) + "   " if name else ""
        text = self.look.plain(written(value))
        tail = f"   {state}" if state else ""
        role = "grad" if word in ("arrives", "total", "adds") else ""
        if cells(name + text + tail) > self.look.width - INDENT and name:
            self.row(word, name.rstrip() + tail)
            word, name, tail = "", "", ""
        self.row(word, name + text + tail, role)
        if isinstance(value, np.ndarray) and value.size > WRITTEN:
            for line in strip(value):
                bars = line.replace("·", ".") if self.look.ascii else line
                self.lines.append(padded("", INDENT) + self.look.plain(bars))

    def warning(self, lines: Iterable[tuple[str, str]]) -> None:
        """What is wrong, loud without colour too."""
        for i, (word, text) in enumerate(lines):
            role, mark = ("warn", "!!") if i == 0 else ("", "  ")
            parts = textwrap.wrap(self.look.plain(text), self.look.width - WARNED) or [""]
            if i == 0:
                self.lines.append("")
            for k, part in enumerate(parts):
                lead = padded(f" {mark} {word}" if k == 0 else "", WARNED)
                self.lines.append(self.look.paint(lead + part, role) if k == 0 else lead + part)
