"""What went wrong in an operation, in words: what was given, what was expected, and where in the user's code."""

from __future__ import annotations

from sys import _getframe
from typing import Any

import numpy as np

from ..errors import AnomalyError, ArgumentError, AxisError, DTypeError, ShapeError, TinygradEduError
from . import values
from .positions import is_inside, locate
from .tensors import Tensor


def users_line() -> str:
    """`lesson.py:12: z = x @ w`: where the user's code is now."""
    frame = _getframe(1)
    while is_inside[frame.f_code.co_filename] and frame.f_back is not None:
        frame = frame.f_back
    return str(locate(frame.f_code, frame.f_lasti))


def explained(op: Any, inputs: tuple[Any, ...], options: dict[str, Any], error: Exception) -> Exception:
    """The error to raise for `error`, which the forward function of `op` raised."""
    where = f"   at {users_line()}"
    if isinstance(error, TinygradEduError):
        return error if "   at " in str(error) else type(error)(f"{error}{where}")
    call, given = _call(op), _given(op, inputs, options)
    if isinstance(error, (np.exceptions.AxisError, IndexError)):
        return AxisError(f"{call}: got {given}. {_sentence(error)}{where}")
    if isinstance(error, ValueError):
        shapes = [values.shape_of(_value(x)) for x in inputs if not isinstance(x, (str, type(None)))]
        if op.kind == "elementwise" and not _broadcast(shapes):
            return ShapeError(f"{call}: got {given}. Expected shapes that broadcast: "
                              f"from the last axis on, lengths must be equal or 1.{where}")
        about_shapes = any(word in str(error) for word in ("shape", "dimension", "size", "broadcast"))
        kind = ShapeError if about_shapes else ArgumentError
        return kind(f"{call}: got {given}. {_sentence(error)}{where}")
    if isinstance(error, ArithmeticError):
        return ArgumentError(f"{call}: got {given}. {_sentence(error)}{where}")
    if isinstance(error, TypeError):
        return DTypeError(f"{call}: got {given}. {_sentence(error)}{where}")
    return error


def note_rule(error: BaseException, rule: Any, node: Tensor) -> None:
    """Add to an error that came out of a derivative rule which rule it was, and of which operation."""
    if isinstance(error, Exception) and not getattr(error, "__notes__", None):
        error.add_note(f"in the derivative rule {rule}, of the operation at {node.position}")


def _sentence(error: Exception) -> str:
    text = str(error).strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def _call(op: Any) -> str:
    return f"{op.name}({', '.join(['[...]'] if op.many else op.input_names)})"


def _value(x: Any) -> Any:
    return x._value if x.__class__ is Tensor else x


def _describe(x: Any) -> str:
    value = _value(x)
    if isinstance(value, tuple):
        return f"{len(value)} results"
    if isinstance(value, (np.ndarray, np.generic, float)):
        shape, dtype = values.shape_of(value), values.dtype_of(value)
        return f"of shape {shape}" + ("" if dtype == values.FLOAT64 else f" and dtype {dtype}")
    if isinstance(value, int) and value.bit_length() > 128:             # Python does not even print the largest
        return f"= an integer of {value.bit_length()} bits"
    return f"= {value!r}"


def _given(op: Any, inputs: tuple[Any, ...], options: dict[str, Any]) -> str:
    names = [f"{op.many}[{i}]" for i in range(len(inputs))] if op.many else op.input_names
    if not inputs:
        return "an empty list"
    described = [f"{name} {_describe(x)}" for name, x in zip(names, inputs, strict=False) if x is not None]
    for key, value in options.items():
        if key in op.option_names and not _is_usual(value, op.defaults.get(key)):
            described.append(f"{key} {_describe(value)}" if isinstance(value, np.ndarray) else f"{key}={value!r}")
    return " and ".join([", ".join(described[:-1]), described[-1]] if len(described) > 1 else described)


def _is_usual(value: Any, usual: Any) -> bool:
    return value is usual or (value.__class__ is usual.__class__ and np.ndim(value) == 0 and bool(value == usual))


def _broadcast(shapes: list[tuple[int, ...]]) -> bool:
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        return False
    return True


def check_forward(op: Any, inputs: tuple[Any, ...], given: list[Any], value: Any) -> None:
    """Under `detect_anomaly`: raise AnomalyError if finite inputs gave a result that is not finite."""
    results = value if isinstance(value, tuple) else (value,)
    numeric = [x for x in given if isinstance(x, (np.ndarray, np.generic, float, int))]
    if all(map(values.is_finite, results)) or not all(map(values.is_finite, numeric)):
        return
    bad = next(x for x in results if not values.is_finite(x))
    what: Any = values.strong(bad)
    if values.shape_of(bad) != ():
        what = f"{int((~np.isfinite(bad)).sum())} of {bad.size} elements that are NaN or infinite"
    shown = ", ".join(f"{name} = {x}" if values.shape_of(x) == () else f"{name} of shape {values.shape_of(x)}"
                      for name, x in zip(op.input_names * len(given), given, strict=False))
    raise AnomalyError(f"{_call(op)} gave {what} from finite numbers: {shown}.   at {users_line()}")
