"""Diagnosis: why a gradient is wrong, if an explanation fits; else nothing is guessed.

    diagnose(mismatch)      the most likely mistake, as a Diagnosis with a headline, or None

The explanations are tried from the one that assumes least. `evidence.py` says when one fits, `mistakes.py` and
`recorded_mistakes.py` have the explanations, and `rule_walk.py` finds the operation whose rule is wrong.
"""

from __future__ import annotations

import numpy as np

from . import mistakes, recorded_mistakes
from .evidence import Diagnosis, Evidence, Mismatch
from .wrong_shapes import wrong_shape

__all__ = ["Diagnosis", "Mismatch", "diagnose"]

# The simplest first: one number for all entries, then an order, then one for each entry, then one for some entries.
EXPLANATIONS = (
    mistakes.zero, mistakes.constant_factor, mistakes.transposed, mistakes.shifted, mistakes.unsummed,
    mistakes.unchanged, mistakes.spread, mistakes.reordered, mistakes.partly, recorded_mistakes.missing_factor,
    recorded_mistakes.way_back, recorded_mistakes.stale, mistakes.any_factor, mistakes.overwritten,
    mistakes.some_entries,
)


# These ask for more values of the function, or for many passes through its graph.
COSTLY = (mistakes.unsummed, recorded_mistakes.missing_factor, recorded_mistakes.way_back, recorded_mistakes.stale)

FACTORS = (mistakes.constant_factor, mistakes.any_factor)       # of a single number there always is one


def diagnose(mismatch: Mismatch) -> Diagnosis | None:
    """What is wrong with a gradient, in words.

    Args:
        mismatch: the claimed and the true gradient, and whatever is known around them.
    Returns: the explanation that fits within the error bounds and assumes least, or None if none does, or if the
        claimed gradient is right.

    >>> x, true = np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 6.0])
    >>> diagnose(Mismatch((x,), 0, "x", claimed=-true, true=true, error=1e-9 * true)).headline
    'has the wrong sign in all 3 entries'
    """
    if np.size(mismatch.claimed) == 0 or np.size(mismatch.true) == 0:
        return None
    with np.errstate(all="ignore"):
        if np.shape(mismatch.claimed) != np.shape(mismatch.true):
            return wrong_shape(mismatch)
        found = recorded_mistakes.not_finite(mismatch)
        if found is not None:
            return found
        evidence = Evidence(mismatch)
        if not evidence.wrong.any():
            return None
        chosen = (each for each in EXPLANATIONS if not (each in COSTLY and mismatch.budget.is_spent)
                  and not (each in FACTORS and mismatch.trusting))
        return next((found for explain in chosen if (found := explain(evidence)) is not None), None)
