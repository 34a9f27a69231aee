"""The residual that a tolerance asks for."""

from typing import final

import numpy as np

from qlearn.hamiltonian import Hamiltonian
from qlearn.spectrum.certificate import rounding

__all__ = ["Goal"]


@final
class Goal:
    """E → the residual to reach: a quarter of tol × scale(E), and not below twice the rounding of H on its grid.

    scale(E) = E − min V + ħ²(2π/L)²/2m: the kinetic energies up to E, with one wave round the grid as the least.
    """

    def __init__(self, H: Hamiltonian, tol: float):
        self.tol, self.floor = tol, 2 * rounding(H)
        self.lowest = H.spectral_bounds[0] - H.kinetic.bounds[0]
        self.unit = min(_unit(H, axis) for axis in range(H.grid.ndim))

    def scale(self, energy: float) -> float:
        return energy - self.lowest + self.unit

    def __call__(self, energy: float) -> float:
        return max(0.25 * self.tol * self.scale(energy), self.floor)


def _unit(H: Hamiltonian, axis: int) -> float:
    """ħ²(2π/L)²/2m of an axis, the least over the points: the kinetic energy of one wave round it."""
    return float(0.5 * np.min(H.kinetic.inverse[axis, axis]) * (H.hbar * 2 * np.pi / H.grid.lengths[axis]) ** 2)
