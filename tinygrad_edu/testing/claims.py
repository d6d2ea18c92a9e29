"""What is checked: a function at its inputs, and the gradient that is claimed for it.

    Claim           the inputs, which of them are checked, how to call f, how to get the claimed gradient
    tensor_claim    for a function of Tensors: the gradient is that of `tg.gradients`, or of `tg.jvp`
    plain_claim     for any function, with a gradient function written by hand
    next_order      the claim about the gradient function itself: second derivatives

Inputs that are nested lists or dicts of Tensors count as several inputs, with names such as `params['w']`.
What happens around a gradient is looked at here, too: arguments that were changed, memory that is shared.
Read `numerical.py` before this file and `checks.py` after it.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..core.modes import enable_grad
from ..core.passes import gradients
from ..core.places import place
from ..core.positions import is_inside
from ..core.tensors import Tensor, constant
from ..core.values import settle
from ..errors import ArgumentError, DTypeError, NonFiniteGradientWarning
from ..transforms import jvp, leaves_of, rebuilt
from ..views.recording import positional_names
from .numerical import flat, is_floating, output_arrays

NUMPY = np.__file__.rpartition("__init__")[0]


@dataclass
class Input:
    """One input: what messages call it, its value as an array, and what the user gave."""

    name: str
    raw: np.ndarray
    given: Any


@dataclass
class Claim:
    """A function, its inputs, and the gradient that is claimed.

    Args:
        inputs: all inputs; those that are no floating-point arrays are passed on as they are.
        chosen: the positions of the inputs that are checked.
        call: call(*raw) gives what f gives, for raw arrays; where f takes Tensors, inside of `no_grad`.
        gradient: gradient(raw, weights) gives the gradient of the weighted sum of the outputs, for each chosen input.
        push: push(raw, position, t) gives how the outputs move when that input moves along t; None if it cannot.
        record: record(raw) gives the recorded outputs and the Tensors that f was called with, for the diagnosis. A
            plain function may refuse Tensors.
        by_hand: whether the gradient is a function written by hand; else rules of operations made it.
        place: where that function is, as `lesson.py:12, slope`.
        faults, notes: what was found around the gradient, by the name of the input, or "" for all.
    """

    inputs: list[Input]
    chosen: list[int]
    call: Callable[..., Any]
    gradient: Callable[[Sequence[Any], np.ndarray], list[Any]]
    push: Callable[[Sequence[Any], int, np.ndarray], np.ndarray] | None = None
    record: Callable[[Sequence[Any]], tuple[list[Tensor], tuple[Any, ...]]] | None = None
    by_hand: bool = False
    place: str = ""
    weighs: bool = True             # whether the gradient can start from any weights, or from 1 alone
    is_jacobian: bool = False       # whether the function written by hand was seen to give a Jacobian
    shapes: list[tuple[int, ...]] = field(default_factory=list)     # of f's outputs, once they are known
    recorded: list[Tensor] = field(default_factory=list)            # the outputs of the last gradient's graph
    faults: list[tuple[str, str]] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)

    @property
    def raw(self) -> list[Any]:
        """Every input's value: a fresh array, or the object that was given."""
        return [np.array(each.raw) if is_floating(each.raw) else each.given for each in self.inputs]

    def gradient_watched(self, weights: np.ndarray) -> list[Any]:
        """The claimed gradient; that it leaves its arguments alone, and gives the same twice, is checked as well."""
        raw = self.raw
        given = first = self.gradient(raw, weights)
        for each, after in zip(self.inputs, raw, strict=True):
            if is_floating(each.raw) and not _same(each.raw, after):
                self.faults.append((each.name, f"computing the gradient changed its argument {each.name} in place"))
        self._note_sharing(first, raw)
        first = [None if g is None else np.array(g) for g in first]
        again = self.gradient(self.raw, weights)
        self._note_memory_used_again(given, again)
        for position, one, other in zip(self.chosen, first, again, strict=True):
            self._note_dtype(self.inputs[position], None if self.is_jacobian else one)
            if one is not None and other is not None and not _same(one, other):
                self._differs(self.inputs[position].name, one, np.asarray(other))
        return first

    def _differs(self, name: str, one: np.ndarray, other: np.ndarray) -> None:
        size = float(np.max(np.abs(one), initial=0.0))
        gap = float(np.max(np.abs(one - other), initial=0.0)) if one.shape == other.shape else np.inf
        text = "the gradient is another one when it is computed again"
        if gap <= 1e3 * float(np.finfo(one.dtype if one.dtype.kind == "f" else float).eps) * size:
            self.notes.append((name, text + ", by rounding"))
        else:
            self.faults.append((name, f"{text}: by up to {gap:.3g}. Expected the same numbers for the same inputs"))

    def _note_dtype(self, each: Input, g: np.ndarray | None) -> None:
        if g is None or g.dtype == each.raw.dtype or not g.ndim:
            return
        what = "decimals would be cut off" if g.dtype.kind in "iu" else (
            "digits are lost" if g.dtype.itemsize < each.raw.dtype.itemsize
            else f"x - rate * gradient is no longer {each.raw.dtype}")
        self.notes.append((each.name, f"the gradient has dtype {g.dtype}, the input {each.raw.dtype}: {what}"))

    def _note_memory_used_again(self, first: list[Any], again: list[Any]) -> None:
        for position, one, other in zip(self.chosen, first, again, strict=True):
            if isinstance(one, np.ndarray) and isinstance(other, np.ndarray) and one.flags.writeable and one.size \
                    and _share(one, other):
                self.notes.append((self.inputs[position].name, "the gradient is written where the last one was: "
                                   "computing another one changes it"))

    def _note_sharing(self, found: list[Any], raw: list[Any]) -> None:
        arrays = [(self.inputs[p].name, g) for p, g in zip(self.chosen, found, strict=True)
                  if isinstance(g, np.ndarray)]
        for k, (name, g) in enumerate(arrays):
            if not g.flags.writeable:
                continue
            for each, x in zip(self.inputs, raw, strict=True):
                if isinstance(x, np.ndarray) and x.size and _share(g, x):
                    self.notes.append((name, f"the gradient is a view of the input {each.name}: "
                                             "adding to it in place changes the input"))
            for other, h in arrays[:k]:
                if g.size and _share(g, h):
                    self.notes.append((name, f"the gradient shares memory with that of {other}: "
                                             "adding to one in place changes the other"))


