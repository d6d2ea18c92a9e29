"""Shades: the numbers of images as grey from 0 to 1, and large tables made smaller.

    pixels(layer)           the input as an image
    feature_map(layer, k)   what a filter gave
    pooled(table)           means of equal blocks

NaN stays NaN, and is counted.
"""

from __future__ import annotations

import math

import numpy as np

from .model import Array, Layer


def pixels(layer: Layer) -> tuple[Array | None, int]:
    """The input's numbers as grey from 0 (black) to 1, and how many are not finite."""
    if layer.values is None or layer.image is None:
        return None, 0
    return greys(layer.values.reshape(layer.image), layer.values, top=1.0)


def feature_map(layer: Layer, k: int) -> tuple[Array | None, int]:
    """One feature map in grey, by the smallest and largest number of the layer."""
    if layer.values is None or len(layer.shape) not in (2, 3):
        return None, 0
    return greys(pooled(layer.values[..., k] if layer.values.ndim == 3 else layer.values, 28), layer.values)


def greys(cells: Array, among: Array, top: float = 0.0) -> tuple[Array, int]:
    """Numbers as grey from 0 to 1, white for the largest of `among`, and at least for `top`."""
    finite = among[np.isfinite(among)]
    low, high = (min(float(finite.min()), 0.0), max(float(finite.max()), top)) if finite.size else (0.0, 1.0)
    bad = int((~np.isfinite(cells)).sum())
    with np.errstate(all="ignore"):
        scaled = (cells - low) / (high - low) if high > low else np.zeros(cells.shape)
    return np.where(np.isfinite(cells), scaled, np.nan), bad


def pooled(table: Array, most: int = 14) -> Array:
    """A table of at most so many rows and columns: means of equal blocks."""
    step = math.ceil(max(table.shape) / most)
    if step == 1:
        return table
    rows, columns = (math.ceil(n / step) for n in table.shape)
    padded = np.full((rows * step, columns * step), np.nan)
    padded[:table.shape[0], :table.shape[1]] = table
    blocks = padded.reshape(rows, step, columns, step)
    known = np.isfinite(blocks)
    sums: Array = np.where(known, blocks, 0).sum(axis=(1, 3))
    means: Array = sums / np.maximum(known.sum(axis=(1, 3)), 1)
    return means
