"""What each example wants to change: gradients of single examples, whose mean is the gradient of their mini-batch."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.passes import quiet_gradients
from ..nn import losses
from ..nn.modules import Module
from .loop import _in_dtype_of, _targets


def per_example_gradients(model: Module, x: Any, y: Any, *, loss: Any) -> dict[str, np.ndarray[Any, Any]]:
    """The gradient of each example's loss, by the name of each parameter.

    Args:
        model: as it is now; BatchNorm and Dropout should be in `eval()`, where examples do not touch each other.
        x: (N, ...) examples.
        y: (N, ...) targets.
        loss: its name or function, a mean over the examples; then the mean over axis 0 is the mini-batch's gradient.
    Returns: arrays (N, *shape of the parameter).
    """
    x, y = _in_dtype_of(model, x), _targets(x, y)
    function = losses.get(loss)
    named = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    rows: list[list[Any]] = []
    for i in range(len(x)):
        value = function(model(x[i:i + 1]), y[i:i + 1])
        found = quiet_gradients([value], [p for _, p in named], [None], create_graph=False)
        rows.append([np.zeros(p.shape, p.dtype) if g is None else g.numpy()
                     for g, (_, p) in zip(found, named, strict=True)])
    return {name: np.stack([row[j] for row in rows]) for j, (name, _) in enumerate(named)}
