"""The recorded node of a compiled call: an operation whose rule is the backward half of its program.

    node(half, ...)         the result as a Tensor with its record
    Saved                   what a call keeps for its backward pass
    backward                what `t.backward()` does, with a short way for a compiled result made from variables alone

First derivatives run the program. Where a pass is recorded (higher orders, forward mode, printed rules), where a
gradient is not finite, or where Python's floats refuse, the steps that the function did are taken again, recorded, and
the engine goes on with these.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ... import ops
from ...core import passes, tensors, values
from ...core.modes import current, switched
from ...core.ops import record
from ...core.passes import quiet_gradients
from ...core.rules import Op
from ...core.tensors import Tensor, constant, extra_of, next_number
from ...core.walk import made_from
from ...errors import ChangedValueError, GraphError
from .arguments import Arguments
from .programs import Half, Program, same
from .skeletons import Ref, raw, taken

run_engine = passes.backward
NOT_FINITE = constant(math.nan)


class Saved:
    """What a compiled call keeps.

    Attributes:
        program, half: what was run.
        leaves: the arguments: raw values, or the Tensors that were given.
        values: what the forward function saved.
        inputs: the Tensors that a gradient flows to, in the order of `half.inputs`.
        number: when the node was made.
    """

    __slots__ = ("given", "half", "inputs", "last", "leaves", "number", "program", "ref", "values")

    def __init__(self, program: Program, ref: Ref, leaves: list[Any], kept: Any) -> None:
        self.program, self.ref, self.half, self.leaves, self.values = program, ref, program.halves[ref], leaves, kept
        self.inputs: tuple[Tensor, ...] = self.half.fixed or tuple(map(self._tensor, self.half.inputs))
        self.number = 0
        self.last: tuple[Any, Any] = (None, None)
        self.given: set[int] = set()

    def __reduce__(self) -> Any:
        raise GraphError(f"{self.program.name} is compiled, and a program cannot be stored. Store the value "
                         "(t.detach()), or the result of the function itself.")

    @property
    def is_short(self) -> bool:
        """Whether the inputs are variables that need a gradient, each of them once."""
        inputs = self.inputs
        if [x for x in inputs if x._op is not None or not x._needs]:
            return False
        return self.half.fixed is not None or len(set(inputs)) == len(inputs)

    # -- by the program -----------------------------------------------------------------------------------------------

    def computed(self, g: Any) -> tuple[Any, ...] | None:
        """The gradients for `g` by the program; None where the engine has to judge."""
        for ref in self.half.needed:
            self._check_unchanged(ref)
        try:
            with np.errstate(all="ignore"):
                found = self.half.run(self.values, g)
            return found if _all_finite(found) else None
        except (ArithmeticError, ValueError, AttributeError, TypeError):
            return None

    def _tensor(self, ref: Ref) -> Any:
        return self.leaves[ref.index] if ref.kind == "argument" else self.program.outside[ref.index]

    def _check_unchanged(self, ref: Ref) -> None:
        x = self._tensor(ref)
        if x.__class__ is Tensor and x._number > self.number:
            name = self.program.name
            raise ChangedValueError(f"{x._label()} was assigned a new value after {name}, which is compiled, used the "
                                    "old one, and a derivative rule needs the old one. Call backward() before "
                                    "assigning, or run the forward pass again.")

    # -- by the engine ------------------------------------------------------------------------------------------------

    def again(self, connected: bool) -> tuple[Tensor, list[Tensor]]:
        """The function's steps taken again, recorded: (the result, what stands for the inputs).

        Args:
            connected: whether the result hangs on the inputs themselves, not on copies that hang on them.
        """
        for ref in (*(Ref("argument", i) for i in range(len(self.leaves))),
                    *(Ref("outside", i) for i in range(len(self.program.outside)))):
            self._check_unchanged(ref)
        with switched(recording=True, anomaly=False, module=None):
            copies = [x if connected else ops.positive(x) for x in self.inputs]
            return self.on(copies), copies

    def on(self, arrays: list[Tensor]) -> Tensor:
        """The function's steps on other tensors in the places of the inputs: how the call looks inside."""
        places = dict(zip(self.inputs, arrays, strict=True))
        leaves = [places.get(x, x) if x.__class__ is Tensor else x for x in self.leaves]
        outside = [places.get(x, x) for x in self.program.outside]
        found: Tensor = taken(self.program.skeleton, leaves, outside)[self.ref.index]
        return found

    def by_engine(self, g: Any, recorded: bool) -> list[Any]:
        """The gradients for `g` as the engine has them; the pass that asks will report what is not finite."""
        output, copies = self.again(connected=False)
        return quiet_gradients([output], copies, [g], recorded, judged_by=[NOT_FINITE])

    def contribution(self, g: Any, i: int) -> Any:
        """The gradient of input number `i`, computed with all others when the first is asked for."""
        if i in self.given or not _is_same(self.last[0], g):    # what is asked again is another pass
            self.last, self.given = (g, self._contributions(g)), set()
        self.given.add(i)
        return self.last[1][i]

    def _contributions(self, g: Any) -> Any:
        if g.__class__ is Tensor:
            return self.by_engine(g, True)
        found = self.computed(float(g) if self.half.is_float else g)
        return found if found is not None else [raw(each) for each in self.by_engine(ops.asarray(g), False)]


