"""Square matrices (..., n, n): systems of equations, inverses, determinants, eigenvalues.

    solve                        x1 (..., n, n), x2 (n,) or (..., n, k) -> out, with x1 @ out = x2
    inv cofactors                x (..., n, n) -> (..., n, n)
    det slogdet                  x (..., n, n) -> (...), two of (...)
    eigh                         x (..., n, n) -> eigenvalues (..., n), eigenvectors (..., n, n)

A batch is any number of axes in front. A rule uses the result that LAPACK found, and never solves twice.
Source of the rules: Giles 2008, "An extended collection of matrix derivative results", Oxford NA-08/01.
Read `linear_algebra.py` before this file and `window.py` after it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .. import ops
from ..core.ops import op
from ..errors import ArgumentError, DTypeError, GraphError, ShapeError
from .creation import raw_value
from .domains import REAL


def _squares(x, call, name="x"):
    """x as an array of square matrices, or an error that says what it is."""
    x = np.asarray(x)
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        raise ShapeError(f"{call}: got {name} of shape {x.shape}. Expected square matrices, (..., n, n).")
    if x.dtype == np.float16:
        raise DTypeError(f"{call}: got {name} of dtype float16, which LAPACK does not support. "
                         f"Write {name}.astype('float32').")
    return x


def _solved(function, call, *arguments):
    """What a function of LAPACK gives, or an error for singular matrices."""
    try:
        return function(*arguments)
    except np.linalg.LinAlgError as error:
        raise ArgumentError(f"{call}: got a {str(error).lower()}. Expected one that can be inverted.") from None


@op(domain=REAL, numpy="np.linalg.solve({x1}, {x2})")
def solve(x1, x2, /):
    """The solution out of x1 @ out = x2: (..., n, n), (n,) or (..., n, k) -> like x2.

    A 1-D x2 is a vector for each matrix, all others are batches of matrices, which broadcast.
    Raises: ArgumentError if x1 is singular, ShapeError if it is not square or x2 does not fit.
    """
    x1, x2 = _squares(x1, "solve(x1, x2)", "x1"), np.asarray(x2)
    if not x2.ndim or x2.shape[-2 if x2.ndim > 1 else 0] != x1.shape[-1]:
        raise ShapeError(f"solve(x1, x2): got x1 of shape {x1.shape} and x2 of shape {x2.shape}. "
                         f"Expected x2 of shape ({x1.shape[-1]},) or (..., {x1.shape[-1]}, k).")
    return _solved(np.linalg.solve, "solve(x1, x2)", x1, x2)


def _columns(x, x2):
    """A result or its gradient as matrices, also if x2 was a vector."""
    return ops.expand_dims(x, axis=-1) if x2.ndim == 1 else x


def _solve_rule2(g, x1, x2):
    back = ops.solve(ops.matrix_transpose(x1), _columns(g, x2))
    return ops.squeeze(back, axis=-1) if x2.ndim == 1 else back


def _solve_rule1(g, out, x1, x2):
    return -_columns(_solve_rule2(g, x1, x2), x2) @ ops.matrix_transpose(_columns(out, x2))


solve.derivative(x1=_solve_rule1, x2=_solve_rule2)


@op(numpy="np.linalg.inv({x})")
def inv(x, /):
    """The inverse matrices, out @ x = 1: (..., n, n). Raises ArgumentError if one is singular."""
    return _solved(np.linalg.inv, "inv(x)", _squares(x, "inv(x)"))


inv.derivative(x=lambda g, out: -ops.matrix_transpose(out) @ g @ ops.matrix_transpose(out))


@op(numpy="np.linalg.det({x})")
def det(x, /):
    """The determinants: (..., n, n) -> (...). The derivative, `cofactors`, is right for singular matrices, too."""
    return np.linalg.det(_squares(x, "det(x)"))


det.derivative(x=lambda g, x: ops.reshape(g, (*g.shape, 1, 1)) * cofactors(x))


@op
def cofactors(x, /):
    """The derivative of det: out[i, j] = (-1)**(i + j) times the determinant of x without row i and column j.

    With x = U S Vᵀ that is det(U) det(V) U T Vᵀ, where T has the products of all singular values but one. Nothing is
    divided.
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


slogdet.derivative(x=lambda g, x: ops.expand_dims(g.logabsdet, axis=(-2, -1)) * ops.matrix_transpose(ops.inv(x)))


class EighResult(NamedTuple):
    """Eigenvalues in rising order, and the eigenvectors as columns."""

    eigenvalues: Any
    eigenvectors: Any


@op(results=EighResult)
def eigh(x, /):
    """Eigenvalues w (..., n) and eigenvectors v (..., n, n) of the symmetric part s = (x + xᵀ)/2: s @ v = v * w.

    Where eigenvalues are equal, functions of them alone and of the space they share are smooth, and have their
    derivative; an eigenvector by itself is not determined there, and asking for its derivative raises GraphError.
    Of each vector the sign is LAPACK's choice.
    """
    x = _squares(x, "eigh(x)")
    return tuple(np.linalg.eigh((x + np.swapaxes(x, -1, -2)) / 2))


def _eigh_rule(g, out):
    w, v = out
    vt = ops.matrix_transpose(v)
    turned = vt @ g.eigenvectors                                        # how much each vector should turn towards each
    twist = (turned - ops.matrix_transpose(turned)) / 2
    gaps = ops.expand_dims(w, axis=-2) - ops.expand_dims(w, axis=-1)
    same = _equal_eigenvalues(raw_value(w))
    _check_twist(raw_value(twist), raw_value(g.eigenvectors), same)
    inner = ops.where(same, 0.0, twist / (gaps + same))
    found = (v * ops.expand_dims(g.eigenvalues, axis=-2)) @ vt + v @ inner @ vt
    return (found + ops.matrix_transpose(found)) / 2


def _equal_eigenvalues(w):
    """Which pairs of eigenvalues (..., n, n) are equal to rounding."""
    size = np.max(np.abs(w), axis=-1, keepdims=True, initial=0)[..., None]
    return np.abs(w[..., None, :] - w[..., :, None]) <= 8 * w.shape[-1] * np.finfo(w.dtype).eps * size


def _check_twist(twist, g, same):
    """Raise if the gradient asks an eigenvector of a repeated eigenvalue to turn within the space that it shares."""
    size = np.max(np.abs(g), axis=(-1, -2), keepdims=True, initial=0)
    asked = same & (np.abs(twist) > 1e3 * np.finfo(twist.dtype).eps * size)
    if np.any(asked):
        raise GraphError("eigh(x): two eigenvalues are equal, so their eigenvectors are not determined one by one, and "
                         "have no derivative. Functions of the eigenvalues, and of the space they span, do.")


eigh.derivative(x=_eigh_rule)
