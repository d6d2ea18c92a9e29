"""DOT, Mermaid and files of a graph: every node and edge is there once, and whatever the user named stays a name."""

import json
import os
import re
import stat
import subprocess
import sys
import types
from xml.etree import ElementTree

import hypothesis.strategies as st
import pytest
from hypothesis import given

from tests.conftest import missing
from tests.registry import examples
from tinygrad_edu.errors import ArgumentError, DataError, MissingExtraError
from tinygrad_edu.views.drawing import pixels as svg_pixels
from tinygrad_edu.views.drawing import svg
from tinygrad_edu.views.drawing.letters import cut, visible
from tinygrad_edu.views.graphs.abridging import abridged
from tinygrad_edu.views.graphs.formats import captions, pixels
from tinygrad_edu.views.graphs.formats.dot import dot_of, graphviz_of
from tinygrad_edu.views.graphs.formats.dot_labels import LONGEST
from tinygrad_edu.views.graphs.formats.json_files import from_json
from tinygrad_edu.views.graphs.formats.mermaid import mermaid_of
from tinygrad_edu.views.graphs.formats.saving import save
from tinygrad_edu.views.graphs.model import Description, Edge, Module, Node, Operation, Place, Value
from tinygrad_edu.views.graphs.page.page import page_of

STYLES = ("blackboard", "compact", "shapes")
ODD_NAMES = ['"quotes"', "<b>bold</b>", "back\\slash\\", "\\N\\G\\l", "two\nlines", "ünïcødé 数字 🚀", "&lt;&amp;#60;",
             '"]; evil [label="', "--> end", "`code` **bold** [link](http://x.y)", "a|b{c}", "%%{init: {}}%%",
             "1. list", "- dash", "www.example.org", "_under_score_", "\x00\x1b", "]]>", "end", "#quot;", " "]


def number(x):
    """A number as a Value."""
    x = float(x)
    finite = x - x == 0
    known = x if finite else None
    return Value(shape=(), dtype="float64", elements=(x,), minimum=known, mean=known, maximum=known, zeros=int(x == 0),
                 nans=int(x != x), infinities=int(x == x and not finite), norm=abs(x) if finite else 0.0)


def vector(*numbers, shape=None):
    return Value(shape=shape or (len(numbers),), dtype="float64", elements=numbers, minimum=min(numbers),
                 mean=sum(numbers) / len(numbers), maximum=max(numbers), zeros=numbers.count(0),
                 norm=sum(x * x for x in numbers) ** 0.5)


def leaf(name, value, gradient=None, **more):
    known = {"gradient": number(gradient), "gradient_is": "known"} if gradient is not None else {}
    return Node(id=name[0], kind="variable", name=name[1], value=number(value), **known, **more)


def square(name="x"):
    """y = x * x at 3, after a backward pass."""
    x = leaf(("n1", name), 3, 6)
    y = Node(id="n2", kind="result", name="y", expression="x·x", value=number(9), gradient=number(1), is_root=True,
             gradient_is="known", operation=Operation(name="multiply", sign="×"),
             place=Place(file="lesson.py", line=3, text="y = x * x", expression="x * x"))
    edges = [Edge(id=f"n2.{i}", source="n1", target="n2", position=i, argument=f"x{i + 1}", wanted=True, formula=name,
                  is_factor=True, local=number(3), arriving=number(1), flow=number(3)) for i in range(2)]
    return Description(nodes=(x, y), edges=tuple(edges), title="y = x·x")


def one(node, **more):
    return Description(nodes=(node,), edges=(), **more)


