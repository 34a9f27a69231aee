"""Steps of a one-step map by step doubling: given lengths, or lengths from the tolerance.

    e(h) = ‖Φ(h)φ − Φ(h/2)Φ(h/2)φ‖/(1 − 2^(−p)) ≈ C|h|^(p+1),    the two half steps err by about 2^(−p) e(h)

Every step of an automatic run is done both ways; the half steps are kept. The flow does not enlarge errors (times a known
growth where H amplifies), so they at worst add up: each step may spend (what is left of tol)·|h|/(what is left of the time).
"""

from dataclasses import dataclass
from typing import Any, Protocol, final

import numpy as np

from qlearn.methods.growth import Growth, largest_gain
from qlearn.methods.record import EPS, relative_distance
from qlearn.methods.task import Task

__all__ = ["Doubling", "OneStep", "Swelling"]

SHARE = 0.8        # of tol, planned
FEWEST = 24        # steps at least: what H(t) does within 1/100 of the whole time may be missed
PROBE_EVERY = (16, 4)  # steps between two estimates where the step is given, H static or not
SAFETY = 1.1       # for terms of higher order in the estimate
NOISE = 32 * EPS


class OneStep(Protocol):
    """A map φ(t) → φ(t + h) of a known order."""

    @property
    def order(self) -> int:
        """p."""

    @property
    def inner(self) -> float:
        """Error of the map's own approximations at the last call, L2 relative to ‖ψ0‖."""

    def __call__(self, phi: Any, time: float, h: float, allowed: float) -> Any:
        """φ at time + h, a new array; ``allowed`` is what its own approximations may err."""


class Swelling(Protocol):
    """How errors grow, at φ behind ``count`` steps."""

    def gain(self, phi: Any, count: int) -> float:
        """The rate at which what was erred before may grow."""

    def share(self, phi: Any, count: int) -> float:
        """Of what a step may err, 1 where errors do not grow."""


@final
@dataclass(eq=False)
class Doubling:
    """Where the run stands: ``now`` counts from times[0], ``step`` is the length to try next, ``count`` the steps done.

    swelling : how errors grow; as H tells where it is not given.
    """

    task: Task
    move_once: OneStep
    norms: np.ndarray
    dt: float | None
    swelling: Swelling | None = None
    now: float = 0.0
    step: float = 0.0
    count: int = 0
    constant: float = 0.0
    shortest: float = np.inf
    longest: float = 0.0
    spent: float = 0.0
    fewest: int = FEWEST

    def __post_init__(self):
        span = abs(self.task.span)
        self.step = self.dt if self.dt is not None else span / self.fewest
        self.sign = 1.0 if self.task.span >= 0 else -1.0
        self.growth = Growth(self.task.hamiltonian, self.task.times)

    @property
    def words(self) -> str:
        if self.dt is not None:
            return f"dt = {self.dt:g} as given"
        return f"automatic steps of {self.shortest:.4g} to {self.longest:.4g} from tol = {self.task.tol:g}"

    def advance(self, phi: Any, target: float) -> tuple[Any, bool]:
        """(φ after a step towards target, whether it is reached)."""
        left = self.sign * (target - self.now)
        count = max(1, int(np.ceil(left / self.step * (1 - 1e-9))))
        phi, done = self._given(phi, left / count) if self.dt is not None else self._chosen(phi, left / count)
        if done and count == 1:
            self.now = target
        return phi, done and count == 1

    def _given(self, phi: Any, h: float) -> tuple[Any, bool]:
        time, order = float(self.task.times[0]) + self.now, self.move_once.order
        allowed = 1e-2 * max(self.constant * h ** (order + 1), 1e-3 * self.task.tol * h / abs(self.task.span))
        if self.count % PROBE_EVERY[self.task.hamiltonian.time_dependent] == 0:
            whole, _, error, inner = self._doubled(phi, time, h, allowed)
            self.constant = error / h ** (order + 1)
        else:
            whole = self.move_once(phi, time, self.sign * h, allowed)
            error, inner = self.constant * h ** (order + 1), self.move_once.inner
        self._book(phi, h, error + inner, time)
        return whole, True

    def _chosen(self, phi: Any, h: float) -> tuple[Any, bool]:
        time, order = float(self.task.times[0]) + self.now, self.move_once.order
        left = max(abs(self.task.span - self.now), h)
        share = 1 / self.growth.to_the_end(self.now, self.task.tol) if self.swelling is None \
            else self.swelling.share(phi, self.count)
        rate = share * max(SHARE * self.task.tol - self.spent, 0.02 * self.task.tol) / left
        _, halves, error, inner = self._doubled(phi, time, h, 0.02 * rate * h)
        visible = error > NOISE
        made = error * 2.0**-order if visible else NOISE * 2.0**-order
        best = 0.9 * h * (rate * h / max(made, 1e-300)) ** (1 / order)
        if visible and made + inner > 1.2 * rate * h:
            self.step = float(np.clip(best, 0.2 * h, 0.9 * h))
            return phi, False
        best = best if visible else max(best, h)  # an error below rounding says nothing against the step
        self.step = float(np.clip(best, 0.3 * self.step, 3 * max(h, 0.2 * self.step)))
        self.step = min(self.step, abs(self.task.span) / self.fewest)
        self._book(phi, h, (error * 2.0**-order if visible else 0.0) + inner, time)
        return halves, True

    def _doubled(self, phi: Any, time: float, h: float, allowed: float) -> tuple[Any, Any, float, float]:
        """(φ after the step, φ after two half steps, e(h), what either errs besides)."""
        signed, step = self.sign * h, self.move_once
        whole = step(phi, time, signed, allowed)
        own = step.inner
        halves = step(phi, time, signed / 2, allowed / 2)
        inner = step.inner
        halves = step(halves, time + signed / 2, signed / 2, allowed / 2)
        axes = self.task.hamiltonian.state_axes
        error = SAFETY * relative_distance(whole, halves, axes, self.norms) / (1 - 2.0**-step.order)
        return whole, halves, error, max(own, inner + step.inner)

    def _book(self, phi: Any, h: float, error: float, time: float) -> None:
        """A step of h from φ at ``time``."""
        record = self.task.record
        gain = largest_gain(self.task.hamiltonian, self.sign, time) if self.swelling is None \
            else self.swelling.gain(phi, self.count)
        growth = float(np.exp(gain * h))
        self.spent = self.spent * growth + error
        record.error, record.steps = self.spent, record.steps + 1
        record.rounding = record.rounding * growth + 4 * EPS
        self.now += self.sign * h
        self.count += 1
        self.shortest, self.longest = min(self.shortest, h), max(self.longest, h)

    def snapshot(self) -> dict[str, float]:
        return {name: getattr(self, name) for name in ("now", "step", "count", "constant", "shortest", "longest", "spent")}

    def restore(self, saved: dict[str, Any]) -> None:
        self.count = int(saved["count"])
        for name in ("now", "step", "constant", "shortest", "longest", "spent"):
            setattr(self, name, float(saved[name]))
