"""The text tree and the JSON form of graphs: readable, complete, and safe to read from anywhere."""

import json
import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_edu as tg
from tests.registry import examples
from tests.test_graphs import programs
from tinygrad_edu import nn
from tinygrad_edu.errors import DataError
from tinygrad_edu.views.graphs.formats.json_files import from_json, to_json
from tinygrad_edu.views.graphs.graph import Graph, graph
from tinygrad_edu.views.graphs.of_models import graph_of_model


def lesson(backward=True):
    w, x, b = tg.variables(w=2, x=-3, b=6.88)
    y = tg.tanh(w * x + b)
    if backward:
        y.backward()
    return graph(y)


# -- the tree ---------------------------------------------------------------------------------------------------------


def test_the_tree_has_values_gradients_and_derivatives():
    assert str(lesson()) == """\
y = tanh(w·x + b)
             made by     value     grad   local derivative
y            tanh       0.7064        1
└─ w·x + b   +            0.88    0.501   × (1 − y²) = 0.501
   ├─ w·x    ×              −6    0.501   × 1
   │  ├─ w   variable        2   −1.503   × x = −3
   │  └─ x   variable       −3    1.002   × w = 2
   └─ b      variable     6.88    0.501   × 1"""


def test_the_tree_says_what_is_not_known():
    assert "none yet" in str(lesson(backward=False))
    x = tg.Tensor(2.0, requires_grad=False, name="x")
    w = tg.Tensor(2.0, name="w")
    row = next(line for line in str(graph(w * x)).splitlines() if "x " in line and "constant" in line)
    assert "–" in row


def test_what_is_shown_can_be_chosen():
    g = lesson()
    assert "−1.503" not in str(g.show("values"))
    assert "local derivative" not in str(g.show("values"))
    assert "0.7064" not in str(g.show("gradients"))
    assert str(g.show("shapes")).splitlines()[1].split() == ["made", "by"]


def test_shared_nodes_are_shown_once():
    x = tg.Tensor(3.0, name="x")
    h = x * x
    text = str(graph(h + h))
    assert text.count("see above") == 1
    assert [line.strip("└─├│ ").split()[0] for line in text.splitlines()[3:]] == ["h", "x", "x", "h"]


def test_deep_trees_go_on_at_the_left():
    y = tg.Tensor(0.5, name="x")
    for _ in range(30):
        y = tg.sin(y)
    lines = str(graph(y)).splitlines()
    assert max(map(len, lines)) < 100
    assert sum("see below" in line for line in lines) == 4
    assert sum(line.startswith("y₃") for line in lines) >= 1


def test_long_trees_end_and_say_how_much_is_left():
    y = tg.Tensor(0.5, name="x")
    for _ in range(1000):
        y = tg.sin(y)
    lines = str(graph(y)).splitlines()
    assert len(lines) < 210
    assert any(line.startswith("… and ") and "more nodes" in line for line in lines)


def test_arrays_are_shown_by_shape_and_range():
    x = tg.Tensor(np.linspace(-1, 1, 12).reshape(3, 4), name="x")
    v = tg.Tensor([1.0, 2.0, 0.5, 4.0], name="v")
    rows = {line.split()[1]: line for line in str(graph(x * v)).splitlines()[3:]}
    assert "3×4" in rows["x"]
    assert "−1 … 1" in rows["x"]
    assert "[1, 2, 0.5, 4]" in rows["v"]


def test_trouble_is_loud():
    x = tg.Tensor([1.0, -1.0], name="x")
    with np.errstate(all="ignore"):
        y = tg.log(x) * math.inf
    text = str(graph(y))
    assert "!! [0, NaN]" in text
    assert "!! +∞" in text
    x.data = [3.0, 4.0]
    assert "!! changed: [3, 4]" in str(graph(y))
    assert "!! stale: " in str(graph(y))
    many = tg.Tensor(np.where(np.arange(60) % 7, 1.0, np.nan))
    assert "!! 1, 9 NaN" in str(graph(many * 1))


def test_names_never_break_the_table():
    x = tg.Tensor(1.0, name="two\nlines\tand \x1b[31mcolour")
    text = str(graph(x * 2))
    assert len(text.splitlines()) == 5
    assert "\x1b" not in text


def test_folded_modules_say_what_comes_out():
    class Net(nn.Module):
        def __init__(self):
            self.layer = nn.Dense(2, 3, seed=0)

        def forward(self, x):
            h = self.layer(x)
            return tg.sum(h)
    text = str(graph_of_model(Net(), np.ones((4, 3))).fold(1))
    assert "layer → h" in text
    assert text.splitlines()[-1] == "4 nodes are folded into 1."


