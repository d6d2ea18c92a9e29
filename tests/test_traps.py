"""Places where a straightforward autograd engine goes wrong, one test each."""

import copy
import gc
import math
import pickle
import threading
import tracemalloc
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import tinygrad_edu as tg

# -- losing the graph -------------------------------------------------------------------------------------------------


TO_LOSE = {"math.sin": math.sin, "float": float, "round": round, "int": int, "math.floor": math.floor,
           "np.array": lambda t: np.array([t]), "np.asarray": lambda t: np.asarray(t),
           "percent": lambda t: "%f" % t}


@pytest.mark.parametrize("lose", TO_LOSE.values(), ids=TO_LOSE)
@pytest.mark.parametrize("make", [lambda w: w, lambda w: w * 2], ids=["leaf", "result"])
def test_losing_the_graph_is_an_error_that_says_what_to_write(lose, make):
    t = make(tg.Tensor(0.5))
    with pytest.raises(tg.errors.GraphLostError, match=r"t\.item\(\).*tg\.sin.*tg\.stack"):
        lose(t)


def test_plain_numbers_are_allowed_after_backward_and_without_recording():
    w = tg.Tensor(0.5)
    loss = w * 2
    loss.backward()
    assert float(loss) == 1.0
    with pytest.raises(tg.errors.GraphLostError):
        float(w)                                            # backward() was called on the loss, not on w
    with tg.no_grad():
        assert float(w) == 0.5
    assert float(w.detach()) == 0.5


def test_looking_at_a_value_is_always_allowed():
    t = tg.Tensor(0.5) * 2
    assert bool(t)
    assert t > 0.5
    assert f"{t:.2f}" == "1.00"
    assert t.item() == 1.0
    assert repr(t) == "Tensor(1.0, from multiply)"


def test_asarray_of_tensors_keeps_the_graph():
    x = tg.Tensor(3.0)
    (x + tg.asarray([x, 2 * x]).sum()).backward()
    assert x.grad.item() == 4.0                             # 1 + (1 + 2)


def test_a_list_of_tensors_as_an_operand_keeps_the_graph():
    x = tg.Tensor(3.0)
    tg.sum(tg.sin([x, 2 * x])).backward()
    assert_allclose(x.grad.item(), math.cos(3) + 2 * math.cos(6))


def test_tensor_of_a_list_of_tensors_is_an_error():
    x = tg.Tensor(3.0)
    with pytest.raises(tg.errors.ArgumentError, match=r"tg\.asarray"):
        tg.Tensor([x, 2 * x])


def test_assigning_into_a_tensor_is_an_error_that_shows_at():
    z, y = tg.zeros(3), tg.Tensor(2.0) * 3
    with pytest.raises(tg.errors.GraphError, match=r"z\.at\[i\]\.set\(y\)"):
        z[0] = y
    array = np.zeros(3)
    with pytest.raises(ValueError, match="setting an array element") as error:      # NumPy's words, caused by ours
        array[0] = y
    assert "tg.stack" in str(error.value.__cause__)


def test_at_sets_adds_and_multiplies_with_repeated_indices_as_numpy_does():
    x, y = tg.Tensor([1.0, 2.0, 3.0]), tg.Tensor([10.0, 20.0])
    for name, reference in (("set", None), ("add", np.add), ("multiply", np.multiply)):
        expected = np.array([1.0, 2.0, 3.0])
        if reference is None:
            expected[[1, 1]] = [10.0, 20.0]
        else:
            reference.at(expected, [1, 1], [10.0, 20.0])
        assert_array_equal(getattr(x.at[[1, 1]], name)(y).numpy(), expected)


def test_at_has_the_gradients_of_what_it_does():
    weights = np.array([1.0, 10.0, 100.0])

    def gradients(name):
        x, y = tg.Tensor([1.0, 2.0, 3.0]), tg.Tensor([4.0, 5.0])
        tg.sum(getattr(x.at[[1, 1]], name)(y) * weights).backward()
        return x.grad.tolist(), y.grad.tolist()

    assert gradients("set") == ([1, 0, 100], [0, 10])               # the last one counts
    assert gradients("add") == ([1, 10, 100], [10, 10])
    assert gradients("multiply") == ([1, 200, 100], [100, 80])      # 10·4·5;  10·2·5, 10·2·4


