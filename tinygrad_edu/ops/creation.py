"""Creation: new tensors, which are constants unless `requires_grad=True`, and conversions.

    asarray zeros ones full arange linspace eye              numbers -> Tensor
    zeros_like ones_like full_like                           a Tensor gives a Tensor, an array an array
    astype                                                   x (...) -> out (...), the gradient is converted back

Read `indexing.py` before this file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..core import tensors, values
from ..core.ops import op
from ..core.tensors import Tensor, constant
from ..errors import ArgumentError, DTypeError, GraphLostError, ShapeError, TinygradEduError


def _made(call: str, function: Callable[..., Any], *args: Any, requires_grad: bool, **options: Any) -> Tensor:
    """What a function of NumPy gives, as a Tensor; `call` says in errors what it was asked."""
    if any(each.__class__ is Tensor for each in args):
        raise GraphLostError(f"{call}: got a Tensor, whose graph a new tensor would lose. Write t.item() for the "
                             "number, or multiply by it: t * tg.ones(shape).")
    try:
        return Tensor(np.asarray(function(*args, **options)), requires_grad=requires_grad)
    except (ValueError, TypeError, ArithmeticError, MemoryError) as error:
        if isinstance(error, TinygradEduError):
            raise
        raise ArgumentError(f"{call}: {str(error).rstrip('.')}.") from None


def asarray(data: Any, /, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """A Tensor of `data`; a list that holds Tensors becomes a recorded stack of them.

    >>> x = tg.Tensor(3.0)
    >>> tg.asarray([x, 2 * x])
    Tensor([3., 6.], from stack)
    """
    if data.__class__ is Tensor:
        return data if dtype is None or data.dtype == dtype else ops.astype(data, dtype)
    if isinstance(data, (list, tuple)) and _holds_tensors(data):
        stacked = ops.stack([asarray(each) for each in data])
        return stacked if dtype is None else ops.astype(stacked, dtype)
    array = values.own(data, "asarray(data)")
    return _made(f"asarray(data, dtype={dtype!r})", np.asarray, array, dtype, requires_grad=requires_grad)


def _holds_tensors(data: Any) -> bool:
    stack = [data]
    while stack:
        for each in stack.pop():
            if each.__class__ is Tensor:
                return True
            if isinstance(each, (list, tuple)):
                stack.append(each)
    return False


def array_or_stack(data: Any) -> Any:
    """A list as an array, or as a recorded stack if it holds Tensors: how operations read a list."""
    return asarray(data) if _holds_tensors(data) else values.as_array(data)


def raw_value(x: Any) -> Any:
    """The value of a Tensor that has no derivative, such as indices; raw values stay."""
    return x._value if x.__class__ is Tensor else x


def as_floats(x: Any) -> np.ndarray[Any, Any]:
    """A raw value as an array of floating-point numbers; integers and booleans become float64."""
    array: np.ndarray[Any, Any] = np.asarray(x)
    return array if array.dtype.kind == "f" else array.astype(np.float64)


def zeros(shape: int | tuple[int, ...], *, dtype: Any = np.float64, requires_grad: bool = False) -> Tensor:
    """A Tensor of zeros.

    >>> tg.zeros(3)
    Tensor([0., 0., 0.])
    """
    return _made(f"zeros({shape!r})", np.zeros, shape, dtype, requires_grad=requires_grad)


def ones(shape: int | tuple[int, ...], *, dtype: Any = np.float64, requires_grad: bool = False) -> Tensor:
    """A Tensor of ones.

    >>> tg.ones((1, 2))
    Tensor([[1., 1.]])
    """
    return _made(f"ones({shape!r})", np.ones, shape, dtype, requires_grad=requires_grad)


def full(shape: int | tuple[int, ...], fill_value: Any, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """A Tensor that holds `fill_value` everywhere.

    >>> tg.full(2, 0.5)
    Tensor([0.5, 0.5])
    """
    return _made(f"full({shape!r}, fill_value)", np.full, shape, fill_value, dtype, requires_grad=requires_grad)


def arange(start: float, /, stop: float | None = None, step: float = 1, *, dtype: Any = None,
           requires_grad: bool = False) -> Tensor:
    """A Tensor of start, start + step, ... below stop; with one argument from 0 to it.

    >>> tg.arange(3)
    Tensor([0, 1, 2], dtype=int64)
    """
    low, high = (0, start) if stop is None else (start, stop)
    return _made(f"arange({low}, {high}, {step})", np.arange, low, high, step, dtype=dtype, requires_grad=requires_grad)


def linspace(start: float, stop: float, /, num: int, *, dtype: Any = None, endpoint: bool = True,
             requires_grad: bool = False) -> Tensor:
    """A Tensor of `num` evenly spaced numbers from start to stop.

    >>> tg.linspace(0, 1, 3)
    Tensor([0. , 0.5, 1. ])
    """
    return _made(f"linspace({start}, {stop}, {num})", np.linspace, start, stop, num, dtype=dtype, endpoint=endpoint,
                 requires_grad=requires_grad)


def eye(n_rows: int, n_cols: int | None = None, /, *, k: int = 0, dtype: Any = np.float64,
        requires_grad: bool = False) -> Tensor:
    """A Tensor with ones on the k-th diagonal and zeros elsewhere.

    >>> tg.eye(2)
    Tensor([[1., 0.],
            [0., 1.]])
    """
    return _made(f"eye({n_rows}, {n_cols})", np.eye, n_rows, n_cols, k, dtype, requires_grad=requires_grad)


def full_like(x: Any, /, fill_value: Any, *, dtype: Any = None) -> Any:
    """An array of the shape and dtype of `x` that holds `fill_value`; a Tensor if `x` is one.

    >>> tg.full_like(tg.Tensor([1.0, 2.0]), 0.5)
    Tensor([0.5, 0.5])
    """
    if x.__class__ is Tensor:
        dtype = x.dtype if dtype is None else np.dtype(dtype)
        values.check_dtype(dtype, "full_like(x): dtype")
        return constant(values.settle(np.full(x.shape, fill_value, dtype)))
    return np.full_like(np.asarray(x), fill_value, dtype=dtype)[()]


def zeros_like(x: Any, /, *, dtype: Any = None) -> Any:
    """An array of zeros of the shape and dtype of `x`; a Tensor if `x` is one.

    >>> tg.zeros_like(tg.Tensor([1.0, 2.0]))
    Tensor([0., 0.])
    """
    return full_like(x, 0, dtype=dtype)


def ones_like(x: Any, /, *, dtype: Any = None) -> Any:
    """An array of ones of the shape and dtype of `x`; a Tensor if `x` is one.

    >>> tg.ones_like(tg.Tensor([1.0, 2.0]))
    Tensor([1., 1.])
    """
    return full_like(x, 1, dtype=dtype)


@op(kind="selection")
def astype(x, /, dtype):
    """x converted to `dtype`. The gradient is converted back; integers and booleans have none."""
    values.check_dtype(np.dtype(dtype), "astype(x, dtype): dtype")
    return np.asarray(x).astype(dtype)


astype.derivative(x=lambda g: g)
astype.expand("elements")


def one_hot(labels: Any, n_classes: int | None = None, /, *, dtype: Any = np.float64) -> Tensor:
    """A row for each label with a 1 at its place: labels (...) of 0 ... n_classes - 1 -> (..., n_classes).

    >>> tg.one_hot([0, 2], 3)
    Tensor([[1., 0., 0.],
            [0., 0., 1.]])
    """
    if labels.__class__ is Tensor and tensors.watching is not None:
        tensors.watching.reads(labels, "tg.one_hot(labels)")
    raw = np.asarray(raw_value(labels))
    raw = raw if raw.size else raw.astype(np.intp)              # the empty list
    if raw.dtype.kind not in "iu":
        raise DTypeError(f"one_hot(labels): got dtype {raw.dtype}; expected integers.")
    n = int(raw.max(initial=-1)) + 1 if n_classes is None else n_classes
    if raw.size and (raw.min() < 0 or raw.max() >= n):
        raise ShapeError(f"one_hot(labels, {n}): got labels from {raw.min()} to {raw.max()}; expected 0 to {n - 1}.")
    return constant((raw[..., None] == np.arange(n)).astype(dtype))
