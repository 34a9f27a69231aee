"""spectral_function against the eigenstates, within its bound; batches and refusals."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.errors import ArgumentError, UnsupportedError
from qlearn.spectrum.traces.chebyshev_moments import ChebyshevMoments, chebyshev_moments
from qlearn.spectrum.traces.spectral_function import _summed

H = ql.Hamiltonian(ql.Grid(64, (-9, 9)), lambda x: x**2 / 2 + 0.1 * x**3 * np.exp(-(x**2)))
ENERGIES = np.linspace(-2, 70, 200)


def by_eigenstates(psi, width):
    levels, vectors = np.linalg.eigh(H.to_matrix())
    weights = np.abs(vectors.T @ psi) ** 2 * H.grid.cell_volume
    with np.errstate(under="ignore"):
        return np.exp(-0.5 * ((ENERGIES[:, None] - levels) / width) ** 2) @ weights / (width * np.sqrt(2 * np.pi))


@pytest.mark.parametrize("tol", [1e-2, 1e-6, 1e-12])
@pytest.mark.parametrize("width", [30.0, 1.0, 0.1])
def test_the_error_is_within_the_bound(width, tol):
    psi = np.random.default_rng(0).normal(size=64)
    found = ql.spectral_function(H, psi, ENERGIES, width=width, tol=tol)
    error = np.max(np.abs(found.values - by_eigenstates(psi, width)))
    assert error <= found.error_bound <= 1.1 * tol * H.norm(psi) ** 2 / (width * np.sqrt(2 * np.pi)) + 1e-10


def test_fewer_moments_break_the_bound():
    """The control: the number of moments is not far above what the bound needs."""
    psi = np.random.default_rng(0).normal(size=64)
    found = ql.spectral_function(H, psi, ENERGIES, width=0.5, tol=1e-10)
    moments = chebyshev_moments(H, psi, found.moments)
    half = ChebyshevMoments(moments.values[:found.moments // 2].copy(), moments.centre, moments.half_width)
    assert np.max(np.abs(_summed(half, ENERGIES, 0.5) - by_eigenstates(psi, 0.5))) > 10 * found.error_bound


def test_sum_rules_and_batches():
    states = np.random.default_rng(1).normal(size=(3, 2, 64))
    energies = np.linspace(-30, 120, 1501)
    found = ql.spectral_function(H, states, energies, width=2.0)
    assert found.values.shape == (3, 2, 1501) and np.asarray(found).shape == (3, 2, 1501)
    np.testing.assert_allclose(np.sum(found.values, axis=-1) * 0.1, H.norm(states) ** 2, rtol=1e-7)
    np.testing.assert_allclose(found.values @ energies * 0.1, H.expect(states), rtol=1e-6)
    np.testing.assert_allclose(ql.spectral_function(H, states[1, 1], energies, width=2.0).values, found.values[1, 1], atol=1e-8)


def test_refusals():
    psi = np.ones(64)
    with pytest.raises(ArgumentError, match="width"):
        ql.spectral_function(H, psi, [0.0], width=0)
    with pytest.raises(ArgumentError, match="shape"):
        ql.spectral_function(H, psi, 0.5, width=1)
    with pytest.raises(ArgumentError, match="Hamiltonian"):
        ql.spectral_function(np.eye(64), psi, [0.5], width=1)
    with pytest.raises(UnsupportedError, match="moments"):
        ql.spectral_function(H, psi, [0.0], width=1e-5)
    with pytest.raises(UnsupportedError, match="harmonic_inversion"):
        ql.spectral_function(ql.Hamiltonian(H.grid, 0.0, absorber=1.0), psi, [0.0], width=1)
