"""LivePlot: the curves of a training while it goes on."""

from __future__ import annotations

from typing import Any

from ..data.arrays import whole
from ..nn.plots import axes_for, describe, described, png, pyplot
from .callbacks import Callback, Run
from .notebooks import Shown, in_notebook
from .player import Player


class LivePlot(Callback):
    """Draw a number of the history anew after every epoch: in a notebook below the cell, else in a window if there is.

    Args:
        name: which number, with that of the validation data: "loss", "accuracy", ….
        every: how many epochs lie between two pictures.
        ax: the matplotlib axes to draw on; new ones if None. It keeps the last picture.
    """

    def __init__(self, name: str = "loss", every: int = 1, ax: Any = None) -> None:
        self.name, self.every, self.ax = name, whole("LivePlot(every)", every), ax
        self._own = ax is None
        self._place = Shown()

    def on_train_begin(self, run: Run) -> None:
        """A new picture for a new training, empty as yet, which stands above the lines that fit prints."""
        if self._own:
            self.ax = axes_for(None, (6.0, 3.4))
            if in_notebook():
                pyplot().close(self.ax.figure)          # else the notebook would show it once more
        self._place = Shown()
        self.ax.clear()
        self.ax.set(xlabel="epoch", ylabel=self.name)
        describe(self.ax, f"{self.name}, before the first epoch")
        self._show()

    def on_epoch_end(self, run: Run) -> None:
        """Draw the epochs until now."""
        if run.epoch % self.every and run.epoch != run.epochs and not run.history.stopped:
            return
        self.ax.clear()
        run.history.plot(self.name, ax=self.ax)
        self._show()

    def _show(self) -> None:
        figure = self.ax.figure
        if in_notebook():
            self._place.show(Player([png(figure)], [described(self.ax)]))
        else:
            figure.canvas.draw_idle()
            figure.canvas.flush_events()                # a window shows it now; without one nothing happens
