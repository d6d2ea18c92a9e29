"""Scalars: micrograd's own demonstration, a 2-16-16-1 network of single neurons that tells two half moons apart.

One step is forward on all samples, loss, backward, update. The network and the loop are written once and run on either
library's scalars, as micrograd's README and notebook write them. Then the same with the loss compiled.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from itertools import pairwise
from time import perf_counter
from typing import Any

from .measure import OURS, Steps, Workload

SIZES = (2, 16, 16, 1)


def moons(samples: int) -> tuple[list[list[float]], list[int]]:
    """Points on two half moons with a little noise, and their labels: 1 for the upper, -1 for the lower."""
    rng, half = random.Random(1), samples // 2
    points, labels = [], []
    for i in range(half):
        angle = math.pi * i / (half - 1)
        points.append([math.cos(angle) + rng.gauss(0, 0.1), math.sin(angle) + rng.gauss(0, 0.1)])
        points.append([1 - math.cos(angle) + rng.gauss(0, 0.1), 0.5 - math.sin(angle) + rng.gauss(0, 0.1)])
        labels += [1, -1]
    return points, labels


def network(scalar: Callable[[float], Any]) -> list[list[tuple[list[Any], Any]]]:
    """Layers of neurons; a neuron is its weights and its bias."""
    rng = random.Random(2)
    return [[([scalar(rng.uniform(-1, 1)) for _ in range(inputs)], scalar(0.0)) for _ in range(outputs)]
            for inputs, outputs in pairwise(SIZES)]


def score(layers: list[list[tuple[list[Any], Any]]], x: list[Any]) -> Any:
    """What the network says of one point."""
    for layer in layers:
        x = [sum((w * each for w, each in zip(weights, x, strict=True)), bias) for weights, bias in layer]
        if layer is not layers[-1]:
            x = [each.relu() for each in x]
    return x[0]


def train(scalar: Callable[[float], Any], wrap: Callable[[float], Any], no_gradient: Any,
          samples: int, prepared: Callable[[Any], Any] = lambda loss_of: loss_of) -> Steps:
    """Steps of gradient descent on the hinge loss with a little decay of the weights."""
    points, labels = moons(samples)
    points = [[wrap(each) for each in point] for point in points]
    layers = network(scalar)
    parameters = [each for layer in layers for weights, bias in layer for each in (*weights, bias)]

    def loss_of(points: Any, labels: Any) -> Any:
        losses = [(1 + -label * score(layers, point)).relu() for point, label in zip(points, labels, strict=True)]
        return sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in parameters)

    loss_of = prepared(loss_of)
    while True:
        start = perf_counter()
        loss = loss_of(points, labels)
        for p in parameters:
            p.grad = no_gradient
        loss.backward()
        for p in parameters:
            p.data -= 0.05 * p.grad
        seconds = perf_counter() - start
        some = [p.grad for p in (*parameters[:3], parameters[-1])]
        gradients = [float(g.item() if hasattr(g, "item") else g) for g in some]
        yield seconds, [float(loss.data), *gradients]
        del loss


def ours(samples: int) -> Steps:
    """The inputs are numbers: they need no gradient."""
    import tinygrad_edu as tg
    return train(tg.Tensor, float, None, samples)


def compiled(samples: int) -> Steps:
    """The loss compiled."""
    import tinygrad_edu as tg
    from tinygrad_edu import compile
    return train(tg.Tensor, float, None, samples, compile)


def micrograd(samples: int) -> Steps:
    """The inputs are Values already, which saves micrograd from wrapping them in every product."""
    from micrograd.engine import Value
    return train(Value, Value, 0.0, samples)


LIBRARIES = {OURS: ours, "micrograd": micrograd}
COMPILED = {OURS: compiled, "not compiled": ours, "micrograd": micrograd}
WORKLOADS = [Workload("scalars", "moons 2-16-16-1", 20, 4, LIBRARIES, {"micrograd": 5.0}),
             Workload("scalars", "moons, compiled", 20, 4, COMPILED, {"not compiled": 5.0, "micrograd": 30.0})]
