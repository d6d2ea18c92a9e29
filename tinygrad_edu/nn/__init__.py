"""Neural networks: modules, layers, activations, initializers, losses; and neurons on single numbers."""

from typing import TYPE_CHECKING, Any

from ..errors import no_such_name
from . import activations, initializers, losses
from .elsewhere import NAMES
from .functional import functional_call
from .layers import (
    Activation,
    ArrayLayer,
    AvgPool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GlobalAvgPool2D,
    Input,
    Lambda,
    LayerNorm,
    MaxPool2D,
    Reshape,
    Residual,
    Sequential,
    SimpleRNN,
)
from .modules import Module
from .neurons import LinearRegressionNeuron, LogisticRegressionNeuron
from .parameters import Parameter, default_dtype, set_default_dtype
from .scalar import MLP, Layer, Neuron

__all__ = [
    "MLP",
    "Activation",
    "ArrayLayer",
    "AvgPool2D",
    "BatchNorm",
    "Conv2D",
    "Dense",
    "Dropout",
    "Embedding",
    "Flatten",
    "GlobalAvgPool2D",
    "Input",
    "Lambda",
    "Layer",
    "LayerNorm",
    "LinearRegressionNeuron",
    "LogisticRegressionNeuron",
    "MaxPool2D",
    "Module",
    "Neuron",
    "Parameter",
    "Reshape",
    "Residual",
    "Sequential",
    "SimpleRNN",
    "activations",
    "default_dtype",
    "functional_call",
    "initializers",
    "losses",
    "set_default_dtype",
]


if not TYPE_CHECKING:                   # type checkers see what there is
    def __getattr__(name: str) -> Any:
        """The error for names that are not here, with what to write for those of Keras and PyTorch."""
        raise no_such_name('tinygrad_edu.nn', name, NAMES)
