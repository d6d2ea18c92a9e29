"""The colours and fonts of all pictures and pages, and the style sheets that put them to use.

    TOKENS              theme -> name -> colour: TOKENS["light"]["grad"]
    FONTS  SCALE        font stacks; sizes and durations of pages
    css                 what a picture needs: private variables, `--grad: var(--tg-grad, #b3470a)`
    page_css            what a page needs: the public ones, `--tg-grad: #b3470a`, for every theme
    literal             a style sheet or picture with the colours written in, for programs that know no variables

Values flow forward in blue (`value`), gradients flow back in orange (`grad`). What a node is (`param`, `input`,
`const`, `result`) has a colour and a shape; a sign (`pos`, `neg`) has a colour, a side and a fill; trouble is the only
filled yellow (`warn`, with `warn-ink` on it). A `…-wash` lies under text and carries no meaning alone.

A picture follows the tokens of the page it stands in; else the page's mark of a dark or light theme (its own,
JupyterLab's, VS Code's or Colab's); else what the reader's system prefers. It is therefore right inline, in an <img>
and alone. On paper it is light.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Literal

from ...errors import ArgumentError

Theme = Literal["auto", "light", "dark"]

_LIGHT = {
    "bg": "#faf9f6", "surface": "#ffffff", "sunken": "#f1efe9",
    "hair": "#dcd8cf", "line": "#8b867b", "ink": "#1d1c1a", "soft": "#5a564e",
    "value": "#1b5fc1", "value-wash": "#e3edfb",
    "grad": "#b3470a", "grad-wash": "#fdeadb",
    "param": "#7d2a78", "param-wash": "#f6e7f4",
    "input": "#2b7326", "input-wash": "#e5f2e2",
    "const": "#625e56", "const-wash": "#efede8",
    "result": "#3a4a60", "result-wash": "#e9edf3",
    "pos": "#00727a", "neg": "#8f1730",
    "warn": "#ffd22e", "warn-ink": "#1d1c1a", "focus": "#1d1c1a",
    "act1": "#eef4fd", "act2": "#d6e5fb", "act3": "#b9d4f8", "act4": "#9ac1f4",
}
_DARK = {
    "bg": "#14161a", "surface": "#1c1f25", "sunken": "#111317",
    "hair": "#343942", "line": "#7b828e", "ink": "#eeebe4", "soft": "#b4b1a9",
    "value": "#82b6ff", "value-wash": "#1c3050",
    "grad": "#ffa25f", "grad-wash": "#45290f",
    "param": "#e39bdc", "param-wash": "#40233c",
    "input": "#86d07c", "input-wash": "#1d3520",
    "const": "#b0aca3", "const-wash": "#2b2d31",
    "result": "#bccbe0", "result-wash": "#27303d",
    "pos": "#78e6e0", "neg": "#ff5f88",
    "warn": "#ffd22e", "warn-ink": "#1d1c1a", "focus": "#ffffff",
    "act1": "#20293a", "act2": "#233a5c", "act3": "#26497c", "act4": "#2a5698",
}
TOKENS: dict[str, dict[str, str]] = {"light": _LIGHT, "dark": _DARK}
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
    used = [name for name in _LIGHT if names is None or name in names]
    if theme != "auto":
        if theme not in TOKENS:
            raise ArgumentError(f'css(scope, theme): got theme={theme!r}; expected "auto", "light" or "dark".')
        return _block(scope, {name: TOKENS[theme][name] for name in used})
    light, dark = ({name: f"var(--tg-{name},{tokens[name]})" for name in used} for tokens in (_LIGHT, _DARK))
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
        _public(":root", _LIGHT | steady, "light dark"),
        f"@media (prefers-color-scheme:dark){{{_public(unless_light, _DARK)}}}",
        _public(":root[data-theme=light],[data-jp-theme-light=true],.vscode-light", _LIGHT, "light"),
        _public(":root[data-theme=dark],[data-jp-theme-light=false],.vscode-dark", _DARK, "dark"),
        f"@media (prefers-reduced-motion:reduce){{{_public(':root', still)}}}",
        f"@media print{{{_public(f':root,:root[data-theme=dark],{unless_light}', _LIGHT | _PAPER, 'light')}}}",
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
    return set(re.findall(r"var\(--([a-z0-9-]+)\)", text)) & set(_LIGHT)


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
