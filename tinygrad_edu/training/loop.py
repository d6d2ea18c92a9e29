"""The loop: fit, evaluate and predict, which models have as methods.

    for epoch:  for x, y in loader:  loss = …; loss.backward(); opt.step()

That is all `fit` does; around it are shuffling, metrics, validation, callbacks, a progress bar, and care for Ctrl-C and
for numbers that are not finite. Read `inputs.py` before this file and `callbacks.py` after it.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..core.modes import detect_anomaly, no_grad
from ..core.tensors import Tensor
from ..data.arrays import not_finite, whole
from ..data.loading import DataLoader
from ..errors import AnomalyError, ArgumentError, NonFiniteGradientWarning, ShapeError
from ..nn import losses
from ..nn.arguments import share
from ..nn.modules import Module
from ..nn.summary import evaluating
from ..random import generator
from . import metrics as known_metrics
from .callbacks import Callback, Run
from .checkpoints import Checkpoint
from .history import History
from .inputs import as_list, examples_for, optimizer_for, targets_for
from .progress import Progress
from .stopping import Interrupts

LARGE = 1024                    # examples at once where nothing is learnt


def fit(model: Module, x: Any, y: Any = None, *, loss: Any, epochs: int = 1, batch_size: int = 32,
        optimizer: Any = "adam", metrics: Sequence[Any] = (), validation_data: tuple[Any, Any] | None = None,
        validation_split: float = 0.0, callbacks: Iterable[Callback] = (), seed: Any = None,
        verbose: int = 1) -> History:
    """Train a model by mini-batch gradient descent; what `model.fit(...)` does.

    Ctrl-C ends it after the current batch: what was learnt until then is kept, in the model and in the history.

    Args:
        model: whose parameters are changed.
        x: (N, ...) examples, or a DataLoader of examples and targets.
        y: (N, ...) targets; not for a DataLoader.
        loss: its name ("mse", "sum_of_squares", "categorical_crossentropy", …) or a function of predictions, targets.
        epochs: how often all examples are visited.
        batch_size: examples in a mini-batch; the gradient of a step is the mean over them.
        optimizer: its name, or an Optimizer, which gets the model's parameters if it has none.
        metrics: names or functions of predictions and targets, such as "accuracy"; several, or a single one.
        validation_data: (x, y) that are only looked at, after each epoch; or a DataLoader of them.
        validation_split: or the share of the examples to hold back for this, from their end.
        callbacks: what else shall happen, see `training.callbacks`; several, or a single one.
        seed: of the order of the examples: a number or a generator; None for the library's own generator.
        verbose: 1 for a progress bar and a line for each epoch, 2 for the lines alone, 0 for silence.
    Returns: a History.
    Raises: AnomalyError if the loss or a gradient is not finite, with epoch, batch and the operation where it began;
        the parameters are then those of the step before, and the error's `history` holds what was reached.
    """
    run = _prepared(model, x, y, loss, epochs, batch_size, optimizer, metrics, validation_data, validation_split,
                    callbacks, seed)
    progress = Progress(verbose, run.epochs, len(run.loader))
    try:
        with Interrupts() as interrupts, _errors_for_gradients():
            _train(run, interrupts, progress)
    except AnomalyError as error:
        error.history = run.history                                         # type: ignore[attr-defined]
        raise
    finally:
        progress.end(f"stopped: {run.history.stopped}" if run.history.stopped else "")
    return run.history


def _prepared(model: Module, x: Any, y: Any, loss: Any, epochs: Any, batch_size: Any, optimizer: Any, metrics: Any,
              validation_data: Any, validation_split: Any, callbacks: Any, seed: Any) -> Run:
    """Everything checked and built, before anything is learnt."""
    epochs, split = whole("fit(epochs)", epochs, 0), share("fit(validation_split)", validation_split, below_one=True)
    if split and validation_data is not None:
        raise ArgumentError("fit: got validation_data and validation_split. Expected one of them.")
    function, named, told = losses.get(loss), known_metrics.named(metrics), _told(callbacks)
    loader, held_back = _batches(model, x, y, batch_size, split, seed)
    _built(model, loader)
    chosen = optimizer_for(model, optimizer)
    validation = held_back or (None if validation_data is None else _validation(model, validation_data))
    return Run(model, chosen, function, named, loader, validation, epochs, told)


def _built(model: Module, loader: DataLoader) -> None:
    """Make the parameters, if need be, and find out whether the model takes such examples."""
    x = loader.arrays[0]
    with no_grad(), evaluating(model):
        try:
            model(x[:1])
        except ShapeError:
            model(x[:loader.batch_size])                                    # says the same of a whole batch
            raise


def _batches(model: Module, x: Any, y: Any, batch_size: Any, split: float, seed: Any) -> tuple[DataLoader, Any]:
    """The batches to learn from, and the examples held back from their end, or None."""
    if isinstance(x, DataLoader):
        if y is not None or split:
            raise ArgumentError("fit(loader): a DataLoader brings its targets, and cannot be split. Expected no y and "
                                "no validation_split.")
        if batch_size not in (32, x.batch_size) or seed is not None:
            raise ArgumentError("fit(loader): a DataLoader brings its batches and their order. Expected no batch_size "
                                "and no seed: DataLoader(x, y, batch_size=…, seed=…).")
        if len(x.arrays) != 2:
            raise ArgumentError(f"fit(loader): got a DataLoader of {len(x.arrays)} arrays. Expected examples and "
                                "targets: DataLoader(x, y).")
        return x, None
    if y is None and isinstance(x, (tuple, list)) and len(x) == 2:
        raise ArgumentError("fit(x, y): got a pair and no y. Expected two arguments: fit(x, y, loss=…).")
    x = examples_for(model, x)
    y = targets_for(x, y)
    if not split:
        return DataLoader(x, y, batch_size=batch_size, seed=generator(seed)), None
    cut = len(x) - max(1, round(split * len(x)))
    if cut < 1:
        raise ArgumentError(f"fit(validation_split={split}): would leave none of {len(x)} examples to learn from. "
                            "Expected a smaller share.")
    return DataLoader(x[:cut], y[:cut], batch_size=batch_size, seed=generator(seed)), (x[cut:], y[cut:])


def _validation(model: Module, given: Any) -> tuple[Any, Any]:
    """The examples that are only looked at, and their targets."""
    arrays = given.arrays if isinstance(given, DataLoader) else given
    if not isinstance(arrays, (tuple, list)) or len(arrays) != 2:
        raise ArgumentError(f"fit(validation_data): got {type(given).__name__}. Expected a pair: (x, y).")
    x = _some("fit(validation_data)", examples_for(model, arrays[0]))
    return x, targets_for(x, arrays[1])


def _told(callbacks: Any) -> list[Callback]:
    """The callbacks, those that write checkpoints last, so that these hold what the others remember."""
    told = as_list("fit(callbacks)", callbacks, (Callback,))
    for each in told:
        if not isinstance(each, Callback):
            fix = f" Write {each.__name__}(…)." if isinstance(each, type) else " Derive it from tg.training.Callback."
            raise ArgumentError(f"fit(callbacks): got {each!r:.60}. Expected Callbacks.{fix}")
    return sorted(told, key=lambda each: isinstance(each, Checkpoint))


def _train(run: Run, interrupts: Interrupts, progress: Progress) -> None:
    run.model.train()
    try:
        run.tell("on_train_begin")
        progress.begin(run.epoch, run.resumed_from)
        while run.epoch < run.epochs and not run.history.stopped:
            _epoch(run, interrupts, progress)
            if interrupts.pressed and not run.history.stopped:              # while it was validated
                run.stop(f"Ctrl-C after epoch {run.epoch}; what was learnt is kept")
    finally:
        run.model.eval()
        run.model.zero_grad()               # else one's own loop, or the next check, would add to the last batch's
    run.tell("on_train_end")


def _epoch(run: Run, interrupts: Interrupts, progress: Progress) -> None:
    """Visit all examples once, or until Ctrl-C."""
    run.tell("on_epoch_begin")
    total, seen, batches = 0.0, 0, len(run.loader)
    outputs: list[Any] = []
    for batch, (x, y) in enumerate(run.loader):
        run.batch = batch
        loss, predictions = _step(run, x, y)
        total, seen = total + loss * len(x), seen + len(x)
        if run.metrics:
            outputs.append((predictions, y))
        run.tell("on_batch_end")
        progress.batch()
        if interrupts.pressed and batch + 1 < batches:
            run.stop(f"Ctrl-C in epoch {run.epoch + 1}, after {run.batch + 1} of its {batches} batches; "
                     "what was learnt is kept")
        if run.history.stopped:
            break
    values = {"loss": total / seen, **_measured(run.metrics, outputs)}
    if run.validation is not None:
        x, y = run.validation
        reached = _evaluated(run.model, x, y, run.loss, run.metrics)
        values.update({f"val_{name}": number for name, number in reached.items()})
    run.epoch += 1
    run.history.add(**values)
    progress.epoch(run.epoch, values)
    run.tell("on_epoch_end")


def _step(run: Run, x: Any, y: Any) -> tuple[float, Any]:
    """One step of the optimizer on one batch: the loss, and the predictions."""
    with np.errstate(all="ignore"):                     # what is not finite is found below, and said better
        outputs = run.model(x)
        loss = run.loss(outputs, y)
    value = _number(loss)
    if not math.isfinite(value):
        raise AnomalyError(f"the loss is {value} in epoch {run.epoch + 1}, batch {run.batch + 1}. "
                           f"{_first_bad(run, x, y)}")
    run.optimizer.zero_grad()
    try:
        loss.backward()
    except NonFiniteGradientWarning as warning:
        raise AnomalyError(f"in epoch {run.epoch + 1}, batch {run.batch + 1}: {_bad_data(run) or warning}") from None
    run.loss_now = value
    run.tell("before_step")
    run.optimizer.step()
    return value, outputs.numpy() if run.metrics else None


def _first_bad(run: Run, x: Any, y: Any) -> str:
    """What first was not finite, in words: the data, a parameter, or the result of an operation."""
    if words := _bad_data(run):
        return words
    try:
        with detect_anomaly():
            run.loss(run.model(x), y)
    except AnomalyError as error:
        return str(error)
    bad = [name for name, p in run.model.named_parameters() if not np.isfinite(p.numpy()).all()]
    return f"Not finite: the parameters {', '.join(bad)}." if bad else "The loss function gave it for finite numbers."


def _bad_data(run: Run) -> str:
    """Where a number of all examples and targets is not finite, in words."""
    named = zip("xy", run.loader.arrays, strict=True)
    return " ".join(filter(None, (not_finite(name, each) for name, each in named if each.dtype.kind == "f")))


def _number(loss: Any) -> float:
    """The value of a loss."""
    if not isinstance(loss, Tensor) or loss.size != 1:
        got = f"shape {loss.shape}" if isinstance(loss, (Tensor, np.ndarray)) else f"a {type(loss).__name__}"
        raise ArgumentError(f"the loss function gave {got}. Expected a Tensor with one number, the mean over the "
                            "examples: end it with tg.mean(…).")
    return float(loss.item())


def _some(who: str, x: Any) -> Any:
    """Examples, of which there must be at least one."""
    if not len(x):
        raise ShapeError(f"{who}: got x of shape {x.shape}. Expected at least one example.")
    return x


@contextmanager
def _errors_for_gradients() -> Iterator[None]:
    """A block in which a gradient that is not finite is an error, since a step would spoil the weights."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", NonFiniteGradientWarning)
        yield


