"""The strategies of `tg.testing.strategies`: what they draw, that all of it is valid, and how small failures become."""

import inspect
import math
import subprocess
import sys
import warnings

import numpy as np
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import tinygrad_edu as tg
from tests.registry import BUILT_IN, DOORS, INTERNAL, examples, flat
from tinygrad_edu.errors import ArgumentError, DTypeError
from tinygrad_edu.ops.domains import POSITIVE, STEPS, Domain
from tinygrad_edu.testing import check_grad
from tinygrad_edu.testing.strategies import (
    arguments,
    arrays,
    axes,
    indices,
    matrices,
    mutually_broadcastable,
    programs,
    tensors,
)
from tinygrad_edu.testing.strategies.lines import LINES
from tinygrad_edu.testing.strategies.ndarrays import LAYOUTS
from tinygrad_edu.testing.strategies.recipes import COMPOSITIONS


@tg.op
def cubed(x, /):
    """A cube whose derivative is two times too large."""
    return x * x * x


cubed.derivative(x=lambda g, x: 6 * g * x * x)


@tg.op(kind="elementwise", domain={"x1": POSITIVE, "x2": Domain(2.0, 3.0)})
def log_in_base(x1, x2, /):
    """The logarithm of x1 in base x2."""
    return np.log(x1) / np.log(x2)


@tg.op
def attention(x1, x2, /, *, scale=1.0):
    """Products of all rows."""
    return scale * (x1 @ x2.T)


def slope_is_wrong(x):
    """Whether `cubed` has a wrong derivative there."""
    return bool(np.any(tg.grad(lambda x: tg.sum(cubed(x)))(x) != 3 * x * x))


def some(strategy, condition):
    """An example that fulfils the condition, as it was first found."""
    return find(strategy, condition, settings=settings(max_examples=3000, phases=[Phase.generate], database=None))


def run(source):
    """What a program leaves behind."""
    space = {"cubed": cubed, "log_in_base": log_in_base, "attention": attention, "np": np, "tg": tg}
    exec(source, space)
    return space


# -- shapes and their letters -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("shape", "fits"), [
    ("n,3", lambda s: len(s) == 2 and 1 <= s[0] <= 4 and s[1] == 3), ("", lambda s: s == ()), ((), lambda s: s == ()),
    (5, lambda s: s == (5,)), (("n", 2), lambda s: len(s) == 2 and s[1] == 2), ("n, n", lambda s: s[0] == s[1]),
    ("...,7", lambda s: s[-1] == 7 and len(s) <= 3), (None, lambda s: len(s) <= 3 and max(s, default=0) <= 3),
    (st.just((2, 2)), lambda s: s == (2, 2)), ("0,2", lambda s: s == (0, 2)),
], ids=str)
@examples(30)
@given(data=st.data())
def test_a_shape_is_what_its_text_says(shape, fits, data):
    assert fits(data.draw(arrays(shape)).shape)


@examples(60)
@given(x=arrays("n,k"), y=tensors("k,m"), a=matrices("n"), i=indices("m,n"), data=st.data())
def test_a_letter_stands_for_one_length_in_all_strategies_of_a_test(x, y, a, i, data):
    (n, k), m = x.shape, y.shape[1]
    assert y.shape == (k, m)
    assert a.shape == (n, n)
    np.zeros((m, n))[i]
    call = data.draw(arguments(attention, "n,k", "m,k"))
    assert [each.shape for each in call] == [(n, k), (m, k)]
    assert data.draw(arrays("n")).shape == (n,)


@examples(30)
@given(x=arrays("...,2"), y=arrays("...,3"))
def test_axes_in_front_are_shared_too(x, y):
    assert x.shape[:-1] == y.shape[:-1]


def test_a_letter_takes_all_lengths_between_its_bounds():
    for n in (0, 1, 7):
        assert some(arrays("n", min_side=0, max_side=7), lambda x, n=n: len(x) == n).shape == (n,)


