"""Callbacks: what else happens while a model is trained.

    EarlyStopping LearningRate Checkpoint CSVLog LayerStatistics

A callback is an object with some of the methods of `Callback`, each of which gets the Run: model, optimizer, history,
and where training stands. `run.stop("why")` ends it. Read `loop.py` before this file.
"""

from __future__ import annotations

import csv
import json
import math
import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from .. import ops, random
from ..core.modes import no_grad
from ..data.loading import DataLoader
from ..errors import ArgumentError, DataError
from ..nn.modules import Module
from ..nn.state import load, read, write_whole
from ..nn.summary import evaluating, watched
from ..optim import Optimizer
from .history import History


class Run:
    """A training that goes on: what callbacks see and may change."""

    def __init__(self, model: Module, optimizer: Optimizer, loss: Any, metrics: list[Any], loader: DataLoader,
                 validation: Any, epochs: int, callbacks: list[Callback]) -> None:
        self.model, self.optimizer, self.loss, self.metrics = model, optimizer, loss, metrics
        self.loader, self.validation, self.epochs, self.callbacks = loader, validation, epochs, callbacks
        self.history = History()
        self.epoch = self.batch = 0             # how many epochs are done, and which batch of the next one is
        self.loss_now = math.nan                # of this batch

    def stop(self, why: str) -> None:
        """End training after this batch or epoch."""
        self.history.stopped = why

    def tell(self, event: str) -> None:
        """Call all callbacks."""
        for each in self.callbacks:
            getattr(each, event)(self)


class Callback:
    """The base of callbacks: methods that do nothing."""

    def on_train_begin(self, run: Run) -> None:
        """Before the first epoch."""

    def on_epoch_begin(self, run: Run) -> None:
        """Before the first batch of an epoch."""

    def before_step(self, run: Run) -> None:
        """When the gradients of a batch are there, before the optimizer's step."""

    def on_batch_end(self, run: Run) -> None:
        """After the optimizer's step."""

    def on_epoch_end(self, run: Run) -> None:
        """When an epoch's numbers are in the history."""

    def on_train_end(self, run: Run) -> None:
        """After the last epoch."""


class EarlyStopping(Callback):
    """Stop when a number has not got better for some epochs, and go back to the weights that were best.

    Args:
        monitor: the number, by its name in the history.
        patience: for how many epochs to wait.
        min_delta: how much better counts as better.
        mode: "min" or "max"; None for "max" if the name speaks of accuracy, r2, f1, precision or recall.
        restore_best: False to keep the last weights.
    """

    def __init__(self, monitor: str = "val_loss", patience: int = 5, min_delta: float = 0.0, mode: str | None = None,
                 restore_best: bool = True) -> None:
        if mode not in (None, "min", "max"):
            raise ArgumentError(f'EarlyStopping(mode): got {mode!r}. Expected "min", "max" or None.')
        rising = any(word in monitor for word in ("accuracy", "r2", "f1", "precision", "recall", "top_"))
        self.sign = -1 if (mode or ("max" if rising else "min")) == "max" else 1
        self.monitor, self.patience, self.min_delta, self.restore_best = monitor, patience, min_delta, restore_best
        self.best, self.best_epoch, self.weights = math.inf, 0, dict[str, Any]()

    def on_train_begin(self, run: Run) -> None:
        """Forget the training before."""
        self.best, self.best_epoch, self.weights = math.inf, run.epoch, {}

    def on_epoch_end(self, run: Run) -> None:
        """Remember the weights if they are the best, or stop."""
        if self.monitor not in run.history:
            fix = " Give fit validation_data or a validation_split." if "val_" in self.monitor else ""
            raise ArgumentError(f"EarlyStopping(monitor={self.monitor!r}): the history has "
                                f"{', '.join(run.history.values)}.{fix}")
        value = self.sign * run.history[self.monitor][-1]
        if value < self.best - self.min_delta:
            self.best, self.best_epoch, self.weights = value, run.epoch, run.model.state_dict()
        elif run.epoch - self.best_epoch >= self.patience and not run.history.stopped:
            run.stop(f"{self.monitor} was best in epoch {self.best_epoch}"
                     + (", whose weights are kept" if self.restore_best else ""))

    def on_train_end(self, run: Run) -> None:
        """Take the best weights back."""
        if self.restore_best and self.weights:
            load(run.model, self.weights)


class LearningRate(Callback):
    """The learning rate of each epoch, from a schedule or any function of the epoch's number 0, 1, 2, …."""

    def __init__(self, schedule: Callable[[int], float]) -> None:
        self.schedule = schedule

    def on_epoch_begin(self, run: Run) -> None:
        """Set the rate."""
        run.optimizer.lr = float(self.schedule(run.epoch))


