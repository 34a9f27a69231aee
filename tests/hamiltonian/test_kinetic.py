"""The Laplace–Beltrami operator of a ring: one zero mode, spectral convergence, the change of coordinate."""

from itertools import pairwise

import numpy as np
import pytest

import qlearn as ql
from qlearn.errors import UnsupportedError
from qlearn.exact import GaussianPacket, MathieuRing, MetricRing, RingPacket

RING = MetricRing(0.5)


@pytest.mark.parametrize("points", [32, 33, 64, 65])
def test_there_is_one_zero_mode_on_even_and_odd_grids(points):
    H = RING.hamiltonian(points)
    levels = np.linalg.eigvalsh(H.to_matrix())
    assert np.sum(np.abs(levels) < 1e-9) == 1 and levels[1] > 0.4
    root = RING.metric(H.grid.axes[0]) ** 0.25
    assert np.max(np.abs(H @ root)) < 1e-11


def test_an_unstaggered_even_grid_has_a_spurious_second_zero_mode():
    """Negative control: what the half-shifted inner derivative avoids."""
    grid = ql.Grid(32, (0, 2 * np.pi))
    quarter = RING.metric(grid.axes[0]) ** -0.25
    D = np.array([grid.derivative(row).real for row in np.eye(32)]).T
    Q = np.diag(quarter) @ D @ np.diag(quarter)
    levels = np.linalg.eigvalsh(Q.T @ Q)
    assert np.sum(np.abs(levels) < 1e-9) == 2


def test_convergence_is_spectral():
    exact = MathieuRing(1.0).levels(6)
    errors = [np.max(np.abs(np.linalg.eigvalsh(RING.hamiltonian(n, 1.0).to_matrix())[:6] - exact))
              for n in (16, 24, 32, 48, 64)]
    assert errors[0] > 1e-4 and errors[-1] < 1e-11
    assert all(b < a / 10 or b < 1e-11 for a, b in pairwise(errors))


def test_motion_agrees_with_the_proper_length():
    packet = RingPacket(GaussianPacket(center=2, width=0.4, momentum=2.0, mass=1.3, hbar=0.9), 2 * np.pi)
    H = RING.hamiltonian(96, mass=1.3, hbar=0.9)
    q = H.grid.axes[0]
    final = ql.sesolve(H, RING.half_density(q, packet, 0), [0, 1.5], method=ql.Dense()).final_state
    assert H.grid.norm(final - RING.half_density(q, packet, 1.5)) < 1e-11


def test_a_twisted_metric_ring_has_the_free_levels_of_its_proper_length():
    grid = ql.Grid(64, (0, 2 * np.pi), twist=0.3)
    levels = np.linalg.eigvalsh(ql.Hamiltonian(grid, 0.0, metric=RING.metric).to_matrix())[:5]
    assert np.max(np.abs(levels - np.sort((np.arange(-5, 6) + 0.3) ** 2 / 2)[:5])) < 1e-11


@pytest.mark.parametrize("method", [ql.Gradient6(), ql.Chin4()], ids=["Gradient6", "Chin4"])
def test_a_splitting_with_gradients_refuses_a_metric_and_says_what_to_do(method):
    H = RING.hamiltonian(32)
    with pytest.raises(UnsupportedError, match="Chebyshev"):
        ql.sesolve(H, np.ones(32), [0, 1], method=method)
