"""Preparing data: holding examples back, and bringing numbers to a size at which networks learn well.

    train_test_split(x, y)      -> x_train, x_test, y_train, y_test
    Standardizer().fit(x)       -> mean 0 and standard deviation 1 of each feature, remembered for other data
    scale_pixels(images)        -> from 0 ... 255 to 0 ... 1
    one_hot(labels, classes)    -> rows with a single 1
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from ..errors import ArgumentError, DTypeError, ShapeError
from ..random import generator
from .arrays import as_array, as_numbers, frozen, not_finite, number, whole

Array = np.ndarray[Any, Any]


def train_test_split(*arrays: Any, test_size: float | int = 0.2, seed: int | np.random.Generator | None = 0,
                     stratify: Any = None) -> list[Array]:
    """Shuffle examples and divide them: for each array the part to learn from, and the part to hold out.

    Args:
        arrays: with the examples along their first axis, such as x and y.
        test_size: the share to hold out, or how many.
        seed: of the order.
        stratify: labels (n,) of which both parts shall have the same shares.
    Returns: a list of read-only arrays, two for each array given.

    >>> x_train, x_test = train_test_split(np.arange(10), test_size=0.3)
    >>> len(x_train), len(x_test)
    (7, 3)
    """
    given = [as_array(f"array {i} of train_test_split", each) for i, each in enumerate(arrays)]
    counts = {each.shape[0] if each.ndim else 0 for each in given}
    if len(counts) != 1:
        shapes = " and ".join(str(each.shape) for each in given)
        raise ShapeError(f"train_test_split: got {f'arrays of shapes {shapes}' if given else 'no arrays'}. "
                         "Expected as many examples along the first axis of each.")
    n = counts.pop()
    held_out = _count_of(test_size, n)
    order = generator(seed).permutation(n)
    if stratify is not None:
        order = _evenly(order, as_array("stratify", stratify))
    test, train = order[:held_out], order[held_out:]
    return [frozen(each[part]) for each in given for part in (train, test)]


def _count_of(test_size: Any, n: int) -> int:
    """How many of n examples to hold out."""
    counted = isinstance(test_size, (int, np.integer)) and not isinstance(test_size, bool)
    if not counted and not (isinstance(test_size, (float, np.floating)) and 0 < test_size < 1):
        raise ArgumentError(f"train_test_split(test_size): got {test_size!r:.60}. Expected a share between 0 and 1, or "
                            "a whole number of examples.")
    held_out = int(test_size) if counted else round(n * float(test_size))
    if not 0 < held_out < n:
        raise ArgumentError(f"train_test_split(test_size={test_size!r}): would hold out {held_out} of {n} examples. "
                            "Expected at least one in each part.")
    return held_out


def _evenly(order: Array, labels: Array) -> Array:
    """The order with each class spread evenly over it, so that any beginning has all classes' shares."""
    if labels.shape != order.shape:
        raise ShapeError(f"train_test_split(stratify): got shape {labels.shape}. Expected {order.shape}.")
    place = np.empty(len(order))
    for label in np.unique(labels):
        mine = np.flatnonzero(labels[order] == label)
        place[mine] = (np.arange(len(mine)) + 0.5) / len(mine)
    return order[np.argsort(place, kind="stable")]


class Standardizer:
    """Brings each feature (last axis) to mean 0 and standard deviation 1, by numbers learnt from the training data.

    A feature that is constant becomes 0.

    >>> scale = Standardizer().fit(np.array([[0.0, 5.0], [2.0, 5.0]]))
    >>> scale(np.array([[4.0, 5.0]]))
    array([[3., 0.]])
    """

    def __init__(self) -> None:
        self.mean: Array | None = None
        self.std: Array | None = None

    def __repr__(self) -> str:
        """What it has learnt."""
        return "Standardizer()" if self.mean is None else f"<Standardizer of {self.mean.size} features>"

    def fit(self, x: Any) -> Self:
        """Learn mean and standard deviation of each feature of x (n, ..., features)."""
        table = as_numbers("Standardizer.fit: x", x)
        if table.ndim < 2 or not table.size:
            raise ShapeError(f"Standardizer.fit(x): got shape {table.shape}. Expected (n, features).")
        if bad := not_finite("Standardizer.fit: x", table):
            raise ArgumentError(f"{bad} Expected finite numbers.")
        axes = tuple(range(table.ndim - 1))
        low, constant = table.min(axis=axes), np.ptp(table, axis=axes) == 0     # of which the mean may be a bit off
        self.mean = np.where(constant, low, table.mean(axis=axes))
        self.std = np.where(constant, 1.0, table.std(axis=axes))
        return self

    def __call__(self, x: Any) -> Array:
        """x, standardised; read-only."""
        table, mean, std = self._known(x)
        return frozen((table - mean) / std)

    def undo(self, x: Any) -> Array:
        """What `x` was before it was standardised."""
        table, mean, std = self._known(x)
        return np.asarray(table * std + mean)

    def _known(self, x: Any) -> tuple[Array, Array, Array]:
        """x as numbers, and the mean and standard deviation of its features."""
        if self.mean is None or self.std is None:
            raise ArgumentError("Standardizer: call fit(x) on the training data first.")
        table = as_numbers("Standardizer: x", x)
        if table.shape[-1:] != self.mean.shape:
            raise ShapeError(f"Standardizer: got x of shape {table.shape}. Expected {self.mean.size} features along "
                             "its last axis, as in the data of fit(x).")
        return table, self.mean, self.std


def scale_pixels(images: Any, brightest: float = 255.0) -> Array:
    """Pixels from 0 to `brightest` as numbers from 0 to 1, float64 and read-only."""
    if not number("scale_pixels(brightest)", brightest):
        raise ArgumentError("scale_pixels(brightest): got 0. Expected a number above 0, such as 255.")
    return frozen(as_numbers("images", images) / brightest)


def one_hot(labels: Any, classes: int | None = None) -> Array:
    """Labels (n,) as rows (n, classes) that are 1 at the label and 0 elsewhere, read-only.

    >>> one_hot([1, 0], 3)
    array([[0., 1., 0.],
           [1., 0., 0.]])
    """
    given = as_array("labels", labels)
    if given.dtype.kind not in "iub":
        raise DTypeError(f"one_hot(labels): got dtype {given.dtype}. Expected whole numbers; names of classes become "
                         "labels by np.unique(names, return_inverse=True)[1].")
    count = int(given.max(initial=-1)) + 1 if classes is None else whole("one_hot(labels, classes)", classes)
    if given.size and (given.min() < 0 or given.max() >= count):
        raise ArgumentError(f"one_hot(labels, {count}): got labels from {given.min()} to {given.max()}. Expected "
                            + (f"0 to {count - 1}." if count > 0 else "0, 1, 2, …."))
    return frozen(np.eye(count)[given.astype(np.int64)])
