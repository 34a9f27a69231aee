"""MinibatchLearner: exact averages against direct sums, the Itô correction against its definition, refusals."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.errors import ArgumentError, RegimeError, UnsupportedError
from qlearn.systems.catalogue import RingModel
from tests.learners import RING, ring_grid, ring_learner


def raw_moments(learner, q):
    h = learner.per_sample_gradient(q[:, None], np.tile(np.arange(learner.n_samples), (len(q), 1)))[..., 0]
    return h.mean(axis=1), h.var(axis=1), ((h - h.mean(axis=1, keepdims=True)) ** 3).mean(axis=1)


def test_statistics_are_the_sums_over_the_data():
    learner, grid = ring_learner(), ring_grid(65)
    s = learner.statistics(grid)
    mean, variance, third = raw_moments(learner, grid.axes[0])
    np.testing.assert_allclose(s.gradient, mean, atol=1e-13)
    np.testing.assert_allclose(s.covariance, variance, rtol=1e-13)
    np.testing.assert_allclose(s.third_cumulant, third, atol=1e-11)
    np.testing.assert_allclose(s.metric, variance / learner.reference_covariance, rtol=1e-13)
    assert s.eps3 == np.max(np.abs(mean * third) / variance**2)


def test_the_loss_is_the_integral_of_the_gradient_up_to_a_constant():
    given = ring_learner()
    integrated = ql.MinibatchLearner(given.per_sample_gradient, given.n_samples, periods=[RING], learning_rate=0.02,
                                     batch_size=1)
    q = np.linspace(0, 7, 50)
    difference = given.loss_at(q) - integrated.loss_at(q)
    np.testing.assert_allclose(difference, difference[0], atol=1e-12)


@pytest.mark.parametrize("alpha", [0.0, 0.25, 0.5, 1.0])
def test_ito_correction_is_the_divergence_of_root_g_times_the_diffusion(alpha):
    """v = (1/√g) ∂(√g D), D = η²C/(2Bg²), the derivative by FFT from the definition."""
    learner = ring_learner(alpha=alpha, batch_size=3)
    q = np.arange(129) * RING / 129
    s = learner.statistics_at(q)
    diffusion = learner.learning_rate**2 * s.covariance / (2 * 3 * s.metric**2)
    k = 1j * np.fft.fftfreq(129, 1 / 129)
    expected = np.fft.ifft(k * np.fft.fft(np.sqrt(s.metric) * diffusion)).real / np.sqrt(s.metric)
    scale, v = learner.step_functions(q)
    np.testing.assert_allclose(v, expected, atol=1e-12 * np.max(np.abs(expected)) + 1e-18)
    np.testing.assert_allclose(scale, learner.learning_rate / (3 * s.metric), rtol=1e-12)
    assert not np.any(learner.with_(ito_correction=False).step_functions(q)[1])


def test_temperature_and_hbar_scale_as_eta_over_b():
    a, b = ring_learner(learning_rate=0.02, batch_size=1), ring_learner(learning_rate=0.06, batch_size=4)
    assert a.hbar == pytest.approx(0.02 * a.reference_covariance, rel=1e-14)
    assert b.hbar / a.hbar == pytest.approx(3 / 4, rel=1e-14)


def test_cycle_affinity_vanishes_only_at_alpha_one():
    """Against −(2B/η) ∮ g U'/C dq, summed by hand."""
    affinities = {}
    for alpha in (1.0, 0.5, 0.0):
        learner = ring_learner(alpha=alpha)
        s = learner.statistics(ring_grid())
        affinities[alpha] = -2 / learner.learning_rate * RING * np.mean(s.metric * s.gradient / s.covariance)
        assert learner.cycle_affinity == pytest.approx(affinities[alpha], abs=1e-9)
    assert abs(affinities[1.0]) < 1e-9 and abs(affinities[0.0]) > 1e-3


def test_other_alpha_has_no_temperature():
    with pytest.raises(RegimeError, match="alpha must be 1"):
        _ = ring_learner(alpha=0.5).hbar
    with pytest.raises(RegimeError, match="ito_correction"):
        ring_learner(ito_correction=False).system()


def test_system_carries_loss_and_metric():
    learner = ring_learner()
    system = learner.system()
    q = np.linspace(0, RING, 17)
    gamma, temperature = system.numbers({})
    assert (gamma, temperature) == (pytest.approx(learner.learning_rate), pytest.approx(learner.temperature))
    metric = system.metric_function({})(q)
    np.testing.assert_allclose(np.squeeze(metric), learner.statistics_at(q).metric, rtol=1e-11)


