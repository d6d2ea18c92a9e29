"""Losses: the numbers of PyTorch, right gradients, no broadcasting, and errors for labels that do not fit."""

import math
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import tinygrad_edu as tg
from tests.references.make_layers import DELTA, loss_inputs
from tests.registry import examples
from tinygrad_edu import nn
from tinygrad_edu.errors import ArgumentError, DTypeError, ShapeError
from tinygrad_edu.nn import losses
from tinygrad_edu.views.sources import source
from tinygrad_edu.views.zooming import zoom

REFERENCES = np.load(Path(__file__).parent / "references" / "layers.npz")
INPUTS = loss_inputs()
each_case = pytest.mark.parametrize("name", INPUTS)
each_loss = pytest.mark.parametrize("loss", dict.fromkeys(losses.LOSSES.values()), ids=lambda loss: loss.__name__)
ELEMENTWISE = [losses.sum_of_squares, losses.mean_squared_error, losses.mean_absolute_error, losses.huber,
               losses.binary_crossentropy, losses.hinge]


def loss_named(name):
    """The loss of a case; what follows its name are options and the kind of targets."""
    loss, *words = name.split()
    options = {"from_logits": True} if "logits" in words else {"delta": DELTA} if "delta" in words else {}
    return partial(losses.get(loss), **options)


# -- the same numbers -------------------------------------------------------------------------------------------------


