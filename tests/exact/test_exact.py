"""The exact problems obey their equations: checked by differences in time, without any solver of the package."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.errors import ArgumentError
from qlearn.exact import DrivenOscillator, GaussianPacket, MathieuRing, MetricRing, RingPacket, TwistedRing

LINE = ql.Grid(192, (-12, 12))
STENCIL = np.array([-1 / 280, 4 / 105, -1 / 5, 4 / 5])  # eighth-order first derivative


def slope(state, t, h=0.01):
    return sum(c * (state(t + (4 - j) * h) - state(t - (4 - j) * h)) for j, c in enumerate(STENCIL)) / h


PROBLEMS = {
    "free": GaussianPacket(center=-1, width=0.9, momentum=0.8, chirp=0.3, mass=1.3, hbar=0.8),
    "coherent": GaussianPacket(center=1, width=0.5**0.5, omega=1.0),
    "squeezed": GaussianPacket(center=1, width=0.5, momentum=0.7, chirp=-0.4, omega=1.3, mass=1.2, hbar=0.9),
    "driven": DrivenOscillator(center=0.5, width=0.6, momentum=-0.4, chirp=0.2, omega=1.1, force=0.8, drive=2.3, mass=1.2,
                               hbar=0.9),
    "driven statically": DrivenOscillator(center=0.5, width=0.6, omega=1.1, force=0.8, drive=0.0),
}


@pytest.mark.parametrize("t", [-2.5, 0.0, 0.4, 2.9, 3.2, 7.7])
@pytest.mark.parametrize("name", PROBLEMS)
def test_packets_obey_the_schrodinger_equation(name, t):
    wide = ql.Grid(768, (-50, 50)) if name == "free" else LINE
    problem, x = PROBLEMS[name], wide.axes[0]
    H = problem.hamiltonian(wide).at(t)
    residual = 1j * problem.hbar * slope(lambda s: problem.state(x, s), t) - H @ problem.state(x, t)
    assert wide.norm(problem.state(x, t)) == pytest.approx(1, abs=1e-9)
    assert wide.norm(residual) < 1e-7 * wide.norm(H @ problem.state(x, t))


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_phase_is_continuous(name):
    """Half a turn too few or too many in Z^{1/2} would be a jump of the sign, which a slope in time can miss."""
    states = np.array([PROBLEMS[name].state(LINE.axes[0], t) for t in np.arange(-7, 7, 0.02)])
    steps = LINE.norm(np.diff(states, axis=0))
    assert np.max(steps) < 0.2


def test_the_packet_starts_as_ql_gaussian():
    packet = PROBLEMS["free"]
    plain = GaussianPacket(packet.center, packet.width, packet.momentum, mass=1.3, hbar=0.8)
    psi = ql.gaussian(LINE, center=packet.center, width=packet.width, momentum=packet.momentum, hbar=0.8)
    assert LINE.norm(plain.state(LINE.axes[0], 0) - psi) < 1e-13
    assert plain.spread(0) == pytest.approx(0.9)


@pytest.mark.parametrize("theta", [0.0, 0.4, -0.5])
def test_the_ring_packet_obeys_its_twist_and_equation(theta):
    ring = RingPacket(GaussianPacket(center=6.0, width=0.6, momentum=1.1), 2 * np.pi, theta)
    grid = ql.Grid(96, (0, 2 * np.pi), twist=theta)
    x = np.array([0.3, 1.0])
    np.testing.assert_allclose(ring.state(x + 2 * np.pi, 1.2), np.exp(2j * np.pi * theta) * ring.state(x, 1.2), atol=1e-12)
    H = ring.hamiltonian(grid)
    residual = 1j * slope(lambda s: ring.state(grid.axes[0], s), 1.2) - H @ ring.state(grid.axes[0], 1.2)
    assert grid.norm(residual) < 1e-7


def test_twisted_levels_and_waves():
    ring = TwistedRing(3.0, 0.3, mass=1.4, hbar=0.7)
    H = ring.hamiltonian(16)
    x = H.grid.axes[0]
    for n in (-3, 0, 2):
        np.testing.assert_allclose(H @ ring.state(x, n, 0.8), ring.energy(n) * ring.state(x, n, 0.8), atol=1e-11)
    np.testing.assert_allclose(ring.levels(3), sorted(ring.energy(n) for n in (0, -1, 1)), rtol=1e-14)


def test_mathieu_levels_by_a_fourier_matrix():
    """Against the matrix of −½ħ²∂²/m + v cos 2x in exp(inx), written out here."""
    ring, n = MathieuRing(2.0, mass=0.7, hbar=1.2), np.arange(-40, 41)
    matrix = np.diag(1.2**2 * n**2 / 1.4) + np.diag(np.ones(79), 2) + np.diag(np.ones(79), -2)
    np.testing.assert_allclose(ring.levels(9), np.linalg.eigvalsh(matrix)[:9], atol=1e-11)


def test_the_proper_length_of_the_metric_ring():
    ring, q = MetricRing(0.6), np.linspace(0, 2 * np.pi, 7)
    numeric = (ring.proper_length(q + 1e-6) - ring.proper_length(q - 1e-6)) / 2e-6
    np.testing.assert_allclose(numeric**2, ring.metric(q), rtol=1e-8)


@pytest.mark.parametrize("make", [
    lambda: GaussianPacket(0, -1), lambda: GaussianPacket(0, 1, mass=0), lambda: GaussianPacket(np.nan, 1),
    lambda: DrivenOscillator(0, 1, omega=1, force=1, drive=1), lambda: RingPacket(GaussianPacket(0, 1, omega=1), 6.0),
    lambda: MetricRing(1.0),
])
def test_bad_parameters_are_refused(make):
    with pytest.raises(ArgumentError):
        make()
