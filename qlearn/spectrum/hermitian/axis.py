"""The lowest functions of one axis, h = T + V on its points, from the modes and points that their energies need.

    h φ_i = e_i φ_i,    T = (ħk − A)²/2m in the modes of the axis

Every s-th point of a long axis carries the functions whose kinetic energy stays below that of its shortest wave; of these points
only those count that a function reaches: exp(−∫√(2m(V − e)) dq/ħ) > exp(−36). What this leaves out shows in the residual of h
on all points; the contraction is loosened until that is at its rounding, or the whole matrix of the axis is diagonalised.
"""

from dataclasses import dataclass
from typing import final

import numpy as np
from scipy.linalg import eigh

from qlearn.grids import Grid
from qlearn.hamiltonian.kinetic import FlatKinetic
from qlearn.spectrum.hermitian.certificate import EPS
from qlearn.spectrum.hermitian.reflections import reflections, unchanged

__all__ = ["Axis", "AxisFunctions"]

SHORT = 160         # points of an axis that is not contracted
DEEP = 36.0         # −ln of the amplitude where a function ends
STEEP = 5.0         # kinetic energy of the shortest wave kept over that of the highest function
LONGEST = 4096      # points of the largest matrix


@final
@dataclass(frozen=True)
class AxisFunctions:
    """energies (n,) ascending; rows (n, N) orthonormal on the points; ``size`` rows of the matrix they came from."""

    energies: np.ndarray
    rows: np.ndarray
    size: int


