"""Laws that hold for every operation in the registry and for every derivative rule; a new operation is tested by them too."""

import math
import warnings
from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import tinygrad_edu as tg
from tests.numerical import Estimate, assert_agrees, derivative, directions
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
    reference_of,
    subjects,
)
from tinygrad_edu.core.ops import Rule

SUBJECTS, RULES = subjects(), derivatives()
FLOATS = (np.float64, np.float32, np.float16)
LAPACK = {"solve", "inv", "det", "cofactors", "slogdet", "eigh"}            # without half precision
each_subject = pytest.mark.parametrize("subject", SUBJECTS, ids=str)
each_operation = pytest.mark.parametrize("op", BUILT_IN.values(), ids=lambda op: op.name)
each_rule = pytest.mark.parametrize("rule", RULES, ids=str)


def variables(inputs):
    """Tensors in place of the floating inputs."""
    return [tg.Tensor(x) if is_floating(x) else x for x in inputs]


def raw(t):
    return np.asarray(t.data if isinstance(t, tg.Tensor) else t)


def joined(arrays):
    """The elements of all floating arrays, one after the other."""
    return np.concatenate([np.zeros(0), *(raw(each).ravel() for each in arrays if is_floating(each))])


def floating(results):
    return [each for each in results if is_floating(each)]


def steady(subject, results, like):
    """Eigenvectors are determined up to their sign: that which they have in `like`."""
    if subject.name != "eigh":
        return results
    return [results[0], results[1] * np.sign(np.sum(results[1] * like[1], axis=-2, keepdims=True))]


def starts(rng, results):
    """A random gradient to start from, for each result."""
    return [rng.uniform(-1, 1, each.shape) for each in results]


def pulled(case, inputs, gs, argument):
    """The gradients for an argument, from a first-order pass."""
    positions = case.subject.positions(argument, inputs)
    xs = [tg.Tensor(x) if i in positions else x for i, x in enumerate(inputs)]
    outputs = floating(case.subject.results(xs, case.options))
    return tg.gradients(outputs, [xs[i] for i in positions], gs)


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
    creation = {"arange", "asarray", "eye", "full", "full_like", "linspace", "one_hot", "ones", "ones_like", "zeros", "zeros_like"}
    public = {name for name in tg.__all__ if callable(getattr(tg, name)) and getattr(tg, name).__module__.startswith("tinygrad_edu.ops")}
    assert public - known - creation == set(), "add them to COMPOSED in tests/registry.py"


@each_operation
def test_docstring_begins_with_a_sentence(op):
    first = op.doc.partition("\n")[0]
    assert len(first) > 3
    assert first.endswith((".", ":"))


@each_operation
def test_every_input_has_a_rule_or_says_aloud_that_it_has_none(op):
    assert [rule.argument for rule in op.rules.values() if rule.kind == Rule.MISSING] == []


# -- values -----------------------------------------------------------------------------------------------------------


def frozen(x):
    """x, read-only all the way to the owner of its memory, so that a tensor takes it as it lies."""
    owner = x
    while owner is not None:
        owner.flags.writeable = False
        owner = owner.base
    return x


def strided(x):
    """x as every second element of a larger array."""
    larger = np.zeros([2 * n for n in x.shape], x.dtype)
    view = larger[tuple(slice(None, None, 2) for _ in x.shape)]
    view[...] = x
    return view


LAYOUTS = {"contiguous": lambda x: x.copy(), "reversed": lambda x: np.flip(np.flip(x).copy()), "strided": strided,
           "Fortran": lambda x: np.array(x, order="F")}


def converted(x, dtype):
    if dtype in (np.uint8, np.bool_):
        x = np.abs(x)
    return np.trunc(x).astype(dtype)  if dtype not in FLOATS else x.astype(dtype)


def outcome(call):
    """The results of a call, or the exception that it raised."""
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            return call()
    except (TypeError, ValueError, IndexError, ArithmeticError) as error:
        return error


