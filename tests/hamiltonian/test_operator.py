"""Hamiltonian: forms of V and mass, matrix against application, refusals."""

import numpy as np
import pytest
import sympy

import qlearn as ql
from qlearn.errors import ArgumentError, UnsupportedError

GRID = ql.Grid((8, 6), [(-2, 2), (0, 3)], twist=(0.3, 0))
LINE = ql.Grid(64, (-8, 8))


def random_state(shape, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal(shape) + 1j * rng.standard_normal(shape)


def test_every_form_of_a_potential_gives_the_same_table():
    x = sympy.Symbol("r")
    forms = [LINE.axes[0] ** 2 / 2, lambda q: q**2 / 2, x**2 / 2]
    tables = [ql.Hamiltonian(LINE, form).potential_table() for form in forms]
    np.testing.assert_allclose(tables[1], tables[0], rtol=1e-15)
    np.testing.assert_allclose(tables[2], tables[0], rtol=1e-15)
    assert not ql.Hamiltonian(LINE, 3).potential_table().std()


def test_sympy_in_two_dimensions_and_in_time():
    x, y, t, w = sympy.symbols("x y t w")
    H = ql.Hamiltonian(GRID, x + 2 * y * sympy.sin(t), time_dependent=True)
    np.testing.assert_allclose(H.potential_table(0.5), GRID.mesh[0] + 2 * GRID.mesh[1] * np.sin(0.5), rtol=1e-14)
    with pytest.raises(ArgumentError, match="q1, q2"):
        ql.Hamiltonian(GRID, x + w)
    with pytest.raises(ArgumentError, match="time_dependent"):
        ql.Hamiltonian(GRID, x + t)


@pytest.mark.parametrize("mass", [1.5, (1.5, 0.7), [[2.0, 0.4], [0.4, 1.0]]], ids=["number", "axes", "matrix"])
def test_kinetic_energy_of_a_plane_wave(mass):
    psi = ql.plane_wave(GRID, (2, -1))
    k = np.array([2 * np.pi * 2.3 / 4, -2 * np.pi / 3])
    matrix = np.diag(np.broadcast_to(mass, 2)) if np.ndim(mass) < 2 else np.array(mass)
    energy = 0.5 * 0.7**2 * k @ np.linalg.inv(matrix) @ k
    H = ql.Hamiltonian(GRID, 0.25, mass=mass, hbar=0.7)
    np.testing.assert_allclose(H @ psi, (energy + 0.25) * psi, rtol=1e-12)
    assert H.expect(psi) == pytest.approx(energy + 0.25, rel=1e-12)


@pytest.mark.parametrize("grid", [GRID, ql.Grid((7, 4), [(0, 1), (0, 2)]), LINE], ids=["twisted", "odd × even", "line"])
def test_the_matrix_is_hermitian_and_acts_like_the_operator(grid):
    H = ql.Hamiltonian(grid, random_state(grid.shape).real, mass=1.3, hbar=0.6)
    matrix, psi = H.to_matrix(), random_state(grid.shape)
    assert np.array_equal(matrix, matrix.conj().T)
    np.testing.assert_allclose((matrix @ psi.ravel()).reshape(grid.shape), H @ psi, rtol=1e-11, atol=1e-10)
    assert np.isrealobj(matrix) == (grid is not GRID)
    low, high = H.spectral_bounds
    levels = np.linalg.eigvalsh(matrix)
    assert low <= levels[0] + 1e-9 and levels[-1] <= high + 1e-9


def test_batches_are_applied_one_by_one():
    H = ql.Hamiltonian(GRID, lambda x, y: x * y)
    psi = random_state((2, 3, *GRID.shape))
    assert np.allclose((H @ psi)[1, 2], H @ psi[1, 2]) and H.expect(psi).shape == (2, 3)


def test_the_array_given_is_not_shared():
    table = np.zeros(64)
    H = ql.Hamiltonian(LINE, table)
    table[:] = 1
    assert not H.potential_table().any()


def test_time_dependent_needs_a_time():
    H = ql.Hamiltonian(LINE, lambda t, x: t * x, time_dependent=True)
    with pytest.raises(ArgumentError, match=r"H\.at\(t\)"):
        H @ np.ones(64)
    assert np.allclose(H.at(2.0).potential_table(), 2 * LINE.axes[0])


@pytest.mark.parametrize(("potential", "options", "words"), [
    (np.zeros(7), {}, "shape"), (np.full(64, np.nan), {}, "finite"), ("x**2", {}, "potential"),
    (lambda x: np.zeros(3), {}, "shape"), (lambda t, x: x, {}, "time_dependent=True"),
    (np.zeros(64), {"time_dependent": True}, "callable"),
    (0.0, {"hbar": 0}, "hbar"), (0.0, {"hbar": -1}, "hbar"), (0.0, {"mass": -1}, "mass"), (0.0, {"mass": (1, 2)}, "mass"),
    (0.0, {"mass": np.nan}, "mass"), (0.0, {"metric": lambda q: np.cos(q)}, "positive"),
    (0.0, {"metric": lambda q: q[:3]}, "shape"),
])
def test_bad_arguments_are_named(potential, options, words):
    with pytest.raises(ArgumentError, match=words):
        ql.Hamiltonian(LINE, potential, **options)


def test_a_mass_matrix_must_be_symmetric_and_positive():
    for mass in ([[1.0, 0.5], [0.4, 1.0]], [[1.0, 2.0], [2.0, 1.0]]):
        with pytest.raises(ArgumentError, match="symmetric positive definite"):
            ql.Hamiltonian(GRID, 0.0, mass=mass)


def test_a_matrix_of_too_many_points_is_refused():
    with pytest.raises(UnsupportedError, match="4096"):
        ql.Hamiltonian(ql.Grid((128, 64), [(0, 1), (0, 1)]), 0.0).to_matrix()


def test_a_separable_potential_leaves_a_without_time():
    grid = ql.Grid(32, (0, 2 * np.pi))
    driven = ql.SeparablePotential(np.cos, [(np.cos, np.sin)])
    H = ql.Hamiltonian(grid, driven, vector_potential=lambda q: 0.3 * np.sin(q))
    psi = random_state(grid.shape)
    np.testing.assert_allclose(H.at(0.7) @ psi, H.apply(psi, 0.7), atol=1e-12)
    np.testing.assert_array_equal(H.refined().kinetic.vector_potential()[0, ::2], H.kinetic.vector_potential()[0])


def test_an_absorber_of_zero_takes_nothing_away():
    H = ql.Hamiltonian(LINE, lambda x: x**2 / 2, absorber=0.0)
    assert H.is_hermitian and H.loss_table() is None
    assert ql.eigenstates(H, 1).energies[0] == pytest.approx(0.5)


@pytest.mark.parametrize(("make", "message"), [
    (lambda: ql.Hamiltonian(LINE, 0, absorber=lambda x: [[x * x, 0 * x], [0 * x, x * x]]), "one W for all channels"),
    (lambda: ql.Hamiltonian(LINE, np.zeros((3, 3, 64)), absorber=np.ones((2, 2, 64))), "or 3 × 3 matrices"),
    (lambda: ql.Hamiltonian(LINE, np.zeros((2, 2, 64)), absorber=lambda x: [[x * x, 0 * x], [0 * x, -x * x]]), "≥ 0"),
    (lambda: ql.Hamiltonian(LINE, np.zeros((2, 2, 64)), absorber=lambda x: [[1 + x * x, 1j], [1j, 3 + 0 * x]]), "conjugate"),
    (lambda: ql.Hamiltonian(LINE, 0, absorber=[ql.Absorber(1.0, 1.0)] * 2), "Add their tables"),
    (lambda: ql.Hamiltonian(LINE, 0, absorber=lambda x, y: x), r"W\(q1\)"),
    (lambda: ql.Hamiltonian(LINE, 0, metric=lambda x: 1 / (x - x)), "finite"),
    (lambda: ql.Hamiltonian(LINE, 0, vector_potential=lambda x: 1 / (x - x)), "finite"),
    (lambda: ql.Hamiltonian(LINE, 0, nonlinearity=lambda n: 1 / (n - 0.5)), "finite"),
    (lambda: ql.Hamiltonian(ql.Grid((8, 8), [(0, np.pi), (0, 2 * np.pi)], ("pole", "periodic")), 0, vector_potential=[0, 0.3],
                            metric=lambda a, b: [[1, 0], [0, np.sin(a)**2]]), "poles")],
    ids=["absorber matrix", "of others", "gain in an absorber", "not Hermitian", "absorbers", "absorber of two",
         "metric", "A", "f", "flux through poles"])
def test_singular_or_mistaken_parts_are_refused_with_words(make, message):
    with pytest.raises(ArgumentError, match=message):
        make()


def test_what_is_derived_from_h_is_kept_on_small_grids():
    calls = []
    H, large = ql.Hamiltonian(LINE, 0.0), ql.Hamiltonian(ql.Grid(2**17, (-8, 8)), 0.0)
    for _ in range(2):
        for operator in (H, large):
            operator.kept("one", lambda operator=operator: calls.append(operator.grid.size))
            for key in (1, 2, 2):
                assert operator.kept_last("two", key, lambda key=key: key) == key
    assert calls == [64, 2**17, 2**17]


def test_a_part_of_h_is_kept():
    H = ql.Hamiltonian(LINE, lambda x: x**2 / 2)
    grid = ql.Grid(32, (-4, 4))
    part = H.at_points(grid, (..., slice(16, 48)))
    np.testing.assert_array_equal(part.potential_table(), grid.axes[0] ** 2 / 2)
    assert H.at_points(ql.Grid(32, (-4, 4)), (..., slice(16, 48))) is part
    assert H.at_points(ql.Grid(32, (-4, 4)), (..., slice(0, 64, 2))) is not part
