"""Laws that hold for every operation in the registry and for every derivative rule, also for one that is new."""

import math
import warnings
from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import tinygrad_edu as tg
from tests.registry import (
    ALL_DTYPES,
    BUILT_IN,
    COMPOSED,
    DOORS,
    ENTRIES,
    INTERNAL,
    cases,
    derivatives,
    entry,
    examples,
    flat,
    is_floating,
    is_numpys,
    subjects,
)
from tinygrad_edu.core.ops import Rule

SUBJECTS, RULES = subjects(), derivatives()
FLOATS = (np.float64, np.float32, np.float16)
DIGITS = {8: 4096, 4: 256, 2: 16}                       # rounding errors that a value may have gathered, by bytes
LAPACK = {"solve", "inv", "det", "cofactors", "slogdet", "eigh"}            # without half precision
each_subject = pytest.mark.parametrize("subject", SUBJECTS, ids=str)
each_operation = pytest.mark.parametrize("op", BUILT_IN.values(), ids=lambda op: op.name)
each_rule = pytest.mark.parametrize("rule", RULES, ids=str)
each_differentiable = pytest.mark.parametrize("subject", list(dict.fromkeys(rule.subject for rule in RULES)), ids=str)


def variables(inputs):
    """Tensors in place of the floating inputs, or of all inputs if none is floating."""
    if not any(map(is_floating, inputs)):
        return [tg.asarray(x) for x in inputs]
    return [tg.Tensor(x) if is_floating(x) else x for x in inputs]


def raw(t):
    return np.asarray(t.data if isinstance(t, tg.Tensor) else t)


def joined(arrays):
    """The elements of all floating arrays, one after the other."""
    return np.concatenate([np.zeros(0), *(raw(each).ravel() for each in arrays if is_floating(each))])


def floating(results):
    return [each for each in results if is_floating(each)]


def turned(subject, results, like):
    """Eigenvectors are determined up to their signs: for each result the factors that give it its signs in `like`."""
    if subject.name != "eigh":
        return [1.0] * len(results)
    return [1.0, np.sign(np.sum(raw(results[1]) * raw(like[1]), axis=-2, keepdims=True))]


def starts(rng, results):
    """A random gradient to start from, for each result."""
    return [rng.uniform(-1, 1, each.shape) for each in results]


def pulled(case, inputs, gs, argument):
    """The gradients for an argument, from a first-order pass."""
    positions = case.subject.positions(argument, inputs)
    xs = [tg.Tensor(x) if i in positions else x for i, x in enumerate(inputs)]
    outputs = case.subject.results(xs, case.options)
    live = [(output, g) for output, g in zip(floating(outputs), gs, strict=True) if isinstance(output, tg.Tensor)]
    return tg.gradients([output for output, _ in live], [xs[i] for i in positions], [g for _, g in live])


def drawn(data, rule):
    """A call with the rule's argument and at least one floating result, and a source of random numbers."""
    case = data.draw(cases(rule.subject, rule.argument))
    assume(case.subject.positions(rule.argument, case.inputs)
           and floating(case.subject.results(variables(case.inputs), case.options)))
    return case, np.random.default_rng(data.draw(st.integers(0, 100)))


# -- the table --------------------------------------------------------------------------------------------------------


@each_operation
def test_arguments_of_the_operation_can_be_drawn(op):
    assert op.name in INTERNAL or entry(op)


def test_the_table_has_no_row_without_an_operation():
    assert ENTRIES.keys() | INTERNAL.keys() <= BUILT_IN.keys()


def test_an_operation_that_the_table_does_not_know_is_an_error_that_says_what_to_add():
    op = DOORS["softmax"].op
    row = ENTRIES.pop("softmax")
    try:
        with pytest.raises(AssertionError, match=r'<op softmax.*"softmax": Entry\('):
            entry(op)
    finally:
        ENTRIES["softmax"] = row


def test_every_public_function_of_arrays_is_an_operation_or_composed_of_them():
    known = {*BUILT_IN, *(name.removesuffix("()") for name in COMPOSED)}
    creation = {"arange", "asarray", "eye", "full", "full_like", "linspace", "one_hot", "ones", "ones_like", "zeros",
                "zeros_like"}
    public = {name for name in tg.__all__ if callable(getattr(tg, name)) and name != "ops"
              and getattr(tg, name).__module__.startswith("tinygrad_edu.ops")}
    assert public - known - creation == set(), "add them to COMPOSED in tests/registry.py"


