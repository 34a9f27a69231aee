"""The diffusion limit of a minibatch learner: its Itô generator on the ring, for any α, with or without detailed balance."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from qlearn import checks
from qlearn.densities import GridDensity
from qlearn.ensembles import ring_moments
from qlearn.grids import Grid
from qlearn.systems.minibatch import MinibatchLearner

__all__ = ["FokkerPlanck", "fokker_planck"]


@dataclass(frozen=True, eq=False)
class FokkerPlanck:
    """The backward generator per step, L f = b f' + ½ Σ f'', in the basis e^{ikx}, x = 2π(q − a)/L:

        b = −ηU'/g + v,      Σ = η²C/(B g²)                                                        (THEORY.md 6)

    Not Hermitian in general: with α ≠ 1 a steady current can run, and eigenvalues come in complex pairs.
    """

    grid: Grid
    matrix: np.ndarray
    learning_rate: float
    kind: str = field(default="generator", init=False)

    @cached_property
    def eigenvalues(self) -> np.ndarray:
        """Eigenvalues of the generator per step, Re λ descending; λ₀ = 0."""
        values = np.linalg.eigvals(self.matrix)
        return values[np.argsort(-values.real, kind="stable")]

    def rates(self, k: int) -> np.ndarray:
        """The k lowest relaxation rates −Re λ per step, ascending, the zero mode left out; shape (k,)."""
        k = checks.integer("k", k, least=1, most=len(self.matrix) - 1)
        return -self.eigenvalues[1:k + 1].real

    @cached_property
    def stationary(self) -> GridDensity:
        """The density (with respect to dq) with L†p = 0."""
        return ring_moments.density_of(ring_moments.stationary_moments(self.matrix, 0.0), self.grid)


def fokker_planck(learner: MinibatchLearner, grid: Grid) -> FokkerPlanck:
    """Build the generator on a periodic grid one period long."""
    learner.check_grid(grid)
    statistics = learner.statistics(grid)
    k = ring_moments.modes(grid)
    _, v = learner.step_functions(statistics.q)
    eta = learner.learning_rate
    drift = -eta * statistics.gradient / statistics.metric + v
    variance = eta**2 * statistics.covariance / (learner.batch_size * statistics.metric**2)
    turn = 2 * np.pi / learner.period
    wave = np.exp(1j * turn * (statistics.q - grid.bounds[0][0])[:, None] * k)
    columns = wave * (1j * turn * k * drift[:, None] - 0.5 * (turn * k) ** 2 * variance[:, None])
    return FokkerPlanck(grid, ring_moments.project(columns, k), eta)
