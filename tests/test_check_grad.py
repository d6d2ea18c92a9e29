"""check_grad: right gradients pass, wrong ones do not, and the report says what was seen."""

import atexit
import contextlib
import importlib
import io
import math
import pickle
import re
import sys

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

import tinygrad_edu as tg
from tests.registry import examples
from tinygrad_edu.errors import ArgumentError, GradientError, TinygradEduError
from tinygrad_edu.testing import check_grad, grad_report, headlines
from tinygrad_edu.testing.etiquette import AT_LEAST

X = np.array([[0.5, -1.5, 2.0], [1.25, 3.0, -0.75]])


# -- right gradients --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("f", [
    lambda x: tg.logsumexp(x, axis=1), lambda x: tg.tanh(x) @ x.T, lambda x: tg.sum(x * x, axis=0),
    lambda x: (tg.sin(x), tg.exp(x)), lambda x: {"a": x[0], "b": tg.max(x, axis=1)},
])
def test_right_gradients_pass(f):
    assert check_grad(f, X) is None
    assert grad_report(f, X).resolution < 1e-6


@pytest.mark.parametrize("mode", ["reverse", "forward", "both"])
@pytest.mark.parametrize("order", [1, 2])
def test_every_mode_and_order_passes_where_the_rules_are_right(mode, order):
    check_grad(lambda x, w: tg.tanh(x @ w) * tg.sum(w), X, np.array([0.3, -0.2, 0.9]), mode=mode, order=order)


@pytest.mark.parametrize("scale", [-300, -150, -7, 0, 7, 150, 300])
@given(factor=st.sampled_from([1.0, 2.0, 0.999, -1.0]))
@examples(8)
def test_the_size_of_the_input_does_not_matter(scale, factor):
    a = 10.0**scale
    x = np.array([0.7, 1.9, -0.4]) * a
    report = grad_report(lambda x: np.sum(np.sin(x / a)), x, gradient=lambda x: factor * np.cos(x / a) / a)
    assert report.verdict == ("ok" if factor == 1 else "wrong")
    assert report.resolution < 1e-6


@pytest.mark.parametrize(("f", "slope", "x"), [
    (np.sqrt, lambda x: 0.5 / np.sqrt(x), 1e-7), (np.exp, np.exp, 1e-20), (np.log, lambda x: 1 / x, 1e-12),
    (lambda x: np.sin(1e5 * x), lambda x: 1e5 * np.cos(1e5 * x), 1.0),
    (lambda x: 1 / (x - 1), lambda x: -1 / (x - 1) ** 2, 1 + 1e-6),
])
def test_steps_suit_the_function(f, slope, x):
    check_grad(f, x, gradient=slope)
    with pytest.raises(GradientError):
        check_grad(f, x, gradient=lambda x: 1.001 * slope(x))


@given(seed=st.integers(0, 2**32 - 1), size=st.sampled_from([1e-4, 1e-3, 0.1, 1.0]))
@examples(30)
def test_one_wrong_entry_is_found(seed, size):
    rng = np.random.default_rng(seed)
    x, wrong = rng.normal(size=(3, 4)), int(rng.integers(12))

    def claimed(x):
        g = 3 * x * x + np.cos(x)
        g.flat[wrong] *= 1 + size
        return g
    report = grad_report(lambda x: np.sum(x**3 + np.sin(x)), x, gradient=claimed)
    assert report.verdict == "wrong"
    assert list(np.flatnonzero(report.inputs[0].wrong)) == [wrong]


def test_the_resolution_is_what_is_seen():
    def report(off):
        return grad_report(lambda x: np.sum(np.sin(x)), X, gradient=lambda x: np.cos(x) * (1 + off))
    resolution = report(0.0).resolution
    assert 0 < resolution < 1e-6
    assert report(2 * resolution).verdict == "wrong"


def test_float32_is_judged_by_what_it_can_show():
    def report(off):
        x = X.astype(np.float32)
        return grad_report(lambda x: np.sum(np.exp(x)), x, gradient=lambda x: np.exp(x) * np.float32(1 + off))
    assert report(0.0).verdict == "ok"
    assert 1e-7 < report(0.0).resolution < 2e-2
    assert report(0.05).verdict == "wrong"


# -- kinks, ties, noise, edges ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("claimed", [0.0, 0.5, 1.0])
def test_at_a_kink_every_slope_between_the_two_sides_is_accepted_and_said(claimed):
    report = grad_report(lambda x: np.maximum(x, 0), 0.0, gradient=lambda x: claimed)
    assert (report.ok, report.verdict) == (True, "at a kink")
    assert "between those of the two sides" in str(report)


@pytest.mark.parametrize("claimed", [-0.1, 1.1])
def test_at_a_kink_other_slopes_are_wrong(claimed):
    assert grad_report(lambda x: np.maximum(x, 0), 0.0, gradient=lambda x: claimed).verdict == "wrong"


@pytest.mark.parametrize("distance", [1e-9, -1e-9, 1e-4])
def test_next_to_a_kink_only_the_slope_on_this_side_is_right(distance):
    f = lambda x: 1 + np.maximum(x - 1, 0)
    right = float(distance > 0)
    assert grad_report(f, 1 + distance, gradient=lambda x: right).ok
    assert grad_report(f, 1 + distance, gradient=lambda x: 1 - right).verdict == "wrong"
    assert grad_report(f, 1 + distance, gradient=lambda x: 0.5).verdict == "wrong"


