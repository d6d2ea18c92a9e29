"""Elements: one element of a contribution, and the very sum of products that made it.

    element_of(trace, event, (2, 0))    ∂loss/∂W[2,0] = X[0,2]·g[0,0] + X[1,2]·g[1,0] + …

The rule's own record is opened into single numbers, by the same expansions as `tg.zoom`. Where an operation has none,
the rule is asked what a gradient of 1 at each place alone would send here: a sum over all places. Sums go from left to
right, so that they equal the engine's number to rounding. Read `views/zooming.py` and `wording.py` before this file.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..core import values
from ..core.backprop import contribution_of, fitted, raw_value
from ..core.modes import switched
from ..core.tensors import Tensor
from ..core.walk import made_from
from ..errors import ArgumentError
from ..views.drawing.numbers import number
from ..views.expressions import express
from ..views.notation import ATOM, PRODUCT
from ..views.plain_text import PlainText
from ..views.recorded_rules import Part, recorded_rule
from ..views.trees import Expression, Name
from ..views.zooming import zoom
from .events import Event, parts_of
from .wording import Printed

if TYPE_CHECKING:
    from .traces import Trace

LONG = 48                   # letters of a term
MOST_NODES = 20_000         # single numbers that an element may be made of
MOST_PLACES = 400           # places of a gradient that are asked one by one


@dataclass(frozen=True, slots=True)
class Term:
    """One term of the sum: in symbols, in numbers, and what it comes to."""

    symbols: str
    numbers: str
    value: float


@dataclass(frozen=True, slots=True)
class Element:
    """One element of what an edge brings.

    Attributes:
        name: "∂loss/∂W[2,0]".
        index: its place in the input.
        terms: the sum, term by term.
        value: the engine's own number for it.
    """

    name: str
    index: tuple[int, ...]
    terms: tuple[Term, ...]
    value: Any

    def __str__(self) -> str:
        signed = [f"− {term.symbols[1:]}" if term.symbols.startswith("−") else f"+ {term.symbols}"
                  for term in self.terms[:6]]
        text = " ".join(signed).removeprefix("+ ").replace("− ", "−", signed[0].startswith("−") if signed else 0)
        return f"{self.name} = {text or '0'}{' + …' * (len(self.terms) > 6)} = {number(self.value)}"


def element_of(trace: Trace, event: Event, index: Any) -> Element:
    """One element of the contribution of an edge, as the sum that made it.

    Args:
        trace: the trace that the event belongs to.
        event: the edge.
        index: the place in the input: a tuple of whole numbers, or one.
    Raises: ArgumentError if there is no such place, or the element is made of too many numbers; GraphError if the trace
        was read from a file.
    """
    place = _checked(event, index)
    node, x = trace.tensor(event.node), trace.tensor(event.input)
    if x._number > node._number:
        raise ArgumentError(f"into: {event.input.label} was assigned a new value since. Run the forward pass again.")
    terms: list[Term] = []
    with suppress(Exception):               # no expansion, too many numbers, or a rule that does not run on tensors
        terms = _opened(trace, event, node, x, place)
        if not any(term.symbols in ("…", "−…") for term in terms) or _places(event) > MOST_PLACES:
            return _element(event, place, terms)
    return _element(event, place, _by_places(event, node, place))


def _element(event: Event, place: tuple[int, ...], terms: list[Term]) -> Element:
    at = f"[{','.join(map(str, place))}]" if place else ""
    return Element(event.rule.new + at, place, tuple(terms), np.asarray(event.summed)[place])


def _checked(event: Event, index: Any) -> tuple[int, ...]:
    shape = values.shape_of(event.summed) if not isinstance(event.summed, tuple) else None
    if event.is_hook or shape is None or event.node.op == "item":
        raise ArgumentError("into: this step only hands a gradient on; there is nothing inside.")
    given = index if isinstance(index, tuple) else (index,)
    if len(given) != len(shape) or not all(isinstance(i, (int, np.integer)) and -n <= i < n
                                           for i, n in zip(given, shape, strict=False)):
        raise ArgumentError(f"into: got {index!r:.40} as a place in {event.input.label}, which has shape {shape}. "
                            f"Expected {len(shape)} whole number{'s' * (len(shape) != 1)}, such as "
                            f"{tuple(n - 1 for n in shape)}.")
    return tuple(int(i) % n for i, n in zip(given, shape, strict=True))


def _places(event: Event) -> int:
    """How many numbers arrive."""
    return sum(np.size(part) for part in parts_of(event.arriving))


def _opened(trace: Trace, event: Event, node: Tensor, x: Tensor, place: tuple[int, ...]) -> list[Term]:
    """The terms by the expansions of what the rule recorded."""
    words = trace.words
    assert isinstance(words, Printed)           # for there are tensors
    record = recorded_rule(node, event.position, event.arriving)
    for stand_in, meant in record.stand_ins.items():
        if isinstance(meant, Part):
            continue
        stand_in.name = PlainText().write(words.operand(node, meant), ATOM)
    result = record.result
    with switched(recording=True, module=None), np.errstate(all="ignore"):
        if result.__class__ is not Tensor:
            return [_term(np.asarray(result)[place])]
        if event.mask is not None and node.op.kind == "elementwise":
            result = ops.where(event.mask, result, 0.0)
        result = fitted(result, x, node.op.rule_of(event.position), True)
        element = result[place] if place else result
        zoomed = zoom(element, max_nodes=MOST_NODES).output
    return [_term(each, minus) for minus, each in _summands(zoomed) if not _is_nothing(each)]


def _summands(x: Any) -> list[tuple[bool, Any]]:
    """The terms of a sum from left to right, each with True if it is subtracted."""
    found: list[tuple[bool, Any]] = []
    stack = [(False, x)]
    while stack:
        minus, each = stack.pop()
        name = each.op.name if each.__class__ is Tensor and each.op is not None else ""
        if name in ("add", "subtract"):
            left, right = each.inputs
            stack += [(minus != (name == "subtract"), right), (minus, left)]
        elif name == "negative":
            stack.append((not minus, each.inputs[0]))
        elif name == "where" and (getattr(each.inputs[0], "op", None) is None or len(_text(each)) > LONG):
            taken = np.asarray(_value(each.inputs[0])).item()
            stack.append((minus, each.inputs[1 if taken else 2]))
        elif name in ("astype", "positive", "item") or (name == "stack" and each.size == 1):
            stack.append((minus, each.inputs[0]))
        else:
            found.append((minus, each))
    return found


def _is_nothing(x: Any) -> bool:
    """Whether it is the constant 0: no gradient was sent there."""
    return bool(x.__class__ is Tensor and x.op is None and not x.requires_grad and x.item() == 0) or (
        x.__class__ is not Tensor and bool(x == 0))


def _term(x: Any, minus: bool = False) -> Term:
    sign = "−" if minus else ""
    if x.__class__ is not Tensor:
        return Term(sign + number(x), sign + number(x), -float(x) if minus else float(x))
    value = -x.item() if minus else x.item()
    factors = _factors(x)
    symbols = "·".join(_text(each, PRODUCT) for each in factors) if factors else _text(x)
    if len(symbols) > LONG:
        return _briefly(x, float(value))
    numbers = " × ".join(number(_value(each)) for each in factors) if factors else _in_numbers(x)
    return Term(sign + symbols, sign + numbers if not minus or numbers[0] != "−" else f"−({numbers})", float(value))


def _in_numbers(x: Tensor) -> str:
    """A term that is no product, with numbers in the place of names: −2.331 / 1.095."""
    leaves = made_from([x], needing_gradient=True)[1]
    given: dict[Tensor, Expression] = {leaf: Name(_bracketed(number(leaf.item()))) for leaf in leaves}
    expressed = express(x, given=given)
    text = PlainText().write(expressed.result).replace(" · ", "·").replace("·", " × ")
    text = re.sub(r"^\((−[^()]*)\)(?=[ /]|$)", r"\1", text)           # in front a sign needs no brackets
    return text if not expressed.lines and len(text) <= LONG else number(x.item())


def _bracketed(text: str) -> str:
    return f"({text})" if text.startswith("−") else text


def _briefly(x: Tensor, value: float) -> Term:
    """A term that is too long to read, as what it is of the gradient in it: g[1,2] · 0.25."""
    leaves = made_from([x], needing_gradient=True)[1]
    found = [leaf for leaf in leaves if re.fullmatch(r"g(\.\w+)?(\[.*\])?", leaf.name or "") and leaf.item() != 0]
    if len(found) != 1:
        return Term("…", number(value), value)
    g = found[0].item()
    return Term(f"{found[0].name} · {number(value / g)}", f"{number(g)} × {number(value / g)}", value)


def _factors(x: Tensor) -> list[Any]:
    """The factors of a product of leaves and numbers; none if it is something else."""
    found: list[Any] = []
    stack: list[Any] = [x]
    while stack:
        each = stack.pop()
        if each.__class__ is Tensor and each.op is not None and each.op.name == "multiply":
            stack += [each.inputs[1], each.inputs[0]]
        else:
            found.append(each)
    return found if len(found) > 1 else []


def _value(x: Any) -> Any:
    return x.item() if x.__class__ is Tensor else x


def _text(x: Any, needs: int = 0) -> str:
    """A factor or term in symbols; an ellipsis if it is long."""
    if x.__class__ is not Tensor:
        return number(x)
    if x.op is None:
        return x.name if x.name and x.requires_grad else number(x.item())
    expressed = express(x)
    return PlainText().write(expressed.result, needs) if not expressed.lines else "…" * (LONG + 1)


def _by_places(event: Event, node: Tensor, place: tuple[int, ...]) -> list[Term]:
    """The terms by asking the rule for each place of the gradient alone."""
    g = event.arriving
    parts = g if isinstance(g, tuple) else (g,)
    if _places(event) > MOST_PLACES:
        raise ArgumentError(f"into: this element of {node.op.name} is made of too many numbers, or its rule cannot be "
                            "opened. Expected a smaller example.")
    names = [f"g.{name}" for name in node.op.results._fields] if isinstance(g, tuple) else ["g"]
    rule, terms = node.op.rule_of(event.position), []
    with np.errstate(all="ignore"):
        for k, (name, part) in enumerate(zip(names, parts, strict=True)):
            for at in np.ndindex(np.shape(part)):
                unit = [np.zeros(np.shape(each), values.dtype_of(each)) for each in parts]
                unit[k][at] = 1
                settled = [values.settle(each) for each in unit]
                given = node.op.results(*map(values.strong, settled)) if isinstance(g, tuple) else settled[0]
                sent = contribution_of(rule, node, given, event.position, raw_value)
                slope = np.asarray(fitted(sent, node.inputs[event.position], rule, False))[place]
                if slope != 0:
                    index = f"[{','.join(map(str, at))}]" if at else ""
                    arriving = np.asarray(part)[at]
                    terms.append(Term(f"{name}{index} · {number(slope)}", f"{number(arriving)} × {number(slope)}",
                                      float(arriving * slope)))
    return terms
