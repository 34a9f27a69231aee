"""Plan: everything a block of learners needs, worked out once, before the first step."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from qlearn.ensembles.langevin import CurvedLine, Drift, FlatSpace
from qlearn.errors import UnsupportedError

if TYPE_CHECKING:
    from qlearn.systems.base import LearningSystem

__all__ = ["ItoDrift", "Plan", "extra_drift", "space_of"]


@dataclass(frozen=True, eq=False)
class Plan:
    """The drift b(t, q (d, n)) -> (d, n) in the orthonormal frame of the space, and where to start."""

    drift: Drift
    space: FlatSpace | CurvedLine
    diffusion: float
    periods: tuple[float | None, ...]
    start: Any                                  # GridDensity, or what the caller gave as positions
    step: Callable[[Any], float]                # starting points (d, n) or density -> the default dt
    stats: dict[str, Any] = field(default_factory=dict)


def space_of(system: "LearningSystem", parameters: Mapping[str, float] | None) -> FlatSpace | CurvedLine:
    """Flat, or one coordinate with a metric."""
    metric = system.metric_function(parameters)
    if metric is None:
        return FlatSpace()
    if system.dimension > 1:
        raise UnsupportedError(f"a metric in {system.dimension} dimensions is not offered by simulate yet. Use one coordinate, "
                               "or flat coordinates (metric=None).")
    return CurvedLine(metric)


def extra_drift(space: FlatSpace | CurvedLine, ito: str, diffusion: float, length: float) -> "ItoDrift | None":
    """What a plain Itô learner drifts more than a covariant one; nothing in flat space.  length: the scale of q."""
    if ito == "covariant" or isinstance(space, FlatSpace):
        return None
    return ItoDrift(space, diffusion, 1e-3 * length)


@dataclass(frozen=True, eq=False)
class ItoDrift:
    """Without the Itô correction a learner drifts more, along the proper length: D ∂_s ln √g = (D/2) g'/g^{3/2}.

    g' by central differences of fourth order over ``step``.
    """

    space: CurvedLine
    diffusion: float
    step: float

    def __call__(self, q: np.ndarray) -> np.ndarray:
        def log_root(shift: float) -> np.ndarray:
            return np.log(self.space.root(q + shift * self.step))

        slope = (8 * (log_root(1) - log_root(-1)) - (log_root(2) - log_root(-2))) / (12 * self.step)
        return self.diffusion * slope / self.space.root(q)
