"""Losses: how wrong predictions are, as one number: loss(predictions, targets) -> Tensor of shape ().

    sum_of_squares mean_squared_error mean_absolute_error huber        (N, ...) against (N, ...)
    binary_crossentropy hinge                                          (N, ...) against 0 and 1 (or -1 and 1)
    categorical_crossentropy                           (N, ..., K) against labels (N, ...) or probabilities (N, ..., K)

All are means over the examples. They never broadcast: (N, 1) against (N,) would silently compare each with all.
What targets may be is checked in `targets.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..data.arrays import as_array
from ..errors import ArgumentError
from .arguments import above_zero
from .names import found
from .targets import as_probabilities, check_order, check_range, check_sums, pair

Loss = Callable[[Any, Any], Any]


def sum_of_squares(predictions: Any, targets: Any) -> Any:
    """The squared error summed over the outputs, averaged over the examples: (1/N) · Σ_n Σ_j (a_nj - y_nj)².

    >>> sum_of_squares(tg.Tensor([[1.0, 2.0], [3.0, 5.0]]), [[1.0, 1.0], [3.0, 2.0]]).item()
    5.0
    """
    predictions, targets = pair("sum_of_squares", predictions, targets)
    examples = predictions.shape[0] if predictions.ndim else 1
    return ops.sum((predictions - targets) ** 2) / examples


def mean_squared_error(predictions: Any, targets: Any) -> Any:
    """The mean over all numbers of (a - y)².

    >>> mean_squared_error(tg.Tensor([[1.0, 2.0], [3.0, 5.0]]), [[1.0, 1.0], [3.0, 2.0]]).item()
    2.5
    """
    predictions, targets = pair("mean_squared_error", predictions, targets)
    return ops.mean((predictions - targets) ** 2)


def mean_absolute_error(predictions: Any, targets: Any) -> Any:
    """The mean over all numbers of |a - y|. Where a = y the derivative is 0.

    >>> mean_absolute_error(tg.Tensor([1.0, 2.0]), [1.0, 5.0]).item()
    1.5
    """
    predictions, targets = pair("mean_absolute_error", predictions, targets)
    return ops.mean(ops.abs(predictions - targets))


def huber(predictions: Any, targets: Any, delta: float = 1.0) -> Any:
    """The mean of e²/2 where |e| is at most `delta`, and delta · (|e| - delta/2) beyond, with e = a - y.

    Source: Huber 1964, Annals of Mathematical Statistics 35(1), 73-101.

    >>> huber(tg.Tensor([1.0, 4.0]), [0.0, 0.0]).item()
    2.0
    """
    delta = above_zero("huber(delta)", delta)
    predictions, targets = pair("huber", predictions, targets)
    error = predictions - targets
    within = ops.clip(error, -delta, delta)
    return ops.mean(within * (error - within / 2))              # e · e/2 within, and ±delta · (e - ±delta/2) beyond


def binary_crossentropy(predictions: Any, targets: Any, from_logits: bool = False) -> Any:
    """The mean of -(y · ln a + (1 - y) · ln(1 - a)), for targets y from 0 to 1.

    Args:
        predictions: probabilities a; or their logits z, with a = sigmoid(z), if `from_logits`. If they come straight
            from `sigmoid`, its input is taken: the same value, but without a logarithm of 0.
        targets: of the same shape, from 0 to 1.
        from_logits: whether predictions are logits.
    Raises: ShapeError if the shapes differ, ArgumentError if predictions or targets are not from 0 to 1.

    >>> round(binary_crossentropy(tg.Tensor([0.5, 0.25]), [1, 0]).item(), 6)        # -(ln 0.5 + ln 0.75) / 2
    0.490415
    """
    check_order("binary_crossentropy", predictions, targets)
    predictions, targets = pair("binary_crossentropy", predictions, targets)
    check_range("binary_crossentropy: targets", targets, 0, 1)
    logits = predictions if from_logits else _input_of(predictions, ops.sigmoid)
    if logits is not None:
        return ops.mean(ops.softplus(logits) - targets * logits)        # -ln sigmoid(z) = softplus(z) - z
    check_range("binary_crossentropy: predictions", predictions, 0, 1, " If they are logits, write from_logits=True.")
    return -ops.mean(_times_log(targets, predictions) + _times_log(1 - targets, 1 - predictions))


def categorical_crossentropy(predictions: Any, targets: Any, from_logits: bool = False) -> Any:
    """The mean over the examples of -Σ_k y_k · ln a_k, for classes k along the last axis.

    Args:
        predictions: probabilities a (N, ..., K); or their logits, if `from_logits`. If they come straight from
            `softmax`, its input is taken: the same value, but without a logarithm of 0.
        targets: whole numbers from 0 to K - 1, of shape (N, ...); or one-hot, or any probabilities, (N, ..., K).
        from_logits: whether predictions are logits, of which softmax would make probabilities.
    Raises: ShapeError if the shapes do not fit, ArgumentError if a label is no class, or if probabilities do not add
        up to 1.

    >>> logits = tg.Tensor([[2.0, 0.0, 0.0]])
    >>> a = categorical_crossentropy(tg.softmax(logits), [0])
    >>> b = categorical_crossentropy(logits, [[1, 0, 0]], from_logits=True)
    >>> a.item() == b.item()
    True
    """
    check_order("categorical_crossentropy", predictions, targets)
    predictions, targets = as_probabilities("categorical_crossentropy", predictions, targets)
    logits = predictions if from_logits else _input_of(predictions, ops.softmax)
    examples = math.prod(predictions.shape[:-1])
    if logits is not None:
        return -ops.sum(_times(targets, ops.log_softmax(logits, axis=-1))) / examples
    fix = " End the model with softmax, or write from_logits=True."
    check_sums("categorical_crossentropy: predictions", predictions, fix)
    return -ops.sum(_times_log(targets, predictions)) / examples


def hinge(predictions: Any, targets: Any) -> Any:
    """The mean of max(0, 1 - y · a), for targets y = -1 or 1, or 0 or 1 where 0 means -1.

    At its kink, y · a = 1, the derivative is 0.
    Source: Cortes & Vapnik 1995, Machine Learning 20, 273-297.

    >>> hinge(tg.Tensor([0.5, 2.0, 0.5]), [1, 1, -1]).item() == (0.5 + 0 + 1.5) / 3
    True
    """
    predictions, targets = pair("hinge", predictions, as_array("hinge: targets", targets))
    if not (np.isin(targets, (-1, 1)).all() or np.isin(targets, (0, 1)).all()):
        raise ArgumentError(f"hinge: got targets from {targets.min():g} to {targets.max():g}. Expected -1 or 1 for "
                            "each, or 0 or 1 for each.")
    signs = np.where(targets > 0, 1, -1).astype(predictions.dtype)
    return ops.mean(ops.relu(1 - signs * predictions))


sum_squared_error, mse, mae = sum_of_squares, mean_squared_error, mean_absolute_error
sparse_categorical_crossentropy = categorical_crossentropy

LOSSES: dict[str, Loss] = {
    "sum_of_squares": sum_of_squares, "sum_squared_error": sum_of_squares,
    "mean_squared_error": mean_squared_error, "mse": mean_squared_error,
    "mean_absolute_error": mean_absolute_error, "mae": mean_absolute_error, "huber": huber,
    "binary_crossentropy": binary_crossentropy, "categorical_crossentropy": categorical_crossentropy,
    "sparse_categorical_crossentropy": categorical_crossentropy, "hinge": hinge,
}


def get(loss: str | Loss) -> Loss:
    """A loss by its name, or the function itself.

    >>> get("mse") is mean_squared_error
    True
    """
    chosen: Loss = found("loss", loss, LOSSES)
    return chosen


def _input_of(predictions: Any, function: Any) -> Any:
    """What went into `function` if that made the predictions, along the last axis; else None."""
    if predictions.op is None or predictions.op is not function.op:
        return None
    axis = predictions.options.get("axis", -1)
    return predictions.inputs[0] if axis in (-1, predictions.ndim - 1) else None


def _times(share: Any, x: Any) -> Any:
    """share · x, but 0 where the share is 0, even if x is infinite."""
    return ops.where(share > 0, share * x, 0.0)


def _times_log(share: Any, x: Any) -> Any:
    """share · ln x, but 0 where the share is 0; no logarithm of 0 is taken for nothing."""
    return _times(share, ops.log(ops.where(share > 0, x, 1.0)))
