"""The source of a graph: exec of the text gives the value and the gradients to the bit, and reads well."""

import ast
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_edu as tg
from tests.registry import cases, examples, subjects
from tests.test_graphs import programs
from tinygrad_edu.core.ops import registry
from tinygrad_edu.views.program_building import program_of, same_bits
from tinygrad_edu.views.sources import source


def run(program, **values):
    """What exec of the text gives, at the recorded values or at others."""
    scope = {"__name__": "text"}
    exec(str(program), scope)
    return scope["forward_and_backward"](**{**program.example, **values})


def assert_is_the_engines(t, program):
    """The text gives the value of `t` and its gradients, to the bit."""
    with np.errstate(all="ignore"):
        value, gradients = run(program)
        expected = tg.gradients(t, list(program.program.gradients), np.ones(t.shape, t.dtype))
    assert same_bits(np.asarray(value, t.dtype), t.data)
    for found, g in zip(gradients.values(), expected, strict=True):
        assert same_bits(np.asarray(found, g.dtype), g.data)


def body_of(program):
    """The lines between the names of the two halves and the return, without comments."""
    lines = [line.strip().split("  #")[0].strip() for line in str(program).splitlines()]
    start = lines.index("# forward")
    return [line for line in lines[start:lines.index('if __name__ == "__main__":')] if line and line[0] != "#"]


# -- the same bits ----------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore")
@examples(30)
@given(program=programs(smooth=False), seed=st.integers(0, 99),
       dtype=st.sampled_from([np.float64, np.float32, np.float16]), edged=st.booleans())
def test_random_programs_have_the_engines_bits(program, seed, dtype, edged):
    xs = [tg.Tensor(x) for x in program.at(seed, dtype)]
    y = program(*xs)
    if edged:                                               # infinite slopes that are masked
        y = y + sum(tg.sum(tg.where(x > 0.3, tg.sqrt(x - 0.3), 0.0) * x) for x in xs)
    assert_is_the_engines(y, source(y))


@pytest.mark.filterwarnings("ignore")
@examples(10)
@given(program=programs(), seed=st.integers(0, 99))
def test_programs_of_second_order_have_the_engines_bits(program, seed):
    xs = [tg.Tensor(x) for x in program.at(seed)]
    found = tg.gradients(program(*xs), xs, create_graph=True, allow_unused=True)
    y = sum(tg.sum(g * g) for g in found if g is not None)
    if y.requires_grad:
        assert_is_the_engines(y, source(y))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("subject", subjects(), ids=str)
def test_every_operation_has_the_engines_bits(subject):
    @examples(2)
    @given(case=cases(subject), dtype=st.sampled_from([np.float64, np.float32]))
    def check(case, dtype):
        inputs = [tg.Tensor(np.asarray(x).astype(dtype)) if is_floating(x) else x for x in case.inputs]
        results = [each for each in subject.results(inputs, case.options) if is_differentiable(each)]
        for t in results:
            assert_is_the_engines(t, source(t))
    check()


def is_floating(x):
    return isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind == "f"


def is_differentiable(t):
    return isinstance(t, tg.Tensor) and t.requires_grad and t.op is not None


def test_the_text_is_right_for_other_values_too():
    w, x = tg.Tensor([[1.0, 2.0]], name="w"), tg.Tensor([[3.0], [4.0]], name="x")
    value, gradients = run(source(tg.sum(tg.tanh(w @ x))), w=np.array([[0.1, 0.2]]))
    w2 = tg.Tensor([[0.1, 0.2]])
    y = tg.sum(tg.tanh(w2 @ x))
    assert value == y.item()
    np.testing.assert_array_equal(gradients["w"], tg.gradients(y, w2).numpy())


def test_arrays_keep_the_order_of_their_axes_in_memory():
    data = np.asfortranarray(np.random.default_rng(0).normal(size=(9, 11)))
    data.setflags(write=False)                              # it is not copied, then
    w = tg.Tensor(data, name="w")
    y = tg.sum(tg.sum(w * w, axis=0) * tg.mean(w, axis=0))
    assert "transpose(" in str(source(y))
    assert_is_the_engines(y, source(y))


