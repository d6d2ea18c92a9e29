"""Convolutional layers, for images (N, H, W, C) with channels last.

    Conv2D          x (N, H, W, C) -> (N, I, J, filters)      weight (P, Q, C, filters), bias (filters,)
    MaxPool2D AvgPool2D     (N, H, W, C) -> (N, I, J, C)
    GlobalAvgPool2D         (N, H, W, C) -> (N, C)

"valid" takes only windows that lie in the image: I = (H - P) // stride + 1. "same" adds a border, so that with stride 1
the result is as large as the image: I = ceil(H / stride); where the border is uneven, the larger part is at the end.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ...core.tensors import Tensor
from ...errors import ArgumentError, ShapeError, options_elsewhere
from ..arguments import Shape, pair, positive
from .base import Activated, ArrayLayer, Seed

IMAGE = ("height", "width", "channels")
Margins = tuple[tuple[int, int], tuple[int, int]]


class Windowed(ArrayLayer):
    """The base of layers that look at images through a window that moves."""

    example = IMAGE
    strides: tuple[int, int]
    padding: str

    def _bordered(self, x: Any, size: tuple[int, int], value: float) -> tuple[Any, Any]:
        """The images with their border, see `with_border`, if the window fits in."""
        height, width = x.shape[1:3]
        if self.padding == "valid" and (height < size[0] or width < size[1]):
            raise ShapeError(f"{type(self).__name__}: got images of {height}×{width} pixels, of shape {x.shape[1:]}. "
                             f"Expected at least {size[0]}×{size[1]}, the size of the window."
                             f"{_channels_last(x.shape, *size)}")
        return with_border(x, size, self.strides, self.padding, value)


class Conv2D(Windowed, Activated):
    """Filters that slide over images: one weighted sum of a window, at each place and for each filter.

    Args:
        filters: how many.
        kernel_size: the height and width of a window: a number or two.
        strides: how far the window moves: a number or two.
        padding: "valid" or "same", see above.
        activation: the name of an activation, a function, or None for none.
        input_shape: (height, width, channels), if this is the first layer.
        kernel_initializer: of the weights (P, Q, C, filters); None for "glorot_uniform", or "lecun_normal" with selu.
        bias_initializer: of the biases.
        use_bias: False for a layer without biases.
        seed: of the weights.
    Source: LeCun et al. 1989, Neural Computation 1(4), 541-551.

    >>> from tinygrad_edu import nn
    >>> nn.Conv2D(8, 3, padding="same", input_shape=(28, 28, 1))(np.zeros((2, 28, 28, 1))).shape
    (2, 28, 28, 8)
    """

    weight: Tensor
    bias: Tensor | None

    @options_elsewhere(in_channels="input_shape=(height, width, channels), or nothing", out_channels="filters=…",
                       stride="strides=…", bias="use_bias=…")
    def __init__(self, filters: int, kernel_size: int | tuple[int, int], strides: int | tuple[int, int] = 1,
                 padding: str = "valid", activation: Any = None, input_shape: Shape | None = None,
                 kernel_initializer: Any = None, bias_initializer: Any = "zeros", use_bias: bool = True,
                 seed: Seed = None) -> None:
        self.filters, self.use_bias = positive("Conv2D(filters)", filters), bool(use_bias)
        self.kernel_size, self.strides = pair("kernel_size", kernel_size), pair("strides", strides)
        self.padding = known_padding(padding)
        super().__init__(input_shape, activation, seed, kernel_initializer, bias_initializer)

    def build(self, input_shape: tuple[int, ...]) -> None:
        """Make weight (P, Q, C, filters) and bias (filters,) for images of C channels."""
        shape = (*self.kernel_size, input_shape[-1], self.filters)
        self.weight = self.parameter("weight", self.kernel_initializer, shape)
        self.bias = self.parameter("bias", self.bias_initializer, (self.filters,)) if self.use_bias else None

    def forward(self, x: Any) -> Any:
        """The activation of the weighted sums."""
        if x.shape[3] != self.weight.shape[2]:
            raise ShapeError(f"Conv2D: got x of shape {x.shape}. Expected (N, height, width, {self.weight.shape[2]}), "
                             f"with the channels for which the layer was built.{_channels_last(x.shape, 1, 1)}")
        x, border = self._bordered(x, self.kernel_size, 0.0)
        return self.activation(ops.conv2d(x, self.weight, self.bias, stride=self.strides, padding=border))

    def _described(self) -> str:
        return f"{self.filters}, {self.kernel_size}{_said(self.strides, self.padding)}{self._activation_said()}"


class Pool(Windowed):
    """The base of layers that make one number of each window of each channel.

    Args:
        pool_size: the height and width of a window: a number or two.
        strides: how far the window moves; None for its own size, so that windows touch.
        padding: "valid" or "same".
        input_shape: (height, width, channels), if this is the first layer.
    """

    def __init__(self, pool_size: int | tuple[int, int] = 2, strides: int | tuple[int, int] | None = None,
                 padding: str = "valid", input_shape: Shape | None = None) -> None:
        self.pool_size = pair("pool_size", pool_size)
        self.strides = self.pool_size if strides is None else pair("strides", strides)
        self.padding = known_padding(padding)
        super().__init__(input_shape)

    def _described(self) -> str:
        said = "" if self.strides == self.pool_size else f", strides={self.strides}"
        return f"{self.pool_size}{said}" + ("" if self.padding == "valid" else ", padding='same'")


class MaxPool2D(Pool):
    """The largest number of each window of each channel."""

    def forward(self, x: Any) -> Any:
        """The largest numbers; what is added around the image never counts."""
        lowest = float(np.finfo(self.dtype).min)        # not -inf, which detect_anomaly would report
        x, border = self._bordered(x, self.pool_size, lowest)
        return ops.max_pool2d(x, size=self.pool_size, stride=self.strides, padding=border)


class AvgPool2D(Pool):
    """The mean of each window of each channel; with "same", of those of its numbers that lie in the image."""

    def forward(self, x: Any) -> Any:
        """The means."""
        means = self._with_zeros(x)
        if self.padding == "valid":
            return means
        return means / self._with_zeros(np.ones((1, *x.shape[1:3], 1), self.dtype))     # the share that is image

    def _with_zeros(self, x: Any) -> Any:
        x, border = self._bordered(x, self.pool_size, 0.0)
        return ops.avg_pool2d(x, size=self.pool_size, stride=self.strides, padding=border)


class GlobalAvgPool2D(ArrayLayer):
    """The mean of each channel over the whole image: (N, H, W, C) -> (N, C).

    Source: Lin, Chen & Yan 2014, arXiv:1312.4400, section 3.2.
    """

    example = IMAGE

    def forward(self, x: Any) -> Any:
        """The means."""
        return ops.mean(x, axis=(1, 2))


def _channels_last(shape: tuple[int, ...], height: int, width: int) -> str:
    """What to write if the channels of images (N, C, H, W) seem to come first, and a window fits in then."""
    first = shape[1] in (1, 3) and shape[3] > 4 and shape[2] >= height and shape[3] >= width
    return " If the channels come first, write x.transpose(0, 2, 3, 1)." if first else ""


def known_padding(padding: Any) -> str:
    """Raise ArgumentError unless it is "valid" or "same"."""
    if padding not in ("valid", "same"):
        raise ArgumentError(f'padding: got {padding!r}. Expected "valid" or "same".')
    return str(padding)


def with_border(x: Any, size: tuple[int, int], strides: tuple[int, int], padding: str,
                value: float) -> tuple[Any, Any]:
    """The images with the border of `value` that "same" adds, and the border that is left for the operation to add.

    The operation can add the same on both sides; what is uneven must be added before.
    """
    if padding == "valid":
        return x, 0
    (top, bottom), (left, right) = margins = _margins(x.shape[1:3], size, strides)
    if top == bottom and left == right:
        return x, (top, left)
    return ops.pad(x, ((0, 0), *margins, (0, 0)), value=value), 0


def _margins(shape: tuple[int, ...], size: tuple[int, int], strides: tuple[int, int]) -> Margins:
    """How many rows and columns "same" adds before and after; where the number is odd, one more after."""
    found = []
    for n, window, stride in zip(shape, size, strides, strict=True):
        missing = max((-(-n // stride) - 1) * stride + window - n, 0)
        found.append((missing // 2, missing - missing // 2))
    return found[0], found[1]


def _said(strides: tuple[int, int], padding: str) -> str:
    return ("" if strides == (1, 1) else f", strides={strides}") + ("" if padding == "valid" else ", padding='same'")
