"""StreamingLearner: its data have the mean loss −F and second moment C₀g; its law is |ψ|², flat, winding, curved; refusals."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from waves import ring

import qlearn as ql
from qlearn.ensembles.streaming_labels.ring_chart import RingChart
from qlearn.errors import ArgumentError, RegimeError, UnsupportedError

TURN = 2 * np.pi


def packet(grid, momentum=0.0, theta=0.0, hbar=1.0, metric=None):
    """A packet without nodes; on the curved ring the same in x = q + .4 sin q."""
    line = ql.exact.GaussianPacket(center=2.0, width=0.9, momentum=hbar * momentum, hbar=hbar)
    q = grid.axes[0]
    psi = ql.exact.RingPacket(line, TURN, theta=theta).state(q if metric is None else q + 0.4 * np.sin(q), 0.0)
    psi = psi * (1.0 if metric is None else np.ravel(metric(q)) ** 0.25)
    return psi / np.linalg.norm(psi) / grid.cell_volume**0.5


def solved(momentum=0.0, theta=0.0, metric=None, mass=1.0, hbar=1.0):
    grid = ql.Grid(64, (0, TURN), twist=theta)
    H = ql.Hamiltonian(grid, lambda q: 0.1 * np.cos(q), mass=mass, hbar=hbar, metric=metric)
    return ql.sesolve(H, packet(grid, momentum, theta, hbar, metric), np.linspace(0, 1, 21))


def metric(q):
    return (1 + 0.4 * np.cos(q))[None, None] ** 2


CASES = {"flat": {}, "curved": {"metric": metric}, "winding 1/2": {"momentum": 0.5, "theta": 0.5},
         "mass 2, hbar .7, batch 3": {"mass": 2.0, "hbar": 0.7}}


@pytest.fixture(scope="module", params=list(CASES), ids=list(CASES))
def case(request):
    field = solved(**CASES[request.param])
    winding = CASES[request.param].get("momentum", 0.0)
    batch = 3 if "batch" in request.param else 1
    return field, ql.StreamingLearner.following(field, learning_rate=0.005, winding=winding, batch_size=batch,
                                                metric=CASES[request.param].get("metric"))


def test_the_numbers_of_the_learner(case):
    field, learner = case
    H = field.hamiltonian
    assert learner.hbar == pytest.approx(H.hbar, rel=1e-12) and learner.temperature == pytest.approx(H.hbar / 2, rel=1e-12)
    assert learner.hbar == pytest.approx(learner.learning_rate * learner.reference_covariance / learner.batch_size)
    assert learner.time_step == pytest.approx(0.005 * H.mass) and learner.steps([0.0, 1.0])[1] * learner.time_step == 1.0


def test_the_data_have_the_mean_loss_and_the_noise_that_theory_says(case):
    """E[h] = −F' within 4 standard errors of 4e5 pairs at five points, E[h²] = C₀g too (false-alarm rate 6e-4 in all)."""
    field, learner = case
    theta, label = learner.examples(0.4, 400_000, np.random.default_rng(5))
    assert set(np.unique(label)) == {-1, 1} and theta.min() >= 0 and theta.max() < TURN
    for q in (0.3, 1.5, 2.7, 4.0, 5.5):
        h = learner.per_sample_gradient(q, theta, label)
        psi, grad = field.field()(0.4, np.array([q]))
        slope = field.hamiltonian.hbar * float((grad[0] / psi).real[0] + (grad[0] / psi).imag[0])
        left_out = 0.03 * field.hamiltonian.hbar                                    # of the truncation
        assert abs(h.mean() + slope) < 4 * h.std() / np.sqrt(h.size) + left_out
        g = 1.0 if learner.chart.metric is None else float(np.ravel(metric(np.array([q])))[0])
        assert abs(np.mean(h**2) / (learner.reference_covariance * g) - 1) < 4 * np.std(h**2) / np.mean(h**2) / np.sqrt(h.size)


def test_the_law_is_that_of_psi(case):
    """20 000 replicas: two tests at a family-wise false-alarm rate of 1e-3; at another time the law is another one."""
    field, learner = case
    times = [0.0, 0.5, 1.0]
    ensemble = learner.replicas(None, learner.steps(times), replicas=20_000, seed=11)
    np.testing.assert_allclose(ensemble.times, times, atol=1e-12)
    assert ql.compare(field, ensemble, tests=("kuiper",), level=1e-3).verdict.passed
    assert not ql.compare(field.density(0), ensemble, tests=("kuiper",)).verdict.passed
    assert ensemble.stats["kind"] == "guided" and ensemble.stats["truncation"] <= 0.02
    assert 0 < ensemble.stats["largest_label_bias"] <= 1 and ensemble.stats["least_density"] > 1e-3


