"""Variational rates: an Ornstein-like ring with known rates, calibrated errors, and a control."""

import numpy as np
import pytest
from scipy.stats import kstest

import qlearn as ql
from qlearn.ensembles.ensemble import Ensemble
from qlearn.errors import AccuracyWarning, ArgumentError
from tests.learners import RING


def free_ring(replicas, records, lag, seed):
    """Free diffusion on the ring, D = 1: rates n², each twice."""
    rng = np.random.default_rng(seed)
    steps = np.sqrt(2 * lag) * rng.standard_normal((records, replicas))
    positions = (rng.uniform(0, RING, replicas) + np.cumsum(steps, axis=0))[..., None]
    return Ensemble(times=lag * np.arange(records), positions=positions, periods=(RING,), stats={})


def test_free_diffusion_has_rates_one_and_four():
    measured = ql.relaxation_rates(free_ring(50_000, 6, 0.2, 1), basis=4, k=4)
    z = (measured.values - [1, 1, 4, 4]) / measured.errors
    assert np.all(np.abs(z) < 4)                            # 2 in 10⁴ for Student's t with 99 degrees
    assert np.all(measured.errors[:2] < 0.01)


def test_errors_are_the_spread_over_seeds():
    """Jackknife errors against the scatter of 40 independent ensembles; a ratio outside .7 … 1.4 has probability < 1 %.
    Correlated records along a replica must not shrink the error: they are 4 lags of one replica."""
    runs = [ql.relaxation_rates(free_ring(2000, 5, 0.1, seed), basis=2, k=2) for seed in range(40)]
    mean = np.array([run.values.mean() for run in runs])            # the pair is degenerate: its mean is what is defined
    error = np.array([np.sqrt(run.covariance.sum()) / 2 for run in runs])
    assert 0.7 < error.mean() / mean.std(ddof=1) < 1.4


def test_only_the_stationary_part_is_used():
    ensemble = free_ring(3000, 6, 0.2, 1)
    positions = np.concatenate([np.zeros((2, 3000, 1)), ensemble.positions[2:]])
    ensemble = Ensemble(times=ensemble.times, positions=positions, periods=(RING,))
    late = ql.relaxation_rates(ensemble, basis=2, k=2, since=0.4)
    assert np.all(np.abs(late.values - 1) < 5 * late.errors)
    with pytest.raises(ArgumentError, match="equally spaced"):
        uneven = Ensemble(times=np.array([0, 1.0, 3.0]), positions=ensemble.positions[:3], periods=(RING,), stats={})
        ql.relaxation_rates(uneven, basis=2, k=2)


def test_too_few_replicas_are_refused():
    with pytest.raises(ArgumentError, match="1000 replicas"):
        ql.relaxation_rates(free_ring(500, 3, 0.2, 1), basis=2, k=2)


def driven_ring(drift):
    free = free_ring(4000, 5, 0.2, 3)
    return Ensemble(free.times, free.positions + drift * free.times[:, None, None], (RING,))


def test_detailed_balance_that_does_not_hold_is_contradicted():
    with pytest.warns(AccuracyWarning, match="not symmetric"):
        ql.relaxation_rates(driven_ring(0.5), basis=3, k=2, reversible=True)
    assert ql.relaxation_rates(driven_ring(0.5), basis=3, k=2).time_reversal < 1e-6


def test_the_test_of_time_reversal_raises_no_false_alarms():
    """KS of 100 p-values against the uniform law, at 1e-3."""
    p = [ql.relaxation_rates(free_ring(1000, 3, 0.2, 100 + seed), basis=3, k=2).time_reversal for seed in range(100)]
    assert kstest(p, "uniform").pvalue > 1e-3


@pytest.mark.parametrize(("positions", "words"), [
    (np.repeat(np.arange(4.0)[:, None, None], 1000, axis=1), "copies"),
    (np.repeat(np.random.default_rng(0).normal(size=(1, 1000, 1)), 4, axis=0), "move"),
])
def test_copies_and_learners_at_a_standstill_are_refused(positions, words):
    with pytest.raises(ArgumentError, match=words):
        ql.relaxation_rates(Ensemble(np.arange(4.0), positions, (RING,)), basis=1, k=1)


def test_a_learner_that_ran_away_is_named():
    positions = np.random.default_rng(0).normal(size=(3, 1000, 1))
    positions[1, 5] = 1e300
    with pytest.raises(ArgumentError, match="ran away"):
        ql.relaxation_rates(Ensemble(np.arange(3.0), positions, (None,)), basis=ql.ProductBasis(2, 0.0, 1.0), k=1)
