"""Anharmonic wells whose levels and splittings are known to many digits, though not in closed form."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.grids import Grid
from qlearn.hamiltonian import Hamiltonian

__all__ = ["DoubleWell", "QuarticOscillator", "SexticWell"]

# p² + x⁴: by validation/shooting.py, with walls at 7 and at 8; 60 and 70 digits agree to all digits given. (The first is the
# 1.060362090484 that is commonly quoted, from F. T. Hioe and E. W. Montroll, J. Math. Phys. 16, 1945 (1975) on, not seen.)
QUARTIC = ("1.06036209048418289964704601669", "3.79967302980139416878309418851", "7.45569793798673839215659134719",
           "11.6447455113781620208503732814", "16.2618260188502259378949544304", "21.2383729182359400241497111136",
           "26.5284711836825181918138281837", "32.0985977109683266342721064383")

# (x² − 1)² between walls at ±2.5, m = 1: E_odd − E_even of a pair by (ħ, pair); validation/shooting.py with 150 and 180 digits,
# 24 and 31 steps, agree to all digits given. ħ is the double next to the number written.
SPLITTINGS = {(0.5, 0): 0.1156069930376080273, (0.2, 0): 3.422988051015611412e-4, (0.1, 0): 2.077108060193672454e-8,
              (0.09, 0): 2.439196806032510005e-9, (0.085, 0): 6.932164209723704198e-10, (0.05, 0): 9.779316490695244671e-17,
              (0.02, 0): 1.702331512756340950e-41, (0.01, 0): 1.371402672015421227e-82, (0.05, 1): 3.966440129217723971e-14,
              (0.02, 1): 1.847058192706836885e-38, (0.02, 2): 9.700603970298228231e-36}


@final
@dataclass(frozen=True)
class QuarticOscillator:
    """V = g x⁴: E_n = (ħ⁴g/4m²)^{1/3} ε_n, ε_n the levels of p² + x⁴; the first eight are known here to thirty digits.

    >>> QuarticOscillator(strength=1.0, mass=0.5).levels(2).round(12).tolist()
    [1.060362090484, 3.799673029801]
    """

    strength: float
    mass: float = 1.0
    hbar: float = 1.0

    def __post_init__(self):
        for name, value in vars(self).items():
            checks.real(name, value, above=0)

    def potential(self, x: Any) -> np.ndarray:
        return self.strength * np.asarray(x, dtype=float) ** 4

    def hamiltonian(self, grid: Grid) -> Hamiltonian:
        """H on a grid that should be wide enough for ψ never to reach its ends."""
        return Hamiltonian(grid, self.potential, mass=self.mass, hbar=self.hbar)

    def levels(self, k: int) -> np.ndarray:
        """The k ≤ 8 lowest levels, ascending."""
        checks.integer("k", k, least=1, most=len(QUARTIC))
        return (self.hbar**4 * self.strength / (4 * self.mass**2)) ** (1 / 3) * np.array([float(e) for e in QUARTIC[:k]])


@final
@dataclass(frozen=True)
class SexticWell:
    """H = p² + x⁶ − (4J − 1)x² (m = ½, ħ = 1): J even levels in closed form, of all signs; J = 1, 2, 3.

    ψ = P(x²) e^{−x⁴/4}. A. V. Turbiner, Commun. Math. Phys. 118, 467 (1988); C. M. Bender and G. V. Dunne, J. Math. Phys. 37, 6
    (1996).

    >>> SexticWell(3).levels().tolist()
    [-8.0, 0.0, 8.0]
    """

    index: int

    def __post_init__(self):
        checks.integer("index", self.index, least=1, most=3)

    def potential(self, x: Any) -> np.ndarray:
        return np.asarray(x, dtype=float) ** 6 - (4 * self.index - 1) * np.asarray(x, dtype=float) ** 2

    def hamiltonian(self, grid: Grid) -> Hamiltonian:
        """H on a grid that should be wide enough for ψ never to reach its ends."""
        return Hamiltonian(grid, self.potential, mass=0.5)

    def levels(self) -> np.ndarray:
        """The levels of the J lowest even states, ascending: numbers 0, 2, … of all."""
        return np.array([[0.0], [-(8**0.5), 8**0.5], [-8.0, 0.0, 8.0]][self.index - 1])


@final
@dataclass(frozen=True)
class DoubleWell:
    """V = (x² − 1)² between walls at ±2.5, m = 1: splittings from 1e-1 to 1e-82 for the values of ħ in ``DoubleWell.known``.

    >>> f"{DoubleWell(hbar=0.1).splitting(0):.12e}"
    '2.077108060194e-08'
    """

    hbar: float

    def __post_init__(self):
        checks.real("hbar", self.hbar, above=0)

    @staticmethod
    def known() -> tuple[tuple[float, int], ...]:
        """(ħ, pair) of every splitting that is known here."""
        return tuple(SPLITTINGS)

    def potential(self, x: Any) -> np.ndarray:
        return (np.asarray(x, dtype=float) ** 2 - 1) ** 2

    def hamiltonian(self, points: int) -> Hamiltonian:
        return Hamiltonian(Grid(points, (-2.5, 2.5), "wall"), self.potential, hbar=self.hbar)

    def splitting(self, pair: int = 0) -> float:
        """E_odd − E_even."""
        if (self.hbar, pair) not in SPLITTINGS:
            checks.fail("hbar and pair", "must be among " + ", ".join(map(str, SPLITTINGS)), (self.hbar, pair))
        return SPLITTINGS[self.hbar, pair]

    def semiclassical(self) -> float:
        """The splitting of the lowest pair for ħ → 0, by instantons; too large by about 0.52 ħ, relative.

            Δ = 2ħω √(6S_0/πħ) e^{−S_0/ħ},    ω = √8,    S_0 = ∫√(2V) dx = 4√2/3 from well to well

        S. Coleman, Aspects of Symmetry (1985), chapter 7, section 2.
        """
        action, omega = 4 * 2**0.5 / 3, 8**0.5
        return float(2 * self.hbar * omega * np.sqrt(6 * action / (np.pi * self.hbar)) * np.exp(-action / self.hbar))
