"""Film: how the weights of a layer change while it learns.

    recorder = WeightRecorder(model[0])
    history = model.fit(x, y, loss="mse", epochs=20, callbacks=[recorder])
    training_film(history)              shows itself in a notebook: one picture for each epoch

Read `weights.py`, which draws the pictures, and `player.py`, which shows them, before this file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..data.arrays import whole
from ..errors import ArgumentError, GraphError
from ..nn.modules import Module
from .callbacks import Callback, Run
from .history import History
from .player import Player, chosen_steps, filmed
from .weights import incoming, plot_weights

Array = np.ndarray[Any, Any]


class WeightRecorder(Callback):
    """Keep the weights of a layer before training and after every epoch, for `training_film`.

    Args:
        layer: which layer; None for the first one with weights.
        every: how many epochs lie between.

    >>> from tinygrad_edu import nn
    >>> model, recorder = nn.Dense(1, input_shape=2, seed=0), WeightRecorder()
    >>> history = model.fit(np.eye(2), np.ones((2, 1)), loss="mse", epochs=2, callbacks=[recorder], verbose=0)
    >>> recorder.epochs
    [0, 1, 2]
    """

    def __init__(self, layer: Any = None, every: int = 1) -> None:
        self.layer, self.every = layer, whole("WeightRecorder(every)", every)
        self.weights: list[Array] = []          # each (units, inputs), or as `incoming` gives them
        self.epochs: list[int] = []
        self.losses: list[float | None] = []

    def on_train_begin(self, run: Run) -> None:
        """Forget a training before, and keep the weights as they are."""
        if self.layer is None:
            self.layer = _first_with_weights(run.model)
        self.weights, self.epochs, self.losses = [], [], []
        run.history.film = self
        self._keep(run.epoch, None)

    def on_epoch_end(self, run: Run) -> None:
        """Keep the weights."""
        if run.epoch % self.every == 0:
            self._keep(run.epoch, run.history["loss"][-1])

    def state_dict(self) -> dict[str, Any]:
        """All that was kept."""
        return {"weights": np.stack(self.weights), "epochs": self.epochs, "losses": self.losses}

    def resume(self, run: Run, state: dict[str, Any]) -> None:
        """Go on with the weights of the epochs before."""
        self.weights, self.epochs, self.losses = [*state["weights"]], state["epochs"], state["losses"]

    def _keep(self, epoch: int, loss: float | None) -> None:
        self.weights.append(incoming(self.layer).copy())
        self.epochs.append(epoch)
        self.losses.append(loss)


def _first_with_weights(model: Module) -> Module:
    for module in model.modules():
        if getattr(getattr(module, "weight", None), "ndim", 0) >= 2:
            return module
    raise ArgumentError(f"WeightRecorder(): {type(model).__name__} has no layer with a `weight` of two or more axes. "
                        "Give it the layer.")


def training_film(history: Any, shape: tuple[int, int] | None = None, *, units: Sequence[int] | None = None,
                  columns: int | None = None, frames: int = 40) -> Player:
    """The weights over the epochs, as pictures with one common scale.

    Args:
        history: what `fit` returned when a WeightRecorder was among its callbacks; or that recorder.
        shape: rows and columns of the image of a unit, as for `plot_weights`.
        units: which units.
        columns: images side by side.
        frames: how many pictures at most; of more epochs some are left out.
    Returns: a Player, which shows itself in a notebook, and can be saved as .gif or .html.
    Raises: GraphError if no weights were kept.
    """
    recorder = history.film if isinstance(history, History) else history
    if not isinstance(recorder, WeightRecorder) or not recorder.weights:
        raise GraphError("training_film(history): no weights were kept. "
                         "Write model.fit(…, callbacks=[tg.training.WeightRecorder()]).")
    steps = chosen_steps(len(recorder.weights), frames)
    look: dict[str, Any] = {"shape": shape, "units": units, "columns": columns,
            "limit": max(float(np.abs(each).max()) for each in recorder.weights)}
    ax = plot_weights(recorder.weights[0], **look)
    last = recorder.epochs[-1]

    def show(step: int) -> str:
        loss, epoch = recorder.losses[step], recorder.epochs[step]
        title = f"epoch {epoch} of {last}" + ("" if loss is None else f", loss {loss:.4g}")
        ax.clear()
        plot_weights(recorder.weights[step], ax=ax, **look)
        ax.set_title(title, fontsize="medium")
        return f"{title[0].upper()}{title[1:]}. {ax.get_label()}"

    return filmed(ax.figure, show, steps)
