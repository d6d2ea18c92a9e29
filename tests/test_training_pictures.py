"""Pictures of training: the numbers that are drawn, what they say in words, and which mistakes are named."""

import importlib
import io
import pickle
import re
import shutil
import subprocess
import sys
import types
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import tinygrad_edu as tg
from tests.registry import examples
from tinygrad_edu import data, nn, optim, training
from tinygrad_edu.nn import plots

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
plt = importlib.import_module("matplotlib.pyplot")

from tinygrad_edu.training import notebooks  # noqa: E402
from tinygrad_edu.training.descent import descent_by_batches, gradient_descent_path  # noqa: E402
from tinygrad_edu.training.film import WeightRecorder, training_film  # noqa: E402
from tinygrad_edu.training.live import LivePlot  # noqa: E402
from tinygrad_edu.training.pictures import (  # noqa: E402
    plot_confusion,
    plot_decision_boundary,
    plot_representation,
)
from tinygrad_edu.training.player import Player  # noqa: E402
from tinygrad_edu.training.surfaces import plot_loss_landscape  # noqa: E402
from tinygrad_edu.training.weights import plot_threshold, plot_weights  # noqa: E402

RNG = np.random.default_rng(0)
SQUARE_X = np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
RIGHT = np.array([0, 0, 1, 1])                                  # whether x₀ is positive


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def two_layers(units=3, inputs=2, last=None):
    rng = np.random.default_rng(0)
    return nn.Sequential([nn.Dense(units, inputs, "tanh", seed=rng), nn.Dense(2, last, seed=rng)])


def by_sign(x):
    """A model that says class 1 where x₀ is positive."""
    return 1 / (1 + np.exp(-3 * np.asarray(x)[:, 0]))


def offsets(collection):
    return np.asarray(collection.get_offsets())


# -- what all have in common ------------------------------------------------------------------------------------------


PICTURES = {
    "weights": lambda ax: plot_weights(nn.Dense(3, input_shape=4, seed=0), ax=ax),
    "threshold": lambda ax: plot_threshold("tanh", ax=ax),
    "confusion": lambda ax: plot_confusion([[3, 1], [0, 2]], ax=ax),
    "boundary": lambda ax: plot_decision_boundary(by_sign, SQUARE_X, RIGHT, resolution=20, ax=ax),
    "representation": lambda ax: plot_representation(two_layers(), SQUARE_X, RIGHT, 0, ax=ax),
    "descent on a curve": lambda ax: gradient_descent_path(lambda x: x * x, 1.0, steps=3).plot(ax),
    "descent on contours": lambda ax: gradient_descent_path(lambda x, y: x * x + y * y, [1.0, 2.0], steps=3).plot(ax),
    "landscape": lambda ax: plot_loss_landscape(two_layers(), SQUARE_X, SQUARE_X, loss="mse", resolution=5, ax=ax),
    "live": lambda ax: fitted(LivePlot(ax=ax)).ax,
}


def fitted(callback, epochs=2):
    two_layers().fit(SQUARE_X, SQUARE_X, loss="mse", epochs=epochs, callbacks=[callback], seed=0, verbose=0)
    return callback


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_drawn_on_the_axes_it_is_given_and_on_no_other(name):
    figure, ax = plt.subplots()
    assert PICTURES[name](ax) is ax
    assert figure.axes == [ax]
    assert plt.get_fignums() == [figure.number]


@pytest.mark.parametrize("name", [name for name in PICTURES if name != "live"])
def test_a_picture_says_what_it_shows(name):
    ax = PICTURES[name](None)
    assert len(plots.described(ax).split()) > 10
    assert any(digit in plots.described(ax) for digit in "0123456789")
    assert repr(ax).startswith("<Axes: label='")                # what a notebook prints beside the picture
    assert f'<img alt="{plots.described(ax)[:20]}' in plots.as_html(ax)


def contrast(a, b):
    """Of two colours, by WCAG 2.2."""
    lights = []
    for colour in (a, b):
        rgb = np.array(matplotlib.colors.to_rgb(colour))
        lights.append(np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4) @ (0.2126, 0.7152, 0.0722))
    return (max(lights) + 0.05) / (min(lights) + 0.05)


@pytest.mark.parametrize("style", ["default", "dark_background"])
@pytest.mark.parametrize("name", [name for name in PICTURES if name != "live"])
def test_texts_and_lines_stand_out_in_light_and_dark_styles(name, style):
    with plt.style.context(style):
        _, ax = plt.subplots()
    PICTURES[name](ax)                                          # also if it is drawn when the style is gone
    paper = ax.get_facecolor()
    legend = ax.get_legend()
    for text in legend.get_texts() if legend else []:
        assert contrast(text.get_color(), paper) > 4.5
    for line in ax.get_lines():
        assert contrast(line.get_color(), paper) > 3


def test_transparent_axes_take_their_background_from_the_figure_and_else_from_the_ink():
    figure, ax = plt.subplots(facecolor="#ffeedd")
    assert plots.palette(ax)["paper"] == (1, 1, 1)
    ax.set_facecolor("none")
    assert plots.palette(ax)["paper"] == matplotlib.colors.to_rgb("#ffeedd")
    figure.set_facecolor("none")
    assert plots.palette(ax)["paper"] == plots.LIGHT["paper"]
    ax.xaxis.label.set_color("white")
    assert plots.palette(ax)["paper"] == plots.DARK["paper"]


def test_without_matplotlib_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    monkeypatch.delattr(matplotlib, "pyplot")
    with pytest.raises(tg.errors.MissingExtraError, match=r'pip install "tinygrad_edu\[notebook\]"'):
        plot_weights(nn.Dense(2, input_shape=3))


