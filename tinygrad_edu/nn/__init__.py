"""Neural networks: modules, layers, activations, initializers, losses; and neurons on single numbers."""

from . import activations, initializers, losses
from .functional import functional_call
from .layers import (
    Activation,
    ArrayLayer,
    AvgPool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAvgPool2D,
    Input,
    Lambda,
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
    "Flatten",
    "GlobalAvgPool2D",
    "Input",
    "Lambda",
    "Layer",
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
