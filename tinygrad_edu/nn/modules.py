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

from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any, Self

import numpy as np

from ..core.modes import enter_module, leave
from ..core.tensors import Tensor
from ..errors import ArgumentError, GraphError
from .parameters import is_parameter

Witness = Callable[[str, "Module", Any], object]


class Running:
    """The module whose forward function runs, its dotted name, and who wants to know what the modules within give."""

    __slots__ = ("module", "names", "path", "witness")

    def __init__(self, module: Module | None, path: str, witness: Witness | None) -> None:
        self.module, self.path, self.witness = module, path, witness
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
        token = running.set(Running(self, path, witness))
        modes = enter_module(path) if path else None
        try:
            inputs = self._accepted(*inputs)
            if not self.built:
                self._build_for(inputs)
            out = self.forward(*inputs, **options)
        except Exception as error:
            if path and not getattr(error, "__notes__", None):
                error.add_note(f"in {path}, which is {type(self).__name__}({self._described()})")
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

    def fit(self, x: Any, y: Any = None, **options: Any) -> Any:
        """Train by mini-batch gradient descent: `model.fit(x, y, loss="mse", epochs=10)`, see `tg.training.fit`."""
        from ..training import fit
        return fit(self, x, y, **options)

    def evaluate(self, x: Any, y: Any, **options: Any) -> Any:
        """The loss and metrics on examples that are not learnt from, see `tg.training.evaluate`."""
        from ..training import evaluate
        return evaluate(self, x, y, **options)

    def predict(self, x: Any, **options: Any) -> Any:
        """What the model gives, as an array, see `tg.training.predict`."""
        from ..training import predict
        return predict(self, x, **options)

    def summary(self, input_shape: int | tuple[int, ...] | None = None) -> Any:
        """A table of layers, output shapes and numbers of parameters.

        Args:
            input_shape: that of one example, if the model has not seen one yet.
        """
        from .summary import summarise
        return summarise(self, input_shape)

    def graph(self, x: Any, y: Any = None, loss: Any = None, **options: Any) -> Any:
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
        lost = not value.is_leaf if isinstance(value, Tensor) else isinstance(value, (np.ndarray, int, float, list))
        if lost and is_parameter(vars(self).get(name)):
            what = "a computed Tensor" if isinstance(value, Tensor) else f"a plain {type(value).__name__}"
            raise ArgumentError(f"{name} is a parameter, and got {what}, which no optimizer would move. Write "
                                f"module.{name}.data = value for a new value, or nn.Parameter(value) for a new one.")
        super().__setattr__(name, value)

    def __repr__(self) -> str:
        """The class and the modules within, one line each."""
        inner = [(name, each) for name, each in self.members() if isinstance(each, Module)]
        own = self._described()
        if not inner:
            return f"{type(self).__name__}({own})"
        lines = "".join(f"\n  ({name}): " + repr(each).replace("\n", "\n  ") for name, each in inner)
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


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