def test_in_place_addition_on_an_array_is_an_error():
    array = np.zeros(2)
    with pytest.raises(tg.errors.GraphLostError, match="tg.add"):
        array += tg.Tensor([1.0, 2.0])


def test_augmented_assignment_rebinds():
    x = tg.Tensor(3.0)
    t = x
    t += 1
    assert (x.item(), t.item()) == (3.0, 4.0)
    t.backward()
    assert x.grad.item() == 1.0


# -- values changed between forward and backward ----------------------------------------------------------------------


def test_changing_the_source_array_changes_nothing():
    source = np.array([1.0, 2.0])
    x = tg.Tensor(source)
    y = tg.sum(x * x)
    source[:] = 100
    y.backward()
    assert x.grad.tolist() == [2, 4]


VIEWS = {"array": lambda a: a, "reversed": lambda a: a[::-1], "T": lambda a: a.T,
         "fortran": np.asfortranarray, "broadcast_to": lambda a: np.broadcast_to(a, (3, 2))}


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
@pytest.mark.parametrize("frozen", [False, True], ids=["writable", "read-only view"])
def test_changing_an_operand_changes_nothing(view, frozen):
    source = np.array([1.0, 2.0])
    operand = view(source)
    if frozen:
        operand = operand.view()
        operand.flags.writeable = False                     # the base can still be written to
    expected = np.array(operand)
    w = tg.Tensor(np.ones(operand.shape))
    y = tg.sum(w * operand)
    source[:] = 100
    y.backward()
    assert_array_equal(w.grad.numpy(), expected)


def test_frozen_arrays_are_shared_and_not_copied():
    batch = np.arange(6.0)
    batch.flags.writeable = False
    assert np.shares_memory(tg.Tensor(batch).data, batch)


def test_data_is_read_only_and_numpy_is_a_fresh_copy():
    x = tg.Tensor([1.0, 2.0])
    with pytest.raises(ValueError, match="read-only"):
        x.data[0] = 5
    copied = x.numpy()
    copied[0] = 5
    assert x.tolist() == [1, 2]


@pytest.mark.parametrize("start", [2.0, [2.0, 3.0], np.float32(2.0), np.ones((2, 2), np.float32)],
                         ids=["number", "list", "float32", "float32 array"])
def test_the_idiom_of_gradient_descent_assigns_a_new_value(start):
    p = tg.Tensor(start)
    tg.sum(p * p).backward()
    before, kept = p.data, p.numpy()
    p.data -= 0.25 * p.grad
    assert_allclose(p.numpy(), kept / 2)
    assert_array_equal(before, kept)                        # what was handed out did not change
    assert p.dtype == np.asarray(start).dtype
    p.data -= 0.25 * p.grad.numpy()
    p.data += np.ones(p.shape)
    assert p.dtype == np.asarray(start).dtype


def test_assigning_data_of_another_shape_is_an_error():
    p = tg.Tensor([1.0, 2.0], name="p")
    with pytest.raises(tg.errors.ShapeError, match=r"p\.data.*\(3,\).*\(2,\)"):
        p.data = np.zeros(3)


def test_a_value_assigned_before_backward_is_an_error_that_names_it():
    w, x = tg.Tensor(2.0, name="w"), tg.Tensor(3.0, name="x")
    y = w * x
    w.data = 5.0
    expected = r"w was assigned.*multiply.*test_traps.py:\d+: y = w \* x"
    with pytest.raises(tg.errors.ChangedValueError, match=expected):
        y.backward()
    assert x.grad is None                                   # and nothing is half done


def test_a_value_that_no_rule_needs_may_be_assigned():
    w, x = tg.Tensor(2.0), tg.Tensor(3.0)
    y = w + x
    w.data = 5.0
    y.backward()
    assert (w.grad.item(), x.grad.item()) == (1.0, 1.0)


def test_an_assigned_constant_is_noticed_too():
    w, x = tg.Tensor([2.0]), tg.asarray([3.0])
    y = (w * x).sum()
    x.data = [4.0]
    with pytest.raises(tg.errors.ChangedValueError):
        y.backward()


