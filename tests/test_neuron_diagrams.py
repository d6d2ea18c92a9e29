"""Networks drawn as neurons: their numbers are the engine's, nothing overlaps, and nothing a user named is markup."""

import math
import re
from itertools import combinations, pairwise
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import tinygrad_edu as tg
from tests.registry import examples
from tinygrad_edu import nn
from tinygrad_edu.errors import ArgumentError, GraphError, ShapeError
from tinygrad_edu.views.neurons.diagram import NeuronDiagram, diagram
from tinygrad_edu.views.neurons.explaining import explained
from tinygrad_edu.views.neurons.measures import shown_units
from tinygrad_edu.views.neurons.placing import box_of, placed

SVG = "{http://www.w3.org/2000/svg}"
X, CAT, DOG = [0.9, 0.1, 0.6], 0, 1
RNG = np.random.default_rng(0)


def pets(hidden="relu", output="sigmoid"):
    """A 3-4-2 network whose second hidden unit is off for X, with relu."""
    model = nn.Sequential([nn.Dense(4, input_shape=3, activation=hidden), nn.Dense(2, activation=output)])
    model[0].weight.data = [[0.8, -0.5, 0.3, 1.1], [-1.2, 0.7, 0.9, 0.4], [0.5, -0.6, -0.4, 0.6]]
    model[0].bias.data = [0.1, 0.2, 0.0, -0.3]
    model[1].weight.data = [[0.9, -0.7], [0.6, 0.5], [-1.0, 0.4], [0.7, -1.1]]
    model[1].bias.data = [-0.4, 0.3]
    return model


def digits_model():
    return nn.Sequential([nn.Flatten(input_shape=(28, 28)), nn.Dense(16, activation="relu", seed=1),
                          nn.Dense(16, activation="relu", seed=2), nn.Dense(10, activation="softmax", seed=3)])


def iris_model():
    return nn.Sequential([nn.Dense(8, input_shape=4, activation="tanh", seed=1), nn.Dropout(0.2),
                          nn.Dense(3, activation="softmax", seed=2)])


def conv_model():
    return nn.Sequential([nn.Conv2D(4, 3, input_shape=(12, 12, 1), activation="relu", seed=0), nn.MaxPool2D(2),
                          nn.Flatten(), nn.Dense(10, activation="softmax", seed=0)])


def texts(picture):
    """What stands in a picture, in the order of the file."""
    return ["".join(each.itertext()) for each in ElementTree.fromstring(picture).iter(f"{SVG}text")]


def titles(picture):
    """What appears when the pointer rests on a part."""
    return [each.text for each in ElementTree.fromstring(picture).iter(f"{SVG}title")][1:]


PICTURES = {
    "one example": lambda: diagram(pets(), X, DOG, class_names=["cat", "dog"]),
    "image": lambda: diagram(pets(), X, DOG, class_names=["cat", "dog"], image_shape=(3, 1)),
    "weights alone": lambda: diagram(pets()),
    "a unit that is 1": lambda: diagram(pets(), X, DOG, bias="unit"),
    "no biases": lambda: diagram(pets(), X, bias=None),
    "a batch": lambda: diagram(pets(), RNG.random((32, 3)), RNG.integers(0, 2, 32), class_names=["cat", "dog"]),
    "digits": lambda: diagram(digits_model(), np.eye(28), 3),
    "iris": lambda: diagram(iris_model(), [5.1, 3.5, 1.4, 0.2], "setosa",
                            class_names=["setosa", "versicolor", "virginica"],
                            feature_names=["sepal length", "sepal width", "petal length", "petal width"]),
    "moons": lambda: diagram(nn.MLP(2, [16, 16, 1], seed=3), [0.5, -0.3], 1.0),
    "a neuron": lambda: diagram(nn.Neuron(3, "tanh", seed=1), [1.0, -0.5, 2.0]),
    "logistic": lambda: diagram(nn.LogisticRegressionNeuron(2, seed=0), [1.5, -0.4], 1, class_names=["no", "yes"]),
    "linear": lambda: diagram(pets(None, None), [1.0, -2.0, 0.5], [1.0, 0.0]),
    "deep": lambda: diagram(nn.MLP(2, [3, 3, 3, 1], "tanh", seed=0), [0.5, -1.0], 1.0),
    "30 numbers": lambda: diagram(nn.Layer(6, 5, "relu", seed=1), np.linspace(-1, 1, 6), [0, 1, 0, 0, 1.0]),
    "images": lambda: diagram(conv_model(), np.eye(12)[..., None], 3),
    "images alone": lambda: diagram(conv_model()),
    "not finite": lambda: diagram(broken(), X, DOG, class_names=["cat", "dog"]),
}


