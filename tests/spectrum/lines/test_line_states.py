"""line_states: eigenstates of a propagation at its lines, with residuals that tell."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.errors import ArgumentError, UnsupportedError

GRID = ql.Grid(64, (-9, 9))
H = ql.Hamiltonian(GRID, lambda x: x**2 / 2)


@pytest.fixture(scope="module")
def run():
    return ql.sesolve(H, ql.gaussian(GRID, center=1, width=2**-0.5), np.linspace(0, 60, 301), tol=1e-10)


def test_states_of_an_oscillator(run):
    lines = ql.autocorrelation_spectrum(run, energies=(0, 5))
    states, energies, residuals = ql.line_states(run, lines.energies, window="kaiser")
    exact = ql.eigenstates(H, len(lines))
    assert len(lines) >= 4 and np.max(residuals) < 1e-6
    assert np.all(np.abs(energies - exact.energies) <= residuals + 1e-12)
    overlaps = np.abs(np.sum(states.conj() * exact.states, axis=1)) * GRID.cell_volume
    np.testing.assert_allclose(overlaps, 1, atol=1e-10)


def test_the_residual_tells_what_is_no_eigenstate(run):
    _, energies, residuals = ql.line_states(run, [0.8], window="kaiser")
    assert residuals[0] > 0.01 or abs(energies[0] - 0.5) < residuals[0] + 1e-9


def test_refusals(run):
    with pytest.raises(ArgumentError, match="no part"):
        ql.line_states(run, [-8.0], window="kaiser")
    with pytest.raises(ArgumentError, match="hann"):
        ql.line_states(run, [0.5], window="boxcar")
    lossy = ql.Hamiltonian(GRID, lambda x: x**2 / 2 - 0.05j)
    with pytest.raises(UnsupportedError, match="loss"):
        ql.line_states(ql.sesolve(lossy, run.states[0], np.linspace(0, 1, 9)), [0.5])
