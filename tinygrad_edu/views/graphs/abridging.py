"""Abridging: expressions that are too long for their place, shortened so that what is left can still be read.

    abridged(text, letters)     at most so many letters
    narrowed(text, fits)        as many letters as fit
    fewer_words(text, letters)  the first and last words
    fewer_options(text, letters)    the first options
    title(node, letters)        the name or the expression of a node, at most so many letters

First options go, then the beginnings of dotted names, then what is in the innermost brackets, then terms in the middle
of a sum, also of one in a condition; what is still too long is cut between two words, and only a long word within it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from ..drawing.letters import cut, visible
from .model import Node

OPTION = re.compile(r", [a-z]\w*=(?:\([^()]*\)|[^(),]*)(?=[,)])")
DOTTED = re.compile(r"(?<![\w.])(?:\w+\.)+(?=[^\W\d]\w*\.\d|[^\W\d]\w*(?![\w.(]))")
INNERMOST = re.compile(r"(?<=[(\[])(?!…[)\]])(?:[^()\[\]]|\(…\)|\[…\]|\[\[…\]\])+(?=[)\]])")
CONDITION = re.compile(r"(.*\bif )(.*)( [<>≤≥=≠] .*)")
WORDS = re.compile(r"(?:[^\W_][\u0300-\u036f\u20d0-\u20ff′″‴']*)+|_|\W", re.DOTALL)
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
            return fewer_words(_fewer_terms_of(text, letters), letters)
        inner = _fewer_terms(found.group(), letters - len(text) + len(found.group()))
        text = ROWS.sub("[…]", f"{text[:found.start()]}{inner}{text[found.end():]}")
    return text


def narrowed(text: str, fits: Callable[[str], bool], letters: int) -> str:
    """An expression in at most so many letters, and as many of these as fit; "" if none do."""
    found = abridged(text, letters)
    for fewer in range(min(letters, len(found)) - 1, -1, -1):
        if not found or fits(found):
            break
        found = abridged(text, fewer) if fewer else ""
    return found


def _fewer_terms_of(text: str, letters: int) -> str:
    """A sum, or a condition about one, without its longest terms; anything else as it is."""
    condition = CONDITION.fullmatch(text)
    before, terms, after = condition.groups() if condition else ("", text, "")
    fewer = _fewer_terms(terms, max(1, letters - len(before) - len(after)))
    return text if fewer == "…" and not condition else f"{before}{fewer}{after}"


def fewer_words(text: str, letters: int) -> str:
    """The first and last words, as many as fit; of words that are too long, their first and last letters."""
    if len(text) <= letters:
        return text
    words = WORDS.findall(text)
    first, last, head, tail = 0, len(words), 0, 0
    while True:
        choices = sorted([(head, 0, words[first]), (tail, 1, words[last - 1])])
        fitting = [(end, word) for _, end, word in choices if head + tail + len(word) <= letters - 1]
        if not fitting:
            break
        end, word = fitting[0]
        first, last = (first + 1, last) if end == 0 else (first, last - 1)
        head, tail = (head + len(word), tail) if end == 0 else (head, tail + len(word))
    if 2 * (head + tail) < letters:
        return cut(text, letters)
    return f"{''.join(words[:first])}…{''.join(words[last:])}"


def fewer_options(text: str, letters: int) -> str:
    """Options of an operation without the last ones, as many as fit.

    >>> fewer_options("size=(2, 2), stride=(2, 2)", 24)
    'size=(2, 2), …'
    """
    options = re.split(r", (?=[a-z]\w*=)", visible(text))
    for shown in range(len(options), 0, -1):
        found = ", ".join([*options[:shown], *(["…"] if shown < len(options) else [])])
        if len(found) <= letters:
            return found
    return fewer_words(visible(text), letters)


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
