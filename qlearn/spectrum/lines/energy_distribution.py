"""How the energy of a state is distributed, to a few digits, by a short Lanczos run: Gauss's quadrature of ⟨ψ|δ(E − H)|ψ⟩."""

from dataclasses import dataclass
from typing import final

import numpy as np
from scipy.linalg import eigh_tridiagonal

from qlearn.hamiltonian import Hamiltonian

__all__ = ["EnergyDistribution", "energy_distribution"]

STEPS = 60


@final
@dataclass(frozen=True, eq=False)
class EnergyDistribution:
    """Energies (m,) with shares (m,) of ‖ψ‖², Σ = 1: exact for polynomials of degree 2m − 1 in H."""

    energies: np.ndarray
    shares: np.ndarray

    @property
    def mean(self) -> float:
        """⟨H⟩."""
        return float(self.energies @ self.shares)

    def beyond(self, distance: float) -> float:
        """The share farther than ``distance`` from ⟨H⟩."""
        return float(np.sum(self.shares[np.abs(self.energies - self.mean) > distance]))

    def reach(self, share: float) -> float:
        """The distance from ⟨H⟩ that no more than ``share`` lies beyond, with a tenth on top."""
        order = np.argsort(np.abs(self.energies - self.mean))
        outside = 1 - np.cumsum(self.shares[order])
        place = order[min(int(np.sum(outside > share)), len(order) - 1)]
        return 1.1 * float(abs(self.energies[place] - self.mean)) + np.finfo(float).tiny


def energy_distribution(H: Hamiltonian, psi: np.ndarray, steps: int = STEPS) -> EnergyDistribution:
    """Of ψ (*state_shape) ≠ 0 under a static, linear, Hermitian H; no reorthogonalisation: copies of a level share its part."""
    volume = np.sqrt(H.grid.cell_volume)
    now = psi.astype(complex) * volume
    now /= np.linalg.norm(now)
    before, beta = np.zeros_like(now), 0.0
    diagonal: list[float] = []
    beside: list[float] = []
    for _ in range(min(steps, psi.size)):
        after = H.apply(now)
        diagonal.append(float(np.vdot(now, after).real))
        after -= diagonal[-1] * now + beta * before
        beta = float(np.linalg.norm(after))
        if beta <= 1e-12 * max(abs(diagonal[0]), *beside, np.finfo(float).tiny):
            break
        beside.append(beta)
        before, now = now, after / beta
    energies, vectors = eigh_tridiagonal(np.array(diagonal), np.array(beside[:len(diagonal) - 1]))
    return EnergyDistribution(energies, vectors[0] ** 2)
