"""A box with hard walls, and the revivals of a packet in it."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.exact.gaussians import GaussianPacket
from qlearn.exact.rings import RingPacket
from qlearn.grids import Grid
from qlearn.hamiltonian import Hamiltonian

__all__ = ["BoxPacket"]


@final
@dataclass(frozen=True)
class BoxPacket:
    """A free packet between walls at 0 and L: that of the line minus its mirror images, summed over the period 2L.

        E_n = (ħπn/L)²/2m,   ψ(T) = ψ(0) at T = 4mL²/πħ,   ψ(x, T/2) = −ψ(L − x, 0),
        ψ(x, T/4) = ½(1 − i) ψ(x, 0) − ½(1 + i) ψ(L − x, 0)

    D. L. Aronstein and C. R. Stroud, Phys. Rev. A 55, 4526 (1997). Not normalised where the packet starts at a wall.

    >>> BoxPacket(GaussianPacket(0.5, 0.05), 1.0).revival_time == 4 / np.pi
    True
    """

    packet: GaussianPacket
    length: float

    def __post_init__(self):
        checks.real("length", self.length, above=0)
        if self.packet.omega != 0:
            checks.fail("packet", "must be free (omega = 0)", self.packet)

    def grid(self, points: int) -> Grid:
        return Grid(points, (0.0, self.length), boundary="wall")

    def hamiltonian(self, points: int) -> Hamiltonian:
        return Hamiltonian(self.grid(points), 0.0, mass=self.packet.mass, hbar=self.packet.hbar)

    def levels(self, k: int) -> np.ndarray:
        """The k lowest levels."""
        n = np.arange(1, checks.integer("k", k, least=1) + 1)
        return (self.packet.hbar * np.pi * n / self.length) ** 2 / (2 * self.packet.mass)

    @property
    def revival_time(self) -> float:
        """T = 4mL²/πħ."""
        return 4 * self.packet.mass * self.length**2 / (np.pi * self.packet.hbar)

    def state(self, x: Any, t: float) -> np.ndarray:
        """ψ(x, t), 0 at both walls."""
        x, ring = np.asarray(x, dtype=float), RingPacket(self.packet, 2 * self.length)
        return ring.state(x, t) - ring.state(-x, t)
