"""A strategy for valid calls of an operation: inputs from the domain that it declares, and options.

    arguments(tg.softmax)                       of the library: any shape, any axis
    arguments(cube)                             one's own, elementwise: `@tg.op(domain=...)` says from where
    arguments(attend, "n,k", "m,k", scale=2.0)  one's own of any kind: shapes by letters, options or strategies of them

What is drawn are `Arguments`: a tuple to call the operation with, which prints as the call.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from hypothesis import strategies as st

from ... import ops
from ...core.rules import Op
from ...errors import ArgumentError, TinygradEduError
from .lengths import Spec, check, drawn_shape
from .pencil import Pencil, Recipe
from .recipes import COMPOSITIONS, RECIPES
from .recipes.elementwise import broadcasting
from .written import written


class Arguments(tuple[Any, ...]):
    """Valid arguments of an operation: `op(*arguments, **arguments.options)` is a call, and so the object prints.

    Attributes:
        options: the options, by name.
        inputs: the floating-point arrays among the arguments, a tuple.
        function: the same call as a function of `inputs` alone, all else being fixed.
    """

    options: dict[str, Any]
    call: Callable[..., Any]

    def __new__(cls, call: Callable[..., Any], positional: tuple[Any, ...], options: dict[str, Any]) -> Arguments:
        """The arguments of one call."""
        self = super().__new__(cls, positional)
        self.call, self.options = call, options
        return self

    @property
    def inputs(self) -> tuple[Any, ...]:
        """The floating-point arrays."""
        return tuple(x for _, x in self._named() if _is_floating(x))

    @property
    def function(self) -> Callable[..., Any]:
        """The call as a function of `inputs`, whose parameters are called as those of the operation."""
        def function(*inputs: Any) -> Any:
            rest = iter(inputs)
            filled = [[next(rest) if _is_floating(x) else x for x in each] if isinstance(each, list) else
                      next(rest) if _is_floating(each) else each for each in self]
            return self.call(*filled, **self.options)

        names = [name for name, x in self._named() if _is_floating(x)]
        parameters = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_ONLY) for name in names]
        function.__name__, function.__signature__ = _called(self.call), inspect.Signature(parameters)  # type: ignore[attr-defined]
        return function

    def _named(self) -> Iterator[tuple[str, Any]]:
        """All arguments, those of a list one by one, and what the signature calls them: x1, x2 or arrays1, arrays2."""
        parameters = list(inspect.signature(self.call).parameters.values())
        for i, each in enumerate(self):
            parameter = parameters[min(i, len(parameters) - 1)]
            if isinstance(each, list):
                yield from ((f"{parameter.name}{k + 1}", x) for k, x in enumerate(each))
            else:
                yield parameter.name + str(i + 1) * (parameter.kind is parameter.VAR_POSITIONAL), each

    def __repr__(self) -> str:
        arguments = [*map(written, self), *(f"{name}={written(value)}" for name, value in self.options.items())]
        return f"{name_of(self.call)}({', '.join(arguments)})"


def arguments(op: Callable[..., Any] | Op | str, /, *shapes: Spec, **options: Any) -> st.SearchStrategy[Arguments]:
    """Valid inputs and options of an operation.

    Numbers come from the domain that the operation declares (else from -10 to 10) and keep a distance from its kinks;
    where ties matter there are none. They are such that derivatives can be checked numerically.

    Args:
        op: a function of the library, one's own made by `@tg.op`, or the name of an operation.
        *shapes: those of the inputs, as in `arrays`. Not needed for what the library has, nor for operations that are
            elementwise.
        **options: values of options, or strategies to draw them from; the others are drawn, or keep their defaults.
    Returns: a strategy of `Arguments`: `a.function` and `a.inputs` are what a gradient checker needs.
    Raises: ArgumentError if nothing is known of the operation and no shapes are given.

    >>> from hypothesis import find
    >>> from tinygrad_edu.testing.strategies import arguments
    >>> call = find(arguments(tg.outer), lambda a: a.inputs[0].sum() > a.inputs[1].sum() > 1)
    >>> call
    tg.outer(np.array([3.0]), np.array([2.0]))
    >>> tg.outer(*call, **call.options)
    array([[6.]])
    """
    call, known = found(op)
    recipe = _by_shapes(call, known, shapes) if shapes else recipe_of(call, known)

    @st.composite
    def arguments(draw: Any) -> Arguments:
        inputs, chosen = recipe(Pencil(draw, known.domain if known is not None else None))
        for name, value in options.items():
            chosen[name] = draw(value) if isinstance(value, st.SearchStrategy) else value
        return _settled(Arguments(call, *_in_order(call, known, inputs, chosen)), known)

    return arguments()


# -- the operation ----------------------------------------------------------------------------------------------------


def found(op: Callable[..., Any] | Op | str) -> tuple[Callable[..., Any], Op | None]:
    """The function to call, and the operation if it is one."""
    name = op if isinstance(op, str) else op.name if isinstance(op, Op) and not op.foreign else None
    function: Any = op if name is None else getattr(ops, name, None)
    known = getattr(function, "op", None)
    if not isinstance(known, Op) and (function is None or getattr(ops, _called(function), None) is not function):
        raise ArgumentError(f"arguments({op!r}): expected a function of the library or one made by @tg.op, or the name "
                            "of an operation of the library. Arguments of other functions draw with strategies.arrays.")
    return function, known if isinstance(known, Op) else None


def _called(function: Any) -> str:
    return str(getattr(function, "__name__", ""))


def name_of(call: Callable[..., Any]) -> str:
    """How source code calls it."""
    name = _called(call)
    return f"tg.{name}" if getattr(ops, name, None) is call else name


def is_simply_elementwise(op: Op) -> bool:
    """Whether arguments can be drawn from what the operation says of itself: options are numbers with a default."""
    return (op.kind == "elementwise" and not op.many
            and all(isinstance(op.defaults.get(name), float) for name in op.option_names))


def recipe_of(call: Callable[..., Any], op: Op | None) -> Recipe:
    """How arguments of a function are drawn; of an operation that nobody knows, as if it were elementwise."""
    if op is None and call.__name__ in COMPOSITIONS:
        return COMPOSITIONS[call.__name__]
    if op is None:
        raise ArgumentError(f"arguments({name_of(call)}): it is not an operation. Expected one, or one of "
                            f"{', '.join(COMPOSITIONS)}.")
    if not op.foreign and op.name in RECIPES:
        return RECIPES[op.name]
    if is_simply_elementwise(op) or (op.foreign and not op.many):
        return partial(broadcasting, op)
    raise ArgumentError(f"arguments({op.name}): got an operation of which nothing is known. Expected the shapes of its "
                        f'inputs as well, such as arguments({op.name}, "n,3").')


def _by_shapes(call: Callable[..., Any], op: Op | None, shapes: tuple[Spec, ...]) -> Recipe:
    """How inputs of the given shapes are drawn."""
    names = () if op is None else (op.many,) * len(shapes) if op.many else op.input_names
    if len(names) != len(shapes):
        raise ArgumentError(f"arguments({name_of(call)}, ...): got {len(shapes)} shapes. Expected one for each of its "
                            f"inputs, {', '.join(map(str, names)) or 'or none: how to draw them is known'}.")
    for shape in shapes:
        check(shape, "arguments")
    return lambda p: (tuple(p.array(drawn_shape(p.draw, shape, call="arguments"), str(name))
                            for shape, name in zip(shapes, names, strict=True)), {})


# -- the call ---------------------------------------------------------------------------------------------------------


def _in_order(call: Callable[..., Any], op: Op | None, inputs: tuple[Any, ...],
              options: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Positional and named arguments, as the signature asks for them."""
    if op is not None:
        return ([*inputs],) if op.many else inputs, options
    rest, left = list(inputs), dict(options)
    positional: list[Any] = []
    for name, parameter in inspect.signature(call).parameters.items():
        if parameter.kind is parameter.POSITIONAL_ONLY:
            positional.append(left.pop(name) if name in left else rest.pop(0))
        elif parameter.kind is parameter.VAR_POSITIONAL:
            positional += rest
    return tuple(positional), left


def _settled(arguments: Arguments, op: Op | None) -> Arguments:
    """The arguments, after a trial if it was guessed that the operation is elementwise."""
    if op is None or not op.foreign or op.kind == "elementwise":
        return arguments
    try:
        with np.errstate(all="ignore"):
            arguments.call(*arguments, **arguments.options)
    except (TinygradEduError, TypeError, ValueError, IndexError) as error:
        example = ", ".join(['"n,k"', '"k,m"', '"m"'][:len(op.input_names)])
        raise ArgumentError(f"arguments({op.name}): the call {arguments} failed: {error}\nExpected the shapes that its "
                            f"inputs need as well, such as arguments({op.name}, {example}).") from error
    return arguments


def _is_floating(x: Any) -> bool:
    return isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind == "f"
