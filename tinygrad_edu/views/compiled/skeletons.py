"""Skeletons: what a function did, as steps that can be taken again on other values.

    skeleton_of(trace)              the steps that lead to what the function gave
    difference(one, other)          where two runs of a function did not do the same, in words
    taken(skeleton, arguments)      take the steps on other values, as the function itself would

Read `tracing.py` before this file and `writing.py` after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ...core.modes import no_grad
from ...core.ops import FLOAT_TROUBLE
from ...core.positions import locate
from ...core.tensors import NO_OPTIONS, Tensor, extra_of
from ...core.values import is_frozen
from ...core.walk import by_number
from ...errors import CompileError
from ...transforms import leaves_of, rebuilt
from ..program_names import Names, name_tensors, users_names
from .tracing import ITEM, Trace, tensors_in


@dataclass(frozen=True, slots=True)         # not a tuple: a tuple of results is a tree
class Ref:
    """A value of a skeleton: `kind` is "argument", "outside" or "step", `index` its number among those."""

    kind: str
    index: int


class Step(NamedTuple):
    """An operation: its inputs and options are values as they are, or `Ref`s."""

    op: Any
    inputs: tuple[Any, ...]
    options: dict[str, Any]
    cut: bool               # no gradient flows through it
    code: Any               # with offset: the place in the user's code
    offset: int
    module: str | None

    @property
    def place(self) -> str:
        """The user's line."""
        return str(locate(self.code, self.offset)) if self.code is not None else ""


class Skeleton(NamedTuple):
    """What a function did.

    Attributes:
        steps: in the order in which they were done.
        outside: the tensors that the function takes from outside, such as parameters.
        output: what it gives, with `Ref`s in place of Tensors.
        names: what the values are called.
        checks: what is asked of values at each call: (function, value, its other arguments).
    """

    steps: list[Step]
    outside: list[Tensor]
    output: Any
    names: dict[Ref, str]
    checks: list[tuple[Any, Ref, dict[str, Any]]]


INDEXED = {"getitem", "scatter_add", "index_set"}       # whose index is looked at before, see `picks` in tracing.py


def skeleton_of(trace: Trace) -> Skeleton:
    """The steps of a trace that lead to what the function gave.

    Raises: CompileError for what cannot be done again.
    """
    results, leaves = _made_from([*tensors_in(trace.output), *[x for _, x, _ in trace.checks]], trace)
    known: dict[Tensor, Ref] = {t: Ref("argument", i) for i, t in enumerate(trace.stand_ins)}
    outside = [t for t in leaves if t not in known and t._number < trace.began]
    known.update((t, Ref("outside", i)) for i, t in enumerate(outside))
    known.update((t, Ref("step", i)) for i, t in enumerate(results))
    read = trace.numbers | {id(t._value): t for t in (*results, *trace.stand_ins, *outside)
                            if t._value.__class__ is float}
    steps = [_step(node, known, read, trace) for node in results]
    checks = [(check, known[x], arguments) for check, x, arguments in trace.checks]
    return Skeleton(steps, outside, _output(trace, known), _names(known, results), checks)


def _names(known: dict[Tensor, Ref], results: list[Tensor]) -> dict[Ref, str]:
    """What every value is called: by the user where that is known."""
    tensors = sorted((t for t in known if t._value.__class__ is not tuple), key=by_number)
    names = Names((node._op for node in results), python_alone=True)
    given = users_names(tensors)
    inputs = {t: names.fresh(given.get(t, "x")) for t in tensors if known[t].kind != "step"}
    names.end_of_inputs()
    chosen = name_tensors(names, tensors, given, inputs)
    return {known[t]: name for t, name in chosen.items()}


