"""Is a gradient right? No step and no tolerance to choose; the answer says how small an error it would have seen.

    check_grad(f, *inputs)      raises GradientError if not, with the report as its message
    grad_report(f, *inputs)     the GradientReport itself

The claimed gradient is computed, what happens around that is watched (`claims.py`), and it is set against differences
of the function (`entries.py`, `pieces.py`). Several outputs are added up with random weights.
Read `claims.py` before this file and `entries.py` after it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from ..core.modes import no_grad
from ..errors import ArgumentError, GradientError
from .claims import Claim, next_order, plain_claim, tensor_claim
from .entries import CANCELLED, DIRECTIONS, FEW, Entries
from .etiquette import inconclusive, is_passing, steer
from .headlines import explanation, unfinished
from .noise import length_of
from .numerical import Place, is_floating, units_of
from .pieces import check_pieces
from .report import GradientReport, InputReport, number
from .rule_walk import meddling_rules

AROUND = 4              # values of f near x that show how large its terms are


def check_grad(f: Callable[..., Any], *inputs: Any, gradient: Callable[..., Any] | None = None, wrt: Any = None,
               order: int = 1, mode: str = "reverse", seed: int = 0) -> None:
    """Raise GradientError unless the gradient of `f` at `inputs` is right.

    Args:
        f: a function of Tensors; or with `gradient`, any function of numbers and arrays.
        inputs: where to check it: numbers, arrays, Tensors, or nested lists and dicts of Tensors.
        gradient: the gradient function to check, written by hand: takes the same arguments, gives the gradient of
            the sum of f's outputs for each of them (a tuple, unless there is one), or a Jacobian.
        wrt: the inputs to check, by position or parameter name; None for all that are floating-point.
        order: 2 checks the gradient's own gradient as well.
        mode: "reverse" for tg.gradients, "forward" for tg.jvp, "both" for both and that they agree.
        seed: of the random weights of several outputs, and of the directions in large inputs.
    Raises: GradientError with the report as its message. Inside a Hypothesis test an inconclusive check counts as an
        example that does not fit (`assume`), until too many do.

    >>> tg.testing.check_grad(lambda x: tg.logsumexp(x, axis=1), np.array([[0.5, 2.0], [1.0, -3.0]]))
    >>> tg.testing.check_grad(lambda x: np.sum(x ** 3), np.array([1.0, 2.0]), gradient=lambda x: 3 * x)
    Traceback (most recent call last):
    ...
    tinygrad_edu.errors.GradientError: x.grad ...
    """
    report = found(f, inputs, gradient, wrt, order, mode, seed)
    if not is_passing():
        _ = report.told                                 # now that f is as it was
    steer(report)
    if report.verdict == "inconclusive" and inconclusive(report):
        return
    if not report.ok:
        error = GradientError(report)                   # whose text it is
        error.report = report
        raise error from report.error


def grad_report(f: Callable[..., Any], *inputs: Any, gradient: Callable[..., Any] | None = None, wrt: Any = None,
                order: int = 1, mode: str = "reverse", seed: int = 0) -> GradientReport:
    """What `check_grad` finds, for the same arguments, as a GradientReport.

    >>> report = tg.testing.grad_report(lambda w: w * w, 3.0)
    >>> report.ok, report.resolution < 1e-6
    (True, True)
    """
    report = found(f, inputs, gradient, wrt, order, mode, seed)
    _ = report.told                                     # now that f is as it was
    return report


def found(f: Callable[..., Any], inputs: Sequence[Any], gradient: Callable[..., Any] | None = None, wrt: Any = None,
          order: int = 1, mode: str = "reverse", seed: int = 0) -> GradientReport:
    """The same report, whose headline is looked for when it is asked for."""
    if mode not in ("reverse", "forward", "both"):
        raise ArgumentError(f'check_grad(f, ..., mode={mode!r}): expected "reverse", "forward" or "both".')
    if order not in (1, 2, 3):
        raise ArgumentError(f"check_grad(f, ..., order={order!r}): expected 1 or 2.")
    if gradient is not None and (order > 1 or mode != "reverse"):
        raise ArgumentError("check_grad(f, ..., gradient=): a gradient written by hand has no second order and no "
                            "forward mode. Expected order=1 and mode=\"reverse\".")
    for what, given in (("f", f), ("gradient", gradient)):
        if given is not None and not callable(given):
            raise ArgumentError(f"check_grad(f, ..., gradient=): {what} is {_described(given)}. Expected a function "
                                f"of the inputs, such as lambda x: ...")
    claim = plain_claim(f, gradient, inputs, wrt) if gradient is not None else tensor_claim(f, inputs, wrt)
    if (refused := _refused(claim)) is not None:
        return refused
    with np.errstate(all="ignore"), no_grad() if gradient is None else nullcontext():
        report = Check(claim, seed, mode).report()
        for level in range(2, order + 1):
            if not report.ok:
                break
            claim = next_order(claim, Check(claim, seed, mode).weights)
            first, report = report, Check(claim, seed, "reverse", level).report()
            report = replace(report, calls=report.calls + first.calls, notes=(*first.notes, *report.notes), mode=mode)
    return report


def _refused(claim: Claim) -> GradientReport | None:
    """The report about inputs that hold no floating-point numbers, or None."""
    reasons = {p: f"{each.name} holds {getattr(each.raw, 'dtype', type(each.given).__name__)}, and only "
                  f"floating-point numbers have slopes: write {each.name.replace('input ', 'x')}.astype(float)"
               for p in claim.chosen if not is_floating((each := claim.inputs[p]).raw)}
    if not reasons:
        return None
    text = f"{claim.inputs[min(reasons)].name}.grad cannot be checked: {reasons[min(reasons)]}"
    return GradientReport(tuple(InputReport(claim.inputs[p].name, "inconclusive", reasons[p], np.shape(each.raw)
                                            ) for p in reasons), 0, explain=lambda _: (text, ()))


def _described(value: Any) -> str:
    """What a value is, in a few words."""
    if value is None or (isinstance(value, (list, tuple)) and not value):
        return repr(value)
    dtype = getattr(value, "dtype", None)
    name = "array" if isinstance(value, np.ndarray) else type(value).__name__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}" + (f" of {dtype}" if dtype is not None else "")


class Check:
    """One claim, held against differences."""

    def __init__(self, claim: Claim, seed: int, mode: str, order: int = 1) -> None:
        self.claim, self.mode, self.order, self.seed, self.started = claim, mode, order, seed, time.monotonic()
        self.place = Place(claim.call, claim.raw)
        self._look_at_arguments()
        count, claim.shapes = self.place.at_x.size, self.place.shapes
        self.weights = np.ones(count)
        if count > 1 and not claim.weighs:
            claim.gradient(claim.raw, self.weights)             # which tells whether it gives a Jacobian
        if (claim.weighs or claim.is_jacobian) and (count > 1 or order > 1):
            self.weights = self.rng.choice([-1.0, 1.0], count) * (1 + self.rng.integers(0, 1024, count) / 1024)
        self.largest = 0.0                      # of all entries of the gradient
        self.entries: list[Entries] = []

    def _look_at_arguments(self) -> None:
        """F must not change its arguments. If it does, it gets copies from now on."""
        for each, after in zip(self.claim.inputs, self.place.inputs, strict=True):
            if is_floating(each.raw) and not np.array_equal(each.raw, after, equal_nan=True):
                self.claim.faults.append((each.name, f"f changed its argument {each.name} in place"))
                self.place.inputs = self.claim.raw
                self.place.f = lambda *raw: self.claim.call(*map(np.array, raw))

    @cached_property
    def rng(self) -> np.random.Generator:
        """Of all that is drawn."""
        return np.random.default_rng(self.seed)

    @cached_property
    def is_random(self) -> bool:
        """Whether f gives another value when it is called again."""
        again, usual = self.place.values(self.claim.raw), np.abs(self.place.at_x)
        return bool(np.any(np.abs(again - self.place.at_x) > 1e3 * self.place.eps * usual))

    def report(self) -> GradientReport:
        """Everything that is found."""
        reasons = list(self._not_finite())
        if reasons:
            return self._nothing_to_see(reasons)
        small = all(self.claim.inputs[p].raw.size <= FEW for p in self.claim.chosen)
        try:
            claimed = (self._pushed_gradient() if self.mode == "forward" and small
                       else self.claim.gradient_watched(self.weights))
            if self.mode == "both" or (self.mode == "forward" and not small):
                self._compare_modes(claimed)
        except Exception as error:
            return self._raised(error)
        self.claim.faults += [("", str(fault)) for fault in meddling_rules(self.claim.recorded)]
        finite = [np.abs(g[np.isfinite(g)]) for g in claimed if g is not None and g.dtype.kind in "fiu"]
        self.largest = max((float(g.max(initial=0.0)) for g in finite), default=0.0)
        for position, g in zip(self.claim.chosen, claimed, strict=True):
            self.place.uphill[position] = g
        self.entries = entries = [Entries(self, position, g)
                                  for position, g in zip(self.claim.chosen, claimed, strict=True)]
        for each in entries:
            each.look()
        check_pieces(self, entries)
        self._accept_rounding(entries)
        return GradientReport(tuple(each.report() for each in entries), self.place.calls, self.order, self.mode,
                              tuple(dict.fromkeys(self.claim.faults)), tuple(dict.fromkeys(self.claim.notes)),
                              explain=explanation(self, entries))

    def _accept_rounding(self, entries: list[Entries]) -> None:
        """Where f and its whole gradient are nothing but what rounding leaves of larger values, no slope is wrong.

        So it is for det(x) at a matrix of rank 1, where all products of entries cancel, and for log(1 + exp(-x)) at
        x = 40. How large the terms are shows in the values of f within about the size of x.
        """
        if not any(each.is_in_doubt() for each in entries):
            return
        terms = []
        for _ in range(AROUND):
            inputs = list(self.place.inputs)
            for each in entries:
                far = self.rng.uniform(-1, 1, each.x.shape) * 2 * units_of(each.x)
                inputs[each.position] = (each.x + far).astype(each.x.dtype)
            terms.append(float(np.abs(self.place.values(inputs)) @ np.abs(self.weights)))
        floor = CANCELLED * self.place.eps * max(filter(math.isfinite, terms), default=0.0)
        at_x = float(np.abs(self.place.at_x) @ np.abs(self.weights))
        if 0 < floor >= at_x and all(each.is_below(floor) for each in entries):
            for each in entries:
                each.accept(floor)

    def _not_finite(self) -> Iterator[str]:
        for each in self.claim.inputs:
            if is_floating(each.raw) and not np.all(np.isfinite(each.raw)):
                bad = np.argwhere(~np.isfinite(each.raw))
                yield (f"{each.name} holds {each.raw[tuple(bad[0])]} at {tuple(map(int, bad[0]))}"
                       f" ({len(bad)} of {each.raw.size} entries are not finite)")
        bad = ~np.isfinite(self.place.at_x)
        if bad.any():
            share = f" ({int(bad.sum())} of {bad.size} outputs are not finite)" if bad.size > 1 else ""
            yield f"f gives {self.place.at_x[bad][0]} at these inputs{share}"
        if not self.place.shapes and self.order == 1:      # of what has no slopes there are no second ones
            yield (f"f gives {_described(self.place.given)}: expected a floating-point number, or an array or a Tensor "
                   "of them")

    def _nothing_to_see(self, reasons: list[str]) -> GradientReport:
        inputs = [InputReport(self.claim.inputs[p].name, "inconclusive", "; ".join(reasons),
                              self.claim.inputs[p].raw.shape) for p in self.claim.chosen]
        return GradientReport(tuple(inputs), self.place.calls, self.order, self.mode, explain=explanation(self, []))

    def _raised(self, error: Exception) -> GradientReport:
        """The report about a rule that raises, or gives what cannot be a gradient. Other errors go on."""
        inputs = [InputReport(self.claim.inputs[p].name, "wrong", f"{type(error).__name__}: {error}",
                              self.claim.inputs[p].raw.shape) for p in self.claim.chosen]
        found = unfinished(GradientReport(tuple(inputs), self.place.calls, self.order, self.mode, error=error), self)
        if found is None:
            raise error
        return found

    def _pushed_gradient(self) -> list[np.ndarray]:
        """The gradient as forward mode has it: a column of the Jacobian for each entry."""
        assert self.claim.push is not None
        found = []
        for position in self.claim.chosen:
            x = self.claim.inputs[position].raw
            g = np.zeros(x.size)
            for i in range(x.size):
                unit = np.zeros(x.size)
                unit[i] = 1.0
                g[i] = self.weights @ self.claim.push(self.claim.raw, position, unit.reshape(x.shape))
            found.append(g.reshape(x.shape))
        return found

    def _compare_modes(self, claimed: list[Any]) -> None:
        """Along random directions t, u·(J t) must be (Jᵀu)·t, up to rounding."""
        assert self.claim.push is not None
        for position, g in zip(self.claim.chosen, claimed, strict=True):
            x = self.claim.inputs[position].raw
            if g is None or g.shape != x.shape:
                continue
            for _ in range(DIRECTIONS):
                t = self.rng.choice([-1.0, 1.0], x.shape) * units_of(x) * self.rng.uniform(0.5, 1, x.shape)
                pushed = self.claim.push(self.claim.raw, position, t)
                t = t.astype(x.dtype).astype(np.float64)
                forward, reverse = float(self.weights @ pushed), float(np.sum(t * g))
                size = length_of(self.weights * pushed) + length_of((t * g).reshape(-1))
                if not abs(forward - reverse) <= 256 * self.place.eps * math.sqrt(x.size) * size:
                    self.claim.faults.append((self.claim.inputs[position].name, "forward and reverse mode disagree: "
                                              f"u·(J t) = {number(forward)}, but (Jᵀu)·t = {number(reverse)}"))
                    break
