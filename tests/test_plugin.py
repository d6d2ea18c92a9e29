"""The pytest plugin, in a test project of its own: `pytest --grad-audit`."""

import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = """
import numpy as np
import tinygrad_edu as tg

@tg.op
def cube(x, /):
    return x**3

cube.derivative(x=lambda g, x: {factor} * g * x * x)

def test_the_value_of_cube():
    x = tg.Tensor([1.0, 2.0])
    assert tg.sum(cube(x)).item() == 9

def test_others():
    for n in range(1, 4):
        tg.softmax(tg.Tensor(np.arange(n * 1.0)))
    tg.relu(tg.Tensor([0.0, 1.0]))
    tg.topk(tg.Tensor([3.0, 1.0, 2.0]), 2)
    tg.concat([tg.Tensor([1.0]), tg.Tensor([2.0])])
    with tg.no_grad():
        tg.tanh(tg.Tensor(1.0))
"""


def audited(folder, text, *options):
    """The output and exit code of pytest in a folder with one file of tests."""
    (folder / "test_lesson.py").write_text(text, encoding="utf-8")
    installed = any(each.value == "tinygrad_edu.testing.plugin" for each in entry_points(group="pytest11"))
    plugin = [] if installed else ["-p", "tinygrad_edu.testing.plugin"]
    done = subprocess.run([sys.executable, "-m", "pytest", *plugin, *options, str(folder)], cwd=folder,
                          env={"PYTHONPATH": str(ROOT), "PATH": ""}, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr, done.returncode


def row(output, name):
    """What the table says of an operation: times seen, smallest error, verdicts."""
    found = re.search(rf"^{name} +([\d,]+) +(\S+)  (.*)$", output, re.MULTILINE)
    return found and (int(found[1]), float(found[2]), found[3])


def test_the_audit_lists_what_the_tests_recorded_and_fails_for_a_wrong_rule(tmp_path):
    output, code = audited(tmp_path, PROJECT.replace("{factor}", "2"), "--grad-audit")
    assert code == 1
    assert "2 passed" in output                             # the tests themselves see nothing
    times, error, verdicts = row(output, "cube")
    assert (times, verdicts) == (1, "1 wrong")
    assert "x.grad is 1.5 times too small in all 2 entries: test_lesson.py:13, cube" in output
    times, error, verdicts = row(output, "softmax")
    assert (times, verdicts) == (3, "3 ok")
    assert error < 1e-6
    assert row(output, "relu")[2] == "1 at a kink"
    assert row(output, "topk")[2] == row(output, "concat")[2] == "1 ok"
    assert row(output, "tanh") is None
    assert "gradient audit: FAILED: 1 of 6 operations with a wrong rule" in output


def test_workers_that_cannot_be_watched_are_refused(tmp_path):
    pytest.importorskip("xdist")
    output, code = audited(tmp_path, PROJECT.replace("{factor}", "2"), "--grad-audit", "-n", "2")
    assert code == 4
    assert "Leave out -n" in output


def test_right_rules_pass(tmp_path):
    output, code = audited(tmp_path, PROJECT.replace("{factor}", "3"), "--grad-audit")
    assert code == 0
    assert row(output, "cube")[2] == "1 ok"


@pytest.mark.parametrize("options", [[], ["--grad-audit"]])
def test_a_project_without_tensors_is_left_alone(tmp_path, options):
    output, code = audited(tmp_path, "def test_nothing():\n    assert True\n", *options)
    assert code == 0
    assert ("recorded no operation" in output) == bool(options)
    assert ("gradient audit" in output) == bool(options)
