"""Formulas: what a tensor was made from, as mathematics.

    formula(t)                      y = tanh(w·x + b)
    formula(f, *examples)           f(w, x) = ..., recorded on the examples
    rule_formula(node, input)       ∂L/∂w = ∂L/∂y · x, the derivative rule of one edge, printed from its own record

A `Formula` prints as text, and gives LaTeX, MathML, words, and a NumPy expression of the same.
Read `expressions.py` and `printers.py` before this file, and `op_pages.py` after it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import Any

import numpy as np

from ..core.backprop import fitted
from ..core.modes import switched
from ..core.naming import names_of
from ..core.ops import item
from ..core.tensors import Tensor
from ..core.walk import by_number
from ..errors import ArgumentError, GraphError
from .expressions import WRITTEN_OUT, Expressed, express
from .folding import FEWEST, folded
from .latex import LaTeX, in_text
from .mathml import MathML
from .numpy_expressions import NumPyText, identifiers
from .plain_text import PlainText
from .printers import Printer, without_brackets
from .recorded_rules import Part, RecordedRule, recorded_rule, rule_at
from .recording import check_examples, parameter_names, recorded, variables_in
from .spoken import Words
from .trees import Array, Expression, Literal, Name, Partial, Signature, Total

WIDTH = 50                  # a longer line is broken at the results that the user named
WIDEST = 100                # a line that is longer even so is broken after ever fewer operations
FEWER = (12, 6, 3)
MOST_TERMS = 12             # a sum of more goes on in further lines
WRAPPED = 80                # letters of the parts of such a sum
INDENT = "\n      "
SHORT = 18                  # letters of an expression that may stand where a name would
MOST_LINES = 40             # that a notebook shows as mathematics


class Formula:
    r"""A formula in one line or several: each line names what later ones use.

    Attributes:
        notes: sentences that belong to it: which constants are large, where broadcasting is undone.

    >>> w, x = tg.variables(w=2, x=-3)
    >>> f = formula(tg.tanh(w * x + 1))
    >>> f
    tanh(w·x + 1)
    >>> f.latex
    '\\tanh\\left(w \\cdot x + 1\\right)'
    >>> f.numpy, f.spoken
    ('np.tanh(w * x + 1)', 'the hyperbolic tangent of the quantity w times x plus one')
    """

    def __init__(self, expressed: Expressed, left: Expression | None, notes: tuple[str, ...] = ()) -> None:
        self._expressed, self._left = expressed, left
        constants = [_said(name, value, name in expressed.held) for name, value in expressed.bound.items()
                     if name in expressed.held or isinstance(value, np.ndarray)]
        self.notes: tuple[str, ...] = (*notes, *constants)
        self._identifiers = identifiers([*expressed.bound, *(name for name, _ in expressed.lines)])

    def _lines(self, printer: Printer) -> list[tuple[str | None, list[str]]]:
        """(left side or None, right side, of which a long sum comes in parts) of each line."""
        lines: list[tuple[Expression | None, Expression]] = [(Name(name), x) for name, x in self._expressed.lines]
        found: list[tuple[str | None, list[str]]] = []
        for left, x in [*lines, (self._left, self._expressed.result)]:
            first, *rest = _wrapped(x)
            found.append((printer.write(left) if left else None,
                          [printer.write(first), *map(printer.write_rest, rest)]))
        return found

    @cached_property
    def text(self) -> str:
        """Plain text in Unicode."""
        lines = [INDENT.join([f"{left} = {first}" if left else first, *rest])
                 for left, (first, *rest) in self._lines(PlainText())]
        return "\n".join([*lines, *(f"    {note}" for note in self.notes)])

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__

    @cached_property
    def latex(self) -> str:
        """LaTeX, without dollar signs; several lines are aligned at their equals signs."""
        lines = [" \\\\\n& \\quad ".join([f"{left} &= {first}" if left else f"& {first}", *rest])
                 for left, (first, *rest) in self._lines(LaTeX())]
        lines += [rf"& \text{{{in_text(note)}}}" for note in self.notes]
        if len(lines) == 1 and "\n" not in lines[0]:
            return lines[0].replace("&= ", "= ", 1).removeprefix("& ")
        return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"

    def _repr_latex_(self) -> str | None:
        """What notebooks show; nothing (and therefore the text) if the formula is very long."""
        return None if len(self._expressed.lines) > MOST_LINES else f"$\\displaystyle {self.latex}$"

    @cached_property
    def mathml(self) -> str:
        """Presentation MathML, an element `<math>`."""
        printer = MathML()
        lines = [(left if i == 0 else None, each) for left, right in self._lines(printer)
                 for i, each in enumerate(right)]
        return printer.document(lines, self.notes)

    @cached_property
    def spoken(self) -> str:
        """Words, as one would read it aloud, a sentence for each line; for screen readers."""
        printer = Words()
        lines = [printer.sentence(left, " ".join(right)) for left, right in self._lines(printer)]
        return "\n".join([*lines, *(printer.said(note) for note in self.notes)])

    @property
    def numpy(self) -> str:
        """Python code whose last line is an expression with this value: `names` say what its names stand for.

        It needs `import numpy as np`; functions that NumPy lacks, and parts that are used twice, stand above.
        """
        return self._code[0]

    @property
    def names(self) -> dict[str, Any]:
        """Name in `numpy` -> the Tensor or array that it stands for, or the user's function."""
        bound = {self._identifiers[name]: value for name, value in self._expressed.bound.items()}
        return {**bound, **self._code[1]}

    @cached_property
    def _code(self) -> tuple[str, dict[str, Any]]:
        """The NumPy form, and the user's functions in it."""
        printer, body = NumPyText(self._identifiers), []
        for name, x in [*self._expressed.lines, (None, self._expressed.result)]:
            written = printer.write(x)
            body += printer.lines
            printer.lines.clear()
            body.append(f"{self._identifiers[name]} = {written}" if name else written)
        imports = sorted(printer.helpers.imports - {"import numpy as np"})
        return "\n".join([*imports, *printer.helpers.lines, *body]), printer.functions


