"""What stands on gates and cards in few letters: short rules, abridged expressions, and where a picture flows to."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_edu as tg
from tests import graph_pictures
from tests.graph_pictures import of
from tests.registry import examples
from tinygrad_edu import nn
from tinygrad_edu.views.drawing.svg import text_width
from tinygrad_edu.views.graphs.abridging import abridged
from tinygrad_edu.views.graphs.graph import graph
from tinygrad_edu.views.graphs.picture.gates import gate_of
from tinygrad_edu.views.graphs.picture.looks import look_of
from tinygrad_edu.views.graphs.picture.svg import svg_of

X = np.arange(12.0).reshape(3, 4) / 4 - 1
ROWS = np.array([0, 2, 1])


def said(f, *arrays, wrt=0):
    """What the gate says between a function's result and one of its arguments, x, y or z."""
    given = [tg.Tensor(each, name=name, requires_grad=True) for each, name in zip(arrays, "xyz", strict=False)]
    d = of(f(*given))
    source = next(node.id for node in d.nodes if node.name == "xyz"[wrt])
    edge = next(each for each in reversed(d.edges) if each.source == source and each.wanted)
    return edge.short or edge.formula


@pytest.mark.parametrize(("f", "words"), [
    (lambda x: tg.sum(x, axis=0), "g, spread"),
    (lambda x: tg.mean(x, axis=1, keepdims=True), "g/4, spread"),
    (lambda x: tg.max(x, axis=1), "g if x = max"),
    (lambda x: tg.softmax(x, axis=-1), "out · (g − Σ(g·out))"),
    (lambda x: tg.relu(x), "1 if x > 0"),
    (lambda x: tg.clip(x, -1, 1), "1 if −1 ≤ x ≤ 1"),
    (lambda x: tg.leaky_relu(x), "1 if x > 0, else 0.01"),
    (lambda x: tg.maximum(x, 0), "1 if x ≥ 0"),
    (lambda x: tg.where(x == 0, x, 1.0), "1 if x = 0"),             # what the user asks for is no guard
    (lambda x: tg.gelu(x), "gelu′(x)"),
    (lambda x: tg.sqrt(tg.sum(x * x)), "x"),
    (lambda x: x[:, 1], "g, at [:, 1]"),
    (lambda x: x[1, 2], "1, at [1, 2]"),
    (lambda x: x[ROWS], "g, at the index"),
    (lambda x: tg.take(x, ROWS, axis=1), "g, put back"),
    (lambda x: tg.reshape(x, (2, 6)), "g, reshaped"),
    (lambda x: tg.cumulative_sum(x, axis=0), "flip(cumsum(flip(g)))"),
    (lambda x: tg.vector_norm(x), "x/‖x‖"),
    (lambda x: 2 / x, "−2/x²"),
    (lambda x: tg.logsumexp(x, axis=1), "from g, x, out"),
])
def test_a_gate_says_in_few_letters_what_becomes_of_the_gradient(f, words):
    assert said(f, X + 0.1) == words


def test_gates_of_several_arrays_are_short():
    images, filters = np.ones((1, 6, 6, 2)), np.ones((3, 3, 2, 4))
    assert said(tg.conv2d, images, filters) == "g yᵀ, put back"
    assert said(tg.conv2d, images, filters, wrt=1) == "xᵀ g"
    assert said(tg.subtract, X, X[0], wrt=1) == "−Σ g"
    assert said(tg.divide, X, X + 2, wrt=1) == "−x/y²"
    assert said(lambda x, y: x @ y, X, X[0]) == "g yᵀ"
    assert said(lambda x, y: tg.sigmoid(x @ y), X, X[0], wrt=1) == "xᵀ g"


def test_the_whole_rule_is_kept_beside_the_short_one():
    x = tg.Tensor(X, name="x", requires_grad=True)
    edge, = of(tg.softmax(x, axis=-1)).edges
    assert edge.formula == "softmax(x) · (g − Σ(g·softmax(x), axis=-1, keepdims=True))"
    loss = tg.sum(tg.softmax(x, axis=-1))
    loss.backward()
    assert "keepdims" in svg_of(of(loss), engine="layered")          # in the tooltip


