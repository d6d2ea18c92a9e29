"""Laws of whole graphs, on random programs; then each feature of the engine and the transforms, and their errors."""

import asyncio
import copy
import gc
import math
import pickle
import re
import threading
import traceback
import tracemalloc
import warnings
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import tinygrad_edu as tg
from tests.registry import examples
from tinygrad_edu.core.backprop import Plan, steps
from tinygrad_edu.core.naming import names_of
from tinygrad_edu.core.ops import registry
from tinygrad_edu.core.plain_loop import run_plain
from tinygrad_edu.core.walk import made_from

# -- random programs --------------------------------------------------------------------------------------------------

SMOOTH = {"tanh": tg.tanh, "sin": tg.sin, "sigmoid": tg.sigmoid, "softmax": tg.softmax, "negative": lambda x: -x,
          "exp of tanh": lambda x: tg.exp(tg.tanh(x)), "scaled": lambda x: 0.5 * x + 1, "twice": lambda x: x + x,
          "square of sine": lambda x: tg.sin(x) ** 2, "reciprocal": lambda x: 1 / (x * x + 1),
          "column sums": lambda x: tg.sum(x, axis=0), "row means": lambda x: tg.mean(x, axis=-1, keepdims=True),
          "picked": lambda x: x[..., ::-1], "doubled": lambda x: tg.concat([x, x], axis=-1)[..., :x.shape[-1]]}
EDGED = {"relu": tg.relu, "abs": tg.abs, "max": lambda x: tg.max(x, axis=-1, keepdims=True), "sorted": tg.sort,
         "clip": lambda x: tg.clip(x, -0.5, 0.5)}
PAIRS = {"add": lambda x, y: x + y, "subtract": lambda x, y: x - y, "multiply": lambda x, y: x * y,
         "divide": lambda x, y: x / (y * y + 1), "hypot": lambda x, y: tg.hypot(x, y + 2),
         "product": lambda x, y: tg.matmul(x, tg.matrix_transpose(y)) @ y * 0.3}
EDGED_PAIRS = {"maximum": tg.maximum, "where": lambda x, y: tg.where(x > y, x, tg.sin(y))}
NEEDS_AXES = {"column sums", "row means", "softmax", "sorted", "picked", "doubled", "max"}


class Program(NamedTuple):
    """A function of some variables: instructions that use results of earlier ones, then the mean of the last three."""

    shapes: list[tuple[int, ...]]
    instructions: list[tuple[str, int, int]]

    def __call__(self, *variables):
        values = self.values(*variables)
        return sum((tg.mean(tg.tanh(each)) for each in values[-3:]), tg.mean(values[-1]))

    def last(self, *variables):
        """The result of the last instruction, as a vector."""
        return self.values(*variables)[-1].reshape(-1)

    def values(self, *variables):
        """The variables, and the result of each instruction."""
        values = list(variables)
        for name, i, j in self.instructions:
            x, y = values[i % len(values)], values[j % len(values)]
            fits = x.ndim == 2 and x.shape == y.shape if name == "product" else x.ndim or name not in NEEDS_AXES
            name = name if fits else "tanh"
            one = {**SMOOTH, **EDGED}.get(name)
            values.append(one(x) if one else {**PAIRS, **EDGED_PAIRS}[name](x, y))
        return values

    def at(self, seed, dtype=np.float64):
        """Values for the variables."""
        rng = np.random.default_rng(seed)
        return [np.asarray(rng.uniform(-1, 1, shape)).astype(dtype) for shape in self.shapes]


@st.composite
def programs(draw, smooth=True):
    n, m = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    shapes = draw(st.lists(st.sampled_from([(), (m,), (n, 1), (n, m), (2, n, m)]), min_size=1, max_size=3))
    names = [*SMOOTH, *PAIRS] if smooth else [*SMOOTH, *PAIRS, *EDGED, *EDGED_PAIRS]
    places = st.integers(0, 20)
    return Program(shapes, draw(st.lists(st.tuples(st.sampled_from(names), places, places), min_size=1, max_size=10)))


def gradients_of(program, variables):
    """The gradients for all variables; None for one that the result was not made from."""
    return [None if g is None else g.numpy() for g in tg.gradients(program(*variables), variables, allow_unused=True)]


