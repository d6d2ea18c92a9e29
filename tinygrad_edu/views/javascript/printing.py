"""The printer: a straight-line program as one JavaScript module.

    javascript(program) -> the text of an ES module

The module exports `forward(inputs)`, `backward()`, the `values` and `gradients` of every node by name, and the
recorded `example`; the functions that it uses stand below. Derivatives come in the program, from the rules themselves:
here every operation has one form, which serves both halves.
Read `views/programs.py`, `expressions.py` and `runtime.py` before this file.
"""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator

from ...errors import ArgumentError
from ..programs import Call, Expression, Name, Program, Statement, parts_of
from . import literals, own, runtime
from .expressions import WIDE, Expressions, has_form, key, rounded

WIDTH = 120
COMMENTS_AT = 50
RESERVED = frozenset(re.findall(r"\w+", """
    arguments await break case catch class const continue debugger default delete do else enum eval export extends
    false finally for function if implements import in instanceof interface let new null package private protected
    public return static super switch this throw true try typeof undefined var void while with yield
    Array ArrayBuffer BigInt Boolean Float32Array Float64Array Infinity Int16Array Int32Array Int8Array Math NaN Number
    Object RangeError String TypeError Uint16Array Uint32Array Uint8Array isFinite isNaN globalThis window document
    backward example forward gradients inputs values
    """))


def javascript(program: Program) -> str:
    r"""A program as a self-contained ES module, which runs under Node and in a page, and needs nothing else.

    Args:
        program: what to print. One of `every_branch.program_of(t)` is right for all inputs, also where they decide a
            `where` differently.
    Returns: the text. It exports
        forward(inputs): computes all values from inputs by name (the others are as they were recorded), and returns the
            result. A tensor may be given as nested lists.
        backward(): computes all gradients at the values of the last forward pass, and returns them.
        values, gradients: of every node, by name: numbers, or {shape, data} with the elements in row order.
        example: the recorded inputs.
    Raises: ArgumentError if an operation has no JavaScript form: random numbers, solve, inv, det, factorisations of
        matrices, functions that only Python knows.

    >>> from tinygrad_edu.views.javascript.every_branch import program_of
    >>> w, x = tg.variables(w=2, x=-3)
    >>> y = tg.tanh(w * x)
    >>> lines = javascript(program_of(y)).splitlines()
    >>> print(*[line for line in lines if line.startswith("  const ")], sep="\n")      # doctest: +ELLIPSIS
      const { w, x } = givenNumbers(inputs);
      const wx = w * x;...
      const y = Math.tanh(wx);...
      const { w, x, y } = values;
      const d_y = 1;...
      const d_wx = d_y * (1 - y * y);
      const d_w = d_wx * x;
      const d_x = d_wx * w;
    """
    functions = own.functions_of(program, RESERVED | runtime.functions().keys())
    check_forms(program, functions.keys())
    printer = Printer(program, {call: name for call, (name, _) in functions.items()})
    parts = [_header(program), _example(program), *printer.constant_lines(), printer.forward()]
    if program.backward:
        parts.append(printer.backward())
    parts += [own_function(name, inner) for name, inner in functions.values()]
    code = "\n\n".join(parts)
    below = runtime.functions_used(re.sub(r"//.*", "", code))
    return "\n\n".join([code, f"// {' What the above uses ':-^60}", below]) + "\n" if below else code + "\n"


def check_forms(program: Program, known: Iterable[object] = ()) -> None:
    """Raise ArgumentError if an operation has no JavaScript form."""
    missing = {part.operation: each for each in program.statements for part in parts_of(each.expression)
               if isinstance(part, Call) and not has_form(part) and key(part) not in known}
    if missing:
        where = "; ".join(f"{name} at {each.position}" if each.position is not None else name
                          for name, each in missing.items())
        raise ArgumentError(f"source(language='javascript'): got a graph with {where}. Expected operations that have a "
                            "JavaScript form, which random numbers, solve, inv, det, factorisations of matrices and "
                            "functions that only Python knows have not. language='numpy' prints them.")


