"""Activations: their values worked out by hand, their derivatives at kinks and far from 0, names, and pictures."""

import math
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import tinygrad_edu as tg
from tests.references.make_layers import ACTIVATIONS
from tinygrad_edu import nn
from tinygrad_edu.nn import activations

SCALE = 1.0507009873554805              # of selu, from its paper
KINKS = {
    "relu": {0: 0}, "leaky_relu": {0: 0.01}, "relu6": {0: 0, 6: 1}, "elu": {0: 1}, "celu": {0: 1},
    "selu": {0: SCALE * 1.6732632423543772}, "softsign": {0: 1}, "hard_tanh": {-1: 1, 1: 1},
    "hard_sigmoid": {-3: 1 / 6, 3: 1 / 6},
}
FAR = {     # name -> (value at -1000, derivative there, value at 1000, derivative there)
    "linear": (-1000, 1, 1000, 1), "relu": (0, 0, 1000, 1), "leaky_relu": (-10, 0.01, 1000, 1), "relu6": (0, 0, 6, 0),
    "elu": (-1, 0, 1000, 1), "selu": (-SCALE * 1.6732632423543772, 0, 1000 * SCALE, SCALE),
    "celu": (-1, 0, 1000, 1), "gelu": (0, 0, 1000, 1), "silu": (0, 0, 1000, 1), "mish": (0, 0, 1000, 1),
    "softplus": (0, 0, 1000, 1), "softsign": (-1000 / 1001, 1 / 1001**2, 1000 / 1001, 1 / 1001**2),
    "tanh": (-1, 0, 1, 0), "hard_tanh": (-1, 0, 1, 0), "sigmoid": (0, 0, 1, 0), "hard_sigmoid": (0, 0, 1, 0),
    "log_sigmoid": (-1000, 1, 0, 0),
}
each_activation = pytest.mark.parametrize("name", ACTIVATIONS)


def slope(name, x):
    t = tg.Tensor(x)
    return tg.gradients(activations.get(name)(t), t).item() if name != "linear" else 1.0


def test_all_activations_of_a_first_course_have_their_names():
    assert tuple(activations.ACTIVATIONS) == ACTIVATIONS


@each_activation
def test_a_name_means_a_function_and_a_function_has_a_name(name):
    assert activations.name_of(activations.get(name)) == name
    assert activations.get(activations.get(name)) is activations.get(name)


@pytest.mark.parametrize(("name", "x", "value"), [
    ("leaky_relu", -2, -0.02), ("relu6", 7, 6), ("elu", -1, math.exp(-1) - 1), ("celu", -1, math.exp(-1) - 1),
    ("selu", 2, 2.101401974710961), ("gelu", 1, 0.5 * (1 + math.erf(1 / math.sqrt(2)))),
    ("silu", 1, 1 / (1 + math.exp(-1))), ("mish", 1, math.tanh(math.log(1 + math.e))), ("softsign", -3, -0.75),
    ("hard_tanh", -3, -1), ("hard_sigmoid", 1, 1 / 6 + 0.5), ("log_sigmoid", 0, -math.log(2)),
    ("exponential", 1, math.e),
])
def test_values(name, x, value):
    assert activations.get(name)(tg.Tensor(x)).item() == pytest.approx(value, rel=1e-14)
    assert activations.get(name)(np.array([x, x], float)) == pytest.approx(value, rel=1e-14)        # on raw arrays


def test_options_bend_the_left_side():
    assert tg.leaky_relu(tg.Tensor(-2.0), slope=0.3).item() == -0.6
    assert tg.elu(tg.Tensor(-1.0), alpha=2.0).item() == pytest.approx(2 * (math.exp(-1) - 1))
    assert tg.celu(tg.Tensor(-1.0), alpha=2.0).item() == pytest.approx(2 * (math.exp(-0.5) - 1))
    layer = nn.Dense(1, 1, lambda z: tg.elu(z, alpha=0.5), kernel_initializer="ones")
    assert layer([[-100.0]]).item() == -0.5
    with pytest.raises(tg.errors.ArgumentError, match="celu.x, alpha.: got alpha=0"):
        tg.celu(tg.Tensor(1.0), alpha=0)


@pytest.mark.parametrize(("name", "x", "expected"), [(name, x, g) for name, at in KINKS.items() for x, g in at.items()])
def test_derivatives_at_kinks_are_what_the_docstrings_say(name, x, expected):
    assert slope(name, float(x)) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("name", FAR)
