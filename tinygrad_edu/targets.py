"""Targets: `file.py:name`, as commands take them, is the tensor or function that a file calls so.

    load("lesson.py:loss")      runs lesson.py as `python lesson.py` does -> the Tensor called loss
    arguments(["2.0", "[1, 2]"])    what to call a function with, as it was typed -> values
    examples_for(f, target, typed)  the same; without any, the function's own defaults

Every command that looks at a user's program shares this file, and with it the messages for what can go wrong.
"""

from __future__ import annotations

import ast
import difflib
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from .core.tensors import Tensor
from .errors import TinygradEduError
from .views.recording import missing, positional_parameters

PACKAGE = str(Path(__file__).parent) + os.sep
MOST_NAMES = 12                 # so many are listed in a message


class TargetError(TinygradEduError, ValueError):
    """A target `file.py:name` does not lead to a tensor or function: no such file, no such name, or the file failed."""


def load(target: str) -> Any:
    """The tensor or function that `target` names, after running its file as the main program.

    A file that ends itself by `sys.exit` has simply ended: what it made until then can be found.

    Args:
        target: "file.py:name", the path of a Python file and a name that is defined in it when it has run.
    Raises: TargetError saying what is there if the name is wrong, and with the file's own traceback if it fails.
    """
    file, name = _parts(target)
    names, exit_message = _run(file)
    if name not in names:
        raise TargetError(f"{target}: there is no {name} in {file} when it has run{exit_message}. "
                          f"{_offer(name, names)}")
    if not is_target(names[name]):
        raise TargetError(f"{target}: {name} has the type {type(names[name]).__name__}, "
                          f"expected a tensor or a function. {_offer(name, names)}")
    return names[name]


def arguments(typed: Sequence[str]) -> list[Any]:
    """What to call a function with: numbers, lists and the like, as they are written in Python.

    Raises: TargetError for anything else.

    >>> arguments(["2", "[1.5, -1]"])
    [2.0, array([ 1.5, -1. ])]
    """
    return [_argument(each) for each in typed]


def examples_for(f: Callable[..., Any], target: str, typed: Sequence[str]) -> list[Any]:
    """What to call a function with: what was typed, else its own defaults.

    Raises: TargetError if that leaves an argument without a value.
    """
    examples = arguments(typed) if typed else [*_defaults(f)]
    lacking = missing(f, len(examples))
    if lacking:
        raise TargetError(f"{target} is a function: say what to call it with, such as --args 2.0 \"[1, 2]\". "
                          f"There is no value for {', '.join(lacking)}.")
    return examples


def _defaults(f: Callable[..., Any]) -> Iterator[Any]:
    """The defaults of its first arguments, as far as they are what one differentiates by: fractions and arrays."""
    for each in positional_parameters(f):
        if not isinstance(each.default, (float, np.ndarray, np.floating)):
            return
        yield each.default


def _argument(typed: str) -> Any:
    try:
        value = ast.literal_eval(typed)
        return np.array(value, float) if isinstance(value, (list, tuple)) else (
            float(value) if isinstance(value, int) and not isinstance(value, bool) else value)
    except (ValueError, SyntaxError):
        raise TargetError(f"--args: got {typed!r}. Expected numbers or lists of numbers, such as 2.0 or "
                          '"[[1, 2], [3, 4]]".') from None


def is_target(value: Any) -> bool:
    """True for a Tensor, a function, or another object that can be called and is not a class."""
    return isinstance(value, Tensor) or (callable(value) and not isinstance(value, type))


def _parts(target: str) -> tuple[str, str]:
    """`file.py:name` in two."""
    file, colon, name = target.rpartition(":")
    if not colon or not name.isidentifier():
        raise TargetError(f"got {target!r}, expected file.py:name, such as lesson.py:loss for the tensor "
                          "that lesson.py calls loss.")
    if not os.path.isfile(file):
        raise TargetError(f"{target}: there is no file {os.path.abspath(file)}.")
    return file, name


# -- running the file -------------------------------------------------------------------------------------------------


def _run(file: str) -> tuple[dict[str, Any], str]:
    """The names that a file leaves when it is run as the main program, and how it ended itself, if it did."""
    path = os.path.abspath(file)
    main = ModuleType("__main__")
    main.__file__, main.__loader__ = path, SourceFileLoader("__main__", path)
    with _as_python_has_it(main, file):
        try:
            exec(compile(Path(path).read_bytes(), path, "exec", dont_inherit=True), main.__dict__)
        except SystemExit as end:
            return main.__dict__, f" (it ended by SystemExit: {end})" if end.code else ""
        except Exception as error:
            raise TargetError(f"{file} failed.\n{_own_traceback(error)}") from None
    return main.__dict__, ""


@contextmanager
def _as_python_has_it(main: ModuleType, file: str) -> Iterator[None]:
    """Within the block sys is as for `python file`: the main module, the arguments, where to import from."""
    before = sys.modules["__main__"], sys.argv, sys.path
    sys.modules["__main__"] = main
    sys.argv = [file]
    sys.path = [os.path.dirname(os.path.realpath(file)), *sys.path]
    try:
        yield
    finally:
        sys.modules["__main__"], sys.argv, sys.path = before


def _own_traceback(error: BaseException) -> str:
    """The traceback as Python prints it, without the lines of this package."""
    report = traceback.TracebackException.from_exception(error)
    waiting: list[traceback.TracebackException | None] = [report]
    while waiting:
        each = waiting.pop()
        if each is not None:
            frames = [frame for frame in each.stack if not frame.filename.startswith(PACKAGE)]
            each.stack = traceback.StackSummary.from_list(frames)
            waiting += [each.__cause__, each.__context__, *(each.exceptions or ())]
    return "".join(report.format()).rstrip()


# -- what there is ----------------------------------------------------------------------------------------------------


def _offer(wanted: str, names: dict[str, Any]) -> str:
    """The tensors and functions of a file in words, those with a similar name first."""
    kinds = {name: _kind(value) for name, value in names.items() if _belongs(name, value)}
    if not kinds:
        return "The file has no tensors and no functions of its own."
    close = difflib.get_close_matches(wanted, kinds, n=3)
    order = [*close, *(name for name in kinds if name not in close)]
    listed = ", ".join(f"{name} ({kinds[name]})" for name in order[:MOST_NAMES])
    more = f" and {len(order) - MOST_NAMES} more" if len(order) > MOST_NAMES else ""
    return (f"Did you mean {close[0]}? " if close else "") + f"It has {listed}{more}."


def _belongs(name: str, value: Any) -> bool:
    """True for what the file made itself to be looked at: not for what it imported, nor for names that begin with _."""
    return not name.startswith("_") and (
        isinstance(value, Tensor) or (is_target(value) and getattr(value, "__module__", None) == "__main__"))


def _kind(value: Any) -> str:
    """Whether it is a tensor, and of which shape, or a function."""
    return f"tensor of shape {value.shape}" if isinstance(value, Tensor) else "function"
