"""SVG, built so that nothing a user named can become markup.

    Markup              a string that is markup already; every other string is text, and escaped
    element  group  title  path  rect  circle       pieces of a picture
    text  text_width  math                          words: in the roles of ROLES, measured with the bundled widths
    document            the whole picture: size, description for screen readers, style sheet, theme
    css_of_text         the style of the roles, which `document` adds by itself
    decimal             a length with at most 2 decimals (of `numbers`)
    id_of               any name as a valid id

`element("text", "<b>", x=1.5, class_="name")` gives `<text x="1.5" class="name">&lt;b&gt;</text>`: an underscore at
the end of an attribute is left out, others become hyphens (`stroke_width`), and attributes that are None are left out.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from functools import cache
from numbers import Real
from typing import Any, Literal, NamedTuple

from ...errors import ArgumentError
from . import letters, tokens
from .numbers import decimal as decimal
from .tokens import Theme

Anchor = Literal["start", "middle", "end"]


class Markup(str):
    """A string that is markup, and is put into a picture as it is; text that is added to it is escaped."""

    __slots__ = ()

    def __add__(self, other: str) -> Markup:
        return joined([self, other])


class Role(NamedTuple):
    """How a kind of text is set: its font (see `letters`) and size in pixels."""

    font: letters.Font
    size: float


ROLES = {
    "body": Role("ui", 14),
    "bold": Role("bold", 14),           # a module's name, a factor in a gate
    "label": Role("ui", 11),            # "data", "grad", ranges, notes: the smallest
    "code": Role("code", 12),           # shapes, types
    "number": Role("bold", 15),         # values and gradients in cells
    "name": Role("math", 17),           # a node's name or expression
    "math": Role("math", 15),           # formulas in gates
    "small-math": Role("math", 13),     # a name beside a label
    "sign": Role("bold", 18),           # on a disc: ×, +
    "word": Role("bold", 13),           # on a disc: tanh
}


# -- pieces -----------------------------------------------------------------------------------------------------------


def element(tag: str, *children: str | Markup, **attributes: object) -> Markup:
    """One element; children that are not `Markup` are text, and escaped.

    >>> element("text", "1 < 2", x=1.0, y=2.125, class_="name", fill=None)
    '<text x="1" y="2.12" class="name">1 &lt; 2</text>'
    """
    opening = "".join([tag, *[f' {_attribute_name(name)}="{_attribute(value)}"'
                              for name, value in attributes.items() if value is not None]])
    if not children:
        return Markup(f"<{opening}/>")
    return Markup(f"<{opening}>{joined(children)}</{tag}>")


def group(*children: str | Markup, **attributes: object) -> Markup:
    """Several pieces as one."""
    return element("g", *children, **attributes)


def title(words: str) -> Markup:
    """What a browser shows while the pointer rests on the piece around it; lines stay lines."""
    return Markup(f"<title>{escaped(words, lines=True)}</title>")


def path(d: str, **attributes: object) -> Markup:
    """A path, by its commands."""
    return element("path", d=d, **attributes)


def rect(x: float, y: float, width: float, height: float, **attributes: object) -> Markup:
    """A rectangle; `rx=8` rounds its corners."""
    return element("rect", x=x, y=y, width=width, height=height, **attributes)


def circle(x: float, y: float, radius: float, **attributes: object) -> Markup:
    """A circle."""
    return element("circle", cx=x, cy=y, r=radius, **attributes)


def joined(pieces: Iterable[str | Markup]) -> Markup:
    """Pieces one after the other, text among them escaped."""
    return Markup("".join(each if isinstance(each, Markup) else escaped(each) for each in pieces))


# -- words ------------------------------------------------------------------------------------------------------------


def text(x: float, y: float, words: str | Markup, role: str = "body", *, anchor: Anchor = "start",
         colour: str | None = None, halo: bool = False, **attributes: object) -> Markup:
    """A line of text at its base line.

    Args:
        x, y: where it begins, or its middle, or its end, as `anchor` says.
        words: the text; formulas are set by `math` where the role is one of mathematics.
        role: a key of ROLES.
        anchor: "start", "middle" or "end".
        colour: a token ("value", "grad"); by default the role's.
        halo: with an edge of the background's colour, for labels that lie on lines.

    >>> text(4, 16, "w·x", "name", anchor="middle")
    '<text x="4" y="16" class="name mid"><tspan class="i">w</tspan>·<tspan class="i">x</tspan></text>'
    """
    if role not in ROLES:
        raise ArgumentError(f"text(x, y, words, role): got role={role!r}; expected one of {', '.join(ROLES)}.")
    classes = ["" if role == "body" else role, {"start": "", "middle": "mid", "end": "end"}[anchor],
               f"in-{colour}" if colour else "", "halo" if halo else "", str(attributes.pop("class_", None) or "")]
    if not isinstance(words, Markup) and ROLES[role].font == "math":
        words = math(words)
    return element("text", words, x=x, y=y, class_=" ".join(filter(None, classes)) or None, **attributes)


def text_width(words: str, role: str = "body") -> float:
    """How wide `text` draws the words, in pixels.

    >>> round(text_width("−1.503", "number"))
    60
    """
    return letters.width(words, ROLES[role].size, ROLES[role].font)


def math(formula: str) -> Markup:
    """A formula as tspans: single letters italic, functions, words and numbers upright."""
    return joined(element("tspan", run, class_="i") if italic else run
                  for run, italic in letters.math_runs(letters.visible(formula)))


def css_of_text() -> str:
    """The style of the roles, for pictures of class "tg"; what a page around the picture says does not reach in."""
    fonts = {"ui": tokens.FONTS["ui"], "bold": tokens.FONTS["ui"], "math": tokens.FONTS["math"],
             "code": tokens.FONTS["code"]}
    rules = [f".tg text{{font:{ROLES['body'].size}px {fonts['ui']};fill:var(--ink);font-variant-numeric:tabular-nums;"
             "direction:ltr;letter-spacing:normal;word-spacing:normal;text-transform:none;white-space:pre}"]
    for name, role in ROLES.items():
        if name != "body":
            family = f";font-family:{fonts[role.font]}" if role.font in ("math", "code") else ""
            weight = ";font-weight:600" if role.font == "bold" else ""
            colour = {"label": ";fill:var(--soft)", "sign": ";fill:var(--surface)",
                      "word": ";fill:var(--surface)"}.get(name, "")
            rules.append(f".tg .{name}{{font-size:{role.size}px{family}{weight}{colour}}}")
    return "\n".join([
        *rules,
        ".tg .i{font-style:italic} .tg .mid{text-anchor:middle} .tg .end{text-anchor:end}",
        *(f".tg .in-{name}{{fill:var(--{name})}}" for name in ("ink", "soft", "value", "grad", "param", "pos", "neg",
                                                               "warn-ink")),
        ".tg .halo{paint-order:stroke;stroke:var(--bg);stroke-width:4px;stroke-linejoin:round}",
    ])


# In a media rule, since programs that draw pictures for files would take the height literally; those skip it.
_NARROW = "@media all{svg.tg{max-width:100%;height:auto}}"

# -- the whole --------------------------------------------------------------------------------------------------------


def document(width: float, height: float, body: Markup, *, title: str, desc: str = "", css: str = "",
             prefix: str = "tg", theme: Theme = "auto", role: str = "img", background: bool = True,
             **attributes: object) -> Markup:
    """A whole picture, for a file or for a page.

    Args:
        width, height: in pixels; a narrow page shows it smaller.
        body: what is drawn.
        title: what it shows, for screen readers: "y = tanh(w·x + b)".
        desc: its values, in words.
        css: the picture's own style: rules whose selectors begin with ".tg ", colours as var(--name).
        prefix: the beginning of every id; two pictures on one page need two (see `prefix_of`).
        theme: "auto" follows the page and the reader.
        role: "img"; "graphics-document" where parts can be used.
        background: whether a ground of the theme's colour is drawn.
        attributes: further ones of the root element.
    Raises: ArgumentError if no id can begin with `prefix`, or there is no such theme.
    """
    if not re.fullmatch("[A-Za-z][A-Za-z0-9.-]*", prefix):
        raise ArgumentError(f"document(…): got prefix={prefix!r}; expected a letter, then letters, digits, . and -")
    style = f"{_NARROW}\n{css_of_text()}\n{css}"
    back = rect(0, 0, width, height, rx=8, fill="var(--bg)") if background else Markup("")
    colours = tokens.css(f".tg-{theme}", theme, tokens.used_in(style + body + back))
    described = f"{prefix}-t {prefix}-d" if desc else f"{prefix}-t"
    w, h = decimal(width), decimal(height)
    return element(
        "svg",
        element("title", Markup(escaped(title)), id=id_of(prefix, "t")),
        element("desc", Markup(escaped(desc)), id=id_of(prefix, "d")) if desc else Markup(""),
        Markup(f"<style>{_style(colours)}\n{_style(style)}</style>"),
        back, body,
        xmlns="http://www.w3.org/2000/svg", id=prefix, class_=f"tg tg-{theme}", viewBox=f"0 0 {w} {h}", width=w,
        height=h, role=role, aria_labelledby=described, **attributes)


def id_of(prefix: str, name: str) -> str:
    """A valid id for any name, another one for another name.

    >>> id_of("tg", "n3.0"), id_of("tg", "w<1>")
    ('tg-n3.0', 'tg-w_3c_1_3e_')
    """
    return f"{prefix}-" + re.sub(r"[^A-Za-z0-9.-]", lambda found: f"_{ord(found[0]):x}_", name)


def prefix_of(body: str) -> str:
    """A prefix for ids that is the same whenever the picture is, and another one for another picture."""
    return "tg" + hashlib.sha256(body.encode("utf-8", "replace")).hexdigest()[:8]


_UNUSUAL = re.compile(r"""[^ !#-%(-;=?-~]""")            # all but what is the same in XML
_ESCAPES = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord('"'): "&quot;", ord("'"): "&#39;"}


def escaped(words: str, lines: bool = False) -> str:
    """Text as XML has it, with signs for what XML cannot hold; `lines` keeps line ends."""
    if lines:
        return "\n".join(escaped(each) for each in words.splitlines())
    return letters.visible(words).translate(_ESCAPES) if _UNUSUAL.search(words) else words


def _attribute(value: Any) -> str:
    if isinstance(value, str):
        return escaped(value)
    if isinstance(value, bool):
        return str(value).lower()
    return decimal(float(value)) if isinstance(value, Real) else escaped(str(value))


@cache
def _attribute_name(name: str) -> str:
    return name.rstrip("_").replace("_", "-")


def _style(css: str) -> str:
    """A style sheet as the content of <style>: nothing in it closes the element."""
    return css.replace("&", "&amp;").replace("<", "&lt;")
