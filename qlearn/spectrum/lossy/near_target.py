"""Eigenpairs of a dense matrix near a point of the complex plane: Arnoldi with the inverse of A − σ.

    (A − σ)⁻¹ v = v/(E − σ)

One LU factorisation of n³/3 multiplications; the eigenvalues nearest to σ are the largest of the inverse and come first. The
start is a random vector from a fixed seed, which no symmetry of A leaves without a part of any level.
"""

import warnings
from collections.abc import Callable

import numpy as np
from scipy.linalg import LinAlgWarning, eig, lu_factor, lu_solve
from scipy.optimize import linear_sum_assignment
from scipy.sparse.linalg import LinearOperator, eigs

from qlearn.errors import UnsupportedError

__all__ = ["closest", "near_target", "two_sided"]

Solve = Callable[..., np.ndarray]

SEED = 20240229
BESIDE_POINT = 1e-7     # how far beside the target σ is put, of the largest entry: at an eigenvalue A − σ has no inverse
WHOLE = 300             # rows up to which all eigenvalues are computed at once
STEPS = 3               # of inverse iteration
COPIES = 4              # rounds in which levels that were left out are looked for


def near_target(matrix: np.ndarray, target: complex, m: int) -> tuple[np.ndarray, np.ndarray]:
    """(values (m,), columns (n, m) of length 1), nearest first; all are computed at once where m > n/3."""
    n = len(matrix)
    if n <= WHOLE or 3 * m > n:
        values, columns = eig(matrix)
    else:
        shift = _beside(matrix, target)
        inner, columns = _largest(_inverse(matrix, shift), n, m)
        values = shift + 1 / inner
    return _ordered(values, columns, target, m)


def two_sided(matrix: np.ndarray, target: complex, m: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(values (m,), right, left), left†A = E left†, for any matrix: one factorisation serves both sides.

    What the spectral projector of the values leaves of the inverse is looked at too, and a value found there is added: copies of
    a degenerate level that one Krylov space does not hold.
    """
    n, symmetric = len(matrix), _is_symmetric(matrix)
    shift = _beside(matrix, target)
    solve = _inverse(matrix, shift)
    inner, right = _largest(solve, n, m)
    left = right.conj() if symmetric else _partners(solve, inner, n, m)
    for _ in range(COPIES):
        more, columns = _largest(_deflated(solve, right, left), n, 4)
        missed = np.abs(more) > np.min(np.abs(inner)) * (1 + 1e-6)
        if not missed.any():
            break
        inner, right = np.append(inner, more[missed]), np.hstack([right, columns[:, missed]])
        left = right.conj() if symmetric else _partners(solve, inner, n, len(inner))
    values = shift + 1 / inner
    right = right / np.linalg.norm(right, axis=0)
    order = np.argsort(np.abs(values - target), kind="stable")
    return values[order], right[:, order], left[:, order] / np.linalg.norm(left[:, order], axis=0)


def _largest(solve: Solve, n: int, m: int, conjugate: bool = False) -> tuple[np.ndarray, np.ndarray]:
    operator = LinearOperator((n, n), matvec=(lambda v: solve(v, 2)) if conjugate else solve, dtype=complex)
    start = np.random.default_rng(SEED).standard_normal(n) + 0j
    return eigs(operator, k=m, v0=start, ncv=min(n - 1, 2 * m + 20), tol=0)


def _partners(solve: Solve, inner: np.ndarray, n: int, m: int) -> np.ndarray:
    """Left columns in the order of the values of the inverse, each value used once."""
    mirrored, columns = _largest(solve, n, m, conjugate=True)
    distance = np.abs(mirrored.conj()[:, None] - inner)
    places = linear_sum_assignment(distance)[0][np.argsort(linear_sum_assignment(distance)[1])]
    return columns[:, places]


def _deflated(solve: Solve, right: np.ndarray, left: np.ndarray) -> Solve:
    """v → (1 − P)(A − σ)⁻¹(1 − P)v with the projector P = R(L†R)⁻¹L†."""
    r, l = np.linalg.qr(right)[0], np.linalg.qr(left)[0]
    core = np.linalg.pinv(l.conj().T @ r)

    def outside(v: np.ndarray) -> np.ndarray:
        return v - r @ (core @ (l.conj().T @ v))
    return lambda v: outside(solve(outside(v)))


def _is_symmetric(matrix: np.ndarray) -> bool:
    return bool(np.max(np.abs(matrix - matrix.T)) <= 1e-15 * np.max(np.abs(matrix)))


def _ordered(values: np.ndarray, columns: np.ndarray, target: complex, m: int) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(np.abs(values - target), kind="stable")[:m]
    return values[order], columns[:, order] / np.linalg.norm(columns[:, order], axis=0)


def closest(matrix: np.ndarray, target: complex) -> tuple[complex, float]:
    """The eigenvalue nearest to a target that is nearly one and its κ, by inverse iteration from a random start; A = Aᵀ."""
    solve = _inverse(matrix, _beside(matrix, target))
    v = np.random.default_rng(SEED).standard_normal(len(matrix)) + 0j
    for _ in range(STEPS):
        v = solve(v)
        v /= np.linalg.norm(v)
    return complex(v @ (matrix @ v) / (v @ v)), 1 / max(float(np.abs(v @ v)), float(np.finfo(float).tiny))


def _beside(matrix: np.ndarray, target: complex) -> complex:
    return target + BESIDE_POINT * (0.6 + 0.8j) * max(abs(target), 1e-3 * float(np.max(np.abs(matrix))))


def _inverse(matrix: np.ndarray, shift: complex) -> Solve:
    """v → (A − σ)⁻¹v, or with a second argument 2 (A − σ)^{−†}v."""
    shifted = matrix.astype(complex)
    shifted[np.diag_indices(len(matrix))] -= shift
    with warnings.catch_warnings():
        warnings.simplefilter("error", LinAlgWarning)
        try:
            factors = lu_factor(shifted, overwrite_a=True, check_finite=False)
        except LinAlgWarning:
            raise UnsupportedError(f"H − {shift:g} is singular to rounding; move the target a little.") from None
    return lambda v, side=0: lu_solve(factors, v, trans=side, check_finite=False)
