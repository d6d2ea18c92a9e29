"""Optimizers, which move parameters against their gradients; schedules of the learning rate; clipping."""

from typing import TYPE_CHECKING, Any

from ..errors import no_such_name
from .adaptive import Adagrad, Adam, AdamW, RMSProp
from .base import Optimizer
from .clipping import clip_grad_norm, clip_grad_value
from .schedules import CosineDecay, ExponentialDecay, OneCycle, Schedule, StepDecay
from .sgd import SGD

__all__ = ["SGD", "Adagrad", "Adam", "AdamW", "CosineDecay", "ExponentialDecay", "OneCycle", "Optimizer", "RMSProp",
           "Schedule", "StepDecay", "clip_grad_norm", "clip_grad_value"]

_ELSEWHERE = {
    "RMSprop": "RMSProp(params, lr=0.01)", "AdaGrad": "Adagrad(params, lr=0.01)",
    "StepLR": "SGD(params, lr=StepDecay(0.1, every=1000))",
    "ExponentialLR": "SGD(params, lr=ExponentialDecay(0.1, every=1000))",
    "CosineAnnealingLR": "SGD(params, lr=CosineDecay(0.1, steps=1000))",
    "OneCycleLR": "SGD(params, lr=OneCycle(0.1, steps=1000))",
    "lr_scheduler": "SGD(params, lr=StepDecay(0.1, every=1000)), or another Schedule",
    "clip_grad_norm_": "clip_grad_norm(params, 1.0)",
    "clip_grad_value_": "clip_grad_value(params, 1.0)",
}


if not TYPE_CHECKING:                   # type checkers see what there is
    def __getattr__(name: str) -> Any:
        """The error for names that are not here, with what to write for those of Keras and PyTorch."""
        raise no_such_name('tinygrad_edu.optim', name, _ELSEWHERE)
