"""Tensor: a value, and the record of how it was made.

A *variable* is made by the user and has no operation; a *result* knows its operation, its inputs, its options and the
place in the user's code. Inputs are always older than results (`_number` counts creations), so sorting by number is
a topological order, and no reference cycle can arise.

Read `modes.py` before this file and `ops.py` after it; the methods and operators of Tensor are in `operators.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from sys import _getframe
from typing import Any

import numpy as np

from ..errors import ArgumentError, DTypeError, GraphError, GraphLostError, ShapeError
from . import positions, values
from .modes import current
from .operators import Operators

hooks_were_used = False
watching: Any = None                    # views/compiled/tracing.py, while it traces a function: told of what is read
reads = 0                               # how often a value that needs a gradient was taken out of its graph
run_backward: Any = None                # set by passes.py, which is above: an import at every call took a microsecond
next_number = count(1).__next__         # a counter kept as a class attribute took twice as long


class Extra:
    """What few tensors have: a name, hooks, whether `backward()` was called on it, whether it is a parameter."""

    __slots__ = ("hooks", "name", "parameter", "seeded")

    def __init__(self, name: str | None = None) -> None:
        self.name = name
        self.hooks: tuple[tuple[Callable[[Tensor], Any]], ...] = ()
        self.seeded = self.parameter = False


class Tensor(Operators):
    """A number or an array that remembers how it was made, so that gradients can flow back to what made it.

    Args:
        data: a number, a nested list of numbers, or an array. Python numbers become float64; arrays keep their dtype.
        requires_grad: None for yes if the data are floating-point, else True or False.
        dtype: the floating-point, integer or boolean dtype to hold, or None for the data's own.
        name: the name shown in pictures and messages; else it is the variable that the tensor is assigned to.
    Raises: DTypeError for complex or other data, and if a gradient is asked of integers or booleans.

    >>> w = tg.Tensor(2.0)
    >>> y = w * w + 3 * w
    >>> y.backward()
    >>> w.grad
    Tensor(7.0)
    """

    # One object per operation and no dict: the garbage collector visits every object that lives, and every slot. Slots
    # that few tensors fill (_more, _options, _grad, _module, _extra) stay empty in the others, and are read by getattr:
    # that takes a tenth off making a node, and a quarter off collecting.
    __slots__ = ("__weakref__", "_code", "_extra", "_grad", "_module", "_more", "_needs", "_number",
                 "_offset", "_op", "_options", "_total", "_value", "_x1", "_x2")

    _value: Any                 # a Python float, a NumPy scalar or an array; a tuple of these for several results
    _op: Any                    # the Op, or None for a variable or constant
    _x1: Any                    # the first two inputs, Tensors or raw constants: slots are faster than a tuple
    _x2: Any
    _more: tuple[Any, ...]      # the inputs after the second, or all inputs of an operation on a list
    _options: dict[str, Any]
    _number: int
    _code: Any                  # with _offset: the place in the user's code, see positions.py
    _offset: int
    _needs: bool                # a gradient can flow to it
    _grad: Any                  # a raw value or a Tensor, or None
    _total: Any                 # the running total during a backward pass, else None
    _module: str | None
    _extra: Extra

    def __init__(self, data: Any, requires_grad: bool | None = None, dtype: Any = None,
                 name: str | None = None) -> None:
        if requires_grad is not None and not isinstance(requires_grad, (bool, np.bool_)):
            raise ArgumentError(f"Tensor(data, requires_grad): got requires_grad={requires_grad!r:.40}. Expected True, "
                                "False or None; several numbers go in a list: Tensor([1.0, 2.0]).")
        value = _initial_value(data, dtype)
        floating = values.dtype_of(value).kind == "f"
        if requires_grad and not floating:
            raise DTypeError(f"Tensor(data): a gradient was asked of {values.dtype_of(value)} data. "
                             f"Only floating-point data are differentiable: Tensor(data, dtype=float).")
        _fill(self, value, floating if requires_grad is None else bool(requires_grad))
        if name is not None:
            self._extra = Extra(str(name))

    def __init_subclass__(cls) -> None:
        raise TypeError(f"{cls.__name__}: Tensor cannot be subclassed, because the engine asks "
                        "`x.__class__ is Tensor`. Hold a Tensor in your class instead.")

    # -- the value ----------------------------------------------------------------------------------------------

    @property
    def data(self) -> Any:
        """The value: a read-only array, or a NumPy scalar when 0-d. Assigning gives the variable a new value."""
        self._note_reading(".data")
        value = self._value
        if value.__class__ is np.ndarray:
            if value.base is None:
                value.setflags(write=False)
            else:
                values.freeze(value)
            return value.view(values.ReadOnlyArray)
        return values.read_only(value)

    @data.setter
    def data(self, value: Any) -> None:
        if watching is not None:
            watching.assigns(self)
        if self._op is not None:
            raise GraphError(f"{self._label()} is the result of {self._op.name}; assigning its data would "
                             "contradict its record. Expected a variable. "
                             "Assign the variables and compute it again.")
        old = self._value
        if value.__class__ is values.ReadOnlyArray:             # the usual case: t.data -= step
            new = values.shown_whole(value)
            if new is not None and new.shape == old.shape and new.dtype is old.dtype:
                self._value = new
                self._number = next_number()    # newer than every result made from the old value: see backprop.py
                return
        new = value._value if value.__class__ is Tensor else values.own(value)
        if new.__class__ is old.__class__ is float or (new.__class__ is old.__class__ is np.ndarray
                                                       and new.shape == old.shape and new.dtype == old.dtype):
            self._value = new
        else:
            self._value = self._converted(new)
        self._number = next_number()

    def _assign(self, new: Any) -> None:
        """Take over a raw value that nobody else holds, of this variable's shape and dtype."""
        if watching is not None:
            watching.assigns(self)
        self._value = new if new.__class__ is np.ndarray and new.ndim else values.settle(new)
        self._number = next_number()

    def _converted(self, new: Any) -> Any:
        """A value to assign, in this tensor's dtype."""
        if values.shape_of(new) != self.shape:
            raise ShapeError(f"{self._label()}.data = value: got a value of shape {values.shape_of(new)}, "
                             f"expected the tensor's own shape {self.shape}.")
        return values.settle(np.asarray(new, self.dtype))

    def numpy(self) -> np.ndarray[Any, Any]:
        """A fresh, writable array of the value."""
        self._note_reading(".numpy()")
        return np.array(self._value)

    def item(self) -> Any:
        """The value of a tensor with one element, as a Python number."""
        self._note_reading(".item()")
        if self.size != 1:
            raise ShapeError(f"{self._label()}.item(): got shape {self.shape}, expected one element. "
                             "Write .numpy() for the array or .tolist() for nested lists.")
        return np.asarray(self._value).item()

    def tolist(self) -> Any:
        """The value as nested lists of Python numbers (a number when 0-d)."""
        self._note_reading(".tolist()")
        return np.asarray(self._value).tolist()

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis; `()` for a single number."""
        value = self._value
        return () if value.__class__ is float else value.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The NumPy dtype of the elements."""
        return values.dtype_of(self._value)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return int(np.size(self._value))

    # -- the record ---------------------------------------------------------------------------------------------

    @property
    def requires_grad(self) -> bool:
        """True if a gradient can flow back to this tensor."""
        return self._needs

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        if self._op is not None:
            raise GraphError(f"{self._label()} is the result of {self._op.name}: whether it needs a gradient "
                             "follows from its inputs. Write .detach() for a tensor without a graph.")
        if wanted and self.dtype.kind != "f":
            raise DTypeError(f"{self._label()} has dtype {self.dtype}; "
                             "only floating-point tensors can have a gradient.")
        self._needs = bool(wanted)

    @property
    def is_leaf(self) -> bool:
        """True for a variable or constant, False for the result of a recorded operation."""
        return self._op is None

    @property
    def op(self) -> Any:
        """The operation that made this tensor, or None."""
        return self._op

    @property
    def inputs(self) -> tuple[Any, ...]:
        """The operation's inputs in order: Tensors, or raw constants."""
        return self._op.inputs_of(self) if self._op is not None else ()

    @property
    def options(self) -> dict[str, Any]:
        """The operation's options, such as axis."""
        return {name: self._options[name] for name in self._op.option_names} if self._op is not None else {}

    @property
    def name(self) -> str | None:
        """The given name, else the variable that the tensor was assigned to where it was made, else None."""
        given = extra_of(self).name
        return given if given is not None else positions.variable_of(self)

    @name.setter
    def name(self, name: str | None) -> None:
        self._own_extra().name = name

    @property
    def position(self) -> positions.Position | None:
        """Where in the user's code the tensor was made."""
        return positions.where(self)

    @property
    def module(self) -> str | None:
        """The path of the layer that made it, such as "layers.0", or None."""
        return getattr(self, "_module", None)

    def detach(self) -> Tensor:
        """The same value as a constant, without the graph."""
        return constant(self._value) if watching is None else watching.detached(self)

    # -- gradients ----------------------------------------------------------------------------------------------

    @property
    def grad(self) -> Tensor | None:
        """The gradient that `backward()` left here, or None. Variables add up; results hold the last pass's."""
        if watching is not None:
            watching.reads(self, ".grad")
        grad: Tensor | None = getattr(self, "_grad", None)
        if grad is not None and grad.__class__ is not Tensor:
            self._grad = grad = constant(grad)
        return grad

    @grad.setter
    def grad(self, grad: Any) -> None:
        if grad is None:
            self._grad = None
            return
        value = grad._value if grad.__class__ is Tensor else values.own(grad)
        if values.shape_of(value) != self.shape:
            raise ShapeError(f"{self._label()}.grad = value: got shape {values.shape_of(value)}, "
                             f"expected {self.shape}.")
        self._grad = values.settle(np.asarray(value, self.dtype))

    def zero_grad(self) -> None:
        """Forget the gradient: `.grad` becomes None."""
        self._grad = None

    def backward(self, gradient: Any = None, **others: Any) -> None:
        """Reverse mode: leave d(self)/d(t) in `t.grad` of every tensor t that `self` was made from.

        Args:
            gradient: what to start from, of this tensor's shape; may be left out for a single number, where it is 1.
        Raises: GraphError if nothing was recorded, ShapeError if `gradient` is missing or does not fit.

        >>> x = tg.Tensor([1.0, 2.0])
        >>> tg.sum(x * x).backward()
        >>> x.grad
        Tensor([2., 4.])
        """
        if watching is not None:
            watching.runs_backward()
        if others:
            raise TypeError(f"backward({', '.join(others)}): there is no such option. A graph lives as long as its "
                            "result, and backward() may be called again; for gradients of gradients write "
                            "tg.gradients(y, x, create_graph=True).")
        run_backward(self, gradient)

    def register_hook(self, hook: Callable[[Tensor], Any]) -> Callable[[], None]:
        """Call `hook(gradient)` in each backward pass when this tensor's gradient is complete.

        What it returns, if not None, replaces the gradient. Returns a function that removes the hook.
        """
        if not callable(hook):
            raise ArgumentError(f"register_hook(hook): got {hook!r:.40}. Expected a function of the gradient.")
        if not self._needs:
            raise GraphError(f"{self._label()} needs no gradient, so a hook on it would never be called.")
        global hooks_were_used              # noqa: PLW0603 (until then no pass needs to look for them)
        hooks_were_used = True
        extra, entry = self._own_extra(), (hook,)
        extra.hooks = (*extra.hooks, entry)

        def remove() -> None:
            extra.hooks = tuple(each for each in extra.hooks if each is not entry)
        return remove

    # -- helpers ------------------------------------------------------------------------------------------------

    def _own_extra(self) -> Extra:
        if extra_of(self) is NO_EXTRA:
            self._extra = Extra()
        return self._extra

    def _note_reading(self, how: str) -> None:
        """The value is about to leave the graph: what traces a function, and what differentiates it, must know."""
        global reads                    # noqa: PLW0603 (transforms ask whether it grew while a function ran)
        if watching is not None:
            watching.reads(self, how)
        if self._needs:
            reads += 1

    def _label(self) -> str:
        """How messages call this tensor: its name, else its kind and shape."""
        return self.name or f"a tensor of shape {self.shape}"

    def _as_number(self, what: str) -> Any:
        """The value for `float(t)` and the like, unless that would silently lose a graph."""
        self._note_reading(what)
        if self._needs and current().recording and not extra_of(self).seeded:
            made = f", made by {self._op.name}" if self._op is not None else ""
            where = f" at {self.position}" if self.position is not None else ""
            raise GraphLostError(f"{what} would make a plain number of {self._label()}{made}{where}, "
                                 "and lose its graph. Write t.item() for the number, tg.sin(t) and the like "
                                 "for mathematics, tg.stack([...]) or tg.asarray([...]) to join tensors, "
                                 'f"{t:.3f}" to print.')
        return self._value

    def __repr__(self) -> str:
        if watching is not None:
            watching.reads(self, "repr(t)")
        from .formatting import represent
        return represent(self)

    def __format__(self, spec: str) -> str:
        if watching is not None:
            watching.reads(self, "a text of t")
        from .formatting import formatted
        return formatted(self, spec)

    def __copy__(self) -> Tensor:
        """A variable of its own with the same value; a result is its own copy, since it does not change."""
        if self._op is not None:
            return self
        new = Tensor(self.data, requires_grad=self._needs, name=extra_of(self).name)
        if extra_of(self).parameter:
            new._own_extra().parameter = True
        return new

    def __reduce__(self) -> Any:
        from .storage import reduce
        return reduce(self)