@each_case
def test_values_and_gradients_are_those_of_pytorch(name):
    predictions, targets = INPUTS[name]
    a = tg.Tensor(predictions)
    loss = loss_named(name)(a, targets)
    loss.backward()
    assert loss.shape == ()
    assert_allclose(loss.item(), REFERENCES[f"{name}/out"], rtol=1e-10, atol=1e-10)
    assert_allclose(a.grad.numpy(), REFERENCES[f"{name}/grad"], rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("name", [name for name in INPUTS if "large" not in name])
def test_gradients_are_the_slopes(name):
    predictions, targets = INPUTS[name]
    if "shares" in name or name in ("binary_crossentropy", "categorical_crossentropy labels"):
        if "logits" in name:
            tg.testing.check_grad(lambda a: loss_named(name)(a, targets), predictions)
        else:                                               # along probabilities that still add up to 1
            tg.testing.check_grad(lambda z: loss_named(name)(tg.softmax(z) * 1.0, targets), np.log(predictions))
    else:
        tg.testing.check_grad(lambda a: loss_named(name)(a, targets), predictions)


@each_case
def test_source_gives_the_same_bits_and_zoom_the_same_values(name):
    predictions, targets = INPUTS[name]
    a = tg.Tensor(predictions)
    loss = loss_named(name)(a, targets)
    value, gradients = source(loss).run()
    (g,) = gradients.values()
    assert value == loss.item()
    assert_array_equal(g, tg.gradients(loss, a).numpy())
    zoomed = zoom(loss, max_nodes=None)
    zoomed.backward()
    assert_allclose(zoomed.output.item(), loss.item(), rtol=1e-12)
    assert_allclose(zoomed.gradient(a), g, rtol=1e-10, atol=1e-12)


def test_the_cost_of_the_28_by_28_network_is_summed_over_outputs_and_averaged_over_examples():
    a, y = np.array([[0.2, 0.9], [0.5, 0.5]]), np.array([[0.0, 1.0], [1.0, 0.0]])
    assert losses.sum_of_squares(a, y).item() == pytest.approx((0.04 + 0.01 + 0.25 + 0.25) / 2)


def test_huber_is_half_the_square_near_0_and_a_line_far_from_it():
    a = tg.Tensor([0.5, -3.0])
    loss = losses.huber(a, [0.0, 0.0], delta=2)
    loss.backward()
    assert loss.item() == (0.125 + 2 * (3 - 1)) / 2
    assert_array_equal(a.grad.numpy(), [0.25, -1])          # e / 2 examples, and -delta / 2 examples


@pytest.mark.parametrize(("loss", "expected"), [(losses.mean_absolute_error, 0), (losses.hinge, 0)])
def test_derivatives_at_kinks_are_0(loss, expected):
    a = tg.Tensor([1.0])
    loss(a, [1.0]).backward()
    assert a.grad.tolist() == [expected]


@examples(20)
@given(seed=st.integers(0, 999), n=st.integers(1, 5), k=st.integers(2, 5))
def test_labels_one_hot_logits_and_probabilities_agree(seed, n, k):
    rng = np.random.default_rng(seed)
    z, labels = rng.normal(size=(n, k)) * 3, rng.integers(0, k, n)
    one_hot, a = np.eye(k)[labels], np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    wanted = -np.log(a[np.arange(n), labels]).mean()
    cce = losses.categorical_crossentropy
    for found in (cce(a, labels), cce(a, one_hot), cce(z, labels, from_logits=True), cce(z, one_hot, from_logits=True),
                  cce(tg.softmax(tg.Tensor(z)), labels), cce(z, labels[:, None], from_logits=True),
                  cce(z, tg.Tensor(one_hot), from_logits=True), cce(z, labels.astype(float), from_logits=True)):
        assert found.item() == pytest.approx(wanted, rel=1e-12)


def test_hinge_takes_0_for_minus_1():
    a = np.array([0.5, 2.0, -3.0])
    assert losses.hinge(a, [1, 0, 0]).item() == losses.hinge(a, [1, -1, -1]).item() == (0.5 + 3 + 0) / 3


# -- far from 0 -------------------------------------------------------------------------------------------------------


def test_probabilities_that_come_from_softmax_or_sigmoid_lose_nothing_however_wrong_they_are():
    z = tg.Tensor([[0.0, 800.0]])
    loss = losses.categorical_crossentropy(tg.softmax(z), [0])
    loss.backward()
    assert loss.item() == 800
    assert_array_equal(z.grad.numpy(), [[-1, 1]])
    z = tg.Tensor([800.0, -800.0])
    loss = losses.binary_crossentropy(tg.sigmoid(z), [0, 1])
    loss.backward()
    assert loss.item() == 800
    assert_array_equal(z.grad.numpy(), [0.5, -0.5])


def test_certain_and_right_is_a_loss_of_0_with_a_finite_gradient():
    a = tg.Tensor([1.0, 0.0])
    loss = losses.binary_crossentropy(a, [1, 0])
    loss.backward()
    assert loss.item() == 0
    assert_array_equal(a.grad.numpy(), [-0.5, 0.5])
    b = tg.Tensor([[1.0, 0.0]])
    loss = losses.categorical_crossentropy(b, [0])
    loss.backward()
    assert loss.item() == 0
    assert_array_equal(b.grad.numpy(), [[-1, 0]])


def test_softmax_along_another_axis_is_not_mistaken_for_probabilities_of_classes():
    z = np.log([[1.0, 3.0], [1.0, 1.0]])
    a = tg.softmax(tg.Tensor(z), axis=0)                    # columns add up to 1: (1/2, 3/4), (1/2, 1/4)
    with pytest.raises(ArgumentError, match="predictions of an example add up to 1.25. Expected 1"):
        losses.categorical_crossentropy(a, [0, 1])


# -- targets ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", ELEMENTWISE, ids=lambda loss: loss.__name__)
@pytest.mark.parametrize(("a", "y", "fix"), [
    ((4, 1), (4,), r"Write y\[:, None\] for the targets y, or predictions\[:, 0\]\."),
    ((4,), (4, 1), r"Write y\[..., 0\] for"),
    ((4, 3), (4,), r"If the targets are labels, write tg.one_hot\(targets, 3\)"),
    ((2, 3, 1), (2, 3), r"Write y\[..., None\] for"), ((4, 6), (4, 2, 3), r"Write targets.reshape\(\(4, 6\)\)\."),
    ((4, 2), (4, 3), r"Expected equal shapes\.$"), ((4,), (), r"Expected equal shapes\.$"),
])
def test_predictions_and_targets_never_broadcast(loss, a, y, fix):
    words = rf"{loss.__name__}: got predictions of shape .*{len(a) and a[0]}.* and targets of shape .*{fix}"
    with pytest.raises(ShapeError, match=words):
        loss(np.full(a, 0.5), np.ones(y))


@each_loss
def test_no_examples_are_refused(loss):
    with pytest.raises(ShapeError, match=r"of shape \(0, 2\)"):
        loss(np.ones((0, 2)), np.ones((0, 2)))


def test_whole_numbers_as_predictions_do_not_cut_the_targets():
    assert losses.mean_squared_error(np.array([1, 2]), [1.5, 2.5]).item() == 0.25
    assert losses.mean_squared_error([1, 0], np.array([True, False])).item() == 0


@each_loss
def test_the_loss_has_the_dtype_of_the_predictions(loss):
    a = tg.Tensor(np.array([[0.25, 0.75]], np.float32))
    assert loss(a, np.array([[0.0, 1.0]])).dtype == np.float32


@pytest.mark.parametrize("loss", [*ELEMENTWISE[:5], losses.categorical_crossentropy], ids=lambda loss: loss.__name__)
def test_targets_that_need_a_gradient_get_it(loss):
    tg.testing.check_grad(lambda z: loss(np.array([[0.3, 0.7]]), tg.softmax(z)), np.array([[0.1, -0.4]]))


def test_targets_that_are_constants_stay_so():
    a, y = tg.Tensor([0.5]), tg.asarray([1.0])
    losses.mean_squared_error(a, y).backward()
    assert a.grad.tolist() == [-1]
    assert y.grad is None


@pytest.mark.parametrize(("call", "error", "words"), [
    (lambda a: losses.categorical_crossentropy(a, [0, 3]), ArgumentError, "labels from 0 to 3. Expected 0 to 2"),
    (lambda a: losses.categorical_crossentropy(a, [-1, 0]), ArgumentError, "labels from -1 to 0"),
    (lambda a: losses.categorical_crossentropy(a, [0.5, 1]), DTypeError, "not whole numbers, such as 0.5"),
    (lambda a: losses.categorical_crossentropy(a, [0, math.nan]), DTypeError, "not whole numbers, such as nan"),
    (lambda a: losses.categorical_crossentropy(a, ["cat", "dog"]), DTypeError, "names of classes become labels by"),
    (lambda a: losses.categorical_crossentropy(a, [0, 1, 2]), ShapeError, r"Expected labels of shape \(2,\), or prob"),
    (lambda a: losses.categorical_crossentropy(a, [[1, 1, 0], [1, 0, 0]]), ArgumentError,
     "targets of an example add up to 2. Expected 1. If an example may have several classes, take binary_cross"),
    (lambda a: losses.categorical_crossentropy(a, [[2, -1, 0], [1, 0, 0]]), ArgumentError, "targets go from -1 to 2"),
    (lambda a: losses.categorical_crossentropy(2 * a, [0, 1]), ArgumentError, "add up to 2. .* End the model with"),
    (lambda a: losses.categorical_crossentropy(-a, [0, 1]), ArgumentError, "predictions go from .* from_logits=True"),
    (lambda a: losses.categorical_crossentropy(a[:, :1], [0, 0]), ShapeError, "single class.* binary_crossentropy"),
    (lambda a: losses.categorical_crossentropy(0.5, 0), ShapeError, "with K classes along the last axis"),
    (lambda a: losses.binary_crossentropy(a + 1, a), ArgumentError, "predictions go from .* from_logits=True"),
    (lambda a: losses.binary_crossentropy(a, 4 * a), ArgumentError, "targets go from 1 to 2. Expected 0 to 1"),
    (lambda a: losses.hinge(a, 2 * a), ArgumentError, "Expected -1 or 1 for each, or 0 or 1 for each"),
    (lambda a: losses.hinge([1.0, 1.0, 1.0], [-1, 0, 1]), ArgumentError, "got targets from -1 to 1"),
    (lambda a: losses.huber(a, a, delta=0), ArgumentError, r"huber\(delta\): got 0. Expected a number above 0"),
    (lambda a: losses.mean_squared_error(a, a * 1j), DTypeError, "targets of dtype complex128"),
    (lambda a: losses.mean_squared_error(a, None), ArgumentError, "mean_squared_error: got no targets"),
    (lambda a: losses.categorical_crossentropy(a, None), ArgumentError, "got no targets"),
    (lambda a: losses.get("MSE"), ArgumentError, "Did you mean 'mse'"),
    (lambda a: losses.get("mean_squared"), ArgumentError, "Did you mean 'mean_squared_error'"),
])
def test_what_does_not_fit_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call(np.array([[0.25, 0.25, 0.5], [0.5, 0.25, 0.25]]))


def test_losses_have_names_and_functions_of_ones_own_are_losses():
    assert losses.get("mse") is losses.get("mean_squared_error") is losses.mean_squared_error
    assert losses.get("sum_squared_error") is losses.sum_of_squares
    own = lambda a, y: tg.sum(a - y)
    assert losses.get(own) is own


def test_a_network_learns_with_every_loss():
    x = np.random.default_rng(0).normal(size=(20, 2))
    labels = (x[:, 0] > x[:, 1]).astype(int)
    for loss, y, last in ((losses.sum_of_squares, np.eye(2)[labels], "sigmoid"),
                          (losses.mean_absolute_error, np.eye(2)[labels], "sigmoid"),
                          (losses.huber, np.eye(2)[labels], "sigmoid"), (losses.hinge, 2 * np.eye(2)[labels] - 1, None),
                          (losses.binary_crossentropy, np.eye(2)[labels], "sigmoid"),
                          (losses.categorical_crossentropy, labels, "softmax")):
        model = nn.Sequential([nn.Dense(8, 2, "tanh", seed=0), nn.Dense(2, last, seed=1)])
        opt = tg.optim.Adam(model.parameters(), lr=0.05)
        for _ in range(60):
            opt.zero_grad()
            loss(model(x), y).backward()
            opt.step()
        assert np.mean(model(x).numpy().argmax(axis=1) == labels) >= 0.95


@pytest.mark.parametrize("name", losses.LOSSES)
def test_each_name_of_a_loss_is_also_that_of_a_function(name):
    assert getattr(losses, name) is losses.get(name)


@pytest.mark.parametrize("loss", [losses.binary_crossentropy, losses.categorical_crossentropy])
def test_targets_and_predictions_in_the_order_of_keras_are_noticed(loss):
    y, w = np.array([[0.0, 1.0], [1.0, 0.0]]), tg.Tensor([[1.0, 2.0], [3.0, 1.0]])
    with pytest.raises(ArgumentError, match=r"got labels as predictions.*other way round: \w+\(model\(x\), y\)"):
        loss(y, tg.softmax(w))
    assert np.isfinite(loss(tg.softmax(w), tg.softmax(w)).item())           # both computed, as in distillation
