"""The demo: a network of sigmoids learns to read handwritten digits, written as a learner would write it.

    run(data, epochs, batch_size, learning_rate, seed) -> Result

Read `network` and `learn`: that is all there is to it. The rest finds the data and says what happens.
Read `demo_page.py` after this file, which draws what was learnt.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from . import data, demo_page, nn, optim, training
from .data import mnist
from .demo_page import Examples
from .errors import ArgumentError, DataError, MissingExtraError

Array = np.ndarray[Any, Any]

MOST_EPOCHS = 30
MOST_VISITS = 600_000               # of an example; where there are many, fewer epochs are enough
HELD_OUT = 0.2                      # of the examples, where the data do not come divided


# -- the network ------------------------------------------------------------------------------------------------------


def network(rng: np.random.Generator) -> nn.Sequential:
    """784-16-16-10: pixels, two hidden layers, one output for each digit.

    The first weights are so small that the weighted sums begin with a spread of about 1, where sigmoids are steep.
    """
    return nn.Sequential([
        nn.Dense(16, input_shape=784, activation="sigmoid", kernel_initializer="lecun_normal", seed=rng),
        nn.Dense(16, activation="sigmoid", kernel_initializer="lecun_normal", seed=rng),
        nn.Dense(10, activation="sigmoid", kernel_initializer="lecun_normal", seed=rng),
    ])


def learn(model: nn.Sequential, train: Examples, held_out: Examples, plan: Plan, rng: np.random.Generator,
          verbose: int) -> training.History:
    """Gradient descent on mini-batches; the rate falls by the same amount after each epoch, to 0 after the last."""
    (x, labels), (x_held_out, labels_held_out) = train, held_out
    epochs = plan.epochs_for(len(x))
    history: training.History = model.fit(
        x, data.one_hot(labels, 10), loss="sum_of_squares", metrics=["accuracy"],
        optimizer=optim.SGD(lr=plan.learning_rate), epochs=epochs, batch_size=plan.batch_size,
        validation_data=(x_held_out, data.one_hot(labels_held_out, 10)),
        callbacks=[training.LearningRate(lambda epoch: plan.learning_rate * (1 - epoch / epochs))],
        seed=rng, verbose=verbose)
    return history


def sizes(model: nn.Sequential) -> str:
    """How many inputs a network has, and how many units each of its layers: 784-16-16-10."""
    weights = [p for p in model.parameters() if p.ndim == 2]                # each (inputs, units)
    return "-".join(f"{n}" for n in (weights[0].shape[0], *(w.shape[1] for w in weights)))


# -- a run ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Result:
    """What a run reached.

    Attributes:
        model: the network, trained.
        history: loss and accuracy of each epoch; those of the held-out examples are called val_…. After Ctrl-C the
            last epoch is shorter than the others, and `history.stopped` says so.
        held_out: the pixels (n, 784) and labels (n,) that it has not learnt from.
    """

    model: nn.Sequential
    history: training.History
    held_out: Examples


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


def run(source: str | os.PathLike[str] = "digits", epochs: int | None = None, batch_size: int = 10,
        learning_rate: float = 2.0, seed: int = 0, page: str | os.PathLike[str] | None = None,
        quiet: bool = False) -> Result:
    """Train 784-16-16-10 on handwritten digits by mini-batch SGD, and print a line for each epoch.

    Ctrl-C stops after the current mini-batch: what was learnt until then is evaluated, drawn and returned.

    Args:
        source: "digits" for scikit-learn's; "mnist" to download MNIST, unless the environment variable
            TINYGRAD_EDU_MNIST names a folder; else the path of a folder or of a file of images, as for `load_mnist`.
        epochs: how often to visit all examples. None for 30, or fewer where that is more than 600,000 visits.
        batch_size: examples in a mini-batch, at least 1.
        learning_rate: of the first epoch. It falls by the same amount after each; after the last it would be 0.
        seed: decides which examples are held out, the first weights, and the order of the examples.
        page: the file that shall show what was learnt, in pictures; None for none. Without matplotlib there is none.
        quiet: print nothing, and raise if the page cannot be made, instead of saying so.
    Raises: ArgumentError, DataError, DownloadError or MissingExtraError, before anything is learnt.

    >>> from tinygrad_edu.demo import run
    >>> result = run(epochs=1, quiet=True)
    >>> len(result.history), result.model.summary().total()
    (1, '13,002 parameters = 12,960 weights + 42 biases')
    """
    plan, rng, say = Plan(epochs, batch_size, learning_rate, seed), np.random.default_rng(seed), _voice(quiet)
    file = None if page is None else demo_page.checked(page)
    with one_thread():
        train, held_out = examples(source, rng, say)
        model = network(rng)
        _announce(plan, model, len(train[0]), say)
        started = time.perf_counter()
        history = learn(model, train, held_out, plan, rng, verbose=0 if quiet else 1)
        say(f"\nReached {history['val_accuracy'][-1]:.1%} on the {len(held_out[0]):,} held-out digits "
            f"in {time.perf_counter() - started:.1f} s.")
        result = Result(model, history, held_out)
        if file is not None:
            _draw(result, file, quiet)
    return result


def _voice(quiet: bool) -> Callable[[str], object]:
    """What prints a line, or does not."""
    return (lambda line: None) if quiet else (lambda line: print(line, flush=True))


def _announce(plan: Plan, model: nn.Sequential, count: int, say: Callable[[str], object]) -> None:
    say(f"Network   {sizes(model)}, sigmoids: {model.summary().total()}")
    epochs = plan.epochs_for(count)
    say(f"Learning  {epochs} epoch{'s' * (epochs != 1)}, mini-batches of {plan.batch_size}, "
        f"rate {plan.learning_rate:g} falling to 0, seed {plan.seed}\n")
    say("accuracy is the share read rightly; val_ is said of the held-out digits")


def _draw(result: Result, file: Path, quiet: bool) -> None:
    """Write the page, and say where it is, or why it is not: what was learnt is not lost for that."""
    say = _voice(quiet)
    try:
        demo_page.write(file, result.model, result.history, result.held_out)
        say(f"Pictures of what it learnt: {file.as_uri()}")
    except (DataError, MissingExtraError) as error:
        if quiet:
            raise
        say(f"No page: {error}")


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


def examples(source: str | os.PathLike[str], rng: np.random.Generator,
             say: Callable[[str], object]) -> tuple[Examples, Examples]:
    """The examples to learn from, and those held out."""
    if source == "digits":
        name = "scikit-learn's handwritten digits, enlarged to 28x28 pixels"
        train, held_out = divided(*data.load_digits(), rng)
    else:
        folder = _mnist_folder(say) if source == "mnist" else source
        name = f"MNIST in {os.fspath(folder)}"
        train, held_out = _mnist(folder, rng)
    say(f"Data      {name}\n          {len(train[1]):,} digits to learn from, {len(held_out[1]):,} held out")
    return train, held_out


def _mnist(folder: str | os.PathLike[str], rng: np.random.Generator) -> tuple[Examples, Examples]:
    """As MNIST's files divide the examples, or divided here if there is only one part."""
    if mnist.parts_in(folder) != ["train", "test"]:
        return divided(*data.load_mnist(folder), rng)
    (x, labels), (x_test, labels_test) = data.load_mnist(folder, "train"), data.load_mnist(folder, "test")
    return (_rows(x), labels), (_rows(x_test), labels_test)


def divided(images: Array, labels: Array, rng: np.random.Generator) -> tuple[Examples, Examples]:
    """Images (n, 28, 28) shuffled and divided: four fifths to learn from, one fifth held out."""
    x, x_held_out, y, y_held_out = data.train_test_split(_rows(images), labels, test_size=HELD_OUT, seed=rng)
    return (x, y), (x_held_out, y_held_out)


def _rows(images: Array) -> Array:
    """Each image as a row of pixels: (n, 28, 28) -> (n, 784)."""
    return images.reshape(len(images), -1)


def _mnist_folder(say: Callable[[str], object]) -> str | os.PathLike[str]:
    if os.environ.get(mnist.VARIABLE):
        return mnist.default_folder()
    say(f"Download  11 MB, unless they are there, to {mnist.cache_folder()}")
    return data.download_mnist()
