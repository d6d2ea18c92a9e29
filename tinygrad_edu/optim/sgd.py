"""Stochastic gradient descent: against the gradient, with momentum if one likes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..core.tensors import Tensor
from ..errors import ArgumentError
from .base import Optimizer, State, below_one, names_of_keras
from .schedules import Schedule


class SGD(Optimizer):
    """p ← p - lr · g; with momentum m the step is a running sum of gradients, v ← m · v + g, p ← p - lr · v.

    Args:
        params: the tensors to move, or None.
        lr: the learning rate.
        momentum: how much of the last step goes on, from 0 to below 1.
        nesterov: look ahead along the momentum: p ← p - lr · (g + m · v).
        weight_decay: adds weight_decay · p to the gradient.
    Source: Polyak 1964, USSR Comput. Math. 4(5), 1-17; Sutskever et al. 2013, ICML, for the form of `nesterov`.

    >>> w = tg.Tensor(3.0)
    >>> opt = tg.optim.SGD([w], lr=0.1)
    >>> (w * w).backward()
    >>> opt.step()
    >>> w.item()
    2.4
    """

    @names_of_keras
    def __init__(self, params: Iterable[Tensor] | None = None, lr: float | Schedule = 0.01, *, momentum: float = 0.0,
                 nesterov: bool = False, weight_decay: float = 0.0) -> None:
        super().__init__(params, lr=lr, weight_decay=weight_decay)
        self.momentum, self.nesterov = below_one("momentum", momentum), bool(nesterov)
        if nesterov and not momentum:
            raise ArgumentError("SGD(nesterov=True): expected a momentum above 0, such as momentum=0.9.")

    def update(self, value: Any, g: Any, state: State) -> Any:
        """One step down the slope."""
        if not self.momentum:
            return value - self.lr * g
        v = state["v"] = self.momentum * state["v"] + g if "v" in state else g
        return value - self.lr * (g + self.momentum * v if self.nesterov else v)
