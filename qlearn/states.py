"""Initial states on a grid."""

from typing import Any

import numpy as np

from qlearn import checks
from qlearn.grids import Grid

__all__ = ["gaussian", "plane_wave"]


def gaussian(grid: Grid, *, center: Any, width: Any, momentum: Any = 0.0, hbar: float = 1.0) -> np.ndarray:
    """A normalised Gaussian packet, ψ ∝ exp(−|q − c|²/4w² + i p·q/ħ), summed over the images q + nL.

    Parameters
    ----------
    center, momentum : c and p, a number or (d,).   width : w > 0, the standard deviation of |ψ|², a number or (d,).
    The images carry exp(−2πiθn), so that ψ obeys the twist exactly and is smooth across the seam for any p.

    Returns
    -------
    complex (*shape) with Σ|ψ|² ΔV = 1.

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
    psi = np.ones((), dtype=complex)
    for axis in range(grid.ndim):
        psi = np.multiply.outer(psi, _images(grid, axis, centers[axis], widths[axis], momenta[axis] / hbar))
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
    numbers = (n,) * grid.ndim if np.ndim(n) == 0 else tuple(n)
    if len(numbers) != grid.ndim:
        checks.fail("n", f"must be an integer or {grid.ndim} integers", n)
    angle = np.zeros(())
    for number, count, theta, x, (a, b) in zip(numbers, grid.shape, grid.sectors, grid.axes, grid.bounds, strict=True):
        number = checks.integer("n", number, least=-(count // 2), most=(count - 1) // 2,
                                remedy=f"{count} points carry no other modes.")
        angle = np.add.outer(angle, 2 * np.pi * (number + theta) * (x - a) / (b - a))
    return np.exp(1j * angle) / np.sqrt(np.prod(grid.lengths))


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
