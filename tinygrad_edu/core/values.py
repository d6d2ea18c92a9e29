"""Raw values: what may enter the graph, in which form it is held, and how it leaves.

    own(x)        anything array-like -> a value nobody else can write to
    settle(out)   what a NumPy function returned -> the form in which a node holds it
    shape_of, dtype_of, is_finite    of any held value

A value is held as a Python float when it is a 0-d float64, as a NumPy scalar when it is 0-d of another dtype, and as
an `np.ndarray` otherwise. Python floats are twice as fast as 0-d arrays; their meaning stays NumPy's.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray

from ..errors import DTypeError, ShapeError

FLOAT64 = np.dtype(np.float64)
NUMBERS = (bool, int, float)


def own(data: Any, name: str = "the data") -> Any:
    """`data` as a value that nobody can change later: copied unless it is read-only all the way to its owner."""
    array: Any
    if data.__class__ is ndarray and data.base is None and data.dtype is FLOAT64:
        flags = data.flags                      # the usual case: a batch, as data loaders hand it out
        if not flags.writeable and flags.owndata:
            return data
    if isinstance(data, np.ndarray):
        if data.__class__ is not ndarray:
            check_kind(data, name)
        array = data if is_frozen(data) else np.array(data, order="C")
        if array.__class__ is not np.ndarray:
            array = np.asarray(array)
    elif isinstance(data, np.generic):
        array = data
    elif isinstance(data, NUMBERS):
        return data
    else:
        array = as_array(data)
    if array.dtype.kind not in "fiub":
        check_dtype(array.dtype, name)
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def shown_whole(view: ReadOnlyArray) -> Any:
    """The array that `view`, as `t.data` gives it, shows as a whole and unwritable; None if it is another view."""
    array = view.base
    if (array.__class__ is ndarray and array.base is None and view.strides == array.strides
            and view.shape == array.shape and view.dtype is array.dtype and not array.flags.writeable):
        return array
    return None


def as_array(data: Any) -> np.ndarray:
    """A new array of `data`, which is a list or an object that NumPy can read."""
    try:
        return np.array(data)
    except ValueError as error:
        raise ShapeError(f"got a nested list whose rows differ in length ({error}). "
                         "Expected rows of one length.") from None


def is_frozen(array: np.ndarray) -> bool:
    """True if `array` and everything it is a view of are read-only, and an ndarray owns the memory."""
    owner: Any = array
    while isinstance(owner, np.ndarray):
        flags = owner.flags
        if flags.writeable:
            return False
        if owner.base is None:
            return bool(flags.owndata)
        owner = owner.base
    return False                                # the memory of a file or of another library: it may change


def check_kind(array: np.ndarray, name: str) -> None:
    """Raise DTypeError for the kinds of arrays that would mean something else here than they do in NumPy."""
    if isinstance(array, np.ma.MaskedArray):
        raise DTypeError(f"{name} is a masked array, whose mask would be lost. "
                         "Write tg.where(m.mask, 0.0, m.data) with what shall stand for the masked elements.")
    if isinstance(array, np.matrix):
        raise DTypeError(f"{name} is an np.matrix, whose * is the matrix product. "
                         "Write np.asarray(m), and @ for the matrix product.")


def check_dtype(dtype: np.dtype[Any], name: str) -> None:
    """Raise DTypeError unless `dtype` is boolean, integer or real floating."""
    if dtype.kind in "biuf":
        return
    if dtype.kind == "c":
        raise DTypeError(f"{name} is complex ({dtype}). Only real numbers are supported: "
                         "use x.real and x.imag as two arrays.")
    raise DTypeError(f"{name} has dtype {dtype}. Expected booleans, integers or real floating-point numbers.")


def settle(out: Any) -> Any:
    """The result of a NumPy function in the form in which a node holds it."""
    cls = out.__class__
    if cls is np.ndarray:
        if out.ndim:
            return out
        out = out[()]
        cls = out.__class__
    if cls is np.float64:
        return float(out)
    if isinstance(out, np.ndarray):             # a subclass that a user's function made
        return settle(np.asarray(out))
    if isinstance(out, NUMBERS) and not isinstance(out, np.generic):
        return settle(np.asarray(out))          # a Python float stays one, bool and int become NumPy scalars
    if isinstance(out, np.generic):
        return out
    raise DTypeError(f"a {type(out).__name__} came out of a function. Expected an array or a number"
                     + ("; several results are declared by results=." if isinstance(out, tuple) else "."))


def strong(value: Any) -> Any:
    """A held value for use beside arrays: a Python float becomes an np.float64, so that it counts in promotion."""
    return np.float64(value) if value.__class__ is float else value


def shape_of(value: Any) -> tuple[int, ...]:
    """The shape of a held value."""
    return value.shape if isinstance(value, (np.ndarray, np.generic)) else ()


def dtype_of(value: Any) -> np.dtype[Any]:
    """The dtype of a held value."""
    if value.__class__ is float:
        return FLOAT64
    return value.dtype if isinstance(value, (np.ndarray, np.generic)) else np.asarray(value).dtype


def is_finite(value: Any) -> bool:
    """True if a held value has no NaN and no infinity."""
    if value.__class__ is float:
        return math.isfinite(value)
    if dtype_of(value).kind != "f":
        return True
    return bool(np.isfinite(value).all())


def unwritable(x: Any) -> Any:
    """An array as code from outside may see it: a view that cannot be written to, since it is the graph's own."""
    if not isinstance(x, np.ndarray):
        return x
    view = x.view()
    view.setflags(write=False)
    return view


