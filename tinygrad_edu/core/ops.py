"""Operations: a forward function on raw values, and one derivative rule per differentiable input.

    @op                                             the registry, the recording and the error messages follow
    def tanh(x, /):
        return np.tanh(x)

    tanh.derivative(x=lambda g, out: g * (1 - out * out))

A rule names what it needs: `g` the gradient that arrives (of the shape of `out`), `out` the result, inputs, options
and by-products by name, and `i` the position for an operation on a list. It is linear in `g`. Written with operators
and the library's own functions, it runs on raw values and, for higher orders and formulas, on Tensors.

Read `tensors.py` before this file and `walk.py` after it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from sys import _getframe
from typing import Any, ParamSpec, Protocol, cast, overload

import numpy as np
from numpy import ndarray

from ..errors import ArgumentError, DTypeError, RuleError
from . import failures, operators, values
from .modes import current
from .positions import is_inside
from .tensors import NO_OPTIONS, Tensor, constant, next_number

P = ParamSpec("P")
registry: dict[str, Op] = {}
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


class Saved(dict[str, Any]):
    """By-products of a forward function that its rules may name: integers, booleans or plain Python values."""


def saved(**by_products: Any) -> Saved:
    """What a forward function returns beside its result: `return out, saved(order=permutation)`.

    By-products are constants to every derivative, therefore floating-point ones are refused: recompute them in the
    rule from the inputs, or make them results of the operation.
    """
    for name, value in by_products.items():
        if isinstance(value, (float, np.ndarray, np.generic)) and np.asarray(value).dtype.kind not in "biu":
            raise DTypeError(f"saved({name}=...): got floating-point data. A by-product is a constant to higher derivatives, so it "
                             "must be integer or boolean. Recompute it in the rule, or return it as a second result.")
    return Saved(by_products)


class Rule:
    """The derivative rule of one input of one operation, with the positions of what it names."""

    __slots__ = ("argument", "call", "index", "kind", "on_floats", "op", "wants")

    # How the backward loop hands over the arguments. JUST_G is the rule `lambda g: g`, which need not be called.
    JUST_G, ONLY_G, OUT, X1, X2, BOTH, GENERAL, NONE, MISSING = range(9)

    def __init__(self, op: Op, argument: str, index: int, function: Callable[..., Any] | None, missing: bool = False) -> None:
        self.op, self.argument, self.index = op, argument, index
        self.wants: tuple[tuple[int, str], ...] = ()
        self.on_floats = False                  # whether it may be tried on Python floats
        if function is None:
            self.kind, self.call = (self.MISSING, self._complain) if missing else (self.NONE, self._complain)
            return
        names = list(inspect.signature(function).parameters)
        known = {"g", "out", *op.input_names, *op.option_names, *op.saved_names, *(["i"] if op.many else [])}
        unknown = [name for name in names if name not in known]
        if unknown:
            raise RuleError(f"{op.name}.derivative({argument}=...): the rule names {', '.join(unknown)}. "
                            f"Expected names among {', '.join(sorted(known))}.")
        self.wants = tuple((self._place(name), name) for name in names)
        self.on_floats = not op.many and all(place != self.FROM_OPTIONS for place, _ in self.wants)
        self.kind, self.call = self._shape_of_call(names, function)

    def _complain(self, *_: Any) -> Any:
        raise RuleError(f"{self.op.name} has no derivative rule for its input {self.argument}. "
                        f"Write {self.op.name}.derivative({self.argument}=lambda g, ...: ...), or =None if there is no derivative.")

    def _shape_of_call(self, names: list[str], function: Callable[..., Any]) -> tuple[int, Callable[..., Any]]:
        if names == ["g"]:
            return self.JUST_G if _gives_back(function) else self.ONLY_G, function
        if len(names) == 2 and "g" in names and not self.op.many:
            other = names[1 - names.index("g")]
            kinds = {"out": self.OUT, **dict(zip(self.op.input_names, (self.X1, self.X2), strict=False))}
            if other in kinds:
                return kinds[other], function if names[0] == "g" else lambda g, x: function(x, g)
        if names == ["g", *self.op.input_names] and len(names) == 3:
            return self.BOTH, function
        return self.GENERAL, function

    def arguments(self, node: Tensor, g: Any, index: int, read: Callable[[Tensor, Any], Any]) -> list[Any]:
        """What the rule is called with; `read(node, x)` gives an input or `out` as a raw value or as it is."""
        inputs, arguments = node.inputs, []
        for place, name in self.wants:
            if place >= 0:
                arguments.append(read(node, inputs[place]))
            elif place == self.FROM_G:
                arguments.append(g)
            elif place == self.FROM_OUT:
                arguments.append(read(node, node))
            elif place == self.FROM_LIST:
                arguments.append([read(node, x) for x in inputs])
            elif place == self.FROM_POSITION:
                arguments.append(index)
            else:
                arguments.append(node._options[name])
        return arguments

    def _place(self, name: str) -> int:
        """Where an argument of the rule comes from: the position of an input, or one of the places below."""
        if name in self.op.position_of:
            return self.op.position_of[name]
        return {"g": self.FROM_G, "out": self.FROM_OUT, self.op.many: self.FROM_LIST, "i": self.FROM_POSITION}.get(name, self.FROM_OPTIONS)

    FROM_G, FROM_OUT, FROM_LIST, FROM_POSITION, FROM_OPTIONS = range(-1, -6, -1)

    def __str__(self) -> str:
        return f"{self.op.name}-{self.argument}"


def _gives_back(function: Callable[..., Any]) -> bool:
    """Whether a rule of `g` alone gives back the very `g` it is given."""
    g = object()
    try:
        return function(g) is g
    except Exception:
        return False


class Op:
    """A registered operation: its forward function, its rules, and what the views and tests need to know of it.

    `kind` says how a mask of taken elements passes (see backprop.py): "elementwise" for functions of each element
    alone, "selection" where the derivative only places, copies or adds up elements of `g`, None for all others.
    """

    def __init__(self, forward: Callable[..., Any], *, name: str | None = None, kind: str | None = None,
                 scalar: Callable[..., float] | None = None, inputs: tuple[str, ...] | None = None, many: bool = False,
                 results: Any = None, saves: tuple[str, ...] = (), starts_mask: bool = False, domain: Any = None, numpy: str | None = None) -> None:
        signature = inspect.signature(forward)
        parameters = list(signature.parameters.values())
        positional = tuple(p.name for p in parameters if p.kind is p.POSITIONAL_ONLY)
        self.name = name or forward.__name__
        self.forward, self.signature, self.kind, self.scalar = forward, signature, kind, scalar
        self.many: str | None = parameters[0].name if many else None
        self.input_names: tuple[str, ...] = inputs if inputs is not None else positional
        self.option_names = tuple(p.name for p in parameters if p.name not in self.input_names)
        self.position_of = {} if many else {each: i for i, each in enumerate(self.input_names)}
        self.defaults = {p.name: p.default for p in parameters if p.name in self.option_names and p.default is not p.empty}
        self.results, self.saved_names, self.domain, self.numpy = results, saves, domain, numpy
        self.smooth = True                      # no input is without a derivative
        self.family = (forward.__module__ or "").rpartition(".")[2]
        self.doc = inspect.getdoc(forward) or ""
        self.starts_mask = starts_mask
        self.special = starts_mask or bool(results) or self.name == "item"      # the plain backward loop cannot run it
        names = (self.many,) if self.many else self.input_names
        self.rules: dict[str, Rule] = {str(each): Rule(self, str(each), i, None, missing=True) for i, each in enumerate(names)}
        self._lay_out()

    def derivative(self, **rules: Callable[..., Any] | None) -> None:
        """Give the rule of each input, by the input's name; None says aloud that it has no derivative."""
        for argument, function in rules.items():
            if argument not in self.rules:
                raise RuleError(f"{self.name}.derivative({argument}=...): {self.name} has no input called {argument}. "
                                f"Expected {', '.join(self.rules)}.")
            self.rules[argument] = Rule(self, argument, self.rules[argument].index, function)
        self._lay_out()

    def _lay_out(self) -> None:
        """Put the rules where the backward loop looks: the first two in attributes of their own."""
        in_order = tuple(self.rules.values())
        self.rule1, self.rule2 = in_order[0], in_order[1 if len(in_order) > 1 else 0]
        self.rules_more = in_order if self.many else in_order[2:]
        self.smooth = all(rule.kind != Rule.NONE for rule in in_order)

    def rule_of(self, index: int) -> Rule:
        """The rule of the input at `index`."""
        return self.rules[self.many or self.input_names[index]]

    def inputs_of(self, node: Tensor) -> tuple[Any, ...]:
        """The inputs of a node of this operation, in order."""
        if self.many:
            return node._more
        return (node._x1, node._x2, *node._more)[:len(self.input_names)]

    def __repr__(self) -> str:
        return f"<op {self.name}{self.signature}>"

    def __reduce__(self) -> Any:
        return find, (self.name,)


