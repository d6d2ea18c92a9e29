"""The page of a graph: one file to explore it in a browser, and what a notebook shows of it.

    page_of         a graph -> the text of an HTML document that needs nothing else
    bundle_of       a graph -> what `_repr_mimebundle_` gives

The picture that is drawn without any script is the page's first state; the script takes it over. Up to 3,000 nodes are
drawn as SVG, up to 10,000 on a canvas. Of more there are a summary and the part nearest to the result: the page says
so. Read `page_states.py`, `page_facts.py` and `page_shapes.py` before this file; the script is in `views/page`.
"""

from __future__ import annotations

import re
from collections import Counter
from html import unescape
from typing import TYPE_CHECKING, Any, NamedTuple

from ...drawing.letters import math_runs, visible
from ...drawing.numbers import count
from ...drawing.svg import Markup, element, joined, prefix_of
from ...drawing.tokens import Theme, css
from ...layouts.choosing import Engine
from ...page.bundle import PICTURE, bundle
from ...page.shell import asset, page, still
from ...page.words import GRAPH, say
from ..filters import limited
from ..formats.tree import text_of
from ..model import Description
from ..picture.legend import Entry, legend_of
from ..picture.styles import COMPACT, STATES, css_of_graphs
from ..picture.svg import Scene, parts_of, picture_of, scene_of
from .page_facts import facts_of
from .page_shapes import KINDS, shapes_of
from .page_states import MOST_PARTS, State, Templates, states_of

if TYPE_CHECKING:
    from ..graph import Graph

MOST_DRAWN = 3_000              # nodes as SVG
MOST_ON_CANVAS = 10_000
NEAREST, STILL = 300, 60        # nodes of the picture of a graph that is too large; of one where no script runs
MOST_IN_NOTEBOOK, PARTS_IN_NOTEBOOK = 600, 500        # nodes; nodes and edges of all states but the first
NOTHING = Markup()
_TITLED = re.compile(r'(<g id="[^>]* data-id="([^"]*)"[^>]*>)<title>([^<]*)</title>')         # parts of a picture
SCRIPTS = ("view.js", "panel.js", "painter.js", "canvas.js", "overview.js", "walk.js",
           "search.js", "graph.js")


class Settings(NamedTuple):
    """How a graph is drawn; as in `svg_of`."""

    show: str = "auto"
    style: str = "auto"
    direction: str = "right"
    theme: Theme = "auto"
    engine: Engine = "auto"


def page_of(graph: Graph | Description, *, show: str = "auto", style: str = "auto", direction: str = "right",
            theme: Theme = "auto", engine: Engine = "auto", recorded: Description | None = None) -> str:
    """A graph as a page: pan, zoom, search, fold modules, see where gradients flow, read every number.

    Args:
        graph: a Graph, or its description.
        show, style, theme, engine: as in `svg_of`.
        direction: where values flow to, "right" or "down". Narrow screens have "down" in both cases.
        recorded: the graph with all modules open: the page can then unfold those that are folded.
    Returns: an HTML document without any reference to something outside of it.
    """
    settings = Settings(show, style, direction, theme, engine)
    shown = graph if isinstance(graph, Description) else graph.description
    recorded = recorded or shown
    notes, too_many = _too_many(shown)
    more = _summary(shown) if too_many else Markup()
    if too_many:
        shown = recorded = limited(shown, NEAREST)
    made = _made(recorded, shown, settings, MOST_PARTS, notes)
    return _page(made, made.svg, settings.theme, more)


def bundle_of(graph: Graph | Description, *, show: str = "auto", style: str = "auto", direction: str = "right",
              theme: Theme = "auto", engine: Engine = "auto", recorded: Description | None = None) -> dict[str, str]:
    """What a notebook shows of a graph: the picture, and the page in its place where scripts run.

    A notebook keeps what it shows, so that of more than 600 nodes it shows those nearest to the result.
    """
    settings = Settings(show, style, direction, theme, engine)
    shown = graph if isinstance(graph, Description) else graph.description
    recorded = recorded or shown
    notes: list[str] = []
    if len(shown.nodes) > MOST_IN_NOTEBOOK:
        notes = [say("notebook", n=count(sum(node.count for node in shown.nodes)))]
        recorded = shown = limited(shown, NEAREST)
    made = _untitled(_made(recorded, shown, settings, PARTS_IN_NOTEBOOK, notes))
    return bundle(made.svg, made.words, page=_page(made, PICTURE, settings.theme), alt=made.title,
                  shown_as_text=say("as text"))


# -- the document -----------------------------------------------------------------------------------------------------


class Made(NamedTuple):
    """What a page is put together from: title, picture, the same as text, legend, notes, data of the script."""

    title: str
    svg: str
    words: str
    legend: Markup
    notes: list[str]
    data: dict[str, Any]