def broken():
    model = pets()
    model[0].weight.data = np.where(np.eye(3, 4), [[np.nan], [np.inf], [0.5]], model[0].weight.numpy())
    return model


# -- what it says -----------------------------------------------------------------------------------------------------


def test_activations_are_those_of_the_model():
    model = pets()
    network = diagram(model, X).network
    a1, a2 = (each.numpy()[0] for each in model.activations(np.array([X])))
    assert_array_equal(network.layers[0].values, X)
    assert_array_equal(network.layers[1].values, a1)
    assert_array_equal(network.layers[2].values, a2)
    assert_array_equal(network.layers[1].sums, np.array(X) @ model[0].weight.numpy() + model[0].bias.numpy())
    assert_array_equal(network.layers[1].off, [False, True, False, False])      # z₂ = −0.54


def test_numbers_in_the_picture_are_those_of_the_description():
    found = diagram(pets(), X, DOG, class_names=["cat", "dog"])
    shown, tips = texts(found.svg()), titles(found.svg())
    assert {"0.90", "0.10", "0.60", "1.00", "off", "0.12", "1.09", "0.76", "0.17"} <= set(shown)
    assert {"0.8", "−0.5", "−1.2", "−1.1", "+ 0.1", "− 0.3", "0", "cost C = 1.256", "sum of squares"} <= set(shown)
    nudge = found.network.layers[1].weight_nudges[0, 0]
    assert f"input 1 to hidden 1: weight 0.8, wants less: −∂C/∂w = {said(nudge)}" in tips
    assert "input 1 to hidden 2: weight −0.5, no nudge: nothing flows here" in tips
    out = found.network.layers[2]
    assert f"dog: z = {said(out.sums[1])}, a = {said(out.values[1])}, bias 0.3, wanted 1, −∂C/∂a = " \
           f"{said(out.nudges[1])}" in tips


def said(x):
    return repr(float(x)).replace("-", "−")


@pytest.mark.parametrize("loss", ["sum_of_squares", "mse", "binary_crossentropy"])
def test_nudges_are_minus_the_gradients_of_the_engine(loss):
    model = pets()
    a1, a2 = model.activations(np.array([X]))
    cost = nn.losses.get(loss)(a2, np.array([[0.0, 1.0]]))
    before = a2.inputs[0] if loss == "binary_crossentropy" else a2
    wanted = tg.gradients(cost, [a1, before, model[0].weight, model[0].bias, model[1].weight, model[1].bias])
    network = diagram(model, X, DOG, loss=loss).network
    hidden, output = network.layers[1:]
    found = [hidden.nudges, output.nudges, hidden.weight_nudges, hidden.bias_nudges, output.weight_nudges,
             output.bias_nudges]
    for mine, g in zip(found, wanted, strict=True):
        assert_array_equal(mine, -g.numpy().reshape(mine.shape))
    assert network.cost == cost.item()
    assert output.by_sums == (loss == "binary_crossentropy")
    assert all(p.grad is None for p in model.parameters())


def test_nudges_of_the_first_output_are_what_paper_says():
    output = diagram(pets(), X, DOG).network.layers[-1]
    a = output.values
    assert_allclose(output.nudges, [-2 * (a[0] - 0), -2 * (a[1] - 1)])          # −d/da of (a − y)²


