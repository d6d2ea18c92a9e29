"""Outlines: the shape of a card says what its node is, in grey and to every eye.

    result, module, …       round corners
    parameter, variable     round corners, and a side bar with a knob: it can be turned
    input                   a pennant, notched where data come in
    constant                square corners, and a dotted line

All are given as the text of a path around (0, 0, width, height). Read this file before `cards.py`.
"""

from __future__ import annotations

from math import sqrt

from ...drawing.svg import Markup, circle, joined, path
from ..model import Kind

RADIUS, NOTCH, BAR = 9.0, 10.0, 6.0
TURNED = ("parameter", "variable")                  # kinds with a knob


def outline(kind: Kind, width: float, height: float) -> str:
    """The outline of a card."""
    r = corner(kind, height)
    right = f"H{width - r:g}q{r:g} 0 {r:g} {r:g}V{height - r:g}q0 {r:g} -{r:g} {r:g}"
    if kind == "constant":
        return f"M0 0H{width:g}V{height:g}H0Z"
    if kind == "input":
        return f"M0 0{right}H0L{notch(height):g} {height / 2:g}Z"
    return f"M{r:g} 0{right}H{r:g}q-{r:g} 0 -{r:g} -{r:g}V{r:g}q0 -{r:g} {r:g} -{r:g}Z"


def corner(kind: Kind, height: float) -> float:
    """The radius of a card's corners."""
    return 0.0 if kind == "constant" else min(12.0 if kind == "module" else RADIUS, height / 3)


def notch(height: float) -> float:
    """How deep a pennant is notched."""
    return min(NOTCH, height / 3)


def band(kind: Kind, width: float, height: float, depth: float) -> str:
    """The upper part of a card, `depth` high: the strip behind its name."""
    r = corner(kind, height)
    right = f"H{width - r:g}q{r:g} 0 {r:g} {r:g}V{depth:g}"
    if kind == "constant":
        return f"M0 0H{width:g}V{depth:g}H0Z"
    if kind == "input":
        deepest = min(depth, height / 2)            # the notch ends the strip on a slope
        inner = notch(height) * deepest / (height / 2)
        back = f"L{notch(height):g} {height / 2:g}" if depth > height / 2 else ""
        end = notch(height) * (height - depth) / (height / 2) if depth > height / 2 else inner
        return f"M0 0{right}H{end:g}{back}Z"
    return f"M0 {depth:g}V{r:g}q0 -{r:g} {r:g} -{r:g}{right}Z"


def knob(height: float, y: float) -> Markup:
    """The side bar of what can be turned, and its knob at `y`."""
    r = corner("parameter", height)
    bar = min(BAR, r)
    dip = r - sqrt(r * r - (r - bar) * (r - bar))   # the bar follows the round corner
    along = f"M{bar:g} {dip:.2f}A{r:g} {r:g} 0 0 0 0 {r:g}V{height - r:g}A{r:g} {r:g} 0 0 0 {bar:g} {height - dip:.2f}Z"
    return joined([path(along, class_="bar"), circle(bar / 2, y, 6.5, class_="bar"),
                   circle(bar / 2, y, 2.5, class_="hole")])
