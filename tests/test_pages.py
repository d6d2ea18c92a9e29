"""Pages of graphs in a real browser: every control by mouse and keyboard, nothing executed, nothing loaded."""

import base64
import hashlib
import json
import re
from html import unescape
from pathlib import Path

import numpy as np
import pytest

import tinygrad_edu as tg
from benchmarks import pages as pages_benchmark
from tests.graph_pictures import layers, masks, nan, stale, tanh
from tinygrad_edu import nn
from tinygrad_edu.errors import ArgumentError
from tinygrad_edu.views.drawing.numbers import number
from tinygrad_edu.views.graphs.graph import Graph, graph
from tinygrad_edu.views.graphs.of_models import graph_of_model
from tinygrad_edu.views.graphs.page import page as pages
from tinygrad_edu.views.graphs.page.page import bundle_of, page_of
from tinygrad_edu.views.graphs.page.page_states import Templates, least_size, states_of
from tinygrad_edu.views.graphs.picture.svg import parts_of, scene_of
from tinygrad_edu.views.page.bundle import bundle
from tinygrad_edu.views.page.shell import asset, page, safe_json
from tinygrad_edu.views.page.words import ANIMATION, GRAPH

FOLDER = Path(__file__).parents[1] / "tinygrad_edu" / "views" / "page"
HOSTILE = ["</script><script>window.hacked = 1</script>", "<img src=x onerror='window.hacked = 1'>", "{name}\u2028]]>",
           "<!-- <script>", "${window.hacked = 1}\"'&lt;", "two\nlines\ud800"]


def hostile():
    variables = [tg.Tensor(k + 1.0, requires_grad=True, name=name) for k, name in enumerate(HOSTILE)]
    total = variables[0]
    for each in variables[1:]:
        total = total * each
    total.backward()
    return graph(total)


def network():
    return Graph(layers())


def data_of(text):
    """What the script of a page is given."""
    return json.loads(re.search(r'id="tinygrad-data">(.*?)</script>', text, re.DOTALL)[1])


# -- without a browser ------------------------------------------------------------------------------------------------


def test_a_page_refers_to_nothing_outside_of_it_and_is_the_same_every_time():
    text = page_of(tanh(), engine="layered")
    assert text == page_of(tanh(), engine="layered")
    addresses = set(re.findall(r"https?://[^\s\"'<>)]*", text))
    assert addresses == {"http://www.w3.org/2000/svg"}
    assert not re.findall(r"@import|url\(|<link|\ssrc=", text)


def test_data_in_a_page_end_no_script_and_come_back_as_they_were():
    data = ["</script>", "<!--", "<script", "a & b", "\u2028\u2029", "\ud800", "]]>"]
    text = safe_json(data)
    assert not re.search("[<>&\u2028\u2029\ud800]", text)
    assert json.loads(text) == data
    with pytest.raises(ValueError, match="JSON"):
        safe_json(float("nan"))


def test_the_policy_allows_the_pages_own_script_and_no_access_to_the_network():
    policy = re.search('Content-Security-Policy" content="(.*?)"', page("t", "", scripts=["1;"]))[1]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "script-src" not in page("t", "")


def test_every_word_that_a_script_says_stands_in_the_table_and_every_word_is_said():
    code = {each.name: each.read_text(encoding="utf-8") for each in FOLDER.glob("*.js")}
    own = "\n".join(text for name, text in code.items() if name not in ("animation.js", "frame.js"))
    said = set(re.findall(r'say\("([^"$]+)"', own)) | set(re.findall(r'"(key [a-z]+)"', own))
    assert said - set(GRAPH) == set()
    python = "\n".join(each.read_text(encoding="utf-8") for each in FOLDER.parent.rglob("*.py")
                       if each.name != "words.py")
    composed = ("kind ", "hears ", "edge ")
    assert [key for key in GRAPH if f'"{key}"' not in own + python and not key.startswith(composed)] == []
    assert set(re.findall(r'say\("([^"]+)"', code["animation.js"])) <= set(ANIMATION)


def test_scripts_and_styles_are_shipped():
    shipped = Path("setup.cfg").read_text(encoding="utf-8")
    assert "tinygrad_edu.views.page = *.js, *.css" in shipped
    assert all(asset(each.name) for each in FOLDER.glob("*.[jc]ss*"))


def test_a_page_holds_every_combination_of_few_modules():
    d = graph_of_model(nn.MLP(2, [2, 1], seed=0), [0.5, -1.0]).description
    states, are_some_missing = states_of(d, d, ("right",))
    assert not are_some_missing
    paths = {module.id: module.path for module in d.modules}
    folded = sorted(sorted(paths[id] for id in state.folded) for state in states)
    one, other = "layers.0.neurons.0", "layers.0.neurons.1"
    inner = [[], [one], [one, other], [other], ["layers.0"]]
    assert folded == sorted(sorted(a + b) for a in inner for b in ([], ["layers.1.neurons.0"], ["layers.1"]))


