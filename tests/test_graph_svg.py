"""Pictures of graphs as SVG: every edge once, nothing clipped, nothing executed, the same bytes on every run."""

import re
import shutil
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

import tinygrad_edu as tg
from tests import graph_pictures
from tests.graph_pictures import FOLDER, GOLDEN, PROGRAMS, golden, of
from tests.registry import examples
from tests.test_graphs import programs
from tinygrad_edu.errors import ArgumentError
from tinygrad_edu.views.graphs.graph import Graph
from tinygrad_edu.views.graphs.model import Description
from tinygrad_edu.views.graphs.picture import svg as drawing
from tinygrad_edu.views.graphs.picture.svg import svg_of

SVG = "{http://www.w3.org/2000/svg}"
STYLES = ("blackboard", "compact", "shapes")
DIRECTIONS = ("right", "down")
OTHERS = (*PROGRAMS[:4], graph_pictures.masks, graph_pictures.nan, graph_pictures.folded, graph_pictures.layers)


def picture(description, **settings):
    return ElementTree.fromstring(svg_of(description, **{"engine": "layered"} | settings))


def parts(root, kind):
    """The groups of a class, by the ids of what they show."""
    found = [each for each in root.iter(f"{SVG}g") if kind in each.get("class", "").split() and each.get("data-id")]
    assert len(found) == len({each.get("data-id") for each in found})
    return {each.get("data-id"): each for each in found}


def made(program):
    """The graph of a random program, after its backward pass."""
    variables = [tg.Tensor(np.full(shape, 0.5), requires_grad=True) for shape in program.shapes]
    result = program(*variables)
    result.backward()
    return of(result)


def with_class(part, name):
    return [each for each in part.iter() if name in each.get("class", "").split()]


def words(part):
    return ["".join(each.itertext()) for each in part.iter(f"{SVG}text")]


def said(part):
    return " ".join(words(part))


def node_named(root, description, name):
    found, = (node.id for node in description.nodes if node.title == name)
    return parts(root, "node")[found]


# -- structure --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_every_node_and_every_edge_is_drawn_once(program, style):
    description = program()
    root = picture(description, style=style)
    assert list(parts(root, "node")) == [node.id for node in description.nodes]
    assert [(each.get("data-id"), each.get("data-source"), each.get("data-target"))
            for each in parts(root, "edge").values()] == [
               (edge.id, edge.source, edge.target) for edge in description.edges]


@given(programs())
@examples(25)
def test_random_graphs_are_drawn_whole(program):
    description = made(program)
    root = picture(description)
    assert len(parts(root, "node")) == len(description.nodes)
    assert len(parts(root, "edge")) == len(description.edges)


def test_ids_are_unique_and_begin_with_the_prefix():
    text = svg_of(graph_pictures.layers(), prefix="one", engine="layered")
    ids = re.findall(r' id="([^"]*)"', text)
    assert len(ids) == len(set(ids))
    assert all(each == "one" or each.startswith("one-") for each in ids)


def test_two_different_pictures_have_different_ids():
    first, second = (svg_of(program(), engine="layered") for program in (graph_pictures.tanh, graph_pictures.square))
    assert not set(re.findall(r' id="([^"]*)"', first)) & set(re.findall(r' id="([^"]*)"', second))


def test_kinds_and_states_are_classes():
    description = graph_pictures.stale()
    root = picture(description)
    classes = {name: node_named(root, description, name).get("class") for name in ("w", "x", "y")}
    assert classes == {"w": "node variable changed", "x": "node variable", "y": "node result root stale"}


def test_x_times_x_is_two_edges_with_a_gate_each():
    description = graph_pictures.square()
    edges = parts(picture(description), "edge").values()
    assert [words(edge) for edge in edges] == [["x", "× 3", "3"], ["x", "× 3", "3"]]


# -- what is shown ----------------------------------------------------------------------------------------------------


def test_a_card_shows_name_data_and_gradient():
    description = graph_pictures.tanh()
    root = picture(description)
    assert words(node_named(root, description, "w")) == ["w", "data", "2", "grad", "−1.503"]
    assert words(node_named(root, description, "y")) == ["y", "data", "0.7064", "grad", "1", "tanh"]


