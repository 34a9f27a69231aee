"""Initial states."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.errors import ArgumentError
from qlearn.observables import mean_momentum, spectral_tail


@pytest.mark.parametrize("momentum", [0.0, 1.3, -4.0])
@pytest.mark.parametrize("twist", [0.0, 0.4])
def test_a_packet_at_the_seam_is_smooth_and_has_its_moments(momentum, twist):
    grid = ql.Grid(128, (0, 10), twist=twist)
    psi = ql.gaussian(grid, center=0.2, width=0.7, momentum=momentum, hbar=0.5)
    assert grid.norm(psi) == pytest.approx(1, abs=1e-14)
    assert spectral_tail(grid, grid.to_periodic(psi)) < 1e-28
    angle = np.angle(np.sum(np.exp(2j * np.pi * grid.axes[0] / 10) * np.abs(psi) ** 2))
    assert angle * 10 / (2 * np.pi) == pytest.approx(0.2, abs=1e-12)
    assert mean_momentum(grid, psi, hbar=0.5) == pytest.approx(momentum, abs=1e-9)


def test_width_is_the_standard_deviation_of_the_density():
    grid = ql.Grid((64, 64), [(-8, 8), (-9, 9)])
    psi = ql.gaussian(grid, center=(0.5, -1), width=(0.8, 1.1), momentum=(1, 0))
    x, y = grid.mesh
    moments = [np.sum((u - c) ** 2 * np.abs(psi) ** 2) * grid.cell_volume for u, c in ((x, 0.5), (y, -1))]
    np.testing.assert_allclose(moments, [0.64, 1.21], rtol=1e-10)
    phase = psi[40, 32] / psi[36, 32]
    assert np.angle(phase) == pytest.approx(x[40, 32] - x[36, 32], abs=1e-12)


def test_the_phase_is_that_of_the_definition():
    grid = ql.Grid(96, (-10, 12))
    psi = ql.gaussian(grid, center=1, width=0.7, momentum=2, hbar=0.5)
    x = grid.axes[0]
    exact = (2 * np.pi * 0.49) ** -0.25 * np.exp(-(x - 1) ** 2 / (4 * 0.49) + 2j * x / 0.5)
    assert grid.norm(psi - exact) < 1e-14


def test_plane_waves_are_orthonormal():
    grid = ql.Grid(6, (0, 2), twist=0.5)
    waves = np.array([ql.plane_wave(grid, n) for n in range(-3, 3)])
    np.testing.assert_allclose(waves.conj() @ waves.T * grid.cell_volume, np.eye(6), atol=1e-14)


@pytest.mark.parametrize(("options", "words"), [
    ({"center": 0, "width": 0}, "width"), ({"center": (0, 0), "width": 1}, "center"), ({"center": np.nan, "width": 1}, "center"),
    ({"center": 0, "width": 1, "hbar": 0}, "hbar"), ({"center": 0.1, "width": 1e-9}, "width"),
])
def test_bad_packets_are_named(options, words):
    with pytest.raises(ArgumentError, match=words):
        ql.gaussian(ql.Grid(16, (-1, 1)), **options)


def test_a_wave_that_the_grid_cannot_carry_is_refused():
    with pytest.raises(ArgumentError, match="n must be"):
        ql.plane_wave(ql.Grid(8, (0, 1)), 4)
