"""The demo: a network of sigmoids learns to read handwritten digits, written as a learner would write it.

    run(data, epochs, batch_size, learning_rate, seed) -> Result

Read from `network` to `learn`: that is all there is to it. The rest finds the data and talks to the terminal.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from importlib import import_module
from itertools import pairwise
from typing import Any

import numpy as np

import tinygrad_edu as tg

from .data import download_mnist, load_digits, load_mnist, mnist
from .errors import ArgumentError, DataError

Array = np.ndarray[Any, Any]
Examples = tuple[Array, Array]                      # pixels (n, 784) and labels (n,)
Layers = list[tuple[tg.Tensor, tg.Tensor]]          # weights (inputs, units) and biases (units,) of each layer

SIZES = (784, 16, 16, 10)                           # pixels, two hidden layers, one output for each digit
MOST_EPOCHS = 30
MOST_VISITS = 600_000                               # of an example; where there are many, fewer epochs are enough
HELD_OUT = 0.2                                      # of the examples, where the data do not come divided


# -- the network ------------------------------------------------------------------------------------------------------


def network(rng: np.random.Generator) -> Layers:
    """Normal weights, divided by √inputs so that the sums begin with a spread of about 1; biases 0."""
    return [(tg.Tensor(rng.normal(size=(inputs, units)) / np.sqrt(inputs)), tg.Tensor(np.zeros(units)))
            for inputs, units in pairwise(SIZES)]


def parameters(layers: Layers) -> list[Any]:
    """All weights and biases."""
    return [p for layer in layers for p in layer]


def predict(layers: Layers, x: Array) -> tg.Tensor:
    """The outputs (n, 10) for rows of pixels (n, 784): a = sigmoid(a @ w + b), layer after layer."""
    a: Any = x
    for w, b in layers:
        a = tg.sigmoid(a @ w + b)
    outputs: tg.Tensor = a
    return outputs


def step(layers: Layers, x: Array, y: Array, learning_rate: float) -> float:
    """Move every parameter downhill on the cost of one mini-batch, and return that cost.

    loss = (1/n) * sum over examples i and digits k of (output[i, k] - y[i, k])²
    """
    loss = tg.sum((predict(layers, x) - y) ** 2) / len(y)
    loss.backward()
    for p in parameters(layers):
        p.data -= learning_rate * p.grad
        p.grad = None
    return float(loss)


def accuracy(layers: Layers, x: Array, labels: Array) -> float:
    """The share of examples whose greatest output is that of the right digit, from 0 to 1."""
    with tg.no_grad():
        outputs = predict(layers, x).numpy()
    return float(np.mean(outputs.argmax(axis=1) == labels))


def batches(x: Array, y: Array, size: int, rng: np.random.Generator) -> Iterator[tuple[Array, Array]]:
    """All examples once, in a new order, in mini-batches; read-only, so that the engine need not copy them."""
    order = rng.permutation(len(x))
    for start in range(0, len(order), size):
        rows = order[start:start + size]
        yield _frozen(x[rows]), _frozen(y[rows])


def learn(layers: Layers, train: Examples, test: Examples, plan: Plan, rng: np.random.Generator,
          terminal: Terminal) -> Iterator[Epoch]:
    """Repeat `step` over all mini-batches of all epochs, or until Ctrl-C; each epoch gives what it reached."""
    pixels, labels = train
    targets = np.eye(SIZES[-1])[labels]             # (n, 10): 1 for the right digit, 0 for the others
    epochs = plan.epochs_for(len(labels))
    for epoch in range(epochs):
        rate = plan.learning_rate * (1 - epoch / epochs)
        losses = []
        for x, y in batches(pixels, targets, plan.batch_size, rng):
            losses.append(step(layers, x, y, rate))
            if not terminal.goes_on():
                break
        yield Epoch(epoch + 1, float(np.mean(losses)), accuracy(layers, *test), len(losses))
        if terminal.stopped:
            return


# -- a run ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Epoch:
    """What one epoch reached: the mean cost of its mini-batches, and the accuracy on held-out examples after it."""

    number: int
    loss: float
    accuracy: float
    batches: int


@dataclass(frozen=True)
class Result:
    """What a run reached. After Ctrl-C the last epoch is shorter than the others."""

    losses: list[float]                             # one for each epoch, see Epoch
    accuracies: list[float]
    parameters: Layers
    stopped: bool                                   # by Ctrl-C


@dataclass(frozen=True)
class Plan:
    """How to learn; the arguments of `run`, checked."""

    epochs: int | None
    batch_size: int
    learning_rate: float
    seed: int

    def __post_init__(self) -> None:
        for name, value in (("epochs", self.epochs), ("batch_size", self.batch_size)):
            if value is not None and value < 1:
                raise ArgumentError(f"{name}: got {value}, expected at least 1.")
        if not 0 < self.learning_rate < np.inf:
            raise ArgumentError(f"learning_rate: got {self.learning_rate}, expected a positive number.")
        if self.seed < 0:
            raise ArgumentError(f"seed: got {self.seed}, expected 0 or more.")

    def epochs_for(self, examples: int) -> int:
        """How often to visit so many examples."""
        return self.epochs or min(MOST_EPOCHS, max(1, MOST_VISITS // examples))

    def batches_of(self, examples: int) -> int:
        """How many mini-batches so many examples make; the last may be smaller."""
        return -(-examples // self.batch_size)


def run(data: str | os.PathLike[str] | None = None, epochs: int | None = None, batch_size: int = 10,
        learning_rate: float = 2.0, seed: int = 0, quiet: bool = False) -> Result:
    """Train 784-16-16-10 on handwritten digits by mini-batch SGD, and print a line for each epoch.

    Ctrl-C stops after the current mini-batch: what was learnt until then is evaluated and returned.

    Args:
        data: "digits" or None for scikit-learn's; "mnist" to download MNIST, unless the environment variable
            TINYGRAD_EDU_MNIST names a folder; else the path of a folder or of a file of images, as for `load_mnist`.
        epochs: how often to visit all examples. None for 30, or fewer where that is more than 600,000 visits.
        batch_size: examples in a mini-batch, at least 1.
        learning_rate: of the first epoch. It falls by the same amount after each; after the last it would be 0.
        seed: decides which examples are held out, the first weights, and the order of the examples.
        quiet: print nothing.
    Raises: ArgumentError, DataError, DownloadError or MissingExtraError, before anything is learnt.

    >>> from tinygrad_edu.demo import run
    >>> result = run(epochs=1, quiet=True)
    >>> len(result.losses), sum(p.size for layer in result.parameters for p in layer)
    (1, 13002)
    """
    plan, rng, reached = Plan(epochs, batch_size, learning_rate, seed), np.random.default_rng(seed), []
    with Terminal(quiet) as terminal, one_thread():
        train, test = examples("digits" if data is None else data, rng, terminal)
        layers = network(rng)
        _announce(plan, layers, len(train[1]), terminal)
        started = time.perf_counter()
        terminal.begin(plan.epochs_for(len(train[1])) * plan.batches_of(len(train[1])))
        for epoch in learn(layers, train, test, plan, rng, terminal):
            reached.append(epoch)
            terminal.say(f"{epoch.number:5}   {epoch.loss:.4f}   {epoch.accuracy:8.1%}")
        terminal.end()
        if terminal.stopped:
            terminal.say(f"\nStopped by Ctrl-C in epoch {epoch.number}, after {epoch.batches} of its "
                         f"{plan.batches_of(len(train[1]))} mini-batches.\nWhat was learnt is kept.")
        terminal.say(f"\nReached {epoch.accuracy:.1%} on the {len(test[1]):,} held-out digits "
                     f"in {time.perf_counter() - started:.1f} s.")
    losses, accuracies = [each.loss for each in reached], [each.accuracy for each in reached]
    return Result(losses, accuracies, layers, terminal.stopped)


def _announce(plan: Plan, layers: Layers, count: int, terminal: Terminal) -> None:
    weights, biases = sum(w.size for w, _ in layers), sum(b.size for _, b in layers)
    terminal.say(f"Network   {'-'.join(map(str, SIZES))}, sigmoids: "
                 f"{weights + biases:,} parameters = {weights:,} weights + {biases} biases")
    terminal.say(f"Learning  {plan.epochs_for(count)} epochs, mini-batches of {plan.batch_size}, "
                 f"rate {plan.learning_rate:g} falling to 0, seed {plan.seed}")
    terminal.say("\nepoch     loss   held out")


def one_thread() -> AbstractContextManager[Any]:
    """Within the block BLAS uses one thread, if threadpoolctl (which scikit-learn brings) is there to tell it.

    Matrices as small as these are not worth a second thread: on a busy machine, waiting for it took 25 times longer.
    """
    try:
        threadpoolctl = import_module("threadpoolctl")
    except ImportError:
        return nullcontext()
    limits: AbstractContextManager[Any] = threadpoolctl.threadpool_limits(1, user_api="blas")
    return limits


# -- data -------------------------------------------------------------------------------------------------------------


def examples(data: str | os.PathLike[str], rng: np.random.Generator,
             terminal: Terminal) -> tuple[Examples, Examples]:
    """The examples to learn from, and those held out."""
    if data == "digits":
        name = "scikit-learn's handwritten digits, enlarged to 28x28 pixels"
        train, test = divided(*load_digits(), rng)
    else:
        folder = _mnist_folder(terminal) if data == "mnist" else data
        name = f"MNIST in {os.fspath(folder)}"
        train, test = _mnist(folder, rng)
    terminal.say(f"Data      {name}\n          {len(train[1]):,} digits to learn from, {len(test[1]):,} held out")
    return train, test


def _mnist(folder: str | os.PathLike[str], rng: np.random.Generator) -> tuple[Examples, Examples]:
    """As MNIST's files divide the examples, or divided here if there is only one part."""
    if mnist.parts_in(folder) != ["train", "test"]:
        return divided(*load_mnist(folder), rng)
    (x, labels), (x_test, labels_test) = load_mnist(folder, "train"), load_mnist(folder, "test")
    return (_rows(x), labels), (_rows(x_test), labels_test)


