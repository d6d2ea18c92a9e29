"""Placing: where every unit, weight and word of a network stands.

    placed(network, bias) -> Scene

Columns come further apart until the number on each line has a free place (see `labelling.py`). Read `measures.py`
before this file and `svg.py` after it.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Literal

import numpy as np

from ..drawing.letters import Font, fitted, width
from ..drawing.numbers import count, number
from .captions import bias_text, share, unit_text
from .labelling import with_labels
from .measures import (
    BIG,
    FIRST,
    LAST,
    MARGIN,
    MOST_CLEAR,
    SMALL,
    WEIGHT_TILE,
    Bias,
    Measures,
    largest,
    maps,
    under,
)
from .model import Layer, Network
from .scene import BIAS, Arrow, Box, Disc, Lead, Line, Scene, Tag, Tile, Words, around
from .shades import feature_map, pixels, pooled


def placed(network: Network, bias: Bias = "tag") -> Scene:
    """The network with everything in its place."""
    gap = 0.0
    for _ in range(5):
        plan = Plan(network, bias, gap)
        scene = plan.scene()
        if with_labels(scene, plan.obstacles(scene)):
            break
        gap += 70
    return scene


class Plan(Measures):
    """What draws with the measures of a picture."""

    def scene(self) -> Scene:
        """The network without the labels on its lines."""
        scene = Scene(has_numbers=self.has_numbers, is_faint=not self.has_numbers, is_crowded=self.lines > MOST_CLEAR,
                      has_small_tags=self.radius == SMALL)
        for i, layer in enumerate(self.network.layers):
            self._headings(scene, i, layer)
            if layer.has_units:
                self._discs(scene, i, layer)
            else:
                self._maps(scene, i, layer)
        for i in range(1, len(self.network.layers)):
            self._between(scene, i)
        self._input_image(scene)
        self._weight_tiles(scene)
        self._outputs(scene)
        self._size(scene)
        return scene

    def _headings(self, scene: Scene, i: int, layer: Layer) -> None:
        x = self.centres[i]
        room = min([b - a for a, b in pairwise(self.centres)][max(i - 1, 0):i + 1]) - 16
        scene.words.append(Words(text=layer.heading, x=x, y=26, anchor="middle", size=14, font="bold", style="plain"))
        for k, text in enumerate(under(layer)):
            scene.words.append(_words(text, room, x=x, y=41 + 14.0 * k, anchor="middle"))

    def _discs(self, scene: Scene, i: int, layer: Layer) -> None:
        x, r = self.centres[i], self.radius
        for unit, y in self.place(i):
            if unit is None:
                scene.dots.append((x, y))
                scene.words.append(Words(text=f"{count(layer.size - FIRST - LAST)} more", x=x + 14, y=y + 4))
            elif unit == BIAS:
                scene.discs.append(Disc(layer=i, unit=BIAS, x=x, y=y, radius=0.8 * r, text="1"))
            else:
                text, size, font = self._inside(layer, unit)
                scene.discs.append(Disc(layer=i, unit=unit, x=x, y=y, radius=r, text=text, size=size, font=font))
                if self.bias == "tag" and layer.biases is not None:
                    self._tag(scene, i, layer, unit, x, y)
                if self.network.has_nudges and layer.nudges is not None:
                    self._arrow(scene, i, layer, unit, x, y)

    def _inside(self, layer: Layer, unit: int) -> tuple[str, float, Font]:
        if layer.values is None:
            return "", 14.0, "bold"
        if layer.off is not None and layer.off[unit]:
            return "off", 11.0, "ui"
        found = unit_text(float(layer.values[unit]), self.radius)
        return found or (number(float(layer.values[unit])), 11.0, "ui")

    def _tag(self, scene: Scene, i: int, layer: Layer, unit: int, x: float, y: float) -> None:
        assert layer.biases is not None
        b = float(layer.biases[unit])
        if self.radius == BIG:
            text = bias_text(b)
            box = around(x, y + self.radius + 4.5, max(40.0, width(text, 11, "bold") + 12), 17)
        elif b == 0:
            return                  # so many tags, only where they say something
        else:
            text = "!!" if not math.isfinite(b) else "+" if b > 0 else "−"
            box = around(x, y + self.radius + 2, 18, 14)
        nudge = None if layer.bias_nudges is None else float(layer.bias_nudges[unit])
        mark = self.mark(nudge) if self.radius == BIG and not (layer.off is not None and layer.off[unit]) else 0.0
        scene.tags.append(Tag(layer=i, unit=unit, box=box, text=text, value=b, nudge=nudge, mark=mark))

    def _arrow(self, scene: Scene, i: int, layer: Layer, unit: int, x: float, y: float) -> None:
        assert layer.nudges is not None
        nudge = float(layer.nudges[unit])
        if nudge == 0 or (layer.off is not None and layer.off[unit]):
            return
        length = 10 + 30 * share(nudge, self.most_nudge) if math.isfinite(nudge) else 0.0
        scene.arrows.append(Arrow(layer=i, unit=unit, x=x + self.radius + 11, y=y, length=length, nudge=nudge))

    def _maps(self, scene: Scene, i: int, layer: Layer) -> None:
        x = self.centres[i]
        rows, columns = layer.shape[:2] if len(layer.shape) > 1 else (1, 1)
        side = self.tile(layer)
        w, h = side * min(1.0, columns / rows), side * min(1.0, rows / columns)
        for k, y in self.place(i):
            if k is None:
                scene.dots.append((x, y))
                scene.words.append(Words(text=f"{count(maps(layer) - FIRST - LAST)} more", x=x + 14, y=y + 4))
                continue
            cells, bad = feature_map(layer, k)
            name = f"{layer.heading}: map {k + 1} of {maps(layer)}, {rows}×{columns}"
            scene.tiles.append(Tile(box=around(x, y, max(w, 8), max(h, 8)), kind="map", cells=cells, layer=i,
                                    title=name, lit=bad))

    def _between(self, scene: Scene, i: int) -> None:
        """Lines for weights, or a single arrow with a word for what happens in between."""
        layer, r = self.network.layers[i], self.radius
        if layer.weights is None:
            y, before = self.top + self.height / 2, self.network.layers[i - 1]
            start = self.centres[i - 1] + (r if before.has_units else self.tile(before) / 2) + 12
            end = self.centres[i] - (r if layer.has_units else self.tile(layer) / 2) - 12
            scene.leads.append(Lead(x1=start, y1=y, x2=end, y2=y, has_head=True))
            scene.words.append(_words(layer.via, end - start, x=(start + end) / 2, y=y - 8, anchor="middle"))
            return
        most = largest(each for every in self.network.layers
                       for each in (every.weights, every.biases if self.bias == "unit" else None))
        tiles = self.has_weight_tiles(layer)
        for target, y2 in self.place(i):
            for source, y1 in self.place(i - 1):
                if source is None or target is None or target == BIAS:
                    continue
                scene.lines.append(self._line(i, layer, source, target, y1, y2, most, tiles))

    def _line(self, i: int, layer: Layer, source: int, target: int, y1: float, y2: float, most: float,
              to_tile: bool) -> Line:
        assert layer.weights is not None
        before, r = self.network.layers[i - 1], self.radius
        at: int | tuple[int, int] = (source, target)
        table, nudges = layer.weights, layer.weight_nudges
        if source == BIAS:
            assert layer.biases is not None
            at, table, nudges = target, layer.biases, layer.bias_nudges
        weight, nudge = float(table[at]), None if nudges is None else float(nudges[at])
        dead = any(off is not None and unit != BIAS and off[unit]
                   for off, unit in ((before.off, source), (layer.off, target)))
        x1, x2 = self.centres[i - 1], self.centres[i]
        strength, thin = share(weight, most), 0.7 if self.lines > MOST_CLEAR else 1.0
        end = (x2 - r - 10 - WEIGHT_TILE, y2) if to_tile else _towards(x2, y2, x1, y1, r)
        start = _towards(x1, y1, *end, r)
        if source == BIAS:
            start = (x1 + 0.8 * r, y1)
        return Line(layer=i, source=source, target=target, x1=start[0], y1=start[1], x2=end[0], y2=end[1],
                    weight=weight, strength=strength, width=thin * (1.2 + 5.5 * strength), is_dead=dead, nudge=nudge,
                    mark=0.0 if dead else self.mark(nudge))

    # -- images -----------------------------------------------------------------------------------------------------

    def _input_image(self, scene: Scene) -> None:
        """The example as it looks, each pixel leading to its unit."""
        first = self.network.layers[0]
        if first.image is None:
            return
        (w, h), (rows, columns) = self.image_size(), first.image
        box = Box(self.centres[0] - self.radius - 70 - w, self.top + (self.height - h) / 2, w, h)
        cells, bad = pixels(first)
        scene.tiles.append(Tile(box=box, kind="pixels", cells=cells, layer=0, lit=bad,
                                title=f"input image, {rows}×{columns} pixels"))
        above = "input image" if self.network.examples < 2 else "mean image"
        scene.words.append(Words(text=above, x=box.middle[0], y=box.top - 10, anchor="middle"))
        if cells is None:
            scene.words.append(Words(text=f"{rows}×{columns}", x=box.middle[0], y=box.middle[1] + 4, anchor="middle"))
        for unit, y in self.place(0):
            if unit is not None and unit != BIAS:
                row = unit // columns
                scene.leads.append(Lead(x1=box.right, y1=box.top + (row + 0.5) * h / rows,
                                        x2=self.centres[0] - self.radius, y2=y))

    def _weight_tiles(self, scene: Scene) -> None:
        """What each unit of the first layer looks for, as an image."""
        layer = self.network.layers[1]
        if not self.has_weight_tiles(layer):
            return
        assert layer.weights is not None
        image = self.network.layers[0].image
        assert image is not None
        most = largest([layer.weights])
        for unit, y in self.place(1):
            if unit is None or unit == BIAS:
                continue
            table = pooled(layer.weights[:, unit].reshape(image))
            w, h = WEIGHT_TILE * min(1.0, image[1] / image[0]), WEIGHT_TILE * min(1.0, image[0] / image[1])
            box = around(self.centres[1] - self.radius - 10 - WEIGHT_TILE / 2, y, w, h)
            bad = int((~np.isfinite(table)).sum())
            scene.tiles.append(Tile(
                box=box, kind="weights", cells=np.nan_to_num(table / most if most else table), layer=1, lit=bad,
                title=f"what {layer.name(unit)} looks for: its {image[0]}×{image[1]} weights as an image, the largest "
                      f"{number(float(max(layer.weights[:, unit], key=abs)))}"))

    # -- words ------------------------------------------------------------------------------------------------------

    def _outputs(self, scene: Scene) -> None:
        """Names of inputs at the left, of outputs at the right, with what was wanted, and the cost below."""
        first, last, i = self.network.layers[0], self.network.layers[-1], len(self.network.layers) - 1
        if first.names:
            for unit, y in self.place(0):
                if unit is not None and unit != BIAS:
                    x = self.centres[0] - self.radius - 12
                    scene.words.append(_words(first.names[unit], 120, x=x, y=y + 4, anchor="end", size=12))
        if not last.has_units:
            return
        x, beside = self.centres[i] + self.radius, 43 if self.network.has_nudges else 16
        for unit, y in self.place(i):
            if unit is None:
                continue
            two = bool(last.names) and last.wanted is not None
            if last.names:
                scene.words.append(_words(last.names[unit], 150, x=x + beside, y=y + (-4 if two else 5), size=14,
                                          font="bold", style="plain"))
            if last.wanted is not None:
                scene.words.append(Words(text=f"wanted {number(float(f'{last.wanted[unit]:.3g}'))}", x=x + beside,
                                         y=y + (13 if two else 4)))

    def _size(self, scene: Scene) -> None:
        boxes = [*(disc.box for disc in scene.discs), *(tag.box for tag in scene.tags),
                 *(tile.box for tile in scene.tiles), *(arrow.box for arrow in scene.arrows)]
        ends = [each.x + width(each.text, each.size, each.font) * {"start": 1.0, "middle": 0.5, "end": 0.0}[each.anchor]
                for each in scene.words]
        scene.width = max(max(box.right for box in boxes) + MARGIN, *(end + 24 for end in ends), 320.0)
        scene.bottom = scene.height = max(box.bottom for box in boxes) + 16
        if self.network.cost is not None:
            self._cost(scene)

    def _cost(self, scene: Scene) -> None:
        """Below the outputs: C, and what it is."""
        network, i = self.network, len(self.network.layers) - 1
        x = self.centres[i]
        lowest = [disc.box.bottom for disc in scene.discs if disc.layer == i]
        y = max(lowest, default=scene.bottom - 40) + (60 if self.radius == BIG else 44)
        assert network.cost is not None
        shown, style = f"cost C = {number(network.cost)}", _style(network.cost)
        what = network.loss + (f", mean of {count(network.examples)}" if network.examples > 1 else "")
        left = x - max(width(text, size, "bold") for text, size in ((shown, 14.0), (what, 11.0))) / 2
        if y < scene.bottom - 60:               # lines arrive here from the left: keep out of their way
            left = x - self.radius
        left, wide = max(left, 8.0), width(shown, 14, "bold")
        scene.words += [Words(text=shown, x=left, y=y, size=14, font="bold", style=style),
                        Words(text=what, x=left, y=y + 17)]
        scene.width = max(scene.width, left + max(wide, width(what, 11)) + 24)
        scene.bottom = scene.height = max(scene.bottom, y + 30)

    def obstacles(self, scene: Scene) -> list[Box]:
        """What labels on lines keep away from."""
        boxes = [disc.box for disc in scene.discs]
        boxes += [Box(tag.box.left, tag.box.top, tag.box.width + (18 if tag.mark else 0), tag.box.height)
                  for tag in scene.tags]
        boxes += [around(arrow.x, arrow.y, 16, arrow.length + 6) for arrow in scene.arrows]
        boxes += [tile.box for tile in scene.tiles]
        boxes += [box_of(words) for words in scene.words]
        return boxes


# -- helpers ----------------------------------------------------------------------------------------------------------


def box_of(words: Words) -> Box:
    """The box around a text."""
    w = width(words.text, words.size, words.font)
    left = words.x - {"start": 0.0, "middle": 0.5, "end": 1.0}[words.anchor] * w
    return Box(left, words.y - 0.8 * words.size, w, words.size)


def _words(text: str, room: float, *, x: float, y: float, anchor: Literal["start", "middle", "end"] = "start",
           size: float = 11.0, font: Font = "ui", style: Literal["plain", "soft", "warn"] = "soft") -> Words:
    """A text cut to the room there is; the whole of it is shown when the pointer rests on it."""
    shown = fitted(text, max(room, 24), size, font)
    return Words(text=shown, x=x, y=y, anchor=anchor, size=size, font=font, style=style,
                 whole=text if shown != text else "")


def _style(cost: float) -> Literal["plain", "warn"]:
    return "plain" if math.isfinite(cost) else "warn"


def _towards(x: float, y: float, to_x: float, to_y: float, distance: float) -> tuple[float, float]:
    """The point at a distance from (x, y) on the way to another."""
    length = math.hypot(to_x - x, to_y - y)
    return x + distance * (to_x - x) / length, y + distance * (to_y - y) / length
