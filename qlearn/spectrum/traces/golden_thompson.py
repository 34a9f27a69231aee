"""An upper bound of Tr e^{−βH} that needs no level: Golden and Thompson's inequality.

    Tr e^{−β(T + V)} ≤ Tr e^{−βT} e^{−βV} = Σ_x ⟨x|e^{−βT}|x⟩ tr e^{−βV(x)}

On a periodic axis ⟨x|e^{−βT}|x⟩ is the same at every point, the mean of e^{−βT(k)}; between walls it is at most twice that mean
times N/(N + 1).
Sources: S. Golden, Phys. Rev. 137, B1127 (1965); C. J. Thompson, J. Math. Phys. 6, 1812 (1965).
"""

from collections.abc import Callable

import numpy as np

from qlearn.hamiltonian import Hamiltonian

__all__ = ["partition_bound"]


def partition_bound(H: Hamiltonian, origin: float) -> Callable[[float], float] | None:
    """β -> a bound of Tr e^{−β(H − origin)} on the grid of H; None where T is not diagonal in the modes."""
    if not H.is_diagonal_in_k:
        return None
    kinetic = np.asarray(H.kinetic.table)               # type: ignore[union-attr]  # flat, as was asked
    potential = H.potential_table()
    if H.channels is not None:
        potential = np.linalg.eigvalsh(np.moveaxis(potential, (0, 1), (-2, -1)))
    walls = [n for n, kind in zip(H.grid.shape, H.grid.boundary, strict=True) if kind == "wall"]
    factor = float(np.prod([2 * n / (n + 1) for n in walls]))

    def bound(beta: float) -> float:
        with np.errstate(over="ignore"):
            return factor * float(np.mean(np.exp(-beta * kinetic)) * np.sum(np.exp(-beta * (potential - origin))))

    return bound