def test_softmax_outputs_are_pulled_towards_what_was_wanted():
    output = diagram(iris_model(), [5.1, 3.5, 1.4, 0.2], 0).network.layers[-1]
    assert output.by_sums
    assert_allclose(output.nudges, [1, 0, 0] - output.values)                   # −∂C/∂z = y − a
    assert "the sum before softmax" in " ".join(texts(diagram(iris_model(), [5.1, 3.5, 1.4, 0.2], 0).svg()))


def test_a_batch_shows_the_means_of_its_examples():
    model, x, y = pets(), RNG.random((5, 3)), [0, 1, 1, 0, 1]
    found = diagram(model, x, y)
    alone = [diagram(model, each, label).network for each, label in zip(x, y, strict=True)]
    for i, name in [(1, "nudges"), (2, "nudges"), (1, "weight_nudges"), (2, "bias_nudges"), (1, "values"),
                    (2, "wanted")]:
        mean = np.mean([getattr(each.layers[i], name) for each in alone], axis=0)
        assert_allclose(getattr(found.network.layers[i], name), mean, rtol=1e-12)
    assert found.network.cost == pytest.approx(np.mean([each.cost for each in alone]))
    assert "the 5 examples pull on average" in " ".join(texts(found.svg()))
    assert "means over 5 examples" in str(found)


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_single_numbers_and_arrays_give_one_description(activation):
    scalar = nn.MLP(2, [3, 2], activation, seed=0)
    one, other = (diagram(model, [0.5, -1.0], [1.0, 0.0]).network for model in (scalar, scalar.to_dense()))
    assert one.title == other.title == "A 2-3-2 network"
    for mine, theirs in zip(one.layers[1:], other.layers[1:], strict=True):
        for name in ("weights", "biases", "sums", "values", "nudges", "weight_nudges", "bias_nudges"):
            assert_allclose(getattr(mine, name), getattr(theirs, name), rtol=1e-12, atol=1e-15)


def test_a_logistic_neuron_uses_its_own_loss_and_its_own_examples():
    neuron = nn.LogisticRegressionNeuron(2, seed=0).fit(RNG.random((20, 2)), RNG.integers(0, 2, 20))
    found = diagram(neuron, [0.3, 0.4], 1, class_names=["failed", "passed"]).network
    p = neuron.predict([[0.3, 0.4]])[0]
    assert found.loss == "cross-entropy"
    assert found.cost == pytest.approx(-math.log(p))
    assert found.layers[-1].names == ("passed",)
    assert_allclose(found.layers[-1].nudges, [1 - p])


def test_layers_without_units_of_their_own_belong_to_the_one_before():
    model = nn.Sequential([nn.Dense(4, input_shape=3), nn.BatchNorm(), nn.Activation("relu"), nn.Dropout(0.5),
                           nn.Dense(2)])
    network = diagram(model, X).network
    assert [layer.shape for layer in network.layers] == [(3,), (4,), (2,)]
    hidden = network.layers[1]
    assert (hidden.activation, hidden.notes) == ("relu", ("batch norm", "dropout 0.5"))
    assert_array_equal(hidden.values, np.maximum(hidden.sums, 0))       # z is what went into relu
    assert all(module.training for module in model.modules())


def test_images_become_feature_maps_and_then_units():
    network = diagram(conv_model(), np.eye(12)[..., None], 3).network
    assert [(layer.heading, layer.shape) for layer in network.layers] == [
        ("input", (12, 12, 1)), ("convolution", (10, 10, 4)), ("max pool", (5, 5, 4)), ("flatten", (100,)),
        ("output", (10,))]
    assert network.title == "A network from 12×12×1 to 10"
    scene = placed(network)
    assert sum(tile.kind == "map" for tile in scene.tiles) == 1 + 4 + 4


def test_frozen_weights_have_no_nudge_but_those_before_them_do():
    model = pets()
    model[1].freeze()
    hidden, output = diagram(model, X, DOG).network.layers[1:]
    assert output.weight_nudges is None
    assert hidden.weight_nudges.any()
    assert "hidden 1 to cat: weight 0.9, frozen" in titles(diagram(model, X, DOG, class_names=["cat", "dog"]).svg())


