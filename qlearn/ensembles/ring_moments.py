"""Operators on a ring in the basis e^{ikx}, k = −K … K: what the transfer operator and the Fokker–Planck generator share.

A density p is held by its moments m_k = E[e^{ikx}], x = 2π(q − a)/L; p(q) = (1/L) Σ_k m_k e^{−ikx}.  An operator M on
functions, M e^{ikx} = Σ_j e^{ijx} M_jk, moves moments by its transpose.
"""

import numpy as np

from qlearn import checks
from qlearn.densities import GridDensity
from qlearn.grids import Grid

RINGING = 1e-3      # minibatch steps have finitely many values, so that moments fall slowly and a cut-off density rings

__all__ = ["RINGING", "density_of", "modes", "moments_of", "project", "stationary_moments"]


def modes(grid: Grid) -> np.ndarray:
    """k = −K … K, K = (N−1)//2: on an even grid the Nyquist mode is left out, since its derivative is spurious."""
    K = (grid.shape[0] - 1) // 2
    return np.arange(-K, K + 1)


def project(columns: np.ndarray, k: np.ndarray) -> np.ndarray:
    """Fourier coefficients j = −K … K of functions given at the N grid points, one a column."""
    return (np.fft.fft(columns, axis=0) / columns.shape[0])[k]


def moments_of(density: GridDensity, grid: Grid) -> np.ndarray:
    """m_k of a density on the same ring; modes beyond its own grid are 0."""
    if density.grid.shape != grid.shape or density.grid.bounds != grid.bounds:
        checks.fail("density", "must be on the operator's grid", repr(density.grid), f"Make it on {grid!r}.")
    k = modes(grid)
    return np.conj((np.fft.fft(density.values) / grid.shape[0])[k] * grid.lengths[0])


def density_of(moments: np.ndarray, grid: Grid) -> GridDensity:
    """The density with these moments."""
    n, k = grid.shape[0], modes(grid)
    c = np.zeros(n, complex)
    c[k] = np.conj(moments)
    return GridDensity(grid, np.fft.ifft(c).real * n / grid.lengths[0], ringing=RINGING)


def stationary_moments(matrix: np.ndarray, value: float) -> np.ndarray:
    """Solve matrixᵀ m = value·m with m_0 = 1: the stationary moments (value 1 for one step, 0 for a generator)."""
    size = matrix.shape[0]
    equations = matrix.T - value * np.eye(size)
    zero = size // 2
    equations[zero] = 0
    equations[zero, zero] = 1
    right = np.zeros(size, complex)
    right[zero] = 1
    return np.linalg.solve(equations, right)