def _made_from(roots: list[Tensor], trace: Trace) -> tuple[list[Tensor], list[Tensor]]:
    """(results, leaves) of what the function did; what was computed before is a leaf."""
    seen, results, leaves, stack = set(roots), [], [], list(dict.fromkeys(roots))
    while stack:
        node = stack.pop()
        if node._op is None or node._number < trace.began:
            leaves.append(node)
            continue
        results.append(node)
        for x in node._op.inputs_of(node):
            if x.__class__ is Tensor and x not in seen:
                seen.add(x)
                stack.append(x)
    results.sort(key=by_number)
    leaves.sort(key=by_number)
    return results, leaves


def _step(node: Tensor, known: dict[Tensor, Ref], read: dict[int, Tensor], trace: Trace) -> Step:
    op = node._op
    if op.name in ("replayed", "foreign_pull") and not op.foreign:
        raise CompileError(f"tg.checkpoint, or the pullback of tg.custom, at {node.position} cannot be compiled. "
                           "Call the function without it.")
    if extra_of(node).hooks:
        raise CompileError(f"a hook is registered at {node.position}. A hook is called in each backward pass, which a "
                           "program cannot do: register it outside of the compiled function.")
    for x in node._op.inputs_of(node):
        if x.__class__ is Tensor and x in trace.unknown:
            raise CompileError(f"{op.name} at {node.position} uses a gradient that was not recorded. Write "
                               "tg.gradients(..., create_graph=True), or compute it outside of the function.")
    inputs = tuple(_reference(x, known) for x in op.inputs_of(node))
    held = getattr(node, "_options", NO_OPTIONS)
    options = {name: held[name] for name in op.option_names if name in held}
    for name, value in options.items():
        for part in leaves_of(value) if isinstance(value, (tuple, list)) else (value,):
            from_a_tensor = part.__class__ is float and id(part) in read
            if from_a_tensor or (isinstance(part, (np.ndarray, np.generic)) and op.name not in INDEXED):
                raise CompileError(f"the option {name} of {op.name} at {node.position} is {part!r:.40}, which may be "
                                   "the value of a Tensor, and another one at the next call. Expected numbers of "
                                   f"Python's, not of NumPy's: {name}=int(n) or a tuple of them.")
    return Step(op, inputs, options, node in trace.cut, node._code, node._offset, getattr(node, "_module", None))


def _reference(x: Any, known: dict[Tensor, Ref]) -> Any:
    if x.__class__ is not Tensor:
        return x
    return known[x] if x in known else Constant(x)


class Constant:
    """A constant Tensor that the function made, such as `tg.zeros(3)`."""

    def __init__(self, t: Tensor) -> None:
        self.tensor = t

    @property
    def value(self) -> Any:
        """The raw value."""
        return self.tensor._value


def _output(trace: Trace, known: dict[Tensor, Ref]) -> Any:
    leaves = []
    for each in leaves_of(trace.output):
        if each.__class__ is Tensor:
            if each in trace.unknown:
                raise CompileError("the function gives a gradient that was not recorded. "
                                   "Write tg.gradients(..., create_graph=True).")
            leaves.append(_reference(each, known))
        elif each is None or isinstance(each, (bool, int, float, str)):
            leaves.append(each)
        else:
            raise CompileError(f"the function gives a {type(each).__name__}. Expected Tensors, plain numbers, or "
                               "nested lists, tuples and dicts of them.")
    return rebuilt(trace.output, iter(leaves))


# -- two runs ---------------------------------------------------------------------------------------------------------


