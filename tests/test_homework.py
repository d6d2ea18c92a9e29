"""Quiz and homework on a page: it asks before it shows, homework holds no answers, and grading computes them anew."""

import csv
import io
import json
import re
from base64 import b64decode

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import tinygrad_edu as tg
from tinygrad_edu.errors import ArgumentError, DataError
from tinygrad_edu.explain import grading, step
from tinygrad_edu.explain.page import homework as homework_file
from tinygrad_edu.explain.programs import drawn, program_of
from tinygrad_edu.explain.quizzes import Quiz, answer_text, judged
from tinygrad_edu.views.drawing.numbers import number


def neuron():
    w, x, b = tg.variables(w=2.0, x=-3.0, b=6.88)
    y = tg.tanh(w * x + b)
    y.name = "y"
    return y


def batch():
    weight, bias = tg.Tensor(np.arange(6.0).reshape(2, 3) - 2.5, name="W"), tg.Tensor(np.ones(3), name="b")
    z = np.array([[1.0, 2.0], [3.0, 4.0]]) @ weight + bias
    return tg.mean(z[:, np.array([0, 0, 2])] ** 2)


pytestmark = pytest.mark.usefixtures("placed_without_graphviz")


@pytest.fixture
def opened(browser, tmp_path):
    """Opens pages in a browser, offline: whatever they ask for beside themselves is an error."""
    asked, errors, pages = [], [], []

    def open_it(text):
        path = tmp_path / f"page{len(pages)}.html"
        path.write_text(text, encoding="utf-8")
        page = browser.new_page(viewport={"width": 1300, "height": 900}, accept_downloads=True)
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(path.as_uri())
        pages.append(page)
        return page

    yield open_it
    assert {re.match(r"\w+:", url)[0] for url in asked} <= {"file:", "data:", "blob:"}
    assert not errors
    for page in pages:
        page.close()


def quiz_where(kind, make=neuron):
    """A stepper whose first question is of a kind."""
    trace = make().trace()
    for seed in range(100):
        s = tg.explain.Stepper(trace, quiz=True, seed=seed)
        if s.quiz.question(trace[0]).kind == kind:
            return s
    raise AssertionError(kind)


def texts(page, selector):
    return [" ".join(each.split()) for each in page.locator(selector).all_inner_texts()]


# -- the quiz ---------------------------------------------------------------------------------------------------------


def test_the_quiz_asks_before_it_shows(opened):
    s = quiz_where("number")
    page = opened(s.page())
    page.keyboard.press("ArrowRight")
    assert "What is" in page.inner_text("#prompt")
    assert page.is_disabled("#next")
    hidden = number(s.trace[0].after)
    drawn_now = page.locator("#graph .across text").evaluate_all(
        "all => all.filter(each => each.getClientRects().length).map(each => each.textContent)")
    assert hidden not in [*drawn_now, page.inner_text("#totals"), page.inner_text("#steps")]
    assert "none yet" in drawn_now
    page.keyboard.press("End")
    assert page.input_value("#position") == "1"


def test_right_and_wrong_are_said_with_word_and_mark(opened):
    s = quiz_where("number")
    page = opened(s.page())
    page.keyboard.press("ArrowRight")
    for given in ("abc", repr(-s.trace[0].after), "12345"):
        page.fill("#answer", given)
        page.keyboard.press("Enter")
        assert page.inner_text(".said").startswith("✗ Not yet.")
    assert page.is_disabled("#next")
    page.fill("#answer", f"0 + 1 * {s.trace[0].after!r}")
    page.keyboard.press("Enter")
    assert number(s.trace[0].after) in page.inner_text("#rule")
    assert page.is_enabled("#next")
    assert texts(page, "#steps tbody tr:first-child td")[-1] == number(s.trace[0].after)


