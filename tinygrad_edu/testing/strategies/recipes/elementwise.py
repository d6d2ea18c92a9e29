"""Recipes of elementwise operations with options, with integers, or with a kink that depends on several inputs."""

from functools import partial

import numpy as np

from ....core.rules import Op
from ....ops.domains import NONZERO
from ..pencil import Drawn, Pencil, Recipe


def broadcasting(op: Op, p: Pencil) -> Drawn:
    """Inputs of shapes that broadcast, and for options that are numbers their defaults or others of that size."""
    shapes = p.shapes(len(op.input_names))
    options = {name: p.choice(default, default / 2, 2 * default) for name, default in op.defaults.items()
               if isinstance(default, float)}
    return tuple(p.array(shape, name) for shape, name in zip(shapes, op.input_names, strict=True)), options


def one(p: Pencil) -> Drawn:
    """One input of any shape."""
    return (p.array(p.shape()),), {}


def two_grids(p: Pencil) -> Drawn:
    """Two inputs that are never close to each other."""
    first, second = p.shapes(2)
    return (p.grid(first, 0.1), p.grid(second, 0.35)), {}


def quotients(p: Pencil) -> Drawn:
    """Numbers whose quotient is not near a whole number."""
    first, second = p.shapes(2)
    return (p.quotient(first), p.each(second, 2.0, 3.0, 4.0, -2.0, -3.0, -4.0)), {}


def in_all_quadrants(p: Pencil) -> Drawn:
    """Points in the plane that are not near the axes."""
    first, second = p.shapes(2)
    return (p.array(first, domain=NONZERO), p.array(second, domain=NONZERO)), {}


def choosing(p: Pencil) -> Drawn:
    """A condition, and numbers."""
    shapes = p.shapes(3)
    return (p.each(shapes[0], False, True), p.array(shapes[1]), p.array(shapes[2])), {}


def bits(inputs: int, p: Pencil) -> Drawn:
    """Whole numbers or booleans."""
    dtype = p.choice(np.int64, np.bool_)
    return tuple(p.whole(shape, 0, 8).astype(dtype) for shape in p.shapes(inputs)), {}


def limiting(p: Pencil) -> Drawn:
    """Numbers and bounds that are never close to each other; bounds may be missing, or the wrong way round."""
    shapes = p.shapes(3)
    return (p.grid(shapes[0], 0.1), p.optional("min", lambda: p.grid(shapes[1], 0.27)),
            p.optional("max", lambda: p.grid(shapes[2], 0.44))), {}


def sinc_derivatives(p: Pencil) -> Drawn:
    """The order of a derivative."""
    return (p.array(p.shape()),), {"order": p.integer(1, 4)}


def converting(p: Pencil) -> Drawn:
    """A dtype."""
    return (p.array(p.shape()),), {"dtype": np.float64}


RECIPES: dict[str, Recipe] = {
    "maximum": two_grids, "minimum": two_grids, "remainder": quotients, "floor_divide": quotients,
    "atan2": in_all_quadrants, "where": choosing, "clip": limiting, "relu": one,
    "bitwise_and": partial(bits, 2), "bitwise_or": partial(bits, 2), "bitwise_xor": partial(bits, 2),
    "bitwise_invert": partial(bits, 1), "sinc_derivative": sinc_derivatives, "astype": converting,
}