def _share(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(np.may_share_memory(a, b) and np.shares_memory(a, b))


def _same(a: Any, b: Any) -> bool:
    """Equal, NaN being equal to itself."""
    a, b = np.asarray(a), np.asarray(b)
    return a.shape == b.shape and bool(np.array_equal(a, b, equal_nan=a.dtype.kind == "f" and b.dtype.kind == "f"))


# -- functions of Tensors ---------------------------------------------------------------------------------------------


def tensor_claim(f: Callable[..., Any], args: Sequence[Any], wrt: Any) -> Claim:
    """The claim of `tg.gradients`, and of `tg.jvp`, about a function of Tensors."""
    args = _with_arrays(args)
    names = [path for name, arg in zip(_parameters(f, len(args)), args, strict=True) for path in _paths(name, arg)]
    inputs = _inputs(names, leaves_of(tuple(args)))
    chosen = _chosen(inputs, wrt)
    nested = any(isinstance(each, (list, tuple, dict)) for each in args)

    def call(*raw: Any) -> Any:
        leaves = [_constant(x) if is_floating(x) else x for x in raw]
        return f(*(rebuilt(tuple(args), iter(leaves)) if nested else leaves))

    def record(raw: Sequence[Any]) -> tuple[list[Tensor], tuple[Tensor, ...]]:
        with enable_grad():
            tensors = [_variable(x, inputs[i].name) if i in chosen else _constant(x) if is_floating(x) else x
                       for i, x in enumerate(raw)]
            output = f(*rebuilt(tuple(args), iter(tensors)))
        outputs = [each for each in leaves_of(output) if isinstance(each, Tensor) and each.dtype.kind == "f"]
        return outputs, tuple(tensors)

    def gradient(raw: Sequence[Any], weights: np.ndarray) -> list[Any]:
        claim.recorded, tensors = record(raw)
        outputs = claim.recorded
        found = gradients_of(outputs, [tensors[i] for i in chosen], in_shapes(weights, outputs), False)
        return [None if g is None else g.numpy() for g in found]

    def push(raw: Sequence[Any], position: int, t: np.ndarray) -> np.ndarray:
        def of_one(x: Any) -> Any:
            return f(*rebuilt(tuple(args), iter([x if i == position else _constant(r) if is_floating(r) else r
                                                 for i, r in enumerate(raw)])))
        return flat(output_arrays(jvp(of_one, (_constant(raw[position]),), (t.astype(raw[position].dtype),))[1]))

    claim = Claim(inputs, chosen, call, gradient, push, record)
    return claim


def next_order(claim: Claim, weights: np.ndarray) -> Claim:
    """The claim about the gradient of a claim: that its own gradient is right."""
    assert claim.record is not None
    record_f = claim.record

    def record(raw: Sequence[Any]) -> tuple[list[Tensor], tuple[Tensor, ...]]:
        outputs, tensors = record_f(raw)
        with enable_grad():
            found = gradients_of(outputs, [tensors[i] for i in claim.chosen], in_shapes(weights, outputs), True)
        return [g for g in found if g is not None], tensors

    def call(*raw: Any) -> Any:
        outputs, tensors = record_f(raw)
        found = gradients_of(outputs, [tensors[i] for i in claim.chosen], in_shapes(weights, outputs), False)
        return [g for g in found if g is not None]

    def gradient(raw: Sequence[Any], weights: np.ndarray) -> list[Any]:
        outputs, tensors = record(raw)
        found = gradients_of(outputs, [tensors[i] for i in claim.chosen], in_shapes(weights, outputs), False)
        return [None if g is None else g.numpy() for g in found]

    return Claim(claim.inputs, claim.chosen, call, gradient, None, record)


def gradients_of(outputs: list[Tensor], variables: list[Tensor], starts: list[Any], create_graph: bool) -> list[Any]:
    """The gradient for each variable, None for those without a connection."""
    live = [(out, start) for out, start in zip(outputs, starts, strict=True) if out.requires_grad]
    if not live:
        return [None] * len(variables)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NonFiniteGradientWarning)
        return list(gradients([out for out, _ in live], variables, [start for _, start in live],
                              create_graph=create_graph, allow_unused=True))


