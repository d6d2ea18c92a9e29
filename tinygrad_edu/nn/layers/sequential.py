"""Layers made of layers.

    Input           what the first layer gets
    Sequential      one after the other
    Residual        a way around
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar

from ...errors import ArgumentError, ShapeError
from ..arguments import Shape, as_shape
from ..elsewhere import OF_MODULES, OF_SEQUENTIAL
from ..modules import Module, Witness
from ..summary import on_zeros, watched
from .base import ArrayLayer
from .reshaping import Lambda


class Input(ArrayLayer):
    """The shape of one example, as the first layer of a Sequential: it computes nothing.

    >>> from tinygrad_edu import nn
    >>> nn.Sequential([nn.Input((28, 28)), nn.Flatten(), nn.Dense(10)]).summary().total()
    '7,850 parameters = 7,840 weights + 10 biases'
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__(as_shape("Input(shape)", shape))
        self.built = True               # its shape was promised, and is not learnt from the first input

    def forward(self, x: Any) -> Any:
        """The input, if examples have the shape that was promised."""
        if x.shape[1:] != self.input_shape:
            raise ShapeError(f"Input: got examples of shape {x.shape[1:]}, expected {self.input_shape}.")
        return x

    def _described(self) -> str:
        return str(self.input_shape)


class Sequential(Module):
    """Layers one after the other: each gets what the one before gave.

    Only the first layer needs an `input_shape`, or an Input before it, or none if the model is called or fitted first.

    Args:
        layers: modules, or functions of one Tensor, in a list or one by one.
        *more: the others, if they are given one by one.

    >>> from tinygrad_edu import nn
    >>> model = nn.Sequential([
    ...     nn.Dense(16, input_shape=784, activation="sigmoid"),
    ...     nn.Dense(16, activation="sigmoid"),
    ...     nn.Dense(10, activation="sigmoid"),
    ... ])
    >>> model.summary().total()
    '13,002 parameters = 12,960 weights + 42 biases'
    """

    _elsewhere: ClassVar[Mapping[str, str]] = {**OF_MODULES, **OF_SEQUENTIAL}

    def __init__(self, layers: Iterable[Any] = (), *more: Any) -> None:
        alone = more or callable(layers) or not isinstance(layers, Iterable)
        self.layers = [as_module(each) for each in ([layers, *more] if alone else layers)]
        self.input_shape: tuple[int, ...] | None = None
        self._build_from_shapes()

    def append(self, layer: Any) -> None:
        """Put one more layer at the end."""
        self.layers.append(as_module(layer))
        self._build_from_shapes()

    def _build_from_shapes(self) -> None:
        """Make all parameters now, if the first layer knows its input."""
        shape = getattr(self.layers[0], "input_shape", None) if self.layers else None
        if shape is not None:
            on_zeros(self, shape)

    def forward(self, x: Any) -> Any:
        """The last layer's result."""
        given = x
        for layer in self.layers:
            x = layer(x)
        if self.input_shape is None and self.layers:
            self.input_shape = (tuple(given.shape[1:]) if hasattr(given, "shape")
                                else getattr(self.layers[0], "input_shape", None))
        return x

    def activations(self, x: Any) -> list[Any]:
        """What each layer gives for the inputs x (N, ...): [a^[1], a^[2], ...], the last being the model's result.

        An Input computes nothing, and does not count.

        >>> from tinygrad_edu import nn
        >>> model = nn.Sequential([nn.Dense(16, activation="relu"), nn.Dense(10)])
        >>> [a.shape for a in model.activations(np.zeros((32, 784)))]
        [(32, 16), (32, 10)]
        """
        found: list[Any] = []
        with watched(self._witness(found.append)):
            self(x)
        return found

    def _witness(self, tell: Callable[[Any], object]) -> Witness:
        """What tells the results of the layers, but not those of modules within them."""
        def witness(path: str, module: Module, out: Any) -> None:
            if path.rpartition(".")[0] == "layers" and not isinstance(module, Input):
                tell(out)
        return witness

    def formula(self) -> Any:
        """What each layer computes, a_j^[l] = g(w_j^[l]·a^[l-1] + b_j^[l]), with the sizes of this model.

        Returns: a `LayerNotation`, which prints as text, has `latex`, and shows as mathematics in notebooks.
        Raises: GraphError if the model has not seen its first input yet.
        """
        from ..notation import LayerNotation
        self._check_built("formula()")
        shapes: list[tuple[int, ...] | None] = [self.input_shape]
        if self.input_shape is not None:
            with watched(self._witness(lambda out: shapes.append(tuple(out.shape[1:])))):
                on_zeros(self, self.input_shape)
        layers = [layer for layer in self.layers if not isinstance(layer, Input)]
        return LayerNotation(layers, shapes if len(shapes) > 1 else [None] * (len(layers) + 1))

    def __len__(self) -> int:
        return len(self.layers)

    def __getitem__(self, index: Any) -> Any:
        """A layer, or for a slice a Sequential of the same layers, which share their parameters."""
        return Sequential(self.layers[index]) if isinstance(index, slice) else self.layers[index]

    def __iter__(self) -> Iterator[Module]:
        return iter(self.layers)


class Residual(ArrayLayer):
    """What a layer gives, added to its input: x + layer(x).

    Args:
        layer: a module, a function, or a list of layers one after the other.
        shortcut: what is done to x on its way around, if layer(x) has another shape: a module or function.
    Raises: ShapeError if both ways end in different shapes.
    Source: He, Zhang, Ren & Sun 2016, arXiv:1512.03385.

    >>> from tinygrad_edu import nn
    >>> block = nn.Residual([nn.Dense(8, activation="relu"), nn.Dense(4)])
    >>> block(np.zeros((32, 4))).shape
    (32, 4)
    """

    def __init__(self, layer: Any, shortcut: Any = None) -> None:
        self.layer = Sequential(layer) if isinstance(layer, (list, tuple)) else as_module(layer)
        self.shortcut = None if shortcut is None else as_module(shortcut)
        super().__init__(getattr(self.layer, "input_shape", None))

    def forward(self, x: Any) -> Any:
        """The sum of both ways."""
        through, around = self.layer(x), x if self.shortcut is None else self.shortcut(x)
        if through.shape != around.shape:
            way = "its input has" if self.shortcut is None else "the shortcut gives"
            raise ShapeError(f"Residual: the layer gives shape {through.shape}, and {way} {around.shape}. "
                             "Expected equal shapes; a shortcut=Dense(...) can make them so.")
        return around + through


def as_module(layer: Any) -> Module:
    """A module as it is, and a function as a Lambda."""
    if isinstance(layer, type):
        raise ArgumentError(f"got the class {layer.__name__}. Expected a layer: {layer.__name__}(...).")
    if isinstance(layer, Module):
        return layer
    if not callable(layer):
        raise ArgumentError(f"got {layer!r:.60}. Expected layers, such as Dense(10), or functions of one Tensor.")
    return Lambda(layer)
