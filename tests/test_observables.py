"""Expectation values."""

import numpy as np
import pytest

import qlearn as ql
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
