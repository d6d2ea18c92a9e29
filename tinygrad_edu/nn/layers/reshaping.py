"""Layers without parameters of their own.

    Flatten  Reshape        the same numbers in another shape
    Activation  Lambda      any function
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ... import ops
from ...errors import ArgumentError, ShapeError
from .. import activations
from ..arguments import Shape, as_shape, is_count
from ..modules import Module
from .base import ArrayLayer


class Flatten(ArrayLayer):
    """All numbers of an example in one row: (N, ...) -> (N, n).

    >>> from tinygrad_edu import nn
    >>> nn.Flatten()(np.zeros((32, 28, 28))).shape
    (32, 784)
    """

    def forward(self, x: Any) -> Any:
        """The rows."""
        return ops.reshape(x, (x.shape[0], math.prod(x.shape[1:])))


class Reshape(ArrayLayer):
    """Each example in another shape: (N, ...) -> (N, *shape); one length may be -1.

    Args:
        shape: the new shape of one example.
        input_shape: the old one, if this is the first layer.
    Raises: ShapeError if an example has another number of numbers.

    >>> from tinygrad_edu import nn
    >>> nn.Reshape((28, -1, 1))(np.zeros((32, 784))).shape
    (32, 28, 28, 1)
    """

    def __init__(self, shape: Shape, input_shape: Shape | None = None) -> None:
        super().__init__(input_shape)
        lengths = shape if isinstance(shape, tuple) else (shape,)
        if not all(is_count(n, -1) and n for n in lengths) or lengths.count(-1) > 1:
            raise ArgumentError(f"Reshape(shape): got {shape!r:.60}. Expected positive whole numbers, one of which "
                                "may be -1 for what is left.")
        self.shape = lengths

    def forward(self, x: Any) -> Any:
        """The same numbers in the other shape."""
        given, known = math.prod(x.shape[1:]), math.prod(n for n in self.shape if n != -1)
        fits = given % known == 0 if -1 in self.shape else given == known
        if not fits:
            raise ShapeError(f"Reshape: got examples of shape {x.shape[1:]}, which have {given} numbers. "
                             f"Expected as many as {self.shape} has: {'a multiple of ' * (-1 in self.shape)}{known}.")
        left = given // known
        return ops.reshape(x, (x.shape[0], *(left if n == -1 else n for n in self.shape)))

    def _described(self) -> str:
        return str(self.shape)


class Activation(ArrayLayer):
    """An activation as a layer of its own.

    Args:
        activation: its name or function.
        input_shape: that of one example, if this is the first layer.

    >>> from tinygrad_edu import nn
    >>> nn.Activation("relu")(np.array([-1.0, 2.0]))
    array([0., 2.])
    """

    def __init__(self, activation: Any, input_shape: Shape | None = None) -> None:
        super().__init__(input_shape)
        self.activation = activations.get(activation)

    def forward(self, x: Any) -> Any:
        """The activation of each number."""
        return self.activation(x)

    def _described(self) -> str:
        return repr(activations.name_of(self.activation))


class Lambda(Module):
    """Any function of one Tensor as a layer.

    Args:
        function: gets the input as it is.
        input_shape: that of one example, if this is the first layer.

    >>> from tinygrad_edu import nn
    >>> nn.Lambda(lambda x: 2 * x)(tg.Tensor([1.0, 2.0]))
    Tensor([2., 4.], from multiply)
    """

    def __init__(self, function: Callable[[Any], Any], input_shape: Shape | None = None) -> None:
        if not callable(function):
            raise ArgumentError(f"Lambda(function): got {function!r:.60}. Expected a function of one Tensor.")
        self.function = function
        self.input_shape = None if input_shape is None else as_shape("input_shape", input_shape)

    def forward(self, x: Any) -> Any:
        """What the function gives."""
        return self.function(x)

    def _described(self) -> str:
        return str(getattr(self.function, "__name__", self.function))
