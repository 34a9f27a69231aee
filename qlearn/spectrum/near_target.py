"""Eigenpairs of a dense matrix near a point of the complex plane: Arnoldi with the inverse of A − σ.

    (A − σ)⁻¹ v = v/(E − σ)

One LU factorisation of n³/3 multiplications; the eigenvalues nearest to σ are the largest of the inverse and come first, inner ones
of a cluster included. The start is a random vector from a fixed seed, which no symmetry of A leaves without a part of any level.
"""

import warnings

import numpy as np
from scipy.linalg import LinAlgWarning, eig, lu_factor, lu_solve
from scipy.sparse.linalg import LinearOperator, eigs

from qlearn.errors import UnsupportedError

__all__ = ["closest", "near_target"]

SEED = 20240229
BESIDE_POINT = 1e-7     # how far beside the target σ is put, of the largest entry: at an eigenvalue A − σ has no inverse
WHOLE = 300             # rows up to which all eigenvalues are computed at once
STEPS = 3               # of inverse iteration


def near_target(matrix: np.ndarray, target: complex, m: int) -> tuple[np.ndarray, np.ndarray]:
    """(values (m,), columns (n, m) of length 1), nearest first; all of them where m > n/3."""
    n = len(matrix)
    if n <= WHOLE or 3 * m > n:
        values, columns = eig(matrix)
    else:
        operator = LinearOperator((n, n), matvec=_inverse(matrix, _beside(matrix, target)), dtype=complex)
        start = np.random.default_rng(SEED).standard_normal(n) + 0j
        inner, columns = eigs(operator, k=m, v0=start, ncv=min(n - 1, 2 * m + 20), tol=0)
        values = _beside(matrix, target) + 1 / inner
    order = np.argsort(np.abs(values - target), kind="stable")[:m]
    return values[order], columns[:, order] / np.linalg.norm(columns[:, order], axis=0)


def closest(matrix: np.ndarray, target: complex) -> complex:
    """The eigenvalue nearest to a target that is nearly one, by inverse iteration from a random start; A = Aᵀ, no complex conjugate."""
    solve = _inverse(matrix, _beside(matrix, target))
    v = np.random.default_rng(SEED).standard_normal(len(matrix)) + 0j
    for _ in range(STEPS):
        v = solve(v)
        v /= np.linalg.norm(v)
    return complex(v @ (matrix @ v) / (v @ v))


def _beside(matrix: np.ndarray, target: complex) -> complex:
    return target + BESIDE_POINT * (0.6 + 0.8j) * max(abs(target), 1e-3 * float(np.max(np.abs(matrix))))


def _inverse(matrix: np.ndarray, shift: complex):
    shifted = matrix.astype(complex)
    shifted[np.diag_indices(len(matrix))] -= shift
    with warnings.catch_warnings():
        warnings.simplefilter("error", LinAlgWarning)
        try:
            factors = lu_factor(shifted, overwrite_a=True, check_finite=False)
        except LinAlgWarning:
            raise UnsupportedError(f"H − {shift:g} is singular to rounding; move the target a little.") from None
    return lambda v: lu_solve(factors, v, check_finite=False)
