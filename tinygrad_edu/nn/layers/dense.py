"""Dense: every unit is joined to every input.

    x (N, ..., n) -> activation(x @ weight + bias) (N, ..., units)        weight (n, units), bias (units,)
"""

from __future__ import annotations

from typing import Any

from ...core.tensors import Tensor
from ...errors import ArgumentError, ShapeError, options_elsewhere
from ..arguments import Shape, positive
from .base import Activated, Seed


class Dense(Activated):
    """A layer of neurons: a_j = g(w_j · x + b_j), for all units j and examples at once g(x @ weight + bias).

    Args:
        units: how many neurons.
        input_shape: that of one example; only the first layer of a network needs it, or none if it is called.
            As in Keras the activation may come second: a string or function is one, a number or tuple is a shape.
        activation: the name of an activation, a function, or None for none.
        kernel_initializer: of the weights: a name, a number, or a function of shape and generator; None for
            "glorot_uniform", or "lecun_normal" if the activation is selu, as its paper asks.
        bias_initializer: of the biases.
        use_bias: False for a layer without biases.
        seed: of the weights.
    Raises: ShapeError if an input's last axis is not as long as the one that the layer was built for.

    >>> from tinygrad_edu import nn
    >>> layer = nn.Dense(16, input_shape=784, activation="sigmoid")
    >>> layer.weight.shape, layer.bias.shape, layer(np.zeros((32, 784))).shape
    ((784, 16), (16,), (32, 16))
    """

    weight: Tensor
    bias: Tensor | None

    @options_elsewhere(in_features="input_shape=…", input_dim="input_shape=…", out_features="units=…",
                       bias="use_bias=…")
    def __init__(self, units: int, input_shape: Shape | None = None, activation: Any = None,
                 kernel_initializer: Any = None, bias_initializer: Any = "zeros", use_bias: bool = True,
                 seed: Seed = None) -> None:
        as_given: Any = input_shape
        if isinstance(as_given, str) or callable(as_given):
            if activation is not None:
                raise ArgumentError(f"Dense({units}, {input_shape!r}, activation={activation!r}): got two activations.")
            input_shape, activation = None, as_given
        self.units, self.use_bias = positive("Dense(units)", units), bool(use_bias)
        super().__init__(input_shape, activation, seed, kernel_initializer, bias_initializer)

    def build(self, input_shape: tuple[int, ...]) -> None:
        """Make weight (n, units) and bias (units,) for inputs whose last axis is n."""
        if not input_shape:
            raise ShapeError("Dense: got examples that are single numbers, of shape (). Expected (n,) for each "
                             "example: for one feature write x[:, None], for a single example x[None].")
        self.weight = self.parameter("weight", self.kernel_initializer, (input_shape[-1], self.units))
        self.bias = self.parameter("bias", self.bias_initializer, (self.units,)) if self.use_bias else None

    def forward(self, x: Any) -> Any:
        """g(x @ weight + bias)."""
        if x.shape[-1:] != self.weight.shape[:1]:
            raise ShapeError(f"Dense: got x of shape {x.shape}. Expected a last axis of {self.weight.shape[0]}, "
                             "for which the layer was built.")
        z = x @ self.weight
        return self.activation(z if self.bias is None else z + self.bias)

    def _described(self) -> str:
        inputs = f", inputs={self.weight.shape[0]}" if self.built else ""
        return f"{self.units}{inputs}{self._activation_said()}"
