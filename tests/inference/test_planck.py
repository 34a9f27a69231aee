"""estimate_hbar: both virials in one and more coordinates, wrong pairings, errors by jackknife, stationarity, step bias.

False-alarm rates: bounds on one estimate are at 4.5 standard errors (1e-5).
"""

import numpy as np
import pytest

import qlearn as ql
from qlearn.errors import AccuracyWarning, ArgumentError, RegimeError
from qlearn.inference.planck_fields import _at_positions, learner_fields
from tests.learners import ring_grid, ring_learner

WELL = ql.LearningSystem("q", loss="q**2/2 + q**4/4", learning_rate=1.0, temperature="T")


def boltzmann(loss, low, high, replicas, times=4, seed=0):
    """Independent draws from e^{−loss} on a line at each time."""
    rng, q = np.random.default_rng(seed), np.linspace(low, high, 20001)
    cdf = np.cumsum(np.exp(-loss(q)))
    draws = np.interp(rng.random((times, replicas)), cdf / cdf[-1], q)
    return ql.Ensemble(np.arange(float(times)), draws[..., None], (None,))


def within(found, value, errors=4.5):
    return abs(found.value - value) < errors * found.error


@pytest.mark.parametrize("temperature", [0.1, 0.5, 2.0])
def test_the_virial_of_a_known_law(temperature):
    found = ql.estimate_hbar(boltzmann(lambda q: (q**2 / 2 + q**4 / 4) / temperature, -9, 9, 5000), WELL)
    assert within(found, 2 * temperature) and found.error < 0.03 * temperature * 2
    assert found.temperature == found.value / 2 and found.noise == "covariant" and np.isnan(found.step_bias)


def test_errors_are_those_of_repetitions():
    """100 repetitions: the standard deviation of z is 1 ± .07, its mean 0 ± .1; bounds at 4.5 deviations."""
    runs = [ql.estimate_hbar(boltzmann(lambda q: q**2 + q**4 / 2, -5, 5, 400, 2, seed), WELL) for seed in range(100)]
    z = np.array([(run.value - 1) / run.error for run in runs])
    assert 0.7 < z.std() < 1.35 and abs(z.mean()) < 0.45
    assert sum(not run.interval[0] < 1 < run.interval[1] for run in runs) < 16          # 5 ± 2.2


CURVED = dict(loss="q**2/2", metric="1 + q**2/2", learning_rate=1.0, temperature=0.5)


@pytest.mark.parametrize(("ito", "log_density"), [("covariant", lambda q: q**2 - np.log(1 + q**2 / 2) / 2),
                                                  ("plain", lambda q: q**2 - np.log(1 + q**2 / 2))])
def test_each_law_needs_its_own_virial(ito, log_density):
    """P_s = √g e^{−U/T} and g e^{−U/T} (THEORY.md 6)."""
    run, system = boltzmann(log_density, -7, 7, 20000), ql.LearningSystem("q", **CURVED)
    wrong = {"covariant": "plain", "plain": "covariant"}[ito]
    assert within(ql.estimate_hbar(run, system, noise=ito), 1.0)
    assert not within(ql.estimate_hbar(run, system, noise=wrong), 1.0, errors=10)


def test_the_ensemble_tells_its_noise():
    system = ql.LearningSystem("q", **CURVED)
    run = ql.simulate(system, 0.0, [0.0, 4.0, 5.0], kind="static", learners=4000, seed=2, ito="plain")
    found = ql.estimate_hbar(run, system, since=4.0)
    assert found.noise == "plain" and within(found, 1.0)


def test_two_coordinates_and_a_matrix_metric():
    """U = (x² + 2y² + xy)/2 + x⁴/8 with g(x, y) not diagonal; the law √|g| e^{−U/T} by rejection."""
    g = [["1 + x**2", "y/4"], ["y/4", "1 + y**2"]]
    system = ql.LearningSystem("x y", loss="(x**2 + 2*y**2 + x*y)/2 + x**4/8", metric=g, learning_rate=1.0, temperature=0.4)
    rng = np.random.default_rng(3)
    x, y = rng.uniform(-3, 3, (2, 150000))
    metric = system.metric_function()(x, y)
    weight = np.sqrt(np.linalg.det(np.moveaxis(metric, -1, 0))) * np.exp(-system.loss_function()(x, y) / 0.4)
    keep = rng.random(x.size) < weight / weight.max()
    q = np.stack([x[keep], y[keep]], axis=-1)[None]
    found = ql.estimate_hbar(ql.Ensemble([0.0], q, (None, None)), system)
    assert found.replicas > 5000 and within(found, 0.8) and found.error < 0.03 and found.stationarity is None
    assert not within(ql.estimate_hbar(ql.Ensemble([0.0], q, (None, None)), system, noise="plain"), 0.8)