def _measured(metrics: Any, outputs: list[Any]) -> dict[str, float]:
    if not metrics:
        return {}
    predictions, targets = (np.concatenate(each) for each in zip(*outputs, strict=True))
    return {name: known_metrics.one_number(name, metric(predictions, targets)) for name, metric in metrics}


def evaluate(model: Module, x: Any, y: Any, *, loss: Any, metrics: Sequence[Any] = ()) -> dict[str, float]:
    """The loss and the metrics on examples that are not learnt from; what `model.evaluate(...)` does.

    Args:
        model: in use, as after `eval()`.
        x: (N, ...) examples.
        y: (N, ...) targets.
        loss: its name or function.
        metrics: names or functions.
    Returns: {"loss": ..., and each metric by its name}.
    """
    x = _some("evaluate", examples_for(model, x))
    return _evaluated(model, x, targets_for(x, y), losses.get(loss), known_metrics.named(metrics))


def _evaluated(model: Module, x: Any, y: Any, function: Any, named: Any) -> dict[str, float]:
    total, outputs = 0.0, []
    with evaluating(model):                 # recorded, so that losses see which layer made the probabilities
        for start in range(0, len(x), LARGE):
            part = slice(start, start + LARGE)
            predictions = model(x[part])
            total += _number(function(predictions, y[part])) * len(x[part])
            outputs.append((predictions.numpy(), y[part]))
    return {"loss": total / len(x), **_measured(named, outputs)}


def predict(model: Module, x: Any, *, class_names: Sequence[Any] | None = None) -> Any:
    """What the model gives for the examples x (N, ...), as an array; what `model.predict(x)` does.

    Args:
        model: in use, as after `eval()`.
        x: (N, ...) examples.
        class_names: how the classes are called; then the name of the likeliest class of each example is returned.
    """
    x = examples_for(model, x)
    with no_grad(), evaluating(model):
        parts = [model(x[start:start + LARGE]) for start in range(0, max(len(x), 1), LARGE)]
    outputs = np.concatenate([part.numpy() if isinstance(part, Tensor) else np.asarray(part) for part in parts])
    if class_names is None:
        return outputs
    names, count = list(class_names), outputs.shape[-1] if outputs.ndim > 1 and outputs.shape[-1] > 1 else 2
    if len(names) != count:
        raise ArgumentError(f"predict(class_names): got {len(names)} names. Expected {count}, one a class.")
    return np.asarray(names)[known_metrics.classes(outputs)]
