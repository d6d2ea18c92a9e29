"""Tracing: a function is run on stand-ins, and every operation that it does on a Tensor is seen.

    traced(function, stand_ins)     run it, and give a `Trace`

Outside of tracing, operations on tensors that need no gradient are often not recorded. Here all are, since any value
may be another one at the next call: the mode has a tracer, which core/ops.py tells of each. What would read a value is
refused, as the program would have the value of the day baked in: the readers of Tensor tell the `Watcher`.
Read `core/ops.py` before this file and `skeletons.py` after it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import numpy as np

from ... import ops
from ...core import operators, tensors
from ...core.failures import users_line
from ...core.modes import Mode, current, no_grad, switched
from ...core.ops import item
from ...core.tensors import Tensor, constant
from ...errors import CompileError
from ...transforms import leaves_of

ITEM = item.op
ADVICE = ("Write tg.where(condition, a, b) for a choice, tg.take(x, i, axis=0) for an index, tg.sin(t) and the like "
          "for mathematics; or compute the value outside and pass it as an argument.")


class Trace:
    """What one run of a function has shown so far.

    Attributes:
        stand_ins: the tensors that stand for the arguments.
        began: the creation number at the start; constants that are newer were made by the function.
        unknown: gradients that a backward pass without a record made: nobody knows from what.
        cut: results that no gradient flows through (`detach`, `no_grad`).
        numbers: results that are Python floats, by the identity of these.
        checks: what the losses ask of values, (function, tensor, its other arguments): it is asked at each call.
        refused: the first error of what cannot be compiled, which the function may have caught.
    """

    def __init__(self, stand_ins: list[Tensor]) -> None:
        self.stand_ins = stand_ins
        self.unknown, self.cut = set[Tensor](), set[Tensor]()
        self.checks: list[tuple[Any, Tensor, dict[str, Any]]] = []
        self.numbers: dict[int, Tensor] = {}
        self.began = tensors.next_number()
        self.output: Any = None
        self.refused: CompileError | None = None

    def refuse(self, message: str) -> NoReturn:
        """Raise CompileError, also if the function goes on."""
        error = CompileError(message)
        self.refused = self.refused or error
        raise error

    def saw(self, node: Tensor, mode: Mode) -> None:
        """The result of an operation, which core has recorded."""
        if node._value.__class__ is float:
            self.numbers[id(node._value)] = node
        if not mode.recording:
            self.cut.add(node)

    def made_here(self, t: Tensor) -> bool:
        """Whether a tensor is a constant that the function made, such as `tg.zeros(3)`."""
        return t._op is None and t._number > self.began and t not in self.unknown


def is_tracing() -> bool:
    """Whether a function is being traced here."""
    return current().tracer is not None


class Watcher:
    """What core tells while a function is traced, in any thread; only the thread or task that traces listens."""

    def __init__(self) -> None:
        self.open = 0
        self.lock = threading.Lock()

    @contextmanager
    def listening(self, trace: Trace) -> Iterator[None]:
        """A block in which the functions that run here are traced."""
        self._count(1)
        try:
            with switched(recording=True, anomaly=False, module=None, tracer=trace):
                yield
        finally:
            self._count(-1)

    def _count(self, change: int) -> None:
        with self.lock:
            self.open += change
            tensors.watching = operators.watching = self if self.open else None

    # -- what is refused ----------------------------------------------------------------------------------------------

    def reads(self, t: Tensor, how: str) -> None:
        """The value of a tensor is about to be read."""
        trace = current().tracer
        if trace is not None and not trace.made_here(t):
            trace.refuse(f"{how} reads the value of {t._label()} at {users_line()}. A compiled function is traced "
                         f"once and then run for other values, so this one would be baked in. {ADVICE}")

    def assigns(self, t: Tensor) -> None:
        """A tensor is about to get a new value."""
        trace = current().tracer
        if trace is not None and not trace.made_here(t):
            trace.refuse(f"{t._label()} is assigned a new value at {users_line()}. A compiled function may only "
                         "compute: assign outside of it (after eval(), BatchNorm assigns nothing).")

    def runs_backward(self) -> None:
        """A backward pass is about to leave gradients on tensors."""
        trace = current().tracer
        if trace is not None:
            trace.refuse(f"backward() is called at {users_line()}. Compile the function that gives the loss, "
                         "and call loss.backward() outside of it.")

    def picks(self, index: Any) -> None:
        """Elements are about to be picked: by integers and slices they may, by computed indices not."""
        trace = current().tracer
        if trace is not None:
            for each in index if isinstance(index, tuple) else (index,):
                if each.__class__ is Tensor and not trace.made_here(each):
                    trace.refuse(f"x[index] with a computed index at {users_line()}: how many elements it picks is "
                                 "not known before it runs. Write tg.take(x, indices, axis=0) for integers, "
                                 "tg.where(mask, x, 0) for a mask.")

    def at(self, x: Any) -> Any:
        """`x.at`, whose index is looked at, too."""
        return _WatchedAt(self, x) if is_tracing() else x

    def draws(self) -> None:
        """A generator is about to give random numbers."""
        trace = current().tracer
        if trace is not None:
            trace.refuse(f"random numbers are drawn at {users_line()}. They would be the same at each call. Draw "
                         "them outside and pass them as an argument (after eval(), Dropout draws none).")

    # -- what is seen -------------------------------------------------------------------------------------------------

    def asks(self, check: Any, x: Any, **arguments: Any) -> bool:
        """A loss is about to check values: True if it is noted, to be asked at each call; it gives no value."""
        trace = current().tracer
        if trace is None or x.__class__ is not Tensor or trace.made_here(x):
            return False
        trace.checks.append((check, x, arguments))
        return True

    def detached(self, t: Tensor) -> Tensor:
        """`t.detach()`: the value goes on, no gradient flows back."""
        if not is_tracing():
            return constant(t._value)
        with no_grad():
            found: Tensor = ops.positive(t)
        return found

    def computed(self, gradients: list[Tensor | None]) -> None:
        """Gradients were computed, and not recorded."""
        trace = current().tracer
        if trace is not None:
            trace.unknown.update(g for g in gradients if g is not None)


class _WatchedAt:
    """`x.at` while a function is traced."""

    def __init__(self, watcher: Watcher, at: Any) -> None:
        self.watcher, self.at = watcher, at

    def __getitem__(self, index: Any) -> Any:
        self.watcher.picks(index)
        return self.at[index]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.at, name)


watcher = Watcher()


def traced(function: Any, arguments: tuple[Any, dict[str, Any]], stand_ins: list[Tensor]) -> Trace:
    """Run a function on arguments in which stand-ins are, and see what it does."""
    trace = Trace(stand_ins)
    with watcher.listening(trace), np.errstate(all="ignore"):       # NumPy has warned when it ran as it is
        trace.output = function(*arguments[0], **arguments[1])
    if trace.refused is not None:
        raise trace.refused
    return trace


def tensors_in(output: Any) -> list[Tensor]:
    """The Tensors in what a function gave."""
    return [each for each in leaves_of(output) if each.__class__ is Tensor]
