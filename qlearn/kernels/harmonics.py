"""Spherical harmonics on Gauss–Legendre points: the functions on a polar axis and its azimuth that are smooth at the poles."""

from functools import cache
from typing import final

import numpy as np
from scipy import fft

from qlearn.kernels.derivatives import gauss_nodes

__all__ = ["HarmonicProjector", "legendre_functions"]


@final
class HarmonicProjector:
    """f → Σ_lm Y_lm ⟨Y_lm, f⟩, l < N, of a polar axis with N points; the next axis is the azimuth, with an even number of points.

    ⟨f, g⟩ = Σ_j w_j f_j* g_j. Of the N values on a meridian at the azimuthal number m it keeps the N − |m| dimensions that vanish
    at the poles like sin^|m| θ; the others are what a grid has too many of near the poles.
    """

    def __init__(self, count: int, azimuths: int, axis: int):
        self.axis, self.half = axis, azimuths // 2
        roots = np.sqrt(gauss_nodes(count)[1])
        functions = (legendre_functions(count, order) * roots for order in range(self.half + 1))
        self.matrices = np.stack([(f.T @ f) * roots / roots[:, None] for f in functions])

    def apply(self, f: np.ndarray) -> np.ndarray:
        """The projection of f (…, *shape), complex."""
        return self._multiplied(f, self.matrices)

    def adjoint(self, f: np.ndarray) -> np.ndarray:
        """Σ f_j* (``apply`` g)_j = Σ (``adjoint`` f)_j* g_j."""
        return self._multiplied(f, np.swapaxes(self.matrices, 1, 2))

    def _multiplied(self, f: np.ndarray, matrices: np.ndarray) -> np.ndarray:
        places = (self.axis + 1, self.axis)
        modes = np.moveaxis(fft.fft(f, axis=self.axis + 1), places, (0, 1))
        columns = np.ascontiguousarray(modes.reshape(*modes.shape[:2], -1)).view(float)
        result = np.empty_like(columns)
        np.matmul(matrices, columns[:self.half + 1], out=result[:self.half + 1])
        np.matmul(matrices[self.half - 1:0:-1], columns[self.half + 1:], out=result[self.half + 1:])
        return fft.ifft(np.moveaxis(result.view(complex).reshape(modes.shape), (0, 1), places), axis=self.axis + 1)


@cache
def legendre_functions(count: int, order: int) -> np.ndarray:
    """P̄_l^m(cos θ_j) with Σ_j w_j P̄_l P̄_l' = δ, l = m … N − 1, (N − m, N); empty for m ≥ N.

    By the recurrence in l from P̄_m^m ∝ sin^m θ: Holmes and Featherstone, J. Geodesy 76 (2002) 279.
    """
    theta, _ = gauss_nodes(count)
    x, sine = np.cos(theta), np.sin(theta)
    rows = np.zeros((max(count - order, 0), count))
    if order >= count:
        return rows
    with np.errstate(under="ignore"):
        rows[0] = np.sqrt(0.5) * np.prod([np.sqrt((2 * k + 1) / (2 * k)) * sine for k in range(1, order + 1)], axis=0)
    for row, l in enumerate(range(order + 1, count), start=1):
        ahead = np.sqrt((4 * l**2 - 1) / (l**2 - order**2))
        rows[row] = ahead * x * rows[row - 1]
        if row > 1:
            rows[row] -= ahead * np.sqrt(((l - 1) ** 2 - order**2) / (4 * (l - 1) ** 2 - 1)) * rows[row - 2]
    rows.flags.writeable = False
    return rows