# -- several passes ---------------------------------------------------------------------------------------------------


def test_a_second_backward_accumulates_in_variables_only():
    w = tg.Tensor(3.0)
    h = w * w
    y = h * 2
    y.backward()
    y.backward()
    assert w.grad.item() == 24.0                            # 2 · 2·2·3
    assert h.grad.item() == 2.0
    assert y.grad.item() == 1.0


def test_two_losses_that_share_a_subgraph():
    w = tg.Tensor(3.0)
    h = w * w
    (h * 2).backward()
    (h * 10).backward()
    assert w.grad.item() == 72.0                            # (2 + 10) · 6
    assert h.grad.item() == 10.0                            # the last pass's


def test_two_graphs_that_share_a_leaf():
    w = tg.Tensor(3.0)
    (w * w).backward()
    tg.sin(w).backward()
    assert_allclose(w.grad.item(), 6 + math.cos(3))


def test_gradients_touches_no_grad():
    w = tg.Tensor(3.0)
    h = w * w
    y = h * h
    assert [g.item() for g in tg.gradients(y, (w, h))] == [108.0, 18.0]
    assert w.grad is None
    assert h.grad is None


def test_a_graph_survives_pickling_and_copying_and_goes_on():
    for again in (copy.deepcopy, lambda t: pickle.loads(pickle.dumps(t))):
        w = tg.Tensor(0.5, name="w")
        h = w
        for _ in range(20_000):
            h = h * 1.0001
        w2, h2 = again((w, h))
        assert w2 is not w
        assert w2.name == "w"
        y = h2 * w2 + tg.sin(w2)                            # new numbers, newer than all that was loaded
        y.backward()
        assert_allclose(w2.grad.item(), 2 * 0.5 * 1.0001**20_000 + math.cos(0.5))
        assert w.grad is None
        assert h2.position.text == "h = h * 1.0001"


def test_a_copied_graph_keeps_its_connections_in_any_order():
    w = tg.Tensor([1.0, 2.0])
    h = w * w
    y = h.sum()
    for order in ((y, h, w), (w, h, y), (h, y, w)):
        named = dict(zip("abc", copy.deepcopy(order), strict=True))
        by_shape = {id(t): t for t in named.values()}
        assert len(by_shape) == 3
        copies = dict(zip(map(id, order), named.values(), strict=True))
        copies[id(y)].backward()
        assert copies[id(w)].grad.tolist() == [2, 4]
        assert copies[id(h)].grad.tolist() == [1, 1]


def test_a_graph_whose_variable_was_assigned_can_be_copied():
    w = tg.Tensor(2.0)
    y = w + 1
    w.data = 5.0
    w2, y2 = copy.deepcopy((w, y))
    y2.backward()
    assert w2.grad.item() == 1.0


def test_no_grad_of_another_thread_does_not_matter():
    inside, finish = threading.Event(), threading.Event()

    def work():
        with tg.no_grad():
            inside.set()
            finish.wait(10)

    thread = threading.Thread(target=work)
    thread.start()
    inside.wait(10)
    y = tg.Tensor(2.0) * 3
    finish.set()
    thread.join()
    assert y.requires_grad


