"""Contents: the rows of each node's card, from what the description says.

    rows_of     the rows of a node, in the style and with the parts that were asked for

What is unknown says so ("none yet"), what is out of date is struck through, and a folded module shows what comes out of
it. Read `faces.py` before this file and `cards.py` after it.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...drawing.letters import cut
from ...drawing.numbers import count, number, shape_text
from ..abridging import title
from ..model import Module, Node, Value
from .faces import Cell, Cells, Corner, FoldedHeading, Heading, Line, Row, Strip, Words
from .inscriptions import Badge, Inscription, Text, inscribed, summary
from .looks import Look

USUAL_DTYPE = "float64"                             # the only one that goes without saying
LONGEST = 18                                        # letters of a name; a longer one is cut in the middle
FEW = 8                                             # arrays of so many elements need no statistics


def rows_of(node: Node, look: Look, module: Module | None, lower: float) -> tuple[Row, ...]:
    """The rows of a card.

    Args:
        node: what it shows.
        look: the settings of the picture.
        module: of a folded module, what is known about it; of another node, the module around it.
        lower: how far the heading moves down, below a disc on the upper border.
    """
    if look.style == "blackboard":
        return (*_headings(node, look, module, lower), *_numbers(node, look), *_corners(node))
    return (*_lines(node, look, module), *_corners(node))


def title_of(node: Node, module: Module | None = None) -> str:
    """The name of a node, short enough for its card: without the path of the module around it."""
    if module and node.name:
        return cut(node.name.removeprefix(f"{module.path}."), LONGEST)
    return title(node, LONGEST)


def kind_of(value: Value) -> str:
    """Shape, and the dtype unless it is the usual one."""
    return " ".join(part for part in (shape_text(value.shape), _unusual(value)) if part)


def _unusual(value: Value) -> str:
    return "" if value.dtype == USUAL_DTYPE else value.dtype


def _headings(node: Node, look: Look, module: Module | None, lower: float) -> Iterator[Row]:
    if node.kind == "module":
        yield _folded(node, module)
    elif not _is_bare(node):
        has_shape = node.value is not None and not node.value.is_number and not look.only_shapes
        beside = Text(kind_of(node.value), "code") if node.value and has_shape else None
        if node.repeats > 1:
            beside = Text(f"×{count(node.repeats)}", "bold")
        yield Heading(Text(title_of(node, module), "name"), beside, lower)


def _is_bare(node: Node) -> bool:
    """A number without a name, which needs no heading."""
    return node.kind == "constant" and not node.name and node.value is not None and node.value.is_number


def _folded(node: Node, module: Module | None) -> FoldedHeading:
    name = cut(module.path if module else node.title, 24)
    repeats = max(node.repeats, module.repeats if module else 1)
    inside = f"×{count(repeats)}" if repeats > 1 else f"{count(module.count if module else node.count)} folded"
    kind = cut(module.kind, 32) if module else ""
    parameters = f"{count(module.parameters)} parameters" if module and module.parameters else ""
    return FoldedHeading(Text(f"▸ {name}", "bold"), Text(inside, "bold" if repeats > 1 else "label"),
                         Text(kind, "code"), Text(parameters, "label"))


def _numbers(node: Node, look: Look) -> Iterator[Row]:
    """Data and gradient: side by side for a number, one below the other for an array."""
    if look.only_shapes:
        yield Words(Text(_whole_kind(node), "code"))
    elif node.value is None:
        yield Words(Text(f"{count(node.count)} operations" if node.kind == "rest" else "several results", "label"))
    elif node.value.is_number:
        cells = [_data_cell(node, node.value)] if look.values or not look.gradients else []
        if look.gradients and not _is_bare(node):
            cells.append(_grad_cell(node))
        yield Cells(tuple(cells))
    else:
        if look.values:
            yield _strip("data", node.value, "data-value", node.stale)
        if look.gradients:
            yield _grad_row(node)


def _whole_kind(node: Node) -> str:
    if node.value is None:
        return "several"
    return f"{shape_text(node.value.shape, 'scalar')} {node.value.dtype}"


def _data_cell(node: Node, value: Value) -> Cell:
    label = "constant" if _is_bare(node) else f"data {_unusual(value)}".rstrip()
    return Cell(label, inscribed(value, "number", "data-value"), is_struck=node.stale)


def _grad_cell(node: Node) -> Cell:
    if node.gradient_is == "not wanted":
        return Cell("", Text("no gradient", "label"), Text("wanted", "label"))
    if node.gradient is None:
        return Cell("grad", Text("none yet", "label", "grad-value none"))
    return Cell("grad", inscribed(node.gradient, "number", "grad-value"), is_struck=node.stale)


def _grad_row(node: Node) -> Row:
    if node.gradient_is == "not wanted":
        return Words(Text("no gradient wanted", "label"))
    if node.gradient is None:
        return Words(Text("none yet", "label", "grad-value none"), "grad")
    return _strip("grad", node.gradient, "grad-value", node.stale)


def _strip(label: str, value: Value, looks: str, is_struck: bool) -> Strip:
    return Strip(label, summary(value, looks), value, _statistics(value), is_struck)


def _statistics(value: Value) -> Text | None:
    """The mean and the share of zeros, of arrays that are too large to be read bar by bar."""
    if value.size <= FEW or value.dtype == "bool" or (value.bins is None and value.zeros * 4 < value.size):
        return None
    mean = "" if value.mean is None else f"mean {number(float(f'{value.mean:.2g}'))}"
    share = 100 * value.zeros / value.size
    zeros = f"{share:.0f} % zeros" if share >= 0.5 else ""
    said = ", ".join(part for part in (mean, zeros) if part)
    return Text(said, "label") if said else None


def _corners(node: Node) -> Iterator[Row]:
    if node.changed:
        yield Corner(Badge("changed since"))
    elif node.stale:
        yield Corner(Badge("stale"))


def _lines(node: Node, look: Look, module: Module | None) -> Iterator[Row]:
    """One line, name = value, and another one for the gradient."""
    yield Line(tuple(_line(node, look, module)))
    if look.gradients and node.gradient is not None:
        value = inscribed(node.gradient, "small", "grad-value") if node.gradient.is_number \
            else summary(node.gradient, "grad-value")
        yield Words(value, "grad")
    elif look.gradients and node.gradient_is == "none yet":
        yield Words(Text("none yet", "label", "grad-value none"), "grad")


def _line(node: Node, look: Look, module: Module | None) -> Iterator[Inscription]:
    if node.kind == "module":
        yield Text(f"▸ {cut(module.path if module else node.title)}", "bold")
        repeats = max(node.repeats, module.repeats if module else 1)
        yield Text(f"×{count(repeats)}" if repeats > 1 else f"{count(node.count)} folded", "label")
    elif not _is_bare(node):
        yield Text(title_of(node, module), "line-name")
    value = node.value
    if value is None:
        return
    if look.only_shapes:
        yield Text(_whole_kind(node), "code")
    elif not value.is_number:
        yield Text(kind_of(value), "code")
        if look.values:
            yield summary(value, "data-value")
    elif look.values:
        if not _is_bare(node):
            yield Text("=", "line-name")
        yield inscribed(value, "line-number", f"data-value{' out-of-date' * node.stale}")