@each_operation
def test_docstring_begins_with_a_sentence(op):
    first = op.doc.partition("\n")[0]
    assert len(first) > 2
    assert first.endswith((".", ":"))


@each_operation
def test_every_input_has_a_rule_or_says_aloud_that_it_has_none(op):
    assert [rule.argument for rule in op.rules.values() if rule.kind == Rule.MISSING] == []


# -- values -----------------------------------------------------------------------------------------------------------


def frozen(x):
    """x, read-only all the way to the owner of its memory, so that a tensor takes it as it lies."""
    owner = x = np.asarray(x)
    while owner is not None:
        owner.flags.writeable = False
        owner = owner.base
    return x


def strided(x):
    """x as every second element of a larger array."""
    view = np.zeros([2 * n for n in x.shape], x.dtype)[(*(slice(None, None, 2) for _ in x.shape), ...)]
    view[...] = x
    return view


LAYOUTS = {"contiguous": np.copy, "reversed": lambda x: np.flip(np.flip(x).copy()), "strided": strided,
           "Fortran": lambda x: np.array(x, order="F"),
           "broadcast": lambda x: np.broadcast_to(x[:1], x.shape) if x.ndim else x}


def laid_out(data, subject):
    """One of the LAYOUTS; equal rows would make matrices singular."""
    names = [name for name in LAYOUTS if name != "broadcast" or subject.name not in LAPACK]
    return LAYOUTS[data.draw(st.sampled_from(names))]


def converted(x, dtype):
    if dtype in (np.uint8, np.bool_):
        x = np.abs(x)
    return x.astype(dtype)


def outcome(call, inputs, options):
    """The results of a call, or the exception that it raised."""
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            return call(inputs, options)
    except (TypeError, ValueError, IndexError, ArithmeticError) as error:
        return error


@each_subject
@examples(5)
@given(data=st.data())
def test_values_and_dtypes_are_numpys(subject, data):
    case, layout = data.draw(cases(subject)), laid_out(data, subject)
    for dtype in ALL_DTYPES:
        inputs = [frozen(layout(converted(x, dtype))) if is_floating(x) else x for x in case.inputs]
        tensors = [tg.asarray(x) if isinstance(x, np.ndarray) and x.dtype == dtype else x for x in inputs]
        expected = outcome(subject.expected, inputs, case.options)
        found = outcome(subject.results, tensors, case.options)
        if isinstance(expected, Exception):
            assert isinstance(found, tg.errors.TinygradEduError), f"{dtype}: NumPy raises {expected!r}"
            continue
        assert not isinstance(found, Exception), f"{dtype}: {found!r}"
        for ours, numpys in zip(found, expected, strict=True):
            assert ours.shape == numpys.shape
            if dtype in FLOATS or is_numpys(subject):
                assert ours.dtype == numpys.dtype
            precision = DIGITS[ours.dtype.itemsize] * np.finfo(ours.dtype).eps if ours.dtype.kind == "f" else 0
            size = float(np.max(np.abs(numpys[np.isfinite(numpys)].astype(float)), initial=1))
            assert_allclose(raw(ours).astype(float), numpys.astype(float), rtol=precision, atol=precision * size)


@pytest.mark.parametrize("subject", [each for each in SUBJECTS if not each.name.startswith("at.")], ids=str)
@examples(4)
@given(data=st.data())
def test_raw_arrays_give_raw_arrays_and_tensors_the_same_as_tensors(subject, data):
    case = data.draw(cases(subject))
    plain = subject.results(case.inputs, case.options)
    recorded = subject.results(variables(case.inputs), case.options)
    for x, t in zip(plain, recorded, strict=True):
        assert isinstance(x, np.ndarray | np.generic)
        assert isinstance(t, tg.Tensor)
        assert_allclose(raw(t), x, rtol=1e-14, atol=1e-14)


# (NumPy's put_along_axis changes its argument, and its eigh reads one half of the matrix.)
SAME_NAME = [op for name, op in BUILT_IN.items() if (hasattr(np, name) or hasattr(np.linalg, name))
             and name not in ("put_along_axis", "eigh")]


