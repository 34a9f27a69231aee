"""GridDensity: a probability density on a grid, its exact distribution function, and samples from it."""

import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from qlearn import checks
from qlearn.errors import AccuracyWarning, UnsupportedError
from qlearn.grids import Grid

__all__ = ["GridDensity"]

_MASS_TOLERANCE = 1e-8          # |Σ p·cell_volume − 1| allowed
_RINGING = 1e-10                # negative values allowed, relative to the maximum
_TABLE_ERROR = 1e-9             # sup error of the tabulated distribution function against the exact one
_CLIPPED = 1e-4                 # share of the interpolant below 0 above which samples are told to be of another density
_LARGEST_TABLE = 1 << 17        # points a table in 1-D
_LARGEST_LATTICE = 1 << 22      # points of the refined lattice in n-D


@dataclass(frozen=True, eq=False)
class GridDensity:
    """A probability density p with respect to dq (of the coordinates) at the points of a periodic grid.

        Σ_j p_j · cell_volume = 1    (checked to 1e-8, never renormalised)

    Between the points p is its trigonometric interpolant, so that every probability below is that of one definite law.
    On a manifold p = √|g| ρ, with ρ the density with respect to √|g| dq: not to be confused.

    Parameters
    ----------
    grid : Grid, periodic (a twist of the grid is that of ψ; p itself is periodic)
    values : real (*grid.shape,)
    ringing : negative values down to −ringing · max(values) are kept as they are; more is an error.  A law whose fine
        structure the grid cannot hold (a transfer operator's) rings: its distribution function is right all the same.

    Raises
    ------
    ArgumentError if values are not finite, not normalised or negative.

    Examples
    --------
    >>> import numpy as np
    >>> from qlearn.grids import Grid
    >>> grid = Grid(32, [(0, 2 * np.pi)])
    >>> p = GridDensity(grid, (1 + np.cos(grid.axes[0])) / (2 * np.pi))
    >>> bool(np.isclose(p.cdf(np.pi / 2), 0.25 + 1 / (2 * np.pi)))
    True
    >>> p.sample(3, np.random.default_rng(0)).shape
    (3,)
    """

    grid: Grid
    values: np.ndarray
    ringing: float = _RINGING

    def __post_init__(self):
        self.grid.need_periodic("GridDensity", "Between walls put a zero before the N values and take Grid(N + 1, bounds); "
                                "between poles Σ values · cell_volume is the probability of a set of points.")
        values = checks.finite_array("values", self.values, shape=tuple(self.grid.shape)).copy()
        mass, least = float(values.sum()) * self.grid.cell_volume, float(values.min())
        if abs(mass - 1) > _MASS_TOLERANCE:
            checks.fail("values", "must be a density: Σ values · cell_volume = 1 within 1e-8", f"{mass!r}",
                        "Divide by that sum if the difference is only one of normalisation.")
        if least < -self.ringing * float(values.max()):
            checks.fail("values", "must be a density: no value below −ringing · maximum", f"{least:.3g}",
                        "Use a finer grid, on which the density is resolved.")
        values.setflags(write=False)
        object.__setattr__(self, "values", values)

    @classmethod
    def wrapped_normal(cls, grid: Grid, centre: float, width: float) -> "GridDensity":
        """The normal law N(centre, width²) wrapped around a ring: (1/L) Σ_k exp(−k²width²/2 + ik(q − centre)).

        Raises ArgumentError where the grid does not resolve it (width below about 2 spacings).
        """
        _one_axis(grid, "wrapped_normal")
        centre = checks.real("centre", centre)
        width = checks.real("width", width, above=0)
        length = grid.lengths[0]
        last = 0.5 * grid.shape[0]
        if np.exp(-0.5 * (2 * np.pi / length * last * width)**2) > _RINGING / 10:
            checks.fail("width", "must be resolved by the grid", f"{width:g}, spacing {length / grid.shape[0]:g}",
                        f"Use at least {int(np.ceil(7.2 * length / (2 * np.pi * width))) * 2} points.")
        k = 2 * np.pi / length * np.arange(1, int(last) + 1)
        amplitude = np.exp(-0.5 * (k * width)**2)
        values = (1 + 2 * np.cos(np.multiply.outer(grid.axes[0] - centre, k)) @ amplitude) / length
        return cls(grid, values)

    def cdf(self, q: Any) -> np.ndarray:
        """F(q) = ∫_a^q p dq in 1-D, a the grid's lower bound; beyond the ring it counts turns, F(q + L) = F(q) + 1.

        Exact for the trigonometric interpolant up to 1e-9 (cubics between exact values on a fine table).
        """
        _one_axis(self.grid, "cdf")
        turns, cell, x = self._place(q)
        left, right = self._fine.cdf[cell], self._fine.cdf[cell + 1]
        slope = self._fine.pdf[cell] * self._fine.spacing
        end = self._fine.pdf[cell + 1] * self._fine.spacing
        rise = right - left
        return turns + left + x * (slope + x * (3 * rise - 2 * slope - end + x * (slope + end - 2 * rise)))

    def pdf(self, q: Any) -> np.ndarray:
        """p(q) of the trigonometric interpolant in 1-D, at any points (linear on a fine table: right to about 1e-6)."""
        _one_axis(self.grid, "pdf")
        _, cell, x = self._place(q)
        left, right = self._fine.pdf[cell], self._fine.pdf[cell + 1]
        return left + x * (right - left)

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draw n independent points: shape (n,) in 1-D, (n, d) in n-D, inside the grid's bounds.

        1-D: the inverse of the exact distribution function, linear between points of a fine table (sup error 1e-9).
        n-D: exact for the multilinear interpolant of the spectrally refined density (its error is O(h²), h the refined
        spacing).  Between its points a density that the grid does not resolve rings below 0, which is taken as 0 there:
        AccuracyWarning where that is more than 1e-4 of it (in n-D spread over the whole box, so that variances are too large).
        """
        n = checks.integer("n", n, least=1)
        if self._clipped > _CLIPPED:
            warnings.warn(f"the grid {self.grid.shape} must resolve the density that is sampled; between its points a share of "
                          f"{self._clipped:.1g} is below 0 and taken as 0. Take more points, or closer bounds.", AccuracyWarning,
                          stacklevel=2)
        if self.grid.ndim > 1:
            return self._lattice.sample(n, rng)
        return np.interp(rng.random(n), np.maximum.accumulate(self._fine.cdf), self._fine.points)

    def marginal(self, axis: int) -> "GridDensity":
        """The density of one coordinate, the others integrated out."""
        axis = checks.integer("axis", axis, least=0, most=self.grid.ndim - 1)
        others = tuple(other for other in range(self.grid.ndim) if other != axis)
        volume = float(np.prod([self.grid.spacing[other] for other in others]))
        line = Grid(self.grid.shape[axis], [self.grid.bounds[axis]])
        return GridDensity(line, self.values.sum(axis=others) * volume)

    def cell_masses(self) -> np.ndarray:
        """Probability of the box one spacing wide around each grid point, exact for the interpolant; sums to 1."""
        spectrum = np.fft.fftn(self.values) * self.grid.cell_volume
        for axis, n in enumerate(self.grid.shape):
            shape = [1] * self.grid.ndim
            shape[axis] = n
            spectrum = spectrum * np.sinc(np.fft.fftfreq(n)).reshape(shape)
        return np.fft.ifftn(spectrum).real

    def plot(self, axes: Any = None) -> Any:
        """Draw the density: see qlearn.plots."""
        from qlearn.plots import density

        return density(self, axes)

    def _place(self, q: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Turns around the ring, cell of the fine table, and place within the cell."""
        place = (checks.finite_array("q", q) - self.grid.bounds[0][0]) / self.grid.lengths[0]
        turns = np.floor(place)
        place = (place - turns) * len(self._fine.pdf[:-1])
        cell = np.minimum(place.astype(np.int64), len(self._fine.pdf) - 2)
        return turns, cell, place - cell

    @cached_property
    def _fine(self) -> "_FineTable":
        return _fine_table(self.values, self.grid.bounds[0][0], self.grid.lengths[0])

    @cached_property
    def _clipped(self) -> float:
        """The share of the interpolant below 0."""
        if self.grid.ndim > 1:
            return self._lattice.clipped
        return float(-np.minimum(self._fine.pdf, 0).sum() / np.abs(self._fine.pdf).sum())

    @cached_property
    def _lattice(self) -> "_Lattice":
        return _refined_lattice(self.values, self.grid)


