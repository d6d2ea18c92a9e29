"""The loop: fit, evaluate and predict, which models have as methods.

    for epoch:  for x, y in loader:  loss = …; loss.backward(); opt.step()

That is all `fit` does; around it are shuffling, metrics, validation, callbacks, a progress bar, and care for Ctrl-C and
for numbers that are not finite. Read `callbacks.py` after this file.
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
from ..data.loading import DataLoader, frozen
from ..errors import AnomalyError, ArgumentError, NonFiniteGradientWarning, ShapeError
from ..nn import losses
from ..nn.modules import Module
from ..nn.names import found
from ..nn.parameters import default_dtype
from ..nn.summary import evaluating
from ..optim import SGD, Adagrad, Adam, AdamW, Optimizer, RMSProp
from ..random import generator
from . import metrics as known_metrics
from .callbacks import Callback, Run
from .history import History
from .progress import Progress
from .stopping import Interrupts

OPTIMIZERS = {"sgd": SGD, "adagrad": Adagrad, "rmsprop": RMSProp, "adam": Adam, "adamw": AdamW}
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
        metrics: names or functions of predictions and targets, such as "accuracy".
        validation_data: (x, y) that are only looked at, after each epoch.
        validation_split: or the share of the examples to hold back for this, from their end.
        callbacks: what else shall happen, see `training.callbacks`.
        seed: of the order of the examples: a number or a generator; None for the library's own generator.
        verbose: 1 for a progress bar and a line for each epoch, 2 for the lines alone, 0 for silence.
    Returns: a History.
    Raises: AnomalyError if the loss or a gradient is not finite, with epoch, batch and the operation where it began;
        the parameters are then those of the step before, and the error's `history` holds what was reached.
    """
    run = _prepared(model, x, y, loss, epochs, batch_size, optimizer, metrics, validation_data, validation_split,
                    callbacks, seed)
    progress = Progress(verbose, epochs, len(run.loader))
    try:
        with Interrupts() as interrupts, _errors_for_gradients():
            _train(run, interrupts, progress)
    except AnomalyError as error:
        error.history = run.history                                         # type: ignore[attr-defined]
        raise
    finally:
        progress.end(f"stopped: {run.history.stopped}" if run.history.stopped else "")
    return run.history


def _prepared(model: Module, x: Any, y: Any, loss: Any, epochs: int, batch_size: int, optimizer: Any, metrics: Any,
              validation_data: Any, validation_split: float, callbacks: Any, seed: Any) -> Run:
    """Everything checked and built, before anything is learnt."""
    if epochs != int(epochs) or epochs < 0:
        raise ArgumentError(f"fit(epochs): got {epochs!r}. Expected a whole number of at least 0.")
    if not 0 <= validation_split < 1:
        raise ArgumentError(f"fit(validation_split): got {validation_split!r}. Expected a share from 0 to below 1.")
    if isinstance(x, DataLoader):
        if y is not None or validation_split:
            raise ArgumentError("fit(loader): a DataLoader brings its targets, and cannot be split. Expected no y and "
                                "no validation_split.")
        loader = x
    else:
        x, y = _in_dtype_of(model, x), _targets(x, y)
        if validation_split:
            cut = len(x) - max(1, round(validation_split * len(x)))
            x, y, validation_data = x[:cut], y[:cut], (x[cut:], y[cut:])
        loader = DataLoader(x, y, batch_size=batch_size, seed=generator(seed))
    if len(loader.arrays) != 2:
        raise ArgumentError("fit: expected examples and targets. Write fit(x, y), or fit(DataLoader(x, y)).")
    with no_grad(), evaluating(model):
        model(loader.arrays[0][:1])                                         # makes the parameters, if need be
    chosen = optimizer if isinstance(optimizer, Optimizer) else found("optimizer", optimizer, OPTIMIZERS)()
    if chosen.params is None:
        chosen.bind(model.parameters())
    if validation_data is not None:
        validation_data = _in_dtype_of(model, validation_data[0]), _targets(*validation_data)
    return Run(model, chosen, losses.get(loss), [known_metrics.get(each) for each in metrics], loader, validation_data,
               epochs, list(callbacks))


