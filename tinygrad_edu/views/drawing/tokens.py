"""The style sheets that put the colours of `colours.py`, and the fonts, to use in pictures and pages.

    FONTS  SCALE        font stacks; sizes and durations of pages
    css                 what a picture needs: private variables, `--grad: var(--tg-grad, #b3470a)`
    page_css            what a page needs: the public ones, `--tg-grad: #b3470a`, for every theme
    literal             a style sheet or picture with the colours written in, for programs that know no variables

A picture follows the tokens of the page it stands in; else the page's mark of a dark or light theme (its own,
JupyterLab's, VS Code's or Colab's); else what the reader's system prefers. It is therefore right inline, in an <img>
and alone. On paper it is light.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Literal

from ...colours import DARK, LIGHT, TOKENS
from ...errors import ArgumentError

Theme = Literal["auto", "light", "dark"]

FONTS = {
    "ui": 'system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"DejaVu Sans",sans-serif',
    "math": '"STIX Two Text",Cambria,"Times New Roman","DejaVu Serif",serif',
    "code": 'ui-monospace,"SF Mono","Cascadia Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace',
}
SCALE = {
    "size-small": "0.8125rem", "size-body": "1rem", "size-number": "1.125rem", "size-title": "1.5rem",
    "space": "4px", "radius": "8px", "fast": "120ms", "settle": "240ms", "flow": "700ms", "dwell": "1600ms",
    "ease": "cubic-bezier(.2,.7,.2,1)",
}

# How pages say that they are dark or light, whatever the system prefers: their own mark, JupyterLab, VS Code, Colab.
_MARKS = {
    "light": ("[data-theme=light]", "[data-jp-theme-light=true]", ".vscode-light", "[theme=light]"),
    "dark": ("[data-theme=dark]", "[data-jp-theme-light=false]", ".vscode-dark", "[theme=dark]"),
}
_PAPER = {"bg": "#ffffff", "surface": "#ffffff", "sunken": "#ffffff"}
_GROUNDS = ("bg", "surface", "sunken")


def css(scope: str, theme: Theme = "auto", names: Collection[str] | None = None) -> str:
    """The variables of a picture, as the text of a style sheet.

    Args:
        scope: the selector of the picture: ".tg-auto".
        theme: "auto" follows the page and the reader; "light" and "dark" are what they say, everywhere.
        names: the tokens that are used; all if not given.

    >>> css(".tg-light", "light", ["grad"])
    '.tg-light{--grad:#b3470a}'
    """
    used = [name for name in LIGHT if names is None or name in names]
    if theme != "auto":
        if theme not in TOKENS:
            raise ArgumentError(f'css(scope, theme): got theme={theme!r}; expected "auto", "light" or "dark".')
        return _block(scope, {name: TOKENS[theme][name] for name in used})
    light, dark = ({name: f"var(--tg-{name},{tokens[name]})" for name in used} for tokens in (LIGHT, DARK))
    # :where counts for nothing, so that of two rules that hold, the later one wins.
    marked = f":where({','.join(_MARKS['dark'])}) {scope}"
    not_light = f"{scope}:not(:where({','.join(_MARKS['light'])}) *)"
    return "\n".join([
        _block(scope, light),
        f"@media screen and (prefers-color-scheme:dark){{{_block(not_light, dark)}}}",
        f"@media screen{{{_block(marked, dark)}}}",
        f"@media print{{{_block(scope, {name: _PAPER[name] for name in used if name in _PAPER})}}}",
        f"@media (forced-colors:active){{{_block(scope, {name: _forced(name) for name in used})}}}",
    ])


def page_css() -> str:
    """The variables of a page, as the text of a style sheet: `--tg-grad`, fonts and durations, for every theme."""
    steady = {**{f"font-{name}": stack for name, stack in FONTS.items()}, **SCALE}
    still = dict.fromkeys(("fast", "settle", "flow"), "0ms")
    unless_light = ':root:not([data-theme="light"])'
    return "\n".join([
        _public(":root", LIGHT | steady, "light dark"),
        f"@media (prefers-color-scheme:dark){{{_public(unless_light, DARK)}}}",
        _public(":root[data-theme=light],[data-jp-theme-light=true],.vscode-light", LIGHT, "light"),
        _public(":root[data-theme=dark],[data-jp-theme-light=false],.vscode-dark", DARK, "dark"),
        f"@media (prefers-reduced-motion:reduce){{{_public(':root', still)}}}",
        f"@media print{{{_public(f':root,:root[data-theme=dark],{unless_light}', LIGHT | _PAPER, 'light')}}}",
    ])


def literal(text: str, theme: Literal["light", "dark"] = "light") -> str:
    """A style sheet or picture for programs that know no variables: the colours of a theme, and one family of fonts.

    >>> literal("stroke:var(--grad)")
    'stroke:#b3470a'
    """
    for stack in FONTS.values():
        text = text.replace(stack, stack.rpartition(",")[2])
    return re.sub(r"var\(--([a-z0-9-]+)\)", lambda found: TOKENS[theme].get(found[1], found[0]), text)


def used_in(text: str) -> set[str]:
    """The names of the tokens that a style sheet or picture uses."""
    return set(re.findall(r"var\(--([a-z0-9-]+)\)", text)) & set(LIGHT)


def _block(selector: str, values: dict[str, str]) -> str:
    return f"{selector}{{{';'.join(f'--{name}:{value}' for name, value in values.items())}}}" if values else ""


def _public(selector: str, values: dict[str, str], scheme: str = "") -> str:
    values = {f"tg-{name}": value for name, value in values.items()}
    return _block(selector, values).replace("{", f"{{color-scheme:{scheme};", 1) if scheme else _block(selector, values)


def _forced(name: str) -> str:
    """The system's colour where the reader forces colours: shapes, outlines and words carry everything then."""
    if name.startswith("warn"):
        return "MarkText" if name == "warn-ink" else "Mark"
    return "Canvas" if name in _GROUNDS or name.endswith("-wash") or name.startswith("act") else "CanvasText"
