"""Replicas against the exact operator, with a control that must be rejected, and reproducibility to the bit."""

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest

import qlearn as ql
from qlearn.densities import GridDensity
from qlearn.errors import ArgumentError
from tests.learners import ring_grid, ring_learner


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
