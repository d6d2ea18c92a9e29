"""What may enter a tensor, what creation functions make, and tensors beside numbers, arrays and NumPy's functions."""

import array
import math
import operator
import pydoc
import re
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import tinygrad_edu as tg

DTYPES = (np.float64, np.float32, np.float16, np.int64, np.int32, np.uint8, np.bool_)


class Rows:
    """Something that NumPy can read as an array."""

    def __array__(self, dtype=None, copy=None):
        return np.array([[1.0, 2.0]], dtype=dtype)


# -- what may enter ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("data", "dtype", "values"), [
    (2, "float64", 2), (2.5, "float64", 2.5), (True, "bool", True), ([1, 2], "float64", [1, 2]),
    ([[1], [2.5]], "float64", [[1], [2.5]]),
    ((1, 2), "float64", [1, 2]), ([], "float64", []), ([True, False], "bool", [True, False]),
    (range(3), "int64", [0, 1, 2]),
    (np.float32(2), "float32", 2), (np.float16(2), "float16", 2), (np.float64(2), "float64", 2),
    (np.int32(2), "int32", 2), (np.bool_(True), "bool", True),
    (np.array(2.0), "float64", 2), (np.array(2, np.float32), "float32", 2),
    (np.array([1, 2], np.uint8), "uint8", [1, 2]),
    ([np.float32(1), np.float32(2)], "float32", [1, 2]), ([np.ones(2), [3, 4]], "float64", [[1, 1], [3, 4]]),
    ([np.int64(3)], "int64", [3]),
    (array.array("d", [1, 2]), "float64", [1, 2]), (memoryview(b"\1\2"), "uint8", [1, 2]),
    (Rows(), "float64", [[1, 2]]),
    (np.zeros((0, 3)), "float64", np.zeros((0, 3))), (np.arange(6.0)[::-2], "float64", [5, 3, 1]),
    (np.ones((2, 3)).T, "float64", np.ones((3, 2))),
    (np.broadcast_to(np.float32(1), (2, 2)), "float32", np.ones((2, 2))),
    (np.asfortranarray([[1.0, 2.0]]), "float64", [[1, 2]]),
], ids=lambda value: value if isinstance(value, str) else "")
def test_numbers_lists_and_arrays_enter_with_their_values(data, dtype, values):
    t = tg.Tensor(data)
    assert t.dtype == dtype
    assert_array_equal(t.numpy(), values)
    assert t.requires_grad == dtype.startswith("float")
    assert not tg.asarray(data).requires_grad
    assert_array_equal(tg.asarray(data).numpy(), values)


@pytest.mark.parametrize("dtype", ["<f8", ">f8", "<f4", ">f4", "<f2", ">f2"])
def test_gradient_has_the_dtype_of_the_variable_also_with_foreign_byte_order(dtype):
    x = tg.Tensor(np.array([1.0, 2.0], dtype))
    tg.sum(x * x).backward()
    assert x.grad.dtype == x.dtype
    assert x.grad.tolist() == [2.0, 4.0]


@pytest.mark.parametrize(("data", "words"), [
    (1j, "complex"), ([1j], "complex"), (np.array([1j]), r"complex.*x\.real and x\.imag"), ("abc", "dtype <U3"),
    (None, "dtype object|Unsupported operand"), ({1, 2}, "dtype object"), ((i for i in range(2)), "dtype object"),
    (np.array(["2020"], "M8[Y]"), "datetime64"), (np.array([1, "a"], object), "dtype object"),
], ids=["number", "list", "complex array", "string", "None", "set", "generator", "dates", "objects"])
@pytest.mark.parametrize("door", [tg.Tensor, tg.asarray, lambda data: tg.Tensor(1.0) + data],
                         ids=["Tensor", "asarray", "operand"])
def test_what_is_no_real_number_is_refused(door, data, words):
    with pytest.raises(tg.errors.DTypeError, match=words):
        door(data)


def test_rows_of_different_length_are_refused():
    for door in (tg.Tensor, tg.asarray, tg.sum, lambda data: tg.Tensor(1.0) + data):
        with pytest.raises(tg.errors.ShapeError, match=r"rows differ in length.*Expected rows of one length"):
            door([[1.0], [2.0, 3.0]])


def test_dtype_and_requires_grad_can_be_asked_for():
    assert tg.Tensor([1, 2], dtype=np.float32).dtype == np.float32
    assert tg.Tensor(np.array([1, 2]), dtype=float).requires_grad
    assert tg.Tensor([1.7, 2], dtype=int).tolist() == [1, 2]
    assert not tg.Tensor(1.0, requires_grad=False).requires_grad
    with pytest.raises(tg.errors.DTypeError, match=r"gradient was asked of int64 data.*dtype=float"):
        tg.Tensor(np.array([1]), requires_grad=True)
    with pytest.raises(tg.errors.DTypeError, match="dtype is complex"):
        tg.Tensor([1.0], dtype=complex)