class CSVLog(Callback):
    """Write the numbers of each epoch to a file, as soon as they are there."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)

    def on_epoch_end(self, run: Run) -> None:
        """One more line; a title before the first."""
        with open(self.path, "w" if run.epoch == 1 else "a", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            if run.epoch == 1:
                writer.writerow(["epoch", *run.history.values])
            writer.writerow([run.epoch, *(column[-1] for column in run.history.values.values())])


class Checkpoint(Callback):
    """Keep a file from which training goes on, bit for bit, as if it had not been interrupted.

    If the file exists when training begins, it is taken over: weights, optimizer, history, and the random generators.

    Args:
        path: of the file, which ends in .npz; written after every `every` epochs, whole or not at all.
        every: how many epochs lie between.
    """

    def __init__(self, path: str | os.PathLike[str], every: int = 1) -> None:
        self.path, self.every = Path(path), every
        if self.path.suffix != ".npz" or every < 1:
            raise ArgumentError(f"Checkpoint({str(path)!r}, every={every}): expected a file that ends in .npz, and at "
                                "least 1.")

    def on_train_begin(self, run: Run) -> None:
        """Go on where the file was written."""
        if not self.path.exists():
            return
        arrays = read(self.path)
        try:
            facts = json.loads(str(arrays.pop("facts")))
        except (KeyError, ValueError):
            raise DataError(f"{self.path} is not a checkpoint. Expected a file that Checkpoint wrote.") from None
        states: list[dict[str, Any]] = [dict(each) for each in facts["optimizer"]["states"]]
        for name in [name for name in arrays if name.startswith("optimizer/")]:
            _, i, key = name.split("/", 2)
            states[int(i)][key] = arrays.pop(name)
        load(run.model, {name.removeprefix("model/"): array for name, array in arrays.items()})
        run.optimizer.load_state_dict({**facts["optimizer"], "states": states})
        run.history.values.update(facts["history"])
        run.epoch = facts["epoch"]
        for rng, state in zip(_generators(run), facts["generators"], strict=True):
            rng.bit_generator.state = state

    def on_epoch_end(self, run: Run) -> None:
        """Write the file."""
        if run.epoch % self.every:
            return
        state = run.optimizer.state_dict()
        arrays = {f"model/{name}": array for name, array in run.model.state_dict().items()}
        plain = []
        for i, each in enumerate(state["states"]):
            arrays.update({f"optimizer/{i}/{key}": value for key, value in each.items()
                           if isinstance(value, np.ndarray)})
            plain.append({key: value for key, value in each.items() if not isinstance(value, np.ndarray)})
        arrays["facts"] = np.array(json.dumps({
            "epoch": run.epoch, "history": run.history.values, "optimizer": {**state, "states": plain},
            "generators": [rng.bit_generator.state for rng in _generators(run)]}))
        write_whole(self.path, lambda file: np.savez(file, **arrays))      # type: ignore[arg-type]


def _generators(run: Run) -> list[np.random.Generator]:
    """The generators that training draws from: for the order of the examples, the library's, and those of layers."""
    own = [getattr(module, "rng", None) for module in run.model.modules()]
    return [run.loader.rng, random.generator(), *(rng for rng in own if isinstance(rng, np.random.Generator))]


class LayerStatistics(Callback):
    """Warn of units that never fire and of gradients that vanish or explode, with the layer's name; once each.

    Args:
        vanishing: a layer's gradient counts as vanishing below this share of the largest layer's.
        exploding: and as exploding if it is longer than this.
    """

    def __init__(self, vanishing: float = 1e-6, exploding: float = 1e3) -> None:
        self.vanishing, self.exploding = vanishing, exploding
        self.norms: dict[str, float] = {}
        self.warned: set[str] = set()

    def before_step(self, run: Run) -> None:
        """Remember how long each gradient is: root mean square of its numbers."""
        for name, p in run.model.named_parameters():
            if p.grad is not None and p.size:
                self.norms[name] = float(np.sqrt(np.mean(np.square(p.grad.numpy().astype(float)))))

    def on_epoch_end(self, run: Run) -> None:
        """Look at the last batch's gradients, and at what the layers give for some examples."""
        largest = max(self.norms.values(), default=0.0)
        for name, norm in self.norms.items():
            if norm > self.exploding:
                self._warn(f"the gradient of {name} explodes: its size is {norm:.1e}. Try a smaller learning rate, or "
                           "clip gradients.")
            elif largest and name.endswith("weight") and norm < self.vanishing * largest:
                self._warn(f"the gradient of {name} vanishes: {norm:.1e}, where the largest is {largest:.1e}. Try "
                           "relu, other initial weights, or fewer layers.")
        for path, share in dead_units(run.model, run.loader.arrays[0][:256]).items():
            if share > 0.5:
                self._warn(f"{share:.0%} of the units of {path} are 0 for all of 256 examples: dead ReLUs. Try a "
                           "smaller learning rate, he_normal weights, or leaky_relu.")

    def _warn(self, words: str) -> None:
        key = words.split(":")[0]
        if key not in self.warned:
            self.warned.add(key)
            warnings.warn(words, UserWarning, stacklevel=2)


def dead_units(model: Module, x: Any) -> dict[str, float]:
    """The share of units that give 0 for all examples x, by the dotted name of each layer with relu."""
    shares: dict[str, float] = {}

    def look(path: str, module: Any, out: Any) -> None:
        if getattr(module, "activation", None) is ops.relu:
            values = out.numpy().reshape(-1, out.shape[-1])
            shares[path] = float(np.mean(~(values > 0).any(axis=0)))

    with no_grad(), evaluating(model), watched(look):
        model(x)
    return shares
