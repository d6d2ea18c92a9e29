"""Programs as JavaScript: run under Node, they give the engine's values and gradients, also for other inputs."""

import json
import re
import shutil
import subprocess
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import tinygrad_edu as tg
from tests.registry import cases, examples, flat, subjects
from tests.test_graphs import programs
from tinygrad_edu.core.ops import registry
from tinygrad_edu.core.walk import made_from
from tinygrad_edu.views.javascript import javascript
from tinygrad_edu.views.javascript.elements import ELEMENTWISE
from tinygrad_edu.views.javascript.every_branch import program_of
from tinygrad_edu.views.javascript.runtime import functions

NODE = shutil.which("node")
pytestmark = [pytest.mark.skipif(NODE is None, reason="node is not installed: JavaScript cannot be run"),
              pytest.mark.filterwarnings("ignore::RuntimeWarning")]       # values at the edge are drawn on purpose

# Reads a module and a list of inputs per line, runs a pass for each, and prints all values and gradients. Numbers are
# written as texts, because JSON has no NaN, infinity or -0.
RUNNER = """
import readline from "node:readline";
const shown = (x) => (Object.is(x, -0) ? "-0" : String(Number(x)));
const all = (nodes) => Object.fromEntries(Object.entries(nodes).map(
  ([name, x]) => [name, [x.shape ?? [], Array.from(x.data ?? [x], shown)]]));
for await (const line of readline.createInterface({ input: process.stdin })) {
  let reply;
  try {
    const { source, passes } = JSON.parse(line);
    const module = await import("data:text/javascript;base64," + Buffer.from(source).toString("base64"));
    reply = passes.map((inputs) => {
      module.forward(inputs);
      module.backward?.();
      return [all(module.values), all(module.gradients ?? {})];
    });
  } catch (error) {
    reply = String(error);
  }
  console.log(JSON.stringify(reply));
}
"""


class JavaScriptError(Exception):
    """What JavaScript complained of."""