@pytest.mark.parametrize("f", [tg.softmax, tg.logsumexp, tg.std, tg.prod, tg.max, lambda x: tg.mean(tg.var(x, axis=0))])
def test_no_gate_is_cut_in_the_middle_of_a_word(f):
    x = tg.Tensor(X + 2, name="x", requires_grad=True)
    loss = tg.sum(f(x))
    loss.backward()
    d = of(loss)
    look = look_of(d, "both", "blackboard", "right")
    formulas = [gate.formula.said for edge in d.edges if (gate := gate_of(edge, look)) and gate.formula]
    assert all(not re.search(r"\w…|…\w", each) for each in formulas), formulas


def test_a_rule_that_cannot_be_said_in_few_letters_leaves_only_its_number():
    names = {f"{letter}_of_some_length": 2.0 for letter in "abcd"}
    a, b, c, d = tg.variables(**names)
    y = (a + b) ** (c + d)
    y.backward()
    assert "×" in svg_of(of(y), engine="layered")


@pytest.mark.parametrize(("text", "letters", "short"), [
    ("w·x + b", 18, "w·x + b"),
    ("max(z, axis=1, keepdims=True)", 18, "max(z)"),
    ("conv2d(x, w, stride=(2, 2), padding=1)", 18, "conv2d(x, w)"),
    ("x @ Wq @ (x₁ @ Wk)ᵀ + b", 18, "x @ Wq @ (…)ᵀ + b"),
    ("relu(w0 + 2·w1 + b − c)", 18, "relu(… + b − c)"),
    ("mean(ln(p[[0, 1, …, 1, 0]]))", 18, "mean(ln(p[…]))"),
    ("[[1, 1, 1], [1, 1, 1]] @ W", 18, "[…] @ W"),
    ("w·layers.0.neurons.0", 18, "w·…neurons.0"),
    ("a_long_name·another_long_name", 18, "a_long_…_long_name"),
    ("1/weights_of_first_layer", 18, "1/weights_…_layer"),
    ("1 if 0.5·w0 − w1 + b > 0", 20, "1 if … − w1 + b > 0"),
    ("1 if c₁ weighted evidence > 0", 18, "1 if … > 0"),
    ("spread c₁ weighted evidence", 18, "spread c₁…evidence"),
    ("averyveryverylongword·x", 12, "averyv…ord·x"),
])
def test_long_expressions_lose_whole_parts(text, letters, short):
    assert abridged(text, letters) == short


def test_minus_one_times_something_is_minus_it_on_a_gate():
    z, sigma = tg.variables(z=0.7, sigma=0.8)
    y = z / sigma
    y.backward()
    assert [edge.short or edge.formula for edge in of(y).edges] == ["1/sigma", "−y/sigma"]


def test_options_on_a_disc_are_whole():
    x = tg.Tensor(np.ones((1, 4, 4, 1)), name="x")
    y = tg.sum(nn.MaxPool2D(2)(x))
    assert "max_pool2d</text>" in svg_of(of(y), engine="layered")
    assert "size=(2, 2), …" in svg_of(of(y), engine="layered")


def test_numbers_beside_neighbouring_lines_do_not_read_as_one():
    price, demand, slope = tg.variables(price=4.0, demand=12.0, slope=-1.5)
    profit = price * (demand + slope * price) - tg.exp(price) / 10
    profit.backward()
    for direction in ("right", "down"):
        for engine in ("layered", "auto"):
            picture = svg_of(of(profit), direction=direction, engine=engine)
            texts = re.findall(r'<text x="([\d.]+)" y="([\d.]+)" class="bold flow-value mid">([^<]*)<', picture)
            assert len(texts) > 5
            places = [(float(x), float(y), text_width(words, "bold") / 2) for x, y, words in texts]
            for i, (x, y, half) in enumerate(places):
                for other_x, other_y, other in places[:i]:
                    assert abs(y - other_y) > 10 or abs(x - other_x) > half + other + 2


@examples(60)
@given(st.text("ab.,=+−·()[] …xy1", max_size=60), st.integers(1, 30))
def test_abridged_texts_fit_whatever_they_are(text, letters):
    assert len(abridged(text, letters)) <= letters


