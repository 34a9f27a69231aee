"""The derivative along one axis of an array (…, *shape), and its adjoint: what kinetic operators Q†WQ are made of.

    periodic   Σ c_k exp(ikx) → Σ ik c_k exp(ikx) at the same points
    wall       Σ b_k sin kx → Σ k b_k cos kx at N + 2 points, both walls included; under the weights ½, 1, …, 1, ½ the cosines
               are orthogonal, so that (∂†w∂) is k² exactly
    pole       the azimuthal modes that are even under φ → φ + π are polynomials in cos θ, the odd ones sin θ times a
               polynomial; both are differentiated exactly at the Gauss–Legendre nodes of cos θ

All of them are the exact derivative of the interpolant that the axis stands for. ``slope`` leads from the points of the axis
to the points of the derivative, ``adjoint`` back, with (``slope`` f, w F) = (f, ``adjoint`` F) and w as above.

``slope`` may be given an array ``work`` for its result, ``adjoint_in_place`` may use the memory of its argument.

``highest``: on a ring with an even number of points the mode (−1)^j, normalised, whose sign is unknown and whose derivative the
points do not show; else None.
"""

from functools import cache
from typing import final

import numpy as np
from scipy import fft

from qlearn.kernels.fft import backward, forward

__all__ = ["PeriodicDerivative", "PoleDerivative", "WallDerivative", "gauss_nodes", "parity_matrices", "pole_split"]


