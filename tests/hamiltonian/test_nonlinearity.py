"""f(|ψ|²): its energy against closed forms, zeros of ψ, what is refused."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import qlearn as ql
from qlearn.errors import ArgumentError, UnsupportedError

GRID = ql.Grid(64, (-8, 8))
PSI = ql.gaussian(GRID, center=0.5, width=0.8, momentum=1.0)
DENSITY = np.abs(PSI) ** 2
FREE = ql.Hamiltonian(GRID, lambda x: x**2)

CASES = {
    "Gross–Pitaevskii": (lambda n: -3 * n, lambda n: -1.5 * n**2), "logarithm": (np.log, lambda n: n * np.log(n) - n),
    "root": (np.sqrt, lambda n: 2 / 3 * n**1.5), "quintic": (lambda n: n - 2 * n**2, lambda n: n**2 / 2 - 2 * n**3 / 3),
    "inverse root": (lambda n: n**-0.5, lambda n: 2 * np.sqrt(n)),
    "saturable": (lambda n: n / (1 + n), lambda n: n - np.log1p(n)),
    "constant": (lambda n: 2.0, lambda n: 2 * n),
}


@pytest.mark.parametrize(("f", "primitive"), CASES.values(), ids=CASES)
def test_the_energy_is_the_primitive_of_f(f, primitive):
    H = ql.Hamiltonian(GRID, lambda x: x**2, nonlinearity=f)
    expected = FREE.expect(PSI) + np.sum(primitive(DENSITY)) * GRID.cell_volume
    assert_allclose(H.energy(PSI), expected, rtol=2e-14)
    assert_allclose(H @ PSI, FREE @ PSI + f(DENSITY) * PSI, rtol=1e-12, atol=1e-13)
    assert_allclose(H.expect(PSI), FREE.expect(PSI) + np.sum(f(DENSITY) * DENSITY) * GRID.cell_volume, rtol=1e-13)
    assert not H.is_linear and H.is_hermitian


def test_the_energy_of_a_linear_h_is_its_mean():
    assert_allclose(FREE.energy(PSI), FREE.expect(PSI), rtol=1e-14)


def test_h_psi_is_the_derivative_of_the_energy():
    H, rng = ql.Hamiltonian(GRID, lambda x: x**2, nonlinearity=np.log), np.random.default_rng(0)
    direction, step = PSI * rng.standard_normal(64), 1e-4
    change = (H.energy(PSI + step * direction) - H.energy(PSI - step * direction)) / (2 * step)
    assert_allclose(change, 2 * np.real(GRID.inner(direction, H @ PSI)), rtol=1e-7)


def test_where_psi_is_zero_the_logarithm_counts_as_zero():
    H = ql.Hamiltonian(GRID, 0.0, nonlinearity=np.log)
    state = np.where(np.abs(GRID.axes[0]) < 1, 1.0, 0.0)
    assert np.array_equal(H.mean_field(state), np.zeros(64))
    assert_allclose(H.energy(state) - ql.Hamiltonian(GRID, 0.0).energy(state), -np.sum(state) * GRID.cell_volume)
    assert np.array_equal(H @ np.zeros(64), np.zeros(64)) and H.energy(1e-170 * np.ones(64)) == 0


def test_with_a_metric_f_sees_the_scalar():
    ring = ql.Grid(48, (0, 2 * np.pi))
    g = (1 + 0.3 * np.cos(ring.axes[0])) ** 2
    H = ql.Hamiltonian(ring, 0.0, metric=lambda q: (1 + 0.3 * np.cos(q)) ** 2, nonlinearity=lambda n: 2 * n)
    scalar = np.exp(1j * ring.axes[0]) * (1 + 0.1 * np.sin(ring.axes[0]))
    state = g**0.25 * scalar
    assert_allclose(H.mean_field(state), 2 * np.abs(scalar) ** 2, rtol=1e-13)
    extra = np.sum(np.abs(scalar) ** 4 * np.sqrt(g)) * ring.cell_volume
    bare = ql.Hamiltonian(ring, 0.0, metric=lambda q: (1 + 0.3 * np.cos(q)) ** 2)
    assert_allclose(H.energy(state), bare.energy(state) + extra, rtol=1e-13)


def test_channels_that_act_on_each_other():
    """f_i = Σ_j g_ij n_j, also where one component vanishes."""
    g = np.array([[1.0, 2.0], [2.0, -0.5]])
    H = ql.Hamiltonian(GRID, np.zeros((2, 2, 64)), nonlinearity=lambda n: np.einsum("ij,...jx->...ix", g, n))
    states = np.stack([np.stack([PSI, 0.5 * PSI]), np.stack([PSI, 0 * PSI])])
    n = np.abs(states) ** 2
    free = ql.Hamiltonian(GRID, np.zeros((2, 2, 64)))
    assert_allclose(H.energy(states) - free.energy(states), 0.5 * np.einsum("bix,ij,bjx->b", n, g, n) * GRID.cell_volume)
    assert_allclose(H @ states - free @ states, np.einsum("ij,bjx->bix", g, n) * states, atol=1e-12)


def test_a_complex_f_is_a_loss():
    H = ql.Hamiltonian(GRID, 0.3, nonlinearity=lambda n: 2 * n - 0.5j * n**2)
    real = ql.Hamiltonian(GRID, 0.3, nonlinearity=lambda n: 2 * n)
    assert not H.is_hermitian and real.is_hermitian and H.loss_table() is None
    assert H.has_complex_mean_field and not real.has_complex_mean_field
    assert_allclose(H @ PSI, real @ PSI - 0.5j * np.abs(PSI) ** 4 * PSI, atol=1e-13)
    assert_allclose(H.energy(PSI), real.energy(PSI), rtol=1e-13)
    assert "loss" in repr(H)
    with pytest.raises(UnsupportedError, match="imaginary parts of V and f"):
        ql.sesolve(H, PSI, [0, 1], imaginary_time=True)


@pytest.mark.parametrize(("f", "words"), [
    (3.0, "lambda n"), (lambda n: np.full(n.shape, "a"), "numbers"), (lambda n: n[:3], "shape"), (lambda n, m: n, "TypeError"),
    (lambda n: n * np.nan, "finite"),
])
def test_what_is_no_nonlinearity_is_named(f, words):
    with pytest.raises(ArgumentError, match=words):
        ql.Hamiltonian(GRID, 0.0, nonlinearity=f)


def test_what_needs_a_linear_h_says_how_to_freeze_it():
    H = ql.Hamiltonian(GRID, 0.0, nonlinearity=lambda n: n)
    for ask in (lambda: H.to_matrix(), lambda: H.spectral_bounds):
        with pytest.raises(UnsupportedError, match="mean_field"):
            ask()
    frozen = ql.Hamiltonian(GRID, H.mean_field(PSI))
    assert_allclose(frozen @ PSI, H @ PSI)
    with pytest.raises(UnsupportedError, match="nonlinearity=f"):
        frozen.mean_field(PSI)
