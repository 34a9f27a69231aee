"""method=None says which method and why."""

import numpy as np
import pytest
from runs import run

import qlearn as ql
from qlearn.exact import MetricRing
from qlearn.methods import Record, Task, choose

GRID = ql.Grid(128, (-8, 8))
BOX = ql.Grid(128, (-8, 8), boundary="wall")
GRID32 = ql.Grid(32, (-8, 8))
X = GRID.axes[0]
PSI = ql.gaussian(GRID, center=-1, width=0.6)
NARROW = ql.gaussian(GRID, center=-1, momentum=3.0, width=0.3)
PAIR = np.array([PSI, 0 * PSI])
COUPLED = np.array([[np.cos(np.pi * X / 4), 0.2 + 0 * X], [0.2 + 0 * X, -np.cos(np.pi * X / 4)]])
DECAYS = 0.1j * np.diag([0.0, 1.0])[:, :, None]
TRIPLE = np.array([PSI, 0 * PSI, 0.1 * PSI])
ROTATED = {"vector_potential": lambda t, x: 0.3 * np.sin(t + x), "time_dependent": True}
SHAKEN = {"vector_potential": lambda t, x: 0.3 * np.sin(t) + 0 * x, "time_dependent": True}


def smooth(x):
    return np.cos(np.pi * x / 4)


def steep(x):
    return np.where(abs(x) < 1, 50.0, 0.0)


def loss(x):
    return 0.1 * np.exp(-(abs(x) - 8) ** 2)


CASES = {
    "short": (ql.Hamiltonian(GRID, smooth), PSI, 0.1, "Chebyshev", "are enough"),
    "smooth": (ql.Hamiltonian(GRID, smooth), PSI, 20.0, "Gradient6", "against"),
    "rough": (ql.Hamiltonian(GRID, steep), PSI, 20.0, "Chebyshev", "RKN6"),
    "up to a wall": (ql.Hamiltonian(BOX, lambda x: 5 * x), np.exp(-X**2) + 0j, 10.0, "Chebyshev", "the ends"),
    "walls as mirrors": (ql.Hamiltonian(BOX, lambda x: np.cos(np.pi * x / 4)), np.exp(-X**2) + 0j, 10.0, "Gradient6", ""),
    "driven": (ql.Hamiltonian(GRID, lambda t, x: smooth(x + t), time_dependent=True), PSI, 1.0, "Gradient6", "depends on t"),
    "driven to the seam": (ql.Hamiltonian(GRID, ql.SeparablePotential(lambda x: x**2 / 20, [(lambda t: 2 * np.sin(t / 2),
                                                                                           lambda x: x)])), PSI, 6.0,
                           "RKN6", "the ends"),
    "driven and rough": (ql.Hamiltonian(GRID, lambda t, x: steep(x) * t, time_dependent=True), PSI, 1.0, "RKN6", "kinks"),
    "metric": (MetricRing(0.3).hamiltonian(128), PSI, 1.0, "Chebyshev", "not diagonal"),
    "channels": (ql.Hamiltonian(GRID, COUPLED), PAIR, 40.0, "Chebyshev", "BM6"),
    "driven channels": (ql.Hamiltonian(GRID, lambda t, x: COUPLED * np.cos(t), time_dependent=True), PAIR, 1.0, "BM6",
                        "V depends on t, with channels"),
    "driven channels, one decays": (ql.Hamiltonian(GRID, lambda t, x: COUPLED * np.cos(t) - DECAYS, time_dependent=True), PAIR,
                                    1.0, "BM6", "loss"),
    "channels, one decays": (ql.Hamiltonian(GRID, COUPLED - DECAYS), PAIR, 40.0, "BM6", "loss"),
    "channels, one decays at once": (ql.Hamiltonian(GRID, COUPLED - 1e4 * DECAYS), PAIR, 40.0, "Lanczos", "too strong"),
    "driven channels, one decays at once": (ql.Hamiltonian(GRID, lambda t, x: COUPLED * np.cos(t) - 1e4 * DECAYS,
                                                           time_dependent=True), PAIR, 1.0, "Magnus4", "not Hermitian"),
    "three driven channels, one decays": (ql.Hamiltonian(GRID, lambda t, x: -1j * np.diag([0, 0, 0.1])[:, :, None] + 0 * x + t,
                                                         time_dependent=True), TRIPLE, 1.0, "Magnus4", "not Hermitian"),
    "three driven channels that decay alike": (ql.Hamiltonian(GRID, lambda t, x: (t - 0.1j) * np.eye(3)[:, :, None] + 0 * x,
                                                              time_dependent=True), TRIPLE, 1.0, "BM6", "loss"),
    "absorber": (ql.Hamiltonian(GRID, smooth, absorber=loss), PSI, 20.0, "Gradient6", "V − iW is smooth"),
    "hardly an absorber": (ql.Hamiltonian(GRID, smooth, absorber=loss), PSI, 0.1, "Lanczos", "are enough"),
    "absorber on few points": (ql.Hamiltonian(GRID32, lambda x: 50 * smooth(x), absorber=loss),
                               ql.gaussian(GRID32, center=0, width=1), 3.0, "Lanczos", "of Gradient6"),
    "up to the seam": (ql.Hamiltonian(GRID, lambda x: x**2 / 2), NARROW, 20.0, "Chebyshev", "the ends"),
    "rough absorber": (ql.Hamiltonian(GRID, steep, absorber=loss), PSI, 5.0, "Lanczos", "not one smooth function"),
    "driven absorber": (ql.Hamiltonian(GRID, lambda t, x: smooth(x + t), absorber=loss, time_dependent=True), PSI, 1.0,
                        "Gradient6", "not Hermitian"),
    "nonlinear": (ql.Hamiltonian(GRID, smooth, nonlinearity=lambda n: n), PSI, 1.0, "RKN6", "f(|ψ|²)"),
    "nonlinear and curved": (ql.Hamiltonian(GRID, smooth, metric=lambda q: 1 + 0.1 * np.cos(np.pi * q / 8),
                                            nonlinearity=lambda n: n), PSI, 1.0, "RKN6", "f(|ψ|²)"),
    "nonlinear channels": (ql.Hamiltonian(GRID, np.ones((2, 2, GRID.size)), nonlinearity=lambda n: n), np.stack([PSI, PSI]), 1.0,
                           "BM6", "channels"),
    "nonlinear, A(t)": (ql.Hamiltonian(GRID, lambda t, x: smooth(x), nonlinearity=lambda n: n, **ROTATED), PSI, 1.0, "BM4",
                        "A that depends on t"),
    "A(t)": (ql.Hamiltonian(GRID, lambda t, x: smooth(x), **ROTATED), PSI, 1.0, "Magnus4", "depends on t"),
    "uniform A(t)": (ql.Hamiltonian(GRID, smooth(GRID.axes[0]), **SHAKEN), PSI, 1.0, "Gradient6", "on nothing else"),
    "uniform A(t) and V(t)": (ql.Hamiltonian(GRID, lambda t, x: smooth(x), **SHAKEN), PSI, 1.0, "Gradient6", "V depends on t"),
    "uniform A(t), rough V": (ql.Hamiltonian(GRID, np.abs(GRID.axes[0]), **SHAKEN), PSI, 1.0, "RKN6", "kinks"),
    "uniform A(t), absorber": (ql.Hamiltonian(GRID, smooth(GRID.axes[0]), absorber=loss, **SHAKEN), PSI, 1.0, "Gradient6",
                               "no kicks back"),
    "uniform A(t), channels": (ql.Hamiltonian(GRID, COUPLED, **SHAKEN), PAIR, 1.0, "BM6", "with channels"),
    "uniform A(t) with a metric": (ql.Hamiltonian(GRID, lambda t, x: smooth(x), metric=lambda x: 1.2 + np.cos(np.pi * x / 8),
                                                  **SHAKEN), PSI, 1.0, "Magnus4", "depends on t"),
    "nonlinear, uniform A(t)": (ql.Hamiltonian(GRID, lambda t, x: smooth(x), nonlinearity=lambda n: n, **SHAKEN), PSI, 1.0,
                                "RKN6", "f(|ψ|²)"),
}


