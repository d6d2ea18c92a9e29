"""Linear algebra: products of matrices and arrays, systems of equations, determinants, eigenvalues.

    matmul outer tensordot einsum dot                        sums of products
    diagonal trace                                           x (..., m, n) -> the diagonal, its sum
    solve inv det slogdet cofactors eigh                     x (..., n, n)

A batch is any number of axes in front, which broadcast. Read `indexing.py` before this file and `window.py` after it.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from .. import ops
from ..core.ops import op
from ..core.tensors import Tensor
from ..errors import ArgumentError, DTypeError, GraphError, ShapeError
from .domains import REAL

# -- products -----------------------------------------------------------------------------------------------------


@op
def matmul(x1, x2, /):
    """The matrix product: (..., m, k) @ (..., k, n) -> (..., m, n). A 1-D x1 is a row, a 1-D x2 a column, and that axis goes again."""
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


@op
def outer(x1, x2, /):
    """All products of an element of x1 (m,) and one of x2 (n,): (m, n)."""
    if np.ndim(x1) != 1 or np.ndim(x2) != 1:
        raise ShapeError(f"outer(x1, x2): got x1 of shape {np.shape(x1)} and x2 of shape {np.shape(x2)}. Expected one axis each.")
    return np.outer(x1, x2)


outer.derivative(x1=lambda g, x2: g @ x2, x2=lambda g, x1: x1 @ g)


def tensordot(x1: Any, x2: Any, /, *, axes: Any = 2) -> Any:
    """Sum over products along pairs of axes: `axes` is a number n (the last n of x1 with the first n of x2) or two tuples.

    >>> tg.tensordot(tg.ones((2, 3, 4)), tg.ones((4, 3)), axes=((1, 2), (1, 0)))
    Tensor([12., 12.])
    """
    x1, x2 = (x if x.__class__ is Tensor else np.asarray(x) for x in (x1, x2))
    if isinstance(axes, int):
        first, second = tuple(range(x1.ndim - axes, x1.ndim)), tuple(range(axes))
    else:
        first, second = ((each,) if isinstance(each, int) else tuple(each) for each in axes)
    n1, n2 = x1.ndim, x2.ndim
    if len(first) != len(second) or any(not -n1 <= i < n1 for i in first) or any(not -n2 <= i < n2 for i in second):
        raise ArgumentError(f"tensordot(x1, x2): got axes={axes!r} for x1 of shape {x1.shape} and x2 of shape {x2.shape}. "
                            "Expected as many axes of x1 as of x2.")
    first, second = tuple(i % n1 for i in first), tuple(i % n2 for i in second)
    if any(x1.shape[i] != x2.shape[j] for i, j in zip(first, second, strict=True)):
        raise ShapeError(f"tensordot(x1, x2): got x1 of shape {x1.shape} and x2 of shape {x2.shape}. "
                         f"Expected equal lengths along axes {first} of x1 and {second} of x2.")
    free1, free2 = ([i for i in range(n) if i not in used] for n, used in ((n1, first), (n2, second)))
    inner = math.prod(x1.shape[i] for i in first)
    rows = ops.reshape(ops.permute_dims(x1, (*free1, *first)), (math.prod(x1.shape[i] for i in free1), inner))
    columns = ops.reshape(ops.permute_dims(x2, (*second, *free2)), (inner, math.prod(x2.shape[i] for i in free2)))
    return ops.reshape(rows @ columns, (*(x1.shape[i] for i in free1), *(x2.shape[i] for i in free2)))


def einsum(subscripts: str, /, *operands: Any) -> Any:
    """The sum of products that `subscripts` names, such as "ij,jk->ik"; `...` stands for further axes.

    >>> tg.einsum("ij,ij->i", [[1.0, 2.0], [3.0, 4.0]], tg.ones((2, 2)))
    Tensor([3., 7.])
    """
    arrays = [ops.asarray(x) if isinstance(x, (list, tuple)) else x if x.__class__ is Tensor else np.asarray(x) for x in operands]
    terms, result = _parsed(subscripts, [x.ndim for x in arrays])
    for i, term in enumerate(terms):                    # a letter twice in one term means its diagonal
        while letter := next((each for each in term if term.count(each) > 1), ""):
            one = term.index(letter)
            two = term.index(letter, one + 1)
            arrays[i] = ops.diagonal(arrays[i], axis1=one, axis2=two)
            term = term[:one] + term[one + 1:two] + term[two + 1:] + letter
        terms[i] = term
    return sum_of_products(arrays, subscripts=",".join(terms) + "->" + result)


def _parsed(subscripts: str, ndims: list[int]) -> tuple[list[str], str]:
    """The letters of each operand's axes and of the result's; `...` becomes letters of its own."""
    left, arrow, right = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    free = [chr(c) for c in (*range(97, 123), *range(65, 91)) if chr(c) not in subscripts]
    hidden = [n - len(term.replace("...", "")) for n, term in zip(ndims, terms, strict=False)]
    if len(terms) != len(ndims) or any(n < 0 or ("..." not in term and n) for n, term in zip(hidden, terms, strict=False)):
        raise ArgumentError(f"einsum({subscripts!r}): got {len(ndims)} operands with {ndims} axes. Expected a letter for each axis of each.")
    most = max(hidden, default=0)
    dots = "".join(free[:most])
    terms = [term.replace("...", dots[most - n:] if n else "") for n, term in zip(hidden, terms, strict=True)]
    if not arrow:
        letters = "".join(terms)
        right = dots + "".join(sorted(each for each in set(letters) - set(dots) if letters.count(each) == 1))
    result = right.replace("...", dots)
    if any(result.count(each) > 1 or each not in "".join(terms) for each in result):
        raise ArgumentError(f"einsum({subscripts!r}): the letters of the result must be different, and occur on the left.")
    return terms, result


@op(name="einsum", many=True)
def sum_of_products(arrays, /, *, subscripts):
    """The sum of products that `subscripts` names; every letter at most once in each term."""
    return np.einsum(subscripts, *arrays, optimize=len(arrays) > 2)


def _einsum_rule(g, i, arrays, subscripts):
    """The same sum with `g` in the place of operand i; its letters that stand nowhere else were summed: spread `g` over them."""
    left, _, result = subscripts.partition("->")
    terms = left.split(",")
    own, shape = terms[i], arrays[i].shape
    others = [(term, array) for k, (term, array) in enumerate(zip(terms, arrays, strict=True)) if k != i]
    known = result + "".join(term for term, _ in others)
    kept = "".join(each for each in own if each in known)
    found = sum_of_products([g, *(array for _, array in others)], subscripts=",".join([result, *(term for term, _ in others)]) + "->" + kept)
    if kept == own:
        return found
    found = ops.reshape(found, tuple(found.shape[kept.index(each)] if each in kept else 1 for each in own))
    return ops.broadcast_to(found, tuple(max(n, m) for n, m in zip(found.shape, shape, strict=True)))


sum_of_products.derivative(arrays=_einsum_rule)


def vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """The sum of x1 · x2 along `axis`.

    >>> tg.vecdot([1.0, 2.0], tg.asarray([3.0, 4.0]))
    Tensor(11.0)
    """
    return ops.sum(ops.multiply(x1, x2), axis=axis)


# -- diagonals ----------------------------------------------------------------------------------------------------


@op(kind="selection")
def diagonal(x, /, *, offset=0, axis1=-2, axis2=-1):
    """The elements whose places along axis2 minus axis1 are `offset`; they stand along a last axis."""
    return np.diagonal(x, offset, axis1, axis2)


def _diagonal_rule(g, x, offset, axis1, axis2):
    axis1, axis2 = axis1 % x.ndim, axis2 % x.ndim
    k = np.arange(g.shape[-1])
    index: list[Any] = [slice(None)] * x.ndim
    index[axis1], index[axis2] = k + max(-offset, 0), k + max(offset, 0)
    front, back = sorted((axis1, axis2))
    if back == front + 1:                               # neighbouring index arrays: their axis stands in their place
        order = [*range(front), g.ndim - 1, *range(front, g.ndim - 1)]
    else:                                               # index arrays apart: their axis stands first
        order = [g.ndim - 1, *range(g.ndim - 1)]
    return ops.scatter_add(ops.permute_dims(g, tuple(order)), index=tuple(index), shape=x.shape)


diagonal.derivative(x=_diagonal_rule)


def trace(x: Any, /, *, offset: int = 0) -> Any:
    """The sum of the diagonal of each matrix: (..., m, n) -> (...).

    >>> tg.trace(tg.eye(3))
    Tensor(3.0)
    """
    return ops.sum(ops.diagonal(x, offset=offset), axis=-1)


# -- square matrices ----------------------------------------------------------------------------------------------


def _squares(x, name):
    """x as an array of square matrices, or an error that says what it is."""
    x = np.asarray(x)
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        raise ShapeError(f"{name}: got x of shape {x.shape}. Expected square matrices, (..., n, n).")
    if x.dtype == np.float16:
        raise DTypeError(f"{name}: float16 is not supported by LAPACK. Write x.astype('float32').")
    return x


def _solved(function, name, *arguments):
    try:
        return function(*arguments)
    except np.linalg.LinAlgError as error:
        raise ArgumentError(f"{name}: {error}. Expected a matrix that can be inverted; tg.det(x) tells how far it is from one that cannot.") from None


@op(domain=REAL, numpy="np.linalg.solve({x1}, {x2})")
def solve(x1, x2, /):
    """The solution out of x1 @ out = x2: (..., n, n), (n,) or (..., n, k) -> like x2. Raises ArgumentError if x1 is singular."""
    return _solved(np.linalg.solve, "solve(x1, x2)", _squares(x1, "solve(x1, x2)"), np.asarray(x2))


def _solve_rule1(g, out, x1, x2):
    back = ops.solve(ops.matrix_transpose(x1), g)
    if x2.ndim == 1:
        return -ops.expand_dims(back, axis=-1) * ops.expand_dims(out, axis=-2)
    return -back @ ops.matrix_transpose(out)


solve.derivative(x1=_solve_rule1, x2=lambda g, x1: ops.solve(ops.matrix_transpose(x1), g))


@op(numpy="np.linalg.inv({x})")
def inv(x, /):
    """The inverse matrices: (..., n, n). Raises ArgumentError if one is singular."""
    return _solved(np.linalg.inv, "inv(x)", _squares(x, "inv(x)"))


inv.derivative(x=lambda g, out: -ops.matrix_transpose(out) @ g @ ops.matrix_transpose(out))


@op(numpy="np.linalg.det({x})")
def det(x, /):
    """The determinants: (..., n, n) -> (...). The derivative is right for singular matrices, too: it is made of minors."""
    return np.linalg.det(_squares(x, "det(x)"))


det.derivative(x=lambda g, x: ops.reshape(g, (*g.shape, 1, 1)) * cofactors(x))


@op
def cofactors(x, /):
    """The derivative of det: cofactor [i, j] is the determinant without row i and column j, with the sign of (-1)**(i + j).

    With x = U S Vᵀ it is det(U) det(V) U T Vᵀ, where T has the products of all singular values but one; nothing is divided.
    """
    u, s, vt = np.linalg.svd(_squares(x, "cofactors(x)"))
    before = np.cumprod(np.concatenate([np.ones_like(s[..., :1]), s[..., :-1]], axis=-1), axis=-1)
    after = np.cumprod(np.concatenate([np.ones_like(s[..., :1]), s[..., :0:-1]], axis=-1), axis=-1)[..., ::-1]
    orientation = np.linalg.det(u) * np.linalg.det(vt)
    return orientation[..., None, None] * ((u * (before * after)[..., None, :]) @ vt)


def _cofactors_rule(g, x):
    """Every cofactor is a determinant, whose derivative is made of the cofactors of its minor."""
    n = x.shape[-1]
    keep = np.array([[k for k in range(n) if k != i] for i in range(n)], dtype=np.intp).reshape(n, max(n - 1, 0))
    rows, columns = keep[:, None, :, None], keep[None, :, None, :]      # (n, n, n-1, n-1) together
    minors = x[(..., rows, columns)]
    signs = (-1.0) ** np.add.outer(np.arange(n), np.arange(n))
    weighted = cofactors(minors) * ops.reshape(g * signs.astype(x.dtype), (*g.shape, 1, 1))
    return ops.scatter_add(weighted, index=(..., rows, columns), shape=x.shape)


cofactors.derivative(x=_cofactors_rule)


class SlogdetResult(NamedTuple):
    """The sign of the determinant and the logarithm of its size."""

    sign: Any
    logabsdet: Any


@op(results=SlogdetResult, numpy="np.linalg.slogdet({x})")
def slogdet(x, /):
    """The sign of the determinant and ln |det|, without overflow: (..., n, n) -> two of (...)."""
    return tuple(np.linalg.slogdet(_squares(x, "slogdet(x)")))


slogdet.derivative(x=lambda g, x: ops.reshape(g.logabsdet, (*g.logabsdet.shape, 1, 1)) * ops.matrix_transpose(ops.inv(x)))


class EighResult(NamedTuple):
    """Eigenvalues in rising order, and the eigenvectors as columns."""

    eigenvalues: Any
    eigenvectors: Any


@op(results=EighResult)
def eigh(x, /):
    """Eigenvalues (..., n) and eigenvectors (..., n, n) of the symmetric part (x + xᵀ)/2 of x (..., n, n).

    Where eigenvalues are equal, functions of them alone and of the space they share are smooth, and have their derivative;
    an eigenvector by itself is not determined there, and asking for its derivative raises GraphError.
    """
    x = _squares(x, "eigh(x)")
    return tuple(np.linalg.eigh((x + np.swapaxes(x, -1, -2)) / 2))


def _eigh_rule(g, out):
    w, v = out
    vt = ops.matrix_transpose(v)
    turned = vt @ g.eigenvectors                                        # how much each vector should turn towards each
    twist = (turned - ops.matrix_transpose(turned)) / 2
    gaps = ops.expand_dims(w, axis=-2) - ops.expand_dims(w, axis=-1)
    same = _equal_eigenvalues(values_of(w))
    _check_twist(values_of(twist), values_of(g.eigenvectors), same)
    inner = ops.where(same, 0.0, twist / (gaps + same))
    found = (v * ops.expand_dims(g.eigenvalues, axis=-2)) @ vt + v @ inner @ vt
    return (found + ops.matrix_transpose(found)) / 2


def values_of(x):
    """The raw value of x, a Tensor or not."""
    return np.asarray(x._value if x.__class__ is Tensor else x)


def _equal_eigenvalues(w):
    """Which pairs of eigenvalues (..., n, n) are equal to rounding."""
    size = np.max(np.abs(w), axis=-1, keepdims=True, initial=0)[..., None]
    return np.abs(w[..., None, :] - w[..., :, None]) <= 8 * w.shape[-1] * np.finfo(w.dtype).eps * size


def _check_twist(twist, g, same):
    """Raise if the gradient asks an eigenvector of a repeated eigenvalue to turn within the space that it shares."""
    size = np.max(np.abs(g), axis=(-1, -2), keepdims=True, initial=0)
    asked = same & (np.abs(twist) > 1e3 * np.finfo(twist.dtype).eps * size)
    if np.any(asked):
        raise GraphError("eigh(x): two eigenvalues are equal, so their eigenvectors are not determined one by one, and have no derivative. "
                         "Functions of the eigenvalues, and of the space that the vectors span, do.")


eigh.derivative(x=_eigh_rule)
