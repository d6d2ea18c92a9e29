"""The forward half of a program: one statement for each step, computed as the engine computes it.

    Forward(skeleton, arguments, outside)       writes it, and knows the value of each step

Where the engine computes with Python floats, the text has Python's operators; elsewhere NumPy's operators and
functions, or the forward function of the operation itself, by its name. So the bits are the engine's.
Read `symbols.py` before this file and `backward.py` after it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...core import values
from ...core.modes import current
from ...core.ops import FLOAT_TROUBLE
from ...core.rules import Op
from ...core.tensors import Tensor
from ..program_names import noun_of
from .skeletons import Constant, Ref, Skeleton, Step, copied, raw, taken
from .symbols import (
    ATOM,
    BITS,
    CHOICE,
    COMPARED,
    OPERATORS,
    UNARY,
    ArraySymbol,
    Code,
    FloatSymbol,
    Value,
    call,
    compared,
    infix,
    literal,
)

SIGNS = {"add": "add", "subtract": "sub", "multiply": "mul", "divide": "truediv", "matmul": "matmul"}
RELATIONS = {"less": "lt", "less_equal": "le", "greater": "gt", "greater_equal": "ge", "equal": "eq",
             "not_equal": "ne"}
SAFE = {"add", "subtract", "multiply", "negative", "positive", "relu", "abs", "square"}  # Python's floats refuse none
BITWISE = {"bitwise_and": "&", "bitwise_or": "|", "bitwise_xor": "^"}


class Statement:
    """`target = code`; several targets for an operation with by-products."""

    __slots__ = ("code", "place", "targets")

    def __init__(self, targets: list[Value], code: Code, place: tuple[Any, int] | None = None) -> None:
        self.targets, self.code, self.place = targets, code, place


class Operand:
    """An input of a step: the tensor or raw value that it is, and how the program calls it."""

    __slots__ = ("given", "piece", "value")

    def __init__(self, piece: Any, given: Any) -> None:
        self.piece, self.given, self.value = piece, given, raw(given)

    @property
    def is_tensor(self) -> bool:
        """Whether the function has a Tensor here."""
        return self.given.__class__ is Tensor

    @property
    def is_number(self) -> bool:
        """Whether it is a number of Python's."""
        return self.value.__class__ is float or self.value.__class__ is int

    @property
    def is_literal(self) -> bool:
        """Whether it is such a number, and the same at each call."""
        return self.is_number and not isinstance(self.piece, Value)


class Namespace:
    """What the text of a program calls by name: functions and constants."""

    def __init__(self, taken_names: set[str]) -> None:
        self.taken = {*taken_names, "np", "given", "saved", "forward", "backward"}
        self.names: dict[str, Any] = {"np": np, "inf": math.inf, "nan": math.nan}
        self.known: dict[Any, str] = {}

    def free(self, wanted: str) -> str:
        """A name that nothing has yet."""
        name, number = wanted, 1
        while name in self.taken or name in self.names:
            number += 1
            name = f"{wanted}_{number}"
        self.taken.add(name)
        return name

    def function(self, key: Any, name: str, make: Callable[[], Any]) -> str:
        """The name of a function, made when it is first asked for."""
        if key not in self.known:
            self.known[key] = found = self.free(name)
            self.names[found] = make()
        return self.known[key]

    def constant(self, value: Any) -> Code:
        """A constant: a literal if it has one, else by name."""
        found = literal(value)
        if found is not None:
            return found
        if isinstance(value, slice):
            parts = (value.start, value.stop, value.step)
            if all(part is None or isinstance(part, int) for part in parts):
                return Code(ATOM, repr(value))
        if isinstance(value, (tuple, list)):
            inner = [self.constant(each) for each in value]
            ends = ("[", "]") if isinstance(value, list) else ("(", "," * (len(value) == 1) + ")")
            parts_of_it: list[Any] = [ends[0]]
            for i, each in enumerate(inner):
                parts_of_it += [", "] * (i > 0) + [(each, CHOICE)]
            return Code(ATOM, *parts_of_it, ends[1])
        if isinstance(value, (np.dtype, type)) and np.dtype(value).kind in "biuf":
            return Code(ATOM, f"np.{np.dtype(value).name}" if np.dtype(value).kind != "b" else "np.bool")
        key = id(value)
        if key not in self.known:
            self.known[key] = name = self.free("constant")
            self.names[name] = value
        return Code(ATOM, self.known[key])


