"""Optimizers reach what PyTorch's reach; schedules, clipping, state, and the errors of all of them."""

import math
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal

import tinygrad_edu as tg
from tests.references.make_optimizers import STEPS, problem
from tests.registry import examples
from tinygrad_edu import nn, optim

REFERENCES = np.load(Path(__file__).parent / "references" / "optimizers.npz")
OPTIMIZERS = {
    "SGD": lambda p: optim.SGD(p, lr=0.1),
    "SGD with momentum": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.01),
    "SGD with Nesterov momentum": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
    "Adagrad": lambda p: optim.Adagrad(p, lr=0.1, weight_decay=0.01),
    "RMSProp": lambda p: optim.RMSProp(p, lr=0.01, weight_decay=0.01),
    "RMSProp with momentum": lambda p: optim.RMSProp(p, lr=0.01, momentum=0.9),
    "Adam": lambda p: optim.Adam(p, lr=0.01, weight_decay=0.01),
    "AdamW": lambda p: optim.AdamW(p, lr=0.01, weight_decay=0.1),
}
each_optimizer = pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)


def trained(make, steps, parameters=None, opt=None):
    x, y, start = problem()
    w, b, s = parameters = parameters or [tg.Tensor(each) for each in start]
    opt = opt or make(parameters)
    for _ in range(steps):
        opt.zero_grad()
        tg.mean((s * tg.tanh(x @ w + b) - y) ** 2).backward()
        opt.step()
    return parameters, opt


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_fifty_steps_are_those_of_pytorch(name):
    parameters, _ = trained(OPTIMIZERS[name], STEPS)
    for i, p in enumerate(parameters):
        assert_allclose(p.numpy(), REFERENCES[f"{name}/{i}"], rtol=1e-12, atol=1e-12)


@each_optimizer
@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_parameters_keep_their_dtype_and_kind(make, dtype):
    for start in (np.ones((2, 2), dtype), dtype(1)):
        p = tg.Tensor(start)
        opt = make([p])
        for _ in range(3):
            opt.zero_grad()
            tg.sum(p * p).backward()
            opt.step()
        assert (p.dtype, p.shape) == (dtype, np.shape(start))
        assert np.all(p.numpy() < 1)


@each_optimizer
def test_a_step_does_not_change_what_was_recorded_or_handed_out(make):
    p = tg.Tensor([1.0, 2.0])
    held, y = p.data, tg.sum(p * p)
    y.backward()
    g = p.grad
    make([p]).step()
    assert_array_equal(held, [1, 2])
    assert_array_equal(g.numpy(), [2, 4])
    with pytest.raises(tg.errors.ChangedValueError):
        y.backward()


@each_optimizer
def test_state_goes_on_bit_for_bit(make):
    straight, _ = trained(make, 12)
    parameters, opt = trained(make, 5)
    kept, values = opt.state_dict(), [p.numpy() for p in parameters]
    trained(make, 3, parameters, opt)                                   # and something else happens meanwhile
    again = [tg.Tensor(each) for each in values]
    other = make(again)
    other.load_state_dict(kept)
    trained(make, 7, again, other)
    for a, b in zip(straight, again, strict=True):
        assert_array_equal(a.numpy(), b.numpy())


def test_state_that_does_not_fit_is_refused_and_changes_nothing():
    p, q = tg.Tensor([1.0, 2.0]), tg.Tensor([1.0, 2.0, 3.0])
    adam, other = optim.Adam([p], lr=0.5), optim.Adam([q], lr=0.1)
    tg.sum(p * p).backward()
    adam.step()
    for wrong, words in ((optim.SGD([q], lr=1.0), "got the state of Adam, expected SGD"),
                         (optim.Adam([p, q]), "got 1 parameters, expected 2"), (other, r"m of parameter 0 has shape")):
        before = (wrong.lr, list(wrong.states))
        with pytest.raises(tg.errors.StateError, match=words):
            wrong.load_state_dict(adam.state_dict())
        assert (wrong.lr, wrong.states) == before


def test_frozen_parameters_and_those_without_gradient_stay():
    moved, frozen, unused = tg.Tensor(1.0), tg.Tensor(1.0), tg.Tensor(1.0)
    opt = optim.SGD([moved, frozen, unused], lr=0.1, weight_decay=0.5)
    (moved * frozen).backward()
    frozen.requires_grad = False
    opt.step()
    assert (moved.item(), frozen.item(), unused.item()) == (1 - 0.1 * 1.5, 1, 1)        # gradient 1, and half of p