@st.composite
def descriptions(draw):
    """Graphs of a few nodes with any names, within nested modules."""
    names = st.one_of(st.sampled_from(ODD_NAMES), st.text(max_size=8))
    modules = [Module(id=f"m{k}", path=draw(names), parent=draw(st.sampled_from([None, *(f"m{i}" for i in range(k))])))
               for k in range(draw(st.integers(0, 3)))]
    nodes, edges = [], []
    for k in range(draw(st.integers(1, 6))):
        arguments = draw(st.lists(st.integers(0, k - 1), max_size=3)) if k else []
        inside = draw(st.sampled_from([None, *(module.id for module in modules)]))
        operation = Operation(name="op", sign=draw(st.sampled_from("×+Σ")), options=draw(names)) if arguments else None
        kind = "result" if arguments else draw(st.sampled_from(["parameter", "variable", "input", "constant"]))
        gradient = draw(st.none() | st.floats().map(number))
        nodes.append(Node(id=f"n{k}", kind=kind, name=draw(st.none() | names), operation=operation, module=inside,
                          value=draw(st.floats().map(number)), gradient=gradient, changed=draw(st.booleans()),
                          gradient_is="known" if gradient else "none yet"))
        for i, source in enumerate(arguments):
            flow = draw(st.none() | st.floats().map(number))
            edges.append(Edge(id=f"n{k}.{i}", source=f"n{source}", target=f"n{k}", position=i, ordered=i > 0,
                              wanted=flow is not None, formula=draw(st.none() | names), flow=flow, note=draw(names)))
    return Description(nodes=tuple(nodes), edges=tuple(edges), modules=tuple(modules), notes=(draw(names),))


# -- DOT, read again by Graphviz itself -------------------------------------------------------------------------------


def by_graphviz(text, form="json0"):
    """What Graphviz's own parser makes of it; it must have nothing to complain about."""
    try:
        done = subprocess.run(["dot", f"-T{form}"], input=text.encode(), capture_output=True, check=False, timeout=60)
    except FileNotFoundError:
        missing("no Graphviz program `dot` on the PATH")
    complaints = [line for line in done.stderr.decode().splitlines() if "node" in line or "rror" in line]
    assert done.returncode == 0, done.stderr.decode()
    assert not complaints, complaints
    return done.stdout.decode()


def structure(text):
    """Names of nodes, pairs that edges join, and labels of clusters, as Graphviz read them."""
    read = json.loads(by_graphviz(text))
    objects = read.get("objects", [])
    names = [each["name"] for each in objects]
    edges = sorted((names[each["tail"]], names[each["head"]]) for each in read.get("edges", []))
    return sorted(name for name in names if not name.startswith("cluster_")), edges, objects


def expected(d, style):
    """The nodes and edges that must be there."""
    discs = {node.id for node in d.nodes if node.operation and style == "blackboard"}
    nodes = sorted([*(node.id for node in d.nodes), *(f"{name}.op" for name in discs)])
    edges = [(edge.source, f"{edge.target}.op" if edge.target in discs else edge.target) for edge in d.edges]
    return nodes, sorted([*edges, *((f"{name}.op", name) for name in discs)])


def shown_texts(text):
    """All that is written in the picture, joined without spaces."""
    tree = ElementTree.fromstring(by_graphviz(text, "svg"))
    return "".join("".join(each.itertext()) for each in tree.iter("{http://www.w3.org/2000/svg}text"))


def test_graphviz_reads_both_edges_of_a_square():
    nodes, edges, _ = structure(dot_of(square()))
    assert nodes == ["n1", "n2", "n2.op"]
    assert edges == [("n1", "n2.op"), ("n1", "n2.op"), ("n2.op", "n2")]


@pytest.mark.parametrize("direction", ["right", "down"])
@pytest.mark.parametrize("style", STYLES)
@examples(8)
@given(d=descriptions())
def test_graphviz_reads_every_node_and_every_edge_once(style, direction, d):
    nodes, edges, objects = structure(dot_of(d, style=style, direction=direction))
    assert (nodes, edges) == expected(d, style)
    clusters = [each for each in objects if each["name"].startswith("cluster_")]
    assert {each["name"] for each in clusters} == {f"cluster_{module.id}" for module in d.modules}


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_name_is_shown_in_dot_as_it_is_and_is_never_markup(name):
    text = dot_of(square(name))
    assert structure(text)[:2] == expected(square(), "blackboard")
    plain, short = (each(name, LONGEST).replace(" ", "") for each in (cut, abridged))
    drawn = shown_texts(text).replace("\xa0", "").replace(" ", "")
    assert plain in drawn
    assert drawn.count(plain) + drawn.count(short) * (short != plain) >= 3              # also of both gates


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_name_is_in_the_tooltip_as_it_is(name):
    tree = ElementTree.fromstring(by_graphviz(dot_of(square(name)), "svg"))
    tips = [each.get("{http://www.w3.org/1999/xlink}title") or "" for each in tree.iter()]
    assert any(tip.startswith(visible(name)) for tip in tips)


