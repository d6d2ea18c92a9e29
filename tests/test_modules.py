"""Modules: what they are made of, its names, paths in the record, states and files, copies, tables and formulas."""

import copy
import inspect
import operator
import os
import pickle
import re
import stat
import sys

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import tinygrad_edu as tg
from tinygrad_edu import nn, optim, training
from tinygrad_edu.core.walk import made_from
from tinygrad_edu.errors import ArgumentError, DataError, GraphError, MissingExtraError, StateError
from tinygrad_edu.files import write_whole
from tinygrad_edu.nn import elsewhere


def network():
    return nn.Sequential([nn.Dense(5, 4, "tanh", seed=0), nn.BatchNorm(), nn.Dense(3, seed=1)])


class Tied(nn.Module):
    """Two layers that share their weights, in a dict and as an attribute."""

    def __init__(self):
        self.first = nn.Dense(4, 4, seed=0)
        self.others = {"again": self.first, "own": [nn.Dense(2, 4, seed=1)]}
        self.scale = nn.Parameter(2.0, name="scale")

    def forward(self, x):
        return self.scale * self.others["own"][0](self.others["again"](self.first(x)))


# -- what a module is made of -----------------------------------------------------------------------------------------


def test_parameters_are_found_in_order_with_dotted_names():
    assert [name for name, _ in network().named_parameters()] == [
        "layers.0.weight", "layers.0.bias", "layers.1.scale", "layers.1.shift", "layers.2.weight", "layers.2.bias"]


def test_lists_and_dicts_are_searched_and_what_is_shared_counts_once():
    model = Tied()
    assert [name for name, _ in model.named_parameters()] == [
        "scale", "first.weight", "first.bias", "others.own.0.weight", "others.own.0.bias"]
    assert [name for name, _ in model.named_modules()] == ["", "first", "others.own.0"]
    assert model.summary(4).parameters == 1 + 20 + 10
    weight = model.first.weight
    tg.sum(model(np.eye(4))).backward()
    used_twice = weight.grad.numpy()
    apart = Tied()
    apart.others["again"] = copy.deepcopy(apart.first)
    tg.sum(apart(np.eye(4))).backward()
    assert np.allclose(used_twice, apart.first.weight.grad.numpy() + apart.others["again"].weight.grad.numpy())


def test_a_parameter_that_two_modules_share_counts_once_and_is_saved_once():
    model = nn.Sequential([nn.Dense(4, 4), nn.Dense(4)])
    model[1].weight = model[0].weight
    assert len(model.parameters()) == 3
    assert [*model.state_dict()] == ["layers.0.weight", "layers.0.bias", "layers.1.bias"]


def test_a_parameter_shows_its_name():
    layer = nn.Dense(1, 2, kernel_initializer=0.5)
    assert repr(layer.weight) == "Tensor([[0.5],\n        [0.5]], name='weight')"
    assert isinstance(layer.weight, nn.Parameter)
    assert not isinstance(tg.Tensor(1.0), nn.Parameter)
    assert nn.Parameter(3).dtype == np.float64


@pytest.mark.parametrize(("value", "words"), [
    (np.ones((2, 1)), "a plain ndarray"), (0, "a plain int"), ([[1.0], [2.0]], "a plain list"),
    ("weight - 0.1", "a computed Tensor"),
])
def test_a_parameter_is_not_replaced_by_what_no_optimizer_would_move(value, words):
    layer = nn.Dense(1, 2)
    with pytest.raises(ArgumentError, match=f"weight is a parameter, and got {words}, .* Write module.weight.data ="):
        layer.weight = layer.weight - 0.1 if isinstance(value, str) else value
    layer.weight, layer.bias = nn.Parameter(np.ones((2, 1))), None
    assert layer([[1.0, 2.0]]).item() == 3
    assert len(layer.parameters()) == 1


def test_repr_shows_the_layers():
    assert repr(network()) == """Sequential(
  (layers.0): Dense(5, inputs=4, activation='tanh')
  (layers.1): BatchNorm(momentum=0.99, eps=0.001)
  (layers.2): Dense(3, inputs=5)
)"""


