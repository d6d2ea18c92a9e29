"""Reductions: operations after which an axis is gone, and running ones, after which it is not.

    sum mean var std prod max min any all argmax argmin      x (..., n, ...) -> out (..., ...)
    logsumexp vector_norm                                    x (..., n, ...) -> out (..., ...)
    cumulative_sum cumulative_prod linear_scan               x (..., n, ...) -> out (..., n, ...)

`axis` is an axis, a tuple of axes, or None for all; `keepdims` leaves axes of length 1. One idea serves the rules:
spread `g` back over the lost axes (`_spread`), weighted by how much each element counted.
Read `compare.py` before this file and `shaping.py` after it.
"""

from __future__ import annotations

import builtins
import itertools
import math

import numpy as np

from .. import ops
from ..core.ops import op
from ..errors import ArgumentError, AxisError
from .creation import as_floats, raw_value
from .domains import MODERATE, NONZERO
from .elementwise import infinite_for_zero
from .expansions import Folded


def _spread(g, x, axis, keepdims):
    """`g` over the axes of `x` that the reduction took away. (A single number has none, though NumPy takes axis=0.)"""
    if axis is not None and not keepdims and x.ndim:
        g = ops.expand_dims(g, axis=axis)
    return ops.broadcast_to(g, x.shape)


def _count(x, axis):
    """How many elements of `x` become one."""
    if axis is None:
        return math.prod(x.shape)
    return math.prod(x.shape[i] for i in (axis if isinstance(axis, tuple) else (axis,)))


@op(kind="selection")
def sum(x, /, *, axis=None, dtype=None, keepdims=False):
    """The sum along `axis`, computed in `dtype` if one is given."""
    return np.add.reduce(x, axis=axis, dtype=dtype, keepdims=keepdims)      # np.sum, without its detour through Python


sum.derivative(x=lambda g, x, axis, keepdims: _spread(g, x, axis, keepdims))
sum.expand(Folded("add"))


@op(kind="selection")
def mean(x, /, *, axis=None, keepdims=False):
    """The mean along `axis`."""
    return np.mean(x, axis=axis, keepdims=keepdims)


mean.derivative(x=lambda g, x, axis, keepdims: _spread(_divided(g, _count(x, axis)), x, axis, keepdims))
mean.expand(lambda x, axis, keepdims: _divided(ops.sum(x, axis=axis, keepdims=keepdims), _count(x, axis)))


def _divided(x, n):
    """x / n; by way of 1 / n where n is larger than all numbers of half precision."""
    return x / n if n <= 65504 else x * (1 / n)


def _centred(x, axis):
    """x - mean(x) along `axis`."""
    return x - ops.mean(x, axis=axis, keepdims=True)


@op
def var(x, /, *, axis=None, correction=0.0, keepdims=False):
    """The variance along `axis`: the sum of (x - mean(x))² divided by n - correction."""
    return np.var(x, axis=axis, ddof=correction, keepdims=keepdims)


var.derivative(x=lambda g, x, axis, correction, keepdims:
               _divided(_spread(2 * g, x, axis, keepdims) * _centred(x, axis), _freedom(x, axis, correction)))
var.expand(lambda x, axis, correction, keepdims:
           ops.sum(ops.square(_centred(x, axis)), axis=axis, keepdims=keepdims) / _freedom(x, axis, correction))


def _freedom(x, axis, correction):
    """The degrees of freedom: what the sum of squares is divided by."""
    return builtins.max(_count(x, axis) - correction, 0)


@op
def std(x, /, *, axis=None, correction=0.0, keepdims=False):
    """The standard deviation along `axis`: sqrt(var(x)). Where it is 0, which is its kink, the derivative is 0."""
    return np.std(x, axis=axis, ddof=correction, keepdims=keepdims)


std.derivative(x=lambda g, out, x, axis, correction, keepdims:
               _divided(_spread(g / infinite_for_zero(out), x, axis, keepdims) * _centred(x, axis),
                        _freedom(x, axis, correction)))
std.expand(lambda x, axis, correction, keepdims:
           _root(ops.var(x, axis=axis, correction=correction, keepdims=keepdims), 2))


