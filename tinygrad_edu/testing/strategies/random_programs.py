"""A strategy for random programs: functions of some arrays, made of operations, that print as Python source.

    @given(programs())
    def test(p): check_grad(p.function, *p.inputs)

A program grows line by line: each takes values that are there already, so that subexpressions are shared, and is only
written if it fits these values (see `lines.py`). What the last line does not need is left out. The function that runs
is compiled from the very source that is printed.
"""

from __future__ import annotations

import linecache
import re
import weakref
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import numpy as np
from hypothesis import strategies as st

import tinygrad_edu as tg

from ...core.rules import Op
from ...core.written import run_text
from ...errors import ArgumentError
from ...ops.domains import Domain
from . import lines, numbers
from .lengths import smaller
from .lines import Line
from .numbers import POOL, Array
from .written import written

NUMBERS = Domain(-3.0, 3.0)
NAMES = re.compile(r"\b[xh][0-9]+\b")             # of inputs and lines
_numbers_of_programs = count(1)


class Program:
    """A function of some arrays that prints as its source; call it on arrays or Tensors.

    Attributes:
        inputs: values for its arguments, a tuple of arrays.
        function: the function itself, compiled from `source`.
        source: its definition, as text.
    """

    def __init__(self, inputs: dict[str, Array], body: Sequence[tuple[str, str]], ops: dict[str, Any]) -> None:
        """A program of these inputs, and of lines as pairs of a name and an expression; the last is the result."""
        self.names, self.inputs, self.ops = tuple(inputs), tuple(inputs.values()), ops
        rows = [f"    {name} = {text}\n" for name, text in body[:-1]]
        self.source = f"def f({', '.join(inputs)}):\n{''.join(rows)}    return {body[-1][1]}\n"
        self.function = self._compiled()

    def _compiled(self) -> Callable[..., Any]:
        """The function; its source can be shown in messages as long as it exists."""
        filename = f"<random program {next(_numbers_of_programs)}>"
        function: Callable[..., Any] = run_text(self.source, filename, {"tg": tg, "np": np, **self.ops})["f"]
        weakref.finalize(function, linecache.cache.pop, filename, None)
        return function

    def __call__(self, *inputs: Any) -> Any:
        """The result for other inputs."""
        return self.function(*inputs)

    def __repr__(self) -> str:
        given = "".join(f"{name} = {written(x)}\n" for name, x in zip(self.names, self.inputs, strict=True))
        return ("import numpy as np\nimport tinygrad_edu as tg\n\n"
                f"{given}\n{self.source}\ny = f({', '.join(self.names)})\n")

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Without indentation, also where hypothesis prints it as an argument, so that it can be pasted."""
        printer.text(f"\n{self!r}")


def programs(*, max_lines: int = 6, max_inputs: int = 3, ops: Sequence[Any] = (), smooth: bool = False,
             scalar: bool = False, dtype: Any = np.float64) -> st.SearchStrategy[Program]:
    """Random programs of the library's operations (and one's own), with shared subexpressions.

    At its inputs a program is away from kinks, ties and poles, so that its gradient can be checked numerically; all of
    its inputs are used.

    Args:
        max_lines: how many lines it has at most.
        max_inputs: how many inputs it has at most.
        ops: own operations of one or two inputs to write as well; about half of the lines are calls of these.
        smooth: whether to leave out what has kinks or ties somewhere: relu, abs, maximum, sort and the like.
        scalar: whether the result is summed to one number.
        dtype: of the inputs; floating.
    Returns: a strategy of `Program`; it shrinks to few lines, small arrays and plain numbers.
    Raises: ArgumentError for an operation of more than two inputs, with options, or on a list.

    >>> from hypothesis import find
    >>> from tinygrad_edu.testing.strategies import programs
    >>> print(find(programs(), lambda p: "tg.exp" in p.source))
    import numpy as np
    import tinygrad_edu as tg
    <BLANKLINE>
    x1 = np.array(0.0)
    <BLANKLINE>
    def f(x1):
        return tg.exp(x1)
    <BLANKLINE>
    y = f(x1)
    <BLANKLINE>
    """
    if max_lines < 1 or max_inputs < 1:
        raise ArgumentError(f"programs(max_lines={max_lines}, max_inputs={max_inputs}): expected at least 1 of each.")
    names = {_name_of(op): op for op in ops}
    own = [lines.own(name, op.op) for name, op in names.items()]
    known = [line for line in lines.LINES if line.smooth or not smooth]
    choices = [*own * (len(known) // max(len(own), 1)), *known]
    drawn_lines = st.lists(st.binary(min_size=4, max_size=4), min_size=1, max_size=max_lines)

    @st.composite
    def programs(draw: Any) -> Program:
        inputs = _inputs(draw, max_inputs, np.dtype(dtype))
        body = _grown(inputs, draw(drawn_lines), choices, names)
        if scalar:
            body.append(("y", f"tg.sum({body[-1][0]})"))
        return Program(*_needed(inputs, body), names)

    return programs()


TRIALS = 6                                              # of lines that may not fit
SIDES = (1, 2, 3, 2, 3)
FIRST = (0, 0, 0, 0, 0, 1, 2, 3)                        # operands, counted back from the last value
SECOND = (0, 1, 2, 3, 4, 5)


def _name_of(op: Any) -> str:
    """What the source calls an operation of the user."""
    known = getattr(op, "op", None)
    if not isinstance(known, Op) or known.many or known.option_names or len(known.input_names) > 2:
        raise ArgumentError(f"programs(ops=[...]): got {op!r}. Expected functions made by @tg.op, of one or two inputs "
                            "and without options.")
    return known.name if known.foreign else f"tg.{known.name}"


def _inputs(draw: Any, most: int, dtype: np.dtype[Any]) -> dict[str, Array]:
    """Arrays whose shapes broadcast."""
    full = numbers.shape(draw(numbers.SHAPE), SIDES, max_dims=2)
    n = draw(st.integers(1, most))
    return {f"x{i + 1}": numbers.fill(draw(POOL), smaller(draw, full), NUMBERS).astype(dtype) for i in range(n)}


def _grown(inputs: dict[str, Array], drawn: Sequence[bytes], choices: Sequence[Line],
           ops: dict[str, Any]) -> list[tuple[str, str]]:
    """The body: of each line the name and the expression.

    Four bytes say which line, of which two values, with which option. In place of one that does not fit others are
    tried.
    """
    values: dict[str, Any] = dict(inputs)
    space = {"tg": tg, "np": np, **ops}
    body: list[tuple[str, str]] = []
    for which, *places, option in drawn:
        names, at = list(values), which * len(choices) >> 8
        operands = [names[-1 - back[each * len(back) >> 8] % len(names)]
                    for back, each in zip((FIRST, SECOND), places, strict=True)]
        others = [choices[(at + 11 * k) % len(choices)] for k in range(TRIALS)]
        for line in (*others, lines.TAME):
            text, value = _tried(line, operands[:line.operands], values, option * 6 >> 8, space)
            if text is not None:
                body.append((f"h{len(body) + 1}", text))
                values[body[-1][0]] = value
                break
    return body


def _tried(line: Line, names: list[str], values: dict[str, Any], choice: int,
           space: dict[str, Any]) -> tuple[str | None, Any]:
    """The source of a line and its value, or None if it does not fit or gives nothing to go on with."""
    text = line.written(names, [np.asarray(values[name]) for name in names], choice)
    if text is None:
        return None, None
    with np.errstate(all="ignore"):
        value = eval(text, space, values)
    return (text, value) if lines.is_tame(np.asarray(value)) else (None, None)


def _needed(inputs: dict[str, Array], body: list[tuple[str, str]]) -> tuple[dict[str, Array], list[tuple[str, str]]]:
    """What the last line needs, numbered anew."""
    words = [(name, text, {*NAMES.findall(text)}) for name, text in body]
    needed, kept = {words[-1][0]}, []
    for name, text, used in reversed(words):
        if name in needed:
            needed |= used
            kept.append((name, text))
    left = [name for name in inputs if name in needed]
    new = {name: f"x{i + 1}" for i, name in enumerate(left)}
    new |= {name: f"h{i + 1}" for i, (name, _) in enumerate(reversed(kept))}
    return ({new[name]: inputs[name] for name in left},
            [(new[name], NAMES.sub(lambda m: new[m[0]], text)) for name, text in reversed(kept)])