def test_the_description_stays_what_it_was_and_cannot_be_changed():
    model = pets()
    network = diagram(model, X).network
    before = network.layers[1].weights.copy()
    model[0].weight.data = np.zeros((3, 4))
    assert_array_equal(network.layers[1].weights, before)
    with pytest.raises(ValueError, match="read-only"):
        network.layers[1].weights[0, 0] = 1
    with pytest.raises(AttributeError):
        network.cost = 0


def test_a_model_without_parameters_builds_itself_from_the_example():
    model = nn.Sequential([nn.Dense(4, activation="relu"), nn.Dense(2)])
    assert diagram(model, [1.0, 2.0, 3.0]).network.title == "A 3-4-2 network"
    assert model.input_shape == (3,)
    with tg.no_grad():
        assert diagram(model, [1.0, 2.0, 3.0], 1).network.layers[1].nudges is not None


@pytest.mark.parametrize(("model", "y", "loss"), [
    (pets(), 1, "sum of squares"), (pets(output="softmax"), 1, "cross-entropy"),
    (pets(output="linear"), 1, "cross-entropy"), (pets(output="linear"), [0.5, 1.0], "sum of squares"),
    (pets(output="log_softmax"), 1, "cross-entropy"), (nn.Neuron(3, "sigmoid", seed=0), 1, "cross-entropy"),
    (nn.Neuron(3, "tanh", seed=0), -1.0, "sum of squares")])
def test_a_loss_is_chosen_that_suits_the_outputs_and_is_named(model, y, loss):
    found = diagram(model, X, y)
    assert found.network.loss == loss
    assert f"{loss} (chosen to suit the outputs; loss=… takes another)" in str(found)
    assert loss in texts(found.svg())


def test_a_loss_of_ones_own_is_used():
    found = diagram(pets(), X, [0.0, 1.0], loss=lambda a, y: tg.sum(tg.abs(a - y) ** 3)).network
    a = found.layers[-1].values
    assert found.cost == pytest.approx(abs(a[0]) ** 3 + abs(a[1] - 1) ** 3)
    assert not found.chosen


# -- what is not finite, what is left out -----------------------------------------------------------------------------


def test_what_is_not_finite_is_loud():
    found = diagram(broken(), X, DOG)
    shown = texts(found.svg())
    assert "cost C = NaN" in shown
    assert "the cost is not finite, so there are no nudges" in shown
    assert "hidden: 2 weights, 2 activations not finite" in shown
    assert shown.count("NaN") >= 2
    assert "+∞" in shown
    assert "!! hidden: 2 weights, 2 activations not finite" in str(found)
    assert not placed(found.network).arrows
    assert "badge" in found.svg()


@pytest.mark.filterwarnings("ignore::tinygrad_edu.errors.NonFiniteGradientWarning")
def test_an_infinite_nudge_is_a_badge_and_not_an_arrow():
    found = diagram(pets(), X, DOG, loss=lambda a, y: tg.sum(tg.sqrt(a - tg.Tensor(a.data, requires_grad=False))))
    assert np.isinf(found.network.layers[-1].nudges).all()
    assert all(arrow.length == 0 for arrow in placed(found.network).arrows if arrow.layer == 2)
    assert "output: 2 nudges" in " ".join(found.network.troubles)
    assert texts(found.svg()).count("−∞") >= 2


@given(n=st.integers(1, 5000))
@examples(40)
def test_of_many_units_the_first_six_and_the_last_two_are_drawn(n):
    shown = shown_units(n)
    if n <= 16:
        assert shown == list(range(n))
    else:
        assert shown == [0, 1, 2, 3, 4, 5, None, n - 2, n - 1]


def test_a_big_layer_says_how_many_units_are_left_out():
    found = diagram(digits_model(), np.eye(28), 3)
    shown = texts(found.svg())
    assert "776 more" in shown                                  # of 784 the first 6 and the last 2
    assert "784 pixels" in shown
    assert "  … 776 more" in str(found).splitlines()
    scene = placed(found.network)
    assert sum(disc.layer == 0 for disc in scene.discs) == 8
    assert len(scene.lines) == 8 * 16 + 16 * 16 + 16 * 10
    assert not any(label.text for label in scene.labels)
    assert scene.marked == sum(label.mark > 0 for label in scene.labels) <= 60
    assert f"▲ ▼ at the {scene.marked} strongest" in " ".join(shown)


