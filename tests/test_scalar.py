"""The scalar grain: neurons, networks of them, the same on arrays, and neurons that are regressions."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import tinygrad_edu as tg
from tests.references.make_layers import ACTIVATIONS
from tests.registry import examples
from tinygrad_edu import nn
from tinygrad_edu.core.walk import made_from
from tinygrad_edu.errors import AnomalyError, ArgumentError, DTypeError, ShapeError

ONE_BY_ONE = [name for name in ACTIVATIONS if "softmax" not in name]


def test_a_neuron_is_an_activation_of_a_weighted_sum():
    neuron = nn.Neuron(2, "tanh")
    for t, value in zip([*neuron.w, neuron.b], (2.0, -3.0, 0.5), strict=True):
        t.data = value
    y = neuron([1.0, 0.5])
    y.backward()
    assert y.item() == math.tanh(2 * 1 - 3 * 0.5 + 0.5)             # tanh(1)
    slope = 1 - math.tanh(1) ** 2
    assert [t.grad.item() for t in (*neuron.w, neuron.b)] == pytest.approx([slope, slope / 2, slope])
    assert [t.name for t in neuron.parameters()] == ["w0", "w1", "b"]


def test_each_weight_is_a_tensor_of_its_own_and_each_node_says_its_neuron():
    model = nn.MLP(2, [3, 1], seed=0)
    assert all(p.shape == () for p in model.parameters())
    assert len(model.parameters()) == (2 + 1) * 3 + (3 + 1)
    x = tg.variables(a=0.5, b=-1.0)
    out = model(x)
    assert {node.module for node in made_from([out])[0]} == {
        "layers.0.neurons.0", "layers.0.neurons.1", "layers.0.neurons.2", "layers.1.neurons.0"}
    out.backward()
    assert all(t.grad is not None for t in x)


def test_weights_come_from_the_seed():
    a, b, c = (nn.MLP(2, [3, 1], seed=seed).state_dict() for seed in (1, 1, 2))
    assert a == b
    assert a != c
    weights = [float(w) for name, w in nn.Layer(50, 20, seed=0).state_dict().items() if ".w." in name]
    assert -1 <= min(weights) < -0.98 < 0.98 < max(weights) <= 1


@pytest.mark.parametrize("inputs", [
    [0.5, -1], (0.5, -1.0), np.array([0.5, -1.0]), tg.Tensor([0.5, -1.0]), [tg.Tensor(0.5), np.float32(-1)]])
def test_inputs_are_any_numbers_of_the_right_count(inputs):
    model = nn.MLP(2, [3, 1], "tanh", seed=0)
    assert model(inputs).item() == pytest.approx(model([0.5, -1.0]).item())


@pytest.mark.parametrize(("inputs", "words"), [
    ([1.0], r"got \[1.0\], 1 input. Expected 2, each a single number"), ([1.0, 2.0, 3.0], "3 inputs. Expected 2"),
    (5.0, r"got \[5.0\], 1 input"), ([[1.0, 2.0], [3.0, 4.0]], "each a single number.* nn.Dense, or MLP.to_dense"),
    (np.ones((4, 2)), r"got an array of shape \(4, 2\). Expected \(2,\), the inputs of one example"),
    (tg.Tensor([1.0]), r"got an array of shape \(1,\)"), ([np.ones(4)] * 2, "2 inputs. Expected 2, each a single"),
    (["a", "b"], "each a single number"),
])
@pytest.mark.parametrize("who", [nn.Neuron(2, seed=0), nn.Layer(2, 3, seed=0), nn.MLP(2, [3, 1], seed=0)],
                         ids=lambda who: type(who).__name__)
def test_a_wrong_number_of_inputs_is_an_error(who, inputs, words):
    with pytest.raises(ShapeError, match=words):
        who(inputs)


def test_a_neuron_of_one_input_takes_a_number():
    neuron = nn.Neuron(1, seed=0)
    assert neuron(2.0).item() == neuron([2.0]).item() == neuron(tg.Tensor(2.0)).item() == 2 * neuron.w[0].item()


@pytest.mark.parametrize(("call", "words"), [
    (lambda: nn.Neuron(0), "n_inputs: got 0. Expected a whole number"), (lambda: nn.Layer(2, 0), "n_outputs: got 0"),
    (lambda: nn.MLP(2, 16), r"got n_outputs=16. Expected a list .* such as \[16, 16, 1\]"),
    (lambda: nn.MLP(2, []), r"got n_outputs=\[\]"),
    (lambda: nn.Neuron(2, "softmax"), "softmax looks at all neurons of a layer"),
    (lambda: nn.MLP(2, [3], output_activation=tg.log_softmax), "log_softmax looks at all neurons"),
    (lambda: nn.Neuron(2, "sigmoidal"), "Did you mean 'sigmoid'"),
    (lambda: nn.MLP.from_dense(nn.Sequential([nn.Dense(3, 2), nn.Flatten()])), "Expected a Sequential of Dense layers"),
    (lambda: nn.MLP.from_dense(nn.Sequential([nn.Dense(3)])), "that have their parameters"),
    (lambda: nn.MLP.from_dense(nn.Conv2D(3, 3)), "from_dense.model.: got Conv2D"),
    (lambda: nn.MLP.from_dense(nn.Sequential([nn.Dense(3, 2, "softmax")])), "softmax looks at all neurons"),
])
def test_wrong_arguments_are_named(call, words):
    with pytest.raises(ArgumentError, match=words):
        call()


# -- the same on arrays -----------------------------------------------------------------------------------------------


def gradients_of(model):
    """The gradients of an MLP as those of its Dense layers: a matrix and a row for each layer."""
    found = []
    for layer in model.layers:
        found.append(np.array([[w.grad.item() for w in neuron.w] for neuron in layer.neurons]).T)
        found.append(np.array([neuron.b.grad.item() for neuron in layer.neurons]))
    return found


@examples(40)
@given(seed=st.integers(0, 9999), sizes=st.lists(st.integers(1, 4), min_size=2, max_size=4),
       inner=st.sampled_from(ONE_BY_ONE), last=st.sampled_from(ONE_BY_ONE), n=st.integers(1, 3), back=st.booleans())
def test_a_scalar_network_and_dense_layers_with_its_weights_give_the_same(seed, sizes, inner, last, n, back):
    model = nn.MLP(sizes[0], sizes[1:], inner, last, seed=seed)
    for p in model.parameters():
        p.data = p.item() / 2                                       # so that exponentials of exponentials stay small
    dense = model.to_dense()
    if back:
        model = nn.MLP.from_dense(dense)
    x = np.random.default_rng(seed).normal(size=(n, sizes[0]))
    scalars = [model(row) for row in x]
    scalars = [each if isinstance(each, list) else [each] for each in scalars]
    slopes = np.cos(np.arange(n * sizes[-1])).reshape(n, -1)
    sum(out * slope for row, of_row in zip(scalars, slopes, strict=True)
        for out, slope in zip(row, of_row, strict=True)).backward()
    arrays = dense(x)
    tg.sum(arrays * slopes).backward()
    assert_allclose([[out.item() for out in row] for row in scalars], arrays.numpy(), rtol=1e-10, atol=1e-12)
    for found, p in zip(gradients_of(model), dense.parameters(), strict=True):
        assert_allclose(found, p.grad.numpy(), rtol=1e-9, atol=1e-11)


def test_there_and_back_changes_no_bit():
    model = nn.MLP(3, [4, 2], "relu", "sigmoid", seed=0)
    back = nn.MLP.from_dense(model.to_dense())
    assert back.state_dict() == model.state_dict()
    assert [neuron.activation for neuron in back.layers[1].neurons] == [tg.sigmoid] * 2


def test_conversions_copy_and_draw_no_random_numbers():
    tg.random.seed(0)
    first = tg.random.uniform(1).item()
    model = nn.MLP(3, [4, 2], seed=0)
    tg.random.seed(0)
    dense = model.to_dense()
    nn.MLP.from_dense(dense)
    assert tg.random.uniform(1).item() == first
    before = dense(np.ones((1, 3))).numpy()
    model.layers[0].neurons[0].w[0].data = 9.0
    assert_array_equal(dense(np.ones((1, 3))).numpy(), before)


def test_dense_layers_without_bias_and_behind_an_input_become_neurons():
    dense = nn.Sequential([nn.Input(3), nn.Dense(2, use_bias=False, seed=0)])
    assert [out.item() for out in nn.MLP.from_dense(dense)([1.0, 2.0, 3.0])] == pytest.approx(
        dense([[1.0, 2.0, 3.0]]).numpy()[0])


def test_activations_are_those_of_each_layer():
    model = nn.MLP(2, [3, 1], seed=0)
    first, second = model.activations([0.5, -1.0])
    assert (len(first), len(second)) == (3, 1)
    assert second[0].item() == model([0.5, -1.0]).item()


# -- neurons that are regressions -------------------------------------------------------------------------------------


def test_the_linear_neuron_finds_the_line():
    x = np.linspace(-2, 5, 30)
    neuron = nn.LinearRegressionNeuron(seed=0).fit(x, 3 * x - 2)
    assert (neuron.w[0].item(), neuron.b.item()) == pytest.approx((3, -2), abs=1e-6)
    assert_allclose(neuron.predict([10.0]), [28], atol=1e-4)
    assert neuron(10.0).item() == pytest.approx(28, abs=1e-4)
    assert neuron.losses[-1] < 1e-9 < neuron.losses[0]


@examples(15)
@given(seed=st.integers(0, 999), n=st.integers(1, 3))
def test_the_linear_neuron_finds_the_least_squares(seed, n):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(20, n)), rng.normal(size=20)
    neuron = nn.LinearRegressionNeuron(n, seed=seed).fit(x, y, epochs=3000)
    wanted = np.linalg.lstsq(np.column_stack([x, np.ones(20)]), y)[0]
    assert_allclose([w.item() for w in [*neuron.w, neuron.b]], wanted, atol=1e-5)


def test_the_linear_neuron_explains_diabetes_as_well_as_scikit_learn():
    datasets, models = pytest.importorskip("sklearn.datasets"), pytest.importorskip("sklearn.linear_model")
    x, y = datasets.load_diabetes(return_X_y=True)
    neuron = nn.LinearRegressionNeuron(10, seed=0).fit(x, y)
    r2 = 1 - np.sum((y - neuron.predict(x)) ** 2) / np.sum((y - y.mean()) ** 2)
    assert r2 == pytest.approx(models.LinearRegression().fit(x, y).score(x, y), abs=0.01)


def test_the_logistic_neuron_has_the_weights_of_scikit_learn():
    models = pytest.importorskip("sklearn.linear_model")
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 5))
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    y = (x @ [1.0, -2.0, 0.5, 0.0, 1.5] + rng.logistic(size=300) > 0.3).astype(int)
    neuron = nn.LogisticRegressionNeuron(5, seed=0).fit(x, y)
    wanted = models.LogisticRegression(C=np.inf, tol=1e-10, max_iter=10_000).fit(x, y)
    assert_allclose([w.item() for w in neuron.w], wanted.coef_[0], atol=1e-3)
    assert neuron.b.item() == pytest.approx(wanted.intercept_[0], abs=1e-3)
    assert_allclose(neuron.predict(x), wanted.predict_proba(x)[:, 1], atol=1e-3)


def test_the_logistic_neuron_stays_finite_where_classes_can_be_parted():
    neuron = nn.LogisticRegressionNeuron(seed=0).fit([-1000.0, 1000.0], [0, 1], epochs=200)
    assert_allclose(neuron.predict([-1000.0, 1000.0]), [0, 1], atol=1e-3)


@pytest.mark.parametrize(("call", "error", "words"), [
    (lambda: nn.LinearRegressionNeuron(2).fit(np.ones((5, 3)), np.ones(5)), ShapeError, r"got x of shape \(5, 3\)"),
    (lambda: nn.LinearRegressionNeuron(2).fit(np.ones((5, 2)), np.ones((5, 1))), ShapeError,
     r"5 examples and y of shape \(5, 1\). Expected \(5,\)"),
    (lambda: nn.LinearRegressionNeuron(2).predict(np.ones((0, 2))), ShapeError, r"Expected \(N, 2\)"),
    (lambda: nn.LogisticRegressionNeuron().fit([1.0, 2.0], [1, 2]), ArgumentError, "got targets from 1 to 2"),
    (lambda: nn.LinearRegressionNeuron().fit([1.0, 2.0], [1, 2], epochs=0), ArgumentError, "epochs: got 0"),
    (lambda: nn.LinearRegressionNeuron().fit([1.0, 2.0], [1, 2], lr=-1), ArgumentError, "lr: got -1"),
    (lambda: nn.LinearRegressionNeuron().fit([1.0, math.nan], [1, 2]), ArgumentError, "not finite"),
    (lambda: nn.LinearRegressionNeuron().fit(["tall", "small"], [1, 2]), DTypeError, "x has dtype <U5"),
    (lambda: nn.LinearRegressionNeuron().fit([1.0, 2.0], [1, 2], lr=1e6), AnomalyError, "Leave lr out for one that"),
])
def test_what_cannot_be_fitted_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_options_that_a_neuron_does_not_have_are_refused():
    with pytest.raises(TypeError, match="epoch"):
        nn.LinearRegressionNeuron().fit([1.0], [1.0], epoch=10)


def test_a_neuron_that_can_predict_says_so_when_it_gets_many_examples():
    with pytest.raises(ShapeError, match=r"LogisticRegressionNeuron: got an array.* write predict\(x\)"):
        nn.LogisticRegressionNeuron(2, seed=0)(np.ones((4, 2)))
    with pytest.raises(TypeError, match=r'Neuron\(nonlin=False\).*Write activation="relu" or "linear"'):
        nn.Neuron(2, nonlin=False)
