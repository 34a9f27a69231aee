"""LameBands against eigenstates in sectors, and its own limits."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.errors import ArgumentError
from qlearn.exact import LameBands


@pytest.mark.parametrize("lame", [LameBands(0.3), LameBands(0.8, mass=1.1, hbar=0.7), LameBands(0.97)], ids=str)
def test_the_edges_and_the_angle_of_an_energy(lame):
    H = lame.hamiltonian(64)
    for theta in (0.0, 0.13, 0.4, 0.5):
        grid = ql.Grid(64, H.grid.bounds, twist=theta)
        levels = ql.eigenstates(ql.Hamiltonian(grid, H.potential, mass=lame.mass, hbar=lame.hbar), 2).energies
        if theta == 0:
            assert abs(levels[0] - lame.edges[0]) < 1e-12
        elif theta == 0.5:
            np.testing.assert_allclose(levels, lame.edges[1:], atol=1e-12)
        else:
            assert abs(lame.theta(levels[0]) - theta) < 1e-11
    assert lame.theta(lame.edges[0]) == 0 and abs(lame.theta(lame.edges[1]) - 0.5) < 1e-13


def test_limits():
    weak = LameBands(1e-3)
    assert abs(weak.bottom_mass / weak.mass - 1) < 1e-6 and 0 < weak.decay < 1e-6
    with pytest.raises(ArgumentError, match="energy"):
        weak.theta(2.0)
    with pytest.raises(ArgumentError, match="modulus"):
        LameBands(1.0)
