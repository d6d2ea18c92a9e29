"""Layouts by the Graphviz that comes inside the package pygraphviz.

    by_pygraphviz(picture) -> Layout        or LayoutFailedError
    is_installed() -> bool

It runs in a process of its own: a fault of a C library would end the user's session, and a call of one cannot be broken
off. A second interpreter costs some tenths of a second.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

from .graphviz_text import by_graphviz
from .model import Layout, Picture
from .programs import LayoutFailedError, answer

SECONDS = 10.0          # to lay out one picture
SCRIPT = """\
import sys
from pygraphviz import AGraph
text = sys.stdin.buffer.read().decode()
sys.stdout.buffer.write(AGraph(string=text).draw(format="plain", prog="dot"))
"""


def is_installed() -> bool:
    """Whether the package is there."""
    return importlib.util.find_spec("pygraphviz") is not None


def by_pygraphviz(picture: Picture) -> Layout:
    """Lay a picture out.

    Raises: LayoutFailedError if the package is not installed, or does not do its work in time.
    """
    if not is_installed():
        raise LayoutFailedError("it is not installed")
    if not Path(sys.executable or "").name.lower().startswith(("python", "pypy")):
        raise LayoutFailedError("there is no Python interpreter to run it with")    # a program that embeds Python
    command = [sys.executable, "-P", "-c", SCRIPT]
    return by_graphviz(picture, lambda text: answer(command, text, SECONDS), "pygraphviz")
