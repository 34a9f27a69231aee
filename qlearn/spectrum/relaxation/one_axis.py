"""Relaxation on one axis: by fluxes with detailed balance, by the generator on a ring where a current runs."""

import numpy as np

from qlearn.errors import UnsupportedError
from qlearn.grids import Grid
from qlearn.spectrum.relaxation.cells import Cells, axis_edges
from qlearn.spectrum.relaxation.coefficients import Coefficients
from qlearn.spectrum.relaxation.currents import with_current
from qlearn.spectrum.relaxation.detailed_balance import is_balanced
from qlearn.spectrum.relaxation.generator import generator_levels
from qlearn.spectrum.relaxation.modes import AxisModes
from qlearn.spectrum.relaxation.reference import ring_reference
from qlearn.spectrum.relaxation.result import Relaxation
from qlearn.spectrum.relaxation.stationary import check_ends, check_periods, density_on
from qlearn.spectrum.relaxation.witten import line_levels

__all__ = ["on_one_axis"]

DENSE_LIMIT = 4096


def on_one_axis(coefficients: Coefficients, grid: Grid, k: int, tol: float) -> Relaxation:
    """Measure the circulation round the ring, then take the symmetric or the general way."""
    check_periods(coefficients, grid)
    cells = Cells(coefficients, axis_edges(grid, 0), 12)
    if not is_balanced(cells.circulation, cells.variation):
        return _with_circulation(coefficients, grid, k, tol, cells.circulation)
    if not cells.ring:
        check_ends(float(np.max(cells.edge_log_density[[0, -1]]) - np.max(cells.edge_log_density)))
    levels = line_levels(coefficients, grid, k, cells)
    zero = np.zeros(1)
    return Relaxation("witten", grid, np.concatenate([zero, -levels.rates]).astype(complex),
                      np.concatenate([zero, levels.bounds]), np.concatenate([zero, levels.residuals]), np.ones(k + 1),
                      levels.half_densities * np.sqrt(levels.density), density_on(grid, levels.density),
                      np.zeros((1, *grid.shape)), True, abs(cells.circulation), 0.0, coefficients.time_unit,
                      "singular vectors of A, refined by their fluxes")


def _with_circulation(coefficients: Coefficients, grid: Grid, k: int, tol: float, circulation: float) -> Relaxation:
    """R = the density that the score would have without its circulation: r = a − ∮a/L."""
    if grid.size > DENSE_LIMIT:
        raise UnsupportedError(f"a generator of {grid.size} points is not offered (limit {DENSE_LIMIT}); a ring needs fewer: "
                               "take what resolves its narrowest well.")
    slope = circulation / float(grid.lengths[0])
    reference = ring_reference(coefficients, slope)
    log_density = reference.logarithm([AxisModes(grid, 0).points])
    log_density -= log_density.max()
    levels = generator_levels(coefficients, grid, k, tol, reference, log_density)
    return with_current(coefficients, grid, levels, log_density, abs(circulation))
