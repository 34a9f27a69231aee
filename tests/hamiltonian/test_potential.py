"""Forms of V against NumPy written out: complex, batched, channels, time; what is refused, and with which words."""

import math

import numpy as np
import pytest
import sympy
from numpy.testing import assert_allclose, assert_array_equal
from scipy import special

import qlearn as ql
from qlearn.errors import ArgumentError, UnsupportedError

LINE = ql.Grid(32, (-4, 4))
PLANE = ql.Grid((6, 5), [(-2, 2), (0, 3)], twist=(0.3, 0))
X = LINE.axes[0]
PAIR = np.array([[X**2 / 2, 0.3 * np.exp(1j * X)], [0.3 * np.exp(-1j * X), -X]])


def random_state(shape, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal(shape) + 1j * rng.standard_normal(shape)


def kinetic(psi):
    return ql.Hamiltonian(LINE, 0.0) @ psi


@pytest.mark.parametrize("given", [
    (X > 0), (X > 0).astype(int), (X > 0).astype(np.float32), (X > 0) + 0j, list((X > 0) * 1.0), (X > 0).astype(object),
    lambda x: x > 0, lambda x: list(1.0 * (x > 0)), lambda x: (x > 0) + 0j,
], ids=["bool", "int", "float32", "complex without imaginary part", "list", "object", "callable bool", "callable list",
        "callable complex"])
def test_every_kind_of_number_becomes_a_real_table(given):
    H = ql.Hamiltonian(LINE, given)
    assert_array_equal(H.potential_table(), (X > 0) * 1.0)
    assert H.potential_table().dtype == float and H.is_hermitian and H.loss_table() is None
    with pytest.raises(ValueError, match="read-only"):
        H.potential_table()[0] = 1


@pytest.mark.parametrize("given", [X - 0.5j * X**2, lambda x: x - 0.5j * x**2, sympy.sympify("x - I*x**2/2")],
                         ids=["array", "callable", "SymPy"])
def test_an_imaginary_part_is_a_loss(given):
    H, psi = ql.Hamiltonian(LINE, given, absorber=lambda x: x**4), random_state((3, 32))
    assert_allclose(H.potential_table(), X)
    assert_allclose(H.loss_table(), 0.5 * X**2 + X**4)
    assert_allclose(H @ psi, kinetic(psi) + (X - 1j * (0.5 * X**2 + X**4)) * psi, atol=1e-12)
    assert_allclose((H.to_matrix() @ psi[1]), (H @ psi)[1], atol=1e-11)
    assert not H.is_hermitian and H.expect(psi).shape == (3,)
    assert_allclose(H.expect(psi), ql.Hamiltonian(LINE, X).expect(psi), rtol=1e-13)


def test_a_gain_is_a_negative_loss():
    assert_allclose(ql.Hamiltonian(LINE, 1j * X**2).loss_table(), -X**2)


def test_a_batch_over_parameters_broadcasts_against_the_states():
    tables = np.array([1.0, 2.0, 3.0])[:, None] * X**2
    H = ql.Hamiltonian(LINE, tables)
    assert H.batch_shape == (3,) and H.state_shape == (32,)
    one, three, two = random_state(32), random_state((3, 32)), random_state((2, 1, 32))
    for psi, shape in ((one, (3, 32)), (three, (3, 32)), (two, (2, 3, 32))):
        applied = H @ psi
        assert applied.shape == shape and H.energy(psi).shape == shape[:-1]
        for member in range(3):
            alone = ql.Hamiltonian(LINE, tables[member])
            state = psi[member] if psi is three else psi[:, 0] if psi is two else psi
            assert_allclose(applied[..., member, :], alone @ state, atol=1e-13)
    with pytest.raises(ArgumentError, match=r"psi\[:, None\]"):
        H @ random_state((2, 32))
    with pytest.raises(UnsupportedError, match="each member"):
        H.to_matrix()


def test_two_equal_axes_are_channels_and_others_a_batch():
    assert ql.Hamiltonian(LINE, np.zeros((2, 2, 32))).channels == 2
    assert ql.Hamiltonian(LINE, np.zeros((2, 3, 32))).batch_shape == (2, 3)
    H = ql.Hamiltonian(LINE, np.zeros((4, 3, 3, 32)))
    assert H.channels == 3 and H.batch_shape == (4,) and H.state_shape == (3, 32)
    with pytest.raises(ArgumentError, match="flatten"):
        ql.Hamiltonian(LINE, np.arange(4.0).reshape(2, 2, 1) * X)


@pytest.mark.parametrize("given", [
    PAIR, lambda x: [[x**2 / 2, 0.3 * np.exp(1j * x)], [0.3 * np.exp(-1j * x), -x]],
    sympy.Matrix([["x**2/2", "0.3*exp(I*x)"], ["0.3*exp(-I*x)", "-x"]]),
], ids=["array", "rows", "SymPy"])
def test_channels_are_coupled_point_by_point(given):
    H, psi = ql.Hamiltonian(LINE, given, absorber=0.2), random_state((3, 2, 32))
    expected = kinetic(psi) + np.einsum("ijx,bjx->bix", PAIR, psi) - 0.2j * psi
    assert_allclose(H @ psi, expected, atol=1e-12)
    assert_allclose((H.to_matrix() @ psi.reshape(3, 64).T).T.reshape(3, 2, 32), expected, atol=1e-11)
    assert_allclose(H.norm(psi), np.sqrt(np.sum(np.abs(psi) ** 2, axis=(1, 2)) * 0.25))
    hermitian = ql.Hamiltonian(LINE, given)
    matrix = hermitian.to_matrix()
    assert_array_equal(matrix, matrix.conj().T)
    low, high = hermitian.spectral_bounds
    levels = np.linalg.eigvalsh(matrix)
    assert low <= levels[0] + 1e-9 and levels[-1] <= high + 1e-9


def test_a_rotation_of_the_channels_by_a_constant_matrix_changes_nothing():
    psi = random_state((2, 32))
    u = np.linalg.qr(random_state((2, 2), 3))[0]
    H, turned = ql.Hamiltonian(LINE, PAIR), ql.Hamiltonian(LINE, np.einsum("ai,ijx,bj->abx", u, PAIR, u.conj()))
    assert_allclose(turned @ np.einsum("ai,ix->ax", u, psi), np.einsum("ai,ix->ax", u, H @ psi), atol=1e-12)
    assert_allclose(np.linalg.eigvalsh(turned.to_matrix()), np.linalg.eigvalsh(H.to_matrix()), atol=1e-10)


def test_real_channels_have_a_real_matrix():
    H = ql.Hamiltonian(LINE, [[X, 1], [1, -X]])
    assert np.isrealobj(H.to_matrix()) and not np.isrealobj(ql.Hamiltonian(LINE, PAIR).to_matrix())


@pytest.mark.parametrize("shape", [np.eye(2), np.diag([1.0, 0.0]), np.diag([1.0, -2.0]), np.array([[1, 0.8j], [-0.8j, 1]]),
                                   -np.ones((2, 2))], ids=["common", "one decays", "gain and loss", "coupled", "gain"])
def test_a_loss_of_channels_may_stand_in_v(shape):
    loss = np.multiply.outer(shape, X**2)
    H = ql.Hamiltonian(LINE, PAIR - 1j * loss)
    assert_allclose(H.loss_table(), loss, atol=1e-13)
    assert_allclose(H.potential_table(), PAIR, atol=1e-13)
    assert_allclose(H.optical_potential(), PAIR - 1j * loss, atol=1e-13)
    assert not H.is_hermitian
    psi = random_state((2, 32))
    kinetic = ql.Hamiltonian(LINE, 0.0)
    wanted = np.stack([kinetic @ part for part in psi]) + np.einsum("ijx,jx->ix", PAIR - 1j * loss, psi)
    assert_allclose(H @ psi, wanted, atol=1e-11)
    assert_allclose(H.to_matrix() @ psi.ravel(), wanted.ravel(), atol=1e-11)


@pytest.mark.parametrize("given", [[[X, X], [0, X]], [[X, 0.3j], [0.3j, -X]], np.stack([[X, 1j * X], [1j * X, X - 0.1j]])],
                         ids=["half of it", "i for −i", "one level gains"])
def test_a_missing_complex_conjugate_is_not_taken_for_a_loss(given):
    with pytest.raises(ArgumentError, match="complex conjugate"):
        ql.Hamiltonian(LINE, given)


def test_rounding_is_no_loss():
    noise = 1e-14 * random_state((2, 2, 32))
    H = ql.Hamiltonian(LINE, PAIR + noise)
    assert H.is_hermitian and H.loss_table() is None
    one = ql.Hamiltonian(LINE, PAIR + noise - 0.2j * np.eye(2)[:, :, None]).loss_table()
    assert not one[0, 1].any()
    assert not one.imag.any()


@pytest.mark.parametrize("V", [X**2 - 0.1j, PAIR, np.stack([X, X**2, X**3])], ids=["lossy", "channels", "batch"])
@pytest.mark.parametrize("kind", ["array_api_strict", "torch"])
def test_other_arrays_give_the_same_numbers_in_their_own_namespace(V, kind):
    convert = pytest.importorskip(kind, reason=f"{kind} is an optional kind of array").asarray
    H = ql.Hamiltonian(LINE, V, absorber=0.1, nonlinearity=lambda n: 3 * n)
    psi = random_state((3, *H.state_shape))
    applied = H.apply(convert(psi))
    assert type(applied) is type(convert(psi))
    assert_allclose(np.asarray(applied), H.apply(psi), atol=1e-12)
    assert_allclose(H.energy(convert(psi)), H.energy(psi))


def test_tables_of_one_time_are_computed_once():
    calls = []

    def V(t, x):
        calls.append(t)
        return t * x

    H = ql.Hamiltonian(LINE, V, time_dependent=True)
    del calls[:]
    first = H.potential_table(1.5)
    assert H.potential_table(1.5) is first and calls == [1.5]
    H.apply(np.ones(32), 1.5)
    assert calls == [1.5]
    assert_allclose(H.potential_table(-2.0), -2 * X)


def test_a_table_returned_by_the_user_stays_writable():
    own = np.zeros(32)
    ql.Hamiltonian(LINE, lambda t, x: own, time_dependent=True).potential_table(1.0)
    own[:] = 1


def test_a_potential_with_no_value_at_time_zero():
    H = ql.Hamiltonian(LINE, lambda t, x: x / t, time_dependent=True)
    assert_allclose(H.potential_table(2.0), X / 2)
    with pytest.raises(ArgumentError, match="t=0"):
        H.potential_table(0.0)


def test_a_jump_in_time_is_taken_as_it_is():
    H = ql.Hamiltonian(LINE, lambda t, x: x if t < 1 else -x, time_dependent=True)
    assert_array_equal(H.potential_table(1.0), -H.potential_table(np.nextafter(1.0, 0)))


@pytest.mark.parametrize(("V", "words"), [
    (lambda t, x: x if t < 1 else np.zeros((2, 32)), "one shape"), (lambda t, x: x if t < 2 else 1j * x, "complex at all times"),
    (lambda t, x: np.where(x == 1, np.nan if t > 1 else 0, x), r"t=2.*1 NaN"),
])
def test_a_potential_that_changes_its_kind_is_refused_at_that_time(V, words):
    H = ql.Hamiltonian(LINE, V, time_dependent=True)
    with pytest.raises(ArgumentError, match=words):
        H.potential_table(2.0)


@pytest.mark.parametrize(("V", "words"), [
    (None, "must be a number"), (np.ma.masked_equal(np.arange(32.0), 3), "filled"), (10**400, "numbers"),
    ("x", "must be a number"), ({}, "numbers"), ([None] * 32, "rows"),
    (np.zeros((2, 2)), "constant matrix"),
    (np.zeros((2, 2, 31)), "shape"), (np.zeros((32, 1)), "shape"), (np.zeros((0, 32)), "empty"), ([[X, 1], [1]], "equal length"),
    (lambda x: 1 / x, "finite"), (lambda x: np.exp(1000 * x), "finite"), (sympy.Symbol("x") ** -1, "finite"),
    (sympy.Matrix([["x", 1]]), "square"), (lambda x: len(3), "TypeError"),
])
def test_what_is_no_potential_is_named(V, words):
    with pytest.raises(ArgumentError, match=words):
        ql.Hamiltonian(LINE, V)


def test_constant_rows_couple_channels_on_every_grid():
    H = ql.Hamiltonian(PLANE, [[1, 2j], [-2j, 0]])
    assert H.channels == 2 and H.refined().channels == 2
    psi = random_state((2, *PLANE.shape))
    assert_allclose(H @ psi, (ql.Hamiltonian(PLANE, 0.0) @ psi) + np.einsum("ij,jxy->ixy", [[1, 2j], [-2j, 0]], psi), atol=1e-12)


def test_frozen_and_refined_keep_everything():
    options = dict(mass=2.0, hbar=0.5, absorber=lambda x: x**2, nonlinearity=lambda n: 3 * n)
    H = ql.Hamiltonian(LINE, lambda t, x: np.cos(t) * x - 0.1j, time_dependent=True, **options)
    psi, still = random_state(32), H.at(0.7)
    assert not still.time_dependent
    assert_allclose(still @ psi, H.apply(psi, 0.7), atol=1e-13)
    assert_allclose(still.energy(psi), H.energy(psi, 0.7))
    finer = H.refined()
    assert finer.grid.shape == (64,) and finer.hbar == 0.5 and not finer.is_linear
    assert_array_equal(finer.loss_table()[::2], H.loss_table())
    assert ql.Hamiltonian(LINE, 0, absorber=X**2).refined() is None
    assert ql.Hamiltonian(LINE, 0, nonlinearity=lambda n: X * n).refined() is None
    assert "V(t)" in repr(H) and "loss" in repr(H) and "f(|ψ|²)" in repr(H) and "2 channels" in repr(ql.Hamiltonian(LINE, PAIR))


@pytest.mark.parametrize(("options", "words"), [
    ({"absorber": X}, "≥ 0"), ({"absorber": 1j * X}, "real"), ({"absorber": X[:3]}, "shape"), ({"absorber": "a"}, "absorber"),
    ({"absorber": np.ones((2, 32))}, "broadcast"),
])
def test_what_is_no_absorber_is_named(options, words):
    with pytest.raises(ArgumentError, match=words):
        ql.Hamiltonian(LINE, np.zeros((3, 32)), **options)


def test_sympy_functions_of_scipy_and_an_absorber_from_sympy():
    x = sympy.Symbol("x")
    H = ql.Hamiltonian(LINE, sympy.erf(x) + sympy.besselj(0, x), absorber=x**2)
    assert_allclose(H.potential_table(), special.erf(X) + special.jv(0, X), atol=1e-14)
    assert_allclose(H.loss_table(), X**2)


@pytest.mark.parametrize(("potential", "message"), [
    (sympy.DiracDelta(sympy.Symbol("x")), "NumPy or SciPy has"), (sympy.Function("f")(sympy.Symbol("x")), "NumPy or SciPy has"),
    (lambda x: 1.0 if x > 0 else 0.0, "np.where"), (lambda x: math.cos(x), "NumPy's functions"),
    ([[np.cos, 0.1], [0.1, np.cos]], "one callable"), ([[sympy.Symbol("x"), 0.1], [0.1, 0]], "sympy.Matrix")],
    ids=["delta", "undefined", "if", "math", "rows of callables", "rows of SymPy"])
def test_what_cannot_be_evaluated_is_refused_with_the_remedy(potential, message):
    with pytest.raises(ArgumentError, match=message):
        ql.Hamiltonian(LINE, potential)


def loss_of_channels(t, x):
    return [[x - 1j * t, 0 * x], [0 * x, x]]


@pytest.mark.parametrize("potential", [loss_of_channels, ql.SeparablePotential(
    np.multiply.outer(np.eye(2), X), [(lambda t: t, np.multiply.outer(np.diag([1, 0]), -1j * np.ones_like(X)))])],
    ids=["callable", "separable"])
def test_a_loss_of_channels_that_vanishes_at_time_zero(potential):
    H = ql.Hamiltonian(LINE, potential, time_dependent=True)
    assert_allclose(H.loss_table(0.5), np.multiply.outer(np.diag([0.5, 0]), np.ones_like(X)))
    assert not H.is_hermitian and not H.loss_table(0.0).any()


def test_beside_a_moving_vector_potential_v_takes_the_time():
    with pytest.raises(ArgumentError, match="takes t first"):
        ql.Hamiltonian(LINE, lambda x: x**2, vector_potential=lambda t, x: 0 * x + t, time_dependent=True)


def test_a_potential_that_is_known_for_short_times_only_is_not_asked_for_later_ones():
    tables = {0.0: X, 0.5: 2 * X}
    H = ql.Hamiltonian(LINE, lambda t, x: tables[t], time_dependent=True)
    assert_array_equal(H.potential_table(0.5), 2 * X)
