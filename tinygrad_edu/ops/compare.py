"""Comparisons, logic, tests of kind, and `where`: what decides, and has no derivative itself.

    equal not_equal less less_equal greater greater_equal            x1 (...), x2 (...) -> bool (...)
    logical_and logical_or logical_xor logical_not                   bool (...) -> bool (...)
    bitwise_and bitwise_or bitwise_xor bitwise_invert                bool or whole numbers (...) -> the same (...)
    isnan isinf isfinite                                             x (...) -> bool (...)
    where                                                            condition, x1, x2 (...) -> out (...)

Read `activation.py` before this file and `reduction.py` after it.
"""

from __future__ import annotations

import numpy as np

from .. import ops
from ..core.ops import elementwise, op


@elementwise
def equal(x1, x2, /):
    """Whether x1 == x2, element by element."""
    return np.equal(x1, x2)


@elementwise
def not_equal(x1, x2, /):
    """Whether x1 != x2, element by element."""
    return np.not_equal(x1, x2)


@elementwise
def less(x1, x2, /):
    """Whether x1 < x2, element by element."""
    return np.less(x1, x2)


@elementwise
def less_equal(x1, x2, /):
    """Whether x1 <= x2, element by element."""
    return np.less_equal(x1, x2)


@elementwise
def greater(x1, x2, /):
    """Whether x1 > x2, element by element."""
    return np.greater(x1, x2)


@elementwise
def greater_equal(x1, x2, /):
    """Whether x1 >= x2, element by element."""
    return np.greater_equal(x1, x2)


@elementwise
def logical_and(x1, x2, /):
    """Whether both are true (not zero)."""
    return np.logical_and(x1, x2)


@elementwise
def logical_or(x1, x2, /):
    """Whether one of both is true (not zero)."""
    return np.logical_or(x1, x2)


@elementwise
def logical_xor(x1, x2, /):
    """Whether exactly one of both is true (not zero)."""
    return np.logical_xor(x1, x2)


@elementwise
def bitwise_and(x1, x2, /):
    """The bits that are set in both; of booleans the same as `logical_and`."""
    return np.bitwise_and(x1, x2)


@elementwise
def bitwise_or(x1, x2, /):
    """The bits that are set in one of both; of booleans the same as `logical_or`."""
    return np.bitwise_or(x1, x2)


@elementwise
def bitwise_xor(x1, x2, /):
    """The bits that are set in exactly one of both; of booleans the same as `logical_xor`."""
    return np.bitwise_xor(x1, x2)


for comparison in (equal, not_equal, less, less_equal, greater, greater_equal, logical_and, logical_or, logical_xor,
                   bitwise_and, bitwise_or, bitwise_xor):
    comparison.derivative(x1=None, x2=None)


@elementwise
def logical_not(x, /):
    """Whether x is false (zero)."""
    return np.logical_not(x)


@elementwise
def bitwise_invert(x, /):
    """All bits turned over; of booleans the same as `logical_not`."""
    return np.bitwise_invert(x)


@elementwise
def isnan(x, /):
    """Whether x is not a number."""
    return np.isnan(x)


@elementwise
def isinf(x, /):
    """Whether x is infinite, of either sign."""
    return np.isinf(x)


@elementwise
def isfinite(x, /):
    """Whether x is neither infinite nor NaN."""
    return np.isfinite(x)


for test in (bitwise_invert, logical_not, isnan, isinf, isfinite):
    test.derivative(x=None)


@op(kind="selection", starts_mask=True)
def where(condition, x1, x2, /):
    """x1 where `condition` is true, else x2, element by element.

    The branch that was not taken sends nothing back, not even the NaN of an infinite slope.
    """
    return np.where(condition, x1, x2)


where.derivative(condition=None,
                 x1=lambda g, condition: ops.where(condition, g, 0.0),
                 x2=lambda g, condition: ops.where(condition, 0.0, g))
where.expand("elements")
