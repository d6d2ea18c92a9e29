"""Formulas: rules recorded on stand-ins, and graphs printed as mathematics that evaluates to their numbers."""

import math
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_edu as tg
from tests.registry import cases, derivatives, examples, is_floating, subjects
from tests.test_graphs import programs
from tinygrad_edu.core.backprop import contribution_of, fitted, raw_value
from tinygrad_edu.core.walk import made_from
from tinygrad_edu.errors import ArgumentError, GraphError, RuleError
from tinygrad_edu.views.formulas import formula, function_formula, rule_formula
from tinygrad_edu.views.recorded_rules import recorded_rule

RULES = derivatives(composed=False)


def recorded_call(data, case):
    """The node that a call records on variables, and a gradient that may arrive there."""
    inputs = [tg.Tensor(x) if is_floating(x) else x for x in case.inputs]
    out = case.subject.results(inputs, case.options)[0]
    node = out.inputs[0] if out.op.name == "item" else out
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    parts = node._value if node._value.__class__ is tuple else (node._value,)
    g = tuple(np.asarray(rng.uniform(-1, 1, np.shape(x)) if np.asarray(x).dtype.kind == "f" else np.zeros(np.shape(x)))
              .astype(np.asarray(x).dtype) for x in parts)
    return node, g if node.op.results else g[0]


# -- recorded rules ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("derivative", RULES, ids=str)
@examples(4)
@given(data=st.data())
def test_a_recorded_rule_gives_what_the_engine_gets_from_the_rule(derivative, data):
    subject = derivative.subject
    case = data.draw(cases(subject, derivative.argument))
    node, g = recorded_call(data, case)
    for index in subject.positions(derivative.argument, case.inputs):
        recorded = recorded_rule(node, index, g)
        arriving = node.op.results(*g) if node.op.results else g[()] if g.ndim else g.dtype.type(g)
        arriving = float(arriving) if arriving.__class__ is np.float64 else arriving
        with np.errstate(all="ignore"):
            expected = np.asarray(contribution_of(node.op.rule_of(index), node, arriving, index, raw_value))
        found = recorded.result.numpy() if recorded.result.__class__ is tg.Tensor else np.asarray(recorded.result)
        assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
        if node._value.__class__ is np.ndarray:
            assert found.tobytes() == expected.tobytes()
        np.testing.assert_allclose(found, expected, rtol=1e-14, atol=0)


def test_stand_ins_stand_for_inputs_and_result():
    x = tg.Tensor([0.3, 0.5])
    y = tg.tanh(x)
    recorded = recorded_rule(y, 0)
    assert list(recorded.stand_ins.values()) == [y]
    _, leaves = made_from([recorded.result])
    assert {each.name for each in leaves} == {"g", "out"}
    z = x * x
    [(stand_in, meant)] = recorded_rule(z, 1).stand_ins.items()
    assert meant is x
    assert stand_in is not x
    assert np.array_equal(stand_in.data, x.data)


def test_array_constants_have_stand_ins_and_numbers_stand_for_themselves():
    w, table = tg.Tensor(np.ones((2, 3))), np.arange(12.0).reshape(3, 4)
    recorded = recorded_rule(w @ table, 0)
    stand_in, = recorded.result.inputs[1].inputs                # the transpose of the table
    assert np.array_equal(recorded.stand_ins[stand_in], table)
    assert recorded_rule(w * 2.5, 0).result.inputs[1] == 2.5


def test_rules_that_are_not_there_are_refused_in_words():
    w = tg.Tensor([1.0, 2.0])
    with pytest.raises(GraphError, match="variable or a constant"):
        recorded_rule(w, 0)
    with pytest.raises(ArgumentError, match=r"number 2.*Expected one of its 2 inputs"):
        recorded_rule(w * w, 2)
    with pytest.raises(RuleError, match="take has no derivative by its input indices"):
        recorded_rule(tg.take(w, [0, 1]), 1)


# -- every operation and every rule -----------------------------------------------------------------------------------


def recording(x, name):
    """A variable, also of integers and booleans, so that what is made from it is recorded."""
    made = tg.Tensor(x, name=name)
    made._needs = True
    return made


def value_of(x):
    """What a name in a formula is bound to."""
    return np.asarray(x._value)[()] if x.__class__ is tg.Tensor and x._value.__class__ is not tuple else x


