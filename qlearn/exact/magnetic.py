"""A charge in the plane in a magnetic field and an oscillator: Fock–Darwin. Packets in it are QuadraticPacket."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from scipy.special import eval_genlaguerre, gammaln

from qlearn import checks
from qlearn.exact.oscillators import QuadraticPacket
from qlearn.grids import Grid
from qlearn.hamiltonian import Hamiltonian

__all__ = ["FockDarwin"]


@final
@dataclass(frozen=True)
class FockDarwin:
    """H = (p − A)²/2m + ½mω_0²r², A = ½b(−y, x): E_{n,l} = ħΩ(2n + |l| + 1) − ½ħω_c l, Ω² = ω_0² + ω_c²/4, ω_c = b/m.

    The charge is 1. V. Fock, Z. Phys. 47, 446 (1928); C. G. Darwin, Proc. Camb. Phil. Soc. 27, 86 (1931). ω_0 = 0: Landau
    levels, each infinitely often; b = 0: the isotropic oscillator.

    >>> FockDarwin(field=0.0, omega=1.0).levels(3).tolist()
    [1.0, 2.0, 2.0]
    """

    field: float
    omega: float
    mass: float = 1.0
    hbar: float = 1.0

    def __post_init__(self):
        checks.real("field", self.field)
        for name in ("omega", "mass", "hbar"):
            checks.real(name, getattr(self, name), above=0)

    @property
    def cyclotron(self) -> float:
        """ω_c = b/m."""
        return self.field / self.mass

    @property
    def effective(self) -> float:
        """Ω."""
        return float(np.hypot(self.omega, self.cyclotron / 2))

    def vector_potential(self, x: Any, y: Any) -> np.ndarray:
        """A in the symmetric gauge, (2, *shape)."""
        return 0.5 * self.field * np.stack([-y, x])

    def landau_gauge(self, x: Any, y: Any) -> np.ndarray:
        """A + ∂χ = b(0, x), with χ = ½bxy: the states are then exp(iχ/ħ) times those of the symmetric gauge."""
        return self.field * np.stack([0 * y, x])

    def gauge_function(self, x: Any, y: Any) -> np.ndarray:
        """χ = ½bxy."""
        return 0.5 * self.field * x * y

    def hamiltonian(self, grid: Grid, vector_potential: Any = None) -> Hamiltonian:
        """H on a grid that should be wide enough for ψ never to reach its ends."""
        return Hamiltonian(grid, lambda x, y: 0.5 * self.mass * self.omega**2 * (x**2 + y**2), mass=self.mass, hbar=self.hbar,
                           vector_potential=vector_potential or self.vector_potential)

    def energy(self, n: int, angular: int) -> float:
        """E_{n,l}, n = 0, 1, … radial nodes and ħl the angular momentum."""
        return self.hbar * (self.effective * (2 * n + abs(angular) + 1) - 0.5 * self.cyclotron * angular)

    def levels(self, k: int) -> np.ndarray:
        """The k lowest levels, ascending."""
        k = checks.integer("k", k, least=1)
        slow = self.effective - abs(self.cyclotron) / 2
        fast = self.effective + abs(self.cyclotron) / 2
        a = np.arange(k)
        return np.sort(np.add.outer(self.hbar * slow * (a + 0.5), self.hbar * fast * (a + 0.5)).ravel())[:k]

    def eigenstate(self, x: Any, y: Any, n: int, angular: int) -> np.ndarray:
        """ψ_{n,l} ∝ r^|l| e^{ilφ} e^{−s/2} L_n^{|l|}(s), s = mΩr²/ħ, in the symmetric gauge."""
        checks.integer("n", n, least=0)
        order, scale = abs(checks.integer("angular", angular)), self.mass * self.effective / self.hbar
        s = scale * (x**2 + y**2)
        size = np.exp(0.5 * (np.log(scale / np.pi) + gammaln(n + 1) - gammaln(n + order + 1)))
        turned = (np.sqrt(scale) * (x + 1j * np.sign(angular) * y)) ** order
        return size * turned * np.exp(-s / 2) * eval_genlaguerre(n, order, s)

    def packet(self, center: Any, width: Any, momentum: Any) -> QuadraticPacket:
        """A Gaussian packet, in the symmetric gauge; width² = ħ/2mΩ on both axes is a coherent state, which keeps its shape."""
        return QuadraticPacket(center, width, momentum, self.mass * self.omega**2 * np.eye(2), mass=self.mass,
                               field=0.5 * self.field * np.array([[0.0, -1.0], [1.0, 0.0]]), hbar=self.hbar)