@pytest.mark.parametrize(("claimed", "verdict"), [
    ((1, 0), "at a kink"), ((0, 1), "at a kink"), ((0.5, 0.5), "at a kink"), ((1, 1), "wrong"), ((0, 0), "wrong"),
])
def test_at_a_tie_the_parts_must_add_up(claimed, verdict):
    report = grad_report(np.maximum, 2.0, 2.0, gradient=lambda x, y: claimed)
    assert report.verdict == verdict


def test_independent_kinks_may_each_take_any_side():
    w = np.array([1.0, -2.0, 3.0, -1.0])
    for side in ([0, 0, 0, 0], [1, 1, 1, 1], [0, 1, 0, 1]):
        assert grad_report(lambda x: w * np.maximum(x, 0), np.zeros(4), gradient=lambda x, s=side: w * s).ok


def test_the_edge_of_the_domain_is_looked_at_from_inside():
    f, slope = lambda x: x * np.sqrt(x), lambda x: 1.5 * np.sqrt(x)
    assert grad_report(f, 0.0, gradient=slope).ok
    assert grad_report(f, 0.0, gradient=lambda x: slope(x) + 0.1).verdict == "wrong"


STEEP = {"sqrt": (np.sqrt, 0.0), "1 + cbrt": (lambda x: 1 + np.cbrt(x), 0.0), "at 1": (lambda x: np.sqrt(x - 1), 1.0),
         "-x log x": (lambda x: -x * np.log(x) if x else 0.0, 0.0), "-acos": (lambda x: -np.arccos(x), 1.0)}


@pytest.mark.parametrize("name", STEEP)
def test_an_infinite_slope_is_right_where_slopes_grow_without_bound_and_it_is_said(name):
    f, x = STEEP[name]
    report = grad_report(f, x, gradient=lambda x: np.inf)
    assert (report.ok, report.verdict) == (True, "at a kink")
    assert "grows without bound, as is claimed" in str(report)
    assert not grad_report(f, x, gradient=lambda x: -np.inf).ok
    assert not grad_report(f, x, gradient=lambda x: 3.0).ok


@pytest.mark.parametrize("f", [np.sin, np.exp, np.abs, lambda x: np.tanh(1e12 * x), lambda x: float(x > 0),
                               lambda x: np.tanh(1e40 * x), lambda x: x / (1 + 3e29 * abs(x))])
def test_an_infinite_slope_is_not_accepted_where_f_is_only_steep_or_jumps(f):
    assert not grad_report(f, 0.0, gradient=lambda x: np.inf).ok


def test_slopes_that_grow_to_a_finite_one_are_not_infinite():
    for x in (np.float32(1), 1.0):
        report = grad_report(lambda x: 3 * x - x * x, x, gradient=lambda x: x * np.inf)      # over a step h: 1 - h
        assert report.verdict == "wrong"


def test_the_rules_of_cbrt_and_det_pass_where_slopes_are_infinite_or_rounding():
    assert grad_report(tg.cbrt, np.array([0.0, 1.0])).verdict == "at a kink"
    rng = np.random.default_rng(2)
    for n in (3, 4):
        for _ in range(4):
            assert grad_report(tg.det, np.outer(rng.normal(size=n), rng.normal(size=n))).ok


def test_what_is_small_but_no_rounding_is_still_checked():
    for scale in (1e-20, 1e-140):
        x = np.array([1.0, 2.0]) * scale
        assert grad_report(lambda x: np.sum(x * x), x, gradient=lambda x: 4 * x).verdict == "wrong"
        assert grad_report(lambda x, s=scale: np.sum(s * x), X, gradient=lambda x, s=scale: 2 * s + 0 * x
                           ).verdict == "wrong"


def test_what_underflows_cannot_be_checked():
    x = np.array([1e-200, 2e-200])
    assert grad_report(lambda x: np.sum(x * x), x, gradient=lambda x: 4 * x).verdict == "inconclusive"


def test_a_slope_that_grows_without_bound_has_no_finite_value():
    report = grad_report(np.sqrt, 0.0, gradient=lambda x: 0.5)
    assert report.verdict == "inconclusive"
    assert "grows without bound" in report.reason


@pytest.mark.parametrize("noise", [1e-9, 1e-6])
def test_noise_is_measured(noise):
    def f(x):
        return np.sum(np.sin(x)) * (1 + noise * math.sin(1e15 * float(np.sum(x))))
    assert grad_report(f, X, gradient=np.cos).ok
    assert grad_report(f, X, gradient=lambda x: 1.3 * np.cos(x)).verdict == "wrong"


def test_a_random_function_cannot_be_checked():
    rng = np.random.default_rng(0)
    report = grad_report(lambda x: np.sum(x * (rng.random(x.shape) < 0.5)), X, gradient=np.ones_like)
    assert report.verdict == "inconclusive"


