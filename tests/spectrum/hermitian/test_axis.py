"""Functions of one axis: of exact parity where the potential has it, though the splitting is below rounding."""

import numpy as np
import pytest

from qlearn.grids import Grid
from qlearn.spectrum.hermitian.axis import Axis


@pytest.mark.parametrize("size", [65, 96])
def test_parity_of_two_deep_wells(size):
    grid = Grid(size, (-4.0, 4.0))
    mirror = -np.arange(size) % size
    V = 40 * (grid.axes[0] ** 2 - 4) ** 2
    V = (V + V[mirror]) / 2
    axis = Axis(grid, 1.0, 0.5)
    found = axis.lowest(V, 12, 100.0)
    rows, size_of_h = found.rows, axis.kinetic.bounds[1] + V.max()
    np.testing.assert_allclose(np.abs(np.einsum("ij,ij->i", rows, rows[:, mirror])), 1, atol=1e-14)
    np.testing.assert_allclose(rows @ rows.T, np.eye(12), atol=1e-13)
    np.testing.assert_allclose(axis.moved(rows) + V * rows, found.energies[:, None] * rows, atol=1e-14 * size_of_h)
    tilted = V + 1e-9 * np.sin(2 * np.pi * grid.axes[0] / 8)      # no parity: by the whole matrix
    np.testing.assert_allclose(axis.lowest(tilted, 12, 100.0).energies, found.energies, atol=1e-9 + 1e-13 * size_of_h)
