"""relaxation: from a learner to the eigenvalues of its Fokker–Planck operator, symmetric where detailed balance holds."""

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from qlearn import checks
from qlearn.densities import GridDensity
from qlearn.errors import AccuracyWarning, UnsupportedError
from qlearn.grids import Grid
from qlearn.spectrum.relaxation.cells import Cells, axis_edges
from qlearn.spectrum.relaxation.coefficients import Coefficients, coefficients_of
from qlearn.spectrum.relaxation.result import Relaxation
from qlearn.spectrum.relaxation.witten import line_levels
from qlearn.systems.minibatch import MinibatchLearner

if TYPE_CHECKING:
    from qlearn.systems.base import LearningSystem

__all__ = ["relaxation"]


def relaxation(learner: "LearningSystem | MinibatchLearner", k: int, *, grid: Grid, parameters: Mapping[str, float] | None = None,
               ito: str | None = None, tol: float = 1e-8) -> Relaxation:
    """The k slowest relaxation rates of a learner in a static loss, with its stationary density and steady current.

        ∂_tP = −∂_μJ^μ,     J^μ = b^μP − ∂_ν(D^{μν}P),     P the density with respect to dq                   (THEORY.md 1, 5, 6)

    With detailed balance the operator is made symmetric, H_E = A†A with A = √D (∂ − ½∂ln P_s) ("witten"); without it the
    generator itself is solved ("fokker-planck"), whose eigenvalues may be complex.

    Parameters
    ----------
    learner : LearningSystem with a static loss, any α; or MinibatchLearner, in its diffusion limit.
    k : number of rates, the zero mode not counted.
    grid : Grid of the system's coordinates. A ring needs its period, without a twist; a line needs bounds beyond which no
        learners are (nothing flows through the ends; with "wall" the points leave the ends out). No poles.
    parameters : numbers for the symbols of a LearningSystem.
    ito : of a LearningSystem, "covariant" noise (default), or "plain" for discrete updates without a correction.
    tol : AccuracyWarning where the error bound of a rate exceeds tol times the rate.

    Rates are per unit of time of the system, of a MinibatchLearner per step: those of ``learner.transfer_operator(grid).rates``.

    Raises
    ------
    ArgumentError; RegimeError with an annealed temperature; UnsupportedError on grids with poles.

    >>> from qlearn.systems.base import LearningSystem
    >>> well = LearningSystem("q", loss="(q**2 - 1)**2", learning_rate=1, temperature="T")
    >>> slow = relaxation(well, 2, grid=Grid(128, (-2.2, 2.2)), parameters={"T": 0.05})
    >>> [f"{rate:.9g}" for rate in slow.rates()], bool(slow.error_bounds[1] < 1e-20)
    (['3.6386057e-09', '3.83589134'], True)
    """
    coefficients = coefficients_of(learner, parameters, ito)
    _check_grid(coefficients, grid)
    k = checks.integer("k", k, least=1, most=(min(grid.shape) - 1) // 2 if grid.ndim == 1 else grid.size // 4,
                       remedy="A grid of more points has more rates.")
    tol = checks.real("tol", tol, above=0)
    if grid.ndim > 1:
        raise UnsupportedError("relaxation of several coordinates is not offered yet; with detailed balance use "
                               "ql.eigenstates(ql.derive(system).equation.hamiltonian(grid), k).rates.")
    found = _on_one_axis(coefficients, grid, k)
    _warn(found, tol)
    return found


def _check_grid(coefficients: Coefficients, grid: Any) -> None:
    if not isinstance(grid, Grid):
        checks.fail("grid", "must be a qlearn.Grid of the learner's coordinates", grid)
    if grid.ndim != coefficients.dimension:
        checks.fail("grid", f"must have {coefficients.dimension} axes, one a coordinate", f"{grid.ndim}")
    for axis, period in enumerate(coefficients.periods):
        kind, length = grid.boundary[axis], float(grid.lengths[axis])
        if kind == "pole":
            checks.fail("grid", "must be periodic or between walls", "a polar axis", "Take ql.eigenstates of ħH_E there: "
                        "ql.derive(system).equation.hamiltonian(grid).")
        if grid.sectors[axis] != 0:
            checks.fail("grid", "must have no twist: a density is periodic", f"twist {grid.twist[axis]:g} on axis {axis}")
        if period is not None and (kind != "periodic" or abs(length - period) > 1e-9 * period):
            checks.fail("grid", f"must be periodic with the period {period:.12g} on axis {axis}", f"{kind}, length {length:.12g}",
                        f"Use bounds (a, a + {period:.12g}).")
        if grid.shape[axis] < 9:
            checks.fail("grid", "must have at least 9 points an axis", repr(grid))


def _on_one_axis(coefficients: Coefficients, grid: Grid, k: int) -> Relaxation:
    cells = Cells(coefficients, axis_edges(grid, 0), 12)
    if abs(cells.circulation) > 1e-9 * (1 + cells.variation):
        raise UnsupportedError(f"no detailed balance, the force has the circulation {cells.circulation:.3g}: not offered yet; "
                               "use learner.fokker_planck(grid).")
    levels = line_levels(coefficients, grid, k, cells)
    zero = np.zeros(1)
    density = density_on(grid, levels.density)
    return Relaxation("witten", grid, np.concatenate([zero, -levels.rates]).astype(complex),
                      np.concatenate([zero, levels.bounds]), np.concatenate([zero, levels.residuals]), np.ones(k + 1),
                      levels.half_densities * np.sqrt(levels.density), density, np.zeros((1, *grid.shape)), True,
                      abs(cells.circulation), 0.0, coefficients.time_unit,
                      "singular vectors of A, refined by their fluxes")


def density_on(grid: Grid, values: np.ndarray) -> GridDensity:
    """P_s as a GridDensity; between walls on the periodic grid of the same points with the wall, where P is 0, before them."""
    mass = float(values.sum()) * grid.cell_volume
    if abs(mass - 1) > 1e-8:
        checks.fail("grid", "must resolve the stationary density", f"{grid!r}, on which its sum is off by {mass - 1:.2g}",
                    "Take more points.")
    pads = [(1, 0) if kind == "wall" else (0, 0) for kind in grid.boundary]
    whole = Grid(tuple(n + pad[0] for n, pad in zip(grid.shape, pads, strict=True)), grid.bounds)
    return GridDensity(whole, np.pad(values, pads))


def _warn(found: Relaxation, tol: float) -> None:
    rates = found.rates()
    relative = found.error_bounds[1:] / np.maximum(np.abs(found.eigenvalues[1:]), 1e-300)
    worst = int(np.argmax(relative))
    if relative[worst] > tol:
        warnings.warn(f"the error bound of rate {worst + 1}, {found.error_bounds[worst + 1]:.1e}, exceeds tol = {tol:g} times "
                      f"the rate {rates[worst]:.3g}. Take more points, or on a line a box that P_s and its modes do not reach.",
                      AccuracyWarning, stacklevel=3)
