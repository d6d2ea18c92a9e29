"""What the losses take: predictions and targets of one shape, labels that are classes, probabilities that are some.

    pair                predictions and targets of equal shapes
    as_probabilities    predictions (N, ..., K), and labels or probabilities as probabilities (N, ..., K)
    check_order check_range check_sums

Targets are constants, unless they are Tensors that need a gradient: then they get theirs.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import ops
from ..core import tensors
from ..core.tensors import Tensor
from ..data.arrays import as_array
from ..errors import ArgumentError, DTypeError, ShapeError
from .parameters import default_dtype

CLOSE = 1e-3            # how far sums of probabilities may be from 1; half precision needs so much


def pair(name: str, predictions: Any, targets: Any) -> tuple[Any, Any]:
    """Predictions as a Tensor, and targets of the same shape and dtype."""
    _check_there(name, targets)
    predictions = _floating(predictions)
    if not (isinstance(targets, Tensor) and targets.requires_grad):
        targets = as_array(f"{name}: targets", targets)
    if targets.shape != predictions.shape:
        raise ShapeError(f"{name}: got predictions of shape {predictions.shape} and targets of shape {targets.shape}. "
                         f"Expected equal shapes.{_fix(predictions.shape, targets.shape)}")
    if not predictions.size:
        raise ShapeError(f"{name}: got no predictions, of shape {predictions.shape}. Expected at least one.")
    return predictions, _in_dtype(name, targets, predictions.dtype)


def check_order(name: str, predictions: Any, targets: Any) -> None:
    """Raise ArgumentError if the targets were computed from variables, and the predictions are labels."""
    if (isinstance(targets, Tensor) and targets.requires_grad and not targets.is_leaf
            and not (isinstance(predictions, Tensor) and predictions.requires_grad)
            and np.isin(as_array(f"{name}: predictions", predictions), (0, 1)).all()):
        raise ArgumentError(f"{name}(predictions, targets): got labels as predictions, and targets that were computed "
                            f"from variables. Expected it the other way round: {name}(model(x), y).")


def _check_there(name: str, targets: Any) -> None:
    if targets is None:
        raise ArgumentError(f"{name}: got no targets (None). Expected what the predictions should have been.")


def _floating(predictions: Any) -> Any:
    """Predictions as a Tensor of floating-point numbers."""
    found = predictions if isinstance(predictions, Tensor) else ops.asarray(predictions)
    return found if found.dtype.kind == "f" else ops.astype(found, default_dtype())


def _in_dtype(name: str, targets: Any, dtype: np.dtype[Any]) -> Any:
    if targets.dtype.kind not in "biuf":
        raise DTypeError(f"{name}: got targets of dtype {targets.dtype}. Expected numbers; names of classes become "
                         "labels by np.unique(names, return_inverse=True)[1].")
    if targets.dtype == dtype:
        return targets
    return ops.astype(targets, dtype) if isinstance(targets, Tensor) else targets.astype(dtype)


def _fix(predictions: tuple[int, ...], targets: tuple[int, ...]) -> str:
    """What to write instead, where that would work."""
    if predictions == (*targets, 1):
        return (" Write y[:, None] for the targets y, or predictions[:, 0]." if len(targets) == 1
                else " Write y[..., None] for the targets y.")
    if targets == (*predictions, 1):
        return " Write y[..., 0] for the targets y."
    if len(predictions) == 2 and targets == predictions[:1]:
        return (f" If the targets are labels, write tg.one_hot(targets, {predictions[1]}), or take "
                "categorical_crossentropy.")
    if math.prod(predictions) == math.prod(targets):
        return f" Write targets.reshape({predictions})."
    return ""


def as_probabilities(name: str, predictions: Any, targets: Any) -> tuple[Any, Any]:
    """Predictions as a Tensor, and the targets as probabilities of the same shape."""
    _check_there(name, targets)
    predictions = _floating(predictions)
    if not predictions.ndim or not predictions.size:
        raise ShapeError(f"{name}: got predictions of shape {predictions.shape}. Expected (N, ..., K), with K classes "
                         "along the last axis.")
    if predictions.shape[-1] == 1:
        raise ShapeError(f"{name}: got predictions of shape {predictions.shape}, which have a single class. Expected "
                         "one for each class; for a single output take sigmoid and binary_crossentropy.")
    if np.shape(getattr(targets, "_value", targets)) != predictions.shape:
        return predictions, _one_hot(name, predictions, as_array(f"{name}: targets", targets))
    predictions, targets = pair(name, predictions, targets)
    check_sums(f"{name}: targets", targets, " If an example may have several classes, take binary_crossentropy.")
    return predictions, targets


def _one_hot(name: str, predictions: Any, labels: Any) -> Any:
    classes = predictions.shape[-1]
    if labels.shape == (*predictions.shape[:-1], 1):
        labels = labels[..., 0]
    if labels.shape != predictions.shape[:-1]:
        raise ShapeError(f"{name}: got predictions of shape {predictions.shape} and targets of shape {labels.shape}. "
                         f"Expected labels of shape {predictions.shape[:-1]}, or probabilities (one-hot, say) of shape "
                         f"{predictions.shape}.")
    labels = _in_dtype(name, labels, np.dtype(float))
    whole = labels == np.rint(labels)
    if not whole.all():
        raise DTypeError(f"{name}: got labels that are not whole numbers, such as {labels[~whole][0]:g}. Expected 0 to "
                         f"{classes - 1}.")
    labels = labels.astype(np.int64)
    if labels.min() < 0 or labels.max() >= classes:
        raise ArgumentError(f"{name}: got labels from {labels.min()} to {labels.max()}. Expected 0 to {classes - 1}, "
                            f"since the predictions have {classes} classes.")
    return np.eye(classes, dtype=predictions.dtype)[labels]


def check_range(name: str, x: Any, low: float, high: float, fix: str = "") -> None:
    """Raise ArgumentError if a number is not from `low` to `high`; NaN is left to the loss, which becomes NaN."""
    if tensors.watching is not None and tensors.watching.asks(check_range, x, name=name, low=low, high=high, fix=fix):
        return
    values = as_array(name, x)
    if ((values < low) | (values > high)).any():
        raise ArgumentError(f"{name} go from {np.nanmin(values):g} to {np.nanmax(values):g}. Expected {low:g} to "
                            f"{high:g}.{fix}")


def check_sums(name: str, x: Any, fix: str = "") -> None:
    """Raise ArgumentError unless the numbers are probabilities that add up to 1 along the last axis."""
    if tensors.watching is not None and tensors.watching.asks(check_sums, x, name=name, fix=fix):
        return
    check_range(name, x, 0, 1, fix)
    sums = as_array(name, x).sum(axis=-1, dtype=float)
    far = np.abs(sums - 1) > CLOSE
    if far.any():
        raise ArgumentError(f"{name} of an example add up to {sums[far][0]:.4g}. Expected 1.{fix}")
