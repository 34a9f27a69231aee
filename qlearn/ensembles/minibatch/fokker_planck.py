"""The diffusion limit of a minibatch learner: its Itô generator on ring or torus, any α, with or without detailed balance."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from qlearn.densities import GridDensity
from qlearn.ensembles.minibatch import fourier_moments
from qlearn.grids import Grid
from qlearn.systems.minibatch import MinibatchLearner

__all__ = ["FokkerPlanck", "fokker_planck"]


@dataclass(frozen=True, eq=False)
class FokkerPlanck:
    """The backward generator per step, L f = b^μ ∂_μf + ½ Σ^{μν} ∂_μ∂_νf, in the basis e^{ik·x}, x = 2π(q − a)/L:

        b = −ηg⁻¹∂U + v,      Σ = η²g⁻¹Cg⁻¹/B                                                      (THEORY.md 6)

    ``matrix`` (modes, modes) as in TransferOperator.

    Not Hermitian in general: with α ≠ 1 a steady current can run, and eigenvalues come in complex pairs.
    """

    grid: Grid
    matrix: np.ndarray
    learning_rate: float
    kind: str = field(default="generator", init=False)

    @cached_property
    def eigenvalues(self) -> np.ndarray:
        """Eigenvalues of the generator per step, Re λ descending; λ₀ = 0."""
        values = np.linalg.eigvals(fourier_moments.real_form(self.matrix, self.grid))
        return values[np.argsort(-values.real, kind="stable")]

    def rates(self, k: int) -> np.ndarray:
        """The k lowest relaxation rates −Re λ per step, ascending, the zero mode left out; shape (k,).

        AccuracyWarning where the grid does not resolve the generator: some Re λ > 0.
        """
        return fourier_moments.resolved_rates(-self.eigenvalues.real, k, self.grid)

    @cached_property
    def stationary(self) -> GridDensity:
        """The density (with respect to dq) with L†p = 0."""
        return fourier_moments.density_of(fourier_moments.stationary_moments(self.matrix, 0.0), self.grid)


def fokker_planck(learner: MinibatchLearner, grid: Grid) -> FokkerPlanck:
    """Build the generator on a periodic grid one period long along each axis."""
    learner.check_torus_grid(grid)
    k, q = fourier_moments.modes(grid), fourier_moments.points(grid)
    limit, turn = learner.diffusion_limit, 2 * np.pi / grid.lengths
    drift, diffusion = limit.drift(q), limit.diffusion(q)
    wave = fourier_moments.waves(q, k, grid)
    columns = wave * (1j * drift @ (k * turn).T)
    columns -= wave * np.einsum("nij,ki,kj->nk", diffusion, k * turn, k * turn, optimize=True)
    return FokkerPlanck(grid, fourier_moments.project(columns, grid), learner.learning_rate)
