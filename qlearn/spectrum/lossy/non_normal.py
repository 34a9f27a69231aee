"""Error bounds of eigenvalues of a non-normal matrix from residuals and left eigenvectors.

    κ = ‖l‖‖r‖/|⟨l|r⟩|,    |δE| ≤ κ ‖Hr − Er‖ to first order

l the left eigenvector, l†H = El†; κ = 1 where H is normal and ∞ at an exceptional point. Eigenvalues whose bounds touch are
taken together: with Q an orthonormal basis of their s states, B = Q†HQ, ε = κ‖HQ − QB‖, κ = 1/σ_min(Q_l†Q) the norm of their
spectral projector and N the strictly upper part of the Schur form of B, each eigenvalue of H that belongs to the cluster is
within δ of one of B,

    δ^s = ε(δ^{s−1} + ‖N‖δ^{s−2} + … + ‖N‖^{s−1})

(P. Henrici, Numer. Math. 4, 24 (1962), theorem 4): δ = ε for a normal B, of the size of ε^{1/s} at an
exceptional point. To first order means: as far as ε is small against the distance to
the eigenvalues outside, over κ.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import numpy as np
from scipy.linalg import schur
from scipy.sparse.csgraph import connected_components

__all__ = ["Conditioned", "conditioned", "settled"]

PARALLEL = 1e-6     # vectors whose smallest singular value is below this share of the largest are taken for parallel
TOUCH = 4.0         # bounds so many times larger decide which eigenvalues are taken together


@final
@dataclass(frozen=True)
class Conditioned:
    """condition (n,) of each eigenvalue by itself, bounds (n,), cluster (n,): the size of the cluster a bound belongs to."""

    condition: np.ndarray
    bounds: np.ndarray
    cluster: np.ndarray


Cluster = Callable[[np.ndarray, np.ndarray, np.ndarray], tuple[np.ndarray, float, float]]


def conditioned(values: np.ndarray, right: np.ndarray, left: np.ndarray, residuals: np.ndarray, cluster: Cluster) -> Conditioned:
    """Bounds of eigenvalues (n,) with columns right and left (size, n), ‖·‖ = 1, and residuals with their rounding (n,).

    cluster : (values, right, left) of a cluster → B (s, s), ‖HQ − QB‖ with its rounding, and κ of the subspace.
    """
    overlaps = np.abs(np.sum(left.conj() * right, axis=0))
    condition = 1 / np.maximum(overlaps, np.finfo(float).tiny)
    bounds, sizes = condition * residuals, np.ones(len(values), int)
    for members in _touching(values, bounds):
        if len(members) > 1:
            block, defect, kappa = cluster(values[members], right[:, members], left[:, members])
            triangle = schur(block, output="complex")[0]
            apart = np.min(np.abs(values[members][:, None] - np.diag(triangle)), axis=1)
            departure = float(np.linalg.norm(np.triu(triangle, 1), 2))
            bounds[members] = _henrici(kappa * defect, departure, len(members)) + apart
            sizes[members] = len(members)
    return Conditioned(condition, bounds, sizes)


def settled(values: np.ndarray, right: np.ndarray, left: np.ndarray,
            closeness: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same with biorthogonal bases, l_i†r_j = 0, chosen in each degenerate level: orthonormal right ones, of the least κ.

    A level within ``closeness`` of another is one with it unless their vectors are parallel.
    """
    right, left = right.copy(), left.copy()
    near = np.abs(values[:, None] - values) <= closeness
    for members in _groups(near):
        r, l = _basis(right[:, members]), _basis(left[:, members])
        if len(members) > 1 and r.shape[1] == l.shape[1] == len(members):
            u, _, vh = np.linalg.svd(l.conj().T @ r)
            right[:, members], left[:, members] = r @ vh.conj().T, l @ u
    return values, right, left


def _groups(near: np.ndarray) -> list[np.ndarray]:
    """Indices that are joined by a symmetric relation."""
    count, label = connected_components(near, directed=False)
    return [np.flatnonzero(label == each) for each in range(count)]


def _touching(values: np.ndarray, bounds: np.ndarray) -> list[np.ndarray]:
    """Groups of indices whose discs of TOUCH times their bounds overlap; each bound taken as at most the spread of all values."""
    reach = TOUCH * bounds
    near = np.abs(values[:, None] - values) <= np.minimum(reach[:, None], reach)
    return _groups(near)


def _henrici(size: float, departure: float, s: int) -> float:
    """The positive root of δ^s = ε Σ_j ‖N‖^j δ^{s−1−j}: with x = 1/δ, of 1 = ε Σ_j ‖N‖^j x^{j+1}, by bisection from above."""
    if not 0 < size < np.inf:
        return size
    powers = np.arange(s)
    low, high = size, size
    while size * float(np.sum(departure**powers / high ** (powers + 1))) > 1:
        low, high = high, 2 * high
    for _ in range(30):
        middle = (low + high) / 2
        above = size * float(np.sum(departure**powers / middle ** (powers + 1))) > 1
        low, high = (middle, high) if above else (low, middle)
    return high


def _basis(columns: np.ndarray) -> np.ndarray:
    u, weights, _ = np.linalg.svd(columns, full_matrices=False)
    return u[:, weights > PARALLEL * weights[0]]