@pytest.mark.parametrize("make", [
    lambda x: tg.sum(tg.maximum(tg.sqrt(x), 1.0)),          # a mask that only the careful pass has
    lambda x: tg.sum(tg.where(x > 1, tg.sqrt(x), 0.0) * x),
    lambda x: tg.sum(tg.where(x > 1, tg.where(x > 2, tg.sqrt(x), 1 / x), 2 * x)[::-1]),
    lambda x: tg.sum(tg.where(x[:, None] > 1, tg.sqrt(x), 0.0)),
])
@pytest.mark.filterwarnings("ignore")
def test_masks_that_act_are_written_as_the_engine_has_them(make):
    x = tg.Tensor([4.0, 0.0, 1.5], name="x")
    y = make(x)
    assert "np.where(" in "\n".join(body_of(source(y))[3:])
    assert_is_the_engines(y, source(y))


# -- how it reads -----------------------------------------------------------------------------------------------------


def test_a_neuron_reads_as_its_mathematics():
    w, x, b = tg.variables(w=2.0, x=-3.0, b=6.88)
    y = tg.tanh(w * x + b)
    assert body_of(source(y)) == [
        "wx = w * x",
        "sum1 = wx + b",
        "y = math.tanh(sum1)",
        "d_y = 1.0",
        "d_sum1 = d_y * (1 - y * y)",
        "d_wx = d_sum1",
        "d_b = d_sum1",
        "d_w = d_wx * x",
        "d_x = d_wx * w",
        'return y, {"w": d_w, "x": d_x, "b": d_b}',
    ]


def test_a_layer_reads_as_numpy_and_uses_the_users_names():
    x, target = np.ones((3, 2)), np.zeros((3, 1))
    weights, bias = tg.Tensor([[0.5], [-0.5]]), tg.Tensor([0.1])
    out = tg.sigmoid(x @ weights + bias)
    loss = tg.mean((out - target) ** 2)
    assert body_of(source(loss)) == [
        "product = x @ weights",
        "sum1 = product + bias",
        "out = 1 / (1 + np.exp(-sum1))",
        "difference = out - target",
        "squared = difference ** 2",
        "loss = np.mean(squared)",
        "d_loss = 1.0",
        "d_squared = np.full((3, 1), d_loss / 3)",
        "d_difference = d_squared * (2 * difference)",
        "d_out = d_difference",
        "d_sum1 = d_out * (out * (1 - out))",
        "d_product = d_sum1",
        "d_bias = np.sum(d_sum1, axis=0)",
        "d_weights = x.T @ d_product",
        'return loss, {"weights": d_weights, "bias": d_bias}',
    ]


def test_each_line_has_the_shape_and_new_lines_of_the_user_are_shown():
    x = tg.Tensor(np.ones((2, 3), np.float32), name="x")
    y = tg.sum(x * 2, axis=1)
    text = str(source(y))
    assert "x * 2  " in text
    assert "# (2, 3) float32  line " in text
    assert ": y = tg.sum(x * 2, axis=1)\n" in text
    assert "of test_sources.py" in text
    assert all("  # (" in line for line in text.splitlines() if line.startswith("    d_"))


def test_a_loop_numbers_its_variable_and_gradients_add_up():
    h, w = tg.variables(h0=0.5, w=0.9)
    for _ in range(2):
        h = tg.tanh(w * h)
    lines = body_of(source(h))
    assert lines[:4] == ["wh0 = w * h0", "h1 = math.tanh(wh0)", "wh1 = w * h1", "h2 = math.tanh(wh1)"]
    assert "d_w = d_w + d_wh0 * h0" in lines


