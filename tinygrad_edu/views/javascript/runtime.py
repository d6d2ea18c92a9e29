"""The runtime: the functions of runtime/*.js, of which a module prints only those that it uses.

    functions_used(text) -> those functions, and the functions that they use, as text

Each file has one purpose, and opens with a line that says it. Functions are apart by empty lines.
Read `arrays.py` before this file and `printing.py` after it.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

FILES = ("inputs", "tensors", "precisions", "numbers", "reductions", "products", "placing", "sorting")


@cache
def functions() -> dict[str, str]:
    """Every function of the runtime with the comment above it, by name, in the order of the files."""
    found = {}
    for file in FILES:
        text = (files(__package__) / "runtime" / f"{file}.js").read_text(encoding="utf-8")
        for chunk in re.split(r"\n\n(?=/\*\*|function)", text.strip())[1:]:
            name = re.search(r"^function\*? (\w+)", chunk, re.MULTILINE)
            assert name is not None, chunk
            found[name[1]] = chunk
    return found


@cache
def _used_by(name: str) -> frozenset[str]:
    """The functions of the runtime that a function names, without what its comment says."""
    code = re.sub(r"/\*\*.*?\*/", "", functions()[name], flags=re.DOTALL)
    return _named_in(re.sub(r"//.*", "", code)) - {name}


def _named_in(code: str) -> frozenset[str]:
    return frozenset(re.findall(r"(?<!\.)\b\w+\b", code)) & functions().keys()


def functions_used(code: str) -> str:
    """The functions of the runtime that a text of JavaScript needs, directly or through others.

    >>> print(functions_used("const y = sumOf(x.data);").splitlines()[1])
    function sumOf(list, start = 0, end = list.length) {
    """
    needed: set[str] = set()
    waiting = set(_named_in(code))
    while waiting:
        name = waiting.pop()
        needed.add(name)
        waiting |= _used_by(name) - needed
    return "\n\n".join(text for name, text in functions().items() if name in needed)
