"""Guards: what a function reads from outside besides its arguments. If that changes, the function is traced anew.

    Guards(function, objects, tensors)      .changed() names what is not as it was, or gives None

Looked at are the variables of enclosing functions and the globals that the code names, and what they hold: plain
numbers and texts, Tensors (which they are, not their values), arrays (their content, if it can change), and the same
within lists, dicts, modules, classes, and the attributes of objects, such as the layers of a model.
"""

from __future__ import annotations

import itertools
import os
import pickle
import random
import sys
import threading
import types
import weakref
from array import array
from collections import deque
from collections.abc import Iterable, Iterator, KeysView, ValuesView
from copy import copy
from functools import partial
from operator import getitem, is_, length_hint
from typing import Any, NamedTuple

import numpy as np

from ...core.positions import is_inside
from ...core.tensors import Tensor
from ...core.values import is_frozen
from ...errors import CompileError
from ...optim.base import Optimizer

PLAIN = (bool, int, float, str, bytes, type(None), np.generic)
MOST = 20_000                       # so many things are looked at
LARGE = 100_000                     # elements of an array from outside; they are compared at each call
MISSING = object()
OF_FUNCTIONS = ("__code__", "__defaults__", "__kwdefaults__")
DESCRIBED = (types.GetSetDescriptorType, types.MemberDescriptorType, types.BuiltinFunctionType)


class Guard(NamedTuple):
    """`holder[key]`, or the attribute `key` of `holder`, was `value`."""

    holder: Any
    key: Any
    value: Any
    name: str


