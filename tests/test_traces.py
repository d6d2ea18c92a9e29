"""Traces: the engine's own numbers, edge by edge, as data that does not change and can be written to a file."""

import json
import math
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import tinygrad_edu as tg
from tests.registry import examples
from tests.test_graphs import assert_same_bits, programs
from tinygrad_edu import nn
from tinygrad_edu.core.tensors import Tensor
from tinygrad_edu.core.walk import made_from
from tinygrad_edu.errors import (
    ArgumentError,
    ChangedValueError,
    DataError,
    GraphError,
    MissingExtraError,
    ShapeError,
)
from tinygrad_edu.explain import Trace, trace
from tinygrad_edu.explain import wording as wording_module
from tinygrad_edu.views.graphs.recorded import described


def neuron():
    """Y = tanh(w·x + b), whose gradients are easily worked out by hand."""
    w, x, b = tg.variables(w=2.0, x=-3.0, b=6.88)
    y = tg.tanh(w * x + b)
    return w, x, b, y


def added_up(events):
    """What the events bring, added in their order; a hook replaces what was there."""
    total = None
    for event in events:
        total = event.after if event.is_hook else event.summed if total is None else total + event.summed
    return total


def assert_adds_up(loss, gradient=None):
    """Adding up the events gives the gradient of every tensor, to the last bit, and nothing was touched before."""
    results, leaves = made_from([loss], needing_gradient=True)
    found = trace(loss, gradient=gradient)
    assert all(t.grad is None for t in (*results, *leaves))
    loss.backward(gradient)
    for t in (*results, *leaves):
        if t.op is not None and t.op.results:
            continue
        total = added_up(found.events_of(t)) if t is not loss else found.seed
        assert_same_bits([found.gradient(t)], [None if t.grad is None else t.grad.numpy()[()]])
        if total is not None:
            assert_same_bits([total], [t.grad.numpy()[()]])
        else:
            assert t.grad is None or not t.grad.numpy().any()           # a `where` took nothing of it
    return found


# -- the engine's own numbers -----------------------------------------------------------------------------------------


@examples(150)
@given(programs(smooth=False), st.integers(0, 99), st.sampled_from([np.float64, np.float32]))
def test_adding_up_the_events_of_random_programs_gives_grad_bit_for_bit(program, seed, dtype):
    variables = [tg.Tensor(value) for value in program.at(seed, dtype)]
    found = assert_adds_up(program(*variables))
    for event in found:
        assert_same_bits([event.after], [event.summed if event.before is None else event.before + event.summed])
        if event.local is not None:
            assert_allclose(np.asarray(event.contribution), np.asarray(event.arriving * event.local),
                            rtol=1e-5 if dtype is np.float32 else 1e-12, atol=1e-6 if dtype is np.float32 else 1e-13)


RNG = np.random.default_rng(0)
IMAGES, ROWS, SERIES = RNG.normal(size=(2, 6, 6, 2)), RNG.normal(size=(4, 3)), RNG.normal(size=(2, 4, 3))
LAYERS = {
    "Dense": (lambda: nn.Dense(3, activation="tanh"), ROWS), "Conv2D": (lambda: nn.Conv2D(3, (3, 3)), IMAGES),
    "MaxPool2D": (lambda: nn.MaxPool2D(2), IMAGES), "AvgPool2D": (lambda: nn.AvgPool2D(2), IMAGES),
    "GlobalAvgPool2D": (nn.GlobalAvgPool2D, IMAGES), "BatchNorm": (nn.BatchNorm, ROWS),
    "Dropout": (lambda: nn.Dropout(0.5, seed=0), ROWS), "SimpleRNN": (lambda: nn.SimpleRNN(4), SERIES),
    "Residual": (lambda: nn.Residual(nn.Dense(3, activation="relu")), ROWS), "Flatten": (nn.Flatten, IMAGES),
    "LayerNorm": (nn.LayerNorm, ROWS), "Embedding": (lambda: nn.Embedding(5, 3), np.array([[0, 4], [2, 2]])),
}


def test_every_layer_of_nn_is_here():
    kinds = [each for each in vars(nn).values() if isinstance(each, type) and issubclass(each, nn.Module)]
    others = {"ArrayLayer", "Module", "Sequential", "Input", "Lambda", "Activation", "Reshape"}
    on_numbers = {"Neuron", "Layer", "MLP", "LinearRegressionNeuron", "LogisticRegressionNeuron"}
    assert {each.__name__ for each in kinds} - others - on_numbers <= set(LAYERS)