SATURATED = {"tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2, 17.0), "-tanh": (tg.tanh, None, -18.5),
             "one of three": (lambda x: tg.sum(tg.softmax(x) * np.array([1.0, 2.0, 3.0])), None, [45.0, 1.0, 5.0]),
             "log(1 + exp(-x))": (lambda x: tg.log(1 + tg.exp(-x)), None, 40.0),
             "log_softmax": (lambda x: -tg.log_softmax(x)[0], None, [50.0, 0.0, -50.0]),
             "1 + exp(-x²)": (lambda x: 1 + np.exp(-x * x), lambda x: -2 * x * np.exp(-x * x), 6.2)}


@pytest.mark.parametrize("name", SATURATED)
def test_what_rounding_hides_in_a_saturated_unit_is_no_mistake(name):
    f, gradient, x = SATURATED[name]
    report = grad_report(f, x, gradient=gradient)
    assert report.ok
    assert re.search("flat to rounding|nothing but rounding|right", str(report))
    assert not grad_report(f, x, gradient=lambda x: 1e-9 + 0.0 * np.asarray(x)).ok


def test_that_f_is_flat_to_rounding_is_said_with_what_it_hides():
    text = " ".join(str(grad_report(np.tanh, 17.0, gradient=lambda x: 1 - np.tanh(x) ** 2)).split())
    assert "f is flat to rounding here: its slope is seen to 6e-15 only" in text
    text = " ".join(str(grad_report(tg.tanh, np.array([0.1, 17.0]))).split())
    assert "f is flat to rounding here, in 1 of 2 entries" in text


def test_a_staircase_is_called_so():
    report = grad_report(lambda x: np.round(x * x * 100) / 100, -7.123, gradient=lambda x: 2 * x + 1)
    assert report.verdict == "inconclusive"
    assert report.reason.startswith("f is a staircase")
    rough = grad_report(lambda x: np.sin(x) + 0.3 * math.sin(1e15 * x), 1.0, gradient=np.cos)
    assert "staircase" not in rough.reason


# -- large inputs -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_one_wrong_entry_among_100_000_is_found(dtype):
    rng = np.random.default_rng(3)
    x = rng.uniform(0.5, 2, 100_000).astype(dtype)

    def claimed(x):
        g = 2 * x
        g[31_415] *= 1.5
        return g
    assert grad_report(lambda x: x * x, x, gradient=lambda x: 2 * x).ok
    report = grad_report(lambda x: x * x, x, gradient=claimed)
    assert list(np.flatnonzero(report.inputs[0].wrong)) == [31_415]
    assert "[31415]" in str(report)
    assert report.calls < 700


# -- what is checked around the gradient ------------------------------------------------------------------------------


def test_a_gradient_of_another_shape_is_wrong():
    report = grad_report(lambda x: np.sum(x * x), X, gradient=lambda x: 2 * x.T)
    assert report.verdict == "wrong"
    assert "shape (3, 2), expected that of the input, (2, 3)" in " ".join(str(report).split())


def test_none_is_wrong_where_f_changes():
    report = grad_report(lambda x: np.sum(x), X, gradient=lambda x: None)
    assert report.verdict == "wrong"
    assert report.headline.startswith("x.grad is None, though f depends on it: test_check_grad.py")
    assert grad_report(lambda x: 3.0, X, gradient=lambda x: None).ok


def test_nan_is_wrong_where_the_slope_is_finite():
    report = grad_report(lambda x: np.sum(x * x), X, gradient=lambda x: np.where(x > 2, np.nan, 2 * x))
    assert list(np.flatnonzero(report.inputs[0].wrong)) == [4]


def test_changing_an_argument_in_place_is_a_fault():
    def claimed(x):
        x *= 2
        return x.copy()
    with pytest.raises(GradientError, match="changed its argument x in place"):
        check_grad(lambda x: np.sum(x * x), X.copy(), gradient=claimed)


def test_a_function_that_changes_its_argument_in_place_is_at_fault():
    def f(x):
        x *= 2
        return np.sum(x)
    with pytest.raises(GradientError, match="f changed its argument x in place"):
        check_grad(f, X.copy(), gradient=lambda x: 2 * np.ones_like(x))


def test_the_users_arrays_are_left_alone():
    x = X.copy()

    def f(x):
        x += 0
        return np.sum(x * x)
    check_grad(f, x, gradient=lambda x: 2 * x)
    np.testing.assert_array_equal(x, X)


def test_a_function_may_use_the_memory_of_its_result_again():
    out = np.zeros_like(X)
    check_grad(lambda x: np.multiply(x, x, out=out), X, gradient=lambda x: 2 * x)


def test_shared_memory_is_noted():
    report = grad_report(lambda x, y: np.sum(x + y), X, X.copy(), gradient=lambda x, y: (np.ones_like(x),) * 2)
    assert report.ok
    assert "shares memory with that of x" in str(report)
    assert "shares memory with that of x" in report.headline
    assert "view of the input" in str(grad_report(lambda x: np.sum(x * x) / 2, X, gradient=lambda x: x))


def test_memory_that_is_written_again_is_noted():
    out = np.zeros_like(X)
    report = grad_report(lambda x: np.sum(x * x), X, gradient=lambda x: np.multiply(x, 2, out=out))
    assert report.ok
    assert "written where the last one was" in str(report)