def test_nothing_overflows_far_from_0(name):
    left, left_slope, right, right_slope = FAR[name]
    f = activations.get(name)
    assert (f(tg.Tensor(-1000.0)).item(), f(tg.Tensor(1000.0)).item()) == pytest.approx((left, right), abs=1e-12)
    with tg.detect_anomaly():                                       # not on the way either
        assert (slope(name, -1000.0), slope(name, 1000.0)) == pytest.approx((left_slope, right_slope), abs=1e-12)


@pytest.mark.parametrize("name", ["elu", "selu", "celu", "gelu", "silu", "mish", "softplus", "tanh", "sigmoid"])
def test_second_derivatives_vanish_far_from_0_without_overflow(name):
    with tg.detect_anomaly():
        x = tg.Tensor([-1000.0, 1000.0])
        first = tg.gradients(tg.sum(activations.get(name)(x)), x, create_graph=True)
        second = tg.gradients(tg.sum(first), x)
    assert_array_equal(second.numpy(), [0, 0])


@each_activation
@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_low_precision_stays_what_it_is(name, dtype):
    x = np.linspace(-3, 3, 12).reshape(3, 4)
    exact = activations.get(name)(x)
    found = activations.get(name)(tg.Tensor(x.astype(dtype)))
    assert found.dtype == dtype
    assert_allclose(found.numpy(), exact, rtol=8 * np.finfo(dtype).eps, atol=8 * np.finfo(dtype).eps)


def test_an_unknown_name_gets_the_nearest_one_proposed():
    with pytest.raises(tg.errors.ArgumentError, match="activation: got 'sigmod'. Did you mean 'sigmoid'"):
        activations.get("sigmod")
    with pytest.raises(tg.errors.ArgumentError, match="activation: got 3. Expected a function or one of linear, relu"):
        activations.get(3)


# -- pictures ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def pyplot():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from matplotlib import pyplot
    yield pyplot
    pyplot.close("all")


@each_activation
def test_a_curve_is_the_function_and_its_derivative(name):
    x = np.array([-1.7, -0.3, 0.4, 2.2])
    y, slopes = activations.curve(name, x)
    ahead, behind = (activations.curve(name, x + h)[0] for h in (1e-6, -1e-6))
    assert_allclose(slopes, (ahead - behind) / 2e-6, rtol=1e-8, atol=1e-9)
    if "softmax" not in name:
        assert_array_equal(y, activations.get(name)(x))


def test_softmax_is_drawn_against_one_logit_with_the_others_fixed():
    y, _ = activations.curve("softmax", [0.0, math.log(2)])
    assert_allclose(y, [1 / 3, 2 / 4])                              # the others are exp(0) = 1


def test_plot_draws_function_and_derivative_on_the_given_axes(pyplot):
    _, ax = pyplot.subplots()
    assert activations.plot("elu", ax, low=-2, high=2) is ax
    function, derivative = ax.lines[:2]
    x = function.get_xdata()
    assert_allclose(function.get_ydata(), np.where(x > 0, x, np.expm1(x)))
    assert_allclose(derivative.get_ydata(), np.where(x > 0, 1, np.exp(x)))
    assert function.get_linestyle() != derivative.get_linestyle()   # not told apart by colour alone
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["elu", "derivative"]
    assert ax.get_label().startswith("elu, a line from -0.865 at -2 to 2 at 2, and its derivative")


def test_plot_makes_axes_of_its_own_and_shows_the_second_kink_of_relu6(pyplot):
    ax = activations.plot(activations.relu6)
    assert max(ax.lines[0].get_xdata()) > 6
    with pytest.raises(tg.errors.ArgumentError, match="low=2 and high=1. Expected low < high"):
        activations.plot("relu", low=2, high=1)


def test_gallery_shows_all_activations_or_those_that_are_named(pyplot):
    def titles(figure):
        return [ax.get_title() for ax in figure.axes if ax.get_visible()]

    assert [title.split(" ")[0] for title in titles(activations.gallery())] == list(ACTIVATIONS)
    assert titles(activations.gallery(["relu", tg.tanh, "softmax"], columns=2)) == [
        "relu", "tanh", "softmax (one of three)"]
    with pytest.raises(tg.errors.ArgumentError, match="expected at least one"):
        activations.gallery([])


def test_pictures_without_matplotlib_name_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(tg.errors.MissingExtraError, match=r'pip install "tinygrad_edu\[notebook\]"'):
        activations.plot("elu")
