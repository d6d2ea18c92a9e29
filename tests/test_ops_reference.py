"""Operations at the edge of their arguments: what a comparison with other libraries and with NumPy brought to light."""

import math
import tracemalloc
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import tinygrad_edu as tg
from tinygrad_edu.errors import ArgumentError, AxisError, DTypeError, GraphError, GraphLostError, ShapeError

INF, NAN = math.inf, math.nan


def gradients_of(f, *xs):
    """The gradients of the sum of f(*xs), as plain arrays."""
    variables = [tg.Tensor(x) for x in xs]
    return [g.numpy() for g in tg.gradients(tg.sum(f(*variables)), variables)]


# -- values and slopes of elementwise functions -----------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.bool_])
@pytest.mark.parametrize("f", [tg.sigmoid, tg.softplus, tg.erf, tg.softmax, tg.log_softmax, tg.logsumexp,
                               tg.vector_norm])
def test_integers_and_booleans_count_as_float64(f, dtype):
    given = np.array([1, 0, 1], dtype)
    found = f(given)
    assert found.dtype == np.float64
    assert_array_equal(found, f(given.astype(float)))


def test_erf_of_nothing_keeps_its_dtype():
    assert tg.erf(np.zeros((2, 0), np.float32)).dtype == np.float32


def test_power_has_its_mixed_derivative_at_exponent_zero():
    x, y = tg.Tensor([3.0]), tg.Tensor([0.0])
    slope = tg.gradients(tg.sum(x**y), x, create_graph=True)
    assert slope.tolist() == [0.0]                                      # y x**(y - 1)
    assert_allclose(tg.gradients(tg.sum(slope), y).numpy(), [1 / 3])    # x**(y - 1) (1 + y ln x)


def test_zero_to_a_negative_power_has_slope_minus_infinity_in_the_exponent():
    with np.errstate(divide="ignore"):
        _, slope = gradients_of(tg.power, [0.0], [-1.0])
    assert slope.tolist() == [-INF]                                     # 0**-1 ln 0


@pytest.mark.parametrize("recorded", [False, True])
def test_the_zeroth_power_has_slope_0_also_next_to_0(recorded):
    x = tg.Tensor([5e-324])                                             # where 1 / x is infinite
    assert tg.gradients(tg.sum(x**0.0), x, create_graph=recorded).tolist() == [0.0]


def test_second_derivative_of_a_power_does_not_overflow_on_the_way():
    x = tg.Tensor(np.array([501.0], np.float32))
    slope = tg.gradients(tg.sum(x ** -1e20), x, create_graph=True)
    assert tg.gradients(tg.sum(slope), x).tolist() == [0.0]             # 1e40 · 501**-1e20; 1e40 is infinite in float32


def test_slope_of_log10_does_not_overflow_on_the_way():
    (slope,) = gradients_of(tg.log10, 1.5e308)
    assert_allclose(slope, 1 / math.log(10) / 1.5e308, rtol=1e-12)      # 1.5e308 · ln 10 is infinite


def test_derivatives_of_sinc_need_little_memory():
    x = tg.Tensor(np.linspace(-9, 9, 100_000))
    y = tg.sum(tg.sinc(x))
    tracemalloc.start()
    y.backward()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 15 * 8 * 100_000                                      # was that of 40 points for each element


@pytest.mark.parametrize("f", [tg.relu, lambda x: tg.clip(x, 0.0, 1.0), lambda x: tg.maximum(x, 0.0),
                               lambda x: tg.minimum(x, 0.0)], ids=["relu", "clip", "maximum", "minimum"])
def test_nan_is_handed_on_and_hands_its_gradient_back(f):
    (slope,) = gradients_of(f, [NAN])
    assert slope.tolist() == [1.0]


@pytest.mark.parametrize("f", [tg.max, tg.min, lambda x: tg.vector_norm(x, ord=INF),
                               lambda x: tg.max_pool2d(x[None, None, :, None], (1, 2))],
                         ids=["max", "min", "norm", "max_pool2d"])
def test_gradient_of_a_largest_element_that_is_nan_is_nan(f):
    (slope,) = gradients_of(f, [NAN, 1.0])
    assert np.isnan(slope).all()


