"""The noisy learner in a loss that does not change: dq = −γ g⁻¹∂U dt + noise (THEORY.md 1 and 5)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any, final

import numpy as np

from qlearn import checks
from qlearn.densities import GridDensity
from qlearn.ensembles.langevin.plan import Plan, geometric_step, space_of
from qlearn.ensembles.langevin.spaces import Space
from qlearn.errors import ArgumentError

if TYPE_CHECKING:
    from qlearn.systems.base import LearningSystem
    from qlearn.systems.noise_geometry import NoiseGeometry

__all__ = ["StaticDrift", "static_plan"]

_FEW = 256          # starting points from which is looked farther
_WIDER = 60         # times, each 1.5 times as far
_RARE = 1e-4        # share of the start whose drift may be too fast for the default dt
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
    """0.02 over the fastest relaxation rate seen near the start; shorter where the metric turns fast, and where the drift b at
    the start would be limited: D/|b|² keeps it √2 below that.

    Near: within three spreads √(2D/rate) along each axis.  A learner diffuses as far while it relaxes, so that a start at a flat
    place (q⁴ from 0) finds the walls around it; in a harmonic loss the rate is the same everywhere.
    """
    points = _grid_points(start) if isinstance(start, GridDensity) else start

    def fastest(q: np.ndarray, shift: float = shift) -> float:
        """The largest |Δb^μ/Δq^μ| (no sum) between q ± shift, q (d, n)."""
        def velocity(q: np.ndarray) -> np.ndarray:
            frame = space.frame(q)
            return space.along(frame, space.components(frame, drift(0.0, q)))

        rates = []
        for axis in range(len(q)):
            step = np.zeros((len(q), 1))
            step[axis] = shift
            rates.append(np.max(np.abs(velocity(q + step)[axis] - velocity(q - step)[axis])) / (2 * shift))
        return float(max(rates))

    rate, pull = _widened(fastest, points, fastest(points), diffusion, shift), _fastest_drift(drift, space, start, points)
    return min(_STEP / rate if rate > 0 else np.inf, diffusion / pull**2 if pull > 0 else np.inf,
               geometric_step(geometry, diffusion, points))


def _fastest_drift(drift: StaticDrift, space: Space, start: Any, points: np.ndarray) -> float:
    """|b| in the metric at the start, exceeded by 1e-4 of the learners."""
    lengths = np.sqrt(np.sum(space.components(space.frame(points), drift(0.0, points))**2, axis=0))
    weights = start.values[_holds(start)] if isinstance(start, GridDensity) else np.ones(len(lengths))
    order = np.argsort(lengths)
    beyond = 1 - np.cumsum(weights[order]) / weights.sum()
    return float(lengths[order][np.argmax(beyond <= _RARE)])


def _widened(fastest: Callable[..., float], points: np.ndarray, rate: float, diffusion: float, reach: float) -> float:
    """The least rate r ≥ rate that is not exceeded within 3√(2D/r) of the points, looked for in steps of a half.

    Of places and, for kinks, between them.
    """
    few = points[:, ::max(1, points.shape[1] // _FEW)]
    for _ in range(_WIDER):
        if rate * reach**2 > 18 * diffusion:
            break
        bound = 18 * diffusion / reach**2               # a rate that is so fast keeps learners within this reach
        steps = [np.eye(len(few))[:, [axis]] * sign * reach for axis, sign in product(range(len(few)), (-1, 1))]
        try:
            there = max([fastest(few, reach), *(fastest(few + step) for step in steps)])
        except ArgumentError:                           # the loss or the metric ends here: learners must turn round before
            there = bound
        rate = max(rate, min(there, bound))
        reach *= 1.5
    return rate


def _grid_points(density: GridDensity) -> np.ndarray:
    """Grid points that hold learners: those with at least 1e-6 of the largest density, (d, n)."""
    return np.stack([axis[_holds(density)] for axis in density.grid.mesh])


def _holds(density: GridDensity) -> np.ndarray:
    return density.values > 1e-6 * density.values.max()
