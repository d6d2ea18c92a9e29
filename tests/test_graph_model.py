"""The description of recorded graphs: every argument once, names and formulas of the user, gradients as they are."""

import gc
import math
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_edu as tg
from tests.registry import cases, derivatives, examples, is_floating
from tests.test_graphs import programs
from tinygrad_edu import nn
from tinygrad_edu.core.walk import made_from
from tinygrad_edu.data import load_digits
from tinygrad_edu.errors import ArgumentError, ChangedValueError, GraphError, ShapeError
from tinygrad_edu.testing import strategies
from tinygrad_edu.views.graphs.graph import Graph, graph
from tinygrad_edu.views.graphs.model import MOST_ELEMENTS
from tinygrad_edu.views.graphs.of_models import graph_of_model
from tinygrad_edu.views.graphs.recorded import described
from tinygrad_edu.views.graphs.summaries import joined, summary, total


def lesson():
    w, x, b = tg.variables(w=2, x=-3, b=6.88)
    y = tg.tanh(w * x + b)
    return w, x, b, y


def network(*units, seed=0):
    return nn.Sequential([nn.Dense(n, 5, "relu", seed=seed) if not i else nn.Dense(n, seed=seed + i)
                          for i, n in enumerate(units)])


def array_of(value):
    return np.array(value.elements).reshape(value.shape)


def edges_to(g, node):
    return [edge for edge in g.edges if edge.target == g.node(node).id]


# -- structure --------------------------------------------------------------------------------------------------------


@examples(60)
@given(program=programs(smooth=False), seed=st.integers(0, 99))
def test_every_recorded_argument_is_one_edge_between_nodes_with_its_values(program, seed):
    root = program(*[tg.Tensor(x) for x in program.at(seed)])
    description, ids = described([root])
    nodes = {node.id: node for node in description.nodes}
    results, leaves = made_from([root])
    recorded = {(ids[node], i): x for node in results for i, x in enumerate(node.inputs) if x is not None}
    assert [(edge.target, edge.position) for edge in description.edges] == sorted(
        recorded, key=lambda each: (list(nodes).index(each[0]), each[1]))
    for edge in description.edges:
        assert nodes[edge.source].value == summary(recorded[edge.target, edge.position])
        assert edge.id == f"{edge.target}.{edge.position}"
    assert {t: nodes[ids[t]].value for t in (*results, *leaves)} == {t: summary(t) for t in (*results, *leaves)}


@examples(40)
@given(program=programs(smooth=False), seed=st.integers(0, 99))
def test_nodes_are_numbered_in_an_order_in_which_each_comes_after_what_it_was_made_from(program, seed):
    root = program(*[tg.Tensor(x) for x in program.at(seed)])
    description, _ = described([root])
    assert [node.id for node in description.nodes] == [f"n{i}" for i in range(1, len(description.nodes) + 1)]
    rank = {node.id: i for i, node in enumerate(description.nodes)}
    assert all(rank[edge.source] < rank[edge.target] for edge in description.edges)
    uses = {}
    for edge in description.edges:
        uses.setdefault(edge.source, rank[edge.target])
    for node in description.nodes:
        if node.operation is None and node.id in uses:                  # a leaf: nothing but leaves up to its use
            between = description.nodes[rank[node.id]:uses[node.id]]
            assert all(each.operation is None for each in between)
    assert described([root])[0] == description


def test_a_tensor_used_twice_by_an_operation_has_two_edges():
    x = tg.Tensor(3.0, name="x")
    first, second = graph(x * x).edges
    assert (first.source, first.position, second.source, second.position) == ("n1", 0, "n1", 1)


def test_each_number_is_a_node_and_each_array_only_one():
    table, x = np.arange(4.0), tg.Tensor(np.ones(4), name="x")
    g = graph((2 * x + 2) * table + table)
    assert [node.value.elements for node in g.nodes if node.kind == "constant"] == [(2,), (2,)]
    assert [node.name for node in g.nodes if node.kind == "input"] == ["table"]
    assert sum(edge.source == g.node("table").id for edge in g.edges) == 2


def test_arguments_that_were_left_out_are_no_edges():
    x = tg.Tensor([1.0, 5.0])
    g = graph(tg.clip(x, None, 3.0))
    assert [edge.argument for edge in g.edges] == ["x", "max"]


def test_the_order_of_arguments_matters_where_the_operation_does_not_commute():
    x, y = tg.variables(x=1, y=2)
    assert [edge.ordered for edge in graph([x + y, x - y, tg.sin(x)]).edges] == [False, False, True, True, False]


