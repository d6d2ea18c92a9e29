"""Recipes of operations that keep the numbers and change the shape, or place them anew."""

import math

from ..pencil import Drawn, Pencil, Recipe
from .elementwise import two_grids
from .reduction import one_axis


def reshaping(p: Pencil) -> Drawn:
    """A shape of as many elements."""
    shape = p.shape()
    size = math.prod(shape)
    ways = [(size,), (-1,) if size else (0,), (1, size), (size, 1), shape[::-1], (*shape, 1)]
    ways += [(n, size // n) for n in (2, 3) if size and size % n == 0] + ([()] if size == 1 else [])
    return (p.array(shape),), {"shape": p.choice(*ways)}


def permuting(p: Pencil) -> Drawn:
    """All axes in some order, counted from the front or the back."""
    shape = p.shape()
    order = p.permutation(range(len(shape)))
    return (p.array(shape),), {"axes": tuple(i - len(shape) if p.choice(False, True) else i for i in order)}


def matrices(p: Pencil) -> Drawn:
    """At least two axes."""
    return (p.array(p.shape(min_dims=2)),), {}


def new_axes(p: Pencil) -> Drawn:
    """One or two axes more."""
    shape = p.shape(max_dims=2)
    return (p.array(shape),), {"axis": p.choice(0, -1, len(shape), (0, -1), (1, 0))}


def losing_axes(p: Pencil) -> Drawn:
    """Some axes of length 1."""
    shape = p.shape()
    ones = [i for i, n in enumerate(shape) if n == 1]
    return (p.array(shape),), {"axis": p.choice(tuple(ones), *ones, *(i - len(shape) for i in ones))}


def broadcast(p: Pencil) -> Drawn:
    """A shape that the input's broadcasts to."""
    shape = p.shape()
    return (p.array(p.smaller(shape)),), {"shape": shape}


def joining(p: Pencil) -> Drawn:
    """Arrays that differ in length along the axis, or in their whole shapes if they are flattened."""
    if p.integer(0, 4) == 4:
        return tuple(p.array(p.shape()) for _ in range(p.integer(1, 3))), {"axis": None}
    shape = p.shape(min_dims=1)
    axis = p.axis(len(shape))
    lengths = [p.side() for _ in range(p.integer(1, 3))]
    return tuple(p.array(tuple(n if i == axis % len(shape) else m for i, m in enumerate(shape)))
                 for n in lengths), {"axis": axis}


def stacking(p: Pencil) -> Drawn:
    """Arrays of one shape."""
    shape = p.shape(max_dims=2)
    return tuple(p.array(shape) for _ in range(p.integer(1, 3))), {"axis": p.axis(len(shape) + 1)}


def flipping(p: Pencil) -> Drawn:
    """Any axes."""
    shape = p.shape()
    return (p.array(shape),), {"axis": p.axes(len(shape))}


def rolling(p: Pencil) -> Drawn:
    """Of 3 elements: a shift by 1 and one by -1 are the same for two."""
    shape = p.choice((), (3,), (0, 3), (3, 2), (2, 3, 1))
    shift = p.choice(1, -1, 2, 4, 0)
    if len(shape) > 1 and p.choice(False, True):
        return (p.array(shape),), {"shift": (shift, p.integer(-4, 4)), "axis": (0, -1)}
    return (p.array(shape),), {"shift": shift, "axis": p.choice(None, *range(-len(shape), len(shape)))}


def tiling(p: Pencil) -> Drawn:
    """Numbers of copies for as many axes, or for more or fewer."""
    return (p.array(p.shape(max_dims=2)),), {"repetitions": p.choice(2, 0, (2,), (2, 1), (1, 3, 2), ())}


def repeating(p: Pencil) -> Drawn:
    """One number of copies for all elements, or one for each."""
    shape = p.shape()
    axis = p.choice(None, *range(-len(shape), len(shape)))
    n = math.prod(shape) if axis is None else shape[axis]
    return (p.array(shape),), {"repeats": p.choice(2, 0, tuple(p.integer(0, 2) for _ in range(n))), "axis": axis}


def padding(p: Pencil) -> Drawn:
    """Widths, and what to fill with."""
    shape = p.shape(max_dims=2)
    each = tuple((p.integer(0, 2), p.integer(0, 2)) for _ in shape)
    return (p.array(shape),), {"pad_width": p.choice(1, (2, 0), each) if shape else 1, "value": p.choice(0.0, 2.5)}


def moving(p: Pencil) -> Drawn:
    """From an axis to an axis."""
    shape = p.shape(min_dims=1)
    return (p.array(shape),), {"source": p.axis(len(shape)), "destination": p.axis(len(shape))}


def swapping(p: Pencil) -> Drawn:
    """Two axes."""
    shape = p.shape(min_dims=1)
    return (p.array(shape),), {"axis1": p.axis(len(shape)), "axis2": p.axis(len(shape))}


def splitting(p: Pencil) -> Drawn:
    """Equal sections, or places to cut at."""
    shape = p.shape(min_dims=1)
    axis = p.axis(len(shape))
    return (p.array(shape),), {"sections": p.choice(1, max(shape[axis], 1), [1], [1, 2], [2, 1]), "axis": axis}


RECIPES: dict[str, Recipe] = {
    "reshape": reshaping, "permute_dims": permuting, "matrix_transpose": matrices, "expand_dims": new_axes,
    "squeeze": losing_axes, "broadcast_to": broadcast, "concat": joining, "stack": stacking, "flip": flipping,
    "roll": rolling, "tile": tiling, "repeat": repeating, "pad": padding,
}
COMPOSITIONS: dict[str, Recipe] = {
    "moveaxis": moving, "swapaxes": swapping, "unstack": one_axis, "split": splitting, "broadcast_arrays": two_grids,
}