def in_shapes(weights: np.ndarray, outputs: list[Tensor]) -> list[np.ndarray]:
    """Weights for all numbers of all outputs, in the outputs' shapes."""
    ends = np.cumsum([each.size for each in outputs])
    return [part.reshape(each.shape).astype(each.dtype)
            for part, each in zip(np.split(weights, ends[:-1]), outputs, strict=True)] if outputs else []


def _variable(raw: np.ndarray, name: str) -> Tensor:
    return Tensor(raw, requires_grad=True, name=name)


def _constant(raw: np.ndarray) -> Tensor:
    return constant(settle(raw))


# -- plain functions --------------------------------------------------------------------------------------------------


def plain_claim(f: Callable[..., Any], gradient: Callable[..., Any], args: Sequence[Any], wrt: Any) -> Claim:
    """The claim of a gradient function written by hand: of the sum of f's outputs, or their Jacobian."""
    names = _parameters(f, len(args))
    inputs = _inputs(names, _with_arrays([_as_list(arg, name) for arg, name in zip(args, names, strict=True)]))
    chosen = _chosen(inputs, wrt)

    def form(raw: Sequence[Any]) -> list[Any]:
        """Numbers as numbers, arrays as arrays."""
        return [x if not is_floating(x) or isinstance(each.given, np.ndarray) or x.ndim
                else float(x) if isinstance(each.given, (float, int)) and not isinstance(each.given, np.generic)
                else x[()] for x, each in zip(raw, inputs, strict=True)]

    def call(*raw: Any) -> Any:
        return f(*form(raw))

    def claimed(raw: Sequence[Any], weights: np.ndarray) -> list[Any]:
        found = gradient(*form(raw))
        several = isinstance(found, (tuple, list)) and (len(chosen) > 1 or len(found) == 1)
        if isinstance(found, tuple) and len(found) == len(inputs) > len(chosen) and not several:
            x = inputs[chosen[0]].raw                               # or is it the gradient itself, row by row?
            several = x.shape[:1] != (len(found),) or any(np.shape(each) != x.shape[1:] for each in found)
        parts = list(found) if several else [found]
        if len(parts) == len(inputs) > len(chosen):
            parts = [parts[i] for i in chosen]                  # one for each input, also for those not asked for
        if len(parts) != len(chosen):
            raise ArgumentError(f"check_grad(f, ..., gradient=): the gradient function gave {len(parts)} "
                                f"gradient{'s' * (len(parts) != 1)} for {len(chosen)} inputs "
                                f"({', '.join(inputs[i].name for i in chosen)}). Expected a tuple with one for each; "
                                "choose the inputs with wrt=.")
        return [None if g is None else weighted(np.asarray(g), inputs[i].raw, weights)
                for g, i in zip(parts, chosen, strict=True)]

    def weighted(g: np.ndarray, x: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """A Jacobian (axes of outputs in front, as least_squares has it) times the weights; a gradient as it is."""
        of_outputs = {(weights.size,), *claim.shapes[:1]} if len(claim.shapes) == 1 else {(weights.size,)}
        if claim.shapes != [()] and g.ndim > x.ndim and g.shape in {(*shape, *x.shape) for shape in of_outputs}:
            claim.is_jacobian = True
            return np.asarray(np.tensordot(weights, g.reshape(weights.size, *x.shape), 1))
        return g

    def record(raw: Sequence[Any]) -> tuple[list[Tensor], tuple[Any, ...]]:
        with enable_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tensors = [_variable(x, inputs[i].name) if i in chosen else x for i, x in enumerate(form(raw))]
            output = f(*tensors)
        return [each for each in leaves_of(output) if isinstance(each, Tensor) and each.dtype.kind == "f"], \
            tuple(tensors)

    claim = Claim(inputs, chosen, call, claimed, record=record, by_hand=True, place=_place_of(gradient), weighs=False)
    return claim


def _place_of(function: Callable[..., Any]) -> str:
    """`lesson.py:12, slope`: where a function is written; empty if that is not in the user's code."""
    written: Any = inspect.unwrap(getattr(function, "func", function))
    code = getattr(written, "__code__", None) or getattr(written.__call__, "__code__", None)
    if code is None or is_inside[code.co_filename] or code.co_filename.startswith(NUMPY):
        return ""
    name = "" if code.co_name == "<lambda>" else f", {code.co_name}"
    return place(code.co_filename, code.co_firstlineno) + name


# -- names, and which inputs ------------------------------------------------------------------------------------------


def _inputs(names: list[str], values: Sequence[Any]) -> list[Input]:
    """Numbers, arrays and Tensors as arrays of their own; anything else as it is."""
    inputs = []
    for k, (name, given) in enumerate(zip(names, values, strict=True), 1):
        raw: Any = given
        if isinstance(given, (Tensor, float, np.ndarray, np.generic)):
            raw = np.array(given.data if isinstance(given, Tensor) else given)
            if raw.dtype.kind == "c":
                raise DTypeError(f"check_grad: {name or f'input {k}'} is complex ({raw.dtype}). "
                                 "Only real numbers are supported: use x.real and x.imag as two arrays.")
        own = given.name if isinstance(given, Tensor) else None
        inputs.append(Input(name or own or f"input {k}", raw, given))
    if not any(is_floating(each.raw) for each in inputs):           # f(3): whole numbers stand for real ones
        for each in inputs:
            if type(each.given) is int:
                each.raw = np.asarray(float(each.given))
    return inputs


def _with_arrays(args: Sequence[Any]) -> list[Any]:
    """Arguments with arrays in place of lists of numbers, and of lists of those.

    Lists of whole numbers are left as they are beside floating-point inputs: they may be indices.
    """
    some = any(isinstance(x, (Tensor, float, np.ndarray, np.generic)) and np.asarray(getattr(x, "data", x)).dtype.kind
               in "fc" for arg in args for x in leaves_of(arg))

    def made(tree: Any) -> Any:
        if isinstance(tree, dict):
            return {key: made(each) for key, each in tree.items()}
        leaves = leaves_of(tree) if isinstance(tree, list) else []
        if leaves and all(map(_is_number, leaves)) and _is_rectangular(tree):
            is_real = any(isinstance(x, (float, np.floating)) for x in leaves)
            return np.array(tree, float) if is_real or not some else tree
        if isinstance(tree, (list, tuple)) and not hasattr(tree, "_fields"):
            return type(tree)(made(each) for each in tree)
        return tree

    return [made(arg) for arg in args]


def _is_number(x: Any) -> bool:
    return isinstance(x, (float, int, np.floating, np.integer)) and not isinstance(x, bool)


def _is_rectangular(tree: Any) -> bool:
    """Whether nested lists have the shape of an array."""
    if not isinstance(tree, list):
        return True
    return len({_list_shape(each) for each in tree}) == 1 and all(map(_is_rectangular, tree))


def _list_shape(tree: Any) -> tuple[int, ...]:
    return (len(tree), *_list_shape(tree[0])) if isinstance(tree, list) and tree else ()


def _as_list(arg: Any, name: str) -> Any:
    """A tuple of numbers as a list, arrays of one shape as one. Others must be arguments of their own."""
    if not isinstance(arg, (list, tuple)) or not arg:
        return arg
    leaves, listed = leaves_of(arg), _listed(arg)
    if not all(map(_is_number, leaves)):
        if not any(isinstance(x, np.ndarray) for x in leaves):
            return arg
        if len({np.shape(x) for x in leaves}) == 1:
            return np.array(arg)
        raise ArgumentError(f"check_grad(f, ..., gradient=): got {name or 'an input'} as a {type(arg).__name__} of "
                            "arrays. Expected each array as an argument of its own: check_grad(lambda a, b: f([a, b]), "
                            "a, b, gradient=...).")
    if not _is_rectangular(listed):
        raise ArgumentError(f"check_grad(f, ..., gradient=): got {name or 'an input'} as lists of different lengths. "
                            "Expected rows of one length, or each row as an argument of its own.")
    return listed


def _listed(tree: Any) -> Any:
    return [_listed(each) for each in tree] if isinstance(tree, (list, tuple)) else tree


def _parameters(f: Callable[..., Any], n: int) -> list[str]:
    """The names of f's first n parameters; empty where f does not say."""
    return (positional_names(f) + [""] * n)[:n]


def _paths(name: str, tree: Any) -> list[str]:
    if isinstance(tree, dict):
        return [path for key in tree for path in _paths(f"{name or 'input'}[{key!r}]", tree[key])]
    if isinstance(tree, (list, tuple)):
        return [path for k, each in enumerate(tree) for path in _paths(f"{name or 'input'}[{k}]", each)]
    return [name]


def _chosen(inputs: list[Input], wrt: Any) -> list[int]:
    """The positions that `wrt` names. If it is None: all floating-point inputs, or all, if there are none."""
    names = [each.name for each in inputs]
    if wrt is None:
        if not inputs:
            raise ArgumentError("check_grad(f): got no inputs. Expected those at which to check the gradient of f.")
        return [i for i, each in enumerate(inputs) if is_floating(each.raw)] or list(range(len(inputs)))
    chosen = []
    for each in wrt if isinstance(wrt, (tuple, list)) else (wrt,):
        if each in names:
            chosen.append(names.index(each))
        elif isinstance(each, int) and -len(inputs) <= each < len(inputs):
            chosen.append(each % len(inputs))
        else:
            raise ArgumentError(f"check_grad: got wrt={each!r}. Expected a position from 0 to {len(inputs) - 1}, "
                                f"or one of the names {', '.join(names)}.")
    return chosen
