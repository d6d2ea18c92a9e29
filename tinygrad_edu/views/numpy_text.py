"""A program as NumPy code: one function of the inputs, with a line for each statement, and a part that runs it.

    numpy_text(program, ...)        the text, see `sources.py`

Operations print as NumPy spells them: `SPELLINGS` has those that are syntax (`+`, `@`, `x[i]`, `x.T`) or depend on
what they are given; the others are read from their own forward functions by `plain_functions.py`. Where the engine
holds Python floats the text has Python's operators and `math`; `np.float64` stands where a float must count as one of
NumPy's: beside arrays of low precision, and where Python would refuse (1/0).
Read `programs.py` and `plain_functions.py` before this file.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..core.rules import Op
from ..core.values import FLOAT64
from .function_trees import function_of
from .numpy_literals import array_literal, call_of, dotted, literal, shape_literal, subscript
from .plain_functions import Helpers, substituted, template
from .programs import Call, Constant, Expression, Name

BINARY: dict[Any, ast.operator] = {
    "add": ast.Add(), "subtract": ast.Sub(), "multiply": ast.Mult(), "divide": ast.Div(), "matmul": ast.MatMult(),
    "bitwise_and": ast.BitAnd(), "bitwise_or": ast.BitOr(), "bitwise_xor": ast.BitXor(),
}
COMPARED: dict[str, ast.cmpop] = {"equal": ast.Eq(), "not_equal": ast.NotEq(), "less": ast.Lt(),
                                  "less_equal": ast.LtE(), "greater": ast.Gt(), "greater_equal": ast.GtE()}
SCALARS: dict[Any, ast.operator] = {operator.add: ast.Add(), operator.sub: ast.Sub(), operator.mul: ast.Mult(),
                                    operator.truediv: ast.Div(), math.pow: ast.Pow()}
INLINED = 60            # letters of a function's one expression that may take the place of its call


class Expressions:
    """Writes expressions of a program as syntax trees."""

    def __init__(self, helpers: Helpers, strongly: bool = False) -> None:
        self.helpers, self.strongly = helpers, strongly
        self.is_numpys: set[Name] = set()       # values held as floats that the text has as np.float64
        self.weakly = False                     # np.float64 may be written as a Python float just now
        self.in_rule = False                    # rules are written with operators, where forward functions may not be

    # -- what there is ------------------------------------------------------------------------------------------------

    def written(self, expression: Expression) -> ast.expr:
        """An expression of the program as one of Python."""
        if isinstance(expression, Name):
            return ast.Name(expression.name, ast.Load())
        if isinstance(expression, Constant):
            number = expression.value
            return literal(float(number)) if isinstance(number, np.float64) and self.weakly else array_literal(number)
        if expression.on_floats:
            return self._on_floats(expression)
        return self._by_numpy(expression)

    def is_pythons(self, expression: Expression) -> bool:
        """Whether the text may have a value as a Python float that the engine would hand to NumPy as np.float64."""
        if isinstance(expression, Name):
            return expression.is_float and expression not in self.is_numpys
        return isinstance(expression, Call) and (expression.on_floats or self._is_conditional(expression))

    def may_be_pythons(self, expression: Expression) -> bool:
        """Whether the text of a value that is held as a float may give a plain Python float."""
        if isinstance(expression, Constant):
            return expression.value.__class__ is float
        if isinstance(expression, Call) and not expression.on_floats and expression.op is not None:
            if self._is_conditional(expression):
                return True
            if expression.operation in ("add", "subtract", "multiply", "negative", "positive"):
                return all(self.may_be_pythons(each) or isinstance(each, Constant) for each in expression.operands)
        return self.is_pythons(expression)

    def _on_floats(self, call: Call) -> ast.expr:
        """An operation on Python floats."""
        op, self.weakly = call.op, True
        assert op is not None
        operands = [self.written(each) for each in call.operands]
        if op.scalar in SCALARS:
            return _simplified(ast.BinOp(operands[0], SCALARS[op.scalar], operands[1]))
        if op.scalar is operator.neg:
            return ast.UnaryOp(ast.USub(), operands[0])
        if op.scalar is operator.pos:
            return operands[0]
        name = getattr(op.scalar, "__name__", "")
        if getattr(math, name, None) is op.scalar:
            self.helpers.imports.add("import math")
            return call_of(f"math.{name}", operands)
        if op.scalar is operator.abs:
            return ast.Call(self.helpers.builtin("abs"), operands, [])
        return self._read(op.scalar, op.name, dict(zip(op.input_names, operands, strict=True)), {}, call)

    def _by_numpy(self, call: Call) -> ast.expr:
        """An operation as NumPy does it."""
        operands = [self._operand(call, each) for each in call.operands]
        if call.operation == "sum_to":
            return _summed(call, operands[0])
        op = call.op
        assert op is not None
        spelling = SPELLINGS.get(op.name) if not op.foreign else None
        found = spelling(self, call, operands) if spelling is not None else None
        if found is not None:
            return found
        return self._general(op, call, operands)

    def _general(self, op: Op, call: Call, operands: list[ast.expr]) -> ast.expr:
        """By the template given with the operation, else by its forward function."""
        options = {name: self.option(value) for name, value in call.options.items()}
        inputs = {op.many: ast.List(operands, ast.Load())} if op.many else \
            dict(zip(op.input_names, operands, strict=True))
        given = {**inputs, **options}
        found = template(op)
        if found is not None and set(found[0]) <= set(given) and _template_fits(op, call):
            if any(_divides(each) for each in ast.walk(found[1])):
                given |= {name: self._as_numpys(given[name], each)
                          for name, each in zip(op.input_names, call.operands, strict=False)}
            written = substituted(found[1], given)
            if written is not None:
                return written
        return self._read(function_of(op), op.name, inputs, options, call)

    def _read(self, function: Any, name: str, inputs: Mapping[str, ast.expr], options: Mapping[str, ast.expr],
              call: Call) -> ast.expr:
        """By reading a function: its one expression, or a call of a helper."""
        op = call.op
        assert op is not None
        floating = all(each.dtype is not None and (each.dtype.kind == "f" or isinstance(each, Constant))
                       for each in call.operands)
        known = {} if op.many else {label: like(each) for label, each in zip(inputs, call.operands, strict=True)}
        plain = {label: _raw(value) for label, value in call.options.items()}
        found = self.helpers.inlined(function, {**known, **plain}, floating)
        if function is not op.scalar and not op.many and not (found is not None and _hands_on(found[1])):
            inputs = {label: self._as_numpys(written, each) for (label, written), each in
                      zip(inputs.items(), call.operands, strict=True)}
        if found is not None:
            written = substituted(found[1], {**inputs, **options})
            if written is not None and len(ast.unparse(ast.fix_missing_locations(found[1]))) <= INLINED:
                return written
        helper = self.helpers.helper(function, name, {**known, **plain}, floating)
        keywords = [ast.keyword(label, each) for label, each in options.items()
                    if not _is_default(call.options[label], label, op)]
        return ast.Call(ast.Name(helper, ast.Load()), list(inputs.values()), keywords)

    def _as_numpys(self, written: ast.expr, operand: Expression) -> ast.expr:
        """A float as np.float64, for functions that ask for the dtype."""
        needed = self.may_be_pythons(operand) and not isinstance(operand, Constant) and not _is_float64(written)
        return call_of("np.float64", [written]) if needed else written

    def _operand(self, call: Call, operand: Expression) -> ast.expr:
        """An operand of NumPy's: a float beside an array of low precision must not be a weak one."""
        low = any(each.dtype is not None and each.dtype.kind == "f" and each.dtype != FLOAT64
                  for each in call.operands if each is not operand)
        self.weakly = not low and call.operation in BINARY
        written = self.written(operand)
        strong = (low and self.is_pythons(operand)) or (self.strongly and self.may_be_pythons(operand))
        return call_of("np.float64", [written]) if strong else written

    def _is_conditional(self, call: Call) -> bool:
        """Whether a choice between floats is written as Python's `a if condition else b`."""
        return call.operation == "where" and call.shape == () and call.dtype == FLOAT64 and all(
            each.shape == () for each in call.operands)

    def option(self, value: Any) -> ast.expr:
        """The value of an option."""
        if isinstance(value, (Name, Constant)):
            return self.written(value)
        if isinstance(value, tuple) and any(isinstance(each, slice) for each in value):
            return ast.Subscript(dotted("np.s_"), self.index(value), ast.Load())
        if isinstance(value, tuple):
            return ast.Tuple([self.option(each) for each in value], ast.Load())
        if isinstance(value, (np.ndarray, np.floating)):
            return array_literal(value)
        if callable(value) and not isinstance(value, type):
            return ast.Name(self.helpers.helper(value, getattr(value, "__name__", "function").strip("<>"), {}),
                            ast.Load())
        return literal(value)


    def index(self, value: Any) -> ast.expr:
        """An index as it stands between brackets."""
        if isinstance(value, tuple):
            return ast.Tuple([self.index(each) for each in value], ast.Load())
        return subscript(value) if isinstance(value, slice) else self.option(value)


