"""Runs in which H(t) jumps or has kinks: as exact as others, at about their price, whatever is asked of them."""

import importlib
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import qlearn as ql
from qlearn.sesolve.reduced import WINDOWS

RING = ql.Grid(48, (0, 2 * np.pi), twist=0.2)
X = RING.axes[0]
PSI = RING.from_periodic(np.exp(2 * np.cos(X - 2) + 0.5j * np.sin(X)))
PSI = PSI / RING.norm(PSI)
EDGES = [0.0, 0.3, 0.7, 1.1, 1.5]  # of all drives here


def trapezoid(t):
    return float(np.interp(t, [0.3, 0.7, 1.1, 1.4], [0.0, 1.0, 1.0, 0.25])) * np.sin(9 * t)


def switched(t):
    return 2.0 * (t > 0.7)


def still(x):
    return 3 * np.cos(x)


def separable(f, **options):
    return ql.Hamiltonian(RING, ql.SeparablePotential(still, [(f, lambda x: 3 * np.sin(x))]), **options)


def moving(**options):
    return {"time_dependent": True, **options}


PROBLEMS = {
    "jump": separable(switched), "kinks": separable(lambda t: trapezoid(min(t, 1.4))),
    "V(t, x)": ql.Hamiltonian(RING, lambda t, x: still(x) + 3 * np.sin(x) * switched(t), **moving()),
    "A(t)": ql.Hamiltonian(RING, still(X), **moving(vector_potential=lambda t, x: 2 * abs(t - 0.7))),
    "A(t, q)": ql.Hamiltonian(RING, still(X), **moving(vector_potential=lambda t, x: abs(t - 0.7) * np.sin(x))),
    "mean field": separable(switched, nonlinearity=lambda n: 2 * n),
    "loss": separable(switched, absorber=lambda x: 2 - 2 * np.cos(x)),
    "gain": ql.Hamiltonian(RING, ql.SeparablePotential(still, [(switched, lambda x: 1j + np.sin(x))])),
    "batch": ql.Hamiltonian(RING, ql.SeparablePotential(np.stack([still(X), 2 * still(X)]), [(switched, np.sin)])),
    "channels": ql.Hamiltonian(RING, lambda t, x: np.stack([np.stack([still(x), switched(t) + 0 * x]),
                                                            np.stack([switched(t) + 0 * x, -still(x)])]), **moving()),
}


def start_of(H):
    return PSI if H.channels is None else np.stack([0.8 * PSI, 0.6j * PSI])


def exact(H, psi, times):
    """By a Runge–Kutta method, from edge to edge, where H is asked for between them alone."""
    start, end = times
    psi = np.broadcast_to(psi, (*H.batch_shape, *H.state_shape)).astype(complex)
    edges = [t for t in EDGES if min(times) < t < max(times)]
    values = psi.ravel()
    for a, b in pairwise([start, *(edges if start < end else edges[::-1]), end]):
        low, high = min(a, b) + 1e-13, max(a, b) - 1e-13

        def slope(t, v, low=low, high=high):
            return -1j / H.hbar * H.apply(v.reshape(psi.shape), min(max(t, low), high)).ravel()

        values = solve_ivp(slope, (a, b), values, method="DOP853", rtol=1e-12, atol=1e-14).y[:, -1]
    return values.reshape(psi.shape)


def off(H, state, psi, times):
    return float(np.max(H.norm(state - exact(H, psi, times)) / H.norm(psi)))


@pytest.mark.filterwarnings("ignore:the grid is too coarse")  # for f(|ψ|²): on its points, which the other integrator takes too
@pytest.mark.parametrize("tol", [1e-5, 1e-9])
@pytest.mark.parametrize("name", PROBLEMS)
def test_the_true_error_of_the_default(name, tol):
    H = PROBLEMS[name]
    psi = start_of(H)
    result = ql.sesolve(H, psi, [0, 0.4, 1.4], tol=tol)
    assert "parts, between jumps or kinks of H(t) at t = 0." in result.method
    assert off(H, result.final_state, psi, (0, 1.4)) < max(result.stats["error_estimate"], 1e-10) < tol
    assert off(H, result.states[1], psi, (0, 0.4)) < tol


@pytest.mark.filterwarnings("ignore:the grid is too coarse")
@pytest.mark.parametrize("name", ["jump", "kinks", "A(t)", "mean field"])
def test_backwards(name):
    H = PROBLEMS[name]
    there = ql.sesolve(H, PSI, [0.1, 1.4], tol=1e-9).final_state
    back = ql.sesolve(H, there, [1.4, 0.7, 0.1], tol=1e-9)
    assert RING.norm(back.final_state - PSI) < 2e-9
    assert off(H, back.states[1], there, (1.4, 0.7)) < 1e-9


@pytest.mark.parametrize("method", [ql.RKN6(), ql.Gradient6(), ql.ProcessedGradient6(), ql.BM4(), ql.Chin4(), ql.Magnus4()],
                         ids=lambda m: m.name)
def test_methods_by_name(method):
    result = ql.sesolve(PROBLEMS["jump"], PSI, [0, 1.4], method=method, tol=1e-7)
    assert result.method.startswith(method.name) and "in 2 parts" in result.method
    assert off(PROBLEMS["jump"], result.final_state, PSI, (0, 1.4)) < 1e-7


