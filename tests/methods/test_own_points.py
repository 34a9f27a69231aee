"""Windows on points of their own, between those of the grid: fewer than every s-th of them, where V is known there."""

from typing import NamedTuple

import numpy as np
import pytest

import qlearn as ql
from qlearn.methods import Record, Task
from qlearn.methods.window_search import window_for


@pytest.fixture(autouse=True)
def own_points_where_few_are_saved(monkeypatch):
    """On lines too, where it takes longer runs than these for them to pay."""
    monkeypatch.setattr("qlearn.methods.window_search.FEWER_ON_A_LINE", 0.9)



class Problem(NamedTuple):
    grid: ql.Grid
    potential: object
    slopes: object  # |∂V|²
    wave: object

    @property
    def psi(self):
        return self.wave(*self.grid.mesh)


def packet(x, center, momentum, width):
    return np.exp(-(((x - center) / width) ** 2) / 4 + 1j * momentum * (x - center))


LINE = (ql.Grid(700, (-30, 34)), lambda x: 0.05 * x**4 - x**2, lambda x: (0.2 * x**3 - 2 * x) ** 2)
PROBLEMS = {
    "line": Problem(*LINE, lambda x: packet(x, -3.0, 2.0, 0.6)),
    "ring with a twist": Problem(
        ql.Grid(997, (0, 2 * np.pi), twist=0.3), lambda x: 30 * np.cos(x) + 8 * np.sin(2 * x),
        lambda x: (30 * np.sin(x) - 16 * np.cos(2 * x)) ** 2, lambda x: packet(x, np.pi, 7.0, 0.15)),
    "plane": Problem(
        ql.Grid((160, 149), [(-15, 17), (0, 2 * np.pi)], twist=(0.0, 0.3)),
        lambda x, y: x**2 / 2 + 3 * np.cos(y) + 0.1 * x * np.sin(y),
        lambda x, y: (x + 0.1 * np.sin(y)) ** 2 + (0.1 * x * np.cos(y) - 3 * np.sin(y)) ** 2,
        lambda x, y: packet(x, 1.0, 0.5, 0.7) * packet(y, 3.1, 2.0, 0.25)),
    "batch": Problem(*LINE, lambda x: np.stack([packet(x, -3.0, 2.0, 0.6), 2j * packet(x, 2.0, 0.0, 0.5)])),
}
TOLS = (1e-5, 1e-7)


def found(problem, tol=1e-7, table=False, psi=None):
    H = ql.Hamiltonian(problem.grid, problem.potential(*problem.grid.mesh) if table else problem.potential)
    return window_for(Task(H, problem.psi if psi is None else psi, np.array([0.0, 5.0]), tol, Record()))


@pytest.mark.parametrize("tol", TOLS)
@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)
def test_a_state_goes_there_and_back(problem, tol):
    """What is lost are its tails outside of the window and of its wavenumbers; inside of them nothing is."""
    grid, psi = problem.grid, problem.psi
    window, _ = found(problem, tol)
    assert window.grid.size < 0.4 * grid.size and not window.is_subset
    inner = window.inside(psi)
    assert inner.shape == (*psi.shape[:-grid.ndim], *window.grid.shape)
    assert np.all(grid.norm(window.extended(inner) - psi) < 0.1 * tol * grid.norm(psi))
    assert np.allclose(window.inside(window.extended(inner)), inner, rtol=0, atol=1e-13)
    modes = window.grid.forward(window.grid.to_periodic(inner))
    assert np.allclose(window.extended(inner, modes), window.extended(inner), rtol=0, atol=1e-13)


@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)
def test_a_state_there_is_the_same_wave(problem):
    window, _ = found(problem)
    assert np.allclose(window.inside(problem.psi), problem.wave(*window.grid.mesh), rtol=0, atol=1e-7)


def test_what_a_window_does_not_tell_is_no_part_of_the_state_there():
    """A fast wave on every point would pass for a slow one on fewer."""
    problem = PROBLEMS["ring with a twist"]
    window, _ = found(problem)
    fast = problem.grid.from_periodic(np.exp(400j * problem.grid.axes[0]))
    assert np.allclose(window.inside(problem.psi + fast), window.inside(problem.psi), rtol=0, atol=1e-12)
    modes = problem.grid.forward(problem.grid.to_periodic(problem.psi + fast))
    share = problem.grid.norm(fast) ** 2 / problem.grid.norm(problem.psi + fast) ** 2
    assert abs(window.left_out(problem.psi + fast, modes) / share - 1) < 1e-9


@pytest.mark.parametrize("tol", TOLS)
@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)
def test_the_operator_there_has_the_same_potential_and_slopes(problem, tol):
    """Slopes from points that are no wider apart than those of the grid."""
    window, H = found(problem, tol)
    points = window.grid.mesh
    assert H.grid == window.grid
    assert H.grid.twist == tuple(0.0 if cut else theta for cut, theta in zip(window.cut, problem.grid.twist, strict=True))
    assert np.allclose(H.potential_table(), problem.potential(*points), rtol=0, atol=1e-11)
    slopes = problem.slopes(*points)
    assert np.allclose(H.gradient_squared(), slopes, rtol=0, atol=1e-7 * slopes.max())


@pytest.mark.parametrize("name", ["line", "plane"])
def test_of_a_table_every_so_many_points_are_taken(name):
    problem = PROBLEMS[name]
    window, H = found(problem, 1e-5, table=True)
    own, _ = found(problem, 1e-5)
    assert window.is_subset and window.grid.size > own.grid.size
    assert np.array_equal(H.potential_table(), problem.potential(*problem.grid.mesh)[window.index])
    assert np.array_equal(window.inside(problem.psi), problem.psi[window.index])


def test_a_ring_with_a_prime_number_of_points_has_none_of_a_table():
    problem = PROBLEMS["ring with a twist"]
    assert found(problem, table=True) is None and found(problem)[0].grid.size < 120


def test_transforms_of_the_way_there_are_counted():
    problem = PROBLEMS["batch"]
    for table in (False, True):
        record = Record()
        H = ql.Hamiltonian(problem.grid, problem.potential(*problem.grid.mesh) if table else problem.potential)
        task = Task(H, problem.psi, np.array([0.0, 5.0]), 1e-7, record)
        window_for(task)
        assert record.ffts == 2 + (0 if table else 2 * 2)  # of its modes, there and back


def test_a_constant_vector_potential_and_a_mass_go_with_it():
    problem = PROBLEMS["ring with a twist"]
    H = ql.Hamiltonian(problem.grid, problem.potential, mass=0.7, hbar=0.8, vector_potential=[1.2])
    window, part = window_for(Task(H, problem.psi, np.array([0.0, 5.0]), 1e-7, Record()))
    assert not window.is_subset and window.grid.size < 0.4 * problem.grid.size
    whole, inner = H.expect(problem.psi), part.expect(window.inside(problem.psi))
    assert abs(inner / whole - 1) < 1e-9
