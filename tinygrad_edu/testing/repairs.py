"""Repairs: the one change inside a wrong rule that makes it right, and so the place of the mistake.

    repaired(trial)     a Diagnosis that names the expression in the rule and what is missing there

The rule is run on arrays that watch every NumPy function they are given to. Then it is run again and again, each time
with one operand of one of these calls transposed, summed over axes, averaged, negated, doubled or halved, or with one
of the rule's arguments in the place of another, until what it gives is the true gradient.
Read `mistakes.py` before this file and `rule_walk.py` after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, islice
from sys import _getframe
from typing import Any, NamedTuple

import numpy as np

from ..core.positions import Position, is_inside, locate
from .evidence import CHANCE, Diagnosis, chance_of
from .roughly import FOREVER, Budget
from .wrong_shapes import agree, axes_in_words, subsets

MOST_RUNS = 2000            # of a rule
MOST_AXES = 6               # of more axes no sum is tried
EPS = float(np.finfo(np.float64).eps)
NUMPY = np.__file__.rpartition("__init__")[0]
RUNNER = "_is_right"        # the function below which a rule runs


class Change(NamedTuple):
    """One change of an operand."""

    kind: str
    words: str                                      # what the rule lacks
    remedy: str                                     # what becomes of the operand
    make: Callable[[np.ndarray], np.ndarray]


class Watch:
    """Counts the calls of NumPy functions in one run of a rule, and changes one operand of one call."""

    def __init__(self, call: int = -1, operand: int = -1, change: Change | None = None) -> None:
        self.call, self.operand, self.change = call, operand, change
        self.seen: list[tuple[list[np.ndarray], Position | None]] = []       # each call's operands, and its place

    def arrays(self, arguments: Any) -> tuple[Any, list[np.ndarray]]:
        """Arguments with plain arrays in place of watching ones, changed if it is their turn; and the operands."""
        operands: list[np.ndarray] = []

        def plain(x: Any) -> Any:
            if isinstance(x, (list, tuple)):
                return _like(x, map(plain, x))
            if not isinstance(x, np.ndarray):
                return x
            array = x.view(np.ndarray)
            operands.append(array)
            chosen = (len(self.seen), len(operands) - 1) == (self.call, self.operand) and self.change is not None
            return self.change.make(array) if chosen and self.change is not None else array

        return plain(arguments), operands

    def run(self, function: Callable[..., Any], args: Any, kwargs: dict[str, Any]) -> Any:
        """A call of a NumPy function; its results watch, too."""
        given, operands = self.arrays(tuple(args))
        self.seen.append((operands, _place()))
        return self.watching(function(*given, **{key: self.arrays((x,))[0][0] for key, x in kwargs.items()}))

    def watching(self, value: Any) -> Any:
        """An array, or a tuple or list of them, that watches."""
        if isinstance(value, (list, tuple)):
            return _like(value, map(self.watching, value))
        if not isinstance(value, np.ndarray) or value.ndim == 0:
            return value
        array = value.view(Watching)
        array.watch = self
        return array


class Watching(np.ndarray):
    """An array that tells its watch of every NumPy function that it is given to."""

    watch: Watch | None

    def __array_finalize__(self, made_from: Any) -> None:
        """A view of a watching array watches."""
        self.watch = getattr(made_from, "watch", None)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """Run a universal function, watched."""
        return _watch_of(self, inputs).run(getattr(ufunc, method), inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """Run any other function of NumPy, watched."""
        return _watch_of(self, args).run(function, args, kwargs)


def _like(parts: Any, new: Iterable[Any]) -> Any:
    """A list, tuple or named tuple of new parts."""
    return type(parts)(*new) if hasattr(parts, "_fields") else type(parts)(new)


def _watch_of(array: Watching, args: Any) -> Watch:
    return array.watch or next((x.watch for x in args if isinstance(x, Watching) and x.watch), None) or Watch()


def _place() -> Position | None:
    """Where in the user's rule the running function was called; None for a rule of the library."""
    frame: Any = _getframe(1)
    while frame is not None and frame.f_code.co_name != RUNNER:
        name = frame.f_code.co_filename
        if not is_inside[name] and not name.startswith(NUMPY):
            return locate(frame.f_code, frame.f_lasti)
        frame = frame.f_back
    return None


class Trial(NamedTuple):
    """A wrong rule, and what it should give.

    Args:
        rule: the function.
        arguments: the names and raw values of what it is called with.
        others: the same of what else it might have named.
        fit: brings what it gives to the shape of the input, or raises.
        true: the true gradient.
        error: how far it may be off.
        budget: the time for it.
    """

    rule: Callable[..., Any]
    arguments: Sequence[tuple[str, Any]]
    others: Sequence[tuple[str, Any]]
    fit: Callable[[Any], Any]
    true: np.ndarray
    error: np.ndarray
    budget: Budget = FOREVER


