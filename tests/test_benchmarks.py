"""The benchmark's own arithmetic on tiny sizes; its numbers are no tests."""

import numpy as np
import pytest

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