def test_several_results_have_a_node_of_their_own_between_them():
    a = tg.Tensor([[2.0, 1.0], [1.0, 3.0]], name="a")
    found = tg.eigh(a)
    loss = tg.sum(found.eigenvalues)
    loss.backward()
    g = graph(loss)
    assert [node.title for node in g.nodes] == ["a", "found", "found.eigenvalues", "loss"]
    assert [node.operation.sign for node in g.nodes[1:]] == ["eigh", ".eigenvalues", "Σ"]
    assert g.nodes[1].value is None
    assert g.nodes[1].gradient_is == "not wanted"
    assert [edge.flow.shape for edge in g.edges] == [(2, 2), (2,), (2,)]
    assert [edge.formula for edge in g.edges[1:]] == ["1", "1"]


def test_several_roots_share_what_they_are_made_from():
    x, = tg.variables(x=2)
    h = x * x
    a = tg.sin(h)
    b = tg.cos(h)
    g = graph([a, b])
    assert [node.title for node in g.nodes if node.is_root] == ["a", "b"]
    assert len(g.nodes) == 4
    assert g.title == "a = sin(h); b = cos(h)"
    assert len(graph([x, x]).nodes) == 1


def test_graphs_of_second_order_are_described_like_others():
    x = tg.Tensor(3.0, name="x")
    slope = tg.gradients(x ** 3, x, create_graph=True)
    slope.backward()
    g = graph(slope)
    assert g.node("x").gradient.elements == (18.0,)
    assert sum(edge.flow.elements[0] for edge in g.edges if edge.source == g.node("x").id) == 18.0


# -- kinds, names, expressions ----------------------------------------------------------------------------------------


def test_kinds_are_told_apart():
    p, w = nn.Parameter([1.0, 2.0], name="p"), tg.Tensor([1.0, 2.0], name="w")
    data, mask, labels = np.array([1.5, 2.5]), np.array([True, False]), tg.Tensor([1, 2], dtype=int, name="labels")
    still = tg.Tensor([1.0, 4.0], requires_grad=False, name="still")
    g = graph(tg.where(mask, p * w * data, 0.0) * labels * still * 2)
    assert {node.title: node.kind for node in g.nodes if node.operation is None and node.name} == {
        "p": "parameter", "w": "variable", "data": "input", "mask": "constant", "labels": "constant", "still": "input"}
    assert graph(nn.Parameter(1.0) * 2).nodes[0].kind == "parameter"
    assert {node.kind for node in g.nodes if node.operation} == {"result"}


def test_examples_of_a_function_are_inputs_unless_a_gradient_flows_to_them():
    def f(x, n):
        return tg.sum(x * n)
    g = graph(f, [1.0, 2.0], np.array([1, 2]))
    assert [(node.name, node.kind) for node in g.nodes[:2]] == [("x", "variable"), ("n", "input")]


def test_names_are_those_of_the_users_code_and_expressions_stand_for_the_rest():
    _, _, _, y = lesson()
    g = graph(y)
    assert [(node.name, node.expression) for node in g.nodes] == [
        ("w", None), ("x", None), (None, "w·x"), ("b", None), (None, "w·x + b"), ("y", "tanh(w·x + b)")]
    assert g.title == "y = tanh(w·x + b)"
    place = g.node("y").place
    assert (place.file, place.text, place.expression) == (
        "test_graph_model.py", "y = tg.tanh(w * x + b)", "tg.tanh(w * x + b)")


def test_what_has_no_name_gets_a_letter_that_its_expressions_use():
    g = graph(tg.Tensor(2.0) * tg.Tensor(3.0) + np.arange(10.0))
    assert [node.title for node in g.nodes] == ["v₁", "v₂", "v₁·v₂", "c₁", "v₁·v₂ + c₁"]


def test_leaves_without_a_name_are_called_as_where_they_are_used():
    def made():
        return tg.Tensor(2.0)
    pair = [made(), made()]
    a, b = pair
    assert [node.name for node in graph(a * b).nodes[:2]] == ["a", "b"]


def test_long_expressions_are_cut():
    values = [tg.Tensor(0.5, name="x")]
    for _ in range(40):
        values.append(tg.sin(values[-1] + 1) * tg.cos(values[-1]))
    expressions = [node.expression or "" for node in graph(values[-1]).nodes]
    assert max(map(len, expressions)) <= 160
    assert any("…" in each for each in expressions)


def test_what_a_function_records_for_the_line_that_asks_is_not_named_by_it():
    picture = graph(tg.softplus, 0.5)
    assert picture.nodes[-1].name is None
    assert picture.nodes[-1].place is None
    model = graph_of_model(network(3), np.ones((2, 5)))
    assert "model" not in {node.name for node in model.nodes}


