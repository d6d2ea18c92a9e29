"""Schedules: the learning rate as a function of the number of the step.

    schedule = tg.optim.CosineDecay(0.1, steps=1000, warmup=100)
    schedule(0), schedule(550)          -> rates
    opt.lr = schedule(step)             or SGD(params, lr=schedule): then every `opt.step()` does so

A schedule is a plain object that is called with a step number, so it can be plotted, compared and saved with nothing
else. Read `base.py` after this file.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from ..errors import ArgumentError


@dataclass(frozen=True)
class Schedule:
    """The base of schedules: a first rate, and steps of warm-up at the start, over which the rate grows from near 0.

    Args:
        lr: the rate after the warm-up.
        warmup: over how many steps the rate grows evenly to `lr`; 0 for none.
    """

    lr: float
    warmup: int = field(default=0, kw_only=True)

    def __post_init__(self) -> None:
        self._expect("lr of at least 0", _is_number(self.lr) and self.lr >= 0)
        self._expect("warmup to be a whole number of at least 0", _is_whole(self.warmup, 0))

    def _expect(self, wish: str, fulfilled: bool) -> None:
        """Raise ArgumentError, with all arguments in its message, unless one of them is as it should be."""
        if not fulfilled:
            raise ArgumentError(f"{self}: expected {wish}.")

    def __call__(self, step: int) -> float:
        """The learning rate of step number 0, 1, 2, …."""
        if step < 0:
            raise ArgumentError(f"{type(self).__name__}(…)({step}): expected the number of a step, 0, 1, 2, ….")
        if step < self.warmup:
            return self.lr * (step + 1) / self.warmup
        return self.after_warmup(step - self.warmup)

    def after_warmup(self, step: int) -> float:
        """The rate `step` steps after the warm-up."""
        return self.lr


@dataclass(frozen=True)
class StepDecay(Schedule):
    """lr · factor^(step // every): a jump downwards every so many steps.

    >>> [StepDecay(0.8, every=2, factor=0.5)(step) for step in range(5)]
    [0.8, 0.8, 0.4, 0.4, 0.2]
    """

    every: int = 1000
    factor: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        self._expect("every to be a whole number of at least 1", _is_whole(self.every, 1))
        self._expect("a factor above 0", _is_number(self.factor) and self.factor > 0)

    def after_warmup(self, step: int) -> float:
        """The rate after so many jumps."""
        return self.lr * float(self.factor ** (step // self.every))


@dataclass(frozen=True)
class ExponentialDecay(StepDecay):
    """lr · factor^(step / every): the same without jumps.

    >>> round(ExponentialDecay(0.8, every=2, factor=0.25)(1), 12)
    0.4
    """

    def after_warmup(self, step: int) -> float:
        """The rate, multiplied by the same number in every step."""
        return self.lr * float(self.factor ** (step / self.every))


@dataclass(frozen=True)
class CosineDecay(Schedule):
    """From lr to `final` along half a wave of the cosine: final + (lr - final) · (1 + cos(π · step / steps)) / 2.

    Source: Loshchilov & Hutter 2017, arXiv:1608.03983, equation 5, without restarts.

    >>> [round(CosineDecay(1.0, steps=4)(step), 3) for step in range(6)]
    [1.0, 0.854, 0.5, 0.146, 0.0, 0.0]
    """

    steps: int = 1000
    final: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._expect("steps to be a whole number of at least 1", _is_whole(self.steps, 1))
        self._expect("final of at least 0", _is_number(self.final) and self.final >= 0)

    def after_warmup(self, step: int) -> float:
        """The rate so far along the wave."""
        share = min(step / self.steps, 1.0)
        return self.final + (self.lr - self.final) * (1 + math.cos(math.pi * share)) / 2


@dataclass(frozen=True)
class OneCycle(Schedule):
    """Up from lr / start to lr along half a wave in a share `rise` of the steps, then down to lr / end.

    Source: Smith & Topin 2018, arXiv:1708.07120; the form with two half waves.

    >>> [round(OneCycle(1.0, steps=10, start=10, end=100)(step), 2) for step in (0, 3, 10)]
    [0.1, 1.0, 0.01]
    """

    steps: int = 1000
    rise: float = 0.3
    start: float = 25.0
    end: float = 1e4

    def __post_init__(self) -> None:
        super().__post_init__()
        self._expect("steps to be a whole number of at least 1", _is_whole(self.steps, 1))
        self._expect("rise to be a share between 0 and 1", _is_number(self.rise) and 0 < self.rise < 1)
        self._expect("start and end above 0", all(_is_number(each) and each > 0 for each in (self.start, self.end)))

    def after_warmup(self, step: int) -> float:
        """The rate on the way up, or down again."""
        top = self.rise * self.steps
        low, share = ((self.lr / self.start, 1 - step / top) if step < top
                      else (self.lr / self.end, min((step - top) / (self.steps - top), 1.0)))
        return low + (self.lr - low) * (1 + math.cos(math.pi * share)) / 2


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value)


def _is_whole(value: Any, least: int) -> bool:
    return _is_number(value) and value == int(value) and value >= least
