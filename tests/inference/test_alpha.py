"""estimate_alpha: recovery, attenuation without the split, coverage, steps alone, full metrics, dead parameters, errors.

False-alarm rates: bounds on one estimate are at 4.5 standard errors (1e-5); coverage is tested at 4.5 binomial deviations.
"""

import tracemalloc
import warnings

import numpy as np
import pytest

import qlearn as ql
from qlearn.errors import AccuracyWarning, ArgumentError, RegimeError
from qlearn.inference.alpha_slopes import centred, checkpoint_jackknife, jackknife, slopes, studentised, widening


def records(alpha=1.0, parameters=80, samples=400, checkpoints=3, residual=0.1, updates=0, spread=1.2, seed=0, floor=0.0):
    """κ lognormal, g = κ^α times residuals that stay with the parameter; Δq = g⁻¹h."""
    rng = np.random.default_rng(seed)
    base, stay = spread * rng.standard_normal(parameters), residual * rng.standard_normal(parameters)
    for _ in range(checkpoints):
        kappa = np.exp(base + 0.3 * rng.standard_normal(parameters))
        g = kappa**alpha * np.exp(stay + residual * rng.standard_normal(parameters)) + floor
        h = np.sqrt(kappa) * rng.standard_normal((samples, parameters))
        steps = np.sqrt(kappa) * rng.standard_normal((updates, parameters)) / g if updates else None
        yield ql.GradientRecord(h, metric=g, updates=steps, floor=floor)


@pytest.mark.parametrize("alpha", [0.0, 0.25, 0.5, 0.75, 1.0, 1.5])
def test_the_power_is_recovered(alpha):
    found = ql.estimate_alpha(records(alpha))
    assert abs(found.value - alpha) < 4.5 * found.error and 0 < found.error < 0.03
    assert found.interval[0] < found.value < found.interval[1] and found.parameters == 80 and found.checkpoints == 3


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
def test_steps_alone_tell_it_too(alpha):
    found = ql.estimate_alpha(records(alpha, updates=200), source="updates")
    assert abs(found.value - alpha) < 4.5 * found.error and found.error < 0.03
    assert found.interval[0] < found.value < found.interval[1]


def test_without_the_split_the_slope_is_attenuated():
    found = ql.estimate_alpha(records(1.0, samples=12, parameters=400))
    assert abs(found.value - 1) < 4.5 * found.error
    assert found.unsplit < 1 - 6 * found.error and found.unsplit == pytest.approx(found.value * found.reliability, rel=0.03)
    alone = ql.estimate_alpha(records(1.0, samples=12, parameters=400, updates=200), source="updates")
    assert abs(alone.value - 1) < 4.5 * alone.error and alone.unsplit < 1 - 6 * alone.error


def test_intervals_cover():
    """200 runs: at .93 the number of misses is 14 ± 3.6; more than 30 has probability 1e-5."""
    misses = 0
    for seed in range(200):
        low, high = ql.estimate_alpha(records(0.5, 60, 60, 2, 0.2, seed=seed), resamples=399).interval
        misses += not low < 0.5 < high
    assert 1 <= misses <= 30


def test_intervals_cover_what_only_few_checkpoints_tell():
    """Slopes that differ between four checkpoints, for all parameters alike. At .94 of 400 the misses are 24 ± 4.7; more than 45
    has probability 1e-5. With the normal quantile for the error of the checkpoints they are 56 and more (14 % to 18 %)."""
    rng, missed, narrow = np.random.default_rng(7), 0, 0
    for _ in range(400):
        x = rng.standard_normal(50) + 0.1 * rng.standard_normal((4, 50))
        y, groups = (0.5 + 0.05 * rng.standard_normal((4, 1))) * x + 0.02 * rng.standard_normal((4, 50)), np.arange(50)
        y, x = centred(y), centred(x)
        value = slopes(y, x, x, np.ones((1, 50)), groups).value[0]
        own, shared = jackknife(y, x, x, groups), checkpoint_jackknife(y, x, x)
        edges = np.array(studentised(y, x, x, groups, level=0.95, resamples=199, rng=rng)[:2]) - value
        for_both = value + edges * widening(own, shared, 49, 3, 0.95)
        plain = value + edges * np.hypot(own, shared) / own
        missed += not for_both[0] < 0.5 < for_both[1]
        narrow += not plain[0] < 0.5 < plain[1]
    assert 1 <= missed <= 45 < narrow


