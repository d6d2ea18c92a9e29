"""SVG turned into PNG and PDF, for slides and papers.

    converted       the text of an SVG -> the bytes of a file, by the library cairosvg
    plainer         an SVG as cairosvg draws it rightly

cairosvg knows no CSS variables, paints the edge of a letter over the letter, and puts each piece of a centred formula
into the middle. So colours are written in, texts with an edge are drawn a second time without it, and formulas begin
where they would if they were centred. It reads what `svg.py` writes, not any SVG.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Literal

from ...errors import MissingExtraError
from .letters import width
from .numbers import decimal
from .tokens import literal

Kind = Literal["png", "pdf"]
MOST_PIXELS = 30_000            # of a side: cairo draws no larger image
USUAL_SIZE = 14.0               # of letters, where no class says more

_TEXT = re.compile(r'<text x="([-\d.]+)"([^>]*?) class="([^"]*)"([^>]*)>(.*?)</text>')
_SIZE = re.compile(r"\.tg \.([\w-]+)\{font-size:([\d.]+)px")
_EDGED = re.compile(r"([^{}]*)\{[^{}]*paint-order:stroke[^{}]*\}")
_ANCHORS = {"mid": 0.5, "end": 1.0}


def converted(svg: str | Callable[[], str], kind: Kind, theme: Literal["light", "dark"] = "light",
              scale: float = 2.0) -> bytes:
    """A picture as PNG or PDF.

    Args:
        svg: the picture for `theme`, or a function that draws it, which is called if there is cairosvg.
        kind: "png" or "pdf".
        theme: whose colours are written in.
        scale: pixels of a PNG for each pixel of the picture; fewer if it would have more than 30 000 at a side.
    Raises: MissingExtraError if cairosvg is not installed, or does not find the library it calls.
    """
    try:
        import cairosvg
    except ImportError:
        raise MissingExtraError('cairosvg is not installed: pip install "tinygrad_edu[draw]"') from None
    except OSError:
        raise MissingExtraError("cairosvg is installed, but not the library cairo that it calls (on Debian and Ubuntu: "
                                "apt install libcairo2; on a Mac: brew install cairo)") from None
    picture = literal(plainer(svg if isinstance(svg, str) else svg()), theme)
    if kind == "pdf":
        pdf: bytes = cairosvg.svg2pdf(bytestring=picture.encode())
        return pdf
    sides = re.search(r'<svg\b[^>]*?\swidth="([\d.]+)[^>]*?\sheight="([\d.]+)', picture)
    largest = max(map(float, sides.groups())) if sides else 1.0
    png: bytes = cairosvg.svg2png(bytestring=picture.encode(), scale=min(scale, MOST_PIXELS / max(1.0, largest)))
    return png


def plainer(svg: str) -> str:
    """The same picture, its texts in a form that cairosvg draws rightly."""
    sizes = {name: float(size) for name, size in _SIZE.findall(svg)}
    selectors = " ".join(re.sub(r":not\([^)]*\)", "", found) for found in _EDGED.findall(svg))
    edged = set(re.findall(r"\.([\w-]+)", selectors)) - {"tg"}

    def text(found: re.Match[str]) -> str:
        x, before, classes, after, words = found.groups()
        names = classes.split()
        anchor = next((name for name in names if name in _ANCHORS), None)
        if "<tspan" in words and anchor:
            size = next((sizes[name] for name in reversed(names) if name in sizes), USUAL_SIZE)
            wide = width(unescape(re.sub(r"<[^>]*>", "", words)), size, "math")
            x, names = decimal(float(x) - wide * _ANCHORS[anchor]), [name for name in names if name != anchor]
        opening = f'<text x="{x}"{before} class="{" ".join(names)}"{after}'
        again = f'{opening} style="stroke:none">{words}</text>' if edged & set(names) else ""
        return f"{opening}>{words}</text>{again}"

    return _TEXT.sub(text, svg)
