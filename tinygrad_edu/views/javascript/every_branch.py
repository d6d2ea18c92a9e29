"""Programs that are right for other inputs, too: every branch of a `where` has its gradient.

    program_of(t) -> Program

The engine follows only what was taken: where a `where` took nothing from one of its branches, the backward pass is not
in the program that `program_building.py` makes, and a mask is written only if it acts. With other inputs the condition
may decide otherwise. Here every edge is followed, and every mask is written that a `where` starts. The gradients are
the same numbers (but for the sign of a zero).
Read `views/program_backward.py` before this file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...core import values
from ...core.backprop import Step
from ...core.tensors import Tensor, extra_of
from ...core.walk import made_from
from ...errors import GraphError
from ..program_backward import Backward, Mask, add_backward, hook_error
from ..program_building import ProgramBuilder
from ..programs import Call, Expression, Program, parts_of
from ..recorded_rules import recorded_rule


def program_of(t: Tensor, *, backward: bool = True, of: Sequence[Tensor] | None = None) -> Program:
    """The program that computes `t`, and then its gradients, for any inputs.

    Args:
        t: a result, of any shape. If it is not a single number, the gradient to start from is an input (ones).
        backward: whether to add the backward half.
        of: the tensors whose gradients are wanted; None for all variables.
    Raises: GraphError if `t` needs no gradient and one is asked for, ChangedValueError if a variable was assigned
        since.

    >>> x = tg.Tensor(2.0, name="x")
    >>> y = tg.where(x > 0, x * x, -x)                      # -x is not taken
    >>> [statement.target.name for statement in program_of(y).backward]
    ['d_y', 'd_product', 'd_minus', 'taken_minus', 'd_x', 'd_x', 'd_x']
    """
    results, leaves = made_from([t])
    builder = ProgramBuilder(results, leaves)
    for node in results:
        builder.add(node)
    if not backward:
        return builder.program(t)
    for node in (*results, *leaves):
        if extra_of(node).hooks:
            raise hook_error(node)
    return add_backward(builder, t, of, _EveryBranch)


class _Acting(Mask):
    """A mask that is written, whatever it is for the recorded inputs."""

    @property
    def acts(self) -> bool:
        return True


class _EveryBranch(Backward):
    """The backward half along every edge, with every mask that may act for some inputs."""

    masked = False

    def mask_of_edge(self, step: Step) -> Mask | None:
        """Which elements of the contribution were taken; None for all, whatever the inputs."""
        rule, node, mask = step.rule, step.node, self.mask
        assert rule is not None
        op, position = rule.op, step.position
        if op.kind == "elementwise":
            return mask
        if op.kind != "selection" or (mask is None and not op.starts_mask and not self.plan.careful):
            return None
        value = np.ones(np.shape(step.contribution), np.bool_)
        if op.starts_mask:
            return _Acting(value, lambda: self._mask_of_branch(node, position, mask, value))
        return _Acting(value, lambda: self._mask_of_selection(node, position, mask, value, rule))

    def rule(self, node: Tensor, index: int, value_of_g: Any, g: Any, *_: Any, **__: Any) -> Expression:
        """A rule as an expression in which nothing is a value that was computed when it was recorded."""
        if node._op.name == "broadcast_to":
            return Call("sum_to", None, (g,), {"shape": node.inputs[0].shape}, node.inputs[0].shape, g.dtype)
        given = tuple(map(values.settle, value_of_g)) if node._op.results else value_of_g
        seen, means = next(iter(self._ways_to_see(node)))
        recorded = recorded_rule(seen, index, given)
        known = {key: self._meaning(each, seen, node) for key, each in recorded.stand_ins.items()} | means
        self._name_g(known, recorded.g, g)
        mark = len(self.builder.statements)
        found = self.builder.expression(recorded.result, known, node)
        self._check_computed_integers(node, index, [found, *(s.expression for s in self.builder.statements[mark:])])
        return found

    def _check_computed_integers(self, node: Tensor, index: int, written: list[Expression]) -> None:
        """Raise if a rule read the values of indices that were computed, instead of computing with them."""
        names = {part for each in written for part in parts_of(each)}
        rule = node._op.rule_of(index)
        for place, argument in rule.wants:
            x: Any = node.inputs[place] if place >= 0 else None
            computed = x.__class__ is Tensor and x._op is not None and x.dtype.kind in "iub"
            if computed and self.builder.known[x] not in names:
                raise GraphError(f"source(language='javascript'): the derivative rule {rule} reads the values of "
                                 f"{argument}, which {x._op.name} computed, so its gradient would be wrong for other "
                                 f"inputs. Expected a rule that computes with {argument}, or constant {argument}.")

    def _summed(self, taken: Mask, x: Tensor) -> Mask:
        return _Acting(np.ones(x.shape, np.bool_), super()._summed(taken, x).make)

    def _either(self, one: Mask, other: Mask, x: Tensor) -> Mask:
        return _Acting(np.ones(x.shape, np.bool_), super()._either(one, other, x).make)
