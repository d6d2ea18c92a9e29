"""Elementwise functions: out has the broadcast shape of the inputs, and each element depends on its own alone.

    add subtract multiply divide power remainder floor_divide        x1 (...), x2 (...) -> out (...)
    maximum minimum hypot
    negative positive abs sign square sqrt cbrt reciprocal           x (...) -> out (...)
    floor ceil round trunc clip

A rule gives the gradient in the shape of `out`; the engine sums it to the shape of an input that was broadcast.
Read `core/ops.py` before this file and `transcendental.py` after it.
"""

from __future__ import annotations

import math
import operator

import numpy as np

from .. import ops
from ..core.ops import elementwise, selection
from ..core.tensors import Tensor
from .domains import HALF_STEPS, MODERATE, NONZERO, POSITIVE, REAL, STEPS

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


power.derivative(x1=lambda g, x1, x2: g * (x2 * x1 ** _one_less(x2, x1)),
                 x2=lambda g, out, x1, x2: g * out * ops.log(x1 + (x1 == 0) * (x2 >= 0)))   # ln x1; 0 in 0 ** y, y >= 0


def _one_less(x2, x1):
    """x2 - 1, but 0 where 0 · x1 ** -1 would be NaN: at x2 = 0, or (if x2 is not a constant) only at x1 = x2 = 0."""
    return x2 - 1 + (x1 == 0) * (x2 == 0) if x2.__class__ is Tensor else x2 + (x2 == 0) - 1


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
    """The larger of x1 and x2, NaN if one is NaN. Equal ones get half the gradient each, NaN and its partner all."""
    return np.maximum(x1, x2)


maximum.derivative(x1=lambda g, x1, x2: _share(g, x1 < x2, x1 == x2), x2=lambda g, x1, x2: _share(g, x2 < x1, x1 == x2))


@selection
def minimum(x1, x2, /):
    """The smaller of x1 and x2, NaN if one is NaN. Equal ones get half the gradient each, NaN and its partner all."""
    return np.minimum(x1, x2)


minimum.derivative(x1=lambda g, x1, x2: _share(g, x1 > x2, x1 == x2), x2=lambda g, x1, x2: _share(g, x2 > x1, x1 == x2))

for choice in (maximum, minimum):
    choice.expand("elements")


def _share(g, loses, ties):
    """0 where this input loses, half of `g` where both are equal, else all of it."""
    return ops.where(loses, 0.0, ops.where(ties, g * 0.5, g))


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


@elementwise(domain=NONZERO)
def hypot(x1, x2, /):
    """The length sqrt(x1² + x2²), without overflow on the way. At (0, 0), its kink, all derivatives are 0."""
    return np.hypot(x1, x2)


hypot.derivative(x1=lambda g, out, x1: g * (x1 / infinite_for_zero(out)),
                 x2=lambda g, out, x2: g * (x2 / infinite_for_zero(out)))


def infinite_for_zero(x):
    """x, but infinite where it is 0: for quotients that are to be 0 there, with all their derivatives."""
    return ops.where(x == 0, math.inf, x)

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

# -- limits -------------------------------------------------------------------------------------------------------


@selection(inputs=("x", "min", "max"))
def clip(x, /, min=None, max=None):
    """x limited to min <= out <= max; a limit of None is none. At a limit x keeps the gradient, as it does inside.

    If min > max, the result is max.
    """
    return np.clip(x, min, max)


clip.derivative(x=lambda g, x, min, max: ops.where(_is_outside(x, min, max), 0.0, g),
                min=lambda g, x, min, max: ops.where(_is_limited(x < min, min, max), g, 0.0),
                max=lambda g, x, min, max: ops.where(maximum(x, -math.inf if min is None else min) > max, g, 0.0))
clip.expand("elements")


def _is_outside(x, min, max):
    """Where x is below min or above max."""
    below = False if min is None else x < min
    above = False if max is None else x > max
    return ops.logical_or(below, above)


def _is_limited(below, min, max):
    """Where min decides: x is below it, and it is not above max."""
    return below if max is None else ops.logical_and(below, min <= max)
