"""The cases on which gradient checkers are compared are what they say they are, and verdicts are counted rightly."""

import subprocess
import sys
from itertools import islice
from math import inf
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from benchmarks.checking.cases import BENT, FAMILIES, Case, cases
from benchmarks.checking.judging import Judged, Verdict, judged
from benchmarks.checking.limits import closest, is_visible, typical_size
from benchmarks.checking.mistakes import GENERAL, error_size
from benchmarks.checking.table import tables

ROOT = Path(__file__).parents[1]
DTYPES = ("float64", "float32")
KINDS = {*GENERAL, "one entry", "missing inner derivative", "accumulated twice", "overwritten", "outside the slopes",
         "each tie gets all", "no tie gets any", "the other slope", "another slope", "not 0 where flat"}


def some(dtype="float64", seeds=120):
    """Five cases of each seed; not the seeds that the table is made with."""
    return [case for seed in range(seeds) for case in cases(seed, 5, dtype)]


def at(case, gradient):
    """The gradient at the inputs of the case."""
    with np.errstate(all="ignore"):
        return gradient(*case.inputs)


def square(claimed):
    """A case whose gradient of x² at 3.1, which is 6.2, is said to be `claimed`."""
    return Case("square", lambda x: x * x, (np.array([3.1]),), lambda x: (np.array([claimed]),), lambda x: (2 * x,),
                claimed != 6.2, abs(claimed / 6.2 - 1), "right" if claimed == 6.2 else "one entry", "smooth")


# -- the cases --------------------------------------------------------------------------------------------------------


def test_a_seed_gives_the_same_cases_each_time():
    for first, second in zip(cases(7, 20), cases(7, 20), strict=True):
        assert (first.name, first.size) == (second.name, second.size)
        for values in zip(first.inputs, second.inputs, strict=True):
            assert_array_equal(*values)
        for values in zip(at(first, first.gradient), at(second, second.gradient), strict=True):
            assert_array_equal(*values)


def test_more_cases_of_a_seed_begin_with_the_same():
    assert [case.name for case in cases(3, 2)] == [case.name for case in islice(cases(3, 9), 2)]


@pytest.mark.parametrize("dtype", DTYPES)
def test_all_kinds_and_families_are_drawn_and_half_of_the_gradients_are_wrong(dtype):
    drawn = some(dtype, seeds=400)
    assert {case.family for case in drawn} == set(FAMILIES)
    assert {case.kind for case in drawn if case.wrong} == KINDS
    assert 0.45 < np.mean([case.wrong for case in drawn]) < 0.55


@pytest.mark.parametrize("dtype", DTYPES)
def test_values_and_gradients_have_the_dtype_and_are_finite(dtype):
    for case in some(dtype):
        values = at(case, case.f)
        assert np.asarray(values).dtype == dtype, case.name
        assert np.all(np.isfinite(values)), case.name
        for x, true, claimed in zip(case.inputs, at(case, case.true_gradient), at(case, case.gradient), strict=True):
            assert x.dtype == true.dtype == np.asarray(claimed).dtype == dtype, case.name
            assert x.shape == true.shape, case.name
            assert np.all(np.isfinite(true)), case.name


@pytest.mark.parametrize(("dtype", "rounding"), [("float64", 1e-9), ("float32", 1e-3)])
def test_right_gradients_are_right_but_for_rounding_and_wrong_ones_are_not(dtype, rounding):
    for case in some(dtype):
        size = error_size(at(case, case.gradient), at(case, case.true_gradient))
        if case.wrong:
            assert size == case.size > 2e-6, case.name
        else:
            assert size < rounding, case.name
            assert case.size == 0


def test_scales_reach_from_1e_300_to_1e300():
    sizes = [float(np.abs(x).max()) for case in some(seeds=300) if case.family == "scaled" for x in case.inputs]
    assert min(sizes) < 1e-250
    assert max(sizes) > 1e250


# -- the truths -------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(np.finfo(np.longdouble).eps > 1e-18, reason="this platform has no longer double")
def test_true_gradients_are_the_slopes_of_the_function_in_higher_precision():
    """Noise cannot be removed from a function, and a constant of 1e6 leaves too few digits of it."""
    for case in some(seeds=25):
        if case.family in (*BENT, "noisy", "offset", "large"):
            continue
        inputs = tuple(x.astype(np.longdouble) for x in case.inputs)
        gradients = case.true_gradient(*case.inputs)
        largest = max(float(np.abs(g * typical_size(x)).max()) for g, x in zip(gradients, case.inputs, strict=True))
        for k, (x, g) in enumerate(zip(case.inputs, gradients, strict=True)):
            for index in np.ndindex(x.shape):
                direction = tuple(np.zeros(x.shape) for x in case.inputs)
                direction[k][index] = typical_size(x)[index]
                slope = float(g[index] * direction[k][index])
                error = closest(case.f, inputs, direction, slope)
                assert error <= 1e-8 * (abs(slope) + 1e-5 * (largest or 1)), (case.name, k, index)


