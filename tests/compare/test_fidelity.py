"""Fidelity of the wave that self-consistent learners imply with ψ, and what it refuses."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.errors import ArgumentError

GRID = ql.Grid(128, [(-9, 9)])
TIMES = [0.0, 0.5, 1.0]


def wave(mean=0.0, momentum=0.0, potential=0.0):
    return ql.sesolve(ql.Hamiltonian(GRID, potential), ql.gaussian(GRID, center=mean, width=0.5, momentum=momentum), TIMES,
                      store_states=True)


@pytest.fixture(scope="module")
def run():
    system = ql.LearningSystem("q", potential="0", learning_rate=1, temperature="1/2")
    return ql.simulate(system, (wave().density(0), None), TIMES, kind="self-consistent", learners=4000, seed=5)


def test_it_is_one_where_density_and_phase_agree(run):
    found = ql.fidelity(wave(), run)
    assert found.shape == (2,) and np.all(found > 0.998) and np.all(found <= 1 + 1e-9)
    assert ql.fidelity(wave(), run, times=[1.0], density="learners")[0] > 0.98


def test_the_density_alone_is_not_enough(run):
    """A wave that moves has another phase; so has one of the same density at the start in another potential."""
    assert ql.fidelity(wave(momentum=1.0), run, times=0.0)[0] < 0.8
    assert ql.fidelity(wave(potential=lambda q: q**2 / 2), run)[1] < 0.95


def test_a_constant_phase_does_not_count(run):
    turned = ql.sesolve(ql.Hamiltonian(GRID, 0.7), ql.gaussian(GRID, center=0, width=0.5), TIMES, store_states=True)
    np.testing.assert_allclose(ql.fidelity(turned, run), ql.fidelity(wave(), run), atol=1e-6)


def test_refusals(run):
    plain = ql.Ensemble(TIMES, np.zeros((3, 5, 1)), (None,))
    for call, message in [(lambda: ql.fidelity(wave(), plain), "has a flow"), (lambda: ql.fidelity(run, run), "must be a Result"),
                          (lambda: ql.fidelity(wave(), run, density="kernel"), "'flow', 'learners'"),
                          (lambda: ql.fidelity(wave(), run, times=[0.7]), "stored times")]:
        with pytest.raises(ArgumentError, match=message):
            call()
