"""NeuronDiagram: a network drawn as neurons, as an object that shows itself in notebooks and saves itself.

    diagram(model, x, y, ...) -> NeuronDiagram      what `model.diagram(...)` gives

Read `running.py` (what it says) and `svg.py` (how it looks) before this file.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...colours import TOKENS
from ...errors import ArgumentError
from ..drawing.tokens import Theme
from .measures import Bias
from .model import Network, Shown
from .running import describe
from .svg import svg_of
from .text import tree


class NeuronDiagram:
    """A network as circles and lines: the last line of a notebook's cell, `print(…)` for words, `.save(…)` for a file.

    Attributes:
        network: the plain description that is drawn: layers, weights, activations, nudges.
        bias: how biases are drawn.
        theme: "auto", "light" or "dark".
    """

    __slots__ = ("bias", "network", "theme")

    def __init__(self, network: Network, bias: Bias = "tag", theme: Theme = "auto") -> None:
        if bias not in ("tag", "unit", None):
            raise ArgumentError(f'diagram(bias): got {bias!r:.40}. Expected "tag", "unit" (one that is always 1) or '
                                "None.")
        self.network, self.bias, self.theme = network, bias, _checked(theme)

    def svg(self, theme: Theme | None = None) -> str:
        """The picture as an SVG document; `theme` other than the diagram's own if given."""
        return svg_of(self.network, self.bias, self.theme if theme is None else _checked(theme))

    def save(self, path: str | os.PathLike[str], theme: Theme | None = None) -> Path:
        """Write the picture as .svg, .png, .pdf or .html, or the text as .txt.

        Returns: the path.
        Raises: ArgumentError if the name ends in something else.
        """
        from .saving import save
        return save(self, path, self.theme if theme is None else _checked(theme))

    def __str__(self) -> str:
        return tree(self.network)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.network.title}>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """One picture for every kind of notebook: as an image in HTML, which also untrusted ones show; SVG; text."""
        from .saving import bundle_of
        return bundle_of(self)


def diagram(model: Any, x: Any = None, y: Any = None, *, show: Shown | None = None,
            class_names: Sequence[Any] | None = None, feature_names: Sequence[Any] | None = None, bias: Bias = "tag",
            loss: Any = None, image_shape: Any = "auto", theme: Theme = "auto") -> NeuronDiagram:
    """Draw a network as neurons: circles by layer, weights as lines, and with an example what it does and wants.

    A *nudge* is minus a derivative of the cost C: which way, and how strongly, the example pulls. For several examples
    activations, cost and nudges are means over them.

    Args:
        model: a Sequential or a single layer, or a Neuron, Layer or MLP.
        x: one example, or several along the first axis (N, ...); None for the weights alone.
        y: what the model should give: a label, a number for each output, or a name of class_names; for each example.
        show: "weights", "activations" or "nudges"; None for as much as x and y allow.
        class_names: of the outputs.
        feature_names: of the inputs.
        bias: "tag" below each unit, "unit" for a unit that is always 1, None for no biases.
        loss: its name, or a function of predictions and targets of the same shape. None: the model's own `loss_name`;
            else cross-entropy for softmax, for a single sigmoid and for labels of linear outputs, and the sum of
            squares for all others.
        image_shape: rows and columns of the inputs; "auto" takes 64 or more for an image if they make a square; None
            for no image.
        theme: "auto" follows the page; "light" or "dark".
    Returns: a NeuronDiagram.
    Raises: ShapeError if x or y does not fit, GraphError if the model has no parameters yet and no x is given.

    >>> from tinygrad_edu import nn
    >>> print(diagram(nn.MLP(2, [3, 1], seed=0), [0.5, -1.0], 1.0))
    A 2-3-1 network, one example, cost C = ..., sum of squares ...
    """
    network = describe(model, x, y, show=show, class_names=class_names, feature_names=feature_names, loss=loss,
                       image_shape=image_shape)
    return NeuronDiagram(network, bias, theme)


def _checked(theme: Any) -> Theme:
    if theme not in ("auto", *TOKENS):
        raise ArgumentError(f'theme: got {theme!r:.40}. Expected "auto", "light" or "dark".')
    return theme                                                            # type: ignore[no-any-return]
