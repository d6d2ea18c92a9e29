"""The graph of a trace as a picture with all its stages: what has arrived where, after every event.

    described_by(trace, events)     the description that the picture is drawn from, with the numbers of the trace
    staged(description, …)          the picture as SVG: finished, with the numbers of the steps on its gates
    shown_at(svg, first, last)      the same as it stands while the events `first` to `last` are looked at

Nothing moves from stage to stage: cards are as wide as their widest total, and each total is drawn beforehand, hidden.
A group of class "state" says from which event on it holds. `stepper.js` and `shown_at` only choose among them.
Read `views/graphs/picture/svg.py` and `contents.py` before this file.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from ...core import values
from ...views.drawing.numbers import count
from ...views.drawing.strokes import at, path_text
from ...views.drawing.svg import Markup, circle, document, group, joined, path, rect, text, text_width
from ...views.drawing.tokens import Theme
from ...views.graphs import model
from ...views.graphs.edges import summed
from ...views.graphs.filters import hide_constants
from ...views.graphs.picture.cards import Card
from ...views.graphs.picture.contents import rows_of
from ...views.graphs.picture.faces import Cell, Cells, Row, Strip, Words
from ...views.graphs.picture.inscriptions import inscribed, summary
from ...views.graphs.picture.looks import Look, is_troubled, thickness
from ...views.graphs.picture.styles import css_of_graphs
from ...views.graphs.picture.svg import Scene, layers_of, parts_of, scene_of
from ...views.graphs.picture.telling import telling
from ...views.graphs.recorded import described
from ...views.graphs.summaries import summary as summarised
from ...views.layouts.model import Point
from ..events import Event, Node

if TYPE_CHECKING:
    from ..traces import Trace

MOST_LABELLED = 400         # edges whose gates have formulas; nodes that have tooltips
MARGIN = 8.0                # around the graph: the page has its own
STAGES = """\
.tg .state{display:none} .tg .state.final{display:inline}
.tg .step-number .ground{fill:var(--ink)} .tg .step-number text{fill:var(--bg);font-size:12px;font-weight:600}"""
SKETCH = """\
.tg .edge{fill:none;stroke:var(--grad)} .tg .edge.zero{stroke-dasharray:4 3} .tg .edge.wrong{stroke:var(--warn)}"""
NAMESPACE = "http://www.w3.org/2000/svg"

Totals = Mapping[str, Sequence[tuple[int, Any]]]        # node id -> (step, the total from it on; None for none yet)


# -- what is drawn ----------------------------------------------------------------------------------------------------


def described_by(trace: Trace, events: Sequence[Event]) -> model.Description:
    """The graph, with the values and gradients that the trace holds, whatever the tensors hold by now."""
    whole = described([trace.tensor(trace.root)], gradients="none", limit=sys.maxsize)[0] if trace.holds_tensors \
        else _from_trace(trace)
    of = {f"{event.node.id}.{event.position}": event for event in events if not event.is_hook}
    nodes = {node.id: node for node in trace.nodes}
    found = replace(
        whole, title=trace.title, notes=(), nodes=tuple(_node(each, nodes.get(each.id), trace) for each in whole.nodes),
        edges=tuple(_edge(each, of.get(each.id)) for each in whole.edges))
    if 0 < len(events) < len(trace):
        found = _reached(found, trace, events)
    return hide_constants(found) if len(found.nodes) > MOST_LABELLED else found


def _node(drawn: model.Node, node: Node | None, trace: Trace) -> model.Node:
    drawn = replace(drawn, changed=False, stale=False, is_root=drawn.id == trace.root.id)
    if node is None or isinstance(node.value, tuple):
        return drawn
    gradient = trace.gradients.get(node.id)
    known = gradient is not None and not isinstance(gradient, tuple)
    return replace(drawn, value=summarised(node.value), gradient=summarised(gradient) if known else None,
                   gradient_is="known" if known else "none yet" if node.needs_gradient else "not wanted")


def _edge(edge: model.Edge, event: Event | None) -> model.Edge:
    """The edge with what flowed along it."""
    if event is None or isinstance(event.summed, tuple) or isinstance(event.arriving, tuple):
        return replace(edge, local=None, arriving=None, flow=None)
    given, shape = values.shape_of(event.contribution), values.shape_of(event.summed)
    local = None if event.local is None else summarised(event.local)
    return replace(edge, wanted=True, local=local, is_factor=local is not None, arriving=summarised(event.arriving),
                   flow=summarised(event.summed), note=summed(given, shape) if given != shape else edge.note)


def _reached(found: model.Description, trace: Trace, events: Sequence[Event]) -> model.Description:
    """The part of a graph that some events go through."""
    kept = {trace.root.id, *(event.node.id for event in events), *(event.input.id for event in events)}
    modules = {node.module for node in found.nodes if node.id in kept}
    for module in reversed(found.modules):
        if module.id in modules:
            modules.add(module.parent)
    return replace(found, nodes=tuple(node for node in found.nodes if node.id in kept),
                   edges=tuple(edge for edge in found.edges if edge.source in kept and edge.target in kept),
                   modules=tuple(module for module in found.modules if module.id in modules))


def _from_trace(trace: Trace) -> model.Description:
    """The graph of a trace that was read from a file; plain numbers and arrays are left out."""
    rules = {(event.node.id, event.position): event.rule for event in trace.events[:MOST_LABELLED]
             if not event.is_hook and len(trace) <= MOST_LABELLED}
    nodes = tuple(model.Node(
        id=node.id, kind=node.kind, name=node.name, expression=node.expression,
        operation=model.Operation(name=node.op, sign=node.sign) if node.op else None) for node in trace.nodes)
    edges = []
    for node in trace.nodes:
        for position, x in enumerate(node.inputs):
            if isinstance(x, Node):
                rule = rules.get((node.id, position))
                formula = (rule.local or rule.contribution) if rule else None
                edges.append(model.Edge(id=f"{node.id}.{position}", source=x.id, target=node.id, position=position,
                                        wanted=x.needs_gradient, formula=formula))
    return model.Description(nodes=nodes, edges=tuple(edges))


def without_answers(found: model.Description) -> model.Description:
    """A graph with its values, and without anything that flows back."""
    nodes = tuple(replace(node, gradient=None, gradient_is="not wanted") for node in found.nodes)
    edges = tuple(replace(edge, formula=None, spoken=None, local=None, arriving=None, flow=None, is_factor=False,
                          note="") for edge in found.edges)
    return replace(found, nodes=nodes, edges=edges)


# -- the picture ------------------------------------------------------------------------------------------------------


def totals_of(trace: Trace, events: Sequence[Event]) -> Totals:
    """For each node what its gradient is, from which event on; the first is that before all."""
    found: dict[str, list[tuple[int, Any]]] = {node.id: [(0, None)] for node in trace.nodes if node.needs_gradient}
    found[trace.root.id] = [(0, trace.seed)]
    for number, event in enumerate(events, 1):
        found.setdefault(event.input.id, [(0, None)]).append((number, event.after))
    return found


def staged(description: model.Description, totals: Totals, events: Sequence[Event], *, direction: str = "right",
           theme: Theme = "auto", prefix: str = "tg-steps", show: str = "both") -> str:
    """The finished picture, with all stages hidden in it.

    Args:
        description: the graph.
        totals: see `totals_of`.
        events: they give the gates their numbers.
        direction: "right" or "down".
        theme: "auto", "light" or "dark".
        prefix: what ids begin with.
        show: "both", or "values" for a picture in which nothing flows back.
    """
    states = {node: [(since, _summary(total)) for since, total in found] for node, found in totals.items()}
    widest = replace(description, nodes=tuple(_widest(node, states.get(node.id, [])) for node in description.nodes))
    scene = scene_of(widest, show=show, direction=direction)
    modules = {module.id: module for module in description.modules}
    cards = {node.id: _changing(node, scene.cards[node.id], states.get(node.id, []), scene.look,
                                modules.get(node.module or "")) for node in description.nodes}
    finished = scene._replace(description=description, cards=cards)
    layout, look = scene.layout, scene.look
    is_large = look.style == "shapes"
    parts = _sketched(finished, prefix) if is_large else [*parts_of(finished, prefix), *_numbers(scene, events)]
    drawn = group(*parts, class_="graph", transform=f"translate({MARGIN:g} {MARGIN:g})")
    body = group(drawn, class_=f"drawn {look.style} {look.direction}{' sketch' * is_large}")
    css = f"{css_of_graphs(look.style)}\n{SKETCH if is_large else STAGES}"
    return str(document(layout.width + 2 * MARGIN, layout.height + 2 * MARGIN, body, title=f"Backward through "
                        f"{description.title}", desc=telling(description, look), css=css, prefix=prefix, theme=theme))


def _summary(total: Any) -> model.Value | None:
    return None if total is None or isinstance(total, tuple) else summarised(total)


def _widest(node: model.Node, states: Sequence[tuple[int, model.Value | None]]) -> model.Node:
    """A node with the widest of its totals, for its card to be measured."""
    known = [value for _, value in states if value is not None]
    if node.gradient is None or not known:
        return node
    return replace(node, gradient=max(known, key=lambda value: inscribed(value, "number", "").width if value.is_number
                                      else summary(value, "").width))


def _changing(node: model.Node, card: Card, states: Sequence[tuple[int, model.Value | None]], look: Look,
              module: model.Module | None) -> Card:
    """A card whose row with the gradient holds every total."""
    own = next((i for i, row in enumerate(card.rows) if _is_of_gradient(row)), None)
    if own is None or node.gradient_is == "not wanted" or not states:
        return card
    rows = [(since, rows_of(replace(node, gradient=value, gradient_is="known" if value else "none yet"), look, module,
                            0.0)[own]) for since, value in states]
    found = list(card.rows)
    found[own] = Changing(card.rows[own], tuple(rows), node.id)
    return replace(card, rows=tuple(found))


def _is_of_gradient(row: Row) -> bool:
    return (isinstance(row, Cells) and row.cells[-1].label == "grad") or (
        isinstance(row, (Strip, Words)) and row.label == "grad")


@dataclass(frozen=True, slots=True)
class Changing:
    """A row of a card that says something else from one event to the next.

    Attributes:
        widest: by which it is measured.
        states: (event, row from that event on), the last of which is the finished one.
        node: whose gradient it is.
    """

    widest: Row
    states: tuple[tuple[int, Row], ...]
    node: str

    @property
    def height(self) -> float:
        """Of the widest."""
        return self.widest.height

    @property
    def width(self) -> float:
        """Of the widest."""
        return self.widest.width

    def drawn(self, left: float, top: float, right: float) -> Markup:
        """All states, one of which is shown."""
        if not isinstance(self.widest, Cells):
            return self._states((since, row.drawn(left, top, right)) for since, row in self.states)
        pieces, x = _placed(self.widest, left, top, right)
        cells = [(since, row.cells[-1]) for since, row in self.states if isinstance(row, Cells)]
        return joined([*pieces, self._states((since, cell.drawn(x, top)) for since, cell in cells)])

    def _states(self, states: Iterable[tuple[int, Markup]]) -> Markup:
        states = [*states]
        return joined(group(drawn, class_="state final" if i == len(states) - 1 else "state", data_node=self.node,
                            data_from=since) for i, (since, drawn) in enumerate(states))


def _placed(row: Cells, left: float, top: float, right: float) -> tuple[list[Markup], float]:
    """All of some cells but the last one, and where that stands: in the middle of what is right of the others."""
    *others, last = row.cells
    before = Cells((*others, _Blank(last.label, last.content, last.second, False)))
    start = left - 6 if left > 12.0 else 0.0
    end = right + 10
    more = (end - start - sum(cell.width for cell in row.cells)) / len(row.cells)
    return [before.drawn(left, top, right)], end - (last.width + more) / 2


class _Blank(Cell):
    """A cell of some width with nothing in it."""

    __slots__ = ()

    def drawn(self, x: float, top: float) -> Markup:
        """Nothing."""
        return Markup("")


def _numbers(scene: Scene, events: Sequence[Event]) -> list[Markup]:
    """The number of each step on the gate of its edge; of a small picture only."""
    layout, look = scene.layout, scene.look
    if look.style == "shapes":
        return []
    found = []
    for number, event in enumerate(events, 1):
        edge = f"{event.node.id}.{event.position}"
        if event.is_hook or edge not in layout.lines:
            continue
        gate = scene.gates.get(edge)
        if gate is not None:
            x, y = layout.gates[edge].centre
            x, y = x - gate.width / 2, y - gate.height / 2
        else:
            x, y = at(layout.lines[edge], 0.5).point
        found.append(_number(count(number), x, y, edge))
    return found


def _number(words: str, x: float, y: float, edge: str) -> Markup:
    width = max(20.0, text_width(words, "label") * 12 / 11 + 10)
    ground = circle(x, y, 10, class_="ground") if width == 20 else rect(x - width / 2, y - 10, width, 20, rx=10,
                                                                        class_="ground")
    return group(ground, text(x, y + 4.5, words, anchor="middle"), class_="step-number", data_edge=edge)


def _sketched(scene: Scene, prefix: str) -> list[Markup]:
    """The parts of a large picture, as few as can be: all forward lines are one, and each ribbon is one."""
    description, look, layout = scene.description, scene.look, scene.layout
    layers = layers_of(scene, prefix)
    forward = path("".join(path_text(layout.lines[edge.id]) for edge in description.edges), class_="forward")
    ribbons = []
    for edge in description.edges:
        if edge.flow is not None:
            width = thickness(edge.flow, look)
            looks = " wrong" if is_troubled(edge.flow) else " zero" if width == 1 else ""
            across = 3.0 if look.is_flat else 0.0
            line = [Point(x + 3.0 - across, y + across) for x, y in layout.lines[edge.id]]
            ribbons.append(path(path_text(tuple(line)), class_=f"edge flowed{looks}", stroke_width=width,
                                data_id=edge.id))
    return [*layers.panels, forward, *ribbons, *layers.headings, Markup(_bare("".join(layers.nodes)))]


def _bare(svg: str) -> str:
    """Groups of nodes without titles, and without what repeats the description."""
    svg = re.sub(r"(<g [^>]*>)<title>[^<]*</title>", r"\1", svg)
    return re.sub(r'(<g) id="[^"]*"( class="[^"]*" data-id="[^"]*")(?: data-module="[^"]*")?', r"\1\2", svg)


# -- one stage --------------------------------------------------------------------------------------------------------


def shown_at(svg: ElementTree.Element, edges: Mapping[str, int], lit: Iterable[str], first: int, last: int) -> str:
    """The picture as it stands while some events are looked at, as the text of an SVG.

    Args:
        svg: the parsed picture; it is changed.
        edges: edge id -> the number of its event.
        lit: the ids of the nodes that are lit.
        first, last: the events that are looked at; 0, 0 for the start.
    """
    lit = {*lit}
    newest: dict[str, ElementTree.Element] = {}
    for each in svg.iter(f"{{{NAMESPACE}}}g"):
        classes = [name for name in (each.get("class") or "").split() if name not in ("lit", "passed", "coming",
                                                                                      "final")]
        if "edge" in classes and each.get("data-id") in edges:
            number = edges[each.get("data-id", "")]
            classes.append("coming" if number > last else "lit" if number >= first else "passed")
        elif "node" in classes and each.get("data-id") in lit:
            classes.append("lit")
        elif "state" in classes and int(each.get("data-from", "0")) <= last:
            newest[each.get("data-node", "")] = each          # they stand in the order of the events
        each.set("class", " ".join(classes))
    for each in newest.values():
        each.set("class", "state final")
    for each in [*svg.iter(f"{{{NAMESPACE}}}g")]:
        for child in [child for child in each if child.get("class") == "step-number"]:
            each.remove(child)
    return ElementTree.tostring(svg, encoding="unicode")


def parsed(svg: str) -> ElementTree.Element:
    """A picture of ours, to be changed."""
    ElementTree.register_namespace("", NAMESPACE)
    return ElementTree.fromstring(svg)