@dataclass(frozen=True, eq=False)
class _FineTable:
    """Exact values of the trigonometric interpolant and its integral at equidistant points, both ends included."""

    points: np.ndarray
    pdf: np.ndarray
    cdf: np.ndarray
    spacing: float


def _fine_table(values: np.ndarray, a: float, length: float) -> _FineTable:
    c = np.fft.rfft(values) / len(values)
    if len(values) % 2 == 0:
        c[-1] *= 0.5                            # the Nyquist mode is shared by ±N/2
    k = 2 * np.pi / length * np.arange(len(c))
    # linear interpolation of F errs by at most h²/8 · max|p'|
    steepest = 2 * float(np.sum(k * np.abs(c)))
    size = 1 << int(np.ceil(np.log2(max(1024, 4 * len(values), length * np.sqrt(steepest / (8 * _TABLE_ERROR))))))
    size = max(min(size, _LARGEST_TABLE), 4 * len(values))
    pdf = np.fft.irfft(c, size) * size
    integral = np.zeros_like(c)
    integral[1:] = c[1:] / (1j * k[1:])
    wave = np.fft.irfft(integral, size) * size
    x = np.arange(size + 1) / size
    cdf = c[0].real * length * x + np.append(wave, wave[0]) - wave[0]
    return _FineTable(a + length * x, np.append(pdf, pdf[0]), cdf, length / size)


