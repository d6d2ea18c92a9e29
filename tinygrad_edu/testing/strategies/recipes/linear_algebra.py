"""Recipes of linear algebra: products whose shapes fit, and matrices that are far from singular."""

from functools import partial

import numpy as np

from ....ops.domains import MODERATE
from ..pencil import Drawn, Pencil, Recipe
from ..square_matrices import drawn_matrix


def products(p: Pencil) -> Drawn:
    """Matrices, batches of them that broadcast, and vectors on either side."""
    (first, second), (n, k, m) = p.shapes(2, max_dims=2, max_side=2), (p.side() for _ in range(3))
    return (p.array(p.choice((n, k), (*first, n, k), (k,))), p.array(p.choice((k, m), (*second, k, m), (k,)))), {}


def vectors(p: Pencil) -> Drawn:
    """Two vectors."""
    return (p.array(p.shape(min_dims=1, max_dims=1)), p.array(p.shape(min_dims=1, max_dims=1))), {}


def squares(p: Pencil, kind: str = "well conditioned") -> Drawn:
    """Square matrices, perhaps several."""
    n, batch = p.side(), p.shape(max_dims=1)
    return (drawn_matrix(p.draw, kind, (*batch, n, n)),), {}


def any_squares(p: Pencil) -> Drawn:
    """Also singular ones: of a lower rank, also of rank 1 or nothing but zeros."""
    return squares(p, p.choice("well conditioned", "singular"))


def equations(p: Pencil) -> Drawn:
    """Matrices and right sides: one vector, or several columns."""
    (x1,), options = squares(p)
    n, batch = x1.shape[-1], x1.shape[:-2]
    shape = p.choice((n,), (n, 2), (*batch, n, 1), (2, *(1,) * len(batch), n, 2), (*batch, n, 0))
    return (x1, p.array(shape)), options


def symmetric(p: Pencil) -> Drawn:
    """Matrices whose symmetric part has eigenvalues that are 1 or more apart; not symmetric themselves."""
    (x,), options = squares(p, "symmetric")
    other = p.array(x.shape)
    return (x + other - np.swapaxes(other, -1, -2),), options


def diagonals(p: Pencil) -> Drawn:
    """Two axes of up to four."""
    shape = tuple(p.side() for _ in range(p.choice(2, 3, 4, 4)))
    pairs = [(i, j) for i in range(len(shape)) for j in range(len(shape)) if i != j]
    first, second = p.choice((1, 3), (3, 1), (0, 1), (0, 2)) if len(shape) == 4 else p.choice(*pairs)
    second = p.choice(second, second - len(shape))
    return (p.array(shape),), {"offset": p.integer(-2, 2), "axis1": first, "axis2": second}


def traces(p: Pencil) -> Drawn:
    """Matrices and a diagonal."""
    return (p.array(p.shape(min_dims=2)),), {"offset": p.integer(-2, 2)}


def dots(p: Pencil) -> Drawn:
    """Two inputs of one length along the last axis."""
    (first, second), n = p.shapes(2, max_dims=1), p.side()
    return (p.array((*first, n)), p.array((*second, n))), {"axis": -1}


def sums_of_products(p: Pencil, repeated: bool = False) -> Drawn:
    """Terms of the letters a, b, c, of lengths 0 to 3; a letter may miss in the result, or stand in one term only."""
    lengths = {letter: p.side() for letter in "abc"}
    pool = "abc" + ("ab" if repeated else "")
    terms = ["".join(p.permutation(pool)[:p.integer(0, 3)]) for _ in range(p.integer(1, 3))]
    known = sorted(set("".join(terms)))
    result = "".join(p.permutation(known)[:p.integer(0, len(known))])
    arrays = [p.array(tuple(lengths[letter] for letter in term), domain=MODERATE) for term in terms]
    return tuple(arrays), {"subscripts": ",".join(terms) + "->" + result}


def contracting(p: Pencil) -> Drawn:
    """Axes to sum over: a number of them, or the axes of each input."""
    shared, left, right = p.shape(max_dims=2), p.shape(max_dims=1), p.shape(max_dims=1)
    if p.choice(False, True):
        return (p.array((*left, *shared)), p.array((*shared, *right))), {"axes": len(shared)}
    first = tuple(range(len(shared)))
    axes = (first, tuple(-1 - i for i in first))
    return (p.array((*shared, *left)), p.array((*right, *shared[::-1]))), {"axes": axes}


RECIPES: dict[str, Recipe] = {
    "matmul": products, "outer": vectors, "einsum": sums_of_products, "diagonal": diagonals, "solve": equations,
    "inv": squares, "det": any_squares, "cofactors": any_squares, "slogdet": squares, "eigh": symmetric,
}
COMPOSITIONS: dict[str, Recipe] = {
    "tensordot": contracting, "einsum": partial(sums_of_products, repeated=True), "trace": traces, "vecdot": dots,
}