@pytest.mark.parametrize(("model", "loss"), [("tanh_ring_neuron", "squared"), ("ring_neuron", "pseudo_huber"),
                                             ("tanh_ring_neuron", "logistic")])
def test_learners_with_many_fourier_modes_have_levels_too(model, loss):
    """U and g of these have tens of modes; the levels of (8) are the generator's rates all the same."""
    rng = np.random.default_rng(1)
    x = rng.standard_normal((60, 2))
    y = np.sign(rng.standard_normal(60)) if loss == "logistic" else x[:, 0] + 3 * rng.standard_normal(60)
    neuron = RingModel(x, y, model=model, loss=loss)
    learner = ql.MinibatchLearner(neuron.gradient, 60, periods=[RING], learning_rate=0.2, batch_size=1, loss=neuron.mean_loss)
    levels = ql.eigenstates(ql.derive(learner.system()).equation.hamiltonian(ring_grid(161)), 4, tol=1e-8).energies
    np.testing.assert_allclose(levels[1:] / learner.hbar, learner.fokker_planck(ring_grid(161)).rates(3), rtol=1e-6)


RANDOM = np.random.default_rng(0)


def slopes(q, index):
    return (np.sin(q) + (2 + np.cos(q)) * (index - 19.5))[..., None]


BAD = {
    "line without C0": (dict(periods=[None]), ArgumentError, "reference_covariance"),
    "three variables": (dict(periods=[RING, RING, RING]), UnsupportedError, "periods"),
    "no list of periods": (dict(periods=RING), ArgumentError, "periods"),
    "periods None": (dict(periods=None), ArgumentError, "periods"),
    "periods in words": (dict(periods="2*pi"), ArgumentError, "periods"),
    "no samples": (dict(n_samples=1), ArgumentError, "n_samples"),
    "learning rate": (dict(learning_rate=-1.0), ArgumentError, "learning_rate"),
    "batch of 0": (dict(batch_size=0), ArgumentError, "batch_size"),
    "batch 1.5": (dict(batch_size=1.5), ArgumentError, "batch_size"),
    "alpha": (dict(alpha=float("nan")), ArgumentError, "alpha"),
    "not periodic": (dict(periods=[6.0]), ArgumentError, "periodic"),
    "wrong loss": (dict(loss=lambda q: np.cos(3 * q[:, 0])), ArgumentError, "derivative"),
    "wrong shape": (dict(per_sample_gradient=lambda q, index: index * q), ArgumentError, "shape"),
    "nan": (dict(per_sample_gradient=lambda q, index: (np.sin(q) * index * np.nan)[..., None]), ArgumentError, "finite"),
    "kink": (dict(per_sample_gradient=lambda q, index: ((2 + np.abs(np.sin(q))) * index)[..., None]), ArgumentError, "smooth"),
    "multivalued": (dict(per_sample_gradient=lambda q, index: (1 + np.sin(q) + index)[..., None]), ArgumentError, "integrates"),
    "single precision": (dict(per_sample_gradient=lambda q, index: np.float32(slopes(q, index))), ArgumentError, "float64"),
    "list": (dict(per_sample_gradient=lambda q, index: slopes(q, index).tolist()), ArgumentError, "float64"),
    "complex": (dict(per_sample_gradient=lambda q, index: slopes(q, index) + 0j), ArgumentError, "float64"),
    "writes into q": (dict(per_sample_gradient=lambda q, index: slopes(np.mod(q, RING, out=q), index)), ArgumentError, "change"),
    "one minibatch for all": (dict(per_sample_gradient=lambda q, index: slopes(q, index[:1])), ArgumentError, "alike"),
    "random": (dict(per_sample_gradient=lambda q, index: slopes(q, index) * RANDOM.uniform()), ArgumentError, "random"),
    "no noise": (dict(per_sample_gradient=lambda q, index: (np.sin(q) * (index >= 0))[..., None]), RegimeError, "covariance"),
}


@pytest.mark.parametrize(("changes", "error", "match"), BAD.values(), ids=BAD)
def test_bad_arguments_are_answered_clearly(changes, error, match):
    good = ring_learner(rows=20)
    arguments = dict(per_sample_gradient=good.per_sample_gradient, n_samples=40, periods=[RING], learning_rate=0.1, batch_size=1)
    arguments |= changes
    with pytest.raises(error, match=match):
        ql.MinibatchLearner(arguments.pop("per_sample_gradient"), arguments.pop("n_samples"), **arguments)


def test_a_grid_of_another_ring_is_refused():
    with pytest.raises(ArgumentError, match="one periodic axis"):
        ring_learner().statistics(ql.Grid(65, [(0.0, 6.0)]))
