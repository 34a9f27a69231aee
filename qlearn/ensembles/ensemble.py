"""Ensemble: what an ensemble of learners did, and nothing of what it should have done."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from qlearn import checks
from qlearn.densities import GridDensity
from qlearn.ensembles.streams import Streamed, cell_counts, check_cells
from qlearn.errors import RegimeError, UnsupportedError
from qlearn.grids import Grid

__all__ = ["Ensemble"]


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Positions of independent learners at stored times, or counts and moments of them where positions were not kept.

    Parameters
    ----------
    times : increasing (n,)
    positions : (n, learners, d), unwrapped, so that turns around a ring can be counted; None of a streamed run
    periods : one an axis, None on a line
    stats : what the run reports of itself: "kind", "seed", "steps", "limited_share" (share of learner-steps whose drift
        was limited), …
    carriers : self-consistent runs: the ensemble of carriers, whose positions make the fields that the noisy learners read
    flow : self-consistent runs: the fields themselves, ``flow(t, q (d, n)) -> (velocity, score)``, each (d, n)
    streamed : counts in the cells of a declared grid and moments, of a run with ``store=grid``; exactly one of positions and
        streamed is given

    Raises
    ------
    ArgumentError if shapes disagree, times do not increase, or a position is not finite; UnsupportedError where positions
    are asked of a streamed run.

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
    positions: np.ndarray | None
    periods: tuple[float | None, ...]
    stats: dict[str, Any] = field(default_factory=dict)
    carriers: "Ensemble | None" = None
    flow: Any = None
    streamed: Streamed | None = None

    def __post_init__(self):
        times = checks.finite_array("times", self.times, shape=(None,)).copy()
        if times.size == 0 or np.any(np.diff(times) <= 0):
            checks.fail("times", "must be increasing and not empty", np.array2string(times, threshold=8))
        periods = tuple(self.periods)
        for period in periods:
            if period is not None:
                checks.real("periods", period, above=0)
        checks.one_of_two("positions", self.positions, "streamed", self.streamed)
        positions = None
        if self.streamed is not None:
            check_cells(self.streamed.grid, periods, "streamed")
            if len(self.streamed.mean) != len(times):
                checks.fail("streamed", f"must be of {len(times)} times", f"{len(self.streamed.mean)}")
        else:
            positions = checks.finite_array("positions", self.positions, shape=(len(times), None, len(periods))).view()
            positions.setflags(write=False)
        times.setflags(write=False)
        for name, value in (("times", times), ("positions", positions), ("periods", periods)):
            object.__setattr__(self, name, value)

    @property
    def learners(self) -> int:
        """How many learners there are."""
        return self._stream.learners if self.positions is None else self.positions.shape[1]

    @property
    def ndim(self) -> int:
        """How many coordinates a learner has."""
        return len(self.periods)

    def need_positions(self, purpose: str) -> np.ndarray:
        """The positions, or UnsupportedError that says what needs them."""
        if self.positions is None:
            raise UnsupportedError(f"{purpose} needs positions, and this run kept counts and moments only (store=grid). Run it "
                                   "with store=None, or use .histograms(grid), .density(grid) and .streamed.")
        return self.positions

    def wrapped(self, index: int = -1) -> np.ndarray:
        """Positions (learners, d) at one stored time, each ring coordinate taken into [0, period)."""
        q = self.need_positions("wrapped")[index].copy()
        for axis, period in enumerate(self.periods):
            if period is not None:
                q[:, axis] = np.mod(q[:, axis], period)
        return q

    def density(self, grid: Grid, index: int = -1) -> GridDensity:
        """The histogram at one stored time as a density: cells one spacing wide around the grid points; no smoothing.

        Its noise is √(p/(n·cell_volume)) a cell, and cells average p over their width (bias h²p''/24).
        """
        return GridDensity(grid, self._counts(grid, index) / (self.learners * grid.cell_volume))

    def phase(self, grid: Grid, index: int = -1) -> np.ndarray:
        """φ (*grid.shape) at one stored time, of the flow that the carriers made: zero mean, plus the winding part on a ring.

        Raises RegimeError where the learners made no flow: only self-consistent runs have one.
        """
        if self.flow is None:
            raise RegimeError("phase needs the flow of a self-consistent run; these learners made none, for theirs is read "
                              "from a solved ψ or does not exist. Take the phase of the Result, or kind='self-consistent'.")
        return self.flow.phase(float(self.times[index]), grid)

    def histograms(self, grid: Grid) -> np.ndarray:
        """Counts (n, *grid.shape) at every stored time in the cells one spacing wide around the grid points.

        Of a streamed run for the grid that it was run with.  ArgumentError where a learner is in no cell.
        """
        return np.stack([self._counts(grid, index) for index in range(len(self.times))])

    @property
    def mean(self) -> np.ndarray:
        """Means of the unwrapped positions, (n, d)."""
        return self._stream.mean if self.positions is None else self.positions.mean(axis=1)

    @property
    def covariance(self) -> np.ndarray:
        """Covariances of the unwrapped positions, divided by the number of learners, (n, d, d)."""
        if self.positions is None:
            return self._stream.covariance
        rest = self.positions - self.mean[:, None]
        return np.einsum("tni,tnj->tij", rest, rest) / self.learners

    def save(self, path: Any) -> None:
        """Write all numbers to an HDF5 file, whole or not at all; ql.load reads them back bit for bit.

        The fields of a self-consistent run (``flow``) are functions and left out, and so is what of ``stats`` is not made of
        numbers, texts and arrays; its names are then in ``stats["not_stored"]``.
        Raises ArgumentError for a path that is none; StorageError where it cannot be written.
        """
        from qlearn.ensembles.files import save

        save(self, path)

    def plot(self, *arguments: Any, **settings: Any) -> Any:
        """Draw the ensemble: see qlearn.plots."""
        from qlearn.plots import ensemble

        return ensemble(self, *arguments, **settings)

    @property
    def _stream(self) -> Streamed:
        assert self.streamed is not None
        return self.streamed

    def _counts(self, grid: Grid, index: int) -> np.ndarray:
        check_cells(grid, self.periods)
        if self.positions is None:
            return self._streamed_counts(self._stream, grid, index)
        counts, outside = cell_counts(grid, self.periods, self.positions[index].T)
        for axis, number in enumerate(outside):
            if number:
                checks.fail("grid", f"must contain every learner along axis {axis}",
                            f"{number} of {self.learners} learners outside", "Use wider bounds.")
        return counts

    def _streamed_counts(self, streamed: Streamed, grid: Grid, index: int) -> np.ndarray:
        kept = streamed.grid
        if grid.shape != kept.shape or grid.bounds != kept.bounds or grid.boundary != kept.boundary:
            checks.fail("grid", "must be the grid of the stream, for positions were not kept", f"{grid}", f"Take {kept}.")
        if streamed.outside[index]:
            checks.fail("grid", "must contain every learner", f"{streamed.outside[index]} of {self.learners} learners outside",
                        "Run again with a wider store=grid; .streamed.counts has those inside.")
        return streamed.counts[index]
