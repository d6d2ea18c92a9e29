"""Outputs in a real JupyterLab and in exported HTML: interactive where they are trusted, else a picture and text.

The server is started by the tests, with settings of its own in a temporary folder. Trust is a signature of the content,
so that the two notebooks differ in theirs.
"""

import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from .conftest import missing

LESSON = """import tinygrad_edu as tg
w, x, b = tg.variables(w=2.0, x=-3.0, b=6.88)
y = tg.tanh(w * x + b)
y.backward()"""
COURSE = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
PATIENCE = 60_000           # milliseconds: a busy machine starts JupyterLab in half a minute


def notebook_of(first_line):
    """A notebook as a reader gets it, executed before: a graph, a stepper, and a diagram of neurons."""
    cells = [f"# {first_line}\n{LESSON}", "y.graph()", "y.step()",
             "tg.nn.Sequential([tg.nn.Dense(2, input_shape=3, activation='relu')]).diagram()"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    for i, cell in enumerate(notebook.cells):
        cell.id = f"cell-{i}"
    NotebookClient(notebook, kernel_name="python3", timeout=120).execute()
    return notebook


def environment(folder):
    return {**os.environ, "JUPYTER_CONFIG_DIR": str(folder / "config"), "JUPYTER_DATA_DIR": str(folder / "data"),
            "JUPYTER_RUNTIME_DIR": str(folder / "runtime"), "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"), "JUPYTER_NO_CONFIG": "1", "CI": ""}


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The address of a JupyterLab that serves trusted.ipynb, untrusted.ipynb, and the course."""
    if find_spec("jupyterlab") is None:
        missing("jupyterlab is not installed: pip install 'tinygrad_edu[test]'")
    folder = tmp_path_factory.mktemp("lab")
    for name in ("trusted", "untrusted"):
        nbformat.write(notebook_of(name), folder / f"{name}.ipynb")
    for path in COURSE:
        shutil.copy(path, folder)
    subprocess.run([sys.executable, "-m", "jupyter", "trust", str(folder / "trusted.ipynb")], check=True,
                   capture_output=True, env=environment(folder))
    options = ["--no-browser", "--allow-root", "--port=0", "--IdentityProvider.token=", "--ServerApp.password=",
               "--ServerApp.disable_check_xsrf=True", f"--ServerApp.root_dir={folder}",
               "--LabApp.news_url=", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    log = folder / "log.txt"
    with log.open("wb") as output, subprocess.Popen([sys.executable, "-m", "jupyter", "lab", *options], stdout=output,
                                                    stderr=output, env=environment(folder), cwd=folder) as server:
        try:
            yield _address(log, server)
        finally:
            server.terminate()


def _address(log, server):
    """What the server says of itself when it has started."""
    end = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < end and server.poll() is None:
        found = re.search(r"http://(?:127\.0\.0\.1|localhost):\d+", log.read_text(errors="replace"))
        if found:
            with suppress(OSError), urllib.request.urlopen(found[0] + "/api", timeout=5):
                return found[0]
        time.sleep(0.2)
    pytest.fail(f"JupyterLab did not start: {log.read_text(errors='replace')[-2000:]}")


def opened(browser, lab, name):
    """The page of a notebook whose outputs are there."""
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    page.goto(f"{lab}/lab/tree/{name}.ipynb?reset")
    page.wait_for_selector(".jp-OutputArea-output .tinygrad-edu, .jp-OutputArea-output img", state="attached",
                           timeout=PATIENCE)
    return page


def scroll_through(page):
    """JupyterLab makes outputs when they come into view."""
    for cell in page.query_selector_all(".jp-Cell"):
        cell.scroll_into_view_if_needed()
        page.wait_for_timeout(100)


def assert_the_stepper_steps(page):
    page.wait_for_selector(".tinygrad-edu[data-started] >> nth=1", timeout=PATIENCE)
    stepper = page.frame_locator(".tinygrad-edu[data-started] > iframe >> nth=1")
    before = stepper.locator("body").inner_text()
    stepper.get_by_role("button", name="Next").click()
    assert stepper.locator("body").inner_text() != before


def test_a_trusted_notebook_shows_pages_that_work(browser, lab):
    page = opened(browser, lab, "trusted")
    scroll_through(page)
    assert_the_stepper_steps(page)
    page.close()


def test_an_untrusted_notebook_shows_pictures_and_runs_nothing(browser, lab):
    page = opened(browser, lab, "untrusted")
    scroll_through(page)
    page.wait_for_function("document.querySelectorAll('.jp-OutputArea-output img').length >= 3", timeout=PATIENCE)
    assert page.query_selector("[data-started], [data-begun], .jp-OutputArea-output iframe") is None
    for image in page.query_selector_all(".jp-OutputArea-output img"):
        assert image.evaluate("image => image.complete && image.naturalWidth > 100")
        assert image.get_attribute("alt")
    texts = page.eval_on_selector_all(".jp-OutputArea-output details pre", "all => all.map(each => each.textContent)")
    assert any("local derivative" in text for text in texts)
    page.close()


@pytest.mark.parametrize("path", COURSE, ids=lambda path: path.stem[:2])
def test_a_notebook_of_the_course_opens_whole(browser, lab, path):
    page = browser.new_page(viewport={"width": 1200, "height": 1600})
    problems = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(f"{lab}/lab/tree/{path.name}?reset")
    page.wait_for_selector(".jp-OutputArea-output", timeout=PATIENCE)
    outer, images = page.locator(".jp-WindowedPanel-outer").first, 0
    for _ in range(60):
        page.wait_for_timeout(200)
        problems += page.eval_on_selector_all(
            "mjx-merror, .jp-OutputArea-output img", "all => all.filter(each => each.tagName != 'IMG' || "
            "(each.complete && !each.naturalWidth)).map(each => each.outerHTML.slice(0, 200))")
        images += page.locator(".jp-OutputArea-output img").count()
        before, after = outer.evaluate("box => { const top = box.scrollTop; box.scrollTop += 0.8 * box.clientHeight; "
                                       "return [top, box.scrollTop]; }")
        if before == after:
            break
    assert problems == []
    assert images
    page.close()


def test_an_exported_notebook_works_without_kernel_and_network(browser, tmp_path):
    nbformat.write(notebook_of("exported"), tmp_path / "lesson.ipynb")
    subprocess.run([sys.executable, "-m", "jupyter", "nbconvert", "--to", "html", str(tmp_path / "lesson.ipynb")],
                   check=True, capture_output=True, env=environment(tmp_path))
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto((tmp_path / "lesson.html").as_uri(), wait_until="domcontentloaded")
    assert_the_stepper_steps(page)
    context.close()
