"""Barriers, bands, the sphere and the torus against calculations that share nothing with them."""

import numpy as np
import pytest
from differences import bend, slope
from scipy.integrate import solve_ivp

from qlearn.errors import ArgumentError
from qlearn.exact import EckartBarrier, GaussianPacket, MathieuBands, MathieuRing, Sphere, SquareBarrier, TorusOfRevolution


def transmitted_share(potential, k, end, unit):
    """T(k) from the integration of ψ'' = (V/unit − k²)ψ backwards from e^{ikx} on the right, with DOP853."""
    def equation(x, y):
        return [y[1], (potential(x) / unit - k**2) * y[0]]

    value, rate = solve_ivp(equation, (end, -end), [np.exp(1j * k * end), 1j * k * np.exp(1j * k * end)], method="DOP853",
                            rtol=1e-12, atol=1e-14, max_step=0.05).y[:, -1]
    return 1 / abs((value + rate / (1j * k)) / 2) ** 2


@pytest.mark.parametrize("k", [0.4, 1.2, 2.0])
@pytest.mark.parametrize("barrier", [EckartBarrier(1.3, 0.8, mass=1.2, hbar=0.9), EckartBarrier(0.05, 0.8)], ids=["high", "low"])
def test_eckart(barrier, k):
    unit = barrier.hbar**2 / (2 * barrier.mass)
    assert barrier.transmission(k) == pytest.approx(transmitted_share(barrier.potential, k, 16.0, unit), rel=1e-8)


@pytest.mark.parametrize("k", [0.4, 1.7, 3.0])
def test_square(k):
    """Matching by the transfer matrix of three pieces; exactly at the top T = 1/(1 + (ka/2)²)."""
    barrier = SquareBarrier(1.3, 0.8, mass=1.2, hbar=0.9)
    inside, a = np.sqrt(k**2 - 2 * 1.2 * 1.3 / 0.81 + 0j), 0.8
    amplitude = 1 / (np.cos(inside * a) - 0.5j * (k / inside + inside / k) * np.sin(inside * a))
    assert barrier.transmission(k) == pytest.approx(abs(amplitude) ** 2, rel=1e-12)
    top = np.sqrt(2 * 1.2 * 1.3) / 0.9
    assert barrier.transmission(top) == pytest.approx(1 / (1 + (top * a / 2) ** 2), rel=1e-6)
    assert barrier.potential([-0.4, -0.39, 0.41]).tolist() == [0.65, 1.3, 0.0]


def test_the_transmitted_share_of_a_packet():
    """Against quad over the density in k."""
    from scipy.integrate import quad

    packet = GaussianPacket(-20.0, 2.0, momentum=2.5, mass=1.2, hbar=0.9)
    for barrier in (EckartBarrier(4.0, 0.8, 1.2, 0.9), SquareBarrier(4.0, 0.8, 1.2, 0.9)):
        def integrand(k, barrier=barrier):
            return np.exp(-8 * (k - 2.5 / 0.9) ** 2) * (8 / np.pi) ** 0.5 * barrier.transmission(k)
        assert barrier.transmitted(packet) == pytest.approx(quad(integrand, 0.5, 5.0, epsabs=1e-13, limit=200)[0], abs=1e-11)
    with pytest.raises(ArgumentError, match="wavenumbers"):
        barrier.transmitted(GaussianPacket(-20.0, 2.0, momentum=1.0))


@pytest.mark.parametrize("theta", [0.0, 0.13, 0.5, 0.8])
def test_bands_make_the_discriminant(theta):
    """Hill's discriminant 2cos 2πθ = y_1(π) + y_2'(π), by integration over one cell."""
    bands = MathieuBands(0.9, mass=0.7, hbar=1.2)
    for energy in bands.levels(theta, 5):
        def equation(x, y, energy=energy):
            factor = 2 * 0.7 / 1.44 * (0.9 * np.cos(2 * x) - energy)
            return [y[1], factor * y[0], y[3], factor * y[2]]
        end = solve_ivp(equation, (0, np.pi), [1, 0, 0, 1], method="DOP853", rtol=1e-13, atol=1e-14).y[:, -1]
        assert (end[0] + end[3]) / 2 == pytest.approx(np.cos(2 * np.pi * theta), abs=1e-10)


def test_the_ring_of_two_cells_has_both_kinds_of_levels():
    bands, ring = MathieuBands(0.9), MathieuRing(0.9)
    both = np.sort(np.concatenate([bands.levels(0.0, 5), bands.levels(0.5, 5)]))
    np.testing.assert_allclose(ring.levels(8), both[:8], atol=1e-12)
    np.testing.assert_allclose(bands.levels(0.5 - 1e-9, 4), bands.levels(0.5, 4), atol=1e-7)


