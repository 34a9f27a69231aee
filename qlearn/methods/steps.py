"""How long the steps of a splitting method are: as given, or from the tolerance.

Two ways lead from tol to steps: ``planned`` foresees the error of the whole run where V is one smooth scalar on periodic axes
(and numba is installed, or the grid is large: else the forecast would cost more than it saves; ``result.method`` says which),
``probed`` adds up local errors everywhere else.
"""

import math
import sys
from typing import Any, final

import numpy as np

from qlearn.methods.clock import Clock
from qlearn.methods.forecast import Forecast, applies_to
from qlearn.methods.kernel import SplittingKernel
from qlearn.methods.planned import LONGEST, SAFETY_PROCESSED, WITNESS_PAIRS, PlannedSteps, worth_planning
from qlearn.methods.probe import Conjugation, StepProbe
from qlearn.methods.probed import ProbedSteps
from qlearn.methods.reach import Reach

__all__ = ["AutomaticSteps", "FixedSteps"]

FIXED_PROBE_EVERY = 64


@final
class FixedSteps:
    """Steps of the given length, shorter only to hit a save time; every 64th is also done as two halves, to estimate.

    With a processor φ stays processed between save times. Most of a local error is undone behind the run then and tells little:
    the estimate is that of a forecast, or else of one step with its processor at the first state."""

    def __init__(self, kernel: SplittingKernel, phi: Any, times: Any, dt: float):
        self.kernel, self.dt = kernel, float(dt)
        self.clock, self.probe, self.conjugation = Clock(times), StepProbe(kernel, phi), Conjugation(kernel)
        self.until_probe, self._constant = 0, 0.0
        if kernel.table.processor is not None and self.clock.span > 0:
            self.until_probe, self._constant = sys.maxsize, self._processed(phi)

    @property
    def words(self) -> str:
        return f"dt = {self.dt:g} as given"

    def advance(self, phi: Any, target: float) -> tuple[Any, bool]:
        """Some steps towards target: (φ, whether it is reached)."""
        h, n = self.clock.division(target, self.dt)
        phi = self.conjugation.into(phi, self.clock.time, h)
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

    def _processed(self, phi: Any) -> float:
        """The error of a step over |h|^(p+1)."""
        hamiltonian, clock = self.kernel.hamiltonian, self.clock
        if applies_to(hamiltonian, False, math.prod(phi.shape) // hamiltonian.grid.size) and clock.span < LONGEST * self.dt:
            count = int(np.ceil(clock.span / self.dt * (1 - 1e-9)))
            forecast = Forecast(hamiltonian, self.kernel.table, phi, clock.time, clock.end, self.kernel.record)
            return SAFETY_PROCESSED * forecast.outlook(count).error / count / (clock.span / count) ** (self.probe.order + 1)
        h = clock.sign * min(self.dt, clock.span)
        return self.probe.compare_processed(phi, clock.time, h)[1] / abs(h) ** (self.probe.order + 1)

    def state(self, phi: Any) -> Any:
        """The state that φ stands for."""
        return self.conjugation.state(phi, self.clock.time)

    def snapshot(self) -> dict[str, Any]:
        return {**self.clock.snapshot(), "until_probe": self.until_probe, "constant": self._constant,
                "inside": self.conjugation.inside, "norms": self.probe.norms}

    def restore(self, saved: dict[str, Any], phi: Any) -> None:
        """As at the snapshot; φ tells the kind of array."""
        self.clock.restore(saved)
        self.until_probe, self._constant = int(saved["until_probe"]), float(saved["constant"])
        self.conjugation.inside, self.probe.norms = float(saved["inside"]), saved["norms"]


@final
class AutomaticSteps:
    """Planned steps where a forecast applies and holds, probed steps elsewhere."""

    def __init__(self, kernel: SplittingKernel, phi: Any, times: Any, tol: float, imaginary: bool = False):
        self.kernel, self.tol, self.clock, self.times = kernel, tol, Clock(times), times
        hamiltonian = kernel.hamiltonian
        self.reach = Reach(hamiltonian, kernel.record)
        self.limits = self.reach.limits(phi, self.clock.time)
        members = math.prod(phi.shape) // hamiltonian.grid.size
        foreseen = worth_planning(self.clock.span, self.limits[1]) and applies_to(hamiltonian, imaginary, members) \
            and hamiltonian.gradient_is_smooth(self.clock.time, self.reach.energy)
        self.way: PlannedSteps | ProbedSteps = self._planned(phi) if foreseen else self._probed(phi)
        self._believe(phi)

    @property
    def words(self) -> str:
        return self.way.words

    def advance(self, phi: Any, target: float) -> tuple[Any, bool]:
        """Some steps towards target: (φ, whether it is reached)."""
        phi, arrived = self.way.advance(phi, target)
        self._believe(phi)
        return phi, arrived

    def state(self, phi: Any) -> Any:
        """The state that φ stands for."""
        return self.way.state(phi)

    @property
    def foreseen(self) -> float | None:
        """FFT pairs of the whole run by the forecast, not checked against ψ yet; None where none is made."""
        if not isinstance(self.way, PlannedSteps):
            return None
        counts = np.ceil(np.abs(np.diff(self.times)) / self.way.step * (1 - 1e-9))
        processor = self.kernel.table.processor
        checks = 3 * self.kernel.pairs * (len(self.way.pending) + 1) if processor is None \
            else WITNESS_PAIRS + 2 * len(processor.drifts) * np.count_nonzero(counts)
        return float(np.sum(counts)) * self.kernel.pairs + checks

    def trusted(self, phi: Any) -> bool:
        """True where the forecast holds at φ, the first state, as far as it is asked before the run."""
        return isinstance(self.way, PlannedSteps) and self.way.trusted(phi)

    def predict(self, phi: Any) -> float:
        """The step length that this state would be given now; nothing is moved."""
        step = self.way.predict(phi)
        return step if step > 0 else self._probed(phi).predict(phi)

    def snapshot(self) -> dict[str, Any]:
        planned = isinstance(self.way, PlannedSteps)
        return {**self.clock.snapshot(), "planned": planned, **{f"way.{k}": v for k, v in self.way.snapshot().items()}}

    def restore(self, saved: dict[str, Any], phi: Any) -> None:
        """As at the snapshot; φ tells the kind of array."""
        if bool(saved["planned"]) != isinstance(self.way, PlannedSteps):  # numba was there then and is not now
            self.way = self._planned(phi) if saved["planned"] else self._probed(phi)
        self.clock.restore(saved)
        self.way.restore({k.removeprefix("way."): v for k, v in saved.items() if k.startswith("way.")}, phi)

    def _believe(self, phi: Any) -> None:
        """Give a forecast up that failed its check; φ is then the first state."""
        if isinstance(self.way, PlannedSteps) and self.way.distrusted:
            self.way = self._probed(phi)

    def _probed(self, phi: Any) -> ProbedSteps:
        return ProbedSteps(self.kernel, phi, self.clock, self.tol, self.reach, self.limits)

    def _planned(self, phi: Any) -> PlannedSteps:
        return PlannedSteps(self.kernel, phi, self.clock, self.tol, self.limits[1])
