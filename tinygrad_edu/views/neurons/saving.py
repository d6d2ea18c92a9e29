"""Saving: a picture of neurons as a file, or as an image in a page.

    save(diagram, path, theme)      .svg .png .pdf .html .txt
    bundle_of(diagram)              what notebooks show: an <img> that holds the whole picture, its text to unfold

PNG and PDF need the library cairosvg, and have the colours of the light theme unless the dark one is asked for.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ...errors import ArgumentError, MissingExtraError
from ...files import write_whole
from ..drawing.pixels import converted
from ..drawing.tokens import Theme
from ..page.bundle import bundle
from ..page.shell import page, still, text
from .svg import svg_of
from .text import said

if TYPE_CHECKING:
    from .diagram import NeuronDiagram

AS_TEXT = "The same as text"


def save(diagram: NeuronDiagram, path: str | os.PathLike[str], theme: Theme) -> Path:
    """What `diagram.save(path)` does; see there."""
    writers: dict[str, Callable[[], bytes]] = {
        ".svg": lambda: diagram.svg(theme).encode(), ".html": lambda: _page(diagram, theme).encode(),
        ".txt": lambda: f"{diagram}\n".encode(), ".png": lambda: _converted(diagram, theme, "png"),
        ".pdf": lambda: _converted(diagram, theme, "pdf")}
    write = writers.get(Path(path).suffix.lower())
    if write is None:
        raise ArgumentError(f"save({os.fspath(path)!r}): got a file name that ends in "
                            f"{Path(path).suffix or 'nothing'}. Expected {', '.join(writers)}.")
    return write_whole(path, write())


def bundle_of(diagram: NeuronDiagram) -> dict[str, str]:
    """What `_repr_mimebundle_` gives."""
    picture = svg_of(diagram.network, diagram.bias, diagram.theme, is_image=True)
    return bundle(picture, str(diagram), alt=f"{diagram.network.title}. {said(diagram.network)}",
                  shown_as_text=AS_TEXT)


def _page(diagram: NeuronDiagram, theme: Theme) -> str:
    """The picture in a page of its own, with its text to unfold below it."""
    title = diagram.network.title
    body = f"<main><h1>{text(title)}</h1>{still(diagram.svg(theme), str(diagram), AS_TEXT)}</main>"
    return page(title, body, theme=theme)


def _converted(diagram: NeuronDiagram, theme: Theme, kind: Literal["png", "pdf"]) -> bytes:
    shown: Literal["light", "dark"] = "dark" if theme == "dark" else "light"
    try:
        return converted(lambda: diagram.svg(shown), kind, shown)
    except MissingExtraError as error:
        raise MissingExtraError(f"save: a .{kind} file cannot be written: {error}. Files that end in .svg or .html "
                                "need nothing.") from error
