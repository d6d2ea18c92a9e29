"""Optimizers, which move parameters against their gradients; schedules of the learning rate; clipping."""

from .adaptive import Adagrad, Adam, AdamW, RMSProp
from .base import Optimizer
from .clipping import clip_grad_norm, clip_grad_value
from .schedules import CosineDecay, ExponentialDecay, OneCycle, Schedule, StepDecay
from .sgd import SGD

__all__ = ["SGD", "Adagrad", "Adam", "AdamW", "CosineDecay", "ExponentialDecay", "OneCycle", "Optimizer", "RMSProp",
           "Schedule", "StepDecay", "clip_grad_norm", "clip_grad_value"]
