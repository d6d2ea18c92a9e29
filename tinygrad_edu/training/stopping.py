"""Stopping: Ctrl-C ends training after the current batch, instead of tearing it apart."""

from __future__ import annotations

import signal
import threading
from typing import Any


class Interrupts:
    """A block in which a first Ctrl-C makes `pressed` true, and a second one interrupts as ever."""

    def __init__(self) -> None:
        self.pressed = False
        self._before: Any = None

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread():       # only this one is told of signals
            self._before = signal.signal(signal.SIGINT, self._press)
        return self

    def __exit__(self, *error: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _press(self, *signal_and_frame: object) -> None:
        self.pressed = True
        signal.signal(signal.SIGINT, signal.default_int_handler)