def _is_same(a: Any, b: Any) -> bool:
    if a is b:
        return True
    return bool(isinstance(a, float) and isinstance(b, float) and a == b and math.copysign(1, a) == math.copysign(1, b))


def _all_finite(found: tuple[Any, ...]) -> bool:
    """Whether gradients are finite numbers; complex ones, which Python's floats may give, are none."""
    return complex not in map(type, found) and passes.are_finite(found)


def has_gradients_of(program: Program, ref: Ref, expected: Tensor, arguments: Arguments, began: int) -> bool:
    """Whether the backward half gives the gradients that the engine gives for what the function made since `began`.

    Where the engine itself would be asked, or would call hooks, nothing is compared.
    """
    results, leaves = made_from([expected], needing_gradient=True)
    own = {each for each in leaves if each._number < began}
    if ref not in program.halves:
        return not own
    _, kept = program.run(arguments.own)
    saved = Saved(program, ref, arguments.kept, kept)
    inputs = list(saved.inputs)
    if not own <= set(made_from(inputs, needing_gradient=True)[1]):
        return False
    g = values.settle(np.linspace(1, 2, expected.size, dtype=expected.dtype).reshape(expected.shape))
    saved.number = began
    found = saved.computed(g)
    if found is None or not saved.is_short or any(extra_of(each).hooks for each in (*results, *leaves)):
        return True
    engines = quiet_gradients([expected], inputs, [g], False)
    return all(x is not None and same(a, x._value) for a, x in zip(found, engines, strict=True))


# -- nodes ------------------------------------------------------------------------------------------------------------


def operation(program: Program, half: Half, ref: Ref) -> Op:
    """The operation of a compiled result, called like its function."""
    def forward(arrays: list[Any], /) -> Any:
        raise NotImplementedError

    forward.__module__ = __name__
    op = Op(forward, name=program.name, many=True, saves=("saved",))
    op.derivative(arrays=lambda g, i, saved: saved.contribution(g, i))
    op.expand(lambda arrays, saved: saved.on(arrays))
    op.foreign = True
    op.compiled = True                                          # type: ignore[attr-defined]
    return op


def node(op: Op, value: Any, saved: Saved) -> Tensor:
    """A compiled result with its record."""
    made = record(op, value, None, None, saved.inputs, {"saved": saved}, True, current().module)
    saved.number = made._number
    return made


def backward(output: Tensor, gradient: Any = None) -> None:
    """What `output.backward(gradient)` does."""
    op = output._op
    if getattr(op, "compiled", False) and current().plain:
        saved: Saved = output._options["saved"]
        hooked = tensors.hooks_were_used and any(extra_of(each).hooks for each in (output, *saved.inputs))
        if not hooked and saved.is_short:
            _short_way(output, saved, gradient)
            return
    run_engine(output, gradient)


def _short_way(output: Tensor, saved: Saved, gradient: Any) -> None:
    """A pass over one node whose inputs are variables."""
    plain = gradient is None and output._value.__class__ is float
    seed = 1.0 if plain else passes.seed_of(output, gradient, "backward()")
    found = saved.computed(seed)
    if found is None:
        again, _ = saved.again(connected=True)
        run_engine(again, gradient)
    else:
        with passes._adding:
            for leaf, g in zip(saved.inputs, found, strict=True):
                if getattr(leaf, "_grad", None) is None:
                    leaf._grad = g
                else:
                    passes._add_to_variables([leaf], {leaf: g})
    output._grad = seed
    output._own_extra().seeded = True
    passes._previous.number = next_number()


tensors.run_backward = backward