def test_of_many_modules_a_page_holds_some_combinations_and_says_so(monkeypatch):
    d = graph_of_model(nn.MLP(2, [8, 1], seed=0), [0.5, -1.0]).description
    states, are_some_missing = states_of(d, d, ("right", "down"))
    assert are_some_missing
    assert states[0].folded == frozenset()
    assert {"right", "down"} == {state.direction for state in states}
    sizes = [len(state.description.nodes) + len(state.description.edges) for state in states]
    assert sum(sizes[1:]) <= 1600 + sizes[0]
    monkeypatch.setattr(pages, "MOST_PARTS", 300)
    assert GRAPH["some folds"] in unescape(page_of(d, style="shapes", engine="layered"))


@pytest.mark.parametrize("program", [layers, masks], ids=lambda program: program.__name__)
def test_what_a_state_says_gives_the_drawing_back(program):
    d = program()
    scenes = [scene_of(each, direction=direction, engine="layered") for each in (d, Graph(d).fold().description)
              for direction in ("right", "down")]
    drawn = [{re.search('data-id="(.*?)"', part)[1]: str(part) for part in parts_of(scene, "tg")} for scene in scenes]
    templates = Templates(drawn[0])
    place = re.compile(r'(?<= )(d|x|y|cx|cy|width|height|transform)="([^"]*)"')
    for parts in drawn[1:]:
        for id, part in parts.items():
            _, like, *changes = templates.moved(id, part)
            before = drawn[0][id] if like < 0 else templates.further[like]
            values = [value for _, value in place.findall(before)]
            for i, value in zip(*[iter(changes[0] if changes else [])] * 2, strict=True):
                values[i] = value
            left = iter(values)
            assert place.sub(lambda found, left=left: f'{found[1]}="{next(left)}"', before) == part


def test_a_folded_graph_is_saved_as_a_page_that_can_unfold_it(tmp_path):
    path = network().fold().save(tmp_path / "graph.html", engine="layered")
    states = data_of(path.read_text(encoding="utf-8"))["data"]["states"]
    assert states[0]["folded"] == ["m1", "m2"]
    assert [] in [state["folded"] for state in states]


def test_a_graph_that_is_too_large_is_summed_up():
    y = tg.Tensor(1.0, requires_grad=True, name="x")
    for _ in range(6000):
        y = y * 1.0001
    text = page_of(graph(y), engine="layered")
    assert "12\u202f001 nodes, too many for a picture. Shown are the 300 nearest" in text
    assert '<th scope="row">multiply</th><td>4999</td>' in text
    assert len(text) < 1_500_000


def test_an_animation_shows_values_in_their_order_and_gradients_in_the_other():
    found = graph_of(tanh()).animate(engine="layered")
    times = {id: (float(at), float(back)) for id, at, back in re.findall(
        r"#tg[0-9a-f]+-(n\d+)\{--at:([\d.]+)s;--back:([\d.]+)s\}", found.svg)}
    by_name = {node.title: times[node.id] for node in tanh().nodes}
    assert by_name["w"][0] == by_name["x"][0] < by_name["w·x"][0] < by_name["w·x + b"][0] < by_name["y"][0]
    assert by_name["y"][0] < by_name["y"][1] < by_name["w·x + b"][1] < by_name["w·x"][1] < by_name["x"][1]
    assert by_name["x"][1] <= found.seconds
    fast = graph_of(tanh()).animate(engine="layered", speed=2)
    assert fast.seconds == pytest.approx(found.seconds / 2, abs=0.02)


def graph_of(description):
    return Graph(description)


def test_an_animation_without_gradients_ends_with_the_values(tmp_path):
    w, x = tg.variables(w=2.0, x=3.0)
    y = w * x
    found = graph(y).animate(engine="layered")
    assert "--back" not in found.svg.split("<g")[0].split("@media screen and (prefers-reduced")[1].split("tg-run")[-1]
    assert found.save(tmp_path / "y.svg").read_text(encoding="utf-8") == found.svg
    with pytest.raises(ArgumentError, match=r"\.gif\. Expected \.svg or \.html"):
        found.save(tmp_path / "y.gif")
    with pytest.raises(ArgumentError, match="above 0"):
        graph(y).animate(speed=0)


def test_a_bundle_is_an_image_with_text_and_scripts_are_only_there_for_a_page():
    made = bundle("<svg/>", "<b>", alt='"x"', shown_as_text="text")
    assert re.findall(r"<(\w+)", made["text/html"]) == ["div", "img", "details", "summary", "pre"]
    assert made["text/plain"] == "<b>"
    assert "<script>" in bundle("<svg/>", "", alt="", shown_as_text="", page="p")["text/html"]