def formula(target: Any, *examples: Any, depth: int | None = None, fold: int | None = FEWEST) -> Formula:
    """What a tensor was made from, or what a function computes, as a formula.

    Args:
        target: a Tensor; or a function, which is then called on the examples.
        *examples: for a function, what to call it on: numbers, arrays, or lists, tuples and dicts of them.
        depth: how many operations deep to look, from the result on; what lies deeper is an ellipsis.
        fold: sums of at least so many terms that differ in an index only are written as one; None never folds.
    Returns: a `Formula`. Variables are called by their names in the user's code, others v₁, v₂, ...
    Raises: ArgumentError if `target` is neither, or if the function does not give one Tensor.

    >>> w, x, b = tg.variables(w=2, x=-3, b=6.88)
    >>> y = tg.tanh(w * x + b)
    >>> formula(y)
    y = tanh(w·x + b)
    >>> formula(y, depth=1)
    y = tanh(…)
    >>> formula(lambda w, x: tg.sum((w @ x) ** 2), np.ones((2, 3)), np.ones(3))
    f(w, x) = Σ((w @ x)²)
    """
    if depth is not None and depth < 1:
        raise ArgumentError(f"formula(t, depth): got depth={depth!r}. Expected a whole number of at least 1, or None.")
    if target.__class__ is not Tensor:
        if not callable(target):
            raise ArgumentError(f"formula(t): got {target!r:.40}. Expected a Tensor, or a function and examples.")
        return function_formula(target, *examples, depth=depth, fold=fold)
    if examples:
        raise ArgumentError("formula(t, ...): got a Tensor and examples. Expected examples for a function only.")
    expressed = _expressed(target, depth, fold)
    return Formula(expressed, Name(expressed.name) if expressed.name else None)


def function_formula(f: Callable[..., Any], *examples: Any, depth: int | None = None,
                     fold: int | None = FEWEST) -> Formula:
    """What a function computes, recorded on examples, with the names of its parameters. See `formula`.

    >>> def energy(m, v):
    ...     return 0.5 * m * v ** 2
    >>> function_formula(energy, 1.0, 2.0)
    energy(m, v) = 0.5·m·v²
    """
    check_examples(f, examples, call="formula")
    parameters = parameter_names(f, len(examples))
    examples = tuple(variables_in(x, name) for x, name in zip(examples, parameters, strict=True))
    out = recorded(f, examples)
    called = getattr(f, "__name__", "f")
    called = "f" if called == "<lambda>" else called
    if out.__class__ is not Tensor:
        raise ArgumentError(f"formula({called}, ...): the function gave a {type(out).__name__}. Expected one Tensor; "
                            "of several results choose one, such as formula(lambda x: f(x)[0], example).")
    given = {x: name for x, name in zip(examples, parameters, strict=True) if x.__class__ is Tensor and x.is_leaf}
    return Formula(_expressed(out, depth, fold, given), Signature(called, tuple(parameters)))


def _expressed(root: Tensor, depth: int | None, fold: int | None,
               called: Mapping[Tensor, str] | None = None) -> Expressed:
    """The lines of a formula; broken at the results that the user named if one is too long to read."""
    folding = None if fold is None else partial(folded, fewest=fold)
    made = partial(express, root, depth=depth, fold=folding, called=called)
    expressed = made()
    by_name = _width(expressed) > WIDTH and expressed.breakable
    if by_name:
        expressed = made(by_name=True)
    return _narrow(expressed, lambda longest: made(by_name=by_name, longest=longest))