def test_ids_from_a_file_cannot_break_out_either():
    d = square()
    renamed = {"n1": 'a"; x', "n2": 'b\\" -> c;'}
    nodes = tuple(Node(id=renamed[each.id], kind="variable", value=each.value) for each in d.nodes)
    edges = tuple(Edge(id='"', source=renamed[each.source], target=renamed[each.target], position=0)
                  for each in d.edges)
    names, found, _ = structure(dot_of(Description(nodes=nodes, edges=edges)))
    assert len(names) == 2
    assert len(found) == 2
    assert set(found) == {tuple(names)}


def test_nodes_are_in_the_clusters_of_their_modules():
    nodes = [Node(id=f"n{k}", kind="parameter", name="w", value=number(k), module=module)
             for k, module in enumerate([None, "m1", "m2"])]
    modules = (Module(id="m1", path="layers", parameters=3),
               Module(id="m2", path="layers.0", parent="m1", kind="Dense(2)"))
    objects = structure(dot_of(Description(nodes=tuple(nodes), edges=(), modules=modules)))[2]
    clusters = {each["name"]: each for each in objects if "nodes" in each}
    names = [each["name"] for each in objects]
    assert [names[k] for k in clusters["cluster_m2"]["nodes"]] == ["n2"]
    assert sorted(names[k] for k in clusters["cluster_m1"]["nodes"]) == ["n1", "n2"]
    assert "layers.0" in clusters["cluster_m2"]["label"]
    assert "Dense(2)" in clusters["cluster_m2"]["label"]
    assert "3 parameters" in clusters["cluster_m1"]["label"]


def test_values_have_four_digits_and_tooltips_all_of_them():
    text = dot_of(one(leaf(("n1", "x"), 1 / 3, -123456.789)))
    assert re.findall(r"<B>(.*?)</B>", text) == ["0.3333", "-1.235e+05"]
    assert "0.3333333333333333 (float64)" in text


def test_a_gradient_that_is_not_known_is_not_a_number():
    text = dot_of(one(Node(id="n1", kind="variable", name="x", value=number(2), gradient_is="none yet")))
    assert "none yet" in text
    assert re.findall(r"<B>(.*?)</B>", text) == ["2"]


@pytest.mark.parametrize(("x", "word"), [(float("nan"), "NaN"), (float("inf"), "+∞"), (float("-inf"), "-∞")])
def test_trouble_is_marked_loudly(x, word):
    text = dot_of(one(leaf(("n1", "x"), x)))
    assert f"!! {word}" in text
    assert 'BGCOLOR="#ffd22e"' in text
    assert f"!! {word}" in dot_of(one(leaf(("n1", "x"), x)), style="compact")


def test_what_is_out_of_date_is_said_and_struck_through():
    stale = Node(id="n2", kind="result", name="y", value=number(9), stale=True, operation=Operation(name="f", sign="f"))
    assert "!! changed since" in dot_of(one(leaf(("n1", "x"), 5, changed=True)))
    text = dot_of(one(stale))
    assert "!! stale" in text
    assert re.search(r"<S><B>9</B></S>", text)


def test_roles_differ_in_grey_too():
    """Without colours, names and classes every role has an outline of its own; so has what backward began from."""
    kinds = {"parameter", "input", "constant", "result", "module", "expression", "rest"}
    nodes = [Node(id="n1", kind=kind, name="t", value=number(1)) for kind in kinds - {"expression"}]
    nodes.append(Node(id="n1", kind="result", name="t", value=number(1), is_root=True))
    outlines = {re.sub(r'#[0-9a-f]{6}|tooltip=".*?"|class="\w+"', "", dot_of(one(node))) for node in nodes}
    assert len(outlines) == len(nodes)


