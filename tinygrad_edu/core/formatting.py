"""How a tensor reads: `repr(t)` and f-strings.

    Tensor(2.0, name='w')        Tensor([1., 2.], dtype=float32, from tanh)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import values
from .tensors import extra_of


def represent(t: Any) -> str:
    """The value, what is not ordinary about it (shape if abridged, dtype, name), and the operation that made it."""
    value, notes = t._value, []
    if isinstance(value, tuple):
        return f"Tensor({len(value)} results of {t._op.name})"
    if values.shape_of(value) == ():
        text = repr(values.strong(value).item())
    else:
        text = np.array2string(value, separator=", ", prefix="Tensor(", precision=4,
                               threshold=100, edgeitems=3, max_line_width=100)
        text = text if value.size else "[]"
        if "..." in text or not value.size:
            notes.append(f"shape={value.shape}")
    if t.dtype not in (np.dtype(np.float64), np.dtype(np.bool_)):
        notes.append(f"dtype={t.dtype}")
    if extra_of(t).name is not None:
        notes.append(f"name={extra_of(t).name!r}")
    if t._op is not None:
        notes.append(f"from {t._op.name}")
    return f"Tensor({', '.join([text, *notes])})"


def formatted(t: Any, spec: str) -> str:
    """`f"{t:.3f}"`: each number by `spec`; the plain representation without one."""
    if not spec:
        return represent(t)
    if t.shape == ():
        return format(np.asarray(t._value).item(), spec)
    return np.array2string(np.asarray(t._value), separator=", ", formatter={"all": lambda x: format(x, spec)})