def _narrow(expressed: Expressed, made: Callable[[int], Expressed]) -> Expressed:
    """The lines, broken after fewer and fewer operations until all can be read."""
    for longest in FEWER:
        if _width(expressed) <= WIDEST:
            break
        expressed = made(longest)
    return expressed


def _width(expressed: Expressed) -> int:
    """The letters of the longest line."""
    return max(len(PlainText().write(part)) for x in (*(x for _, x in expressed.lines), expressed.result)
               for part in _wrapped(x))


def _wrapped(x: Expression) -> tuple[Expression, *tuple[Total, ...]]:
    """A sum of many terms in parts that fit into lines; anything else as it is."""
    terms = without_brackets(x.terms) if isinstance(x, Total) else []
    if len(terms) <= MOST_TERMS:
        return (x,)
    parts: list[list[tuple[bool, Expression]]] = [[]]
    width = 0
    for term in terms:
        letters = len(PlainText().write(Total([term]))) + len(" + ")
        width += letters
        if parts[-1] and width > WRAPPED:
            parts.append([])
            width = letters
        parts[-1].append(term)
    first, *rest = map(Total, parts)
    return (first, *rest)


def _said(name: str, value: Any, held: bool) -> str:
    """What a constant's name stands for: its value, or its shape if it is large."""
    value = np.asarray(getattr(value, "_value", value))
    if held and value.size <= WRITTEN_OUT:
        return f"{name} = {PlainText().write(Array(value) if value.ndim else Literal(value[()]))} is held constant"
    return f"{name} is a constant array of {_by(value.shape)}"


# -- rules ------------------------------------------------------------------------------------------------------------


def rule_formula(node: Tensor, input: Any, *, of: str = "L", short: bool = False) -> Formula:
    """The derivative rule of one edge as a formula: the contribution of `node` to the gradient of one of its inputs.

    It is what the rule itself records, with the sum where broadcasting is undone; nothing is differentiated here.

    Args:
        node: the result of an operation.
        input: the input, its name, or its position. For an input that stands at several positions it is the sum of all.
        of: what the gradients are those of.
        short: whether the gradient that arrives is called g, and the result out, as in the rules themselves.
    Raises: GraphError, ArgumentError, RuleError if there is no such edge or no rule, see `recorded_rule`.

    >>> w, x = tg.variables(w=2, x=-3)
    >>> y = w * x
    >>> rule_formula(y, w)
    ∂L/∂w = ∂L/∂y · x
    >>> h = tg.tanh(y)
    >>> rule_formula(h, y, short=True)
    ∂L/∂y = g · (1 − out²)
    """
    if node.__class__ is not Tensor:
        raise ArgumentError(f"rule_formula(node, input): got {node!r:.40} as the node. Expected a Tensor.")
    if node.op is item.op and (not isinstance(input, Tensor) or input is not node.inputs[0]):
        node = node.inputs[0]                               # the operation that has several results
    positions = _positions(node, input)
    edge = _Edge(node, of, short)
    records = [edge.recorded(position) for position in positions]
    total = records[0]
    with switched(recording=True):
        for each in records[1:]:
            total = total + each
    x = node.inputs[positions[0]]
    expressed = _constant(total)
    if total.__class__ is Tensor:
        expressed = _narrow(express(total, edge.given, users_names=False),
                            lambda longest: express(total, edge.given, users_names=False, longest=longest))
    expressed.bound.update(edge.bound)
    left = Partial(of, edge.called(x, node.op.rule_of(positions[0]).argument))
    return Formula(expressed, left, tuple(edge.notes))


def _constant(value: Any) -> Expressed:
    """What a rule gives that does not depend on anything."""
    value = value._value if value.__class__ is Tensor else value
    return Expressed([], Literal(value) if np.ndim(value) == 0 else Array(np.asarray(value)), None, {}, False)


def _positions(node: Tensor, input: Any) -> list[int]:
    """The positions of an input, which is a tensor or already a position."""
    if isinstance(input, (int, np.integer)) and not isinstance(input, bool):
        rule_at(node, int(input))                           # says what is wrong with it
        return [int(input)]
    positions = _positions_called(node, input) if isinstance(input, str) else [
        i for i, x in enumerate(node.inputs) if x is input]
    if node.op is None:
        raise GraphError(f"rule_formula: {node._label()} is a variable or a constant, so no rule leads on from it.")
    if not positions:
        name = input._label() if input.__class__ is Tensor else repr(input)[:40]
        raise ArgumentError(f"rule_formula(node, input): {name} is not an input of {node.op.name}. Expected one of its "
                            f"{len(node.inputs)} inputs, the name of one, or a position from 0 on.")
    return positions


