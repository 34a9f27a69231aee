"""Driven runs in a window: how far trajectories get; the states of all points; all points where a pulse drives ψ out."""

import importlib

import numpy as np
import pytest

import qlearn as ql
from qlearn.kernels.excursions import excursions
from qlearn.methods import Record, Task
from qlearn.methods.driven_extents import by_trajectories
from qlearn.methods.window_search import window_for
from qlearn.sesolve.reduced import WINDOWS

pytest.importorskip("numba", reason="driven windows and good numbers of points need numba")

GRID = ql.Grid(1024, (-40, 40))
PSI = ql.gaussian(GRID, center=-6.0, momentum=2.0, width=0.7)
TIMES = np.array([0.0, 4.0, 12.0])


def driven(*terms):
    return ql.Hamiltonian(GRID, ql.SeparablePotential(lambda x: np.minimum(0.004 * (x**2 - 36) ** 2, 500.0), list(terms)))


SHAKEN = driven((lambda t: 0.8 * np.sin(1.2 * t), lambda x: np.clip(x, -30.0, 30.0)),
                (lambda t: np.exp(-(t - 5) ** 2), lambda x: np.cos(x / 3)))


def pulse(t, at, size):
    return size * np.exp(-((t - at) / 0.15) ** 2)


@pytest.fixture(scope="module")
def exact():
    return ql.sesolve(SHAKEN, PSI, TIMES, method=ql.RKN6(), tol=1e-11, window=False).states


@pytest.mark.parametrize("method", [None, ql.Gradient6(), ql.RKN6(), ql.ProcessedGradient6()],
                         ids=lambda method: "chosen" if method is None else method.name)
@pytest.mark.parametrize("tol", [1e-5, 1e-8])
def test_states_are_those_of_all_points(method, tol, exact):
    result = ql.sesolve(SHAKEN, PSI, TIMES, method=method, tol=tol)
    assert result.stats["grid"][0] < 0.4 * GRID.size and result.stats["windows_left"] == 0
    assert np.all(GRID.norm(result.states - exact) < tol)


def test_backwards_and_in_batches(exact):
    back = ql.sesolve(SHAKEN, np.stack([exact[-1], 1j * exact[-1]]), TIMES[::-1], method=ql.Gradient6(), tol=1e-7)
    assert back.stats["grid"][0] < 0.5 * GRID.size
    assert np.all(GRID.norm(back.final_state - np.stack([PSI, 1j * PSI])) < 1e-7)


def test_two_dimensions():
    grid = ql.Grid((160, 128), [(-20, 20), (-14, 14)])
    V = ql.SeparablePotential(lambda x, y: (x**2 + 3 * y**2) / 2 + 0.02 * x**2 * y, [(np.sin, lambda x, y: 0.5 * x)])
    H = ql.Hamiltonian(grid, V)
    psi = ql.gaussian(grid, center=(2.0, 0.5), width=0.7)
    options = {"method": ql.Gradient6(), "tol": 1e-5}
    result = ql.sesolve(H, psi, [0, 5.0], **options)
    assert np.prod(result.stats["grid"]) < 0.7 * grid.size and result.stats["windows_left"] == 0
    whole = ql.sesolve(H, psi, [0, 5.0], method=ql.Gradient6(), tol=1e-8, window=False).final_state
    assert grid.norm(result.final_state - whole) < 1e-5


def test_an_opaque_drive_has_none():
    H = ql.Hamiltonian(GRID, lambda t, x: 0.1 * x**2 + np.sin(t) * x, time_dependent=True)
    assert window_for(Task(H, PSI, TIMES, 1e-6, Record())) is None


@pytest.mark.parametrize("form", ["compiled", "NumPy"])
def test_trajectories_of_an_oscillator_get_as_far_as_they_should(form):
    """q = q0 cos t, under −f q also where f steps to and fro in time."""
    x = GRID.axes[0]
    module = importlib.import_module("qlearn.kernels.excursions")
    move = excursions if form == "compiled" else module._everywhere
    q = np.array([[(3.0 + 40) / GRID.spacing[0]], [(-1.0 + 40) / GRID.spacing[0]]])
    weights = np.ones((401, 1))
    bounds = move(x[None] ** 2 / 2, GRID.spacing, np.eye(1), weights, 0.0157, 1, q, np.array([[0.0], [4.0]])).ravel()
    reach = np.sqrt(17)
    assert np.allclose(bounds[:2] * GRID.spacing[0] - 40, [-reach, reach], atol=1e-3)
    assert np.allclose(bounds[2:], [-reach, reach], atol=1e-3)


def unaware(monkeypatch, H):
    """A window that knows nothing of the drive."""
    module = importlib.import_module("qlearn.methods.window_search")

    def blind(hamiltonian, presence, factors, span):
        quiet = driven((lambda t: 0.0, lambda x: np.clip(x, -30.0, 30.0)))
        return by_trajectories(quiet, presence, Task(quiet, PSI, TIMES, 1e-6, Record()).outset.factors, span)
    monkeypatch.setattr(module, "by_trajectories", blind)


@pytest.mark.parametrize("size", [30.0, 45.0, 60.0])
def test_what_a_pulse_drives_out_is_noticed(monkeypatch, size):
    """Two pulses, away and back: behind the second nothing is left at the ends of the window, nor beyond its wavenumbers."""
    H = driven((lambda t: pulse(t, 3.0, size) - pulse(t, 3.6, size), lambda x: np.clip(x, -30.0, 30.0)))
    unaware(monkeypatch, H)
    result = ql.sesolve(H, PSI, TIMES, method=ql.Gradient6(), tol=1e-6)
    assert 1 <= result.stats["windows_left"] <= WINDOWS
    whole = ql.sesolve(H, PSI, TIMES, method=ql.RKN6(), tol=1e-9, window=False).final_state
    assert GRID.norm(result.final_state - whole) < 1e-6


@pytest.mark.parametrize("leak", [0.1, 1e-12], ids=["kept", "given up"])
def test_resumed_to_the_same_bits(tmp_path, monkeypatch, leak):
    monkeypatch.setattr(importlib.import_module("qlearn.sesolve.reduced"), "LEAK", leak)
    times, path = np.linspace(0, 6, 7), tmp_path / "run.h5"
    plain = ql.sesolve(SHAKEN, PSI, times, tol=1e-6)
    given_up = leak < 1e-3
    assert (1 <= plain.stats["windows_left"] <= WINDOWS) == given_up and (plain.stats["grid"] == GRID.shape) == given_up

    def interrupted(t, psi):
        if t > 2.2 and not path.with_suffix(".seen").exists():
            path.with_suffix(".seen").touch()
            raise KeyboardInterrupt
        return 0.0

    options = {"tol": 1e-6, "store_states": True, "e_ops": [interrupted], "checkpoint": ql.Checkpoint(path, every=0)}
    with pytest.raises(KeyboardInterrupt):
        ql.sesolve(SHAKEN, PSI, times, **options)
    resumed = ql.sesolve(SHAKEN, PSI, times, **options)
    assert resumed.stats["resumed"] == 1 and np.array_equal(resumed.states, plain.states)
    assert resumed.stats["ffts"] == plain.stats["ffts"]