@pytest.mark.parametrize("dtype", ALL_DTYPES, ids=lambda dtype: dtype.__name__)
@each_subject
@examples(4)
@given(data=st.data())
def test_values_and_dtypes_are_numpys(subject, dtype, data):
    if dtype in (np.bool_, np.uint8) and reference_of(subject).__module__.startswith("tests"):
        return                                                          # NumPy does not say what they should be
    case = data.draw(cases(subject))
    layout = data.draw(st.sampled_from(sorted(LAYOUTS)))
    inputs = [frozen(LAYOUTS[layout](converted(x, dtype))) if is_floating(x) else x for x in case.inputs]
    expected = outcome(lambda: subject.expected(inputs, case.options))
    tensors = [tg.asarray(x) if isinstance(x, np.ndarray) and x.dtype == dtype else x for x in inputs]
    found = outcome(lambda: subject.results(tensors, case.options))
    if isinstance(expected, Exception):
        assert isinstance(found, tg.errors.TinygradEduError), f"NumPy raises {expected!r}"
        return
    assert not isinstance(found, Exception), found
    for ours, numpys in zip(found, expected, strict=True):
        assert (ours.shape, ours.dtype) == (numpys.shape, numpys.dtype)
        precision = 64 * np.finfo(numpys.dtype).eps if numpys.dtype.kind == "f" else 0
        size = np.max(np.abs(numpys[np.isfinite(numpys)].astype(float)), initial=1)
        assert_allclose(raw(ours).astype(float), numpys.astype(float), rtol=precision, atol=precision * float(size))


@each_subject
@examples(4)
@given(data=st.data())
def test_raw_arrays_give_raw_arrays_and_tensors_the_same_as_tensors(subject, data):
    case = data.draw(cases(subject))
    assume(not subject.name.startswith("at."))                          # methods of Tensor
    plain, recorded = subject.results(case.inputs, case.options), subject.results(variables(case.inputs), case.options)
    for x, t in zip(plain, recorded, strict=True):
        assert isinstance(x, np.ndarray | np.generic)
        assert isinstance(t, tg.Tensor)
        assert_allclose(raw(t), x, rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize("op", [op for op in BUILT_IN.values() if hasattr(np, op.name) or hasattr(np.linalg, op.name)], ids=lambda op: op.name)
@examples(4)
@given(data=st.data())
def test_numpys_function_of_the_same_name_does_the_same_and_records_it(op, data):
    subject = next(each for each in SUBJECTS if each.op is op)
    case = data.draw(cases(subject))
    inputs, options = variables(case.inputs), dict(case.options)
    ours = subject.results(inputs, options)
    numpys = getattr(np, op.name, None) or getattr(np.linalg, op.name)
    if "descending" in options:                                         # what NumPy does not have
        assume(not options.pop("descending"))
    if op.name == "pad":
        options = {"pad_width": options["pad_width"], "constant_values": options["value"]}
    positional = [options.pop(name) for name in ("dtype",) if op.name == "astype"] + [options.pop(name) for name in ("repetitions",) if name in options]
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
@examples(8)
@given(data=st.data())
def test_rule_is_the_derivative(rule, data):
    case = data.draw(cases(rule.subject, rule.argument))
    rng = np.random.default_rng(data.draw(st.integers(0, 100)))
    base = case.subject.results(variables(case.inputs), case.options)
    assume(floating(base))
    like = [raw(each) for each in base]
    gs = starts(rng, floating(base))
    positions = case.subject.positions(rule.argument, case.inputs)
    found = pulled(case, case.inputs, gs, rule.argument)

    def f(*xs):
        inputs = list(case.inputs)
        for i, x in zip(positions, xs, strict=True):
            inputs[i] = x
        return joined(steady(case.subject, [raw(each) for each in case.subject.results(list(map(tg.asarray, inputs)), case.options)], like))

    for k, i in enumerate(positions):
        for t in directions(rng, case.inputs[i].shape):
            ts = [t if n == k else np.zeros(case.inputs[j].shape) for n, j in enumerate(positions)]
            jt = derivative(f, [case.inputs[j] for j in positions], ts)
            g = joined(gs)
            assert_agrees(np.sum(raw(found[k]) * t), Estimate(g @ jt.value, np.abs(g) @ jt.error), f"{rule}[{i}]")
