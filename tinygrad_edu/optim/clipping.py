"""Gradient clipping: gradients that are too long are shortened before the step."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from ..core.tensors import Tensor
from .base import above_zero, tensors_in


def clip_grad_norm(params: Iterable[Tensor], max_norm: float) -> float:
    """Shorten all gradients together, so that their common length is at most `max_norm`; their direction stays.

    Args:
        params: tensors, of which those with a gradient count.
        max_norm: the greatest length allowed, above 0.
    Returns: the length before; gradients that are not finite stay as they are.
    Source: Pascanu, Mikolov & Bengio 2013, arXiv:1211.5063, algorithm 1.

    >>> w = tg.Tensor([3.0, 4.0])
    >>> tg.sum(w * w / 2).backward()
    >>> tg.optim.clip_grad_norm([w], 1.0), w.grad
    (5.0, Tensor([0.6, 0.8]))
    """
    max_norm = above_zero("max_norm", max_norm)
    reached = [(p, p.grad) for p in tensors_in(params) if p.grad is not None]
    arrays = [np.asarray(g._value, np.float64) for _, g in reached]
    largest = max((float(np.max(np.abs(g), initial=0.0)) for g in arrays), default=0.0)
    if largest == 0 or not math.isfinite(largest):
        return largest
    norm = largest * math.sqrt(sum(float(np.sum((g / largest) ** 2)) for g in arrays))     # without overflow
    if norm > max_norm:
        for (p, _), g in zip(reached, arrays, strict=True):
            p.grad = g * (max_norm / norm)
    return norm


def clip_grad_value(params: Iterable[Tensor], max_value: float) -> None:
    """Limit every number of every gradient to the range from -max_value to max_value."""
    max_value = above_zero("max_value", max_value)
    for p in tensors_in(params):
        if p.grad is not None:
            p.grad = np.clip(p.grad._value, -max_value, max_value)
