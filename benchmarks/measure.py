"""The measuring itself: one process per library, results agreed before timed, rounds interleaved, ratios reported.

    Workload          a task, and how each library does it; ours stands first
    measured(w, n)    n rounds of it, in each of which every library runs once -> rows
    table(rows)       the rows as text
    python -m benchmarks.measure family workload library      one library's process, for `measured` alone

A library's part is a generator that yields `(seconds, results)` for every step it does: it holds the clock itself, so
that the code between its two looks at the clock is what is compared. Results are the loss and some gradients. Garbage
collection stays on, because users have it on; BLAS gets one thread.
"""

from __future__ import annotations

import importlib
import json
import math
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

FAMILIES = ("scalars", "chains", "digits", "imports")
OURS = "tinygrad_edu"
AGREED_STEPS = 3            # how many steps must give the same results before anything is timed
SECONDS_PER_ROUND = 0.2     # a library repeats short steps this long in each round
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

Steps = Iterator[tuple[float, list[float]]]


class DisagreementError(Exception):
    """Two libraries computed different results, so their times would not compare."""


@dataclass(frozen=True)
class Workload:
    """A task and how each library does it.

    Args:
        family: the module that defines it.
        name: how the table calls it.
        size: how much of it to do, in the unit of the family; `tiny` is the size that tests run.
        libraries: by name, a function from the size to the endless steps; ours is the first.
        floors: for some of the libraries, how many of our times theirs must at least be.
        tolerance: how far results may lie apart, relative to the larger of 1 and their size.
    """

    family: str
    name: str
    size: int
    tiny: int
    libraries: Mapping[str, Callable[[int], Steps]]
    floors: Mapping[str, float] = field(default_factory=dict)
    tolerance: float = 1e-9


@dataclass(frozen=True)
class Row:
    """One line of the table: a library's time as a multiple of ours, None if it is not installed."""

    workload: str
    library: str
    middle: float | None        # the median over rounds of (its time / our time in the same round)
    least: float | None         # its shortest time / our shortest time
    remark: str = ""


def workloads(family: str) -> list[Workload]:
    """What the module of that name measures."""
    found: list[Workload] = importlib.import_module(f"benchmarks.{family}").WORKLOADS
    return found


def measured(workload: Workload, rounds: int) -> list[Row]:
    """Run every library in a process of its own: agree, then `rounds` interleaved rounds of timing.

    Raises: DisagreementError if a library's first steps give other results than ours.
    """
    processes = {library: Process(f"{library}, {workload.name}", "benchmarks.measure", workload.family, workload.name,
                                  library) for library in workload.libraries}
    try:
        answers = {library: process.ask("agree") for library, process in processes.items()}
        present = [library for library, answer in answers.items() if "missing" not in answer]
        for library in present:
            check_agreement(workload, library, answers[library]["results"], answers[OURS]["results"])
        times: dict[str, list[float]] = {library: [] for library in present}
        for _ in range(rounds):
            for library in present:
                times[library].append(processes[library].ask("time")["seconds"])
    finally:
        for process in processes.values():
            process.end()
    return [_row(workload, library, times) for library in workload.libraries]


def check_agreement(workload: Workload, library: str,
                    theirs: list[list[float]], ours: list[list[float]]) -> None:
    """Raise DisagreementError unless every step gave the same numbers."""
    for number, (their_step, our_step) in enumerate(zip(theirs, ours, strict=True), start=1):
        for their, our in zip(their_step, our_step, strict=True):
            if not math.isclose(their, our, rel_tol=workload.tolerance, abs_tol=workload.tolerance):
                raise DisagreementError(f"{workload.name}, step {number}: "
                                        f"{library} computed {their}, {OURS} {our}")


def _row(workload: Workload, library: str, times: dict[str, list[float]]) -> Row:
    if library not in times:
        return Row(workload.name, library, None, None, "not installed")
    middle = median(their / our for their, our in zip(times[library], times[OURS], strict=True))
    floor = workload.floors.get(library)
    remark = "" if floor is None else f"floor {floor:.2f}: {'kept' if middle >= floor else 'MISSED'}"
    return Row(workload.name, library, middle, min(times[library]) / min(times[OURS]), remark)


def table(rows: Sequence[Row], head: bool = True) -> str:
    """The rows as aligned text, at most 80 columns wide."""
    lines = [("workload", "library", "median", "min", "remark")] if head else []
    for number, row in enumerate(rows):
        middle, least = ("-" if ratio is None else f"{ratio:.2f}" for ratio in (row.middle, row.least))
        lines.append((row.workload if number == 0 else "", row.library, middle, least, row.remark))
    return "\n".join(f"{name:<24}{library:<16}{middle:>8}{least:>8}  {remark}".rstrip()
                     for name, library, middle, least, remark in lines)


class Process:
    """A module that runs in a process of its own, and answers questions of one line with answers of one line."""

    def __init__(self, name: str, module: str, *arguments: str) -> None:
        self._name = name
        command = [sys.executable, "-m", module, *arguments]
        self._pipe = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                      env={**os.environ, **ONE_THREAD})

    def ask(self, question: str) -> Any:
        """What it answers to one line, read as JSON."""
        assert self._pipe.stdin is not None
        assert self._pipe.stdout is not None
        self._pipe.stdin.write(question + "\n")
        self._pipe.stdin.flush()
        line = self._pipe.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._name}: the process ended early; its own message is above")
        return json.loads(line)

    def end(self) -> None:
        """Let it end, and wait for that."""
        self._pipe.communicate()        # closes its input, at which it ends


def _answer_questions(family: str, name: str, library: str) -> None:
    """What the process of one library does."""
    workload = next(each for each in workloads(family) if each.name == name)
    steps = workload.libraries[library](workload.size)
    for question in sys.stdin:
        answer = _results_of(steps) if question.strip() == "agree" else {"seconds": _seconds_of(steps)}
        print(json.dumps(answer), flush=True)


def _results_of(steps: Steps) -> dict[str, Any]:
    try:
        return {"results": [next(steps)[1] for _ in range(AGREED_STEPS)]}
    except ModuleNotFoundError as error:
        return {"missing": error.name}


def _seconds_of(steps: Steps) -> float:
    """The median step of a round."""
    times: list[float] = []
    while sum(times) < SECONDS_PER_ROUND:
        times.append(next(steps)[0])
    return median(times)


if __name__ == "__main__":
    _answer_questions(*sys.argv[1:])
