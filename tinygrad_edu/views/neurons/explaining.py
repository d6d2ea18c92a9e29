"""Explaining: the lines below a picture that say what its signs mean, and what is not finite.

    explained(network, bias, scene) -> list of Items, the scene grown by their height

Only what occurs in the picture is explained. Read `placing.py` before this file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..drawing.letters import width
from ..drawing.numbers import count
from .measures import Bias
from .model import Network
from .scene import BIAS, Scene

Sign = Literal["plus", "minus", "off", "tag", "one", "arrow", "tile", "none", "trouble"]
SIGN_WIDTH = {"plus": 42, "minus": 42, "off": 28, "tag": 38, "one": 30, "arrow": 34, "tile": 28, "none": 0,
              "trouble": 34}
LINE, LEFT = 26.0, 24.0


@dataclass(frozen=True, slots=True)
class Item:
    """A sign and what it means; `y` is the middle of its first line, `lines` the words as they are broken."""

    sign: Sign
    x: float
    y: float
    lines: tuple[str, ...]


def explained(network: Network, bias: Bias, scene: Scene) -> list[Item]:
    """What stands below the network, from left to right and from top to bottom."""
    x, y = LEFT, scene.bottom + 18
    items: list[Item] = []
    room = scene.width - 2 * LEFT
    for sign, words in _said(network, bias, scene):
        lines = _broken(words, room - SIGN_WIDTH[sign])
        wide = SIGN_WIDTH[sign] + max(width(line, 11) for line in lines)
        if x > LEFT and x + wide > scene.width - LEFT:
            x, y = LEFT, y + LINE
        items.append(Item(sign, x, y, lines))
        x += wide + 26
        if len(lines) > 1:
            x, y = LEFT, y + LINE + 14 * (len(lines) - 1)
    last = items[-1] if items else None
    scene.height = (last.y + 14 * (len(last.lines) - 1) + 22) if last else scene.bottom + 8
    return items


def _said(network: Network, bias: Bias, scene: Scene) -> list[tuple[Sign, str]]:
    found: list[tuple[Sign, str]] = [("trouble", each) for each in network.troubles]
    weights = [line.weight for line in scene.lines if not line.is_dead]
    if any(w > 0 for w in weights):
        found.append(("plus", "weight +"))
    if any(w < 0 for w in weights):
        found.append(("minus", "weight −"))
    if scene.is_faint:
        found.append(("none", "thicker and darker: a larger weight"))
    offs = {layer.activation for layer in network.layers if layer.off is not None and layer.off.any()}
    if offs:
        found.append(("off", f"off: {offs.pop()} gives 0"))
    if scene.tags:
        found.append(("tag", "bias, its sign; none: 0" if scene.has_small_tags else "bias"))
    if bias == "unit" and any(disc.unit == BIAS for disc in scene.discs):
        found.append(("one", "always 1: the lines from it are the biases"))
    if any(tile.kind == "weights" for tile in scene.tiles):
        found.append(("tile", "the weights of a unit as an image: − has a hole"))
    if network.has_nudges:
        found += _of_nudges(network, scene)
    elif network.examples > 1:
        found.append(("none", f"means over {count(network.examples)} examples"))
    return found


def _of_nudges(network: Network, scene: Scene) -> list[tuple[Sign, str]]:
    n = network.examples
    who = "this example pulls" if n == 1 else f"the {count(n)} examples pull on average"
    small = "a weight (▲ ▼)"
    if scene.marked:
        of = sum(1 for line in scene.lines if line.mark)
        small = f"a weight (▲ ▼ at the {count(scene.marked)} strongest of {count(of)} that are drawn)"
    found: list[tuple[Sign, str]] = [
        ("arrow", f"nudge: which way, and how strongly, {who} an activation (arrow) or {small}")]
    if network.layers[-1].by_sums:
        found.append(("none", f"at the output: the pull on the sum before {network.layers[-1].activation}, from which "
                              "the cost was computed"))
    return found


def _broken(words: str, room: float) -> tuple[str, ...]:
    """A text in lines that are not wider than the room, if its words allow it."""
    lines = [""]
    for word in words.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and width(longer, 11) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return tuple(lines)
