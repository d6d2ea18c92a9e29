"""How valid arguments of the library's operations are drawn: a recipe for each that is not simply elementwise.

    RECIPES             by the names of operations: a function of a `Pencil` that gives inputs and options
    COMPOSITIONS        the same for public functions that are composed of operations

Each file holds those of the file of `ops/` that has its name, the recipes first and their table at the end.
"""

from ..pencil import Recipe
from . import elementwise, indexing, linear_algebra, reduction, shaping, window

RECIPES: dict[str, Recipe] = {**elementwise.RECIPES, **reduction.RECIPES, **shaping.RECIPES, **indexing.RECIPES,
                              **linear_algebra.RECIPES, **window.RECIPES}
COMPOSITIONS: dict[str, Recipe] = {**shaping.COMPOSITIONS, **linear_algebra.COMPOSITIONS}

__all__ = ["COMPOSITIONS", "RECIPES"]
