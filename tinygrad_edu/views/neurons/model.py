"""The description of a network of neurons: what its pictures and its text are made from, and nothing else.

    Network     layers from input to output, the cost, how many examples were given
    Layer       units with weights, biases, activations and nudges; or a stack of feature maps

It holds no tensor and no module: words and read-only arrays, so it stays what it is when training goes on. Numbers of
several examples are means over them. It is made by `reading.py` and `running.py`, and drawn by the other files.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

Array = np.ndarray[Any, Any]
Role = Literal["input", "hidden", "output"]
Shown = Literal["weights", "activations", "nudges"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layer:
    """One column of the picture: n units, or the feature maps that an image became.

    A *nudge* is minus a derivative of the cost: the direction, and how strongly, in which the example pulls.

    Attributes:
        role: where it stands.
        heading: "input", "hidden", "hidden 2", "output".
        shape: that of one example's values: (n,) for units, (rows, columns, channels) for feature maps.
        path: the dotted name of the module, "" for the input.
        activation: "relu"; "" if the layer is none of neurons.
        notes: what else happens to the values: "dropout 0.5".
        via: how the values came from the layer before, if not by weights that are drawn: "flatten", "3×3 filters".
        names: of the units, or () if they have none.
        image: rows and columns in which the units stand as pixels, or None.
        weights: (units of the layer before, units), or None.
        biases: (units,), or None.
        sums: z before the activation (units,), or None.
        values: a after it, in `shape`; None without an example.
        seen: all examples' values (N, units), for units with an example; else None.
        off: (units,), True where relu gives 0 for every example; None without an example.
        wanted: what the outputs should be (units,), or None.
        nudges: −∂C/∂a (units,), or None.
        by_sums: whether these are −∂C/∂z, since the cost was computed from the sums.
        weight_nudges: −∂C/∂w, in the shape of the weights; None also if they are frozen.
        bias_nudges: −∂C/∂b; None also if they are frozen.
    """

    role: Role
    heading: str
    shape: tuple[int, ...]
    path: str = ""
    activation: str = ""
    notes: tuple[str, ...] = ()
    via: str = ""
    names: tuple[str, ...] = ()
    image: tuple[int, int] | None = None
    weights: Array | None = None
    biases: Array | None = None
    sums: Array | None = None
    values: Array | None = None
    seen: Array | None = None
    off: Array | None = None
    wanted: Array | None = None
    nudges: Array | None = None
    by_sums: bool = False
    weight_nudges: Array | None = None
    bias_nudges: Array | None = None

    def __post_init__(self) -> None:
        for name in ("weights", "biases", "sums", "values", "seen", "off", "wanted", "nudges", "weight_nudges",
                     "bias_nudges"):
            array = getattr(self, name)
            if array is not None:
                array = np.array(array)
                array.setflags(write=False)
                object.__setattr__(self, name, array)

    @property
    def has_units(self) -> bool:
        """Whether it is a column of units, not of feature maps."""
        return len(self.shape) == 1

    @property
    def size(self) -> int:
        """How many units; of feature maps, how many numbers."""
        return int(np.prod(self.shape))

    def name(self, unit: int) -> str:
        """What a unit is called: its name, or its layer and its number, counted from 1."""
        return self.names[unit] if self.names else f"{self.heading} {unit + 1}"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Network:
    """Layers from input to output.

    Attributes:
        title: "A 3-4-2 network".
        layers: at least an input and an output.
        shown: how much the picture says.
        examples: how many were given, 0 for none; numbers are means over them.
        cost: C, or None without targets.
        loss: what the cost is, in words: "sum of squares".
        chosen: whether that was chosen by default, because none was named.
        troubles: what is NaN or infinite, a sentence for each layer.
    """

    title: str
    layers: tuple[Layer, ...]
    shown: Shown = "weights"
    examples: int = 0
    cost: float | None = None
    loss: str = ""
    chosen: bool = False
    troubles: tuple[str, ...] = field(default=())

    @property
    def has_nudges(self) -> bool:
        """Whether the picture says what the examples want; it cannot if the cost is not finite."""
        return self.shown == "nudges" and self.cost is not None and math.isfinite(self.cost)
