"""Progress: a line for each epoch, and below it a bar where there are a terminal or a notebook, and tqdm."""

from __future__ import annotations

import sys
from typing import Any


class Progress:
    """Says how training goes; `verbose` 0 says nothing, 1 shows a bar and a line for each epoch, 2 only the lines."""

    def __init__(self, verbose: int, epochs: int, batches: int) -> None:
        self.verbose, self.epochs = int(verbose), epochs
        self.bar = _bar(epochs * batches) if self.verbose == 1 else None
        self.titled = False

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
        if self.bar is not None:
            self.bar.write(line)
        else:
            print(line, flush=True)


def _bar(steps: int) -> Any:
    """A bar of tqdm that goes away when it is full, if there is tqdm and somebody to see it."""
    notebook = "ipykernel" in sys.modules
    if not (notebook or sys.stderr.isatty()):
        return None
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return None
    return tqdm(total=steps, leave=False, unit="batch")
