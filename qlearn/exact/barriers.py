"""Barriers with known transmission: Eckart's and the square one."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.exact.gaussians import GaussianPacket
from qlearn.grids import Grid
from qlearn.hamiltonian import Hamiltonian

__all__ = ["EckartBarrier", "SquareBarrier"]


@final
@dataclass(frozen=True)
class EckartBarrier:
    """V = V_0 / cosh²(x/a): T(k) = sinh²πka / (sinh²πka + cosh²(½π√(8mV_0a²/ħ² − 1))), cos² of |…| for a low barrier.

    C. Eckart, Phys. Rev. 35, 1303 (1930); Landau and Lifshitz, Quantum Mechanics, §25, problem 4.

    >>> EckartBarrier(height=1.0, width=1.0).transmission(50.0).item()
    1.0
    """

    height: float
    width: float
    mass: float = 1.0
    hbar: float = 1.0

    def __post_init__(self):
        for name, value in vars(self).items():
            checks.real(name, value, above=0)

    def potential(self, x: Any) -> np.ndarray:
        return self.height / np.cosh(np.asarray(x, dtype=float) / self.width) ** 2

    def hamiltonian(self, grid: Grid) -> Hamiltonian:
        return Hamiltonian(grid, self.potential, mass=self.mass, hbar=self.hbar)

    def transmission(self, wavenumber: Any) -> np.ndarray:
        """T(k), between 0 and 1."""
        opacity = 8 * self.mass * self.height * self.width**2 / self.hbar**2 - 1
        root = 0.5 * np.pi * abs(opacity) ** 0.5
        barrier = np.cosh(root) ** 2 if opacity > 0 else np.cos(root) ** 2
        return 1 / (1 + barrier / np.sinh(np.minimum(np.pi * np.abs(wavenumber) * self.width, 300.0)) ** 2)

    def transmitted(self, packet: GaussianPacket) -> float:
        """∫ |φ(k)|² T(k) dk of a packet that starts to the left, far from the barrier, with k > 0."""
        return _transmitted(self, packet)


@final
@dataclass(frozen=True)
class SquareBarrier:
    """V = V_0 for |x| < a/2, a the width: 1/T(k) = 1 + (k² − κ²)²/(2kκ)² sin²κa, κ² = k² − 2mV_0/ħ² (of either sign).

    Landau and Lifshitz, Quantum Mechanics, §25, problem 2. On a grid V is a table, and where the jumps lie between its
    points is lost: take a/2 a multiple of the spacing, and V_0/2 at the two points ±a/2. The error is then O(Δx²).

    >>> SquareBarrier(height=2.0, width=1.0).potential([-0.5, 0.0, 0.75]).tolist()
    [1.0, 2.0, 0.0]
    """

    height: float
    width: float
    mass: float = 1.0
    hbar: float = 1.0

    def __post_init__(self):
        for name, value in vars(self).items():
            checks.real(name, value, above=0)

    def potential(self, x: Any) -> np.ndarray:
        """V, with half its height at the jumps, where |x| is a/2 to 1e-9 of it."""
        distance = np.abs(np.asarray(x, dtype=float)) - self.width / 2
        return self.height * np.heaviside(-np.where(np.abs(distance) < 1e-9 * self.width, 0.0, distance), 0.5)

    def hamiltonian(self, grid: Grid) -> Hamiltonian:
        return Hamiltonian(grid, self.potential(grid.axes[0]), mass=self.mass, hbar=self.hbar)

    def transmission(self, wavenumber: Any) -> np.ndarray:
        """T(k)."""
        k = np.asarray(wavenumber, dtype=float)
        inside = np.sqrt(k**2 - 2 * self.mass * self.height / self.hbar**2 + 0j)
        sine = self.width * np.sinc(inside * self.width / np.pi)                   # sin(κa)/κ
        return 1 / (1 + np.real((2 * self.mass * self.height / self.hbar**2) ** 2 * sine**2) / (4 * k**2))

    def transmitted(self, packet: GaussianPacket) -> float:
        """∫ |φ(k)|² T(k) dk of a packet that starts to the left, far from the barrier, with k > 0."""
        return _transmitted(self, packet)


def _transmitted(barrier: Any, packet: GaussianPacket) -> float:
    """By the trapezium rule, which converges exponentially for this integrand, over k > 0 within 9 standard deviations."""
    if packet.omega != 0 or packet.chirp != 0:
        checks.fail("packet", "must be free and without chirp (omega = chirp = 0)", packet)
    mean, spread = packet.momentum / packet.hbar, 1 / (2 * packet.width)
    if not mean > 7 * spread:
        checks.fail("packet", "must move to the right with all its wavenumbers: p/ħ > 7/2w", packet)
    k, step = np.linspace(max(mean - 9 * spread, 1e-6 * mean), mean + 9 * spread, 4001, retstep=True)
    density = np.exp(-0.5 * ((k - mean) / spread) ** 2) / (spread * (2 * np.pi) ** 0.5)
    return float(np.sum(density * barrier.transmission(k)) * step)
