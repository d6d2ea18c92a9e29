"""The stepper: forwards and backwards, deeper and out again, readable in 80 columns, and the quiz."""

import io
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import tinygrad_edu as tg
from tests.registry import cases, derivatives, examples
from tests.test_graphs import programs
from tinygrad_edu import nn
from tinygrad_edu.core.rules import registry
from tinygrad_edu.errors import ArgumentError
from tinygrad_edu.explain import Stepper, Trace, step, trace
from tinygrad_edu.explain.elements import element_of
from tinygrad_edu.explain.events import Place
from tinygrad_edu.explain.excerpts import marks_of
from tinygrad_edu.explain.looks import Look, look_of
from tinygrad_edu.explain.quizzes import is_close, read_number
from tinygrad_edu.explain.words import WHY, why
from tinygrad_edu.targets import load

LESSON = """\
import tinygrad_edu as tg

w = tg.Tensor(2.0)
x = tg.Tensor(-3.0)
b = tg.Tensor(6.88)
y = tg.tanh(w * x + b)
y.backward()
"""
BATCH = """\
import numpy as np
import tinygrad_edu as tg

h = tg.Tensor(np.arange(6.0).reshape(2, 3) - 2, name="h")
W = tg.Tensor(np.array([[1.0, -1.0], [2.0, 0.5], [0.0, 1.0]]), name="W")
b = tg.Tensor([0.5, -0.5], name="b")
z = h @ W + b
loss = tg.sum(z * z)
"""


@pytest.fixture
def lesson(tmp_path):
    """The tensor y of a file lesson.py, freshly run."""
    (tmp_path / "lesson.py").write_text(LESSON)
    return load(f"{tmp_path}/lesson.py:y")


@pytest.fixture
def batch(tmp_path):
    """The loss of a file train.py, in which a row is broadcast."""
    (tmp_path / "train.py").write_text(BATCH)
    return load(f"{tmp_path}/train.py:loss")


def titles(stepper):
    return [each.title for each in stepper]


# -- moving -----------------------------------------------------------------------------------------------------------


def test_next_and_back_stay_within_the_steps(lesson):
    s = step(lesson)
    assert (s.position, s.current, len(s)) == (0, None, 5)
    assert s.back().position == 0
    assert s.next().current.title == "y → w·x + b"
    assert s.next().back().position == 1
    assert s.goto(5).next().position == 5
    assert s.is_at_end
    assert s.goto(-1).position == 5
    assert s.goto(0).current is None


def test_back_and_forth_lands_in_the_same_state(lesson):
    s = step(lesson)
    forth = [s.goto(n).text() for n in range(6)]
    assert [s.goto(5 - n).text() for n in range(6)] == forth[::-1]


@pytest.mark.parametrize("n", [6, -6, "3", 1.0, True])
def test_goto_refuses_what_is_no_step(lesson, n):
    with pytest.raises(ArgumentError, match=r"goto\(n\).*from 0 \(the start\) to 5"):
        step(lesson).goto(n)


def test_a_stepper_is_a_sequence_of_steps(lesson):
    s = step(lesson)
    assert titles(s) == ["y → w·x + b", "w·x + b → w·x", "w·x + b → b", "w·x → w", "w·x → x"]
    assert s[3].event.input.name == "w"
    assert s[-1].title == "w·x → x"
    assert s.position == 0                                              # looking does not move


def test_until_goes_to_a_name_a_tensor_or_a_condition(lesson):
    s = step(lesson)
    assert s.until("w").position == 4
    assert s.goto(0).until(lambda event: event.is_complete and event.input.is_leaf).position == 3
    assert s.goto(0).until(s.trace.node("x")).position == 5
    with pytest.raises(ArgumentError, match=r"no later step.*5 of 5.*goto\(0\)"):
        s.until("w")


def test_where_tells_line_and_way(lesson):
    assert step(lesson).where() == "step 0 of 5: the start"
    assert step(lesson).goto(4).where().splitlines() == [
        "step 4 of 5: w·x → w", "lesson.py:6, in <module>: y = tg.tanh(w * x + b)", "y → w·x + b → w·x → w"]