def repaired(trial: Trial) -> Diagnosis | None:
    """The one change that makes a rule right, or None."""
    given, first = [value for _, value in trial.arguments], Watch()
    _is_right(trial, first, given)
    changes = islice(chain(_changes(first), _exchanges(trial, first)), MOST_RUNS)
    for runs, (call, operand, change) in enumerate(changes, 1):
        if trial.budget.is_spent:
            return None
        if _is_right(trial, Watch(call, operand, change), given):
            if _may_be_chance(trial, runs):
                return None
            operands, place = first.seen[call]
            which = f"operand {operand + 1} there" if len(operands) > 1 else "the operand there"
            where = f" in {place.expression or place.text}" if place is not None else ""
            detail = f"It would be right with {which} {change.remedy}." + (f" At {place}." if place else "")
            return Diagnosis(f"{change.words}{where}", change.kind, detail, place=place)
    return _misread(trial)


def _is_right(trial: Trial, watch: Watch, values: Sequence[Any]) -> bool:
    """Whether the rule gives the true gradient."""
    try:
        with np.errstate(all="ignore"):
            found = np.asarray(trial.fit(trial.rule(*map(watch.watching, values))))
    except Exception:
        return False
    return found.shape == trial.true.shape and agree(found.astype(np.float64), trial.true, trial.error, EPS)


def _may_be_chance(trial: Trial, runs: int) -> bool:
    """Whether one of so many changes may give the true numbers without being meant."""
    known = np.isfinite(trial.true) & np.isfinite(trial.error)
    scale = np.max(np.abs(trial.true[known]), initial=0.0) or 1.0
    return runs * chance_of(trial.error[known] / scale, trial.true[known]) >= CHANCE


def _misread(trial: Trial) -> Diagnosis | None:
    """Whether the rule would be right with one of its arguments transposed, or with another value in its place."""
    for i, (used, x) in enumerate(trial.arguments):
        if isinstance(x, np.ndarray) and x.ndim > 1:
            values = [np.swapaxes(y, -1, -2) if k == i else y for k, (_, y) in enumerate(trial.arguments)]
            if _is_right(trial, Watch(), values):
                return Diagnosis(f"would be right with {used} transposed", "transpose")
        for due, y in trial.others:
            if used not in ("g", due) and _is_array(x) and _is_array(y) and np.shape(x) == np.shape(y):
                values = [y if k == i else value for k, (_, value) in enumerate(trial.arguments)]
                if _is_right(trial, Watch(), values):
                    return Diagnosis(f"would be right with {due} in place of {used}", "stale")
    return None


def _is_array(x: Any) -> bool:
    return isinstance(x, (np.ndarray, np.floating, float))


def _changes(first: Watch) -> Iterator[tuple[int, int, Change]]:
    """Every change of every operand; transposes first, then sums, then the rest."""
    for kinds in (("transpose",), ("missing sum",), ("sign", "factor")):
        for call, (operands, _) in enumerate(first.seen):
            for k, array in enumerate(operands):
                for change in _of(array):
                    if change.kind in kinds:
                        yield call, k, change


def _exchanges(trial: Trial, first: Watch) -> Iterator[tuple[int, int, Change]]:
    """Every use of one argument where another one of its shape may belong."""
    known = dict((*trial.others, *trial.arguments))
    for call, (operands, _) in enumerate(first.seen):
        for k, array in enumerate(operands):
            for used, x in trial.arguments:
                if used != "g" and isinstance(x, np.ndarray) and x.shape == array.shape and np.array_equal(x, array):
                    for due, y in known.items():
                        if due not in (used, "g") and isinstance(y, np.ndarray) and y.shape == x.shape:
                            yield call, k, Change("stale", f"uses {used} where {due} belongs", f"replaced by {due}",
                                                  partial(_other, y))


def _other(y: np.ndarray, _: np.ndarray) -> np.ndarray:
    return y


def _of(array: np.ndarray) -> Iterator[Change]:
    """The changes of an operand."""
    if array.ndim > 1:
        yield Change("transpose", "lacks a transpose", "transposed", lambda x: np.swapaxes(x, -1, -2))
    if array.dtype.kind not in "fb":
        return
    for axes in subsets(array.ndim, MOST_AXES):
        reductions: tuple[tuple[str, Any], ...] = (("sum", np.sum), ("mean", np.mean))
        for word, reduce in reductions:
            for kept in (True, False):
                yield Change("missing sum", f"lacks a {word} over {axes_in_words(axes)}",
                             f"replaced by its {word} over {axes_in_words(axes)}",
                             partial(reduce, axis=axes, keepdims=kept))
    for axis in range(array.ndim):
        yield Change("missing sum", f"lacks a cumulative sum along axis {axis}",
                     f"replaced by its cumulative sum along axis {axis}", partial(np.cumsum, axis=axis))
    if array.dtype.kind == "f":
        yield Change("sign", "has a wrong sign", "negated", np.negative)
        yield Change("factor", "lacks a factor 2", "doubled", partial(np.multiply, 2.0))
        yield Change("factor", "has a factor 2 too many", "halved", partial(np.multiply, 0.5))