# -- spellings --------------------------------------------------------------------------------------------------------


def _operator(expressions: Expressions, call: Call, operands: list[ast.expr]) -> ast.expr:
    """`x1 + x2`; where both may be Python floats and Python would refuse (x / 0), one becomes np.float64."""
    first, second = operands
    divisor = call.operands[1]
    safe = isinstance(divisor, Constant) and divisor.shape == () and divisor.value != 0
    numbers = [expressions.may_be_pythons(each) or (isinstance(each, Constant) and each.shape == ())
               for each in call.operands]
    if call.operation == "divide" and not safe and all(numbers) and not _is_float64(first):
        first = call_of("np.float64", [first])
    return _simplified(ast.BinOp(first, BINARY[call.operation], second))


def _power(expressions: Expressions, call: Call, operands: list[ast.expr]) -> ast.expr:
    base, exponent = (expressions._as_numpys(written, each)
                      for written, each in zip(operands, call.operands, strict=True))
    if call.operands[0].shape == () and not expressions.in_rule and call.operands[1].shape == ():
        return call_of("np.power", [base, exponent])
    if all(isinstance(each, Constant) for each in call.operands):
        base = call_of("np.float64", [base])
    return _simplified(ast.BinOp(base, ast.Pow(), exponent))


def _compared(expressions: Expressions, call: Call, operands: list[ast.expr]) -> ast.expr:
    return ast.Compare(operands[0], [COMPARED[call.operation]], [operands[1]])


