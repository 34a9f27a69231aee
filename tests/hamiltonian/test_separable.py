"""V0 + Σ f g: tables, SymPy brought to this form, gradients from tables."""

import numpy as np
import pytest
import sympy
from numpy.testing import assert_allclose

import qlearn as ql
from qlearn.errors import ArgumentError
from qlearn.hamiltonian.separable import SeparablePotential, from_sympy

GRID = ql.Grid(48, (0, 2 * np.pi))
X = GRID.axes[0]
t, x, y = sympy.symbols("t x y")


def test_every_form_of_the_parts_gives_the_same_tables():
    expected = X**2 + np.cos(0.7) * np.sin(X) + 0.7**2 * 3
    for static, g in ((X**2, np.sin(X)), (lambda q: q**2, np.sin), (x**2, sympy.sin(x))):
        V = ql.SeparablePotential(static, [(np.cos, g), (t**2, 3)])
        H = ql.Hamiltonian(GRID, V)
        assert H.time_dependent
        assert_allclose(H.potential_table(0.7), expected, rtol=1e-14)
        assert_allclose(V(0.7, X), expected, rtol=1e-14)
        assert_allclose(H.drive.static + H.drive.factors(0.7) @ H.drive.tables, expected, rtol=1e-14)


def test_a_complex_part_is_a_driven_loss():
    H = ql.Hamiltonian(GRID, ql.SeparablePotential(X - 0.1j, [(np.cos, X - 1j * X**2)]))
    assert_allclose(H.loss_table(0.7), 0.1 + np.cos(0.7) * X**2)
    assert_allclose(H.potential_table(0.7), X * (1 + np.cos(0.7)))
    assert_allclose(H.drive.tables, X[None])
    assert not H.is_hermitian


def test_channels_and_batches():
    H = ql.Hamiltonian(GRID, ql.SeparablePotential([[X, 0], [0, -X]], [(np.cos, [[0, 1], [1, 0]])]))
    expected = np.array([[X, np.cos(0.7) + 0 * X], [np.cos(0.7) + 0 * X, -X]])
    assert_allclose(H.potential_table(0.7), expected, rtol=1e-14)
    assert H.drive is None and H.channels == 2
    H = ql.Hamiltonian(GRID, ql.SeparablePotential(X, [(np.cos, np.stack([X, 2 * X]))]))
    assert H.batch_shape == (2,) and H.drive.tables.shape == (1, 2, 48)
    assert_allclose(H.potential_table(0.7)[1], X + 2 * np.cos(0.7) * X)


@pytest.mark.parametrize(("expression", "terms"), [
    (x**2 / 2 + 2 * sympy.sin(1.3 * t) * sympy.sin(t / 20) ** 2 * x, 1), ((x - sympy.cos(t)) ** 2 / 2, 2),
    (sympy.cos(2 * x - 3 * t), 2), (sympy.cos(2 * x - 3 * t) ** 2, 3), (sympy.exp(-x - t), 1), (sympy.cos(t), 1),
    (x * sympy.exp(sympy.I * t) + x * sympy.exp(-sympy.I * t), 1),
    (x**2 * sympy.Heaviside(t - 1) + sympy.Abs(x), 1), (sympy.sin(x), 0), (sympy.sqrt(t**2 + 1) * sympy.tanh(x), 1),
], ids=str)
def test_sympy_is_separated(expression, terms):
    H = ql.Hamiltonian(GRID, expression, time_dependent=True)
    assert len(H.drive.tables) == terms
    numbers = sympy.lambdify((t, x), expression, "numpy")
    for time in (0.0, 0.3, 1.7, 40.0):
        assert_allclose(H.potential_table(time), numbers(time, X) + 0 * X, atol=1e-12)


@pytest.mark.parametrize("expression", [
    sympy.exp(-(x - t) ** 2), 1 / (1 + (x - t) ** 2), sympy.Piecewise((x, t < 1), (x**2, True)), (x - t) ** 15,
    sympy.Abs(x - t),
], ids=str)
def test_what_does_not_separate_is_evaluated_whole(expression):
    H = ql.Hamiltonian(GRID, expression, time_dependent=True)
    assert H.drive is None
    numbers = sympy.lambdify((t, x), expression, "numpy")
    assert_allclose(H.potential_table(1.7), numbers(1.7, X) + 0 * X, rtol=1e-13)


