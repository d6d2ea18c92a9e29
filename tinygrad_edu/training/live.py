"""LivePlot: the curves of a training while it goes on."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

from ..nn.plots import axes_for, described, pyplot
from .callbacks import Callback, Run
from .player import Player, drawn


class LivePlot(Callback):
    """Draw a number of the history anew after every epoch: in a notebook below the cell, else in a window if there is.

    Args:
        name: which number, with that of the validation data: "loss", "accuracy", ….
        every: how many epochs lie between two pictures.
        ax: the matplotlib axes to draw on; new ones if None. It keeps the last picture.
    """

    def __init__(self, name: str = "loss", every: int = 1, ax: Any = None) -> None:
        self.name, self.every, self.ax = name, every, ax
        self._own = ax is None
        self._shown: Any = None             # what IPython calls a display handle

    def on_train_begin(self, run: Run) -> None:
        """A new picture for a new training."""
        self._shown = None
        if self._own:
            self.ax = axes_for(None, (6.0, 3.4))
            if _notebook():
                pyplot().close(self.ax.figure)          # else the notebook would show it once more

    def on_epoch_end(self, run: Run) -> None:
        """Draw the epochs until now."""
        if run.epoch % self.every and run.epoch != run.epochs and not run.history.stopped:
            return
        self.ax.clear()
        run.history.plot(self.name, ax=self.ax)
        figure = self.ax.figure
        if not _notebook():
            figure.canvas.draw_idle()
            figure.canvas.flush_events()                # a window shows it now; without one nothing happens
            return
        picture = Player([drawn(figure)], [described(self.ax) or self.ax.get_gid() or self.name])
        if self._shown is None:
            self._shown = import_module("IPython.display").display(picture, display_id=True)
        else:
            self._shown.update(picture)


def _notebook() -> bool:
    return "ipykernel" in sys.modules
