"""Absorber: its table, R and T against two independent solutions and a packet, its strength, the share of a state."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import solve_ivp
from scipy.linalg import solve_banded

import qlearn as ql
from qlearn.errors import ArgumentError
from qlearn.hamiltonian import reflected_share

GRID = ql.Grid(256, (-30, 30))


def by_ode(layer, energy, wall, mass=1.0, hbar=1.0):
    """(R, T) by an ordinary differential equation solver."""
    k, length = np.sqrt(2 * mass * energy) / hbar, layer.width * (1 if wall else 2)

    def slope(x, y):
        w = layer.strength * np.sin(np.pi * x / (2 * layer.width)) ** layer.order
        return [y[1], -2 * mass / hbar**2 * (energy + 1j * w) * y[0]]

    start = [0j, 1 + 0j] if wall else [1 + 0j, 1j * k]
    psi, change = solve_ivp(slope, (length, 0), start, method="DOP853", rtol=1e-12, atol=1e-14).y[:, -1]
    a, b = (psi + change / (1j * k)) / 2, (psi - change / (1j * k)) / 2
    return abs(b / a) ** 2, 0.0 if wall else 1 / abs(a) ** 2


def by_differences(layer, energy, count):
    """(R, T) by second-order finite differences with transparent ends, extrapolated in the step."""
    h = 2 * layer.width / count
    x = h * np.arange(-1, count + 2)
    w = np.where((x > 0) & (x < 2 * layer.width), layer.strength * np.sin(np.pi * x / (2 * layer.width)) ** layer.order, 0)
    k = np.arccos(1 - energy * h * h) / h
    bands = np.zeros((3, x.size), complex)
    bands[0, 1:], bands[2, :-1] = -0.5 / h**2, -0.5 / h**2
    bands[1] = 1 / h**2 - 1j * w - energy
    right = np.zeros(x.size, complex)
    bands[1, 0], bands[0, 1], right[0] = 1, -np.exp(1j * k * h), 1 - np.exp(2j * k * h)       # incoming wave 1 at x = −h
    bands[1, -1], bands[2, -2] = 1, -np.exp(1j * k * h)                                         # outgoing only
    psi = solve_banded((1, 1), bands, right)
    return abs(psi[0] - 1) ** 2, abs(psi[-1]) ** 2


@pytest.mark.parametrize("order", [1, 3, 4])
@pytest.mark.parametrize("wall", [False, True], ids=["ring", "wall"])
def test_reflection_agrees_with_an_ode_solver(order, wall):
    layer = ql.Absorber(4.0, 3.0, order)
    energies = [0.1, 0.5, 2.0, 8.0, 50.0]
    found = layer.reflection(energies, mass=0.8, hbar=0.9, boundary="wall" if wall else "periodic")
    expected = np.array([by_ode(layer, energy, wall, 0.8, 0.9) for energy in energies])
    assert_allclose(found.reflected, expected[:, 0], atol=1e-10, rtol=1e-5)
    assert_allclose(found.transmitted, expected[:, 1], atol=1e-10, rtol=1e-7)
    assert_allclose(np.asarray(found), found.reflected + found.transmitted)


def test_reflection_agrees_with_finite_differences():
    layer, energy = ql.Absorber(3.0, 2.0), 0.7
    coarse, fine = (np.sqrt(by_differences(layer, energy, n)) for n in (4000, 8000))
    found = layer.reflection(energy)
    expected = (fine + (fine - coarse) / 3) ** 2
    assert_allclose([found.reflected[0], found.transmitted[0]], expected, rtol=1e-5)
    assert found.reflected[0] > 1e-4 and found.transmitted[0] > 1e-6


def test_a_strong_layer_and_slow_waves_stay_finite():
    found = ql.Absorber(20.0, 1e3).reflection([1e-6, 1e-3, 1.0, 100.0])
    assert np.all(np.isfinite(found.returned)) and found.returned[0] > 0.99 and np.all(found.transmitted == 0)
    assert ql.Absorber(1.0, 1.0).reflection(1e-12).returned[0] > 0.9999


@pytest.mark.parametrize("strength", [0.3, 4.0], ids=["lets through", "reflects"])
def test_what_comes_back_of_a_slow_packet_is_the_share(strength):
    """The packet meets the layer once; what is outside it then, all of it returned, is the share computed beforehand."""
    layer, grid = ql.Absorber(6.0, strength), ql.Grid(256, (-60, 60))
    H = ql.Hamiltonian(grid, 0.0, absorber=layer)
    psi = ql.gaussian(grid, center=30.0, width=4.0, momentum=1.2)
    last = ql.sesolve(H, psi, [0, 65.0], method=ql.Dense()).final_state
    left = float(H.norm(last) ** 2)
    assert left > 1e-4
    assert float(reflected_share(H, psi)) == pytest.approx(left, rel=0.002)


def test_the_share_knows_tables_walls_batches_and_channels():
    layer, psi = ql.Absorber(8.0, 3.0), ql.gaussian(GRID, center=0, width=2.0, momentum=2.0)
    H = ql.Hamiltonian(GRID, 0.0, absorber=layer)
    share = float(reflected_share(H, psi))
    assert 1e-7 < share < 1e-5
    for other in (ql.Hamiltonian(GRID, 0.0, absorber=layer.table(GRID)), ql.Hamiltonian(GRID, -1j * layer.table(GRID))):
        assert float(reflected_share(other, psi)) == pytest.approx(share, rel=1e-3)
    walls = ql.Grid(255, (-30, 30), "wall")
    inside = ql.gaussian(GRID, center=0, width=2.0, momentum=2.0)[1:]
    between = [float(reflected_share(ql.Hamiltonian(walls, 0.0, absorber=w), inside)) for w in (layer, layer.table(walls))]
    assert between[0] == pytest.approx(between[1], rel=1e-3) and between[0] == pytest.approx(share, rel=0.05)
    batch = np.stack([psi, ql.gaussian(GRID, center=0, width=2.0, momentum=1.0)])
    assert_allclose(reflected_share(H, batch)[0], share, rtol=1e-2)
    assert reflected_share(H, batch)[1] > 100 * share
    pair = ql.Hamiltonian(GRID, np.zeros((2, 2, 256)), absorber=layer)
    assert_allclose(reflected_share(pair, batch / np.sqrt(2)), np.mean(reflected_share(H, batch)), rtol=1e-2)
    table = ql.Hamiltonian(GRID, np.zeros((2, 2, 256)), absorber=layer.table(GRID))
    assert_allclose(reflected_share(table, batch), reflected_share(pair, batch), rtol=1e-2)
    one = ql.Hamiltonian(GRID, np.zeros((2, 2, 256)), absorber=lambda x: layer.table(GRID) * np.diag([1, 0])[:, :, None])
    assert reflected_share(one, batch) is None


def test_an_absorber_of_channels_is_the_loss_of_a_complex_potential():
    """Also beside a loss of V, in a batch, and on another grid."""
    def v(x):
        return np.array([[x**2 / 2, 0.3 + 0 * x], [0.3 + 0 * x, 0 * x]])

    def w(x):
        return np.array([[0.2 + 0 * x, 0.1j * x], [-0.1j * x, x**2]])
    given = ql.Hamiltonian(GRID, v, absorber=w)
    in_v = ql.Hamiltonian(GRID, lambda x: v(x) - 1j * w(x))
    assert_allclose(given.optical_potential(), in_v.optical_potential(), atol=1e-12)
    twice = ql.Hamiltonian(GRID, lambda x: v(x) - 1j * w(x), absorber=w)
    assert_allclose(twice.loss_table(), 2 * given.loss_table(), atol=1e-12)
    assert_allclose(given.refined().loss_table()[..., ::2], given.loss_table(), atol=1e-12)
    strengths = np.array([0.5, 1.0, 2.0])
    batch = ql.Hamiltonian(GRID, v, absorber=np.multiply.outer(strengths, w(GRID.axes[0])))
    assert batch.batch_shape == (3,)
    assert_allclose(batch.optical_potential()[1], given.optical_potential(), atol=1e-12)
    everywhere = ql.Hamiltonian(GRID, v, absorber=0.3 * np.ones((5, 256)))
    assert everywhere.batch_shape == (5,) and everywhere.loss_table().shape == (5, 2, 2, 256)


def test_the_share_in_two_dimensions_weighs_the_axes_by_their_velocities():
    plane = ql.Grid((64, 64), [(-30, 30)] * 2)
    layer = ql.Absorber(12.0, 2.0)
    fast = ql.plane_wave(plane, (20, 0))
    line = ql.Hamiltonian(ql.Grid(64, (-30, 30)), 0.0, absorber=layer)
    share = reflected_share(ql.Hamiltonian(plane, 0.0, absorber=layer), fast)
    assert_allclose(share, reflected_share(line, ql.plane_wave(line.grid, 20)), rtol=1e-9)
    assert reflected_share(ql.Hamiltonian(plane, 0.0, absorber=lambda x, y: x**2), fast) is None


def test_no_share_where_no_profile_is_known():
    psi = ql.gaussian(GRID, center=0, width=2.0)
    for options in ({}, {"absorber": 0.1}, {"absorber": np.ones((3, 256))}):
        assert reflected_share(ql.Hamiltonian(GRID, 0.0, **options), psi) is None
    assert reflected_share(ql.Hamiltonian(GRID, 1j * np.exp(-GRID.axes[0] ** 2)), psi) is None


def test_the_strength_is_chosen_for_a_range_of_energies():
    layer = ql.Absorber.for_energies(8.0, (0.5, 4.5))
    energies = np.geomspace(0.5, 4.5, 25)
    worst = np.max(layer.reflection(energies).returned)
    assert worst < 2e-3
    for factor in (0.25, 0.6, 1.6, 4.0):
        other = ql.Absorber(8.0, factor * layer.strength, layer.order)
        assert np.max(other.reflection(energies).returned) > worst
    scaled = ql.Absorber.for_energies(16.0, (0.5, 4.5), mass=0.5, hbar=np.sqrt(2), order=layer.order, axes=0)
    assert scaled.axes == (0,) and scaled.order == layer.order
    assert scaled.strength == pytest.approx(layer.strength, rel=1e-6)


def test_the_table_has_its_layers_where_they_belong():
    x = GRID.axes[0]
    table = ql.Absorber(5.0, 2.0, 3).table(GRID)
    assert table[0] == 2.0 and np.array_equal(table > 0, np.abs(x) > 25)
    assert_allclose(table[1:], table[1:][::-1], atol=1e-14)
    walls = ql.Grid((31, 15), [(0, 8), (0, 4)], ("wall", "periodic"))
    one_side = ql.Absorber(2.0, 1.0, axes=0, sides="right").table(walls)
    assert np.array_equal(one_side > 0, np.broadcast_to(walls.axes[0][:, None] > 6, walls.shape))
    both = ql.Absorber(1.0, 1.0).table(walls)
    assert_allclose(both, ql.Absorber(1.0, 1.0, axes=0).table(walls) + ql.Absorber(1.0, 1.0, axes=1).table(walls))
    H = ql.Hamiltonian(walls, 0.0, absorber=ql.Absorber(1.0, 1.0))
    assert_allclose(H.refined().loss_table()[1::2, ::2], H.loss_table())


@pytest.mark.parametrize(("make", "words"), [
    (lambda: ql.Absorber(0, 1), "width"), (lambda: ql.Absorber(1, -1), "strength"), (lambda: ql.Absorber(1, 1, 2.5), "order"),
    (lambda: ql.Absorber(1, 1, sides="top"), "sides"), (lambda: ql.Absorber(31, 1).table(GRID), "at most 30"),
    (lambda: ql.Absorber(1, 1, axes=1).table(GRID), "axes"), (lambda: ql.Absorber(1, 1, sides="left").table(GRID), "one place"),
    (lambda: ql.Absorber(1, 1).reflection([0.0, 1.0]), "energies"),
    (lambda: ql.Absorber(1, 1).reflection(1.0, boundary="pole"), "wall"),
    (lambda: ql.Absorber.for_energies(1, (0, 1)), "energies"), (lambda: ql.Absorber.for_energies(1, 3.0), "pair"),
    (lambda: ql.Absorber(1, 1).table(ql.Grid((8, 8), [(0, 1), (0, 1)], ("pole", "periodic"))), "named"),
    (lambda: ql.Absorber(1, 1, axes=0).table(ql.Grid((8, 8), [(0, 1), (0, 1)], ("pole", "periodic"))), "between poles"),
])
def test_what_is_no_absorber_is_named(make, words):
    with pytest.raises(ArgumentError, match=words):
        make()


def test_an_axis_named_twice_is_refused():
    with pytest.raises(ArgumentError, match="each axis once"):
        ql.Absorber(1.0, 1.0, axes=(0, 0))