def evaluated(f, **changed):
    """The value of the NumPy form."""
    names = {name: value_of(x) for name, x in f.names.items()} | {"np": np} | changed
    before, _, last = f.numpy.rpartition("\n")
    with np.errstate(all="ignore"):
        exec(before, names)
        return eval(last, names)


def assert_well_formed(f):
    """LaTeX with balanced braces, MathML that is XML, and words without signs."""
    depth = 0
    for brace in re.findall(r"(?<!\\)[{}]", f.latex):
        depth += 1 if brace == "{" else -1
        assert depth >= 0
    assert depth == 0
    assert f.latex.count(r"\left") == f.latex.count(r"\right")
    assert sorted(re.findall(r"\\begin{(\w+)}", f.latex)) == sorted(re.findall(r"\\end{(\w+)}", f.latex))
    ElementTree.fromstring(f.mathml)
    assert re.fullmatch(r"[\w\s]+", f.spoken), f.spoken
    assert "_" not in f.spoken
    assert f.text


def assert_close(found, expected):
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape
    if expected.dtype.kind != "f":
        np.testing.assert_array_equal(found, expected)
        return
    eps = np.finfo(expected.dtype).eps
    with np.errstate(all="ignore"):
        size = np.max(np.abs(expected), initial=0, where=np.isfinite(expected))
    np.testing.assert_allclose(found.astype(float), expected.astype(float), rtol=200 * eps, atol=200 * eps * size)


@pytest.mark.parametrize("subject", subjects(), ids=str)
@examples(4)
@given(data=st.data())
def test_the_formula_of_an_operation_evaluates_to_its_result(subject, data):
    case = data.draw(cases(subject))
    inputs = [x if x is None else recording(x, f"x{i}") for i, x in enumerate(case.inputs)]
    for out in subject.results(inputs, case.options):
        f = formula(out)
        assert_close(evaluated(f), out._value)
        assert_well_formed(f)


@pytest.mark.parametrize("derivative", RULES, ids=str)
@examples(4)
@given(data=st.data(), short=st.booleans())
def test_the_formula_of_a_rule_evaluates_to_what_the_rule_gives(derivative, data, short):
    subject = derivative.subject
    case = data.draw(cases(subject, derivative.argument))
    node, g = recorded_call(data, case)
    for index in subject.positions(derivative.argument, case.inputs):
        f = rule_formula(node, index, short=short)
        arriving = node.op.results(*g) if node.op.results else g[()]
        rule = node.op.rule_of(index)
        with np.errstate(all="ignore"):
            contribution = contribution_of(rule, node, arriving, index, raw_value)
            expected = np.asarray(fitted(contribution, node.inputs[index], rule, False))
        changed = {"g": arriving, "dL_dout": arriving}
        if node.op.results:
            changed = dict(zip([f"{'g_' if short else 'dL_d'}{name}" for name in node.op.results._fields], arriving,
                               strict=True))
        assert_close(evaluated(f, **changed), expected)
        assert_well_formed(f)


# -- whole graphs -----------------------------------------------------------------------------------------------------

SAME_NAME = ("tanh", "relu", "sin", "exp", "mean", "softmax", "concat", "hypot", "where", "sort", "clip", "reshape")
IN_TEXT = {"Σ": tg.sum, "σ": tg.sigmoid, "max": lambda *xs, **axes: (np.maximum if xs[1:] else np.max)(*xs, **axes),
           **{name: getattr(tg, name) for name in SAME_NAME}}
SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")


def read_as_mathematics(f):
    """The value of the plain text, with Python's precedence for its signs."""
    names = {name: value_of(x) for name, x in f.names.items()} | IN_TEXT | {"abs": np.abs}
    for line in f.text.splitlines():
        if line.startswith("    "):
            break                                               # notes
        target, equals, right = line.partition(" = ")
        python = re.sub("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+", lambda match: f"**({match[0].translate(SUPERSCRIPTS)})", right or target)
        python = re.sub(r"\|([^|]*)\|", r"abs(\1)", python).replace("·", "*").replace("−", "-").replace("ᵀ", ".T")
        value = eval(python.translate(SUBSCRIPTS), names)
        names[(target if equals else "result").translate(SUBSCRIPTS)] = value
    return value


