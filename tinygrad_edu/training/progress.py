"""Progress: a line for each epoch, and a bar in a notebook, or in a terminal by tqdm."""

from __future__ import annotations

import sys
from typing import Any

from ..errors import ArgumentError
from .notebooks import NotebookBar, in_notebook


class Progress:
    """Says how training goes; `verbose` 0 says nothing, 1 shows a bar and a line for each epoch, 2 only the lines."""

    def __init__(self, verbose: int, epochs: int, batches: int) -> None:
        if verbose not in (0, 1, 2):
            raise ArgumentError(f"verbose: got {verbose!r:.60}. Expected 1 for a bar and a line for each epoch, 2 for "
                                "the lines alone, 0 for silence.")
        self.verbose, self.epochs, self.batches = int(verbose), epochs, batches
        self.bar: Any = None
        self.titled = False

    def begin(self, done: int, file: Any) -> None:
        """Training begins, or goes on from a file in which so many epochs are done already."""
        if file is not None and self.verbose:
            print(f"goes on at epoch {done + 1} of {self.epochs}, from {file}" if done < self.epochs else
                  f"nothing is left to learn: {file} has {done} epochs, and epochs={self.epochs}. For more give a "
                  "greater number; to begin anew remove the file.", flush=True)
        if self.verbose == 1 and done < self.epochs:
            self.bar = _bar(self.epochs * self.batches, done * self.batches)

    def batch(self) -> None:
        """One batch is done."""
        if self.bar is not None:
            self.bar.update()

    def epoch(self, number: int, values: dict[str, float]) -> None:
        """One epoch is done, with these numbers."""
        if not self.verbose:
            return
        width = max(5, len(f"{self.epochs}"))
        if not self.titled:
            self._say("  ".join([f"{'epoch':>{width}}", *(f"{name:>{max(8, len(name))}}" for name in values)]))
            self.titled = True
        self._say("  ".join([f"{number:>{width}}",
                             *(f"{value:>{max(8, len(name))}.4f}" for name, value in values.items())]))

    def end(self, words: str = "") -> None:
        """Take the bar away, and say why training ended early."""
        if self.bar is not None:
            self.bar.close()
        if words and self.verbose:
            print(words, flush=True)

    def _say(self, line: str) -> None:
        write = getattr(self.bar, "write", None)        # tqdm's, which keeps its bar below the lines
        if write is None:
            print(line, flush=True)
        else:
            write(line)


def _bar(steps: int, done: int) -> Any:
    """A bar that goes away when it is full: in a notebook, or in a terminal if there is tqdm; else none."""
    if in_notebook():
        return NotebookBar(steps, done)
    if not sys.stderr.isatty():
        return None
    try:
        from tqdm import tqdm
    except ImportError:
        return None
    return tqdm(total=steps, initial=done, leave=False, unit="batch")