@pytest.mark.parametrize("name", LAYERS)
def test_events_of_every_layer_add_up(name):
    make, x = LAYERS[name]
    layer = nn.Sequential([make(), nn.Flatten()])
    x = tg.Tensor(x)
    out = layer(x)
    found = assert_adds_up(tg.sum(out * out))
    assert any(event.node.module for event in found)


def test_events_of_networks_of_single_numbers_add_up():
    out = nn.MLP(3, [4, 1], seed=0)([2.0, 3.0, -1.0])
    found = assert_adds_up((out - 1.0) ** 2)
    assert {event.local is not None for event in found} == {True}


@pytest.mark.parametrize("name", nn.losses.LOSSES)
def test_events_of_every_loss_add_up(name):
    y = np.sign(ROWS[:2]) if name == "hinge" else np.eye(3)[[0, 2]]
    x = tg.Tensor(RNG.uniform(0.1, 0.9, (2, 3)))
    assert_adds_up(nn.losses.LOSSES[name](tg.softmax(x), y))


def test_the_events_of_a_neuron_are_what_one_works_out_by_hand():
    w, x, _, y = neuron()
    slope = 1 - math.tanh(0.88) ** 2
    found = trace(y)
    assert [event.edge for event in found] == ["y → w·x + b", "w·x + b → w·x", "w·x + b → b", "w·x → w", "w·x → x"]
    assert [event.number for event in found] == [1, 2, 3, 4, 5]
    event = found[3]
    assert (event.input.name, event.position, event.argument, event.node.op) == ("w", 0, "x1", "multiply")
    assert event.arriving == pytest.approx(slope)
    assert event.local == -3.0
    assert event.after == pytest.approx(-3 * slope)
    assert (event.before, event.count, event.of, event.is_complete) == (None, 1, 1, True)
    rule = event.rule
    assert (rule.new, rule.arriving, rule.local, rule.contribution) == ("∂y/∂w", "∂y/∂(w·x)", "x", "∂y/∂(w·x) · x")
    assert rule.why == "In a product, each factor is the slope of the other one."
    assert rule.spoken == ("d y by d w becomes what it was so far plus "
                           "d y by d the quantity w times x end quantity times x")
    assert found[0].rule.factor == "(1 − y²)"
    assert found.gradient(w) == event.after
    assert found.gradient(x) == pytest.approx(2 * slope)


def test_local_derivatives_are_written_without_needless_signs():
    a, b = tg.variables(a=6.0, b=3.0)
    q = a / b
    assert [event.rule.local for event in trace(q)] == ["1/b", "−q/b"]
    assert [event.rule.local for event in trace(tg.sqrt(a))] == ["1/(2·√a)"]


def test_rules_that_do_not_run_on_tensors_are_told_in_words():
    @tg.op
    def bump(x, /):
        return np.exp(-np.asarray(x) ** 2)

    bump.derivative(x=lambda g, x, out: g * (-2 * np.asarray(x) * np.asarray(out)))
    x = tg.Tensor([0.5, 1.0], name="x")
    event = trace(tg.sum(bump(x))).events_of("x")[0]
    assert event.rule.contribution == "the rule of bump for x, of g"
    assert_allclose(event.summed, -2 * x.numpy() * np.exp(-x.numpy() ** 2))


def test_a_tensor_used_twice_gets_two_events_and_is_complete_after_the_second():
    x = tg.Tensor(3.0, name="x")
    found = trace(x * x)
    assert [(event.count, event.of, event.is_complete) for event in found] == [(1, 2, False), (2, 2, True)]
    assert [event.before for event in found] == [None, 3.0]
    assert found[1].after == 6.0


def test_undone_broadcasting_is_told_with_its_axes():
    x, b = tg.Tensor(np.ones((2, 5, 3)), name="x"), tg.Tensor(np.zeros((5, 1)), name="b")
    event = trace(tg.sum(x + b)).events_of("b")[0]
    assert event.contribution.shape == (2, 5, 3)
    assert event.axes == (0, 2)
    assert_array_equal(event.summed, np.full((5, 1), 6.0))              # 2 · 3 ones each


def test_a_gradient_to_start_from_is_the_seed():
    x = tg.Tensor([1.0, 2.0], name="x")
    found = assert_adds_up(x * x, gradient=[10.0, 1.0])
    assert_array_equal(found.seed, [10, 1])
    assert_array_equal(found.gradient("x"), [20, 4])
    with pytest.raises(ShapeError, match=r"trace\(\).*of shape \(2,\)"):
        trace(x * x)


