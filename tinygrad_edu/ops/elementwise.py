"""Elementwise functions: out has the broadcast shape of the inputs, and each element depends on its own alone.

    add subtract multiply divide power remainder floor_divide        x1 (...), x2 (...) -> out (...)
    maximum minimum atan2 hypot logaddexp
    negative positive abs sign square sqrt cbrt reciprocal           x (...) -> out (...)
    exp expm1 log log1p log2 log10 sin cos tan asin acos atan
    sinh cosh tanh asinh acosh atanh floor ceil round trunc erf sinc clip

A rule gives the gradient in the shape of `out`; the engine sums it to the shape of an input that was broadcast.
Read `core/ops.py` before this file and `activation.py` after it.
"""

from __future__ import annotations

import math
import operator

import numpy as np

from .. import ops
from ..core.ops import elementwise, selection
from ..core.tensors import Tensor
from .creation import as_floats
from .domains import (
    ABOVE_MINUS_ONE,
    ABOVE_ONE,
    ANGLE,
    HALF_STEPS,
    MODERATE,
    NONZERO,
    POSITIVE,
    REAL,
    STEPS,
    UNIT,
)

# -- arithmetic ---------------------------------------------------------------------------------------------------


@elementwise(scalar=operator.add)
def add(x1, x2, /):
    """The sum x1 + x2."""
    return np.add(x1, x2)


add.derivative(x1=lambda g: g, x2=lambda g: g)


@elementwise(scalar=operator.sub)
def subtract(x1, x2, /):
    """The difference x1 - x2."""
    return np.subtract(x1, x2)


subtract.derivative(x1=lambda g: g, x2=lambda g: -g)


@elementwise(scalar=operator.mul)
def multiply(x1, x2, /):
    """The product x1 · x2 of elements."""
    return np.multiply(x1, x2)


multiply.derivative(x1=lambda g, x2: g * x2, x2=lambda g, x1: g * x1)


@elementwise(scalar=operator.truediv, domain={"x1": REAL, "x2": NONZERO})
def divide(x1, x2, /):
    """The quotient x1 / x2."""
    return np.divide(x1, x2)


divide.derivative(x1=lambda g, x2: g / x2, x2=lambda g, out, x2: -g * out / x2)


@elementwise(scalar=math.pow, domain={"x1": POSITIVE, "x2": MODERATE})
def power(x1, x2, /):
    """The power x1 ** x2.

    At x1 = 0 the rules keep to the limits: x ** 0 has slope 0, x ** 1 has slope 1, and 0 ** y has slope 0 in y > 0
    (and in y = 0, by convention).
    For x1 < 0 there is no real power between whole exponents, so the derivative with respect to x2 is NaN.
    """
    return x1 ** x2 if isinstance(x1, np.ndarray) else np.power(x1, x2)        # the operator is faster for ** 2


power.derivative(x1=lambda g, x1, x2: g * x2 * x1 ** _one_less(x2, x1),
                 x2=lambda g, out, x1, x2: g * out * log(x1 + (x1 == 0) * (x2 >= 0)))       # ln x1, but 0 in 0 ** y, y >= 0


def _one_less(x2, x1):
    """x2 - 1, but 0 where 0 · x1 ** -1 would be NaN: at x2 = 0 if x2 is constant, else (for its derivative) at x1 = x2 = 0."""
    return x2 - 1 + (x1 == 0) * (x2 == 0) if x2.__class__ is Tensor else x2 - (x2 != 0)


@elementwise(domain={"x1": REAL, "x2": POSITIVE})
def remainder(x1, x2, /):
    """The remainder x1 - floor(x1 / x2) · x2, which has the sign of x2. At its jumps the slopes are those inside."""
    return np.remainder(x1, x2)


remainder.derivative(x1=lambda g: g, x2=lambda g, x1, x2: -g * floor_divide(x1, x2))


@elementwise(domain={"x1": REAL, "x2": POSITIVE})
def floor_divide(x1, x2, /):
    """The largest whole number not above x1 / x2. Its derivative is 0 (also at the jumps, by convention)."""
    return np.floor_divide(x1, x2)


