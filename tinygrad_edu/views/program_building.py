"""Making a program of a tensor: the record, read forward.

    program_of(t, backward=True, of=None) -> Program

A statement for each node, in the order of creation. The backward half is in `program_backward.py`, which uses what is
here for the expressions of rules, too. Read `programs.py` before this file and `program_backward.py` after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import random
from ..core import values
from ..core.backprop import ITEM, changed
from ..core.modes import enable_grad, switched
from ..core.ops import FLOAT_TROUBLE
from ..core.rules import Op
from ..core.tensors import Tensor, constant
from ..core.walk import by_number, made_from
from .program_names import Names, array_name, index_names, name_tensors, noun_of, users_names
from .programs import Call, Constant, Expression, Input, Name, Program, Statement

LONG = 12               # so many values and operations an expression may mention; parts of longer ones get statements
SMALL = 12              # so many elements of an array without a name are written where they are used


def program_of(t: Tensor, *, backward: bool = True, of: Sequence[Tensor] | None = None) -> Program:
    """The program that computes `t`, and then its gradients.

    Args:
        t: a result of any shape, or a leaf, which gives `y = x`. If it is not a single number, the gradient to start
            from is an input (ones).
        backward: whether to add the backward half.
        of: the tensors whose gradients are wanted; None for all variables.
    Raises: GraphError if `t` needs no gradient and one is asked for, ChangedValueError if a variable was assigned
        since, so that the record is not what its value gives now.

    >>> w, x = tg.variables(w=2, x=-3)
    >>> program = program_of(w * x)
    >>> [statement.target.name for statement in program.statements]
    ['y', 'd_y', 'd_w', 'd_x']
    """
    results, leaves = made_from([t])
    builder = ProgramBuilder(results, leaves, python_alone=True)
    for node in results:
        builder.add(node)
    if t._op is None:
        builder.add_leaf(t)
    if backward and not (t._op is None and not t._needs):
        from .program_backward import Backward, add_backward
        return add_backward(builder, t, of, Backward)
    return builder.program(t)


class ProgramBuilder:
    """A program that is being made: the statements so far, and what everything is called."""

    def __init__(self, results: list[Tensor], leaves: list[Tensor], python_alone: bool = False) -> None:
        self.results, self.names = results, Names((node._op for node in results), python_alone)
        self.known: dict[Tensor, Name | Constant] = {}  # the name of each tensor of the graph
        self.items: dict[tuple[Tensor, int], Name] = {}     # and of each result of an operation with several
        self.by_products: dict[tuple[Tensor, str], Name] = {}
        self.inputs: list[Input] = []
        self.constants: list[Input] = []
        self.arrays: dict[int, list[tuple[str | None, Input]]] = {}     # raw arrays that have a name, by content
        self.statements: list[Statement] = []
        self.forward: tuple[Statement, ...] | None = None
        self.output: Name | None = None                 # of a program whose result is an input
        named = [t for t in sorted([*leaves, *results], key=by_number) if t._value.__class__ is not tuple]
        given = users_names(named)
        plain = {leaf: _strong_constant(leaf._value) for leaf in leaves if leaf not in given and _is_plain(leaf)}
        self.known.update(plain)
        called = {t: self.names.fresh(given[t]) for t in named if t._op is None and t in given}
        arrays = self._named_arrays()
        self.names.end_of_inputs()
        self.chosen = name_tensors(self.names, [t for t in named if t not in plain], given, called)
        for leaf in leaves:
            if leaf not in plain:
                self.known[leaf] = name = name_of(self.chosen[leaf], leaf._value)
                self.inputs.append(Input(name, leaf._value, leaf))
        self.inputs += arrays

    def _named_arrays(self) -> list[Input]:
        """The raw arrays that the user's expressions name: inputs, whose names come before those of results."""
        found: list[Input] = []
        for node in self.results:
            for i, x in enumerate(node.inputs):
                if isinstance(x, np.ndarray) and x.ndim and (label := array_name(node, i)):
                    self.array(x, label, inline=False, where=found)
            if node._op.name == "getitem":
                for each, label in _labelled(node):
                    if label is not None:
                        self.array(each, label, inline=False, where=found)
        return found

    # -- the forward half -----------------------------------------------------------------------------------------

    def add(self, node: Tensor) -> None:
        """The statement of a node."""
        op = node._op
        for x in node.inputs:
            if x.__class__ is Tensor and x._number > node._number:
                raise changed(node, x)
        if op is ITEM:
            self.known[node] = self.items[node._x1, node._options["index"]]
            return
        if op.name == "replayed":
            self._add_replayed(node)
            return
        if getattr(op, "compiled", False):
            self._add_compiled(node)
            return
        operands = tuple(self.operand(node, i, x) for i, x in enumerate(node.inputs))
        options = {name: self.option(node._options[name], name) for name in op.option_names}
        if op.name == "getitem":
            options["index"] = self._index(node)
        targets = self._targets(node)
        call = self.call(op, operands, options, node._value, [_value_of(x) for x in node.inputs])
        self.statements.append(Statement(targets, call, node, position=node.position))

    def add_leaf(self, t: Tensor) -> None:
        """The statement of a result that was not computed: `y = x`."""
        self.output = name_of(self.names.fresh("y"), t._value)
        self.statements.append(Statement((self.output,), self.known[t], None))

    def _index(self, node: Tensor) -> Any:
        """The index of a node, with arrays in it named as in the user's expression."""
        named = tuple(self.option(each, "index") if label is None else
                      self.array(each, label, inline=False, where=self.inputs) for each, label in _labelled(node))
        return named if isinstance(node._options["index"], tuple) else named[0]

    def _targets(self, node: Tensor) -> tuple[Name | None, ...]:
        """The names that a node's results and by-products get."""
        if not node._op.results:
            self.known[node] = name = name_of(self.chosen[node], node._value)
            extra = [self._by_product(node, each) for each in node._op.saved_names]
            return (name, *extra)
        used = {each._options["index"]: each for each in self.results if each._op is ITEM and each._x1 is node}
        found = []
        for i, value in enumerate(node._value):
            field = node._op.results._fields[i]
            text = self.chosen[used[i]] if i in used else self.names.systematic(field, numbered=True)
            self.items[node, i] = name = name_of(text, value)
            found.append(name)
        return tuple(found)

    def _by_product(self, node: Tensor, label: str) -> Name | None:
        value = node._options[label]
        if not isinstance(value, np.ndarray):
            return None
        name = name_of(self.names.systematic(label), value)
        self.by_products[node, label] = name
        return name

    def _add_replayed(self, node: Tensor) -> None:
        """A checkpoint: what its function did, which is run once more to be read."""
        options, given = node._options, node.inputs
        stand_ins = [_stand_in(x) for x in given[:options["n"]]]
        with enable_grad(), switched(anomaly=False), random.replaying(options["state"]):
            output = options["f"](*stand_ins)
        known = dict(zip(stand_ins, [self.operand(node, i, x) for i, x in enumerate(given)], strict=False))
        found = self.expression(output, known, node)
        self.known[node] = name = name_of(self.chosen[node], node._value)
        self.statements.append(Statement((name,), found, node, position=node.position))

    def _add_compiled(self, node: Tensor) -> None:
        """A call of a compiled function: what the function does."""
        stand_ins = [_stand_in(x) for x in node.inputs]
        with enable_grad(), switched(anomaly=False, module=None):
            output = node._options["saved"].on(stand_ins)
        known = dict(zip(stand_ins, [self.operand(node, i, x) for i, x in enumerate(node.inputs)], strict=True))
        found = self.expression(output, known, node)
        self.known[node] = name = name_of(self.chosen[node], node._value)
        self.statements.append(Statement((name,), found, node, position=node.position))

    # -- expressions ----------------------------------------------------------------------------------------------

    def call(self, op: Op, operands: tuple[Expression, ...], options: dict[str, Any], value: Any,
             inputs: Sequence[Any]) -> Call:
        """A call of an operation that gave `value` for `inputs`."""
        first = value[0] if value.__class__ is tuple else value
        on_floats = value.__class__ is float and on_python_floats(op, inputs, value)
        return Call(op.name, op, operands, options, values.shape_of(first), values.dtype_of(first), on_floats)

    def operand(self, node: Tensor, index: int, x: Any) -> Expression:
        """An input of a node."""
        if x.__class__ is Tensor:
            return self.known[x]
        if not isinstance(x, np.ndarray) or not x.ndim:
            return constant_of(x)
        name = array_name(node, index)
        return self.array(x, name, inline=name is None, where=self.inputs)

    def option(self, value: Any, label: str) -> Any:
        """An option, with large arrays in it named."""
        if isinstance(value, tuple):
            return tuple(self.option(each, label) for each in value)
        return self.array(value, label, inline=True, where=self.constants) if isinstance(value, np.ndarray) else value

    def array(self, x: np.ndarray[Any, Any], label: str | None, inline: bool, where: list[Input]) -> Expression:
        """A raw array: written where it is used if small or uniform, else an input or a constant with a name."""
        key = hash((x.shape, x.dtype.str, x.tobytes()[:1000]))
        for known, each in self.arrays.get(key, ()):
            if same_bits(each.value, x) and (inline or known == label):
                return each.name
        if inline and (x.size <= SMALL or is_uniform(x)):
            return constant_of(x)
        name = name_of(self.names.fresh(label) if label else self.names.systematic("data", numbered=True), x)
        found = Input(name, x, None)
        where.append(found)
        self.arrays.setdefault(key, []).append((label, found))
        return name

    def expression(self, result: Any, known: dict[Tensor, Expression], node: Tensor | None,
                   on_floats: bool | None = None) -> Expression:
        """The record that leads to `result`, as nested calls; what is used twice has a statement of its own.

        Args:
            result: a Tensor recorded on stand-ins, or a raw value.
            known: what the stand-ins stand for.
            node: what the statements are about.
            on_floats: whether the engine ran this as a rule on Python floats; None if it recorded it.
        """
        if result.__class__ is not Tensor:
            return self._raw(result)
        known, floats = dict(known), {each for each in known if on_floats and each._value.__class__ is float}
        inner = [each for each in made_from([result])[0] if each not in known and each not in self.known]
        uses: dict[Tensor, int] = {}
        for each in inner:
            for x in each.inputs:
                if x.__class__ is Tensor:
                    uses[x] = uses.get(x, 0) + 1
        for each in inner:
            found = self._nested(each, known, on_floats is None or _is_on_floats(each, floats))
            several = each._value.__class__ is tuple
            long = each is not result and isinstance(found, Call) and (uses[each] > 1 or _size(found) > LONG)
            if isinstance(found, Call) and (several or long):
                found = self._help_value(each, found, node)
            known[each] = found
        return known.get(result) or self._leaf(result)

    def _nested(self, each: Tensor, known: dict[Tensor, Expression], on_floats: bool) -> Expression:
        """A recorded operation as a call."""
        if each._op is ITEM:
            return self.items[each._x1, each._options["index"]]
        operands = tuple((known.get(x) or self._leaf(x)) if x.__class__ is Tensor else self._raw(x)
                         for x in each.inputs)
        options = {name: self.option(each._options[name], name) for name in each._op.option_names}
        call = self.call(each._op, operands, options, each._value, [_value_of(x) for x in each.inputs])
        return call if on_floats else _on_numpy(call)

    def _leaf(self, x: Tensor) -> Expression:
        """A tensor that no stand-in and no operation of a rule is: one of the graph, or a constant made by the rule."""
        return self.known.get(x) or self._raw(x._value)

    def _raw(self, x: Any) -> Expression:
        """A raw value in a rule."""
        if isinstance(x, np.ndarray) and x.ndim:
            return self.array(x, None, inline=True, where=self.constants)
        return constant_of(x)

    def _help_value(self, each: Tensor, call: Call, node: Tensor | None) -> Expression:
        """A statement for a part of a rule that is used more than once."""
        position = node.position if node is not None else None
        if call.op is not None and call.op.results:
            for i, value in enumerate(each._value):
                name = name_of(self.names.systematic(call.op.results._fields[i], numbered=True), value)
                self.items[each, i] = name
            targets = tuple(self.items[each, i] for i in range(len(each._value)))
            self.statements.append(Statement(targets, call, node, position=position))
            return call
        name = name_of(self.names.systematic(noun_of(each._op), numbered=True), each._value)
        self.statements.append(Statement((name,), call, node, position=position))
        return name

    def program(self, t: Tensor, **more: Any) -> Program:
        """What was built."""
        forward = tuple(self.statements) if self.forward is None else self.forward
        backward = tuple(self.statements[len(forward):])
        names = {each: name for each, name in self.known.items() if isinstance(name, Name)}
        output = self.output or names[t]
        return Program(tuple(self.inputs), tuple(self.constants), forward, backward, (output,), names=names, **more)