def test_a_parameter_that_is_assigned_anew_keeps_its_name():
    def loop(x):
        for _ in range(2):
            x = x * x + 1
        return x
    program = source(loop, 0.5)
    assert list(program.example) == ["x"]
    assert program.run(x=1.0) == (5.0, {"x": 8.0})
    assert [line.split(" = ")[0] for line in body_of(program)[:4]] == ["product1", "x2", "product2", "x3"]
    assert list(source(loop(tg.Tensor(2.0, name="x")), of=["x", "x2"]).run()[1]) == ["x", "x2"]


def test_an_array_keeps_its_name_where_results_have_it_too():
    w = tg.Tensor(np.ones((2, 2)), name="w")

    def model(inputs):
        inputs = inputs @ w
        return tg.sum(inputs)
    program = source(model(np.ones((3, 2))))
    assert list(program.example) == ["w", "inputs"]
    assert "inputs2 = inputs @ w" in body_of(program)


def test_a_models_input_is_called_as_its_forward_calls_it():
    class Scaled(tg.nn.Module):
        def forward(self, pixels):
            return pixels * 2
    data = np.ones((3, 2))
    assert "pixels" in source(Scaled(), data).example
    example = source(tg.nn.Sequential([tg.nn.Dense(3, 2, seed=0), tg.tanh]), data).example
    assert list(example)[:-2] == ["weight", "bias"]
    assert not list(example)[-2][-1].isdigit()
    assert list(source(lambda *parts: parts[0] * 2, 1.0).example) == ["parts"]


@pytest.mark.parametrize("name", ["lambda_", "x_", "_x", "var", "input", "values", "gradients", "abs", "match", "new"])
def test_legal_names_of_inputs_stay(name, tmp_path):
    x = tg.Tensor(-2.0, name=name)
    program = source(tg.abs(x) * tg.sum(tg.Tensor(np.ones(200), name="many")))
    assert program.run(**{name: -3.0})[1][name] == -200.0
    path = program.save(tmp_path / "program.py")
    printed = subprocess.run([sys.executable, path], text=True, capture_output=True, check=True).stdout
    assert f"d y / d {name} = -200.0" in printed


def test_names_that_no_language_has_are_changed():
    x, y = tg.Tensor(2.0, name="lambda"), tg.Tensor(3.0, name="layers.0 w")
    assert list(source(x * y).example) == ["lambda2", "layers_0_w"]


def test_where_python_floats_refuse_numpys_are_written():
    x = tg.Tensor(0.0, name="x")
    with np.errstate(divide="ignore"):
        y = 1 / x
    text = str(source(y))
    assert "y = np.float64(1) / x" in text
    assert '@np.errstate(all="ignore")' in text             # nobody is warned of an infinity that is meant
    assert run(source(y))[0] == np.inf


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("f", "x"), [
    (tg.sqrt, 0.0), (tg.cbrt, 0.0), (tg.reciprocal, 0.0), (tg.atanh, 1.0), (tg.log, 0.0), (tg.exp, 1000.0),
    (tg.acosh, 1.0), (lambda x: tg.sqrt(x * x), 0.0), (lambda x: tg.reciprocal(x * x + x), 0.0),
    (lambda x: x ** -1.5, 0.0), (lambda x: tg.exp(tg.sqrt(x) / x), 0.0), (lambda x: (x * 2 / (x - x)) ** 0.5, 3.0),
])
def test_where_slopes_or_values_are_infinite_the_text_gives_them(f, x):
    x = tg.Tensor(x, name="x")
    y = f(x)
    assert_is_the_engines(y, source(y))


def test_only_the_number_that_is_divided_becomes_numpys():
    with np.errstate(divide="ignore"):
        y = tg.sqrt(tg.Tensor(0.0, name="x"))
    assert "d_x = np.float64(d_y) / (2 * y)" in body_of(source(y))


@pytest.mark.usefixtures("_registry_as_before")
@pytest.mark.filterwarnings("ignore")
def test_a_spelling_that_overflows_for_python_floats_is_written_with_numpys():
    cube = tg.op(numpy="{x} ** 3")(lambda x, /: x * x * x)
    cube.derivative(x=lambda g, x: 3 * g * x * x)
    y = cube(tg.Tensor(1e200, name="x"))
    assert_is_the_engines(y, source(y))


