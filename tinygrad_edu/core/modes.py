"""Modes: what is recorded in this thread or async task, switched by `with` blocks that double as decorators.

    no_grad()  enable_grad()  detect_anomaly()  module_path(path)

A mode is an immutable object in a context variable, so that threads and async tasks never see each other's.
Read this file before `tensors.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Mode:
    """The switches of the moment. `plain` says that operations may take their shortest way."""

    recording: bool = True      # operations on tensors that need a gradient are recorded
    anomaly: bool = False       # NaN and infinity from finite numbers are errors
    module: str | None = None   # the path of the layer that is running, such as "layers.0"
    plain: bool = True


_mode: ContextVar[Mode] = ContextVar("tinygrad_edu_mode", default=Mode())
current = _mode.get


@contextmanager
def _anomalies() -> Iterator[None]:
    with np.errstate(all="ignore"), switched(anomaly=True):     # the error says more than NumPy's warning
        yield


@contextmanager
def switched(**changes: Any) -> Iterator[None]:
    """Run a block with some switches of the mode changed, and restore them whatever happens."""
    mode = replace(_mode.get(), **changes)
    token = _mode.set(replace(mode, plain=mode.recording and not mode.anomaly))
    try:
        yield
    finally:
        _mode.reset(token)


def no_grad() -> Any:
    """A block (or decorated function) in which nothing is recorded: results need no gradient.

    >>> w = tg.Tensor(2.0)
    >>> with tg.no_grad():
    ...     y = w * 3
    >>> y.requires_grad
    False
    """
    return switched(recording=False)


def enable_grad() -> Any:
    """A block inside `no_grad` in which operations are recorded again.

    >>> w = tg.Tensor(2.0)
    >>> with tg.no_grad(), tg.enable_grad():
    ...     y = w * 3
    >>> y.requires_grad
    True
    """
    return switched(recording=True)


def detect_anomaly() -> Any:
    """A block in which NaN or infinity that comes out of finite numbers raises `AnomalyError`, forward or backward.

    >>> with tg.detect_anomaly():
    ...     tg.log(tg.Tensor(0.0))
    Traceback (most recent call last):
    ...
    tinygrad_edu.errors.AnomalyError: log(x) gave -inf from finite numbers: x = 0.0. ...
    """
    return _anomalies()


def module_path(path: str | None) -> Any:
    """A block whose operations are recorded as made by the layer called `path`."""
    return switched(module=path)