def test_subclasses_of_arrays_become_plain_arrays():
    class Mine(np.ndarray):
        pass

    t = tg.Tensor(np.ones(2).view(Mine))
    assert type(t.numpy()) is np.ndarray
    assert type((t * np.ones(2).view(Mine)).numpy()) is np.ndarray
    assert type(np.ones(2).view(Mine) * t) is tg.Tensor


def test_a_file_mapped_into_memory_is_copied(tmp_path):
    written = np.memmap(tmp_path / "numbers", np.float64, "w+", shape=(2,))
    written[:] = [1, 2]
    written.flush()
    read = np.memmap(tmp_path / "numbers", np.float64, "r", shape=(2,))
    t = tg.Tensor(read)
    y = tg.sum(t * read)
    written[:] = 100
    written.flush()
    y.backward()
    assert t.tolist() == [1, 2]
    assert t.grad.tolist() == [1, 2]


def test_data_that_leaves_is_not_writable_and_keeps_its_kind():
    assert type(tg.Tensor(2.0).data) is np.float64
    assert type(tg.Tensor(np.float32(2)).data) is np.float32
    assert type(tg.Tensor(2.0).numpy()) is np.ndarray
    assert tg.Tensor(2.0).numpy().shape == ()
    t = tg.Tensor([1.0, 2.0])
    assert not t.data.flags.writeable
    for leaving in (t.data[:1], t.data.T, t.data.reshape(2, 1), np.asarray(t.data)):
        with pytest.raises(ValueError, match="read-only"):
            leaving[...] = 5
    assert t.tolist() == [1, 2]


@pytest.mark.parametrize("changed", [
    lambda d: d, lambda d: d.T, lambda d: d[::-1], lambda d: d[:, ::-1], lambda d: d - 1, lambda d: d.view(np.int64),
    lambda d: d[:1], lambda d: np.broadcast_to(d[0], (2, 2)), lambda d: d.copy(),
])
def test_assigning_what_data_gave_assigns_its_numbers(changed):
    """Also where it is a view of the same shape: not all of them show the whole array."""
    for start in (np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 2.0], [3.0, 4.0]]).T):
        source, target = tg.Tensor(start), tg.Tensor(np.zeros((2, 2)))
        new = changed(source.data)
        if new.shape != (2, 2):
            with pytest.raises(tg.errors.ShapeError):
                target.data = new
            continue
        expected = np.array(new)
        target.data = new
        assert_array_equal(target.numpy(), expected)
        if new.flags.writeable:
            new[...] = 7
        source.data -= 5
        assert_array_equal(target.numpy(), expected)


def test_numbers_belong_in_a_list():
    with pytest.raises(tg.errors.ArgumentError, match=r"got requires_grad=3.*Tensor\(\[1.0, 2.0\]\)"):
        tg.Tensor(2, 3)


def test_at_is_not_changed_in_place():
    x = tg.Tensor([1.0, 2.0])
    with pytest.raises(tg.errors.GraphError, match=r"x = x.at\[i\].add\(y\)"):
        x.at[0] += 1
    with pytest.raises(tg.errors.GraphError, match="does not change in place"):
        x.at[0] = 1
    assert x.tolist() == [1, 2]


def test_an_empty_list_of_arrays_is_called_so():
    with pytest.raises(tg.errors.ArgumentError, match="got an empty list"):
        tg.concat([])


def test_sizes_and_kinds_are_those_of_the_array():
    t = tg.Tensor(np.ones((2, 0, 3), np.float32))
    assert (t.shape, t.ndim, t.size, t.dtype, len(t)) == ((2, 0, 3), 3, 0, np.float32, 2)
    assert (tg.Tensor(1.0).shape, tg.Tensor(1.0).ndim, tg.Tensor(1.0).size) == ((), 0, 1)


