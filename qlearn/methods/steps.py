"""How long the steps of a splitting method are: as given, or from the tolerance.

The local error of a step h is e(h) ≈ C h^(p+1). It is measured by step doubling: with b one step of h and c two of h/2,
e(h) = ‖b − c‖/(1 − 2^(−p)). The flow is unitary, so the local errors of a run at worst add up: the error of the last state
stays below tol where each step obeys e(h) ≤ rate·h with rate = (what is left of tol)/(what is left of the time).
"""

from typing import final

import numpy as np

from qlearn.methods.kernel import SplittingKernel
from qlearn.methods.record import EPS, relative_distance

__all__ = ["AutomaticSteps", "FixedSteps"]

SHARE = 0.7       # of tol is planned; the rest is a reserve for errors that grow between two probes
PROBE_EVERY = 16  # steps at most between two probes: 3/18 of the transforms go into probing
FIXED_PROBE_EVERY = 64


@final
class Clock:
    """The time that ψ has reached. Steps of almost the same length are one length, so that their phase tables are shared;
    the differences, below ``tiny`` in all, never add up because each stretch is measured from the time really reached."""

    def __init__(self, times: np.ndarray):
        self.now, self.end = float(times[0]), float(times[-1])
        self.span = abs(self.end - self.now)
        self.sign = 1.0 if self.end >= self.now else -1.0
        self.tiny = 4 * EPS * float(np.max(np.abs(times)))
        self._last = 0.0

    def left(self, target: float) -> float:
        """The time from now to target, ≥ 0; 0 within rounding."""
        left = self.sign * (target - self.now)
        return left if left > self.tiny else 0.0

    def division(self, target: float, longest: float) -> tuple[float, int]:
        """(h, n): n equal steps of h, signed, |h| ≤ longest, that lead from now to target."""
        left = self.left(target)
        n = max(1, int(np.ceil(left / longest * (1 - 1e-9))))
        h = left / n
        if n * abs(h - self._last) > self.tiny:
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

    def compare(self, phi: np.ndarray, time: float, h: float) -> tuple[np.ndarray, np.ndarray, float]:
        """(b, c, e(h)): one step, two half steps, and the error of the former."""
        b = self.kernel.steps(phi.copy(), time, h, 1)
        c = self.kernel.steps(phi.copy(), time, h / 2, 2)
        distance = relative_distance(b, c, self.kernel.axes, self.norms)
        return b, c, distance / (1 - 2.0**-self.order)

    def rounding(self, steps: int) -> float:
        """Of so many steps: that of the transforms is random, that of the phase tables the same in each step."""
        return float(self.noise * np.sqrt(steps) + EPS * np.sqrt(self.transforms) * steps)

    def constant(self, error: float, h: float) -> float:
        return error / abs(h) ** (self.order + 1)


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

    def advance(self, phi: np.ndarray, target: float) -> np.ndarray:
        while self.clock.left(target) > 0:
            h, n = self.clock.division(target, self.dt)
            if self.until_probe <= 0:
                phi, _, error = self.probe.compare(phi, self.clock.now, h)
                self._constant, self.until_probe, count = self.probe.constant(error, h), FIXED_PROBE_EVERY, 1
                self.kernel.record.watch(phi)
            else:
                count = min(n, self.until_probe)
                phi = self.kernel.steps(phi, self.clock.now, h, count)
            self.clock.advance(h, count)
            self.until_probe -= count
            self.kernel.record.steps += count
            self.kernel.record.error += count * self._constant * abs(h) ** (self.probe.order + 1)
            self.kernel.record.rounding = self.probe.rounding(self.kernel.record.steps)
        return phi


