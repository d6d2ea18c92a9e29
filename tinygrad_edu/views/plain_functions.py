"""Plain functions: a function of the library or of the user's as NumPy code that stands on its own.

    Helpers().inlined(function, values)         its one expression, if it is one
    Helpers().helper(function, name, values)    the name of a helper, printed once above with all that it calls

What depends on dtypes, numbers of axes and options alone is decided, for these are known; checks that only raise are
left out (see `function_trees.py`). A body that is one `return` of an expression then takes the place of the call.
"""

from __future__ import annotations

import ast
import builtins
import copy
import inspect
import linecache
import types
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..core.rules import Op
from ..core.tensors import Tensor
from ..errors import GraphError
from .function_trees import (
    Decided,
    Known,
    assigned,
    is_data,
    is_ours,
    parameters_of,
    resolve,
    scope_of,
    tree_of,
)
from .function_trees import (
    function_of as function_of,
)
from .numpy_literals import literal

SPECIAL = 2             # a helper of so many statements may be one for certain dtypes and options
INLINED = 80            # letters of a function's one expression that may take the place of its call in a helper


class Helpers:
    """The functions, constants and imports that a program needs above it."""

    def __init__(self, taken: set[str]) -> None:
        self.taken = set(taken)
        self.texts: dict[str, str] = {}                 # the text of each helper -> its name
        self.open: dict[tuple[Any, bool], str] = {}     # those that are being printed: function, for any values?
        self.lines: list[str] = []
        self.imports: set[str] = {"import numpy as np"}

    def inlined(self, function: Any, values: Known, floating: bool) -> tuple[list[str], ast.expr] | None:
        """(parameters, expression) of a function whose body, once what is known is decided, is one expression."""
        tree = self._decided(function, values, floating)
        found = tree.body[0] if len(tree.body) == 1 else None
        key = function, not values
        if not isinstance(found, ast.Return) or found.value is None or key in self.open:
            return None
        if any(isinstance(each, (ast.Lambda, ast.comprehension, ast.NamedExpr)) for each in ast.walk(found)):
            return None
        self.open[key] = function.__name__
        closed = _Closed(self, function, tree, values, floating).visit(found.value)
        del self.open[key]
        return parameters_of(tree), closed

    def helper(self, function: Any, name: str, values: Known, floating: bool = False) -> str:
        """The name of a helper that does what `function` does; printed with all that it calls."""
        tree = self._decided(function, values, floating)
        if values and len(tree.body) > SPECIAL:         # one for all calls, unless much less is left for this one
            whole = self._decided(function, {}, floating)
            if len(list(ast.walk(tree))) > 0.7 * len(list(ast.walk(whole))):
                tree, values = whole, {}
        key = function, not values
        if key in self.open:                            # it calls itself
            return self.open[key]
        wanted = self.open[key] = self._free(name) if not values else name
        tree = _Closed(self, function, tree, values, floating).visit(tree)
        del self.open[key]
        tree.name, tree.args.posonlyargs, tree.args.args = wanted, [], [*tree.args.posonlyargs, *tree.args.args]
        text = ast.unparse(ast.fix_missing_locations(tree)).partition("(")[2]
        if text not in self.texts:
            self.texts[text] = wanted if not values else self._free(wanted)
            self.lines += [f"def {self.texts[text]}({text}", ""]
        elif not values:
            self.taken.discard(wanted)
        return self.texts[text]

    def constant(self, name: str, function: Any, scope: Known) -> str:
        """The name of a value of a module, assigned above as its module does."""
        lines = linecache.getlines(function.__code__.co_filename)
        for node in ast.parse("".join(lines)).body:
            if isinstance(node, ast.Assign) and [ast.unparse(each) for each in node.targets] == [name]:
                key = f"{name} = {ast.unparse(node.value)}"
                if key not in self.texts:
                    self._add_imports({each.id for each in ast.walk(node) if isinstance(each, ast.Name)}, scope)
                    self.texts[key] = found = self._free(name)
                    self.lines += [f"{found} = {ast.unparse(node.value)}", ""]
                return self.texts[key]
        raise GraphError(f"source: {name} is neither a function nor a number, so it cannot be printed.")

    def builtin(self, name: str) -> ast.expr:
        """A function of Python's, also where a value of the program has its name."""
        if name not in self.taken:
            return ast.Name(name, ast.Load())
        self.imports.add("import builtins")
        return ast.Attribute(ast.Name("builtins", ast.Load()), name, ast.Load())

    def _decided(self, function: Any, values: Known, floating: bool) -> ast.FunctionDef:
        tree = tree_of(function)
        body = Decided(function, values, floating).body(tree.body)
        first, last = body[0] if body else None, body[-1] if len(body) == 2 else None
        if (isinstance(first, ast.Assign) and isinstance(last, ast.Return)      # `x = np.asarray(x); return x`
                and [ast.unparse(each) for each in first.targets] == [ast.unparse(last.value or last)]):
            body = [ast.Return(first.value)]
        tree.body = body or [ast.Pass()]
        return tree

    def _free(self, name: str) -> str:
        free, number = name, 1
        while free in self.taken:
            number += 1
            free = f"{name}_{number}"
        self.taken.add(free)
        return free

    def _add_imports(self, names: set[str], scope: Known) -> None:
        for name in names:
            value = scope.get(name)
            whole = value.__name__ if isinstance(value, types.ModuleType) else "tinygrad_edu"
            if value is not np and not whole.startswith("tinygrad_edu"):
                self.imports.add(f"import {whole}" if whole == name else f"import {whole} as {name}")


