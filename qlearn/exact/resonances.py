"""Resonances and complex levels that are known: in closed form, and of a barrier that many methods were tried on."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.grids import Grid
from qlearn.hamiltonian import Hamiltonian

__all__ = ["BarrierPoles", "InvertedOscillator", "LossyOscillator", "RadialBarrier"]


@final
@dataclass(frozen=True)
class BarrierPoles:
    """V = V_0 / cosh²(x/a): E_n = (ħ²/2ma²)(√(2mV_0a²/ħ² − ¼) − i(n + ½))², the poles of its transmission, for 8mV_0a² > ħ².

    From Pöschl–Teller levels −(ħ²/2ma²)(λ − n)² with λ(λ + 1) = −2mV_0a²/ħ². Resonances over the top of a barrier, as far as
    E_n has a positive real part.

    >>> round(BarrierPoles(height=2.0).energy(0).real, 12)
    1.75
    """

    height: float
    width: float = 1.0
    mass: float = 1.0
    hbar: float = 1.0

    def __post_init__(self):
        for name, value in vars(self).items():
            checks.real(name, value, above=0)
        if 8 * self.mass * self.height * self.width**2 <= self.hbar**2:
            checks.fail("height", "must exceed ħ²/8ma²", self.height, "Lower barriers have no complex poles.")

    def potential(self, x: Any) -> np.ndarray:
        return self.height / np.cosh(x / self.width) ** 2

    def hamiltonian(self, grid: Grid) -> Hamiltonian:
        return Hamiltonian(grid, self.potential, mass=self.mass, hbar=self.hbar)

    def energy(self, n: int) -> complex:
        """E_n."""
        unit = (self.hbar / self.width) ** 2 / (2 * self.mass)
        return complex(unit * ((self.height / unit - 0.25) ** 0.5 - 1j * (n + 0.5)) ** 2)


@final
@dataclass(frozen=True)
class InvertedOscillator:
    """V = −½mω²x²: E_n = −iħω(n + ½), no real part. The oscillator with ω → −iω.

    >>> InvertedOscillator(2.0).energy(1)
    -3j
    """

    omega: float = 1.0
    mass: float = 1.0
    hbar: float = 1.0

    def __post_init__(self):
        for name, value in vars(self).items():
            checks.real(name, value, above=0)

    def hamiltonian(self, grid: Grid) -> Hamiltonian:
        return Hamiltonian(grid, lambda x: -0.5 * self.mass * self.omega**2 * x**2, mass=self.mass, hbar=self.hbar)

    def energy(self, n: int) -> complex:
        """E_n."""
        return -1j * self.hbar * self.omega * (n + 0.5)


@final
@dataclass(frozen=True)
class LossyOscillator:
    """V = ½mω²(1 − ic)x² in any dimension: E = ħω√(1 − ic)(n_1 + … + n_d + d/2), c > 0 a loss, c < 0 a gain.

    >>> LossyOscillator(loss=0.0).energy(2)
    (2.5+0j)
    """

    loss: float
    omega: float = 1.0
    mass: float = 1.0
    hbar: float = 1.0

    def hamiltonian(self, grid: Grid) -> Hamiltonian:
        strength = 0.5 * self.mass * self.omega**2 * (1 - 1j * self.loss)
        return Hamiltonian(grid, lambda *q: strength * sum(x**2 for x in q), mass=self.mass, hbar=self.hbar)

    def energy(self, quanta: int, dimensions: int = 1) -> complex:
        """E of n_1 + … + n_d = ``quanta``."""
        return complex(self.hbar * self.omega * (1 - 1j * self.loss) ** 0.5 * (quanta + dimensions / 2))


@final
@dataclass(frozen=True)
class RadialBarrier:
    """V = 7.5 r² e^{−r}, r > 0, ħ = m = 1, ψ(0) = 0: no bound state, and shape resonances of any width.

    R. A. Bain, J. N. Bardsley, B. R. Junker, C. V. Sukumar, J. Phys. B 7, 2189 (1974), for the potential. The digits are
    independently computed values: complex scaling by 1 rad with a Chebyshev basis in tanh-mapped r, in double precision;
    validation claim 27 integrates the equation along a ray from both ends and agrees with all three to 1e-12.

    >>> RadialBarrier().energy(0).real
    3.4263903101482
    """

    def potential(self, r: Any) -> np.ndarray:
        return 7.5 * r**2 * np.exp(-r)

    def hamiltonian(self, points: int, end: float, **options: Any) -> Hamiltonian:
        """H between walls at 0 and ``end``; options of Hamiltonian, as an absorber."""
        return Hamiltonian(Grid(points, (0.0, end), "wall"), self.potential, **options)

    def energy(self, n: int) -> complex:
        """E_n − iΓ_n/2, n = 0 … 2, to 1e-13."""
        positions = (3.4263903101482, 4.8348068410965, 5.2772798639840)
        widths = (2.55489611858e-2, 2.2357533377358, 6.7781065905079)
        n = checks.integer("n", n, least=0, most=2)
        return positions[n] - 0.5j * widths[n]
