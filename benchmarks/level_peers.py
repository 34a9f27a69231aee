"""How others find the lowest 20 levels of the problems of ``benchmarks.level_problems``; none of it uses qlearn's solvers.

``dense_levels`` SciPy's eigh of the matrix of the grid, the wanted levels only (driver "evr") or all of them.
``differences`` central differences of order 8 (or 2) on the same grid, sparse, eigsh by shift and invert below the minimum of V.
``qmsolve``     its SingleParticle Hamiltonian and ``solve``, order 2, zeros outside. It puts N points on the width and takes
                width/N for their distance: the mass is corrected by (N/(N − 1))² so that the operator is right at all.
``lobpcg``      SciPy's lobpcg on H applied by FFT, preconditioned by (T + c)⁻¹, from a random start, with ``extra`` vectors.
"""

import contextlib
import io
from functools import reduce

import numpy as np
from scipy import sparse
from scipy.linalg import eigh
from scipy.sparse.linalg import LinearOperator, eigsh, lobpcg

from benchmarks.level_problems import WANTED, LevelProblem

__all__ = ["dense_levels", "dense_matrix", "differences", "lobpcg_levels", "qmsolve_levels"]

STENCILS = {2: [-2.0, 1.0], 8: [-205 / 72, 8 / 5, -1 / 5, 8 / 315, -1 / 560]}


def _axis(problem: LevelProblem, a: int) -> tuple[np.ndarray, float]:
    low, high = problem.bounds
    step = (high - low) / problem.shape[a]
    return low + step * np.arange(problem.shape[a]), step


def _potential(problem: LevelProblem) -> np.ndarray:
    return problem.potential(*np.meshgrid(*(_axis(problem, a)[0] for a in range(len(problem.shape))), indexing="ij"))


def _kinetic(problem: LevelProblem) -> np.ndarray:
    k = [2 * np.pi * np.fft.fftfreq(n, _axis(problem, a)[1]) for a, n in enumerate(problem.shape)]
    return sum(part**2 for part in np.meshgrid(*k, indexing="ij")) / 2


def dense_matrix(problem: LevelProblem) -> np.ndarray:
    """H of a one-dimensional problem, real."""
    kinetic = np.fft.ifft(_kinetic(problem)[:, None] * np.fft.fft(np.eye(problem.shape[0]), axis=0), axis=0).real
    return (kinetic + kinetic.T) / 2 + np.diag(_potential(problem))


def dense_levels(matrix: np.ndarray, *, everything: bool = False) -> np.ndarray:
    if everything:
        return eigh(matrix, driver="evd")[0][:WANTED]
    return eigh(matrix, subset_by_index=[0, WANTED - 1], driver="evr")[0]


def differences(problem: LevelProblem, order: int = 8) -> np.ndarray:
    """Periodic central differences; eigenvectors are found along with the levels, as ours are."""
    parts = []
    for a, n in enumerate(problem.shape):
        weights, step = STENCILS[order], _axis(problem, a)[1]
        second = sparse.diags_array([weights[0]], offsets=[0], shape=(n, n)).tolil()
        for reach, weight in enumerate(weights[1:], start=1):
            for shift in (reach, -reach):
                second += weight * sparse.csr_array((np.ones(n), (np.arange(n), (np.arange(n) + shift) % n)), shape=(n, n))
        factors = [sparse.eye_array(m) if b != a else -second / (2 * step**2) for b, m in enumerate(problem.shape)]
        parts.append(reduce(sparse.kron, factors))
    potential = _potential(problem).ravel()
    matrix = (sum(parts) + sparse.diags_array(potential)).tocsc()
    rng = np.random.default_rng(0)
    return np.sort(eigsh(matrix, k=WANTED, sigma=potential.min() - 1e-3, which="LM", v0=rng.standard_normal(len(potential)))[0])


def qmsolve_levels(problem: LevelProblem) -> np.ndarray:
    """Two dimensions; in units of energy of the problem."""
    from qmsolve import Hamiltonian, SingleParticle
    from qmsolve.util.constants import eV

    points, (low, high) = problem.shape[0], problem.bounds
    particle = SingleParticle(m=(points / (points - 1)) ** 2)
    with contextlib.redirect_stdout(io.StringIO()):
        hamiltonian = Hamiltonian(particles=particle, potential=lambda at: problem.potential(at.x, at.y), N=points,
                                  extent=high - low, spatial_ndim=2)
        found = hamiltonian.solve(max_states=WANTED)
    return np.sort(np.asarray(found.energies)) * eV


def lobpcg_levels(problem: LevelProblem, *, residual: float, extra: int = 6, shift: float = 4.0) -> tuple[np.ndarray, int]:
    """Levels and the number of iterations until every residual of the wanted and the extra vectors is below ``residual``."""
    shape, size = problem.shape, int(np.prod(problem.shape))
    potential, kinetic, axes = _potential(problem), _kinetic(problem), tuple(range(1, len(problem.shape) + 1))

    def filtered(table: np.ndarray, columns: np.ndarray) -> np.ndarray:
        block = np.fft.rfftn(columns.T.reshape(-1, *shape), axes=axes)
        block *= table[..., :shape[-1] // 2 + 1]
        return np.fft.irfftn(block, s=shape, axes=axes)

    def applied(columns: np.ndarray) -> np.ndarray:
        columns = columns.reshape(size, -1)
        block = filtered(kinetic, columns) + potential * columns.T.reshape(-1, *shape)
        return block.reshape(-1, size).T

    def preconditioned(columns: np.ndarray) -> np.ndarray:
        columns = columns.reshape(size, -1)
        return filtered(1 / (kinetic + shift), columns).reshape(-1, size).T

    counted: list[int] = []
    operator = LinearOperator((size, size), matvec=applied, matmat=lambda c: (counted.append(1), applied(c))[1], dtype=float)
    inverse = LinearOperator((size, size), matvec=preconditioned, matmat=preconditioned, dtype=float)
    start = np.random.default_rng(0).standard_normal((size, WANTED + extra))
    energies, _ = lobpcg(operator, start, M=inverse, tol=residual, maxiter=2000, largest=False)
    return np.sort(energies)[:WANTED], len(counted)
