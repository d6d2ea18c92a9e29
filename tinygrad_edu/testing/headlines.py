"""What is wrong, in one line: the diagnosis of a gradient, and the place of the rule that causes it.

    explained(report, check, entries)   the report with its headline and details
    unfinished(report, check)           the same where a rule raised; None if it was no rule

Everything that is known around a gradient is gathered here for `diagnosis.py`: the recorded graph (that of a plain
function, too, if it takes Tensors), the gradient at other inputs, the Jacobian of small functions.
Read `diagnosis.py` and `rule_walk.py` before this file.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.tensors import Tensor
from ..core.walk import made_from
from .claims import gradients_of, in_shapes
from .diagnosis import Diagnosis, Mismatch, diagnose
from .numerical import flat, is_floating, numerical_gradient, output_arrays, units_of
from .repairs import Trial, repaired
from .report import GradientReport, wrong_of
from .rule_walk import WEAK, RuleFault, RuleFaults, faulty_rules

if TYPE_CHECKING:
    from .checks import Check
    from .entries import Entries

MOST_PAIRS = 400            # entries of an input times entries of the result: up to here the Jacobian is measured
MOST_RECORDED = 10_000      # plain functions of more numbers are not called with Tensors: they may be loops
SECONDS = 2.0               # for gradients at other inputs and changes of a gradient function, of all inputs
SHARP = 1e-6                # that one of many changes fits by chance must be less likely than this
GRAPH_KINDS = ("chain rule", "accumulated twice", "overwritten", "stale")       # mistakes of those who do it by hand
ORDERS = {1: "", 2: " (second derivatives)", 3: " (third derivatives)"}


def explained(report: GradientReport, check: Check, entries: Sequence[Entries]) -> GradientReport:
    """The report, with a headline, and with what is likely to be the mistake."""
    order = ORDERS[check.order]
    if report.ok:
        names = ", ".join(f"{each.name}.grad" for each in report.inputs)
        at_kinks = ", at a kink" if report.verdict == "at a kink" else ""
        noted = f"; but note: {report.notes[0][1]}" if report.notes else ""
        return replace(report, headline=f"{names}{order}: right{at_kinks}{noted}")
    if report.verdict == "inconclusive":
        each = next(each for each in report.inputs if each.verdict == "inconclusive")
        return replace(report, headline=f"{each.name}.grad{order} cannot be checked: {report.reason}")
    wrong = [k for k, each in enumerate(report.inputs) if each.verdict == "wrong"]
    if not wrong:
        name, text = report.faults[0]
        return replace(report, headline=f"{name + '.grad: ' if name else ''}{text}")
    return _diagnosed(report, check, entries, wrong)


def unfinished(report: GradientReport, check: Check) -> GradientReport | None:
    """The headline of a gradient that could not be computed; None if no rule is to blame."""
    order, notes = ORDERS[check.order], getattr(report.error, "__notes__", [])
    notes = [each for each in notes if each.startswith("in the derivative rule") and check.mode == "reverse"]
    try:
        rules = Context(check).rules
    except Exception:                                   # second derivatives: the graph itself cannot be had
        rules = RuleFaults()
    if not rules and not notes:
        return None
    name = next((each.name for k, each in enumerate(report.inputs) if _causes(rules, check, k)), report.inputs[0].name)
    cause = f"{_place(rules[0])}{_whose(rules[0])}" if rules else f"{type(report.error).__name__} {notes[0]}"
    return replace(report, headline=f"{name}.grad{order} cannot be computed: {cause}",
                   details=tuple([str(rule) for rule in rules] or notes))


def _diagnosed(report: GradientReport, check: Check, entries: Sequence[Entries], wrong: list[int]) -> GradientReport:
    """The headline of a wrong gradient: the first one that is explained, and where its rule was used."""
    context = Context(check)
    found = {k: context.diagnosis(entries[k]) for k in wrong}
    rules = {k: _causes(context.rules, check, k) for k in wrong}
    for k in wrong:                                     # the graph hands on what its rules give: the rule is the reason
        if rules[k] and (seen := found[k]) is not None and seen.kind in GRAPH_KINDS:
            found[k] = None
    wrong.sort(key=lambda k: (not rules[k], found[k] is None))
    texts = [f"{report.inputs[k].name}.grad{ORDERS[check.order]} {_said(report, k, found[k])}" for k in wrong]
    first = wrong[0]
    place, diagnosis = check.claim.place, found[first]
    if diagnosis is not None and diagnosis.place is not None:
        place = f"{diagnosis.place.file.rpartition('/')[2]}:{diagnosis.place.line}"
    if rules[first]:
        rule = rules[first][0]
        place = _place(rule) + (_whose(rule) if _says_more(rule.diagnosis, found[first]) else "")
    details = [f"{report.inputs[k].name}: {each.detail}" for k in wrong if (each := found[k]) and each.detail]
    told = [text for _, text in report.faults]
    details += [text for rule in context.rules if (text := str(rule)) not in told]
    details += [context.rules.note] * bool(context.rules.note)
    if place in texts[0]:                               # a line of f that is the gradient's own line as well
        place = ""
    return replace(report, headline=texts[0] + f": {place}" * bool(place), details=(*texts[1:], *details))


def _said(report: GradientReport, k: int, diagnosis: Diagnosis | None) -> str:
    if diagnosis is not None:
        return diagnosis.headline
    each = report.inputs[k]
    if not each.wrong.any():
        return f"is wrong: {each.reason}"
    return f"is wrong in {wrong_of(each)}" if each.shape else "is wrong"


# -- rules ------------------------------------------------------------------------------------------------------------


def _causes(rules: RuleFaults, check: Check, k: int) -> list[RuleFault]:
    """The wrong rules through which the gradient of an input flows."""
    name = check.claim.inputs[check.claim.chosen[k]].name
    return [rule for rule in rules if any(
        x.name == name for x in made_from([rule.node.inputs[rule.number]], needing_gradient=True)[1])]


def _place(rule: RuleFault) -> str:
    """`lesson.py:14, mean`."""
    where = rule.position
    return f"{where.file.rpartition('/')[2]}:{where.line}, {rule.op}" if where else rule.op


def _whose(rule: RuleFault) -> str:
    written = f" ({rule.rule})" if rule.rule else ""
    return f", whose rule for {rule.argument}{written} {rule.diagnosis.headline}" if rule.diagnosis else ""


def _says_more(of_rule: Diagnosis | None, of_gradient: Diagnosis | None) -> bool:
    """Whether what is wrong with the rule explains more than what is wrong with the gradient."""
    if of_rule is None or of_rule.kind == "some entries":
        return False
    return of_gradient is None or of_gradient.kind in WEAK or of_gradient.kind != of_rule.kind


# -- what is known around a gradient ----------------------------------------------------------------------------------


@dataclass
class Context:
    """A check, and what all its wrong gradients have in common."""

    check: Check
    outputs: list[Tensor] = field(default_factory=list)         # as recorded, those that need a gradient
    starts: list[np.ndarray] = field(default_factory=list)      # the gradients that arrive there
    variables: tuple[Any, ...] = ()
    rules: RuleFaults = field(default_factory=RuleFaults)

    def __post_init__(self) -> None:
        """Record the function, and look at the rules of its operations."""
        claim, self.ends = self.check.claim, time.monotonic() + SECONDS
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
            self.rules = faulty_rules(*outputs)

    def diagnosis(self, entry: Entries) -> Diagnosis | None:
        """What is wrong with one gradient, by its numbers, or by the one change that makes a function by hand right."""
        mismatch = self.mismatch(entry)
        found = diagnose(mismatch)
        some = found is not None and found.kind == "some entries" and 2 * entry.wrong.sum() >= entry.wrong.size
        if self.check.claim.by_hand and (found is None or some):
            return self._repaired(entry.position, mismatch) or found
        return found

    def _repaired(self, position: int, m: Mismatch) -> Diagnosis | None:
        """The one change inside a gradient function written by hand that makes it right, if that can be no chance."""
        claim = self.check.claim
        scale = np.max(np.abs(m.true), initial=0.0, where=np.isfinite(m.true))
        sharpness = np.minimum(m.error[np.isfinite(m.true)] / (scale or 1.0) + self.check.place.eps, 1.0)
        if scale == 0 or np.prod(sharpness) > SHARP or np.size(m.true) > MOST_RECORDED:
            return None

        def gradient(*raw: Any) -> Any:
            if time.monotonic() > self.ends:
                raise TimeoutError
            copies = [np.array(x, subok=True) if is_floating(x) else x for x in raw]
            return claim.gradient(copies, self.check.weights)[claim.chosen.index(position)]

        named = list(zip(m.names, claim.raw, strict=True))
        return repaired(Trial(gradient, named, (), np.asarray, m.true, m.error))

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
            names=tuple(each.name for each in claim.inputs))

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
        if time.monotonic() > self.ends:
            raise TimeoutError
        found = numerical_gradient(lambda x: self._sum(inputs, position, x), np.asarray(inputs[position]))
        return np.asarray(found.value)

    def _slope_at(self, inputs: tuple[Any, ...], position: int, index: int) -> float:
        """One entry of the gradient, roughly."""
        if time.monotonic() > self.ends:
            raise TimeoutError
        ahead, behind, step = _moved(inputs[position], index, self.check.place.eps ** (1 / 3))
        rise = self._sum(inputs, position, ahead) - self._sum(inputs, position, behind)
        return float(rise) / step

    def _jacobian(self, position: int) -> np.ndarray | None:
        """All derivatives of a small function, by differences over two steps."""
        place, x = self.check.place, self.check.claim.inputs[position].raw
        if not 1 < place.at_x.size <= MOST_PAIRS // max(x.size, 1):
            return None
        found = np.zeros((place.at_x.size, x.size))
        for index in range(x.size):
            short, far = (self._slopes(position, *_moved(x, index, k * place.eps**0.2)) for k in (1, 2))
            found[:, index] = (4 * short - far) / 3
        return found.reshape(*place.shapes[0], *x.shape)

    def _slopes(self, position: int, ahead: np.ndarray, behind: np.ndarray, step: float) -> np.ndarray:
        place, args = self.check.place, self.check.claim.raw
        args[position] = ahead
        there = place.values(args)
        args = self.check.claim.raw
        args[position] = behind
        return np.asarray((there - place.values(args)) / step)


def _moved(x: Any, index: int, h: float) -> tuple[np.ndarray, np.ndarray, float]:
    """Arrays with one entry moved to both sides by h of its size, and how far they are apart."""
    ahead, behind, unit = np.array(x), np.array(x), float(units_of(x).reshape(-1)[index])
    ahead.reshape(-1)[index] += h * unit
    behind.reshape(-1)[index] -= h * unit
    return ahead, behind, float(ahead.reshape(-1)[index]) - float(behind.reshape(-1)[index])
