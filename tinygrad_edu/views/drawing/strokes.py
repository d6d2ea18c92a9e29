"""Curves: places, lengths, parallels and arrowheads.

    Curve           the start, then three control points for each cubic Bézier piece
    straight  bend                      curves between two points
    length  at  split  part  shortened  measured along the curve, from 0 (start) to 1 (end)
    parallel        the curve at a distance, to the right of its direction
    turned          from the end to the start
    path_text       as the commands of an SVG path
    arrowhead       a triangle at the end of a line

Lengths are measured on a polygon of 12 chords a piece, whose error is below a thousandth for a quarter of a circle.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import NamedTuple

from ..layouts.model import Point
from .numbers import decimal

Curve = tuple[Point, ...]

_CHORDS = 12
_TURN = math.radians(50)            # a piece that turns by more is split before its parallel is drawn


class Place(NamedTuple):
    """A point of a curve, and the direction there (of length 1)."""

    point: Point
    direction: Point


# -- making -----------------------------------------------------------------------------------------------------------


def straight(start: Point, end: Point) -> Curve:
    """A straight line as a curve."""
    return (start, _between(start, end, 1 / 3), _between(start, end, 2 / 3), end)


def bend(start: Point, end: Point, direction: str = "right", ease: float = 0.5) -> Curve:
    """A curve that leaves and arrives along the picture's direction, "right" or "down"."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    along = Point(ease * dx, 0.0) if direction == "right" else Point(0.0, ease * dy)
    return (Point(*start), Point(start[0] + along.x, start[1] + along.y),
            Point(end[0] - along.x, end[1] - along.y), Point(*end))


# -- measuring --------------------------------------------------------------------------------------------------------


def length(curve: Curve) -> float:
    """How long it is, in pixels."""
    return _marks(curve)[-1]


def at(curve: Curve, fraction: float) -> Place:
    """The point at a fraction of the length, and the direction there."""
    piece, t = _locate(curve, fraction)
    return Place(_point(piece, t), _direction(piece, t))


def split(curve: Curve, fraction: float) -> tuple[Curve, Curve]:
    """The curve before and after a fraction of its length."""
    fraction = min(max(fraction, 0.0), 1.0)
    index, t = _index(curve, fraction)
    before, after = _halves(_pieces(curve)[index], t)
    return curve[:3 * index] + before, after + curve[3 * index + 4:]


def part(curve: Curve, start: float, end: float) -> Curve:
    """The curve between two fractions of its length."""
    _, rest = split(curve, start)
    whole = 1 - start
    return split(rest, (end - start) / whole)[0] if whole > 0 else rest


def shortened(curve: Curve, start: float = 0.0, end: float = 0.0) -> Curve:
    """The curve without so many pixels at its start and its end; of a curve that is too short, the middle tenth."""
    total = length(curve)
    if total == 0:
        return curve
    excess = max((start + end) / (0.9 * total), 1.0)
    return part(curve, start / excess / total, 1 - end / excess / total)


def turned(curve: Curve) -> Curve:
    """From the end to the start."""
    return curve[::-1]


# -- drawing ----------------------------------------------------------------------------------------------------------


def parallel(curve: Curve, distance: float) -> Curve:
    """The curve at a distance, to the right as one goes along it (below one that goes to the right); left if negative.

    Each piece is split until it turns by less than 50 degrees. Its ends are moved sideways, and the tangents there get
    the length that those of the true parallel have (Hermite's interpolation): c' (1 − distance · curvature). Where the
    curve bends more sharply than the distance, a tangent has length 0 and the parallel a corner. For the curves of
    layouts the distance is right to a quarter of a pixel.
    """
    moved: list[Point] = []
    for piece in _pieces(curve):
        for gentle in _gentle(piece):
            shifted = _shifted(gentle, distance)
            moved += shifted[1:] if moved else shifted
    return tuple(moved)


def path_text(curve: Curve) -> str:
    """The commands of an SVG path.

    >>> path_text(straight(Point(0, 0), Point(30, 0)))
    'M0 0C10 0 20 0 30 0'
    """
    first, *rest = (f"{_short(x)} {_short(y)}" for x, y in curve)
    return f"M{first}" + "".join("C" + " ".join(rest[k:k + 3]) for k in range(0, len(rest), 3))


def arrowhead(tip: Point, direction: Point, size: float = 8.0, across: float | None = None) -> str:
    """The commands of a triangle that points along `direction`, `size` long and `across` wide (1.1 × size).

    >>> arrowhead(Point(10, 0), Point(1, 0), 10, 8)
    'M10 0L0 4L0 -4Z'
    """
    half = (1.1 * size if across is None else across) / 2
    back = Point(tip[0] - size * direction[0], tip[1] - size * direction[1])
    sides = [Point(back.x - sign * half * direction[1], back.y + sign * half * direction[0]) for sign in (1, -1)]
    return "M" + "L".join(f"{_short(x)} {_short(y)}" for x, y in [tip, *sides]) + "Z"