@pytest.mark.parametrize(("f", "at", "x"), [
    (tg.exp, 0.7, 1000.0), (tg.sqrt, 1.0, -1.0), (tg.sqrt, 1.0, 0.0), (lambda x: x ** 0.5, 2.0, -2.0),
    (tg.sin, 1.0, np.ones(2)),
])
def test_a_value_that_needs_another_text_is_refused(f, at, x):
    program = source(lambda x: f(x), at)
    with pytest.raises(tg.errors.ArgumentError, match=r"run\(x\): .*Print the program anew at these values"):
        program.run(x=x)


@pytest.mark.parametrize("x", [3.0, [1.0, 2.0]])
def test_a_result_that_is_an_input_is_a_program_too(x):
    program = source(lambda x: x, x)
    value, gradients = program.run()
    np.testing.assert_array_equal(value, x)
    np.testing.assert_array_equal(gradients["x"], np.ones_like(x))
    assert body_of(program)[0] == "y = x"
    assert tg.Tensor(3.0, name="x").source().run() == (3.0, {"x": 1.0})
    assert tg.Tensor(3.0).source(backward=False).run() == (3.0, {})
    assert tg.Tensor(3.0, requires_grad=False).source().run() == (3.0, {})


def test_a_float_beside_low_precision_counts_as_a_strong_one():
    x, s = tg.Tensor(np.ones(2, np.float32), name="x"), tg.Tensor(2.0, name="s")
    y = tg.sum(x * s)
    assert "x * np.float64(s)" in str(source(y))
    assert_is_the_engines(y, source(y))


def test_many_numbers_of_low_precision_are_summed_as_the_engine_sums_them():
    x = tg.Tensor(np.float32(0.1), name="x")
    y = tg.mean(tg.tanh(x * np.linspace(0, 1, 300, dtype=np.float32)))
    assert "dtype=np.float64).astype(np.float32)" in str(source(y))
    assert_is_the_engines(y, source(y))


def test_by_products_and_several_results_are_recomputed():
    x = tg.Tensor([2.0, 1.0, 3.0], name="x")
    program = source(tg.sum(tg.sort(x) * np.array([1.0, 10.0, 100.0])))
    assert "ordered, order = sort(x)" in str(program)
    _, gradients = run(program, x=np.array([5.0, 6.0, 4.0]))
    np.testing.assert_array_equal(gradients["x"], [10.0, 100.0, 1.0])


def test_the_source_of_a_hessian_vector_product_is_the_same_call():
    x, v = tg.Tensor([1.0, 2.0], name="x"), np.array([1.0, 0.5])
    slope = tg.gradients(tg.sum(x ** 3), x, create_graph=True)
    _, gradients = run(source(tg.sum(slope * v)))
    np.testing.assert_array_equal(gradients["x"], 6 * np.array([1.0, 2.0]) * v)


# -- the user's own functions -----------------------------------------------------------------------------------------


@pytest.fixture
def _registry_as_before():
    before = dict(registry)
    yield
    registry.clear()
    registry.update(before)


SCALE = 3.0


def _polynomial(x, n):
    total = 0
    for i in range(n):
        total = total + x ** i
    return total * SCALE


@pytest.mark.usefixtures("_registry_as_before")
def test_an_operation_of_the_users_prints_with_what_it_calls():
    @tg.op
    def polynomial(x, /, *, n=3):
        """A sum of powers."""
        if n < 1:
            raise ValueError("n")
        return _polynomial(x, n)
    polynomial.derivative(x=lambda g, x, n: g * sum(i * x ** (i - 1) for i in range(1, n)) * SCALE)
    y = tg.sum(polynomial(tg.Tensor([1.0, -2.0], name="x"), n=4))
    assert "def _polynomial(x, n):" in str(source(y))
    assert "* 3.0" in str(source(y))
    assert_is_the_engines(y, source(y))


