"""Parameters: the tensors that training changes, and the dtype in which new ones are made.

    Parameter(data)             a variable that a Module finds among its attributes
    set_default_dtype(dtype)    float64 (at first) or float32, for all layers that are made from now on

Read this file before `modules.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.tensors import Tensor, extra_of
from ..data.arrays import as_numbers
from ..errors import ArgumentError, DTypeError

FLOATING = (np.dtype(np.float64), np.dtype(np.float32), np.dtype(np.float16))
_default = FLOATING[0]


class _Marked(type):
    """`isinstance(t, Parameter)` asks for the mark, since a Tensor cannot be subclassed."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return instance.__class__ is Tensor and extra_of(instance).parameter

    def __call__(cls, *args: Any, **options: Any) -> Any:
        return make_parameter(*args, **options)


if TYPE_CHECKING:
    Base = Tensor                       # what a Parameter is to a type checker
else:
    Base = object


class Parameter(Base, metaclass=_Marked):
    """A tensor that training changes: `Parameter(data)` gives a Tensor that `isinstance` knows as a Parameter.

    Args:
        data: the first value, a number or an array.
        name: how pictures and messages call it.
        dtype: float64, float32 or float16; the default dtype if None.

    >>> from tinygrad_edu import nn
    >>> w = nn.Parameter([[1, 2]], name="w")
    >>> w, isinstance(w, nn.Parameter)
    (Tensor([[1., 2.]], name='w'), True)
    """

    if TYPE_CHECKING:
        def __init__(self, data: Any, name: str | None = None, dtype: Any = None) -> None:
            """What the metaclass passes on to `make_parameter`."""


def make_parameter(data: Any, name: str | None = None, dtype: Any = None) -> Tensor:
    """What `Parameter(data)` does."""
    wanted = default_dtype() if dtype is None else floating("Parameter(dtype)", dtype)
    values = as_numbers("Parameter(data)", data, wanted)
    if data is None or (isinstance(data, Tensor) and not data.is_leaf):
        what = "None" if data is None else f"{data!r:.60}"
        raise ArgumentError(f"Parameter(data): got {what}. Expected a number or an array; of a computed Tensor write "
                            "Parameter(t.numpy()), since its graph would be lost.")
    found = Tensor(values, name=name)
    found._own_extra().parameter = True
    return found


def is_parameter(value: Any) -> bool:
    """Whether a Module takes an attribute for a parameter: one so marked, or any variable that needs a gradient."""
    return value.__class__ is Tensor and (extra_of(value).parameter or (value.is_leaf and value.requires_grad))


def set_default_dtype(dtype: Any) -> None:
    """Choose the dtype of the parameters of all layers that are made from now on: "float64" (at first) or "float32".

    Data are cast to the dtype of the layer that they enter, so a model computes in one precision throughout.
    """
    global _default                     # noqa: PLW0603 (the one setting)
    _default = floating("set_default_dtype", dtype)


def floating(name: str, dtype: Any) -> np.dtype[Any]:
    """A dtype in which parameters can be: float64, float32 or float16."""
    try:
        return FLOATING[FLOATING.index(np.dtype("O" if dtype is None else dtype))]
    except (TypeError, ValueError):             # no dtype at all, or none of these
        raise DTypeError(f"{name}: got {dtype!r:.60}. Expected a floating-point dtype, float64 or float32.") from None


def default_dtype() -> np.dtype[Any]:
    """The dtype of the parameters of new layers."""
    return _default