def test_a_notebook_keeps_little_of_a_page():
    for program, most in ((tanh, 75_000), (layers, 160_000)):
        made = bundle_of(program(), engine="layered")
        assert len(made["text/html"]) < most
        assert len(made["text/html"]) - 4 / 3 * len(made["image/svg+xml"]) < 0.6 * len(page_of(program()))
        assert made["image/svg+xml"].count("<title") == 1             # an image shows none of the others


@pytest.mark.parametrize("program", [layers, masks])
def test_a_fold_is_never_smaller_than_it_is_said_to_be(program):
    d = program()
    for state in states_of(d, d, ["right"]).states:
        found = len(state.description.nodes) + len(state.description.edges)
        assert least_size(d, state.folded) <= found
    assert least_size(d, frozenset()) == len(d.nodes) + len({(edge.source, edge.target) for edge in d.edges})


# -- in a browser -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def contexts(browser):
    """Browsing with scripts, and without any."""
    return {scripts: browser.new_context(java_script_enabled=scripts) for scripts in (True, False)}


@pytest.fixture
def show(contexts, tmp_path):
    """Opens a page; the test fails if it asks for anything else, or if anything goes wrong in it."""
    asked, wrong, opened = [], [], []

    def shown(text, width=1280, height=800, scripts=True, **media):
        file = tmp_path / f"{len(opened)}.html"
        file.write_text(text, encoding="utf-8")
        tab = contexts[scripts].new_page()
        opened.append(tab)
        tab.on("request", lambda request: asked.append(request.url))
        tab.on("pageerror", lambda error: wrong.append(str(error)))
        tab.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        tab.on("dialog", lambda dialog: wrong.append(dialog.message))
        tab.set_default_timeout(5000)
        tab.set_viewport_size({"width": width, "height": height})
        if media:
            tab.emulate_media(**media)
        tab.goto(file.as_uri())
        return tab

    yield shown
    for tab in opened:
        tab.close()
    assert [url for url in asked if not url.startswith((tmp_path.as_uri(), "data:", "about:"))] == []
    assert wrong == []


@pytest.fixture(scope="module")
def tanh_page():
    return page_of(tanh())


@pytest.fixture(scope="module")
def network_page():
    return page_of(layers())


def node(opened, title):
    """The id of a node, by what pictures call it."""
    return opened.evaluate("title => Object.entries(document.getElementById('stage').page.facts.nodes)"
                           ".find(([id, fact]) => fact.title === title)?.[0]", title)


def lit(opened):
    return set(opened.evaluate("[...document.querySelectorAll('.drawing .on')].map(each => each.dataset.id)"))


def scale(opened):
    return opened.evaluate("document.getElementById('stage').page.view.scale")


def where(opened):
    return opened.evaluate("(({x, y}) => [x, y])(document.getElementById('stage').page.view)")


def heading(opened):
    return opened.locator("#panel-title").inner_text()


def until(opened, expression):
    """Waits for something to be true. (The policy forbids what Playwright's own waiting does.)"""
    for _ in range(100):
        if opened.evaluate(expression):
            return
        opened.wait_for_timeout(30)
    pytest.fail(f"it never came true that {expression}")


def painted(opened):
    """After the next frame."""
    opened.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def test_a_node_is_chosen_by_keys_that_follow_its_edges(show, tanh_page):
    opened = show(tanh_page)
    opened.focus(".search input")
    for _ in range(5):
        opened.keyboard.press("Tab")
    opened.locator("#view").focus()
    opened.keyboard.press("Enter")                      # the panel of the result: where Tab leads
    assert heading(opened) == "y"
    opened.keyboard.press("Escape")
    titles = []
    for key in ("ArrowLeft", "ArrowLeft", "ArrowLeft", "ArrowDown", "ArrowRight", "ArrowRight", "ArrowRight"):
        opened.keyboard.press(key)
        titles.append(opened.locator("[role=status]").inner_text().split(",")[0])
    assert titles == ["w·x + b", "w·x", "w", "x", "w·x", "w·x + b", "y"]
    opened.keyboard.press("Escape")
    assert "No node" in opened.locator("[role=status]").inner_text()
    opened.keyboard.press("Escape")
    assert opened.evaluate("document.activeElement === document.body")


def test_a_screen_reader_hears_name_kind_value_and_gradient(show, tanh_page):
    opened = show(tanh_page)
    opened.locator("#view").focus()
    assert opened.locator("#view").get_attribute("role") == "application"
    assert "y = tanh(w·x + b)" in opened.locator("#view").get_attribute("aria-label")
    opened.keyboard.press("ArrowLeft")
    said = opened.locator("[role=status]").inner_text()
    assert said == "w·x + b, result, made by add, value 0.88, gradient 0.501, 2 in, 1 out"


