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
from qlearn.methods.growth import Growth
from qlearn.methods.kernel import SplittingKernel
from qlearn.methods.outset import LONGEST, Outset
from qlearn.methods.planned import SAFETY_PROCESSED, WITNESS_PAIRS, PlannedSteps
from qlearn.methods.probe import Conjugation, StepProbe
from qlearn.methods.probed import ProbedSteps

__all__ = ["AutomaticSteps", "FixedSteps"]

FIXED_PROBE_EVERY = 64


@final
class FixedSteps:
    """Steps of the given length, shorter only to hit a save time; every 64th is also done as two halves, to estimate.

    With a processor φ stays processed between save times. Most of a local error is undone behind the run then and tells little:
    the estimate is that of a forecast, or else of one step with its processor at the first state."""

    def __init__(self, kernel: SplittingKernel, outset: Outset, dt: float):
        self.kernel, self.dt = kernel, float(dt)
        self.clock, self.probe, self.conjugation = Clock(outset.times), StepProbe(kernel, outset.norms), Conjugation(kernel)
        self.growth = Growth(kernel.hamiltonian, outset.times)
        self.until_probe, self._constant, self.undone = 0, 0.0, 0.0
        if kernel.table.processor is not None and self.clock.span > 0:
            self.until_probe, self._constant = sys.maxsize, self._processed(outset)

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
        if not self.kernel.hamiltonian.is_hermitian:
            self.probe.watch_growth(phi)
        record, before, error = self.kernel.record, self.clock.now, count * self._constant * abs(h) ** (self.probe.order + 1)
        self.clock.advance(h, count)
        self.until_probe -= count
        record.steps += count
        record.error = (record.error + error) * self.growth.between(before, self.clock.now)
        record.rounding = self.probe.rounding(record.steps)
        return phi, self.clock.left(target) == 0

    def stands(self, time: float) -> bool:
        """No step is ever taken back."""
        return True

    def _processed(self, outset: Outset) -> float:
        """The error of a step over |h|^(p+1)."""
        clock = self.clock
        if outset.applies and clock.span < LONGEST * self.dt:
            count = int(np.ceil(clock.span / self.dt * (1 - 1e-9)))
            error = SAFETY_PROCESSED * outset.forecast(self.kernel.table).outlook(count).error
            return error / count / (clock.span / count) ** (self.probe.order + 1)
        h = clock.sign * min(self.dt, clock.span)
        return self.probe.compare_processed(outset.phi, clock.time, h)[1] / abs(h) ** (self.probe.order + 1)

    def state(self, phi: Any) -> Any:
        """The state that φ stands for."""
        return self.conjugation.state(phi, self.clock.time)

    def snapshot(self) -> dict[str, Any]:
        return {**self.clock.snapshot(), "until_probe": self.until_probe, "constant": self._constant,
                "inside": self.conjugation.inside, "norms": self.probe.norms, "swollen": self.probe.swollen}

    def restore(self, saved: dict[str, Any], phi: Any) -> None:
        """As at the snapshot; φ tells the kind of array."""
        self.clock.restore(saved)
        self.until_probe, self._constant = int(saved["until_probe"]), float(saved["constant"])
        self.conjugation.inside, self.probe.norms = float(saved["inside"]), saved["norms"]
        self.probe.swollen = float(saved["swollen"])


@final
class AutomaticSteps:
    """Planned steps where a forecast applies and holds, probed steps elsewhere.

    most : FFT pairs of the whole run beyond which a plan is not wanted, and none is made."""

    def __init__(self, kernel: SplittingKernel, outset: Outset, tol: float, most: float = math.inf):
        self.kernel, self.outset, self.tol, self.clock, self.times = kernel, outset, tol, Clock(outset.times), outset.times
        self.most, self.undone = most, 0.0  # the error of the steps that were taken back last
        self._way: PlannedSteps | ProbedSteps = self._planned() if outset.foreseeable else self._probed()

    @property
    def way(self) -> PlannedSteps | ProbedSteps:
        """How steps are chosen; a forecast that failed its check is given up, and φ is then the first state."""
        if isinstance(self._way, PlannedSteps) and self._way.distrusted:
            self._way = self._probed()
        return self._way

    @property
    def words(self) -> str:
        return self.way.words

    def advance(self, phi: Any, target: float) -> tuple[Any, bool]:
        """Some steps towards target: (φ, whether it is reached)."""
        way = self.way
        phi, arrived = way.advance(phi, target)
        self.undone = way.undone
        return phi, arrived

    def stands(self, time: float) -> bool:
        """Whether the steps until ``time`` are not taken back any more."""
        return self.way.stands(time)

    def state(self, phi: Any) -> Any:
        """The state that φ stands for."""
        return self.way.state(phi)

    @property
    def foreseen(self) -> float | None:
        """FFT pairs of the whole run by the forecast, not checked against ψ yet; None where none is made."""
        way = self._way
        if not isinstance(way, PlannedSteps) or way.distrusted:
            return None
        counts = np.ceil(np.abs(np.diff(self.times)) / way.step * (1 - 1e-9))
        return float(np.sum(counts)) * self.kernel.pairs + self._besides(len(way.pending) + 1)

    def _besides(self, looks: int) -> float:
        """FFT pairs that are not steps: looks at ψ, or the witness and the processor of each stretch."""
        table = self.kernel.table
        if table.processor is None:
            return 3 * table.pairs * looks
        return WITNESS_PAIRS + table.processor_pairs * (len(self.times) - 1)

    def trusted(self, phi: Any) -> bool:
        """True where the forecast holds at φ, the first state, as far as it is asked before the run."""
        return isinstance(self._way, PlannedSteps) and not self._way.distrusted and self._way.trusted(phi)

    def predict(self, phi: Any) -> float:
        """The step length that this state would be given now; nothing is moved."""
        step = self.way.predict(phi)
        return step if step > 0 else self._probed().predict(phi)

    def snapshot(self) -> dict[str, Any]:
        planned = isinstance(self.way, PlannedSteps)
        return {**self.clock.snapshot(), "planned": planned, **{f"way.{k}": v for k, v in self.way.snapshot().items()}}

    def restore(self, saved: dict[str, Any], phi: Any) -> None:
        """As at the snapshot; φ tells the kind of array."""
        if bool(saved["planned"]) != isinstance(self.way, PlannedSteps):  # numba was there then and is not now
            self._way = self._planned() if saved["planned"] else self._probed()
        self.clock.restore(saved)
        self.way.restore({k.removeprefix("way."): v for k, v in saved.items() if k.startswith("way.")}, phi)

    def _probed(self) -> ProbedSteps:
        return ProbedSteps(self.kernel, self.outset, self.clock, self.tol, Growth(self.kernel.hamiltonian, self.times))

    def _planned(self) -> PlannedSteps:
        most = (self.most - self._besides(0)) / self.kernel.pairs
        return PlannedSteps(self.kernel, self.outset, self.clock, self.tol, most)
