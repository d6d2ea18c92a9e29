"""Tiles: the small images of a picture, and the yellow badge of what is not finite.

    tile_of(tile)       pixels and feature maps in grey, weights in teal and wine
    badge(x, y, text)

One path holds all cells of a shade, neighbours in a row as one piece: an image of 784 pixels takes a few kilobytes.
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
                   svg.group(*_signed(tile), class_="cells")]
    else:
        pieces += [svg.rect(box.left, box.top, box.width, box.height, class_="black"),
                   svg.group(*_greys(tile), class_="cells")]
    pieces.append(svg.rect(box.left, box.top, box.width, box.height, class_="px"))
    if tile.lit:
        pieces.append(badge(*box.middle, f"{tile.lit} NaN or ∞" if tile.kind != "weights" else "!!"))
    return svg.group(*pieces)


def _greys(tile: Tile) -> list[Markup]:
    """Pixels in grey: one path for each shade, neighbours in a row as one piece."""
    assert tile.cells is not None
    shades = np.where(np.isfinite(tile.cells), np.rint(np.clip(np.nan_to_num(tile.cells), 0, 1) * 63), 0).astype(int)
    return [svg.path(_cells(tile, shades == shade), fill=f"rgb({grey},{grey},{grey})")
            for shade in range(1, 64) if (shades == shade).any() for grey in [round(shade * 255 / 63)]]


def _signed(tile: Tile) -> list[Markup]:
    """Weights in teal and wine, in 5 strengths; negative cells have a hole."""
    assert tile.cells is not None
    levels = np.rint(np.clip(tile.cells, -1, 1) * 5).astype(int)
    pieces = [svg.path(_cells(tile, levels == level), class_="cp" if level > 0 else "cn", opacity=abs(level) / 5)
              for level in range(-5, 6) if level and (levels == level).any()]
    if (levels < -1).any():
        pieces.append(svg.path(_holes(tile, levels < -1), class_="hole"))
    return pieces


def _cells(tile: Tile, chosen: Array) -> str:
    """The commands for those cells of an image."""
    rows, columns = chosen.shape
    w, h = tile.box.width / columns, tile.box.height / rows
    parts = []
    for row in range(rows):
        for is_in, run in groupby(range(columns), key=chosen[row].tolist().__getitem__):
            if is_in:
                places = list(run)
                left, wide = tile.box.left + places[0] * w, len(places) * w
                parts.append(f"M{xy(left, tile.box.top + row * h)}h{svg.decimal(wide)}v{svg.decimal(h)}"
                             f"h{svg.decimal(-wide)}z")
    return "".join(parts)


def _holes(tile: Tile, chosen: Array) -> str:
    rows, columns = chosen.shape
    w, h = tile.box.width / columns, tile.box.height / rows
    side = 0.4 * w
    return "".join(f"M{xy(tile.box.left + (column + 0.3) * w, tile.box.top + (row + 0.3) * h)}h{svg.decimal(side)}"
                   f"v{svg.decimal(0.4 * h)}h{svg.decimal(-side)}z" for row, column in np.argwhere(chosen))


def badge(x: float, y: float, text: str, width: float | None = None) -> Markup:
    """What is not finite, in yellow with a black edge."""
    wide = width or max(30.0, svg.text_width(text, "label") + 12)
    return svg.group(svg.rect(x - wide / 2, y - 8, wide, 16, rx=4, class_="badge"),
                     svg.text(x, y + 4, text, anchor="middle", class_="bang s11"))


def xy(x: float, y: float) -> str:
    """A point as paths have it."""
    return f"{svg.decimal(x)} {svg.decimal(y)}"
