"""What there is of a state in place and wavenumber together: how far its packets correlate the two, and its highest energy."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.methods.presence import Presence

GRID = ql.Grid(1024, (-40, 40))
X = GRID.axes[0]
FAINT = 1e-6
REACH = np.sqrt(-2 * np.log(FAINT))  # of |ψ| = exp(−x²/2) down to FAINT


def packet(center=0.0, momentum=0.0, chirp=0.0):
    """exp(−y²/2) at most, so that u = (y/REACH)², and v = (k/REACH)² without a chirp."""
    return np.exp((-1 + 1j * chirp) * (X - center) ** 2 / 2 + 1j * momentum * X)


def presence(psi, grid=GRID, faint=FAINT):
    return Presence(grid, psi, grid.forward(grid.to_periodic(psi)), faint)


def both(found, V, T):
    """V + T and what bumps make of it, the same of both forms."""
    compiled = found.highest(V, T)
    with ql.phase_backend("numpy"):
        assert found.highest(V, T) == pytest.approx(compiled, rel=1e-9)
    return compiled


def highest(found, V, T):
    plain, bumpy = both(found, V, T)
    assert bumpy == pytest.approx(plain, rel=1e-6)  # nothing here has bumps
    return plain


def test_where_v_has_bumps_within_a_packet_its_energy_is_more():
    """cos(κx) at x + iy is cosh(κy) cos(κx) − …, at the y at which exp(−k²/2) falls off: y = k at most REACH. A well that is
    wider than the packet and bends up, or bumps of which there is none within it, add nothing."""
    T, kappa = GRID.wavenumbers[0] ** 2 / 2, 0.4
    plain, bumpy = both(presence(packet()), -np.cos(kappa * X), T)
    assert REACH**2 / 2 - 1.5 < plain < REACH**2 / 2 + 1
    most = np.cosh(kappa * REACH) - 1
    assert 0.5 * most < bumpy - plain < 1.5 * most
    highest(presence(packet()), X**2 / 5 + X**4 / 100, T)
    highest(presence(packet(20.0)), 10.0 * np.exp(-X**2) + X**2, T)


def test_a_lattice_is_given_a_window_that_holds_it(monkeypatch):
    """A trap with a lattice, whose waves have more energy than V + T; the control, without its bumps, leaves its window."""
    H = ql.Hamiltonian(GRID, lambda x: 0.1 * x**2 + 4 * np.cos(2 * x))
    psi = ql.gaussian(GRID, center=1.0, momentum=1.0, width=0.9)
    found, whole = (ql.sesolve(H, psi, [0, 3.0], tol=1e-6, window=window) for window in (None, False))
    assert found.stats["windows_left"] == 0 and found.stats["grid"][0] < 0.75 * GRID.size
    assert GRID.norm(found.final_state - whole.final_state) < 1e-6
    monkeypatch.setattr("qlearn.methods.extents.BUMPY", 1.0)
    assert ql.sesolve(H, psi, [0, 3.0], tol=1e-6).stats["windows_left"] > 0


@pytest.mark.parametrize(("center", "momentum"), [(0.0, 0.0), (3.0, 0.0), (-2.0, 4.0), (1.5, -3.0)])
def test_the_highest_energy_of_a_coherent_state_is_that_of_the_rim_of_its_ellipse(center, momentum):
    """Where V + T = (x² + k²)/2 that is a circle round (center, momentum), of radius REACH, whose farthest point counts."""
    found = highest(presence(packet(center, momentum)), X**2 / 2, GRID.wavenumbers[0] ** 2 / 2)
    radius = np.hypot(center, momentum) + REACH
    steps = np.hypot(GRID.spacing[0], 2 * np.pi / GRID.lengths[0])
    assert radius - steps < np.sqrt(2 * found) <= radius


def test_members_of_a_batch_count_together():
    V, T = X**2 / 2, GRID.wavenumbers[0] ** 2 / 2
    batch = np.stack([packet(3.0), 1e-3 * packet(-2.0, 4.0), 0 * X])
    together = highest(presence(batch), V, T)
    assert together >= max(highest(presence(psi), V, T) for psi in batch[:2])


@pytest.mark.parametrize("chirp", [0.0, 0.5, -2.0])
def test_the_level_of_a_gaussian_is_one_and_its_correlation(chirp):
    """⟨xk⟩ of two variables that are normal is √(1 − 1/c²) of their extents."""
    level = presence(packet(1.0, 2.0, chirp)).level
    assert abs(level - 1 - abs(chirp) / np.hypot(1, chirp)) < 0.02
    assert chirp or level == 1


def test_the_level_of_two_far_packets_is_near_two():
    assert 1.97 < presence(packet(8.0, 8.0) + packet(-8.0, -8.0)).level < 2


@pytest.mark.parametrize("chirp", [0.5, -2.0])
def test_of_a_chirped_packet_nothing_is_forgotten(chirp):
    """Its ellipse is a slanted one: in a V that is steep along it there is no lower energy than on its rim."""
    angles = np.linspace(0, 2 * np.pi, 400)
    y, z = REACH * np.cos(angles), REACH * (np.sin(angles) + chirp * np.cos(angles))
    found = highest(presence(packet(0.0, 0.0, chirp)), X**2 / 2, GRID.wavenumbers[0] ** 2 / 2)
    assert found > 0.98 * np.max(y**2 + z**2) / 2


def test_what_is_far_apart_is_taken_together():
    """Two packets, one fast where V is low, the other at rest where V is high: any place may have any wavenumber."""
    V, T = np.where(X > 0, 30.0, 0.0), GRID.wavenumbers[0] ** 2 / 2
    found = highest(presence(packet(12.0) + packet(-12.0, 9.0)), V, T)
    assert found > 30 + 9**2 / 2


def test_two_dimensions():
    """The product of two coherent states, on a sphere in four dimensions."""
    grid = ql.Grid((192, 160), [(-15, 15), (-13, 13)])
    x, y = grid.mesh
    psi = np.exp(-((x - 2) ** 2) / 2 - (y + 1) ** 2 / 2 + 2j * y)
    kx, ky = np.meshgrid(*grid.wavenumbers, indexing="ij")
    found = presence(psi, grid)
    assert found.level == 1
    reached = np.sqrt(2 * found.highest((x**2 + y**2) / 2, (kx**2 + ky**2) / 2)[0])
    assert abs(reached - 3 - REACH) < 0.2


def test_a_ring_with_a_twist_and_an_odd_number_of_points():
    """Its wavenumbers are no multiples of 2π/L, and there is one more of one sign."""
    grid = ql.Grid(255, (-10, 10), twist=2.9)
    psi = np.exp(-((grid.axes[0] - 1) ** 2) / 2 + 3j * grid.axes[0])
    found = highest(presence(psi, grid), grid.axes[0] ** 2 / 2, grid.wavenumbers[0] ** 2 / 2)
    assert abs(np.sqrt(2 * found) - np.sqrt(10) - REACH) < 0.4