# -- creation ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", [
    lambda m: m.zeros((2, 3)), lambda m: m.zeros(3), lambda m: m.zeros((), dtype=np.float32),
    lambda m: m.ones((2, 0)), lambda m: m.ones(2, dtype=int),
    lambda m: m.full((2, 2), 0.5), lambda m: m.full(2, 7), lambda m: m.full(2, True),
    lambda m: m.full(2, 1, dtype=np.float32),
    lambda m: m.arange(5), lambda m: m.arange(2, 5), lambda m: m.arange(2.0, 5, 0.5), lambda m: m.arange(5, 2, -1),
    lambda m: m.arange(3, dtype=np.float32),
    lambda m: m.linspace(0, 1, 5), lambda m: m.linspace(0, 1, 5, endpoint=False),
    lambda m: m.linspace(0, 1, 3, dtype=np.float32), lambda m: m.linspace(2, 2, 1),
    lambda m: m.eye(3), lambda m: m.eye(2, 3), lambda m: m.eye(2, 3, k=1), lambda m: m.eye(3, k=-1, dtype=np.float32),
])
def test_creation_functions_make_the_arrays_of_numpy(call):
    ours, numpys = call(tg), call(np)
    assert isinstance(ours, tg.Tensor)
    assert (ours.shape, ours.dtype) == (numpys.shape, numpys.dtype)
    assert_array_equal(ours.numpy(), numpys)
    assert not ours.requires_grad


@pytest.mark.parametrize("call", [lambda **o: tg.zeros(2, **o), lambda **o: tg.ones(2, **o),
                                  lambda **o: tg.full(2, 0.5, **o), lambda **o: tg.arange(2.0, **o),
                                  lambda **o: tg.linspace(0, 1, 2, **o), lambda **o: tg.eye(2, **o),
                                  lambda **o: tg.asarray([1.0, 2.0], **o)])
def test_creation_functions_make_variables_if_asked_to(call):
    x = call(requires_grad=True)
    tg.sum(x * x).backward()
    assert_array_equal(x.grad.numpy(), 2 * x.numpy())


def test_creation_like_another():
    x = np.ones((2, 3), np.float32)
    for ours, numpys in ((tg.zeros_like, np.zeros_like), (tg.ones_like, np.ones_like),
                         (lambda x, **o: tg.full_like(x, 7, **o), lambda x, **o: np.full_like(x, 7, **o))):
        for options in ({}, {"dtype": np.int64}):
            made, expected = ours(tg.Tensor(x), **options), numpys(x, **options)
            assert (made.shape, made.dtype) == (expected.shape, expected.dtype)
            assert_array_equal(made.numpy(), expected)
            assert isinstance(ours(x, **options), np.ndarray)
    assert not tg.zeros_like(tg.Tensor(1.0)).requires_grad


def test_asarray_leaves_tensors_alone_and_converts_dtypes_recorded():
    x = tg.Tensor([1.0, 2.0])
    assert tg.asarray(x) is x
    assert tg.asarray(x, dtype=np.float64) is x
    y = tg.asarray(x, dtype=np.float32)
    assert y.dtype == np.float32
    tg.sum(y * 2).backward()
    assert (x.grad.dtype, x.grad.tolist()) == (np.float64, [2.0, 2.0])
    nested = tg.asarray([[x[0], 5.0], [x[1], 7]])
    assert nested.tolist() == [[1.0, 5.0], [2.0, 7.0]]
    assert tg.gradients(tg.sum(nested * np.array([[1.0, 0], [10.0, 0]])), x).tolist() == [1.0, 10.0]


def test_one_hot_and_its_errors():
    assert tg.one_hot([2, 0]).tolist() == [[0, 0, 1], [1, 0, 0]]
    assert tg.one_hot(tg.asarray([[1]]), 2, dtype=np.float32).dtype == np.float32
    assert tg.one_hot(np.zeros(0, int), 3).shape == (0, 3)
    with pytest.raises(tg.errors.ShapeError, match=r"got labels from 0 to 5; expected 0 to 2"):
        tg.one_hot([0, 5], 3)
    with pytest.raises(tg.errors.DTypeError, match="got dtype float64; expected integers"):
        tg.one_hot([0.5])


def test_random_numbers_are_seeded_constants():
    for draw in (lambda **o: tg.random.uniform((2, 3), -1, 1, **o),
                 lambda **o: tg.random.normal((2, 3), 5.0, 0.1, **o),
                 lambda **o: tg.random.integers(2, 9, (2, 3), **o),
                 lambda **o: tg.random.permutation(6, **o), lambda **o: tg.random.bernoulli(0.5, (2, 3), **o)):
        assert_array_equal(draw(seed=1).numpy(), draw(seed=1).numpy())
        assert not draw(seed=1).requires_grad
        tg.random.seed(7)
        first = draw().numpy()
        second = draw().numpy()
        tg.random.seed(7)
        assert_array_equal(draw().numpy(), first)
        assert not np.array_equal(first, second)
    rng = np.random.default_rng(3)
    assert tg.random.uniform(seed=rng).item() != tg.random.uniform(seed=rng).item()     # it goes on where it stands
    assert tg.random.uniform(2, dtype=np.float32, seed=0).dtype == np.float32
    with pytest.raises(tg.errors.ArgumentError, match=r"got std=-1. Expected 0 or more"):
        tg.random.normal(2, std=-1)
    with pytest.raises(tg.errors.ArgumentError, match=r"got p=2. Expected a probability"):
        tg.random.bernoulli(2)


