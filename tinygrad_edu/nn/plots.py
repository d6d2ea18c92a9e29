"""Plots with matplotlib, which is imported when the first one is drawn: axes, colours, text alternatives, lines.

    axes_for grid line_plot         where and how to draw
    palette                         the colours that suit an axes, light or dark
    describe described              what a picture says in words, for those who do not see it
    as_html png alone               the picture for pages and notebooks

The words are the label of the axes: `ax.get_label()`, and part of `repr(ax)`. As the last line of a notebook's cell a
plot is the picture with these words, once.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from functools import partial
from html import escape
from io import BytesIO
from typing import Any

import numpy as np

from ..colours import TOKENS
from ..errors import MissingExtraError

DOTS = 80                               # per inch
STYLES = ("-", "--", ":", "-.")         # lines differ by more than their colour
LIGHT, DARK = ({**TOKENS[theme], "paper": TOKENS[theme]["surface"]} for theme in ("light", "dark"))


def pyplot() -> Any:
    """matplotlib.pyplot, or an error that says how to install it."""
    try:
        from matplotlib import pyplot as library
    except ImportError as error:
        raise MissingExtraError("plots need matplotlib. "
                                'Install it with: pip install "tinygrad_edu[notebook]"') from error
    return library


def axes_for(ax: Any, size: tuple[float, float] | None = None, projection: str | None = None) -> Any:
    """The axes to draw on: the given ones, or new ones on a figure of `size` in inches; "3d" is a projection."""
    if ax is not None:
        return ax
    return pyplot().subplots(layout="constrained", figsize=size, subplot_kw={"projection": projection})[1]


def grid(rows: int, columns: int) -> tuple[Any, list[Any]]:
    """A figure with rows times columns axes, and these in row order."""
    figure, axes = pyplot().subplots(rows, columns, figsize=(2.6 * columns, 2.2 * rows), layout="constrained",
                                     squeeze=False)
    return figure, list(axes.ravel())


def palette(ax: Any) -> dict[str, Any]:
    """The colours by what they mean, for the background that the axes has.

    `ink` is the colour of its labels, and tells whether the background is light or dark; `paper` is the background
    itself, or a usual one if that is transparent.
    """
    from matplotlib import colors
    ink, papers = ax.xaxis.label.get_color(), (ax.get_facecolor(), ax.figure.get_facecolor())
    r, g, b = colors.to_rgb(ink)
    chosen = dict(DARK if 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.5 else LIGHT)
    opaque = [colors.to_rgb(each) for each in papers if colors.to_rgba(each)[3] > 0.5]
    return {**chosen, "ink": ink, "paper": opaque[0] if opaque else chosen["paper"]}


def describe(ax: Any, words: str) -> Any:
    """Give an axes its text alternative, and return the axes."""
    ax.set_label(words)
    return alone(ax)


def described(ax: Any) -> str:
    """The text alternative of a picture: what it shows, in words and numbers."""
    return str(ax.get_label())


def as_html(ax: Any) -> str:
    """The picture that an axes is on, as an <img> that holds it and says in words what it shows.

    Args:
        ax: the axes that a picture returned, or a figure of several.
    """
    axes = ax.get_axes() if hasattr(ax, "get_axes") else [ax]
    figure = ax if hasattr(ax, "get_axes") else ax.figure
    return image(png(figure), " ".join(filter(None, (described(each) for each in axes if each.get_visible()))))


def image(picture: bytes, text: str, style: str = "") -> str:
    """A PNG file as an <img> with its text alternative."""
    styled = f' style="{style}"' if style else ""
    return f'<img alt="{escape(text)}" src="data:image/png;base64,{b64encode(picture).decode()}"{styled}>'


def png(figure: Any) -> bytes:
    """A figure as a PNG file."""
    file = BytesIO()
    with np.errstate(all="ignore"):             # matplotlib multiplies corners that faces of a surface do not have
        figure.canvas.figure.savefig(file, format="png", dpi=DOTS)          # the whole, if it is a part of a figure
    return file.getvalue()


def alone(picture: Any) -> Any:
    """Let a notebook show an axes or a figure as its picture, once, and not also as text or as an open figure."""
    picture._repr_html_ = partial(_shown, picture)
    return picture


def _shown(picture: Any) -> str:
    html = as_html(picture)
    pyplot().close(getattr(picture, "figure", picture).canvas.figure)   # which a notebook would show below the cell
    return html


def number(x: float) -> str:
    """A number for a picture: three digits, and a minus sign that is read as one.

    >>> number(-0.12345), number(-0.0)
    ('−0.123', '0')
    """
    return f"{x + 0.0:.3g}".replace("-", "−")


def legend(ax: Any, **options: Any) -> Any:
    """A legend without a frame, in the colour of the labels."""
    return ax.legend(**{"frameon": False, "fontsize": "small", "labelcolor": palette(ax)["ink"], **options})


def line_plot(ax: Any, x: Any, lines: Mapping[str, Any], description: str) -> Any:
    """Named lines over x, each in a style of its own; `description` is the text alternative."""
    ax = axes_for(ax)
    for (name, y), style in zip(lines.items(), STYLES * len(lines), strict=False):
        ax.plot(x, y, style, label=name)
    ax.axhline(0, color="0.5", linewidth=0.6)
    legend(ax)
    return describe(ax, description)
