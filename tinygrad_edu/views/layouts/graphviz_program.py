"""Layouts by Graphviz's program `dot`.

    by_dot(picture) -> Layout       or LayoutFailedError
    program() -> str | None         where it is
"""

from __future__ import annotations

import shutil

from .graphviz_text import by_graphviz
from .model import Layout, Picture
from .programs import LayoutFailedError, answer

SECONDS = 10.0          # to lay out one picture


def program() -> str | None:
    """The path of `dot`, or None."""
    return shutil.which("dot")


def by_dot(picture: Picture) -> Layout:
    """Lay a picture out.

    Raises: LayoutFailedError if there is no program, or it does not do its work in time.
    """
    path = program()
    if path is None:
        raise LayoutFailedError("there is none on the PATH")
    return by_graphviz(picture, lambda text: answer([path, "-Tplain"], text, SECONDS), "dot")