@examples(80)
@given(program=programs(smooth=False), seed=st.integers(0, 99))
def test_formulas_of_random_programs_evaluate_to_their_results(program, seed):
    variables = [tg.Tensor(x, name=name) for name, x in zip("abc", program.at(seed), strict=False)]
    y = program(*variables)
    f = formula(y)
    assert_close(evaluated(f), y.data)
    assert_well_formed(f)
    if f.text.count("|") <= 2 and "concat" not in f.text:       # bars within bars cannot be told apart
        np.testing.assert_allclose(read_as_mathematics(f), y.data, rtol=1e-10)


@examples(25)
@given(program=programs(), seed=st.integers(0, 99))
def test_formulas_of_gradients_evaluate_to_them(program, seed):
    variables = [tg.Tensor(x, name=name) for name, x in zip("abc", program.at(seed), strict=False)]
    for g in tg.gradients(program(*variables), variables, create_graph=True, allow_unused=True):
        if g is not None:
            np.testing.assert_allclose(evaluated(formula(g)), g.data, rtol=1e-11, atol=1e-13)


def numbered(name, n, first=0):
    return [tg.Tensor(0.1 * i - 0.3, name=f"{name}{i}") for i in range(first, first + n)]


@pytest.mark.parametrize(("make", "text"), [
    (lambda a, b, c: a + (-b), "a − b"),
    (lambda a, b, c: a - (-b), "a + b"),
    (lambda a, b, c: a - (b - c), "a − (b − c)"),
    (lambda a, b, c: a - b - c, "a − b − c"),
    (lambda a, b, c: (a + b) * c, "(a + b) · c"),
    (lambda a, b, c: a * b + c, "a·b + c"),
    (lambda a, b, c: a / (b * c), "a/(b·c)"),
    (lambda a, b, c: a / b * c, "(a/b) · c"),
    (lambda a, b, c: a * b / c, "a·b/c"),
    (lambda a, b, c: -(a ** 2), "−a²"),
    (lambda a, b, c: -(a + b), "−(a + b)"),
    (lambda a, b, c: a * (-b), "a·(−b)"),
    (lambda a, b, c: (-a) ** 2, "(−a)²"),
    (lambda a, b, c: (a + b) ** -1, "(a + b)⁻¹"),
    (lambda a, b, c: a ** (b + c), "a^(b + c)"),
    (lambda a, b, c: a * a * a, "a²·a"),
    (lambda a, b, c: 2 * a, "2·a"),
    (lambda a, b, c: a * 2 - 3, "2·a − 3"),
    (lambda a, b, c: 1e-5 * a, "1×10⁻⁵·a"),
    (lambda a, b, c: tg.abs(a - b) / 2, "|a − b| / 2"),
    (lambda a, b, c: tg.sqrt(a * a + b * b), "√(a² + b²)"),
    (lambda a, b, c: tg.exp(a) / (1 + tg.exp(b)), "exp(a) / (1 + exp(b))"),
    (lambda a, b, c: 1 / tg.reciprocal(a), "1 / (1/a)"),
    (lambda a, b, c: tg.where(a > b, a, -b), "where(a > b, a, −b)"),
    (lambda a, b, c: sum([a, b, c]), "a + b + c"),
])
def test_brackets_stand_where_they_are_needed(make, text):
    a, b, c = tg.variables(a=0.5, b=0.25, c=2)
    f = formula(make(a, b, c))
    assert f.text.rpartition("make = ")[2] == text
    assert_close(evaluated(f), make(a, b, c).data)


def test_a_part_that_is_used_twice_has_a_line_of_its_own():
    x = tg.Tensor(0.5, name="x")
    y = tg.exp(tg.tanh(x)) * tg.tanh(x)
    assert formula(y).text == "y = exp(tanh(x))·tanh(x)"        # two results, as it was computed
    h = tg.tanh(x)
    z = tg.exp(h) * h
    assert formula(z).text == "h = tanh(x)\nz = exp(h)·h"
    assert formula(z).numpy == "h = np.tanh(x)\nnp.exp(h) * h"
    parts = [tg.sin(x)]
    assert formula(parts[0] / (1 + parts[0])).text == "h₁ = sin(x)\nh₁ / (1 + h₁)"
    assert formula(h * h).text == "tanh(x)²"


def test_transposes_and_picked_elements_are_written_twice():
    w = tg.Tensor(np.ones((2, 2)), name="w")
    t = w.T
    assert formula(t @ t).text == "wᵀ @ wᵀ"