def test_keys_buttons_and_the_wheel_zoom_and_0_fits(show, network_page):
    opened = show(network_page)
    opened.locator("#view").focus()
    start = scale(opened)
    opened.keyboard.press("+")
    assert scale(opened) == pytest.approx(1.25 * start)
    opened.keyboard.press("-")
    opened.get_by_role("button", name="Zoom out").click()
    assert scale(opened) == pytest.approx(start / 1.25)
    opened.get_by_role("button", name="Zoom in").click()
    assert scale(opened) == pytest.approx(start)
    box = opened.locator("#view").bounding_box()
    opened.mouse.move(box["x"] + 200, box["y"] + 100)
    point = "document.getElementById('stage').page.view.point(...%s)" % [box["x"] + 200, box["y"] + 100]
    before = opened.evaluate(point)
    opened.mouse.wheel(0, 40)                           # scrolls the page
    painted(opened)
    assert scale(opened) == pytest.approx(start)
    opened.evaluate("scrollTo(0, 0)")
    opened.keyboard.down("Control")
    opened.mouse.wheel(0, -40)
    opened.keyboard.up("Control")
    until(opened, f"document.getElementById('stage').page.view.scale > {start}")
    assert opened.evaluate(point) == pytest.approx(before, abs=1)       # what is under the pointer stays there
    opened.keyboard.press("0")
    painted(opened)
    drawn, around = opened.locator(".drawing svg").bounding_box(), opened.locator("#view").bounding_box()
    assert drawn["width"] <= around["width"]
    assert drawn["x"] >= around["x"]
    opened.keyboard.press("+")
    opened.get_by_role("button", name="Fit the whole graph").click()
    painted(opened)
    assert opened.locator(".percent").inner_text() == f"{round(100 * scale(opened))} %"


def test_the_overview_of_a_picture_that_begins_in_part_lies_below_its_nodes(show):
    x, b = tg.Tensor(2.0), tg.Tensor(-3.0)
    loss = tg.tanh(tg.exp(tg.sin(tg.exp(x * b) + x) * x) / 10 + tg.exp(b))
    loss.backward()
    opened = show(page_of(loss.graph()), width=1000)
    overview = opened.locator(".overview").bounding_box()
    assert overview["height"] > 100
    lowest = opened.evaluate("Math.max(...[...document.querySelectorAll('.drawing .node')]"
                             ".map(each => each.getBoundingClientRect().bottom))")
    assert lowest <= overview["y"]


def test_dragging_and_arrow_keys_move_the_picture(show, network_page):
    opened = show(network_page)
    box = opened.locator("#view").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + 40
    before = where(opened)
    opened.mouse.move(x, y)
    opened.mouse.down()
    opened.mouse.move(x - 30, y + 10, steps=3)
    opened.mouse.up()
    assert where(opened) == pytest.approx([before[0] - 30, before[1] + 10], abs=1)
    assert opened.locator(".panel").is_hidden()         # a drag is no click
    opened.locator("#view").focus()
    opened.evaluate("document.getElementById('stage').page.choose(null)")
    before = where(opened)
    opened.keyboard.press("ArrowRight")
    assert where(opened) == pytest.approx([before[0] - 60, before[1]])
    opened.keyboard.press("Enter")
    before = where(opened)
    opened.keyboard.press("Shift+ArrowLeft")
    assert where(opened) == pytest.approx([before[0] + 60, before[1]])


def test_search_lists_what_is_called_so_and_enter_goes_there(show, network_page):
    opened = show(network_page)
    field = opened.get_by_role("combobox", name="Search by name")
    field.fill("bias")
    options = opened.get_by_role("option")
    assert options.count() >= 2
    assert options.first.get_attribute("aria-selected") == "true"
    field.press("ArrowDown")
    wanted = options.nth(1).locator(".name").inner_text()
    field.press("Enter")
    assert options.count() == 0
    assert opened.locator("[role=status]").inner_text().startswith(f"{wanted}, ")
    opened.keyboard.press("Enter")
    assert heading(opened) == wanted
    ring, around = opened.locator(".ring-focus").bounding_box(), opened.locator("#view").bounding_box()
    assert around["x"] <= ring["x"] < ring["x"] + ring["width"] <= around["x"] + around["width"]
    field.fill("there is no such thing")
    assert options.inner_text() == "Nothing is called so."
    field.press("Escape")
    assert field.input_value() == ""


