"""The noisy learner in a loss that does not change: dq = −γ g⁻¹∂U dt + noise (THEORY.md 1 and 5)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, final

import numpy as np

from qlearn import checks
from qlearn.densities import GridDensity
from qlearn.ensembles.langevin import CurvedLine, FlatSpace
from qlearn.ensembles.plan import ItoDrift, Plan, extra_drift, space_of

if TYPE_CHECKING:
    from qlearn.systems.base import LearningSystem

__all__ = ["StaticDrift", "static_plan"]

_STEP = 0.02        # default dt · fastest relaxation rate: Heun then errs by about 1e-4 of a variance


@final
@dataclass(frozen=True, eq=False)
class StaticDrift:
    """b = −γ ∂U in the orthonormal frame (∂U/√g on a curved line); plain Itô on a metric adds (D/2) g'/g^{3/2}."""

    gradient: Callable[..., np.ndarray]     # ∂U(*q) -> (d, n)
    gamma: float
    space: FlatSpace | CurvedLine
    extra: ItoDrift | None = None

    def __call__(self, t: float, q: np.ndarray) -> np.ndarray:
        b = -self.gamma * self.gradient(*q)
        if isinstance(self.space, CurvedLine):
            b = b / self.space.root(q)
        return b if self.extra is None else b + self.extra(q)


def static_plan(system: "LearningSystem", parameters: Mapping[str, float] | None, start: Any, ito: str) -> Plan:
    """Check the system and put the drift together."""
    if system.loss is None:
        checks.fail("system", "must have a static loss for kind='static'", "a system with a potential",
                    "Use kind='guided' with a solved ψ.")
    if start is None:
        checks.fail("start", "must be given for kind='static'", "None", "Give a density, a point, or an array.")
    gamma, temperature = system.numbers(parameters)
    space, periods = space_of(system, parameters), system.period_numbers(parameters)
    scale = min((period for period in periods if period is not None), default=2 * np.pi) / (2 * np.pi)
    drift = StaticDrift(system.loss_gradient_function(parameters), gamma, space,
                        extra_drift(space, ito, gamma * temperature, scale))
    return Plan(drift, space, gamma * temperature, periods, start, partial(_default_step, drift, 1e-4 * scale))


def _default_step(drift: StaticDrift, shift: float, start: Any) -> float:
    """0.02 over the fastest relaxation rate |∂b_a/∂q_a| seen at the starting points."""
    points = _grid_points(start) if isinstance(start, GridDensity) else start
    rate = 0.0
    for axis in range(len(points)):
        step = np.zeros((len(points), 1))
        step[axis] = shift
        slope = (drift(0.0, points + step)[axis] - drift(0.0, points - step)[axis]) / (2 * shift)
        rate = max(rate, float(np.max(np.abs(slope))))
    return _STEP / rate if rate > 0 else np.inf


def _grid_points(density: GridDensity) -> np.ndarray:
    """Grid points that hold learners: those with at least 1e-6 of the largest density, (d, n)."""
    chosen = density.values > 1e-6 * density.values.max()
    return np.stack([axis[chosen] for axis in density.grid.mesh])
