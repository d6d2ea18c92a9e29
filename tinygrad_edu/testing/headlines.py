"""What is wrong, in one line: the diagnosis of a gradient, and the place of the rule that causes it.

    explanation(check, entries)         finds the headline and the details of a report when they are asked for
    unfinished(report, check)           the report with both where a rule raised; None if it was no rule

Everything that is known around a gradient is gathered here for `diagnosis.py`: the recorded graph (that of a plain
function, too, if it takes Tensors), the gradient at other inputs, the Jacobian of small functions.
Read `diagnosis.py` and `rule_walk.py` before this file.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.modes import no_grad
from ..core.tensors import Tensor
from ..core.walk import made_from
from .claims import gradients_of, in_shapes
from .diagnosis import Diagnosis, Mismatch, diagnose
from .numerical import flat, is_floating, numerical_gradient, output_arrays
from .repairs import Trial, repaired
from .report import GradientReport, Told, wrong_of
from .roughly import Budget, jacobian, slope
from .rule_walk import WEAK, RuleFault, RuleFaults, faulty_rules

if TYPE_CHECKING:
    from .checks import Check
    from .entries import Entries

MOST_PAIRS = 400            # entries of an input times entries of the result: up to here the Jacobian is measured
MOST_RECORDED = 10_000      # plain functions of more numbers are not called with Tensors: they may be loops
SECONDS = 0.6               # for all guesses; if the check itself took longer, as long as that
POINTS = 3                  # other inputs at which a gradient of few numbers is looked at
FEW_NUMBERS = 8             # wrong entries are few
SHARP = 1e-6                # that one of many changes fits by chance must be less likely than this
GRAPH_KINDS = ("chain rule", "accumulated twice", "overwritten", "stale")       # mistakes of those who do it by hand
ORDERS = {1: "", 2: " (second derivatives)", 3: " (third derivatives)"}


def explanation(check: Check, entries: Sequence[Entries]) -> Callable[[GradientReport], Told]:
    """What finds the headline of a report, and what is likely to be the mistake."""
    seconds = _seconds(check)

    def explain(report: GradientReport) -> Told:
        with np.errstate(all="ignore"), nullcontext() if check.claim.by_hand else no_grad():
            return _explained(report, check, entries, seconds)
    return explain


def _seconds(check: Check) -> float:
    """The time for guesses."""
    return max(SECONDS, time.monotonic() - check.started)


def _explained(report: GradientReport, check: Check, entries: Sequence[Entries], seconds: float) -> Told:
    order = ORDERS[check.order]
    if report.ok:
        names = ", ".join(f"{each.name}.grad" for each in report.inputs)
        at_kinks = ", at a kink" if report.verdict == "at a kink" else ""
        noted = f"; but note: {report.notes[0][1]}" if report.notes else ""
        return f"{names}{order}: right{at_kinks}{noted}", ()
    if report.verdict == "inconclusive":
        each = next(each for each in report.inputs if each.verdict == "inconclusive")
        return f"{each.name}.grad{order} cannot be checked: {report.reason}", ()
    wrong = [k for k, each in enumerate(report.inputs) if each.verdict == "wrong"]
    if not wrong:
        name, text = report.faults[0]
        return f"{name + '.grad: ' if name else ''}{text}", ()
    return _diagnosed(report, Context(check, seconds), entries, wrong)


def unfinished(report: GradientReport, check: Check) -> GradientReport | None:
    """The headline of a gradient that could not be computed; None if no rule is to blame."""
    order, notes = ORDERS[check.order], getattr(report.error, "__notes__", [])
    notes = [each for each in notes if each.startswith("in the derivative rule") and check.mode == "reverse"]
    try:
        rules = Context(check, _seconds(check)).rules
    except Exception:                                   # second derivatives: the graph itself cannot be had
        rules = RuleFaults()
    if not rules and not notes:
        return None
    name = next((each.name for k, each in enumerate(report.inputs) if _causes(rules, check, k)), report.inputs[0].name)
    cause = f"{_place(rules[0])}{_whose(rules[0])}" if rules else f"{type(report.error).__name__} {notes[0]}"
    headline, details = f"{name}.grad{order} cannot be computed: {cause}", tuple([str(rule) for rule in rules] or notes)
    return replace(report, explain=lambda _: (headline, details))


def _diagnosed(report: GradientReport, context: Context, entries: Sequence[Entries], wrong: list[int]) -> Told:
    """The headline of a wrong gradient: the first one that is explained, and where its rule was used."""
    check = context.check
    found = {k: context.diagnosis(entries[k]) for k in wrong}
    rules = {k: _causes(context.rules, check, k) for k in wrong}
    for k in wrong:                                     # the graph hands on what its rules give: the rule is the reason
        if rules[k] and (seen := found[k]) is not None and seen.kind in GRAPH_KINDS:
            found[k] = None
    wrong.sort(key=lambda k: (not rules[k], found[k] is None))
    for k in wrong if check.claim.by_hand else ():
        if entries[k].claimed is None:
            found[k] = Diagnosis("is None, though f depends on it", "not connected")
    texts = [f"{report.inputs[k].name}.grad{ORDERS[check.order]} {_said(report, k, found[k])}" for k in wrong]
    first = wrong[0]
    place, diagnosis = check.claim.place, found[first]
    if diagnosis is not None and diagnosis.place is not None:
        place = diagnosis.place.place
    if rules[first]:
        rule = rules[first][0]
        place = _place(rule) + (_whose(rule) if _says_more(rule.diagnosis, found[first]) else "")
    details = [f"{report.inputs[k].name}: {each.detail}" for k in wrong if (each := found[k]) and each.detail]
    told = [text for _, text in report.faults]
    details += [text for rule in context.rules if (text := str(rule)) not in told]
    details += [context.rules.note] * bool(context.rules.note)
    if place in texts[0]:                               # a line of f that is the gradient's own line as well
        place = ""
    return texts[0] + f": {place}" * bool(place), (*texts[1:], *details)


def _headline(mismatch: Mismatch) -> str:
    diagnosis = diagnose(mismatch)
    return "" if diagnosis is None else diagnosis.headline


def _said(report: GradientReport, k: int, diagnosis: Diagnosis | None) -> str:
    if diagnosis is not None:
        return diagnosis.headline
    each = report.inputs[k]
    if not each.wrong.any():
        return f"is wrong: {each.reason}"
    return f"is wrong in {wrong_of(each)}" if each.wrong.size > 1 else "is wrong"


# -- rules ------------------------------------------------------------------------------------------------------------


def _causes(rules: RuleFaults, check: Check, k: int) -> list[RuleFault]:
    """The wrong rules through which the gradient of an input flows."""
    name = check.claim.inputs[check.claim.chosen[k]].name
    return [rule for rule in rules if any(
        x.name == name for x in made_from([rule.node.inputs[rule.number]], needing_gradient=True)[1])]


def _place(rule: RuleFault) -> str:
    """`lesson.py:14, mean`."""
    where = rule.position
    return f"{where.place}, {rule.op}" if where else rule.op


def _whose(rule: RuleFault) -> str:
    written = f" ({rule.rule})" if rule.rule else ""
    return f", whose rule for {rule.argument}{written} {rule.diagnosis.headline}" if rule.diagnosis else ""


def _says_more(of_rule: Diagnosis | None, of_gradient: Diagnosis | None) -> bool:
    """Whether what is wrong with the rule explains more than what is wrong with the gradient."""
    if of_rule is None or of_rule.kind == "some entries":
        return False
    return of_gradient is None or of_gradient.kind in WEAK or of_gradient.kind != of_rule.kind


# -- what is known around a gradient ----------------------------------------------------------------------------------


class Context:
    """A check, and what all its wrong gradients have in common: the recorded function, and the rules that are wrong."""

    def __init__(self, check: Check, seconds: float) -> None:
        claim, self.check, self.budget = check.claim, check, Budget(seconds)
        self.outputs: list[Tensor] = []                         # as recorded, those that need a gradient
        self.starts: list[np.ndarray] = []                      # the gradients that arrive there
        self.variables: tuple[Any, ...] = ()
        self.rules = RuleFaults()
        small = sum(np.size(x) for x in claim.raw) <= MOST_RECORDED
        if claim.record is None or (claim.by_hand and not small):
            return
        try:
            outputs, self.variables = claim.record(claim.raw)
        except Exception:
            if claim.by_hand:
                return                                  # a plain function need not take Tensors
            raise
        if sum(each.size for each in outputs) == self.check.weights.size:
            pairs = zip(outputs, in_shapes(self.check.weights, outputs), strict=True)
            live = [(out, start) for out, start in pairs if out.requires_grad]
            self.outputs, self.starts = [out for out, _ in live], [start for _, start in live]
        if not claim.by_hand:
            self.rules = faulty_rules(*outputs, seconds=self.budget.left)

    def diagnosis(self, entry: Entries) -> Diagnosis | None:
        """What is wrong with one gradient, by its numbers, or by the one change that makes a function by hand right."""
        mismatch = self.mismatch(entry)
        found = diagnose(mismatch)
        some = found is not None and found.kind == "some entries" and 2 * entry.wrong.sum() >= entry.wrong.size
        if self.check.claim.by_hand and (found is None or some):
            found = self._repaired(entry.position, mismatch) or found
        sure = found is not None and found.kind != "some entries" and (found.kind != "factor" or entry.x.size > 1)
        if not self.check.claim.by_hand or sure or not 0 < entry.wrong.sum() <= FEW_NUMBERS:
            return found
        factor = found if found is not None and found.kind == "factor" else None
        return self._seen_elsewhere(entry, mismatch, factor) or found

    def _seen_elsewhere(self, entry: Entries, here: Mismatch, factor: Diagnosis | None) -> Diagnosis | None:
        """What explains a few numbers, if it explains those at other inputs as well: so few alone prove nothing."""
        guess = diagnose(replace(here, trusting=True))
        if guess is None or guess.kind == "some entries":
            return None
        for seed in range(POINTS):
            there = self._mismatch_at(self._inputs_beside(seed), entry.position)
            if there is None or (factor is not None and _headline(there) == factor.headline):
                return None
            same = guess.kind == "stale" and np.array_equal(there.claimed, here.claimed)     # the same number again
            if same or _headline(replace(there, trusting=True)) != guess.headline:
                return None
        return guess

    def _inputs_beside(self, seed: int) -> list[Any]:
        """Other inputs of the same signs and about the same size."""
        rng = np.random.default_rng(seed)
        return [replace(each, raw=np.asarray(each.raw * rng.uniform(0.6, 1.4, each.raw.shape), each.raw.dtype))
                if is_floating(each.raw) else each for each in self.check.claim.inputs]

    def _mismatch_at(self, inputs: list[Any], position: int) -> Mismatch | None:
        check = self.check
        try:
            self.budget.check()
            other = type(check)(replace(check.claim, inputs=inputs, faults=[], notes=[]), check.seed, check.mode)
            other.report()
            context = Context(other, self.budget.left)
            entry = next(each for each in other.entries if each.position == position)
            return context.mismatch(entry)
        except Exception:
            return None                                 # not defined there, or no time

    def _repaired(self, position: int, m: Mismatch) -> Diagnosis | None:
        """The one change inside a gradient function written by hand that makes it right, if that can be no chance."""
        claim = self.check.claim
        scale = np.max(np.abs(m.true), initial=0.0, where=np.isfinite(m.true))
        sharpness = np.minimum(m.error[np.isfinite(m.true)] / (scale or 1.0) + self.check.place.eps, 1.0)
        if scale == 0 or np.prod(sharpness) > SHARP or np.size(m.true) > MOST_RECORDED:
            return None

        def gradient(*raw: Any) -> Any:
            self.budget.check()
            copies = [np.array(x, subok=True) if is_floating(x) else x for x in raw]
            return claim.gradient(copies, self.check.weights)[claim.chosen.index(position)]

        named = list(zip(m.names, claim.raw, strict=True))
        return repaired(Trial(gradient, named, (), np.asarray, m.true, m.error, self.budget))

    def mismatch(self, entry: Entries) -> Mismatch:
        """What is known of one wrong gradient."""
        claim, x = self.check.claim, entry.x
        fine = (entry.kinds == "kink") & ~entry.wrong
        unknown = ~np.isfinite(entry.error)
        true = np.where(unknown, np.nan, np.where(fine, entry.g, entry.g + entry.residual)).reshape(x.shape)
        error = np.where(fine, 0.0, entry.error).reshape(x.shape)
        claimed = np.zeros(x.shape) if entry.claimed is None else entry.claimed
        use_graph = bool(self.outputs) and (not claim.by_hand or self._agrees(entry.position, true, error))
        shapes = self.check.place.shapes
        single = len(shapes) == 1
        cotangent: Any = self.check.weights.reshape(shapes[0]) if single else None
        if use_graph:
            cotangent = self.starts if len(self.outputs) > 1 else self.starts[0]
        return Mismatch(
            tuple(claim.raw), entry.position, claim.inputs[entry.position].name, claimed, true, error, cotangent,
            self.outputs if use_graph else None, self.variables if use_graph else (),
            gradient_at=lambda inputs: self._gradient_at(inputs, entry.position),
            slope_at=lambda inputs, index: self._slope_at(inputs, entry.position, index),
            jacobian=(lambda: self._jacobian(entry.position)) if single and not isinstance(cotangent, list) else None,
            names=tuple(each.name for each in claim.inputs), budget=self.budget)

    def _agrees(self, position: int, true: np.ndarray, error: np.ndarray) -> bool:
        """Whether a plain function, called with Tensors, is differentiated as it should be: nothing left the graph."""
        variable = self.variables[position]
        found, = gradients_of(self.outputs, [variable], self.starts, False)
        if found is None:
            return False
        with np.errstate(all="ignore"):
            gap = np.abs(np.asarray(found.data, np.float64) - true)
        return bool(np.all((gap <= 10 * error + 1e3 * self.check.place.eps * np.abs(true)) | np.isnan(true)))

    # -- the gradient elsewhere ---------------------------------------------------------------------------------------

    def _sum(self, inputs: Sequence[Any], position: int, x: Any) -> Any:
        """The outputs with another value of one input, weighted and added."""
        raw = [np.array(each) if is_floating(each) else each for each in inputs]
        raw[position] = np.asarray(x)
        return flat(output_arrays(self.check.claim.call(*raw))) @ self.check.weights

    def _gradient_at(self, inputs: tuple[Any, ...], position: int) -> np.ndarray:
        self.budget.check()
        found = numerical_gradient(lambda x: self._sum(inputs, position, x), np.asarray(inputs[position]))
        return np.asarray(found.value)

    def _slope_at(self, inputs: tuple[Any, ...], position: int, index: int) -> float:
        """One entry of the gradient, roughly."""
        self.budget.check()
        return slope(lambda x: self._sum(inputs, position, x), inputs[position], index, self.check.place.eps)

    def _jacobian(self, position: int) -> np.ndarray | None:
        """All derivatives of a small function, by differences over two steps."""
        place, x = self.check.place, self.check.claim.inputs[position].raw
        if not 1 < place.at_x.size <= MOST_PAIRS // max(x.size, 1):
            return None

        def moved(x: Any) -> np.ndarray:
            self.budget.check()
            args = self.check.claim.raw
            args[position] = x
            return place.values(args)

        return jacobian(moved, x, place.eps).reshape(*place.shapes[0], *x.shape)
