"""Relaxation of two or three coordinates: Rayleigh–Ritz in factorised form with detailed balance, else the generator."""

import numpy as np

from qlearn.grids import Grid
from qlearn.spectrum.relaxation.coefficients import Coefficients
from qlearn.spectrum.relaxation.currents import with_current
from qlearn.spectrum.relaxation.detailed_balance import Balance, balance_of
from qlearn.spectrum.relaxation.generator import generator_levels
from qlearn.spectrum.relaxation.modes import AxisModes
from qlearn.spectrum.relaxation.operator import points_of
from qlearn.spectrum.relaxation.reference import loss_reference, radial_reference, score_reference
from qlearn.spectrum.relaxation.result import Relaxation
from qlearn.spectrum.relaxation.stationary import check_faces, check_periods, density_on
from qlearn.spectrum.relaxation.surface import surface_levels

__all__ = ["on_several_axes"]


def on_several_axes(coefficients: Coefficients, grid: Grid, k: int, tol: float) -> Relaxation:
    """Measure detailed balance on the lattice of the grid's modes, then take the symmetric or the general way."""
    check_periods(coefficients, grid)
    points = [AxisModes(grid, axis).points for axis in range(grid.ndim)]
    balance = balance_of(coefficients, points)
    if balance.holds:
        return _balanced(coefficients, grid, k, tol, balance)
    mesh = list(np.meshgrid(*points, indexing="ij"))
    lines = all(period is None for period in coefficients.periods)
    reference = (radial_reference if lines else loss_reference)(coefficients, mesh)
    log_density = reference.logarithm(points)
    check_faces(coefficients, log_density, "the loss")
    levels = generator_levels(coefficients, grid, k, tol, reference, log_density)
    return with_current(coefficients, grid, levels, log_density, balance.circulation)


def _balanced(coefficients: Coefficients, grid: Grid, k: int, tol: float, balance: Balance) -> Relaxation:
    check_faces(coefficients, balance.log_density, "the density")
    levels = surface_levels(coefficients, grid, k, tol, balance, score_reference(coefficients))
    density = np.exp(points_of(grid, balance.log_density - balance.log_density.max()))
    density /= density.sum() * grid.cell_volume
    zero = np.zeros(1)
    return Relaxation("witten", grid, np.concatenate([zero, -levels.rates]).astype(complex),
                      np.concatenate([zero, levels.bounds]), levels.residuals, np.ones(k + 1),
                      np.concatenate([density[None], levels.psi[1:] * np.sqrt(density)]), density_on(grid, density),
                      np.zeros((grid.ndim, *grid.shape)), True, balance.circulation, 0.0, coefficients.time_unit,
                      f"Rayleigh–Ritz of A in {levels.words}")