def test_passes_in_many_threads_do_not_mix_their_totals():
    shared = [tg.Tensor(float(i + 1)) for i in range(20)]
    found = []

    def work(scale):
        for _ in range(30):
            loss = sum((w * w for w in shared), tg.Tensor(0.0)) * scale
            found.append((scale, [g.item() for g in tg.gradients(loss, shared)]))

    threads = [threading.Thread(target=work, args=(float(s),)) for s in range(1, 5)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(found) == 120
    for scale, gradients in found:
        assert gradients == [2 * scale * (i + 1) for i in range(20)]


# -- branches that were not taken -------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_where_sends_nothing_back_through_the_branch_not_taken():
    x = tg.Tensor([-1.0, 0.0, 4.0])
    y = tg.where(x > 0, tg.sqrt(x), 0)
    tg.sum(y).backward()
    assert x.grad.tolist() == [0, 0, 0.25]


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_where_in_second_order_and_forward_mode():
    def f(x):
        return tg.sum(tg.where(x > 0, tg.sqrt(x), 0))

    at = np.array([-1.0, 0.0, 4.0])
    slope = tg.grad(f)
    assert tg.grad(lambda x: tg.sum(slope(x)))(at).tolist() == [0, 0, -1 / 32]
    for direction, expected in (((1, 0, 0), 0), ((0, 1, 0), 0), ((0, 0, 1), 0.25), ((1, 1, 1), 0.25)):
        _, tangent = tg.jvp(f, (at,), (np.array(direction, float),))
        assert tangent == expected


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_where_with_a_single_condition_over_a_reduction():
    x = tg.Tensor([-1.0, 0.0, 4.0])
    tg.where(x[0] > 0, tg.sqrt(x).sum(), 0).backward()
    assert x.grad.tolist() == [0, 0, 0]


def test_a_true_nan_still_warns():
    x = tg.Tensor(0.0, name="x")
    with pytest.warns(tg.errors.NonFiniteGradientWarning, match=r"x is NaN.*cbrt"):
        (tg.cbrt(x) ** 3).backward()
    with pytest.warns(tg.errors.NonFiniteGradientWarning, match="NaN"):
        tg.jvp(lambda x: tg.cbrt(x) ** 3, (0.0,), (1.0,))


def test_elements_that_were_not_selected_send_nothing_back():
    x = tg.Tensor([0.0, 4.0])
    tg.sqrt(x)[1].backward()
    assert x.grad.tolist() == [0, 0.25]
    x = tg.Tensor([0.0, 4.0])
    tg.max(tg.sqrt(x)).backward()
    assert x.grad.tolist() == [0, 0.25]


# -- scalars at the edge ----------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("ours", "numpys"), [
    (lambda t: tg.log(t(0.0)), lambda n: np.log(n(0.0))),
    (lambda t: t(1e200) ** 2, lambda n: n(1e200) ** 2),
    (lambda t: tg.exp(t(1000.0)), lambda n: np.exp(n(1000.0))),
    (lambda t: t(-8.0) ** (1 / 3), lambda n: n(-8.0) ** (1 / 3)),
    (lambda t: t(1.0) / t(0.0), lambda n: n(1.0) / n(0.0)),
    (lambda t: t(-1.0) / 0.0, lambda n: n(-1.0) / 0.0),
    (lambda t: 1 / t(-0.0), lambda n: 1 / n(-0.0)),
    (lambda t: t(5.0) % t(0.0), lambda n: n(5.0) % n(0.0)),
    (lambda t: tg.maximum(t(math.nan), t(1.0)), lambda n: np.maximum(n(math.nan), n(1.0))),
    (lambda t: tg.maximum(t(1.0), t(math.nan)), lambda n: np.maximum(n(1.0), n(math.nan))),
    (lambda t: tg.floor(t(-0.0)), lambda n: np.floor(n(-0.0))),
    (lambda t: tg.round(t(-0.4)), lambda n: np.round(n(-0.4))),
    (lambda t: tg.sqrt(t(-1.0)), lambda n: np.sqrt(n(-1.0))),
    (lambda t: tg.sin(t(math.inf)), lambda n: np.sin(n(math.inf))),
    (lambda t: t(0.0) ** -1, lambda n: n(0.0) ** -1.0),
    (lambda t: tg.relu(t(math.nan)), lambda n: np.maximum(n(math.nan), 0)),
    (lambda t: -8.0 ** t(1 / 3), lambda n: -8.0 ** n(1 / 3)),
])
def test_scalars_have_numpys_answers(ours, numpys):
    found, expected = np.float64(ours(tg.Tensor).item()), np.float64(numpys(np.float64))
    assert_array_equal(found, expected)
    assert np.signbit(found) == np.signbit(expected) or np.isnan(found)


@pytest.mark.parametrize(("x", "n", "slope"), [(0.0, 0, 0), (0.0, 1, 1), (0.0, 2, 0),
                                               (-3.0, 2, -6), (2.0, 3, 12), (-2.0, -1, -0.25)])