def test_a_file_is_parsed_once_however_many_steps_a_program_has(monkeypatch):
    sizes, parse = [], ast.parse
    monkeypatch.setattr(ast, "parse", lambda text, *args, **options: [
        sizes.append(len(text)), parse(text, *args, **options)][1])
    h = tg.Tensor([0.1, 0.2], name="h")
    for _ in range(20):
        h = tg.tanh(h * 2)
    source(h)
    assert sum(size > 1000 for size in sizes) <= 4


@pytest.mark.usefixtures("_registry_as_before")
def test_an_operation_whose_code_is_not_at_hand_needs_a_spelling():
    scope = {"tg": tg}
    exec("@tg.op\ndef cube(x, /):\n    return x * x * x\ncube.derivative(x=lambda g, x: 3 * g * x * x)", scope)
    y = scope["cube"](tg.Tensor(2.0))
    with pytest.raises(tg.errors.GraphError, match=r"the code of cube is not at hand.*numpy="):
        source(y)
    scope["cube"].op.numpy = "{x} ** 3"
    assert "y = x ** 3" in str(source(y))


def test_a_foreign_function_prints_with_its_pullback():
    gamma = tg.custom(lambda x: np.exp(x) * 2, vjp=lambda g, out, x: g * out)
    y = tg.sum(gamma(tg.Tensor([1.0, 2.0], name="x")))
    assert "def vjp_of_f(g, out, x):\n    return g * out" in str(source(y))
    assert_is_the_engines(y, source(y))


def test_a_checkpoint_prints_what_its_function_does():
    w = tg.Tensor([2.0, 3.0], name="w")
    y = tg.sum(tg.checkpoint(lambda x: tg.sin(x * w) * w)(tg.Tensor([0.5, 0.6], name="x")))
    assert "np.sin(x * w) * w" in str(source(y))
    assert_is_the_engines(y, source(y))


# -- what can be asked for --------------------------------------------------------------------------------------------


def test_a_function_is_run_on_examples_that_bear_its_arguments_names():
    def loss(p, x):
        return tg.sum(tg.tanh(x @ p["w"] + p["b"]))
    program = source(loss, {"w": np.ones((2, 3)), "b": np.zeros(3)}, np.array([[1.0, 2.0]]))
    value, gradients = program.run()
    assert value == pytest.approx(3 * np.tanh(3))
    assert list(gradients) == ["w", "b", "x"]
    assert "loss = np.sum(" in str(program)


def test_of_chooses_gradients_by_tensor_or_name():
    a, b = tg.variables(a=2.0, b=3.0)
    y = a * b
    assert source(y, of=[a]).run() == (6.0, {"a": 3.0})
    assert source(y, of="b").run() == (6.0, {"b": 2.0})
    assert "d_b =" not in str(source(y, of=a))
    with pytest.raises(tg.errors.ArgumentError, match="no tensor has that name. Expected one of"):
        source(y, of="c")


def test_the_forward_half_alone():
    program = source(tg.sin(tg.Tensor(0.5, name="x")), backward=False)
    assert "def forward(x):" in str(program)
    assert "d_x" not in str(program)
    assert program.run() == (np.sin(0.5), {})


def test_a_result_that_is_not_a_number_starts_from_a_gradient_that_is_given():
    x = tg.Tensor([1.0, 2.0], name="x")
    y = x * x
    _, gradients = source(y).run(d_y=np.array([1.0, 10.0]))
    np.testing.assert_array_equal(gradients["x"], [2.0, 40.0])


