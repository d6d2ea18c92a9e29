"""Operations: `@op` makes a function on raw values one that records itself, and says what a call does.

    @op                                             the registry, the recording and the error messages follow
    def tanh(x, /):
        return np.tanh(x)

    tanh.derivative(x=lambda g, out: g * (1 - out * out))

Raw arrays in, raw array out; any Tensor in, Tensor out. Read `rules.py` before this file and `walk.py` after it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from sys import _getframe
from typing import Any, ParamSpec, Protocol, cast, overload

import numpy as np
from numpy import ndarray

from ..errors import ArgumentError
from . import failures, operators, values
from .modes import current
from .positions import is_inside
from .rules import Op, Rule, registry
from .tensors import NO_OPTIONS, Tensor, constant, next_number

P = ParamSpec("P")
FLOAT_TROUBLE = (ArithmeticError, ValueError, AttributeError)      # what Python floats refuse and NumPy answers
new_node = object.__new__


class Recorded(Protocol[P]):
    """The type of a function made by `@op`: call it on Tensors or raw arrays, give it rules by `.derivative`."""

    op: Op
    __name__: str

    def __call__(self, *args: P.args, **options: P.kwargs) -> Tensor:
        """Compute, and record if one of the arguments is a Tensor."""

    def derivative(self, **rules: Callable[..., Any] | None) -> None:
        """Give the rule of each input, by the input's name; None says aloud that it has no derivative."""

    def expand(self, way: Any) -> Any:
        """Say how the operation looks at scalar grain, see ops/expansions.py."""


@overload
def op(forward: Callable[P, Any], /) -> Recorded[P]: ...
@overload
def op(**traits: Any) -> Callable[[Callable[P, Any]], Recorded[P]]: ...


def op(forward: Any = None, /, **traits: Any) -> Any:
    """Make a function on raw values an operation that records itself; give its rules by `.derivative(x=...)`.

    Positional-only parameters are the inputs, all others options. Defining an operation again replaces it.

    Args:
        name: what it is called, if not like the function.
        kind: "elementwise", "selection" or None, see `Op`.
        scalar: the same function on Python floats, faster; where it raises, `forward` is asked.
        inputs: the names of the inputs, if they are not the positional-only parameters.
        many: True if the one input is a list.
        results: a named tuple class, if there are several results.
        saves: the names of the by-products, if `forward` returns `(out, saved(...))`.
        starts_mask: True if elements of inputs that were not taken must not send NaN back (`where`).
        domain: from where tests may draw the inputs.
        numpy: how NumPy spells it, if differently.

    >>> @tg.op
    ... def cube(x, /):
    ...     return x * x * x
    >>> cube.derivative(x=lambda g, x: 3 * g * x * x)
    >>> tg.grad(cube)(2.0)
    12.0
    """
    return _make(forward, traits) if forward is not None else lambda function: _make(function, traits)


def _make(forward: Callable[..., Any], traits: dict[str, Any]) -> Any:
    operation = Op(forward, **traits)
    special = operation.many or operation.results or operation.saved_names
    doors = {(1, False): _unary_door, (2, False): _binary_door, (1, True): _option_door}
    door = None if special else doors.get((len(operation.input_names), bool(operation.option_names)))
    function = cast(Any, (door or _general_door)(operation))
    function.__name__ = function.__qualname__ = operation.name
    function.__module__, function.__doc__, function.__wrapped__ = forward.__module__, forward.__doc__, forward
    function.op, function.derivative, function.expand = operation, operation.derivative, operation.expand
    operation.function = function
    registry[operation.key] = operation
    return function


class Decorator(Protocol):
    """The type of `op` with some traits given already."""

    @overload
    def __call__(self, forward: Callable[P, Any], /) -> Recorded[P]: ...
    @overload
    def __call__(self, **traits: Any) -> Callable[[Callable[P, Any]], Recorded[P]]: ...


elementwise = cast(Decorator, partial(op, kind="elementwise"))
selection = cast(Decorator, partial(op, kind="selection"))


# -- doors: what a call does ------------------------------------------------------------------------------------------
# Four of them, because the overhead per operation is felt on every small graph: operations of one and of two inputs,
# and of one input with options, have a short way that takes half the time of `apply`, where all others (and all
# troubles) go.


