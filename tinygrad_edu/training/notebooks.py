"""Notebooks: what is shown below a running cell, and replaced while it runs, without any widgets.

    in_notebook()
    Shown().show(thing)         the first time below the cell, then in its own place
    NotebookBar(steps, done)    how far a training is, with those methods of tqdm's bar that matter here
"""

from __future__ import annotations

import sys
import time
from importlib import import_module
from typing import Any

PATIENCE = 0.1                  # seconds between two bars: a message for every batch would take longer than the batch


def in_notebook() -> bool:
    """Whether a notebook runs this program."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")


class Shown:
    """A place below the running cell, for one thing after the other."""

    def __init__(self) -> None:
        self._handle: Any = None                # what IPython calls a display handle

    def show(self, thing: Any) -> None:
        """Show something that has a `_repr_html_`, in place of what was shown before."""
        if self._handle is None:
            self._handle = import_module("IPython.display").display(thing, display_id=True)
        else:
            self._handle.update(thing)


class NotebookBar:
    """A bar below the running cell, which goes away in the end."""

    def __init__(self, steps: int, done: int = 0) -> None:
        self.steps, self.done = steps, done
        self._place, self._drawn_at = Shown(), 0.0
        self._draw()

    def update(self) -> None:
        """One step is done."""
        self.done += 1
        if time.monotonic() - self._drawn_at > PATIENCE:
            self._draw()

    def close(self) -> None:
        """Take the bar away."""
        self._place.show(Bar(0, 0))

    def _draw(self) -> None:
        self._drawn_at = time.monotonic()
        self._place.show(Bar(self.done, self.steps))


class Bar:
    """How many of so many batches are done, as a notebook shows it; of none it is empty."""

    def __init__(self, done: int, steps: int) -> None:
        self.done, self.steps = done, steps

    def __repr__(self) -> str:
        return f"batch {self.done:,} of {self.steps:,}" if self.steps else ""

    def _repr_html_(self) -> str:
        if not self.steps:
            return "<span></span>"              # of nothing at all, notebooks would show the text instead
        return (f'<progress value="{self.done}" max="{self.steps}" style="width:20em" aria-label="{self!r}">'
                f"</progress> {self!r}")
