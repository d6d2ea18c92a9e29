"""The scalar grain: neurons, layers and networks in which each weight is a Tensor of its own, as on a blackboard.

    Neuron      Y = F(Σ w_i · x_i + b)
    Layer       several neurons with the same inputs
    MLP         layers one after the other

A picture of such a graph shows every weight. `MLP.to_dense()` gives the same network on arrays, for training; there
the weights of a layer are one matrix. Read `modules.py` and `layers/dense.py` before this file.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from .. import ops
from ..core.tensors import Tensor
from ..errors import ArgumentError, ShapeError, options_elsewhere
from ..random import generator
from . import activations
from .arguments import positive
from .layers import Dense, Input, Sequential
from .layers.base import Seed
from .modules import Module
from .parameters import make_parameter

ON_ARRAYS = "use nn.Dense, or MLP.to_dense()"


class Neuron(Module):
    """Y = F(Σ w_i · x_i + b), with weights and bias as single numbers.

    Args:
        n_inputs: how many inputs it has.
        activation: F, by name or as a function.
        seed: of the weights, which are spread evenly from -1 to 1; the bias is 0.
    Raises: ShapeError when called with another number of inputs.

    >>> from tinygrad_edu import nn
    >>> neuron = nn.Neuron(2, activation="tanh", seed=0)
    >>> neuron([1.0, -2.0]).shape, len(neuron.parameters())
    ((), 3)
    """

    of_many = ON_ARRAYS

    @options_elsewhere(nonlin='activation="relu" or "linear"', nin="n_inputs=…")
    def __init__(self, n_inputs: int, activation: Any = "linear", seed: Seed = None) -> None:
        self.activation = of_one_number(activation)
        rng = generator(seed)
        self.w = [make_parameter(rng.uniform(-1, 1), name=f"w{i}") for i in range(positive("n_inputs", n_inputs))]
        self.b = make_parameter(0.0, name="b")

    def forward(self, x: Any) -> Any:
        """The activation of the weighted sum."""
        return self.activation(self.weighted_sum(numbers(x, len(self.w), type(self).__name__, self.of_many)))

    def weighted_sum(self, inputs: Sequence[Any]) -> Any:
        """Σ w_i · x_i + b; each x_i a number, or an array with one number for each example."""
        total = self.w[0] * inputs[0]
        for w, x in zip(self.w[1:], inputs[1:], strict=True):
            total = total + w * x
        return total + self.b

    def _described(self) -> str:
        return f"{len(self.w)}, {activations.name_of(self.activation)!r}"


class Layer(Module):
    """Neurons with the same inputs; gives the list of their results.

    Args:
        n_inputs: how many inputs each neuron has.
        n_outputs: how many neurons there are.
        activation: of each neuron.
        seed: of the weights.

    >>> from tinygrad_edu import nn
    >>> layer = nn.Layer(2, 3, activation="relu", seed=0)
    >>> len(layer([0.5, -1.0])), len(layer.parameters())
    (3, 9)
    """

    def __init__(self, n_inputs: int, n_outputs: int, activation: Any = "linear", seed: Seed = None) -> None:
        rng = generator(seed)
        self.neurons = [Neuron(n_inputs, activation, rng) for _ in range(positive("n_outputs", n_outputs))]

    def forward(self, x: Any) -> list[Any]:
        """The result of each neuron."""
        inputs = numbers(x, len(self.neurons[0].w), "Layer")
        return [neuron(inputs) for neuron in self.neurons]

    def _described(self) -> str:
        return f"{len(self.neurons[0].w)}, {len(self.neurons)}"


class MLP(Module):
    """Layers one after the other: a multi-layer perceptron.

    Args:
        n_inputs: how many inputs the network has.
        n_outputs: how many neurons each layer has, such as [16, 16, 1]; the last are the outputs.
        activation: of all layers but the last.
        output_activation: of the last.
        seed: of the weights.
    Returns, when called with one example: the list of outputs, or the output itself if there is one.

    >>> from tinygrad_edu import nn
    >>> model = nn.MLP(2, [16, 16, 1], activation="tanh", seed=0)
    >>> len(model.parameters()), model([0.5, -1.0]).shape
    (337, ())
    """

    def __init__(self, n_inputs: int, n_outputs: Sequence[int], activation: Any = "relu",
                 output_activation: Any = "linear", seed: Seed = None) -> None:
        if not isinstance(n_outputs, (list, tuple)) or not n_outputs:
            raise ArgumentError(f"MLP(n_inputs, n_outputs): got n_outputs={n_outputs!r:.60}. Expected a list with the "
                                "number of neurons of each layer, such as [16, 16, 1].")
        rng, sizes = generator(seed), [n_inputs, *n_outputs]
        of_each = [activation] * (len(sizes) - 2) + [output_activation]
        self.layers = [Layer(n, m, f, rng) for (n, m), f in zip(pairwise(sizes), of_each, strict=True)]

    def forward(self, x: Any) -> Any:
        """The outputs for one example."""
        found = self.activations(x)[-1]
        return found[0] if len(found) == 1 else found

    def activations(self, x: Any) -> list[list[Any]]:
        """What each layer gives for one example: [a^[1], a^[2], ...], each a list of numbers, one of each neuron."""
        found = []
        for layer in self.layers:
            x = layer(x)
            found.append(x)
        return found

    def formula(self) -> Any:
        """What each layer computes, a_j^[l] = g(w_j^[l]·a^[l-1] + b_j^[l]), with the sizes of this model.

        Returns: a `LayerNotation`, which prints as text, has `latex`, and shows as mathematics in notebooks.
        """
        from .notation import LayerNotation
        sizes = [len(self.layers[0].neurons[0].w), *(len(layer.neurons) for layer in self.layers)]
        return LayerNotation(self.layers, [(n,) for n in sizes])

    def to_dense(self) -> Sequential:
        """The same network on arrays, with copies of the weights: (N, n_inputs) -> (N, outputs).

        >>> from tinygrad_edu import nn
        >>> model = nn.MLP(2, [3, 1], seed=0)
        >>> abs(model.to_dense()([[0.5, -1.0]])[0, 0].item() - model([0.5, -1.0]).item()) < 1e-12
        True
        """
        return Sequential([_dense(layer) for layer in self.layers])

    @classmethod
    def from_dense(cls, model: Any) -> MLP:
        """The same network on single numbers, with copies of the weights of a Sequential of Dense layers."""
        layers = [each for each in getattr(model, "layers", [model]) if not isinstance(each, Input)]
        if not layers or not all(isinstance(each, Dense) and each.built for each in layers):
            raise ArgumentError(f"MLP.from_dense(model): got {type(model).__name__}. Expected a Sequential of Dense "
                                "layers that have their parameters, with activations and nothing else.")
        found = cls(layers[0].weight.shape[0], [each.units for each in layers], seed=0)
        for layer, dense in zip(found.layers, layers, strict=True):
            activation, weight = of_one_number(dense.activation), dense.weight.numpy()
            bias = np.zeros(dense.units) if dense.bias is None else dense.bias.numpy()
            for j, neuron in enumerate(layer.neurons):
                neuron.activation = activation
                for w, value in zip([*neuron.w, neuron.b], [*weight[:, j], bias[j]], strict=True):
                    w.data = value
        return found


def _dense(layer: Layer) -> Dense:
    """The layer on arrays. Its weights need no random first values, which would move the library's generator on."""
    dense = Dense(len(layer.neurons), len(layer.neurons[0].w), layer.neurons[0].activation, kernel_initializer="zeros")
    assert dense.bias is not None
    dense.weight.data = np.array([[w.item() for w in neuron.w] for neuron in layer.neurons]).T
    dense.bias.data = np.array([neuron.b.item() for neuron in layer.neurons])
    return dense