@pytest.mark.parametrize("wrap", [lambda v: v, lambda v: np.array([v])], ids=["scalar", "array"])
def test_powers_have_their_slopes_at_the_edge(x, n, slope, wrap):
    t = tg.Tensor(wrap(x))
    tg.sum(t**n).backward()
    assert tg.sum(t.grad).item() == slope
    t = tg.Tensor(wrap(x))
    tg.sum(t ** float(n)).backward()
    assert tg.sum(t.grad).item() == slope


@pytest.mark.parametrize("y", [0.5, 2.0])
def test_zero_to_a_positive_power_has_slope_zero_in_the_exponent(y):
    assert tg.grad(lambda y: 0.0**y)(y) == 0.0
    assert tg.grad(lambda y: tg.power(tg.asarray(0.0), y))(y) == 0.0


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_0d_float64_counts_in_promotion_as_in_numpy(dtype):
    s, a = tg.Tensor(2.0), tg.Tensor(np.ones(3, dtype))
    assert (s * a).dtype == (np.float64(2.0) * np.ones(3, dtype)).dtype
    assert (2.0 * a).dtype == (2.0 * np.ones(3, dtype)).dtype == dtype
    tg.sum(s * a).backward()
    assert s.grad.dtype == np.float64
    assert a.grad.dtype == dtype


# -- conventions ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("f", [tg.vector_norm, tg.std, lambda x: tg.hypot(x[0], x[1])],
                         ids=["norm", "std", "hypot"])
def test_at_its_kink_a_length_has_derivative_zero(f):
    assert tg.grad(f)(np.zeros(3)).tolist() == [0, 0, 0]


def test_prod_and_cumulative_prod_with_zeros():
    for zeros in ([2.0, 0.0, 3.0], [0.0, 0.0, 3.0], [0.0, 0.0, 0.0], [1.0, 2.0, 3.0]):
        (a, b, c), x = zeros, np.array(zeros)
        assert tg.grad(tg.prod)(x).tolist() == [b * c, a * c, a * b]
        assert tg.hessian(tg.prod)(x).tolist() == [[0, c, b], [c, 0, a], [b, a, 0]]
        weighted = tg.grad(lambda x: tg.sum(tg.cumulative_prod(x) * np.array([1.0, 10.0, 100.0])))
        assert weighted(x).tolist() == [1 + 10 * b + 100 * b * c, 10 * a + 100 * a * c, 100 * a * b]


def test_sinc_at_zero_to_third_order():
    f = tg.sinc
    for expected in (1.0, 0.0, -math.pi**2 / 3, 0.0):
        assert_allclose(f(tg.Tensor(0.0)).item() if f is tg.sinc else f(0.0), expected, atol=1e-12)
        f = tg.grad(f)


def test_maximum_of_a_number_with_itself_has_slope_one():
    assert tg.grad(lambda x: tg.maximum(x, x))(3.0) == 1.0
    assert tg.grad(lambda x: tg.minimum(x, x))(3.0) == 1.0


def test_max_shares_its_gradient_among_ties_also_in_second_order():
    def f(x):
        return tg.max(x) ** 2
    x = np.array([3.0, 1.0, 3.0])
    assert tg.grad(f)(x).tolist() == [3, 0, 3]
    assert tg.hessian(f)(x).tolist() == [[0.5, 0, 0.5], [0, 0, 0], [0.5, 0, 0.5]]


# -- several results, lists of inputs, by-products --------------------------------------------------------------------


def test_an_operation_with_several_results_to_second_order():
    a = np.array([[2.0, 1.0], [1.0, 3.0]])

    def f(x):
        sign, logabsdet = tg.slogdet(x)
        return sign * logabsdet**2
    det = 5.0
    inverse = np.linalg.inv(a)
    slope, hessian, step = tg.grad(f), tg.hessian(f)(a), 1e-6
    assert_allclose(slope(a), 2 * math.log(det) * inverse.T)
    for i in range(2):
        for j in range(2):
            e = np.zeros((2, 2))
            e[i, j] = step
            assert_allclose(hessian[:, :, i, j], (slope(a + e) - slope(a - e)) / (2 * step), atol=1e-7)


