"""Learners guided by a solved wave on a sphere, a packet that moves over the north pole, against its exact spherical harmonics.

False alarms: χ² tests at 1e-4 each, three of them.
"""

import math

import numpy as np
import pytest
from scipy.special import lpmv
from scipy.stats import chi2

import qlearn as ql
from qlearn.errors import UnsupportedError

LEARNERS, DEGREES = 12_000, 12
TIMES = np.linspace(0, 0.3, 16)
SYSTEM = ql.LearningSystem("theta phi", potential="0", learning_rate=1, temperature=0.5, metric=["1", "sin(theta)**2"],
                           periods=[None, "2*pi"])


def start(theta, phi):
    """At 0.5 from the pole, with the velocity 2.5 towards it."""
    x, z = np.sin(theta) * np.cos(phi), np.cos(theta)
    return np.exp(3 * (np.sin(0.5) * x + np.cos(0.5) * z - 1) - 2.5j * x)


def harmonic(degree, m, x, phi):
    size = math.sqrt((2 * degree + 1) / (4 * math.pi) * math.factorial(degree - abs(m)) / math.factorial(degree + abs(m)))
    return size * lpmv(abs(m), degree, x) * np.exp(1j * m * phi)


def masses(t, cells=(10, 8), fine=(16, 16)):
    """The probability of equal cells in (cos θ, φ) by midpoints, of Σ c_lm Y_lm exp(−i l(l + 1)t/2)."""
    nodes, weights = np.polynomial.legendre.leggauss(40)
    phi = 2 * np.pi * np.arange(40) / 40
    values = start(np.arccos(nodes)[:, None], phi)
    x, angle = ((np.arange(n) + 0.5) / n for n in (cells[0] * fine[0], cells[1] * fine[1]))
    psi = np.zeros((x.size, angle.size), complex)
    for degree in range(DEGREES):
        for m in range(-degree, degree + 1):
            c = np.sum(weights[:, None] * values * harmonic(degree, m, nodes[:, None], phi).conj()) * 2 * np.pi / 40
            psi += c * np.exp(-0.5j * degree * (degree + 1) * t) * harmonic(degree, m, 2 * x[:, None] - 1, 2 * np.pi * angle)
    found = (np.abs(psi)**2).reshape(cells[0], fine[0], cells[1], fine[1]).sum(axis=(1, 3))
    return found / found.sum()


def p_value(q, t):
    """χ², cells with fewer than 8 learners expected taken together."""
    expected = masses(t) * len(q)
    edges = [np.linspace(-1, 1, 11), np.linspace(0, 2 * np.pi, 9)]
    counts = np.histogram2d(np.cos(q[:, 0]), np.mod(q[:, 1], 2 * np.pi), bins=edges)[0]
    many = expected >= 8
    e, n = np.append(expected[many], expected[~many].sum()), np.append(counts[many], counts[~many].sum())
    return chi2.sf(np.sum((n - e)**2 / e), e.size - 1)


@pytest.fixture(scope="module")
def wave():
    grid = ql.Grid((24, 24), [(0, np.pi), (0, 2 * np.pi)], ("pole", "periodic"))
    H = ql.Hamiltonian(grid, 0 * grid.mesh[0], metric=lambda theta, phi: [[1 + 0 * theta, 0], [0, np.sin(theta)**2]])
    psi = start(*grid.mesh) * H.root_metric
    return ql.sesolve(H, psi / grid.norm(psi), TIMES, tol=1e-6, method=ql.Lanczos())


def test_learners_follow_a_packet_over_the_pole(wave):
    run = ql.simulate(SYSTEM, None, [0.0, 0.15, 0.3], kind="guided", learners=LEARNERS, seed=3, field=wave, dt=0.005)
    assert min(p_value(run.positions[i], t) for i, t in enumerate(run.times)) > 1e-4
    assert p_value(run.positions[0], 0.15) < 1e-12                     # the packet moves
    assert run.stats["field_space_error"] < 1e-5 and run.stats["limited_share"] < 1e-3


def test_elsewhere_between_poles_a_start_is_needed(wave):
    stretched = ql.LearningSystem("theta phi", potential="0", learning_rate=1, temperature=0.5, periods=[None, "2*pi"],
                                  metric=["1 + sin(theta)**2/5", "sin(theta)**2"])
    H = ql.Hamiltonian(wave.hamiltonian.grid, 0 * wave.hamiltonian.grid.mesh[0],
                       metric=lambda theta, phi: [[1 + np.sin(theta)**2 / 5, 0], [0, np.sin(theta)**2]])
    psi = start(*wave.hamiltonian.grid.mesh) * H.root_metric
    result = ql.sesolve(H, psi / H.grid.norm(psi), [0.0, 0.01], tol=1e-4, method=ql.Lanczos())
    with pytest.raises(UnsupportedError, match="give start positions"):
        ql.simulate(stretched, None, [0.0, 0.01], kind="guided", learners=10, seed=0, field=result)
