"""One coordinate: the carriers' flow in a moving field is the map that keeps the levels of its distribution function.

With ρ = |p|² and its current J, ∂_tρ = −∂J, a carrier that moves by v = J/ρ keeps

    U = ∫_a^X ρ dq − ∫ J(a, t) dt                                                                  (a ring's a is a gate)

so that its way over any time is X(t + h) = F_{t+h}⁻¹(F_t(X(t)) + ∫J(a) dt): no velocity is read, and a node, where v has no
bound, is a place like others.  Between points of the circle F is the quintic that has F, ρ and ρ' right at both ends of a cell.
"""

from dataclasses import dataclass

import numpy as np

from qlearn.ensembles.nodes.entire import Circle
from qlearn.kernels.levels import places, rise

__all__ = ["Gate", "Levels"]

_GAUSS = (0.5 - np.sqrt(15) / 10, 0.5, 0.5 + np.sqrt(15) / 10), (5 / 18, 4 / 9, 5 / 18)


@dataclass(eq=False)
class Gate:
    """The mass that comes in through q = a while p moves freely: ∫J(a) dt by three points of Gauss a kinetic step."""

    circle: Circle
    ratio: float            # ħ/m
    passed: float = 0.0

    def __call__(self, modes: np.ndarray, h: float) -> None:
        k = self.circle.wavenumbers
        for place, weight in zip(*_GAUSS, strict=True):
            now = modes * np.exp(-0.5j * self.ratio * h * place * self.circle.square)
            self.passed += weight * h * self.ratio * float(np.imag(np.conj(now.sum()) * np.sum(1j * k * now)))


@dataclass(frozen=True, eq=False)
class Levels:
    """F of |p|² on its circle, F(a) = 0, F(q + L) = F(q) + 1."""

    circle: Circle
    below: np.ndarray           # (n + 1,) F at the points
    cells: np.ndarray           # (5, n): coefficients of r … r⁵ of F − F(point) in the cell behind it

    @classmethod
    def of(cls, circle: Circle, p: np.ndarray) -> "Levels":
        modes, k, h = circle.modes(p), 1j * circle.wavenumbers, circle.cell
        slope, bend = circle.values(k * modes), circle.values(k * k * modes)
        rho = np.abs(p)**2
        first = 2 * np.real(np.conj(p) * slope)
        second = 2 * (np.abs(slope)**2 + np.real(np.conj(p) * bend))
        after = [np.append(row[1:], row[0]) for row in (rho, first, second)]
        mass = h / 2 * (rho + after[0]) + h**2 / 10 * (first - after[1]) + h**3 / 120 * (second + after[2])
        mass = np.maximum(mass, 0.0)            # below 0 by rounding only
        total = mass.sum()
        one, two = h * rho / total, h**2 * first / (2 * total)
        miss = mass / total - one - two
        rise, turn = h * after[0] / total - one - 2 * two, h**2 * after[1] / total - 2 * two
        cells = np.stack([one, two, 10 * miss - 4 * rise + 0.5 * turn, -15 * miss + 7 * rise - turn,
                          6 * miss - 3 * rise + 0.5 * turn])
        return cls(circle, np.append(0.0, np.cumsum(mass / total)), cells)

    def level(self, q: np.ndarray) -> np.ndarray:
        """F (n,) at q (n,)."""
        place = (q - self.circle.a) / self.circle.cell
        whole = np.floor(place)
        turns = np.floor_divide(whole, self.circle.n)
        cell = (whole - turns * self.circle.n).astype(np.int64)
        return turns * self.below[-1] + self.below[cell] + rise(self.cells[:, cell], place - whole)

    def place(self, level: np.ndarray) -> np.ndarray:
        """The q (n,) with F(q) = level (n,)."""
        return self.circle.a + self.circle.cell * places(self.below, self.cells, level)
