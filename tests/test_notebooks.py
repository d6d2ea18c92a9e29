"""The course in notebooks/: each notebook runs, shows what it says, and is committed as it came out.

A notebook is run in a kernel of its own that may open no connection. What is committed must be what it gives today, up
to its numbers (which differ in their last digits from machine to machine). If not, run it anew, as notebooks/README.md
says.
"""

import ast
import os
import re
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import pytest

nbformat = pytest.importorskip("nbformat")
NotebookClient = pytest.importorskip("nbclient").NotebookClient
for _needed in ("ipykernel", "matplotlib", "sklearn"):
    if find_spec(_needed) is None:
        pytest.skip(f"{_needed} is not installed", allow_module_level=True)

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
LARGEST = 1_000_000                             # bytes
# Python's own connections raise an event; those of the kernel to its client are not made by Python.
OFFLINE = """
def offline(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname"):
        raise OSError(f"a notebook needs no network, but asks for {event}{arguments}")

import sys
sys.addaudithook(offline)
"""
NUMBER = re.compile(r"[-−+]?\d[\d.,]*(?:e[-+]?\d+)?|[▁▂▃▄▅▆▇█ ]*[▁▂▃▄▅▆▇█]")         # or small columns in a row
HYPOTHESIS = re.compile(r"^(?:Failing|Falsifying)[^:]*:.*?^\)", re.DOTALL | re.MULTILINE)   # its versions' own words

parametrized = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem[:2])
_read, _run = {}, {}


def read(path):
    """The notebook as it is committed."""
    if path not in _read:
        _read[path] = nbformat.read(path, as_version=4)
    return _read[path]


