"""Animations: values flow forward, then gradients flow back, in one picture that plays once and then stands still.

    animated        a graph -> Animation
    Animation       shows itself in notebooks, and saves itself as SVG or HTML

The picture is that of `svg.py`; a style sheet says when each part appears: a value when all that it is made from is
there, a gradient when all of its contributions are. No script is needed. Where motion is not wanted, on paper, and in
programs that do not animate, it is the finished picture. Read `svg.py` before this file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from ....errors import ArgumentError
from ....files import write_whole
from ...drawing.numbers import decimal
from ...drawing.svg import Markup, element, id_of, prefix_of, text
from ...drawing.tokens import Theme, css
from ...layouts.choosing import Engine
from ...page.bundle import PICTURE, bundle
from ...page.shell import asset, page, still
from ...page.words import ANIMATION
from ..filters import limited
from ..formats.tree import text_of
from ..model import Description, Edge
from .looks import THEMES, check
from .svg import parts_of, picture_of, scene_of

MOST = 400                      # nodes; of more, those nearest to the result
STEP, LONGEST = 0.7, 20.0       # seconds for each rank of nodes, and for all of them
AHEAD, BETWEEN = 0.4, 1.0       # seconds before values flow, and before gradients do


class Animation:
    """A picture in which values flow forward, then gradients back.

    Attributes:
        svg: the picture; it plays when it is shown, once.
        seconds: how long that takes.
        title: what it shows.
    """

    __slots__ = ("_words", "seconds", "svg", "theme", "title")

    def __init__(self, svg: str, seconds: float, title: str, words: str, theme: Theme) -> None:
        self.svg, self.seconds, self.title, self._words, self.theme = svg, seconds, title, words, theme

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write it as .svg, or as .html: a page with a button that plays it again.

        Returns: the path.
        Raises: ArgumentError if the name ends in something else.
        """
        writers: dict[str, Callable[[], str]] = {".svg": lambda: self.svg, ".html": lambda: self._page(self.svg)}
        writer = writers.get(Path(path).suffix.lower())
        if writer is None:
            raise ArgumentError(f"save({os.fspath(path)!r}): got a file name that ends in "
                                f"{Path(path).suffix or 'nothing'}. Expected .svg or .html.")
        return write_whole(path, writer().encode())

    def __str__(self) -> str:
        return self._words

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.seconds:.1f} seconds: {self.title}>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """An image in HTML, with a button that plays it again where scripts run; SVG; the text tree."""
        return bundle(self.svg, self._words, alt=self.title, page=self._page(PICTURE),
                      shown_as_text=ANIMATION["as text"])

    def _page(self, picture: str) -> str:
        body = f'<main><div id="stage">{still(picture, self._words, ANIMATION["as text"])}</div></main>'
        return page(self.title, body, scripts=[asset("animation.js")], words=ANIMATION, theme=self.theme)


def animated(description: Description, *, show: str = "auto", style: str = "auto", direction: str = "auto",
             theme: Theme = "auto", engine: Engine = "auto", speed: float = 1.0) -> Animation:
    """A graph as an animation; of more than 400 nodes those nearest to the result.

    Args:
        description: the graph.
        show, style, direction, theme, engine: as in `svg_of`.
        speed: 2 for twice as fast.
    Raises: ArgumentError for a setting that there is not.
    """
    if not _is_speed(speed):
        raise ArgumentError(f"animate(speed): got {speed!r:.40}. Expected a number above 0, such as 2 for twice as "
                            "fast.")
    check("theme", theme, THEMES, of="animate")
    shown = limited(description, MOST) if len(description.nodes) > MOST else description
    scene = scene_of(shown, show=show, style=style, direction=direction, engine=engine)
    prefix = prefix_of(repr(("animated", shown, scene.look, theme, engine, speed)))
    svg = picture_of(scene, parts_of(scene, prefix), prefix, theme)
    forward = _ranks(shown, shown.edges, lambda edge: (edge.source, edge.target))
    flowing = [edge for edge in shown.edges if edge.flow is not None] if scene.look.gradients else []
    back = _ranks(shown, reversed(flowing), lambda edge: (edge.target, edge.source))
    step = min(STEP, LONGEST / (2 + max(forward.values(), default=0) + max(back.values(), default=0))) / speed
    turn = AHEAD / speed + step * (1 + max(forward.values(), default=0))
    turn += BETWEEN / speed if flowing else 0.0
    end = turn + step * (1 + max(back.values(), default=0)) if flowing else turn
    sheet = _sheet(shown, prefix, forward, back if flowing else {}, step, turn, AHEAD / speed, theme)
    captions = _captions(turn, end, bool(flowing))
    svg = svg.replace("</style>", f"\n{sheet}</style>", 1).removesuffix("</svg>") + captions + "</svg>"
    return Animation(svg, round(end, 2), shown.title or ANIMATION["graph"], text_of(shown, show), theme)


def _is_speed(given: Any) -> bool:
    return isinstance(given, (int, float)) and 0 < given <= 100


def _ranks(d: Description, edges: Iterable[Edge], ends: Callable[[Edge], tuple[str, str]]) -> dict[str, int]:
    """How many edges, at most, lead to each node; edges come in an order in which those before it come first."""
    found = dict.fromkeys((node.id for node in d.nodes), 0)
    for edge in edges:
        start, end = ends(edge)
        found[end] = max(found[end], found[start] + 1)
    return found


def _sheet(d: Description, prefix: str, forward: Mapping[str, int], back: Mapping[str, int], step: float, turn: float,
           ahead: float, theme: Theme) -> str:
    """When each part appears: `--at` and `--back` in seconds; the rules are in `animation.css`."""
    rules = []
    for node in d.nodes:
        later = f";--back:{decimal(turn + step * back[node.id])}s" if node.id in back else ""
        rules.append(f"#{_selector(prefix, node.id)}{{--at:{decimal(ahead + step * forward[node.id])}s{later}}}")
    for edge in d.edges:
        later = f";--back:{decimal(turn + step * back[edge.target])}s" if edge.target in back else ""
        at = ahead + step * (forward[edge.target] - 1)
        rules.append(f"#{_selector(prefix, edge.id)}{{--at:{decimal(at)}s{later}}}")
    own = re.sub(r"(?m)(^|,)(?=\.[a-z])", rf"\1#{prefix} ", asset("animation.css"))
    washes = css(f".tg-{theme}", theme, ["value-wash", "grad-wash"])
    lines = "\n".join([f"#{prefix}{{--step:{decimal(step)}s}}", own.strip(), *rules])
    return f"{washes}\n@media screen and (prefers-reduced-motion:no-preference){{{lines}}}"


def _selector(prefix: str, name: str) -> str:
    return id_of(prefix, name).replace(".", "\\.")


def _captions(turn: float, end: float, has_gradients: bool) -> Markup:
    """What is happening now, above the picture."""
    parts = [(ANIMATION["forward"], 0.0, turn)] + ([(ANIMATION["back"], turn, end)] if has_gradients else [])
    return Markup("".join(element("g", text(24, 17, words, "label"), class_="caption", aria_hidden=True,
                                  style=f"--from:{decimal(start)}s;--for:{decimal(until - start)}s")
                          for words, start, until in parts))
