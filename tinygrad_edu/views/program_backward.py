"""The backward half of a program: the engine's own pass, read edge by edge.

While the generator `steps` of core/backprop.py runs, each `Step` becomes statements: what the rule computes, a mask
where one acts, the sum over broadcast axes, the running total. Masks are followed here as the engine follows them, but
as expressions; only those that act are written.
Read `program_building.py` before this file.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ..core import passes, values
from ..core.backprop import ITEM, Plan, Step, contribution_of, mask_of_edge, raw_value, steps, sum_to
from ..core.modes import switched
from ..core.ops import FLOAT_TROUBLE
from ..core.rules import Rule, registry
from ..core.tensors import Tensor, constant, extra_of
from ..core.walk import leading_to, made_from
from ..errors import GraphError
from .program_building import ProgramBuilder, constant_of, name_of, same_bits
from .programs import Call, Constant, Expression, Input, Name, Program, Statement, parts_of
from .recorded_rules import Part, recorded_rule

BOOL, FLOAT64 = np.dtype(np.bool_), np.dtype(np.float64)


def add_backward(builder: ProgramBuilder, t: Tensor, of: Sequence[Tensor] | None, half_of: type[Backward]) -> Program:
    """The program with the statements of the backward pass from `t`, as `half_of` writes them."""
    passes.check_needs(t, "source(t)")
    builder.forward = tuple(builder.statements)
    plan = plan_of(t, of)
    plan.masked = half_of.masked
    targets = list(of) if of is not None else plan.leaves
    half = half_of(builder, plan)
    half.start(t)
    with np.errstate(all="ignore"):
        plan.careful = _must_be_careful(plan)
        for step in steps(plan):
            half.follow(step)
    gradients = {each: half.gradient(each) for each in targets}
    forward = builder.forward
    builder.forward = _without_unused(forward, builder.statements[len(forward):], builder)
    names = {each: name for each, name in half.totals.items() if isinstance(name, Name)}
    found = {each: plan.totals.get(each, passes.zeros_for(each)) for each in targets}
    return builder.program(t, gradients=gradients, gradient_names=names, found=found)


def plan_of(t: Tensor, of: Sequence[Tensor] | None) -> Plan:
    """What the engine plans to do for `t.backward()`, or for `tg.gradients(t, of)`."""
    results, leaves = made_from([t], needing_gradient=True)
    seed = values.settle(np.ones(t.shape, t.dtype))
    if of is None:
        return Plan(results, leaves, {t: seed})
    reached = {*results, *leaves}
    for each in of:
        passes.check_needs(each, "source(t, of=[...])")
        if each not in reached:
            raise GraphError(f"source(t, of=[...]): {t._label()} was not made from {each._label()}, so there is no "
                             "gradient. Expected inputs of the graph.")
    wanted = leading_to(of, results)
    return Plan([x for x in results if x in wanted], [x for x in leaves if x in wanted], {t: seed}, wanted,
                targets=frozenset(of))


def _must_be_careful(plan: Plan) -> bool:
    """Whether the engine, after a first pass, runs a careful one; with hooks, which it calls once, it does so at once.

    The plan is as before when this ends.
    """
    if any(extra_of(node).hooks for node in (*plan.results, *plan.leaves)):
        return True
    deque(steps(plan), maxlen=0)
    finite = passes.all_finite(plan)
    plan.totals.clear()
    return not finite


def _without_unused(forward: tuple[Statement, ...], backward: Sequence[Statement],
                    builder: ProgramBuilder) -> tuple[Statement, ...]:
    """The forward half without names for by-products and results that nobody uses."""
    used = {part for each in (*forward, *backward) for part in parts_of(each.expression) if isinstance(part, Name)}
    used.update(each for each in builder.known.values() if isinstance(each, Name))
    return tuple(each if len(each.targets) == 1 else Statement(
        tuple(target if target in used else None for target in each.targets), each.expression, each.node, each.about,
        each.position, each.comment) for each in forward)


class Mask:
    """Which elements of a gradient were taken: the values, and how to say it when it is needed."""

    def __init__(self, value: np.ndarray[Any, Any], make: Callable[[], Expression]) -> None:
        self.value, self.make = value, make
        self.made: Expression | None = None

    @property
    def acts(self) -> bool:
        """Whether an element was not taken."""
        return not bool(self.value.all())

    def expression(self, half: Backward, about: Tensor) -> Expression:
        """The mask as a name, with a statement that computes it (once)."""
        if self.made is None:
            made = self.make()
            if isinstance(made, Call):
                made = half.assign(half.builder.names.systematic(f"taken_{half.called(about)}"), self.value, made, None)
            self.made = made
        return self.made


def hook_error(t: Tensor) -> GraphError:
    """The error for a tensor whose gradient a hook replaces."""
    return GraphError(f"source(t): a hook replaces the gradient of {t._label()}, and a hook is a function of yours "
                      "that cannot be written as NumPy. Remove it before you ask for the source.")


class Backward:
    """The backward half that is being made."""

    masked = True           # only what a `where` took has a gradient, as in the engine

    def __init__(self, builder: ProgramBuilder, plan: Plan) -> None:
        self.builder, self.plan = builder, plan
        self.totals: dict[Tensor, Expression] = {}          # the gradient of each tensor so far
        self.parts: dict[Tensor, list[Expression | None]] = {}  # those of the results of one with several
        self.masks: dict[Tensor, Mask] = {}
        self.node: Tensor | None = None                     # whose gradient is being passed on
        self.mask: Mask | None = None                       # its mask

    def start(self, t: Tensor) -> None:
        """The gradient to start from: 1 for a single number, else an input."""
        output = self.builder.output.name if self.builder.output is not None else self.called(t)
        name = name_of(self.builder.names.fresh(f"d_{output}"), t._value)
        self.totals[t] = name
        seed = self.plan.seeds[t]
        if t.size == 1:
            self.builder.statements.append(Statement((name,), constant_of(seed), t, t, None, "to start from"))
        else:
            self.builder.inputs.append(Input(name, seed, None))
        if self.builder.output is not None:
            self.totals[t] = self.assign(self.builder.names.fresh(f"d_{self.called(t)}"), t._value, name, t)

    def gradient(self, t: Tensor) -> Expression:
        """The complete gradient of a tensor; zeros where nothing arrived."""
        return self.totals.get(t) or self._zeros(t)

    def called(self, t: Tensor) -> str:
        """The name of a tensor."""
        name = self.builder.known.get(t)
        return name.name if isinstance(name, Name) else "results"

    def assign(self, name: str, value: Any, expression: Expression, about: Tensor | None, comment: str = "") -> Name:
        """A statement that gives a value a name."""
        target = name_of(name, value)
        self._append(target, expression, about, comment)
        return target

    def _append(self, target: Name, expression: Expression, about: Tensor | None, comment: str = "") -> None:
        position = self.node.position if self.node is not None else None
        self.builder.statements.append(Statement((target,), expression, self.node, about, position, comment))

    def _zeros(self, t: Tensor) -> Constant:
        return constant_of(values.settle(np.zeros(t.shape, t.dtype)))

    # -- one edge -------------------------------------------------------------------------------------------------

    def follow(self, step: Step) -> None:
        """The statements of one edge."""
        if step.rule is None:
            raise hook_error(step.node)
        if step.node is not self.node:
            self.node, self.mask = step.node, self.masks.pop(step.node, None)
        if step.rule.op is ITEM:
            self._to_item(step)
            return
        expression = self._contribution(step)
        taken = self.mask_of_edge(step)
        shape = np.shape(step.contribution)
        if taken is not None and step.rule.op.kind == "elementwise" and taken.acts:
            expression = self._op("where", (taken.expression(self, step.node), expression, constant_of(0.0)), shape,
                                  values.dtype_of(values.settle(step.contribution)))
        expression, comment = self._fitted(expression, step)
        self._add_up(step, expression, comment)
        self._unite(step.input, taken, step.before is None)

    def _to_item(self, step: Step) -> None:
        """The gradient of one of several results: nothing is computed unless it arrives twice."""
        index, x = step.node._options["index"], step.input
        parts = self.parts.setdefault(x, [None] * len(x._value))
        arriving, before = self.totals[step.node], parts[index]
        if before is not None:
            value = step.after[index]
            arriving = self._op("add", (before, arriving), values.shape_of(value), values.dtype_of(value),
                                value.__class__ is float)
            name = self.builder.names.fresh(f"d_{self.called(step.node)}")
            arriving = self.assign(name, values.settle(value), arriving, step.node)
        parts[index] = arriving

    def _contribution(self, step: Step) -> Expression:
        """What the rule makes of the gradient, as an expression."""
        node, rule = step.node, step.rule
        assert rule is not None
        if node._op.results:
            parts = self.parts[node]
            g: Any = tuple(self._zeros_of(v) if part is None else part
                           for part, v in zip(parts, node._value, strict=True))
        else:
            g = self.totals[node]
        mask = step.mask if rule.op.kind == "elementwise" else None
        return self.rule(node, step.position, step.arriving, g, step.contribution, rule, mask)

    def _zeros_of(self, value: Any) -> Constant:
        return constant_of(values.settle(np.zeros(values.shape_of(value), values.dtype_of(value))))

    def rule(self, node: Tensor, index: int, value_of_g: Any, g: Any, expected: Any, rule: Rule,
             mask: Any = None) -> Expression:
        """A rule of `node` for a gradient that has the value `value_of_g` and is called `g`.

        `expected` is what the engine had, after its mask if it has one. Should the record of the rule not give its
        bits, which happens where a rule asks whether it is being recorded, all but `g` is written out as values.
        """
        if node._op.name == "broadcast_to":         # the engine's own sum, which adds numbers of low precision its way
            return Call("sum_to", None, (g,), {"shape": node.inputs[0].shape}, np.shape(expected), g.dtype)
        runs_again = node._op.name == "replayed" or getattr(node._op, "compiled", False)
        on_floats = None if runs_again else _is_on_floats(rule, node, value_of_g, index)
        given = value_of_g if not node._op.results else tuple(map(values.settle, value_of_g))
        for seen, means in self._ways_to_see(node):
            try:
                recorded = recorded_rule(seen, index, given)
            except Exception:
                if means:
                    continue                            # the rule asks more of its by-products than a stand-in can do
                raise
            if _agrees(recorded.result, expected, mask):
                known = {key: self._meaning(each, seen, node) for key, each in recorded.stand_ins.items()} | means
                self._name_g(known, recorded.g, g)
                return self.builder.expression(recorded.result, known, node, on_floats)
        result, stand_in = recorded_on_values(node, index, given, rule)
        known = {}
        self._name_g(known, stand_in, g)
        return self.builder.expression(result, known, node, on_floats)

    def _ways_to_see(self, node: Tensor) -> Iterator[tuple[Tensor, dict[Tensor, Expression]]]:
        """The node as its rule may see it: with stand-ins for its by-products, and what those mean; then as it is."""
        owned = {label: name for (owner, label), name in self.builder.by_products.items() if owner is node}
        if owned:
            stand_ins = {label: _stand_in(node._options[label]) for label in owned}
            yield _with_options(node, stand_ins), {stand_ins[label]: owned[label] for label in owned}
        yield node, {}

    def _name_g(self, known: dict[Tensor, Expression], stand_in: Any, g: Any) -> None:
        if stand_in.__class__ is Tensor:
            known[stand_in] = g
        else:
            known.update(zip(stand_in, g, strict=True))

    def _meaning(self, meant: Any, stand_in: Tensor, node: Tensor) -> Expression:
        """What a stand-in of a rule is in the program."""
        if isinstance(meant, Part):
            owner = node if meant.node is stand_in else meant.node
            return self.builder.items[owner, meant.position]
        if meant is stand_in:
            return self.builder.known[node]
        if meant.__class__ is Tensor:
            return self.builder.known[meant]
        place = next(i for i, x in enumerate(node.inputs) if x is meant)
        return self.builder.operand(node, place, meant)

    def _op(self, name: str, operands: tuple[Expression, ...], shape: tuple[int, ...], dtype: Any,
            on_floats: bool = False) -> Call:
        return Call(name, registry[name], operands, {}, shape, np.dtype(dtype), on_floats)

    def _fitted(self, expression: Expression, step: Step) -> tuple[Expression, str]:
        """The contribution in the shape and dtype of the input, as `fitted` in core/backprop.py makes it."""
        x, comment = step.input, ""
        dtype = values.dtype_of(values.settle(step.contribution))
        if np.shape(step.contribution) != x.shape:
            expression = Call("sum_to", None, (expression,), {"shape": x.shape}, x.shape, dtype)
            comment = "summed, as it was broadcast"
        if dtype != x.dtype:
            expression = Call("astype", registry["astype"], (expression,), {"dtype": x.dtype}, x.shape, x.dtype)
        return expression, comment

    def _add_up(self, step: Step, expression: Expression, comment: str) -> None:
        """The running total of the input."""
        x = step.input
        if step.before is None:
            names, called = self.builder.names, self.called(x)
            if x._value.__class__ is tuple:
                raise AssertionError("a result with parts gets its gradient by its items")
            self.totals[x] = self.assign(names.fresh(f"d_{called}"), x._value, expression, x, comment)
            return
        total = self.totals.get(x)
        if total is None:                               # what `_send_nothing` in core/backprop.py left there
            total = self.assign(self.builder.names.fresh(f"d_{self.called(x)}"), x._value, self._zeros(x), x)
            self.totals[x] = total
            self.masks[x] = Mask(np.zeros(x.shape, np.bool_), lambda: constant_of(np.zeros(x.shape, np.bool_)))
        assert isinstance(total, Name)
        on_floats = x._value.__class__ is float
        self._append(total, self._op("add", (total, expression), x.shape, x.dtype, on_floats), x, comment)

    # -- masks ----------------------------------------------------------------------------------------------------

    def mask_of_edge(self, step: Step) -> Mask | None:
        """Which elements of the contribution were taken; None for all."""
        rule, node, mask = step.rule, step.node, self.mask
        assert rule is not None
        if rule.op.kind == "elementwise":
            return mask
        value = mask_of_edge(rule, node, step.position, step.mask, self.plan.careful)
        if value is None:
            return None
        if rule.op.starts_mask:
            return Mask(value, lambda: self._mask_of_branch(node, step.position, mask, value))
        return Mask(value, lambda: self._mask_of_selection(node, step.position, mask, value, rule))

    def _mask_of_branch(self, node: Tensor, position: int, mask: Mask | None, value: Any) -> Expression:
        """The mask of a branch of `where`: its condition, or the contrary."""
        condition = self.builder.operand(node, 0, node.inputs[0])
        if condition.dtype != BOOL:
            condition = self._op("not_equal", (condition, constant_of(0)), condition.shape, BOOL)
        if condition.shape != value.shape:
            condition = Call("broadcast_to", registry["broadcast_to"], (condition,), {"shape": value.shape},
                             value.shape, BOOL)
        if position == 2:
            condition = self._op("logical_not", (condition,), value.shape, BOOL)
        if mask is None or not mask.acts:
            return condition
        return self._op("logical_and", (mask.expression(self, node), condition), value.shape, BOOL)

    def _mask_of_selection(self, node: Tensor, position: int, mask: Mask | None, value: Any, rule: Rule) -> Expression:
        """The mask of an operation that places elements: it places those of the mask, as ones."""
        ones = np.ones(node.shape) if mask is None else np.broadcast_to(mask.value, node.shape).astype(np.float64)
        g: Expression = constant_of(np.ones(node.shape))
        if mask is not None and mask.acts:
            g = Call("astype", registry["astype"], (mask.expression(self, node),), {"dtype": FLOAT64}, node.shape,
                     FLOAT64)
        placed = contribution_of(rule, node, ones, position, raw_value)
        found = self.rule(node, position, ones, g, placed, rule)
        return self._op("not_equal", (found, constant_of(0)), value.shape, BOOL)

    def _unite(self, x: Tensor, taken: Mask | None, first: bool) -> None:
        """An element is taken if one of its consumers took it, as `_unite` in core/backprop.py has it."""
        if taken is None:
            self.masks.pop(x, None)
            return
        if taken.value.shape != x.shape:
            taken = self._summed(taken, x)
        if first:
            self.masks[x] = taken
        elif x in self.masks:
            self.masks[x] = self._either(self.masks[x], taken, x)

    def _summed(self, taken: Mask, x: Tensor) -> Mask:
        """A mask over axes that were broadcast."""
        value = np.asarray(sum_to(taken.value.astype(float), x.shape)) != 0
        node = self.node
        assert node is not None

        def make() -> Expression:
            if not taken.acts:
                return constant_of(value)
            numbers = Call("astype", registry["astype"], (taken.expression(self, node),), {"dtype": FLOAT64},
                           taken.value.shape, FLOAT64)
            total = Call("sum_to", None, (numbers,), {"shape": x.shape}, x.shape, FLOAT64)
            return self._op("not_equal", (total, constant_of(0)), x.shape, BOOL)
        return Mask(value, make)

    def _either(self, one: Mask, other: Mask, x: Tensor) -> Mask:
        def make() -> Expression:
            parts = tuple(each.expression(self, x) for each in (one, other))
            return self._op("logical_or", parts, x.shape, BOOL)
        return Mask(one.value | other.value, make)


def _stand_in(value: Any) -> Tensor:
    """A stand-in for any value, recorded also if that has no derivative."""
    made = constant(values.settle(value))
    made._needs = True
    return made


def _with_options(node: Tensor, options: dict[str, Any]) -> Tensor:
    """A copy of a node with some options replaced."""
    seen: Tensor = object.__new__(Tensor)
    for slot in ("_value", "_op", "_x1", "_x2", "_more", "_needs", "_number", "_code", "_offset"):
        if hasattr(node, slot):
            setattr(seen, slot, getattr(node, slot))
    seen._options = {**node._options, **options}
    return seen


def recorded_on_values(node: Tensor, index: int, g: Any, rule: Rule) -> tuple[Any, Any]:
    """A rule run on a stand-in for `g` alone and on values, as the engine runs it: (result, stand-in for g)."""
    arriving = node._op.results(*map(_stand_in, g)) if node._op.results else _stand_in(g)
    arguments = rule.arguments(node, arriving, index, raw_value)
    with switched(recording=True, anomaly=False, module=None):
        return rule.call(*arguments), arriving


def _agrees(result: Any, expected: Any, mask: Any) -> bool:
    """Whether the record of a rule has the engine's bits; of numbers it may not, being held as Python floats."""
    value = result._value if result.__class__ is Tensor else result
    if mask is not None:
        value = np.where(mask, value, 0.0)
    return np.ndim(expected) == 0 or same_bits(np.broadcast_to(value, np.shape(expected)), expected)


def _is_on_floats(rule: Rule, node: Tensor, g: Any, index: int) -> bool:
    """Whether the engine gets through this rule on Python floats: what `contribution_of` in core/backprop.py tries."""
    if not (rule.on_floats and g.__class__ is float and node._value.__class__ is float):
        return False
    arguments = rule.arguments(node, g, index, lambda _, x: x._value if x.__class__ is Tensor else x)
    if not all(each.__class__ is float or each.__class__ is int for each in arguments):
        return False
    try:
        return rule.call(*arguments).__class__ is not complex
    except FLOAT_TROUBLE:
        return False
