"""Abridging: expressions that are too long for their place, shortened so that what is left can still be read.

    abridged(text, letters)     at most so many letters
    title(node, letters)        the name or the expression of a node, at most so many letters

First options go, then the beginnings of dotted names, then what is in the innermost brackets, then terms in the middle
of a sum; only what is still too long is cut somewhere, as a name is.
"""

from __future__ import annotations

import re

from ..drawing.letters import cut, visible
from .model import Node

OPTION = re.compile(r", [a-z]\w*=(?:\([^()]*\)|[^(),]*)(?=[,)])")
DOTTED = re.compile(r"(?<![\w.])(?:\w+\.)+(?=[^\W\d]\w*\.\d|[^\W\d]\w*(?![\w.(]))")
INNERMOST = re.compile(r"(?<=[(\[])(?!…[)\]])(?:[^()\[\]]|\(…\)|\[…\]|\[\[…\]\])+(?=[)\]])")
ROWS = re.compile(r"\[(?:\[…\](?:, )?)+\]")


def title(node: Node, letters: int = 18) -> str:
    """What a picture calls a node: names are cut in the middle, expressions abridged."""
    return cut(node.title, letters) if node.name else abridged(node.title.replace(" + −", " − "), letters)


def abridged(text: str, letters: int = 18) -> str:
    """An expression in at most so many letters; of an array that does not fit, not even its rows are left.

    >>> abridged("mean(ln(p[[0, 1, …, 1, 0]]))")
    'mean(ln(p[…]))'
    >>> abridged("max(z, axis=1, keepdims=True)")
    'max(z)'
    >>> abridged("x⁴ − 3·x³ + 2·x·x − x")
    'x⁴ − 3·x³ + … − x'
    """
    text = visible(text)
    if len(text) > letters:
        text = OPTION.sub("", text)
    if len(text) > letters:
        text = DOTTED.sub("…", text)
    while len(text) > letters:
        found = max(INNERMOST.finditer(text), key=lambda each: len(each.group()), default=None)
        if found is None:
            fewer = _fewer_terms(text, letters)
            return cut(text if fewer == "…" else fewer, letters)
        inner = _fewer_terms(found.group(), letters - len(text) + len(found.group()))
        text = ROWS.sub("[…]", f"{text[:found.start()]}{inner}{text[found.end():]}")
    return text


def _fewer_terms(text: str, letters: int) -> str:
    """A sum without its longest terms; what is no sum, and too long, is left out. In its brackets are no sums."""
    parts = re.split(r"( [+−] )", text)                     # terms, with the signs between them
    while len("".join(parts)) > letters:
        middle = (len(parts) - 1) / 2
        longest = max(range(0, len(parts), 2), key=lambda i: (parts[i] != "…", len(parts[i]), -abs(i - middle)))
        if parts[longest] == "…" or len(parts) == 1:
            return "…"
        parts[longest] = "…"
        for k in range(len(parts) - 1, 1, -2):
            if parts[k] == parts[k - 2] == "…":
                del parts[k - 1:k + 1]
    return "".join(parts)