def _positions_called(node: Tensor, name: str) -> list[int]:
    """The positions of what the user calls so; else of what the operation calls so."""
    found = [i for i, x in enumerate(node.inputs) if x.__class__ is Tensor and x.name == name]
    return found or [i for i in range(len(node.inputs)) if node.op.rule_of(i).argument == name]


class _Edge:
    """What the stand-ins of a node's rules are called."""

    def __init__(self, node: Tensor, of: str, short: bool) -> None:
        self.node, self.of, self.short = node, of, short
        tensors = dict.fromkeys([*(x for x in node.inputs if x.__class__ is Tensor), node])
        self.names = names_of(sorted(tensors, key=by_number))
        self.given: dict[Tensor, Expression] = {}
        self.bound: dict[str, Any] = {}
        self.notes: list[str] = []
        self.made: dict[int, Expression] = {}
        self.out = Name("out" if short else self.names.get(node, "out"))

    def recorded(self, position: int) -> Any:
        """The record of a rule, in the shape of the input; its stand-ins are then given."""
        node, x = self.node, self.node.inputs[position]
        record = recorded_rule(node, position)
        self._give(record)
        result = record.result
        if x.__class__ is not Tensor or x._value.__class__ is tuple:
            return result
        self._note_broadcasting(np.shape(getattr(result, "_value", result)), x,
                                node.op.rule_of(position).argument)
        with switched(recording=True):
            return fitted(result, x, node.op.rule_of(position), True)

    def _give(self, record: RecordedRule) -> None:
        arriving = record.g if isinstance(record.g, tuple) else (record.g,)
        for g in arriving:
            name = g.name.removeprefix("g.")
            by = self.out if g.name == "g" else Name(name)
            self._bind(g, Name(g.name.replace(".", "_")) if self.short else Partial(self.of, by), g)
        for stand_in, meant in record.stand_ins.items():
            if isinstance(meant, Part):
                self._bind(stand_in, Name(meant.name), stand_in)
            elif meant is self.node:
                self._bind(stand_in, self.out, meant)
            else:
                self._bind(stand_in, self.called(meant, self._argument(meant)), meant)

    def _bind(self, stand_in: Tensor, x: Expression, value: Any) -> None:
        self.given[stand_in] = x
        if isinstance(x, (Name, Partial)):
            self.bound[PlainText().write(x)] = value

    def _argument(self, x: Any) -> str:
        """What the operation calls one of its inputs."""
        op, position = self.node.op, next(i for i, each in enumerate(self.node.inputs) if each is x)
        return f"{op.many}[{position}]" if op.many else str(op.input_names[position])

    def called(self, x: Any, argument: str) -> Expression:
        """An input by its name or its number; a short expression; else by the name of the argument."""
        if id(x) not in self.made:
            self.made[id(x)] = self._called(x, argument)
        return self.made[id(x)]

    def _called(self, x: Any, argument: str) -> Expression:
        if x.__class__ is not Tensor:
            if np.ndim(x) == 0:
                return Literal(x)
            return Array(x) if x.size <= WRITTEN_OUT else self._bound(argument, x)
        if x in self.names:
            return self._bound(self.names[x], x)
        if x._op is not None and x._value.__class__ is not tuple and not self.short:
            expressed = express(x, depth=3)
            fits = not expressed.lines and len(PlainText().write(expressed.result)) <= SHORT
            if fits and all(self._is_called(name, each) for name, each in expressed.bound.items()):
                self.bound.update(expressed.bound)
                return expressed.result
        return self._bound(argument, x)

    def _is_called(self, name: str, x: Any) -> bool:
        """Whether the user calls x so, and nothing else here has that name."""
        return x.__class__ is Tensor and x.name == name and self.bound.get(name, x) is x and name not in (
            self.of, *(each for t, each in self.names.items() if t is not x))

    def _bound(self, name: str, x: Any) -> Name:
        self.bound[name] = x
        return Name(name)

    def _note_broadcasting(self, shape: tuple[int, ...], x: Tensor, argument: str) -> None:
        if shape == x.shape:
            return
        added = len(shape) - x.ndim
        axes = [i for i, n in enumerate(shape) if i < added or (x.shape[i - added] == 1 and n != 1)]
        name = PlainText().write(self.called(x, argument))
        over = f"axis {axes[0]}" if len(axes) == 1 else f"axes {', '.join(map(str, axes))}"
        self.notes.append(f"{name} was broadcast from {_by(x.shape)} to {_by(shape)}, so its gradient is the sum "
                          f"over {over}")


def _by(shape: tuple[int, ...]) -> str:
    """A shape as one says it: 6×3."""
    return "×".join(map(str, shape)) if shape else "a number"
