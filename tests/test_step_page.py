"""The stepper in a browser: every step as the trace has it, from a file without network, by mouse, keys and ear."""

import functools
import json
import re
from base64 import b64decode
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

import tinygrad_edu as tg
from tinygrad_edu import nn
from tinygrad_edu.errors import ArgumentError
from tinygrad_edu.explain import Trace, step
from tinygrad_edu.explain.page import contents as contents_file
from tinygrad_edu.explain.page import frames_of, page_of, pages
from tinygrad_edu.explain.page.words import STEPPER
from tinygrad_edu.views.drawing.numbers import number

FOLDER = Path(pages.__file__).parent


def neuron():
    w, x, b = tg.variables(w=2.0, x=-3.0, b=6.88)
    y = tg.tanh(w * x + b)
    y.name = "y"
    return y


def classifier(seed=0):
    rng = np.random.default_rng(seed)
    x, labels = rng.normal(size=(6, 4)), [0, 1, 2, 0, 1, 2]
    weight, bias = tg.Tensor(rng.normal(size=(4, 3)), name="W"), tg.Tensor(np.zeros(3), name="b")
    z = x @ weight + bias
    return -tg.mean((z - tg.log(tg.sum(tg.exp(z), axis=1, keepdims=True)))[np.arange(6), labels])


def network():
    model = nn.Sequential(nn.Input(3), nn.Dense(4, activation="tanh"), nn.Dense(2))
    return tg.sum(model(np.arange(6.0).reshape(2, 3)) ** 2)


class Opened:
    """A page in the browser, opened from a file; whatever it asks the network for is remembered."""

    def __init__(self, context, path, address=""):
        self.asked, self.errors = [], []
        self.page = context.new_page()
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        self.page.goto(path.as_uri() + address)

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def text(self, selector):
        return self.page.locator(selector).inner_text()

    def texts(self, selector):
        return [" ".join(each.split()) for each in self.page.locator(selector).all_inner_texts()]

    def state(self):
        """All that is shown; not where the pointer and the focus are."""
        return self.page.locator("#stepper").evaluate("each => each.outerHTML")

    @property
    def at(self):
        return int(self.page.locator("#position").input_value())

    @property
    def total(self):
        """What the lit row of the totals says."""
        return self.texts("#totals tr.now td")[0]


pytestmark = pytest.mark.usefixtures("placed_without_graphviz")


@functools.cache
def page_that(make):
    """The page of what a function gives, made once."""
    return page_of(step(make()))


@pytest.fixture
def opened(browser, tmp_path):
    """Opens pages; at the end none has asked for anything but itself, and no script has failed."""
    made, contexts = [], []

    def open_it(given, address="", *, scripts=True, width=1300, **context):
        path = tmp_path / f"lesson{len(made)}.html"
        path.write_text(given if isinstance(given, str) else page_that(given), encoding="utf-8")
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=scripts,
                                            **context))
        made.append(Opened(contexts[-1], path, address))
        return made[-1]

    yield open_it
    for each in made:
        assert {re.match(r"\w+:", url)[0] for url in each.asked} <= {"file:", "data:", "about:"}, each.asked
        assert not each.errors
    for each in contexts:
        each.close()


# -- stepping ---------------------------------------------------------------------------------------------------------


def repeated():
    x, w = tg.variables(x=3.0, w=0.1)
    return x * x * w + x * 1e-7 - 12345.0 * x


@pytest.mark.parametrize("make", [neuron, repeated])
def test_each_step_shows_the_numbers_of_the_trace(make, opened):
    here = opened(make)
    for event in make().trace():
        here.page.click("#next")
        shown = here.texts("#rule .eq .val")
        before = 0 if event.before is None else event.before
        assert shown[::2] == [number(event.after), number(before), number(event.arriving), number(event.local)]
        assert here.total == number(event.after)
        assert here.texts("#steps tr.now td")[-1] == number(event.after)


def test_the_table_holds_every_step(opened):
    rows = opened(neuron).texts("#steps tbody tr")
    assert len(rows) == 5
    assert rows[3] == "4 w·x → w 0.501 x −3 −1.503 0 −1.503"


