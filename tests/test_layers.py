"""Layers: the numbers of PyTorch, right gradients, shapes that are learnt, one dtype, and errors in words."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import tinygrad_edu as tg
from tests.references.make_layers import ACTIVATIONS, EPS, KERNEL, PADDINGS, layer_inputs, slopes
from tests.registry import examples
from tinygrad_edu import nn
from tinygrad_edu.core.walk import made_from
from tinygrad_edu.views.sources import source
from tinygrad_edu.views.zooming import zoom

REFERENCES = np.load(Path(__file__).parent / "references" / "layers.npz")
INPUTS = layer_inputs()
LAYERS = {
    **{f"Dense {name}": lambda name=name: nn.Dense(3, 4, name) for name in ACTIVATIONS},
    **{f"Conv2D {p} {s}": lambda p=p, s=s: nn.Conv2D(4, KERNEL, s, p, input_shape=(7, 6, 3)) for p, s in PADDINGS},
    **{f"MaxPool2D {p} {s}": lambda p=p, s=s: nn.MaxPool2D(KERNEL, s, p) for p, s in PADDINGS},
    **{f"AvgPool2D {p} {s}": lambda p=p, s=s: nn.AvgPool2D(KERNEL, s, p) for p, s in PADDINGS},
    "GlobalAvgPool2D": nn.GlobalAvgPool2D,
    "BatchNorm train": lambda: nn.BatchNorm(eps=EPS, input_shape=4),
    "BatchNorm train images": lambda: nn.BatchNorm(eps=EPS, input_shape=4),
    "BatchNorm eval": lambda: nn.BatchNorm(eps=EPS, input_shape=4).eval(),
    "SimpleRNN last": lambda: nn.SimpleRNN(4, input_shape=(5, 3)),
    "SimpleRNN all": lambda: nn.SimpleRNN(4, return_sequences=True, input_shape=(5, 3)),
    "Residual": lambda: nn.Residual(nn.Dense(4, 4, "tanh")),
}
each_layer = pytest.mark.parametrize("name", LAYERS)


def made(name, **replaced):
    """The layer of a case with the weights of the references, and its parameters by their names."""
    layer = LAYERS[name]()
    inner = layer.layer if isinstance(layer, nn.Residual) else layer
    given = {**INPUTS[name], **replaced}
    for key in given.keys() - {"x"}:
        if isinstance(given[key], tg.Tensor):
            setattr(inner, key, given[key])
        else:
            getattr(inner, key).data = given[key]
    return layer, {key: getattr(inner, key) for key in INPUTS[name] if key != "x"}


def loss_of(out):
    return tg.sum(out * slopes(out.shape))


# -- the same numbers -------------------------------------------------------------------------------------------------


@each_layer
def test_values_and_gradients_are_those_of_pytorch(name):
    layer, parameters = made(name)
    x = tg.Tensor(INPUTS[name]["x"])
    out = layer(x)
    loss_of(out).backward()
    assert_allclose(out.numpy(), REFERENCES[f"{name}/out"], rtol=1e-10, atol=1e-10)
    for key, t in {"x": x, **parameters}.items():
        if "running" in key:
            assert_allclose(t.numpy(), REFERENCES[f"{name}/{key}"], rtol=1e-10, atol=1e-10)
        else:
            assert_allclose(t.grad.numpy(), REFERENCES[f"{name}/{key} grad"], rtol=1e-10, atol=1e-10)


@each_layer
def test_gradients_are_the_slopes(name):
    def of_all(x, *tensors):
        layer, _ = made(name, **dict(zip(names, tensors, strict=True)))
        return layer(x)

    given = INPUTS[name]
    names = [key for key in given if key != "x" and "running" not in key]
    tg.testing.check_grad(of_all, given["x"], *(given[key] for key in names))


@each_layer
def test_source_gives_the_same_bits_and_zoom_the_same_values(name):
    layer, _ = made(name)
    x = INPUTS[name]["x"]
    x = tg.Tensor(x[:1, :3, :3] if x.ndim == 4 else x[:2])
    out = loss_of(layer(x))
    value, gradients = source(out).run()
    expected = tg.gradients(out, x)
    assert value == out.item()
    assert any(np.array_equal(expected.data, g) for g in gradients.values())
    zoomed = zoom(out, max_nodes=None)
    zoomed.backward()
    assert_allclose(zoomed.output.item(), out.item(), rtol=1e-12, atol=1e-12)
    assert_allclose(zoomed.gradient(x), expected.numpy(), rtol=1e-10, atol=1e-10)


@each_layer
def test_raw_arrays_and_tensors_give_the_same(name):
    layer, _ = made(name)
    x = INPUTS[name]["x"]
    layer.eval()
    raw, recorded = layer(x), layer(tg.Tensor(x))
    assert_array_equal(getattr(raw, "data", raw), recorded.numpy())


@each_layer
def test_a_model_in_float32_computes_in_float32_whatever_it_is_given(name, float32):
    layer, _ = made(name)
    x = INPUTS[name]["x"]
    for each in (x, tg.Tensor(x), x.astype(np.float16), x.tolist()):
        out = layer(each)
        assert out.dtype == np.float32
    assert_allclose(out.numpy() if isinstance(out, tg.Tensor) else out, REFERENCES[f"{name}/out"], rtol=2e-4, atol=2e-4)
    assert {p.dtype for p in layer.parameters()} <= {np.dtype(np.float32)}


@pytest.fixture
def float32():
    nn.set_default_dtype("float32")
    yield
    nn.set_default_dtype("float64")


def test_average_pooling_counts_only_what_lies_in_the_image():
    """The example in Keras' documentation of AveragePooling2D."""
    x = np.arange(1.0, 10.0).reshape(1, 3, 3, 1)
    out = nn.AvgPool2D(2, 1, "same")(x)
    assert_array_equal(out[0, :, :, 0], [[3, 4, 4.5], [6, 7, 7.5], [7.5, 8.5, 9]])


