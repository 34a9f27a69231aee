"""All levels from the matrix of H: the reference of the other methods, cost N³."""

import numpy as np
from scipy.linalg import eigh

from qlearn.hamiltonian import Hamiltonian
from qlearn.spectrum.hermitian.found import Found, edges

__all__ = ["dense"]


def dense(H: Hamiltonian, k: int, target: float | None) -> Found:
    """The k levels wanted and their next neighbours."""
    matrix = H.to_matrix()
    n = len(matrix)
    if target is None and 8 * k < n:
        energies, vectors = eigh(matrix, subset_by_index=[0, min(k + 3, n - 1)], overwrite_a=True)
    else:
        energies, vectors = eigh(matrix, driver="evd", overwrite_a=True)
    first, wanted, last = edges(energies, k, target)
    words = f"dense diagonalisation of {n}×{n}"
    rows = np.ascontiguousarray(vectors[:, first:last].T)
    return Found(energies[first:last].copy(), rows, wanted - first, first == 0, words, {})
