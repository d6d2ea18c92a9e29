"""Chains: hundreds of operations on small tensors, one after the other, where only the overhead per operation counts.

One step is the chain h = tanh(h) * w + x on 32×16 tensors in float64, the sum of its end, and both gradients.
"""

from __future__ import annotations

from time import perf_counter
from typing import Any

from .measure import OURS, Steps, Workload

SHAPE = (32, 16)


def start() -> tuple[Any, Any]:
    """The tensors x and w as arrays, (32, 16) each."""
    import numpy as np
    rng = np.random.default_rng(0)
    return rng.standard_normal(SHAPE), rng.standard_normal(SHAPE)


def chain(tanh: Any, x: Any, w: Any, links: int) -> Any:
    """The end of a chain of 3 * links operations."""
    h = x
    for _ in range(links):
        h = tanh(h)
        h = h * w
        h = h + x
    return h


def results(loss: Any, gx: Any, gw: Any) -> list[float]:
    """What libraries must agree on."""
    return [float(loss), float(gx[0, 0]), float(gx[-1, -1]), float(gw[0, 0]), float(gw[-1, -1])]


def ours(links: int) -> Steps:
    """With `.backward()`, as users write it."""
    import tinygrad_edu as tg
    x, w = map(tg.Tensor, start())
    while True:
        begin = perf_counter()
        loss = tg.sum(chain(tg.tanh, x, w, links))
        x.grad = w.grad = None
        loss.backward()
        seconds = perf_counter() - begin
        yield seconds, results(loss.item(), x.grad.numpy(), w.grad.numpy())


def torch(links: int) -> Steps:
    """PyTorch, eager."""
    import torch
    torch.set_num_threads(1)
    x, w = (torch.tensor(each, requires_grad=True) for each in start())
    while True:
        begin = perf_counter()
        loss = chain(torch.tanh, x, w, links).sum()
        x.grad = w.grad = None
        loss.backward()
        seconds = perf_counter() - begin
        yield seconds, results(loss.item(), x.grad, w.grad)


def mygrad(links: int) -> Steps:
    """MyGrad, whose `backward()` also clears the graph."""
    import mygrad
    x, w = map(mygrad.tensor, start())
    while True:
        begin = perf_counter()
        loss = chain(mygrad.tanh, x, w, links).sum()
        loss.backward()
        seconds = perf_counter() - begin
        yield seconds, results(loss.item(), x.grad, w.grad)


def autograd(links: int) -> Steps:
    """HIPS autograd, which differentiates functions."""
    import autograd.numpy as anp
    from autograd import value_and_grad
    x, w = start()
    step = value_and_grad(lambda pair: anp.sum(chain(anp.tanh, pair[0], pair[1], links)))
    while True:
        begin = perf_counter()
        loss, (gx, gw) = step((x, w))
        seconds = perf_counter() - begin
        yield seconds, results(loss, gx, gw)


WORKLOADS = [Workload("chains", "chain of 300, 32x16", 100, 2,
                      {OURS: ours, "torch": torch, "mygrad": mygrad, "autograd": autograd}, {"torch": 1.5})]