@pytest.mark.parametrize(("dtype", "words"), [(np.float32, "digits are lost"), (np.int64, "decimals would be cut off")])
def test_a_gradient_of_another_dtype_is_noted(dtype, words):
    report = grad_report(lambda x: np.sum(x), X, gradient=lambda x: np.ones(x.shape, dtype))
    assert report.ok
    assert f"dtype {np.dtype(dtype)}, the input float64: {words}" in report.headline
    assert not grad_report(lambda x: np.sum(x), X, gradient=np.ones_like).notes


def test_a_rule_that_changes_what_it_is_given_is_a_fault_though_the_numbers_are_right():
    @tg.op
    def meddling_sin(x, /):
        return np.sin(x)
    meddling_sin.derivative(x=lambda g, x: np.multiply(g, np.cos(x), out=g))
    with pytest.raises(GradientError, match="the rule of meddling_sin for x .*changes the gradient that arrived"):
        check_grad(lambda x: tg.sum(meddling_sin(x) * 2.0), X)


def test_a_gradient_that_differs_when_computed_again_is_a_fault():
    calls = []

    def claimed(x):
        calls.append(1)
        return 2 * x + (len(calls) % 2)
    with pytest.raises(GradientError, match="another one when it is computed again"):
        check_grad(lambda x: np.sum(x * x), X, gradient=claimed)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_inputs_and_values_that_are_not_finite_cannot_be_checked(bad):
    with pytest.raises(GradientError, match=r"x holds (nan|inf) at \(1,\)"):
        check_grad(lambda x: np.sum(x), np.array([1.0, bad]), gradient=np.ones_like)
    with pytest.raises(GradientError, match="f gives (nan|inf) at these inputs"):
        check_grad(lambda x: np.sum(x) * bad, np.array([1.0, 2.0]), gradient=np.ones_like)


def test_whole_numbers_get_a_report():
    report = grad_report(lambda x: tg.sum(x), np.array([1, 2]))
    assert report.verdict == "inconclusive"
    assert report.headline.startswith("x.grad cannot be checked: x holds int64")
    with pytest.raises(GradientError, match=r"x holds int64.*x.astype\(float\)"):
        check_grad(lambda x: tg.sum(x), np.array([1, 2]))
    with pytest.raises(GradientError, match="n holds"):
        check_grad(lambda x, n: tg.sum(x) * n, X, 3, wrt="n")
    check_grad(lambda x, n: np.sum(x) * n, X, 3, gradient=lambda x, n: (n + 0 * x, None))
    with pytest.raises(ArgumentError, match="no inputs"):
        check_grad(lambda: 1.0)


def test_a_tuple_with_one_gradient_for_each_input_serves_for_some_of_them():
    f, both = lambda x, y: np.sum(x * x * y), lambda x, y: (2 * x * y, x * x)
    assert grad_report(f, X, X + 1, gradient=both, wrt="y").ok
    assert grad_report(f, X, X + 1, gradient=lambda x, y: both(y, x), wrt="y").verdict == "wrong"
    assert grad_report(lambda x, y: x @ y, X[0, :2], X[1, :2], gradient=lambda x, y: tuple(y), wrt="x").ok


def test_arguments_that_do_not_fit_are_named():
    with pytest.raises(ArgumentError, match=r"wrt='z'.*names x, y"):
        check_grad(lambda x, y: x * y, 1.0, 2.0, wrt="z")
    with pytest.raises(ArgumentError, match=r"gave 3 gradients for 2 inputs \(x, y\)"):
        check_grad(lambda x, y: x * y, 1.0, 2.0, gradient=lambda x, y: (1.0, 1.0, 1.0))
    with pytest.raises(ArgumentError, match="mode"):
        check_grad(lambda x: x, 1.0, mode="sideways")


def test_an_output_of_one_number_may_have_a_jacobian():
    f = lambda x: np.array([np.sum(x**2)])
    assert grad_report(f, X[0], gradient=lambda x: 2 * x[None]).ok
    assert grad_report(f, X[0], gradient=lambda x: 2 * x).ok
    assert grad_report(f, X[0], gradient=lambda x: 3 * x[None]).verdict == "wrong"
    assert "shape (1, 3), not (3,)" in str(grad_report(lambda x: np.sum(x**2), X[0], gradient=lambda x: 2 * x[None]))


def test_a_jacobian_may_have_all_axes_of_the_output():
    eye = np.eye(3)
    report = grad_report(np.outer, X[0], X[1], gradient=lambda x, y: (np.einsum("ik,j->ijk", eye, y),
                                                                      np.einsum("jk,i->ijk", eye, x)))
    assert report.ok
    assert report.inputs[0].claimed.shape == (3,)


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize(("f", "inputs"), [
    (lambda x: tg.sum(x * x), (np.zeros(0),)), (lambda x: x * x, (np.zeros((0, 3)),)), (lambda x: x[:0] * 2.0, (X,)),
    (lambda x, y: tg.sum(x * x) * y, (np.zeros(0), 2.0)), (tg.floor, (X + 0.1,)), (lambda x: tg.Tensor(3.0), (X,)),
])
def test_where_there_is_nothing_to_check_nothing_is_wrong(f, inputs, order):
    assert grad_report(f, *inputs, order=order).verdict == "ok"


