"""Numerical derivatives that know how far off they may be: every value comes with an error bound.

    numerical_gradient(f, *xs)      of one number: an Estimate with the shape of x for each x
    numerical_jacobian(f, *xs)      of arrays: an Estimate of shape (*output.shape, *x.shape) for each x
    numerical_hessian(f, x)         second derivatives of one number: an Estimate of shape (*x.shape, *x.shape)
    Place                           a function at x: its value there, and rays through x along entries or directions

Each entry of x is moved alone, by steps relative to its size, in its own dtype; `slopes.py` does the rest.
Read `slopes.py` before this file and `claims.py` after it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache, cached_property
from typing import Any, NamedTuple

import numpy as np

from ..core.modes import no_grad
from ..core.tensors import Tensor, constant
from ..core.values import settle
from ..errors import DTypeError, ShapeError
from ..transforms import leaves_of
from .noise import Noise
from .slopes import Ray, Slope, examine


class Estimate(NamedTuple):
    """A numerical derivative, and a bound on how far each entry may be from the true one."""

    value: np.ndarray
    error: np.ndarray


class Place:
    """A function at x: its values there, and how they change along rays.

    Args:
        f: takes one raw array for each input, gives a number, an array, a Tensor or a nested list of them.
        inputs: the raw arrays.
    """

    def __init__(self, f: Callable[..., Any], inputs: Sequence[Any]) -> None:
        self.f, self.inputs = f, list(inputs)
        self.calls = 1
        self.given = f(*self.inputs)
        outputs = output_arrays(self.given)
        self.shapes = [output.shape for output in outputs]
        self.at_x = flat(outputs)
        used = [a.dtype for a in (*outputs, *map(np.asarray, self.inputs)) if a.dtype.kind == "f"]
        self.eps = max((float(np.finfo(dtype).eps) for dtype in used), default=2.0**-52)
        self.eps = max(self.eps, 2.0**-52)                              # values are compared in float64

        self.noise = Noise(self.at_x, self.eps, self._shaken)
        self.uphill: list[Any] = [None] * len(self.inputs)      # whatever is known of the gradients

    @cached_property
    def ways(self) -> list[Any]:
        """For each floating-point input a direction in which noise is looked for: uphill, if that is known."""
        rng = np.random.default_rng(0)
        found: list[Any] = []
        for x, uphill in zip(self.inputs, self.uphill, strict=True):
            if not is_floating(x):
                found.append(None)
                continue
            signs = rng.choice([-1.0, 1.0], x.shape)
            if uphill is not None and uphill.shape == x.shape:
                signs = np.where(uphill > 0, 1.0, np.where(uphill < 0, -1.0, signs))
            found.append(signs * rng.uniform(0.4, 1, x.shape) * units_of(x))
        return found

    def _shaken(self, t: float) -> np.ndarray:
        """The rise when all floating-point inputs move at once."""
        moved = [x if way is None else (x + t * way).astype(x.dtype)
                 for x, way in zip(self.inputs, self.ways, strict=True)]
        return np.asarray(self.values(moved) - self.at_x)

    def rise(self, position: int, x: Any) -> np.ndarray:
        """F with another value of one input, minus f(x)."""
        args = list(self.inputs)
        args[position] = x
        return np.asarray(self.values(args) - self.at_x)

    def values(self, args: list[Any]) -> np.ndarray:
        """F's outputs as one vector. NaN where f refuses with an error of arithmetic."""
        self.calls += 1
        try:
            values = flat(output_arrays(self.f(*args)))
        except (ArithmeticError, ValueError):
            return np.full(self.at_x.shape, math.nan)
        return values if values.shape == self.at_x.shape else np.full(self.at_x.shape, math.nan)

    def entry(self, position: int, index: int, unit: float) -> Callable[[float], tuple[np.ndarray, float]]:
        """`rise` for a Ray along one entry of one input, in units of `unit`."""
        x = np.asarray(self.inputs[position])
        start = float(x.reshape(-1)[index])

        def rise(h: float) -> tuple[np.ndarray, float]:
            moved = x.copy()
            entries = moved.reshape(-1)
            entries[index] = start + h * unit
            step = (float(entries[index]) - start) / unit
            return (self.rise(position, moved), step) if step else (self.at_x, 0.0)
        return rise

    def direction(self, position: int, v: np.ndarray) -> Callable[[float], tuple[np.ndarray, float]]:
        """`rise` for a Ray along a direction; its step is the part of the rounded one that lies along v."""
        x = np.asarray(self.inputs[position])
        size = float(np.max(np.abs(v)))
        way = (v / size).reshape(-1)
        way /= float(way @ way)

        def rise(h: float) -> tuple[np.ndarray, float]:
            moved = (x + h * v).astype(x.dtype)
            step = float((np.asarray(moved - x, np.float64) / size).reshape(-1) @ way)
            return (self.rise(position, moved), step) if step else (self.at_x, 0.0)
        return rise


