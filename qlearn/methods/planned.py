"""Steps from the tolerance by a forecast of the whole run, checked against ψ.

    bound(h) = min(max(SAFETY κ³ F G(h), κ L(h)/8 (κ/1.1)²), 2κ L(h)),    SAFETY = 2.2, or 4 for schemes with a processor

L/2 in place of L/8 where h leaps over features of V (``qlearn.methods.reach``).

G is the forecast error of the last state under steps of one length h, L the forecast sum of the local errors, and κ ≥ 1.1 the
ratio of the local errors of ψ, measured by step doubling at a few places, to their forecasts. F = 1 + (6/quanta)², at most 6,
stands for waves of few quanta. h is nearly the longest step with bound(h) ≤ 0.95 tol, guessed by a quarter of the trajectories
and confirmed by all of them. Where κ > TRUST, at the first look or when what is done could not be made good any more, waves
are too far from trajectories: the run goes by local errors alone. The rules were fixed on ten problems (wells, rings, a lattice,
a barrier, driven and in two dimensions) and random ones; the numbers that random problems gave stand in tests/methods.
"""

import math
from functools import cached_property
from statistics import fmean
from typing import Any, final

import numpy as np

from qlearn.kernels.arrays import as_complex
from qlearn.methods.clock import Clock
from qlearn.methods.forecast import BLOCKS, Forecast, Outlook
from qlearn.methods.gradient_coefficients import GRADIENT6_TABLE
from qlearn.methods.kernel import SplittingKernel
from qlearn.methods.outset import Outset
from qlearn.methods.probe import Conjugation, StepProbe

__all__ = ["PlannedSteps"]

SAFETY, SAFETY_PROCESSED = 2.2, 4.0
CANCELLED, LEAPT = 8.0, 2.0  # the most that errors of single steps are believed to cancel, where waves are near trajectories, and
                     # where steps leap over features of V, in time with themselves; more in schemes with a processor
LEAST, TRUST = 1.1, 4.0
FEW_QUANTA, MOST_FOR_FEW = 6.0, 6.0
SURPRISED = 1.3      # times κ where a run is planned again
SHORTEST = 4.0       # times shorter than before that the rest of the steps are made where a late look asks for it
TOO_LONG = 0.9       # times the first step: one that is to be shorter than this is not kept
LATE = 1.15          # times κ: a larger one that shows late counts for what is done too
WITNESS = (0.85, 1.15)  # local error over its forecast, of the scheme that is asked where there is a processor
WITNESS_PAIRS = 3 * GRADIENT6_TABLE.pairs
FAINT = 0.1          # of tol: a feature of V that does less in the whole time, whatever steps make of it
PROBE_EVERY = 18     # steps for each probe of ψ
FEWEST_PROBES, FEWEST_UNRESOLVED, PROBES = 2, 4, 8
DRIVEN_STEPS = 32    # at least, where V depends on t
MOST_LOOKED_AT = 96  # steps: more are foreseen by the order of the scheme
MOST_CONFIRMED = 20_000  # steps of a driven run: more are not looked at themselves
TRIES = 10
ROUGH_TRIES = 3      # by a few trajectories, until they say at most twice or half as many steps
HOPELESS = 1.5       # times above the goal that a bound may be by a few trajectories, with as many steps as are wanted at most
ENOUGH = {1: 1.5}    # times below the goal that a bound may be on a line; 1.2 elsewhere, where steps cost more than forecasts
SHORTENED = 1.5      # times above it that a bound may be where steps are shortened by the order
AT_ONCE = 10**9      # points times stages: about ten seconds, before a run can be looked at and saved
STRETCHES, WATCHED = 2, 8  # of a run, at least: between two of them it can be looked at and saved; where it is looked at then
LONG = 10**7         # points times stages: ten milliseconds, from which it pays to see early that ψ leaves its window


