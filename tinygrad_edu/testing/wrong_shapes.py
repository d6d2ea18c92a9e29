"""A gradient of the wrong shape that holds the right numbers: not summed, summed too much, or transposed.

    wrong_shape(mismatch)       a Diagnosis, or None if no sum and no order of axes gives the true gradient

Read `evidence.py` before this file and `mistakes.py` after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, combinations, permutations
from typing import Any

import numpy as np

from .evidence import ROUNDING, Diagnosis, Mismatch

MOST_AXES = 4               # of more axes not all orders and subsets are tried


def wrong_shape(m: Mismatch) -> Diagnosis | None:
    """A gradient whose shape is not the input's, but which holds the right numbers."""
    claimed, true = np.asarray(m.claimed, np.float64), np.asarray(m.true, np.float64)
    error = np.broadcast_to(np.asarray(m.error, np.float64), true.shape)
    eps = float(np.finfo(m.claimed.dtype if np.asarray(m.claimed).dtype.kind == "f" else np.float64).eps)
    for axes in subsets(claimed.ndim):
        summed = claimed.sum(axis=axes)
        if claimed.size > summed.size == true.size and agree(summed.reshape(true.shape), true, error, eps,
                                                             np.abs(claimed).sum(axes)):
            why = f", along which {m.name} was broadcast" if _added(axes, claimed, true) else ""
            return Diagnosis(f"is not summed over {axes_in_words(axes)}{why}", "missing sum",
                             f"Its shape is {claimed.shape}, that of {m.name} is {true.shape}.")
    if claimed.size == true.size:
        for axes in permutations(range(true.ndim)) if true.ndim <= MOST_AXES else ():
            moved = true.transpose(axes)
            if moved.shape == claimed.shape and agree(claimed, moved, error.transpose(axes), eps):
                return transposition(axes)
        if agree(claimed.reshape(true.shape), true, error, eps):
            return Diagnosis(f"has the right numbers in shape {claimed.shape}, not {true.shape}", "shape")
    for axes in subsets(true.ndim):
        summed, doubt = true.sum(axis=axes), error.sum(axis=axes)
        if summed.size == claimed.size and agree(claimed.reshape(summed.shape), summed, doubt, eps):
            return Diagnosis(f"is summed over {axes_in_words(axes)}, which {m.name} has", "extra sum",
                             f"Its shape is {claimed.shape}, that of {m.name} is {true.shape}.")
    return None


def agree(claimed: np.ndarray, true: np.ndarray, error: np.ndarray, eps: float, size: Any = 0.0) -> bool:
    """Whether all measured entries agree, which would be no chance."""
    known = np.isfinite(true) & np.isfinite(error)
    bound = error + ROUNDING * eps * np.maximum(np.abs(true), np.reshape(size, np.shape(size) and true.shape))
    scale = np.max(np.abs(true[known]), initial=0.0)
    return bool(known.any() and scale > 0 and np.all(np.abs(claimed - true)[known] <= bound[known])
                and np.prod(np.minimum(bound[known] / scale, 1.0)) < 1e-3)


def subsets(ndim: int, most: int = MOST_AXES) -> Iterator[tuple[int, ...]]:
    """Every choice of axes, few first; none if there are more than `most`."""
    if ndim <= most:
        yield from chain.from_iterable(combinations(range(ndim), k) for k in range(1, ndim + 1))


def _added(axes: tuple[int, ...], claimed: np.ndarray, true: np.ndarray) -> bool:
    """Whether broadcasting the input would have added or stretched these axes."""
    lengths = (1,) * (claimed.ndim - true.ndim) + true.shape
    return claimed.ndim >= true.ndim and all(lengths[axis] == 1 for axis in axes)


def axes_in_words(axes: tuple[int, ...]) -> str:
    """"axis 0", "axes 0 and 2"."""
    return f"axis {axes[0]}" if len(axes) == 1 else "axes " + ", ".join(map(str, axes[:-1])) + f" and {axes[-1]}"


def transposition(axes: tuple[int, ...]) -> Diagnosis:
    """The diagnosis of axes in another order."""
    moved = tuple(i for i, axis in enumerate(axes) if i != axis)
    if len(axes) == 2:
        return Diagnosis("is the transpose of the right gradient", "transpose")
    if len(moved) == 2:
        return Diagnosis(f"is the right gradient with {axes_in_words(moved)} exchanged", "transpose")
    return Diagnosis(f"is the right gradient with its axes in the order {axes}", "permutation")
