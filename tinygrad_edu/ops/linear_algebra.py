"""Linear algebra: products of matrices and arrays, diagonals.

    matmul                   x1 (..., m, k), x2 (..., k, n) -> out (..., m, n)
    outer vecdot             x1 (m,), x2 (n,) -> out (m, n);  x1 (..., n), x2 (..., n) -> out (...)
    tensordot einsum         sums of products along axes that are named
    diagonal trace           x (..., m, n) -> the diagonal (..., k), its sum (...)

A batch is any number of axes in front, which broadcast. One idea serves the products: the derivative by one factor is
the product of `g` and the others. Read `indexing.py` before this file and `matrices.py` after it.
"""

from __future__ import annotations

import math
from string import ascii_letters
from typing import Any

import numpy as np

from .. import ops
from ..core.ops import op
from ..core.tensors import Tensor
from ..errors import ArgumentError, ShapeError
from .expansions import Products

# -- products -----------------------------------------------------------------------------------------------------


@op
def matmul(x1, x2, /):
    """The matrix product: out[..., i, j] = sum over k of x1[..., i, k] * x2[..., k, j].

    A 1-D x1 is a row, a 1-D x2 a column, and that axis goes again.
    """
    try:
        return np.matmul(x1, x2)
    except ValueError as error:
        raise _misfit(np.shape(x1), np.shape(x2)) from error


def _misfit(s1, s2):
    """Why arrays of these shapes have no matrix product."""
    given = f"matmul(x1, x2): got x1 of shape {s1} and x2 of shape {s2}."
    if not s1 or not s2:
        return ShapeError(f"{given} Expected arrays with axes; for a number write x1 * x2.")
    last = -2 if len(s2) > 1 else 0
    if s1[-1] == s2[last]:
        return ShapeError(f"{given} Expected batches that broadcast: from the right, their lengths must be equal or 1.")
    return ShapeError(f"{given} Expected x1.shape[-1] == x2.shape[{last}], but {s1[-1]} != {s2[last]}.{_fix(s1, s2)}")


def _fix(s1, s2):
    """The transpose that would make a product of matrices fit, in words."""
    if len(s1) == len(s2) == 2 and s1[-1] == s2[-1]:
        return " matmul(x1, x2.T) fits."
    if len(s1) == len(s2) == 2 and s1[0] == s2[0]:
        return " matmul(x1.T, x2) fits."
    return ""


def _row(x):
    """A vector as a matrix of one row."""
    return ops.expand_dims(x, axis=0) if x.ndim == 1 else x


def _column(x):
    """A vector as a matrix of one column."""
    return ops.expand_dims(x, axis=1) if x.ndim == 1 else x


def _as_matrices(g, x1, x2):
    """`g` with the axes that the product of vectors took away."""
    if x2.ndim == 1:
        g = ops.expand_dims(g, axis=-1)
    return ops.expand_dims(g, axis=-2) if x1.ndim == 1 else g


def _matmul_rule1(g, x1, x2):
    if x1.ndim == x2.ndim == 2:
        return g @ x2.T
    found = _as_matrices(g, x1, x2) @ ops.matrix_transpose(_column(x2))
    return ops.squeeze(found, axis=-2) if x1.ndim == 1 else found


def _matmul_rule2(g, x1, x2):
    if x1.ndim == x2.ndim == 2:
        return x1.T @ g
    found = ops.matrix_transpose(_row(x1)) @ _as_matrices(g, x1, x2)
    return ops.squeeze(found, axis=-1) if x2.ndim == 1 else found


matmul.derivative(x1=_matmul_rule1, x2=_matmul_rule2)


@matmul.expand
def _matmul_expansion(x1, x2):
    first, i = ("...ik", "i") if x1.ndim > 1 else ("k", "")
    second, j = ("...kj", "j") if x2.ndim > 1 else ("k", "")
    return einsum(f"{first},{second}->{'...' if i or j else ''}{i}{j}", x1, x2)


@op
def outer(x1, x2, /):
    """All products of an element of x1 (m,) and one of x2 (n,): (m, n)."""
    if np.ndim(x1) != 1 or np.ndim(x2) != 1:
        raise ShapeError(f"outer(x1, x2): got x1 of shape {np.shape(x1)} and x2 of shape {np.shape(x2)}. "
                         "Expected one axis each.")
    return np.outer(x1, x2)


outer.derivative(x1=lambda g, x2: g @ x2, x2=lambda g, x1: x1 @ g)
outer.expand(lambda x1, x2: ops.expand_dims(x1, axis=1) * x2)


