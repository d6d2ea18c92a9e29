"""Programs as JavaScript: see `printing.py`, and `runtime/` for the functions that they use."""

from .printing import javascript

__all__ = ["javascript"]