def head_size(width: float) -> float:
    """How long the arrowhead of a ribbon is, so that it always overtops it."""
    return max(12.0, 1.5 * width + 3)


# -- one piece --------------------------------------------------------------------------------------------------------

Piece = tuple[Point, Point, Point, Point]


def _pieces(curve: Curve) -> list[Piece]:
    return [(curve[k], curve[k + 1], curve[k + 2], curve[k + 3]) for k in range(0, len(curve) - 3, 3)]


def _between(a: Point, b: Point, t: float) -> Point:
    return Point(a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1]))


def _point(piece: Piece, t: float) -> Point:
    a, b, c, d = piece
    s = 1 - t
    wa, wb, wc, wd = s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t
    return Point(wa * a[0] + wb * b[0] + wc * c[0] + wd * d[0], wa * a[1] + wb * b[1] + wc * c[1] + wd * d[1])


def _direction(piece: Piece, t: float) -> Point:
    """The unit tangent; where control points coincide, that of the nearest that do not."""
    a, b, c, d = piece
    s = 1 - t
    x, y = (s * s * (b[k] - a[k]) + 2 * s * t * (c[k] - b[k]) + t * t * (d[k] - c[k]) for k in (0, 1))
    if math.hypot(x, y) < 1e-6:
        pairs = [(a, c), (b, d), (a, d)] if t < 0.5 else [(b, d), (a, c), (a, d)]
        x, y = next(((q[0] - p[0], q[1] - p[1]) for p, q in pairs if math.dist(p, q) > 1e-6), (1.0, 0.0))
    size = math.hypot(x, y)
    return Point(x / size, y / size)


def _halves(piece: Piece, t: float) -> tuple[Piece, Piece]:
    """de Casteljau's: the piece before and after t."""
    a, b, c, d = piece
    ab, bc, cd = _between(a, b, t), _between(b, c, t), _between(c, d, t)
    abc, bcd = _between(ab, bc, t), _between(bc, cd, t)
    middle = _between(abc, bcd, t)
    return (a, ab, abc, middle), (middle, bcd, cd, d)


def _gentle(piece: Piece, depth: int = 5) -> list[Piece]:
    """The piece in parts that turn little."""
    turns = [_angle(_direction(piece, s), _direction(piece, t)) for s, t in pairwise((0.0, 0.25, 0.5, 0.75, 1.0))]
    if depth == 0 or sum(turns) < _TURN:
        return [piece]
    first, second = _halves(piece, 0.5)
    return _gentle(first, depth - 1) + _gentle(second, depth - 1)


def _angle(u: Point, v: Point) -> float:
    return abs(math.atan2(u[0] * v[1] - u[1] * v[0], u[0] * v[0] + u[1] * v[1]))


def _shifted(piece: Piece, distance: float) -> list[Point]:
    a, b, c, d = piece
    u, v = _direction(piece, 0.0), _direction(piece, 1.0)
    start = Point(a[0] - distance * u.y, a[1] + distance * u.x)
    end = Point(d[0] - distance * v.y, d[1] + distance * v.x)
    out = math.dist(a, b) * max(1 - distance * _curvature(a, b, c), 0.0)
    back = math.dist(c, d) * max(1 + distance * _curvature(d, c, b), 0.0)
    return [start, Point(start.x + out * u.x, start.y + out * u.y), Point(end.x - back * v.x, end.y - back * v.y), end]


def _curvature(a: Point, b: Point, c: Point) -> float:
    """At the start of a piece with these first control points; positive where it turns to the right."""
    tangent = math.dist(a, b)
    cross = (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0])
    return 2 / 3 * cross / tangent**3 if tangent > 1e-6 else 0.0


# -- lengths ----------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def _marks(curve: Curve) -> tuple[float, ...]:
    """The length up to each chord's end, 0 first."""
    points = [curve[0]]
    for piece in _pieces(curve):
        points += [_point(piece, k / _CHORDS) for k in range(1, _CHORDS + 1)]
    return tuple(accumulate((math.dist(p, q) for p, q in pairwise(points)), initial=0.0))


def _index(curve: Curve, fraction: float) -> tuple[int, float]:
    """In which piece a fraction of the length lies, and its parameter there."""
    marks = _marks(curve)
    wanted = min(max(fraction, 0.0), 1.0) * marks[-1]
    chord = min(max(bisect_left(marks, wanted), 1), len(marks) - 1)
    step = marks[chord] - marks[chord - 1]
    position = chord - 1 + ((wanted - marks[chord - 1]) / step if step else 0.0)
    index = min(int(position // _CHORDS), (len(marks) - 1) // _CHORDS - 1)
    return index, position / _CHORDS - index


def _locate(curve: Curve, fraction: float) -> tuple[Piece, float]:
    index, t = _index(curve, fraction)
    return _pieces(curve)[index], t


def _short(x: float) -> str:
    return decimal(x, 1)
