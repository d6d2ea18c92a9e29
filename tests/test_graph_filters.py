"""Filters of graphs: folded, focused, cut; whatever is applied to whatever, the graph stays one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_edu as tg
from tests.registry import examples
from tests.test_graphs import programs
from tinygrad_edu import nn
from tinygrad_edu.errors import ArgumentError, GraphError
from tinygrad_edu.views.graphs.graph import Graph, graph
from tinygrad_edu.views.graphs.of_models import graph_of_model


def titles(g):
    return [node.title for node in g.nodes]


def lesson():
    w, x, b = tg.variables(w=2, x=-3, b=6.88)
    y = tg.tanh(w * x + b)
    y.backward()
    return w, y


def deep(n, *, width=4):
    model = nn.Sequential([nn.Dense(width, width, "relu", seed=i) for i in range(n)] + [nn.Dense(1, width, seed=n)])
    return graph_of_model(model, np.random.default_rng(0).normal(size=(3, width)), np.zeros((3, 1)), loss="mse")


def whole(g):
    """Whether a graph is in order: what reading it back checks, and that everything belongs to something."""
    assert Graph.from_json(g.to_json()) == g
    assert len({node.id for node in g.nodes}) == len(g.nodes)
    return True


# -- modules ----------------------------------------------------------------------------------------------------------


def test_folded_modules_show_what_comes_out_of_them():
    g = deep(1)
    folded = g.fold(1)
    assert [(node.id, node.kind, node.title, node.count) for node in folded.nodes if node.kind == "module"] == [
        ("m1", "module", "layers.0", 5), ("m2", "module", "layers.1", 4)]
    out = g.node("relu(x @ weight + bias)")
    assert (folded.node("m1").value, folded.node("m1").gradient) == (out.value, out.gradient)
    assert [(edge.source, edge.target) for edge in folded.edges][:2] == [("n1", "m1"), ("m1", "m2")]
    assert folded.edges[1].flow == out.gradient
    assert [module.kind for module in folded.modules] == ["Dense(4 → 4), relu", "Dense(4 → 1)"]
    assert folded.notes == ("9 nodes are folded into 2.",)
    assert whole(folded)


def test_depth_says_which_modules_are_folded():
    g = graph_of_model(nn.MLP(2, [3, 2], "tanh", seed=0), [1.0, 2.0])
    assert [node.title for node in g.fold(1).nodes] == ["x0", "x1", "layers.0", "layers.1"]
    inner = g.fold(2)
    assert [node.title for node in inner.nodes if node.kind == "module"] == [
        "layers.0.neurons.0", "layers.0.neurons.1", "layers.0.neurons.2", "layers.1.neurons.0", "layers.1.neurons.1"]
    assert [module.path for module in inner.modules if module.parent is None] == ["layers.0", "layers.1"]
    assert g.fold(3).description.nodes == g.description.nodes
    assert inner.fold(1).node("layers.0").count == g.fold(1).node("layers.0").count
    assert titles(g.fold("layers.0.neurons.1")).count("layers.0.neurons.1") == 1


def test_several_numbers_that_come_out_are_shown_as_a_vector():
    model = nn.MLP(2, [3, 1], "tanh", seed=0)
    g = graph_of_model(model, [1.0, 2.0], 1.0, loss="mse").fold(1)
    expected = [each.item() for each in model.activations([1.0, 2.0])[0]]
    assert g.node("layers.0").value.elements == pytest.approx(expected)
    assert g.node("layers.0").gradient.shape == (3,)
    assert sum(edge.target == "m1" for edge in g.edges) == 2


class Split(nn.Module):
    """Gives two arrays of different shapes."""

    def __init__(self):
        self.w = nn.Parameter(np.ones((2, 3)), name="w")

    def forward(self, x):
        return x @ self.w, tg.sum(self.w)


class Net(nn.Module):
    """Uses both results of another module."""

    def __init__(self):
        self.split = Split()

    def forward(self, x):
        a, b = self.split(x)
        return tg.sum(a * b)


def test_modules_with_several_results_of_different_shapes_are_one_node_without_a_value():
    g = graph_of_model(Net(), np.ones((4, 2)))
    folded = g.fold(1)
    node = folded.node("split")
    assert (node.value, node.gradient, node.gradient_is) == (None, None, "not wanted")
    assert sum(edge.source == node.id for edge in folded.edges) == 2
    assert whole(folded)


class Twice(nn.Module):
    """Uses one layer twice, with something else in between."""

    def __init__(self):
        self.inner = nn.Dense(2, 2, seed=0)

    def forward(self, x):
        return self.inner(tg.sin(self.inner(x)))


def test_a_layer_that_is_used_twice_is_folded_into_its_uses():
    g = graph_of_model(Twice(), np.ones((3, 2))).fold(1)
    assert [(node.id, node.title) for node in g.nodes if node.kind == "module"] == [
        ("m1", "inner"), ("m1.2", "inner")]
    assert [module.id for module in g.modules] == ["m1", "m1.2"]
    assert whole(g)


class Interleaved(nn.Module):
    """Two layers, each of which is used before and after the other."""

    def __init__(self):
        self.a, self.b = nn.Dense(2, 2, seed=0), nn.Dense(2, 2, seed=1)

    def forward(self, x):
        return self.b(self.a(x)) + self.a(self.b(x + 1.0))


def test_layers_that_feed_each_other_are_folded_without_a_cycle():
    g = graph_of_model(Interleaved(), np.ones((3, 2)))
    folded = g.fold(1)
    assert whole(folded)
    assert len(folded.nodes) < len(g.nodes)
    assert sum(node.count for node in folded.nodes) == len(g.nodes)


def test_folds_that_cannot_be_say_what_can():
    g = deep(2)
    with pytest.raises(ArgumentError, match=r"fold\(depth\): got 0. Expected a whole number of at least 1"):
        g.fold(0)
    with pytest.raises(ArgumentError, match="no such module here. Expected one such as layers"):
        g.fold("layer.1")
    with pytest.raises(ArgumentError, match="The graph has no modules"):
        graph(tg.Tensor(1.0) * 2).fold("a")


# -- repeats ----------------------------------------------------------------------------------------------------------


def test_equal_layers_become_one_node():
    g = deep(12).fold_repeats()
    node = g.node("m1")
    assert (node.title, node.repeats, node.count) == ("layers.0 … layers.11", 12, 60)
    [module] = [module for module in g.modules if module.id == "m1"]
    assert (module.repeats, module.parameters) == (12, 12 * 20)
    assert node.value == deep(12).fold(1).node("layers.11").value
    assert "marked × and their number" in g.notes[-1]
    assert whole(g)


def test_layers_of_different_shapes_are_not_equal():
    model = nn.Sequential([nn.Dense(4, 3, seed=0), nn.Dense(5, seed=0), nn.Dense(6, seed=1)])
    g = graph_of_model(model, np.ones((2, 3)))
    assert g.fold_repeats().description == g.description


def test_neurons_of_a_layer_are_equal():
    g = graph_of_model(nn.MLP(2, [5, 1], seed=0), [1.0, 2.0]).fold_repeats()
    neurons = g.node("layers.0.neurons.0 … layers.0.neurons.4")
    assert (neurons.repeats, neurons.value.shape) == (5, (5,))
    assert whole(g)


def test_the_steps_of_a_recurrent_network_are_equal():
    model = nn.Sequential([nn.SimpleRNN(4, input_shape=(9, 3), seed=0), nn.Dense(1, seed=0)])
    g = graph_of_model(model, np.random.default_rng(0).normal(size=(2, 9, 3)), np.zeros((2, 1)), loss="mse")
    folded = g.fold_repeats()
    [node] = [node for node in folded.nodes if node.repeats > 1]
    assert (node.repeats, node.operation.sign, node.count) == (9, "@ @ + + tanh", 46)
    assert node.value.shape == (2, 4)
    assert [folded.node(edge.source).title for edge in folded.edges if edge.target == node.id] == [
        "x", "layers.0.weight", "layers.0.recurrent_weight", "layers.0.bias"]
    assert whole(folded)


def test_the_steps_of_a_loop_are_equal_and_what_it_began_with_stays():
    def loop(h, x, w):
        for t in range(10):
            h = tg.tanh(x[t] + h @ w)
        return tg.sum(h)
    g = graph(loop, np.zeros(4), np.ones((10, 4)), np.eye(4)).fold_repeats()
    assert [(node.title, node.repeats) for node in g.nodes] == [
        ("x", 1), ("h", 1), ("w", 1), ("h₁₁", 10), ("Σ(h₁₁)", 1)]
    flows = {g.node(edge.source).title: edge.flow for edge in g.edges if edge.target == g.node("h₁₁").id}
    assert flows["w"].elements == pytest.approx(g.node("w").gradient.elements)
    assert whole(g)


def test_two_of_a_kind_are_no_run():
    x, = tg.variables(x=1)
    two = graph(tg.sin(tg.cos(tg.sin(tg.cos(x)))))
    assert two.fold_repeats().description == two.description
    once = tg.sin(x) * x
    twice = tg.sin(once) * once
    different = graph(twice * tg.sin(twice))
    assert different.fold_repeats().description == different.description


# -- expressions ------------------------------------------------------------------------------------------------------


def test_expressions_without_a_name_are_folded_into_the_one_that_has():
    _, y = lesson()
    g = graph(y).fold_expressions()
    assert [(node.id, node.kind, node.title) for node in g.nodes] == [
        ("n1", "variable", "w"), ("n2", "variable", "x"), ("n4", "variable", "b"), ("n6", "expression", "y")]
    assert (g.node("y").operation.sign, g.node("y").count) == ("tanh(w·x + b)", 3)
    to_w, _, to_b = g.edges
    assert (to_w.id, to_w.formula, to_w.flow) == ("n3.0", "(1 − y²) · x", g.node("w").gradient)
    assert to_w.local.elements[0] * to_w.arriving.elements[0] == pytest.approx(to_w.flow.elements[0])
    assert to_w.spoken == "one minus y squared times x"
    assert (to_b.formula, to_b.position) == ("1 − y²", 2)
    assert whole(g)


def test_a_product_of_matrices_with_its_bias_is_one_expression():
    h, w, b = (tg.Tensor(np.ones(shape), name=name) for name, shape in [("h", (6, 4)), ("w", (4, 3)), ("b", 3)])
    z = h @ w + b
    loss = tg.mean(z * z)
    loss.backward()
    g = graph(loss).fold_expressions()
    assert g.node("z").operation.sign == "h @ w + b"
    assert [(edge.formula, edge.note) for edge in g.edges if edge.target == g.node("z").id] == [
        ("g wᵀ", ""), ("hᵀ g", ""), ("Σ g", "6×3 → 3: sum of 6 rows (axis 0)")]


def test_what_is_used_twice_is_no_part_of_an_expression():
    x, = tg.variables(x=3)
    g = graph((x + 1) * (x + 1) + tg.sin(x * 2))
    shared = [tg.exp(x)]
    h = graph(shared[0] * shared[0])
    assert len(g.fold_expressions().edges) == 6
    assert titles(h.fold_expressions()) == titles(h)


def test_numbers_on_the_way_through_an_expression_are_multiplied():
    x, w = tg.variables(x=2.0, w=3.0)
    y = 7 - 3 * x**3 + tg.tanh(-2 * w) - 0.5 * w
    y.backward()
    formulas = [edge.formula for edge in graph(y).fold_expressions().edges if edge.wanted]
    assert formulas == ["−9·x²", "−2 · (1 − tanh(−2·w)²)", "−0.5"]


# -- parts ------------------------------------------------------------------------------------------------------------


def test_focus_shows_what_is_near():
    w, y = lesson()
    g = graph(y)
    assert titles(g.focus("w·x", hops=0)) == ["w·x"]
    assert titles(g.focus("w·x")) == ["w", "x", "w·x", "w·x + b"]
    assert g.focus(w).nodes == g.focus("w").nodes == g.focus("n1").nodes
    assert g.focus("w·x").notes == ("2 nodes that are more than 1 step away are not shown.",)
    assert g.focus("w·x", hops=99).description == g.description


def test_between_shows_the_ways_from_one_node_to_another():
    w, y = lesson()
    g = graph(y)
    assert titles(g.between(w, y)) == ["w", "w·x", "w·x + b", "y"]
    with pytest.raises(ArgumentError, match=r"no way from y to w. There is one from w to y: between\(w, y\)"):
        g.between(y, w)
    with pytest.raises(ArgumentError, match="no way from w to b. Neither was made from the other"):
        g.between("w", "b")


def test_constants_can_be_hidden():
    x = tg.Tensor(3.0, name="x")
    g = graph(2 * x + 1).hide_constants()
    assert titles(g) == ["x", "2·x", "2·x + 1"]
    assert [edge.id for edge in g.edges] == ["n3.1", "n5.0"]


def test_a_limit_leaves_one_node_for_the_rest():
    _, y = lesson()
    g = graph(y)
    cut = g.limit(2)
    assert [(node.kind, node.count) for node in cut.nodes] == [("rest", 4), ("result", 1), ("result", 1)]
    assert [(edge.source, edge.target) for edge in cut.edges] == [("n0", "n5"), ("n0", "n5"), ("n5", "n6")]
    assert cut.notes == ("2 of 6 nodes are shown, those nearest to the result.",)
    again = cut.limit(1)
    assert (again.nodes[0].count, again.notes) == (5, ("1 of 6 nodes are shown, those nearest to the result.",))
    assert g.limit(6).description == g.description


def test_modules_that_hold_nothing_any_more_are_gone():
    g = deep(2)
    assert [module.path for module in g.focus("layers.1.bias", hops=0).modules] == ["layers.1"]


def test_filters_give_new_graphs_and_leave_the_old_one():
    _, y = lesson()
    g = graph(y)
    before = g.description
    assert g.show("shapes").shown == "shapes"
    assert g.style("compact") != g
    assert g.fold_expressions().focus("w") != g
    assert g.description is before
    assert g.shown == "auto"
    with pytest.raises(ArgumentError, match="got style='fancy'"):
        g.style("fancy")


def test_nodes_are_found_by_tensor_name_expression_and_id_also_where_they_are_folded():
    w, y = lesson()
    g = graph(y)
    assert g.node(w) == g.node("w") == g.node("n1")
    assert g.node("w·x").id == "n3"
    assert g.fold_expressions().node("w·x").id == "n6"
    with pytest.raises(GraphError, match="is not a part of this graph"):
        g.focus(tg.Tensor(2.0))
    with pytest.raises(ArgumentError, match=r"there is no node 'tanhh'. (Did you mean|There are)"):
        g.focus("tanhh")
    with pytest.raises(ArgumentError, match="is not shown any more. Apply this filter before"):
        g.focus("y", hops=0).focus(w)
    with pytest.raises(ArgumentError, match="Expected a Tensor of the graph, a name, or an id"):
        g.focus(3)
    with pytest.raises(ArgumentError, match="got hops=-1"):
        g.focus(w, hops=-1)
    with pytest.raises(ArgumentError, match=r"limit\(max_nodes\): got 0"):
        g.limit(0)


def test_a_tensor_that_is_gone_is_not_taken_for_another():
    x = tg.Tensor(1.0, name="x")
    g = graph(x * 2)
    del x
    for _ in range(50):
        with pytest.raises(GraphError, match="not a part"):
            g.node(tg.Tensor(1.0))


FILTERS = [lambda g, pick: g.fold_expressions(), lambda g, pick: g.fold_repeats(), lambda g, pick: g.fold(1),
           lambda g, pick: g.hide_constants(), lambda g, pick: g.limit(1 + pick),
           lambda g, pick: g.focus(g.nodes[pick % len(g.nodes)].id, hops=1 + pick % 3),
           lambda g, pick: g.between(g.nodes[pick % len(g.nodes)].id, g.nodes[pick % len(g.nodes)].id)]


@examples(100)
@given(program=programs(smooth=False), seed=st.integers(0, 99),
       chosen=st.lists(st.tuples(st.integers(0, len(FILTERS) - 1), st.integers(0, 12)), max_size=4))
def test_filters_compose_in_any_order(program, seed, chosen):
    root = program(*[tg.Tensor(x) for x in program.at(seed)])
    g = graph(root)
    ids = {node.id: node for node in g.nodes}
    for which, pick in chosen:
        g = FILTERS[which](g, pick)
        if not g.nodes:
            return
        assert whole(g)
        assert str(g)
        for node in g.nodes:
            if node.kind != "rest":
                assert ids[node.id].value == node.value


@pytest.mark.parametrize("chosen", [("fold", 1), ("fold", 2), ("fold_repeats",), ("fold_expressions",)])
def test_folds_keep_the_numbers_of_what_stays(chosen):
    name, *arguments = chosen
    for g in (deep(4), graph_of_model(nn.MLP(2, [3, 3, 1], seed=0), [1.0, -2.0], 0.5, loss="mse")):
        folded = getattr(g, name)(*arguments)
        assert whole(folded)
        assert sum(node.count for node in folded.nodes) == len(g.nodes)
        before = {node.id: node for node in g.nodes}
        for node in folded.nodes:
            if node.kind in ("result", "parameter", "input"):
                assert node == before[node.id]
        assert folded.node("loss").is_root


def test_large_graphs_are_filtered():
    y = tg.Tensor(0.5, name="x")
    for _ in range(3000):
        y = tg.sin(y) * 1.01
    g = graph(y)
    assert len(g.nodes) == 9001
    assert [node.repeats for node in g.fold_repeats().nodes] == [1, 3000]
    assert len(g.limit(100).nodes) == 101
    assert len(g.between("x", y).nodes) == 6001
    assert len(g.focus(y, hops=5000).nodes) > 7000
    assert str(g).count("\n") < 220
