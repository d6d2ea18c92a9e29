"""GradientReport: what was found about a gradient, as values, as text and as a page.

    InputReport         one input: the verdict, the claimed and the measured gradient, which entries are wrong
    GradientReport      all inputs, what is wrong in one line, and what was found around the gradient
    str(report)         text of 80 columns; report.show() prints it, in colour if this is a terminal
    in a notebook       a page, with the wrong entries lit

Read `checks.py` before this file and `pages.py` after it.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from textwrap import wrap
from typing import Any

import numpy as np

VERDICTS = ("ok", "at a kink", "inconclusive", "wrong")             # from good to bad
MOST_SHOWN = 8                                                      # entries in a table
WIDTH = 80
COLORS = {"warn": "30;48;5;220", "bold": "1", "grad": "1;38;5;130", "value": "38;5;63"}


Told = tuple[str, tuple[str, ...]]                                  # a headline and details


def _nothing() -> np.ndarray:
    return np.zeros(0)


def _nothing_told(report: GradientReport) -> Told:
    return "", ()


@dataclass(frozen=True, eq=False)
class InputReport:
    """What was found about the gradient of one input. Arrays have the shape of the input, or none where nothing was.

    Args:
        name: what the input is called.
        verdict: "ok", "at a kink", "inconclusive" or "wrong".
        reason: why, in words, where the verdict alone does not say it.
        shape: of the input.
        claimed: the gradient that was checked; of another shape if that is what is wrong.
        measured: the numerical gradient; NaN where it could not be had.
        error: how far each entry of `measured` may be off.
        wrong: which entries are wrong.
        kinks: which entries are at a kink, with a claimed slope between those of the two sides.
        resolutions: the relative error that would have been seen in each entry (of the largest entry where it is 0).
    """

    name: str
    verdict: str
    reason: str
    shape: tuple[int, ...]
    claimed: np.ndarray = field(default_factory=_nothing)
    measured: np.ndarray = field(default_factory=_nothing)
    error: np.ndarray = field(default_factory=_nothing)
    wrong: np.ndarray = field(default_factory=lambda: _nothing() > 0)
    kinks: np.ndarray = field(default_factory=lambda: _nothing() > 0)
    resolutions: np.ndarray = field(default_factory=_nothing)

    @property
    def resolution(self) -> float:
        """The smallest relative error of an entry that would have been seen in every entry that is not at a kink."""
        return float(np.max(self.resolutions[~self.kinks], initial=0.0)) if self.resolutions.size else math.inf

    @property
    def badness(self) -> float:
        """How many error bounds the worst entry is off; 0 if nothing is known."""
        if self.claimed.shape != self.shape or not self.measured.size:
            return 0.0
        with np.errstate(all="ignore"):
            ratio = np.abs(self.claimed - self.measured) / (self.error + 1e-15 * np.abs(self.claimed) + 1e-300)
        return float(np.max(np.where(np.isfinite(ratio) & ~self.kinks, ratio, 0.0), initial=0.0))

    def worst(self, most: int = MOST_SHOWN) -> list[tuple[int, ...]]:
        """The indices of the wrong entries, those farthest off first."""
        off = np.abs(self.claimed - self.measured) if self.claimed.shape == self.shape else self.wrong * 1.0
        off = np.where(np.isfinite(off), off, math.inf)
        places = np.argwhere(self.wrong)
        order = np.argsort(-off[self.wrong], kind="stable")[:most]
        return [tuple(int(i) for i in places[k]) for k in order]


@dataclass(frozen=True, eq=False)
class GradientReport:
    """What `grad_report` found.

    Args:
        inputs: an InputReport for each input that was checked.
        calls: how often f was called.
        order, mode: as they were asked for.
        faults, notes: pairs of an input's name and what was found around its gradient; faults count as wrong.
        error: what a rule raised, if there is no gradient for that reason.
        explain: finds the headline and the details of a report.

    >>> report = tg.testing.grad_report(lambda w: w * w, 3.0)
    >>> report.verdict, report.inputs[0].name, float(report.inputs[0].claimed)
    ('ok', 'w', 6.0)
    """

    inputs: tuple[InputReport, ...]
    calls: int
    order: int = 1
    mode: str = "reverse"
    faults: tuple[tuple[str, str], ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    error: Exception | None = None
    explain: Callable[[GradientReport], Told] = field(default=_nothing_told, repr=False)
    _told: Told | None = field(default=None, init=False, repr=False)

    @property
    def told(self) -> Told:
        """The headline and the details, which are looked for when they are first asked for."""
        if self._told is None:
            object.__setattr__(self, "_told", self.explain(self))
            object.__setattr__(self, "explain", _nothing_told)      # which holds all that was measured
        assert self._told is not None
        return self._told

    @property
    def headline(self) -> str:
        """What is wrong, in one line."""
        return self.told[0]

    @property
    def details(self) -> tuple[str, ...]:
        """What the headline cannot hold: likely causes, rules that are wrong and where they were used."""
        return self.told[1]

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_told": self.told, "explain": _nothing_told}

    @property
    def verdict(self) -> str:
        """The worst verdict of all inputs."""
        return "wrong" if self.faults else max((each.verdict for each in self.inputs), key=VERDICTS.index)

    @property
    def ok(self) -> bool:
        """True if the gradient is right, as far as can be seen."""
        return self.verdict in ("ok", "at a kink")

    @property
    def resolution(self) -> float:
        """The smallest relative error of an entry that would have been seen, whichever entry it is."""
        return max(each.resolution for each in self.inputs)

    @property
    def reason(self) -> str:
        """Why the verdict is what it is, where it does not speak for itself."""
        found = [each.reason for each in self.inputs if each.verdict == self.verdict and each.reason]
        return "; ".join(dict.fromkeys(found))

    @property
    def badness(self) -> float:
        """How many error bounds the worst entry of all is off."""
        return max(each.badness for each in self.inputs)

    def __str__(self) -> str:
        return "\n".join(_lines(self, lambda text, _: text))

    def __repr__(self) -> str:
        return f"<GradientReport: {self.headline or self.verdict}>"

    def show(self, file: Any = None) -> None:
        """Print the report; in colour if it goes to a terminal and NO_COLOR is not set."""
        file = file or sys.stdout
        colored = file.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        text = "\n".join(_lines(self, _painted if colored else lambda text, _: text))
        encoding = getattr(file, "encoding", None) or "utf-8"
        file.write(_in_ascii(text) if "utf" not in encoding.lower() else text)
        file.write("\n")

    def _repr_html_(self) -> str:
        """The page that a notebook shows."""
        from .pages import page
        return page(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """Both forms, for a notebook to choose from."""
        return {"text/plain": str(self), "text/html": self._repr_html_()}


# -- numbers and words ------------------------------------------------------------------------------------------------


def number(value: Any, error: float = math.nan) -> str:
    """Four significant digits, or as many as an error leaves meaningful."""
    value = float(value)
    digits = 4
    if value and math.isfinite(value) and 0 < error < abs(value) * 1e-3:
        digits = min(math.ceil(math.log10(abs(value) / error)) + 1, 16)
    text = f"{value + 0.0:.{digits}g}"
    return "−" + text[1:] if text.startswith("-") else text


def counted(n: int, thing: str = "entries") -> str:
    """`1 entry`, `12 entries`."""
    return "1 entry" if n == 1 else f"{n} {thing}"


def seen(each: InputReport) -> str:
    """How small an error would have been seen."""
    r = each.resolution
    if 0 in each.shape:
        return "it has no entries"
    if not math.isfinite(r):
        return "no error would have been seen"
    if r == 0:
        return "any error would have been seen"
    size = f"{r:.1e}" if r < 1e-3 else f"{r:.1%}" if r < 10 else f"{r:.0f} times its size"
    if each.resolutions.size > 1 and (usual := float(np.median(each.resolutions))) < r / 100:
        return f"an error of {size} in any entry would have been seen, of {usual:.1e} in the usual one"
    return f"an error of {size} would have been seen"


def wrong_of(each: InputReport) -> str:
    """`3 of 12 entries`; `at least 3 of 100000 entries` where not all were measured."""
    unseen = ~each.wrong & ~each.kinks & np.isinf(each.error)
    return f"{'at least ' * bool(unseen.any())}{int(each.wrong.sum())} of {counted(each.wrong.size)}"


def summary(each: InputReport) -> str:
    """One line about an input."""
    if each.verdict == "wrong" and each.claimed.shape != each.shape:
        return each.reason
    if each.verdict == "wrong":
        return f"{f'{wrong_of(each)}; ' if each.wrong.size > 1 else ''}{seen(each)}"
    return seen(each) if each.verdict in ("ok", "at a kink") else each.reason


def table(each: InputReport) -> Iterator[tuple[str, str, str, str]]:
    """Index, claimed number, measured number and its error, for the worst of the wrong entries."""
    for index in each.worst():
        claimed, measured, error = each.claimed[index], each.measured[index], float(each.error[index])
        gap = abs(float(claimed) - float(measured)) / 10
        where = f"[{', '.join(map(str, index))}]" if index else ""
        known = math.isfinite(error) and math.isfinite(measured)
        yield (where, number(claimed, gap), number(measured, max(gap, error)) if known else "unknown",
               f"{error:.1e}" if known else "–")


# -- text -------------------------------------------------------------------------------------------------------------


def _lines(report: GradientReport, paint: Any) -> Iterator[str]:
    yield paint(report.headline, "bold")
    yield "─" * WIDTH
    width = min(max(len(each.name) for each in report.inputs), 24)
    for each in report.inputs:
        yield from _input_lines(each, width, paint)
    for name, text in report.faults:
        yield from _paragraph(paint(" !! ", "warn") + f"{name + ': ' if name else ''}{text}", 4)
    for text in report.details:
        yield from _paragraph(f"    {text}", 4)
    for name, text in report.notes:
        yield from _paragraph(f"    note: {name + ': ' if name else ''}{text}", 4)
    yield "─" * WIDTH
    what = {"reverse": "reverse mode", "forward": "forward mode", "both": "reverse and forward mode"}[report.mode]
    yield f"{what}, order {report.order}, {report.calls} values of f" if report.order > 1 or report.mode != "reverse" \
        else f"{report.calls} values of f"


def _input_lines(each: InputReport, width: int, paint: Any) -> Iterator[str]:
    lit = each.verdict in ("wrong", "inconclusive")
    head = f"{each.name:<{width}}  {each.verdict:<12}"
    mark = paint(" !! ", "warn") if lit else "    "
    lines = wrap(summary(each), WIDTH - 4 - len(head) - 2) or [""]
    yield (mark + paint(head, "bold" if lit else "") + "  " + lines[0]).rstrip()
    for line in lines[1:]:
        yield " " * (6 + len(head)) + line
    if each.reason and each.reason != summary(each) and each.verdict != "inconclusive":
        yield from _paragraph(" " * (6 + width) + each.reason, 6 + width)
    rows = list(table(each)) if each.verdict == "wrong" and each.claimed.shape == each.shape else []
    if rows:
        sizes = [max(len(cell) for cell in column) for column in zip(*rows, ("", "claimed", "measured", "±"),
                                                                     strict=True)]
        cells = ["entry" if sizes[0] else "", "claimed", "measured", "±"]
        sizes[0] = max(sizes[0], len(cells[0]))
        yield " " * (6 + width) + "   ".join(f"{c:>{n}}" for c, n in zip(cells, sizes, strict=True)).rstrip()
        for where, claimed, measured, error in rows:
            yield (" " * (6 + width) + f"{where:>{sizes[0]}}   " + paint(f"{claimed:>{sizes[1]}}", "grad") + "   "
                   + paint(f"{measured:>{sizes[2]}}", "value") + f"   {error:>{sizes[3]}}").rstrip()
        if (more := int(each.wrong.sum()) - len(rows)) > 0:
            yield " " * (6 + width) + f"and {more} more"


def _paragraph(text: str, indent: int) -> list[str]:
    start = text[:len(text) - len(text.lstrip(" "))]
    return wrap(text.strip(), WIDTH, initial_indent=start or (" " if text.startswith(" ") else ""),
                subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False)


def _painted(text: str, kind: str) -> str:
    return f"\x1b[{COLORS[kind]}m{text}\x1b[0m" if kind in COLORS else text


def _in_ascii(text: str) -> str:
    for sign, plain in (("−", "-"), ("─", "-"), ("±", "+-"), ("–", "-"), ("×", "*"), ("·", "*")):
        text = text.replace(sign, plain)
    return text.encode("ascii", "replace").decode()
