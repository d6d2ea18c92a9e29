"""Local rules: what the gate on an edge says, the local derivative in mathematics: x, 1 − y², g Wᵀ, Σ g.

    LocalRules(titles).of(node, position)       formula, words, and the derivative's value

A rule is recorded on stand-ins (`views/recorded_rules.py`) and printed; nothing is differentiated here. Where an
operation works on each element alone, or gives a single number, its rule is g times something: then 1 stands for g, and
the gate says that something. Else the gate says what becomes of g.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ...core import values
from ...core.ops import item
from ...core.rules import Rule, registry
from ...core.tensors import Tensor
from ..expressions import WRITTEN_OUT, ExpressionBuilder
from ..notation import PRODUCT, Form, Notation, notation_of
from ..plain_text import PlainText
from ..recorded_rules import Part, RecordedRule, recorded_rule
from ..spoken import END, Words
from ..trees import Apply, Array, Expression, Literal, Name, Total
from .model import Value
from .short_rules import short_rule
from .summaries import summary
from .titles import Titles

SHORT, SHORTER = 18, 12     # letters of an expression that may stand where a name would; of the result itself
SHORTEST = 7                # … of the result, in a rule that is shortened
LONGEST_SIGN = 5            # letters of an operation that stand for its result
READABLE = 16               # letters of a formula that is not shortened
LONGEST = 10**6             # operations in one line
# Selections (see `core/backprop.py`) that work on each element alone all the same.
ELEMENTWISE = frozenset({"relu", "where", "maximum", "minimum", "clip", "astype"})
SPREADING = frozenset({"broadcast_to", "expand_dims", "reshape", "squeeze", "astype"})


class Local(NamedTuple):
    """What a gate says; see `Edge` in model.py."""

    formula: str
    spoken: str
    is_factor: bool
    value: Value | None
    short: str = ""


class GateText(PlainText):
    """Text as it stands on gates: a product of matrices without a sign, g Wᵀ."""

    def _infix(self, x: Apply, notation: Notation, left: str, right: str) -> str:
        return f"{left} {right}" if notation.sign == "@" else super()._infix(x, notation, left, right)


class LocalRules:
    """The gates of one description; `path_of` gives the module in whose names a rule is written."""

    def __init__(self, titles: Titles, names: set[str], path_of: Callable[[Tensor], str]) -> None:
        self._titles, self._names, self._path_of = titles, names, path_of

    def of(self, node: Tensor, position: int) -> Local | None:
        """The gate between a result and its argument; None if the rule cannot be told."""
        if node._op is item.op:
            return Local("1", "one", True, summary(1.0))
        try:
            record = recorded_rule(node, position)
            return self._written(node, node.inputs[position], record)
        except Exception:                   # a rule of the user's that is wrong is no reason to have no picture
            return None

    def _written(self, node: Tensor, x: Tensor, record: RecordedRule) -> Local:
        shape = np.shape(values.settle(np.asarray(getattr(record.result, "_value", record.result))))
        is_summed = shape != x.shape
        factor = self._is_factor(node)
        tree = self._rule(node, record, factor, is_summed)
        text, words = GateText().write(tree, PRODUCT if is_summed else 0), Words().write(tree, PRODUCT * is_summed)
        while words.endswith(END):
            words = words.removesuffix(END).rstrip()
        if is_summed:
            text, words = f"Σ {text}", f"the sum of {words}"
        is_long = len(text) > READABLE or any(sign in text for sign in ("(", "[", "−1·"))
        short = text
        if is_long:
            brief = self._rule(node, record, factor, is_summed, is_brief=True)
            short = short_rule(brief, is_summed, node._op.name if factor and len(node.inputs) == 1 else "")
        return Local(text, " ".join(words.split()), factor and not is_summed,
                     self._value(node, record) if factor else None, "" if short == text else short)

    def _is_factor(self, node: Tensor) -> bool:
        op = node._op
        if node._value.__class__ is tuple:
            return False
        return node.shape == () or op.kind == "elementwise" or (op.name in ELEMENTWISE and not op.foreign)

    def _value(self, node: Tensor, record: RecordedRule) -> Value | None:
        """The derivative, as the rule gives it for g = 1; None if what it needs has another value by now."""
        if any(meant.__class__ is Tensor and meant._number > node._number for meant in record.stand_ins.values()):
            return None
        return summary(1.0 if record.result is record.g else record.result)

    # -- the expression ---------------------------------------------------------------------------------------------

    def _rule(self, node: Tensor, record: RecordedRule, factor: bool, is_summed: bool,
              is_brief: bool = False) -> Expression:
        """A rule as it is written: of a factor without the g that it is multiplied with."""
        tree = self._tree(node, record, factor, is_brief)
        if factor:
            tree = simplified(tree)
        if is_summed and factor:
            tree = self._g() if _is_one(tree) else Apply(registry["multiply"], (self._g(), tree), {}, node)
        return tree

    def _tree(self, node: Tensor, record: RecordedRule, factor: bool, is_brief: bool) -> Expression:
        given: dict[Tensor, Expression] = {}
        path = self._path_of(node)
        for g in record.g if isinstance(record.g, tuple) else (record.g,):
            given[g] = Literal(1) if factor else Name((g.name or "g").replace("g", self._g().text, 1))
        for stand_in, meant in record.stand_ins.items():
            given[stand_in] = self._called(node, meant, path, is_brief)
        result = record.result
        if result.__class__ is not Tensor:
            return Literal(result) if np.ndim(result) == 0 else Array(np.asarray(result))
        if result in given:
            return given[result]
        builder = ExpressionBuilder(result, given, None, False, None, False, LONGEST, {})
        builder.taken |= self._names                        # for the names of lines, which are written out below
        found = builder.expressed()
        if not found.lines:
            return found.result
        inline: dict[str, Expression] = {}
        for name, line in found.lines:
            inline[name] = _mapped(line, lambda each: inline.get(getattr(each, "text", ""), each))
        return _mapped(found.result, lambda each: inline.get(getattr(each, "text", ""), each))

    def _called(self, node: Tensor, meant: Any, path: str, is_brief: bool) -> Expression:
        """An argument, or the result, by its name or expression; else by the name that the operation has for it."""
        if isinstance(meant, Part):
            return Name(meant.name)
        found = self._titles.operand(meant, path)
        if meant.__class__ is not Tensor and found is None and np.size(meant) <= WRITTEN_OUT:
            return Array(np.asarray(meant))
        letter = "out"
        if meant is not node:
            op, at = node._op, next(i for i, each in enumerate(node.inputs) if each is meant)
            letter = f"{op.many}[{at}]" if op.many else str(op.input_names[at])
        is_free = letter not in self._names
        if isinstance(found, (Apply, Total)):
            text = PlainText().write(found)
            if is_brief and meant is node and len(text) > SHORTEST:
                notation = notation_of(node._op, node.options, len(node.shape))
                if notation.form is Form.CALL:
                    return Name(notation.sign if len(notation.sign) <= LONGEST_SIGN else letter)    # 1 − tanh²
            if is_brief and meant is not node and not is_free and len(text) > SHORTER and len(node.inputs) == 1:
                return Name("input")                                    # 1 if input > 0
            if "…" in text or (is_free and len(text) > (SHORTER if meant is node else SHORT)):
                found = None
        if found is None:
            return Name(letter if is_free else f"{letter}′")
        return Total([*found.terms]) if isinstance(found, Total) else found

    def _g(self) -> Name:
        """The gradient that arrives."""
        return Name("g" if "g" not in self._names else "grad")


def rule_leads_on(node: Tensor, position: int) -> bool:
    """Whether an operation has a derivative by an argument."""
    op = node._op
    return bool(op.smooth or op.rule_of(position).kind != Rule.NONE)


def _is_one(x: Expression) -> bool:
    return isinstance(x, Literal) and not isinstance(x.value, (bool, np.bool_)) and bool(x.value == 1)


def _mapped(x: Expression, f: Callable[[Expression], Expression]) -> Expression:
    """A tree with `f` of each of its parts, from the leaves on. Trees of rules are small."""
    if isinstance(x, Apply):
        return f(Apply(x.op, tuple(_mapped(each, f) for each in x.inputs), x.options, x.node))
    if isinstance(x, Total):
        return f(Total([(minus, _mapped(each, f)) for minus, each in x.terms]))
    return f(x)


def simplified(x: Expression) -> Expression:
    """A factor of g without the 1 that stands for g: where it is spread over an array, and in products."""
    return _mapped(x, _without_one)


def _without_one(x: Expression) -> Expression:
    if not isinstance(x, Apply) or x.op.foreign:
        return x
    if x.op.name in SPREADING and isinstance(x.inputs[0], (Literal, Apply)) and _is_number(x.inputs[0]):
        return x.inputs[0]
    if x.op.name == "multiply":
        for one, other in (x.inputs, x.inputs[::-1]):
            if _is_one(one):
                return other
    if x.op.name == "negative" and isinstance(x.inputs[0], Literal):
        return Literal(-x.inputs[0].value)
    return x


def _is_number(x: Expression) -> bool:
    """Whether nothing but numbers is in it: what stands for g, perhaps divided by a count."""
    return isinstance(x, Literal) or (isinstance(x, Apply) and all(map(_is_number, x.inputs)))