def _negative(expressions: Expressions, call: Call, operands: list[ast.expr]) -> ast.expr | None:
    return ast.UnaryOp(ast.USub(), operands[0]) if call.dtype.kind == "f" else None


def _positive(expressions: Expressions, call: Call, operands: list[ast.expr]) -> ast.expr:
    return operands[0]


def _where(expressions: Expressions, call: Call, operands: list[ast.expr]) -> ast.expr:
    condition, first, second = operands
    if expressions._is_conditional(call):
        return ast.IfExp(condition, first, second)
    return call_of("np.where", operands)


def _transposed(expressions: Expressions, call: Call, operands: list[ast.expr]) -> ast.expr:
    """`x.T` for a matrix."""
    n = len(call.shape)
    axes = tuple(axis % n for axis in call.options.get("axes", ()))
    if n == 2 and (call.operation == "matrix_transpose" or axes == (1, 0)):
        return ast.Attribute(operands[0], "T", ast.Load())
    if call.operation == "matrix_transpose":
        return call_of("np.swapaxes", [operands[0], literal(-1), literal(-2)])
    return call_of("np.transpose", [operands[0], literal(call.options["axes"])])


def _getitem(expressions: Expressions, call: Call, operands: list[ast.expr]) -> ast.expr:
    index = call.options["index"]
    index = expressions.index(index[0] if isinstance(index, tuple) and len(index) == 1 else index)
    array = operands[0] if call.operands[0].shape else call_of("np.asarray", [operands[0]])
    return ast.Subscript(array, index, ast.Load())


def _astype(expressions: Expressions, call: Call, operands: list[ast.expr]) -> ast.expr:
    dtype = literal(np.dtype(call.options["dtype"]))
    if call.operands[0].shape == ():
        return ast.Call(dtype, [operands[0]], [])
    return ast.Call(ast.Attribute(operands[0], "astype", ast.Load()), [dtype], [])


