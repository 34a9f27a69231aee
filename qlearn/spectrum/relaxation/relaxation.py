"""relaxation: from a learner to the eigenvalues of its Fokker–Planck operator, symmetric where detailed balance holds."""

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from qlearn import checks
from qlearn.errors import AccuracyWarning
from qlearn.grids import Grid
from qlearn.spectrum.relaxation.coefficients import Coefficients, coefficients_of
from qlearn.spectrum.relaxation.default_grid import default_grid
from qlearn.spectrum.relaxation.one_axis import on_one_axis
from qlearn.spectrum.relaxation.result import Relaxation
from qlearn.spectrum.relaxation.several_axes import on_several_axes
from qlearn.systems.minibatch import MinibatchLearner

if TYPE_CHECKING:
    from qlearn.systems.base import LearningSystem

__all__ = ["relaxation"]


def relaxation(learner: "LearningSystem | MinibatchLearner", k: int, *, grid: Grid | None = None,
               parameters: Mapping[str, float] | None = None, ito: str | None = None, tol: float = 1e-8) -> Relaxation:
    """The k slowest relaxation rates of a learner in a static loss, with its stationary density and steady current.

        ∂_tP = −∂_μJ^μ,     J^μ = b^μP − ∂_ν(D^{μν}P),     P the density with respect to dq                   (THEORY.md 1, 5, 6)

    With detailed balance, which is measured, the operator is made symmetric, H_E = A†A with A = √D (∂ − ½∂ln P_s): "witten".
    Without it the generator itself is solved, whose eigenvalues may be complex: "fokker-planck".

    Parameters
    ----------
    learner : LearningSystem with a static loss in one to three coordinates, any α; or MinibatchLearner, in its diffusion limit.
    k : number of rates, the zero mode not counted.
    grid : Grid of the system's coordinates. A ring needs its period, without a twist; a line needs bounds beyond which no
        learners are, about 8 standard deviations (nothing flows through the ends; with "wall" the points leave the ends out).
        No poles. May be left out for one coordinate: the period, or the box out to a density of 1e-30 (relaxation.default_grid).
    parameters : numbers for the symbols of a LearningSystem.
    ito : of a LearningSystem, "covariant" noise (default), or "plain" for discrete updates without a correction.
    tol : AccuracyWarning where the error bound of an eigenvalue exceeds tol times its size.

    Rates are per unit of time of the system; of a MinibatchLearner per step, as those of ``learner.transfer_operator(grid)``.
    One axis: any grid that resolves the density, at most 4096 points without detailed balance. Several axes: at most 1000
    products of the states of each axis (1600 without detailed balance), certified on a grid twice as fine.

    Raises
    ------
    ArgumentError; RegimeError with an annealed temperature.

    >>> from qlearn.systems.base import LearningSystem
    >>> well = LearningSystem("q", loss="(q**2 - 1)**2", learning_rate=1, temperature="T")
    >>> slow = relaxation(well, 2, grid=Grid(128, (-2.2, 2.2)), parameters={"T": 0.05})
    >>> [f"{rate:.9g}" for rate in slow.rates()], bool(slow.error_bounds[1] < 1e-20)
    (['3.6386057e-09', '3.83589134'], True)
    >>> ring = LearningSystem("q", loss="-3*q", learning_rate=1, temperature=0.5, periods="2*pi")
    >>> [complex(z) for z in relaxation(ring, 2, grid=Grid(33, (0, 2 * np.pi))).eigenvalues[1:].round(9)]
    [(-0.5+3j), (-0.5-3j)]
    """
    coefficients = coefficients_of(learner, parameters, ito)
    if grid is None:
        grid = default_grid(coefficients, checks.integer("k", k, least=1))
    _check_grid(coefficients, grid)
    most = (grid.shape[0] - 1) // 2 if grid.ndim == 1 else 100
    k = checks.integer("k", k, least=1, most=most, remedy="On one axis a grid of N points has (N − 1)/2 rates; on several 100.")
    tol = checks.real("tol", tol, above=0)
    found = (on_one_axis if grid.ndim == 1 else on_several_axes)(coefficients, grid, k, tol)
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
            checks.fail("grid", "must be periodic or between walls", "a polar axis", "With detailed balance take "
                        "ql.eigenstates(ql.derive(system).equation.hamiltonian(grid), k).rates(k − 1).")
        if grid.sectors[axis] != 0:
            checks.fail("grid", "must have no twist: a density is periodic", f"twist {grid.twist[axis]:g} on axis {axis}")
        if period is not None and (kind != "periodic" or abs(length - period) > 1e-9 * period):
            checks.fail("grid", f"must be periodic with the period {period:.12g} on axis {axis}", f"{kind}, length {length:.12g}",
                        f"Use bounds (a, a + {period:.12g}).")
        if grid.shape[axis] < 9:
            checks.fail("grid", "must have at least 9 points an axis", repr(grid))


def _warn(found: Relaxation, tol: float) -> None:
    relative = found.error_bounds[1:] / np.maximum(np.abs(found.eigenvalues[1:]), 1e-300)
    worst = int(np.argmax(relative)) + 1
    if relative[worst - 1] > tol:
        lost = " Without detailed balance rates far below the others drown in rounding." if found.kind == "fokker-planck" else ""
        warnings.warn(f"the error bound of eigenvalue {worst}, {found.error_bounds[worst]:.1e}, exceeds tol = {tol:g} times its "
                      f"size {abs(found.eigenvalues[worst]):.3g}. Take more points, or on a line a box that P_s and its modes do "
                      f"not reach; or a larger tol.{lost}", AccuracyWarning, stacklevel=3)
