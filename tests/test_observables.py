"""Expectation values."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.errors import UnsupportedError
from qlearn.observables import mean, mean_momentum, momentum_operator, spectral_tail

GRID = ql.Grid((32, 48), [(-6, 6), (-7, 7)])


def test_means_of_a_product_packet_and_of_a_batch():
    one = ql.gaussian(GRID, center=(0.5, -1), width=0.8, momentum=(1.5, -2))
    batch = np.stack([one, 2 * one])
    np.testing.assert_allclose(mean(GRID, GRID.mesh[1], batch), [-1, -4], rtol=1e-10)
    np.testing.assert_allclose(mean_momentum(GRID, batch, axis=1, hbar=1), [-2, -8], rtol=1e-10)
    assert momentum_operator(GRID, axis=0)(0.0, one) == pytest.approx(1.5)


def test_spectral_tail_sees_each_axis():
    smooth = ql.gaussian(GRID, center=0, width=1)
    rough = smooth * np.exp(1j * np.pi * 0.95 / GRID.spacing[1] * GRID.mesh[1])
    assert spectral_tail(GRID, smooth) < 1e-20
    assert spectral_tail(GRID, rough) > 0.5


def test_momentum_between_walls_and_round_poles():
    grid = ql.Grid((63, 16), [(0, 12), (0, 2 * np.pi)], ("wall", "periodic"))
    psi = ql.gaussian(ql.Grid(63, (0, 12), "wall"), center=5, width=0.5, momentum=2.0)[:, None] \
        * ql.plane_wave(ql.Grid(16, (0, 2 * np.pi)), 3)
    np.testing.assert_allclose([mean_momentum(grid, psi, axis=a) for a in (0, 1)], [2, 3], atol=1e-8)
    assert abs(mean_momentum(grid, ql.box_state(grid, (3, 0)))) < 1e-14
    sphere = ql.Grid((6, 8), [(0, np.pi), (0, 2 * np.pi)], ("pole", "periodic"))
    root = ql.Hamiltonian(sphere, 0.0, metric=lambda a, b: [[1, 0], [0, np.sin(a) ** 2]]).kinetic.root_metric
    wave = root * np.sin(sphere.mesh[0]) * np.exp(1j * sphere.mesh[1]) / np.sqrt(8 * np.pi / 3)
    assert mean_momentum(sphere, wave, axis=1) == pytest.approx(1, abs=1e-13)
    with pytest.raises(UnsupportedError, match="azimuth"):
        mean_momentum(sphere, wave)