# -- values -----------------------------------------------------------------------------------------------------------


def on_python_floats(op: Op, inputs: Sequence[Any], value: float) -> bool:
    """Whether `op` computed a float from its inputs as Python floats: if that gives the recorded value, to the bit."""
    if op.scalar is None or not all(x.__class__ is float or x.__class__ is int for x in inputs):
        return False
    try:
        found = op.scalar(*inputs)
    except FLOAT_TROUBLE:
        return False
    return found.__class__ in (float, int) and same_bits(np.float64(found), np.float64(value))


def _is_on_floats(each: Tensor, floats: set[Tensor]) -> bool:
    """Whether an operation in a rule that runs on Python floats is still given such, and notes it if it gives one.

    Operations of one or two inputs do (see the doors in core/ops.py), others give what NumPy gave.
    """
    op = each._op
    if not all(x in floats if x.__class__ is Tensor else x.__class__ in (float, int) for x in each.inputs):
        return False
    if op.wide or op.option_names:
        return False
    if each._value.__class__ is float:
        floats.add(each)
    return True


def same_bits(a: Any, b: Any) -> bool:
    """Whether two values are equal to the last bit, in shape and dtype; NaN of any kind equals NaN."""
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    if a.dtype.kind != "f":
        return bool(np.array_equal(a, b))
    return bool(np.all(((a == b) & (np.signbit(a) == np.signbit(b))) | (np.isnan(a) & np.isnan(b))))


