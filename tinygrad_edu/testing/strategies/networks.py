"""Small networks with random layers and weights, as functions of their input and parameters, printed as source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from ... import nn

SMOOTH = ("tanh", "sigmoid", "linear", "softplus", "softsign", "silu", "softmax", "gelu")


@dataclass(frozen=True)
class Network:
    """A model, an input for it, and both as a function: `function(x, *parameters)`, to be checked at `inputs`."""

    model: nn.Sequential
    x: np.ndarray[Any, Any]
    source: str

    @property
    def inputs(self) -> tuple[Any, ...]:
        """The input, and the values of the parameters."""
        return (self.x, *(p.numpy() for p in self.model.parameters()))

    def function(self, x: Any, *parameters: Any) -> Any:
        """What the model gives with these parameters."""
        names = [name for name, _ in self.model.named_parameters()]
        return nn.functional_call(self.model, dict(zip(names, parameters, strict=True)), x)

    def __repr__(self) -> str:
        return f"{self.source}  # called with x = np.array({self.x.tolist()})"


@st.composite
def modules(draw: Any, max_layers: int = 3, max_units: int = 3, activations: tuple[str, ...] = SMOOTH,
            examples: int = 2) -> Network:
    """Draw a small Sequential of dense layers and normalisation, with an input of a few examples.

    Args:
        max_layers: how many layers at most.
        max_units: how many units a layer has at most.
        activations: of which each layer has one; smooth ones, if nothing else is said.
        examples: how many examples the input has at most.

    >>> from tinygrad_edu.testing import check_grad, strategies
    >>> network = strategies.modules().example()                        # doctest: +SKIP
    >>> check_grad(network.function, *network.inputs)                   # doctest: +SKIP
    """
    features, seed = draw(st.integers(1, max_units)), draw(st.integers(0, 999))
    layers, lines = [], []
    for i in range(draw(st.integers(1, max_layers))):
        units, activation = draw(st.integers(1, max_units)), draw(st.sampled_from(activations))
        shape = features if i == 0 else None
        layers.append(nn.Dense(units, shape, activation, seed=seed + i))
        said = f", input_shape={features}" if i == 0 else ""
        lines.append(f"nn.Dense({units}{said}, activation={activation!r}, seed={seed + i})")
    numbers = st.integers(-6, 6).map(lambda n: n / 4)
    rows = draw(st.integers(1, examples))
    x = np.array(draw(st.lists(numbers, min_size=rows * features, max_size=rows * features)))
    return Network(nn.Sequential(layers), x.reshape(rows, features), f"nn.Sequential([{', '.join(lines)}])")
