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
from ...core.backprop import ITEM, Plan, fitted, steps
from ...core.backprop import Step as Edge
from ...core.modes import switched
from ...core.ops import FLOAT_TROUBLE
from ...core.rules import Rule
from ...core.tensors import Tensor
from ...core.walk import made_from
from ...errors import CompileError
from .masks import is_empty, joined, masked, nothing, taken_by
from .skeletons import Constant, Ref, Step
from .symbols import ATOM, CHOICE, ArraySymbol, Code, FloatSymbol, NotWrittenError, Value, call, infix
from .writing import Forward, Statement

SUMMED = np.add.reduce


class Backward:
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
            edges = list(steps(plan))
        self.masks: dict[Tensor, Value] = {}
        self.masked, self.touched = _masked_by(edges)
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
        for node, group in _by_node(edges):
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

    # -- masks --------------------------------------------------------------------------------------------------------

    def _taken(self, edge: Edge) -> Any:
        """The code of which elements were taken, for an edge to an input that has a mask."""
        rule, node = edge.rule, edge.node
        assert rule is not None
        mask = self.masks[node] if node in self.masked else None
        if rule.op.kind == "elementwise":
            return mask or Code(ATOM, "None")
        if rule.op.kind != "selection" or (mask is None and not rule.op.starts_mask):
            return Code(ATOM, "None")
        function = self.space.function((rule, "taken"), f"{rule.op.name}_rule_{rule.argument}",
                                       lambda: one_hand(rule.call, rule))
        arguments = self._arguments(rule, edge, self.totals[node])
        rest = [self._for_arrays(each) for (place, _), each in zip(rule.wants, arguments, strict=True)
                if place != Rule.FROM_G]
        return call(self._helper(taken_by), [Code(ATOM, function), self.space.constant(node.shape),
                                             mask or Code(ATOM, "None"), self.space.constant(rule.op.starts_mask),
                                             *rest])

    def _join(self, edge: Edge, code: Any, taken: Any) -> None:
        x = edge.input
        total, mask = self.totals[x], self.masks[x]
        joined_code = call(self._helper(joined), [total, mask, code, taken, self.space.constant(x.shape)])
        self.statements.append(Statement([total, mask], joined_code))

    def _follow_masked(self, node: Tensor, edges: list[Edge]) -> None:
        """The edges of a node of which nothing may have been taken."""
        if node._op.results or node._op is ITEM:
            raise CompileError(f"{node._op.name} at {node.position} has several results and is used in a branch of "
                               "tg.where. Take it out of the branch.")
        mask = self.masks[node]
        targets = dict.fromkeys(edge.input for edge in edges)      # a dict, as tensors compare by value
        unasked = [x for x in node.inputs if x.__class__ is Tensor and x._needs and x not in targets]
        if unasked:
            raise CompileError(f"{node._op.name} at {node.position} is used in a branch of tg.where, and has an input "
                               "without derivative that needs a gradient. Write .detach() for that input.")
        self.statements.append(Block(f"if not {self._helper(is_empty)}({mask.name}):", [mask], opens=True))
        for edge in edges:
            contribution = self._contribution(edge)
            if edge.rule is not None and edge.rule.op.kind == "elementwise":
                contribution = call(self._helper(masked), [mask, contribution])
            function = self.space.function(("fit", edge.rule, edge.input._value.__class__, edge.input.shape,
                                            edge.input.dtype), "fit", _fitter(edge))
            self._join(edge, call(function, [contribution]), self._taken(edge))
        self.statements.append(Block("else:", closes=True, opens=True))
        for x in targets:
            total, before = self.totals[x], self.masks[x]
            code = call(self._helper(nothing), [total, before, self.space.constant(x.shape),
                                                self.space.constant(x.dtype)])
            self.statements.append(Statement([total, before], code))
        self.statements.append(Block("", closes=True))

    def _helper(self, function: Callable[..., Any]) -> str:
        return self.space.function(function, function.__name__, lambda: function)


class Block:
    """A line of text between statements: it opens or closes an indented block."""

    def __init__(self, text: str, mentions: list[Value] | None = None, opens: bool = False,
                 closes: bool = False) -> None:
        self.text, self.mentions, self.opens, self.closes = text, mentions or [], opens, closes


class Argument:
    """What a rule is called with: its code, and what it was in the traced run.

    `strong` says that a number counts in promotion, being that of a Tensor; None as example that no symbol may
    stand for it.
    """

    __slots__ = ("example", "is_option", "piece", "strong")

    def __init__(self, piece: Any, example: Any = None, strong: bool = False, is_option: bool = False) -> None:
        self.piece, self.example, self.strong, self.is_option = piece, example, strong, is_option


def _masked_by(edges: list[Edge]) -> tuple[set[Tensor], set[Tensor]]:
    """(the nodes that may have a mask when their turn comes, the tensors whose total a mask may decide on).

    One contribution that is taken for sure, whole, ends the mask of a tensor.
    """
    masked: set[Tensor] = set()
    touched: set[Tensor] = set()
    whole: set[Tensor] = set()
    for node, group in _by_node(edges):
        may_be = node in touched and node not in whole
        if may_be:
            masked.add(node)
        for edge in group:
            rule = edge.rule
            if rule is None or rule.op is ITEM:
                continue
            if may_be or rule.op.starts_mask:
                touched.add(edge.input)
            else:
                whole.add(edge.input)
    return masked, touched


def _by_node(edges: list[Edge]) -> list[tuple[Tensor, list[Edge]]]:
    groups: dict[Tensor, list[Edge]] = {}
    for edge in edges:
        groups.setdefault(edge.node, []).append(edge)
    return list(groups.items())


def _is_number(example: Any) -> bool:
    return example.__class__ is float or example.__class__ is int


def _fitter(edge: Edge) -> Callable[[], Any]:
    return lambda: fit_to(edge.input._value, edge.rule)


def fit_to(value: Any, rule: Any) -> Callable[[Any], Any]:
    """What brings a contribution into the form of `value`."""
    like: Tensor = object.__new__(Tensor)
    like._value = value if not isinstance(value, np.ndarray) else np.broadcast_to(value.dtype.type(0), value.shape)
    return lambda contribution: fitted(contribution, like, rule, False)


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


def one_hand(rule: Callable[..., Any], described: Rule) -> Callable[..., Any]:
    """A rule whose gradient comes first, whatever its order of arguments is."""
    place = [name for _, name in described.wants].index("g")
    return lambda g, *rest: rule(*rest[:place], g, *rest[place:])

