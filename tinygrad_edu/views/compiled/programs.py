"""The program of one structure of arguments: its text, and the two kinds of functions in it.

    Program(skeleton, arguments, outside, name)
        .forward(given)             -> (values of the outputs, what the backward functions need)
        .halves[i].run(saved, g)    -> the gradients of the inputs, for a gradient of output i

Read `writing.py`, `backward.py` and `text.py` before this file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from itertools import count
from typing import Any

import numpy as np

from ...core.tensors import Tensor, constant
from ...core.written import run_text
from ...transforms import leaves_of, rebuilt
from .arguments import cut
from .backward import Backward
from .skeletons import Constant, Ref, Skeleton, raw
from .symbols import Value
from .text import Writer, at_home, count_uses, mentioned
from .writing import Forward, Statement

numbers = count(1).__next__
MOST_NAMES = 20             # so many names stand in one line


class Half:
    """The backward function of one output.

    Attributes:
        inputs: the values that a gradient flows to, in the order of the gradients.
        needed: those of which a rule needs the value.
        is_float: the gradient to start from is held as a Python float.
        fixed: the tensors themselves if all are from outside, which is so for the loss of a model; else None.
    """

    def __init__(self, backward: Backward, name: str) -> None:
        self.inputs, self.needed, self.name = backward.inputs, backward.needed, name
        self.is_float = backward.seed.is_float
        outside = backward.forward.skeleton.outside
        self.fixed = None if any(ref.kind == "argument" for ref in self.inputs) else tuple(
            [outside[ref.index] for ref in self.inputs])
        self.run: Callable[[Any, Any], tuple[Any, ...]]


class Program:
    """Straight-line code for one structure of arguments.

    Attributes:
        text: the code.
        outputs: the results of steps that the function gives, each once, and those that it checks.
        halves: the backward functions by output, of those that a gradient can flow from.
        is_tensor: for each output whether the function gives a Tensor there, or a plain value.
        forms: what makes the function's result of an output that no gradient flows from: users may write to arrays.
    """

    def __init__(self, skeleton: Skeleton, arguments: Sequence[Any], outside: Sequence[Tensor], name: str,
                 careful: bool = False) -> None:
        self.skeleton, self.outside, self.name = skeleton, skeleton.outside, name
        forward = Forward(skeleton, arguments, outside, careful)
        self.outputs = [each for each in leaves_of(skeleton.output) if each.__class__ is Ref and each.kind == "step"]
        checked = [ref for _, ref, _ in skeleton.checks if ref.kind == "step"]
        self.outputs = list(dict.fromkeys([*self.outputs, *checked]))
        found = {ref: forward.results[ref.index] for ref in self.outputs}
        self.is_tensor = {ref: result.__class__ is Tensor for ref, result in found.items()}
        self.forms: dict[Ref, Callable[[Any], Any]] = {
            ref: constant if is_tensor else copy for ref, is_tensor in self.is_tensor.items()}
        self.halves: dict[Ref, Half] = {}
        backwards: dict[Ref, Backward] = {}
        given = {each for each in leaves_of(skeleton.output) if each.__class__ is Ref}
        for ref, result in found.items():
            if ref in given and result.__class__ is Tensor and result._needs:
                backwards[ref] = Backward(forward, result, ref)
                self.halves[ref] = Half(backwards[ref], "backward" if not self.halves
                                        else f"backward_{len(self.halves) + 1}")
        self.text = self._written(forward, backwards)
        self._compile(forward)

    # -- the text -----------------------------------------------------------------------------------------------------

    def _written(self, forward: Forward, backwards: dict[Ref, Backward]) -> str:
        outputs: list[Any] = [forward.values[ref.index] for ref in self.outputs]
        at_home(forward.statements, "forward")
        saved: dict[Value, None] = {}
        for half, backward in zip(self.halves.values(), backwards.values(), strict=True):
            backward.seed.home = half.name
            at_home(backward.statements, half.name)
            used = mentioned(backward.statements, backward.gradients)
            saved.update({each: None for each in used if each.home in ("", "forward") and each is not backward.seed})
            count_uses([*(each.code for each in backward.statements if isinstance(each, Statement)),
                        *backward.gradients], half.name)
        count_uses([*(each.code for each in forward.statements), *outputs, *outputs], "forward")
        given = list(forward.inputs.values())
        writer = Writer(forward.space.free)
        body = writer.lines(forward.statements)
        lines = [f'"""{self.name}, compiled: forward, and backward for its gradients."""', ""]
        kept = list(saved)
        lines += ["def forward(given):", *_unpacked(given, "given"), *body,
                  f"    return {writer.tuple_of(outputs)}, {writer.tuple_of(kept) if kept else '()'}"]
        for half, backward in zip(self.halves.values(), backwards.values(), strict=True):
            body = writer.lines(backward.statements)
            used = mentioned(backward.statements, backward.gradients)
            lines += ["", "", f"def {half.name}(saved, {backward.seed.name}):",
                      *_unpacked([each if each in used else None for each in kept], "saved"), *body,
                      f"    return {writer.tuple_of(backward.gradients) if backward.gradients else '()'}"]
        return "\n".join(lines) + "\n"

    def _compile(self, forward: Forward) -> None:
        scope = run_text(self.text, f"<compiled {self.name} {numbers()}>", dict(forward.space.names))
        self.forward: Callable[[Any], tuple[tuple[Any, ...], tuple[Any, ...]]] = scope["forward"]
        for half in self.halves.values():
            half.run = scope[half.name]

    # -- running ------------------------------------------------------------------------------------------------------

    def run(self, own: list[Any]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """The forward function on raw arguments and on the values that the tensors from outside have now."""
        return self.forward((*own, *[t._value for t in self.outside]))

    def check(self, found: tuple[Any, ...], own: list[Any]) -> None:
        """Ask of the values what the function asks of them: whether targets are probabilities, say."""
        for check, ref, arguments in self.skeleton.checks:
            x = found[self.outputs.index(ref)] if ref.kind == "step" else \
                own[ref.index] if ref.kind == "argument" else self.outside[ref.index]._value
            check(x=x, **arguments)

    def output(self, values_by_ref: dict[Ref, Any], leaves: list[Any]) -> Any:
        """What the function gives, with values in their places."""
        def value_of(x: Any) -> Any:
            if x.__class__ is Ref:
                return values_by_ref[x] if x.kind == "step" else \
                    leaves[x.index] if x.kind == "argument" else self.outside[x.index]
            return cut(x.tensor) if x.__class__ is Constant else x          # users may assign to it
        return rebuilt(self.skeleton.output, map(value_of, leaves_of(self.skeleton.output)))


def same(a: Any, b: Any) -> bool:
    """Whether two raw values are equal to the bit, in shape, dtype and kind."""
    if (a.__class__ is float) != (b.__class__ is float):
        return False
    x, y = np.asarray(raw(a)), np.asarray(raw(b))
    if x.shape != y.shape or x.dtype != y.dtype:
        return False
    if x.dtype.kind != "f":
        return bool(np.array_equal(x, y))
    return bool(np.all(((x == y) & (np.signbit(x) == np.signbit(y))) | (np.isnan(x) & np.isnan(y))))


def _unpacked(given: Sequence[Value | None], source: str) -> list[str]:
    """`(a, b) = source`, over several lines if there are many; `_` for what is not used."""
    names = ["_" if each is None else each.name for each in given]
    if not names or set(names) == {"_"}:
        return []
    lines = [", ".join(names[i:i + MOST_NAMES]) for i in range(0, len(names), MOST_NAMES)]
    inner = (",\n" + " " * 5).join(lines)
    return [f"    ({inner}{',' * (len(names) == 1)}) = {source}"]

