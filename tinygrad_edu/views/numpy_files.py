"""A program as the text of a Python file: what it is, helpers, one function of the inputs, and a part that runs it.

    NumpyFile(program).text()

Each statement has a line of its own, with a comment that gives the shape and the user's line. Read `numpy_text.py`
before this file, which writes the expressions.
"""

from __future__ import annotations

import ast
import os
import textwrap
from functools import cached_property
from typing import Any

import numpy as np

from ..core.places import is_cell
from ..core.positions import Position
from .numpy_literals import array_literal
from .numpy_text import Expressions
from .plain_functions import Helpers
from .programs import Call, Name, Program, Statement

WIDTH = 120
CODE_WIDTH = 64         # comments begin here at the latest, where the code is not longer
LITERAL = 100           # so many elements of a value are written into the text; larger ones are saved beside the file
PLAIN = np.dtype(np.float64)


class NumpyFile:
    """The text of a program in NumPy.

    Args:
        program: what to print.
        strongly: whether numbers that NumPy computed with are np.float64 everywhere, not only where they must be.
    """

    def __init__(self, program: Program, strongly: bool = False) -> None:
        self.program = program
        small = [each for each in program.constants if np.size(each.value) <= LITERAL]
        self.inputs = [*program.inputs, *(each for each in program.constants if each not in small)]
        self.constants = small
        self.has_gradients = bool(program.backward)
        self.function = "forward_and_backward" if self.has_gradients else "forward"
        taken = {each.name.name for each in (*self.inputs, *small)} | {self.function}
        taken |= {target.name for each in program.statements for target in each.targets if target is not None}
        self.helpers = Helpers(taken)
        self.expressions = Expressions(self.helpers, strongly)
        self.forward = [self._written(each) for each in program.forward]
        self.expressions.in_rule = True
        self.backward = [self._written(each) for each in program.backward]

    @property
    def large(self) -> dict[str, Any]:
        """The example values that do not fit into the text."""
        return {each.name.name: each.value for each in self.inputs if np.size(each.value) > LITERAL}

    # -- parts of the text --------------------------------------------------------------------------------------------

    def text(self, quiet: bool = False, exact: bool = True) -> str:
        """The whole text.

        Args:
            quiet: whether to silence floating-point warnings, since there are some.
            exact: whether the text gives the engine's bits here.
        """
        lines = [*self._header(exact), ""]
        lines += [*sorted(self.helpers.imports - {"import numpy as np"})]
        lines += ["", "import numpy as np"] if len(self.helpers.imports) > 1 else ["import numpy as np"]
        if self.helpers.lines:
            lines += ["", ""]
            for line in self.helpers.lines:
                lines += [line] if line else ["", ""]
            lines = lines[:-2]
        if self.constants:
            lines += [""] + [f"{each.name.name} = {written(each.value)}" for each in self.constants]
        lines += ["", "", *(['@np.errstate(all="ignore")     # infinities and NaN come up here'] * quiet)]
        lines += [*self._function(), "", "", *self._main()]
        return "\n".join(lines) + "\n"

    def _header(self, exact: bool) -> list[str]:
        output = self.program.outputs[0].name
        first, parts = f"{output}, one step at a time.", []
        if self.has_gradients:
            first = f"{output} and its gradients, one step at a time: forward, then backward."
            parts.append(f"d_v is the derivative of {output} with respect to v. Forward, each line computes a value "
                         "from earlier ones. Backward, each line passes the gradient of a value on to one that it "
                         "was made from; what was used several times adds up what arrives.")
        parts.append(f"Written by tinygrad_edu from a recorded run{self._of_file()}; it needs NumPy alone, and gives "
                     f"the same numbers{' to the last bit' if exact else ', though here not to the last bit'}. "
                     "Print it anew for inputs of other shapes, and for other values where these decide more than "
                       "numbers: which way an `if` goes, which elements a mask keeps, whether 1/x is infinite.")
        lines = [f'"""{first}', ""]
        for part in parts:
            lines += [*textwrap.wrap(part, WIDTH - 2), ""]
        return [*lines[:-1], '"""']

    def _of_file(self) -> str:
        files = self.files
        return f" of {', '.join(files)}" if files else ""

    @cached_property
    def files(self) -> list[str]:
        """The user's files, without folders."""
        found = [file_name(each.position) for each in self.program.statements if each.position is not None]
        return [each for each in dict.fromkeys(found) if each]

    def _function(self) -> list[str]:
        names = [each.name.name for each in self.inputs]
        lines = _wrapped(f"def {self.function}(", names, "):", " " * 4)
        lines += self._docstring()
        body = self._commented(self.program.forward, self.forward, False)
        if self.has_gradients:
            lines += ["    # forward", *body, "", "    # backward"]
            lines += self._commented(self.program.backward, self.backward, True)
        else:
            lines += body
        return [*lines, "", *self._returned()]

    def _docstring(self) -> list[str]:
        described = [f"{each.name.name} {shape_and_dtype(each.name)}" for each in self.inputs]
        text = f'"""{", ".join(described)} -> {self.program.outputs[0].name}'
        text += ", and its gradients by name." if self.has_gradients else "."
        lines = textwrap.wrap(text, WIDTH - 8, break_long_words=False)
        lines = [f"    {line}" for line in lines]
        return [*lines[:-1], lines[-1] + '"""'] if len(lines) == 1 else [*lines, '    """']

    def _returned(self) -> list[str]:
        output = self.program.outputs[0].name
        if not self.has_gradients:
            return [f"    return {output}"]
        pairs = []
        for t, gradient in self.program.gradients.items():
            written_gradient = ast.unparse(self.expressions.written(gradient))
            pairs.append(f'"{self.program.names[t].name}": {written_gradient}')
        return _wrapped(f"    return {output}, {{", pairs, "}", " " * 8)

    def _main(self) -> list[str]:
        output = self.program.outputs[0].name
        lines = ['if __name__ == "__main__":']
        if self.large:
            lines += self._loaded()
        found = f"{output}, gradients" if self.has_gradients else output
        lines.append(f"    {found} = {self.function}(")
        for each in self.inputs:
            name = each.name.name
            value = f'values["{name}"]' if name in self.large else written(each.value, 8 + len(name) + 1)
            lines.append(f"        {name}={value},")
        lines += ["    )", f'    print("{output} =", {output})']
        if self.has_gradients:
            lines += ["    for name, gradient in gradients.items():",
                      f'        print(f"d {output} / d {{name}} =", gradient)']
        return lines

    def _loaded(self) -> list[str]:
        """The large values, read from the file that `save` writes; of a text that was copied, what to do instead."""
        several = len(self.large) > 1
        missing = f"{', '.join(list(self.large)[:3])}{' and others' if len(self.large) > 3 else ''}"
        what = (f"The value{'s' * several} of {missing} {'are' if several else 'is'} missing: too large for this text, "
                f"{'they are' if several else 'it is'} in an .npz file beside it if you write it with "
                f'source(...).save("NAME.py"). Do so and run NAME.py, or call {self.function}(...) with your own.')
        parts = [f"{' ' * 12}{line}" for line in _quoted(what, WIDTH - 12)]
        return ["    try:                # the file that source(...).save(\"NAME.py\") writes beside this one",
                '        values = np.load(__file__.removesuffix(".py") + ".npz")',
                "    except (NameError, FileNotFoundError):",
                "        raise SystemExit(", *parts, "        ) from None"]

    # -- statements ---------------------------------------------------------------------------------------------------

    def _written(self, statement: Statement) -> str:
        """The code of a statement."""
        targets, expression = statement.targets, statement.expression
        code = ast.unparse(ast.fix_missing_locations(self.expressions.written(expression)))
        if len(targets) == 1 and targets[0] is not None:
            target, first = targets[0], isinstance(expression, Call) and expression.operation == "add"
            if target.is_float and not self.expressions.may_be_pythons(expression):
                self.expressions.is_numpys.add(target)
            elif target.is_float:
                self.expressions.is_numpys.discard(target)
            if first and expression.operands[0] is target:      # type: ignore[union-attr]
                return f"{target.name} = {code}"
        names = ", ".join("_" if each is None else each.name for each in targets)
        return f"{names} = {code}"

    def _commented(self, statements: tuple[Statement, ...], codes: list[str], in_short: bool) -> list[str]:
        """Lines of code with comments that are aligned as far as the code is not too long."""
        longest = max((len(code) for code in codes if len(code) <= CODE_WIDTH), default=0) + 4
        lines, before = [], None
        for statement, code in zip(statements, codes, strict=True):
            comment, before = self._comment(statement, before, in_short)
            line = f"{'    ' + code:{longest}}  # {comment}"
            if len(line) > WIDTH and len(code) > WIDTH - 40:
                lines.append(f"    # {comment}"[:WIDTH])
                line = f"    {code}"
            elif len(line) > WIDTH:
                line = line[:WIDTH - 2].rstrip() + " …"
            lines.append(line)
        return lines

    def _comment(self, statement: Statement, before: str | None, in_short: bool) -> tuple[str, str | None]:
        """The shape, and the user's line if it is another than that of the line before; with what was noted now."""
        parts = [shape_and_dtype(statement.target)]
        here = self._place(statement.position, in_short)
        if statement.comment:
            parts.append(statement.comment)
        if here and here != before:
            parts.append(here)
        return "  ".join(parts), here or before

    def _place(self, position: Position | None, in_short: bool) -> str:
        """The user's line; in the backward half without its text."""
        if position is None:
            return ""
        where = f"{file_name(position)}:{position.line}" if len(self.files) > 1 else f"line {position.line}"
        return f"{where}: {position.text}" if position.text and not in_short else where