@examples(30)
@given(shape=st.tuples(st.integers(1, 9), st.integers(1, 9)), size=st.integers(1, 4), strides=st.integers(1, 4),
       kind=st.sampled_from([nn.MaxPool2D, nn.AvgPool2D, lambda *given: nn.Conv2D(2, *given)]))
def test_same_padding_gives_a_window_for_every_stride(shape, size, strides, kind):
    x = -np.ones((1, *shape, 1))
    out = kind(size, strides, "same")(x)
    assert out.shape[1:3] == tuple(-(-n // strides) for n in shape)
    if out.shape[3] == 1:                                   # and a border never counts
        assert_allclose(getattr(out, "data", out), -1, rtol=1e-12)


def test_a_border_is_no_anomaly():
    with tg.detect_anomaly():
        out = nn.MaxPool2D(2, padding="same")(tg.Tensor(-np.ones((1, 3, 3, 1))))
    assert_array_equal(out.numpy(), -np.ones((1, 2, 2, 1)))


def test_two_dense_layers_without_activation_are_one():
    rng = np.random.default_rng(0)
    two = nn.Sequential([nn.Dense(5, 4, bias_initializer="normal"), nn.Dense(3, bias_initializer="normal")])
    (w1, b1, w2, b2), x = (p.numpy() for p in two.parameters()), rng.normal(size=(6, 4))
    one = nn.Dense(3, 4)
    one.weight.data, one.bias.data = w1 @ w2, b1 @ w2 + b2
    assert_allclose(two(x).numpy(), one(x).numpy(), rtol=1e-13, atol=1e-13)


# -- Dense, Sequential, Residual --------------------------------------------------------------------------------------


def test_second_argument_of_dense_is_an_activation_or_a_shape():
    assert nn.Dense(3, "relu").activation is nn.Dense(3, tg.relu).activation is tg.relu
    assert nn.Dense(3, 4).weight.shape == nn.Dense(3, (4,)).weight.shape == nn.Dense(3, np.int64(4)).weight.shape
    assert nn.Dense(3, (28, 4), "tanh").weight.shape == (4, 3)
    for wrong in (2.5, True, 0, -1, [4], (4, 0), b"relu"):
        with pytest.raises(tg.errors.ArgumentError, match="input_shape: got .* Expected a positive whole number"):
            nn.Dense(3, wrong)
    with pytest.raises(tg.errors.ArgumentError, match="got two activations"):
        nn.Dense(3, "relu", "tanh")


def test_dense_without_bias_has_only_weights():
    layer = nn.Dense(3, 4, use_bias=False)
    assert [name for name, _ in layer.named_parameters()] == ["weight"]
    assert_array_equal(layer(np.eye(4)).numpy(), layer.weight.numpy())


@pytest.mark.parametrize("units", [0, -3, 2.0, "16", None, True])
def test_a_number_of_units_is_a_positive_whole_number(units):
    with pytest.raises(tg.errors.ArgumentError, match=r"Dense\(units\): got .*. Expected a whole number of at least 1"):
        nn.Dense(units)


def test_only_the_first_layer_needs_a_shape_or_none_if_the_model_is_called():
    eager = nn.Sequential([nn.Dense(5, 4), nn.Dense(3)])
    behind_input = nn.Sequential(nn.Input(4), nn.Dense(5), nn.Dense(3))
    nested = nn.Sequential(nn.Sequential([nn.Dense(5, 4)]), nn.Residual(nn.Dense(5)), nn.Dense(3))
    of_lambda = nn.Sequential(nn.Lambda(lambda x: x * 2, input_shape=4), nn.Dense(3))
    for model in (eager, behind_input, nested, of_lambda):
        assert model[-1].built
        assert model(np.ones((2, 4))).shape == (2, 3)
    lazy = nn.Sequential([nn.Dense(5), nn.Dense(3)])
    assert lazy.parameters() == []
    assert not lazy[-1].built
    lazy(np.ones((2, 4)))
    assert [p.shape for p in lazy.parameters()] == [(4, 5), (5,), (5, 3), (3,)]
    assert lazy.input_shape == (4,)
    of_a_list = nn.Sequential([nn.Dense(3)])
    of_a_list([[1.0, 2.0]])
    assert of_a_list.input_shape == (2,)


def test_a_layer_that_is_appended_is_built_if_the_input_is_known():
    model = nn.Sequential()
    model.append(nn.Dense(5, 4))
    model.append(nn.Dense(3))
    assert len(model.parameters()) == 4
    assert len(model) == 2


def test_sequential_is_a_list_of_layers():
    model = nn.Sequential([nn.Dense(5, 4), nn.Dense(3), tg.sigmoid])
    assert isinstance(model[2], nn.Lambda)
    assert list(model) == [model[0], model[1], model[2]]
    assert model[:2].parameters()[0] is model[0].weight
    assert model[1:](model[0](np.ones((1, 4)))).data == pytest.approx(model(np.ones((1, 4))).data)


@pytest.mark.parametrize(("call", "words"), [
    (lambda: nn.Sequential([nn.Dense]), r"got the class Dense. Expected a layer: Dense\(...\)"),
    (lambda: nn.Sequential([nn.Dense(3), 16]), "got 16. Expected layers"),
    (lambda: nn.Sequential(16), "got 16. Expected layers"),
    (lambda: nn.Residual([nn.Dense(3), "relu"]), "got 'relu'. Expected layers"),
    (lambda: nn.Lambda("relu"), "Lambda.function.: got 'relu'. Expected a function"),
])
def test_what_is_not_a_layer_is_refused(call, words):
    with pytest.raises(tg.errors.ArgumentError, match=words):
        call()


def test_residual_adds_its_input():
    layer = nn.Residual([nn.Dense(8, activation="relu"), nn.Dense(4, kernel_initializer="zeros")])
    x = np.random.default_rng(0).normal(size=(3, 4))
    assert_array_equal(layer(x).numpy(), x)
    assert next(name for name, _ in layer.named_parameters()) == "layer.layers.0.weight"


def test_residual_with_a_shortcut_may_change_the_shape():
    layer = nn.Residual(nn.Dense(3, kernel_initializer="zeros"), shortcut=lambda x: x[:, :3])
    assert_array_equal(layer(np.eye(4)).numpy(), np.eye(4)[:, :3])
    with pytest.raises(tg.errors.ShapeError, match=r"the layer gives shape \(4, 3\), and its input has \(4, 4\)"):
        nn.Residual(nn.Dense(3))(np.eye(4))
    with pytest.raises(tg.errors.ShapeError, match=r"and the shortcut gives \(4, 2\)"):
        nn.Residual(nn.Dense(3), nn.Dense(2))(np.eye(4))


def test_residual_does_not_broadcast():
    with pytest.raises(tg.errors.ShapeError, match=r"gives shape \(4, 1\)"):
        nn.Residual(nn.Dense(1))(np.eye(4))


def test_activations_are_what_each_layer_gives():
    model = nn.Sequential([nn.Input(4), nn.Dense(5, "relu"), nn.Residual([nn.Dense(5), nn.Dense(5)]), nn.Dense(3)])
    x = np.random.default_rng(0).normal(size=(2, 4))
    a = model.activations(x)
    assert [each.shape for each in a] == [(2, 5), (2, 5), (2, 3)]
    assert_array_equal(a[0].numpy(), model[1](x).numpy())
    assert_array_equal(a[-1].numpy(), model(x).numpy())
    assert {node.module for node in made_from([a[0]])[0]} == {"layers.1"}


def test_activations_of_a_layer_that_is_used_twice_are_two():
    shared = nn.Dense(4, 4)
    assert len(nn.Sequential([shared, shared]).activations(np.eye(4))) == 2


# -- those that train differently -------------------------------------------------------------------------------------


def test_dropout_drops_and_scales_while_training_and_is_nothing_afterwards():
    layer, x = nn.Dropout(0.25, seed=3), np.random.default_rng(0).normal(size=(400, 5))
    kept = np.random.default_rng(3).random(x.shape) >= 0.25
    t = tg.Tensor(x)
    out = layer(t)
    loss_of(out).backward()
    assert_array_equal(out.numpy(), x * (kept / 0.75))
    assert_array_equal(t.grad.numpy(), slopes(x.shape) * (kept / 0.75))
    assert 0.7 < kept.mean() < 0.8
    assert layer.eval()(x) is x


def test_dropout_without_a_seed_draws_from_the_library_generator():
    tg.random.seed(5)
    a = nn.Dropout(0.5)(np.ones(50))
    tg.random.seed(5)
    assert_array_equal(nn.Dropout(0.5)(np.ones(50)), a)


def test_batch_norm_normalises_in_training_and_remembers():
    layer, x = nn.BatchNorm(momentum=0.5, eps=1e-12), np.random.default_rng(0).normal(3, 2, (50, 4))
    out = layer(x).numpy()
    assert_allclose(out.mean(axis=0), 0, atol=1e-12)
    assert_allclose(out.var(axis=0), 1, rtol=1e-9)
    assert_allclose(layer.running_mean.numpy(), 0.5 * x.mean(axis=0))
    assert_allclose(layer.running_variance.numpy(), 0.5 + 0.5 * x.var(axis=0))
    before = layer.running_mean.numpy()
    layer.eval()(x)
    assert_array_equal(layer.running_mean.numpy(), before)
    assert [name for name, _ in layer.named_buffers()] == ["running_mean", "running_variance"]


def test_batch_norm_does_not_broadcast():
    layer = nn.BatchNorm(input_shape=5)
    with pytest.raises(tg.errors.ShapeError, match=r"BatchNorm: got x of shape \(3, 1\). Expected a last axis of 5"):
        layer(np.ones((3, 1)))


def test_rnn_weights_with_one_seed_are_not_the_same_numbers():
    layer = nn.SimpleRNN(3, input_shape=(5, 3), recurrent_initializer="glorot_uniform", seed=0)
    assert not np.any(layer.weight.numpy() == layer.recurrent_weight.numpy())


# -- shapes, dtypes and values that do not fit ------------------------------------------------------------------------


@pytest.mark.parametrize(("layer", "shape", "words"), [
    (nn.Dense(3, 4), (2, 5), r"Dense: got x of shape \(2, 5\). Expected a last axis of 4"),
    (nn.Dense(3), (4,), r"Dense: got examples that are single numbers, of shape \(\). .* write x\[:, None\]"),
    (nn.Dense(3), (), r"Dense: got a single number. Expected examples along the first axis"),
    (nn.Flatten(), (), "Flatten: got a single number"),
    (nn.BatchNorm(), (4,), "BatchNorm: got examples that are single numbers"),
    (nn.Conv2D(8, 3), (28, 28), r"Conv2D: got examples of shape \(28,\). Expected \(height, width, channels\) for"),
    (nn.Conv2D(8, 3), (2, 28, 28), r"and so inputs \(N, height, width, channels\). A single channel is added by x"),
    (nn.Conv2D(8, 3, input_shape=(8, 8, 1)), (2, 8, 8, 3), r"Expected \(N, height, width, 1\)"),
    (nn.Conv2D(8, 3), (2, 2, 8, 1), r"Expected at least \d×\d, the size of the window"),
    (nn.MaxPool2D(), (28, 28), r"MaxPool2D: got examples of shape \(28,\)"),
    (nn.MaxPool2D(3), (1, 2, 2, 1), r"Expected at least \d×\d, the size of the window"),
    (nn.GlobalAvgPool2D(), (2, 3), "GlobalAvgPool2D: got examples"),
    (nn.SimpleRNN(4), (2, 3), r"SimpleRNN: got examples of shape \(3,\). .* inputs \(N, steps, features\)"),
    (nn.SimpleRNN(4, input_shape=(5, 3)), (2, 5, 4), r"Expected \(N, steps, 3\)"),
    (nn.SimpleRNN(4), (2, 0, 3), "with at least one step"),
    (nn.Reshape((3, 3)), (2, 8), r"have 8 numbers. Expected as many as \(3, 3\) has: 9"),
    (nn.Reshape((3, -1)), (2, 8), "a multiple of 3"),
    (nn.Input((28, 28)), (2, 784), r"Input: got examples of shape \(784,\), expected \(28, 28\)"),
])
def test_wrong_shapes_are_named(layer, shape, words):
    with pytest.raises(tg.errors.ShapeError, match=words):
        layer(np.ones(shape))
    assert layer.built or layer.parameters() == []          # nothing was made from a wrong input


def test_an_error_inside_a_model_names_the_layer():
    model = nn.Sequential([nn.Dense(5, 4)])
    model.layers.append(nn.Sequential([nn.Dense(3), nn.Conv2D(2, 3)]))
    with pytest.raises(tg.errors.ShapeError) as caught:
        model(np.ones((2, 4)))
    assert caught.value.__notes__ == ["in layers.1.layers.1, which is Conv2D(2, (3, 3))"]


@pytest.mark.parametrize(("call", "words"), [
    (lambda: nn.Conv2D(8, 2.5), "kernel_size: got 2.5. Expected a whole number of at least 1, or two of them"),
    (lambda: nn.Conv2D(8, (3, 3, 3)), r"kernel_size: got \(3, 3, 3\)"),
    (lambda: nn.Conv2D(8, 3, strides=0), "strides: got 0"),
    (lambda: nn.Conv2D(8, 3, padding="full"), """padding: got 'full'. Expected "valid" or "same"."""),
    (lambda: nn.Conv2D(0, 3), r"Conv2D\(filters\): got 0"),
    (lambda: nn.MaxPool2D("2"), "pool_size: got '2'"),
    (lambda: nn.Dropout(1.0), r"Dropout\(rate\): got 1.0. Expected a number from 0 to below 1"),
    (lambda: nn.Dropout("half"), r"Dropout\(rate\): got 'half'"),
    (lambda: nn.BatchNorm(momentum=2), r"BatchNorm\(momentum\): got 2"),
    (lambda: nn.BatchNorm(eps=0), r"BatchNorm\(eps\): got 0. Expected a number above 0"),
    (lambda: nn.Reshape((-1, -1)), r"Reshape\(shape\): got \(-1, -1\)"),
    (lambda: nn.Reshape("28"), r"Reshape\(shape\): got '28'"),
    (lambda: nn.Input((0,)), r"Input\(shape\): got \(0,\)"),
    (lambda: nn.SimpleRNN(0), r"SimpleRNN\(units\): got 0"),
    (lambda: nn.Dense(3, activation="rleu"), "activation: got 'rleu'. Did you mean 'relu'?"),
    (lambda: nn.Dense(3, kernel_initializer="he"), "initializer: got 'he'"),
    (lambda: nn.Dense(3, 4, kernel_initializer=nn.initializers.normal), r"such as normal\(0.1\)"),
    (lambda: nn.Dense(3, 4, bias_initializer=lambda shape, rng: np.ones((1, 3))), "initializer of bias gave shape"),
    (lambda: nn.Dense(3, 4, kernel_initializer=np.ones((4, 3))), "initializer: got array"),
    (lambda: nn.Dense(3, 4, kernel_initializer=lambda shape: np.ones(shape)), "initializer of weight was called with"),
    (lambda: nn.Dense(3, nn.Dense), "activation: got <class"),
    (lambda: nn.Dense(3, "ReLU"), "Did you mean 'relu'"),
    (lambda: nn.initializers.constant("small"), r"constant\(value\): got 'small'"),
    (lambda: nn.initializers.get(float("nan")), r"constant\(value\): got nan"),
    (lambda: nn.BatchNorm(input_shape=4)(np.ones((0, 4))), r"BatchNorm: got x of shape \(0, 4\)"),
    (lambda: nn.set_default_dtype("int64"), "set_default_dtype: got 'int64'"),
    (lambda: nn.set_default_dtype("flaot"), "set_default_dtype: got 'flaot'"),
    (lambda: nn.set_default_dtype(None), "set_default_dtype: got None"),
    (lambda: nn.Parameter("one"), r"Parameter\(data\) has dtype <U3"),
    (lambda: nn.Parameter(None), r"Parameter\(data\)"),
    (lambda: nn.Parameter(1.0, dtype=int), r"Parameter\(dtype\): got <class 'int'>"),
    (lambda: nn.Parameter(2 * tg.Tensor([1.0])), "its graph would be lost"),
    (lambda: nn.activations.gallery(["relu"], columns=0), r"gallery\(columns\): got 0"),
    (lambda: nn.functional_call(nn.Dense(3, 4), {"weight": np.ones(3)}, np.ones((2, 4))), r"Expected \(4, 3\)"),
    (lambda: nn.Sequential([nn.Dense(3)]).summary("784"), r"summary\(input_shape\): got '784'"),
])
def test_wrong_arguments_are_named(call, words):
    with pytest.raises(tg.errors.TinygradEduError, match=words):
        call()


@pytest.mark.parametrize(("x", "error"), [
    (["a", "b"], tg.errors.DTypeError), (np.ones((2, 4), complex), tg.errors.DTypeError),
    ([[1.0, 2.0], [3.0]], tg.errors.ShapeError), (None, tg.errors.DTypeError),
])
def test_what_is_not_numbers_is_refused(x, error):
    with pytest.raises(error):
        nn.Dense(3)(x)


def test_integers_and_pixels_become_the_dtype_of_the_model():
    layer = nn.Dense(3, 4, seed=0)
    x = np.arange(8, dtype=np.uint8).reshape(2, 4)
    assert_array_equal(layer(x).numpy(), layer(x.astype(float)).numpy())
    assert_array_equal(layer(tg.Tensor(x)).numpy(), layer(x.astype(float)).numpy())


def test_a_list_of_tensors_is_a_recorded_batch():
    rows = [tg.Tensor(np.ones(4)), tg.Tensor(np.zeros(4))]
    tg.sum(nn.Dense(3, 4)(rows)).backward()
    assert rows[0].grad is not None


def test_a_gradient_flows_back_through_the_conversion_to_the_model_dtype(float32):
    layer, x = nn.Dense(3, 4, kernel_initializer=2.0), tg.Tensor(np.ones((2, 4)))
    tg.sum(layer(x)).backward()
    assert x.grad.dtype == np.float64
    assert_array_equal(x.grad.numpy(), np.full((2, 4), 6.0))


def test_the_default_dtype_holds_for_layers_that_are_made_after_it_was_set(float32):
    assert nn.default_dtype() == np.float32
    layer = nn.Dense(3, 4)
    nn.set_default_dtype("float64")
    assert layer(np.ones((1, 4))).dtype == np.float32
    assert nn.Dense(3, 4).weight.dtype == np.float64


# -- first values -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "variance"), [
    ("glorot_uniform", 2 / (300 + 200)), ("glorot_normal", 2 / (300 + 200)), ("he_uniform", 2 / 300),
    ("he_normal", 2 / 300), ("lecun_uniform", 1 / 300), ("lecun_normal", 1 / 300), ("uniform", 0.1**2 / 12),
    ("normal", 0.05**2), ("zeros", 0.0), ("ones", 0.0),
])
def test_initializers_have_the_variance_of_their_papers(name, variance):
    w = nn.initializers.get(name)((300, 200), np.random.default_rng(0))
    assert w.var() == pytest.approx(variance, rel=0.02)
    assert w.mean() == pytest.approx(float(name == "ones"), abs=4 * np.sqrt(variance / w.size))
    if name.endswith("uniform"):
        assert np.abs(w).max() <= np.sqrt(3 * variance)


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (3, 3, 2, 5)])
def test_orthogonal_columns_or_rows_have_length_one_at_right_angles(shape):
    w = nn.initializers.orthogonal(shape, np.random.default_rng(0)).reshape(-1, shape[-1])
    w = w if w.shape[0] >= w.shape[1] else w.T
    assert_allclose(w.T @ w, np.eye(w.shape[1]), atol=1e-12)
    with pytest.raises(tg.errors.ArgumentError, match="at least two axes"):
        nn.initializers.orthogonal((3,), np.random.default_rng(0))