def test_parameters_that_go_together_are_clusters():
    """Residuals shared by ten units of eight: errors of single parameters are too small by about √8 times their share."""
    rng, unit = np.random.default_rng(4), np.repeat(np.arange(10), 8)
    own, shared = [], []
    for _ in range(40):
        ln_kappa = 1.2 * rng.standard_normal(10)[unit] + 0.3 * rng.standard_normal(80)
        g = np.exp(ln_kappa + 0.3 * rng.standard_normal(10)[unit])
        record = ql.GradientRecord(np.exp(ln_kappa / 2) * rng.standard_normal((400, 80)), metric=g)
        single, together = ql.estimate_alpha(record), ql.estimate_alpha(record, clusters=unit)
        own.append((single.value - 1) / single.error)
        shared.append((together.value - 1) / together.error)
    assert np.std(own) > 2 and np.std(shared) < 1.9          # 40 values: standard deviations to 11 %


def test_halves_exchanged_and_scales_change_nothing():
    rows = list(records(0.75))
    scaled = [ql.GradientRecord(1e3 * r.gradients[np.arange(400) ^ 1], metric=1e-5 * r.metric) for r in rows]
    assert ql.estimate_alpha(scaled).value == pytest.approx(ql.estimate_alpha(rows).value, rel=1e-9)


def test_a_common_change_in_time_is_no_slope_between_parameters():
    """κ grows tenfold from one checkpoint to the next while g stays."""
    rows = [ql.GradientRecord(10.0**k * r.gradients, metric=r.metric) for k, r in enumerate(records(0.5))]
    found = ql.estimate_alpha(rows)
    assert abs(found.value - 0.5) < 4.5 * found.error


def full(alpha, basis_seed=7, parameters=30, samples=3000, seed=0):
    rng = np.random.default_rng(basis_seed)
    turn, values = np.linalg.qr(rng.standard_normal((parameters, parameters)))[0], 10 ** np.linspace(-3, 0, parameters)
    rng = np.random.default_rng(seed)
    h = rng.standard_normal((samples, parameters)) * np.sqrt(values) @ turn.T
    steps = rng.standard_normal((400, parameters)) * values ** (0.5 - alpha) @ turn.T
    return ql.GradientRecord(h, metric=turn * values**alpha @ turn.T, updates=steps)


@pytest.mark.parametrize("alpha", [0.25, 0.5, 1.0])
@pytest.mark.parametrize("source", ["metric", "updates"])
def test_full_metrics_in_the_eigenbasis_of_the_noise(alpha, source):
    found = ql.estimate_alpha(full(alpha), source=source)
    assert found.basis == "eigenvectors" and found.parameters == 30
    assert abs(found.value - alpha) < 0.01


def test_a_diagonal_metric_is_no_power_of_a_turned_noise():
    record = full(1.0)
    diagonal = ql.GradientRecord(record.gradients, metric=np.diag(record.metric))
    assert ql.estimate_alpha(diagonal, basis="eigenvectors").value < 0.6
    with pytest.raises(ArgumentError, match="'eigenvectors' for a full metric"):
        ql.estimate_alpha(record, basis="parameters")


def test_dead_parameters_are_an_error_or_counted():
    rows = [ql.GradientRecord(r.gradients * (np.arange(80) > 4), metric=r.metric) for r in records(0.5)]
    with pytest.raises(ArgumentError, match="5 of 80 parameters with zero variance"):
        ql.estimate_alpha(rows)
    found = ql.estimate_alpha(rows, dead=1e-12)
    assert found.excluded == 5 and found.parameters == 75 and abs(found.value - 0.5) < 4.5 * found.error
    assert "5 left out" in str(found)


def test_an_epsilon_that_dominates_is_said():
    with pytest.warns(AccuracyWarning, match=r"ε is over a tenth of the metric for \d+ of 80"):
        found = ql.estimate_alpha(records(1.0, floor=0.02))
    assert found.floored > 0 and found.value < 1
    with pytest.raises(RegimeError, match="smaller ε"):
        ql.estimate_alpha(records(1.0, floor=1.0))