def test_a_small_array_is_written_out_and_a_large_one_summarised():
    small = Node(id="n1", kind="parameter", name="W", value=vector(1.0, -2.5, 0.0, 10.0, 3.0, 4.0, shape=(3, 2)))
    large = Node(id="n1", kind="parameter", name="W", value=vector(*map(float, range(-8, 32))))
    assert [line.replace("\xa0", " ") for line in re.findall(r"<B>(.*?)</B>", dot_of(one(small)))] == [
        "1  -2.5", "0    10", "3     4"]
    assert "3×2" in dot_of(one(small))
    assert re.findall(r"<B>(.*?)</B>", dot_of(one(large))) == ["-8 … 31"]
    assert "mean 11.5, 2% zeros" in dot_of(one(large))


def edge_lines(d, **settings):
    lines = (line for line in dot_of(d, **settings).splitlines() if "->" in line)
    return {found[1]: line for line in lines if (found := re.search(r'\bid="(n\d\.\d)"', line))}


def test_ribbons_are_as_thick_as_gradients_and_dashed_for_zero():
    d = square()
    flows = [number(3), number(0)]
    edges = tuple(Edge(id=each.id, source="n1", target="n2", position=k, wanted=True, formula="x", is_factor=True,
                       local=number(3), arriving=number(1), flow=flow)
                  for k, (each, flow) in enumerate(zip(d.edges, flows, strict=True)))
    thick, zero = edge_lines(Description(nodes=d.nodes, edges=edges)).values()
    assert float(re.search(r"penwidth=([\d.]+)", thick)[1]) > 4
    assert 'style="dashed"' in zero
    assert "← 0" in zero
    plain = edge_lines(d, show="values")
    assert not any("penwidth" in line or "label" in line for line in plain.values())


def test_a_gate_shows_formula_factor_and_contribution_and_a_number_only_once():
    first = edge_lines(square())["n2.0"]
    assert "<I>x</I>" in first
    assert "× 3" in first
    assert "← 3" in first
    assert captions.gate(Edge(id="e", source="a", target="b", position=0, formula="−1", is_factor=True,
                              local=number(-1))) == ("", "× -1")
    assert captions.gate(Edge(id="e", source="a", target="b", position=0, formula="g Wᵀ")) == ("g Wᵀ", "")
    assert captions.gate(Edge(id="e", source="a", target="b", position=0, formula="x", is_factor=True,
                              local=number(float("nan")))) == ("x", "× NaN")


def test_arguments_are_numbered_where_their_order_matters():
    ordered = [Edge(id=each.id, source=each.source, target=each.target, position=each.position, ordered=True)
               for each in square().edges]
    lines = edge_lines(Description(nodes=square().nodes, edges=tuple(ordered)))
    assert [re.search(r"headlabel=<<FONT[^>]*>(\d)<", line)[1] for line in lines.values()] == ["1", "2"]
    assert "headlabel" not in dot_of(square())


def test_notes_stand_below_the_picture():
    assert "4,000 are not shown" in shown_texts(dot_of(one(leaf(("n1", "x"), 1), notes=("4,000 are not shown",))))


def test_graphviz_gets_the_same_text_and_can_be_added_to():
    graph = graphviz_of(square(), style="compact", direction="down")
    assert graph.source == dot_of(square(), style="compact", direction="down")
    graph.graph_attr["size"] = "3"
    graph.node("more")
    assert len(structure(graph.source)[0]) == 3


def test_other_settings_are_refused():
    for function in (dot_of, graphviz_of, mermaid_of):
        with pytest.raises(ArgumentError, match='got "sideways"|got \'sideways\''):
            function(square(), direction="sideways")


