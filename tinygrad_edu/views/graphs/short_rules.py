"""Short rules: what stands on a gate where the whole rule would not: g if x = max, g/6, spread, Σ(g·a).

    short_rule(tree)        the recorded rule in the fewest letters that still say what happens to g

What only says how arrays are laid out is left out: options, new axes, shapes. So is what only guards a rule against
dividing by zero, or shares g out among equals; the whole rule is in the tooltip, and in the text tree. A word after a
comma says what the last step does with g: spread it over an array, or put it back where its elements came from.
Read `local_rules.py` beside this file.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...core.rules import registry
from ..notation import ATOM, POWER, PRODUCT, QUOTIENT, Form, Notation, notation_of
from ..plain_text import PlainText, index_text
from ..printers import Piece
from ..simplifying import negated
from ..trees import Apply, Array, Expression, Literal, Name, Total

MOST = 26                   # letters on a gate
MOST_INDEX = 10             # letters of an index
# Operations that only lay out elements anew. As the last step of a rule they are told by a word.
LAYING = {"broadcast_to": "spread", "reshape": "reshaped", "permute_dims": "axes back", "expand_dims": "",
          "squeeze": "", "astype": "", "positive": "", "patches": "", "pad": ""}
ALONE = ("reshaped", "axes back")                   # words for g itself; products of matrices may have any shape
PUTTING = frozenset({"scatter_add", "put_along_axis", "take_along_axis", "unpatch"})
COMPARISONS = {"equal": "=", "not_equal": "≠", "less": "<", "less_equal": "≤", "greater": ">", "greater_equal": "≥"}
OPPOSITES = {"equal": "not_equal", "less": "greater_equal", "less_equal": "greater"}
OPPOSITES |= {other: one for one, other in OPPOSITES.items()}
NAMES = {"cumulative_sum": "cumsum", "cumulative_prod": "cumprod"}
LEFT_OUT = frozenset({"axis", "keepdims", "shape", "subscripts", "dtype", ""})     # options


def short_rule(tree: Expression, is_summed: bool = False, sign: str = "") -> str:
    """A rule in few letters; where that is not possible, what it is made of.

    Args:
        tree: the rule, as `LocalRules` has it.
        is_summed: whether broadcasting is undone afterwards.
        sign: of an operation on one array whose gradient is multiplied: gelu, for gelu′(x).
    """
    whole = _written(negated(tree), is_summed)
    if len(whole) <= MOST or isinstance(tree, Name):
        return whole
    parts = _leaves(tree)
    if sign and len(parts) == 1 and len(parts[0]) < MOST // 2 and not is_summed:
        return f"{sign}′({parts[0]})"
    return f"from {', '.join(parts)}" if 0 < len(parts) <= 3 and sum(map(len, parts)) < MOST - 8 else "…"


def _written(tree: Expression, is_summed: bool) -> str:
    if is_summed:
        minus = isinstance(tree, Apply) and tree.op.name == "negative"
        tree = tree.inputs[0] if minus else tree            # type: ignore[attr-defined]
        return f"{'−' * minus}Σ {ShortText().write(tree, PRODUCT)}"
    core = _core(tree)
    if isinstance(core, Apply) and core.op.name == "sum" and isinstance(_core(core.inputs[0]), Name):
        return f"Σ {ShortText().write(core.inputs[0])}"
    word = _word(tree)
    return f"{ShortText().write(tree)}{', ' * bool(word)}{word}"


class ShortText(PlainText):
    """Rules without what only lays out arrays."""

    def write(self, x: Expression, needs: int = 0) -> str:
        """As text; what is no more than another part laid out anew, as that part."""
        return super().write(_core(x), needs)

    def _infix(self, x: Apply, notation: Notation, left: str, right: str) -> str:
        if notation.sign == "@":
            return f"{left} {right}"
        if x.op.name in COMPARISONS:
            return f"{left} {COMPARISONS[x.op.name]} {right}"
        if x.op.name in ("logical_and", "logical_or"):
            return self._between(*x.inputs) or f"{left} {x.op.name.removeprefix('logical_')} {right}"
        return super()._infix(x, notation, left, right)

    def _between(self, lower: Expression, upper: Expression) -> str:
        """Two limits as one: −1 ≤ x ≤ 1."""
        if not (isinstance(lower, Apply) and isinstance(upper, Apply)):
            return ""
        middle, signs = self.write(lower.inputs[0]), (lower.op.name, upper.op.name)
        if signs != ("greater_equal", "less_equal") or self.write(upper.inputs[0]) != middle:
            return ""
        return f"{self.write(lower.inputs[1])} ≤ {middle} ≤ {self.write(upper.inputs[1])}"

    def _cases(self, x: Apply) -> Piece:
        condition, yes, no = x.inputs
        if _is_zero(yes) and not _is_zero(no):
            condition, yes, no = _opposite(condition), no, yes
        if isinstance(no, Apply) and no.op.name == "where" and _is_zero(yes):
            return Piece("…")
        text = f"{self.write(yes)} if {self.write(condition)}"
        return Piece(text if _is_zero(no) else f"{text}, else {self.write(no)}", 0)

    def _call(self, x: Apply, notation: Notation, arguments: list[str], options: list[tuple[str, Any]]) -> str:
        if x.op.many and arguments and arguments[0].startswith("["):
            arguments = [arguments[0][1:-1]]
        written = [*arguments, *(self.option(value) for name, value in options if name not in LEFT_OUT)]
        return f"{NAMES.get(notation.sign, notation.sign)}({', '.join(written)})"

    def _quotient(self, x: Apply) -> Piece:
        """x/y divided by y is x/y²."""
        above, below = _core(x.inputs[0]), self.write(x.inputs[1], POWER)
        minus = isinstance(above, Apply) and above.op.name == "negative"
        inner = _core(above.inputs[0]) if minus else above              # type: ignore[attr-defined]
        if isinstance(inner, Apply) and inner.op.name == "divide" and self.write(inner.inputs[1], POWER) == below:
            return Piece(f"{'−' * minus}{self.write(inner.inputs[0], PRODUCT)}/{self.write(x.inputs[1], ATOM)}²",
                         QUOTIENT)
        return super()._quotient(x)

    def _array(self, value: Any) -> str:
        return "[…]" if value.ndim else super()._array(value)


def _core(x: Expression) -> Expression:
    """A part without what lays it out anew, and without guards."""
    while True:
        inner = _unlaid(x) or _unguarded(x)
        if inner is None:
            return x
        x = inner


def _unlaid(x: Expression) -> Expression | None:
    if not isinstance(x, Apply) or x.op.foreign:
        return None
    name, notation = x.op.name, notation_of(x.op, x.options, np.ndim(x.node._value))
    if notation.form is Form.POSTFIX:                       # (xᵀ)ᵀ is x
        inner = _core(x.inputs[0])
        if isinstance(inner, Apply) and inner.op.name == name:
            return inner.inputs[0]
        return None
    if name in LAYING or name in PUTTING:
        return x.inputs[0]
    if name == "getitem" and (_only_new_axes(x.options["index"]) or _is_put(x.inputs[0])):
        return x.inputs[0]
    if name == "matmul":
        for one, other in (x.inputs, x.inputs[::-1]):
            if _is_number(_core(one), 1):
                return other
    return None


def _unguarded(x: Expression) -> Expression | None:
    """What stands there wherever nothing is divided by zero, nor infinite; what is shared out, as if among one."""
    if not isinstance(x, Apply) or x.op.foreign:
        return None
    if x.op.name == "where":
        condition, yes, no = x.inputs
        if isinstance(yes, Literal) and _is_guard(condition, no):
            return no
        if _is_tie(no):
            return Apply(x.op, (condition, yes, no.inputs[2]), x.options, x.node)       # type: ignore[attr-defined]
    if x.op.name == "divide" and _is_count(x.inputs[1]):
        return x.inputs[0]
    if x.op.name == "power" and isinstance(x.inputs[1], Total):
        rest = [term for term in x.inputs[1].terms if not _is_truth(term[1])]
        if len(rest) < len(x.inputs[1].terms):
            return Apply(x.op, (x.inputs[0], Total(rest)), x.options, x.node)
    if x.op.name == "log" and isinstance(x.inputs[0], Total):
        rest = [term for term in x.inputs[0].terms if not _is_truth(term[1])]
        if len(rest) == 1 < len(x.inputs[0].terms):
            return Apply(x.op, (rest[0][1],), x.options, x.node)
    return None


def _word(tree: Expression) -> str:
    """What the last step does with the elements, where the formula does not say it."""
    x: Expression | None = tree
    words = []
    while isinstance(x, Apply) and not x.op.foreign and x.op.name != "matmul":
        if x.op.name in PUTTING:
            return _where(x)
        is_same = x.op.name == "permute_dims" and [*x.options["axes"]] in ([0], [1, 0])
        words += [word for word in [LAYING.get(x.op.name)] if word and not is_same]
        x = _unlaid(x)
    is_g = isinstance(_core(tree), (Name, Literal))
    return next((word for word in words if is_g or word not in ALONE), "")


def _where(x: Apply) -> str:
    """Where a rule puts g: at the index, if it is short."""
    if x.op.name != "scatter_add":
        return "put back"
    text = index_text(x.options["index"], lambda each: "…" if np.ndim(each) else str(each))
    return f"at [{text}]" if len(text) <= MOST_INDEX and "…" not in text else "at the index"


def _opposite(x: Expression) -> Expression:
    """Not a condition."""
    if isinstance(x, Apply) and x.op.name in OPPOSITES:
        return Apply(registry[OPPOSITES[x.op.name]], x.inputs, x.options, x.node)
    if isinstance(x, Apply) and x.op.name == "logical_or":
        return Apply(registry["logical_and"], tuple(map(_opposite, x.inputs)), x.options, x.node)
    if isinstance(x, Apply) and x.op.name == "logical_not":
        return x.inputs[0]
    return Apply(registry["logical_not"], (x,), {}, x.node) if isinstance(x, Apply) else x


def _leaves(x: Expression) -> list[str]:
    """The names in a tree, g first."""
    waiting, found = [x], []
    while waiting:
        each = waiting.pop()
        if isinstance(each, Apply):
            waiting.extend(reversed(each.inputs))
        elif isinstance(each, Total):
            waiting.extend(term for _, term in reversed(each.terms))
        elif isinstance(each, Name):
            found.append(each.text)
    return sorted(dict.fromkeys(found), key=lambda name: name not in ("g", "grad"))


def _is_number(x: Expression, value: float) -> bool:
    return isinstance(x, Literal) and not isinstance(x.value, (bool, np.bool_)) and bool(x.value == value)


def _is_zero(x: Expression) -> bool:
    return _is_number(x, 0) or (isinstance(x, Array) and not np.any(x.value))


def _is_truth(x: Expression) -> bool:
    """Whether it is made of comparisons alone: 0 or 1."""
    if not isinstance(x, Apply):
        return False
    if x.op.name in ("multiply", "logical_and", "logical_or", "logical_not"):
        return all(map(_is_truth, x.inputs))
    return x.op.name in COMPARISONS or x.op.name in ("isinf", "isnan")


def _is_count(x: Expression) -> bool:
    """Whether it counts where a condition holds: how many are the largest."""
    x = _core(x)
    return isinstance(x, Apply) and x.op.name == "sum" and _is_truth(_core(x.inputs[0]))


def _is_tie(x: Expression) -> bool:
    """Whether it is what holds for equals, else something: where(x == y, 0.5, 1)."""
    return isinstance(x, Apply) and x.op.name == "where" and isinstance(x.inputs[1], Literal) and (
        x.inputs[1].value == 0.5 and isinstance(x.inputs[0], Apply) and x.inputs[0].op.name == "equal")


def _is_guard(condition: Expression, otherwise: Expression) -> bool:
    """Whether a condition asks if what stands there otherwise is a certain number, or infinite."""
    if not isinstance(condition, Apply):
        return False
    if condition.op.name == "logical_and":
        return any(_is_guard(each, otherwise) for each in condition.inputs)
    if condition.op.name == "isinf":
        return True
    if condition.op.name != "equal" or not any(isinstance(each, Literal) for each in condition.inputs):
        return False
    written = ShortText().write(otherwise)
    return any(ShortText().write(each) == written for each in condition.inputs if not isinstance(each, Literal))


def _is_put(x: Expression) -> bool:
    """Whether a part of it cuts off the border that it was given."""
    return isinstance(x, Apply) and x.op.name in ("unpatch", "pad") and not x.op.foreign


def _only_new_axes(index: Any) -> bool:
    parts = index if isinstance(index, tuple) else (index,)
    return all(each is None or each is Ellipsis or (isinstance(each, slice) and each == slice(None)) for each in parts)
