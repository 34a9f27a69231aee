"""Runs by a forecast: few transforms, checked against ψ, given up where waves are too far from trajectories."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.methods import Record, Task, planned
from qlearn.methods.kernel import SplittingKernel
from qlearn.methods.planned import PlannedSteps
from qlearn.methods.steps import AutomaticSteps
from qlearn.sesolve.progress import ProgressBar

GRID = ql.Grid(256, (-20, 20))
WELL = ql.Hamiltonian(GRID, lambda x: np.minimum(10 * ((x / 8) ** 2 - 1) ** 2, 300))
PSI = ql.gaussian(GRID, center=-8.0, momentum=5.0, width=0.7)
EXACT = ql.sesolve(WELL, PSI, [0, 12.0], method=ql.Dense()).final_state


@pytest.mark.parametrize("tol", [1e-5, 1e-7, 1e-9])
def test_few_transforms_more_than_the_best_fixed_step(tol):
    result = ql.sesolve(WELL, PSI, [0, 12.0], method=ql.Gradient6(), tol=tol)
    assert "forecast" in result.method
    error = GRID.norm(result.final_state - EXACT)
    assert 0.01 * tol < error < tol and error < result.stats["error_estimate"] < tol
    steps = 8
    while GRID.norm(ql.sesolve(WELL, PSI, [0, 12.0], method=ql.Gradient6(dt=12 / steps * 1.0000001)).final_state - EXACT) > tol:
        steps += max(1, steps // 30)
    assert result.stats["ffts"] / 2 < 1.5 * 6 * steps + 10


@pytest.mark.parametrize("tol", [1e-6, 1e-7, 1e-8])
@pytest.mark.parametrize("method", [ql.Gradient6, ql.RKN6, ql.ProcessedGradient6], ids=lambda m: m.name)
def test_about_the_fewest_steps_that_all_trajectories_confirm(method, tol):
    task = Task(WELL, PSI, np.array([0.0, 12.0]), tol, Record())
    steps = AutomaticSteps(SplittingKernel(WELL, method.table, task.record), task.outset, tol).way
    fewer = int(0.92 * steps.clock.span / steps.step)
    assert any(steps.outlook is steps.forecast.outlook(n) for n in range(8, 97))
    assert steps._bound() <= steps.goal < steps._bound(steps.forecast.outlook(fewer))


def test_the_processed_scheme_is_entered_and_left_at_save_times():
    times = np.array([0, 0.5, 4.0, 4.1, 12.0])
    result = ql.sesolve(WELL, PSI, times, method=ql.ProcessedGradient6(), tol=1e-7)
    exact = ql.sesolve(WELL, PSI, times, method=ql.Dense())
    assert np.max(GRID.norm(result.states - exact.states)) < 1e-7
    fixed = ql.sesolve(WELL, PSI, times, method=ql.ProcessedGradient6(dt=0.08))
    assert np.max(GRID.norm(fixed.states - exact.states)) < 1e-7


def test_a_forecast_that_ψ_contradicts_is_given_up():
    """A packet of few quanta is partly thrown back by a barrier that its trajectories pass or not."""
    grid = ql.Grid(256, (-30, 30))
    H = ql.Hamiltonian(grid, lambda x: 6 * np.exp(-(x**2) / 2))
    psi = ql.gaussian(grid, center=-8, width=1.0, momentum=3.0)
    exact = ql.sesolve(H, psi, [0, 6.0], method=ql.Dense()).final_state
    result = ql.sesolve(H, psi, [0, 6.0], method=ql.Gradient6(), tol=1e-6)
    assert "forecast" not in result.method
    assert grid.norm(result.final_state - exact) < 1e-6


def test_a_batch_keeps_the_tolerance_of_each_member():
    batch = np.stack([PSI, ql.gaussian(GRID, center=7.0, width=0.7), 1e-3 * PSI])
    exact = ql.sesolve(WELL, batch, [0, 6.0], method=ql.Dense()).final_state
    result = ql.sesolve(WELL, batch, [0, 6.0], method=ql.Gradient6(), tol=1e-7)
    assert np.all(GRID.norm(result.final_state - exact) < 1e-7 * GRID.norm(batch))


@pytest.mark.parametrize("method", [ql.Gradient6(), ql.ProcessedGradient6(), ql.Gradient6(dt=0.11), ql.RKN6()], ids=str)
@pytest.mark.parametrize("stop_at", [0.2, 5.0])
def test_a_run_that_is_stopped_goes_on_to_the_same_bits(method, stop_at, tmp_path):
    times = np.array([0, 0.3, 2.0, 5.5, 9.0])
    whole = ql.sesolve(WELL, PSI, times, method=method, tol=1e-6)
    path = tmp_path / "run.h5"
    ql.sesolve(WELL, PSI, times, method=method, tol=1e-6, checkpoint=path, stop=lambda t, psi: t > stop_at)
    resumed = ql.sesolve(WELL, PSI, times, method=method, tol=1e-6, checkpoint=path)
    assert np.array_equal(resumed.final_state, whole.final_state)
    assert resumed.stats["error_estimate"] == whole.stats["error_estimate"]


def test_many_steps_under_a_steep_drive_are_looked_at_themselves():
    """What the order of the scheme makes of few steps says little about many where f is steep: of 5 tanh(8 sin t)."""
    grid = ql.Grid(256, (-20, 20))
    V = ql.SeparablePotential(lambda x: 2 * np.cos(np.pi * x / 20),
                              [(lambda t: 3 * np.tanh(8 * np.sin(0.9 * t)), lambda x: np.sin(np.pi * x / 20) * 20 / np.pi)])
    H, psi, tol = ql.Hamiltonian(grid, V), ql.gaussian(grid, center=2.0, momentum=1.0, width=1.0), 1e-7
    task = Task(H, psi, np.array([0.0, 9.0]), tol, Record())
    steps = AutomaticSteps(SplittingKernel(H, ql.Gradient6.table, task.record), task.outset, tol).way
    assert isinstance(steps, PlannedSteps)
    assert steps.clock.span / steps.step > 96
    assert abs(steps.outlook.step) == steps.step
    exact = ql.sesolve(H, psi, [0, 9.0], tol=tol / 30, method=ql.RKN6(), window=False).final_state
    assert grid.norm(ql.sesolve(H, psi, [0, 9.0], tol=tol).final_state - exact) < tol


@pytest.mark.parametrize("tol", [3.4e-6, 5.32e-6, 9.4e-6, 1.3e-5, 1.47e-5])
def test_waves_that_leave_their_trajectories_late(tol):
    """On a driven ring local errors exceed their forecasts only behind what the first look saw: what is done counts too then."""
    grid = ql.Grid(72, (0, 2 * np.pi), twist=-0.36052)
    V = ql.SeparablePotential(lambda x: 5.24919 * np.cos(2 * x + 4.61638), [(lambda t: np.sin(1.74958 * t + 0.11685),
                              lambda x: -2.92805 * np.cos(2 * x + 5.50336) + 1.11373 * np.cos(x + 4.85822)
                              - 1.92157 * np.cos(x + 1.04447))])
    H, psi = ql.Hamiltonian(grid, V), ql.gaussian(grid, center=3.25739, momentum=-1.68169, width=0.5)
    exact = ql.sesolve(H, psi, [0, 7.71323], method=ql.Gradient6(dt=7.71323 / 1000)).final_state
    assert grid.norm(ql.sesolve(H, psi, [0, 7.71323], method=ql.Gradient6(), tol=tol).final_state - exact) < tol


def test_stretches_are_as_short_as_their_work_asks(monkeypatch):
    """Of a large state a few steps at a time, with the same steps and numbers to rounding; looks take 1 % of the transforms."""
    H = ql.Hamiltonian(ql.Grid(128, (-8, 8)), lambda x: x**2 / 2 + x**4 / 40)
    psi = ql.gaussian(H.grid, center=1.5, width=0.6)
    whole = ql.sesolve(H, psi, [0, 8.0], method=ql.Gradient6(), tol=1e-7, window=False)
    shown = []
    monkeypatch.setattr(planned, "AT_ONCE", 3 * 128 * ql.Gradient6.table.pairs)
    monkeypatch.setattr(ProgressBar, "show", lambda self, reached: shown.append(reached))
    parts = ql.sesolve(H, psi, [0, 8.0], method=ql.Gradient6(), tol=1e-7, window=False)
    assert len(shown) >= whole.stats["steps"] / 3
    assert parts.stats["steps"] == whole.stats["steps"]
    assert parts.stats["ffts"] <= 1.01 * whole.stats["ffts"]
    assert H.grid.norm(parts.final_state - whole.final_state) < 1e-12