def is_floating(value: Any) -> bool:
    """Whether this is an array of floating-point numbers."""
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def output_arrays(output: Any) -> list[np.ndarray]:
    """The floating-point arrays in what a function returned: a number, an array, a Tensor, or nested lists of them.

    Python integers count (f may give `3` where it could give `3.0`), arrays of integers and booleans do not.
    """
    leaves = leaves_of(output) if isinstance(output, (list, tuple, dict)) else [output]
    arrays = [np.asarray(leaf.data if leaf.__class__ is Tensor else float(leaf) if type(leaf) is int else leaf)
              for leaf in leaves]
    return [a for a in arrays if a.dtype.kind == "f"]


def flat(arrays: Sequence[np.ndarray]) -> np.ndarray:
    """A fresh float64 vector of all numbers: functions may use the memory of their results again."""
    if len(arrays) == 1:
        return np.array(arrays[0], np.float64).reshape(-1)
    return np.concatenate([np.asarray(a, np.float64).reshape(-1) for a in arrays]) if arrays else np.zeros(0)


def finest_step(x: float) -> float:
    """The shortest step from x, in units of its size: beside 0 nothing is lost to rounding."""
    return 0.0 if x else 1e-150


def units_of(x: Any) -> np.ndarray:
    """A step of the size of each entry, as a power of 2, so that it is added exactly; for 0 that of the others."""
    size = np.abs(np.asarray(x, np.float64))
    usable = (size > 0) & (size < math.inf)
    if not usable.all():
        size = np.where(usable, size, np.median(size[usable]) if usable.any() else 1.0)
    return np.asarray(np.ldexp(1.0, np.frexp(size)[1] - 1))


# -- the public functions ---------------------------------------------------------------------------------------------


def numerical_gradient(f: Callable[..., Any], *inputs: Any) -> Any:
    """The gradient of a function that gives one number, by differences of its values.

    Args:
        f: a function of numbers, arrays or Tensors: each is called with what it was given.
        inputs: where; floating-point.
    Returns: for one input an Estimate (value and error, of its shape), else a tuple of them. At a kink the middle of
        the two slopes, with half their difference as the error; the error is infinite where nothing can be said.
    Raises: ShapeError if f gives more than one number, DTypeError for inputs that are not floating-point.

    >>> value, error = tg.testing.numerical_gradient(lambda x: np.sum(x ** 3), np.array([1.0, 2.0]))
    >>> np.abs(value - [3, 12]) <= error, error < 1e-8
    (array([ True,  True]), array([ True,  True]))
    """
    found = _derivatives(f, inputs, "numerical_gradient")
    if any(each.shape for each in found[1]):
        raise ShapeError(f"numerical_gradient(f): got an output of shape {found[1][0].shape} from f. "
                         "Expected one number; write numerical_jacobian for all derivatives.")
    return found[0] if len(inputs) > 1 else found[0][0]