def test_an_operation_on_a_list_to_second_order():
    def f(x):
        return tg.sum(tg.concat([x, x * x, x]) ** 2)
    x = np.array([2.0, 3.0])
    assert np.asarray(tg.grad(f)(x)).tolist() == [4 * 2 + 4 * 8, 4 * 3 + 4 * 27]           # 4x + 4x³
    assert np.asarray(tg.hessian(f)(x)).tolist() == [[4 + 12 * 4, 0], [0, 4 + 12 * 9]]


def test_an_operation_with_a_saved_by_product_to_second_order():
    weights = np.array([1.0, 10.0, 100.0])

    def f(x):
        return tg.sum(tg.sort(x) ** 3 * weights)
    x = np.array([3.0, 1.0, 2.0])
    assert np.asarray(tg.grad(f)(x)).tolist() == [2700, 3, 120]
    assert np.asarray(tg.hessian(f)(x)).tolist() == [[1800, 0, 0], [0, 6, 0], [0, 0, 120]]


# -- size -------------------------------------------------------------------------------------------------------------


def test_a_chain_of_a_million_operations():
    x = tg.Tensor(1.0)
    h = x
    for _ in range(1_000_000):
        h = h + 1e-6
    h.backward()
    assert x.grad.item() == 1.0
    del h
    gc.collect()


def test_a_diamond_ladder_with_two_to_the_sixtieth_paths():
    x = tg.Tensor(1.0)
    h = x
    for _ in range(60):
        h = h + h
    h.backward()
    assert x.grad.item() == 2.0**60


def test_training_leaves_nothing_behind():
    w, x = tg.Tensor(np.ones((4, 3))), np.ones((5, 4))
    b = tg.Tensor(0.5)

    def step():
        loss = tg.mean(tg.sigmoid(x @ w) * b) + b * b
        loss.backward()
        for p in (w, b):
            p.data -= 0.01 * p.grad
            p.grad = None

    def live(n):
        for _ in range(n):
            step()
        return tracemalloc.get_traced_memory()[0]

    live(1_000)                                             # Python's own free lists fill up
    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        live(1_000)
        before, after = live(10), live(1_000)
    finally:
        tracemalloc.stop()
        gc.enable()
    assert after - before < 2_000


def test_counting_hits_keeps_no_graph():
    x = tg.Tensor(np.ones(3))
    hits = 0
    for _ in range(3):
        hits += ((x * 2) > 1).sum()
    assert hits.item() == 9
    assert hits.is_leaf


# -- dtypes -----------------------------------------------------------------------------------------------------------


def test_the_gradient_of_det_at_a_singular_matrix():
    singular = np.array([[1.0, 2.0], [2.0, 4.0]])
    assert_allclose(tg.grad(tg.det)(singular), [[4, -2], [-2, 1]], atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(), (3,), (1, 3), (0,)])
def test_a_leaf_never_gets_another_dtype_or_shape_than_its_own(dtype, shape):
    x = tg.Tensor(np.ones(shape, dtype))
    y = x * np.float64(2) + np.ones((2, *(3 if n == 1 else n for n in shape))) + tg.sin(x).astype(np.float64)
    tg.sum(y).backward()
    assert x.grad.dtype == dtype
    assert x.grad.shape == shape


def test_integer_arrays_refuse_gradients():
    with pytest.raises(tg.errors.DTypeError, match="int64"):
        tg.Tensor(np.array([1, 2]), requires_grad=True)
    t = tg.Tensor(np.array([1, 2]))
    assert not t.requires_grad
    with pytest.raises(tg.errors.DTypeError, match="int64.*dtype=float"):
        t.sum().backward()


def test_python_numbers_become_float_variables():
    for t in (tg.Tensor(2), tg.Tensor([1, 2]), tg.Tensor([[1], [2]])):
        assert t.dtype == np.float64
        assert t.requires_grad


def test_complex_numbers_are_refused():
    array = np.array([1j])
    for make in (lambda: tg.Tensor(1j), lambda: tg.Tensor(array), lambda: tg.Tensor(1.0) * array):
        with pytest.raises(tg.errors.DTypeError, match="complex"):
            make()


def test_forward_values_warn_as_numpys_do_and_the_backward_pass_does_not():
    x = tg.Tensor(np.array([0.0, 4.0]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tg.sum(tg.where(x > 0, tg.sqrt(x), 0.0)).backward()
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        tg.log(x)