def test_long_chains_and_deep_modules_are_written_without_recursion():
    n = 5000
    nodes = [leaf(("n0", "x"), 1)]
    nodes += [Node(id=f"n{k}", kind="result", operation=Operation(name="f", sign="f"), value=number(k), module=f"m{k}")
              for k in range(1, n)]
    edges = tuple(Edge(id=f"n{k}.0", source=f"n{k - 1}", target=f"n{k}", position=0) for k in range(1, n))
    modules = tuple(Module(id=f"m{k}", path=f"m{k}", parent=f"m{k - 1}") for k in range(1, n))
    d = Description(nodes=tuple(nodes), edges=edges, modules=modules)
    assert dot_of(d).count(" -> ") == n - 1
    assert dot_of(d).count("subgraph") == n - 1
    assert mermaid_of(d).count(" -.-> ") == n - 1
    assert "maxEdges" in mermaid_of(d)


# -- Mermaid ----------------------------------------------------------------------------------------------------------

TEXT = r'"(?:[^"<>`\[\]{}|*&\\;#]|<br/>|#\d+;)+"'      # what Mermaid takes as plain text
NODES = "|".join(f"{re.escape(before)}{TEXT}{re.escape(after)}" for before, after in
                 [("[[", "]]"), (">", "]"), ("[", "]"), ("(", ")"), ("([", "])"), ("{{", "}}"), ("((", "))")])
GRAMMAR = re.compile("|".join([
    r"flowchart (LR|TB)", r"    %% [^{}]*", r"    end",
    rf"    subgraph \w+\[{TEXT}\]", r"    style \w+ [-\w:#,]+",
    rf"    \w+({NODES}):::\w+",
    rf"    \w+ (-->|-\.->)(\|{TEXT}\|)? \w+", r"    linkStyle [\d,]+ [-\w:#,.]+", r"    classDef \w+ [-\w:#, ]+"]))


def test_mermaid_of_a_square():
    assert mermaid_of(square()).split("    classDef")[0] == """\
flowchart LR
    n1[["x<br/>data 3<br/>grad 6"]]:::param
    n2("y<br/>data 9<br/>grad 1"):::root
    n2_op(("#215;")):::op
    n2_op --> n2
    n1 -->|"x<br/>#215; 3<br/>#8592; 3"| n2_op
    n1 -->|"x<br/>#215; 3<br/>#8592; 3"| n2_op
    linkStyle 1,2 stroke:#b3470a,stroke-width:9.0px
"""


@pytest.mark.parametrize("style", STYLES)
@examples(40)
@given(d=descriptions())
def test_mermaid_has_every_node_and_edge_and_only_plain_labels(style, d):
    lines = mermaid_of(d, style=style).splitlines()
    for line in lines:
        assert GRAMMAR.fullmatch(line), line
    nodes, edges = expected(d, style)
    assert sum(":::" in line for line in lines) == len(nodes)
    assert sum("-->" in line or "-.->" in line for line in lines) == len(edges)
    assert sum("subgraph" in line for line in lines) == len(d.modules) == lines.count("    end")


def test_mermaid_styles_the_edges_that_gradients_flow_along():
    d = square()
    other = Edge(id="n2.2", source="n1", target="n2", position=2)
    lines = mermaid_of(Description(nodes=d.nodes, edges=(*d.edges, other))).splitlines()
    links = [line for line in lines if "-->" in line or "-.->" in line]
    styled = next(line for line in lines if "linkStyle" in line).split()[1].split(",")
    assert ["×" in links[int(k)] or "#215;" in links[int(k)] for k in styled] == [True, True]


# -- files ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", [".dot", ".gv", ".mmd", ".json", ".svg"])
def test_the_ending_says_the_form(ending, tmp_path):
    place = save(square(), str(tmp_path / f"graph{ending.upper()}"))
    text = place.read_text(encoding="utf-8")
    assert os.listdir(tmp_path) == [f"graph{ending.upper()}"]
    if ending in (".dot", ".gv"):
        assert text == dot_of(square())
    elif ending == ".mmd":
        assert text == mermaid_of(square())
    elif ending == ".json":
        assert from_json(text).description == square()
    else:
        assert ElementTree.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg"


