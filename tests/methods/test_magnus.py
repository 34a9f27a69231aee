"""Magnus4: its order, its steps, and what it refuses."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from runs import resumed, run
from scipy.integrate import solve_ivp

import qlearn as ql
from qlearn.errors import ArgumentError, UnsupportedError
from qlearn.exact import DrivenOscillator

PROBLEM = DrivenOscillator(center=0.5, width=0.6, momentum=-0.4, chirp=0.2, omega=1.1, force=0.8, drive=2.3, mass=1.2, hbar=0.9)
GRID = ql.Grid(96, (-9, 9))
H, START, END = PROBLEM.hamiltonian(GRID), PROBLEM.state(GRID.axes[0], 0.0), 2.4
EXACT = PROBLEM.state(GRID.axes[0], END)


def test_the_measured_slope_is_the_order():
    steps = [0.2, 0.15, 0.12, 0.1, 0.08, 0.05]
    runs = [run(ql.Magnus4(dt=dt), H, START, [0, END]) for dt in steps]
    errors = [GRID.norm(final - EXACT) for (final,), _ in runs]
    assert abs(np.polyfit(np.log(steps), np.log(errors), 1)[0] - ql.Magnus4.order) < 0.1
    assert errors[-1] < 1e-7
    assert all(0.5 * error < record.error < 20 * error for error, (_, record) in zip(errors, runs, strict=True))


@pytest.mark.parametrize("tol", [1e-3, 1e-6, 1e-9])
def test_the_true_error_is_below_tol(tol):
    states, record = run(ql.Magnus4(), H, START, [0, 1.0, END], tol)
    assert GRID.norm(states[-1] - EXACT) < record.error + record.rounding < tol
    (back,), _ = run(ql.Magnus4(), H, EXACT, [END, 0.0], tol)
    assert GRID.norm(back - START) < tol


@given(seed=st.integers(0, 2**32 - 1), tol=st.sampled_from([1e-4, 1e-7]), lossy=st.booleans())
@settings(max_examples=6, deadline=None)
def test_random_driven_problems_keep_their_tolerance(seed, tol, lossy):
    """Against an integrator of ordinary differential equations for the matrix of H."""
    rng = np.random.default_rng(seed)
    grid = ql.Grid(24, (0, 2 * np.pi), twist=rng.uniform(-0.5, 0.5))
    a, b, w = rng.uniform(-3, 3, 3), rng.uniform(0, 6, 3), rng.uniform(1, 5)
    V = lambda t, x: sum(a[j] * np.cos(j * x + b[j] + np.sin(w * t)) for j in range(3)) - 0.2j * lossy * np.cos(x) ** 2  # noqa: E731
    H = ql.Hamiltonian(grid, V, hbar=rng.uniform(0.5, 2), time_dependent=True)
    psi0 = ql.gaussian(grid, center=3, width=0.6, hbar=H.hbar)
    kinetic = ql.Hamiltonian(grid, 0.0, hbar=H.hbar).to_matrix()
    start, end = rng.uniform(-1, 1), rng.uniform(1, 3)

    def slope(t, y):
        loss = H.loss_table(t)
        return -1j / H.hbar * (kinetic @ y + (H.potential_table(t) - (0 if loss is None else 1j * loss)) * y)

    exact = solve_ivp(slope, (start, end), psi0, method="DOP853", rtol=1e-11, atol=1e-12).y[:, -1]
    (final,), record = run(ql.Magnus4(), H, psi0, [start, end], tol)
    assert grid.norm(final - exact) < tol, record.note


@pytest.mark.parametrize("method", [ql.Magnus4(), ql.Magnus4(dt=0.11)], ids=["automatic", "dt"])
def test_a_run_goes_on_from_a_snapshot_to_the_same_bits(method):
    times = [0, 0.3, END]
    whole, _ = run(method, H, START, times, 1e-6)
    assert np.array_equal(whole[-1], resumed(method, H, START, times, 1e-6, 2))


def test_a_static_hamiltonian_costs_no_order():
    grid = ql.Grid(64, (-8, 8))
    static = ql.Hamiltonian(grid, lambda x: x**2 / 2)
    psi0 = ql.gaussian(grid, center=1, width=0.6)
    (exact,), _ = run(ql.Dense(), static, psi0, [0, 2.0])
    (final,), _ = run(ql.Magnus4(), static, psi0, [0, 2.0], 1e-9)
    assert grid.norm(final - exact) < 1e-9


def test_refusals():
    with pytest.raises(UnsupportedError, match="Chebyshev"):
        ql.Magnus4().check(ql.Hamiltonian(GRID, 0.0), imaginary=True)
    for dt in (0, -1.0, np.nan):
        with pytest.raises(ArgumentError, match="dt must be"):
            ql.Magnus4(dt=dt)


def test_a_tolerance_out_of_reach_ends_with_the_error_that_rounding_leaves():
    """Errors below rounding made ever shorter steps."""
    states, record = run(ql.Magnus4(), H, START, [0, 0.2], 1e-16)
    finer, _ = run(ql.Magnus4(dt=0.001), H, START, [0, 0.2])
    assert GRID.norm(states[-1] - finer[-1]) < 1e-11
    assert 1e-16 < record.error + record.rounding < 1e-11