class Node:
    """One process for all tests: it takes 40 ms to start."""

    def __init__(self):
        self.process = subprocess.Popen([NODE, "--input-type=module", "-e", RUNNER], text=True, encoding="utf-8",
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def run(self, source, passes=({},)):
        """(values, gradients) of each pass, by name."""
        self.process.stdin.write(json.dumps({"source": source, "passes": list(passes)}) + "\n")
        self.process.stdin.flush()
        reply = json.loads(self.process.stdout.readline())
        if isinstance(reply, str):
            raise JavaScriptError(reply)
        return [tuple({name: np.array([float(x) for x in data]).reshape(shape) for name, (shape, data) in each.items()}
                      for each in both) for both in reply]

    def close(self):
        self.process.communicate()


@pytest.fixture(scope="module")
def node():
    node = Node()
    yield node
    node.close()


def source_of(t, **options):
    return javascript(program_of(t, **options))


def above(source):
    """A module without the functions that it uses."""
    return source.partition("// ----")[0]


class Run:
    """What a module gives, pass by pass: the result, and values and gradients by name."""

    def __init__(self, node, t, passes=({},), **options):
        self.program = program_of(t, **options)
        self.source = javascript(self.program)
        passes = node.run(self.source, passes)
        self.values, self.gradients = [values for values, _ in passes], [gradients for _, gradients in passes]
        self.results = [values[self.program.outputs[0].name] for values in self.values]
        self.result = self.results[0]

    def name(self, t):
        """What a tensor is called."""
        return self.program.names[t].name


# -- every operation --------------------------------------------------------------------------------------------------

EXCLUDED = {"solve", "inv", "det", "cofactors", "slogdet", "eigh"}
PRINTED = [each for each in subjects() if each.name not in EXCLUDED]

# Sums of terms that may cancel are as exact as the terms, not as their sum.
SUMS = {"add", "subtract", "sum", "mean", "cumulative_sum", "linear_scan", "matmul", "einsum", "outer", "conv2d",
        "avg_pool2d", "scatter_add", "put_along_axis", "unpatch", "tensordot", "einsum()", "trace", "vecdot", "at.add"}
SIZES = {
    "var": lambda x, **_: np.max(x * x), "std": lambda x, **_: np.max(abs(x)), "gelu": lambda x: abs(x),
    "logaddexp": lambda x1, x2: np.maximum(abs(x1), abs(x2)), "logsumexp": lambda x, **_: np.max(abs(x)),
    "log_softmax": lambda x, **_: 2 * np.max(abs(x), initial=0), "sinc_derivative": lambda x, order: np.pi**order,
}
ULPS = {"erf": 500}                                          # 1e-13


def size_of_terms(subject, inputs, options):
    """The size of what a result is made of."""
    if subject.name in SUMS:
        absolute = [np.abs(x) if isinstance(x, np.ndarray) and x.dtype.kind == "f" else x for x in inputs]
        with np.errstate(all="ignore"):
            return np.asarray(flat(subject.results(absolute, options))[0])
    return SIZES[subject.name](*inputs, **options) if subject.name in SIZES else 0.0


def assert_close(found, expected, size=0.0, ulps=4):
    """Equal but for `ulps` units in the last place of the result, or of the terms it is made of."""
    expected = np.asarray(expected, float)
    assert found.shape == expected.shape
    with np.errstate(invalid="ignore"):
        unit = np.spacing(np.maximum(np.abs(expected), np.abs(size)))
        fits = (np.abs(found - expected) <= ulps * unit) | (found == expected) | (np.isnan(found) & np.isnan(expected))
    assert fits.all(), (found, expected)


def nested(x):
    """A tensor as modules take them."""
    return {"shape": list(x.shape), "data": x.numpy().reshape(-1).tolist()} if x.shape else x.item()


def as_tensors(inputs):
    """Floating-point arrays as variables."""
    return [tg.Tensor(x) if isinstance(x, np.ndarray) and x.dtype.kind == "f" else x for x in inputs]


def assert_same_gradients(t, variables, gradients):
    """The gradients found, by name, are the engine's, within 1e-12 of the size of what they are sums of."""
    results, leaves = made_from([t], needing_gradient=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        t.backward(np.ones(t.shape) if t.size != 1 else None)
    nodes = [node for node in (*results, *leaves) if node._value.__class__ is not tuple and node.grad is not None]
    size = sum(float(np.sum(np.abs(np.nan_to_num(node.grad.data * node.data)))) for node in nodes)
    for name, x in variables.items():
        if x.grad is not None:
            assert_allclose(gradients[name], x.grad.numpy(), rtol=1e-12, atol=1e-12 * (1 + size))


def turned(x):
    """The same elements in the contrary order, if they are floating-point."""
    return np.array(np.flip(x)) if isinstance(x, np.ndarray) and x.dtype.kind == "f" else x


@pytest.mark.parametrize("subject", PRINTED, ids=str)
@examples(5)
@given(data=st.data())
def test_every_operation_gives_the_values_and_gradients_of_the_engine_also_for_other_inputs(node, subject, data):
    case = data.draw(cases(subject))
    recorded, others = as_tensors(case.inputs), as_tensors(map(turned, case.inputs))
    for i, result in enumerate(subject.results(recorded, case.options)):
        if result.__class__ is not tg.Tensor or result.op is None:
            continue                                        # nothing was recorded: no input has a derivative
        program = program_of(result, backward=result.requires_grad)
        names = {program.names[x].name: k for k, x in enumerate(recorded) if x.__class__ is tg.Tensor
                 and x in program.names}
        run = Run(node, result, [{}, {name: nested(others[k]) for name, k in names.items()}],
                  backward=result.requires_grad)
        for inputs, found, gradients in zip((recorded, others), run.results, run.gradients, strict=True):
            result = subject.results(inputs, case.options)[i]
            size = size_of_terms(subject, [getattr(x, "data", x) for x in inputs], case.options) if i == 0 else 0.0
            assert_close(found, result.data, size, ulps=ULPS.get(subject.name, 4))
            if result.requires_grad:
                assert_same_gradients(result, {name: inputs[k] for name, k in names.items()}, gradients)
                for k in names.values():
                    inputs[k].zero_grad()


SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, 3.0, 1e16, 1e300, -1e300, 5e-324, 710.0, -710.0, 745.0,
           0.49999999999999994, np.inf, -np.inf, np.nan]
OF_ONE_NUMBER = sorted(name for name in ELEMENTWISE & registry.keys()
                       if not name.startswith("bitwise") and name not in ("clip", "astype", "where"))


@pytest.mark.parametrize("name", OF_ONE_NUMBER)
def test_infinities_nan_and_halves_go_the_way_of_numpy(node, name):
    op = registry[name]
    grids = np.meshgrid(*[SPECIAL] * len(op.input_names))
    expected = op.function(*[tg.Tensor(x.reshape(-1)) for x in grids])
    size = np.max([np.abs(np.nan_to_num(x.reshape(-1), posinf=0, neginf=0)) for x in grids], axis=0)
    assert_close(Run(node, expected, backward=False).result, expected.data, size * (name in ("logaddexp", "gelu")),
                 ulps=ULPS.get(name, 4))


@pytest.mark.parametrize("name", [name for name in OF_ONE_NUMBER if registry[name].kind == "elementwise"])
def test_numbers_go_the_way_of_python_floats(node, name):
    op = registry[name]
    for x1, x2 in ((0.7, 0.3), (-2.5, 2.0), (-730.0, 0.5)):
        variables = [tg.Tensor(x) for x in (x1, x2)][:len(op.input_names)]
        expected = op.function(*variables)
        found = Run(node, expected, backward=False).result
        assert_close(found, expected.data, 2.5 * (name == "gelu"), ulps=ULPS.get(name, 4))


@examples(12)
@given(x=st.lists(st.floats(-6, 6), min_size=50, max_size=50))
def test_erf_is_exact_to_thirteen_digits(node, x):
    y = tg.erf(tg.Tensor(x))
    assert_allclose(Run(node, y, backward=False).result, y.data, rtol=1e-13)


# -- whole programs ---------------------------------------------------------------------------------------------------


@examples(40)
@given(program=programs(smooth=False), seed=st.integers(0, 99))
def test_random_programs_have_the_values_and_gradients_of_the_engine_at_other_inputs_too(node, program, seed):
    def named(arrays):
        return {f"x{i}": tg.Tensor(x, name=f"x{i}") for i, x in enumerate(arrays)}

    recorded, others = named(program.at(seed)), named(program.at(seed + 100))
    y = program(*recorded.values())
    inputs = {t.name for t in made_from([y])[1]}
    run = Run(node, y, [{}, {name: x.numpy().tolist() for name, x in others.items() if name in inputs}])
    for variables, found, gradients in zip((recorded, others), run.results, run.gradients, strict=True):
        y = program(*variables.values())
        assert_allclose(found, y.data, rtol=1e-12, atol=1e-12)
        assert_same_gradients(y, variables, gradients)


@examples(25)
@given(program=programs(), seed=st.integers(0, 99))
def test_single_precision_agrees_to_five_digits(node, program, seed):
    variables = [tg.Tensor(x) for x in program.at(seed, np.float32)]
    y = program(*variables)
    run = Run(node, y)
    assert_allclose(run.result, y.data, rtol=1e-5, atol=1e-6)
    for x, g in zip(variables, tg.gradients(y, variables, allow_unused=True), strict=True):
        if g is not None:
            assert_allclose(run.gradients[0][run.name(x)], g.data, rtol=1e-5, atol=2e-5)


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_low_precision_is_rounded_after_every_operation(node, dtype):
    x = tg.Tensor(np.linspace(-2, 2, 41, dtype=dtype), name="x")
    third = tg.Tensor(dtype(1 / 3), name="third")
    y = x * third + 0.1
    recorded, other = Run(node, y, [{}, {"third": 0.1}], backward=False).results
    assert_array_equal(recorded, y.data)
    assert_array_equal(other, (x * dtype(0.1) + 0.1).data)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int16, np.int32, np.int64])
