"""One-dimensional interpolation: a table so fine that a cubic in each of its cells is right to 1e-6."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import fft

from qlearn.grids import Grid

__all__ = ["CubicCells", "cubic_cells", "cubic_rule"]

_TOLERANCE = 1e-6                       # of ∂ψ, relative to its root mean square
_SMALLEST, _LARGEST = 1 << 9, 1 << 16   # points of the table


@dataclass(frozen=True, eq=False)
class CubicCells:
    """1-D: in each cell of a fine table the cubic that has ψ and ∂ψ right at both ends; rows (c₀, c₁, c₂, c₃)."""

    rows: np.ndarray
    lower: float
    scale: float
    theta: float

    def evaluate(self, *q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        x, cell = self._place(q[0])
        return self._cubic(self._row(cell), x, cell)

    def mixed(self, others: Sequence["CubicCells"], weights: np.ndarray, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Σ w (ψ, ∂ψ) of this table and others of the same size, weights (1 + others, n): the places are looked up once."""
        x, cell = self._place(q)
        c = self._row(cell)
        c *= weights[0, :, None]
        for other, weight in zip(others, weights[1:], strict=True):
            c += other._row(cell) * weight[:, None]
        return self._cubic(c, x, cell)

    def _place(self, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Fraction of the cell, and its number, not wrapped."""
        x = (q - self.lower) * self.scale
        whole = np.floor(x)
        x -= whole
        return x, whole.astype(np.int64)

    def _row(self, cell: np.ndarray) -> np.ndarray:
        return self.rows.take(cell & (len(self.rows) - 1), axis=0)      # a power of two

    def _cubic(self, c: np.ndarray, x: np.ndarray, cell: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        c1, c2, c3 = c[..., 1], c[..., 2], c[..., 3]
        grad = c3 * x
        psi = grad + c2
        grad += psi
        grad += psi                                                     # 3c₃x + 2c₂ = 2(c₃x + c₂) + c₃x
        psi *= x
        psi += c1
        psi *= x
        psi += c[..., 0]
        grad *= x
        grad += c1
        grad *= self.scale
        if self.theta:
            turn = np.exp(2j * np.pi * self.theta * (cell // len(self.rows)))
            psi *= turn
            grad *= turn
        return psi, grad[None]


def cubic_rule(grid: Grid, amplitude: np.ndarray, k: np.ndarray, size: float) -> tuple[int, float]:
    """Table size: the slope of a Hermite cubic errs by at most (√3/216) h³ max|f⁗|, and |f⁗| ≤ Σ|c_k|k⁴."""
    bend = np.sqrt(3) / 216 * float(np.sum(amplitude * k**4)) / size
    length = float(grid.lengths[0])
    wanted = length * np.cbrt(bend / _TOLERANCE)
    points = 1 << int(np.ceil(np.log2(np.clip(wanted, max(_SMALLEST, 2 * grid.shape[0]), _LARGEST))))
    return points, bend * (length / points)**3


def cubic_cells(grid: Grid, modes: np.ndarray, points: int) -> CubicCells:
    theta, length = grid.sectors[0], float(grid.lengths[0])
    wave = grid.wavenumbers[0]
    values, slopes = (_on_table(part, points) for part in (modes, 1j * wave * modes))
    if theta:
        phase = np.exp(2j * np.pi * theta * np.arange(points) / points)
        values, slopes = values * phase, slopes * phase
    slopes *= length / points
    turn = np.exp(2j * np.pi * theta)
    rise = np.append(values[1:], turn * values[0]) - values
    end = np.append(slopes[1:], turn * slopes[0])
    rows = np.stack([values, slopes, 3 * rise - 2 * slopes - end, slopes + end - 2 * rise], axis=1)
    return CubicCells(rows, float(grid.bounds[0][0]), points / length, theta)


def _on_table(modes: np.ndarray, points: int) -> np.ndarray:
    """Σ_n c_n exp(2πinj/points) for j = 0 … points − 1, with n in FFT order."""
    n = len(modes)
    wide = np.zeros(points, complex)
    wide[:(n + 1) // 2] = modes[:(n + 1) // 2]
    wide[points - n // 2:] = modes[(n + 1) // 2:]
    return fft.ifft(wide, norm="forward")
