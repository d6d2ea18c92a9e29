"""DOT, the language of Graphviz: a graph that plain `dot -Tpng` draws well, and that other programs can read.

    dot_of          a description -> text
    graphviz_of     the same as a graphviz.Digraph, to be styled and rendered by its own methods

Each tensor is a node, called by its id, and each argument of each operation an edge. On the blackboard an operation is
a disc of its own before its result, called "n3.op"; in the other styles the result carries its sign. Modules are
clusters. Where gradients are shown, an edge is an orange ribbon back to the argument, as thick as the gradient is
large, with the local derivative beside it.

Whatever the user named is data: it is written as a string of DOT, or escaped as HTML within labels. For these read
`dot_labels.py` before this file.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

from ....colours import TOKENS
from ...drawing.letters import visible
from ..model import Description, Edge, Module, Node
from ..picture.looks import Look, look_of, magnitude, thickness
from .captions import about, trouble
from .dot_labels import FONT, Html, disc, gate, heading, note, of_node, position
from .nested import nested

if TYPE_CHECKING:
    from graphviz import Digraph

COLOURS = TOKENS["light"]
POINTS = 0.6                                        # for each pixel of a ribbon: Graphviz draws its outline, too
ARROW = 7.0                                         # points that an arrow of size 1 is wide
GAPS = {"blackboard": (0.28, 0.3), "compact": (0.2, 0.35), "shapes": (0.1, 0.25)}      # inches: beside, between ranks

Attributes = dict[str, str | float | None]


def dot_of(description: Description, *, show: str = "auto", style: str = "auto", direction: str = "auto") -> str:
    """A graph in DOT.

    Args:
        description: the graph.
        show: "values", "gradients", "both", "shapes", or "auto": both if there can be gradients.
        style: "blackboard" (a card for each value and a disc for each operation), "compact" (a line of text each),
            "shapes" (signs and short names only), or "auto": what fits the number of nodes.
        direction: where values flow to, "right" or "down"; "auto" for down where the picture would be too wide.
    Returns: text, the same on every run, with colours for light paper.
    Raises: ArgumentError for other settings.
    """
    look = look_of(description, show, style, direction)
    return "digraph {\n" + "".join(f"\t{line}\n" for line in _statements(description, look)) + "}\n"


def graphviz_of(description: Description, *, show: str = "auto", style: str = "auto",
                direction: str = "auto") -> Digraph:
    """The same as a `graphviz.Digraph`, whose `source` is what `dot_of` gives, and to which more can be added."""
    from graphviz import Digraph
    look = look_of(description, show, style, direction)
    return Digraph(body=[f"\t{line}\n" for line in _statements(description, look)])


def _statements(description: Description, look: Look) -> Iterator[str]:
    yield from _settings(description, look)
    yield from _nodes(description, look)
    operations = {node.id for node in description.nodes if _has_disc(node, look)}
    for edge in description.edges:
        yield _edge(edge, look, f"{edge.target}.op" if edge.target in operations else edge.target)


def _settings(description: Description, look: Look) -> Iterator[str]:
    beside, between = GAPS[look.style]
    notes = Html("<BR/>".join(map(note, description.notes)))
    yield _statement("graph", {
        "rankdir": "LR" if look.is_flat else "TB", "bgcolor": COLOURS["bg"], "pad": 0.2, "nodesep": beside,
        "ranksep": between, "fontname": FONT, "fontsize": 10, "fontcolor": COLOURS["ink"],
        "tooltip": description.title or None, "label": notes or None, "labelloc": "b" if notes else None})
    yield _statement("node", {"shape": "plain", "fontname": FONT, "fontsize": 11, "fontcolor": COLOURS["ink"]})
    yield _statement("edge", {"fontname": FONT, "fontsize": 9, "fontcolor": COLOURS["ink"], "color": COLOURS["line"],
                              "penwidth": 1.25, "arrowsize": 0.7})


# -- nodes, in the clusters of their modules --------------------------------------------------------------------------


def _nodes(description: Description, look: Look) -> Iterator[str]:
    for each in nested(description):
        if isinstance(each, Node):
            yield from _node(each, look)
        elif each is None:
            yield "}"
        else:
            yield f"subgraph {_quoted(f'cluster_{each.id}')} {{"
            yield _statement("graph", _cluster(each))


def _cluster(module: Module) -> Attributes:
    return {"label": heading(module), "labeljust": "l", "style": "rounded,filled", "fillcolor": COLOURS["sunken"],
            "color": COLOURS["line"], "penwidth": 1, "margin": 10, "labelloc": "t", "tooltip": module.path}


def _node(node: Node, look: Look) -> Iterator[str]:
    """A node, and on the blackboard the disc of its operation."""
    shape: Attributes = {}
    if node.kind == "module" and look.style != "shapes":        # a card on a stack
        shape = {"shape": "box3d", "style": "filled", "fillcolor": COLOURS["surface"], "color": COLOURS["ink"],
                 "penwidth": 1.25, "margin": 0.1}
    tooltip = about(node)
    yield _statement(_quoted(node.id), {**shape, "label": of_node(node, look), "tooltip": tooltip, "id": node.id,
                                        "class": node.kind})
    if node.operation is not None and _has_disc(node, look):
        name = f"{node.id}.op"
        yield _statement(_quoted(name), {**disc(node.operation), "tooltip": tooltip, "id": name, "class": "operation"})
        yield _statement(f"{_quoted(name)} -> {_quoted(node.id)}", {"weight": 9, "tooltip": tooltip,
                                                                    "class": "result"})


def _has_disc(node: Node, look: Look) -> bool:
    return look.style == "blackboard" and node.operation is not None and node.kind != "module"


# -- edges ------------------------------------------------------------------------------------------------------------


def _edge(edge: Edge, look: Look, target: str) -> str:
    """An argument: a grey line forward, or the ribbon of the gradient that flows back."""
    attributes: Attributes = {"id": edge.id, "tooltip": about(edge), "class": "wanted" if edge.wanted else "argument"}
    has_ribbon = look.gradients and edge.flow is not None
    if has_ribbon:
        attributes |= _ribbon(edge, look)
    if look.style == "blackboard":
        attributes["label"] = (gate(edge) if has_ribbon else note(edge.note)) or None
        if edge.ordered:                            # the first on one side of its line, the others on the other
            side = -40 if (edge.position == 0) == look.is_flat else 40
            attributes |= {"headlabel": position(edge), "labeldistance": 1.7, "labelangle": side}
    return _statement(f"{_quoted(edge.source)} -> {_quoted(target)}", attributes)


def _ribbon(edge: Edge, look: Look) -> Attributes:
    """As thick as the gradient is large, with the arrow at the argument; thin and dashed if it is zero."""
    if edge.flow is None or not (magnitude(edge.flow) or trouble(edge.flow)):
        return {"color": COLOURS["grad"], "style": "dashed", "penwidth": 0.75, "dir": "back"}
    points = round(thickness(edge.flow, look) * POINTS, 2)
    return {"color": COLOURS["grad"], "penwidth": points, "dir": "back", "arrowtail": "nonenormal",     # none: a gap
            "arrowsize": round(max(0.7, (points + 2) / ARROW), 2)}


# -- the language -----------------------------------------------------------------------------------------------------


def _statement(what: str, attributes: Attributes) -> str:
    """A node or an edge with its attributes, those left out that are None."""
    inside = " ".join(f"{name}={_value(value)}" for name, value in attributes.items() if value is not None)
    return f"{what} [{inside}]"


def _value(value: str | float) -> str:
    if isinstance(value, Html):
        return f"<{value}>"
    if not isinstance(value, str):
        return f"{value:g}"
    return _quoted(escape(value, quote=False).replace("\\", "\\\\"))     # Graphviz reads \N and its like twice


def _quoted(text: str) -> str:
    """A string of DOT. A backslash has no meaning in it, control characters are shown, and new lines stay."""
    lines = (visible(line).replace("\\", "\\\\").replace('"', '\\"') for line in text.split("\n"))
    return '"' + "\\n".join(lines) + '"'