# -- operators --------------------------------------------------------------------------------------------------------

ARITHMETIC = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv,
              "%": operator.mod, "**": operator.pow}
COMPARING = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq,
             "!=": operator.ne}


def outcome(apply, *operands):
    """The result of an operator, or the exception that it raised."""
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            return apply(*operands)
    except (TypeError, ValueError, OverflowError) as error:
        return error


def assert_like_numpy(ours, numpys):
    """The same value in the same dtype as a Tensor, or an error where NumPy has one."""
    if isinstance(numpys, Exception):
        assert isinstance(ours, Exception), f"{ours} where NumPy raises {numpys!r}"
        return
    assert isinstance(ours, tg.Tensor), repr(ours)
    assert (ours.shape, ours.dtype) == (np.shape(numpys), np.asarray(numpys).dtype)
    assert_allclose(ours.numpy(), numpys, rtol=4 * np.finfo(ours.dtype).eps if ours.dtype.kind == "f" else 0)


@pytest.mark.parametrize("sign", [*ARITHMETIC, *COMPARING])
@pytest.mark.parametrize("first", DTYPES, ids=lambda dtype: dtype.__name__)
def test_operators_give_numpys_values_in_numpys_dtype_for_all_pairs(sign, first):
    apply = {**ARITHMETIC, **COMPARING}[sign]
    for second in DTYPES:
        x, y = np.array([3, 1, 2]).astype(first), np.array([2, 1, 1]).astype(second)
        numpys = outcome(apply, x, y)
        for a, b in ((tg.asarray(x), tg.asarray(y)), (tg.asarray(x), y), (x, tg.asarray(y)),
                     (tg.Tensor(x), tg.Tensor(y))):
            assert_like_numpy(outcome(apply, a, b), numpys)
        scalar = outcome(apply, x, y[0])
        for b in (y[0], tg.asarray(y[0]), np.array(y[0])):
            assert_like_numpy(outcome(apply, tg.asarray(x), b), scalar)
        scalar = outcome(apply, y[0], x)
        for b in (y[0], tg.asarray(y[0]), np.array(y[0])):
            assert_like_numpy(outcome(apply, b, tg.asarray(x)), scalar)


@pytest.mark.parametrize("sign", [*ARITHMETIC, *COMPARING])
@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: dtype.__name__)
def test_python_numbers_are_weak_on_either_side(sign, dtype):
    apply, x = {**ARITHMETIC, **COMPARING}[sign], np.array([3, 1, 2]).astype(dtype)
    for number in (2, 1.5, True, -1, 0):
        for value in (x, x[0]):
            assert_like_numpy(outcome(apply, tg.asarray(value), number), outcome(apply, value, number))
            assert_like_numpy(outcome(apply, number, tg.asarray(value)), outcome(apply, number, value))


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: dtype.__name__)
def test_signs_of_all_dtypes(dtype):
    x = np.array([3, 0, 1]).astype(dtype)
    for apply in (operator.neg, operator.pos, abs):
        assert_like_numpy(outcome(apply, tg.asarray(x)), outcome(apply, x))


def test_logic_of_booleans():
    x, y = np.array([True, True, False]), np.array([True, False, False])
    for apply in (operator.and_, operator.or_, operator.xor):
        for a, b in ((tg.asarray(x), tg.asarray(y)), (tg.asarray(x), y), (x, tg.asarray(y))):
            assert_like_numpy(apply(a, b), apply(x, y))
        assert_like_numpy(apply(True, tg.asarray(y)), apply(True, y))
        assert_like_numpy(apply(tg.asarray(y), True), apply(y, True))
    assert (~tg.asarray(x)).tolist() == [False, False, True]


@pytest.mark.parametrize("apply", [operator.and_, operator.or_, operator.xor, lambda x, y: ~x],
                         ids=["&", "|", "^", "~"])
def test_bits_of_whole_numbers_are_numpys_or_refused_and_never_silently_logic(apply):
    """In NumPy 6 & 3 is 2."""
    x, y = np.array([6, 4]), np.array([3, 3])
    for a, b in ((tg.asarray(x), tg.asarray(y)), (tg.asarray(x), y), (x, tg.asarray(y))):
        found = outcome(apply, a, b)
        if not isinstance(found, tg.errors.TinygradEduError):
            assert_like_numpy(tg.asarray(found), apply(x, y))


