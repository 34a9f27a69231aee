"""Replicas against the exact operator, with a control that must be rejected, and reproducibility to the bit."""

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest

import qlearn as ql
from qlearn.densities import GridDensity
from qlearn.ensembles.minibatch.step_tables import Lookup, StepTable
from qlearn.errors import ArgumentError, RegimeError
from tests.learners import RING, Regression, ring_grid, ring_learner, torus_grid, torus_learner


def test_the_same_bits_for_any_executor():
    learner = ring_learner()
    arguments = dict(start=1.0, steps=[0, 3, 20], replicas=40_000, seed=5)
    alone = learner.replicas(**arguments).positions
    for pool in (ThreadPoolExecutor(1), ThreadPoolExecutor(3)):
        with pool:
            np.testing.assert_array_equal(learner.replicas(**arguments, executor=pool).positions, alone)
    assert not np.array_equal(learner.replicas(**arguments | {"seed": 6}).positions, alone)


@pytest.mark.parametrize(("alpha", "batch"), [(1.0, 1), (0.0, 1), (0.5, 3)])
def test_law_after_many_steps_is_the_operators(alpha, batch):
    """Kuiper at 1 % for one seed; the law of a learner with another α must be rejected."""
    learner = ring_learner(alpha=alpha, batch_size=batch)
    start = GridDensity.wrapped_normal(ring_grid(), 2.0, 0.3)
    ensemble = learner.replicas(start, [150], replicas=30_000, seed=1)
    law = learner.transfer_operator(ring_grid()).evolve(start, 150)
    assert ql.compare(law, ensemble, tests=("kuiper",)).verdict.passed
    other = learner.with_(alpha=1.0 - alpha if alpha != 0.5 else 0.0)
    wrong = other.transfer_operator(ring_grid()).evolve(start, 150)
    assert not ql.compare(wrong, ensemble, tests=("kuiper",)).verdict.passed


def test_steps_are_those_of_the_definition():
    """One step of every replica, by hand from the same random numbers' minibatch: q' − q takes only the N values."""
    learner = ring_learner(rows=10)
    q = 0.7
    after = learner.replicas(q, [1], replicas=2000, seed=3).positions[0, :, 0]
    h = learner.per_sample_gradient(np.array([[q]]), np.arange(20)[None, :])[0, :, 0]
    scale, v = learner.step_functions(np.array([q]))
    allowed = np.sort(q - scale * h + v)
    nearest = allowed[np.clip(np.searchsorted(allowed, after), 1, 19) - np.array([[0], [1]])]
    assert np.max(np.min(np.abs(nearest - after), axis=0)) < 2e-7       # linear interpolation in the tables
    assert len(np.unique(np.round(after, 6))) == 20


@pytest.mark.parametrize(("changes", "match"), [
    (dict(steps=[3, 2]), "steps"), (dict(steps=[]), "steps"), (dict(steps=[-1]), "steps"), (dict(steps=[1.5]), "steps"),
    (dict(replicas=0), "replicas"), (dict(start=np.zeros(3)), "start"), (dict(start=np.nan), "start")])
def test_bad_arguments(changes, match):
    with pytest.raises(ArgumentError, match=match):
        ring_learner(rows=20).replicas(**dict(start=0.0, steps=[1], replicas=10, seed=0) | changes)


def test_processes_give_the_same_bits():
    learner = ring_learner(rows=20)
    with ProcessPoolExecutor(2) as pool:
        other = learner.replicas(0.5, [2], replicas=20_000, seed=1, executor=pool).positions
    np.testing.assert_array_equal(other, learner.replicas(0.5, [2], replicas=20_000, seed=1).positions)


# --- tori, lines, streams -----------------------------------------------------------------------------------------------

@pytest.mark.parametrize("learner", [torus_learner(), Regression(2).learner()], ids=["torus", "plane"])
def test_the_same_bits_for_any_executor_in_two_variables(learner):
    arguments = dict(start=[0.5, 0.2], steps=[0, 3, 12], replicas=20_000, seed=5)
    alone = learner.replicas(**arguments).positions
    with ThreadPoolExecutor(2) as threads, ProcessPoolExecutor(2) as processes:
        for pool in (threads, processes):
            np.testing.assert_array_equal(learner.replicas(**arguments, executor=pool).positions, alone)