def of_one_number(activation: Any) -> activations.Activation:
    """An activation that a single neuron can have: softmax looks at all neurons of a layer."""
    found = activations.get(activation)
    if found in (ops.softmax, ops.log_softmax):
        raise ArgumentError(f"{activations.name_of(found)} looks at all neurons of a layer, and these compute one by "
                            "one. Write tg.softmax(tg.stack(model(x))), or take sigmoid for a single output.")
    return found


def numbers(x: Any, n: int, who: str, of_many: str = ON_ARRAYS) -> list[Any]:
    """The inputs of a neuron as a list of single numbers or scalar Tensors."""
    if isinstance(x, (np.ndarray, Tensor)):
        if x.shape != (n,) and not (x.shape == () and n == 1):
            raise ShapeError(f"{who}: got an array of shape {x.shape}. Expected ({n},), the inputs of one example; for "
                             f"arrays of examples {of_many}.")
        return list(x) if x.shape else [x]
    found = list(x) if isinstance(x, (list, tuple)) else [x]
    if len(found) != n or not all(each.__class__ is float or _is_number(each) for each in found):
        raise ShapeError(f"{who}: got {found!r:.60}, {len(found)} input{'s' * (len(found) != 1)}. Expected {n}, each a "
                         f"single number; for arrays of examples {of_many}.")
    return found


def _is_number(x: Any) -> bool:
    """Whether x is a single number; floats are known already, since asking NumPy takes longer than all else here."""
    return x.shape == () if x.__class__ is Tensor else isinstance(x, (int, float, np.number))