def _made(recorded: Description, shown: Description, settings: Settings, most: int, notes: list[str]) -> Made:
    is_drawn = len(shown.nodes) <= MOST_DRAWN
    directions = ("right", "down") if settings.direction == "right" and is_drawn else (settings.direction,)
    found = states_of(recorded, shown, directions, most)
    if not is_drawn:
        shown = limited(shown, STILL)
    scene = _scene(shown, settings, settings.direction)
    prefix = prefix_of(repr((shown, settings)))
    parts = parts_of(scene, prefix)
    templates = Templates({_id_of(part): part for part in parts} if is_drawn else {})
    states, legend = _states(found.states, scene if is_drawn else None, templates, settings, prefix)
    title = shown.title or say("untitled", n=count(sum(node.count for node in shown.nodes)))
    data = {"title": visible(title), "states": states, "templates": templates.further, "kinds": KINDS,
            "facts": facts_of(dict.fromkeys(state.description for state in found.states), not is_drawn)}
    if found.are_some_missing:
        legend = joined([element("p", say("some folds"), class_="note"), legend])
    return Made(title, picture_of(scene, parts, prefix, settings.theme), text_of(shown, settings.show), legend, notes,
                data)


def _untitled(made: Made) -> Made:
    """The same with the titles of the picture's parts among the data: an image shows none, and a page is compressed."""
    titles = {unescape(found[2]): unescape(found[3]) for found in _TITLED.finditer(made.svg)}
    return made._replace(svg=_TITLED.sub(r"\1", made.svg), data=made.data | {"titles": titles})


def _page(made: Made, picture: str, theme: Theme, more: Markup = NOTHING) -> str:
    heading = joined(element("i", run) if italic else run for run, italic in math_runs(visible(made.title)))
    notes = joined(element("p", visible(note), class_="note") for note in made.notes)
    body = joined([Markup('<main class="graph-page">'), element("h1", heading), notes, more,
                   Markup('<div id="stage">'), still(picture, made.words, say("as text"), made.legend),
                   Markup("</div></main>")])
    styles = [css(f".tg-{theme}", theme), css_of_graphs("shapes"), COMPACT, STATES, asset("graph.css")]
    return page(made.title, body, styles=styles, scripts=[asset(name) for name in SCRIPTS], data=made.data,
                words=GRAPH, theme=theme)


def _scene(d: Description, settings: Settings, direction: str) -> Scene:
    style = settings.style if len(d.nodes) <= MOST_DRAWN else "shapes"
    return scene_of(d, show=settings.show, style=style, direction=direction, engine=settings.engine)


def _states(states: list[State], first: Scene | None, templates: Templates, settings: Settings,
            prefix: str) -> tuple[list[dict[str, Any]], Markup]:
    """Every state as data, and the legend of all. `first` is the scene of the first one, if the picture shows that."""
    found: list[dict[str, Any]] = []
    entries: dict[str, Entry] = {}
    for i, (folded, description, direction) in enumerate(states):
        scene = first if first and i == 0 else _scene(description, settings, direction)
        for entry in legend_of(description, scene.look, scene.gates):
            entries.setdefault(entry.text.said, entry)
        state = _placed(scene) | {"folded": sorted(folded)}
        if len(description.nodes) > MOST_DRAWN:
            state["shapes"] = shapes_of(scene)
        elif scene is not first:
            state["parts"] = [templates.moved(_id_of(part), part) for part in parts_of(scene, prefix)]
        found.append(state)
    return found, _legend(entries, settings.theme)


def _placed(scene: Scene) -> dict[str, Any]:
    def whole(numbers: Any) -> list[int]:
        return [round(x) for x in numbers]

    layout = scene.layout
    return {"direction": scene.look.direction, "style": scene.look.style, "size": whole((layout.width, layout.height)),
            "boxes": {id: whole(box) for id, box in layout.boxes.items()},
            "frames": {id: whole(frame) for id, frame in layout.frames.items()}}


def _id_of(part: str) -> str:
    _, _, after = part.partition('data-id="')
    return after.partition('"')[0]


def _legend(entries: dict[str, Entry], theme: Theme) -> Markup:
    """The marks of all states, each with its meaning, in a list that a page breaks into lines by itself."""
    items = [element("li", element("svg", entry.mark, class_=f"tg tg-{theme}", width=entry.width + 4, height=28,
                                   viewBox=f"-2 -14 {entry.width + 4:g} 28", aria_hidden=True), " ", said)
             for said, entry in entries.items()]
    if not items:
        return NOTHING
    return element("details", element("summary", say("legend")), element("ul", *items), class_="marks", open="")


# -- graphs that are too large ----------------------------------------------------------------------------------------


def _too_many(d: Description) -> tuple[list[str], bool]:
    """Whether there are too many nodes for any picture, and what the page says then."""
    total = sum(node.count for node in d.nodes)
    is_cut = len(d.nodes) > MOST_ON_CANVAS or (total > MOST_ON_CANVAS and any(n.kind == "rest" for n in d.nodes))
    if is_cut:
        return [say("too many", n=count(total), shown=count(min(NEAREST, len(d.nodes))))], True
    if len(d.nodes) > MOST_DRAWN:
        return [say("on canvas", n=count(len(d.nodes)))], False
    return [], False


def _summary(d: Description) -> Markup:
    """What a graph that is too large consists of, in a table: how often each operation was recorded."""
    kinds = Counter(node.operation.name if node.operation else node.kind for node in d.nodes if node.kind != "rest")
    rows = [element("tr", element("th", visible(name), scope="row"), element("td", count(n)))
            for name, n in kinds.most_common(12)]
    left_out = sum(node.count for node in d.nodes if node.kind == "rest")
    if left_out:
        rows.append(element("tr", element("th", say("left out"), scope="row"), element("td", count(left_out))))
    return element("table", element("caption", say("summary", n=count(len(d.nodes)))), element("tbody", *rows),
                   class_="summary")
