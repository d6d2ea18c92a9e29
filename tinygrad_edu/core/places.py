"""Places in the user's code as messages name them: `lesson.py:12`, `cell [3], line 2` in a notebook.

IPython gives each cell a file name of its own, made of a hash; its compiler knows which cell that is. Code that was
typed or came as a string has no file at all. Read `positions.py` after this file.
"""

from __future__ import annotations

import os
import re
import sys


def is_cell(file: str) -> bool:
    """Whether a file name is that of a cell of a notebook."""
    return f"{os.sep}ipykernel_" in file or file.startswith("<ipython-input")


def place(file: str, line: int) -> str:
    """A file and a line in a few words.

    >>> place("/home/me/lesson.py", 12), place("<stdin>", 3), place("<ipython-input-7-0123456789ab>", 2)
    ('lesson.py:12', 'line 3', 'cell [7], line 2')
    """
    if is_cell(file):
        number = _number_of_cell(file)
        return f"cell{f' [{number}]' if number else ''}, line {line}"
    return f"line {line}" if file.startswith("<") else f"{os.path.basename(file)}:{line}"


def _number_of_cell(file: str) -> str:
    """The number that stands beside a cell, as IPython's own tracebacks have it; empty if it is not known."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None and hasattr(ipython, "get_ipython") else None
    name_of = getattr(getattr(shell, "compile", None), "format_code_name", None)
    named = (name_of(file) if name_of else None) or ("", file)
    found = re.fullmatch(r"In\[(\d+)\]|<ipython-input-(\d+)-.*>", named[1])
    return (found[1] or found[2]) if found else ""
