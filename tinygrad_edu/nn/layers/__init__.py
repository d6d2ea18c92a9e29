"""Layers, one family in each file."""

from .base import ArrayLayer
from .convolution import AvgPool2D, Conv2D, GlobalAvgPool2D, MaxPool2D
from .dense import Dense
from .embedding import Embedding
from .normalization import BatchNorm, Dropout, LayerNorm
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
    "Embedding",
    "Flatten",
    "GlobalAvgPool2D",
    "Input",
    "Lambda",
    "LayerNorm",
    "MaxPool2D",
    "Reshape",
    "Residual",
    "Sequential",
    "SimpleRNN",
]
