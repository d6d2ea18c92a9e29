"""Two neurons that are statistics: linear regression and logistic regression, fitted by gradient descent.

    LinearRegressionNeuron      f(x) = Σ w_i · x_i + b, with the smallest mean squared error
    LogisticRegressionNeuron    P(1 | x) = 1 / (1 + exp(-(Σ w_i · x_i + b))), with the smallest cross-entropy

Read `scalar.py` before this file.
"""

from __future__ import annotations

import math
from typing import Any, Self

import numpy as np

from .. import ops
from ..core.modes import no_grad
from ..data.arrays import as_numbers, frozen, not_finite
from ..errors import AnomalyError, ArgumentError, ShapeError
from ..optim import SGD
from . import losses
from .arguments import positive
from .layers.base import Seed
from .scalar import Neuron

Array = np.ndarray[Any, Any]


class RegressionNeuron(Neuron):
    """The base of both: a neuron that learns from all examples at once."""

    curvature: float        # of the loss of one example: its second derivative by the weighted sum, at its largest
    loss_name: str
    of_many = "write predict(x)"

    def __init__(self, n_inputs: int = 1, activation: Any = "linear", seed: Seed = None) -> None:
        super().__init__(n_inputs, activation, seed)
        self.losses: list[float] = []

    def fit(self, x: Any, y: Any, epochs: int = 1000, lr: float | None = None,     # type: ignore[override]
            momentum: float = 0.9, tolerance: float = 1e-9) -> Self:
        """Learn by gradient descent on all examples at once.

        Args:
            x: (N, n_inputs) examples; (N,) for one input.
            y: (N,) what the neuron shall give.
            epochs: how many steps at most.
            lr: the learning rate; None for one that cannot overshoot, 1 / (the greatest curvature of the loss).
            momentum: of the steps, from 0 to below 1.
            tolerance: stop when no slope is larger than this, relative to the first.
        Returns: the neuron itself; `losses` holds the loss of each step.
        Raises: ShapeError if there is not one target for each example, or another number of inputs.
        """
        columns, y = self._examples(x), as_numbers("y", y)
        self._check_targets(y, len(columns[0]))
        parameters = self.parameters()
        steps = SGD(parameters, lr=self._safe_rate(columns) if lr is None else lr, momentum=momentum,
                    nesterov=momentum > 0)
        self.losses, first = [], None
        for epoch in range(positive("epochs", epochs)):
            steps.zero_grad()
            with np.errstate(all="ignore"):             # what overflows is found here, and said better
                loss = losses.get(self.loss_name)(self.activation(self.weighted_sum(columns)), y)
            self.losses.append(loss.item())
            if not math.isfinite(self.losses[-1]):
                raise AnomalyError(f"fit(lr={lr}): the loss is {self.losses[-1]} after {epoch} steps, which grow and "
                                   "grow. Leave lr out for one that cannot overshoot.")
            loss.backward()
            slope = max(abs(p.grad.item()) for p in parameters if p.grad is not None)
            first = slope if first is None else first
            if slope <= tolerance * first:
                break
            steps.step()
        return self

    def predict(self, x: Any) -> Array:             # type: ignore[override]
        """What the neuron gives for the examples x (N, n_inputs): an array (N,)."""
        with no_grad():
            found: Array = self.activation(self.weighted_sum(self._examples(x))).numpy()
        return found

    def _examples(self, x: Any) -> list[Array]:
        """The examples as columns: one array (N,) for each input."""
        given = as_numbers("x", x)
        table = given[:, None] if given.ndim == 1 else given
        if table.ndim != 2 or table.shape[1] != len(self.w) or not len(table):
            raise ShapeError(f"{type(self).__name__}: got x of shape {given.shape}. Expected (N, {len(self.w)}).")
        check_finite("x", table)
        return [frozen(column.copy()) for column in table.T]

    def _safe_rate(self, columns: list[Array]) -> float:
        """1 / L, where no eigenvalue of the Hessian, curvature/N · XᵀX at its largest, is larger than L."""
        table = np.stack([*columns, np.ones(len(columns[0]))], axis=1)
        return float(len(table) / (self.curvature * np.linalg.norm(table, 2) ** 2))

    def _check_targets(self, y: Array, examples: int) -> None:
        """Raise an error if the neuron cannot learn such targets."""
        if y.shape != (examples,):
            raise ShapeError(f"fit(x, y): got x with {examples} examples and y of shape {y.shape}. "
                             f"Expected ({examples},).")
        check_finite("y", y)


class LinearRegressionNeuron(RegressionNeuron):
    """f(x) = Σ w_i · x_i + b, fitted to the smallest mean squared error.

    >>> from tinygrad_edu import nn
    >>> neuron = nn.LinearRegressionNeuron().fit([0.0, 1.0, 2.0], [1.0, 3.0, 5.0])
    >>> round(neuron.w[0].item(), 6), round(neuron.b.item(), 6)
    (2.0, 1.0)
    """

    curvature = 2.0
    loss_name = "mean_squared_error"

    def __init__(self, n_inputs: int = 1, seed: Seed = None) -> None:
        super().__init__(n_inputs, "linear", seed)


class LogisticRegressionNeuron(RegressionNeuron):
    """The probability of class 1, 1 / (1 + exp(-(Σ w_i · x_i + b))), fitted to the smallest cross-entropy.

    >>> from tinygrad_edu import nn
    >>> neuron = nn.LogisticRegressionNeuron().fit([-1.0, 0.0, 0.5, 2.0], [0, 1, 0, 1])
    >>> neuron.predict([-3.0, 3.0]).round()
    array([0., 1.])
    """

    curvature = 0.25
    loss_name = "binary_crossentropy"

    def __init__(self, n_inputs: int = 1, seed: Seed = None) -> None:
        super().__init__(n_inputs, ops.sigmoid, seed)

    def _check_targets(self, y: Array, examples: int) -> None:
        super()._check_targets(y, examples)
        if not np.isin(y, (0, 1)).all():
            raise ArgumentError(f"LogisticRegressionNeuron.fit(x, y): got targets from {y.min():g} to {y.max():g}. "
                                "Expected 0 or 1 for each example.")


def check_finite(name: str, values: Array) -> None:
    """Raise ArgumentError if a number is NaN or infinite."""
    if bad := not_finite(name, values):
        raise ArgumentError(f"{bad} Expected finite numbers.")
