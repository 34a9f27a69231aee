"""How long the steps of a splitting method are: as given, or from the tolerance.

The local error of a step h is e(h) ≈ C h^(p+1). It is measured by step doubling: with b one step of h and c two of h/2,
e(h) = ‖b − c‖/(1 − 2^(−p)). The flow is unitary, so the local errors of a run at worst add up: the error of the last state
stays below tol where each step obeys e(h) ≤ rate·h with rate = (what is left of tol)/(what is left of the time).
"""

from dataclasses import dataclass
from typing import final

import numpy as np

from qlearn.methods.kernel import SplittingKernel
from qlearn.methods.reach import Reach
from qlearn.methods.record import EPS, relative_distance

__all__ = ["AutomaticSteps", "FixedSteps"]

SHARE = 0.5       # of tol is planned; the rest is a reserve for errors that grow between two probes
PROBE_EVERY = 16  # steps at most between two probes: 3/18 of the transforms go into probing
FIXED_PROBE_EVERY = 64
DRIVEN_STEPS = 24  # at least, where V depends on t


@final
class Clock:
    """The time that ψ has reached. Steps of almost the same length are one length, so that their phase tables are shared;
    the differences, below ``tiny`` in all, never add up because each stretch is measured from the time really reached.

    ``now``, ``end`` and all targets count from the first of ``times``, so that a late start costs no digits; ``time`` is
    the time that V(t) is asked for."""

    def __init__(self, times: np.ndarray):
        self.start, self.now, self.end = float(times[0]), 0.0, float(times[-1] - times[0])
        self.span = abs(self.end)
        self.sign = 1.0 if self.end >= 0 else -1.0
        self.tiny = 8 * EPS * self.span
        self._last = 0.0

    @property
    def time(self) -> float:
        return self.start + self.now

    def left(self, target: float) -> float:
        """The time from now to target, ≥ 0; 0 within rounding."""
        left = self.sign * (target - self.now)
        return left if left > self.tiny else 0.0

    def division(self, target: float, longest: float) -> tuple[float, int]:
        """(h, n): n equal steps of h, signed, |h| ≤ longest, that lead from now to target."""
        left = self.left(target)
        n = max(1, int(np.ceil(left / longest * (1 - 1e-9))))
        h = left / n
        if n * abs(h - self._last) > self.tiny / 2:  # the other half of tiny is for the rounding of ``now``: no sliver is left
            self._last = h
        return self.sign * self._last, n

    def advance(self, h: float, count: int) -> None:
        self.now += count * h


@final
class StepProbe:
    """Measures C of e(h) = C|h|^(p+1) at a state, relative to the norms of ψ0."""

    def __init__(self, kernel: SplittingKernel, phi: np.ndarray):
        self.kernel, self.order = kernel, kernel.table.order
        self.norms = np.sqrt(np.sum(np.abs(phi) ** 2, axis=kernel.axes))
        self.transforms = 2 * len(kernel.table.drifts)
        self.noise = 2 * EPS * float(np.sqrt(self.transforms * np.log2(kernel.hamiltonian.grid.size)))

    def compare(self, phi: np.ndarray, time: float, h: float) -> tuple[np.ndarray, float]:
        """(φ after two half steps, e(h) of the one step)."""
        whole = self.kernel.steps(phi.copy(), time, h, 1)
        halves = self.kernel.steps(phi.copy(), time, h / 2, 2)
        return halves, self._error(whole, halves)

    def fixed(self, phi: np.ndarray, time: float, h: float) -> tuple[np.ndarray, float]:
        """(φ after the one step, e(h))."""
        halves = self.kernel.steps(phi.copy(), time, h / 2, 2)
        whole = self.kernel.steps(phi, time, h, 1)
        return whole, self._error(whole, halves)

    def _error(self, whole: np.ndarray, halves: np.ndarray) -> float:
        return relative_distance(whole, halves, self.kernel.axes, self.norms) / (1 - 2.0**-self.order)

    def rounding(self, steps: int) -> float:
        """Of so many steps: that of the transforms is random, that of the phase tables the same in each step."""
        return float(self.noise * np.sqrt(steps) + EPS * np.sqrt(self.transforms) * steps)