def own_function(name: str, inner: Program) -> str:
    """An operation of the user's own as a function."""
    printer = Printer(inner, {})
    parameters = ", ".join(printer.identifiers[each.name] for each in inner.inputs)
    lines = [f"  {line}" for block in printer.constant_lines() for line in block.splitlines()]
    lines += printer.statements(inner.forward, comments=False)
    return "\n".join([f"function {name}({parameters}) {{", *lines,
                      f"  return {printer.identifiers[inner.outputs[0]]};", "}"])


def _header(program: Program) -> str:
    names = ", ".join(each.name.name for each in program.inputs) or "none"
    names = "\n//         ".join(textwrap.wrap(names, WIDTH - 60))
    lines = ["// A recorded computation as plain JavaScript. It runs in a page and under Node, and needs nothing else.",
             f"//     forward({{ ... }})     the result; inputs by name: {names}"]
    if program.backward:
        lines.append("//     backward()           the gradients of all nodes at the values of the last forward pass")
    lines.append(f"//     {'values, gradients' if program.backward else 'values':<21}of every node by name: a number, "
                 "or { shape, data } with the elements in row order")
    lines.append("// What Python decided by values when this was recorded (an `if`, an index) stays as it was.")
    return "\n".join(lines)


def _example(program: Program) -> str:
    lines = [_wrapped(f"  {each.name.name}: {literals.array(each.value)},") for each in program.inputs]
    return "\n".join(["// The recorded inputs, which stand in for those that are not given.",
                      "export const example = {", *lines, "};", "", "export const values = {};",
                      *["export const gradients = {};"] * bool(program.backward)])


class Printer:
    """Prints the statements of one program."""

    def __init__(self, program: Program, own: dict[object, str]) -> None:
        self.program = program
        self.identifiers = _identifiers(program, own.values())
        constants = {each.name: each.value for each in program.constants}
        self.expressions = Expressions(self.identifiers, constants, own)
        times = Counter(_targets(program.statements))
        self.reassigned = {name for name in times if times[name] > 1}
        self.declared: set[Name] = set()

    def constant_lines(self) -> list[str]:
        """Constant arrays that the program computes with."""
        used = {part for each in self.program.statements for part in _computed_with(each.expression)}
        lines = [_wrapped(f"const {self.identifiers[each.name]} = {literals.array(each.value)};")
                 for each in self.program.constants if each.name in used]
        return ["\n".join(lines)] if lines else []

    def forward(self) -> str:
        """The function `forward`."""
        inputs = [each.name for each in self.program.inputs]
        lines = []
        if inputs:
            narrow = [each for each in inputs if each.dtype.name not in WIDE]
            word = "let" if narrow else "const"
            source = "givenTensors" if any(each.shape for each in inputs) else "givenNumbers"
            lines.append(_wrapped(f"  {word} {self._object(inputs, unpacked=True)} = {source}(inputs);"))
            lines += [f"  {self.identifiers[each]} = {rounded(self.identifiers[each], each.dtype, each.shape)};"
                      for each in narrow]
        lines += self.statements(self.program.forward)
        nodes = dict.fromkeys([*inputs, *_targets(self.program.forward)])
        lines.append(_wrapped(f"  Object.assign(values, {self._object(nodes)});"))
        outputs = [self.identifiers[each] for each in self.program.outputs]
        lines.append(f"  return {outputs[0] if len(outputs) == 1 else '[' + ', '.join(outputs) + ']'};")
        return "\n".join([f"export function forward({'inputs = {}' if inputs else ''}) {{", *lines, "}"])

    def backward(self) -> str:
        """The function `backward`, which begins with the values that it needs."""
        program = self.program
        used = {part for each in program.backward for part in _computed_with(each.expression)}
        used.update(program.gradients.values(), program.gradient_names.values())
        needed = [name for name in dict.fromkeys([*(each.name for each in program.inputs), *_targets(program.forward)])
                  if name in used]
        lines = ["  if (Object.keys(values).length === 0) forward();"]
        if needed:
            lines.append(_wrapped(f"  const {self._object(needed, unpacked=True)} = values;"))
        lines += self.statements(program.backward)
        found = {t: name for t, name in (*program.gradients.items(), *program.gradient_names.items())
                 if t in program.names and not isinstance(name, Call)}
        parts = [_property(program.names[t].name, self.expressions.text(name).text) for t, name in found.items()]
        lines.append(_wrapped(f"  return Object.assign(gradients, {{ {', '.join(parts)} }});"))
        return "\n".join(["export function backward() {", *lines, "}"])

    def _object(self, names: Iterable[Name], unpacked: bool = False) -> str:
        """An object of values by name, or the pattern that takes them out of one."""
        return "{ " + ", ".join(_property(each.name, self.identifiers[each]) for each in names) + " }"

    def statements(self, statements: Iterable[Statement], comments: bool = True) -> list[str]:
        """The lines of some statements. A comment says the shape, and which line of the user's was recorded."""
        statements, recorded = list(statements), set(self.program.forward)
        often = Counter(str(each.position) for each in statements)
        lines, before = [], ""
        for each in statements:
            place = str(each.position) if comments and each in recorded and each.position is not None else ""
            if place and place != before and often[place] > 1:
                lines.append(f"  // {place}")
            before = place
            for i, target in enumerate(each.targets):
                if target is not None:
                    notes = [str(list(target.shape))] * bool(target.shape) + [each.comment] * bool(each.comment)
                    notes += [place] * (often[place] == 1)
                    code = self._assignment(each.expression, target, i if len(each.targets) > 1 else None)
                    lines += self._lines_before(comments)
                    lines.append(_commented(code, "   ".join(filter(None, notes)) if comments else ""))
        return lines

    def _lines_before(self, comments: bool) -> list[str]:
        """Lines for the long parts of the expression that was printed last."""
        before, self.expressions.before = self.expressions.before, []
        return [_commented(_wrapped(f"  const {name} = {text};"), str(list(shape)) * comments)
                for name, text, shape in before]

    def _assignment(self, expression: Expression, target: Name, part: int | None) -> str:
        word = "" if target in self.declared else "let " if target in self.reassigned else "const "
        self.declared.add(target)
        text, before = self.expressions.text(expression, part).text, self.expressions.before
        if before and text == before[-1][0]:                        # the operation leaves its operand as it is
            text = before.pop()[1]
        return _wrapped(f"  {word}{self.identifiers[target]} = {text};")