def test_functions_are_run_with_inputs_by_name():
    s = step(lambda w, x: tg.tanh(w * x), w=2.0, x=-3.0)
    assert titles(s) == ["tanh(w·x) → w·x", "w·x → w", "w·x → x"]
    with pytest.raises(ArgumentError, match=r"step\(level=…\): got 'layer'. Expected 'edge', 'node', 'module'"):
        step(lambda w: w * w, 2.0, level="layer")


def test_stepping_touches_no_gradient(lesson):
    w = lesson.inputs[0].inputs[0].inputs[0]
    before = w.grad.item()
    step(lesson).goto(5).text()
    assert w.grad.item() == before


def test_saving_writes_every_step_or_the_data(lesson, tmp_path):
    s = step(lesson)
    s.save(tmp_path / "steps.txt")
    text = (tmp_path / "steps.txt").read_text(encoding="utf-8")
    assert text.count("   backward   ") == 5
    s.save(tmp_path / "steps.json")
    assert Trace.from_json((tmp_path / "steps.json").read_text(encoding="utf-8")).step().goto(3).text() == \
        s.goto(3).text()
    with pytest.raises(ArgumentError, match=r"got 'steps.doc'. Expected a name that ends in .html, .txt, .json"):
        s.save(tmp_path / "steps.doc")


# -- levels, and what is inside ---------------------------------------------------------------------------------------


def test_at_the_level_of_nodes_an_operation_is_one_step(lesson):
    s = step(lesson, level="node")
    assert titles(s) == ["y → w·x + b", "w·x + b → w·x, b", "w·x → w, x"]
    inner = s.goto(2).into()
    assert (s.level, titles(inner)) == ("edge", ["w·x + b → w·x", "w·x + b → b"])
    assert inner.next().next().position == 2
    assert s.out().position == 2
    with pytest.raises(ArgumentError, match="outermost"):
        s.out()


def network():
    model = nn.Sequential([nn.Dense(3, input_shape=2, activation="tanh", seed=0), nn.Dense(1, seed=1)])
    x = tg.Tensor([[0.5, -1.0], [2.0, 1.0]], name="x")
    loss = tg.mean(model(x) ** 2)
    return model, x, loss


def test_at_the_level_of_modules_a_layer_is_one_step_with_what_comes_in_and_goes_out():
    model, x, loss = network()
    s = step(loss, level="module")
    assert titles(s) == ["loss → layers.1²", "layers.1² → layers.1", "layers.1", "layers.0"]
    layer = s[2]
    assert [(event.node.label, event.arriving.shape) for event in layer.incoming] == [("layers.1", (2, 1))]
    assert [event.input.label for event in layer.outgoing] == ["layers.0"]
    assert {event.input.name for event in layer.to_parameters} == {"layers.1.weight", "layers.1.bias"}
    loss.backward()
    last = s[3].outgoing[0]
    assert_allclose(last.after, x.grad.numpy(), rtol=0)
    found = {event.input.name: event.after for event in s[3].to_parameters}
    assert_allclose(found["layers.0.weight"], model[0].weight.grad.numpy(), rtol=0)


def test_into_opens_a_layer_and_out_closes_it():
    s = step(network()[2], level="module").goto(4)
    inside = s.into()
    assert s.level == "edge"
    assert all(each.event.node.module == "layers.0" for each in inside)
    assert "in layers.0" in s.where()
    assert s.out().current.title == "layers.0"


def test_nested_modules_open_one_after_the_other():
    tg.random.seed(0)
    inner = nn.Residual(nn.Dense(2, activation="tanh"))
    loss = tg.sum(nn.Sequential([nn.Sequential([inner, nn.Dense(1)])])(np.ones((3, 2))))
    s = step(loss, level="module").until(lambda event: event.node.module is not None)
    path = s.current.module
    while s.current.is_layer:
        s.into()
        assert s.current.event.node.module.startswith(path)
        path = s.current.module or path
    assert s.level == "edge"