def find(name: str) -> Op:
    """The registered operation called `name`."""
    try:
        return registry[name]
    except KeyError:
        raise ArgumentError(f"no operation is called {name!r}. If it is your own, define it (with @op) before loading the graph.") from None


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
    if forward is None:
        return lambda function: op(function, **traits) if not traits else _make(function, traits)
    return _make(forward, traits)


def _make(forward: Callable[..., Any], traits: dict[str, Any]) -> Any:
    operation = Op(forward, **traits)
    if operation.many or operation.option_names or operation.results or operation.saved_names or len(operation.input_names) not in (1, 2):
        call = _general_door(operation)
    else:
        call = (_unary_door if len(operation.input_names) == 1 else _binary_door)(operation)
    function = cast(Any, call)
    function.__name__, function.__qualname__, function.__module__ = operation.name, operation.name, forward.__module__
    function.__doc__, function.__wrapped__ = forward.__doc__, forward
    function.op, function.derivative = operation, operation.derivative
    registry[operation.name] = operation
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
# Three of them, because the overhead per operation is felt on every small graph: the ways of one and of two Python
# floats take half the time of `apply`, which everything else goes through.


def _unary_door(op: Op) -> Callable[..., Any]:
    forward, on_float64 = op.forward, _on_float64(op)
    scalar = op.scalar or on_float64

    def call(x: Any, /) -> Any:
        if x.__class__ is Tensor:
            value = x._value
            mode = current()
            if x._needs and op.smooth and mode.plain:
                if value.__class__ is float:
                    try:
                        out = scalar(value)
                    except FLOAT_TROUBLE:
                        out = on_float64(value)
                    return record(op, out, x, None, (), NO_OPTIONS, True, mode.module)
                if value.__class__ is ndarray:
                    try:
                        out = forward(value)
                    except Exception as error:
                        raise failures.explained(op, (x,), NO_OPTIONS, error) from None
                    if out.__class__ is ndarray and out.ndim and out.dtype.kind == "f":
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
                leaves = x1._op is None and x2._op is None
            else:
                v2 = x2
                needs = x1._needs
                leaves = x1._op is None
        elif x2.__class__ is Tensor:
            v1 = x1
            v2 = x2._value
            needs = x2._needs
            leaves = x2._op is None
        elif x1.__class__ is float and x2.__class__ is float:
            try:
                return scalar(x1, x2)
            except FLOAT_TROUBLE:
                return on_float64(x1, x2)
        else:
            return raw(op, (x1, x2), NO_OPTIONS)
        mode = current()
        if not (op.smooth and mode.plain and (needs or leaves)):
            return apply(op, (x1, x2), NO_OPTIONS)
        c1 = v1.__class__
        c2 = v2.__class__
        if (c1 is float or c1 is int) and (c2 is float or c2 is int):
            try:
                out = scalar(v1, v2)
            except FLOAT_TROUBLE:
                out = on_float64(v1, v2)
        else:                                               # two arrays, or an array and a constant number
            if c1 is ndarray:
                if x1.__class__ is not Tensor:
                    x1 = v1 = values.own(v1, op.name)
            elif x1.__class__ is Tensor or not (c1 is float or c1 is int):
                return apply(op, (x1, x2), NO_OPTIONS)
            if c2 is ndarray:
                if x2.__class__ is not Tensor:
                    x2 = v2 = values.own(v2, op.name)
            elif x2.__class__ is Tensor or not (c2 is float or c2 is int):
                return apply(op, (x1, x2), NO_OPTIONS)
            try:
                out = forward(v1, v2)
            except Exception as error:
                raise failures.explained(op, (x1, x2), NO_OPTIONS, error) from None
            if out.__class__ is not ndarray or not out.ndim:
                out = values.settle(out)
        if not needs:
            return constant(out)
        node: Tensor = new_node(Tensor)                     # `record`, written out: most operations come here
        node._value = out
        node._op = op
        node._x1 = x1
        node._x2 = x2
        node._more = ()
        node._options = NO_OPTIONS
        node._needs = True
        node._module = mode.module
        node._number = next_number()
        node._grad = node._total = node._extra = None
        frame = _getframe(1)
        code = frame.f_code
        while is_inside[code.co_filename]:
            frame = frame.f_back                # type: ignore[assignment]
            code = frame.f_code
        node._code = code
        node._offset = frame.f_lasti
        return node

    return call


