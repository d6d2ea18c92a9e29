"""Optimizer: what all of them share, which is parameters, a learning rate, and one state for each parameter.

    opt = tg.optim.SGD(model.parameters(), lr=0.1)
    loss.backward()
    opt.step()                  every parameter moves, by its gradient
    opt.zero_grad()

Each optimizer is one method, `update(value, g, state)`, on raw arrays.
Read `schedules.py` before this file and `sgd.py` after it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Self

import numpy as np

from ..core.tensors import Tensor
from ..errors import ArgumentError, GraphError, StateError, options_elsewhere
from .schedules import Schedule

State = dict[str, Any]          # of one parameter: arrays of its shape, and numbers
names_of_keras = options_elsewhere(learning_rate="lr=…", beta_1="betas=(0.9, 0.999)", beta_2="betas=(0.9, 0.999)",
                                   epsilon="eps=…", alpha="rho=…", decay="lr=tg.optim.ExponentialDecay(…)",
                                   clipnorm="fit(…, callbacks=tg.training.ClipGradients(1.0))")


class Optimizer:
    """The base of the optimizers.

    Args:
        params: the tensors to move, such as `model.parameters()`; None if `fit` or `bind` shall give them.
        lr: the learning rate, at least 0, which may be changed at any time (`opt.lr = 0.01`); or a Schedule, which
            says it anew at every step.
        weight_decay: how much of each parameter is added to its gradient: the gradient of weight_decay/2 · |p|².
    """

    def __init__(self, params: Iterable[Tensor] | None = None, *, lr: float | Schedule,
                 weight_decay: float = 0.0) -> None:
        self.schedule = lr if isinstance(lr, Schedule) else None
        if callable(lr) and not isinstance(lr, Schedule):
            raise ArgumentError(f"lr: got {lr!r:.60}. Expected a number, or a Schedule, such as "
                                "tg.optim.CosineDecay(0.1, steps=1000). Another one derives from tg.optim.Schedule.")
        self.lr = lr(0) if isinstance(lr, Schedule) else not_negative("lr", lr)
        self.steps = 0
        self.weight_decay = not_negative("weight_decay", weight_decay)
        self.params: list[Tensor] | None = None
        self.states: list[State] = []
        if params is not None:
            self.bind(params)

    def update(self, value: Any, g: Any, state: State) -> Any:
        """The new value of a parameter, from its value and gradient; `state` is kept from step to step."""
        raise NotImplementedError

    def bind(self, params: Iterable[Tensor]) -> Self:
        """Give the optimizer its parameters, with nothing remembered about them."""
        given: list[Any] = tensors_in(params)
        for p in given:
            if p.__class__ is not Tensor or not p.is_leaf or p.dtype.kind != "f":
                fix = " Write model.parameters()." if isinstance(p, tuple) else ""
                raise ArgumentError(f"params: got {p!r:.60}. Expected variables of floating-point numbers, "
                                    f"which are what the user made by tg.Tensor or nn.Parameter.{fix}")
        found = list(dict.fromkeys(given))
        if not found:
            raise ArgumentError("params: got no parameters. If they come from a model, it has not seen its first input "
                                "yet: give the first layer its input_shape, or call the model once.")
        self.params, self.states = found, [{} for _ in found]
        return self

    def step(self) -> None:
        """Move every parameter by its gradient. Those that are frozen, or have no gradient, stay."""
        params = self._bound()
        trained = [p for p in params if p._needs]
        if trained and all(getattr(p, "_grad", None) is None for p in trained):
            raise GraphError("step(): no parameter has a gradient. Call loss.backward() first; and zero_grad() before "
                             "the next forward pass, not between backward() and step().")
        if self.schedule is not None:
            self.lr = self.schedule(self.steps)
        self.steps += 1
        for p, state in zip(params, self.states, strict=True):
            g = getattr(p, "_grad", None)
            if g is None or not p._needs:
                continue
            g = g._value if g.__class__ is Tensor else g
            value = p._value
            if self.weight_decay:
                g = self._decayed(value, g)
            p._assign(self.update(value, g, state))

    def _decayed(self, value: Any, g: Any) -> Any:
        return g + self.weight_decay * value

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for p in self._bound():
            p.zero_grad()

    def _bound(self) -> list[Tensor]:
        if self.params is None:
            raise GraphError(f"{type(self).__name__}(lr={self.lr}) has no parameters yet. Write "
                             f"{type(self).__name__}(model.parameters(), lr={self.lr}), or opt.bind(params); "
                             "fit does so itself.")
        return self.params

    # -- state --------------------------------------------------------------------------------------------------------

    def settings(self) -> dict[str, Any]:
        """The numbers that steer it, such as lr, and how many steps it took."""
        return {name: value for name, value in vars(self).items() if name not in ("params", "states", "schedule")}

    def state_dict(self) -> dict[str, Any]:
        """All that `step` depends on beside the parameters: the settings, and what is remembered of each parameter."""
        kept = [{name: np.array(value) if isinstance(value, np.ndarray) else value for name, value in each.items()}
                for each in self.states]
        return {"kind": type(self).__name__, "settings": self.settings(), "states": kept}

    def load_state_dict(self, saved: Any) -> None:
        """Go on where `state_dict` was called; nothing changes if it does not fit.

        Raises: StateError for another kind of optimizer, other settings, or parameters of other shapes.
        """
        params = self._bound()
        if not isinstance(saved, dict) or not {"kind", "settings", "states"} <= saved.keys():
            raise StateError(f"load_state_dict: got {saved!r:.60}. Expected what state_dict() of an optimizer gives.")
        if saved["kind"] != type(self).__name__ or saved["settings"].keys() != self.settings().keys():
            raise StateError(f"load_state_dict: got the state of {saved['kind']}, expected {type(self).__name__}.")
        if len(saved["states"]) != len(params):
            raise StateError(f"load_state_dict: got {len(saved['states'])} parameters, expected {len(params)}.")
        for i, (p, state) in enumerate(zip(params, saved["states"], strict=True)):
            for name, value in state.items():
                if isinstance(value, np.ndarray) and value.shape != p.shape:
                    raise StateError(f"load_state_dict: {name} of parameter {i} has shape {value.shape}, "
                                     f"expected {p.shape}.")
        vars(self).update(saved["settings"])
        self.states = [{name: np.array(value) if isinstance(value, np.ndarray) else value
                        for name, value in each.items()} for each in saved["states"]]

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={value!r}" for name, value in self.settings().items())
        return f"{type(self).__name__}({settings})"


def tensors_in(params: Any) -> list[Tensor]:
    """What an optimizer or a clipping function is given, as a list.

    Raises: ArgumentError, with what to write, for a single Tensor, a model, or something else that is no list.
    """
    if isinstance(params, Iterable) and not isinstance(params, (Tensor, dict)) and not hasattr(params, "parameters"):
        return list(params)
    fix = ("Write [w]." if isinstance(params, Tensor) else "Of a model they are model.parameters()."
           if not isinstance(params, (int, float)) else f"A learning rate is lr={params!r}.")
    what = "a single Tensor" if isinstance(params, Tensor) else type(params).__name__
    raise ArgumentError(f"params: got {what}. Expected a list of Tensors. {fix}")


def not_negative(name: str, value: Any) -> float:
    """A setting that may be 0 or more."""
    if not (isinstance(value, (int, float, np.number)) and 0 <= value < math.inf):
        raise ArgumentError(f"{name}: got {value!r}, expected a number of at least 0.")
    return float(value)


def above_zero(name: str, value: Any) -> float:
    """A number greater than 0, such as the greatest length of a gradient."""
    if not not_negative(name, value):
        raise ArgumentError(f"{name}: got {value!r}, expected a number above 0.")
    return float(value)


def below_one(name: str, value: Any) -> float:
    """A setting from 0 to just below 1, such as momentum."""
    if not_negative(name, value) >= 1:
        raise ArgumentError(f"{name}: got {value!r}, expected a number from 0 to below 1.")
    return float(value)
