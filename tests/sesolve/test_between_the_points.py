"""Runs in windows with points of their own: the states of all points, whatever V is given by; none for a V that is not known
between the points of the grid."""

import importlib
import warnings

import numpy as np
import pytest
import sympy
from scipy.interpolate import CubicSpline
from scipy.ndimage import gaussian_filter1d

import qlearn as ql
from qlearn.methods import Record, Task
from qlearn.methods.window_search import window_for


@pytest.fixture(autouse=True)
def own_points_where_few_are_saved(monkeypatch):
    """On lines too, where it takes longer runs than these for them to pay."""
    monkeypatch.setattr("qlearn.methods.window_search.FEWER_ON_A_LINE", 0.9)


LINE = ql.Grid(600, (-30, 34))  # a window of which would else have all the points between its ends
RING = ql.Grid(499, (0, 2 * np.pi), twist=0.3)
PLANE = ql.Grid((180, 149), [(-20, 22), (0, 2 * np.pi)], twist=(0.0, 0.3))
PSI = ql.gaussian(LINE, center=-3.0, momentum=2.0, width=0.6)
ROUND = np.exp(-(((RING.axes[0] - np.pi) / 0.2) ** 2) / 4 + 7j * RING.axes[0])
x, t = sympy.symbols("x t", real=True)


def quartic(x):
    return 0.05 * x**4 - x**2


def shaken(*terms):
    return ql.SeparablePotential(quartic, [(lambda t: np.sin(2 * t), lambda x: 0.5 * x), *terms])


CASES = {
    "callable": (ql.Hamiltonian(LINE, quartic), PSI),
    "SymPy": (ql.Hamiltonian(LINE, x**4 / 20 - x**2), PSI),
    "SymPy in t": (ql.Hamiltonian(LINE, x**4 / 20 - x**2 + x * sympy.sin(2 * t) / 2, time_dependent=True), PSI),
    "separable": (ql.Hamiltonian(LINE, shaken((np.cos, 0.1), (lambda t: np.exp(-((t - 1) ** 2)), np.cos))), PSI),
    "ring": (ql.Hamiltonian(RING, lambda x: 30 * np.cos(x) + 8 * np.sin(2 * x)), ROUND),
    "driven ring": (ql.Hamiltonian(RING, ql.SeparablePotential(lambda x: 30 * np.cos(x), [(np.sin, np.sin)])), ROUND),
    "plane": (ql.Hamiltonian(PLANE, lambda x, y: x**2 / 2 + 3 * np.cos(y) + 0.1 * x * np.sin(y)),
              ql.gaussian(PLANE, center=(1.0, 3.0), momentum=(0.5, 0.0), width=(0.7, 0.3))),
    "batch": (ql.Hamiltonian(LINE, quartic), np.stack([PSI, ql.gaussian(LINE, center=2.0, width=0.5)])),
}
DRIVEN = ("SymPy in t", "separable", "driven ring")
TIMES = np.array([0.0, 1.1, 3.0])


