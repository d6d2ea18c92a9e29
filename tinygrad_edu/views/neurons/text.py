"""Text: the description of a network in words, for terminals and screen readers.

    tree(network)       layers, units, weights and numbers, one unit in each line
    said(network)       a few sentences, which stand in the picture as its <desc>
    exact(x)            a number with all its digits
"""

from __future__ import annotations

import math
from typing import Any

from ..drawing.numbers import MINUS, count, number, shape_text
from .measures import shown_units
from .model import Layer, Network

MOST_WEIGHTS = 8                # of one unit in a line


def exact(x: Any) -> str:
    """A number with all its digits, the minus sign as pictures have it.

    >>> exact(-0.1), exact(2.0), exact(float("inf"))
    ('−0.1', '2', '+∞')
    """
    value = float(x)
    if not math.isfinite(value):
        return number(value)
    text = repr(value) if value else "0"
    return text.removesuffix(".0").replace("-", MINUS)


def tree(network: Network) -> str:
    """The network in lines: each layer, and below it its units."""
    lines = [_first_line(network)]
    for layer in network.layers:
        lines += ["", _heading(layer), *_units(layer, network)]
    if network.troubles:
        lines += ["", *(f"!! {each}" for each in network.troubles)]
    return "\n".join(lines)


def _first_line(network: Network) -> str:
    parts = [network.title]
    if network.examples:
        parts.append("one example" if network.examples == 1 else f"means over {count(network.examples)} examples")
    if network.cost is not None:
        by = " (chosen to suit the outputs; loss=… takes another)" if network.chosen else ""
        parts.append(f"cost C = {number(network.cost)}, {network.loss}{by}")
    return ", ".join(parts)


def _heading(layer: Layer) -> str:
    what = f"{count(layer.size)} unit{'s' * (layer.size > 1)}" if layer.has_units else shape_text(layer.shape)
    return f"{layer.heading}: " + ", ".join(filter(None, (what, layer.activation, layer.via, *layer.notes)))


def _units(layer: Layer, network: Network) -> list[str]:
    if not layer.has_units:
        return []
    lines = []
    for k in shown_units(layer.size):
        if k is None:
            lines.append(f"  … {count(layer.size - 8)} more")
        elif (numbers := _numbers(layer, k, network)) or layer.names:
            lines.append(f"  {layer.names[k] if layer.names else k + 1}: {'; '.join(numbers)}".rstrip(": "))
    return lines


def _numbers(layer: Layer, k: int, network: Network) -> list[str]:
    """What is known of one unit, in words."""
    found = []
    if layer.values is not None:
        off = layer.off is not None and layer.off[k]
        z = f"z = {number(layer.sums[k])}, " if layer.sums is not None else ""
        found.append(f"{z}a = {number(layer.values[k])}{' (off)' * bool(off)}")
    if layer.wanted is not None:
        found.append(f"wanted {number(layer.wanted[k])}")
    if network.has_nudges and layer.nudges is not None:
        by = "z" if layer.by_sums else "a"
        found.append(f"nudge {_arrow(layer.nudges[k])} −∂C/∂{by} = {number(layer.nudges[k])}")
    if layer.biases is not None:
        nudge = "" if layer.bias_nudges is None else _arrow(layer.bias_nudges[k])
        found.append(f"bias {number(layer.biases[k])} {nudge}".rstrip())
    if layer.weights is not None:
        n = len(layer.weights)
        shown = [i for i in shown_units(n, MOST_WEIGHTS) if i is not None][:MOST_WEIGHTS]
        texts = [number(layer.weights[i, k]) + ("" if layer.weight_nudges is None
                                                else f" {_arrow(layer.weight_nudges[i, k])}") for i in shown]
        more = f", … {count(n - len(shown))} more" if n > len(shown) else ""
        found.append(f"weights {', '.join(map(str.strip, texts))}{more}")
    return found


def _arrow(nudge: Any) -> str:
    return "▲" if nudge > 0 else "▼" if nudge < 0 else "" if nudge == 0 else "!!"


def said(network: Network) -> str:
    """The numbers of the picture in sentences."""
    parts = [_sentence(layer) for layer in network.layers]
    if network.cost is not None:
        parts.append(f"Cost {number(network.cost)}, {network.loss}.")
    if network.examples > 1:
        parts.append(f"Numbers are means over {count(network.examples)} examples.")
    if network.has_nudges:
        parts.append("Arrows show minus the gradient of the cost.")
    return " ".join([*parts, *(f"Not finite: {each}." for each in network.troubles)])


def _sentence(layer: Layer) -> str:
    """One layer: how many units, and what they give."""
    heading = layer.heading[:1].upper() + layer.heading[1:]
    what = f"{count(layer.size)} unit{'s' * (layer.size > 1)}" if layer.has_units else shape_text(layer.shape)
    kind = f", {layer.activation}" if layer.activation else ""
    if layer.values is None or not layer.has_units:
        return f"{heading}: {what}{kind}."
    texts = []
    for k in shown_units(layer.size):
        if k is None:
            texts.append("…")
            continue
        name = f"{layer.names[k]} " if layer.names else ""
        off = " (off)" if layer.off is not None and layer.off[k] else ""
        wanted = f" (wanted {number(layer.wanted[k])})" if layer.wanted is not None else ""
        texts.append(f"{name}{number(layer.values[k])}{off}{wanted}")
    return f"{heading}, {what}{kind}: {', '.join(texts)}."
