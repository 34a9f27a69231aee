"""The benchmark's own arithmetic on tiny sizes; its numbers are no tests."""

import numpy as np
import pytest

from benchmarks.drives import runs
from benchmarks.ensemble_kinds import STEPS, seconds_a_step
from benchmarks.learner_peers import PEERS, Work, deviation
from benchmarks.learner_rates import DRIFTS
from benchmarks.level_peers import dense_levels, dense_matrix, differences, lobpcg_levels
from benchmarks.level_problems import LEVEL_PROBLEMS, PLANE, LevelProblem, oscillator_levels, sine_levels
from benchmarks.problems import PROBLEMS, p1, p3
from benchmarks.references import KAHAN_LI, at_points, chebyshev, composition, dense
from benchmarks.solver import best_fixed, fixed, hamiltonian_of
from benchmarks.table import Table, held
from benchmarks.timing import Interleaved, interleave
from benchmarks.wave import main

SMALL = p1().on((128,), ((-20.0, 20.0),))


def short(problem, duration):
    return type(problem)(problem.name, problem.shape, problem.bounds, duration, problem.static, problem.packet, problem.driven)


@pytest.mark.parametrize("name", PROBLEMS)
def test_packets_are_normalised(name):
    problem = PROBLEMS[name]()
    assert abs(np.linalg.norm(problem.initial) ** 2 * problem.cell_volume - 1) < 1e-12


def test_the_composition_is_consistent():
    assert abs(2 * sum(KAHAN_LI[:-1]) + KAHAN_LI[-1] - 1) < 1e-15


def test_the_references_agree():
    problem = short(SMALL, 1.0)
    exact = dense(problem)
    assert problem.error(chebyshev(problem), exact) < 1e-11
    assert problem.error(composition(problem, 60), exact) < 1e-10
    assert problem.error(composition(problem, 10), exact) > 1e-10  # and the comparison can fail


def test_trigonometric_interpolation_gives_the_points_back():
    problem = short(SMALL, 1.0)
    np.testing.assert_allclose(at_points(problem, problem.initial, problem.axes[0]), problem.initial, atol=1e-12)


@pytest.mark.parametrize("problem", [short(SMALL, 1.0), short(p3().on((128,), ((-20.0, 20.0),)), 1.0)], ids=["P1", "P3"])
def test_the_solver_solves_the_problem_of_the_reference(problem):
    import qlearn as ql

    psi, pairs = fixed(hamiltonian_of(problem), problem, ql.RKN6.table, 30)
    assert problem.error(psi, composition(problem, 60)) < 1e-7
    assert pairs == 30 * ql.RKN6.table.pairs


def test_the_best_fixed_step_is_the_longest_that_serves():
    import qlearn as ql

    problem = short(SMALL, 1.0)
    exact, hamiltonian = dense(problem), hamiltonian_of(problem)
    best = best_fixed(hamiltonian, problem, exact, ql.RKN6.table, 1e-6)
    longer, _ = fixed(hamiltonian, problem, ql.RKN6.table, best.steps - 1)
    assert best.error <= 1e-6 < problem.error(longer, exact)


def test_ratios_are_medians_over_rounds():
    times = Interleaved({"slow": [4.0, 9.0, 2.0], "fast": [2.0, 1.0, 2.0]})
    assert times.ratio("slow", "fast") == 2.0
    assert set(interleave({"a": lambda: None, "b": lambda: sum(range(1000))}, 3).seconds) == {"a", "b"}


def test_tables_and_bars():
    lines = Table("T", "words", ["a", "b"], [["1", "2"]]).markdown().splitlines()
    assert lines[4:7] == ["| a | b |", "| --- | --- |", "| 1 | 2 |"]
    assert held(3, 4) == "≤ 4 yes" and held(5, 4) == "≤ 4 **no**" and held(5, 4, most=False) == "≥ 4 yes"


def test_unknown_parts_are_refused(capsys):
    with pytest.raises(SystemExit):
        main(["speed"])
    assert "counts" in capsys.readouterr().err


def test_the_reference_levels_do_not_move_with_their_basis():
    np.testing.assert_allclose(oscillator_levels(PLANE, 24, 8), oscillator_levels(PLANE, 30, 8), atol=1e-11)
    np.testing.assert_allclose(oscillator_levels({(2,): 0.5}, 20, 10), np.arange(10) + 0.5, atol=1e-13)
    np.testing.assert_allclose(sine_levels(lambda x: x**2 / 2, 10.0, 80, 10), np.arange(10) + 0.5, atol=1e-12)


def test_every_peer_finds_the_levels_of_the_problem():
    """On small grids: the oscillator's levels are j + 1/2 on a line; in the plane those of ``oscillator_levels``."""
    line = LevelProblem("line", (96,), (-12.0, 12.0), lambda x: x**2 / 2, lambda: np.arange(20) + 0.5, 1e-9)
    assert line.error(dense_levels(dense_matrix(line))) < 1e-9
    assert line.error(dense_levels(dense_matrix(line), everything=True)) < 1e-9
    potential = LEVEL_PROBLEMS["L2"].potential
    plane = LevelProblem("plane", (40, 40), (-9.0, 9.0), potential, lambda: oscillator_levels(PLANE, 36), 1e-9)
    assert 1e-9 < plane.error(differences(plane)) < 1e-2 < plane.error(differences(plane, 2))
    found, iterations = lobpcg_levels(plane, residual=1e-3)
    assert plane.error(found) < 1e-6 and iterations > 5


@pytest.mark.parametrize("name", PEERS)
def test_every_peer_moves_the_learners_of_the_problem(name):
    """Mean and second moment of 4096 learners after 20 steps: ours to 6 standard errors (one in 10⁸; Euler's bias is less)."""
    needed = "torchsde" if "torchsde" in name else "diffrax" if "diffrax" in name else "numpy"
    pytest.importorskip(needed, reason=f"{needed} is not installed")
    work = Work(4096, 20)
    reference, found = PEERS["ours"][0](work)(), PEERS[name][0](work)()
    assert found.shape == (4096,) and deviation(reference, found) < 6
    assert deviation(reference, found + 0.1) > 6


def test_the_drifts_of_the_rates_are_those_of_their_names():
    from qlearn.kernels.learner_steps import LineTable
    from qlearn.kernels.programs import run_plain

    q = np.linspace(-2, 2, 50)
    slopes = {"oscillator": (-q, -1), "double well": (q - q**3, 1 - 3 * q**2), "cos": (np.sin(q), np.cos(q)),
              "ring, 4096": (np.sin(q), 0), "line, 4096": (q - q**3, 0)}
    for name, (make, bar) in DRIFTS.items():
        (b, slope), = (value for part, value in slopes.items() if part in name)
        drift = make()
        values = drift.at(q) if isinstance(drift, LineTable) else run_plain(drift, q[None])[0]
        np.testing.assert_allclose(values, b + 0.005 * b * slope, atol=2e-5)
        assert bar in (0.75, 0.55)


def test_seconds_a_step_leave_the_start_out():
    assert seconds_a_step(lambda steps: 5.0 + 0.25 * steps) == pytest.approx(0.25) and STEPS[0] < STEPS[1]


@pytest.mark.filterwarnings("ignore::qlearn.errors.AccuracyWarning")  # of the grid that is too coarse
@pytest.mark.parametrize("name", ["force that is switched on", "quartic well on too few points"])
def test_the_two_ways_of_a_drive_lead_to_one_state(name):
    run, = (run for run in runs() if run.words == name)
    state, transforms = run.other()
    assert transforms > 0 and run.hamiltonian.norm(run.default().final_state - state) < 2e-6
