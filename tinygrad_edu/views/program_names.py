"""What the values of a straight-line program are called: the user's names where they are known, short ones elsewhere.

A tensor bears its own name or that of the variable it was assigned to (`core/naming.py`), in letters that every
language takes; a raw array that of the variable in the expression, if it stands there by itself. What has no name is
called by what it is: `product1`, `total`, or, for a product of two short names, `wx`. The gradient of `w` is `d_w`.
"""

from __future__ import annotations

import ast
import builtins
import keyword
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from ..core.naming import names_of
from ..core.rules import Op, registry
from ..core.tensors import Tensor

NOUNS = {
    "add": "sum", "subtract": "difference", "multiply": "product", "divide": "quotient", "matmul": "product",
    "power": "power", "negative": "minus", "positive": "same", "square": "squared", "sqrt": "root", "sum": "total",
    "max": "largest", "min": "smallest", "abs": "size", "round": "rounded", "where": "chosen", "getitem": "part",
    "reshape": "reshaped", "permute_dims": "transposed", "matrix_transpose": "transposed", "astype": "converted",
    "broadcast_to": "spread", "expand_dims": "expanded", "squeeze": "squeezed", "concat": "joined", "stack": "stacked",
    "maximum": "larger", "minimum": "smaller", "cumulative_sum": "running", "sort": "ordered", "topk": "top",
    "pad": "padded", "einsum": "sums", "equal": "same", "not_equal": "differ", "sum_to": "summed",
    "foreign_call": "result", "foreign_pull": "pulled", "replayed": "result", "item": "part",
}
SHORT = 5                   # letters that the two names in a name like `wx` may have together
MODULES = {"np", "math", "builtins"}
UNWANTED = {*keyword.kwlist, *keyword.softkwlist, *dir(builtins), *MODULES, "values", "gradients"}
OF_OTHER_LANGUAGES = {"const", "let", "var", "function", "new", "this", "void", "default", "delete", "switch", "case",
                      "export", "typeof", "catch", "throw", "enum", "super", "extends", "interface", "package",
                      "private", "public", "static", "protected", "null", "true", "false", "eval", "arguments",
                      "do", "instanceof", "implements", "debugger"}


class Names:
    """Hands out names, each once.

    Args:
        ops: the operations of the program.
        python_alone: whether the program is for Python only, so that inputs may bear all that is a name there.
    """

    def __init__(self, ops: Iterable[Op] = (), python_alone: bool = False) -> None:
        self.taken = {*keyword.kwlist, *MODULES} if python_alone else UNWANTED | OF_OTHER_LANGUAGES
        self.last = Counter[str]()                      # the last number of each noun
        # helper functions will be called like their operations: the library's, and the user's that are in the program
        self.nouns = {name for name, op in registry.items() if not op.foreign} | {op.name for op in ops}

    def end_of_inputs(self) -> None:
        """From now on names are for results, which may not hide what the text around the function uses."""
        self.taken |= UNWANTED

    def fresh(self, wanted: str) -> str:
        """`wanted` in letters that every language takes, with a number if it is taken."""
        name, number = identifier(wanted), 1
        start = name
        while name in self.taken:
            number += 1
            name = f"{start}_{number}" if start[-1].isdigit() else f"{start}{number}"
        self.taken.add(name)
        return name

    def systematic(self, noun: str, numbered: bool = False) -> str:
        """A name for what the user gave none: the noun, numbered from 1 on if there are several of them."""
        if not numbered and noun not in self.taken | self.nouns:
            return self.fresh(noun)
        while f"{noun}{self.last[noun] + 1}" in self.taken:
            self.last[noun] += 1
        return self.fresh(f"{noun}{self.last[noun] + 1}")


def identifier(name: str) -> str:
    """A name in ASCII letters, digits and underscores: `h₂` is h2, `layers.0.w` is layers_0_w."""
    plain = unicodedata.normalize("NFKC", name)
    plain = "".join(GREEK.get(letter, letter) for letter in plain)
    if not plain.isidentifier() or not plain.isascii():
        plain = re.sub(r"\W+", "_", plain, flags=re.ASCII).strip("_") or "value"
    return plain if not plain[0].isdigit() else f"_{plain}"


GREEK = {letter: unicodedata.name(letter).split()[-1].lower() for letter in "αβγδεζηθικλμνξοπρστυφχψωΔΣΩΓΘΛΞΠΦΨ"}


def noun_of(op: Op) -> str:
    """What a result of an operation is called that has no name."""
    return NOUNS.get(op.name, op.name)