def test_training_does_not_load_matplotlib_before_something_is_drawn():
    code = ("import sys, tinygrad_edu.training.pictures, tinygrad_edu.training.weights, tinygrad_edu.training.descent, "
            "tinygrad_edu.training.film, tinygrad_edu.training.live\n"
            "assert 'matplotlib' not in sys.modules and 'PIL' not in sys.modules")
    subprocess.run([sys.executable, "-c", code], check=True)


# -- weights ----------------------------------------------------------------------------------------------------------


def drawn_tiles(ax, count, height, width):
    """The images of the units, cut out of the one that is drawn by the frames around them."""
    mosaic = ax.images[0].get_array()
    frames = [each for each in ax.patches if each.get_width() == width and each.get_height() == height]
    assert len(frames) == count
    return [mosaic[round(f.get_y() + 0.5):, round(f.get_x() + 0.5):][:height, :width].filled(np.nan) for f in frames]


@examples(15)
@given(st.integers(1, 7), st.integers(1, 4), st.integers(1, 5), st.integers(0, 9))
def test_each_unit_is_an_image_of_the_weights_that_lead_to_it(units, height, width, seed):
    layer = nn.Dense(units, input_shape=height * width, seed=seed)
    ax = plot_weights(layer, (height, width))
    for j, tile in enumerate(drawn_tiles(ax, units, height, width)):
        assert_array_equal(tile, layer.weight.numpy()[:, j].reshape(height, width))
    plt.close(ax.figure)


def test_strong_negative_cells_have_a_hole_so_that_signs_differ_in_grey():
    ax = plot_weights(np.array([[1.0, -1.0, 0.0, -0.01, 0.5, -0.5]]))
    (holes,) = ax.collections
    middles = [path.vertices[:4].mean(axis=0)[0] for path in holes.get_paths()]
    assert middles == [1.0, 5.0]
    negative, zero, positive = ax.images[0].cmap([0.0, 0.5, 1.0])
    assert_allclose(zero[:3], ax.get_facecolor()[:3], atol=0.01)
    assert_allclose(positive[:3], matplotlib.colors.to_rgb(plots.LIGHT["pos"]))
    assert_allclose(negative[:3], matplotlib.colors.to_rgb(plots.LIGHT["neg"]))
    assert ax.images[0].get_clim() == (-1, 1)


@pytest.mark.parametrize(("layer", "shape", "count"), [
    (nn.Dense(2, input_shape=784), (28, 28), 2),
    (nn.Dense(2, input_shape=16), (1, 16), 2),
    (nn.Conv2D(3, 2, input_shape=(4, 4, 1)), (2, 2), 3),
    (nn.Conv2D(3, (2, 3), input_shape=(4, 4, 2)), (2, 3), 6),
    (nn.Neuron(3), (1, 3), 1),
    (nn.Layer(3, 4), (1, 3), 4),
    (nn.SimpleRNN(5, input_shape=(7, 3)), (1, 3), 5),
])
def test_kinds_of_layers(layer, shape, count):
    assert len(drawn_tiles(plot_weights(layer), count, *shape)) == count


@pytest.mark.parametrize("dpi", [60, 72, 80, 100])
def test_units_have_whole_frames_at_any_resolution(dpi):
    ax, file = plot_weights(np.zeros((16, 784))), io.BytesIO()          # nothing but frames, numbers and the legend
    ax.figure.savefig(file, format="png", dpi=dpi, bbox_inches="tight")         # as a notebook does
    file.seek(0)
    inked = plt.imread(file)[..., :3].mean(axis=-1) < 0.9
    lines = inked.mean(axis=1) > 0.5                            # rows of pixels that the sides of frames fill
    assert np.sum(lines[1:] & ~lines[:-1]) == 8                 # 4 rows of units, 2 sides each


def test_filters_are_drawn_one_image_for_each_channel():
    layer = nn.Conv2D(3, 2, input_shape=(4, 4, 2), seed=0)
    weight = layer.weight.numpy()                                           # (2, 2, 2 channels, 3 filters)
    tiles = drawn_tiles(plot_weights(layer), 6, 2, 2)
    assert_array_equal(tiles, [weight[:, :, c, k] for k in range(3) for c in range(2)])


def test_weights_in_words_and_a_choice_of_units():
    ax = plot_weights(np.array([[0.5, 0.25], [1.0, -2.0], [3.0, 4.0]]), units=[0, 1], columns=1)
    assert plots.described(ax) == ("Weights of 2 of 3 units as images of 1 × 2, from −2 to 1. Unit 0: 100% positive, "
                                   "strongest 0.5 at row 0, column 0. Unit 1: 50% positive, strongest −2 at row 0, "
                                   "column 1.")
    assert [text.get_text() for text in ax.texts] == ["0", "1"]


@pytest.mark.parametrize(("call", "words"), [
    (lambda: plot_weights(two_layers()), r"Sequential has no weights of its own. Choose one of .*: model\[0\], model"),
    (lambda: plot_weights(nn.Dense(3)), "Dense has no weights yet, because no input was seen"),
    (lambda: plot_weights(nn.Flatten()), "Flatten has no weights of its own"),
    (lambda: plot_weights(nn.Dense(3, input_shape=6), (2, 2)), r"shape\): got \(2, 2\). Expected .* of 6 cells"),
    (lambda: plot_weights(nn.Dense(3, input_shape=6), units=[3]), "Expected whole numbers from 0 to 2"),
    (lambda: plot_weights(np.ones(3)), r"values of shape \(3,\). Expected a layer"),
    (lambda: plot_threshold(two_layers()), "Expected a Neuron, a Dense layer"),
    (lambda: plot_threshold("sigmod"), "Did you mean 'sigmoid'"),
    (lambda: plot_threshold(low=1, high=0), "Expected low < high"),
    (lambda: plot_threshold(nn.Dense(2, input_shape=3), unit=2), r"unit\): got 2. Expected 0 to 1"),
])
def test_mistakes_about_layers_are_named(call, words):
    with pytest.raises(tg.errors.TinygradEduError, match=words):
        call()
    assert not plt.get_fignums()