def test_a_gate_shows_formula_factor_and_what_flows_back():
    description = graph_pictures.tanh()
    by_edge = {edge.id: edge for edge in description.edges}
    names = {node.id: node.title for node in description.nodes}
    shown = {f"{names[by_edge[key].target]} to {names[by_edge[key].source]}": words(each)
             for key, each in parts(picture(description), "edge").items()}
    assert shown["w·x to w"] == ["x", "× −3", "−1.503"]
    assert shown["w·x + b to b"] == ["× 1", "0.501"]               # the formula is that number
    assert shown["y to w·x + b"] == ["1 − y²", "× 0.501", "0.501"]


def test_before_a_backward_pass_gradients_are_none_yet_and_nothing_flows_back():
    root = picture(graph_pictures.before_backward())
    grads = with_class(root, "grad-value")
    assert {"".join(each.itertext()) for each in grads} == {"none yet"}
    assert not with_class(root, "ribbon")
    assert not with_class(root, "gate")


@pytest.mark.parametrize(("show", "data", "grad", "ribbons"), [
    ("values", True, False, False), ("gradients", False, True, True), ("both", True, True, True),
    ("shapes", False, False, False)])
def test_show_chooses_what_is_written(show, data, grad, ribbons):
    root = picture(graph_pictures.tanh(), show=show)
    assert [bool(with_class(root, name)) for name in ("data-value", "grad-value", "ribbon")] == [data, grad, ribbons]


def test_shapes_are_written_with_their_dtypes():
    description = graph_pictures.integers()
    root = picture(description, show="shapes")
    assert said(node_named(root, description, "i")) == "i 3 int64"
    assert "scalar float64" in said(node_named(root, description, "y"))


def test_ribbons_are_as_thick_as_the_gradient_is_large():
    x, = tg.variables(x=1.0)
    y = 4 * x + 0 * x
    y.backward()
    description = of(y)
    widths = {}
    for key, edge in parts(picture(description), "edge").items():
        ribbons = with_class(edge, "ribbon")
        if ribbons:
            widths[key] = [float(each.get("stroke-width")) for each in ribbons]
    by_flow = {edge.flow.elements[0]: widths[edge.id] for edge in description.edges if edge.flow}
    assert by_flow[4.0][1] == 9.0                                   # the largest of the picture
    assert by_flow[0.0][1] == 1.0                                   # zero: thin and dashed
    assert by_flow[4.0][0] == pytest.approx(2 + 7 * (1 / 4) ** 0.7, abs=0.01)


def test_nan_and_infinities_stand_in_badges_and_make_yellow_ribbons():
    description = graph_pictures.nan()
    root = picture(description)
    assert "!! NaN" in said(node_named(root, description, "ln(x)"))
    assert "!! 1 ∞" in said(node_named(root, description, "1/y"))
    assert "troubled" in node_named(root, description, "ln(x)").get("class")
    assert with_class(root, "wrong-ribbon")


def test_what_is_out_of_date_is_struck_through_and_says_so():
    description = graph_pictures.stale()
    root = picture(description)
    assert "!! changed since" in said(node_named(root, description, "w"))
    assert "!! stale" in said(node_named(root, description, "y"))
    assert with_class(node_named(root, description, "y"), "struck")


def test_broadcasting_is_noted_and_seen_from_the_pass_that_is_shown():
    description = graph_pictures.broadcast()
    assert "sum of 2 rows" in said(picture(description))
    assert "sum of" not in said(picture(description, show="values"))
    assert "4 → 2×4" in said(picture(description, show="values"))


def test_arguments_are_numbered_where_their_lines_cross():
    a, b = tg.variables(a=1.0, b=2.0)
    c = tg.exp(a)
    root = picture(of((c - b) * (b - c)))
    assert ["".join(each.itertext()) for each in with_class(root, "position")] == ["1", "2"]


def test_many_arguments_come_in_at_a_bar_as_long_as_they_need():
    root = picture(graph_pictures.concat())
    concat, = (each for each in parts(root, "node").values() if "concat" in words(each))
    bar = max(float(each.get("height")) for each in with_class(concat, "disc"))
    assert bar >= 5 * 20                                            # 6 lines, 20 pixels from each other


def test_a_module_is_a_panel_or_when_folded_a_stacked_card_with_what_comes_out():
    root = picture(graph_pictures.layers())
    assert [words(panel) for panel in parts(root, "module").values() if "open" in panel.get("class")] == [
        ["▾ layers.0", "", "36 parameters"], ["▾ layers.1", "", "15 parameters"]]
    description = graph_pictures.folded()
    card = node_named(picture(description), description, "layers.0")
    assert {"▸ layers.0", "36 parameters", "data", "grad"} <= set(words(card))
    assert len(with_class(card, "stack")) == 2


