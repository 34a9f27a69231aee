"""Operators on a ring or torus in the basis e^{ik·x}: what the transfer operator and the Fokker–Planck generator share.

x_μ = 2π(q_μ − a_μ)/L_μ, k_μ = −K_μ … K_μ, the last axis fastest.  A density p is held by its moments m_k = E[e^{ik·x}];
p(q) = (1/ΠL) Σ_k m_k e^{−ik·x}.  An operator M on functions, M e^{ik·x} = Σ_j e^{ij·x} M_jk, moves moments by its transpose.
"""

import warnings

import numpy as np

from qlearn import checks
from qlearn.densities import GridDensity
from qlearn.errors import AccuracyWarning
from qlearn.grids import Grid

GROWTH = 1e-6       # of the largest rate asked for: modes may grow by so much before it is told
RINGING = 1e-3      # minibatch steps have finitely many values, so that moments fall slowly and a cut-off density rings

__all__ = ["RINGING", "density_of", "highest", "modes", "moments_of", "points", "project", "real_form", "resolved_rates",
           "stationary_moments", "waves"]


def highest(grid: Grid) -> tuple[int, ...]:
    """K of each axis, (N−1)//2: on an even grid the Nyquist mode is left out, since its derivative is spurious."""
    return tuple((n - 1) // 2 for n in grid.shape)


def modes(grid: Grid) -> np.ndarray:
    """All k, (modes, d)."""
    axes = np.meshgrid(*(np.arange(-K, K + 1) for K in highest(grid)), indexing="ij")
    return np.stack([k.ravel() for k in axes], axis=1)


def points(grid: Grid) -> np.ndarray:
    """All points q, (points, d)."""
    return np.stack([x.ravel() for x in grid.mesh], axis=1)


def waves(q: np.ndarray, k: np.ndarray, grid: Grid) -> np.ndarray:
    """e^{ik·x} at q (n, d) for some k (m, d): (n, m)."""
    return np.exp(1j * ((q - [a for a, _ in grid.bounds]) * (2 * np.pi / grid.lengths)) @ k.T)


def project(columns: np.ndarray, grid: Grid) -> np.ndarray:
    """Fourier coefficients, one row a mode, of functions given at the grid points, (points, m), one a column."""
    axes = tuple(range(grid.ndim))
    coefficients = np.fft.fftn(columns.reshape(*grid.shape, -1), axes=axes) / columns.shape[0]
    return coefficients[tuple(modes(grid).T)]


def moments_of(density: GridDensity, grid: Grid) -> np.ndarray:
    """m_k of a density on the same grid."""
    if density.grid.shape != grid.shape or density.grid.bounds != grid.bounds:
        checks.fail("density", "must be on the operator's grid", repr(density.grid), f"Make it on {grid!r}.")
    coefficients = np.fft.fftn(density.values) / density.values.size
    return np.conj(coefficients[tuple(modes(grid).T)] * np.prod(grid.lengths))


def density_of(moments: np.ndarray, grid: Grid) -> GridDensity:
    """The density with these moments."""
    c = np.zeros(grid.shape, complex)
    c[tuple(modes(grid).T)] = np.conj(moments)
    return GridDensity(grid, np.fft.ifftn(c).real * c.size / np.prod(grid.lengths), ringing=RINGING)


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


def real_form(matrix: np.ndarray, grid: Grid) -> np.ndarray:
    """The same operator on values at (2K+1)^d points: real, for it takes real functions to real ones; same eigenvalues."""
    shape = tuple(2 * K + 1 for K in highest(grid))
    d, size = len(shape), matrix.shape[0]
    rows = np.fft.ifftshift(matrix.reshape(*shape, size), axes=tuple(range(d)))
    rows = np.fft.ifftn(rows, axes=tuple(range(d))).reshape(size, *shape)
    axes = tuple(range(1, d + 1))
    return np.fft.fftn(np.fft.ifftshift(rows, axes=axes), axes=axes).real.reshape(size, size)


def resolved_rates(rates: np.ndarray, k: int, grid: Grid) -> np.ndarray:
    """Rates 1 … k of all; AccuracyWarning where a mode grows: no law does that, so that the grid does not resolve this one."""
    k = checks.integer("k", k, least=1, most=len(rates) - 1)
    growth, scale = -float(np.min(rates)), float(np.max(np.abs(rates[1:k + 1])))
    if growth > GROWTH * scale:
        warnings.warn(f"modes grow by {growth:.2g} a step, which no law of learners does: the grid {grid.shape} does not resolve "
                      "it, and rates mean nothing. Take more points.", AccuracyWarning,
                      stacklevel=3)
    return rates[1:k + 1]