def test_back_and_forth_ends_in_the_same_state(opened):
    here = opened(classifier)
    forth = [here.state()]
    for _ in range(11):
        here.press("ArrowRight")
        forth.append(here.state())
    assert len(set(forth)) == 12
    for before in forth[-2::-1]:
        here.press("ArrowLeft")
        assert here.state() == before


def test_buttons_and_keys_do_the_same(opened):
    here = opened(neuron)
    assert here.page.is_disabled("#back")
    here.page.click("#next")
    by_button = here.state()
    here.page.click("#back")
    here.press("ArrowRight")
    assert (here.at, here.state()) == (1, by_button)
    here.press("End")
    assert here.at == 5
    assert here.page.is_disabled("#next")
    here.press("ArrowRight")
    assert here.at == 5
    here.press("Home")
    assert here.at == 0
    here.press("g")
    here.page.keyboard.type("3")
    here.press("Enter")
    assert here.at == 3
    here.press("?")
    assert here.page.is_visible("#keys")
    here.press("Escape")
    here.page.wait_for_selector("#keys", state="hidden")
    here.press("t")
    assert here.page.evaluate("document.activeElement.localName") == "summary"


def test_the_slider_leads_to_any_step_and_says_which(opened):
    here = opened(neuron)
    here.page.fill("#slider", "4")
    assert (here.at, here.total) == (4, "−1.503")
    assert here.page.get_attribute("#slider", "aria-valuetext") == "step 4 of 5, w times x to w"
    here.page.focus("#slider")
    here.press("ArrowLeft")
    assert here.at == 3


def test_a_link_leads_to_a_step_and_the_address_follows(opened):
    here = opened(neuron, "#step=4")
    assert here.at == 4
    here.press("ArrowRight")
    assert here.page.evaluate("location.hash") == "#step=5"
    here.page.click("#steps tbody tr:nth-child(2) a")
    assert (here.at, here.page.evaluate("location.hash")) == (2, "#step=2")
    here.page.evaluate("location.hash = '#step=1'")
    here.page.wait_for_function("document.getElementById('position').value === '1'")
    assert opened(neuron, "#step=99").at == 5


def test_play_goes_on_to_the_end_and_stops(opened):
    here = opened(neuron)
    here.page.clock.install()
    here.page.reload()
    here.press("Space")
    assert here.text("#play") == "Pause"
    here.page.clock.run_for(1700)
    assert here.at == 1
    here.page.select_option("#speed", "2")
    here.page.clock.run_for(1700)
    assert here.at == 3
    here.page.clock.run_for(60_000)
    assert (here.at, here.text("#play")) == (5, "Play")


def test_the_graph_lights_the_edge_and_says_none_yet(opened):
    here = opened(neuron, "#step=4")
    lit = here.page.locator("#graph .across .edge.lit")
    assert (lit.count(), lit.get_attribute("data-id")) == (1, "n3.0")
    assert here.page.locator("#graph .across .edge.passed").count() == 3
    assert here.page.locator("#graph .across .edge.coming").count() == 1
    shown = here.page.locator("#graph .across .state.shown text.grad-value")
    assert shown.all_text_contents() == ["−1.503", "none yet", "0.501", "0.501", "0.501", "1"]


def test_a_click_on_an_edge_goes_there_and_on_a_node_tells_of_it(opened):
    here = opened(neuron)
    here.page.locator("#graph .across .edge[data-id='n3.1'] .gate").dispatch_event("click")
    assert here.at == 5
    here.page.locator("#graph .across .node[data-id='n1']").click()
    assert "About w" in here.text("#about")
    assert "−1.503" in here.text("#about")
    here.page.click("#about a")
    assert here.at == 4
    here.page.click("#totals tr.now button")
    assert here.page.is_visible("#about")
    here.press("Escape")
    assert here.page.is_hidden("#about")


def test_the_line_of_code_is_lit_with_operation_and_input(opened):
    here = opened(neuron, "#step=4")
    assert here.text("#source .lit .expression.input") == "w"
    assert here.text("#source .lit .operation") == "*"
    assert "tg.tanh(w * x + b)" in here.text("#source .lit")


def test_a_screen_reader_hears_each_step_in_words(opened):
    here = opened(neuron)
    here.press("End", "ArrowLeft")
    heard = here.page.locator("[aria-live=polite]").text_content()
    assert heard.startswith("Step 4 of 5. From w times x back to w: 0.501 arrives, times minus 3, gives minus 1.503.")
    assert "d y by d w becomes" in heard
    assert here.page.locator("tr[aria-current=step]").count() == 1


