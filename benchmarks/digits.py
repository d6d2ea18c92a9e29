"""Digits: one training step of the 784-16-16-10 network with sigmoids, where the arithmetic begins to count.

One step is forward on a batch of 32, squared error (summed over outputs, averaged over examples), backward, update of
weights and biases by SGD. The digits are noise: what they show does not change the time. Both float64 and float32,
as users write it first, and with the loss compiled.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import Any

from .measure import OURS, Steps, Workload

SIZES = (784, 16, 16, 10)
BATCH = 32
RATE = 0.1


def start(hidden: int, dtype: str) -> tuple[Any, Any, list[Any]]:
    """A batch x (32, 784) with one-hot answers y (32, 10), and the parameters: weights, bias, weights, bias, …."""
    import numpy as np
    rng = np.random.default_rng(0)
    x, y = rng.random((BATCH, SIZES[0])), np.eye(SIZES[-1])[rng.integers(0, SIZES[-1], BATCH)]
    parameters = []
    for inputs, outputs in zip((SIZES[0], hidden, hidden), (hidden, hidden, SIZES[-1]), strict=True):
        parameters += [rng.standard_normal((inputs, outputs)) / inputs**0.5, np.zeros(outputs)]
    return x.astype(dtype), y.astype(dtype), [each.astype(dtype) for each in parameters]


def results(loss: Any, gradients: list[Any]) -> list[float]:
    """What libraries must agree on."""
    return [float(loss), *(float(g.reshape(-1)[i]) for g in gradients for i in (0, -1))]


def ours(hidden: int, dtype: str, prepared: Callable[[Any], Any] = lambda loss_of: loss_of) -> Steps:
    """As users write it; the batch is frozen, as the library's data loader hands it out."""
    import tinygrad_edu as tg
    x, y, start_values = start(hidden, dtype)
    x.setflags(write=False)
    y.setflags(write=False)
    parameters: list[Any] = [tg.Tensor(each) for each in start_values]
    w1, b1, w2, b2, w3, b3 = parameters

    def loss_of(x: Any, y: Any) -> Any:
        a1 = tg.sigmoid(x @ w1 + b1)
        a2 = tg.sigmoid(a1 @ w2 + b2)
        a3 = tg.sigmoid(a2 @ w3 + b3)
        return tg.sum((a3 - y) ** 2) / BATCH

    loss_of = prepared(loss_of)
    while True:
        begin = perf_counter()
        loss = loss_of(x, y)
        for p in parameters:
            p.grad = None
        loss.backward()
        for p in parameters:
            p.data -= RATE * p.grad
        seconds = perf_counter() - begin
        yield seconds, results(loss.item(), [p.grad.numpy() for p in parameters])


def compiled(hidden: int, dtype: str) -> Steps:
    """The same with the loss compiled."""
    from tinygrad_edu import compile
    return ours(hidden, dtype, compile)


def numpy(hidden: int, dtype: str) -> Steps:
    """Written out by hand, as one writes it with care but without preallocated buffers."""
    import numpy as np
    x, y, parameters = start(hidden, dtype)
    w1, b1, w2, b2, w3, b3 = parameters
    while True:
        begin = perf_counter()
        a1 = 1 / (1 + np.exp(-(x @ w1 + b1)))
        a2 = 1 / (1 + np.exp(-(a1 @ w2 + b2)))
        a3 = 1 / (1 + np.exp(-(a2 @ w3 + b3)))
        error = a3 - y
        loss = np.sum(error * error) / BATCH
        g3 = error * (2 / BATCH) * a3 * (1 - a3)
        g2 = (g3 @ w3.T) * a2 * (1 - a2)
        g1 = (g2 @ w2.T) * a1 * (1 - a1)
        gradients = [x.T @ g1, g1.sum(axis=0), a1.T @ g2, g2.sum(axis=0), a2.T @ g3, g3.sum(axis=0)]
        for p, g in zip(parameters, gradients, strict=True):
            p -= RATE * g
        seconds = perf_counter() - begin
        yield seconds, results(loss, gradients)


def torch(hidden: int, dtype: str) -> Steps:
    """PyTorch, eager."""
    import torch
    torch.set_num_threads(1)
    x, y, start_values = start(hidden, dtype)
    x, y = torch.tensor(x), torch.tensor(y)
    parameters = [torch.tensor(each, requires_grad=True) for each in start_values]
    w1, b1, w2, b2, w3, b3 = parameters
    while True:
        begin = perf_counter()
        a1 = torch.sigmoid(x @ w1 + b1)
        a2 = torch.sigmoid(a1 @ w2 + b2)
        a3 = torch.sigmoid(a2 @ w3 + b3)
        loss = ((a3 - y) ** 2).sum() / BATCH
        for p in parameters:
            p.grad = None
        loss.backward()
        with torch.no_grad():
            for p in parameters:
                p -= RATE * p.grad
        seconds = perf_counter() - begin
        yield seconds, results(loss.item(), [p.grad for p in parameters])


def workload(dtype: str, tolerance: float) -> Workload:
    """The step in one dtype. It stays within 1.5 times NumPy's time: NumPy's is at least 0.67 of ours."""
    ways = {OURS: ours, "numpy": numpy, "torch": torch}
    libraries = {name: partial(steps, dtype=dtype) for name, steps in ways.items()}
    floors = {"numpy": 1 / 1.5, "torch": 2.0}
    return Workload("digits", f"784-16-16-10, {dtype}", 16, 2, libraries, floors, tolerance)


def compiled_workload(dtype: str, tolerance: float) -> Workload:
    """The compiled step beside the same without compiling, and NumPy's by hand, which takes at least half as long."""
    ways = {OURS: compiled, "not compiled": ours, "numpy": numpy}
    libraries = {name: partial(steps, dtype=dtype) for name, steps in ways.items()}
    floors = {"not compiled": 1.0, "numpy": 0.5}
    return Workload("digits", f"compiled, {dtype}", 16, 2, libraries, floors, tolerance)


WORKLOADS = [workload("float64", 1e-9), workload("float32", 1e-4),
             compiled_workload("float64", 1e-9), compiled_workload("float32", 1e-4)]
