"""Asking the checkers: one process per library, the same cases for all, seed by seed in turn.

    Verdict             what one checker said of one case, and how long it took
    Judged              a case with all its verdicts
    judged(...)         asks, and yields Judged
    python -m benchmarks.checking.judging library dtype cases       one library's process, for `judged` alone

An exception other than the one a library has for wrong gradients is an objection too, and is counted.
"""

from __future__ import annotations

import json
import math
import sys
import warnings
from collections.abc import Iterator, Sequence
from time import perf_counter
from typing import NamedTuple

import numpy as np

from ..measure import Process
from .cases import Case, cases
from .limits import is_visible
from .peers import CHECKERS, Check


class Verdict(NamedTuple):
    """What a checker said: right, wrong (False), or that it could not say (None)."""

    right: bool | None
    resolution: float           # the smallest relative error that it says it would have seen
    seconds: float
    crash: str = ""             # the exception that is not the library's verdict


class Judged(NamedTuple):
    """A case, whether its error is one that differences can show, and what each library said, by name."""

    case: Case
    visible: bool
    verdicts: dict[str, Verdict]


def judged(libraries: Sequence[str], seeds: Sequence[int], count: int, dtype: str) -> Iterator[Judged]:
    """Give `count` cases of each seed to every library that is installed."""
    processes = {library: Process(library, "benchmarks.checking.judging", library, dtype, str(count))
                 for library in libraries}
    try:
        present = [library for library, process in processes.items() if process.ask("present")]
        for seed in seeds:
            answers = {library: processes[library].ask(str(seed)) for library in present}
            for k, case in enumerate(cases(seed, count, dtype)):
                verdicts = {library: Verdict(*answers[library][k]) for library in present}
                yield Judged(case, case.wrong and is_visible(case), verdicts)
    finally:
        for process in processes.values():
            process.end()


def verdict(check: Check, case: Case) -> Verdict:
    """Ask once, as a user would, with NumPy's and the library's own warnings off."""
    begin = perf_counter()
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            answer = check(case)
        except Exception as error:
            return Verdict(False, math.inf, perf_counter() - begin, f"{type(error).__name__}: {error}"[:200])
    seconds = perf_counter() - begin
    return Verdict(answer.right, math.inf if answer.resolution is None else float(answer.resolution), seconds)


def _answer_questions(library: str, dtype: str, count: str) -> None:
    """What the process of one library does."""
    try:
        check = CHECKERS[library]()
    except ImportError:
        check = None
    for question in sys.stdin:
        if question.strip() == "present":
            if check is not None:       # what is done once is not timed: compiling, loading
                verdict(check, next(cases(0, 1, dtype)))
            print(json.dumps(check is not None), flush=True)
        elif check is not None:
            print(json.dumps([verdict(check, case) for case in cases(int(question), int(count), dtype)]), flush=True)


if __name__ == "__main__":
    _answer_questions(*sys.argv[1:])