def assert_same_bits(found, expected):
    """Equal arrays (or Nones), to the last bit and in dtype."""
    for a, b in zip(found, expected, strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            assert np.asarray(a).dtype == np.asarray(b).dtype
            assert np.asarray(a).tobytes() == np.asarray(b).tobytes()


def plan_of(y):
    """What `y.backward()` plans to do."""
    one = 1.0 if y.dtype == np.float64 else y.dtype.type(1)
    return Plan(*made_from([y], needing_gradient=True), seeds={y: one})


@examples(300)
@given(program=programs(smooth=False), seed=st.integers(0, 99), dtype=st.sampled_from([np.float64, np.float32]))
def test_the_plain_loop_and_the_generator_agree_bit_for_bit(program, seed, dtype):
    y = program(*[tg.Tensor(x) for x in program.at(seed, dtype)])
    stepwise, plain = plan_of(y), plan_of(y)
    last = {step.input: step.after for step in steps(stepwise)}
    if all(name != "where" for name, _, _ in program.instructions):     # which starts a mask, and is not plain
        run_plain(plain, True)
        for leaf in plain.leaves:
            assert_same_bits([plain.totals[leaf]], [stepwise.totals[leaf]])
    y.backward()
    for node in (*stepwise.results, *stepwise.leaves):
        assert_same_bits([node.grad.numpy()], [stepwise.totals[node]])
    assert_same_bits(last.values(), [stepwise.totals[node] for node in last])       # the events add up to the gradients


@examples(120)
@given(program=programs(), seed=st.integers(0, 99))
def test_random_programs_have_right_derivatives_to_second_order_in_both_modes(program, seed):
    tg.testing.check_grad(program, *program.at(seed), order=2, mode="both", seed=seed)


@examples(120)
@given(program=programs(smooth=False), seed=st.integers(0, 99))
def test_backward_gives_what_gradients_gives(program, seed):
    at = program.at(seed)
    variables, others = [tg.Tensor(x) for x in at], [tg.Tensor(x) for x in at]
    program(*variables).backward()
    assert_same_bits([None if x.grad is None else x.grad.numpy() for x in variables], gradients_of(program, others))
    assert all(x.grad is None for x in others)


@examples(120)
@given(program=programs(smooth=False), seed=st.integers(0, 99))
def test_a_recorded_pass_gives_what_a_plain_one_gives(program, seed):
    variables = [tg.Tensor(x) for x in program.at(seed)]
    y = program(*variables)
    recorded = tg.gradients(y, variables, create_graph=True, allow_unused=True)
    for a, b in zip(recorded, tg.gradients(y, variables, allow_unused=True), strict=True):
        if b is not None:
            assert_allclose(a.numpy(), b.numpy(), rtol=1e-12, atol=1e-14)


@examples(40)
@given(program=programs(), seed=st.integers(0, 99))
def test_second_derivatives_are_symmetric(program, seed):
    at = program.at(seed)
    every = tuple(range(len(at)))
    hessian = tg.hessian(program, argnums=every)(*at)
    for i in every:
        for j in every:
            n, m = at[i].size, at[j].size
            assert_allclose(np.reshape(hessian[i][j], (n, m)), np.reshape(hessian[j][i], (m, n)).T, rtol=1e-9,
                            atol=1e-11)


@examples(40)
@given(program=programs(), seed=st.integers(0, 99))
def test_hessian_times_vector_is_the_same_by_all_ways(program, seed):
    at, rng = program.at(seed), np.random.default_rng([seed, 1])
    vs = [rng.uniform(-1, 1, x.shape) for x in at]
    every = tuple(range(len(at)))
    slopes = tg.grad(program, every)
    forward_over_reverse = tg.hvp(program, at, vs)
    _, pull = tg.vjp(lambda *xs: list(slopes(*xs)), *at)
    reverse_over_reverse = pull(vs)
    reverse_over_forward = tg.grad(lambda *xs: tg.jvp(program, xs, vs)[1], every)(*at)
    for one, two, three in zip(forward_over_reverse, reverse_over_reverse, reverse_over_forward, strict=True):
        assert_allclose(one, two, rtol=1e-9, atol=1e-11)
        assert_allclose(one, three, rtol=1e-9, atol=1e-11)


def dot(trees, others):
    """The sum of all products of two lists of arrays."""
    return sum(tg.sum(a * b) for a, b in zip(trees, others, strict=True))


def claimed(f, at, rng):
    """A function, and what each transform of a program says about its gradient: (function, gradient)."""
    every, vs = tuple(range(len(at))), [rng.uniform(-1, 1, x.shape) for x in at]
    u, i = rng.uniform(-1, 1, np.shape(f.last(*at))), int(rng.integers(len(at)))

    def moved(t):
        return [x + t * v for x, v in zip(at, vs, strict=True)]

    return {
        "grad": (f, tg.grad(f, every)),
        "value_and_grad": (lambda *xs: tg.value_and_grad(f, every)(*xs)[0],
                           lambda *xs: tg.value_and_grad(f, every)(*xs)[1]),
        "vjp": (lambda *xs: tg.sum(u * f.last(*xs)), lambda *xs: tg.vjp(f.last, *xs)[1](u)),
        "jvp": (lambda t: tg.sum(u * f.last(*moved(t))), lambda t: np.sum(u * tg.jvp(f.last, moved(t), vs)[1])),
        "jacobian": (lambda *xs: tg.sum(u * f.last(*xs)),
                     lambda *xs: tuple(np.tensordot(u, block, 1) for block in tg.jacobian(f.last, every)(*xs))),
        "hessian": (lambda *xs: tg.sum(vs[i] * tg.grad(f, i)(*xs)),
                    lambda *xs: tuple(np.tensordot(vs[i], block, vs[i].ndim)
                                      for block in tg.hessian(f, every)(*xs)[i])),
        "hvp": (lambda *xs: dot(vs, tg.grad(f, every)(*xs)), lambda *xs: tg.hvp(f, xs, vs)),
    }


@pytest.mark.parametrize("transform", ["grad", "value_and_grad", "vjp", "jvp", "jacobian", "hessian", "hvp"])
@examples(25)
@given(program=programs(), seed=st.integers(0, 99))
def test_transforms_of_random_programs_give_what_differences_give(transform, program, seed):
    at = program.at(seed)
    f, gradient = claimed(program, at, np.random.default_rng([seed, 1]))[transform]
    tg.testing.check_grad(f, *([0.0] if transform == "jvp" else at), gradient=gradient, seed=seed)


def transformed(f, at, rng):
    """What transforms of a program give, each as a function that can be differentiated, and where to do that."""
    every, n, vs = tuple(range(len(at))), len(at), [rng.uniform(-1, 1, x.shape) for x in at]
    u = rng.uniform(-1, 1, np.shape(f.last(*at)))
    return {
        "grad": (tg.grad(f, every), at),
        "value_and_grad": (tg.value_and_grad(f, every), at),
        "vjp": (lambda u, *xs: tg.vjp(f.last, *xs)[1](u), [u, *at]),
        "vjp, by the vector": (tg.vjp(f.last, *at)[1], [u]),
        "jvp": (lambda *both: tg.jvp(f.last, both[:n], both[n:]), [*at, *vs]),
        "jvp, by the arguments": (lambda *xs: tg.jvp(f.last, xs, vs), at),
        "jvp, by the directions": (lambda *vs: tg.jvp(f.last, at, vs), vs),
        "jacobian": (tg.jacobian(f.last, every), at),
        "hessian": (tg.hessian(f, every), at),
        "hvp": (lambda *both: tg.hvp(f, both[:n], both[n:]), [*at, *vs]),
    }


@pytest.mark.parametrize("transform", ["grad", "value_and_grad", "vjp", "vjp, by the vector", "jvp",
                                       "jvp, by the arguments", "jvp, by the directions", "jacobian", "hessian",
                                       "hvp"])
@examples(12)
@given(program=programs(), seed=st.integers(0, 99))
def test_what_transforms_give_has_right_derivatives_itself(transform, program, seed):
    f, at = transformed(program, program.at(seed), np.random.default_rng([seed, 1]))[transform]
    tg.testing.check_grad(f, *at, seed=seed)


@pytest.mark.parametrize("again", [copy.deepcopy, lambda t: pickle.loads(pickle.dumps(t))],
                         ids=["deepcopy", "pickle"])
@examples(40)
@given(program=programs(smooth=False), seed=st.integers(0, 99))
def test_copied_programs_have_the_same_gradients(again, program, seed):
    variables = [tg.Tensor(x) for x in program.at(seed)]
    y = program(*variables)
    copied = again((y, variables))
    results, others = copied
    assert_same_bits([results.numpy()], [y.numpy()])
    expected = [None if g is None else g.numpy() for g in tg.gradients(y, variables, allow_unused=True)]
    found = [None if g is None else g.numpy() for g in tg.gradients(results, others, allow_unused=True)]
    assert_same_bits(found, expected)


# Functions of h, which is 0 outside of the mask and 1 in it: smooth at 1, and without a finite derivative at 0.
NASTY = {"sqrt": tg.sqrt, "log": tg.log, "cbrt cubed": lambda h: tg.cbrt(h) ** 3, "0 / 0": lambda h: h / h,
         "power": lambda h: h**0.5,
         "shared": lambda h: tg.sqrt(h) * tg.log(h) + h,
         "reshaped": lambda h: tg.sqrt(h.reshape(-1))[::-1][::-1].reshape(h.shape),
         "twice": lambda h: tg.sqrt(tg.sqrt(h)) - 1 / h, "entropy": lambda h: h * tg.log(h),
         "arcsine": lambda h: tg.asin(1 - h)}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("nasty", NASTY.values(), ids=NASTY)
@examples(12)
@given(program=programs(), seed=st.integers(0, 99))
def test_elements_that_are_not_taken_send_back_nothing_to_any_order(nasty, program, seed):
    """sum(where(mask, f(h), 0)) is sum(f(h[mask])), whatever f is elsewhere."""
    at, rng = program.at(seed), np.random.default_rng([seed, 1])
    mask = rng.random((2, 3)) < 0.5
    vs = [rng.uniform(-1, 1, x.shape) for x in at]

    def h(*xs):
        y = tg.tanh(program(*xs) + np.arange(6.0).reshape(2, 3) / 6)
        return y, y - y.detach() + mask

    def by_where(*xs):
        y, zero_or_one = h(*xs)
        return tg.sum(tg.where(mask, nasty(zero_or_one) * y, 0.0)) + tg.mean(y)

    def by_index(*xs):
        y, zero_or_one = h(*xs)
        return tg.sum(nasty(zero_or_one[mask]) * y[mask]) + tg.mean(y)

    every = tuple(range(len(at)))
    for ours, expected in ((tg.grad(by_where, every)(*at), tg.grad(by_index, every)(*at)),
                           (tg.hvp(by_where, at, vs), tg.hvp(by_index, at, vs)),
                           ([tg.jvp(by_where, at, vs)[1]], [tg.jvp(by_index, at, vs)[1]])):
        for a, b in zip(ours, expected, strict=True):
            assert_allclose(a, b, rtol=1e-10, atol=1e-12)


# -- backward and gradients -------------------------------------------------------------------------------------------


def test_gradient_of_a_variable_by_itself_is_one():
    x = tg.Tensor(3.0)
    x.backward()
    assert x.grad.item() == 1.0
    assert tg.gradients(x, x).item() == 1.0
    x.backward()
    assert x.grad.item() == 2.0


def test_backward_starts_from_the_given_gradient():
    x = tg.Tensor([1.0, 2.0])
    (x * x).backward([1.0, 10.0])
    assert x.grad.tolist() == [2.0, 40.0]
    x.zero_grad()
    assert x.grad is None
    (x * x).backward(tg.asarray([1.0, 0.0]))
    assert x.grad.tolist() == [2.0, 0.0]


def test_one_element_needs_no_gradient_to_start_from():
    x = tg.Tensor([[3.0]])
    (x * x).backward()
    assert x.grad.tolist() == [[6.0]]


def test_a_gradient_to_start_from_takes_the_dtype_of_the_output():
    x = tg.Tensor(np.ones(2, np.float32))
    (x * 2).backward(np.array([1.0, 2.0]))
    assert x.grad.dtype == np.float32
    g = tg.gradients(x * 2, x, tg.Tensor(np.array([1.0, 2.0])), create_graph=True)
    assert g.dtype == np.float32


def test_grad_may_be_assigned_and_is_added_to():
    x = tg.Tensor([1.0, 2.0])
    x.grad = [10.0, 10.0]
    tg.sum(x).backward()
    assert x.grad.tolist() == [11.0, 11.0]


def test_outputs_add_up_and_may_repeat():
    x = tg.Tensor(2.0)
    y, z = x * x, x * 3
    assert tg.gradients([y, z], x).item() == 7.0                        # 2x + 3
    assert tg.gradients([y, y], x).item() == 8.0
    assert tg.gradients([y, z], x, [10.0, 1.0]).item() == 43.0
    assert tg.gradients([y, x], x).item() == 5.0                        # 2x + 1
    assert tg.gradients([y, y * y], y).item() == 1 + 2 * 4.0


def test_inputs_in_a_tuple_or_list_give_a_tuple():
    x, y = tg.variables(x=2.0, y=3.0)
    for inputs in ((x, y), [x, y]):
        found = tg.gradients(x * y, inputs)
        assert isinstance(found, tuple)
        assert [g.item() for g in found] == [3.0, 2.0]
    assert [g.item() for g in tg.gradients(x * y, [x, x])] == [3.0, 3.0]


def test_an_unused_input_is_an_error_or_none():
    x, y = tg.variables(x=2.0, other=3.0)
    with pytest.raises(tg.errors.GraphError, match=r"not made from other.*allow_unused=True"):
        tg.gradients(x * 2, (x, y))
    assert tg.gradients(x * 2, (x, y), allow_unused=True)[1] is None
    assert tg.gradients(x * 2, y, allow_unused=True) is None


def test_gradients_of_results_and_through_them():
    x = tg.Tensor(2.0)
    h = x * x
    y = h * h
    found = tg.gradients(y, (h, x))
    assert [g.item() for g in found] == [8.0, 32.0]                     # 2h;  4x³


def test_create_graph_composes_to_third_order():
    x = tg.Tensor(2.0)
    y = x**4
    for expected in (32.0, 48.0, 48.0):                                 # 4x³, 12x², 24x
        y = tg.gradients(y, x, create_graph=True)
        assert y.item() == expected
    assert x.grad is None


def test_gradients_without_create_graph_are_constants():
    x = tg.Tensor(2.0)
    assert not tg.gradients(x * x, x).requires_grad
    assert tg.gradients(x * x, x, create_graph=True).requires_grad


def test_grad_outputs_can_be_differentiated_by():
    x, g = tg.Tensor([1.0, 2.0]), tg.Tensor([3.0, 4.0])
    found = tg.gradients(x * x, x, g, create_graph=True)
    assert tg.gradients(found, g, [1.0, 1.0]).tolist() == [2.0, 4.0]      # 2x


def test_only_what_needs_a_gradient_is_followed():
    x, data = tg.Tensor([1.0, 2.0]), tg.asarray([3.0, 4.0])
    y = tg.sum(x * data)
    y.backward()
    assert data.grad is None
    assert not data.requires_grad
    frozen = tg.Tensor([1.0], requires_grad=False)
    assert not (frozen * 2).requires_grad


def test_a_variable_can_be_frozen_and_thawed():
    x = tg.Tensor(2.0)
    x.requires_grad = False
    assert not (x * x).requires_grad
    x.requires_grad = True
    (x * x).backward()
    assert x.grad.item() == 4.0


def test_detached_values_stop_the_gradient():
    x = tg.Tensor(3.0)
    (x.detach() * x).backward()
    assert x.grad.item() == 3.0


def test_integer_results_end_a_path():
    x = tg.Tensor([3.0, 1.0])
    order = tg.argsort(x)
    assert not order.requires_grad
    tg.sum(x[order] * np.array([1.0, 10.0])).backward()
    assert x.grad.tolist() == [10.0, 1.0]


@pytest.mark.parametrize(("call", "option", "later"), [
    (tg.repeat, np.array([1, 2, 1, 1]), [2, 1, 1, 1]), (tg.repeat, [1, 2, 1, 1], [2, 1, 1, 1]), (tg.roll, [1], [2]),
    (tg.pad, np.array([1, 2]), [2, 1]), (lambda x, axes: tg.permute_dims(x.reshape(2, 2), axes), [1, 0], [0, 1]),
    (lambda x, axis: tg.flip(x.reshape(2, 2), axis=axis), [0], [1]), (tg.take, np.array([0, 1]), [2, 1]),
    (lambda x, index: x[index], np.array([0, 1]), [2, 1]), (lambda x, index: x[None][0, index], [0, 1], [2, 1]),
    (lambda x, index: x.at[index].set(5.0), np.array([0, 1]), [2, 1]),
    (lambda x, chosen: tg.where(chosen, x, 0.0), np.array([True] * 4), False),
    (lambda x, stride: tg.conv2d(x.reshape(1, 2, 2, 1), np.ones((1, 1, 1, 1)), stride=stride), [1, 1], [2, 2]),
], ids=["repeat array", "repeat list", "roll", "pad", "permute_dims", "flip", "take", "index array", "index list",
        "at", "where", "stride"])
def test_changing_an_option_after_the_forward_pass_changes_nothing(call, option, later):
    option = option.copy()
    x = tg.Tensor([1.0, 2.0, 3.0, 4.0])
    y = call(x, option)
    g = np.arange(1.0, y.size + 1).reshape(y.shape)
    expected = tg.gradients(y, x, g).tolist()
    option[:] = later
    assert tg.gradients(y, x, g).tolist() == expected


# -- hooks ------------------------------------------------------------------------------------------------------------


def test_hook_gets_the_complete_gradient_once():
    x, seen = tg.Tensor(3.0), []
    h = x * x
    h.register_hook(lambda g: seen.append(g.item()))
    (h + 2 * h + h * h).backward()
    assert seen == [21.0]                                               # 1 + 2 + 2h, h = 9
    assert x.grad.item() == 21.0 * 6


def test_hook_of_a_variable_gets_the_gradient_of_one_pass():
    x, seen = tg.Tensor(3.0), []
    x.register_hook(lambda g: seen.append(g.item()))
    y = x * x + x
    y.backward()
    y.backward()
    assert seen == [7.0, 7.0]
    assert x.grad.item() == 14.0


@pytest.mark.parametrize("create_graph", [False, True])
def test_what_a_hook_returns_replaces_the_gradient(create_graph):
    x = tg.Tensor(3.0)
    h = x * x
    h.register_hook(lambda g: g * 10)
    assert tg.gradients(h + x, x, create_graph=create_graph).item() == 61.0      # 10 · 2x + 1
    assert tg.gradients(h + x, h, create_graph=create_graph).item() == 10.0
    (h + x).backward()
    assert (x.grad.item(), h.grad.item()) == (61.0, 10.0)


def test_hooks_run_in_order_and_can_be_removed():
    x = tg.Tensor(2.0)
    add, double = x.register_hook(lambda g: g + 1), x.register_hook(lambda g: g * 2)
    assert tg.gradients(x * 5, x).item() == 12.0                        # (5 + 1) · 2
    add()
    assert tg.gradients(x * 5, x).item() == 10.0
    add()                                                               # again does nothing
    double()
    assert tg.gradients(x * 5, x).item() == 5.0


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_hook_keeps_the_dtype_of_its_tensor(create_graph):
    x = tg.Tensor(np.ones(2, np.float32))
    x.register_hook(lambda g: g.numpy().astype(float) * 3)
    (g,) = tg.gradients(tg.sum(x * x), [x], create_graph=create_graph)
    assert g.dtype == np.float32
    assert g.tolist() == [6.0, 6.0]


def test_a_hook_is_called_once_also_if_the_pass_is_run_again_carefully():
    x, seen = tg.Tensor(0.0), []
    x.register_hook(lambda g: seen.append(g.item()))
    with pytest.warns(tg.errors.NonFiniteGradientWarning):
        (tg.cbrt(x) ** 3).backward()
    assert len(seen) == 1


def test_a_hook_on_one_of_several_results():
    x = tg.Tensor(2 * np.eye(2))
    _, size = tg.slogdet(x)
    size.register_hook(lambda g: g * 3)
    size.backward()
    assert x.grad.tolist() == [[1.5, 0], [0, 1.5]]


def test_hook_errors():
    with pytest.raises(tg.errors.ArgumentError, match=r"got 5. Expected a function"):
        tg.Tensor(1.0).register_hook(5)
    x = tg.Tensor([1.0, 2.0], name="x")
    x.register_hook(lambda g: 5.0)
    with pytest.raises(tg.errors.ShapeError, match=r"hook on x returned a gradient of shape \(\), expected \(2,\)"):
        tg.sum(x).backward()
    with pytest.raises(tg.errors.GraphError, match="needs no gradient, so a hook on it would never be called"):
        tg.asarray(1.0).register_hook(print)


def test_an_error_in_a_hook_leaves_the_graph_usable():
    x = tg.Tensor(3.0)
    h = x * x

    def fail(g):
        raise ZeroDivisionError

    remove = h.register_hook(fail)
    with pytest.raises(ZeroDivisionError):
        h.backward()
    assert x.grad is None
    remove()
    h.backward()
    assert x.grad.item() == 6.0


# -- modes ------------------------------------------------------------------------------------------------------------


def is_recording():
    return (tg.Tensor(2.0) * 3).requires_grad


def test_no_grad_and_enable_grad_as_blocks():
    with tg.no_grad():
        assert not is_recording()
        with tg.enable_grad():
            assert is_recording()
        assert not is_recording()
    assert is_recording()


def test_modes_decorate_also_without_parentheses():
    assert not tg.no_grad(is_recording)()
    assert tg.no_grad(tg.enable_grad(is_recording))()
    with pytest.raises(tg.errors.AnomalyError):
        tg.detect_anomaly(lambda: tg.log(tg.Tensor(0.0)))()


def test_what_was_made_under_no_grad_says_so_when_asked_for_gradients():
    with tg.no_grad():
        y = tg.Tensor(2.0) * 3
    with pytest.raises(tg.errors.GraphError, match="made inside no_grad"):
        y.backward()


def test_names_that_pytest_makes_for_asserts_are_no_names():
    w = tg.Tensor(2.0, name="w")
    assert (w * w).name is None


def test_a_selection_with_several_results_keeps_infinite_slopes_out():
    x = tg.Tensor([4.0, 0.0, 9.0])
    tg.sum(tg.topk(tg.sqrt(x), 2)[0]).backward()            # the slope of the root at 0 is infinite, and not asked for
    assert_array_equal(x.grad.numpy(), [1 / 4, 0, 1 / 6])


@pytest.mark.parametrize("named_first", ["x", "out"])
@pytest.mark.parametrize("wrap", [float, lambda x: np.array([x])], ids=["number", "array"])
def test_a_rule_may_name_what_it_needs_in_any_order(named_first, wrap):
    """Also where the generator runs it: with hooks, and recorded for higher orders."""
    @tg.op
    def cubed(x, /):
        return x * x * x

    cubed.derivative(x=(lambda x, g: g * 3 * x * x) if named_first == "x" else (lambda out, x, g: g * 3 * out / x))
    x = tg.Tensor(wrap(2.0))
    tg.sum(cubed(x) * 5.0).backward()
    assert x.grad.numpy().item() == 60
    x.zero_grad()
    x.register_hook(lambda g: None)
    tg.sum(cubed(x) * 5.0).backward()
    assert x.grad.numpy().item() == 60
    slope = tg.gradients(tg.sum(cubed(x)), x, create_graph=True)
    assert_allclose(tg.gradients(tg.sum(slope), x).numpy(), 12)


def test_a_rule_of_the_result_may_name_it_first():
    @tg.op
    def power(x, /):
        return np.exp(x)

    power.derivative(x=lambda out, g: out * g)
    for hook in (False, True):
        x = tg.Tensor(0.5)
        if hook:
            x.register_hook(lambda g: None)
        (power(x) * 3.0).backward()
        assert_allclose(x.grad.item(), 3 * math.exp(0.5))


@pytest.mark.parametrize("create_graph", [False, True])
def test_an_error_inside_a_rule_says_which_rule_and_where(create_graph):
    @tg.op
    def twice(x, /):
        return 2 * x

    twice.derivative(x=lambda g: {}[g])
    x = tg.Tensor([1.0, 2.0])
    y = tg.sum(twice(x))
    with pytest.raises((KeyError, TypeError)) as caught:
        tg.gradients(y, x, create_graph=create_graph)
    note = caught.value.__notes__[0]
    assert re.search(r"derivative rule twice-x, .*test_graphs.py:\d+: y = tg.sum\(twice\(x\)\)", note)


def test_no_grad_and_enable_grad_as_decorators_that_can_be_called_often():
    silent, loud = tg.no_grad()(is_recording), tg.no_grad()(tg.enable_grad()(is_recording))
    for _ in range(2):
        assert not silent()
        assert loud()
        assert is_recording()
    assert silent.__name__ == "is_recording"


def test_modes_are_restored_after_an_exception():
    with pytest.raises(KeyError), tg.no_grad(), tg.detect_anomaly():
        raise KeyError
    assert is_recording()
    with pytest.warns(RuntimeWarning):
        tg.log(tg.Tensor([0.0]))                                        # no AnomalyError any more


def test_modes_of_async_tasks_are_apart():
    async def silent(entered, leave):
        with tg.no_grad():
            entered.set()
            await leave.wait()
            return is_recording()

    async def loud(entered, leave):
        await entered.wait()
        found = is_recording()
        leave.set()
        return found

    async def both():
        entered, leave = asyncio.Event(), asyncio.Event()
        return await asyncio.gather(silent(entered, leave), loud(entered, leave))

    assert asyncio.run(both()) == [False, True]


def test_a_new_thread_records_whatever_the_mode_of_its_maker():
    found = []
    with tg.no_grad():
        thread = threading.Thread(target=lambda: found.append(is_recording()))
        thread.start()
        thread.join()
    assert found == [True]


def test_no_grad_results_are_constants_also_as_variables_of_their_own():
    x = tg.Tensor(2.0)
    with tg.no_grad():
        y = x * x
        made = tg.Tensor(5.0)
    assert not y.requires_grad
    assert y.is_leaf
    assert made.requires_grad                                           # a variable is one wherever it is made


def test_backward_works_under_no_grad():
    x = tg.Tensor(3.0)
    y = x * x
    with tg.no_grad():
        y.backward()
        second = tg.gradients(tg.gradients(y, x, create_graph=True), x)
    assert (x.grad.item(), second.item()) == (6.0, 2.0)


# -- detect_anomaly and non-finite gradients --------------------------------------------------------------------------


def test_anomaly_names_the_operation_and_the_line_forward():
    zero, x = tg.Tensor(0.0), tg.Tensor([1.0, 0.0, -1.0])
    words = r"log\(x\) gave -inf from finite numbers: x = 0\.0.*test_graphs.py:\d+: tg\.log\(zero\)"
    with tg.detect_anomaly(), pytest.raises(tg.errors.AnomalyError, match=words):
        tg.log(zero)
    words = r"divide\(x1, x2\) gave 1 of 3 elements.*x2 of shape \(3,\)"
    with np.errstate(all="ignore"), tg.detect_anomaly(), pytest.raises(tg.errors.AnomalyError, match=words):
        1 / x


def test_anomaly_names_the_operation_and_the_line_backward():
    x = tg.Tensor([0.0, 4.0], name="x")
    y = tg.sum(tg.cbrt(x) ** 3)
    words = r"gradient of x is NaN in 1 of 2 elements.*cbrt, test_graphs.py:\d+: y = tg\.sum.*tg\.where"
    with tg.detect_anomaly(), pytest.raises(tg.errors.AnomalyError, match=words):
        y.backward()


def test_anomaly_lets_through_what_came_in_infinite():
    with tg.detect_anomaly():
        assert tg.exp(tg.Tensor(math.inf)).item() == math.inf
        assert tg.sum(tg.Tensor([math.nan])).requires_grad


def test_an_infinite_slope_warns_and_points_to_the_users_line():
    x = tg.Tensor(0.0, name="weight")
    with pytest.warns(tg.errors.NonFiniteGradientWarning, match=r"gradient of weight is infinite.*sqrt") as caught:
        tg.sqrt(x).backward()
    assert [each.filename for each in caught] == [__file__]


def test_an_infinite_result_does_not_warn():
    x = tg.Tensor(1000.0)
    with np.errstate(all="ignore"):
        y = tg.exp(x)
    y.backward()
    assert x.grad.item() == math.inf


# -- names and positions ----------------------------------------------------------------------------------------------


def names_and_expressions(t):
    """Operation (or "leaf"), name and expression of a tensor and of all that it was made from, newest first."""
    results, leaves = made_from([t])
    return [("leaf" if each.op is None else each.op.name, each.name, each.position.expression)
            for each in reversed([*leaves, *results])]


def test_a_result_is_called_like_the_variable_it_is_assigned_to():
    x = tg.Tensor(2.0)
    y = x * x
    assert names_and_expressions(y) == [("multiply", "y", "x * x"), ("leaf", "x", "tg.Tensor(2.0)")]


def test_a_given_name_wins_and_may_change():
    x = tg.Tensor(2.0, name="weight")
    assert x.name == "weight"
    x.name = "bias"
    assert x.name == "bias"
    x.name = None
    assert x.name == "x"


def test_parts_of_an_expression_have_no_name():
    x, y = tg.variables(x=2.0, y=3.0)
    z = x * y + tg.sin(x) - y
    assert names_and_expressions(z)[:4] == [("subtract", "z", "x * y + tg.sin(x) - y"),
                                            ("add", None, "x * y + tg.sin(x)"), ("sin", None, "tg.sin(x)"),
                                            ("multiply", None, "x * y")]


def test_a_chain_of_methods_names_its_last_link():
    x = tg.Tensor([2.0, 3.0])
    y = (x * 2).tanh().sum()
    assert names_and_expressions(y)[:3] == [("sum", "y", "(x * 2).tanh().sum()"), ("tanh", None, "(x * 2).tanh()"),
                                            ("multiply", None, "x * 2")]


def test_of_two_targets_the_first_names_the_result():
    x = tg.Tensor(2.0)
    a = b = x * x
    c = d = tg.sin(x)
    assert (a.name, b.name, c.name, d.name) == ("a", "a", "c", "c")


def test_elements_of_containers_and_values_that_are_used_further_have_no_name():
    x, box = tg.Tensor(2.0), {}
    box["k"] = x * x
    listed = [x * i for i in range(2)]
    shape = (x * 3).shape
    doubled = float((x * 2).item())
    both = (x * 4, x * 5)
    y = abs(x * 6) + 1
    assert [each.name for each in (box["k"], listed[1], *both, y.inputs[0].inputs[0])] == [None] * 5
    assert (shape, doubled) == ((), 4.0)


def test_targets_of_one_assignment_name_their_values():
    a, b = tg.Tensor(2.0), tg.Tensor(3.0)
    c, d, e, f = a * b, tg.sin(a), (a + b).sum(), [a, b][0] * 2
    (g, h), k = (a - b, b - a), a / b
    assert [each.name for each in (a, b, c, d, e, f)] == [*"abcdef"]
    assert (g.name, h.name, k.name) == ("g", "h", "k")
    chosen = a * b if a < b else a / b
    other = a * b if a > b else a / b
    assert (chosen.name, other.name) == ("chosen", "other")


def test_an_attribute_names_its_value():
    class Neuron:
        def __init__(self):
            self.w, self.b = tg.Tensor(1.0), tg.Tensor(2.0)
            self.y = self.w * self.b

    neuron = Neuron()
    assert (neuron.w.name, neuron.b.name, neuron.y.name) == ("w", "b", "y")


def test_what_is_taken_apart_names_its_parts():
    x = tg.Tensor([1.0, 2.0, 3.0, 4.0])
    a, b, c, d = x
    p, q, r, s = tg.unstack(x)
    first, second = tg.split(x, 2)
    sign, logarithm = tg.slogdet(tg.Tensor([[1.0, 2.0], [3.0, 5.0]]))
    assert [each.name for each in (a, b, c, d, p, q, r, s)] == [*"abcdpqrs"]
    assert (first.name, second.name, sign.name, logarithm.name) == ("first", "second", "sign", "logarithm")
    assert names_in_the_graph(a * b * q + second.sum())[-4:] == [("getitem", "second"), ("getitem", "q"),
                                                                 ("getitem", "b"), ("getitem", "a")]
    uneven, _ = tg.split(x, [1])
    whole, *rest = x
    assert uneven.name is None
    assert (whole.name, rest[0].name) == (None, None)


def test_loops_walruses_and_augmented_assignments_name_their_variable():
    x = tg.Tensor(2.0)
    for _ in range(2):
        h = x * 3
    total = x
    total += h
    if w := tg.exp(x):
        pass
    annotated: tg.Tensor = x * 5
    assert [h.name, total.name, w.name, annotated.name] == ["h", "total", "w", "annotated"]


def test_an_expression_over_several_lines_is_shown_as_one():
    x = tg.Tensor(2.0)
    y = (x +
         tg.sin(x)
         * 3)
    assert y.position.expression == "x + tg.sin(x) * 3"
    assert y.position.line + 1 == y.inputs[1].inputs[0].position.line
    assert y.inputs[1].position.expression == "tg.sin(x) * 3"


def test_several_operations_on_one_line_have_expressions_of_their_own():
    x = tg.Tensor(2.0)
    y = x * x; z = x + y                                                # noqa: E702
    assert (y.position.expression, z.position.expression) == ("x * x", "x + y")
    assert y.position.line == z.position.line
    assert (y.name, z.name) == ("y", "z")


def names_in_the_graph(t):
    """Operation and name of all results, newest first, as pictures and formulas call them."""
    results, leaves = made_from([t])
    names = names_of(sorted([*results, *leaves], key=lambda each: each._number))
    return [(each.op.name, names.get(each)) for each in reversed(results)]


def test_a_composed_function_names_its_last_operation_only():
    u, v = tg.Tensor([1.0, 2.0]), tg.Tensor([3.0, 4.0])
    y = tg.trace(tg.outer(u, v))
    assert names_in_the_graph(y) == [("sum", "y"), ("diagonal", None), ("outer", None)]
    total = sum([u, v, u])
    assert names_in_the_graph(total) == [("add", "total"), ("add", None), ("add", None)]


def test_the_variable_of_a_loop_is_numbered():
    w = tg.Tensor(2.0)
    h = w * 3
    for _ in range(2):
        h = h * w
        h = tg.sin(h)
    assert names_in_the_graph(h) == [("sin", "h₅"), ("multiply", "h₄"), ("sin", "h₃"), ("multiply", "h₂"),
                                     ("multiply", "h₁")]
    for _ in range(2):
        w = w * 3                                                       # one operation at one place, again and again
    assert names_in_the_graph(w) == [("multiply", "w₃"), ("multiply", "w₂")]


def test_position_of_library_functions_is_the_users_line():
    x = tg.Tensor(np.ones((2, 2)))
    y = tg.trace(tg.tensordot(x, x, axes=1))
    results, _ = made_from([y])
    assert {each.position.text for each in results} == {"y = tg.trace(tg.tensordot(x, x, axes=1))"}
    assert {each.position.file for each in results} == {__file__}
    assert str(y.position).startswith("test_graphs.py:")
    assert y.position.function == "test_position_of_library_functions_is_the_users_line"


def test_position_of_a_result_in_a_function_is_where_it_was_computed():
    def inner(x):
        squared = x * x
        return squared, squared + 1

    outer, other = inner(tg.Tensor(2.0))
    assert (outer.name, outer.position.function) == ("squared", "inner")
    assert (other.name, other.position.function) == (None, "inner")


def test_code_without_a_file_has_lines_and_no_text():
    space = {"tg": tg}
    exec("x = tg.Tensor(2.0)\ny = x * x", space)
    assert (space["y"].name, space["y"].position.line, space["y"].position.text) == ("y", 2, "")
    assert str(space["y"].position) == "line 2"


def test_variables_are_named_by_their_keywords():
    w, b = tg.variables(weight=[1, 2], b=np.float32(3))
    assert (w.name, w.dtype, b.name, b.dtype) == ("weight", np.float64, "b", np.float32)
    assert w.requires_grad
    assert b.requires_grad


# -- repr and formats -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("make", "text"), [
    (lambda: tg.Tensor(2.0), "Tensor(2.0)"),
    (lambda: tg.Tensor(2.0, name="w"), "Tensor(2.0, name='w')"),
    (lambda: tg.Tensor(np.array([1, 2], np.float32)), "Tensor([1., 2.], dtype=float32)"),
    (lambda: tg.asarray([1, 2]), "Tensor([1, 2], dtype=int64)"),
    (lambda: tg.asarray([True]), "Tensor([ True])"),
    (lambda: tg.Tensor(2.0) * 3, "Tensor(6.0, from multiply)"),
    (lambda: tg.zeros((0, 3)), "Tensor([], shape=(0, 3))"),
    (lambda: tg.zeros(1000), "Tensor([0., 0., 0., ..., 0., 0., 0.], shape=(1000,))"),
    (lambda: tg.Tensor(np.float32(0.5)), "Tensor(0.5, dtype=float32)"),
    (lambda: tg.Tensor([[1.0, 2.0], [3.0, 4.0]]).sum(axis=0), "Tensor([4., 6.], from sum)"),
], ids=lambda value: value if isinstance(value, str) else "")
def test_repr_shows_value_kind_and_origin(make, text):
    assert repr(make()) == text


