"""Measured rates on lines and in several dimensions: known rates, estimators, lags, warnings, memory."""

import tracemalloc

import numpy as np
import pytest

import qlearn as ql
from qlearn.errors import AccuracyWarning, ArgumentError, RegimeError
from tests.inference.ornstein import stationary, turning

HERMITE = ql.ProductBasis(4, center=0.0, scale=1.0)


@pytest.mark.parametrize("reversible", [True, False])
def test_ornstein_uhlenbeck_in_two_dimensions(reversible):
    """Rates .5, 1, 1.3, 1.5, 1.8: |z| < 4.5 of five, t with 99 degrees: 1e-4 in all."""
    found = ql.relaxation_rates(stationary([0.5, 1.3], 20_000, 6, 0.3, seed=1), basis=HERMITE, k=5, reversible=reversible)
    z = (found.values - [0.5, 1.0, 1.3, 1.5, 1.8]) / found.errors
    assert np.all(np.abs(z) < 4.5) and np.all(found.errors[:3] < 0.03) and found.functions == 15 and found.dropped == 0
    assert found.reversible is reversible and found.degrees_of_freedom == 99
    assert np.all(np.abs(found.bias) < found.errors) and found.stationarity.p_value > 1e-3
    wrong = (found.values - np.array([0.5, 1.0, 1.3, 1.5, 1.8]) * 1.1) / found.errors
    assert np.max(np.abs(wrong)) > 4.5                                                     # control: time in other units


def test_a_ring_and_a_line_together():
    """Free diffusion D = 1 on a ring × Ornstein–Uhlenbeck of rate 0.7: .7, 1, 1, 1.4, and 1.7 twice."""
    rng = np.random.default_rng(3)
    line = stationary(0.7, 20_000, 5, 0.2, seed=4)
    ring = rng.uniform(0, 2 * np.pi, 20_000) + np.cumsum(np.sqrt(0.4) * rng.standard_normal((5, 20_000)), axis=0)
    both = ql.Ensemble(line.times, np.stack([ring, line.positions[..., 0]], axis=-1), (2 * np.pi, None))
    found = ql.relaxation_rates(both, basis=ql.ProductBasis(2, 0.0, 1.0), k=6)
    assert np.all(np.abs(found.values - [0.7, 1, 1, 1.4, 1.7, 1.7]) < 4.5 * found.errors)


def test_a_turning_flow_has_a_complex_pair():
    """Rate 1, frequency 2: seen without symmetrising; declaring a detailed balance that does not hold is wrong by > 10 errors."""
    run = turning(1.0, 2.0, 20_000, 5, 0.2, seed=5)
    found = ql.relaxation_rates(run, basis=ql.ProductBasis(1, 0.0, 1.0), k=2)
    assert np.all(np.abs(found.values - 1) < 4.5 * found.errors)
    assert found.frequencies[0] > 0 > found.frequencies[1]
    assert np.all(np.abs(np.abs(found.frequencies) - 2) < 4.5 * found.frequency_errors) and found.frequency_errors[0] < 0.05
    with pytest.warns(AccuracyWarning, match="contradicted"):
        symmetric = ql.relaxation_rates(run, basis=ql.ProductBasis(1, 0.0, 1.0), k=2, reversible=True)
    assert np.all(symmetric.values - 1 > 10 * symmetric.errors) and np.all(symmetric.frequencies == 0)


def test_a_reversible_measurement_does_not_know_the_direction_of_time():
    run = stationary([0.5, 1.3], 2000, 4, 0.3, seed=11)
    back = ql.Ensemble(run.times, run.positions[::-1], run.periods)
    for reversible, alike in ((True, True), (False, False)):
        a, b = (ql.relaxation_rates(one, basis=HERMITE, k=2, reversible=reversible) for one in (run, back))
        assert np.allclose(a.values, b.values, rtol=1e-9) is alike and np.allclose(a.errors, b.errors, rtol=1e-8) is alike


def test_the_whole_ring_and_the_real_functions_span_the_same():
    rng = np.random.default_rng(2)
    q = rng.uniform(0, 2 * np.pi, 3000) + np.cumsum(np.sqrt(0.4) * rng.standard_normal((4, 3000)), axis=0)
    run = ql.Ensemble(0.2 * np.arange(4), q[..., None], (2 * np.pi,))
    a, b = (ql.relaxation_rates(run, basis=basis, k=3) for basis in (3, ql.ProductBasis(3)))
    assert np.allclose(a.values, b.values, rtol=1e-10) and np.allclose(a.errors, b.errors, rtol=1e-8)
    assert a.stationarity.p_value == pytest.approx(b.stationarity.p_value, rel=1e-8)


