"""Compiling: a function as a program of straight-line NumPy that is kept and run.

    compile(f)          f, traced once for each structure of its arguments

The record that pictures and formulas show is also a program: what `tg.source` prints is here written, compiled by
Python and kept. Values and gradients have the bits that the function itself gives.
Read `compiled/__init__.py` for the parts.
"""

from __future__ import annotations

import threading
import types
import warnings
from collections.abc import Callable
from functools import update_wrapper
from typing import Any

import numpy as np

from ..core.modes import current
from ..core.ops import FLOAT_TROUBLE
from ..core.tensors import Tensor, constant, next_number
from ..core.values import settle
from ..errors import ArgumentError, CompileError
from ..transforms import leaves_of
from .compiled.arguments import Arguments, cut, perturbed, stand_in
from .compiled.guards import Guards
from .compiled.nodes import Saved, has_gradients_of, node, operation
from .compiled.programs import Program, same
from .compiled.skeletons import Ref, Skeleton, difference, raw, skeleton_of
from .compiled.tracing import is_tracing, traced

MOST = 32               # so many programs are kept
FORMS: dict[Any, Any] = {float: float, bool: bool, np.float64: np.float64, np.ndarray: np.array,
                         Tensor: lambda value: constant(settle(value))}


def compile(f: Callable[..., Any]) -> Compiled:
    """`f` as a program that is traced once, kept and run: the same values and gradients, to the bit, and faster.

    When arguments of new shapes or kinds come, the function runs three times: as it is, and twice to be traced. From
    then on its program runs. Arrays, floats and Tensors are values; whole numbers, booleans and texts steer the code,
    and each of them has a program of its own. Tensors from outside, such as parameters, are read at each call.
    Whatever else the function reads (variables from around it, globals, attributes, arrays) is watched, and it is
    traced anew if that changes. Not seen is what comes from files, other threads, context variables, caches of its own,
    or from the names and graphs of tensors: pass such things as arguments.

    Args:
        f: a function or model of numbers, arrays, Tensors, or nested lists, tuples and dicts of them.
    Returns: a `Compiled`, to be called like `f`.
    Raises: CompileError, when it is called, if the function decides by values, draws random numbers or assigns.

    >>> w = tg.Tensor(2.0)
    >>> @compile
    ... def loss_of(x):
    ...     return tg.sum((w * x - 1.0) ** 2)
    >>> loss = loss_of(np.array([1.0, 2.0]))
    >>> loss.backward()
    >>> loss, w.grad
    (Tensor(10.0, from loss_of), Tensor(14.0))
    """
    if not callable(f):
        raise ArgumentError(f"compile(f): got {type(f).__name__}. Expected a function or a model.")
    return f if isinstance(f, Compiled) else Compiled(f)


class Entry:
    """A program with what it depends on."""

    def __init__(self, program: Program, guards: Guards, arguments: Arguments) -> None:
        self.program, self.guards = program, guards
        self.objects = arguments.objects                        # they live as long, so that no other has their identity
        self.is_single = program.skeleton.output.__class__ is Ref and program.skeleton.output in program.outputs
        self.operations = {ref: operation(program, half, ref) for ref, half in program.halves.items()}


