"""Winding, circulation and vortices."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qlearn as ql
from qlearn.errors import ArgumentError, RegimeError
from qlearn.phase import circulation, madelung, sector, vortices, winding


@given(n=st.integers(-7, 7), theta=st.floats(-0.499, 0.5), ripple=st.floats(0, 0.5), seed=st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_the_winding_of_a_rippled_wave(n, theta, ripple, seed):
    grid = sector(ql.Grid(64, (1, 4)), theta)
    a, b = np.random.default_rng(seed).uniform(0, 2 * np.pi, 2)
    x = 2 * np.pi * (grid.axes[0] - 1) / 3
    psi = ql.plane_wave(grid, n) * np.exp(ripple * np.cos(x + a) + 1j * ripple * np.sin(2 * x + b))
    assert winding(grid, psi) == n
    assert circulation(grid, psi) == pytest.approx(n + theta)
    v = madelung(ql.Hamiltonian(grid, 0.0, mass=1.7, hbar=0.6), psi).velocity[0]
    assert np.sum(v) * grid.spacing[0] * 1.7 / (2 * np.pi * 0.6) == pytest.approx(n + theta, abs=1e-8)


def test_winding_is_conserved_without_nodes():
    grid = ql.Grid(64, (0, 2 * np.pi))
    psi = ql.plane_wave(grid, 1) * (1 + 0.2 * np.cos(grid.axes[0]))
    H = ql.Hamiltonian(grid, lambda x: 0.1 * np.cos(x))
    assert {int(winding(grid, state)) for state in ql.sesolve(H, psi, np.linspace(0, 3, 7)).states} == {1}


def test_a_node_has_no_winding():
    grid = ql.Grid(64, (0, 2 * np.pi))
    with pytest.raises(RegimeError, match="node"):
        winding(grid, np.sin(grid.axes[0] - 0.3))


def test_a_vortex_pair_and_the_windings_on_either_side_of_it():
    """Two zeros of ψ: between them the winding along x differs by one from outside."""
    grid = ql.Grid((32, 32), [(0, 2 * np.pi)] * 2)
    x, y = grid.mesh
    psi = np.exp(1j * x) + 1.0 + 0.8 * np.cos(y)  # zeros at x = π, cos y = 0: charges ±1
    psi = psi * 1.0
    charges = vortices(grid, psi * np.exp(0.01j * np.cos(x + 0.3)))
    assert charges.sum() == 0 and np.abs(charges).sum() == 2
    cells = np.argwhere(charges != 0)
    shifted = grid.axes[1][cells[:, 1]] + grid.spacing[1] / 2
    np.testing.assert_allclose(np.sort(shifted), [np.pi / 2, 3 * np.pi / 2], atol=grid.spacing[1])


def test_sectors_share_points_only():
    grid = sector(ql.Grid((8, 6), [(0, 1), (0, 2)]), (0.25, 0.5))
    assert grid.sectors == (0.25, 0.5) and grid.shape == (8, 6)
    with pytest.raises(ArgumentError, match="two axes"):
        vortices(ql.Grid(8, (0, 1)), np.ones(8))
    with pytest.raises(RegimeError, match="vanishes"):
        vortices(ql.Grid((4, 4), [(0, 1)] * 2), np.zeros((4, 4)))


def test_nothing_winds_between_walls():
    grid = ql.Grid((9, 16), [(0, 1), (0, 2 * np.pi)], ("wall", "periodic"))
    x, y = grid.mesh
    psi = np.sin(np.pi * x) * (np.exp(1j * y) + 0.2)
    assert np.all(winding(grid, psi, 1) == 1) and vortices(grid, psi).shape == (8, 16) and not vortices(grid, psi).any()
    with pytest.raises(ArgumentError, match="ring"):
        winding(grid, psi, 0)


def test_nothing_winds_round_a_node_on_a_point():
    grid = ql.Grid(16, (0, 2 * np.pi))
    for psi in (np.zeros(16), 1 - np.cos(grid.axes[0])):
        with pytest.raises(RegimeError, match="node"):
            winding(grid, psi)
