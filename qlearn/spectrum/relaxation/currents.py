"""Steady currents: J^μ = D^{μν}(a_ν P_s − ∂_νP_s) and the entropy it produces, ∫J·a dq = ∫J·D⁻¹J/P_s dq."""

import numpy as np

from qlearn import checks
from qlearn.grids import Grid
from qlearn.spectrum.relaxation.coefficients import Coefficients
from qlearn.spectrum.relaxation.generator import GeneratorLevels
from qlearn.spectrum.relaxation.operator import points_of
from qlearn.spectrum.relaxation.result import Relaxation
from qlearn.spectrum.relaxation.stationary import density_on

__all__ = ["with_current"]


def with_current(coefficients: Coefficients, grid: Grid, levels: GeneratorLevels, log_reference: np.ndarray,
                 circulation: float) -> Relaxation:
    """The result without detailed balance: P_j = √R ψ_j, the zero mode normalised to ∫P_s dq = 1."""
    operator, root = levels.operator, np.exp(0.5 * log_reference)
    lattice = operator.products.expand(levels.psi) * root
    zero = lattice[0] / _phase(lattice[0])
    if float(np.max(np.abs(zero.imag))) > 1e-6 * float(np.max(np.abs(zero.real))):
        checks.fail("grid", "must resolve the stationary density", f"{grid!r}, on which the zero mode is not real",
                    "Take more points.")
    mass = float(np.sum(operator.products.weights() * zero.real)) * _phase(lattice[0])
    flux = (operator.fluxes(levels.psi[:1])[:, 0] * root / mass).real
    density = points_of(grid, zero.real) / (mass / _phase(lattice[0])).real
    states = points_of(grid, lattice)
    states[0] = density
    production = float(np.sum(operator.products.weights() * flux * operator.score))
    return Relaxation("fokker-planck", grid, levels.eigenvalues, levels.bounds, levels.residuals, levels.conditions, states,
                      density_on(grid, density), points_of(grid, flux), False, circulation, production, coefficients.time_unit,
                      f"eigenvalues of the generator in {operator.products.size} products")


def _phase(values: np.ndarray) -> complex:
    """The phase of the largest value."""
    peak = values.flat[int(np.argmax(np.abs(values)))]
    return complex(peak / abs(peak))
