"""Small programs on each of which at least one of today's libraries silently gives a wrong gradient, NaN, or crashes.

Read `test_traps.py` first: what stands there is not repeated here.
"""

import asyncio
import contextlib
import contextvars
import copy
import functools
import math
import pickle
import sys
import threading
from collections import namedtuple

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import tinygrad_edu as tg
from tinygrad_edu.core.ops import registry


@pytest.fixture(autouse=True)
def _operations_of_a_test_end_with_it():
    before = dict(registry)
    yield
    registry.clear()
    registry.update(before)


def gradient(f, *at):
    """The gradient of f at an array with these elements, as a list."""
    return np.asarray(tg.grad(f)(np.array(at, float))).tolist()


def in_threads(work, n=6):
    """Run work(0) ... work(n - 1) at once, changing threads as often as Python can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=work, args=(i,)) for i in range(n)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)


# -- branches that were not taken -------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("f", "at", "expected"), [
    (lambda x: tg.where(x > 0, tg.where(x > 1, tg.sqrt(x), tg.log(x)), 0.0), (-1, 0, 0.5, 4), [0, 0, 2, 0.25]),
    (lambda x: tg.where(x > 2, tg.where(x > 0, tg.log(x), tg.sqrt(x)), 0.0), (-1, 0, 4), [0, 0, 0.25]),
    (lambda x: tg.where(x > 0, tg.log(tg.where(x > 0, x, 1.0)), 0.0), (0, 2), [0, 0.5]),
    (lambda x: tg.where(x > 0, x * tg.log(x), 0.0), (0, 1), [0, 1]),
    (lambda x: tg.where(x != 0, x * x / (2 * x), 0.0), (0, 4), [0, 0.5]),
    (lambda x: tg.where(x < 1, tg.log(1 - x), 0.0), (1, 0.5), [0, -2]),
    (lambda x: tg.where(tg.isfinite(tg.log(x)), tg.log(x), 0.0), (0, 2), [0, 0.5]),
    (lambda x: (1 / x).at[x == 0].set(0.0), (0, 2), [0, -0.25]),
    (lambda x: tg.sqrt(x)[x > 0], (0, 4), [0, 0.25]),
    (lambda x: tg.clip(tg.log(x), -5.0, 5.0), (0, 1), [0, 1]),
    (lambda x: tg.flip(tg.where(x > 0, tg.sqrt(x), 0.0)) * 2, (0, 4), [0, 0.5]),
    (lambda x: tg.where(x > 0, tg.sqrt(x), 0.0) @ np.eye(2), (0, 4), [0, 0.25]),
], ids=["inner where", "outer where", "double where", "x log x", "quotient", "log of difference", "isfinite", "at",
        "mask", "clip", "flipped", "then matmul"])
def test_a_branch_that_was_not_taken_sends_back_zero(f, at, expected):
    assert gradient(lambda x: tg.sum(f(x)), *at) == expected


def test_the_length_of_a_zero_row_behind_a_where_has_slope_zero():
    rows = np.array([[0.0, 0.0], [3.0, 4.0]])

    def lengths(x):
        return tg.sum(tg.where(tg.any(x != 0, axis=1), tg.sqrt(tg.sum(x * x, axis=1)), 0.0))
    assert_allclose(tg.grad(lengths)(rows), [[0, 0], [0.6, 0.8]])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_branch_that_was_not_taken_at_all_is_not_entered():
    assert gradient(lambda x: tg.where(x[0] > 5, tg.softmax(x / 0.0)[0], x[1]), 1, 2, 3) == [0, 1, 0]


def test_a_condition_broadcasts_against_both_branches():
    a, b = tg.Tensor(1.0), tg.Tensor([2.0, 3.0, 4.0])
    tg.sum(tg.where(np.array([[True], [False]]), a * 4, b)).backward()
    assert (a.grad.item(), b.grad.tolist()) == (12.0, [1, 1, 1])           # three elements of slope 4; one row


def test_a_python_if_is_differentiated_along_the_branch_it_took():
    def f(x):
        return x * x if x > 1 else 3 * x
    assert (tg.grad(f)(2.0), tg.grad(f)(0.5)) == (4.0, 3.0)


def test_a_zero_times_an_infinite_slope_is_reported_and_not_hidden():
    x = tg.Tensor([0.0, 4.0], name="x")
    with pytest.warns(tg.errors.NonFiniteGradientWarning, match="x is NaN in 1 of 2.*sqrt"):
        tg.sum((x > 0) * tg.sqrt(x)).backward()
    assert_array_equal(x.grad.numpy(), [math.nan, 0.25])


# -- the same element or tensor several times -------------------------------------------------------------------------


@pytest.mark.parametrize(("f", "expected"), [
    (lambda x: x[[0, 0, 2]], [2, 0, 1]),
    (lambda x: x[[0, -3, 2]], [2, 0, 1]),
    (lambda x: tg.take(x, [0, -3, 2]), [2, 0, 1]),
    (lambda x: tg.take_along_axis(x, np.array([1, 1, 1])), [0, 3, 0]),
    (lambda x: tg.repeat(x, [2, 0, 1]), [2, 0, 1]),
    (lambda x: tg.concat([x, x[1:], x]), [2, 3, 3]),
    (lambda x: tg.stack([x, x]), [2, 2, 2]),
    (lambda x: tg.broadcast_to(x, (4, 3)), [4, 4, 4]),
    (lambda x: x - x + x / x + x, [1, 1, 1]),
    (lambda x: sum(x) + sum(x), [2, 2, 2]),
    (lambda x: tg.einsum("i,i,i->i", x, x, x), [3, 12, 27]),                # d(x³) = 3x²
], ids=["list", "both signs", "take", "along axis", "repeat", "concat", "stack", "broadcast", "x - x", "sum()",
        "einsum"])
def test_every_use_of_an_element_counts(f, expected):
    assert_allclose(gradient(lambda x: tg.sum(f(x)), 1, 2, 3), expected)


def test_repeated_pairs_of_indices_count_in_two_dimensions():
    x = tg.Tensor(np.ones((2, 2)))
    tg.sum(x[[0, 0, 1, 1, 1], [1, 1, 0, 0, 0]]).backward()
    assert x.grad.tolist() == [[0, 2], [3, 0]]


def test_a_matrix_times_itself_has_the_slopes_of_both_factors():
    m, ones = np.array([[1.0, 2.0], [3.0, 4.0]]), np.ones((2, 2))
    assert_allclose(tg.grad(lambda x: tg.sum(x @ x))(m), ones @ m.T + m.T @ ones)
    assert_allclose(tg.hessian(lambda x: x @ x)(np.array([1.0, 2.0])), 2 * np.eye(2))


def test_a_repeated_index_counts_in_second_order():
    hessian = tg.hessian(lambda x: tg.prod(x[[0, 0, 1]]))(np.array([2.0, 3.0]))        # x0² x1
    assert_allclose(hessian, [[6, 4], [4, 0]])


# -- ties, kinks and limits -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("f", "at", "expected"), [
    (tg.max, (2, 2, 1), [0.5, 0.5, 0]),
    (tg.min, (2, 2, 3), [0.5, 0.5, 0]),
    (lambda x: max(x), (2, 2, 1), [1, 0, 0]),                               # Python keeps the first of equals
    (lambda x: tg.max(tg.abs(x)), (3, -3), [0.5, -0.5]),
    (lambda x: tg.sum(tg.sort(x) * np.array([0.0, 1.0, 2.0])), (3, 3, 1), [1, 2, 0]),      # equal ones keep their order
    (lambda x: tg.sum(tg.maximum(x, 0.0)), (0, -1, 1), [0.5, 0, 1]),
    (lambda x: tg.sum(tg.minimum(x, 0.0)), (0, -1, 1), [0.5, 1, 0]),
    (lambda x: tg.sum(tg.relu(x)), (0, -1, 1), [0, 0, 1]),
    (lambda x: tg.sum(tg.abs(x)), (0, -1, 1), [0, -1, 1]),
    (lambda x: tg.sum(tg.clip(x, 0.0, 1.0)), (0, 1, 2), [1, 1, 0]),
    (lambda x: tg.sum(tg.max_pool2d(tg.reshape(x, (1, 2, 2, 1)), 2)), (5, 5, 5, 5), [0.25] * 4),
    (lambda x: tg.sum(tg.topk(x, 1).values), (2, 2), [1, 0]),
    (lambda x: tg.sum(tg.floor(x) + tg.sign(x)), (0, 2.5), [0, 0]),
    (lambda x: tg.sum(x % 2.0), (0, 5.5), [1, 1]),
], ids=["max", "min", "max()", "max of abs", "sort", "maximum", "minimum", "relu", "abs", "clip", "max_pool2d", "topk",
        "steps", "%"])
def test_ties_and_kinks_have_the_stated_slopes(f, at, expected):
    assert gradient(f, *at) == expected


def test_powers_of_arrays_have_their_slopes_at_zero_for_every_kind_of_exponent():
    for exponents in (np.array([2, 1, 0]), np.array([2, 1, 0], np.uint8), np.array([2.0, 1.0, 0.0])):
        assert gradient(lambda x: tg.sum(x**exponents), 0, 0, 0) == [0, 1, 0]               # noqa: B023


def test_a_boolean_exponent_is_one_or_zero():
    assert gradient(lambda x: tg.sum(x ** np.array([True, False])), 2, 3) == [1, 0]


def test_powers_at_zero_keep_their_higher_slopes():
    def nth(f, n):
        return f(0.0) if n == 0 else nth(tg.grad(f), n - 1)
    assert [nth(lambda x: x**2, n) for n in range(4)] == [0, 0, 2, 0]
    assert [nth(lambda x: x**3, n) for n in range(5)] == [0, 0, 0, 6, 0]
    assert [nth(lambda x: x**1, n) for n in range(3)] == [0, 1, 0]


@pytest.mark.parametrize(("f", "at", "expected"), [
    (tg.logsumexp, (-math.inf, 3), [0, 1]),
    (tg.logsumexp, (-math.inf, -math.inf), [0, 0]),
    (tg.logsumexp, (1000, 1000), [0.5, 0.5]),
    (lambda x: tg.softmax(x)[1], (-math.inf, 3), [0, 0]),
    (lambda x: tg.log_softmax(x)[0], (-1000, 1000), [1, -1]),
    (lambda x: tg.sum(tg.sigmoid(x)), (-1000, 1000), [0, 0]),
    (lambda x: tg.sum(tg.softplus(x)), (-1000, 1000), [0, 1]),
    (lambda x: tg.sum(tg.tanh(x)), (-1000, 1000), [0, 0]),
    (tg.vector_norm, (3e200, 4e200), [0.6, 0.8]),
    (lambda x: tg.hypot(x[0], x[1]), (3e-200, 4e-200), [0.6, 0.8]),
    (lambda x: tg.log1p(tg.expm1(x[0])), (1e-12,), [1]),
    (lambda x: tg.sum(tg.vector_norm(x[:, None] - x, axis=-1)), (5, 5), [0, 0]),
], ids=["lse -inf", "lse all -inf", "lse large", "softmax -inf", "log_softmax", "sigmoid", "softplus", "tanh", "norm",
        "hypot", "log1p", "distances"])
def test_slopes_are_right_where_the_naive_form_overflows_or_is_nan(f, at, expected):
    assert_allclose(gradient(f, *at), expected, rtol=1e-12)


def test_a_sum_over_equal_eigenvalues_is_smooth_and_one_eigenvector_is_not():
    assert_allclose(tg.grad(lambda x: tg.sum(tg.eigh(x).eigenvalues ** 3))(2 * np.eye(2)), 12 * np.eye(2))       # tr x³
    with pytest.raises(tg.errors.GraphError, match="eigenvalues are equal"):
        tg.grad(lambda x: tg.eigh(x).eigenvectors[0, 1])(np.eye(2))


# -- nested derivatives -----------------------------------------------------------------------------------------------


def test_inner_and_outer_derivatives_are_not_confused():
    grad, jvp = tg.grad, tg.jvp
    assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(1.0) == 1.0              # x · 1
    assert grad(lambda x: x * grad(lambda y: x * y)(1.0))(3.0) == 6.0              # x · x
    assert grad(lambda x: x * grad(lambda y: x + y)(x))(1.0) == 1.0
    assert jvp(lambda x: x * jvp(lambda y: x + y, (1.0,), (1.0,))[1], (1.0,), (1.0,))[1] == 1.0
    assert jvp(lambda x: x * grad(lambda y: x * y * y)(2.0), (3.0,), (1.0,))[1] == 24.0           # x · 4x
    assert grad(lambda x: jvp(lambda y: x * x * y, (1.0,), (1.0,))[1])(3.0) == 6.0               # x²


def test_a_derivative_of_a_derivative_by_an_outer_variable():
    w = tg.Tensor(3.0)
    slope = tg.grad(lambda x: w * w * x * x)(2.0)                           # 2 w² x
    assert slope.item() == 36.0
    slope.backward()
    assert w.grad.item() == 24.0                                            # 4 w x


def test_the_order_of_argnums_is_the_order_of_the_results_and_not_of_the_arguments():
    def f(a, b):
        return a * a * b
    assert tg.grad(f, (1, 0))(3.0, 5.0) == (9.0, 30.0)
    assert tg.value_and_grad(f, (1, 0))(3.0, 5.0) == (45.0, (9.0, 30.0))
    assert tg.jacobian(f, (1, 0))(3.0, 5.0) == (9.0, 30.0)
    assert tg.hessian(f, (1, 0))(3.0, 5.0) == ((0.0, 6.0), (6.0, 10.0))


@pytest.mark.parametrize("f", [lambda x: x > 0, lambda x: tg.argmax(x), lambda x: tg.floor(x).astype(int)],
                         ids=["bool", "argmax", "int"])
def test_an_output_that_is_not_floating_point_has_no_gradient(f):
    with pytest.raises(tg.errors.DTypeError):
        tg.grad(f)(np.array(2.5))


def test_loops_recursion_and_callables_are_differentiated():
    def root(a):
        x = a
        for _ in range(30):
            x = 0.5 * (x + a / x)                                           # Heron's method
        return x

    def power(x, n):
        return x if n == 1 else x * power(x, n - 1)

    class Square:
        def __call__(self, x):
            return x * x
    assert_allclose(tg.grad(root)(4.0), 0.25)
    assert_allclose(tg.grad(power)(1.01, 200), 200 * 1.01**199)
    assert tg.grad(Square())(3.0) == 6.0
    assert tg.grad(functools.partial(lambda a, x: a * x * x, 2.0))(3.0) == 12.0
    assert tg.grad(np.square)(3.0) == 6.0


def test_arguments_are_left_as_they_were():
    def f(x):
        x += 1
        return tg.sum(x * x)
    at = np.array([1.0, 2.0])
    assert tg.grad(f)(at).tolist() == [4, 6]
    assert at.tolist() == [1, 2]


def test_trees_come_back_in_their_form():
    pair = namedtuple("pair", "weight bias")
    assert tg.grad(lambda p: 2 * p.weight + p.bias)(pair(1.0, 1.0)) == pair(2.0, 1.0)
    tree = {"w": [np.array([1.0, 2.0])], "b": 1.0, "unused": 5.0}
    found = tg.grad(lambda p: tg.sum(p["w"][0] ** 2) + 3 * p["b"])(tree)
    assert (found["w"][0].tolist(), found["b"], found["unused"]) == ([2, 4], 3.0, 0.0)


@pytest.mark.parametrize(("outputs", "expected"), [
    (lambda h, y: y, [24.0, 4.0, 1.0]),
    (lambda h, y: [y, h], [30.0, 5.0, 1.0]),
    (lambda h, y: [y, y], [48.0, 8.0, 2.0]),
], ids=["one", "one inside the other", "one twice"])
def test_gradients_of_several_outputs_add_up_also_at_the_outputs(outputs, expected):
    x = tg.Tensor(3.0)
    h = x * x
    y = 4 * h
    assert [g.item() for g in tg.gradients(outputs(h, y), [x, h, y])] == expected


# -- data that change -------------------------------------------------------------------------------------------------


def _scaled(x, factors):
    @tg.op
    def scaled(x, /, *, factors):
        return x * factors
    scaled.derivative(x=lambda g, factors: g * factors)
    return scaled(x, factors=factors)


@pytest.mark.parametrize(("f", "captured", "changed", "expected"), [
    (lambda x, c: x[c], [0, 2], [1, 1], [1, 0, 1]),
    (lambda x, c: x[c], np.array([0, 2]), [1, 1], [1, 0, 1]),
    (lambda x, c: x[c], np.array([True, False, True]), [False] * 3, [1, 0, 1]),
    (lambda x, c: tg.where(c, x, 0.0), np.array([True, False, True]), [False] * 3, [1, 0, 1]),
    (lambda x, c: x.at[c].set(0.0), np.array([0, 2]), [1, 1], [0, 1, 0]),
    (lambda x, c: x * c, [5.0, 6.0, 7.0], [0.0] * 3, [5, 6, 7]),
    (lambda x, c: tg.pad(x, c), [1, 1], [0, 2], [1, 1, 1]),
    (lambda x, c: tg.repeat(x, c), np.array([1, 2, 3]), [6, 0, 0], [1, 2, 3]),
    (lambda x, c: tg.permute_dims(tg.reshape(x, (3, 1)), c) * np.array([[1.0, 2.0, 3.0]]), [1, 0], [0, 1], [1, 2, 3]),
    (lambda x, c: x[:c], np.array(2), 1, [1, 1, 0]),
    (_scaled, np.array([5.0, 6.0, 7.0]), [0.0] * 3, [5, 6, 7]),
], ids=["index list", "index array", "mask", "where", "at", "operand", "pad", "repeat", "axes", "slice", "own option"])
def test_what_an_operation_was_given_may_change_afterwards(f, captured, changed, expected):
    captured, x = copy.copy(captured), tg.Tensor([1.0, 2.0, 3.0])
    y = tg.sum(f(x, captured))
    captured[... if isinstance(captured, np.ndarray) else slice(None)] = changed
    y.backward()
    assert x.grad.tolist() == expected


EDITS = {
    "element": lambda a: a.__setitem__(0, 9),
    "slice": lambda a: a.__setitem__(slice(None), 9),
    "fill": lambda a: a.fill(9),
    "sort": lambda a: a[::-1].sort(),
    "out": lambda a: np.add(a, 1, out=a),
    "add.at": lambda a: np.add.at(a, 0, 9),
    "copyto": lambda a: np.copyto(a, 9),
    "flat": lambda a: a.flat.__setitem__(0, 9),
    "base": lambda a: a.base.__setitem__(..., 9),
    "base of base": lambda a: a.base.base.__setitem__(..., 9),
    "view": lambda a: a.view(np.ndarray).__setitem__(..., 9),
    "setflags": lambda a: (a.setflags(write=True), a.__setitem__(..., 9)),
    "strides": lambda a: np.lib.stride_tricks.as_strided(a).__setitem__(..., 9),
    "shuffle": lambda a: np.random.default_rng(0).shuffle(a),
    "resize": lambda a: a.resize(1),
    "buffer": lambda a: memoryview(a).__setitem__(0, 9.0),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
@pytest.mark.parametrize(("make", "expected"), [
    (lambda x: x, [2, 4, 6]),
    (lambda x: x[1:], [0, 4, 6]),
    (lambda x: tg.flip(x), [2, 4, 6]),
    (lambda x: x * 1.0, [2, 4, 6]),
], ids=["variable", "slice", "flip", "product"])
def test_no_spelling_of_an_edit_of_data_reaches_a_recorded_value(make, expected, edit):
    x = tg.Tensor([1.0, 2.0, 3.0])
    t = make(x)
    y = tg.sum(t * t)
    with contextlib.suppress(ValueError, TypeError, AttributeError):
        edit(t.data)
    y.backward()
    assert x.tolist() == [1, 2, 3]
    assert x.grad.tolist() == expected


def test_in_place_operators_on_data_assign_what_numpy_would():
    for name, operand in (("iadd", 0.5), ("imul", 2), ("ifloordiv", 2), ("ipow", 2), ("imatmul", np.eye(2)[::-1])):
        p, expected = tg.Tensor([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 2.0], [3.0, 4.0]])
        p.data = getattr(p.data, f"__{name}__")(operand)
        assert_array_equal(p.numpy(), getattr(expected, f"__{name}__")(operand), err_msg=name)


def test_a_graph_of_an_old_value_is_refused_and_a_new_one_is_right():
    w = tg.Tensor(3.0, name="w")
    y = w * w
    y.backward()
    w.data -= 0.5 * w.grad
    with pytest.raises(tg.errors.ChangedValueError, match="w was assigned"):
        y.backward()
    w.zero_grad()
    (w * w * w).backward()
    assert (w.item(), w.grad.item()) == (0.0, 0.0)


def test_assigning_the_data_of_a_detached_tensor_leaves_its_source_alone():
    x = tg.Tensor([2.0])
    y, d = tg.sum(x * x), x.detach()
    d.data = [100.0]
    y.backward()
    assert (x.tolist(), x.grad.tolist()) == ([2], [4])


def test_gradients_that_were_handed_out_do_not_change_and_are_not_shared():
    a, b = tg.Tensor([1.0]), tg.Tensor([2.0])
    (a + b).sum().backward()
    first = a.grad
    a.grad.data *= 10
    assert b.grad.tolist() == [1]
    (a + b).sum().backward()
    assert (first.tolist(), a.grad.tolist(), b.grad.tolist()) == ([10], [11], [2])


def test_the_gradient_to_start_from_may_change_afterwards():
    x, start = tg.Tensor([1.0, 2.0]), np.array([1.0, 10.0])
    y = x * 3
    y.backward(start)
    start[:] = 0
    assert (y.grad.tolist(), x.grad.tolist()) == ([1, 10], [3, 30])


def test_a_name_that_is_bound_anew_does_not_change_the_graph():
    w = first = tg.Tensor(2.0)
    y = w * w
    w = tg.Tensor(100.0)
    y.backward()
    assert (first.grad.item(), w.grad) == (4.0, None)


def test_a_shallow_copy_of_a_variable_is_a_variable_of_its_own():
    p = tg.Tensor(1.0)
    q = copy.copy(p)
    q.data = 5.0
    assert (p.item(), q.item()) == (1.0, 5.0)


def test_a_deep_copy_of_a_model_keeps_what_it_shares_and_shares_nothing_with_the_model():
    w = tg.Tensor(1.0)
    model = {"embedding": w, "layers": [{"tied": w, "frozen": tg.Tensor(2.0, requires_grad=False)}]}
    (w * w).backward()
    again = copy.deepcopy(model)
    again["embedding"].data = 9.0
    again["embedding"].zero_grad()
    assert again["layers"][0]["tied"].item() == 9.0
    assert not again["layers"][0]["frozen"].requires_grad
    assert (w.item(), w.grad.item()) == (1.0, 2.0)


def test_a_pickle_from_the_middle_of_a_program_goes_on_by_itself():
    x = tg.Tensor(2.0)
    h = x * x
    x2, h2 = pickle.loads(pickle.dumps((x, h)))
    (h2 * x2).backward()
    (h * h).backward()
    assert (x2.grad.item(), x.grad.item()) == (12.0, 32.0)                 # 3x², 4x³


# -- losing the graph -------------------------------------------------------------------------------------------------


def _filled(x):
    out = np.zeros(2)
    for i in range(2):
        out[i:i + 1] = x[i:i + 1] ** 2
    return out.sum()


LEAVING = {
    "np.sum": lambda x: np.sum([x[0], x[1]]),
    "np.mean": lambda x: np.mean([x[0] * 2, x[1]]),
    "object": lambda x: np.array([x, x], dtype=object),
    "np.where": lambda x: np.where([True, False], [x[0], x[1]], 0.0),
    "vectorize": lambda x: np.vectorize(lambda v: v * v)(x),
    "interp": lambda x: np.interp(x[0], [0.0, 1.0], [0.0, 1.0]),
    "fsum": lambda x: math.fsum([x[0], x[1]]),
    "hypot": lambda x: math.hypot(x[0], x[1]),
    "out": lambda x: np.add(x, 1.0, out=np.zeros(2)),
    "add.at": lambda x: np.add.at(np.zeros(2), [0, 1], x),
    "full": lambda x: np.full(2, x[0]),
    "int": lambda x: [1, 2, 3][int(x[0])],
    "filled array": _filled,
}


@pytest.mark.parametrize("f", LEAVING.values(), ids=LEAVING)
def test_leaving_the_graph_for_numpy_or_math_is_an_error(f):
    with pytest.raises(tg.errors.GraphLostError):
        tg.grad(f)(np.array([1.0, 2.0]))


def test_a_list_of_recorded_numbers_joins_and_sorts_as_pythons_own_functions_do():
    x = tg.Tensor([3.0, 1.0, 2.0])
    low, middle, high = sorted(x)
    (low + 10 * middle + 100 * high + math.prod([low, middle])).backward()
    assert x.grad.tolist() == [100, 3, 11]                                  # 1 + 2, 10 + 1


BY_NAME = {
    "cumsum dtype": lambda t: np.cumsum(t, 0, np.float32),
    "size axis": lambda t: np.size(t, 0),
    "eigh": lambda t: np.linalg.eigh(t)[0],
    "eigh U": lambda t: np.linalg.eigh(t, "U")[0],
    "reduce initial": lambda t: np.add.reduce(t, initial=5.0),
    "sum where": lambda t: np.sum(t, where=np.eye(2) > 0),
    "max initial": lambda t: np.max(t, initial=9.0),
    "norm ord": lambda t: np.linalg.norm(t, 1),
}


@pytest.mark.parametrize("call", BY_NAME.values(), ids=BY_NAME)
def test_numpys_functions_mean_the_same_or_are_refused(call):
    array = np.array([[2.0, 1.0], [0.5, 3.0]])
    try:
        found = call(tg.Tensor(array))
    except TypeError:                                                       # a GraphLostError, too
        return
    assert_allclose(getattr(found, "numpy", lambda: found)(), call(array))


def test_bits_of_integers_are_not_truth_values():
    try:
        found = tg.arange(4) & 1
    except TypeError:
        return
    assert found.tolist() == [0, 1, 0, 1]


# -- exceptions, hooks ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_pass_that_failed_leaves_nothing_behind(error):
    failing = True

    @tg.op
    def flaky(x, /):
        return x * 1

    def rule(g, x):
        if failing:
            raise error
        return g
    flaky.derivative(x=rule)
    x = tg.Tensor(2.0)
    h = x**3
    y = flaky(h) + h
    with pytest.raises(error):
        y.backward()
    assert (x.grad, h.grad) == (None, None)
    failing = False
    y.backward()
    assert (x.grad.item(), h.grad.item()) == (24.0, 2.0)


def test_a_hook_may_raise_read_replace_and_run_a_pass_of_its_own():
    x, w = tg.Tensor(3.0), tg.Tensor(4.0)
    h = x * x
    seen = []

    def hook(g):
        seen.append(g.item())
        if len(seen) == 1:
            raise LookupError
        (w * w).backward()
        return g * 10
    h.register_hook(hook)
    y = h * 2
    with pytest.raises(LookupError):
        y.backward()
    assert x.grad is None
    y.backward()
    assert (seen, h.grad.item(), x.grad.item(), w.grad.item()) == ([2, 2], 20.0, 120.0, 8.0)


def test_a_hook_can_keep_a_gradient_finite():
    x = tg.Tensor(0.0)
    h = x * 1
    h.register_hook(lambda g: tg.clip(g, -1.0, 1.0))
    tg.sqrt(h).backward()
    assert x.grad.item() == 1.0


def test_a_hook_is_called_once_in_a_pass_also_when_a_gradient_is_not_finite():
    x = tg.Tensor([0.0, 4.0])
    h, seen = x * 1, []
    h.register_hook(lambda g: seen.append(g))
    tg.sqrt(h)[1].backward()
    assert x.grad.tolist() == [0, 0.25]
    assert len(seen) == 1


def test_a_hook_that_only_looks_changes_no_gradient():
    x, seen = tg.Tensor([1.0, 2.0]), []
    a = x * 1.0
    a.register_hook(lambda g: seen.append(g.tolist()))
    tg.sum(tg.maximum(a, x + 10.0)).backward()
    assert (seen, a.grad.tolist(), x.grad.tolist()) == ([[0, 0]], [0, 0], [1, 1])


def test_removing_a_hook_removes_that_one():
    x, seen = tg.Tensor(1.0), []
    hook = seen.append
    remove, _ = x.register_hook(hook), x.register_hook(hook)
    remove()
    (x * 2).backward()
    assert len(seen) == 1


# -- operations of one's own ------------------------------------------------------------------------------------------


def test_a_pullback_that_changes_its_gradient_in_place_does_no_harm():
    def pull(g, out, a, b):
        g *= 2
        return g * b / 2, g * a / 2
    product = tg.custom(lambda a, b: a * b, vjp=pull)
    a, b, c = tg.Tensor([1.0, 2.0]), tg.Tensor([3.0, 4.0]), tg.Tensor([5.0, 6.0])
    with contextlib.suppress(ValueError):                                   # "read-only" would be as good
        tg.sum(product(a, b) + c).backward()
        assert (a.grad.tolist(), b.grad.tolist(), c.grad.tolist()) == ([3, 4], [1, 2], [1, 1])


def _in_place(x, /):
    x *= 10
    return x


@pytest.mark.parametrize("make", [lambda: tg.custom(_in_place, vjp=lambda g, out, x: 10 * g), lambda: tg.op(_in_place)],
                         ids=["custom", "op"])
def test_a_forward_function_cannot_change_its_input(make):
    x = tg.Tensor([1.0, 2.0])
    with contextlib.suppress(ValueError):                                   # "read-only" would be as good
        make()(x)
    assert x.tolist() == [1, 2]


def test_a_forward_function_may_use_its_buffer_again():
    buffer = np.empty(2)
    doubled = tg.custom(lambda x: np.multiply(x, 2, out=buffer), vjp=lambda g, out, x: 2 * g)
    a, b = doubled(tg.Tensor([1.0, 2.0])), doubled(tg.Tensor([10.0, 20.0]))
    assert (a.tolist(), b.tolist()) == ([2, 4], [20, 40])


@pytest.mark.parametrize("gave", [lambda g: None, lambda g: g * 1j, lambda g: "g", lambda g: np.ones(3)],
                         ids=["None", "complex", "text", "shape"])
def test_a_rule_that_gives_no_gradient_is_an_error(gave):
    @tg.op
    def same(x, /):
        return x * 1
    same.derivative(x=lambda g: gave(g))
    with pytest.raises(tg.errors.TinygradEduError, match="same"):
        tg.sum(same(tg.Tensor([1.0, 2.0]))).backward()


@pytest.mark.parametrize("gave", [None, "text", [1.0, 2.0], (np.ones(2), np.ones(2)), np.array([1j])],
                         ids=["None", "text", "list", "two results", "complex"])
def test_a_forward_function_that_gives_no_array_is_an_error(gave):
    @tg.op
    def odd(x, /):
        return gave
    with pytest.raises(tg.errors.TinygradEduError, match="odd"):
        odd(tg.Tensor([1.0, 2.0]))


def test_an_operation_without_inputs_says_how_inputs_are_written():
    with pytest.raises(tg.errors.TinygradEduError, match="/"):
        @tg.op
        def cube(x):                                                        # the slash after x is missing
            return x**3


def test_an_operation_called_like_one_of_the_librarys_does_not_change_copied_graphs():
    x = tg.Tensor(1.0)
    y = tg.tanh(x)

    @tg.op
    def tanh(x, /):
        return x * 2
    tanh.derivative(x=lambda g: 2 * g)
    x2, y2 = copy.deepcopy((x, y))
    y2.backward()
    assert x2.grad.item() == tg.gradients(y, x).item()


def test_an_operation_with_several_results_of_which_some_are_used():
    both = namedtuple("both", "total product")

    @tg.op(results=both)
    def total_and_product(a, b, /):
        return a + b, a * b
    total_and_product.derivative(a=lambda g, b: g.total + g.product * b, b=lambda g, a: g.total + g.product * a)

    def f(x):
        total, product = total_and_product(x, x * x)
        return total * product                                              # (x + x²) x³
    assert tg.grad(lambda x: total_and_product(x, x * x).total)(2.0) == 5.0
    assert tg.grad(f)(2.0) == 4 * 8 + 5 * 16
    assert tg.grad(tg.grad(f))(2.0) == 12 * 4 + 20 * 8
    assert tg.jvp(f, (2.0,), (1.0,))[1] == 112.0


def test_a_hand_written_derivative_says_what_it_cannot_do():
    square = tg.custom(lambda x: x * x, vjp=lambda g, out, x: 2 * g * x)
    with pytest.raises(tg.errors.RuleError, match="forward mode"):
        tg.jvp(square, (3.0,), (1.0,))
    with pytest.raises(tg.errors.RuleError, match="second derivative"):
        tg.grad(tg.grad(square))(3.0)
    with pytest.raises(tg.errors.RuleError, match="1 gradients for 2 inputs"):
        tg.grad(tg.custom(lambda x, y: x * y, vjp=lambda g, out, x, y: g * y))(1.0, 2.0)


# -- checkpoints ------------------------------------------------------------------------------------------------------


def test_a_checkpoint_has_the_gradients_of_what_it_captured_and_all_orders():
    w, x = tg.Tensor(3.0), tg.Tensor(2.0)
    y = tg.checkpoint(lambda t: tg.checkpoint(lambda u: u * u)(t) * w)(x)
    y.backward()
    assert (x.grad.item(), w.grad.item()) == (12.0, 4.0)
    cube = tg.checkpoint(lambda t: t**3)
    assert [tg.grad(cube)(2.0), tg.grad(tg.grad(cube))(2.0), tg.grad(tg.grad(tg.grad(cube)))(2.0)] == [12.0, 12.0, 6.0]


def test_a_checkpoint_draws_the_same_random_numbers_again():
    x = tg.Tensor(np.ones(4))
    y = tg.checkpoint(lambda t: t * tg.random.uniform(4))(x)
    tg.random.uniform(7)
    y.sum().backward()
    assert_array_equal(x.grad.numpy(), y.numpy())


def _late_binding(x):
    for k in (2.0, 3.0):
        x = tg.checkpoint(lambda t: t * k)(x)                               # noqa: B023 (k is 3 when it is run again)
    return x


def _own_random_numbers(x):
    rng = np.random.default_rng(0)
    return tg.checkpoint(lambda t: t * rng.random())(x)


@pytest.mark.parametrize("f", [_late_binding, _own_random_numbers], ids=["late binding", "random"])
def test_a_checkpoint_that_computes_something_else_the_second_time_is_an_error(f):
    y = f(tg.Tensor(1.0))
    with pytest.raises(tg.errors.GraphError, match="checkpoint"):
        y.backward()


# -- modes, threads, asyncio ------------------------------------------------------------------------------------------


def test_no_grad_holds_in_the_generators_and_coroutines_it_decorates():
    @tg.no_grad()
    def values(w):
        yield w * 2

    @tg.no_grad()
    async def value(w):
        return w * 2
    w = tg.Tensor(1.0)
    assert not next(values(w)).requires_grad
    assert not asyncio.run(value(w)).requires_grad
    assert (w * 2).requires_grad


def test_no_grad_ends_with_its_block_also_when_blocks_in_generators_interleave():
    def block():
        with tg.no_grad():
            yield

    def interleaved():
        first, second = block(), block()
        next(first)
        next(second)
        first.close()
        second.close()
        return (tg.Tensor(1.0) * 2).requires_grad
    assert contextvars.copy_context().run(interleaved)                      # of its own, for the sake of other tests


def test_a_block_in_a_generator_may_end_in_another_context():
    def fixture():
        with tg.no_grad():
            yield
    generator = fixture()
    contextvars.copy_context().run(next, generator)
    generator.close()
    assert (tg.Tensor(1.0) * 2).requires_grad


def test_a_block_may_be_entered_again():
    without = tg.no_grad()
    for _ in range(2):
        with without:
            assert not (tg.Tensor(1.0) * 2).requires_grad
    assert (tg.Tensor(1.0) * 2).requires_grad


def test_async_tasks_have_modes_of_their_own():
    async def frozen():
        with tg.no_grad():
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            return (tg.Tensor(1.0) * 2).requires_grad

    async def recorded():
        await asyncio.sleep(0)
        return (tg.Tensor(1.0) * 2).requires_grad

    async def both():
        return await asyncio.gather(frozen(), recorded())
    assert asyncio.run(both()) == [False, True]


def test_threads_that_differentiate_one_graph_do_not_disturb_each_other():
    x, wrong = tg.Tensor(3.0), []
    h = x * x
    y = h * h

    def work(i):
        for _ in range(300):
            found = [g.item() for g in tg.gradients(y, [x, h])]
            if found != [108.0, 18.0]:
                wrong.append(found)
    in_threads(work)
    assert wrong == []


def test_threads_that_add_to_one_gradient_lose_none():
    w = tg.Tensor(1.0)

    def work(i):
        for _ in range(2000):
            (w * 1.0).backward()
    in_threads(work, 8)
    assert w.grad.item() == 16_000.0


def test_threads_may_copy_one_graph_at_once():
    x, wrong = tg.Tensor(1.0), []
    h = x
    for _ in range(50):
        h = h * 1.01

    def work(i):
        for _ in range(40):
            x2, h2 = copy.deepcopy((x, h))
            h2.backward()
            if not math.isclose(x2.grad.item(), 1.01**50):
                wrong.append(x2.grad)
    in_threads(work)
    assert wrong == []


# -- shapes and dtypes ------------------------------------------------------------------------------------------------


def test_broadcast_operands_get_gradients_of_their_own_shape():
    a, b, c, d = tg.Tensor(1.0), tg.Tensor([1.0]), tg.Tensor([[1.0], [1.0], [1.0]]), tg.Tensor([1.0, 1.0])
    tg.sum(a * b * c * d).backward()                                        # (3, 2) products
    assert [t.grad.tolist() for t in (a, b, c, d)] == [6, [6], [[2], [2], [2]], [3, 3]]


def test_an_element_set_from_a_row_with_more_axes_gets_its_gradient():
    x, y = tg.Tensor(np.zeros((2, 2))), tg.Tensor([[1.0, 1.0]])             # z[0] = y drops NumPy's axis of length 1
    tg.sum(x.at[0].set(y) * np.array([[5.0, 6.0], [7.0, 8.0]])).backward()
    assert (x.grad.tolist(), y.grad.tolist()) == ([[0, 0], [7, 8]], [[5, 6]])


def test_one_number_set_in_many_places_gets_the_gradient_of_all():
    x, y = tg.Tensor(np.zeros((2, 2))), tg.Tensor(1.0)
    tg.sum(x.at[x == 0].set(y) * np.array([[5.0, 6.0], [7.0, 8.0]])).backward()
    assert (x.grad.tolist(), y.grad.item()) == ([[0, 0], [0, 0]], 26.0)


def test_empty_arrays_have_empty_gradients():
    for f in (tg.sum, tg.prod, tg.logsumexp, tg.vector_norm, lambda x: tg.sum(x @ np.ones((2, 3))),
              lambda x: tg.sum(tg.concat([x, x])), lambda x: tg.sum(x[[]]), lambda x: tg.sum(tg.sort(x))):
        x = tg.Tensor(np.zeros((0, 2)))
        f(x).backward()
        assert x.grad.shape == (0, 2)


@pytest.mark.parametrize(("dtype", "n", "slope"), [(np.float16, 5000, 1.0), (np.float32, 1_000_000, 0.1)],
                         ids=["float16", "float32"])
def test_the_gradient_of_a_bias_is_summed_with_enough_digits(dtype, n, slope):
    x, b = np.zeros((n, 2), dtype), tg.Tensor(np.zeros(2, dtype))
    ((x + b) * dtype(slope)).backward(np.ones((n, 2), dtype))
    assert_allclose(b.grad.numpy(), [n * slope] * 2, rtol=1e-3)             # a float16 total would stay at 2048
    assert b.grad.dtype == dtype


def test_integers_in_one_branch_or_operand_cost_the_other_nothing():
    x = tg.Tensor([1.0, -2.0])
    (tg.where(x > 0, x, 1) * np.int64(3) + tg.asarray([1, 2])).sum().backward()
    assert x.grad.tolist() == [3, 0]


def test_a_mask_of_the_wrong_length_is_an_error_that_names_the_axis():
    x = tg.Tensor([[1.0, 2.0], [3.0, 4.0]])
    for mask in (np.array([True, False, True]), tg.asarray([1.0, 2.0, 3.0]) > 2):
        with pytest.raises(tg.errors.AxisError, match=r"\(2, 2\).*axis 0"):
            x[mask]


def test_a_wide_sum_and_a_wide_join():
    x = tg.Tensor(1.0)
    sum([x] * 20_000).backward()
    tg.sum(tg.stack([x * 2] * 1000)).backward()
    assert x.grad.item() == 22_000.0


@pytest.mark.parametrize(("mistake", "error", "hint"), [
    (lambda t: tg.max(t, t), tg.errors.ArgumentError, r"tg\.maximum\(a, b\)"),
    (lambda t: tg.concat([t], t), tg.errors.ArgumentError, r"tg\.concat\(\[a, b\]\)"),
    (lambda t: tg.Tensor(t), tg.errors.GraphLostError, r"t\.detach\(\)"),
    (lambda t: t.data.__setitem__(0, 5.0), ValueError, r"t\.data = t\.at\[i\]\.set\(y\)"),
    (lambda t: tg.grad(tg.sum)(), tg.errors.ArgumentError, "got 0 positional arguments"),
], ids=["max of two", "concat", "Tensor of a Tensor", "element of data", "no argument"])
def test_what_people_write_first_says_what_to_write_instead(mistake, error, hint):
    with pytest.raises(error, match=hint):
        mistake(tg.Tensor([1.0, 2.0]))


@pytest.mark.parametrize("f", [lambda x: np.allclose(x, 2.5), lambda x: bool(x > 0), lambda x: (x > 0).numpy()[()]],
                         ids=["allclose", "bool", "numpy"])
def test_a_truth_value_that_left_the_graph_has_no_gradient_either(f):
    with pytest.raises(tg.errors.DTypeError, match="output of dtype bool"):
        tg.grad(f)(np.array(2.5))


@pytest.mark.parametrize("f", [lambda x: x > 0, lambda x: tg.argmax(x), lambda x: (2 * x, tg.floor(x).astype(int))],
                         ids=["bool", "argmax", "one of two"])
def test_a_jacobian_of_an_output_that_is_not_floating_point_is_refused(f):
    with pytest.raises(tg.errors.DTypeError, match=r"jacobian\(<lambda>\): got an output of dtype"):
        tg.jacobian(f)(np.array([2.5]))


@pytest.mark.parametrize("transform", [tg.grad, tg.jacobian, tg.hessian])
def test_numpys_integers_say_which_argument(transform):
    def f(x, y):
        return x * y * y
    assert transform(f, np.int64(1))(3.0, 5.0) == transform(f, 1)(3.0, 5.0)
