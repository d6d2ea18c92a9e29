"""Numerical derivatives: close to the true ones, and never farther off than they say."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import tinygrad_edu as tg
from tests.registry import examples
from tinygrad_edu.errors import DTypeError, ShapeError
from tinygrad_edu.testing import numerical_gradient, numerical_hessian, numerical_jacobian

# name: the function, its derivative, where it may be looked at
FUNCTIONS = {
    "sin": (np.sin, np.cos, (-3, 3)),
    "exp": (np.exp, np.exp, (-5, 5)),
    "log": (np.log, lambda x: 1 / x, (1e-9, 5)),
    "sqrt": (np.sqrt, lambda x: 0.5 / np.sqrt(x), (1e-9, 5)),
    "reciprocal": (lambda x: 1 / x, lambda x: -1 / x**2, (1e-3, 5)),
    "cube": (lambda x: x**3, lambda x: 3 * x**2, (-4, 4)),
    "tanh": (np.tanh, lambda x: 1 / np.cosh(x) ** 2, (-4, 4)),
    "steep sine": (lambda x: np.sin(300 * x), lambda x: 300 * np.cos(300 * x), (-1, 1)),
    "offset": (lambda x: 1e4 + np.sin(x), np.cos, (-3, 3)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@given(where=st.floats(0, 1), scale=st.sampled_from([0, 30, -30, 300, -300]))
@examples(40)
def test_the_true_derivative_lies_within_the_error_which_is_small(name, where, scale):
    f, slope, (low, high) = FUNCTIONS[name]
    x, unit = low + where * (high - low), 2.0**scale
    assume(x != 0 or scale == 0)                        # a single 0 does not say how far to move it
    value, error = numerical_gradient(lambda x: f(x / unit) / unit, x * unit)
    true = slope(x) / unit / unit
    assert abs(value - true) <= error + 1e-15 * abs(true)
    assert error <= 1e-5 * (abs(true) + max(abs(f(x)), 1) * 1e-2 / unit / unit)


@pytest.mark.parametrize(("f", "x", "true"), [
    (np.sqrt, 1e-7, 0.5e7**0.5 * math.sqrt(0.5)),       # 1 / (2 √1e-7) = 1581.1
    (np.exp, 1e-20, 1.0),                               # a step of the size of x would be lost beside 1
    (np.exp, 1e-300, 1.0),
    (np.tanh, 1e-300, 1.0),
    (np.log, 1e-300, 1e300),
    (lambda x: np.sin(1e6 * x), 1.0, 1e6 * math.cos(1e6)),
    (lambda x: 1 + 1e-8 * x, 1.0, 1e-8),
    (lambda x: x + 1e8 - 1e8, 1.3, 1.0),                # a staircase with steps of 1.5e-8
    (lambda x: math.sqrt(x), 1e-9, 0.5e9**0.5 * math.sqrt(0.5) * 10**0 * 1.0),
])
def test_the_step_suits_the_function(f, x, true):
    value, error = numerical_gradient(f, x)
    assert abs(value - true) <= error <= 1e-5 * true


def test_zero_inputs_are_moved_by_the_size_of_the_others():
    value, error = numerical_gradient(lambda x: np.sum(np.sin(x)), np.array([0.0, 1e-3, 2.0]))
    assert np.all(np.abs(value - np.cos([0.0, 1e-3, 2.0])) <= error)
    assert error.max() < 1e-6


def test_at_a_kink_it_is_the_middle_of_the_slopes_and_half_their_difference():
    value, error = numerical_gradient(lambda x: np.maximum(x, 3 * x), 0.0)
    assert value == pytest.approx(2.0)          # (1 + 3) / 2
    assert error == pytest.approx(1.0)          # (3 − 1) / 2


@pytest.mark.parametrize(("f", "x"), [(np.floor, 1.0), (np.sqrt, 0.0), (lambda x: np.sqrt(np.abs(x)), 0.0)])
def test_where_there_is_no_slope_the_error_is_infinite(f, x):
    assert numerical_gradient(f, x).error == np.inf


def test_at_the_edge_of_the_domain_one_side_is_enough():
    value, error = numerical_gradient(lambda x: x * np.sqrt(x) + x, 0.0)
    assert abs(value - 1.0) <= error < 1e-3


def test_noise_widens_the_error():
    def noisy(x):
        return np.float64(np.float32(np.sin(x)))
    value, error = numerical_gradient(noisy, 1.0)
    assert abs(value - math.cos(1.0)) <= error
    assert 1e-8 < error < 1e-3


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_steps_are_made_in_the_dtype_of_the_input(dtype):
    seen = set()

    def f(x):
        seen.add(x.dtype)
        return np.sum(np.exp(x))
    x = np.array([0.5, 1.0], dtype)
    value, error = numerical_gradient(f, x)
    assert seen == {np.dtype(dtype)}
    assert np.all(np.abs(value - np.exp(x.astype(float))) <= error)
    assert np.all(error < (0.01 if dtype == np.float32 else 1.0))


def test_several_inputs_give_several_estimates():
    (a, _), (b, _) = numerical_gradient(lambda x, y: x * y * y, 2.0, np.float64(3.0))
    assert (a, b) == (pytest.approx(9.0), pytest.approx(12.0))          # y², 2xy


def test_functions_of_tensors_are_given_tensors():
    value, _ = numerical_gradient(lambda x: (x * x).sum(), tg.Tensor([1.0, 2.0]))
    np.testing.assert_allclose(value, [2, 4], rtol=1e-8)


def test_the_jacobian_has_the_axes_of_the_output_in_front():
    value, error = numerical_jacobian(lambda x: np.outer([1.0, 2.0], x * x), np.array([1.0, 3.0, 5.0]))
    true = np.zeros((2, 3, 3))
    true[:, [0, 1, 2], [0, 1, 2]] = np.outer([1, 2], [2, 6, 10])
    assert value.shape == (2, 3, 3)
    assert np.all(np.abs(value - true) <= error)
    assert error.max() < 1e-6


def test_the_hessian_is_symmetric_and_within_its_error():
    found = numerical_hessian(lambda x: np.sin(x[0]) * x[1] ** 2, np.array([0.5, 2.0]))
    true = np.array([[-math.sin(0.5) * 4, math.cos(0.5) * 4], [math.cos(0.5) * 4, 2 * math.sin(0.5)]])
    assert np.all(np.abs(found.value - true) <= found.error + 1e-4)
    np.testing.assert_array_equal(found.value, found.value.T)
    assert found.error.max() < 1e-2


def test_what_cannot_be_differentiated_is_named():
    with pytest.raises(DTypeError, match=r"dtype int64.*x.astype\(float\)"):
        numerical_gradient(np.sum, np.array([1, 2]))
    with pytest.raises(ShapeError, match=r"shape \(2,\).*numerical_jacobian"):
        numerical_gradient(lambda x: x, np.array([1.0, 2.0]))
