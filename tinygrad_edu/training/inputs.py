"""What users give to fit, evaluate and predict, as what the loop needs; anything else is an error with the fix.

    examples_for(model, x)      (N, ...) in the model's dtype, read-only, so that no batch is copied or converted
    targets_for(x, y)           (N, ...), one for each example
    as_list(name, given)        metrics or callbacks: several, a single one, or none

Read this file before `loop.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..data.arrays import as_array, as_numbers, frozen
from ..errors import ArgumentError, ShapeError
from ..nn.modules import Module
from ..nn.names import found
from ..nn.parameters import default_dtype
from ..optim import SGD, Adagrad, Adam, AdamW, Optimizer, RMSProp

Array = np.ndarray[Any, Any]
OPTIMIZERS = {"sgd": SGD, "adagrad": Adagrad, "rmsprop": RMSProp, "adam": Adam, "adamw": AdamW}


def examples_for(model: Module, x: Any) -> Array:
    """The examples as a read-only array in the model's dtype.

    Raises: DTypeError if they are no numbers, ShapeError for a single number or rows that differ in length.
    """
    dtype = next((p.dtype for _, p in model.named_parameters()), default_dtype())
    given = as_array("x", x)
    if not given.ndim:
        raise ShapeError(f"x: got {x!r:.60}. Expected an array with the examples along its first axis, (N, ...).")
    array = as_numbers("x", given, dtype)
    return frozen(array.copy() if array is given and array.flags.writeable else array)


def targets_for(x: Array, y: Any) -> Array:
    """The targets as a read-only array; of which kind they are is for the loss to say.

    Raises: ShapeError unless there is one for each example of x.
    """
    array = as_array("y", y)
    if y is None or array.ndim == 0 or len(array) != len(x):
        got = "no y" if y is None else f"y of shape {array.shape}"
        raise ShapeError(f"got {len(x)} examples and {got}. Expected one target for each.")
    return frozen(array.copy()) if array.flags.writeable else array


def as_list(name: str, given: Any, single: tuple[type, ...]) -> list[Any]:
    """Several things as a list: given so, alone, or None for none."""
    if given is None:
        return []
    if isinstance(given, single):
        return [given]
    if callable(given) or not hasattr(given, "__iter__"):
        raise ArgumentError(f"{name}: got {given!r:.60}. Expected a list.")
    return list(given)


def optimizer_for(model: Module, given: Any) -> Optimizer:
    """An optimizer of the model's parameters, from a name, a class, or an optimizer that may have parameters already.

    Raises: ArgumentError if there is nothing to train, or if the optimizer moves the parameters of something else.
    """
    optimizer = given
    if not isinstance(given, Optimizer):
        maker = given if isinstance(given, type) else found("optimizer", given, OPTIMIZERS)
        optimizer = maker()
    if not isinstance(optimizer, Optimizer):
        raise ArgumentError(f"optimizer: got {given!r:.60}, which gave {optimizer!r:.60}. Expected an Optimizer, such "
                            "as tg.optim.Adam(lr=0.001).")
    own = model.parameters()
    if not any(p.requires_grad for p in own):
        fix = "All of them are frozen: write model.unfreeze()." if own else "It has none."
        raise ArgumentError(f"fit: {type(model).__name__} has no parameters to train. {fix}")
    if optimizer.params is None:
        optimizer.bind(own)
    elif not {id(p) for p in own} & {id(p) for p in optimizer.params}:
        raise ArgumentError("fit(optimizer): it moves the parameters of something else, and remembers their past. "
                            f"Expected one for each model: {type(optimizer).__name__}(lr={optimizer.lr:g}).")
    return optimizer