def test_all_orthogonal_rotations_are_equally_likely():
    first = [nn.initializers.orthogonal((2, 2), np.random.default_rng(seed))[0, 0] for seed in range(400)]
    assert abs(np.mean(first)) < 0.1                        # QR alone would favour one sign


def test_filters_count_the_pixels_of_their_window_as_inputs():
    w = nn.Conv2D(64, 3, kernel_initializer="he_normal", input_shape=(8, 8, 32), seed=0).weight.numpy()
    assert w.var() == pytest.approx(2 / (3 * 3 * 32), rel=0.03)


def test_an_initializer_may_be_a_number_a_function_or_made_for_the_purpose():
    rng = np.random.default_rng
    assert_array_equal(nn.Dense(2, 3, kernel_initializer=0.5).weight.numpy(), np.full((3, 2), 0.5))
    assert_array_equal(nn.Dense(2, 3, bias_initializer=nn.initializers.constant(7)).bias.numpy(), [7, 7])
    assert_array_equal(nn.Dense(2, 3, kernel_initializer=lambda shape, rng: rng.random(shape), seed=1).weight.numpy(),
                       rng(1).random((3, 2)))
    w = nn.initializers.uniform(2, 3)((1000,), rng(0))
    assert 2 <= w.min() < 2.1
    assert 2.9 < w.max() <= 3
    for wrong in (lambda: nn.initializers.uniform(3, 2), lambda: nn.initializers.normal(-1)):
        with pytest.raises(tg.errors.ArgumentError):
            wrong()