def test_repr_aligns_the_rows_of_a_matrix():
    assert repr(tg.Tensor([[1.0, 2.0], [3.0, 4.0]])) == "Tensor([[1., 2.],\n        [3., 4.]])"


def test_f_strings_format_each_number():
    t = tg.Tensor([1.0, 2.5])
    assert f"{t[1] * 1:.3f}" == "2.500"
    assert f"{t:.2f}" == "[1.00, 2.50]"
    assert f"{t}" == repr(t) == "Tensor([1. , 2.5])"
    assert f"{tg.asarray(3):03d}" == "003"
    assert f"{tg.Tensor(1234.5):,.1f}" == "1,234.5"


# -- tg.custom --------------------------------------------------------------------------------------------------------


def cubed(**rules):
    """x³ as a function that the engine cannot look into."""
    return tg.custom(lambda x: np.asarray(x) ** 3, vjp=lambda g, out, x: 3 * g * x**2, **rules)


def test_a_foreign_function_has_its_handwritten_gradient():
    f = cubed()
    x = tg.Tensor([1.0, 2.0])
    tg.sum(f(x) * tg.sin(x)).backward()
    assert_allclose(x.grad.numpy(), 3 * np.array([1, 4]) * np.sin([1, 2]) + np.array([1, 8]) * np.cos([1, 2]))
    assert tg.grad(f)(2.0) == 12.0
    assert_array_equal(f(np.array([2.0])), [8.0])
    assert isinstance(f(np.array([2.0])), np.ndarray)


