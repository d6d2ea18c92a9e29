"""Make layers.npz: what PyTorch gives for every layer and loss, forward and backward. Run with PyTorch installed.

    python tests/references/make_layers.py

The inputs and weights are those of `layer_inputs` and `loss_inputs`, which test_layers.py and test_losses.py
feed to this library. PyTorch has channels first, which is undone, and lacks what Keras calls "same": for it the border
is added before, by the formula in Keras' and TensorFlow's documentation (ceil(H / stride) windows, the odd row at the
end), and a mean counts only what lies in the image. A gradient is that of sum(out · slopes(out.shape)).
"""

from pathlib import Path

import numpy as np

ACTIVATIONS = ("linear", "relu", "leaky_relu", "relu6", "elu", "selu", "celu", "gelu", "silu", "mish", "softplus",
               "softsign", "tanh", "hard_tanh", "sigmoid", "hard_sigmoid", "log_sigmoid", "softmax", "log_softmax",
               "exponential")
KERNEL = (3, 2)
PADDINGS = [(padding, strides) for padding in ("valid", "same") for strides in (1, 2)]
EPS = 1e-3
DELTA = 0.7


def slopes(shape):
    """What the outputs are multiplied with before they are summed, so that each counts differently."""
    return np.cos(np.arange(np.prod(shape, dtype=int))).reshape(shape)


def layer_inputs():
    """Name -> {"x": the input, and the parameters by their names}."""
    rng = np.random.default_rng(0)
    dense = {"x": 2 * rng.normal(size=(5, 4)), "weight": rng.normal(size=(4, 3)), "bias": rng.normal(size=3)}
    images, row = rng.normal(size=(2, 7, 6, 3)), rng.normal(size=(6, 4))
    filters = {"weight": rng.normal(size=(*KERNEL, 3, 4)), "bias": rng.normal(size=4)}
    norm = {"scale": rng.normal(size=4), "shift": rng.normal(size=4)}
    running = {"running_mean": rng.normal(size=4), "running_variance": rng.random(4) + 0.5}
    rnn = {"x": rng.normal(size=(2, 5, 3)), "weight": rng.normal(size=(3, 4)),
           "recurrent_weight": rng.normal(size=(4, 4)), "bias": rng.normal(size=4)}
    found = {f"Dense {name}": dense for name in ACTIVATIONS}
    for padding, strides in PADDINGS:
        found[f"Conv2D {padding} {strides}"] = {"x": images, **filters}
        found[f"MaxPool2D {padding} {strides}"] = found[f"AvgPool2D {padding} {strides}"] = {"x": images}
    found["GlobalAvgPool2D"] = {"x": images}
    found["BatchNorm train"] = {"x": row, **norm, **running}
    found["BatchNorm train images"] = {"x": rng.normal(size=(2, 3, 2, 4)), **norm, **running}
    found["BatchNorm eval"] = {"x": row, **norm, **running}
    found["SimpleRNN last"] = found["SimpleRNN all"] = rnn
    found["Residual"] = {"x": row, "weight": rng.normal(size=(4, 4)), "bias": rng.normal(size=4)}
    return found


def loss_inputs():
    """Name -> (predictions, targets)."""
    rng = np.random.default_rng(1)
    outputs, targets = 2 * rng.normal(size=(6, 3)), rng.normal(size=(6, 3))
    shares, labels = rng.random((6, 3)), rng.integers(0, 3, 6)
    shares, several = shares / shares.sum(axis=1, keepdims=True), rng.dirichlet(np.ones(3), 6)
    large = np.array([[800.0, -800.0, 0.0]] * 6)
    return {
        "sum_of_squares": (outputs, targets), "mean_squared_error": (outputs, targets),
        "mean_absolute_error": (outputs, targets), "huber": (outputs, targets), "huber delta": (outputs, targets),
        "binary_crossentropy": (shares, several), "binary_crossentropy logits": (outputs, several),
        "binary_crossentropy large logits": (large, several),
        "categorical_crossentropy labels": (shares, labels), "categorical_crossentropy shares": (shares, several),
        "categorical_crossentropy logits": (outputs, labels),
        "categorical_crossentropy logits shares": (outputs, several),
        "categorical_crossentropy large logits": (large, labels), "hinge": (outputs, np.sign(targets)),
    }


def margins(n, window, stride):
    """How much "same" adds before and after n pixels."""
    missing = max((int(np.ceil(n / stride)) - 1) * stride + window - n, 0)
    return missing // 2, missing - missing // 2