@pytest.mark.parametrize("by", ["mouse", "keyboard"])
def test_folding_keeps_the_heading_in_place_and_unfolding_brings_everything_back(show, network_page, by):
    opened = show(network_page)
    opened.evaluate("document.getElementById('stage').page.goTo({id: 'm2', kind: 'module'})")
    painted(opened)
    made = opened.locator("button.fold[data-module=m2]")
    before, drawn = made.bounding_box(), opened.locator(".drawing .graph").inner_html()
    assert min(before["width"], before["height"]) >= 24
    assert made.get_attribute("aria-expanded") == "true"
    assert made.get_attribute("aria-label") == "layers.1"

    def press():
        if by == "mouse":
            made.click()
        else:
            made.focus()
            opened.keyboard.press("Enter")
        painted(opened)

    press()
    assert made.get_attribute("aria-expanded") == "false"
    assert opened.locator(".node.module[data-id=m2]").count() == 1
    after = made.bounding_box()
    assert (after["x"], after["y"]) == pytest.approx((before["x"], before["y"]), abs=10)
    assert "layers.1 is folded." in opened.locator("[role=status]").inner_text()
    assert opened.evaluate("document.activeElement.dataset.module") == "m2"
    press()
    assert made.get_attribute("aria-expanded") == "true"
    again = made.bounding_box()
    assert (again["x"], again["y"]) == pytest.approx((before["x"], before["y"]), abs=1)
    plain = re.compile(r' (on|lit)\b| class=""')
    assert plain.sub("", opened.locator(".drawing .graph").inner_html()) == plain.sub("", drawn)


def test_every_state_shows_the_picture_that_folding_gives(show, network_page):
    opened = show(network_page)
    d = layers()
    states = states_of(d, d, ("right", "down")).states
    found = opened.evaluate("""
      JSON.parse(document.getElementById("tinygrad-data").textContent).data.states.map(state => {
        document.getElementById("stage").page.enter(state);
        const nodes = [...document.querySelectorAll(".drawing .node")];
        return nodes.map(each => [each.dataset.id, each.getAttribute("transform")]);
      })""")
    for i, (_, description, direction) in enumerate(states):
        scene = scene_of(description, direction=direction)
        assert found[i] == [[node.id, f"translate({x:.2f} {y:.2f})"] for node in description.nodes
                            for x, y, *_ in [scene.layout.boxes[node.id]]]


def test_a_module_folds_by_a_key_and_what_a_search_finds_in_it_unfolds_it(show, network_page):
    opened = show(network_page)
    field = opened.get_by_role("combobox", name="Search by name")
    field.fill("layers.0.weight")
    field.press("Enter")
    opened.keyboard.press("f")
    assert opened.locator(".node.module[data-id=m1]").count() == 1
    assert opened.locator("[role=status]").inner_text().strip() == "layers.0 is folded."
    opened.keyboard.press("Enter")
    assert heading(opened) == "layers.0"
    assert "36 parameters" in opened.locator(".panel").inner_text()
    field.fill("layers.0.weight")
    field.press("Enter")
    assert opened.locator(".drawing .node.module").count() == 0
    assert heading(opened) == "layers.0.weight"


def test_pointing_at_a_node_lights_the_ways_of_its_gradient(show, tanh_page):
    opened = show(tanh_page)
    ids = {title: node(opened, title) for title in ("w", "x", "b", "w·x", "w·x + b", "y")}
    target = {title: f"{ids[title]}.{k}" for title, k in (("w·x", 0), ("y", 0))}
    opened.hover(f".drawing [data-id={ids['w']}]")
    assert lit(opened) == {ids["w"], ids["w·x"], ids["w·x + b"], ids["y"], target["w·x"], f"{ids['w·x + b']}.0",
                           target["y"]}
    until(opened, f"getComputedStyle(document.querySelector('.drawing [data-id={ids['b']}]')).opacity === '0.3'")
    opened.hover(f".drawing [data-id={ids['w·x']}]")
    assert {ids["w"], ids["x"], ids["y"]} <= lit(opened)
    opened.hover("h1")
    assert lit(opened) == set()
    opened.locator("#view").focus()                     # the keyboard lights as the pointer does
    assert ids["y"] in lit(opened)


PANELS = """(() => {
  const {page} = document.getElementById("stage");
  const all = (query) => [...page.panel.querySelectorAll(query)].map(each => each.innerText);
  return Object.fromEntries(page.state.order.map(id => {
    page.choose(id);
    page.openPanel(false);
    return [id, {text: page.panel.innerText, numbers: all("dd .number"), elements: all("table.data-value td"),
                 flows: all(".edges td.grad-value")}];
  }));
})()"""


@pytest.mark.parametrize("program", [tanh, masks, nan, stale], ids=lambda program: program.__name__)
def test_the_panel_says_what_the_description_says(show, program):
    d = program()
    panels = show(page_of(d, engine="layered")).evaluate(PANELS)
    assert list(panels) == [node.id for node in d.nodes]
    for each in d.nodes:
        said = panels[each.id]
        finite = [value.elements[0] for value in (each.value, each.gradient)
                  if value is not None and value.is_number and not value.nans + value.infinities]
        assert said["numbers"] == [number(x) for x in finite]
        if each.value is not None and each.value.elements is not None and not each.value.is_number:
            assert said["elements"] == [number(x) for x in each.value.elements]
        if each.gradient is None:
            assert ("none yet" if each.gradient_is == "none yet" else "no gradient wanted") in said["text"]
        assert (each.value is not None and each.value.nans > 0) <= ("!! " in said["text"])
        assert (GRAPH["changed"] in said["text"]) == each.changed
        assert each.place is None or each.place.text.strip() in said["text"]
        arguments = [edge for edge in d.edges if edge.target == each.id]
        for edge, flow in zip(arguments, said["flows"], strict=False):
            assert edge.formula is None or edge.formula in said["text"]
            if edge.flow is not None and edge.flow.is_number and not edge.flow.nans + edge.flow.infinities:
                assert flow == number(edge.flow.elements[0])


