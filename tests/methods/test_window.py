"""Windows: where a state stays at its energy, on fewer points; and what happens where it does not."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.methods import Record, Task, driven_extents
from qlearn.methods.drive_factors import DriveFactors
from qlearn.methods.extents import RIM, by_energy, landscape_of
from qlearn.methods.presence import Presence
from qlearn.methods.window import Window
from qlearn.methods.window_search import good_count, window_for

GRID = ql.Grid(640, (-30, 34))
WELL = ql.Hamiltonian(GRID, lambda x: np.minimum(0.05 * x**4 - x**2, 400.0))
FINE = ql.Grid(1280, (-30, 34))
PSI = ql.gaussian(GRID, center=-3.0, momentum=2.0, width=0.6)


def window(H=WELL, psi=PSI, tol=1e-7, time=10.0):
    found = window_for(Task(H, psi, np.array([0.0, time]), tol, Record()))
    return None if found is None else found[0]


def test_a_window_is_a_part_of_the_points():
    psi = ql.gaussian(FINE, center=-3.0, momentum=2.0, width=0.6)
    found = window(WELL.on(FINE), psi)
    assert found.grid.size < 0.2 * FINE.size and found.cut == (True,) and found.ratios[0] > 1
    assert found.ratios == (found.covered[0] / found.grid.size,)
    assert np.allclose(found.grid.axes[0][0], FINE.axes[0][found.first], atol=1e-12)
    assert np.allclose(found.fine.axes[0], FINE.axes[0][found.index_of_box], atol=1e-12)
    assert FINE.norm(found.extended(found.inside(psi)) - psi) < 1e-8
    assert window(WELL.on(FINE), psi, 1e-9).grid.size > found.grid.size


def test_extension_is_the_interpolant():
    """Of a V whose numbers are known at the points of the grid alone, where the window has every s-th of them."""
    psi = ql.gaussian(FINE, center=-3.0, momentum=2.0, width=0.6)
    found = window(ql.Hamiltonian(FINE, WELL.on(FINE).potential_table()), psi)
    assert found.is_subset and found.ratios[0] >= 2 and np.allclose(found.grid.axes[0], FINE.axes[0][found.index[1:]], atol=1e-12)
    inner = found.inside(np.stack([psi, 2j * psi]))
    whole = found.extended(inner)
    assert whole.shape == (2, *FINE.shape)
    assert np.allclose(whole[found.index], inner, atol=1e-13)
    assert not np.any(whole[:, :found.first[0]])


def test_the_state_stays_in_its_window():
    found = window()
    exact = ql.sesolve(WELL, PSI, np.linspace(0, 10, 41), method=ql.Dense()).states
    lost = exact - found.extended(found.inside(exact))
    assert np.max(GRID.norm(lost)) < 1e-8


NARROW = ql.Grid(64, (-6, 6))


@pytest.mark.parametrize("case", {
    "fills the grid": (ql.Hamiltonian(NARROW, lambda x: x**2 / 2), ql.gaussian(NARROW, center=2.0, width=0.7)),
    "rough V": (ql.Hamiltonian(GRID, lambda x: 3.0 * np.abs(x)), PSI),
    "wall": (ql.Hamiltonian(ql.Grid(640, (-30, 34), "wall"), lambda x: x**2 / 2), PSI),
    "driven": (ql.Hamiltonian(GRID, lambda t, x: x**2 / 2 + t * x, time_dependent=True), PSI),
    "nonlinear": (ql.Hamiltonian(GRID, lambda x: x**2 / 2, nonlinearity=lambda n: n), PSI),
    "a spike": (WELL, np.where(np.arange(640) == 300, 1.0 + 0j, 0)),
}.items(), ids=lambda case: case[0])
def test_where_there_is_none(case):
    assert window(*case[1]) is None


def test_two_dimensions_and_a_twist():
    grid = ql.Grid((96, 64), [(-14, 14), (0, 2 * np.pi)], twist=(0.0, 0.3))
    H = ql.Hamiltonian(grid, lambda x, y: x**2 / 2 + 0.3 * np.cos(y))
    psi = ql.gaussian(grid, center=(1.0, 3.0), width=(0.7, 0.5))
    found = window(H, psi, 1e-5)
    assert found.cut == (True, False) and found.grid.twist == (0.0, 0.3) and found.grid.size < 0.7 * grid.size
    assert grid.norm(found.extended(found.inside(psi)) - psi) < 1e-5


def test_good_numbers_of_points():
    pytest.importorskip("numba", reason="driven windows and good numbers of points need numba")
    assert [good_count(n, line=True) for n in (40, 65, 270, 301, 330, 448)] == [64, 72, 320, 320, 384, 512]
    assert [good_count(n, line=True, most=n + 30) for n in (270, 330, 448)] == [288, 360, 480]
    assert [good_count(n, line=False) for n in (7, 11, 49, 77)] == [8, 12, 50, 80]


@pytest.mark.parametrize("chirp", [0.0, 0.4, 3.0])
def test_trajectories_start_on_the_rim(chirp, monkeypatch):
    """Of a Gaussian on the ellipse where its Wigner function is faint; of a chirped one, whose extents in place and wavenumber
    are taken apart, on it or outside: none within."""
    x, log = FINE.axes[0], 2 * np.log(1e-6)
    psi = np.exp(-(x - 2) ** 2 / 2 + 1j * chirp * (x - 2) ** 2 / 2 + 3j * x)
    presence = Presence(FINE, psi, FINE.forward(psi.copy()), 1e-6)
    H = ql.Hamiltonian(FINE, ql.SeparablePotential(lambda x: x**2 / 5, [(np.cos, lambda x: x)]))
    V = driven_extents._driven(H, DriveFactors(H.drive.factors_at, 0.0, 5.0))
    q, p, rate = driven_extents._starts(V, presence)
    y, z = x[0] + q[:, 0] * FINE.spacing[0] - 2, p[:, 0] - 3
    form = (y**2 + (z - chirp * y) ** 2) / -log  # 1 on the rim
    assert form.min() > 0.95
    if chirp == 0:
        assert np.all(np.abs(form - 1) < 0.1)
    monkeypatch.setattr(driven_extents, "may_compile", lambda: False)
    again = driven_extents._starts(V, presence)
    assert np.array_equal(again[0], q) and np.array_equal(again[1], p) and abs(again[2] - rate) < 1e-12


@pytest.mark.parametrize("potential", [lambda x: x**2 / 5, lambda x: (x**2 - 9) ** 2 / 20, lambda x: 0 * x,
                                       lambda x: 3 * np.cos(x)])
def test_extents_compiled_and_by_numpy(potential):
    """On a line both ways of computing them give the same, of a batch too."""
    grid = ql.Grid(300, (-6 * np.pi, 6 * np.pi), twist=0.2)
    H = ql.Hamiltonian(grid, potential, mass=1.7, hbar=0.6)
    psi = np.stack([ql.gaussian(grid, center=c, momentum=p, width=0.5, hbar=0.6) for c, p in ((1, 2), (-2, 0.3))])
    presence = Presence(grid, psi, grid.forward(grid.to_periodic(psi)), 1e-8)
    found = by_energy(H, presence, landscape_of(H))
    with ql.phase_backend("numpy"):
        again = by_energy(H, presence, landscape_of(H))
    assert again[0] == found[0] and again[1] == pytest.approx(found[1], rel=1e-12) and again[2] == found[2]


@pytest.mark.parametrize("drive", [lambda x: np.clip(x, -5, 5), np.cos, lambda x: 0 * x], ids=["clip", "cos", "none"])
@pytest.mark.parametrize("backwards", [False, True])
def test_driven_extents_compiled_and_by_numpy(drive, backwards):
    grid = ql.Grid(300, (-20, 20), twist=0.2)
    static, terms = (lambda x: 3 * (1 - np.exp(-x**2 / 9)) + x**2 / 40), [(lambda t: np.sin(2 * t), drive), (np.cos, 0.1)]
    H = ql.Hamiltonian(grid, ql.SeparablePotential(static, terms), mass=1.7, hbar=0.6)
    psi = np.stack([ql.gaussian(grid, center=c, momentum=p, width=0.5, hbar=0.6) for c, p in ((1, 2), (-2, 0.3))])
    presence = Presence(grid, psi, grid.forward(grid.to_periodic(psi)), 1e-6)
    factors = DriveFactors(H.drive.factors_at, 0.0, 4.0)
    span = -4.0 if backwards else 4.0
    (extent,), box = driven_extents.by_trajectories(H, presence, factors, span)
    with ql.phase_backend("numpy"):
        (other,), same = driven_extents.by_trajectories(H, presence, factors, span)
    assert (extent[:2], box) == (other[:2], same) and abs(extent.nyquist / other.nyquist - 1) < 1e-12
    assert 0 < box[0].start < box[0].stop < 300


@pytest.mark.parametrize("twist", [0.0, 0.3, -2.9])
@pytest.mark.parametrize(("points", "count"), [(26, 13), (24, 12), (60, 20), (240, 120)])
def test_the_last_wavenumbers_of_a_small_ring_are_watched_too(points, count, twist):
    """The outermost one of either sign at least: of 13 the last is farther from what the points tell than the rim is wide."""
    whole = ql.Grid(points, (0, 2 * np.pi), twist=twist)
    found = Window(whole, ql.Grid(count, (0, 2 * np.pi), twist=twist), (0,), (points,))
    k = found.grid.wavenumbers[0]
    assert {np.argmin(k), np.argmax(k)} <= set(found.watched.modes.tolist()) and found.watched.points.size == 0
    assert np.abs(k[found.watched.modes]).min() >= min(k.max(), -k.min(), (1 - RIM) * count / 2)
