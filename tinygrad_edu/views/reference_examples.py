"""Examples for the reference: inputs and options on which an operation is shown.

    example_of(op)      examples to try, the best first

Elementwise operations get numbers from the domain that they declare; the others have a row in the table, or are tried
on vectors and matrices.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from ..core.rules import Op
from ..ops.domains import Domain


class Example(NamedTuple):
    """One call."""

    inputs: tuple[Any, ...]
    options: dict[str, Any]


def _matrix(*shape: int) -> Any:
    """Different numbers of ordinary size, in no order."""
    n = int(np.prod(shape))
    return np.round(np.sin(np.arange(1.0, n + 1) * 2.3) * 2, 1).reshape(shape)


def _square() -> Any:
    return np.array([[2.0, 0.5], [-1.0, 3.0]])


X, ROW = _matrix(2, 3), _matrix(3)
PLACES = np.array([2, 0])
IMAGE = _matrix(1, 3, 3, 1)
EXAMPLES: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "matmul": ((X, _matrix(3, 2)), {}), "outer": ((_matrix(2), ROW), {}),
    "einsum": ((X, _matrix(3, 2)), {"subscripts": "ij,jk->ik"}), "diagonal": ((_matrix(2, 2),), {}),
    "solve": ((_square(), _matrix(2)), {}), "inv": ((_square(),), {}), "det": ((_square(),), {}),
    "cofactors": ((_square(),), {}), "slogdet": ((_square(),), {}),
    "eigh": ((np.array([[2.0, 0.5], [0.5, 3.0]]),), {}),
    "sum": ((X,), {"axis": 0}), "mean": ((X,), {"axis": 0}), "var": ((X,), {"axis": 0}), "std": ((X,), {"axis": 0}),
    "prod": ((ROW,), {}), "max": ((X,), {"axis": 1}), "min": ((X,), {"axis": 1}), "any": ((X > 0,), {"axis": 0}),
    "all": ((X > 0,), {"axis": 0}), "argmax": ((X,), {"axis": 1}), "argmin": ((X,), {"axis": 1}),
    "logsumexp": ((X,), {"axis": 1}), "vector_norm": ((ROW,), {}), "cumulative_sum": ((ROW,), {}),
    "cumulative_prod": ((ROW,), {}), "linear_scan": ((ROW, _matrix(3) + 1), {"axis": 0}),
    "softmax": ((ROW,), {}), "log_softmax": ((ROW,), {}),
    "reshape": ((X,), {"shape": (3, 2)}), "permute_dims": ((X,), {"axes": (1, 0)}), "matrix_transpose": ((X,), {}),
    "expand_dims": ((ROW,), {"axis": 1}), "squeeze": ((_matrix(3, 1),), {"axis": 1}),
    "broadcast_to": ((ROW,), {"shape": (2, 3)}), "concat": ((_matrix(2), ROW), {}), "stack": ((ROW, -ROW), {}),
    "flip": ((ROW,), {}), "roll": ((ROW,), {"shift": 1}), "tile": ((ROW,), {"repetitions": (2,)}),
    "repeat": ((ROW,), {"repeats": 2}), "pad": ((ROW,), {"pad_width": 1}), "astype": ((ROW,), {"dtype": np.float32}),
    "getitem": ((ROW,), {"index": 1}), "scatter_add": ((_matrix(2),), {"index": PLACES, "shape": (4,)}),
    "take": ((ROW, PLACES), {}), "take_along_axis": ((ROW, PLACES), {}),
    "put_along_axis": ((_matrix(2), PLACES), {"axis": 0, "shape": (4,)}),
    "index_set": ((ROW, _matrix(2)), {"index": PLACES}),
    "sort": ((ROW,), {}), "argsort": ((ROW,), {}), "topk": ((ROW,), {"k": 2}),
    "patches": ((IMAGE,), {"size": 2}), "unpatch": ((_matrix(1, 2, 2, 2, 2, 1),), {"shape": (1, 3, 3, 1)}),
    "conv2d": ((IMAGE, _matrix(2, 2, 1, 1), np.array([0.5])), {}),
    "max_pool2d": ((IMAGE,), {"size": 2, "stride": 1}), "avg_pool2d": ((IMAGE,), {"size": 2, "stride": 1}),
    "where": ((np.array([True, False, True]), ROW, -2 * ROW), {}), "clip": ((ROW, -1.0, 1.0), {}),
    "logical_not": ((np.array([True, False]),), {}), "bitwise_invert": ((np.array([1, 6]),), {}),
}
BITS = {"bitwise_and", "bitwise_or", "bitwise_xor"}


def example_of(op: Op) -> Iterator[Example]:
    """Examples to try, the best first. Options that have no default are left to the table."""
    if not op.foreign and op.name in EXAMPLES:
        inputs, options = EXAMPLES[op.name]
        yield Example(inputs, options)
        return
    if not op.foreign and op.name in BITS:
        yield Example((np.array([5, 6]), np.array([3, 3])), {})
        return
    if set(op.option_names) - set(op.defaults):
        return
    for shape in ((3,), (2, 2), ()):
        names = [op.many, op.many] if op.many else op.input_names
        yield Example(tuple(_drawn(op, name, i, shape) for i, name in enumerate(names)), {})


def _drawn(op: Op, name: Any, i: int, shape: tuple[int, ...]) -> Any:
    """Numbers from the domain of an input, away from its kinks."""
    domain = op.domain.get(name) if isinstance(op.domain, dict) else op.domain
    domain = domain if isinstance(domain, Domain) else Domain(-2.0, 2.0)
    low, high = max(domain.low, -2.0), min(domain.high, 3.0)
    places = np.array([0.62, 0.27, 0.85, 0.41]) if i % 2 == 0 else np.array([0.36, 0.73, 0.22, 0.58])
    numbers = np.round(low + (high - low) * places, 2)
    near = np.any([abs(numbers - kink) < 0.1 for kink in domain.kinks], axis=0) if domain.kinks else False
    if domain.kinks_every:
        near = near | (abs((numbers - domain.offset + 0.1) % domain.kinks_every) < 0.2)
    return np.resize(np.where(near, numbers + 0.23, numbers), shape) if shape else np.asarray(numbers[0])
