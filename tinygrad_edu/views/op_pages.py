"""Pages: one operation of the reference, as text and for notebooks.

    OpPage(op, example)     signature, forward, rules as formulas, conventions, numbers with a check
    called(op, inputs, options)

All is read from the operation: the rules are printed from what they record on the example. The check is a plain central
difference, which is enough to see that a formula is right; tinygrad_edu.testing has the careful one, with error bounds.
Read `formulas.py` before this file and `reference.py` after it.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from functools import cached_property
from html import escape
from typing import Any, NamedTuple

import numpy as np

from .. import ops
from ..core.ops import apply, raw
from ..core.passes import gradients
from ..core.rules import Op, Rule
from ..core.tensors import NO_OPTIONS, Tensor
from .formulas import Formula, formula, rule_formula
from .recorded_rules import stand_in
from .reference_examples import Example

WIDTH = 80
RULES, CONVENTIONS = "Rules (g is the gradient of out)", "Conventions"      # headings
LONGEST_FORWARD = 12            # lines of NumPy that are shown
AGREEMENT = 1e-5                # relative: what a central difference can promise for every function here
CONVENTION = re.compile(r"kink|jump|conventi|tie|[Ee]qual|share|NaN|at 0|At 0|no derivative|not determined|infinite")
FILES = re.compile(r"[:;,]?\s+[Ss]ee `?[\w/]+\.py`?(?=\.)")       # hints for those who read the source


class Check(NamedTuple):
    """The gradient for one input by the rule and by a central difference."""

    argument: str
    by_rule: Any
    numerical: Any
    exact: bool = True              # False if a part is computed in single precision

    @property
    def difference(self) -> float:
        """The largest difference, relative to the largest number."""
        size = max(float(np.max(np.abs(self.numerical), initial=0)), 1e-3)
        return float(np.max(np.abs(np.asarray(self.by_rule) - self.numerical), initial=0)) / size

    @property
    def agrees(self) -> bool:
        """Whether both are the same as far as a difference quotient can tell."""
        return self.difference < (AGREEMENT if self.by_rule.dtype == np.float64 and self.exact else 1e-3)

    @property
    def verdict(self) -> str:
        """Whether they agree, in words."""
        if self.agrees:
            return f"They agree; the largest difference is {self.difference:.0e}."
        return f"THEY DO NOT AGREE: the largest difference is {self.difference:.2g} of the largest number."


class OpPage:
    """What there is to know of an operation. It prints as text of 80 columns and shows as a page in notebooks.

    Attributes:
        op: the operation.
        signature: how it is called.
        doc: what it says of itself.
        conventions: the sentences of that about kinks, ties and the like.
        example: inputs and options to show it with; None if none are known.
        rules: (argument, its rule as a Formula, or None for no derivative).
        checks: for each rule the gradient by the rule and numerically.
    """

    def __init__(self, op: Op, example: Example | None) -> None:
        self.op, self.example = op, example
        self.signature = f"{op.name}{op.signature}".replace(", /", "").replace("(/, ", "(")
        self.doc = FILES.sub("", op.doc)
        prose = re.split(r"\n\s*(?:>>>|Args:|Source:)", self.doc)[0]
        sentences = re.split(r"(?<=\.)\s+", " ".join(prose.split()))
        self.conventions = [each for each in sentences[1:] + sentences[:1] if CONVENTION.search(each)]

    @cached_property
    def inputs(self) -> list[Any]:
        """The inputs of the example as variables that are called like the arguments, also those of integers."""
        if self.example is None:
            return []
        return [stand_in(x, name) if isinstance(x, (float, np.ndarray, np.generic)) else x
                for name, x in zip(self._names(), self.example.inputs, strict=True)]

    def _names(self) -> list[str]:
        given = self.example.inputs if self.example is not None else ()
        names = [f"{self.op.many}{i}" for i in range(len(given))] if self.op.many else self.op.input_names
        return [*names[:len(given)]]

    @cached_property
    def results(self) -> list[Tensor]:
        """What the example gives."""
        found = called(self.op, self.inputs, self.example.options) if self.example is not None else []
        return list(found) if isinstance(found, tuple) else [found] if found.__class__ is Tensor else []

    @cached_property
    def forward(self) -> Formula | None:
        """What it computes, as a formula of the example's inputs."""
        if not self.results or self.results[0].op is None:
            return None
        return formula(self.results[0].inputs[0] if self.op.results else self.results[0])

    @cached_property
    def rules(self) -> list[tuple[str, Formula | None]]:
        """The rule of each input, recorded on the example."""
        if not self.results or self.results[0].op is None:
            return []
        node = self.results[0]
        node = node.inputs[0] if self.op.results else node
        found: list[tuple[str, Formula | None]] = []
        for i, (name, x) in enumerate(zip(self._names(), node.inputs, strict=False)):
            rule = self.op.rule_of(i)
            if rule.kind == Rule.NONE:
                found.append((name, None))
            elif x is not None and rule.kind != Rule.MISSING:
                found.append((name, rule_formula(node, i, short=True)))
        return found

    @cached_property
    def checks(self) -> list[Check]:
        """The gradients of the example."""
        ruled = {name for name, rule in self.rules if rule is not None}
        variables = [(name, x) for name, x in zip(self._names(), self.inputs, strict=True)
                     if name in ruled and x.__class__ is Tensor and is_floating(x)]
        if not variables:
            return []
        loss = _loss(self.results)
        found = gradients(loss, [x for _, x in variables], allow_unused=True)
        return [Check(name, np.zeros(x.shape) if g is None else g.numpy(), self._numerical(x), self._step < 1e-3)
                for (name, x), g in zip(variables, found, strict=True)]

    def _numerical(self, x: Tensor) -> Any:
        """The gradient for `x` by central differences, element by element."""
        options = self.example.options if self.example is not None else {}
        place = next(i for i, each in enumerate(self.inputs) if each is x)

        def loss_at(value: Any) -> float:
            inputs = [each.numpy() if each.__class__ is Tensor else each for each in self.inputs]
            inputs[place] = value
            found = called(self.op, [stand_in(each, None) if isinstance(each, np.ndarray) else each
                                      for each in inputs], options)
            return float(_loss(list(found) if isinstance(found, tuple) else [found]).item())

        at, out = x.numpy(), np.zeros(x.shape)
        for index in np.ndindex(at.shape):
            step = np.zeros(at.shape)
            step[index] = self._step * max(1.0, abs(float(at[index])))
            out[index] = (loss_at(at + step) - loss_at(at - step)) / (2 * step[index])
        return out

    @property
    def _step(self) -> float:
        """How far to go for a difference quotient: a compromise between curvature and rounding."""
        return 1e-5 if all(x.dtype != np.float32 for x in self.results) else 1e-2

    # -- as text ----------------------------------------------------------------------------------------------------

    def __str__(self) -> str:
        parts = [f"{self.signature}\n{self.op.family} {self._kind()}".rstrip(), self._prose()]
        parts += [f"{title}\n{textwrap.indent(body, '    ')}" for title, body in self._sections() if body]
        return "\n\n".join(parts)

    __repr__ = __str__

    def _kind(self) -> str:
        return f"({self.op.kind})" if self.op.kind and self.op.kind != self.op.family else ""

    def _prose(self) -> str:
        lines = self.doc.split("\n\n    >>>")[0].split("\n\n>>>")[0].splitlines()
        return "\n".join(each if len(each) <= WIDTH else textwrap.fill(each, WIDTH, subsequent_indent=_indent(each))
                         for each in lines)

    def _sections(self) -> Iterator[tuple[str, str]]:
        yield "Forward, in NumPy", self._forward_text()
        written = [_wrapped(self._rule_text(name, rule)) for name, rule in self.rules]
        apart = "\n\n" if any("\n" in each for each in written) else "\n"
        yield RULES, apart.join(written)
        yield CONVENTIONS, "\n".join(textwrap.fill(each, WIDTH - 4, subsequent_indent="  ")
                                       for each in self.conventions)
        yield "Example", self._example_text()

    def _forward_text(self) -> str:
        if self.forward is None:
            return ""
        lines = self.forward.numpy.splitlines()
        if len(lines) > LONGEST_FORWARD or max(map(len, lines)) > WIDTH - 10:
            return f'# too long to stand here: print(explain_op("{self.op.name}").forward.numpy)'
        return "\n".join([*lines[:-1], f"out = {lines[-1]}"])

    def _rule_text(self, name: str, rule: Formula | None) -> str:
        return f"{name} has no derivative" if rule is None else str(rule)

    def _example_text(self) -> str:
        if self.example is None or not self.results:
            return ""
        lines = [f"{name} = {_shown(x)}" for name, x in zip(self._names(), self.inputs, strict=True)]
        lines += [f"{name} = {value!r:.60}" for name, value in self.example.options.items()]
        names = self.op.results._fields if self.op.results else ("out",)
        lines += [f"{name} = {_shown(x)}" for name, x in zip(names, self.results, strict=True)]
        if self.checks:
            lines += ["", *(f"g for {name} = {_shown(g)}" if self.op.results else f"g = {_shown(g)}"
                            for name, g, x in zip(names, _weights(self.results), self.results, strict=True)
                            if is_floating(x._value))]
        for check in self.checks:
            lines += [f"∂L/∂{check.argument} by the rule:  {_shown(check.by_rule)}",
                      f"{' ' * len(check.argument)}     numerically:  {_shown(check.numerical)}",
                      f"{' ' * len(check.argument)}     {check.verdict}"]
        return "\n".join(textwrap.fill(each, WIDTH - 4, subsequent_indent="        ", drop_whitespace=bool(each))
                         if len(each) > WIDTH - 4 else each for each in lines)

    # -- as a page --------------------------------------------------------------------------------------------------

    def markdown(self, level: int = 3) -> str:
        """A page, or a part of one, in Markdown with mathematics in LaTeX."""
        parts = [f"{'#' * level} {self.op.name}", f"`{self.signature}`", _prose_as_markdown(self._prose())]
        if forward := self._forward_text():
            parts.append(f"```python\n{forward}\n```")
        for name, rule in self.rules:
            parts.append(f"`{name}` has no derivative." if rule is None else f"$$\n{rule.latex}\n$$")
            if rule is not None and rule.notes:
                parts.append("; ".join(rule.notes) + ".")
        if self.checks:
            parts.append(self._checked())
        return "\n\n".join(parts)

    def _checked(self) -> str:
        """A sentence about the numbers; without those that rounding may change."""
        good = all(check.agrees for check in self.checks)
        shown = "; ".join(f"`{name} = {_shown(x, 3)}`" for name, x in zip(self._names(), self.inputs, strict=True)
                          if np.size(getattr(x, "_value", x)) <= 6)
        at = f" at {shown}" if shown else ""
        return f"Checked{at}: the rules {'agree' if good else '**do not agree**'} with central differences."

    def _repr_markdown_(self) -> str:
        return self.markdown()

    def _repr_html_(self) -> str:
        parts = [f"<h3>{escape(self.signature)}</h3>", f"<p>{escape(f'{self.op.family} {self._kind()}'.rstrip())}</p>",
                 f"<pre>{escape(self._prose())}</pre>"]
        parts += [f"<h4>{escape(title)}</h4>{body}" for title, body in self._html_sections() if body]
        return f"<div>{''.join(parts)}</div>"

    def _html_sections(self) -> Iterator[tuple[str, str]]:
        """The sections of the text, each with its heading, rules as MathML."""
        for title, body in self._sections():
            if title == RULES:
                yield title, "".join(self._rule_html(name, rule) for name, rule in self.rules)
            elif title == CONVENTIONS:
                yield title, "".join(f"<p>{escape(each)}</p>" for each in self.conventions)
            else:
                yield title, f"<pre>{escape(body)}</pre>" if body else ""

    def _rule_html(self, name: str, rule: Formula | None) -> str:
        if rule is None:
            return f"<p>{escape(name)} has no derivative</p>"
        return rule.mathml + "".join(f"<p>{escape(note)}</p>" for note in rule.notes)


