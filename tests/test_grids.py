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


@pytest.mark.parametrize("boundary", ["wall", "pole"])
def test_what_is_not_offered_names_an_alternative(boundary):
    with pytest.raises(UnsupportedError, match=r"Take|use"):
        ql.Grid(8, (0, 1), boundary)
