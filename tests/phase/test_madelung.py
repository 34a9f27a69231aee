"""Madelung form: velocity, quantum potential, and the two equations (6) of the theory."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.errors import ArgumentError, UnsupportedError
from qlearn.exact import GaussianPacket, MetricRing, RingPacket
from qlearn.phase import madelung


def test_gaussian_packet_in_closed_form():
    grid = ql.Grid(128, (-10, 10))
    H = ql.Hamiltonian(grid, 0.0, mass=1.3, hbar=0.7)
    x, w = grid.axes[0], 0.8
    psi = GaussianPacket(center=0.5, width=w, momentum=1.1, chirp=0.4, mass=1.3, hbar=0.7).state(x, 0)
    form = madelung(H, psi)
    near = np.abs(x - 0.5) < 3
    np.testing.assert_allclose(form.velocity[0, near], (1.1 + 0.4 * (x[near] - 0.5)) / 1.3, atol=1e-9)
    exact = -0.7**2 / 2.6 * ((x - 0.5) ** 2 / (4 * w**4) - 1 / (2 * w**2))
    np.testing.assert_allclose(form.quantum_potential[near], exact[near], atol=1e-8)
    np.testing.assert_allclose(form.density, np.abs(psi) ** 2)
    np.testing.assert_allclose(np.exp(1j * form.action / 0.7) * np.sqrt(form.density), psi, atol=1e-14)


@pytest.mark.parametrize("mass", [(1.0, 2.0), [[1.5, 0.5], [0.5, 1.0]]], ids=["axes", "matrix"])
def test_continuity_and_hamilton_jacobi_with_a_mass_matrix(mass):
    """∂_tρ = −∇(ρv) and ∂_tφ = −½vᵀMv − V − Q, with ∂_tψ = −iHψ/ħ."""
    grid = ql.Grid((40, 42), [(0, 2 * np.pi)] * 2, twist=(0.2, 0.0))
    H = ql.Hamiltonian(grid, lambda x, y: np.cos(x) + 0.3 * np.sin(x + y), mass=mass, hbar=0.9)
    x, y = grid.mesh
    psi = np.exp(0.3 * np.cos(x) + 0.2 * np.sin(y - x) + 1j * (0.2 * x + 0.5 * np.sin(x) - y))
    form, rate = madelung(H, psi), -1j / 0.9 * (H @ psi)
    flux = [(ql.Grid((40, 42), grid.bounds).derivative(form.density * form.velocity[a], a)).real for a in (0, 1)]
    np.testing.assert_allclose(2 * np.real(psi.conj() * rate), -(flux[0] + flux[1]), atol=1e-8)
    matrix = np.diag(mass) if np.ndim(mass) == 1 else np.array(mass)
    kinetic = 0.5 * np.einsum("axy,ab,bxy->xy", form.velocity, matrix, form.velocity)
    np.testing.assert_allclose(0.9 * np.imag(rate / psi), -kinetic - H.potential_table() - form.quantum_potential, atol=1e-8)


def test_a_metric_divides_the_half_density():
    ring, packet = MetricRing(0.5), RingPacket(GaussianPacket(center=2, width=0.7, momentum=2.0), 2 * np.pi)
    H = ring.hamiltonian(128)
    q = H.grid.axes[0]
    s_grid = ql.Grid(128, (0, 2 * np.pi))
    flat = madelung(ql.Hamiltonian(s_grid, 0.0), packet.state(s_grid.axes[0], 0.3))
    curved = madelung(H, ring.half_density(q, packet, 0.3))
    s = ring.proper_length(q)
    from scipy.interpolate import CubicSpline

    def at_s(values):
        return CubicSpline(s_grid.axes[0], values)(s)

    near = np.abs(s - 2.5) < 1.5
    np.testing.assert_allclose(curved.density, np.abs(packet.state(s, 0.3)) ** 2, atol=1e-12)
    np.testing.assert_allclose((curved.velocity[0] * np.sqrt(ring.metric(q)))[near], at_s(flat.velocity[0])[near], atol=1e-4)
    np.testing.assert_allclose(curved.quantum_potential[near], at_s(flat.quantum_potential)[near], atol=1e-4)


def test_where_psi_vanishes_nothing_is_invented():
    grid = ql.Grid(32, (0, 2 * np.pi))
    form = madelung(ql.Hamiltonian(grid, 0.0), np.sin(grid.axes[0]))
    assert not form.resolved[0] and not form.resolved[16] and form.resolved.sum() == 30
    assert np.isnan(form.velocity[0, 0]) and np.isnan(form.quantum_potential[16])
    np.testing.assert_allclose(form.quantum_potential[form.resolved], 0.5, atol=1e-9)


def test_a_batch_is_refused():
    grid = ql.Grid(32, (0, 1))
    with pytest.raises(ArgumentError, match="one wave function"):
        madelung(ql.Hamiltonian(grid, 0.0), np.ones((2, 32)))


def test_a_vector_potential_and_a_metric_in_two_dimensions():
    """∂_tρ√g = −∂_a(√g ρ v^a) and ∂_tφ = −½ v(∂φ − A) − V − Q, with ∂_tΦ = −iHΦ/ħ; without A in v both fail."""
    hbar, grid = 0.9, ql.Grid((40, 42), [(0, 2 * np.pi)] * 2, twist=(0.2, 0.0))

    def metric(x, y):
        return [[1.5 + 0.2 * np.cos(y), 0.3 * np.sin(x)], [0.3 * np.sin(x), 2 + np.cos(x)]]

    def field(x, y):
        return np.sin(y), 0.3 * np.cos(x)

    H = ql.Hamiltonian(grid, lambda x, y: np.cos(x), metric=metric, hbar=hbar, vector_potential=field, mass=1.2)
    x, y = grid.mesh
    psi = np.exp(0.3 * np.cos(x) + 0.2 * np.sin(y - x) + 1j * (0.2 * x + 0.5 * np.sin(x) - y))
    volume = H.root_metric**2
    form, rate = madelung(H, H.root_metric * psi), -1j / hbar * (H @ (H.root_metric * psi)) / H.root_metric
    plain = ql.Grid((40, 42), grid.bounds)
    flux = sum(plain.derivative(volume * form.density * form.velocity[a], a).real for a in (0, 1))
    np.testing.assert_allclose(2 * np.real(psi.conj() * rate) * volume, -flux, atol=1e-6)
    momentum = hbar * np.stack([0.2 + 0.5 * np.cos(x), -np.ones_like(x)]) - np.stack(field(x, y))
    kinetic = 0.5 * np.sum(momentum * form.velocity, axis=0)
    np.testing.assert_allclose(hbar * np.imag(rate / psi), -kinetic - H.potential_table() - form.quantum_potential, atol=1e-6)
    raised = np.linalg.solve(np.moveaxis(np.array([[np.broadcast_to(e, x.shape) for e in row] for row in metric(x, y)]),
                                         (0, 1), (-2, -1)), np.moveaxis(momentum, 0, -1)[..., None])[..., 0] / 1.2
    np.testing.assert_allclose(form.velocity, np.moveaxis(raised, -1, 0), atol=1e-8)


def test_a_standing_wave_between_walls_and_a_current_round_a_sphere():
    box = ql.Hamiltonian(ql.Grid(15, (0, np.pi), "wall"), 0.0)
    form = madelung(box, ql.box_state(box.grid, 2))
    assert not form.resolved[7] and np.allclose(form.quantum_potential[form.resolved], 2)
    assert np.nanmax(np.abs(form.velocity)) < 1e-12
    sphere = ql.Grid((8, 8), [(0, np.pi), (0, 2 * np.pi)], ("pole", "periodic"))
    H = ql.Hamiltonian(sphere, 0.0, metric=lambda a, b: [[1, 0], [0, np.sin(a) ** 2]])
    theta, phi = sphere.mesh
    form = madelung(H, H.root_metric * np.sin(theta) * np.exp(1j * phi))
    np.testing.assert_allclose(form.velocity[1], 1 / np.sin(theta) ** 2, rtol=1e-9)
    np.testing.assert_allclose(form.quantum_potential, 1 - 0.5 / np.sin(theta) ** 2, atol=1e-9)


def test_time_and_channels():
    grid = ql.Grid(16, (0, 2 * np.pi))
    H = ql.Hamiltonian(grid, 0.0, vector_potential=lambda t, x: t + 0 * x, time_dependent=True)
    np.testing.assert_allclose(madelung(H, ql.plane_wave(grid, 3), 1.5).velocity, 1.5, atol=1e-12)
    with pytest.raises(ArgumentError, match="depends on t"):
        madelung(H, ql.plane_wave(grid, 3))
    with pytest.raises(UnsupportedError, match="channels"):
        madelung(ql.Hamiltonian(grid, np.zeros((2, 2, 16))), np.ones((2, 16)))


def test_the_zero_state_has_no_madelung_form():
    with pytest.raises(ArgumentError, match="vanish"):
        madelung(ql.Hamiltonian(ql.Grid(8, (0, 1)), 0.0), np.zeros(8))
