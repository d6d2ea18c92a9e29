"""Tiles: the small images of a picture, and the yellow badge of what is not finite.

    tile_of(tile)       pixels and feature maps in grey, weights in teal and wine
    badge(x, y, text)

One path holds all cells of a shade, neighbours in a row as one piece, each as a step from the one before: an image of
784 pixels takes two or three kilobytes.
"""

from __future__ import annotations

from itertools import groupby

import numpy as np

from ..drawing import svg
from ..drawing.svg import Markup
from .model import Array
from .scene import Tile


def tile_of(tile: Tile) -> Markup:
    """An image in its frame."""
    box = tile.box
    pieces = [svg.title(tile.title)]
    if tile.cells is None:
        pieces.append(svg.rect(box.left, box.top, box.width, box.height, class_="paper"))
    elif tile.kind == "weights":
        pieces += [svg.rect(box.left, box.top, box.width, box.height, class_="paper"),
                   _in_cells(tile, _signed(tile))]
    else:
        pieces += [svg.rect(box.left, box.top, box.width, box.height, class_="black"),
                   _in_cells(tile, _greys(tile))]
    pieces.append(svg.rect(box.left, box.top, box.width, box.height, class_="px"))
    if tile.lit:
        pieces.append(badge(*box.middle, f"{tile.lit} NaN or ∞" if tile.kind != "weights" else "!!"))
    return svg.group(*pieces)


def _greys(tile: Tile) -> list[Markup]:
    """Pixels in grey: one path for each shade."""
    assert tile.cells is not None
    shades = np.where(np.isfinite(tile.cells), np.rint(np.clip(np.nan_to_num(tile.cells), 0, 1) * 63), 0).astype(int)
    return [svg.path(_cells(shades == shade), fill=f"rgb({grey},{grey},{grey})")
            for shade in range(1, 64) if (shades == shade).any() for grey in [round(shade * 255 / 63)]]


def _signed(tile: Tile) -> list[Markup]:
    """Weights in teal and wine, in 5 strengths; negative cells have a hole."""
    assert tile.cells is not None
    levels = np.rint(np.clip(tile.cells, -1, 1) * 5).astype(int)
    pieces = [svg.path(_cells(levels == level), class_="cp" if level > 0 else "cn", opacity=abs(level) / 5)
              for level in range(-5, 6) if level and (levels == level).any()]
    if (levels < -1).any():
        pieces.append(svg.path(_holes(levels < -1), class_="hole"))
    return pieces


def _in_cells(tile: Tile, pieces: list[Markup]) -> Markup:
    """What is drawn in cells of size 1, in the tile's box."""
    assert tile.cells is not None
    rows, columns = tile.cells.shape
    box = tile.box
    wide, high = (f"{size:.6g}" for size in (box.width / columns, box.height / rows))
    return svg.group(*pieces, class_="cells", transform=f"translate({xy(box.left, box.top)}) scale({wide} {high})")


def _cells(chosen: Array) -> str:
    """The commands for those cells of an image: neighbours in a row as one piece, which ends where it began."""
    parts, at = [], (0, 0)
    for row, cells in enumerate(chosen.tolist()):
        for is_in, run in groupby(range(len(cells)), key=cells.__getitem__):
            if is_in:
                first, *more = run
                wide = 1 + len(more)
                parts.append(f"m{_pair(first - at[1], row - at[0])}h{wide}v1h-{wide}z")
                at = row, first
    return "".join(parts)


def _holes(chosen: Array) -> str:
    """A hole in the middle of each cell, in steps from one to the next."""
    parts, at = [], (-0.3, -0.3)
    for row, column in np.argwhere(chosen).tolist():
        parts.append(f"m{_pair(round(column - at[1], 1), round(row - at[0], 1))}h.4v.4h-.4z")
        at = row, column
    return "".join(parts)


def _pair(x: float, y: float) -> str:
    return f"{x:g} {y:g}".replace(" -", "-")


def badge(x: float, y: float, text: str, width: float | None = None) -> Markup:
    """What is not finite, in yellow with a black edge."""
    wide = width or max(30.0, svg.text_width(text, "label") + 12)
    return svg.group(svg.rect(x - wide / 2, y - 8, wide, 16, rx=4, class_="badge"),
                     svg.text(x, y + 4, text, anchor="middle", class_="bang s11"))


def xy(x: float, y: float) -> str:
    """A point as paths have it."""
    return f"{svg.decimal(x)} {svg.decimal(y)}"
