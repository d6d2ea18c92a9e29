"""The demo: a network of sigmoids learns to read handwritten digits, written as a learner would write it.

    run(data, epochs, batch_size, learning_rate, seed) -> Result

Read from `network` to `step`: that is all there is to it. `run` repeats `step`; the rest finds data and talks.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from types import FrameType, TracebackType
from typing import Any

import numpy as np

import tinygrad_edu as tg

from . import data as datasets
from .data import mnist
from .errors import ArgumentError

Array = np.ndarray[Any, Any]
Layers = list[tuple[tg.Tensor, tg.Tensor]]          # weights (inputs, units) and biases (units,) of each layer
Examples = tuple[Array, Array]                      # pixels (n, 784) and labels (n,)

SIZES = (784, 16, 16, 10)                           # pixels, two hidden layers, one output for each digit
HELD_OUT = 0.2                                      # of the examples, where the data do not come divided
MOST_EPOCHS = 30
MOST_VISITS = 600_000                               # fewer epochs for many examples: some seconds are enough


# -- the network ------------------------------------------------------------------------------------------------------


def network(sizes: tuple[int, ...], rng: np.random.Generator) -> Layers:
    """Normal weights, divided by √inputs so that every sum begins with a spread of about 1; biases 0."""
    return [(tg.Tensor(rng.normal(size=(inputs, units)) / np.sqrt(inputs)), tg.Tensor(np.zeros(units)))
            for inputs, units in pairwise(sizes)]


def predict(layers: Layers, a: Any) -> tg.Tensor:
    """The ten outputs for each row of pixels: a = sigmoid(a @ w + b), layer after layer."""
    for w, b in layers:
        a = tg.sigmoid(a @ w + b)
    output: tg.Tensor = a
    return output


def cost(layers: Layers, x: Array, labels: Array) -> tg.Tensor:
    """The squared error: summed over the ten outputs, averaged over the examples.

    cost = (1/n) * sum over examples i and digits k of (output[i, k] - y[i, k])²,  y[i, k] = 1 if labels[i] == k else 0
    """
    y = np.eye(SIZES[-1])[labels]                   # (n, 10)
    squares: tg.Tensor = tg.sum((predict(layers, x) - y) ** 2)
    return squares / len(labels)


def step(layers: Layers, x: Array, labels: Array, learning_rate: float) -> float:
    """Move every parameter downhill by the gradient of one mini-batch's cost, and return that cost."""
    loss = cost(layers, x, labels)
    loss.backward()
    for layer in layers:
        for p in layer:
            p.data -= learning_rate * p.grad
            p.grad = None
    return float(loss)


def accuracy(layers: Layers, x: Array, labels: Array) -> float:
    """The share of examples whose greatest output is that of the right digit."""
    with tg.no_grad():
        output = predict(layers, x).numpy()
    return float(np.mean(output.argmax(axis=1) == labels))


def batches(x: Array, labels: Array, size: int, rng: np.random.Generator) -> Iterator[Examples]:
    """All examples once, in a new order, in mini-batches; read-only, so that the engine need not copy them."""
    order = rng.permutation(len(x))
    for start in range(0, len(order), size):
        rows = order[start:start + size]
        yield frozen(x[rows]), frozen(labels[rows])


def frozen(array: Array) -> Array:
    """The array, read-only from now on."""
    array.flags.writeable = False
    return array


# -- learning ---------------------------------------------------------------------------------------------------------


@dataclass
class Result:
    """What a run learnt, and how: a number for each epoch, the last of which may have been cut short."""

    losses: list[float]                             # the mean cost of the epoch's mini-batches
    accuracies: list[float]                         # on the held-out examples, from 0 to 1, after the epoch
    parameters: Layers
    stopped: bool = False                           # by Ctrl-C


