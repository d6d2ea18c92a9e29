"""SVG: a placed network as a picture.

    svg_of(network, bias, theme) -> the whole document, which needs nothing else

Positive weights are filled lines, negative ones hollow; what is off is grey and dashed; blue is what flows forward,
orange what the example wants. Where there are many lines, pointing at a unit lights its own, by the style sheet alone.
Each unit and each weight has a `<title>` with its exact number; an image in a notebook, where nothing can be pointed
at, has neither. Read `placing.py` and `explaining.py` before this file.
"""

from __future__ import annotations

import math
import re

import numpy as np

from ..drawing import svg
from ..drawing.numbers import number
from ..drawing.svg import Markup
from ..drawing.tokens import Theme
from .captions import fill_of
from .explaining import SIGN_WIDTH, Item, explained
from .measures import MOST_NUMBERS, Bias
from .model import Network
from .placing import box_of, placed
from .scene import BIAS, Arrow, Disc, Label, Lead, Line, Scene, Tag, Tile, Words, around
from .text import exact, said
from .tiles import badge, tile_of, xy

STYLE = """
.tg .s12{font-size:12px} .tg .s11{font-size:11px} .tg .plain{font-weight:400}
.tg .wp{stroke:var(--pos);fill:none} .tg .wn{stroke:var(--neg);fill:none} .tg .wc{stroke:var(--bg);fill:none}
.tg .wz{stroke:var(--line);fill:none;stroke-width:1.2px;stroke-dasharray:1 4;stroke-linecap:round}
.tg .ww{stroke:var(--warn);fill:none;stroke-width:4px} .tg .we{stroke:var(--warn-ink);fill:none;stroke-width:6px}
.tg .dead .wp,.tg .dead .wn,.tg .dead .wz{stroke:var(--line);stroke-width:1.25px!important;stroke-dasharray:5 4}
.tg .dead .wc{display:none}
.tg .unit{stroke:var(--value);stroke-width:2;fill:var(--surface)}
.tg .unit.off{stroke:var(--const);stroke-dasharray:4 4} .tg .unit.one{stroke:var(--param)}
.tg .f1{fill:var(--act1)} .tg .f2{fill:var(--act2)} .tg .f3{fill:var(--act3)} .tg .f4{fill:var(--act4)}
.tg .bias{fill:var(--surface);stroke:var(--param)} .tg text.bi{font-size:11px;fill:var(--param);font-weight:600}
.tg .nud{fill:var(--grad)} .tg .edge{stroke:var(--bg);stroke-width:3;fill:none}
.tg .narr{stroke:var(--grad);stroke-width:4;fill:none}
.tg .nhalo{stroke:var(--bg);stroke-width:15;fill:none} .tg .wl{fill:var(--bg)} .tg text.dim{fill:var(--soft)}
.tg .px{fill:none;stroke:var(--line)} .tg .black{fill:#000} .tg .paper{fill:var(--surface)}
.tg .cp{fill:var(--pos)} .tg .cn{fill:var(--neg)} .tg .hole{fill:var(--surface)} .tg .cells{shape-rendering:crispEdges}
.tg .lead{stroke:var(--hair);fill:none;stroke-width:1.25} .tg .way{stroke:var(--line);fill:none;stroke-width:1.5}
.tg .wayh,.tg .dot{fill:var(--line)}
.tg .badge{fill:var(--warn);stroke:var(--warn-ink);stroke-width:1.25}
.tg text.bang{fill:var(--warn-ink);font-weight:600}
@media (forced-colors:active){.tg .px{stroke:CanvasText}}
"""
_POINTED_AT = re.compile("<title>[^<]*</title>")
HIDDEN = 0.08                               # opacity of the other lines while one unit's are lit
PALE, PALE_IN_A_CROWD = 0.45, 0.16          # opacity of the palest line


def svg_of(network: Network, bias: Bias = "tag", theme: Theme = "auto", is_image: bool = False) -> str:
    """The picture as an SVG document; `is_image` leaves out what shows only where one can point at something."""
    scene = placed(network, bias)
    items = explained(network, bias, scene)
    body = svg.joined([
        *(_lead(each) for each in scene.leads), *(tile_of(each) for each in scene.tiles),
        *(_line(each, network, scene, is_image) for each in _by_weight(scene.lines)),
        *(_label(each) for each in scene.labels), *(_disc(each, network) for each in scene.discs),
        *(_tag(each, network) for each in scene.tags), *(_arrow(each, network) for each in scene.arrows),
        *(_dots(*each) for each in scene.dots), *(_words(each) for each in scene.words),
        *(_item(each, network) for each in items)])
    if is_image:
        body = Markup(_POINTED_AT.sub("", body))
    prefix = svg.prefix_of(body)
    style = STYLE + (_hover(scene, prefix) if len(scene.lines) > MOST_NUMBERS and not is_image else "")
    return svg.document(scene.width, scene.height, body, title=network.title, desc=said(network), css=style,
                        prefix=prefix, theme=theme)