@final
class FixedSteps:
    """Steps of the given length, shorter only to hit a save time; every 64th is also done as two halves, to estimate."""

    def __init__(self, kernel: SplittingKernel, phi: np.ndarray, times: np.ndarray, dt: float):
        self.kernel, self.dt = kernel, float(dt)
        self.clock, self.probe = Clock(times), StepProbe(kernel, phi)
        self.until_probe, self._constant = 0, 0.0

    @property
    def words(self) -> str:
        return f"dt = {self.dt:g} as given"

    def advance(self, phi: np.ndarray, target: float) -> tuple[np.ndarray, bool]:
        """Some steps towards target: (φ, whether it is reached)."""
        h, n = self.clock.division(target, self.dt)
        if self.until_probe <= 0:
            phi, error = self.probe.fixed(phi, self.clock.time, h)
            self._constant, self.until_probe, count = error / abs(h) ** (self.probe.order + 1), FIXED_PROBE_EVERY, 1
            self.kernel.record.watch(phi)
        else:
            count = min(n, self.until_probe)
            phi = self.kernel.steps(phi, self.clock.time, h, count)
        self.clock.advance(h, count)
        self.until_probe -= count
        self.kernel.record.steps += count
        self.kernel.record.error += count * self._constant * abs(h) ** (self.probe.order + 1)
        self.kernel.record.rounding = self.probe.rounding(self.kernel.record.steps)
        return phi, self.clock.left(target) == 0