def test_into_an_edge_of_arrays_shows_the_sum_that_made_an_element(batch):
    s = step(batch).until("W").into(0, 1)
    element = s.element
    assert element.name == "∂loss/∂W[0,1]"
    assert [term.symbols for term in element.terms] == ["h[0,0]·g[0,1]", "h[1,0]·g[1,1]"]
    h, z = np.arange(6.0).reshape(2, 3) - 2, batch.inputs[0].inputs[0].numpy()
    g = 2 * z                                                           # of loss = Σ z²
    assert [term.value for term in element.terms] == pytest.approx([h[0, 0] * g[0, 1], h[1, 0] * g[1, 1]])
    assert element.value == pytest.approx((h.T @ g)[0, 1])
    assert s.next().element.name == "∂loss/∂W[1,0]"
    assert s.out().current.title == "h @ W → W"


def test_into_without_a_place_takes_the_largest_element(batch):
    s = step(batch).until("b").into()
    assert s.element.index == (int(np.argmax(np.abs(s.event.summed))),)
    assert [term.symbols for term in s.element.terms] == [f"g[{i},{s.element.index[0]}]" for i in (0, 1)]


def test_repeated_indices_show_every_row_that_comes_back():
    table = tg.Tensor(np.arange(6.0).reshape(3, 2), name="table")
    rows = table[[0, 2, 0, 0]]
    s = step(tg.sum(rows * rows)).until(table)
    assert [term.symbols for term in s.into(0, 1).element.terms] == ["g[0,1]", "g[2,1]", "g[3,1]"]
    assert s.out().into(1, 0).element.terms == ()                       # row 1 was never picked


@pytest.mark.parametrize(("place", "message"), [((5, 0), "got (5, 0)"), ((1,), "Expected 2 whole numbers"),
                                                (("a", 0), "got ('a', 0)")])
def test_into_refuses_places_that_are_not_there(batch, place, message):
    with pytest.raises(ArgumentError, match=re.escape(message)):
        step(batch).until("W").into(*place)


def test_into_says_when_there_is_nothing_inside(lesson, batch):
    with pytest.raises(ArgumentError, match="only single numbers"):
        step(lesson).next().into()
    with pytest.raises(ArgumentError, match="take a step first"):
        step(lesson).into()
    with pytest.raises(ArgumentError, match=r"a single number already.*write out\(\)"):
        step(batch).until("W").into().into()


def test_inside_an_edge_into_leads_to_another_element(batch):
    s = step(batch).until("W").into(0, 1)
    assert s.into(2, 0).element.index == (2, 0)
    assert s.where().startswith("step 7 of 7, element 5 of 6: ")
    assert not s.out().is_inside


def test_of_an_empty_array_there_is_no_element():
    with pytest.raises(ArgumentError, match=r"x is empty, of shape \(0, 3\); there is no element"):
        step(tg.sum(tg.Tensor(np.zeros((0, 3)), name="x"))).next().into()


def test_terms_show_their_numbers_also_where_they_are_no_products():
    x, y = tg.variables(x=[1.0, 3.0], y=[2.0, -4.0])
    term = step(tg.sum(x / y)).until("x").into(1).element.terms[0]
    assert (term.symbols, term.numbers, term.value) == ("g[1]/y[1]", "1/(−4)", -0.25)
    term = step(tg.sum(tg.Tensor([1.0, 2.0], name="a") * np.array([10.0, 20.0]))).until("a").into(1).element.terms[0]
    assert (term.symbols, term.numbers) == ("g[1]·[10, 20][1]", "1 × 20")


def test_an_element_of_a_softmax_is_a_sum_over_all_that_arrives():
    x = tg.Tensor([0.0, np.log(2.0)], name="x")
    element = step(tg.sum(tg.softmax(x) * np.array([3.0, 6.0]))).until("x").into(0).element
    assert [term.symbols for term in element.terms] == ["g[0] · 0.2222", "g[1] · −0.2222"]     # p₀ (1 − p₀) and −p₀ p₁
    assert_allclose([term.value for term in element.terms], [3 * 2 / 9, -6 * 2 / 9])


@pytest.mark.parametrize(("f", "said"), [
    (lambda n, z: n / z, ["1/z with z = 0 is +∞", "try tg.where(z != 0, …, 0), or divide by z + 1e-12"]),
    (lambda n, z: tg.sqrt(z * n), ["with z·n = 0", "try tg.where(x > 0, tg.sqrt(x), 0), where x is z·n"])])
