"""Mermaid: a graph as a flowchart in text, which GitHub, GitLab, JupyterLab and many editors draw.

    mermaid_of      a description -> text

What a node is can be seen by its shape: a parameter has bars at its sides, an input is a pennant, a constant has a
dotted line, a result is round, a folded module is a hexagon, and where backward began the line is thick. On the
blackboard an operation is a circle of its own. Mermaid reads labels as Markdown and HTML, so each sign that could mean
something there is written by its number (`#60;` for `<`).

Read `captions.py` before this file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ....colours import TOKENS
from ...drawing.letters import visible
from ...drawing.numbers import count
from ..abridging import abridged, title
from ..model import Description, Edge, Module, Node, Operation, Value
from ..picture.looks import Look, look_of, thickness
from . import captions
from .nested import nested

COLOURS = TOKENS["light"]
MOST_EDGES = 500                                    # that Mermaid draws, unless it is told otherwise
LONGEST = 40                                        # letters of a name
MOST_IN_CIRCLE = 4                                  # letters; a longer sign stands in a pill
SHAPES = {                                          # what stands around the label, and the class
    "parameter": ("[[", "]]", "param"), "variable": ("[[", "]]", "param"), "input": (">", "]", "input"),
    "constant": ("[", "]", "const"), "result": ("(", ")", "result"), "expression": ("([", "])", "result"),
    "module": ("{{", "}}", "module"), "rest": ("[", "]", "const"),
}
CLASSES = {                                         # fill, line, and what else
    "param": ("param-wash", "param", ""), "input": ("input-wash", "input", ""),
    "const": ("const-wash", "const", ",stroke-dasharray:2 3"), "result": ("result-wash", "result", ""),
    "module": ("surface", "ink", ""), "root": ("result-wash", "result", ",stroke-width:4px"),
    "warned": ("warn", "warn-ink", ""), "op": ("result", "result", ""),
}
UNSAFE = re.compile(r"(?!-\d)[^\w =+×·−…,.]|_|^[\W\d]|(?<=www)\.", re.IGNORECASE)      # "1." at the start is a list


def mermaid_of(description: Description, *, show: str = "auto", style: str = "auto", direction: str = "auto") -> str:
    """A graph as a Mermaid flowchart.

    Args:
        description: the graph.
        show, style, direction: as in `dot_of`.
    Returns: text, the same on every run, with colours that are readable on light and on dark pages.
    Raises: ArgumentError for other settings.
    """
    look = look_of(description, show, style, direction)
    return "".join(f"{line}\n" for line in _lines(description, look))


def _lines(description: Description, look: Look) -> Iterator[str]:
    names = {node.id: _safe(node.id, f"x{i}") for i, node in enumerate(description.nodes)}
    discs = {node.id for node in description.nodes if _has_disc(node, look)}
    yield f"flowchart {'LR' if look.is_flat else 'TB'}"
    yield from (f"    %% {_escaped(note)}" for note in description.notes)
    if len(description.edges) + len(discs) > MOST_EDGES:
        yield (f"    %% More than {MOST_EDGES} lines: Mermaid draws them if its setting maxEdges is raised. "
               "Fewer are drawn of a folded graph.")
    yield from _nodes(description, look, names)
    yield from _links(description, look, names, discs)
    for name, (fill, line, more) in CLASSES.items():
        ink = "surface" if name == "op" else "ink"
        yield f"    classDef {name} fill:{COLOURS[fill]},stroke:{COLOURS[line]},color:{COLOURS[ink]}{more}"


def _safe(name: str, other: str) -> str:
    """An id that Mermaid takes; those that are recorded all are."""
    return name if re.fullmatch(r"[nm][0-9]+", name) else other


def _has_disc(node: Node, look: Look) -> bool:
    return look.style == "blackboard" and node.operation is not None and node.kind != "module"


# -- nodes, within their modules --------------------------------------------------------------------------------------


def _nodes(description: Description, look: Look, names: dict[str, str]) -> Iterator[str]:
    for number, each in enumerate(nested(description)):
        if isinstance(each, Node):
            yield from _node(each, look, names[each.id])
        elif each is None:
            yield "    end"
        else:
            name = _safe(each.id, f"y{number}")
            yield f'    subgraph {name}["{_heading(each)}"]'
            yield f"    style {name} fill:{COLOURS['sunken']},stroke:{COLOURS['line']},color:{COLOURS['ink']}"


def _heading(module: Module) -> str:
    times = f" ×{module.repeats}" if module.repeats > 1 else ""
    parameters = f"{count(module.parameters)} parameters" if module.parameters else ""
    return _label_of([f"{module.path}{times}", ", ".join(filter(None, (module.kind, parameters)))])


def _node(node: Node, look: Look, name: str) -> Iterator[str]:
    before, after, kind = SHAPES[node.kind]
    kind = "warned" if captions.warning(node) or captions.trouble(node.value) else "root" if node.is_root else kind
    yield f'    {name}{before}"{_label_of(_words(node, look))}"{after}:::{kind}'
    if node.operation is not None and _has_disc(node, look):
        sign = _sign(node.operation)
        before, after = ("((", "))") if len(sign) <= MOST_IN_CIRCLE else ("([", "])")
        yield f'    {name}_op{before}"{_label_of([sign])}"{after}:::op'
        yield f"    {name}_op --> {name}"


def _sign(operation: Operation) -> str:
    return f"{operation.sign} {operation.options}".rstrip()


def _words(node: Node, look: Look) -> list[str]:
    """The lines of a label."""
    name = title(node, LONGEST)
    if look.style == "shapes":
        return [_sign(node.operation) if node.operation else name]
    if look.style == "compact" and node.operation is not None:
        name = f"{_sign(node.operation)} ▸ {name}"
    repeats = f" ×{node.repeats}" if node.repeats > 1 else ""
    shape = captions.shape(node.value) if node.value is not None else ""
    lines = [f"{name}{repeats}", shape]
    if look.values and node.value is not None:
        lines.append(_quantity("data", node.value))
    if look.gradients and node.gradient is not None:
        lines.append(_quantity("grad", node.gradient))
    elif look.gradients and node.value is not None and node.gradient_is == "none yet":
        lines.append("grad: none yet")
    return [*lines, f"!! {captions.warning(node)}" if captions.warning(node) else ""]


def _quantity(label: str, value: Value) -> str:
    return f"{label} {'!! ' if captions.trouble(value) else ''}{captions.short(value)}"


# -- links ------------------------------------------------------------------------------------------------------------


def _links(description: Description, look: Look, names: dict[str, str], discs: set[str]) -> Iterator[str]:
    """Arguments; then the colour and thickness of those that a gradient flows along, by their numbers."""
    widths: dict[str, list[str]] = {}
    for number, edge in enumerate(description.edges, start=len(discs)):
        target = names[edge.target] + ("_op" if edge.target in discs else "")
        label = _joined(_words_on(edge, look))
        label = label and f'"{label}"'
        arrow = "-->" if edge.wanted else "-.->"
        yield f"    {names[edge.source]} {arrow}{label and f'|{label}|'} {target}"
        if look.gradients and edge.flow is not None:
            widths.setdefault(f"{thickness(edge.flow, look):.1f}", []).append(str(number))
    for width, numbers in widths.items():
        yield f"    linkStyle {','.join(numbers)} stroke:{COLOURS['grad']},stroke-width:{width}px"


def _words_on(edge: Edge, look: Look) -> list[str]:
    which = f"{edge.position + 1}" if edge.ordered else ""
    if look.style != "blackboard":
        return []
    if not look.gradients or edge.flow is None:
        return [which, edge.note]
    formula, by = captions.gate(edge)
    warned = "!! " if captions.trouble(edge.flow) else ""
    return [which, abridged(formula, LONGEST), by, f"← {warned}{captions.short(edge.flow)}", edge.note]


# -- the language -----------------------------------------------------------------------------------------------------


def _joined(lines: list[str]) -> str:
    """A label in lines, without those that are empty."""
    return "<br/>".join(_escaped(line) for line in lines if line)


def _label_of(lines: list[str]) -> str:
    """The same of a node or module, where Mermaid wants something."""
    return _joined(lines) or "#160;"


def _escaped(text: str) -> str:
    """What the user named, and our numbers: no sign of it is read as Markdown, HTML or Mermaid."""
    return UNSAFE.sub(lambda found: "".join(f"#{ord(each)};" for each in found[0]), visible(text))