def test_names_inside_a_module_leave_its_path_out():
    description = graph_pictures.layers()
    assert words(node_named(picture(description), description, "layers.0.weight"))[0] == "weight"


def test_large_arrays_have_statistics_and_small_ones_their_numbers():
    x, y = tg.variables(x=np.arange(100.0).reshape(10, 10), y=np.array([1.0, -2.5]))
    description = of(tg.sum(x) * y)
    root = picture(description)
    assert words(node_named(root, description, "x"))[:5] == ["x", "10×10", "data", "0 … 99", "mean 50, 1 % zeros"]
    assert "1, −2.5" in words(node_named(root, description, "y"))


def test_the_style_follows_the_size_of_the_graph():
    x, = tg.variables(x=1.0)
    for _ in range(60):
        x = tg.sin(x)
    assert '<g class="drawn compact down">' in svg_of(of(x), engine="layered")
    for _ in range(400):
        x = tg.sin(x)
    assert '<g class="drawn shapes down">' in svg_of(of(x), engine="layered")
    assert '<g class="drawn blackboard right">' in svg_of(graph_pictures.tanh(), engine="layered")


def test_the_legend_explains_what_occurs_and_nothing_else():
    def legend(program, **settings):
        root = picture(program(), **settings)
        return [text for each in with_class(root, "legend") for text in words(each)]

    assert legend(graph_pictures.tanh) == [
        "value, forward", "gradient, backward; thickness is size", "× n", "local derivative: multiplies what passes",
        "variable", "where backward began"]
    assert legend(graph_pictures.before_backward) == ["value, forward", "variable", "the end result"]
    assert not [text for text in legend(graph_pictures.tanh, legend=False) if text]
    said = legend(graph_pictures.broadcast)                 # in which some gates multiply, and Wᵀ g is a rule
    assert {"× n", "rule", "what becomes of g, the gradient that arrives"} <= {*said}


def test_the_legend_says_that_gates_multiply_only_where_they_do():
    x, = tg.variables(x=np.arange(6.0))
    loss = tg.sum(x[::2])
    loss.backward()
    d = of(loss)
    rules = replace(d, edges=tuple(replace(edge, is_factor=False, local=None) for edge in d.edges))
    said = [text for each in with_class(picture(rules), "legend") for text in words(each)]
    assert "what becomes of g, the gradient that arrives" in said
    assert not [text for text in said if "multiplies" in text or text == "× n"]


def test_headings_of_modules_stand_on_the_lines_and_under_no_node():
    root = picture(graph_pictures.layers(), direction="down")
    graph, = with_class(root, "graph")
    order = [next(each for each in ("ground", "edge", "open", "node") if each in part.get("class").split())
             for part in graph]
    assert [*dict.fromkeys(order)] == ["ground", "edge", "open", "node"]
    assert order == sorted(order, key=["ground", "edge", "open", "node"].index)
    for heading in with_class(root, "open"):
        hides = [each for each in heading.iter() if each.get("class") == "heading-ground"]
        texts = [each for each in heading.iter() if each.tag.endswith("text") and "label" in each.get("class")]
        assert len(hides) == 1 + len(texts)                 # under the name, and under the number of parameters


@pytest.mark.parametrize("called", ["svg", "animate"])
def test_an_unknown_theme_is_an_error_of_what_was_called(called):
    drawn = getattr(Graph(graph_pictures.square()), called)
    with pytest.raises(ArgumentError, match=rf'^{called}\(theme=…\): got .pink.\. Expected "auto", "light" or "dark"'):
        drawn(theme="pink")


def test_the_description_tells_values_and_then_gradients():
    root = picture(graph_pictures.tanh())
    assert root.find(f"{SVG}title").text == "y = tanh(w·x + b)"
    assert root.find(f"{SVG}desc").text == (
        "Values: w = 2, x = −3, w·x = −6, b = 6.88, w·x + b = 0.88, y = 0.7064. "
        "Gradients: y 1, w·x + b 0.501, b 0.501, w·x 0.501, x 1.002, w −1.503.")


def test_titles_hold_all_digits_and_the_line_of_source():
    description = graph_pictures.tanh()
    title = node_named(picture(description), description, "y").find(f"{SVG}title").text
    assert "0.706419320397" in title
    assert "y = tg.tanh(w * x + b)" in title


