"""Panels: the open modules of a picture, each a ground under its nodes, and a heading.

    heading_of      the room that a panel's heading needs
    panels_drawn    the grounds of all panels as markup, outer ones first
    headings_drawn  their headings, on grounds of their own: they stand on the lines that cross them

Read `cards.py` before this file and `svg.py` after it.
"""

from __future__ import annotations

from ...drawing.letters import cut
from ...drawing.numbers import count
from ...drawing.svg import Markup, group, id_of, rect, title
from ...layouts.model import Layout, Rectangle
from ..model import Description, Module
from .inscriptions import Text


def open_modules(description: Description) -> list[Module]:
    """Modules with nodes inside, outer ones first; a folded one is a node."""
    parents = {module.id: module.parent for module in description.modules}
    folded = {node.id for node in description.nodes if node.kind == "module"}
    open_ones: set[str] = set()
    for inner in {node.module for node in description.nodes}:
        while inner is not None and inner in parents and inner not in open_ones:
            open_ones.add(inner)
            inner = parents[inner]
    return [module for module in description.modules if module.id in open_ones - folded]


def heading_of(module: Module) -> tuple[float, float]:
    """Width and height of a panel's heading."""
    name, kind, parameters = _texts(module, "")
    return sum(text.width for text in (name, kind, parameters)) + 8 + 24 + 16, 38.0


def _texts(module: Module, around: str) -> tuple[Text, Text, Text]:
    repeats = f" ×{count(module.repeats)}" if module.repeats > 1 else ""
    parameters = f"{count(module.parameters)} parameter{'s' * (module.parameters != 1)}" if module.parameters else ""
    path = module.path.removeprefix(f"{around}.") if around else module.path
    return (Text(f"▾ {cut(path, 28)}{repeats}", "bold"), Text(cut(module.kind, 36), "code"),
            Text(parameters, "label"))


def panels_drawn(modules: list[Module], layout: Layout, prefix: str) -> list[Markup]:
    """The ground of every panel as a group."""
    return [_ground(module, layout.frames[module.id], prefix) for module in modules if module.id in layout.frames]


def headings_drawn(modules: list[Module], layout: Layout, prefix: str) -> list[Markup]:
    """The heading of every panel as a group, to be drawn after the lines."""
    paths = {module.id: module.path for module in modules}
    return [_heading(module, layout.frames[module.id], paths.get(module.parent or "", ""), prefix)
            for module in modules if module.id in layout.frames]


def _ground(module: Module, where: Rectangle, prefix: str) -> Markup:
    x, y, width, height = where
    name = f"{module.id}.ground"                            # the heading is what is pointed at as the module
    return group(title(_said(module)), rect(x, y, width, height, rx=14, class_="panel-ground"),
                 id=id_of(prefix, name), class_="module ground", data_id=name)


def _heading(module: Module, where: Rectangle, around: str, prefix: str) -> Markup:
    name, kind, parameters = _texts(module, around)
    x, y, width, _ = where
    heading = group(_under(x + 16, y, name.width + 8 + kind.width), name.drawn(x + 16, y + 23),
                    kind.drawn(x + 16 + name.width + 8, y + 23), class_="fold")
    right = x + width - 14
    at_the_right = (_under(right - parameters.width, y, parameters.width), parameters.drawn(right, y + 23, "end"))
    return group(title(_said(module)), heading, *(at_the_right if parameters.said else ()),
                 id=id_of(prefix, module.id), class_="module open", data_id=module.id)


def _under(x: float, y: float, width: float) -> Markup:
    """What hides the lines under words of a heading."""
    return rect(x - 6, y + 6, width + 12, 26, rx=6, class_="heading-ground")


def _said(module: Module) -> str:
    parts = (module.path, module.kind, _texts(module, "")[2].said, f"{count(module.count)} nodes")
    return ", ".join(part for part in parts if part)
