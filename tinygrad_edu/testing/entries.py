"""The entries of one input's gradient, held against differences of the function.

    Entries     what is claimed, what differences say, which entries are wrong, and the verdict

Every entry of small inputs is moved alone. Large inputs are moved along random directions, and where one of these does
not fit, along halves of it, down to single entries. An entry counts as wrong only if neither the error bound nor the
rounding of the claimed gradient itself explains the difference.
Read `checks.py` before this file and `pieces.py` after it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from .noise import SURE, length_of, noise_in
from .numerical import finest_step, units_of
from .report import InputReport, counted
from .slopes import Ray, Slope, examine

if TYPE_CHECKING:
    from .checks import Check

FEW = 128               # inputs with more entries than this are checked along random directions
DIRECTIONS = 4
BUDGET = 150            # how many rays are spent at most on finding the wrong entries of a large input
ENOUGH = 8              # of so many wrong entries each is looked at closely, of more only roughly
ROUNDING = 16           # how many units in the last place a right gradient may be off
CANCELLED = 128         # units in the last place of large terms that may be left where they cancel
FLAT = 4096             # units in the last place of f: over a step of the size of x it changes by less where it is flat
STAIRS = 33             # values of f next to each other that show whether it is a staircase
SEEN = 0.3              # a slope whose bound is wider than this share of it says nothing
STEEP_LEVELS = 50       # steps, each a quarter of the one before, over which an infinite slope is looked at
STEEP_SEEN = 6          # how many of the shortest must show it
RANDOM = "f gives another value each time at the same inputs; fix the seed that it uses"


class Entries:
    """The entries of one input's gradient: what is claimed, what differences say, and the verdict."""

    def __init__(self, check: Check, position: int, claimed: np.ndarray | None) -> None:
        self.check, self.place, self.position = check, check.place, position
        self.x, self.name = check.claim.inputs[position].raw, check.claim.inputs[position].name
        self.claimed, self.trouble, self.rounded = claimed, "", ""
        if claimed is None:
            self.trouble = "the gradient is None: nothing connects f with it"
        elif claimed.dtype.kind not in "fiu":
            self.trouble = f"the gradient has dtype {claimed.dtype}, expected {self.x.dtype}"
        elif claimed.shape != self.x.shape:
            self.trouble = f"the gradient has shape {claimed.shape}, expected that of the input, {self.x.shape}"
        usable = claimed is not None and claimed.dtype.kind in "fiu" and claimed.shape == self.x.shape
        g = np.asarray(claimed, np.float64).reshape(-1) if usable and claimed is not None else np.zeros(self.x.size)
        self.bad, self.is_nan = ~np.isfinite(g), np.isnan(g)
        self.g = np.where(self.bad, 0.0, g)
        self.units = units_of(self.x).reshape(-1)
        n = self.x.size
        self.residual, self.error = np.full(n, math.nan), np.full(n, math.inf)
        self.kinds = np.full(n, "unseen", dtype="U8")
        self.wrong = np.zeros(n, bool)
        self.sides = np.full((2, n), math.nan)
        claimed_eps = float(np.finfo(claimed.dtype).eps) if claimed is not None and claimed.dtype.kind == "f" else 0.0
        self.eps = max(claimed_eps, 2.0**-52)
        self.aim = self.place.eps**0.44
        self.rounding_of_g: np.ndarray | None = None

    def look(self) -> None:
        """Fill in what differences say."""
        if self.x.size <= FEW:
            wrong = 0
            for i in range(self.x.size):
                self._entry(i, quick=wrong >= ENOUGH)
                wrong += self.kinds[i] == "smooth" and abs(self.residual[i]) > self.error[i]
        else:
            self._large()
        self.wrong = self._is_wrong()

    def _entry(self, i: int, quick: bool = False) -> None:
        unit = float(self.units[i])
        claimed = float(self.g[i]) * unit
        ray = Ray(self.place.entry(self.position, i, unit), self.place.noise, self.check.weights, claimed,
                  self.check.largest * unit or length_of(self.place.at_x) / 100,
                  finest_step(float(self.x.reshape(-1)[i])))
        slope = examine(ray, self.aim, quick)
        if quick and slope.error > SEEN * abs(slope.residual):
            slope = examine(ray, self.aim)
        slope = self._unless_hidden(slope, claimed)
        self.residual[i], self.error[i] = slope.residual / unit, slope.error / unit
        self.kinds[i] = slope.kind
        self.sides[:, i] = slope.ahead / unit, slope.behind / unit
        if claimed == 0 != self.g[i]:                           # x times its slope underflows, and so does what f shows
            self.kinds[i], self.error[i] = "unclear", math.inf
        if self.bad[i] and not self.is_nan[i] and self._grows_without_bound(i):
            self.kinds[i], self.residual[i], self.error[i] = "steep", math.nan, math.inf

    def _unless_hidden(self, slope: Slope, claimed: float) -> Slope:
        """A slope of 0 that only steps beyond the size of x can tell from a claim: rounding hides the claimed one."""
        floor = CANCELLED * self._last_place()
        hidden = abs(slope.residual) > slope.error and abs(slope.residual + claimed) <= 3 * slope.error
        return slope._replace(error=floor) if hidden and abs(claimed) <= floor and slope.error < floor else slope

    def _last_place(self) -> float:
        """The unit in the last place of f."""
        return self.place.eps * float(np.abs(self.place.at_x) @ np.abs(self.check.weights))

    def _grows_without_bound(self, i: int) -> bool:
        """Whether slopes over ever shorter steps grow without bound to the infinity that is claimed.

        They must grow by no less at each step, as those of sqrt(x) and x·log(x) at 0 do, while f itself settles: slopes
        of a function that is only steep grow by less and less, and those of a jump grow with its height constant.
        """
        assert self.claimed is not None
        rise = self.place.entry(self.position, i, float(self.units[i]))
        least = 1e3 * float(np.abs(self.check.weights) @ self.place.noise.bounds)
        for side in (1, -1):
            heights, slopes = [], []
            for k in range(STEEP_LEVELS):
                rises, step = rise(side * 4.0 ** -(k + 2))
                height = float(rises @ self.check.weights)
                if step == 0 or not least < abs(height) < math.inf:
                    break
                heights.append(abs(height))
                slopes.append(height / step * math.copysign(1.0, float(self.claimed.flat[i])))
            if len(slopes) < STEEP_SEEN or slopes[-STEEP_SEEN] <= 0:
                continue
            growth, settling = np.diff(slopes[-STEEP_SEEN:]), np.diff(np.log(heights[-STEEP_SEEN:]))
            if np.all(growth > 0) and np.all(growth[1:] > 0.9 * growth[:-1]) and np.all(settling < -0.02):
                return True
        return False

    def tolerance(self) -> np.ndarray:
        """How far each entry may be off and yet be right."""
        return np.asarray(self.error + ROUNDING * self.eps * np.abs(self.g))

    def _is_wrong(self) -> np.ndarray:
        bound = self.tolerance()
        low, high = np.minimum(*self.sides), np.maximum(*self.sides)
        kink = self.kinds == "kink"
        one_slope = (self.kinds == "smooth") | (self.kinds == "edge")
        wrong = one_slope & ~(np.abs(self.residual) <= bound)
        wrong |= kink & ~((low - bound <= 0) & (high + bound >= 0))
        wrong &= np.isfinite(self.error)
        if np.any(wrong):
            more = self._rounding_of_gradient()
            wrong &= ~(np.abs(np.where(kink, np.minimum(abs(low), abs(high)), self.residual)) <= bound + more)
        finite = (one_slope | kink) & np.isfinite(self.error)
        return np.asarray(wrong | (self.bad & (finite | (self.is_nan & (self.kinds != "jump")))))

    def _rounding_of_gradient(self) -> np.ndarray:
        """How far rounding moves the claimed gradient: from its values at seven inputs next to each other."""
        if self.rounding_of_g is None:
            self.rounding_of_g = np.zeros(self.x.size)
            claim, rows = self.check.claim, []
            index = claim.chosen.index(self.position)
            for j in range(7):
                raw = claim.raw
                raw[self.position] = (self.x + 87.3 * j * self.place.eps
                                      * self.units.reshape(self.x.shape)).astype(self.x.dtype)
                g = claim.gradient(raw, self.check.weights)[index]
                if g is None or np.shape(g) != self.x.shape:
                    return self.rounding_of_g
                rows.append(np.asarray(g, np.float64).reshape(-1))
            self.rounding_of_g = SURE * noise_in(np.array(rows))
            self.rounding_of_g = np.nan_to_num(self.rounding_of_g)
        return self.rounding_of_g

    # -- large inputs -------------------------------------------------------------------------------------------------

    def _large(self) -> None:
        """Random directions; where one is not right, halves of it, down to single entries."""
        rng = self.check.rng
        n = self.x.size
        everything = np.arange(n)
        for _ in range(DIRECTIONS):
            v = rng.choice([-1.0, 1.0], n) * (1 + rng.integers(0, 4, n) / 4) * self._lengths()
            slope = self._along(everything, v)
            if not self._fits(slope, v, everything):
                self._narrow_down(everything, v)
                return
            here = self._bound_from(slope, v)
            better = here < self.error
            self.error[better], self.residual[better], self.kinds[better] = here[better], 0.0, slope.kind

    def _narrow_down(self, everything: np.ndarray, v: np.ndarray) -> None:
        """Halve what is wrong along v, down to single entries; stop when enough of them are known."""
        self.error[:], self.residual[:], self.kinds[:] = math.inf, math.nan, "unseen"
        stack, spent, found = [everything], 0, 0
        while stack and spent < BUDGET and found < ENOUGH:
            part = stack.pop()
            spent += 1
            if part.size == 1:
                self._entry(int(part[0]))
                found += 1
            elif self._fits(slope := self._along(part, v, quick=part.size < everything.size), v, part):
                self.error[part], self.residual[part] = self._bound_from(slope, v)[part], 0.0
                self.kinds[part] = slope.kind
            else:
                half = part.size // 2
                stack += [part[half:], part[:half]]

    def _lengths(self) -> np.ndarray:
        """For each entry how far it moves: its own size, but not less than a hundredth of the usual one."""
        return np.asarray(np.maximum(self.units, float(np.median(self.units)) / 128))

    def _along(self, part: np.ndarray, v: np.ndarray, quick: bool = False) -> Slope:
        """The slope when only the entries `part` move."""
        only = np.zeros_like(v)
        only[part] = v[part]
        ray = Ray(self.place.direction(self.position, only.reshape(self.x.shape)), self.place.noise,
                  self.check.weights, float(self.g @ only), length_of(self.g * only))
        return examine(ray, self.aim / math.sqrt(part.size), quick)

    def _fits(self, slope: Slope, v: np.ndarray, part: Any = slice(None)) -> bool:
        bound = slope.error + ROUNDING * self.eps * length_of(self.g[part] * v[part])
        return (slope.kind in ("smooth", "edge") and abs(slope.residual) <= bound
                and slope.error <= SEEN * max(length_of(self.g[part] * v[part]), 1e-300)
                and not self.bad[part].any())

    def _bound_from(self, slope: Slope, v: np.ndarray) -> np.ndarray:
        return np.asarray((abs(slope.residual) + slope.error) / np.abs(v))

    # -- nothing but rounding -----------------------------------------------------------------------------------------

    def is_in_doubt(self) -> bool:
        """Whether some entry is wrong or unclear."""
        return bool(self.wrong.any() or not set(self.kinds) <= {"smooth", "edge", "kink", "steep"})

    def is_below(self, floor: float) -> bool:
        """Whether what is claimed, and what was measured, moves f by less than that over the size of x."""
        measured = np.nan_to_num(np.abs(self.g + self.residual))
        return not self.bad.any() and bool(np.all(np.maximum(np.abs(self.g), measured) * self.units <= floor))

    def accept(self, floor: float) -> None:
        """Take all entries as right up to rounding."""
        self.wrong[:], self.kinds[:], self.residual[:], self.error[:] = False, "smooth", 0.0, floor / self.units
        self.rounded = "f and its slopes are nothing but rounding here"

    # -- the verdict --------------------------------------------------------------------------------------------------

    def report(self) -> InputReport:
        """The verdict and the numbers."""
        shape = self.x.shape
        kink = ((self.kinds == "kink") & ~self.wrong) | (self.kinds == "steep")
        claimed = self.claimed if self.claimed is not None else np.zeros(shape)
        found = (self.g + self.residual, self.error, self.wrong, kink, self._resolutions())
        return InputReport(self.name, *self._verdict(kink), shape, claimed, *(each.reshape(shape) for each in found))

    def _resolutions(self) -> np.ndarray:
        """For each entry the relative error that would have been seen; relative to the largest entry where it is 0."""
        residual = np.nan_to_num(self.residual)
        size = np.abs(np.where(self.wrong, self.g + residual, self.g))
        size = np.where(size == 0, self.check.largest, size)
        bound = self.tolerance() + np.where(self.wrong, 0, np.abs(residual))
        if self.rounded:
            size = bound / (CANCELLED * self.place.eps)     # that is, relative to the terms that cancel
        return np.where(bound == 0, 0.0, bound / np.where(size == 0, 1.0, size))

    def _usual_slope(self) -> np.ndarray:
        """What an entry's slope is compared with: the largest there is, else a slope that f would show."""
        natural = float(np.max(np.abs(self.place.at_x), initial=0.0)) / 30 / self.units
        return np.where(natural == 0, math.inf, natural) if self.check.largest == 0 else np.full(1, self.check.largest)

    def _verdict(self, kink: np.ndarray) -> tuple[str, str]:
        n = self.x.size
        if self.rounded:
            return "ok", self.rounded
        misshapen = self.claimed is not None and self.trouble.startswith("the gradient has")
        if misshapen or np.any(self.wrong):
            return ("wrong", self.trouble) if misshapen or not self.check.is_random else ("inconclusive", RANDOM)
        jump, steep = self.kinds == "jump", self.kinds == "steep"
        settled = jump & ~self.bad & (np.nanmin(np.abs(self.sides), axis=0, initial=math.inf) <= self.tolerance())
        unclear = (self.kinds == "unclear") | (self.kinds == "unseen") | (self.bad & ~jump & ~steep)
        blind = (self.error > SEEN * np.abs(self.g)) & (self.error > SEEN * self._usual_slope()) & ~kink & ~jump
        steepest = np.maximum(np.abs(self.g), np.abs(self.g + self.residual)) + self.error
        flat = blind & (n <= FEW) & (steepest * self.units <= FLAT * self._last_place())
        blind &= ~flat
        for verdict, mask, reason in (
                ("inconclusive", jump & ~settled, "f jumps, or its slope grows without bound"),
                ("inconclusive", unclear, "differences do not settle"),
                ("inconclusive", blind & (n <= FEW), self._why_blind(blind)),
                ("at a kink", settled, "f jumps, and the claimed slope is that of the other side"),
                ("at a kink", steep, "the slope grows without bound, as is claimed"),
                ("at a kink", kink & ~steep, "the claimed slope lies between those of the two sides")):
            if np.any(mask):
                return verdict, reason + self._share(mask)
        flat |= (self.error > SEEN * np.abs(self.g)) & (self.g != 0) & (n <= FEW) & (
            steepest * self.units <= FLAT * self._last_place()) & ~kink & ~jump
        if np.any(flat):
            hidden = float(np.max(np.where(flat, self.error, 0.0)))
            return "ok", (f"f is flat to rounding here{self._share(flat)}: it cannot show slopes below {hidden:.1g}, "
                          "and none larger is claimed" if np.all(np.abs(self.g[flat]) <= hidden) else
                          f"f is flat to rounding here{self._share(flat)}: its slope is seen to {hidden:.1g} only")
        return "ok", self.trouble

    def _share(self, mask: np.ndarray) -> str:
        return f", in {int(np.sum(mask))} of {counted(mask.size)}" if mask.size > 1 else ""

    def _why_blind(self, blind: np.ndarray) -> str:
        """What hides the slope in the first of some entries."""
        if blind.any() and self.x.size <= FEW and self._is_staircase(int(np.flatnonzero(blind)[0])):
            return ("f is a staircase: beside x it keeps one value, farther off it jumps, so that no slope is seen; "
                    "check what is computed before it is rounded")
        return "f is too noisy for its slope to be seen"

    def _is_staircase(self, i: int) -> bool:
        """Whether values of f next to each other are equal far more often than its last place explains."""
        rise = self.place.entry(self.position, i, float(self.units[i]))
        for width in (2.0**-k for k in range(2, 40, 3)):
            rises = [float(rise(width * k / STAIRS)[0] @ self.check.weights) for k in range(STAIRS)]
            different, span = len(set(rises)), max(rises) - min(rises)
            if 1 < different <= STAIRS // 2 and span > 10 * STAIRS * self._last_place():
                return True
        return False