def test_a_parameter_given_twice_moves_once():
    w = tg.Tensor(1.0)
    opt = optim.SGD([w, w], lr=0.1)
    (3 * w).backward()
    opt.step()
    assert w.item() == 1 - 0.1 * 3


@pytest.mark.parametrize(("make", "words"), [
    (lambda: optim.SGD(lr=0.1).step(), r"SGD\(lr=0.1\) has no parameters yet. .*SGD\(model.parameters\(\), lr=0.1\)"),
    (lambda: optim.SGD(tg.Tensor(1.0)), r"got a single Tensor. Expected a list of Tensors. Write \[w\]"),
    (lambda: optim.SGD([]), "got no parameters"),
    (lambda: optim.SGD([tg.Tensor(1.0) * 2]), "Expected variables"),
    (lambda: optim.SGD([3.0]), "got 3.0. Expected variables"),
    (lambda: optim.SGD([np.ones(3)]), "Expected variables"),
    (lambda: optim.SGD([tg.Tensor(1.0)]).step(), r"no parameter has a gradient. Call loss.backward\(\) first"),
    (lambda: optim.SGD([tg.Tensor(1)], lr=-1), "lr: got -1"),
    (lambda: optim.SGD([tg.Tensor(1)], lr="fast"), "lr: got 'fast'"),
    (lambda: optim.SGD(momentum=1.0), "momentum: got 1.0, expected a number from 0 to below 1"),
    (lambda: optim.SGD(nesterov=True), "expected a momentum above 0"),
    (lambda: optim.Adam(betas=(0.9,)), "Expected two numbers"),
    (lambda: optim.Adam(betas=0.9), "Expected two numbers"),
    (lambda: optim.CosineDecay(-1.0), "expected lr of at least 0"),
    (lambda: optim.clip_grad_norm([], 0.0), "max_norm: got 0.0, expected a number above 0"),
    (lambda: optim.clip_grad_norm([], "long"), "max_norm: got 'long'"),
    (lambda: optim.clip_grad_value(tg.Tensor(1.0), 1.0), "got a single Tensor"),
    (lambda: optim.SGD(nn.Dense(1, input_shape=2)), r"got Dense. Expected a list of Tensors. .* model.parameters\(\)"),
    (lambda: optim.SGD({"w": tg.Tensor(1.0)}), "got dict. Expected a list"),
    (lambda: optim.SGD(3), "got int. Expected a list"),
    (lambda: optim.SGD([tg.Tensor(1.0)]).load_state_dict({}), r"got \{\}. Expected what state_dict\(\)"),
    (lambda: optim.Schedule("fast"), "expected lr of at least 0"),
    (lambda: optim.Schedule(0.1, warmup=2.5), "expected warmup to be a whole number"),
    (lambda: optim.StepDecay(0.1, every=0), "expected every to be a whole number of at least 1"),
    (lambda: optim.ExponentialDecay(0.1, factor=-1), "expected a factor above 0"),
    (lambda: optim.CosineDecay(0.1, steps=0), "expected steps to be a whole number of at least 1"),
    (lambda: optim.CosineDecay(0.1, final=-1), "expected final of at least 0"),
    (lambda: optim.OneCycle(0.1, rise=1), "expected rise to be a share between 0 and 1"),
    (lambda: optim.OneCycle(0.1, start=0), "expected start and end above 0"),
])
def test_errors_say_what_to_do(make, words):
    with pytest.raises(tg.errors.TinygradEduError, match=words):
        make()


# -- clipping ---------------------------------------------------------------------------------------------------------


@examples(50)
@given(hnp.arrays(np.float64, hnp.array_shapes(max_dims=2, max_side=3), elements=st.floats(-1e300, 1e300)),
       st.floats(1e-3, 1e3))
def test_clipping_by_norm_keeps_the_direction(g, limit):
    a, b = tg.Tensor(np.zeros_like(g)), tg.Tensor(2.0)
    a.grad, b.grad = g, 1.0
    largest = max(float(np.max(np.abs(g))), 1.0)
    norm = largest * math.sqrt(float(np.sum((g / largest) ** 2)) + (1 / largest) ** 2)
    assert_allclose(optim.clip_grad_norm([a, b, tg.Tensor(1.0)], limit), norm)
    factor = min(1.0, limit / norm)
    assert_allclose(a.grad.numpy(), g * factor)
    assert_allclose(b.grad.item(), factor)


