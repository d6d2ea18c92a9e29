"""Expansions: how an operation on arrays looks at scalar grain, which is what zooming into a tensor shows.

    relu.expand("elements")             the operation itself, on each element (what kind="elementwise" says already)
    reshape.expand("moves")             every element of the result is an element of an input, as it is
    prod.expand(Folded("multiply", by=_spread))       elements are combined two by two, from the first to the last
    sum_of_products.expand(Products())  sums of products along axes that have letters
    softmax.expand(lambda x, axis: ...) the same result written with simpler operations, which have expansions, too

A function names what it needs, as a derivative rule does: inputs (as Tensors, to be recorded), options, by-products,
and `out`, the result as it was found; what it makes of `out` alone is a constant. The four ways above it run on the
*numbers* of elements: an array 0, 1, 2, … in place of the values says where each element goes.

Scalars of a tensor are a flat list in row order. Each way answers three questions about a recorded node, of which only
some elements may be wanted: which elements of its inputs that needs, how many operations it takes, and what they give.
Read `core/rules.py` before this file and `views/zooming.py` after it.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from functools import reduce
from itertools import accumulate
from typing import Any, Protocol

import numpy as np

from .. import ops
from ..core import values
from ..core.backprop import raw_value
from ..core.rules import Rule
from ..core.tensors import Tensor
from ..errors import RuleError

Mask = np.ndarray[Any, Any]             # the wanted elements, of the shape of the tensor
Scalars = list[Any]                     # 0-d Tensors or plain numbers; None for elements that nobody wants


class Way(Protocol):
    """What a way to expand answers about a node."""

    def needed(self, node: Tensor, wanted: Mask) -> list[Mask | None]:
        """The elements of each input that the wanted ones are made of; None for an input that is read as it is."""

    def count(self, node: Tensor, wanted: Mask) -> int:
        """How many operations on scalars that takes, at most."""

    def scalars(self, node: Tensor, wanted: Mask, inputs: list[Scalars]) -> Scalars:
        """The wanted elements, computed and recorded."""


def rewritten(node: Tensor, function: Callable[..., Any], stand_ins: dict[str, Any]) -> Any:
    """What the function that an operation's `expand` was given makes of a node; `stand_ins` are its inputs by name."""
    known = {**getattr(node, "_options", {}), "out": raw_value(node, node), **stand_ins}
    return function(*[known[name] for name in inspect.signature(function).parameters])


# -- each element alone -----------------------------------------------------------------------------------------------


class Elements:
    """The operation is applied to each element, through its own door, as to any scalars; inputs broadcast."""

    def needed(self, node: Tensor, wanted: Mask) -> list[Mask | None]:
        """The elements at the same place."""
        return [_summed_to(np.shape(values_of(x)), wanted) for x in node.inputs]

    def count(self, node: Tensor, wanted: Mask) -> int:
        """One for each."""
        return int(wanted.sum())

    def scalars(self, node: Tensor, wanted: Mask, inputs: list[Scalars]) -> Scalars:
        """The operation, called on the scalars at each place."""
        call, options, columns = node.op.function, node.options, []
        for x, given in zip(node.inputs, _plainly(node, inputs), strict=True):
            places = np.broadcast_to(numbers(np.shape(values_of(x))), wanted.shape).flat
            columns.append([given[k] for k in places])
        rows = zip(wanted.flat, *columns, strict=True)
        return [_settled(call(*row, **options)) if is_wanted else None for is_wanted, *row in rows]


def values_of(x: Any) -> Any:
    """The value of an input: of a Tensor, or a plain one."""
    return x._value if x.__class__ is Tensor else x


def numbers(shape: tuple[int, ...], start: int = 0) -> np.ndarray[Any, Any]:
    """The numbers of the elements in row order."""
    return np.arange(start, start + math.prod(shape)).reshape(shape)


def _summed_to(shape: tuple[int, ...], wanted: Mask) -> Mask:
    """Which elements of an array of `shape` that was broadcast are wanted."""
    added = wanted.ndim - len(shape)
    axes = (*range(added), *(i + added for i, n in enumerate(shape) if n == 1))
    mask: Mask = np.any(wanted, axis=axes).reshape(shape)
    return mask


def _plainly(node: Tensor, inputs: list[Scalars]) -> list[Scalars]:
    """Numbers that come from arrays count in promotion, as arrays do; where all is float64, plain floats do as well."""
    if any(x.__class__ is Tensor and x.dtype.kind == "f" and x.dtype.itemsize < 8 for x in node.inputs):
        return inputs
    return [[float(x) if x.__class__ is np.float64 else x for x in given] for given in inputs]


def _settled(x: Any) -> Any:
    return x if x.__class__ is Tensor else values.settle(np.asarray(x))


def converted(x: Any, dtype: np.dtype[Any]) -> Any:
    """A scalar in the dtype of the tensor that it becomes a part of."""
    if x is None or (x.__class__ is Tensor and x.dtype == dtype):
        return x
    return ops.astype(x, dtype) if x.__class__ is Tensor else np.asarray(x).astype(dtype)[()]