def test_the_empty_graph_and_the_single_number_are_pictures_too():
    assert parts(picture(Description(nodes=(), edges=())), "node") == {}
    x, = tg.variables(x=1.0)
    assert len(parts(picture(of(x)), "node")) == 1


@pytest.mark.parametrize("setting", ["show", "style", "direction", "theme", "engine"])
def test_an_unknown_setting_is_named(setting):
    with pytest.raises(ArgumentError, match=f"{setting}.*'sideways'"):
        svg_of(graph_pictures.square(), **{setting: "sideways"})


# -- safety -----------------------------------------------------------------------------------------------------------


def test_hostile_names_are_text():
    text = svg_of(graph_pictures.hostile(), engine="layered")
    root = ElementTree.fromstring(text)                            # well-formed
    assert not re.search("<script|\u202e|\x07", text.lower())
    tags = {each.tag.removeprefix(SVG) for each in root.iter()}
    assert tags <= {"svg", "title", "desc", "style", "g", "path", "rect", "circle", "text", "tspan"}
    assert not [name for each in root.iter() for name in each.attrib if name.startswith("on") or "href" in name]


@given(programs())
@examples(10)
def test_nothing_outside_of_the_picture_is_referred_to(program):
    text = svg_of(made(program), engine="layered")
    assert not re.search(r"url\(|href|@import|<image|<script|http(?!://www\.w3\.org/2000/svg)", text)


# -- bytes ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("program", GOLDEN, ids=lambda program: program.__name__)
def test_pictures_are_as_they_were_looked_at(program):
    kept = (FOLDER / f"{program.__name__}.svg").read_text(encoding="utf-8")
    assert golden(program) == kept, "Look at the new picture; if it is better: python -m tests.graph_pictures"


@pytest.mark.parametrize("style", STYLES)
def test_the_same_graph_gives_the_same_bytes(style):
    first, second = (svg_of(graph_pictures.recurrent(), style=style, engine="layered") for _ in range(2))
    assert first == second


@pytest.mark.parametrize("theme", ["light", "dark", "auto"])
def test_every_theme_has_colours_for_all_that_is_drawn(theme):
    text = svg_of(graph_pictures.nan(), theme=theme, engine="layered")
    used = set(re.findall(r"var\((--[a-z0-9-]+)\)", text))
    assert used <= set(re.findall(r"(--[a-z0-9-]+):", text))
    assert ("prefers-color-scheme" in text) == (theme == "auto")


# -- geometry ---------------------------------------------------------------------------------------------------------


def start(d):
    """Where a path begins: the only place that is not told as a step from another."""
    return [float(each) for each in re.match(r"M(-?[\d.]+) ?(-?[\d.]+)", d).groups()]


def placed(part):
    x, y = re.match(r"translate\((\S+) (\S+)\)", part.get("transform")).groups()
    return float(x), float(y)


@pytest.mark.parametrize("engine", ["layered", "dot"])
@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("program", OTHERS, ids=lambda program: program.__name__)
def test_edges_begin_and_end_at_their_nodes(program, direction, engine, monkeypatch):
    layouts = []
    if engine == "dot" and shutil.which("dot") is None:
        pytest.skip("no Graphviz on the PATH")
    lay_out = drawing.laid_out
    monkeypatch.setattr(drawing, "laid_out", lambda *given: layouts.append(lay_out(*given)) or layouts[-1])
    root = picture(program(), direction=direction, engine=engine)
    layout, = layouts
    for edge in parts(root, "edge").values():
        source, target = layout.boxes[edge.get("data-source")], layout.boxes[edge.get("data-target")]
        line, = with_class(edge, "forward")
        head, = with_class(edge, "forward-head")
        assert is_near(start(line.get("d")), source, 1)
        assert is_near(start(head.get("d")), target, 4)
        for back in with_class(edge, "ribbon-head"):
            assert is_near(start(back.get("d")), source, 4)


def is_near(point, box, distance):
    """Whether a point is at most so far from a box."""
    x, y = point
    return (box.x - distance <= x <= box.x + box.width + distance
            and box.y - distance <= y <= box.y + box.height + distance)