def tensordot(x1: Any, x2: Any, /, *, axes: Any = 2) -> Any:
    """The sum of products along pairs of axes: out[i, j] = sum over k of x1[i, k] * x2[k, j], for several i, j and k.

    `axes` is a number n (the last n axes of x1 with the first n of x2), or two tuples (axes of x1, axes of x2).
    Raises: ArgumentError if those are not axes, ShapeError if they differ in length.

    >>> tg.tensordot(tg.ones((2, 3, 4)), tg.ones((4, 3)), axes=((1, 2), (1, 0)))
    Tensor([12., 12.])
    """
    x1, x2 = _array(x1), _array(x2)
    n1, n2 = x1.ndim, x2.ndim
    first, second = _pair_of_axes(axes)
    if len(first) != len(second) or not (_are_axes(first, n1) and _are_axes(second, n2)):
        raise ArgumentError(f"tensordot(x1, x2): got axes={first} of x1 of shape {x1.shape} and {second} of x2 of "
                            f"shape {x2.shape}. Expected as many different axes of x1 as of x2.")
    first, second = tuple(i % n1 for i in first), tuple(i % n2 for i in second)
    if any(x1.shape[i] != x2.shape[j] for i, j in zip(first, second, strict=True)):
        raise ShapeError(f"tensordot(x1, x2): got x1 of shape {x1.shape} and x2 of shape {x2.shape}. "
                         f"Expected equal lengths along axes {first} of x1 and {second} of x2.")
    free1, free2 = ([i for i in range(n) if i not in used] for n, used in ((n1, first), (n2, second)))
    inner = math.prod(x1.shape[i] for i in first)
    rows = ops.reshape(ops.permute_dims(x1, (*free1, *first)), (math.prod(x1.shape[i] for i in free1), inner))
    columns = ops.reshape(ops.permute_dims(x2, (*second, *free2)), (inner, math.prod(x2.shape[i] for i in free2)))
    return ops.reshape(rows @ columns, (*(x1.shape[i] for i in free1), *(x2.shape[i] for i in free2)))


def _pair_of_axes(axes):
    """The axes of x1 and those of x2, each as a tuple."""
    if isinstance(axes, (int, np.integer)):
        return tuple(range(-axes, 0)), tuple(range(axes))
    try:
        first, second = ((each,) if isinstance(each, (int, np.integer)) else tuple(each) for each in axes)
    except (TypeError, ValueError):
        raise ArgumentError(f"tensordot(x1, x2): got axes={axes!r}. Expected a number of axes or two tuples.") from None
    return first, second


def _array(x):
    """x as a Tensor or an array."""
    return x if x.__class__ is Tensor else ops.array_or_stack(x) if isinstance(x, (list, tuple)) else np.asarray(x)


def _are_axes(axes, n):
    """Whether all are axes of an array with n, and different."""
    return all(-n <= i < n for i in axes) and len({i % n for i in axes}) == len(axes)


def einsum(subscripts: str, /, *operands: Any) -> Any:
    """The sum of products that `subscripts` names; `...` stands for further axes.

    "ij,jk->ik" means out[i, k] = sum over j of operands[0][i, j] * operands[1][j, k]: a letter is an axis, one that the
    result does not have is summed over, and one that stands twice in a term means the diagonal. An axis of length 1 is
    repeated where another operand is longer.
    Raises: ArgumentError if the letters do not fit the axes, ShapeError if one letter means two lengths.

    >>> tg.einsum("ij,ij->i", [[1.0, 2.0], [3.0, 4.0]], tg.ones((2, 2)))
    Tensor([3., 7.])
    """
    if not isinstance(subscripts, str):
        raise ArgumentError(f"einsum(subscripts, *operands): got {type(subscripts).__name__} as subscripts. "
                            "Expected a text such as 'ij,jk->ik'.")
    arrays = [_array(x) for x in operands]
    terms, result = _parsed(subscripts, [x.ndim for x in arrays])
    for i, term in enumerate(terms):
        arrays[i], terms[i] = _with_letters_once(arrays[i], term, subscripts)
    return sum_of_products(arrays, subscripts=",".join(terms) + "->" + result)


def _with_letters_once(x, term, subscripts):
    """A letter that stands twice in a term means the diagonal, which is taken here."""
    while letter := next((each for each in term if term.count(each) > 1), ""):
        one = term.index(letter)
        two = term.index(letter, one + 1)
        if x.shape[one] != x.shape[two]:
            raise ShapeError(f"einsum({subscripts!r}): got an operand of shape {x.shape} for {term!r}. "
                             f"Expected one length for {letter!r}, but {x.shape[one]} != {x.shape[two]}.")
        x = ops.diagonal(x, axis1=one, axis2=two)
        term = term[:one] + term[one + 1:two] + term[two + 1:] + letter
    return x, term


