"""What is kept of learners whose positions are not: counts in cells and moments, block by block."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.errors import UnsupportedError
from qlearn.grids import Grid

__all__ = ["WAVES", "Positions", "Record", "Stream", "Streamed", "cell_counts", "check_cells", "merged", "record_for"]

WAVES = 8       # trigonometric moments of each ring coordinate, k = 1 … 8


@final
@dataclass(frozen=True, eq=False)
class Streamed:
    """Counts and moments of learners at n stored times; two of them, of other learners, add up by :func:`merged`.

    counts (n, *grid.shape) : learners in the cell one spacing wide around each grid point
    outside (n,) : learners in no cell (on a line only)
    mean (n, d), covariance (n, d, d) : of the unwrapped positions (divided by the number of learners)
    waves (n, d, 8) complex : ⟨exp(2πik q/L)⟩, k = 1 … 8, of ring coordinates; NaN on a line
    """

    grid: Grid
    learners: int
    counts: np.ndarray
    outside: np.ndarray
    mean: np.ndarray
    covariance: np.ndarray
    waves: np.ndarray


@final
class Stream:
    """Takes the positions of a block of learners time by time and keeps a :class:`Streamed` of them.

    Its memory is that of the counts, whatever the number of learners: n · grid.size · 8 bytes, and the moments.

    >>> stream = Stream(Grid(4, [(0, 2 * np.pi)]), (2 * np.pi,), 1)
    >>> stream.record(0, np.array([[0.1, 3.0, 9.4]]))
    >>> stream.done().counts.tolist(), stream.done().mean.round(2).tolist()
    ([[1, 0, 2, 0]], [[4.17]])
    """

    def __init__(self, grid: Grid, periods: Sequence[float | None], times: int):
        d = len(periods)
        self.grid, self.periods, self._learners = grid, tuple(periods), 0
        self._counts, self._outside = np.zeros((times, *grid.shape), dtype=np.int64), np.zeros(times, dtype=np.int64)
        self._mean, self._covariance = np.zeros((times, d)), np.zeros((times, d, d))
        self._waves = np.full((times, d, WAVES), np.nan, dtype=complex)

    def record(self, index: int, q: np.ndarray) -> None:
        """Positions (d, learners) at the time of this index, in the order of the indices."""
        if not np.all(np.isfinite(q)):
            checks.fail("positions", "must be finite", f"{np.count_nonzero(~np.isfinite(q))} NaN or infinite at time {index}",
                        "Take smaller steps.")
        self._learners = q.shape[1]
        self._counts[index], outside = cell_counts(self.grid, self.periods, q)
        self._outside[index] = int(np.sum(outside))
        self._mean[index] = q.mean(axis=1)
        rest = q - self._mean[index][:, None]
        self._covariance[index] = rest @ rest.T / q.shape[1]
        for axis, period in enumerate(self.periods):
            if period is not None:
                self._waves[index, axis] = _waves(q[axis], period)

    def done(self) -> Streamed:
        return Streamed(self.grid, self._learners, self._counts, self._outside, self._mean, self._covariance, self._waves)


@final
class Positions:
    """Takes the positions of a block and keeps them: ``done()`` is (times, d, learners).  The same calls as a Stream."""

    def __init__(self, d: int, learners: int, times: int):
        self._stored = np.empty((times, d, learners))

    def record(self, index: int, q: np.ndarray) -> None:
        self._stored[index] = q

    def done(self) -> np.ndarray:
        return self._stored


Record = Stream | Positions


def record_for(store: Grid | None, periods: Sequence[float | None], times: int, learners: int) -> Record:
    """What a block of learners is recorded by: all positions where store is None, else a stream on that grid."""
    return Positions(len(periods), learners, times) if store is None else Stream(store, periods, times)


def merged(one: Streamed, other: Streamed) -> Streamed:
    """Of both: counts add up, means and covariances by the pairwise update of Chan, Golub and LeVeque (1979)."""
    n = one.learners + other.learners
    share = other.learners / n
    apart = other.mean - one.mean
    spread = (1 - share) * share * apart[:, :, None] * apart[:, None, :]
    return Streamed(one.grid, n, one.counts + other.counts, one.outside + other.outside, one.mean + share * apart,
                    (1 - share) * one.covariance + share * other.covariance + spread,
                    (1 - share) * one.waves + share * other.waves)


def check_cells(grid: Any, periods: Sequence[float | None], argument: str = "grid") -> None:
    """Refuse a grid whose axes are not those of the learners."""
    if not isinstance(grid, Grid):
        checks.fail(argument, "must be a Grid", type(grid).__name__)
    if grid.ndim != len(periods):
        checks.fail(argument, f"must have {len(periods)} axes, one a coordinate of the learners", f"{grid.ndim} axes")
    if "pole" in grid.boundary:
        raise UnsupportedError(f"{argument} with poles is not offered: its points are not equidistant. Take walls for the angle.")
    for axis, (period, length) in enumerate(zip(periods, grid.lengths, strict=True)):
        if period is not None and not np.isclose(period, length, rtol=1e-9, atol=0):
            checks.fail(argument, f"must be one period {period:g} long along axis {axis}", f"{length:g}")


def cell_counts(grid: Grid, periods: Sequence[float | None], q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Learners (*grid.shape) in the cells around the grid points, and how many are first found outside along each axis (d,)."""
    flat, inside = np.zeros(q.shape[1], dtype=np.int64), np.ones(q.shape[1], dtype=bool)
    outside = np.zeros(len(periods), dtype=np.int64)
    for axis, (period, points, h) in enumerate(zip(periods, grid.axes, grid.spacing, strict=True)):
        place = np.floor((q[axis] - points[0]) / h + 0.5)
        if period is not None:
            place = np.mod(place, grid.shape[axis])
        fits = (place >= 0) & (place < grid.shape[axis])
        outside[axis] = np.count_nonzero(inside & ~fits)
        inside &= fits
        flat = flat * grid.shape[axis] + np.where(fits, place, 0).astype(np.int64)
    flat = flat if inside.all() else flat[inside]
    return np.bincount(flat, minlength=int(np.prod(grid.shape))).reshape(grid.shape), outside


def _waves(q: np.ndarray, period: float) -> np.ndarray:
    """⟨exp(2πik q/L)⟩, k = 1 … WAVES, as powers of the first."""
    first = np.exp(2j * np.pi / period * q)
    power, means = first.copy(), np.empty(WAVES, dtype=complex)
    for k in range(WAVES):
        means[k] = power.mean()
        power *= first
    return means
