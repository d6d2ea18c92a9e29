"""Callbacks: what else happens while a model is trained.

    EarlyStopping LearningRate ClipGradients CSVLog LayerStatistics

A callback is derived from `Callback`, and has some of its methods, each of which gets the Run: model, optimizer,
history, and where training stands. `run.stop("why")` ends it. Read `loop.py` before this file and `checkpoints.py`
after it.
"""

from __future__ import annotations

import csv
import inspect
import math
import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from .. import ops
from ..core.modes import no_grad
from ..data.arrays import number, whole
from ..data.loading import DataLoader
from ..errors import ArgumentError, DataError
from ..nn.arguments import above_zero
from ..nn.modules import Module
from ..nn.state import load
from ..nn.summary import evaluating, watched
from ..optim import Optimizer, clip_grad_norm
from .history import History

MOST_EXAMPLES = 256             # at which LayerStatistics looks for units that never fire


class Run:
    """A training that goes on: what callbacks see and may change."""

    def __init__(self, model: Module, optimizer: Optimizer, loss: Any, metrics: list[Any], loader: DataLoader,
                 validation: Any, epochs: int, callbacks: list[Callback]) -> None:
        self.model, self.optimizer, self.loss, self.metrics = model, optimizer, loss, metrics
        self.loader, self.validation, self.epochs, self.callbacks = loader, validation, epochs, callbacks
        self.history = History()
        self.epoch = self.batch = 0             # how many epochs are done, and which batch of the next one is
        self.loss_now = math.nan                # of this batch
        self.resumed_from: Path | None = None   # the file from which training goes on

    @property
    def epoch_was_whole(self) -> bool:
        """Whether the last epoch visited all its batches, and was not ended by Ctrl-C or by `stop`."""
        return self.batch + 1 == len(self.loader)

    def stop(self, why: str) -> None:
        """End training after this batch or epoch."""
        self.history.stopped = why

    def tell(self, event: str) -> None:
        """Call all callbacks."""
        for each in self.callbacks:
            getattr(each, event)(self)


class Callback:
    """The base of callbacks: methods that do nothing."""

    def __repr__(self) -> str:
        """The class, and the arguments that it kept."""
        kept = {name: getattr(self, name, None) for name in inspect.signature(type(self)).parameters}
        plain = {name: str(value) if isinstance(value, Path) else value for name, value in kept.items()}
        said = [f"{name}={value!r:.60}" for name, value in plain.items() if value is not None]
        return f"{type(self).__name__}({', '.join(said)})"

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

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint shall keep of it: arrays, and what JSON can hold, by name."""
        return {}

    def resume(self, run: Run, state: dict[str, Any]) -> None:
        """After `on_train_begin`, if training goes on from a checkpoint: take over what `state_dict` gave."""


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
        if not isinstance(monitor, str):
            raise ArgumentError(f"EarlyStopping(monitor): got {monitor!r:.60}. Expected a name, such as \"val_loss\".")
        if mode not in (None, "min", "max"):
            raise ArgumentError(f'EarlyStopping(mode): got {mode!r}. Expected "min", "max" or None.')
        rising = any(word in monitor for word in ("accuracy", "r2", "f1", "precision", "recall", "top_"))
        self.sign = -1 if (mode or ("max" if rising else "min")) == "max" else 1
        self.monitor, self.restore_best = monitor, restore_best
        self.patience = whole("EarlyStopping(patience)", patience, 0)
        self.min_delta = number("EarlyStopping(min_delta)", min_delta)
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
        else:
            self._stop_if_waited(run)

    def _stop_if_waited(self, run: Run) -> None:
        if run.epoch - self.best_epoch >= self.patience and not run.history.stopped:
            run.stop(f"{self.monitor} was best in epoch {self.best_epoch}"
                     + (", whose weights are kept" if self.restore_best else ""))

    def state_dict(self) -> dict[str, Any]:
        """The best number, its epoch, and the weights of then."""
        return {"best": self.best, "best_epoch": self.best_epoch,
                **{f"weights/{name}": value for name, value in self.weights.items()}}

    def resume(self, run: Run, state: dict[str, Any]) -> None:
        """Go on waiting; if it has waited long enough already, stop."""
        self.best, self.best_epoch = state["best"], state["best_epoch"]
        self.weights = {name.removeprefix("weights/"): value for name, value in state.items()
                        if name.startswith("weights/")}
        self._stop_if_waited(run)

    def on_train_end(self, run: Run) -> None:
        """Take the best weights back."""
        if self.restore_best and self.weights:
            load(run.model, self.weights)


class LearningRate(Callback):
    """The learning rate of each epoch, from a schedule or any function of the epoch's number 0, 1, 2, …."""

    def __init__(self, schedule: Callable[[int], float]) -> None:
        if not callable(schedule):
            raise ArgumentError(f"LearningRate(schedule): got {schedule!r:.60}. Expected a function of the epoch, such "
                                "as lambda epoch: 0.1 * 0.9**epoch.")
        self.schedule = schedule

    def on_train_begin(self, run: Run) -> None:
        """Refuse an optimizer that sets the rate itself, at every step, and would win."""
        if run.optimizer.schedule is not None:
            raise ArgumentError(f"LearningRate(schedule): the optimizer has a schedule of its own, "
                                f"{run.optimizer.schedule}. Expected one of them.")

    def on_epoch_begin(self, run: Run) -> None:
        """Set the rate."""
        run.optimizer.lr = number(f"LearningRate: the rate of epoch {run.epoch}", self.schedule(run.epoch))


class ClipGradients(Callback):
    """Shorten the gradient of each batch, if it is longer than `max_norm`, before the optimizer's step.

    Args:
        max_norm: the greatest length of all gradients together, above 0, as in `optim.clip_grad_norm`.
    """

    def __init__(self, max_norm: float = 1.0) -> None:
        self.max_norm = above_zero("ClipGradients(max_norm)", max_norm)

    def before_step(self, run: Run) -> None:
        """Clip."""
        clip_grad_norm([p for p in run.model.parameters() if p.requires_grad], self.max_norm)


class CSVLog(Callback):
    """Write the numbers of each epoch to a file, as soon as they are there.

    Args:
        path: of the file. What a training before wrote there is replaced; one that goes on from a checkpoint has the
            epochs before in its history, and writes them again.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._begun = False

    def on_train_begin(self, run: Run) -> None:
        """Look whether the file can be written, before anything is learnt."""
        self._begun = False
        if self.path.is_dir() or not self.path.absolute().parent.is_dir():
            raise DataError(f"CSVLog: {self.path} cannot be written. Expected the name of a file in a folder that "
                            "exists.")

    def on_epoch_end(self, run: Run) -> None:
        """One more line; before the first one a title, and the epochs of before."""
        columns = run.history.values
        lines = [*zip(range(1, run.epoch + 1), *columns.values(), strict=True)]
        with open(self.path, "a" if self._begun else "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(lines[-1:] if self._begun else [("epoch", *columns), *lines])
        self._begun = True


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
        some = run.loader.arrays[0][:MOST_EXAMPLES]
        for path, share in dead_units(run.model, some).items():
            if share > 0.5:
                self._warn(f"{share:.0%} of the units of {path} are 0 for all of {len(some)} examples: dead ReLUs. Try "
                           "a smaller learning rate, he_normal weights, or leaky_relu.")

    def state_dict(self) -> dict[str, Any]:
        """Of what it has warned."""
        return {"warned": sorted(self.warned)}

    def resume(self, run: Run, state: dict[str, Any]) -> None:
        """Do not warn of the same again."""
        self.warned = set(state["warned"])

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
