"""Verdicts as tables: false alarms, misses and times for each library, then by kind, size and family.

A false alarm is a right gradient that is objected to; a miss is a wrong one that is accepted. Misses are counted among
the wrong gradients whose error differences can show (`limits.py`); those accepted beyond that are "unseen". Where a
checker says that it cannot tell, that is neither. Shares are of all cases of that sort.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import floor, inf, isfinite, log10
from statistics import median

from .cases import FAMILIES, NOISE_FREE, Case
from .judging import Judged, Verdict

OURS = "ours"
TARGETS = {"float64": 1e-6, "float32": 2e-2}        # the resolution to reach on smooth cases without noise


def tables(rows: Sequence[Judged], dtype: str) -> str:
    """All the tables for the cases of one dtype."""
    if not rows:
        return f"{dtype}: no cases"
    libraries = list(rows[0].verdicts)
    parts = [summary(rows, libraries, dtype),
             _table("misses by kind / wrong gradients that differences can show", libraries, _by_kind(rows, libraries)),
             _table("misses of one entry by its relative error", libraries, _by_size(rows, libraries)),
             _table("misses by family", libraries,
                    _lines(rows, libraries, FAMILIES, lambda row: row.case.family, _is_seen, is_miss)),
             _table("false alarms by family / right gradients", libraries,
                    _lines(rows, libraries, FAMILIES, lambda row: row.case.family, _is_right, is_false_alarm))]
    if OURS in libraries:
        parts.append(resolutions(rows, dtype))
    crashes = [f"{library} crashed: {row.case.name}: {row.verdicts[library].crash}"
               for library in libraries for row in rows
               if row.verdicts[library].crash and (library == OURS or not row.case.wrong)]
    return "\n\n".join([*parts, *(["\n".join(crashes[:20])] if crashes else [])])


def is_false_alarm(case: Case, verdict: Verdict) -> bool:
    """A right gradient, objected to."""
    return not case.wrong and verdict.right is False


def is_miss(case: Case, verdict: Verdict) -> bool:
    """A wrong gradient, accepted."""
    return case.wrong and verdict.right is True


def _is_right(row: Judged) -> bool:
    return not row.case.wrong


def _is_seen(row: Judged) -> bool:
    return row.visible


def summary(rows: Sequence[Judged], libraries: Sequence[str], dtype: str) -> str:
    """One line for each library."""
    right, seen = [row for row in rows if _is_right(row)], [row for row in rows if row.visible]
    unseen = [row for row in rows if row.case.wrong and not row.visible]
    lines = [f"{dtype}: {len(rows)} cases, {len(right)} right, {len(seen)} wrong, "
             f"{len(unseen)} wrong by less than differences can show",
             f"{'':<16}{'false alarms':>14}{'misses':>14}{'unseen':>8}{'cannot tell':>14}{'time':>8}"]
    reference = OURS if OURS in libraries else libraries[0]
    for library in libraries:
        alarms = sum(is_false_alarm(row.case, row.verdicts[library]) for row in right)
        misses = sum(is_miss(row.case, row.verdicts[library]) for row in seen)
        below = sum(is_miss(row.case, row.verdicts[library]) for row in unseen)
        silent = sum(row.verdicts[library].right is None for row in rows)
        time = median(row.verdicts[library].seconds / row.verdicts[reference].seconds for row in rows)
        lines.append(f"{library:<16}{_share(alarms, len(right)):>14}{_share(misses, len(seen)):>14}"
                     f"{below:>8}{_share(silent, len(rows)):>14}{time:>8.2f}")
    middle = median(row.verdicts[reference].seconds for row in rows) * 1e3
    return "\n".join([*lines, f"time: median over the cases of the time / that of {reference}, there {middle:.2f} ms"])


def _share(part: int, whole: int) -> str:
    return f"{part} {part / whole:7.2%}" if whole else "-"


def _by_kind(rows: Sequence[Judged], libraries: Sequence[str]) -> list[tuple[str, list[str]]]:
    kinds = sorted({row.case.kind for row in rows if row.case.wrong})
    return _lines(rows, libraries, kinds, lambda row: row.case.kind, _is_seen, is_miss)


def _by_size(rows: Sequence[Judged], libraries: Sequence[str]) -> list[tuple[str, list[str]]]:
    entries = [row for row in rows if row.case.kind == "one entry"]
    names = [f"1e{k} … 1e{k + 1}" for k in range(-6, 1)]
    return _lines(entries, libraries, names, lambda row: names[min(max(floor(log10(row.case.size)) + 6, 0), 6)]
                  if isfinite(row.case.size) else "", _is_seen, is_miss)


def _lines(rows: Sequence[Judged], libraries: Sequence[str], groups: Iterable[str], group: Callable[[Judged], str],
           counts: Callable[[Judged], bool], happened: Callable[[Case, Verdict], bool]) -> list[tuple[str, list[str]]]:
    """For each group how often it happened to each library, and the number of cases."""
    lines = []
    for name in groups:
        chosen = [row for row in rows if counts(row) and group(row) == name]
        if chosen:
            happenings = [sum(happened(row.case, row.verdicts[library]) for row in chosen) for library in libraries]
            lines.append((name, [*(str(n) if n else "." for n in happenings), f"/ {len(chosen)}"]))
    return lines


def _table(title: str, libraries: Sequence[str], lines: Sequence[tuple[str, Sequence[str]]]) -> str:
    """Aligned text, as wide as the names of the libraries."""
    widths = [max(len(library) + 2, 7) for library in libraries] + [8]
    body = [("", [*libraries, "cases"]), *lines]
    return "\n".join([title, *(f"{name:<26}" + "".join(f"{cell:>{width}}" for cell, width in
                                                        zip(cells, widths, strict=True)) for name, cells in body)])


def resolutions(rows: Sequence[Judged], dtype: str) -> str:
    """What ours says it would have seen, held against what it saw."""
    target = TARGETS[dtype]
    smooth = [row for row in rows if row.case.family in NOISE_FREE and isfinite(row.case.size)]
    verdicts = [row.verdicts[OURS] for row in smooth if row.verdicts[OURS].right is not False]
    stated = [verdict.resolution if verdict.right else inf for verdict in verdicts]
    reached = sum(each <= target for each in stated)
    missed = [row for row in rows if is_miss(row.case, row.verdicts[OURS])]
    above = [row for row in missed if row.case.size > row.verdicts[OURS].resolution]
    unstated = sum(row.verdicts[OURS].resolution == inf for row in missed)
    lines = [f"ours: resolution of {target:.0e} or finer in {_share(reached, len(stated)).strip()} of {len(stated)} "
             f"cases without objection that are smooth and noise-free; median {median(stated) if stated else inf:.1e}",
             f"ours: {len(above)} misses above the stated resolution, {unstated} without one, of {len(missed)} in all"]
    lines += [f"    {row.case.name}, {row.case.size:.1e} > {row.verdicts[OURS].resolution:.1e}" for row in above]
    return "\n".join(lines)