def _general_door(op: Op) -> Callable[..., Any]:
    arity, names, defaults = (1 if op.many else len(op.input_names)), op.option_names, op.defaults
    known, required = frozenset(names), len(names) - len(defaults)

    def call(*args: Any, **given: Any) -> Any:
        extra = len(args) - arity
        if extra == 0 and not given and not required:
            options = defaults
        elif 0 <= extra <= len(names) and given.keys() <= known.difference(names[:extra]) and extra + len(given) >= len(names) - len(defaults):
            options = {**defaults, **dict(zip(names, args[arity:], strict=False)), **given}
            args = args[:arity]
        else:
            args, options = _bound(op, args, given)
        inputs = tuple(args[0]) if op.many else args
        for x in inputs:
            if x.__class__ is Tensor:
                return apply(op, inputs, options)
        return raw(op, inputs, options)

    return call


def _bound(op: Op, args: Any, given: Any) -> Any:
    """Arguments in an unusual order, sorted by the signature; a call that does not fit raises TypeError."""
    try:
        bound = op.signature.bind(*args, **given)
    except TypeError as error:
        raise TypeError(f"{op.name}{op.signature}: {error}") from None
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
        if not mode.recording:
            return op.results(*map(constant, value)) if op.results else constant(value)
    if needs:
        needs = _is_floating(value) and (op.smooth or _has_slope(op, inputs))
    elif not (traced and _worth_recording(value)):
        return op.results(*map(constant, value)) if op.results else constant(value)
    if op.many:
        node = record(op, value, None, None, held, options, needs, mode.module)
    else:
        n = len(held)
        node = record(op, value, held[0], held[1] if n > 1 else None, held[2:] if n > 2 else (), options, needs, mode.module)
    return op.results(*[item(node, index=i) for i in range(len(value))]) if op.results else node