def test_every_kind_of_layer_says_its_settings():
    assert [repr(each) for each in (
        nn.Conv2D(8, 3, (2, 1), "same", "relu"), nn.MaxPool2D(2, 1, "same"), nn.AvgPool2D(3), nn.GlobalAvgPool2D(),
        nn.Flatten(), nn.Reshape((2, -1)), nn.Dropout(0.5), nn.SimpleRNN(4, return_sequences=True),
        nn.Activation("elu"), nn.Input(3), nn.Lambda(tg.exp), nn.Neuron(2, "tanh"), nn.Layer(2, 1, seed=0),
    )] == [
        "Conv2D(8, (3, 3), strides=(2, 1), padding='same', activation='relu')",
        "MaxPool2D((2, 2), strides=(1, 1), padding='same')", "AvgPool2D((3, 3))", "GlobalAvgPool2D()", "Flatten()",
        "Reshape((2, -1))", "Dropout(0.5)", "SimpleRNN(4, activation='tanh', return_sequences=True)",
        "Activation('elu')", "Input((3,))", "Lambda(exp)", "Neuron(2, 'tanh')",
        "Layer(2, 1\n  (neurons.0): Neuron(2, 'linear')\n)"]


def test_a_module_without_forward_says_so():
    with pytest.raises(NotImplementedError, match="Module has no forward function. Write def forward"):
        nn.Module()(1.0)


# -- train, freeze, zero_grad -----------------------------------------------------------------------------------------


def test_train_and_eval_switch_all_modules_within():
    model = nn.Sequential([nn.Residual([nn.Dropout(0.5)])])
    assert all(not each.training for each in model.eval().modules())
    assert all(each.training for each in model.train().modules())


def test_frozen_parameters_get_no_gradient_until_they_are_unfrozen():
    model = network()
    model[0].freeze()
    opt = tg.optim.SGD(model.parameters(), lr=0.1)
    before = model.state_dict()
    tg.sum(model(np.eye(4)) ** 2).backward()
    opt.step()
    assert [p.grad is None for p in model.parameters()] == [True, True, False, False, False, False]
    assert_array_equal(model[0].weight.numpy(), before["layers.0.weight"])
    assert np.any(model[2].weight.numpy() != before["layers.2.weight"])
    assert model.summary().total().endswith("25 of them frozen")
    model.unfreeze()
    assert all(p.requires_grad for p in model.parameters())


def test_variables_of_the_user_stay_parameters_when_frozen():
    line = nn.Module()
    line.w, line.table = tg.Tensor(2.0), tg.asarray([1.0])
    assert [name for name, _ in line.freeze().named_parameters()] == ["w"]
    assert [name for name, _ in line.named_buffers()] == ["table"]


def test_zero_grad_forgets_all_gradients():
    model = network()
    tg.sum(model(np.eye(4))).backward()
    model.zero_grad()
    assert all(p.grad is None for p in model.parameters())


def test_what_is_not_built_cannot_be_listed_frozen_saved_or_loaded(tmp_path):
    class Half(nn.Module):
        def __init__(self):
            self.layers = [nn.Dense(3, 4), nn.Dense(2)]

    model = Half()
    for call in (model.parameters, model.freeze, model.state_dict, lambda: model.save(tmp_path / "a.npz"),
                 lambda: model.load_state_dict({}), lambda: nn.Sequential(nn.Dense(2)).summary(),
                 lambda: nn.Sequential(nn.Dense(2)).formula()):
        with pytest.raises(GraphError, match="has no parameters yet.* Give the first layer its input_shape"):
            call()


# -- paths in the record ----------------------------------------------------------------------------------------------


def paths_of(out):
    return {node.module for node in made_from([out])[0]}


def test_every_recorded_node_carries_the_path_of_its_module():
    model = nn.Sequential([nn.Residual([nn.Dense(4, 4), nn.Dense(4, "relu")]), nn.Dense(3)])
    out = model(tg.Tensor(np.eye(4)))
    assert paths_of(out) == {"layers.0.layer.layers.0", "layers.0.layer.layers.1", "layers.0", "layers.1"}
    assert out.module == "layers.1"
    assert tg.sum(out).module is None                               # what is outside has no path


def test_a_layer_that_is_used_twice_has_the_path_of_its_first_place():
    shared = nn.Dense(4, 4)
    assert paths_of(nn.Sequential([shared, tg.exp, shared])(np.eye(4))) == {"layers.0", "layers.1"}


def test_the_conversion_of_an_input_belongs_to_the_layer():
    out = nn.Sequential([nn.Dense(4, 4)])(tg.Tensor(np.eye(4, dtype=np.float32)))
    assert "astype" in {node.op.name for node in made_from([out])[0] if node.module == "layers.0"}