def test_the_panel_leads_on_to_other_nodes_and_closes(show, tanh_page):
    opened = show(tanh_page)
    opened.click(f".drawing [data-id={node(opened, 'w·x')}]")
    assert heading(opened) == "w·x"
    opened.locator(".panel button.link", has_text="w·x + b").click()
    assert heading(opened) == "w·x + b"
    opened.get_by_role("button", name="Close").click()
    assert opened.locator(".panel").is_hidden()
    opened.click(f".drawing [data-id={node(opened, 'w')}]")
    opened.keyboard.press("Escape")
    assert opened.locator(".panel").is_hidden()


def test_help_tells_the_keys(show, tanh_page):
    opened = show(tanh_page)
    opened.locator("#view").focus()
    opened.keyboard.press("?")
    assert opened.get_by_role("dialog").is_visible()
    assert "search by name" in opened.get_by_role("dialog").inner_text()
    opened.keyboard.press("Escape")
    assert not opened.get_by_role("dialog").is_visible()
    opened.get_by_role("button", name="Keys and help").click()
    opened.get_by_role("dialog").get_by_role("button", name="Close").click()
    assert not opened.get_by_role("dialog").is_visible()
    opened.keyboard.press("/")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nobody_is_shut_out(show, axe, network_page, theme):
    opened = show(network_page, color_scheme=theme)
    assert opened.evaluate("getComputedStyle(document.body).backgroundColor") == {
        "light": "rgb(250, 249, 246)", "dark": "rgb(20, 22, 26)"}[theme]
    opened.evaluate(axe)
    opened.locator("#view").focus()
    opened.keyboard.press("Enter")
    run = "(async () => (await axe.run()).violations.map(each => [each.id, each.nodes.map(one => one.html)]))()"
    assert opened.evaluate(run) == []
    opened.get_by_role("combobox").fill("b")
    opened.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    assert opened.evaluate(run) == []
    opened.keyboard.press("Escape")
    opened.click(".help-button")
    assert opened.evaluate(run) == []


def test_a_page_may_be_light_or_dark_whatever_the_reader_has(show):
    opened = show(page_of(tanh(), theme="dark", engine="layered"), color_scheme="light")
    assert opened.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 22, 26)"
    face = opened.locator(".drawing .node .face").first
    assert face.evaluate("each => getComputedStyle(each).fill") == "rgb(28, 31, 37)"


def test_nothing_that_the_user_named_is_executed(show):
    g = hostile()
    opened = show(page_of(g, engine="layered"))
    opened.locator("#view").focus()
    opened.evaluate(PANELS)
    opened.get_by_role("combobox").fill("script")
    assert opened.get_by_role("option").first.inner_text().startswith("</script>")
    html = g._repr_mimebundle_()["text/html"]
    held = show(f"<!doctype html><body>{html}</body>")
    held.frame_locator("iframe").locator("#view").wait_for()
    for each in (opened, held):
        assert each.evaluate("window.hacked") is None
        assert each.locator("img[src=x]").count() == 0


def test_the_policy_stops_scripts_and_requests_that_are_not_the_pages_own(browser, tanh_page):
    opened = browser.new_page()
    opened.set_content(tanh_page)
    opened.evaluate("document.body.append(Object.assign(document.createElement('script'), "
                    "{text: 'window.hacked = 1'}))")
    opened.evaluate("document.body.insertAdjacentHTML('beforeend', '<b onclick=\"window.hacked = 1\" id=bad>b</b>')")
    opened.evaluate("document.getElementById('bad').click()")
    assert opened.evaluate("window.hacked") is None
    asked = opened.evaluate("fetch('https://example.org/').then(() => 'went out', error => error.name)")
    assert asked == "TypeError"
    opened.close()


def test_where_no_script_runs_the_picture_and_its_text_are_there(show, network_page):
    opened = show(network_page, scripts=False)
    assert opened.locator(".still svg").is_visible()
    assert opened.locator(".controls").count() == 0
    opened.locator("summary", has_text="The same as text").click()
    assert "layers.0.weight" in opened.locator("pre").inner_text()