def _train(run: Run, interrupts: Interrupts, progress: Progress) -> None:
    run.model.train()
    run.tell("on_train_begin")
    while run.epoch < run.epochs and not run.history.stopped:
        _epoch(run, interrupts, progress)
    run.model.eval()
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
        if interrupts.pressed:
            run.stop(f"Ctrl-C in epoch {run.epoch + 1}, after {run.batch + 1} of its {batches} batches; "
                     "what was learnt is kept")
        if run.history.stopped:
            break
    values = {"loss": total / seen, **_measured(run.metrics, outputs)}
    if run.validation is not None:
        reached = evaluate(run.model, *run.validation, loss=run.loss, metrics=run.metrics)
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
    value = float(loss.item())
    if not math.isfinite(value):
        raise AnomalyError(f"the loss is {value} in epoch {run.epoch + 1}, batch {run.batch + 1}. "
                           f"{_first_bad(run, x, y)}")
    for p in run.optimizer.params or ():
        p.grad = None
    try:
        loss.backward()
    except NonFiniteGradientWarning as warning:
        raise AnomalyError(f"in epoch {run.epoch + 1}, batch {run.batch + 1}: {warning}") from None
    run.loss_now = value
    run.tell("before_step")
    run.optimizer.step()
    return value, outputs.numpy() if run.metrics else None


def _first_bad(run: Run, x: Any, y: Any) -> str:
    """Which operation first gave something that is not finite, in words."""
    try:
        with detect_anomaly():
            run.loss(run.model(x), y)
    except AnomalyError as error:
        return str(error)
    bad = [name for name, p in run.model.named_parameters() if not np.isfinite(p.numpy()).all()]
    return (f"The parameters {', '.join(bad)} are not finite." if bad
            else "The examples or targets of this batch are not finite.")


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
    return {name: float(metric(predictions, targets)) for name, metric in metrics}


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
    x, y = _in_dtype_of(model, x), _targets(x, y)
    function = losses.get(loss)
    named = [each if isinstance(each, tuple) else known_metrics.get(each) for each in metrics]
    total, outputs = 0.0, []
    with evaluating(model):                 # recorded, so that losses see which layer made the probabilities
        for start in range(0, len(x), LARGE):
            part = slice(start, start + LARGE)
            predictions = model(x[part])
            total += float(function(predictions, y[part]).item()) * len(x[part])
            outputs.append((predictions.numpy(), y[part]))
    return {"loss": total / len(x), **_measured(named, outputs)}


def predict(model: Module, x: Any, *, class_names: Sequence[Any] | None = None) -> Any:
    """What the model gives for the examples x (N, ...), as an array; what `model.predict(x)` does.

    Args:
        model: in use, as after `eval()`.
        x: (N, ...) examples.
        class_names: how the classes are called; then the name of the likeliest class of each example is returned.
    """
    x = _in_dtype_of(model, x)
    with no_grad(), evaluating(model):
        parts = [model(x[start:start + LARGE]) for start in range(0, max(len(x), 1), LARGE)]
    outputs = np.concatenate([part.numpy() if isinstance(part, Tensor) else np.asarray(part) for part in parts])
    if class_names is None:
        return outputs
    chosen = known_metrics.classes(outputs)
    count = outputs.shape[-1] if outputs.ndim > 1 and outputs.shape[-1] > 1 else 2
    if len(class_names) != count:
        raise ArgumentError(f"predict(class_names): got {len(class_names)} names. Expected {count}, one a class.")
    return np.asarray(class_names)[chosen]


# -- what goes in -----------------------------------------------------------------------------------------------------


def _in_dtype_of(model: Module, x: Any) -> Any:
    """The examples as a read-only array in the model's dtype, so that no batch is converted again."""
    array = np.asarray(x.data if isinstance(x, Tensor) else x)
    if not array.ndim:
        raise ShapeError("expected examples along the first axis of x; got a single number.")
    dtype = next((p.dtype for _, p in model.named_parameters()), default_dtype())
    return array if array.dtype == dtype and not array.flags.writeable else frozen(array.astype(dtype))


def _targets(x: Any, y: Any) -> Any:
    array = np.asarray(y.data if isinstance(y, Tensor) else y)
    count = len(x)
    if y is None or array.ndim == 0 or len(array) != count:
        got = "no y" if y is None else f"y of shape {array.shape}"
        raise ShapeError(f"got {count} examples and {got}. Expected one target for each.")
    return array if not array.flags.writeable else frozen(array.copy())
