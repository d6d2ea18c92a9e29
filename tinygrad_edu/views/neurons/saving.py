"""Saving: a picture of neurons as a file, or as an image in a page.

    save(diagram, path, theme)      .svg .png .pdf .html .txt
    image_of(diagram)               an <img> that holds the whole picture, with its text as alternative

PNG and PDF need the library cairosvg, and have the colours of the light theme unless the dark one is asked for.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ...errors import ArgumentError, MissingExtraError
from ...files import write_whole
from ..drawing.pixels import converted
from ..drawing.tokens import Theme, page_css
from .text import said

if TYPE_CHECKING:
    from .diagram import NeuronDiagram



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


def image_of(diagram: NeuronDiagram) -> str:
    """The picture as an <img>, which needs no trust, no script and no network."""
    data = base64.b64encode(diagram.svg().encode()).decode()
    words = f"{diagram.network.title}. {said(diagram.network)}"
    return (f'<img alt="{escape(words)}" style="max-width:100%;height:auto" '
            f'src="data:image/svg+xml;base64,{data}">')


def _page(diagram: NeuronDiagram, theme: Theme) -> str:
    """The picture in a page of its own, with its text to unfold below it."""
    name = escape(diagram.network.title)
    mark = "" if theme == "auto" else f' data-theme="{theme}"'
    return (f'<!DOCTYPE html>\n<html lang="en"{mark}>\n<head><meta charset="utf-8">\n<title>{name}</title>\n'
            f'<meta name="viewport" content="width=device-width,initial-scale=1">\n<style>{page_css()}\n'
            "body{margin:0;padding:24px;background:var(--tg-bg);color:var(--tg-ink);font-family:var(--tg-font-ui)}\n"
            "h1{font-size:var(--tg-size-title)} figure{margin:0;overflow-x:auto} summary{cursor:pointer}\n"
            "pre{font-family:var(--tg-font-code);overflow-x:auto;background:var(--tg-sunken);padding:16px}</style></head>\n"
            f"<body><main><h1>{name}</h1>\n<figure>{diagram.svg(theme)}</figure>\n"
            f"<details><summary>The same as text</summary><pre tabindex=\"0\">{escape(str(diagram))}</pre></details>"
            "</main></body></html>\n")


def _converted(diagram: NeuronDiagram, theme: Theme, kind: Literal["png", "pdf"]) -> bytes:
    shown: Literal["light", "dark"] = "dark" if theme == "dark" else "light"
    try:
        return converted(lambda: diagram.svg(shown), kind, shown)
    except MissingExtraError as error:
        raise MissingExtraError(f"save: a .{kind} file cannot be written: {error}. Files that end in .svg or .html "
                                "need nothing.") from error