def test_selu_gets_the_weights_that_its_paper_asks_for():
    w = nn.Dense(200, 300, "selu", seed=0).weight.numpy()
    assert w.var() == pytest.approx(1 / 300, rel=0.02)
    assert nn.Dense(200, 300, "relu", seed=0).weight.numpy().var() == pytest.approx(2 / 500, rel=0.02)
    assert_array_equal(nn.Dense(2, 3, "selu", kernel_initializer="ones").weight.numpy(), np.ones((3, 2)))
    x = np.random.default_rng(0).normal(size=(200, 300))
    out = nn.Sequential([nn.Dense(300, "selu", seed=i) for i in range(8)])(x).numpy()
    assert abs(out.mean()) < 0.1
    assert 0.8 < out.var() < 1.2


def test_seeds_fix_all_weights_and_the_library_seed_the_others():
    def weights(**given):
        return [p.numpy() for p in nn.Sequential([nn.Dense(5, 4, **given), nn.SimpleRNN(3, **given)][:1]).parameters()]

    for a, b in zip(weights(seed=3), weights(seed=3), strict=True):
        assert_array_equal(a, b)
    tg.random.seed(1)
    a = weights()
    tg.random.seed(1)
    assert_array_equal(weights()[0], a[0])
    assert np.any(weights()[0] != a[0])
    rng = np.random.default_rng(0)                          # a generator goes on where it stands
    assert np.any(nn.Dense(5, 4, seed=rng).weight.numpy() != nn.Dense(5, 4, seed=rng).weight.numpy())