def test_what_f_gives_is_named_where_it_is_no_number():
    for given_back, words in ((None, "f gives None"), (np.array([1, 2]), "f gives an array of int64")):
        report = grad_report(lambda x, y=given_back: y, X)
        assert report.verdict == "inconclusive"
        assert f"{words}: expected a floating-point number" in report.reason
    with pytest.raises(ArgumentError, match="gradient is an array of float64. Expected a function"):
        check_grad(lambda x: np.sum(x * x), X, gradient=2 * X)


LISTED = X.tolist()


def test_lists_of_numbers_stand_for_arrays():
    report = grad_report(lambda x: tg.sum(x @ x.T), LISTED, order=2)
    assert (report.verdict, report.inputs[0].shape) == ("ok", (2, 3))
    assert grad_report(lambda x: x[0] * x[1], [1.0, 2.0]).ok
    assert grad_report(lambda p: tg.sum(p["w"] @ p["x"]), {"w": LISTED, "x": [1, 2.5, 3]}).ok
    assert grad_report(lambda x: np.sum(x**2), LISTED, gradient=lambda x: 2 * x).ok
    assert grad_report(lambda x: np.sum(x**2), tuple(map(tuple, LISTED)), gradient=lambda x: 3 * x).verdict == "wrong"
    assert grad_report(lambda x, i: tg.sum(x[i] ** 2), X, [0, 0], wrt="x").ok           # whole numbers may be indices
    assert grad_report(lambda x, i: np.sum(x[i] ** 2), X[0], [1, 2], wrt="x",
                       gradient=lambda x, i: np.array([0, 2 * x[1], 2 * x[2]])).ok


def test_lists_that_are_no_arrays_are_named():
    with pytest.raises(ArgumentError, match="x as lists of different lengths"):
        check_grad(lambda x: sum(map(sum, x)), [[1.0, 2.0], [3.0]], gradient=lambda x: x)
    with pytest.raises(ArgumentError, match=r"p as a list of arrays. Expected each array as an argument of its own"):
        check_grad(lambda p: np.sum(p[0] @ p[1]), [X, X.T[:, :1]], gradient=lambda p: p)


# -- what may be checked ----------------------------------------------------------------------------------------------


def test_wrt_chooses_inputs_by_name_or_position():
    def half_right(x, y):
        return 2 * x * y, y
    f = lambda x, y: np.sum(x * x * y)
    assert grad_report(f, X, X + 1, gradient=lambda x, y: 2 * x * y, wrt="x").ok
    assert grad_report(f, X, X + 1, gradient=lambda x, y: x * x, wrt=1).ok
    assert [each.verdict for each in grad_report(f, X, X + 1, gradient=half_right).inputs] == ["ok", "wrong"]


def test_trees_of_tensors_are_checked_leaf_by_leaf():
    parameters = {"w": tg.Tensor([1.0, 2.0]), "rest": [tg.Tensor(3.0)]}
    report = grad_report(lambda p: tg.sum(p["w"] * p["rest"][0]), parameters)
    assert [each.name for each in report.inputs] == ["p['w']", "p['rest'][0]"]
    assert report.ok


def test_a_jacobian_may_be_claimed():
    f = lambda x: np.array([x[0] * x[1], x[0] ** 2, x[1]])
    right = lambda x: np.array([[x[1], x[0]], [2 * x[0], 0], [0, 1]])
    assert grad_report(f, np.array([2.0, 3.0]), gradient=right).ok
    assert not grad_report(f, np.array([2.0, 3.0]), gradient=lambda x: right(x)[[1, 0, 2]]).ok


def test_a_wrong_rule_is_found_with_its_line():
    @tg.op
    def mean_of_all(x, /):
        return np.mean(x)
    mean_of_all.derivative(x=lambda g, x: 2 * g / x.size * tg.ones_like(x))

    with pytest.raises(GradientError) as caught:
        check_grad(lambda w: mean_of_all(w * w), X)
    first = str(caught.value).splitlines()[0]
    assert first.startswith("w.grad is 2 times too large in all 6 entries: test_check_grad.py:")
    assert first.endswith(", mean_of_all")
    assert isinstance(caught.value, AssertionError)
    assert isinstance(caught.value, TinygradEduError)
    assert caught.value.report.inputs[0].name == "w"


def test_second_derivatives_are_checked():
    @tg.op
    def cube(x, /):
        return x**3
    cube.derivative(x=lambda g, x: g * 3 * x.detach() * x if isinstance(x, tg.Tensor) else g * 3 * x * x)
    assert grad_report(lambda x: tg.sum(cube(x)), X).ok
    assert grad_report(lambda x: tg.sum(cube(x)), X, order=2).verdict == "wrong"


def test_forward_mode_is_checked_on_its_own():
    foreign = tg.custom(np.sin, vjp=lambda g, out, x: g * np.cos(x), jvp=lambda ts, out, x: 2 * ts[0] * np.cos(x))
    assert grad_report(foreign, X).ok
    assert grad_report(foreign, X, mode="forward").verdict == "wrong"
    assert "forward and reverse mode disagree" in str(grad_report(foreign, X, mode="both"))


# -- what the first line says ------------------------------------------------------------------------------------------


def own(forward, **rules):
    """An operation of one's own."""
    made = tg.op(forward)
    made.derivative(**rules)
    return made