def test_advice_names_the_input_that_is_to_blame_in_code(f, said):
    with np.errstate(all="ignore"):
        warning = " ".join(repr(step(f, n=3.0, z=0.0).next()).split("because")[-1].split())
    assert all(each in warning for each in said)


def test_warnings_are_broken_at_the_end_of_the_line():
    x = tg.Tensor([0.0, 0.0], name="x")
    with np.errstate(all="ignore"):
        lines = step(tg.sqrt(tg.sum(x * x))).goto(2).text(Look(ascii=True)).split("\n")
    start = next(i for i, line in enumerate(lines) if line.startswith(" !! infinite"))
    assert lines[start].split()[-1] == "->"
    assert lines[start + 1] == " " * 14 + "sum(x^2)"


def test_what_arrives_at_a_result_of_one_element_is_1_and_not_given():
    x = tg.Tensor([2.0], name="x")
    told = repr(step(x * 3.0)).split("\n start ")[1]
    assert told.lstrip().startswith("∂L/∂L = 1: ")


def test_all_edges_that_were_left_out_are_counted():
    x = tg.Tensor(-1.0, name="x")
    y = sum(tg.sin(x * float(i)) for i in range(4))
    found = trace(tg.where(x > 0, y, 0.0) + x)
    told = repr(found.step()).split("\n start ")[1]
    assert told.count("left out") == 3
    assert f"and {len(found.not_taken) - 3} edges more" in told


def test_wrong_calls_name_what_was_called():
    with pytest.raises(ArgumentError, match=r"^step\(t\): got 3"):
        step(3)
    with pytest.raises(ArgumentError, match=r"^step\(f, \.\.\.\): the function gave 3.0, a float.*return its result"):
        step(lambda w: 3.0, w=2.0)
    with pytest.raises(IndexError, match=r"got 9. Expected a whole number below 3"):
        step(lambda w, x: tg.tanh(w * x), w=2.0, x=-3.0)[9]


@pytest.mark.parametrize(("text", "plain"), [
    ("∂L/∂γ", "dL/dgamma"), ("Δθ₁", "Deltatheta1"), ("6×3", "6x3"), ("2 × 3", "2 * 3"), ("é", "e"), ("字", "?")])
def test_ascii_tells_letters_apart(text, plain):
    assert Look(ascii=True).plain(text) == plain


def test_every_sentence_that_says_why_belongs_to_an_operation():
    named = {key if isinstance(key, str) else key[0] for key in WHY} - {"", "hook"}
    assert named <= registry.keys()
    assert why("an operation without one", 0) == WHY[""]



