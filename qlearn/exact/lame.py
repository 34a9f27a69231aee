"""Lamé's equation with one gap: a smooth periodic potential whose bands are known in closed form."""

from dataclasses import dataclass
from typing import final

import numpy as np
from scipy.integrate import quad
from scipy.special import ellipe, ellipj, ellipk

from qlearn import checks
from qlearn.grids import Grid
from qlearn.hamiltonian import Hamiltonian

__all__ = ["LameBands"]


@final
@dataclass(frozen=True)
class LameBands:
    """−(ħ²/2m)ψ″ + V ψ = Eψ with V = (ħ²/2m) 2k² sn²(x, k) on its period L = 2K(k): one gap, and all others closed.

    In units of ħ²/2m the edges are k² (θ = 0), 1 and 1 + k² (θ = ½), with the states dn, cn and sn; above 1 + k² bands touch at
    θ = 0 and ½ for ever. dκ/dE = ½(c − E)/√((E − k²)(E − 1)(E − 1 − k²)) up to its sign, c = k² + E(k)/K(k).
    E. T. Whittaker and G. N. Watson, A Course of Modern Analysis, 23.7; E. L. Ince, Proc. Roy. Soc. Edinburgh 60, 83 (1940).

    >>> LameBands(modulus=0.8).edges.round(12).tolist()
    [0.64, 1.0, 1.64]
    """

    modulus: float
    mass: float = 0.5
    hbar: float = 1.0

    def __post_init__(self):
        checks.real("modulus", self.modulus, above=0, most=1 - 1e-9)

    @property
    def unit(self) -> float:
        """ħ²/2m."""
        return self.hbar**2 / (2 * self.mass)

    @property
    def length(self) -> float:
        return float(2 * ellipk(self.modulus**2))

    @property
    def edges(self) -> np.ndarray:
        """The top and the bottom of each band but the last, ascending."""
        return self.unit * np.array([self.modulus**2, 1.0, 1 + self.modulus**2])

    def hamiltonian(self, points: int) -> Hamiltonian:
        square = self.modulus**2
        return Hamiltonian(Grid(points, (0.0, self.length)), lambda x: self.unit * 2 * square * ellipj(x, square)[0] ** 2,
                           mass=self.mass, hbar=self.hbar)

    @property
    def middle(self) -> float:
        """c in units of ħ²/2m, in the gap: there the two bands meet in the complex plane of κ."""
        square = self.modulus**2
        return float(square + ellipe(square) / ellipk(square))

    def theta(self, energy: float) -> float:
        """θ = κL/2π in [0, ½] of an energy in the lowest band."""
        low, top, _ = self.edges
        energy = checks.real("energy", energy, least=low, most=top, remedy="Above the gap κ(E) is not offered.")
        square, e = self.modulus**2, energy / self.unit

        def integrand(s: float) -> float:       # E = k² + (1 − k²) sin² s
            value = square + (1 - square) * np.sin(s) ** 2
            return float((self.middle - value) / np.sqrt(1 + square - value))

        turn = np.arcsin(np.sqrt((e - square) / (1 - square)))
        return quad(integrand, 0.0, turn, epsabs=1e-13, epsrel=1e-12)[0] * self.length / (2 * np.pi)

    @property
    def bottom_mass(self) -> float:
        """The effective mass at the bottom of the lowest band, m (E(k)/K(k))²/(1 − k²)."""
        square = self.modulus**2
        return float(self.mass * (ellipe(square) / ellipk(square)) ** 2 / (1 - square))

    @property
    def decay(self) -> float:
        """h of the Wannier function of the lowest band, |w| ~ |x|^{−¾} e^{−h|x|}: Im κ at the energy c.

        L. He and D. Vanderbilt, Phys. Rev. Lett. 86, 5341 (2001).
        """
        square, c = self.modulus**2, self.middle

        def integrand(s: float) -> float:       # E = 1 + (c − 1) sin² s
            value = 1 + (c - 1) * np.sin(s) ** 2
            return float((c - value) * np.sqrt(c - 1) * np.cos(s) / np.sqrt((value - square) * (1 + square - value)))

        return float(quad(integrand, 0.0, np.pi / 2, epsabs=1e-13, epsrel=1e-12)[0])
