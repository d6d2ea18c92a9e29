"""Reading: which columns of units a model has, and the recorded tensors that belong to each.

    examples_of(model, x)       one example or several as an array (N, ...), checked
    columns_of(model, x)        the model run once on them, recorded, as a list of Columns

Networks on arrays and networks of single numbers end in the same Columns. A layer that only changes the values of its
units (an activation, dropout, normalization) belongs to the column before it. Read `model.py` before this file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ... import nn, ops
from ...core.modes import enable_grad
from ...core.tensors import Tensor
from ...errors import ArgumentError, GraphError, ShapeError
from ...nn import activations
from ...nn.layers.base import ArrayLayer
from ...nn.layers.convolution import Pool
from ...nn.summary import evaluating
from .model import Array

IMAGE_FROM = 64                 # so many inputs, if they make a square, are taken for an image
Scalars = (nn.Neuron, nn.Layer, nn.MLP)


@dataclass(kw_only=True)
class Column:
    """A layer while it is read: its tensors are those that the engine recorded.

    Attributes:
        outputs: one tensor (N, ...), or for networks of single numbers one (N,) for each unit.
        weights: one tensor (n, units), or n · units numbers, unit after unit.
        biases: one tensor (units,), or one number for each unit.
        sums: z (N, units), or None.
    """

    shape: tuple[int, ...]
    outputs: list[Tensor]
    path: str = ""
    word: str = ""
    activation: str = ""
    via: str = ""
    notes: list[str] = field(default_factory=list)
    image: tuple[int, int] | None = None
    weights: list[Tensor] = field(default_factory=list)
    biases: list[Tensor] = field(default_factory=list)
    sums: Array | None = None

    @property
    def has_units(self) -> bool:
        """Whether it is a column of units, not of feature maps."""
        return len(self.shape) == 1

    def seen(self) -> Array:
        """The values of all examples (N, *shape)."""
        arrays = [each.numpy() for each in self.outputs]
        return arrays[0].reshape(-1, *self.shape) if len(arrays) == 1 else np.stack(arrays, axis=1)

    def weight_values(self) -> Array | None:
        """The weights (n, units)."""
        return self.as_weights([w.numpy() for w in self.weights])

    def as_weights(self, arrays: list[Array]) -> Array | None:
        """Numbers in the order of `weights` as a table (n, units)."""
        if not arrays:
            return None
        return arrays[0] if arrays[0].ndim == 2 else np.array(arrays).reshape(self.shape[0], -1).T

    def as_biases(self, arrays: list[Array]) -> Array | None:
        """Numbers in the order of `biases` as a row (units,)."""
        return None if not arrays else arrays[0] if arrays[0].ndim == 1 else np.array(arrays)


# -- examples ---------------------------------------------------------------------------------------------------------


def examples_of(model: Any, x: Any) -> tuple[Array, bool]:
    """The examples as an array (N, ...), and whether a single one was given.

    Raises: ShapeError if they do not fit the model's input.
    """
    array = np.asarray(x.numpy() if isinstance(x, Tensor) else [each.item() if isinstance(each, Tensor) else each
                                                               for each in x] if isinstance(x, (list, tuple)) else x)
    if array.dtype.kind not in "biuf" or not array.size:
        raise ArgumentError(f"diagram(x): got {array.dtype} of shape {array.shape}. Expected the numbers of one "
                            "example, or of several along the first axis.")
    shape = input_shape(model)
    if shape is None:
        single = array.ndim < _rank_of_examples(model)
        array = array[None] if single else array
    elif array.shape == shape or (shape == (1,) and array.ndim == 0):
        array, single = array.reshape(1, *shape), True
    elif array.shape[1:] == shape:
        single = False
    elif shape == (1,) and array.ndim == 1:
        array, single = array[:, None], False
    else:
        several = ", ".join(map(str, ("N", *shape)))
        raise ShapeError(f"diagram(x): got x of shape {array.shape}. Expected {shape} for one example, or ({several}) "
                         "for several.")
    dtype = next((p.dtype for _, p in model.named_parameters()), np.dtype(float))
    return array.astype(dtype), single or len(array) == 1


def input_shape(model: Any) -> tuple[int, ...] | None:
    """The shape of one example, if the model knows it."""
    if isinstance(model, Scalars):
        layer = model.layers[0] if isinstance(model, nn.MLP) else model
        return (len((layer.neurons[0] if isinstance(layer, nn.Layer) else layer).w),)
    shape = getattr(model, "input_shape", None)
    return None if shape is None else tuple(shape)


def _rank_of_examples(model: Any) -> int:
    """How many axes several examples have, for a model that has not seen any."""
    first = next((layer for _, layer in _flat(model, "") if not isinstance(layer, nn.Dropout)), None)
    axes = getattr(first, "example", None)
    return 2 if axes is None else len(axes) + 1


def zeros_for(model: Any) -> Array:
    """One example of zeros, to see the shapes of a model's layers."""
    shape = input_shape(model)
    if shape is None:
        model._check_built("diagram()")
        raise GraphError("diagram(): the model does not know the shape of its input yet. Write model.diagram(x) with "
                         "an example, or give its first layer an input_shape.")
    return np.zeros((1, *shape))