def test_the_bias_moves_the_threshold():
    neuron = nn.Neuron(1, "sigmoid", seed=0)
    neuron.w[0].data, neuron.b.data = np.float64(2.0), np.float64(1.0)
    ax = plot_threshold(neuron, [-4.0, 1.0])
    curves = [line for line in ax.get_lines() if len(line.get_xdata()) > 2]
    assert [line.get_label() for line in curves] == ["b = −4: threshold at 2", "b = 1: threshold at −0.5"]
    for line, b in zip(curves, (-4.0, 1.0), strict=True):
        x, y = line.get_data()
        assert_allclose(y, 1 / (1 + np.exp(-(2 * x + b))), rtol=1e-12)
    dots = [line.get_xydata().tolist() for line in ax.get_lines() if len(line.get_xdata()) == 1]
    assert dots == [[[2.0, 0.5]], [[-0.5, 0.5]]]
    assert curves[1].get_linewidth() > curves[0].get_linewidth()            # its own bias


def test_a_neuron_without_weight_has_no_threshold():
    neuron = nn.Neuron(1, "tanh")
    neuron.w[0].data = np.float64(0.0)
    assert "b = 2: no threshold, since w = 0" in plots.described(plot_threshold(neuron))


# -- classes ----------------------------------------------------------------------------------------------------------


def test_the_examples_lie_on_the_regions_of_their_classes():
    ax = plot_decision_boundary(by_sign, SQUARE_X, RIGHT, ["left", "right"], resolution=21)
    assert_array_equal(offsets(ax.collections[-1]), SQUARE_X[2:])
    picture = ax.images[0].get_array()
    left, right = picture[0, 0, :3], picture[0, -1, :3]
    assert not np.array_equal(left, right)
    assert (picture[:, :10, :3] == left).all()                              # 21 columns, x₀ = 0 in the middle one
    assert (picture[:, 11:, :3] == right).all()
    assert picture[0, 0, 3] > picture[0, 9, 3]                              # the farther, the surer
    (line,) = [each for each in ax.collections if isinstance(each, matplotlib.contour.ContourSet)]
    assert_allclose(line.get_paths()[0].vertices[:, 0], 0, atol=1e-9)
    assert plots.described(ax).endswith("4 of 4 examples lie in the region of their class.")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["left", "right"]


@pytest.mark.parametrize("y", [RIGHT, 2 * RIGHT - 1, 2.0 * RIGHT - 1, RIGHT[:, None], np.eye(2)[RIGHT], RIGHT > 0,
                               np.array(["a", "a", "b", "b"]), tg.Tensor(RIGHT)])
def test_forms_of_classes(y):
    ax = plot_decision_boundary(by_sign, SQUARE_X, y, resolution=9)
    assert "4 of 4 examples" in plots.described(ax)


def scalar_mlp():
    return nn.MLP(2, [3, 1], activation="tanh", seed=0)


def largest(values):
    return int(np.argmax(values))


@pytest.mark.parametrize(("model", "says"), [
    (nn.Neuron(2, seed=1), lambda m, point: m(point).item() > 0),
    (nn.Layer(2, 3, seed=1), lambda m, point: largest([out.item() for out in m(point)])),
    (scalar_mlp(), lambda m, point: m(point).item() > 0),
    (scalar_mlp().to_dense(), lambda m, point: m([point]).item() > 0),
    (two_layers(last="softmax"), lambda m, point: largest(m([point]).numpy())),
    (nn.LogisticRegressionNeuron(2, seed=0), lambda m, point: m.predict([point])[0] > 0.5),
    (lambda x: tg.Tensor(x)[:, 0] - 0.3, lambda m, point: point[0] > 0.3),
], ids=["neuron", "layer", "numbers", "arrays", "softmax", "logistic", "function"])
def test_a_boundary_is_where_the_model_changes_its_mind(model, says):
    picture = plot_decision_boundary(model, SQUARE_X, RIGHT, resolution=15).images[0].get_array()
    side = np.linspace(-1.24, 1.24, 15)                                     # 12% of margin
    colours = {(int(says(model, [side[j], side[i]])), tuple(picture[i, j, :3]))
               for i in range(0, 15, 2) for j in range(0, 15, 2)}
    assert len(colours) == len({said for said, _ in colours}) == len({colour for _, colour in colours}) > 1


def test_a_network_of_numbers_and_its_arrays_have_the_same_boundary():
    a, b = (plot_decision_boundary(m, SQUARE_X, RIGHT, resolution=9) for m in (scalar_mlp(), scalar_mlp().to_dense()))
    assert_allclose(a.images[0].get_array(), b.images[0].get_array(), rtol=1e-12)


def test_many_classes_are_drawn_as_their_numbers():
    x = RNG.normal(size=(40, 2))
    ax = plot_representation(two_layers(), x, np.arange(40) % 10, "input")
    assert len({tuple(each.get_facecolor()[0]) for each in ax.collections}) == 10
    shapes = {each.get_paths()[0].vertices.shape for each in ax.collections}
    assert len(shapes) > 5


