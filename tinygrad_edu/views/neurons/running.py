"""Running: what examples do in a network, and what they want of it.

    describe(model, x, y, ...) -> Network

The nudges are minus the gradients that the engine gives for the recorded activations and weights. Of several examples
they are means: with a cost that is a mean over the examples, the sum over the examples of ∂C/∂a is the mean of those
of single examples. No `.grad` is touched. Read `reading.py` before this file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...core.modes import enable_grad
from ...core.passes import gradients
from ...core.tensors import Tensor
from ...errors import ArgumentError, DTypeError, ShapeError
from ...nn import losses
from .model import Array, Layer, Network, Role, Shown
from .reading import Column, check_kind, columns_of, examples_of, is_relu, stacked, zeros_for

ONE = {"weights": "weight", "biases": "bias", "activations": "activation", "nudges": "nudge",
       "nudges of weights": "nudge of a weight"}
LOSS_WORDS = {"sum_of_squares": "sum of squares", "mean_squared_error": "mean squared error",
              "mean_absolute_error": "mean absolute error", "binary_crossentropy": "cross-entropy",
              "categorical_crossentropy": "cross-entropy"}


@dataclass
class Cost:
    """The cost C as a recorded number, what it is, and what was wanted (N, units)."""

    value: Tensor
    wanted: Array
    words: str
    chosen: bool


def describe(model: Any, x: Any = None, y: Any = None, *, show: Shown | None = None,
             class_names: Sequence[Any] | None = None, feature_names: Sequence[Any] | None = None,
             loss: Any = None, image_shape: Any = "auto") -> Network:
    """The network as plain data; see `diagram` for the arguments."""
    check_kind(model)
    shown = _shown(show, x, y)
    array, single = (zeros_for(model), True) if x is None else examples_of(model, x)
    columns = columns_of(model, array, image_shape)
    outputs = _names("class_names", class_names, columns[-1])
    cost = None if y is None else _cost(model, columns[-1], y, outputs, loss, single)
    layers = _layers(columns, known=x is not None, cost=cost, nudged=shown == "nudges")
    named = _named(layers, outputs, _names("feature_names", feature_names, columns[0]), columns[-1], y)
    found = Network(title=_title(columns), layers=named, shown=shown, examples=0 if x is None else len(array),
                    cost=None if cost is None else float(cost.value.item()), loss="" if cost is None else cost.words,
                    chosen=cost is not None and cost.chosen)
    return _with_troubles(found)


def _shown(show: Any, x: Any, y: Any) -> Shown:
    if show is None:
        return "weights" if x is None else "activations" if y is None else "nudges"
    if show not in ("weights", "activations", "nudges"):
        raise ArgumentError(f'diagram(show): got {show!r:.40}. Expected "weights", "activations" or "nudges".')
    missing = "x" if x is None and show != "weights" else "y" if y is None and show == "nudges" else ""
    if missing or (x is None and y is not None):
        what = {"x": "an example", "y": "what it should give"}[missing or "x"]
        raise ArgumentError(f"diagram(show={show!r}): got no {missing or 'x'}. Expected {what}: "
                            f"model.diagram({'x, y' if show == 'nudges' or y is not None else 'x'}).")
    return show                                                             # type: ignore[no-any-return]


def _title(columns: list[Column]) -> str:
    if not all(column.has_units for column in columns):
        return "A network from " + " to ".join("×".join(map(str, column.shape)) for column in (columns[0], columns[-1]))
    sizes = [column.shape[0] for column in columns]
    if len(sizes) == 2 and sizes[1] == 1:
        return f"A neuron with {sizes[0]} input{'s' * (sizes[0] > 1)}"
    return f"A {'-'.join(map(str, sizes))} network"


# -- names ------------------------------------------------------------------------------------------------------------


def _names(argument: str, names: Sequence[Any] | None, column: Column) -> tuple[str, ...]:
    if names is None:
        return ()
    if isinstance(names, str) or not column.has_units or len(names) != column.shape[0]:
        # two classes and a single output: the probability of the second
        if argument == "class_names" and column.shape == (1,) and not isinstance(names, str) and len(names) == 2:
            return (str(names[1]),)
        count = "a single string" if isinstance(names, str) else f"{len(names)} names"
        raise ArgumentError(f"diagram({argument}): got {count}. Expected a list of {column.shape[-1]}, one for each "
                            f"{'output' if argument == 'class_names' else 'input'}.")
    return tuple(map(str, names))


def _named(layers: list[Layer], outputs: tuple[str, ...], inputs: tuple[str, ...], last: Column,
           y: Any) -> tuple[Layer, ...]:
    """The layers with the names of their units; outputs that are classes have their numbers."""
    several = last.has_units and last.shape[0] > 1
    labelled = y is not None and _are_labels(np.asarray(_raw(y)), last)
    if not outputs and several and (labelled or last.activation in ("softmax", "log_softmax")):
        outputs = tuple(map(str, range(last.shape[0])))
    return (replace(layers[0], names=inputs), *layers[1:-1], replace(layers[-1], names=outputs))


# -- the cost ---------------------------------------------------------------------------------------------------------


def _raw(y: Any) -> Any:
    return y.numpy() if isinstance(y, Tensor) else y


def _are_labels(y: Array, last: Column) -> bool:
    return y.dtype.kind in "biu" and y.shape[-1:] != last.shape


def _cost(model: Any, last: Column, y: Any, names: tuple[str, ...], loss: Any, single: bool) -> Cost:
    if not last.has_units:
        raise ShapeError(f"diagram(y): the model's outputs have shape {last.shape}, and nudges are drawn for a row of "
                         "units. Expected a model that ends in Dense.")
    examples = len(last.outputs[0].data)
    labels = np.asarray(_raw(y))
    wanted = _wanted(labels, last, names, examples, single)
    name, function, options = _loss(model, last, labels, loss)
    with enable_grad(), np.errstate(all="ignore"):
        predictions = stacked(last.outputs)
        value = function(predictions, wanted.reshape(predictions.shape), **options)
    if not isinstance(value, Tensor) or value.size != 1 or not value.requires_grad:
        got = f"shape {value.shape}" if isinstance(value, Tensor) else type(value).__name__
        raise ArgumentError(f"diagram(loss): got {got} from the loss. Expected "
                            "a single recorded number, made of the predictions by functions of tinygrad_edu.")
    return Cost(value, wanted, LOSS_WORDS.get(name, name.replace("_", " ")), loss is None)


def _wanted(y: Array, last: Column, names: tuple[str, ...], examples: int, single: bool) -> Array:
    """The targets as numbers for each output, (N, units)."""
    (units,) = last.shape
    if y.dtype.kind in "US" and names:
        y = _positions(y, names)
    if y.dtype.kind not in "biuf":
        raise DTypeError(f"diagram(y): got {y.dtype}. Expected a label (a whole number), a number for each output, or "
                         "with class_names=… a name of a class.")
    if y.shape == (examples, units) or (single and y.shape == (units,)):
        return y.reshape(examples, units).astype(last.outputs[0].dtype)
    if y.shape not in ((examples,), (examples, 1)) and not (single and y.shape == ()):
        raise ShapeError(f"diagram(y): got y of shape {y.shape} for {examples} example{'s' * (examples > 1)} and "
                         f"{units} output{'s' * (units > 1)}. Expected {_shapes(examples, units, single)}.")
    y = y.reshape(examples)
    if units == 1:
        return y[:, None].astype(last.outputs[0].dtype)
    bad = y[~((y == np.rint(y)) & (y >= 0) & (y < units))]
    if len(bad):
        raise ArgumentError(f"diagram(y): got the label {bad[0]:g}. Expected whole numbers from 0 to {units - 1}, one "
                            f"for each of the {units} outputs; or numbers of shape ({examples}, {units}).")
    found: Array = np.eye(units, dtype=last.outputs[0].dtype)[y.astype(int)]
    return found


def _positions(y: Array, names: tuple[str, ...]) -> Array:
    unknown = [each for each in y.ravel() if each not in names]
    if unknown:
        raise ArgumentError(f"diagram(y): got {str(unknown[0])!r}, which is none of class_names: {', '.join(names)}.")
    return np.array([names.index(each) for each in y.ravel()]).reshape(y.shape)


def _shapes(examples: int, units: int, single: bool) -> str:
    if single:
        return f"a single number, or shape ({units},)" if units == 1 else f"a label, or shape ({units},)"
    return f"labels of shape ({examples},), or numbers of shape ({examples}, {units})"


def _loss(model: Any, last: Column, y: Array, loss: Any) -> tuple[str, Any, dict[str, Any]]:
    """The name of the loss, its function and options: as given, as the model has it, or what suits its outputs."""
    own = loss if loss is not None else getattr(model, "loss_name", None)
    if own is not None:
        function = losses.get(own)
        return str(getattr(function, "__name__", "the loss")), function, {}
    several, options = last.shape[0] > 1, {}
    if several and last.activation == "softmax":
        name = "categorical_crossentropy"
    elif several and (last.activation == "log_softmax" or (last.activation == "linear" and _are_labels(y, last))):
        name, options = "categorical_crossentropy", {"from_logits": True}
    elif not several and last.activation == "sigmoid" and ((y >= 0) & (y <= 1)).all():
        name = "binary_crossentropy"
    else:
        name = "sum_of_squares"
    return name, losses.get(name), options


# -- layers -----------------------------------------------------------------------------------------------------------


def _layers(columns: list[Column], *, known: bool, cost: Cost | None, nudged: bool) -> list[Layer]:
    pulls = _pulls(columns, cost) if nudged and cost is not None else {}
    headings, found = _headings(columns), []
    for i, (column, heading) in enumerate(zip(columns, headings, strict=True)):
        role: Role = "input" if i == 0 else "output" if i == len(columns) - 1 else "hidden"
        seen = column.seen() if known else None
        units = seen if column.has_units else None
        found.append(Layer(
            role=role, heading=heading, shape=column.shape, path=column.path, activation=column.activation,
            notes=tuple(column.notes), via=column.via, image=column.image, weights=column.weight_values(),
            biases=column.as_biases([b.numpy() for b in column.biases]),
            values=None if seen is None else seen.mean(axis=0), seen=units,
            sums=column.sums.mean(axis=0) if known and column.sums is not None else None,
            off=(units == 0).all(axis=0) if units is not None and is_relu(column.activation) else None,
            wanted=cost.wanted.mean(axis=0) if cost is not None and role == "output" else None, **pulls.get(i, {})))
    return found


def _headings(columns: list[Column]) -> list[str]:
    hidden = [i for i, column in enumerate(columns[1:-1], 1) if not column.word]
    numbers = {i: f"hidden {k}" if len(hidden) > 1 else "hidden" for k, i in enumerate(hidden, 1)}
    return ["input", *(column.word or numbers[i] for i, column in enumerate(columns[1:-1], 1)), "output"]


def _pulls(columns: list[Column], cost: Cost) -> dict[int, dict[str, Any]]:
    """Minus the gradients of the cost, for each column: by its units, weights and biases."""
    wanted = list({id(t): t for column in columns[1:] for t in (*column.outputs, *column.weights, *column.biases)
                   if t.requires_grad}.values())
    found = gradients(cost.value, wanted, allow_unused=True)
    by_tensor = {id(t): None if g is None else -g.numpy() for t, g in zip(wanted, found, strict=True)}
    pulls: dict[int, dict[str, Any]] = {}
    for i, column in enumerate(columns[1:], 1):
        by_units = _of_units(column, [by_tensor.get(id(t)) for t in column.outputs])
        by_sums = by_units is None and i == len(columns) - 1
        if by_sums:             # the loss took what went into sigmoid or softmax, for a logarithm that is never of 0
            before = [t.inputs[0] for t in column.outputs if t.inputs and t.inputs[0].__class__ is Tensor]
            by_units = _of_units(column, [None if g is None else -g.numpy()
                                          for g in gradients(cost.value, before, allow_unused=True)])
        pulls[i] = {"nudges": by_units, "by_sums": by_sums,
                    "weight_nudges": column.as_weights(_all([by_tensor.get(id(t)) for t in column.weights])),
                    "bias_nudges": column.as_biases(_all([by_tensor.get(id(t)) for t in column.biases]))}
    return pulls


def _all(arrays: list[Array | None]) -> list[Array]:
    """The arrays, or none if some are unknown."""
    known = [each for each in arrays if each is not None]
    return known if len(known) == len(arrays) else []


def _of_units(column: Column, arrays: list[Array | None]) -> Array | None:
    """The sum over the examples, for each unit."""
    known = _all(arrays)
    if not known:
        return None
    table = known[0].reshape(-1, *column.shape) if len(known) == 1 else np.stack(known, axis=1)
    return np.asarray(table.sum(axis=0))


# -- what is not finite -----------------------------------------------------------------------------------------------


def _with_troubles(network: Network) -> Network:
    """The network with a sentence for each layer with numbers that are NaN or infinite."""
    has_cost = network.cost is None or np.isfinite(network.cost)
    found = [] if has_cost else ["the cost is not finite, so there are no nudges"
                                 if network.shown == "nudges" else "the cost is not finite"]
    for layer in network.layers:
        pulls = (("nudges", layer.nudges), ("nudges of weights", layer.weight_nudges)) if has_cost else ()
        bad = [f"{n} {what if n > 1 else ONE[what]}" for what, array in (
            ("weights", layer.weights), ("biases", layer.biases), ("activations", layer.values), *pulls)
            if array is not None and (n := int((~np.isfinite(array)).sum()))]
        if bad:
            found.append(f"{layer.heading}: {', '.join(bad)} not finite")
    return replace(network, troubles=tuple(found))
