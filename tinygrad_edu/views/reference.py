"""The reference: what an operation computes, its derivative rules as formulas, and a number to check them by.

    explain_op("matmul")        one operation -> OpPage, which prints as text and shows as a page in notebooks
    ops_by_family()             all operations with a line each -> OpList

`python -m tinygrad_edu.views.reference` prints the page of all operations, notebooks/op_reference.md. All of it is made
from the registry: the rules are those that the engine runs, recorded on example inputs.
Read `op_pages.py` before this file; the examples are in `reference_examples.py`.
"""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Callable
from html import escape
from typing import Any

import numpy as np

from .. import ops
from ..core.rules import Op, registry
from ..core.tensors import Tensor
from ..errors import ArgumentError, TinygradEduError
from .op_pages import WIDTH, OpPage, called, is_floating
from .reference_examples import Example, example_of

FAMILIES = ("elementwise", "transcendental", "activation", "units", "compare", "reduction", "shaping", "indexing",
            "sorting", "linear_algebra", "matrices", "window", "creation")         # others follow by the alphabet


def explain_op(what: str | Op | Tensor | Callable[..., Any], *inputs: Any, **options: Any) -> OpPage:
    """What an operation computes and what its derivative rules are.

    Args:
        what: the name of an operation, a function of the library, one of your own made by `@tg.op`, or a Tensor that
            an operation made.
        *inputs: inputs for the example, where the built-in ones do not suit; `**options` are its options.
    Raises: ArgumentError for an unknown name, with those that are close.

    >>> print(explain_op("tanh").rules[0][1])
    ∂L/∂x = g · (1 − out²)
    """
    op = found(what)
    example = Example(tuple(np.asarray(x) if is_floating(x) else x for x in inputs), options) if inputs else None
    example = example or _working(op)
    return OpPage(op, example)


def found(what: Any) -> Op:
    """The operation that is meant."""
    if isinstance(what, Op):
        return what
    if what.__class__ is Tensor and what.op is not None:
        return what.op.rule_of(0).op if what.op.name != "item" else what.inputs[0].op     # type: ignore[no-any-return]
    name = what if isinstance(what, str) else getattr(what, "__name__", repr(what)[:40])
    if not isinstance(what, str) and isinstance(getattr(what, "op", None), Op):
        return what.op                                      # type: ignore[no-any-return]
    name = name.removeprefix("tg.").removeprefix("ops.")
    if name in registry:
        return registry[name]
    foreign = [op for op in registry.values() if op.name == name]
    if foreign:
        return foreign[-1]
    if callable(getattr(ops, name, None)):
        raise ArgumentError(f"explain_op({name!r}): {name} is composed of other operations and has no rule of its own. "
                            f"help(tg.{name}) says what it does, formula(tg.{name}, ...) what it is composed of.")
    close = difflib.get_close_matches(name, registry, n=4, cutoff=0.5)
    hint = f" Did you mean {' or '.join(close)}?" if close else ""
    raise ArgumentError(f"explain_op({name!r}): there is no operation of that name.{hint} tg.ops() lists all, and so "
                        "does the command tinygrad-edu explain.")


def _working(op: Op) -> Example | None:
    """An example on which the operation runs; None if there is none."""
    for example in example_of(op):
        try:
            with np.errstate(all="ignore"):
                called(op, [np.asarray(x) if is_floating(x) else x for x in example.inputs], example.options)
        except (TinygradEduError, TypeError, ValueError, IndexError):
            continue
        return example
    return None


# -- all operations ---------------------------------------------------------------------------------------------------


class OpList(dict[str, list[Op]]):
    """Family -> its operations. It prints with a line for each."""

    def __str__(self) -> str:
        return "\n\n".join("\n".join([family, *(self._line(op) for op in operations)])
                           for family, operations in self.items())

    __repr__ = __str__

    @staticmethod
    def _line(op: Op) -> str:
        line = f"    {_call(op):<30} {_first_line(op)}"
        return line if len(line) <= WIDTH else line[:WIDTH - 2].rsplit(" ", 1)[0] + " …"

    def _repr_html_(self) -> str:
        rows = [f"<tr><th colspan='2' style='text-align:left'>{escape(family)}</th></tr>" + "".join(
            f"<tr><td style='text-align:left'><code>{escape(_call(op))}</code></td>"
            f"<td style='text-align:left'>{escape(_first_line(op))}</td></tr>" for op in operations)
            for family, operations in self.items()]
        return f"<table>{''.join(rows)}</table>"


def ops_by_family() -> OpList:
    """Every operation there is, by the family it belongs to; one's own come last.

    >>> "matmul" in [op.name for op in ops_by_family()["linear_algebra"]]
    True
    """
    listed = OpList()
    for op in sorted(registry.values(), key=_place):
        if op.foreign:
            listed.setdefault("your own", []).append(op)
        elif op.forward.__module__.startswith("tinygrad_edu.ops."):
            listed.setdefault(op.family, []).append(op)
    return listed


def _place(op: Op) -> tuple[bool, int, str]:
    """Where an operation stands in lists: as one reads the files, then as they were defined."""
    known = op.family in FAMILIES
    return op.foreign, FAMILIES.index(op.family) if known else len(FAMILIES), "" if known else op.family


def _call(op: Op) -> str:
    """The call in short: without annotations, which the page has."""
    return f"{op.name}({', '.join([op.many or ', '.join(op.input_names), *op.option_names])})"


def _first_line(op: Op) -> str:
    return re.split(r"(?<=[.:])\s", " ".join(op.doc.split("\n\n")[0].split()))[0].removesuffix(":") if op.doc else ""


def reference() -> str:
    """The page of all operations, in Markdown."""
    built_in = {family: members for family, members in ops_by_family().items() if family != "your own"}
    parts = ["# The operations", "This page is made by `python -m tinygrad_edu.views.reference > "
             "notebooks/op_reference.md`. The rules are printed from what they record when the engine runs them: "
             "$g$ is the gradient that arrives at the result $\\mathrm{out}$, and where an input was broadcast, the "
             "sum that undoes it is a part of the formula. `tg.explain_op(\"tanh\")` shows such a page with numbers.",
             "\n".join(f"- [{family.replace('_', ' ')}](#{family.replace('_', '-')}): "
                       f"{', '.join(f'`{op.name}`' for op in members)}" for family, members in built_in.items())]
    for family, members in built_in.items():
        parts.append(f"## {family.replace('_', ' ')}")
        parts += [explain_op(op).markdown() for op in members]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    sys.stdout.write(reference())
