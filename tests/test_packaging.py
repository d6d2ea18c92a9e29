"""What the package promises as a whole: a light import, documented exports, a tidy top level, two commands, layers."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from shutil import which

import pytest

import tinygrad_edu as tg

ROOT = Path(__file__).parents[1]
TOP_LEVEL = {"tinygrad_edu", "tests", "notebooks", "benchmarks", ".ci", ".gitignore", "setup.cfg",
             "pyproject.toml", "README.md", "LICENSE", "CONTRIBUTING.md", "CHANGELOG.md"}


def run(*command: str) -> str:
    """What a command prints; the test fails with all of its words if the command does."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def loaded_by(statement: str) -> set[str]:
    """The top-level packages outside the standard library that a fresh interpreter loads for a statement."""
    program = f"import sys; before = set(sys.modules); {statement}; print(*set(sys.modules) - before)"
    names = run(sys.executable, "-c", program).split()
    return {name.partition(".")[0] for name in names} - sys.stdlib_module_names


def test_import_loads_numpy_and_nothing_heavier():
    assert loaded_by("import tinygrad_edu") - loaded_by("import numpy") == {"tinygrad_edu"}


def test_exports_are_sorted():
    assert list(tg.__all__) == sorted(tg.__all__)


def test_every_export_exists_and_is_documented():
    assert [name for name in tg.__all__ if not getattr(tg, name).__doc__] == []


def test_top_level_of_the_repository_is_tidy():
    if not (ROOT / ".git").exists() or which("git") is None:
        pytest.skip("not a git checkout, or no git to ask")
    files = run("git", "ls-files").splitlines()
    assert {file.partition("/")[0] for file in files} <= TOP_LEVEL


def test_readme_has_two_set_up_commands():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    lines = [line for line in readme.splitlines() if line.startswith("python3 -m venv")]
    assert [line.rpartition(" ")[2] for line in lines] == ["demo", "pytest"]


def test_layers_import_only_layers_below():
    if find_spec("importlinter") is None:
        pytest.skip("import-linter is not installed; the extra `dev` brings it")
    program = "from importlinter.cli import lint_imports_command as main; main()"
    report = run(sys.executable, "-c", program, "--no-cache")
    assert "0 broken" in report
