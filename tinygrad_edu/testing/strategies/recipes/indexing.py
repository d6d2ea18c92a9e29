"""Recipes of indexing and sorting: indices that are valid, and elements that are apart where ties matter."""

import math

import numpy as np

from ..pencil import Drawn, Pencil, Recipe


def picking(p: Pencil) -> Drawn:
    """An index of any kind."""
    shape = p.shape()
    return (p.array(shape),), {"index": p.index(shape)}


def scattering(p: Pencil) -> Drawn:
    """What an index of an array of that shape would give, or what broadcasts to it."""
    shape = p.shape()
    index = p.index(shape)
    return (p.array(p.smaller(np.zeros(shape)[index].shape)),), {"index": index, "shape": shape}


def setting(p: Pencil) -> Drawn:
    """An array, and what to put into it at an index."""
    shape = p.shape()
    index = p.index(shape)
    return (p.array(shape), p.array(p.smaller(np.zeros(shape)[index].shape))), {"index": index}


def taking(p: Pencil) -> Drawn:
    """Places along an axis, or of the flattened array."""
    shape = p.shape(min_dims=1, min_side=1)
    axis = p.choice(None, *range(-len(shape), len(shape)))
    n = math.prod(shape) if axis is None else shape[axis]
    return (p.array(shape), p.whole(p.shape(max_dims=2), -n, n - 1)), {"axis": axis}


def along(p: Pencil) -> Drawn:
    """Places along an axis; elsewhere lengths of both are equal, or those of the indices 1."""
    shape = p.shape(min_dims=1, min_side=1)
    axis = p.axis(len(shape))
    lengths = tuple(p.side() if i == axis % len(shape) else p.choice(n, 1) for i, n in enumerate(shape))
    return (p.array(shape), p.whole(lengths, -shape[axis], shape[axis] - 1)), {"axis": axis}


def putting(p: Pencil) -> Drawn:
    """What to put at places along an axis."""
    (x, indices), options = along(p)
    axis = options["axis"] % x.ndim
    lengths = tuple(indices.shape[i] if i == axis else n for i, n in enumerate(x.shape))
    return (p.array(p.choice(lengths, indices.shape, ())), indices), {**options, "shape": x.shape}


def sorting(p: Pencil) -> Drawn:
    """Elements that are apart, an axis, and the direction."""
    shape = p.shape(min_dims=1)
    return (p.spread(shape),), {"axis": p.axis(len(shape)), "descending": p.choice(False, True)}


def largest(p: Pencil) -> Drawn:
    """Elements that are apart, and how many to keep."""
    shape = p.shape(min_dims=1)
    axis = p.axis(len(shape))
    return (p.spread(shape),), {"k": p.integer(0, shape[axis]), "axis": axis}


RECIPES: dict[str, Recipe] = {
    "getitem": picking, "scatter_add": scattering, "index_set": setting, "take": taking, "take_along_axis": along,
    "put_along_axis": putting, "sort": sorting, "argsort": sorting, "topk": largest,
}