@pytest.mark.parametrize("depth", [1, 2])
def test_a_dropout_with_a_seed_drops_the_same_when_a_checkpoint_runs_it_again(depth):
    def network():
        return nn.Sequential([nn.Dense(6, 4, "tanh", seed=0), nn.Dropout(0.5, seed=3), nn.Dense(1, seed=1)])

    def gradient(wrap):
        model, x = network(), np.ones((3, 4))
        f = model
        for _ in range(depth if wrap else 0):
            f = tg.checkpoint(f)
        tg.sum(f(x) * f(x)).backward()                                  # two masks, one after the other
        return model[0].weight.grad.numpy(), model(x).numpy()           # and the next one is not touched

    for ours, expected in zip(gradient(True), gradient(False), strict=True):
        assert_allclose(ours, expected, rtol=1e-12)


# -- layers without references ----------------------------------------------------------------------------------------


def test_layer_norm_is_the_batch_norm_of_what_is_turned_around():
    x = np.random.default_rng(0).normal(3, 2, (5, 4))
    assert_allclose(nn.LayerNorm()(x).numpy(), nn.BatchNorm()(x.T).numpy().T, rtol=1e-12)
    assert_allclose(nn.LayerNorm().eval()(x[:1]).numpy(), nn.LayerNorm()(x).numpy()[:1], rtol=1e-12)