@dataclass(frozen=True, eq=False)
class _Lattice:
    """Exact sampler of a multilinear interpolant: a node drawn by weight, plus a triangular offset along each axis."""

    cumulative: np.ndarray
    shape: tuple[int, ...]
    lower: np.ndarray
    spacing: np.ndarray
    clipped: float

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        node = np.searchsorted(self.cumulative, rng.random(n), side="right")
        index = np.stack(np.unravel_index(np.minimum(node, len(self.cumulative) - 1), self.shape), axis=1)
        place = index + rng.random(index.shape) + rng.random(index.shape) - 1
        return self.lower + np.mod(place, self.shape) * self.spacing


def _refined_lattice(values: np.ndarray, grid: Grid) -> _Lattice:
    factor = max(1, int((_LARGEST_LATTICE / values.size) ** (1 / grid.ndim)))
    fine = values
    for axis in range(grid.ndim):
        fine = _refine(fine, axis, factor)
    weight = np.cumsum(np.maximum(fine, 0).ravel())
    shape = tuple(fine.shape)
    return _Lattice(weight / weight[-1], shape, np.array([bound[0] for bound in grid.bounds]),
                    np.array(grid.lengths) / np.array(shape), float(-np.minimum(fine, 0).sum() / np.abs(fine).sum()))


def _refine(values: np.ndarray, axis: int, factor: int) -> np.ndarray:
    """Trigonometric interpolation of real values to factor times as many points along one axis."""
    n = values.shape[axis]
    spectrum = np.moveaxis(np.fft.rfft(values, axis=axis), axis, -1)
    if n % 2 == 0 and factor > 1:
        spectrum[..., -1] *= 0.5
    return np.moveaxis(np.fft.irfft(spectrum, n * factor) * factor, -1, axis)


def _one_axis(grid: Grid, what: str) -> None:
    if grid.ndim != 1:
        raise UnsupportedError(f"{what} needs one axis; this density has {grid.ndim}. Use .marginal(axis) first.")
