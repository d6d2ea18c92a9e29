"""Arguments of a compiled function: what of them decides which program runs, and what is a value for any program.

    Arguments(args, options)        .key decides, .leaves are the values; .rebuilt(leaves) puts others in their places

Arrays, NumPy's numbers, Python's floats and Tensors are values: their shape, dtype and kind count. Whole numbers,
booleans, texts and None steer the code and count as they are. All other objects count by identity.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray

from ...core import values
from ...core.tensors import Extra, Tensor, constant
from ...core.values import ReadOnlyArray, is_frozen
from ...errors import CompileError, DTypeError
from ..recording import parameter_names

PLAIN = {int, bool, str, bytes, type(None), type, slice, type(Ellipsis)}


class Arguments:
    """The arguments of one call.

    Attributes:
        key: hashable; equal keys can share a program.
        leaves: the values, raw or Tensors, each Tensor once.
        own: the same as raw values of the program's own: arrays that may change are copied, as they lie in memory.
        objects: those that count by identity, so that they live as long as the program.
    """

    __slots__ = ("_seen", "args", "key", "leaves", "objects", "options", "own")

    def __init__(self, args: tuple[Any, ...], options: dict[str, Any]) -> None:
        self.args, self.options = args, options
        self.leaves: list[Any] = []
        self.own: list[Any] = []
        self.objects: list[Any] = []
        self._seen: dict[int, int] | None = None
        found: list[Any] = []
        for each in args:
            self._read(each, found)
        for name, each in options.items():
            found.append(name)
            self._read(each, found)
        self.key = tuple(found)

    def _read(self, x: Any, key: list[Any]) -> None:
        cls = x.__class__
        if cls is ndarray:
            frozen = is_frozen(x)
            key.append((x.shape, x.dtype, x.flags.c_contiguous, frozen))
            self.leaves.append(x)
            self.own.append(x if frozen else copy_of(x))
        elif cls is Tensor:
            self._read_tensor(x, key)
        elif cls is float:
            key.append(float)
            self.leaves.append(x)
            self.own.append(x)
        elif cls is list or cls is tuple or (isinstance(x, tuple) and hasattr(x, "_fields")):
            key.append((cls, len(x)))
            for each in x:
                self._read(each, key)
        elif cls is dict:
            key.append((dict, *x, *map(type, x)))
            for each in x.values():
                self._read(each, key)
        elif isinstance(x, np.generic):
            key.append(cls)
            self.leaves.append(x)
            self.own.append(x)
        elif cls is ReadOnlyArray:
            self._read(x.view(ndarray), key)
        elif cls in PLAIN:
            key.append((cls, repr(x) if cls is slice else x))
        elif hasattr(x, "__array__"):
            raise CompileError(f"got a {cls.__name__} as an argument, which holds numbers that the program could not "
                               "read anew. Pass np.asarray(x).")
        else:
            key.append((cls, id(x)))
            self.objects.append(x)

    def _read_tensor(self, x: Tensor, key: list[Any]) -> None:
        if self._seen is None:
            self._seen = {}
        number = self._seen.get(id(x))
        if number is not None:
            key.append(number)                          # the same Tensor once more
            return
        self._seen[id(x)] = len(self.leaves)
        value = x._value
        self.leaves.append(x)
        self.own.append(value)
        if value.__class__ is float:
            key.append((Tensor, x._needs))
        else:
            key.append((Tensor, x._needs, value.shape, value.dtype))

    def rebuilt(self, leaves: list[Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments with other values in their places."""
        taken = iter(leaves)
        seen: dict[int, Any] = {}

        def build(x: Any) -> Any:
            cls = x.__class__
            if cls is Tensor:
                if id(x) not in seen:
                    seen[id(x)] = next(taken)
                return seen[id(x)]
            if cls in (ndarray, float, ReadOnlyArray) or isinstance(x, np.generic):
                return next(taken)
            if cls is list or cls is tuple:
                return cls(map(build, x))
            if isinstance(x, tuple) and hasattr(x, "_fields"):
                return cls(*map(build, x))
            if cls is dict:
                return {name: build(each) for name, each in x.items()}
            return x
        return tuple(map(build, self.args)), {name: build(each) for name, each in self.options.items()}

    @property
    def kept(self) -> list[Any]:
        """The Tensors that were given, and the program's own values of the others."""
        if self._seen is None:
            return self.own
        return [x if x.__class__ is Tensor else own for x, own in zip(self.leaves, self.own, strict=True)]

    def names(self, function: Callable[..., Any]) -> list[str]:
        """What each leaf is called: like the parameter that it came by."""
        found: list[str] = []
        names = [*parameter_names(function, len(self.args)), *self.options]
        for name, each in zip(names, [*self.args, *self.options.values()], strict=True):
            own = Arguments((each,), {}).leaves
            found += [name] if len(own) == 1 else [f"{name}_{i}" for i in range(len(own))]
        return [*found, *["x"] * len(self.leaves)][:len(self.leaves)]


def copy_of(x: ndarray) -> ndarray:
    """A copy that lies in memory as `x` does, since the order in which numbers are added decides their last bits."""
    if x.flags.forc:
        return np.array(x, order="K")
    low, high = np.lib.array_utils.byte_bounds(x)
    start = x.__array_interface__["data"][0] - low
    made = ndarray(x.shape, x.dtype, np.empty(high - low, np.uint8).data, start, x.strides)
    made[...] = x
    return made


def stand_in(value: Any, name: str) -> Tensor:
    """A Tensor that stands for an argument while the function is traced."""
    try:
        values.check_dtype(values.dtype_of(value), f"the argument {name}")
    except DTypeError as error:
        raise CompileError(f"{error} Such an argument cannot be compiled.") from None
    made = constant(values.settle(np.array(value, order="K")) if value.__class__ is not float else value)
    made._needs = made.dtype.kind == "f"            # so that what reads it is refused wherever a gradient would be lost
    made._extra = Extra(name)
    return made


def cut(x: Any) -> Any:
    """A Tensor without its past; raw values as they are."""
    if x.__class__ is not Tensor:
        return x
    made = constant(x._value)
    made._needs = x._needs
    return made


def perturbed(value: Any, way: int = 0) -> Any:
    """Another value of the same kind and range: the rows in another order, else other numbers of about the same size.

    There are two ways, since the first may lead out of a range that the function checks.
    """
    x = np.asarray(value)
    if not x.size:
        return value
    other: Any = np.roll(x, 1, axis=0) if x.ndim else x
    if x.dtype.kind == "b":
        other = ~x
    elif np.array_equal(other, x):
        if x.dtype.kind == "f":
            other = (x * x.dtype.type(0.96875 if way else 1.03125)).astype(x.dtype)
        else:
            other = (x + 1 if (x.flat[0] <= 0) != bool(way) else x - 1).astype(x.dtype)
    return float(other) if value.__class__ is float else other[()] if x.ndim == 0 else other
