"""The bundle: what a notebook shows of a picture that is also a page.

    bundle      the three forms of one output: HTML, SVG and text; the notebook takes what it can show
    image       a picture as an <img>

Notebooks that are not trusted, and websites that show them, run no script, and drop most markup and SVG. An <img> that
holds its picture is shown by nearly all of them. So the HTML is an <img>, and its text to unfold; where scripts run,
one puts the interactive page in its place: in a sandboxed frame, a document of its own, so that several outputs, and
the notebook around them, have no ids, keys and styles in common. The page is told of a dark or light notebook.

A notebook keeps what it shows, so that this is kept small: the page's picture is in the <img> already, and `PICTURE`
stands for it in the page; the page itself is compressed. A browser that cannot read that keeps the picture.
"""

from __future__ import annotations

import base64
import zlib
from hashlib import sha256
from html import escape

from ..drawing.letters import visible
from .shell import asset, safe_json, text

PICTURE = "<!-- the picture -->"        # in a page: where the frame's script puts the picture of the <img>
HEIGHT = 560                            # of the frame, in pixels; less if the page says so


def bundle(svg: str, words: str, *, alt: str, shown_as_text: str, page: str | None = None,
           height: int = HEIGHT) -> dict[str, str]:
    """What `_repr_mimebundle_` gives.

    Args:
        svg: the picture.
        words: the same as text.
        alt: what the picture shows, in a sentence.
        shown_as_text: what is said of the text, such as "The same as text".
        page: the interactive page, as `shell.page` gives it, with PICTURE where the picture belongs; None for none.
        height: of the frame that the page is put in, at most.
    Returns: "text/html", "image/svg+xml" and "text/plain".

    >>> sorted(bundle("<svg/>", "y = x", alt="y = x", shown_as_text="As text"))
    ['image/svg+xml', 'text/html', 'text/plain']
    """
    written = escape("\n".join(map(visible, words.split("\n"))))
    below = f"<details><summary>{text(shown_as_text)}</summary><pre>{written}</pre></details>"
    inner = f"<div>{image(svg, alt)}{below}</div>"
    if page is not None:
        mark = sha256(page.encode()).hexdigest()[:12]
        packed = base64.b64encode(zlib.compress(page.encode(), 9)).decode()
        given = safe_json({"mark": mark, "page": packed, "picture": PICTURE, "title": visible(alt), "height": height})
        inner = (f'<div class="tinygrad-edu" data-tinygrad="{mark}" data-lm-suppress-shortcuts="true">{inner}'
                 f"<script>({asset('frame.js').strip()})({given});</script></div>")
    return {"text/html": inner, "image/svg+xml": svg, "text/plain": words}


def image(svg: str, alt: str) -> str:
    """A picture as an <img>, which needs no trust, no script and no network."""
    data = base64.b64encode(svg.encode()).decode()
    return (f'<img alt="{text(alt)}" style="max-width:100%;height:auto" src="data:image/svg+xml;base64,{data}">')