floor_divide.derivative(x1=lambda g: ops.zeros_like(g), x2=lambda g: ops.zeros_like(g))


@selection
def maximum(x1, x2, /):
    """The larger of x1 and x2; NaN if one is NaN. Where they are equal, each gets half of the gradient (if NaN, all)."""
    return np.maximum(x1, x2)


maximum.derivative(x1=lambda g, x1, x2: _share(g, x1 < x2, x1 == x2), x2=lambda g, x1, x2: _share(g, x2 < x1, x1 == x2))


@selection
def minimum(x1, x2, /):
    """The smaller of x1 and x2; NaN if one is NaN. Where they are equal, each gets half of the gradient (if NaN, all)."""
    return np.minimum(x1, x2)


minimum.derivative(x1=lambda g, x1, x2: _share(g, x1 > x2, x1 == x2), x2=lambda g, x1, x2: _share(g, x2 > x1, x1 == x2))


def _share(g, loses, ties):
    """0 where this input loses, half of `g` where both are equal, else all of it."""
    return ops.where(loses, 0.0, ops.where(ties, g * 0.5, g))


@elementwise(scalar=math.atan2, domain=POSITIVE)
def atan2(x1, x2, /):
    """The angle of the point (x2, x1) in radians, from -pi to pi. At (0, 0), where it jumps, the derivative is NaN.

    Source: DLMF 4.23(iv).
    """
    return np.arctan2(x1, x2)


atan2.derivative(x1=lambda g, x1, x2: g * (x2 / hypot(x1, x2)) / hypot(x1, x2),      # squares would overflow
                 x2=lambda g, x1, x2: -g * (x1 / hypot(x1, x2)) / hypot(x1, x2))


@elementwise(domain=NONZERO)
def hypot(x1, x2, /):
    """The length sqrt(x1² + x2²), without overflow on the way. At (0, 0), where it has a kink, the derivative is 0."""
    return np.hypot(x1, x2)


hypot.derivative(x1=lambda g, out, x1: g * (x1 / (out + (out == 0))), x2=lambda g, out, x2: g * (x2 / (out + (out == 0))))


@elementwise(domain=MODERATE)
def logaddexp(x1, x2, /):
    """ln(exp(x1) + exp(x2)), without overflow on the way."""
    return np.logaddexp(x1, x2)


logaddexp.derivative(x1=lambda g, x1, x2: g * ops.sigmoid(_difference(x1, x2)),
                     x2=lambda g, x1, x2: g * ops.sigmoid(_difference(x2, x1)))


def _difference(x1, x2):
    """x1 - x2, but 0 for two equal infinities."""
    return ops.where(ops.logical_and(ops.isinf(x1), x1 == x2), 0.0, x1 - x2)


# -- signs, powers and roots --------------------------------------------------------------------------------------


@elementwise(scalar=operator.neg)
def negative(x, /):
    """-x."""
    return np.negative(x)


negative.derivative(x=lambda g: -g)


@elementwise(scalar=operator.pos)
def positive(x, /):
    """+x, the same value."""
    return np.positive(x)


positive.derivative(x=lambda g: g)


@elementwise(scalar=operator.abs, domain=NONZERO)
def abs(x, /):
    """The absolute value |x|. At its kink, 0, the derivative is 0."""
    return np.abs(x)


abs.derivative(x=lambda g, x: g * sign(x))


@elementwise(domain=NONZERO)
def sign(x, /):
    """-1, 0 or 1 as x is negative, zero or positive. Its derivative is 0 (also at the jump, by convention)."""
    return np.sign(x)


sign.derivative(x=lambda g: ops.zeros_like(g))


@elementwise(scalar=lambda x: x * x)
def square(x, /):
    """x²."""
    return np.square(x)


square.derivative(x=lambda g, x: 2 * g * x)


@elementwise(scalar=math.sqrt, domain=POSITIVE)
def sqrt(x, /):
    """The square root of x. At 0 its slope is infinite."""
    return np.sqrt(x)


sqrt.derivative(x=lambda g, out: g / (2 * out))