def spelled(helpers: Helpers, op: Op, call: ast.Call, floating: bool) -> ast.expr | None:
    """A call of an operation in the code of a helper, as NumPy spells it, if that is one expression."""
    parameters, expression = template(op) or helpers.inlined(function_of(op), {}, floating) or ([], None)
    if expression is None or op.many or any(isinstance(each, ast.Starred) for each in call.args):
        return None
    names = [*op.input_names, *op.option_names]
    given: dict[str, ast.expr] = {name: literal(value) for name, value in op.defaults.items()}
    given.update(zip(names, call.args, strict=False))
    given.update({each.arg: each.value for each in call.keywords if each.arg is not None})
    if not set(parameters) <= set(given):
        return None
    return substituted(expression, given)


def template(op: Op) -> tuple[list[str], ast.expr] | None:
    """(parameters, expression) of the NumPy spelling that was given with an operation, if one was."""
    if op.numpy is None:
        return None
    text = op.numpy.replace("{", "").replace("}", "")
    expression = ast.parse(text, mode="eval").body
    return sorted({each.id for each in ast.walk(expression) if isinstance(each, ast.Name)} - {"np", "math"}), expression


USUAL = {"axis": None, "keepdims": False, "dtype": None, "ddof": 0, "correction": 0, "offset": 0, "descending": False}


def substituted(expression: ast.expr, given: Mapping[str, ast.expr]) -> ast.expr | None:
    """An expression with others in the place of its parameters; None if one would be computed twice.

    Keywords that say what is usual anyway are left out.
    """
    uses = [each.id for each in ast.walk(expression) if isinstance(each, ast.Name) and each.id in given]
    if any(uses.count(name) > 1 and not is_simple(each) for name, each in given.items()):
        return None
    return _Substituted(given).visit(copy.deepcopy(expression))     # type: ignore[no-any-return]


def is_simple(node: ast.expr) -> bool:
    """Whether an expression may be written twice."""
    return isinstance(node, (ast.Name, ast.Constant)) or (isinstance(node, ast.UnaryOp) and is_simple(node.operand))


class _Substituted(ast.NodeTransformer):
    def __init__(self, given: Mapping[str, ast.expr]) -> None:
        self.given = given

    def visit_Name(self, node: ast.Name) -> Any:
        return self.given.get(node.id, node)

    def visit_Call(self, node: ast.Call) -> Any:
        self.generic_visit(node)
        node.keywords = [each for each in node.keywords if not _is_usual(each)]
        return node


def _is_usual(keyword: ast.keyword) -> bool:
    if keyword.arg not in USUAL or not isinstance(keyword.value, ast.Constant):
        return False
    return bool(keyword.value.value == USUAL[keyword.arg])