def test_hints_come_one_by_one_and_the_answer_can_be_shown(opened):
    s = quiz_where("number")
    page = opened(s.page())
    page.keyboard.press("ArrowRight")
    for n in (1, 2, 3):
        page.click("#hint")
        assert len(texts(page, ".hints li")) == n
    assert page.is_disabled("#hint")
    assert texts(page, ".hints li")[0] == s.trace[0].rule.why
    page.click("#show")
    assert page.is_enabled("#next")
    assert page.locator("#answer").count() == 0


def test_a_formula_is_chosen_and_the_gate_is_empty_until_then(opened):
    s = quiz_where("choice")
    page = opened(s.page())
    page.keyboard.press("ArrowRight")
    gate = page.locator("#graph .across .edge.lit .back > text").first
    assert gate.is_hidden()
    right = s.quiz.question(s.trace[0]).answer
    page.locator("#rule label").filter(has_text=re.compile(f"^ *{re.escape(right)} *$")).click()
    assert page.is_enabled("#next")
    assert gate.is_visible()


def test_the_quiz_ends_with_a_summary(opened):
    s = tg.explain.Stepper(neuron().trace(), quiz=True)
    page = opened(s.page())
    for i, event in enumerate(s.trace):
        page.keyboard.press("ArrowRight")
        asked = s.quiz.question(event)
        if i == 0:
            page.click("#show")
        elif asked.kind == "number":
            page.fill("#answer", repr(asked.answer))
            page.keyboard.press("Enter")
            page.keyboard.press("Tab")
            page.locator("#stepper").evaluate("() => document.activeElement.blur()")
        else:
            page.locator("#rule input").nth(asked.choices.index(asked.answer)).click()
            page.locator("#stepper").evaluate("() => document.activeElement.blur()")
    assert "4 of 5 right, 4 at the first try without a hint." in page.inner_text("#summary")
    assert "Look again at step 1" in page.inner_text("#summary")


def test_numbers_are_read_and_judged_as_in_python(opened):
    s = quiz_where("number")
    page = opened(s.page())
    page.keyboard.press("ArrowRight")
    question = s.quiz.question(s.trace[0])                                      # 0.50097…
    for given in ("0.45", "−0.5", "1 +", "0.5 0.5", "0x1", "", "0.5*", "−−0,50", "(1 - 0.7064^2)", "2 ** -1", ".5"):
        try:
            right = judged(question, given).right
        except ArgumentError:
            right = False
        page.fill("#answer", given)
        page.keyboard.press("Enter")
        assert (page.locator("#answer").count() == 0) == right, given
        if right:
            page.reload()
            page.keyboard.press("Home")
            page.keyboard.press("ArrowRight")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_a_quiz(scheme, browser, axe, tmp_path):
    for kind in ("number", "choice"):
        path = tmp_path / f"{kind}.html"
        path.write_text(quiz_where(kind).page(), encoding="utf-8")
        page = browser.new_page(color_scheme=scheme)
        page.goto(path.as_uri())
        page.keyboard.press("ArrowRight")
        page.click("#hint")
        page.evaluate(axe)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        assert [(each["id"], each["nodes"][0]["html"]) for each in found["violations"]] == []
        page.close()


def test_without_scripts_a_quiz_shows_nothing_that_answers(browser, tmp_path):
    path = tmp_path / "quiz.html"
    path.write_text(quiz_where("number").page(), encoding="utf-8")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(path.as_uri())
    assert "The quiz needs scripts" in page.inner_text("main")
    assert page.locator("#graph").is_hidden()
    assert page.locator("#steps").is_hidden()
    context.close()


# -- homework ---------------------------------------------------------------------------------------------------------


def saved(tmp_path, make=neuron, seed="Ada"):
    """The page of a student, and what the teacher keeps."""
    step(make(), quiz=True).quiz.save(tmp_path / "homework.html", answers=False, seed=seed)
    return (tmp_path / "homework.html").read_text(encoding="utf-8"), json.loads(
        (tmp_path / "homework.json").read_text(encoding="utf-8"))


def data_of(page):
    return json.loads(re.search(r'id="tinygrad-data">(.*?)</script>', page)[1])["data"]


