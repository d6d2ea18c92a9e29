"""Make optimizers.npz: the parameters that PyTorch's optimizers reach in 50 steps. Run with PyTorch installed.

    python tests/references/make_optimizers.py

The problem is that of tests/test_optim.py: s · tanh(x @ w + b) fitted to targets, in float64.
"""

from pathlib import Path

import numpy as np

STEPS = 50


def problem():
    """Inputs x (40, 6), targets y (40, 3), and the first values of w (6, 3), b (3,) and s ()."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 6))
    return x, np.tanh(x @ rng.normal(size=(6, 3))), [rng.normal(size=(6, 3)), np.zeros(3), np.array(1.0)]


def main():
    """Write the parameters after STEPS steps, by optimizer and position."""
    import torch
    optimizers = {
        "SGD": lambda p: torch.optim.SGD(p, lr=0.1),
        "SGD with momentum": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.01),
        "SGD with Nesterov momentum": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
        "Adagrad": lambda p: torch.optim.Adagrad(p, lr=0.1, weight_decay=0.01),
        "RMSProp": lambda p: torch.optim.RMSprop(p, lr=0.01, weight_decay=0.01),
        "RMSProp with momentum": lambda p: torch.optim.RMSprop(p, lr=0.01, momentum=0.9),
        "Adam": lambda p: torch.optim.Adam(p, lr=0.01, weight_decay=0.01),
        "AdamW": lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.1),
    }
    x, y, start = problem()
    x, y = torch.tensor(x), torch.tensor(y)
    found = {}
    for name, make in optimizers.items():
        w, b, s = parameters = [torch.tensor(each, requires_grad=True) for each in start]
        optimizer = make(parameters)
        for _ in range(STEPS):
            optimizer.zero_grad()
            torch.mean((s * torch.tanh(x @ w + b) - y) ** 2).backward()
            optimizer.step()
        found.update({f"{name}/{i}": p.detach().numpy() for i, p in enumerate(parameters)})
    np.savez(Path(__file__).with_name("optimizers.npz"), **found)


if __name__ == "__main__":
    main()