# -- names ------------------------------------------------------------------------------------------------------------


def _identifiers(program: Program, own: Iterable[str]) -> dict[Name, str]:
    """What each name is called in JavaScript, where other words are taken."""
    taken = {*RESERVED, *runtime.functions(), *own}
    found: dict[Name, str] = {}
    arrays = (each.name for each in (*program.inputs, *program.constants))
    for name in dict.fromkeys([*arrays, *_targets(program.statements)]):
        identifier = name.name
        while identifier in taken:
            identifier += "_"
        found[name] = identifier
        taken.add(identifier)
    return found


def _targets(statements: Iterable[Statement]) -> list[Name]:
    return [target for each in statements for target in each.targets if target is not None]


def _computed_with(expression: Expression) -> Iterator[Expression]:
    """An expression and its operands, without what stands in options: that is decided when the program is printed."""
    yield expression
    if isinstance(expression, Call):
        for each in expression.operands:
            yield from _computed_with(each)


# -- lines ------------------------------------------------------------------------------------------------------------


def _property(name: str, text: str) -> str:
    """A property of an object, or a part of a pattern."""
    return name if name == text else f"{name}: {text}"


def _commented(code: str, comment: str) -> str:
    """A line with a comment, which stands above if the line would be too long."""
    comment = re.sub(r"[^ -~\u00a1-\u1fff]", " ", comment).replace("</", "<\\/")       # also safe inside a page
    line = f"{code:<{COMMENTS_AT}}// {comment}" if len(code) < COMMENTS_AT - 1 else f"{code}  // {comment}"
    fits = len(line) <= WIDTH and "\n" not in code
    return code if not comment else line if fits else f"  // {comment}\n{code}"


def _wrapped(line: str) -> str:
    """A line, or several if it is long, broken after commas."""
    if len(line) <= WIDTH:
        return line
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    tied = re.sub(r"(?<!,) ", "\N{NO-BREAK SPACE}", line.strip())
    lines = textwrap.wrap(tied, WIDTH - len(indent), break_long_words=False, break_on_hyphens=False)
    return indent[2:] + f"\n{indent}".join(lines).replace("\N{NO-BREAK SPACE}", " ")
