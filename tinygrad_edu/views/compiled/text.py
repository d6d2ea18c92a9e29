"""The text of a program: statements as lines of Python, short ones written into those that use them.

    function_text(name, given, statements, returned)    the lines of a function

A number that one later statement alone uses takes its place there: Python stores and loads less.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from .masked_edges import Block
from .symbols import ATOM, CHOICE, Code, Value
from .writing import Statement

DEEP = 12               # so many pieces may be written into each other


def count_uses(codes: Iterable[Any], home: str) -> None:
    """Note how often each value is mentioned; one that another half mentions must keep its name."""
    stack = list(codes)
    while stack:
        each = stack.pop()
        if isinstance(each, Value):
            each.uses += 1
            if each.home != home:
                each.uses += 2
        elif isinstance(each, Code):
            stack.extend(part[0] for part in each.parts if part.__class__ is tuple)


def at_home(statements: Sequence[Any], home: str) -> None:
    """Note in which half each value is computed."""
    for each in statements:
        if isinstance(each, Statement):
            for target in each.targets:
                target.home = home


def mentioned(statements: Sequence[Any], more: Iterable[Any] = ()) -> dict[Value, None]:
    """The values that statements mention, each once."""
    found: dict[Value, None] = {}
    stack: list[Any] = [*more]
    for each in statements:
        stack += [each.code] if isinstance(each, Statement) else each.mentions
    while stack:
        each = stack.pop()
        if isinstance(each, Value):
            found[each] = None
        elif isinstance(each, Code):
            stack.extend(part[0] for part in each.parts if part.__class__ is tuple)
    return found


class Writer:
    """Writes statements as lines."""

    def __init__(self, free: Any) -> None:
        self.free = free
        self.inlined: dict[Value, tuple[str, int, int]] = {}        # text, level, depth

    def lines(self, statements: Sequence[Any]) -> list[str]:
        """The lines of a body."""
        found, indent = [], "    "
        for each in statements:
            if isinstance(each, Block):
                indent = indent[:-4] if each.closes else indent
                found += [indent + each.text] if each.text else []
                indent += "    " * each.opens
                continue
            text, level, depth = self.written(each.code)
            target = each.targets[0]
            if len(each.targets) == 1 and target.short and target.uses == 1 and depth < DEEP:
                self.inlined[target] = text, level, depth + 1
                continue
            if len(each.targets) == 1 and target.uses == 0:
                continue
            for value in each.targets:
                value.name = value.name or self.free("part")
            found.append(f"{indent}{', '.join(value.name for value in each.targets)} = {text}")
        return found

    def written(self, code: Any) -> tuple[str, int, int]:
        """An expression as text, how tightly it binds, and how deep it is."""
        if isinstance(code, Value):
            return self.inlined.get(code) or (code.name, ATOM, 0)
        texts, deepest = [], 0
        for part in code.parts:
            if part.__class__ is not tuple:
                texts.append(part)
                continue
            text, level, depth = self.written(part[0])
            deepest = max(deepest, depth)
            texts.append(f"({text})" if level < part[1] else text)
        return "".join(texts), code.level, deepest

    def tuple_of(self, codes: Sequence[Any]) -> str:
        """`(a, b)`."""
        inner = ", ".join(self.argument(each) for each in codes)
        return f"({inner},)" if len(codes) == 1 else f"({inner})"

    def argument(self, code: Any) -> str:
        """An expression between commas."""
        text, level, _ = self.written(code)
        return f"({text})" if level < CHOICE else text