def test_the_winding_is_measured():
    field = solved(momentum=0.5, theta=0.5)
    learner = ql.StreamingLearner.following(field, learning_rate=0.01, winding=0.5)
    ensemble = learner.replicas(None, range(0, 101, 10), replicas=20_000, seed=1)
    found = ql.circulation(ensemble, hbar=learner.hbar, mass=1.0)
    assert not found.integer and abs(found.value - 0.5) < 4 * found.error and found.error < 0.1


@pytest.mark.parametrize("change", [{"ito_correction": False}, {"alpha": 0.0}], ids=["plain Itô", "SGD"])
def test_on_a_curved_ring_the_other_learners_do_not_follow(change):
    field = solved(metric=metric)
    learner = ql.StreamingLearner.following(field, learning_rate=0.005, metric=metric, **change)
    ensemble = learner.replicas(None, learner.steps([0.0, 1.0]), replicas=20_000, seed=2)
    assert not ql.compare(field, ensemble, tests=("kuiper",)).verdict.passed
    if learner.alpha != 1:
        with pytest.raises(RegimeError, match="alpha must be 1 for one temperature"):
            _ = learner.hbar


def test_replicas_are_the_same_for_any_executor_and_any_kernel():
    field = solved()
    learner = ql.StreamingLearner.following(field, learning_rate=0.02)
    once = learner.replicas(1.0, [5, 20], replicas=20_000, seed=9).positions
    with ThreadPoolExecutor(2) as executor:
        again = learner.replicas(1.0, [5, 20], replicas=20_000, seed=9, executor=executor).positions
    np.testing.assert_array_equal(once, again)
    with ql.phase_backend("numpy"):
        plain = learner.replicas(1.0, [5, 20], replicas=20_000, seed=9).positions
    np.testing.assert_allclose(once, plain, rtol=0, atol=1e-9)


def test_a_callable_field_with_a_time_of_its_own():
    wave = ring()
    field = wave.field(np.linspace(0, 0.5, 21))
    shifted = lambda t, q: field(t - 3.0, q)  # noqa: E731
    amplitude = ql.StreamingLearner.following(solved(), learning_rate=0.01, winding=1).amplitude
    settings = dict(period=TURN, learning_rate=0.01, amplitude=amplitude, winding=1)
    one = ql.StreamingLearner(field, **settings).replicas(2.0, [0, 50], replicas=100, seed=0)
    other = ql.StreamingLearner(shifted, begin=3.0, **settings).replicas(2.0, [0, 50], replicas=100, seed=0)
    np.testing.assert_allclose(one.positions, other.positions, atol=1e-9)
    np.testing.assert_allclose(other.times, [3.0, 3.5])


@pytest.mark.parametrize("winding", [0.0, 0.5])
def test_replicas_are_draws_from_the_exact_law(winding):
    """40 000 replicas with steps so long that |ψ|² is off: false-alarm rate 1e-3; and the law nears |ψ|² in order η."""
    field = solved(momentum=winding, theta=winding)
    grid, q = ql.Grid(64, (0, TURN)), np.linspace(0, TURN, 300)
    distances = []
    for eta in (0.02, 0.01):
        learner = ql.StreamingLearner.following(field, learning_rate=eta, winding=winding, batch_size=2, modes=6)
        law = learner.law(grid, learner.steps([0.0, 1.0]))
        np.testing.assert_allclose(law[0].cdf(q), field.density(0).cdf(q), atol=1e-8)
        distances.append(np.ptp(law[1].cdf(q) - field.density(-1).cdf(q)))
    assert distances[1] < 0.005 and (winding == 0 or 1.6 < distances[0] / distances[1] < 2.4)
    run = learner.replicas(None, learner.steps([0.0, 1.0]), replicas=40_000, seed=21)
    assert ql.compare(law[1], run, tests=("kuiper", "chi2"), level=1e-3).verdict.passed
    assert not ql.compare(law[0], run, tests=("kuiper",)).verdict.passed
    with pytest.raises(ArgumentError, match="start must be a GridDensity"):
        learner.law(grid, [1], start=3.0)
    with pytest.raises(ArgumentError, match="one periodic axis"):
        learner.law(ql.Grid(64, (0, 3.0)), [1])
    with pytest.raises(UnsupportedError, match="flat rings only"):
        ql.StreamingLearner.following(solved(metric=metric), learning_rate=0.01, metric=metric).law(grid, [1])


