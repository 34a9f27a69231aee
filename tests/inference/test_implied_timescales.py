"""Rates against the lag: level where the basis is right, falling where it is not, and the consistency number."""

import numpy as np
import pytest
from scipy.stats import kstest

import qlearn as ql
from qlearn.errors import ArgumentError
from tests.inference.ornstein import stationary

LAGS = [0.1, 0.2, 0.4, 0.8]


def test_each_lag_is_the_single_measurement():
    run = stationary([0.5, 1.3], 2000, 9, 0.1, seed=1)
    basis = ql.ProductBasis(2, 0.0, 1.0)
    found = ql.implied_timescales(run, LAGS, basis=basis, k=3)
    for row, lag in enumerate(LAGS):
        one = ql.relaxation_rates(run, basis=basis, k=3, lag=lag)
        assert np.allclose(found.rates[row], one.values) and np.allclose(found.errors[row], one.errors)
    assert np.allclose(found.timescales, 1 / found.rates) and found.seen.all()
    assert np.allclose(found.timescale_errors / found.timescales, found.errors / found.rates)


def test_consistency_holds_for_the_right_basis_and_not_for_a_crude_one():
    run = stationary(1.0, 20_000, 13, 0.1, seed=2)
    good = ql.implied_timescales(run, LAGS, basis=ql.ProductBasis(3, 0.0, 1.0), k=2)
    assert all(good.consistency(0.1, lag).p_value > 1e-3 for lag in LAGS[1:])
    crude = ql.implied_timescales(run, LAGS, basis=lambda q: np.sign(q - 0.3), k=1)
    found = crude.consistency(0.1, 0.4)
    assert found.p_value < 1e-10 and found.defect > 0.1
    assert np.all(np.diff(crude.rates[:, 0]) < 0)


def test_consistency_is_calibrated():
    """100 ensembles: p is uniform (KS, 1e-3)."""
    p = [ql.implied_timescales(stationary(1.0, 1000, 5, 0.2, seed=seed), [0.2, 0.4], basis=ql.ProductBasis(2, 0.0, 1.0),
                               k=2).consistency(0.2, 0.4).p_value for seed in range(100)]
    assert kstest(p, "uniform").pvalue > 1e-3
    assert kstest(np.array(p) ** 2, "uniform").pvalue < 1e-3              # control


def test_what_is_lost_is_not_a_number():
    found = ql.implied_timescales(stationary(1.0, 1000, 7, 1.0, seed=3), [1.0, 6.0], basis=ql.ProductBasis(4, 0.0, 1.0), k=4,
                                  reversible=True)
    assert np.isnan(found.rates[1]).any() and not found.seen[1, 3] and found.seen[0, 0]
    assert found.consistency(1.0, 6.0, k=1).p_value >= 0 if found.seen[1, 0] else True


def test_refusals():
    run = stationary(1.0, 1000, 5, 0.2, seed=1)
    basis = ql.ProductBasis(2, 0.0, 1.0)
    for lags in ([], [0.4, 0.2], [0.3], [2.0]):
        with pytest.raises(ArgumentError, match="lags"):
            ql.implied_timescales(run, lags, basis=basis, k=1)
    found = ql.implied_timescales(run, [0.2, 0.4], basis=basis, k=2)
    with pytest.raises(ArgumentError, match="one of the lags"):
        found.consistency(0.2, 0.6)
    with pytest.raises(ArgumentError, match="differ"):
        found.consistency(0.2, 0.2)


def test_a_figure_is_drawn():
    pytest.importorskip("matplotlib", reason="figures need matplotlib")
    found = ql.implied_timescales(stationary(1.0, 1000, 7, 1.0, seed=3), [1.0, 2.0, 6.0], basis=ql.ProductBasis(4, 0.0, 1.0), k=4,
                                  reversible=True)
    axes = found.plot(lag=1.0, reference=[1, 2, 3, 4]).axes[0]
    assert axes.get_ylabel() == "1/rate" and axes.get_yscale() == "log"
