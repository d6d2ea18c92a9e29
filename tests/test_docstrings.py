"""The examples in the docstrings and in README.md print what they say they print.

pytest's own `--doctest-modules` is not used, because it would pass over every operation: what a module holds under the
name of an operation is the function that records, and that is defined in `core/ops.py`. Here an operation's examples
are those of its forward function. In all examples `tg` is the library and `np` is NumPy.
"""

import doctest
import importlib
import pkgutil
import re
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.core.ops import Op

README = Path(__file__).parents[1] / "README.md"
MODULES = ["tinygrad_edu", *(info.name for info in pkgutil.walk_packages(tg.__path__, "tinygrad_edu."))]
NAMES = {"tg": tg, "np": np}


def examples_in(module: ModuleType) -> list[doctest.DocTest]:
    """The examples of the module, its classes, functions, methods and operations."""
    finder = doctest.DocTestFinder(exclude_empty=True)
    found = finder.find(module, extraglobs=NAMES)
    for name, value in vars(module).items():
        if isinstance(getattr(value, "op", None), Op) and value.__module__ == module.__name__:
            found += finder.find(value.op.forward, f"{module.__name__}.{name}", module, extraglobs=NAMES)
    return found


def examples_in_markdown(path: Path) -> doctest.DocTest:
    """The examples of a page; a fence ends the output before it, as an empty line does."""
    text = re.sub(r"^```.*$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return doctest.DocTestParser().get_doctest(text, dict(NAMES), path.name, str(path), 0)


def run(examples: doctest.DocTest) -> None:
    """Fail with doctest's own report, which names the line, unless the examples print what they say."""
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    if runner.run(examples, out=report.append).failed:
        pytest.fail("".join(report), pytrace=False)


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples_print_what_they_say(name):
    for examples in examples_in(importlib.import_module(name)):
        run(examples)


def test_readme_examples_print_what_they_say():
    examples = examples_in_markdown(README)
    assert examples.examples
    run(examples)


def test_examples_of_operations_are_found():
    found = [each.name for each in examples_in(importlib.import_module("tinygrad_edu.ops.linear_algebra"))]
    assert "tinygrad_edu.ops.linear_algebra.einsum" in found


def test_wrong_example_is_noticed():
    example = ">>> tg.Tensor(2.0).item()\n3.0\n"
    wrong = doctest.DocTestParser().get_doctest(example, dict(NAMES), "wrong", "wrong.md", 0)
    with pytest.raises(pytest.fail.Exception, match=r"Expected:\s+3\.0\s+Got:\s+2\.0"):
        run(wrong)