def test_times_at_a_break_and_next_to_it():
    """One that is a break, by a rounding or to the last digit, and close ones."""
    times = [0, 0.3, np.nextafter(0.7, 1), 0.7 + 1e-9, 1.1 - 1e-12, 1.4]
    for name in ("jump", "kinks"):
        H = PROBLEMS[name]
        result = ql.sesolve(H, PSI, times, tol=1e-8)
        assert len(result.states) == len(times) and np.array_equal(result.times, times)
        for t, state in zip(times[1:], result.states[1:], strict=True):
            assert off(H, state, PSI, (0, t)) < 1e-8


def test_it_costs_as_much_as_its_parts():
    """Without it steps shrink down to the last digits of the time at a jump."""
    H = PROBLEMS["A(t)"]
    whole = ql.sesolve(H, PSI, [0, 1.4], tol=1e-8).stats["ffts"]
    first = ql.sesolve(H, PSI, [0, 0.699], tol=5e-9)
    second = ql.sesolve(H, first.final_state, [0.701, 1.4], tol=5e-9)
    assert whole < 1.1 * (first.stats["ffts"] + second.stats["ffts"])


@pytest.mark.parametrize("name", ["jump", "V(t, x)", "mean field", "channels"])
@pytest.mark.filterwarnings("ignore:the grid is too coarse")
def test_a_part_in_which_h_stands_still_is_a_static_run(name):
    H = PROBLEMS[name]
    psi = start_of(H)
    by_hand = [ql.sesolve(H.at(t), psi, [0, 0.7], tol=5e-9).stats["ffts"] for t in (0.3, 1.0)]
    assert ql.sesolve(H, psi, [0, 1.4], tol=1e-8).stats["ffts"] < 1.25 * sum(by_hand)


def test_what_happens_where_breaks_are_not_looked_for(monkeypatch):
    """The control: the same runs cost more, or are wrong, or both."""
    monkeypatch.setattr(importlib.import_module("qlearn.sesolve.parts"), "breaks_in", lambda *_: [])
    dear = wrong = 0
    for place in np.linspace(0.601, 0.699, 12):
        H = separable(lambda t, place=place: 2.0 * (t > place))
        result = ql.sesolve(H, PSI, [0, 1.4], tol=1e-8)
        first = ql.sesolve(H, PSI, [0, place - 1e-14], tol=1e-10)
        second = ql.sesolve(separable(lambda t: 2.0), first.final_state, [place, 1.4], tol=1e-10)
        wrong += RING.norm(second.final_state - result.final_state) > 1e-8
        dear += result.stats["ffts"] > 2 * (first.stats["ffts"] + second.stats["ffts"])
    assert dear + wrong >= 6


def test_a_given_step_is_kept():
    result = ql.sesolve(PROBLEMS["jump"], PSI, [0, 1.4], method=ql.RKN6(dt=0.1))
    assert result.stats["steps"] == 14 and "parts" not in result.method


def test_in_windows(monkeypatch):
    """Each part finds the window of its own, and may leave it."""
    line = ql.Grid(1024, (-40, 40))
    H = ql.Hamiltonian(line, ql.SeparablePotential(lambda x: x**2 / 2, [(lambda t: 1.5 * (t > 2), lambda x: -x)]))
    psi = ql.gaussian(line, center=1.0, width=0.6)
    part, whole = (ql.sesolve(H, psi, [0, 1, 3.5], tol=1e-8, window=window) for window in (None, False))
    assert part.stats["grid"][0] < 512 and "points" in part.method and whole.stats["grid"] == (1024,)
    assert line.norm(part.final_state - whole.final_state) < 2e-8 and part.stats["windows_left"] == 0
    monkeypatch.setattr(importlib.import_module("qlearn.sesolve.reduced"), "LEAK", 1e-12)
    left = ql.sesolve(H, psi, [0, 1, 3.5], tol=1e-8)
    assert line.norm(left.final_state - whole.final_state) < 2e-8 and 2 <= left.stats["windows_left"] <= 2 * WINDOWS


def test_the_first_time_may_have_a_number_of_its_own():
    """A drive that is on for t > 0 alone."""
    H, on = separable(lambda t: 2.0 * (t > 0)), separable(lambda t: 2.0)
    result = ql.sesolve(H, PSI, [0, 1.0], tol=1e-9)
    assert "in 1 part, behind a jump of H(t) at the first or last time" in result.method
    assert RING.norm(result.final_state - ql.sesolve(on, PSI, [0, 1.0], tol=1e-10).final_state) < 1e-9


def test_streams_and_stops():
    H, times = PROBLEMS["kinks"], np.linspace(0, 1.4, 15)
    result = ql.sesolve(H, PSI, times, tol=1e-8)
    for (t, state), other in zip(ql.propagate(H, PSI, times, tol=1e-8), result.states, strict=True):
        assert np.array_equal(state, other) and t <= 1.4
    stopped = ql.sesolve(H, PSI, times, tol=1e-8, stop=lambda t, psi: t > 0.75)
    assert len(stopped.times) == 9 and np.array_equal(stopped.final_state, result.states[8])
    none = ql.sesolve(H, PSI, times, tol=1e-8, stop=lambda t, psi: True)
    assert none.method == "no step taken" and np.array_equal(none.final_state, PSI)


def test_a_wave_that_has_left_is_not_carried_to_more_digits_than_it_started_with():
    """tol is meant relative to ψ0."""
    H = separable(switched, absorber=8.0)
    loose = ql.sesolve(H, PSI, [0, 1.4], tol=1e-6)
    assert RING.norm(loose.final_state) < 1e-4
    assert off(H, loose.final_state, PSI, (0, 1.4)) < loose.stats["error_estimate"] < 1e-6