@examples(100)
@given(x=arrays("n"), y=arrays("m", max_side=1), z=arrays("k", min_side=6))
def test_a_letter_keeps_to_its_bounds(x, y, z):
    assert len(x) in (1, 2, 3, 4)
    assert len(y) == 1
    assert len(z) == 6


def test_a_letter_with_two_meanings_is_an_error():
    @given(arrays("n"), arrays("n", min_side=3))
    def both(x, y):
        pass

    with pytest.raises(ArgumentError, match=r"'n' was drawn between \(1, 4\).*asked for between \(3, 4\).*the same"):
        both()


# -- numbers ----------------------------------------------------------------------------------------------------------

DTYPES = [np.float64, np.float32, np.float16, np.int64, np.int8, np.uint8, np.bool_]


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: dtype.__name__)
@examples(20)
@given(data=st.data())
def test_numbers_have_the_dtype_and_lie_within_the_bounds(dtype, data):
    x = data.draw(arrays("n,20", dtype, min_value=0.3, max_value=1.7))
    assert x.dtype == dtype
    assert np.all(x >= 0.3)
    assert np.all(x <= 1.7)


@pytest.mark.parametrize("bounds", [(-10, 10), (1e-9, 2e-9), (-1e300, 1e300), (100.3, 100.4), (1000, None),
                                    (None, -1000), (5, 5), (-0.01, 0.0)], ids=str)
@examples(30)
@given(data=st.data())
def test_any_interval_is_filled(bounds, data):
    low, high = bounds
    x = data.draw(arrays((30,), min_value=low, max_value=high))
    assert np.all(np.isfinite(x))
    assert low is None or x.min() >= low
    assert high is None or x.max() <= high


def test_dtypes_may_be_drawn():
    for dtype in DTYPES:
        assert some(arrays("n", DTYPES), lambda x, dtype=dtype: x.dtype == dtype).dtype == dtype


@pytest.mark.parametrize(("signs", "fits"), [
    ("positive", lambda x: x >= 0.1), ("negative", lambda x: x <= -0.1), ("nonzero", lambda x: np.abs(x) >= 0.1),
])
@examples(30)
@given(data=st.data())
def test_signs_are_those_asked_for(signs, fits, data):
    assert np.all(fits(data.draw(arrays((40,), signs=signs))))


@examples(50)
@given(x=arrays((40,), away_from=(1.0, -2.5), margin=0.5), y=arrays((40,), domain=STEPS, dtype=np.float32))
def test_kinks_are_kept_away_from(x, y):
    assert np.all(np.abs(x - 1) >= 0.5)
    assert np.all(np.abs(x + 2.5) >= 0.5)
    assert np.all(np.abs(y - np.rint(y)) >= 0.1 - 1e-6)


def test_numbers_come_up_to_the_distance_from_a_kink():
    assert some(arrays((40,), signs="nonzero"), lambda x: np.any(np.abs(x) < 0.2)).size
    assert some(arrays((40,)), lambda x: np.any((x > 9.3) & (x != np.rint(x * 2) / 2))).size


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, -0.0, 5e-324, np.finfo(float).max], ids=str)
def test_special_values_occur(value):
    def occurs(x):
        same = np.isnan(x) if math.isnan(value) else (x == value) & (np.signbit(x) == np.signbit(value))
        return np.any(same)

    assert occurs(some(arrays((9,), special=True), occurs))


def test_only_the_special_values_asked_for_occur():
    @examples(50)
    @given(arrays((30,), special=[7.25, math.inf], max_value=2))
    def check(x):
        assert np.all((x <= 2) | np.isin(x, [7.25, math.inf]))

    check()


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64], ids=lambda dtype: dtype.__name__)
@examples(40)
@given(data=st.data())
def test_ties_occur_or_not_as_asked_for(dtype, data):
    x = data.draw(arrays("n,9", dtype, ties=False, min_value=-50, max_value=50))
    assert len(np.unique(x)) == x.size
    y = data.draw(arrays("n,9", dtype, ties=True))
    assert len(np.unique(y)) < y.size