def test_a_lag_is_a_multiple_of_the_spacing():
    run = stationary(1.0, 5000, 7, 0.1, seed=6)
    every_third = ql.Ensemble(run.times[::3], run.positions[::3], (None,))
    long = ql.relaxation_rates(run, basis=HERMITE, k=1, lag=0.3)
    assert long.lag == pytest.approx(0.3) and abs(long.values[0] - 1) < 4.5 * long.errors[0]
    sparse = ql.relaxation_rates(every_third, basis=HERMITE, k=1)
    assert abs(sparse.values[0] - 1) < 4.5 * sparse.errors[0]
    for lag in (0.15, 0.7, 0.0):
        with pytest.raises(ArgumentError, match="lag"):
            ql.relaxation_rates(run, basis=HERMITE, k=1, lag=lag)


def test_dependent_functions_are_dropped_and_told():
    run = stationary(1.0, 2000, 3, 0.2, seed=7)

    def twice(q):
        return np.concatenate([q, q**2, 2 * q, np.ones_like(q)], axis=1)

    with pytest.warns(AccuracyWarning, match="2 directions"):
        found = ql.relaxation_rates(run, basis=twice, k=2)
    told = ql.relaxation_rates(run, basis=twice, k=2, cutoff=1e-6)
    once = ql.relaxation_rates(run, basis=lambda q: np.concatenate([q, q**2], axis=1), k=2)
    assert found.dropped == told.dropped == 2 and once.dropped == 0 and told.functions == 5
    assert np.allclose(told.values, once.values) and np.allclose(told.errors, once.errors)
    with pytest.raises(ArgumentError, match="2 functions besides the constant"):
        ql.relaxation_rates(run, basis=twice, k=3, cutoff=1e-6)


def test_what_is_not_stationary_is_said():
    with pytest.warns(AccuracyWarning, match="not stationary"):
        found = ql.relaxation_rates(stationary(1.0, 5000, 5, 0.3, seed=8, start=0.3), basis=HERMITE, k=1)
    assert found.stationarity.p_value < 1e-6
    late = ql.relaxation_rates(stationary(1.0, 5000, 25, 0.3, seed=8, start=0.3), basis=HERMITE, k=1, since=4.5)
    assert late.stationarity.p_value > 1e-3


def test_the_alarm_of_stationarity_is_calibrated():
    """200 ensembles at rest: the share with p < 0.1 is .1 ± .085 (4 standard errors, 6e-5)."""
    from qlearn.inference.correlations import correlations
    from qlearn.inference.stationarity import stationarity

    p = []
    for seed in range(200):
        run = stationary(1.0, 1000, 4, 0.3, seed=1000 + seed)
        sums = correlations(run.positions, (None,), ql.ProductBasis(3, 0.0, 1.0), [1])
        p.append(stationarity(sums.early, sums.late).p_value)
    assert abs(np.mean(np.array(p) < 0.1) - 0.1) < 0.085


def test_rates_lost_in_noise_are_refused_or_said():
    run = stationary(1.0, 1000, 2, 3.0, seed=9)
    with pytest.raises(RegimeError, match="lost in noise"):
        ql.relaxation_rates(run, basis=HERMITE, k=4, reversible=True)
    with pytest.warns(AccuracyWarning, match="drowns in noise"):
        ql.relaxation_rates(run, basis=HERMITE, k=4)


def test_a_basis_that_is_too_small_makes_rates_too_large_and_less_so_at_long_lags():
    run = stationary(1.0, 20_000, 21, 0.1, seed=10)

    def crude(q):
        return np.sign(q - 0.3)

    rates = [ql.relaxation_rates(run, basis=crude, k=1, reversible=True, lag=lag) for lag in (0.1, 0.4, 1.2)]
    values = np.array([one.values[0] for one in rates])
    assert values[0] > 2 > values[1] > values[2] > 1 + 3 * rates[2].errors[0]


def test_positions_are_not_copied():
    """10⁵ replicas × 41 records × 15 functions: 66 MB of positions and less than 300 MB besides."""
    q = np.random.default_rng(0).standard_normal((41, 100_000, 2))
    run = ql.Ensemble(np.arange(41.0), q, (None, None))
    tracemalloc.start()
    with pytest.warns(AccuracyWarning, match="noise"):
        ql.relaxation_rates(run, basis=HERMITE, k=1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3e8


def test_refusals():
    with pytest.raises(ArgumentError, match="1000 replicas"):
        ql.relaxation_rates(stationary(1.0, 500, 3, 0.2, seed=1), basis=HERMITE, k=1)
    with pytest.raises(ArgumentError, match="ensemble"):
        ql.relaxation_rates(np.zeros((3, 4, 1)), basis=HERMITE, k=1)
    run = stationary(1.0, 1000, 3, 0.2, seed=1)
    with pytest.raises(ArgumentError, match="two records"):
        ql.relaxation_rates(run, basis=HERMITE, k=1, since=0.4)
    with pytest.raises(ArgumentError, match="cutoff"):
        ql.relaxation_rates(run, basis=HERMITE, k=1, cutoff=0.0)
    with pytest.raises(ArgumentError, match="that vary"):
        ql.relaxation_rates(run, basis=lambda q: np.ones((len(q), 2)), k=1, cutoff=1e-6)
    with pytest.raises(ArgumentError, match="k must"):
        ql.relaxation_rates(run, basis=HERMITE, k=5)
