"""Naming: what the tensors of a whole graph are called, in pictures, formulas and messages.

A name that was given wins; else it is the variable that a tensor was assigned to where it was made. Of what a composed
function (or `sum(xs)`) records at one place, only the last bears the variable's name. A name that several tensors
bear gets a number: the `h` of a loop becomes h₁, h₂, ….
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise

from .tensors import Tensor, extra_of

SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def names_of(tensors: Sequence[Tensor]) -> dict[Tensor, str]:
    """The name of each tensor that has one. `tensors` are in the order of their creation."""
    inner = {a for a, b in pairwise(tensors) if _at_one_call(a, b) and extra_of(a).name is None}
    named = {t: t.name for t in tensors if t not in inner and t.name is not None}
    often = Counter(named.values())
    seen: dict[str, int] = defaultdict(int)
    for t, name in named.items():
        if often[name] > 1:
            seen[name] += 1
            named[t] = name + str(seen[name]).translate(SUBSCRIPTS)
    return named


def _at_one_call(a: Tensor, b: Tensor) -> bool:
    """Whether two tensors were made at one place that calls a function composed of operations."""
    position = a.position
    if position is None or a.op is None or (a._code, a._offset) != (b._code, b._offset):
        return False
    return position.callee not in ("", a.op.name)