class Compiled:
    """A compiled function: call it like the function.

    Attributes:
        programs: the text of each program that is kept.
        uncompiled: the function itself, which formulas, graphs and the stepper show.
    """

    def __init__(self, f: Callable[..., Any]) -> None:
        self._entries: dict[Any, Entry] = {}
        self._lock = threading.RLock()
        self._traced, self._warned = 0, False
        self._last_key: Any = None
        self._f = f
        update_wrapper(self, f, updated=())
        self.__wrapped__ = f

    def __call__(self, *args: Any, **options: Any) -> Any:
        """What the function gives."""
        mode = current()
        if is_tracing() or mode.anomaly:
            return self._f(*args, **options)                    # what is traced, or looked at, is the function itself
        arguments = Arguments(args, options)
        key = (mode.recording, *arguments.key)
        entry = self._entries.get(key)
        if entry is None or entry.guards.changed() is not None:
            entry = self._new(key, arguments, entry)
        return self._run(entry, arguments)

    def _run(self, entry: Entry, arguments: Arguments) -> Any:
        """Run a program; where it cannot compute, the function itself."""
        program = entry.program
        try:
            found, kept = program.run(arguments.own)
        except Exception:
            return self._f(*arguments.args, **arguments.options)
        if complex in map(type, found):
            return self._f(*arguments.args, **arguments.options)
        if program.skeleton.checks:
            program.check(found, arguments.own)
        results = {}
        for ref, value in zip(program.outputs, found, strict=True):
            half = program.halves.get(ref)
            if half is not None:
                results[ref] = node(entry.operations[ref], value, Saved(program, ref, arguments.kept, kept))
            else:
                results[ref] = program.forms[ref](value)
        return results[program.skeleton.output] if entry.is_single else program.output(results, arguments.leaves)

    # -- a new program ------------------------------------------------------------------------------------------------

    def _new(self, key: Any, arguments: Arguments, old: Entry | None) -> Entry:
        with self._lock:
            self._traced += 1
            entry = _built(self._f, arguments)
            why = old.guards.changed() if old is not None else _first_difference(self._last_key, key)
            self._entries.pop(key, None)
            if len(self._entries) >= MOST:
                del self._entries[next(iter(self._entries))]
            self._entries[key] = entry
            self._last_key = key
            if self._traced > MOST and not self._warned:
                self._warned = True
                warnings.warn(f"{self._name()} has been traced {self._traced} times, which takes longer than running "
                              f"it. The last time this was new: {why}. Pass what differs as a float or an array, or "
                              f"make batches of equal shape; {MOST} programs are kept.", RuntimeWarning, stacklevel=3)
            return entry

    def _name(self) -> str:
        return getattr(self._f, "__name__", type(self._f).__name__)

    # -- how it looks -------------------------------------------------------------------------------------------------

    @property
    def uncompiled(self) -> Callable[..., Any]:
        """The function itself, as it was given."""
        return self._f

    @property
    def programs(self) -> list[str]:
        """The text of each program that is kept."""
        return [entry.program.text for entry in self._entries.values()]

    def source(self, *args: Any, **options: Any) -> str:
        """The text of the program that runs for such arguments.

        >>> print(compile(lambda x, w: tg.sum(w * x)).source(np.ones(2), tg.Tensor(3.0)).splitlines()[3])
            (x, w) = given
        """
        arguments = Arguments(args, options)
        key = (current().recording, *arguments.key)
        entry = self._entries.get(key)
        if entry is None or entry.guards.changed() is not None:
            entry = self._new(key, arguments, entry)
        return entry.program.text

    def __getattr__(self, name: str) -> Any:
        """What the function or model has, such as `parameters`."""
        if name.startswith("__") or "_f" not in vars(self):
            raise AttributeError(name)
        return getattr(self._f, name)

    def __reduce__(self) -> Any:
        return compile, (self._f,)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        """As a method of a class."""
        return self if instance is None else types.MethodType(self, instance)

    def __repr__(self) -> str:
        n = len(self._entries)
        return f"<compiled {self._name()} with {n} program{'s' * (n != 1)}>"


def _first_difference(one: Any, other: Any) -> str:
    """What differs between two keys, in words."""
    if one is None:
        return "the first call"
    for a, b in zip(one, other, strict=False):
        if a != b:
            return f"{_shown(a)} was followed by {_shown(b)} among the arguments"
    return "another number of arguments"


def _shown(part: Any) -> str:
    if isinstance(part, tuple) and part and isinstance(part[0], tuple):
        return f"an array of shape {part[0]}, {part[1]}"
    if isinstance(part, tuple) and part and part[0] is Tensor:
        return f"a Tensor of shape {part[2] if len(part) > 2 else ()}"
    if isinstance(part, tuple) and len(part) == 2 and isinstance(part[0], type):
        return f"{part[0].__name__} {part[1]!r}"
    return repr(part)