@pytest.mark.parametrize("op", SAME_NAME, ids=lambda op: op.name)
@examples(4)
@given(data=st.data())
def test_numpys_function_of_the_same_name_does_the_same_and_records_it(op, data):
    subject = next(each for each in SUBJECTS if each.op is op)
    case = data.draw(cases(subject))
    inputs, options = variables(case.inputs), dict(case.options)
    if op.name == "eigh":                                               # of others NumPy reads one triangle only
        inputs = [tg.Tensor(x.numpy() + x.numpy().swapaxes(-1, -2)) for x in inputs]
    ours = subject.results(inputs, options)
    numpys = getattr(np, op.name, None) or getattr(np.linalg, op.name)
    if "descending" in options:                                         # what NumPy does not have
        assume(not options.pop("descending"))
    if op.name == "pad":
        options = {"pad_width": options["pad_width"], "constant_values": options["value"]}
    unnamed = ("repetitions",) if op.name == "tile" else ("dtype",) if op.name == "astype" else ()
    positional = [options.pop(name) for name in unnamed]
    if op.name == "einsum":
        found = numpys(options["subscripts"], *inputs)
    else:
        found = numpys(list(inputs), **options) if op.many else numpys(*inputs, *positional, **options)
    for a, b in zip(flat(found), ours, strict=True):
        assert isinstance(a, tg.Tensor)
        assert a.requires_grad == b.requires_grad
        assert_array_equal(a.numpy(), b.numpy())


# -- derivatives ------------------------------------------------------------------------------------------------------


@each_rule
@examples(20)
@given(data=st.data())
def test_rule_is_the_derivative_to_second_order(rule, data):
    """By all inputs and by the gradient g that arrives, of which the second derivatives are found as well."""
    case, rng = drawn(data, rule)
    like = floating(case.subject.results(variables(case.inputs), case.options))
    moving = [i for i, x in enumerate(case.inputs) if is_floating(x)]

    def weighted(*values):
        """The results, times their g, added up."""
        inputs = list(case.inputs)
        for i, x in zip(moving, values, strict=False):
            inputs[i] = x
        results = floating(case.subject.results(inputs, case.options))
        factors = turned(case.subject, results, like)
        return sum(tg.sum(each * factor * g)
                   for each, factor, g in zip(results, factors, values[len(moving):], strict=True))

    at = [*(case.inputs[i] for i in moving), *starts(rng, like)]
    tg.testing.check_grad(weighted, *at, order=2 if any(x.size for x in at) else 1)     # of nothing there is no second


@each_rule
@examples(4)
@given(data=st.data())
def test_rule_gives_the_same_whether_it_is_recorded_or_not(rule, data):
    case, rng = drawn(data, rule)
    xs = variables(case.inputs)
    outputs = floating(case.subject.results(xs, case.options))
    gs, positions = starts(rng, outputs), case.subject.positions(rule.argument, case.inputs)
    recorded = tg.gradients(outputs, [xs[i] for i in positions], [tg.Tensor(g) for g in gs], create_graph=True)
    assert_allclose(joined(recorded), joined(pulled(case, case.inputs, gs, rule.argument)), rtol=1e-12, atol=1e-12)


@each_rule
@examples(4)
@given(data=st.data())
def test_rule_is_linear_in_g(rule, data):
    case, rng = drawn(data, rule)
    like = floating(case.subject.results(variables(case.inputs), case.options))
    g1, g2, a, b = starts(rng, like), starts(rng, like), rng.uniform(-2, 2), rng.uniform(-2, 2)

    def rule_of(gs):
        return joined(pulled(case, case.inputs, gs, rule.argument))

    expected = a * rule_of(g1) + b * rule_of(g2)
    size = np.max(np.abs(expected), initial=1)
    assert_allclose(rule_of([a * u + b * v for u, v in zip(g1, g2, strict=True)]), expected, rtol=1e-10,
                    atol=1e-12 * size)
    assert_array_equal(rule_of([0 * g for g in g1]), 0)


@each_differentiable
@examples(6)
@given(data=st.data())
def test_forward_mode_and_reverse_mode_are_transposes(subject, data):
    case = data.draw(cases(subject))
    rng = np.random.default_rng(data.draw(st.integers(0, 100)))
    moving = [i for i, x in enumerate(case.inputs) if is_floating(x)]

    def f(*xs):
        inputs = list(case.inputs)
        for i, x in zip(moving, xs, strict=True):
            inputs[i] = x
        return floating(subject.results(inputs, case.options))

    xs = tuple(case.inputs[i] for i in moving)
    vs = tuple(rng.uniform(-1, 1, x.shape) for x in xs)
    values, pushed = tg.jvp(f, xs, vs)
    again, pull = tg.vjp(f, *xs)
    us = [rng.uniform(-1, 1, np.shape(each)) for each in values]
    assert_array_equal(np.concatenate([np.zeros(0), *map(np.ravel, values)]),
                       np.concatenate([np.zeros(0), *map(np.ravel, again)]))
    left = [u * p for u, p in zip(us, pushed, strict=True)]
    right = [p * v for p, v in zip(pull(us), vs, strict=True)]
    size = sum(np.sum(np.abs(each)) for each in (*left, *right))
    assert sum(map(np.sum, left)) == pytest.approx(sum(map(np.sum, right)), rel=1e-10, abs=1e-12 * (1 + size))