@pytest.mark.parametrize("derivative", derivatives(composed=False), ids=str)
@examples(3)
@given(data=st.data())
def test_the_terms_of_an_element_add_up_to_the_engines_number_for_every_rule(derivative, data):
    subject, argument = derivative
    case = data.draw(cases(subject, argument))
    positions = subject.positions(argument, case.inputs)
    inputs = [tg.Tensor(x, dtype=np.float64) if i in positions and np.asarray(x).dtype.kind == "f" else x
              for i, x in enumerate(case.inputs)]
    out = subject.results(inputs, case.options)[0]
    if out.__class__ is not tg.Tensor or not out.requires_grad or not out.size or out.size > 60:
        return
    seed = np.random.default_rng(0).uniform(0.5, 2, out.shape)
    found = trace(out, gradient=seed)
    for event in found:
        if isinstance(event.summed, tuple) or event.node.op == "item" or not np.size(event.summed):
            continue
        place = np.unravel_index(np.size(event.summed) // 2, np.shape(event.summed))
        element = element_of(found, event, tuple(int(i) for i in place))
        assert_allclose(sum(term.value for term in element.terms), element.value, rtol=1e-7, atol=1e-9)


# -- how it reads -----------------------------------------------------------------------------------------------------

SCALAR = """\
step 4 of 5   backward                                               lesson.py:6
────────────────────────────────────────────────────────────────────────────────
   5 │ b = tg.Tensor(6.88)
 ▶ 6 │ y = tg.tanh(w * x + b)
     │             ~~^~~
   7 │ y.backward()

 edge      w·x ──▶ w                                           input 1 of 2 of ×

           new total   so far     arrives       local derivative
 symbols   ∂y/∂w     ← so far  +  ∂y/∂(w·x)  ×  x
 numbers   −1.503    = 0       +  0.501      ×  −3
 why       In a product, each factor is the slope of the other one.

 totals    y              1   the start
           w·x + b    0.501   complete
           w·x        0.501   complete
           b          0.501   complete
         ▶ w         −1.503   complete   was 0
           x              –   none yet
────────────────────────────────────────────────────────────────────────────────"""
ASCII = """\
 edge      w*x --> w                                           input 1 of 2 of *

           new total    so far     arrives       local derivative
 symbols   dy/dw     <- so far  +  dy/d(w*x)  *  x
 numbers   -1.503    =  0       +  0.501      *  -3"""
TENSOR = """\
step 5 of 7   backward                                                train.py:7
────────────────────────────────────────────────────────────────────────────────
   6 │ b = tg.Tensor([0.5, -0.5], name="b")
 ▶ 7 │ z = h @ W + b
     │     ~~~~~~^~~
   8 │ loss = tg.sum(z * z)

 edge      z ──▶ b                                             input 2 of 2 of +

 symbols   ∂loss/∂b ← so far + Σ over axis 0 of (g   × 1)
 shapes    2                                     2×2
 arrives   g          [[−7, 2], [11, 5]]
 sum       2×2 → 2   b was broadcast over axis 0, so its 2 rows are added up
 adds      [4, 7]
 total     ∂loss/∂b   [4, 7]   complete
 why       A sum passes on what arrives, unchanged, to each of its terms.
────────────────────────────────────────────────────────────────────────────────"""


def test_a_scalar_step_reads_as_drawn(lesson):
    assert step(lesson).goto(4).text() == SCALAR
    assert repr(step(lesson).goto(4)) in (SCALAR, step(lesson).goto(4).text(Look(ascii=True)))


def test_a_tensor_step_tells_how_broadcasting_is_undone(batch):
    assert step(batch).until("b").text() == TENSOR


def test_in_ascii_everything_is_ascii(lesson):
    text = step(lesson).goto(4).text(Look(ascii=True))
    assert ASCII in text
    assert text.isascii()


def test_what_a_where_did_not_take_is_told():
    x = tg.Tensor([-1.0, 4.0, 0.0], name="x")
    with np.errstate(invalid="ignore"):
        s = step(tg.sum(tg.where(x > 0, tg.sqrt(x), 0.0))).until("x")
    assert " taken     1 of 3 elements of √x by where; the others send 0" in s.text()
    assert s.into(0).element.terms == ()


def test_until_finds_the_first_step_in_a_layer():
    s = step(network()[2]).until("layers.0")
    assert s.event.node.module == "layers.0"
    assert not any(each.event.node.module == "layers.0" for each in s[:s.position - 1])


def test_the_start_says_where_it_begins_and_that_no_gradient_is_set(lesson):
    text = " ".join(step(lesson).text().split())
    assert "result y = tanh(w·x + b) = 0.7064" in text
    assert "Stepping sets no .grad" in text


def test_a_step_of_a_node_shows_its_edges_in_lines(lesson):
    text = step(lesson, level="node").goto(3).text()
    assert " edges     w   x = −3            −1.503       0     −1.503  complete" in text


def test_a_layer_shows_what_arrives_what_goes_on_and_its_parameters():
    text = step(network()[2], level="module").goto(3).text()
    assert re.search(r"^ layer +layers.1 +4 edges inside; into opens it$", text, re.MULTILINE)
    assert re.search(r"^ arrives +layers.1 ", text, re.MULTILINE)
    assert re.search(r"^ goes on +layers.0 ", text, re.MULTILINE)
    assert re.search(r"^ +weight +\[\[.*complete$", text, re.MULTILINE)


def test_trouble_is_loud_and_says_where_it_began_and_what_to_try(tmp_path):
    (tmp_path / "lesson.py").write_text("import tinygrad_edu as tg\nd = tg.Tensor([4.0, 0.0])\nr = tg.sqrt(d)\n"
                                        "loss = tg.sum(r * r)\n")
    s = step(load(f"{tmp_path}/lesson.py:loss")).until("d")
    assert s.text().splitlines()[-5:-1] == [
        " !! NaN       ∂loss/∂d is NaN from here on: 1 of 2 elements",
        "    began at  sqrt, lesson.py:3:  r = tg.sqrt(d)",
        "    because   1/(2·r) with d = 0, r = 0 is +∞, and +∞ × 0 is NaN",
        "    try       tg.where(d > 0, tg.sqrt(d), 0)"]
    assert "\x1b[30;48;5;220m !! NaN" in s.text(Look(colours=256))


def test_trouble_of_the_forward_pass_is_told_at_the_start():
    x = tg.Tensor([1.0, -1.0], name="x")
    with np.errstate(invalid="ignore"):
        r = tg.log(x)
        text = step(tg.sum(r)).text()
    assert " !! NaN       in the forward pass already: r has 1 of 2 elements" in text


@examples(40)
@given(programs(smooth=False), st.integers(0, 99), st.sampled_from(["edge", "node"]), st.booleans())
def test_every_step_of_random_programs_fits_into_80_columns(program, seed, level, is_ascii):
    s = step(program(*[tg.Tensor(value) for value in program.at(seed)]), level=level)
    for n in range(len(s) + 1):
        text = s.goto(n).text(Look(ascii=is_ascii))
        assert all(len(line) <= 80 for line in text.splitlines())
        assert text.isascii() or not is_ascii


def test_every_step_of_a_network_of_numbers_fits_into_80_columns():
    out = nn.MLP(2, [2, 1], seed=0)([2.0, 3.0])
    s = step((out - 1.0) ** 2)
    assert all(len(line) <= 80 for n in range(len(s) + 1) for line in s.goto(n).text().splitlines())


def test_long_expressions_in_all_columns_fit_into_80():
    r = tg.eigh(tg.Tensor([[2.0, 1.0], [1.0, 3.0]]))
    s = step(r.eigenvalues[0] * 2 + r.eigenvectors[0, 0])
    assert all(len(line) <= 80 for n in range(len(s) + 1) for line in s.goto(n).text().splitlines())


def test_long_names_and_wide_letters_stay_within_the_page():
    a, b = tg.Tensor(1.5, name="a_variable_with_a_long_name_" * 3), tg.Tensor(2.0, name="重み")
    s = step(tg.tanh(a * b) * b)
    for n in range(len(s) + 1):
        assert all(len(line) <= 80 for line in s.goto(n).text().splitlines())


@pytest.mark.parametrize(("source", "marks"), [
    ("y = tg.tanh(w * x)", "    ~~~^^^^~~~~~~~"), ("z = (a + b) * (c)", "    ~~~~~~~~^~~~~"),
    ("q = -x", "    ^~"), ("r = x[1:]", "    ~^^^^"), ("t = x.T", "    ~~^"), ("u = a <= b", "    ~~^^~~"),
])
def test_the_operation_is_marked_in_its_expression(source, marks):
    place = Place(file="f.py", line=1, function="f", text=source, expression=source[4:], span=(4, 1, len(source)))
    assert marks_of(place) == marks


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self):
        return True