def test_products_of_matrices_have_brackets_within_products_of_elements():
    x = tg.Tensor(np.ones((2, 2)), name="x")
    assert [formula(y).text for y in (2 * (x @ x), (2 * x) @ x, x @ (x @ x), -x @ x)] == [
        "2 · (x @ x)", "(2·x) @ x", "x @ (x @ x)", "(−x) @ x"]


def test_a_part_that_numpy_needs_twice_is_computed_once():
    x = tg.Tensor([0.5, 1.0], name="x")
    f = formula(tg.softmax(tg.sin(x)))
    assert f.numpy == "_1 = np.sin(x)\nnp.exp(_1 - np.logaddexp.reduce(_1, axis=-1, keepdims=True))"


def test_broadcasting_is_written_only_where_it_does_not_happen_anyway():
    x = tg.Tensor(0.5, name="x")
    spread = [tg.broadcast_to(x, (3,)) for _ in range(2)]
    assert formula(spread[0] * 2).text == "2 · broadcast_to(x, (3,))"
    assert formula(spread[1] * np.arange(3.0)).text == "x · [0, 1, 2]"


def test_depth_leaves_an_ellipsis():
    w, x, b = tg.variables(w=2, x=-3, b=1)
    y = tg.tanh(w * x + b)
    assert [formula(y, depth=n).text for n in (1, 2, 3)] == ["y = tanh(…)", "y = tanh(… + b)", "y = tanh(w·x + b)"]
    assert_close(evaluated(formula(y, depth=2)), y.data)
    with pytest.raises(ArgumentError, match="depth=0"):
        formula(y, depth=0)


def test_a_long_sum_of_numbered_products_is_folded():
    w, x, b = numbered("w", 784), numbered("x", 784), tg.Tensor(0.5, name="b")
    y = sum((wi * xi for wi, xi in zip(w, x, strict=True)), b)
    f = formula(y)
    assert f.text == "y = b + Σᵢ₌₀⁷⁸³ wᵢ·xᵢ"
    assert f.latex == r"y = b + \sum_{i=0}^{783} w_{i} \cdot x_{i}"
    assert f.spoken == "y equals b plus the sum over i from zero to 783 of w i times x i"
    np.testing.assert_allclose(evaluated(f), y.data, rtol=1e-12)


def test_folds_know_offsets_brackets_and_picked_elements():
    a, b, c = numbered("a", 5), numbered("b", 5, first=2), tg.Tensor(np.arange(5.0), name="c")
    assert formula(a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3]).text == "Σᵢ₌₀³ aᵢ·bᵢ₊₂"
    y = 2 * sum((a[i] - c[i]) ** 2 for i in range(5))
    assert formula(y).text == "y = 2 · (Σᵢ₌₀⁴ (aᵢ − cᵢ)²)"
    assert_close(evaluated(formula(y)), y.data)
    assert formula(a[0] + a[1] + a[2]).text == "a0 + a1 + a2"
    assert formula(a[0] + a[1] + a[2], fold=3).text == "Σᵢ₌₀² aᵢ"
    assert formula(sum(a), fold=None).text == "a0 + a1 + a2 + a3 + a4"
    assert formula(a[3] + a[1] + a[2] + a[0]).text == "a3 + a1 + a2 + a0"


def test_neurons_of_a_scalar_network_get_a_line_each():
    values = iter([tg.Tensor(0.1 * i) for i in range(17)])

    def neuron(xs):
        return tg.tanh(sum((next(values) * x for x in xs), next(values)))
    hidden = [neuron([2.0, -1.0]) for _ in range(4)]
    y = neuron(hidden)
    f = formula(y)
    assert f.text.splitlines() == ["h₁ = tanh(v₁ + 2·v₂ − v₃)", "h₂ = tanh(v₄ + 2·v₅ − v₆)",
                                   "h₃ = tanh(v₇ + 2·v₈ − v₉)", "h₄ = tanh(v₁₀ + 2·v₁₁ − v₁₂)",
                                   "tanh(v₁₃ + Σᵢ₌₁⁴ vᵢ₊₁₃·hᵢ)"]
    assert_close(evaluated(f), y.data)


