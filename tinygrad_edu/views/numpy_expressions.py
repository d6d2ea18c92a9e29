"""Formulas as NumPy expressions: what to type to get the number again, given `import numpy as np` and the variables.

    NumPyText(identifiers)      a printer; `lines` are the assignments that have to stand above

An operation is printed as Python's operator, else by its own `numpy=` template, by the table below, or as NumPy's
function of its name. What NumPy does not have is printed as a function above. A user's own operation is called by name.
Read `plain_text.py` before this file.
"""

from __future__ import annotations

import inspect
import keyword
import re
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..core.tensors import Tensor
from .notation import ANYTHING, ATOM, FOLD, HOLDERS, POWER, PRODUCT, SUM, Form, Known, Notation
from .plain_functions import Helpers
from .plain_text import PlainText, index_text
from .printers import Piece, given_inputs, given_options
from .trees import Apply, Cut, Expression, Fold, Name, Partial, Running, Total, is_zero

# What NumPy spells otherwise, with other names, or as an expression. An operation says it itself by `numpy=`.
SPELLINGS = {
    "sigmoid": "1 / (1 + np.exp(-{x}))",
    "softmax": "np.exp({x} - np.logaddexp.reduce({x}, axis={axis}, keepdims=True))",
    "log_softmax": "{x} - np.logaddexp.reduce({x}, axis={axis}, keepdims=True)",
    "logsumexp": "np.logaddexp.reduce({x}, axis={axis}, keepdims={keepdims})",
    "astype": "np.asarray({x}).astype({dtype})",
    "pad": "np.pad({x}, {pad_width}, constant_values={value})",
    "einsum": "np.einsum({subscripts}, *{arrays})",
    "eigh": "np.linalg.eigh(({x} + np.matrix_transpose({x})) / 2)",
    "item": "{results}[{index}]",
}
MOST_TERMS = 100                # of a sum that is written with plus signs; Python's parser has a limit


