"""The backward pass once more, for graphs without masks, hooks and operations with several results, but faster.

It does what `steps` in `backprop.py` does, edge for edge; tests hold the two equal bit for bit. The running totals are
in a slot of each tensor instead of a dict, and what most edges need is written out, for the first and for the second
input: together this takes half the time.
"""

from __future__ import annotations

from typing import Any

from numpy import add, ndarray

from . import failures
from .backprop import Plan, changed, contribution_of, fitted, raw_value
from .ops import FLOAT_TROUBLE
from .rules import Rule
from .tensors import Tensor

add_up = add.reduce
NOTHING = object()                      # what flows along an edge without derivative


class NotPlainError(Exception):
    """The graph has masks or operations with several results: the generator must run it."""


def run_plain(plan: Plan, keep: bool) -> None:
    """Run a pass; `keep` leaves each result its gradient. If it cannot, NotPlainError, and nothing is changed."""
    wanted, targets, ours = plan.wanted, plan.targets, set[Tensor]()
    rule = node = None
    just_g, with_out, with_x1, with_x2 = Rule.JUST_G, Rule.OUT, Rule.X1, Rule.X2
    try:
        for node, g in plan.seeds.items():
            node._total = g
        for node in reversed(plan.results):
            g = node._total
            if g is None:
                if keep:
                    node._grad = None
                continue
            op = node._op
            if op.special:
                raise NotPlainError
            node._total = None
            if keep:
                node._grad = g
            elif node in targets:
                plan.totals[node] = g
            x = node._x1
            if x.__class__ is Tensor and x._needs and (wanted is None or x in wanted):
                rule = op.rule1
                kind = rule.kind
                if kind == just_g:
                    c = g
                else:
                    other = (node._x2 if kind == with_x2 else node if kind == with_out else
                             node._x1 if kind == with_x1 else None)
                    if other.__class__ is Tensor and other._value.__class__ is g.__class__:
                        if other._number > node._number:
                            raise changed(node, other)
                        try:
                            c = rule.call(g, other._value)
                        except FLOAT_TROUBLE:
                            c = _called(rule, node, g)
                    else:
                        c = _called(rule, node, g)
                total = x._total
                value = x._value
                if c.__class__ is value.__class__ is float:
                    x._total = c if total is None else total + c
                elif (total is None and c.__class__ is value.__class__ is ndarray
                      and c.shape == value.shape and c.dtype is value.dtype):
                    x._total = c
                else:
                    _collect(x, c, rule, node, g, ours)
            x = node._x2
            if x.__class__ is Tensor and x._needs and (wanted is None or x in wanted):
                rule = op.rule2
                kind = rule.kind
                if kind == just_g:
                    c = g
                else:
                    other = (node._x1 if kind == with_x1 else node if kind == with_out else
                             node._x2 if kind == with_x2 else None)
                    if other.__class__ is Tensor and other._value.__class__ is g.__class__:
                        if other._number > node._number:
                            raise changed(node, other)
                        try:
                            c = rule.call(g, other._value)
                        except FLOAT_TROUBLE:
                            c = _called(rule, node, g)
                    else:
                        c = _called(rule, node, g)
                total = x._total
                value = x._value
                if c.__class__ is value.__class__ is float:
                    x._total = c if total is None else total + c
                elif (total is None and c.__class__ is value.__class__ is ndarray
                      and c.shape == value.shape and c.dtype is value.dtype):
                    x._total = c
                else:
                    _collect(x, c, rule, node, g, ours)
            for i, x in enumerate(node._more) if op.wide else ():
                if x.__class__ is Tensor and x._needs and (wanted is None or x in wanted):
                    rule, index = (op.rules_more[0], i) if op.many else (op.rules_more[i], i + 2)
                    _collect(x, _called(rule, node, g, index), rule, node, g, ours)
        plan.totals.update((leaf, leaf._total) for leaf in plan.leaves if leaf._total is not None)
        plan.kept = keep
    except BaseException as error:
        if rule is not None and node is not None and error.__class__ is not NotPlainError:
            failures.note_rule(error, rule, node)
        for node in plan.results:                       # a pass that failed leaves no gradient behind
            node._total = None
            if keep:
                node._grad = None
        raise
    finally:
        for leaf in plan.leaves:
            leaf._total = None


def _called(rule: Rule, node: Tensor, g: Any, index: int | None = None) -> Any:
    """What a rule makes of `g`, without a list of arguments for the rules of `g` alone or of `g` and two arrays."""
    kind = rule.kind
    if kind == Rule.BOTH:
        x1, x2 = node._x1, node._x2
        if x1.__class__ is Tensor:
            if x1._number > node._number:
                raise changed(node, x1)
            x1 = x1._value
        if x2.__class__ is Tensor:
            if x2._number > node._number:
                raise changed(node, x2)
            x2 = x2._value
        if g.__class__ is ndarray and x1.__class__ is not float and x2.__class__ is not float:
            return rule.call(g, x1, x2)
    elif kind <= Rule.ONLY_G:
        return rule.call(g)
    elif kind == Rule.NONE:
        return NOTHING
    return contribution_of(rule, node, g, rule.index if index is None else index, raw_value)


def _collect(x: Tensor, c: Any, rule: Rule, node: Tensor, g: Any, ours: set[Tensor]) -> None:
    """Add a contribution to the running total of `x`, in the shape and dtype of `x`."""
    if c is NOTHING:
        return
    value = x._value
    if c.__class__ is value.__class__ is ndarray and c.dtype is value.dtype:
        if c.shape != value.shape:
            if c.ndim == value.ndim + 1 and c.shape[1:] == value.shape and (c.itemsize == 8 or len(c) <= 256):
                c = add_up(c, 0)                        # a batch, mostly: `fitted` in short
            else:
                c = fitted(c, x, rule, False)
    else:
        if c.__class__ is complex:
            c = contribution_of(rule, node, g, rule.index, raw_value)
        c = fitted(c, x, rule, False)
    total = x._total
    if total is None:
        x._total = c
    elif x in ours and total.__class__ is ndarray:
        total += c
    else:                               # out of place at first: two inputs may have been handed the same array
        x._total = total + c
        ours.add(x)