@examples(40)
@given(program=programs(smooth=False), seed=st.integers(0, 99))
def test_every_node_is_in_the_tree(program, seed):
    root = program(*[tg.Tensor(x) for x in program.at(seed)])
    g = graph(root)
    text = str(g)
    rows = text.splitlines()[2:]
    results = [node for node in g.nodes if node.operation]
    assert len(rows) - text.count("see above") - text.count("see below") >= len(results)


def test_expressions_are_shortened_between_their_parts_and_not_within_words():
    names = ("temperature", "humidity", "pressure", "sunshine", "rainfall")
    a, b, c, d, e = tg.variables(**dict.fromkeys(names, 0.5))
    total = tg.tanh(a * b + c * d + e * a + b * c) * tg.exp(a * d)
    total.backward()
    for line in str(graph(total)).splitlines()[2:]:
        title = re.split(r" {3,}", line.lstrip("│├└─ "))[0]
        cells = [title, *re.findall(r"× (.*?)(?: = |$)", line)]
        words = {word for cell in cells for word in re.findall(r"[a-z]{3,}", cell)}
        assert words <= {*names, "tanh", "exp", "total", "out"}, line


@pytest.mark.parametrize(("f", "text"), [
    (lambda x, w, b: tg.tanh(x + w * -2 + b), "tanh(x − 2·w + b)"),
    (lambda x, w, b: x + -2 * w * b, "x − 2·w·b"),
    (lambda x, w, b: x - -2 * w, "x + 2·w"),
    (lambda x, w, b: x + -2 / w, "x − 2/w"),
    (lambda x, w, b: x + (-w) * b, "x − w·b"),
    (lambda x, w, b: x + (-2 / w) ** 2, "x + (−2/w)²"),
])
def test_a_term_that_begins_with_a_minus_is_subtracted(f, text):
    x, w, b = tg.variables(x=1.0, w=2.0, b=3.0)
    assert str(f(x, w, b).formula()) == text
    assert text in str(graph(f(x, w, b)))


# -- JSON -------------------------------------------------------------------------------------------------------------


@examples(60)
@given(program=programs(smooth=False), seed=st.integers(0, 99), dtype=st.sampled_from([np.float64, np.float32]))
def test_graphs_load_again_as_they_were(program, seed, dtype):
    root = program(*[tg.Tensor(x) for x in program.at(seed, dtype)])
    if root.requires_grad:
        root.backward()
    g = graph(root, show="both")
    text = g.to_json()
    assert Graph.from_json(text) == g
    assert Graph.from_json(text).to_json() == text
    assert Graph.from_json(text.encode()) == g


@pytest.mark.parametrize("data", [
    np.array([1.0, math.nan, math.inf, -math.inf]), np.zeros((0, 3)), np.array([1, 2]), np.array([True, False]),
    np.float16([0.1, 6e4]), np.array(5), np.full(100, np.nan), np.array(-0.0), np.array([2**63 - 1])])
def test_values_of_every_kind_load_again(data):
    with np.errstate(all="ignore"):
        g = graph(tg.Tensor(data, requires_grad=False, name="data"))
    text = g.to_json()
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert Graph.from_json(text) == g
    assert Graph.from_json(text).nodes[0].value.dtype == str(data.dtype)


def test_notebooks_get_an_image_the_svg_and_the_text():
    g = lesson()
    shown = g._repr_mimebundle_()
    assert set(shown) == {"text/html", "image/svg+xml", "text/plain"}
    image = re.search(r'<img alt="([^"]*)"[^>]* src="data:image/svg\+xml;base64,', shown["text/html"])
    assert "y = tanh(w·x + b)" in image[1]
    assert shown["image/svg+xml"].startswith("<svg")
    assert shown["text/plain"] == str(g)


@pytest.mark.parametrize("ending", ["svg", "dot", "mmd", "json"])
def test_graphs_are_saved_by_the_ending_of_the_name(ending, tmp_path):
    g = lesson()
    path = g.save(tmp_path / f"lesson.{ending}")
    forms = {"svg": g.svg, "dot": g.to_dot, "mmd": g.to_mermaid, "json": g.to_json}
    assert path.read_text(encoding="utf-8") == forms[ending]()
    assert g.to_graphviz().source == g.to_dot()