def users_names(tensors: Sequence[Tensor]) -> dict[Tensor, str]:
    """The user's name of each tensor that has one. `tensors` are in the order of creation.

    A leaf keeps its name as it is if no other leaf has it: in `x = x * 2` the parameter is x, the result x₂.
    """
    given = names_of(tensors)
    leaves = [t for t in given if t._op is None]
    often = Counter(t.name for t in leaves)
    given.update((t, t.name) for t in leaves if t.name is not None and often[t.name] == 1)
    for t in tensors:                       # a variable of the user's that was not assigned where it was made
        for i, x in enumerate(t.inputs):
            if x.__class__ is Tensor and x._op is None and x not in given and (found := array_name(t, i)):
                given[x] = found
    return given


def name_tensors(names: Names, tensors: Sequence[Tensor], given: Mapping[Tensor, str],
                 inputs: Mapping[Tensor, str]) -> dict[Tensor, str]:
    """A name for each tensor, in the order of creation: user's names first, so that no systematic one takes them.

    `inputs` are named already.
    """
    chosen = dict(inputs)
    chosen.update({t: names.fresh(given[t]) for t in tensors if t in given and t not in chosen})
    unnamed = [t for t in tensors if t not in given]
    often = Counter(_kind(t) for t in unnamed)
    if unnamed and unnamed[-1] is tensors[-1] and unnamed[-1]._op is not None:
        chosen[unnamed.pop()] = names.fresh("y")                    # the result of all
    for t in unnamed:
        chosen[t] = _joined(names, t, chosen) or names.systematic(_kind(t), often[_kind(t)] > 1)
    return {t: chosen[t] for t in tensors}


def _kind(t: Tensor) -> str:
    """The noun for a tensor without a name."""
    if t._op is not None:
        if t._op.name == "item":
            return str(t._x1._op.results._fields[t._options["index"]])
        op: Op = t._op
        return "squared" if _is_squared(t) else noun_of(op)
    return "x" if t._needs else "c"


def _is_squared(t: Tensor) -> bool:
    return bool(t._op.name == "power" and t._x2.__class__ in (int, float) and t._x2 == 2)


def _joined(names: Names, t: Tensor, chosen: dict[Tensor, str]) -> str | None:
    """`wx` for the product of w and x, if that is short and free."""
    if t._op is None or t._op.name not in ("multiply", "matmul"):
        return None
    parts = [chosen.get(x, "") if x.__class__ is Tensor else array_name(t, i) or "" for i, x in enumerate(t.inputs)]
    name = "".join(parts)
    if not all(parts) or len(name) > SHORT or parts[0] == parts[1] or name in names.taken | names.nouns:
        return None
    return names.fresh(name)


def array_name(node: Tensor, index: int) -> str | None:
    """The variable that stands for input number `index` in the expression that made `node`, if one does."""
    position = node.position
    if position is None or not position.expression:
        return None
    expression = parsed(position.expression)
    for each in _operands(expression, node)[index:index + 1]:
        if isinstance(each, ast.Name):
            return each.id
    return None


@lru_cache(maxsize=1000)
def parsed(text: str) -> Any:
    """The syntax tree of an expression, not to be changed; None if it is none."""
    try:
        return ast.parse(text, mode="eval").body
    except SyntaxError:
        return None


def _operands(expression: Any, node: Tensor) -> list[Any]:
    """The operands of an operator or the arguments of a call, if the expression is the operation of `node` itself."""
    if isinstance(expression, ast.BinOp) and len(node.inputs) == 2:
        return [expression.left, expression.right]
    if isinstance(expression, ast.Call) and isinstance(expression.func, (ast.Name, ast.Attribute)):
        called = expression.func.id if isinstance(expression.func, ast.Name) else expression.func.attr
        if called != node._op.name:
            return []
        arguments: Iterable[Any] = expression.args
        if node._op.many and expression.args and isinstance(expression.args[0], (ast.List, ast.Tuple)):
            arguments = expression.args[0].elts
        return list(arguments)
    return []


def index_names(node: Tensor) -> list[str | None]:
    """The variables that stand between the brackets of the expression that made `node`, None for other parts."""
    position = node.position
    expression = parsed(position.expression) if position is not None else None
    if not isinstance(expression, ast.Subscript):
        return []
    parts = expression.slice.elts if isinstance(expression.slice, ast.Tuple) else [expression.slice]
    return [each.id if isinstance(each, ast.Name) else None for each in parts]