def called(op: Op, inputs: list[Any], options: dict[str, Any]) -> Any:
    """An operation called on inputs, Tensors or not."""
    given = {**op.defaults, **options} or NO_OPTIONS
    if any(x.__class__ is Tensor for x in inputs):
        return apply(op, tuple(inputs), given)
    return raw(op, tuple(inputs), given)


def is_floating(x: Any) -> bool:
    """Whether a value, or that of a Tensor, is of floating-point numbers."""
    value = getattr(x, "_value", x)
    return isinstance(value, float) or (isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind == "f")


def _weights(results: list[Tensor]) -> list[Any]:
    """A gradient to start from for each result: 1, 0.5, -1, 2, 1, ..., so that no two elements look alike."""
    return [np.resize(np.array([1.0, 0.5, -1.0, 2.0, -0.5]), x.shape) for x in results]


def _loss(results: list[Tensor]) -> Tensor:
    """A number made of all floating results."""
    terms = [ops.sum(ops.multiply(x, g)) for x, g in zip(results, _weights(results), strict=True) if is_floating(x)]
    total = terms[0]
    for each in terms[1:]:
        total = total + each
    return total


def _shown(x: Any, precision: int = 4) -> str:
    """A value in a line or a few."""
    value = np.asarray(getattr(x, "_value", x) if x is not None else None)
    if value.dtype == object:
        return str(x)
    shape = "×".join(map(str, value.shape))
    if value.size > 12:
        return f"an array of {shape}"
    if value.ndim > 2:
        return f"{_shown(value.reshape(-1), precision)} as {shape}"
    return np.array2string(value, precision=precision, suppress_small=True, separator=", ").replace("\n", "")


def _indent(line: str) -> str:
    return " " * (len(line) - len(line.lstrip()) + 4 * bool(re.match(r"[a-z]\w*: ", line.lstrip())))     # "x: (N,) ..."


def _wrapped(text: str) -> str:
    """A formula with its long lines broken."""
    return "\n".join(textwrap.fill(each, WIDTH - 4, subsequent_indent="        ") for each in text.splitlines())


def _prose_as_markdown(text: str) -> str:
    """A docstring in Markdown: what is indented, and what follows Args, stays as it is."""
    blocks, found = text.split("\n\n"), []
    for block in blocks:
        plain = not any(line.startswith(" ") for line in block.splitlines()) and " = " not in block.split(" ")[0]
        plain = plain and not block.startswith("out[")
        found.append(re.sub(r"(?m)^([+-]) ", r"\\\1 ", block) if plain else f"```text\n{block}\n```")    # no list
    return "\n\n".join(found)