# -- levels, elements -------------------------------------------------------------------------------------------------


def test_layers_are_steps_that_open(opened):
    here = opened(step(network(), level="module").page())
    n = int(here.page.get_attribute("#position", "max"))
    here.press("g")
    here.page.keyboard.type(str(n - 1))
    here.press("Enter")
    assert "Back through the layer" in here.text("#say")
    outside = here.state()
    here.press("Enter")
    assert here.at == 1
    assert here.page.is_visible("#out")
    here.press("ArrowRight", "Escape")
    assert here.state() == outside
    here.page.select_option("#level", "node")
    assert here.page.get_attribute("#stepper", "data-level") == "node"
    here.page.select_option("#level", "edge")
    assert here.page.locator("#steps tr.now").count() == 1


def families():
    rng = np.random.default_rng(7)

    def fresh(*shape):
        return tg.Tensor(rng.normal(size=shape), name="x")

    yield "elementwise", (x := fresh(2, 3)), tg.tanh(x)
    yield "broadcasting", (x := fresh(3)), x * rng.normal(size=(4, 3))
    yield "matmul", (x := fresh(3, 2)), rng.normal(size=(4, 3)) @ x
    yield "reduction", (x := fresh(2, 3)), tg.mean(x, axis=0)
    yield "indexing with repeats", (x := fresh(4)), x[np.array([0, 2, 2, 1])]
    yield "shaping", (x := fresh(2, 3)), tg.permute_dims(x, (1, 0))
    yield "softmax", (x := fresh(2, 3)), tg.softmax(x, axis=1)
    yield "convolution", (x := fresh(2, 2, 1, 2)), tg.conv2d(rng.normal(size=(1, 4, 4, 1)), x)
    yield "pooling", (x := fresh(1, 4, 4, 1)), tg.max_pool2d(x, 2)
    yield "linear algebra", (x := fresh(2, 2)), tg.solve(x, rng.normal(size=2))
    yield "joining", (x := fresh(2, 3)), tg.concat([x, rng.normal(size=(1, 3))], axis=0)