def _unary_door(op: Op) -> Callable[..., Any]:
    forward, on_float64 = op.forward, _on_float64(op)
    scalar = op.scalar or on_float64

    def call(x: Any, /) -> Any:
        if x.__class__ is Tensor:
            value = x._value
            mode = current()
            if x._needs and op.smooth and mode.plain:
                try:
                    out = scalar(value) if value.__class__ is float else forward(value)
                except Exception:
                    return apply(op, (x,), NO_OPTIONS)      # which has NumPy's answer, or says what is wrong
                if out.__class__ is float or (out.__class__ is ndarray and out.ndim and out.dtype.kind == "f"):
                    return record(op, out, x, None, (), NO_OPTIONS, True, mode.module)
            return apply(op, (x,), NO_OPTIONS)
        if x.__class__ is float:
            try:
                return scalar(x)
            except FLOAT_TROUBLE:
                return on_float64(x)
        return raw(op, (x,), NO_OPTIONS)

    return call


def _binary_door(op: Op) -> Callable[..., Any]:
    forward, on_float64 = op.forward, _on_float64(op)
    scalar = op.scalar or on_float64

    def call(x1: Any, x2: Any, /) -> Any:
        if x1.__class__ is Tensor:
            v1 = x1._value
            if x2.__class__ is Tensor:
                v2 = x2._value
                needs = x1._needs or x2._needs
            else:
                v2 = x2
                needs = x1._needs
        elif x2.__class__ is Tensor:
            v1 = x1
            v2 = x2._value
            needs = x2._needs
        elif x1.__class__ is float and x2.__class__ is float:
            try:
                return scalar(x1, x2)
            except FLOAT_TROUBLE:
                return on_float64(x1, x2)
        else:
            return raw(op, (x1, x2), NO_OPTIONS)
        mode = current()
        if not (op.smooth and mode.plain and (needs or ((x1.__class__ is not Tensor or x1._op is None)
                                                             and (x2.__class__ is not Tensor or x2._op is None)))):
            return apply(op, (x1, x2), NO_OPTIONS)
        c1 = v1.__class__
        c2 = v2.__class__
        if (c1 is float or c1 is int) and (c2 is float or c2 is int):
            try:
                out = scalar(v1, v2)
            except FLOAT_TROUBLE:
                try:
                    out = on_float64(v1, v2)
                except Exception:
                    return apply(op, (x1, x2), NO_OPTIONS)  # which says what is wrong
        else:
            if x1.__class__ is Tensor:
                if c1 is float:
                    v1 = np.float64(v1)                     # beside an array it counts in promotion
            elif c1 is ndarray:
                x1 = v1 = values.own(v1, op.name)
            elif not (c1 is float or c1 is int):
                return apply(op, (x1, x2), NO_OPTIONS)
            if x2.__class__ is Tensor:
                if c2 is float:
                    v2 = np.float64(v2)
            elif c2 is ndarray:
                x2 = v2 = values.own(v2, op.name)
            elif not (c2 is float or c2 is int):
                return apply(op, (x1, x2), NO_OPTIONS)
            try:
                out = forward(v1, v2)
            except Exception:
                return apply(op, (x1, x2), NO_OPTIONS)      # which says what is wrong
        if out.__class__ is not float:
            if out.__class__ is not ndarray or not out.ndim:
                out = values.settle(out)
            needs = needs and (out.__class__ is float or out.dtype.kind == "f")
        if not needs:
            return constant(out)
        node: Tensor = new_node(Tensor)                     # `record`, written out: most operations come here
        node._value = out
        node._op = op
        node._x1 = x1
        node._x2 = x2
        node._needs = True
        node._number = next_number()
        node._total = None
        if mode.module is not None:
            node._module = mode.module
        frame = _getframe(1)
        code = frame.f_code
        while is_inside[code.co_filename]:
            frame = frame.f_back                # type: ignore[assignment]
            code = frame.f_code
        node._code = code
        node._offset = frame.f_lasti
        return node

    return call


RAW = {ndarray, float, np.float64, np.float32}