def test_the_strongest_weights_are_those_with_a_mark():
    scene = placed(diagram(digits_model(), RNG.random((28, 28)), 3).network)
    marked = {id(label.line) for label in scene.labels}
    most_left_out = max(abs(line.nudge) for line in scene.lines if line.mark and id(line) not in marked)
    strongest = sorted((abs(line.nudge) for line in scene.lines if line.mark), reverse=True)
    assert most_left_out <= strongest[50]                       # those that find no place aside


def test_signs_have_shapes_besides_their_colours():
    picture = ElementTree.fromstring(diagram(pets()).svg())
    lines = [each for each in picture.iter(f"{SVG}g") if " to " in (each.findtext(f"{SVG}title") or "")]
    for line in lines:
        drawn = {path.get("class") for path in line.iter(f"{SVG}path")}
        negative = "weight −" in line.findtext(f"{SVG}title")
        assert drawn == ({"wn", "wc"} if negative else {"wp"})  # hollow, and filled
    assert len(lines) == 20


def test_pixels_are_grey_as_they_are_and_weights_have_signs():
    model = nn.Sequential([nn.Dense(1, input_shape=64)])
    weights = np.zeros(64)
    weights[:5] = [1.0, -1.0, -0.5, 0.6, -0.01]                 # the last is too pale for a hole
    model[0].weight.data = weights[:, None]
    pixels = np.zeros(64)
    pixels[[0, 9]] = 1.0, 0.5
    picture = ElementTree.fromstring(diagram(model, pixels).svg())
    image, tile = (each for each in picture.iter(f"{SVG}g") if "8×8" in (each.findtext(f"{SVG}title") or ""))
    greys = {path.get("fill"): path.get("d").count("z") for path in image.iter(f"{SVG}path")}
    assert greys == {"rgb(255,255,255)": 1, "rgb(130,130,130)": 1}             # 32 of 63 shades for 0.5
    cells = {kind: sum(path.get("d").count("z") for path in tile.iter(f"{SVG}path") if path.get("class") == kind)
             for kind in ("cp", "cn", "hole")}
    assert cells == {"cp": 2, "cn": 2, "hole": 2}


def test_sixteen_units_with_long_numbers_have_room():
    model = nn.Sequential([nn.Dense(16, input_shape=2, seed=0)])
    model[0].weight.data = -1e5 * np.ones((2, 16))
    discs = placed(diagram(model, [1.0, 1.0]).network).discs
    assert {disc.text for disc in discs if disc.layer == 1} == {"−2×10⁵"}
    assert not any(a.box.overlaps(b.box) for a, b in combinations(discs, 2))


def test_a_bias_unit_has_a_line_for_each_bias():
    scene = placed(diagram(pets(), X, DOG, bias="unit").network, "unit")
    assert [line.weight for line in scene.lines if line.source == -1] == [0.1, 0.2, 0.0, -0.3, -0.4, 0.3]
    assert not scene.tags
    assert sum(disc.unit == -1 for disc in scene.discs) == 2
    assert not placed(diagram(pets(), X, DOG, bias=None).network, None).tags


# -- the picture ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_one_document_with_words_and_the_same_bytes(name):
    one, other = PICTURES[name]().network, PICTURES[name]().network
    if name == "a batch":
        other = one                                             # drawn at random, from one generator
    first, second = NeuronDiagram(one).svg(), NeuronDiagram(other).svg()
    assert first == second
    root = ElementTree.fromstring(first)
    assert root.get("role") == "img"
    assert root.findtext(f"{SVG}title") == one.title
    assert len(root.findtext(f"{SVG}desc")) > 40
    assert "http" not in re.sub(r'xmlns="[^"]*"', "", first)    # nothing is fetched
    ids = [each.get("id") for each in root.iter() if each.get("id")]
    assert len(ids) == len(set(ids))