def test_a_module_that_is_called_from_further_up_has_its_full_path():
    class Outer(nn.Module):
        def __init__(self):
            self.block = nn.Sequential([nn.Dense(4, 4)])

        def forward(self, x):
            return nn.Activation("relu")(self.block[0](x)) * 2

    assert paths_of(Outer()(np.eye(4))) == {"block.layers.0", "activation", None}


def test_paths_are_right_after_an_error_and_under_no_grad():
    model = network()
    with pytest.raises(tg.errors.ShapeError):
        model(np.ones((2, 9)))
    assert paths_of(model(np.eye(4))) == {"layers.0", "layers.1", "layers.2"}
    with tg.no_grad():
        assert not model(np.eye(4)).requires_grad


def test_parameters_have_no_path_whether_they_are_made_early_or_late():
    early, late = nn.Sequential([nn.Dense(3, 4), nn.Dense(3)]), nn.Sequential([nn.Dense(3), nn.Dense(3)])
    late(np.eye(4))
    assert {p.module for model in (early, late) for p in model.parameters()} == {None}


# -- state ------------------------------------------------------------------------------------------------------------


def test_a_state_is_a_copy_and_comes_back():
    model, other = network(), network()
    model(np.random.default_rng(0).normal(size=(6, 4)))
    state = model.state_dict()
    state["layers.0.weight"] += 1
    assert np.all(model[0].weight.numpy() == network()[0].weight.numpy())
    other.load_state_dict(state)
    state["layers.0.weight"][:] = 0                                 # and what was loaded is a copy too
    assert_array_equal(other[0].weight.numpy(), model[0].weight.numpy() + 1)
    assert_array_equal(other[1].running_mean.numpy(), model[1].running_mean.numpy())


def test_a_state_that_does_not_fit_lists_every_difference_and_changes_nothing():
    model = network()
    before = model.state_dict()
    wrong = {**before, "layers.9.weight": np.ones(3), "layers.0.weight": np.ones((4, 6)),
             "layers.2.weight": np.ones((5, 3), np.float32), "layers.2.bias": np.ones(3) + 1}
    del wrong["layers.1.scale"]
    with pytest.raises(StateError) as caught:
        model.load_state_dict(wrong)
    assert str(caught.value) == (
        "load_state_dict: the state does not fit the model, and nothing was changed. Differences: "
        "layers.0.weight has shape (4, 6), the model (4, 5); layers.1.scale is missing; "
        "layers.2.weight has dtype float32, the model float64; layers.9.weight is not in the model.")
    for name, value in model.state_dict().items():
        assert_array_equal(value, before[name])
    with pytest.raises(ArgumentError, match=r"got 'model.npz'. Expected what state_dict\(\) gives"):
        model.load_state_dict("model.npz")


def test_a_graph_that_used_the_old_weights_notices_that_others_were_loaded():
    model = network()
    loss = tg.sum(model(np.eye(4)) ** 2)
    model.load_state_dict(model.state_dict())
    with pytest.raises(tg.errors.ChangedValueError, match="weight was assigned a new value"):
        loss.backward()


@pytest.mark.parametrize("ending", [".npz", ".safetensors"])
def test_what_is_saved_is_loaded_again(tmp_path, ending):
    if ending == ".safetensors":
        pytest.importorskip("safetensors")
    model, other, place = network(), network(), tmp_path / f"model{ending}"
    model.file = nn.Parameter(3.0)                                  # a name that np.savez has no room for
    other.file = nn.Parameter(0.0)
    model(np.random.default_rng(0).normal(size=(6, 4)))
    model.save(place)
    other.load(place)
    for (name, a), (_, b) in zip(model.state_dict().items(), other.state_dict().items(), strict=True):
        assert_array_equal(a, b, err_msg=name)
    assert os.listdir(tmp_path) == [place.name]
    if ending == ".npz":
        with np.load(place, allow_pickle=False) as arrays:         # which NumPy alone can read
            assert_array_equal(arrays["layers.0.weight"], model[0].weight.numpy())