@final
class AutomaticSteps:
    """Steps chosen so that the estimated errors add up to less than tol at the last time.

    Where V does not depend on t, C is probed at least every 16 steps, and steps that turn out to have been too long are
    taken back. Where it does, every step is probed and none is longer than 1/24 of the whole time: what V(t) does within
    1/500 of it may still be missed and needs save times or a dt of its own. See ``qlearn.methods.reach`` for the other bound.
    """

    def __init__(self, kernel: SplittingKernel, phi: np.ndarray, times: np.ndarray, tol: float):
        self.kernel, self.record, self.tol = kernel, kernel.record, tol
        self.clock, self.probe = Clock(times), StepProbe(kernel, phi)
        self.reach, self.driven = Reach(kernel.hamiltonian, kernel.record), kernel.hamiltonian.time_dependent
        self.longest = self.clock.span / DRIVEN_STEPS if self.driven else self.clock.span
        turn, self._limit = self.reach.limits(phi, self.clock.time)
        self.step = min(turn, self.longest)
        self.until_probe, self.stride = 0, 2
        self._constant, self._since = 0.0, 0.0  # C, and Σ|h|^(p+1) since the last probe
        self._anchor = (phi, self.clock.now, 0.0, 0)
        self._cap, self._cap_end = np.inf, self.clock.now
        self._range, self._target = [np.inf, 0.0], np.nan

    @property
    def words(self) -> str:
        return f"automatic steps of {self._range[0]:.4g} to {self._range[1]:.4g} from tol = {self.tol:g}"

    def advance(self, phi: np.ndarray, target: float) -> tuple[np.ndarray, bool]:
        """Some steps towards target: (φ, whether it is reached)."""
        if target != self._target:
            self._target = target
            self._drop_anchor(phi)
        if self.clock.left(self._cap_end) == 0:
            self._cap = np.inf
        h, n = self.clock.division(target, min(self.step, self._cap, self._limit))
        if self.until_probe <= 0:
            phi = self._probed(phi, h)
        else:
            count = min(n, self.until_probe)
            phi = self.kernel.steps(phi, self.clock.time, h, count)
            self._book(h, count, self._constant * abs(h) ** (self.probe.order + 1))
        return phi, self.clock.left(target) == 0

    def predict(self, phi: np.ndarray) -> float:
        """The step length that this state would be given now; nothing is moved."""
        h = min(self.step, self._limit)
        for _ in range(20):
            measured = self._measured(phi, self.clock.sign * h, self._rate() * h)
            best = self._best(measured.constant)
            if best >= 0.9 * h:
                break
            h *= float(np.clip(best / h, 0.2, 0.9))
        return min(best, self._limit, self.longest)

    def _book(self, h: float, count: int, error: float) -> None:
        self.clock.advance(h, count)
        self.until_probe -= count
        self._since += count * abs(h) ** (self.probe.order + 1)
        self.record.steps += count
        self.record.error += count * error
        self.record.rounding = self.probe.rounding(self.record.steps)
        self._range = [min(self._range[0], abs(h)), max(self._range[1], abs(h))]

    def _rate(self) -> float:
        """The error that a unit of time may add from here on."""
        reserve = max(SHARE * self.tol - self.record.error, 0.02 * self.tol)
        return reserve / max(self.clock.left(self.clock.end), self.clock.tiny)

    def _probed(self, phi: np.ndarray, h: float) -> np.ndarray:
        """Measure e(h); take the two half steps if it is small enough, and choose the next step length."""
        allowed = self._rate() * abs(h)
        measured = self._measured(phi, h, allowed)
        best = self._best(measured.constant)
        if self._overran(measured.constant):
            return self._gone_back(best)
        if measured.visible and measured.constant * abs(h) ** (self.probe.order + 1) > 1.5 * allowed:
            self.step = abs(h) * float(np.clip(best / abs(h), 0.2, 0.9))
            return phi
        self._learn(measured.constant)
        # an error below rounding says nothing against a longer step, and in a driven V the next probe judges that one
        self._adapt(abs(h), best if measured.visible else max(best, (2 if self.driven else 1) * abs(h)))
        if measured.halves is None:
            self.until_probe = max(self.until_probe, 1)
        else:
            phi = measured.halves
            self._book(h, 1, measured.constant * abs(h) ** (self.probe.order + 1) * (1 if self.driven else self._gain))
            self.record.watch(phi)
        self._limit = self.reach.limits(phi, self.clock.time)[1]
        self._drop_anchor(phi)
        return phi

    @property
    def _gain(self) -> float:
        """The error of two half steps over that of the step."""
        return float(2.0**-self.probe.order)

    def _measured(self, phi: np.ndarray, h: float, allowed: float) -> "_Measurement":
        """C at φ. An allowed error near the rounding noise cannot be seen in a step of h: C is then measured with longer
        steps, whose result is of no further use. In a driven V, where each step is probed, C is that of the half steps."""
        most = 1.0 if self.driven else max(1.0, self.clock.left(self.clock.end) / abs(h))
        stretch = 1.0
        while True:
            halves, error = self.probe.compare(phi, self.clock.time, stretch * h)
            clear = error > 30 * self.probe.noise or allowed > 20 * self.probe.noise
            if clear or stretch >= most:
                constant = error / abs(stretch * h) ** (self.probe.order + 1) * (self._gain if self.driven else 1.0)
                return _Measurement(constant, error > 4 * self.probe.noise, halves if stretch == 1 else None)
            stretch = min(2 * stretch, most)

    def _best(self, constant: float) -> float:
        return float(0.95 * (self._rate() / max(constant, 1e-300)) ** (1 / self.probe.order))

    def _learn(self, constant: float) -> None:
        """Where C has grown since the last probe the steps in between count with the new C; in a driven V there are none."""
        if constant > self._constant and not self.driven:
            self.record.error += (constant - self._constant) * self._since
        change = constant / self._constant if self._constant > 0 else np.inf
        self.stride = 0 if self.driven else min(2 * self.stride, PROBE_EVERY) if 0.25 < change < 4 else 2
        self._constant, self._since, self.until_probe = constant, 0.0, self.stride

    def _adapt(self, h: float, best: float) -> None:
        """Leave the step alone where it is near the best one: a new length costs new phase tables."""
        if best < 0.95 * h:
            self.step = best
        elif best < self.step:
            self.step = max(best, h)
        elif best > 1.15 * max(h, self.step):
            self.step = min(best, 4 * max(h, self.step), self.longest)
            self.until_probe = min(self.until_probe, 4)

    def _drop_anchor(self, phi: np.ndarray) -> None:
        """Keep the state of the last probe or save time, to go back to."""
        self._anchor = (phi.copy(), self.clock.now, self.record.error, self.record.steps)

    def _overran(self, constant: float) -> bool:
        """True where the steps since the anchor, judged with the C found at their end, used up more than twice
        their share: the wave has run into a place that needs shorter steps."""
        passed = abs(self.clock.now - self._anchor[1])
        return passed > 0 and constant * self._since > 2 * self._rate() * passed

    def _gone_back(self, best: float) -> np.ndarray:
        """To the anchor, with shorter steps until the place where it was found out is behind."""
        self._cap, self._cap_end = 0.9 * best, self.clock.now
        phi, self.clock.now, self.record.error, self.record.steps = self._anchor
        self._since, self.stride, self.until_probe = 0.0, 2, 2
        return phi.copy()


@final
@dataclass(frozen=True, eq=False)
class _Measurement:
    """C, whether it stands above rounding, and ψ after two half steps where that is of use."""

    constant: float
    visible: bool
    halves: np.ndarray | None