@examples(20)
@given(program=programs(), seed=st.integers(0, 99))
def test_foreign_functions_inside_programs_have_right_derivatives_in_both_modes(program, seed):
    waves = tg.custom(lambda x, y: np.sin(x) * y, vjp=lambda g, out, x, y: (g * np.cos(x) * y, g * np.sin(x)),
                      jvp=lambda ts, out, x, y: ts[0] * np.cos(x) * y + ts[1] * np.sin(x))

    def f(*xs):
        y = program.last(*xs)
        return waves(y, y * program(*xs)) + y

    tg.testing.check_grad(f, *program.at(seed), mode="both", seed=seed)


def test_a_foreign_function_of_several_inputs():
    f = tg.custom(lambda x, y, n: x * y + n, vjp=lambda g, out, x, y, n: (g * y, g * x, None))
    x, y = tg.Tensor([2.0, 3.0]), tg.Tensor([5.0, 7.0])
    tg.sum(f(x, y, np.array([1, 2]))).backward()
    assert (x.grad.tolist(), y.grad.tolist()) == ([5, 7], [2, 3])


def test_a_foreign_pullback_is_asked_again_for_another_gradient():
    f = tg.custom(lambda x, y: x * y, vjp=lambda g, out, x, y: (g * y, g * x))
    x, y = tg.Tensor([2.0]), tg.Tensor([5.0])
    out = f(x, y)
    for start in (1.0, 10.0, 1.0):
        assert [g.tolist() for g in tg.gradients(out, [x, y], [start])] == [[5.0 * start], [2.0 * start]]
    a, b = tg.Tensor(2.0), tg.Tensor(5.0)
    number = f(a, b)
    for start in (1.0, 10.0):
        assert [g.item() for g in tg.gradients(number, [a, b], start)] == [5.0 * start, 2.0 * start]


