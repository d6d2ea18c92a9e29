"""Checkpoint: a file from which training goes on as if it had not been interrupted.

It holds what the next step depends on: the weights, what the optimizer and the callbacks remember, the history, and
where each random generator stands. It is a plain .npz: arrays by name, and one JSON text called "facts" for the rest.
Read `callbacks.py` before this file.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from .. import random
from ..data.arrays import whole
from ..errors import ArgumentError, DataError, StateError
from ..files import write_whole
from ..nn.state import load, read
from .callbacks import Callback, Run

Arrays = dict[str, np.ndarray[Any, Any]]
FACTS = {"epoch", "history", "optimizer", "callbacks", "generators"}


class Checkpoint(Callback):
    """Keep a file from which training goes on, bit for bit, as if it had not been interrupted.

    If the file exists when training begins, it is taken over: weights, optimizer, history, what other callbacks
    remember, and the random generators. It is written at the end of epochs only; one that Ctrl-C cut short is visited
    again from its beginning.

    Args:
        path: of the file, which ends in .npz; written after every `every` epochs and after the last one, whole or not
            at all.
        every: how many epochs lie between.
    """

    def __init__(self, path: str | os.PathLike[str], every: int = 1) -> None:
        self.path, self.every = Path(path), whole("Checkpoint(every)", every)
        if self.path.suffix != ".npz":
            raise ArgumentError(f"Checkpoint({str(path)!r}): expected a file that ends in .npz.")

    def on_train_begin(self, run: Run) -> None:
        """Go on where the file was written."""
        if self.path.exists():
            self._resume(run, read(self.path))
        elif not self.path.absolute().parent.is_dir():
            raise DataError(f"Checkpoint: {self.path} cannot be written, since there is no folder {self.path.parent}.")

    def _resume(self, run: Run, arrays: Arrays) -> None:
        try:
            facts = json.loads(str(arrays.pop("facts")))
            if not facts.keys() >= FACTS:
                raise KeyError
        except (KeyError, ValueError, AttributeError):
            raise DataError(f"{self.path} is not a checkpoint. Expected a file that Checkpoint wrote.") from None
        generators = _generators(run)
        if [type(each.bit_generator).__name__ for each in generators] != \
                [each["bit_generator"] for each in facts["generators"]]:
            raise StateError(f"{self.path} has other random generators than this training. Expected the same model, "
                             "with a seed for the same layers.")
        self._load(run, facts, arrays)
        run.history.values.update(facts["history"])
        run.epoch, run.resumed_from = facts["epoch"], self.path
        for rng, state in zip(generators, facts["generators"], strict=True):
            rng.bit_generator.state = state
        for name, callback in _others(run).items():
            if name in facts["callbacks"]:
                callback.resume(run, {**facts["callbacks"][name], **_below(f"callbacks/{name}", arrays)})

    def _load(self, run: Run, facts: dict[str, Any], arrays: Arrays) -> None:
        """Give weights back to the model, and its memory to the optimizer; or neither, if one of them does not fit."""
        states = [{**plain, **{key: array[()] for key, array in _below(f"optimizer/{i}", arrays).items()}}
                  for i, plain in enumerate(facts["optimizer"]["states"])]
        before = run.model.state_dict()
        load(run.model, _below("model", arrays))
        try:
            run.optimizer.load_state_dict({**facts["optimizer"], "states": states})
        except StateError:
            load(run.model, before)
            raise

    def on_epoch_end(self, run: Run) -> None:
        """Write the file."""
        last = run.epoch == run.epochs or run.history.stopped
        if not run.epoch_was_whole or (run.epoch % self.every and not last):
            return
        arrays = {f"model/{name}": array for name, array in run.model.state_dict().items()}
        optimizer = run.optimizer.state_dict()
        states = [_plain(f"optimizer/{i}", each, arrays) for i, each in enumerate(optimizer["states"])]
        callbacks = {name: _plain(f"callbacks/{name}", each.state_dict(), arrays)
                     for name, each in _others(run).items()}
        facts = {"epoch": run.epoch, "history": run.history.values, "optimizer": {**optimizer, "states": states},
                 "callbacks": callbacks, "generators": [rng.bit_generator.state for rng in _generators(run)]}
        arrays["facts"] = np.array(json.dumps(facts, default=lambda value: value.tolist()))     # of NumPy's numbers
        write_whole(self.path, lambda file: np.savez(file, **arrays))                           # type: ignore[arg-type]


def _others(run: Run) -> dict[str, Callback]:
    """The other callbacks by class, and by number if there are several of one."""
    found: dict[str, Callback] = {}
    for each in run.callbacks:
        if not isinstance(each, Checkpoint):
            kind = type(each).__name__
            found[f"{kind}-{sum(name.startswith(f'{kind}-') for name in found)}"] = each
    return found


def _plain(prefix: str, state: dict[str, Any], arrays: Arrays) -> dict[str, Any]:
    """What JSON can hold of a state; its arrays and NumPy's numbers are put among `arrays`, with all their bits."""
    for name, value in state.items():
        if isinstance(value, (np.ndarray, np.generic)):
            arrays[f"{prefix}/{name}"] = np.asarray(value)
    return {name: value for name, value in state.items() if not isinstance(value, (np.ndarray, np.generic))}


def _below(prefix: str, arrays: Arrays) -> Arrays:
    """The arrays whose names begin so, without that beginning."""
    return {name.removeprefix(f"{prefix}/"): array for name, array in arrays.items() if name.startswith(f"{prefix}/")}


def _generators(run: Run) -> list[np.random.Generator]:
    """The generators that training draws from: for the order of the examples, the library's, and those of layers."""
    own = [getattr(module, "rng", None) for module in run.model.modules()]
    return [run.loader.rng, random.generator(), *(rng for rng in own if isinstance(rng, np.random.Generator))]
