"""Metrics: how good predictions are, as numbers that a person understands: metric(predictions, targets) -> float.

    accuracy top_k precision recall f1          classes: labels, one-hot rows, or probabilities of class 1
    r2 mean_absolute_error mean_squared_error   numbers
    confusion_matrix                            -> counts (K, K), rows what was, columns what was said
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ..errors import ArgumentError, ShapeError
from ..nn.names import found

Array = np.ndarray[Any, Any]
Metric = Callable[[Any, Any], float]


def classes(x: Any) -> Array:
    """The class of each example: labels as they are, the largest of each row, or whether a probability is over 1/2."""
    values = np.asarray(x)
    if values.ndim >= 2 and values.shape[-1] == 1:
        values = values[..., 0]
    elif values.ndim >= 2:
        return np.asarray(np.argmax(values, axis=-1))
    if values.dtype.kind == "f" and _is_probability(values):
        values = values > 0.5
    labels: Array = values.astype(np.int64)
    return labels


def _is_probability(values: Array) -> bool:
    return not np.array_equal(values, np.rint(values)) or (values.size > 0 and float(values.max()) <= 1)


def _both(name: str, predictions: Any, targets: Any) -> tuple[Array, Array]:
    said, was = np.asarray(predictions), classes(targets)
    said = (said > 0.5).astype(np.int64) if said.ndim == 1 and said.dtype.kind == "f" else classes(said)
    if said.shape != was.shape or not said.size:
        raise ShapeError(f"{name}: got predictions of shape {np.shape(predictions)} and targets of shape "
                         f"{np.shape(targets)}. Expected (N, K) or (N,) against labels (N,) or one-hot rows (N, K).")
    return said, was


def accuracy(predictions: Any, targets: Any) -> float:
    """The share of examples whose class is right.

    >>> accuracy([[0.1, 0.9], [0.8, 0.2]], [1, 1])
    0.5
    """
    said, was = _both("accuracy", predictions, targets)
    return float(np.mean(said == was))


def top_k(predictions: Any, targets: Any, k: int = 5) -> float:
    """The share of examples whose class is among the k with the largest predictions."""
    scores, was = np.asarray(predictions), classes(targets)
    if scores.ndim != 2 or was.shape != scores.shape[:1] or not 1 <= k <= scores.shape[1]:
        raise ShapeError(f"top_k: got predictions of shape {scores.shape}, targets of shape {np.shape(targets)} and "
                         f"k={k}. Expected (N, K) against (N,), and k from 1 to K.")
    best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return float(np.mean((best == was[:, None]).any(axis=1)))


def confusion_matrix(predictions: Any, targets: Any, n_classes: int | None = None) -> Array:
    """How often class i (row) was called class j (column), as counts (K, K).

    >>> confusion_matrix([0, 1, 1], [0, 0, 1])
    array([[1, 1],
           [0, 1]])
    """
    said, was = _both("confusion_matrix", predictions, targets)
    n = n_classes or max(int(said.max()), int(was.max())) + 1
    if min(said.min(), was.min()) < 0 or max(said.max(), was.max()) >= n:
        raise ArgumentError(f"confusion_matrix: got classes from {min(said.min(), was.min())} to "
                            f"{max(said.max(), was.max())}. Expected 0 to {n - 1}.")
    counts = np.zeros((n, n), np.int64)
    np.add.at(counts, (was, said), 1)
    return counts


def _averaged(of_class: Callable[[Array], Array], predictions: Any, targets: Any) -> float:
    """Of two classes that of class 1; of more the mean over the classes."""
    counts = confusion_matrix(predictions, targets)
    with np.errstate(invalid="ignore", divide="ignore"):
        each = np.nan_to_num(of_class(counts.astype(float)))
    return float(each[1] if len(each) == 2 else each.mean())


def precision(predictions: Any, targets: Any) -> float:
    """Of those that were said to be of a class, the share that is; the mean over the classes if there are over two."""
    return _averaged(lambda c: np.diag(c) / c.sum(axis=0), predictions, targets)


def recall(predictions: Any, targets: Any) -> float:
    """Of those that are of a class, the share that was found; the mean over the classes if there are over two."""
    return _averaged(lambda c: np.diag(c) / c.sum(axis=1), predictions, targets)


def f1(predictions: Any, targets: Any) -> float:
    """The harmonic mean of precision and recall; the mean over the classes if there are over two."""
    return _averaged(lambda c: 2 * np.diag(c) / (c.sum(axis=0) + c.sum(axis=1)), predictions, targets)


def _numbers(name: str, predictions: Any, targets: Any) -> tuple[Array, Array]:
    said, was = np.asarray(predictions, float), np.asarray(targets, float)
    if said.shape != was.shape or not said.size:
        raise ShapeError(f"{name}: got predictions of shape {said.shape} and targets of shape {was.shape}. "
                         "Expected equal shapes.")
    return said, was


def r2(predictions: Any, targets: Any) -> float:
    """The share of the targets' variance that the predictions explain: 1 - Σ (y - a)² / Σ (y - mean of y)²."""
    said, was = _numbers("r2", predictions, targets)
    spread = float(np.sum((was - was.mean(axis=0)) ** 2))
    return 1 - float(np.sum((was - said) ** 2)) / spread if spread else float("nan")


def mean_absolute_error(predictions: Any, targets: Any) -> float:
    """The mean of |a - y|."""
    said, was = _numbers("mean_absolute_error", predictions, targets)
    return float(np.mean(np.abs(said - was)))


def mean_squared_error(predictions: Any, targets: Any) -> float:
    """The mean of (a - y)²."""
    said, was = _numbers("mean_squared_error", predictions, targets)
    return float(np.mean((said - was) ** 2))


METRICS: dict[str, Metric] = {
    "accuracy": accuracy, "top_k": top_k, "top_5": partial(top_k, k=5), "precision": precision, "recall": recall,
    "f1": f1, "r2": r2, "mean_absolute_error": mean_absolute_error, "mae": mean_absolute_error,
    "mean_squared_error": mean_squared_error, "mse": mean_squared_error,
}


def get(metric: str | Metric) -> tuple[str, Metric]:
    """A metric by its name, or the function itself; with the name for tables."""
    function: Metric = found("metric", metric, METRICS)
    return (metric if isinstance(metric, str) else getattr(function, "__name__", "metric")), function
