"""Ensemble: what an ensemble of learners did, and nothing of what it should have done."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from qlearn import checks
from qlearn.densities import GridDensity
from qlearn.grids import Grid

__all__ = ["Ensemble"]


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Positions of independent learners at stored times.

    Parameters
    ----------
    times : increasing (n,)
    positions : (n, learners, d), unwrapped, so that turns around a ring can be counted
    periods : one an axis, None on a line
    stats : what the run reports of itself: "kind", "seed", "steps", "limited_share" (share of learner-steps whose drift
        was limited), …
    carriers : self-consistent runs: the ensemble of carriers, whose positions make the fields that the noisy learners read
    flow : self-consistent runs: the fields themselves, ``flow(t, q (d, n)) -> (velocity, score)``, each (d, n)

    Raises
    ------
    ArgumentError if shapes disagree, times do not increase, or a position is not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from qlearn.grids import Grid
    >>> ensemble = Ensemble([0.0, 1.0], np.array([[[0.1], [3.0]], [[0.5], [7.0]]]), periods=(2 * np.pi,))
    >>> ensemble.learners, bool(ensemble.wrapped(1)[1, 0] < 1)
    (2, True)
    >>> ensemble.histograms(Grid(4, [(0, 2 * np.pi)])).tolist()
    [[1, 0, 1, 0], [2, 0, 0, 0]]
    """

    times: np.ndarray
    positions: np.ndarray
    periods: tuple[float | None, ...]
    stats: dict[str, Any] = field(default_factory=dict)
    carriers: "Ensemble | None" = None
    flow: Any = None

    def __post_init__(self):
        times = checks.finite_array("times", self.times, shape=(None,)).copy()
        if times.size == 0 or np.any(np.diff(times) <= 0):
            checks.fail("times", "must be increasing and not empty", np.array2string(times, threshold=8))
        periods = tuple(self.periods)
        for period in periods:
            if period is not None:
                checks.real("periods", period, above=0)
        positions = checks.finite_array("positions", self.positions, shape=(len(times), None, len(periods)))
        positions = positions.view()
        for array in (times, positions):
            array.setflags(write=False)
        for name, value in (("times", times), ("positions", positions), ("periods", periods)):
            object.__setattr__(self, name, value)

    @property
    def learners(self) -> int:
        """How many learners there are."""
        return self.positions.shape[1]

    @property
    def ndim(self) -> int:
        """How many coordinates a learner has."""
        return self.positions.shape[2]

    def wrapped(self, index: int = -1) -> np.ndarray:
        """Positions (learners, d) at one stored time, each ring coordinate taken into [0, period)."""
        q = self.positions[index].copy()
        for axis, period in enumerate(self.periods):
            if period is not None:
                q[:, axis] = np.mod(q[:, axis], period)
        return q

    def density(self, grid: Grid, index: int = -1) -> GridDensity:
        """The histogram at one stored time as a density: cells one spacing wide around the grid points; no smoothing.

        Its noise is √(p/(n·cell_volume)) a cell, and cells average p over their width (bias h²p''/24).
        """
        return GridDensity(grid, self._counts(grid, index) / (self.learners * grid.cell_volume))

    def histograms(self, grid: Grid) -> np.ndarray:
        """Counts (n, *grid.shape) at every stored time in the cells one spacing wide around the grid points."""
        return np.stack([self._counts(grid, index) for index in range(len(self.times))])

    def plot(self, *arguments: Any, **settings: Any) -> Any:
        """Draw the ensemble: see qlearn.plots."""
        from qlearn.plots import ensemble

        return ensemble(self, *arguments, **settings)

    def _counts(self, grid: Grid, index: int) -> np.ndarray:
        self._check_grid(grid)
        cells = []
        for axis, (period, (a, _), h) in enumerate(zip(self.periods, grid.bounds, grid.spacing, strict=True)):
            cell = np.floor((self.positions[index, :, axis] - a) / h + 0.5).astype(np.int64)
            if period is not None:
                cell %= grid.shape[axis]
            outside = np.count_nonzero((cell < 0) | (cell >= grid.shape[axis]))
            if outside:
                checks.fail("grid", f"must contain every learner along axis {axis}",
                            f"{outside} of {self.learners} learners outside", "Use wider bounds.")
            cells.append(cell)
        flat = np.ravel_multi_index(cells, grid.shape)
        return np.bincount(flat, minlength=int(np.prod(grid.shape))).reshape(grid.shape)

    def _check_grid(self, grid: Grid) -> None:
        if grid.ndim != self.ndim:
            checks.fail("grid", f"must have {self.ndim} axes, one a coordinate of the learners", f"{grid.ndim} axes")
        for axis, (period, length) in enumerate(zip(self.periods, grid.lengths, strict=True)):
            if period is not None and not np.isclose(period, length, rtol=1e-9, atol=0):
                checks.fail("grid", f"must be one period {period:g} long along axis {axis}", f"{length:g}")
