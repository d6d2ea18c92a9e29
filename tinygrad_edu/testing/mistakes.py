"""Mistakes that show in the numbers alone: the claimed gradient is the true one, but scaled, moved, summed or cut.

    zero constant_factor unchanged                  one number explains all entries
    transposed shifted spread reordered             the right numbers in wrong places
    unsummed                                        terms of a sum are missing (needs the Jacobian)
    partly any_factor some_entries                  only some entries are wrong

Each takes the evidence and gives a Diagnosis, or None if it does not fit. `diagnosis.py` has their order.
Read `wrong_shapes.py` before this file and `recorded_mistakes.py` after it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import permutations
from typing import Any

import numpy as np

from .evidence import Diagnosis, Evidence, Mismatch
from .wrong_shapes import MOST_AXES, axes_in_words, subsets, transposition

MOST_LINES = 64             # of more rows no order is sought
CONSTANTS = {"ln 2": math.log(2), "ln 10": math.log(10), "pi": math.pi, "2 pi": 2 * math.pi, "180/pi": 180 / math.pi,
             "the square root of 2": math.sqrt(2), "the square root of pi": math.sqrt(math.pi)}


# -- one number --------------------------------------------------------------------------------------------------------


def zero(e: Evidence) -> Diagnosis | None:
    """Nothing arrives at the input."""
    if np.any(e.claimed[e.known]) or not e.fits(np.zeros(e.shape)):
        return None
    return Diagnosis(f"is 0{e.share(e.known)}: not connected", "not connected",
                     f"Nothing flows back to {e.mismatch.name}, though the result depends on it.", e.wrong)


def constant_factor(e: Evidence) -> Diagnosis | None:
    """The same well-known factor in all entries."""
    for factor, meaning in _known_factors(e.mismatch):
        if e.fits(factor * e.true, abs(factor) * e.error):
            return _scaled(e, factor, e.share(e.is_not_0, e.is_not_0), meaning)
    return None


def any_factor(e: Evidence) -> Diagnosis | None:
    """The same factor, whichever it is, in all entries or in all that are wrong."""
    steepest = np.argmax(np.where(e.wrong & e.is_not_0, np.abs(e.true) / (np.abs(e.true) + e.error), 0.0))
    factor = float(e.claimed.flat[steepest] / e.true.flat[steepest])
    error = abs(factor) * (e.error + np.abs(e.true) * e.error.flat[steepest] / abs(e.true.flat[steepest]))
    if not math.isfinite(factor) or factor == 0 or e.wrong.sum() < 2:
        return None
    if e.fits(factor * e.true, error, free=1):
        return _scaled(e, factor, e.share(e.is_not_0, e.is_not_0), "")
    if e.fits(np.where(e.wrong, factor * e.true, e.true), np.where(e.wrong, error, e.error), free=1):
        return _scaled(e, factor, f"{e.share(e.wrong)}: {e.places(e.wrong)}", "")
    return None


def _scaled(e: Evidence, factor: float, where: str, meaning: str) -> Diagnosis:
    sign, size = ("has the wrong sign and ", -factor) if factor < 0 else ("", factor)
    if math.isclose(factor, -1):
        return Diagnosis(f"has the wrong sign{where}", "sign", meaning, e.wrong)
    how = f"is {size:.6g} times too large" if size > 1 else f"is {1 / size:.6g} times too small"
    return Diagnosis(f"{sign}{how}{where}", "factor", meaning, e.wrong)


def _known_factors(m: Mismatch) -> Iterator[tuple[float, str]]:
    """The factors that mistakes bring, the usual ones first, and what each may mean."""
    lengths = _lengths(m)

    def also(n: float, text: str) -> str:
        return "; or ".join([each for each in (text, lengths.get(n, "")) if each]) + "."

    yield -1.0, ""
    yield 2.0, also(2, "A factor 2 too many, or accumulated twice")
    yield 0.5, also(0.5, "The 2 of a square's derivative is missing, or one of two equal ways back is not connected")
    yield -2.0, ""
    yield -0.5, ""
    for factor, meaning in lengths.items():
        if factor not in (2, 0.5):
            yield factor, f"{meaning}."
            yield -factor, f"{meaning}."
    for n in range(3, 11):
        yield float(n), ""
        yield 1 / n, ""
        yield -float(n), ""
        yield -1 / n, ""
    for name, constant in CONSTANTS.items():
        yield constant, f"This is {name}."
        yield 1 / constant, f"This is 1 / ({name})." if " " in name else f"This is 1 / {name}."


def _lengths(m: Mismatch) -> dict[float, str]:
    """n, 1/n and what comes of n - 1 in place of n, for the length n of each axis, and for products of them."""
    found: dict[float, str] = {}
    arrays = [(m.name_of(i), np.shape(x)) for i, x in enumerate(m.inputs)]
    arrays = [arrays[m.position], *arrays[:m.position], *arrays[m.position + 1:]]
    arrays += [("the result", each.shape) for each in m.outputs()]
    for name, shape in arrays:
        for axes in subsets(len(shape)):
            n = math.prod(shape[i] for i in axes)
            what = (f"{n} is the length of axis {axes[0]} of {name}" if len(axes) == 1 < len(shape) else
                    f"{n} is the number of entries of {name}" if len(axes) == len(shape) else
                    f"{n} is the number of entries along {axes_in_words(axes)} of {name}")
            if n > 1:
                found.setdefault(n, f"{what}: a mean without its 1/{n}")
                found.setdefault(1 / n, f"{what}: a sum divided by {n}, like a mean")
            if n > 2:
                found.setdefault(n / (n - 1), f"{what}: divided by {n - 1} in place of {n}")
                found.setdefault((n - 1) / n, f"{what}: divided by {n} in place of {n - 1}")
    return found


def unchanged(e: Evidence) -> Diagnosis | None:
    """The gradient that arrived at the output, passed on as it came."""
    g = e.mismatch.cotangent
    if g is None or isinstance(g, (tuple, list)) or np.shape(g) != e.shape or not e.fits(e.in_scale(g)):
        return None
    missing = "It is not multiplied by the derivative of the function itself."
    if np.all(np.asarray(g) == 1):
        return Diagnosis(f"is 1{e.share(e.known)}", "chain rule", missing, e.wrong)
    return Diagnosis("is the gradient that arrived, passed on unchanged", "chain rule", missing, e.wrong)


# -- the right numbers in wrong places ---------------------------------------------------------------------------------


def transposed(e: Evidence) -> Diagnosis | None:
    """The axes are in another order."""
    for axes in permutations(range(len(e.shape))) if len(e.shape) <= MOST_AXES else ():
        moved = e.true.transpose(axes)
        if axes != tuple(range(len(axes))) and moved.shape == e.shape and e.fits(moved, e.error.transpose(axes)):
            return transposition(axes)._replace(entries=e.wrong)
    return None


def shifted(e: Evidence) -> Diagnosis | None:
    """Off by one: moved along an axis by one place, or one end left out."""
    for axis, n in enumerate(e.shape):
        true, error = np.moveaxis(e.true, axis, 0), np.moveaxis(e.error, axis, 0)
        for last in (-1, 0) if n > 1 else ():
            kept = np.arange(n) != last % n
            cut = np.where(kept.reshape(-1, *(1,) * (true.ndim - 1)), true, 0.0)
            if e.fits(np.moveaxis(cut, 0, axis), e.error, formula="pairs"):
                end = "last" if last else "first"
                return Diagnosis(f"is 0 at the {end} index of axis {axis}", "off by one",
                                 f"As by a range that leaves out the {end} one.", e.wrong)
        for step in (1, -1) if n > 2 else ():
            rolled, doubt = np.roll(true, step, 0), np.roll(error, step, 0)
            filled, edge = rolled.copy(), rolled.copy()
            filled[0 if step > 0 else -1], edge[0 if step > 0 else -1] = 0.0, true[0 if step > 0 else -1]
            for moved in (rolled, filled, edge):
                if e.fits(np.moveaxis(moved, 0, axis), np.moveaxis(np.maximum(doubt, error), 0, axis), formula="pairs"):
                    return Diagnosis(f"is the right gradient moved by {step} along axis {axis}", "off by one",
                                     "Off by one index.", e.wrong)
    return None


def spread(e: Evidence) -> Diagnosis | None:
    """Summed or averaged over axes, and the sum spread back over them."""
    for axes in subsets(len(e.shape)):
        if math.prod(e.shape[i] for i in axes) < 2:
            continue
        for word, reduce in (("sum", np.sum), ("mean", np.mean)):
            if e.fits(np.broadcast_to(reduce(e.true, axis=axes, keepdims=True), e.shape),
                      np.sum(e.error, axis=axes, keepdims=True), formula="values"):
                return Diagnosis(f"is everywhere the {word} of the right gradient over {axes_in_words(axes)}",
                                 "extra sum", "", e.wrong)
    return None


def reordered(e: Evidence) -> Diagnosis | None:
    """The right numbers in another order: reversed, rows exchanged, or anyhow."""
    for axes in subsets(len(e.shape)):
        if e.fits(np.flip(e.true, axes), np.flip(e.error, axes), formula="pairs"):
            return Diagnosis(f"is the right gradient in reverse order along {axes_in_words(axes)}", "permutation",
                             "", e.wrong)
    if len(e.shape) > 1 and e.fits(e.true.ravel("F").reshape(e.shape), e.error.ravel("F").reshape(e.shape)):
        return Diagnosis("is the right gradient read column by column", "permutation",
                         "As by a reshape of its transpose.", e.wrong)
    for axis, n in enumerate(e.shape):
        order = _order_of_lines(e, axis) if len(e.shape) > 1 and 1 < n <= MOST_LINES else None
        if order is not None and e.fits(np.take(e.true, order, axis), np.take(e.error, order, axis),
                                        candidates=math.factorial(min(n, 15))):
            shown = str(order) if n <= 8 else str(order[:8])[:-1] + ", ...]"
            return Diagnosis(f"has the right numbers, but along axis {axis} in the order {shown}", "permutation",
                             "As by a sort or a choice of indices that is not undone.", e.wrong)
    if not e.known.all() or not np.isfinite(e.claimed).all() or e.true.size < 2:
        return None
    there, here = np.argsort(e.true, axis=None), np.argsort(e.claimed, axis=None)
    moved, doubt = np.empty(e.true.size), np.empty(e.true.size)
    moved[here], doubt[here] = e.true.flat[there], e.error.flat[there]
    if e.fits(moved.reshape(e.shape), doubt.reshape(e.shape), candidates=math.factorial(min(e.true.size, 15))):
        return Diagnosis("has the right numbers in wrong places", "permutation",
                         "As by a sort or a choice of indices that is not undone.", e.wrong)
    return None


def _order_of_lines(e: Evidence, axis: int) -> list[int] | None:
    """Which line of the true gradient each line of the claimed one is, or None."""
    claimed, true, error = (np.moveaxis(x, axis, 0).reshape(e.shape[axis], -1) for x in (e.claimed, e.true, e.error))
    order: list[int] = []
    for line in claimed:
        gaps = np.max(np.abs(true - line) - error, axis=1)
        gaps[order] = np.inf
        order.append(int(np.argmin(np.where(np.isnan(gaps), np.inf, gaps))))
    return order if sorted(order) == list(range(len(order))) else None


# -- terms that are missing --------------------------------------------------------------------------------------------


def unsummed(e: Evidence) -> Diagnosis | None:
    """With the Jacobian J: parts of J'g in place of the whole sum, or J in place of its transpose."""
    jacobian = e.mismatch.jacobian() if e.mismatch.jacobian is not None else None
    if jacobian is None or e.mismatch.cotangent is None or np.shape(jacobian) == ():
        return None
    g = np.asarray(e.mismatch.cotangent, np.float64)
    terms = e.in_scale(jacobian).reshape(g.size, -1)                        # (outputs, inputs)
    doubt = max(np.max(e.error[e.known], initial=0.0),
                math.sqrt(e.eps) * np.max(np.abs(terms), initial=0.0) * np.max(np.abs(g), initial=0.0))

    def fits(found: Any) -> bool:
        return e.fits(np.reshape(found, e.shape), doubt, formula="pairs")

    if g.size == terms.shape[1] > 1:
        if fits(np.diagonal(terms) * g.ravel()):
            return Diagnosis("lacks a sum: it counts only how each entry changes its own result", "missing sum",
                             "Each entry changes other results, too.", e.wrong)
        if fits(terms @ g.ravel()):
            what = "is the Jacobian times g, not its transpose" if np.ptp(g) else \
                "is the row sums of the Jacobian, not its column sums: a transpose is missing"
            return Diagnosis(what, "transpose", "A matrix is not transposed.", e.wrong)
    if g.ndim > 1 and g.shape[-1] == g.shape[-2] and fits(np.swapaxes(g, -1, -2).ravel() @ terms):
        return Diagnosis("is right for the transpose of the gradient that arrived", "transpose",
                         "A matrix is not transposed.", e.wrong)
    for axis, n in enumerate(g.shape):
        for k in (0, n - 1) if n > 1 else ():
            part = np.zeros(g.shape)
            part[(slice(None),) * axis + (k,)] = np.take(g, k, axis)
            if fits(part.ravel() @ terms):
                return Diagnosis(f"is not summed over axis {axis} of the result: only index {k} counts",
                                 "missing sum", "", e.wrong)
    reached = np.abs(terms) > doubt
    first, last = np.argmax(reached, axis=0), g.size - 1 - np.argmax(reached[::-1], axis=0)
    for which, found in (("last", last), ("first", first)):
        if fits(g.ravel()[found] * terms[found, np.arange(terms.shape[1])]):
            return Diagnosis("is overwritten, not accumulated", "overwritten",
                             f"Of several contributions to an entry only the {which} is kept.", e.wrong)
    return None