def test_hooks_are_events_and_are_called_once():
    x = tg.Tensor(3.0, name="x")
    y = x * x
    calls = []
    y.register_hook(lambda g: calls.append(g.item()) or g * 10)
    x.register_hook(lambda g: calls.append(g.item()))                  # looks only, so it is no event
    found = trace(tg.exp(y * 0))
    assert calls == [0.0, 0.0]
    assert [event.is_hook for event in found] == [False, False, True, False, False]
    hook = trace(y * 1.0)[1]
    assert (hook.edge, hook.arriving, hook.after) == ("hook on y", 1.0, 10.0)
    assert hook.rule.contribution == "hook(g)"
    assert_adds_up(y * 2.0)


def test_operations_with_several_results_are_followed():
    a = tg.Tensor([[2.0, 1.0], [1.0, 3.0]], name="a")
    parts = tg.eigh(a)
    found = assert_adds_up(parts.eigenvalues[0] * 2 + parts.eigenvectors[0, 0])
    event = next(event for event in found if event.node.op == "item")
    assert event.rule.why.startswith("One of several results")
    assert found.events_of(a)[0].arriving._fields == ("eigenvalues", "eigenvectors")


def test_elements_that_a_where_does_not_take_have_a_local_derivative_of_0():
    x = tg.Tensor([-1.0, 4.0, 0.0], name="x")
    with np.errstate(invalid="ignore"):
        found = assert_adds_up(tg.sum(tg.where(x > 0, tg.sqrt(x), 0.0)))
    event = found.events_of(x)[0]
    assert_array_equal(event.mask, [False, True, False])
    assert_array_equal(event.local, [0, 0.25, 0])
    assert_array_equal(event.summed, [0, 0.25, 0])


def test_edges_that_are_left_out_because_nothing_was_taken_are_named():
    x = tg.Tensor(-1.0, name="x")
    with np.errstate(invalid="ignore"):
        found = assert_adds_up(tg.where(x > 0, tg.sqrt(x), 0.0))
    assert [(node.label, source.label) for node, source in found.not_taken] == [("√x", "x")]
    assert found.gradient(x) == 0


def test_the_step_where_nan_began_says_so():
    x = tg.Tensor([3.0, 0.5], name="x")
    d = (x - 0.5) ** 2
    r = tg.sqrt(d)
    found = trace(tg.sum(r))
    assert [event.began for event in found] == ["", "infinite", "", ""]
    assert np.isnan(found.gradient(x)[1])


def test_the_pass_is_run_carefully_where_a_gradient_is_not_finite():
    x = tg.Tensor([-1.0, 4.0], name="x")
    with np.errstate(invalid="ignore"):
        assert_adds_up(tg.sum(tg.sqrt(x)[1:]))                          # careful: the first root was not picked
        x = tg.Tensor([-1.0, 4.0], name="x")
        r = tg.sqrt(x)
        r.register_hook(lambda g: g * 2)
        assert_adds_up(tg.sum(r[1:]))


def test_values_that_changed_since_the_forward_pass_are_refused():
    w, _, _, y = neuron()
    w.data = 5.0
    with pytest.raises(ChangedValueError, match=r"w was assigned a new value after multiply.*run it again"):
        trace(y)
    v = tg.Tensor(1.0, name="v")
    loss = v + 1                                                        # no rule needs v, but the trace shows it
    loss.backward()
    tg.optim.SGD([v]).step()
    with pytest.raises(ChangedValueError, match="v was assigned"):
        trace(loss)


def test_tracing_leaves_the_graph_and_grad_alone():
    w, _, _, y = neuron()
    y.backward()
    before = w.grad, y.grad, tg.formula(y).text, made_from([y])
    trace(y).table()
    assert (w.grad, y.grad, tg.formula(y).text, made_from([y])) == before


def test_a_trace_stays_what_it_is():
    w, _, _, y = neuron()
    found = trace(y)
    text = found.to_json(formulas=False)
    y.backward()
    w.data = 100.0
    assert found.to_json(formulas=False) == text
    with pytest.raises(AttributeError):
        found[0].after = 0
    with pytest.raises(AttributeError):
        found.nodes[0].value = 0
    with pytest.raises(TypeError):
        found.gradients["n1"] = 0
    array = trace(tg.sum(tg.Tensor([1.0, 2.0]) ** 2))[-1].after
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 5


