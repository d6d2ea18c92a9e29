"""Modes: what is recorded in this thread or async task, switched by `with` blocks that double as decorators.

    no_grad()  enable_grad()  detect_anomaly()  module_path(path)

A mode is an immutable object in a context variable, so that threads and async tasks never see each other's.
Read this file before `tensors.py`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import Any, NamedTuple

import numpy as np


class Mode(NamedTuple):
    """The switches of the moment. `plain` says that operations may take their shortest way."""

    recording: bool = True      # operations on tensors that need a gradient are recorded
    anomaly: bool = False       # NaN and infinity from finite numbers are errors
    module: str | None = None   # the path of the layer that is running, such as "layers.0"
    plain: bool = True
    tracer: Any = None          # told of every operation, each of which is recorded: views/compiled/tracing.py
    blocks: tuple[Any, ...] = ()        # the open blocks, the newest last
    within: dict[str, Any] = {}         # noqa: RUF012 (of each mode its own: path of a layer -> the mode in that layer)


_mode: ContextVar[Mode] = ContextVar("tinygrad_edu_mode", default=Mode(within={}))
current = _mode.get


class switched:  # noqa: N801 (it reads as a verb: `with switched(recording=False)`)
    """A block in which some switches are changed; also a decorator of functions, generators and coroutines.

    It takes back its own change when it ends, whatever blocks in generators did in between.
    """

    def __init__(self, **changes: Any) -> None:
        self.changes = changes
        self.entered: list[tuple[Any, ...]] = []            # one for each time that the block is open

    def __enter__(self) -> None:
        key, quiet = object(), np.errstate(all="ignore") if self.changes.get("anomaly") else None
        if quiet is not None:
            quiet.__enter__()                               # our error says more than NumPy's warning
        before = _mode.get()
        inside = _mode_of((*before.blocks, (key, self.changes)))
        self.entered.append((quiet, before, inside))
        _mode.set(inside)

    def __exit__(self, *error: object) -> None:
        quiet, before, inside = self.entered.pop()
        leave(before, inside)
        if quiet is not None:
            quiet.__exit__(None, None, None)

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, generator or coroutine, always run inside such a block."""
        if inspect.iscoroutinefunction(function):
            @wraps(function)
            async def awaited(*args: Any, **options: Any) -> Any:
                with switched(**self.changes):
                    return await function(*args, **options)
            return awaited
        if inspect.isgeneratorfunction(function):
            @wraps(function)
            def generated(*args: Any, **options: Any) -> Any:
                steps, sent = function(*args, **options), None
                while True:
                    with switched(**self.changes):          # only while the generator itself runs
                        try:
                            value = steps.send(sent)
                        except StopIteration as end:
                            return end.value
                    sent = yield value
            return generated

        @wraps(function)
        def called(*args: Any, **options: Any) -> Any:
            with switched(**self.changes):
                return function(*args, **options)
        return called


def enter_module(path: str) -> tuple[Mode, Mode]:
    """Operations are recorded as made by the layer called `path` from here on, until `leave(*these)`.

    What `with module_path(path)` does at a sixth of its time, which every layer takes at every call: the mode within a
    layer is kept by the mode around it.
    """
    before = _mode.get()
    inside = before.within.get(path)
    if inside is None:
        inside = before.within[path] = _mode_of((*before.blocks, (object(), {"module": path})))
    _mode.set(inside)
    return before, inside


def leave(before: Mode, inside: Mode) -> None:
    """Take back the newest block of `inside`, which was entered from `before`."""
    now = _mode.get()
    if now is inside:                                       # blocks were left in the order of entering, mostly
        _mode.set(before)
    else:
        key, _ = inside.blocks[-1]
        _mode.set(_mode_of(tuple(each for each in now.blocks if each[0] is not key)))


def _mode_of(blocks: tuple[tuple[object, dict[str, Any]], ...]) -> Mode:
    """The mode that the open blocks make together, the newest having the last word."""
    switches: dict[str, Any] = {}
    for _, changes in blocks:
        switches.update(changes)
    plain = switches.get("recording", True) and not switches.get("anomaly", False) and "tracer" not in switches
    return Mode(**switches, plain=plain, blocks=blocks, within={})


def no_grad(function: Callable[..., Any] | None = None, /) -> Any:
    """A block (or decorated function) in which nothing is recorded: results need no gradient.

    >>> w = tg.Tensor(2.0)
    >>> with tg.no_grad():
    ...     y = w * 3
    >>> y.requires_grad
    False
    """
    return _block_or_decorated(function, recording=False)


def enable_grad(function: Callable[..., Any] | None = None, /) -> Any:
    """A block inside `no_grad` in which operations are recorded again.

    >>> w = tg.Tensor(2.0)
    >>> with tg.no_grad(), tg.enable_grad():
    ...     y = w * 3
    >>> y.requires_grad
    True
    """
    return _block_or_decorated(function, recording=True)


def detect_anomaly(function: Callable[..., Any] | None = None, /) -> Any:
    """A block in which NaN or infinity that comes out of finite numbers raises `AnomalyError`, forward or backward.

    >>> with tg.detect_anomaly():
    ...     tg.log(tg.Tensor(0.0))
    Traceback (most recent call last):
    ...
    tinygrad_edu.errors.AnomalyError: log(x) gave -inf from finite numbers: x = 0.0. ...
    """
    return _block_or_decorated(function, anomaly=True)


def _block_or_decorated(function: Callable[..., Any] | None, **changes: Any) -> Any:
    """The block; written as `@no_grad`, without parentheses, the function that always runs inside it."""
    return switched(**changes) if function is None else switched(**changes)(function)


def module_path(path: str | None) -> Any:
    """A block whose operations are recorded as made by the layer called `path`."""
    return switched(module=path)
