"""The subspace of a cluster of eigenvalues of a matrix, where eigenvectors are too nearly parallel to span it.

    Q ← orthonormal((A − σ)⁻¹Q),    B = Q†AQ

with σ beside the cluster by a hundredth of the distance to the other eigenvalues: each step takes two digits off what is outside.
"""

import numpy as np
from scipy.linalg import lu_factor, lu_solve

__all__ = ["invariant_subspace"]

BESIDE = 0.01
STEPS = 4
SEED = 20240229
MIXED = 1e-6        # of random directions, which stand in for what parallel vectors leave out of the span


def invariant_subspace(matrix: np.ndarray, values: np.ndarray, right: np.ndarray, left: np.ndarray,
                       gap: float) -> tuple[np.ndarray, np.ndarray]:
    """Orthonormal columns (n, s) of the right and the left subspace of s values whose distance to all others is ``gap``."""
    spread = float(np.max(np.abs(values - np.mean(values))))
    shift = complex(np.mean(values)) + (BESIDE * gap + 0.3 * spread) * (0.6 + 0.8j)
    shifted = matrix.astype(complex)
    shifted[np.diag_indices(len(matrix))] -= shift
    factors = lu_factor(shifted, overwrite_a=True, check_finite=False)
    return _iterated(factors, right, 0), _iterated(factors, left, 2)


def _iterated(factors: tuple[np.ndarray, np.ndarray], columns: np.ndarray, side: int) -> np.ndarray:
    noise = np.random.default_rng(SEED).standard_normal(columns.shape)
    basis = np.linalg.qr(columns + MIXED * noise / np.linalg.norm(noise, axis=0))[0]
    for _ in range(STEPS):
        basis = np.linalg.qr(lu_solve(factors, basis, trans=side, check_finite=False))[0]
    return basis