def test_in_a_notebook_several_graphs_do_not_disturb_each_other(show):
    html = "".join(g._repr_mimebundle_()["text/html"] for g in (graph_of(tanh()), graph_of(tanh()), network()))
    opened = show(f'<!doctype html><body data-jp-theme-light="false">{html}</body>')
    frames = [opened.frame_locator("iframe >> nth=%d" % k) for k in range(3)]
    for frame in frames:
        frame.locator("#view").wait_for()
    until(opened, "document.querySelectorAll('[data-started]').length === 3")
    assert opened.locator("img:visible").count() == 0
    frames[0].locator("#view").focus()
    opened.keyboard.press("Enter")
    assert frames[0].locator(".panel").is_visible()
    assert frames[1].locator(".panel").is_hidden()
    assert frames[2].locator("h1").inner_text() == network().title
    frames[1].locator("html[data-theme=dark]").wait_for()
    opened.evaluate("document.body.dataset.jpThemeLight = 'true'")
    frames[1].locator("html[data-theme=light]").wait_for()
    height = opened.locator("iframe").first.bounding_box()["height"]
    assert 200 < height <= 560
    assert opened.evaluate("Object.keys(window).filter(each => /tinygrad/i.test(each))") == []


def test_in_a_notebook_what_is_pointed_at_says_what_it_is_as_in_a_page_of_its_own(show, tanh_page):
    titles = ("[...document.querySelectorAll('.drawing [data-id]')]"
              ".map(each => each.querySelector('title')?.textContent)")
    expected = show(tanh_page).evaluate(titles)
    opened = show(f"<!doctype html><body>{bundle_of(tanh())['text/html']}</body>")
    opened.frame_locator("iframe").locator("#view").wait_for()
    assert opened.frames[1].evaluate(titles) == expected
    assert sum("local derivative" in each for each in expected) == 5


def test_a_browser_that_cannot_unpack_the_page_keeps_the_picture(show):
    html = bundle_of(tanh())["text/html"]
    opened = show(f"<!doctype html><body><script>delete window.DecompressionStream</script>{html}</body>")
    assert opened.locator("img").is_visible()
    assert opened.locator("iframe").count() == 0


def test_in_an_untrusted_notebook_the_picture_shows(show):
    html = bundle_of(tanh())["text/html"]
    opened = show(f"<!doctype html><body>{html}</body>", scripts=False)
    image = opened.locator("img")
    assert image.is_visible()
    assert image.bounding_box()["width"] > 300
    assert opened.locator("iframe").count() == 0
    opened.locator("summary").click()
    assert "made by" in opened.locator("pre").inner_text()