@pytest.mark.parametrize("sign", [sign for sign in ARITHMETIC if sign != "//"])
def test_operators_are_recorded_on_either_side_of_numbers_and_arrays(sign):
    apply = ARITHMETIC[sign]
    for other in (1.5, np.float64(1.5), np.array([1.5, 2.5]), [1.5, 2.5], np.array(1.5)):
        for swap in (False, True):
            x = tg.Tensor([2.25, 3.5])
            y = apply(other, x) if swap else apply(x, other)
            assert isinstance(y, tg.Tensor), (type(other), swap)
            assert y.requires_grad
            tg.sum(y).backward()
            step = 1e-6
            raw, fixed = x.numpy(), np.asarray(other)
            moved = [apply(fixed, raw + s) if swap else apply(raw + s, fixed) for s in (step, -step)]
            assert_allclose(x.grad.numpy(), (moved[0] - moved[1]) / (2 * step), rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("other", [np.eye(2), [[1.0, 0.0], [0.0, 1.0]], tg.asarray(np.eye(2))],
                         ids=["array", "list", "Tensor"])
def test_matrix_products_with_arrays_on_either_side(other):
    x = tg.Tensor([[1.0, 2.0], [3.0, 4.0]])
    for y in (x @ other, other @ x):
        assert isinstance(y, tg.Tensor)
        assert y.tolist() == x.tolist()
        assert y.requires_grad


def test_builtins_work_on_numbers():
    a, b = tg.Tensor(7.0), tg.Tensor(2.0)
    assert sum([a, b]).item() == 9.0
    assert math.prod([a, b]).item() == 14.0
    assert abs(-a).item() == 7.0
    assert max(a, b) is a
    assert sorted([a, b]) == [b, a]
    assert pow(a, 2).item() == 49.0
    assert a in (a, b)
    assert 2.0 in tg.Tensor([1.0, 2.0])
    assert 3.0 not in tg.Tensor([1.0, 2.0])
    assert len({a, b, a}) == 2


def test_iteration_and_unpacking_are_recorded():
    x = tg.Tensor([1.0, 2.0])
    first, second = x
    (first * second).backward()
    assert x.grad.tolist() == [2.0, 1.0]
    assert [row.tolist() for row in tg.Tensor([[1.0], [2.0]])] == [[1.0], [2.0]]


def test_several_numbers_are_neither_true_nor_false():
    assert bool(tg.Tensor([1.0]))
    assert not bool(tg.Tensor(0.0))
    with pytest.raises(tg.errors.ShapeError, match=r"neither true nor false. Write tg.any"):
        bool(tg.Tensor([1.0, 2.0]))


def test_comparing_with_none_is_false():
    x = tg.Tensor(1.0)
    assert not operator.eq(x, None)
    assert operator.ne(x, None)


@pytest.mark.parametrize("index", [0, -1, slice(1, None), slice(None, None, -1), None, ..., (..., 0),
                                   (slice(None), 1), [0, 1], np.array([1, 1, 0]), np.array([[0], [1]]),
                                   (0, [1, 2]), ([0, 1], [2, 0]), np.array([True, False]),
                                   (slice(None), np.array([True, False, True])), (0, None, slice(0, 2)), (), []],
                         ids=str)
def test_indexing_is_numpys(index):
    x = np.arange(6.0).reshape(2, 3)
    t = tg.Tensor(x)
    assert_array_equal(t[index].numpy(), x[index])
    expected = np.zeros_like(x)
    np.add.at(expected, index, 1.0)
    assert_array_equal(tg.gradients(tg.sum(t[index]), t).numpy(), expected)


def test_tensors_index_as_arrays_do():
    t = tg.Tensor([1.0, 2.0, 3.0])
    assert t[tg.asarray([2, 0])].tolist() == [3.0, 1.0]
    assert t[tg.asarray(1)].item() == 2.0
    assert t[t > 1.5].tolist() == [2.0, 3.0]
    with pytest.raises(tg.errors.DTypeError, match=r"index of dtype float64.*x\[x > 0\]"):
        t[1.0]


@pytest.mark.parametrize(("method", "function"), [
    (lambda t: t.sum(), np.sum), (lambda t: t.sum(0), lambda x: np.sum(x, 0)),
    (lambda t: t.sum(axis=1, keepdims=True), lambda x: np.sum(x, axis=1, keepdims=True)),
    (lambda t: t.mean(-1), lambda x: np.mean(x, -1)), (lambda t: t.max(), np.max),
    (lambda t: t.min(axis=0), lambda x: np.min(x, axis=0)),
    (lambda t: t.prod(), np.prod), (lambda t: t.var(correction=1), lambda x: np.var(x, correction=1)),
    (lambda t: t.std(axis=0), lambda x: np.std(x, axis=0)),
    (lambda t: t.any(), np.any), (lambda t: t.all(axis=1), lambda x: np.all(x, axis=1)),
    (lambda t: t.argmax(), np.argmax), (lambda t: t.argmin(axis=1), lambda x: np.argmin(x, axis=1)),
    (lambda t: t.reshape(3, 2), lambda x: x.reshape(3, 2)), (lambda t: t.reshape((6,)), lambda x: x.reshape(6)),
    (lambda t: t.reshape(-1), np.ravel),
    (lambda t: t.T, np.transpose), (lambda t: t.mT, np.transpose), (lambda t: t.transpose(), np.transpose),
    (lambda t: t.transpose(1, 0), np.transpose),
    (lambda t: t.transpose((0, 1)), lambda x: x), (lambda t: t.flatten(), np.ravel), (lambda t: t.ravel(), np.ravel),
    (lambda t: t[None].squeeze(), lambda x: x),
    (lambda t: t[None].squeeze(0), lambda x: x), (lambda t: t.astype(np.float32), lambda x: x.astype(np.float32)),
    (lambda t: t.clip(1, 2), lambda x: np.clip(x, 1, 2)),
    (lambda t: t.clip(max=2), lambda x: np.clip(x, None, 2)),
    (lambda t: t.dot(np.ones(3)), lambda x: x.dot(np.ones(3))), (lambda t: t.exp(), np.exp),
    (lambda t: t.log(), np.log),
    (lambda t: t.sqrt(), np.sqrt), (lambda t: t.square(), np.square), (lambda t: t.sin(), np.sin),
    (lambda t: t.cos(), np.cos), (lambda t: t.tanh(), np.tanh), (lambda t: t.abs(), np.abs),
    (lambda t: t.relu(), lambda x: np.maximum(x, 0)), (lambda t: t.sigmoid(), lambda x: 1 / (1 + np.exp(-x))),
    (lambda t: t.softmax(axis=0), lambda x: np.exp(x) / np.exp(x).sum(axis=0)),
])
def test_methods_are_those_of_arrays(method, function):
    x = np.array([[0.5, 3.0, 1.5], [2.5, 0.25, 1.0]])
    found, expected = method(tg.Tensor(x)), np.asarray(function(x))
    assert isinstance(found, tg.Tensor)
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
    assert_allclose(found.numpy(), expected, rtol=1e-14)


# -- NumPy's functions on tensors -------------------------------------------------------------------------------------


def eighths(*shape):
    """A variable with the numbers 1/8, 2/8, 3/8, …"""
    return tg.Tensor((1 + np.arange(math.prod(shape))).reshape(shape) / 8)


# Expressions in x (2, 3), two spaces or a line apart. What a newcomer would write; these must work:
WORKING = """
np.sin(x)  np.abs(x)  np.absolute(x)  np.arcsin(x / 4)  np.arctan2(x, x)  np.maximum(x, 0.3)  np.power(x, 2)
np.true_divide(x, 2)  np.ones(3) + x  np.ones(3) - x  np.float64(2) * x  np.ones((1, 2)) @ x  np.full(3, 2.0) ** x
np.full(3, 0.3) < x  np.full(3, 0.25) == x  np.sum(x)  np.sum(x, 1)  np.sum(x, axis=0)
np.sum(x, axis=1, keepdims=True)  np.mean(x, 0)  np.mean(x, axis=0)  np.add.reduce(x)  np.max(x)  np.amax(x, axis=1)
np.min(x, 0)  np.maximum.reduce(x, axis=1)  np.logaddexp.reduce(x, axis=0)  np.argmax(x, axis=1)
np.argmax(x, axis=1, keepdims=True)  np.argmin(x)  np.prod(x, axis=1)  np.var(x)  np.var(x, axis=1, ddof=1)
np.std(x, axis=0)  np.std(x, ddof=1)  np.any(x > 0.5, axis=1)  np.all(x)  np.cumsum(x, axis=1)
np.cumprod(x, axis=0)  np.linalg.norm(x)  np.linalg.norm(x, axis=1)  np.concatenate([x, x])
np.concatenate((x, np.ones((2, 1))), axis=1)  np.stack([x, x], axis=1)  np.where(x > 0.3, x, 0.0)
np.where(np.array([True, False, True]), x, np.zeros(3))  np.clip(x, 0.2, 0.5)  np.clip(x, None, 0.5)
np.clip(x, a_min=0.2, a_max=0.5)  np.reshape(x, (3, 2))  np.reshape(x, -1)  np.reshape(x, shape=(3, 2))  np.ravel(x)
np.transpose(x)  np.transpose(x, (1, 0))  np.squeeze(x[None])  np.squeeze(x[None], axis=0)  np.expand_dims(x, 1)
np.flip(x, 1)  np.roll(x, 1, axis=1)  np.roll(x, 2)  np.tile(x, (2, 1))  np.repeat(x, 2, axis=1)  np.pad(x, 1)
np.moveaxis(x, 0, 1)  np.swapaxes(x, 0, 1)  np.broadcast_to(x, (2, 2, 3))  np.concatenate(np.split(x, 3, axis=1))
np.take(x, [0, 2], axis=1)  np.round(x)  np.isnan(x)  np.take_along_axis(x, np.array([[0], [2]]), axis=1)
np.sort(x)  np.sort(x, axis=0)  np.argsort(x, axis=1)  np.logical_not(x)  np.dot(x, np.ones(3))
np.matmul(x, np.ones((3, 1)))  np.tensordot(x, x, axes=2)  np.einsum("ij,kj->ik", x, x)  np.outer(x[0], x[1])
np.trace(x)  np.diagonal(x)  np.vecdot(x, x)  np.linalg.vecdot(x, x)  np.linalg.trace(x)  np.zeros_like(x)
np.ones_like(x)  np.linalg.det(x @ np.transpose(x))  np.linalg.inv(x @ np.transpose(x))
np.linalg.solve(np.eye(2) * 2, x)  np.bitwise_and(x > 0.3, x < 0.6)  np.diagonal(np.reshape(x, (1, 2, 3)))
np.shape(x)  np.ndim(x)  np.size(x)
"""
# These work, or say what to write instead:
OTHERS = """
np.modf(x)  np.nansum(x)  np.fft.fft(x)  np.histogram(x)  np.allclose(x, x)  np.array_equal(x, x)  np.vstack([x, x])
np.hstack([x, x])  np.average(x)  np.median(x)  np.linalg.matrix_rank(x)  np.linspace(x[0], x[1], 3)
np.interp(x, [0, 1], [0, 1])  np.round(x, 1)  np.put_along_axis(x, np.array([[0]]), 1.0, axis=1)
np.pad(x, 1, mode="reflect")  np.sum(x, where=np.array([True, False, True]))  np.sum(x, initial=5.0)
np.max(x, initial=0.2)  np.mean(x, dtype=np.float32)  np.fmod(x, 0.3)  np.fmax(x, 0.3)  np.float_power(x, 2)
np.frompyfunc(lambda v: v, 1, 1)(x)  np.copysign(x, -1)  np.sin(x, dtype=np.float32)  np.add.accumulate(x)
np.add.outer(x, x)  np.subtract.reduce(x)  np.cumsum(x)  np.meshgrid(x[0], x[1])  np.unwrap(x)  np.heaviside(x, 0.5)
np.atleast_3d(x)  np.trapezoid(x)  np.diff(x)  np.unique(x)  np.searchsorted(x[0], 0.2)  np.nan_to_num(x)
np.cross(x[0], x[1])  np.kron(x, x)  np.where(x > 0.3)  np.linalg.svd(x)  np.linalg.norm(x, "fro")
np.linalg.norm(x, 1)  np.linalg.diagonal(x[None])  np.trace(np.reshape(x, (3, 2, 1)))  np.ptp(x)  np.copy(x)
np.rot90(x)  np.cov(x)  np.count_nonzero(x)  np.sort(x, kind="stable")  np.argmax(x, 1, np.zeros(2, int))
np.concatenate([x, x], dtype=np.float32)  np.stack([x, x], out=np.zeros((2, 2, 3)))
np.var(x, mean=np.mean(x.numpy()))  np.real(x)
"""


def expressions(text):
    return [each for each in re.split("  +|\n", text) if each]


def assert_numpys_result(found, expected):
    """A Tensor of NumPy's value, shape and dtype; or numbers and tuples as NumPy gives them."""
    if isinstance(found, int | tuple) and not isinstance(expected, np.ndarray):
        assert found == expected
        return
    assert isinstance(found, tg.Tensor)
    assert (found.shape, found.dtype) == (np.shape(expected), np.asarray(expected).dtype)
    assert_allclose(found.numpy(), expected, rtol=1e-12)


@pytest.mark.parametrize("code", expressions(WORKING))
def test_numpys_functions_compute_on_tensors_and_record_themselves(code):
    x = eighths(2, 3)
    found, expected = eval(code, {"np": np, "x": x}), eval(code, {"np": np, "x": x.numpy()})
    assert_numpys_result(found, expected)
    is_constant = "_like" in code or np.asarray(expected).dtype.kind != "f"
    assert getattr(found, "requires_grad", False) != is_constant


@pytest.mark.parametrize("code", expressions(OTHERS))
def test_other_functions_of_numpy_work_too_or_say_what_to_write_instead(code):
    """Never a plain array without a graph, never NumPy's own confusion."""
    x = eighths(2, 3)
    try:
        found = eval(code, {"np": np, "x": x})
    except tg.errors.TinygradEduError as error:
        assert re.search("Write|Expected", str(error))                          # noqa: PT017
        return
    if found is not None:
        assert_numpys_result(found, eval(code, {"np": np, "x": x.numpy()}))


def test_results_into_arrays_are_refused():
    array = np.zeros(3)
    for call in (lambda: np.add(array, eighths(3), out=array), lambda: np.sin(eighths(3), out=array),
                 lambda: np.sum(eighths(3), out=np.zeros(()))):
        with pytest.raises(tg.errors.GraphLostError):
            call()
    with pytest.raises(tg.errors.GraphLostError, match=r"array \*= t.*tg\.multiply\(array, t\)"):
        array *= eighths(3)
    assert array.tolist() == [0, 0, 0]


def test_numpys_functions_work_on_tensors_in_lists_and_as_second_arguments():
    x = eighths(3)
    assert np.concatenate([np.ones(2), x]).requires_grad
    assert np.where(np.array([True, False, True]), 0.0, x).requires_grad
    assert np.stack([np.ones(3), x]).shape == (2, 3)
    assert np.dot(np.ones((2, 3)), x).shape == (2,)
    assert np.maximum(np.zeros(3), x).requires_grad


def test_numpys_functions_work_on_constants_too():
    c = tg.asarray([1.0, 2.0])
    assert isinstance(np.sin(c), tg.Tensor)
    assert not np.sum(c).requires_grad
    assert_array_equal(np.asarray(c), [1.0, 2.0])                               # no graph to lose
    assert np.asarray(c, dtype=np.float32).dtype == np.float32
    assert np.array(c) is not np.array(c)


@pytest.mark.filterwarnings("ignore:the matrix subclass")
@pytest.mark.parametrize(("make", "words"), [
    (lambda: np.ma.array([3.0, 4.0], mask=[1, 0]), "masked array, whose mask would be lost. Write tg.where"),
    (lambda: np.matrix([[1.0, 2.0], [3.0, 4.0]]), r"np\.matrix, whose \* is the matrix product. Write np.asarray\(m\)"),
])
def test_arrays_that_mean_something_else_in_numpy_are_refused(make, words):
    x, array = tg.ones(2), make()
    for use in (lambda: x * array, lambda: tg.Tensor(array), lambda: tg.asarray(array)):
        with pytest.raises(tg.errors.DTypeError, match=words):
            use()


def test_names_of_other_libraries_say_what_to_write_here():
    x = tg.ones((2, 2))
    with pytest.raises(AttributeError, match=r"Tensor has no attribute 'view'\. Write x\.reshape\(shape\)\.$"):
        x.view(4)
    with pytest.raises(AttributeError, match=r"tinygrad_edu has no attribute 'cat'\. Write tg\.concat\(\[a, b\]\)\.$"):
        tg.cat([x, x])
    with pytest.raises(AttributeError, match=r"has no attribute 'nonsense'$"):
        _ = tg.nonsense
    with pytest.raises(TypeError, match=r"^Tensor\.sum\(dim=0\): there is no such option\. Write axis=…\.$"):
        x.sum(dim=0)
    with pytest.raises(TypeError, match=r"keyword argument 'dim'\. Write axis=…\.$"):
        tg.sum(x, dim=0)
    with pytest.raises(TypeError, match=r"backward\(retain_graph\): there is no such option\. A graph lives as long"):
        tg.sum(tg.Tensor(x.numpy())).backward(retain_graph=True)


def test_advice_names_what_there_is():
    from tinygrad_edu.core.elsewhere import NAMES, OF_TENSORS
    assert not {*NAMES} & {*dir(tg)}
    assert not any(hasattr(tg.ones(1), name) or hasattr(tg.Tensor, name) for name in OF_TENSORS)
    assert not {*OF_TENSORS} & {*dir(tg.ones(1))}
    for advice in (*NAMES.values(), *OF_TENSORS.values()):
        for dotted in re.findall(r"tg\.([a-zA-Z_.]+)", advice):
            assert operator.attrgetter(dotted.rstrip("."))(tg) is not None
    assert "reshape" in pydoc.render_doc(tg.Tensor)