@each_rule
@examples(16)
@given(data=st.data())
def test_gradient_has_shape_and_dtype_of_its_input(rule, data):
    """Whatever the dtypes of the others, and however its memory lies."""
    case, rng = drawn(data, rule)
    dtypes = [data.draw(st.sampled_from(FLOATS[:2] if rule.subject.name in LAPACK else FLOATS)) for _ in case.inputs]
    layout = laid_out(data, rule.subject)
    inputs = [frozen(layout(x.astype(dtype))) if is_floating(x) else x
              for x, dtype in zip(case.inputs, dtypes, strict=True)]
    xs = variables(inputs)
    outputs = floating(case.subject.results(xs, case.options))
    gs = starts(rng, outputs)
    found = tg.gradients(outputs, [xs[i] for i in case.subject.positions(rule.argument, inputs)], gs)
    exact = pulled(case, [x.astype(float) if is_floating(x) else x for x in inputs], gs, rule.argument)
    for i, gradient, reference in zip(case.subject.positions(rule.argument, inputs), found, exact, strict=True):
        assert (gradient.shape, gradient.dtype) == (inputs[i].shape, inputs[i].dtype)
        if np.float16 not in dtypes:
            precision = 1e-3 if np.float32 in dtypes else 1e-10
            assert_allclose(raw(gradient), raw(reference), rtol=precision,
                            atol=precision * np.max(np.abs(raw(reference)), initial=1))


BROADCAST = [((), ()), ((), (2, 3)), ((1,), ()), ((3,), (2, 3)), ((1, 3), (2, 1)), ((2, 1), (2, 3)),
             ((2, 3), (1, 1, 3)), ((1, 1), (3,)),
             ((0,), ()), ((0,), (1,)), ((0, 3), (3,)), ((2, 1), (0,)), ((1, 0), (2, 1))]


@pytest.mark.parametrize("shapes", BROADCAST, ids=str)
@pytest.mark.parametrize("name", [name for name, op in BUILT_IN.items() if len(op.rules) == 2 and op.kind
                                  and not op.option_names and op.smooth])
def test_broadcasting_adds_up_the_gradients_of_the_copies(name, shapes):
    """The gradient of a broadcast input is that of the input laid out in full, summed over its copies."""
    rng, full = np.random.default_rng(1), np.broadcast_shapes(*shapes)
    values = {"remainder": [np.array(3.3), np.array(2.0)], "floor_divide": [np.array(3.3), np.array(2.0)]}.get(name)
    for first, second in (shapes, shapes[::-1]):
        x1, x2 = (np.full(shape, v) for shape, v in zip((first, second), values, strict=True)) if values else (
            rng.uniform(1, 2, first), rng.uniform(2.1, 3, second))
        g = rng.uniform(-1, 1, full)
        small, large = [tg.Tensor(x1), tg.Tensor(x2)], [tg.Tensor(np.broadcast_to(x, full)) for x in (x1, x2)]
        DOORS[name](*small).backward(g)
        DOORS[name](*large).backward(g)
        for x, copies in zip(small, large, strict=True):
            added = copies.grad.numpy().sum(axis=tuple(range(len(full) - x.ndim)))
            added = added.sum(axis=tuple(i for i, n in enumerate(x.shape) if n == 1), keepdims=True)
            assert (x.grad.shape, x.grad.dtype) == (x.shape, x.dtype)
            assert_allclose(x.grad.numpy(), added, rtol=1e-12, atol=1e-12)


# -- recorded numbers: Python floats with NumPy's meaning -------------------------------------------------------------

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -0.3, 2.0, -3.0, 7.0, 1e-8, 5e-324, -1e-300, 20.0, -40.0, 800.0, -800.0, 1e17,
           1e300, -1e300, math.inf, -math.inf, math.nan]
