"""Strategies for hypothesis: what a property-based test of gradients draws, and how failing examples become small.

    arrays, tensors             arrays("n,3"): letters stand for the same lengths in all strategies of one test
    mutually_broadcastable      arrays whose shapes broadcast
    axes, indices               one or more axes; every kind of NumPy index
    matrices                    well conditioned, symmetric, positive definite, singular
    arguments                   valid inputs and options of an operation, from the domain that it declares
    programs                    random functions made of operations, which print as Python source
    modules                     small networks as functions of their input and parameters

All shrink to small shapes, plain numbers (0, 1, 2, 0.5) and short programs. Hypothesis is needed here alone; the extra
`test` brings it.
"""

from ...errors import MissingExtraError

try:
    import hypothesis as _hypothesis  # noqa: F401
except ImportError as error:
    raise MissingExtraError("tinygrad_edu.testing.strategies needs hypothesis, which draws the examples. "
                            'Install it with: pip install "tinygrad_edu[test]"') from error

from .calls import arguments
from .indexing import axes, indices
from .ndarrays import arrays, mutually_broadcastable, tensors
from .networks import modules
from .random_programs import programs
from .square_matrices import matrices

__all__ = ["arguments", "arrays", "axes", "indices", "matrices", "modules", "mutually_broadcastable", "programs",
           "tensors"]