def product(x1, x2, /):
    """A product of matrices."""
    return x1 @ x2


def outer(x1, x2, /):
    """All products."""
    return np.multiply.outer(x1, x2)


def tangent(x, /):
    """A function without a rule yet."""
    return np.tan(x)


def todo(g, x):
    """A rule to be written."""
    raise NotImplementedError("todo")


SQUARE, OTHER = np.random.default_rng(5).normal(size=(2, 3, 3))
NOT_TRANSPOSED = own(product, x1=lambda g, x2: g @ x2, x2=lambda g, x1: x1.T @ g)
OWN_OPERATIONS = {
    "not transposed": (lambda a, w: tg.sum(tg.tanh(NOT_TRANSPOSED(a, w))), (SQUARE, OTHER),
                       "a.grad is wrong in 9 of 9 entries: LINE, product, whose rule for x1 (LINE) is the Jacobian "
                       "times g, not its transpose"),
    "not transposed, raises": (lambda a, w: tg.sum(NOT_TRANSPOSED(a, w)), (X, X.T[:, :1]),
                               "a.grad cannot be computed: LINE, product, whose rule for x1 (LINE) lacks a transpose "
                               "in g @ x2"),
    "not summed, raises": (lambda x, y: tg.sum(own(outer, x1=lambda g, x2: g * x2, x2=lambda g, x1: x1 @ g)(x, y)),
                           (X[0], X[1, :2]), "x.grad cannot be computed: LINE, outer, whose rule for x1 (LINE) is not "
                           "summed over axis 1"),
    "raises": (lambda x: tg.sum(own(tangent, x=todo)(x)), (X,), "x.grad cannot be computed: LINE, tangent, whose rule "
               "for x (LINE) raises NotImplementedError: todo"),
    "missing": (lambda x: tg.sum(tg.op(tangent)(x)), (X,), "x.grad cannot be computed: LINE, tangent, whose rule for x "
                "is missing"),
}


@pytest.mark.parametrize("name", OWN_OPERATIONS)
def test_the_first_line_names_the_rule_of_an_own_operation(name):
    f, inputs, headline = OWN_OPERATIONS[name]
    report = grad_report(f, *inputs)
    assert report.verdict == "wrong"
    assert re.sub(r"test_check_grad.py:\d+", "LINE", report.headline) == headline
    assert str(report).startswith(report.headline + "\n")


def test_what_happens_to_fit_the_graph_does_not_hide_the_rule():
    def row_sums(x, /):
        return np.sum(x, axis=1)
    first_only = own(row_sums, x=lambda g, x: g[0] + 0 * x)             # which fits "without the factor y", too
    y = np.array([1.0, 2.3, 3.6])
    report = grad_report(lambda x: tg.sum(first_only(x) * y), X.T)
    assert re.fullmatch(r"x.grad is wrong in 4 of 6 entries: .*, row_sums.*", report.headline)


def test_the_error_of_a_rule_is_the_cause_of_the_report():
    with pytest.raises(GradientError, match="raises NotImplementedError: todo") as caught:
        check_grad(*OWN_OPERATIONS["raises"][:1], X)
    assert isinstance(caught.value.__cause__, NotImplementedError)


def test_errors_that_are_no_rules_fault_are_raised_as_they_are():
    def gradient(x):
        raise KeyError("mine")
    with pytest.raises(KeyError, match="mine"):
        check_grad(lambda x: np.sum(x), X, gradient=gradient)
    with pytest.raises(tg.errors.RuleError, match="jvp"):
        check_grad(tg.custom(np.sin, vjp=lambda g, out, x: g * np.cos(x)), X, mode="forward")


def test_a_rule_that_cannot_be_differentiated_again_is_named():
    @tg.op
    def filled(x, /):
        return x * x

    def rule(g, x):
        out = np.zeros(x.shape)
        out[:] = 2 * g * x
        return out
    filled.derivative(x=rule)
    assert grad_report(lambda x: tg.sum(filled(x)), X).ok
    report = grad_report(lambda x: tg.sum(filled(x)), X, order=2)
    assert report.verdict == "wrong"
    assert report.headline.startswith("x.grad (second derivatives) cannot be computed")
    assert "filled" in report.headline


def first_row(b, x):
    """A gradient of sum(tanh(x + b)) for b that forgets to sum."""
    return (1 - np.tanh(x + b) ** 2)[0]


def scattered(x, i):
    """A gradient of sum(x[i]²) that overwrites."""
    g = np.zeros_like(x)
    g[i] = 2 * x[i]
    return g