def _broadcast_to(expressions: Expressions, call: Call, operands: list[ast.expr]) -> ast.expr:
    shape = shape_literal(call.shape)
    x = call.operands[0]
    if x.shape != () or (isinstance(x, Constant) and not isinstance(x.value, (float, np.generic))):
        return call_of("np.broadcast_to", [operands[0], shape])
    return call_of("np.full", [shape, operands[0]])


def _expand_dims(expressions: Expressions, call: Call, operands: list[ast.expr]) -> ast.expr | None:
    """`x[:, None]`, which shows where the axis goes."""
    axis, n = call.options["axis"], len(call.shape)
    if n > 3 or call.operands[0].shape == ():
        return None
    new = {each % n for each in (axis if isinstance(axis, tuple) else (axis,))}
    parts: list[ast.expr] = [literal(None) if i in new else ast.Slice() for i in range(n)]
    return ast.Subscript(operands[0], ast.Tuple(parts, ast.Load()), ast.Load())


def _sigmoid(expressions: Expressions, call: Call, operands: list[ast.expr]) -> ast.expr | None:
    if call.dtype.itemsize < 4 or call.operands[0].dtype != call.dtype:
        return None
    return ast.BinOp(literal(1), ast.Div(), ast.BinOp(literal(1), ast.Add(),
                                                     call_of("np.exp", [ast.UnaryOp(ast.USub(), operands[0])])))


def _reduced(name: str) -> Callable[[Expressions, Call, list[ast.expr]], ast.expr]:
    """`np.sum(x, axis=0)`: without the options that say what is usual."""
    def spelling(expressions: Expressions, call: Call, operands: list[ast.expr]) -> ast.expr:
        given = [ast.keyword("ddof" if label == "correction" else label, expressions.option(value))
                 for label, value in call.options.items() if not _is_default(value, label, call.op)]
        return ast.Call(dotted(name), operands, given)
    return spelling


def _joined(name: str) -> Callable[[Expressions, Call, list[ast.expr]], ast.expr]:
    def spelling(expressions: Expressions, call: Call, operands: list[ast.expr]) -> ast.expr:
        given = [] if call.options["axis"] == 0 else [ast.keyword("axis", literal(call.options["axis"]))]
        return ast.Call(dotted(name), [ast.List(operands, ast.Load())], given)
    return spelling


def _einsum(expressions: Expressions, call: Call, operands: list[ast.expr]) -> ast.expr:
    more = [ast.keyword("optimize", literal(True))] if len(operands) > 2 else []
    return ast.Call(dotted("np.einsum"), [literal(call.options["subscripts"]), *operands], more)


def _foreign(expressions: Expressions, call: Call, operands: list[ast.expr]) -> ast.expr:
    """A function of the user's with a pullback by hand: both are printed above."""
    f, name = call.options["f"], call.options["name"]
    helper = expressions.helpers.helper(f, name if name.isidentifier() else "f", {})
    return ast.Call(ast.Name(helper, ast.Load()), operands, [])


def _foreign_pull(expressions: Expressions, call: Call, operands: list[ast.expr]) -> ast.expr:
    import inspect
    pull, name = call.options["vjp"], call.options["name"]
    vjp = inspect.getclosurevars(pull).nonlocals["vjp"]
    helper = expressions.helpers.helper(vjp, f"vjp_of_{name}" if name.isidentifier() else "vjp_of_f", {})
    found: ast.expr = ast.Call(ast.Name(helper, ast.Load()), operands, [])
    if len(operands) > 3:
        found = ast.Subscript(found, literal(call.options["position"]), ast.Load())
    return found


SPELLINGS: dict[str, Callable[[Expressions, Call, list[ast.expr]], ast.expr | None]] = {
    **dict.fromkeys(BINARY, _operator), **dict.fromkeys(COMPARED, _compared),
    "power": _power, "negative": _negative, "positive": _positive, "where": _where, "sigmoid": _sigmoid,
    "permute_dims": _transposed, "matrix_transpose": _transposed, "getitem": _getitem, "astype": _astype,
    "broadcast_to": _broadcast_to, "expand_dims": _expand_dims, "einsum": _einsum,
    **{name: _reduced(f"np.{name}") for name in ("sum", "mean", "max", "min", "prod", "var", "std", "any", "all",
                                                 "argmax", "argmin")},
    "concat": _joined("np.concatenate"), "stack": _joined("np.stack"),
    "foreign_call": _foreign, "foreign_pull": _foreign_pull,
}