# -- columns ----------------------------------------------------------------------------------------------------------


def columns_of(model: Any, x: Array, image_shape: Any = "auto") -> list[Column]:
    """The model run on the examples x (N, ...), recorded, as columns from the input to the output.

    Raises: ArgumentError if the model is of no kind that can be drawn as neurons.
    """
    check_kind(model)
    with enable_grad(), evaluating(model), np.errstate(all="ignore"):
        columns = _scalar_columns(model, x) if isinstance(model, Scalars) else _array_columns(model, x)
    if len(columns) == 1:
        raise ArgumentError("diagram(): the model has no layers that compute anything. Expected at least one, such as "
                            "nn.Dense(10).")
    columns[0].image = _image(columns[0], image_shape)
    return columns


def check_kind(model: Any) -> None:
    """Raise ArgumentError if neurons cannot be seen in such a model."""
    if isinstance(model, (*Scalars, nn.Sequential, ArrayLayer)):
        return
    inner = [path for path, each in model.named_modules() if path and isinstance(each, (*Scalars, nn.Sequential))]
    fix = f" model.{inner[0]}.diagram() draws a part of it." if inner and "." not in inner[0] else ""
    raise ArgumentError(f"diagram(): got {type(model).__name__}, whose forward function may do anything. Expected a "
                        "Sequential, a single layer, or a Neuron, Layer or MLP; model.graph(x) draws every "
                        f"computation.{fix}")


def _image(column: Column, image_shape: Any) -> tuple[int, int] | None:
    """Rows and columns in which the inputs stand as pixels."""
    if image_shape is None or not column.has_units:
        return None
    n, (size,) = column.image, column.shape
    if image_shape != "auto":
        if not isinstance(image_shape, (tuple, list)) or len(image_shape) != 2 or np.prod(image_shape) != size:
            raise ShapeError(f"diagram(image_shape): got {image_shape!r:.40}. Expected rows and columns of the {size} "
                             "inputs, such as (28, 28) of 784; or None for no image.")
        return int(image_shape[0]), int(image_shape[1])
    side = int(np.sqrt(size))
    return n or ((side, side) if side * side == size >= IMAGE_FROM else None)


def _scalar_columns(model: Any, x: Array) -> list[Column]:
    inputs = [Tensor(np.ascontiguousarray(each)) for each in x.T]
    columns = [Column(shape=(len(inputs),), outputs=inputs)]
    layers = list(model.layers) if isinstance(model, nn.MLP) else [model]
    for i, layer in enumerate(layers):
        neurons = layer.neurons if isinstance(layer, nn.Layer) else [layer]
        sums = [neuron.weighted_sum(columns[-1].outputs) for neuron in neurons]
        outputs = [neuron.activation(z) for neuron, z in zip(neurons, sums, strict=True)]
        columns.append(Column(
            shape=(len(neurons),), outputs=outputs, activation=activations.name_of(neurons[0].activation),
            path=f"layers.{i}" if isinstance(model, nn.MLP) else "", weights=[w for each in neurons for w in each.w],
            biases=[each.b for each in neurons], sums=np.stack([z.numpy() for z in sums], axis=1)))
    return columns


def _array_columns(model: Any, x: Array) -> list[Column]:
    out: Any = Tensor(x)
    columns = [Column(shape=x.shape[1:], outputs=[out])]
    for path, layer in _flat(model, ""):
        given, out = out, layer(out)
        if not isinstance(out, Tensor) or out.shape[:1] != x.shape[:1]:
            raise ShapeError(f"diagram(): {path or 'the layer'}, which is {layer!r:.60}, gave "
                             f"{getattr(out, 'shape', type(out).__name__)} for {len(x)} examples. Expected examples "
                             f"along the first axis, ({len(x)}, ...).")
        _add(columns, path, layer, given, out)
    if isinstance(model, nn.Sequential) and model.input_shape is None:
        model.input_shape = x.shape[1:]             # as its own forward function would have done
    return columns


