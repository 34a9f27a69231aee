"""The residual that a tolerance asks for."""

from typing import final

import numpy as np

from qlearn.hamiltonian import Hamiltonian
from qlearn.spectrum.hermitian.certificate import rounding
from qlearn.spectrum.hermitian.found import around, edges

__all__ = ["Goal"]


@final
class Goal:
    """Levels to tol × scale by their bounds, states to residuals of at most 0.01 √tol × scale.

    scale(E) = E − min V + ħ²(2π/L)²/2m: the kinetic energies up to E, with one wave round the grid as the least. A residual r
    leaves r²/η of error in a level at the distance η from the levels outside, so that the residual to reach is the root of
    tol × scale × η/4k, between tol × scale/2 and 0.01 √tol × scale, and not below twice the rounding of H on its grid.
    """

    def __init__(self, H: Hamiltonian, tol: float):
        self.tol, self.floor = tol, 2 * rounding(H)
        self.lowest = H.spectral_bounds[0] - H.kinetic.bounds[0]
        self.unit = min(_unit(H, axis) for axis in range(H.grid.ndim))

    def scale(self, energy: float) -> float:
        return energy - self.lowest + self.unit

    def strict(self, energy: float) -> float:
        """The residual that is enough whatever the distance to other levels."""
        return max(0.5 * self.tol * self.scale(energy), self.floor)

    def residual(self, energies: np.ndarray, k: int) -> float:
        """The residual to reach for the k lowest of ascending energies, the others their neighbours."""
        last = float(energies[k - 1])
        gap = float(energies[min(edges(energies, k, None)[2], len(energies)) - 1]) - last if len(energies) > k else np.inf
        scale = self.tol * self.scale(last)
        least = self.strict(last)
        return max(least, min(0.01 * np.sqrt(self.tol) * self.scale(last), float(np.sqrt(0.25 * scale * max(gap, 0.0) / k))))

    def inside(self, energies: np.ndarray, first: int, k: int) -> float:
        """The residual to reach for k of ascending energies from ``first`` on, the others their neighbours on both sides."""
        i, _, j = around(energies, first, k)
        gaps = [energies[first] - energies[i]] * (first > i) + [energies[j - 1] - energies[first + k - 1]] * (j > first + k)
        last = float(energies[first + k - 1])
        root = float(np.sqrt(0.25 * self.tol * self.scale(last) * min(gaps, default=0.0) / k))
        return max(self.strict(last), min(0.01 * np.sqrt(self.tol) * self.scale(last), root))


def _unit(H: Hamiltonian, axis: int) -> float:
    """ħ²(2π/L)²/2m of an axis, the least over the points: the kinetic energy of one wave round it."""
    return float(0.5 * np.min(H.kinetic.inverse[axis, axis]) * (H.hbar * 2 * np.pi / H.grid.lengths[axis]) ** 2)
