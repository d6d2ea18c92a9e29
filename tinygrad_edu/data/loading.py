"""DataLoader: examples in mini-batches, in a new order for each epoch.

    for x, y in DataLoader(images, labels, batch_size=32, seed=0): ...

Batches are read-only arrays, which the engine shares instead of copying.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..errors import ArgumentError, ShapeError
from ..random import generator
from .arrays import as_array, frozen, whole


class DataLoader:
    """All examples once, in mini-batches; each new loop is a new epoch, in a new order.

    Args:
        arrays: one or several arrays with the examples along their first axis, such as x and y.
        batch_size: examples in a mini-batch, at least 1; the last one may be smaller.
        shuffle: False to keep the order.
        seed: of the order: a number, a generator, or None for the library's own generator.
        drop_last: True to leave out the last batch if it is smaller.

    >>> loader = DataLoader(np.arange(5), batch_size=2, shuffle=False)
    >>> [batch.tolist() for batch in loader], len(loader)
    ([[0, 1], [2, 3], [4]], 3)
    """

    def __init__(self, *arrays: Any, batch_size: int = 32, shuffle: bool = True,
                 seed: int | np.random.Generator | None = None, drop_last: bool = False) -> None:
        if not arrays:
            raise ArgumentError("DataLoader(x, y): got no arrays.")
        self.batch_size, self.shuffle, self.drop_last = whole("batch_size", batch_size), bool(shuffle), bool(drop_last)
        self.arrays = tuple(as_array(f"array {i} of the DataLoader", each) for i, each in enumerate(arrays))
        counts = [each.shape[0] if each.ndim else 0 for each in self.arrays]
        if len(set(counts)) > 1 or not counts[0]:
            shapes = " and ".join(str(each.shape) for each in self.arrays)
            fix = f" Write batch_size={arrays[-1]}." if isinstance(arrays[-1], int) and len(arrays) > 1 else ""
            raise ShapeError(f"DataLoader: got arrays of shapes {shapes}. Expected as many examples, at least one, "
                             f"along the first axis of each.{fix}")
        if not len(self):
            raise ArgumentError(f"DataLoader(drop_last=True): got {self.examples} examples and batch_size="
                                f"{self.batch_size}, which leaves no batch. Expected at least one whole batch.")
        self.rng = generator(seed)

    def __repr__(self) -> str:
        """The shapes of the arrays, and how many batches they make."""
        shapes = " and ".join(str(each.shape) for each in self.arrays)
        return f"<DataLoader of {shapes}: {len(self)} batches of {self.batch_size}{', shuffled' * self.shuffle}>"

    @property
    def examples(self) -> int:
        """How many examples there are."""
        return int(self.arrays[0].shape[0])

    def __len__(self) -> int:
        """How many batches an epoch has."""
        whole, rest = divmod(self.examples, self.batch_size)
        return whole + bool(rest and not self.drop_last)

    def __iter__(self) -> Iterator[Any]:
        """The batches of one epoch: a tuple of arrays, or the array itself if there is one."""
        order = self.rng.permutation(self.examples) if self.shuffle else np.arange(self.examples)
        for start in range(0, len(self) * self.batch_size, self.batch_size):
            rows = order[start:start + self.batch_size]
            batch = tuple(frozen(each[rows]) for each in self.arrays)
            yield batch if len(batch) > 1 else batch[0]