class ReadOnlyArray(np.ndarray):
    """What `t.data` gives: an array that cannot be written to, not even by `ufunc.at`, which would not ask.

    Its in-place operators return a new value, so that `t.data -= step` assigns one (an attribute target is assigned
    after its in-place operator ran). On a writable copy they work in place, as they do for any array.
    """

    def __setitem__(self, index: Any, value: Any) -> None:
        if not self.flags.writeable:
            raise ValueError("t.data[i] = y: t.data is read-only. Write t.data = t.at[i].set(y), or "
                             "a = t.numpy(); a[i] = y; t.data = a.")
        super().__setitem__(index, value)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = (), **options: Any) -> Any:
        """Compute with plain arrays, which is what results are."""
        if method == "at" and not inputs[0].flags.writeable:
            raise ValueError(f"np.{ufunc.__name__}.at(t.data, ...): t.data is read-only. "
                             "Write t.at[i].add(y) for a new tensor, or assign t.data = array.")
        plain = [x.view(np.ndarray) if isinstance(x, ReadOnlyArray) else x for x in inputs]
        if out:
            options["out"] = tuple(x.view(np.ndarray) if isinstance(x, ReadOnlyArray) else x for x in out)
        return getattr(ufunc, method)(*plain, **options)


def _in_place(name: str) -> Any:
    plain = getattr(np.ndarray, f"__{name}__")
    writing = getattr(np.ndarray, f"__i{name}__")

    def operator(self: Any, other: Any) -> Any:
        if self.flags.writeable:
            return writing(self, other)
        value = getattr(other, "_value", other)                                 # of a Tensor its value
        out = plain(self.view(ndarray), np.float64(value) if value.__class__ is float else value)
        if out.__class__ is not ndarray:
            return out
        out.setflags(write=False)
        return out.view(ReadOnlyArray)

    operator.__name__ = f"__i{name}__"
    return operator


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul",
              "and", "or", "xor", "lshift", "rshift"):
    setattr(ReadOnlyArray, f"__i{_name}__", _in_place(_name))


def read_only(value: Any) -> Any:
    """A held value as the user may see it: a NumPy scalar when 0-d, else a view that cannot be written to."""
    if value.__class__ is float:
        return np.float64(value)
    if not isinstance(value, np.ndarray):
        return value
    freeze(value)
    return value.view(ReadOnlyArray)


def freeze(array: np.ndarray) -> None:
    """Make an array read-only, and what it is a view of."""
    array.setflags(write=False)
    while isinstance(array.base, np.ndarray):
        array = array.base
        array.setflags(write=False)
