"""Events: what a trace is made of. Plain, immutable data: it says what happened, and holds no tensor.

    Node        a tensor of the graph: what it is called, its value, what it was made from and where
    Event       one edge of the backward pass: what arrived, what the rule made of it, the total before and after
    Forward     one operation of the forward pass
    RuleText    the rule of one edge in symbols, printed when it is asked for

Numbers are the engine's own, to the last bit: a Python float for a single number of float64, a NumPy scalar for one of
another dtype, else an array that cannot be written to. Of an operation with several results they are named tuples.
Read `tracing.py` after this file.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from ..core import values
from ..core.places import is_cell
from ..views.graphs.model import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place in the user's code, with what is needed to show it again without the file.

    Attributes:
        file: the path of the file; for a notebook whatever Python calls the cell.
        line: the number of the line, from 1 on.
        function: the function that the line belongs to.
        text: the whole line, with its indentation.
        expression: the expression that made the tensor.
        span: (column, last line, last column) of the expression, columns from 0 on, in letters; None if not known.
    """

    file: str
    line: int
    function: str
    text: str
    expression: str
    span: tuple[int, int, int] | None = None

    @property
    def short(self) -> str:
        """The file without folders, and the line: `lesson.py:6`."""
        name = "cell" if is_cell(self.file) else os.path.basename(self.file)
        return f"{name}:{self.line}"


@dataclass(frozen=True, slots=True)
class RuleText:
    """The chain rule of one edge in symbols: new ← so far + contribution.

    Attributes:
        new: the gradient that grows: "∂y/∂w".
        arriving: the gradient that arrives: "∂y/∂(w·x)", or "g" where that is too long.
        local: the local derivative, "x"; None if the contribution is no product of it and what arrives.
        factor: the same in brackets where a product asks for them: "(1 − y²)".
        contribution: "∂y/∂(w·x) · x", "hᵀ @ g"; without the sum that undoes broadcasting.
        spoken: the whole rule, as one reads it aloud.
        latex: the whole rule in LaTeX, without dollar signs.
        why: one sentence that says why.
        shapes: (name, shape) of the arrays that it names, in order.
    """

    new: str
    arriving: str
    local: str | None
    factor: str | None
    contribution: str
    spoken: str
    latex: str
    why: str
    shapes: tuple[tuple[str, tuple[int, ...]], ...] = ()


class Wording(Protocol):
    """Where the words come from: printed from the recorded graph when asked for, or read from a file."""

    def label(self, node: str) -> str:
        """What to call a node."""

    def expression(self, node: str) -> str | None:
        """What a node was made from."""

    def rule(self, number: int) -> RuleText:
        """The rule of an event."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Node:
    """A tensor of the graph, with the operation that made it.

    Attributes:
        id: "n1", "n2", …, each after those it was made from; the same as in the graph's description.
        kind: "parameter" (of a module), "variable", "input" (an array without a gradient), "constant", or "result".
        name: as given, or the variable that it was assigned to, numbered if several are called so; None without.
        value: its value in the forward pass.
        needs_gradient: whether a gradient can flow to it.
        op: the operation that made it, None for others.
        sign: the operation as pictures show it: "×", "tanh", "Σ".
        inputs: what it was made from, in order: nodes, or plain numbers and arrays.
        module: the dotted path of the layer that made it, or None.
        place: where in the user's code it was made, or None.
    """

    id: str
    kind: Kind
    name: str | None
    value: Any
    needs_gradient: bool
    op: str | None = None
    sign: str = ""
    inputs: tuple[Any, ...] = ()
    module: str | None = None
    place: Place | None = None
    words: Wording = field(repr=False)

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis; `()` for a single number and for several results."""
        return values.shape_of(self.value) if self.value.__class__ is not tuple else ()

    @property
    def is_leaf(self) -> bool:
        """True for what no operation made."""
        return self.op is None

    @property
    def label(self) -> str:
        """What to call it: its name, else what it was made from, cut in the middle if that is long."""
        return self.words.label(self.id)

    @property
    def expression(self) -> str | None:
        """What it was made from, in mathematics; None for leaves."""
        return self.words.expression(self.id)

    def __repr__(self) -> str:
        return f"<{self.id} {self.label}>"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Event:
    """One edge of the backward pass, or a hook that replaced a gradient.

    Attributes:
        number: 1, 2, …: the order in which the engine went.
        node: the result whose gradient is passed on (of a hook, the tensor it is on).
        input: what it flows to.
        position: which input of the operation it is, from 0 on.
        argument: what the operation calls that input: "x1".
        is_hook: whether it is a hook.
        arriving: the gradient of `node`.
        local: the local derivative, where the contribution is `arriving × local`: a number if it is the same for all
            elements, or an array; 0 where a `where` did not take an element. None where there is no such factor.
        contribution: what the rule made of `arriving`, in the shape that the rule gave.
        axes: the axes of the contribution that are summed, because the input was broadcast along them.
        summed: the contribution in the shape and dtype of the input.
        before: the running total of the input so far; None if this is its first contribution.
        after: the running total with this contribution.
        count: this is the input's contribution number `count` …
        of: … of so many.
        mask: the elements of `node` that were taken by a `where`; None for all.
        began: "NaN" or "infinite" if the rule made such a number here of a finite gradient, else empty.
    """

    number: int
    node: Node
    input: Node
    position: int
    argument: str
    is_hook: bool = False
    arriving: Any
    local: Any = None
    contribution: Any
    axes: tuple[int, ...] = ()
    summed: Any
    before: Any = None
    after: Any
    count: int = 1
    of: int = 1
    mask: Any = None
    began: str = ""
    words: Wording = field(repr=False)

    @property
    def is_complete(self) -> bool:
        """Whether nothing more will be added to the gradient of the input."""
        return self.count == self.of

    @property
    def rule(self) -> RuleText:
        """The rule in symbols; it is printed when it is asked for the first time."""
        return self.words.rule(self.number)

    @property
    def edge(self) -> str:
        """From where to where: `w·x → w`."""
        return f"hook on {self.input.label}" if self.is_hook else f"{self.node.label} → {self.input.label}"

    def __repr__(self) -> str:
        return f"<event {self.number}: {self.edge}>"


@dataclass(frozen=True, slots=True, eq=False)
class Forward:
    """One operation of the forward pass: the node that it made, with its value and its inputs."""

    number: int
    node: Node

    @property
    def inputs(self) -> tuple[Any, ...]:
        """What went in: nodes, or plain numbers and arrays."""
        return self.node.inputs

    @property
    def value(self) -> Any:
        """What came out."""
        return self.node.value

    @property
    def expression(self) -> str | None:
        """The operation, in mathematics."""
        return self.node.expression

    def __repr__(self) -> str:
        return f"<forward {self.number}: {self.node.label}>"


def parts_of(value: Any) -> Iterator[Any]:
    """A value, or the parts of several; those that are missing are left out."""
    if isinstance(value, tuple):
        yield from (each for each in value if each is not None)
    elif value is not None:
        yield value


def is_finite(value: Any) -> bool:
    """Whether a value, or each part of several, has no NaN and no infinity; True for nothing, and for other things."""
    return all(values.is_finite(part) for part in parts_of(value)) if _is_floating(value) else True


def _is_floating(value: Any) -> bool:
    return any(isinstance(part, (float, np.floating, np.ndarray)) for part in parts_of(value))
