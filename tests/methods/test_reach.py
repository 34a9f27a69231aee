"""The lengths of V that bound a step."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.methods import Record
from qlearn.methods.reach import Reach, feature_lengths

GRID = ql.Grid(512, (-10, 10))
X = GRID.axes[0]


@pytest.mark.parametrize(("potential", "expected"), [
    (np.cos(2 * X), 0.5), (0 * X, np.inf), (3 * X, np.inf), (X**2 / 2, 10.0),
    (50 * np.cos(X / 5) - 20 * np.exp(-(X / 0.3) ** 2), 0.3 / 2 * 2**0.5 * np.exp(-0.5)),
    (np.minimum(X**2, 50), 50**0.5), (np.where(np.abs(X) < 1, 5.0, 0.0), GRID.spacing[0]),
], ids=["cos", "flat", "linear", "oscillator", "narrow in broad", "kink out of reach", "step"])
def test_feature_lengths(potential, expected):
    assert feature_lengths(potential, 49.0, GRID.spacing)[0] == pytest.approx(expected, rel=0.05)


def test_limits_of_a_packet():
    H = ql.Hamiltonian(GRID, np.cos(2 * X), mass=2.0, hbar=0.5)
    psi = ql.gaussian(GRID, center=1, width=1.5, momentum=8.0, hbar=0.5)
    turn, longest = Reach(H, Record()).limits(np.stack([psi, 0 * psi]), 0.0)
    assert longest == pytest.approx(0.5 / 4.0, rel=0.01)
    energy = H.expect(psi)
    assert turn == pytest.approx(0.5 / np.sqrt(GRID.norm(H @ psi) ** 2 - energy**2), rel=1e-9)