def test_regimes_have_names():
    assert ql.estimate_alpha(records(1.0)).regime == "quantum"
    assert ql.estimate_alpha(records(0.5)).regime == "efficient learning"
    assert ql.estimate_alpha(records(0.0, residual=0.02)).regime == "equilibration"
    assert ql.estimate_alpha(records(0.75, residual=0.02)).regime == "between regimes"
    constant = ql.estimate_alpha([ql.GradientRecord(r.gradients, metric=np.ones(80)) for r in records()])
    assert (constant.value, constant.error, constant.interval) == (0.0, 0.0, (0.0, 0.0))


def test_noise_that_does_not_differ_is_refused():
    with pytest.raises(RegimeError, match="must differ between parameters"):
        ql.estimate_alpha(records(1.0, spread=0.0, samples=8, checkpoints=1))


@pytest.mark.parametrize(("change", "words"), [
    (dict(records=[]), "one or more GradientRecord"),
    (dict(records=3), "one or more GradientRecord"),
    (dict(source="steps"), "'metric', 'updates'"),
    (dict(source="updates"), "must all hold updates"),
    (dict(basis="layers"), "'parameters', 'eigenvectors'"),
    (dict(clusters=np.zeros(7)), r"shape \(80,\)"),
    (dict(clusters=np.arange(80) % 3), "must be 5 or more"),
    (dict(dead=2.0), "dead must be"),
    (dict(level=1.0), "level must be"),
    (dict(resamples=10), "resamples must be"),
    (dict(records=list(records(parameters=8))), "10 or more parameters"),
    (dict(records=[*records(parameters=20), *records(parameters=30)]), "same parameters"),
])
def test_bad_arguments(change, words):
    arguments = {"records": list(records())} | change
    with pytest.raises(ArgumentError, match=words):
        ql.estimate_alpha(**arguments)


def test_the_slope_is_exact_without_noise():
    x = centred(np.random.default_rng(0).standard_normal((2, 15)))
    found = slopes(0.7 * x, x, x, np.ones((1, 15)), np.arange(15))
    assert found.value[0] == pytest.approx(0.7, rel=1e-12) and found.error[0] < 1e-12


@pytest.mark.parametrize(("optimiser", "nominal"), [
    (ql.CovariantGradientDescent.rmsprop(2e-3), 0.5), (ql.CovariantGradientDescent(1e-5, alpha=1.0, warmup=100), 1.0)],
    ids=["rmsprop", "α = 1"])
def test_an_optimiser_at_work(optimiser, nominal):
    """Ten checkpoints of one run; memory 100 steps. The bound .05 is ten standard deviations over seeds (validation 43)."""
    from qlearn.optimisers import teacher_data

    network, rng = ql.TanhNetwork(8, 10), np.random.default_rng(6)
    x, y = teacher_data(2000, seed=6)
    q = network.start(rng)
    state, rows = optimiser.init(q), []
    for step in range(1, 2001):
        index = rng.integers(0, 2000, 16)
        q, state = optimiser.step(q, network.gradient(q, x[index], y[index]), state)
        if step > 1000 and step % 250 == 0:
            index = rng.integers(0, 2000, 2000)
            rows.append(ql.GradientRecord(network.per_sample_gradients(q, x[index], y[index]), metric=optimiser.metric(state)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AccuracyWarning)
        found = ql.estimate_alpha(rows)
    assert abs(found.value - nominal) < 0.05


def test_large_networks_need_no_square_of_their_size():
    """50 000 parameters: leaving out one at a time by a matrix of weights would take 20 GB."""
    rng = np.random.default_rng(3)
    x = rng.standard_normal((2, 50_000))
    x1, x2 = (centred(x + 0.3 * rng.standard_normal(x.shape)) for _ in range(2))
    y = centred(0.5 * x + rng.standard_normal(x.shape))
    tracemalloc.start()
    try:
        error = jackknife(y, x1, x2, np.arange(50_000))
        low, high, _ = studentised(y, x1, x2, np.arange(50_000), level=0.95, resamples=199, rng=rng)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 3e8
    assert error == pytest.approx(slopes(y, x1, x2, np.ones((1, 50_000)), np.arange(50_000)).error[0], rel=0.01)
    assert (high - low) / error == pytest.approx(3.92, rel=0.3)                 # 199 resamples: quantiles to some tenth