# -- only some entries -------------------------------------------------------------------------------------------------


def partly(e: Evidence) -> Diagnosis | None:
    """A well-known factor in the entries that are wrong; the others are right."""
    if not np.any(e.is_not_0 & ~e.wrong):
        return None
    where = f"{e.share(e.wrong)}: {e.places(e.wrong)}"
    if e.fits(np.where(e.wrong, 0.0, e.true), e.error):
        return Diagnosis(f"is 0{where}", "not connected", f"Nothing flows back to these.{_named_twice(e)}", e.wrong)
    for factor, meaning in _known_factors(e.mismatch):
        if e.fits(np.where(e.wrong, factor, 1.0) * e.true, max(abs(factor), 1.0) * e.error):
            found = _scaled(e, factor, where, meaning)
            return (overwritten(e) if 0 < factor < 1 else None) or \
                found._replace(detail=(found.detail + _named_twice(e)).strip())
    return None


def overwritten(e: Evidence) -> Diagnosis | None:
    """Wrong exactly in the rows that an input of indices names more than once."""
    if not e.shape or not _named_twice(e):
        return None
    return Diagnosis(f"is overwritten, not accumulated,{e.share(e.wrong)}: {e.places(e.wrong)}", "overwritten",
                     _named_twice(e).strip(), e.wrong)


def _named_twice(e: Evidence) -> str:
    """A hint if all wrong rows, and no others that matter, are named more than once by an input of indices."""
    if not e.shape:
        return ""
    lines = e.wrong.reshape(e.shape[0], -1).any(axis=1)
    for i, x in enumerate(e.mismatch.inputs):
        indices = np.asarray(x)
        if indices.dtype.kind not in "iu" or not indices.size or not np.all(np.abs(indices + 0.5) < e.shape[0] + 0.5):
            continue
        often = np.bincount(indices.ravel() % e.shape[0], minlength=e.shape[0]) > 1
        if len(often) > 3 and np.array_equal(lines, often) and not often.all():      # of few rows it may be chance
            return (f" {e.mismatch.name_of(i)} names exactly these more than once: "
                    "add with np.add.at, an assignment keeps the last.")
    return ""


def some_entries(e: Evidence) -> Diagnosis | None:
    """No explanation, but only some entries are wrong."""
    if not np.any(e.is_not_0 & ~e.wrong):
        return None
    return Diagnosis(f"is wrong{e.share(e.wrong)}: {e.places(e.wrong)}", "some entries", "", e.wrong)
