"""Embedding: a vector that is learnt for each of so many letters, words or other things with numbers.

    x (N, ...) whole numbers -> weight[x] (N, ..., units)           weight (tokens, units)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ...core.tensors import Tensor
from ...data.arrays import as_numbers
from ...errors import ArgumentError, DTypeError, options_elsewhere
from ..arguments import Shape, positive
from .base import ArrayLayer, Seed


class Embedding(ArrayLayer):
    """Row x of a table, for each whole number x: out[n, ..., :] = weight[x[n, ...], :].

    It is what a Dense layer without bias makes of one-hot vectors, without the many multiplications by 0.

    Args:
        tokens: how many things there are; x goes from 0 to tokens - 1.
        units: how many numbers stand for each.
        input_shape: that of one example, if this is the first layer.
        initializer: of the table.
        seed: of its numbers.
    Raises: ArgumentError if a number is no token, DTypeError if it is not whole.
    Source: Bengio, Ducharme, Vincent & Jauvin 2003, JMLR 3, 1137-1155, section 2.

    >>> from tinygrad_edu import nn
    >>> letters = nn.Embedding(27, 2, seed=0)
    >>> letters([[0, 5, 13]]).shape, letters.weight.shape
    ((1, 3, 2), (27, 2))
    """

    @options_elsewhere(num_embeddings="tokens=…", input_dim="tokens=…", embedding_dim="units=…", output_dim="units=…")
    def __init__(self, tokens: int, units: int, input_shape: Shape | None = None, initializer: Any = "normal",
                 seed: Seed = None) -> None:
        self.tokens, self.units = positive("Embedding(tokens)", tokens), positive("Embedding(units)", units)
        super().__init__(input_shape, seed)
        self.weight: Tensor = self.parameter("weight", initializer, (self.tokens, self.units))

    def _in_own_dtype(self, x: Any) -> Any:
        """The numbers as they are: half precision would round large ones."""
        return x if x.__class__ is Tensor else as_numbers("Embedding: the input", x, np.float64)

    def forward(self, x: Any) -> Any:
        """The rows of the table."""
        values = np.asarray(x.data if x.__class__ is Tensor else x)
        chosen = np.rint(values)
        if not np.array_equal(chosen, values):
            raise DTypeError(f"Embedding: got numbers that are not whole, such as {values[chosen != values][0]:g}. "
                             f"Expected 0 to {self.tokens - 1}.")
        if values.size and not 0 <= values.min() <= values.max() < self.tokens:
            raise ArgumentError(f"Embedding: got numbers from {values.min():g} to {values.max():g}. Expected 0 to "
                                f"{self.tokens - 1}, since there are {self.tokens} tokens.")
        return ops.take(self.weight, chosen.astype(np.int64), axis=0)

    def _described(self) -> str:
        return f"{self.tokens}, {self.units}"