@final
class Axis:
    """One axis of a grid with its kinetic energy and a potential on its points."""

    def __init__(self, grid: Grid, inverse: float, hbar: float, constant: float = 0.0):
        self.grid, self.inverse, self.hbar, self.constant = grid, inverse, hbar, constant
        self.kinetic = FlatKinetic(grid, np.array([[inverse]]), hbar, np.array([constant]))
        self.is_real = self.kinetic.is_real

    def on(self, grid: Grid) -> "Axis":
        """The same on other points."""
        return Axis(grid, self.inverse, self.hbar, self.constant)

    def moved(self, rows: np.ndarray) -> np.ndarray:
        """T φ of rows (n, N)."""
        result = self.kinetic.apply(rows)
        return result.real if self.is_real and not np.iscomplexobj(rows) else result

    def modes(self, rows: np.ndarray) -> np.ndarray:
        """The modes of rows (n, N), in the order of ``grid.wavenumbers``, without factors, complex."""
        return np.asarray(self.grid.forward(self.grid.to_periodic(rows)))

    def momentum(self, rows: np.ndarray) -> np.ndarray:
        """(−iħ∂ − A) φ of rows (n, N), in the modes of the axis, complex."""
        modes = self.modes(rows) * (self.hbar * self.grid.wavenumbers[0] - self.constant)
        return np.asarray(self.grid.from_periodic(self.grid.backward(modes)))

    def interpolated(self, rows: np.ndarray, finer: Grid) -> np.ndarray:
        """The interpolants of rows, scaled to keep their length."""
        values = np.asarray(self.grid.interpolate(rows, finer)) * np.sqrt(finer.cell_volume / self.grid.cell_volume)
        return values.real if self.is_real and not np.iscomplexobj(rows) else values

    def lowest(self, V: np.ndarray, count: int, energy: float, most: int | None = None) -> AxisFunctions | None:
        """The ``count`` lowest functions, that reach about ``energy``; None where that takes more than ``most`` rows."""
        count = min(count, self.grid.size)
        if self.grid.size > SHORT:
            for stride in self._strides(energy - float(V.min())):
                found = self._contracted(V, count, energy, stride)
                if found is not None:
                    return found
        return None if most is not None and self.grid.size > most else self._whole(V, count)

    def _whole(self, V: np.ndarray, count: int) -> AxisFunctions:
        matrix = self._matrix(np.arange(self.grid.size))
        matrix[np.diag_indices(len(matrix))] += V
        mirror = reflections(self.grid)[-1]
        if self.is_real and unchanged(V, mirror, 0):
            energies, vectors = _even_and_odd(matrix, mirror, count)
        else:
            energies, vectors = _eigh(matrix, count)
        return AxisFunctions(energies, np.ascontiguousarray(vectors.T), self.grid.size)

    def _matrix(self, kept: np.ndarray) -> np.ndarray:
        """T between the cardinal functions of the kept points."""
        n = self.grid.size
        if self.grid.boundary[0] == "periodic" and self.is_real:
            unit = np.zeros(n)
            unit[0] = 1.0
            line = self.moved(unit[None])[0]
            line = (line + np.roll(line[::-1], 1)) / 2
            return line[(kept[:, None] - kept[None, :]) % n]
        matrix = self.moved(np.eye(n)).T[np.ix_(kept, kept)]
        return (matrix + matrix.conj().T) / 2

    def _strides(self, depth: float) -> list[int]:
        """Strides that divide the axis, 1 last: the longest keeps waves of STEEP times the energy, the next more."""
        length = self.grid.size + (self.grid.boundary[0] == "wall")
        wave = np.pi * self.hbar / np.sqrt(2 * STEEP * max(depth, 1e-300) / self.inverse)
        most = min(int(wave / self.grid.spacing[0]), length // 32)
        found = [s for s in range(most, 1, -1) if length % s == 0][:2]
        return [*found, 1]

    def _contracted(self, V: np.ndarray, count: int, energy: float, stride: int) -> AxisFunctions | None:
        length, (kind,) = self.grid.size + (self.grid.boundary[0] == "wall"), self.grid.boundary
        points = np.arange(0, self.grid.size, stride) if kind == "periodic" else np.arange(stride - 1, self.grid.size, stride)
        coarse = Grid(length // stride - (kind == "wall"), self.grid.bounds, kind, self.grid.twist)
        axis = self.on(coarse)
        kept = np.flatnonzero(self._reached(V, energy)[points])
        if not 2 * count <= len(kept) <= LONGEST:
            return None
        if len(kept) == self.grid.size and stride == 1:
            return None
        matrix = axis._matrix(kept)
        matrix[np.diag_indices(len(kept))] += V[points[kept]]
        energies, vectors = _eigh(matrix, count)
        rows = np.zeros((count, coarse.size), dtype=vectors.dtype)
        rows[:, kept] = vectors.T
        rows = axis.interpolated(rows, self.grid)
        residuals = self.moved(rows) + V * rows - energies[:, None] * rows
        floor = 30 * EPS * (self.kinetic.bounds[1] + float(np.max(np.linalg.norm(V * rows, axis=1))))
        if float(np.max(np.linalg.norm(residuals, axis=1))) > floor:
            return None
        return AxisFunctions(energies, rows, len(kept))

    def _reached(self, V: np.ndarray, energy: float) -> np.ndarray:
        """True at points that a function of this energy reaches."""
        rate = np.sqrt(np.maximum(V - energy, 0) * (2 / self.inverse)) * (self.grid.spacing[0] / self.hbar)
        if self.grid.boundary[0] == "periodic":
            rate = np.concatenate([rate, rate, rate])
        depth = np.cumsum(rate)
        allowed = rate == 0
        if not allowed.any():
            return np.ones(self.grid.size, dtype=bool)
        left = depth - np.maximum.accumulate(np.where(allowed, depth, -np.inf))
        right = np.minimum.accumulate(np.where(allowed, depth, np.inf)[::-1])[::-1] - depth
        near = np.minimum(left, right) < DEEP
        return near[self.grid.size:2 * self.grid.size] if self.grid.boundary[0] == "periodic" else near


def _eigh(matrix: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    if 3 * count < len(matrix):
        return eigh(matrix, subset_by_index=[0, count - 1], overwrite_a=True, check_finite=False)
    energies, vectors = eigh(matrix, driver="evd", overwrite_a=True, check_finite=False)
    return energies[:count], vectors[:, :count]


def _even_and_odd(matrix: np.ndarray, mirror: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The same of a matrix that the mirror leaves as it is: functions of exact parity, at a quarter of the cost."""
    n, place = len(matrix), np.arange(len(matrix))
    left, alone = np.flatnonzero(place < mirror), np.flatnonzero(place == mirror)
    own, across = matrix[np.ix_(left, left)], matrix[np.ix_(left, mirror[left])]
    middle = np.sqrt(2) * matrix[np.ix_(left, alone)]
    even = np.block([[own + across, middle], [middle.T, matrix[np.ix_(alone, alone)]]])
    kept = [min(count, len(block)) for block in (even, left)]
    (e, symmetric), (o, antisymmetric) = _eigh(even, kept[0]), _eigh(own - across, kept[1])
    vectors = np.zeros((n, sum(kept)))
    vectors[left, :kept[0]] = vectors[mirror[left], :kept[0]] = symmetric[:len(left)] / np.sqrt(2)
    vectors[alone, :kept[0]] = symmetric[len(left):]
    vectors[left, kept[0]:] = antisymmetric / np.sqrt(2)
    vectors[mirror[left], kept[0]:] = -vectors[left, kept[0]:]
    energies = np.concatenate([e, o])
    order = np.argsort(energies, kind="stable")[:count]
    return energies[order], vectors[:, order]