NASTY = ['<script>alert("1")</script>', "a & b' \"c\"", "two\nlines", "äöü 日本語 ∂", "]]>", "</text><a>"]


def test_names_are_never_markup():
    model = nn.Layer(6, 6, "tanh", seed=0)
    found = diagram(model, np.ones(6), 2, class_names=NASTY, feature_names=NASTY[::-1], theme="dark")
    tags = {each.tag.removeprefix(SVG) for each in ElementTree.fromstring(found.svg()).iter()}
    assert tags <= {"svg", "title", "desc", "style", "rect", "circle", "path", "g", "text", "tspan"}
    bundle = found._repr_mimebundle_()
    assert re.findall(r"<(\w+)", bundle["text/html"]) == ["div", "img", "details", "summary", "pre"]
    assert bundle["text/plain"] == str(found)
    shown = ElementTree.fromstring(bundle["image/svg+xml"])
    assert [each.text for each in shown.iter(SVG + "text")] == [
        each.text for each in ElementTree.fromstring(found.svg()).iter(SVG + "text")]


def test_a_notebook_keeps_no_more_of_a_picture_than_an_image_can_show():
    model = nn.Sequential([nn.Dense(16, input_shape=(784,), activation="sigmoid", seed=0),
                           nn.Dense(16, activation="sigmoid", seed=1), nn.Dense(10, activation="sigmoid", seed=2)])
    x = np.random.default_rng(0).random((1, 784))
    found = diagram(model, x, [3], show="nudges")
    bundle = found._repr_mimebundle_()
    assert sum(map(len, bundle.values())) < 450_000
    whole, image = found.svg(), bundle["image/svg+xml"]
    assert (":hover" in whole, ":hover" in image) == (True, False)
    assert (whole.count("<title") > 500, image.count("<title")) == (True, 1)
    drawn = [re.findall(r'<(?:path|rect|circle|text) [^>]*', text.partition("</style>")[2]) for text in (whole, image)]
    assert drawn[0] == drawn[1]


def test_themes_are_of_the_page_or_fixed():
    found = diagram(pets())
    assert "prefers-color-scheme" in found.svg()
    for theme, ink in (("light", "#1d1c1a"), ("dark", "#eeebe4")):
        assert "prefers-color-scheme" not in found.svg(theme)
        assert f"--ink:{ink}" in found.svg(theme)
        assert NeuronDiagram(found.network, theme=theme).svg() == found.svg(theme)


def test_files_are_written_by_their_endings(tmp_path):
    found = diagram(pets(), X, DOG)
    assert found.save(tmp_path / "a.svg").read_text("utf-8") == found.svg()
    assert (found.save(tmp_path / "a.txt")).read_text("utf-8") == f"{found}\n"
    page = found.save(tmp_path / "a.html").read_text("utf-8")
    assert found.svg() in page
    assert "<pre" in page
    with pytest.raises(ArgumentError, match=r"ends in .jpg. Expected .svg, .html"):
        found.save(tmp_path / "a.jpg")
    assert len(list(tmp_path.iterdir())) == 3


