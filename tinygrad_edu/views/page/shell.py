"""The shell: a whole HTML document that needs nothing else, and may load nothing else.

    page            title, body, style sheets, scripts and data -> the text of a document
    asset           a script or style sheet that is shipped with the library
    safe_json       data as JSON that nothing can break out of, wherever it stands in a document
    still           a picture and its text: what there is to see where no script runs

A content-security policy allows the page's own script, by its hash, and no other: what a user named could not run if it
became markup. It forbids every access to the network. Data go into a <script> of another type, which no browser runs;
scripts read it as `tinygrad.data`, and the words of the interface as `tinygrad.words`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

from ..drawing.letters import visible
from ..drawing.svg import Markup
from ..drawing.tokens import Theme, page_css

# What would end a <script>, open a comment in it, or end a line for JavaScript; and halves of letters, which no file
# can hold.
_UNSAFE = re.compile("[<>&\u2028\u2029\ud800-\udfff]")


@cache
def asset(name: str, package: str = __package__) -> str:
    """A file that is shipped with a package of the library.

    >>> asset("page.css").splitlines()[0]
    '/* What all pages share. Colours, fonts and sizes are the tokens of `drawing/tokens.py`. */'
    """
    return files(package).joinpath(name).read_text(encoding="utf-8")


def safe_json(data: Any) -> str:
    r"""Data as JSON that may stand in a <script> and in JavaScript.

    Raises: ValueError for NaN and infinities, which JSON does not have: they are shown as words.

    >>> print(safe_json(["</script>", "<!--", "a & b", "\u2028"]))
    ["\u003c/script\u003e","\u003c!--","a \u0026 b","\u2028"]
    """
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def page(title: str, body: str, *, styles: Sequence[str] = (), scripts: Sequence[str] = (), data: Any = None,
         words: Mapping[str, str] | None = None, theme: Theme = "auto", language: str = "en") -> str:
    """A whole document.

    Args:
        title: what the page shows; text, not markup.
        body: the markup of what is in it, complete without any script.
        styles: style sheets, after the one that all pages share.
        scripts: JavaScript, after `kit.js`, in one function: what they define is seen by each other and by nobody else.
            Without any, the policy forbids scripts.
        data, words: what the scripts work with.
        theme: "auto" follows the reader, and the page around this one.
        language: of the words.
    Returns: the same text on every run.
    """
    code = _code(scripts) if scripts else ""
    allowed = f"script-src '{_hash_of(code)}'; " if code else ""
    policy = (f"default-src 'none'; {allowed}style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
              "form-action 'none'")
    sheets = "\n".join([page_css(), asset("page.css"), *styles])
    mark = "" if theme == "auto" else f' data-theme="{theme}"'
    given = safe_json({"data": data, "words": dict(words or {})})
    ends = [f'<script type="application/json" id="tinygrad-data">{given}</script>', f"<script>{code}</script>"]
    return "\n".join([
        f'<!DOCTYPE html>\n<html lang="{escape(language)}"{mark}>\n<head>\n<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f"<title>{text(title)}</title>\n<style>{_style(sheets)}</style>\n</head>\n<body>",
        body, *(ends if code else []), "</body>\n</html>\n"])


def text(words: str) -> Markup:
    """Words as markup, in one line."""
    return Markup(escape(visible(words)))


def still(picture: str, words: str, shown_as_text: str, more: str = "") -> Markup:
    """A picture and its text, to unfold: what there is to see where no script runs.

    Args:
        picture: the text of an SVG.
        words: the same as text.
        shown_as_text: what is said of these.
        more: further markup between the two.
    """
    written = "\n".join(map(visible, words.split("\n")))
    return Markup(f'<figure class="still">{picture}</figure>\n{more}<details class="as-text"><summary>'
                  f'{text(shown_as_text)}</summary>\n<pre tabindex="0">{escape(written)}</pre></details>')


def _code(scripts: Sequence[str]) -> str:
    """All scripts as one function."""
    code = "\n".join(["(() => {", '"use strict";', asset("kit.js"), *scripts, "})();"])
    assert not re.search("</script|<script|<!--", code, re.IGNORECASE), "a script that would end where it says so"
    return code


def _hash_of(code: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()


def _style(css: str) -> str:
    """A style sheet inside of <style>, which only "</style" ends."""
    return css.replace("</", "<\\/")
