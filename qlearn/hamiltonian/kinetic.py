"""Kinetic operators on a grid: diagonal in the wavenumbers where space is flat, a product Q†Q where it is not."""

from functools import cached_property
from typing import Any, final

import numpy as np
from scipy import fft

from qlearn import checks
from qlearn.errors import UnsupportedError
from qlearn.grids import Grid

__all__ = ["FlatKinetic", "MetricKinetic", "inverse_mass", "kinetic_for", "metric_values"]


@final
class FlatKinetic:
    """T = ½ pᵀM⁻¹p: multiplication of the amplitude of exp(ik·x) with T(k) = ½ħ² kᵀM⁻¹k."""

    ffts = 2  # transforms in one application

    def __init__(self, grid: Grid, inverse: np.ndarray, hbar: float):
        self.grid, self.inverse, self.hbar = grid, inverse, hbar

    @cached_property
    def table(self) -> np.ndarray:
        """T(k), (*shape) in FFT order, units of energy."""
        k = np.meshgrid(*self.grid.wavenumbers, indexing="ij")
        d = self.grid.ndim
        total = sum(self.inverse[a, b] * k[a] * k[b] for a in range(d) for b in range(d) if self.inverse[a, b] != 0)
        table = np.maximum(0.5 * self.hbar**2 * np.asarray(total, dtype=float), 0.0)
        table.flags.writeable = False
        return table

    @cached_property
    def velocities(self) -> list[np.ndarray]:
        """ħM⁻¹k of each axis, arrays that broadcast to (*shape)."""
        k = np.meshgrid(*self.grid.wavenumbers, indexing="ij", sparse=True)
        rows = [[self.inverse[a, b] * k[b] for b in range(len(k)) if self.inverse[a, b] != 0] for a in range(len(k))]
        return [self.hbar * np.asarray(sum(row)) for row in rows]

    def apply(self, psi: np.ndarray) -> np.ndarray:
        axes = self.grid.fourier_axes
        modes = fft.fftn(self.grid.to_periodic(psi), axes=axes, overwrite_x=True)
        modes *= self.table
        return self.grid.from_periodic(fft.ifftn(modes, axes=axes, overwrite_x=True))

    @cached_property
    def bounds(self) -> tuple[float, float]:
        """The smallest and the largest value of T."""
        return float(self.table.min()), float(self.table.max())

    @cached_property
    def is_real(self) -> bool:
        """True where T maps real functions to real functions: T(−k) = T(k) on an untwisted grid."""
        if any(self.grid.sectors):
            return False
        mirrored = self.table
        for axis in range(self.grid.ndim):
            mirrored = np.roll(np.flip(mirrored, axis), 1, axis)
        return bool(np.array_equal(mirrored, self.table))


@final
class MetricKinetic:
    """T = (ħ²/2m) Q†Q on half-densities of a ring, Q = g_mid^{-1/4} ∂ g^{-1/4}.

    The inner ∂ leads from the points x_j to the points x_j + Δ/2 in between (symbol ik exp(ikΔ/2)) and Q† leads
    back, so that T ≥ 0 holds exactly, and g^{1/4} is the one zero mode: the mode (−1)^j, which an unstaggered
    derivative on an even grid also sends to zero, is not one.
    """

    ffts = 4

    def __init__(self, grid: Grid, metric: Any, mass: float, hbar: float):
        self.grid, self.scale = grid, hbar**2 / (2 * mass)
        (x,), (step,) = grid.axes, grid.spacing
        self.quarter = metric_values(metric, x) ** -0.25
        self.middle = metric_values(metric, x + step / 2) ** -0.5
        k = grid.wavenumbers[0]
        self.symbol = 1j * k * np.exp(0.5j * k * step)
        self.is_real = not any(grid.sectors)

    @property
    def table(self) -> np.ndarray:
        """Refused: Q†Q is not a function of the wavenumbers; so are ``velocities``."""
        raise UnsupportedError("with a metric T is not diagonal in the wavenumbers. Use Chebyshev() or Dense(), or change "
                               "the coordinate to the proper length ds = √g dq.")

    velocities = table

    def apply(self, psi: np.ndarray) -> np.ndarray:
        phi = self.grid.to_periodic(psi * self.quarter)
        # φ on the middle points is periodic up to the same twist, which the shifted wavenumbers carry
        slope = fft.ifft(self.symbol * fft.fft(phi)) * self.middle
        back = fft.ifft(self.symbol.conj() * fft.fft(slope))
        return self.scale * self.quarter * self.grid.from_periodic(back)

    @cached_property
    def bounds(self) -> tuple[float, float]:
        """Zero and (ħ²/2m) k_max² max g_mid^{-1/2} max g^{-1/2}: an enclosure, in general not sharp."""
        largest = self.scale * np.max(np.abs(self.symbol)) ** 2 * self.middle.max() * self.quarter.max() ** 2
        return 0.0, float(largest)


def inverse_mass(mass: Any, ndim: int) -> np.ndarray:
    """M⁻¹ (d, d) of a number, one number an axis, or a symmetric positive definite matrix."""
    wanted = f"must be a number > 0, {ndim} numbers > 0, or a symmetric positive definite {ndim}×{ndim} matrix"
    if np.ndim(mass) == 0:
        return np.eye(ndim) / checks.real("mass", mass, above=0)
    matrix = checks.finite_array("mass", mass)
    matrix = np.diag(matrix) if matrix.ndim == 1 else matrix
    if matrix.shape != (ndim, ndim):
        checks.fail("mass", wanted, f"an array of shape {np.shape(mass)}")
    if not np.allclose(matrix, matrix.T, rtol=1e-12, atol=0) or np.linalg.eigvalsh(matrix)[0] <= 0:
        checks.fail("mass", wanted, np.asarray(mass).tolist())
    if np.array_equal(matrix, np.diag(np.diag(matrix))):
        return np.diag(1 / np.diag(matrix))
    inverse = np.linalg.inv(matrix)
    return (inverse + inverse.T) / 2


def metric_values(metric: Any, x: np.ndarray) -> np.ndarray:
    """g(x) > 0 as (N,) of a callable that returns (1, 1, N), (N,) or a number."""
    if not callable(metric):
        raise UnsupportedError("metric must be a callable g(q) -> (1, 1, N) or (N,): T needs g between the points too; "
                               "make a periodic interpolant of the array first.")
    values = np.asarray(metric(x))
    if values.shape == (1, 1, x.size):
        values = values[0, 0]
    elif values.ndim == 0:
        values = np.full(x.size, values)
    values = checks.finite_array("metric(q)", values, shape=(x.size,))
    if not values.min() > 0:
        checks.fail("metric(q)", "must be positive everywhere", float(values.min()))
    return values


def kinetic_for(grid: Grid, mass: Any, hbar: float, metric: Any) -> FlatKinetic | MetricKinetic:
    """The kinetic part that the arguments of a Hamiltonian stand for."""
    if metric is None:
        return FlatKinetic(grid, inverse_mass(mass, grid.ndim), hbar)
    if grid.ndim > 1:
        raise UnsupportedError("a metric in more than one dimension is not offered; a constant one is mass= the matrix "
                               "m·g, and where each axis has its own g(q) use the proper length of each.")
    if np.ndim(mass) != 0:
        checks.fail("mass", "must be one number where a metric is given", mass)
    return MetricKinetic(grid, metric, checks.real("mass", mass, above=0), hbar)
