"""Expressions of a program as JavaScript text.

    Expressions(identifiers, constants).text(expression) -> Operand("each(Math.tanh, h)", ...)

Operations on plain numbers become arithmetic, elementwise ones on tensors a function for `each` (those that are nested
in one go), all others a call of the runtime. An operation of the user's own is printed as a function of its own, if its
forward function, run on Tensors, records what it does.
Read `elements.py` and `arrays.py` before this file and `printing.py` after it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import count
from string import ascii_lowercase
from typing import Any

import numpy as np

from ..programs import Call, Constant, Expression, Name
from . import arrays, literals
from .elements import ELEMENTWISE, Operand, template
from .literals import filled, numbers

MOST_LEAVES = 4                         # of what `each` takes at once
LONG = 60                               # an operand that is longer has a line of its own
# Types that float64 arrays hold as they are; whole numbers of 64 bits are exact up to 2**53.
WIDE = {"float64", "int64", "uint64", "bool"}
# Operations whose results are numbers that they are given, which are rounded already.
MOVES = frozenset(re.findall(r"\w+", """
    positive negative abs maximum minimum clip relu where reshape permute_dims matrix_transpose expand_dims squeeze
    broadcast_to concat stack flip roll tile repeat getitem take take_along_axis index_set diagonal patches sort max min
    max_pool2d
    """))


def has_form(call: Call) -> bool:
    """Whether an operation of the library can be printed, its operands aside."""
    if call.op is not None and call.op.foreign:                 # a user's operation may have the name of one of ours
        return False
    return call.operation in ELEMENTWISE or call.operation in arrays.FORMS or call.operation in arrays.PARTS


class Expressions:
    """Prints the expressions of one program.

    Args:
        identifiers: what the names of the program are called in JavaScript.
        constants: the values of names that options mention.
        own: how operations without a form are called, by what `key` says of a call.
    Attributes:
        before: (name, text, shape) of operands that need a line of their own above; whoever prints them empties it.
    """

    def __init__(self, identifiers: Mapping[Name, str], constants: Mapping[Name, Any], own: Mapping[Any, str]) -> None:
        self.identifiers, self.constants, self.own = identifiers, constants, own
        self.before: list[tuple[str, str, tuple[int, ...]]] = []
        self.taken = set(identifiers.values())

    def text(self, expression: Expression, part: int | None = None) -> Operand:
        """An expression as text, with what is known of its value; `part` is one of several results."""
        if isinstance(expression, Name):
            return Operand(self.identifiers[expression], expression.shape, expression.dtype)
        if isinstance(expression, Constant):
            return _constant(expression)
        if part is not None:
            text = arrays.PARTS[expression.operation][part](self._given(expression))
        elif not has_form(expression):
            operands = ", ".join(self._operand(each).text for each in expression.operands)
            text = f"{self.own[key(expression)]}({operands})"
        elif expression.operation in ELEMENTWISE:
            text = _as_held(expression, self._elementwise(expression))
        else:
            text = _as_held(expression, arrays.FORMS[expression.operation](self._given(expression)))
        return Operand(text, expression.shape, expression.dtype)

    def _operand(self, expression: Expression) -> Operand:
        """An expression in another one. A long one on tensors gets a line of its own."""
        operand = self.text(expression)
        if not isinstance(expression, Call) or not expression.shape or len(operand.text) <= LONG:
            return operand
        name = next(name for i in count(1) if (name := f"inner{i}") not in self.taken)
        self.taken.add(name)
        self.before.append((name, operand.text, operand.shape))
        return operand._replace(text=name)

    def _given(self, call: Call) -> arrays.Call:
        """A call with its operands as text and its options as plain values."""
        options = {name: plain(each, self.constants) for name, each in call.options.items()}
        operands = [self._operand(each) for each in call.operands]
        return arrays.Call(call.operation, call.op, operands, options, call.shape)

    # -- elementwise --------------------------------------------------------------------------------------------------

    def _elementwise(self, call: Call) -> str:
        """Plain arithmetic on numbers; of tensors what `each` does to their elements."""
        if not call.shape:
            return self._body(call, None)
        leaves: dict[str, str] = {}
        start = len(self.before)
        body = self._body(call, leaves)
        if len(leaves) > MOST_LEAVES:
            del self.before[start:]
            leaves.clear()
            body = self._body(call, leaves, nested=False)
        if not leaves:                                              # made of constants alone
            return f"full({numbers(call.shape)}, {body})"
        short = re.fullmatch(r"([\w.]+)\((\w+)\)", body)
        function = short[1] if short and [short[2]] == list(leaves) else f"({', '.join(leaves)}) => {body}"
        return f"each({function}, {', '.join(leaves.values())})"

    def _body(self, call: Call, leaves: dict[str, str] | None, nested: bool = True) -> str:
        """The expression for one element. `leaves` collects its parameters and what they stand for."""
        assert call.op is not None
        weak, slots, operands = _narrow_type(call), {}, []
        for slot, each in zip(call.op.input_names, call.operands, strict=True):
            if leaves is not None and nested and isinstance(each, Call) and _can_be_nested(each):
                operand = Operand(self._body(each, leaves), each.shape, each.dtype)
                slots[slot] = operand.text
            else:
                operand = _constant(each, weak) if isinstance(each, Constant) else self._operand(each)
                if leaves is None or (isinstance(each, Constant) and not operand.shape):
                    slots[slot] = operand.text
                else:
                    slots[slot] = _parameter(operand.text, leaves)
            operands.append(operand)
        return filled(template(call.operation, operands, call.options, call.on_floats), slots)


def key(call: Call) -> Any:
    """What decides how an operation without a form is printed: its inputs' shapes and types, and its options."""
    kinds = tuple((each.shape, str(each.dtype)) for each in call.operands)
    return call.op.key if call.op is not None else call.operation, kinds, repr(sorted(call.options.items()))