def _flat(model: Any, path: str) -> Iterator[tuple[str, Any]]:
    """The layers of a Sequential one after the other, those of Sequentials within it too."""
    if not isinstance(model, nn.Sequential):
        yield path, model
        return
    for i, layer in enumerate(model.layers):
        yield from _flat(layer, f"{path}.layers.{i}".lstrip("."))


def _add(columns: list[Column], path: str, layer: Any, given: Tensor, out: Tensor) -> None:
    """Put what a layer gave into a column of its own, or into that before it."""
    last, shape = columns[-1], out.shape[1:]
    if isinstance(layer, nn.Dense) and last.has_units:
        columns.append(_dense(path, layer, given, out))
    elif isinstance(layer, nn.Input) or (isinstance(layer, (nn.Flatten, nn.Reshape)) and shape == last.shape):
        pass
    elif isinstance(layer, nn.Flatten) and len(columns) == 1 and _pixels(last.shape) is not None:
        last.image, last.shape, last.outputs = _pixels(last.shape), shape, [out]
    elif shape == last.shape and isinstance(layer, nn.Dropout):
        last.notes.append(f"dropout {layer.rate:g}")
    elif shape == last.shape and len(columns) > 1 and last.activation in ("", "linear") \
            and isinstance(layer, nn.Activation):
        last.activation, last.outputs = activations.name_of(layer.activation), [out]
        last.sums = given.numpy() if last.has_units else None
    elif shape == last.shape and len(columns) > 1 and not isinstance(layer, (nn.Residual, nn.Conv2D, Pool)):
        last.outputs = [out]
        last.notes.append(_said(layer))
    else:
        name = activations.name_of(layer.activation) if hasattr(layer, "activation") else ""
        columns.append(Column(shape=shape, outputs=[out], path=path, word=_word(layer), via=_said(layer),
                              activation="" if name == "linear" else name))


def _dense(path: str, layer: Any, given: Tensor, out: Tensor) -> Column:
    x = given.numpy().astype(layer.dtype)
    with np.errstate(all="ignore"):
        sums = x @ layer.weight.numpy() + (0.0 if layer.bias is None else layer.bias.numpy())
    return Column(shape=out.shape[1:], outputs=[out], path=path, activation=activations.name_of(layer.activation),
                  weights=[layer.weight], biases=[] if layer.bias is None else [layer.bias], sums=sums)


def _pixels(shape: tuple[int, ...]) -> tuple[int, int] | None:
    """Rows and columns of a grey image."""
    if len(shape) == 2 or (len(shape) == 3 and shape[2] == 1):
        return shape[0], shape[1]
    return None


def _word(layer: Any) -> str:
    """What stands above a column that is none of Dense."""
    words = {nn.Conv2D: "convolution", nn.MaxPool2D: "max pool", nn.AvgPool2D: "mean pool",
             nn.GlobalAvgPool2D: "mean of each map", nn.Flatten: "flatten", nn.Reshape: "reshape",
             nn.SimpleRNN: "recurrent", nn.Residual: "residual", nn.Activation: "activation"}
    return next((word for kind, word in words.items() if isinstance(layer, kind)), type(layer).__name__)


def _said(layer: Any) -> str:
    """What a layer does, in few words."""
    if isinstance(layer, nn.Conv2D):
        rows, columns = layer.kernel_size
        step = "" if layer.strides == (1, 1) else f", step {layer.strides[0]}"
        return f"{layer.filters} filters {rows}×{columns}{step}"
    if isinstance(layer, Pool):
        return f"{'largest' if isinstance(layer, nn.MaxPool2D) else 'mean'} of {layer.pool_size[0]}×" \
               f"{layer.pool_size[1]}"
    if isinstance(layer, nn.Activation):
        return f"then {activations.name_of(layer.activation)}"
    if isinstance(layer, nn.BatchNorm):
        return "batch norm"
    if isinstance(layer, nn.Lambda):
        return str(getattr(layer.function, "__name__", "a function"))
    return _word(layer)


def is_relu(activation: str) -> bool:
    """Whether units with this activation are off where it gives 0."""
    return activation in ("relu", "relu6")


def stacked(tensors: list[Tensor]) -> Tensor:
    """The outputs of a column as one recorded tensor: (N, units), or as it is."""
    return tensors[0] if len(tensors) == 1 else ops.stack(tensors, axis=1)
