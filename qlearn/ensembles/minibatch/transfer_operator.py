"""The exact one-step transfer operator of a minibatch learner: the middle of the three levels, with no sampling error."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from qlearn import checks
from qlearn.densities import GridDensity
from qlearn.ensembles.minibatch import fourier_moments
from qlearn.grids import Grid
from qlearn.systems.minibatch import MinibatchLearner
from qlearn.systems.minibatch.averages import per_sample_gradients

__all__ = ["TransferOperator", "transfer_operator"]

_CHUNK = 1 << 20        # per-sample phases held at once


@dataclass(frozen=True, eq=False)
class TransferOperator:
    """K f(q) = E[f(q') | q], q' the learner's next position, in the basis e^{ik·x}, x_μ = 2π(q_μ − a_μ)/L_μ:

        K e^{ik·q} = e^{ik·(q + v)} [ (1/N) Σ_i exp(−iη k·g⁻¹h_i(q)/B) ]^B          for periods 2π        (THEORY.md 6)

    ``matrix`` (modes, modes) with rows the output mode and columns the input mode, k_μ = −K_μ … K_μ with K = (N−1)//2 on an
    axis of N points, the last axis fastest.  Exact up to the truncation at K: compare two grids, or look at ``tail``.
    """

    grid: Grid
    matrix: np.ndarray
    learning_rate: float
    kind: str = field(default="one step", init=False)

    @cached_property
    def eigenvalues(self) -> np.ndarray:
        """Eigenvalues λ of one step, |λ| descending; λ₀ = 1.  Complex pairs where detailed balance fails."""
        values = np.linalg.eigvals(fourier_moments.real_form(self.matrix, self.grid))
        return values[np.argsort(-np.abs(values), kind="stable")]

    def rates(self, k: int) -> np.ndarray:
        """The k lowest relaxation rates −ln|λ| per step, ascending, the zero mode left out; shape (k,).

        AccuracyWarning where the grid does not resolve the law: some |λ| > 1.
        """
        with np.errstate(divide="ignore"):                              # λ = 0 is forgotten within a step
            return fourier_moments.resolved_rates(-np.log(np.abs(self.eigenvalues)), k, self.grid)

    @cached_property
    def stationary(self) -> GridDensity:
        """The density (with respect to dq) that one step leaves as it is."""
        return fourier_moments.density_of(self._moments.ravel(), self.grid)

    def evolve(self, density: GridDensity, steps: int) -> GridDensity:
        """The density after a number of steps, from a density on the same grid."""
        steps = checks.integer("steps", steps, least=0)
        moments = fourier_moments.moments_of(density, self.grid)
        if steps < 2 * np.log2(steps + 1) * len(moments):               # products of vectors are cheaper than of matrices
            for _ in range(steps):
                moments = self.matrix.T @ moments
            return fourier_moments.density_of(moments, self.grid)
        return fourier_moments.density_of(np.linalg.matrix_power(self.matrix, steps).T @ moments, self.grid)

    @cached_property
    def tail(self) -> float:
        """Estimate of the truncation error of the stationary distribution function: largest edge moment over πK.

        A minibatch step has only N^B values, so that the moments fall to about N^(−B/2) a step and no further: small, not 0.
        """
        moments = np.abs(self._moments)
        worst = 0.0
        for axis, K in enumerate(fourier_moments.highest(self.grid)):
            lines = np.moveaxis(moments, axis, 0)
            edge = max(3, len(lines) // 16) if moments.ndim == 1 else 1
            worst = max(worst, lines[:edge].max() / (np.pi * K), lines[-edge:].max() / (np.pi * K))
        return float(worst)

    def projected_rates(self, lag: int, basis: int, k: int) -> np.ndarray:
        """Rates −ln|eig(C(0)⁻¹C(τ))|/τ that a perfect, infinite ensemble would show in the modes Σ|k_μ| ≤ basis."""
        lag = checks.integer("lag", lag, least=1)
        K = fourier_moments.highest(self.grid)
        basis = checks.integer("basis", basis, least=1, most=min(K) // 2)
        every = fourier_moments.modes(self.grid)
        chosen = np.flatnonzero(np.sum(np.abs(every), axis=1) <= basis)
        padded = np.pad(self._moments, basis)                           # e^{i(b − a)·x} of modes beyond K counts as 0
        gram = padded[tuple((every[None] - every[chosen, None] + np.array(K) + basis).transpose(2, 0, 1))]
        later = np.zeros((len(every), len(chosen)), complex)
        later[chosen, np.arange(len(chosen))] = 1
        for _ in range(lag):
            later = self.matrix @ later
        values = np.linalg.eigvals(np.linalg.solve(gram[:, chosen], gram @ later))
        return -np.log(np.sort(np.abs(values))[::-1][1:k + 1]) / lag

    @cached_property
    def _moments(self) -> np.ndarray:
        """Stationary moments on the lattice of k."""
        shape = tuple(2 * K + 1 for K in fourier_moments.highest(self.grid))
        return fourier_moments.stationary_moments(self.matrix, 1.0).reshape(shape)


def transfer_operator(learner: MinibatchLearner, grid: Grid) -> TransferOperator:
    """Build the operator on a periodic grid one period long along each axis; odd sizes are best (129 resolves smooth densities
    on a ring, 21 × 21 broad ones on a torus)."""
    learner.check_torus_grid(grid)
    if min(grid.shape) < 9:
        checks.fail("grid", "must have at least 9 points an axis", repr(grid))
    q, turn = fourier_moments.points(grid), 2 * np.pi / grid.lengths
    matrix, v = learner.diffusion_limit.step(q)
    half = _characteristic(learner, q, turn[:, None] * matrix, fourier_moments.highest(grid)) ** learner.batch_size
    count = half.shape[1]                                               # k and −k are conjugate: from k = 0 on
    half *= fourier_moments.waves(q + v, fourier_moments.modes(grid)[-count:], grid)
    columns = np.concatenate([half[:, :0:-1].conj(), half], axis=1)
    return TransferOperator(grid, fourier_moments.project(columns, grid), learner.learning_rate)


def _characteristic(learner: MinibatchLearner, q: np.ndarray, matrix: np.ndarray, K: tuple[int, ...]) -> np.ndarray:
    """φ_k(q) = (1/N) Σ_i exp(−ik·M(q)h_i(q)) for the modes k from 0 on, the last axis fastest: (points, (Π(2K+1) + 1)/2)."""
    total = int(np.prod([2 * n + 1 for n in K]))
    result = np.empty((len(q), (total + 1) // 2), complex)
    rows = max(1, _CHUNK // (learner.n_samples * (1 if len(K) == 1 else 2 * max(K))))
    for a in range(0, len(q), rows):
        h = per_sample_gradients(learner.per_sample_gradient, learner.n_samples, q[a:a + rows])
        angle = -(h @ np.swapaxes(matrix[a:a + rows], 1, 2))            # (rows, samples, d)
        if len(K) == 1:
            _powers(np.exp(1j * angle[..., 0]), K[0], result[a:a + rows])
        else:
            result[a:a + rows] = _products(angle, K)
    return result


def _powers(step: np.ndarray, K: int, out: np.ndarray) -> None:
    """Means over the samples of step^k, k = 0 … K."""
    out[:, 0] = 1
    power = np.ones_like(step)
    for k in range(1, K + 1):
        power *= step
        out[:, k] = power.mean(axis=1)


def _products(angle: np.ndarray, K: tuple[int, ...]) -> np.ndarray:
    """Means over the samples of exp(ik·angle) for k from 0 on: of the rows k_1 ≥ 0 the second half of k_1 = 0 on."""
    first = np.exp(1j * angle[..., :1] * np.arange(K[0] + 1))
    second = np.exp(1j * angle[..., 1:] * np.arange(-K[1], K[1] + 1))
    means = np.swapaxes(first, 1, 2) @ second / angle.shape[1]
    return means.reshape(len(angle), -1)[:, K[1]:]
