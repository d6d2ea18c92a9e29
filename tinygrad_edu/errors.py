"""The errors of the library: one base class, and what each error promises.

Every class also derives from the built-in that a user would catch, so `except ValueError` keeps working.
A message says what was given, what was expected, and (only where it would work) what to write instead.
Read this file first; everything else may import it.
"""


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
