"""The operators, methods and NumPy protocols of Tensor: one line each, which calls the operation of that name.

`ops` is bound when the package of operations loads, so that no operator imports anything when it is called.
Read `ops/elementwise.py` for what the operations do.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DTypeError, GraphError, ShapeError, options_elsewhere
from .elsewhere import OF_TENSORS, NotHere

if TYPE_CHECKING:
    from .tensors import Tensor

ops: Any = None                 # the package tinygrad_edu.ops
watching: Any = None            # as in tensors.py: told of what is read while a function is traced


AXIS = options_elsewhere(dim="axis=…", keepdim="keepdims=…")


class Operators:
    """The base of Tensor that holds its operators and methods."""

    __slots__ = ()
    _value: Any
    _as_number: Callable[[str], Any]
    _label: Callable[[], str]
    if TYPE_CHECKING:
        @property
        def shape(self) -> tuple[int, ...]:
            """The length of each axis."""
        @property
        def ndim(self) -> int:
            """The number of axes."""
        @property
        def size(self) -> int:
            """The number of elements."""

    # -- arithmetic: + - * / // % ** @ --------------------------------------------------------------------------

    def __add__(self, other: Any) -> Tensor:
        return ops.add(self, other)

    def __radd__(self, other: Any) -> Tensor:
        return ops.add(other, self)

    def __sub__(self, other: Any) -> Tensor:
        return ops.subtract(self, other)

    def __rsub__(self, other: Any) -> Tensor:
        return ops.subtract(other, self)

    def __mul__(self, other: Any) -> Tensor:
        return ops.multiply(self, other)

    def __rmul__(self, other: Any) -> Tensor:
        return ops.multiply(other, self)

    def __truediv__(self, other: Any) -> Tensor:
        return ops.divide(self, other)

    def __rtruediv__(self, other: Any) -> Tensor:
        return ops.divide(other, self)

    def __floordiv__(self, other: Any) -> Tensor:
        return ops.floor_divide(self, other)

    def __rfloordiv__(self, other: Any) -> Tensor:
        return ops.floor_divide(other, self)

    def __mod__(self, other: Any) -> Tensor:
        return ops.remainder(self, other)

    def __rmod__(self, other: Any) -> Tensor:
        return ops.remainder(other, self)

    def __pow__(self, other: Any) -> Tensor:
        return ops.power(self, other)

    def __rpow__(self, other: Any) -> Tensor:
        return ops.power(other, self)

    def __matmul__(self, other: Any) -> Tensor:
        return ops.matmul(self, other)

    def __rmatmul__(self, other: Any) -> Tensor:
        return ops.matmul(other, self)

    def __neg__(self) -> Tensor:
        return ops.negative(self)

    def __pos__(self) -> Tensor:
        return ops.positive(self)

    def __abs__(self) -> Tensor:
        return ops.abs(self)

    # -- comparisons and logic: results are boolean and need no gradient ----------------------------------------

    def __lt__(self, other: Any) -> Tensor:
        return ops.less(self, other)

    def __le__(self, other: Any) -> Tensor:
        return ops.less_equal(self, other)

    def __gt__(self, other: Any) -> Tensor:
        return ops.greater(self, other)

    def __ge__(self, other: Any) -> Tensor:
        return ops.greater_equal(self, other)

    def __eq__(self, other: Any) -> Tensor:  # type: ignore[override]
        return ops.equal(self, other)

    def __ne__(self, other: Any) -> Tensor:  # type: ignore[override]
        return ops.not_equal(self, other)

    __hash__ = object.__hash__      # tensors compare by value and are told apart by identity

    def __and__(self, other: Any) -> Tensor:
        return ops.bitwise_and(self, other)

    def __rand__(self, other: Any) -> Tensor:
        return ops.bitwise_and(other, self)

    def __or__(self, other: Any) -> Tensor:
        return ops.bitwise_or(self, other)

    def __ror__(self, other: Any) -> Tensor:
        return ops.bitwise_or(other, self)

    def __xor__(self, other: Any) -> Tensor:
        return ops.bitwise_xor(self, other)

    def __rxor__(self, other: Any) -> Tensor:
        return ops.bitwise_xor(other, self)

    def __invert__(self) -> Tensor:
        return ops.bitwise_invert(self)

    # -- indexing -----------------------------------------------------------------------------------------------

    def __getitem__(self, index: Any) -> Tensor:
        if watching is not None:
            watching.picks(index)
        return ops.getitem(self, index)

    def __setitem__(self, index: Any, value: Any) -> None:
        raise GraphError("z[i] = y: a tensor does not change in place, because what was computed from it "
                         "would contradict its record. "
                         "Write z = z.at[i].set(y), or .add(y) or .multiply(y), which is recorded.")

    @property
    def at(self) -> Any:
        """`x.at[index].set(y)`, `.add(y)`, `.multiply(y)`: a new tensor with some elements changed, recorded.

        Repeated indices mean what they mean in NumPy: the last one wins for `set`, all of them count for the others.

        >>> x = tg.Tensor([1.0, 2.0, 3.0])
        >>> x.at[[0, 0]].add(10.0)
        Tensor([21.,  2.,  3.], from add)
        """
        return ops.At(self) if watching is None else watching.at(ops.At(self))

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError(f"len(t): {self._label()} is a single number and has no length.")
        return self.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        if not self.shape:
            raise TypeError(f"{self._label()} is a single number; there is nothing to iterate over.")
        return (self[i] for i in range(self.shape[0]))

    def __dir__(self) -> list[str]:
        return [name for name in object.__dir__(self) if name not in OF_TENSORS]

    def __contains__(self, value: Any) -> bool:
        if watching is not None:
            watching.reads(self, "x in t")
        return bool(np.any(self._value == getattr(value, "_value", value)))

    # -- to plain numbers: an error where that would lose a graph -----------------------------------------------

    def __bool__(self) -> bool:
        if watching is not None:
            watching.reads(self, "a decision by a tensor (if, while, and, or, not, bool(t))")
        if self.size != 1:
            raise ShapeError(f"{self._label()} has {self.size} elements, so it is neither true nor false. "
                             "Write tg.any(condition) or tg.all(condition) for one answer, tg.where(condition, a, b) "
                             "for one in each element.")
        return bool(self._value)

    def __float__(self) -> float:
        return float(self._as_number("float(t)"))

    def __int__(self) -> int:
        return int(self._as_number("int(t)"))

    def __complex__(self) -> complex:
        return complex(self._as_number("complex(t)"))

    def __index__(self) -> int:
        value = self._as_number("an index")
        if self.size != 1 or not isinstance(value, np.integer):
            raise DTypeError(f"{self._label()} was used as an index. Expected a single integer.")
        return int(value)

    def __round__(self, digits: int | None = None) -> Any:
        return round(float(self._as_number("round(t)")), digits)

    def __trunc__(self) -> int:
        return math.trunc(self._as_number("math.trunc(t)"))

    def __floor__(self) -> int:
        return math.floor(self._as_number("math.floor(t)"))

    def __ceil__(self) -> int:
        return math.ceil(self._as_number("math.ceil(t)"))

    # -- NumPy's functions on Tensors ---------------------------------------------------------------------------

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        value = self._as_number("a NumPy array of t")
        return np.array(value, dtype=dtype)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        return ops.numpy_ufunc(ufunc, method, inputs, options)

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        return ops.numpy_function(function, args, options)

    # -- methods, as NumPy's arrays have them -------------------------------------------------------------------

    @property
    def T(self) -> Tensor:
        """The transpose: the axes in reverse order."""
        return ops.permute_dims(self, tuple(range(self.ndim))[::-1])

    @property
    def mT(self) -> Tensor:
        """The last two axes exchanged."""
        return ops.matrix_transpose(self)

    @AXIS
    def sum(self, axis: Any = None, *, keepdims: bool = False) -> Tensor:
        """The sum over all elements, or over `axis`."""
        return ops.sum(self, axis=axis, keepdims=keepdims)

    @AXIS
    def mean(self, axis: Any = None, *, keepdims: bool = False) -> Tensor:
        """The mean over all elements, or over `axis`."""
        return ops.mean(self, axis=axis, keepdims=keepdims)

    @AXIS
    def max(self, axis: Any = None, *, keepdims: bool = False) -> Tensor:
        """The largest element, of all or along `axis`."""
        return ops.max(self, axis=axis, keepdims=keepdims)

    @AXIS
    def min(self, axis: Any = None, *, keepdims: bool = False) -> Tensor:
        """The smallest element, of all or along `axis`."""
        return ops.min(self, axis=axis, keepdims=keepdims)

    @AXIS
    def prod(self, axis: Any = None, *, keepdims: bool = False) -> Tensor:
        """The product of all elements, or along `axis`."""
        return ops.prod(self, axis=axis, keepdims=keepdims)

    @AXIS
    def any(self, axis: Any = None, *, keepdims: bool = False) -> Tensor:
        """Whether any element is true."""
        return ops.any(self, axis=axis, keepdims=keepdims)

    @AXIS
    def all(self, axis: Any = None, *, keepdims: bool = False) -> Tensor:
        """Whether all elements are true."""
        return ops.all(self, axis=axis, keepdims=keepdims)

    @AXIS
    def var(self, axis: Any = None, *, correction: float = 0.0, keepdims: bool = False) -> Tensor:
        """The variance; divided by n - correction."""
        return ops.var(self, axis=axis, correction=correction, keepdims=keepdims)

    @AXIS
    def std(self, axis: Any = None, *, correction: float = 0.0, keepdims: bool = False) -> Tensor:
        """The standard deviation, the root of `var`."""
        return ops.std(self, axis=axis, correction=correction, keepdims=keepdims)

    @AXIS
    def argmax(self, axis: int | None = None, *, keepdims: bool = False) -> Tensor:
        """Where the largest element is."""
        return ops.argmax(self, axis=axis, keepdims=keepdims)

    @AXIS
    def argmin(self, axis: int | None = None, *, keepdims: bool = False) -> Tensor:
        """Where the smallest element is."""
        return ops.argmin(self, axis=axis, keepdims=keepdims)

    def reshape(self, *shape: Any) -> Tensor:
        """The same elements in another shape: `x.reshape(2, 3)` or `x.reshape((2, 3))`; one length may be -1."""
        return ops.reshape(self, shape[0] if len(shape) == 1 else shape)

    def transpose(self, *axes: Any) -> Tensor:
        """The axes in another order; reversed if none are given."""
        order = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
        return ops.permute_dims(self, order or tuple(range(self.ndim))[::-1])

    def flatten(self) -> Tensor:
        """All elements along one axis."""
        return ops.reshape(self, (-1,))

    def ravel(self) -> Tensor:
        """All elements along one axis."""
        return ops.reshape(self, (-1,))

    def squeeze(self, axis: Any = None) -> Tensor:
        """Without axes of length 1 (all of them, or those named)."""
        all_of_them = tuple(i for i, n in enumerate(self.shape) if n == 1)
        return ops.squeeze(self, axis=all_of_them if axis is None else axis)

    def astype(self, dtype: Any) -> Tensor:
        """The elements converted to `dtype`; gradients convert back."""
        return ops.astype(self, dtype)

    def clip(self, min: Any = None, max: Any = None) -> Tensor:
        """The elements, limited to min ... max."""
        return ops.clip(self, min, max)

    def dot(self, other: Any) -> Tensor:
        """The matrix product `self @ other`."""
        return ops.matmul(self, other)

    def exp(self) -> Tensor:
        """e to the power of each element."""
        return ops.exp(self)

    def log(self) -> Tensor:
        """The natural logarithm of each element."""
        return ops.log(self)

    def sqrt(self) -> Tensor:
        """The square root of each element."""
        return ops.sqrt(self)

    def square(self) -> Tensor:
        """The square of each element."""
        return ops.square(self)

    def sin(self) -> Tensor:
        """The sine of each element (radians)."""
        return ops.sin(self)

    def cos(self) -> Tensor:
        """The cosine of each element (radians)."""
        return ops.cos(self)

    def tanh(self) -> Tensor:
        """The hyperbolic tangent of each element."""
        return ops.tanh(self)

    def sigmoid(self) -> Tensor:
        """1 / (1 + exp(-x)) of each element."""
        return ops.sigmoid(self)

    def relu(self) -> Tensor:
        """max(0, x) of each element."""
        return ops.relu(self)

    def abs(self) -> Tensor:
        """The absolute value of each element."""
        return ops.abs(self)

    @AXIS
    def softmax(self, axis: int = -1) -> Tensor:
        """exp(x) divided by its sum along `axis`."""
        return ops.softmax(self, axis=axis)

    # -- views: doors upward, opened when they are asked for ----------------------------------------------------

    def formula(self, *, depth: int | None = None) -> Any:
        """The recorded computation as mathematics: text, LaTeX, MathML, words; see `tg.formula`."""
        from ..views.formulas import formula
        return formula(self, depth=depth)

    def source(self, *, backward: bool = True, of: Any = None, language: str = "numpy") -> Any:
        """The computation and its backward pass as a program, in NumPy or JavaScript; see `tg.source`."""
        from ..views.sources import source
        return source(self, backward=backward, of=of, language=language)

    def zoom(self, *, only: Any = None, max_nodes: int | None = 100_000) -> Any:
        """The same computation as a graph of single numbers; see `tg.zoom`."""
        from ..views.zooming import zoom
        return zoom(self, only=only, max_nodes=max_nodes)

    def graph(self, show: str = "auto", *, limit: int = 10_000) -> Any:
        """The picture of what this was made from; see `tg.graph`."""
        from ..views.graphs.graph import graph
        return graph(self, show=show, limit=limit)

    def trace(self, *, gradient: Any = None) -> Any:
        """Every edge of the backward pass, with the numbers that flow; see `tg.explain.trace`."""
        from ..explain.tracing import trace
        return trace(self, gradient=gradient)

    def step(self, level: str = "edge", *, quiz: bool = False, gradient: Any = None) -> Any:
        """Step through the backward pass, back and forth; see `tg.step`."""
        from ..explain.stepper import step
        return step(self, level=level, quiz=quiz, gradient=gradient)


DIRECT = {"__add__": "add", "__sub__": "subtract", "__mul__": "multiply", "__truediv__": "divide",
          "__pow__": "power", "__matmul__": "matmul", "__neg__": "negative",
          "relu": "relu", "tanh": "tanh", "exp": "exp"}


def bind(operations: Any) -> None:
    """Give the operators their operations; the most used ones directly, which saves a call for each operation."""
    global ops                          # noqa: PLW0603 (the one name that core learns from above)
    ops = operations
    for method, name in DIRECT.items():
        setattr(Operators, method, getattr(operations, name))
    for name in OF_TENSORS:
        setattr(Operators, name, NotHere(name))
