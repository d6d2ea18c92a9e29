"""The errors of the library: one base class, and what each error promises.

Every class also derives from the built-in that a user would catch, so `except ValueError` keeps working.
A message says what was given, what was expected, and (only where it would work) what to write instead.
Read this file first; everything else may import it.

    no_such_name options_elsewhere      names that Keras or PyTorch use, with what to write here
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class TinygradEduError(Exception):
    """The base of every error that this library raises on purpose."""


class ShapeError(TinygradEduError, ValueError):
    """Shapes do not fit; both are in the message."""


class DTypeError(TinygradEduError, TypeError):
    """A kind of number that cannot be used here: complex data, or an integer asked for a gradient."""


class AxisError(TinygradEduError, ValueError, IndexError):
    """An axis or an index that the array does not have."""


class ArgumentError(TinygradEduError, ValueError):
    """An argument with a value that the function does not accept."""


class GraphError(TinygradEduError, RuntimeError):
    """The recorded graph cannot answer: nothing was recorded, or the tensor is not a part of it."""


class GraphLostError(GraphError, TypeError):
    """A tensor that needs a gradient was about to become a plain number, silently losing its graph."""


class ChangedValueError(GraphError):
    """A value that a derivative rule needs was assigned anew after the forward pass."""


class RuleError(TinygradEduError, RuntimeError):
    """A derivative rule is missing, does not fit its operation, or gave a result of a wrong shape."""


class CompileError(TinygradEduError, RuntimeError):
    """A function cannot be compiled: its program would be wrong for other values. The message says what to write."""


class AnomalyError(TinygradEduError, FloatingPointError):
    """Under `detect_anomaly`, NaN or infinity came out of finite numbers; the message names the operation."""


class DataError(TinygradEduError, ValueError):
    """A data file is not what it should be; nothing was changed."""


class StateError(TinygradEduError, ValueError):
    """A saved state does not fit the model; the message lists every difference, and nothing was changed."""


class DownloadError(TinygradEduError, OSError):
    """A download failed or did not have the expected checksum."""


class MissingExtraError(TinygradEduError, ImportError):
    """An optional package is not installed; the message names the extra that brings it."""


class NonFiniteGradientWarning(RuntimeWarning):
    """A finite result has a gradient that is NaN or infinite; the message names where that began."""


class GradientError(TinygradEduError, AssertionError):
    """A gradient is wrong, or could not be checked; the message is the report, and `report` holds its parts."""

    report: object = None


class GrowingGraphWarning(UserWarning):
    """A training loop computes new weights from old ones instead of assigning them, so the graph never ends."""


# -- names of elsewhere -----------------------------------------------------------------------------------------------


def no_such_name(owner: str, name: str, elsewhere: Mapping[str, str]) -> AttributeError:
    """The error for an attribute that is not there, with what to write if other libraries have it.

    >>> no_such_name("optim", "RMSprop", {"RMSprop": "RMSProp"})
    AttributeError("optim has no attribute 'RMSprop'. Write RMSProp.")
    """
    hint = f". {_advice(elsewhere[name])}" if name in elsewhere else ""
    return AttributeError(f"{owner} has no attribute {name!r}{hint}")


def options_elsewhere(**others: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A decorator: options that other libraries have are refused with what to write here.

    >>> @options_elsewhere(learning_rate="lr=…")
    ... def descend(lr=0.1):
    ...     return lr
    >>> descend(learning_rate=0.2)
    Traceback (most recent call last):
    ...
    TypeError: descend(learning_rate=0.2): there is no such option. Write lr=….
    """
    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        name = function.__qualname__.removesuffix(".__init__").replace("Operators.", "Tensor.")

        @wraps(function)
        def checked(*args: P.args, **options: P.kwargs) -> R:
            for other in others.keys() & options.keys():
                raise TypeError(f"{name}({other}={options[other]!r:.40}): there is no such option. "
                                f"{_advice(others[other])}")
            return function(*args, **options)
        return checked
    return decorate


def _advice(here: str) -> str:
    """What to write, as a sentence; or that there is nothing to write, and why."""
    return f"{here}." if here.startswith("Leave it out") else f"Write {here}."
