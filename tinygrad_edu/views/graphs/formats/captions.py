"""Captions: what is said of a node, a value or an edge, in plain text and ASCII numbers, for DOT, Mermaid and tooltips.

    short           a value in one line: "0.7064", "[1, 2.5]", "-1.29 … 0.94", "3 NaN"
    grid            the numbers of a small array, row by row; of a larger one there are none
    lines           these as lines of letters of one width
    facts           of a larger array: its mean, and how many of its elements are zero
    trouble         what must not be overlooked in a value: "NaN", "3 NaN, 1 infinite"; "" if there is nothing
    warning         what must not be overlooked in a node: "changed since", "stale"; "" if there is nothing
    no_gradient     why a node shows no gradient
    shape           "6×3 float32"
    gate            the local derivative of an edge: ("w", "× -3")
    about           everything about a node or an edge, with all digits

Read `model.py` before this file, `dot.py` and `mermaid.py` after it.
"""

from __future__ import annotations

import re

from ...drawing.letters import visible
from ...drawing.numbers import count, plain_number, shape_text
from ..model import Edge, Node, Value

MOST_IN_LINE = 6                                    # elements of a vector that are written out
MOST_ROWS, MOST_COLUMNS = 4, 4                      # of a matrix that is written out
UNKNOWN = "–"
MINUS = "−"
PLAIN_NUMBER = re.compile(r"[-−]?\d+(\.\d+)?")


def short(value: Value) -> str:
    """A value in one line."""
    if value.size == 0:
        return "empty"
    if trouble(value):
        return trouble(value)
    if value.elements is not None and value.is_number:
        return plain_number(value.elements[0])
    if value.elements is not None and len(value.shape) == 1 and value.size <= MOST_IN_LINE:
        return f"[{', '.join(map(plain_number, value.elements))}]"
    return _range(value)


def _range(value: Value) -> str:
    if value.minimum is None or value.maximum is None:
        return UNKNOWN
    low, high = (f"{each:.3g}" if each else "0" for each in (value.minimum, value.maximum))
    return low if value.minimum == value.maximum else f"{low} … {high}"


def grid(value: Value) -> list[list[str]]:
    """The numbers of a small vector or matrix, row by row; nothing if there are too many."""
    length = value.shape[-1] if value.shape else 1
    few = value.size <= MOST_IN_LINE if len(value.shape) < 2 else (
        len(value.shape) == 2 and value.shape[0] <= MOST_ROWS and length <= MOST_COLUMNS)
    if value.elements is None or not value.size or not few:
        return []
    numbers = [plain_number(each) for each in value.elements]
    return [numbers[i:i + length] for i in range(0, len(numbers), length)]


def lines(grid: list[list[str]]) -> list[str]:
    """Numbers below each other, aligned at the right, with spaces that no program merges."""
    widths = [max(map(len, column)) for column in zip(*grid, strict=True)]
    return ["\u00a0\u00a0".join(each.rjust(width, "\u00a0") for each, width in zip(row, widths, strict=True))
            for row in grid]


def facts(value: Value) -> str:
    """What is worth knowing of an array that is too large to be written out."""
    zeros = f"{value.zeros / value.size:.0%} zeros" if value.zeros else ""
    mean = f"mean {value.mean:.3g}" if value.mean is not None and value.minimum != value.maximum else ""
    return ", ".join(filter(None, (mean, zeros)))


def trouble(value: Value | None) -> str:
    """NaN and infinities; in an array, how many."""
    if value is None or not value.nans + value.infinities:
        return ""
    if value.is_number:
        return "NaN" if value.nans else f"{'-' if value.elements and value.elements[0] < 0 else '+'}∞"
    return ", ".join(f"{count(n)} {word}" for n, word in ((value.nans, "NaN"), (value.infinities, "infinite")) if n)


def warning(node: Node) -> str:
    """Whether the numbers of a node are out of date."""
    return "changed since" if node.changed else "stale" if node.stale else ""


def no_gradient(node: Node) -> str:
    """What stands where a gradient would."""
    return {"known": UNKNOWN, "none yet": "none yet", "not wanted": "no gradient wanted"}[node.gradient_is]


def gate(edge: Edge) -> tuple[str, str]:
    """The formula of the local derivative, and the number that multiplies; "" for what there is not.

    A formula that is a number itself is only said as that: "× 1".
    """
    formula = edge.short or edge.formula or ""
    number = short(edge.local) if edge.is_factor and edge.local is not None and edge.local.is_number else ""
    if PLAIN_NUMBER.fullmatch(formula):
        number, formula = formula.replace(MINUS, "-"), ""
    return formula, f"× {number}" if number else ""


def shape(value: Value) -> str:
    """Shape, and dtype if it is unusual: "6×3 float32"; nothing of an ordinary number."""
    is_usual = value.dtype == "float64" or (value.is_number and not value.dtype.startswith("float"))
    return " ".join(filter(None, (shape_text(value.shape), "" if is_usual else value.dtype)))


# -- everything -------------------------------------------------------------------------------------------------------


def about(part: Node | Edge) -> str:
    """Everything about a node or an edge, in lines, with all digits."""
    return "\n".join(map(visible, _node_lines(part) if isinstance(part, Node) else _edge_lines(part)))


def _node_lines(node: Node) -> list[str]:
    name = " = ".join(filter(None, (node.name, node.expression))) or node.title
    made = f"{node.operation.name}({node.operation.options})" if node.operation else node.kind
    times = f"{node.count:,} recorded nodes" if node.count > 1 else ""
    gradient = f"gradient: {_exact(node.gradient)}" if node.gradient else f"gradient: {no_gradient(node)}"
    place = f"{node.place.file}:{node.place.line}: {node.place.text.strip()}".removesuffix(": ") if node.place else ""
    return list(filter(None, (name, made, times, f"data: {_exact(node.value)}" if node.value else "", gradient,
                              warning(node), place)))


def _edge_lines(edge: Edge) -> list[str]:
    which = f"argument {edge.position + 1}" + (f" ({edge.argument})" if edge.argument else "")
    facts_of = (("local derivative", edge.formula), ("which is", edge.local and _exact(edge.local)),
                ("arriving gradient", edge.arriving and _exact(edge.arriving)),
                ("contribution", edge.flow and _exact(edge.flow)), ("broadcasting", edge.note))
    return [which, *(f"{word}: {said}" for word, said in facts_of if said)]


def _exact(value: Value) -> str:
    kind = " ".join(filter(None, (shape_text(value.shape), value.dtype)))
    if value.elements is not None and value.is_number:
        return f"{value.elements[0]!r} ({kind})"
    spread = f"from {value.minimum!r} to {value.maximum!r}, mean {value.mean!r}" if value.minimum is not None else ""
    return ", ".join(filter(None, (kind, spread, f"{value.zeros:,} zeros" if value.zeros else "", trouble(value))))
