"""What is wrong, in one line: the diagnosis of a gradient, and the place of the rule that causes it.

    explained(report, check, entries)   the report with its headline and details
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from .diagnosis import Diagnosis, Mismatch, diagnose
from .report import GradientReport, counted
from .rule_walk import RuleFaults, faulty_rules

if TYPE_CHECKING:
    from .checks import Check
    from .entries import Entries


def explained(report: GradientReport, check: Check, entries: Sequence[Entries]) -> GradientReport:
    """The report, with a headline, and with what is likely to be the mistake."""
    order = {1: "", 2: " (second derivatives)", 3: " (third derivatives)"}[check.order]
    if report.ok:
        names = ", ".join(f"{each.name}.grad" for each in report.inputs)
        at_kinks = ", at a kink" if report.verdict == "at a kink" else ""
        return replace(report, headline=f"{names}{order}: right{at_kinks}")
    if report.verdict == "inconclusive":
        each = next(each for each in report.inputs if each.verdict == "inconclusive")
        return replace(report, headline=f"{each.name}.grad{order} cannot be checked: {report.reason}")
    wrong = [k for k, each in enumerate(report.inputs) if each.verdict == "wrong"]
    if not wrong:
        name, text = report.faults[0]
        return replace(report, headline=f"{name + '.grad: ' if name else ''}{text}")
    return _diagnosed(report, check, entries, wrong, order)


def _diagnosed(report: GradientReport, check: Check, entries: Sequence[Entries], wrong: list[int],
               order: str) -> GradientReport:
    """The headline of a wrong gradient: the diagnosis of the first, and where its rule was used."""
    rules = _rules(check)
    found = {k: diagnose(_mismatch(check, entries[k])) for k in wrong}
    texts = [f"{report.inputs[k].name}.grad{order} {_said(report, k, found[k])}" for k in wrong]
    place = ""
    if rules:
        where = rules[0].position
        place = f": {where.file.rpartition('/')[2]}:{where.line}, {rules[0].op}" if where else f": {rules[0].op}"
    details = [f"{report.inputs[k].name}: {each.detail}" for k, each in found.items() if each and each.detail]
    details += [str(rule) for rule in rules] + [rules.note] * bool(rules.note)
    return replace(report, headline=texts[0] + place, details=(*texts[1:], *details))


def _said(report: GradientReport, k: int, diagnosis: Diagnosis | None) -> str:
    if diagnosis is not None:
        return diagnosis.headline
    each = report.inputs[k]
    if not each.wrong.any():
        return f"is wrong: {each.reason}"
    return f"is wrong in {int(each.wrong.sum())} of {counted(each.wrong.size)}" if each.shape else "is wrong"


def _rules(check: Check) -> RuleFaults:
    if check.claim.record is None:
        return RuleFaults()
    return faulty_rules(*check.claim.record(check.claim.raw)[0])


def _mismatch(check: Check, entry: Entries) -> Mismatch:
    """What is known of one wrong gradient."""
    claim, shape = check.claim, entry.x.shape
    fine = (entry.kinds == "kink") & ~entry.wrong
    unknown = ~np.isfinite(entry.error)
    true = np.where(unknown, np.nan, np.where(fine, entry.g, entry.g + entry.residual))
    error = np.where(fine, 0.0, entry.error)
    outputs, variables = claim.record(claim.raw) if claim.record is not None else (None, ())
    claimed = np.zeros(shape) if entry.claimed is None else entry.claimed
    return Mismatch(tuple(claim.raw), entry.position, claim.inputs[entry.position].name, claimed,
                    true.reshape(shape), error.reshape(shape), None, outputs, variables)
