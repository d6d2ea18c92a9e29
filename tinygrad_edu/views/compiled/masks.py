"""Masks at run time: what `steps` in core/backprop.py does where a `where` may have taken nothing of a branch.

    is_empty(mask)                  nothing of a node was taken: its rules are not asked
    taken_by(rule, shape, mask)     which elements of a contribution of a selection were taken
    joined(total, before, ...)      the running total of an input, and which of its elements were taken
    nothing(total, before, ...)     the same where nothing of the consumer was taken

Programs with a `where` call these; all other programs know nothing of masks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...core import values
from ...core.backprop import sum_to


def is_empty(mask: Any) -> bool:
    """Whether nothing of a node was taken."""
    return mask is not None and not np.any(mask)


def masked(mask: Any, contribution: Any) -> Any:
    """The contribution of an elementwise operation, 0 where it was not taken."""
    return contribution if mask is None else np.where(mask, contribution, 0.0)


def taken_by(rule: Callable[..., Any], shape: tuple[int, ...], mask: Any, starts: bool, *arguments: Any) -> Any:
    """Which elements of the contribution of a selection were taken; None for all."""
    if mask is None and not starts:
        return None
    ones = np.ones(shape) if mask is None else np.broadcast_to(mask, shape).astype(np.float64)
    return np.asarray(rule(ones, *arguments)) != 0


def joined(total: Any, before: Any, summed: Any, taken: Any, shape: tuple[int, ...]) -> tuple[Any, Any]:
    """(running total, mask) of an input with one more contribution; an element is taken if one consumer took it."""
    first = total is None
    total = summed if first else total + summed
    if taken is None:
        return total, None
    if taken.shape != shape:
        taken = np.asarray(sum_to(taken.astype(float), shape)) != 0
    if first:
        return total, taken
    return total, None if before is None else before | taken


def nothing(total: Any, before: Any, shape: tuple[int, ...], dtype: Any) -> tuple[Any, Any]:
    """(running total, mask) of an input to which a node of which nothing was taken sends nothing."""
    if total is not None:
        return total, before
    return values.settle(np.zeros(shape, dtype)), np.zeros(shape, np.bool_)
