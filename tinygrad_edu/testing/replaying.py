"""Replaying: the recorded graph of a tensor as a function of its variables, so that it can be checked like one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..core import ops
from ..core.backprop import ITEM
from ..core.tensors import Tensor
from ..core.walk import made_from


def replay(output: Tensor) -> tuple[Callable[..., Any], list[Tensor]]:
    """A function that computes `output` again, operation by operation, from other values of its variables.

    Returns: the function, and the variables that need a gradient, in the order of its arguments.

    >>> w, x = tg.variables(w=2, x=3)
    >>> f, leaves = replay(w * x + w)
    >>> f(10.0, 1.0).item(), [leaf.name for leaf in leaves]
    (20.0, ['w', 'x'])
    """
    results, found = made_from([output])
    leaves = [leaf for leaf in found if leaf.requires_grad]

    def computed(*values: Any) -> Any:
        new: dict[Tensor, Any] = {leaf: value if value.__class__ is Tensor else Tensor(value)
                                  for leaf, value in zip(leaves, values, strict=True)}
        for node in results:
            inputs = tuple(new.get(x, x) if x.__class__ is Tensor else x for x in node.inputs)
            if node.op is ITEM:
                new[node] = inputs[0][node.options["index"]]
            else:
                new[node] = ops.apply(node.op, inputs, node.options)
        return new[output]

    return computed, leaves
