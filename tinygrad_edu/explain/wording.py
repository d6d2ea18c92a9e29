"""Wording: what the nodes of a trace are called, and the rules of its edges in symbols, printed when asked for.

    Printed(...)        .label(id)  .expression(id)  .rule(number)

Names and expressions are those of graph pictures (`views/graphs/titles.py`). Rules are run once more on stand-ins and
the record is printed, as in `views/formulas.py`; here what arrives is split off where the rule is a product with it.
Read `views/recorded_rules.py` and `events.py` before this file.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from ..core.backprop import ITEM, Step
from ..core.naming import SUBSCRIPTS
from ..core.tensors import Tensor
from ..core.values import shape_of
from ..views.drawing.letters import cut
from ..views.expressions import express
from ..views.graphs.local_rules import simplified
from ..views.graphs.titles import Titles
from ..views.latex import LaTeX
from ..views.notation import ATOM, PRODUCT
from ..views.plain_text import PlainText
from ..views.recorded_rules import Part, recorded_rule
from ..views.simplifying import negated
from ..views.spoken import Words
from ..views.trees import Apply, Array, Expression, Literal, Name, Partial, Total
from .events import RuleText
from .words import WHY, why

SHORT = 18                  # letters of a label
TITLE = 60                  # letters of the whole formula, where it stands in a heading
ARRIVING = 12               # letters of what stands below ∂/∂ for the gradient that arrives
FEW = 3                     # elements of an array that is written out
DOTS = Name("…")
GROUP = re.compile(r"[(\[][^()\[\]]*[)\]]")             # brackets, and what is in them
RAISED = "ᵀ²³ⁿˣ¹"           # which count as letters
REPEATED = re.compile(r"(?:… \+ )+(?=… \+ [^…])")         # several ellipses in a sum are one


class Printed:
    """The words of a trace, from the graph itself.

    Args:
        titles: what graph pictures call the tensors.
        ids: tensor -> id.
        paths: id -> the module that it belongs to.
        steps: those of the engine.
        root: where the pass began.
    """

    def __init__(self, titles: Titles, ids: Mapping[Tensor, str], paths: Mapping[str, str], steps: Sequence[Step],
                 root: Tensor) -> None:
        self.titles, self.ids, self._paths, self._steps, self._root = titles, ids, paths, steps, root
        self._nodes = {i: t for t, i in ids.items()}
        self.names = {name for i in self._nodes if (name := titles.name_of(i))}
        self._rules: dict[int, RuleText] = {}

    def label(self, node: str) -> str:
        """The name, or what it was made from, in at most SHORT letters: dots in place of what is long.

        No two results are called alike: the second one that would be called … + … is (… + …)₂. Where the result itself
        cannot be called by what it was made from, it is called as formulas call it.
        """
        return self._called[self._nodes[node]][0]

    def expression(self, node: str) -> str | None:
        """What a result was made from; None for leaves. Of the last one all, if that is short."""
        t = self._nodes[node]
        if t is self._root and not t.is_leaf:
            names = {x: Name(name) for x, i in self.ids.items() if x is not t and (name := self.titles.name_of(i))}
            whole = express(t, given=dict(names), users_names=False)
            if not whole.lines and len(text_of(whole.result)) <= TITLE:
                return text_of(whole.result)
        return self.titles.expression_of(t)

    def rule(self, number: int) -> RuleText:
        """The rule of an event."""
        if number not in self._rules:
            self._rules[number] = self._printed(self._steps[number - 1])
        return self._rules[number]

    @property
    def of(self) -> str:
        """What the gradients are gradients of: the result's name, or L."""
        return self.titles.name_of(self.ids[self._root]) or ("L" if "L" not in self.names else "out")

    # -- what tensors are called ----------------------------------------------------------------------------------

    def tree(self, t: Tensor) -> Expression:
        """A tensor by its label, as a part of a formula."""
        return self._called[t][1]

    @cached_property
    def _called(self) -> dict[Tensor, tuple[str, Expression]]:
        """What each tensor is called: its label, and the same as a part of a formula."""
        found, often = dict[Tensor, tuple[str, Expression]](), Counter[str]()
        for t in self.ids:
            tree = self._short(t)
            label = text_of(tree) if isinstance(tree, Expression) else tree
            often[label] += not t.is_leaf
            if t is self._root and ("…" in label or often[label] > 1):
                found[t] = self.of, Name(self.of)
            elif often[label] > 1 and not t.is_leaf:
                label = _in_brackets(label) + str(often[label]).translate(SUBSCRIPTS)
                found[t] = label, Name(label)
            else:
                found[t] = label, tree if isinstance(tree, Expression) else Name(_in_brackets(label))
        return found

    def _short(self, t: Tensor) -> Expression | str:
        """A tensor by its name, its number, or what it was made from: in mathematics, else in words."""
        name = self.titles.name_of(self.ids[t])
        if name:
            return Name(name)
        if t in self._leaving:
            return Name(self.path_of(t))                # what comes out of a layer is called like the layer
        whole = self.within(t, self.path_of(t))
        if whole is not None and len(text_of(whole)) <= SHORT:
            return whole
        if t.op is None:
            return cut(text_of(whole or DOTS), SHORT)
        attempts = (_typed(t), self._picked(t), self._with_dots(t))
        return next((each for each in attempts if each not in ("", "…") and len(each) <= SHORT),
                    cut(f"{t.op.name}(…)", SHORT))

    @cached_property
    def _leaving(self) -> set[Tensor]:
        """The results that leave the layer that made them."""
        found = set()
        for node in self.ids:
            path = self.path_of(node)
            for x in node.inputs:
                own = self.path_of(x) if x.__class__ is Tensor and x.op is not None else ""
                if own and own != path and not path.startswith(f"{own}."):
                    found.add(x)
        return found

    def path_of(self, t: Tensor) -> str:
        """The module that a tensor belongs to; empty for none."""
        return self._paths.get(self.ids[t], "")

    def within(self, x: Any, path: str) -> Expression | None:
        """What pictures call a tensor or array within a module; None if it has no name and is long."""
        found = self.titles.operand(x, path)
        return Total([*found.terms]) if isinstance(found, Total) else found     # which others may extend

    def _picked(self, t: Tensor) -> str:
        """Of an index what was picked from: h[…]."""
        if t.op.name != "getitem" or t.op.foreign:
            return ""
        x = self._short(t.inputs[0])
        return f"{PlainText().write(x, ATOM) if isinstance(x, Expression) else _in_brackets(x)}[…]"

    def _with_dots(self, t: Tensor) -> str:
        """The operation on names and numbers, with dots for all others."""
        path = self.path_of(t)
        given: dict[Tensor, Expression] = {}
        for x in t.inputs:
            if x.__class__ is Tensor:
                found = self.within(x, path)
                is_short = isinstance(found, (Name, Literal)) and len(text_of(found)) <= SHORT // 2
                given[x] = found if found is not None and is_short else DOTS
        made = express(t, given=given, depth=1, users_names=False)
        arrays = {id(x): self.within(x, path) or Name("c") for x in t.inputs if isinstance(x, np.ndarray)}
        return REPEATED.sub("", text_of(_with_arrays(made.result, arrays, made.bound)))

    def operand(self, node: Tensor, x: Any) -> Expression:
        """What the rule of a node calls one of its inputs, or the node itself."""
        found = self.within(x, self.path_of(node))
        if isinstance(found, Name):
            return Name(cut(found.text, SHORT))
        if x.__class__ is Tensor:
            return self.tree(x)
        if found is not None and len(text_of(found)) <= SHORT:
            return found
        if np.size(x) <= FEW:
            return Array(np.asarray(x))
        position = next(i for i, each in enumerate(node.inputs) if each is x)
        name = f"{node.op.many}[{position}]" if node.op.many else str(node.op.input_names[position])
        return Name(name if name not in self.names else f"input {position + 1}")

    # -- rules ----------------------------------------------------------------------------------------------------

    def _printed(self, step: Step) -> RuleText:
        new = Partial(self.of, self.tree(step.input))
        if step.rule is None:
            return _simply(new, Name("hook(g)"), WHY["hook"])
        if step.rule.op is ITEM:
            field = step.input.op.results._fields[step.node.options["index"]]
            whole = Name(f"{text_of(self.tree(step.input))}.{field}")
            return _simply(Partial(self.of, whole), Name("g"), WHY["item"])
        try:
            return _Edge(self, step).text(new)
        except Exception:                   # a rule of the user's that does not run on tensors cannot be printed
            return self._unprinted(step, new)

    def _unprinted(self, step: Step, new: Expression) -> RuleText:
        """The rule of an edge in general terms."""
        node, rule = step.node, step.rule
        slope = text_of(Partial(text_of(self.tree(node)), self.tree(step.input)))
        found = _simply(new, Name(f"the rule of {node.op.name} for {rule.argument if rule else ''}, of g"), WHY[""])
        return replace(found, local=slope, factor=slope) if has_factor(node) else found

    def partial(self, t: Tensor) -> Expression:
        """The gradient of the result by a tensor, or g if that is long."""
        below = Name(self.of) if t is self._root else self.tree(t)
        return Partial(self.of, below) if len(text_of(below)) <= ARRIVING else Name("g")


