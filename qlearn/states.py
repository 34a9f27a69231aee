"""Initial states on a grid."""

from typing import Any

import numpy as np

from qlearn import checks
from qlearn.errors import UnsupportedError
from qlearn.grids import Grid

__all__ = ["box_state", "gaussian", "plane_wave"]

AT_WALL = 1e-8  # |ψ| of a packet at a wall, over its peak, above which it is refused


def gaussian(grid: Grid, *, center: Any, width: Any, momentum: Any = 0.0, hbar: float = 1.0) -> np.ndarray:
    """A normalised Gaussian packet, ψ ∝ exp(−|q − c|²/4w² + i p·q/ħ), summed over the images q + nL.

    Parameters
    ----------
    center, momentum : c and p, a number or (d,).   width : w > 0, the standard deviation of |ψ|², a number or (d,).
    The images carry exp(−2πiθn), so that ψ obeys the twist exactly and is smooth across the seam for any p. Between walls
    there are no images: the packet must be at least 8.6 w away from both, where |ψ| is 1e-8 of its peak.

    Returns
    -------
    complex (*shape) with Σ|ψ|² ΔV = 1. With a metric it is taken as the half-density.

    Raises
    ------
    ArgumentError, for a packet too near a wall too; UnsupportedError on grids with poles.

    >>> grid = Grid(64, (-8, 8))
    >>> psi = gaussian(grid, center=1.0, width=0.7, momentum=2.0)
    >>> round(float(grid.norm(psi)), 14), round(float(grid.inner(psi, grid.axes[0] * psi).real), 12)
    (1.0, 1.0)
    """
    hbar = checks.real("hbar", hbar, above=0)
    centers, momenta, widths = (_per_axis(name, value, grid.ndim)
                                for name, value in (("center", center), ("momentum", momentum), ("width", width)))
    if not widths.min() > 0:
        checks.fail("width", "must be > 0", widths.tolist())
    if "pole" in grid.boundary:
        raise UnsupportedError("a Gaussian packet on a grid with poles is not offered; write the scalar ψ(θ, φ) as a smooth "
                               "function on the sphere and take H.root_metric·ψ.")
    _check_walls(grid, centers, widths)
    psi = np.ones((), dtype=complex)
    for axis in range(grid.ndim):
        one = _alone if grid.boundary[axis] == "wall" else _images
        psi = np.multiply.outer(psi, one(grid, axis, centers[axis], widths[axis], momenta[axis] / hbar))
    norm = float(grid.norm(psi))
    if not norm > 0:
        checks.fail("width", "must not be so small that ψ vanishes at every point of the grid", widths.tolist(),
                    f"The spacing is {grid.spacing.tolist()}.")
    return psi / norm


def plane_wave(grid: Grid, n: Any) -> np.ndarray:
    """exp(ik·(q − a))/√volume with k = 2π(n + θ)/L, n an integer or one an axis; normalised, (*shape).

    ArgumentError where the grid cannot tell n from another integer: it must be among ``grid.wavenumbers``.

    >>> psi = plane_wave(Grid(8, (0, 1)), 2)
    >>> psi[:3].round(12).tolist()
    [(1+0j), 1j, (-1+0j)]
    """
    grid.need_periodic("plane_wave", "Between walls take box_state, on a sphere H.root_metric times spherical harmonics.")
    return box_state(grid, n)


def box_state(grid: Grid, n: Any) -> np.ndarray:
    """The mode with the number n, an integer or one an axis: normalised, (*shape), complex.

    Between walls √(2/L) sin(πn(q − a)/L), n = 1 … N; on periodic axes exp(2πi(n + θ)(q − a)/L)/√L. The eigenstates of a free
    particle in a box; a product of these.

    Raises ArgumentError where the grid cannot carry n, UnsupportedError on grids with poles.

    >>> psi = box_state(Grid(3, (0, 1), "wall"), 2)
    >>> psi.real.round(12).tolist()
    [1.414213562373, 0.0, -1.414213562373]
    """
    numbers = (n,) * grid.ndim if np.ndim(n) == 0 else tuple(n)
    if len(numbers) != grid.ndim:
        checks.fail("n", f"must be an integer or {grid.ndim} integers", n)
    if "pole" in grid.boundary:
        raise UnsupportedError("box_state has no modes between poles; take H.root_metric times spherical harmonics.")
    psi = np.ones((), dtype=complex)
    for axis, number in enumerate(numbers):
        psi = np.multiply.outer(psi, _mode(grid, axis, number))
    return psi


def _mode(grid: Grid, axis: int, number: Any) -> np.ndarray:
    count, theta, x = grid.shape[axis], grid.sectors[axis], grid.axes[axis]
    (a, _), length, wall = grid.bounds[axis], grid.lengths[axis], grid.boundary[axis] == "wall"
    number = checks.integer("n", number, least=1 if wall else -(count // 2), most=count if wall else (count - 1) // 2,
                            remedy=f"{count} points carry no other modes.")
    if wall:
        return np.sqrt(2 / length) * np.sin(np.pi * (number * np.arange(1, count + 1) % (2 * (count + 1))) / (count + 1))
    return np.exp(2j * np.pi * (number + theta) * (x - a) / length) / np.sqrt(length)


def _per_axis(name: str, value: Any, ndim: int) -> np.ndarray:
    array = checks.finite_array(name, value)
    if array.shape not in ((), (ndim,)):
        checks.fail(name, f"must be a number or {ndim} numbers, one an axis", value)
    return np.broadcast_to(array, (ndim,))


def _images(grid: Grid, axis: int, center: float, width: float, k: float) -> np.ndarray:
    """Σ_n exp(−2πiθn) exp(−(x + nL − c)²/4w² + ik(x + nL)), over the n whose term is not below 1e-20."""
    x, length, theta = grid.axes[axis], grid.lengths[axis], grid.sectors[axis]
    reach = 14.0 * width
    first = int(np.floor((center - reach - x[-1]) / length))
    last = int(np.ceil((center + reach - x[0]) / length))
    n = np.arange(first, last + 1)[:, None]
    y = x + n * length - center
    return np.sum(np.exp(-(y / (2 * width)) ** 2 + 1j * (k * (y + center) - 2 * np.pi * theta * n)), axis=0)


def _alone(grid: Grid, axis: int, center: float, width: float, k: float) -> np.ndarray:
    x = grid.axes[axis]
    return np.exp(-((x - center) / (2 * width)) ** 2 + 1j * k * x)


def _check_walls(grid: Grid, centers: np.ndarray, widths: np.ndarray) -> None:
    """ArgumentError where the packet does not vanish at a wall."""
    for (a, b), kind, center, width in zip(grid.bounds, grid.boundary, centers, widths, strict=True):
        distance = float(min(center - a, b - center))
        needed = 2 * np.sqrt(-np.log(AT_WALL)) * width
        if kind == "wall" and distance < needed:
            checks.fail("center", f"must be at least {needed:.4g} (8.6 widths) away from both walls {(a, b)}",
                        f"{center:.6g} with width {width:.6g}",
                        "Take a smaller width or a wider box, or build ψ yourself: it must vanish at the walls.")
