"""Curves: places, lengths, parallels and arrowheads.

    Curve           the start, then three control points for each cubic Bézier piece
    straight  bend                      curves between two points
    length  at  split  part  shortened  measured along the curve, from 0 (start) to 1 (end)
    points_at  passing                  many places at once; where it passes a coordinate
    parallels       the curve at some distances, to the right of its direction
    turned          from the end to the start
    path_text       as the commands of an SVG path
    arrowhead       a triangle at the end of a line

Lengths are measured on a polygon of 12 chords a piece, whose error is below a thousandth for a quarter of a circle.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from ..layouts.model import Point

Curve = tuple[Point, ...]
Tenths = tuple[int, int]            # a place in tenths of a pixel

_CHORDS = 12
# What each control point counts for at the end of each chord.
_WEIGHTS = tuple(((1 - t)**3, 3 * (1 - t)**2 * t, 3 * (1 - t) * t**2, t**3)
                 for t in (k / _CHORDS for k in range(1, _CHORDS + 1)))
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
    index, t = _index(_marks(curve), fraction)
    piece = _pieces(curve)[index]
    return Place(_point(piece, t), _direction(piece, t))


def points_at(curve: Curve, fractions: Iterable[float]) -> list[Point]:
    """The points at several fractions of the length."""
    marks, pieces = _marks(curve), _pieces(curve)
    found = (_index(marks, fraction) for fraction in fractions)
    return [_point(pieces[index], t) for index, t in found]


def passing(curve: Curve, wanted: float, axis: int) -> float:
    """The fraction of the length at which a curve that leads back (to smaller x or y) passes a coordinate.

    Args:
        curve: one that never turns round.
        wanted: the coordinate.
        axis: 0 for x, 1 for y.
    """
    marks, pieces = _marks(curve), _pieces(curve)
    low, high = 0.0, 1.0
    for _ in range(11):                             # to a two-thousandth
        middle = (low + high) / 2
        index, t = _index(marks, middle)
        low, high = (middle, high) if _point(pieces[index], t)[axis] > wanted else (low, middle)
    return (low + high) / 2


def split(curve: Curve, fraction: float) -> tuple[Curve, Curve]:
    """The curve before and after a fraction of its length."""
    fraction = min(max(fraction, 0.0), 1.0)
    index, t = _index(_marks(curve), fraction)
    before, after = _halves(_pieces(curve)[index], t)
    return curve[:3 * index] + before, after + curve[3 * index + 4:]


def part(curve: Curve, start: float, end: float) -> Curve:
    """The curve between two fractions of its length."""
    rest = split(curve, start)[1] if start > 0 else curve
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


def parallels(curve: Curve, distances: Sequence[float]) -> list[Curve]:
    """The curve at several distances, to the right as one goes along it (below one that goes to the right).

    Each piece is split until it turns by less than 50 degrees. Its ends are moved sideways, to the left if the distance
    is negative, and the tangents there get the length that those of the true parallel have (Hermite's interpolation):
    c' (1 − distance · curvature). Where the curve bends more sharply than the distance, a tangent has length 0 and the
    parallel a corner. For the curves of layouts the distance is right to a quarter of a pixel.
    """
    moved: list[list[Point]] = [[] for _ in distances]
    for piece in _pieces(curve):
        for gentle in _gentle(piece):
            for points, shifted in zip(moved, _shifted(gentle, distances), strict=True):
                points += shifted[1:] if points else shifted
    return [*map(tuple, moved)]


def path_text(curve: Curve) -> str:
    """The commands of an SVG path: the start, then steps, so that few digits are needed; in tenths of a pixel.

    >>> path_text(straight(Point(100, 20), Point(130, 20)))
    'M100 20h30'
    >>> path_text(bend(Point(100, 20), Point(130, 45.5)))
    'M100 20c15 0 15 25.5 30 25.5'
    """
    points = [(round(10 * x), round(10 * y)) for x, y in curve]
    commands: list[tuple[str, list[int]]] = [("M", [*points[0]])]
    for k in range(0, len(points) - 3, 3):
        command, steps = _command(*points[k:k + 4])
        last, before = commands[-1]
        if command == last != "c" and before[0] * steps[0] > 0:
            before[0] += steps[0]                   # on along the same line
        else:
            commands.append((command, steps))
    return "".join(command + _steps(steps) for command, steps in commands)


def arrowhead(tip: Point, direction: Point, size: float = 8.0, across: float | None = None) -> str:
    """The commands of a triangle that points along `direction`, `size` long and `across` wide (1.1 × size).

    >>> arrowhead(Point(10, 0), Point(1, 0), 10, 8)
    'M10 0l-10 4 0-8z'
    """
    half = (1.1 * size if across is None else across) / 2
    back = Point(tip[0] - size * direction[0], tip[1] - size * direction[1])
    sides = [Point(back.x - sign * half * direction[1], back.y + sign * half * direction[0]) for sign in (1, -1)]
    (x, y), (ax, ay), (bx, by) = ((round(10 * x), round(10 * y)) for x, y in (tip, *sides))
    return f"M{_steps([x, y])}l{_steps([ax - x, ay - y, bx - ax, by - ay])}z"


def head_size(width: float) -> float:
    """How long the arrowhead of a ribbon is, so that it always overtops it."""
    return max(12.0, 1.5 * width + 3)


# -- one piece --------------------------------------------------------------------------------------------------------

Piece = tuple[Point, Point, Point, Point]


def _pieces(curve: Curve) -> list[Piece]:
    return [(curve[k], curve[k + 1], curve[k + 2], curve[k + 3]) for k in range(0, len(curve) - 3, 3)]


def _at(x: float, y: float) -> Point:
    """A Point, in half the time."""
    return tuple.__new__(Point, (x, y))


def _between(a: Point, b: Point, t: float) -> Point:
    return _at(a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1]))


def _point(piece: Piece, t: float) -> Point:
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = piece
    s = 1 - t
    wa, wb, wc, wd = s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t
    return _at(wa * ax + wb * bx + wc * cx + wd * dx, wa * ay + wb * by + wc * cy + wd * dy)


def _direction(piece: Piece, t: float) -> Point:
    """The unit tangent."""
    x, y = _tangent(piece, t)
    size = math.hypot(x, y)
    return Point(x / size, y / size)


def _tangent(piece: Piece, t: float) -> tuple[float, float]:
    """A third of the derivative; where control points coincide, the way to the nearest that does not."""
    a, b, c, d = piece
    s = 1 - t
    u, v, w = s * s, 2 * s * t, t * t
    x = u * (b[0] - a[0]) + v * (c[0] - b[0]) + w * (d[0] - c[0])
    y = u * (b[1] - a[1]) + v * (c[1] - b[1]) + w * (d[1] - c[1])
    if math.hypot(x, y) < 1e-6:
        pairs = [(a, c), (b, d), (a, d)] if t < 0.5 else [(b, d), (a, c), (a, d)]
        return next(((q[0] - p[0], q[1] - p[1]) for p, q in pairs if math.dist(p, q) > 1e-6), (1.0, 0.0))
    return x, y


def _halves(piece: Piece, t: float) -> tuple[Piece, Piece]:
    """de Casteljau's: the piece before and after t."""
    a, b, c, d = piece
    ab, bc, cd = _between(a, b, t), _between(b, c, t), _between(c, d, t)
    abc, bcd = _between(ab, bc, t), _between(bc, cd, t)
    middle = _between(abc, bcd, t)
    return (a, ab, abc, middle), (middle, bcd, cd, d)


def _gentle(piece: Piece, depth: int = 5) -> list[Piece]:
    """The piece in parts that turn little."""
    if depth == 0 or _is_straight(piece) or _turns_little(piece):
        return [piece]
    first, second = _halves(piece, 0.5)
    return _gentle(first, depth - 1) + _gentle(second, depth - 1)


def _turns_little(piece: Piece) -> bool:
    """Whether its direction, at five places, turns by less than 50 degrees in all.

    A curve turns by no more than its control points do, and by no less than from its first direction to its last.
    """
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = piece
    u, v, w = (bx - ax, by - ay), (cx - bx, cy - by), (dx - cx, dy - cy)
    if all(abs(x) + abs(y) > 1e-3 for x, y in (u, v, w)):
        if _angle(u, v) + _angle(v, w) < _TURN:
            return True
        if _angle(u, w) > _TURN:
            return False
    tangents = [_tangent(piece, t) for t in (0.0, 0.25, 0.5, 0.75, 1.0)]
    return sum(_angle(one, next_one) for one, next_one in pairwise(tangents)) < _TURN


def _is_straight(piece: Piece) -> bool:
    """Whether it is a straight line along the picture, as most pieces of layouts are."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = piece
    return ((ax == bx == cx == dx and (ay < by < cy < dy or ay > by > cy > dy))
            or (ay == by == cy == dy and (ax < bx < cx < dx or ax > bx > cx > dx)))


def _angle(u: Sequence[float], v: Sequence[float]) -> float:
    """How far one direction is turned from another."""
    return abs(math.atan2(u[0] * v[1] - u[1] * v[0], u[0] * v[0] + u[1] * v[1]))


def _shifted(piece: Piece, distances: Iterable[float]) -> Iterator[list[Point]]:
    a, b, c, d = piece
    (ux, uy), (vx, vy) = _direction(piece, 0.0), _direction(piece, 1.0)
    leaving, arriving, bent, bent_back = math.dist(a, b), math.dist(c, d), _curvature(a, b, c), _curvature(d, c, b)
    for distance in distances:
        x, y = a[0] - distance * uy, a[1] + distance * ux
        end_x, end_y = d[0] - distance * vy, d[1] + distance * vx
        out, back = leaving * max(1 - distance * bent, 0.0), arriving * max(1 + distance * bent_back, 0.0)
        yield [_at(x, y), _at(x + out * ux, y + out * uy), _at(end_x - back * vx, end_y - back * vy), _at(end_x, end_y)]


def _curvature(a: Point, b: Point, c: Point) -> float:
    """At the start of a piece with these first control points; positive where it turns to the right."""
    tangent = math.dist(a, b)
    cross = (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0])
    return 2 / 3 * cross / tangent**3 if tangent > 1e-6 else 0.0


# -- lengths ----------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def _marks(curve: Curve) -> tuple[float, ...]:
    """The length up to each chord's end, 0 first."""
    found, total = [0.0], 0.0
    x, y = curve[0]
    for (ax, ay), (bx, by), (cx, cy), (dx, dy) in _pieces(curve):
        for wa, wb, wc, wd in _WEIGHTS:
            to_x, to_y = wa * ax + wb * bx + wc * cx + wd * dx, wa * ay + wb * by + wc * cy + wd * dy
            total += math.hypot(to_x - x, to_y - y)
            found.append(total)
            x, y = to_x, to_y
    return tuple(found)


def _index(marks: Sequence[float], fraction: float) -> tuple[int, float]:
    """In which piece a fraction of the length lies, and its parameter there."""
    wanted = min(max(fraction, 0.0), 1.0) * marks[-1]
    chord = min(max(bisect_left(marks, wanted), 1), len(marks) - 1)
    step = marks[chord] - marks[chord - 1]
    position = chord - 1 + ((wanted - marks[chord - 1]) / step if step else 0.0)
    index = min(int(position // _CHORDS), (len(marks) - 1) // _CHORDS - 1)
    return index, position / _CHORDS - index


# -- commands of paths ------------------------------------------------------------------------------------------------


def _command(start: Tenths, one: Tenths, other: Tenths, end: Tenths) -> tuple[str, list[int]]:
    """The command of a piece that leads on from its start: a straight line along the page, or a curve."""
    (x, y), (ax, ay), (bx, by), (cx, cy) = start, one, other, end
    if y == ay == by == cy and ((x < cx and x <= ax <= bx <= cx) or (x > cx and x >= ax >= bx >= cx)):
        return "h", [cx - x]
    if x == ax == bx == cx and ((y < cy and y <= ay <= by <= cy) or (y > cy and y >= ay >= by >= cy)):
        return "v", [cy - y]
    return "c", [ax - x, ay - y, bx - x, by - y, cx - x, cy - y]


def _steps(tenths: Iterable[int]) -> str:
    """Lengths in tenths of a pixel as a path has them: a minus sign needs no space before it."""
    return " ".join(map(_tenths, tenths)).replace(" -", "-")


@lru_cache(maxsize=4096)
def _tenths(n: int) -> str:
    whole, tenth = divmod(abs(n), 10)
    digits = f"{whole or ''}.{tenth}" if tenth else str(whole)
    return f"-{digits}" if n < 0 else digits