def _root(x, n):
    """x ** (1 / n), with slope 0 at 0, where norms and the standard deviation have their kink."""
    roots = ops.sqrt(x) if n == 2 else x ** (1 / n)
    return ops.where(x == 0, 0.0, roots) if np.any(raw_value(x) == 0) else roots


@op
def prod(x, /, *, axis=None, dtype=None, keepdims=False):
    """The product along `axis`, computed in `dtype` if one is given."""
    return np.prod(x, axis=axis, dtype=dtype, keepdims=keepdims)


prod.derivative(x=lambda g, x, axis, keepdims: _spread(g, x, axis, keepdims) * _product_of_others(x, axis))
prod.expand(Folded("multiply", by=_spread))


def _product_of_others(x, axis):
    """For each element the product of the others, also where some are 0: of those before times of those after."""
    axes = range(x.ndim) if axis is None or not x.ndim else axis if isinstance(axis, tuple) else (axis,)
    axes = tuple(i % x.ndim for i in axes)
    order = (*(i for i in range(x.ndim) if i not in axes), *axes)
    moved = ops.permute_dims(x, order)
    rows = ops.reshape(moved, (*moved.shape[:x.ndim - len(axes)], _count(x, axes)))
    others = _running_before(rows, -1) * ops.flip(_running_before(ops.flip(rows, axis=-1), -1), axis=-1)
    back = tuple(order.index(i) for i in range(x.ndim))
    return ops.permute_dims(ops.reshape(others, moved.shape), back)


def _running_before(x, axis):
    """The product of all elements before each, along `axis`."""
    return _shifted(ops.cumulative_prod(x, axis=axis), axis, 1.0)


def _shifted(x, axis, first):
    """`x` one place later along `axis`, with `first` before it."""
    axis = axis % x.ndim
    n = x.shape[axis]
    start = ops.full_like(x[(slice(None),) * axis + (slice(0, 1),)], first)
    return ops.concat([start, x[(slice(None),) * axis + (slice(0, builtins.max(n - 1, 0)),)]], axis=axis)


@op(kind="selection", domain=NONZERO)
def max(x, /, *, axis=None, keepdims=False):
    """The largest element along `axis`. Elements that are equally large share the gradient equally."""
    return np.max(x, axis=axis, keepdims=keepdims)


@op(kind="selection", domain=NONZERO)
def min(x, /, *, axis=None, keepdims=False):
    """The smallest element along `axis`. Elements that are equally small share the gradient equally."""
    return np.min(x, axis=axis, keepdims=keepdims)


def _to_the_chosen(g, out, x, axis, keepdims):
    """`g` to the elements that are equal to `out`, shared equally. (If `out` is NaN, none is: 0 / 0 is NaN.)"""
    chosen = x == _spread(out, x, axis, keepdims)
    return ops.where(chosen, _spread(g, x, axis, keepdims), 0.0) / ops.sum(chosen, axis=axis, keepdims=True)


max.derivative(x=_to_the_chosen)
min.derivative(x=_to_the_chosen)
max.expand(Folded("maximum", by=_spread, shared=True))
min.expand(Folded("minimum", by=_spread, shared=True))


@op
def any(x, /, *, axis=None, keepdims=False):
    """Whether any element along `axis` is true (not zero)."""
    return np.any(x, axis=axis, keepdims=keepdims)


@op
def all(x, /, *, axis=None, keepdims=False):
    """Whether all elements along `axis` are true (not zero)."""
    return np.all(x, axis=axis, keepdims=keepdims)


@op
def argmax(x, /, *, axis=None, keepdims=False):
    """The position of the (first) largest element along `axis`, or among all elements in row order."""
    return np.argmax(x, axis=axis, keepdims=keepdims)


@op
def argmin(x, /, *, axis=None, keepdims=False):
    """The position of the (first) smallest element along `axis`, or among all elements in row order."""
    return np.argmin(x, axis=axis, keepdims=keepdims)


for question in (any, all, argmax, argmin):
    question.derivative(x=None)
any.expand(Folded("logical_or", by=_spread))
all.expand(Folded("logical_and", by=_spread))
argmax.expand(lambda out: out)
argmin.expand(lambda out: out)