def test_safetensors_are_an_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "safetensors", None)
    with pytest.raises(MissingExtraError, match=r'pip install "tinygrad_edu\[export\]", or save as .npz'):
        network().save(tmp_path / "model.safetensors")
    assert os.listdir(tmp_path) == []


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    place = tmp_path / "model.npz"
    network().save(place)
    before = place.read_bytes()

    def interrupted(file):
        file.write(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_whole(place, interrupted)
    assert place.read_bytes() == before
    assert os.listdir(tmp_path) == ["model.npz"]


@pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")
def test_a_saved_file_has_usual_permissions(tmp_path):
    place, usual = tmp_path / "model.npz", tmp_path / "usual"
    network().save(place)
    usual.touch()
    assert stat.S_IMODE(place.stat().st_mode) == stat.S_IMODE(usual.stat().st_mode)


def test_files_that_are_no_saved_model_are_refused(tmp_path):
    model, place = network(), tmp_path / "model.npz"
    model.save(place)
    whole = place.read_bytes()
    np.save(tmp_path / "single.npy", np.ones(3))
    np.savez(tmp_path / "objects.npz", a=np.array([{}], dtype=object))
    bad = {"text": b"weights", "nothing": b"", "half": whole[:len(whole) // 2],
           "bits": whole[:200] + bytes([whole[200] ^ 1]) + whole[201:],
           "single": (tmp_path / "single.npy").read_bytes(), "objects": (tmp_path / "objects.npz").read_bytes()}
    before = model.state_dict()
    for content in bad.values():
        place.write_bytes(content)
        with pytest.raises(DataError, match=r"model.npz is not a saved model .* Expected what model.save"):
            model.load(place)
    for name, value in model.state_dict().items():
        assert_array_equal(value, before[name])


def test_places_that_do_not_exist_are_named(tmp_path):
    with pytest.raises(DataError, match="there is no file .*missing.npz"):
        network().load(tmp_path / "missing.npz")
    with pytest.raises(DataError, match="there is no folder .*missing"):
        network().save(tmp_path / "missing" / "model.npz")
    with pytest.raises(ArgumentError, match=r"ends in .pt. Expected .npz or .safetensors"):
        network().save(tmp_path / "model.pt")


# -- copies -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))],
                         ids=["deepcopy", "pickle"])
def test_copies_of_a_model_are_equal_and_independent(copied):
    model = nn.Sequential([nn.Dense(4, 4, "selu", kernel_initializer=nn.initializers.normal(0.3)), nn.BatchNorm(),
                           nn.Dropout(0.5, seed=0), nn.Dense(2, "log_sigmoid")])
    model.layers.append(model[0])                                   # which is used twice
    model.layers.insert(4, nn.Dense(4, bias_initializer=nn.initializers.uniform()))
    x = np.random.default_rng(0).normal(size=(5, 4))
    model(x)
    model[3].freeze()
    new = copied(model)
    assert new[0] is new[5]
    assert [(name, p.requires_grad) for name, p in new.named_parameters()] == [
        (name, p.requires_grad) for name, p in model.named_parameters()]
    assert_array_equal(new(x).numpy(), model(x).numpy())            # with the same numbers dropped
    new[0].weight.data += 1
    assert np.any(new.eval()(x).numpy() != model.eval()(x).numpy())
    assert isinstance(new[0].weight, nn.Parameter)


# -- summary and formula ----------------------------------------------------------------------------------------------


def digits():
    return nn.Sequential([nn.Dense(16, input_shape=784, activation="sigmoid"), nn.Dense(16, "sigmoid"),
                          nn.Dense(10, "sigmoid")])


def test_summary_is_a_table_of_layers_shapes_and_parameters():
    assert str(digits().summary()) == """\
layer             output shape  parameters
──────────────────────────────────────────
layers.0 (Dense)  (16,)             12,560
layers.1 (Dense)  (16,)                272
layers.2 (Dense)  (10,)                170
──────────────────────────────────────────
13,002 parameters = 12,960 weights + 42 biases"""
    assert "<td>layers.0</td><td>Dense</td><td>(16,)</td>" in digits().summary()._repr_html_()


def test_summary_changes_nothing():
    model = nn.Sequential([nn.Dense(4, 4), nn.BatchNorm(), nn.Dropout(0.5)])
    before = model.state_dict()
    tg.random.seed(0)
    first = tg.random.uniform(1).item()
    tg.random.seed(0)
    summary = model.summary()
    assert tg.random.uniform(1).item() == first
    assert summary.biases == 8                                      # 4 of Dense, and the 4 shifts of BatchNorm
    assert all(each.training for each in model.modules())
    for name, value in model.state_dict().items():
        assert_array_equal(value, before[name])


def test_summary_of_a_model_that_saw_no_input_takes_its_shape():
    model = nn.Sequential([nn.Conv2D(2, 3), nn.Flatten(), lambda x: 1 / x, nn.Dense(3)])
    summary = model.summary((5, 4, 1))
    assert [row.shape for row in summary.rows] == ["(3, 2, 2)", "(12,)", "(12,)", "(3,)"]
    with pytest.raises(ArgumentError, match=r"summary\(input_shape\): got 0"):
        nn.Sequential([nn.Dense(3)]).summary(0)


def test_summary_of_scalar_networks_counts_weights_and_biases():
    assert nn.MLP(2, [16, 16, 1], seed=0).summary().total() == "337 parameters = 304 weights + 33 biases"


def test_formula_is_the_layer_notation_with_the_sizes_of_the_model():
    assert str(digits().formula()) == """\
a^[0] = x                                     a^[0] of 784 numbers
a_j^[1] = sigmoid(w_j^[1]·a^[0] + b_j^[1])    j = 1, …, 16;  w_j^[1] of 784 numbers
a_j^[2] = sigmoid(w_j^[2]·a^[1] + b_j^[2])    j = 1, …, 16;  w_j^[2] of 16 numbers
a_j^[3] = sigmoid(w_j^[3]·a^[2] + b_j^[3])    j = 1, …, 10;  w_j^[3] of 16 numbers"""
    latex = digits().formula()._repr_latex_()
    assert (r"a_j^{[1]} &= \mathrm{sigmoid}\left(w_j^{[1]} \cdot a^{[0]} + b_j^{[1]}\right) && j = 1, \dots, 16,\; "
            r"w_j^{[1]} \in \mathbb{R}^{784} \\") in latex
    assert latex.startswith(r"$\displaystyle \begin{aligned}")


def test_formula_of_other_layers():
    model = nn.Sequential([
        nn.Input((8, 8, 1)), nn.Conv2D(4, 3, activation="leaky_relu"), nn.MaxPool2D(), nn.Flatten(),
        nn.Residual(nn.Dense(36)), nn.Activation("tanh"), nn.Dense(1, lambda z: z, use_bias=False),
        nn.Dense(3, "softmax")])
    assert [line.split("    ")[0].rstrip() for line in str(model.formula()).splitlines()] == [
        "a^[0] = x", "a_k^[1] = leaky_relu(w_k^[1] ∗ a^[0] + b_k^[1])", "a^[2] = MaxPool2D(a^[1])",
        "a^[3] = Flatten(a^[2])", "a^[4] = a^[3] + Dense(a^[3])", "a^[5] = tanh(a^[4])", "a_j^[6] = g(w_j^[6]·a^[5])",
        "z_j^[7] = w_j^[7]·a^[6] + b_j^[7]", "a^[7] = softmax(z^[7])"]
    text = str(model.formula())
    assert "k = 1, …, 4;  w_k^[1] of 3×3×1 numbers" in text
    assert "j = 1;  w_j^[6] of 36 numbers" in text
    assert "j = 1, …, 3;  w_j^[7] of 1 number\n" in text
    assert r"\mathrm{leaky\_relu}" in model.formula().latex


def test_formula_of_recurrent_and_scalar_networks():
    model = nn.Sequential([nn.SimpleRNN(4, input_shape=(8, 3))])
    assert "a_j^[1](t) = tanh(w_j^[1]·a^[0](t) + r_j^[1]·a^[1](t-1) + b_j^[1])" in str(model.formula())
    assert str(nn.MLP(2, [16, 1], "relu", seed=0).formula()) == """\
a^[0] = x                                  a^[0] of 2 numbers
a_j^[1] = relu(w_j^[1]·a^[0] + b_j^[1])    j = 1, …, 16;  w_j^[1] of 2 numbers
a_j^[2] = w_j^[2]·a^[1] + b_j^[2]          j = 1;  w_j^[2] of 16 numbers"""


# -- what users of Keras and PyTorch write ----------------------------------------------------------------------------


@pytest.mark.parametrize(("call", "error", "words"), [
    (lambda: nn.Linear(3, 4), AttributeError, r"Write nn.Dense\(units, input_shape\)"),
    (lambda: nn.ReLU(), AttributeError, r'Write nn.Activation\("relu"\)'),
    (lambda: nn.CrossEntropyLoss(), AttributeError, "nn.losses.categorical_crossentropy"),
    (lambda: nn.Lineer(3, 4), AttributeError, r"tinygrad_edu.nn has no attribute 'Lineer'$"),
    (lambda: optim.RMSprop, AttributeError, "Write RMSProp"),
    (lambda: optim.lr_scheduler.StepLR, AttributeError, r"lr=StepDecay\(0.1, every=1000\)"),
    (lambda: training.ModelCheckpoint("run.npz"), AttributeError, r'Write Checkpoint\("run.npz"\)'),
    (lambda: line().compile("adam"), AttributeError, "Sequential has no attribute 'compile'. Leave it out: fit takes"),
    (lambda: line().add(nn.Dense(2)), AttributeError, r"Write append\(layer\)"),
    (lambda: nn.Dense(2, 1).to("cuda"), AttributeError, "NumPy computes everything"),
    (lambda: nn.Dense(2, 1).kernel, AttributeError, "Write weight"),
    (lambda: nn.Dense(2, 1).wieght, AttributeError, "'Dense' object has no attribute 'wieght'"),
    (lambda: nn.Dense(in_features=3, out_features=4), TypeError, "features=.*Write (input_shape|units)=…"),
    (lambda: nn.Conv2D(4, 3, stride=2), TypeError, r"Conv2D\(stride=2\): there is no such option. Write strides=…"),
    (lambda: nn.Dropout(p=0.5), TypeError, r"Dropout\(p=0.5\).*Write rate=…"),
    (lambda: nn.BatchNorm(num_features=3), TypeError, "Leave it out: they are counted"),
    (lambda: line().fit([[1.0]], [[1.0]], loss="mse", lr=0.1), TypeError,
     r"fit\(lr=0.1\).*Write optimizer=tg.optim.Adam\(lr=0.01\)"),
    (lambda: line().fit([[1.0]], [[1.0]], loss="mse", shuffle=True), TypeError, r"DataLoader\(x, y, shuffle=False\)"),
    (lambda: line().fit([[1.0]], [[1.0]], loss="mse", epoch=3), TypeError, "Write epochs"),
])
def test_names_of_keras_and_pytorch_lead_to_what_to_write(call, error, words):
    with pytest.raises(error, match=words):
        call()


def line():
    return nn.Sequential([nn.Dense(1, 1)])


def test_an_error_in_a_property_of_ones_own_is_not_hidden():
    class Net(nn.Module):
        @property
        def weights(self):
            return self.nothing

    with pytest.raises(AttributeError, match="'Net' object has no attribute 'nothing'"):
        _ = Net().weights


@pytest.mark.parametrize("name", ["fit", "evaluate", "predict"])
def test_what_models_have_as_methods_takes_the_same_options_as_the_function(name):
    method, function = (inspect.signature(getattr(owner, name)).parameters for owner in (nn.Module, training))
    assert [(p.name, p.default, p.kind) for p in [*method.values()][1:]] == \
        [(p.name, p.default, p.kind) for p in [*function.values()][1:]]


def test_names_of_other_libraries_lead_to_names_that_are_there():
    words = " ".join([*elsewhere.NAMES.values(), *elsewhere.OF_MODULES.values(), *elsewhere.OF_FIT.values()])
    for path in re.findall(r"\b(?:nn|tg)\.[\w.]*\w", words):
        operator.attrgetter(path.partition(".")[2])(nn if path.startswith("nn.") else tg)


def test_trainable_is_no_silent_wish():
    with pytest.raises(ArgumentError, match=r"Dense.trainable = False would change nothing. Write model.freeze\(\)"):
        line()[0].trainable = False

    class Own(nn.Module):
        trainable = True

    own = Own()
    own.trainable = False
    assert not own.trainable


def test_many_modules_alike_are_shown_as_one():
    assert repr(nn.MLP(2, [4, 3], seed=0)) == (
        "MLP(\n  (layers.0): Layer(2, 4\n    (neurons.0 … neurons.3): 4 × Neuron(2, 'relu')\n  )\n"
        "  (layers.1): Layer(4, 3\n    (neurons.0): Neuron(4, 'linear')\n    (neurons.1): Neuron(4, 'linear')\n"
        "    (neurons.2): Neuron(4, 'linear')\n  )\n)")
