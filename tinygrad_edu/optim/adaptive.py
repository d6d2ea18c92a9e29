"""Optimizers with a step size of its own for each number: Adagrad, RMSProp, Adam, AdamW.

All of them divide by the size of past gradients √s: Adagrad adds their squares up, the others keep running averages.
Read `sgd.py` before this file.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..core.tensors import Tensor
from ..errors import ArgumentError
from .base import Optimizer, State, below_one, names_of_keras, not_negative
from .schedules import Schedule


class Adagrad(Optimizer):
    """s ← s + g², p ← p - lr · g / (√s + eps).

    Source: Duchi, Hazan & Singer 2011, JMLR 12, 2121-2159.
    """

    @names_of_keras
    def __init__(self, params: Iterable[Tensor] | None = None, lr: float | Schedule = 0.01, *, eps: float = 1e-10,
                 weight_decay: float = 0.0) -> None:
        super().__init__(params, lr=lr, weight_decay=weight_decay)
        self.eps = not_negative("eps", eps)

    def update(self, value: Any, g: Any, state: State) -> Any:
        """One step, the smaller the more there has been to go."""
        s = state["s"] = state.get("s", 0.0) + g * g
        return value - self.lr * g / (np.sqrt(s) + self.eps)


class RMSProp(Optimizer):
    """s ← rho · s + (1 - rho) · g², p ← p - lr · g / (√s + eps); with momentum the quotients are a running sum.

    Args:
        params: the tensors to move, or None.
        lr: the learning rate.
        rho: how long squares are remembered, from 0 to below 1.
        momentum: how much of the last step goes on, from 0 to below 1.
        eps: keeps the quotient finite.
        weight_decay: adds weight_decay · p to the gradient.
    Source: Hinton 2012, Neural Networks for Machine Learning, lecture 6e.
    """

    @names_of_keras
    def __init__(self, params: Iterable[Tensor] | None = None, lr: float | Schedule = 0.01, *, rho: float = 0.99,
                 momentum: float = 0.0, eps: float = 1e-8, weight_decay: float = 0.0) -> None:
        super().__init__(params, lr=lr, weight_decay=weight_decay)
        self.rho, self.momentum = below_one("rho", rho), below_one("momentum", momentum)
        self.eps = not_negative("eps", eps)

    def update(self, value: Any, g: Any, state: State) -> Any:
        """One step of about the same length whatever the size of the gradient."""
        s = state["s"] = self.rho * state.get("s", 0.0) + (1 - self.rho) * (g * g)
        v = g / (np.sqrt(s) + self.eps)
        if self.momentum:
            v = state["v"] = self.momentum * state["v"] + v if "v" in state else v
        return value - self.lr * v


class Adam(Optimizer):
    """Running averages of g and of g², the first divided by the root of the second:

        m ← b1 · m + (1 - b1) · g         s ← b2 · s + (1 - b2) · g²
        p ← p - lr · (m / (1 - b1^t)) / (√(s / (1 - b2^t)) + eps)         at step t = 1, 2, …

    Args:
        params: the tensors to move, or None.
        lr: the learning rate.
        betas: (b1, b2), each from 0 to below 1.
        eps: keeps the quotient finite.
        weight_decay: adds weight_decay · p to the gradient.
    Source: Kingma & Ba 2015, arXiv:1412.6980, algorithm 1.
    """

    @names_of_keras
    def __init__(self, params: Iterable[Tensor] | None = None, lr: float | Schedule = 0.001, *,
                 betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8, weight_decay: float = 0.0) -> None:
        super().__init__(params, lr=lr, weight_decay=weight_decay)
        given: Any = betas
        if not isinstance(given, (tuple, list)) or len(given) != 2:
            raise ArgumentError(f"{type(self).__name__}(betas): got {betas!r:.60}. Expected two numbers, such as "
                                "(0.9, 0.999).")
        self.betas = below_one("betas[0]", betas[0]), below_one("betas[1]", betas[1])
        self.eps = not_negative("eps", eps)

    def update(self, value: Any, g: Any, state: State) -> Any:
        """One step of about lr."""
        b1, b2 = self.betas
        t = state["t"] = state.get("t", 0) + 1
        m = state["m"] = b1 * state.get("m", 0.0) + (1 - b1) * g
        s = state["s"] = b2 * state.get("s", 0.0) + (1 - b2) * (g * g)
        return value - (self.lr / (1 - b1**t)) * m / (np.sqrt(s) / (1 - b2**t) ** 0.5 + self.eps)


class AdamW(Adam):
    """Adam with the weights themselves made smaller in each step, p ← (1 - lr · weight_decay) · p, not by the gradient.

    Source: Loshchilov & Hutter 2019, arXiv:1711.05101, algorithm 2.
    """

    @names_of_keras
    def __init__(self, params: Iterable[Tensor] | None = None, lr: float | Schedule = 0.001, *,
                 betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8, weight_decay: float = 0.01) -> None:
        super().__init__(params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)

    def _decayed(self, value: Any, g: Any) -> Any:
        return g

    def update(self, value: Any, g: Any, state: State) -> Any:
        """One step of Adam, from weights that are a little smaller."""
        return super().update(value * (1 - self.lr * self.weight_decay), g, state)