def _has_slope(op: Op, inputs: tuple[Any, ...]) -> bool:
    """Whether one of the inputs that need a gradient has a derivative."""
    return any(x.__class__ is Tensor and x._needs and op.rule_of(i).kind != Rule.NONE for i, x in enumerate(inputs))


def _is_floating(value: Any) -> bool:
    if value.__class__ is float:
        return True
    return any(map(_is_floating, value)) if value.__class__ is tuple else value.dtype.kind == "f"


def _worth_recording(value: Any) -> bool:
    """Whether a result made only from tensors without a gradient is kept in the record, for formulas and pictures.

    A single number is not: `correct += (guess == y).sum()` in a training loop would keep the graph of every batch alive.
    """
    return value.__class__ is tuple or values.shape_of(value) != () or values.dtype_of(value).kind == "b"


def record(op: Op, value: Any, x1: Any, x2: Any, more: tuple[Any, ...], options: dict[str, Any], needs: bool, module: str | None) -> Tensor:
    """A new node. It stores the place in the user's code: the first frame outside this package."""
    node: Tensor = new_node(Tensor)
    node._value = value
    node._op = op
    node._x1 = x1
    node._x2 = x2
    node._more = more
    node._options = options
    node._needs = needs
    node._module = module
    node._number = next_number()
    node._grad = node._total = node._extra = None
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
