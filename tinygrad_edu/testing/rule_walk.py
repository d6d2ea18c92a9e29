"""The rule walk: which operation of a recorded graph has a wrong rule, each rule checked alone.

    faulty_rules(output)            every wrong rule in the graph of an output
    rule_fault(node, position)      whether the rule of one input of one node is wrong

A rule is checked at the values that occurred: its operation is computed again, in float64, along lines through the
input, and the slopes of the product with a random gradient are compared with what the rule makes of that gradient. At
a kink or a tie the rule may give any slope between those of the two sides. What cannot be measured is not judged.
Read `diagnosis.py` before this file.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from ..core import values
from ..core.backprop import ITEM
from ..core.places import place
from ..core.positions import Position, is_inside
from ..core.rules import Rule
from ..core.tensors import Tensor
from ..core.walk import made_from
from .alone import Alone, exchanged, is_floating, raw_of
from .diagnosis import Diagnosis, Mismatch, diagnose
from .report import InputReport
from .roughly import FOREVER, Budget, slope
from .roughly import jacobian as rough_jacobian

MOST_PAIRS = 400            # entries of the input times entries of the result: up to here the Jacobian is measured
PLAIN = ("sign", "factor", "transpose", "missing sum")       # diagnoses that need no look into the rule
EPS = 2.0**-52              # an operation alone is computed in float64
MANY = 128                  # of more entries not all are measured: fewer show more in less time
STEEP = 1e-3                # a slope known less well than so, relative to itself, may be infinite
WEAK = ("raised", "shape", "some entries")                   # these do not explain anything


class RuleFault(NamedTuple):
    """A derivative rule that is wrong."""

    op: str                             # the operation
    argument: str                       # the input whose rule it is
    position: Position | None           # where the user's code used it
    node: Tensor                        # the result, as recorded
    diagnosis: Diagnosis | None         # what is wrong with the rule, if an explanation fits
    claimed: Any                        # what the rule made of a random gradient; None if it raised
    true: Any                           # what it should have made of it; NaN where that was not measured
    number: int                         # which input of `node` it is

    def __str__(self) -> str:
        what = self.diagnosis.headline if self.diagnosis is not None else "is wrong"
        detail = f" {self.diagnosis.detail.rstrip('.')}." if self.diagnosis and self.diagnosis.detail else ""
        where = f" Used at {self.position}" if self.position is not None else ""
        written = f" ({self.rule})" if self.rule else ""
        return f"the rule of {self.op} for {self.argument}{written} {what}.{detail}{where}"

    @property
    def rule(self) -> str:
        """Where the user wrote the rule: `lesson.py:8`; empty for rules of the library, and if none is written."""
        code = _users_code(self.node.op.rule_of(self.number))
        return place(code.co_filename, code.co_firstlineno) if code is not None else ""


class RuleFaults(list[RuleFault]):
    """The wrong rules, in the order in which the operations were used; `note` says what was not checked."""

    note: str = ""


def faulty_rules(*outputs: Tensor, seconds: float = 1.0, seed: int = 0) -> RuleFaults:
    """The derivative rules that are wrong, of all operations that some tensors were made from.

    Each rule is checked once for each operation, options and shapes, then at its other values as long as time remains.

    Args:
        outputs: recorded tensors.
        seconds: after how long to stop; then the `note` of the result says how much was not checked.
        seed: of the random gradients.
    Returns: a list with a RuleFault for each rule that is wrong, empty if all are right.

    >>> @tg.op
    ... def doubled(x, /):
    ...     return 2 * x
    >>> doubled.derivative(x=lambda g: g)
    >>> x = tg.Tensor([1.0, 2.0])
    >>> fault, = faulty_rules(tg.sum(doubled(x)))
    >>> fault.op, fault.argument, fault.diagnosis.headline
    ('doubled', 'x', 'is 2 times too small in all 2 entries')
    """
    budget, found, faulty = Budget(seconds), RuleFaults(), set[Rule]()
    edges = _in_order(outputs)
    for done, (node, index) in enumerate(edges):
        if budget.is_spent:
            found.note = f"After {seconds:.2g} s, {len(edges) - done} of {len(edges)} uses of rules were not checked."
            break
        rule = node.op.rule_of(index)
        fault = rule_fault(node, index, seed, budget) if rule not in faulty else None
        if fault is not None:
            faulty.add(rule)
            found.append(fault)
    found.sort(key=lambda fault: fault.node._number)
    return found


def meddling_rules(outputs: Iterable[Tensor], seed: int = 0) -> list[RuleFault]:
    """The rules of the user that change arrays in place which others need; what they give may be right."""
    found: dict[Rule, RuleFault] = {}
    for node in made_from(outputs)[0]:
        for index, x in enumerate(node.inputs if node.op is not ITEM else ()):
            if x.__class__ is not Tensor or not x.requires_grad or _users_code(rule := node.op.rule_of(index)) is None:
                continue
            alone = Alone.of(node) if rule not in found else None
            judged = alone and _meddling(alone, index, seed)
            if alone and judged:
                found[rule] = RuleFault(node.op.name, alone.name_of(index), node.position, node, *judged, index)
    return list(found.values())


def _users_code(rule: Rule) -> Any:
    """The code of a rule that is written outside of the library, or None."""
    cells = [cell.cell_contents for cell in getattr(rule.call, "__closure__", None) or ()]      # arguments in order
    codes = [getattr(each, "__code__", None) for each in (rule.call, *cells)]
    return next((code for code in codes if code is not None and not is_inside[code.co_filename]), None)


def _in_order(outputs: tuple[Tensor, ...]) -> list[tuple[Tensor, int]]:
    """Each use of a rule: first one for each operation, options and shapes, then the others."""
    first: dict[Any, tuple[Tensor, int]] = {}
    others: list[tuple[Tensor, int]] = []
    for node in made_from(outputs)[0]:
        if node.op is ITEM:
            continue
        shapes = tuple((np.shape(raw_of(x)), str(getattr(raw_of(x), "dtype", ""))) for x in node.inputs)
        for index, x in enumerate(node.inputs):
            if x.__class__ is Tensor and x.requires_grad:
                key = (node.op.key, index, repr(node.options), shapes)
                if key in first:
                    others.append((node, index))
                else:
                    first[key] = (node, index)
    return [*first.values(), *others]


def rule_fault(node: Tensor, position: int, seed: int = 0, budget: Budget = FOREVER) -> RuleFault | None:
    """Whether the rule of one input of a recorded operation is wrong, at the values that occurred; None if not.

    Args:
        node: the result of the operation.
        position: which of its inputs.
        seed: of the random gradient that the rule is given.
        budget: the time for guesses about what is wrong.
    """
    alone = Alone.of(node)
    if alone is None or np.size(alone.inputs[position]) == 0:
        return None
    judged = _judged(alone, position, seed, budget) or _meddling(alone, position, seed)
    if judged is None:
        return None
    diagnosis, claimed, true = judged
    return RuleFault(node.op.name, alone.name_of(position), node.position, node, diagnosis, claimed, true, position)


# -- the verdict ------------------------------------------------------------------------------------------------------

Judged = tuple[Diagnosis | None, Any, Any]              # what is wrong, claimed and true


def _judged(alone: Alone, position: int, seed: int, budget: Budget) -> Judged | None:
    """What is wrong with a rule, or None if nothing can be said against it."""
    size = np.size(alone.inputs[position])
    judged = _judged_here(alone, position, seed, Budget(budget.left / 3) if size > MANY else budget)
    few = size == 1                                     # one number does not prove much
    if judged is None or (judged[0] is not None and judged[0].kind not in (*WEAK, *["factor"] * few)):
        return judged
    shapes = [np.shape(x) for x in alone.inputs]
    others_to_try = [(shapes, "other numbers"), ([(3,) * len(shape) for shape in shapes], "all lengths 3")]
    if few or size > MANY:
        others_to_try.reverse()
    if few and () in shapes:
        others_to_try.insert(0, ([shape or (5,) for shape in shapes], "five numbers"))
    for others, what in others_to_try:
        if budget.is_spent:
            break
        try:
            elsewhere = _judged_here(alone.at_random(others, seed), position, seed, budget)
        except Exception:
            continue                                    # its options do not fit these shapes
        if elsewhere is not None and elsewhere[0] is not None and elsewhere[0].kind not in WEAK:
            diagnosis = elsewhere[0]._replace(detail=f"{elsewhere[0].detail} Seen with {what}.".strip(), entries=None)
            return diagnosis, judged[1], judged[2]
    return judged


def _judged_here(alone: Alone, position: int, seed: int, budget: Budget) -> Judged | None:
    """The same, from these inputs alone."""
    gs, size = alone.drawn_gradient(seed), np.size(alone.inputs[position])
    try:
        as_given, claimed = alone.pulled(gs, position)
    except Exception as raised:
        true, error = alone.true_gradient(gs, position) if size <= MANY else alone.rough_gradient(gs, position)
        message = Diagnosis(f"raises {type(raised).__name__}: {raised}", "raised")
        if alone.op.rule_of(position).kind == Rule.MISSING:
            message = Diagnosis("is missing", "raised", str(raised))
        return alone.repaired(gs, position, true, error, budget) or message, None, true
    if claimed is not None:
        report = alone.report(gs, position)
        if report.verdict != "wrong":
            return None
        rounding, unknown = alone.rounding(gs, position), ~np.isfinite(report.error + report.measured)
        if not _is_sure(report, rounding) or not alone.is_steady(gs, position, report.measured[~unknown]):
            return None
        true = np.where(unknown, np.nan, np.where(report.kinks, report.claimed, report.measured))
        error = np.where(report.kinks, 0.0, report.error) + rounding
    else:
        true, error = alone.true_gradient(gs, position) if size <= MANY else alone.rough_gradient(gs, position)
    diagnosis, shown = None, as_given if claimed is None else claimed
    same = claimed is not None and as_given.shape == claimed.shape
    for given in (claimed,) if same else (as_given, claimed):       # the engine may have summed what should not be
        if given is not None and diagnosis is None:
            diagnosis, shown = diagnose(_mismatch(alone, gs, position, given, true, error, budget)), given
    if diagnosis is None or diagnosis.kind not in PLAIN:
        diagnosis = alone.repaired(gs, position, true, error, budget) or diagnosis
    if diagnosis is None and claimed is None:
        diagnosis = Diagnosis(f"gives shape {as_given.shape} for an input of shape {true.shape}", "shape")
    return diagnosis, shown, true


def _meddling(alone: Alone, position: int, seed: int) -> Judged | None:
    """Whether a rule of the user's changes arrays in place that others need."""
    if _users_code(alone.op.rule_of(position)) is None:
        return None
    changed, claimed = alone.changed_in_place(alone.drawn_gradient(seed), position)
    return (Diagnosis(f"changes {changed} in place", "in place"), claimed, claimed) if changed else None