@pytest.mark.parametrize(("degree", "order"), [(0, 0), (2, -1), (5, 3)])
def test_harmonics_are_eigenstates(degree, order):
    sphere, theta, phi = Sphere(radius=1.4, mass=1.2, hbar=0.9), np.linspace(0.4, 2.7, 24), 0.7

    def ylm(t):
        return sphere.harmonic(t, phi, degree, order)

    value = ylm(theta)
    laplacian = bend(ylm, theta, 0.02) + slope(ylm, theta, 0.02) / np.tan(theta) - order**2 / np.sin(theta) ** 2 * value
    applied = -0.81 / (2.4 * 1.4**2) * laplacian
    np.testing.assert_allclose(applied, sphere.energy(degree) * value, atol=1e-8)
    around = slope(lambda f: sphere.harmonic(theta, f, degree, order), phi, 0.02)
    np.testing.assert_allclose(around, 1j * order * value, atol=1e-8)


def test_harmonics_are_orthonormal():
    sphere = Sphere(radius=1.4)
    nodes, weights = np.polynomial.legendre.leggauss(20)
    theta, phi = np.meshgrid(np.arccos(nodes), 2 * np.pi * np.arange(20) / 20, indexing="ij")
    names = [(0, 0), (1, 1), (3, 1), (3, -2)]
    values = np.array([sphere.harmonic(theta, phi, l, m).ravel() for l, m in names])
    area = (weights[:, None] * np.full(20, 2 * np.pi / 20) * 1.4**2).ravel()
    np.testing.assert_allclose(values.conj() * area @ values.T, np.eye(4), atol=1e-13)
    moved = sphere.state(theta, phi, 0.8, {(0, 0): 0.6, (3, 1): 0.8j})
    assert np.sum(np.abs(moved.ravel()) ** 2 * area) == pytest.approx(1)


def test_torus_against_differences_of_the_scalar_equation():
    """−(ħ²/2m)[(1/r²f)∂(f∂χ) + ∂_φ²χ/f²] on χ = u e^{imφ}/√f, with the state evaluated anywhere."""
    torus, phi = TorusOfRevolution(2.3, 0.9, mass=1.2, hbar=0.8), 0.4
    theta = np.linspace(0, 2 * np.pi, 25)
    for j, m in ((0, 0), (1, 2), (3, -1)):
        energy = torus.modes(m)[0][j]

        def scalar(t, j=j, m=m):
            return torus.state(t, phi, 0.0, {(j, m): 1.0}) / np.sqrt(2.3 + 0.9 * np.cos(t))

        f, value = 2.3 + 0.9 * np.cos(theta), scalar(theta)
        along = (bend(scalar, theta, 0.02) - 0.9 * np.sin(theta) / f * slope(scalar, theta, 0.02)) / 0.81
        laplacian = along - m**2 / f**2 * value
        np.testing.assert_allclose(-0.64 / 2.4 * laplacian, energy * value, atol=1e-8)
    assert torus.levels(3)[0] == pytest.approx(0.0, abs=1e-12)
    assert torus.levels(3)[1] == pytest.approx(torus.levels(3)[2], rel=1e-12)
    with pytest.raises(ArgumentError, match="large"):
        TorusOfRevolution(1.5, 1.0)


def test_torus_states_are_orthonormal_and_turn():
    torus = TorusOfRevolution()
    theta, phi = np.meshgrid(*[2 * np.pi * np.arange(64) / 64] * 2, indexing="ij")
    names = [(0, 0), (1, 0), (2, 1), (0, -3)]
    values = np.array([torus.state(theta, phi, 0.0, {name: 1.0}).ravel() for name in names])
    np.testing.assert_allclose(values.conj() @ values.T * (2 * np.pi / 64) ** 2, np.eye(4), atol=1e-12)
    turned = np.exp(-0.7j * torus.modes(1)[0][2])
    np.testing.assert_allclose(torus.state(theta, phi, 0.7, {(2, 1): 1.0}).ravel(), turned * values[2], atol=1e-12)


@pytest.mark.parametrize("make", [lambda: Sphere(radius=0.0), lambda: EckartBarrier(-1.0, 1.0), lambda: SquareBarrier(1.0, 0.0)])
def test_bad_parameters_are_refused(make):
    with pytest.raises(ArgumentError):
        make()
