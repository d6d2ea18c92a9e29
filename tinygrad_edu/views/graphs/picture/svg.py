"""The picture of a graph as SVG: complete, without anything outside of it, right on every page and in every theme.

    svg_of      a description -> the text of an SVG
    scene_of    a description, measured and placed -> Scene, for those who draw it themselves
    layers_of   a scene -> its panels, edges, headings and nodes as markup, from the back to the front
    parts_of    the same as one list
    picture_of  a scene and its parts -> the text of an SVG

Each node, edge and module is a group with an id (prefix and the id in the description) and classes for its kind and
state, so that a page can fold, search and light them; `styles.py` lists them. Everything the user named is text.
Cards and gates are measured first, then a layout places them, then they are drawn: grounds of modules, edges, headings,
nodes, legend.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from ...drawing.numbers import count
from ...drawing.svg import Markup, document, group, id_of, joined, prefix_of, title
from ...drawing.tokens import Theme
from ...layouts.choosing import Engine, laid_out
from ...layouts.model import Box, Frame, Layout, Line, Picture
from ..formats.captions import about, trouble
from ..model import Description, Node
from .cards import Card, card_of
from .discs import SPACING
from .edge_drawings import edges_drawn
from .gates import Gate, gate_of
from .inscriptions import Text
from .legend import Entry, legend_drawn, legend_of
from .looks import THEMES, Look, check, look_of
from .panels import heading_of, headings_drawn, open_modules, panels_drawn
from .styles import css_of_graphs
from .telling import telling

MARGIN, LEAST = 24.0, 360.0                         # around the graph; the least width, for the legend's sake
GAPS = {"blackboard": (28.0, 48.0), "compact": (14.0, 40.0), "shapes": (10.0, 28.0)}   # beside, and between ranks
WITH_GATES = {"right": 1.4, "down": 0.8}            # times so far where there are gates between ranks


def svg_of(description: Description, *, show: str = "auto", style: str = "auto", direction: str = "auto",
           theme: Theme = "auto", engine: Engine = "auto", legend: bool = True, prefix: str | None = None) -> str:
    """A graph as the text of an SVG.

    Args:
        description: the graph.
        show: "values", "gradients", "both", "shapes", or "auto": both if there are gradients to show.
        style: "blackboard" (cards), "compact" (a line each), "shapes" (no text), or "auto": what fits the size.
        direction: where values flow to, "right" or "down"; "auto" for down where the picture would be too wide.
        theme: "light", "dark", or "auto": as the page and the reader have it.
        engine: what places the nodes; see `layouts.choosing`.
        legend: whether the marks are explained below.
        prefix: what ids begin with; by default made from the picture, so that two on a page do not clash.
    Returns: the same text on every run, for the same layout.
    Raises: ArgumentError for a setting that there is not.

    >>> svg_of(Description(nodes=(), edges=(), title="nothing"), engine="layered")[:42]
    '<svg xmlns="http://www.w3.org/2000/svg" id'
    """
    check("theme", theme, THEMES)
    scene = scene_of(description, show=show, style=style, direction=direction, engine=engine)
    name = prefix or prefix_of(repr((description, scene.look, theme, engine, legend)))
    return picture_of(scene, parts_of(scene, name), name, theme, legend)


class Scene(NamedTuple):
    """What is drawn: the description, how it looks, cards by node, gates by edge, and where everything is."""

    description: Description
    look: Look
    cards: dict[str, Card]
    gates: dict[str, Gate]
    layout: Layout


def scene_of(description: Description, *, show: str = "auto", style: str = "auto", direction: str = "auto",
             engine: Engine = "auto") -> Scene:
    """A description, measured and placed; the settings are those of `svg_of`."""
    look = look_of(description, show, style, direction)
    modules = {module.id: module for module in description.modules}
    coming = Counter(edge.target for edge in description.edges)
    leaving = Counter(edge.source for edge in description.edges)
    cards = {node.id: card_of(node, look, (coming[node.id], leaving[node.id]), modules.get(_module_of(node)))
             for node in description.nodes}
    gates = {edge.id: gate for edge in description.edges if (gate := gate_of(edge, look))}
    layout = laid_out(_picture(description, cards, gates, look), engine)
    return Scene(description, look, cards, gates, layout)


class Layers(NamedTuple):
    """What is drawn, from the back to the front; each part is a group with `id`, `class` and `data-id`."""

    panels: list[Markup]
    edges: list[Markup]
    headings: list[Markup]
    nodes: list[Markup]


def layers_of(scene: Scene, prefix: str) -> Layers:
    """The parts of a picture, layer by layer."""
    description, look, cards, gates, layout = scene
    modules = open_modules(description)
    return Layers(panels_drawn(modules, layout, prefix), edges_drawn(description, layout, cards, gates, look, prefix),
                  headings_drawn(modules, layout, prefix),
                  [_node(node, cards[node.id], layout, prefix) for node in description.nodes])


def parts_of(scene: Scene, prefix: str) -> list[Markup]:
    """All parts of a picture in the order in which they are drawn."""
    return [part for layer in layers_of(scene, prefix) for part in layer]


def _module_of(node: Node) -> str:
    """The id of what a card tells of: of a folded module itself, else of the module around the node."""
    return node.id if node.kind == "module" else node.module or ""


def _picture(description: Description, cards: dict[str, Card], gates: dict[str, Gate], look: Look) -> Picture:
    modules = open_modules(description)
    frames = {module.id for module in modules}
    gap, rank_gap = GAPS[look.style]

    def size(edge: str) -> tuple[float, float]:
        gate = gates.get(edge)
        return (gate.width + 4, gate.height + 4) if gate else (0.0, 0.0)

    return Picture(
        boxes=tuple(Box(node.id, cards[node.id].width, cards[node.id].height,
                        node.module if node.module in frames else None) for node in description.nodes),
        lines=tuple(Line(edge.id, edge.source, edge.target, edge.position, size(edge.id))
                    for edge in description.edges),
        frames=tuple(Frame(module.id, module.parent if module.parent in frames else None, heading_of(module))
                     for module in modules),
        direction=look.direction, spacing=SPACING[look.style], gap=gap,
        rank_gap=rank_gap * WITH_GATES[look.direction] if gates else rank_gap)


def picture_of(scene: Scene, parts: list[Markup], prefix: str, theme: Theme = "auto", has_legend: bool = True) -> str:
    """A whole picture, with the legend and the notes below."""
    description, look, _, gates, layout = scene
    entries = legend_of(description, look, gates) if has_legend else []
    width = max([layout.width, LEAST, *(entry.whole for entry in entries)])
    graph = group(*parts, class_="graph",
                  transform=f"translate({MARGIN + (width - layout.width) / 2:g} {MARGIN:g})")
    below, height = _below(description, entries, width)
    foot = layout.height + MARGIN + 20
    body = group(graph, group(below, transform=f"translate({MARGIN:g} {foot:g})") if height else "",
                 class_=f"drawn {look.style} {look.direction}")
    whole = foot + height + 12 if height else layout.height + 2 * MARGIN
    return str(document(width + 2 * MARGIN, whole, body, title=_title(description), desc=telling(description, look),
                        css=css_of_graphs(look.style), prefix=prefix, theme=theme))


def _title(description: Description) -> str:
    return description.title or f"A graph of {count(len(description.nodes))} nodes"


def _below(description: Description, entries: list[Entry], width: float) -> tuple[Markup, float]:
    """The legend, and below it the notes; and how high they are."""
    drawn, height = legend_drawn(entries, width)
    lines = [line for note in description.notes for line in _lines(note, width)]
    notes = [line.drawn(0, height + 16 + 18 * k) for k, line in enumerate(lines)]
    return joined([drawn, *notes]), height + 18 * len(notes)


def _lines(note: str, width: float) -> list[Text]:
    """A sentence in lines of at most a width."""
    lines: list[Text] = []
    for word in note.split():
        longer = Text(f"{lines[-1].said} {word}" if lines else word, "label")
        if lines and longer.width <= width:
            lines[-1] = longer
        else:
            lines.append(Text(word, "label"))
    return lines


def _node(node: Node, card: Card, layout: Layout, prefix: str) -> Markup:
    where = layout.boxes[node.id]
    troubled = trouble(node.value) or trouble(node.gradient)
    states = {"root": node.is_root, "changed": node.changed, "stale": node.stale, "troubled": bool(troubled)}
    classes = " ".join(["node", node.kind, *(state for state, holds in states.items() if holds)])
    return group(title(about(node)), card.drawn(), id=id_of(prefix, node.id), class_=classes, data_id=node.id,
                 data_module=node.module, transform=f"translate({where.x:.2f} {where.y:.2f})")