@pytest.mark.parametrize("make", [neuron, batch])
def test_the_page_of_homework_holds_no_answers(make, tmp_path):
    page, homework = saved(tmp_path, make)
    found = drawn(homework, "Ada")
    data = data_of(page)
    assert not {"answer", "mistakes"} & {key for question in data["quiz"] if question for key in question}
    assert not set(data["events"]) & {*homework_file.ANSWERS}
    for event in found:
        if np.ndim(event.after) == 0 and event.after not in (0, 1, -1) and event.after not in [
                node.value for node in found.nodes if np.ndim(node.value) == 0]:
            assert repr(float(event.after)) not in page
            assert f">{number(event.after)}<" not in page
    for question in data["quiz"]:
        if question and question["hides"] == "formula":
            assert "rule" not in question
    assert "gradient: " not in re.sub("gradient: no gradient wanted", "", page)


def test_the_formula_that_is_asked_is_not_in_its_rule(tmp_path):
    pages = (data_of(saved(tmp_path, seed=seed)[0]) for seed in range(20))
    data = next(each for each in pages if any(question["kind"] == "choice" for question in each["quiz"]))
    asked = [k for k, question in enumerate(data["quiz"]) if question["kind"] == "choice"]
    assert all(data["rules"][data["events"]["rule"][k]][4] is None for k in asked)


def test_values_follow_from_the_seed():
    program = program_of(neuron().trace())
    first, again, other = drawn(program, "Ada"), drawn(program, "Ada"), drawn(program, "Bob")
    values = [[trace.node(name).value for name in "wxb"] for trace in (first, again, other)]
    assert values[0] == values[1] != values[2]
    assert [np.sign(value) for value in values[0]] == [1, -1, 1]
    assert first.title == "y = tanh(w·x + b)"


@pytest.mark.parametrize("make", [neuron, batch])
def test_what_is_drawn_has_the_gradients_of_its_values(make):
    program = json.loads(json.dumps(program_of(make().trace())))
    found = drawn(program, 7)
    given = [node for node in found.nodes if node.is_leaf and node.needs_gradient]
    variables = [tg.Tensor(node.value, name=node.name) for node in given]
    by_name = {v.name: v for v in variables}
    if make is neuron:
        out = tg.tanh(by_name["w"] * by_name["x"] + by_name["b"])
    else:
        z = np.array([[1.0, 2.0], [3.0, 4.0]]) @ by_name["W"] + by_name["b"]
        out = tg.mean(z[:, np.array([0, 0, 2])] ** 2)
    out.backward()
    for node, variable in zip(given, variables, strict=True):
        assert_array_equal(found.gradient(node.id), variable.grad.numpy())


def answers_of(homework, seed, spoil=()):
    """A file of answers, right but for the steps in `spoil`."""
    questions = grading.questions_of(drawn(homework, seed), seed)
    given = {str(k): answer_text(q) if k not in spoil else "99" if q.kind == "number" else
             next(each for each in q.choices if each != q.answer) for k, q in questions.items()}
    return {"format": "tinygrad_edu answers", "version": 1, "homework": homework["id"], "seed": seed, "answers": given}


def test_answers_are_downloaded_and_graded(opened, tmp_path):
    text, homework = saved(tmp_path)
    page = opened(text)
    questions = grading.questions_of(drawn(homework, "Ada"), "Ada")
    for k, asked in questions.items():
        page.fill("#slider", str(k))
        if asked.kind == "number":
            page.fill("#answer", "99" if k == 5 else f"{asked.answer:.6g}")
            page.keyboard.press("Enter")
        else:
            page.locator("#rule input").nth(asked.choices.index(asked.answer)).click()
    assert page.inner_text("#homework").startswith("5 of 5 answered.")
    with page.expect_download() as download:
        page.click("#download")
    assert download.value.suggested_filename == "answers.json"
    (tmp_path / "answers").mkdir()
    download.value.save_as(tmp_path / "answers" / "ada.json")
    rows = list(csv.DictReader(io.StringIO(grading.grade(tmp_path / "homework.json", tmp_path / "answers"))))
    wrong = "5" if questions[5].kind == "number" else ""
    assert rows == [{"file": "ada.json", "seed": "Ada", "right": str(5 - len(wrong)), "of": "5", "wrong steps": wrong,
                     "not answered": "", "note": ""}]


