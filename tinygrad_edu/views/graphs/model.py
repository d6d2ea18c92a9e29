"""The description of a recorded graph: what every picture of it is drawn from, and nothing else.

    Description         nodes, edges, modules: plain, immutable, in one fixed order
    Node  Edge  Module  their parts
    Value               a number or an array, summarised: what a picture can show of it

It holds no tensor: numbers, words and names only, so that it can be written to a file, and stays what it is when the
variables change. A node stands for a tensor together with the operation that made it. Everything here is data; it is
made by `recorded.py`, changed by `filters.py`, and drawn by the other files.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal[
    "parameter",        # a variable that belongs to a module
    "variable",         # another leaf that a gradient flows to
    "input",            # example data: an array without a gradient
    "constant",         # every other leaf
    "result",           # what an operation gave
    "module",           # a folded module: its inner nodes, seen from outside
    "expression",       # several operations folded into one, the last of which gave the value
    "rest",             # what was left out because there is too much of it
]
Gradient = Literal["known", "none yet", "not wanted"]
Shown = Literal["values", "gradients", "both", "shapes"]
Style = Literal["auto", "blackboard", "compact"]

MOST_ELEMENTS = 48      # so many elements are kept one by one; of more, as many bins


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A number or an array, summarised.

    Attributes:
        shape: () for a number.
        dtype: "float64", "int64", "bool", ….
        elements: all of them in row order, if there are at most 48 (or one), as Python numbers; else None.
        bins: for more, 48 pairs (smallest, largest) of equal runs in row order, NaN where a run holds a NaN; else None.
        minimum, mean, maximum: of the finite elements; None if there are none.
        zeros: how many elements are exactly 0.
        nans, infinities: how many are NaN, or infinite.
        norm: the Euclidean norm of the finite elements.
    """

    shape: tuple[int, ...]
    dtype: str
    elements: tuple[float, ...] | None
    bins: tuple[tuple[float, float], ...] | None = None
    minimum: float | None = None
    mean: float | None = None
    maximum: float | None = None
    zeros: int = 0
    nans: int = 0
    infinities: int = 0
    norm: float = 0.0

    @property
    def is_number(self) -> bool:
        """Whether it is a single number, of shape ()."""
        return self.shape == ()

    @property
    def size(self) -> int:
        """How many elements it has."""
        n = 1
        for each in self.shape:
            n *= each
        return n


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place in the user's code: file name (without folders), line, that line, and the expression in it."""

    file: str
    line: int
    text: str
    expression: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What made a node: the registry's name, the sign that pictures show ("×", "tanh", "Σ"), options that matter."""

    name: str
    sign: str
    options: str = ""               # "axis=1"; empty if all are the usual ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One tensor, with the operation that made it; or several that are folded into one.

    Attributes:
        id: "n1", "n2", …: fixed when the graph is recorded, and kept by filters. Folded modules are called "m1", ….
        name: as given, or the variable it was assigned to, or its module's ("layers.0.weight"); None if it has none.
        expression: what it was made from, in mathematics: "w·x + b". None for leaves.
        value: None only for what has several values, or none: the node of several results, the rest.
        gradient: None unless `gradient_is` is "known".
        gradient_is: of a node without a value "not wanted"; each of several results has its own.
        operation: None for leaves.
        module: the id of the innermost module it belongs to, or None.
        is_root: backward begins here.
        changed: a variable that was assigned since the graph was recorded; the value is the new one.
        stale: a result that was made from such a variable.
        count: how many recorded nodes it stands for.
        repeats: how many equal blocks it stands for (×N).
    """

    id: str
    kind: Kind
    name: str | None = None
    expression: str | None = None
    value: Value | None = None
    gradient: Value | None = None
    gradient_is: Gradient = "not wanted"
    operation: Operation | None = None
    module: str | None = None
    place: Place | None = None
    is_root: bool = False
    changed: bool = False
    stale: bool = False
    count: int = 1
    repeats: int = 1

    @property
    def title(self) -> str:
        """What a picture calls it: its name, else its expression, else its value's kind."""
        return self.name or self.expression or (self.operation.sign if self.operation else self.kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """One argument of one operation; `x * x` has two.

    Attributes:
        id: "n3.0": the node that the operation made, and the position of the argument.
        source: the id of the node that is the argument.
        target: the id of the node that the operation made.
        position: which argument it is, counted from 0.
        argument: what the operation calls it ("x1").
        ordered: whether the order of the arguments matters (x - y, x @ y).
        wanted: whether a gradient can flow along it.
        formula: the local derivative in mathematics ("x", "1 − y²", "g Wᵀ" for tensors); None if it is not known.
        spoken: the same in words.
        short: the formula in few letters, where it has many: what stands on the gate; else "".
        is_factor: whether the contribution is `arriving × local`, elementwise; else `formula` is what it becomes.
        local: the local derivative, if it is a number or an array of the result's shape (of the argument's, where the
            result is a number); else None.
        arriving: the gradient that arrives at the target; None if no pass was made.
        flow: the contribution that reaches the source (summed to its shape); None if no pass was made.
        note: what broadcasting did: "3 → 6×3" without a pass, "6×3 → 3: sum of 6 rows (axis 0)" with one; which part
            of an example an operation was given: "x[:, 3]"; else "".
    """

    id: str
    source: str
    target: str
    position: int
    argument: str = ""
    ordered: bool = False
    wanted: bool = False
    formula: str | None = None
    spoken: str | None = None
    short: str = ""
    is_factor: bool = False
    local: Value | None = None
    arriving: Value | None = None
    flow: Value | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A layer or network within which nodes were recorded. One that is folded has the id of a node, and holds none.

    Attributes:
        id: "m1", "m2", …, in the order in which they ran.
        path: the dotted name: "layers.0".
        parent: the id of the module around it, or None.
        kind: what it is, in code: "Dense(8 → 4), relu"; empty if only its path is known.
        parameters: how many numbers its parameters hold, those of inner modules included.
        count: how many recorded nodes are inside.
        repeats: how many equal blocks it stands for (×N).
    """

    id: str
    path: str
    parent: str | None = None
    kind: str = ""
    parameters: int = 0
    count: int = 0
    repeats: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """Nodes, edges and modules of a graph.

    Attributes:
        nodes: each after those it was made from.
        edges: by target (in the order of `nodes`), then by position; every recorded argument once.
        modules: outer ones before inner ones.
        title: what the graph computes, for headings and screen readers: "y = tanh(w·x + b)".
        notes: sentences about what is not shown: "4,000 operations are folded into 12 modules".
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    modules: tuple[Module, ...] = ()
    title: str = ""
    notes: tuple[str, ...] = field(default=())
