"""Programs that are written as text and run: `run_text(text, file, scope)`, with their lines in tracebacks."""

from __future__ import annotations

import linecache
from typing import Any


def run_text(text: str, file: str, scope: dict[str, Any]) -> dict[str, Any]:
    """Run a program under a file name of its own, and give its scope, in which what it defines is.

    >>> run_text("double = lambda x: 2 * x", "<double>", {})["double"](3)
    6
    """
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    exec(compile(text, file, "exec"), scope)
    return scope
