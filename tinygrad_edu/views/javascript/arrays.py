"""Operations on whole arrays, each as a call of a function of runtime/*.js.

    FORMS["matmul"](call) -> "matmul(x, w)"

What shapes and options decide is decided here, when the program is printed: axes are counted from the front, `...`
and slices become the numbers of the elements that they name (an operation that only places elements is run on an array
of element numbers), letters of einsum become steps. What values decide is left to the program: the order of a sort, the
place of the largest. Read `elements.py` before this file and `printing.py` after it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ...core.rules import Op
from ...ops.window import patches
from . import literals
from .elements import Operand
from .literals import number, numbers

Shape = tuple[int, ...]


class Call(NamedTuple):
    """An operation on operands that are text already."""

    operation: str
    op: Op | None
    operands: Sequence[Operand]
    options: Mapping[str, Any]
    shape: Shape

    @property
    def x(self) -> Operand:
        """The first operand."""
        return self.operands[0]


def element_numbers(shape: Shape) -> Any:
    """An array of that shape that holds the number of each element."""
    return np.arange(math.prod(shape)).reshape(shape)


def axes_of(axis: Any, ndim: int) -> list[int]:
    """The axes that an option names, None for all, counted from the front and in order."""
    if axis is None or not ndim:
        return list(range(ndim))
    return sorted(int(i) % ndim for i in (axis if isinstance(axis, tuple) else (axis,)))


def steps_of(shape: Shape) -> list[int]:
    """How the number of an element grows along each axis."""
    return [math.prod(shape[i + 1:]) for i in range(len(shape))]


# -- reductions -------------------------------------------------------------------------------------------------------

LIST_FUNCTIONS = {"sum": "sumOf", "mean": "meanOf", "prod": "productOf", "max": "largestOf", "min": "smallestOf",
                  "any": "anyOf", "all": "allOf", "argmax": "argmaxOf", "argmin": "argminOf",
                  "logsumexp": "logSumExpOf"}


def _reduction(call: Call) -> str:
    """A function of a list, on all elements or along axes."""
    options, operation = call.options, call.operation
    extra = {"var": "correction", "std": "correction", "vector_norm": "ord"}.get(operation)
    if extra is None:
        head, tail = LIST_FUNCTIONS[operation], ""
    else:
        head, tail = "normOf" if operation == "vector_norm" else "varianceOf", f", {number(options[extra])}"
    wrap = "Math.sqrt({})" if operation == "std" else "{}"
    axes = axes_of(options["axis"], len(call.x.shape))
    if not call.shape and call.x.shape:
        return wrap.format(f"{head}({call.x.text}.data{tail})")
    function = head if not tail else f"(list) => {wrap.format(f'{head}(list{tail})')}"
    return f"reduce({function}, {call.x.text}, {numbers(axes)}, {numbers(call.shape)})"


def _sum(call: Call) -> str:
    """The sum or product; in whole numbers, if it is asked of others, each is converted first."""
    wanted = call.options.get("dtype")
    given = call.x.dtype
    if wanted is not None and given is not None and given.kind == "f" and np.dtype(wanted).kind in "iub":
        convert = "Math.trunc" if np.dtype(wanted).kind in "iu" else "(x) => x != 0"
        x = call.x._replace(text=f"each({convert}, {call.x.text})")
        call = call._replace(operands=(x,))
    return _reduction(call)


ALONG = {"softmax": "softmaxOf", "log_softmax": "logSoftmaxOf", "cumulative_sum": "runningSum",
         "cumulative_prod": "runningProduct"}


def _along(call: Call) -> str:
    """A list for each list of elements along an axis; a single number is a list of one."""
    if not call.x.shape:
        return f"{ALONG[call.operation]}([{call.x.text}])[0]"
    (axis,) = axes_of(call.options["axis"] if call.options["axis"] is not None else 0, len(call.x.shape))
    function = ALONG[call.operation]
    if call.options.get("include_initial"):
        function = f"(list) => {function}([{'0' if function == 'runningSum' else '1'}, ...list])"
        return f"along({function}, {call.x.text}, {axis}, {numbers(call.shape)})"
    return f"along({function}, {call.x.text}, {axis})"


def _linear_scan(call: Call) -> str:
    (axis,) = axes_of(call.options["axis"], len(call.shape))
    return f"linearScan({call.x.text}, {call.operands[1].text}, {axis})"


# -- the same elements in other places --------------------------------------------------------------------------------


def _placed(call: Call) -> str:
    """An operation that only places elements: it is run on their numbers."""
    assert call.op is not None
    return picked(call.x, np.asarray(call.op.forward(element_numbers(call.x.shape), **call.options)))


def picked(x: Operand, where: np.ndarray) -> str:
    """The elements of x with these numbers."""
    if not where.ndim:
        return f"{x.text}.data[{int(where)}]" if x.shape else x.text
    if not x.shape:
        return f"full({numbers(where.shape)}, {x.text})"
    if where.size == math.prod(x.shape) and np.array_equal(where.reshape(-1), np.arange(where.size)):
        return x.text if where.shape == x.shape else f"reshape({x.text}, {numbers(where.shape)})"
    return f"pick({x.text}, {literals.places(where)}, {numbers(where.shape)})"


def _permute_dims(call: Call) -> str:
    axes = [i % len(call.shape) for i in call.options["axes"]]
    return f"transpose({call.x.text}, {numbers(axes)})" if axes != sorted(axes) else call.x.text


def _matrix_transpose(call: Call) -> str:
    *front, i, j = range(len(call.shape))
    return f"transpose({call.x.text}, {numbers([*front, j, i])})"


def _broadcast_to(call: Call) -> str:
    return spread(call.x, call.shape)


def spread(x: Operand, shape: Shape) -> str:
    """x broadcast to a shape, whose elements are as many or more; axes of length 1 in front may go."""
    if math.prod(x.shape) == math.prod(shape):
        return x.text if x.shape == shape else f"reshape({x.text}, {numbers(shape)})"
    if not x.shape:
        return f"full({numbers(shape)}, {x.text})"
    own = x.shape[-len(shape):]
    return f"broadcast({x.text if own == x.shape else f'reshape({x.text}, {numbers(own)})'}, {numbers(shape)})"


def _concat(call: Call) -> str:
    axis, parts = call.options["axis"], call.operands
    if axis is None:
        parts = [x._replace(text=f"reshape({x.text}, [{math.prod(x.shape)}])") for x in parts]
    texts = ", ".join(x.text for x in parts)
    return f"concat([{texts}], {0 if axis is None else axis % len(call.shape)}, {numbers(call.shape)})"


def _stack(call: Call) -> str:
    axis = call.options["axis"] % len(call.shape)
    texts = [f"reshape({x.text}, {numbers((*call.shape[:axis], 1, *call.shape[axis + 1:]))})" for x in call.operands]
    return f"concat([{', '.join(texts)}], {axis}, {numbers(call.shape)})"


def _pad(call: Call) -> str:
    widths = np.broadcast_to(np.asarray(call.options["pad_width"]), (len(call.shape), 2)).tolist()
    inner = tuple(slice(before, before + n) for n, (before, _) in zip(call.x.shape, widths, strict=True))
    where = np.asarray(element_numbers(call.shape)[inner])
    value = np.asarray(call.options["value"]).astype(call.x.dtype)[()]
    if not call.shape:
        return call.x.text
    return f"replace(full({numbers(call.shape)}, {number(value)}), {literals.places(where)}, {call.x.text})"


def _scatter_add(call: Call) -> str:
    return added(call.x, np.asarray(element_numbers(call.shape)[call.options["index"]]), call.shape)


def added(x: Operand, where: np.ndarray, shape: Shape) -> str:
    """Zeros with x added in at these element numbers."""
    if where.shape == shape and np.array_equal(where.reshape(-1), np.arange(where.size)):
        return spread(x, shape)
    return f"put({spread(x, where.shape)}, {literals.places(where)}, {numbers(shape)})"


def _index_set(call: Call) -> str:
    where = np.asarray(element_numbers(call.shape)[call.options["index"]])
    x1, x2 = call.operands
    return f"replace({x1.text}, {literals.places(where)}, {spread(x2, where.shape)})"


def _take(call: Call) -> str:
    x, chosen = call.operands
    axis = call.options["axis"]
    if axis is None or not x.shape:
        lengths = [1, math.prod(x.shape), 1]
    else:
        axis %= len(x.shape)
        lengths = [math.prod(x.shape[:axis]), x.shape[axis], math.prod(x.shape[axis + 1:])]
    return f"take({x.text}, {chosen.text}, {numbers(lengths)}, {numbers(call.shape)})"


def _take_along_axis(call: Call) -> str:
    x, chosen = call.operands
    axis = call.options["axis"] % len(x.shape)
    return f"takeAlong({x.text}, {chosen.text}, {axis}, {numbers(call.shape)})"


def _put_along_axis(call: Call) -> str:
    x, chosen = call.operands
    axis = call.options["axis"] % len(call.shape)
    given = (*call.shape[:axis], chosen.shape[axis], *call.shape[axis + 1:])
    return f"putAlong({x.text}, {chosen.text}, {axis}, {numbers(given)}, {numbers(call.shape)})"


def _sum_to(call: Call) -> str:
    """Un-broadcasting: the sum over the axes that were added or stretched."""
    x, shape = call.x, call.shape
    extra = len(x.shape) - len(shape)
    if extra < 0:                                               # axes of length 1 in front
        return f"reshape({_sum_to(call._replace(shape=shape[-extra:]))}, {numbers(shape)})"
    axes = [i for i, n in enumerate(x.shape) if i < extra or (shape[i - extra] == 1 and n != 1)]
    if not axes:
        return x.text
    if not shape:
        return f"sumOf({x.text}.data)"
    return f"reduce(sumOf, {x.text}, {numbers(axes)}, {numbers(shape)})"


# -- sorting ----------------------------------------------------------------------------------------------------------


def _sort(call: Call) -> str:
    (axis,) = axes_of(call.options["axis"], len(call.x.shape))
    function = "orderOf" if call.operation == "argsort" else "sortedList"
    if call.options["descending"]:
        function = f"(list) => {function}(list, true)"
    return f"along({function}, {call.x.text}, {axis})"


def _topk(function: str) -> Callable[[Call], str]:
    """The largest elements, or their places."""
    def form(call: Call) -> str:
        (axis,), k = axes_of(call.options["axis"], len(call.x.shape)), int(call.options["k"])
        return f"along((list) => {function}(list, true).slice(0, {k}), {call.x.text}, {axis}, {numbers(call.shape)})"
    return form


def _order(call: Call) -> str:
    return _sort(call._replace(operation="argsort"))


# -- products ---------------------------------------------------------------------------------------------------------


def _matmul(call: Call) -> str:
    """Of two matrices in plain loops; batches and vectors as sums of products."""
    x1, x2 = call.operands
    if len(x1.shape) == len(x2.shape) == 2:
        return f"matmul({x1.text}, {x2.text})"
    letters = [chr(ord("a") + i) for i in range(max(len(x1.shape), len(x2.shape)) - 2)]
    first = [*letters[len(letters) - len(x1.shape) + 2:], "y", "z"] if len(x1.shape) > 1 else ["z"]
    second = [*letters[len(letters) - len(x2.shape) + 2:], "z", "x"] if len(x2.shape) > 1 else ["z"]
    result = [*letters, *first[-2:-1], *(["x"] if len(x2.shape) > 1 else [])]
    return sum_of_products(call, [first, second], result)


def sum_of_products(call: Call, terms: list[list[str]], result: list[str]) -> str:
    """A sum of products whose axes have letters."""
    lengths: dict[str, int] = {}
    factors = []
    for x, term in zip(call.operands, terms, strict=True):
        for letter, n in zip(term, x.shape, strict=True):
            lengths[letter] = n if lengths.get(letter, 1) == 1 else lengths[letter]
    summed = sorted({letter for term in terms for letter in term} - set(result))
    for x, term in zip(call.operands, terms, strict=True):
        steps = dict(zip(term, (0 if n == 1 else step for n, step in zip(x.shape, steps_of(x.shape), strict=True)),
                         strict=True))
        factors.append(f"[{x.text}, {numbers(steps.get(each, 0) for each in result)}, "
                       f"{numbers(steps.get(each, 0) for each in summed)}]")
    return (f"sumOfProducts({numbers(lengths[each] for each in result)}, {numbers(lengths[each] for each in summed)}, "
            f"{', '.join(factors)})")


def _einsum(call: Call) -> str:
    left, _, result = call.options["subscripts"].partition("->")
    return sum_of_products(call, [list(term) for term in left.split(",")], list(result))


def _outer(call: Call) -> str:
    x1, x2 = call.operands
    return f"each((a, b) => a * b, reshape({x1.text}, [{x1.shape[0]}, 1]), {x2.text})"


# -- windows ----------------------------------------------------------------------------------------------------------


def _pair(value: Any) -> list[int]:
    return [int(n) for n in value] if isinstance(value, tuple) else [int(value)] * 2


def _conv2d(call: Call) -> str:
    x, w, b = call.operands
    spacing = ", ".join(numbers(_pair(call.options[name])) for name in ("stride", "padding", "dilation"))
    text = f"conv2d({x.text}, {w.text}, {numbers(call.shape)}, {spacing}, {int(call.options['groups'])})"
    return text if b.dtype is None else f"each((y, b) => y + b, {text}, {b.text})"


def _pool(call: Call) -> str:
    """The largest or the mean of each window; the border around the image is an operation of its own."""
    x, options = call.x, call.options
    (p, q), (ph, pw) = _pair(options["size"]), _pair(options["padding"])
    stride = options["size"] if options["stride"] is None else options["stride"]
    border = -math.inf if call.operation == "max_pool2d" else 0.0
    n, h, w, c = x.shape
    shape = (n, h + 2 * ph, w + 2 * pw, c)
    if ph or pw:
        inner = element_numbers(shape)[:, ph:ph + h, pw:pw + w]
        x = x._replace(text=f"replace(full({numbers(shape)}, {number(border)}), {literals.places(inner)}, {x.text})",
                       shape=shape)
    windows = _windows(shape, (p, q), stride)
    function = "largestOf" if call.operation == "max_pool2d" else "meanOf"
    return f"reduce({function}, {picked(x, windows)}, [3, 4], {numbers(call.shape)})"


def _windows(shape: Shape, size: Any, stride: Any, dilation: Any = 1) -> np.ndarray:
    """The numbers of the pixels of each window."""
    return np.asarray(patches.op.forward(element_numbers(shape), size=tuple(size), stride=stride, dilation=dilation))


def _unpatch(call: Call) -> str:
    options = call.options
    return added(call.x, _windows(call.shape, call.x.shape[3:5], options["stride"], options["dilation"]), call.shape)


FORMS: dict[str, Callable[[Call], str]] = {
    **dict.fromkeys([*LIST_FUNCTIONS, "var", "std", "vector_norm"], _reduction), "sum": _sum, "prod": _sum,
    **dict.fromkeys(ALONG, _along), "linear_scan": _linear_scan,
    **dict.fromkeys(["reshape", "expand_dims", "squeeze", "flip", "roll", "tile", "repeat", "getitem", "diagonal",
                     "patches"], _placed),
    "permute_dims": _permute_dims, "matrix_transpose": _matrix_transpose, "broadcast_to": _broadcast_to,
    "concat": _concat, "stack": _stack, "pad": _pad, "scatter_add": _scatter_add, "index_set": _index_set,
    "take": _take, "take_along_axis": _take_along_axis, "put_along_axis": _put_along_axis, "sum_to": _sum_to,
    "sort": _sort, "argsort": _sort,
    "matmul": _matmul, "einsum": _einsum, "outer": _outer,
    "conv2d": _conv2d, "max_pool2d": _pool, "avg_pool2d": _pool, "unpatch": _unpatch,
}
# Of operations with several results or by-products, each by itself.
PARTS: dict[str, list[Callable[[Call], str]]] = {
    "sort": [_sort, _order], "topk": [_topk("sortedList"), _topk("orderOf")],
}