# -- reductions -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1e3, -1e4, 1e16])
def test_gradient_of_logsumexp_is_softmax_for_large_numbers(size):
    (slope,) = gradients_of(tg.logsumexp, [size, size])
    assert slope.tolist() == [0.5, 0.5]


def test_logsumexp_of_an_infinite_and_a_large_number_is_infinite_without_a_warning():
    assert tg.logsumexp(np.array([INF, 1000.0])) == INF


@pytest.mark.parametrize("ord", [0, 1, 2, INF, -INF])
def test_norms_of_integers_are_numpys(ord):
    x = np.array([3, -4])
    found, expected = tg.vector_norm(x, ord=ord), np.linalg.vector_norm(x, ord=ord)
    assert found == expected
    assert found.dtype == expected.dtype


@pytest.mark.parametrize("f", [tg.vector_norm, tg.std, lambda x: tg.vector_norm(x, ord=3),
                               lambda x: tg.hypot(x[0], x[1])], ids=["norm", "std", "3-norm", "hypot"])
def test_at_its_kink_a_length_has_second_derivative_zero(f):
    assert_array_equal(tg.hessian(f)(np.zeros(2)), np.zeros((2, 2)))


@pytest.mark.parametrize("correction", [1, 2])
@pytest.mark.parametrize("f", [tg.var, tg.std])
def test_gradient_of_a_variance_without_degrees_of_freedom_is_nan(f, correction):
    x = tg.Tensor([2.0])
    with pytest.warns(RuntimeWarning, match="Degrees of freedom"), np.errstate(invalid="ignore"):
        y = f(x, correction=correction)
    y.backward()                                                        # (2 - 2) / (1 - 1)
    assert np.isnan(x.grad.numpy()).all()


def test_mean_of_more_elements_than_half_precision_can_count():
    (slope,) = gradients_of(tg.mean, np.ones(100_000, np.float16))
    assert_allclose(slope, 1e-5, rtol=0.01)                             # the largest float16 is 65504


@pytest.mark.parametrize("f", [lambda x: tg.cumulative_sum(x)[0],
                               lambda x: tg.max_pool2d(x[None, None, :, None], (1, 2)),
                               lambda x: tg.avg_pool2d(x[None, None, :, None], (1, 1))[0, 0, 0]],
                         ids=["cumulative_sum", "max_pool2d", "avg_pool2d"])
def test_elements_that_do_not_reach_the_result_send_nothing_back(f):
    (slope,) = gradients_of(lambda x: f(tg.sqrt(x)), [4.0, 0.0])
    assert slope.tolist() == [0.25, 0.0]                                # and not 0 · infinity


# -- shaping, indexing, sorting ---------------------------------------------------------------------------------------


def test_options_may_be_lists():
    weights = np.array([[1.0, 2.0], [3.0, 4.0]])
    (slope,) = gradients_of(lambda x: weights * tg.roll(x, [1, 1], axis=(0, 1)), np.ones((2, 2)))
    assert slope.tolist() == [[4, 3], [2, 1]]
    (slope,) = gradients_of(lambda x: weights * tg.tile(x, [2, 1]), np.ones(2))
    assert slope.tolist() == [1 + 3, 2 + 4]


def test_numbers_can_be_joined_to_flattened_arrays():
    (slope,) = gradients_of(lambda x: tg.concat([x, 5.0, x], axis=None) * np.arange(5.0), [[1.0], [2.0]])
    assert slope.tolist() == [[0 + 3], [1 + 4]]


def test_indices_in_a_tuple_within_an_index_count_as_often_as_they_stand():
    (slope,) = gradients_of(lambda x: x[((0, 0),)] * np.array([1.0, 10.0]), np.ones(3))
    assert slope.tolist() == [11, 0, 0]


def test_take_along_axis_of_an_array_that_is_repeated():
    indices, weights = np.array([[0], [2]]), np.array([[1.0], [10.0]])
    (slope,) = gradients_of(lambda x: weights * tg.take_along_axis(x, indices, axis=1), [[5.0, 6.0, 7.0]])
    assert slope.tolist() == [[1, 0, 10]]


@pytest.mark.parametrize("name", ["set", "add", "multiply"])
def test_a_number_put_into_float32_leaves_it_float32(name):
    x = tg.Tensor(np.ones(2, np.float32))
    assert getattr(x.at[0], name)(1.5).dtype == np.float32


