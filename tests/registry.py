"""What NumPy says of every function of the library, and valid calls of it: what the laws in test_rules.py ask for.

    subjects()      every operation in the registry, and every function that is composed of operations
    derivatives()   every derivative rule (its str is "matmul-x2"), and the differentiable inputs of composed functions
    cases(subject)  a hypothesis strategy: one valid call, a `Case`
    entry(name)     how that is drawn, and with what its values are compared

Arguments are drawn by the recipes in tinygrad_edu/testing/strategies/recipes/, where one is added for a new operation
that is not simply elementwise. Here are references, for what NumPy does not have or does differently.
"""

import builtins
import math
import pkgutil
import sys
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

import tinygrad_edu as tg
from tinygrad_edu.core.ops import Op, Rule
from tinygrad_edu.core.ops import registry as operations
from tinygrad_edu.testing.strategies.calls import is_simply_elementwise
from tinygrad_edu.testing.strategies.pencil import Pencil, Recipe
from tinygrad_edu.testing.strategies.recipes import COMPOSITIONS, RECIPES, elementwise

ALL_DTYPES = (np.float64, np.float32, np.float16, np.int64, np.int32, np.uint8, np.bool_)

for _module in pkgutil.walk_packages(tg.__path__, "tinygrad_edu."):
    if not _module.name.endswith("__main__"):
        import_module(_module.name)
BUILT_IN = {name: op for name, op in operations.items() if op.forward.__module__.startswith("tinygrad_edu.")}


def examples(n: int) -> settings:
    """n examples in the default profile, in others in proportion."""
    return settings(max_examples=math.ceil(n * settings().max_examples / 100))


class Entry(NamedTuple):
    """How a function's arguments are drawn, and its result, if that is not what NumPy's function of the name gives."""

    draw: Recipe
    reference: Callable[..., Any] | None = None


# -- references: what NumPy does not have, or does differently --------------------------------------------------------