def test_arrays_give_the_same_numbers():
    run = boltzmann(lambda q: 2 * q**2, -5, 5, 300)
    q = run.positions[..., 0]
    system = ql.LearningSystem("q", loss="q**2/2", metric="2", learning_rate=1.0, temperature="T")
    ours = ql.estimate_hbar(run, system)
    arrays = ql.estimate_hbar(gradient=q[..., None], metric=np.full((*q.shape, 1, 1), 2.0), laplacian=np.full(q.shape, 0.5))
    flat = ql.estimate_hbar(gradient=q[0][:, None], laplacian=np.ones(300))
    assert arrays.value == pytest.approx(ours.value, rel=1e-12) and arrays.error == pytest.approx(ours.error, rel=1e-9)
    assert flat.times == 1 and within(flat, 0.5)


@pytest.mark.parametrize("ito", [True, False], ids=["covariant", "plain"])
def test_a_minibatch_learner(ito):
    learner = ring_learner(ito_correction=ito)
    start = learner.transfer_operator(ring_grid(65)).stationary
    run = learner.replicas(start, [0, 40, 80], replicas=4000, seed=5)
    found = ql.estimate_hbar(run, learner)
    assert found.noise == ("covariant" if ito else "plain")
    assert abs(found.value / learner.hbar - 1 - found.step_bias) < 4.5 * found.error / learner.hbar
    assert found.error < 0.05 * learner.hbar


@pytest.mark.parametrize("settings", [dict(), dict(ito_correction=False), dict(learning_rate=0.04, batch_size=4)])
def test_the_step_bias_is_that_of_the_exact_operator(settings):
    """Both averages under the exact stationary law of the discrete learner: no sampling."""
    learner, grid = ring_learner(**settings), ring_grid(97)
    law = learner.transfer_operator(grid).stationary.values
    _, squared, curvature, step = learner_fields(learner, "covariant" if learner.ito_correction else "plain").at(grid.axes[0])
    bias, predicted = (law @ squared) / (law @ curvature) / learner.temperature - 1, (law @ step) / (law @ curvature)
    assert abs(bias) > 1e-3 and predicted == pytest.approx(bias, rel=0.1)


def test_ensembles_that_still_move_are_said():
    run = ql.simulate(ql.LearningSystem("q", loss="q**2/2", learning_rate=1.0, temperature=0.5), 3.0, [0.0, 0.5, 1.0],
                      kind="static", learners=500, seed=0)
    with pytest.warns(AccuracyWarning, match="not at rest"):
        found = ql.estimate_hbar(run, ql.LearningSystem("q", loss="q**2/2", learning_rate=1.0, temperature=0.5), since=0.5)
    assert found.stationarity.p_value < 1e-3 and "p = " in str(found)


def test_what_has_no_hbar_is_refused():
    run = boltzmann(lambda q: q**2, -5, 5, 100)
    moving = ql.LearningSystem("q", potential="q**2/2", learning_rate=1.0, temperature=0.5)
    with pytest.raises(RegimeError, match="static loss"):
        ql.estimate_hbar(run, moving)
    for kind in ("guided", "self-consistent"):                              # at |ψ|², whatever the loss
        with pytest.raises(RegimeError, match=f"these are {kind}"):
            ql.estimate_hbar(ql.Ensemble(run.times, run.positions, run.periods, {"kind": kind}), WELL, parameters={"T": 0.5})
    bent = ql.LearningSystem("q", loss="q**2/2", covariance="1 + q**2", alpha=0.5, learning_rate=1.0, temperature=0.5)
    with pytest.raises(RegimeError, match="α = 1"):
        ql.estimate_hbar(run, bent)
    ring = ql.Ensemble([0.0], np.zeros((1, 30, 1)), (2 * np.pi,))
    with pytest.raises(RegimeError, match="must have α = 1"):
        ql.estimate_hbar(ring, ring_learner(alpha=0.5))
    with pytest.raises(RegimeError, match="mean curvature"):
        ql.estimate_hbar(ql.Ensemble([0.0], np.random.default_rng(0).uniform(0, 2 * np.pi, (1, 200, 1)), (2 * np.pi,)),
                         ql.LearningSystem("q", loss="cos(q)", learning_rate=1.0, temperature=0.5, periods="2*pi"))


