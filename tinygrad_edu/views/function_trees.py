"""Reading functions: the syntax tree of a function, without what is decided by dtypes, axes and options.

    tree_of(function)                   a function or lambda as a `def`
    Decided(function, values).body      its statements without checks and without branches that are not taken
    resolve, scope_of                   what its names mean

A forward function is ordinary code; nothing is known here of any single operation, so one of the user's is read alike.
"""

from __future__ import annotations

import ast
import builtins
import copy
import inspect
import linecache
import types
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from ..core.rules import Op, saved
from ..errors import GraphError

Known = Mapping[str, Any]
UNREADABLE = "source: the code of {} is not at hand, so it cannot be printed. "\
             "Define it in a file or a notebook, or give the operation its NumPy spelling: @tg.op(numpy=...)."


# -- reading ----------------------------------------------------------------------------------------------------------


def function_of(op: Op) -> Callable[..., Any]:
    """The forward function as its author wrote it, without the guard around those of users."""
    return inspect.getclosurevars(op.forward).nonlocals["forward"] if op.foreign else op.forward


def tree_of(function: Any) -> ast.FunctionDef:
    """The syntax tree of a function or lambda, as a `def` without decorators, annotations and docstring."""
    code = getattr(function, "__code__", None)
    if code is None:
        raise GraphError(UNREADABLE.format(getattr(function, "__name__", function)))
    found = [node for node in functions_in("".join(linecache.getlines(code.co_filename))) if _starts(node, code)]
    if not found:
        raise GraphError(UNREADABLE.format(function.__name__))
    names = list(code.co_varnames[:code.co_argcount + code.co_kwonlyargcount])
    fitting = [each for each in found if parameters_of(each) == names] or found
    node = copy.deepcopy(min(fitting, key=lambda each: _distance(each, code)))
    if isinstance(node, ast.Lambda):
        body: list[ast.stmt] = [ast.Return(node.body)]
        return _def(node.args, body)
    assert isinstance(node, ast.FunctionDef)
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return _def(node.args, body)


@lru_cache(maxsize=32)
def functions_in(text: str) -> tuple[ast.FunctionDef | ast.Lambda, ...]:
    """The functions and lambdas of a module, kept for all who ask: not to be changed. None of what is no Python."""
    try:
        return tuple(each for each in ast.walk(ast.parse(text)) if isinstance(each, (ast.FunctionDef, ast.Lambda)))
    except SyntaxError:
        return ()


def _def(arguments: ast.arguments, body: list[ast.stmt]) -> ast.FunctionDef:
    for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        each.annotation = None
    made = ast.parse("def function(): pass").body[0]
    assert isinstance(made, ast.FunctionDef)
    made.args, made.body = arguments, body
    return made


def _starts(node: ast.AST, code: types.CodeType) -> bool:
    """Whether a node is a function that begins where `code` does."""
    if isinstance(node, ast.Lambda):
        return code.co_name == "<lambda>" and node.lineno == code.co_firstlineno
    if isinstance(node, ast.FunctionDef) and node.name == code.co_name:
        return min([node.lineno, *(each.lineno for each in node.decorator_list)]) == code.co_firstlineno
    return False


def _distance(node: Any, code: types.CodeType) -> int:
    """How far a lambda is from the columns of `code`: several may stand on one line."""
    columns = [place[2] for place in code.co_positions() if place[2] is not None and place[3] and place[3] > place[2]]
    return abs(min(columns, default=0) - node.body.col_offset) if isinstance(node, ast.Lambda) else 0


# -- deciding ---------------------------------------------------------------------------------------------------------


