"""History: what training reached, epoch by epoch: as lists, as a table, as a plot."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from html import escape
from typing import Any

from ..errors import ArgumentError
from ..nn.plots import axes_for, describe, legend


@dataclass
class History:
    """One number for each epoch, by name: `history["loss"]`, and with validation data `history["val_loss"]`.

    `stopped` says why training ended before the last epoch, if it did; `film` is the WeightRecorder among the
    callbacks, for `training_film`. A number that an epoch does not have is NaN.

    >>> history = History({"loss": [0.5, 0.25]})
    >>> print(history.table())
    epoch    loss
        1  0.5000
        2  0.2500
    """

    values: dict[str, list[float]] = field(default_factory=dict)
    stopped: str = ""
    film: Any = field(default=None, repr=False, compare=False)

    def __getitem__(self, name: str) -> list[float]:
        if name not in self.values:
            known = f"Expected one of {', '.join(self.values)}" if self.values else "No epoch is done yet"
            raise ArgumentError(f"history[{name!r}]: there is no such number. {known}.")
        return self.values[name]

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def __len__(self) -> int:
        """How many epochs there were."""
        return max(map(len, self.values.values()), default=0)

    def add(self, **numbers: float) -> None:
        """The numbers of one more epoch."""
        done = len(self)
        for name in [*self.values, *numbers]:
            column = self.values.setdefault(name, [math.nan] * done)
            if len(column) == done:
                column.append(float(numbers.get(name, math.nan)))

    def table(self) -> str:
        """All epochs as text, one line each."""
        widths = [max(6, len(name)) for name in self.values]
        lines = ["  ".join(["epoch", *(f"{name:>{width}}" for name, width in zip(self.values, widths, strict=True))])]
        for i in range(len(self)):
            numbers = [f"{column[i]:>{width}.4f}"
                       for column, width in zip(self.values.values(), widths, strict=True)]
            lines.append("  ".join([f"{i + 1:>5}", *numbers]))
        return "\n".join([*lines, *([f"stopped: {self.stopped}"] if self.stopped else [])])

    __str__ = table

    def _repr_html_(self) -> str:
        head = "".join(f"<th scope=col>{escape(name)}</th>" for name in self.values)
        rows = "".join(f"<tr><th scope=row>{i + 1}</th>"
                       + "".join(f"<td>{column[i]:.4f}</td>" for column in self.values.values())
                       + "</tr>" for i in range(len(self)))
        caption = f"<caption>stopped: {escape(self.stopped)}</caption>" if self.stopped else ""
        return f"<table>{caption}<thead><tr><th scope=col>epoch</th>{head}</tr></thead><tbody>{rows}</tbody></table>"

    def plot(self, name: str = "loss", ax: Any = None) -> Any:
        """Draw one number over the epochs, and that of the validation data (dashed), if there is.

        Returns: the matplotlib axes.
        """
        first, last = self[name][0], self[name][-1]
        ax = axes_for(ax)
        epochs = range(1, len(self) + 1)
        for each, style in ((name, "-"), (f"val_{name}", "--")):
            if each in self.values:
                ax.plot(epochs, self[each], style, marker="." if len(self) < 30 else "", label=each)
        ax.set(xlabel="epoch", ylabel=name)
        ax.xaxis.get_major_locator().set_params(integer=True)
        legend(ax)
        return describe(ax, f"{name} from {first:.4g} to {last:.4g} in {len(self)} epochs")