def one_sided(case, direction):
    """The slopes of sum(f) to both sides along the direction, the smaller first."""
    h = 2.0**-24
    middle = np.asarray(case.f(*case.inputs))
    sides = [(np.asarray(case.f(*[x + s * h * v for x, v in zip(case.inputs, direction, strict=True)])) - middle).sum()
             / (s * h) for s in (1, -1)]
    return sorted(sides)


def test_at_a_kink_right_gradients_lie_between_the_one_sided_slopes_and_wrong_ones_outside():
    bent = [case for case in some(seeds=150) if case.family in BENT]
    assert len(bent) > 40
    for case in bent:
        gradients = at(case, case.gradient)
        directions = [tuple(np.ones(x.shape) for x in case.inputs), tuple(gradients)]
        for k, x in enumerate(case.inputs):
            for index in np.ndindex(x.shape):
                directions.append(tuple(np.zeros(x.shape) for x in case.inputs))
                directions[-1][k][index] = 1
        outside = []
        for direction in directions[0 if case.wrong else 2:]:
            low, high = one_sided(case, direction)
            slope = sum((g * v).sum() for g, v in zip(gradients, direction, strict=True))
            outside.append(max(low - slope, slope - high))
        assert max(outside) > 0.02 if case.wrong else max(outside) < 1e-6, case.name


# -- what differences can show ----------------------------------------------------------------------------------------


def test_an_error_within_the_noise_is_not_visible():
    rounded = square(6.2001)._replace(f=lambda x: (x * x).astype(np.float16).astype(np.float64))
    assert not is_visible(rounded)
    assert is_visible(rounded._replace(gradient=lambda x: (4 * x,)))
    assert is_visible(square(6.2001))


# -- the checkers -----------------------------------------------------------------------------------------------------


def test_each_checker_that_is_installed_tells_a_factor_from_none():
    rows = list(judged(["ours", "torch", "jax", "autograd", "scipy"], [235], 2, "float64"))
    assert [(row.case.family, row.case.kind, row.visible) for row in rows] == \
        [("smooth", "right", False), ("smooth", "factor 1/n", True)]
    for row in rows:
        for library, verdict in row.verdicts.items():
            assert verdict.right is not row.case.wrong, (library, row.case.name)
            assert not verdict.crash, library


def row(claimed, right, resolution=inf, visible=True):
    """A case that a checker called `ours` judged so."""
    case = square(claimed)
    return Judged(case, visible and case.wrong, {"ours": Verdict(right, resolution, 0.001)})


def test_table_counts_false_alarms_misses_and_what_cannot_be_seen():
    text = tables([row(6.2, False), row(6.2, True), row(6.2, None), row(6.6, True, 1e-8), row(12.4, False),
                   row(12.4, None), row(12.4, False), row(6.2001, True, 1e-3, visible=False)], "float64")
    assert "8 cases, 3 right, 4 wrong, 1 wrong by less than differences can show" in text
    assert next(line for line in text.splitlines() if line.startswith("ours ")).split() == \
        ["ours", "1", "33.33%", "1", "25.00%", "1", "2", "25.00%", "1.00"]
    assert "1 misses above the stated resolution, 0 without one, of 2 in all" in text
    assert "resolution of 1e-06 or finer in 1  20.00% of 5 cases without objection" in text


def command(*arguments):
    """`python -m benchmarks.checking` with these arguments, ended."""
    return subprocess.run([sys.executable, "-m", "benchmarks.checking", *arguments], cwd=ROOT, capture_output=True,
                          text=True, check=False)


def test_command_prints_tables_or_says_what_it_takes():
    pytest.importorskip("scipy")
    done = command("--seed", "0", "--seeds", "2", "--cases", "2", "--library", "scipy")
    assert done.returncode == 0, done.stderr
    assert "float64: 4 cases" in done.stdout
    assert "float32: 4 cases" in done.stdout
    assert "take 1 or more" in command("--seeds", "0").stderr


def test_error_size_is_relative_to_the_entry_that_is_wrong():
    true = (np.array([1.0, 1e-6, 0.0]),)
    assert_allclose(error_size((np.array([1.0, 1.5e-6, 0.0]),), true), 0.5)
    assert_allclose(error_size((np.array([1.0, 1e-6, 0.25]),), true), 0.25)     # of the largest, where the truth is 0
    assert error_size((np.array([np.nan, 1e-6, 0.0]),), true) == inf
    assert error_size((np.ones((2, 3)),), true) == inf
