"""From the points of one axis to more points of the same interval, by the interpolant that the axis stands for."""

import numpy as np
from scipy import fft

from qlearn.kernels.derivatives import gauss_nodes, pole_split

__all__ = ["between_poles", "between_walls", "round_the_poles", "round_the_ring"]


def round_the_ring(phi: np.ndarray, count: int, axis: int, split: bool) -> np.ndarray:
    """The trigonometric interpolant of a periodic part at ``count`` points; ``split``: half of a mode −N/2 is at +N/2."""
    n = phi.shape[axis]
    if n == count:
        return phi
    modes = np.moveaxis(fft.fft(phi, axis=axis, norm="forward"), axis, -1)
    positive = (n + 1) // 2
    wide = np.zeros((*modes.shape[:-1], count), dtype=complex)
    wide[..., :positive] = modes[..., :positive]
    wide[..., count - (n - positive):] = modes[..., positive:]
    if split and n % 2 == 0:
        half = modes[..., n // 2] / 2
        wide[..., count - n // 2] -= half
        wide[..., n // 2] += half
    return np.moveaxis(fft.ifft(wide, axis=-1, norm="forward"), -1, axis)


def between_walls(phi: np.ndarray, count: int, axis: int) -> np.ndarray:
    """Σ b_k sin kx at ``count`` points between the same walls."""
    n = phi.shape[axis]
    if n == count:
        return phi
    modes = np.moveaxis(fft.dst(phi, type=1, axis=axis) / (n + 1), axis, -1)
    wide = np.zeros((*modes.shape[:-1], count), dtype=modes.dtype)
    wide[..., :n] = modes
    return np.moveaxis(fft.dst(wide, type=1, axis=-1) / 2, -1, axis)


def between_poles(psi: np.ndarray, count: int, axis: int) -> np.ndarray:
    """The polynomials in cos θ at ``count`` Gauss–Legendre nodes; ψ is the scalar, not the half-density."""
    n = psi.shape[axis]
    if n == count:
        return psi
    (theta, weights), (finer, _) = gauss_nodes(n), gauss_nodes(count)
    even = _barycentric(np.cos(finer), np.cos(theta), (-1.0) ** np.arange(n) * np.sin(theta) * np.sqrt(weights))
    return pole_split(psi, axis, even, np.sin(finer)[:, None] * even / np.sin(theta))


def round_the_poles(psi: np.ndarray, axis: int) -> np.ndarray:
    """Whole meridians, ψ(2π − θ, φ + π) = ψ(θ, φ): at 2(N + 1) equidistant θ from 0 on, enough for all degrees in θ up to N."""
    n = psi.shape[axis]
    (theta, weights), meridian = gauss_nodes(n), np.pi * np.arange(2 * (n + 1)) / (n + 1)
    even = _barycentric(np.cos(meridian), np.cos(theta), (-1.0) ** np.arange(n) * np.sin(theta) * np.sqrt(weights))
    return pole_split(psi, axis, even, np.sin(meridian)[:, None] * even / np.sin(theta))


def _barycentric(x: np.ndarray, nodes: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(len(x), len(nodes)): values at the nodes → values of their polynomial at x."""
    difference = x[:, None] - nodes
    met = difference == 0
    terms = weights / np.where(met, 1.0, difference)
    rows = terms / terms.sum(axis=1, keepdims=True)
    return np.where(met.any(axis=1, keepdims=True), met, rows)
