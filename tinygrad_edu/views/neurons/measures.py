"""Measures: how large the circles of a picture are, how far apart, and where each column stands.

    Measures        of one network; everything in pixels
    shown_units     which units of a layer are drawn

Layers are columns. Of more than 16 units the first 6 and the last 2 are drawn, with dots between them. Up to 30 lines
carry their weights as numbers; then columns are far apart. Read `scene.py` before this file, `placing.py` after it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Literal

import numpy as np

from ..drawing.letters import width
from ..drawing.numbers import count, shape_text
from .captions import share, unit_text
from .model import Array, Layer, Network
from .scene import BIAS

Bias = Literal["tag", "unit"] | None

MOST_UNITS, FIRST, LAST = 16, 6, 2
MOST_NUMBERS = 30               # lines with their weights as numbers
MOST_CLEAR = 200                # lines of which small ones are pale; of more they are very pale, and all are thinner
BIG, SMALL = 27.0, 22.0         # radius of a circle
TOP = 57.0                      # of the highest circle, below the headings
MARGIN = 28.0
WEIGHT_TILE = 40.0              # side of the image of a unit's weights
MAP_TILES = ((1, 112.0), (4, 84.0), (9, 56.0))        # side of a feature map, if there are at most so many


def shown_units(n: int, most: int = MOST_UNITS) -> list[int | None]:
    """The units of n that are drawn, from top to bottom; None for the dots between them.

    >>> shown_units(3), shown_units(784)
    ([0, 1, 2], [0, 1, 2, 3, 4, 5, None, 782, 783])
    """
    if n <= most:
        return list(range(n))
    return [*range(FIRST), None, *range(n - LAST, n)]


class Measures:
    """The measures of a picture: radius, distances, and where each column stands."""

    def __init__(self, network: Network, bias: Bias, more_gap: float) -> None:
        self.network, self.bias = network, bias
        layers = network.layers
        self.slots = [shown_units(layer.size) if layer.has_units else shown_units(maps(layer), 9) for layer in layers]
        self.extra = [self._has_bias_unit(i) for i in range(len(layers))]
        self.lines = sum(len(units(before)) * len(units(after)) + extra * len(units(after))
                         for (before, after), extra, layer in zip(pairwise(self.slots), self.extra, layers[1:],
                                                                  strict=False) if layer.weights is not None)
        self.has_numbers = self.lines <= MOST_NUMBERS
        self.radius = self._radius()
        self.pitches = self._pitches()
        self.height = max(self._span(i) for i in range(len(layers)))
        self.top = TOP + self.radius + 14 * (max(len(under(layer)) for layer in layers) > 1)
        self.centres = self._centres(more_gap)

    def _has_bias_unit(self, i: int) -> bool:
        """Whether a unit that is always 1 stands below the units of layer i."""
        after = self.network.layers[i + 1:i + 2]
        return self.bias == "unit" and bool(after) and after[0].biases is not None and after[0].weights is not None

    def _radius(self) -> float:
        layers = self.network.layers
        tall = max(len(slots) + extra for slots, extra in zip(self.slots, self.extra, strict=True)) > FIRST + LAST + 2
        fits = all(unit_text(float(layer.values[k]), SMALL, rough=False)
                   for layer, slots in zip(layers, self.slots, strict=True)
                   if layer.has_units and layer.values is not None for k in units(slots))
        return SMALL if tall and fits else BIG

    def _pitches(self) -> list[float]:
        """The distance between the units of each column."""
        counts = [len(slots) + extra for slots, extra in zip(self.slots, self.extra, strict=True)]
        most = max(counts)
        least = 2 * self.radius + (30 if self.radius == BIG else 14)
        base = max(least, min(110.0, 620 / most))
        return [self.tile(layer) + 14 if not layer.has_units else max(least, min(max(120.0, base), base * most / n))
                for layer, n in zip(self.network.layers, counts, strict=True)]

    def _span(self, i: int) -> float:
        return self.pitches[i] * (len(self.slots[i]) + self.extra[i] - 1)

    def _centres(self, more: float) -> list[float]:
        """Where each column stands, from left to right."""
        x = MARGIN + self._left()
        centres = [x]
        layers = self.network.layers
        for before, layer in pairwise(layers):
            if layer.weights is None:
                gap = max(170.0, width(layer.via, 11) + 60 + sum(self.radius if each.has_units else self.tile(each) / 2
                                                                 for each in (before, layer)))
            elif self.has_numbers:
                gap = max(300.0, min(364.0, 1100 / (len(layers) - 1))) + more
            else:
                gap = max(280.0, min(0.42 * self.height, 420.0)) + more
            if self.has_weight_tiles(layer):
                gap += WEIGHT_TILE + 16
            words = max(width(text, 11) for text in [layer.heading, *under(layer), *under(before)])
            x += max(gap, words + 24)
            centres.append(x)
        return centres

    def _left(self) -> float:
        """How far the middle of the first column is from the left margin."""
        first = self.network.layers[0]
        half = max([width(first.heading, 14, "bold") / 2, *(width(text, 11) / 2 for text in under(first))])
        own = self.tile(first) / 2 if not first.has_units else self.radius
        if first.names:
            own += 16 + min(120.0, max(width(first.names[k], 12) for k in units(self.slots[0])))
        if first.image:
            own += 70 + self.image_size()[0]
        return max(own, half)

    def image_size(self) -> tuple[float, float]:
        """Width and height of the input image."""
        assert self.network.layers[0].image is not None
        rows, columns = self.network.layers[0].image
        pixel = min(48.0, 140 / max(rows, columns))
        return columns * pixel, rows * pixel

    def has_weight_tiles(self, layer: Layer) -> bool:
        """Whether each unit of a layer has an image of its weights."""
        first, second = self.network.layers[:2]
        return layer is second and first.image is not None and layer.weights is not None and min(first.image) > 2

    def tile(self, layer: Layer) -> float:
        """The side of one of its feature maps."""
        return next((side for most, side in MAP_TILES if maps(layer) <= most), MAP_TILES[-1][1])

    def place(self, i: int) -> list[tuple[int | None, float]]:
        """The units of a column, None for the dots, with their heights; the bias unit last."""
        slots: list[int | None] = [*self.slots[i], *([BIAS] if self.extra[i] else [])]
        first = self.top + (self.height - self._span(i)) / 2
        return [(unit, first + k * self.pitches[i]) for k, unit in enumerate(slots)]

    @property
    def most_nudge(self) -> float:
        """The largest nudge of a unit in the picture."""
        return largest(layer.nudges for layer in self.network.layers)

    def mark(self, nudge: float | None) -> float:
        """The width of the triangle beside a weight, 0 for none."""
        if nudge is None or nudge == 0 or not self.network.has_nudges:
            return 0.0
        most = largest(each for layer in self.network.layers for each in (layer.weight_nudges, layer.bias_nudges))
        return 14.4 if not math.isfinite(nudge) else 4.9 + 9.5 * math.sqrt(share(nudge, most))



def under(layer: Layer) -> list[str]:
    """The lines below a heading: how many units and their activation; what else happens."""
    n = layer.size
    if not layer.has_units:
        rows = shape_text(layer.shape[:2])
        first = rows if len(layer.shape) == 2 else f"{maps(layer)} map{'s' * (maps(layer) > 1)} of {rows}"
        if layer.role == "input" and len(layer.shape) == 3:
            first = f"{rows} pixels" + (f", {layer.shape[2]} channels" if layer.shape[2] > 1 else "")
    elif layer.role == "input":
        word = "pixel" if layer.image else "input"
        first = f"{count(n)} {word}{'s' * (n > 1)}"
    else:
        first = f"{count(n)} unit{'s' * (n > 1)}"
    return [f"{first}, {layer.activation}" if layer.activation else first, *([", ".join(layer.notes)] if layer.notes
                                                                             else [])]


def maps(layer: Layer) -> int:
    """How many feature maps it has."""
    return layer.shape[2] if len(layer.shape) == 3 else 1


def units(slots: Sequence[int | None]) -> list[int]:
    """The units that are drawn, without the dots."""
    return [unit for unit in slots if unit is not None]


def largest(arrays: Iterable[Array | None]) -> float:
    """The largest size of the finite numbers, 0 if there are none."""
    return max((float(np.max(np.abs(a), where=np.isfinite(a), initial=0.0)) for a in arrays if a is not None),
               default=0.0)