def _template_fits(op: Op, call: Call) -> bool:
    """Whether a template says all: not a by-product, not an option it has no place for."""
    named = template(op)
    unsaid = [name for name in call.options if named is not None and name not in named[0]
              and not _is_default(call.options[name], name, op)]
    return not op.saved_names and not unsaid and (op.foreign or all(
        each.dtype is None or each.dtype.kind == "f" or op.name not in ("softplus", "relu") for each in call.operands))


def _summed(call: Call, x: ast.expr) -> ast.expr:
    """The engine's sum over axes of broadcasting, see `sum_to` in core/backprop.py."""
    operand, shape = call.operands[0], tuple(call.options["shape"])
    given = operand.shape
    added = len(given) - len(shape)
    if added < 0:
        inner = Call("sum_to", None, (operand,), {"shape": shape[-added:]}, shape[-added:], call.dtype)
        return call_of("np.reshape", [_summed(inner, x) if given != inner.shape else x, literal(shape)])
    stretched = tuple(i + added for i, n in enumerate(shape) if n == 1 and given[i + added] != 1)
    axes = (*range(added), *stretched)
    if not axes:
        return x
    assert operand.dtype is not None
    many = operand.dtype.itemsize < 8 and math.prod(given[i] for i in axes) > 256
    options = [] if len(axes) == len(given) and not shape else [
        ast.keyword("axis", literal(axes[0] if len(axes) == 1 else axes))]
    if many:
        options.append(ast.keyword("dtype", literal(FLOAT64)))
    if stretched and not added:
        options.append(ast.keyword("keepdims", literal(True)))
    found: ast.expr = ast.Call(dotted("np.sum"), [x], options)
    if many:
        found = ast.Call(ast.Attribute(found, "astype", ast.Load()), [literal(operand.dtype)], [])
    if stretched and added:
        found = ast.Call(ast.Attribute(found, "reshape", ast.Load()), [literal(shape)], [])
    return found


# -- small things -----------------------------------------------------------------------------------------------------


def like(operand: Expression) -> Any:
    """Something of an operand's class, dtype and shape, to decide tests by."""
    if isinstance(operand, Constant):
        return operand.value
    return operand.dtype.type(0) if operand.shape == () else np.broadcast_to(operand.dtype.type(0), operand.shape)


def _is_float64(written: ast.expr) -> bool:
    """Whether an expression is np.float64(...)."""
    return isinstance(written, ast.Call) and ast.unparse(written.func) == "np.float64"


def _divides(node: ast.AST) -> bool:
    """Whether an operator may divide by 0, which Python's floats refuse."""
    return isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Div, ast.Mod, ast.FloorDiv)) \
        and not isinstance(node.right, ast.Constant)


def _hands_on(expression: ast.expr) -> bool:
    """Whether a function does nothing but call one of NumPy's, which takes floats as it takes np.float64."""
    return isinstance(expression, ast.Call) and ast.unparse(expression.func).startswith("np.") and all(
        isinstance(each, (ast.Name, ast.Constant)) for each in expression.args)


def _raw(value: Any) -> Any:
    """An option as the operation gets it; of named arrays an array of that dtype and shape."""
    if isinstance(value, tuple):
        return tuple(map(_raw, value))
    return like(value) if isinstance(value, (Name, Constant)) else value


def _simplified(node: ast.BinOp) -> ast.expr:
    """x ** 1 as x, which it is to the bit."""
    if isinstance(node.op, ast.Pow) and isinstance(node.right, ast.Constant) and node.right.value == 1:
        return node.left
    return node


def _is_default(value: Any, label: str, op: Op | None) -> bool:
    if op is None or label not in op.defaults or isinstance(value, (np.ndarray, Name, Constant)):
        return False
    usual = op.defaults[label]
    return value is usual or (value.__class__ is usual.__class__ and value == usual)
