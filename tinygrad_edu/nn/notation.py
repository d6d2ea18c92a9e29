r"""The layer notation of textbooks, with the sizes of a model: `model.formula()`.

    a_j^[l] = g(w_j^[l]·a^[l-1] + b_j^[l])          unit j of layer l, from all units of the layer before

A `LayerNotation` has a line for each layer, as text and as LaTeX. Each kind of layer is written once, in terms of a
`Style`, which says how symbols and functions look in either. Read `summary.py` before this file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from . import activations
from .layers import Activation, Conv2D, Dense, Residual, SimpleRNN
from .layers.base import Activated
from .scalar import Layer

Shape = tuple[int, ...] | None


@dataclass(frozen=True)
class Style:
    """How the parts of a formula are spelled."""

    symbol: Callable[[str, str], str]           # a letter, perhaps with an index, and the number of its layer
    call: Callable[[str, str], str]             # a function of something
    sized: Callable[[str, str], str]            # a symbol, and how many numbers it is
    dot: str
    star: str
    times: str
    dots: str
    equals: str
    gap: str


TEXT = Style(lambda letter, layer: f"{letter}^[{layer}]", lambda name, inside: f"{name}({inside})",
             lambda symbol, count: f"{symbol} of {count} number{'s' * (count != '1')}", "·", " ∗ ", "×", "…",
             " = ", ";  ")
LATEX = Style(lambda letter, layer: f"{letter}^{{[{layer}]}}",
              lambda name, inside: r"\mathrm{" + name.replace("_", r"\_") + rf"}}\left({inside}\right)",
              lambda symbol, count: rf"{symbol} \in \mathbb{{R}}^{{{count}}}",
              r" \cdot ", " * ", r" \times ", r"\dots", " &= ", r",\; ")


class LayerNotation:
    r"""What each layer of a model computes; it prints as text, and notebooks show it as mathematics.

    Attributes:
        text: plain text, a line for each layer.
        latex: LaTeX, without dollar signs.

    >>> from tinygrad_edu import nn
    >>> model = nn.Sequential([nn.Dense(16, input_shape=784, activation="sigmoid"), nn.Dense(10)])
    >>> model.formula()
    a^[0] = x                                     a^[0] of 784 numbers
    a_j^[1] = sigmoid(w_j^[1]·a^[0] + b_j^[1])    j = 1, …, 16;  w_j^[1] of 784 numbers
    a_j^[2] = w_j^[2]·a^[1] + b_j^[2]             j = 1, …, 10;  w_j^[2] of 16 numbers
    >>> model.formula().latex.splitlines()[3]
    'a_j^{[2]} &= w_j^{[2]} \\cdot a^{[1]} + b_j^{[2]} && j = 1, \\dots, 10,\\; w_j^{[2]} \\in \\mathbb{R}^{16}'
    """

    def __init__(self, layers: list[Any], shapes: list[Shape]) -> None:
        written = [*_lines(layers, shapes, TEXT)]
        width = max(len(equation) for equation, _ in written)
        self.text = "\n".join(f"{equation:<{width}}    {sizes}".rstrip() for equation, sizes in written)
        rows = " \\\\\n".join(f"{equation} && {sizes}" for equation, sizes in _lines(layers, shapes, LATEX))
        self.latex = f"\\begin{{aligned}}\n{rows}\n\\end{{aligned}}"

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex}$"


def _lines(layers: list[Any], shapes: list[Shape], style: Style) -> Iterator[tuple[str, str]]:
    """An equation and its sizes for each layer; `shapes` are those of a^[0], a^[1], ..."""
    yield style.symbol("a", "0") + style.equals + "x", _size_of("a", "0", shapes[0], style)
    for number, layer in enumerate(layers, 1):
        written = [*_equations(layer, str(number), str(number - 1), style)]
        sizes = _sizes(layer, str(number), shapes[number], style)
        for i, (left, right) in enumerate(written):
            yield left + style.equals + right, "" if i else sizes


def _equations(layer: Any, here: str, before: str, style: Style) -> Iterator[tuple[str, str]]:
    """The left and right sides of one layer."""
    a, x = style.symbol("a", here), style.symbol("a", before)
    if not isinstance(layer, (Activated, Layer)):
        yield a, _other(layer, x, style)
        return
    name = _name(layer.neurons[0].activation if isinstance(layer, Layer) else layer.activation)
    weighted, j = _weighted_sum(layer, a, x, here, style), _index(layer)
    if "softmax" in name:                           # which looks at all units
        yield style.symbol(f"z_{j}", here), weighted
        yield a, style.call(name, style.symbol("z", here))
    else:
        at = "(t)" if isinstance(layer, SimpleRNN) else ""
        yield style.symbol(f"a_{j}", here) + at, weighted if name == "linear" else style.call(name, weighted)


def _weighted_sum(layer: Any, a: str, x: str, here: str, style: Style) -> str:
    """What one unit makes of x before its activation; `a` are all units, which those of an RNN see a step later."""
    w, b, r = (style.symbol(f"{letter}_{_index(layer)}", here) for letter in "wbr")
    bias = f" + {b}" if getattr(layer, "bias", b) is not None else ""
    if isinstance(layer, SimpleRNN):
        return f"{w}{style.dot}{x}(t) + {r}{style.dot}{a}(t-1){bias}"
    return f"{w}{style.star if isinstance(layer, Conv2D) else style.dot}{x}{bias}"


def _index(layer: Any) -> str:
    """The letter that counts the units: k for filters."""
    return "k" if isinstance(layer, Conv2D) else "j"


def _other(layer: Any, x: str, style: Style) -> str:
    """What a layer without units makes of x."""
    if isinstance(layer, Activation):
        return style.call(_name(layer.activation), x)
    if isinstance(layer, Residual):
        around = x if layer.shortcut is None else style.call(type(layer.shortcut).__name__, x)
        return f"{around} + {style.call(type(layer.layer).__name__, x)}"
    return style.call(type(layer).__name__, x)


def _sizes(layer: Any, here: str, shape: Shape, style: Style) -> str:
    """For which units a line holds, and how many weights each has; else how many numbers the layer gives."""
    inputs: tuple[int, ...]
    if isinstance(layer, Layer):
        units, inputs = len(layer.neurons), (len(layer.neurons[0].w),)
    elif isinstance(layer, (Dense, Conv2D, SimpleRNN)):
        units, inputs = layer.weight.shape[-1], layer.weight.shape[:-1]
    else:
        return _size_of("a", here, shape, style)
    j = _index(layer)
    each = f"{j} = 1" if units == 1 else f"{j} = 1, {style.dots}, {units}"
    return f"{each}{style.gap}{_size_of(f'w_{j}', here, inputs, style)}"


def _size_of(letter: str, here: str, shape: Shape, style: Style) -> str:
    return "" if shape is None else style.sized(style.symbol(letter, here), style.times.join(map(str, shape)) or "1")


def _name(activation: activations.Activation) -> str:
    """The activation's name; g if it has none that can be read aloud."""
    name = activations.name_of(activation)
    return name if name.isidentifier() else "g"