NUMBERS = [op for op in BUILT_IN.values()
           if op.kind in ("elementwise", "selection") and not (op.option_names or op.many)
           and op.name not in ("where", "matrix_transpose") and not op.name.startswith("bitwise_")]


def special(op):
    """All pairs of special values for two inputs, some triples for three."""
    n = len(op.input_names)
    return product(SPECIAL, repeat=n) if n < 3 else product(SPECIAL[:9], SPECIAL[:9:3], SPECIAL[1:10:3])


def assert_same_number(found, expected, ulps=4):
    """Equal to the last few binary digits, infinities and the signs of zeros included; NaN equals NaN."""
    with np.errstate(all="ignore"):
        close = np.abs(found - expected) <= ulps * np.spacing(np.maximum(np.abs(expected), np.abs(found)))
    same = (found == expected) & (np.signbit(found) == np.signbit(expected)) | np.isnan(found) & np.isnan(expected)
    assert same or (close and found != expected), f"{found!r} should be {expected!r}"


@pytest.mark.parametrize("op", NUMBERS, ids=lambda op: op.name)
def test_numbers_have_the_values_of_numpy_and_raise_nothing(op):
    for xs in special(op):
        if op.name == "power" and xs in ((-0.0, 0.5), (-math.inf, 0.5)):        # NumPy takes the root there
            continue
        with np.errstate(all="ignore"):
            expected = op.forward(*map(np.float64, xs))
            found = DOORS[op.name](*map(tg.Tensor, xs))
            plain = DOORS[op.name](*xs)
        assert found.dtype == expected.dtype, xs
        assert_same_number(raw(found).astype(float), np.float64(expected))
        assert_same_number(np.float64(plain), np.float64(expected))


@pytest.mark.filterwarnings("ignore::tinygrad_edu.errors.NonFiniteGradientWarning")
@pytest.mark.parametrize("op", [op for op in NUMBERS if op.smooth], ids=lambda op: op.name)
def test_numbers_have_the_gradients_of_arrays(op):
    for xs in special(op):
        numbers, arrays = [tg.Tensor(x) for x in xs], [tg.Tensor([x]) for x in xs]
        with np.errstate(all="ignore"):
            DOORS[op.name](*numbers).backward(-0.75)
            DOORS[op.name](*arrays).backward(np.array([-0.75]))
        for x, array in zip(numbers, arrays, strict=True):
            assert x.grad.shape == ()
            assert_allclose(x.grad.item(), array.grad.item(), rtol=1e-14, atol=0, err_msg=str(xs))


@pytest.mark.parametrize("op", NUMBERS, ids=lambda op: op.name)
def test_numbers_beside_tensors_are_weak_and_numpy_scalars_are_strong(op):
    """As in NumPy 2: a Python number takes the dtype of the other, a float64 scalar or 0-d Tensor does not."""
    if len(op.input_names) == 1:
        return
    x, rest = np.array([0.5, 0.75], np.float32), [2.0] * (len(op.input_names) - 1)
    for others in (rest, [np.float64(each) for each in rest]):
        expected = op.forward(x, *others)
        found = DOORS[op.name](tg.Tensor(x), *others)
        assert found.dtype == expected.dtype
        assert_array_equal(found.numpy(), expected)
    strong = DOORS[op.name](tg.Tensor(x), *map(tg.Tensor, rest))
    assert strong.dtype == op.forward(x, *map(np.float64, rest)).dtype


# -- conventions, as the docstrings state them ------------------------------------------------------------------------