@op(domain=MODERATE)
def logsumexp(x, /, *, axis=None, keepdims=False):
    """ln(sum of exp(x)) along `axis`, without overflow on the way: the largest x is subtracted first, if finite."""
    x = as_floats(x)
    largest = np.max(x, axis=axis, keepdims=True, initial=-np.inf)
    shift = np.where(np.isfinite(largest), largest, 0).astype(x.dtype)
    with np.errstate(divide="ignore", over="ignore"):
        out = np.log(np.sum(np.exp(x - shift), axis=axis, keepdims=True)) + shift
    return out if keepdims else np.squeeze(out, axis=axis)[()]


def _logsumexp_rule(g, out, x, axis, keepdims):
    """`g` times softmax(x): exp(x - out), divided by their sum, which is 1 only as exactly as `out` is rounded."""
    out = ops.where(out == -math.inf, 0.0, out)         # of nothing, or of nothing but -inf
    powers = ops.exp(x - _spread(out, x, axis, keepdims))
    return _spread(g, x, axis, keepdims) * (powers / infinite_for_zero(ops.sum(powers, axis=axis, keepdims=True)))


logsumexp.derivative(x=_logsumexp_rule)


@logsumexp.expand
def _logsumexp_expansion(x, axis, keepdims):
    shift = largest(x, axis)
    powers = ops.sum(ops.exp(x - shift), axis=axis, keepdims=keepdims)
    return ops.log(powers) + np.reshape(shift, powers.shape)


def largest(x, axis):
    """The largest x along `axis`, but 0 if that is infinite: a constant to subtract, so that no power overflows."""
    found = np.max(as_floats(raw_value(x)), axis=axis, keepdims=True, initial=-np.inf)
    return np.where(np.isfinite(found), found, 0).astype(found.dtype)


@op(domain=NONZERO)
def vector_norm(x, /, *, axis=None, keepdims=False, ord=2):
    """The norm (sum of |x|**ord) ** (1/ord) along `axis`; for `ord` inf the largest |x|, for 0 how many x != 0.

    At its kinks the derivative is 0 (of the 1-norm at x = 0, of the 2-norm where all x are 0); for `ord` < 1 it is
    infinite at x = 0, and NaN. Elements that share the largest size share the gradient of the inf-norm. Squares neither
    overflow nor vanish: x is scaled first.
    """
    if not isinstance(ord, (int, float, np.number)):
        raise ArgumentError(f"vector_norm(x): got ord={ord!r}. Expected a number, inf or -inf.")
    x = np.abs(as_floats(x))
    if ord == 0:
        return np.sum(x != 0, axis=axis, keepdims=keepdims).astype(x.dtype)
    if ord in (math.inf, -math.inf):
        return (np.max if ord > 0 else np.min)(x, axis=axis, keepdims=keepdims)
    largest = np.max(x, axis=axis, keepdims=True, initial=0)
    scale = np.where((largest > 0) & np.isfinite(largest), largest, 1).astype(x.dtype)
    norm = scale * np.sum((x / scale) ** ord, axis=axis, keepdims=True) ** (1 / ord)
    return norm if keepdims else np.squeeze(norm, axis=axis)[()]


def _norm_rule(g, out, x, axis, keepdims, ord):
    g, out = _spread(g, x, axis, keepdims), _spread(out, x, axis, keepdims)
    if ord == 0:
        return ops.zeros_like(g)
    if ord == 1:
        return g * ops.sign(x)
    if ord in (math.inf, -math.inf):
        chosen = ops.abs(x) == out
        return ops.where(chosen, g * ops.sign(x), 0.0) / ops.sum(chosen, axis=axis, keepdims=True)
    if ord == 2:
        return g * (x / infinite_for_zero(out))
    size = infinite_for_zero(out) if ord > 1 else out           # below 1 the power is negative: x / 0 has slope 0
    return g * ops.sign(x) * (ops.abs(x) / size) ** (ord - 1)


vector_norm.derivative(x=_norm_rule)


@vector_norm.expand
def _norm_expansion(x, axis, keepdims, ord):
    if ord == 0:
        return ops.sum(x != 0, axis=axis, keepdims=keepdims)
    if ord in (math.inf, -math.inf):
        return (ops.max if ord > 0 else ops.min)(ops.abs(x), axis=axis, keepdims=keepdims)
    powers = ops.square(x) if ord == 2 else ops.abs(x) if ord == 1 else ops.abs(x) ** ord
    total = ops.sum(powers, axis=axis, keepdims=keepdims)
    return total if ord == 1 else _root(total, ord)


