"""The stationary density on a grid, and what a box must be like to hold it."""

import numpy as np

from qlearn import checks
from qlearn.densities import GridDensity
from qlearn.grids import Grid
from qlearn.spectrum.relaxation.coefficients import Coefficients

__all__ = ["check_ends", "check_faces", "check_periods", "density_on"]

DECAYED = -9.2          # ln of the largest density allowed at the end of a line, 1e-4 of the maximum


def density_on(grid: Grid, values: np.ndarray) -> GridDensity:
    """P_s as a GridDensity; between walls on the periodic grid of the same points with the wall, where P is 0, before them."""
    mass = float(values.sum()) * grid.cell_volume
    if abs(mass - 1) > 1e-8:
        checks.fail("grid", "must resolve the stationary density", f"a sum that is off by {mass - 1:.2g} on {grid!r}",
                    "Take more points, and on a line wider bounds.")
    if float(values.min()) < -1e-9 * float(values.max()):
        checks.fail("grid", "must resolve the stationary density", f"a density of {values.min():.2g} somewhere on {grid!r}",
                    "Take more points, and on a line wider bounds.")
    pads = [(1, 0) if kind == "wall" else (0, 0) for kind in grid.boundary]
    whole = Grid(tuple(n + pad[0] for n, pad in zip(grid.shape, pads, strict=True)), grid.bounds)
    return GridDensity(whole, np.pad(values, pads), ringing=1e-9)


def check_ends(logarithm: float, what: str = "the density") -> None:
    """Refuse a line whose end sees more than e^−9.2 of the largest density."""
    if logarithm > DECAYED:
        checks.fail("grid", f"must reach to where {what} has decayed to 1e-4 of its maximum, at every end of a line",
                    f"{np.exp(min(logarithm, 0.0)):.2g} there", "Take wider bounds. Reflecting walls are not offered, and a loss "
                    "that does not rise at the ends has no stationary density.")


def check_faces(coefficients: Coefficients, log_density: np.ndarray, what: str) -> None:
    """The same for every face of a box that is no ring."""
    for axis, period in enumerate(coefficients.periods):
        if period is None:
            check_ends(float(np.take(log_density, [0, -1], axis=axis).max() - log_density.max()), what)


def check_periods(coefficients: Coefficients, grid: Grid) -> None:
    """Score and diffusion must have the period of each ring."""
    mesh = [np.asarray(x) for x in np.meshgrid(*[np.linspace(a, b, 7)[:-1] + 0.137 * (b - a) / 7 for a, b in grid.bounds],
                                                indexing="ij")]
    for axis, period in enumerate(coefficients.periods):
        if period is None:
            continue
        turned = [x + period * (other == axis) for other, x in enumerate(mesh)]
        for field in (coefficients.score, coefficients.diffusion):
            here, there = field(*mesh), field(*turned)
            change = float(np.max(np.abs(there - here)))
            if change > 1e-7 * (float(np.max(np.abs(here))) + 1e-300):
                checks.fail("loss", f"and noise must give drift and diffusion of period {period:.12g} on axis {axis}",
                            f"ones that change by {change:.3g}", "Give the right periods=.")