@pytest.mark.parametrize("name", ['"quoted"', "<script>alert(1)</script>", "two\nlines", "ünï–cödé ₁", "", "a" * 500])
def test_names_are_kept_as_they_are(name):
    x = tg.Tensor(2.0, name=name)
    g = graph(x * 3)
    assert g.nodes[0].name == name
    assert Graph.from_json(g.to_json()) == g


def test_signs_are_mathematics_and_options_are_those_that_matter():
    x = tg.Tensor([[1.0, 2.0], [3.0, 4.0]])
    results = [x / 2, x ** 2, x.T, tg.sum(x), tg.sum(x, axis=0, keepdims=True), x[0], x[:, None, 1:],
               tg.abs(x), tg.reshape(x, (4,)), x @ x, -x, tg.log(x), x * np.arange(2.0)]
    signs = [(t, graph(t).node(t).operation) for t in results]
    assert [(each.sign, each.options) for _, each in signs] == [
        ("÷", ""), ("xⁿ", ""), ("ᵀ", ""), ("Σ", ""), ("Σ", "axis=0, keepdims=True"), ("[0]", ""),
        ("[…]", "[:, None, 1:]"), ("|·|", ""), ("reshape", "shape=(4,)"), ("@", ""), ("−", ""), ("ln", ""), ("×", "")]


def test_operations_of_the_user_are_shown_by_their_names():
    @tg.op
    def cube_of(x, /, *, scale=1.0):
        return x ** 3 * scale
    cube_of.derivative(x=lambda g, x, scale: 3 * g * x * x * scale)
    y = cube_of(tg.Tensor([2.0, 1.0], name="x"), scale=2.0)
    [edge] = graph(y).edges
    assert graph(y).node(y).operation.sign == "cube_of"
    assert graph(y).node(y).operation.options == "scale=2.0"
    assert (edge.is_factor, edge.formula) == (False, "3·g·x·x·2")


# -- values -----------------------------------------------------------------------------------------------------------


@examples(80)
@given(array=strategies.arrays(dtype=st.sampled_from([np.float64, np.float32, np.float16, np.int64, np.bool_])))
def test_summaries_say_what_numpy_says(array):
    value = summary(array)
    floats = np.asarray(array, np.float64)
    finite = floats[np.isfinite(floats)]
    assert (value.shape, value.dtype, value.size) == (array.shape, str(array.dtype), array.size)
    assert value.zeros == (array.size - np.count_nonzero(array))
    assert (value.nans, value.infinities) == (np.isnan(floats).sum(), np.isinf(floats).sum())
    if array.size <= MOST_ELEMENTS:
        np.testing.assert_array_equal(array_of(value), array)
    if finite.size:
        with np.errstate(over="ignore"):
            assert (value.minimum, value.maximum) == (finite.min(), finite.max())
            np.testing.assert_allclose(value.norm, math.hypot(*finite.ravel()), rtol=1e-10)
            assert value.minimum <= value.mean <= value.maximum
    else:
        assert value.minimum is value.mean is value.maximum is None


def test_many_elements_are_kept_as_the_extremes_of_equal_runs():
    array = np.zeros(960)
    array[100], array[105], array[500], array[940] = 7.0, -2.0, np.nan, np.inf
    value = summary(array)
    assert len(value.bins) == 48
    assert value.bins[5] == (-2.0, 7.0)
    assert math.isnan(value.bins[25][0])
    assert value.bins[47] == (0.0, math.inf)
    assert (value.maximum, value.nans, value.infinities, value.zeros) == (7.0, 1, 1, 956)
    assert value == summary(array.copy())


def test_values_of_every_kind_are_summarised():
    empty = summary(np.zeros((0, 3)))
    assert (empty.elements, empty.minimum, empty.norm) == ((), None, 0.0)
    assert summary(True).elements == (True,)
    assert summary(np.float16(0.5)).dtype == "float16"
    assert summary(10**400).infinities == 1
    assert summary(-0.0).zeros == 1
    large = summary(np.array([1e300, -1e300, 1e300]))
    assert large.mean == pytest.approx(1e300 / 3)
    assert large.norm == pytest.approx(1e300 * math.sqrt(3))
    assert summary(np.array([5e-324, 0.0])).norm > 0
    assert joined([summary(1.0), None]) is None
    assert joined([summary(np.ones(2)), summary(1.0)]) is None
    assert total([summary(np.ones(100)), summary(np.ones(100))]) is None


def test_descriptions_hold_no_tensors_or_arrays():
    x = tg.Tensor(np.arange(100.0), name="x")
    y = tg.sum(x * x)
    g, ref = graph(y), weakref.ref(x)
    del x, y
    gc.collect()
    assert ref() is None
    assert g.node("x").value.shape == (100,)


# -- gradients --------------------------------------------------------------------------------------------------------


