"""A model as a function of its parameters, so that transforms and gradient checks see them as arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.tensors import Tensor
from ..errors import ArgumentError, ShapeError
from .modules import Module


def functional_call(model: Module, parameters: Mapping[str, Any], *inputs: Any) -> Any:
    """What the model gives for `inputs` with other tensors in place of some of its parameters; it stays as it was.

    Args:
        model: whose `named_parameters()` give the names.
        parameters: tensors or arrays by dotted name, of the shapes of those they stand for.
        inputs: what the model is called with.

    >>> from tinygrad_edu import nn
    >>> model = nn.Dense(1, input_shape=2, kernel_initializer=1.0)
    >>> tg.grad(lambda w: tg.sum(nn.functional_call(model, {"weight": w}, [[3.0, 4.0]])))(np.ones((2, 1))).tolist()
    [[3.0], [4.0]]
    """
    named = dict(model.named_parameters())
    unknown = parameters.keys() - named.keys()
    if unknown:
        raise ArgumentError(f"functional_call: the model has no parameter {', '.join(sorted(unknown))}. "
                            f"Expected names among {', '.join(named)}.")
    other = {id(named[name]): value if value.__class__ is Tensor else Tensor(value, requires_grad=False)
             for name, value in parameters.items()}
    for name in parameters:
        if other[id(named[name])].shape != named[name].shape:
            raise ShapeError(f"functional_call: got {name} of shape {other[id(named[name])].shape}. "
                             f"Expected {named[name].shape}, the shape of the parameter it stands for.")
    before = [(module, dict(vars(module))) for module in model.modules()]
    try:
        for module, attributes in before:
            vars(module).update({name: _replaced(value, other) for name, value in attributes.items()})
        return model(*inputs)
    finally:
        for module, attributes in before:
            vars(module).update(attributes)


def _replaced(value: Any, other: Mapping[int, Tensor]) -> Any:
    """An attribute with other tensors in it; lists, tuples and dicts are copied, modules stay."""
    if value.__class__ is Tensor:
        return other.get(id(value), value)
    if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        return type(value)(_replaced(each, other) for each in value)
    if isinstance(value, dict):
        return {key: _replaced(each, other) for key, each in value.items()}
    return value
