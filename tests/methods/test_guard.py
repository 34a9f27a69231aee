"""A splitting that was chosen and gets far too dear is given up, and what goes on in its place keeps tol."""

import warnings

import numpy as np
import pytest

import qlearn as ql
from qlearn.errors import AccuracyWarning
from qlearn.methods import Record, Task, guarded
from qlearn.methods.planned import PlannedSteps

COARSE = ql.Grid(64, (-10, 10))  # up to wavenumber 10, where a packet at 3 in V = x²/2 + x⁴/20 gets 4 and, at tol, far more
PSI = ql.gaussian(COARSE, center=3.0, width=0.7)
TIMES = [0, 0.1, 0.7, 1.0]


def steep(x):
    return x**2 / 2 + 0.05 * x**4


STATIC = ql.Hamiltonian(COARSE, steep)
DRIVEN = ql.Hamiltonian(COARSE, ql.SeparablePotential(steep, [(lambda t: np.sin(2 * t), lambda x: x)]))
LOSSY = ql.Hamiltonian(COARSE, steep, absorber=lambda x: 0.2 * np.exp(-((x - 2) ** 2)))
COUPLED = ql.Hamiltonian(COARSE, lambda x: np.array([[steep(x), 0.3 + 0 * x], [0.3 + 0 * x, steep(x) + 1]]))


def solve(H, method, psi=PSI, tlist=TIMES, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AccuracyWarning)  # of the grid, which is too coarse
        return ql.sesolve(H, psi, tlist, method=method, **options)


def off(result, exact, psi=PSI):
    return float(np.max(COARSE.norm(result.final_state - exact.final_state) / np.max(COARSE.norm(psi))))


@pytest.mark.parametrize("backwards", [False, True])
def test_a_series_goes_on_where_a_splitting_gets_dear(backwards):
    times = TIMES[::-1] if backwards else TIMES
    found, exact = solve(STATIC, None, tlist=times), solve(STATIC, ql.Dense(), tlist=times)
    assert "Gradient6, given up at t = 0." in found.method and "for Chebyshev with" in found.method
    alone, forced = (solve(STATIC, method, tlist=times).stats["ffts"] for method in (ql.Chebyshev(), ql.Gradient6()))
    assert found.stats["ffts"] < 8 * alone and forced > 100 * alone
    assert off(found, exact) <= found.stats["error_estimate"] <= 1e-8


@pytest.mark.parametrize(("H", "other"), [(LOSSY, "Lanczos"), (COUPLED, "Chebyshev")])
def test_with_a_loss_and_with_channels(H, other):
    psi = PSI if H.channels is None else np.stack([PSI, 0 * PSI])
    method = guarded(ql.Chin4() if H is LOSSY else ql.BM6(), Task(H, psi, np.array(TIMES), 1e-8, Record()))
    found, exact = solve(H, method, psi), solve(H, ql.Dense(), psi)
    assert f"for {other}" in found.method
    assert off(found, exact, psi) <= 1e-8


def test_under_a_drive():
    found, exact = solve(DRIVEN, None, tlist=[0, 0.7]), solve(DRIVEN, ql.RKN6(), tlist=[0, 0.7], tol=1e-9)
    assert "given up" in found.method and "for Magnus4" in found.method
    assert off(found, exact) <= found.stats["error_estimate"] + 1e-9 < 1.1e-8


def test_a_batch_on_a_twisted_ring_and_other_arrays():
    grid = ql.Grid(64, (-10, 10), twist=0.3)
    H = ql.Hamiltonian(grid, steep)
    psi = np.stack([ql.gaussian(grid, center=3.0, width=0.7), 0.5 * ql.gaussian(grid, center=-2.0, momentum=1.0, width=0.6)])
    method = guarded(ql.Gradient6(), Task(H, psi, np.array(TIMES), 1e-8, Record()))
    found, exact = solve(H, method, psi), solve(H, ql.Dense(), psi)
    assert "for Chebyshev" in found.method
    assert off(found, exact, psi) <= 1e-8
    xp = pytest.importorskip("array_api_strict", reason="another kind of array, to see that the method takes it")
    other = solve(H, method, xp.asarray(psi))
    assert np.max(np.abs(np.asarray(other.final_state) - exact.final_state)) < 1e-8


