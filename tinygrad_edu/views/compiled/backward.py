"""The backward half of a program: the engine's own pass, edge by edge, as statements.

    Backward(forward, output)       writes it for one result

Each edge of the pass is a rule, which is written as code by running it on symbols; a rule that does what symbols
cannot do is called by its name. Sums over broadcast axes, conversions and running totals are those of the engine.
Read `core/backprop.py` and `writing.py` before this file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...core import values
from ...core.backprop import ITEM, Plan, steps
from ...core.backprop import Step as Edge
from ...core.modes import switched
from ...core.ops import FLOAT_TROUBLE
from ...core.rules import Rule
from ...core.tensors import Tensor
from ...core.walk import made_from
from .masked_edges import Argument, Block, MaskedEdges, by_node, fit_to, masked_by
from .skeletons import Constant, Ref, Step
from .symbols import ATOM, CHOICE, ArraySymbol, Code, FloatSymbol, NotWrittenError, Value, call, infix
from .writing import Forward, Statement

SUMMED = np.add.reduce


class Backward(MaskedEdges):
    """The statements that pass a gradient of one result back to the inputs.

    Attributes:
        statements: with blocks as text between them, see `Block`.
        seed: the gradient to start from.
        gradients: the value or code of the gradient of each input, by its `Ref`, in the order of `inputs`.
        inputs: the arguments and tensors from outside that a gradient flows to.
        needed: those of all inputs whose value a rule needs.
    """

    def __init__(self, forward: Forward, output: Tensor, ref: Ref) -> None:
        self.forward, self.space = forward, forward.space
        self.statements: list[Statement | Block] = []
        self.refs = self._refs()
        self.values: dict[Tensor, Value] = {t: self._value_of(r) for t, r in self.refs.items()}
        self.totals: dict[Tensor, Value] = {}
        self.parts: dict[Tensor, list[Value | None]] = {}
        self.needed: set[Ref] = set()
        results, leaves = made_from([output], needing_gradient=True)
        self.inputs = [self.refs[leaf] for leaf in leaves if leaf in self.refs]
        seed = values.settle(np.ones(output.shape, output.dtype))
        self.seed = self.totals[output] = Value(self._gradient_name(ref), seed)
        plan = Plan(results, leaves, {output: seed}, masked=False)
        with np.errstate(all="ignore"), switched(recording=True, anomaly=False, module=None):
            edges = [edge for edge in steps(plan) if edge.input in self.refs]       # others lead to constants
        self.masks: dict[Tensor, Value] = {}
        self.masked, self.touched = masked_by(edges)
        self._follow_all(edges)
        leaf_of = {r: t for t, r in self.refs.items()}
        self.gradients = [self.totals.get(leaf_of[r]) or self._zeros(leaf_of[r]._value) for r in self.inputs]

    # -- what things are called ---------------------------------------------------------------------------------------

    def _refs(self) -> dict[Tensor, Ref]:
        """Each tensor of the taken steps, and the value of the skeleton that it is."""
        found: dict[Tensor, Ref] = {}
        for kind, given in (("argument", self.forward.arguments), ("outside", self.forward.outside)):
            found.update((t, Ref(kind, i)) for i, t in enumerate(given) if t.__class__ is Tensor)
        for i, result in enumerate(self.forward.results):
            if result.__class__ is Tensor:
                found.setdefault(result, Ref("step", i))
            elif isinstance(result, tuple) and result and result[0].__class__ is Tensor and result[0]._op is ITEM:
                found[result[0]._x1] = Ref("step", i)
        return found

    def _value_of(self, ref: Ref) -> Value:
        return self.forward.values[ref.index] if ref.kind == "step" else self.forward.inputs[ref]

    def _gradient_name(self, ref: Ref) -> str:
        return self.space.free(f"d_{self._value_of(ref).name}")

    def _zeros(self, value: Any) -> Code:
        return self.space.constant(values.settle(np.zeros(values.shape_of(value), values.dtype_of(value))))

    # -- edges --------------------------------------------------------------------------------------------------------

    def _follow_all(self, edges: list[Edge]) -> None:
        for x in dict.fromkeys(each.input for each in edges if each.input in self.touched):
            self.totals[x] = Value(self._gradient_name(self.refs[x]), x._value)
            self.masks[x] = Value(self.space.free(f"taken_{self.values[x].name}"), None)
            self.statements.append(Block(f"{self.totals[x].name} = {self.masks[x].name} = None"))
        for node, group in by_node(edges):
            if node in self.masked:
                self._follow_masked(node, group)
                continue
            for edge in group:
                self._follow(edge)

    def _follow(self, edge: Edge) -> None:
        """An edge of the ordinary kind, or one to an input that has a mask."""
        if edge.rule is not None and edge.rule.op is ITEM:
            self._to_item(edge)
            return
        code = self._fitted(self._contribution(edge), edge)
        x = edge.input
        if x in self.masks:
            self._join(edge, code, self._taken(edge))
            return
        total = self.totals.get(x)
        if total is None:
            if isinstance(code, Value):
                code.name = code.name or self._gradient_name(self.refs[x])
                self.totals[x] = code                           # the gradient as it arrived
                return
        else:
            code = infix("+", 6, total, code)
        self.totals[x] = self._define(code, edge.after, self._gradient_name(self.refs[x]))

    def _to_item(self, edge: Edge) -> None:
        """The gradient of one of several results."""
        parts = self.parts.setdefault(edge.input, [None] * len(edge.input._value))
        index, arriving = edge.node._options["index"], self.totals[edge.node]
        before = parts[index]
        if before is not None:
            example = values.settle(edge.after[index])
            arriving = self._define(infix("+", 6, before, arriving), example, self.space.free(f"{arriving.name}_sum"))
        parts[index] = arriving

    def _define(self, code: Any, example: Any, name: str) -> Value:
        short = example.__class__ is float
        value = Value(name, example, code, short)
        self.statements.append(Statement([value], code))
        return value

    # -- contributions ------------------------------------------------------------------------------------------------

    def _contribution(self, edge: Edge) -> Any:
        """What the rule makes of the gradient that arrives, as code or as a value."""
        rule, node = edge.rule, edge.node
        assert rule is not None
        if node._op.results:
            g: Any = self._all_parts(node)
        else:
            g = self.totals[node]
        if rule.kind == Rule.JUST_G:
            return g
        arguments = self._arguments(rule, edge, g)
        on_floats = rule.on_floats and isinstance(g, Value) and g.is_float and node._value.__class__ is float and all(
            _is_number(each.example) for each in arguments)
        mark = len(self.statements)
        try:
            found = None if on_floats and self.forward.careful else self._by_symbols(rule, arguments, on_floats)
        except Exception:
            del self.statements[mark:]
            found = None
        if found is not None:
            return found
        return self._by_name(rule, arguments, on_floats)

    def _all_parts(self, node: Tensor) -> Code:
        parts = self.parts.get(node, [None] * len(node._value))
        pieces = [self._strong(part) if part is not None else self._zeros_of(value)
                  for part, value in zip(parts, node._value, strict=True)]
        make = node._op.results
        return call(self.space.function((node._op, "gradients"), "gradients", lambda: make), pieces)

    def _zeros_of(self, value: Any) -> Code:
        found = values.strong(values.settle(np.zeros(values.shape_of(value), values.dtype_of(value))))
        return self.space.constant(found)

    def _strong(self, value: Value) -> Any:
        return call("np.float64", [value]) if value.is_float else value

    def _arguments(self, rule: Rule, edge: Edge, g: Any) -> list[Argument]:
        """What the rule is called with."""
        node, step = edge.node, self._step(edge.node)
        found: list[Argument] = []
        for place, name in rule.wants:
            if place >= 0:
                found.append(self._input(node, step, place))
            elif place == Rule.FROM_G:
                found.append(Argument(g, None if node._op.results else edge.arriving, strong=True))
            elif place == Rule.FROM_OUT:
                found.append(self._out(node))
            elif place == Rule.FROM_LIST:
                inputs = [self._input(node, step, i) for i in range(len(node.inputs))]
                parts: list[Any] = ["["]
                for i, each in enumerate(inputs):
                    parts += [", "] * (i > 0) + [(self._for_arrays(each), CHOICE)]
                found.append(Argument(Code(ATOM, *parts, "]")))
            elif place == Rule.FROM_POSITION:
                found.append(Argument(self.space.constant(edge.position), edge.position))
            elif name in node._op.saved_names:
                ref = self.refs[node]
                piece = Code(ATOM, (self.forward.by_products[ref.index], ATOM), f'["{name}"]')
                found.append(Argument(piece))
            else:
                option = node._options[name]
                found.append(Argument(self.space.constant(option), option, is_option=True))
        return found

    def _out(self, node: Tensor) -> Argument:
        value = self.values[node]
        if node._op.results:
            make = node._op.results._make
            return Argument(call(self.space.function((node._op, "make"), "results", lambda: make), [value]))
        return Argument(value, node._value, strong=True)

    def _step(self, node: Tensor) -> Step:
        return self.forward.skeleton.steps[self.refs[node].index]

    def _input(self, node: Tensor, step: Step, place: int) -> Argument:
        """An input of a node, as a rule gets it."""
        ref, x = step.inputs[place], node.inputs[place]
        if ref.__class__ is Constant:
            return Argument(self.space.constant(ref.value), ref.value, strong=True)
        if ref.__class__ is not Ref:
            return Argument(self.space.constant(x), x)
        if x.__class__ is not Tensor:
            return Argument(self.forward.in_order.get(ref) or self._value_of(ref), x)
        if ref.kind != "step":
            self.needed.add(ref)
        if x._value.__class__ is tuple:
            return self._out(x)
        return Argument(self._value_of(ref), x._value, strong=True)

    def _for_arrays(self, argument: Argument) -> Any:
        """An argument for use beside arrays, where numbers of Tensors count in promotion."""
        if not argument.strong or argument.example.__class__ is not float:
            return argument.piece
        if isinstance(argument.piece, Value):
            return call("np.float64", [argument.piece])
        return self.space.constant(np.float64(argument.example))

    def _by_symbols(self, rule: Rule, arguments: list[Argument], on_floats: bool) -> Any:
        """The rule as code; an exception if it does what a symbol cannot do."""
        def number(code: Code) -> Value:
            return self._temporary(code, 0.0)

        given: list[Any] = []
        for each in arguments:
            example = each.example
            if each.is_option or example.__class__ is int:
                given.append(example)
            elif not isinstance(example, (float, np.ndarray, np.generic)):
                raise NotWrittenError
            elif on_floats:
                given.append(FloatSymbol(each.piece, number) if isinstance(each.piece, Value) else example)
            else:
                seen = values.strong(example) if each.strong else example
                given.append(ArraySymbol(self._for_arrays(each), seen, self._temporary))
        found = rule.call(*given)
        if isinstance(found, (FloatSymbol, ArraySymbol)):
            return found.piece
        raise NotWrittenError

    def _temporary(self, code: Code, example: Any) -> Value:
        """A part of a rule: written where it is used if that is one place."""
        value = Value("", example, code, short=True)
        self.statements.append(Statement([value], code))
        return value

    def _by_name(self, rule: Rule, arguments: list[Argument], on_floats: bool) -> Code:
        """A call of the rule itself."""
        name = f"{rule.op.name}_rule_{rule.argument}"
        if on_floats:
            function = self.space.function((rule, "floats"), name, lambda: rule_on_floats(rule.call))
            return call(function, [each.piece for each in arguments])
        function = self.space.function((rule, "arrays"), name, lambda: rule.call)
        return call(function, [self._for_arrays(each) for each in arguments])

    # -- the form of the input ----------------------------------------------------------------------------------------

    def _fitted(self, code: Any, edge: Edge) -> Any:
        """A contribution in the shape and dtype of the input, as `fitted` in core/backprop.py makes it."""
        x, given = edge.input, edge.contribution
        value = x._value
        if value.__class__ is float:
            if isinstance(code, Value) and code.is_float:
                return code
            if np.shape(given) == ():
                return call("float", [code])
        elif isinstance(given, np.ndarray) and isinstance(value, np.ndarray) and given.dtype == value.dtype:
            if given.shape == value.shape:
                return code
            if given.shape[1:] == value.shape and (given.itemsize == 8 or len(given) <= 256):
                return call(self.space.function("sum", "add_up", lambda: SUMMED), [code, Code(ATOM, "0")])
        elif given.__class__ is value.__class__ and isinstance(given, np.generic) and isinstance(code, Value):
            return code
        function = self.space.function(("fit", edge.rule, value.__class__, np.shape(value), values.dtype_of(value)),
                                       "fit", lambda: fit_to(value, edge.rule))
        return call(function, [code])


def _is_number(example: Any) -> bool:
    return example.__class__ is float or example.__class__ is int


def rule_on_floats(rule: Callable[..., Any]) -> Callable[..., Any]:
    """A rule on Python floats or, where Python refuses, on NumPy's: `contribution_of` in core/backprop.py."""
    def contribution(*arguments: Any) -> Any:
        try:
            found = rule(*arguments)
            if found.__class__ is not complex:
                return found
        except FLOAT_TROUBLE:
            pass
        return rule(*map(values.strong, arguments))
    return contribution
