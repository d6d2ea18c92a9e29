"""Recipes of reductions, softmax and running sums: axes, and elements that are apart where ties matter."""

import math
from functools import partial
from typing import Any

import numpy as np

from ..pencil import Drawn, Pencil, Recipe


def one_axis(p: Pencil) -> Drawn:
    """An axis."""
    shape = p.shape(min_dims=1)
    return (p.array(shape),), {"axis": p.axis(len(shape))}


def reduction(p: Pencil) -> Drawn:
    """Any axes."""
    shape = p.shape()
    return (p.array(shape),), {"axis": p.axes(len(shape)), "keepdims": p.choice(False, True)}


def nonempty(p: Pencil, distinct: bool = False) -> Drawn:
    """At least one element: NumPy has no mean or largest element of nothing."""
    shape = p.shape(min_side=1)
    x = p.spread(shape) if distinct else p.array(shape)
    return (x,), {"axis": p.axes(len(shape)), "keepdims": p.choice(False, True)}


def reduction_with_dtype(p: Pencil) -> Drawn:
    """Perhaps a dtype."""
    inputs, options = reduction(p)
    return inputs, {**options, "dtype": p.choice(None, np.float64)}


def deviating(p: Pencil) -> Drawn:
    """Variance and deviation: some elements more than the correction takes away."""
    (x,), options = nonempty(p, distinct=True)
    count = np.size(x) // max(np.size(np.sum(x, axis=options["axis"])), 1)
    return (x,), {**options, "correction": p.choice(0.0, 0.5, 1, count - 0.5) if count > 1 else 0.0}


def norms(p: Pencil) -> Drawn:
    """An order, which may be infinite."""
    inputs, options = nonempty(p, distinct=True)
    return inputs, {**options, "ord": p.choice(2, 1, 3, 1.5, math.inf, -math.inf, 0, -1)}


def places(p: Pencil) -> Drawn:
    """One axis or None."""
    shape = p.shape(min_side=1)
    axis = p.choice(None, *range(-len(shape), len(shape)))
    return (p.array(shape),), {"axis": axis, "keepdims": p.choice(False, True)}


def running(p: Pencil) -> Drawn:
    """Running sums: perhaps with the one before the first element."""
    shape = p.shape(min_dims=1)
    return (p.array(shape),), {"axis": p.axis(len(shape)), "include_initial": p.choice(False, True)}


def scanning(p: Pencil) -> Drawn:
    """Two inputs of one shape."""
    shape = p.shape(min_dims=1)
    return (p.array(shape), p.array(shape)), {"axis": p.axis(len(shape))}


distinct: Any = partial(nonempty, distinct=True)
RECIPES: dict[str, Recipe] = {
    "sum": reduction_with_dtype, "prod": reduction_with_dtype, "mean": nonempty, "var": deviating, "std": deviating,
    "max": distinct, "min": distinct, "any": reduction, "all": reduction, "argmax": places, "argmin": places,
    "logsumexp": nonempty, "vector_norm": norms, "softmax": one_axis, "log_softmax": one_axis,
    "cumulative_sum": running, "cumulative_prod": running, "linear_scan": scanning,
}
