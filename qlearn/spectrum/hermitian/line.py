"""The lowest levels on one axis, from the modes and points that they need (see ``axis``)."""

import numpy as np

from qlearn.hamiltonian import DENSE_LIMIT, Hamiltonian
from qlearn.spectrum.hermitian.found import Found, edges
from qlearn.spectrum.hermitian.separable_model import axis_of
from qlearn.spectrum.hermitian.weyl import weyl_energy

__all__ = ["on_line"]

EXTRA = 3


def on_line(H: Hamiltonian, k: int) -> Found | None:
    """The k lowest of a scalar H in 1-D without a metric; None where neither a contraction nor the whole matrix will do."""
    n, axis = H.grid.size, axis_of(H, 0, H.grid)
    count = min(k + EXTRA, n)
    found = axis.lowest(np.asarray(H.potential_table()), count, weyl_energy(H, count), DENSE_LIMIT)
    if found is None:
        return None
    _, _, last = edges(found.energies, k, None)
    words = f"diagonalisation of the {found.size} points of {n} that the levels need" if found.size < n else \
        f"dense diagonalisation of {n}×{n}"
    return Found(found.energies[:last].copy(), found.rows[:last], 0, True, words, {"functions": found.size})
