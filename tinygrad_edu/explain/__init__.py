"""Explaining: what happened in a backward pass, edge by edge.

    trace(t)        every edge with the numbers that flowed: an immutable `Trace`
    step(t)         the same, one step at a time: a `Stepper`

Read `events.py` first, then `tracing.py`, `traces.py`, `steps.py`, `stepper.py`.
"""

from .events import Event, Forward, Node
from .stepper import Stepper, step
from .traces import Trace
from .tracing import trace

__all__ = ["Event", "Forward", "Node", "Stepper", "Trace", "step", "trace"]
