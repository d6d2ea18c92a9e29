"""NumPy's functions called on Tensors: `np.sin(t)`, `np.sum(t, axis=0)`, `array + t`.

Operations have NumPy's names, so most are found by name; a short table holds NumPy's older ones, and functions at the
end those whose arguments differ. What the library does not have raises, and says what to write instead.
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from .. import ops
from ..core.tensors import Tensor
from ..errors import GraphLostError

OLDER_NAMES = {
    "absolute": "abs", "fabs": "abs", "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arctan2": "atan2",
    "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh", "true_divide": "divide", "pow": "power",
    "rint": "round", "mod": "remainder",
    "invert": "bitwise_invert", "concatenate": "concat", "amax": "max", "amin": "min",
    "product": "prod", "cumsum": "cumulative_sum", "cumprod": "cumulative_prod", "fix": "trunc",
}
REDUCTIONS = {"add": "sum", "multiply": "prod", "maximum": "max", "minimum": "min", "logical_and": "all",
              "logical_or": "any", "logaddexp": "logsumexp"}
FREE = {"shape", "ndim", "size"}
COMPARISONS = {"allclose", "array_equal", "array_equiv", "isclose"}     # they need no graph, as == needs none
OTHERS = {"put_along_axis", "linspace"}                     # NumPy's functions of these names do something else
_known: dict[Any, Any] = {}                                 # ufunc -> operation, found once


def numpy_ufunc(ufunc: Any, method: str, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """What `np.sin(t)` and `array + t` do: the operation of that name."""
    if method == "__call__" and not options and (function := _known.get(ufunc)) is not None:
        if len(inputs) == 2 and inputs[0].__class__ is np.float64 and inputs[1]._value.__class__ is float:
            return function(float(inputs[0]), inputs[1])        # `p.data - step` of a scalar network
        return function(*inputs)
    name = ufunc.__name__
    if options.get("out") is not None:
        raise GraphLostError(f"np.{name}(..., out=array), or `array {_sign(name)}= t`: an array cannot record what a "
                             f"Tensor brings. Write array = tg.{_ours(name) or name}(array, t), which gives a Tensor.")
    if method == "reduce" and name in REDUCTIONS and options.keys() <= {"axis", "keepdims"}:
        return getattr(ops, REDUCTIONS[name])(inputs[0], **{"axis": 0, **options})
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
    return name if callable(getattr(ops, name, None)) and name not in OTHERS else None


def numpy_function(function: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """What `np.sum(t)` and `np.concatenate([t, u])` do: the function of that name."""
    name = function.__name__
    options = {key: value for key, value in options.items() if value is not None or key == "axis"}
    if name in FREE and len(args) == 1 and not options:
        return getattr(args[0], name)
    if name in COMPARISONS:
        return function(*map(_numbers, args), **{key: _numbers(value) for key, value in options.items()})
    if (adapted := ADAPTED.get(f"{function.__module__}.{name}".removeprefix("numpy."))) is not None:
        try:
            inspect.signature(adapted).bind(*args, **options)
        except TypeError:
            raise _missing(f"np.{name}", options) from None
        return adapted(*args, **options)
    if "a" in options:
        args = (options.pop("a"), *args)
    if (ours := _ours(name)) is None:
        raise _missing(f"np.{name}", {})
    ours_function = getattr(ops, ours)
    operation = getattr(ours_function, "op", None)
    if operation:                                               # NumPy takes the axis by position
        n = len(operation.input_names) + len(operation.option_names) - len(operation.defaults)
        if len(args) == n + 1 and "axis" in operation.option_names:
            args, options["axis"] = args[:n], args[n]
    try:
        inspect.signature(ours_function).bind(*args, **options)
    except TypeError:
        raise _missing(f"np.{name}", options) from None
    if operation and len(args) > n:
        raise _missing(f"np.{name}", options)                   # further positions mean something else in NumPy
    return ours_function(*args, **options)


def _numbers(x: Any) -> Any:
    return x.numpy() if x.__class__ is Tensor else x


def _missing(name: str, options: dict[str, Any]) -> GraphLostError:
    given = f" with {', '.join(options)}" if options else ""
    return GraphLostError(f"{name}{given} is not recorded for Tensors. Write it with the functions of tinygrad_edu "
                          "(tg.sum, tg.where, …), give it a derivative with @tg.op or tg.custom, or take the numbers "
                          "out of the graph: t.numpy().")


# -- functions whose arguments differ from ours: here they are NumPy's ------------------------------------------------


def _clip(a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Any:
    return ops.clip(a, a_min if min is None else min, a_max if max is None else max)


def _diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    return ops.diagonal(a, offset=offset, axis1=axis1, axis2=axis2)


def _dot(a: Any, b: Any) -> Any:
    if not np.ndim(a) or not np.ndim(b):
        return ops.multiply(a, b)
    return ops.tensordot(a, b, axes=((-1,), (-1 if np.ndim(b) == 1 else -2,)))


def _eigh(a: Any, UPLO: str = "L") -> Any:  # noqa: N803 (NumPy's name)
    """NumPy reads one triangle of the matrix only, ours both."""
    n = np.shape(a)[-1]
    chosen = np.tri(n, dtype=bool) if UPLO.upper() == "L" else np.tri(n, dtype=bool).T
    beside = ops.where(chosen & ~np.eye(n, dtype=bool), a, 0.0)
    return ops.eigh(ops.where(chosen, a, 0.0) + ops.matrix_transpose(beside))


def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    if ord is not None and not isinstance(axis, int) and np.ndim(x) != 1:
        raise _missing("np.linalg.norm of matrices", {"ord": ord})
    return ops.vector_norm(x, axis=axis, keepdims=keepdims, ord=2 if ord is None else ord)


def _pad(array: Any, pad_width: Any, mode: str = "constant", *, constant_values: Any = 0.0) -> Any:
    if mode != "constant":
        raise _missing(f"np.pad with mode={mode!r}", {})
    return ops.pad(array, pad_width, value=constant_values)


def _round(a: Any, decimals: int = 0) -> Any:
    if decimals:
        raise _missing("np.round", {"decimals": decimals})
    return ops.round(a)


def _transpose(a: Any, axes: Any = None) -> Any:
    return ops.permute_dims(a, tuple(range(np.ndim(a)))[::-1] if axes is None else axes)


ADAPTED: dict[str, Any] = {
    "clip": _clip, "diagonal": _diagonal, "dot": _dot, "linalg.eigh": _eigh, "linalg.norm": _norm, "pad": _pad,
    "round": _round,
    "around": _round, "transpose": _transpose, "astype": lambda x, dtype, *, copy=True: ops.astype(x, dtype),
    "var": lambda a, axis=None, *, ddof=0.0, correction=0.0, keepdims=False:
        ops.var(a, axis=axis, correction=ddof or correction, keepdims=keepdims),
    "std": lambda a, axis=None, *, ddof=0.0, correction=0.0, keepdims=False:
        ops.std(a, axis=axis, correction=ddof or correction, keepdims=keepdims),
    "ravel": lambda a: ops.reshape(a, (-1,)), "squeeze": lambda a, axis=None: ops.squeeze(a, axis=axis),
    "trace": lambda a, offset=0, axis1=0, axis2=1: ops.sum(_diagonal(a, offset, axis1, axis2), axis=-1),
    "sort": lambda a, axis=-1, kind=None, *, stable=True: ops.sort(a, axis=axis),          # ours is stable anyway
    "argsort": lambda a, axis=-1, kind=None, *, stable=True: ops.argsort(a, axis=axis),
}