def test_a_separation_that_loses_digits_is_not_taken():
    """(x − 10⁵ + t)³ written out cancels 15 digits; the numbers reveal it."""
    expression = (x - 100_000 + t) ** 3
    grid = ql.Grid(16, (99_990, 100_010))
    assert not isinstance(from_sympy(expression, 1, True, grid), SeparablePotential)
    assert isinstance(from_sympy(expression.subs(x, x + 100_000), 1, True, ql.Grid(16, (-10, 10))), SeparablePotential)


def test_sympy_matrices_and_two_dimensions():
    H = ql.Hamiltonian(GRID, sympy.Matrix([[x, sympy.cos(3 * t)], [sympy.cos(3 * t), t * x]]), time_dependent=True)
    c = np.cos(1.5) + 0 * X
    assert_allclose(H.potential_table(0.5), np.array([[X, c], [c, 0.5 * X]]), rtol=1e-14)
    plane = ql.Grid((6, 5), [(-2, 2), (0, 3)])
    H = ql.Hamiltonian(plane, sympy.cos(x + y - t), time_dependent=True)
    assert_allclose(H.potential_table(0.5), np.cos(plane.mesh[0] + plane.mesh[1] - 0.5), atol=1e-14)
    assert len(H.drive.tables) == 2


def test_a_rotating_coupling_is_separated():
    V = sympy.Matrix([[x, sympy.exp(sympy.I * 3 * t)], [sympy.exp(-sympy.I * 3 * t), -x]])
    H = ql.Hamiltonian(GRID, V, time_dependent=True)
    turned = np.exp(1.5j) + 0 * X
    assert_allclose(H.potential_table(0.5), np.array([[X, turned], [turned.conj(), -X]]), atol=1e-14)
    assert isinstance(from_sympy(V, 1, True, GRID), SeparablePotential) and H.is_hermitian


def test_a_symbol_t_needs_time_dependent():
    with pytest.raises(ArgumentError, match="time_dependent"):
        ql.Hamiltonian(GRID, x * t)


@pytest.mark.parametrize(("make", "words"), [
    (lambda: ql.SeparablePotential(0, [np.cos, X]), "pairs"), (lambda: ql.SeparablePotential(0, None), "pairs"),
    (lambda: ql.SeparablePotential(0, [(3.0, X)]), "static"), (lambda: ql.SeparablePotential(0, [(t * x, X)]), "only symbol"),
    (lambda: ql.SeparablePotential(0, [(lambda s: 1j, X)]).factors(0.0), "two terms"),
    (lambda: ql.SeparablePotential(0, [(lambda s: [1, 2], X)]).factors(0.0), "batch"),
    (lambda: ql.SeparablePotential(0, [(lambda s: 1 / s, X)]).factors(0.0), "finite"),
    (lambda: ql.Hamiltonian(GRID, ql.SeparablePotential([[X, 0], [0, X]], [(np.cos, X)])), "unit matrix"),
    (lambda: ql.Hamiltonian(GRID, ql.SeparablePotential(np.zeros((3, 48)), [(np.cos, np.zeros((2, 48)))])), "broadcast"),
    (lambda: ql.Hamiltonian(GRID, ql.SeparablePotential(X[:3], [])), "static"),
])
def test_what_is_no_driven_potential_is_named(make, words):
    with pytest.raises(ArgumentError, match=words):
        make()


def test_gradients_of_a_drive_come_from_tables():
    V = ql.SeparablePotential(np.cos, [(np.cos, np.sin), (np.sin, lambda q: np.cos(2 * q))])
    H = ql.Hamiltonian(GRID, V, mass=2.0)
    whole = ql.Hamiltonian(GRID, lambda s, q: V(s, q), time_dependent=True, mass=2.0)
    assert H.drive is not None and whole.drive is None
    for s in (0.3, 2.0):
        slope = -np.sin(X) + np.cos(s) * np.cos(X) - 2 * np.sin(s) * np.sin(2 * X)
        assert_allclose(H.gradient_squared(s), slope**2 / 2, atol=1e-5)
        assert_allclose(H.gradient_squared(s), whole.gradient_squared(s), atol=1e-13)


