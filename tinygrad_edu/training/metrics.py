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

from ..core.values import check_dtype
from ..data.arrays import as_array, as_numbers
from ..errors import ArgumentError, ShapeError
from ..nn.names import found
from .inputs import as_list

Array = np.ndarray[Any, Any]
Metric = Callable[[Any, Any], float]


def classes(predictions: Any, middle: float = 0.5) -> Array:
    """The class that each prediction says: the largest of its row, or of a single number whether it is over `middle`.

    Whole numbers of an integer dtype are classes already.

    >>> classes([[0.1, 0.9], [0.8, 0.2]]), classes([[0.3], [0.7]]), classes([2, 0])
    (array([1, 0]), array([0, 1]), array([2, 0]))
    """
    values = _single("predictions", predictions)
    if values.ndim >= 2:
        return np.asarray(np.argmax(values, axis=-1))
    return np.asarray(values > middle if values.dtype.kind == "f" else values, np.int64)


def _labels(targets: Array) -> Array:
    """The class that each target is: the largest of its row, or the number; of a probability whether over 1/2."""
    if targets.ndim >= 2:
        return np.asarray(np.argmax(targets, axis=-1))
    return np.asarray(targets if np.array_equal(targets, np.rint(targets)) else targets > 0.5, np.int64)


def _single(name: str, x: Any) -> Array:
    """Numbers as an array, (N,) for (N, 1)."""
    values = as_array(name, x)
    check_dtype(values.dtype, name)
    return values[..., 0] if values.ndim >= 2 and values.shape[-1] == 1 else values


def _both(name: str, predictions: Any, targets: Any) -> tuple[Array, Array]:
    """The classes that were said, and those that were.

    A single output says class 1 above 1/2. If the targets are -1 and 1, as for hinge, it does so above 0, and -1 is
    called class 0.
    """
    said, was = _single(f"{name}: predictions", predictions), _single(f"{name}: targets", targets)
    if said.ndim < was.ndim and said.dtype.kind in "bi" and not np.array_equal(was, np.rint(was)):
        raise ArgumentError(f"{name}(predictions, targets): got whole numbers as predictions, and targets that are "
                            f"not. Expected it the other way round: {name}(model.predict(x), y).")
    signs = was.size > 0 and was.min() == -1 and bool(np.isin(was, (-1, 1)).all())
    chosen = classes(said, 0.0 if signs else 0.5)
    right = (was > 0).astype(np.int64) if signs else was.astype(np.int64) if was.ndim < said.ndim else _labels(was)
    if chosen.shape != right.shape or not chosen.size:
        raise ShapeError(f"{name}: got predictions of shape {as_array(name, predictions).shape} and targets of shape "
                         f"{as_array(name, targets).shape}. Expected (N, K) or (N,) against labels (N,) or one-hot "
                         "rows (N, K).")
    return chosen, right


def accuracy(predictions: Any, targets: Any) -> float:
    """The share of examples whose class is right.

    >>> accuracy([[0.1, 0.9], [0.8, 0.2]], [1, 1])
    0.5
    """
    said, was = _both("accuracy", predictions, targets)
    return float(np.mean(said == was))


def top_k(predictions: Any, targets: Any, k: int = 5) -> float:
    """The share of examples whose class is among the k with the largest predictions."""
    scores, was = as_numbers("top_k: predictions", predictions), _labels(as_array("top_k: targets", targets))
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
    said, was = as_numbers(f"{name}: predictions", predictions), as_numbers(f"{name}: targets", targets)
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


def named(metrics: Any) -> list[tuple[str, Metric]]:
    """Metrics with the names under which a history has them: from names or functions, several, a single one, or None.

    Raises: ArgumentError if two have one name, since one of them would be lost.

    >>> named("accuracy")[0][0], named([partial(top_k, k=3)])[0][0]
    ('accuracy', 'top_k')
    """
    pairs = [(_name(each), found("metric", each, METRICS)) for each in
             ([metrics] if callable(metrics) else as_list("metrics", metrics, (str,)))]
    names = [name for name, _ in pairs]
    twice = sorted({name for name in names if names.count(name) > 1 or name == "loss"})
    if twice:
        raise ArgumentError(f"metrics: got {' and '.join(twice)} more than once. Expected each once, and functions "
                            "with names of their own: def my_metric(predictions, targets): ….")
    return pairs


def _name(metric: Any) -> str:
    """How a metric is called: a name as it is, a function or what it is a `partial` of by its own, else its class."""
    if isinstance(metric, str):
        return metric
    function = getattr(metric, "func", metric)
    return str(getattr(function, "__name__", type(function).__name__))


def one_number(name: str, value: Any) -> float:
    """What a metric gave, as a number.

    Raises: ArgumentError if it is none.
    """
    array = np.asarray(value)
    if array.shape or array.dtype.kind not in "biuf":
        what = f"shape {array.shape}" if array.shape else f"{value!r:.60}"
        raise ArgumentError(f"metric {name}: it gave {what}. Expected one number.")
    return float(array)