PLAIN = {
    "mean": (lambda w: np.mean(w**2), (X,), lambda w: 2 * w,
             "w.grad is 6 times too large in all 6 entries: LINE"),
    "one row": (lambda b, x: np.tanh(x + b), (X[0], X), first_row,
                "b.grad is not summed over axis 0 of the result: only index 0 counts: LINE, first_row"),
    "no transpose": (lambda x, w: np.sum((x @ w) ** 2), (SQUARE, OTHER), lambda x, w: 2 * (x @ w) @ w,
                     "x.grad lacks a transpose in 2 * (x @ w) @ w: LINE"),
    "rows for columns": (lambda x: SQUARE @ x, (X[0],), lambda x: SQUARE @ np.ones(3),
                         "x.grad is the row sums of the Jacobian, not its column sums: a transpose is missing: LINE"),
    "tanh forgotten": (lambda x, w: np.sum(np.tanh(x @ w)), (X, OTHER), lambda x, w: np.ones((2, 3)) @ w.T,
                       "x.grad lacks the derivative of tanh at LINE: the chain rule is not applied"),
    "mask forgotten": (lambda w, x: np.sum(np.maximum(x @ w, 0) @ SQUARE), (OTHER, X),
                       lambda w, x: x.T @ (np.ones((2, 3)) @ SQUARE.T),
                       "w.grad lacks the derivative of maximum at LINE: the chain rule is not applied: LINE"),
    "inner derivative": (lambda x: np.sum(np.sin(x**2)), (X,), lambda x: np.cos(x**2),
                         "x.grad lacks a factor 2 x: the chain rule is not applied: LINE"),
    "counted twice": (lambda x: np.sum(np.exp(x) + np.sin(x) * x), (X,),
                      lambda x: 2 * np.exp(x) + np.sin(x) + x * np.cos(x),
                      "x.grad counts what flows through exp at LINE twice: LINE"),
    "sign of a term": (lambda x: np.sum(np.exp(x) + x**3), (X,), lambda x: np.exp(x) - 3 * x**2,
                       "x.grad has the wrong sign in what flows through power at LINE"),
    "stale": (lambda x, y: np.sum(np.exp(x * y)), (X, X + 1), lambda x, y: y * np.exp(y),
              "x.grad is right for x = 1: LINE"),
    "other input": (lambda x, y: np.sum(np.sin(x * y)), (X, X + 1), lambda x, y: y * np.cos(x * x),
                    "x.grad uses x where y belongs in x * x: LINE"),
    "overwritten": (lambda x, i: np.sum(x[i] ** 2), (X.ravel(), np.array([0, 2, 2, 4])), scattered,
                    "x.grad is overwritten, not accumulated, in 1 of 6 entries: [2]: LINE, scattered"),
    "ones": (np.sin, (X,), np.ones_like, "x.grad is 1 in all 6 entries"),
    "column": (lambda x: np.sum(x**2), (X[0],), lambda x: 2 * x[:, None],
               "x.grad has the right numbers in shape (3, 1), not (3,): LINE"),
    "0/0": (lambda x: np.sum(np.sqrt(x * x)), (np.array([1.0, 0.0, -2.0]),), lambda x: x / np.sqrt(x * x),
            "x.grad is NaN in 1 of 3 entries: where x = 0: LINE"),
    "nonsense": (lambda x: np.sum(np.exp(x)), (X,), lambda x: np.sin(1e3 * x) + 0.1,
                 "x.grad is wrong in 6 of 6 entries: LINE"),
}


@pytest.mark.parametrize("name", PLAIN)
def test_the_first_line_names_the_mistake_in_a_gradient_written_by_hand(name):
    f, inputs, gradient, headline = PLAIN[name]
    report = grad_report(f, *inputs, gradient=gradient, wrt=0)
    assert report.verdict == "wrong"
    assert re.sub(r"test_check_grad.py:\d+", "LINE", report.headline) == headline


def test_of_a_large_gradient_that_was_not_measured_everywhere_no_count_is_claimed():
    x = np.linspace(0.5, 2, 5000)
    report = grad_report(lambda x: np.sum(x**3), x, gradient=lambda x: np.sin(1e3 * x))
    assert "wrong in at least" in report.headline


# -- where ------------------------------------------------------------------------------------------------------------


def test_an_operation_that_is_checked_alone_was_used_where_the_check_is():
    report = grad_report(NOT_TRANSPOSED, SQUARE, OTHER)
    assert "<string>" not in str(report)
    assert re.match(r"x1.grad .*: test_check_grad.py:\d+, product", report.headline)


def in_ipython(*cells):
    """What cells of a notebook print."""
    shells = pytest.importorskip("IPython.core.interactiveshell")
    config = importlib.import_module("traitlets.config").Config({"HistoryManager": {"enabled": False}})
    shell = shells.InteractiveShell(config=config)
    shells.InteractiveShell._instance = shell
    try:
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            for cell in cells:
                shell.run_cell(cell, store_history=True).raise_error()
    finally:
        shells.InteractiveShell.clear_instance()
        atexit.unregister(shell.atexit_operations)
        shell.atexit_operations()
    return printed.getvalue()


RULE = "@tg.op\ndef cube(x, /):\n    return x**3\ncube.derivative(\n    x=lambda g, x: 2 * g * x * x)"


def test_cells_of_a_notebook_are_named_by_their_numbers(tmp_path, monkeypatch):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    text = in_ipython("import numpy as np, tinygrad_edu as tg\nfrom tinygrad_edu.testing import grad_report",
                      "def f(x):\n    return np.sum(x**2)\ndef slope(x):\n    return x",
                      "print(grad_report(f, np.array([1., 2.]), gradient=slope).headline)", RULE,
                      "print(grad_report(lambda x: tg.sum(cube(x)), np.array([1., 2., 3.])))")
    assert "x.grad is 2 times too small in all 2 entries: cell [2], line 3, slope" in text
    assert "x.grad is 1.5 times too small in all 3 entries: cell [5], line 1, cube" in text
    assert "the rule of cube for x (cell [4], line 5)" in text
    assert "ipython" not in text


