"""Self-consistent ensembles: laws of learners against Gaussians and rings known in closed form; nothing solved."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from scipy.linalg import expm

import qlearn as ql
from qlearn.densities import GridDensity
from qlearn.ensembles.self_consistent.run import RULE, self_consistent_run
from qlearn.errors import AccuracyWarning, ArgumentError, RegimeError, StoppedRunError, UnsupportedError

COUNT = 10_000
FALSE_ALARM = 1e-4          # of each statistical test below


def normal(centre, width, length=12.0, n=512):
    grid = ql.Grid(n, [(-length, length)])
    values = np.exp(-((grid.axes[0] - centre) ** 2) / (2 * width**2))
    return GridDensity(grid, values / (values.sum() * grid.cell_volume))


def learner(potential, names="q", **more):
    return ql.LearningSystem(names, potential=potential, **{"learning_rate": 1, "temperature": 0.5} | more)


def p_value(positions, centre, width):
    return stats.kstest(positions[:, 0], stats.norm(centre, width).cdf).pvalue


@pytest.fixture(scope="module")
def free():
    """γ = 2, T = ¼: ħ = ½, m = ½; with these σ(t)² = σ₀² + (ħt/2mσ₀)² = ¼ + t² as for ħ = m = 1."""
    system = learner("0*q", learning_rate=2, temperature=0.25)
    return ql.simulate(system, normal(0, 0.5), [0.0, 0.5, 1.0], kind="self-consistent", nodes="stop", learners=COUNT, seed=3)


@pytest.mark.parametrize("which", ["carriers", "learners"])
def test_free_spreading_for_other_rates_and_temperatures(free, which):
    ensemble = free.carriers if which == "carriers" else free
    assert p_value(ensemble.positions[-1], 0, np.sqrt(1.25)) > FALSE_ALARM
    assert p_value(ensemble.positions[-1], 0, np.sqrt(1.25) * 1.1) < FALSE_ALARM


def test_the_flow_is_the_one_of_a_spreading_packet(free):
    q = np.linspace(-1, 1, 5)[None]
    v, s = free.flow(1.0, q)
    np.testing.assert_allclose(v, q / 1.25, atol=0.05)
    np.testing.assert_allclose(s, -q / 1.25, atol=0.05)
    np.testing.assert_allclose(free.flow.drift(1.0, q, 0.5), v + 0.5 * s, rtol=1e-12, atol=1e-12)


def test_the_phase_is_quadratic_with_zero_mean(free):
    grid = ql.Grid(64, [(-1.5, 1.5)])
    expected = 0.5 * grid.axes[0] ** 2 / 1.25 / 2         # m v²… : φ = m q²/2 · d ln σ/dt, m = ½
    np.testing.assert_allclose(free.phase(grid), expected - expected.mean(), atol=0.03)


def test_without_the_quantum_force_nothing_spreads():
    rule = replace(RULE, quantum=0.0)
    run = self_consistent_run(learner("0*q"), normal(0, 0.5), np.array([0.0, 1.0]), COUNT, 3, rule=rule, carriers=COUNT)
    assert abs(run.carriers.positions[-1].std() - 0.5) < 0.03


def test_a_driven_oscillator_follows_its_classical_path():
    """V = q²/2 − q sin t/2 moves the ground state as a whole: ⟨q⟩ = (sin t − t cos t)/4, width unchanged."""
    t = 2.0
    run = ql.simulate(learner("q**2/2 - q*sin(t)/2"), normal(0, np.sqrt(0.5)), [0.0, t], kind="self-consistent", nodes="stop",
                      learners=COUNT, seed=5)
    for ensemble in (run, run.carriers):
        assert p_value(ensemble.positions[-1], (np.sin(t) - t * np.cos(t)) / 4, np.sqrt(0.5)) > FALSE_ALARM


def test_the_same_numbers_for_any_executor():
    arguments = (learner("q**2/2"), normal(0.5, 0.6), [0.0, 0.2])
    settings = {"kind": "self-consistent", "nodes": "stop", "learners": 20_000, "seed": 1, "carriers": 5000}
    with ThreadPoolExecutor(2) as pool:
        one, other = (ql.simulate(*arguments, **settings, executor=executor) for executor in (None, pool))
    np.testing.assert_array_equal(one.positions, other.positions)
    np.testing.assert_array_equal(one.carriers.positions, other.carriers.positions)


def uniform_ring(n=64):
    grid = ql.Grid(n, [(0, 2 * np.pi)])
    return GridDensity(grid, np.full(n, 1 / (2 * np.pi)))


@pytest.mark.parametrize(("theta", "n"), [("0", 2), ("1/3", -1)])
def test_a_plane_wave_turns_with_its_quantised_circulation(theta, n):
    turns = n + float(eval(theta))
    system = learner("0*q", periods="2*pi", theta=theta)
    run = ql.simulate(system, (uniform_ring(), lambda q: turns * q), [0.0, 0.5], kind="self-consistent",
                      nodes="stop", learners=1000, seed=2)
    moved = run.carriers.positions[1] - run.carriers.positions[0]
    assert abs(moved.mean() - 0.5 * turns) < 0.02
    grid = ql.Grid(16, [(0, 2 * np.pi)])
    rise = np.polyfit(grid.axes[0], run.phase(grid), 1)[0]
    assert abs(rise - turns) < 0.05


def test_circulation_that_is_not_quantised_is_refused():
    with pytest.raises(RegimeError, match="assumption"):
        ql.simulate(learner("0*q", periods="2*pi"), (uniform_ring(), lambda q: 0.5 * q), [0.0, 0.1], kind="self-consistent",
                    nodes="stop", learners=1000, seed=2)


def test_a_node_ahead_stops_the_run_and_keeps_what_was_reached():
    """Ring, n = 0: the wave has a node at t = 4.1."""
    grid = ql.Grid(64, [(0, 2 * np.pi)])
    density = GridDensity(grid, (1 + 0.5 * np.cos(grid.axes[0])) / (2 * np.pi))
    system = learner("3*cos(q)/10", periods="2*pi")
    start, times = (density, lambda q: 0.3 * np.sin(q)), np.array([0.0, 2.0, 6.0])
    with pytest.raises(StoppedRunError, match="energy of the carriers") as caught:
        ql.simulate(system, start, times, kind="self-consistent", nodes="stop", learners=5000, seed=0)
    lenient = replace(RULE, balance=1.0)
    with pytest.warns(AccuracyWarning, match="near a node"), pytest.raises(StoppedRunError, match="deepest dip") as later:
        self_consistent_run(system, start, times, 5000, 0, rule=lenient)
    for ensemble in (caught.value.ensemble, later.value.ensemble):
        assert ensemble.times.tolist() == [0.0, 2.0]
        assert 2.0 < ensemble.stats["stopped"] < 4.2


def test_carriers_that_depend_on_the_smoothing_stop_the_run():
    """Two humps, and a bound that no run meets."""
    grid = ql.Grid(256, [(-6, 6)])
    values = np.exp(-2 * (grid.axes[0] - 1) ** 2) + np.exp(-2 * (grid.axes[0] + 1) ** 2)
    density = GridDensity(grid, values / (values.sum() * grid.cell_volume))
    times = np.array([0.0, 0.1, 0.2])
    with pytest.raises(StoppedRunError, match="with any smoothing") as caught:
        self_consistent_run(learner("0*q"), density, times, 100, 0, carriers=5000, rule=replace(RULE, alike=2.0))
    run = caught.value.ensemble
    assert run.times.tolist() == [0.0] and run.carriers.positions.shape == (1, 5000, 1) and run.stats["stopped"] == 0.1
    assert run.stats["smoothing_difference"][0] == 0 < run.stats["smoothing_difference"][1]
    same = self_consistent_run(learner("0*q"), density, times, 100, 0, carriers=5000, rule=replace(RULE, companion=1.0))
    np.testing.assert_array_equal(same.stats["smoothing_difference"], np.zeros(3))


def test_fields_that_break_down_say_so():
    """Far too few carriers for a quartic well: the energy is lost or no score fits, and the run ends with words."""
    system = learner("q**2/2 + q**4/10")
    start = GridDensity(ql.Grid(256, [(-6, 6)]), _normal(ql.Grid(256, [(-6, 6)]), 0.6, 0.6))
    with pytest.raises(StoppedRunError, match="Take more carriers") as caught:
        ql.simulate(system, start, np.linspace(0, 5, 6), kind="self-consistent", nodes="stop", learners=100, carriers=200, seed=3)
    assert len(caught.value.ensemble.times) < 6


def _normal(grid, centre, width):
    rho = np.exp(-((grid.axes[0] - centre) ** 2) / (2 * width**2))
    return rho / (rho.sum() * grid.cell_volume)


def test_learners_that_start_from_points_keep_them():
    rng = np.random.default_rng(0)
    q = rng.normal(size=(1500, 2)) * [0.7, 0.8]
    system = learner("(x**2 + y**2)/2", "x y")
    run = ql.simulate(system, (q, np.zeros_like(q)), [0.0, 0.02], kind="self-consistent", nodes="stop", learners=500, seed=1)
    np.testing.assert_allclose(run.carriers.positions[0], q, atol=1e-12)
    assert run.positions.shape == (2, 500, 2)


def test_velocities_that_are_no_gradient_are_left_out_with_words():
    q = np.random.default_rng(0).normal(size=(1500, 2)) * 0.7
    system, times = learner("(x**2 + y**2)/2", "x y"), [0.0, 0.01]
    given = {"kind": "self-consistent", "nodes": "stop", "learners": 10, "seed": 1}
    with pytest.warns(AccuracyWarning, match="no gradient"):
        turning = ql.simulate(system, (q, q @ np.array([[0, 1], [-1, 0]])), times, **given)
    assert turning.stats["velocity_left_out"] > 0.9
    assert ql.simulate(system, (q, 0.3 * q), times, **given).stats["velocity_left_out"] < 1e-4


def test_one_time_is_the_start():
    run = ql.simulate(learner("q**2/2"), normal(0.5, 0.6), [0.0], kind="self-consistent", nodes="stop", learners=100, seed=1,
                      carriers=5000)
    assert run.positions.shape == (1, 100, 1) and len(run.flow.knots) == 1
    run.flow(0.0, np.zeros((1, 3)))


def test_three_coupled_oscillators_move_together():
    """V = qᵀKq/2: a Gaussian stays one, with mean and covariance by the classical motion."""
    K, widths, t = np.array([[1, 0.4, 0], [0.4, 1.44, 0.3], [0, 0.3, 0.81]]), np.array([0.4, 0.7, 0.6]), 0.2
    centre = np.array([1.5, -1.2, 1.0])
    rng = np.random.default_rng(4)
    q = centre + widths * rng.normal(size=(4000, 3))
    system = learner("(x**2 + 36*y**2/25 + 81*z**2/100)/2 + 2*x*y/5 + 3*y*z/10", "x y z")
    long_steps = replace(RULE, accuracy=1.0, noise=0.1)
    run = self_consistent_run(system, (q, np.zeros_like(q)), np.array([0.0, t]), 4000, 1, dt=0.1, rule=long_steps)
    move = expm(np.block([[np.zeros((3, 3)), np.eye(3)], [-K, np.zeros((3, 3))]]) * t)
    mean = (move @ np.concatenate([centre, np.zeros(3)]))[:3]
    covariance = (move @ np.diag([*widths**2, *(0.25 / widths**2)]) @ move.T)[:3, :3]
    for ensemble in (run, run.carriers):
        for axis in range(3):
            x, width = ensemble.positions[-1][:, [axis]], np.sqrt(covariance[axis, axis])
            assert p_value(x, mean[axis], width) > FALSE_ALARM
            assert p_value(x, mean[axis] + 0.1, width) < FALSE_ALARM
    correlation = np.corrcoef(run.carriers.positions[-1].T)
    expected = covariance / np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
    np.testing.assert_allclose(correlation, expected, atol=5 / np.sqrt(4000))


@pytest.mark.parametrize(("system", "settings", "error", "words"), [
    (learner("q**2/2"), {"start": 3.0}, ArgumentError, "GridDensity"),
    (learner("q**2/2", metric="1 + q**2"), {}, UnsupportedError, "metric"),
    (learner("q**2/2", shift_quantum="1"), {}, RegimeError, "shift_quantum"),
    (learner("q**2/2"), {"ito": "plain"}, UnsupportedError, "covariant"),
    (learner("q**2/2"), {"carriers": 3}, ArgumentError, "carriers"),
    (ql.LearningSystem("q", loss="q**2/2", learning_rate=1, temperature=1), {}, ArgumentError, "potential"),
], ids=["start", "metric", "quantum", "ito", "carriers", "loss"])
def test_what_cannot_be_run_is_refused_before_any_work(system, settings, error, words):
    given = {"start": normal(0, 0.5)} | settings
    with pytest.raises(error, match=words):
        ql.simulate(system, given.pop("start"), [0.0, 1.0], kind="self-consistent", nodes="stop", learners=100, seed=0, **given)
