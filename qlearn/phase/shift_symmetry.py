"""What single-valuedness of ψ says (THEORY 3): circulation is quantised, ∮∇φ·dq = 2πħ(n + θ) round every ring.

The discrete shift symmetry F ~ F + 2πħ n makes φ/ħ an angle. On a ring in the sector θ, ψ(q + L) = e^{2πiθ}ψ(q), so that
the circulation in units of 2πħ is n + θ with the integer winding n. Not to be confused with ``qlearn.circulation``, which
estimates it from the displacements of learners.
"""

import numpy as np

from qlearn import checks
from qlearn.errors import RegimeError
from qlearn.grids import Grid

__all__ = ["circulation", "sector", "vortices", "winding"]

REFINEMENT = 8
STEEPEST = 2.0  # radians between neighbouring points of the refined loop


def sector(grid: Grid, theta: float | tuple[float, ...]) -> Grid:
    """The same points in another sector: ψ(b) = exp(2πiθ) ψ(a), θ a number or one an axis."""
    return Grid(grid.shape, grid.bounds, grid.boundary, theta)


def winding(grid: Grid, psi: np.ndarray, axis: int = 0) -> np.ndarray:
    """The integer n of ∮∇φ·dq = 2πħ(n + θ) round the ring of one axis, at every point of the other axes.

    The phase of the periodic part of ψ is followed on a loop refined 8 times by its trigonometric interpolant. ψ is the
    scalar or the half-density alike.

    Returns an int for a 1-D ψ, else an integer array of the shape without that axis.
    Raises RegimeError where the phase turns by more than 2 radians between two points of the refined loop: ψ has a node
    there, or nearly one, and no winding.

    >>> from qlearn.states import plane_wave
    >>> grid = Grid(16, (0, 1), twist=0.25)
    >>> int(winding(grid, plane_wave(grid, -3))), float(circulation(grid, plane_wave(grid, -3)))
    (-3, -2.75)
    """
    axis = checks.integer("axis", axis, least=0, most=grid.ndim - 1)
    if grid.boundary[axis] != "periodic":
        checks.fail("axis", "must be a ring", f"axis {axis} with the boundary {grid.boundary[axis]!r}",
                    "Nothing winds between walls or poles.")
    psi = checks.finite_array("psi", psi, shape=grid.shape, dtype=complex)
    fine = Grid(tuple(n * (REFINEMENT if a == axis else 1) for a, n in enumerate(grid.shape)), grid.bounds,
                grid.boundary, grid.twist)
    loop = np.moveaxis(fine.to_periodic(grid.interpolate(psi, fine)), axis, -1)
    if np.any(loop == 0):
        raise RegimeError("ψ has a node on the loop, where its phase has no value and nothing winds.")
    turns = _turn(loop, np.roll(loop, -1, axis=-1))
    if np.max(np.abs(turns)) > STEEPEST:
        raise RegimeError("ψ has a node, or nearly one, on the loop: its phase turns by "
                          f"{np.max(np.abs(turns)):.2f} radians between neighbouring points and has no winding.")
    return np.rint(np.sum(turns, axis=-1) / (2 * np.pi)).astype(int)


def circulation(grid: Grid, psi: np.ndarray, axis: int = 0) -> np.ndarray:
    """∮∇φ·dq/2πħ = n + θ round the ring of one axis, θ in (−1/2, 1/2]; see ``winding``."""
    return winding(grid, psi, axis) + grid.sectors[axis]


def vortices(grid: Grid, psi: np.ndarray) -> np.ndarray:
    """The charge of each cell of a 2-D grid: the turns of arg ψ counter-clockwise round it, integer (Nx, Ny).

    Cell (i, j) has the corners (i, j) … (i+1, j+1), round the seams too; the sum over all cells is zero on a torus.
    Between walls, and between poles, there is a row of cells less, for none lies behind the last point.
    Resolved where no two zeros lie within a spacing of each other.
    """
    if grid.ndim != 2:
        checks.fail("grid", "must have two axes", f"{grid.ndim}")
    rings = tuple(slice(None) if kind == "periodic" else slice(-1) for kind in grid.boundary)
    phi = checks.finite_array("psi", psi, shape=grid.shape, dtype=complex)
    phi = grid.to_periodic(phi)
    if np.any(phi == 0):
        raise RegimeError("ψ vanishes at a point of the grid, where its phase has no value; shift the grid by a fraction of "
                          "its spacing.")
    along_x, along_y = _turn(phi, np.roll(phi, -1, 0)), _turn(phi, np.roll(phi, -1, 1))
    total = along_x + np.roll(along_y, -1, 0) - np.roll(along_x, -1, 1) - along_y
    return np.rint(total[rings] / (2 * np.pi)).astype(int)


def _turn(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """arg(b/a) in (−π, π]."""
    return np.angle(b * np.conj(a))
