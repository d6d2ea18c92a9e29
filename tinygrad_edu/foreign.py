"""Functions that the engine cannot look into: foreign code with hand-written derivatives, and code to run again.

    custom(f, vjp=..., jvp=None)        f on raw arrays, with its pullback written by hand
    checkpoint(f)(*xs)                  forget what is inside f, and compute it again in the backward pass

Read `transforms.py` before this file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import numpy as np

from . import ops, random
from .core.modes import enable_grad
from .core.ops import op
from .core.passes import quiet_gradients
from .core.tensors import Tensor, next_number
from .core.values import unwritable
from .core.walk import made_from
from .errors import ArgumentError, GraphError, RuleError, ShapeError


class Once:
    """A pullback that gives the gradients of all inputs, called once although every input has a rule of its own."""

    def __init__(self, pull: Callable[..., Any]) -> None:
        self.pull = pull
        self.last: tuple[Any, Any] = (None, None)

    def __call__(self, g: Any, *rest: Any) -> Any:
        """All gradients for `g`: those of the last call, if that was with the same `g`."""
        if self.last[0] is not g or isinstance(g, float):
            self.last = (g, self.pull(g, *rest))
        return self.last[1]


# -- custom -----------------------------------------------------------------------------------------------------------


def custom(f: Callable[..., Any], *, vjp: Callable[..., Any],
           jvp: Callable[..., Any] | None = None) -> Callable[..., Any]:
    """A foreign function on arrays as one that records itself, with derivatives written by hand.

    Args:
        f: takes arrays, gives an array.
        vjp: `vjp(g, out, *xs)` gives the gradient for each x (a tuple; for one x it may stand alone), where `g` is the
            gradient for `out = f(*xs)`; None in the tuple for no derivative.
        jvp: `jvp(ts, out, *xs)` gives how `out` changes as each x moves along its t in the tuple `ts`. Without it,
            forward mode raises RuleError.

    >>> import math
    >>> gamma = tg.custom(lambda x: np.exp(x), vjp=lambda g, out, x: g * out)
    >>> tg.grad(gamma)(0.0)
    1.0
    """
    name = getattr(f, "__name__", "custom")

    @wraps(f)
    def call(*xs: Any) -> Any:
        return foreign_call(list(xs), f=f, vjp=_as_tuple(vjp, name), jvp=jvp, name=name)
    return call


def _as_tuple(vjp: Callable[..., Any], name: str) -> Callable[..., Any]:
    def pull(g: Any, out: Any, *xs: Any) -> tuple[Any, ...]:
        found = vjp(*map(unwritable, (g, out, *xs)))
        found = tuple(found) if isinstance(found, (tuple, list)) else (found,)
        if len(found) != len(xs):
            raise RuleError(f"custom({name}): its vjp gave {len(found)} gradients for {len(xs)} inputs. "
                            "Expected one for each (None for none).")
        for i, (gradient, x) in enumerate(zip(found, xs, strict=True)):
            if gradient is not None and np.shape(gradient) != np.shape(x):
                raise ShapeError(f"custom({name}): its vjp gave shape {np.shape(gradient)} for input {i}. "
                                 f"Expected the input's, {np.shape(x)}.")
        return found
    return pull


@op(many=True)
def foreign_call(arrays: list[Any], /, *, f: Any, vjp: Any, jvp: Any, name: str) -> Any:
    """f(*arrays), a function that the engine cannot look into."""
    out = f(*map(unwritable, arrays))
    if not isinstance(out, (np.ndarray, np.generic, int, float)):
        raise ArgumentError(f"custom({name}): the function gave a {type(out).__name__}. Expected an array or a number.")
    return np.array(out)                                # a copy: it may be a view of the input, or written to later


def _foreign_rule(g: Any, out: Any, i: int, arrays: list[Any], vjp: Any, jvp: Any, name: str) -> Any:
    if any(each.__class__ is Tensor for each in (g, out, *arrays)):
        return foreign_pull([g, out, *arrays], position=i, vjp=vjp, jvp=jvp, name=name)
    gradient = vjp(g, out, *arrays)[i]
    return np.zeros_like(arrays[i]) if gradient is None else gradient


foreign_call.derivative(arrays=_foreign_rule)


@op(many=True)
def foreign_pull(arrays: list[Any], /, *, position: int, vjp: Any, jvp: Any, name: str) -> Any:
    """The gradient for one input of a foreign function; `arrays` are g, out and the inputs."""
    gradient = vjp(*arrays)[position]
    return np.zeros_like(arrays[2 + position]) if gradient is None else gradient


def _foreign_pull_rule(g: Any, i: int, arrays: list[Any], position: int, jvp: Any, name: str) -> Any:
    """The pullback is linear in its g: the derivative there is the pushforward. Elsewhere it is a second derivative."""
    if i != 0:
        raise RuleError(f"custom({name}): a second derivative was asked of a function with a hand-written "
                        "vjp, which cannot be differentiated. "
                        "Write it with the functions of tinygrad_edu, or as an operation with @tg.op.")
    if jvp is None:
        raise RuleError(f"custom({name}): forward mode was asked of it. "
                        "Expected custom(f, vjp=..., jvp=...) with its pushforward.")
    _, out, *xs = [each.data if each.__class__ is Tensor else each for each in arrays]
    tangents = [np.zeros_like(x) for x in xs]
    tangents[position] = np.asarray(g.data if g.__class__ is Tensor else g)
    return jvp(tuple(tangents), out, *xs)


foreign_pull.derivative(arrays=_foreign_pull_rule)


# -- checkpoint -------------------------------------------------------------------------------------------------------


def checkpoint(f: Callable[..., Any]) -> Callable[..., Any]:
    """`f` as a function whose inner values are not kept: the backward pass computes them again, and saves memory.

    Variables that `f` uses from outside get their gradients, and random numbers of `tg.random` and of layers with a
    seed are drawn alike.

    >>> w = tg.Tensor(2.0)
    >>> y = tg.checkpoint(lambda x: tg.sin(x * w))(3.0)
    >>> bool(tg.gradients(y, w) == 3 * tg.cos(3.0 * w))
    True
    """
    @wraps(f)
    def call(*xs: Any) -> Any:
        tensors = [x if x.__class__ is Tensor else ops.asarray(x) for x in xs]
        began = next_number()
        with enable_grad(), random.noting() as state:
            output = f(*[_inner(t) for t in tensors])
        if output.__class__ is not Tensor:
            raise ArgumentError(f"checkpoint({getattr(f, '__name__', 'f')}): the function gave a "
                                f"{type(output).__name__}. Expected one Tensor.")
        captured, n = _captured(output, began), len(tensors)
        pull = Once(_Replay(f, n, state, captured))
        return replayed([*tensors, *captured], f=f, n=n, state=state, value=iter([output.data]), pull=pull)
    return call


def _captured(output: Tensor, began: int) -> list[Tensor]:
    """The tensors made before `began` that the newer ones use directly: what a function took from outside."""
    results, _ = made_from([output], needing_gradient=True)
    inner = [node for node in results if node._number > began]
    used = [x for node in inner for x in node.inputs if x.__class__ is Tensor and x._needs and x._number < began]
    return list(dict.fromkeys(used if inner else [output] if output._needs else []))


def _inner(t: Tensor) -> Tensor:
    """A variable of its own in place of an argument."""
    return Tensor(t.data) if t.requires_grad else t


def _as_variable(x: Any) -> Any:
    """Raw floating-point data as a variable; Tensors, integers and booleans as they are."""
    floating = x.__class__ is not Tensor and np.asarray(x).dtype.kind == "f"
    return Tensor(x) if floating else x


def _needs_gradient(x: Any) -> bool:
    return x.__class__ is Tensor and x.requires_grad


class _Replay:
    """Runs a function again, recorded, and gives the gradients for its arguments and captured tensors."""

    def __init__(self, f: Callable[..., Any], n: int, state: Any, captured: list[Tensor]) -> None:
        self.f, self.n, self.state, self.captured = f, n, state, captured

    def __call__(self, g: Any, arrays: list[Any], out: Any) -> list[Any]:
        """The gradients, None where there is none; an error if the function now gives something else."""
        recorded = any(each.__class__ is Tensor for each in arrays)
        with enable_grad(), random.replaying(self.state):
            arguments = [_as_variable(x) for x in arrays[:self.n]]
            variables = [ops.positive(x) if _needs_gradient(x) else x for x in arguments]
            output = self.f(*variables)
        if not np.array_equal(output._value, out._value if out.__class__ is Tensor else out, equal_nan=True):
            raise GraphError(f"checkpoint({getattr(self.f, '__name__', 'f')}): run again for the backward pass, the "
                             "function gave another value. Expected the same: draw random numbers by tg.random, and "
                             "change nothing that it uses in between.")
        targets = [*variables, *self.captured]
        if not output.requires_grad:                    # what it gives depends on nothing that has a gradient
            return [None] * len(targets)
        live = [t for t in targets if _needs_gradient(t)]
        start = g if g.__class__ is Tensor else ops.asarray(np.asarray(g))
        found = dict(zip(live, quiet_gradients([output], live, [start], recorded), strict=True))
        return [found.get(t) if t.__class__ is Tensor else None for t in targets]


@op(many=True)
def replayed(arrays: list[Any], /, *, f: Any, n: int, state: Any, value: Iterator[Any], pull: Any) -> Any:
    """The result of a checkpointed function: computed already, computed again for the backward pass."""
    return next(value)


def _replay_rule(g: Any, out: Any, i: int, arrays: list[Any], pull: Any) -> Any:
    gradient = pull(g, arrays, out)[i]
    if gradient is None:
        return ops.zeros_like(arrays[i])
    return gradient if any(each.__class__ is Tensor for each in arrays) else gradient.data


replayed.derivative(arrays=_replay_rule)


@replayed.expand
def _run_again(arrays: list[Any], f: Any, n: int, state: Any) -> Any:
    """What the checkpointed function recorded when it ran."""
    with random.replaying(state):
        return f(*arrays[:n])