@pytest.mark.parametrize(("call", "words"), [
    (lambda: plot_decision_boundary(by_sign, SQUARE_X[:, :1], RIGHT), r"got x of shape \(4, 1\). Expected \(N, 2\)"),
    (lambda: plot_decision_boundary(by_sign, SQUARE_X, RIGHT[:3]), r"y of shape \(3,\). Expected a class for each"),
    (lambda: plot_decision_boundary(by_sign, SQUARE_X, RIGHT + 0.5), "got y from 0.5 to 1.5. Expected the numbers"),
    (lambda: plot_decision_boundary(by_sign, SQUARE_X, RIGHT, ["a"]), "got 1 names. Expected 2"),
    (lambda: plot_decision_boundary(lambda x: 1.0, SQUARE_X, RIGHT), r"gives shape \(\)"),
    (lambda: plot_decision_boundary(nn.Neuron(3), SQUARE_X, RIGHT), r"Expected \(N, 3\)"),
    (lambda: plot_confusion([[1, 2, 3]]), r"got shape \(1, 3\). Expected counts \(K, K\)"),
    (lambda: plot_confusion([[1, 2], [3, 4]], class_names="a"), "got 1 names. Expected 2"),
    (lambda: plot_confusion(by_sign), "got no x"),
    (lambda: plot_representation(two_layers(), SQUARE_X, RIGHT, 2), "got 2. Sequential has 2 layers"),
    (lambda: plot_representation(two_layers(), SQUARE_X, RIGHT, "dense"), "its position, or one of 'layers.0'"),
])
def test_mistakes_about_examples_are_named(call, words):
    with pytest.raises(tg.errors.TinygradEduError, match=words):
        call()


def test_confusion_counts_row_by_row():
    ax = plot_confusion(by_sign, SQUARE_X, [0, 1, 1, 1], ["left", "right"])
    assert [text.get_text() for text in ax.texts] == ["1", "·", "1", "2"]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["left", "right"]
    assert ax.get_title() == "3 of 4 right: 75.0%"
    cells = ax.images[0].get_array()
    assert_array_equal(cells[0, 1], [1, 1, 1])                              # none: as the background
    assert cells[1, 0, 2] < 0.6 < cells[1, 0, 1]                            # wrong: yellow
    assert cells[1, 1, 2] > cells[1, 1, 0]                                  # right: slate
    assert plots.described(ax) == ("Confusion matrix of 2 classes: 3 of 4 right (75.0%). Most often wrong: right taken "
                                   "for left: 1.")


def test_confusion_of_a_model_is_that_of_its_predictions():
    model = two_layers(last="softmax")
    y = RNG.integers(0, 2, 30)
    x = RNG.normal(size=(30, 2))
    of_model, of_counts = plot_confusion(model, x, y), plot_confusion(training.confusion_matrix(model.predict(x), y))
    assert plots.described(of_model) == plots.described(of_counts)


def test_numbers_in_the_confusion_matrix_can_be_read_in_light_and_dark():
    counts = RNG.integers(0, 30, (5, 5))
    for style in ("default", "dark_background"):
        with plt.style.context(style):
            ax = plot_confusion(counts)
        cells = ax.images[0].get_array()
        for text, cell in zip(ax.texts, cells.reshape(-1, 3), strict=True):
            assert contrast(text.get_color(), tuple(cell)) > 4.5


def test_what_a_layer_with_two_units_gives_is_drawn_as_it_is():
    model = two_layers()
    ax = plot_representation(model, SQUARE_X, RIGHT, 1)
    given_by = model.predict(SQUARE_X)
    assert_array_equal(np.concatenate([offsets(each) for each in ax.collections]), given_by)
    for same in (-1, None, "layers.1", model[1]):
        again = plot_representation(model, SQUARE_X, RIGHT, same)
        assert_array_equal(offsets(again.collections[0]), given_by[:2])


def test_wide_layers_are_drawn_along_their_principal_components():
    x = RNG.normal(size=(50, 2)) @ RNG.normal(size=(2, 6)) + 5             # of rank 2: nothing is lost
    ax = plot_representation(nn.Flatten(), x, np.zeros(50, int))            # layer None: what the model gives
    shown = offsets(ax.collections[0])
    distances = [np.linalg.norm(each[:, None] - each, axis=-1) for each in (x, shown)]
    assert_allclose(*distances, atol=1e-9)
    assert shown[:, 0].std() >= shown[:, 1].std()
    first, second = (int(share) for share in re.findall(r"(\d+)%", plots.described(ax)))
    assert 99 <= first + second <= 101


def test_of_one_unit_its_output_and_the_class():
    model = nn.Sequential([nn.Dense(1, 2, seed=0)])
    ax = plot_representation(model, SQUARE_X, RIGHT, class_names=["a", "b"])
    assert_array_equal(offsets(ax.collections[1]), np.stack([model.predict(SQUARE_X[2:])[:, 0], [1, 1]], axis=1))


def test_looking_does_not_change_the_model():
    model = nn.Sequential([nn.Dense(4, 2, seed=0), nn.BatchNorm(), nn.Dropout(0.5, seed=0), nn.Dense(2, seed=1)])
    model.train()
    before = model.state_dict()
    plot_representation(model, SQUARE_X, RIGHT, 1)
    plot_decision_boundary(model, SQUARE_X, RIGHT, resolution=5)
    plot_loss_landscape(model, SQUARE_X, SQUARE_X, loss="mse", resolution=3)
    assert model.training
    for name, value in model.state_dict().items():
        assert_array_equal(value, before[name])
    assert all(p.grad is None for p in model.parameters())


# -- descent ----------------------------------------------------------------------------------------------------------


def test_each_step_goes_against_the_gradient():
    path = gradient_descent_path(lambda x: (x - 3) ** 2, 0.0, lr=0.25, steps=3)
    assert_array_equal(path.paths[0], [[0.0], [1.5], [2.25], [2.625]])      # half of the way each time
    assert_array_equal(path.values[0], [9.0, 2.25, 0.5625, 0.140625])
    assert path.ends.tolist() == [[2.625]]