def _hover(scene: Scene, prefix: str) -> str:
    """Rules that light the lines of the unit under the pointer."""
    rules = [".tg .e{pointer-events:none} .tg .l,.tg .n{pointer-events:none}"]
    for disc in scene.discs:
        name = _unit_class(disc.layer, disc.unit)
        pointed = f"#{prefix}:has(.u{name}:hover)"
        rules.append(f"{pointed} .e:not(.o{name},.i{name}),{pointed} .l:not(.o{name},.i{name}){{opacity:{HIDDEN}}}"
                     f"{pointed} .o{name},{pointed} .i{name}{{opacity:1}}")
    return "\n".join(rules)


def _unit_class(layer: int, unit: int) -> str:
    return f"{layer}-{'b' if unit == BIAS else unit}"


def _ends(line: Line) -> str:
    """The classes that say which units a line joins: out of one, into another."""
    return f"o{_unit_class(line.layer - 1, line.source)} i{_unit_class(line.layer, line.target)}"


def _by_weight(lines: list[Line]) -> list[Line]:
    """Those of units that are off first, then from small to large, so that large ones lie on top."""
    return sorted(lines, key=lambda line: (not line.is_dead, line.width))


# -- weights ----------------------------------------------------------------------------------------------------------


def _line(line: Line, network: Network, scene: Scene, is_image: bool) -> Markup:
    d = f"M{xy(line.x1, line.y1)}L{xy(line.x2, line.y2)}"
    pale = _opacity(line, scene) if scene.is_faint else None
    many = len(scene.lines) > MOST_NUMBERS and not is_image
    class_ = " ".join(filter(None, ("dead" if line.is_dead else "", f"e {_ends(line)}" if many else "")))
    return svg.group(svg.title(_about_line(line, network)), *_stroke(d, line.weight, line.width), class_=class_ or None,
                     opacity=pale)


def _opacity(line: Line, scene: Scene) -> float:
    """Small weights are pale where there are many lines, and more so in a crowd; what is off is palest."""
    least = PALE_IN_A_CROWD if scene.is_crowded else PALE
    strength = 1.0 if not math.isfinite(line.weight) else 0.0 if line.is_dead else line.strength
    return least + (1 - least) * strength


def _stroke(d: str, weight: float, width: float) -> list[Markup]:
    if not math.isfinite(weight):
        return [svg.path(d, class_="we"), svg.path(d, class_="ww")]
    if weight == 0:
        return [svg.path(d, class_="wz")]
    if weight > 0:
        return [svg.path(d, class_="wp", style=f"stroke-width:{svg.decimal(width)}")]
    inner = max(width - 1.2, 0.8)
    return [svg.path(d, class_="wn", style=f"stroke-width:{svg.decimal(inner + 2.8)}"),
            svg.path(d, class_="wc", style=f"stroke-width:{svg.decimal(inner)}")]


def _about_line(line: Line, network: Network) -> str:
    before, after = network.layers[line.layer - 1], network.layers[line.layer]
    if line.source == BIAS:
        text = f"bias of {after.name(line.target)}: {exact(line.weight)}"
    else:
        text = f"{before.name(line.source)} to {after.name(line.target)}: weight {exact(line.weight)}"
    if not network.has_nudges:
        return text
    if line.nudge is None:
        return f"{text}, frozen"
    if line.nudge == 0:
        return f"{text}, no nudge: nothing flows here"
    wish = "wants more" if line.nudge > 0 else "wants less" if line.nudge < 0 else "not a number"
    return f"{text}, {wish}: −∂C/∂{'b' if line.source == BIAS else 'w'} = {exact(line.nudge)}"


def _label(label: Label) -> Markup:
    box, line = label.box, label.line
    x, y = box.middle
    pieces = []
    if label.text:
        pieces.append(svg.rect(box.left, box.top, box.width, box.height, rx=9, class_="wl"))
        at = x - (9 if label.mark else 0)
        if math.isfinite(line.weight):
            dim = " dim" if line.is_dead else ""
            pieces.append(svg.text(at, y + 4.3, label.text, anchor="middle", class_=f"s12{dim}"))
        else:
            pieces.append(badge(at, y, label.text))
    if label.mark:
        assert line.nudge is not None
        pieces.append(_triangle(box.right - 15 if label.text else x, y, label.mark, line.nudge, halo=not label.text))
    return svg.group(*pieces, class_=f"l {_ends(line)}" if not label.text else None)


