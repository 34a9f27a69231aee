"""ψ = √ρ exp(iφ/ħ): density, action and velocity of a wave, and the integers that the shift symmetry demands of them."""

from qlearn.phase.madelung import Madelung, madelung
from qlearn.phase.shift_symmetry import circulation, sector, vortices, winding

__all__ = ["Madelung", "circulation", "madelung", "sector", "vortices", "winding"]
