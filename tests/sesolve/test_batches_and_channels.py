"""Batches of ψ0 against batches of V, coupled channels, walls and spheres: shapes, numbers, looks at the grid."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.errors import AccuracyWarning, ArgumentError
from qlearn.observables import mode_powers, spectral_tail

GRID = ql.Grid(64, (-8, 8))
X = GRID.axes[0]
PSI = ql.gaussian(GRID, center=1, width=0.6)
OTHER = ql.gaussian(GRID, center=-1, width=0.7, momentum=1)
SPRINGS = np.array([0.5, 1.0, 1.7])


def test_a_batch_of_potentials_and_of_states():
    family = ql.Hamiltonian(GRID, SPRINGS[:, None] * X**2 / 2)
    options = {"e_ops": [X, family], "method": ql.RKN6(dt=0.02), "tol": 1e-6}
    one = ql.sesolve(family, PSI, [0, 0.5, 1.0], **options)
    both = ql.sesolve(family, np.stack([PSI, OTHER])[:, None], [0, 0.5, 1.0], **options)
    assert one.final_state.shape == (3, 64) and both.final_state.shape == (2, 3, 64)
    assert one.expect[0].shape == (3, 3) and both.expect[1].shape == (3, 2, 3)
    for i, spring in enumerate(SPRINGS):
        H = ql.Hamiltonian(GRID, spring * X**2 / 2)
        alone = ql.sesolve(H, OTHER, [0, 0.5, 1.0], e_ops=[X, H], method=ql.RKN6(dt=0.02), tol=1e-6)
        np.testing.assert_allclose(both.final_state[1, i], alone.final_state, atol=1e-12)
        np.testing.assert_allclose(both.expect[1][:, 1, i], alone.expect[1], atol=1e-12)
    assert abs(both.stats["energy_drift"]) < 1e-6
    with pytest.raises(ArgumentError, match="batch axes"):
        ql.sesolve(family, np.stack([PSI, OTHER]), [0, 1.0])


def test_channels_and_what_is_measured_on_them():
    """Two uncoupled oscillators that turn into each other at a constant rate: ⟨σ_z⟩ = cos 2Ωt, the density as in one."""
    omega, well = 0.8, X**2 / 2
    unit = np.ones_like(X)
    V = np.array([[well, omega * unit], [omega * unit, well]])
    H = ql.Hamiltonian(GRID, V)
    psi = np.stack([PSI, 0 * PSI])
    sigma_z, sigma_y = np.diag([1.0, -1.0]), np.array([[0, -1j], [1j, 0]])
    result = ql.sesolve(H, psi, np.linspace(0, 1, 5), tol=1e-8, e_ops={
        "x": X, "z": sigma_z, "y": sigma_y, "xz": X * sigma_z[..., None], "raise": np.array([[0, 1], [0, 0]]),
        "own": lambda t, psi: GRID.norm(psi)})
    t = result.times
    scalar = ql.sesolve(ql.Hamiltonian(GRID, well), PSI, t, e_ops=[X], tol=1e-8)
    np.testing.assert_allclose(result.e_data["x"], scalar.expect[0], atol=1e-7)
    np.testing.assert_allclose(result.e_data["z"], np.cos(2 * omega * t), atol=1e-7)
    np.testing.assert_allclose(result.e_data["y"], -np.sin(2 * omega * t), atol=1e-7)
    np.testing.assert_allclose(result.e_data["xz"], np.cos(2 * omega * t) * scalar.expect[0], atol=1e-7)
    assert result.e_data["raise"].dtype == complex and result.e_data["z"].dtype == float
    assert result.e_data["own"].shape == (5, 2) and abs(result.stats["energy_drift"]) < 1e-7
    with pytest.raises(ArgumentError, match=r"matrix of shape \(2, 2\)"):
        ql.sesolve(H, psi, t, e_ops=[np.eye(3)])


def test_what_an_absorber_takes_is_told_and_is_no_drift_of_energy():
    grid = ql.Grid(128, (-8, 8))
    H = ql.Hamiltonian(grid, 0.0, absorber=lambda x: 3 * np.maximum(0, np.abs(x) - 4) ** 2)
    packet = ql.gaussian(grid, center=0, width=0.6, momentum=4.0)
    result = ql.sesolve(H, np.stack([packet, 2 * packet]), [0, 3.0], method=ql.Lanczos(), tol=1e-6)
    assert np.all(result.stats["absorbed"] > 0.9) and result.stats["absorbed"].shape == (2,)
    np.testing.assert_allclose(1 - result.stats["absorbed"], (grid.norm(result.final_state) / grid.norm(result.states[0])) ** 2)
    assert result.stats["energy_drift"] is None
    assert np.all(result.stats["reflection"] > 0) and np.all(result.stats["reflection"] < 0.05)
    assert ql.sesolve(ql.Hamiltonian(grid, 0.0), packet, [0, 0.1]).stats["reflection"] is None


def test_density_at_a_wall_is_no_warning_and_its_modes_are_watched():
    grid = ql.Grid(63, (0, 2), "wall")
    x = grid.axes[0]
    box = ql.Hamiltonian(grid, 0.0)
    ground = np.sin(np.pi * x / 2).astype(complex)
    result = ql.sesolve(box, ground, [0, 1.0])
    assert result.stats["edge_density"] == 0 and result.stats["spectral_tail"] < 1e-20
    kinked = np.where(x < 1, x, 2 - x)
    with pytest.warns(AccuracyWarning, match="too coarse"):
        result = ql.sesolve(box, kinked, [0, 0.1])
    k = grid.wavenumbers[0]
    outer = k >= 0.9 * np.pi / grid.spacing[0]
    share = np.sum(1 / k[outer & (np.arange(63) % 2 == 0)] ** 4) / np.sum(1 / k[::2] ** 4)
    assert 0.3 * share < result.stats["spectral_tail"] < 10 * share  # what lies beyond is folded back


def test_the_modes_of_a_sphere_fall_off_for_what_is_smooth_there():
    """Y_l^m of any m has no power beyond l; a kink in θ has. Parseval holds."""
    from scipy.special import sph_harm_y

    grid = ql.Grid((24, 32), [(0, np.pi), (0, 2 * np.pi)], ("pole", "periodic"))
    H = ql.Hamiltonian(grid, 0.0, metric=lambda theta, phi: np.array([[theta**0, 0 * theta], [0 * theta, np.sin(theta) ** 2]]))
    theta, phi = grid.mesh
    smooth = sum(c * sph_harm_y(n, m, theta, phi) for n, m, c in [(3, 2, 1.0), (7, -5, 0.4j), (8, 1, 0.3), (5, 0, 0.2)])
    state = smooth * H.root_metric
    assert spectral_tail(grid, state) < 1e-25
    np.testing.assert_allclose(np.sum(mode_powers(grid, state)), grid.shape[1] * np.sum(np.abs(state) ** 2), rtol=1e-12)
    assert spectral_tail(grid, np.abs(np.cos(theta)) * H.root_metric) > 1e-7
    result = ql.sesolve(H, sph_harm_y(3, 2, theta, phi) * H.root_metric, [0, 0.5], tol=1e-8)
    exact = np.exp(-1j * 6 * 0.5) * sph_harm_y(3, 2, theta, phi) * H.root_metric
    assert grid.norm(result.final_state - exact) < 1e-8 and result.stats["spectral_tail"] < 1e-20


def test_looks_are_few():
    H = ql.Hamiltonian(GRID, X**2 / 2)
    few, many = (ql.sesolve(H, PSI, np.linspace(0, 5, n), method=ql.RKN6(dt=0.05)) for n in (2, 51))
    assert few.stats["steps"] * 22 + 2 <= few.stats["ffts"]
    assert many.stats["steps"] == few.stats["steps"] and many.stats["ffts"] - few.stats["ffts"] < 0.02 * few.stats["ffts"]
