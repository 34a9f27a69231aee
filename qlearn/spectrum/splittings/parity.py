"""Reflections of a grid, and the parity of states under them.

    (Pψ)(x) = ψ(2c − x) along the axes that are reflected;   P² = 1;   HP = PH  ⇒  states with Pψ = ±ψ

One axis: a reflection in the plane x = c. Several at once: with all axes the inversion in the point c.
"""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.grids import Grid
from qlearn.spectrum.levels import Spectrum

__all__ = ["Reflection", "parities", "reflection"]

COMMUTES = 1e-6      # ‖(H − E)Pψ‖ of a state that H takes for its image, relative to E − min H, beyond ten residuals of ψ
DEFINITE = 1e-6      # 1 − |⟨ψ|Pψ⟩| of a state that has a parity


@final
@dataclass(frozen=True)
class Reflection:
    """x → 2c − x along some axes.     axes : which, ascending but the first, the normal of the plane.     center : c of each."""

    axes: tuple[int, ...]
    center: tuple[float, ...]

    def on_grid(self, grid: Grid, psi: np.ndarray) -> np.ndarray:
        """Pψ for half-densities (…, *shape), a new array.

        ArgumentError where the points are not mapped onto points, or the twist not onto itself: θ = 0 and ½ are.
        """
        result = np.asarray(psi)
        for axis, center in zip(self.axes, self.center, strict=True):
            index, sign = _mirrored(grid, axis, center)
            place = grid.fourier_axes[axis]
            shape = [1] * grid.ndim
            shape[axis] = -1
            result = np.take(result, index, axis=result.ndim + place) * sign.reshape(shape)
        return result


def reflection(grid: Grid, axis: Any = 0, center: Any = None) -> Reflection:
    """The reflection of an axis, or of several at once, in the middle of the grid or in ``center``: checked.

    >>> reflection(Grid((8, 8), [(-1, 1), (0, 4)]), axis=(0, 1)).center
    (0.0, 2.0)
    """
    axes = (axis,) if np.ndim(axis) == 0 else tuple(axis)
    axes = tuple(checks.integer("axis", a, least=0, most=grid.ndim - 1) for a in axes)
    if not axes or len(set(axes)) < len(axes):
        checks.fail("axis", "must be an axis, or several different ones", axis, "For the inversion: tuple(range(d)).")
    if center is None:
        return Reflection(axes, tuple((grid.bounds[a][0] + grid.bounds[a][1]) / 2 for a in axes))
    points = tuple(float(c) for c in np.atleast_1d(checks.finite_array("center", center)))
    if len(points) != len(axes):
        checks.fail("center", f"must be one number for each of {len(axes)} reflected axes", center)
    for a, c in zip(axes, points, strict=True):
        low, high = grid.bounds[a]
        if grid.boundary[a] != "periodic" and abs(c - (low + high) / 2) > 1e-12 * (high - low):
            checks.fail("center", f"must be the middle of axis {a}, which is no ring", c, "Move the bounds.")
        if not low <= c <= high:
            checks.fail("center", f"must lie within {(low, high)} on axis {a}", c)
    return Reflection(axes, points)


def parities(spectrum: Spectrum, *, axis: Any = 0, center: Any = None) -> tuple[int | None, ...]:
    """+1 or −1 of each state under x → 2c − x; None where H or the state has no parity.

    Parameters
    ----------
    spectrum : of eigenstates.     axis : the axis that is reflected, or several at once (all: the inversion).
    center : c, one number an axis; default the middle of the grid. On a ring c lies on a point or halfway between two.

    H is taken for symmetric where Pψ is an eigenstate as good as ψ, so that metrics, A and channels count too. States of one
    level that are mixed, or split by less than their error, have no definite parity: None. Of tunnelling pairs as close as that
    ``splitting`` tells the order.

    >>> import qlearn as ql
    >>> parities(ql.eigenstates(ql.Hamiltonian(Grid(64, (-9, 9)), lambda x: x**2 / 2), 4))
    (1, -1, 1, -1)
    """
    if not isinstance(spectrum, Spectrum):
        checks.fail("spectrum", "must be a qlearn.Spectrum", spectrum)
    H, grid = spectrum.hamiltonian, spectrum.hamiltonian.grid
    mirror = reflection(grid, axis, center)
    if any(grid.sectors[a] not in (0.0, 0.5) for a in mirror.axes):
        return (None,) * len(spectrum.energies)
    states, energies = spectrum.states, spectrum.energies.reshape(-1, *[1] * len(H.state_shape))
    images = mirror.on_grid(grid, states)
    sizes = H.norm(states)
    overlaps = np.sum(states.conj() * images, axis=H.state_axes).real * grid.cell_volume / sizes**2
    own, image = (H.norm(H @ wave - energies * wave) / sizes for wave in (states, images))
    allowed = 10 * own + COMMUTES * np.abs(spectrum.energies - H.spectral_bounds[0])
    return tuple(int(np.sign(p)) if abs(p) >= 1 - DEFINITE and good else None
                 for p, good in zip(overlaps, image <= allowed, strict=True))


def _mirrored(grid: Grid, axis: int, center: float) -> tuple[np.ndarray, np.ndarray]:
    """The index of the image of each point of an axis, and the sign ψ gains where the image lies beyond the seam."""
    count = grid.shape[axis]
    if grid.boundary[axis] != "periodic":
        return np.arange(count)[::-1], np.ones(count)
    if grid.sectors[axis] not in (0.0, 0.5):
        checks.fail("twist", f"must be 0 or 0.5 on axis {axis}: a reflection turns θ into −θ", grid.sectors[axis])
    steps = 2 * (center - grid.bounds[axis][0]) / float(grid.spacing[axis])
    if abs(steps - round(steps)) > 1e-6:
        checks.fail("center", f"must lie on a point of axis {axis} or halfway between two", center,
                    f"The nearest is {grid.bounds[axis][0] + round(steps) * float(grid.spacing[axis]) / 2:.15g}.")
    turns, index = np.divmod(round(steps) - np.arange(count), count)
    return index, np.where(turns % 2 == 0, 1.0, -1.0 if grid.sectors[axis] else 1.0)
