"""Steps from the tolerance by local errors alone: nothing is assumed about how they combine.

A flow that does not enlarge errors at worst adds them up: the error of the last state stays below tol where each step obeys
e(h) ≤ rate·h with rate = (what is left of tol)/(what is left of the time), e(h) measured by step doubling. Where H amplifies,
errors count as what they may have grown to by the end.
"""

from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.kernels.arrays import as_complex, like
from qlearn.methods.clock import Clock
from qlearn.methods.growth import Growth, must_stay_finite
from qlearn.methods.kernel import SplittingKernel
from qlearn.methods.outset import Outset
from qlearn.methods.probe import StepProbe

__all__ = ["ProbedSteps"]

SHARE = 0.5       # of tol is planned; the rest is a reserve for errors that grow between two probes
PROBE_EVERY = 16  # steps at most between two probes: 3/18 of the transforms go into probing
WORTHWHILE = 1.01  # times the step, at least, that a measurement with a longer one is made with
SHORTEST = 1e-8   # of the run: where a gain by f asks for shorter steps, ψ grows without bound
PARTS = 8         # of the run, in each of which there is a probe; and steps at least of a scheme with a processor
DRIVEN_STEPS = 24  # at least, where H depends on t


@final
class ProbedSteps:
    """Steps chosen so that the estimated local errors add up to less than tol at the last time.

    Where H does not depend on t, C is probed at least every 16 steps and in the last one, and steps that turn out to have been
    too long are taken back. Where it does, every step is probed and none is longer than 1/24 of the whole time: what V(t) does
    within 1/500 of it may still be missed and needs save times or a dt of its own. For f(|ψ|²) errors may grow on the way, and
    the sum is an estimate, not a bound. See ``qlearn.methods.reach`` for the other bound.
    """

    def __init__(self, kernel: SplittingKernel, outset: Outset, clock: Clock, tol: float, growth: Growth):
        self.kernel, self.record, self.tol, self.growth = kernel, kernel.record, tol, growth
        self.clock, self.probe = clock, StepProbe(kernel, outset.norms)
        self.reach, self.driven = outset.reach, kernel.hamiltonian.time_dependent
        self.may_run_away = kernel.hamiltonian.has_complex_mean_field
        self.longest = clock.span / (DRIVEN_STEPS if self.driven else 1 if kernel.table.processor is None else PARTS)
        turn, self._limit = outset.limits
        self.step = min(turn, self.longest)
        self.until_probe, self.stride = 0, 2
        self._constant, self._since = 0.0, 0.0  # C, and Σ|h|^(p+1) since the last probe
        self._anchor = (outset.phi, clock.now, 0.0, 0)
        self._cap, self._cap_end, self._returns = np.inf, clock.now, 0  # to the anchor as it is
        self._range = [np.inf, 0.0]
        self.undone = 0.0  # the error of the steps that were taken back last

    @property
    def words(self) -> str:
        return f"automatic steps of {self._range[0]:.4g} to {self._range[1]:.4g} from tol = {self.tol:g}"

    def advance(self, phi: Any, target: float) -> tuple[Any, bool]:
        """Some steps towards target: (φ, whether it is reached)."""
        # a step that is too long for a gain by f may leave the range of numbers: it is found to err, and done again
        with np.errstate(over="ignore", invalid="ignore") if self.may_run_away else nullcontext():
            return self._advanced(phi, target)

    def _advanced(self, phi: Any, target: float) -> tuple[Any, bool]:
        if self.clock.left(self._cap_end) == 0:
            self._cap = np.inf
        h, n = self.clock.division(target, min(self.step, self._cap, self._limit))
        count = min(n, self.until_probe)
        if count == n and self.clock.left(self.clock.end) == self.clock.left(target):
            count -= 1  # the last step of all is probed: what nobody looks at behind it would go unseen
        if count <= 0:
            phi = self._probed(phi, h)
        else:
            phi = self._moved(phi, h, count)
            self._book(h, count, self._constant * abs(h) ** (self.probe.order + 1))
        return phi, self.clock.left(target) == 0

    def state(self, phi: Any) -> Any:
        """The state that φ stands for."""
        return phi

    @property
    def judged(self) -> tuple[Any, float, float]:
        """(φ, its time, the error until then) where all steps have been looked at last."""
        phi, now, error, _ = self._anchor
        return phi, now, error

    def stands(self, time: float) -> bool:
        """Whether the steps until ``time`` are not taken back any more."""
        return self.clock.sign * (time - self._anchor[1]) <= self.clock.tiny

    def predict(self, phi: Any) -> float:
        """The step length that this state would be given now; nothing is moved."""
        h = min(self.step, self._limit)
        for _ in range(20):
            measured = self._measured(phi, self.clock.sign * h, self._rate() * h)
            best = self._best(measured.constant)
            if best >= 0.9 * h:
                break
            h *= float(np.clip(best / h, 0.2, 0.9))
        return min(best, self._limit, self.longest)

    def snapshot(self) -> dict[str, Any]:
        anchor, now, error, steps = self._anchor
        numbers = [self.step, self.until_probe, self.stride, self._constant, self._since, self._cap, self._cap_end,
                   *self._range, self._limit, now, error, steps, self._returns]
        return {"numbers": np.array(numbers, dtype=float), "anchor": anchor, "norms": self.probe.norms,
                "swollen": self.probe.swollen, **{f"reach.{key}": value for key, value in self.reach.snapshot().items()}}

    def restore(self, saved: dict[str, Any], phi: Any) -> None:
        """As at the snapshot; φ tells the kind of array."""
        numbers = np.asarray(saved["numbers"]).tolist()
        self.step, until, stride, self._constant, self._since, self._cap, self._cap_end = numbers[:7]
        self.until_probe, self.stride = int(until), int(stride)
        self._range, self._limit = numbers[7:9], numbers[9]
        self._anchor = (like(np.asarray(saved["anchor"]), phi), numbers[10], numbers[11], int(numbers[12]))
        self._returns = int(numbers[13])
        self.probe.norms, self.probe.swollen = np.asarray(saved["norms"]), float(saved["swollen"])
        self.reach.restore({key.removeprefix("reach."): value for key, value in saved.items() if key.startswith("reach.")})

    def _moved(self, phi: Any, h: float, count: int) -> Any:
        start, kernel = self.clock.time, self.kernel
        phi = kernel.steps(kernel.enter(phi, start, h), start, h, count)
        return kernel.leave(phi, start + count * h, h)

    def _book(self, h: float, count: int, error: float) -> None:
        before = self.clock.now
        self.clock.advance(h, count)
        self.until_probe -= count
        self._since += count * abs(h) ** (self.probe.order + 1)
        self.record.steps += count
        self.record.error = (self.record.error + count * error) * self.growth.between(before, self.clock.now)
        self.record.rounding = self.probe.rounding(self.record.steps)
        self._range = [min(self._range[0], abs(h)), max(self._range[1], abs(h))]

    def _rate(self) -> float:
        """The error that a unit of time may add from here on."""
        growth = self.growth.to_the_end(self.clock.now, self.tol)
        reserve = max(SHARE * self.tol - self.record.error * growth, 0.02 * self.tol)
        rate = reserve / growth / max(self.clock.left(self.clock.end), self.clock.tiny)
        return max(rate, self.probe.noise / self.step) if self.growth.possible else rate  # rounding grows with ψ

    def _probed(self, phi: Any, h: float) -> Any:
        """Measure e(h); take the two half steps if it is small enough, and choose the next step length."""
        if self.may_run_away and min(self.step, self._cap) < SHORTEST * self.clock.span:
            self._stop()
        allowed = self._rate() * abs(h)
        measured = self._measured(phi, h, allowed)
        best = self._best(measured.constant)
        if self._overran(measured.constant):
            self.undone = measured.constant * self._since
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

    def _stop(self) -> None:
        checks.fail("tlist", "must end before ψ grows without bound", f"a gain Im f > 0 that asks for steps of {self.step:.1e} "
                    f"at t = {self.clock.time:.9g}, where ‖ψ‖ is {self.probe.swollen:.3g} ‖ψ0‖",
                    "End earlier; ql.propagate gives the states on the way, a checkpoint keeps them.")

    @property
    def _gain(self) -> float:
        """The error of two half steps over that of the step, with a margin for orders that do not show yet."""
        order = self.probe.order
        return float(2.0 ** -(order - 2 if order > 2 else order)) if self.kernel.table.processor is None else 0.25

    def _measured(self, phi: Any, h: float, allowed: float) -> "_Measurement":
        """C at φ. An allowed error near the rounding noise cannot be seen in a step of h: C is then measured with longer
        steps, whose result is of no further use. In a driven V, where each step is probed, C is that of the half steps."""
        if not self.kernel.hamiltonian.is_hermitian:
            self.probe.watch_growth(phi)
            if not self.may_run_away:
                must_stay_finite(self.probe.swollen, self.clock.time)
        most = 1.0 if self.driven else self.clock.left(self.clock.end) / abs(h)
        most = most if most > WORTHWHILE else 1.0  # the last step is that step, whatever the rounding of its length
        stretch = 1.0
        while True:
            halves, error = self.probe.compare_processed(phi, self.clock.time, stretch * h)
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
        most = max(2, int(self.clock.span / PARTS / self.step)) if not self.driven else 0
        self._constant, self._since, self.until_probe = constant, 0.0, min(self.stride, most)

    def _adapt(self, h: float, best: float) -> None:
        """Leave the step alone where it is near the best one: a new length costs new phase tables."""
        if best < 0.95 * h:
            self.step = best
        elif best < self.step:
            self.step = max(best, h)
        elif best > 1.15 * max(h, self.step):
            self.step = min(best, 4 * max(h, self.step), self.longest)
            self.until_probe = min(self.until_probe, 4)

    def _drop_anchor(self, phi: Any) -> None:
        """Keep the state of the last probe, to go back to, though a save time may lie in between."""
        self._anchor, self._returns = (as_complex(phi), self.clock.now, self.record.error, self.record.steps), 0

    def _overran(self, constant: float) -> bool:
        """True where the steps since the anchor, judged with the C found at their end, used up more than twice
        their share: the wave has run into a place that needs shorter steps."""
        passed = abs(self.clock.now - self._anchor[1])
        return passed > 0 and constant * self._since > 2 * self._rate() * passed

    def _gone_back(self, best: float) -> Any:
        """To the anchor, with shorter steps until the place where it was found out is behind, half as long each time more."""
        best = best if best > 0 else 0.2 * min(self.step, self._cap)  # 0 where ψ ran away
        self._cap, self._cap_end, self._returns = 0.9 * best / 2**self._returns, self.clock.now, self._returns + 1
        phi, self.clock.now, self.record.error, self.record.steps = self._anchor
        self._since, self.stride, self.until_probe = 0.0, 2, 2
        return as_complex(phi)


@final
@dataclass(frozen=True, eq=False)
class _Measurement:
    """C, whether it stands above rounding, and ψ after two half steps where that is of use."""

    constant: float
    visible: bool
    halves: Any | None