def layers(torch):
    """Name -> a function of PyTorch tensors: the input, and the parameters by their names."""
    f = torch.nn.functional
    functions = {                           # (the derivative of f.hardsigmoid is 1/6 in single precision)
        "linear": lambda z: z, "relu": f.relu, "leaky_relu": f.leaky_relu, "relu6": f.relu6, "elu": f.elu,
        "selu": f.selu, "celu": f.celu, "gelu": f.gelu, "silu": f.silu, "mish": f.mish, "softplus": f.softplus,
        "softsign": f.softsign, "tanh": torch.tanh, "hard_tanh": f.hardtanh, "sigmoid": torch.sigmoid,
        "hard_sigmoid": lambda z: f.relu6(z + 3) / 6, "log_sigmoid": f.logsigmoid,
        "softmax": lambda z: f.softmax(z, -1), "log_softmax": lambda z: f.log_softmax(z, -1), "exponential": torch.exp,
    }

    def first(x):
        return x.permute(0, 3, 1, 2)

    def last(x):
        return x.permute(0, 2, 3, 1)

    def bordered(x, padding, strides, value):
        if padding == "valid":
            return first(x)
        (top, bottom), (left, right) = (margins(n, k, strides) for n, k in zip(x.shape[1:3], KERNEL, strict=True))
        return f.pad(first(x), (left, right, top, bottom), value=value)

    def convolution(x, weight, bias, padding, strides):
        return last(f.conv2d(bordered(x, padding, strides, 0.0), weight.permute(3, 2, 0, 1), bias, strides))

    def largest(x, padding, strides):
        return last(f.max_pool2d(bordered(x, padding, strides, -torch.inf), KERNEL, strides))

    def average(x, padding, strides):
        sums, ones = (f.avg_pool2d(bordered(each, padding, strides, 0.0), KERNEL, strides)
                      for each in (x, torch.ones_like(x)))
        return last(sums / ones)

    def norm(x, scale, shift, running_mean, running_variance, training):
        axes = tuple(range(x.ndim - 1))
        flat = f.batch_norm(x.reshape(-1, 4), running_mean.clone(), running_variance.clone(), scale, shift, training,
                            eps=EPS)
        means = (x.mean(axes), x.var(axes, correction=0)) if training else (running_mean, running_variance)
        return flat.reshape(x.shape), *(0.99 * old + 0.01 * new if training else old for old, new in
                                        zip((running_mean, running_variance), means, strict=True))

    def rnn(x, weight, recurrent_weight, bias):
        network = torch.nn.RNN(3, 4, batch_first=True, dtype=torch.float64)
        names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
        values = (weight.T, recurrent_weight.T, bias, torch.zeros_like(bias))
        return torch.func.functional_call(network, dict(zip(names, values, strict=True)), (x,))[0]

    found = {f"Dense {name}": lambda x, weight, bias, g=g: g(x @ weight + bias) for name, g in functions.items()}
    for p, s in PADDINGS:
        found[f"Conv2D {p} {s}"] = lambda x, weight, bias, p=p, s=s: convolution(x, weight, bias, p, s)
        found[f"MaxPool2D {p} {s}"] = lambda x, p=p, s=s: largest(x, p, s)
        found[f"AvgPool2D {p} {s}"] = lambda x, p=p, s=s: average(x, p, s)
    found["GlobalAvgPool2D"] = lambda x: x.mean((1, 2))
    found["BatchNorm train"] = found["BatchNorm train images"] = lambda *given: norm(*given, training=True)
    found["BatchNorm eval"] = lambda *given: norm(*given, training=False)
    found["SimpleRNN last"] = lambda *given: rnn(*given)[:, -1]
    found["SimpleRNN all"] = rnn
    found["Residual"] = lambda x, weight, bias: x + torch.tanh(x @ weight + bias)
    return found


def losses(torch):
    """Name -> a function of PyTorch tensors: predictions, and targets."""
    f = torch.nn.functional
    return {
        "sum_of_squares": lambda a, y: ((a - y) ** 2).sum(1).mean(), "mean_squared_error": f.mse_loss,
        "mean_absolute_error": f.l1_loss, "huber": f.huber_loss,
        "huber delta": lambda a, y: f.huber_loss(a, y, delta=DELTA),
        "binary_crossentropy": f.binary_cross_entropy,
        "binary_crossentropy logits": f.binary_cross_entropy_with_logits,
        "binary_crossentropy large logits": f.binary_cross_entropy_with_logits,
        "categorical_crossentropy labels": lambda a, y: f.nll_loss(torch.log(a), y),
        "categorical_crossentropy shares": lambda a, y: -(y * torch.log(a)).sum(1).mean(),
        "categorical_crossentropy logits": f.cross_entropy, "categorical_crossentropy logits shares": f.cross_entropy,
        "categorical_crossentropy large logits": f.cross_entropy,
        "hinge": lambda a, y: torch.clamp(1 - y * a, min=0).mean(),
    }


def main():
    """Write outputs and gradients, by name and by what they belong to."""
    import torch
    found = {}
    functions = layers(torch)
    for name, given in layer_inputs().items():
        tensors = {key: torch.tensor(value, requires_grad="running" not in key) for key, value in given.items()}
        out = functions[name](*tensors.values())
        if isinstance(out, tuple):
            out, found[f"{name}/running_mean"], found[f"{name}/running_variance"] = out
        (out * torch.tensor(slopes(out.shape))).sum().backward()
        found[f"{name}/out"] = out
        found.update({f"{name}/{key} grad": t.grad for key, t in tensors.items() if t.requires_grad})
    functions = losses(torch)
    for name, (predictions, targets) in loss_inputs().items():
        predictions = torch.tensor(predictions, requires_grad=True)
        out = functions[name](predictions, torch.tensor(targets))
        out.backward()
        found[f"{name}/out"], found[f"{name}/grad"] = out, predictions.grad
    arrays = {name: t.detach().contiguous().numpy() for name, t in found.items()}
    np.savez_compressed(Path(__file__).with_name("layers.npz"), **arrays)


if __name__ == "__main__":
    main()