def test_colours_are_an_extra_that_the_environment_can_refuse():
    assert look_of(Terminal(), {"TERM": "xterm-256color"}).colours == 256
    assert look_of(Terminal(), {"TERM": "xterm"}).colours == 16
    assert look_of(Terminal(), {"TERM": "xterm-256color", "NO_COLOR": "1"}).colours == 0
    assert look_of(Terminal(), {"TERM": "dumb"}) == Look(ascii=True)
    assert look_of(io.StringIO(), {"TERM": "xterm-256color"}).colours == 0
    stream = Terminal()
    stream.encoding = "latin-1"
    assert look_of(stream, {"TERM": "xterm"}).ascii
    assert "\x1b" not in step(lambda x: x * x, 2.0).next().text()


def test_colour_changes_nothing_but_colour(lesson):
    s = step(lesson).goto(4)
    for colours in (16, 256):
        assert re.sub(r"\x1b\[[\d;]*m", "", s.text(Look(colours=colours))) == SCALAR


# -- the quiz ---------------------------------------------------------------------------------------------------------


def test_a_quiz_asks_before_it_shows(lesson):
    s = step(lesson, quiz=True)
    assert s.question is None
    s.until("w")
    assert "−1.503" not in s.text()
    assert s.question.prompt in s.text()
    if s.question.kind == "number":
        assert s.answer(-1.5)
    else:
        assert s.answer(s.question.answer)
    assert s.question is None
    assert "−1.503" in s.text()


