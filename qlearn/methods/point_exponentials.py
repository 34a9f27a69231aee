"""exp(−iwM) of the matrices M (…, c, c, *shape) that couple channels, point by point; (c, c, …, *shape)."""

from collections.abc import Callable

import numpy as np
from scipy.linalg import expm

from qlearn.kernels.phases import Phases

__all__ = ["exponentials", "exponentials_with_loss"]

WELL_CONDITIONED = 30.0  # eigenvectors of a matrix with a loss: what they make of it errs by so many ε


def exponentials(table: np.ndarray, ndim: int, phases: Phases, imaginary: bool,
                 axes: tuple[int, ...]) -> Callable[[float], np.ndarray]:
    """w ↦ exp(−iwV) of Hermitian V, in imaginary time exp(−wV) up to a factor of each member that its norm makes up for: a closed
    form for c = 2, else by eigenvectors. ``axes``: those of the points."""
    v = _matrices_first(table, ndim)
    return _of_two(v, phases, imaginary, axes) if len(v) == 2 else _by_levels(v, imaginary, axes)


def exponentials_with_loss(table: np.ndarray, ndim: int) -> Callable[[float], np.ndarray]:
    """w ↦ exp(−iwM) of complex matrices: a closed form for c = 2, else by eigenvectors where they are well
    conditioned and by scaling and squaring where not."""
    m = _matrices_first(table, ndim)
    return _of_two_with_loss(m) if len(m) == 2 else _by_frames(m)


def _of_two(v: np.ndarray, phases: Phases, imaginary: bool, axes: tuple[int, ...]) -> Callable[[float], np.ndarray]:
    """w ↦ exp(−iwV) = e^{−iwm}(cos wr − i (sin wr/r)(V − m)) with m ± r the eigenvalues; (2, 2, …)."""
    middle, half = (v[0, 0].real + v[1, 1].real) / 2, (v[0, 0].real - v[1, 1].real) / 2
    radius = np.sqrt(half**2 + np.abs(v[0, 1]) ** 2)
    over = np.where(radius > 0, radius, 1.0)

    def exponential(weight: float) -> np.ndarray:
        if imaginary:  # times the factor of each member that makes the largest 1: the norm is restored anyway
            low = np.min(middle - radius, axis=axes, keepdims=True)
            small, large = np.exp(-weight * (middle + radius - low)), np.exp(-weight * (middle - radius - low))
            even, odd = (large + small) / 2 + 0j, -np.where(radius > 0, (large - small) / 2, weight * large) / over
        else:
            turn, wheel = phases.table(weight * middle), phases.table(weight * radius)
            even, odd = turn * wheel.real, 1j * turn * np.where(radius > 0, wheel.imag, -weight) / over
        return np.stack([np.stack([even + odd * half, odd * v[0, 1]]), np.stack([odd * v[1, 0], even - odd * half])])
    return exponential


def _by_levels(v: np.ndarray, imaginary: bool, axes: tuple[int, ...]) -> Callable[[float], np.ndarray]:
    """w ↦ exp(−iwV), or exp(−wV) up to a factor, by eigenvectors; (c, c, …)."""
    levels, vectors = np.linalg.eigh(np.moveaxis(v, (0, 1), (-2, -1)))
    low = np.min(levels[..., :1], axis=tuple(axis - 1 for axis in axes), keepdims=True)
    adjoint = np.conj(np.swapaxes(vectors, -1, -2))

    def exponential(weight: float) -> np.ndarray:
        turned = np.exp(-weight * (levels - low)) if imaginary else np.exp(-1j * weight * levels)
        return np.moveaxis((vectors * turned[..., None, :]) @ adjoint, (-2, -1), (0, 1))
    return exponential


def _of_two_with_loss(m: np.ndarray) -> Callable[[float], np.ndarray]:
    middle, half = (m[0, 0] + m[1, 1]) / 2, (m[0, 0] - m[1, 1]) / 2
    radius = np.sqrt(half**2 + m[0, 1] * m[1, 0])

    def exponential(weight: float) -> np.ndarray:
        first, second = np.exp(-1j * weight * (middle + radius)), np.exp(-1j * weight * (middle - radius))
        even, angle = (first + second) / 2, weight * radius
        near = np.abs(angle) < 1  # eigenvalues that nearly coincide, where (first − second)/2r has no digits
        small = np.where(near, angle, 1.0)
        ratio = np.where(small == 0, 1.0, np.sin(small) / np.where(small == 0, 1.0, small))
        odd = np.where(near, -1j * weight * np.exp(-1j * weight * middle) * ratio,
                       (first - second) / (2 * np.where(near, 1.0, radius)))
        return np.stack([np.stack([even + odd * half, odd * m[0, 1]]), np.stack([odd * m[1, 0], even - odd * half])])
    return exponential


def _by_frames(m: np.ndarray) -> Callable[[float], np.ndarray]:
    last = np.moveaxis(m, (0, 1), (-2, -1))
    levels, frames = np.linalg.eig(last)
    skew = ~(np.abs(np.linalg.det(frames)) > 2 / WELL_CONDITIONED)  # 2/|det| bounds the condition of columns of length 1
    frames[skew] = np.eye(len(m))
    inverse, beside = np.linalg.inv(frames), last[skew]

    def exponential(weight: float) -> np.ndarray:
        made = (frames * np.exp(-1j * weight * levels)[..., None, :]) @ inverse
        if len(beside):
            made[skew] = expm(-1j * weight * beside)
        return np.moveaxis(made, (-2, -1), (0, 1))
    return exponential


def _matrices_first(table: np.ndarray, ndim: int) -> np.ndarray:
    """(…, c, c, *shape) → (c, c, …, *shape)."""
    return np.moveaxis(table, (-ndim - 2, -ndim - 1), (0, 1))
