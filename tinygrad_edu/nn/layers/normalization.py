"""Layers that keep the shape of their input, and let training go more smoothly.

    Dropout  BatchNorm      behave differently while training
    LayerNorm
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ...core.tensors import Tensor
from ...errors import ShapeError, options_elsewhere
from ...random import generator, is_replaying
from ..arguments import Shape, above_zero, share
from .base import ArrayLayer, Seed


class Dropout(ArrayLayer):
    """While training, each number is dropped with probability `rate`, and the others are divided by 1 - rate.

    So the mean stays as it is, and after `eval()` nothing needs to be done.

    Args:
        rate: from 0 to below 1.
        input_shape: that of one example, if this is the first layer.
        seed: of the choice; None for the library's own generator.
    Source: Srivastava et al. 2014, JMLR 15, 1929-1958.

    >>> from tinygrad_edu import nn
    >>> dropout = nn.Dropout(0.5, seed=0)
    >>> dropout(np.ones(4)), dropout.eval()(np.ones(4))
    (array([2., 0., 0., 0.]), array([1., 1., 1., 1.]))
    """

    @options_elsewhere(p="rate=…")
    def __init__(self, rate: float, input_shape: Shape | None = None, seed: Seed = None) -> None:
        self.rate = share("Dropout(rate)", rate, below_one=True)
        super().__init__(input_shape, seed)

    def forward(self, x: Any) -> Any:
        """x with some numbers dropped; after `eval()` x itself."""
        if not self.training or not self.rate:
            return x
        kept = generator(self.rng).random(x.shape) >= self.rate
        return x * (kept / (1 - self.rate)).astype(self.dtype)

    def _described(self) -> str:
        return f"{self.rate:g}"


class LayerNorm(ArrayLayer):
    """The features (last axis) of each example with mean 0 and variance 1, then times `scale` plus `shift`.

        out = scale · (x - mean) / √(variance + eps) + shift

    Mean and variance are those of one row of features, so examples do not touch each other, and `eval()` changes
    nothing.

    Args:
        eps: keeps the quotient finite, above 0.
        input_shape: that of one example, if this is the first layer.
    Source: Ba, Kiros & Hinton 2016, arXiv:1607.06450, section 3.

    >>> from tinygrad_edu import nn
    >>> nn.LayerNorm(eps=1e-12)([[1.0, 3.0]]).numpy().round(6)
    array([[-1.,  1.]])
    """

    scale: Tensor
    shift: Tensor

    @options_elsewhere(normalized_shape="Leave it out: the features are counted when the first input comes",
                       epsilon="eps=…")
    def __init__(self, eps: float = 1e-3, input_shape: Shape | None = None) -> None:
        self.eps = above_zero("LayerNorm(eps)", eps)
        super().__init__(input_shape)

    def build(self, input_shape: tuple[int, ...]) -> None:
        """Make scale and shift, one number for each feature."""
        n = _features("LayerNorm", input_shape)
        self.scale, self.shift = self.parameter("scale", 1.0, n), self.parameter("shift", 0.0, n)

    def forward(self, x: Any) -> Any:
        """The features, normalised, scaled and shifted."""
        _check_features("LayerNorm", x, self.scale)
        mean, variance = ops.mean(x, axis=-1, keepdims=True), ops.var(x, axis=-1, keepdims=True)
        return self.scale * ((x - mean) / ops.sqrt(variance + self.eps)) + self.shift

    def _described(self) -> str:
        return f"eps={self.eps:g}"


class BatchNorm(ArrayLayer):
    """Each feature (last axis) with mean 0 and variance 1 over the batch, then times `scale` plus `shift`.

        out = scale · (x - mean) / √(variance + eps) + shift

    While training, mean and variance are those of the batch, and running averages of them are kept:
    running = momentum · running + (1 - momentum) · that of the batch. These are used after `eval()`.

    Args:
        momentum: how much of a running average stays, from 0 to 1. (In PyTorch it is 1 minus this.)
        eps: keeps the quotient finite, above 0.
        input_shape: that of one example, if this is the first layer.
    Source: Ioffe & Szegedy 2015, arXiv:1502.03167, algorithm 1.

    >>> from tinygrad_edu import nn
    >>> nn.BatchNorm(eps=1e-12)([[1.0], [3.0]]).numpy().round(6)
    array([[-1.],
           [ 1.]])
    """

    scale: Tensor
    shift: Tensor
    running_mean: Tensor
    running_variance: Tensor

    @options_elsewhere(num_features="Leave it out: they are counted when the first input comes", epsilon="eps=…")
    def __init__(self, momentum: float = 0.99, eps: float = 1e-3, input_shape: Shape | None = None) -> None:
        self.momentum, self.eps = share("BatchNorm(momentum)", momentum), above_zero("BatchNorm(eps)", eps)
        super().__init__(input_shape)

    def build(self, input_shape: tuple[int, ...]) -> None:
        """Make scale, shift and the running averages, one number for each feature."""
        n = _features("BatchNorm", input_shape)
        self.scale, self.shift = self.parameter("scale", 1.0, n), self.parameter("shift", 0.0, n)
        self.running_mean = Tensor(np.zeros(n, self.dtype), requires_grad=False, name="running_mean")
        self.running_variance = Tensor(np.ones(n, self.dtype), requires_grad=False, name="running_variance")

    def forward(self, x: Any) -> Any:
        """The features, normalised, scaled and shifted."""
        _check_features("BatchNorm", x, self.scale)
        if not x.size:
            raise ShapeError(f"BatchNorm: got x of shape {x.shape}. Expected at least one example.")
        if self.training:
            axes = tuple(range(x.ndim - 1))
            mean, variance = ops.mean(x, axis=axes), ops.var(x, axis=axes)
            if not is_replaying():
                self._remember(self.running_mean, mean)
                self._remember(self.running_variance, variance)
        else:
            mean, variance = self.running_mean.detach(), self.running_variance.detach()
        return self.scale * ((x - mean) / ops.sqrt(variance + self.eps)) + self.shift

    def _remember(self, running: Tensor, new: Any) -> None:
        """Let a running average follow the number of this batch, outside the record."""
        running.data = self.momentum * running.data + (1 - self.momentum) * getattr(new, "_value", new)

    def _described(self) -> str:
        return f"momentum={self.momentum:g}, eps={self.eps:g}"


def _features(who: str, input_shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape (n,) of what there is one of for each feature."""
    if not input_shape:
        raise ShapeError(f"{who}: got examples that are single numbers, of shape (). Expected (N, ..., n), with n "
                         "features along the last axis.")
    return input_shape[-1:]


def _check_features(who: str, x: Any, scale: Tensor) -> None:
    """Raise ShapeError unless x has as many features as the layer was built for."""
    if x.shape[-1:] != scale.shape:
        raise ShapeError(f"{who}: got x of shape {x.shape}. Expected a last axis of {scale.size}, "
                         "for which the layer was built.")
