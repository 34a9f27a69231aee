"""Plan: everything a block of learners needs, worked out once, before the first step."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, final

import numpy as np

from qlearn.ensembles.langevin.langevin import Drift
from qlearn.ensembles.langevin.spaces import CurvedLine, CurvedSpace, FlatSpace, Space, Sphere

if TYPE_CHECKING:
    from qlearn.systems.noise_geometry import NoiseGeometry
    from qlearn.systems.programs import DriftPrograms

__all__ = ["PlainDrift", "Plan", "geometric_step", "plain_drift", "space_of"]

_TURN = 0.01        # default dt · D|Γ|²: a kick then turns the frame by about √(2/100)


@final
@dataclass(frozen=True, eq=False)
class Plan:
    """The drift, a covector b(t, q (d, n)) -> (d, n) of the space, and where to start."""

    drift: Drift
    space: Space
    diffusion: float
    periods: tuple[float | None, ...]
    start: Any                                  # GridDensity, or what the caller gave as positions
    step: Callable[[Any], float]                # starting points (d, n) or density -> the default dt
    stats: dict[str, Any] = field(default_factory=dict)
    formula: "DriftPrograms | None" = None      # flat space and a drift that is a formula: fused steps


@final
@dataclass(frozen=True, eq=False)
class PlainDrift:
    """D g_{μσ} g^{αβ} Γ^σ_{αβ}: what discrete updates without the Itô correction drift more, (D/2) g'/g on a line."""

    contracted: Callable[..., np.ndarray]       # (*q) -> (d, n)
    diffusion: float

    def __call__(self, q: np.ndarray) -> np.ndarray:
        return self.diffusion * self.contracted(*q)


def space_of(geometry: "NoiseGeometry | None") -> Space:
    """Flat, one coordinate with a metric, a sphere, or any metric in two or three coordinates."""
    if geometry is None:
        return FlatSpace()
    if geometry.ricci is None:
        return CurvedLine(geometry.metric)
    if geometry.sphere is not None:
        return Sphere(geometry.sphere)
    return CurvedSpace(geometry.metric, geometry.christoffel, geometry.ricci)


def plain_drift(geometry: "NoiseGeometry | None", ito: str, diffusion: float) -> PlainDrift | None:
    """The extra drift of a plain Itô learner; None for a covariant one and in flat space."""
    return None if ito == "covariant" or geometry is None else PlainDrift(geometry.contracted, diffusion)


def geometric_step(geometry: "NoiseGeometry | None", diffusion: float, points: np.ndarray) -> float:
    """The largest dt with dt · D|Γ|² ≤ 0.01 at the points (d, n), |Γ|² = Σ Γ^μ_{αβ}² g_μμ/(g_αα g_ββ); ∞ on lines and spheres."""
    if geometry is None or geometry.ricci is None or geometry.sphere is not None:
        return np.inf
    g, total = geometry.metric(*points), np.zeros(points.shape[1])
    for (m, a, b), values in geometry.christoffel(points):
        total += (1 if a == b else 2) * values**2 * g[m, m] / (g[a, a] * g[b, b])
    worst = float(np.max(total))
    return _TURN / (diffusion * worst) if worst > 0 else np.inf