def test_errors_say_what_to_do():
    x = tg.Tensor(2.0, name="x")
    y = x * x
    with pytest.raises(tg.errors.ArgumentError, match=r'language=.cobol.*expected "numpy"'):
        source(y, language="cobol")
    with pytest.raises(tg.errors.ArgumentError, match="Expected x"):
        source(y).run(z=1.0)
    with pytest.raises(tg.errors.ArgumentError, match="Expected examples only with a function"):
        source(y, 1.0)
    x.register_hook(lambda g: g * 2)
    with pytest.raises(tg.errors.GraphError, match="Remove it"):
        source(y)
    x.data = 3.0
    with pytest.raises(tg.errors.ChangedValueError, match="run the forward pass again"):
        source(y)


def test_looking_hooks_are_left_out():
    x = tg.Tensor(2.0, name="x")
    x.register_hook(lambda g: None)
    assert source(x * x).run()[1] == {"x": 4.0}


# -- files ------------------------------------------------------------------------------------------------------------


def test_a_saved_program_runs_on_its_own(tmp_path):
    w = tg.Tensor(np.random.default_rng(1).normal(size=(30, 20)), name="w")
    y = tg.sum(tg.tanh(w @ w.T))
    path = source(y).save(tmp_path / "backprop.py")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["backprop.npz", "backprop.py"]
    done = subprocess.run([sys.executable, "-I", path], capture_output=True, text=True, cwd="/", check=True)
    assert done.stdout.startswith(f"y = {y.item()}\n")
    assert "import tinygrad_edu" not in path.read_text()


def test_a_text_that_was_copied_says_where_its_large_values_are(tmp_path):
    x, path = tg.Tensor(np.ones(200), name="x"), tmp_path / "copied.py"
    program = source(tg.sum(x * x))
    path.write_text(str(program))
    result = subprocess.run([sys.executable, path], text=True, capture_output=True, check=False)
    assert result.returncode == 1
    assert "The value of x is missing" in result.stderr
    assert '.save("NAME.py")' in result.stderr
    assert "Traceback" not in result.stderr
    with pytest.raises(SystemExit, match="The value of x is missing"):
        exec(str(program), {"__name__": "__main__"})        # as in a notebook, where there is no file
    program.save(path)
    assert "y = 200.0" in subprocess.run([sys.executable, path], text=True, capture_output=True, check=True).stdout


def test_small_values_need_no_second_file(tmp_path):
    source(tg.sin(tg.Tensor(0.5, name="x"))).save(tmp_path / "backprop.py")
    assert [each.name for each in tmp_path.iterdir()] == ["backprop.py"]


def test_a_file_that_cannot_be_saved_leaves_nothing(tmp_path):
    program = source(tg.sin(tg.Tensor(0.5)))
    with pytest.raises(tg.errors.ArgumentError, match=r"ends in \.py"):
        program.save(tmp_path / "backprop.txt")
    (tmp_path / "taken.py").mkdir()
    with pytest.raises(tg.errors.DataError, match=r"taken\.py cannot be written, because it is a folder"):
        program.save(tmp_path / "taken.py")
    assert [each.name for each in tmp_path.iterdir()] == ["taken.py"]


def test_notebooks_show_it_as_code():
    x = tg.Tensor([1.0], name="x")
    program = source(tg.sum(x[x > 0]))
    assert program._repr_html_().startswith('<pre><code class="language-python">')
    assert "&gt;" not in textwrap.shorten(repr(program), 10_000)
    assert repr(program) == str(program)


def test_the_program_names_every_value_once():
    w, x = tg.variables(w=2.0, x=-3.0)
    program = program_of(tg.tanh(w * x))
    names = [target.name for each in program.statements for target in each.targets if target is not None]
    assert len(set(names)) == len(names)


def test_operations_that_are_not_in_the_program_do_not_change_its_names():
    x = tg.Tensor([1.0, 2.0], name="x")

    def text():
        return str(source(tg.sum(x * x * x)))

    before = text()

    @tg.op
    def product(x, /):
        return x * 1.0

    assert text() == before
    product.derivative(x=lambda g: g)
    y = tg.sum(product(x * x) * x)
    y.backward()
    value, gradients = source(y).run()
    assert value == y.item()
    assert np.array_equal(gradients["x"], x.grad.numpy())
