"""Telling: a graph's picture in words, for those who do not see it: values in order, then gradients in order.

    telling     the <desc> of a picture

Read `model.py` before this file and `svg.py` after it.
"""

from __future__ import annotations

from ...drawing.numbers import count, number, number_range, shape_text
from ..model import Description, Value
from .looks import Look

MOST = 100                                          # nodes of each kind that are listed


def telling(description: Description, look: Look) -> str:
    """Values in the order of the graph, then gradients from the last to the first."""
    nodes = [node for node in description.nodes if node.value is not None]
    values = [f"{node.title} {_said(node.value, look)}" for node in nodes if node.value is not None]
    known = [node for node in reversed(nodes) if node.gradient is not None]
    gradients = [f"{node.title} {_spread(node.gradient)}" for node in known if node.gradient is not None]
    parts = [f"Values: {_listed(values)}." if values else ""]
    if look.gradients:
        parts.append(f"Gradients: {_listed(gradients)}." if gradients else "Gradients: none yet.")
    return " ".join(part for part in (*parts, *description.notes) if part)


def _listed(items: list[str]) -> str:
    more = f", and {count(len(items) - MOST)} more" if len(items) > MOST else ""
    return ", ".join(items[:MOST]) + more


def _said(value: Value, look: Look) -> str:
    if look.only_shapes:
        return f"of shape {shape_text(value.shape, 'scalar')}, {value.dtype}"
    return f"= {_spread(value)}"


def _spread(value: Value) -> str:
    if value.is_number and value.elements:
        return number(value.elements[0])
    wrong = [f"{n} {word}" for n, word in ((value.nans, "NaN"), (value.infinities, "infinite")) if n]
    return ", ".join([shape_text(value.shape), number_range(value.minimum, value.maximum), *wrong])