@final
class PeriodicDerivative:
    """ik on the modes of an axis, NumPy's FFT order; k (N,) includes the twist, the arrays are periodic parts.

    Where the mode ±N/2 has no sign (``unsigned``), its derivative counts as zero.
    """

    def __init__(self, wavenumbers: np.ndarray, axis: int, unsigned: bool):
        self.axis, self.largest = axis, float(np.max(np.abs(wavenumbers)))
        self.highest: np.ndarray | None = None
        k, count = wavenumbers.copy(), wavenumbers.size
        if unsigned:
            k[count // 2] = 0
            self.highest = np.exp(2j * np.pi * (np.arange(count) * (count // 2) % count) / count) / np.sqrt(count)
        self.symbol = (1j * k).reshape((-1,) + (1,) * (-axis - 1))

    def slope(self, f: np.ndarray, work: np.ndarray | None = None) -> np.ndarray:
        work = np.empty(f.shape, dtype=complex) if work is None else work
        np.copyto(work, f)
        modes = forward(work, (self.axis,))
        modes *= self.symbol
        return backward(modes, (self.axis,))

    def inside(self, values: np.ndarray) -> np.ndarray:
        """The values at the points of the axis, of values at the points of the derivative."""
        return values

    def adjoint(self, values: np.ndarray) -> np.ndarray:
        return self.adjoint_in_place(np.array(values, dtype=complex))

    def adjoint_in_place(self, values: np.ndarray) -> np.ndarray:
        """``adjoint`` of complex values whose memory may be used for the result."""
        modes = forward(values, (self.axis,))
        modes *= -self.symbol
        return backward(modes, (self.axis,))


@final
class WallDerivative:
    """From N points between two walls a distance ``length`` apart to N + 2, and back."""

    highest: np.ndarray | None = None

    def __init__(self, count: int, length: float, axis: int):
        self.axis, self.count = axis, count
        k = np.pi * np.arange(1, count + 1) / length
        self.largest = float(k[-1])
        self.symbol = (k / (2 * (count + 1))).reshape((-1,) + (1,) * (-axis - 1))

    def slope(self, f: np.ndarray, work: np.ndarray | None = None) -> np.ndarray:
        shape = list(f.shape)
        shape[self.axis] += 2
        wide = np.zeros(shape, dtype=np.result_type(f, float))
        wide[self._middle] = fft.dst(f, type=1, axis=self.axis) * self.symbol
        return fft.dct(wide, type=1, axis=self.axis, overwrite_x=True)

    def inside(self, values: np.ndarray) -> np.ndarray:
        return values[self._middle]

    def adjoint(self, values: np.ndarray) -> np.ndarray:
        modes = fft.dct(values, type=1, axis=self.axis)[self._middle] * self.symbol
        return fft.dst(modes, type=1, axis=self.axis, overwrite_x=True)

    adjoint_in_place = adjoint

    @property
    def _middle(self) -> tuple:
        return (..., slice(1, self.count + 1)) + (slice(None),) * (-self.axis - 1)


@final
class PoleDerivative:
    """∂ along a polar axis, θ = 0 … π on a ``length``, of ``count`` Gauss–Legendre points; the next axis is its azimuth."""

    highest: np.ndarray | None = None

    def __init__(self, count: int, length: float, axis: int):
        self.axis = axis
        self.even, self.odd = (matrix * (np.pi / length) for matrix in parity_matrices(count))
        self.largest = float(np.sqrt(count * (count + 1.0)) * np.pi / length)  # on harmonics l < N, under the weights

    def slope(self, f: np.ndarray, work: np.ndarray | None = None) -> np.ndarray:
        return pole_split(f, self.axis, self.even, self.odd)

    def inside(self, values: np.ndarray) -> np.ndarray:
        return values

    def adjoint(self, values: np.ndarray) -> np.ndarray:
        return pole_split(values, self.axis, self.even.T, self.odd.T)

    adjoint_in_place = adjoint


def pole_split(f: np.ndarray, axis: int, even: np.ndarray, odd: np.ndarray) -> np.ndarray:
    """Matrices (M, N) along a polar axis: ``even`` on the part even under φ → φ + π of the next axis, ``odd`` on the odd."""
    moved = np.moveaxis(f, (axis, axis + 1), (-2, -1))
    half = moved.shape[-1] // 2
    here, opposite = moved[..., :half], moved[..., half:]
    symmetric, antisymmetric = _times(even, (here + opposite) / 2), _times(odd, (here - opposite) / 2)
    joined = np.concatenate([symmetric + antisymmetric, symmetric - antisymmetric], axis=-1)
    return np.moveaxis(joined, (-2, -1), (axis, axis + 1))


def _times(matrix: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """A real matrix times columns (…, N, m), complex ones as pairs of reals."""
    if not np.iscomplexobj(columns):
        return matrix @ columns
    return (matrix @ np.ascontiguousarray(columns).view(float)).view(complex)


@cache
def gauss_nodes(count: int) -> tuple[np.ndarray, np.ndarray]:
    """θ_j ascending in (0, π) with cos θ_j the Gauss–Legendre nodes, and their weights w_j: Σ w_j f = ∫ f sin θ dθ."""
    x, weights = np.polynomial.legendre.leggauss(count)
    theta = np.arccos(x[::-1])
    theta = (theta + np.pi - theta[::-1]) / 2
    for array in (theta, weights):
        array.flags.writeable = False
    return theta, weights


@cache
def parity_matrices(count: int) -> tuple[np.ndarray, np.ndarray]:
    """∂_θ at the nodes of ``gauss_nodes``, (N, N) each: of p(cos θ), and of sin θ p(cos θ), deg p < N.

    The matrix of p′ from the barycentric weights (−1)^j √((1 − x_j²) w_j) of the nodes: Wang, Huybrechs, Vandewalle,
    Math. Comp. 83 (2014) 2893.
    """
    theta, weights = gauss_nodes(count)
    x, sine = np.cos(theta), np.sin(theta)
    barycentric = (-1.0) ** np.arange(count) * sine * np.sqrt(weights)
    difference = -2 * np.sin((theta[:, None] + theta) / 2) * np.sin((theta[:, None] - theta) / 2)  # x_i − x_j
    np.fill_diagonal(difference, 1.0)
    slope = barycentric / barycentric[:, None] / difference
    np.fill_diagonal(slope, 0.0)
    np.fill_diagonal(slope, -slope.sum(axis=1))
    even = -sine[:, None] * slope
    odd = np.diag(x / sine) - sine[:, None] ** 2 * slope / sine
    for matrix in (even, odd):
        matrix.flags.writeable = False
    return even, odd
