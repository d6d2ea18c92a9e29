"""Elementwise functions of analysis: exponentials, logarithms, angles, and two special functions.

    exp expm1 log log1p log2 log10                           x (...) -> out (...)
    sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh
    erf sinc
    logaddexp atan2                                          x1 (...), x2 (...) -> out (...)

A rule uses `out` where that avoids overflow or saves work, and a form that is exact where the textbook's cancels.
Read `elementwise.py` before this file and `activation.py` after it.
"""

from __future__ import annotations

import math

import numpy as np

from .. import ops
from ..core.ops import elementwise
from .creation import as_floats
from .domains import ABOVE_MINUS_ONE, ABOVE_ONE, ANGLE, MODERATE, POSITIVE, UNIT

# -- exponentials and logarithms ----------------------------------------------------------------------------------


@elementwise(scalar=math.exp, domain=MODERATE)
def exp(x, /):
    """e to the power x."""
    return np.exp(x)


exp.derivative(x=lambda g, out: g * out)


@elementwise(scalar=math.expm1, domain=MODERATE)
def expm1(x, /):
    """exp(x) - 1, exact for small x."""
    return np.expm1(x)


expm1.derivative(x=lambda g, x: g * exp(x))


@elementwise(scalar=math.log, domain=POSITIVE)
def log(x, /):
    """The natural logarithm ln x.  Source: DLMF 4.7."""
    return np.log(x)


log.derivative(x=lambda g, x: g / x)


@elementwise(scalar=math.log1p, domain=ABOVE_MINUS_ONE)
def log1p(x, /):
    """ln(1 + x), exact for small x."""
    return np.log1p(x)


log1p.derivative(x=lambda g, x: g / (1 + x))


@elementwise(domain=POSITIVE)
def log2(x, /):
    """The logarithm to base 2."""
    return np.log2(x)


log2.derivative(x=lambda g, x: g / math.log(2) / x)


@elementwise(domain=POSITIVE)
def log10(x, /):
    """The logarithm to base 10."""
    return np.log10(x)


log10.derivative(x=lambda g, x: g / math.log(10) / x)


@elementwise(domain=MODERATE)
def logaddexp(x1, x2, /):
    """ln(exp(x1) + exp(x2)), without overflow on the way."""
    return np.logaddexp(x1, x2)


logaddexp.derivative(x1=lambda g, x1, x2: g * ops.sigmoid(_difference(x1, x2)),
                     x2=lambda g, x1, x2: g * ops.sigmoid(_difference(x2, x1)))


def _difference(x1, x2):
    """x1 - x2, but 0 for two equal infinities."""
    return ops.where(ops.logical_and(ops.isinf(x1), x1 == x2), 0.0, x1 - x2)

# -- circular and hyperbolic functions ----------------------------------------------------------------------------


@elementwise(scalar=math.sin)
def sin(x, /):
    """The sine of x radians."""
    return np.sin(x)


sin.derivative(x=lambda g, x: g * cos(x))


@elementwise(scalar=math.cos)
def cos(x, /):
    """The cosine of x radians."""
    return np.cos(x)


cos.derivative(x=lambda g, x: -g * sin(x))


@elementwise(scalar=math.tan, domain=ANGLE)
def tan(x, /):
    """The tangent of x radians."""
    return np.tan(x)


tan.derivative(x=lambda g, out: g * (1 + out * out))


@elementwise(scalar=math.asin, domain=UNIT, numpy="np.arcsin({x})")
def asin(x, /):
    """The angle in radians, from -pi/2 to pi/2, whose sine is x; -1 <= x <= 1."""
    return np.arcsin(x)


asin.derivative(x=lambda g, x: g / ops.sqrt((1 - x) * (1 + x)))      # exact near ±1, where 1 - x² cancels


@elementwise(scalar=math.acos, domain=UNIT, numpy="np.arccos({x})")
def acos(x, /):
    """The angle in radians, from 0 to pi, whose cosine is x; -1 <= x <= 1."""
    return np.arccos(x)


acos.derivative(x=lambda g, x: -g / ops.sqrt((1 - x) * (1 + x)))


@elementwise(scalar=math.atan, numpy="np.arctan({x})")
def atan(x, /):
    """The angle in radians, from -pi/2 to pi/2, whose tangent is x."""
    return np.arctan(x)


atan.derivative(x=lambda g, x: g / (1 + x * x))