def test_forward_mode_of_a_foreign_function_needs_its_pushforward():
    with pytest.raises(tg.errors.RuleError, match=r"custom\(<lambda>\): forward mode.*jvp=\.\.\."):
        tg.jvp(cubed(), (2.0,), (1.0,))
    pushed = cubed(jvp=lambda ts, out, x: 3 * ts[0] * x**2)
    assert tg.jvp(pushed, (2.0,), (5.0,)) == (8.0, 60.0)
    two = tg.custom(lambda x, y: x * y, vjp=lambda g, out, x, y: (g * y, g * x), jvp=lambda ts, out, x,
                    y: ts[0] * y + ts[1] * x)
    value, tangent = tg.jvp(two, (np.array([2.0]), np.array([3.0])), (np.array([10.0]), np.array([100.0])))
    assert (value.tolist(), tangent.tolist()) == ([6.0], [230.0])


def test_second_order_of_a_foreign_function_is_refused():
    with pytest.raises(tg.errors.RuleError, match=r"custom\(<lambda>\): a second derivative.*@tg\.op"):
        tg.grad(tg.grad(cubed()))(2.0)


def test_a_foreign_gradient_is_linear_in_what_arrives():
    """So the gradient may be recorded, as long as no second derivative of the foreign function is asked for."""
    f = tg.custom(lambda x: 2 * x, vjp=lambda g, out, x: 2 * g, jvp=lambda ts, out, x: 2 * ts[0])
    w = tg.Tensor(3.0)
    slope = tg.gradients(w * f(tg.Tensor(5.0, name="x")), w, create_graph=True)
    assert slope.item() == 10.0


def test_foreign_gradients_that_do_not_fit_are_refused():
    x = tg.Tensor([1.0, 2.0])
    wrong_shape = tg.custom(lambda x: x * 2, vjp=lambda g, out, x: 2.0)
    with pytest.raises(tg.errors.ShapeError, match=r"its vjp gave shape \(\) for input 0.*\(2,\)"):
        tg.sum(wrong_shape(x)).backward()
    wrong_number = tg.custom(lambda x: x * 2, vjp=lambda g, out, x: (g, g))
    with pytest.raises(tg.errors.RuleError, match="gave 2 gradients for 1 inputs"):
        tg.sum(wrong_number(x)).backward()


@pytest.mark.parametrize("writing", ["function", "pullback"])
def test_foreign_code_cannot_write_into_tensors(writing):
    """It raises, as for any array that is read-only, or writes into a copy; never are values or gradients wrong."""
    def double_in_place(x):
        x *= 2
        return x

    f = tg.custom(double_in_place if writing == "function" else lambda x: 2 * x,
                  vjp=lambda g, out, x: double_in_place(g) if writing == "pullback" else 2 * g)
    x = tg.Tensor([1.0, 2.0])
    try:
        y = f(x)
        (y + x).backward(np.ones(2))
    except ValueError as error:
        assert "read-only" in str(error)                                # noqa: PT017
    else:
        assert x.grad.tolist() == [3.0, 3.0]
        assert y.grad.tolist() == [1.0, 1.0]
    assert x.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("result", [[1.0, 2.0], (1.0, 2.0), None, "a"], ids=repr)
def test_a_foreign_function_that_gives_no_array_is_read_as_one_or_refused_in_words(result):
    f = tg.custom(lambda x: result, vjp=lambda g, out, x: x)
    try:
        y = f(tg.Tensor([1.0, 2.0]))
    except tg.errors.TinygradEduError as error:
        assert "custom" in str(error) or "foreign_call" in str(error)      # noqa: PT017
    else:
        assert y.tolist() == list(result)


def test_a_foreign_gradient_takes_the_dtype_of_its_input():
    f = tg.custom(lambda x: x * 2, vjp=lambda g, out, x: np.asarray(g, float) * 2)
    x = tg.Tensor(np.ones(2, np.float32))
    tg.sum(f(x)).backward()
    assert x.grad.dtype == np.float32


# -- tg.checkpoint ----------------------------------------------------------------------------------------------------


def test_a_checkpointed_function_that_ignores_its_argument_sends_nothing_back():
    x = tg.Tensor(3.0)
    y = tg.checkpoint(lambda x: tg.asarray(2.0))(x)
    (y * x).backward()
    assert x.grad.item() == 2.0                         # from the product alone


def test_checkpointed_functions_have_the_same_gradients_with_captured_variables():
    w, x = tg.Tensor([0.5, 0.7]), tg.Tensor([1.0, 2.0])

    def f(x):
        return tg.sin(x * w) * w

    plain = tg.gradients(tg.sum(f(x) ** 2), (x, w))
    checkpointed = tg.gradients(tg.sum(tg.checkpoint(f)(x) ** 2), (x, w))
    assert_same_bits([g.numpy() for g in checkpointed], [g.numpy() for g in plain])
    tg.sum(tg.checkpoint(f)(x)).backward()
    assert_allclose(w.grad.numpy(), tg.gradients(tg.sum(f(x)), w).numpy())


@examples(20)
@given(program=programs(), seed=st.integers(0, 99))
def test_checkpointed_programs_have_right_derivatives_to_second_order_in_both_modes(program, seed):
    """By what the function was given, and by what it captured."""
    def f(w, *xs):
        return tg.checkpoint(lambda *ys: tg.sin(w * program(*ys)) + program.last(*ys) * sum(map(tg.sum, ys)))(*xs) * w

    tg.testing.check_grad(f, 0.75, *program.at(seed), order=2, mode="both", seed=seed)


def test_a_captured_result_is_counted_once():
    """The gradient of what a captured result was made from flows through that result, and not once more beside it."""
    w = tg.Tensor(2.0)
    h = w * w
    y = tg.checkpoint(lambda x: x * h)(3.0)
    assert tg.gradients(y, h).item() == 3.0
    assert tg.gradients(y, w).item() == 12.0                            # 3 · 2w


def test_checkpoints_nest_and_go_to_second_order():
    w = tg.Tensor(0.5)

    def inner(x):
        return tg.sin(x * w)

    def outer(x):
        return tg.checkpoint(inner)(x) ** 2 + x

    def plain(x):
        return inner(x) ** 2 + x

    f = tg.checkpoint(outer)
    assert tg.grad(f)(2.0).item() == pytest.approx(tg.grad(plain)(2.0).item(), rel=1e-14)
    assert tg.grad(tg.grad(f))(2.0).item() == pytest.approx(tg.grad(tg.grad(plain))(2.0).item(), rel=1e-12)
    mixed = tg.gradients(tg.grad(f)(2.0), w).item()
    assert mixed == pytest.approx(tg.gradients(tg.grad(plain)(2.0), w).item(), rel=1e-12)
    assert tg.jvp(f, (2.0,), (1.0,))[1].item() == pytest.approx(tg.jvp(plain, (2.0,), (1.0,))[1].item(), rel=1e-12)


@pytest.mark.parametrize("seed", ["a", -1, 1.5, True])
def test_a_seed_is_a_whole_number_or_a_generator(seed):
    with pytest.raises(tg.errors.ArgumentError, match="seed: got .* whole number of at least 0"):
        tg.random.normal((2,), seed=seed)
    with pytest.raises(tg.errors.ArgumentError, match="seed: got"):
        tg.random.seed(seed)


def test_a_checkpoint_draws_random_numbers_alike_and_leaves_later_ones_alone():
    x = tg.Tensor(np.ones(5))

    def drop(x):
        return x * tg.random.bernoulli(0.5, x.shape) * 2

    tg.random.seed(3)
    y = tg.checkpoint(drop)(x)
    tg.random.seed(3)
    expected = drop(x)
    after = tg.random.uniform()
    tg.random.seed(3)
    y = tg.checkpoint(drop)(x)
    (g,) = tg.gradients(tg.sum(y), [x])
    assert_array_equal(g.numpy(), y.numpy())                            # each factor 0 or 2, the same as forward
    assert_array_equal(y.numpy(), expected.numpy())
    assert tg.random.uniform().item() == after.item()


def test_a_checkpoint_keeps_fewer_bytes_alive():
    def deep(x):
        for _ in range(20):
            x = tg.sin(x)
        return x

    def bytes_kept(f):
        x = tg.Tensor(np.ones(10_000))
        gc.collect()
        tracemalloc.start()
        y = f(x)
        kept = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        assert y.requires_grad
        return kept

    assert bytes_kept(tg.checkpoint(deep)) < 0.2 * bytes_kept(deep)


def test_a_checkpoint_of_several_arguments_of_which_some_are_constants():
    f = tg.checkpoint(lambda x, n, y: x * n + y)
    x, y = tg.Tensor(2.0), tg.Tensor(3.0)
    assert [g.item() for g in tg.gradients(f(x, 5.0, y), (x, y))] == [5.0, 1.0]
    assert not f(1.0, 2.0, 3.0).requires_grad
    with tg.no_grad():
        assert not f(x, 5.0, y).requires_grad


def test_a_checkpoint_gives_one_tensor_or_an_error():
    with pytest.raises(tg.errors.ArgumentError,
                       match=r"checkpoint\(<lambda>\): the function gave a tuple. Expected one Tensor"):
        tg.checkpoint(lambda x: (x, x))(tg.Tensor(1.0))


def test_a_checkpoint_whose_function_gives_another_value_when_run_again_is_noticed():
    factors = [2.0, 3.0]
    y = tg.checkpoint(lambda x: x * factors.pop())(tg.Tensor(1.0))
    with pytest.raises(tg.errors.GraphError, match=r"run again.*gave another value.*tg\.random"):
        y.backward()


def test_a_captured_variable_that_was_assigned_is_noticed():
    w = tg.Tensor(2.0, name="w")
    y = tg.checkpoint(lambda x: x * w)(tg.Tensor(3.0))
    w.data = 5.0
    with pytest.raises(tg.errors.ChangedValueError, match="w was assigned"):
        y.backward()


# -- operations of the user -------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _registry_as_before():
    """Operations that a test defines are gone when it ends."""
    before = dict(registry)
    yield
    registry.clear()
    registry.update(before)