def _option_door(op: Op) -> Callable[..., Any]:
    """The short ways of an operation of one input with options: raw, as rules call it, and with no option given."""
    forward, defaults, general = op.forward, op.defaults, _general_door(op)
    default_needed = len(op.option_names) > len(defaults)

    def call(*args: Any, **given: Any) -> Any:
        x = args[0] if args else None
        if x.__class__ in RAW:
            if Tensor not in map(type, args) and (not given or Tensor not in map(type, given.values())):
                try:
                    return forward(*args, **given)
                except Exception:
                    pass                                    # the long way says what is wrong
        elif len(args) == 1 and x.__class__ is Tensor and x._needs and op.smooth and not (given or default_needed):
            mode, value = current(), x._value
            if mode.plain and value.__class__ is ndarray:
                try:
                    out = values.settle(forward(value))
                except Exception:
                    return apply(op, args, defaults)
                if _is_floating(out):
                    return record(op, out, x, None, (), defaults, True, mode.module)
        return general(*args, **given)

    return call


def _general_door(op: Op) -> Callable[..., Any]:
    arity, names, defaults = (1 if op.many else len(op.input_names)), op.option_names, op.defaults
    known, required = frozenset(names), len(names) - len(defaults)

    def call(*args: Any, **given: Any) -> Any:
        extra = len(args) - arity
        if extra == 0 and not given and not required:
            options = defaults
        elif (0 <= extra <= len(names) and extra + len(given) >= required
              and given.keys() <= known.difference(names[:extra])):
            options = {**defaults, **dict(zip(names, args[arity:], strict=False)), **given}
            args = args[:arity]
        else:
            args, options = _bound(op, args, given)
        if options is not defaults:
            options = {name: _kept(value, op, name) for name, value in options.items()}
        inputs = tuple(args[0]) if op.many else args
        for x in inputs:
            if x.__class__ is Tensor:
                return apply(op, inputs, options)
        return raw(op, inputs, options)

    return call


HINTS = {
    "max": " For the larger of two write tg.maximum(a, b).",
    "min": " For the smaller of two write tg.minimum(a, b).",
    "concat": " Arrays go in a list: tg.concat([a, b]).",
    "stack": " Arrays go in a list: tg.stack([a, b]).",
}


def _kept(option: Any, op: Op, name: str) -> Any:
    """An option in a form that nobody can change later: lists become tuples, arrays are copied, Tensors read."""
    cls = option.__class__
    if cls is tuple or cls is list:
        return tuple([_kept(each, op, name) for each in option])      # tuple(map(...)) is slower
    if cls is Tensor:
        if option._needs:
            raise ArgumentError(f"{op.name}{op.signature}: got a Tensor that needs a gradient as the option {name}. "
                                f"Expected a plain value.{HINTS.get(op.name, '')}")
        return option._value
    return values.own(option) if isinstance(option, np.ndarray) else option


def _bound(op: Op, args: Any, given: Any) -> Any:
    """Arguments in an unusual order, sorted by the signature; a call that does not fit raises TypeError."""
    try:
        bound = op.signature.bind(*args, **given)
    except TypeError as error:
        fix = " Write axis=…." if "dim" in given and "axis" in op.option_names else ""
        raise TypeError(f"{op.name}{op.signature}: {error}.{fix}") from None
    bound.apply_defaults()
    inputs = tuple(bound.arguments[name] for name in ((op.many,) if op.many else op.input_names))
    return inputs, {name: bound.arguments[name] for name in op.option_names}


def _on_float64(op: Op) -> Callable[..., Any]:
    """The forward function on Python floats by way of np.float64, whose answers are NumPy's."""
    forward = op.forward
    return lambda *floats: values.settle(forward(*[np.float64(each) for each in floats]))


