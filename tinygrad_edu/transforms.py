"""Transforms: functions in, functions out. They compose to any order and leave no trace on their arguments.

    grad(f)(x)              value_and_grad(f)(x)        one number out: the gradient
    vjp(f, *xs)             jvp(f, xs, tangents)        a vector times the Jacobian, from the left and from the right
    jacobian(f)(x)          hessian(f)(x)               all of it
    hvp(f, xs, vectors)                                 the Hessian times a vector

Arguments are numbers, arrays, Tensors, or nested lists, tuples and dicts of them. Plain arguments give plain results;
Tensors give Tensors, recorded, which is how transforms compose. (So does a function that also uses variables from
outside: its gradient depends on them, and becoming plain would lose that.)
Read `core/passes.py` before this file and `foreign.py` after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from typing import Any, NamedTuple

import numpy as np

from . import ops
from .core import tensors, values
from .core.modes import current, enable_grad
from .core.passes import quiet_gradients
from .core.tensors import Tensor, constant
from .core.walk import made_from
from .errors import ArgumentError, DTypeError, GraphLostError, ShapeError

Tree = Any                      # a number, array or Tensor, or a nested list, tuple or dict of them


# -- trees ------------------------------------------------------------------------------------------------------------


def leaves_of(tree: Tree) -> list[Any]:
    """The numbers, arrays and Tensors in a tree, from left to right."""
    if isinstance(tree, dict):
        return [leaf for key in tree for leaf in leaves_of(tree[key])]
    if isinstance(tree, (list, tuple)):
        return [leaf for each in tree for leaf in leaves_of(each)]
    return [tree]


def rebuilt(tree: Tree, leaves: Iterator[Any]) -> Tree:
    """A tree of the same form whose leaves are taken from `leaves`."""
    if isinstance(tree, dict):
        return {key: rebuilt(tree[key], leaves) for key in tree}
    if isinstance(tree, (list, tuple)):
        parts = [rebuilt(each, leaves) for each in tree]
        return type(tree)(*parts) if hasattr(tree, "_fields") else type(tree)(parts)
    return next(leaves)


# -- running a function on variables of its own -----------------------------------------------------------------------


class Run(NamedTuple):
    """One recorded run of a function: the variables it was given, its output, and in which form results are due."""

    variables: list[Tensor]     # stand-ins for the differentiated leaves of the arguments
    given: list[Any]            # those leaves as they were
    output: Tree                # what the function returned
    outside: bool               # whether results depend on tensors from outside, and must stay recorded

    def gradients(self, outputs: list[Tensor], starts: list[Any], keep: bool = False) -> list[Any]:
        """The gradient for each variable, as Tensors; zeros where there is no connection."""
        live = [pair for pair in zip(outputs, starts, strict=True) if pair[0].requires_grad]
        found: list[Any] = [None] * len(self.variables)
        if live:
            roots, seeds = [output for output, _ in live], [start for _, start in live]
            found = list(quiet_gradients(roots, self.variables, seeds, self.outside or keep))
        return [ops.zeros_like(v) if g is None else g for v, g in zip(self.variables, found, strict=True)]

    def due(self, result: Tensor, like: Any) -> Any:
        """A result in the form of the argument `like`: plain for plain, unless it must stay recorded."""
        if self.outside or like.__class__ is Tensor:
            return result
        return plain(result, like)

    def all_due(self, results: Sequence[Tensor]) -> list[Any]:
        """Results, one for each variable, in the forms of the arguments."""
        return [self.due(result, like) for result, like in zip(results, self.given, strict=True)]


def plain(result: Any, like: Any = None) -> Any:
    """The value of a Tensor: a Python number for a number, else an array."""
    if result.__class__ is not Tensor:
        return result
    if result.shape == () and not isinstance(like, (np.ndarray, np.generic)):
        return result.tolist()
    return result.numpy()[()] if result.shape == () else result.numpy()


def run(f: Callable[..., Any], args: Sequence[Any], argnums: Sequence[int], options: dict[str, Any],
        name: str) -> Run:
    """Call `f` with stand-ins for the arguments `argnums`, recorded."""
    _check_argnums(f, args, argnums, name)
    recording = current().recording
    with enable_grad():
        stand_ins = {i: [_stand_in(leaf, name) for leaf in leaves_of(args[i])] for i in argnums}
        called = [rebuilt(arg, iter(stand_ins[i])) if i in stand_ins else arg for i, arg in enumerate(args)]
        reads = tensors.reads
        output = f(*called, **options)
    given = [leaf for i in argnums for leaf in leaves_of(args[i])]
    variables = [variable for i in argnums for variable in stand_ins[i]]
    outputs = [each for each in leaves_of(output) if each.__class__ is Tensor and each.requires_grad]
    if tensors.reads != reads and not isinstance(output, (bool, np.bool_)) and not _lead_back(outputs, variables):
        raise GraphLostError(f"{name}({getattr(f, '__name__', 'f')}): the function took numbers out of the graph "
                             "(.item(), .numpy(), .tolist(), .data), and no recorded operation leads from its argument "
                             "to what it gave: the gradient would be 0. Compute with the Tensors themselves, by "
                             "tg.sin(x) and the like.")
    outside = recording and (any(v.op is not None for v in variables) or _uses_others(outputs, variables))
    return Run(variables, given, output, outside)


def _check_argnums(f: Callable[..., Any], args: Sequence[Any], argnums: Sequence[int], name: str) -> None:
    for i in argnums:
        if not 0 <= i < len(args):
            called = getattr(f, "__name__", "f")
            wanted = f"a number from 0 to {len(args) - 1}" if args else "what to differentiate by, by position"
            raise ArgumentError(f"{name}({called}, argnums={i}): got {len(args)} positional arguments. "
                                f"Expected {wanted}.")


def _stand_in(leaf: Any, name: str) -> Tensor:
    """A variable in place of an argument; for a Tensor that needs a gradient a copy that is connected with it."""
    if leaf.__class__ is Tensor and leaf.requires_grad:
        return ops.positive(leaf)
    value = Tensor(leaf.data if leaf.__class__ is Tensor else leaf)
    if not value.requires_grad:
        raise DTypeError(f"{name}: got an argument of dtype {value.dtype}. "
                         "Expected floating-point numbers to differentiate by; "
                         "write x.astype(float), or choose another argument with argnums=.")
    return value


def _uses_others(outputs: list[Tensor], variables: list[Tensor]) -> bool:
    """Whether the outputs were also made from tensors that need a gradient and are not among the variables."""
    _, leaves = made_from(outputs, needing_gradient=True)
    own = set(variables)
    return any(leaf not in own and leaf.requires_grad for leaf in leaves)


def _lead_back(outputs: list[Tensor], variables: list[Tensor]) -> bool:
    """Whether one of the outputs was made from one of the variables."""
    results, leaves = made_from(outputs, needing_gradient=True)
    return not {*results, *leaves}.isdisjoint(variables)


def _numbers(argnums: int | Sequence[int]) -> tuple[int, ...]:
    return (int(argnums),) if isinstance(argnums, (int, np.integer)) else tuple(argnums)


def _in_form(args: Sequence[Any], argnums: int | Sequence[int], leaves: list[Any]) -> Any:
    """Results, one for each leaf, in the form of the arguments: a tuple for a tuple of argnums."""
    source = iter(leaves)
    trees = tuple(rebuilt(args[i], source) for i in _numbers(argnums))
    return trees[0] if isinstance(argnums, (int, np.integer)) else trees


def _one_number(output: Any, name: str, f: Callable[..., Any]) -> Tensor:
    """The output of a function that must give a single number."""
    called = getattr(f, "__name__", "f")
    if output is None:
        raise ArgumentError(f"{name}({called}): the function returned None. Expected a single number; "
                            "is a `return` missing?")
    if isinstance(output, (dict, list, tuple)):
        raise ShapeError(f"{name}({called}): got a {type(output).__name__} from the function. "
                         "Expected a single number; write tg.jacobian for several outputs.")
    result = _floating(output, f"{name}({called})")
    if result.shape != ():
        raise ShapeError(f"{name}({called}): got an output of shape {result.shape} from the function. "
                         "Expected a single number, shape (). Write tg.jacobian(f) for all derivatives, "
                         "tg.vjp(f, x) or tg.jvp(f, (x,), (t,)) for one direction, or sum the output.")
    return result


def _floating(output: Any, call: str) -> Tensor:
    """An output as a Tensor, if it can have a derivative; a plain number that is none is a constant."""
    result: Tensor = output if output.__class__ is Tensor else ops.asarray(output)
    if result.dtype.kind != "f" and (output.__class__ is Tensor or result.dtype.kind == "b"):
        raise DTypeError(f"{call}: got an output of dtype {result.dtype} from the function. "
                         "Expected a floating-point number; comparisons and whole numbers have no derivative.")
    return result


# -- the transforms ---------------------------------------------------------------------------------------------------


def value_and_grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., tuple[Any, Any]]:
    """The function that gives `f` and its gradient, from one run.

    Args:
        f: a function that gives a single number.
        argnums: which positional argument to differentiate by; a tuple of them gives a tuple of gradients.

    >>> tg.value_and_grad(lambda x: x * x)(3.0)
    (9.0, 6.0)
    """
    @wraps(f)
    def both(*args: Any, **options: Any) -> tuple[Any, Any]:
        done = run(f, args, _numbers(argnums), options, "value_and_grad")
        output = _one_number(done.output, "grad", f)
        found = done.gradients([output], [None])
        value = output if done.outside else done.due(output.detach(), done.given[0] if done.given else None)
        return value, _in_form(args, argnums, done.all_due(found))
    return both


def grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """The function that gives the gradient of `f`, in the form of the argument.

    Args:
        f: a function that gives a single number.
        argnums: which positional argument to differentiate by; a tuple of them gives a tuple of gradients.
    Raises: ShapeError if `f` gives more than one number.

    >>> tg.grad(tg.tanh)(0.0)
    1.0
    >>> tg.grad(tg.grad(lambda x: x ** 3))(2.0)
    12.0
    """
    both = value_and_grad(f, argnums)

    @wraps(f)
    def gradient(*args: Any, **options: Any) -> Any:
        return both(*args, **options)[1]
    return gradient


def vjp(f: Callable[..., Any], *args: Any) -> tuple[Any, Callable[[Any], Any]]:
    """`f(*args)`, and the function that multiplies a vector by the Jacobian from the left: reverse mode.

    Returns: the output, and `pull(v)`, which takes a tree like the output and gives a tuple like the arguments.

    >>> y, pull = tg.vjp(lambda a, b: a * b, 2.0, 3.0)
    >>> y, pull(1.0)
    (6.0, (3.0, 2.0))
    """
    everything = tuple(range(len(args)))
    done = run(f, args, everything, {}, "vjp")
    outputs = [each if each.__class__ is Tensor else ops.asarray(each) for each in leaves_of(done.output)]
    like = done.given[0] if done.given else None

    def pull(cotangent: Any) -> Any:
        vectors = _same_form(cotangent, done.output, "vjp")
        starts = [_matching(v, output, "vjp") for v, output in zip(vectors, outputs, strict=True)]
        recorded = any(v.requires_grad for v in starts)
        found = done.gradients(outputs, starts, keep=recorded)
        return _in_form(args, everything, found if recorded else done.all_due(found))

    shown = [each if done.outside else done.due(each.detach(), like) for each in outputs]
    return rebuilt(done.output, iter(shown)), pull


def _same_form(tree: Any, like: Any, name: str) -> list[Any]:
    """The leaves of a tree in the order of those of `like`, which must be nested alike."""
    if isinstance(like, (dict, list, tuple)):
        alike = isinstance(tree, dict) if isinstance(like, dict) else isinstance(tree, (list, tuple))
        keys = like.keys() if isinstance(like, dict) else range(len(like))
        if not alike or len(tree) != len(like) or (isinstance(like, dict) and tree.keys() != like.keys()):
            raise _unlike(tree, like, name)
        return [leaf for key in keys for leaf in _same_form(tree[key], like[key], name)]
    if isinstance(tree, (dict, list, tuple)):
        raise _unlike(tree, like, name)
    return [tree]


def _unlike(tree: Any, like: Any, name: str) -> ArgumentError:
    return ArgumentError(f"{name}: got {len(leaves_of(tree))} arrays. Expected one for each of "
                         f"{len(leaves_of(like))}, in the same nesting: {_form(like)}, not {_form(tree)}.")


def _form(tree: Any) -> str:
    """The nesting of a tree in words, with dots for its leaves."""
    if isinstance(tree, dict):
        return "{" + ", ".join(f"{key!r}: {_form(each)}" for key, each in tree.items()) + "}"
    if isinstance(tree, (list, tuple)):
        inner = ", ".join(map(_form, tree))
        return f"[{inner}]" if isinstance(tree, list) else f"({inner},)" if len(tree) == 1 else f"({inner})"
    return "·"


def _matching(given: Any, like: Tensor, name: str) -> Tensor:
    """A direction as a Tensor of the shape and dtype of `like`."""
    direction = given if given.__class__ is Tensor else constant(values.settle(np.asarray(values.own(given))))
    if direction.shape != like.shape:
        raise ShapeError(f"{name}: got a direction of shape {direction.shape}. Expected {like.shape}, "
                         "the shape of what it belongs to.")
    return direction if direction.dtype == like.dtype else ops.astype(direction, like.dtype)


def jvp(f: Callable[..., Any], args: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """`f(*args)`, and how fast it changes as the arguments move along `tangents`: forward mode.

    That is the Jacobian times a vector. The pullback v -> vᵀJ is linear in v, and recorded; its own gradient in
    the direction of the tangents t is J t. So every rule serves forward mode too, and a function with jumps in
    its branches behaves alike in both.

    Args:
        args, tangents: tuples (or lists) of one form.

    >>> tg.jvp(lambda x: x ** 3, (2.0,), (1.0,))
    (8.0, 12.0)
    """
    _check_tuples("jvp(f, args, tangents)", args, tangents)
    done = run(f, args, range(len(args)), {}, "jvp")
    vectors = _same_form(tangents, args, "jvp")
    directions = [_matching(t, v, "jvp") for t, v in zip(vectors, done.variables, strict=True)]
    outputs = [each if each.__class__ is Tensor else ops.asarray(each) for each in leaves_of(done.output)]
    recorded = done.outside or any(t.requires_grad for t in directions)
    found = _pushed(done.variables, outputs, directions, recorded)
    like = done.given[0] if done.given else None
    values_out = [each if recorded else done.due(each.detach(), like) for each in outputs]
    shown = [each if recorded else done.due(each, like) for each in found]
    return rebuilt(done.output, iter(values_out)), rebuilt(done.output, iter(shown))


def _check_tuples(call: str, args: Any, directions: Any) -> None:
    if not isinstance(args, (tuple, list)) or not isinstance(directions, (tuple, list)):
        raise ArgumentError(f"{call}: both must be tuples, such as tg.jvp(f, (x,), (t,)).")


def _pushed(variables: list[Tensor], outputs: list[Tensor], directions: list[Tensor],
            recorded: bool) -> list[Tensor]:
    """J t for each output: the gradient of the pullback (v -> vᵀJ) in the direction t."""
    live = [output for output in outputs if output.requires_grad]
    with enable_grad():
        dummies = [Tensor(np.zeros(output.shape, output.dtype)) for output in live]
    pulled = quiet_gradients(live, variables, dummies, True) if live else []
    pairs = [(p, t) for p, t in zip(pulled, directions, strict=False) if p is not None and p.requires_grad]
    moved: dict[Tensor, Tensor | None] = {}
    if pairs:
        roots, starts = [p for p, _ in pairs], [t for _, t in pairs]
        found = quiet_gradients(roots, dummies, starts, recorded, judged_by=live)
        moved = dict(zip(live, found, strict=True))
    return [g if (g := moved.get(output)) is not None else ops.zeros_like(output) for output in outputs]


def jacobian(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """The function that gives all derivatives of `f`: an array of shape output.shape + input.shape for each pair.

    >>> tg.jacobian(lambda x: x * x)(np.array([1.0, 2.0])).tolist()
    [[2.0, 0.0], [0.0, 4.0]]
    """
    @wraps(f)
    def derivatives(*args: Any, **options: Any) -> Any:
        done = run(f, args, _numbers(argnums), options, "jacobian")
        trees = []
        for output in leaves_of(done.output):
            output = _floating(output, f"jacobian({getattr(f, '__name__', 'f')})")
            rows = [done.gradients([output], [start]) for start in _units(output)]
            found = [_stacked([row[i] for row in rows], output, v) for i, v in enumerate(done.variables)]
            trees.append(_in_form(args, argnums, done.all_due(found)))
        return rebuilt(done.output, iter(trees))
    return derivatives


def _units(output: Tensor) -> Iterator[Tensor]:
    """For each element of the output a direction that is 1 there and 0 elsewhere."""
    for i in range(output.size):
        unit = np.zeros(output.size, output.dtype)
        unit[i] = 1
        yield constant(values.settle(unit.reshape(output.shape)))


def _stacked(rows: list[Tensor], output: Tensor, variable: Tensor) -> Tensor:
    """The gradients of all elements of an output as one Tensor."""
    shape = output.shape + variable.shape
    return ops.reshape(ops.stack(rows), shape) if rows else ops.zeros(shape, dtype=variable.dtype)


def hessian(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """The function that gives all second derivatives of `f`, which gives a single number.

    >>> tg.hessian(lambda x: x[0] * x[0] * x[1])(np.array([1.0, 2.0])).tolist()
    [[4.0, 2.0], [2.0, 0.0]]
    """
    return jacobian(grad(f, argnums), argnums)


def hvp(f: Callable[..., Any], args: Sequence[Any], vectors: Sequence[Any]) -> Any:
    """The Hessian of `f` at `args` times `vectors`, without making the Hessian.

    Args:
        args, vectors: tuples (or lists) of one form.
    Returns: a tuple like `args`.

    >>> tg.hvp(lambda x: tg.sum(x ** 3), (np.array([1.0, 2.0]),), (np.array([1.0, 0.0]),))
    (array([6., 0.]),)
    """
    _check_tuples("hvp(f, args, vectors)", args, vectors)
    everything = tuple(range(len(args)))
    return jvp(grad(f, everything), args, vectors)[1]