OUTSIDE = """() => {
  const wrong = [], inside = (a, b, d) => a.left >= b.left - d && a.right <= b.right + d && a.top >= b.top - d
    && a.bottom <= b.bottom + d;
  const page = document.querySelector('svg').getBoundingClientRect();
  for (const text of document.querySelectorAll('svg text')) {
    const r = text.getBoundingClientRect(), group = text.closest('.node');
    const box = group ? group.getBoundingClientRect() : page;
    if (!inside(r, page, 0)) wrong.push('outside of the picture: ' + text.textContent);
    if (group) {
      const faces = [...group.querySelectorAll('.face, .disc')].map(each => each.getBoundingClientRect());
      if (!faces.some(face => inside(r, face, 0.5))) wrong.push('outside of its card: ' + text.textContent);
    }
    const gate = text.closest('.edge') && !text.matches('.flow-value, .note, .position') &&
      text.closest('.edge').querySelector('.gate');
    if (gate && !inside(r, gate.getBoundingClientRect(), 0.5)) wrong.push('outside of its gate: ' + text.textContent);
  }
  return wrong;
}"""
COVERED = """() => {
  const cross = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
  const boxes = [], wrong = [];
  for (const node of document.querySelectorAll('.node')) {
    const shapes = node.querySelectorAll('.face, .disc');
    shapes.forEach(each => boxes.push([node.dataset.id, each.getBoundingClientRect()]));
  }
  document.querySelectorAll('.edge .gate').forEach(each => boxes.push([each.closest('.edge').dataset.id + ' gate',
    each.getBoundingClientRect()]));
  document.querySelectorAll('.flow-value, .note').forEach(each => {
    const r = each.getBoundingClientRect();
    boxes.push([each.textContent, {left: r.left + 3, right: r.right - 3, top: r.top + 4, bottom: r.bottom - 5}]);
  });
  for (let i = 0; i < boxes.length; i++)
    for (let j = 0; j < i; j++)
      if (boxes[i][0] !== boxes[j][0] && cross(boxes[i][1], boxes[j][1])) wrong.push([boxes[i][0], boxes[j][0]]);
  return wrong;
}"""


@pytest.fixture(scope="module")
def page(browser):
    page = browser.new_page(viewport={"width": 1200, "height": 800})
    yield page
    page.close()


def shown(page, text):
    page.set_content(f"<!doctype html><style>svg{{max-width:none!important}}</style>{text}")
    return page


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_in_a_browser_no_text_is_clipped_and_nothing_covers_anything(program, direction, page):
    for style in ("blackboard", "compact"):
        shown(page, svg_of(program(), direction=direction, style=style, engine="layered"))
        assert page.evaluate(OUTSIDE) == []
        assert page.evaluate(COVERED) == []


def test_in_a_browser_states_of_an_edge_show(page):
    shown(page, svg_of(graph_pictures.tanh(), engine="layered"))
    state = """name => {
      const edge = document.querySelector('.edge.flowed');
      edge.classList.add(name);
      const style = what => getComputedStyle(edge.querySelector(what));
      const found = [style('.back').display, style('.ribbon').opacity, style('.gate').strokeWidth,
        style('.flow').display];
      edge.classList.remove(name);
      return found;
    }"""
    assert page.evaluate(state, "lit") == ["inline", "1", "3px", "inline"]
    assert page.evaluate(state, "passed") == ["inline", "0.75", "1.25px", "none"]
    assert page.evaluate(state, "coming")[0] == "none"


def test_names_of_thirty_thousand_letters_are_cut():
    description = graph_pictures.square()
    nodes = tuple(replace(node, name="w" * 30_000) if node.name == "x" else node for node in description.nodes)
    root = picture(replace(description, nodes=nodes))
    assert max(map(len, words(root))) < 100


def test_a_ribbon_changes_its_width_at_a_gate_that_changes_the_gradient():
    x, y = tg.variables(x=2.0, y=3.0)
    z = x * y + x
    z.backward()
    picture = ElementTree.fromstring(svg_of(of(z), engine="layered"))
    ribbons = {}
    for edge in picture.iter("{http://www.w3.org/2000/svg}g"):
        if "edge" in edge.get("class", "").split():
            drawn = [each for each in edge.iter("{http://www.w3.org/2000/svg}path") if each.get("class") == "ribbon"]
            ribbons[edge.findtext("{http://www.w3.org/2000/svg}title").partition("\n")[0]] = len(drawn)
    assert ribbons == {"x → x·y": 2, "y → x·y": 2, "x·y → z": 1, "x → z": 1}