class Guards:
    """What must be as it was.

    Args:
        function: what is compiled.
        objects: the arguments that count by identity.
        tensors: the tensors from outside that the program uses; None for all that there are, and the generators.
    """

    def __init__(self, function: Any, objects: Iterable[Any], tensors: Iterable[Tensor] | None) -> None:
        self.items: list[Guard] = []
        self.attributes: list[Guard] = []
        self.arrays: list[tuple[Any, Any, str]] = []
        self.forms: list[tuple[Any, Any, str]] = []                 # dicts and lists: their keys or length
        self.numbers: list[tuple[Any, Any, str]] = []               # lists of nothing but plain values
        self.absent: list[tuple[Any, set[str]]] = []                # names that are no globals, and could become some
        self.unused: list[tuple[Any, Any, Any, Any, str]] = []      # tensors: how to get them, what they looked like
        self.states: list[tuple[Any, Any, str]] = []                # of generators
        self.all, self.tensors, self.seen = tensors is None, set(tensors or ()), dict[int, Any]()
        self.needs = [(t, t._needs) for t in self.tensors]
        self.names: set[str] = set()
        optimizers: list[Any] = []
        self._later = optimizers.append
        for each in (function, *objects):
            self._visit(each, getattr(each, "__name__", type(each).__name__))
        for each in optimizers:                                     # they change at each step, and are seldom read
            for key in vars(each).keys() & self.names:
                self._hold(vars(each), key, vars(each)[key], key)
        if self.all:
            self._visit_states()
        self._columns = [tuple(zip(*[each[:3] for each in found], strict=True)) or ((), (), ())
                         for found in (self.items, self.attributes)]
        if len(self.seen) > MOST:
            raise CompileError(f"the function reaches more than {MOST} objects, which cannot all be watched for "
                               "changes. Pass what it needs as arguments.")
        self.seen.clear()

    def changed(self) -> str | None:
        """The name of something that is not as it was, or None."""
        for holder, form, name in self.forms:
            if (len(holder) if form.__class__ is int else [*holder]) != form:
                return name
        for get, guards, columns in ((getitem, self.items, self._columns[0]),
                                     (getattr, self.attributes, self._columns[1])):
            if not _held_as_they_were(get, *columns):
                for holder, key, value, name in guards:
                    if not _are_equal(_got(get, holder, key), value):
                        return name
        for t, needed in self.needs:
            if t._needs is not needed:
                return f"whether {t._label()} needs a gradient"
        for numbers, before, name in self.numbers:
            if not (all(map(is_, numbers, before)) or all(map(_are_equal, numbers, before))):
                return name
        for each, before, name in self.arrays:
            if _image(each) != before:
                return name
        for get, holder, key, looks, name in self.unused:
            if _looks(_got(get, holder, key)) != looks:
                return name
        for held, names in self.absent:
            if not held.keys().isdisjoint(names):
                return f"a global of {', '.join(sorted(held.keys() & names))}"
        for state, before, name in self.states:
            if state() != before:
                return name
        return None

    # -- what is looked at --------------------------------------------------------------------------------------------

    def _visit(self, x: Any, name: str) -> None:
        if id(x) in self.seen or len(self.seen) > MOST or isinstance(x, PLAIN) or x.__class__ is Tensor:
            return
        self.seen[id(x)] = x
        if isinstance(x, types.FunctionType):
            self._visit_function(x)
        elif isinstance(x, types.MethodType):
            self._visit(x.__func__, name)
            self._visit(x.__self__, name)
        elif isinstance(x, np.ndarray):
            self._visit_array(x, name)
        elif isinstance(x, partial):
            for each in (x.func, x.args, x.keywords):
                self._visit(each, name)
        elif isinstance(x, (staticmethod, classmethod)):
            self._visit(x.__func__, name)
        elif isinstance(x, property):
            self._visit(x.fget, name)
        elif isinstance(x, type):
            self._visit_class(x, name)
        elif isinstance(x, Optimizer):
            self._later(x)
        elif isinstance(getattr(type(x), "uncompiled", None), property):
            self._visit(x.uncompiled, name)                         # a compiled function in another
        elif not isinstance(x, (types.ModuleType, types.BuiltinFunctionType)):
            self._visit_content(x, name)
            self._visit_object(x, name)

    def _visit_content(self, x: Any, name: str) -> None:
        """What a container holds."""
        if isinstance(x, list) and all(isinstance(each, PLAIN) for each in x):
            self.numbers.append((x, list(x), name))
            self.forms.append((x, len(x), name))
        elif isinstance(x, (list, tuple, deque)):
            self.forms += [(x, len(x), name)] if not isinstance(x, tuple) else []
            for i, each in enumerate(x):
                self._hold(x, i, each, f"{name}[{i}]", not isinstance(x, tuple))
        elif isinstance(x, (dict, types.MappingProxyType)):
            self.forms.append((x, [*x], name))
            for key, each in list(x.items()):
                self._hold(x, key, each, f"{name}[{key!r}]")
        elif isinstance(x, (bytearray, array, memoryview)):
            self.arrays.append((x, bytes(x), name))
        elif isinstance(x, (set, frozenset)):
            self.arrays.append((x, _image(x), name))
            for each in x:
                self._visit(each, name)
        elif isinstance(x, (KeysView, ValuesView)):
            self._visit(getattr(x, "mapping", None), name)
        elif isinstance(x, weakref.ref):
            self._visit(x(), name)

    def _hold(self, holder: Any, key: Any, value: Any, name: str, may_change: bool = True, get: Any = getitem) -> None:
        """Note a value that is held somewhere, and look into it."""
        if value.__class__ is Tensor:
            if may_change and (self.all or value in self.tensors):
                self._guard(get, holder, key, value, name)
            elif value not in self.tensors:
                self.unused.append((get, holder, key, _looks(value), name))
            return
        if may_change and not (isinstance(value, (types.ModuleType, types.BuiltinFunctionType)) or _is_ours(value)):
            self._guard(get, holder, key, value, name)
        self._visit(value, name)

    def _guard(self, get: Any, holder: Any, key: Any, value: Any, name: str) -> None:
        (self.items if get is getitem else self.attributes).append(Guard(holder, key, value, name))

    def _visit_array(self, x: Any, name: str) -> None:
        if is_frozen(x) and x.dtype.kind != "O":
            return
        if x.size > LARGE:
            raise CompileError(f"the function reaches the array {name} of {x.size:,} elements, which may be changed "
                               "between its calls, and is too large to be compared at each. Pass it as an argument, "
                               f"or freeze it: {name}.setflags(write=False).")
        self.arrays.append((x, _image(x), name))
        if x.dtype.kind == "O":
            for each in x.flat:
                self._visit(each, name)

    def _visit_function(self, f: types.FunctionType) -> None:
        if is_inside[f.__code__.co_filename]:
            return
        names = set(_names(f.__code__))
        self.names |= names
        found = [*map(f.__globals__.get, sorted(names)), *map(sys.modules.get, sorted(names))]
        for name, cell in zip(f.__code__.co_freevars, f.__closure__ or (), strict=True):
            found.append(_got(getattr, cell, "cell_contents"))
            if found[-1] is MISSING:
                self._guard(getattr, cell, "cell_contents", MISSING, name)
            else:
                self._hold(cell, "cell_contents", found[-1], name, get=getattr)
        for name in sorted(names & f.__globals__.keys()):
            self._hold(f.__globals__, name, f.__globals__[name], name)
        for each in found:
            if isinstance(each, types.ModuleType):
                self._visit_module(each, names)
        self.absent.append((f.__globals__, names - f.__globals__.keys()))
        for key in OF_FUNCTIONS:
            self._hold(f, key, getattr(f, key), f.__name__, get=getattr)
        if vars(f):
            self._visit(vars(f), f.__name__)

    def _visit_module(self, module: types.ModuleType, names: set[str]) -> None:
        """What code names of a module of the user's."""
        if module is os and not names.isdisjoint(("environ", "getenv")):
            self._visit(vars(os.environ)["_data"], "os.environ")
        file = getattr(module, "__file__", None)
        if file is None or is_inside[file] or "site-packages" in file or "/lib/python" in file:
            return
        for name in sorted(names & vars(module).keys()):
            value = vars(module)[name]
            self._hold(vars(module), name, value, f"{module.__name__}.{name}")
            if isinstance(value, types.ModuleType):
                self._visit_module(value, names)

    def _visit_object(self, x: Any, name: str) -> None:
        """The attributes of an object."""
        if isinstance(x, threading.local):                          # each thread has its own
            for key, each in list(vars(x).items()):
                self._hold(x, key, each, f"{name}.{key}", get=getattr)
            return
        if type(x).__module__.split(".")[0] in ("numpy", "builtins", "_thread"):
            return
        held = getattr(x, "__dict__", None)
        if held is not None:
            self.forms.append((held, len(held), name))
            for key, each in list(held.items()):
                self._hold(held, key, each, f"{name}.{key}")
        for cls in type(x).__mro__:
            slots = vars(cls).get("__slots__", ())
            for key in (slots,) if isinstance(slots, str) else slots:
                if hasattr(x, key):
                    self._hold(x, key, getattr(x, key), f"{name}.{key}", get=getattr)
        self._visit(type(x), type(x).__name__)

    def _visit_class(self, x: type, name: str) -> None:
        """What a class has of its own, and from other classes of the user's."""
        if x.__module__.partition(".")[0] in sys.stdlib_module_names | {"numpy", __package__.partition(".")[0]}:
            return
        held = vars(x)
        self.forms.append((held, len(held), name))
        for key, each in list(held.items()):
            if not isinstance(each, DESCRIBED) and (key[:2] != "__" or isinstance(each, types.FunctionType)):
                self._hold(held, key, each, f"{name}.{key}")
        for base in x.__bases__:
            self._visit(base, base.__name__)

    def _visit_states(self) -> None:
        """What generators will give next: asked around a traced run, not at calls."""
        found: list[tuple[Any, str]] = [(random.getstate, "the state of random"),
                                        (np.random.get_state, "the state of np.random")]
        for x in self.seen.values():
            if isinstance(x, random.Random):
                found.append((x.getstate, "the state of random.Random"))
            elif isinstance(x, np.random.Generator):
                found.append((partial(getattr, x.bit_generator, "state"), "the state of a random generator"))
            elif isinstance(x, itertools.count):
                found.append((partial(repr, x), repr(x)))
            elif isinstance(x, Iterator):
                found.append((partial(length_hint, x, 0), f"a {type(x).__name__}"))
        for ask, name in found:
            state = partial(_stored, ask)
            self.states.append((state, state(), name))


