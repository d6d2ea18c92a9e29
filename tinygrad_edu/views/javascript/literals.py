"""Literals: numbers, shapes, arrays and element numbers as JavaScript text, and how tightly an expression binds.

    number(2.0) -> "2"                    as short as it reads back to the same bits
    array(values) -> "tensor([2], ...)"   a constant tensor
    places(numbers)                       element numbers: a short list, or a call that counts them out

Read `elements.py` after this file.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any

import numpy as np

SHORT = 12                              # a list of up to so many element numbers is written out
LOOSEST_FIRST = (("? ",), ("|| ",), ("&& ",), ("=== ", "!== ", "== ", "!= "), ("< ", "<= ", "> ", ">= "), ("+ ", "- "),
                 ("* ", "/ ", "% "), ("** ",))
UNARY = len(LOOSEST_FIRST)
PRIMARY = UNARY + 1                     # a name, a number, a call
POWER = UNARY - 1


def number(x: Any) -> str:
    """A number or a truth value.

    >>> [number(x) for x in (2.0, 0.1, -0.0, math.inf, True, 1e300)]
    ['2', '0.1', '-0', 'Infinity', 'true', '1e+300']
    """
    if isinstance(x, (bool, np.bool_)):
        return "true" if x else "false"
    if isinstance(x, (int, np.integer)):
        return str(int(x))
    value = float(x)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    text = repr(value)
    return text.removesuffix(".0")


def numbers(xs: Iterable[Any]) -> str:
    """A flat list of numbers: `[2, 3]`; truth values are 1 and 0 as in arrays."""
    return "[" + ", ".join(number(int(x) if isinstance(x, (bool, np.bool_)) else x) for x in xs) + "]"


def array(value: Any) -> str:
    """A constant: a tensor, or a number if it has no axes.

    >>> array(np.ones((1, 2)))
    'tensor([1, 2], Float64Array.from([1, 1]))'
    """
    held = np.asarray(value)
    if not held.ndim:
        return number(held[()])
    flat = held.reshape(-1)
    if flat.size > 2 and (flat == flat[0]).all() and not (flat[0] == 0 and np.signbit(flat.astype(float)).any()):
        return f"full({numbers(held.shape)}, {number(float(flat[0]))})"
    return f"tensor({numbers(held.shape)}, Float64Array.from({numbers(flat)}))"


def places(where: np.ndarray) -> str:
    """Element numbers, in row order: few as a list; many, if they grow axis by axis, as the call that counts them.

    >>> places(np.array([3, 1])), places(np.arange(20).reshape(4, 5).T)
    ('[3, 1]', 'places([5, 4], [1, 5])')
    """
    if where.size <= SHORT:
        return numbers(where.reshape(-1))
    first = int(where.reshape(-1)[0])
    steps = [np.moveaxis(where, axis, 0).reshape(n, -1)[:, 0] - first for axis, n in enumerate(where.shape)]
    if not np.array_equal(first + sum(np.ix_(*steps)), where):
        return numbers(where.reshape(-1))
    parts = ", ".join(_steps(each) for each in steps)
    return f"places({numbers(where.shape)}, [{parts}]" + (f", {first})" if first else ")")


def _steps(along: np.ndarray) -> str:
    """How element numbers grow along one axis: by a step, or as a list says."""
    step = int(along[1]) if len(along) > 1 else 0
    return str(step) if np.array_equal(along, step * np.arange(len(along))) else numbers(along)


def binding(text: str) -> int:
    """How tightly the loosest operator of an expression binds: the place of its level, or UNARY or PRIMARY.

    >>> binding("a * (b + c)") > binding("a + b"), binding("f(a + b)") == PRIMARY
    (True, True)
    """
    bare, inner = text, ""
    while inner != bare:
        inner, bare = bare, re.sub(r"[(\[{][^()\[\]{}]*[)\]}]", "", bare)
    for level, operators in enumerate(LOOSEST_FIRST):
        if any(" " + each in bare for each in operators):
            return level
    return UNARY if bare.startswith(("-", "!")) else PRIMARY


def filled(template: str, operands: dict[str, str]) -> str:
    """A template such as "{x1} * {x2}" with operands, in brackets where they would be torn apart.

    >>> filled("{x1} * {x2}", {"x1": "a + b", "x2": "-3"})
    '(a + b) * (-3)'
    >>> filled("Math.tanh({x})", {"x": "a + b"})
    'Math.tanh(a + b)'
    """
    level = binding(template)

    def one(slot: re.Match[str]) -> str:
        text = operands[slot[1]]
        before, after = template[:slot.start()], template[slot.end():]
        if before.endswith(("(", ", ")) and after.startswith((")", ",")):
            return text
        own = binding(text)
        tight = own > level or (own == level and not before and level != POWER)
        if own == UNARY and (before or level == POWER):
            tight = False
        return text if tight or own == PRIMARY else f"({text})"

    return re.sub(r"\{(\w+)\}", one, template)
