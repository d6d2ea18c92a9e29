"""PNG and PDF of a graph, by whichever program there is.

    drawn       "png" or "pdf" -> the bytes of the file

The library cairosvg draws the SVG: the same picture as everywhere else. Without it Graphviz draws the DOT text, by its
program `dot`, or by the library pygraphviz, which brings Graphviz along. A way that is closed (not installed, broken,
silent for too long) is passed over; if all are, one error says why, and what to install.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from typing import Literal

from ....errors import MissingExtraError
from ...drawing.pixels import Kind, converted

PATIENCE = 60                                       # seconds that `dot` may take
RESOLUTION = 96                                     # pixels an inch at scale 1, as on the web
BEGINNINGS = {"png": b"\x89PNG", "pdf": b"%PDF"}    # of such files
HOW = ('Install one of these: pip install "tinygrad_edu[draw]", which brings cairosvg and pygraphviz, or Graphviz (on '
       "Debian and Ubuntu: apt install graphviz; on a Mac: brew install graphviz; else see graphviz.org/download). "
       "Or save as .svg or .html, which need nothing.")


def drawn(kind: Kind, scale: float, *, svg: Callable[[], str], dot: Callable[[], str],
          theme: Literal["light", "dark"] = "light") -> bytes:
    """The bytes of a PNG or PDF file.

    Args:
        kind: "png" or "pdf".
        scale: pixels of a PNG for each pixel of the picture.
        svg, dot: functions that make the picture, in SVG for `theme` and in DOT; called if needed.
        theme: whose colours the SVG has.
    Raises: MissingExtraError if there is no way to make it.
    """
    ways: list[Callable[[], bytes]] = [lambda: converted(svg, kind, theme, scale),
                                       lambda: _by_dot(dot(), kind, scale), lambda: _by_pygraphviz(dot(), kind, scale)]
    reasons = []
    for way in ways:
        try:
            return way()
        except MissingExtraError as closed:
            reasons.append(str(closed))
    raise MissingExtraError(f"a graph cannot be saved as .{kind} here: {'; '.join(reasons)}. {HOW}")


def _by_dot(text: str, kind: Kind, scale: float) -> bytes:
    resolution = [f"-Gdpi={RESOLUTION * scale:g}"] if kind == "png" else []
    try:
        done = subprocess.run(["dot", f"-T{kind}", *resolution], input=text.encode(), capture_output=True,
                              timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        raise MissingExtraError(f"Graphviz's program dot was not done after {PATIENCE} seconds") from None
    except FileNotFoundError:
        raise MissingExtraError("Graphviz's program dot is not installed") from None
    except OSError as error:
        raise MissingExtraError(f"Graphviz's program dot does not run ({error.strerror})") from None
    if done.returncode or not done.stdout.startswith(BEGINNINGS[kind]):
        said = done.stderr.decode(errors="replace").split("\n", 1)[0] or f"exit code {done.returncode}"
        raise MissingExtraError(f"Graphviz's program dot gave no {kind.upper()} ({said:.200})")
    return done.stdout


def _by_pygraphviz(text: str, kind: Kind, scale: float) -> bytes:
    try:
        import pygraphviz
    except (ImportError, OSError):
        raise MissingExtraError("pygraphviz is not installed") from None
    graph = pygraphviz.AGraph(string=text)
    if kind == "png":
        graph.graph_attr["dpi"] = f"{RESOLUTION * scale:g}"
    try:
        content: bytes = graph.draw(format=kind, prog="dot")
    except (ValueError, OSError) as error:
        raise MissingExtraError(f"pygraphviz failed ({error})") from None
    if not content.startswith(BEGINNINGS[kind]):
        raise MissingExtraError(f"pygraphviz gave no {kind.upper()}")
    return content