def test_ten_lines_give_an_operation_with_all_derivatives():
    @tg.op
    def cube(x, /):
        """x³."""
        return x * x * x

    cube.derivative(x=lambda g, x: 3 * g * x * x)
    assert tg.grad(cube)(2.0) == 12.0
    assert tg.grad(tg.grad(tg.grad(cube)))(2.0) == 6.0
    assert tg.jvp(cube, (2.0,), (1.0,)) == (8.0, 12.0)
    assert cube(2.0) == 8.0
    assert repr(cube(tg.Tensor([1.0, 2.0]))) == "Tensor([1., 8.], from cube)"
    assert repr(cube.op) == "<op cube(x, /)>"
    assert cube.__name__ == "cube"
    assert cube.__doc__ == "x³."


def test_a_rule_names_what_it_needs_in_any_order():
    @tg.op
    def blend(x1, x2, /, *, weight=0.5):
        return weight * x1 * x2

    blend.derivative(x1=lambda x2, weight, g: g * weight * x2, x2=lambda x1, g, weight: g * weight * x1)
    assert tg.grad(lambda a, b: blend(a, b, weight=3.0), (0, 1))(2.0, 5.0) == (15.0, 6.0)
    assert tg.grad(blend, (0, 1))(2.0, 5.0) == (2.5, 1.0)


def test_defining_an_operation_again_replaces_it():
    def define(factor):
        @tg.op
        def scaled(x, /):
            return factor * x
        scaled.derivative(x=lambda g: factor * g)
        return scaled

    old, new = define(2.0), define(3.0)
    assert registry["scaled"] is new.op
    assert (tg.grad(old)(1.0), tg.grad(new)(1.0)) == (2.0, 3.0)         # graphs of the old one stay what they are


def test_an_operation_with_several_results():
    class Both(NamedTuple):
        sine: object
        cosine: object

    @tg.op(results=Both)
    def sine_and_cosine(x, /):
        return np.sin(x), np.cos(x)

    sine_and_cosine.derivative(x=lambda g, out: g.sine * out.cosine - g.cosine * out.sine)
    both = sine_and_cosine(tg.Tensor([0.3]))
    assert isinstance(both, Both)
    assert isinstance(sine_and_cosine(0.3), Both)

    def f(x):
        out = sine_and_cosine(x)
        return tg.sum(out.sine * 2 + out.cosine * out.sine)

    at = np.array([0.3, 0.7])
    assert_allclose(tg.grad(f)(at), 2 * np.cos(at) + np.cos(2 * at))
    assert_allclose(tg.hessian(f)(at), np.diag(-2 * np.sin(at) - 2 * np.sin(2 * at)))
    assert_allclose(tg.grad(lambda x: tg.sum(sine_and_cosine(x).cosine))(at), -np.sin(at))     # the other one unused


def test_an_operation_on_a_list():
    @tg.op(many=True)
    def added_up(arrays, /, *, signs):
        return sum(sign * each for sign, each in zip(signs, arrays, strict=True))

    added_up.derivative(arrays=lambda g, i, signs: g * signs[i])
    x, y = tg.Tensor([1.0, 2.0]), tg.Tensor([3.0, 4.0])
    out = added_up([x, np.ones(2), y, x], signs=(1, 1, -1, 5))
    assert out.tolist() == [4.0, 9.0]
    assert out.inputs[0] is x
    assert [g.tolist() for g in tg.gradients(out, (x, y), [1.0, 10.0])] == [[6, 60], [-1, -10]]


def test_saved_by_products():
    @tg.op(saves=("chosen",))
    def positive_part(x, /):
        chosen = x > 0
        return np.where(chosen, x, 0), tg.saved(chosen=chosen)

    positive_part.derivative(x=lambda g, chosen: tg.where(chosen, g, 0.0))
    x = tg.Tensor([-1.0, 2.0])
    y = positive_part(x)
    tg.sum(y * y).backward()
    assert x.grad.tolist() == [0.0, 4.0]
    assert y.options == {}                                              # a by-product is no option
    assert isinstance(positive_part(np.array([1.0])), np.ndarray)
    with pytest.raises(tg.errors.DTypeError,
                       match=r"saved\(half=\.\.\.\): got floating-point data.*Recompute it in the rule"):
        tg.saved(half=np.array([0.5]))


def test_broadcasting_belongs_to_the_engine():
    @tg.op
    def product(x1, x2, /):
        return x1 * x2

    product.derivative(x1=lambda g, x2: g * x2, x2=lambda g, x1: g * x1)
    x, y = tg.Tensor([[1.0], [2.0]]), tg.Tensor([3.0, 4.0, 5.0])
    tg.sum(product(x, y)).backward()
    assert (x.grad.tolist(), y.grad.tolist()) == ([[12], [12]], [3, 3, 3])


def test_a_missing_rule_is_an_error_that_says_how_to_write_it():
    @tg.op
    def mystery(x, /):
        return x * 2

    words = r"mystery has no derivative rule for its input x\. Write mystery\.derivative\(x=lambda g, \.\.\..*=None"
    with pytest.raises(tg.errors.RuleError, match=words):
        mystery(tg.Tensor(1.0)).backward()
    mystery.derivative(x=None)
    assert not mystery(tg.Tensor(1.0)).requires_grad


def test_a_rule_that_names_what_is_not_there_is_refused_at_once():
    @tg.op
    def doubled(x, /, *, times=2):
        return x * times

    words = r"doubled\.derivative\(x=\.\.\.\): the rule names y\. Expected names among g, out, times, x"
    with pytest.raises(tg.errors.RuleError, match=words):
        doubled.derivative(x=lambda g, y: g)
    with pytest.raises(tg.errors.RuleError, match=r"doubled has no input called z\. Expected x"):
        doubled.derivative(z=lambda g: g)


def test_a_rule_that_gives_a_wrong_shape_is_an_error_that_names_it():
    @tg.op
    def longer(x, /):
        return x * 2

    longer.derivative(x=lambda g: np.ones(3))
    with pytest.raises(tg.errors.RuleError, match=r"longer-x gave shape \(3,\) for an input of shape \(2,\)"):
        tg.sum(longer(tg.Tensor([1.0, 2.0]))).backward()


@pytest.mark.parametrize("gradient", [None, "a", [1.0], 1j], ids=repr)
def test_a_rule_that_gives_no_real_numbers_is_an_error_that_names_it(gradient):
    @tg.op
    def kept(x, /):
        return x * 1

    kept.derivative(x=lambda g: gradient)
    with pytest.raises(tg.errors.RuleError, match=r"derivative rule kept-x gave .* Expected an array of real numbers"):
        kept(tg.Tensor(1.0)).backward()


@pytest.mark.parametrize("result", [None, [1.0], (1.0, 2.0), "a"], ids=repr)
def test_an_operation_that_gives_no_array_is_an_error_that_names_it(result):
    @tg.op
    def strange(x, /):
        return result

    with pytest.raises(tg.errors.RuleError, match=r"strange\(x, /\) gave a .*Expected an array or a number"):
        strange(tg.Tensor(1.0))


def test_an_operation_without_inputs_is_refused_at_once():
    with pytest.raises(tg.errors.RuleError, match=r"without inputs.*def nothing\(x, /\)"):
        @tg.op
        def nothing(x):
            return x


def test_tensors_are_no_options():
    x = tg.Tensor([1.0, 2.0])
    with pytest.raises(tg.errors.ArgumentError, match=r"needs a gradient as the option axis.*tg\.maximum\(a, b\)"):
        tg.max(x, axis=x)


def test_calls_that_do_not_fit_the_signature():
    with pytest.raises(TypeError, match=r"sum\(x, /.*axes"):
        tg.sum(tg.Tensor([1.0]), axes=0)
    with pytest.raises(TypeError, match="missing a required argument"):
        tg.softmax()


def test_loading_a_graph_of_an_unknown_operation():
    @tg.op
    def fleeting(x, /):
        return x * 2

    fleeting.derivative(x=lambda g: 2 * g)
    stored = pickle.dumps(fleeting(tg.Tensor(1.0)))
    assert pickle.loads(stored).op is fleeting.op
    del registry["fleeting"]
    with pytest.raises(tg.errors.ArgumentError, match="no operation is called 'fleeting'.*@op"):
        pickle.loads(stored)

    @tg.op(name="fleeting")
    def other(x1, x2, /):
        return x1 * x2

    with pytest.raises(tg.errors.ArgumentError, match="stored graph uses fleeting with 1 inputs, but it has 2 now"):
        pickle.loads(stored)


# -- transforms -------------------------------------------------------------------------------------------------------


def test_grad_has_the_form_of_the_argument():
    f = tg.grad(lambda p: p["a"] * tg.sum(p["b"][1]) + p["b"][0] ** 2)
    found = f({"a": 2.0, "b": (3.0, np.array([1.0, 2.0]))})
    assert found["a"] == 3.0
    assert found["b"][0] == 6.0
    assert found["b"][1].tolist() == [2.0, 2.0]
    assert isinstance(found["b"], tuple)
    assert tg.grad(lambda x: x[0] * x[1])([2.0, 3.0]) == [3.0, 2.0]


def test_named_tuples_stay_named_tuples():
    class Layer(NamedTuple):
        w: object
        b: object

    found = tg.grad(lambda layer: layer.w * 2 + layer.b)(Layer(1.0, 3.0))
    assert found == Layer(2.0, 1.0)


def test_kinds_of_arguments_give_their_kinds_of_results():
    f = tg.grad(lambda x: tg.sum(x * x))
    assert type(f(3)) is float
    assert type(f(3.0)) is float
    assert type(f(np.float32(3))) is np.float32
    assert type(f(np.array([3.0]))) is np.ndarray
    assert type(f(tg.Tensor(3.0))) is tg.Tensor
    assert f(np.array([3.0], np.float32)).dtype == np.float32


@pytest.mark.parametrize(("argnums", "expected"), [(0, 12.0), (1, 4.0), ((0, 1), (12.0, 4.0)), ((1, 0), (4.0, 12.0)),
                                                   ((1,), (4.0,))], ids=str)
def test_argnums_chooses_what_to_differentiate_by(argnums, expected):
    def f(x, y):
        return x**2 * y

    assert tg.grad(f, argnums)(2.0, 3.0) == expected                    # 2xy, x²
    assert tg.value_and_grad(f, argnums=argnums)(2.0, 3.0) == (12.0, expected)


def test_arguments_that_are_not_differentiated_stay_as_they_are():
    seen = []

    def f(x, mode, *, scale):
        seen.append((mode, scale))
        return x * scale

    assert tg.grad(f)(2.0, "train", scale=3) == 3.0
    assert seen == [("train", 3)]


def test_argnums_out_of_range():
    with pytest.raises(tg.errors.ArgumentError,
                       match=r"argnums=2\): got 2 positional arguments\. Expected a number from 0 to 1"):
        tg.grad(lambda x, y: x, argnums=2)(1.0, 2.0)