def numerical_jacobian(f: Callable[..., Any], *inputs: Any) -> Any:
    """All derivatives of a function that gives an array, by differences of its values.

    Args:
        f: a function of numbers, arrays or Tensors: each is called with what it was given.
        inputs: where; floating-point.
    Returns: for one input an Estimate of shape (*output.shape, *input.shape), else a tuple of them.
    Raises: DTypeError for inputs that are not floating-point.

    >>> found = tg.testing.numerical_jacobian(lambda x: x * x, np.array([1.0, 2.0]))
    >>> bool(np.all(np.abs(found.value - [[2, 0], [0, 4]]) <= found.error)), bool(found.error.max() < 1e-6)
    (True, True)
    """
    found, _ = _derivatives(f, inputs, "numerical_jacobian")
    return found if len(inputs) > 1 else found[0]


def numerical_hessian(f: Callable[..., Any], x: Any) -> Estimate:
    """The second derivatives of a function that gives one number: the numerical Jacobian of its numerical gradient.

    Args:
        f: a function of a number, an array or a Tensor.
        x: where; floating-point.
    Returns: an Estimate of shape (*x.shape, *x.shape), made symmetric; the error covers what it was not.

    >>> found = tg.testing.numerical_hessian(lambda x: x[0] * x[0] * x[1], np.array([1.0, 2.0]))
    >>> bool(np.abs(found.value - [[4, 2], [2, 0]]).max() < 1e-4)
    True
    """
    def gradient(x: Any) -> np.ndarray:
        return np.asarray(numerical_gradient(f, x).value)

    value, error = numerical_jacobian(gradient, x)
    n = math.isqrt(value.size)
    square, bound = value.reshape(n, n), error.reshape(n, n)
    bound = np.maximum(bound, bound.T) + np.abs(square - square.T) / 2
    return Estimate(((square + square.T) / 2).reshape(value.shape), bound.reshape(value.shape))


def _derivatives(f: Callable[..., Any], inputs: Sequence[Any], name: str) -> tuple[tuple[Estimate, ...], list[Any]]:
    """An Estimate for each input, and the outputs."""
    arrays = [np.array(x.data if x.__class__ is Tensor else x) for x in inputs]
    arrays = [a.astype(np.float64) if isinstance(x, int) else a for a, x in zip(arrays, inputs, strict=True)]
    for a in arrays:
        if a.dtype.kind != "f":
            raise DTypeError(f"{name}(f, x): got an input of dtype {a.dtype}. "
                             "Expected floating-point numbers; write x.astype(float).")
    place = Place(_called_with(f, inputs), arrays)
    with np.errstate(all="ignore"):
        found = tuple(_jacobian(place, position) for position in range(len(arrays)))
    return found, [np.zeros(shape) for shape in place.shapes]


def _called_with(f: Callable[..., Any], given: Sequence[Any]) -> Callable[..., Any]:
    """F of raw arrays, called with Tensors, numbers or arrays as were given."""
    def called(*arrays: Any) -> Any:
        with no_grad():
            return f(*[constant(settle(a)) if x.__class__ is Tensor else a[()] if np.ndim(a) == 0 else a
                       for a, x in zip(arrays, given, strict=True)])
    return called


def _jacobian(place: Place, position: int) -> Estimate:
    x = np.asarray(place.inputs[position])
    value, error = np.zeros((2, place.at_x.size, x.size))
    for i, unit in enumerate(units_of(x).reshape(-1)):
        rise = cache(place.entry(position, i, float(unit)))
        for j in range(place.at_x.size):
            slope = examine(Ray(rise, place.noise, np.eye(1, place.at_x.size, j)[0], 0.0,
                                finest=finest_step(x.reshape(-1)[i])))
            value[j, i], error[j, i] = _as_estimate(slope, float(unit))
    shape = (*(place.shapes[0] if len(place.shapes) == 1 else (place.at_x.size,)), *x.shape)
    return Estimate(value.reshape(shape), error.reshape(shape))


def _as_estimate(slope: Slope, unit: float) -> tuple[float, float]:
    gap = abs(slope.ahead - slope.behind) / 2 if slope.kind == "kink" else 0.0
    error = math.inf if slope.kind in ("jump", "unclear") else slope.error + gap
    return slope.residual / unit, error / unit
