"""The potential of Hénon and Heiles, quantised: published levels of the bare one, computed ones where a quartic term binds it."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.grids import Grid
from qlearn.hamiltonian import Hamiltonian

__all__ = ["HenonHeiles"]

STRENGTH = 0.0125**0.5

# λ² = 0.0125, no quartic term: the four digits that are commonly quoted from M. J. Davis and E. J. Heller, J. Chem. Phys. 71,
# 3383 (1979), and M. D. Feit, J. A. Fleck, A. Steiger, J. Comput. Phys. 47, 412 (1982). Their tables were not seen; products of
# oscillator functions of degrees up to 15 … 23 give these digits (validation 24), though the levels are metastable.
PUBLISHED = (0.9986, 1.9901, 1.9901, 2.9562, 2.9853, 2.9853, 3.9260, 3.9260, 3.9824, 3.9858)


@final
@dataclass(frozen=True)
class HenonHeiles:
    """V = r²/2 + λ(x²y − y³/3) + bλ²r⁴/16, m = ħ = 1; b = 0 the bare potential, metastable above 1/6λ², b = 1 bound.

    Three-fold symmetry: levels are single (A₁, A₂) or double (E).

    >>> HenonHeiles().published()[:3].tolist()
    [0.9986, 1.9901, 1.9901]
    """

    strength: float = STRENGTH
    binding: float = 0.0

    def __post_init__(self):
        checks.real("strength", self.strength)
        checks.real("binding", self.binding, least=0)

    def potential(self, x: Any, y: Any) -> np.ndarray:
        square = x**2 + y**2
        return square / 2 + self.strength * (x**2 * y - y**3 / 3) + self.binding * self.strength**2 / 16 * square**2

    def terms(self) -> dict[tuple[int, int], float]:
        """V as {(a, b): coefficient of x^a y^b}."""
        quartic = self.binding * self.strength**2 / 16
        return {(2, 0): 0.5, (0, 2): 0.5, (2, 1): self.strength, (0, 3): -self.strength / 3, (4, 0): quartic, (2, 2): 2 * quartic,
                (0, 4): quartic}

    def hamiltonian(self, grid: Grid) -> Hamiltonian:
        """H on a grid wide enough for ψ, and where b = 0 within the three saddles, at r = 1/λ."""
        return Hamiltonian(grid, self.potential)

    def published(self) -> np.ndarray:
        """Levels as quoted, four digits behind the point, for λ² = 0.0125 and b = 0."""
        if (self.strength, self.binding) != (STRENGTH, 0.0):
            checks.fail("strength and binding", "must be √0.0125 and 0, of which levels are published",
                        (self.strength, self.binding))
        return np.array(PUBLISHED)
