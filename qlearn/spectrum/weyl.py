"""How many levels lie below an energy, from the volume of phase space: where to look before anything is solved."""

import numpy as np

from qlearn.hamiltonian import Hamiltonian
from qlearn.hamiltonian.action import lowest_diagonal

__all__ = ["weyl_energy"]


def weyl_energy(H: Hamiltonian, k: int) -> float:
    """About the energy of level k, at least half a quantum above min V: ω_d ∫ (2(E − V))^{d/2} √det M dq = (2πħ)^d (k + 1).

    An estimate for choosing sizes and never a bound. Leading term of Weyl's law; ω_d the volume of the unit ball.
    """
    d = H.grid.ndim
    V = np.sort(lowest_diagonal(H.potential_table(), H.channels, d).ravel())
    inverse = [float(np.mean(H.kinetic.inverse[a, a])) for a in range(d)]
    ball = {1: 2.0, 2: np.pi, 3: 4 * np.pi / 3, 4: np.pi**2 / 2}.get(d, 1.0)
    cell = ball * H.grid.cell_volume * (2**0.5 / (2 * np.pi * H.hbar)) ** d / np.sqrt(np.prod(inverse))
    low, high = float(V[0]), float(V[-1] + H.kinetic.bounds[1])
    for _ in range(60):
        middle = (low + high) / 2
        below = V[:np.searchsorted(V, middle)]
        low, high = (middle, high) if cell * np.sum((middle - below) ** (d / 2)) < k + 1 else (low, middle)
    return high
