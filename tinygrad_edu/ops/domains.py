"""Where tests may draw the inputs of an operation: intervals in which it is defined and differentiable.

    @op(domain=POSITIVE)          one interval for all inputs
    @op(domain={"x1": REAL, "x2": NONZERO})
"""

from __future__ import annotations

from typing import NamedTuple


class Domain(NamedTuple):
    """An interval, the points in it where there is no derivative, and whether only whole numbers are meant."""

    low: float = -10.0
    high: float = 10.0
    kinks: tuple[float, ...] = ()
    kinks_every: float = 0.0        # kinks at all multiples of this, 0 for none
    offset: float = 0.0             # of those multiples


REAL = Domain()
MODERATE = Domain(-3.0, 3.0)        # where exponentials stay of ordinary size
NONZERO = Domain(kinks=(0.0,))
POSITIVE = Domain(0.1, 10.0)
ABOVE_ONE = Domain(1.1, 10.0)
UNIT = Domain(-0.9, 0.9)
ABOVE_MINUS_ONE = Domain(-0.9, 10.0)
STEPS = Domain(kinks_every=1.0)                     # jumps at whole numbers
HALF_STEPS = Domain(kinks_every=1.0, offset=0.5)    # jumps halfway between them
ANGLE = Domain(-1.4, 1.4)                           # between the poles of the tangent