def file_name(position: Position) -> str:
    """The user's file, without folders; empty for code without a file."""
    if is_cell(position.file):
        return "a notebook"
    return "" if position.file.startswith("<") else os.path.basename(position.file)


def shape_and_dtype(name: Name) -> str:
    """`(3, 2)`, and the dtype if it is not float64."""
    return f"{name.shape}" + ("" if name.dtype == PLAIN else f" {name.dtype}")


def written(value: Any, indent: int = 0) -> str:
    """A value as code that gives it to the bit; a long matrix with a line for each row."""
    text = ast.unparse(ast.fix_missing_locations(array_literal(value)))
    if len(text) + indent <= WIDTH - 2 or "[" not in text:
        return text
    if np.ndim(value) > 1:
        step = text.index("[") + 1
        return text.replace("], [", "],\n" + " " * (indent + step) + "[")
    return "\n".join(textwrap.wrap(text, WIDTH, subsequent_indent=" " * (indent + text.index("[") + 1)))


def _quoted(text: str, width: int) -> list[str]:
    """A text as literals of Python that stand below each other."""
    lines = textwrap.wrap(text, width - 8, break_long_words=False)
    return [repr(line + " " * (line is not lines[-1])) for line in lines]


def _wrapped(start: str, parts: list[str], end: str, indent: str) -> list[str]:
    """Parts in a bracket, over several lines if they are long."""
    line = start + ", ".join(parts) + end
    if len(line) <= WIDTH:
        return [line]
    deeper = " " * (len(start) - len(start.lstrip()) + 8)
    return [start, *textwrap.wrap(", ".join(parts) + ",", WIDTH, initial_indent=deeper, subsequent_indent=deeper),
            deeper[4:] + end]