def test_before_a_pass_gradients_are_unknown_and_not_zero():
    w, x, _, y = lesson()
    w.requires_grad = False
    g = graph(tg.tanh(w * x))
    assert {node.title: (node.gradient, node.gradient_is) for node in g.nodes} == {
        "w": (None, "not wanted"), "x": (None, "none yet"), "w·x": (None, "none yet"), "tanh(w·x)": (None, "none yet")}
    assert all(edge.flow is None and edge.arriving is None for edge in graph(y).edges)


def test_gradients_that_cannot_flow_are_not_wanted():
    @tg.op
    def chosen_by(x, which, /):
        return x + 0 * which
    chosen_by.derivative(x=lambda g: g, which=None)
    x = tg.Tensor(2.6, name="x")
    doubled = x * 2
    y = chosen_by(x, doubled)
    y.backward()
    g = graph(y)
    assert {node.title: node.gradient_is for node in g.nodes if node.kind != "constant"} == {
        "x": "known", "doubled": "not wanted", "y": "known"}
    assert [edge.wanted for edge in g.edges] == [False, False, True, False]
    assert [edge.formula for edge in g.edges] == [None, None, "1", None]


def test_after_backward_each_edge_says_what_arrived_and_what_flows():
    _, _, _, y = lesson()
    y.backward()
    g = graph(y)
    to_w, to_x = edges_to(g, "w·x")
    assert g.node("w").gradient.elements[0] == pytest.approx(-1.503, abs=1e-3)
    assert (to_w.formula, to_w.local.elements, to_w.is_factor) == ("x", (-3.0,), True)
    assert (to_x.formula, to_x.spoken) == ("w", "w")
    [to_z] = edges_to(g, "y")
    assert (to_z.formula, to_z.spoken) == ("1 − y²", "one minus y squared")
    assert to_z.arriving.elements == (1.0,)
    assert to_w.flow == g.node("w").gradient


def test_pictures_touch_no_gradient():
    w, x, _, y = lesson()
    described([y], gradients="fresh")
    assert w.grad is None
    y.backward()
    before = w.grad.item()
    graph(y)
    graph(lambda x: w * x, 2.0)
    assert (w.grad.item(), x.grad.item()) == (before, pytest.approx(1.002, abs=1e-3))


@examples(60)
@given(program=programs(smooth=False), seed=st.integers(0, 99))
def test_what_flows_into_a_node_adds_up_to_its_gradient(program, seed):
    root = program(*[tg.Tensor(x) for x in program.at(seed)])
    if not root.requires_grad:
        return
    fresh, ids = described([root], gradients="fresh")
    root.backward()
    recorded, _ = described([root])
    assert fresh.edges == recorded.edges
    gradients = {ids[t]: t.grad for t in ids if t.grad is not None}
    for node in fresh.nodes:
        flows = [edge.flow for edge in fresh.edges if edge.source == node.id and edge.flow is not None]
        if node.id in gradients:
            np.testing.assert_array_equal(array_of(node.gradient), gradients[node.id].numpy())
        if flows and not node.is_root:
            np.testing.assert_allclose(sum(map(array_of, flows)), array_of(node.gradient), rtol=1e-9, atol=1e-12)


