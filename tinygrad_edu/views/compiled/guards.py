"""Guards: what a function reads from outside besides its arguments. If that changes, the function is traced anew.

    Guards(function, objects, tensors)      .changed() names what is not as it was, or gives None

Looked at are the variables of enclosing functions and the globals that the code names, and what they hold: plain
numbers and texts, Tensors (which they are, not their values), arrays (their content, if they can be written to), and
the same within lists, dicts, and the attributes of objects, such as the layers of a model.
"""

from __future__ import annotations

import sys
import types
from collections import deque
from collections.abc import Iterable
from copy import copy
from functools import partial
from operator import getitem, is_
from typing import Any, NamedTuple

import numpy as np

from ...core.positions import is_inside
from ...core.tensors import Tensor
from ...errors import CompileError

PLAIN = (bool, int, float, str, bytes, type(None), np.generic)
MOST = 20_000                       # so many things are looked at
LARGE = 100_000                     # elements of an array from outside; they are compared at each call
MISSING = object()


class Guard(NamedTuple):
    """`holder[key]` was `value`."""

    holder: Any
    key: Any
    value: Any
    name: str


class Guards:
    """What must be as it was.

    Args:
        function: what is compiled.
        objects: the arguments that count by identity.
        tensors: the tensors from outside that the program uses; None for all that there are.
    """

    def __init__(self, function: Any, objects: Iterable[Any], tensors: Iterable[Tensor] | None) -> None:
        self.guards: list[Guard] = []
        self.cells: list[tuple[Any, Any, str]] = []
        self.arrays: list[tuple[Any, Any, str]] = []
        self.lengths: list[tuple[Any, int, str]] = []
        self.numbers: list[tuple[Any, Any, str]] = []               # lists of nothing but plain values
        self.all, self.tensors, self.seen = tensors is None, set(tensors or ()), set[int]()
        self.needs = [(t, t._needs) for t in self.tensors]
        for each in (function, *objects):
            self._visit(each, getattr(each, "__name__", type(each).__name__))
        self._places = [each.holder for each in self.guards], [each.key for each in self.guards]
        self._values = [each.value for each in self.guards]
        if len(self.seen) > MOST:
            raise CompileError(f"the function reaches more than {MOST} objects, which cannot all be watched for "
                               "changes. Pass what it needs as arguments.")

    def changed(self) -> str | None:
        """The name of something that is not as it was, or None."""
        for holder, length, name in self.lengths:
            if len(holder) != length:
                return name
        for holder, key, value, name in () if self._held_as_they_were() else self.guards:
            try:
                now = holder[key]
            except (LookupError, AttributeError):
                return name
            if now is not value and not _are_equal(now, value):
                return name
        for cell, value, name in self.cells:
            now = _content(cell)
            if now is not value and not _are_equal(now, value):
                return name
        for t, needed in self.needs:
            if t._needs is not needed:
                return f"whether {t._label()} needs a gradient"
        for numbers, before, name in self.numbers:
            if numbers != before:
                return name
        for array, before, name in self.arrays:
            if not np.array_equal(array, before, equal_nan=before.dtype.kind == "f"):
                return name
        return None

    def _held_as_they_were(self) -> bool:
        """Whether all that is held is the same object still: asked at every call, so in three loops of C."""
        try:
            return all(map(is_, map(getitem, *self._places), self._values))
        except (LookupError, AttributeError):
            return False

    # -- what is looked at --------------------------------------------------------------------------------------------

    def _visit(self, x: Any, name: str) -> None:
        if id(x) in self.seen or len(self.seen) > MOST or isinstance(x, PLAIN) or x.__class__ is Tensor:
            return
        self.seen.add(id(x))
        if isinstance(x, types.FunctionType):
            self._visit_function(x)
        elif isinstance(x, types.MethodType):
            self._visit(x.__func__, name)
            self._visit(x.__self__, name)
        elif isinstance(x, np.ndarray):
            if x.flags.writeable and x.dtype.kind in "biufc":
                if x.size > LARGE:
                    raise CompileError(f"the function reaches the array {name} of {x.size:,} elements, which may be "
                                       "changed between its calls, and is too large to be compared at each. Pass it "
                                       f"as an argument, or freeze it: {name}.setflags(write=False).")
                self.arrays.append((x, x.copy(), name))
        elif isinstance(x, partial):
            for each in (x.func, x.args, x.keywords):
                self._visit(each, name)
        elif isinstance(x, list) and all(isinstance(each, PLAIN) for each in x):
            self.numbers.append((x, list(x), name))
        elif isinstance(x, (list, tuple)):
            self.lengths += [(x, len(x), name)] if isinstance(x, list) else []
            for i, each in enumerate(x):
                self._hold(x, i, each, f"{name}[{i}]", isinstance(x, list))
        elif isinstance(x, dict):
            self.lengths.append((x, len(x), name))
            for key, each in list(x.items()):
                self._hold(x, key, each, f"{name}[{key!r}]")
        elif isinstance(x, (set, deque, bytearray)):
            self.numbers.append((x, copy(x), name))
        elif isinstance(x, type):
            self._visit_class(x, x, {}, x.__name__)
        elif not isinstance(x, (types.ModuleType, types.BuiltinFunctionType)):
            self._visit_object(x, name)

    def _hold(self, holder: Any, key: Any, value: Any, name: str, may_change: bool = True) -> None:
        """Note a value that is held somewhere, and look into it."""
        if value.__class__ is Tensor:
            if (self.all or value in self.tensors) and may_change:
                self.guards.append(Guard(holder, key, value, name))
            self._watch_number(value, name)
            return
        if isinstance(value, PLAIN):
            if may_change:
                self.guards.append(Guard(holder, key, value, name))
            return
        if may_change and not isinstance(value, types.ModuleType) and not _is_ours(value):
            self.guards.append(Guard(holder, key, value, name))
        self._visit(value, name)

    def _watch_number(self, t: Tensor, name: str) -> None:
        """A constant number that the program does not use as a Tensor may have been an option: its value counts."""
        if t not in self.tensors and not t._needs and t._value.__class__ is float:
            self.guards.append(Guard(_Attributes(t), "_value", t._value, name))

    def _visit_function(self, f: types.FunctionType) -> None:
        if is_inside[f.__code__.co_filename]:
            return
        for name, cell in zip(f.__code__.co_freevars, f.__closure__ or (), strict=True):
            value = _content(cell)
            if value.__class__ is not Tensor or value in self.tensors:
                self.cells.append((cell, value, name))
            if value.__class__ is Tensor:
                self._watch_number(value, name)
            self._visit(value, name)
        names = set(_names(f.__code__))
        for name in sorted(names):
            if name in f.__globals__:
                value = f.__globals__[name]
                self._hold(f.__globals__, name, value, name)
                if isinstance(value, types.ModuleType):
                    self._visit_module(value, names)
        for each in (*(f.__defaults__ or ()), *(f.__kwdefaults__ or {}).values()):
            self._visit(each, f.__name__)
        wrapped = getattr(f, "__wrapped__", None)
        if wrapped is not None:
            self._visit(wrapped, f.__name__)

    def _visit_module(self, module: types.ModuleType, names: set[str]) -> None:
        """The plain values of a module of the user's that code names."""
        file = getattr(module, "__file__", None)
        if file is None or is_inside[file] or "site-packages" in file or "/lib/python" in file:
            return
        for name in sorted(names & vars(module).keys()):
            self._hold(vars(module), name, vars(module)[name], f"{module.__name__}.{name}")

    def _visit_object(self, x: Any, name: str) -> None:
        if type(x).__module__.split(".")[0] in ("numpy", "builtins", "threading", "_thread"):
            return
        held = getattr(x, "__dict__", {})
        for key, each in list(held.items()):
            self._hold(held, key, each, f"{name}.{key}")
        for cls in type(x).__mro__:
            slots = vars(cls).get("__slots__", ())
            for key in (slots,) if isinstance(slots, str) else slots:
                if hasattr(x, key):
                    self._hold(_Attributes(x), key, getattr(x, key), f"{name}.{key}")
        for cls in type(x).__mro__[:-1]:
            self._visit_class(x, cls, held, name)

    def _visit_class(self, x: Any, cls: type, held: dict[str, Any], name: str) -> None:
        """What an object, or a class itself, has from a class: plain values, and functions that may be called."""
        if cls.__module__.partition(".")[0] in sys.stdlib_module_names | {"numpy"}:
            return
        for key, each in list(vars(cls).items()):
            if isinstance(each, types.FunctionType):
                self._visit(each, name)
            elif isinstance(each, PLAIN) and key not in held and key[:2] != "__":
                self._hold(_Attributes(x), key, getattr(x, key), f"{name}.{key}")


class _Attributes:
    """The attributes of an object by their names, also where its class has them."""

    def __init__(self, x: Any) -> None:
        self.x = x

    def __getitem__(self, name: str) -> Any:
        return getattr(self.x, name)


def _are_equal(now: Any, value: Any) -> bool:
    """Whether two plain values are the same; other objects are if they are identical."""
    if now.__class__ is not value.__class__ or not isinstance(value, PLAIN):
        return False
    return bool(now == value) or bool(now != now and value != value)


def _is_ours(x: Any) -> bool:
    return isinstance(x, types.FunctionType) and is_inside[x.__code__.co_filename]


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return MISSING


def _names(code: types.CodeType) -> Iterable[str]:
    yield from code.co_names
    for each in code.co_consts:
        if isinstance(each, types.CodeType):
            yield from _names(each)