def codes(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def run(path, folder):
    """The notebook as it comes out today; each is run once."""
    if path not in _run:
        notebook = nbformat.read(path, as_version=4)
        notebook.cells.insert(0, nbformat.v4.new_code_cell(OFFLINE))
        environment = {"PYTHONPATH": str(FOLDER.parent), "PYTHONWARNINGS": "default", "IPYTHONDIR": str(folder)}
        client = NotebookClient(notebook, timeout=300, kernel_name="python3", record_timing=False,
                                coalesce_streams=True, resources={"metadata": {"path": str(folder)}})
        client.execute(env={**os.environ, **environment})
        notebook.cells.pop(0)
        _run[path] = notebook
    return _run[path]


def texts(cell):
    """The outputs of a cell that are text."""
    for output in cell.outputs:
        if output.output_type == "stream":
            yield output.text
        elif "data" in output:
            yield output.data.get("text/plain", "")
            yield re.sub("<[^>]*>", " ", output.data.get("text/html", "")[:100_000])


def shown(cell):
    """What kinds of output a cell has, and its text without numbers and spaces; what is printed may come in pieces."""
    found = []
    for output in cell.outputs:
        kind, words = output.get("name"), output.get("text")
        if kind is None:
            kind, words = (output.output_type, sorted(output.data)), output.data.get("text/plain", "")
        elif found and found[-1][0] == kind:
            words = found.pop()[1] + words
        found.append((kind, words))
    return [(kind, NUMBER.sub("#", HYPOTHESIS.sub("", words)).split()) for kind, words in found]


def test_there_is_a_course():
    assert len(NOTEBOOKS) >= 4
    assert [path.name[:3] for path in NOTEBOOKS] == [f"{i:02}_" for i in range(1, len(NOTEBOOKS) + 1)]


def test_the_index_and_all_links_lead_somewhere():
    index = (FOLDER / "README.md").read_text(encoding="utf-8")
    pages = [index, *("\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
                      for path in NOTEBOOKS)]
    links = [link for page in pages for link in re.findall(r"\]\(([^)#]+)\)", page) if "://" not in link]
    assert [link for link in links if not (FOLDER / link).exists()] == []
    assert [path.name for path in NOTEBOOKS if f"({path.name})" not in index] == []


@parametrized
def test_a_notebook_runs_from_top_to_bottom_without_a_network_and_without_noise(path, tmp_path_factory):
    notebook = run(path, tmp_path_factory.mktemp("notebook"))              # raises if a cell does
    noise = [output.text for cell in codes(notebook) for output in cell.outputs if output.get("name") == "stderr"]
    assert noise == []


@parametrized
def test_what_is_committed_is_what_comes_out_today(path, tmp_path_factory):
    today, committed = run(path, tmp_path_factory.mktemp("notebook")), read(path)
    stale = [cell.id for cell, now in zip(codes(committed), codes(today), strict=True) if shown(cell) != shown(now)]
    assert stale == [], f"{path.name} has to be run anew, see notebooks/README.md"


@parametrized
def test_outputs_are_in_order_and_small_and_of_no_machine(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.encode()) < LARGEST
    assert [cell.execution_count for cell in codes(read(path))] == [*range(1, len(codes(read(path))) + 1)]
    assert any(cell.outputs for cell in codes(read(path)))
    assert re.findall(r"/(?:tmp|home|root|work|Users|site-packages)/[\w./-]*", text) == []
    assert "0x7f" not in text                                               # the address of an object


@parametrized
def test_a_notebook_holds_no_more_than_it_needs(path):
    notebook = read(path)
    nbformat.validate(notebook)
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert notebook.metadata.kernelspec.name == "python3"
    assert {key for cell in notebook.cells for key in cell.metadata} <= {"alt"}     # no time stamps
    assert all(re.fullmatch(r"[a-z][a-z0-9-]+", cell.id) for cell in notebook.cells)        # words, not random letters


@parametrized
def test_plots_have_a_text_alternative(path):
    plots = [cell for cell in codes(read(path))
             if any("image/png" in output.get("data", {}) for output in cell.outputs)]
    assert [cell.id for cell in plots if len(cell.metadata.get("alt", "")) < 20] == []


@parametrized
def test_a_number_that_the_text_names_is_seen_above_or_below_it(path):
    notebook = read(path)
    seen = " ".join([cell.source for cell in codes(notebook)]
                    + [text for cell in codes(notebook) for text in texts(cell)])
    known = {_plain(each) for each in re.findall(r"\d[\d,]*(?:\.\d+)?", seen)}
    prose = [re.sub(r"\$[^$]*\$|`[^`]*`|\]\([^)]*\)", " ", cell.source) for cell in notebook.cells
             if cell.cell_type == "markdown"]
    named = {_plain(each) for text in prose for each in re.findall(r"\d[\d,]*(?:\.\d+)?", text)
             if re.search(r"\.|\d\d\d", each)}                              # not "notebook 2", nor "3 × 3"
    assert named - known == set()


def _plain(number):
    return number.replace(",", "").rstrip(".")


@parametrized
def test_only_public_names_are_used(path):
    for cell in codes(read(path)):
        tree = ast.parse(cell.source)
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module.startswith("tinygrad_edu"):
                public = import_module(node.module).__all__
                assert [each.name for each in node.names if each.name not in {*public, "strategies"}] == []
            elif isinstance(node, ast.Attribute):
                assert re.fullmatch(r"__\w+__|[^_]\w*", node.attr), f"{cell.id}: .{node.attr}"
                _check_exported(node, cell.id)


def _check_exported(node, where):
    """Each step of tg.a.b must be in the list of what the package before it exports."""
    names = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    module = {"tg": "tinygrad_edu", **{name: f"tinygrad_edu.{name}" for name in ("data", "nn", "optim", "training")}
              }.get(getattr(node, "id", ""))
    place = import_module(module) if module else None
    for name in reversed(names):
        if not isinstance(place, ModuleType) or not hasattr(place, "__all__"):
            return
        assert name in {*place.__all__, "strategies"}, f"{where}: {place.__name__}.{name} is not public"
        place = getattr(place, name)


@parametrized
def test_lines_of_code_fit_the_page(path):
    long = [line for cell in codes(read(path)) for line in cell.source.splitlines() if len(line) > 105]
    assert long == []


def test_the_kernel_of_these_tests_is_offline(tmp_path):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(each) for each in (
        OFFLINE, "from urllib.request import urlopen\ntry:\n    urlopen('http://127.0.0.1:9')\n"
                 "except OSError as error:\n    print(error)")])
    NotebookClient(notebook, timeout=60, kernel_name="python3",
                   resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert "a notebook needs no network" in notebook.cells[1].outputs[0].text