@examples(60)
@given(program=programs(smooth=False), seed=st.integers(0, 99))
def test_a_factor_times_what_arrives_is_what_flows(program, seed):
    root = program(*[tg.Tensor(x) for x in program.at(seed)])
    description, _ = described([root], gradients="fresh" if root.requires_grad else "none")
    for edge in description.edges:
        if edge.wanted:
            assert edge.formula
            assert edge.spoken
        if edge.is_factor and edge.flow is not None and edge.local is not None and not edge.flow.nans:
            product = array_of(edge.arriving) * array_of(edge.local)
            np.testing.assert_allclose(np.broadcast_to(product, edge.flow.shape), array_of(edge.flow),
                                       rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("derivative", derivatives(composed=False), ids=str)
@examples(3)
@given(data=st.data())
def test_every_rule_of_the_library_can_stand_on_a_gate(derivative, data):
    case = data.draw(cases(derivative.subject, derivative.argument))
    inputs = [tg.Tensor(x) if is_floating(x) else x for x in case.inputs]
    out = case.subject.results(inputs, case.options)
    if not any(each.requires_grad for each in out):
        return
    g = graph([each for each in out if each.requires_grad])
    for edge in g.edges:
        if edge.wanted:
            assert edge.formula
            assert "\n" not in edge.formula
            assert edge.spoken.replace(" ", "").isalnum()
        elif not edge.wanted:
            assert edge.formula is None
    assert Graph.from_json(g.to_json()) == g


def test_gates_of_matrices_say_what_becomes_of_the_gradient():
    x = tg.Tensor(np.ones((6, 4)), requires_grad=False, name="x")
    w, b = tg.Tensor(np.ones((4, 3)), name="W"), tg.Tensor(np.ones(3), name="b")
    h = tg.tanh(x @ w + b)
    loss = tg.mean(h * h)
    loss.backward()
    g = graph(loss)
    by = {(edge.target, edge.position): edge for edge in g.edges}
    to_w, to_b = by[g.node("x @ W").id, 1], by[g.node("x @ W + b").id, 1]
    assert (to_w.formula, to_w.spoken, to_w.is_factor, to_w.local) == (
        "xᵀ g", "x transposed matrix times g", False, None)
    assert (to_b.formula, to_b.note) == ("Σ g", "6×3 → 3: sum of 6 rows (axis 0)")
    [to_mean] = edges_to(g, "loss")
    assert (to_mean.formula, to_mean.is_factor) == ("1/18", True)
    assert by[g.node("h").id, 0].formula == "1 − h²"


def test_a_gate_never_says_a_name_that_means_something_else():
    g, x = tg.variables(g=2, x=3)                   # in rules, g is what arrives, and x the argument
    m = tg.Tensor(np.ones((2, 2)), name="out")
    first = graph(m @ (m * g + x))
    assert [edge.formula for edge in edges_to(first, first.nodes[-1].id)][1] == "outᵀ grad"
    inner = [x]
    for _ in range(12):
        inner.append(tg.cos(inner[-1]) * x)
    h = tg.sin(inner[-1])
    assert edges_to(graph(h), "h")[0].formula == "cos(x′)"
    k = tg.sin(inner[2])
    assert edges_to(graph(k), "k")[0].formula == "cos(cos(cos(x)·x)·x)"


def test_broadcasting_is_noted_before_and_after_a_pass():
    x, b, s = tg.Tensor(np.ones((2, 3)), name="x"), tg.Tensor(np.ones((2, 1)), name="b"), tg.Tensor(2.0, name="s")
    y = tg.sum((x + b) * s)
    assert [edge.note for edge in graph(y).edges] == ["", "2×1 → 2×3", "", "scalar → 2×3", ""]
    y.backward()
    assert [edge.note for edge in graph(y).edges] == [
        "", "2×3 → 2×1: sum of 3 columns (axis 1)", "", "2×3 → scalar: sum of 6 elements", ""]
    z = tg.sum(tg.ones((2, 3, 4)) * x[:, :, None] * b[:, None])
    z.backward()
    assert "2×3×4 → 2×3×1: sum over axis 2" in [edge.note for edge in graph(z).edges]


def test_what_a_where_did_not_take_gets_zero_and_not_nan():
    x = tg.Tensor([4.0, 0.0], name="x")
    root = tg.sqrt(x)
    y = tg.sum(tg.where(x > 1, root, 0.0))
    y.backward()
    g = graph(y)
    assert g.node("x").gradient.elements == (0.25, 0.0)
    assert edges_to(g, "root")[0].flow.elements == (0.25, 0.0)
    nothing = tg.sum(tg.where(x > 9, tg.sqrt(x), 0.0))
    described([nothing], gradients="fresh")
    nothing.backward()
    [to_x] = edges_to(graph(nothing), "√x")
    assert (to_x.flow.elements, to_x.arriving.elements) == ((0.0, 0.0), (0.0, 0.0))


def test_where_backward_leaves_out_what_was_not_selected_the_picture_does_too():
    x = tg.Tensor([0.0, 4.0], name="x")
    root = tg.sqrt(x)
    y = tg.sum(root[1:])
    y.backward()
    assert x.grad.tolist() == [0.0, 0.25]
    assert edges_to(graph(y), "root")[0].flow.elements == (0.0, 0.25)


def test_gradients_of_any_start_are_shown_as_they_were():
    x = tg.Tensor([1.0, 2.0], name="x")
    y = x * x
    y.backward([1.0, -1.0])
    g = graph(y)
    assert g.node("y").gradient.elements == (1.0, -1.0)
    assert g.edges[0].flow.elements == (1.0, -2.0)
    fresh, _ = described([y], gradients="fresh", seeds={y: np.array([2.0, 0.0])})
    assert fresh.nodes[0].gradient.elements == (4.0, 0.0)
    with pytest.raises(ShapeError, match="graph: got y of shape"):
        described([y], gradients="fresh")


def test_hooks_are_part_of_a_pass():
    x = tg.Tensor(3.0, name="x")
    h = x * 2
    h.register_hook(lambda g: 10 * g)
    y = h * 1
    y.backward()
    g = graph(y)
    assert g.node("x").gradient.elements == (20.0,)
    assert edges_to(g, "h")[0].flow.elements == (20.0,)


def test_a_hook_on_the_result_itself_counts_once():
    x = tg.Tensor(3.0, name="x")
    y = x * 5
    y.register_hook(lambda g: 2 * g)
    y.backward()
    assert graph(y).edges[0].flow.elements == graph(y).node("x").gradient.elements == (10.0,)


def test_numbers_that_are_not_finite_are_shown_as_they_are():
    x = tg.Tensor([0.0, -1.0, 1.0], name="x")
    with np.errstate(all="ignore"):
        y = tg.sum(tg.log(x))
    y.backward()
    g = graph(y)
    assert (g.node("ln(x)").value.nans, g.node("ln(x)").value.infinities) == (1, 1)
    assert math.isinf(g.node("x").gradient.elements[0])
    assert Graph.from_json(g.to_json()) == g


# -- what was assigned since ------------------------------------------------------------------------------------------


def test_what_was_assigned_since_is_marked_and_its_results_are_stale():
    w, _, _, y = lesson()
    y.backward()
    w.data = 5.0
    g = graph(y)
    assert [(node.title, node.changed, node.stale) for node in g.nodes] == [
        ("w", True, False), ("x", False, False), ("w·x", False, True), ("b", False, False),
        ("w·x + b", False, True), ("y", False, True)]
    assert g.node("w").value.elements == (5.0,)
    assert all(edge.flow is None for edge in g.edges)
    assert edges_to(g, "w·x")[1].formula == "w"
    assert edges_to(g, "w·x")[1].local is None
    assert edges_to(g, "w·x")[0].local.elements == (-3.0,)
    assert "run the forward pass again" in g.notes[0]
    with pytest.raises(ChangedValueError):
        described([y], gradients="fresh")


def test_a_variable_made_between_two_results_is_not_changed():
    x, = tg.variables(x=1)
    h = x * 2
    late = tg.Tensor(3.0)
    assert not any(node.changed or node.stale for node in graph(h * late).nodes)


# -- functions --------------------------------------------------------------------------------------------------------


def test_a_function_of_one_number_gets_a_pass_of_its_own():
    def energy(m, v):
        return 0.5 * m * v ** 2
    g = graph(energy, 1.0, 2.0)
    assert g.title == "energy(m, v) = 0.5·m·v²"
    assert (g.node("m").gradient.elements, g.node("v").gradient.elements) == ((2.0,), (2.0,))


def test_a_function_of_several_results_has_no_pass():
    w = tg.Tensor(2.0, name="w")
    (w * w).backward()
    g = graph(lambda x: {"a": w * x, "b": [x + 1]}, 3.0)
    assert g.title == "f(x)"
    assert g.node("w").gradient_is == "none yet"
    assert sum(node.is_root for node in g.nodes) == 2


def test_what_is_no_graph_is_refused_with_what_was_expected():
    x = tg.Tensor(1.0)
    for wrong, error, words in [
            ((3.0,), ArgumentError, "Expected a Tensor, a list of Tensors, or a function"),
            (([],), ArgumentError, "Expected a Tensor"), ((x, 2.0), ArgumentError, "Expected examples for a function"),
            ((lambda x: 5, 2.0), GraphError, "gave no Tensor")]:
        with pytest.raises(error, match=words):
            graph(*wrong)
    with pytest.raises(ArgumentError, match='got show=.all.* Expected one of "auto", "values"'):
        graph(x, show="all")


@pytest.mark.parametrize("door", ["graph", "step", "formula", "source", "zoom", "trace"])
def test_a_function_without_enough_examples_is_told_how_to_give_them(door):
    called = tg.explain.trace if door == "trace" else getattr(tg, door)

    def energy(mass, speed, half=0.5):
        return half * mass * speed**2

    for some, got in (((), "got no examples, and none for mass and speed"),
                      ((2.0,), "got 1 example, and none for speed")):
        with pytest.raises(ArgumentError, match=got) as error:
            called(energy, *some)
        assert "each argument of energy(mass, speed, half) that has no default" in str(error.value)
        assert "(energy, 2.0, 2.0)" in str(error.value)
    with pytest.raises(ArgumentError, match="got 4 examples. Expected at most 3, for energy"):
        called(energy, 1.0, 2.0, 0.5, 3.0)
    called(energy, 2.0, 2.0)
    called(lambda x=2.0: tg.Tensor(3.0) * x)


def test_an_argument_that_has_to_be_named_is_given_in_a_function_around_it():
    def scaled(x, *, by):
        return x * by

    with pytest.raises(ArgumentError, match=r"none for by.* Write graph\(lambda x: scaled\(x, by=2.0\), 2.0\)"):
        graph(scaled, 2.0)
    assert len(tg.explain.trace(scaled, 2.0, by=3.0).events) == 2


def test_an_error_within_a_function_is_its_own():
    def wrong(x):
        return x.no_such_method(1)

    with pytest.raises(AttributeError, match="no_such_method"):
        graph(wrong, 2.0)
    with pytest.raises(ArgumentError, match=r"got no examples, and none for x\..* Dense\(x\)"):
        graph(nn.Dense(2, input_shape=3))


# -- modules ----------------------------------------------------------------------------------------------------------


def test_modules_hold_their_operations_parameters_and_constants():
    model = network(4, 3)
    data = np.random.default_rng(0).normal(size=(6, 5))
    out = model(data)
    g = graph(out)
    assert [(m.id, m.path, m.parent, m.kind, m.parameters, m.count) for m in g.modules] == [
        ("m1", "layers.0", None, "", 24, 5), ("m2", "layers.1", None, "", 15, 4)]
    assert [(node.title, node.module) for node in g.nodes] == [
        ("data", None), ("layers.0.weight", "m1"), ("data @ weight", "m1"), ("layers.0.bias", "m1"),
        ("data @ weight + bias", "m1"), ("relu(data @ weight + bias)", "m1"), ("layers.1.weight", "m2"),
        ("layers.0 @ weight", "m2"), ("layers.1.bias", "m2"), ("out", "m2")]


def test_a_model_tells_what_its_modules_are():
    g = graph_of_model(network(4, 3), np.ones((6, 5)), np.zeros((6, 3)), loss="mse")
    assert [(m.kind, m.parameters) for m in g.modules] == [("Dense(5 → 4), relu", 24), ("Dense(4 → 3)", 15)]
    assert (g.node("x").kind, g.node("y").kind) == ("input", "input")
    assert g.node("layers.0.weight").gradient_is == "known"
    assert g.node("loss").is_root
    assert g.node("layers.1 − y").operation.name == "subtract"
    assert g.title == "Sequential(x), then mse"
    assert graph(network(4), np.ones((6, 5))).modules[0].kind == "Dense(5 → 4), relu"


class Twice(nn.Module):
    """A model of the user's own, which uses one layer twice and has an unnamed parameter."""

    def __init__(self):
        self.inner = nn.Dense(2, 2, seed=0)
        self.scale = nn.Parameter(2.0)

    def forward(self, x):
        return self.inner(self.inner(x) * self.scale)


def test_models_of_the_user_name_their_parameters():
    g = graph_of_model(Twice(), np.ones((3, 2)))
    assert g.node("scale").kind == "parameter"
    assert g.node("scale").module is None
    assert [(m.path, m.count) for m in g.modules] == [("inner", 6)]
    assert all(node.gradient_is != "known" for node in g.nodes)


def test_pictures_of_models_leave_no_trace():
    model = nn.Sequential([nn.Dense(4, 3, seed=0), nn.BatchNorm(), nn.Dropout(0.5, seed=1), nn.Dense(1, seed=1)])
    model.fit(np.ones((4, 3)), np.ones((4, 1)), loss="mse", verbose=0)
    model.train()
    before, gradients = model.state_dict(), [p.grad for p in model.parameters()]
    model.graph = graph_of_model(model, np.ones((2, 3)), np.zeros((2, 1)), loss="mse")
    after = model.state_dict()
    assert all(np.array_equal(before[name], after[name]) for name in before)
    assert [p.grad for p in model.parameters()] == gradients
    assert model.training
    with pytest.raises(ArgumentError, match="only one of y and loss"):
        graph_of_model(model, np.ones((2, 3)), np.ones((2, 1)))


def test_neurons_lie_in_their_layers():
    g = graph_of_model(nn.MLP(2, [3, 1], "tanh", seed=0), [1.0, 2.0], 1.0, loss="mse")
    parents = {m.path: m.parent for m in g.modules}
    ids = {m.path: m.id for m in g.modules}
    assert parents["layers.0.neurons.2"] == ids["layers.0"]
    assert parents["layers.0"] is None
    assert ids["layers.0"] == "m1"
    recorded = nn.MLP(2, [3, 1], "tanh", seed=0)([1.0, 2.0])
    assert [m.path for m in graph(recorded).modules] == [m.path for m in g.modules]


class Scaled(nn.Module):
    """Multiplies by a parameter that others may share."""

    def __init__(self, factor):
        self.factor = factor

    def forward(self, x):
        return x * self.factor + 1.0


class Tied(nn.Module):
    """Two modules with one parameter."""

    def __init__(self):
        shared = nn.Parameter(2.0, name="shared")
        self.first, self.second = Scaled(shared), Scaled(shared)

    def forward(self, x):
        return self.second(self.first(x))


class Around(nn.Module):
    """The same, one module further in."""

    def __init__(self):
        self.pair = Tied()

    def forward(self, x):
        return tg.sum(self.pair(x))


def test_a_shared_parameter_belongs_to_the_module_around_its_users():
    g = graph(Around()(np.array([1.0, 3.0])))
    paths = {module.id: module.path for module in g.modules}
    assert [paths[node.module] for node in g.nodes if node.kind == "parameter"] == ["pair"]
    assert [paths[node.module] for node in g.nodes if node.kind == "constant"] == ["pair.first", "pair.second"]
    assert g.nodes[1].name == "pair.shared"


def test_the_steps_of_a_sequence_are_parts_of_one_example():
    model = nn.Sequential([nn.SimpleRNN(4, input_shape=(5, 3), seed=0), nn.Dense(1, seed=0)])
    g = graph_of_model(model, np.random.default_rng(0).normal(size=(2, 5, 3)))
    assert [edge.note for edge in g.edges if edge.source == g.node("x").id] == [f"x[:, {t}]" for t in range(5)]
    assert sum(node.kind == "input" for node in g.nodes) == 1


def test_parts_of_two_examples_from_one_array_are_told_apart():
    def f(a, b):
        return tg.sum(a[1] * w + b[:, 0] * w)
    w, both = tg.Tensor([1.0, 2.0], name="w"), np.arange(8.0).reshape(4, 2).copy()
    both.setflags(write=False)
    halves = [tg.Tensor(each, requires_grad=False, name=name) for name, each in [("a", both[:2]), ("b", both[2:])]]
    g = graph(f, *halves)
    assert [(g.node(edge.source).title, edge.note) for edge in g.edges if edge.note] == [
        ("a", "a[1]"), ("b", "b[:, 0]")]
    assert g.title == "f(a, b) = Σ(a[1]·w + b[:, 0] · w)"


def test_a_network_on_real_digits_is_described():
    images, labels = load_digits()
    model = nn.Sequential([nn.Flatten(), nn.Dense(16, 784, "relu", seed=0), nn.Dense(10, "softmax", seed=1)])
    g = graph_of_model(model, images[:32], labels[:32], loss="categorical_crossentropy")
    assert g.node("layers.1.weight").gradient.shape == (784, 16)
    assert g.node("x").value.shape == (32, 28, 28)
    assert [edge.note for edge in g.edges if edge.source == g.node("x").id] == ["x as 32×784"]
    assert [(m.path, m.parameters) for m in g.modules] == [("layers.1", 12560), ("layers.2", 170)]


# -- size -------------------------------------------------------------------------------------------------------------


def chain(n):
    y = tg.Tensor(0.5, name="x")
    for _ in range(n):
        y = tg.sin(y)
    return y


def test_long_chains_are_described_whole():
    y = chain(2000)
    y.backward()
    g = graph(y)
    assert (len(g.nodes), len(g.edges)) == (2001, 2000)
    assert g.node(y).gradient.elements == (1.0,)
    assert g.edges[0].flow == g.node("x").gradient


def test_beyond_the_limit_the_nodes_nearest_to_the_result_are_described():
    y = chain(30_000)
    g = graph(y)
    assert len(g.nodes) == 10_000
    rest = g.nodes[0]
    assert (rest.kind, rest.id, rest.count) == ("rest", "n0", 30_001 - 9_999)
    assert g.edges[0].source == "n0"
    assert g.notes == ("9999 of 30\u202f001 nodes are shown, those nearest to the result.",)
    assert len(graph(y, limit=10).nodes) == 10


@examples(40)
@given(program=programs(smooth=False), seed=st.integers(0, 99), limit=st.integers(2, 20))
def test_a_limit_holds_and_counts_what_is_left_out(program, seed, limit):
    root = program(*[tg.Tensor(x) for x in program.at(seed)])
    whole, cut = graph(root), graph(root, limit=limit)
    own = 1 + sum(x.__class__ is not tg.Tensor for x in root.inputs)            # the root is always there
    assert len(cut.nodes) <= max(limit, own + 1)
    assert sum(node.count for node in cut.nodes) == len(whole.nodes)
    assert Graph.from_json(cut.to_json()) == cut


def test_a_model_without_examples_says_what_to_give():
    with pytest.raises(ArgumentError, match=r"got no examples.*such as model\.graph\(np\.zeros\(\(1, 3\)\)\)"):
        nn.Dense(2, input_shape=(3,)).graph()
    with pytest.raises(ArgumentError, match=r"such as model\.graph\(x\[:1\] of your data\); model\.diagram\(\) needs"):
        nn.Sequential([nn.Dense(2)]).graph()