@pytest.mark.parametrize("case", ["absorber", "driven absorber"])
def test_with_a_loss_a_loose_tolerance_is_left_to_order_4(case):
    H, psi, end, *_ = CASES[case]
    assert choose(Task(H, psi, np.array([0, end]), 1e-4, Record()))[0].name == "Chin4"


@pytest.mark.parametrize("case", CASES)
def test_the_choice_is_explained(case):
    H, psi, end, name, why = CASES[case]
    method, words = choose(Task(H, psi, np.array([0, end]), 1e-7, Record()))
    assert method.name == name and why in words, words
    method.check(H)


def test_the_choice_of_imaginary_time():
    H = ql.Hamiltonian(GRID, smooth)
    method, words = choose(Task(H, PSI, np.array([0, 3.0]), 1e-7, Record(), imaginary=True))
    assert method.name == "Chebyshev" and "imaginary" in words
    nonlinear = ql.Hamiltonian(GRID, smooth, nonlinearity=lambda n: n)
    assert choose(Task(nonlinear, PSI, np.array([0, 3.0]), 1e-7, Record(), imaginary=True))[0].name == "MultiProduct6"


@pytest.mark.parametrize("case", ["smooth", "rough", "channels", "absorber"])
def test_the_choice_keeps_its_tolerance_and_counts_its_trial(case):
    H, psi, end, *_ = CASES[case]
    record = Record()
    method, _ = choose(Task(H, psi, np.array([0, end]), 1e-7, record))
    assert 0 < record.ffts < 2000
    (exact,), _ = run(ql.Dense(), H, psi, [0, end])
    (final,), _ = run(method, H, psi, [0, end], 1e-7)
    assert H.norm(final - exact) < 1e-7


def test_a_processor_is_chosen_where_its_forecast_is_confirmed(monkeypatch):
    pytest.importorskip("numba", reason="forecasts of small grids are made by compiled trajectories only")
    grid = ql.Grid((96, 96), [(-13, 13)] * 2)
    H = ql.Hamiltonian(grid, lambda x, y: (x**2 + y**2) / 2 + 0.02 * (x**2 * y - y**3 / 3))
    psi0 = ql.gaussian(grid, center=(2.0, 2.0), width=0.5**0.5)
    exact = ql.sesolve(H, psi0, [0, 10.0], method=ql.Chebyshev(), tol=1e-10).final_state
    chosen = ql.sesolve(H, psi0, [0, 10.0], tol=1e-8)
    assert chosen.method.startswith("ProcessedGradient6") and "foreseen" in chosen.method
    assert grid.norm(chosen.final_state - exact) < 1e-8
    monkeypatch.setattr("qlearn.methods.planned.WITNESS", (2.0, 1.0))       # no witness confirms
    plain = ql.sesolve(H, psi0, [0, 10.0], tol=1e-8)
    assert plain.method.startswith("Gradient6") and plain.stats["ffts"] > 1.2 * chosen.stats["ffts"]
    assert grid.norm(plain.final_state - exact) < 1e-8