@final
class AutomaticSteps:
    """Steps chosen so that the estimated errors add up to less than tol at the last time."""

    def __init__(self, kernel: SplittingKernel, phi: np.ndarray, times: np.ndarray, tol: float):
        self.kernel, self.record, self.tol = kernel, kernel.record, tol
        self.clock, self.probe = Clock(times), StepProbe(kernel, phi)
        self.step = first_step(kernel, phi, self.clock.span, float(times[0]))
        self.until_probe, self.stride = 0, 2
        self._constant, self._since = 0.0, 0.0  # C, and Σ|h|^(p+1) since the last probe
        self._anchor = (phi, self.clock.now, 0.0, 0)
        self._cap, self._cap_end = np.inf, self.clock.now
        self._shortest, self._longest = np.inf, 0.0

    @property
    def words(self) -> str:
        return f"automatic steps of {self._shortest:.4g} to {self._longest:.4g} from tol = {self.tol:g}"

    def advance(self, phi: np.ndarray, target: float) -> np.ndarray:
        self._drop_anchor(phi)
        while self.clock.left(target) > 0:
            if self.clock.left(self._cap_end) == 0:
                self._cap = np.inf
            h, n = self.clock.division(target, min(self.step, self._cap))
            if self.until_probe <= 0:
                phi = self._probed(phi, h)
            else:
                count = min(n, self.until_probe)
                phi = self.kernel.steps(phi, self.clock.now, h, count)
                self._book(h, count, self._constant * abs(h) ** (self.probe.order + 1))
        return phi

    def _book(self, h: float, count: int, error: float) -> None:
        self.clock.advance(h, count)
        self.until_probe -= count
        self._since += count * abs(h) ** (self.probe.order + 1)
        self.record.steps += count
        self.record.error += count * error
        self.record.rounding = self.probe.rounding(self.record.steps)
        self._shortest, self._longest = min(self._shortest, abs(h)), max(self._longest, abs(h))

    def _rate(self) -> float:
        """The error that a unit of time may add from here on."""
        reserve = max(SHARE * self.tol - self.record.error, 0.02 * self.tol)
        return reserve / max(self.clock.left(self.clock.end), self.clock.tiny)

    def _probed(self, phi: np.ndarray, h: float) -> np.ndarray:
        """Measure e(h); take the two half steps if it is small enough, and choose the next step length."""
        allowed = self._rate() * abs(h)
        constant, halves = self._measured(phi, h, allowed)
        error, best = constant * abs(h) ** (self.probe.order + 1), self._best(constant)
        if self._overran(constant):
            return self._gone_back(best)
        if error > 1.5 * allowed:
            self.step = abs(h) * float(np.clip(best / abs(h), 0.2, 0.9))
            return phi
        self._learn(constant)
        self._adapt(abs(h), best)
        if halves is None:
            self.until_probe = max(self.until_probe, 1)
            self._drop_anchor(phi)
            return phi
        self._book(h, 1, error / 2**self.probe.order)
        self.record.watch(halves)
        self._drop_anchor(halves)
        return halves

    def _drop_anchor(self, phi: np.ndarray) -> None:
        """Keep the state of the last probe or save time, to go back to."""
        self._anchor = (phi.copy(), self.clock.now, self.record.error, self.record.steps)

    def _overran(self, constant: float) -> bool:
        """True where the steps since the anchor, judged with the C found at their end, used up more than three times
        their share: the wave has run into a place that needs shorter steps."""
        passed = abs(self.clock.now - self._anchor[1])
        return passed > 0 and constant * self._since > 3 * self._rate() * passed

    def _gone_back(self, best: float) -> np.ndarray:
        """To the anchor, with shorter steps until the place where it was found out is behind."""
        self._cap, self._cap_end = 0.9 * best, self.clock.now
        phi, self.clock.now, self.record.error, self.record.steps = self._anchor
        self._since, self.stride, self.until_probe = 0.0, 2, 2
        return phi.copy()

    def _measured(self, phi: np.ndarray, h: float, allowed: float) -> tuple[float, np.ndarray | None]:
        """(C, ψ after two half steps). An allowed error near the rounding noise cannot be seen in a step of h: C is then
        measured with longer steps, whose result is of no further use (None)."""
        most = max(1.0, self.clock.left(self.clock.end) / abs(h))
        stretch = 1.0
        while True:
            _, halves, error = self.probe.compare(phi, self.clock.now, stretch * h)
            visible = error > 30 * self.probe.noise or allowed > 20 * self.probe.noise
            if visible or stretch >= most:
                return self.probe.constant(error, stretch * h), halves if stretch == 1 else None
            stretch = min(2 * stretch, most)

    def _best(self, constant: float) -> float:
        return float(0.95 * (self._rate() / max(constant, 1e-300)) ** (1 / self.probe.order))

    def predict(self, phi: np.ndarray) -> float:
        """The step length that this state would be given now; nothing is moved."""
        h = min(self.step, self.clock.span)
        for _ in range(20):
            constant, _ = self._measured(phi, self.clock.sign * h, self._rate() * h)
            best = self._best(constant)
            if best >= 0.9 * h:
                break
            h *= float(np.clip(best / h, 0.2, 0.9))
        return min(best, self.clock.span)

    def _learn(self, constant: float) -> None:
        """Where C has grown since the last probe the steps in between count with the new C."""
        if constant > self._constant:
            self.record.error += (constant - self._constant) * self._since
        change = constant / self._constant if self._constant > 0 else np.inf
        self.stride = min(2 * self.stride, PROBE_EVERY) if 0.25 < change < 4 else 2
        self._constant, self._since, self.until_probe = constant, 0.0, self.stride

    def _adapt(self, h: float, best: float) -> None:
        """Leave the step alone where it is near the best one: a new length costs new phase tables."""
        if best < 0.95 * h:
            self.step = best
        elif best < self.step:
            self.step = max(best, h)
        elif best > 1.15 * max(h, self.step):
            self.step = min(best, 4 * max(h, self.step), self.clock.span)
            self.until_probe = min(self.until_probe, 4)


def first_step(kernel: SplittingKernel, phi: np.ndarray, span: float, time: float) -> float:
    """A step in which ψ turns by about one radian: ħ/ΔE, ΔE the spread of the energy; at most the whole span."""
    static = kernel.hamiltonian.at(time)
    psi = static.grid.from_periodic(phi)
    applied = static @ psi
    kernel.record.ffts += static.kinetic.ffts * (phi.size // static.grid.size)
    norm2 = static.grid.norm(psi) ** 2
    some = norm2 > 0
    mean = np.real(static.grid.inner(psi, applied))[some] / norm2[some]
    spread = np.sqrt(np.maximum(static.grid.norm(applied)[some] ** 2 / norm2[some] - mean**2, 0.0)).max()
    return span if spread * span <= static.hbar else float(static.hbar / spread)