def test_a_long_formula_is_broken_at_the_results_that_have_names():
    w1, b1, w2, b2 = (tg.Tensor(np.ones(shape), name=name) for name, shape in
                      [("weights1", (3, 4)), ("bias1", 4), ("weights2", (4, 2)), ("bias2", 2)])
    images = np.ones((5, 3))
    hidden = tg.sigmoid(images @ w1 + b1)
    output = tg.sigmoid(hidden @ w2 + b2)
    loss = tg.mean((output - np.eye(5, 2)) ** 2)
    f = formula(loss)
    assert f.text.splitlines()[:3] == ["hidden = σ(c₁ @ weights1 + bias1)", "output = σ(hidden @ weights2 + bias2)",
                                       "loss = mean((output − c₂)²)"]
    assert f.notes == ("c₁ is a constant array of 5×3", "c₂ is a constant array of 5×2")
    assert_close(evaluated(f), loss.data)


def test_very_long_chains_are_cut_into_lines():
    x = tg.Tensor(0.1)
    y = x
    for _ in range(3000):
        y = tg.sin(y) * 1.5
    f = formula(y)
    assert all(len(line) < 1000 for line in f.text.splitlines())
    assert_close(evaluated(f), y.data)


def test_sums_that_grow_to_the_right_are_cut_into_lines():
    x = tg.Tensor(0.1)
    y = x
    for _ in range(3000):
        y = x - y
    f = formula(y)
    assert all(len(line) < 1000 for line in f.text.splitlines())
    assert_close(evaluated(f), y.data)


def test_a_users_own_operation_is_written_by_its_name():
    @tg.op
    def soft_clip(x, /, *, width=1.0):
        return x / (1 + np.abs(x) / width)
    soft_clip.derivative(x=lambda g, x, width: g / (1 + tg.abs(x) / width) ** 2)
    x = tg.Tensor([0.5, -2.0])
    y = soft_clip(x, width=2.0) + 1
    f = formula(y)
    assert f.text == "y = soft_clip(x, width=2.0) + 1"
    assert f.spoken == "y equals soft clip of x with width two plus one"
    assert_close(evaluated(f), y.data)
    rule = rule_formula(y.inputs[0], x)
    assert rule.text == "∂L/∂x = ∂L/∂out / (1 + |x|/2)²"
    assert_close(evaluated(rule), recorded_rule(y.inputs[0], 0).result.data)


def test_foreign_and_checkpointed_functions_are_written_by_their_names():
    def cubed(v):
        return v ** 3

    def wave(v):
        return tg.sin(v) * v
    x = tg.Tensor(0.5, name="x")
    y = tg.custom(cubed, vjp=lambda g, out, v: 3 * g * v ** 2)(x)
    z = tg.checkpoint(wave)(x)
    assert formula(y + z).text == "cubed(x) + wave(x)"
    assert_close(evaluated(formula(y + z)), (y + z).data)
    assert_close(evaluated(rule_formula(y, 0)), 0.75)
    np.testing.assert_allclose(evaluated(rule_formula(z, 0)), math.sin(0.5) + 0.5 * math.cos(0.5))


def test_functions_are_recorded_with_the_names_of_their_parameters():
    def energy(m, v):
        return 0.5 * m * v ** 2
    assert function_formula(energy, 1.0, 2.0).text == "energy(m, v) = 0.5·m·v²"
    assert formula(lambda *xs: xs[0] + xs[1], 1.0, 2.0).text == "f(xs1, xs2) = xs1 + xs2"
    layers = formula(lambda params, x: tg.tanh(x @ params["w"] + params["b"]),
                     {"w": np.ones((3, 2)), "b": np.ones(2)}, np.ones(3))
    assert layers.text == "f(params, x) = tanh(x @ w + b)"
    assert formula(tg.logsumexp, np.ones(3)).text == "logsumexp(x) = logsumexp(x)"
    with pytest.raises(ArgumentError, match="gave a tuple"):
        formula(lambda x: (x, x), 1.0)
    with pytest.raises(ArgumentError, match="Expected a Tensor, or a function"):
        formula(3.0)


def test_names_that_python_or_latex_cannot_have_are_changed_there():
    w = tg.Tensor(1.0, name="layers.0.weight")
    lam = tg.Tensor(2.0, name="lambda")
    picked = tg.Tensor(3.0, name="w[2,0]")
    f = formula(w * lam * picked)
    assert f.text == "layers.0.weight·lambda·w[2,0]"
    assert f.numpy == "layers_0_weight * _lambda * w_2_0"
    assert f.latex == r"\mathrm{layers.0.weight} \cdot \lambda \cdot w_{2,0}"
    assert set(f.names) == {"layers_0_weight", "_lambda", "w_2_0"}


