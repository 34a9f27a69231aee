"""Chebyshev moments against eigenstates; batches, channels, refusals, bounds that do not enclose."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.errors import ArgumentError, UnsupportedError
from qlearn.spectrum.traces.chebyshev_moments import chebyshev_moments

GRID = ql.Grid(24, (-5, 5))


def by_matrix(H, psi, moments, n):
    energies, vectors = np.linalg.eigh(H.to_matrix())
    weights = np.abs(vectors.conj().T @ psi.ravel()) ** 2 * H.grid.cell_volume
    return np.cos(np.arange(n)[:, None] * np.arccos(moments.scaled(energies))) @ weights


@pytest.mark.parametrize("n", [2, 3, 8, 41])
@pytest.mark.parametrize("H", [
    ql.Hamiltonian(GRID, lambda x: x**2 / 2),
    ql.Hamiltonian(ql.Grid(20, (0, 3), "wall"), lambda x: x - 7, hbar=0.3),
    ql.Hamiltonian(GRID, lambda x: np.array([[x, 0.3j + 0 * x], [-0.3j + 0 * x, 2 * x]])),
], ids=["oscillator", "wall", "channels"])
def test_against_eigenstates(H, n):
    rng = np.random.default_rng(n)
    psi = rng.normal(size=H.state_shape) + 1j * rng.normal(size=H.state_shape)
    moments = chebyshev_moments(H, psi, n)
    assert moments.values.shape == (n,)
    np.testing.assert_allclose(moments.values, by_matrix(H, psi, moments, n), atol=1e-12 * moments.values[0])


def test_batches_over_states_and_potentials():
    H = ql.Hamiltonian(GRID, np.stack([GRID.axes[0] ** 2, np.cos(GRID.axes[0])]))
    states = np.random.default_rng(1).normal(size=(3, 1, 24))
    moments = chebyshev_moments(H, states, 9)
    assert moments.values.shape == (3, 2, 9)
    one = ql.Hamiltonian(GRID, np.cos(GRID.axes[0]))
    np.testing.assert_allclose(moments.values[2, 1], chebyshev_moments(one, states[2, 0], 9, bounds=moments.bounds).values,
                               atol=1e-9)


def test_refusals():
    H = ql.Hamiltonian(GRID, lambda x: x**2 / 2)
    psi = ql.gaussian(GRID, center=1, momentum=6, width=0.4)
    with pytest.raises(ArgumentError, match="enclose"):
        chebyshev_moments(H, psi, 200, bounds=(0, 5))
    with pytest.raises(ArgumentError, match="enclose"):
        chebyshev_moments(H, psi, 3000, bounds=(0, 5))
    with pytest.raises(ArgumentError, match="low"):
        chebyshev_moments(H, psi, 20, bounds=(5, 0))
    with pytest.raises(ArgumentError, match="n must"):
        chebyshev_moments(H, psi, 1)
    with pytest.raises(UnsupportedError, match="loss"):
        chebyshev_moments(ql.Hamiltonian(GRID, 0.0, absorber=0.1), psi, 4)