def _triangle(x: float, y: float, width: float, nudge: float, halo: bool = False) -> Markup:
    """Up if the weight should grow, down if it should shrink."""
    if not math.isfinite(nudge):
        return badge(x, y, "!!", 18)
    half, up = width / 2, 1 if nudge > 0 else -1
    d = f"M{xy(x, y - up * half)}L{xy(x + half, y + up * half)}H{svg.decimal(x - half)}Z"
    drawn = svg.path(d, class_="nud")
    return svg.joined([svg.path(d, class_="edge"), drawn]) if halo else drawn


# -- units ------------------------------------------------------------------------------------------------------------


def _disc(disc: Disc, network: Network) -> Markup:
    layer, many = network.layers[disc.layer], f"u{_unit_class(disc.layer, disc.unit)}"
    if disc.unit == BIAS:
        side = 2 * disc.radius
        return svg.group(svg.title("bias unit: always 1"),
                         svg.rect(disc.x - disc.radius, disc.y - disc.radius, side, side, rx=3, class_="unit one"),
                         svg.text(disc.x, disc.y + 5, disc.text, "bold", anchor="middle"), class_=many)
    off = layer.off is not None and bool(layer.off[disc.unit])
    fill = 0 if off else fill_of(layer, disc.unit)
    kind = " off" if off else f" f{fill}" if fill else ""
    pieces = [svg.title(_about_unit(disc, network)), svg.circle(disc.x, disc.y, disc.radius, class_=f"unit{kind}")]
    bad = layer.values is not None and not math.isfinite(float(layer.values[disc.unit]))
    if bad:
        pieces.append(badge(disc.x, disc.y, disc.text))
    elif disc.text:
        class_ = " ".join(filter(None, ("s12" if disc.size == 12 else "s11" if disc.size == 11 else "",
                                        "dim" if off else "")))
        pieces.append(svg.text(disc.x, disc.y + 0.36 * disc.size, disc.text, "bold" if disc.font == "bold" else "body",
                               anchor="middle", class_=class_ or None))
    return svg.group(*pieces, class_=many)


def _about_unit(disc: Disc, network: Network) -> str:
    layer, k = network.layers[disc.layer], disc.unit
    parts = []
    if layer.role == "input" and layer.values is not None:
        parts.append(exact(layer.values[k]))
    elif layer.values is not None:
        if layer.sums is not None:
            parts.append(f"z = {exact(layer.sums[k])}")
        parts.append(f"a = {exact(layer.values[k])}")
        if layer.seen is not None and layer.off is not None and network.examples > 1:
            parts.append(f"on in {int((layer.seen[:, k] != 0).sum())} of {network.examples} examples")
    if layer.biases is not None:
        parts.append(f"bias {exact(layer.biases[k])}")
    if layer.wanted is not None:
        parts.append(f"wanted {exact(layer.wanted[k])}")
    if network.has_nudges and layer.nudges is not None:
        parts.append(f"−∂C/∂{'z' if layer.by_sums else 'a'} = {exact(layer.nudges[k])}")
    return layer.name(k) + (": " + ", ".join(parts) if parts else "")


def _tag(tag: Tag, network: Network) -> Markup:
    x, y = tag.box.middle
    text = f"bias of {network.layers[tag.layer].name(tag.unit)}: {exact(tag.value)}"
    if tag.nudge:
        text += f", wants {'more' if tag.nudge > 0 else 'less'}: −∂C/∂b = {exact(tag.nudge)}"
    box = tag.box
    pieces = [svg.title(text)]
    if math.isfinite(tag.value):
        pieces += [svg.rect(box.left, box.top, box.width, box.height, rx=4, class_="bias"),
                   svg.text(x, y + 4.2, tag.text, anchor="middle", class_="bi")]
    else:
        pieces.append(badge(x, y, tag.text))
    if tag.mark:
        assert tag.nudge is not None
        pieces.append(_triangle(box.right + 10, y, tag.mark, tag.nudge, halo=True))
    return svg.group(*pieces)


