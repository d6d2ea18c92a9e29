"""What an operation is: a forward function on raw values, and one derivative rule per differentiable input.

A rule names what it needs: `g` the gradient that arrives (of the shape of `out`), `out` the result, inputs, options
and by-products by name, and `i` the position for an operation on a list. It is linear in `g`. Written with operators
and the library's own functions, it runs on raw values and, for higher orders and formulas, on Tensors.

Read `tensors.py` before this file and `ops.py` after it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cached_property
from types import FunctionType
from typing import Any

import numpy as np

from ..errors import ArgumentError, DTypeError, RuleError
from .tensors import Tensor
from .values import check_dtype, unwritable

registry: dict[str, Op] = {}
VARIADIC = inspect.CO_VARARGS | inspect.CO_VARKEYWORDS


class Saved(dict[str, Any]):
    """By-products of a forward function that its rules may name: integers, booleans or plain Python values."""


def saved(**by_products: Any) -> Saved:
    """What a forward function returns beside its result: `return out, saved(order=permutation)`.

    By-products are constants to every derivative, therefore floating-point ones are refused: recompute them in the
    rule from the inputs, or make them results of the operation.
    """
    for name, value in by_products.items():
        if isinstance(value, (float, np.ndarray, np.generic)) and np.asarray(value).dtype.kind not in "biu":
            raise DTypeError(f"saved({name}=...): got floating-point data. A by-product is a constant to "
                             "higher derivatives, so it must be integer or boolean. "
                             "Recompute it in the rule, or return it as a second result.")
    return Saved(by_products)


class Rule:
    """The derivative rule of one input of one operation, with the positions of what it names."""

    __slots__ = ("argument", "call", "index", "kind", "on_floats", "op", "wants")

    JUST_G, ORDINARY, NONE, MISSING = range(4)          # JUST_G is the rule `lambda g: g`, which need not be called
    FROM_G, FROM_OUT, FROM_LIST, FROM_POSITION, FROM_OPTIONS = range(-1, -6, -1)

    def __init__(self, op: Op, argument: str, index: int, function: Callable[..., Any] | None,
                 missing: bool = False) -> None:
        self.op, self.argument, self.index = op, argument, index
        self.wants: tuple[tuple[int, str], ...] = ()
        self.on_floats = False                  # whether it may be tried on Python floats
        if function is None:
            self.kind = self.MISSING if missing else self.NONE
            self.call: Callable[..., Any] = self._complain
            return
        names, _, _ = parameters_of(function)
        known = {"g", "out", *op.input_names, *op.option_names, *op.saved_names, *(["i"] if op.many else [])}
        unknown = [name for name in names if name not in known]
        if unknown:
            raise RuleError(f"{op.name}.derivative({argument}=...): the rule names {', '.join(unknown)}. "
                            f"Expected names among {', '.join(sorted(known))}.")
        self.wants = tuple((self._place(name), name) for name in names)
        self.on_floats = not op.many and all(place != self.FROM_OPTIONS for place, _ in self.wants)
        self.kind = self.JUST_G if names == ("g",) and _gives_back(function) else self.ORDINARY
        self.call = function

    def _complain(self, *_: Any) -> Any:
        op, argument = self.op.name, self.argument
        raise RuleError(f"{op} has no derivative rule for its input {argument}. "
                        f"Write {op}.derivative({argument}=lambda g, ...: ...), "
                        "or =None if there is no derivative.")

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
        places = {"g": self.FROM_G, "out": self.FROM_OUT,
                  "i": self.FROM_POSITION, self.op.many: self.FROM_LIST}
        return places.get(name, self.FROM_OPTIONS)

    def __str__(self) -> str:
        return f"{self.op.name}-{self.argument}"


def parameters_of(function: Callable[..., Any]) -> tuple[tuple[str, ...], tuple[str, ...], dict[str, Any]]:
    """(the names of a function's parameters, of those the positional-only ones, their defaults).

    Of plain functions they are read from the code: `inspect` takes twenty times as long, and there are hundreds of
    rules to read when the library is imported.
    """
    is_plain = function.__class__ is FunctionType and not hasattr(function, "__wrapped__")
    if not is_plain or function.__code__.co_flags & VARIADIC:
        found = inspect.signature(function).parameters.values()
        return (tuple(p.name for p in found), tuple(p.name for p in found if p.kind is p.POSITIONAL_ONLY),
                {p.name: p.default for p in found if p.default is not p.empty})
    code, defaults = function.__code__, function.__defaults__ or ()
    n = code.co_argcount
    names = code.co_varnames[:n + code.co_kwonlyargcount]
    return (names, names[:code.co_posonlyargcount],
            {**dict(zip(names[n - len(defaults):n], defaults, strict=True)), **(function.__kwdefaults__ or {})})


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
                 scalar: Callable[..., float] | None = None, inputs: tuple[str, ...] | None = None,
                 many: bool = False, results: Any = None, saves: tuple[str, ...] = (),
                 starts_mask: bool = False, domain: Any = None, numpy: str | None = None) -> None:
        names, positional, defaults = parameters_of(forward)
        self.name = name or forward.__name__
        self.forward, self.written, self.kind, self.scalar = forward, forward, kind, scalar
        self.foreign = not (forward.__module__ or "").startswith("tinygrad_edu.")
        self.key = f"{forward.__module__}.{self.name}" if self.foreign and _is_ours(self.name) else self.name
        if self.foreign:
            self.forward = _guarded(self, forward)
        self.many: str | None = names[0] if many else None
        self.input_names: tuple[str, ...] = inputs if inputs is not None else positional
        self.option_names = tuple(each for each in names if each not in self.input_names)
        self.defaults = {each: defaults[each] for each in self.option_names if each in defaults}
        self.position_of = {} if many else {each: i for i, each in enumerate(self.input_names)}
        self.results, self.saved_names, self.domain, self.numpy = results, saves, domain, numpy
        self.expansion: Any = "elements" if kind == "elementwise" else None      # how it looks at scalar grain
        self.function: Any = None               # what users call
        self.smooth = True                      # no input is without a derivative
        self.wide = many or len(self.input_names) > 2       # some inputs are not in a node's first two slots
        self.family = (forward.__module__ or "").rpartition(".")[2]
        self.starts_mask = starts_mask
        self.special = starts_mask or bool(results) or self.name == "item"      # the plain backward loop cannot run it
        arguments = (self.many,) if self.many else self.input_names
        if not arguments:
            raise RuleError(f"{self.name}{self.signature}: an operation without inputs. Inputs are the parameters "
                            f"before a slash: write def {self.name}(x, /).")
        self.rules = {each: Rule(self, each, i, None, missing=True) for i, each in enumerate(arguments)}
        self._lay_out()

    @cached_property
    def signature(self) -> inspect.Signature:
        """How it is called."""
        return inspect.signature(self.written)

    @cached_property
    def doc(self) -> str:
        """The docstring of its forward function."""
        return inspect.getdoc(self.written) or ""

    def derivative(self, **rules: Callable[..., Any] | None) -> None:
        """Give the rule of each input, by the input's name; None says aloud that it has no derivative."""
        for argument, function in rules.items():
            if argument not in self.rules:
                raise RuleError(f"{self.name}.derivative({argument}=...): {self.name} has no input called "
                                f"{argument}. Expected {', '.join(self.rules)}.")
            self.rules[argument] = Rule(self, argument, self.rules[argument].index, function)
        self._lay_out()

    def expand(self, way: Any) -> Any:
        """Say how the operation looks at scalar grain: what ops/expansions.py has, or a function as told there."""
        self.expansion = way
        if callable(way):
            known = {"out", *self.option_names, *self.saved_names, *((self.many,) if self.many else self.input_names)}
            unknown = [name for name in parameters_of(way)[0] if name not in known]
            if unknown:
                raise RuleError(f"{self.name}.expand: the expansion names {', '.join(unknown)}. "
                                f"Expected names among {', '.join(sorted(known))}.")
        return way

    def _lay_out(self) -> None:
        """Put the rules where the backward pass looks: the first two in attributes of their own."""
        in_order = tuple(self.rules.values())
        self.rule1, self.rule2 = in_order[0], in_order[1 if len(in_order) > 1 else 0]
        self.rules_more = in_order if self.many else in_order[2:]
        self.send: Any = None                   # what it does in a backward pass, see sending.py
        self.smooth = all(rule.kind != Rule.NONE for rule in in_order)

    def rule_of(self, index: int) -> Rule:
        """The rule of the input at `index`."""
        return self.rules[self.many or self.input_names[index]]

    def inputs_of(self, node: Tensor) -> tuple[Any, ...]:
        """The inputs of a node of this operation, in order."""
        if self.wide:
            return node._more if self.many else (node._x1, node._x2, *node._more)
        return (node._x1, node._x2) if len(self.input_names) == 2 else (node._x1,)

    def __repr__(self) -> str:
        return f"<op {self.name}{self.signature}>"

    def __reduce__(self) -> Any:
        return find, (self.key,)


def _is_ours(name: str) -> bool:
    """Whether the library has an operation of that name, which one of the user's must not replace in stored graphs."""
    return name in registry and not registry[name].foreign


def _guarded(op: Op, forward: Callable[..., Any]) -> Callable[..., Any]:
    """A forward function from outside: it gets arrays that it cannot write to, and must give real numbers."""
    def call(*given: Any, **options: Any) -> Any:
        shown = [list(map(unwritable, each)) if isinstance(each, (list, tuple)) else unwritable(each) for each in given]
        out = forward(*shown, **options)
        declared = op.results or op.saved_names
        for each in (out[:1] if op.saved_names else out) if declared and isinstance(out, tuple) else (out,):
            if not isinstance(each, (np.ndarray, np.generic, int, float)):
                raise RuleError(f"{op.name}{op.signature} gave a {type(each).__name__}. Expected an array or a number"
                                + ("; several results are declared by results=." if isinstance(each, tuple) else "."))
            check_dtype(np.asarray(each).dtype, f"what {op.name} gave")
        return out
    return call


def find(name: str) -> Op:
    """The registered operation called `name`."""
    try:
        return registry[name]
    except KeyError:
        raise ArgumentError(f"no operation is called {name!r}. If it is your own, define it (with @op) "
                            "before loading the graph.") from None
