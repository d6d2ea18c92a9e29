"""SimpleRNN: a layer that reads a sequence step by step and remembers.

    x (N, T, n) -> the last state h_T (N, units), or all states (N, T, units)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ...core.tensors import Tensor
from ...errors import ShapeError
from .. import initializers
from ..arguments import Shape, positive
from .base import Activated, Seed


class SimpleRNN(Activated):
    """h_t = g(x_t @ weight + h_(t-1) @ recurrent_weight + bias), from h_0 = 0.

    Args:
        units: how many numbers the state has.
        activation: of each state; tanh, if nothing else is said.
        return_sequences: True for all states, False for the last one.
        input_shape: (steps, features), if this is the first layer.
        kernel_initializer: of weight (n, units); None for "glorot_uniform".
        recurrent_initializer: of recurrent_weight (units, units).
        bias_initializer: of bias (units,).
        seed: of the weights.
    Source: Elman 1990, Cognitive Science 14(2), 179-211.

    >>> from tinygrad_edu import nn
    >>> nn.SimpleRNN(4)(np.zeros((2, 8, 3))).shape, nn.SimpleRNN(4, return_sequences=True)(np.zeros((2, 8, 3))).shape
    ((2, 4), (2, 8, 4))
    """

    example = ("steps", "features")
    weight: Tensor
    recurrent_weight: Tensor
    bias: Tensor

    def __init__(self, units: int, activation: Any = "tanh", return_sequences: bool = False,
                 input_shape: Shape | None = None, kernel_initializer: Any = None,
                 recurrent_initializer: Any = "orthogonal", bias_initializer: Any = "zeros", seed: Seed = None) -> None:
        self.units, self.return_sequences = positive("SimpleRNN(units)", units), bool(return_sequences)
        self.recurrent_initializer = initializers.get(recurrent_initializer)
        super().__init__(input_shape, activation, seed, kernel_initializer, bias_initializer)

    def build(self, input_shape: tuple[int, ...]) -> None:
        """Make the parameters for sequences of n features."""
        square = (self.units, self.units)
        self.weight = self.parameter("weight", self.kernel_initializer, (input_shape[-1], self.units))
        self.recurrent_weight = self.parameter("recurrent_weight", self.recurrent_initializer, square)
        self.bias = self.parameter("bias", self.bias_initializer, (self.units,))

    def forward(self, x: Any) -> Any:
        """The states."""
        if x.shape[2] != self.weight.shape[0] or not x.shape[1]:
            raise ShapeError(f"SimpleRNN: got x of shape {x.shape}. Expected (N, steps, {self.weight.shape[0]}) "
                             "with at least one step.")
        states: list[Any] = []
        h: Any = np.zeros((x.shape[0], self.units), self.dtype)
        for t in range(x.shape[1]):
            h = self.activation(x[:, t] @ self.weight + h @ self.recurrent_weight + self.bias)
            states.append(h)
        return ops.stack(states, axis=1) if self.return_sequences else h

    def _described(self) -> str:
        said = ", return_sequences=True" if self.return_sequences else ""
        return f"{self.units}{self._activation_said()}{said}"