def test_pixels_are_written_by_cairosvg(tmp_path):
    pytest.importorskip("cairosvg", reason="PNG and PDF need cairosvg")
    found = diagram(pets(), X, DOG)
    assert found.save(tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert found.save(tmp_path / "a.pdf", theme="dark").read_bytes().startswith(b"%PDF")


# -- errors -----------------------------------------------------------------------------------------------------------


class Own(nn.Module):
    def __init__(self):
        self.net = pets()

    def forward(self, x):
        return self.net(x)


@pytest.mark.parametrize(("call", "error", "words"), [
    (lambda: diagram(pets(), [1.0, 2.0]), ShapeError,
     r"x of shape \(2,\). Expected \(3,\) for one example, or \(N, 3\) for several"),
    (lambda: diagram(nn.Sequential([nn.Dense(2)])), GraphError, "has no parameters yet.*input_shape"),
    (lambda: diagram(pets(), X, 2), ArgumentError, "the label 2. Expected whole numbers from 0 to 1"),
    (lambda: diagram(pets(), X, [1, 2, 3]), ShapeError, r"y of shape \(3,\) for 1 example and 2 outputs"),
    (lambda: diagram(pets(), X, show="nudges"), ArgumentError, r"got no y.*model.diagram\(x, y\)"),
    (lambda: diagram(pets(), show="activations"), ArgumentError, r"got no x.*model.diagram\(x\)"),
    (lambda: diagram(pets(), show="all"), ArgumentError, 'got \'all\'. Expected "weights"'),
    (lambda: diagram(pets(), X, class_names=["cat"]), ArgumentError, "1 names. Expected a list of 2, one for"),
    (lambda: diagram(pets(), X, "cow", class_names=["cat", "dog"]), ArgumentError, "'cow', which is none of"),
    (lambda: diagram(pets(), X, feature_names="abc"), ArgumentError, "a single string. Expected a list of 3"),
    (lambda: diagram(pets(), X, bias="yes"), ArgumentError, 'Expected "tag", "unit"'),
    (lambda: diagram(pets(), X, theme="red"), ArgumentError, 'Expected "auto", "light"'),
    (lambda: diagram(pets(), X, image_shape=(2, 2)), ShapeError, r"Expected rows and columns of the 3 inputs"),
    (lambda: diagram(pets(), X, 1, loss="sum"), ArgumentError, "loss: got 'sum'"),
    (lambda: diagram(pets(), X, 1, loss=lambda a, y: 3), ArgumentError, "got int from the loss. Expected a single"),
    (lambda: diagram(Own(), X), ArgumentError, r"model.graph\(x\).* model.net.diagram\(\) draws a part"),
    (lambda: diagram(nn.Sequential([])), (ArgumentError, GraphError), "layers|input"),
])
def test_errors_say_what_to_do(call, error, words):
    with pytest.raises(error, match=words):
        call()


# -- geometry ---------------------------------------------------------------------------------------------------------


@st.composite
def networks(draw):
    """Random sizes, weights over many orders of magnitude, names, biases, one example or several, or none."""
    some = st.one_of(st.integers(1, 6), st.integers(7, 40))
    sizes = [draw(some | st.just(64)), *draw(st.lists(some, min_size=1, max_size=3))]       # 64 inputs are an image
    seed, activation = draw(st.integers(0, 99)), draw(st.sampled_from(["relu", "tanh", "linear"]))
    model = nn.Sequential([nn.Dense(m, input_shape=n, activation=activation, seed=seed) for n, m in pairwise(sizes)])
    scale = 10.0 ** draw(st.integers(-6, 6))
    for p in model.parameters():
        p.data = scale * np.random.default_rng(seed).normal(size=p.shape)
    x = np.random.default_rng(seed).normal(size=(draw(st.integers(1, 3)), sizes[0])) if draw(st.booleans()) else None
    y = None if x is None or draw(st.booleans()) else np.ones((len(x), sizes[-1]))
    names = draw(st.none() | st.just([f"feature {k}" * (1 + k % 3) for k in range(sizes[0])]))
    classes = draw(st.none() | st.just([f"class {k}" * (1 + k % 3) for k in range(sizes[-1])]))
    bias = draw(st.sampled_from(["tag", "unit", None]))
    return diagram(model, x, y, feature_names=names, class_names=classes, bias=bias)


@given(found=networks())
@examples(60)
def test_nothing_overlaps_and_nothing_leaves_the_picture(found):
    scene = placed(found.network, found.bias)
    explained(found.network, found.bias, scene)
    discs, labels, words = ([each.box for each in scene.discs], [each.box for each in scene.labels],
                            [box_of(each) for each in scene.words])
    for group in (discs, labels, words, [each.box for each in scene.tags]):
        assert not any(a.overlaps(b) for a, b in combinations(group, 2))
    solid = [*discs, *(each.box for each in scene.tags), *(each.box for each in scene.tiles)]
    assert not any(label.overlaps(each) for label in labels for each in solid)
    assert not any(word.overlaps(each) for word in words for each in [*discs, *labels])
    assert not any(arrow.box.overlaps(each) for arrow in scene.arrows for each in [*discs, *words])
    for box in [*solid, *labels, *words, *(each.box for each in scene.arrows)]:
        assert box.left >= 0
        assert box.top >= 0
        assert box.right <= scene.width
        assert box.bottom <= scene.height
    if scene.has_numbers:
        assert len(scene.labels) == len(scene.lines)


@given(found=networks())
@examples(30)
def test_lines_end_at_their_units(found):
    scene = placed(found.network, found.bias)
    discs = {(disc.layer, disc.unit): disc for disc in scene.discs}
    tiles = {tile.box.middle[1]: tile.box for tile in scene.tiles if tile.kind == "weights"}
    for line in scene.lines:
        source, target = discs[line.layer - 1, line.source], discs[line.layer, line.target]
        assert math.hypot(line.x1 - source.x, line.y1 - source.y) == pytest.approx(source.radius)
        if line.layer != 1 or target.y not in tiles:
            assert math.hypot(line.x2 - target.x, line.y2 - target.y) == pytest.approx(target.radius)


# -- in a browser -----------------------------------------------------------------------------------------------------

MEASURE = """() => {
  const box = each => { const r = each.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom] }
  const whole = box(document.querySelector('svg')), wrong = []
  const texts = [...document.querySelectorAll('svg text')]
  for (const text of texts) {
    const [left, top, right, bottom] = box(text)
    if (left < whole[0] || top < whole[1] || right > whole[2] || bottom > whole[3])
      wrong.push('leaves the picture: ' + text.textContent)
    const circle = text.parentNode.querySelector(':scope > circle.unit')
    if (circle && text.classList.contains('mid')) {
      const [a, b, c, d] = box(circle), middle = (a + c) / 2
      if (left < a || right > c || Math.abs((left + right) / 2 - middle) > 1)
        wrong.push('in no circle: ' + text.textContent)
    }
    const has = name => text.classList.contains(name)
    const kind = has('bi') ? 'rect.bias' : has('bang') ? 'rect.badge' : 'rect.wl'
    const rect = text.parentNode.querySelector(':scope > ' + kind)
    if (rect) {
      const [a, b, c, d] = box(rect)
      if (left < a - 0.5 || right > c + 0.5) wrong.push('in no box: ' + text.textContent)
    }
  }
  for (let i = 0; i < texts.length; i++) for (let k = i + 1; k < texts.length; k++) {
    const a = box(texts[i]), b = box(texts[k]), room = 3         // of a line's height nothing is drawn in so much
    if (a[0] < b[2] && b[0] < a[2] && a[1] + room < b[3] - room && b[1] + room < a[3] - room)
      wrong.push('overlap: ' + texts[i].textContent + ' and ' + texts[k].textContent)
  }
  return wrong
}"""


@pytest.fixture(scope="module")
def page(browser):
    page = browser.new_page(viewport={"width": 2400, "height": 1400})
    yield page
    page.close()


@pytest.mark.parametrize("name", PICTURES)
def test_texts_stand_where_they_belong_in_a_browser(page, name):
    page.set_content(f"<body style='margin:0'>{PICTURES[name]().svg('light')}")
    assert page.evaluate(MEASURE) == []


def test_pointing_at_a_unit_lights_its_own_lines(page):
    page.set_content(f"<body style='margin:0'>{PICTURES['moons']().svg('light')}")
    page.locator(".u1-4").hover()
    opacity = "each => each.map(line => +getComputedStyle(line).opacity)"
    assert set(page.locator(".e.o1-4, .e.i1-4").evaluate_all(opacity)) == {1.0}
    assert max(page.locator(".e:not(.o1-4,.i1-4)").evaluate_all(opacity)) < 0.2


def test_the_page_has_no_barriers(page, axe, tmp_path):
    page.goto(PICTURES["one example"]().save(tmp_path / "a.html").as_uri())
    page.evaluate(axe)
    assert [each["id"] for each in page.evaluate("axe.run()")["violations"]] == []
