"""Summary: the table of a model's layers, output shapes and numbers of parameters.

Shapes are seen, not computed: the model runs once on zeros, without recording, and each module tells what it gave.
Read `modules.py` before this file.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape

import numpy as np

from ..core.modes import no_grad
from ..core.tensors import Tensor
from .arguments import as_shape
from .modules import Module, Running, Witness, running
from .parameters import default_dtype, is_parameter

BIASES = ("bias", "b", "shift")         # what is added; all other parameters are weights


@dataclass(frozen=True)
class Row:
    """One layer: its dotted name, its class, the shape of its output for one example, and its own parameters."""

    path: str
    kind: str
    shape: str
    parameters: int


@dataclass(frozen=True)
class Summary:
    """The table: `print(model.summary())`, or the last line of a notebook's cell.

    Attributes:
        rows: one for each layer.
        weights: how many parameters are factors.
        biases: how many are added.
        frozen: how many of both are frozen.
    """

    rows: tuple[Row, ...]
    weights: int
    biases: int
    frozen: int

    @property
    def parameters(self) -> int:
        """How many numbers training may change, frozen ones included; shared ones count once."""
        return self.weights + self.biases

    def total(self) -> str:
        """`13,002 parameters = 12,960 weights + 42 biases`."""
        frozen = f", {self.frozen:,} of them frozen" if self.frozen else ""
        return f"{self.parameters:,} parameters = {self.weights:,} weights + {self.biases:,} biases{frozen}"

    def __str__(self) -> str:
        table = [("layer", "output shape", "parameters")]
        table += [(f"{row.path} ({row.kind})" if row.path else row.kind, row.shape, f"{row.parameters:,}")
                  for row in self.rows]
        first, second, third = (max(len(line[i]) for line in table) for i in range(3))
        lines = [f"{a:<{first}}  {b:<{second}}  {c:>{third}}" for a, b, c in table]
        return "\n".join([lines[0], "─" * len(lines[0]), *lines[1:], "─" * len(lines[0]), self.total()])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        body = "".join(f"<tr><td>{escape(row.path)}</td><td>{escape(row.kind)}</td><td>{escape(row.shape)}</td>"
                       f'<td style="text-align:right">{row.parameters:,}</td></tr>' for row in self.rows)
        return (f"<table><caption>{escape(self.total())}</caption><thead><tr><th scope=col>layer</th>"
                "<th scope=col>kind</th><th scope=col>output shape</th><th scope=col>parameters</th></tr></thead>"
                f"<tbody>{body}</tbody></table>")


def summarise(model: Module, input_shape: int | tuple[int, ...] | None = None) -> Summary:
    """What `model.summary(input_shape)` gives; see there."""
    shapes = _output_shapes(model, input_shape)
    rows = [Row(path, type(module).__name__, _shape(shapes.get(path)), sum(t.size for t in _own(module)))
            for path, module in model.named_modules() if _own(module) or not _inner(module)]
    named = list(model.named_parameters())
    biases = sum(p.size for name, p in named if name.rpartition(".")[2] in BIASES)
    return Summary(tuple(rows), sum(p.size for _, p in named) - biases, biases,
                   sum(p.size for _, p in named if not p.requires_grad))


def _own(module: Module) -> list[Tensor]:
    """The parameters that a module itself has."""
    return [each for _, each in module.members() if not isinstance(each, Module) and is_parameter(each)]


def _inner(module: Module) -> bool:
    return any(isinstance(each, Module) for _, each in module.members())


def _output_shapes(model: Module, input_shape: int | tuple[int, ...] | None) -> dict[str, tuple[int, ...] | None]:
    """What each module gives for one example of zeros, by dotted name; empty if no input shape is known."""
    shape = input_shape if input_shape is not None else getattr(model, "input_shape", None)
    if shape is None:
        model._check_built("summary()")
        return {}
    shape = as_shape("summary(input_shape)", shape)
    seen: dict[str, tuple[int, ...] | None] = {}
    with watched(lambda path, module, out: seen.setdefault(path, getattr(out, "shape", None))):
        on_zeros(model, shape)
    return seen


def on_zeros(model: Module, shape: tuple[int, ...]) -> None:
    """Run a model once on one example of zeros, which makes all its parameters and leaves no other trace."""
    with no_grad(), evaluating(model), np.errstate(all="ignore"):       # 1 / 0 in a Lambda is no concern of ours
        model(np.zeros((1, *shape), default_dtype()))


def _shape(shape: tuple[int, ...] | None) -> str:
    """The shape of one example, without the axis of examples."""
    return "" if shape is None else str(shape[1:])


@contextmanager
def watched(witness: Witness) -> Iterator[None]:
    """A block in which `witness(path, module, out)` is called for each module when it has run; the outermost is ""."""
    token = running.set(Running(None, "", witness))
    try:
        yield
    finally:
        running.reset(token)


@contextmanager
def evaluating(model: Module) -> Iterator[None]:
    """A block in which a model and all modules within are in `eval()`; each is set back as it was."""
    before = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in before:
            module.training = training