def test_refusals():
    field = solved()
    make = lambda **changes: ql.StreamingLearner(**({"field": field, "period": TURN, "learning_rate": 0.005,  # noqa: E731
                                                     "amplitude": good.amplitude} | changes))
    good = ql.StreamingLearner.following(field, learning_rate=0.005)
    for error, message, changes in [
            (ArgumentError, "amplitude must give", {"amplitude": 1.0}), (ArgumentError, "period must be", {"period": -1}),
            (ArgumentError, "must live on a ring", {"period": 3.0}), (ArgumentError, "field must be a Result", {"field": 3}),
            (ArgumentError, "metric must be a callable", {"metric": 2.0}),
            (ArgumentError, "metric must be that", {"metric": metric}),
            (ArgumentError, "mass is that of the Result", {"mass": 2.0}), (ArgumentError, "begin is the first", {"begin": 2.0}),
            (ArgumentError, "modes", {"modes": 41}), (ArgumentError, "batch_size", {"batch_size": 0})]:
        with pytest.raises(error, match=message):
            make(**changes)
    with pytest.raises(RegimeError, match=r"winding must be that of ψ at all times.*F winds by .*e-"):
        ql.StreamingLearner.following(field, learning_rate=0.005, winding=1).replicas(None, [1], replicas=9, seed=0)
    with pytest.raises(RegimeError, match=r"amplitude must be .* or more for \|m\| ≤ 1"):
        ql.StreamingLearner.following(field, learning_rate=0.2).replicas(None, [1], replicas=9, seed=0)
    with pytest.raises(ArgumentError, match="start must be given"):
        ql.StreamingLearner(field.field(), period=TURN, learning_rate=0.005, amplitude=good.amplitude).replicas(
            None, [1], replicas=9, seed=0)
    with pytest.raises(ArgumentError, match="whole multiples"):
        good.steps([0.0, 0.0033])
    with pytest.raises(ArgumentError, match="steps must be increasing"):
        good.replicas(None, [3, 2], replicas=9, seed=0)
    with pytest.raises(ArgumentError, match="start must be a density"):
        good.replicas(np.zeros(3), [2], replicas=9, seed=0)
    with pytest.raises(ArgumentError, match="must be a Result for"):
        ql.StreamingLearner.following(3, learning_rate=0.1)


def test_nodes_and_fields_without_a_continuity_equation_are_refused():
    node = lambda t, q: (np.cos(q) + 0j, -np.sin(q)[None] + 0j)  # noqa: E731
    learner = ql.StreamingLearner(node, period=TURN, learning_rate=1e-6, amplitude=2e3)
    with pytest.raises(RegimeError, match="ψ has a node at t = 0"):
        learner.replicas(0.0, [1], replicas=2, seed=0)
    grid = ql.Grid(32, (0, TURN))
    lossy = ql.sesolve(ql.Hamiltonian(grid, 0.0, absorber=lambda q: 1 + 0 * q), packet(grid), [0.0, 0.1])
    with pytest.raises(UnsupportedError, match="loses norm"):
        ql.StreamingLearner.following(lossy, learning_rate=0.005)


def test_the_chart_of_a_ring():
    chart = RingChart(TURN, metric)
    q = np.linspace(0, TURN, 999)
    np.testing.assert_allclose(chart.angle(q), q + 0.4 * np.sin(q), atol=1e-7)
    np.testing.assert_allclose(chart.coordinate(np.mod(chart.angle(q[:-1]), TURN)), q[:-1], atol=1e-7)
    assert chart.length == pytest.approx(TURN)
    exact = -0.8 * np.sin(chart.points) * (1 + 0.4 * np.cos(chart.points))
    np.testing.assert_allclose(chart.metric_slope, exact, atol=1e-9)
    with pytest.raises(ArgumentError, match="periodic and smooth"):
        RingChart(TURN, lambda q: 1 + q)
    with pytest.raises(ArgumentError, match="positive everywhere"):
        RingChart(TURN, lambda q: np.cos(q))