def _initial_value(data: Any, dtype: Any) -> Any:
    if data.__class__ is Tensor:
        if data._needs and current().recording:
            raise GraphLostError(f"Tensor(t): {data._label()} is a Tensor already, and a new one would not be "
                                 "connected with it. Write t, or t.detach() for a constant, or tg.Tensor(t.numpy()) "
                                 "for a variable of its own.")
        if watching is not None:
            watching.reads(data, "Tensor(t)")
        data = data._value
    if isinstance(data, (list, tuple)):
        data = _from_list(data)
    elif isinstance(data, (bool, int, float)) and not isinstance(data, np.generic):
        data = data if isinstance(data, bool) else _as_float(data)
    if dtype is not None:
        wanted = np.dtype(dtype)
        values.check_dtype(wanted, "dtype")
        values.check_dtype(np.asarray(data).dtype, "data")
        data = np.asarray(data).astype(wanted)
    return values.settle(np.asarray(values.own(data, "data")))


def _as_float(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        raise ArgumentError(f"Tensor(data): got an integer of {int(number).bit_length()} bits. "
                            "Expected a number below 1.8e308, the largest of float64.") from None


def _from_list(data: Any) -> np.ndarray[Any, Any]:
    """A nested list as an array; Python integers in it become float64."""
    only_integers, stack = True, [data]
    while stack:
        for each in stack.pop():
            if each.__class__ is Tensor:
                raise ArgumentError("Tensor(data): the list holds Tensors, and copying their values would "
                                    "lose their graph. "
                                    "Write tg.asarray([...]) or tg.stack([...]) for a recorded stack.")
            if isinstance(each, (list, tuple)):
                stack.append(each)
            else:
                only_integers = only_integers and each.__class__ is int
    array = values.as_array(data)
    return array.astype(np.float64) if only_integers else array


NO_EXTRA = Extra()


def extra_of(t: Tensor) -> Extra:
    """The extra of a tensor; what it usually is if the tensor has none."""
    return getattr(t, "_extra", NO_EXTRA)


def _fill(node: Tensor, value: Any, needs: bool) -> None:
    """Make `node` a variable or constant that holds `value`, made where the user's code is now."""
    frame = _getframe(1)
    while positions.is_inside[frame.f_code.co_filename] and frame.f_back is not None:
        frame = frame.f_back
    node._value, node._needs, node._number = value, needs, next_number()
    node._op = node._x1 = node._x2 = node._total = None
    node._code, node._offset, node._module = frame.f_code, frame.f_lasti, current().module


NO_OPTIONS: dict[str, Any] = {}


def constant(value: Any) -> Tensor:
    """A Tensor that holds a settled value, needs no gradient, and does not say where it was made."""
    node: Tensor = object.__new__(Tensor)
    node._value, node._needs, node._number = value, False, next_number()
    node._op = node._x1 = node._x2 = node._total = node._code = None
    node._offset = 0
    return node


def variables(**given: Any) -> tuple[Tensor, ...]:
    """Named float variables, in the order in which they are written.

    >>> w, x = tg.variables(w=2, x=-3)
    >>> w.name, w.item()
    ('w', 2.0)
    """
    return tuple(Tensor(data, name=name, dtype=None if np.asarray(data).dtype.kind == "f" else np.float64)
                 for name, data in given.items())
