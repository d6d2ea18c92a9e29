"""Programs whose graphs are drawn by tests, and the pictures of a dozen of them that were looked at.

`python -m tests.graph_pictures` draws the pictures anew, into tests/golden/graphs. Without titles: those hold numbers
with all digits, the last of which differ between machines.
"""

import re
from pathlib import Path

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu import nn
from tinygrad_edu.views.graphs.graph import Graph
from tinygrad_edu.views.graphs.picture.svg import svg_of
from tinygrad_edu.views.graphs.recorded import described

FOLDER = Path(__file__).parent / "golden" / "graphs"
GRID = np.arange(12.0).reshape(3, 4) / 4 - 1


def of(*roots, **settings):
    return described(list(roots), **settings)[0]


def backward(root):
    root.backward()
    return of(root)


def tanh():
    w, x, b = tg.variables(w=2, x=-3, b=6.88)
    y = tg.tanh(w * x + b)
    return backward(y)


def before_backward():
    w, x, b = tg.variables(w=2, x=-3, b=6.88)
    y = w * x + b
    return of(y)


def neuron():
    x1, x2, w1, w2, b = tg.variables(x1=2.0, x2=0.0, w1=-3.0, w2=1.0, b=6.75)
    n = x1 * w1 + x2 * w2 + b
    out = tg.relu(n)
    return backward(out)


def square():
    x, = tg.variables(x=3.0)
    y = x * x
    return backward(y)


def polynomial():
    x, = tg.variables(x=1.5)
    y = 3 * x**3 - 2 * x**2 + x - 7
    return backward(y)


def broadcast():
    w, b = tg.variables(W=GRID, b=np.array([0.5, -0.5, 1.0, 0.0]))
    loss = tg.sum((np.ones((2, 3)) @ w + b) * 0.5)
    return backward(loss)


def masks():
    x, = tg.variables(x=GRID)
    y = tg.where(x > 0, x, 0.25 * x)
    loss = tg.sum(y)
    return backward(loss)


def concat():
    parts = tg.variables(**{f"a{k}": np.arange(2.0) + k for k in range(6)})
    return backward(tg.sum(tg.concat(list(parts))))


def indexing():
    x, = tg.variables(x=GRID)
    loss = tg.sum(x[1:, ::2]) - x[0, 1]
    return backward(loss)


def nan():
    x, y = tg.variables(x=-1.0, y=np.array([1.0, 0.0, 3.0]))
    with np.errstate(all="ignore"):
        z = tg.sum(tg.log(x) * (1 / y))
        z.backward()
    return of(z)


def stale():
    w, x = tg.variables(w=2.0, x=-3.0)
    y = w * x + 1
    y.backward()
    w.data = np.array(5.0)
    return of(y)


def integers():
    i = np.array([3, 1, 2])
    x, = tg.variables(x=np.array([0.5, -0.5, 1.5]))
    y = tg.sum(x * i) + 5
    return backward(y)


def layers():
    model = nn.Sequential([nn.Dense(4, input_shape=8, activation="relu", seed=0), nn.Dense(3, seed=1)])
    loss = tg.mean(model(np.ones((6, 8))) ** 2)
    return backward(loss)


def folded():
    return Graph(layers()).fold().description


def recurrent():
    w, u = tg.variables(W=np.full((2, 3), 0.5), U=np.eye(3))
    h = np.zeros((1, 3))
    for _ in range(3):
        h = tg.relu(np.ones((1, 2)) @ w + h @ u)
    loss = tg.sum(h)
    return backward(loss)


def long_names():
    names = {"a_very_long_name_for_a_variable_that_is_small": 0.5, "größe_und_länge_中文": 2.0, "θ": 1.0}
    a, b, c = tg.variables(**names)
    return backward(a * b / c)


def hostile():
    x = tg.Tensor(2.0, requires_grad=True, name="</title><script>alert('x')</script>\"&]]>\n\x07\u202e")
    return backward(x * x)


GOLDEN = (tanh, before_backward, neuron, square, polynomial, broadcast, masks, concat, indexing, nan, stale, folded)
PROGRAMS = (*GOLDEN, integers, layers, recurrent, long_names, hostile)


def without_titles(text):
    """A picture without what shows when the pointer rests on something."""
    return re.sub(r"<title>.*?</title>", "", text, flags=re.DOTALL)


def golden(program):
    """The picture of a program, as it is kept."""
    return without_titles(svg_of(program(), engine="layered", prefix="tg")) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for each in GOLDEN:
        (FOLDER / f"{each.__name__}.svg").write_text(golden(each), encoding="utf-8")