@pytest.mark.parametrize(("name", "given"), [("graph.jpeg", "a name that ends in .jpeg"),
                                             ("graph", "a name without an ending")])
def test_other_endings_are_refused_with_those_there_are(name, given, tmp_path):
    endings = ".svg, .html, .png, .pdf, .dot, .gv, .mmd or .json."
    with pytest.raises(ArgumentError, match=re.escape(f"got {given}. Expected one that ends in {endings}")):
        save(square(), tmp_path / name)
    assert os.listdir(tmp_path) == []


def test_settings_of_saving_are_checked(tmp_path):
    with pytest.raises(ArgumentError, match=r'theme=.blue.\): expected "auto", "light" or "dark"'):
        save(square(), tmp_path / "graph.svg", theme="blue")
    with pytest.raises(ArgumentError, match=r"scale=0\): expected a number above 0"):
        save(square(), tmp_path / "graph.png", scale=0)


def test_a_folder_that_does_not_exist_is_named():
    with pytest.raises(DataError, match=r"^/nonexistent/x\.dot cannot be written, because there is no folder /none"):
        save(square(), "/nonexistent/x.dot")


# -- PNG and PDF: three ways to them ----------------------------------------------------------------------------------


def without(monkeypatch, *modules):
    for module in modules:
        monkeypatch.setitem(sys.modules, module, None)


def program(folder, monkeypatch, text):
    """A program called `dot`, alone on the PATH."""
    place = folder / "bin" / "dot"
    place.parent.mkdir()
    place.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    place.chmod(place.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(place.parent))


@pytest.mark.parametrize("kind", ["png", "pdf"])
def test_without_cairosvg_the_program_dot_draws(kind, tmp_path, monkeypatch):
    by_graphviz("digraph {}")                           # skips if there is none
    without(monkeypatch, "cairosvg", "pygraphviz")
    assert save(square(), tmp_path / f"graph.{kind}").read_bytes().startswith(pixels.BEGINNINGS[kind])


def width_of(png):
    return int.from_bytes(png[16:20], "big")


def test_scale_makes_more_pixels(tmp_path, monkeypatch):
    by_graphviz("digraph {}")
    without(monkeypatch, "cairosvg", "pygraphviz")
    small, large = (width_of(save(square(), tmp_path / "graph.png", scale=scale).read_bytes()) for scale in (1, 3))
    assert large == pytest.approx(3 * small, rel=0.02)


def test_without_the_program_pygraphviz_draws(tmp_path, monkeypatch):
    pytest.importorskip("pygraphviz")
    without(monkeypatch, "cairosvg")
    monkeypatch.setenv("PATH", str(tmp_path))
    for kind, beginning in pixels.BEGINNINGS.items():
        assert save(square(), tmp_path / f"graph.{kind}").read_bytes().startswith(beginning)


@pytest.mark.skipif(os.name != "posix", reason="the program is a shell script")
@pytest.mark.parametrize(("script", "reason"), [
    ("echo 'Error: broken' >&2; exit 1", r"dot gave no PNG \(Error: broken\)"),
    ("echo 'no image'", r"dot gave no PNG \(exit code 0\)"),
    ("exec /bin/sleep 60", r"dot was not done after 0\.2 seconds"),
    (None, "dot is not installed"),
])
def test_without_any_way_the_error_says_why_and_what_to_install(script, reason, tmp_path, monkeypatch):
    without(monkeypatch, "cairosvg", "pygraphviz")
    monkeypatch.setattr(pixels, "PATIENCE", 0.2)
    if script is None:
        monkeypatch.setenv("PATH", str(tmp_path))
    else:
        program(tmp_path, monkeypatch, script)
    place = tmp_path / "graph.png"
    expected = (rf"saved as \.png here: cairosvg is not installed.*{reason}.*pygraphviz is not installed.*"
                r"pip install \"tinygrad_edu\[draw\]\".*apt install graphviz")
    with pytest.raises(MissingExtraError, match=expected):
        save(square(), place)
    assert not place.exists()


