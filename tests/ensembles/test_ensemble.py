"""Ensemble: what it keeps, how it counts, what it refuses."""

import numpy as np
import pytest

from qlearn.ensembles import Ensemble
from qlearn.errors import ArgumentError
from qlearn.grids import Grid


@pytest.fixture
def turning():
    """Three learners at two times: a ring coordinate that turns and a line coordinate."""
    positions = np.array([[[0.1, -1.0], [6.2, 0.0], [3.0, 0.9]], [[-0.1, -1.0], [12.6, 0.4], [3.0, 0.9]]])
    return Ensemble([0.0, 1.0], positions, periods=(2 * np.pi, None))


def test_positions_stay_unwrapped_and_wrapped_ones_lie_on_the_ring(turning):
    assert turning.positions[1, 1, 0] == 12.6
    ring = turning.wrapped(1)
    assert np.allclose(ring[:, 0], [2 * np.pi - 0.1, 12.6 - 4 * np.pi, 3.0]) and np.array_equal(ring[:, 1], [-1, 0.4, 0.9])


def test_counts_are_those_of_cells_around_the_grid_points(turning):
    grid = Grid((4, 5), [(0, 2 * np.pi), (-1.25, 1.25)])
    counts = turning.histograms(grid)
    assert counts.shape == (2, 4, 5) and counts.sum(axis=(1, 2)).tolist() == [3, 3]
    assert counts[0, 0].sum() == 2 and counts[0, 2].sum() == 1
    density = turning.density(grid, 0)
    assert np.isclose(density.values.sum() * grid.cell_volume, 1)


def test_a_learner_outside_the_grid_is_an_error(turning):
    with pytest.raises(ArgumentError, match="contain every learner along axis 1"):
        turning.histograms(Grid((4, 4), [(0, 2 * np.pi), (-0.5, 0.5)]))
    with pytest.raises(ArgumentError, match="one period"):
        turning.histograms(Grid((4, 4), [(0, 1), (-2, 2)]))


@pytest.mark.parametrize(("times", "positions", "message"), [
    ([0.0, 0.0], np.zeros((2, 3, 1)), "increasing"),
    ([0.0], np.zeros((2, 3, 1)), "shape"),
    ([0.0], np.full((1, 3, 1), np.nan), "finite"),
    ([0.0], np.zeros((1, 3, 2)), "shape"),
], ids=["times", "count", "nan", "axes"])
def test_refusals(times, positions, message):
    with pytest.raises(ArgumentError, match=message):
        Ensemble(times, positions, periods=(None,))


def test_arrays_are_read_only(turning):
    with pytest.raises(ValueError, match="read-only"):
        turning.positions[0, 0, 0] = 1
