"""The exact one-step transfer operator of a minibatch learner: the middle of the three levels, with no sampling error."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from qlearn import checks
from qlearn.densities import GridDensity
from qlearn.ensembles import ring_moments
from qlearn.grids import Grid
from qlearn.systems.minibatch import MinibatchLearner

__all__ = ["TransferOperator", "transfer_operator"]

_CHUNK = 1 << 20        # per-sample phases held at once


@dataclass(frozen=True, eq=False)
class TransferOperator:
    """K f(q) = E[f(q') | q], q' the learner's next position, in the basis e^{ikx}, x = 2π(q − a)/L:

        K e^{ikx} = e^{ik(x + 2πv/L)} [ (1/N) Σ_i exp(−2πik η h_i(q)/(g(q) B L)) ]^B                (THEORY.md 6)

    ``matrix`` (2K+1, 2K+1) with rows the output mode and columns the input mode, K = (N−1)//2 for a grid of N points.
    Exact up to the truncation at K: compare two grids, or look at ``tail``.
    """

    grid: Grid
    matrix: np.ndarray
    learning_rate: float
    kind: str = field(default="one step", init=False)

    @cached_property
    def eigenvalues(self) -> np.ndarray:
        """Eigenvalues λ of one step, |λ| descending; λ₀ = 1.  Complex pairs where detailed balance fails."""
        values = np.linalg.eigvals(self.matrix)
        return values[np.argsort(-np.abs(values), kind="stable")]

    def rates(self, k: int) -> np.ndarray:
        """The k lowest relaxation rates −ln|λ| per step, ascending, the zero mode left out; shape (k,)."""
        k = checks.integer("k", k, least=1, most=len(self.matrix) - 1)
        return -np.log(np.abs(self.eigenvalues[1:k + 1]))

    @cached_property
    def stationary(self) -> GridDensity:
        """The density (with respect to dq) that one step leaves as it is."""
        return ring_moments.density_of(ring_moments.stationary_moments(self.matrix, 1.0), self.grid)

    def evolve(self, density: GridDensity, steps: int) -> GridDensity:
        """The density after a number of steps, from a density on the same grid."""
        steps = checks.integer("steps", steps, least=0)
        moments = ring_moments.moments_of(density, self.grid)
        return ring_moments.density_of(np.linalg.matrix_power(self.matrix, steps).T @ moments, self.grid)

    @cached_property
    def tail(self) -> float:
        """Estimate of the truncation error of the stationary distribution function: largest edge moment over πK.

        A minibatch step has only N^B values, so that the moments fall to about N^(−B/2) a step and no further: small, not 0.
        """
        moments = np.abs(ring_moments.stationary_moments(self.matrix, 1.0))
        edge = max(3, len(moments) // 16)
        return float(max(moments[:edge].max(), moments[-edge:].max()) / (np.pi * (len(moments) // 2)))

    def projected_rates(self, lag: int, basis: int, k: int) -> np.ndarray:
        """Rates −ln|eig(C(0)⁻¹C(τ))|/τ that a perfect, infinite ensemble would show in the modes |k| ≤ basis."""
        lag = checks.integer("lag", lag, least=1)
        basis = checks.integer("basis", basis, least=1, most=(len(self.matrix) - 1) // 4)
        moments = ring_moments.stationary_moments(self.matrix, 1.0)
        K = len(self.matrix) // 2
        chosen = slice(K - basis, K + basis + 1)
        gram = np.array([[_moment(moments, b - a) for b in range(-K, K + 1)] for a in range(-basis, basis + 1)])
        later = np.linalg.matrix_power(self.matrix, lag)[:, chosen]
        values = np.linalg.eigvals(np.linalg.solve(gram[:, chosen], gram @ later))
        return -np.log(np.sort(np.abs(values))[::-1][1:k + 1]) / lag


def _moment(moments: np.ndarray, j: int) -> complex:
    K = len(moments) // 2
    return moments[K + j] if abs(j) <= K else 0.0


def transfer_operator(learner: MinibatchLearner, grid: Grid) -> TransferOperator:
    """Build the operator on a periodic grid one period long; odd sizes are best (129 resolves smooth densities)."""
    learner.check_grid(grid)
    if grid.shape[0] < 9:
        checks.fail("grid", "must have at least 9 points", repr(grid))
    k = ring_moments.modes(grid)
    K = k[-1]
    q, turn = grid.axes[0], 2 * np.pi / learner.period
    scale, v = learner.step_functions(q)
    powers = _characteristic(learner, q, turn * scale, K) ** learner.batch_size
    x = turn * (q - grid.bounds[0][0] + v)
    half = np.exp(1j * np.arange(K + 1) * x[:, None]) * powers
    columns = np.concatenate([half[:, :0:-1].conj(), half], axis=1)
    return TransferOperator(grid, ring_moments.project(columns, k), learner.learning_rate)


def _characteristic(learner: MinibatchLearner, q: np.ndarray, scale: np.ndarray, K: int) -> np.ndarray:
    """φ_k(q) = (1/N) Σ_i exp(−ik·scale(q)·h_i(q)) for k = 0 … K, shape (len(q), K+1)."""
    result = np.ones((len(q), K + 1), complex)
    rows = max(1, _CHUNK // learner.n_samples)
    for a in range(0, len(q), rows):
        step = np.exp(-1j * scale[a:a + rows, None] * learner.all_gradients(q[a:a + rows]))
        power = np.ones_like(step)
        for k in range(1, K + 1):
            power *= step
            result[a:a + rows, k] = power.mean(axis=1)
    return result