def raw(op: Op, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """The result of `op` on raw values, unrecorded. A list that holds Tensors is stacked, and recorded."""
    if any(isinstance(x, (list, tuple)) for x in inputs):
        inputs = tuple(_array_of(x) for x in inputs)
        if any(x.__class__ is Tensor for x in inputs):
            return apply(op, inputs, options)
    try:
        out = op.forward(inputs, **options) if op.many else op.forward(*inputs, **options)
    except Exception as error:
        raise failures.explained(op, inputs, options, error) from None
    return out[0] if op.saved_names else op.results(*out) if op.results else out


def _array_of(x: Any) -> Any:
    """A list as an array; one that holds Tensors as a recorded stack."""
    return operators.ops.array_or_stack(x) if isinstance(x, (list, tuple)) else x


def apply(op: Op, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """Compute `op` on inputs of which one is a Tensor, and record it if a gradient or a picture may want it."""
    needs = traced = False
    given: list[Any] = []
    held = inputs
    for x in inputs:
        cls = x.__class__
        if cls is Tensor:
            if x._needs:
                needs = True
            elif x._op is not None:
                traced = True
            value = x._value
            given.append(np.float64(value) if value.__class__ is float else value)
        elif cls is float or cls is int or x is None:
            given.append(x)
        elif cls is list or cls is tuple:
            return apply(op, tuple(map(_array_of, inputs)), options)
        else:
            i = len(given)
            given.append(values.own(x, f"{op.name}: {op.many or op.input_names[i]}"))
            if given[i] is not x:
                held = (*held[:i], given[i], *held[i + 1:])
    try:
        out = op.forward(given, **options) if op.many else op.forward(*given, **options)
    except Exception as error:
        raise failures.explained(op, inputs, options, error) from None
    if op.saved_names:
        out, by_products = out
        options = {**options, **by_products}
    if op.results:
        value = tuple(map(values.settle, out))
    else:
        value = out if out.__class__ is ndarray and out.ndim else values.settle(out)
    mode = current()
    if not mode.plain:
        if mode.anomaly:
            failures.check_forward(op, inputs, given, value)
        needs = needs and mode.recording
        traced = traced and mode.recording
    if needs:
        needs = _is_floating(value) and (op.smooth or _has_slope(op, inputs))
    elif mode.tracer is None and not (traced and _worth_recording(value)):
        return op.results(*map(constant, value)) if op.results else constant(value)
    if op.many:
        node = record(op, value, None, None, held, options, needs, mode.module)
    else:
        x2 = held[1] if len(held) > 1 else None
        node = record(op, value, held[0], x2, held[2:], options, needs, mode.module)
    if mode.tracer is not None:
        mode.tracer.saw(node, mode)
    return op.results(*[item(node, index=i) for i in range(len(value))]) if op.results else node


def _has_slope(op: Op, inputs: tuple[Any, ...]) -> bool:
    """Whether one of the inputs that need a gradient has a derivative."""
    return any(x.__class__ is Tensor and x._needs and op.rule_of(i).kind != Rule.NONE
               for i, x in enumerate(inputs))


def _is_floating(value: Any) -> bool:
    if value.__class__ is float:
        return True
    return any(map(_is_floating, value)) if value.__class__ is tuple else value.dtype.kind == "f"


def _worth_recording(value: Any) -> bool:
    """Whether a result made only from tensors without a gradient is kept in the record, for formulas and pictures.

    A single number is not: `correct += (guess == y).sum()` in a training loop would keep the graph of every batch.
    """
    return value.__class__ is tuple or values.shape_of(value) != () or values.dtype_of(value).kind == "b"


def record(op: Op, value: Any, x1: Any, x2: Any, more: tuple[Any, ...], options: dict[str, Any],
           needs: bool, module: str | None) -> Tensor:
    """A new node. It stores the place in the user's code: the first frame outside this package."""
    node: Tensor = new_node(Tensor)
    node._value = value
    node._op = op
    node._x1 = x1
    node._x2 = x2
    if op.wide:
        node._more = more
    if options:
        node._options = options
    node._needs = needs
    if module is not None:
        node._module = module
    node._number = next_number()
    node._total = None
    frame = _getframe(2)
    code = frame.f_code
    while is_inside[code.co_filename]:
        frame = frame.f_back                # type: ignore[assignment]
        code = frame.f_code
    node._code = code
    node._offset = frame.f_lasti
    return node


@op
def item(results: Any, /, *, index: int) -> Any:
    """One of the results of an operation that has several."""
    return results[index]


item.derivative(results=lambda g: g)