def test_layer_norm_scales_and_shifts_and_has_right_gradients():
    layer, x = nn.LayerNorm(input_shape=(3, 4)), np.random.default_rng(0).normal(3, 2, (2, 3, 4))
    plain = layer(x).numpy()
    layer.scale.data, layer.shift.data = np.arange(4.0), np.full(4, 0.5)
    assert_allclose(layer(x).numpy(), plain * np.arange(4.0) + 0.5, rtol=1e-12)

    def loss(scale, shift, x):
        return loss_of(nn.functional_call(layer, {"scale": scale, "shift": shift}, x))

    tg.testing.check_grad(loss, layer.scale.numpy(), layer.shift.numpy(), x)


def test_an_embedding_is_a_dense_layer_on_one_hot_vectors():
    letters, x = nn.Embedding(5, 3, seed=0), np.array([[0, 4, 4], [2, 0, 1]])
    dense = nn.Dense(3, 5, use_bias=False)
    dense.weight = letters.weight
    assert_array_equal(letters(x).numpy(), dense(np.eye(5)[x]).numpy())
    ours, theirs = (tg.gradients(loss_of(out), letters.weight).numpy() for out in (letters(x), dense(np.eye(5)[x])))
    assert_allclose(ours, theirs, rtol=1e-12)
    assert not ours[3].any()                                                    # a letter that is not there