def test_topk_sends_its_gradient_to_the_largest():
    (slope,) = gradients_of(lambda x: tg.topk(x, 2).values * np.array([1.0, 10.0]), [3.0, 1.0, 4.0])
    assert slope.tolist() == [10, 0, 1]


def test_one_hot_of_no_labels_has_no_rows():
    assert tg.one_hot([], 3).shape == (0, 3)


# -- linear algebra, windows ------------------------------------------------------------------------------------------


def test_solve_of_several_matrices_and_one_vector():
    matrices = 2 * np.stack([np.eye(3)] * 3)
    by_matrix, by_vector = gradients_of(tg.solve, matrices, np.ones(3))
    assert_allclose(by_vector, [1.5, 1.5, 1.5])                         # 1/2 of each matrix
    assert_allclose(by_matrix, np.full((3, 3, 3), -0.25))               # -(1/2)(1/2)


def test_einsum_of_nothing():
    (slope,) = gradients_of(lambda x: tg.einsum("ij->j", x), np.ones((0, 2)))
    assert slope.shape == (0, 2)


@pytest.mark.parametrize("dtype", [np.uint8, np.bool_, np.float16])
def test_vecdot_has_numpys_dtype(dtype):
    x = np.array([1, 1, 0], dtype)
    assert tg.vecdot(x, x).dtype == np.vecdot(x, x).dtype


def test_a_pixel_of_minus_infinity_shares_nothing_with_the_border():
    x = tg.Tensor(np.full((1, 1, 1, 1), -np.inf))
    tg.sum(tg.max_pool2d(x, 2, padding=1, stride=2)).backward()
    assert x.grad.item() == 1.0                         # one window, and the border is not a pixel


def test_max_pool_of_integers_with_a_border():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = tg.max_pool2d(np.full((1, 2, 2, 1), -7), 2, padding=1)
    assert_array_equal(found, np.full((1, 2, 2, 1), -7))


def test_a_pixel_gets_the_whole_gradient_of_a_window_that_it_shares_with_the_border():
    x = tg.Tensor(np.array([0.0, -1.0, INF, np.finfo(float).min]).reshape(1, 2, 2, 1))
    tg.max_pool2d(x, 2, padding=1).backward(np.array([3.0, 5.0, 7.0, 9.0]).reshape(1, 2, 2, 1))
    assert x.grad.numpy().reshape(-1).tolist() == [3, 5, 7, 9]