class Cairo(types.ModuleType):
    """A stand-in for cairosvg that keeps what it is given."""

    def __init__(self):
        super().__init__("cairosvg")
        self.given = {}

    def svg2png(self, **given):
        self.given = given
        return b"\x89PNG"

    def svg2pdf(self, **given):
        self.given = given
        return b"%PDF"


@pytest.mark.parametrize(("theme", "colour"), [("auto", "#b3470a"), ("dark", "#ffa25f")])
def test_cairosvg_is_given_colours_and_no_variables(theme, colour, tmp_path, monkeypatch):
    cairo = Cairo()
    monkeypatch.setitem(sys.modules, "cairosvg", cairo)
    for kind in ("png", "pdf"):
        save(square(), tmp_path / f"graph.{kind}", theme=theme)
        given = cairo.given["bytestring"].decode()
        assert "var(--" not in re.sub(r"var\(--tg-(settle|flow),\d+ms\)", "", given)       # durations: nothing moves
        assert colour in given


def texts_of(svg):
    return [(found[1], found[2].split(), found[3]) for found in
            re.finditer(r'<text x="([-\d.]+)"[^>]*? class="([^"]*)"[^>]*>(.*?)</text>', svg)]


def test_formulas_begin_where_they_would_if_cairosvg_could_centre_them():
    words = svg.math("w·x")
    picture = svg.document(100, 40, svg.text(50, 20, words, "name", anchor="middle"), title="t")
    (x, classes, said), = texts_of(svg_pixels.plainer(picture))
    assert float(x) == pytest.approx(50 - svg.text_width("w·x", "name") / 2, abs=0.01)
    assert classes == ["name"]
    assert said == words


def test_texts_with_an_edge_are_drawn_again_without_it():
    texts = svg.joined([svg.text(50, 20, "6×3", "label", halo=True), svg.text(50, 40, "plain", "label")])
    picture = svg_pixels.plainer(svg.document(100, 40, texts, title="t"))
    assert [said for _, _, said in texts_of(picture)] == ["6×3", "6×3", "plain"]
    assert picture.count('style="stroke:none"') == 1
    assert svg_pixels.plainer(svg.document(9, 9, svg.text(1, 1, "<a> {b}"), title="t")).count("&lt;a&gt; {b}") == 1


def test_cairosvg_draws_png_and_pdf(tmp_path, monkeypatch):
    pytest.importorskip("cairosvg")
    monkeypatch.setenv("PATH", str(tmp_path))
    without(monkeypatch, "pygraphviz")
    small, large = (save(square(), tmp_path / "graph.png", scale=scale).read_bytes() for scale in (1, 2))
    assert width_of(large) == pytest.approx(2 * width_of(small), abs=2)
    assert save(square(), tmp_path / "graph.pdf").read_bytes().startswith(b"%PDF")


def test_a_png_is_no_larger_than_cairo_can_draw(monkeypatch):
    cairo = Cairo()
    monkeypatch.setitem(sys.modules, "cairosvg", cairo)
    svg_pixels.converted('<svg xmlns="http://www.w3.org/2000/svg" width="60000" height="10"/>', "png", scale=2)
    assert cairo.given["scale"] == 0.5


def test_cairosvg_without_cairo_says_what_is_missing(monkeypatch):
    class NoLibrary:
        def find_spec(self, name, *_):
            if name == "cairosvg":
                raise OSError("no library called cairo")

    monkeypatch.delitem(sys.modules, "cairosvg", raising=False)
    monkeypatch.setattr(sys, "meta_path", [NoLibrary(), *sys.meta_path])
    with pytest.raises(MissingExtraError, match="not the library cairo that it calls .*apt install libcairo2"):
        svg_pixels.converted("<svg/>", "png")


def test_a_page_is_what_page_of_gives(tmp_path):
    saved = save(square(), tmp_path / "graph.html", theme="dark").read_text(encoding="utf-8")
    assert saved == page_of(square(), theme="dark", direction="right")
