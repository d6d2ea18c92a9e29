"""Module: a layer or a network, that is parameters and other modules as attributes, and a forward function.

    class Line(nn.Module):
        def __init__(self):
            self.slope, self.offset = nn.Parameter(1.0), nn.Parameter(0.0)

        def forward(self, x):
            return self.slope * x + self.offset

What a module is made of is found among its attributes, also in lists and dicts, in the order in which they were
assigned; its dotted name says where ("layers.0.weight"). Each operation that runs inside a module is recorded with the
dotted name of that module. Read `parameters.py` before this file, and `state.py` and `summary.py` after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from ..core.modes import enter_module, leave
from ..core.tensors import Tensor
from ..errors import ArgumentError, GraphError, no_such_name, options_elsewhere
from .elsewhere import OF_FIT, OF_MODULES
from .parameters import is_parameter

Witness = Callable[[str, "Module", Any], object]


class Running:
    """The module whose forward function runs, its dotted name, and who wants to know what the modules within give."""

    __slots__ = ("before", "module", "names", "path", "witness")

    def __init__(self, module: Module | None, path: str, witness: Witness | None,
                 before: list[tuple[Module, dict[str, Any]]] | None = None) -> None:
        self.module, self.path, self.witness = module, path, witness
        self.before = [] if before is None else before      # modules that made their parameters, as they were before
        self.names: dict[int, str] = {}             # of the modules within, filled when the first of them is called

    def path_of(self, module: Module) -> str:
        """The dotted name of a module that is called from here: by its place within this one, else by its class."""
        if self.module is None:
            return ""
        if id(module) not in self.names:
            direct = ((name, each) for name, each in self.module.members() if isinstance(each, Module))
            self.names = {id(each): name for name, each in reversed([*direct])}
        name = self.names.get(id(module)) or next((name for name, each in self.module.named_modules()
                                                   if each is module), None)
        return _joined(self.path, name or type(module).__name__.lower())


running: ContextVar[Running | None] = ContextVar("tinygrad_edu_running", default=None)


class Module:
    """The base of layers and networks: write `forward`, call the module, and its parameters are found.

    A layer whose parameters depend on the shape of its input makes them in `build`, which is called once before the
    first `forward`. `training` is True until `eval()`; Dropout and BatchNorm ask for it.

    >>> from tinygrad_edu import nn
    >>> class Line(nn.Module):
    ...     def __init__(self):
    ...         self.slope, self.offset = nn.Parameter(2.0), nn.Parameter(1.0)
    ...     def forward(self, x):
    ...         return self.slope * x + self.offset
    >>> line = Line()
    >>> line(3.0).item(), [name for name, _ in line.named_parameters()]
    (7.0, ['slope', 'offset'])
    """

    training = True
    built = False
    _elsewhere: ClassVar[Mapping[str, str]] = OF_MODULES

    def forward(self, *inputs: Any) -> Any:
        """What the module computes; to be written by each kind of module."""
        raise NotImplementedError(f"{type(self).__name__} has no forward function. "
                                  "Write def forward(self, x): ... in the class.")

    def build(self, input_shape: tuple[int, ...]) -> None:
        """Make the parameters for inputs of this shape (without the axis of examples); called once."""

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """`forward`, with the parameters made and the operations recorded as this module's."""
        outer = running.get()
        path, witness = ("", None) if outer is None else (outer.path_of(self), outer.witness)
        outermost = outer is None or outer.module is None
        here = Running(self, path, witness, None if outermost or outer is None else outer.before)
        token = running.set(here)
        modes = enter_module(path) if path else None
        try:
            inputs = self._accepted(*inputs)
            if not self.built:
                if self._builds:
                    here.before.append((self, dict(vars(self))))
                self._build_for(inputs)
            out = self.forward(*inputs, **options)
        except Exception as error:
            if path and not getattr(error, "__notes__", None):
                error.add_note(f"in {path}, which is {type(self).__name__}({self._described()})")
            if outermost:                       # parameters made for a wrong input would refuse the right one
                for module, attributes in here.before:
                    vars(module).clear()
                    vars(module).update(attributes)
            raise
        finally:
            if modes is not None:
                leave(*modes)
            running.reset(token)
        if witness is not None:
            witness(path, self, out)
        return out

    def _accepted(self, *inputs: Any) -> tuple[Any, ...]:
        """The inputs as `forward` gets them; layers convert and check them here."""
        return inputs

    def _build_for(self, inputs: tuple[Any, ...]) -> None:
        if self._builds and inputs:
            self.build(tuple(np.shape(getattr(inputs[0], "_value", inputs[0])))[1:])
        self.built = True

    @property
    def _builds(self) -> bool:
        """Whether this kind of module makes its parameters in `build`."""
        return type(self).build is not Module.build

    # -- what it is made of -----------------------------------------------------------------------------------------

    def members(self) -> Iterator[tuple[str, Any]]:
        """The tensors and modules among the attributes, in order, with their names; those in containers as "list.0"."""
        for name, value in vars(self).items():
            yield from _found(name, value)

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """The module itself (called "") and all modules within, each once, with their dotted names."""
        seen: set[int] = set()
        stack: list[tuple[str, Module]] = [(prefix, self)]
        while stack:
            path, module = stack.pop()
            if id(module) in seen:
                continue
            seen.add(id(module))
            yield path, module
            inner = [(_joined(path, name), each) for name, each in module.members() if isinstance(each, Module)]
            stack.extend(reversed(inner))

    def modules(self) -> list[Module]:
        """All modules: the module itself and those within."""
        return [module for _, module in self.named_modules()]

    def named_parameters(self) -> Iterator[tuple[str, Tensor]]:
        """All parameters with their dotted names, each once, in the order of the attributes."""
        return ((name, t) for name, t in self._named_tensors() if is_parameter(t))

    def parameters(self) -> list[Tensor]:
        """All parameters, each once: what an optimizer takes.

        Raises: GraphError if some modules have theirs and others wait for their first input, and would be missed.
        """
        found = [t for _, t in self.named_parameters()]
        if found:                                   # an optimizer refuses an empty list itself
            self._check_built("parameters()")
        return found

    def named_buffers(self) -> Iterator[tuple[str, Tensor]]:
        """The tensors that belong to the state but are not trained, such as the running mean of BatchNorm."""
        return ((name, t) for name, t in self._named_tensors() if not is_parameter(t))

    def _named_tensors(self) -> Iterator[tuple[str, Tensor]]:
        seen: set[int] = set()
        for path, module in self.named_modules():
            for name, each in module.members():
                if each.__class__ is Tensor and each.is_leaf and id(each) not in seen:
                    seen.add(id(each))
                    yield _joined(path, name), each

    # -- training ---------------------------------------------------------------------------------------------------

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for _, p in self.named_parameters():
            p.zero_grad()

    def train(self, mode: bool = True) -> Self:
        """Switch this module and all within to training (or, with False, to use)."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Switch to use: Dropout drops nothing, BatchNorm takes its running averages."""
        return self.train(False)

    def freeze(self) -> Self:
        """Keep the parameters as they are: they need no gradient until `unfreeze()`, and no optimizer moves them.

        >>> from tinygrad_edu import nn
        >>> model = nn.Sequential([nn.Dense(3, 2, seed=0), nn.Dense(1)])
        >>> model[0].freeze()
        Dense(3, inputs=2)
        >>> [p.requires_grad for p in model.parameters()]
        [False, False, True, True]
        """
        return self._set_frozen(True)

    def unfreeze(self) -> Self:
        """Let the parameters be trained again."""
        return self._set_frozen(False)

    def _set_frozen(self, frozen: bool) -> Self:
        self._check_built("unfreeze()" if not frozen else "freeze()")
        for p in self.parameters():
            p._own_extra().parameter = True         # so that it is known as a parameter without a gradient
            p.requires_grad = not frozen
        return self

    # -- state, and how it reads ------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, np.ndarray[Any, Any]]:
        """The values of all parameters and buffers by their dotted names, as copies."""
        self._check_built("state_dict()")
        return {name: t.numpy() for name, t in self._named_tensors()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over values by name. Names, shapes and dtypes must all fit, else nothing changes.

        Raises: StateError that lists every difference.
        """
        from .state import load
        load(self, state)

    def save(self, path: Any) -> None:
        """Write the state as `path` (.npz, without pickle; .safetensors with that library), whole or not at all."""
        from .state import save
        save(self, path)

    def load(self, path: Any) -> None:
        """Read a state that `save` wrote, and take it over like `load_state_dict`."""
        from .state import read
        self.load_state_dict(read(path))

    # -- training, which is in the package above --------------------------------------------------------------------

    @options_elsewhere(**OF_FIT)
    def fit(self, x: Any, y: Any = None, *, loss: Any, epochs: int = 1, batch_size: int = 32, optimizer: Any = "adam",
            metrics: Any = (), validation_data: Any = None, validation_split: float = 0.0, callbacks: Any = (),
            seed: Any = None, verbose: int = 1) -> Any:
        """Train by mini-batch gradient descent.

        Ctrl-C ends it after the current batch: what was learnt until then is kept, in the model and in the history.

        Args:
            x: (N, ...) examples, or a DataLoader of examples and targets.
            y: (N, ...) targets, of the shape of the outputs; or the numbers of classes (N,) for
                "categorical_crossentropy".
            loss: "mse", "mae", "huber", "sum_of_squares", "binary_crossentropy", "categorical_crossentropy", "hinge",
                or a function of predictions and targets.
            epochs: how often all examples are visited.
            batch_size: examples in a mini-batch.
            optimizer: "sgd", "adam", "adamw", "rmsprop", "adagrad", or an Optimizer, such as tg.optim.Adam(lr=0.01).
            metrics: "accuracy", "precision", "recall", "f1", "r2", …, or functions of predictions and targets.
            validation_data: (x, y) that are only looked at, after each epoch.
            validation_split: or the share of the examples to hold back for this, from their end.
            callbacks: such as tg.training.EarlyStopping(patience=5) or tg.training.Checkpoint("run.npz").
            seed: of the order of the examples.
            verbose: 1 for a progress bar and a line for each epoch, 2 for the lines alone, 0 for silence.
        Returns: a History: history["loss"], history.plot().
        Raises: AnomalyError if the loss or a gradient is not finite; see `tg.training.fit`.
        """
        from ..training import fit
        return fit(self, x, y, loss=loss, epochs=epochs, batch_size=batch_size, optimizer=optimizer, metrics=metrics,
                   validation_data=validation_data, validation_split=validation_split, callbacks=callbacks, seed=seed,
                   verbose=verbose)

    def evaluate(self, x: Any, y: Any, *, loss: Any, metrics: Any = ()) -> Any:
        """The loss and the metrics on examples that are not learnt from.

        Args:
            x: (N, ...) examples.
            y: (N, ...) targets.
            loss: its name or function, as in `fit`.
            metrics: names or functions, as in `fit`.
        Returns: {"loss": ..., and each metric by its name}.
        """
        from ..training import evaluate
        return evaluate(self, x, y, loss=loss, metrics=metrics)

    def predict(self, x: Any, *, class_names: Any = None) -> Any:
        """What the model gives for the examples x (N, ...), as an array.

        Args:
            x: (N, ...) examples.
            class_names: how the classes are called; then the name of the likeliest class of each example is returned.
        """
        from ..training import predict
        return predict(self, x, class_names=class_names)

    def summary(self, input_shape: int | tuple[int, ...] | None = None) -> Any:
        """A table of layers, output shapes and numbers of parameters.

        Args:
            input_shape: that of one example, if the model has not seen one yet.
        """
        from .summary import summarise
        return summarise(self, input_shape)

    def graph(self, x: Any = None, y: Any = None, loss: Any = None, **options: Any) -> Any:
        """The graph of what the model computes for examples `x`; with `y` and `loss`, up to the loss, with gradients.

        See `views.graphs.of_models.graph_of_model`.
        """
        from ..views.graphs.of_models import graph_of_model
        return graph_of_model(self, x, y, loss, **options)

    def diagram(self, x: Any = None, y: Any = None, **options: Any) -> Any:
        """The picture of neurons and layers, with activations for an example `x`; see `views.neurons.diagram`."""
        from ..views.neurons.diagram import diagram
        return diagram(self, x, y, **options)

    def __setattr__(self, name: str, value: Any) -> None:
        """Refuse numbers and computed Tensors in place of a parameter, which would silently no longer be trained."""
        if name == "trainable" and isinstance(value, bool) and not hasattr(self, name):
            raise ArgumentError(f"{type(self).__name__}.trainable = {value} would change nothing. Write "
                                f"model.{'unfreeze' if value else 'freeze'}().")
        lost = not value.is_leaf if isinstance(value, Tensor) else isinstance(value, (np.ndarray, int, float, list))
        if lost and is_parameter(vars(self).get(name)):
            what = "a computed Tensor" if isinstance(value, Tensor) else f"a plain {type(value).__name__}"
            raise ArgumentError(f"{name} is a parameter, and got {what}, which no optimizer would move. Write "
                                f"module.{name}.data = value for a new value, or nn.Parameter(value) for a new one.")
        super().__setattr__(name, value)

    if not TYPE_CHECKING:                   # type checkers see what there is
        def __getattr__(self, name: str) -> Any:
            """The error for what a module does not have, with what to write for names of Keras and PyTorch."""
            if name in self._elsewhere and not hasattr(type(self), name):
                raise no_such_name(type(self).__name__, name, self._elsewhere)
            return super().__getattribute__(name)       # raises the usual error, or that of a property

    def __repr__(self) -> str:
        """The class and the modules within, one line each."""
        inner = [(name, each) for name, each in self.members() if isinstance(each, Module)]
        own = self._described()
        if not inner:
            return f"{type(self).__name__}({own})"
        shown = [(name, repr(each).replace("\n", "\n  ")) for name, each in inner]
        lines = "".join(f"\n  ({name}): {said}" for name, said in _folded(shown))
        return f"{type(self).__name__}({own}{lines}\n)"

    def _described(self) -> str:
        """What `repr` says beside the class; each kind of layer has its own."""
        return ""

    def _check_built(self, wish: str) -> None:
        """Raise GraphError if a module within waits for its first input before it has parameters."""
        waiting = [path or type(module).__name__ for path, module in self.named_modules()
                   if module._builds and not module.built]
        if waiting:
            have = "has" if len(waiting) == 1 else "have"
            raise GraphError(f"{wish}: {', '.join(waiting)} {have} no parameters yet, because no input was seen. "
                             "Give the first layer its input_shape, or call the model on data first.")


def _found(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """A tensor or module that is an attribute, or those in a list, tuple or dict that is one."""
    if value.__class__ is Tensor or isinstance(value, Module):
        yield name, value
    elif isinstance(value, (list, tuple)):
        for i, each in enumerate(value):
            yield from _found(f"{name}.{i}", each)
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _found(f"{name}.{key}", each)


def _folded(shown: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Names with what is shown of them; of more than three alike that follow each other, one for all."""
    for said, run in groupby(shown, key=itemgetter(1)):
        names = [name for name, _ in run]
        if len(names) > 3:
            yield f"{names[0]} … {names[-1]}", f"{len(names)} × {said}"
        else:
            yield from ((name, said) for name in names)


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