@elementwise(scalar=math.cbrt, domain=NONZERO)
def cbrt(x, /):
    """The cube root of x, negative for negative x. At 0 its slope is infinite."""
    return np.cbrt(x)


cbrt.derivative(x=lambda g, out: g / (3 * out * out))


@elementwise(scalar=lambda x: 1.0 / x, domain=NONZERO, numpy="1 / {x}")
def reciprocal(x, /):
    """1 / x; of integers, too (where NumPy's function of this name gives 0 for all but 1)."""
    return np.divide(1, x)


reciprocal.derivative(x=lambda g, out: -g * out * out)

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


asin.derivative(x=lambda g, x: g / sqrt((1 - x) * (1 + x)))      # exact near ±1, where 1 - x² cancels


@elementwise(scalar=math.acos, domain=UNIT, numpy="np.arccos({x})")
def acos(x, /):
    """The angle in radians, from 0 to pi, whose cosine is x; -1 <= x <= 1."""
    return np.arccos(x)


acos.derivative(x=lambda g, x: -g / sqrt((1 - x) * (1 + x)))


@elementwise(scalar=math.atan, numpy="np.arctan({x})")
def atan(x, /):
    """The angle in radians, from -pi/2 to pi/2, whose tangent is x."""
    return np.arctan(x)


atan.derivative(x=lambda g, x: g / (1 + x * x))


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


asinh.derivative(x=lambda g, x: g / hypot(x, 1.0))


@elementwise(domain=ABOVE_ONE, numpy="np.arccosh({x})")
def acosh(x, /):
    """The number not below 0 whose hyperbolic cosine is x; x >= 1."""
    return np.arccosh(x)


acosh.derivative(x=lambda g, x: g / (sqrt(x - 1) * sqrt(x + 1)))


@elementwise(domain=UNIT, numpy="np.arctanh({x})")
def atanh(x, /):
    """The number whose hyperbolic tangent is x; -1 < x < 1."""
    return np.arctanh(x)


atanh.derivative(x=lambda g, x: g / ((1 - x) * (1 + x)))

# -- steps: their derivative is 0, also at the jumps, by convention -----------------------------------------------


@elementwise(domain=STEPS)
def floor(x, /):
    """The largest whole number not above x. Its derivative is 0 (also at the jumps, by convention)."""
    return np.floor(x)


@elementwise(domain=STEPS)
def ceil(x, /):
    """The smallest whole number not below x. Its derivative is 0 (also at the jumps, by convention)."""
    return np.ceil(x)


@elementwise(domain=HALF_STEPS)
def round(x, /):
    """The nearest whole number, the even one of two. Its derivative is 0 (also at the jumps, by convention)."""
    return np.round(x)


@elementwise(domain=STEPS)
def trunc(x, /):
    """x without its fraction. Its derivative is 0 (also at the jumps, by convention)."""
    return np.trunc(x)


floor.derivative(x=lambda g: ops.zeros_like(g))
ceil.derivative(x=lambda g: ops.zeros_like(g))
round.derivative(x=lambda g: ops.zeros_like(g))
trunc.derivative(x=lambda g: ops.zeros_like(g))

# -- special functions, limits ------------------------------------------------------------------------------------

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


@selection(inputs=("x", "min", "max"))
def clip(x, /, min=None, max=None):
    """x limited to min <= out <= max; a limit of None is none. At a limit x keeps the gradient, as it does inside.

    If min > max, the result is max.
    """
    return np.clip(x, min, max)


clip.derivative(x=lambda g, x, min, max: ops.where(_is_outside(x, min, max), 0.0, g),
                min=lambda g, x, min, max: ops.where(_is_limited(x < min, min, max), g, 0.0),
                max=lambda g, x, min, max: ops.where(maximum(x, -math.inf if min is None else min) > max, g, 0.0))


def _is_outside(x, min, max):
    """Where x is below min or above max."""
    below = False if min is None else x < min
    above = False if max is None else x > max
    return ops.logical_or(below, above)


def _is_limited(below, min, max):
    """Where min decides: x is below it, and it is not above max."""
    return below if max is None else ops.logical_and(below, min <= max)
