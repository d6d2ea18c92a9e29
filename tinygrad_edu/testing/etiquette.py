"""Manners inside a Hypothesis test: an example that cannot be judged does not count, unless too many cannot.

    inconclusive(report)    True if the example was sent away; False if the check must raise
    steer(report)           tells the search how near an example came to an error
    is_passing()            whether the example that runs is one of many, whose report nobody reads

Hypothesis is not imported: it is there if the running test uses it.
"""

from __future__ import annotations

import sys
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from .report import GradientReport

AT_LEAST = 10           # so many checks, before a share of them says anything


class Tally:
    """Of one running test: how many checks there were, and how many ended without a verdict."""

    def __init__(self) -> None:
        self.checks = self.unclear = 0
        self.latched = False
        self.example: Any = None
        self.calls = 0


_tallies: WeakKeyDictionary[Any, Tally] = WeakKeyDictionary()


def _context() -> Any:
    """What Hypothesis knows of the example that is running, or None."""
    hypothesis = sys.modules.get("hypothesis")
    if hypothesis is None or not hypothesis.currently_in_test_context():
        return None
    return sys.modules["hypothesis.control"]._current_build_context.value


def _tally(context: Any) -> Tally:
    key = getattr(context, "wrapped_test", None) or type(context)
    return _tallies.setdefault(key, Tally())


def steer(report: GradientReport) -> None:
    """Give the search a finite error to drive up, under a label of its own for each call in an example."""
    context = _context()
    if context is None:
        return
    tally = _tally(context)
    if tally.example is not context.data:
        tally.example, tally.calls = context.data, 0
    tally.calls += 1
    tally.checks += 1
    error = float(np.clip(np.nan_to_num(report.badness, nan=1e9, posinf=1e9), 0, 1e9))
    sys.modules["hypothesis"].target(error, label=f"gradient error, check {tally.calls}")


def is_passing() -> bool:
    """Whether this is an example on the way to the one that will be shown."""
    context = _context()
    return context is not None and not getattr(context, "is_final", True)


def inconclusive(report: GradientReport) -> bool:
    """Send the example away with its reason; False outside of a test, and once too many were sent away."""
    context = _context()
    if context is None:
        return False
    tally = _tally(context)
    tally.unclear += 1
    tally.latched = tally.latched or (tally.checks >= AT_LEAST and 2 * tally.unclear > tally.checks)
    if tally.latched:
        return False
    hypothesis = sys.modules["hypothesis"]
    hypothesis.event(f"inconclusive gradient check: {report.reason}")
    hypothesis.assume(False)
    return True