def test_a_network_learns_vectors_for_letters():
    x = np.array([[0], [1], [2], [3]])
    model = nn.Sequential([nn.Embedding(4, 2, input_shape=1, seed=0), nn.Flatten(), nn.Dense(2, "softmax", seed=1)])
    model.fit(x, x[:, 0] % 2, loss="categorical_crossentropy", optimizer=tg.optim.Adam(lr=0.1), epochs=60, seed=0,
              verbose=0)
    assert_array_equal(model.predict(x).argmax(axis=1), [0, 1, 0, 1])


@pytest.mark.parametrize(("call", "error", "words"), [
    (lambda: nn.Embedding(5, 3)([[0, 5]]), tg.errors.ArgumentError, "got numbers from 0 to 5. Expected 0 to 4"),
    (lambda: nn.Embedding(5, 3)([[0, -1]]), tg.errors.ArgumentError, "got numbers from -1 to 0"),
    (lambda: nn.Embedding(5, 3)([[0.5]]), tg.errors.DTypeError, "not whole, such as 0.5"),
    (lambda: nn.Embedding(5, 3)([["a"]]), tg.errors.DTypeError, "Embedding: the input has dtype <U1"),
    (lambda: nn.Embedding(0, 3), tg.errors.ArgumentError, r"Embedding\(tokens\): got 0"),
    (lambda: nn.Embedding(num_embeddings=5, embedding_dim=3), TypeError, "Write (tokens|units)=…"),
    (lambda: nn.LayerNorm(eps=0), tg.errors.ArgumentError, r"LayerNorm\(eps\): got 0"),
    (lambda: nn.LayerNorm(input_shape=4)(np.ones((2, 3))), tg.errors.ShapeError, "Expected a last axis of 4"),
    (lambda: nn.LayerNorm()(np.ones(3)), tg.errors.ShapeError, "LayerNorm: got examples that are single numbers"),
])
def test_mistakes_with_embeddings_and_norms_are_named(call, error, words):
    with pytest.raises(error, match=words):
        call()


