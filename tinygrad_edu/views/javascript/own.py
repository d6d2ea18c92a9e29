"""Operations of the user's own, and other operations without a form, as programs of operations that have one.

    functions_of(program) -> {key of the call: (name of the function, program of its forward function)}

The forward function of such an operation is run on Tensors. If it is written with operators and functions of NumPy or
of the library, it records what it does, and that is printed as a function of JavaScript.
Read `expressions.py` before this file.
"""

from __future__ import annotations

import re
from collections.abc import Set
from itertools import chain, count
from typing import Any

import numpy as np

from ...core import values
from ...core.modes import switched
from ...core.tensors import Extra, Tensor, constant
from ..program_building import program_of
from ..programs import Call, Program, parts_of
from .expressions import has_form, key, plain


def functions_of(program: Program, taken: Set[str]) -> dict[Any, tuple[str, Program]]:
    """For each operation without a form, as it is called, the program of its forward function, if that can be read.

    Args:
        program: where the operations are called.
        taken: names that the functions must not have.
    """
    constants = {each.name: each.value for each in program.constants}
    found: dict[Any, tuple[str, Program]] = {}
    for statement in program.statements:
        for call in parts_of(statement.expression):
            if isinstance(call, Call) and not has_form(call) and key(call) not in found:
                inner = _program_of(call, {name: plain(each, constants) for name, each in call.options.items()})
                if inner is not None:
                    used = taken | {name for name, _ in found.values()}
                    found[key(call)] = (_free_name(call.operation, used), inner)
    return found


def _free_name(operation: str, taken: Set[str]) -> str:
    """The name of an operation, with a number if it is taken."""
    name = re.sub(r"\W+", "_", operation, flags=re.ASCII)
    return next(each for each in chain([name], (f"{name}{i}" for i in count(2))) if each not in taken)


def _program_of(call: Call, options: dict[str, Any]) -> Program | None:
    """What the forward function of an operation records on stand-ins; None if that is not what it computes."""
    op = call.op
    if op is None or op.many or op.results or op.saved_names or any(each.dtype is None for each in call.operands):
        return None
    stand_ins = [_stand_in(each.shape, each.dtype, op.input_names[i]) for i, each in enumerate(call.operands)]
    try:
        with switched(recording=True, anomaly=False, module=None), np.errstate(all="ignore"):
            result = op.function.__wrapped__(*stand_ins, **options)
            expected = op.forward(*[values.strong(each._value) for each in stand_ins], **options)
            inner = program_of(result, backward=False)
    except Exception:                           # a function may do anything
        return None
    is_all = list(map(id, stand_ins)) == [id(each.tensor) for each in inner.inputs]     # it computes with every input
    printable = all(has_form(part) for each in inner.forward for part in parts_of(each.expression)
                    if isinstance(part, Call))
    same = np.allclose(np.asarray(result._value, float), np.asarray(expected, float), equal_nan=True)
    return inner if is_all and printable and same else None


def _stand_in(shape: tuple[int, ...], dtype: Any, name: str) -> Tensor:
    """A variable with some numbers in it. Integers are recorded, too."""
    size = int(np.prod(shape))
    made = constant(values.settle(np.linspace(0.25, 0.75, size).reshape(shape).astype(dtype)))
    made._needs, made._extra = True, Extra(name)
    return made