def test_several_starts_end_in_different_minima():
    path = gradient_descent_path(lambda x: x**4 - 2 * x**2, [-0.5, 0.1, 2.0], lr=0.05, steps=80)
    assert_allclose(path.ends.ravel(), [-1, 1, 1], atol=1e-6)
    assert path.labels == ["from −0.5", "from 0.1", "from 2"]
    assert "from −0.5 with value −0.438 in 80 steps to −1 with value −1." in str(path)


def test_numbers_and_vectors_are_the_same():
    apart = gradient_descent_path(lambda x, y: x * x + 3 * x * y + 4 * y * y, [1.0, 2.0], lr=0.1, steps=5)
    vector = gradient_descent_path(lambda p: p[0] * p[0] + 3 * p[0] * p[1] + 4 * p[1] * p[1], [[1.0, 2.0]], lr=0.1,
                                   steps=5)
    assert_allclose(apart.paths[0], vector.paths[0], rtol=1e-14)
    assert (apart.names, vector.names) == (["x", "y"], ["p[0]", "p[1]"])


@pytest.mark.parametrize("make", [lambda params, lr: optim.SGD(params, lr=lr, momentum=0.5), optim.Adam])
def test_any_optimizer_takes_the_steps(make):
    path = gradient_descent_path(lambda x, y: x * x + 4 * y * y, [1.0, 2.0], lr=0.05, steps=4, optimizer=make)
    p = tg.Tensor([1.0, 2.0])
    opt = make([p], lr=0.05)
    for point in path.paths[0][1:]:
        opt.zero_grad()
        tg.sum(p * p * np.array([1.0, 4.0])).backward()
        opt.step()
        assert_allclose(point, p.numpy(), rtol=1e-12)


def test_a_path_that_diverges_is_ended_and_does_not_spoil_the_picture():
    path = gradient_descent_path(lambda x: x * x, 2.0, lr=[0.1, 3.0], steps=50)
    assert path.diverged == [False, True]
    assert len(path.paths[0]) == 51
    assert len(path.paths[1]) < 10
    assert "lr 3: from 2 with value 4 in 5 steps to −6.25e+03 with value 3.91e+07, and away without end." in str(path)
    low, high = path.plot().get_xlim()
    assert -5 < low < 0 < 2 < high < 5


def test_a_path_that_slowly_climbs_leaves_the_picture():
    path = gradient_descent_path(lambda x: x * x, 2.0, lr=[0.1, 1.1], steps=12)
    assert path.plot().get_xlim()[1] < 5 < path.ends[1, 0]


@pytest.mark.parametrize("f", [lambda x: tg.log(x), lambda x: tg.sqrt(x)])
def test_a_path_ends_before_it_leaves_where_the_function_is_defined(f):
    path = gradient_descent_path(f, 0.5, lr=0.3, steps=20)
    assert path.diverged == [True]
    assert np.isfinite(path.values[0]).all()
    path.plot()


def test_the_curve_and_the_dots_of_the_steps_are_drawn():
    path = gradient_descent_path(lambda x: x**4 - x, [1.5, -1.0], lr=0.05, steps=4)
    ax = path.plot()
    curve, *rest = ax.get_lines()
    assert_allclose(curve.get_ydata(), curve.get_xdata() ** 4 - curve.get_xdata())
    assert_array_equal(rest[0].get_xydata(), np.stack([path.paths[0][:, 0], path.values[0]], axis=1))
    assert rest[1].get_xydata().tolist() == [[1.5, 1.5**4 - 1.5]]           # the start
    assert len({line.get_linestyle() for line in rest[::3]}) == 2           # paths differ not by colour alone
    assert (ax.get_xlabel(), ax.get_xlim()[0] < -1, ax.get_xlim()[1] > 1.5) == ("x", True, True)


def test_paths_on_contours_and_on_a_surface():
    path = gradient_descent_path(lambda w, b: w * w + 2 * b * b, [[1.0, 1.0], [-1.0, 0.5]], steps=6)
    ax = path.plot(low=-2, high=[2, 3])
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_xlim(), ax.get_ylim()) == ("w", "b", (-2, 2), (-2, 3))
    assert_array_equal(ax.get_lines()[3].get_xydata(), path.paths[1])
    solid = path.plot(surface=True)
    assert solid.name == "3d"
    assert_array_equal(np.transpose(solid.get_lines()[0].get_data_3d()),
                       np.column_stack([path.paths[0], path.values[0]]))


@pytest.mark.parametrize("width", [4.6, 5.2, 6.0, 6.4])
def test_numbers_below_narrow_contours_do_not_touch(width):
    ax = plt.subplots(figsize=(width, 3.2), layout="constrained")[1]
    starts = [[-1.25, 0.8], [1.25, 0.8]]
    gradient_descent_path(lambda w, b: w * w + b * b, starts, steps=3).plot(ax, low=-0.83, high=1.4)
    ax.figure.canvas.draw()
    left, right = ax.get_window_extent().intervalx
    boxes = [label.get_window_extent() for label in ax.get_xticklabels()]
    shown = [box for box in boxes if left <= (box.x0 + box.x1) / 2 <= right]
    assert len(shown) >= 3
    assert all(a.x1 + 3 < b.x0 for a, b in pairwise(shown))


