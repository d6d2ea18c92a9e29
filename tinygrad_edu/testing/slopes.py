"""How well a claimed slope fits a function along one line, with an error bound: no step and no tolerance to choose.

    Ray(rise, ...)      f along x + hv: at each step h the residual of the claimed slope
    examine(ray, aim)   a Slope: the residual at step 0 and how far it may be off, or the slopes of a kink

The residual at a step h is  R(h) = (f(x + hv) − f(x) − claimed·step) / h,  with the step as it was rounded; R(0) = 0 if
the claim is right. Two neighbouring steps on both sides give an estimate of R(0) in which the terms h and h² cancel
(Richardson), and a bound: what the cancelled term was, what the two sides differ by beyond the curvature, and the
rounding of f. Where the first two steps leave a doubt, longer steps are tried against noise and shorter ones against
everything else, until the bound is as small as it gets. A residual that is not 0 must stay on all the way down to the
shortest steps that can show it, before it counts; if the sides go on to differ there, x is at a kink.
Source: Ridders 1982, Advances in Engineering Software 4(2), 75-76 (extrapolate, and choose the step by the bound).
Read `noise.py` before this file and `numerical.py` after it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from .noise import SURE, Noise, length_of

RATIO = 4.0             # between neighbouring steps
ALMOST = 1.7            # a residual that is so little above its bound, where nothing shorter shows it, is no alarm
CLOSER = 3              # how many steps at once on the way to the shortest
MOVES = 14              # how many pairs of steps are tried at most


class Level(NamedTuple):
    """The residuals at one step: ahead of x and behind it; and how much f changed."""

    h: float
    ahead: float
    behind: float
    risen: float


class Slope(NamedTuple):
    """What differences say about a claimed slope, in units of f per h.

    Args:
        residual: the true slope minus the claimed one.
        error: how far `residual` may be off.
        kind: "smooth", "edge" (f ends at x: one side only), "kink", "jump" (the sides grow apart) or "unclear".
        ahead, behind: at a kink, the residuals of the two one-sided slopes.
    """

    residual: float
    error: float
    kind: str = "smooth"
    ahead: float = math.nan
    behind: float = math.nan


class Pair(NamedTuple):
    """The estimate from two neighbouring steps; `rough` is the part of the bound that is not noise."""

    residual: float
    error: float
    rough: float
    exponent: int
    sides: int = 2


class Ray:
    """A function along a line through x, as residuals of the claimed slope there. Every step is computed once.

    Args:
        rise: rise(h) gives f(x + hv) − f(x) for each output, and the step as it was rounded, in units of v.
        noise: of the function near x.
        weights: with which the outputs are added up.
        claimed: the claimed slope of that sum along v.
        reference: what a slope of 0 is compared with.
        finest: the shortest step that can be made; 0 for what rounding leaves of a step beside x.
    """

    def __init__(self, rise: Callable[[float], tuple[np.ndarray, float]], noise: Noise, weights: np.ndarray,
                 claimed: float, reference: float = 0.0, finest: float = 0.0) -> None:
        self.rise, self.exactness, self.weights, self.claimed = rise, noise, weights, claimed
        self.reference = reference
        self.first = 2.0 ** round(0.23 * math.log2(noise.eps))  # a step that suits functions of ordinary size
        self.most = int(math.log(self.first / (finest or 8 * noise.eps), RATIO))
        self.moved = np.zeros(weights.shape, bool)              # the outputs that change along the ray
        self.levels: dict[int, Level] = {}

    def level(self, exponent: int) -> Level:
        """The residuals at the step `first` / 4**exponent."""
        if exponent not in self.levels:
            h = self.first * RATIO**-exponent
            ahead, one = self._residual(h)
            behind, other = self._residual(-h)
            self.levels[exponent] = Level(h, ahead, behind, max(one, other))
        return self.levels[exponent]

    def noise(self, level: Level) -> float:
        """How far rounding and noise may move a residual."""
        if self.weights.size == 1:
            bound = float(self.exactness.bounds[0]) * abs(float(self.weights[0]))
        else:
            bounds = self.exactness.bounds * self.weights
            bound = length_of(np.where(self.moved, bounds, 0.0)) or length_of(bounds)
        return (bound + self.exactness.relative * level.risen + 1e-323) / level.h

    def _residual(self, h: float) -> tuple[float, float]:
        """The residual at a step, and how much f changed."""
        rises, step = self.rise(h)
        if step == 0:
            return math.nan, 0.0
        if rises.size == 1:
            rise = risen = float(rises[0]) * float(self.weights[0])
        else:
            weighted = rises * self.weights
            self.moved |= weighted != 0
            rise, risen = float(np.add.reduce(weighted)), length_of(weighted)
        if not math.isfinite(rise):
            return math.nan, 0.0
        return (rise - self.claimed * step) / step, abs(risen)


def examine(ray: Ray, aim: float = 0.0, quick: bool = False) -> Slope:
    """The residual of a ray's claimed slope at step 0.

    Args:
        aim: a relative error of the slope that is small enough to stop at.
        quick: be content with the first two steps.
    Returns: a Slope.

    >>> x = 2.0
    >>> rise = lambda h: np.array([(x + h) ** 2 - x * x])
    >>> noise = Noise(np.array([4.0]), 2.0**-52, shake=lambda t: rise(x * t))
    >>> found = examine(Ray(lambda h: (rise(h), (x + h) - x), noise, np.ones(1), claimed=4.0), aim=1e-6)
    >>> found.kind, abs(found.residual) <= found.error < 1e-6
    ('smooth', True)
    """
    if aim and (agreed := _agreement(ray, aim)) is not None:
        return agreed
    best = _pair(ray, 0)
    if _is_sharp(ray, best, aim) and abs(best.residual) <= best.error:
        return Slope(best.residual, best.error)
    if quick:
        return Slope(best.residual, best.error)
    ray.exactness.measure()
    best = _walk(ray, 0, aim)
    for _ in range(3):
        if abs(best.residual) <= best.error and best.rough <= 0.1 * _size(ray, best):
            return Slope(best.residual, best.error, _sides(ray, best))
        slope, nearer = _look_closer(ray, best)
        if nearer is None:
            return slope
        best = _walk(ray, nearer, aim)
    return Slope(best.residual, best.error, "unclear")


def _agreement(ray: Ray, aim: float) -> Slope | None:
    """One short step is enough if it agrees with the claim to within the aim: no wrong claim does so by chance.

    Unless it is the middle of two slopes at a kink: hence the sides must agree, too, but for a curvature so small that
    the term after it, of the order of its square, is below the aim.
    """
    level = ray.level(1)
    middle, bend, noise = (level.ahead + level.behind) / 2, level.ahead - level.behind, ray.noise(level)
    size = abs(ray.claimed) or ray.reference
    if size == 0 or (ray.claimed == 0 and abs(middle) > noise):
        return None
    error = noise + abs(middle) + bend * bend / size
    return Slope(middle, error) if error + abs(middle) <= aim * size else None


# -- the best pair of steps -------------------------------------------------------------------------------------------


def _pair(ray: Ray, exponent: int) -> Pair:
    """The estimate from the step `exponent` and the next shorter one."""
    long, short = ray.level(exponent), ray.level(exponent + 1)
    noise = ray.noise(short)
    if math.isfinite(long.ahead + long.behind + short.ahead + short.behind):
        residual, rough, bend = _extrapolated(long, short)
        return Pair(residual, rough + bend + 0.75 * noise, rough + bend, exponent)      # f(x) has no part in it
    for far, near in ((long.ahead, short.ahead), (long.behind, short.behind)):
        if math.isfinite(far + near):
            change = (near - far) / (RATIO - 1)
            return Pair(near + change, 3 * abs(change) + 2 * noise, 3 * abs(change), exponent, 1)
    return Pair(math.nan, math.inf, math.inf, exponent, 0)


def _extrapolated(long: Level, short: Level) -> tuple[float, float, float]:
    """The residual without its h²; how far it may be off, even if f'' jumps at x; and how the gap changes."""
    middle = (short.ahead + short.behind) / 2
    change = (middle - (long.ahead + long.behind) / 2) / (RATIO * RATIO - 1)
    bend = (short.ahead - short.behind) - (long.ahead - long.behind) / RATIO
    return middle + change, 5 * abs(change), abs(bend)


def _triple(ray: Ray, exponent: int) -> Pair:
    """The same estimate, whose bound is smaller where one longer step confirms that terms vanish as they should."""
    pair, longer, long, short = _pair(ray, exponent), *(ray.level(exponent + k) for k in (-1, 0, 1))
    if pair.sides < 2 or not math.isfinite(longer.ahead + longer.behind):
        return pair
    before, _, bend_before = _extrapolated(longer, long)
    _, usual, bend = _extrapolated(long, short)
    noise = pair.error - pair.rough
    rough = max(abs(pair.residual - before) / 2, usual / 30)        # but two may agree by chance
    if bend > bend_before / RATIO**2:                           # by h³ it should, but at a kink it does not
        rough += bend
    return pair._replace(error=rough + noise, rough=rough) if rough < pair.rough else pair


def _walk(ray: Ray, exponent: int, aim: float) -> Pair:
    """The pair with the smallest bound: between one where noise rules and one, with longer steps, where it does not."""
    best, rough, noisy, stride, leap = _triple(ray, exponent), -math.inf, math.inf, 1, 2
    found, near = best, math.sqrt(ray.exactness.eps)
    for _ in range(MOVES):
        agrees = not abs(found.residual - best.residual) > found.error + best.error
        if found.exponent > best.exponent and (found.sides > best.sides or not agrees):
            best = found                                        # the longer steps went beyond what matters at x
        elif found.exponent < best.exponent and found.sides < best.sides:
            agrees = False
        elif agrees and found.error < best.error:
            best = found
        noise = found.error - found.rough if math.isfinite(found.rough) else 0.0
        if math.isinf(noisy) and found.exponent > best.exponent and best.rough < found.rough < 50 * noise:
            exponent, found, rough, noisy = best.exponent, best, -math.inf, best.exponent       # it grows: it is noise
        elif found.rough > noise or not (agrees or found.exponent > best.exponent):
            rough = max(rough, exponent)
        else:
            noisy = min(noisy, exponent)
        if _is_sharp(ray, best, aim) or noisy - rough <= 1:
            break
        if math.isinf(rough):           # far enough to see the slope, and no farther: all functions look flat from afar
            size, leap = _size(ray, found), 2 * leap
            needed = int(math.log(min(max(noise / size, near), 1e300) / near, RATIO)) if size else leap
            exponent = max(exponent - max(needed, 1), -500)
        elif math.isinf(noisy):
            stride *= 2
            exponent = min(exponent + stride, ray.most)
        else:
            exponent = int(rough + noisy) // 2
        if exponent in (rough, noisy):
            break
        found = _triple(ray, exponent)
    return best


def _is_sharp(ray: Ray, pair: Pair, aim: float) -> bool:
    return pair.error + abs(pair.residual) <= aim * _size(ray, pair)


def _size(ray: Ray, pair: Pair) -> float:
    """The size of the slope: claimed or measured."""
    if ray.claimed:
        return max(abs(ray.claimed), abs(ray.claimed + pair.residual))
    return ray.reference or abs(pair.residual)


def _sides(ray: Ray, pair: Pair) -> str:
    level = ray.level(pair.exponent)
    return "smooth" if math.isfinite(level.ahead + level.behind) else "edge"


# -- what stays on towards the shortest steps -------------------------------------------------------------------------


def _look_closer(ray: Ray, best: Pair) -> tuple[Slope, int | None]:
    """What becomes of a residual, or of a gap between the sides, at the shortest steps that can show it.

    Returns: the slope, and None; or anything, and the exponent from where to walk again, since it went away.
    """
    as_found = Slope(best.residual, best.error, _sides(ray, best) if math.isfinite(best.error) else "unclear")
    visible = max(abs(best.residual), min(best.rough, 1e300))
    exponent = best.exponent + 1
    levels = [ray.level(exponent)]
    allowed = best.error + abs((levels[0].ahead + levels[0].behind) / 2 - best.residual)
    while exponent + CLOSER <= ray.most and len(levels) < MOVES:
        exponent += CLOSER
        level = ray.level(exponent)
        noise, gap = ray.noise(level), abs(level.ahead - level.behind)
        if SURE * noise >= visible:
            break
        levels.append(level)
        if abs((level.ahead + level.behind) / 2 - best.residual) > allowed + 2 * noise + gap:
            return as_found, exponent                           # it was not the slope at x
    if len(levels) == 1:
        if best.error < abs(best.residual) < ALMOST * best.error:
            return as_found._replace(error=abs(best.residual)), None        # too little beyond the bound to count
        unsure = abs(best.residual) > best.error and best.rough > 0.2 * abs(best.residual)
        levels.insert(0, ray.level(best.exponent + 1 - CLOSER))
        return _one_side(ray, best, *levels) if best.sides < 2 else as_found._replace(kind="unclear") if unsure \
            else as_found, None
    gaps = [abs(level.ahead - level.behind) for level in levels]
    while len(gaps) > 2 and gaps[-1] > 2 * RATIO**CLOSER * gaps[-2]:
        gaps.pop(), levels.pop()                                # no jump grows so fast: it is noise
    (previous, last), (before, gap) = levels[-2:], gaps[-2:]
    if not math.isfinite(gap):
        return _one_side(ray, best, previous, last), None
    if gap <= 4 * ray.noise(last) or gap <= 0.3 * before:
        return as_found, None
    return (_jump(ray, previous, last) if gap >= 2 * before else _kink(ray, levels)), None


def _kink(ray: Ray, levels: list[Level]) -> Slope:
    """The slopes of both sides, where they are known best."""
    found = []
    for before, now in pairwise(levels):
        drift = max(abs(now.ahead - before.ahead), abs(now.behind - before.behind)) / RATIO**CLOSER
        found.append((ray.noise(now) + 2 * drift, now.ahead, now.behind))
    error, ahead, behind = min(found)
    return Slope((ahead + behind) / 2, error, "kink", ahead, behind)


def _jump(ray: Ray, previous: Level, last: Level) -> Slope:
    """The side on which the slope settles, if there is one."""
    drift = min(abs(last.ahead - previous.ahead), abs(last.behind - previous.behind)) / RATIO**CLOSER
    return Slope(math.nan, ray.noise(last) + 2 * drift, "jump", last.ahead, last.behind)


def _one_side(ray: Ray, best: Pair, previous: Level, last: Level) -> Slope:
    """The slope where f is not defined on one side of x, or on both."""
    for before, now in ((previous.ahead, last.ahead), (previous.behind, last.behind)):
        if math.isfinite(before + now):
            if abs(best.residual) <= best.error or best.rough <= 0.2 * abs(best.residual):
                return Slope(best.residual, best.error, "edge")
            return Slope(math.nan, ray.noise(last), "jump" if abs(now) > 2 * abs(before) else "unclear",
                         last.ahead, last.behind)
    return Slope(math.nan, math.inf, "unclear")