def run(data: str | os.PathLike[str] | None = None, epochs: int | None = None, batch_size: int = 10,
        learning_rate: float = 2.0, seed: int = 0, quiet: bool = False) -> Result:
    """Train 784-16-16-10 on handwritten digits by mini-batch SGD, and print a line for each epoch.

    Ctrl-C stops after the current mini-batch; what was learnt until then is evaluated and returned.

    Args:
        data: "digits" or None for scikit-learn's, "mnist" to download MNIST (unless the environment variable
            TINYGRAD_EDU_MNIST names a folder), else the path of a folder or file of images as `load_mnist` takes it.
        epochs: how often to visit all examples. None for 30, or fewer where that is more than 600,000 visits.
        batch_size: examples in a mini-batch, at least 1.
        learning_rate: of the first epoch; it falls by the same amount after each, and would be 0 after the last.
        seed: what decides the first weights, which examples are held out, and the order of the others.
        quiet: print nothing.
    Raises: ArgumentError, DataError, DownloadError, MissingExtraError.
    """
    _check(epochs, batch_size, learning_rate, seed)
    rng = np.random.default_rng(seed)
    with Terminal(quiet) as terminal:
        name, train, test = examples(data or "digits", rng, terminal)
        epochs = epochs or min(MOST_EPOCHS, max(1, MOST_VISITS // len(train[1])))
        layers = network(SIZES, rng)
        terminal.say(f"Data      {name}\n          {len(train[1]):,} digits to learn from, {len(test[1]):,} held out")
        terminal.say(f"Network   {'-'.join(map(str, SIZES))}, sigmoids: {_parameters(layers)}")
        terminal.say(f"Learning  {epochs} epochs, mini-batches of {batch_size}, rate {learning_rate:g} falling to 0, seed {seed}\n")
        started = time.perf_counter()
        result = learn(layers, train, test, epochs, batch_size, learning_rate, rng, terminal)
        terminal.say(f"\nReached {result.accuracies[-1]:.1%} on the {len(test[1]):,} held-out digits "
                     f"in {time.perf_counter() - started:.1f} s.")
    return result


def learn(layers: Layers, train: Examples, test: Examples, epochs: int, batch_size: int, learning_rate: float,
          rng: np.random.Generator, terminal: Terminal) -> Result:
    """Repeat `step` over all mini-batches of all epochs, or until Ctrl-C."""
    result = Result([], [], layers)
    count = -(-len(train[1]) // batch_size)         # mini-batches in an epoch, the last of which may be smaller
    terminal.say("epoch     loss   held out")
    terminal.begin(epochs * count)
    with ctrl_c_asks_to_stop() as asked:
        for epoch in range(epochs):
            rate, costs, sizes = learning_rate * (1 - epoch / epochs), [], []
            for x, labels in batches(*train, batch_size, rng):
                costs.append(step(layers, x, labels, rate))
                sizes.append(len(labels))
                terminal.advance()
                if asked():
                    break
            result.losses.append(float(np.average(costs, weights=sizes)))
            result.accuracies.append(accuracy(layers, *test))
            terminal.say(f"{epoch + 1:5}  {result.losses[-1]:7.4f}   {result.accuracies[-1]:8.1%}")
            if asked():
                result.stopped = True
                terminal.say(f"\nStopped by Ctrl-C after {len(costs)} of {count} mini-batches of epoch {epoch + 1}; "
                             "what was learnt is kept.")
                break
    return result


def _check(epochs: int | None, batch_size: int, learning_rate: float, seed: int) -> None:
    if epochs is not None and epochs < 1:
        raise ArgumentError(f"got {epochs} epochs, expected at least 1.")
    if batch_size < 1:
        raise ArgumentError(f"got a batch size of {batch_size}, expected at least 1.")
    if not 0 < learning_rate < np.inf:
        raise ArgumentError(f"got a learning rate of {learning_rate}, expected a positive number.")
    if seed < 0:
        raise ArgumentError(f"got the seed {seed}, expected 0 or more.")


def _parameters(layers: Layers) -> str:
    """How many there are, for people."""
    weights, biases = sum(w.size for w, _ in layers), sum(b.size for _, b in layers)
    return f"{weights + biases:,} parameters = {weights:,} weights + {biases} biases"


@contextmanager
def ctrl_c_asks_to_stop() -> Iterator[Callable[[], bool]]:
    """Within the block Ctrl-C does not interrupt: the function given says whether it was pressed. A second one interrupts."""
    pressed: list[int] = []

    def press(number: int, frame: FrameType | None) -> None:
        pressed.append(number)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    if threading.current_thread() is not threading.main_thread():       # only the main thread is told of signals
        yield lambda: False
        return
    before = signal.signal(signal.SIGINT, press)
    try:
        yield lambda: bool(pressed)
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler if before is None else before)


# -- data -------------------------------------------------------------------------------------------------------------


def examples(data: str | os.PathLike[str], rng: np.random.Generator, terminal: Terminal) -> tuple[str, Examples, Examples]:
    """What the data are called, the examples to learn from, and those held out."""
    if data == "digits":
        return "scikit-learn's handwritten digits, enlarged to 28x28 pixels", *divided(*datasets.load_digits(), rng)
    if data == "mnist":
        data = _mnist_folder(terminal)
    if mnist.parts_in(data) == ["train", "test"]:
        train, test = (datasets.load_mnist(data, part) for part in ("train", "test"))
        return f"MNIST in {data}", (_rows(train[0]), train[1]), (_rows(test[0]), test[1])
    return f"MNIST in {data}", *divided(*datasets.load_mnist(data), rng)


def divided(images: Array, labels: Array, rng: np.random.Generator) -> tuple[Examples, Examples]:
    """Images (n, 28, 28) shuffled and divided: four fifths to learn from, one fifth held out."""
    order, cut = rng.permutation(len(labels)), round(HELD_OUT * len(labels))
    if not 0 < cut < len(labels):
        raise ArgumentError(f"got {len(labels)} examples, expected enough to learn from four fifths and to hold out one fifth.")
    held_out, rest = order[:cut], order[cut:]
    return (_rows(images[rest]), labels[rest]), (_rows(images[held_out]), labels[held_out])


def _rows(images: Array) -> Array:
    """Each image as a row of pixels: (n, 28, 28) -> (n, 784)."""
    return frozen(images.reshape(len(images), -1))


def _mnist_folder(terminal: Terminal) -> str | os.PathLike[str]:
    if os.environ.get(mnist.VARIABLE):
        return mnist.default_folder()
    terminal.say(f"Looking for MNIST in {mnist.cache_folder()}; what is missing there is downloaded (11 MB).")
    return datasets.download_mnist()


# -- the terminal -----------------------------------------------------------------------------------------------------


class Terminal:
    """Prints lines and, where there is a terminal and tqdm is installed, keeps a progress bar below them."""

    def __init__(self, quiet: bool = False) -> None:
        self._quiet = quiet
        self._bar: Any = None

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._close()

    def begin(self, steps: int) -> None:
        """Show a bar that is full after so many calls of `advance`."""
        if self._quiet or not sys.stderr.isatty():
            return
        try:
            from tqdm import tqdm
        except ImportError:                         # the extra `notebook` brings it; the lines say enough
            return
        self._bar = tqdm(total=steps, unit=" steps", leave=False, dynamic_ncols=True)

    def advance(self) -> None:
        """One step is done."""
        if self._bar is not None:
            self._bar.update()
            if self._bar.n == self._bar.total:
                self._close()

    def say(self, line: str) -> None:
        """Print a line above the bar."""
        if self._quiet:
            return
        if self._bar is not None:
            self._bar.clear()
        print(line, flush=True)
        if self._bar is not None:
            self._bar.refresh()

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
