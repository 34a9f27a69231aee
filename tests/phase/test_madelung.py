"""Madelung form: velocity, quantum potential, and the two equations (6) of the theory."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.errors import ArgumentError
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