class Forward:
    """The statements of the forward half.

    Args:
        skeleton: the steps.
        arguments: what the function is given: raw values, and Tensors without a past.
        outside: the tensors from outside.
        careful: whether Python's floats refuse some of the numbers (1/0), so that NumPy is asked where they do.
    """

    def __init__(self, skeleton: Skeleton, arguments: Sequence[Any], outside: Sequence[Tensor],
                 careful: bool = False) -> None:
        self.skeleton, self.careful = skeleton, careful
        self.arguments, self.outside = arguments, outside
        self.results = taken(skeleton, arguments, outside)
        self.space = Namespace({*skeleton.names.values()})
        self.statements: list[Statement] = []
        names = skeleton.names
        self.inputs = {Ref(kind, i): self._named(names.get(Ref(kind, i)), raw(x))
                       for kind, given in (("argument", arguments), ("outside", outside)) for i, x in enumerate(given)}
        self.values: dict[int, Value] = {}                          # of each step
        self.by_products: dict[int, Value] = {}
        self.in_order: dict[Ref, Value] = {}                        # raw arrays, copied as operations copy them
        for i, step in enumerate(skeleton.steps):
            self._add(i, step)

    def _named(self, name: str | None, example: Any) -> Value:
        return Value(name or self.space.free("x"), example)

    def operand(self, x: Any) -> Operand:
        """An input of a step."""
        if x.__class__ is Ref:
            if x.kind == "step":
                return Operand(self.values[x.index], self.results[x.index])
            return Operand(self.inputs[x], (self.arguments if x.kind == "argument" else self.outside)[x.index])
        if x.__class__ is Constant:
            return Operand(self.space.constant(x.value), x.tensor)
        return Operand(self.space.constant(x), x)

    # -- a step -------------------------------------------------------------------------------------------------------

    def _add(self, i: int, step: Step) -> None:
        found, op = self.results[i], step.op
        value, operands = raw(found), [self.operand(x) for x in step.inputs]
        name = self.skeleton.names.get(Ref("step", i)) or self.space.free(noun_of(op))
        is_tensor = any(x.__class__ is Tensor for x in (found if isinstance(found, tuple) else (found,)))
        if op.name == "item":
            index = step.options["index"]
            self._append(i, name, value, Code(ATOM, (operands[0].piece, ATOM), f"[{index}]"), step)
            return
        if self._is_on_floats(op, operands, is_tensor) and value.__class__ is float:
            self._append(i, name, value, self._on_floats(op, operands, is_tensor), step, short=True)
            return
        if is_tensor:
            operands = [self._as_operations_see_it(each, x) for each, x in zip(operands, step.inputs, strict=True)]
        code = self._by_numpy(op, operands, step.options)
        if op.saved_names:
            self._with_by_products(i, name, value, code, step, is_tensor)
            return
        if op.results:
            make = self._settled_tuple if is_tensor else op.results._make
            code = call(self.space.function((op, "results", is_tensor), "results", lambda: make), [code])
        elif is_tensor or value.__class__ is float:
            code = self._settled(code, value)
        self._append(i, name, value, code, step)

    def _append(self, i: int, name: str, value: Any, code: Code, step: Step, short: bool = False) -> None:
        self.values[i] = target = Value(name, value, code, short)
        self.statements.append(Statement([target], code, (step.code, step.offset)))

    def _with_by_products(self, i: int, name: str, value: Any, code: Code, step: Step, is_tensor: bool) -> None:
        self.values[i] = target = Value(name, value)
        self.by_products[i] = extra = Value(self.space.free(f"{name}_{step.op.saved_names[0]}"), None)
        self.statements.append(Statement([target, extra], code, (step.code, step.offset)))
        if is_tensor and np.ndim(value) == 0:
            self.values[i] = settled = Value(self.space.free(name), value, self._settled(Code(ATOM, (target, ATOM)),
                                                                                        value))
            self.statements.append(Statement([settled], settled.code or Code(ATOM), None))

    @staticmethod
    def _settled_tuple(out: Any) -> tuple[Any, ...]:
        return tuple(map(values.settle, out))

    def _settled(self, code: Code, value: Any) -> Code:
        """A result in the form in which a node holds it."""
        if value.__class__ is float:
            return call("float", [code])
        if np.ndim(value) == 0:
            return call(self.space.function("settle", "settled", lambda: values.settle), [code])
        return code

    # -- Python's floats ----------------------------------------------------------------------------------------------

    def _is_on_floats(self, op: Op, operands: list[Operand], is_tensor: bool) -> bool:
        """Whether the doors in core/ops.py take the way by Python floats."""
        if not all(each.is_number for each in operands) or op.wide or op.option_names or op.results or op.saved_names:
            return False
        if not any(each.value.__class__ is float for each in operands):
            return False
        if not is_tensor:
            return op.scalar is not None
        if not (op.smooth and current().plain):
            return False
        needs = any(each.is_tensor and each.given._needs for each in operands)
        has_record = any(each.is_tensor and each.given._op is not None for each in operands)
        return needs or (len(operands) == 2 and not has_record)

    def _on_floats(self, op: Op, operands: list[Operand], is_tensor: bool) -> Code:
        """An operation on Python floats, by Python's operators and `math`."""
        pieces = [each.piece for each in operands]
        scalar = op.scalar
        if self.careful and op.name not in SAFE:
            return call(self.space.function((op, "floats"), op.name, lambda: on_floats(op)), pieces)
        if op.name == "relu" and not op.foreign and isinstance(pieces[0], Value):
            return Code(CHOICE, "0.0 if ", (pieces[0], BITS), " <= 0 else ", (pieces[0], CHOICE))
        name = getattr(scalar, "__name__", "")
        if scalar is not None and getattr(math, name, None) is scalar:
            return call(self.space.function(scalar, name, lambda: scalar), pieces)
        if scalar is not None:
            try:
                found = scalar(*[FloatSymbol(each.piece, lambda code: code) if each.value.__class__ is float
                                 else each.value for each in operands])
                if isinstance(found, FloatSymbol) and isinstance(found.piece, Code):
                    return found.piece
            except Exception:
                pass
        return call(self.space.function((op, "floats"), op.name, lambda: on_floats(op)), pieces)

    # -- NumPy --------------------------------------------------------------------------------------------------------

    def _as_operations_see_it(self, operand: Operand, x: Any) -> Operand:
        """An operand of an operation on Tensors: numbers of Tensors count in promotion, raw arrays are in row order."""
        if operand.is_tensor:
            if operand.value.__class__ is float:
                seen = Operand(call("np.float64", [operand.piece]), operand.given)
                seen.value = np.float64(operand.value)
                return seen
            return operand
        if x.__class__ is Ref and copied(operand.value):
            if x not in self.in_order:
                example = np.array(operand.value, order="C")
                code = call("np.ascontiguousarray", [operand.piece])
                self.in_order[x] = value = Value(self.space.free(operand.piece.name), example, code)
                self.statements.append(Statement([value], code))
            return Operand(self.in_order[x], self.in_order[x].example)
        return operand

    def _by_numpy(self, op: Op, operands: list[Operand], options: dict[str, Any]) -> Code:
        """An operation as NumPy does it, or by its own forward function."""
        pieces = [each.piece for each in operands]
        found = None if op.foreign else self._spelled(op, operands)
        if found is not None:
            return found
        if not (op.foreign or options or op.many or op.results or op.saved_names) and op.kind is not None:
            found = self._as_symbols_give_it(op, operands)
            if found is not None:
                return found
        name = self.space.function((op, "forward"), op.name, lambda: op.forward)
        keywords = {key: self.space.constant(value) for key, value in options.items()
                    if not (key in op.defaults and op.defaults[key] is value)}
        if not op.many:
            return call(name, pieces, keywords)
        parts: list[Any] = ["["]
        for i, each in enumerate(pieces):
            parts += [", "] * (i > 0) + [(each, CHOICE)]
        return call(name, [Code(ATOM, *parts, "]")], keywords)

    def _spelled(self, op: Op, operands: list[Operand]) -> Code | None:
        """By an operator of Python's, which on arrays and NumPy's numbers is the function of NumPy."""
        if not any(isinstance(each.value, (np.ndarray, np.generic)) for each in operands):
            return None
        pieces = [each.piece for each in operands]
        if op.name in SIGNS:
            sign, level, _ = OPERATORS[SIGNS[op.name]]
            return infix(sign, level, *pieces)
        if op.name in RELATIONS:
            return compared(COMPARED[RELATIONS[op.name]][0], *pieces)
        if op.name in BITWISE:
            return infix(BITWISE[op.name], BITS, Code(ATOM, "(", (pieces[0], CHOICE), ")"), pieces[1])
        if op.name == "negative" and isinstance(operands[0].value, np.ndarray):
            return Code(UNARY, "-", (pieces[0], UNARY))
        if op.name == "power" and isinstance(operands[0].value, np.ndarray):
            return infix("**", OPERATORS["pow"][1], *pieces)
        return None

    def _as_symbols_give_it(self, op: Op, operands: list[Operand]) -> Code | None:
        """One call of a function of NumPy, if that is all that the forward function does."""
        made: list[Code] = []

        def define(code: Code, example: Any) -> Code:
            made.append(code)
            return code
        if op.name == "power" or not all(each.value is None or each.is_literal or isinstance(
                each.value, (np.ndarray, np.generic)) for each in operands):
            return None
        try:
            found = op.forward(*[each.value if each.is_literal or each.value is None
                                 else ArraySymbol(each.piece, each.value, define) for each in operands])
        except Exception:
            return None
        single = isinstance(found, ArraySymbol) and len(made) == 1 and found.piece is made[0]
        return made[0] if single else None


def on_floats(op: Op) -> Callable[..., Any]:
    """An operation on Python floats, or, where Python refuses, on NumPy's: what the doors in core/ops.py do."""
    scalar, forward = op.scalar, op.forward

    def compute(*numbers: Any) -> Any:
        if scalar is not None:
            try:
                found = scalar(*numbers)
                if found.__class__ is float:
                    return found
            except FLOAT_TROUBLE:
                pass
        return values.settle(forward(*map(np.float64, numbers)))
    return compute