# -- elements that only move ------------------------------------------------------------------------------------------


class Moves:
    """The forward function, run on the numbers of the elements, says which element stands where."""

    def needed(self, node: Tensor, wanted: Mask) -> list[Mask | None]:
        """The elements that stand at wanted places."""
        sources, sizes = self._sources(node), _sizes(node)
        hit = np.zeros(sum(sizes), np.bool_)
        hit[sources[wanted]] = True
        parts = np.split(hit, list(accumulate(sizes))[:-1])
        return [part.reshape(np.shape(values_of(x))) if is_moved else None
                for part, x, is_moved in zip(parts, node.inputs, _are_moved(node), strict=True)]

    def count(self, node: Tensor, wanted: Mask) -> int:
        """None, but for elements of another dtype."""
        return sum(int(mask.sum()) for x, mask in zip(node.inputs, self.needed(node, wanted), strict=True)
                   if mask is not None and x.__class__ is Tensor and x.dtype != node.dtype)

    def scalars(self, node: Tensor, wanted: Mask, inputs: list[Scalars]) -> Scalars:
        """The elements themselves."""
        pool = [converted(x, node.dtype) for given, is_moved in zip(inputs, _are_moved(node), strict=True) if is_moved
                for x in given]
        return [pool[k] for k in self._sources(node).flat]

    def _sources(self, node: Tensor) -> np.ndarray[Any, Any]:
        """For each element of the result its number among the elements of all inputs that move."""
        op, start, arguments = node.op, 0, []
        for x, is_moved, size in zip(node.inputs, _are_moved(node), _sizes(node), strict=True):
            arguments.append(numbers(np.shape(values_of(x)), start) if is_moved else values_of(x))
            start += size
        return np.asarray(op.forward(arguments, **node.options) if op.many else op.forward(*arguments, **node.options))


def _are_moved(node: Tensor) -> list[bool]:
    """Whether elements of each input can get into the result: not those of an input without derivative, as indices."""
    return [node.op.rule_of(i).kind != Rule.NONE for i in range(len(node.inputs))]


def _sizes(node: Tensor) -> list[int]:
    return [np.size(values_of(x)) * is_moved for x, is_moved in zip(node.inputs, _are_moved(node), strict=True)]


# -- elements that are combined ---------------------------------------------------------------------------------------


class Folded:
    """Elements of the first input that end in one place are combined by `pair`, in turn: ((a + b) + c) + d.

    That is what a loop would do, and what people write. (NumPy adds in another order: equal to rounding.)

    Args:
        pair: the name of an operation on two scalars.
        by: a function that names what it needs and gives for each element where it ends, if `g` are the numbers of the
            result's elements; None for the derivative rule, where `g` goes back to each element as it is.
        shared: whether equal elements share the gradient (`max`): the mean of the largest takes part in their place.
    """

    def __init__(self, pair: str, by: Callable[..., Any] | None = None, shared: bool = False) -> None:
        self.pair, self.by, self.shared = pair, by, shared

    def needed(self, node: Tensor, wanted: Mask) -> list[Mask | None]:
        """The elements that end at wanted places."""
        mask = _summed_to(np.shape(values_of(node.inputs[0])), wanted.reshape(-1)[self._places(node)])
        return [mask, *[None] * (len(node.inputs) - 1)]

    def count(self, node: Tensor, wanted: Mask) -> int:
        """One less than the elements of each place, and their conversion."""
        places, x = self._places(node), np.asarray(values_of(node.inputs[0]))
        there = np.bincount(places.reshape(-1), minlength=node.size)[wanted.reshape(-1)]
        count = np.maximum(there - 1, 0).sum() + there.sum() * (x.dtype != node.dtype)
        if self.shared:                             # where several are the largest, one division
            equal = places[x == np.asarray(node._value).reshape(-1)[places]]
            count += np.sum(np.bincount(equal, minlength=node.size)[wanted.reshape(-1)] > 1)
        return int(count)

    def scalars(self, node: Tensor, wanted: Mask, inputs: list[Scalars]) -> Scalars:
        """The element itself where there is one, and what was found, which is a constant, where there is none."""
        places, x = self._places(node), np.shape(values_of(node.inputs[0]))
        sources = np.broadcast_to(numbers(x).reshape(x[max(len(x) - places.ndim, 0):]), places.shape)
        groups: list[Scalars] = [[] for _ in range(node.size)]
        for source, place in zip(sources.flat, places.flat, strict=True):
            groups[place].append(inputs[0][source])
        found = np.asarray(node._value).reshape(-1)
        return [None if not is_wanted else self._combined(group, node.dtype) if group else found[k]
                for k, (group, is_wanted) in enumerate(zip(groups, wanted.flat, strict=True))]

    def _combined(self, group: Scalars, dtype: np.dtype[Any]) -> Any:
        group = [converted(x, dtype) for x in group]
        pair = getattr(ops, self.pair)
        return reduce(pair, _with_shares(group, pair) if self.shared else group)

    def _places(self, node: Tensor) -> np.ndarray[Any, Any]:
        """For each element of the first input (as it broadcasts) the number of the place where it ends."""
        rule = node.op.rule_of(0) if self.by is None else Rule(node.op, node.op.input_names[0], 0, self.by)
        return np.asarray(rule.call(*rule.arguments(node, numbers(node.shape), 0, raw_value)))