def asked(s, kind):
    """The stepper at the first question of a kind."""
    while not s.is_at_end:
        if s.next().question is not None and s.question.kind == kind:
            return s
    raise AssertionError(kind)


def test_wrong_answers_are_told_from_likely_mistakes():
    s = asked(step(lambda w, x: (w * x) * 3 + x, w=2.0, x=-3.0, quiz=True), "number")
    while s.event.input.name != "w":
        asked(s, "number")
    assert s.event.after == -9.0
    assert "sign" in repr(s.answer(9))
    assert "✗ Not yet. That is the local derivative alone. Multiply it by what arrives, 3." in repr(s.answer(-3))
    assert "It goes through the operation" in repr(s.answer(3))
    assert "Nearly" in repr(s.answer(-9.8))
    assert not s.answer(100)
    assert s.answer("3 * -3")
    assert s.quiz.summary().splitlines()[0] == "1 of 1 right, 0 at the first try without a hint."


def test_hints_name_the_rule_then_its_symbols_then_its_numbers(lesson):
    s = asked(step(lesson, quiz=True), "number")
    rule = s.event.rule
    hints = [s.hint() for _ in range(4)]
    assert hints[0] == rule.why
    assert hints[1] == f"{rule.new} ← so far + {rule.arriving} × {rule.factor}"
    assert hints[2] == hints[3]
    assert "hints" in s.quiz.summary() or not s.answer(s.question.answer)


def test_a_choice_is_answered_by_its_letter_or_its_words(lesson):
    s = asked(step(lesson, quiz=True), "choice")
    right = s.question.choices.index(s.question.answer)
    wrong = "abcd"[(right + 1) % len(s.question.choices)]
    assert not s.answer(wrong)
    assert s.answer("abcd"[right].upper() + ".")
    s = asked(step(lesson, quiz=True), "choice")
    with pytest.raises(ArgumentError, match="one of the letters"):
        s.answer("z")
    assert s.answer(s.question.answer.replace("·", "*").replace("−", "-"))


def test_of_arrays_the_shape_is_asked(batch):
    s = step(batch, quiz=True).until("b")
    assert s.question.prompt == "Which shape has ∂loss/∂b?"
    assert "[4, 7]" not in s.text()
    assert s.answer("2")


def test_the_same_seed_asks_the_same(lesson):
    def questions(seed):
        s = Stepper(trace(lesson), quiz=True, seed=seed)
        return [s.goto(n).question.text for n in range(1, 6)]

    assert questions(1) == questions(1)
    assert len({tuple(questions(seed)) for seed in range(10)}) > 1


def test_answers_without_a_question_are_refused(lesson):
    with pytest.raises(ArgumentError, match="no question here"):
        step(lesson).next().answer(1)


@pytest.mark.parametrize(("typed", "exact", "right"), [
    ("0.5", 0.5009, True), ("0.50", 0.5009, True), ("0.51", 0.5009, False), ("1", 0.5009, False), ("0", 0.0, True),
    ("-1.5", -1.503, True), ("1.5", -1.503, False), ("1/3", 1 / 3, True), ("0.501 * −3", -1.503, True),
    ("1,25", 1.25, True), ("2^3", 8.0, True), ("1e-3", 0.001, True),
])
def test_rounding_is_forgiven_and_calculations_are_read(typed, exact, right):
    value, text = read_number(typed)
    assert is_close(value, exact, text) == right


@pytest.mark.parametrize("typed", ["", "abc", "__import__('os')", "1 +", "9**9**9**9", "(" * 300, "True"])
def test_what_is_no_number_is_refused(typed):
    with pytest.raises(ArgumentError, match="Expected a number"):
        read_number(typed)