def test_runs_that_cost_what_was_foreseen_are_left_alone():
    fine = ql.Grid(256, (-10, 10))
    H, psi = ql.Hamiltonian(fine, steep), ql.gaussian(fine, center=3.0, width=0.7)
    result = ql.sesolve(H, psi, TIMES, method=None)
    assert "given up" not in result.method


@pytest.mark.parametrize("refused", ["fixed step", "imaginary", "mean field", "gain", "not a splitting"])
def test_where_nothing_is_guarded(refused):
    H, options = STATIC, {}
    method = ql.Chebyshev() if refused == "not a splitting" else ql.RKN6(dt=0.1) if refused == "fixed step" else ql.RKN6()
    if refused == "imaginary":
        options = {"imaginary": True}
    if refused == "mean field":
        H = ql.Hamiltonian(COARSE, steep, nonlinearity=lambda n: n)
    if refused == "gain":
        H = ql.Hamiltonian(COARSE, lambda x: steep(x) + 0.1j * np.exp(-x**2))
    assert guarded(method, Task(H, PSI, np.array(TIMES), 1e-8, Record(), **options)) is method


def test_states_at_save_times_wait_until_their_steps_are_judged(monkeypatch):
    """Steps that turn out too long are done again from a state before a save time. Where there is no memory for states to wait,
    that of the save time is out already, and said to be."""
    psi = 0.5 * ql.gaussian(COARSE, center=-2.0, momentum=1.0, width=0.6)
    exact = solve(STATIC, ql.Dense(), psi)

    def found():
        with pytest.warns(AccuracyWarning) as caught:
            result = ql.sesolve(STATIC, psi, TIMES, method=ql.RKN6())
        errors = COARSE.norm(result.states - exact.states) / COARSE.norm(psi)
        return errors, [str(w.message) for w in caught if "save times before the last" in str(w.message)]

    errors, said = found()
    assert errors.max() < 1e-8 and not said
    monkeypatch.setattr("qlearn.methods.splitting_stepper.WAITING_BYTES", 0)
    errors, said = found()
    assert errors[-1] < 1e-8 < errors.max() / 2 < 10 * float(said[0].split("about ")[1].split(",")[0])
    with pytest.warns(AccuracyWarning) as caught:
        ql.sesolve(STATIC, psi, [0, 1.0], method=ql.RKN6())
    assert not any("save times before the last" in str(w.message) for w in caught)


def test_a_plan_that_is_made_again_takes_back_the_states_that_wait(monkeypatch):
    """A look says that steps are too long: those at save times since the first state are done again with the rest."""
    grid = ql.Grid(128, (-10, 10))
    H = ql.Hamiltonian(grid, lambda x: x**2 / 2 + 3 * np.exp(-((x - 4) ** 2)))
    psi, times = ql.gaussian(grid, center=-3.0, width=0.7), np.linspace(0, 6, 13)
    plain = ql.sesolve(H, psi, times, method=ql.Gradient6(), tol=1e-8)
    looks, reckon = [], PlannedSteps._reckon

    def surprised(self, ratio, h, early):
        """Steps that are far too long until the second look, which says that they cannot be made good any more."""
        looks.append(self.clock.now)
        if len(looks) == 1:
            self.step = 0.5
        elif len(looks) == 2:
            self.again = True
        else:
            reckon(self, ratio, h, early)

    monkeypatch.setattr(PlannedSteps, "_reckon", surprised)
    found = list(ql.propagate(H, psi, times, method=ql.Gradient6(), tol=1e-8))
    assert len(looks) > 2 and looks[1] > times[1] and looks[2] == 0  # from the first state again
    assert [t for t, _ in found] == times.tolist()
    assert grid.norm(np.stack([state for _, state in found]) - plain.states).max() < 2e-8