# -- rules ------------------------------------------------------------------------------------------------------------


def test_the_rule_of_a_product_reads_as_in_a_book():
    w, x = tg.variables(w=2, x=-3)
    y = w * x
    assert rule_formula(y, w).text == "∂L/∂w = ∂L/∂y · x"
    assert rule_formula(y, 1, of="loss").text == "∂loss/∂x = ∂loss/∂y · w"
    assert rule_formula(y, w, short=True).text == "∂L/∂w = g·x"
    assert rule_formula(y, w).latex == r"\frac{\partial L}{\partial w} = \frac{\partial L}{\partial y} \cdot x"
    assert rule_formula(y, w).spoken == "d L by d w equals d L by d y times x"


def test_the_rule_of_tanh_is_read_aloud_without_ambiguity():
    x = tg.Tensor(0.5)
    out = tg.tanh(x)
    assert rule_formula(out, x, short=True).spoken == "d L by d x equals g times the quantity one minus out squared"


def test_an_input_without_a_name_is_called_by_its_expression():
    w, x, b = tg.variables(w=2, x=-3, b=1)
    y = tg.tanh(w * x + b)
    assert rule_formula(y, 0).text == "∂L/∂(w·x + b) = ∂L/∂y · (1 − y²)"


def test_an_input_at_two_places_gets_the_sum_of_both_rules():
    x = tg.Tensor(3.0)
    y = x * x
    assert rule_formula(y, x).text == "∂L/∂x = ∂L/∂y · x + ∂L/∂y · x"
    assert rule_formula(y, 0).text == "∂L/∂x = ∂L/∂y · x"


def test_undone_broadcasting_is_a_part_of_the_formula_and_is_said():
    x = tg.Tensor(np.ones((6, 3)))
    b = tg.Tensor(np.ones(3))
    y = x + b
    f = rule_formula(y, b)
    assert f.text == ("∂L/∂b = Σ(∂L/∂y, axis=0)\n"
                      "    b was broadcast from 3 to 6×3, so its gradient is the sum over axis 0")
    assert rule_formula(y, x).text == "∂L/∂x = ∂L/∂y"


def test_rules_of_the_matrix_product_have_transposes():
    x = tg.Tensor(np.ones((6, 3)))
    w = tg.Tensor(np.ones((3, 2)))
    y = x @ w
    assert rule_formula(y, x).text == "∂L/∂x = ∂L/∂y @ wᵀ"
    assert rule_formula(y, w).text == "∂L/∂w = xᵀ @ ∂L/∂y"


def test_edges_that_are_not_there_are_refused_in_words():
    w, x = tg.variables(w=2, x=-3)
    y = w * x
    with pytest.raises(ArgumentError, match=r"y is not an input of tanh|not an input of multiply"):
        rule_formula(y, tg.Tensor(1.0))
    with pytest.raises(GraphError, match="variable or a constant"):
        rule_formula(w, x)


def test_notebooks_get_latex():
    w, x = tg.variables(w=2, x=-3)
    y = w * x
    assert formula(y)._repr_latex_() == r"$\displaystyle y = w \cdot x$"
    assert repr(formula(y)) == str(formula(y)) == "y = w·x"
    assert formula(y).mathml == ('<math xmlns="http://www.w3.org/1998/Math/MathML" display="block"><mrow><mi>y</mi>'
                                 "<mo>=</mo><mrow><mi>w</mi><mo>·</mo><mi>x</mi></mrow></mrow></math>")


# -- names that stay, long sums and constants -------------------------------------------------------------------------


def test_a_parameter_that_is_assigned_anew_keeps_its_name():
    def loop(x):
        for _ in range(2):
            x = x * x + 1
        return x
    assert formula(loop, 0.5).text == "loop(x) = (x² + 1)² + 1"
    assert formula(loop, tg.Tensor(0.5)).text == "loop(x) = (x² + 1)² + 1"
    assert evaluated(formula(loop, 0.5)) == 2.5625


def test_an_argument_is_called_as_the_function_calls_it_whatever_its_own_name():
    other = tg.Tensor(0.5, name="other")
    assert formula(lambda w, x: w * x, other, 2.0).text == "f(w, x) = w·x"
    weights = tg.Tensor(np.ones((2, 1)), name="x")
    assert formula(lambda x: x @ weights, np.ones((4, 2))).text == "f(x) = x @ x₁"