def test_marks_believe_nothing_but_the_answers(tmp_path):
    _, homework = saved(tmp_path, batch)
    right, wrong = answers_of(homework, "Ada"), answers_of(homework, "Bob", spoil={2, 3})
    missing = answers_of(homework, "Cy")
    missing["answers"].pop("1")
    other = answers_of(homework, "Dan") | {"homework": "another"}
    forged = answers_of(homework, "Eve", spoil={1}) | {"values": {"W": 0}, "right": 100}
    found = grading.marks(homework, {"a": right, "b": wrong, "c": missing, "d": other, "e": forged, "f": [1],
                                     "g": None})
    n = found[0].of
    assert [mark.right for mark in found] == [n, n - 2, n - 1, 0, n - 1, 0, 0]
    assert found[1].wrong == (2, 3)
    assert found[2].missing == (1,)
    assert found[3].note == "these are answers to another homework"
    assert found[5].note == found[6].note == "this is no file of answers"


def test_hostile_answers_are_only_wrong(tmp_path):
    _, homework = saved(tmp_path)
    bad = answers_of(homework, "=cmd()")
    bad["answers"] = dict.fromkeys(bad["answers"], "__import__('os').system('true') + 9**9**9")
    (tmp_path / "answers").mkdir()
    (tmp_path / "answers" / "=bad.json").write_text(json.dumps(bad))
    (tmp_path / "answers" / "broken.json").write_text("{")
    rows = list(csv.reader(io.StringIO(grading.grade(tmp_path / "homework.json", tmp_path / "answers"))))
    assert rows[1][:4] == ["'=bad.json", "'=cmd()", "0", "5"]
    assert rows[2][-1] == "this is no file of answers"


def test_what_homework_cannot_hold_is_said(tmp_path):
    quiz = step(neuron(), quiz=True).quiz
    with pytest.raises(ArgumentError, match="no seed"):
        quiz.save(tmp_path / "homework.html", answers=False)
    with pytest.raises(ArgumentError, match="ends in .html"):
        quiz.save(tmp_path / "homework.txt")
    w = tg.Tensor(2.0, name="w")
    hooked = w * 3.0
    hooked.register_hook(lambda g: g)
    with pytest.raises(ArgumentError, match="hook"):
        step(hooked * w, quiz=True).quiz.save(tmp_path / "h.html", answers=False, seed=1)
    with pytest.raises(ArgumentError, match="read from a file"):
        program_of(tg.explain.Trace.from_json(neuron().trace().to_json()))
    with pytest.raises(DataError, match="no folder"):
        grading.grade(tmp_path / "homework.json", tmp_path / "nowhere")
    with pytest.raises(DataError, match="is no homework"):
        grading.grade(tmp_path / "nothing.json", tmp_path)
    with pytest.raises(DataError, match="version 9"):
        drawn({"format": "tinygrad_edu homework", "version": 9}, 1)
    with pytest.raises(DataError, match="missing or damaged"):
        drawn({**program_of(neuron().trace()), "options": {}}, 1)


def test_a_quiz_with_answers_is_saved_too(tmp_path):
    Quiz(neuron().trace(), seed=3).save(tmp_path / "quiz.html")
    assert data_of((tmp_path / "quiz.html").read_text(encoding="utf-8"))["quiz"][0]["answer"] is not None
    assert not (tmp_path / "quiz.json").exists()


def test_a_notebook_that_is_not_trusted_shows_no_answers_of_a_quiz():
    s = tg.explain.Stepper(neuron().trace(), quiz=True)
    made = s._repr_mimebundle_()
    image = b64decode(re.search(r"base64,([\w+/=]+)", made["text/html"])[1]).decode()
    assert image == made["image/svg+xml"]
    for event in s.trace:
        assert number(event.after) not in image + made["text/plain"]