def plain(option: Any, constants: Mapping[Name, Any]) -> Any:
    """An option with plain values in place of names and constants."""
    if isinstance(option, Name):
        return constants[option]
    if isinstance(option, Constant):
        return option.value
    return tuple(plain(each, constants) for each in option) if isinstance(option, tuple) else option


def _constant(constant: Constant, weak: np.dtype[Any] | None = None) -> Operand:
    """A constant. A plain number beside arrays of a narrow type is as narrow as they are."""
    value = constant.value
    if value is None:
        return Operand("undefined", (), None)
    if weak is not None and value.__class__ in (int, float):
        value = float(weak.type(value))
    return Operand(literals.array(value), constant.shape, constant.dtype, value if np.ndim(value) == 0 else None)


def _parameter(text: str, leaves: dict[str, str]) -> str:
    """The parameter that stands for a text: its own name if it is one, else the next letter."""
    for parameter, leaf in leaves.items():
        if leaf == text:
            return parameter
    letters = (letter for letter in ascii_lowercase if letter not in leaves)
    parameter = text if re.fullmatch(r"[A-Za-z_]\w*", text) else next(letters)
    leaves[parameter] = text
    return parameter


def _can_be_nested(call: Call) -> bool:
    """Whether a call can be a part of what `each` does: elementwise, and not rounded in between."""
    return call.operation in ELEMENTWISE and has_form(call) and call.dtype.name in WIDE and bool(call.shape)


# -- types narrower than float64 --------------------------------------------------------------------------------------


def _narrow_type(call: Call) -> np.dtype[Any] | None:
    """The floating type narrower than float64 in which NumPy computes a call, or None."""
    strong = [np.dtype(np.float64) if isinstance(each, Name) and each.is_float else each.dtype for each in call.operands
              if not (isinstance(each, Constant) and each.value.__class__ in (bool, int, float))]
    dtypes = [dtype for dtype in strong if dtype is not None]
    common = np.result_type(*dtypes) if dtypes else np.dtype(np.float64)
    return common if common.kind == "f" and common.itemsize < 8 else None


def _as_held(call: Call, text: str) -> str:
    """The text rounded to a narrow type, unless the operation only moves numbers that are rounded already."""
    given = {each.dtype for each in call.operands if not isinstance(each, Constant)}
    wraps = call.operation in ("negative", "abs") and call.dtype.kind in "iu"
    moved = call.operation in MOVES and not wraps and given <= {call.dtype, np.dtype(bool), np.dtype(np.int64)}
    return text if moved else rounded(text, call.dtype, call.shape)


def rounded(text: str, dtype: np.dtype[Any], shape: tuple[int, ...]) -> str:
    """A text rounded to a narrow type.

    >>> rounded("x * y", np.dtype(np.float32), ()), rounded("each(Math.exp, x)", np.dtype(np.float32), (3,))
    ('Math.fround(x * y)', 'float32(each(Math.exp, x))')
    """
    if dtype.name in WIDE:
        return text
    return f"Math.fround({text})" if dtype == np.float32 and not shape else f"{dtype.name}({text})"