class _Edge:
    """The rule of one edge, recorded on stand-ins."""

    def __init__(self, words: Printed, step: Step) -> None:
        self.words, self.step = words, step
        self.record = recorded_rule(step.node, step.position)
        self.shapes: dict[str, tuple[int, ...]] = {}
        is_scalar = all(x._value.__class__ is not tuple and shape_of(x._value) == () for x in (step.node, step.input))
        self.arriving = words.partial(step.node) if is_scalar else Name("g")

    def text(self, new: Expression) -> RuleText:
        """The rule in symbols."""
        lines, contribution = self.printed(self.arriving)
        local = self.local() if has_factor(self.step.node) else None
        op = self.step.node.op
        where = "".join(f"; {name} = {text_of(x)}" for name, x in lines)
        spoken = f"{Words().write(new)} becomes what it was so far plus {Words().write(contribution)}"
        latex = rf"{LaTeX().write(new)} \leftarrow \text{{so far}} + {LaTeX().write(contribution)}"
        return RuleText(text_of(new), text_of(self.arriving), None if local is None else text_of(local),
                        None if local is None else PlainText().write(local, PRODUCT), text_of(contribution) + where,
                        spoken, latex, why("" if op.foreign else op.name, self.step.position),
                        tuple(self.shapes.items()))

    def local(self) -> Expression:
        """The local derivative: what the rule makes of 1."""
        lines, found = self.printed(Literal(1))
        if lines:
            return Partial(text_of(self.words.tree(self.step.node)), self.words.tree(self.step.input))
        return negated(simplified(found))

    def printed(self, g: Expression) -> tuple[list[tuple[str, Expression]], Expression]:
        """The lines of the rule, and what it gives, for a gradient that is called `g`."""
        result = self.record.result
        if result.__class__ is not Tensor:
            return [], Literal(result) if np.ndim(result) == 0 else Array(np.asarray(result))
        expressed = express(result, self._given(g), users_names=False)
        self.shapes.update((name, x.shape) for name, x in expressed.bound.items() if getattr(x, "shape", ()))
        return expressed.lines, _without_long_options(expressed.result)

    def _given(self, g: Expression) -> dict[Tensor, Expression]:
        """What the stand-ins are called."""
        given: dict[Tensor, Expression] = {}
        several = isinstance(self.record.g, tuple)
        for each in self.record.g if several else (self.record.g,):
            given[each] = Name(each.name) if several else g
        for stand_in, meant in self.record.stand_ins.items():
            given[stand_in] = Name(meant.name) if isinstance(meant, Part) else self.words.operand(self.step.node, meant)
        for stand_in, name in given.items():
            if stand_in.ndim and not isinstance(name, Literal):
                self.shapes[text_of(name)] = stand_in.shape
        return given