INF, NAN = math.inf, math.nan
CONVENTIONS = [
    ("abs", (0.0,), (0,)), ("sign", (0.0,), (0,)), ("relu", (0.0,), (0,)), ("floor", (2.0,), (0,)),
    ("ceil", (2.0,), (0,)),
    ("round", (2.5,), (0,)), ("trunc", (2.0,), (0,)), ("sinc", (0.0,), (0,)), ("sqrt", (0.0,), (INF,)),
    ("cbrt", (0.0,), (INF,)),
    ("hypot", (0.0, 0.0), (0, 0)), ("maximum", (2.0, 2.0), (0.5, 0.5)), ("minimum", (2.0, 2.0), (0.5, 0.5)),
    ("remainder", (4.0, 2.0), (1, -2)), ("floor_divide", (4.0, 2.0), (0, 0)),
    ("power", (0.0, 0.0), (0, 0)), ("power", (0.0, 1.0), (1, 0)), ("power", (0.0, 2.0), (0, 0)),
    ("power", (-2.0, 3.0), (12, NAN)),
    ("power", (0.0, 0.5), (INF, 0)), ("power", (0.0, -1.0), (-INF, -INF)),
    ("clip", (1.0, 1.0, 3.0), (1, 0, 0)), ("clip", (3.0, 1.0, 3.0), (1, 0, 0)), ("clip", (0.0, 1.0, 3.0), (0, 1, 0)),
    ("clip", (4.0, 1.0, 3.0), (0, 0, 1)),
    ("clip", (0.0, 2.0, 2.0), (0, 1, 0)), ("clip", (2.0, 2.0, 2.0), (1, 0, 0)), ("clip", (4.0, 2.0, 2.0), (0, 0, 1)),
    ("clip", (2.0, 3.0, 1.0), (0, 0, 1)), ("clip", (0.0, 3.0, 1.0), (0, 0, 1)), ("clip", (4.0, 3.0, 1.0), (0, 0, 1)),
    ("logaddexp", (INF, INF), (0.5, 0.5)), ("logaddexp", (-INF, -INF), (0.5, 0.5)),
    ("logaddexp", (-INF, 1.0), (0, 1)),
]


@pytest.mark.filterwarnings("ignore::tinygrad_edu.errors.NonFiniteGradientWarning")
@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: np.array([x])], ids=["number", "array"])
@pytest.mark.parametrize(("name", "at", "slopes"), CONVENTIONS, ids=lambda value: str(value))
def test_derivative_at_a_kink_is_what_the_docstring_says(name, at, slopes, wrap):
    xs = [tg.Tensor(wrap(x)) for x in at]
    with np.errstate(divide="ignore"):
        y = DOORS[name](*xs)
    for recorded in (False, True):
        found = tg.gradients(y, xs, tg.asarray(wrap(2.0)), create_graph=recorded)
        assert_allclose([g.numpy().item() for g in found], 2 * np.array(slopes, float), rtol=0, atol=1e-15)


REDUCED = [
    ("max", {}, [3, 1, 3], [0.5, 0, 0.5]), ("min", {}, [1, 3, 1], [0.5, 0, 0.5]), ("std", {}, [2, 2, 2], [0, 0, 0]),
    ("std", {"correction": 1}, [2, 2, 2], [0, 0, 0]), ("vector_norm", {}, [0, 0, 0], [0, 0, 0]),
    ("vector_norm", {"ord": 1}, [-2, 0, 3], [-1, 0, 1]), ("vector_norm", {"ord": 3}, [0, 0, 0], [0, 0, 0]),
    ("vector_norm", {"ord": math.inf}, [-3, 1, 3], [-0.5, 0, 0.5]),
    ("vector_norm", {"ord": -math.inf}, [-3, 1, 1], [0, 0.5, 0.5]),
    ("vector_norm", {"ord": 0}, [-3, 0, 1], [0, 0, 0]), ("vector_norm", {"ord": math.inf}, [0, 0, 0], [0, 0, 0]),
    ("prod", {}, [0, 2, 3], [6, 0, 0]), ("prod", {}, [0, 0, 3], [0, 0, 0]),
    ("logsumexp", {}, [-INF, 0, -INF], [0, 1, 0]),
    ("logsumexp", {}, [-INF, -INF, -INF], [0, 0, 0]), ("mean", {}, [1, 2, 6], [1 / 3, 1 / 3, 1 / 3]),
]


@pytest.mark.parametrize(("name", "options", "at", "slopes"), REDUCED, ids=str)
def test_derivative_of_a_reduction_at_a_kink_is_what_the_docstring_says(name, options, at, slopes):
    x = tg.Tensor(np.array(at, float))
    DOORS[name](x, **options).backward()
    assert_allclose(x.grad.numpy(), slopes, rtol=1e-15)


@pytest.mark.parametrize("dtype", FLOATS, ids=lambda dtype: dtype.__name__)
@pytest.mark.parametrize(("at", "slopes"), [([1e3, 1e3], [0.5, 0.5]), ([-1e3, -1e3], [0.5, 0.5]), ([1e3, 0], [1, 0])],
                         ids=str)
def test_slopes_of_logsumexp_add_up_to_one_where_exponentials_overflow_and_sums_are_rounded(at, slopes, dtype):
    x = tg.Tensor(np.array(at, dtype))
    tg.logsumexp(x).backward()
    assert_array_equal(x.grad.numpy(), slopes)


