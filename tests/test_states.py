"""Initial states."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.errors import ArgumentError, UnsupportedError
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


def test_a_packet_between_walls_is_alone_and_vanishes_there():
    grid = ql.Grid((63, 32), [(0, 10), (-5, 5)], ("wall", "periodic"))
    psi = ql.gaussian(grid, center=(4, 0), width=(0.4, 0.6), momentum=(1.5, -1), hbar=0.5)
    x = grid.mesh[0]
    exact = (2 * np.pi * 0.16) ** -0.25 * np.exp(-((x - 4) ** 2) / 0.64 + 3j * x) \
        * ql.gaussian(ql.Grid(32, (-5, 5)), center=0, width=0.6, momentum=-1, hbar=0.5)
    assert grid.norm(psi - exact) < 1e-8 and grid.norm(psi) == pytest.approx(1, abs=1e-14)
    for axis, momentum in enumerate((1.5, -1)):
        assert mean_momentum(grid, psi, axis=axis, hbar=0.5) == pytest.approx(momentum, abs=1e-8)


@pytest.mark.parametrize("center", [3.0, 7.0, -5.0, 12.0])
def test_a_packet_that_does_not_vanish_at_a_wall_is_refused(center):
    with pytest.raises(ArgumentError, match=r"8.6 widths"):
        ql.gaussian(ql.Grid(64, (0, 10), "wall"), center=center, width=0.4)


def test_modes_of_a_box_are_orthonormal():
    grid = ql.Grid((5, 4), [(0, 2), (0, 3)], ("wall", "periodic"), twist=(0, 0.2))
    waves = np.array([ql.box_state(grid, (n, m)) for n in range(1, 6) for m in range(-2, 2)]).reshape(20, 20)
    np.testing.assert_allclose(waves.conj() @ waves.T * grid.cell_volume, np.eye(20), atol=1e-14)
    with pytest.raises(ArgumentError, match="n must be"):
        ql.box_state(grid, (6, 0))
    with pytest.raises(ArgumentError, match="n must be"):
        ql.box_state(grid, (0, 0))


def test_what_a_boundary_does_not_offer_names_an_alternative():
    sphere = ql.Grid((6, 8), [(0, 3), (0, 6)], ("pole", "periodic"))
    with pytest.raises(UnsupportedError, match="box_state"):
        ql.plane_wave(ql.Grid(8, (0, 1), "wall"), 1)
    for state in (lambda: ql.gaussian(sphere, center=0, width=1), lambda: ql.box_state(sphere, 1)):
        with pytest.raises(UnsupportedError, match="root_metric"):
            state()
