"""Layers, one family in each file."""

from .base import ArrayLayer
from .convolution import AvgPool2D, Conv2D, GlobalAvgPool2D, MaxPool2D
from .dense import Dense
from .normalization import BatchNorm, Dropout
from .recurrent import SimpleRNN
from .reshaping import Activation, Flatten, Lambda, Reshape
from .sequential import Input, Residual, Sequential

__all__ = [
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
    "MaxPool2D",
    "Reshape",
    "Residual",
    "Sequential",
    "SimpleRNN",
]
