"""The noisy learner in a loss that does not change: dq = −γ g⁻¹∂U dt + noise (THEORY.md 1 and 5)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, final

import numpy as np

from qlearn import checks
from qlearn.densities import GridDensity
from qlearn.ensembles.plan import Plan, geometric_step, space_of
from qlearn.ensembles.spaces import Space

if TYPE_CHECKING:
    from qlearn.systems.base import LearningSystem
    from qlearn.systems.noise_geometry import NoiseGeometry

__all__ = ["StaticDrift", "static_plan"]

_STEP = 0.02        # default dt · fastest relaxation rate: Heun then errs by about 1e-4 of a variance


@final
@dataclass(frozen=True, eq=False)
class StaticDrift:
    """The covector −γ ∂U, for plain Itô and α ≠ 1 with what qlearn/systems/noise_geometry.py adds."""

    force: Callable[..., np.ndarray]        # (*q) -> (d, n)

    def __call__(self, t: float, q: np.ndarray) -> np.ndarray:
        return self.force(*q)


def static_plan(system: "LearningSystem", parameters: Mapping[str, float] | None, start: Any, ito: str) -> Plan:
    """Check the system and put the drift together."""
    if system.loss is None:
        checks.fail("system", "must have a static loss for kind='static'", "a system with a potential",
                    "Use kind='guided' with a solved ψ.")
    if start is None:
        checks.fail("start", "must be given for kind='static'", "None", "Give a density, a point, or an array.")
    diffusion, geometry = system.noise_diffusion(parameters), system.noise_geometry(parameters)
    space, periods = space_of(geometry), system.period_numbers(parameters)
    scale = min((period for period in periods if period is not None), default=2 * np.pi) / (2 * np.pi)
    drift = StaticDrift(system.noise_force_function(parameters, ito))
    formula = system.drift_programs(parameters) if geometry is None and system.metric is None else None
    return Plan(drift, space, diffusion, periods, start, partial(_default_step, drift, space, geometry, diffusion, 1e-4 * scale),
                formula=formula)


def _default_step(drift: StaticDrift, space: Space, geometry: "NoiseGeometry | None", diffusion: float, shift: float,
                  start: Any) -> float:
    """0.02 over the fastest relaxation rate |∂b^μ/∂q^μ| (no sum) seen at the start; shorter where the metric turns fast."""
    points = _grid_points(start) if isinstance(start, GridDensity) else start

    def velocity(q: np.ndarray) -> np.ndarray:
        frame = space.frame(q)
        return space.along(frame, space.components(frame, drift(0.0, q)))

    rate = 0.0
    for axis in range(len(points)):
        step = np.zeros((len(points), 1))
        step[axis] = shift
        slope = (velocity(points + step)[axis] - velocity(points - step)[axis]) / (2 * shift)
        rate = max(rate, float(np.max(np.abs(slope))))
    return min(_STEP / rate if rate > 0 else np.inf, geometric_step(geometry, diffusion, points))


def _grid_points(density: GridDensity) -> np.ndarray:
    """Grid points that hold learners: those with at least 1e-6 of the largest density, (d, n)."""
    chosen = density.values > 1e-6 * density.values.max()
    return np.stack([axis[chosen] for axis in density.grid.mesh])