def test_an_argument_that_is_named_twice_has_its_gradient_twice_or_is_refused():
    try:
        found = tg.grad(lambda x, y: x**2 * y, argnums=(0, 0))(2.0, 3.0)
    except tg.errors.ArgumentError:
        return
    assert found == (12.0, 12.0)


def test_other_than_floating_numbers_cannot_be_differentiated_by():
    with pytest.raises(tg.errors.DTypeError, match=r"dtype int64\. Expected floating-point.*argnums="):
        tg.grad(lambda x: tg.sum(x))(np.array([1, 2]))
    with pytest.raises(tg.errors.DTypeError, match="dtype <U1"):
        tg.grad(lambda x: x)("a")


@pytest.mark.parametrize("transform", [tg.grad, tg.value_and_grad, tg.hessian], ids=lambda f: f.__name__)
def test_an_output_of_several_numbers_is_refused_with_the_transform_to_use(transform):
    words = r"shape \(2,\) from the function\. Expected a single number.*tg\.jacobian\(f\).*tg\.vjp.*tg\.jvp.*sum"
    with pytest.raises(tg.errors.ShapeError, match=words):
        transform(lambda x: x * 2)(np.array([1.0, 2.0]))
    with pytest.raises(tg.errors.ShapeError, match=r"got a tuple from the function.*tg\.jacobian"):
        transform(lambda x: (tg.sum(x), tg.sum(x)))(np.array([1.0, 2.0]))


def test_a_function_that_returns_nothing_or_no_real_number_is_refused_in_words():
    with pytest.raises(tg.errors.ArgumentError, match=r"returned None.*`return` missing"):
        tg.grad(lambda x: None)(1.0)
    with pytest.raises(tg.errors.DTypeError, match=r"output of dtype bool from the function\. Expected a floating"):
        tg.grad(lambda x: x > 1)(1.0)


def test_no_trace_is_left_on_arguments():
    x, array = tg.Tensor([1.0, 2.0]), np.array([3.0, 4.0])
    for transform in (tg.grad, tg.hessian):
        transform(lambda x, y: tg.sum(x * x * y), argnums=(0, 1))(x, array)
    tg.jvp(lambda x: x * x, (x,), (array,))
    assert x.grad is None
    assert x.is_leaf
    assert array.tolist() == [3.0, 4.0]
    assert array.flags.writeable


def test_tensors_and_arrays_may_be_mixed():
    t, a = tg.Tensor(2.0), np.array([1.0, 2.0])
    from_tensor, from_array = tg.grad(lambda x, y: tg.sum(x * y * y), argnums=(0, 1))(t, a)
    assert from_tensor.item() == 5.0
    assert np.asarray(tg.asarray(from_array).detach()).tolist() == [4.0, 8.0]


def test_transforms_compose_to_third_order_in_every_way():
    def f(x):
        return tg.sin(x) * x**2

    def third(x):
        return -x**2 * math.cos(x) - 6 * x * math.sin(x) + 6 * math.cos(x)

    def forward(f):
        return lambda x: tg.jvp(f, (x,), (1.0,))[1]

    for a in (tg.grad, forward, tg.jacobian):
        for b in (tg.grad, forward):
            for c in (tg.grad, forward):
                assert a(b(c(f)))(0.7) == pytest.approx(third(0.7), rel=1e-12)


def test_an_inner_derivative_does_not_mix_with_the_outer_one():
    assert tg.grad(lambda x: x * tg.grad(lambda y: x + y)(1.0))(1.0) == 1.0
    assert tg.grad(lambda x: tg.grad(lambda y: x * y * y)(x))(3.0) == 12.0      # d(2x·x)/dx


def test_variables_from_outside_keep_the_result_recorded():
    w = tg.Tensor(2.0)
    slope = tg.grad(lambda x: x * x * w)(3.0)
    assert slope.item() == 12.0
    assert tg.gradients(slope, w).item() == 6.0
    assert w.grad is None


def test_functions_that_do_not_depend_on_their_argument_have_gradient_zero():
    assert tg.grad(lambda x: 5.0)(3.0) == 0.0
    assert tg.grad(lambda x: tg.asarray(2.0))(3.0) == 0.0
    assert tg.jacobian(lambda x: np.ones(2))(np.ones(3)).tolist() == [[0] * 3] * 2
    assert tg.jvp(lambda x: 5.0, (3.0,), (1.0,)) == (5.0, 0.0)
    assert tg.hessian(lambda x: 2 * x)(3.0) == 0.0


def test_transforms_work_under_no_grad():
    with tg.no_grad():
        assert tg.grad(lambda x: x * x)(3.0) == 6.0
        assert tg.hessian(lambda x: x**3)(3.0) == 18.0
        assert tg.jvp(lambda x: x * x, (3.0,), (1.0,)) == (9.0, 6.0)


def test_vjp_takes_and_gives_trees():
    value, pull = tg.vjp(lambda x, p: {"a": x * p[0], "b": [tg.sum(x) * p[1]]}, np.array([1.0, 2.0]), (3.0, 4.0))
    assert value["a"].tolist() == [3.0, 6.0]
    assert value["b"] == [12.0]
    for _ in range(2):                                                  # as often as wanted
        x, p = pull({"a": np.array([1.0, 10.0]), "b": [100.0]})
        assert x.tolist() == [403.0, 430.0]                             # g·p₀ + 100·p₁
        assert p == (21.0, 300.0)


def test_jvp_takes_and_gives_trees():
    value, tangent = tg.jvp(lambda p: {"a": p["x"] * p["y"]}, ({"x": 2.0, "y": 3.0},), ({"x": 10.0, "y": 100.0},))
    assert (value, tangent) == ({"a": 6.0}, {"a": 230.0})


def test_trees_are_matched_by_their_keys_whatever_their_order():
    _, pull = tg.vjp(lambda x: {"b": x, "a": 2 * x}, 1.0)
    assert pull({"a": 10.0, "b": 1.0}) == (21.0,)                       # 1·1 + 10·2
    at, direction = {"a": 3.0, "b": 2.0}, {"b": 1.0, "a": 10.0}

    def f(p):
        return p["a"] ** 2 + p["b"]

    assert tg.jvp(f, (at,), (direction,)) == (11.0, 61.0)               # 2·3·10 + 1
    assert tg.hvp(f, (at,), (direction,)) == ({"a": 20.0, "b": 0.0},)   # 2·10


@pytest.mark.parametrize("tree", [[1.0, 2.0, 3.0], ((1.0, 2.0), 3.0), {"x": 1.0, "y": (2.0, 3.0)}], ids=str)
def test_trees_of_another_nesting_are_refused(tree):
    """Though they have as many numbers, all single ones."""
    _, pull = tg.vjp(lambda x: [x, (2 * x, 3 * x)], 1.0)
    with pytest.raises(tg.errors.TinygradEduError, match="nesting"):
        pull(tree)
    with pytest.raises(tg.errors.TinygradEduError, match="nesting"):
        tg.jvp(lambda p: p[0] + p[1][1], ([1.0, (2.0, 3.0)],), (tree,))
    with pytest.raises(tg.errors.TinygradEduError, match="nesting"):
        tg.jvp(lambda p: p["x"] + p["z"], ({"x": 1.0, "z": 2.0},), ({"x": 1.0, "y": 2.0},))


def test_jacobian_of_trees_has_a_block_for_each_pair():
    found = tg.jacobian(lambda x, y: {"p": x * y, "s": tg.sum(x)}, argnums=(0, 1))(np.array([1.0, 2.0]), 3.0)
    assert found["p"][0].tolist() == [[3, 0], [0, 3]]
    assert found["p"][1].tolist() == [1, 2]
    assert found["s"][0].tolist() == [1, 1]
    assert found["s"][1] == 0.0
    assert tg.jacobian(lambda x: x * x)(np.zeros((0,))).shape == (0, 0)


def test_directions_that_do_not_fit_are_refused():
    with pytest.raises(tg.errors.ShapeError, match=r"jvp: got a direction of shape \(3,\)\. Expected \(2,\)"):
        tg.jvp(lambda x: x, (np.ones(2),), (np.ones(3),))
    with pytest.raises(tg.errors.ArgumentError, match=r"must be tuples, such as tg\.jvp\(f, \(x,\), \(t,\)\)"):
        tg.jvp(lambda x: x, 2.0, 1.0)
    with pytest.raises(tg.errors.ArgumentError, match="must be tuples"):
        tg.hvp(lambda x: x * x, 2.0, 1.0)
    with pytest.raises(tg.errors.ArgumentError, match="jvp: got 1 arrays. Expected one for each of 2"):
        tg.jvp(lambda x, y: x, (1.0, 2.0), (1.0,))
    _, pull = tg.vjp(lambda x: x, np.ones(2))
    with pytest.raises(tg.errors.ShapeError, match=r"vjp: got a direction of shape \(\)\. Expected \(2,\)"):
        pull(1.0)
    with pytest.raises(tg.errors.ArgumentError, match="vjp: got 2 arrays"):
        pull([1.0, 2.0])


def test_transforms_keep_the_name_and_docstring_of_the_function():
    def loss(x):
        """What is minimised."""
        return x * x

    assert (tg.grad(loss).__name__, tg.grad(loss).__doc__) == ("loss", "What is minimised.")


# -- the words of the engine's errors ---------------------------------------------------------------------------------


def test_backward_without_a_graph():
    with pytest.raises(tg.errors.GraphError,
                       match=r"backward\(\): c needs no gradient: it is a constant.*tg\.Tensor\(data\)"):
        tg.zeros(()).__class__(0.0, requires_grad=False, name="c").backward()
    y = tg.argmax(tg.Tensor([1.0, 2.0]))
    with pytest.raises(tg.errors.GraphError, match=r"needs no gradient: argmax has no derivative here"):
        y.backward()


def test_backward_from_several_numbers():
    y = tg.Tensor([1.0, 2.0]) * 2
    with pytest.raises(tg.errors.ShapeError, match=r"got y of shape \(2,\).*y\.sum\(\)\.backward\(\)"):
        y.backward()
    with pytest.raises(tg.errors.ShapeError,
                       match=r"got a gradient of shape \(3,\) for y; expected its shape \(2,\)"):
        y.backward(np.ones(3))


def test_gradients_of_what_is_no_tensor():
    x = tg.Tensor(1.0)
    with pytest.raises(tg.errors.DTypeError, match=r"got 3.0 in inputs. Expected a Tensor.*tg\.grad\(f\)\(x\)"):
        tg.gradients(x * 2, [3.0])
    with pytest.raises(tg.errors.ArgumentError, match="got 1 grad_outputs for 2 outputs"):
        tg.gradients([x, x * 2], x, [1.0])
    with pytest.raises(tg.errors.GraphError,
                       match=r"gradients\(outputs, inputs\): .* needs no gradient: it is a constant"):
        tg.gradients(x * 2, tg.asarray(1.0))
    with pytest.raises(tg.errors.GraphError, match=r"gradients\(outputs, \.\.\.\): .* needs no gradient"):
        tg.gradients(tg.asarray(1.0), x)


