"""poles_run: through a node, its own density, refusals, and that nothing depends on the executor."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import qlearn as ql
from qlearn.densities import GridDensity
from qlearn.ensembles.nodes import Accuracy, Rule, poles_run
from qlearn.errors import ArgumentError, RegimeError, UnsupportedError

GRID = ql.Grid(64, [(0, 2 * np.pi)])
Q = GRID.axes[0]
TIMES = np.array([0.0, 4.5])


def system(**changes):
    return ql.LearningSystem("q", **({"potential": "0.3*cos(q)", "learning_rate": 1, "temperature": 0.5, "periods": "2*pi"}
                                     | changes))


def density(sine=0.0, second=0.0):
    return GridDensity(GRID, (1 + 0.5 * np.cos(Q) + sine * np.sin(Q) + second * np.cos(2 * Q)) / (2 * np.pi))


def phase(q):
    return 0.3 * np.sin(q)


def reference(law):
    psi = np.sqrt(law.values) * np.exp(1j * phase(Q))
    return ql.sesolve(ql.Hamiltonian(GRID, lambda q: 0.3 * np.cos(q)), psi, TIMES, tol=1e-8)


def test_a_ring_passes_its_node():
    """Holm over carriers and learners: false alarms one in a thousand runs."""
    run = poles_run(system(), (density(), phase), TIMES, 2000, 21)
    assert run.positions.shape == (2, 2000, 1) and run.carriers.learners == 8000
    for ensemble in (run, run.carriers):
        assert ql.compare(reference(density()), ensemble, level=5e-4).verdict.passed
    assert run.stats["winding"].tolist() == [0, 1]
    (t, change, q), = run.stats["crossings"]
    assert change == 1 and abs(t - 4.1) < 0.15 and abs(q - 5.1) < 0.3           # five standard deviations
    assert run.stats["poles"].shape == (2,) and np.all(run.stats["fit"] < 1.5)


@pytest.mark.parametrize("rule", [Rule(), Rule(reach=1.0)], ids=["all zeros held", "near zeros held"])
def test_learners_follow_their_own_density_not_the_field(rule):
    """Field from ρ₀, learners from ρ₁: rejected against ψ of ρ₀ (power > .99 at 1 %), kept against that of ρ₁."""
    own = density(0.15, -0.1)
    run = poles_run(system(), (density(), phase, own), TIMES, 1, 4, carriers=10000, rule=rule)
    assert ql.compare(reference(own), run.carriers, level=1e-3).verdict.passed
    assert not ql.compare(reference(density()), run.carriers, level=0.01).verdict.passed


def test_without_refit_the_field_guides_them_wrong():
    own = density(0.15, -0.1)
    run = poles_run(system(), (density(), phase, own), TIMES, 1, 4, carriers=10000, rule=Rule(refit=False))
    assert not ql.compare(reference(own), run.carriers, level=1e-3).verdict.passed
    assert run.stats["label"].startswith("guided")


def test_without_poles_it_is_wrong_or_refused():
    try:
        run = poles_run(system(), (density(), phase), TIMES, 1, 4, carriers=10000, rule=Rule(reach=0.0))
    except RegimeError as error:
        assert "have parted" in str(error)
    else:
        assert not ql.compare(reference(density()), run.carriers, level=1e-6).verdict.passed


@pytest.mark.parametrize("rule", [Rule(residue=2.0), Rule(quantum=False)], ids=["residue 2", "no quantum potential"])
def test_a_broken_law_is_rejected(rule):
    run = poles_run(system(), (density(), phase), TIMES, 1, 4, carriers=5000, rule=rule)
    assert not ql.compare(reference(density()), run.carriers, level=1e-4).verdict.passed


def test_general_units_and_a_twist():
    """ħ = 1.6, m = .5, L = 3, θ = ¼, V(q, t): against sesolve; false alarms one in a thousand."""
    ring = system(potential="(1 + t)*cos(2*pi*q/3)", learning_rate=2.0, temperature=0.8, periods="3", theta="1/4")
    grid = ql.Grid(48, [(0, 3)], twist=0.25)
    x = grid.axes[0]
    law = GridDensity(ql.Grid(48, [(0, 3)]), (1 + 0.4 * np.sin(2 * np.pi * x / 3)) / 3)
    slope = 2 * np.pi * 1.25 * 1.6 / 3

    def rising(q):
        return slope * q + 0.2 * np.cos(2 * np.pi * q / 3)

    times = np.array([0.0, 0.6])
    run = poles_run(ring, (law, rising), times, 1000, 5)
    hamiltonian = ql.Hamiltonian(grid, lambda t, q: (1 + t) * np.cos(2 * np.pi * q / 3), mass=0.5, hbar=1.6, time_dependent=True)
    psi = ql.sesolve(hamiltonian, np.sqrt(law.values) * np.exp(1j * rising(x) / 1.6), times, tol=1e-8)
    for ensemble in (run, run.carriers):
        assert ql.compare(psi, ensemble, level=1e-3).verdict.passed
    assert run.stats["winding"].tolist() == [1, 1]
    rho, phi = run.flow.density(0.6, law.grid), run.flow.phase(0.6, law.grid)
    estimate, state = np.sqrt(rho) * np.exp(1j * phi / 1.6), psi.states[-1]
    assert abs(np.vdot(estimate, state) * grid.cell_volume)**2 > 0.99


def test_packets_collide_on_a_line():
    grid = ql.Grid(160, [(-11, 11)])
    x = grid.axes[0]
    psi = np.exp(-(x + 3)**2 / 1.44 + 2j * x) + np.exp(-(x - 3)**2 / 1.44 - 2j * x)
    psi /= np.sqrt(np.sum(np.abs(psi)**2) * grid.cell_volume)
    times = np.array([0.0, 1.5])
    law = GridDensity(grid, np.abs(psi)**2)
    run = poles_run(system(potential="0*q", periods=None), (law, np.angle(psi)), times, 1000, 6)
    exact = ql.sesolve(ql.Hamiltonian(grid, lambda q: 0 * q), psi, times, tol=1e-8)
    for ensemble in (run, run.carriers):
        assert ql.compare(exact, ensemble, level=1e-3).verdict.passed
    with pytest.raises(RegimeError, match="ends"):
        poles_run(system(potential="0*q", periods=None), (law, np.angle(psi)), np.array([0.0, 6.0]), 1, 6, carriers=500)


def test_same_numbers_on_an_executor_and_from_simulate():
    times, start = np.array([0.0, 0.3]), (density(), phase)
    one = poles_run(system(), start, times, 20000, 8, carriers=400)
    with ThreadPoolExecutor(2) as pool:
        other = poles_run(system(), start, times, 20000, 8, executor=pool, carriers=400)
    assert np.array_equal(one.positions, other.positions)
    few = poles_run(system(), density(), times, 200, 8)
    simulated = ql.simulate(system(), density(), times, kind="self-consistent", nodes="poles", learners=200, seed=8)
    assert np.array_equal(few.positions, simulated.positions) and simulated.carriers.learners == 800


def test_a_single_time_has_its_field():
    run = ql.simulate(system(), (density(), phase), [0.0], kind="self-consistent", nodes="poles", learners=5, seed=8)
    assert run.carriers.learners == 100 and run.stats["dt"] == 0 and run.positions.shape == (1, 5, 1)
    rho, phi = run.flow.density(0.0, GRID), run.phase(GRID)
    assert np.all(np.isfinite(rho)) and np.max(np.abs(phi - 0.3 * np.sin(Q))) < 1e-6
    assert all(np.all(np.isfinite(one)) for one in run.flow(0.0, Q[None]))



@pytest.mark.parametrize(("start", "nodes", "used"), [("density", None, "poles"), ("density", "stop", "stop"),
                                                      ("points", None, "stop")])
def test_the_method_that_was_used_is_said(start, nodes, used):
    q = np.random.default_rng(0).uniform(0, 2 * np.pi, (400, 1))
    start = GridDensity(GRID, np.full(64, 1 / (2 * np.pi))) if start == "density" else (q, np.zeros_like(q))
    run = ql.simulate(system(), start, [0.0, 0.01], kind="self-consistent", nodes=nodes, learners=100, seed=8)
    assert run.stats["nodes"] == used and run.stats["method"]


def test_a_potential_that_begins_at_zero_and_moves_fast():
    """Uniform learners at rest, V = 3 sin(2πt) cos q: nothing moves at the stored times' V; steps see what is between."""
    uniform = GridDensity(GRID, np.full(64, 1 / (2 * np.pi)))
    run = poles_run(system(potential="3*sin(2*pi*t)*cos(q)"), uniform, np.array([0.0, 1.0]), 500, 1, carriers=4000)
    assert run.stats["steps"] > 30
    hamiltonian = ql.Hamiltonian(GRID, lambda t, q: 3 * np.sin(2 * np.pi * t) * np.cos(q), time_dependent=True)
    psi = ql.sesolve(hamiltonian, np.sqrt(uniform.values).astype(complex), [0.0, 1.0], tol=1e-7)
    assert ql.compare(psi, run.carriers, level=1e-3).verdict.passed