def test_whole_numbers_wrap_around_as_in_numpy(node, dtype):
    x = tg.Tensor([1.2, 0.5, 0.0], name="x")
    whole = tg.astype(x * 100, dtype)
    product = whole * whole * whole * whole * whole
    others = [product - 7, -whole, whole % 7, whole // 3, ~whole, whole & 6, whole ^ 3, tg.cumulative_sum(product)]
    y = sum((x * each for each in others), x)
    run = Run(node, y)
    assert_array_equal(run.result, y.data)
    y.backward(np.ones(3))
    assert_array_equal(run.gradients[0]["x"], x.grad.data)


def test_sorting_puts_nan_last_and_keeps_the_order_of_equals(node):
    x = tg.Tensor([2.0, np.nan, 1.0, 2.0, -np.inf, np.inf, 1.0], name="x")
    for y in (tg.sort(x), tg.sort(x, descending=True), tg.argsort(x), tg.argsort(x, descending=True), tg.topk(x, 3)[1]):
        assert_array_equal(Run(node, y, backward=False).result, y.data)
    for y in (tg.argmax(x), tg.argmin(x), tg.argmax(x[2:]), tg.argmin(x[2:]), tg.max(x), tg.min(x[2:])):
        assert_array_equal(Run(node, y, backward=False).result, y.data)


@pytest.mark.parametrize("f", [tg.sum, tg.prod, tg.max, tg.logsumexp, tg.vector_norm, tg.softmax, tg.log_softmax,
                               lambda x, axis: tg.take(x, np.array([0, 0]), axis=axis)])
def test_single_numbers_are_reduced_along_their_only_axis(node, f):
    x = tg.Tensor(3.0, name="x")
    y = f(x, axis=0) * 2
    run = Run(node, y)
    y.backward(np.ones(y.shape))
    assert_allclose(run.result, y.data, rtol=1e-14)
    assert_allclose(run.gradients[0]["x"], x.grad.data, rtol=1e-13)


def test_second_derivatives_are_printed_alike(node):
    x = tg.Tensor([0.5, -1.0, 2.0], name="x")
    slope = tg.gradients(tg.sum(tg.sin(x) * x), x, create_graph=True)
    y = tg.sum(slope * slope)
    run = Run(node, y)
    y.backward()
    assert_allclose(run.result, y.data, rtol=1e-14)
    assert_allclose(run.gradients[0]["x"], x.grad.data, rtol=1e-13)


def attention(x, w):
    """One head, with what comes later hidden."""
    scores = (x @ w) @ tg.matrix_transpose(x) / 2
    return tg.softmax(tg.where(np.tri(4, dtype=bool), scores, -np.inf)) @ x


def small_convolution(x, w):
    return tg.max_pool2d(tg.relu(tg.conv2d(tg.reshape(x, (1, 4, 4, 1)), tg.reshape(w, (2, 2, 1, 4)), padding=1)), 2)


def ranking(x, w):
    return tg.topk(tg.sort(x @ w, axis=0), 2).values * tg.argmax(x, axis=1, keepdims=True)


def piecewise(x, w):
    return tg.where(x > 0, tg.sqrt(x), tg.exp(x)) @ tg.where(w > 0.5, tg.log(w - 0.5), 0.0)


@pytest.mark.parametrize("f", [attention, small_convolution, ranking, piecewise])
def test_what_values_decide_is_decided_anew_for_other_inputs(node, f):
    rng = np.random.default_rng(5)
    arrays = [[rng.normal(size=(4, 4)) for _ in range(2)] for _ in range(4)] + [[np.ones((4, 4)), -np.ones((4, 4))]]
    recorded = tg.sum(tg.square(f(*[tg.Tensor(a, name=n) for a, n in zip(arrays[0], "xw", strict=True)])))
    run = Run(node, recorded, [{"x": x.tolist(), "w": w.tolist()} for x, w in arrays])
    for (x, w), found, gradients in zip(arrays, run.results, run.gradients, strict=True):
        variables = {"x": tg.Tensor(x), "w": tg.Tensor(w)}
        y = tg.sum(tg.square(f(**variables)))
        assert_allclose(found, y.data, rtol=1e-12)
        assert_same_gradients(y, variables, gradients)


def test_a_branch_that_was_not_taken_when_it_was_recorded_has_its_gradient(node):
    x = tg.Tensor(2.0, name="x")
    source = source_of(tg.where(x > 0, tg.sqrt(x), x * x))
    slopes = [gradients["x"] for _, gradients in node.run(source, [{}, {"x": -3}, {"x": 4}])]
    assert_allclose(slopes, [0.5 / np.sqrt(2), -6.0, 0.25], rtol=1e-15)


def test_an_output_that_is_not_one_number_takes_the_gradient_to_start_from(node):
    x = tg.Tensor([1.0, 2.0], name="x")
    y = x * x
    (_, ones), (_, weighted) = node.run(source_of(y), [{}, {"d_y": [1, 10]}])
    assert_array_equal(ones["x"], [2, 4])
    assert_array_equal(weighted["x"], [2, 40])


def test_every_node_has_its_value_and_gradient_by_name(node):
    w, x, b = tg.variables(w=2.0, x=-3.0, b=6.88)
    h = w * x
    y = tg.tanh(h + b)
    run = Run(node, y)
    y.backward()
    for t in (w, x, b, h, y):
        assert_allclose(run.values[0][t.name], t.item(), rtol=1e-15)
        assert_allclose(run.gradients[0][t.name], t.grad.item(), rtol=1e-15)


def test_backward_without_forward_takes_the_recorded_inputs(node):
    x = tg.Tensor(3.0, name="x")
    source = source_of(x * x) + "\nif (backward().x !== 6) throw new Error(`got ${gradients.x}`);\n"
    node.run(source)


# -- the text ---------------------------------------------------------------------------------------------------------


def test_a_neuron_reads_as_plain_arithmetic():
    w, x, b = tg.variables(w=2.0, x=-3.0, b=6.88)
    y = tg.tanh(w * x + b)
    code = [re.sub(r" *//.*", "", line) for line in above(source_of(y)).splitlines()]
    assert "\n".join(line for line in code if line).strip() == """\
export const example = {
  w: 2,
  x: -3,
  b: 6.88,
};
export const values = {};
export const gradients = {};
export function forward(inputs = {}) {
  const { w, x, b } = givenNumbers(inputs);
  const wx = w * x;
  const sum1 = wx + b;
  const y = Math.tanh(sum1);
  Object.assign(values, { w, x, b, wx, sum1, y });
  return y;
}
export function backward() {
  if (Object.keys(values).length === 0) forward();
  const { w, x, y } = values;
  const d_y = 1;
  const d_sum1 = d_y * (1 - y * y);
  const d_wx = d_sum1;
  const d_b = d_sum1;
  const d_w = d_wx * x;
  const d_x = d_wx * w;
  return Object.assign(gradients, { w: d_w, x: d_x, b: d_b, y: d_y, sum1: d_sum1, wx: d_wx });
}"""


def test_comments_say_the_line_of_the_user_and_the_shape():
    x = tg.Tensor([[1.0, 2.0]], name="x")
    y = tg.sum(x * x)
    source = above(source_of(y))
    assert re.search(r"// test_javascript\.py:\d+: y = tg\.sum\(x \* x\)", source)
    assert re.search(r"each\(\(x\) => x \* x, x\); +// \[1, 2\]", source)


def test_comments_cannot_end_the_script_element_of_a_page():
    x = tg.Tensor(2.0, name="x")
    y = x * len("</script>")
    assert "</script" not in source_of(y)
    assert "<\\/script>" in source_of(y)


def test_only_functions_that_are_used_are_printed(node):
    x = tg.Tensor(0.5, name="x")
    y = x * x
    assert re.findall(r"^function (\w+)", source_of(y), re.MULTILINE) == ["givenNumbers", "checkName"]
    z = tg.erf(x)
    assert re.findall(r"^function (\w+)", source_of(z), re.MULTILINE) == ["givenNumbers", "checkName", "erf"]


def test_a_module_needs_nothing_from_elsewhere():
    rng = np.random.default_rng(0)
    y = tg.sum(attention(tg.Tensor(rng.normal(size=(4, 4))), tg.Tensor(rng.normal(size=(4, 4)))))
    assert not re.search(r"\bimport\b|\brequire\b|\bfetch\b|https?:", source_of(y))


def test_runtime_files_hold_functions_with_a_comment_each():
    assert [name for name, text in functions().items()
            if not text.startswith("/**") and not re.fullmatch(r"u?int\d+", name)] == []


def test_names_that_javascript_has_taken_are_changed_inside_only(node):
    each, math, inputs = tg.Tensor([1.0, 2.0], name="each"), tg.Tensor(2.0, name="Math"), tg.Tensor(3.0, name="inputs")
    run = Run(node, tg.sum(tg.tanh(each * math)) * inputs, [{"Math": 0}])
    assert run.gradients[0]["Math"] == 9
    assert run.gradients[0]["inputs"] == 0


def test_large_arrays_are_picked_by_steps_not_by_lists():
    x = tg.Tensor(np.zeros((40, 50)), name="x")
    y = tg.sum(x[::2, ::-1] * np.arange(50.0))
    source = above(source_of(y, of=[x]))
    assert "pick(x, places([20, 50], [100, -1], 49), [20, 50])" in source


def test_graphs_without_derivatives_have_no_backward():
    x = tg.Tensor([1.0, 2.0], name="x")
    source = source_of(x > 1, backward=False)
    assert "function backward" not in source
    assert "export const gradients" not in source


# -- what cannot be printed, and what is wrong ------------------------------------------------------------------------


def positive_definite():
    return tg.Tensor([[2.0, 1.0], [1.0, 3.0]], name="x")


@pytest.mark.parametrize(("name", "f"), [
    ("solve", lambda x: tg.solve(x, np.ones(2))), ("inv", tg.inv), ("det", tg.det),
    ("slogdet", lambda x: tg.slogdet(x).logabsdet), ("eigh", lambda x: tg.eigh(x).eigenvalues),
])
def test_matrix_factorisations_are_named_in_an_error(name, f):
    y = tg.sum(f(positive_definite()))
    with pytest.raises(tg.errors.ArgumentError, match=rf"a graph with {name} at test_javascript\.py.*language='numpy'"):
        source_of(y)


def test_functions_that_only_python_knows_are_named_in_an_error():
    y = tg.custom(np.tanh, vjp=lambda g, out, x: g * (1 - out * out))(tg.Tensor(1.0))
    with pytest.raises(tg.errors.ArgumentError, match="foreign_call"):
        source_of(y)


def test_an_operation_of_the_users_own_is_printed_as_a_function(node):
    @tg.op
    def erf(x, /, *, scale=1.0):                            # not the library's
        h = np.tanh(x * scale)
        return h / (1 + abs(x))

    erf.derivative(x=lambda g, x, scale: g * (scale - erf(x, scale=2.0)))
    try:
        x = tg.Tensor([0.5, -2.0], name="x")
        y = tg.sum(erf(x) * erf(x, scale=3.0))
        run = Run(node, y)
        y.backward()
        assert re.findall(r"^function (erf\w*)", run.source, re.MULTILINE) == ["erf2", "erf3", "erf4"]
        assert_allclose(run.result, y.data, rtol=1e-14)
        assert_allclose(run.gradients[0]["x"], x.grad.data, rtol=1e-14)
    finally:
        del registry[erf.op.key]


def test_an_operation_that_hides_what_it_does_is_named_in_an_error():
    @tg.op(name="test_hidden")
    def hidden(x, /):
        return np.asarray([float(each) ** 2 for each in x])

    hidden.derivative(x=lambda g, x: 2 * g * x)
    try:
        y = tg.sum(hidden(tg.Tensor([1.0, 2.0])))
        with pytest.raises(tg.errors.ArgumentError, match="test_hidden"):
            source_of(y)
    finally:
        del registry["test_hidden"]


def test_an_operation_that_reads_the_values_of_its_indices_is_named_in_an_error():
    @tg.op(name="test_frozen")
    def frozen(x, indices, /):
        return x[indices]                                   # of a Tensor, an index is a constant

    frozen.derivative(x=lambda g, x: g, indices=None)
    try:
        with pytest.raises(tg.errors.ArgumentError, match="test_frozen"):
            source_of(frozen(tg.Tensor([1.0, 2.0]), np.array([1, 0])), backward=False)
    finally:
        del registry["test_frozen"]


def test_a_rule_that_reads_computed_indices_is_an_error():
    @tg.op(name="test_chosen")
    def chosen(x, indices, /):
        return np.take(x, indices)

    chosen.derivative(x=lambda g, x, indices: tg.ops.scatter_add(g, index=tg.ops.raw_value(indices), shape=x.shape),
                      indices=None)
    try:
        x = tg.Tensor([1.0, 3.0, 2.0])
        with pytest.raises(tg.errors.GraphError, match="rule test_chosen-x reads the values of indices, which argsort"):
            source_of(tg.sum(chosen(x, tg.argsort(x)) * np.arange(3.0)))
        source_of(tg.sum(chosen(x, [2, 0]) * np.arange(2.0)))
    finally:
        del registry["test_chosen"]


@pytest.mark.parametrize(("inputs", "words"), [
    ({"W": 1}, "W is not an input. Expected w, x"), ({"w": [1, 2]}, r"w: got shape \[2\]. Expected \[\]"),
    ({"x": [1, 2]}, r"x: got shape \[2\]. Expected \[2,2\]"), ({"x": [[1, 2], [3]]}, "x: got rows that differ"),
])
def test_wrong_inputs_are_named(node, inputs, words):
    w, x = tg.Tensor(2.0, name="w"), tg.Tensor(np.ones((2, 2)), name="x")
    with pytest.raises(JavaScriptError, match=words):
        node.run(source_of(tg.sum(w * x)), [inputs])


def test_numbers_must_be_numbers(node):
    x = tg.Tensor(2.0, name="x")
    with pytest.raises(JavaScriptError, match="x: got 1,2. Expected a number."):
        node.run(source_of(x * x), [{"x": [1, 2]}])


def test_every_name_of_the_program_is_one_of_the_values(node):
    x = tg.Tensor(np.ones((2, 3)), name="x")
    run = Run(node, tg.sum(tg.topk(x, 2).values))
    assert {name.name for name in run.program.names.values()} <= set(run.values[0])