@pytest.mark.parametrize(("file", "place"), [("/home/me/lesson.py", "lesson.py:7"), ("<stdin>", "line 7"),
                                             ("/tmp/ipykernel_31/2629222579.py", "cell, line 7")])
def test_places_are_named_without_ipython(monkeypatch, file, place):
    monkeypatch.setitem(sys.modules, "IPython", None)
    code = compile("\n" * 6 + "slope = lambda x: x", file, "exec")
    exec(code, names := {})
    report = grad_report(lambda x: np.sum(x**2), X, gradient=names["slope"])
    assert report.headline == f"x.grad is 2 times too small in all 6 entries: {place}"


# -- the report -------------------------------------------------------------------------------------------------------


def _wrong_report():
    return grad_report(lambda w: np.sum(w * w), X, gradient=lambda w: 2 * w + (w > 2))


def test_the_text_names_the_entry_and_both_numbers_in_80_columns():
    text = str(_wrong_report())
    row = next(line for line in text.splitlines() if line.strip().startswith("[1, 1]"))
    assert row.split()[2:4] == ["7", "6"]                               # claimed 2·3 + 1, measured 2·3
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text


def test_it_is_colored_in_a_terminal_only(monkeypatch):
    class Terminal(io.StringIO):
        encoding = "utf-8"

        def isatty(self):
            return True
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    terminal, plain = Terminal(), io.StringIO()
    _wrong_report().show(terminal)
    _wrong_report().show(plain)
    assert "\x1b[" in terminal.getvalue()
    assert "\x1b[" not in plain.getvalue()
    monkeypatch.setenv("NO_COLOR", "1")
    uncolored = Terminal()
    _wrong_report().show(uncolored)
    assert uncolored.getvalue() == plain.getvalue()


def test_the_page_lights_the_wrong_entries_alone_and_escapes_names():
    html = _wrong_report()._repr_mimebundle_()["text/html"]
    assert html.count('<td class="wrong"') == 1
    assert "prefers-color-scheme: dark" in html
    report = grad_report(lambda p: tg.sum(p["<b>"]), {"<b>": tg.Tensor([1.0])})
    assert "<b>'" not in report._repr_html_()


# -- inside a Hypothesis test -----------------------------------------------------------------------------------------


def _cannot_be_checked(x):
    check_grad(np.sqrt, 0.0 * x, gradient=lambda x: 1.0)


def test_an_inconclusive_example_does_not_count():
    seen = []

    @given(st.integers(0, 9))
    @settings(max_examples=30, database=None)
    def inner(n):
        check_grad(np.sqrt, 0.0 if n == 7 else 1.0, gradient=lambda x: 0.5)
        seen.append(n)
    inner()
    assert 7 not in seen
    assert len(set(seen)) == 9


def test_too_many_inconclusive_examples_fail():
    calls = []

    @given(st.floats(1, 2))
    @settings(max_examples=50, database=None)
    def inner(x):
        calls.append(x)
        _cannot_be_checked(x)
    with pytest.raises(GradientError, match="grows without bound"):
        inner()
    assert len(calls) >= AT_LEAST


def test_several_checks_in_one_example_do_not_collide_and_the_search_is_steered():
    @given(st.floats(0.1, 1))
    @settings(max_examples=10, database=None)
    def inner(x):
        check_grad(np.sin, x, gradient=np.cos)
        check_grad(np.exp, x, gradient=np.exp)
        event("both")
    inner()


def test_a_wrong_gradient_fails_and_shrinks():
    @given(st.lists(st.floats(-4, 4), min_size=1, max_size=5))
    @settings(max_examples=100, database=None)
    def inner(numbers):
        check_grad(lambda x: np.sum(x * np.abs(x)), np.array(numbers), gradient=lambda x: 2 * np.maximum(x, 0))
    with pytest.raises(GradientError, match=r"x\.grad"):
        inner()


def test_examples_on_the_way_to_the_one_that_is_shown_are_not_explained(monkeypatch):
    told, checked = [], []
    monkeypatch.setattr(headlines, "_explained", lambda *given: told.append(1) or ("told", ()))

    @given(st.floats(1, 100))
    @settings(max_examples=50, database=None)
    def inner(x):
        checked.append(x)
        check_grad(lambda x: x * x, x, gradient=lambda x: 3 * x)
    with pytest.raises(GradientError, match="told"):
        inner()
    assert len(told) <= 2 < len(checked) / 2


def test_an_example_that_is_looked_at_inside_of_the_test_is_explained():
    @given(st.floats(1, 100))
    @settings(max_examples=5, database=None)
    def inner(x):
        with pytest.raises(GradientError, match="2 times too large"):
            check_grad(lambda x: x * x, x, gradient=lambda x: 4 * x)
    inner()


def test_a_report_can_be_pickled_and_looks_the_same():
    report = pickle.loads(pickle.dumps(_wrong_report()))
    assert str(report) == str(_wrong_report())


def test_outside_of_a_test_inconclusive_raises():
    with pytest.raises(GradientError):
        _cannot_be_checked(1.0)