def test_a_narrow_packet_on_a_ring():
    """Harmonics are nearly dependent on it: the fit ends all the same, and the packet goes round."""
    grid = ql.Grid(128, [(0, 2 * np.pi)])
    values = np.exp(-(grid.axes[0] - 2)**2 / (2 * 0.2**2))
    law = GridDensity(grid, values / (values.sum() * grid.cell_volume))
    run = poles_run(system(potential="0*q"), (law, lambda q: 3 * q), np.array([0.0, 0.5]), 100, 1, carriers=2000)
    moved = run.carriers.positions[1].mean() - run.carriers.positions[0].mean()
    assert moved == pytest.approx(1.5, abs=5 * 1.25 / np.sqrt(2000))


def test_carriers_may_be_told_to_simulate():
    run = ql.simulate(system(), density(), [0.0, 0.1], kind="self-consistent", nodes="poles", learners=5, seed=8, carriers=300)
    assert run.carriers.learners == 300


@pytest.mark.parametrize(("start", "error", "match"), [
    ((density(), lambda q: np.zeros(3)), ArgumentError, "must have the shape of q"),
    ((density(), lambda q: 0.3 * q), RegimeError, "must rise by"),
    ((density(), lambda q: 0.3 * np.abs(np.mod(q, 2 * np.pi) - np.pi)), RegimeError, "not resolved as an entire function"),
    ((np.zeros((10, 1)), np.zeros((10, 1))), UnsupportedError, "known as a function"),
    ((density(), np.zeros(5)), ValueError, "phase must have shape"),
])
def test_starts_without_identifiable_poles_are_refused(start, error, match):
    with pytest.raises(error, match=match):
        poles_run(system(), start, TIMES, 10, 0)


def test_a_density_of_another_dimension_is_refused():
    plane = ql.LearningSystem("x y", potential="x**2+y**2", learning_rate=1, temperature=0.5)
    with pytest.raises(ArgumentError, match="of 2 coordinates"):
        poles_run(plane, (density(), None), TIMES, 10, 0)


def test_half_the_steps_move_carriers_by_little_of_what_their_number_leaves_open():
    """Through the first node: levels within 0.1/√N for all of 2000 carriers, in units where a perfect sample has 0.83."""
    ends = [poles_run(system(), (density(), phase), TIMES, 1, 2, carriers=2000, accuracy=accuracy).carriers.positions[-1]
            for accuracy in (Accuracy(), Accuracy().halved())]
    law = reference(density()).density(1)
    one, other = (law.cdf(end[:, 0]) for end in ends)
    assert np.max(np.abs(one - other)) * np.sqrt(2000) < 0.1
