"""How tests draw valid arguments for any function of the library, and what NumPy says the result is.

    subjects()      every operation in the registry, and every function that is composed of operations
    derivatives()   every derivative rule (its str is "matmul-x2"), and the differentiable inputs of composed functions
    cases(subject)  a hypothesis strategy: one valid call, a `Case`
    entry(name)     how that is drawn: a row of ENTRIES, unless the operation is simply elementwise

Shapes and options are drawn by hypothesis, so that they shrink; numbers come from a seed that it draws, lie in the
operation's domain (see ops/domains.py), and keep a distance from kinks, poles and ties.
To test a new operation that is not simply elementwise, write how to draw it beside its like, and put it into ENTRIES.
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
from hypothesis.extra import numpy as hnp

import tinygrad_edu as tg
from tinygrad_edu.core.ops import Op, Rule
from tinygrad_edu.core.ops import registry as operations
from tinygrad_edu.ops.domains import MODERATE, NONZERO, REAL, Domain

MARGIN = 0.1                            # how far numbers keep from kinks
ALL_DTYPES = (np.float64, np.float32, np.float16, np.int64, np.int32, np.uint8, np.bool_)

for _module in pkgutil.walk_packages(tg.__path__, "tinygrad_edu."):
    if not _module.name.endswith("__main__"):
        import_module(_module.name)
BUILT_IN = {name: op for name, op in operations.items() if op.forward.__module__.startswith("tinygrad_edu.")}


def examples(n: int) -> settings:
    """n examples in the default profile, in others in proportion."""
    return settings(max_examples=math.ceil(n * settings().max_examples / 100))


# -- numbers ----------------------------------------------------------------------------------------------------------


def near_a_kink(x: np.ndarray, domain: Domain) -> np.ndarray:
    """Which elements are so close to a kink that a numerical derivative would step over it."""
    near = np.zeros(np.shape(x), bool)
    for kink in domain.kinks:
        near |= np.abs(x - kink) < MARGIN
    if domain.kinks_every:
        places = (x - domain.offset) / domain.kinks_every
        near |= np.abs(places - np.rint(places)) * domain.kinks_every < MARGIN
    return near


def numbers(rng: np.random.Generator, shape: Any, domain: Domain = REAL, whole: bool = False) -> np.ndarray:
    """Random numbers of a domain, away from its kinks; some of them whole numbers if `whole`, among them 0 and 1."""
    def some() -> np.ndarray:
        x = rng.uniform(domain.low, domain.high, shape)
        return np.where(whole & (rng.random(shape) < 0.4), np.clip(np.rint(x / 2), domain.low, domain.high), x)

    x = some()
    while np.any(near := near_a_kink(x, domain)):
        x = np.where(near, rng.uniform(domain.low, domain.high, shape), x)
    return np.asarray(x)


class Pencil:
    """What the rows of ENTRIES draw with: shapes, axes and choices by hypothesis, numbers of the operation's domain."""

    def __init__(self, draw: Any, domain: Any, needed: str | None) -> None:
        self.draw, self.domain, self.needed = draw, domain, needed
        self.rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
        self.whole = draw(st.booleans())

    def choice(self, *choices: Any) -> Any:
        """One of the choices, the first being the simplest."""
        return self.draw(st.sampled_from(choices))

    def integer(self, low: int, high: int) -> int:
        """A whole number from low to high."""
        return self.draw(st.integers(low, high))

    def optional(self, name: str, make: Callable[[], Any]) -> Any:
        """An input that may be left out, unless it is the one to differentiate by."""
        return make() if self.needed == name or self.draw(st.booleans()) else None

    def side(self, min_side: int = 0, max_side: int = 3) -> int:
        """A length: most often 2 or 3, for few mistakes show in 1 or 0 elements; but these, too."""
        return self.choice(*(n for n in (2, 3, 2, 3, 2, 3, 1, 1, 0) if min_side <= n <= max_side))

    def shape(self, min_dims: int = 0, max_dims: int = 3, min_side: int = 0, max_side: int = 3) -> tuple[int, ...]:
        """A shape."""
        return tuple(self.side(min_side, max_side) for _ in range(self.integer(min_dims, max_dims)))

    def smaller(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """A shape that broadcasts to `shape`: some lengths 1, some axes in front missing."""
        lengths = [self.choice(n, n, 1) for n in shape]
        return tuple(lengths[self.choice(0, 0, *range(len(shape) + 1)):])

    def shapes(self, n: int, max_dims: int = 3, max_side: int = 3) -> list[tuple[int, ...]]:
        """n shapes that broadcast."""
        full = self.shape(max_dims=max_dims, max_side=max_side)
        return [self.smaller(full) for _ in range(n)]

    def array(self, shape: Any, argument: str = "x", domain: Domain | None = None) -> np.ndarray:
        """Numbers of the domain of an argument."""
        if domain is None:
            domain = self.domain.get(argument, REAL) if isinstance(self.domain, dict) else self.domain or REAL
        return numbers(self.rng, shape, domain, self.whole)

    def distinct(self, shape: tuple[int, ...]) -> np.ndarray:
        """Numbers of which no two are close, not even without their signs, and none is near 0."""
        places = self.rng.permutation(math.prod(shape)).reshape(shape) + 1
        return self.rng.choice([-0.3, 0.3], shape) * (places + self.rng.uniform(-0.1, 0.1, shape))

    def grid(self, shape: Any, offset: float) -> np.ndarray:
        """Numbers near offset + k/2: those of offsets that differ by 0.15 or more are never close."""
        return np.asarray(offset + self.rng.integers(-6, 7, shape) / 2 + self.rng.uniform(-0.02, 0.02, shape))

    def axis(self, ndim: int) -> int:
        """One of the axes, from the front or from the back."""
        return self.draw(st.integers(-ndim, ndim - 1))

    def axes(self, ndim: int) -> Any:
        """None for all axes, one axis, or a tuple of different ones."""
        kinds = [st.none(), hnp.valid_tuple_axes(ndim), *([st.integers(-ndim, ndim - 1)] if ndim else [])]
        return self.draw(st.one_of(kinds))

    def index(self, shape: tuple[int, ...]) -> Any:
        """An index: basic, a mask, integer arrays (which may name an element twice), or slices mixed with these."""
        kind = self.choice("basic", "mask", *(["integers", "mixed", "mixed mask"] if shape and 0 not in shape else []))
        if kind == "basic":
            return self.draw(hnp.basic_indices(shape, allow_newaxis=True))
        if kind == "mask":
            return self.rng.random(shape) < 0.5
        if kind == "integers":
            results = hnp.array_shapes(max_dims=2, max_side=3, min_side=0)
            return self.draw(hnp.integer_array_indices(shape, result_shape=results))
        arrays = (lambda n: self.rng.integers(-n, n, 2)) if kind == "mixed" else (lambda n: slice(n))
        index = [self.choice(slice(None), slice(None, None, -1), self.integer(-n, n - 1), arrays(n)) for n in shape]
        if kind == "mixed mask":
            i = self.integer(0, len(shape) - 1)
            index[i] = self.rng.random(shape[i]) < 0.5
        return tuple(index)


Drawn = tuple[tuple[Any, ...], dict[str, Any]]          # inputs, options


class Entry(NamedTuple):
    """How a function's arguments are drawn, and its result, if that is not what NumPy's function of the name gives."""

    draw: Callable[[Pencil], Drawn]
    reference: Callable[..., Any] | None = None


# -- elementwise ------------------------------------------------------------------------------------------------------


def broadcasting(op: Op, p: Pencil) -> Drawn:
    shapes = p.shapes(len(op.input_names))
    return tuple(p.array(shape, name) for shape, name in zip(shapes, op.input_names, strict=True)), {}


def two_grids(p: Pencil) -> Drawn:
    first, second = p.shapes(2)
    return (p.grid(first, 0.1), p.grid(second, 0.35)), {}


def quotients(p: Pencil) -> Drawn:
    """Numbers whose quotient is not near a whole number."""
    first, second = p.shapes(2)
    x1 = p.rng.integers(-9, 9, first) + 0.5 + p.rng.uniform(-0.02, 0.02, first)
    return (x1, p.rng.choice([-4.0, -3.0, -2.0, 2.0, 3.0, 4.0], second)), {}


def in_all_quadrants(p: Pencil) -> Drawn:
    first, second = p.shapes(2)
    return (p.array(first, domain=NONZERO), p.array(second, domain=NONZERO)), {}


def choosing(p: Pencil) -> Drawn:
    shapes = p.shapes(3)
    return (p.rng.random(shapes[0]) < 0.5, p.array(shapes[1]), p.array(shapes[2])), {}


def bits(inputs: int, p: Pencil) -> Drawn:
    """Whole numbers or booleans."""
    dtype = p.choice(np.int64, np.bool_)
    return tuple(p.rng.integers(0, 9, shape).astype(dtype) for shape in p.shapes(inputs)), {}


def limiting(p: Pencil) -> Drawn:
    shapes = p.shapes(3)
    return (p.grid(shapes[0], 0.1), p.optional("min", lambda: p.grid(shapes[1], 0.27)),
            p.optional("max", lambda: p.grid(shapes[2], 0.44))), {}


def sinc_derivatives(p: Pencil) -> Drawn:
    return (p.array(p.shape()),), {"order": p.integer(1, 4)}


def sinc_derivative(x: Any, order: int) -> Any:
    """By the integral of t**n cos(pi x t + n pi/2) over 0 < t < 1, times pi**n: 200 Gauss points."""
    nodes, weights = np.polynomial.legendre.leggauss(200)
    t, x = (nodes + 1) / 2, np.asarray(x)
    values = np.sum(weights / 2 * t**order * np.cos(np.pi * x.astype(float)[..., None] * t + order * np.pi / 2),
                    axis=-1)
    return (np.pi**order * values).astype(x.dtype if x.dtype.kind == "f" else float)


# -- reductions -------------------------------------------------------------------------------------------------------


def one_axis(p: Pencil) -> Drawn:
    shape = p.shape(min_dims=1)
    return (p.array(shape),), {"axis": p.axis(len(shape))}


def reduction(p: Pencil) -> Drawn:
    shape = p.shape()
    return (p.array(shape),), {"axis": p.axes(len(shape)), "keepdims": p.choice(False, True)}


def nonempty_reduction(p: Pencil, distinct: bool = False) -> Drawn:
    """Without empty ones: NumPy has no mean or largest element of nothing."""
    shape = p.shape(min_side=1)
    x = p.distinct(shape) if distinct else p.array(shape)
    return (x,), {"axis": p.axes(len(shape)), "keepdims": p.choice(False, True)}


def reduction_with_dtype(p: Pencil) -> Drawn:
    inputs, options = reduction(p)
    return inputs, {**options, "dtype": p.choice(None, np.float64)}


def spread_out(p: Pencil) -> Drawn:
    """Variance and deviation: some elements more than the correction takes away."""
    (x,), options = nonempty_reduction(p, distinct=True)
    count = np.size(x) // max(np.size(np.sum(x, axis=options["axis"])), 1)
    return (x,), {**options, "correction": p.choice(0.0, 0.5, 1, count - 0.5) if count > 1 else 0.0}


def norms(p: Pencil) -> Drawn:
    inputs, options = nonempty_reduction(p, distinct=True)
    return inputs, {**options, "ord": p.choice(2, 1, 3, 1.5, math.inf, -math.inf, 0, -1)}


def places(p: Pencil) -> Drawn:
    shape = p.shape(min_side=1)
    axis = p.choice(None, *range(-len(shape), len(shape)))
    return (p.array(shape),), {"axis": axis, "keepdims": p.choice(False, True)}


def running(p: Pencil) -> Drawn:
    shape = p.shape(min_dims=1)
    return (p.array(shape),), {"axis": p.axis(len(shape)), "include_initial": p.choice(False, True)}


def scanning(p: Pencil) -> Drawn:
    shape = p.shape(min_dims=1)
    return (p.array(shape), p.array(shape)), {"axis": p.axis(len(shape))}


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


# -- shaping ----------------------------------------------------------------------------------------------------------


def reshaping(p: Pencil) -> Drawn:
    shape = p.shape()
    size = math.prod(shape)
    ways = [(size,), (-1,) if size else (0,), (1, size), (size, 1), shape[::-1], (*shape, 1)]
    ways += [(n, size // n) for n in (2, 3) if size and size % n == 0] + ([()] if size == 1 else [])
    return (p.array(shape),), {"shape": p.choice(*ways)}


def permuting(p: Pencil) -> Drawn:
    shape = p.shape()
    order = p.draw(st.permutations(range(len(shape))))
    return (p.array(shape),), {"axes": tuple(i - len(shape) if p.choice(False, True) else i for i in order)}


def matrices(p: Pencil) -> Drawn:
    return (p.array(p.shape(min_dims=2)),), {}


def new_axes(p: Pencil) -> Drawn:
    shape = p.shape(max_dims=2)
    return (p.array(shape),), {"axis": p.choice(0, -1, len(shape), (0, -1), (1, 0))}


def losing_axes(p: Pencil) -> Drawn:
    shape = p.shape()
    ones = [i for i, n in enumerate(shape) if n == 1]
    return (p.array(shape),), {"axis": p.choice(tuple(ones), *ones, *(i - len(shape) for i in ones))}


def broadcast(p: Pencil) -> Drawn:
    shape = p.shape()
    return (p.array(p.smaller(shape)),), {"shape": shape}


def joining(p: Pencil) -> Drawn:
    """Arrays that differ in length along the axis, or in their whole shapes if they are flattened."""
    if p.integer(0, 4) == 4:
        return tuple(p.array(p.shape()) for _ in range(p.integer(1, 3))), {"axis": None}
    shape = p.shape(min_dims=1)
    axis = p.axis(len(shape))
    lengths = [p.side() for _ in range(p.integer(1, 3))]
    return tuple(p.array(tuple(n if i == axis % len(shape) else m for i, m in enumerate(shape)))
                 for n in lengths), {"axis": axis}


def stacking(p: Pencil) -> Drawn:
    shape = p.shape(max_dims=2)
    return tuple(p.array(shape) for _ in range(p.integer(1, 3))), {"axis": p.axis(len(shape) + 1)}


def flipping(p: Pencil) -> Drawn:
    shape = p.shape()
    return (p.array(shape),), {"axis": p.axes(len(shape))}


def rolling(p: Pencil) -> Drawn:
    """Of 3 elements: a shift by 1 and one by -1 are the same for two."""
    shape = p.choice((), (0, 3), (3,), (3, 2), (2, 3, 1))
    shift = p.choice(1, -1, 2, 4, 0)
    if len(shape) > 1 and p.choice(False, True):
        return (p.array(shape),), {"shift": (shift, p.integer(-4, 4)), "axis": (0, -1)}
    return (p.array(shape),), {"shift": shift, "axis": p.choice(None, *range(-len(shape), len(shape)))}


def tiling(p: Pencil) -> Drawn:
    return (p.array(p.shape(max_dims=2)),), {"repetitions": p.choice(2, 0, (2,), (2, 1), (1, 3, 2), ())}


def repeating(p: Pencil) -> Drawn:
    shape = p.shape()
    axis = p.choice(None, *range(-len(shape), len(shape)))
    n = math.prod(shape) if axis is None else shape[axis]
    return (p.array(shape),), {"repeats": p.choice(2, 0, tuple(p.integer(0, 2) for _ in range(n))), "axis": axis}


def padding(p: Pencil) -> Drawn:
    shape = p.shape(max_dims=2)
    each = tuple((p.integer(0, 2), p.integer(0, 2)) for _ in shape)
    return (p.array(shape),), {"pad_width": p.choice(1, (2, 0), each) if shape else 1, "value": p.choice(0.0, 2.5)}


def pad(x: Any, pad_width: Any, value: float = 0.0) -> Any:
    return np.pad(x, pad_width, constant_values=np.asarray(value).astype(np.asarray(x).dtype))


def moving(p: Pencil) -> Drawn:
    shape = p.shape(min_dims=1)
    return (p.array(shape),), {"source": p.axis(len(shape)), "destination": p.axis(len(shape))}


def swapping(p: Pencil) -> Drawn:
    shape = p.shape(min_dims=1)
    return (p.array(shape),), {"axis1": p.axis(len(shape)), "axis2": p.axis(len(shape))}


def splitting(p: Pencil) -> Drawn:
    shape = p.shape(min_dims=1)
    axis = p.axis(len(shape))
    return (p.array(shape),), {"sections": p.choice(1, max(shape[axis], 1), [1], [1, 2], [2, 1]), "axis": axis}


def converting(p: Pencil) -> Drawn:
    return (p.array(p.shape()),), {"dtype": np.float64}


# -- indexing and sorting ---------------------------------------------------------------------------------------------


def picking(p: Pencil) -> Drawn:
    shape = p.shape()
    return (p.array(shape),), {"index": p.index(shape)}


def scattering(p: Pencil) -> Drawn:
    shape = p.shape()
    index = p.index(shape)
    return (p.array(p.smaller(np.zeros(shape)[index].shape)),), {"index": index, "shape": shape}


def scatter_add(x: Any, index: Any, shape: Any) -> Any:
    out = np.zeros(shape, np.asarray(x).dtype)
    np.add.at(out, index, x)
    return out


def setting(p: Pencil) -> Drawn:
    shape = p.shape()
    index = p.index(shape)
    return (p.array(shape), p.array(p.smaller(np.zeros(shape)[index].shape))), {"index": index}


def index_set(x1: Any, x2: Any, index: Any) -> Any:
    out = np.array(x1, np.result_type(x1, x2))
    out[index] = x2
    return out


def index_with(ufunc: Any, x: Any, y: Any, index: Any) -> Any:
    out = np.array(x, np.result_type(x, y))
    ufunc.at(out, index, y)
    return out


def taking(p: Pencil) -> Drawn:
    shape = p.shape(min_dims=1, min_side=1)
    axis = p.choice(None, *range(-len(shape), len(shape)))
    n = math.prod(shape) if axis is None else shape[axis]
    return (p.array(shape), p.rng.integers(-n, n, p.shape(max_dims=2))), {"axis": axis}


def along(p: Pencil) -> Drawn:
    """x and indices along an axis; elsewhere lengths of both are equal, or those of the indices 1."""
    shape = p.shape(min_dims=1, min_side=1)
    axis = p.axis(len(shape))
    lengths = tuple(p.side() if i == axis % len(shape) else p.choice(n, 1) for i, n in enumerate(shape))
    return (p.array(shape), p.rng.integers(-shape[axis], shape[axis], lengths)), {"axis": axis}


def putting(p: Pencil) -> Drawn:
    (x, indices), options = along(p)
    axis = options["axis"] % x.ndim
    lengths = tuple(indices.shape[i] if i == axis else n for i, n in enumerate(x.shape))
    return (p.array(p.choice(lengths, indices.shape, ())), indices), {**options, "shape": x.shape}


def put_along_axis(x: Any, indices: Any, axis: int, shape: tuple[int, ...]) -> Any:
    """Element by element."""
    out, axis = np.zeros(shape, np.asarray(x).dtype), axis % len(shape)
    lengths = tuple(indices.shape[axis] if i == axis else n for i, n in enumerate(shape))
    x, indices = np.broadcast_to(x, lengths), np.broadcast_to(indices, lengths)
    for place in np.ndindex(lengths):
        out[(*place[:axis], indices[place], *place[axis + 1:])] += x[place]
    return out


def sorting(p: Pencil) -> Drawn:
    shape = p.shape(min_dims=1)
    return (p.distinct(shape),), {"axis": p.axis(len(shape)), "descending": p.choice(False, True)}


def sort(x: Any, axis: int, descending: bool) -> Any:
    return np.flip(np.sort(x, axis=axis), axis) if descending else np.sort(x, axis=axis)


def argsort(x: Any, axis: int, descending: bool) -> Any:
    """Stable both ways: a descending order sorts the negatives, of integers that have them."""
    x = np.asarray(x)
    keys = x if not descending else -x if x.dtype.kind == "f" else -x.astype(np.int64)
    return np.argsort(keys, axis=axis, kind="stable")


def largest(p: Pencil) -> Drawn:
    shape = p.shape(min_dims=1)
    axis = p.axis(len(shape))
    return (p.distinct(shape),), {"k": p.integer(0, shape[axis]), "axis": axis}


def topk(x: Any, k: int, axis: int) -> Any:
    order = np.take(argsort(x, axis, True), np.arange(k), axis=axis)
    return np.take_along_axis(np.asarray(x), order, axis), order


# -- linear algebra ---------------------------------------------------------------------------------------------------


def products(p: Pencil) -> Drawn:
    """Matrices, batches of them that broadcast, and vectors on either side."""
    (first, second), (n, k, m) = p.shapes(2, max_dims=2, max_side=2), (p.side() for _ in range(3))
    return (p.array(p.choice((n, k), (*first, n, k), (k,))), p.array(p.choice((k, m), (*second, k, m), (k,)))), {}


def vectors(p: Pencil) -> Drawn:
    return (p.array(p.shape(min_dims=1, max_dims=1)), p.array(p.shape(min_dims=1, max_dims=1))), {}


def squares(p: Pencil, min_side: int = 0) -> Drawn:
    """Matrices that are far from singular: random ones with a strong diagonal."""
    n, batch = p.side(min_side), p.shape(max_dims=1)
    signs = p.rng.choice([-1.0, 1.0], (*batch, 1, n))
    return (p.rng.uniform(-1, 1, (*batch, n, n)) + 3 * np.eye(n) * signs,), {}


def any_squares(p: Pencil) -> Drawn:
    """Also singular ones: of rank 1, or nothing but zeros."""
    (x,), options = squares(p)
    kind = p.choice("regular", "rank 1", "zero")
    return (x if kind == "regular" else x[..., :1] * x[..., :1, :] if kind == "rank 1" else 0 * x,), options


def equations(p: Pencil) -> Drawn:
    (x1,), options = squares(p)
    n, batch = x1.shape[-1], x1.shape[:-2]
    shape = p.choice((n,), (n, 2), (*batch, n, 1), (2, *(1,) * len(batch), n, 2), (*batch, n, 0))
    return (x1, p.array(shape)), options


def symmetric(p: Pencil) -> Drawn:
    """Matrices whose symmetric part has eigenvalues that are 1 or more apart."""
    (x,), options = squares(p)
    n = x.shape[-1]
    q, _ = np.linalg.qr(x)
    values = np.arange(n) * 1.5 + p.rng.uniform(-0.2, 0.2, (*x.shape[:-2], n)) - 1
    return ((q * values[..., None, :]) @ np.swapaxes(q, -1, -2) + x - np.swapaxes(x, -1, -2),), options


def eigh(x: Any) -> Any:
    return tuple(np.linalg.eigh((x + np.swapaxes(x, -1, -2)) / 2))


def cofactors(x: Any) -> Any:
    """By their definition, minor by minor."""
    x = np.asarray(x)
    out = np.empty(x.shape, np.linalg.det(x).dtype)
    for i, j in product(range(x.shape[-1]), repeat=2):
        out[..., i, j] = (-1) ** (i + j) * np.linalg.det(np.delete(np.delete(x, i, -2), j, -1))
    return out


def diagonals(p: Pencil) -> Drawn:
    shape = tuple(p.side() for _ in range(p.choice(2, 3, 4, 4)))
    pairs = [(i, j) for i in range(len(shape)) for j in range(len(shape)) if i != j]
    first, second = p.choice((1, 3), (3, 1), (0, 1), (0, 2)) if len(shape) == 4 else p.choice(*pairs)
    second = p.choice(second, second - len(shape))
    return (p.array(shape),), {"offset": p.integer(-2, 2), "axis1": first, "axis2": second}


def traces(p: Pencil) -> Drawn:
    return (p.array(p.shape(min_dims=2)),), {"offset": p.integer(-2, 2)}


def dots(p: Pencil) -> Drawn:
    (first, second), n = p.shapes(2, max_dims=1), p.side()
    return (p.array((*first, n)), p.array((*second, n))), {"axis": -1}


def sums_of_products(p: Pencil, repeated: bool = False) -> Drawn:
    """Terms of the letters a, b, c, of lengths 0 to 3; a letter may miss in the result, or stand in one term only."""
    lengths = {letter: p.side() for letter in "abc"}
    pool = "abc" + ("ab" if repeated else "")
    terms = ["".join(p.draw(st.permutations(pool))[:p.integer(0, 3)]) for _ in range(p.integer(1, 3))]
    known = sorted(set("".join(terms)))
    result = "".join(p.draw(st.permutations(known))[:p.integer(0, len(known))])
    arrays = [p.array(tuple(lengths[letter] for letter in term), domain=MODERATE) for term in terms]
    return tuple(arrays), {"subscripts": ",".join(terms) + "->" + result}


def contracting(p: Pencil) -> Drawn:
    shared, left, right = p.shape(max_dims=2), p.shape(max_dims=1), p.shape(max_dims=1)
    if p.choice(False, True):
        return (p.array((*left, *shared)), p.array((*shared, *right))), {"axes": len(shared)}
    first = tuple(range(len(shared)))
    axes = (first, tuple(-1 - i for i in first))
    return (p.array((*shared, *left)), p.array((*right, *shared[::-1]))), {"axes": axes}


# -- windows ----------------------------------------------------------------------------------------------------------


def windows(p: Pencil) -> Drawn:
    size = p.choice(2, 1, (1, 2), (2, 1))
    shape = (p.choice(1, 2, 1, 0), p.integer(3, 5), p.integer(3, 4), p.integer(1, 2))
    return (p.array(shape),), {"size": size, "stride": p.choice(1, 2, (1, 2)), "dilation": p.choice(1, 2, (2, 1))}


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


def window_sums(p: Pencil) -> Drawn:
    (x,), options = windows(p)
    cut = patches(x, **options)
    return (p.array(cut.shape),), {"shape": x.shape, "stride": options["stride"], "dilation": options["dilation"]}


def unpatch(x: Any, shape: Any, stride: Any = 1, dilation: Any = 1) -> Any:
    x = np.asarray(x)
    out = np.zeros(shape, x.dtype)
    for (i, j, m, n), (row, column) in window_places(shape, x.shape[3:5], stride, dilation):
        out[:, row, column] += x[:, i, j, m, n]
    return out


def convolutions(p: Pencil) -> Drawn:
    groups = p.choice(1, 2)
    channels, filters = groups * p.integer(1, 2), groups * p.integer(1, 2)
    x = p.array((p.choice(1, 2, 1, 0), p.integer(3, 4), p.integer(3, 4), channels))
    w = p.array((p.integer(1, 2), p.integer(1, 2), channels // groups, filters))
    options = {"stride": p.choice(1, 2, (2, 1)), "padding": p.choice(0, 1, (0, 1)),
               "dilation": p.choice(1, 2, (1, 2)), "groups": groups}
    return (x, w, p.optional("b", lambda: p.array((filters,)))), options


def conv2d(x: Any, w: Any, b: Any = None, *, stride: Any, padding: Any, dilation: Any, groups: int) -> Any:
    """Filter by filter, from the windows above."""
    (ph, pw), filters = pair(padding), w.shape[3]
    cut = patches(np.pad(x, ((0, 0), (ph, ph), (pw, pw), (0, 0))), w.shape[:2], stride,
                  dilation)       # (N, I, J, P, Q, C)
    c, k = w.shape[2], filters // groups
    planes = [np.tensordot(cut[..., n // k * c:(n // k + 1) * c], w[..., n], axes=3) for n in range(filters)]
    out = np.stack(planes, axis=-1)
    return out if b is None else out + b


def pooling(p: Pencil, distinct: bool) -> Drawn:
    shape = (p.choice(1, 2, 1, 0), p.integer(2, 4), p.integer(2, 4), p.integer(1, 2))
    size = p.choice(2, (1, 2), 1)
    options = {"size": size, "stride": p.choice(None, 1, (2, 1)), "padding": 0 if size == 1 else p.choice(0, (0, 1))}
    return (p.distinct(shape) if distinct else p.array(shape),), options


def pooled(reduce: Callable[..., Any], border: float, x: Any, size: Any, stride: Any, padding: Any) -> Any:
    (ph, pw), x = pair(padding), np.asarray(x)
    if ph or pw:
        if x.dtype.kind in "iu" and border < 0:
            border = np.iinfo(x.dtype).min
        x = np.pad(x, ((0, 0), (ph, ph), (pw, pw), (0, 0)), constant_values=border)
    return reduce(patches(x, size, size if stride is None else stride), axis=(3, 4))


# -- the table --------------------------------------------------------------------------------------------------------

max_pool2d, avg_pool2d = partial(pooled, np.max, -math.inf), partial(pooled, np.mean, 0.0)
distinct_reduction = partial(nonempty_reduction, distinct=True)

ENTRIES: dict[str, Entry] = {
    # elementwise, but with a kink that depends on both inputs, with options, or not elementwise in each input
    "maximum": Entry(two_grids), "minimum": Entry(two_grids), "remainder": Entry(quotients),
    "floor_divide": Entry(quotients),
    "atan2": Entry(in_all_quadrants), "where": Entry(choosing), "clip": Entry(limiting),
    "relu": Entry(lambda p: ((p.array(p.shape()),), {}), lambda x: np.maximum(x, 0)),
    "bitwise_and": Entry(partial(bits, 2)), "bitwise_or": Entry(partial(bits, 2)),
    "bitwise_xor": Entry(partial(bits, 2)),
    "bitwise_invert": Entry(partial(bits, 1)),
    "sinc_derivative": Entry(sinc_derivatives, sinc_derivative),
    "astype": Entry(converting, lambda x, dtype: np.asarray(x).astype(dtype)),
    # reductions
    "sum": Entry(reduction_with_dtype), "prod": Entry(reduction_with_dtype), "mean": Entry(nonempty_reduction),
    "var": Entry(spread_out), "std": Entry(spread_out), "max": Entry(distinct_reduction),
    "min": Entry(distinct_reduction),
    "any": Entry(reduction), "all": Entry(reduction), "argmax": Entry(places), "argmin": Entry(places),
    "logsumexp": Entry(nonempty_reduction, logsumexp), "vector_norm": Entry(norms, vector_norm),
    "softmax": Entry(one_axis, softmax), "log_softmax": Entry(one_axis, lambda x, axis: np.log(softmax(x, axis))),
    "cumulative_sum": Entry(running), "cumulative_prod": Entry(running), "linear_scan": Entry(scanning, linear_scan),
    # shaping
    "reshape": Entry(reshaping), "permute_dims": Entry(permuting), "matrix_transpose": Entry(matrices),
    "expand_dims": Entry(new_axes),
    "squeeze": Entry(losing_axes), "broadcast_to": Entry(broadcast), "concat": Entry(joining),
    "stack": Entry(stacking),
    "flip": Entry(flipping), "roll": Entry(rolling),
    "tile": Entry(tiling, lambda x, repetitions: np.tile(x, repetitions)),
    "repeat": Entry(repeating), "pad": Entry(padding, pad),
    # indexing and sorting
    "getitem": Entry(picking, lambda x, index: np.asarray(x)[index]), "scatter_add": Entry(scattering, scatter_add),
    "take": Entry(taking),
    "take_along_axis": Entry(along), "put_along_axis": Entry(putting, put_along_axis),
    "index_set": Entry(setting, index_set),
    "sort": Entry(sorting, sort), "argsort": Entry(sorting, argsort), "topk": Entry(largest, topk),
    # linear algebra
    "matmul": Entry(products), "outer": Entry(vectors),
    "einsum": Entry(sums_of_products, lambda arrays, subscripts: np.einsum(subscripts, *arrays)),
    "diagonal": Entry(diagonals),
    "solve": Entry(equations), "inv": Entry(squares), "det": Entry(any_squares),
    "cofactors": Entry(any_squares, cofactors),
    "slogdet": Entry(squares), "eigh": Entry(symmetric, eigh),
    # windows
    "patches": Entry(windows, patches), "unpatch": Entry(window_sums, unpatch), "conv2d": Entry(convolutions, conv2d),
    "max_pool2d": Entry(partial(pooling, distinct=True), max_pool2d),
    "avg_pool2d": Entry(partial(pooling, distinct=False), avg_pool2d),
}


def by_float64(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function of one array, computed in float64 and given in the dtype of the array if that is floating."""
    def reference(x: Any) -> Any:
        x = np.asarray(x)
        return np.asarray(f(x.astype(float))).astype(x.dtype if x.dtype.kind == "f" else float)
    return reference


# Simply elementwise functions that NumPy does not have, or has for floating-point numbers only.
REFERENCES: dict[str, Callable[..., Any]] = {
    "sigmoid": by_float64(lambda x: 1 / (1 + np.exp(-x))), "softplus": by_float64(lambda x: np.log(1 + np.exp(x))),
    "erf": by_float64(np.vectorize(math.erf, otypes=[float])), "reciprocal": lambda x: 1 / np.asarray(x),
}

# Operations that work only inside others, and what tests them.
INTERNAL = {"item": "tests of operations with several results", "foreign_call": "tg.custom in test_graphs.py",
            "foreign_pull": "tg.custom in test_graphs.py", "replayed": "tg.checkpoint in test_graphs.py"}


class Composed(NamedTuple):
    """A function of the library that is not an operation but calls some, and the names of its differentiable inputs."""

    function: Callable[..., Any]
    entry: Entry
    arguments: tuple[str, ...] = ("x",)


COMPOSED: dict[str, Composed] = {
    "moveaxis": Composed(lambda x, source, destination: tg.moveaxis(x, source, destination), Entry(moving)),
    "swapaxes": Composed(lambda x, axis1, axis2: tg.swapaxes(x, axis1, axis2), Entry(swapping)),
    "unstack": Composed(tg.unstack, Entry(one_axis)),
    "split": Composed(lambda x, sections, axis: tg.split(x, sections, axis=axis),
                      Entry(splitting, lambda x, sections, axis: np.split(x, sections, axis))),
    "broadcast_arrays": Composed(tg.broadcast_arrays, Entry(two_grids), ("x1", "x2")),
    "tensordot": Composed(tg.tensordot, Entry(contracting), ("x1", "x2")),
    "einsum()": Composed(lambda *arrays, subscripts: tg.einsum(subscripts, *arrays),
                         Entry(partial(sums_of_products, repeated=True),
                         lambda *arrays, subscripts: np.einsum(subscripts, *arrays)), ("operands",)),
    "trace": Composed(tg.trace, Entry(traces, np.linalg.trace)),
    "vecdot": Composed(tg.vecdot, Entry(dots), ("x1", "x2")),
    "x[index]": Composed(lambda x, index: tg.ops.getitem(x, index),
                         Entry(picking, lambda x, index: np.asarray(x)[index])),
    "at.set": Composed(lambda x, y, index: tg.ops.At(x)[index].set(y), Entry(setting, index_set), ("x", "y")),
    "at.add": Composed(lambda x, y, index: tg.ops.At(x)[index].add(y), Entry(setting, partial(index_with, np.add)),
                       ("x", "y")),
    "at.multiply": Composed(lambda x, y, index: tg.ops.At(x)[index].multiply(y),
                            Entry(setting, partial(index_with, np.multiply)), ("x", "y")),
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


def is_simply_elementwise(op: Op) -> bool:
    """Whether arguments can be drawn from what the operation says of itself."""
    return op.kind == "elementwise" and not op.option_names and not op.many


def entry(op: Op) -> Entry:
    """The row of an operation; an operation that is simply elementwise needs none."""
    if op.name in ENTRIES:
        return ENTRIES[op.name]
    assert is_simply_elementwise(op), (
        f"tests/registry.py does not know how to draw arguments for {op}. Write a function that draws its inputs and "
        f'options beside its like, and add  "{op.name}": Entry(that function, its NumPy reference)  to ENTRIES.')
    return Entry(partial(broadcasting, op))


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
