"""NumPy's functions called on Tensors: `np.sin(t)`, `np.sum(t, axis=0)`, `array + t`.

Operations have NumPy's names, so most are found by name; a short table holds NumPy's older ones. What the library does
not have raises, and says what to write instead.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from ..core.tensors import Tensor
from ..errors import GraphLostError

OLDER_NAMES = {
    "absolute": "abs", "fabs": "abs", "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arctan2": "atan2",
    "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh", "true_divide": "divide", "float_power": "power", "pow": "power",
    "fmod": "", "rint": "round", "around": "round", "mod": "remainder", "fmax": "", "fmin": "",
    "bitwise_and": "logical_and", "bitwise_or": "logical_or", "bitwise_xor": "logical_xor", "invert": "logical_not",
    "concatenate": "concat", "transpose": "permute_dims", "amax": "max", "amin": "min", "product": "prod",
    "cumsum": "cumulative_sum", "cumprod": "cumulative_prod", "norm": "vector_norm", "fix": "trunc",
}
REDUCTIONS = {"add": "sum", "multiply": "prod", "maximum": "max", "minimum": "min", "logical_and": "all", "logical_or": "any",
              "logaddexp": "logsumexp"}
METHODS = {"reshape", "ravel", "squeeze", "astype", "clip", "dot", "std", "var"}      # NumPy's signatures are those of the methods
FREE = {"shape", "ndim", "size"}
_known: dict[Any, Any] = {}                                 # ufunc -> operation, found once


def numpy_ufunc(ufunc: Any, method: str, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """What `np.sin(t)` and `array + t` do: the operation of that name."""
    if method == "__call__" and not options and (function := _known.get(ufunc)) is not None:
        if len(inputs) == 2 and inputs[0].__class__ is np.float64 and inputs[1]._value.__class__ is float:
            return function(float(inputs[0]), inputs[1])        # `p.data - step` of a scalar network
        return function(*inputs)
    name = ufunc.__name__
    if options.get("out") is not None:
        raise GraphLostError(f"np.{name}(..., out=array), or `array {_sign(name)}= t`: an array cannot record what a Tensor brings. "
                             f"Write array = tg.{_ours(name) or name}(array, t), which gives a Tensor.")
    if method == "reduce" and name in REDUCTIONS:
        return getattr(ops, REDUCTIONS[name])(inputs[0], axis=options.get("axis", 0), keepdims=options.get("keepdims", False))
    ours = _ours(name)
    if method != "__call__" or options or ours is None:
        raise _missing(f"np.{name}" + ("" if method == "__call__" else f".{method}"), options)
    _known[ufunc] = getattr(ops, ours)
    return _known[ufunc](*inputs)


def _sign(name: str) -> str:
    return {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "power": "**", "matmul": "@"}.get(name, "…")


def _ours(name: str) -> str | None:
    """The library's name of a NumPy function, or None if it has none."""
    name = OLDER_NAMES.get(name, name)
    return name if name and hasattr(ops, name) else None


def numpy_function(function: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """What `np.sum(t)` and `np.concatenate([t, u])` do: the function or method of that name."""
    name = function.__name__
    options = {key: value for key, value in options.items() if value is not None or key == "axis"}
    if name in FREE:
        return getattr(args[0], name)
    if "ddof" in options:
        options["correction"] = options.pop("ddof")
    if "a" in options:
        args = (options.pop("a"), *args)
    ours = _ours(name)
    if name in METHODS and args and args[0].__class__ is Tensor:
        return getattr(args[0], name)(*args[1:], **options)
    if ours is None or getattr(ops, ours).__class__ is type:
        raise _missing(f"np.{name}", {})
    return getattr(ops, ours)(*_positional(name, ours, args, options), **options)


def _positional(name: str, ours: str, args: tuple[Any, ...], options: dict[str, Any]) -> tuple[Any, ...]:
    """NumPy's positional axis becomes an option; its transpose may leave the axes out."""
    if ours == "permute_dims" and len(args) == 1 and "axes" not in options:
        return (args[0], tuple(range(args[0].ndim))[::-1])
    operation = getattr(getattr(ops, ours), "op", None)
    if operation is not None and len(args) == 2 and len(operation.input_names) == 1 and operation.option_names[:1] == ("axis",):
        options["axis"] = args[1]
        return args[:1]
    return args


def _missing(name: str, options: dict[str, Any]) -> GraphLostError:
    given = f" with {', '.join(options)}" if options else ""
    return GraphLostError(f"{name}{given} is not recorded for Tensors. Write it with the functions of tinygrad_edu (tg.sum, tg.where, …), "
                          "give it a derivative with @tg.op or tg.custom, or take the numbers out of the graph: t.numpy().")
