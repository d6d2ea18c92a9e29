"""Looks: what a picture of a graph shows, and in which style; every file that draws a part of it reads these settings.

    Look            the settings
    look_of         the settings for one description: "auto" becomes what fits
    check           that a setting is one of those there are
    direction_of    where values flow to, if nobody says so: down in pictures that would be too wide
    thickness       how thick the ribbon of a gradient is
    is_troubled     whether a value holds NaN or an infinity

Read `model.py` before this file and `cards.py` after it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ....errors import ArgumentError
from ...layouts.model import Direction
from ..model import Description, Value

THEMES = ("auto", "light", "dark")

MOST_CARDS, MOST_LINES = 40, 400                    # nodes that are drawn as cards; as single lines of text
# Of a picture that flows to the right, estimated: a card, what is between cards, and the same with gates.
PITCH = {"blackboard": (145.0, 70.0, 155.0), "compact": (100.0, 60.0, 120.0), "shapes": (22.0, 28.0, 28.0)}
WIDER, WIDEST = 1.2, 1750.0                         # cards of arrays; a picture that still flows to the right
THIN, RANGE, POWER = 2.0, 7.0, 0.7                  # a ribbon is 2 to 9 pixels wide


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What is shown, and how.

    Attributes:
        values: whether nodes show their data.
        gradients: whether nodes show their gradients, and edges their ribbons.
        style: "blackboard" (cards), "compact" (a line of text each), or "shapes" (no text).
        direction: where values flow to.
        largest: the largest gradient of the picture: its ribbon is the thickest.
    """

    values: bool
    gradients: bool
    style: str
    direction: Direction
    largest: float

    @property
    def is_flat(self) -> bool:
        """Whether values flow to the right."""
        return self.direction == "right"

    @property
    def only_shapes(self) -> bool:
        """Whether nodes show shape and dtype in place of numbers."""
        return not (self.values or self.gradients)


def look_of(description: Description, show: str, style: str, direction: str) -> Look:
    """The settings for one description.

    Raises: ArgumentError if `show`, `style` or `direction` is none of those there are.
    """
    check("show", show, ("auto", "values", "gradients", "both", "shapes"))
    check("style", style, ("auto", "blackboard", "compact", "shapes"))
    check("direction", direction, ("auto", "right", "down"))
    if show == "auto":
        show = "both" if any(node.gradient_is != "not wanted" for node in description.nodes) else "values"
    if style == "auto":
        count = len(description.nodes)
        style = "blackboard" if count <= MOST_CARDS else "compact" if count <= MOST_LINES else "shapes"
    gradients = show in ("gradients", "both")
    flows: Direction = "down" if direction == "down" else "right"
    return Look(values=show in ("values", "both"), gradients=gradients, style=style,
                direction=direction_of(description, style, gradients) if direction == "auto" else flows,
                largest=_largest(description))


def direction_of(description: Description, style: str, gradients: bool) -> Direction:
    """Where values flow to: "right" if such a picture fits a page, else "down", if that one is narrower.

    Both widths are estimated from the number of nodes on the longest way, and of those in one rank.
    """
    card, between, with_gates = PITCH[style]
    if any(node.value is not None and not node.value.is_number for node in description.nodes):
        card *= WIDER
    ranks = dict.fromkeys((node.id for node in description.nodes), 0)
    for edge in reversed(description.edges):                # from the result on: by then a target has its rank
        ranks[edge.source] = max(ranks[edge.source], ranks[edge.target] + 1)
    widest = max(Counter(ranks.values()).values(), default=0)
    flat = (max(ranks.values(), default=0) + 1) * (card + (with_gates if gradients else between))
    return "down" if flat > WIDEST and widest * (card + 28) < flat else "right"


def check(what: str, given: str, choices: tuple[str, ...], of: str = "svg") -> None:
    """That a setting of a function is one of those there are.

    Raises: ArgumentError that names the function, the setting and the choices.
    """
    if given not in choices:
        listed = ", ".join(f'"{each}"' for each in choices[:-1])
        raise ArgumentError(f'{of}({what}=…): got {given!r}. Expected {listed} or "{choices[-1]}".')


def _largest(description: Description) -> float:
    flows = [value for edge in description.edges for value in (edge.arriving, edge.flow) if value is not None]
    return max((magnitude(value) for value in flows), default=0.0)


def magnitude(value: Value) -> float:
    """How large a gradient is: its Euclidean norm, which for a number is its absolute value."""
    return value.norm


def is_troubled(value: Value | None) -> bool:
    """Whether a value holds NaN or an infinity."""
    return value is not None and value.nans + value.infinities > 0


def thickness(value: Value, look: Look) -> float:
    """How thick the ribbon of a gradient is, in pixels; 1 for a gradient of zero, which is drawn dashed.

    2 + 7·(|g| / the largest)^0.7: thin ones stay visible, and twice the gradient is plainly thicker.
    """
    scale = {"blackboard": 1.0, "compact": 0.6, "shapes": 0.4}[look.style]
    if is_troubled(value):
        return (THIN + RANGE) * scale
    if magnitude(value) == 0.0 or look.largest == 0.0:
        return 1.0
    share: float = min(1.0, magnitude(value) / look.largest) ** POWER
    return (THIN + RANGE * share) * scale