def test_law_on_a_torus_is_the_operators():
    """χ² at 1 % for one seed after 40 steps; the law of the learner without the correction must be rejected at the end."""
    learner = torus_learner(learning_rate=0.04)
    operator, plain = (one.transfer_operator(torus_grid(21)) for one in (learner, learner.with_(ito_correction=False)))
    start = operator.stationary
    ensemble = learner.replicas(start, [0, 40], replicas=20_000, seed=1)
    assert ql.compare(start, ensemble, times=[40], tests=("chi2",)).verdict.passed
    assert not ql.compare(plain.stationary, ensemble, times=[40], tests=("chi2",)).verdict.passed


@pytest.mark.parametrize("learner", [torus_learner(), Regression(2, rows=10).learner(batch_size=1)], ids=["torus", "plane"])
def test_steps_in_two_variables_are_those_of_the_definition(learner):
    """One step from a point takes only the N values q − Mh_i + v, to the error of the table."""
    q = np.array([0.71, 0.33])
    after = learner.replicas(q, [1], replicas=300, seed=3).positions[0]
    matrix, v = learner.step_functions(q[:, None])
    allowed = q + v[:, 0] - learner.all_gradients(q[None])[0] @ matrix[..., 0].T
    away = np.min(np.max(np.abs(after[:, None] - allowed), axis=2), axis=1)
    assert np.max(away) < 2e-5 * np.max(np.abs(allowed - q))


def test_a_line_keeps_its_stationary_variance():
    """A regression with one weight and constant noise: q' − m = (1 − ηh)(q − m) + noise; variance Σ/(2ηh − (ηh)²), 4 errors."""
    rng = np.random.default_rng(0)
    noise = rng.standard_normal(50)
    noise -= noise.mean()

    def gradient(q, index):
        return (q + noise[index])[..., None]

    learner = ql.MinibatchLearner(gradient, 50, periods=[None], learning_rate=0.1, batch_size=1, reference_covariance=1.0,
                                  alpha=0.0)
    n = 40_000
    q = learner.replicas(3.0, [150], replicas=n, seed=0).positions[0, :, 0]
    expected = 0.01 * noise.var() / (0.2 - 0.01)
    assert abs(q.var() - expected) < 4 * expected * np.sqrt(2 / n)
    assert abs(q.mean() - 3.0 * 0.9**150) < 4 * np.sqrt(expected / n)


def test_streamed_replicas_have_the_counts_of_stored_ones():
    learner, grid = Regression(2).learner(), ql.Grid((16, 16), [(-2, 2)] * 2)
    arguments = dict(start=[0.1, 0.2], steps=[0, 5], replicas=20_000, seed=2)
    stored, streamed = learner.replicas(**arguments), learner.replicas(**arguments, store=grid)
    assert streamed.positions is None
    np.testing.assert_array_equal(streamed.histograms(grid), stored.histograms(grid))
    with pytest.raises(ArgumentError, match="store"):
        learner.replicas(**arguments, store=ql.Grid(16, (0, RING)))


def test_a_density_of_another_manifold_is_refused():
    grid = ql.Grid(64, (-5, 5))
    density = np.exp(-grid.axes[0] ** 2 / 2)
    with pytest.raises(ArgumentError, match="grid of start"):
        ring_learner(rows=20).replicas(GridDensity(grid, density / (density.sum() * grid.cell_volume)), [1], replicas=10, seed=0)


def test_learners_that_run_away_to_infinity_are_told():
    """Where cells have no number in 64 bits."""
    table = StepTable(Regression(1).learner(), np.array([0.1]))
    with pytest.raises(RegimeError, match="ran away to infinity"):
        Lookup(table)(np.array([[0.0], [1e60]]))


def test_learners_that_run_away_are_told():
    with pytest.raises(RegimeError, match="run away"):
        Regression(1).learner(learning_rate=60.0, alpha=0.0).replicas(1.0, [200], replicas=100, seed=0)