@pytest.mark.parametrize("scale", [2.0**-40, 1.0, 2.0**40])
@pytest.mark.parametrize("n", [2, 5, 20])
def test_eigenvalues_that_differ_by_rounding_alone_are_equal(n, scale):
    """The projection onto half of the space is smooth; its slope along a symmetric t mixes both halves of the space."""
    rng = np.random.default_rng(n)
    q, _ = np.linalg.qr(rng.standard_normal((n, n)))
    repeated, t = q @ np.diag([1.0] * (n // 2) + [3.0] * (n - n // 2)) @ q.T, rng.standard_normal((n, n))
    low, high = q[:, :n // 2] @ q[:, :n // 2].T, q[:, n // 2:] @ q[:, n // 2:].T
    weights = rng.standard_normal((n, n))

    def projection(x):
        _, v = tg.eigh(x)
        return tg.sum(weights * (v[:, :n // 2] @ tg.matrix_transpose(v[:, :n // 2])))

    slope = np.sum(tg.grad(projection)(scale * repeated) * scale * (t + t.T))
    exact = (low @ (t + t.T) @ high + high @ (t + t.T) @ low) / (1 - 3)
    assert slope == pytest.approx(np.sum(weights * exact), rel=1e-9)


@pytest.mark.parametrize("scale", [2.0**-40, 1.0, 2.0**40])
@pytest.mark.parametrize("gap", [2.0**-10, 2.0**-43])
def test_eigenvalues_that_differ_by_more_than_rounding_have_vectors_of_their_own(gap, scale):
    found = scale * tg.grad(lambda x: tg.eigh(x)[1][1, 0])(scale * np.diag([1.0, 1.0 + gap]))
    assert_allclose(np.abs(found), [[0, 0.5 / gap], [0.5 / gap, 0]], rtol=1e-12)       # symmetric; the sign is LAPACK's


def test_a_small_part_of_a_gradient_that_asks_for_an_undetermined_eigenvector_is_refused():
    def f(x):
        w, v = tg.eigh(x)
        return tg.sum(w * w) + v[0, 2] ** 2 + 1e-9 * v[0, 1]

    q, _ = np.linalg.qr(np.array([[1.0, 2, 3], [0, 1, 4], [5, 6, 0]]))
    with pytest.raises(GraphError, match=r"eigh\(x\): two eigenvalues are equal"):
        tg.grad(f)(q @ np.diag([1.0, 1.0, 2.0]) @ q.T)


# -- NumPy's functions on Tensors -------------------------------------------------------------------------------------

CUBE = np.arange(12.0).reshape(2, 2, 3)
NUMPYS = {
    "diagonal": lambda x: np.diagonal(x, 1),                            # of the first two axes, not of the last two
    "trace": np.trace,
    "linalg.trace": np.linalg.trace,
    "dot": lambda x: np.dot(x, np.ones((2, 3, 2))),
    "dot with a number": lambda x: np.dot(x, 2.0),
    "norm": np.linalg.norm,
    "norm along an axis": lambda x: np.linalg.norm(x, 1, axis=0),
    "clip": lambda x: np.clip(x, a_min=2, a_max=None),
    "reshape": lambda x: np.reshape(x, shape=(3, 4)),
    "pad": lambda x: np.pad(x, 1, constant_values=2.5),
    "sort": lambda x: np.sort(x, kind="stable"),
    "round": lambda x: np.round(x, 0),
    "std": lambda x: np.std(x, 1, ddof=1),
    "ravel": np.ravel,
}


@pytest.mark.parametrize("name", NUMPYS)
def test_numpys_function_does_what_numpy_says(name):
    found = NUMPYS[name](tg.Tensor(CUBE))
    assert isinstance(found, tg.Tensor)
    assert_allclose(found.numpy(), NUMPYS[name](CUBE))


@pytest.mark.parametrize("call", [
    lambda x: np.linalg.norm(x, 1),                                     # that of a matrix
    lambda x: np.add.reduce(x, initial=5),
    lambda x: np.round(x, 2),
    lambda x: np.pad(x, 1, mode="edge"),
    lambda x: np.linspace(x, 1, 3),
    lambda x: np.put_along_axis(x, np.array([[0]]), 3.0, 0),
    lambda x: np.std(x, mean=0.0),
    lambda x: np.float_power(x, 2),
], ids=["matrix norm", "initial", "decimals", "mode", "linspace", "put_along_axis", "mean", "float_power"])
def test_what_numpy_means_differently_is_refused(call):
    with pytest.raises(GraphLostError, match="is not recorded for Tensors"):
        call(tg.Tensor([[1.0, 2.0], [3.0, 4.0]]))


# -- errors -----------------------------------------------------------------------------------------------------------

T23, T3 = tg.Tensor(np.ones((2, 3))), tg.Tensor(np.ones(3))
IMAGE = tg.Tensor(np.ones((1, 4, 4, 1)))

MISTAKES = [
    (lambda: tg.vector_norm(T3, ord="fro"), ArgumentError, r"got ord='fro'. Expected a number"),
    (lambda: tg.permute_dims(T3, 0), ArgumentError, r"got axes=0. Expected a tuple"),
    (lambda: tg.permute_dims(T3, None), ArgumentError, r"got axes=None. Expected a tuple"),
    (lambda: tg.moveaxis(T23, 5, 0), AxisError,
     r"moveaxis\(x, 5, 0\): got x of shape \(2, 3\).*axis 5 is out of bounds"),
    (lambda: tg.moveaxis(T23, (0, 1), 0), AxisError, r"same number of elements"),
    (lambda: tg.swapaxes(T23, 0, 2), AxisError, r"swapaxes\(x, 0, 2\): got x of shape \(2, 3\)"),
    (lambda: tg.broadcast_arrays(T3, np.ones(2)), ShapeError,
     r"got arrays of shapes \(3,\), \(2,\). Expected shapes that broadcast"),
    (lambda: tg.split(T3, 1, axis=2), AxisError, r"got x of shape \(3,\) and axis=2. Expected an axis from -1 to 0"),
    (lambda: tg.split(T3, 0), ShapeError, r"split\(x, 0\): got x of shape \(3,\).*divides the length along axis 0, 3"),
    (lambda: tg.split(T3, 2), ShapeError, r"split\(x, 2\): got x of shape \(3,\).*divides the length along axis 0, 3"),
    (lambda: tg.unstack(tg.Tensor(1.0)), AxisError, r"Expected x with an axis"),
    (lambda: tg.pad(np.ones(2, int), 1, value=INF), ArgumentError, r"got value=inf for x of dtype int64. Expected a"),
    (lambda: tg.pad(T3, -1), ArgumentError, r"got pad_width=-1. Expected numbers of elements, 0 or more"),
    (lambda: tg.take_along_axis(T23, np.array([0]), axis=None), ArgumentError, r"got axis=None. Expected one axis"),
    (lambda: tg.sort(T23, axis=None), ArgumentError, r"got axis=None. Expected one axis"),
    (lambda: tg.topk(T3, 1.5), ArgumentError, r"got k=1.5 .* Expected 0 to 3"),
    (lambda: tg.topk(T3, 4), ArgumentError, r"got k=4 for x of shape \(3,\)"),
    (lambda: tg.topk(T3, 1, axis=1), AxisError, r"got x of shape \(3,\), axis=1 and k=1. Axis 1 is out of bounds"),
    (lambda: T3.at[7].add(1.0), AxisError, r"Index 7 is out of bounds"),
    (lambda: T3.at[7].multiply(1.0), AxisError, r"Index 7 is out of bounds"),
    (lambda: tg.solve(np.eye(3), np.ones(2)), ShapeError,
     r"x1 of shape \(3, 3\) and x2 of shape \(2,\). Expected x2 of shape \(3,\)"),
    (lambda: tg.solve(T23, np.ones(2)), ShapeError, r"got x1 of shape \(2, 3\). Expected square matrices"),
    (lambda: tg.inv(tg.Tensor(np.ones((2, 2)))), ArgumentError,
     r"got a singular matrix. Expected one that can be inverted"),
    (lambda: tg.einsum("ii->i", T23), ShapeError, r"shape \(2, 3\) for 'ii'. Expected one length for 'i', but 2 != 3"),
    (lambda: tg.einsum("...i->i", T23), ArgumentError, r"must be in the result"),
    (lambda: tg.einsum("i1->i", T23), ArgumentError, r"expected letters"),
    (lambda: tg.einsum(T23, [0, 1]), ArgumentError, r"got Tensor as subscripts. Expected a text"),
    (lambda: tg.vecdot(T3, np.ones(1)), ShapeError, r"x1 of length 3 and x2 of length 1 along axis -1"),
    (lambda: tg.tensordot(T23, T23, axes=((0,),)), ArgumentError, r"got axes=\(\(0,\),\). Expected a number of axes"),
    (lambda: tg.tensordot(np.ones((2, 2)), np.ones((2, 2, 2)), axes=3), ArgumentError,
     r"Expected as many different axes"),
    (lambda: tg.tensordot(np.ones((2, 2)), np.ones((2, 2)), axes=((0, 0), (0, 1))), ArgumentError,
     r"Expected as many different axes"),
    (lambda: tg.max_pool2d(IMAGE, 0), ArgumentError, r"got size=0. Expected a whole number of at least 1"),
    (lambda: tg.avg_pool2d(IMAGE, 2, stride=1.5), ArgumentError, r"got stride=1.5. Expected a whole number"),
    (lambda: tg.conv2d(IMAGE, np.ones((2, 2, 1, 1)), padding=-1), ArgumentError,
     r"got padding=-1. Expected a whole number of at least 0"),
    (lambda: tg.conv2d(IMAGE, np.ones((2, 2, 1, 1)), groups=1.0), ArgumentError,
     r"got groups=1.0. Expected a whole number"),
    (lambda: tg.zeros(-1), ArgumentError, r"zeros\(-1\): negative dimensions"),
    (lambda: tg.ones("a"), ArgumentError, r"ones\('a'\)"),
    (lambda: tg.arange(0, 3, 0), ArgumentError, r"arange\(0, 3, 0\): division by zero"),
    (lambda: tg.linspace(0, 1, -1), ArgumentError, r"linspace\(0, 1, -1\).*non-negative"),
    (lambda: tg.linspace(tg.Tensor(0.0), 1, 3), GraphLostError, r"got a Tensor, whose graph a new tensor would lose"),
    (lambda: tg.eye(-1), ArgumentError, r"eye\(-1, None\): negative dimensions"),
    (lambda: tg.zeros_like(T3, dtype=complex), DTypeError, r"complex"),
]


@pytest.mark.parametrize(("call", "kind", "words"), MISTAKES, ids=[words[:40] for *_, words in MISTAKES])
def test_mistake_is_explained(call, kind, words):
    with pytest.raises(kind, match=words):
        call()


def test_numpys_comparisons_take_tensors_as_they_need_no_graph():
    x = tg.Tensor([1.0, 2.0])
    tg.sum(x * x).backward()
    assert np.allclose(x.grad, [2, 4])
    assert np.array_equal([1, 2], x)
    assert np.isclose(a=x, b=[1, 3]).tolist() == [True, False]
    assert_array_equal(x.grad, [2, 4])


# -- a single number, and axes of length 1, where NumPy takes them for more -------------------------------------------


ALONG_AN_AXIS = {"sum": tg.sum, "prod": tg.prod, "max": tg.max, "min": tg.min, "logsumexp": tg.logsumexp,
                 "vector_norm": tg.vector_norm, "take": lambda x, axis: tg.take(x, [0], axis=axis),
                 "repeat": lambda x, axis: tg.repeat(x, 1, axis=axis)}


@pytest.mark.parametrize("axis", [0, -1])
@pytest.mark.parametrize("name", ALONG_AN_AXIS)
def test_a_single_number_counts_as_one_element_along_an_axis(name, axis):
    f = ALONG_AN_AXIS[name]
    assert_array_equal(np.ravel(f(np.array(3.0), axis=axis)), [3.0])
    assert tg.grad(lambda x: tg.sum(f(x, axis=axis)))(3.0) == 1.0
    assert tg.hessian(lambda x: tg.sum(f(x, axis=axis)))(3.0) == 0.0


@pytest.mark.parametrize("f", [tg.cumulative_sum, tg.cumulative_prod])
def test_a_single_number_has_no_running_sum_or_product(f):
    with pytest.raises(AxisError, match=r"got a single number\. Expected x with an axis"):
        f(tg.Tensor(3.0), axis=0)


@pytest.mark.parametrize(("subscripts", "shapes"), [("i,i", ((2,), (1,))), ("i,i->i", ((1,), (3,))),
                                                    ("ij,jk->ik", ((2, 3), (1, 4))),
                                                    ("ij,jk,k->i", ((2, 1), (3, 4), (1,))),
                                                    ("...i,...i->...", ((2, 3), (2, 1)))])
def test_einsum_repeats_an_axis_of_length_1_as_numpy_does(subscripts, shapes):
    arrays = [np.arange(1.0, 1 + math.prod(shape)).reshape(shape) for shape in shapes]
    assert_allclose(tg.einsum(subscripts, *arrays), np.einsum(subscripts, *arrays))
    tg.testing.check_grad(lambda *xs: tg.einsum(subscripts, *xs), *arrays, order=2)


@pytest.mark.parametrize("index", [np.array([[-3, 2], [1, 2]]), (..., np.array([[-3, 2], [1, 2]]))],
                         ids=["array", "tuple"])
def test_what_is_added_at_repeated_places_is_repeated_over_the_axes_of_the_index(index):
    found = tg.ops.scatter_add(np.array([10.0, 100.0]), index=index, shape=(3,))
    assert_array_equal(found, [10, 10, 200])            # np.add.at reads beyond the end of the two numbers here


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("ord", [-1, -2, -0.5])
def test_a_norm_of_negative_order_that_is_zero_does_not_change_with_its_other_elements(ord):
    (slope,) = gradients_of(lambda x: tg.vector_norm(x, ord=ord), [0.0, 1.0, -2.0])
    assert slope[1:].tolist() == [0.0, 0.0]                     # like |x[0]| near 0, where it has its kink