@final
class PlannedSteps:
    """Steps of one length, shorter only to hit save times; ``distrusted`` once the forecast has failed a check.

    φ is the processed state between save times where the scheme has a processor. A plan of more than ``most`` steps is not
    wanted, and is distrusted.
    """

    def __init__(self, kernel: SplittingKernel, outset: Outset, clock: Clock, tol: float, most: float = np.inf):
        self.kernel, self.record, self.clock, self.tol = kernel, kernel.record, clock, tol
        hamiltonian, self.goal = kernel.hamiltonian, 0.95 * tol  # the rest is for rounding
        self.probe, self.conjugation = StepProbe(kernel, outset.norms), Conjugation(kernel)
        self.fewest = max(DRIVEN_STEPS if hamiltonian.time_dependent else BLOCKS, math.ceil(clock.span / outset.limits[1]))
        self.outset, self.forecast, self.most = outset, outset.forecast(kernel.table), most
        self.ratio, self.distrusted = LEAST, False
        plain = kernel.table.processor is None
        self.safety, self.kept = (SAFETY, 1 / CANCELLED) if plain else (SAFETY_PROCESSED, 0.0)
        self.sums = (0.0, 0.0)  # of local errors seen and foreseen
        self.looked, self.undone = 0.0, 0.0  # the time of the last look; the errors seen in steps that were taken back
        self.again = self.replanned = False
        self._adopt(self._planned())

    @property
    def words(self) -> str:
        return f"automatic steps of {self.step:.4g} from tol = {self.tol:g} by a forecast of the whole run"

    def advance(self, phi: Any, target: float) -> tuple[Any, bool]:
        """Some steps towards target: (φ, whether it is reached). Where ``distrusted`` is set, φ is the first state again."""
        if not self.trusted(phi):
            self.distrusted = True
            return phi, False
        if self._due(target):
            h, _ = self.clock.division(target, self.step)
            phi = self._checked(self.conjugation.into(phi, self.clock.time, h), h)
            if self.distrusted or self.again:
                return self._started_again(), False
            if self.clock.now == 0 and self.step < TOO_LONG * abs(h):
                return as_complex(self.outset.phi), False
            self._account(h, 1)
            self.looked = self.clock.now
        if self.clock.left(target) > 0 and not self._due(target):
            h, n = self.clock.division(target, self.step)
            ahead = math.ceil(abs(self.pending[0] - self.clock.now) / abs(h) - 0.5) if self.pending else n
            each, steps = math.prod(phi.shape) * self.kernel.pairs, self.clock.span / self.step
            leaks_late = self.record.lookout is not None and steps * each > LONG
            stretches = WATCHED if leaks_late or self.record.on_watch is not None else STRETCHES
            most = min(int(steps / stretches) + 1, AT_ONCE // each)
            count = max(1, min(n, ahead, most))
            phi = self.kernel.steps(self.conjugation.into(phi, self.clock.time, h), self.clock.time, h, count)
            self._account(h, count)
            if self.clock.left(target) > 0:
                self.record.watch(phi)
        return phi, self.clock.left(target) == 0

    def stands(self, time: float) -> bool:
        """Whether the steps until ``time`` are not taken back any more."""
        return not self.pending or self.clock.left(self.clock.end) == 0 \
            or self.clock.sign * (time - self.looked) <= self.clock.tiny

    def _due(self, target: float) -> bool:
        """Whether the next step towards target is to be looked at."""
        h, _ = self.clock.division(target, self.step)
        return bool(self.pending) and self.clock.sign * (self.pending[0] - self.clock.now) <= abs(h) / 2

    def _account(self, h: float, count: int) -> None:
        """For ``count`` steps that were done."""
        self.clock.advance(h, count)
        self.record.steps += count
        self.record.error += self._part(h, count)
        self.record.rounding = self.probe.rounding(self.record.steps)

    def trusted(self, phi: Any) -> bool:
        """With a processor most of a local error is undone behind the run and tells little. Whether waves are near enough to
        trajectories is asked of a scheme without one, once, at φ, the first state: WITNESS_PAIRS of transforms. It tells nothing
        of fine features of V that are met later: there are to be none."""
        if self.kernel.table.processor is None or self.record.witnessed == self.step:
            return True
        if self.step > self._resolved:
            return False
        kernel = SplittingKernel(self.kernel.hamiltonian, GRADIENT6_TABLE, self.record)
        h = self.clock.sign * self.step
        foreseen = Forecast(self.outset.rays, kernel.table, h).outlook(1).local[0]
        error = StepProbe(kernel, self.outset.norms).compare(phi, self.clock.time, h)[1]
        heard = WITNESS[0] * foreseen < error < WITNESS[1] * foreseen
        self.record.witnessed = self.step if heard else 0.0
        return bool(heard)

    @cached_property
    def _resolved(self) -> float:
        """The longest step that leaps over no feature of V that does something in the whole time."""
        assert self.outset.limits
        return self.outset.reach.resolved(self.outset.time, FAINT * self.tol * self.kernel.hamiltonian.hbar / self.clock.span)

    def state(self, phi: Any) -> Any:
        """The state that φ stands for."""
        return self.conjugation.state(phi, self.clock.time)

    def predict(self, phi: Any) -> float:
        """The step length after a look at φ, the first state; 0 where the forecast fails it."""
        if self.kernel.table.processor is None:
            _, error = self.probe.compare(phi, self.clock.time, self.clock.sign * self.step)
            foreseen = max(self.outlook.local[0], fmean(self.outlook.local))
            ratio = error / foreseen * (abs(self.outlook.step) / self.step) ** (self.probe.order + 1) if foreseen > 0 else np.inf
            if ratio > TRUST:
                return 0.0
            self.ratio = max(self.ratio, ratio)
            self._adopt(self._planned())
        return self.step

    def snapshot(self) -> dict[str, Any]:
        numbers = [self.step, self.ratio, self.outlook.step, self.outlook.error, self.outlook.total, self.conjugation.inside,
                   self.outlook.quanta, *self.sums, self.replanned, self.record.witnessed, self.looked]
        return {"numbers": np.array(numbers), "local": np.array(self.outlook.local),
                "starts": np.array(self.outlook.starts), "pending": np.array(self.pending), "norms": self.probe.norms}

    def restore(self, saved: dict[str, Any], phi: Any) -> None:
        """As at the snapshot; φ tells the kind of array."""
        self.step, self.ratio, step, error, total, self.conjugation.inside, quanta, *rest = np.asarray(saved["numbers"]).tolist()
        self.sums, self.replanned, self.record.witnessed = (rest[0], rest[1]), bool(rest[2]), rest[3]
        self.looked = rest[4]
        local, starts, self.pending = (np.asarray(saved[name]).tolist() for name in ("local", "starts", "pending"))
        self.outlook = Outlook(step, error, local, starts, total, quanta)
        self.probe.norms = np.asarray(saved["norms"])

    def _bound(self, outlook: Outlook | None = None) -> float:
        """The bound on the error of the last state, for the step as it is or that of an outlook."""
        o = self.outlook if outlook is None else outlook
        scale = 1.0 if outlook is not None else (self.step / abs(o.step)) ** self.probe.order
        last, kept, local = self._terms(o)
        return scale * min(max(last, kept), local)

    def _terms(self, outlook: Outlook) -> tuple[float, float, float]:
        """SAFETY κ³ F G, κ L/8 (κ/1.1)² and 2κ L; L/2 where steps leap over features of V."""
        ratio, few = self.ratio, min(1 + (FEW_QUANTA / max(outlook.quanta, 1e-9)) ** 2, MOST_FOR_FEW)
        added = ratio * outlook.total
        kept = self.kept if abs(outlook.step) <= self._resolved else self.kept * CANCELLED / LEAPT
        return self.safety * few * ratio**3 * outlook.error, kept * (ratio / LEAST) ** 2 * added, 2 * added

    def _part(self, h: float, count: int) -> float:
        """The part of the bound that ``count`` steps h take up."""
        return self._bound() * count * abs(h) / self.clock.span * (abs(h) / self.step) ** self.probe.order

    def _planned(self) -> Outlook:
        """The outlook of the fewest steps found that keep the bound, or of as many as are looked at."""
        most = max(MOST_LOOKED_AT, self.fewest)
        best, low, high = None, self.fewest, most + 1
        if self.most < most:
            count = max(int(self.most), 1)
            outlook = self.forecast.outlook(count, rough=True)
            if count < self.fewest or self._bound(outlook) > HOPELESS * self.goal:
                self.distrusted = True
                return outlook
        count = self._guessed(min(max(self.fewest, 24), most), low, most)
        spare = 1.0 if self.kernel.hamiltonian.time_dependent else SHORTENED
        enough = ENOUGH.get(self.kernel.hamiltonian.grid.ndim, 1.2)
        seen: list[tuple[int, Outlook]] = []
        for _ in range(TRIES):
            outlook = self.forecast.outlook(count)
            bound = self._finite_bound(outlook)
            seen.append((count, outlook))
            if bound <= self.goal:
                best, high = outlook, count
            elif count == most or bound <= spare * self.goal:
                shortened = count * (bound / self.goal) ** (1 / self.probe.order)
                return outlook if best is None or math.ceil(shortened) < high else best
            else:
                low = count + 1
            if best is not None and (low >= high or bound <= self.goal < enough * bound):
                break
            count = min(max(self._wanted(seen), low), max(high - 1, low))
        return best if best is not None else self.forecast.outlook(most)

    def _guessed(self, count: int, fewest: int, most: int) -> int:
        """About how many steps keep the bound, by a few trajectories; ``count`` is where to begin."""
        seen: list[tuple[int, Outlook]] = []
        for _ in range(ROUGH_TRIES):
            seen.append((count, self.forecast.outlook(count, rough=True)))
            last, count = count, min(max(self._wanted(seen), fewest), most)
            if count in (fewest, most) or last <= 2 * count <= 4 * last:
                break
        return count

    def _finite_bound(self, outlook: Outlook) -> float:
        """Its bound; a large number where trajectories get beyond all numbers."""
        return max(min(1e300, self._bound(outlook)), 1e-300)

    def _wanted(self, seen: list[tuple[int, Outlook]]) -> int:
        """How many steps have a bound near the goal, from the last numbers that were looked at. It may be above the goal in
        static runs, which are shortened by the order of the scheme then."""
        (count, outlook), driven = seen[-1], self.kernel.hamiltonian.time_dependent
        aim, up = (0.9, 1.0) if driven else (1.0, 0.5)
        wanted = count * (self._finite_bound(outlook) / (aim * self.goal)) ** (1 / self._slope(seen))
        return int(min(wanted, 4.0 * count) + up)

    def _slope(self, seen: list[tuple[int, Outlook]]) -> float:
        """How steeply the bound falls with the number of steps, between the last two: p where steps are short. With one alone,
        as local errors do where they make it; faster where the error of the last state does, to which the next order adds."""
        order = self.probe.order
        if len(seen) < 2 or seen[-1][0] == seen[-2][0]:
            last, kept, _ = self._terms(seen[-1][1])
            return order + (2.0 if last > kept else 0.5)
        (n, before), (m, now) = seen[-2:]
        fall = math.log(self._finite_bound(before)) - math.log(self._finite_bound(now))
        return min(max(fall / math.log(m / n), order), 3 * order)

    def _adopt(self, outlook: Outlook) -> None:
        """Its steps, shorter by the order of the scheme where they are too long. Under a drive, whose steep places fall between
        the steps or on them, errors follow no order: what was made shorter is looked at itself."""
        self._take(outlook)
        if self.kernel.hamiltonian.time_dependent:
            for _ in range(TRIES):
                count = int(np.ceil(self.clock.span / self.step * (1 - 1e-9)))
                if self.step == abs(self.outlook.step) or count > MOST_CONFIRMED:
                    break
                self._take(self.forecast.outlook(count))
        self.pending = self._places() if self.kernel.table.processor is None else []

    def _take(self, outlook: Outlook) -> None:
        self.outlook, self.step = outlook, abs(outlook.step)
        if self._bound() > self.goal:
            self._shorten(self.clock.span, (self.goal / self._bound()) ** (1 / self.probe.order))

    def _shorten(self, left: float, factor: float) -> None:
        """To a whole part of what is left, so that the last digits of a forecast, which depend on how it was computed, do not
        show in a step."""
        self.step = left / math.ceil(left / (self.step * factor) * (1 - 1e-9))

    def _places(self) -> list[float]:
        """Where ψ is to be looked at: first early, where the local error is not small, then in equal parts of the rest. Where
        steps leap over features of V trajectories do not tell where errors are: in more places, evenly from first to last."""
        local, starts = self.outlook.local, self.outlook.starts
        leaps = self.step > self._resolved
        wanted = max(FEWEST_UNRESOLVED if leaps else FEWEST_PROBES, int(self.clock.span / self.step / PROBE_EVERY))
        wanted = min(wanted, PROBES, len(starts))
        if leaps:
            return [starts[round(i * (len(starts) - 1) / max(wanted - 1, 1))] for i in range(wanted)]
        large = 0.5 * max(local)
        first = next((i for i, error in enumerate(local) if error >= large), 0)
        left, start, places = wanted - 1, first + 1, [first]
        while left > 0 and start < len(starts):
            end = start - (start - len(starts)) // left
            places.append(max(range(start, end), key=local.__getitem__))
            left, start = left - 1, end
        return [starts[i] for i in places]

    def _checked(self, phi: Any, h: float) -> Any:
        """A step, and what two halves in its place say about the forecast; φ is overwritten. The step counts: errors that cancel
        over equal steps would not where one of them is left out."""
        place, self.pending = self.pending[0], self.pending[1:]
        local, starts = self.outlook.local, self.outlook.starts
        index = min(range(len(starts)), key=lambda i: abs(starts[i] - place))
        foreseen = max(local[index], fmean(local))
        foreseen *= (abs(h) / abs(self.outlook.step)) ** (self.probe.order + 1)
        moved, error = self.probe.fixed(phi, self.clock.time, h)
        seen, early = error > 4 * self.probe.noise, self.sums[1] == 0
        if early and not seen and local[index] < 0.5 * max(local):  # nor was it to be
            return moved
        self.sums = (self.sums[0] + error, self.sums[1] + foreseen)
        ratio = self.sums[0] / self.sums[1] if self.sums[1] > 0 else np.inf
        if early and (not seen or ratio > TRUST):
            self.distrusted = True
            return phi
        self.record.watch(moved)
        self._reckon(max(LEAST, ratio), h, early)
        return moved

    def _reckon(self, ratio: float, h: float, early: bool) -> None:
        """Take a new κ into account: at the start by planning again, later with shorter steps for what is left, or,
        where they could not make good what is done, from the first state again: planned again once, then by local errors."""
        if self.clock.now == 0:
            changed = abs(ratio - self.ratio) > 0.05
            self.ratio = ratio
            if changed:
                looks = len(self.pending)
                self._adopt(self._planned())
                self.pending = [t for t in self.pending if t != 0][-looks:] if looks else []
        elif ratio > self.ratio:
            if early or ratio > LATE * self.ratio:  # else what is done has been booked with the κ of its time
                self.record.error *= (ratio / self.ratio) ** 3
            self.ratio = ratio
            now = self._part(h, 1)  # of this very step
            left = self.clock.left(self.clock.end) / self.clock.span - abs(h) / self.clock.span
            spare = self.goal - self.record.error - now
            if spare < 0.1 * self.goal * left or self._bound() * left > spare * SHORTEST**self.probe.order:
                self.distrusted = self.replanned or ratio > TRUST
                self.again = not self.distrusted
            elif self._bound() * left > spare:
                self._shorten(left * self.clock.span, (spare / (self._bound() * left)) ** (1 / self.probe.order))

    def _started_again(self) -> Any:
        self.undone, self.looked = self.sums[0], 0.0
        self.clock.now, self.record.error, self.record.steps, self.conjugation.inside = 0.0, 0.0, 0, 0.0
        first = as_complex(self.outset.phi)
        if self.distrusted:
            return first
        self.again, self.replanned = False, True
        self.ratio *= SURPRISED
        self._adopt(self._planned())
        return first
