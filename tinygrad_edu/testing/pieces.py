"""Entries at kinks: do the claims about them fit together?

    check_pieces(check, entries)    marks entries as wrong that are right one by one, but not together

Each entry at a kink may lie anywhere between the slopes of its two sides. Where pieces of f meet, though, a right
gradient is a mixture of the gradients of the pieces: max(x, y) at x = y may claim (1, 0) or (½, ½), but not (1, 1).
So no direction v may have a claimed slope g·v above those of all pieces along v. The v that would show it points from
the middle of the slopes to the claim, and the piece with the largest slope along v lies where each entry is moved to
its larger side.
Source: Clarke 1983, Optimization and Nonsmooth Analysis, section 2.5 (the gradients next to x, and their mixtures).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .checks import Check
    from .entries import Entries

SAMPLES = 8             # pieces that are looked at, beside the two directions at x itself


def check_pieces(check: Check, entries: Sequence[Entries]) -> None:
    """Mark the entries at kinks as wrong whose claims are no mixture of the slopes of pieces."""
    at = np.concatenate([(each.kinds == "kink") & ~each.wrong & ~each.bad for each in entries])
    if not at.any():
        return
    g, units, error = (np.concatenate([getattr(each, name) for each in entries]) for name in ("g", "units", "error"))
    ahead, behind = np.concatenate([each.sides for each in entries], axis=1)    # minus the claim
    towards = np.where(at, -(ahead + behind) / 2 * units, 0.0)
    size = float(np.max(np.abs(towards)))
    if not 0 < size < math.inf:
        return
    v = towards / size * units
    uphill = np.where(at, np.where((ahead - behind) * v > 0, 1.0, -1.0) * units, 0.0)
    steepness = float(np.sum(np.abs(v[at]) * np.maximum(np.abs(ahead), np.abs(behind))[at]))
    bound = float(np.abs(v[at]) @ error[at]) + check.place.eps**0.35 * steepness
    if all(slope < -bound for slope in _slopes(check, entries, v, uphill, float(g @ v))):
        for each, part in zip(entries, _parts(entries, at & (np.abs(towards) > 1e-3 * size)), strict=True):
            each.wrong |= part
            each.trouble = each.trouble or ("at kinks: each entry alone lies between the slopes of its two sides, "
                                            "but together they are no slope of f") * bool(part.any())


def _parts(entries: Sequence[Entries], flat: np.ndarray) -> list[np.ndarray]:
    return list(np.split(flat, np.cumsum([each.x.size for each in entries])[:-1]))


def _slopes(check: Check, entries: Sequence[Entries], v: np.ndarray, uphill: np.ndarray,
            claimed: float) -> Iterator[float]:
    """Slopes along v, minus the claimed one: at x to both sides, and on pieces of f that meet at x."""
    h = check.place.eps**0.4

    def value(offset: np.ndarray) -> tuple[float, np.ndarray]:
        inputs = list(check.place.inputs)
        for each, part in zip(entries, _parts(entries, offset), strict=True):
            inputs[each.position] = (each.x + part.reshape(each.x.shape)).astype(each.x.dtype)
        found = float((check.place.values(inputs) - check.place.at_x) @ check.weights)
        return found, np.concatenate([inputs[each.position].reshape(-1).astype(np.float64) for each in entries])

    for k in range(1 + SAMPLES):
        share = check.rng.uniform(0.2, 1, v.size) if k > 1 else 1.0
        flips = check.rng.choice([-1.0, 1.0, 1.0], v.size) if k > SAMPLES // 2 else 1.0
        base, start = value(uphill * share * flips * h * (k > 0))
        for way in (1, -1):
            there, end = value(start - np.concatenate([each.x.reshape(-1) for each in entries]) + way * h / 16 * v)
            step = float((end - start) @ v) / float(v @ v)
            if step and math.isfinite(there - base):
                yield (there - base) / step - claimed