def test_the_tables_of_a_drive_make_v_and_its_gradient_squared():
    V = ql.SeparablePotential(np.cos, [(np.cos, np.sin), (np.sin, lambda q: np.cos(2 * q))])
    H = ql.Hamiltonian(GRID, V, mass=2.0)
    tables, f = H.drive_tables(True), np.array([1.0, *H.drive.factors(0.7)])
    assert len(tables) == 9 and np.array_equal(H.drive_tables(False), tables[:3])
    assert_allclose(np.tensordot(f, tables[:3], axes=1), H.potential_table(0.7), atol=1e-14)
    assert_allclose(np.tensordot([f[r] * f[s] for r in range(3) for s in range(r, 3)], tables[3:], axes=1),
                    H.gradient_squared(0.7), atol=1e-13)


def test_factors_at_many_times():
    drive = ql.Hamiltonian(GRID, ql.SeparablePotential(0.0, [(np.cos, np.sin), (lambda t: 3, np.cos)])).drive
    times = np.linspace(0, 1, 5)
    assert_allclose(drive.factors_at(times), [drive.factors(t) for t in times])
    with pytest.raises(ArgumentError, match="terms"):
        ql.Hamiltonian(GRID, ql.SeparablePotential(0.0, [(lambda t: np.nan, np.sin)])).drive.factors_at(times)
    assert ql.Hamiltonian(GRID, ql.SeparablePotential(np.cos, [])).drive.factors_at(times).shape == (5, 0)


def _counting(f):
    def called(t):
        called.times.append(t)
        return f(t)
    called.times = []
    return called


def test_factors_at_many_times_are_those_of_each():
    times = np.linspace(-1, 7, 50)
    functions = [lambda t: 2 * np.sin(1.3 * t) * np.exp(-t**2), lambda t: float(np.cos(t)), lambda t: t if t < 3 else 3.0,
                 lambda t: 0.7, lambda t: np.where(t < 2, t, 2.0), lambda t: t - np.max(t), lambda t: np.asarray(t)[..., None]]
    V = ql.SeparablePotential(0.0, [(f, lambda x: x) for f in functions])
    for _ in range(2):  # in the first call it is found out which take arrays
        np.testing.assert_array_equal(V.factors_at(times), [V.factors(t) for t in times.tolist()])


def test_a_factor_that_takes_arrays_is_called_once():
    times, f, g = np.linspace(0, 5, 40), _counting(lambda t: np.sin(t) * t), _counting(lambda t: float(np.sin(t) * t))
    V = ql.SeparablePotential(0.0, [(f, lambda x: x), (g, lambda x: x)])
    V.factors_at(times)
    f.times, g.times = [], []
    assert V.factors_at(times + 0.1).shape == (40, 2)
    assert len(f.times) == 3 and len(g.times) == 40   # the array and two places; each singly


def test_a_factor_that_changes_its_mind_about_arrays_is_caught():
    times = np.linspace(0, 5, 40)
    wrong = {"by": 0.0}
    V = ql.SeparablePotential(0.0, [(lambda t: t + wrong["by"] if isinstance(t, np.ndarray) else t, lambda x: x)])
    np.testing.assert_array_equal(V.factors_at(times)[:, 0], times)
    wrong["by"] = 1e-9
    np.testing.assert_array_equal(V.factors_at(times)[:, 0], times)


@pytest.mark.parametrize("lies", [
    lambda t: np.where(np.any(t > 5), 1.0, 0.0) + 0 * t, lambda t: np.where(np.all(t > 4), 1.0, 0.0) + 0 * t,
    lambda t: t * (1 if np.max(t) < 5 else 2), lambda t: t - np.mean(t) * (np.size(t) == 23),
], ids=["any", "all", "max", "number"])
def test_a_factor_that_looks_at_the_whole_array_is_caught(lies):
    V = ql.SeparablePotential(0.0, [(lies, lambda x: x)])
    V.factors_at(np.linspace(1, 3, 40))  # here it takes arrays
    for times in np.linspace(3, 5.5, 23), np.linspace(5.5, 3, 23):
        np.testing.assert_array_equal(V.factors_at(times), [V.factors(t) for t in times.tolist()])


def test_an_array_of_times_is_not_changed_by_a_factor_and_bad_values_are_named():
    def overwrites(t):
        t *= 2
        return t
    times = np.linspace(0, 5, 40)
    ql.SeparablePotential(0.0, [(overwrites, lambda x: x)]).factors_at(times)
    np.testing.assert_array_equal(times, np.linspace(0, 5, 40))
    with pytest.raises(ql.errors.ArgumentError, match="finite real number"):
        ql.SeparablePotential(0.0, [(lambda t: np.sqrt(t - 1), lambda x: x)]).factors_at(times)
