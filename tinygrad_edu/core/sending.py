"""What an operation does in the plain backward pass, as a function written for it: `send(node, g, wanted, ours)`.

It hands `g`, the gradient of `node`, on to the inputs: it reads just what the rules name, calls them and adds what they
give to the running totals. Of `multiply` it begins

    x1 = node._x1
    v1 = x1._value if x1.__class__ is Tensor else x1
    x2 = node._x2
    v2 = x2._value if x2.__class__ is Tensor else x2
    if x1.__class__ is Tensor and x1._needs and (wanted is None or x1 in wanted):
        if x2 is not v2 and x2._number > node._number:
            raise changed(node, x2)
        ...
            c = call1(g, v2)
        ...
        x1._total = c if total is None else total + c

A loop that finds all this out at every edge makes the backward pass of a small network an eighth slower.
`print(text_of(tg.multiply.op))` shows the function whole. Read `backprop.py` before this file, which says what happens
on an edge, and `plain_loop.py` after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy import ndarray

from . import failures
from .backprop import changed, contribution_of, fitted, raw_value
from .ops import FLOAT_TROUBLE
from .rules import Op, Rule
from .tensors import Tensor
from .written import run_text

add_up = np.add.reduce
NUMBERS = (float, int)


class NotPlainError(Exception):
    """The graph has masks or operations with several results: the generator must run it."""


def ready(op: Op) -> Any:
    """The `send` of an operation, written when a backward pass first meets it, or after its rules changed."""
    text, file = text_of(op), f"{__file__} ({op.name})"         # a file of this package: see positions.is_inside
    scope: dict[str, Any] = {
        "Tensor": Tensor, "ndarray": ndarray, "float64": np.float64, "NUMBERS": NUMBERS, "NotPlainError": NotPlainError,
        "changed": changed, "carefully": carefully, "again": again, "collect": collect, "send_more": send_more,
        "rule1": op.rule1, "rule2": op.rule2, "call1": op.rule1.call, "call2": op.rule2.call}
    op.send = run_text(text, file, scope)["send"]
    return op.send


def text_of(op: Op) -> str:
    """The text of an operation's `send`."""
    return "\n".join(_send(op)) + "\n"


def _send(op: Op) -> Iterator[str]:
    yield "def send(node, g, wanted, ours):"
    if op.special:
        yield "    raise NotPlainError"
        return
    count = 0 if op.many else min(len(op.input_names), 2)       # the inputs with a slot of their own
    for k in range(1, count + 1):
        yield f"    x{k} = node._x{k}"
        yield f"    v{k} = x{k}._value if x{k}.__class__ is Tensor else x{k}"
    for k in range(1, count + 1):
        if op.rule_of(k - 1).kind != Rule.NONE:
            yield f"    if x{k}.__class__ is Tensor and x{k}._needs and (wanted is None or x{k} in wanted):"
            yield from ("        " + line for line in _edge(op.rule_of(k - 1), k))
    yield "    send_more(node, g, wanted, ours)" if op.wide else "    return"


def _edge(rule: Rule, k: int) -> Iterator[str]:
    """The contribution `c` to input k, and its sum."""
    if rule.kind == Rule.JUST_G:
        yield "c = g"
    elif rule.kind == Rule.MISSING or any(place > 1 or place in UNUSUAL for place, _ in rule.wants):
        yield f"c = carefully(rule{k}, node, g, {k - 1})"
    else:
        yield from _call(rule, k)
    yield f"total = x{k}._total"
    yield f"if c.__class__ is v{k}.__class__ is float:"
    yield f"    x{k}._total = c if total is None else total + c"
    yield (f"elif total is None and c.__class__ is v{k}.__class__ is ndarray "
           f"and c.shape == v{k}.shape and c.dtype is v{k}.dtype:")
    yield f"    x{k}._total = c"
    yield "else:"
    yield f"    collect(x{k}, c, rule{k}, node, g, ours)"