def test_short_chains_flow_right_and_long_ones_down_unless_asked():
    x, = tg.variables(x=1.0)
    y = x
    for _ in range(12):
        y = tg.sin(y)
    y.backward()
    assert 'class="drawn blackboard right"' in svg_of(graph_pictures.neuron(), engine="layered")
    assert 'class="drawn blackboard down"' in svg_of(of(y), engine="layered")
    assert 'class="drawn blackboard right"' in svg_of(of(y), engine="layered", direction="right")
    assert "rankdir=TB" in graph(y).to_dot().replace('"', "")
    assert "rankdir=LR" in graph(y).to_dot(direction="right").replace('"', "")


def test_wide_graphs_do_not_flow_down():
    xs = [tg.Tensor(float(i), requires_grad=True) for i in range(30)]
    y = tg.sum(tg.stack(xs) ** 2)
    y.backward()
    assert 'class="drawn blackboard right"' in svg_of(of(y), engine="layered")


class Residual(nn.Module):
    def __init__(self):
        self.inner = nn.Dense(4, input_shape=4, seed=0)

    def forward(self, x):
        return x + self.inner(x)


def test_an_example_that_a_layer_and_its_surroundings_use_is_one_node():
    x = X + 0.3
    loss = tg.mean(Residual()(x) ** 2)
    d = of(loss)
    assert [node.name for node in d.nodes if node.kind == "input"] == ["x"]
    assert sum(edge.source == "n1" for edge in d.edges) == 2


def test_an_array_has_one_name_in_every_expression():
    x = X + 0.3
    a, b = tg.variables(a=np.ones((4, 2)), b=np.ones((4, 2)))
    pair = [x @ a, x @ b]
    d = of(pair[0] * pair[1])
    assert {node.expression for node in d.nodes if node.operation} == {"x @ a", "x @ b", "x @ a · (x @ b)"}


def test_a_product_with_one_is_not_called_like_its_factor():
    w, = tg.variables(w=3.0)
    y = w * 1 + 2
    assert "w·1" in {node.expression for node in of(y).nodes}


def test_equal_numbers_of_an_array_are_shown_in_four_digits():
    x, = tg.variables(x=np.arange(12.0))
    loss = tg.mean(x)
    loss.backward()
    text = svg_of(of(loss), engine="layered")
    assert "× 0.08333" in text
    assert ">0.08333</text>" in text
    assert ">0.083<" not in text


def test_gates_of_empty_arrays_multiply_by_nothing():
    x, = tg.variables(x=np.zeros((0, 3)))
    loss = tg.sum(x * 2)
    loss.backward()
    assert "× empty" not in svg_of(of(loss), engine="layered")


def test_options_that_the_shapes_tell_are_not_on_discs():
    x, = tg.variables(x=X)
    y = tg.reshape(tg.sum(x[ROWS], axis=0, keepdims=True), (2, 2))
    text = graph_pictures.without_titles(svg_of(of(y), engine="layered"))
    assert ">axis=0<" in text
    assert not re.search(r'class="option">[^<]*(keepdims|shape|array)', text)


def test_undoing_a_broadcast_of_one_row_adds_nothing_up():
    b, = tg.variables(b=np.arange(3.0))
    loss = tg.sum(np.full((1, 3), 0.5) + b)
    loss.backward()
    assert next(edge.note for edge in of(loss).edges if edge.source == "n2") == "1×3 → 3"


def test_numbers_that_flow_into_a_much_used_variable_stand_at_their_gates():
    x, = tg.variables(x=0.5)
    y = tg.sin(x) + tg.cos(x) + tg.exp(x) + tg.tanh(x)
    y.backward()
    text = graph_pictures.without_titles(svg_of(of(y), engine="layered"))
    groups = [each for each in re.findall(r'<g id="[^"]*" class="edge.*?</g></g>', text) if 'data-source="n1"' in each]
    assert len(groups) == 4
    for each in groups:
        x, y, width, height = (float(re.search(rf'<rect[^>]* {name}="([^"]*)"', each)[1])
                               for name in ("x", "y", "width", "height"))
        number = re.search(r'<text x="([^"]*)" y="([^"]*)" class="bold flow-value', each)
        assert x - 60 < float(number[1]) < x + width + 60
        assert y - 24 < float(number[2]) < y + height + 24