def _built(f: Callable[..., Any], arguments: Arguments) -> Entry:
    """The program of a function for such arguments, and what it depends on."""
    began = next_number()
    expected = f(*arguments.args, **arguments.options)          # raises what the function raises
    guards_before = Guards(f, arguments.objects, None)
    names = arguments.names(f)
    own = [raw(each) for each in arguments.leaves]
    one = _skeleton(f, arguments, own, names)
    try:
        two = _skeleton(f, arguments, [perturbed(each) for each in own], names)
    except CompileError:                            # perhaps labels went out of their range
        two = _skeleton(f, arguments, [perturbed(each, 1) for each in own], names)
    changed = guards_before.changed()
    if changed is not None:
        raise CompileError(f"the function changes {changed} while it runs. A compiled function may only compute: "
                           "change it outside.")
    unlike = difference(one, two)
    if unlike is not None:
        raise CompileError(f"the function did not do the same when it was run again on other values: {unlike}. "
                           "Expected the same operations with the same constants: numbers that it draws, reads from "
                           "elsewhere or computes outside of Tensors would be baked in. Pass them as arguments.")
    name = getattr(f, "__name__", type(f).__name__.lower())
    name = name if name.isidentifier() else "function"
    with np.errstate(all="ignore"):                             # NumPy has warned already
        cuts = [cut(each) for each in arguments.leaves], [cut(each) for each in one.outside]
        program = Program(one, *cuts, name)
        if not _runs(program, arguments):
            program = Program(one, *cuts, name, careful=True)
        _check(program, expected, arguments, began)
    return Entry(program, Guards(f, arguments.objects, one.outside), arguments)


def _skeleton(f: Callable[..., Any], arguments: Arguments, own: list[Any], names: list[str]) -> Skeleton:
    """What the function does with such values, on stand-ins."""
    stand_ins = [stand_in(value, name) for value, name in zip(own, names, strict=True)]
    try:
        return skeleton_of(traced(f, arguments.rebuilt(stand_ins), stand_ins))
    except CompileError:
        raise
    except Exception as error:
        raise CompileError(f"the function works on these arguments, but not on Tensors in their places, which show "
                           f"what it does: {type(error).__name__}: {error}") from error


def _runs(program: Program, arguments: Arguments) -> bool:
    """Whether Python's floats get through a program with these arguments."""
    try:
        found, kept = program.run(arguments.own)
        for ref, half in program.halves.items():
            half.run(kept, np.ones_like(found[program.outputs.index(ref)])[()])
    except (*FLOAT_TROUBLE, TypeError):
        return False
    return not any(isinstance(each, complex) for each in found)


def _check(program: Program, expected: Any, arguments: Arguments, began: int) -> None:
    """Raise CompileError unless the program gives what the function gave."""
    found, _ = program.run(arguments.own)
    results = dict(zip(program.outputs, found, strict=True))
    given = leaves_of(program.output(results, arguments.leaves))
    wanted = leaves_of(expected)
    kinds = leaves_of(program.skeleton.output)
    for x, y, ref in zip(given, wanted, kinds, strict=True):
        is_step = ref.__class__ is Ref and ref.kind == "step"
        is_tensor = program.is_tensor[ref] if is_step else x.__class__ is Tensor
        alike = is_tensor == (y.__class__ is Tensor)
        if is_step and not (alike and (is_tensor or x.__class__ is y.__class__)) and y.__class__ in FORMS and not (
                y.__class__ is Tensor and y._needs) and same(np.asarray(x), np.asarray(raw(y))):
            program.forms[ref] = FORMS[y.__class__]                     # tg.grad(f) gives arrays for arrays, say
            program.halves.pop(ref, None)
            continue
        if not alike or not (x is y or same(raw(x), raw(y))):
            raise CompileError(f"the program would give {raw(x)!r:.60} where the function gives {raw(y)!r:.60}. The "
                               "function does something else with plain arguments than with Tensors; pass Tensors, or "
                               "write it with the functions of tinygrad_edu.")
        if is_step and is_tensor and y._needs and not has_gradients_of(program, ref, y, arguments, began):
            raise CompileError("the program would give other gradients than the function, which does something else "
                               "with plain arguments than with Tensors, or asks them for requires_grad. Pass Tensors "
                               "that need a gradient, or write it with the functions of tinygrad_edu.")

