"""The functions that are drawn: elementwise ones, sums, products, norms, layers and networks.

    drawn(rng)      one of `MAKERS`, with its shapes, constants and inputs

Each maker returns a Function with the mistakes that it invites: a sum over the batch left out, a term of the gradient
overwritten in place of added, the derivative of an inner function forgotten.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .functions import Array, Function, Gradient, Random, chained, like, separable, signed, some_shape

Maker = Callable[[Random], Function]


def drawn(rng: Random) -> Function:
    """A function of any sort; in one of five draws one input is first sent through a function of its own."""
    maker: Maker = MAKERS[rng.integers(len(MAKERS))]
    function = maker(rng)
    return chained(function, rng) if function.everywhere and rng.random() < 0.2 else function


def sum_of_two(rng: Random) -> Function:
    """F(x) + G(x): the two gradients are to be added up."""
    first = separable(rng, everywhere=True)
    second = separable(rng, first.inputs[0].shape, everywhere=True)
    f, g, df, dg = first.f, second.f, first.gradient, second.gradient
    return Function(f"{first.name} + {second.name}", lambda x: f(x) + g(x), lambda x: (df(x)[0] + dg(x)[0],),
                    first.inputs, {"accumulated twice": lambda x: (df(x)[0] + 2 * dg(x)[0],),
                                   "overwritten": dg})


def log_sum_exp(rng: Random) -> Function:
    """ln Σ exp x over the last axis."""
    def f(x: Array) -> Any:
        top = x.max(axis=-1, keepdims=True)
        return np.log(np.exp(x - top).sum(axis=-1)) + top[..., 0]

    return Function("logsumexp", f, lambda x: (softmax(x),), (rng.normal(size=some_shape(rng)),))


def softmax(x: Array) -> Any:
    """exp x / Σ exp x over the last axis."""
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def norm(rng: Random) -> Function:
    """√ Σ x²."""
    return Function("norm", lambda x: np.sqrt(np.sum(x * x)), lambda x: (x / np.sqrt(np.sum(x * x)),),
                    (signed(rng, some_shape(rng)),), everywhere=False)


def mean_of_squares(rng: Random) -> Function:
    """Σ x² / n: the mistake it invites is to forget the 1/n."""
    return Function("mean of squares", lambda x: np.mean(x * x), lambda x: (2 * x / x.size,),
                    (signed(rng, some_shape(rng)),), {"factor n": lambda x: (2 * x,)})


def variance(rng: Random) -> Function:
    """Σ (x − mean)² / n, over the last axis."""
    return Function("variance", lambda x: np.var(x, axis=-1),
                    lambda x: (2 * (x - x.mean(axis=-1, keepdims=True)) / x.shape[-1],),
                    (rng.normal(size=some_shape(rng)),),
                    {"factor n": lambda x: (2 * (x - x.mean(axis=-1, keepdims=True)),)})


def product(rng: Random) -> Function:
    """x₁ x₂ … xₙ."""
    x = rng.uniform(0.6, 1.6, int(rng.integers(2, 9))) * rng.choice([-1, 1])
    return Function("product", np.prod, lambda x: (np.prod(x) / x,), (x,), everywhere=False)


def largest(rng: Random) -> Function:
    """The largest entry of each row, far from a tie."""
    x = rng.permuted(np.tile(np.arange(4.0), (3, 1)), axis=1) + rng.uniform(-0.3, 0.3, (3, 4))
    return Function("largest of rows", lambda x: x.max(axis=1),
                    lambda x: ((x == x.max(axis=1, keepdims=True)).astype(x.dtype),), (x,), everywhere=False)


def cumulative(rng: Random) -> Function:
    """Σ (cumsum x)²: the gradient is a sum from the other end."""
    return Function("squared cumsum", lambda x: np.cumsum(x) ** 2,
                    lambda x: (2 * np.cumsum(np.cumsum(x)[::-1])[::-1],), (signed(rng, some_shape(rng, 1)),),
                    {"permutation": lambda x: (2 * np.cumsum(np.cumsum(x)),)})


def differences(rng: Random) -> Function:
    """Σ (x[i+1] − x[i])²: each entry stands in two terms, of opposite sign."""
    def gradient(x: Array, step: int = 0) -> tuple[Array, ...]:
        d = 2 * np.diff(x)
        g = np.zeros_like(x)
        g[1:] += d
        g[:-1] -= d if not step else np.roll(d, step)
        return (g,)

    def overwritten(x: Array) -> tuple[Array, ...]:
        d = 2 * np.diff(x)
        return (np.append(-d, d[-1:]),)

    return Function("squared differences", lambda x: np.diff(x) ** 2, gradient, (rng.normal(size=(12,)),),
                    {"overwritten": overwritten, "off by one": lambda x: gradient(x, 1)})


def multiply(rng: Random) -> Function:
    """x y with y of shape (m,) spread over the rows of x."""
    n, m = some_shape(rng, 2)
    return Function("multiply", lambda x, y: x * y, lambda x, y: (y + 0 * x, x.sum(axis=0)),
                    (rng.uniform(0.3, 2, (n, m)), signed(rng, (m,))),
                    {"missing sum": lambda x, y: (y + 0 * x, x + 0 * y),
                     "overwritten": lambda x, y: (y + 0 * x, x[-1])})


def divide(rng: Random) -> Function:
    """x / y with x of shape (n, 1) and y of shape (n, m)."""
    n, m = some_shape(rng, 2)
    return Function("divide", lambda x, y: x / y, lambda x, y: ((1 / y).sum(axis=1, keepdims=True), -x / (y * y)),
                    (signed(rng, (n, 1)), rng.uniform(0.5, 2, (n, m))),
                    {"missing sum": lambda x, y: (1 / y, -x / (y * y)),
                     "missing inner derivative": lambda x, y: ((1 / y).sum(axis=1, keepdims=True), -x / y)},
                    everywhere=False)


def matmul(rng: Random) -> Function:
    """C ∘ (x y), C constant: square in half of the draws, where a missing transpose keeps the shape."""
    n, m, k = (3, 3, 3) if rng.random() < 0.5 else (int(size) for size in rng.integers(2, 6, 3))
    c = signed(rng, (n, k))
    mistakes: dict[str, Gradient] = {}
    if n == m == k:
        mistakes = {"transpose": lambda x, y: (like(c, x) @ y, x.T @ like(c, x)),
                    "permutation": lambda x, y: (like(c, x) @ y.T, like(c, x) @ x.T)}
    return Function("matmul", lambda x, y: like(c, x) * (x @ y), lambda x, y: (like(c, x) @ y.T, x.T @ like(c, x)),
                    (rng.normal(size=(n, m)), rng.normal(size=(m, k))), mistakes)


def quadratic(rng: Random) -> Function:
    """xᵀ A x, where A is not symmetric: ½ of the gradient in x comes from each x."""
    n = int(rng.integers(2, 6))
    return Function("quadratic form", lambda x, a: x @ a @ x, lambda x, a: (a @ x + a.T @ x, np.outer(x, x)),
                    (signed(rng, (n,)), rng.normal(size=(n, n))),
                    {"accumulated twice": lambda x, a: (2 * (a @ x), np.outer(x, x)),
                     "overwritten": lambda x, a: (a.T @ x, np.outer(x, x))})


def distance(rng: Random) -> Function:
    """|x − y| for each row."""
    def direction(x: Array, y: Array) -> Any:
        d = x - y
        return d / np.sqrt((d * d).sum(axis=1, keepdims=True))

    n, m = some_shape(rng, 2)
    return Function("distance", lambda x, y: np.sqrt(((x - y) ** 2).sum(axis=1)),
                    lambda x, y: (direction(x, y), -direction(x, y)),
                    (rng.normal(size=(n, m)), rng.normal(size=(n, m)) + 2), everywhere=False,
                    mistakes={"one operand's sign": lambda x, y: (direction(x, y), direction(x, y))})


def angle(rng: Random) -> Function:
    """arctan2(y, x)."""
    shape = some_shape(rng)
    return Function("arctan2", np.arctan2, lambda y, x: (x / (x * x + y * y), -y / (x * x + y * y)),
                    (signed(rng, shape), signed(rng, shape)), everywhere=False,
                    mistakes={"one operand's sign": lambda y, x: (x / (x * x + y * y), y / (x * x + y * y)),
                              "missing inner derivative": lambda y, x: (x / (x * x + y * y), -1 / (x * x + y * y))})


def power(rng: Random) -> Function:
    """x ** y."""
    shape = some_shape(rng)
    return Function("power", lambda x, y: x ** y, lambda x, y: (y * x ** (y - 1), x ** y * np.log(x)),
                    (rng.uniform(1.2, 3, shape), signed(rng, shape)), everywhere=False,
                    mistakes={"off by one": lambda x, y: (y * x ** y, x ** y * np.log(x)),
                              "missing inner derivative": lambda x, y: (x ** (y - 1), x ** y * np.log(x))})


def horner(rng: Random) -> Function:
    """The polynomial with coefficients c at every x."""
    def powers(x: Array, n: int) -> Any:
        return np.stack([x ** k for k in range(n)])

    def gradient(c: Array, x: Array, first: int = 0) -> tuple[Array, ...]:
        p = powers(x, len(c))
        degrees = np.arange(len(c)).astype(x.dtype)
        gc = powers(x, len(c) + first)[first:].sum(axis=1)
        return gc, ((degrees * c)[1:, None] * p[:-1]).sum(axis=0)

    return Function("polynomial", lambda c, x: (c[:, None] * powers(x, len(c))).sum(axis=0), gradient,
                    (signed(rng, (4,)), rng.uniform(0.4, 1.5, some_shape(rng, 1))),
                    {"off by one": lambda c, x: gradient(c, x, 1)})


def convolution(rng: Random) -> Function:
    """v ∘ correlate(x, w), v constant."""
    n, k = int(rng.integers(5, 12)), int(rng.integers(2, 4))
    v = signed(rng, (n - k + 1,))

    def windows(x: Array) -> Any:
        return np.lib.stride_tricks.sliding_window_view(x, k)

    def gradient(x: Array, w: Array, turn: int = 1, late: int = 0) -> tuple[Array, ...]:
        c = like(v, x)
        return np.roll(np.convolve(c, w[::turn]), late), (windows(x) * c[:, None]).sum(axis=0)

    return Function("convolution", lambda x, w: like(v, x) * (windows(x) * w).sum(axis=1), gradient,
                    (rng.normal(size=(n,)), signed(rng, (k,))),
                    {"permutation": lambda x, w: gradient(x, w, -1), "off by one": lambda x, w: gradient(x, w, 1, 1)})


def gather(rng: Random) -> Function:
    """sin x[i] where an index i comes twice: both contributions count."""
    n = int(rng.integers(4, 9))
    index = np.append(rng.permutation(n), [0, 1])
    v = signed(rng, (n + 2,))

    def gradient(x: Array, add: bool = True) -> tuple[Array, ...]:
        g, part = np.zeros_like(x), like(v, x) * np.cos(x[index])
        if add:
            np.add.at(g, index, part)
        else:
            g[index] = part
        return (g,)

    return Function("gather", lambda x: like(v, x) * np.sin(x[index]), gradient, (rng.uniform(-1.2, 1.2, n),),
                    {"overwritten": lambda x: gradient(x, add=False)})


def cosine(rng: Random) -> Function:
    """x · y / (|x| |y|)."""
    def one(x: Array, y: Array) -> Any:
        x_norm, y_norm = np.sqrt(x @ x), np.sqrt(y @ y)
        return y / (x_norm * y_norm) - (x @ y) * x / (x_norm ** 3 * y_norm)

    shape = some_shape(rng, 1)
    return Function("cosine of angle", lambda x, y: x @ y / np.sqrt((x @ x) * (y @ y)),
                    lambda x, y: (one(x, y), one(y, x)), (signed(rng, shape), signed(rng, shape)), everywhere=False)


def normalised(rng: Random) -> Function:
    """v ∘ (x − mean) / √(variance + 0.01) over rows, times a gain: a layer norm."""
    n, m = some_shape(rng, 2)
    m += 2
    v = signed(rng, (n, m))

    def parts(x: Array) -> tuple[Any, Any]:
        deviation = np.sqrt(x.var(axis=1, keepdims=True) + 0.01)
        return (x - x.mean(axis=1, keepdims=True)) / deviation, deviation

    def gradient(x: Array, gain: Array) -> tuple[Array, ...]:
        z, deviation = parts(x)
        g = like(v, x) * gain
        gx = (g - g.mean(axis=1, keepdims=True) - z * (g * z).mean(axis=1, keepdims=True)) / deviation
        return gx, (like(v, x) * z).sum(axis=0)

    return Function("layer norm", lambda x, gain: like(v, x) * gain * parts(x)[0], gradient,
                    (rng.normal(size=(n, m)), signed(rng, (m,))),
                    {"missing inner derivative": lambda x, gain: (like(v, x) * gain / parts(x)[1],
                                                                  gradient(x, gain)[1]),
                     "missing sum": lambda x, gain: (gradient(x, gain)[0], like(v, x) * parts(x)[0])})


def affine(rng: Random) -> Function:
    """tanh(x w + b): the bias is spread over the batch."""
    n, m, k = (int(size) for size in rng.integers(2, 6, 3))

    def gradient(x: Array, w: Array, b: Array) -> tuple[Array, ...]:
        g = 1 - np.tanh(x @ w + b) ** 2
        return g @ w.T, x.T @ g, g.sum(axis=0)

    def without(what: str) -> Gradient:
        def wrong(x: Array, w: Array, b: Array) -> tuple[Array, ...]:
            h = np.tanh(x @ w + b)
            g = np.ones_like(h) if what == "tanh" else 1 - h * h
            gb = {"tanh": g.sum(axis=0), "sum": g, "rows": g[-1], "mean": g.mean(axis=0)}[what]
            return g @ w.T, x.T @ g, gb
        return wrong

    return Function("affine tanh", lambda x, w, b: np.tanh(x @ w + b), gradient,
                    (rng.normal(size=(n, m)), rng.normal(size=(m, k)) / 2, rng.normal(size=(k,)) / 2),
                    {"missing inner derivative": without("tanh"), "missing sum": without("sum"),
                     "overwritten": without("rows"), "factor 1/n": without("mean")})


def cross_entropy(rng: Random) -> Function:
    """The mean of −ln softmax(x w) at the right classes: a classifier."""
    n, m, k = 5, 4, 3
    y = np.eye(k)[rng.integers(0, k, n)]

    def f(x: Array, w: Array) -> Any:
        z = x @ w
        top = z.max(axis=1)
        return (np.log(np.exp(z - top[:, None]).sum(axis=1)) + top - (like(y, x) * z).sum(axis=1)).mean()

    def gradient(x: Array, w: Array, target: float = 1.0, count: int = n) -> tuple[Array, ...]:
        g = (softmax(x @ w) - target * like(y, x)) / count
        return g @ w.T, x.T @ g

    return Function("cross entropy", f, gradient, (rng.normal(size=(n, m)), rng.normal(size=(m, k))),
                    {"factor n": lambda x, w: gradient(x, w, count=1),
                     "zero": lambda x, w: gradient(x, w, target=0)})


def network(rng: Random) -> Function:
    """Two layers with tanh and the mean of squared errors, in the weights and biases."""
    n = int(rng.integers(3, 8))
    x, y = rng.normal(size=(n, 3)), rng.normal(size=(n, 2))

    def forward(x: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> tuple[Any, Any]:
        h = np.tanh(x @ w1 + b1)
        return h, h @ w2 + b2

    def f(*p: Array) -> Any:
        return np.mean((forward(like(x, p[0]), *p)[1] - like(y, p[0])) ** 2)

    def gradient(*p: Array, inner: bool = True) -> tuple[Array, ...]:
        inputs = like(x, p[0])
        h, out = forward(inputs, *p)
        g = 2 * (out - like(y, p[0])) / out.size
        gh = g @ p[2].T
        gh = gh * (1 - h * h) if inner else gh
        return inputs.T @ gh, gh.sum(axis=0), h.T @ g, g.sum(axis=0)

    parameters = (rng.normal(size=(3, 5)), rng.normal(size=5) / 2, rng.normal(size=(5, 2)), rng.normal(size=2) / 2)
    return Function("network", f, gradient, parameters,
                    {"missing inner derivative": lambda *p: gradient(*p, inner=False)})


def recurrent(rng: Random) -> Function:
    """h = tanh(h w + x[t]) three times: w's gradient adds up over time."""
    x, h0 = rng.normal(size=(3, 4)), rng.normal(size=4)

    def states(w: Array) -> list[Any]:
        found = [like(h0, w)]
        for row in like(x, w):
            found.append(np.tanh(found[-1] @ w + row))
        return found

    def parts(w: Array) -> list[Any]:
        hs, found = states(w), []
        g = np.ones_like(hs[-1])
        for t in (3, 2, 1):
            g = g * (1 - hs[t] ** 2)
            found.append(np.outer(hs[t - 1], g))
            g = g @ w.T
        return found

    return Function("recurrent", lambda w: states(w)[-1], lambda w: (sum(parts(w)),), (rng.normal(size=(4, 4)) / 2,),
                    {"overwritten": lambda w: (parts(w)[-1],),
                     "accumulated twice": lambda w: (sum(parts(w)) + parts(w)[1],)})


def rosenbrock(rng: Random) -> Function:
    """Σ 100 (x[i+1] − x[i]²)² + (1 − x[i])²."""
    def gradient(x: Array, inner: bool = True) -> tuple[Array, ...]:
        g = np.zeros_like(x)
        error = x[1:] - x[:-1] ** 2
        g[1:] += 200 * error
        g[:-1] -= (400 * x[:-1] if inner else 200) * error + 2 * (1 - x[:-1])
        return (g,)

    return Function("rosenbrock", lambda x: 100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2, gradient,
                    (rng.normal(size=some_shape(rng, 1)),),
                    {"missing inner derivative": lambda x: gradient(x, inner=False)})


MAKERS: tuple[Maker, ...] = (
    *[separable] * 8, *[sum_of_two] * 2, log_sum_exp, norm, mean_of_squares, variance, product, largest, cumulative,
    differences, multiply, divide, matmul, matmul, quadratic, distance, angle, power, horner, convolution, gather,
    cosine, normalised, affine, cross_entropy, network, recurrent, rosenbrock)