PROPERTIES = {
    "C": lambda x: x.flags.c_contiguous and x.flags.writeable,
    "Fortran": lambda x: x.flags.f_contiguous and not x.flags.c_contiguous,
    "strided": lambda x: not x.flags.forc and x.strides[1] == 16,
    "reversed": lambda x: x.strides[0] < 0 and x.strides[1] < 0,
    "read-only": lambda x: not x.flags.writeable and x.base is None,
    "broadcast": lambda x: x.strides[0] == 0,
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_is_what_it_is_called(name):
    shape = (3, 2)

    @examples(5)
    @given(arrays(shape, layouts=name))
    def check(x):
        assert x.shape == shape
        assert PROPERTIES[name](x)

    check()
    assert PROPERTIES[name](some(arrays(shape, layouts="any"), PROPERTIES[name]))


def test_a_layout_is_noted_beside_a_failing_example():
    @given(arrays((2, 2), layouts="Fortran"))
    def fails(x):
        raise AssertionError

    with pytest.raises(AssertionError) as caught:
        fails()
    assert "an array of shape (2, 2) with the layout 'Fortran'" in "\n".join(caught.value.__notes__)


@examples(20)
@given(w=tensors("n", np.float32, name="w"), c=tensors((2,), requires_grad=False))
def test_tensors_are_variables_or_constants(w, c):
    assert w.requires_grad
    assert w.dtype == np.float32
    assert w.name == "w"
    assert not c.requires_grad


@examples(100)
@given(xs=mutually_broadcastable(3), ys=mutually_broadcastable(2, "n,3", signs="positive"))
def test_mutually_broadcastable_arrays_broadcast(xs, ys):
    assert len(xs) == 3
    np.broadcast_shapes(*(x.shape for x in xs))
    assert all(np.all(y > 0) for y in ys)


def test_broadcasting_is_of_every_kind():
    for condition in (lambda s, t: len(s) < len(t), lambda s, t: s == t != (), lambda s, t: 1 in s and 3 in t,
                      lambda s, t: len(s) == len(t) == 2 and s[0] == t[1] == 1 and s[1] > 1 and t[0] > 1):
        x, y = some(mutually_broadcastable(2), lambda xs, c=condition: c(xs[0].shape, xs[1].shape))
        assert condition(x.shape, y.shape)


# -- axes, indices, matrices ------------------------------------------------------------------------------------------


@examples(60)
@given(x=arrays("2,n,3"), axis=axes("2,n,3"), one=axes(3, none=False, tuples=False))
def test_axes_are_valid(x, axis, one):
    x.sum(axis=axis)
    assert -3 <= one < 3


def test_every_kind_of_axis_occurs():
    for condition in (lambda a: a is None, lambda a: a == -3, lambda a: a == 2, lambda a: a == (),
                      lambda a: isinstance(a, tuple) and len(a) == 3):
        assert condition(some(axes(3), condition))


@examples(200)
@given(x=arrays(None), data=st.data())
def test_indices_are_valid(x, data):
    x[data.draw(indices(x.shape))]


def parts(index):
    return index if isinstance(index, tuple) else (index,)


def holds_twice(index):
    return any(isinstance(i, np.ndarray) and i.dtype.kind == "i" and len(np.unique(i)) < i.size for i in parts(index))


@pytest.mark.parametrize("condition", [
    lambda index: any(isinstance(i, int) and i < 0 for i in parts(index)),
    lambda index: any(isinstance(i, slice) and (i.step or 1) < 0 for i in parts(index)),
    lambda index: any(i is Ellipsis for i in parts(index)),
    lambda index: any(i is None for i in parts(index)),
    lambda index: isinstance(index, np.ndarray) and index.dtype == bool and index.any(),
    lambda index: isinstance(index, np.ndarray) and index.dtype.kind == "i",
    holds_twice,
    lambda index: len(parts(index)) == 2 and all(isinstance(i, np.ndarray) for i in index),
    lambda index: {slice, np.ndarray} == {type(i) for i in parts(index)},
    lambda index: any(isinstance(i, np.ndarray) and i.dtype == bool and i.ndim == 1 for i in parts(index)),
], ids=["negative", "backwards", "ellipsis", "newaxis", "mask", "integers", "repeated", "paired", "mixed",
        "mask of one axis"])
def test_every_kind_of_index_occurs(condition):
    assert condition(some(indices((3, 2)), condition))


@examples(50)
@given(a=matrices("n", batch="b"), s=matrices("n", "symmetric"), p=matrices("n", "positive definite"),
       z=matrices("n", "singular"))
def test_matrices_are_of_their_kind(a, s, p, z):
    n = a.shape[-1]
    for each in a:
        assert np.linalg.svd(each, compute_uv=False).min() >= 1 - 1e-9
        assert np.linalg.cond(each) <= 3 * n
    assert_array_equal(s, s.T)
    assert np.all(np.diff(np.linalg.eigvalsh(s)) >= 1 - 1e-9)
    assert_array_equal(p, p.T)
    assert np.linalg.eigvalsh(p).min() >= 1 - 1e-9
    assert np.linalg.matrix_rank(z) < n


def test_matrices_shrink_to_the_identity_or_to_zero():
    for kind, expected in (("well conditioned", np.eye(2)), ("positive definite", np.eye(2)),
                           ("symmetric", np.diag([-1.0, 0.5])), ("singular", np.zeros((2, 2)))):
        assert_array_equal(find(matrices(2, kind), lambda x: True), expected)


# -- arguments --------------------------------------------------------------------------------------------------------

LIBRARY = {**{name: DOORS[name] for name in BUILT_IN if name not in INTERNAL},
           **{f"{name}()": getattr(tg, name) for name in COMPOSITIONS}}


def assert_same(found, expected):
    for a, b in zip(flat(found), flat(expected), strict=True):
        assert np.asarray(a).dtype == np.asarray(b).dtype
        assert np.asarray(a).tobytes() == np.asarray(b).tobytes()


@pytest.mark.parametrize("op", LIBRARY.values(), ids=LIBRARY)
@examples(6)
@given(data=st.data())
def test_arguments_of_every_function_of_the_library_are_valid(op, data):
    """They can be splatted, `function` does the same with `inputs`, and what is printed does so as well."""
    call = data.draw(arguments(op))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        expected = op(*call, **call.options)
    assert_same(call.function(*call.inputs), expected)
    if getattr(tg, op.__name__, None) is op:
        assert_same(run(f"result = {call}")["result"], expected)
    if call.inputs:
        recorded = call.function(*map(tg.Tensor, call.inputs))
        for found, known in zip(flat(recorded), flat(expected), strict=True):
            assert_allclose(np.asarray(found.data if isinstance(found, tg.Tensor) else found), known, rtol=1e-13,
                            atol=1e-13)


@pytest.mark.parametrize("name", ["softmax", "concat", "matmul", "conv2d", "getitem", "tensordot", "einsum", "solve"])
@examples(8)
@given(data=st.data())
def test_gradients_at_the_arguments_can_be_checked(name, data):
    call = data.draw(arguments(LIBRARY.get(name, LIBRARY.get(f"{name}()"))))
    if call.inputs and np.size(call.function(*call.inputs)):
        check_grad(call.function, *call.inputs)


def test_inputs_are_the_floating_ones():
    call = find(arguments(tg.where), lambda a: a[0].any() and a[1].any())
    assert [x.dtype for x in call.inputs] == [np.float64, np.float64]
    assert call.function(*(2 * x for x in call.inputs)) == 2 * tg.where(*call)
    assert list(inspect.signature(call.function).parameters) == ["x1", "x2"]
    assert repr(call) == "tg.where(np.array(True), np.array(1.0), np.array(0.0))"


@examples(100)
@given(call=arguments(log_in_base))
def test_arguments_of_ones_own_operation_come_from_the_domain_that_it_declares(call):
    x1, x2 = call
    np.broadcast_shapes(x1.shape, x2.shape)
    assert np.all((x1 >= 0.1) & (x1 <= 10) & (x2 >= 2) & (x2 <= 3))


def test_options_that_are_numbers_are_drawn_around_their_defaults():
    @tg.op(kind="elementwise")
    def leaky(x, /, *, slope=0.5):
        return np.where(x > 0, x, slope * x)

    assert {some(arguments(leaky), lambda a, s=s: a.options["slope"] == s).options["slope"]
            for s in (0.25, 0.5, 1.0)} == {0.25, 0.5, 1.0}


@examples(30)
@given(call=arguments(attention, "n,k", "m,k", scale=st.sampled_from([0.5, 2.0])), again=arguments("tanh"))
def test_arguments_of_ones_own_operation_have_the_shapes_and_options_asked_for(call, again):
    assert call[0].shape[1] == call[1].shape[1]
    assert attention(*call, **call.options).shape == (len(call[0]), len(call[1]))
    assert call.options["scale"] in (0.5, 2.0)
    assert repr(call).startswith("attention(np.array([[")
    assert len(again) == 1


# -- programs ---------------------------------------------------------------------------------------------------------


@examples(150)
@given(p=programs(), q=programs(dtype=np.float32, scalar=True, max_lines=3, max_inputs=1))
def test_what_a_program_prints_computes_the_same_bit_for_bit(p, q):
    for each in (p, q):
        space = run(repr(each))
        assert_same(space["y"], each(*each.inputs))
        assert_same([space[name] for name in each.names], each.inputs)
        assert_allclose(each.function(*map(tg.Tensor, each.inputs)).data, each(*each.inputs), rtol=1e-5)
        assert each.source in repr(each)
    assert q(*q.inputs).shape == ()
    assert len(q.inputs) == 1
    assert q.source.count("\n") <= 3 + 2
    assert q.inputs[0].dtype == np.float32


@examples(60)
@given(p=programs())
def test_every_input_of_a_program_is_used(p):
    assert all(y.requires_grad for y in [p(*map(tg.Tensor, p.inputs))])
    variables = [tg.Tensor(x) for x in p.inputs]
    tg.gradients(tg.sum(p(*variables)), variables)                      # which raises for one that is not used


@examples(60)
@given(p=programs())
def test_gradients_of_programs_can_be_checked(p):
    check_grad(p.function, *p.inputs)


@pytest.mark.parametrize("part", ["tg.softmax", " @ ", "tg.sort", "tg.where", "[0, 0]", "axis=None", "tg.hypot"])
def test_programs_are_made_of_every_kind_of_operation(part):
    assert part in some(programs(), lambda p: part in p.source).source


def test_programs_share_subexpressions():
    def shares(p):
        return p.source.count("h1") > 2 and "h3" in p.source

    assert shares(some(programs(), shares))


@pytest.mark.parametrize(("text", "good", "bad"), [
    ("tg.maximum({x}, {y})", ([1.0, 2.0], [1.2]), ([1.0, 2.0], [1.05])), ("tg.relu({x})", ([0.1],), ([0.05],)),
    ("{x} / {y}", ([1.0], [-0.1]), ([1.0], [0.01])), ("tg.log({x})", ([0.2, 3.0],), ([-0.2, 3.0],)),
    ("tg.sort({x}, axis={option})", ([1.0, 3.0, 2.0],), ([1.0, 3.0, 1.05],)),
    ("{x} @ {y}", ([[1.0, 2.0]], [1.0, 2.0]), ([[1.0, 2.0]], [1.0])), ("{x} + {y}", ([1.0], 2.0), ([1, 2], [1, 2, 3])),
    ("tg.where({x} > 0.5, {x}, {y})", ([1.0], 0.5), ([0.45], 2.0)),
])
def test_lines_are_written_only_where_they_fit(text, good, bad):
    """Away from kinks, ties and poles, and for shapes that fit."""
    (line,) = (each for each in LINES if each.text == text)
    assert line.written(["x1", "x2"], [np.array(x) for x in good], 0).count("x1") == text.count("{x}")
    assert line.written(["x1", "x2"], [np.array(x) for x in bad], 0) is None


def test_smooth_programs_have_no_kinks():
    @examples(150)
    @given(programs(smooth=True))
    def check(p):
        assert not any(f"tg.{name}(" in p.source for name in ("relu", "abs", "maximum", "minimum", "sort", "max"))

    check()


def test_a_tensor_knows_the_line_of_the_program_that_made_it():
    p = some(programs(), lambda p: "return tg.sin(x1)" in p.source)
    y = p(tg.Tensor(p.inputs[0]))
    assert (y.position.line, y.position.text) == (2, "return tg.sin(x1)")


# -- how small failing examples become --------------------------------------------------------------------------------


@pytest.mark.parametrize(("condition", "expected"), [
    (lambda x: x.size > 0, [[0.0]]), (slope_is_wrong, [[1.0]]), (lambda x: np.any(x < -0.3), [[-1.0]]),
    (lambda x: np.any(x > 2.6), [[3.0]]), (lambda x: x.shape[0] > 2, [[0.0], [0.0], [0.0]]),
    (lambda x: np.any((x > 0.3) & (x < 0.9)), [[0.5]]),
], ids=["any", "wrong slope", "negative", "large", "long", "fraction"])
def test_arrays_shrink_to_few_plain_numbers(condition, expected):
    assert_array_equal(find(arrays("n,m"), condition), expected)


def test_numbers_that_differ_shrink_to_the_first_ones():
    assert_array_equal(find(arrays("n", ties=False), lambda x: len(x) == 4), [0, 1, 2, 3])


def test_arguments_of_a_wrong_operation_shrink_to_one_plain_number():
    assert repr(find(arguments(cubed), lambda a: slope_is_wrong(a[0]))) == "cubed(np.array(1.0))"


def test_arguments_with_options_shrink():
    call = find(arguments(tg.sum), lambda a: a.options["keepdims"] and a[0].ndim == 2 and a[0].any())
    assert repr(call) == "tg.sum(np.array([[1.0]]), axis=None, keepdims=True, dtype=None)"


def gradient_is_wrong(p):
    """Whether it is another with the right derivative of `cubed`."""
    space = {"tg": tg, "np": np, "cubed": lambda x: x * x * x}
    exec(p.source, space)
    right, found = (tg.grad(lambda *xs, f=f: tg.sum(f(*xs)), tuple(range(len(p.inputs))))(*p.inputs)
                    for f in (space["f"], p.function))
    return not all(np.allclose(a, b) for a, b in zip(right, found, strict=True))


def test_a_program_with_a_wrong_operation_shrinks_to_that_operation():
    found = find(programs(ops=[cubed]), gradient_is_wrong)
    assert repr(found) == ("import numpy as np\nimport tinygrad_edu as tg\n\nx1 = np.array(1.0)\n\n"
                           "def f(x1):\n    return cubed(x1)\n\ny = f(x1)\n")


def test_a_failing_program_is_printed_as_code_to_paste():
    @given(programs(ops=[cubed]))
    def fails(p):
        assert not gradient_is_wrong(p)

    with pytest.raises(AssertionError) as caught:
        fails()
    printed = "\n".join(caught.value.__notes__)
    code = printed[printed.index("import numpy"):printed.index("y = f(x1)") + len("y = f(x1)")]
    assert run(code)["y"] == 1.0


# -- errors -----------------------------------------------------------------------------------------------------------

MISTAKES = [
    (lambda: arrays("n;3"), ArgumentError, r"got the shape 'n;3'. Expected lengths and letters"),
    (lambda: arrays((2, -1)), ArgumentError, r"got the shape \(2, -1\)"),
    (lambda: arrays("...,n,..."), ArgumentError, r'Expected "..." at most once'),
    (lambda: arrays("n", min_side=3, max_side=2), ArgumentError, r"got min_side=3 and max_side=2. Expected 0 <="),
    (lambda: arrays("n", complex), DTypeError, r"got dtype complex128. Expected floating-point, integers or booleans"),
    (lambda: arrays("n", min_value=2, max_value=1), ArgumentError, r"from 2.0 to 1.0. Expected a finite min_value"),
    (lambda: arrays("n", max_value=math.inf), ArgumentError, r"special=True mixes in infinities"),
    (lambda: arrays("n", signs="plus"), ArgumentError, r"signs='plus'\): expected one of any, positive"),
    (lambda: arrays("n", min_value=0, max_value=1, away_from=0.5, margin=2), ArgumentError, r"bounds that leave some"),
    (lambda: arrays("n", layouts="F"), ArgumentError, r'expected "any" or some of C, Fortran'),
    (lambda: arrays("n", layouts="broadcast", ties=False), ArgumentError, r"repeats the first row"),
    (lambda: find(arrays((9,), np.int8, ties=False, max_value=2, min_value=0), bool), ArgumentError,
     r"there are no 9 different numbers of dtype int8 from 0.0 to 2.0"),
    (lambda: find(arrays((9,), np.float16, ties=False, min_value=1, max_value=1.001), bool), ArgumentError,
     r"there are no 9 different numbers of dtype float16"),
    (lambda: find(arrays((9,), np.int8, min_value=0.1, max_value=0.2), bool), ArgumentError, r"no 9 numbers of dtype"),
    (lambda: axes(0, none=False, tuples=False), ArgumentError, r"Expected at least one axis"),
    (lambda: indices("n", kinds="slices"), ArgumentError, r'expected "any" or some of basic, mask'),
    (lambda: matrices(2, "regular"), ArgumentError, r"expected one of well conditioned, symmetric"),
    (lambda: arguments(math.sin), ArgumentError, r"expected a function of the library or one made by @tg.op"),
    (lambda: arguments("sine"), ArgumentError, r"arguments\('sine'\): expected a function of the library"),
    (lambda: arguments(tg.zeros), ArgumentError, r"arguments\(tg.zeros\): it is not an operation. Expected"),
    (lambda: arguments(attention, "n,k"), ArgumentError, r"got 1 shapes. Expected one for each of its inputs, x1, x2"),
    (lambda: find(arguments(attention), lambda a: a[0].ndim > 1), ArgumentError,
     r"the call attention\(.*failed.*\n.*such as arguments\(attention, \"n,k\", \"k,m\"\)"),
    (lambda: programs(max_lines=0), ArgumentError, r"max_lines=0, max_inputs=3\): expected at least 1"),
    (lambda: programs(ops=[attention]), ArgumentError, r"of one or two inputs and without options"),
    (lambda: programs(ops=[math.sin]), ArgumentError, r"Expected functions made by @tg.op"),
]


@pytest.mark.parametrize(("call", "kind", "words"), MISTAKES, ids=[words[:40] for *_, words in MISTAKES])
def test_mistake_is_explained(call, kind, words):
    with pytest.raises(kind, match=words):
        call()


def test_missing_hypothesis_is_an_error_that_names_the_extra():
    program = "import sys; sys.modules['hypothesis'] = None; import tinygrad_edu.testing.strategies"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "MissingExtraError: tinygrad_edu.testing.strategies needs hypothesis" in done.stderr
    assert 'pip install "tinygrad_edu[test]"' in done.stderr


# -- networks ---------------------------------------------------------------------------------------------------------


@examples(10)
@given(tg.testing.strategies.modules())
def test_gradients_of_networks_are_right_by_input_and_parameters(network):
    tg.testing.check_grad(network.function, *network.inputs)


@examples(10)
@given(tg.testing.strategies.modules())
def test_a_network_prints_as_the_source_that_makes_it(network):
    again = eval(network.source, {"nn": tg.nn})
    assert np.array_equal(again(network.x).numpy(), network.model(network.x).numpy())


def test_a_call_with_other_parameters_leaves_the_model_as_it_was():
    model = tg.nn.MLP(2, [2, 1], seed=0)
    before = model.state_dict()
    doubled = tg.nn.functional_call(model, {name: 2 * value for name, value in before.items()}, [1.0, -1.0])
    assert doubled.item() != model([1.0, -1.0]).item()
    assert all(np.array_equal(before[name], value) for name, value in model.state_dict().items())
    with pytest.raises(tg.errors.ArgumentError, match="no parameter weight. Expected names among layers.0.ne"):
        tg.nn.functional_call(model, {"weight": 1.0}, [1.0, -1.0])