def has_factor(node: Tensor) -> bool:
    """Whether contributions of a node are what arrives times a local derivative, element by element."""
    op = node.op
    if op is None or op is ITEM or op.results:
        return False
    return bool(op.expansion == "elements" or node.shape == ())


def _simply(new: Expression, contribution: Expression, reason: str) -> RuleText:
    spoken = f"{Words().write(new)} becomes {Words().write(contribution)}"
    latex = rf"{LaTeX().write(new)} \leftarrow {LaTeX().write(contribution)}"
    return RuleText(text_of(new), "g", None, None, text_of(contribution), spoken, latex, reason)


def _typed(t: Tensor) -> str:
    """The user's own words for a result, if they are for this operation: `x@Wx + h@Wh`."""
    position = t.position
    if position is None or not position.expression or t.module is not None:
        return ""
    return position.expression if position.callee in ("", t.op.name) else ""


def _in_brackets(text: str) -> str:
    """Words as a part of a formula: in brackets, unless they are a name, a call or an index."""
    outer, inner = text, ""
    while outer != inner:
        outer, inner = GROUP.sub("", outer), outer
    return text if re.fullmatch(r"[\w.]+", outer) and not set(outer) & set(RAISED) else f"({text})"


def _with_arrays(x: Expression, arrays: Mapping[int, Expression], bound: Mapping[str, Any]) -> Expression:
    """An expression with plain arrays called as in the user's code."""
    if isinstance(x, Name):
        return arrays.get(id(bound.get(x.text)), x)
    if isinstance(x, Array):
        return arrays.get(id(x.value), x)
    if isinstance(x, Total):
        return Total([(minus, _with_arrays(term, arrays, bound)) for minus, term in x.terms])
    return replace(x, inputs=tuple(_with_arrays(each, arrays, bound) for each in x.inputs)) if isinstance(
        x, Apply) else x


def _without_long_options(x: Expression) -> Expression:
    """An expression with dots in place of arrays of indices."""
    if isinstance(x, Total):
        return Total([(minus, _without_long_options(term)) for minus, term in x.terms])
    if not isinstance(x, Apply):
        return x
    options = {name: _shortened(value) for name, value in x.options.items()}
    return replace(x, inputs=tuple(map(_without_long_options, x.inputs)), options=options)


def _shortened(option: Any) -> Any:
    if isinstance(option, tuple) and not hasattr(option, "_fields"):
        return tuple(map(_shortened, option))
    return DOTS if isinstance(option, Array) and option.value.size > FEW else option


def text_of(x: Expression) -> str:
    """An expression as plain text."""
    return PlainText().write(x)