def _arrow(arrow: Arrow, network: Network) -> Markup:
    if not arrow.length:
        return badge(arrow.x + 4, arrow.y, number(arrow.nudge))
    up = 1 if arrow.nudge > 0 else -1
    tail, tip = arrow.y + up * arrow.length / 2, arrow.y - up * arrow.length / 2
    base = tip + up * 9
    x = svg.decimal(arrow.x)
    end = base - up * 3                 # the shaft ends inside the head
    pieces = [svg.path(f"M{x} {svg.decimal(tail)}V{svg.decimal(tip)}", class_="nhalo")]
    if arrow.length > 9:
        pieces.append(svg.path(f"M{x} {svg.decimal(tail)}V{svg.decimal(end)}", class_="narr"))
    head = f"M{x} {svg.decimal(tip)}L{xy(arrow.x - 5, base)}H{svg.decimal(arrow.x + 5)}Z"
    pieces.append(svg.path(head, class_="nud"))
    return svg.group(*pieces, class_="n")


def _dots(x: float, y: float) -> Markup:
    return svg.group(*(svg.circle(x, y + step, 2.5, class_="dot") for step in (-10, 0, 10)))


# -- leads and words --------------------------------------------------------------------------------------------------


def _lead(lead: Lead) -> Markup:
    if lead.has_head:
        x, y = lead.x2, lead.y2
        return svg.group(svg.path(f"M{xy(lead.x1, lead.y1)}H{svg.decimal(x - 6)}", class_="way"),
                         svg.path(f"M{xy(x, y)}l-8 -4.4v8.8z", class_="wayh"))
    middle = (lead.x1 + lead.x2) / 2
    return svg.path(f"M{xy(lead.x1, lead.y1)}C{xy(middle, lead.y1)} {xy(middle, lead.y2)} {xy(lead.x2, lead.y2)}",
                    class_="lead")


# -- words ------------------------------------------------------------------------------------------------------------


def _words(words: Words) -> Markup:
    if words.style == "warn":
        wide = svg.text_width(words.text, "bold") + 16
        return svg.group(svg.rect(words.x - 8, words.y - 15, wide, 21, rx=4, class_="badge"),
                         svg.text(words.x, words.y, words.text, "bold", class_="bang"))
    role = "label" if words.size == 11 else "bold" if words.font == "bold" else "body"
    shown: str | Markup = words.text
    if words.text.startswith("cost C"):
        shown = svg.joined(["cost ", svg.element("tspan", "C", class_="i cost"), words.text[6:]])
    class_ = "s12" if words.size == 12 else None
    found = svg.text(words.x, words.y, shown, role, anchor=words.anchor, class_=class_)
    box = box_of(words)                 # a ground of its own, since lines may pass below
    pieces = [svg.rect(box.left - 3, box.top - 1, box.width + 6, box.height + 4, rx=4, class_="wl"), found]
    return svg.group(*([svg.title(words.whole)] if words.whole else []), *pieces)


def _item(item: Item, network: Network) -> Markup:
    """One explanation: its sign, and its words beside it."""
    x, y = item.x, item.y
    words = [svg.text(x + SIGN_WIDTH[item.sign], y + 4.5 + 14 * k, line, "label") for k, line in enumerate(item.lines)]
    return svg.group(*_sign(item, network), *words)


def _sign(item: Item, network: Network) -> list[Markup]:
    x, y = item.x, item.y
    if item.sign in ("plus", "minus"):
        return _stroke(f"M{xy(x, y)}H{svg.decimal(x + 34)}", 1.0 if item.sign == "plus" else -1.0, 5.0)
    if item.sign == "off":
        return [svg.circle(x + 10, y, 10, class_="unit off")]
    if item.sign == "tag":
        return [svg.rect(x, y - 8, 30, 16, rx=4, class_="bias"),
                svg.text(x + 15, y + 4, "+ b", anchor="middle", class_="bi")]
    if item.sign == "one":
        return [svg.rect(x, y - 10, 20, 20, rx=3, class_="unit one"),
                svg.text(x + 10, y + 4.5, "1", "bold", anchor="middle", class_="s12")]
    if item.sign == "arrow":
        return [svg.path(f"M{xy(x + 6, y + 11)}V{svg.decimal(y - 4)}", class_="narr"),
                svg.path(f"M{xy(x + 6, y - 12)}l-5 9h10z", class_="nud"), _triangle(x + 21, y, 11.5, 1.0)]
    if item.sign == "tile":
        cells = np.array([[1.0, -1.0], [-0.6, 0.4]])
        return [tile_of(Tile(box=around(x + 10, y, 18, 18), kind="weights", cells=cells, layer=0, title="example"))]
    if item.sign == "trouble":
        return [badge(x + 13, y, "!!", 24)]
    return []
