"""Activation functions of neurons that are operations of their own: out (...) like x (...).

    relu sigmoid softplus              each element alone
    softmax log_softmax                along one axis

Read `transcendental.py` before this file and `reduction.py` after it.
"""

from __future__ import annotations

import math

import numpy as np

from .. import ops
from ..core.ops import elementwise, op, selection
from .creation import as_floats
from .domains import MODERATE, NONZERO
from .reduction import largest


@selection(scalar=lambda x: 0.0 if x <= 0 else x, domain=NONZERO, numpy="np.maximum({x}, 0)")
def relu(x, /):
    """The rectified linear unit, max(0, x). At its kink, 0, the derivative is 0."""
    return np.maximum(x, 0)


relu.derivative(x=lambda g, x: ops.where(x <= 0, 0.0, g))
relu.expand("elements")


def _sigmoid_of_float(x):
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


@elementwise(scalar=_sigmoid_of_float, domain=MODERATE)
def sigmoid(x, /):
    """The logistic function 1 / (1 + exp(-x)), from 0 to 1.

    Where exp(-x) overflows the result is 0, as it should be; only half precision, whose exponentials overflow while
    the result is still far from 0, takes the way by float32.
    """
    x = as_floats(x)
    if x.dtype.char == "e":                     # half precision
        return sigmoid(x.astype(np.float32)).astype(np.float16)
    with np.errstate(over="ignore"):
        powers = np.exp(-x)
        powers += 1
        return 1 / powers


sigmoid.derivative(x=lambda g, out: g * (out * (1 - out)))


@elementwise(domain=MODERATE, numpy="np.logaddexp({x}, 0)")
def softplus(x, /):
    """ln(1 + exp(x)), a smooth relu, without overflow on the way."""
    return np.logaddexp(as_floats(x), 0)


softplus.derivative(x=lambda g, x: g * sigmoid(x))


@op(domain=MODERATE)
def softmax(x, /, *, axis=-1):
    """exp(x) divided by its sum along `axis`: positive numbers that add up to 1.

        out = exp(x) / sum(exp(x))

    The largest x is subtracted first, so that no exponential overflows.
    """
    powers = np.exp(_below_zero(x, axis))
    return powers / np.sum(powers, axis=axis, keepdims=True)


softmax.derivative(x=lambda g, out, axis: out * (g - ops.sum(g * out, axis=axis, keepdims=True)))
softmax.expand(lambda x, axis: _shares(ops.exp(x - largest(x, axis)), axis))


def _shares(x, axis):
    """x divided by its sum along `axis`."""
    return x / ops.sum(x, axis=axis, keepdims=True)


@op(domain=MODERATE)
def log_softmax(x, /, *, axis=-1):
    """The logarithm of softmax: x - logsumexp(x) along `axis`, exact also where softmax vanishes."""
    shifted = _below_zero(x, axis)
    with np.errstate(divide="ignore"):                          # the sum of nothing is 0
        return shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))


log_softmax.derivative(x=lambda g, out, axis: g - ops.exp(out) * ops.sum(g, axis=axis, keepdims=True))
log_softmax.expand(lambda x, axis: x - ops.logsumexp(x, axis=axis, keepdims=True))


def _below_zero(x, axis):
    """x less the largest x along `axis`."""
    x = as_floats(x)
    return x - np.max(x, axis=axis, keepdims=True, initial=-np.inf)