def test_formulas_are_not_printed_before_they_are_asked_for(monkeypatch):
    monkeypatch.setattr(wording_module, "recorded_rule", lambda *_: pytest.fail("a rule was printed"))
    found = trace(neuron()[3])
    assert found.table(formulas=False).rows[3][1] == "w·x → w"


def test_what_cannot_be_traced_says_why():
    with pytest.raises(GraphError, match=r"trace\(\).*needs no gradient"):
        trace(tg.Tensor(1.0, requires_grad=False) * 2)
    with pytest.raises(ArgumentError, match="Expected a Tensor, or a function"):
        trace(3.0)
    with pytest.raises(ArgumentError, match="gave a tuple"):
        trace(lambda x: (x, x), 1.0)
    with pytest.raises(ArgumentError, match="examples for a function only"):
        trace(neuron()[3], 1.0)


def test_functions_are_run_and_traced():
    found = trace(lambda w, x: tg.tanh(w * x), 2.0, x=-3.0)
    assert [event.input.name for event in found][1:] == ["w", "x"]


# -- where it came from -----------------------------------------------------------------------------------------------


def test_an_event_knows_its_line_and_the_columns_of_its_expression():
    w, x = tg.variables(w=2.0, x=-3.0)
    y = tg.tanh(w * x)
    place = trace(y).events_of("w")[0].node.place
    assert place.text.strip() == "y = tg.tanh(w * x)"
    column, last, end = place.span
    assert (place.text[column:end], last) == ("w * x", place.line)
    assert place.short == f"test_traces.py:{place.line}"
    assert place.function == "test_an_event_knows_its_line_and_the_columns_of_its_expression"


def test_columns_count_letters_not_bytes():
    größe, ß = tg.variables(größe=2.0, ß=3.0)
    y = größe * ß
    column, _, end = trace(y)[0].node.place.span
    assert trace(y)[0].node.place.text[column:end] == "größe * ß"


def test_parameters_are_called_by_their_path_and_events_know_their_layer():
    model = nn.Sequential([nn.Dense(2, input_shape=3, activation="relu", seed=0), nn.Dense(1, seed=1)])
    loss = tg.sum(model(np.ones((4, 3))))
    found = trace(loss)
    assert {event.node.module for event in found} == {None, "layers.0", "layers.1"}
    kinds = {node.name: node.kind for node in found.nodes}
    assert kinds["layers.0.weight"] == kinds["layers.1.bias"] == "parameter"


def test_forward_events_come_in_the_order_of_the_computation():
    found = trace(neuron()[3])
    assert [(each.number, each.expression, each.node.op) for each in found.forward] == [
        (1, "w·x", "multiply"), (2, "w·x + b", "add"), (3, "tanh(w·x + b)", "tanh")]
    assert [x.name for x in found.forward[0].inputs] == ["w", "x"]
    assert found.forward[0].value == -6.0


# -- looking at parts -------------------------------------------------------------------------------------------------


def test_a_slice_is_a_trace_of_these_events():
    found = trace(neuron()[3])
    part = found[1:3]
    assert isinstance(part, Trace)
    assert [event.number for event in part] == [2, 3]
    assert found[-1].number == 5
    assert len(found.events_of("x")) == 1


def test_a_slice_knows_what_happened_before_it():
    x = tg.Tensor(3.0, name="x")
    found = (x * x * x).trace()
    last = found[-1:]
    assert str(last.paths("x")) == str(found.paths("x"))
    assert last.total(found.node("x"), 2) == found.total(found.node("x"), 2) == 9.0
    assert repr(last.step().next()) == repr(found.step().goto(4)).replace("step 4 of 4", "step 1 of 1")
    assert last.step().next().where().split("\n")[-1] == found.step().goto(4).where().split("\n")[-1]


def test_a_trace_cannot_be_changed():
    found = (tg.Tensor(3.0, name="x") * 2).trace()
    with pytest.raises(AttributeError, match="trace.events: a trace does not change"):
        found.events = ()
    with pytest.raises(IndexError, match=r"got 7. It has 1 events"):
        found[7]
    with pytest.raises(TypeError, match=r"got 'x'.*events_of\(w\)"):
        found["x"]
    with pytest.raises(GraphError, match="got None for a node. Expected a tensor of the graph, or its name"):
        found.node(None)