def test_batches_of_all_examples_and_of_one():
    x = RNG.normal(size=40)
    y = 2 * x + 1 + 0.5 * RNG.normal(size=40)

    def loss(w, b, x, y):
        return tg.mean((w * x + b - y) ** 2)

    path = descent_by_batches(loss, [0.0, 0.0], (x, y), lr=0.1, steps=40, batch_sizes=(None, 8, 1, 40))
    assert path.labels == ["all 40 examples", "8 examples", "single examples", "all 40 examples"]
    assert_allclose(path.paths[0], path.paths[3], rtol=1e-9)                # the order does not matter to a mean
    alone = gradient_descent_path(lambda w, b: loss(w, b, x, y), [0.0, 0.0], lr=0.1, steps=40)
    assert_array_equal(path.paths[0], alone.paths[0])
    for points, values in zip(path.paths, path.values, strict=True):
        assert_allclose(values, [np.mean((w * x + b - y) ** 2) for w, b in points])     # of all examples

    def wandering(points):
        turns = np.diff(points[-20:], axis=0)
        return np.linalg.norm(turns, axis=1).sum()

    assert wandering(path.paths[0]) < wandering(path.paths[1]) < wandering(path.paths[2])
    again = descent_by_batches(loss, [0.0, 0.0], (x, y), lr=0.1, steps=40, batch_sizes=[1])
    assert_array_equal(again.paths[0], path.paths[2])                       # seeded


def test_single_examples_are_all_visited_before_any_is_seen_again():
    x = np.arange(1.0, 6.0)
    path = descent_by_batches(lambda w, x: tg.sum(w * x), 0.0, [x], lr=1.0, steps=10, batch_sizes=[1])
    steps = -np.diff(path.paths[0][:, 0])
    assert sorted(steps[:5].round()) == sorted(steps[5:].round()) == x.tolist()


@pytest.mark.parametrize(("call", "words"), [
    (lambda: gradient_descent_path(lambda x, y: x + y, [1.0, 2.0, 3.0]), "Expected 2 numbers for each start"),
    (lambda: gradient_descent_path(lambda p: p * 2, [[1.0, 2.0]]), r"gave shape \(2,\). Expected one number"),
    (lambda: gradient_descent_path(lambda x: x, np.nan), "a start is not finite"),
    (lambda: gradient_descent_path(lambda x: x, 1.0, lr=-1), "lr: got -1"),
    (lambda: gradient_descent_path(lambda x: x, 1.0, steps=0), "steps: got 0"),
    (lambda: descent_by_batches(lambda w, x: w, [[1.0], [2.0]], [RNG.normal(size=3)]), "got 2 starts. Expected one"),
    (lambda: gradient_descent_path(lambda p: tg.sum(p), [[1.0, 2.0, 3.0]]).plot(), "of 3 numbers. Expected 1 or 2"),
    (lambda: gradient_descent_path(lambda x: x * x, 1.0).plot(surface=True), "of 1 numbers. Expected 2 for a surface"),
    (lambda: gradient_descent_path(lambda x, y: x * y, [1.0, 2.0]).plot(plt.subplots()[1], surface=True),
     r'Give ax=plt.subplot\(projection="3d"\)'),
    (lambda: gradient_descent_path(lambda x: x * x, 1.0).plot(low=3, high=2), "Expected low < high"),
    (lambda: gradient_descent_path(lambda x: x * x, 1.0).animate(frames=1), "frames: got 1"),
])
def test_mistakes_about_descent_are_named(call, words):
    with pytest.raises(tg.errors.TinygradEduError, match=words):
        call()


# -- landscape --------------------------------------------------------------------------------------------------------


def test_the_landscape_has_the_loss_in_its_middle_and_moves_units_by_their_length(monkeypatch):
    model = two_layers()
    seen = []
    real = importlib.import_module("tinygrad_edu.training.surfaces").evaluate

    def watched(model, x, y, loss):
        seen.append(model.state_dict())
        return real(model, x, y, loss=loss)

    monkeypatch.setattr("tinygrad_edu.training.surfaces.evaluate", watched)
    model[0].bias.data = np.array([1.0, 2.0, 3.0])
    before = model.state_dict()
    ax = plot_loss_landscape(model, SQUARE_X, SQUARE_X, loss="mse", resolution=3, seed=1)
    loss = model.evaluate(SQUARE_X, SQUARE_X, loss="mse")["loss"]
    assert ax.get_title() == f"loss {plots.number(loss)} at ★"
    assert len(seen) == 9
    assert_array_equal(seen[4]["layers.0.weight"], before["layers.0.weight"])
    moved = seen[5]["layers.0.weight"] - before["layers.0.weight"]          # one whole step along the first direction
    assert_allclose(np.linalg.norm(moved, axis=0), np.linalg.norm(before["layers.0.weight"], axis=0))
    assert_array_equal(seen[5]["layers.0.bias"], before["layers.0.bias"])
    assert plot_loss_landscape(model, SQUARE_X, SQUARE_X, loss="mse", resolution=3, surface=True).name == "3d"


def test_a_landscape_that_fails_leaves_the_weights_alone():
    model = two_layers()
    before = model.state_dict()
    with pytest.raises(tg.errors.ShapeError):
        plot_loss_landscape(model, SQUARE_X, SQUARE_X[:, :1], loss="mse")
    with pytest.raises(tg.errors.ArgumentError, match="resolution=1"):
        plot_loss_landscape(model, SQUARE_X, SQUARE_X, loss="mse", resolution=1)
    with pytest.raises(tg.errors.GraphError, match="has no parameters yet"):
        plot_loss_landscape(nn.Dense(2), SQUARE_X, SQUARE_X, loss="mse")
    assert_array_equal(model.state_dict()["layers.0.weight"], before["layers.0.weight"])


# -- films ------------------------------------------------------------------------------------------------------------


class Shift(nn.Module):
    """A model without weights."""

    def __init__(self):
        self.offset = nn.Parameter(0.0)

    def forward(self, x):
        return x + self.offset


