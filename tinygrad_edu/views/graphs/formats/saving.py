"""Graphs as files: the ending of the name says which form.

    save        a description and a path -> the file, whole or not at all

    .svg        the picture, light or dark as the page around it        .dot .gv    the language of Graphviz
    .html       a page to explore it, that needs nothing else           .mmd        a Mermaid flowchart
    .png .pdf   the picture, for slides and papers                      .json       the description; loads again

PNG and PDF are made in `pixels.py`. Read it, `svg.py`, `dot.py` and `mermaid.py` before this file.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from ....errors import ArgumentError
from ....files import write_whole
from ...drawing.pixels import Kind
from ...drawing.tokens import Theme
from ..model import Description
from .dot import dot_of
from .json_files import to_json
from .mermaid import mermaid_of
from .pixels import drawn

Settings = dict[str, Any]
PICTURE = ("show", "style", "direction")            # settings of every form that is drawn


def save(description: Description, path: str | os.PathLike[str], *, show: str = "auto", style: str = "auto",
         direction: str = "auto", theme: Theme = "auto", engine: str = "auto", scale: float = 2.0,
         recorded: Description | None = None) -> Path:
    """Write a graph to a file, in the form that the ending of its name says.

    Args:
        description: the graph.
        path: its name ends in .svg, .html, .png, .pdf, .dot, .gv, .mmd or .json.
        show, style, direction: as in `dot_of`.
        theme: "light", "dark", or "auto": SVG and HTML follow the reader's theme, PNG and PDF are light.
        engine: what places the nodes; see `layouts.choosing`.
        scale: pixels of a PNG for each pixel of the picture.
        recorded: the graph with all modules open, so that a page can unfold those that are folded.
    Returns: the path.
    Raises: ArgumentError for another ending or setting, MissingExtraError if nothing is installed that makes PNG or
        PDF, DataError if the file cannot be written.
    """
    writer = WRITERS.get(Path(path).suffix.lower())
    if writer is None:
        given = f"a name that ends in {Path(path).suffix}" if Path(path).suffix else "a name without an ending"
        *others, last = WRITERS
        raise ArgumentError(f"save({os.fspath(path)!r}): got {given}. Expected one that ends in {', '.join(others)} "
                            f"or {last}.")
    if theme not in ("auto", "light", "dark"):
        raise ArgumentError(f'save(theme={theme!r}): expected "auto", "light" or "dark".')
    if not 0 < scale <= 20:
        raise ArgumentError(f"save(scale={scale!r}): expected a number above 0, at most 20.")
    settings = {"show": show, "style": style, "direction": direction, "theme": theme, "engine": engine, "scale": scale,
                "recorded": recorded}
    content = writer(description, settings)
    return write_whole(path, content if isinstance(content, bytes) else content.encode())


def _with(settings: Settings, *names: str) -> Settings:
    return {name: settings[name] for name in (*PICTURE, *names)}


def _svg(description: Description, settings: Settings) -> str:
    from ..picture.svg import svg_of
    return svg_of(description, **_with(settings, "theme", "engine"))


def _drawn(kind: Kind, description: Description, settings: Settings) -> bytes:
    """From the SVG with the colours of one theme, or from the DOT text."""
    theme: Literal["light", "dark"] = "dark" if settings["theme"] == "dark" else "light"
    return drawn(kind, settings["scale"], svg=lambda: _svg(description, settings | {"theme": theme}), theme=theme,
                 dot=lambda: dot_of(description, **_with(settings)))


def _html(description: Description, settings: Settings) -> str:
    from ..page.page import page_of
    if settings["direction"] == "auto":                 # on narrow screens a page flows down anyway
        settings = settings | {"direction": "right"}
    return page_of(description, **_with(settings, "theme", "engine", "recorded"))


def _json(description: Description, settings: Settings) -> str:
    return to_json(description, settings["show"], settings["style"])


WRITERS: dict[str, Callable[[Description, Settings], str | bytes]] = {
    ".svg": _svg,
    ".html": _html,
    ".png": lambda description, settings: _drawn("png", description, settings),
    ".pdf": lambda description, settings: _drawn("pdf", description, settings),
    ".dot": lambda description, settings: dot_of(description, **_with(settings)),
    ".gv": lambda description, settings: dot_of(description, **_with(settings)),
    ".mmd": lambda description, settings: mermaid_of(description, **_with(settings)),
    ".json": _json,
}