def by_float64(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function of one array, computed in float64 and given in the dtype of the array if that is floating."""
    def reference(x: Any) -> Any:
        x = np.asarray(x)
        return np.asarray(f(x.astype(float))).astype(x.dtype if x.dtype.kind == "f" else float)
    return reference


def sinc_derivative(x: Any, order: int) -> Any:
    """By the integral of t**n cos(pi x t + n pi/2) over 0 < t < 1, times pi**n: 200 Gauss points."""
    nodes, weights = np.polynomial.legendre.leggauss(200)
    t, x = (nodes + 1) / 2, np.asarray(x)
    values = np.sum(weights / 2 * t**order * np.cos(np.pi * x.astype(float)[..., None] * t + order * np.pi / 2),
                    axis=-1)
    return (np.pi**order * values).astype(x.dtype if x.dtype.kind == "f" else float)


def linear_scan(x1: Any, x2: Any, axis: int) -> Any:
    """out[k] is the sum over j <= k of x2[j] times all x1 after j up to k."""
    x1, x2 = np.moveaxis(x1, axis, 0), np.moveaxis(x2, axis, 0)
    out = np.zeros(x2.shape, np.result_type(x1, x2))
    for k in range(len(x2)):
        for j in range(k + 1):
            out[k] += x2[j] * np.prod(x1[j + 1:k + 1], axis=0, dtype=out.dtype)
    return np.moveaxis(out, 0, axis)


def exponentials(x: Any) -> Any:
    x = np.asarray(x)
    return np.exp(x if x.dtype.kind == "f" else x.astype(float))


def softmax(x: Any, axis: int = -1) -> Any:
    return exponentials(x) / np.sum(exponentials(x), axis=axis, keepdims=True)


def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return np.log(np.sum(exponentials(x), axis=axis, keepdims=keepdims))


def vector_norm(x: Any, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    if axis == ():                                          # every element by itself
        return np.abs(x) if ord else (np.asarray(x) != 0).astype(np.result_type(x, np.float16))
    return np.linalg.vector_norm(x, axis=axis, keepdims=keepdims, ord=ord)


def pad(x: Any, pad_width: Any, value: float = 0.0) -> Any:
    return np.pad(x, pad_width, constant_values=np.asarray(value).astype(np.asarray(x).dtype))


def scatter_add(x: Any, index: Any, shape: Any) -> Any:
    out = np.zeros(shape, np.asarray(x).dtype)
    np.add.at(out, index, x)
    return out


def index_set(x1: Any, x2: Any, index: Any) -> Any:
    out = np.array(x1, np.result_type(x1, x2))
    out[index] = x2
    return out


def index_with(ufunc: Any, x: Any, y: Any, index: Any) -> Any:
    out = np.array(x, np.result_type(x, y))
    ufunc.at(out, index, y)
    return out


def put_along_axis(x: Any, indices: Any, axis: int, shape: tuple[int, ...]) -> Any:
    """Element by element."""
    out, axis = np.zeros(shape, np.asarray(x).dtype), axis % len(shape)
    lengths = tuple(indices.shape[axis] if i == axis else n for i, n in enumerate(shape))
    x, indices = np.broadcast_to(x, lengths), np.broadcast_to(indices, lengths)
    for place in np.ndindex(lengths):
        out[(*place[:axis], indices[place], *place[axis + 1:])] += x[place]
    return out


def sort(x: Any, axis: int, descending: bool) -> Any:
    return np.flip(np.sort(x, axis=axis), axis) if descending else np.sort(x, axis=axis)


def argsort(x: Any, axis: int, descending: bool) -> Any:
    """Stable both ways: a descending order sorts the negatives, of integers that have them."""
    x = np.asarray(x)
    keys = x if not descending else -x if x.dtype.kind == "f" else -x.astype(np.int64)
    return np.argsort(keys, axis=axis, kind="stable")


def topk(x: Any, k: int, axis: int) -> Any:
    order = np.take(argsort(x, axis, True), np.arange(k), axis=axis)
    return np.take_along_axis(np.asarray(x), order, axis), order


def eigh(x: Any) -> Any:
    return tuple(np.linalg.eigh((x + np.swapaxes(x, -1, -2)) / 2))


def cofactors(x: Any) -> Any:
    """By their definition, minor by minor."""
    x = np.asarray(x)
    out = np.empty(x.shape, np.linalg.det(x).dtype)
    for i, j in product(range(x.shape[-1]), repeat=2):
        out[..., i, j] = (-1) ** (i + j) * np.linalg.det(np.delete(np.delete(x, i, -2), j, -1))
    return out


def pair(n: Any) -> tuple[int, int]:
    return (n, n) if isinstance(n, int) else n


def window_places(shape: Any, size: Any, stride: Any, dilation: Any) -> Iterator[tuple[Any, Any]]:
    """(i, j, p, q) of each pixel of each window, and where in the image it lies."""
    (m, n), (sh, sw), (dh, dw) = pair(size), pair(stride), pair(dilation)
    rows, columns = (shape[1] - (m - 1) * dh - 1) // sh + 1, (shape[2] - (n - 1) * dw - 1) // sw + 1
    for i, j, k, m_ in product(range(rows), range(columns), range(m), range(n)):
        yield (i, j, k, m_), (i * sh + k * dh, j * sw + m_ * dw)


def patches(x: Any, size: Any, stride: Any = 1, dilation: Any = 1) -> Any:
    """Pixel by pixel."""
    x = np.asarray(x)
    pixels = dict(window_places(x.shape, size, stride, dilation))
    lengths = np.max(list(pixels), axis=0) + 1
    out = np.zeros((x.shape[0], *lengths, x.shape[3]), x.dtype)
    for (i, j, m, n), (row, column) in pixels.items():
        out[:, i, j, m, n] = x[:, row, column]
    return out


def unpatch(x: Any, shape: Any, stride: Any = 1, dilation: Any = 1) -> Any:
    x = np.asarray(x)
    out = np.zeros(shape, x.dtype)
    for (i, j, m, n), (row, column) in window_places(shape, x.shape[3:5], stride, dilation):
        out[:, row, column] += x[:, i, j, m, n]
    return out


def conv2d(x: Any, w: Any, b: Any = None, *, stride: Any, padding: Any, dilation: Any, groups: int) -> Any:
    """Filter by filter, from the windows above."""
    (ph, pw), filters = pair(padding), w.shape[3]
    cut = patches(np.pad(x, ((0, 0), (ph, ph), (pw, pw), (0, 0))), w.shape[:2], stride,
                  dilation)       # (N, I, J, P, Q, C)
    c, k = w.shape[2], filters // groups
    planes = [np.tensordot(cut[..., n // k * c:(n // k + 1) * c], w[..., n], axes=3) for n in range(filters)]
    out = np.stack(planes, axis=-1)
    return out if b is None else out + b


def pooled(reduce: Callable[..., Any], border: float, x: Any, size: Any, stride: Any, padding: Any) -> Any:
    (ph, pw), x = pair(padding), np.asarray(x)
    if ph or pw:
        if x.dtype.kind in "iu" and border < 0:
            border = np.iinfo(x.dtype).min
        x = np.pad(x, ((0, 0), (ph, ph), (pw, pw), (0, 0)), constant_values=border)
    return reduce(patches(x, size, size if stride is None else stride), axis=(3, 4))


def units(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function of one array and options, computed as in `by_float64`."""
    return lambda x, **options: by_float64(partial(f, **options))(x)


REFERENCES: dict[str, Callable[..., Any]] = {
    "leaky_relu": units(lambda x, slope: np.maximum(x, 0) + slope * np.minimum(x, 0)),
    "elu": units(lambda x, alpha: np.maximum(x, 0) + alpha * (np.exp(np.minimum(x, 0)) - 1)),
    "celu": units(lambda x, alpha: np.maximum(x, 0) + alpha * (np.exp(np.minimum(x, 0) / alpha) - 1)),
    "selu": units(lambda x: 1.0507009873554805 * np.maximum(x, 0)
                  + 1.0507009873554805 * 1.6732632423543772 * (np.exp(np.minimum(x, 0)) - 1)),
    "gelu": units(lambda x: x * np.vectorize(math.erfc, otypes=[float])(-x / math.sqrt(2)) / 2),
    "silu": units(lambda x: x / (1 + np.exp(-x))), "mish": units(lambda x: x * np.tanh(np.log(1 + np.exp(x)))),
    "softsign": units(lambda x: x / (1 + np.abs(x))),
    "sigmoid": by_float64(lambda x: 1 / (1 + np.exp(-x))), "softplus": by_float64(lambda x: np.log(1 + np.exp(x))),
    "erf": by_float64(np.vectorize(math.erf, otypes=[float])), "reciprocal": lambda x: 1 / np.asarray(x),
    "relu": lambda x: np.maximum(x, 0), "sinc_derivative": sinc_derivative,
    "astype": lambda x, dtype: np.asarray(x).astype(dtype),
    "logsumexp": logsumexp, "vector_norm": vector_norm, "softmax": softmax,
    "log_softmax": lambda x, axis: np.log(softmax(x, axis)), "linear_scan": linear_scan,
    "tile": lambda x, repetitions: np.tile(x, repetitions), "pad": pad,
    "getitem": lambda x, index: np.asarray(x)[index], "scatter_add": scatter_add, "put_along_axis": put_along_axis,
    "index_set": index_set, "sort": sort, "argsort": argsort, "topk": topk,
    "einsum": lambda arrays, subscripts: np.einsum(subscripts, *arrays), "cofactors": cofactors, "eigh": eigh,
    "patches": patches, "unpatch": unpatch, "conv2d": conv2d,
    "max_pool2d": partial(pooled, np.max, -math.inf), "avg_pool2d": partial(pooled, np.mean, 0.0),
}
ENTRIES: dict[str, Entry] = {name: Entry(recipe, REFERENCES.get(name)) for name, recipe in RECIPES.items()}

# Operations that work only inside others, and what tests them.
INTERNAL = {"item": "tests of operations with several results", "foreign_call": "tg.custom in test_graphs.py",
            "foreign_pull": "tg.custom in test_graphs.py", "replayed": "tg.checkpoint in test_graphs.py"}


class Composed(NamedTuple):
    """A function of the library that is not an operation but calls some, and the names of its differentiable inputs."""

    function: Callable[..., Any]
    entry: Entry
    arguments: tuple[str, ...] = ("x",)


COMPOSED: dict[str, Composed] = {
    "moveaxis": Composed(lambda x, source, destination: tg.moveaxis(x, source, destination),
                         Entry(COMPOSITIONS["moveaxis"])),
    "swapaxes": Composed(lambda x, axis1, axis2: tg.swapaxes(x, axis1, axis2), Entry(COMPOSITIONS["swapaxes"])),
    "unstack": Composed(tg.unstack, Entry(COMPOSITIONS["unstack"])),
    "split": Composed(lambda x, sections, axis: tg.split(x, sections, axis=axis),
                      Entry(COMPOSITIONS["split"], lambda x, sections, axis: np.split(x, sections, axis))),
    "broadcast_arrays": Composed(tg.broadcast_arrays, Entry(COMPOSITIONS["broadcast_arrays"]), ("x1", "x2")),
    "tensordot": Composed(tg.tensordot, Entry(COMPOSITIONS["tensordot"]), ("x1", "x2")),
    "einsum()": Composed(lambda *arrays, subscripts: tg.einsum(subscripts, *arrays),
                         Entry(COMPOSITIONS["einsum"], lambda *arrays, subscripts: np.einsum(subscripts, *arrays)),
                         ("operands",)),
    "trace": Composed(tg.trace, Entry(COMPOSITIONS["trace"], np.linalg.trace)),
    "vecdot": Composed(tg.vecdot, Entry(COMPOSITIONS["vecdot"]), ("x1", "x2")),
    "x[index]": Composed(lambda x, index: tg.ops.getitem(x, index),
                         ENTRIES["getitem"]),
    "at.set": Composed(lambda x, y, index: tg.ops.At(x)[index].set(y), ENTRIES["index_set"], ("x", "y")),
    "at.add": Composed(lambda x, y, index: tg.ops.At(x)[index].add(y),
                       Entry(RECIPES["index_set"], partial(index_with, np.add)),
                       ("x", "y")),
    "at.multiply": Composed(lambda x, y, index: tg.ops.At(x)[index].multiply(y),
                            Entry(RECIPES["index_set"], partial(index_with, np.multiply)), ("x", "y")),
}


# -- what the tests ask for -------------------------------------------------------------------------------------------


class Subject(NamedTuple):
    """A function of the library to test: an operation, or a function composed of operations."""

    name: str
    function: Callable[..., Any]
    op: Op | None
    arguments: tuple[str, ...]          # the names of its inputs

    def __str__(self) -> str:
        return self.name

    @property
    def many(self) -> bool:
        """Whether its inputs are a list."""
        return self.op is not None and self.op.many is not None

    def positions(self, argument: str, inputs: tuple[Any, ...]) -> list[int]:
        """Which of the inputs an argument means: one, or all of a list."""
        return list(range(len(inputs))) if len(self.arguments) == 1 else [self.arguments.index(argument)]

    def results(self, inputs: Any, options: dict[str, Any]) -> list[Any]:
        """The results of a call, as a flat list."""
        return flat(self.function(list(inputs), **options) if self.many else self.function(*inputs, **options))

    def expected(self, inputs: Any, options: dict[str, Any]) -> list[np.ndarray]:
        """What NumPy gives for raw inputs, or the reference of its entry."""
        reference = reference_of(self)
        arguments = [list(inputs)] if self.many else inputs
        return [np.asarray(each) for each in flat(reference(*arguments, **options))]


class Derivative(NamedTuple):
    """A derivative rule, or a differentiable input of a composed function."""

    subject: Subject
    argument: str

    def __str__(self) -> str:
        return f"{self.subject}-{self.argument}"


class Case(NamedTuple):
    """One valid call of a function."""

    subject: Subject
    inputs: tuple[Any, ...]
    options: dict[str, Any]

    def __repr__(self) -> str:
        return f"{self.subject}{self.inputs!r} with {self.options}"


def flat(results: Any) -> list[Any]:
    """The results as a list: that of one, or those of several."""
    return list(results) if isinstance(results, (tuple, list)) else [results]


def reference_of(subject: Subject) -> Callable[..., Any]:
    """What the table says, or NumPy's function of the same name; for a new operation without, its forward function."""
    row, name = COMPOSED[subject.name].entry if subject.op is None else entry(subject.op), subject.name
    numpys = getattr(np, name, None) or getattr(np.linalg, name, None)
    return row.reference or REFERENCES.get(name) or numpys or subject.op.forward


def entry(op: Op) -> Entry:
    """The row of an operation; an operation that is simply elementwise needs none."""
    if op.name in ENTRIES:
        return ENTRIES[op.name]
    assert is_simply_elementwise(op), (
        f"Nobody knows how to draw arguments for {op}. Write a function that draws its inputs and options beside its "
        f"like in tinygrad_edu/testing/strategies/recipes/ and put it into the table there; put its NumPy reference "
        f'into REFERENCES in tests/registry.py. ENTRIES then has  "{op.name}": Entry(that function, that reference).')
    return Entry(partial(elementwise.broadcasting, op))


def _doors() -> dict[str, Callable[..., Any]]:
    """The functions to call, by the names of their operations."""
    modules = [module for name, module in list(sys.modules.items()) if name.startswith("tinygrad_edu")]
    return {each.op.name: each for module in modules for each in list(vars(module).values())
            if isinstance(getattr(each, "op", None), Op)}


DOORS = _doors()


def subjects(composed: bool = True) -> list[Subject]:
    """Every built-in operation, and every function composed of them."""
    ops = [Subject(name, DOORS[name], op, tuple(op.rules)) for name, op in BUILT_IN.items() if name not in INTERNAL]
    others = [Subject(name, each.function, None, each.arguments) for name, each in COMPOSED.items()]
    return ops + others * composed


def derivatives(composed: bool = True) -> list[Derivative]:
    """Every derivative rule of the built-in operations, and every differentiable input of the composed functions."""
    return [Derivative(subject, argument) for subject in subjects(composed) for argument in subject.arguments
            if subject.op is None or subject.op.rules[argument].kind != Rule.NONE]


@st.composite
def cases(draw: Any, subject: Subject, needed: str | None = None) -> Case:
    """One valid call; `needed` names an input that must not be left out."""
    row = COMPOSED[subject.name].entry if subject.op is None else entry(subject.op)
    inputs, options = row.draw(Pencil(draw, subject.op.domain if subject.op is not None else None, needed))
    return Case(subject, inputs, options)


def is_numpys(subject: Subject) -> bool:
    """Whether NumPy itself says what the result is, also for integers."""
    return not getattr(reference_of(subject), "__module__", "numpy").startswith(("tests", "functools"))


def is_floating(x: Any) -> bool:
    """Whether x is an array or a Tensor of floating-point numbers."""
    return x is not None and not isinstance(x, builtins.bool) and x.dtype.kind == "f"
