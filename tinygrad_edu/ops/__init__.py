"""The operations: forward functions of NumPy, each with its derivative rules beside it.

On raw arrays they compute; with a Tensor among the inputs they compute and record. Names, arguments and promotion are
those of the Python array API standard. Read `elementwise.py` first. Called, `tg.ops()` lists them by family.
"""

import sys
from types import ModuleType

from ..core import operators as _operators
from ..core.ops import item
from .activation import log_softmax, relu, sigmoid, softmax, softplus
from .compare import (
    bitwise_and,
    bitwise_invert,
    bitwise_or,
    bitwise_xor,
    equal,
    greater,
    greater_equal,
    isfinite,
    isinf,
    isnan,
    less,
    less_equal,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    not_equal,
    where,
)
from .creation import (
    arange,
    array_or_stack,
    asarray,
    astype,
    eye,
    full,
    full_like,
    linspace,
    one_hot,
    ones,
    ones_like,
    raw_value,
    zeros,
    zeros_like,
)
from .elementwise import (
    abs,
    add,
    cbrt,
    ceil,
    clip,
    divide,
    floor,
    floor_divide,
    hypot,
    maximum,
    minimum,
    multiply,
    negative,
    positive,
    power,
    reciprocal,
    remainder,
    round,
    sign,
    sqrt,
    square,
    subtract,
    trunc,
)
from .indexing import At, getitem, index_set, pick, put_along_axis, scatter_add, take, take_along_axis
from .linear_algebra import (
    diagonal,
    einsum,
    matmul,
    outer,
    tensordot,
    trace,
    vecdot,
)
from .matrices import cofactors, det, eigh, inv, slogdet, solve
from .numpy_names import numpy_function, numpy_ufunc
from .reduction import (
    all,
    any,
    argmax,
    argmin,
    cumulative_prod,
    cumulative_sum,
    linear_scan,
    logsumexp,
    max,
    mean,
    min,
    prod,
    std,
    sum,
    var,
    vector_norm,
)
from .shaping import (
    broadcast_arrays,
    broadcast_to,
    concat,
    expand_dims,
    flip,
    matrix_transpose,
    moveaxis,
    pad,
    permute_dims,
    repeat,
    reshape,
    roll,
    split,
    squeeze,
    stack,
    swapaxes,
    tile,
    unstack,
)
from .sorting import argsort, sort, topk
from .transcendental import (
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    cos,
    cosh,
    erf,
    exp,
    expm1,
    log,
    log1p,
    log2,
    log10,
    logaddexp,
    sin,
    sinc,
    sinc_derivative,
    sinh,
    tan,
    tanh,
)
from .units import celu, elu, gelu, leaky_relu, mish, selu, silu, softsign
from .window import avg_pool2d, conv2d, max_pool2d, patches, unpatch


class _Package(ModuleType):
    """The package of operations, which can also be called."""

    def __call__(self):
        """All operations by family; see `tg.explain_op` for one of them."""
        from ..views.reference import ops_by_family
        return ops_by_family()


sys.modules[__name__].__class__ = _Package
_operators.bind(sys.modules[__name__])