def identifiers(names: Iterable[str]) -> dict[str, str]:
    """A Python identifier of its own for each name: "w₁" is w1, "layers.0.w" is layers_0_w."""
    found: dict[str, str] = {}
    taken = {"np"}
    for name in sorted(names, key=lambda name: not name.isidentifier()):
        plain = name.replace("∂", "d").translate(str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789"))
        plain = re.sub(r"\W+", "_", plain).strip("_") or "x"
        plain = plain if plain.isidentifier() and not keyword.iskeyword(plain) else f"_{plain}"
        while plain in taken:
            plain += "_"
        taken.add(plain)
        found[name] = plain
    return found


class NumPyText(PlainText):
    """Python source code."""

    associates = False

    def __init__(self, identifiers: dict[str, str]) -> None:
        self.identifiers = identifiers
        self.lines: list[str] = []              # assignments of parts that a template uses twice
        self.helpers = Helpers({"np", *identifiers.values()})
        self.functions: dict[str, Any] = {}     # those of the user
        self.hoisted = 0

    def _name(self, text: str) -> str:
        return self.identifiers[text]

    def _partial(self, x: Partial) -> Piece:
        return Piece(self.identifiers[PlainText().write(x)])

    def _cut(self, x: Cut) -> str:
        return self.identifiers[x.name]

    def _number(self, value: Any) -> Piece:
        text = repr(value) if not isinstance(value, np.ndarray) else repr(value[()])
        text = re.sub(r"\b(inf|nan)\b", r"np.\1", text)
        return Piece(text, PRODUCT if text.startswith("-") else ATOM)

    def _literal(self, value: Any) -> Piece:
        return self._number(value)

    def _array(self, value: Any) -> str:
        if not value.size or is_zero(value):
            return f"np.zeros({value.shape}, np.{value.dtype.name})"
        usual = value.dtype in (np.dtype(np.float64), np.dtype(np.int64), np.dtype(np.bool_))
        numbers = re.sub(r"\b(inf|nan)\b", r"np.\1", repr(value.tolist()))
        return f"np.array({numbers}{'' if usual else f', dtype=np.{value.dtype.name}'})"

    def _zeros(self, value: Any) -> Piece:
        return Piece(self._array(value))

    def _running(self, x: Running) -> str:
        raise AssertionError("folded sums are written out")

    def _piece(self, x: Expression) -> Piece:
        if isinstance(x, Total):
            terms = _written_out(x)
            if len(terms) > MOST_TERMS:
                written = [f"-{self.write(x, POWER)}" if minus else self.write(x) for minus, x in terms]
                return Piece(f"sum([{', '.join(written)}])")
            return Piece(self._total([*terms]).replace("−", "-"), SUM)
        if isinstance(x, Fold):
            return self._piece(Total([(False, term) for term in x.terms]))
        return super()._piece(x)

    # -- operations -------------------------------------------------------------------------------------------------

    def _applied(self, x: Apply, notation: Notation) -> Piece:
        """By Python's operator, a template, or a function."""
        if notation.python and not x.op.foreign:
            return self._by_operator(x, notation)
        if notation.form is Form.POSTFIX and _ndim_of(x) == 2:
            return Piece(self.write(x.inputs[0], ATOM) + ".T")
        if notation.form is Form.SQUARE and isinstance(x.inputs[0], (Name, Partial)):
            text = self.write(x.inputs[0], ATOM)
            return Piece(f"{text} * {text}", PRODUCT)
        template = None if x.op.foreign else SPELLINGS.get(x.op.name) or x.op.numpy
        if template is not None and _says_all(template, x):
            return self._by_template(x, template)
        arguments = [self.write(each) for each in x.inputs]
        if x.op.name in HOLDERS and not x.op.foreign:
            return Piece(f"{self._function(x, notation.sign)}({', '.join(map(self.write, given_inputs(x)))})")
        if x.op.many:
            arguments = [self._sequence(arguments)]
        return Piece(self._called(x, notation, arguments))

    def _by_operator(self, x: Apply, notation: Notation) -> Piece:
        level, sign = notation.level, notation.python
        if notation.form is Form.PREFIX:
            return Piece(sign + self.write(x.inputs[0], PRODUCT), PRODUCT)
        if notation.form is Form.POWER:
            return Piece(f"{self.write(x.inputs[0], ATOM)} ** {self.write(x.inputs[1], POWER)}", POWER)
        if FOLD < level < POWER:                # Python has one level for all products and quotients
            return Piece(f"{self.write(x.inputs[0], PRODUCT)} {sign} {self.write(x.inputs[1], POWER)}", PRODUCT)
        left = level + 1 if level < SUM and sign not in "&|^" else level
        return Piece(f"{self.write(x.inputs[0], left)} {sign} {self.write(x.inputs[1], level + 1)}", level)

    def _by_template(self, x: Apply, template: str) -> Piece:
        names = [x.op.many] if x.op.many else list(x.op.input_names)
        whole = self._sequence([self.write(each) for each in x.inputs]) if x.op.many else ""
        given = {name: self.option(value) for name, value in x.options.items()}
        if "index" in x.options and template.endswith("[{index}]"):
            given["index"] = index_text(x.options["index"], self.option)
        for name, each in zip(names, x.inputs, strict=False):
            text = whole or self.write(each)
            if template.count(f"{{{name}}}") > 1 and not text.isidentifier():
                text = self._hoist(text)
            given[str(name)] = text if _is_enclosed(template, str(name)) else self._atom(text, each, bool(whole))
        return Piece(template.format(**given), ATOM if _is_call(template) else ANYTHING)

    def _atom(self, text: str, x: Expression, whole: bool) -> str:
        return text if whole or text.isidentifier() else self.write(x, ATOM)

    def _hoist(self, text: str) -> str:
        """The name of a line above that holds a part which is needed twice."""
        self.hoisted += 1
        name = f"_{self.hoisted}"
        self.lines.append(f"{name} = {text}")
        return name

    def _called(self, x: Apply, notation: Notation, arguments: list[str]) -> str:
        """A function of NumPy, one that is printed above, or one of the user's."""
        op, name = x.op, x.op.name
        if op.foreign:
            return f"{self._function(x, name)}({', '.join([*arguments, *self._written(given_options(x))])})"
        for module, prefix in ((np, "np."), (np.linalg, "np.linalg.")):
            function = getattr(module, name, None)
            if callable(function) and _takes(function, x):
                return f"{prefix}{name}({', '.join([*arguments, *self._written(_unusual(x, function))])})"
        helper = self.helpers.helper(op.forward, name, {}, True)
        written = f"{helper}({', '.join([*arguments, *self._written(given_options(x))])})"
        return f"{written}[0]" if op.saved_names else written

    def _function(self, x: Apply, name: str) -> str:
        """The name under which a function of the user's is called; `functions` says what it stands for."""
        while name in self.identifiers.values():
            name += "_"
        self.functions[name] = x.op.forward if x.op.foreign else _held(x)
        return name

    def _written(self, options: list[tuple[str, Any]]) -> list[str]:
        return [f"{name}={self.option(value)}" if name else self.option(value) for name, value in options]

    def _known(self, known: Known) -> str:
        raise AssertionError("numbers are written exactly")

    def _cases(self, x: Apply) -> Piece:
        raise AssertionError("where is a function")

    def option(self, value: Any) -> str:
        """The value of an option as source code."""
        if isinstance(value, tuple):
            return f"({', '.join(map(self.option, value))}{',' * (len(value) == 1)})"
        if isinstance(value, Expression):
            return self.write(value)
        if isinstance(value, slice):
            return f"slice({value.start}, {value.stop}, {value.step})"
        if value is Ellipsis:
            return "..."
        if isinstance(value, (type, np.dtype)) or (isinstance(value, str) and _is_dtype(value)):
            return f"np.{np.dtype(value).name}"
        return self._number(value).text if isinstance(value, (float, np.generic)) else repr(value)


def _held(x: Apply) -> Any:
    """The function that an operation holds, as one of arrays."""
    options = x.options
    if x.op.name == "foreign_pull":
        return lambda *arrays: options["vjp"](*arrays)[options["position"]]
    if x.op.name == "replayed":
        return lambda *arrays: options["f"](*map(Tensor, arrays)).numpy()
    return options["f"]


def _written_out(x: Total) -> list[tuple[bool, Expression]]:
    """The terms of a sum, those of a folded run one by one."""
    return [(minus, each) for minus, term in x.terms for each in (term.terms if isinstance(term, Fold) else (term,))]


def _ndim_of(x: Apply) -> int:
    return int(np.ndim(x.node._value)) if x.node._value.__class__ is not tuple else 0


def _is_dtype(text: str) -> bool:
    return re.fullmatch(r"(float|u?int)\d+|bool", text) is not None


def _says_all(template: str, x: Apply) -> bool:
    """Whether a template has a place for every option that is not what it usually is."""
    return all(f"{{{name}}}" in template for name, value in x.options.items()
               if name not in x.op.defaults or value != x.op.defaults[name])


def _is_enclosed(template: str, name: str) -> bool:
    """Whether an input stands alone between brackets or commas, wherever the template has it."""
    return not re.search(rf"[^(,] ?\{{{name}\}}|\{{{name}\}}[^),]|^\{{{name}\}}|\{{{name}\}}$", template)


def _is_call(template: str) -> bool:
    """Whether a template is one call or one picked element, so that it needs no brackets."""
    return re.fullmatch(r"[\w.]+\(.*\)|\{\w+\}\[.*\]", template) is not None and _closes_last(template)


def _closes_last(template: str) -> bool:
    """Whether the first bracket is closed by the last one."""
    depth = 0
    for place, sign in enumerate(template):
        depth += (sign in "([") - (sign in ")]")
        if sign in ")]" and depth == 0:
            return place == len(template) - 1
    return False


def _parameters(function: Any) -> dict[str, inspect.Parameter] | None:
    try:
        return dict(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return None


def _takes(function: Any, x: Apply) -> bool:
    """Whether NumPy's function takes the options that are given."""
    if isinstance(function, np.ufunc):
        return not x.options
    parameters = _parameters(function)
    if parameters is None:
        return True
    return all(name in parameters for name, _ in _unusual(x, function) if name)


def _unusual(x: Apply, function: Any) -> list[tuple[str, Any]]:
    """The options that differ from what NumPy's function takes for granted."""
    theirs = _parameters(function) or {}
    found = []
    for name, value in x.options.items():
        ours = x.op.signature.parameters[name]
        default = theirs[name].default if name in theirs else ours.default
        default = ours.default if default is np._NoValue else default
        alike = type(value) is type(default) and isinstance(value, (int, float))
        if not (value is default or (alike and value == default)):
            found.append(("" if ours.kind is not ours.KEYWORD_ONLY else name, value))
    return found

