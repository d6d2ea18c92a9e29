"""Which engine lays a picture out, and what happens if it cannot.

    laid_out(picture, engine) -> Layout
    hint_once(text)                         a line for the user, shown once

Graphviz is asked first: the program `dot`, then the package pygraphviz. What is missing or broken is passed over, and
not tried again by this process; the native layout needs nothing and always answers. Big pictures go to it at once.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Literal, get_args

from ...errors import ArgumentError, MissingExtraError
from .graphviz_program import by_dot, program
from .layered import layered
from .model import Layout, Picture
from .programs import LayoutFailedError
from .pygraphviz_library import by_pygraphviz, is_installed

Engine = Literal["auto", "dot", "pygraphviz", "layered"]
BIG = 400           # boxes and gates, above which Graphviz takes seconds

_FIX = {
    "dot": "Install Graphviz (graphviz.org/download; apt install graphviz, brew install graphviz)",
    "pygraphviz": "Install it with: pip install pygraphviz",
}
_unusable: dict[tuple[str, str | None], str] = {}       # (engine, where it is) -> why
_shown: set[str] = set()


def laid_out(picture: Picture, engine: Engine = "auto") -> Layout:
    """Lay a picture out.

    Args:
        picture: boxes, lines and frames with their sizes.
        engine: "dot" (Graphviz's program), "pygraphviz" (the Graphviz inside that package), "layered" (native), or
            "auto": the first of these that works here; "layered" for pictures of more than 400 boxes and gates.
    Returns: places and curves; `engine` says who made them.
    Raises: MissingExtraError if an engine that was asked for by name cannot be used; ArgumentError if it is none.

    >>> from tinygrad_edu.views.layouts.model import Box
    >>> laid_out(Picture(boxes=(Box("a", 40, 20),), lines=()), engine="layered").boxes
    {'a': Rectangle(x=0.0, y=0.0, width=40, height=20)}
    """
    if engine == "layered":
        return layered(picture)
    if engine == "auto":
        return _by_the_first(picture)
    if engine not in _ENGINES:
        raise ArgumentError(f"engine: got {engine!r}. Expected one of {', '.join(map(repr, get_args(Engine)))}.")
    try:
        return _ENGINES[engine](picture)
    except LayoutFailedError as error:
        raise MissingExtraError(f"engine={engine!r}: {_name(engine)} cannot be used, for {error}. {_FIX[engine]}, or "
                                f"use engine='layered', which needs nothing.") from None


def hint_once(text: str) -> None:
    """Write a line to standard error, once in the life of this process."""
    if text not in _shown:
        _shown.add(text)
        sys.stderr.write(f"tinygrad_edu: {text}\n")


_ENGINES: dict[str, Callable[[Picture], Layout]] = {"dot": by_dot, "pygraphviz": by_pygraphviz}


def _by_the_first(picture: Picture) -> Layout:
    """The layout of the first engine that works."""
    if not picture.boxes or len(picture.boxes) + sum(any(line.gate) for line in picture.lines) > BIG:
        return layered(picture)
    for engine, make in _ENGINES.items():
        where = program() if engine == "dot" else sys.executable if is_installed() else None
        if where is None or (engine, where) in _unusable:
            continue
        try:
            return make(picture)
        except LayoutFailedError as error:
            _unusable[engine, where] = str(error)
            hint_once(f"{_name(engine)} cannot be used, for {error}; pictures are laid out without it.")
    if program() is None and not is_installed():
        hint_once(f"pictures are laid out without Graphviz. {_FIX['dot']} for its layouts; none is needed.")
    return layered(picture)


def _name(engine: str) -> str:
    """What the user knows the engine by."""
    return "Graphviz's program `dot`" if engine == "dot" else "the package pygraphviz"
