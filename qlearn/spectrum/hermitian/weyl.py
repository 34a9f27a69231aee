"""How many levels lie below an energy, from the volume of phase space: where to look before anything is solved."""

from math import gamma

import numpy as np

from qlearn.hamiltonian import Hamiltonian
from qlearn.hamiltonian.action import lowest_diagonal

__all__ = ["weyl_density", "weyl_energy"]

STEPS = 30      # of bisection


def weyl_energy(H: Hamiltonian, k: int) -> float:
    """About the energy of level k, at least half a quantum above min V: ω_d ∫ (2(E − V))^{d/2} √det M dq = (2πħ)^d (k + 1).

    An estimate for choosing sizes and never a bound. Leading term of Weyl's law; ω_d the volume of the unit ball.
    """
    V, cell = _phase_space(H)
    low, high = float(V[0]), float(V[-1] + H.kinetic.bounds[1])
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if _levels(V, cell, H.grid.ndim, middle) < k + 1 else (low, middle)
    return high


def weyl_density(H: Hamiltonian, energy: float) -> float:
    """About the number of levels in a unit of energy."""
    V, cell = _phase_space(H)
    d, step = H.grid.ndim, 0.05 * max(energy - float(V[0]), 1e-12 * max(abs(energy), 1e-300))
    return float((_levels(V, cell, d, energy + step) - _levels(V, cell, d, energy - step)) / (2 * step))


def _levels(V: np.ndarray, cell: float, d: int, energy: float) -> float:
    return float(cell * np.sum((energy - V[:np.searchsorted(V, energy)]) ** (d / 2)))


def _phase_space(H: Hamiltonian) -> tuple[np.ndarray, float]:
    """V ascending, and the volume of a point of the grid over (2πħ)^d times that of {T < 1}."""
    d = H.grid.ndim
    V = np.sort(lowest_diagonal(H.potential_table(), H.channels, d).ravel())
    inverse = [float(np.mean(H.kinetic.inverse[a, a])) for a in range(d)]
    ball = np.pi ** (d / 2) / gamma(d / 2 + 1)
    return V, float(ball * H.grid.cell_volume * (2**0.5 / (2 * np.pi * H.hbar)) ** d / np.sqrt(np.prod(inverse)))
