"""Interpolation in d dimensions: periodic quintic splines on a spectrally refined grid."""

from dataclasses import dataclass

import numpy as np
from scipy import fft, ndimage

from qlearn.grids import Grid

__all__ = ["Splines", "spline_rule", "splines"]

_TOLERANCE = 1e-6           # of ∂ψ, relative to its root mean square
_ORDER, _LARGEST_FACTOR = 5, 16
_LARGEST = 1 << 22          # points of a refined table


@dataclass(frozen=True, eq=False)
class Splines:
    """n-D: periodic quintic splines of exp(−iκ·(q − a))ψ and of its d derivatives on a refined grid."""

    tables: np.ndarray
    lower: np.ndarray
    scale: np.ndarray
    kappa: np.ndarray

    def evaluate(self, *q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        offset = np.stack(q) - self.lower[:, None]
        place = np.mod(offset * self.scale[:, None], np.array(self.tables.shape[1:])[:, None])
        values = np.stack([ndimage.map_coordinates(table, place, order=_ORDER, mode="grid-wrap", prefilter=False)
                           for table in self.tables])
        if np.any(self.kappa):
            values *= np.exp(1j * (self.kappa @ offset))
        return values[0], values[1:]


def spline_rule(grid: Grid, amplitude: np.ndarray, k: np.ndarray, size: float) -> tuple[int, float]:
    """Refinement factor, doubled until the weighted interpolation error of all modes is small enough."""
    factor = 1
    while True:
        error = sum(_spline_error(wave * h / factor) for wave, h in
                    zip(np.meshgrid(*grid.wavenumbers, indexing="ij"), grid.spacing, strict=True))
        bound = float(np.sum(amplitude * k * error)) / size
        too_large = amplitude.size * (2 * factor)**grid.ndim > _LARGEST
        if bound <= _TOLERANCE or too_large or factor == _LARGEST_FACTOR:
            return factor, bound
        factor *= 2


def _spline_error(omega: np.ndarray) -> np.ndarray:
    """Sup error of the cardinal spline through exp(iωj), |ω| < π: twice its aliases, Σ_m≠0 (ω/(ω + 2πm))^(p+1)."""
    m = 2 * np.pi * np.array([-3, -2, -1, 1, 2, 3])
    return 2 * np.sum((omega[..., None] / (omega[..., None] + m))**(_ORDER + 1), axis=-1)


def splines(grid: Grid, modes: np.ndarray, factor: int) -> Splines:
    waves = np.meshgrid(*grid.wavenumbers, indexing="ij")
    parts = np.stack([modes, *(1j * wave * modes for wave in waves)])
    for axis, n in enumerate(grid.shape):
        parts = _wider(parts, axis + 1, n * factor)
    shape = parts.shape[1:]
    for axis, n in enumerate(shape):
        along = (-1,) + (1,) * (len(shape) - axis - 1)
        parts = parts / _spline_symbol(n).reshape(along)
    tables = fft.ifftn(parts, axes=tuple(range(1, parts.ndim)), norm="forward")
    kappa = 2 * np.pi * np.array(grid.sectors) / grid.lengths
    return Splines(tables, np.array([a for a, _ in grid.bounds]), np.array(shape) / grid.lengths, kappa)


def _wider(modes: np.ndarray, axis: int, size: int) -> np.ndarray:
    """Zeros between the positive and the negative frequencies of one axis."""
    n = modes.shape[axis]
    if n == size:
        return modes
    modes = np.moveaxis(modes, axis, -1)
    wide = np.zeros((*modes.shape[:-1], size), complex)
    wide[..., :(n + 1) // 2] = modes[..., :(n + 1) // 2]
    wide[..., size - n // 2:] = modes[..., (n + 1) // 2:]
    return np.moveaxis(wide, -1, axis)


def _spline_symbol(n: int) -> np.ndarray:
    """Fourier symbol of the quintic B-spline at the integers: (33 + 26 cos ω + cos 2ω)/60."""
    omega = 2 * np.pi * np.arange(n) / n
    return (33 + 26 * np.cos(omega) + np.cos(2 * omega)) / 60