def png_size(picture):
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    return int.from_bytes(picture[16:20]), int.from_bytes(picture[20:24])


def test_an_animation_has_a_picture_and_a_text_for_each_step():
    path = gradient_descent_path(lambda x: x * x, [1.0, -2.0], lr=0.1, steps=3)
    player = path.animate()
    assert len(player) == 4
    assert player.texts[1].startswith("Step 1. Gradient descent, 2 paths. from 1 with value 1 in 1 steps to 0.8 with")
    assert len({png_size(each) for each in player.pictures}) == 1
    assert len(set(player.pictures)) == 4
    assert len(path.animate(frames=2)) == 2
    assert not plt.get_fignums()


def test_an_animation_on_a_surface():
    path = gradient_descent_path(lambda x, y: x * x + y * y, [1.0, -2.0], steps=2)
    assert len(path.animate(surface=True)) == 3


def test_a_player_is_html_that_needs_no_network_and_does_not_move_by_itself(tmp_path):
    player = gradient_descent_path(lambda x: x * x, 1.0, steps=2).animate()
    html = player._repr_html_()
    assert html.count("<img") == 3
    hidden = ["display:none" in image for image in re.findall("<img[^>]*>", html)]
    assert hidden == [True, True, False]                                    # without scripts: the last picture
    assert re.findall(r'alt="([^"]*)"', html) == player.texts
    assert 'type="range" min="0" max="2" value="2" aria-label=' in html
    assert "http" not in html
    assert "<script" not in html
    player.save(tmp_path / "descent.html")
    assert (tmp_path / "descent.html").read_text(encoding="utf-8").startswith("<!doctype html><html lang=\"en\">")
    player.save(tmp_path / "descent.gif")
    with importlib.import_module("PIL.Image").open(tmp_path / "descent.gif") as film:
        assert film.n_frames == 3
    with pytest.raises(tg.errors.ArgumentError, match="ends in .gif or .html"):
        player.save(tmp_path / "descent.mp4")


NODE = shutil.which("node")
PAGE = """
const images = [0, 1, 2].map(i => ({alt: `picture ${i}`, style: {display: i == 2 ? '' : 'none'}}));
const attributes = {}, figure = {querySelectorAll: () => images, querySelector: () => slider};
const slider = {value: 2, max: 2, closest: () => figure, setAttribute: (name, value) => attributes[name] = value,
                stepUp() { this.value++ }, dispatchEvent() { show.call(slider) }};
const button = {textContent: 'Play', isConnected: true, closest: () => figure};
let tick; globalThis.setInterval = f => (tick = f, 7); globalThis.clearInterval = () => tick = undefined;
globalThis.Event = class {};
const show = function () { SHOW }, play = function () { PLAY };
const look = () => console.log(images.map(i => i.style.display == '' ? 1 : 0).join(''), attributes['aria-valuetext'],
                               button.textContent, tick ? 'runs' : 'rests');
slider.value = 1; show.call(slider); look();
slider.value = 2; play.call(button); look();
tick(); look(); play.call(button); look(); play.call(button); tick(); tick(); look();
"""


@pytest.mark.skipif(NODE is None, reason="node is not installed: JavaScript cannot be run")
def test_the_slider_shows_a_picture_and_the_button_runs_to_the_end():
    html = gradient_descent_path(lambda x: x * x, 1.0, steps=2).animate()._repr_html_()
    (play,), (show,) = re.findall(r'onclick="([^"]*)"', html), re.findall(r'oninput="([^"]*)"', html)
    page = PAGE.replace("SHOW", show).replace("PLAY", play)
    said = subprocess.run([NODE, "-e", page], capture_output=True, text=True, check=True).stdout
    assert said.splitlines() == ["010 picture 1 Play rests", "100 picture 0 Pause runs", "010 picture 1 Pause runs",
                    "010 picture 1 Play rests", "001 picture 2 Play rests"]


def test_the_film_shows_the_weights_of_each_epoch_on_one_scale():
    model = two_layers()
    before = model[0].weight.numpy()
    recorder = WeightRecorder()
    history = model.fit(SQUARE_X, SQUARE_X, loss="mse", epochs=3, callbacks=[recorder], seed=0, verbose=0)
    assert recorder.epochs == [0, 1, 2, 3]
    assert_array_equal(recorder.weights[0], before.T)
    assert_array_equal(recorder.weights[3], model[0].weight.numpy().T)
    film = training_film(history)
    assert len(film) == 4
    assert film.texts[0].startswith("Epoch 0 of 3. Weights of 3 units as images of 1 × 2, from")
    assert film.texts[2].startswith(f"Epoch 2 of 3, loss {history['loss'][1]:.4g}. Weights of")
    assert [text.split(".")[0] for text in training_film(recorder, units=[0], frames=2).texts] == [
        "Epoch 0 of 3", film.texts[3].split(".")[0]]


def test_all_pictures_of_a_film_have_the_scale_of_the_largest_weight(monkeypatch):
    recorder = fitted(WeightRecorder(), epochs=1)
    recorder.weights = [np.array([[0.5, 1.0]]), np.array([[-4.0, 2.0]])]
    shown = []

    def watched(*args, **options):
        ax = plot_weights(*args, **options)
        shown.append(ax.images[0].get_clim())
        return ax

    monkeypatch.setattr("tinygrad_edu.training.film.plot_weights", watched)
    training_film(recorder)
    assert set(shown) == {(-4, 4)}


def test_a_film_of_some_epochs_of_a_chosen_layer():
    model = two_layers()
    recorder = WeightRecorder(model[1], every=2)
    model.fit(SQUARE_X, SQUARE_X, loss="mse", epochs=5, callbacks=[recorder], seed=0, verbose=0)
    assert recorder.epochs == [0, 2, 4]
    assert recorder.weights[0].shape == (2, 3)