@pytest.mark.parametrize("dtype", FLOATS, ids=lambda dtype: dtype.__name__)
def test_means_of_more_elements_than_the_dtype_can_count(dtype):
    n = 100_000                                             # the largest float16 is 65504
    x = tg.Tensor(np.tile(np.array([1, -1], dtype), n // 2))
    assert_allclose(tg.gradients(tg.mean(x), x).numpy()[:2], [1 / n, 1 / n], rtol=1e-2)
    if dtype != np.float16:                                 # in which NumPy's sum of squares overflows
        assert_allclose(tg.gradients(tg.var(x), x).numpy()[:2], [2 / n, -2 / n], rtol=1e-4)
        assert_allclose(tg.gradients(tg.std(x), x).numpy()[:2], [1 / n, -1 / n], rtol=1e-4)


def test_equal_pixels_of_a_window_share_its_gradient():
    x = tg.Tensor(np.array([[1.0, 1, 2], [1, 1, 2]]).reshape(1, 2, 3, 1))
    tg.max_pool2d(x, 2, stride=1).backward(np.array([[8.0, 2.0]]).reshape(1, 1, 2, 1))
    assert x.grad.numpy().reshape(2, 3).tolist() == [[2, 2, 1], [2, 2, 1]]      # 8 / 4 each; 2 / 2 each


CURVED = [
    ("abs", (0.0,), [[0]]), ("relu", (0.0,), [[0]]), ("sinc", (0.0,), [[-math.pi**2 / 3]]),
    ("hypot", (0.0, 0.0), [[0, 0], [0, 0]]), ("atan2", (0.0, 2.0), [[0, -0.25], [-0.25, 0]]),
    ("power", (0.0, 2.0), [[2, 0], [0, 0]]), ("power", (0.0, 3.0), [[0, 0], [0, 0]]),
    ("power", (2.0, 0.0), [[0, 0.5], [0.5, math.log(2) ** 2]]),
    ("power", (3.0, 1.0), [[0, 1 + math.log(3)], [1 + math.log(3), 3 * math.log(3) ** 2]]),
    ("sigmoid", (800.0,), [[0]]), ("tanh", (400.0,), [[0]]), ("softplus", (-800.0,), [[0]]),
    ("logaddexp", (INF, INF), [[0, 0], [0, 0]]),
]


@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: np.array([x])], ids=["number", "array"])
@pytest.mark.parametrize(("name", "at", "hessian"), CURVED, ids=str)
def test_second_derivatives_at_special_points(name, at, hessian, wrap):
    found = tg.hessian(lambda *xs: tg.sum(DOORS[name](*xs)), argnums=tuple(range(len(at))))(*map(wrap, at))
    assert_allclose([[np.asarray(each).item() for each in row] for row in found], hessian, rtol=1e-12, atol=1e-15)


BENT = [
    ("std", {}, [2, 2], [[0, 0], [0, 0]]), ("vector_norm", {}, [0, 0], [[0, 0], [0, 0]]),
    ("vector_norm", {"ord": 1}, [0, 2], [[0, 0], [0, 0]]), ("vector_norm", {"ord": 3}, [0, 0], [[0, 0], [0, 0]]),
    ("prod", {}, [0, 0, 3], [[0, 3, 0], [3, 0, 0], [0, 0, 0]]),
    ("logsumexp", {}, [-INF, 0], [[0, 0], [0, 0]]), ("var", {"correction": 1}, [2, 2], [[1, -1], [-1, 1]]),
    ("max", {}, [2, 2, 1], [[0, 0, 0]] * 3),
]