class Decided(ast.NodeTransformer):
    """A body without checks, and without branches that dtypes, axes and options decide."""

    def __init__(self, function: Any, values: Known, floating: bool) -> None:
        own = set(function.__code__.co_varnames)
        self.scope = {name: value for name, value in scope_of(function).items() if name not in own}
        self.values = dict(values)              # parameters whose dtype, shape and class (of options all) are known
        self.options = {name for name, value in values.items() if not is_data(value)}
        self.floating = floating

    def body(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        """Statements, up to the first that surely returns."""
        kept: list[ast.stmt] = []
        for each in statements:
            found = self.visit(each)
            kept += [] if found is None else found if isinstance(found, list) else [found]
            for name in assigned(each):
                if not (kept and kept[-1] is found):
                    continue
                self.values.pop(name, None)
            if kept and isinstance(kept[-1], ast.Return):
                break
        return kept

    def visit_If(self, node: ast.If) -> Any:
        """One branch where the test is known; nothing where it leads to an error."""
        known, value = self._decide(node.test)
        if known:
            return self.body(node.body if value else node.orelse)
        if all(isinstance(each, ast.Raise) for each in node.body):
            return self.body(node.orelse)
        before = dict(self.values)
        node.test, node.body = self.visit(node.test), self.body(node.body) or [ast.Pass()]
        self.values = before
        node.orelse = self.body(node.orelse)
        for each in (*node.body, *node.orelse):
            for name in assigned(each):
                self.values.pop(name, None)
        return node

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        """One branch where the test is known."""
        known, value = self._decide(node.test)
        if known:
            return self.visit(node.body if value else node.orelse)
        return self.generic_visit(node)

    def visit_Try(self, node: ast.Try) -> Any:
        """What is tried: errors were not met."""
        return self.body(node.body)

    def visit_With(self, node: ast.With) -> Any:
        """Blocks stay, but for those that silence warnings, as the whole program may be silenced."""
        if all(ast.unparse(each.context_expr).startswith("np.errstate(") for each in node.items):
            return self.body(node.body)
        node.body = self.body(node.body)
        return node

    def visit_Expr(self, node: ast.Expr) -> Any:
        """A call whose result is not used is a check of ours, if it calls one of our functions."""
        if isinstance(node.value, ast.Call):
            called = resolve(node.value.func, self.scope)
            if is_ours(called) and isinstance(called, types.FunctionType):
                return None
        return self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> Any:
        """`x = x` says nothing."""
        found = self.generic_visit(node)
        if isinstance(node.value, ast.Name) and [ast.unparse(each) for each in node.targets] == [node.value.id]:
            return None
        return found

    def visit_Call(self, node: ast.Call) -> Any:
        """Numbers that are floats already need not be made so."""
        self.generic_visit(node)
        called = resolve(node.func, self.scope)
        if self.floating and is_ours(called) and getattr(called, "__name__", "") == "as_floats":
            return node.args[0]
        if called is np.asarray and len(node.args) == 1 and not node.keywords and self._is_array(node.args[0]):
            return node.args[0]
        return node

    def _names_known(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Name) and node.id in self.values

    def _is_array(self, node: ast.expr) -> bool:
        """Whether something is surely an array with axes."""
        value = self.values.get(node.id) if isinstance(node, ast.Name) else None
        return isinstance(value, np.ndarray) and value.ndim > 0

    def visit_Return(self, node: ast.Return) -> Any:
        """By-products are results like others: `return out, saved(order=order)` gives both."""
        if isinstance(node.value, ast.Tuple) and self._is_saved(node.value.elts[-1]):
            *results, by_products = node.value.elts
            node.value.elts = [*results, *(each.value for each in by_products.keywords)]    # type: ignore[attr-defined]
        return self.generic_visit(node)

    def _is_saved(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Call) and resolve(node.func, self.scope) is saved

    def _decide(self, test: ast.expr) -> tuple[bool, Any]:
        """(True, the value) of a test that asks for what is known."""
        if not self._asks_for_known(test):
            return False, None
        try:
            return True, eval(compile(ast.Expression(ast.fix_missing_locations(test)), "", "eval"),
                              dict(self.scope), dict(self.values))
        except Exception:
            return False, None

    def _asks_for_known(self, node: ast.AST) -> bool:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in self.values:
            return node.attr in ("dtype", "ndim", "shape", "__class__", "itemsize")
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("isinstance", "np.ndim", "np.shape"):
            return all(self._names_known(each) or self._asks_for_known(each) for each in node.args)
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.Is, ast.IsNot)):
            sides = [node.left, *node.comparators]
            return all(self._names_known(each) or self._asks_for_known(each) for each in sides)
        if isinstance(node, ast.Name):
            return node.id in self.options or (node.id not in self.values and node.id in self.scope)
        if isinstance(node, ast.Call) and is_ours(resolve(node.func, self.scope)):
            return all(self._asks_for_known(each) for each in node.args)
        if isinstance(node, (ast.expr, ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.expr_context)):
            return all(self._asks_for_known(each) for each in ast.iter_child_nodes(node))
        return False


def assigned(statement: ast.stmt) -> set[str]:
    """The names that a statement assigns."""
    return {each.id for each in ast.walk(statement) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}


def is_data(value: Any) -> bool:
    """Whether a value is one to compute with, of which only dtype and shape are known; others are options."""
    return isinstance(value, (np.ndarray, np.generic, float)) and not isinstance(value, bool)


def scope_of(function: Any) -> dict[str, Any]:
    """What the names in a function mean."""
    code, cells = function.__code__, function.__closure__ or ()
    closed = {name: cell.cell_contents for name, cell in zip(code.co_freevars, cells, strict=True)}
    return {**vars(builtins), **function.__globals__, **closed}


def resolve(node: ast.expr, scope: Known) -> Any:
    """What a name or a dotted name in a function means; None if that is not known."""
    if isinstance(node, ast.Name):
        return scope.get(node.id)
    if isinstance(node, ast.Attribute):
        owner = resolve(node.value, scope)
        return getattr(owner, node.attr, None) if isinstance(owner, types.ModuleType) else None
    return None


def is_ours(called: Any) -> bool:
    """Whether something belongs to this package."""
    return (getattr(called, "__module__", None) or "").startswith("tinygrad_edu.")


def parameters_of(tree: ast.FunctionDef | ast.Lambda) -> list[str]:
    """The names of the parameters of a function."""
    arguments = tree.args
    return [each.arg for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs,
                                  *([arguments.vararg] if arguments.vararg else []))]