@pytest.mark.parametrize("layer", [nn.Conv2D(4, 3), nn.MaxPool2D(3), nn.AvgPool2D(3)], ids=str)
def test_images_with_their_channels_first_are_turned_by_the_message(layer):
    x, name = np.zeros((2, 1, 8, 9)), type(layer).__name__
    with pytest.raises(tg.errors.ShapeError, match=rf"{name}: got images of 1×8 pixels, of shape \(1, 8, 9\). Expected "
                                                   r"at least 3×3.* write x.transpose\(0, 2, 3, 1\)"):
        layer(x)
    assert layer(x.transpose(0, 2, 3, 1)).shape[0] == 2


def test_a_window_that_does_not_fit_is_no_matter_of_channels():
    with pytest.raises(tg.errors.ShapeError, match="Expected at least 3×3, the size of the window.$"):
        nn.MaxPool2D(3)(np.zeros((2, 2, 8, 3)))
    with pytest.raises(tg.errors.ShapeError, match="for which the layer was built. If the channels come first, write"):
        nn.Conv2D(4, 3, input_shape=(8, 8, 3))(np.zeros((2, 3, 8, 8)))


def test_a_single_example_gets_its_axis_by_the_message():
    with pytest.raises(tg.errors.ShapeError, match=r"write x\[:, None\], for a single example x\[None\]"):
        nn.Dense(3)(np.ones(4))


def test_a_call_that_fails_makes_no_parameters():
    model = nn.Sequential([nn.Conv2D(4, 3, seed=0), nn.MaxPool2D(3), nn.Flatten(), nn.Dense(2, seed=1)])
    before = repr(model)
    with pytest.raises(tg.errors.ShapeError, match="write x.transpose"):
        model(np.zeros((2, 1, 8, 9)))
    with pytest.raises(tg.errors.ShapeError, match="MaxPool2D: got images of 1×1 pixels"):
        model(np.zeros((2, 3, 3, 2)))                                           # the convolution was made already
    assert (repr(model), model.parameters()) == (before, [])
    assert model(np.zeros((2, 8, 9, 1))).shape == (2, 2)
    with pytest.raises(tg.errors.ShapeError, match="for which the layer was built"):
        model(np.zeros((2, 8, 9, 2)))
    assert len(model.parameters()) == 4


def test_what_a_module_of_ones_own_remembers_stays_when_its_first_call_fails():
    class Net(nn.Module):
        def forward(self, x):
            self.seen = x
            raise ValueError

    net = Net()
    with pytest.raises(ValueError, match="^$"):
        net(3.0)
    assert net.seen == 3.0


def test_a_batch_norm_remembers_each_batch_once_though_a_checkpoint_runs_it_again():
    def averages(wrap):
        model = nn.Sequential([nn.Dense(4, 4, seed=0), nn.BatchNorm()])
        y = wrap(model)(np.random.default_rng(0).normal(3, 2, (8, 4)))
        y.source()
        tg.sum(y ** 2).backward()
        return [value.numpy() for _, value in model.named_buffers()]

    assert_array_equal(averages(tg.checkpoint), averages(lambda f: f))