@pytest.mark.parametrize(("call", "words"), [
    (lambda: training_film(training.History({"loss": [1.0]})), r"callbacks=\[tg.training.WeightRecorder\(\)\]"),
    (lambda: training_film(WeightRecorder()), "no weights were kept"),
    (lambda: WeightRecorder(every=0), "got 0. Expected a whole number of at least 1"),
    (lambda: Shift().fit(SQUARE_X, SQUARE_X, loss="mse", callbacks=[WeightRecorder()], verbose=0),
     "Shift has no layer with a `weight`"),
    (lambda: Player([], []), "got 0 pictures"),
])
def test_mistakes_about_films_are_named(call, words):
    with pytest.raises(tg.errors.TinygradEduError, match=words):
        call()


# -- while it goes on -------------------------------------------------------------------------------------------------


def test_a_live_plot_has_the_epochs_until_now():
    live = LivePlot()
    seen = []

    class Look(training.Callback):
        def on_epoch_end(self, run):
            seen.append(len(live.ax.get_lines()[0].get_xdata()))

    two_layers().fit(SQUARE_X, SQUARE_X, loss="mse", epochs=3, callbacks=[live, Look()], verbose=0)
    assert seen == [1, 2, 3]


@pytest.fixture
def shown(monkeypatch):
    """What a notebook would show, with "first" or "again" in its place."""
    found = []

    def display(thing, display_id):
        found.append(("first", thing))
        return types.SimpleNamespace(update=lambda thing: found.append(("again", thing)))

    for name in ("IPython", "IPython.display"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    sys.modules["IPython"].get_ipython = lambda: types.SimpleNamespace(kernel="a kernel")
    sys.modules["IPython.display"].display = display
    return found


def test_in_a_notebook_a_bar_shows_how_far_training_is_and_goes_away(shown, monkeypatch, capsys):
    monkeypatch.setattr(notebooks, "PATIENCE", 0.0)
    two_layers().fit(SQUARE_X, SQUARE_X, loss="mse", epochs=2, batch_size=2, seed=0)
    assert [how for how, _ in shown] == ["first", "again", "again", "again", "again", "again"]
    assert [repr(bar) for _, bar in shown] == [*(f"batch {i} of 4" for i in range(5)), ""]
    assert '<progress value="1" max="4"' in shown[1][1]._repr_html_()
    captured = capsys.readouterr()
    assert [line.split()[0] for line in captured.out.splitlines()] == ["epoch", "1", "2"]
    assert captured.err == ""


def test_in_a_notebook_one_picture_is_shown_and_then_replaced(shown):
    live = fitted(LivePlot(every=2), epochs=5)
    assert [how for how, _ in shown] == ["first", "again", "again", "again"]      # empty, after epochs 2, 4, the last
    assert 'alt="loss, before the first epoch"' in shown[0][1]._repr_html_()
    assert re.match(r'<img alt="loss from .* in 5 epochs" src="data:image/png', shown[-1][1]._repr_html_())
    assert not plt.get_fignums()                                            # the notebook does not show it once more
    assert len(live.ax.get_lines()[0].get_xdata()) == 5


def test_digits_from_data_to_pictures():
    x, y = data.load_digits(size=8)
    x, y = np.asarray(x).reshape(len(x), -1)[:200], np.asarray(y)[:200]
    model = nn.Sequential([nn.Dense(12, 64, "relu", seed=0), nn.Dense(10, "softmax", seed=1)])
    model.fit(x, y, loss="categorical_crossentropy", epochs=3, verbose=0, seed=0)
    assert len(drawn_tiles(plot_weights(model[0]), 12, 8, 8)) == 12
    assert "200 examples as layer layers.0 sees them" in plots.described(plot_representation(model, x, y, 0))
    assert plot_confusion(model, x, y).get_title() == (
        f"{np.sum(model.predict(x).argmax(axis=1) == y)} of 200 right: "
        f"{np.mean(model.predict(x).argmax(axis=1) == y):.1%}")


# -- in notebooks -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("draw", [lambda: training.History({"loss": [0.5, 0.25]}).plot(),
                                  lambda: nn.activations.gallery(["relu", "tanh"])])
def test_a_notebook_shows_a_plot_once_as_a_picture_with_its_words(draw):
    formatters = pytest.importorskip("IPython.core.formatters")
    before = plt.get_fignums()
    picture = draw()
    shown = formatters.DisplayFormatter().format(picture)[0]
    assert re.fullmatch(r'<img alt="[^"]*(loss from 0.5 to 0.25|relu, a line)[^"]*" src="data:image/png;base64,.*">',
                        shown["text/html"], re.DOTALL)
    assert plt.get_fignums() == before          # an open figure would be shown below the cell once more


def test_a_plot_can_be_pickled_and_shown_again():
    ax = training.History({"loss": [0.5, 0.25]}).plot()
    again = pickle.loads(pickle.dumps(ax.figure)).axes[0]
    assert "loss from 0.5 to 0.25" in again._repr_html_()
    plt.close("all")


def test_overflow_in_what_matplotlib_leaves_unused_is_no_warning(monkeypatch):
    real = matplotlib.figure.Figure.savefig

    def saved(self, *args, **options):
        np.array([1e308]) * 10                          # as mplot3d does with corners that a face does not have
        return real(self, *args, **options)

    monkeypatch.setattr(matplotlib.figure.Figure, "savefig", saved)
    path = gradient_descent_path(lambda x, y: x * x + y * y, [1.0, -2.0], steps=1)
    assert "image/png;base64" in path.plot(surface=True)._repr_html_()