def exact(H, psi, times, tol):
    """At so much smaller a tol what the grid cuts off may be too much, which is of no interest here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ql.errors.AccuracyWarning)
        return ql.sesolve(H, psi, times, tol=tol / 100, window=False).states


def agrees(H, psi, times, tol, **options):
    """The result, whose states are those of all points."""
    result = ql.sesolve(H, psi, times, tol=tol, **options)
    assert np.all(H.grid.norm(result.states - exact(H, psi, times, tol)) < tol * H.grid.norm(psi))
    return result


def on_fewer(result):
    return 0.5 * result.hamiltonian.grid.size > np.prod(result.stats["grid"])


def is_between(H, psi, tol):
    """Whether there is a window with points of its own."""
    found = window_for(Task(H, psi, TIMES, tol, Record()))
    return found is not None and not found[0].is_subset


@pytest.mark.parametrize("tol", [1e-4, 1e-7])
@pytest.mark.parametrize("case", CASES)
def test_states_are_those_of_all_points(case, tol):
    if case in DRIVEN:
        pytest.importorskip("numba", reason="driven windows on small grids need numba")
    H, psi = CASES[case]
    result = agrees(H, psi, TIMES, tol)
    assert is_between(H, psi, tol) and on_fewer(result) and result.stats["windows_left"] == 0


@pytest.mark.parametrize("case", CASES)
def test_without_numba(case):
    with ql.phase_backend("numpy"):
        result = agrees(*CASES[case], TIMES, 1e-6)
    assert on_fewer(result) == (case not in DRIVEN)


@pytest.mark.parametrize("method", [ql.Gradient6(), ql.RKN6(), ql.ProcessedGradient6(), ql.Chebyshev()], ids=lambda m: m.name)
def test_all_methods_that_take_windows(method):
    assert on_fewer(agrees(*CASES["callable"], TIMES, 1e-7, method=method))


@pytest.mark.parametrize("case", ["callable", "separable", "ring"])
def test_backwards_in_time(case):
    if case in DRIVEN:
        pytest.importorskip("numba", reason="driven windows on small grids need numba")
    H, psi = CASES[case]
    assert on_fewer(agrees(H, psi, [2.0, 1.0, -1.0], 1e-7))
    there = ql.sesolve(H, psi, [0, 2.0], tol=1e-8).final_state
    assert H.grid.norm(ql.sesolve(H, there, [2.0, 0], tol=1e-8).final_state - psi) < 2e-8 * H.grid.norm(psi)


@pytest.mark.parametrize("case", ["callable", "separable", "ring", "plane"])
def test_arrays_of_pytorch(case):
    torch = pytest.importorskip("torch")
    if case in DRIVEN:
        pytest.importorskip("numba", reason="driven windows on small grids need numba")
    H, psi = CASES[case]
    result = ql.sesolve(H, torch.asarray(psi), TIMES, tol=1e-6)
    assert isinstance(result.final_state, torch.Tensor) and np.prod(result.stats["grid"]) < 0.5 * H.grid.size
    lost = H.grid.norm(np.asarray(result.final_state) - exact(H, psi, TIMES, 1e-6)[-1])
    assert lost < 1e-6 * H.grid.norm(psi)


@pytest.mark.parametrize(("case", "faint"), [("callable", 0.02), ("separable", 0.02), ("ring", 0.02), ("callable", 1e3),
                                             ("separable", 1e3)])
def test_resumed_to_the_same_bits(tmp_path, monkeypatch, case, faint):
    """In the first window, and in the second one, after that for too low an energy was given up."""
    if case in DRIVEN:
        pytest.importorskip("numba", reason="driven windows on small grids need numba")
    module = importlib.import_module("qlearn.methods.window_search")
    monkeypatch.setattr(module, "FAINT", faint)
    monkeypatch.setattr(module.Window, "left_out", lambda self, psi, modes: 0.0)
    (H, psi), times, path = CASES[case], np.linspace(0, 3, 7), tmp_path / "run.h5"
    options = {"tol": 1e-6, "store_states": True}
    plain = ql.sesolve(H, psi, times, **options)
    assert on_fewer(plain) and (plain.stats["windows_left"] > 0) == (faint > 1)

    def interrupted(t, psi):
        if t > 1.2 and not path.with_suffix(".seen").exists():
            path.with_suffix(".seen").touch()
            raise KeyboardInterrupt
        return 0.0

    options |= {"e_ops": [interrupted], "checkpoint": ql.Checkpoint(path, every=0)}
    with pytest.raises(KeyboardInterrupt):
        ql.sesolve(H, psi, times, **options)
    resumed = ql.sesolve(H, psi, times, **options)
    assert resumed.stats["resumed"] == 1 and np.array_equal(resumed.states, plain.states)
    for name in ("ffts", "grid", "windows_left"):
        assert resumed.stats[name] == plain.stats[name]


THERE = LINE.axes[0]
TABLE = np.linspace(-30, 34, 1201)  # at the points, and once in between


def table_of_its_own(x):
    return quartic(THERE)


def known_by_number(x):
    return quartic(THERE)[np.arange(len(x))]


def refused(x):
    if not np.array_equal(x, THERE):
        raise RuntimeError("no such points")
    return quartic(x)


def nearest_entry(x):
    return quartic(THERE)[np.searchsorted(THERE, x - LINE.spacing[0] / 2)]


def smooth_noise(x, rng=np.random.default_rng(3)):  # noqa: B008
    """Another smooth V at each call."""
    return x**2 / 2 + 2 * gaussian_filter1d(rng.normal(size=x.shape), 40 * len(x) / LINE.size)


def faint_noise(x):
    """The same numbers at each call, but for as many points alone, and less than what V bends by from point to point."""
    return quartic(x) + 1e-3 * gaussian_filter1d(np.random.default_rng(3).normal(size=x.shape), 40 * len(x) / LINE.size)


def drifting(x, calls=[]):  # noqa: B006
    """A V that is a little higher at each call."""
    calls.append(1)
    return quartic(x) * (1 + 1e-6 * len(calls))


UNKNOWN = {"its own table": table_of_its_own, "numbered": known_by_number, "refused": refused, "nearest entry": nearest_entry,
           "lines of a table": lambda x: np.interp(x, TABLE, quartic(TABLE)), "smooth noise": smooth_noise,
           "faint noise": faint_noise, "drifting": drifting}


@pytest.mark.parametrize("tol", [1e-4, 1e-7])
@pytest.mark.parametrize("case", UNKNOWN)
def test_a_potential_that_is_not_known_between_the_points(case, tol):
    """It is what it was at the points when H was made: never on others."""
    H, psi = ql.Hamiltonian(LINE, UNKNOWN[case]), ql.gaussian(LINE, center=3.0, momentum=1.0, width=0.6)
    assert is_between(ql.Hamiltonian(LINE, quartic), psi, tol) and not is_between(H, psi, tol)
    agrees(H, psi, TIMES, tol)


@pytest.mark.parametrize("change", [1e-2, 1e-5])
def test_a_number_in_a_potential_that_was_changed_since(change):
    """A function looks its numbers up when it is called; H is that of the time when it was made."""
    numbers = [1.0, 1.0 + change]
    made = []
    for number in numbers:
        made.append(ql.Hamiltonian(LINE, lambda x: number * x**2 / 2))  # noqa: B023
    psi = ql.gaussian(LINE, center=3.0, momentum=1.0, width=0.6)
    assert is_between(made[1], psi, 1e-6) and not is_between(made[0], psi, 1e-6)
    for H in made:
        agrees(H, psi, TIMES, 1e-6)


@pytest.mark.parametrize("points", [65, 130, 260, 1500])
def test_a_spline_through_a_table_keeps_the_points_of_the_grid(points):
    """Its third derivative jumps, so that waves on points farther apart err by a power of their distance: by 1.2 tol for 130."""
    table = np.linspace(-30, 34, points)
    H, psi = ql.Hamiltonian(LINE, CubicSpline(table, quartic(table))), ql.gaussian(LINE, center=3.0, momentum=1.0, width=0.6)
    assert not is_between(H, psi, 1e-6) and is_between(ql.Hamiltonian(LINE, quartic), psi, 1e-6)
    agrees(H, psi, TIMES, 1e-6)


def test_a_table_of_a_ring():
    """Where a window covers the whole ring, a callable that interpolates a table is found out as well."""
    table = np.linspace(0, 2 * np.pi, 999)
    H = ql.Hamiltonian(RING, lambda x: np.interp(x, table, 30 * np.cos(table)))
    assert is_between(ql.Hamiltonian(RING, lambda x: 30 * np.cos(x)), ROUND, 1e-6) and not is_between(H, ROUND, 1e-6)
    agrees(H, ROUND, TIMES, 1e-6)


def test_a_potential_that_is_not_finite_between_the_points():
    """Two wells beside a charge of some extent, which is between two points of the grid, and where the window has one."""
    asked = []

    def repelling(x):
        asked.append(np.abs(x).min())
        return np.where(np.abs(x) < 0.009, np.inf, 400 / np.abs(x) + 50 * x**2)
    grid = ql.Grid(1001, (-10, 10))
    H, psi = ql.Hamiltonian(grid, repelling), ql.gaussian(grid, center=1.7, width=0.2)
    result = agrees(H, psi, TIMES / 10, 1e-5)
    assert result.stats["windows_left"] == 0 and asked[0] > 0.009 > min(asked)
