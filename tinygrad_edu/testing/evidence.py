"""Evidence: a claimed and a true gradient side by side, and whether an explanation fits them by more than chance.

    Mismatch        what is known of a gradient that is wrong
    Diagnosis       what is wrong with it, in words
    Evidence        the numbers of a mismatch: which entries are wrong, and does a predicted gradient fit?

An explanation predicts the wrong gradient exactly, from the true one. It fits if every entry agrees within the error
bounds, and if numbers without any meaning would seldom agree as well: an entry whose bound is a thousandth of what is
wrong agrees by chance once in a thousand, and each explanation that was tried before makes a chance agreement likelier.
Exact numbers do not make an agreement as unlikely as they have digits: of formulas at x = 1 or 2 many give 1, 2 or 4.
So an explanation that is more than a factor needs numbers that are independent: two long ones, or four simple ones.
Read `mistakes.py` after this file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..core.positions import Position
from ..core.tensors import Tensor
from .roughly import FOREVER, Budget

ROUNDING = 8                # how many units in the last place a right gradient may be off
CHANCE = 0.01               # a coincidence must be less likely than this
LONG = 1e-3                 # how likely formulas agree in a number of many digits without being meant,
SIMPLE = 0.05               # in one such as 1 or 3/2,
REPEATED = 0.3              # and in one in which they were seen to agree before
SOME = 50                   # about so many of the wrong entries are looked at first
MOST_NAMED = 4              # of more entries only the first are named


@dataclass(frozen=True)
class Mismatch:
    """What is known of a gradient that is wrong, or may be.

    Args:
        inputs: all inputs of the function, as raw arrays.
        position: which input the gradient belongs to.
        name: how messages call that input.
        claimed: the gradient as claimed; its shape may be wrong.
        true: the numerical gradient, of the input's shape; NaN where it was not measured.
        error: how far each entry of `true` may be off.
        cotangent: the gradient that arrived at the output, or None.
        output: the recorded output, a Tensor or a list of them, or None for a plain function.
        variables: the Tensors that the recorded function was called with.
        gradient_at: the numerical gradient at other inputs, if it can be had.
        slope_at: one entry of it, by its flat index: at most other inputs one entry shows that they are not meant.
        earlier: inputs with which the function was called before, for a gradient that uses old values.
        jacobian: gives d output / d input, of shape (*output.shape, *input.shape), or None where it cannot be had.
        names: how messages call the inputs, if not by the names of the variables.
        budget: the time for guesses.
        trusting: whether a single number may decide: what it says is to be seen elsewhere as well.
    """

    inputs: tuple[Any, ...]
    position: int
    name: str
    claimed: np.ndarray
    true: np.ndarray
    error: np.ndarray
    cotangent: Any = None
    output: Any = None
    variables: tuple[Tensor, ...] = ()
    gradient_at: Callable[[tuple[Any, ...]], np.ndarray] | None = None
    slope_at: Callable[[tuple[Any, ...], int], float] | None = None
    earlier: Sequence[tuple[Any, ...]] = ()
    jacobian: Callable[[], np.ndarray | None] | None = None
    names: tuple[str, ...] = ()
    budget: Budget = FOREVER
    trusting: bool = False

    def name_of(self, position: int) -> str:
        """How messages call an input."""
        if position == self.position:
            return self.name
        if position < len(self.names):
            return self.names[position]
        own = self.variables[position].name if position < len(self.variables) else None
        return own or f"input {position}"

    def outputs(self) -> list[Tensor]:
        """The recorded outputs that a gradient can flow back from."""
        several = isinstance(self.output, (list, tuple))
        return [each for each in (self.output if several else [self.output])
                if each.__class__ is Tensor and each.requires_grad]


class Diagnosis(NamedTuple):
    """What is wrong with a gradient. The headline follows the gradient's name: "is 2 times too large"."""

    headline: str
    kind: str                               # "factor", "sign", "transpose", "missing sum", ...
    detail: str = ""                        # what it may come from, and what else would fit
    entries: np.ndarray | None = None       # which entries are wrong
    place: Position | None = None           # where in the user's code, if that is known