@elementwise(scalar=math.atan2, domain=POSITIVE)
def atan2(x1, x2, /):
    """The angle of the point (x2, x1) in radians, from -pi to pi. At (0, 0), where it jumps, the derivative is NaN.

    Source: DLMF 4.23(iv).
    """
    return np.arctan2(x1, x2)


atan2.derivative(x1=lambda g, x1, x2: g * (x2 / ops.hypot(x1, x2)) / ops.hypot(x1, x2),      # squares would overflow
                 x2=lambda g, x1, x2: -g * (x1 / ops.hypot(x1, x2)) / ops.hypot(x1, x2))


@elementwise(scalar=math.sinh, domain=MODERATE)
def sinh(x, /):
    """The hyperbolic sine, (exp(x) - exp(-x)) / 2."""
    return np.sinh(x)


sinh.derivative(x=lambda g, x: g * cosh(x))


@elementwise(scalar=math.cosh, domain=MODERATE)
def cosh(x, /):
    """The hyperbolic cosine, (exp(x) + exp(-x)) / 2."""
    return np.cosh(x)


cosh.derivative(x=lambda g, x: g * sinh(x))


@elementwise(scalar=math.tanh, domain=MODERATE)
def tanh(x, /):
    """The hyperbolic tangent, sinh(x) / cosh(x), from -1 to 1."""
    return np.tanh(x)


tanh.derivative(x=lambda g, out: g * (1 - out * out))      # g / cosh(x)**2 overflows at x = 400


@elementwise(numpy="np.arcsinh({x})")
def asinh(x, /):
    """The number whose hyperbolic sine is x."""
    return np.arcsinh(x)


asinh.derivative(x=lambda g, x: g / ops.hypot(x, 1.0))


@elementwise(domain=ABOVE_ONE, numpy="np.arccosh({x})")
def acosh(x, /):
    """The number not below 0 whose hyperbolic cosine is x; x >= 1."""
    return np.arccosh(x)


acosh.derivative(x=lambda g, x: g / (ops.sqrt(x - 1) * ops.sqrt(x + 1)))


@elementwise(domain=UNIT, numpy="np.arctanh({x})")
def atanh(x, /):
    """The number whose hyperbolic tangent is x; -1 < x < 1."""
    return np.arctanh(x)


atanh.derivative(x=lambda g, x: g / ((1 - x) * (1 + x)))

# -- special functions --------------------------------------------------------------------------------------------

_erf_of_each = np.vectorize(math.erf, otypes=[np.float64])


@elementwise(scalar=math.erf, domain=MODERATE)
def erf(x, /):
    """The error function, 2/sqrt(pi) times the integral of exp(-t²) from 0 to x.  Source: DLMF 7.2."""
    x = as_floats(x)
    return _erf_of_each(x).astype(x.dtype)


erf.derivative(x=lambda g, x: g * (2 / math.sqrt(math.pi)) * exp(-x * x))


@elementwise
def sinc(x, /):
    """sin(pi x) / (pi x), and 1 at 0."""
    return np.sinc(x)


sinc.derivative(x=lambda g, x: g * sinc_derivative(x))


@elementwise(name="sinc_derivative")
def sinc_derivative(x, /, *, order=1):
    """The derivative of sinc of some `order`, exact also near 0, where the quotient would cancel."""
    x = as_floats(x)
    return _sinc_derivative(np.pi * x.astype(np.float64), order).astype(x.dtype)


sinc_derivative.derivative(x=lambda g, x, order: g * sinc_derivative(x, order=order + 1))


def _sinc_derivative(z, order):
    """pi**n times the n-th derivative of sin(z)/z, which is the integral of t**n cos(zt + n pi/2) over 0 < t < 1.

    By Gauss-Legendre quadrature where |z| is small, else by the recurrence z f_n = sin(z + n pi/2) - n f_(n-1).
    """
    near, far = np.zeros_like(z), np.sinc(z / np.pi)
    for node, weight in zip(*np.polynomial.legendre.leggauss(40), strict=True):
        t = (node + 1) / 2
        near += weight / 2 * t**order * np.cos(z * t + order * np.pi / 2)
    for n in range(1, order + 1):
        far = (np.sin(z + n * np.pi / 2) - n * far) / np.where(z == 0, 1, z)
    return np.pi**order * np.where(np.abs(z) < 2 * order + 2, near, far)