def divided(images: Array, labels: Array, rng: np.random.Generator) -> tuple[Examples, Examples]:
    """Images (n, 28, 28) shuffled and divided: four fifths to learn from, one fifth held out."""
    order, cut = rng.permutation(len(labels)), round(HELD_OUT * len(labels))
    if cut == 0:
        raise DataError(f"found {len(labels)} examples, too few to hold out a fifth of them. "
                        "Expected at least 3.")
    rest, held_out = order[cut:], order[:cut]
    return (_rows(images[rest]), labels[rest]), (_rows(images[held_out]), labels[held_out])


def _rows(images: Array) -> Array:
    """Each image as a row of pixels: (n, 28, 28) -> (n, 784)."""
    return images.reshape(len(images), -1)


def _frozen(array: Array) -> Array:
    array.flags.writeable = False
    return array


def _mnist_folder(terminal: Terminal) -> str | os.PathLike[str]:
    if os.environ.get(mnist.VARIABLE):
        return mnist.default_folder()
    terminal.say(f"Download  11 MB, unless they are there, to {mnist.cache_folder()}")
    return download_mnist()


# -- the terminal -----------------------------------------------------------------------------------------------------


class Terminal:
    """Prints lines, keeps a progress bar below them where there is a terminal and tqdm, and listens for Ctrl-C.

    From `begin` to `end` (or the end of the block) Ctrl-C does not interrupt, but makes `goes_on` false. A second one
    interrupts.
    """

    def __init__(self, quiet: bool) -> None:
        self.stopped = False
        self._quiet = quiet
        self._bar: Any = None
        self._handler: Any = None                   # what Ctrl-C did before

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *error: object) -> None:
        self.end()

    def begin(self, steps: int) -> None:
        """Show a bar that is full after so many steps, and listen."""
        if not self._quiet and sys.stderr.isatty():
            self._bar = _bar(steps)
        if threading.current_thread() is threading.main_thread():       # only this one is told of signals
            self._handler = signal.signal(signal.SIGINT, self._stop)

    def end(self) -> None:
        """Take the bar away, and let Ctrl-C do what it did before."""
        if self._bar is not None:
            self._bar.close()
        if self._handler is not None:
            signal.signal(signal.SIGINT, self._handler)
        self._bar = self._handler = None

    def goes_on(self) -> bool:
        """One step is done; False if that was the last, because Ctrl-C was pressed."""
        if self._bar is not None:
            self._bar.update()
        return not self.stopped

    def say(self, line: str) -> None:
        """Print a line above the bar."""
        if self._quiet:
            return
        if self._bar is not None:
            self._bar.clear()
        print(line, flush=True)
        if self._bar is not None:
            self._bar.refresh()

    def _stop(self, *signal_and_frame: object) -> None:
        self.stopped = True
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _bar(steps: int) -> Any:
    """A progress bar, or None where tqdm is missing (the extra `notebook` brings it): the lines say enough."""
    try:
        from tqdm import tqdm
    except ImportError:
        return None
    columns, lines = shutil.get_terminal_size()     # which knows what to say where tqdm would draw nothing: at 0 × 0
    return tqdm(total=steps, unit=" steps", leave=False, ncols=min(columns, 80) - 1, nrows=lines)