def _stored(ask: Any) -> bytes:
    return pickle.dumps(ask())


def _got(get: Any, holder: Any, key: Any) -> Any:
    try:
        return get(holder, key)
    except (LookupError, AttributeError, ValueError):
        return MISSING


def _held_as_they_were(get: Any, holders: Any, keys: Any, values: Any) -> bool:
    """Whether all that is held is the same object still: asked at every call, so in three loops of C."""
    try:
        return all(map(is_, map(get, holders, keys), values))
    except (LookupError, AttributeError, ValueError):
        return False


def _are_equal(now: Any, value: Any) -> bool:
    """Whether two plain values are the same, to the bit; other objects are if they are identical."""
    if now is value:
        return True
    if now.__class__ is not value.__class__ or not isinstance(value, PLAIN):
        return False
    return now.tobytes() == value.tobytes() if isinstance(value, np.generic) else repr(now) == repr(value)


def _looks(x: Any) -> Any:
    """What code may ask of a Tensor but its value; the value of a constant number too, which may be an option."""
    if x.__class__ is not Tensor:
        return None
    value = x._value if x._value.__class__ is float and not x._needs else None
    return x.shape, x.dtype, x._needs, repr(value)


def _image(x: Any) -> Any:
    """The content of an array or a set as it is now."""
    if isinstance(x, np.ndarray):
        return x.shape, x.dtype, x.tobytes()
    return copy(x) if isinstance(x, (set, frozenset)) else bytes(x)


def _is_ours(x: Any) -> bool:
    return isinstance(x, types.FunctionType) and is_inside[x.__code__.co_filename]


def _names(code: types.CodeType) -> Iterable[str]:
    """The names that code uses, and texts that may be some: `getattr(settings, "rate")`."""
    yield from code.co_names
    for each in code.co_consts:
        if isinstance(each, types.CodeType):
            yield from _names(each)
        elif isinstance(each, str) and each.isidentifier():
            yield each
