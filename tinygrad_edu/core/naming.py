"""Naming: what the tensors of a whole graph are called, in pictures, formulas and messages.

A name that was given wins; else it is the variable that a tensor was assigned to where it was made. Of what a composed
function (or `sum(xs)`) records at one place, only the last bears the variable's name. A name that several tensors
bear gets a number: the `h` of a loop becomes h₁, h₂, …. A leaf that was given the name keeps it: in `x = x * x`, the
argument stays x, and what is computed from it is x₂.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

from .tensors import Tensor, extra_of

SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def names_of(tensors: Sequence[Tensor], called: Mapping[Tensor, str] | None = None) -> dict[Tensor, str]:
    """The name of each tensor that has one. `tensors` are in the order of their creation; `called` names some anew."""
    called = called or {}
    inner = {a for a, b in pairwise(tensors) if _at_one_call(a, b) and extra_of(a).name is None}
    named = {t: name for t in tensors if t not in inner and (name := called.get(t, t.name)) is not None}
    often = Counter(named.values())
    kept = _kept(tensors, called)
    seen: dict[str, int] = defaultdict(int)
    for t, name in named.items():
        seen[name] += 1
        if often[name] > 1 and kept.get(name) is not t:
            named[t] = name + str(seen[name]).translate(SUBSCRIPTS)
    return named


def _kept(tensors: Sequence[Tensor], called: Mapping[Tensor, str]) -> dict[str, Tensor]:
    """The leaf that keeps its name: the one that is called so here, else the only one that the name was given to."""
    found: dict[str, list[Tensor]] = defaultdict(list)
    for t in tensors:
        name = extra_of(t).name
        if name is not None and t.is_leaf and t not in called:
            found[name].append(t)
    kept = {name: leaves[0] for name, leaves in found.items() if len(leaves) == 1}
    return {**kept, **{called[t]: t for t in reversed(tensors) if t in called}}


def _at_one_call(a: Tensor, b: Tensor) -> bool:
    """Whether two tensors were made at one place that calls a function composed of operations."""
    position = a.position
    if position is None or a.op is None or (a._code, a._offset) != (b._code, b._offset):
        return False
    return position.callee not in ("", a.op.name) and a.name == b.name
