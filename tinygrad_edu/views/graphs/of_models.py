"""Graphs of models: what a network computes for examples, with its layers as boxes.

    graph_of_model(model, x, y, loss)       what `model.graph(...)` gives
    kind_of(module)                         Dense(8 → 4), relu

Nothing in the model changes: it runs as `eval()` has it, and gradients come from a pass that touches no `.grad`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...core.modes import switched
from ...core.tensors import Tensor
from ...errors import ArgumentError, GraphError
from ...nn import activations, losses
from ...nn.layers import Dense
from ...nn.layers.base import Activated
from ...nn.modules import Module
from ...nn.parameters import default_dtype
from ...nn.scalar import MLP, Layer, Neuron
from ...nn.summary import evaluating
from ...ops.creation import array_or_stack
from ..recording import parameter_names
from .clusters import Known
from .graph import Graph, call_site, outputs_in
from .recorded import LIMIT, described

SCALAR = (Neuron, Layer, MLP)           # modules that take their inputs one by one


def graph_of_model(model: Module, x: Any, y: Any = None, loss: str | Callable[..., Any] | None = None, *,
                   show: str = "auto", limit: int = LIMIT) -> Graph:
    """The graph of what a model computes for examples `x`; with targets `y`, up to the loss, and with gradients.

    Args:
        model: a layer or network. It runs as `eval()` has it: Dropout drops nothing, running averages stay.
        x: examples, as the model takes them; a tuple of them for a model of several inputs.
        y: what the examples should give, for the loss.
        loss: a name such as "mse", or a function of predictions and targets.
        show: what the picture shows: "values", "gradients", "both", "shapes", or "auto".
        limit: so many nodes are described; one stands for all others.
    Raises: ArgumentError if there are no examples, or only one of `y` and `loss`.

    >>> from tinygrad_edu import nn
    >>> model = nn.Sequential([nn.Dense(4, 8, "relu", seed=0), nn.Dense(1, seed=1)])
    >>> graph = graph_of_model(model, np.ones((6, 8)), np.zeros((6, 1)), loss="mse")
    >>> [(module.path, module.kind, module.parameters) for module in graph.modules]
    [('layers.0', 'Dense(8 → 4), relu', 36), ('layers.1', 'Dense(4 → 1)', 5)]
    """
    if (y is None) != (loss is None):
        raise ArgumentError('model.graph(x, y, loss): got only one of y and loss. Expected both, such as y and '
                            'loss="mse", or none for the graph up to what the model gives.')
    if x is None:
        shape = getattr(model, "input_shape", None)
        example = f"np.zeros({(1, *shape)})" if shape else "x[:1] of your data"
        raise ArgumentError("model.graph(x): got no examples, and a graph is recorded while the model computes. "
                            f"Expected some, such as model.graph({example}); model.diagram() needs none.")
    inputs = _inputs(model, x)
    targets = y if y is None or isinstance(y, Tensor) else Tensor(y, requires_grad=False, name="y")
    with evaluating(model), switched(recording=True, module=None):
        out = model(*inputs)
        if loss is not None:
            out = losses.get(loss)(array_or_stack(out) if isinstance(out, (list, tuple)) else out, targets)
    roots = outputs_in(out)
    if not roots:
        raise GraphError(f"model.graph(x): {type(model).__name__} gave a {type(out).__name__}, in which no tensor is "
                         "that depends on its parameters or inputs.")
    called = {p: name for name, p in model.named_parameters()}
    examples = {*_tensors(inputs), *_tensors((targets,))}
    if loss is not None and roots[0]._op is not None:
        called[roots[0]] = "loss"
    is_number = len(roots) == 1 and roots[0].shape == () and roots[0].requires_grad
    named = ", ".join(t.name or "x" for t in _tensors(inputs)[:3]) if not isinstance(model, SCALAR) else "x"
    title = f"{type(model).__name__}({named})" + (f", then {_said(loss)}" if loss is not None else "")
    description, ids = described(
        roots, gradients="fresh" if is_number else "none", limit=limit, called=called, examples=examples,
        parameters={*called}, site=call_site(), title=title, tree={
            path: Known(kind_of(module), sum(p.size for _, p in module.named_parameters()))
            for path, module in model.named_modules() if path})
    return Graph(description, shown=show, tensors=ids)


def _said(loss: Any) -> str:
    name = loss if isinstance(loss, str) else getattr(loss, "__name__", "loss")
    return "loss" if name == "<lambda>" else name


def _inputs(model: Module, x: Any) -> tuple[Any, ...]:
    """The examples as constants that are called like the parameters of `forward`."""
    if isinstance(model, SCALAR) and x.__class__ is not Tensor:
        numbers = x if isinstance(x, (list, tuple)) else np.atleast_1d(np.asarray(x, float))
        return ([each if each.__class__ is Tensor else Tensor(each, requires_grad=False, name=f"x{i}")
                 for i, each in enumerate(numbers)],)
    given = x if isinstance(x, tuple) else (x,)
    names = parameter_names(model, len(given))
    return tuple(_input(model, each, name) for each, name in zip(given, names, strict=True))


def _input(model: Module, x: Any, name: str) -> Any:
    if x.__class__ is Tensor or not isinstance(x, (int, float, list, np.ndarray, np.generic)):
        return x
    array = np.asarray(x)
    if array.dtype.kind == "f":
        dtype = next((p.dtype for _, p in model.named_parameters()), default_dtype())
        array = array.astype(dtype, copy=False)
    return Tensor(array, requires_grad=False, name=name)


def _tensors(inputs: tuple[Any, ...]) -> list[Tensor]:
    flat = [each for x in inputs for each in (x if isinstance(x, list) else [x])]
    return [each for each in flat if each.__class__ is Tensor]


def kind_of(module: Module) -> str:
    """What a module is, in code.

    >>> from tinygrad_edu import nn
    >>> kind_of(nn.Dense(4, 8, "relu")), kind_of(nn.Flatten())
    ('Dense(8 → 4), relu', 'Flatten()')
    """
    name = type(module).__name__
    if type(module).__module__.partition(".")[0] != "tinygrad_edu":
        return name
    described = module._described()
    if isinstance(module, Dense) and module.built:
        described = f"{module.weight.shape[0]} → {module.units}{module._activation_said()}"
    if not isinstance(module, Activated):
        return f"{name}({described})"
    said = module._activation_said()
    return f"{name}({described.replace(said, '')}), {activations.name_of(module.activation)}" if said else (
        f"{name}({described})")
