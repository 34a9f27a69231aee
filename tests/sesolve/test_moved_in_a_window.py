"""Runs in a window: the states of all points; all points where the window is given up; resumed to the same bits."""

import importlib

import numpy as np
import pytest

import qlearn as ql
from qlearn.sesolve.reduced import WINDOWS

GRID = ql.Grid(640, (-30, 34))
H = ql.Hamiltonian(GRID, lambda x: np.minimum(0.05 * x**4 - x**2, 400.0))
PSI = ql.gaussian(GRID, center=-3.0, momentum=2.0, width=0.6)
TIMES = np.array([0.0, 1.3, 4.0])


@pytest.fixture(scope="module")
def exact():
    return ql.sesolve(H, PSI, TIMES, method=ql.Dense()).states


@pytest.mark.parametrize("method", [None, ql.Gradient6(), ql.RKN6(), ql.ProcessedGradient6(), ql.Chebyshev()],
                         ids=lambda method: "chosen" if method is None else method.name)
def test_states_are_those_of_all_points(method, exact):
    result = ql.sesolve(H, PSI, TIMES, method=method, tol=1e-7)
    assert result.stats["grid"][0] < 0.4 * GRID.size and result.stats["windows_left"] == 0
    assert f"on {result.stats['grid'][0]} points" in result.method
    assert np.all(GRID.norm(result.states - exact) < 1e-7)
    assert abs(result.stats["energy_drift"]) < 1e-6 and result.stats["edge_density"] < 1e-20


def test_all_points_where_asked_for_or_where_a_step_is_given():
    for options in ({"window": False}, {"method": ql.RKN6(dt=0.02)}, {"method": ql.Lanczos()}):
        result = ql.sesolve(H, PSI, [0, 0.2], tol=1e-6, **options)
        assert result.stats["grid"] == GRID.shape and result.stats["windows_left"] == 0


@pytest.mark.parametrize("method", [None, ql.Gradient6(), ql.Chebyshev()], ids=["chosen", "Gradient6", "Chebyshev"])
def test_a_window_that_leaks_is_given_up(method, monkeypatch, exact):
    monkeypatch.setattr(importlib.import_module("qlearn.sesolve.reduced"), "LEAK", 1e-12)
    result = ql.sesolve(H, PSI, TIMES, method=method, tol=1e-7)
    assert result.stats["grid"] == GRID.shape and 1 <= result.stats["windows_left"] <= WINDOWS
    assert np.all(GRID.norm(result.states - exact) < 1e-7)


@pytest.mark.parametrize("faint", [1e3, 3e4, 3e5])
@pytest.mark.parametrize("form", ["compiled", "NumPy"])
def test_a_state_that_leaves_its_window_is_noticed(monkeypatch, exact, faint, form):
    """Negative control: a window for a lower energy than there is must be given up, for a larger one where that will do."""
    module = importlib.import_module("qlearn.methods.window_search")
    monkeypatch.setattr(module, "FAINT", faint)
    monkeypatch.setattr(module.Window, "left_out", lambda self, psi, modes: 0.0)
    with ql.phase_backend("auto" if form == "compiled" else "numpy"):
        result = ql.sesolve(H, PSI, TIMES, tol=1e-7)
    assert np.all(GRID.norm(result.states - exact) < 1e-7)
    left, points = result.stats["windows_left"], result.stats["grid"][0]
    assert left >= 1 and (left < WINDOWS or points == GRID.size)
    if faint < 1e5:
        assert left < WINDOWS and points < 0.5 * GRID.size and f"on {points} points" in result.method


def test_a_batch_has_one_window_for_all(exact):
    batch = np.stack([PSI, ql.gaussian(GRID, center=3.0, width=0.5)])
    result = ql.sesolve(H, batch, TIMES, tol=1e-7)
    assert result.stats["grid"][0] < GRID.size and GRID.norm(result.states[-1, 0] - exact[-1]) < 1e-7


@pytest.mark.parametrize("leak", [0.03, 1e-12], ids=["kept", "given up"])
def test_resumed_to_the_same_bits(tmp_path, monkeypatch, leak):
    monkeypatch.setattr(importlib.import_module("qlearn.sesolve.reduced"), "LEAK", leak)
    times, path = np.linspace(0, 3, 7), tmp_path / "run.h5"
    plain = ql.sesolve(H, PSI, times, tol=1e-7)

    def interrupted(t, psi):
        if t > 1.2 and not path.with_suffix(".seen").exists():
            path.with_suffix(".seen").touch()
            raise KeyboardInterrupt
        return 0.0

    options = {"tol": 1e-7, "store_states": True, "e_ops": [interrupted], "checkpoint": ql.Checkpoint(path, every=0)}
    with pytest.raises(KeyboardInterrupt):
        ql.sesolve(H, PSI, times, **options)
    resumed = ql.sesolve(H, PSI, times, **options)
    assert resumed.stats["resumed"] == 1 and np.array_equal(resumed.states, plain.states)
    assert resumed.stats["ffts"] == plain.stats["ffts"]