def _is_sure(report: InputReport, rounding: np.ndarray) -> bool:
    """Whether what is wrong is more than rounding, and no infinite slope, as that of cbrt(x) at 0."""
    gap = np.abs(report.claimed - report.measured)
    steep = np.isinf(report.claimed) & ~(report.error < STEEP * np.abs(report.measured))
    return bool(np.any(report.wrong & ~steep & ~(gap <= rounding)) or not report.wrong.any())


def _mismatch(alone: Alone, gs: list[Any], position: int, claimed: Any, true: Any, error: Any,
              budget: Budget) -> Mismatch:
    """The evidence about one rule."""
    x, single = np.asarray(alone.inputs[position]), not alone.op.results

    def jacobian() -> np.ndarray | None:
        if not single or x.size * np.size(gs[0]) > MOST_PAIRS or np.size(gs[0]) < 2:
            return None
        found = rough_jacobian(lambda moved: alone.results(exchanged(alone.inputs, position, moved)), x, EPS)
        return found.reshape(*np.shape(gs[0]), *x.shape)

    def given(inputs: Any) -> tuple[Any, ...]:
        budget.check()
        return tuple(own if own is None else new for own, new in zip(alone.inputs, inputs, strict=True))

    def gradient_at(inputs: Any) -> Any:
        return alone.true_gradient(gs, position, given(inputs)).value

    def slope_at(inputs: Any, index: int) -> float:
        return slope(alone.along(gs, position, given(inputs)), inputs[position], index, EPS)

    result = values.settle(np.array(alone.parts(alone.inputs)[0])) if single else None
    output = Tensor(result) if single and is_floating(result) else None
    names = tuple(map(alone.name_of, range(len(alone.inputs))))
    inputs = tuple(np.zeros(0, bool) if each is None else np.asarray(each) for each in alone.inputs)
    return Mismatch(inputs, position, names[position], claimed, true, error, gs[0] if single else None, output,
                    gradient_at=gradient_at, slope_at=slope_at, jacobian=jacobian, names=names, budget=budget)