@pytest.mark.parametrize(("arguments", "words"), [
    (dict(), "ensemble and learner must be"),
    (dict(ensemble=boltzmann(lambda q: q**2, -5, 5, 10), learner=WELL), "20 or more replicas"),
    (dict(ensemble=boltzmann(lambda q: q**2, -5, 5, 50), learner="q**2"), "a LearningSystem or a MinibatchLearner"),
    (dict(ensemble=boltzmann(lambda q: q**2, -5, 5, 50), learner=WELL, noise="white"), "'covariant', 'plain'"),
    (dict(ensemble=boltzmann(lambda q: q**2, -5, 5, 50), learner=WELL, since=9.0), "at most the last time"),
    (dict(ensemble=boltzmann(lambda q: q**2, -5, 5, 50), learner=ql.LearningSystem("x y", loss="x**2 + y**2")), "2 coordinates"),
    (dict(gradient=np.zeros((30, 1))), "must come together"),
    (dict(gradient=np.zeros((30, 1)), laplacian=np.zeros(29)), "laplacian must have shape"),
    (dict(gradient=np.zeros((30, 2)), laplacian=np.ones(30), metric=np.ones((30, 2))), "metric must have shape"),
    (dict(gradient=np.zeros((30, 1)), laplacian=np.ones(30), metric=-np.ones((30, 1, 1))), "positive definite"),
])
def test_bad_arguments(arguments, words):
    with pytest.raises(ArgumentError, match=words):
        ql.estimate_hbar(**arguments)


def plane_learner(periods=(None, None), **settings):
    """Linear regression with two weights whose noise depends on them, antithetic labels: U = |w − w₀|²_Λ/2 + const."""
    rng = np.random.default_rng(8)
    x, n = rng.standard_normal((30, 2)) @ [[1.0, 0.4], [0.0, 0.8]], 2 * rng.standard_normal(30)
    x, y = np.r_[x, x], np.r_[x @ [0.5, -0.3] + n, x @ [0.5, -0.3] - n]

    def gradient(w, index):
        return (np.einsum("rj,rbj->rb", w, x[index]) - y[index])[..., None] * x[index]

    settings = {"learning_rate": 0.02, "batch_size": 2, "reference_covariance": 4.0} | settings
    return ql.MinibatchLearner(gradient, 60, periods=list(periods), **settings)


def test_a_minibatch_learner_with_two_weights():
    learner = plane_learner()
    run = learner.replicas([0.5, -0.3], [0, 150, 200, 250], replicas=300, seed=9)
    found = ql.estimate_hbar(run, learner, since=150)
    # finite steps: B U'²/C is of order η tr Λ = .04 here; the bound adds .05
    assert abs(found.value / learner.hbar - 1) < 0.05 + 4.5 * found.error / learner.hbar and np.isnan(found.step_bias)


@pytest.mark.parametrize("noise", ["covariant", "plain"])
def test_fields_at_positions_agree_with_the_table_of_a_ring(noise):
    q = np.random.default_rng(3).uniform(0, 6, 50)
    at, table = _at_positions(ring_learner(), noise, q), learner_fields(ring_learner(), noise).at(q)
    assert np.max(np.abs(at - table)[1:3]) < 1e-5 * np.max(np.abs(table))


def test_the_laplacian_of_a_matrix_metric():
    """Against (1/√|g|) ∂_i(√|g| g^{ij} ∂_jU) differentiated by SymPy as it stands."""
    import sympy as sp

    from qlearn.inference.planck_formulas import system_fields

    system = ql.LearningSystem("x y", loss="x**2 + y**2 + x*y", metric=[["2 + cos(x)", "y/4"], ["y/4", "1 + x**2"]])
    q, g, inverse = system.coordinates, system.metric, system.metric.inv()
    root = sp.sqrt(g.det())
    exact = sum(sp.diff(root * inverse[i, j] * sp.diff(system.loss, q[j]), q[i]) for i in range(2) for j in range(2)) / root
    at = np.array([[0.3, -1.1], [0.7, 0.2]])
    assert np.allclose(system_fields(system, "covariant", None).at(*at)[2], sp.lambdify(q, exact)(*at), rtol=1e-12)