def is_uniform(x: np.ndarray[Any, Any]) -> bool:
    """Whether all elements are the same number."""
    return not x.size or same_bits(x, np.full_like(x, x.flat[0]))


def _labelled(node: Tensor) -> list[tuple[Any, str | None]]:
    """The parts of an index, each with the variable that holds it, for arrays that the user's expression names."""
    index, labels = node._options["index"], index_names(node)
    parts = index if isinstance(index, tuple) else (index,)
    if len(labels) != len(parts):
        labels = [None] * len(parts)
    return [(each, label if isinstance(each, np.ndarray) and each.ndim else None)
            for each, label in zip(parts, labels, strict=True)]


def _size(expression: Expression) -> int:
    """How many values and operations an expression mentions."""
    return 1 + sum(map(_size, expression.operands)) if isinstance(expression, Call) else 1


def _is_plain(leaf: Tensor) -> bool:
    """Whether a constant without a name is written where it is used."""
    value = leaf._value
    return not leaf._needs and (not isinstance(value, np.ndarray) or value.size <= SMALL or is_uniform(value))


def _strong_constant(value: Any) -> Constant:
    """The value of a constant tensor, which counts in promotion."""
    return constant_of(np.float64(value) if value.__class__ is float else value)


def _value_of(x: Any) -> Any:
    return x._value if x.__class__ is Tensor else x


def constant_of(x: Any) -> Constant:
    """A plain value in an expression."""
    if x is None:
        return Constant(None, (), None)
    return Constant(x, np.shape(x), values.dtype_of(x))


def name_of(text: str, value: Any) -> Name:
    """The name of a variable of the program that holds `value`."""
    return Name(text, values.shape_of(value), values.dtype_of(value), value.__class__ is float)


def _stand_in(x: Any) -> Tensor:
    """A variable that holds the value of an argument."""
    made = constant(values.settle(np.asarray(_value_of(x))))
    made._needs = x.__class__ is Tensor and x._needs
    return made


def _on_numpy(call: Call) -> Call:
    """The same call, computed by NumPy."""
    return call if not call.on_floats else Call(call.operation, call.op, call.operands, call.options, call.shape,
                                                call.dtype)