def test_clipping_by_value():
    p = tg.Tensor(np.zeros(3, np.float32))
    p.grad = np.array([-5, 0.5, 7])
    optim.clip_grad_value([p], 1.0)
    assert_array_equal(p.grad.numpy(), [-1, 0.5, 1])
    assert p.grad.dtype == np.float32


# -- schedules --------------------------------------------------------------------------------------------------------


SCHEDULES = [optim.StepDecay(0.5, every=3), optim.ExponentialDecay(0.5, every=3), optim.CosineDecay(0.5, steps=9),
             optim.OneCycle(0.5, steps=9), optim.Schedule(0.5)]


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda each: type(each).__name__)
def test_a_schedule_is_what_the_optimizer_steps_by(schedule):
    p = tg.Tensor(0.0)
    opt = optim.SGD([p], lr=schedule)
    for step in range(12):
        opt.zero_grad()
        before = p.item()
        (1.0 * p).backward()
        opt.step()
        assert_allclose(before - p.item(), schedule(step), atol=1e-15)


@pytest.mark.parametrize("kind", [type(each) for each in SCHEDULES])
def test_warm_up_grows_evenly_to_the_rate_of_the_schedule(kind):
    warm, cold = kind(0.8, warmup=4), kind(0.8)
    assert_allclose([warm(i) for i in range(4)], [0.2, 0.4, 0.6, 0.8])
    assert [warm(i + 4) for i in range(5)] == [cold(i) for i in range(5)]


def test_schedules_stay_at_their_end():
    assert optim.CosineDecay(1.0, steps=5, final=0.1)(100) == 0.1
    assert_allclose(optim.OneCycle(1.0, steps=5, end=10)(100), 0.1)


# -- the loop that grows its graph ------------------------------------------------------------------------------------


def test_a_loop_that_grows_its_graph_is_warned_of_once():
    w = tg.Tensor([2.0, 3.0])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(8):
            tg.sum(w * w).backward()
            w = w - 0.1 * w.grad
    warned = [each for each in caught if each.category is tg.errors.GrowingGraphWarning]
    assert len(warned) == 1
    assert "w was computed from its own earlier values" in str(warned[0].message)
    assert "Write w.data -= rate * w.grad" in str(warned[0].message)
    assert Path(warned[0].filename).name == "test_optim.py"


def test_loops_that_do_not_grow_are_not_warned_of():
    w, x = tg.Tensor([2.0, 3.0]), tg.Tensor([1.0, 2.0])
    shared = w * x
    for i in range(6):                                  # warnings are errors here
        error = shared - tg.asarray([1.0, i])
        tg.sum(error * error).backward()
        other = w - tg.asarray([1.0, i])
        tg.sum(other * other).backward()
        h = w
        for _ in range(3):
            h = tg.tanh(h - tg.asarray([0.5, 0.5]))
        tg.sum(h).backward()
    w.data -= 0.1 * w.grad


# -- how it is spelt --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [optim.SGD, optim.Adagrad, optim.RMSProp, optim.Adam, optim.AdamW])
def test_the_rate_may_come_second_and_keras_names_lead_to_those_used_here(kind):
    assert kind([tg.Tensor(1.0)], 0.25).lr == 0.25
    with pytest.raises(TypeError, match=rf"{kind.__name__}\(learning_rate=0.1\): there is no such option. Write lr=…"):
        kind(learning_rate=0.1)


@pytest.mark.parametrize(("call", "words"), [
    (lambda: optim.SGD(0.1), "params: got float. .* A learning rate is lr=0.1."),
    (lambda: optim.SGD(nn.Dense(2, 3).named_parameters()), r"Write model.parameters\(\)"),
    (lambda: optim.SGD(lr=lambda step: 0.1), r"Expected a number, or a Schedule, such as tg.optim.CosineDecay"),
])
def test_what_was_meant_is_said(call, words):
    with pytest.raises(tg.errors.ArgumentError, match=words):
        call()


def test_a_schedule_takes_what_it_is_about_in_order_and_warm_up_by_name():
    assert optim.StepDecay(0.8, 2, 0.5, warmup=3) == optim.StepDecay(0.8, every=2, factor=0.5, warmup=3)
    assert optim.CosineDecay(0.8, 10) == optim.CosineDecay(0.8, steps=10)
