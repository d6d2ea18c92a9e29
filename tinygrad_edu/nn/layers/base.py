"""What layers on arrays have in common.

    ArrayLayer      computes in one dtype, learns the shape of its input from the first call, makes parameters
    Activated       and its result goes through an activation

Read `../modules.py` before this file and `dense.py` after it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ...core import values
from ...core.tensors import Tensor
from ...errors import ArgumentError, ShapeError
from ...ops.creation import array_or_stack
from ...random import generator
from .. import activations, initializers
from ..arguments import Shape, as_shape
from ..modules import Module
from ..parameters import Parameter, default_dtype

Seed = int | np.random.Generator | None


class ArrayLayer(Module):
    """The base of layers. A layer's input has the examples along its first axis: (N, ...).

    Args:
        input_shape: that of one example, if it is known already: a tuple, or a number for one axis.
        seed: of random weights; None for the library's own generator, see `tg.random.seed`.
    Attributes:
        dtype: of its parameters and results; the default dtype of the moment when it was made.
    """

    example: tuple[str, ...] | None = None          # the names of the axes of one example, if the layer wants so many

    def __init__(self, input_shape: Shape | None = None, seed: Seed = None) -> None:
        self.dtype = default_dtype()
        self.rng = None if seed is None else generator(seed)
        self.input_shape = None if input_shape is None else as_shape("input_shape", input_shape)
        if self.input_shape is not None and self._builds:
            self._build_from(self.input_shape)

    def _accepted(self, x: Any, *more: Any) -> tuple[Any, ...]:
        """The input in the layer's own dtype; further inputs as they are."""
        x = self._in_own_dtype(x)
        self._check_example(x.shape)
        return x, *more

    def _in_own_dtype(self, x: Any) -> Any:
        """An array or a Tensor, whose conversion is recorded."""
        if x.__class__ is not Tensor:
            x = array_or_stack(x) if isinstance(x, (list, tuple)) else np.asarray(x)
            values.check_dtype(x.dtype, f"{type(self).__name__}: the input")
        if x.dtype == self.dtype:
            return x
        return ops.astype(x, self.dtype) if x.__class__ is Tensor else x.astype(self.dtype)

    def _build_for(self, inputs: tuple[Any, ...]) -> None:
        self._build_from(inputs[0].shape[1:])

    def _build_from(self, input_shape: tuple[int, ...]) -> None:
        """Make the parameters for examples of this shape."""
        self._check_example((1, *input_shape))
        self.build(input_shape)
        self.input_shape, self.built = input_shape, True

    def _check_example(self, shape: tuple[Any, ...]) -> None:
        """Raise ShapeError unless inputs of this shape (N, ...) hold the examples that the layer wants."""
        if not shape:
            raise ShapeError(f"{type(self).__name__}: got a single number. Expected examples along the first axis, "
                             "(N, ...).")
        if self.example is not None and len(shape) != len(self.example) + 1:
            axes = ", ".join(self.example)
            fix = f" A single {self.example[-1][:-1]} is added by x[..., None]." * (len(shape) == len(self.example))
            raise ShapeError(f"{type(self).__name__}: got examples of shape {shape[1:]}. Expected ({axes}) for each "
                             f"example, and so inputs (N, {axes}).{fix}")

    def parameter(self, name: str, initializer: Any, shape: tuple[int, ...]) -> Tensor:
        """A new parameter with values from an initializer."""
        function = initializers.get(initializer)
        try:
            first = function(shape, generator(self.rng))
        except TypeError as error:
            raise ArgumentError(f"{type(self).__name__}: the initializer of {name} was called with a shape and a "
                                f"generator, and raised: {error}. Expected a function of both.") from error
        if np.shape(first) != shape:
            raise ArgumentError(f"{type(self).__name__}: the initializer of {name} gave shape {np.shape(first)}, "
                                f"expected {shape}.")
        found: Tensor = Parameter(first, name=name, dtype=self.dtype)
        found._module = None            # of no layer that happens to run: its dotted name says where it belongs
        return found


class Activated(ArrayLayer):
    """A layer whose result goes through an activation.

    Args:
        input_shape: that of one example, if it is known already.
        activation: its name or function, None for none.
        seed: of random weights.
        kernel_initializer: of its weights; None for what suits the activation, see `usual_initializer`.
        bias_initializer: of its biases.
    """

    def __init__(self, input_shape: Shape | None, activation: Any, seed: Seed,
                 kernel_initializer: Any, bias_initializer: Any) -> None:
        self.activation = activations.get(activation)
        self.kernel_initializer = usual_initializer(self.activation) if kernel_initializer is None \
            else initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        super().__init__(input_shape, seed)

    def _activation_said(self) -> str:
        name = activations.name_of(self.activation)
        return "" if name == "linear" else f", activation={name!r}"


def usual_initializer(activation: activations.Activation) -> initializers.Initializer:
    """Glorot's uniform weights; LeCun's normal ones for selu, which keeps mean 0 and variance 1 with them alone."""
    return initializers.get("lecun_normal" if activation is ops.selu else "glorot_uniform")
