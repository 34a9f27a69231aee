"""|ψ|² on a sphere, to draw learners from: densities on grids need equidistant points, and poles have none."""

from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np

from qlearn.fields.grid_field import GridField

__all__ = ["SphereLaw"]

_ABOVE = 1.2        # the largest |ψ|² over that at points four times as dense: at most 1/cos²(π/8) = 1.17


@final
@dataclass(frozen=True, eq=False)
class SphereLaw:
    """The law |ψ(t)|² sin θ dθ dφ of a field whose first coordinate runs between poles, whose second is the azimuth.

    >>> from qlearn.grids import Grid
    >>> grid = Grid((8, 8), [(0, np.pi), (0, 2 * np.pi)], ("pole", "periodic"))
    >>> wave = np.cos(grid.mesh[0])[None].astype(complex)
    >>> q = SphereLaw(GridField(grid, np.zeros(1), wave, 0 * wave), 0.0).sample(4000, np.random.default_rng(0))
    >>> q.shape, bool(abs(np.mean(np.cos(q[:, 0])**2) - 3 / 5) < 0.03)
    ((4000, 2), True)
    """

    field: GridField
    t: float

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """(n, 2), independent: points even on the sphere, kept with probability |ψ|²/bound."""
        kept, found = [], 0
        while found < n:
            q = np.stack([np.arccos(rng.uniform(-1, 1, 2 * n + 100)), rng.uniform(0, 2 * np.pi, 2 * n + 100)])
            q = q[:, rng.uniform(0, self._bound, q.shape[1]) < np.abs(self.field(self.t, *q)[0])**2]
            kept.append(q)
            found += q.shape[1]
        return np.concatenate(kept, axis=1)[:, :n].T

    @cached_property
    def _bound(self) -> float:
        rows, columns = (4 * size for size in self.field.grid.shape)
        mesh = np.meshgrid(np.linspace(0, np.pi, rows), 2 * np.pi * np.arange(columns) / columns, indexing="ij")
        psi = self.field(self.t, *(axis.ravel() for axis in mesh))[0]
        return _ABOVE * float(np.max(np.abs(psi)**2))