class _Closed(ast.NodeTransformer):
    """A function in which everything from elsewhere is a helper, a number, or a module that is imported."""

    def __init__(self, helpers: Helpers, function: Any, tree: ast.FunctionDef, values: Known, floating: bool) -> None:
        self.helpers, self.function, self.floating = helpers, function, floating
        self.scope, self.own = scope_of(function), set(parameters_of(tree))
        changed = {name for each in tree.body for name in assigned(each)}
        self.values = {name: value for name, value in values.items() if name not in changed}

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        """Names that the function assigns are its own."""
        for each in ast.walk(node):
            if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
                self.own.add(each.id)
        return self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> Any:
        """`ops.pad` is a helper, `builtins.max` is max."""
        owner = resolve(node.value, self.scope) if not self._is_own(node.value) else None
        if isinstance(owner, types.ModuleType):
            if owner is builtins:
                return self.helpers.builtin(node.attr)
            if owner.__name__.startswith("tinygrad_edu"):
                return self._outside(node.attr, getattr(owner, node.attr))
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> Any:
        """An operation that is one expression takes the place of its call."""
        called = resolve(node.func, self.scope) if not self._is_own(node.func) else None
        op = getattr(called, "op", None)
        if isinstance(op, Op):
            given = spelled(self.helpers, op, node, self.floating)
            if given is not None:
                return self.generic_visit(given)
        elif isinstance(called, types.FunctionType) and is_ours(called):
            return self._call_of_ours(called, node)
        return self.generic_visit(node)

    def _call_of_ours(self, called: Any, node: ast.Call) -> Any:
        """A call of a function of this package: its one expression, or a helper for what is known here."""
        self_visited = [self.visit(each) for each in node.args]
        names = list(inspect.signature(called).parameters)
        given = dict(zip(names, node.args, strict=False)) | {each.arg: each.value for each in node.keywords if each.arg}
        known = {name: value[0] for name, each in given.items() if (value := self._known(each))}
        known |= {name: each.default for name, each in inspect.signature(called).parameters.items()
                  if name not in given and each.default is not each.empty}
        node.args, node.keywords = self_visited, [self.visit(each) for each in node.keywords]
        if any(isinstance(each, ast.Starred) for each in node.args):
            known = {}
        else:
            found = self.helpers.inlined(called, known, self.floating)
            unsaid = {name: value for name, value in known.items() if name not in given and not is_data(value)}
            filled = {name: literal(value) for name, value in unsaid.items()}
            filled |= dict(zip(names, node.args, strict=False)) | {each.arg: each.value for each in node.keywords
                                                                   if each.arg}
            short = found is not None and len(ast.unparse(ast.fix_missing_locations(found[1]))) <= INLINED
            written = substituted(found[1], filled) if found is not None and short else None
            if written is not None:
                return written
        node.func = ast.Name(self.helpers.helper(called, called.__name__, known, self.floating), ast.Load())
        return node

    def _known(self, node: ast.expr) -> tuple[Any] | None:
        """The value of an argument, if it is written as a literal or known here."""
        if isinstance(node, ast.Constant):
            return (node.value,)
        if isinstance(node, ast.Name) and node.id in self.values:
            return (self.values[node.id],)
        return None

    def visit_Name(self, node: ast.Name) -> Any:
        """A name that is not the function's own."""
        if node.id in self.own or node.id not in self.scope:
            return node
        return self._outside(node.id, self.scope[node.id])

    def _is_own(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Name) and node.id in self.own

    def _outside(self, name: str, value: Any) -> ast.expr:
        """What stands for a value from outside the function."""
        if name in vars(builtins) and value is vars(builtins)[name]:
            return self.helpers.builtin(name)
        if isinstance(value, types.ModuleType):
            self.helpers._add_imports({name}, self.scope)
            return ast.Name(name, ast.Load())
        op = getattr(value, "op", None)
        if isinstance(op, Op):
            return ast.Name(self.helpers.helper(function_of(op), op.name, {}, self.floating), ast.Load())
        if isinstance(value, types.FunctionType):
            return ast.Name(self.helpers.helper(value, value.__name__, {}, self.floating), ast.Load())
        if value is Tensor or (isinstance(value, type) and is_ours(value)):
            return self.helpers.builtin("object")           # nothing here is one
        if isinstance(value, (int, float, str, tuple, type(None))):
            return literal(value)
        if isinstance(value, type) and value.__module__ == "numpy":
            return ast.Attribute(ast.Name("np", ast.Load()), value.__name__, ast.Load())
        return ast.Name(self.helpers.constant(name, self.function, self.scope), ast.Load())