def test_no_two_results_are_called_alike():
    x, y = tg.variables(x=[0.5, 1.5], y=[1.0, 2.0])
    found = (tg.sum(tg.exp(x) * tg.sin(y)) + tg.sum(tg.exp(y) * tg.cos(x)) + tg.sum(tg.exp(x) * tg.tan(y))
             + tg.sum(x * x) + tg.sum(x * x)).trace()
    labels = [node.label for node in found.nodes]
    assert len(set(labels)) == len(labels)
    assert {"… + …", "(… + …)₂", "Σ(x²)", "Σ(x²)₂", "x²", "(x²)₂"} <= set(labels)
    assert found[0].edge == "L → (… + …)₃"                     # the result is called as in formulas, not by dots
    assert found[0].rule.contribution == "∂L/∂L"
    assert repr(found).startswith("<trace of L = … + Σ(exp(x)·tan(y)) + ")


def test_rules_call_inputs_as_the_edges_do():
    x = tg.Tensor([[1.0, 2.0, 4.0]], name="x")
    shares = x / tg.sum(x * 2.0, axis=1, keepdims=True)
    found = tg.sum(shares * np.array([[1.0, 0.0, 2.0]])).trace()
    to_x = next(event for event in found if event.edge == "shares → x")
    assert to_x.rule.local == "1/sum(…)"                       # and not 1/x2, which stands nowhere else
    assert ("sum(…)", (1, 1)) in to_x.rule.shapes
    assert found.events_of("sum(…)")[0].rule.new == "∂L/∂sum(…)"


def test_the_gradients_of_several_results_have_their_names():
    x = tg.Tensor([3.0, 1.0, 2.0], name="x")
    found = tg.sum(tg.topk(x, 2).values).trace()
    event = next(event for event in found if event.node.op == "item")
    assert event.after._fields == ("values", "indices")
    assert " total     .values " in repr(found.step().goto(event.number))


def test_a_hook_is_called_once_in_a_pass_that_is_not_finite():
    for look_at in (trace, lambda t: described([t], gradients="fresh")):
        calls = []
        x = tg.Tensor([0.0, 1.0], name="x")
        root = tg.sqrt(x * 1.0)
        root.register_hook(calls.append)
        look_at(tg.sum(root * np.array([0.0, 1.0])))
        assert len(calls) == 1


def test_nodes_are_found_by_tensor_name_label_and_id():
    w, _, _, y = neuron()
    found = trace(y)
    node = found.node(w)
    assert found.node("w") is found.node(node.id) is found.node(node) is node
    assert found.node("w·x").op == "multiply"
    with pytest.raises(GraphError, match=r"no nodes are called 'q'.*w, x, b"):
        found.node("q")
    with pytest.raises(GraphError, match="not a part of the graph"):
        found.node(tg.Tensor(1.0))


def test_totals_grow_event_by_event():
    x = tg.Tensor(3.0, name="x")
    found = trace(x * x)
    assert [found.total(found.node("x"), n) for n in (0, 1, 2)] == [None, 3.0, 6.0]
    assert found.total(found.root, 0) == 1.0


def test_paths_show_each_way_its_product_and_their_sum():
    x = tg.Tensor(3.0, name="x")
    found = trace(x * x + x).paths(x)
    assert (found.count, len(found), found.sum) == (3, 3, 7.0)          # 3 + 3 + 1
    assert [path.product for path in found] == [3.0, 3.0, 1.0]
    assert [path.factors for path in found] == [(1.0, 3.0), (1.0, 3.0), (1.0,)]
    assert str(found).splitlines()[0] == "3 paths from L to x"
    inner = trace(tg.tanh(x * x)).paths("x", "x²")
    assert (inner.count, inner.sum) == (2, 6.0)


@examples(40)
@given(programs(), st.integers(0, 99))
def test_on_graphs_of_numbers_the_sum_over_paths_is_the_gradient(program, seed):
    rng = np.random.default_rng(seed)
    variables = [tg.Tensor(rng.uniform(-1, 1)) for _ in program.shapes]
    found = trace(program(*variables))
    for x in variables:
        if x in found.tensors:
            paths = found.paths(x)
            if paths.sum is not None:
                assert_allclose(paths.sum, found.gradient(x), rtol=1e-9, atol=1e-12)


def test_of_many_paths_and_of_arrays_only_the_number_is_told():
    x = tg.Tensor(1.01, name="x")
    y = x
    for _ in range(100):
        y = y * y * 0.5
    found = trace(y).paths(x)
    assert (found.count, found.paths, found.sum) == (2**100, None, None)
    v = tg.Tensor([1.0, 2.0], name="v")
    found = trace(tg.sum(v * v)).paths(v)
    assert (found.count, found.sum) == (2, None)
    assert "arrays on the way" in str(found)


