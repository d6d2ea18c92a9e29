"""What each example wants to change: gradients of single examples, whose mean is the gradient of their mini-batch."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.passes import quiet_gradients
from ..errors import ShapeError
from ..nn import losses
from ..nn.modules import Module
from ..nn.summary import evaluating
from .inputs import examples_for, targets_for


def per_example_gradients(model: Module, x: Any, y: Any, *, loss: Any) -> dict[str, np.ndarray[Any, Any]]:
    """The gradient of each example's loss, by the name of each parameter.

    Args:
        model: in use, as after `eval()`, where examples do not touch each other in BatchNorm.
        x: (N, ...) examples.
        y: (N, ...) targets.
        loss: its name or function, a mean over the examples; then the mean over axis 0 is the mini-batch's gradient.
    Returns: arrays (N, *shape of the parameter).
    """
    x = examples_for(model, x)
    y, function = targets_for(x, y), losses.get(loss)
    if not len(x):
        raise ShapeError(f"per_example_gradients: got x of shape {x.shape}. Expected at least one example.")
    rows: list[dict[str, Any]] = []
    with evaluating(model):
        for i in range(len(x)):
            value = function(model(x[i:i + 1]), y[i:i + 1])             # the first call makes the parameters
            named = {name: p for name, p in model.named_parameters() if p.requires_grad}
            found = quiet_gradients([value], [*named.values()], [None], create_graph=False)
            rows.append({name: np.zeros(p.shape, p.dtype) if g is None else g.numpy()
                         for g, (name, p) in zip(found, named.items(), strict=True)})
    return {name: np.stack([row[name] for row in rows]) for name in rows[0]}