def test_a_model_shows_what_its_forward_calls_its_argument():
    pixels = tg.Tensor(np.ones((4, 2)), requires_grad=False)
    model = tg.nn.Dense(3)
    assert formula(model, pixels).text == "f(x) = x @ weight + bias"
    assert formula(model, np.ones((4, 2))).text == "f(x) = x @ weight + bias"


def sum_of_many():
    a, b = tg.variables(a=0.5, b=0.25)
    terms = [f(x) for f in (tg.sin, tg.cos, tg.exp, tg.tanh) for x in (a, b, a * b, a + b)]
    total = a
    for each in terms:
        total = total - each
    return total + b


@pytest.mark.parametrize("fold", [None, 4])
def test_sums_of_different_terms_are_written_out_over_several_lines(fold):
    y = sum_of_many()
    f = formula(y, fold=fold)
    assert "…" not in f.text
    assert max(map(len, f.text.splitlines())) <= 100
    assert all(f"{name}({x})" in f.text for name in ("sin", "cos", "exp", "tanh") for x in ("a", "b", "a·b", "a + b"))
    assert "cdots" not in f.latex
    assert f.latex.count(r"\tanh") == f.mathml.count("<mi>tanh</mi>") == f.spoken.count("hyperbolic tangent") == 4
    ElementTree.fromstring(f.mathml)
    assert_close(evaluated(f), y.data)


def test_a_sum_goes_on_with_the_sign_of_its_next_term():
    a, b = tg.variables(a=0.5, b=0.25)
    total = a * b
    for each in [f(x) for f in (tg.sin, tg.cos, tg.exp, tg.tanh) for x in (a, b, a * b, a / b)]:
        total = total + each
    lines = formula(total).text.splitlines()
    assert len(lines) > 1
    assert all(line.startswith("      + ") for line in lines[1:])
    assert formula(total).latex.count(" \\\\\n& \\quad + ") == len(lines) - 1
    assert "\n" not in formula(total).spoken
    assert formula(sum_of_many()).text.splitlines()[1].startswith("      −")


def test_values_that_were_cut_from_their_past_get_a_name_and_a_note():
    x = tg.Tensor([1.0, 2.0, 3.0])
    f = formula(tg.exp(x - tg.max(x).detach()))
    assert f.text == "exp(x − c₁)\n    c₁ = 3 is held constant"
    assert f.notes == ("c₁ = 3 is held constant",)
    np.testing.assert_array_equal(evaluated(f), np.exp(x.data - 3))
    assert formula(x - x.detach()).text == "x − c₁\n    c₁ = [1, 2, 3] is held constant"
    named = x.detach()
    named.name = "start"
    assert formula(x - named).text == "x − start"
    assert formula(x - 3).text == "x − 3"


def test_notes_in_latex_write_names_as_the_formula_does():
    x = tg.Tensor(np.ones(3))
    latex = formula(tg.sum(x * np.arange(30.0).reshape(10, 3))).latex
    assert r"\text{$c_{1}$ is a constant array of 10$\times$3}" in latex
    assert latex.isascii()
    x = tg.Tensor(np.ones((6, 3)))
    b_1 = tg.Tensor(np.ones(3))
    assert r"\text{b\_1 was broadcast from 3 to 6$\times$3" in rule_formula(x + b_1, b_1).latex


def test_a_truth_value_in_arithmetic_is_a_number():
    x = tg.Tensor(2.0)
    assert formula(x * True).latex == "x"
    assert formula(x * False).latex == r"0 \cdot x"
    assert formula(x + True).text == "x + 1"
    assert formula(tg.where(True, x, 0.0)).text == "where(True, x, 0)"


def test_an_input_of_a_rule_may_be_given_by_its_name():
    w, x = tg.variables(w=2, x=-3)
    y = x * w
    assert rule_formula(y, "w").text == "∂L/∂w = ∂L/∂y · x"
    assert rule_formula(y, "x2").text == "∂L/∂w = ∂L/∂y · x"
    assert rule_formula(x * x, "x").text == rule_formula(x * x, x).text
    with pytest.raises(ArgumentError, match="'nobody' is not an input of multiply.*name"):
        rule_formula(y, "nobody")


def test_the_gradient_that_a_pass_starts_from_is_not_taken_for_a_held_constant():
    assert formula(tg.grad(lambda t: t ** 3 * tg.sin(t)), 2.0).text == "f(t) = t³·cos(t) + sin(t)·3·t²"
