"""The pictures of README.md that the library draws: `python notebooks/pictures/make.py` draws them anew.

    pictures()      file name -> SVG

A test compares them with the files. They are laid out without Graphviz, whose layouts differ between versions.
"""

from pathlib import Path

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu import nn

FOLDER = Path(__file__).parent


def graph() -> str:
    """Backprop through one neuron."""
    w, x, b = tg.variables(w=2.0, x=-3.0, b=6.88)
    y = tg.tanh(w * x + b)
    y.backward()
    return y.graph().svg(engine="layered")


def neurons() -> str:
    """What one example wants to change in a network of nine neurons."""
    model = nn.Sequential([nn.Dense(4, input_shape=3, activation="relu"), nn.Dense(2, activation="sigmoid")])
    values = ([[0.8, -0.5, 0.3, 1.1], [-1.2, 0.7, 0.9, 0.4], [0.5, -0.6, -0.4, 0.6]], [0.1, -0.2, 0.0, -0.3],
              [[0.9, -0.7], [0.6, 0.5], [-1.0, 0.4], [0.7, -1.1]], [-0.4, 0.3])
    for parameter, value in zip(model.parameters(), values, strict=True):
        parameter.data = np.array(value)
    drawn = model.diagram([0.9, 0.1, 0.6], [0.0, 1.0], show="nudges", class_names=["cat", "dog"],
                          loss="sum_squared_error")
    return drawn.svg()


def pictures() -> dict[str, str]:
    """Each picture by the name of its file."""
    return {f"{draw.__name__}.svg": draw() + "\n" for draw in (graph, neurons)}


if __name__ == "__main__":
    for name, picture in pictures().items():
        (FOLDER / name).write_text(picture, encoding="utf-8")
