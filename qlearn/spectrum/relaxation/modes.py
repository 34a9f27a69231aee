"""Real orthonormal modes of the axes of a grid, at any points: 1/√L, √(2/L) cos kx, √(2/L) sin kx on a ring, sines between walls.

The mode ±N/2 of an even ring is left out: its derivative has no sign. Products of them span the trial space of every operator
here, integrals are sums over ``points`` of a finer lattice, exact for the products of modes.
"""

from typing import final

import numpy as np

from qlearn.grids import Grid

__all__ = ["AxisModes"]


@final
class AxisModes:
    """The modes of one axis with a lattice of ``factor`` times its points.

    count : modes.  points, weights : (m,), of the lattice; between walls both walls are in it, with half weights.
    values, slopes : (m, count), the modes and their derivatives on the lattice.
    """

    def __init__(self, grid: Grid, axis: int, factor: int = 2):
        self.start, end = grid.bounds[axis]
        self.length = end - self.start
        self.wall = grid.boundary[axis] == "wall"
        number = grid.shape[axis] + self.wall
        self.count = grid.shape[axis] if self.wall else 2 * ((grid.shape[axis] - 1) // 2) + 1
        m, step = factor * number, self.length / (factor * number)
        self.points = self.start + step * np.arange(m + self.wall)
        self.weights = np.full(len(self.points), step)
        if self.wall:
            self.weights[[0, -1]] /= 2
        self.values, self.slopes = self._exactly(m)

    def at(self, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The modes and their derivatives at points q (n,), (n, count) each."""
        return self._table((np.asarray(q) - self.start) / self.length)

    @property
    def largest(self) -> float:
        """The largest wavenumber."""
        return float(np.pi * self.count / self.length) if self.wall else float(np.pi * (self.count - 1) / self.length)

    def _exactly(self, m: int) -> tuple[np.ndarray, np.ndarray]:
        return self._table(np.arange(len(self.points)) / m)

    def _table(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        scale = np.sqrt(2 / self.length)
        if self.wall:
            k = np.arange(1, self.count + 1)
            angle = np.pi * np.remainder(np.multiply.outer(x, k), 2)
            return scale * np.sin(angle), scale * np.cos(angle) * (np.pi * k / self.length)
        k = np.arange(1, self.count // 2 + 1)
        angle = 2 * np.pi * np.remainder(np.multiply.outer(x, k), 1)
        cosine, sine, wave = np.cos(angle) * scale, np.sin(angle) * scale, 2 * np.pi * k / self.length
        constant = np.full((len(x), 1), 1 / np.sqrt(self.length))
        return (np.concatenate([constant, cosine, sine], axis=1),
                np.concatenate([0 * constant, -wave * sine, wave * cosine], axis=1))