def test_a_notebook_whose_policy_stops_the_page_keeps_the_picture(browser):
    html = bundle_of(tanh())["text/html"]
    script = re.search(r"<script>(.*?)</script>", html, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"<meta http-equiv=Content-Security-Policy content=\"script-src 'sha256-{digest}'\">"
    opened = browser.new_page()
    opened.set_content(f"<!doctype html><head>{policy}</head><body>{html}</body>")
    opened.frame_locator("iframe").locator(".still").wait_for(state="attached")
    assert opened.locator("img").is_visible()
    assert opened.locator("iframe").evaluate("each => getComputedStyle(each).visibility") == "hidden"
    opened.close()


def test_on_a_narrow_screen_values_flow_down_and_nothing_scrolls_sideways(show, network_page):
    opened = show(network_page, width=360, height=740)
    assert opened.evaluate("document.getElementById('stage').page.state.direction") == "down"
    opened.locator("#view").focus()
    opened.keyboard.press("Enter")
    assert opened.evaluate("document.documentElement.scrollWidth") <= 360
    panel, around = opened.locator(".panel").bounding_box(), opened.locator("#view").bounding_box()
    assert panel["y"] >= around["y"] + around["height"] - 1
    opened.keyboard.press("Escape")
    opened.keyboard.press("ArrowUp")                    # along an edge, against the values
    assert opened.locator("[role=status]").inner_text().split(",")[0] != "loss"
    opened.set_viewport_size({"width": 1280, "height": 740})
    until(opened, "document.getElementById('stage').page.state.direction === 'right'")


def test_on_paper_there_is_the_picture_and_no_control(show, network_page):
    opened = show(network_page, color_scheme="dark")
    opened.emulate_media(media="print", color_scheme="dark")
    assert opened.locator(".controls").is_hidden()
    drawn = opened.locator(".drawing svg").bounding_box()
    assert drawn["width"] <= 1280
    assert drawn["x"] >= 0
    assert opened.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_where_motion_is_not_wanted_nothing_moves(show, tanh_page):
    opened = show(tanh_page, reduced_motion="reduce")
    opened.hover(f".drawing [data-id={node(opened, 'w')}]")
    assert opened.locator(".edge.on .flow").first.evaluate("each => getComputedStyle(each).animationName") == "none"
    opened = show(tanh_page, reduced_motion="no-preference")
    opened.hover(f".drawing [data-id={node(opened, 'w')}]")
    assert opened.locator(".edge.on .flow").first.evaluate("each => getComputedStyle(each).animationName") == "tg-flow"


def test_many_nodes_are_drawn_on_a_canvas_that_has_the_same_controls(show, monkeypatch):
    monkeypatch.setattr(pages, "MOST_DRAWN", 8)
    d = layers()
    opened = show(page_of(d, engine="layered"))
    assert f"All {len(d.nodes)} nodes are drawn" in opened.locator("main").inner_text()
    canvas = opened.locator(".drawing canvas")
    ink = ("each => each.getContext('2d').getImageData(0, 0, each.width, each.height).data"
           ".reduce((sum, x, i) => sum + (i % 4 === 3 && x > 0), 0)")
    painted(opened)
    assert canvas.evaluate(ink) > 500
    root = next(node for node in d.nodes if node.is_root)
    at = opened.evaluate("id => {const {page} = document.getElementById('stage'), [x, y, w, h] = page.state.boxes[id],"
                         "box = page.box.getBoundingClientRect(), [left, top] = page.view.place(x + w / 2, y + h / 2);"
                         "return [box.left + left, box.top + top]}", root.id)
    opened.mouse.move(*at)
    assert "loss" in opened.locator(".tag").inner_text()
    opened.mouse.click(*at)
    assert heading(opened) == root.title
    opened.keyboard.press("Escape")
    opened.keyboard.press("ArrowLeft")
    argument = next(edge.source for edge in d.edges if edge.target == root.id)
    assert opened.evaluate("document.getElementById('stage').page.chosen") == argument
    folded = opened.locator("button.fold:visible").first
    folded.click()
    assert opened.locator("button.fold[aria-expanded=false]").count() >= 1


def test_a_canvas_never_fills_in_long_paths_at_once(show, monkeypatch):
    monkeypatch.setattr(pages, "MOST_DRAWN", 8)
    xs = [tg.Tensor(k / 9.0, name=f"x{k}", requires_grad=True) for k in range(60)]
    total = xs[0]
    for x in xs[1:]:
        total = total * x
    total.backward()
    opened = show(page_of(graph(total), engine="layered"))
    longest = opened.evaluate("""() => {
        const {page} = document.getElementById("stage"), {context} = page.canvas, found = [];
        let moves = 0;
        const spied = (name, told) => {
          const own = context[name].bind(context);
          context[name] = (...given) => (told(), own(...given));
        };
        spied("beginPath", () => { moves = 0; });
        spied("moveTo", () => { moves += 1; });
        spied("stroke", () => found.push(moves));
        for (const scale of [0.2, 0.4, 0.7, 1.5]) {
          page.view.fit();
          page.view.zoom(scale / page.view.scale);
          page.draw();
        }
        return [Math.max(...found), found.reduce((sum, each) => sum + each, 0)];
    }""")
    assert longest[0] <= 30                                 # a browser takes several times as long for longer ones
    assert longest[1] > 200


def test_an_animation_is_whole_where_motion_is_not_wanted_and_on_paper(show):
    found = graph_of(tanh()).animate(speed=0.01)
    opacity = "[...document.querySelectorAll('.node, .edge > *')].map(each => getComputedStyle(each).opacity)"
    text = f"<!doctype html><body>{found.svg}</body>"
    opened = show(text, reduced_motion="no-preference")
    assert set(opened.evaluate(opacity)) == {"0", "1"} or "0" in opened.evaluate(opacity)
    assert set(show(text, reduced_motion="reduce").evaluate(opacity)) == {"1"}
    opened.emulate_media(media="print")
    assert set(opened.evaluate(opacity)) == {"1"}


def test_an_animation_plays_again(show, tmp_path):
    path = graph_of(tanh()).animate(speed=50).save(tmp_path / "flow.html")
    opened = show(path.read_text(encoding="utf-8"))
    until(opened, "document.getAnimations().every(each => each.playState === 'finished')")
    opened.get_by_role("button", name="Play again").click()
    assert opened.evaluate("document.getAnimations().length") > 0


def test_arrays_have_their_elements_in_rows(show):
    d = masks()
    opened = show(page_of(d, engine="layered"))
    x = next(node for node in d.nodes if node.name == "x")
    opened.click(f".drawing [data-id={x.id}]")
    rows = opened.locator(".panel table.data-value tr")
    assert rows.count() == 3
    assert rows.first.locator("td").all_inner_texts() == [number(v) for v in np.arange(4) / 4 - 1]


def test_the_benchmark_of_pages_measures_small_graphs(browser):
    found = pages_benchmark.measured(30, browser, rounds=2)
    assert found["nodes"] == pytest.approx(30, abs=5)
    assert min(found.values()) > 0
    assert "ms" in pages_benchmark.line(found)
