"""Initializers: the first values of weights, by a paper each.

    get("he_normal")(shape, rng)        -> array of `shape`, whose last axis are the units
    zeros  ones  orthogonal  glorot_…  he_…  lecun_…        are such functions themselves
    constant(value)  uniform(low, high)  normal(std)        make one

Sums of many inputs keep their size if the weights are small enough: most initializers divide by √inputs, or by the
root of the mean of inputs and outputs. For filters of a convolution (P, Q, C, K) inputs are P·Q·C, outputs P·Q·K.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ..errors import ArgumentError
from .names import found

Array = np.ndarray[Any, Any]
Shape = tuple[int, ...]
Initializer = Callable[[Shape, np.random.Generator], Array]


def zeros(shape: Shape, rng: np.random.Generator) -> Array:
    """All 0: for biases. Units whose weights are all equal would learn the same."""
    return np.zeros(shape)


def ones(shape: Shape, rng: np.random.Generator) -> Array:
    """All 1."""
    return np.ones(shape)


def constant(value: float) -> Initializer:
    """All of one value."""
    given: Any = value
    if not isinstance(given, (int, float, np.number)) or not math.isfinite(given):
        raise ArgumentError(f"constant(value): got {value!r:.60}. Expected a finite number.")
    return partial(_constant, value=float(value))       # partial, since a function in a function cannot be pickled


def uniform(low: float = -0.05, high: float = 0.05) -> Initializer:
    """Evenly spread from `low` to `high`.

    >>> get(uniform(-1, 1))((2, 3), np.random.default_rng(0)).shape
    (2, 3)
    """
    if not low <= high:
        raise ArgumentError(f"uniform(low, high): got low={low!r} and high={high!r}. Expected low to be the smaller.")
    return partial(_uniform, low=low, high=high)


def normal(std: float = 0.05, mean: float = 0.0) -> Initializer:
    """Normally distributed, with standard deviation `std` around `mean`."""
    if not std >= 0:
        raise ArgumentError(f"normal(std): got {std!r}. Expected a number of at least 0.")
    return partial(_normal, std=std, mean=mean)


def glorot_uniform(shape: Shape, rng: np.random.Generator) -> Array:
    """Variance 2 / (inputs + outputs), evenly spread.  Source: Glorot & Bengio 2010, AISTATS, equation 16."""
    return _evenly(rng, shape, 2 / sum(fans(shape)))


def glorot_normal(shape: Shape, rng: np.random.Generator) -> Array:
    """Variance 2 / (inputs + outputs), normally distributed.  Source: Glorot & Bengio 2010, AISTATS, equation 12."""
    return rng.normal(0, math.sqrt(2 / sum(fans(shape))), shape)


def he_uniform(shape: Shape, rng: np.random.Generator) -> Array:
    """Variance 2 / inputs, evenly spread, for relu.  Source: He et al. 2015, arXiv:1502.01852, equation 10."""
    return _evenly(rng, shape, 2 / fans(shape)[0])


def he_normal(shape: Shape, rng: np.random.Generator) -> Array:
    """Variance 2 / inputs, normally distributed, for relu.  Source: He et al. 2015, arXiv:1502.01852, equation 10."""
    return rng.normal(0, math.sqrt(2 / fans(shape)[0]), shape)


def lecun_uniform(shape: Shape, rng: np.random.Generator) -> Array:
    """Variance 1 / inputs, evenly spread.  Source: LeCun et al. 1998, Efficient BackProp, 4.6."""
    return _evenly(rng, shape, 1 / fans(shape)[0])


def lecun_normal(shape: Shape, rng: np.random.Generator) -> Array:
    """Variance 1 / inputs, normally distributed, for selu.  Source: LeCun et al. 1998, Efficient BackProp, 4.6."""
    return rng.normal(0, math.sqrt(1 / fans(shape)[0]), shape)


def orthogonal(shape: Shape, rng: np.random.Generator) -> Array:
    """Columns (or rows, if there are fewer) of length 1 at right angles.  Source: Saxe et al. 2014, arXiv:1312.6120."""
    if len(shape) < 2:
        raise ArgumentError(f"orthogonal: got shape {shape}. Expected at least two axes.")
    rows, columns = math.prod(shape[:-1]), shape[-1]
    q, r = np.linalg.qr(rng.normal(size=(max(rows, columns), min(rows, columns))))
    q = q * np.sign(np.diag(r))                                 # so that all rotations are equally likely
    return np.ascontiguousarray((q if rows >= columns else q.T).reshape(shape))


def fans(shape: Shape) -> tuple[int, int]:
    """How many inputs a unit has, and to how many outputs an input leads.

    >>> fans((784, 16)), fans((3, 3, 8, 4))
    ((784, 16), (72, 36))
    """
    if len(shape) < 2:
        return (shape or (1,))[0], (shape or (1,))[0]
    window = math.prod(shape[:-2])
    return window * shape[-2], window * shape[-1]


def _evenly(rng: np.random.Generator, shape: Shape, variance: float) -> Array:
    limit = math.sqrt(3 * variance)                             # the variance from -limit to limit is limit² / 3
    return rng.uniform(-limit, limit, shape)


def _constant(shape: Shape, rng: np.random.Generator, value: float) -> Array:
    return np.full(shape, value)


def _uniform(shape: Shape, rng: np.random.Generator, low: float, high: float) -> Array:
    return rng.uniform(low, high, shape)


def _normal(shape: Shape, rng: np.random.Generator, std: float, mean: float) -> Array:
    return rng.normal(mean, std, shape)


INITIALIZERS: dict[str, Initializer] = {
    "zeros": zeros, "ones": ones, "uniform": uniform(), "normal": normal(), "orthogonal": orthogonal,
    "glorot_uniform": glorot_uniform, "glorot_normal": glorot_normal, "he_uniform": he_uniform, "he_normal": he_normal,
    "lecun_uniform": lecun_uniform, "lecun_normal": lecun_normal,
}
MAKERS: tuple[Any, ...] = (constant, uniform, normal)


def get(initializer: str | float | Initializer) -> Initializer:
    """An initializer by its name, as a function of shape and generator, or as the number that all values shall be.

    >>> get("he_normal")((784, 16), np.random.default_rng(0)).std().round(2)
    np.float64(0.05)
    """
    if any(initializer is each for each in MAKERS):             # an array given by mistake has no truth value
        name = getattr(initializer, "__name__", "")
        raise ArgumentError(f"initializer: got the function {name} itself. Expected what it makes, such as "
                            f"{name}({'' if name == 'uniform' else '0.1'}).")
    if isinstance(initializer, (int, float, np.number)):
        return constant(initializer)
    chosen: Initializer = found("initializer", initializer, INITIALIZERS)
    return chosen
