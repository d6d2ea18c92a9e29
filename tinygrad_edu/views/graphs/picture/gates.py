"""Gates: what multiplies the gradient on its way, above the two lines of an edge.

The formula of the local derivative stands above, `× number` below it; of an array the range of the numbers; and only
the number where the formula is that number. A gradient that is not merely multiplied has the formula of what it becomes
(`g Wᵀ`); long formulas stand there in their short form. Read `cards.py` before this file and `ribbons.py` after it.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...drawing.letters import width
from ...drawing.svg import Markup, joined, rect
from ...layouts.model import Rectangle
from ..abridging import narrowed
from ..model import Edge, Value
from .inscriptions import KINDS, Inscription, Text, inscribed, summary
from .looks import Look, is_troubled

WIDEST, MOST = 180.0, 26                            # pixels and letters of a formula; a longer one is abridged


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate: the texts in it, and its size."""

    formula: Text | None
    factor: Inscription | None
    width: float
    height: float

    def drawn(self, where: Rectangle) -> Markup:
        """It as markup, in the middle of a rectangle."""
        x, y = where.centre
        box = rect(x - self.width / 2, y - self.height / 2, self.width, self.height, rx=min(10.0, self.height / 2 - 2),
                   class_="gate")
        if self.formula and self.factor:
            return joined([box, self.formula.drawn(x, y - 5, "middle"), self.factor.drawn(x, y + 14, "middle")])
        alone = self.formula or self.factor
        return joined([box, alone.drawn(x, y + 5, "middle") if alone else ""])


def gate_of(edge: Edge, look: Look) -> Gate | None:
    """The gate of an edge along which a gradient flowed; None where there is none, or no room for one."""
    if edge.flow is None or not look.gradients or look.style == "shapes":
        return None
    has_factor = edge.is_factor and edge.local is not None and edge.local.size > 0
    factor = _factor(edge.local, look) if has_factor and edge.local else None
    if look.style == "compact":
        return Gate(None, factor, round(factor.width + 10), 20) if factor else None
    formula = _formula(edge)
    if formula and factor and factor.said == f"× {formula.said}":
        formula = None
    if not (formula or factor):
        return None
    widest = max(text.width for text in (formula, factor) if text)
    return Gate(formula, factor, max(38.0, round(widest + 18)), 42 if formula and factor else 26)


def _formula(edge: Edge) -> Text | None:
    if not edge.formula or edge.short in ("…", "[…]"):
        return None
    role = KINDS["math"]
    text = narrowed(edge.short or edge.formula, lambda each: width(each, role.size, role.font) <= WIDEST, MOST)
    return Text(text, "math") if text else None


def _factor(local: Value, look: Look) -> Inscription | None:
    """`× number`, or what range the numbers are in."""
    kind = "bold" if look.style == "blackboard" else "small"
    written = inscribed(local, kind, "factor") if local.is_number else summary(local, "factor", 90)
    if is_troubled(local) or not isinstance(written, Text):
        return written
    if not local.is_number and local.minimum == local.maximum:
        written = Text(written.said.split(",")[0].split(";")[0], kind, "factor")
    return Text(f"× {written.said}", written.kind, written.looks)