class Evidence:
    """The numbers of a mismatch whose claimed gradient has the right shape, in units of the largest true entry."""

    def __init__(self, mismatch: Mismatch) -> None:
        self.mismatch = mismatch
        claimed = np.asarray(mismatch.claimed)
        self.eps = float(np.finfo(claimed.dtype if claimed.dtype.kind == "f" else np.float64).eps)
        true = np.asarray(mismatch.true, np.float64)
        error = np.broadcast_to(np.asarray(mismatch.error, np.float64), true.shape)
        self.known = np.isfinite(true) & np.isfinite(error)
        self.scale = float(np.max(np.abs(true[self.known]), initial=0.0))
        if self.scale == 0.0:
            self.scale = float(np.max(np.abs(claimed[np.isfinite(claimed)]), initial=0.0)) or 1.0
        self.claimed, self.true = claimed.astype(np.float64) / self.scale, true / self.scale
        self.error = error / self.scale
        gap = np.abs(self.claimed - self.true)
        self.wrong = self.known & ~(gap <= self.error + ROUNDING * self.eps * np.abs(self.true))
        self.is_not_0 = self.known & (np.abs(self.true) > self.error)
        wrong = np.flatnonzero(self.wrong)
        self.some: Any = np.unravel_index(wrong[:: max(len(wrong) // SOME, 1)], self.shape) if self.shape else ()
        self.tried = 0

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the gradient."""
        return self.true.shape

    def fits(self, predicted: Any, error: Any = 0.0, free: int = 0, candidates: int = 1, formula: str = "") -> bool:
        """Whether the claimed gradient is the predicted one within the bounds, which would be no chance.

        Args:
            predicted: in units of `scale`; NaN where nothing is predicted.
            error: how far it may be off.
            free: how many numbers were fitted: so many entries agree anyway.
            candidates: among how many predictions this one was picked.
            formula: "values" if it is one of many formulas that may give the same few values, "pairs" if what it
                gives depends on the true gradient, too. Then the agreeing numbers must be independent.
        """
        self.tried += candidates
        if not self._agrees(predicted, error, self.some):
            return False
        known = self.known & np.isfinite(predicted)
        bound = self._bound(predicted, error)
        if not np.all(np.abs(self.claimed - predicted)[known] <= np.broadcast_to(bound, self.shape)[known]):
            return False
        there = self.wrong & known
        agreeing = (bound / np.abs(self.claimed - self.true))[there]
        if formula and not self.mismatch.trusting:
            numbers = [self.claimed[there], self.true[there]][:1 + (formula == "pairs")]
            return bool(self.tried * chance_of(agreeing, *(self.scale * each for each in numbers)) < CHANCE)
        agreeing = np.sort(agreeing)[free:]
        return len(agreeing) > 0 and bool(self.tried * np.prod(np.minimum(agreeing, 1.0)) < CHANCE)

    def _bound(self, predicted: Any, error: Any) -> Any:
        return error + ROUNDING * self.eps * np.abs(predicted) + 2 * self.eps

    def _agrees(self, predicted: Any, error: Any, at: Any) -> bool:
        """Whether the prediction agrees in some of the entries: most explanations of large gradients fail there."""
        there = np.broadcast_to(predicted, self.shape)[at]
        gap = np.abs(self.claimed[at] - there)
        return not np.any(gap > self._bound(there, np.broadcast_to(error, self.shape)[at]))

    def in_scale(self, gradient: Any) -> Any:
        """A gradient in units of `scale`."""
        return np.asarray(gradient, np.float64) / self.scale

    # -- words ---------------------------------------------------------------------------------------------------------

    def share(self, entries: np.ndarray, of: np.ndarray | None = None) -> str:
        """" in all 12 entries", " in 3 of 12 entries"; nothing for a single number."""
        if self.true.size == 1:
            return ""
        known, measured = int(self.known.sum()), "" if self.known.all() else " that were measured"
        count = int(entries.sum())
        if of is not None and count == int(of.sum()) < known:
            return f" in all {_entries(count)} that are not 0"
        some = f"all {_entries(known)}" if count == known else f"{count} of {_entries(known)}"
        return f" in {some}{measured}"

    def places(self, entries: np.ndarray) -> str:
        """Where some entries are, in the fewest words: "row 2", "where x < 0", "[0, 1], [2, 2]"."""
        condition = self._condition(entries)
        if condition:
            return condition
        for axis in range(len(self.shape)):
            others = tuple(i for i in range(len(self.shape)) if i != axis)
            lines = np.flatnonzero(entries.any(axis=others))
            whole = np.zeros(self.shape, bool)
            whole[(slice(None),) * axis + (lines,)] = True
            if others and len(lines) < self.shape[axis] and np.array_equal(entries, whole & (entries | self.is_not_0)):
                return _named_lines(lines, axis, len(self.shape))
        found = [str([int(i) for i in place]) for place in np.argwhere(entries)[:MOST_NAMED]]
        return ", ".join(found) + (", ..." if entries.sum() > MOST_NAMED else "")

    def _condition(self, entries: np.ndarray) -> str:
        """The sign of the input that all these entries have, and no others, unless that would be no wonder."""
        x = np.asarray(self.mismatch.inputs[self.mismatch.position])
        k, others = int(entries.sum()), int(entries.size - entries.sum())
        if x.shape != self.shape or min(k, others) < 1 or entries.size < (10 if min(k, others) == 1 else 5):
            return ""
        signs = {"< 0": x < 0, "> 0": x > 0, "= 0": x == 0, "<= 0": x <= 0, ">= 0": x >= 0}
        return next((f"where {self.mismatch.name} {sign}" for sign, there in signs.items()
                     if np.array_equal(entries, there & (entries | self.is_not_0))), "")


def chance_of(doubt: np.ndarray, *numbers: np.ndarray) -> float:
    """How likely it is that a formula agrees in some entries without being meant.

    Args:
        doubt: for each entry how likely a number without any meaning would agree.
        numbers: what was given and what came of it; for each entry one of each.
    """
    if not doubt.size:
        return 1.0
    rows = np.stack([np.ravel(each) for each in numbers])
    simple = np.all((np.abs(24 * rows - np.rint(24 * rows)) < 1e-6) & (np.abs(rows) <= 50), axis=0)
    with np.errstate(all="ignore"):
        unit = 10.0 ** np.floor(np.log10(np.abs(rows)) - 5)
        _, first = np.unique(np.where(rows == 0, 0.0, np.rint(rows / unit) * unit), axis=1, return_index=True)
    chances = np.full(rows.shape[1], REPEATED)
    chances[first] = np.where(simple, SIMPLE, LONG)[first]
    return float(np.prod(np.clip(np.ravel(doubt), chances, 1.0)))


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count} entries"


def _named_lines(lines: np.ndarray, axis: int, ndim: int) -> str:
    """Rows, columns or indices along an axis, by their numbers."""
    shown = ", ".join(str(i) for i in lines[:MOST_NAMED]) + (", ..." if len(lines) > MOST_NAMED else "")
    plural = len(lines) > 1
    if ndim == 2:
        return f"{('row', 'column')[axis]}{'s' * plural} {shown}"
    return f"{'indices' if plural else 'index'} {shown} of axis {axis}"


def brief(value: Any) -> str:
    """A number or an array in a few characters."""
    array = np.asarray(value)
    if array.ndim == 0:
        return f"{array.item():.4g}" if array.dtype.kind == "f" else str(array)
    return np.array2string(array, precision=4, threshold=6, edgeitems=2, separator=", ").replace("\n", "")