def test_modules_and_notes_load_again():
    model = nn.Sequential([nn.Dense(4, 3, "relu", seed=0), nn.Dense(1, seed=1)])
    g = graph_of_model(model, np.ones((2, 3)), np.zeros((2, 1)), loss="mse").fold(1).style("compact").show("values")
    again = Graph.from_json(g.to_json())
    assert again == g
    assert (again.shown, again._style, again.notes) == ("values", "compact", g.notes)
    assert str(again) == str(g)
    assert again.focus("layers.0").nodes == g.focus("layers.0").nodes


def changed(text, change):
    whole = json.loads(text)
    change(whole)
    return json.dumps(whole)


def put(*path, value):
    def change(whole):
        for each in path[:-1]:
            whole = whole[each]
        whole[path[-1]] = value
    return change


@pytest.mark.parametrize(("change", "words"), [
    (put("format", value="other"), "no graph: expected an object with \"format\""),
    (put("version", value=2), "has version 2 of the format, and this library reads version 1"),
    (put("version", value=True), "has version True"),
    (put("extra", value=1), "the graph: got 'extra', which format version 1 does not have"),
    (lambda whole: whole.pop("nodes"), "the graph: nodes is missing"),
    (put("title", value=3), "title: got 3, expected a string"),
    (put("nodes", value={}), "nodes: got {}, expected a list"),
    (put("nodes", 0, value=[]), r"nodes\[0\]: got \[\], expected an object"),
    (put("nodes", 0, "kind", value="wheel"), r"nodes\[0\].kind: got 'wheel', expected one of parameter"),
    (put("nodes", 0, "wheel", value=1), r"nodes\[0\]: got 'wheel'"),
    (lambda whole: whole["nodes"][0].pop("id"), r"nodes\[0\]: id is missing"),
    (put("nodes", 1, "id", value="n1"), r"nodes\[1\].id: got 'n1', expected an id that nothing else has"),
    (put("nodes", 0, "module", value="m7"), r"nodes\[0\].module: got 'm7', expected one of the modules"),
    (put("nodes", 0, "value", "elements", value=["1"]), r"nodes\[0\].value.elements\[0\]: got '1', expected a number"),
    (put("nodes", 0, "value", "elements", value=[1, 2]), "got 2 elements for shape"),
    (put("nodes", 0, "value", "shape", value=[-1]), r"value.shape\[0\]: got -1, expected a whole number"),
    (put("nodes", 0, "gradient_is", value="none yet"), "its gradient_is is 'none yet', and there is a gradient"),
    (put("edges", 0, "source", value="n9"), r"edges\[0\].source: got 'n9', expected one of the nodes"),
    (put("edges", 0, "source", value="n6"), "leads from n6 to n3, which does not come after it"),
    (put("edges", 1, "position", value=0), "expected edges by target, then by position"),
    (put("edges", 0, "is_factor", value=1), "is_factor: got 1, expected true or false"),
    (put("shown", value="all"), "shown: got 'all', expected one of auto"),
    (put("modules", value=[{"id": "m1", "path": "a", "parent": "m2"}]), "expected a module before it"),
    (put("nodes", 0, "value", "bins", value=[[1]]), r"bins\[0\]: got \[1\], expected a list of 2")])
def test_files_that_are_no_graphs_are_refused_with_the_place(change, words):
    with pytest.raises(DataError, match=words):
        Graph.from_json(changed(lesson().to_json(), change))


@pytest.mark.parametrize("text", [
    "", "{", "[1, 2]", "null", "NaN", "[" * 100_000, b"\xff\xfe", '{"format": "tinygrad_edu graph", "version": NaN}',
    "1" + "0" * 5000, '{"format": "tinygrad_edu graph"}'])
def test_text_that_is_no_graph_is_refused(text):
    with pytest.raises(DataError, match="the graph"):
        Graph.from_json(text)


def test_the_schema_is_one_that_other_programs_read():
    whole = json.loads(lesson().to_json())
    assert (whole["format"], whole["version"]) == ("tinygrad_edu graph", 1)
    assert whole["nodes"][0] == {
        "id": "n1", "kind": "variable", "name": "w", "gradient_is": "known", "place": whole["nodes"][0]["place"],
        "value": {"shape": [], "dtype": "float64", "elements": [2.0], "minimum": 2.0, "mean": 2.0, "maximum": 2.0,
                  "norm": 2.0}, "gradient": whole["nodes"][0]["gradient"]}
    assert [edge["id"] for edge in whole["edges"]] == ["n3.0", "n3.1", "n5.0", "n5.1", "n6.0"]
    assert from_json(to_json(lesson().description)).description == lesson().description