UNUSUAL = (Rule.FROM_LIST, Rule.FROM_POSITION)


def _call(rule: Rule, k: int) -> Iterator[str]:
    """Check that no value that the rule names has changed, and call the rule.

    Floats beside floats stay Python's, arrays beside arrays stay what they are, and so do constants that the user wrote
    as numbers. What is mixed otherwise goes to `contribution_of`, as does what Python's floats refuse. A rule that
    names an option is never called with Python's floats.
    """
    kind = "g.__class__" if rule.on_floats else "ndarray"
    arguments, conditions = [], []
    for place, name in rule.wants:
        if place == Rule.FROM_G:
            arguments.append("g" if rule.on_floats else "float64(g) if g.__class__ is float else g")
        elif place == Rule.FROM_OPTIONS:
            arguments.append(f"node._options[{name!r}]")
        elif place == Rule.FROM_OUT:
            arguments.append("node._value")
            conditions.append(f"node._value.__class__ is {kind}")
        else:
            x, v = f"x{place + 1}", f"v{place + 1}"
            arguments.append(v)
            conditions.append(f"({v}.__class__ is {kind} or ({x} is {v} and {v}.__class__ in NUMBERS))")
            yield f"if {x} is not {v} and {x}._number > node._number:"
            yield f"    raise changed(node, {x})"
    yield f"if {' and '.join(conditions) or 'True'}:"
    yield "    try:"
    yield f"        c = call{k}({', '.join(arguments)})"
    yield "    except Exception as error:"
    yield f"        c = again(error, rule{k}, node, g, {k - 1})"
    yield "else:"
    yield f"    c = carefully(rule{k}, node, g, {k - 1})"


# -- what the written functions call ----------------------------------------------------------------------------------


def carefully(rule: Rule, node: Tensor, g: Any, index: int) -> Any:
    """What a rule makes of `g`, the general way."""
    try:
        return contribution_of(rule, node, g, index, raw_value)
    except Exception as error:
        failures.note_rule(error, rule, node)
        raise


def again(error: Exception, rule: Rule, node: Tensor, g: Any, index: int) -> Any:
    """What NumPy answers where Python's floats refuse; other errors go on, with a note of the rule."""
    if isinstance(error, FLOAT_TROUBLE):
        return carefully(rule, node, g, index)
    failures.note_rule(error, rule, node)
    raise error


def send_more(node: Tensor, g: Any, wanted: set[Any] | None, ours: set[Tensor]) -> None:
    """Hand `g` on to the inputs after the second, or to those of an operation on a list."""
    op = node._op
    for i, x in enumerate(node._more):
        if x.__class__ is Tensor and x._needs and (wanted is None or x in wanted):
            rule, index = (op.rules_more[0], i) if op.many else (op.rules_more[i], i + 2)
            if rule.kind != Rule.NONE:
                collect(x, carefully(rule, node, g, index), rule, node, g, ours)


def collect(x: Tensor, c: Any, rule: Rule, node: Tensor, g: Any, ours: set[Tensor]) -> None:
    """Add a contribution to the running total of `x`, in the shape and dtype of `x`."""
    value = x._value
    if c.__class__ is value.__class__ is ndarray and c.dtype is value.dtype:
        shape = value.shape
        if c.shape != shape:
            if c.ndim == len(shape) + 1 and c.shape[1:] == shape and (c.itemsize == 8 or len(c) <= 256):
                c = add_up(c, 0)                        # a batch, mostly: `fitted` in short
            else:
                c = fitted(c, x, rule, False)
    else:
        if c.__class__ is complex:
            c = carefully(rule, node, g, rule.index)
        c = fitted(c, x, rule, False)
    total = x._total
    if total is None:
        x._total = c
    elif x in ours and total.__class__ is ndarray:
        total += c
    else:                               # out of place at first: two inputs may have been handed the same array
        x._total = total + c
        ours.add(x)