def as_float(text):
    return float(text.replace("−", "-").replace("×10", "e").translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")))


@pytest.mark.parametrize(("x", "out"), [case[1:] for case in families()], ids=[case[0] for case in families()])
def test_an_element_opens_to_the_sum_that_made_it(x, out, opened):
    weights = np.random.default_rng(8).normal(size=out.shape)
    s = step(tg.sum(out * weights)).until(x)
    here = opened(s.page(), f"#step={s.position}")
    summed = np.asarray(s.event.summed)
    here.press("Enter")
    here.press("Home")
    for place in range(summed.size)[:4]:
        index = tuple(int(i) for i in np.unravel_index(place, summed.shape))
        assert f"[{','.join(map(str, index))}]" in here.text("#rule h2")
        assert here.texts("#rule .terms tr.tot td")[2] == number(summed[index])
        terms = here.texts("#rule .terms tbody tr:not(.tot) td:nth-child(3)")
        assert_allclose(sum(map(as_float, terms)), summed[index], rtol=2e-3, atol=2e-3)
        here.press("ArrowRight")
    here.press("Escape")
    assert here.at == s.position


def test_a_click_on_a_map_opens_that_element(opened):
    here = opened(classifier, "#step=11")
    here.page.locator("#rule .map.can-pick .cell").nth(5).click()
    assert "[1,2]" in here.text("#rule h2")
    assert here.page.locator("#rule .map .cell.chosen").count() == 1
    here.press("ArrowDown")
    assert "[2,2]" in here.text("#rule h2")


def test_undone_broadcasting_has_a_row_of_its_own(opened):
    here = opened(classifier, "#step=10")
    assert here.text("#rule .undone") == "6×3 → 3: b was broadcast over axis 0, so its 6 parts are added up."
    assert "6×3" in here.text("#rule .shaped")


def test_shared_weights_add_up(opened):
    w = tg.Tensor([[0.5, 0.1], [0.2, 0.3]], name="W")
    h = np.ones((1, 2))
    for _ in range(3):
        h = tg.tanh(h @ w)
    s = step(tg.sum(h))
    here = opened(s.page())
    states = []
    for event in s.trace.events_of(w):
        here.page.fill("#slider", str(event.number))
        states.append(here.texts("#totals tr.now td")[-1])
        assert here.texts("#rule .value:last-of-type .cell") == [number(each) for each in event.after.flat]
    assert states == ["so far 1 of 3", "so far 2 of 3", "complete"]


# -- what is odd ------------------------------------------------------------------------------------------------------


def test_nan_and_infinity_are_shown_as_such_and_explained(opened):
    d = tg.Tensor([0.0, 1.0], name="d")
    here = opened(page_of(step(tg.sum(tg.sqrt(d) * d))), "#step=4")
    assert "NaN" in here.texts("#rule .map .warn")
    assert "+∞" in here.texts("#rule .map .warn")
    assert "began at" in here.text("#rule .trouble")
    assert "NaN" in here.text("#steps tr.now .warn >> nth=0") or "∞" in here.text("#steps tr.now .warn >> nth=0")


HOSTILE = ["</script><script>window.hit=1</script>", "<img src=x onerror=window.hit=1>", "<!--<script>",
           "\u202eevil\u0000", "a\nb", "&lt;b&gt;", "${window.hit=1}", "{{x}}", "'\"`", "javascript:alert(1)", "{name}"]


def test_nothing_the_user_named_is_executed(opened):
    total = tg.Tensor(0.0, name="\u2028")
    for name in HOSTILE:
        total = total + tg.sum(tg.Tensor([2.0, 1.0], name=name) ** 2)
    here = opened(step(total).page())
    for _ in range(len(step(total))):
        here.press("ArrowRight", "Enter", "Escape")
    here.page.click("#totals tr.now button")
    assert here.page.evaluate("window.hit") is None
    assert here.page.locator("img, iframe").count() == 0


def test_a_hook_is_a_step(opened):
    w = tg.Tensor(2.0, name="w")
    m = w * 3.0
    m.register_hook(lambda g: g * 10)
    here = opened(step(m * m).page())
    here.press("ArrowRight", "ArrowRight", "ArrowRight")
    assert "hook" in here.text("#say")
    assert here.page.locator("#graph .across .edge.passed").count() == 2


def test_of_a_long_trace_the_beginning_is_shown_and_the_page_says_so(opened, monkeypatch):
    monkeypatch.setattr(pages, "MOST_STEPS", 3)
    here = opened(page_of(step(neuron())), "#step=3")
    assert "3 of 5 steps are shown" in here.text(".notice >> nth=1")
    assert here.page.is_disabled("#next")
    assert len(here.texts("#steps tbody tr")) == 3
    assert here.page.locator("#graph .across .node").count() == 5 - 1


def test_where_nothing_needs_a_gradient_the_page_says_how_to_ask_for_one(opened):
    page = page_of(step(tg.Tensor(2.0, name="w")))
    here = opened(page)
    assert "nothing here needs a gradient" in here.text("main")
    assert "text/html" in step(tg.Tensor(2.0))._repr_mimebundle_()


def test_before_backward_the_page_says_that_no_grad_is_set(opened):
    y = neuron()
    assert "sets no .grad" in opened(step(y).page()).text(".notice >> nth=0")
    y.backward()
    assert opened(step(y).page()).page.locator(".notice").count() == 0


def test_the_page_shows_the_pass_that_was_traced_though_values_changed_since(opened):
    w = tg.Tensor([1.0, 2.0], name="w")
    s = step(tg.sum(w * w))
    w.assign([5.0, 5.0]) if hasattr(w, "assign") else setattr(w, "data", np.array([5.0, 5.0]))
    here = opened(s.page(), "#step=3")
    assert here.texts("#rule .value:last-of-type .cell") == ["2", "4"]
    assert "changed since" not in here.page.content()


def test_a_trace_that_was_read_from_a_file_has_the_same_steps(opened):
    y = neuron()
    here = opened(page_of(Trace.from_json(y.trace().to_json())), "#step=4")
    assert here.total == "−1.503"
    assert here.page.locator("#graph .across .edge.lit").count() == 1


# -- where scripts do not run -----------------------------------------------------------------------------------------


def check_still(here):
    assert here.page.is_hidden("#controls")
    numbers = here.page.locator("#graph .across .step-number")
    assert [each.text_content() for each in numbers.all()] == ["1", "2", "3", "4", "5"]
    assert numbers.first.is_visible()
    shown = here.page.locator("#graph .across .state text.grad-value").evaluate_all(
        "all => all.filter(each => each.getClientRects().length).map(each => each.textContent)")
    assert shown == ["−1.503", "1.002", "0.501", "0.501", "0.501", "1"]
    assert len(here.page.locator("#steps tbody tr").all()) == 5
    assert here.page.locator("#steps a").count() == 0


def test_without_scripts_there_is_the_finished_graph_with_numbered_steps(opened):
    check_still(opened(neuron, scripts=False))


def test_where_a_policy_forbids_scripts_too(browser):
    page = browser.new_page(viewport={"width": 1300, "height": 900})
    page.route("**/*", lambda route: route.fulfill(body=page_that(neuron), headers={
        "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": "script-src 'none'"}))
    page.goto("http://lesson.test/")
    here = object.__new__(Opened)
    here.page = page
    check_still(here)
    page.close()


def test_a_failure_of_the_script_is_said_and_leaves_the_finished_pass(browser, tmp_path):
    path = tmp_path / "damaged.html"
    path.write_text(page_that(neuron).replace('"root":', '"rooot":'), encoding="utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())
    assert "could not start" in page.inner_text("[role=alert]")
    assert page.is_hidden("#controls")
    assert page.locator("#graph .across .step-number").first.is_visible()
    page.close()


# -- notebooks --------------------------------------------------------------------------------------------------------


def notebook(*steppers):
    return "<!DOCTYPE html><html lang=en><title>notebook</title><body>" + "".join(
        s._repr_mimebundle_()["text/html"] for s in steppers)


def test_several_steppers_on_one_page_do_not_disturb_each_other(browser, tmp_path):
    path = tmp_path / "notebook.html"
    path.write_text(notebook(step(neuron()), step(classifier())), encoding="utf-8")
    asked = []
    page = browser.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    first, second = [page.frame_locator(f"iframe >> nth={i}") for i in range(2)]
    first.locator("#next").click()
    first.locator("#next").click()
    second.locator("#next").click()
    assert first.locator("#position").input_value() == "2"
    assert second.locator("#position").input_value() == "1"
    page.keyboard.press("ArrowRight")
    assert [each.locator("#position").input_value() for each in (first, second)] == ["2", "2"]
    assert page.evaluate("location.hash") == ""
    assert all(url.startswith(("file:", "data:", "about:")) for url in asked)
    page.close()


CUT = """graph => {
  const room = graph.getBoundingClientRect(), cards = [...graph.querySelectorAll('svg.tg .node')];
  return cards.filter(each => each.getClientRects().length && (each.getBoundingClientRect().left < room.left - 1
    || each.getBoundingClientRect().right > room.right + 1)).map(each => each.dataset.id) }"""


def test_in_the_frame_of_a_notebook_graph_rule_and_totals_are_seen_at_once(browser, tmp_path):
    path, said = tmp_path / "notebook.html", []
    path.write_text(notebook(step(neuron())).replace("<body>", "<body style='margin:0'>"), encoding="utf-8")
    page = browser.new_page(viewport={"width": 958, "height": 1000})
    page.on("console", lambda message: said.append(message.text))
    page.goto(path.as_uri())
    page.wait_for_selector("[data-started]")
    frame = page.frames[-1]
    frame.locator("#next").click()
    assert frame.locator("#graph").evaluate(CUT) == []
    for panel in ("#graph", "#rule", "#totals"):
        assert frame.locator(panel).evaluate("each => each.getBoundingClientRect().bottom <= innerHeight"), panel
        assert frame.locator(panel).evaluate("each => each.scrollHeight <= each.clientHeight + 1"), panel
    assert not said
    page.close()


def test_an_output_that_is_not_trusted_shows_the_finished_graph_and_all_steps(browser, tmp_path):
    html = re.sub(r"<script.*?</script>", "", step(neuron())._repr_mimebundle_()["text/html"], flags=re.DOTALL)
    page = browser.new_page()
    page.set_content(html)
    assert page.evaluate("document.images[0].complete && document.images[0].naturalWidth") > 500
    assert "w·x → w" in page.text_content("details")
    page.close()


def test_the_notebook_has_picture_and_text_too():
    made = step(neuron())._repr_mimebundle_()
    assert set(made) == {"text/html", "image/svg+xml", "text/plain"}
    image = re.search(r"base64,([\w+/=]+)", made["text/html"])[1]
    assert b64decode(image).decode() == made["image/svg+xml"]
    assert made["image/svg+xml"].count("step-number\"") == 5


# -- for everyone -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("scheme", "width"), [("light", 1300), ("dark", 420)])
def test_axe_finds_nothing(scheme, width, opened, axe):
    d = tg.Tensor([[0.0, 1.0]], name="d")
    s = step(tg.sum(tg.sqrt(d * np.ones((3, 2))) * d))
    here = opened(s.page(), "#step=6", color_scheme=scheme, width=width, reduced_motion="reduce")
    here.page.evaluate(axe)
    for keys in [(), ("End", "Enter"), ("?",)]:
        here.press(*keys)
        found = here.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        assert [(each["id"], each["nodes"][0]["html"]) for each in found["violations"]] == []


def test_the_theme_is_that_of_the_reader_or_the_one_that_was_asked_for(opened):
    ground = "getComputedStyle(document.body).backgroundColor"
    auto, dark = page_that(neuron), page_of(step(neuron()), theme="dark")
    assert opened(auto, color_scheme="light").page.evaluate(ground) == "rgb(250, 249, 246)"
    assert opened(auto, color_scheme="dark").page.evaluate(ground) == "rgb(20, 22, 26)"
    assert opened(dark, color_scheme="light").page.evaluate(ground) == "rgb(20, 22, 26)"


@pytest.mark.parametrize("make", [neuron, classifier, network])
def test_on_a_narrow_screen_nothing_is_wider_than_it(make, opened):
    here = opened(make, "#step=4", width=380)
    assert here.page.evaluate("document.scrollingElement.scrollWidth") <= 380
    assert here.page.is_visible("#graph .down")
    assert here.page.is_hidden("#graph .across")
    rule, source = (here.page.locator(each).bounding_box()["y"] for each in ("#rule", "#source"))
    assert here.page.locator("#graph").bounding_box()["y"] < rule < source
    assert here.page.locator("#controls").evaluate("each => getComputedStyle(each).position") == "fixed"
    assert all(each.bounding_box()["height"] >= 40 for each in here.page.locator("#controls button:visible").all())


@pytest.mark.parametrize("width", [1100, 900, 700, 600, 400])
def test_a_picture_that_is_a_little_too_wide_shrinks_so_that_no_card_is_cut(width, opened):
    here = opened(neuron, "#step=3", width=width)
    assert here.page.locator("#graph").evaluate(CUT) == []
    assert here.page.locator("#totals").evaluate("each => each.scrollWidth <= each.clientWidth + 1")


def test_the_graph_stays_in_view_below_the_controls_and_shows_whole_at_a_click(opened):
    here = opened(classifier, "#step=9", width=1000)
    here.page.evaluate("scrollTo(0, 500)")
    controls, graph = (here.page.locator(each).bounding_box() for each in ("#controls", "#graph"))
    assert controls["y"] + controls["height"] <= graph["y"]
    assert graph["y"] + graph["height"] <= 900
    here.page.click("#whole")
    assert here.page.locator("#graph").evaluate("each => each.scrollHeight <= each.clientHeight + 1")


def test_the_marks_of_a_long_line_are_in_view(opened):
    w = tg.Tensor(2.0, name="w")
    y = 1.0 + 1.0 + 1.0 + 1.0 + 1.0 + 1.0 + 1.0 + 1.0 + 1.0 + 1.0 + 1.0 + 1.0 + 1.0 + 1.0 + 1.0 + 1.0 + 1.0 + tg.tanh(w)
    here = opened(step(y).page(), "#step=2", width=700)
    mark, room = (here.page.locator(each).bounding_box() for each in ("#source .operation", "#source pre"))
    assert room["x"] <= mark["x"]
    assert mark["x"] + mark["width"] <= room["x"] + room["width"]


def test_numbers_of_a_written_array_do_not_run_into_each_other(opened):
    here = opened(classifier, "#step=3", width=700)
    boxes = [each.bounding_box() for each in here.page.locator("#rule .map.written >> nth=0").locator(".num").all()]
    assert len(boxes) == 6
    assert all(a["x"] + a["width"] <= b["x"] for a, b in pairwise(boxes))


def test_with_reduced_motion_the_dots_stand_still(opened):
    here = opened(neuron, "#step=4", reduced_motion="reduce")
    flow = here.page.locator("#graph .across .edge.lit .flow")
    assert flow.evaluate("each => getComputedStyle(each).animationName") == "none"


def test_on_paper_there_is_the_finished_graph_and_the_table(opened):
    here = opened(neuron, "#step=2")
    here.page.emulate_media(media="print")
    assert here.page.is_hidden("#controls")
    assert here.page.is_hidden("#rule")
    assert here.page.locator("#graph .across .step-number").first.is_visible()
    assert here.page.locator("#graph .across .edge.coming .gate").first.is_visible()
    shown = here.page.locator("#graph .across .state text.grad-value").evaluate_all(
        "all => all.filter(each => each.getClientRects().length).map(each => each.textContent)")
    assert shown == ["−1.503", "1.002", "0.501", "0.501", "0.501", "1"]


# -- size, files ------------------------------------------------------------------------------------------------------


def test_two_thousand_edges_weigh_less_than_two_megabytes(opened):
    w, h = tg.variables(w=0.5, h=-0.3)
    for _ in range(500):
        h = tg.tanh(w * h + 0.1)
    s = step(h)
    assert len(s) == 2000
    page = s.page()
    assert len(page.encode()) < 2_000_000
    here = opened(page, "#step=1200")
    assert here.at == 1200
    here.press("ArrowRight")
    assert here.total == number(s.trace[1200].after)


def test_large_arrays_are_shown_in_runs_and_the_page_says_so(opened):
    rng = np.random.default_rng(0)
    w = tg.Tensor(rng.normal(size=(64, 40)), name="W")
    s = step(tg.sum(tg.tanh(rng.normal(size=(5, 64)) @ w)))
    page = s.page()
    assert len(page) < 800_000
    here = opened(page, "#step=3")
    assert "48 runs" in here.text(".notice >> nth=1")
    here.press("Enter")
    assert len(here.texts("#rule .terms tbody tr")) == 6


def test_frames_are_one_picture_for_each_step():
    frames = neuron().step().frames()
    assert len(frames) == 6
    assert len({re.search('viewBox="[^"]*"', frame)[0] for frame in frames}) == 1
    assert [frame.count("edge wanted flowed lit") for frame in frames] == [0, 1, 1, 1, 1, 1]
    assert [frame.count("edge wanted flowed coming") for frame in frames] == [5, 4, 3, 2, 1, 0]
    assert "step-number\"" not in frames[3]
    assert len(frames_of(network().step(level="module"))) == len(network().step(level="module")) + 1


def test_a_page_is_saved(tmp_path):
    neuron().step().save(tmp_path / "lesson.html")
    assert (tmp_path / "lesson.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_what_a_page_cannot_be_asked_for_is_said():
    with pytest.raises(ArgumentError, match="expected a whole number from 0 .the start. to 5"):
        page_of(neuron().step(), start=6)
    with pytest.raises(ArgumentError, match='expected "auto", "light" or "dark"'):
        page_of(neuron().step(), theme="sepia")


def test_the_page_opens_where_it_was_asked_to(opened):
    assert opened(page_of(neuron().step(), start=3)).at == 3


def test_the_same_pass_gives_the_same_page():
    y = neuron()
    assert page_of(y.step()) == page_of(y.step())


def test_every_word_of_the_interface_stands_in_the_table():
    files = (*pages.SCRIPTS, "pages.py", "homework.py")
    code = "".join((FOLDER / name).read_text(encoding="utf-8") for name in files)
    used = set(re.findall(r'(?:words\[|say\(|filled\(|named\(|text\(say\()"([\w ]+)"', code))
    assert used <= set(STEPPER)
    unused = {word for word in STEPPER if f'"{word}"' not in code and not word.startswith(("kind ", "level "))}
    assert not unused


def test_json_that_the_page_holds_can_be_read_back():
    y = neuron()
    data = contents_file.contents(y.step(), y.trace().events)
    again = json.loads(json.dumps(data, allow_nan=False))
    assert again["values"][again["events"]["after"][3]] == y.trace()[3].after