def _one_axis(x, axis, name):
    """`axis`, which may be left out if there is only one."""
    if not x.ndim:
        raise AxisError(f"{name}(x): got a single number. Expected x with an axis.")
    if axis is None:
        if x.ndim != 1:
            raise AxisError(f"{name}(x): got x of shape {x.shape} and no axis. Expected axis=..., unless x has one.")
        return 0
    if not isinstance(axis, (int, np.integer)):
        raise ArgumentError(f"{name}(x): got axis={axis!r}; expected one axis.")
    return axis


@op(kind="selection")
def cumulative_sum(x, /, *, axis=None, include_initial=False):
    """The sum of all elements up to each, along `axis` (0 for one axis); `include_initial` puts a 0 first."""
    x = np.asarray(x)
    return np.cumulative_sum(x, axis=_one_axis(x, axis, "cumulative_sum"), include_initial=include_initial)


def _cumulative_sum_rule(g, x, axis, include_initial):
    axis = _one_axis(x, axis, "cumulative_sum") % x.ndim
    if include_initial:
        g = g[(slice(None),) * axis + (slice(1, None),)]
    return ops.flip(ops.cumulative_sum(ops.flip(g, axis=axis), axis=axis), axis=axis)


cumulative_sum.derivative(x=_cumulative_sum_rule)
cumulative_sum.expand(lambda x, axis, include_initial: _running(ops.add, x, axis, [0.0] * include_initial))


def _running(step, x, axis, before):
    """What `step` makes of all elements up to each, along `axis`; the numbers in `before` come first."""
    axis = _one_axis(x, axis, "cumulative")
    rows = ops.unstack(x, axis=axis)
    return ops.stack([*(ops.full_like(rows[0], n) for n in before), *itertools.accumulate(rows, step)], axis=axis)


@op
def cumulative_prod(x, /, *, axis=None, include_initial=False):
    """The product of all elements up to each, along `axis` (0 for one axis); `include_initial` puts a 1 first."""
    x = np.asarray(x)
    return np.cumulative_prod(x, axis=_one_axis(x, axis, "cumulative_prod"), include_initial=include_initial)


def _cumulative_prod_rule(g, x, axis, include_initial):
    """out[k] = out[k-1] · x[k], so d[k] = g[k] + x[k+1] · d[k+1] is the gradient of out[k] along all ways."""
    axis = _one_axis(x, axis, "cumulative_prod") % x.ndim
    if include_initial:
        g = g[(slice(None),) * axis + (slice(1, None),)]
    return _scan_back(g, x, axis) * _running_before(x, axis)


cumulative_prod.derivative(x=_cumulative_prod_rule)
cumulative_prod.expand(lambda x, axis, include_initial: _running(ops.multiply, x, axis, [1.0] * include_initial))


@op
def linear_scan(x1, x2, /, *, axis):
    """The recurrence out[k] = x1[k] · out[k-1] + x2[k] along `axis`, with out[-1] = 0; x1 and x2 of one shape."""
    x1, x2 = np.moveaxis(x1, axis, 0), np.moveaxis(x2, axis, 0)
    out = np.empty(x2.shape, np.result_type(x1, x2))
    for k in range(len(x2)):
        out[k] = x1[k] * out[k - 1] + x2[k] if k else x2[k]
    return np.moveaxis(out, 0, axis)


def _scan_back(g, x1, axis):
    """The gradient of each out[k] along all ways: d[k] = g[k] + x1[k+1] · d[k+1]."""
    following = _shifted(ops.flip(x1, axis=axis), axis, 0.0)
    return ops.flip(ops.linear_scan(following, ops.flip(g, axis=axis), axis=axis), axis=axis)


linear_scan.derivative(x1=lambda g, out, x1, axis: _scan_back(g, x1, axis) * _shifted(out, axis, 0.0),
                       x2=lambda g, x1, axis: _scan_back(g, x1, axis))


@linear_scan.expand
def _scan_expansion(x1, x2, axis):
    factors, terms = ops.unstack(x1, axis=axis), ops.unstack(x2, axis=axis)
    rows = [terms[0]]
    for factor, term in zip(factors[1:], terms[1:], strict=True):
        rows.append(factor * rows[-1] + term)
    return ops.stack(rows, axis=axis)
