"""Complex levels from the matrix of H: all of them, or those near a target or in a strip of energies, with left eigenvectors.

The numerical range encloses the spectrum: Re E ≥ min V + min T and −max W ≤ Im E ≤ −min W. The lowest levels by Re E are complete
where the disc in which all eigenvalues are known covers that rectangle up to Re E_k; it is enlarged until it does.
"""

import numpy as np
from scipy.linalg import eig, eigvalsh

from qlearn.hamiltonian import Hamiltonian
from qlearn.hamiltonian.tables import point_levels
from qlearn.spectrum.hermitian.weyl import weyl_energy
from qlearn.spectrum.lossy.near_target import two_sided

__all__ = ["FULL", "all_levels", "lowest_levels", "near_levels"]

FULL = 300          # rows up to which all eigenvalues are computed
BESIDE = 8          # neighbours of the k levels that are looked at too: an exceptional point needs its partner
ROUNDS = 12

Levels = tuple[np.ndarray, np.ndarray, np.ndarray, str]     # values, right and left columns of length 1, in words


def all_levels(H: Hamiltonian) -> Levels:
    matrix = H.to_matrix()
    values, left, right = eig(matrix, left=True, right=True)
    return values, right, left, f"all eigenvalues of {len(matrix)}×{len(matrix)}"


def near_levels(H: Hamiltonian, k: int, target: complex) -> Levels:
    """The k nearest to the target, and some more."""
    matrix = H.to_matrix()
    if 3 * (k + BESIDE) > len(matrix):
        return all_levels(H)
    return (*two_sided(matrix, target, k + BESIDE), f"Arnoldi with the inverse of H − ({target:g}), {len(matrix)}×{len(matrix)}")


def lowest_levels(H: Hamiltonian, k: int) -> Levels:
    """The k lowest in Re E, and all others of a disc."""
    matrix = H.to_matrix()
    loss = H.loss_table()
    least, most = (0.0, 0.0) if loss is None else point_levels(loss, H.channels, H.grid.ndim)
    floor = float(eigvalsh((matrix + matrix.conj().T) / 2, subset_by_index=[0, 0])[0])
    top, m = weyl_energy(H, k), k + BESIDE
    for _ in range(ROUNDS):
        if 3 * m > len(matrix):
            break
        center = (floor + top) / 2 - 0.5j * (least + most)
        values, right, left = two_sided(matrix, center, m)
        reach = float(np.max(np.abs(values - center)))
        inside = np.sort(values.real)
        corner = np.hypot(max(inside[k - 1] - center.real, center.real - floor), (most - least) / 2)
        if reach >= corner:
            return values, right, left, f"Arnoldi with an inverse of H, {m} levels of {len(matrix)}×{len(matrix)}"
        top, m = min(top, float(inside[k - 1])), 2 * m
    return all_levels(H)
