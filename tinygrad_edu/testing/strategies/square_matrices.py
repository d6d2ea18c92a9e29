"""A strategy for square matrices of a known kind, whose simplest example is the identity (or zero, if singular).

    matrices("n")                               far from singular
    matrices("n", "symmetric")                  with eigenvalues that are 1 or more apart
    matrices("n", "positive definite")          symmetric, with eigenvalues of 1 or more
    matrices("n", "singular")                   of a rank below n

Entries off the diagonal are drawn; the diagonal is then made larger than their sum, so that by Gershgorin's theorem no
eigenvalue (and for rows and columns alike no singular value) is below 1.
Source: Varah 1975, Linear Algebra and its Applications 11(1), 3-5.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

from ...errors import ArgumentError
from ...ops.domains import Domain
from . import numbers
from .lengths import Spec, bounds, check, drawn_shape
from .numbers import POOL, Array

ENTRIES = Domain(-1.0, 1.0)
EXTRA = Domain(0.0, 1.0)


def matrices(n: int | str = "n", kind: str = "well conditioned", *, batch: Spec = (), dtype: Any = np.float64,
             min_side: int | None = None, max_side: int | None = None) -> st.SearchStrategy[Array]:
    """Square matrices of a kind.

    Args:
        n: the length of both sides, a number or a letter as in `arrays`.
        kind: "well conditioned" (singular values from 1 to 3n), "symmetric" (eigenvalues 1 or more apart, of both
            signs), "positive definite" (symmetric, eigenvalues from 1 to 3n), or "singular" (of a rank below n).
        batch: a shape in front, for several matrices.
        dtype: floating.
        min_side: the smallest length that a letter may mean, 1 if not given.
        max_side: the largest, 4 if not given.
    Returns: a strategy of arrays of shape (*batch, n, n).
    Raises: ArgumentError for another kind.

    >>> from hypothesis import find
    >>> from tinygrad_edu.testing.strategies import matrices
    >>> find(matrices(2), lambda a: True)
    array([[1., 0.],
           [0., 1.]])
    """
    if kind not in KINDS:
        raise ArgumentError(f"matrices(n, {kind!r}): expected one of {', '.join(KINDS)}.")
    check((n,), "matrices")
    check(batch, "matrices")
    sides = bounds(min_side, max_side)

    @st.composite
    def matrices(draw: Any) -> Array:
        (side,) = drawn_shape(draw, (n,), sides, "matrices")
        return drawn_matrix(draw, kind, (*drawn_shape(draw, batch, sides, "matrices"), side, side)).astype(dtype)

    return matrices()


def drawn_matrix(draw: Any, kind: str, shape: tuple[int, ...]) -> Array:
    """Matrices of a kind, of the shape (..., n, n)."""
    return KINDS[kind](draw, shape)


def _well_conditioned(draw: Any, shape: tuple[int, ...]) -> Array:
    x = _off_diagonal(draw, shape)
    return _strengthened(draw, x, numbers.signs(draw(POOL), shape[:-1]))


def _positive_definite(draw: Any, shape: tuple[int, ...]) -> Array:
    x = np.tril(_off_diagonal(draw, shape))
    return _strengthened(draw, x + np.swapaxes(x, -1, -2), np.ones(shape[:-1]))


def _off_diagonal(draw: Any, shape: tuple[int, ...]) -> Array:
    return numbers.fill(draw(POOL), shape, ENTRIES) * (1 - np.eye(shape[-1]))


def _strengthened(draw: Any, x: Array, signs: Array) -> Array:
    """With a diagonal that exceeds the sum of all others in its row and in its column by 1 or more."""
    others = np.maximum(np.sum(np.abs(x), axis=-1), np.sum(np.abs(x), axis=-2))
    diagonal = signs * (others + 1 + numbers.fill(draw(POOL), x.shape[:-1], EXTRA))
    return np.asarray(np.round(x + diagonal[..., None] * np.eye(x.shape[-1]), 6))


def _symmetric(draw: Any, shape: tuple[int, ...]) -> Array:
    """Q diag(λ) Qᵀ with Q = (1 - S)(1 + S)⁻¹ of a skew S (Cayley): S = 0 gives a diagonal matrix."""
    n = shape[-1]
    lower = np.tril(numbers.fill(draw(POOL), shape, ENTRIES), -1)
    skew = lower - np.swapaxes(lower, -1, -2)
    q = np.linalg.solve(np.eye(n) + skew, np.eye(n) - skew)         # the two commute
    apart = 1.5 * np.arange(n) - 1 + numbers.fill(draw(POOL), shape[:-1], EXTRA) / 2
    x = (q * apart[..., None, :]) @ np.swapaxes(q, -1, -2)
    return np.asarray((x + np.swapaxes(x, -1, -2)) / 2)


def _singular(draw: Any, shape: tuple[int, ...]) -> Array:
    """A product of n × r and r × n, of any rank r below n."""
    n = shape[-1]
    rank = draw(st.integers(0, max(n - 1, 0)))
    left, right = (numbers.fill(draw(POOL), (*shape[:-2], *core), ENTRIES) for core in ((n, rank), (rank, n)))
    return left @ right


KINDS: dict[str, Callable[[Any, tuple[int, ...]], Array]] = {
    "well conditioned": _well_conditioned, "symmetric": _symmetric, "positive definite": _positive_definite,
    "singular": _singular}