def _parsed(subscripts: str, ndims: list[int]) -> tuple[list[str], str]:
    """The letters of each operand's axes and of the result's; `...` becomes letters of its own."""
    left, arrow, right = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    hidden = [n - len(term.replace("...", "", 1)) for n, term in zip(ndims, terms, strict=False)]
    fits = (n == 0 or (n > 0 and "..." in term) for n, term in zip(hidden, terms, strict=False))
    if len(terms) != len(ndims) or not all(fits):
        raise ArgumentError(f"einsum({subscripts!r}): got {len(ndims)} operands with {ndims} axes. "
                            "Expected a letter for each axis of each.")
    most = max(hidden, default=0)
    dots = "".join([letter for letter in ascii_letters if letter not in subscripts][:most])
    terms = [term.replace("...", dots[most - n:]) for n, term in zip(hidden, terms, strict=True)]
    letters = "".join(terms)
    if not arrow:
        right = "..." + "".join(sorted(each for each in set(letters) - set(dots) if letters.count(each) == 1))
    result = right.replace("...", dots, 1)
    known = set(letters + result) <= set(ascii_letters)
    if not known or len(set(result)) < len(result) or not set(dots) <= set(result) <= set(letters):
        raise ArgumentError(f"einsum({subscripts!r}): expected letters, which in the result must be different and "
                            "occur on the left; `...`, if it stands for axes, must be in the result, too.")
    return terms, result


@op(name="einsum", many=True)
def sum_of_products(arrays, /, *, subscripts):
    """The sum of products that `subscripts` names; no letter stands twice in a term."""
    return np.einsum(subscripts, *arrays, optimize=len(arrays) > 2)


def _einsum_rule(g, i, arrays, subscripts):
    """The same sum with `g` in the place of operand i, spread over those of its letters that stand nowhere else."""
    left, _, result = subscripts.partition("->")
    terms = left.split(",")
    own, shape = terms[i], arrays[i].shape
    others = [(term, array) for k, (term, array) in enumerate(zip(terms, arrays, strict=True)) if k != i]
    known = result + "".join(term for term, _ in others)
    kept = "".join(each for each in own if each in known)
    sums = ",".join([result, *(term for term, _ in others)]) + "->" + kept
    found = sum_of_products([g, *(array for _, array in others)], subscripts=sums)
    if kept == own and found.shape == shape:
        return found
    lengths = dict(zip(kept, found.shape, strict=True))         # 1 where the others are one long, and repeated
    found = ops.reshape(found, tuple(lengths.get(each, 1) for each in own))
    full = (n if lengths.get(each, 1) == 1 else lengths[each] for each, n in zip(own, shape, strict=True))
    return ops.broadcast_to(found, tuple(full))


sum_of_products.derivative(arrays=_einsum_rule)
sum_of_products.expand(Products())


def vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """The sum of x1 * x2 along `axis`, in which both have one length; the other axes broadcast.

    >>> tg.vecdot([1.0, 2.0], tg.asarray([3.0, 4.0]))
    Tensor(11.0)
    """
    x1, x2 = ops.moveaxis(_array(x1), axis, -1), ops.moveaxis(_array(x2), axis, -1)
    if x1.shape[-1] != x2.shape[-1]:
        raise ShapeError(f"vecdot(x1, x2): got x1 of length {x1.shape[-1]} and x2 of length {x2.shape[-1]} along "
                         f"axis {axis}. Expected one length.")
    return einsum("...i,...i->...", x1, x2)


# -- diagonals ----------------------------------------------------------------------------------------------------


@op(kind="selection")
def diagonal(x, /, *, offset=0, axis1=-2, axis2=-1):
    """The elements out[..., i] = x[..., i, i + offset], where the last two stand for axis1 and axis2."""
    return np.diagonal(x, offset, axis1, axis2)


def _diagonal_rule(g, x, offset, axis1, axis2):
    axis1, axis2 = axis1 % x.ndim, axis2 % x.ndim
    k = np.arange(g.shape[-1])
    index: list[Any] = [slice(None)] * x.ndim
    index[axis1], index[axis2] = k + max(-offset, 0), k + max(offset, 0)
    front, back = sorted((axis1, axis2))
    place = front if back == front + 1 else 0           # where NumPy puts the axis of two index arrays
    return ops.scatter_add(ops.moveaxis(g, -1, place), index=tuple(index), shape=x.shape)


diagonal.derivative(x=_diagonal_rule)
diagonal.expand("moves")


def trace(x: Any, /, *, offset: int = 0) -> Any:
    """The sum of the diagonal of each matrix: (..., m, n) -> (...).

    >>> tg.trace(tg.eye(3))
    Tensor(3.0)
    """
    return ops.sum(ops.diagonal(x, offset=offset), axis=-1)
