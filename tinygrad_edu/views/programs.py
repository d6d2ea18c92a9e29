"""Straight-line programs: a recorded graph as a list of statements, forward and then backward, in no language yet.

    Program                what there is to print: inputs, constants, the statements of both halves, the results
    Statement              `target = expression`, with the shape, the place in the user's code, and the node it is about
    Name Constant Call     expressions: a value that has a name, a plain value, an operation on expressions

Printers (`numpy_text.py`, `javascript/`) turn statements into text and decide nothing about derivatives: the backward
half is what `steps` in core/backprop.py did, edge by edge, each rule being what `recorded_rules.py` says it does.
`program_building.py` makes a program of a tensor:

    program = program_of(loss)                  # backward=False for the forward half alone, of=[w] for some gradients
    for statement in program.statements: ...

How the engine's own steps appear. A gradient to start from is a `Constant` (or an input, if the output is not a single
number). Every other step is a `Call`:

    a rule               nested calls of operations of the registry; what it uses twice has a statement of its own
    un-broadcasting      Call("sum_to", (x,), {"shape": ...}), see `sum_to` in core/backprop.py
    conversion           Call("astype", (x,), {"dtype": ...}), to the dtype of what it is the gradient of
    the running total    Call("add", (so_far, contribution)): the target is assigned anew
    a mask that acts     Call("where", (mask, contribution, 0.0)); masks are values with statements of their own,
                         computed by `logical_or`, `logical_not`, "sum_to", rules of selections, and `not_equal` to 0

An operation with several results or by-products has several targets, in the order of its forward function.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..core.positions import Position
from ..core.rules import Op
from ..core.tensors import Tensor


@dataclass(frozen=True, eq=False)
class Name:
    """A value that has a name: an input, a constant array, or the target of a statement. Compared by identity.

    Attributes:
        name: letters of ASCII, digits and underscores; different names mean different values. (The running total of
            a gradient is one Name that several statements assign.)
        shape, dtype: of the value.
        is_float: the engine holds it as a Python float (0-d float64), and computes with it as with one where it can.
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    is_float: bool = False


@dataclass(frozen=True, eq=False)
class Constant:
    """A plain value in an expression, as it was recorded: a Python number, None, or a small or uniform array.

    Python numbers are weak in NumPy's promotion, as they are in the record; NumPy scalars and arrays are strong.
    """

    value: Any
    shape: tuple[int, ...]
    dtype: np.dtype[Any] | None         # None for None


@dataclass(frozen=True, eq=False)
class Call:
    """An operation on expressions.

    Attributes:
        operation: the name of the operation in the registry ("add", "matmul"), or "sum_to".
        op: the operation itself; None for "sum_to".
        operands: the inputs in order (of an operation on a list, all of them).
        options: by name; None for "left out" stays None. Arrays that are neither small nor uniform are Names.
        shape, dtype: of the result (of the first, if there are several).
        on_floats: the engine computes this one with Python floats (`op.scalar`: `math` and Python's operators), and
            the result is a Python float. False: with NumPy's functions on arrays and NumPy scalars, where a Python
            float that comes out of a Name or Call counts as np.float64, a strong one. (The engine tries floats first;
            where Python refuses, as for 1/0, this is False, too.)
    """

    operation: str
    op: Op | None
    operands: tuple[Expression, ...]
    options: Mapping[str, Any]
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    on_floats: bool = False


Expression = Name | Constant | Call


@dataclass(frozen=True, eq=False)
class Statement:
    """`targets = expression`.

    Attributes:
        targets: one Name; several for an operation with several results or by-products (None for one nobody uses).
        expression: what is computed.
        node: the tensor that is computed (forward), or whose gradient is passed on (backward).
        about: forward None; backward the tensor whose gradient the target is or adds to (None for a help value).
        position: the place in the user's code that made `node`, if known.
        comment: a few words where the expression does not say it all ("summed over the batch"), else empty.
    """

    targets: tuple[Name | None, ...]
    expression: Expression
    node: Tensor | None
    about: Tensor | None = None
    position: Position | None = None
    comment: str = ""

    @property
    def target(self) -> Name:
        """The first target that has a name."""
        return next(each for each in self.targets if each is not None)


@dataclass(frozen=True)
class Input:
    """A value that the program starts from: a variable or constant of the user's, or a raw array in an expression.

    Attributes:
        name: the parameter.
        value: what it held: a Python float, a NumPy scalar or an array.
        tensor: the leaf tensor, or None for a raw array.
    """

    name: Name
    value: Any
    tensor: Tensor | None


@dataclass(frozen=True)
class Program:
    """A recorded graph as statements.

    Attributes:
        inputs: the leaves, oldest first, then raw arrays, then the gradient to start from, if that is an input.
        constants: arrays that the forward and backward half need as they were (indices, masks of a recorded pass).
        forward, backward: the statements; backward is empty if it was not asked for.
        outputs: the results: one for one tensor.
        gradients: the gradients that were asked for: tensor -> expression (a Name; a Constant where nothing arrives).
        names: every tensor of the graph -> its Name (of one with several results there is none, but of its items).
        gradient_names: every tensor that a gradient reaches -> the Name of its gradient.
        found: the values of `gradients`, as the engine computed them.
    """

    inputs: tuple[Input, ...]
    constants: tuple[Input, ...]
    forward: tuple[Statement, ...]
    backward: tuple[Statement, ...]
    outputs: tuple[Name, ...]
    gradients: Mapping[Tensor, Expression] = field(default_factory=dict)
    names: Mapping[Tensor, Name] = field(default_factory=dict)
    gradient_names: Mapping[Tensor, Name] = field(default_factory=dict)
    found: Mapping[Tensor, Any] = field(default_factory=dict)

    @property
    def statements(self) -> tuple[Statement, ...]:
        """Forward, then backward."""
        return self.forward + self.backward


def parts_of(expression: Expression) -> Iterator[Expression]:
    """The expression and all expressions in it, operands before what they are operands of."""
    if isinstance(expression, Call):
        for each in (*expression.operands, *expression.options.values()):
            if isinstance(each, (Name, Constant, Call)):
                yield from parts_of(each)
    yield expression
