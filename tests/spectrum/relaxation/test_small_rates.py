"""Rates on one axis: relative accuracy however small they are."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.exact import BarrierFlux

WELL = ql.LearningSystem("q", loss="(q**2 - 1)**2", learning_rate=1, temperature="T")
GRID = ql.Grid(192, (-2.2, 2.2))
SHOT = {0.05: (3.6386056997252064e-09, 3.8358913355124704), 0.03: (5.941552869744746e-15, 3.90542396195),
        0.02: (3.4464802967424376e-22, 3.9380539460372512)}        # validation/double_wells.py


@pytest.mark.parametrize("temperature", SHOT)
def test_double_well_rates_are_right_to_relative_1e_10_however_small(temperature):
    found = ql.relaxation(WELL, 2, grid=GRID, parameters={"T": temperature})
    error = np.abs(found.rates() - SHOT[temperature])
    assert np.all(error <= np.maximum(found.error_bounds[1:], 1e-12 * found.rates()))
    assert np.all(found.error_bounds[1:] < 1e-11 * found.rates())


def test_the_matrix_that_is_not_factorised_fails_at_that_size():
    H = ql.derive(WELL).equation.hamiltonian(GRID, T=0.02)
    assert abs(np.linalg.eigvalsh(H.to_matrix())[1] / H.hbar / SHOT[0.02][0] - 1) > 1e-4


def test_a_barrier_of_a_hundred_temperatures():
    found = ql.relaxation(WELL, 1, grid=GRID, parameters={"T": 0.01})
    flux = BarrierFlux(lambda q: (q**2 - 1) ** 2, (8.0, 4.0), 1.0, 2.0, temperature=0.01)
    assert found.rates()[0] == pytest.approx(flux.rate, rel=1e-8)
    assert 1e-45 < found.rates()[0] < 1e-42


def test_three_equal_wells_have_a_degenerate_pair_and_then_a_gap():
    ring = ql.LearningSystem("q", loss="1 - cos(3*q)", learning_rate=1, temperature=0.05, periods="2*pi")
    found = ql.relaxation(ring, 4, grid=ql.Grid(128, (0, 2 * np.pi)))
    rates = found.rates()
    assert abs(rates[1] - rates[0]) <= found.error_bounds[1] + found.error_bounds[2]
    assert rates[0] > 0 and rates[2] > 1e15 * rates[1]
    gram = found.states / np.sqrt(found.stationary.values)
    overlaps = gram @ gram.T * found.grid.cell_volume
    assert np.allclose(overlaps, np.eye(5), atol=1e-8)


@pytest.mark.parametrize("boundary", ["periodic", "wall"])
def test_ornstein_uhlenbeck(boundary):
    line = ql.LearningSystem("q", loss="q**2/2", learning_rate=2, temperature=0.7)
    found = ql.relaxation(line, 6, grid=ql.Grid(128, (-12, 12), boundary))
    assert np.all(np.abs(found.rates() - 2 * np.arange(1, 7)) <= found.error_bounds[1:])
    assert np.all(found.error_bounds[1:] < 1e-9)
    q = found.stationary.grid.axes[0]
    assert np.allclose(found.stationary.values, np.exp(-q**2 / 1.4) / np.sqrt(1.4 * np.pi), atol=1e-12)


def test_a_box_whose_ends_matter_says_so_in_the_bound():
    line = ql.LearningSystem("q", loss="q**2/2", learning_rate=1, temperature=1)
    with pytest.warns(ql.errors.AccuracyWarning, match="box"):
        found = ql.relaxation(line, 3, grid=ql.Grid(64, (-6, 6)))
    error = np.abs(found.rates() - np.arange(1, 4))
    assert np.all(error <= found.error_bounds[1:]) and error[2] > 1e-8


def test_a_flat_ring_has_degenerate_pairs_and_very_large_t_too():
    flat = ql.LearningSystem("q", loss="0*q", learning_rate=1, temperature=0.5, periods="2*pi")
    hot = ql.LearningSystem("q", loss="cos(q)", learning_rate=1, temperature=1e8, periods="2*pi")
    for system, D in ((flat, 0.5), (hot, 1e8)):
        found = ql.relaxation(system, 4, grid=ql.Grid(32, (0, 2 * np.pi)))
        assert np.allclose(found.rates() / D, [1, 1, 4, 4], rtol=1e-12)


def test_a_curved_ring_agrees_with_the_levels_of_the_hamiltonian():
    system = ql.LearningSystem("q", loss="cos(q)", metric="exp(sin(q))", learning_rate=1, temperature=0.4, periods="2*pi")
    grid = ql.Grid(65, (0, 2 * np.pi))
    levels = ql.eigenstates(ql.derive(system).equation.hamiltonian(grid), 5)
    assert np.allclose(ql.relaxation(system, 4, grid=grid).rates(), levels.rates(4), rtol=1e-10)


@pytest.mark.parametrize("temperature", [0.01, 0.008])
def test_the_level_on_top_of_a_high_barrier_is_neither_lost_nor_blurred(temperature):
    found = ql.relaxation(WELL, 3, grid=GRID, parameters={"T": temperature})
    exact = {0.01: 3.969532785000706, 0.008: 3.9757032834642665}[temperature]         # validation/double_wells.py
    assert found.rates()[1] == pytest.approx(exact, rel=1e-9)
    assert np.all(found.error_bounds[1:] < 1e-10 * found.rates())


@pytest.mark.parametrize("temperature", [0.02, 0.01, 0.007])
def test_a_high_well_is_a_level_even_where_its_weight_is_below_e_100(temperature):
    tilted = ql.LearningSystem("q", loss="(q**2 - 1)**2 + 3*q/5", learning_rate=1, temperature=temperature)
    found = ql.relaxation(tilted, 2, grid=GRID)
    _, top, high = np.sort(np.roots([4, 0, -4, 0.6]).real)
    rise = (top**2 - 1) ** 2 - (high**2 - 1) ** 2 + 0.6 * (top - high)
    kramers = np.sqrt((12 * high**2 - 4) * (4 - 12 * top**2)) / (2 * np.pi) * np.exp(-rise / temperature)
    assert abs(found.rates()[0] / kramers - 1) < temperature
    assert found.error_bounds[1] < 1e-9 * found.rates()[0]


def test_a_barrier_of_555_temperatures_does_not_overflow():
    found = ql.relaxation(WELL, 2, grid=ql.Grid(512, (-2.2, 2.2)), parameters={"T": 0.0018})
    kramers = np.sqrt(8 * 4) / np.pi * np.exp(-1 / 0.0018)
    assert abs(found.rates()[0] / kramers - 1) < 0.0018
    assert found.rates()[1] == pytest.approx(4, rel=0.01)