def difference(one: Skeleton, other: Skeleton) -> str | None:
    """What two runs of a function did not do alike, in words; None if they did all alike."""
    for a, b in zip(one.steps, other.steps, strict=False):
        if a.op is not b.op or a.code is not b.code:    # Python 3.11 may report two offsets for one expression
            return f"it went on with {a.op.name} at {a.place}, then with {b.op.name} at {b.place}"
        if len(a.inputs) != len(b.inputs) or not all(map(_alike, a.inputs, b.inputs)):
            return f"{a.op.name} at {a.place} got another constant, or another value, at its second run"
        if a.options.keys() != b.options.keys() or not all(_alike(a.options[k], b.options[k]) for k in a.options):
            return f"{a.op.name} at {a.place} got other options at its second run"
    if len(one.steps) != len(other.steps):
        return f"it did {len(one.steps)} operations, then {len(other.steps)}"
    if len(one.outside) != len(other.outside) or any(a is not b for a, b in zip(one.outside, other.outside,
                                                                               strict=True)):
        return "it used other tensors from outside at its second run"
    return None if _alike(one.output, other.output) else "it gave something else at its second run"


def _alike(a: Any, b: Any) -> bool:
    """Whether two inputs or options are the same, to the bit."""
    if a is b:
        return True
    if a.__class__ is not b.__class__:
        return False
    if isinstance(a, Constant):
        return a.tensor._needs == b.tensor._needs and _alike(a.value, b.value)
    if isinstance(a, Ref):
        return bool(a == b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(_alike(a[key], b[key]) for key in a)
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(map(_alike, a, b))
    if isinstance(a, (np.ndarray, np.generic, float)):
        x, y = np.asarray(a), np.asarray(b)
        return x.dtype == y.dtype and x.shape == y.shape and x.tobytes() == y.tobytes()
    if isinstance(a, slice):
        return (a.start, a.stop, a.step) == (b.start, b.stop, b.step)
    code = getattr(a, "__code__", None)
    if code is not None:                            # a function that is made anew at each run
        cells = [[cell.cell_contents for cell in (f.__closure__ or ())] for f in (a, b)]
        return code is b.__code__ and a.__defaults__ == b.__defaults__ and _alike(*cells)
    return bool(a == b)


# -- once more --------------------------------------------------------------------------------------------------------


def taken(skeleton: Skeleton, arguments: Sequence[Any], outside: Sequence[Tensor]) -> list[Any]:
    """The result of each step for arguments as the function gets them: raw values, or Tensors.

    What the function computes of raw values alone stays raw, as it does when the function runs.
    """
    results: list[Any] = []
    values = {"argument": arguments, "outside": outside, "step": results}

    def value_of(x: Any) -> Any:
        if x.__class__ is Ref:
            return values[x.kind][x.index]
        return x.tensor if x.__class__ is Constant else x

    for step in skeleton.steps:
        inputs = [value_of(x) for x in step.inputs]
        if step.op is ITEM:
            found = inputs[0][step.options["index"]]
        else:
            found = _called(step, inputs)
            for each in found if step.op.results else (found,):
                if each.__class__ is Tensor and each._op is not None:
                    _place(each, step)
        results.append(found)
    return results


def _place(node: Tensor, step: Step) -> None:
    """Let a result say that the user's code made it."""
    for each in (node, node._x1) if node._op is ITEM else (node,):
        each._code, each._offset = step.code, step.offset
        if step.module is not None:
            each._module = step.module


def _called(step: Step, inputs: list[Any]) -> Any:
    """What an operation gives. Plain numbers are computed by Python, as the user's code computes them."""
    op = step.op
    if op.scalar is not None and all(x.__class__ is float or x.__class__ is int for x in inputs):
        try:
            return op.scalar(*inputs)
        except FLOAT_TROUBLE:
            pass
    given: list[Any] = [list(inputs)] if op.many else inputs
    if not step.cut:
        return op.function(*given, **step.options)
    with no_grad():
        return op.function(*given, **step.options)


def raw(x: Any) -> Any:
    """The value of a Tensor, or of a tuple of them."""
    if isinstance(x, tuple):
        return tuple(map(raw, x))
    return x._value if x.__class__ is Tensor else x


def copied(x: Any) -> bool:
    """Whether an operation on a Tensor would copy a raw array first, into row order."""
    return isinstance(x, np.ndarray) and not x.flags.c_contiguous and not is_frozen(x)
