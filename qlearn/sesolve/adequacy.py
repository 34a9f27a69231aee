"""Is the grid fine and wide enough for this ψ? What is watched during a run, and when it warns.

Too coarse: the share τ of Σ|ψ_k|² in the outer tenth of the wavenumbers. √τ is about the level at which the grid cuts ψ
off (for a spectrum that falls off, some ten times more than what is really lost), so √τ > 10·tol warns.

Too small: a periodic axis is a ring, and a packet that runs round it, or a state all the way round, is legitimate: the
density at the seam a ~ b alone is no error. It is one where V does not continue smoothly across the seam, as for
V = x²/2 on (−8, 8): there a line was meant, and the wave has reached the place where the ring differs from it. So a warning
needs both, a density ratio ε at the seam with √ε > 10·tol and a V with a kink or a jump at the seam.
"""

import warnings
from typing import final

import numpy as np

from qlearn.errors import AccuracyWarning
from qlearn.grids import Grid
from qlearn.observables import spectral_tail

__all__ = ["GridMonitor", "seam_is_rough"]

ROUGHER = 100.0  # sixth differences at the seam, against the largest elsewhere
STENCIL = 6


@final
class GridMonitor:
    """The worst spectral tail and edge density of the states it has seen."""

    def __init__(self, grid: Grid, potential: np.ndarray):
        self.grid = grid
        self.rough = tuple(seam_is_rough(potential, axis) for axis in range(grid.ndim))
        self.tail, self.edge, self.rough_edge, self.ffts = 0.0, 0.0, 0.0, 0

    def see(self, phi: np.ndarray) -> None:
        """Look at φ (…, *shape), the periodic part of ψ."""
        self.tail = max(self.tail, spectral_tail(self.grid, phi))
        self.ffts += phi.size // self.grid.size
        density = np.abs(phi) ** 2
        for axis in range(self.grid.ndim):
            others = tuple(a for a in self.grid.fourier_axes if a != axis - self.grid.ndim)
            marginal = np.sum(density, axis=others)
            peak = np.maximum(np.max(marginal, axis=-1), np.finfo(float).tiny)
            edge = float(np.max(np.maximum(marginal[..., 0], marginal[..., -1]) / peak))
            self.edge = max(self.edge, edge)
            if self.rough[axis]:
                self.rough_edge = max(self.rough_edge, edge)

    def warn(self, tol: float) -> None:
        """Warn where the grid, not the method, limits the accuracy."""
        if np.sqrt(self.tail) > 10 * tol:
            warnings.warn(f"the grid is too coarse for ψ: the outer tenth of its wavenumbers holds a share of "
                          f"{self.tail:.1e} of |ψ_k|², so that ψ is cut off at about {np.sqrt(self.tail):.0e}, above "
                          f"tol = {tol:g}. Take more points an axis than {self.grid.shape}, or a smoother ψ0 or V.",
                          AccuracyWarning, stacklevel=4)
        if np.sqrt(self.rough_edge) > 10 * tol:
            warnings.warn(f"the grid is too small for ψ: its density reaches {self.rough_edge:.1e} of its maximum at the "
                          f"ends {self.grid.bounds}, where V does not continue smoothly from b to a. Take wider bounds "
                          "with as many more points, or a V that is smooth on the ring.", AccuracyWarning, stacklevel=4)


def seam_is_rough(potential: np.ndarray, axis: int) -> bool:
    """True where V has a kink or a jump at the seam of the axis: its sixth differences there stand out by a factor of 100.

    False on fewer than 16 points, where that cannot be told.
    """
    n = potential.shape[axis]
    if n < 16:
        return False
    values = np.moveaxis(potential, axis, 0)
    wrapped = np.concatenate([values, values[:STENCIL]])
    size = np.max(np.abs(np.diff(wrapped, STENCIL, axis=0)).reshape(n, -1), axis=1)
    at_seam, inside = size[n - STENCIL:].max(), size[:n - STENCIL].max()
    floor = 1e-10 * float(np.max(np.abs(potential)))
    return bool(at_seam > ROUGHER * inside + floor)
