"""Grid: points, modes, twists; exact free motion; refusals before work."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qlearn as ql
from qlearn.errors import ArgumentError, UnsupportedError


def ring_mean(grid, psi):
    """The angle of ⟨exp(2πix/L)⟩: the centre of a symmetric packet, wherever the ring is cut."""
    length = grid.lengths[0]
    return np.angle(np.sum(np.exp(2j * np.pi * grid.axes[0] / length) * np.abs(psi) ** 2)) * length / (2 * np.pi)


@pytest.mark.parametrize("twist", [0.0, 0.3, 0.5])
def test_group_velocity_of_a_free_packet_is_right_to_1e_10_with_64_points(twist):
    grid = ql.Grid(64, (-10, 10), twist=twist)
    momentum, mass, hbar, time = 1.7, 1.3, 0.8, 2.0
    H = ql.Hamiltonian(grid, 0.0, mass=mass, hbar=hbar)
    psi = ql.gaussian(grid, center=-3.0, width=1.0, momentum=momentum, hbar=hbar)
    final = ql.sesolve(H, psi, [0, time], method=ql.Strang(dt=0.5)).final_state
    assert abs(ring_mean(grid, final) - ring_mean(grid, psi) - momentum / mass * time) < 1e-10


def test_a_grid_with_its_endpoint_would_be_caught():
    """Negative control: linspace with the endpoint makes the velocity wrong by N/(N−1)."""
    wrong = ql.Grid(64, (-10, 10 + 20 / 63))  # same points as linspace(−10, 10, 64), a period too long
    H = ql.Hamiltonian(wrong, 0.0)
    psi = ql.gaussian(wrong, center=-3.0, width=1.0, momentum=1.7)
    final = ql.sesolve(H, psi, [0, 2.0], method=ql.Strang(dt=0.5)).final_state
    as_if = ql.Grid(64, (-10, 10))
    assert abs(ring_mean(as_if, final) - ring_mean(as_if, psi) - 3.4) > 0.03


def test_points_and_wavenumbers():
    grid = ql.Grid((4, 6), [(0, 1), (-3, 3)], twist=(0.25, 0))
    assert grid.axes[0].tolist() == [0, 0.25, 0.5, 0.75]
    assert grid.axes[1].tolist() == [-3, -2, -1, 0, 1, 2]
    np.testing.assert_allclose(grid.wavenumbers[0], 2 * np.pi * np.array([0.25, 1.25, -1.75, -0.75]))
    assert grid.points.shape == (2, 4, 6) and grid.mesh[1][0, 3] == 0
    assert grid.cell_volume == pytest.approx(0.25)
    with pytest.raises(ValueError, match="read-only"):
        grid.axes[0][0] = 1


@given(n=st.integers(2, 33), twist=st.floats(-3, 3), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_transform_is_unitary_and_inverts(n, twist, seed):
    grid = ql.Grid((n, 5), [(-1, 2), (0, 3)], twist=(twist, 0.5))
    rng = np.random.default_rng(seed)
    psi = rng.standard_normal((2, n, 5)) + 1j * rng.standard_normal((2, n, 5))
    modes = grid.transform(psi)
    np.testing.assert_allclose(np.sum(np.abs(modes) ** 2, axis=(1, 2)), grid.norm(psi) ** 2, rtol=1e-12)
    np.testing.assert_allclose(grid.inverse_transform(modes), psi, atol=1e-12)


@pytest.mark.parametrize("n", [24, 25])
@pytest.mark.parametrize("twist", [0.0, 0.5, -0.2])
def test_derivative_and_interpolation_are_exact_for_resolved_waves(n, twist):
    grid = ql.Grid(n, (1, 4), twist=twist)
    k = 2 * np.pi * (np.array([3, -5]) + twist) / 3
    x = grid.axes[0]
    psi = np.exp(1j * k[0] * x) + 0.5 * np.exp(1j * k[1] * x)
    slope = 1j * k[0] * np.exp(1j * k[0] * x) + 0.5j * k[1] * np.exp(1j * k[1] * x)
    np.testing.assert_allclose(grid.derivative(psi), slope, atol=1e-12)
    fine = grid.refined(3)
    np.testing.assert_allclose(grid.interpolate(psi, fine)[::3], psi, atol=1e-13)
    expected = np.exp(1j * k[0] * fine.axes[0]) + 0.5 * np.exp(1j * k[1] * fine.axes[0])
    np.testing.assert_allclose(grid.interpolate(psi, fine), expected, atol=1e-12)


def test_interpolation_keeps_the_highest_mode_of_an_even_grid_real():
    grid = ql.Grid(8, (0, 1))
    psi = np.cos(np.pi * np.arange(8))
    fine = grid.interpolate(psi, grid.refined(4))
    np.testing.assert_allclose(fine, np.cos(8 * np.pi * grid.refined(4).axes[0]), atol=1e-14)


def test_twist_counts_modulo_one():
    assert ql.Grid(8, (0, 1), twist=1.25).same_as(ql.Grid(8, (0, 1), twist=0.25))
    assert ql.Grid(8, (0, 1), twist=-0.5).sectors == (0.5,)


@pytest.mark.parametrize(("arguments", "words"), [
    ((1, (0, 1)), "at least two points"), ((8.0, (0, 1)), "shape"), ((8, (1, 0)), "a < b"), ((8, (0, np.inf)), "bounds"),
    (((8, 8), (0, 1)), "bounds"), ((8, (0, 1), "open"), "one of 'periodic'"), ((8, (0, 1), "periodic", np.nan), "twist"),
    (((), []), "bounds|shape"), ((8, "ab"), "bounds"), ((8, (0, 1), None), "one of 'periodic'"),
    ((8, (1e16, 1e16 + 2)), "far enough apart"),
])
def test_bad_arguments_are_named(arguments, words):
    with pytest.raises(ArgumentError, match=words):
        ql.Grid(*arguments)


WALL = ql.Grid(15, (1, 3), "wall")
MIXED = ql.Grid((7, 6, 5), [(0, 2), (-1, 1), (0, 3)], ("wall", "periodic", "wall"), twist=(0, 0.3, 0))
SPHERE = ql.Grid((6, 8), [(0, np.pi), (0, 2 * np.pi)], ("pole", "periodic"))


def test_points_between_walls():
    assert ql.Grid(3, (0, 1), "wall").axes[0].tolist() == [0.25, 0.5, 0.75]
    np.testing.assert_allclose(WALL.wavenumbers[0], np.pi * np.arange(1, 16) / 2)
    assert WALL.spacing[0] == pytest.approx(0.125) and MIXED.cell_volume == pytest.approx(0.25 / 3 * 0.5)


def test_the_modes_of_a_box_are_normalised_and_complete():
    rng = np.random.default_rng(3)
    psi = rng.standard_normal((2, *MIXED.shape)) + 1j * rng.standard_normal((2, *MIXED.shape))
    modes = MIXED.transform(psi)
    np.testing.assert_allclose(np.sum(np.abs(modes) ** 2, axis=(1, 2, 3)), MIXED.norm(psi) ** 2, rtol=1e-13)
    np.testing.assert_allclose(MIXED.inverse_transform(modes), psi, atol=1e-13)
    one = MIXED.transform(ql.box_state(MIXED, (3, -2, 5)))
    assert abs(one[2, 4, 4] - 1) < 1e-13 and np.sum(np.abs(one)) - 1 < 1e-12
    np.testing.assert_allclose(MIXED.backward(MIXED.forward(psi.copy())), psi, atol=1e-13)


@pytest.mark.parametrize("count", [2, 3, 15, 16])
def test_derivative_and_interpolation_between_walls_are_exact_for_the_modes(count):
    grid = ql.Grid(count, (1, 3), "wall")
    for n in (1, count):
        k = np.pi * n / 2
        psi = np.sin(k * (grid.axes[0] - 1))
        np.testing.assert_allclose(grid.derivative(psi), k * np.cos(k * (grid.axes[0] - 1)), atol=1e-12)
        fine = grid.refined(2)
        assert fine.shape == (2 * count + 1,)
        np.testing.assert_allclose(fine.axes[0][1::2], grid.axes[0], rtol=1e-15)
        np.testing.assert_allclose(grid.interpolate(psi, fine), np.sin(k * (fine.axes[0] - 1)), atol=1e-13)


def test_derivatives_of_a_mixed_grid():
    x, y, z = MIXED.mesh
    k = 2 * np.pi * 1.3 / 2
    psi = np.sin(np.pi * x) * np.exp(1j * k * (y + 1)) * np.sin(np.pi * z / 3)
    np.testing.assert_allclose(MIXED.derivative(psi, 0), np.pi * psi / np.tan(np.pi * x + 1e-300), atol=1e-12)
    np.testing.assert_allclose(MIXED.derivative(psi, 1), 1j * k * psi, atol=1e-12)
    np.testing.assert_allclose(MIXED.derivative(psi, 2), np.pi / 3 * psi / np.tan(np.pi * z / 3), atol=1e-12)
    finer = MIXED.refined(2)
    assert np.allclose(MIXED.interpolate(psi, finer)[1::2, ::2, 1::2], psi, atol=1e-13)


def test_between_poles_spherical_polynomials_are_differentiated_and_interpolated_exactly():
    def wave(theta, phi):
        return (3 * np.cos(theta) ** 2 - 1) + np.sin(theta) * np.cos(theta) * np.exp(1j * phi) \
            + np.sin(theta) ** 2 * np.cos(2 * phi) + np.sin(theta) ** 3 * np.exp(-3j * phi)

    theta, phi = SPHERE.mesh
    slope = -6 * np.cos(theta) * np.sin(theta) + np.cos(2 * theta) * np.exp(1j * phi) + np.sin(2 * theta) * np.cos(2 * phi) \
        + 3 * np.sin(theta) ** 2 * np.cos(theta) * np.exp(-3j * phi)
    np.testing.assert_allclose(SPHERE.derivative(wave(theta, phi), 0), slope, atol=1e-13)
    for finer in (SPHERE.refined(2), ql.Grid((9, 8), SPHERE.bounds, SPHERE.boundary)):
        np.testing.assert_allclose(SPHERE.interpolate(wave(theta, phi), finer), wave(*finer.mesh), atol=1e-13)
    assert np.all(np.diff(SPHERE.axes[0]) > 0) and np.allclose(SPHERE.axes[0] + SPHERE.axes[0][::-1], np.pi)


def test_a_grid_is_told_from_one_with_other_boundaries():
    assert not WALL.same_as(ql.Grid(15, (1, 3))) and WALL.same_as(ql.Grid(15, (1, 3), "wall"))
    with pytest.raises(ArgumentError, match="boundaries"):
        WALL.interpolate(np.ones(15), ql.Grid(31, (1, 3)))


@pytest.mark.parametrize(("arguments", "words"), [
    ((8, (0, 1), "wall", 0.5), "twist must be 0 on axis 0"), ((8, (0, 1), "pole"), "azimuth"),
    (((8, 8), [(0, 1)] * 2, ("pole", "wall")), "azimuth"), (((8, 8), [(0, 1)] * 2, ("pole", "pole")), "azimuth"),
    (((8, 7), [(0, 1)] * 2, ("pole", "periodic")), "even"), (((8, 8), [(0, 1)] * 2, ("pole", "periodic"), (0, 0.5)), "flux"),
])
def test_boundaries_that_do_not_fit_together_are_named(arguments, words):
    with pytest.raises(ArgumentError, match=words):
        ql.Grid(*arguments)


def test_a_grid_with_poles_has_no_transform_of_all_axes():
    for call in (SPHERE.forward, SPHERE.backward, SPHERE.transform):
        with pytest.raises(UnsupportedError, match="Chebyshev"):
            call(np.ones(SPHERE.shape, dtype=complex))