@pytest.mark.parametrize(("name", "options", "at", "hessian"), BENT, ids=str)
def test_second_derivatives_of_reductions_at_special_points(name, options, at, hessian):
    found = tg.hessian(lambda x: DOORS[name](x, **options))(np.array(at, float))
    assert_allclose(found, hessian, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
def test_repeated_eigenvalues_have_smooth_functions_and_no_vectors_of_their_own(scale):
    q, _ = np.linalg.qr(np.array([[1.0, 2, 3], [0, 1, 4], [5, 6, 0]]))
    repeated, apart = (q @ np.diag(scale * np.array(w)) @ q.T for w in ([1, 1, 2], [1, 1 + 1e-3, 2]))
    found = tg.grad(lambda x: tg.sum(tg.eigh(x)[0] ** 2))(repeated)     # the sum of squares of x
    assert_allclose(found, 2 * repeated, rtol=1e-12, atol=1e-12 * scale)
    space = tg.Tensor(repeated)
    vectors = tg.eigh(space)[1]
    (vectors[:, :2] @ vectors[:, :2].T)[0, 1].backward()                # the projection onto the shared space is smooth
    assert np.all(np.isfinite(space.grad.numpy()))
    for start in (1e-20, 1.0):
        with pytest.raises(tg.errors.GraphError, match=r"eigh\(x\): two eigenvalues are equal"):
            (tg.eigh(tg.Tensor(repeated))[1][0, 0] * start).backward()
    near = tg.Tensor(apart)
    tg.eigh(near)[1][0, 0].backward()
    assert np.max(np.abs(near.grad.numpy())) > 10 / scale               # 1 / (the gap of 1e-3)


EXTREMES = [          # where a naive formula overflows, cancels, or divides 0 by 0
    ("tanh", (400.0,), 0.0), ("sigmoid", (-800.0,), 0.0), ("sigmoid", (800.0,), 0.0), ("softplus", (800.0,), 1.0),
    ("softplus", (-800.0,), 0.0),
    ("sigmoid", (-40.0,), math.exp(-40)), ("softplus", (-40.0,), math.exp(-40)), ("logaddexp", (1000.0, 1000.0), 0.5),
    ("logaddexp", (1000.0, 0.0), 1.0), ("hypot", (3e200, 4e200), 0.6), ("hypot", (3e-200, 4e-200), 0.6),
    ("atan2", (3e200, 4e200), 4 / 25 * 1e-200),
    ("asin", (1 - 2**-40,), 1 / math.sqrt(2**-40 * (2 - 2**-40))),
    ("acos", (2**-40 - 1,), -1 / math.sqrt(2**-40 * (2 - 2**-40))),
    ("atanh", (1 - 2**-40,), 1 / (2**-40 * (2 - 2**-40))),
    ("acosh", (1 + 2**-40,), 1 / math.sqrt(2**-40 * (2 + 2**-40))),
    ("asinh", (1e200,), 1e-200), ("acosh", (1e200,), 1e-200), ("sinc", (1e-5,), -math.pi**2 / 3 * 1e-5),
    ("expm1", (1e-20,), 1.0),
    ("log1p", (1e-20,), 1.0), ("square", (1e200,), 2e200), ("log", (1e-300,), 1e300), ("exp", (-800.0,), 0.0),
]


@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: np.array([x])], ids=["number", "array"])
@pytest.mark.parametrize(("name", "at", "slope"), EXTREMES, ids=str)
def test_derivative_is_exact_where_a_naive_formula_fails(name, at, slope, wrap):
    first, *others = (tg.Tensor(wrap(x)) for x in at)
    with np.errstate(over="ignore", under="ignore"):
        DOORS[name](first, *others).backward(wrap(1.0))
    assert_allclose(first.grad.numpy().item(), slope, rtol=1e-9, atol=1e-300)


# -- nothing else changes ---------------------------------------------------------------------------------------------


@each_differentiable
@examples(5)
@given(data=st.data())
def test_passes_change_no_value_and_gradients_add_up(subject, data):
    """Inputs, results and gradients on the way stay; two passes leave twice the gradient, the first one unharmed."""
    case = data.draw(cases(subject))
    rng = np.random.default_rng(data.draw(st.integers(0, 100)))
    given_arrays = [np.array(x) if isinstance(x, np.ndarray) else x for x in case.inputs]
    xs = variables(case.inputs)
    outputs = [each for each in floating(subject.results(xs, case.options)) if each.requires_grad]
    for output in outputs:
        for x in xs:
            if isinstance(x, tg.Tensor):
                x.zero_grad()
        before, g = output.numpy(), rng.uniform(-1, 1, output.shape)
        kept = g.copy()
        output.backward(g)
        reached = [x for x in xs if isinstance(x, tg.Tensor) and x.grad is not None]
        held = [x.grad.data for x in reached]
        once = [x.grad.numpy() for x in reached]
        output.backward(g)
        assert_array_equal(output.numpy(), before)
        assert_array_equal(g, kept)
        assert_array_equal(output.grad.numpy(), kept)
        for x, first, now in zip(reached, once, held, strict=True):
            assert_array_equal(now, first)
            assert_array_equal(x.grad.numpy(), 2 * first)
    for x, t, known in zip(case.inputs, xs, given_arrays, strict=True):
        if isinstance(x, np.ndarray):
            assert_array_equal(x, known)
            assert_array_equal(raw(t), known)