def _with_shares(group: Scalars, pair: Any) -> Scalars:
    """`group`, but if several are equally large, their mean in the place of the first."""
    plain = [values.strong(values_of(x)) for x in group]
    best = reduce(pair, plain)
    tied = [k for k, value in enumerate(plain) if value == best]
    if len(tied) < 2:
        return group
    mean = reduce(ops.add, [group[k] for k in tied]) / len(tied)
    return [mean if k == tied[0] else x for k, x in enumerate(group) if k not in tied[1:]]


# -- sums of products -------------------------------------------------------------------------------------------------


class Products:
    """Sums of products as `einsum` writes them, "ij,jk->ik": a0[i, 0] * a1[0, k] + a0[i, 1] * a1[1, k] + …."""

    def needed(self, node: Tensor, wanted: Mask) -> list[Mask | None]:
        """The elements of an operand that share their letters with wanted ones."""
        terms, result = _letters(node)
        masks: list[Mask | None] = []
        for term, x in zip(terms, node.inputs, strict=True):
            shape = np.shape(values_of(x))
            kept = "".join(each for each in result if each in term)
            mask = np.any(wanted, axis=tuple(i for i, each in enumerate(result) if each not in term))
            mask = mask.transpose([kept.index(each) for each in term if each in kept])
            mask = mask.reshape([mask.shape[[a for a in term if a in kept].index(each)] if each in kept else 1
                                 for each in term])
            stretched = tuple(i for i, n in enumerate(shape) if n == 1)
            masks.append(np.broadcast_to(np.any(mask, axis=stretched, keepdims=True), shape))
        return masks

    def count(self, node: Tensor, wanted: Mask) -> int:
        """One less than the factors of each product, and one less than the products of each sum."""
        terms, result = _letters(node)
        n = math.prod(length for letter, length in _lengths(node).items() if letter not in result)
        return int(wanted.sum()) * max(n * len(terms) - 1, 0)

    def scalars(self, node: Tensor, wanted: Mask, inputs: list[Scalars]) -> Scalars:
        """The products from left to right, the sums from the first letter's first to the last letter's last."""
        terms, result = _letters(node)
        inputs, lengths = _plainly(node, inputs), _lengths(node)
        summed = [letter for letter in lengths if letter not in result]
        starts = [_offsets(x, term, result, lengths) for x, term in zip(node.inputs, terms, strict=True)]
        steps = [_offsets(x, term, summed, lengths) for x, term in zip(node.inputs, terms, strict=True)]

        def element(k: int) -> Any:
            products = [reduce(ops.multiply, [given[start[k] + n] for given, start, n in
                                              zip(inputs, starts, step, strict=True)])
                        for step in zip(*steps, strict=True)]
            return reduce(ops.add, products) if products else np.asarray(node._value).reshape(-1)[k]

        return [converted(element(k), node.dtype) if is_wanted else None for k, is_wanted in enumerate(wanted.flat)]


def _letters(node: Tensor) -> tuple[list[str], str]:
    left, _, result = node.options["subscripts"].partition("->")
    return left.split(","), result


def _lengths(node: Tensor) -> dict[str, int]:
    """How far each letter runs, in the order in which they occur."""
    lengths: dict[str, int] = {}
    for term, x in zip(_letters(node)[0], node.inputs, strict=True):
        for letter, n in zip(term, np.shape(values_of(x)), strict=True):
            lengths[letter] = n if lengths.get(letter, 1) == 1 else lengths[letter]
    return lengths


def _offsets(x: Any, term: str, letters: Any, lengths: dict[str, int]) -> list[int]:
    """How far into the elements of an operand each combination of `letters` leads; not at all by those it lacks."""
    shape = np.shape(values_of(x))
    strides = {letter: math.prod(shape[i + 1:]) * (shape[i] > 1) for i, letter in enumerate(term)}
    grid = np.zeros((), np.intp)
    for letter in letters:
        grid = np.add.outer(grid, np.arange(lengths[letter]) * strides.get(letter, 0))
    return grid.reshape(-1).tolist()


WAYS: dict[str, Way] = {"elements": Elements(), "moves": Moves()}


def way_of(op: Any) -> Any:
    """How an operation is expanded: a `Way`, a function for `rewritten`, or None if nobody said."""
    way = WAYS.get(op.expansion) if isinstance(op.expansion, str) else op.expansion
    if way is None and op.expansion is not None:
        raise RuleError(f"{op.name}.expand({op.expansion!r}): expected 'elements', 'moves', or a function of the "
                        "inputs.")
    return way