def test_results_refuse_assignments():
    y = tg.Tensor([1.0, 2.0]) * 2
    with pytest.raises(tg.errors.GraphError,
                       match=r"y is the result of multiply; assigning its data.*Assign the variables"):
        y.data = [1.0, 2.0]
    with pytest.raises(tg.errors.GraphError,
                       match=r"y is the result of multiply: whether it needs a gradient.*\.detach\(\)"):
        y.requires_grad = False


@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: np.array([x])], ids=["number", "array"])
@pytest.mark.parametrize("call", [
    lambda w, x: w * x, lambda w, x: x * w, lambda w, x: tg.atan2(w, x), lambda w, x: tg.sin(w) * x,
    lambda w, x: tg.where(True, x, w) * w, lambda w, x: tg.stack([x * w, x])[0],
], ids=["first", "second", "both", "only", "masked", "listed"])
@pytest.mark.parametrize("create_graph", [False, True])
def test_a_value_that_a_rule_needs_and_that_was_assigned_since_is_an_error(wrap, call, create_graph):
    w, x = tg.Tensor(wrap(2.0), name="w"), tg.Tensor(wrap(3.0))
    y = call(w, x)
    w.data = wrap(5.0)
    with pytest.raises(tg.errors.ChangedValueError, match=r"w was assigned.*Call backward\(\) before assigning"):
        tg.gradients(y, [x, w], create_graph=create_graph)
    tg.gradients(call(w, x), [x, w], create_graph=create_graph)         # computed again, all is well


def test_a_tensor_of_a_tensor_is_refused():
    with pytest.raises(tg.errors.GraphLostError, match=r"w is a Tensor already.*t\.detach\(\)"):
        tg.Tensor(tg.Tensor(1.0, name="w"))


def test_data_refuse_to_be_written_to():
    t = tg.Tensor([1.0, 2.0])
    with pytest.raises(ValueError, match=r"t\.data is read-only\. Write t\.data = t\.at\[i\]\.set\(y\)"):
        t.data[0] = 5.0
    with pytest.raises(ValueError, match=r"t\.data is read-only\. Write t\.at\[i\]\.add\(y\)"):
        np.add.at(t.data, 0, 5.0)
    assert t.tolist() == [1.0, 2.0]


def test_wrong_kinds_and_shapes_of_assigned_values():
    x = tg.Tensor([1.0, 2.0], name="x")
    with pytest.raises(tg.errors.ShapeError, match=r"x\.grad = value: got shape \(3,\), expected \(2,\)"):
        x.grad = np.ones(3)
    with pytest.raises(tg.errors.DTypeError, match="is complex"):
        x.data = np.array([1j, 2j])
    with pytest.raises(tg.errors.DTypeError,
                       match=r"has dtype int64; only floating-point tensors can have a gradient"):
        tg.asarray([1, 2]).requires_grad = True


def test_single_numbers_have_no_length_and_cannot_be_iterated():
    x = tg.Tensor(1.0, name="x")
    with pytest.raises(TypeError, match=r"len\(t\): x is a single number"):
        len(x)
    with pytest.raises(TypeError, match="x is a single number; there is nothing to iterate over"):
        iter(x)
    with pytest.raises(tg.errors.ShapeError, match=r"item\(\): got shape \(2,\), expected one element.*\.tolist\(\)"):
        tg.Tensor([1.0, 2.0]).item()
    with pytest.raises(tg.errors.DTypeError, match="was used as an index. Expected a single integer"):
        [1, 2, 3][tg.asarray(1.0)]
    assert [1, 2, 3][tg.asarray(1)] == 2


def test_tensor_cannot_be_subclassed():
    with pytest.raises(TypeError, match=r"Mine: Tensor cannot be subclassed.*Hold a Tensor"):
        type("Mine", (tg.Tensor,), {})


@pytest.mark.parametrize(("call", "kind", "words"), [
    (lambda: tg.Tensor([1.0, 2.0]) + tg.Tensor([1.0, 2.0, 3.0]), "ShapeError",
     r"add\(x1, x2\): got x1 of shape \(2,\) and x2 of shape \(3,\)\. Expected shapes that broadcast.*test_graphs.py"),
    (lambda: tg.sum(tg.Tensor([1.0]), axis=3), "AxisError",
     r"sum\(x\): got x of shape \(1,\) and axis=3\. Axis 3 is out of bounds"),
    (lambda: tg.Tensor([1.0])[5], "AxisError",
     r"getitem\(x\): got x of shape \(1,\) and index=5\. Index 5 is out of bounds"),
    (lambda: tg.reshape(tg.Tensor([1.0, 2.0]), (3,)), "ShapeError",
     r"reshape\(x\): got x of shape \(2,\) and shape=\(3,\)\. Cannot reshape"),
    (lambda: tg.negative(tg.asarray([True])), "DTypeError", r"negative\(x\): got x of shape \(1,\) and dtype bool"),
    (lambda: tg.concat([tg.Tensor([1.0]), tg.Tensor([[1.0]])]), "ShapeError",
     r"concat\(\[\.\.\.\]\): got arrays\[0\] of shape \(1,\) and arrays\[1\] of shape \(1, 1\)"),
    (lambda: tg.Tensor(1.0) + "a", "DTypeError", r"add.*has dtype <U1\. Expected booleans, integers or real"),
    (lambda: tg.Tensor(1.0) * np.array([1j]), "DTypeError", r"multiply.*is complex.*x\.real and x\.imag"),
    (lambda: tg.add([1.0, [2.0, 3.0]], tg.Tensor(1.0)), "ShapeError", r"nested list whose rows differ in length"),
    (lambda: tg.Tensor(np.ones((2, 3))) @ tg.Tensor(np.ones((2, 3))), "ShapeError",
     r"3 != 2\. matmul\(x1, x2\.T\) fits\.   at test_graphs"),
], ids=lambda value: value if isinstance(value, str) and value.endswith("Error") else "")
def test_what_an_operation_cannot_do_is_said_in_words_and_with_the_line(call, kind, words):
    with pytest.raises(getattr(tg.errors, kind), match=words):
        call()


def test_errors_of_raw_arrays_have_the_same_words():
    with pytest.raises(tg.errors.ShapeError,
                       match=r"add\(x1, x2\): got x1 of shape \(2,\) and x2 of shape \(3,\).*at test_graphs.py"):
        tg.add(np.ones(2), np.ones(3))


def test_errors_are_what_a_user_would_catch():
    kinds = {"ShapeError": ValueError, "DTypeError": TypeError, "AxisError": IndexError, "ArgumentError": ValueError,
             "GraphError": RuntimeError,
             "GraphLostError": TypeError, "RuleError": RuntimeError, "AnomalyError": FloatingPointError,
             "NonFiniteGradientWarning": RuntimeWarning}
    for name, builtin in kinds.items():
        assert issubclass(getattr(tg.errors, name), builtin)


def test_a_failed_pass_leaves_nothing_half_done():
    @tg.op
    def broken(x, /):
        return x * 2

    x, w = tg.Tensor(3.0), tg.Tensor(2.0)
    h = w * x
    y = broken(h) + w
    with pytest.raises(tg.errors.RuleError):
        y.backward()
    assert [t.grad for t in (x, w, h, y)] == [None] * 4
    broken.derivative(x=lambda g: 2 * g)
    y.backward()
    assert (x.grad.item(), w.grad.item()) == (4.0, 7.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert tg.gradients(y, x).item() == 4.0


def test_a_rule_that_is_given_anew_counts_in_the_next_pass():
    @tg.op
    def double(x, /):
        return 2 * x

    double.derivative(x=lambda g: 3 * g)
    x = tg.Tensor(5.0)
    y = double(x)
    y.backward()
    assert x.grad.item() == 3
    double.derivative(x=lambda g: 2 * g)
    x.zero_grad()
    y.backward()
    assert x.grad.item() == 2


def test_the_traceback_of_a_failing_rule_shows_how_it_was_called():
    @tg.op
    def broken(x, /):
        return np.copy(x)

    broken.derivative(x=lambda g, x: g @ np.ones(7))
    with pytest.raises(ValueError, match="matmul") as caught:
        tg.sum(broken(tg.Tensor([1.0, 2.0]))).backward()
    assert "c = call1(g, v1)" in "".join(traceback.format_exception(caught.value))
    assert "in the derivative rule broken-x" in caught.value.__notes__[0]


def test_hooks_are_copied_with_their_graph():
    x = tg.Tensor(2.0)
    y = x * x
    y.register_hook(triple)
    for again in (copy.deepcopy(y), pickle.loads(pickle.dumps(y))):
        again.backward()
        assert again.inputs[0].grad.item() == 12
    y.register_hook(lambda g: g)
    with pytest.raises((pickle.PicklingError, AttributeError), match="lambda"):
        pickle.dumps(y)


def triple(g):
    return g * 3


@pytest.mark.parametrize(("outputs", "inputs"), [([], [1]), (3.0, [1]), ([None], [1]), ({}, [1])])
def test_gradients_of_what_is_no_tensor_are_refused_in_words(outputs, inputs):
    x = tg.Tensor(2.0)
    with pytest.raises(tg.errors.DTypeError, match="in outputs. Expected a Tensor, or a list of Tensors"):
        tg.gradients(outputs, x)
    with pytest.raises(tg.errors.DTypeError, match="in inputs. Expected a Tensor, or a list of Tensors"):
        tg.gradients(x * x, inputs)
    assert tg.gradients(x * x, []) == ()
    assert tg.gradients((each for each in [x * x]), x).item() == 4


def test_numbers_beyond_floats_are_refused_in_words():
    with pytest.raises(tg.errors.ArgumentError, match="of 1329 bits. Expected a number below 1.8e308"):
        tg.Tensor(10**400)
    for x in (tg.Tensor(1.0), tg.Tensor([1.0])):
        with pytest.raises(tg.errors.ArgumentError, match="x2 = an integer of 1329 bits. Int too large"):
            x * 10**400


@pytest.mark.parametrize("f", [lambda x: x.item() ** 2, lambda x: float((x * x).numpy()), lambda x: x.data ** 2,
                               lambda x: tg.Tensor(x.item()) ** 2, lambda x: tg.asarray((x * 2).tolist())])
def test_a_gradient_that_would_be_0_because_numbers_left_the_graph_is_an_error(f):
    for transform in (tg.grad, tg.value_and_grad, tg.jacobian):
        with pytest.raises(tg.errors.GraphLostError, match=r"took numbers out of the graph \(\.item\(\).*would be 0"):
            transform(f)(3.0)
    with pytest.raises(tg.errors.GraphLostError, match="would be 0"):
        tg.jvp(f, (3.0,), (1.0,))


def test_constants_and_functions_that_look_at_numbers_have_their_gradients():
    seen = []
    assert tg.grad(lambda x: 5.0)(3.0) == 0.0
    assert tg.grad(lambda x: seen.append(x.item()) or x * x)(3.0) == 6.0
    assert tg.grad(lambda x: x.detach() * 2)(3.0) == 0.0
    assert tg.grad(lambda x: tg.where(x > 2, 1.0, 0.0))(3.0) == 0.0
    assert tg.jacobian(lambda x: (seen.append(x.item()), x * x, 5.0)[1:])(3.0) == (6.0, 0.0)
    assert seen == [3.0, 3.0]