# -- tables and files -------------------------------------------------------------------------------------------------


def test_the_table_shows_every_step_in_a_line():
    assert str(trace(neuron()[3]).table()).splitlines()[3:] == [
        line.replace("LINE", trace(neuron()[3])[0].node.place.short) for line in [
            "   1  y → w·x + b           1  1 − y² = 0.501           0.501             0   0.501  LINE",
            "   2  w·x + b → w·x     0.501  1                        0.501             0   0.501  LINE",
            "   3  w·x + b → b       0.501  1                        0.501             0   0.501  LINE",
            "   4  w·x → w           0.501  x = −3                  −1.503             0  −1.503  LINE",
            "   5  w·x → x           0.501  w = 2                    1.002             0   1.002  LINE"]]


def test_the_html_table_escapes_what_the_user_named():
    x = tg.Tensor(1.0, name="<script>alert(1)</script>")
    html = trace(x * x).table().html
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert html.count("<tr>") == 3


def test_a_data_frame_holds_the_numbers_themselves(monkeypatch):
    class DataFrame(list):                                              # what pandas is asked for
        def set_index(self, name):
            return {row[name]: row for row in self}

    monkeypatch.setitem(sys.modules, "pandas", SimpleNamespace(DataFrame=DataFrame))
    found = trace(neuron()[3])
    frame = found.table().pandas()
    assert [row["after"] for row in frame.values()] == [event.after for event in found]
    assert (frame[4]["rule"], frame[4]["node"], frame[4]["complete"]) == ("∂y/∂(w·x) · x", "w·x", True)


def test_without_pandas_an_error_says_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtraError, match="pip install pandas"):
        trace(neuron()[3]).table().pandas()


@examples(30)
@given(programs(smooth=False), st.integers(0, 99), st.sampled_from([np.float64, np.float32]))
def test_json_is_read_back_to_the_last_bit(program, seed, dtype):
    found = trace(program(*[tg.Tensor(value) for value in program.at(seed, dtype)]))
    again = Trace.from_json(found.to_json())
    assert again.to_json() == found.to_json()
    for a, b in zip(found, again, strict=True):
        assert_same_bits([a.after, a.local, a.contribution], [b.after, b.local, b.contribution])
        assert a.rule == b.rule
    assert str(again.table()) == str(found.table())


def test_json_is_plain_also_for_nan_infinity_and_several_results():
    x = tg.Tensor([0.0, 1.0], name="x")
    found = trace(tg.sum(tg.sqrt(x * x)))
    content = json.loads(found.to_json(), parse_constant=lambda name: pytest.fail(name))
    assert (content["format"], content["version"]) == ("tinygrad_edu trace", 1)
    assert content["events"][1]["summed"] == {"dtype": "float64", "shape": [2], "data": ["Infinity", 0.5]}
    a = tg.Tensor([[2.0, 1.0], [1.0, 3.0]], name="a")
    found = trace(tg.sum(tg.eigh(a).eigenvectors))
    assert Trace.from_json(found.to_json()).events_of("a")[0].arriving._fields == ("eigenvalues", "eigenvectors")


def test_json_without_formulas_says_so_when_asked_for_one():
    again = Trace.from_json(trace(neuron()[3]).to_json(formulas=False))
    assert again[3].edge == "w·x → w"
    with pytest.raises(ArgumentError, match="without formulas"):
        _ = again[3].rule


@pytest.mark.parametrize(("text", "message"), [
    ("{", "this is no JSON"), ("[1]", "format None"), ('{"format": "tinygrad_edu trace", "version": 2}', "version 2"),
    ('{"format": "tinygrad_edu trace", "version": 1}', "missing or damaged"),
])
def test_other_text_is_no_trace(text, message):
    with pytest.raises(DataError, match=message):
        Trace.from_json(text)


def test_a_trace_that_was_read_has_no_tensors_but_knows_names():
    again = Trace.from_json(trace(neuron()[3]).to_json())
    assert again.gradient("w") == pytest.approx(-1.503, abs=1e-3)
    assert again.paths("w").count == 1
    assert not again.holds_tensors
    with pytest.raises(GraphError, match="read from a file"):
        again.node(tg.Tensor(1.0))


def test_tensors_are_none_of_what_is_stored():
    found = trace(neuron()[3])
    stored = [getattr(event, name) for event in found for name in ("arriving", "local", "summed", "after")]
    assert not any(isinstance(each, Tensor) for each in stored)
