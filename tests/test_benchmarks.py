"""Every workload of the benchmarks runs, tiny and with this library alone, and the harness judges results rightly."""

import subprocess
import sys
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from benchmarks import digits, measure
from benchmarks.measure import FAMILIES, OURS, DisagreementError, Row, Workload

ROOT = Path(__file__).parents[1]
WORKLOADS = [workload for family in FAMILIES for workload in measure.workloads(family)]


def benchmarks(*arguments: str) -> subprocess.CompletedProcess[str]:
    """`python -m benchmarks` with these arguments, ended."""
    command = [sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda workload: f"{workload.family}-{workload.name}")
def test_workload_runs_tiny(workload):
    for seconds, results in islice(workload.libraries[OURS](workload.tiny), 2):
        assert seconds > 0
        assert np.all(np.isfinite(results))


def test_workload_moves_the_parameters():
    steps = digits.ours(2, "float64")
    (_, first), (_, second) = next(steps), next(steps)
    assert second[0] < first[0]                 # the loss


def test_digits_agree_with_numpy_by_hand():
    steps = zip(digits.ours(3, "float64"), digits.numpy(3, "float64"), strict=False)
    for (_, ours), (_, by_hand) in islice(steps, 3):
        assert_allclose(ours, by_hand, rtol=1e-12)


def test_other_results_are_refused():
    with pytest.raises(DisagreementError, match=r"step 2: peer computed 2\.5, tinygrad_edu 2\.0"):
        measure.check_agreement(Workload("scalars", "w", 1, 1, {}), "peer", [[1.0], [2.5]], [[1.0], [2.0]])


def test_table_is_aligned_and_fits_80_columns():
    name = "784-16-16-10, float64"
    rows = [Row(name, OURS, 1.0, 1.0), Row(name, "torch", 10.25, 9.5, "floor 2.00: MISSED"),
            Row(name, "micrograd", None, None, "not installed")]
    lines = measure.table(rows).splitlines()
    assert lines[2:] == ["                        torch              10.25    9.50  floor 2.00: MISSED",
                         "                        micrograd              -       -  not installed"]
    assert max(map(len, lines)) <= 80


def test_command_measures_a_family():
    done = benchmarks("imports", "--repeat", "1")
    head, ours, numpy = done.stdout.splitlines()
    assert head.split() == ["workload", "library", "median", "min", "remark"]
    assert ours.split() == ["import", OURS, "1.00", "1.00"]
    assert numpy.split()[0] == "numpy"


def test_command_refuses_an_unknown_family():
    done = benchmarks("scalar")
    assert done.returncode == 2
    assert "no family is called scalar; there are scalars, chains, digits, imports" in done.stderr
