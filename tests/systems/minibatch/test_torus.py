"""Learners with two angles: exact averages, correction and score against their definitions, detailed balance, refusals."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.errors import ArgumentError, RegimeError, UnsupportedError
from qlearn.systems.catalogue import TorusModel
from tests.learners import RING, Regression, product_of_rings, torus_grid, torus_learner

POINTS = np.random.default_rng(3).uniform(0, RING, (2, 5))


def sums(learner, q):
    """Mean, covariance and third cumulant from all samples, by NumPy's own words."""
    h = learner.all_gradients(q.T)
    centred = h - h.mean(axis=1, keepdims=True)
    n = h.shape[1]
    return (h.mean(axis=1).T, np.einsum("nia,nib->abn", centred, centred) / n,
            np.einsum("nia,nib,nic->abcn", centred, centred, centred) / n)


def fractional(matrix, alpha):
    values, vectors = np.linalg.eigh(matrix)
    return vectors @ np.diag(values**alpha) @ vectors.T


@pytest.mark.parametrize("alpha", [1.0, 0.5])
def test_statistics_are_the_sums_over_the_data(alpha):
    learner = torus_learner(alpha=alpha)
    s, (mean, covariance, third) = learner.statistics_at(POINTS), sums(learner, POINTS)
    np.testing.assert_allclose(s.gradient, mean, atol=1e-12)
    np.testing.assert_allclose(s.covariance, covariance, rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(s.third_cumulant, third, rtol=1e-10, atol=1e-9)
    g = fractional(covariance[:, :, 2] / learner.reference_covariance, alpha)
    np.testing.assert_allclose(s.metric[:, :, 2], g, rtol=1e-11, atol=1e-13)
    w = np.linalg.solve(covariance[:, :, 2], mean[:, 2])
    alone = learner.statistics_at(POINTS[:, 2:3])
    assert alone.eps3 == pytest.approx(abs(np.einsum("abc,a,b,c", third[..., 2], w, w, w)) / (w @ mean[:, 2]), rel=1e-9)


def test_reference_covariance_is_the_mean_of_half_the_trace():
    learner = torus_learner()
    s = learner.statistics(torus_grid(33))
    assert learner.reference_covariance == pytest.approx(np.mean(s.covariance[0, 0] + s.covariance[1, 1]) / 2, rel=1e-12)


@pytest.mark.parametrize("alpha", [1.0, 0.5, 0.0])
def test_ito_correction_is_the_divergence_of_root_g_times_the_diffusion(alpha):
    """v^μ = (1/√g) ∂_ν(√g D^{μν}) by central differences of the definition, D = η²g⁻¹Cg⁻¹/2B."""
    learner = torus_learner(alpha=alpha, batch_size=3)

    def flux(q):
        C = np.moveaxis(sums(learner, q)[1], -1, 0)
        g = np.array([fractional(c / learner.reference_covariance, alpha) for c in C])
        inverse = np.linalg.inv(g)
        root = np.sqrt(np.linalg.det(g))
        return root, root[:, None, None] * inverse @ C @ inverse * learner.learning_rate**2 / (2 * 3)

    h, expected = 1e-4, 0.0
    for axis in (0, 1):
        step = np.zeros((2, 1))
        step[axis] = h
        expected = expected + (flux(POINTS + step)[1] - flux(POINTS - step)[1])[:, :, axis] / (2 * h)
    expected = (expected / flux(POINTS)[0][:, None]).T
    matrix, v = learner.step_functions(POINTS)
    np.testing.assert_allclose(v, expected, rtol=1e-5, atol=1e-6 * np.max(np.abs(expected)))
    np.testing.assert_allclose(matrix, np.moveaxis(np.linalg.inv(np.moveaxis(
        learner.statistics_at(POINTS).metric, -1, 0)), 0, -1) * learner.learning_rate / 3, rtol=1e-9, atol=1e-12)
    assert not np.any(learner.with_(ito_correction=False).step_functions(POINTS)[1])


def test_loss_is_integrated_from_the_gradient():
    given = torus_learner()
    free = ql.MinibatchLearner(given.per_sample_gradient, given.n_samples, periods=[RING, RING], learning_rate=0.1,
                               batch_size=1)
    difference = given.loss_at(POINTS) - free.loss_at(POINTS)
    np.testing.assert_allclose(difference, difference[0], atol=1e-10)


def test_detailed_balance_holds_with_the_correction_and_fails_without():
    """The curl of a by differences, and for the plain learner against a spectral derivative of a on a fine grid."""
    learner = torus_learner()
    assert learner.cycle_affinity == 0 and learner.affinity(torus_grid(33)).largest < 1e-4
    assert torus_learner(alpha=0.5).cycle_affinity > 0.5
    plain = learner.with_(ito_correction=False)
    found, grid = plain.affinity(torus_grid(65)), torus_grid(65)
    a = plain.diffusion_limit.score(grid.points.reshape(2, -1).T).T.reshape(2, 65, 65)
    curl = grid.derivative(a[1], 0).real - grid.derivative(a[0], 1).real
    assert found.curl == pytest.approx(np.sum(np.maximum(curl, 0)) * grid.cell_volume, rel=1e-4)
    assert found.curl > 0.5


def test_a_product_of_two_rings_is_two_rings():
    """Independent samples along each axis: C is diagonal, and at α = 1 metric and correction are those of each ring."""
    one, pair = product_of_rings()
    s, first = pair.statistics_at(POINTS), one.statistics_at(POINTS[0])
    np.testing.assert_allclose(s.metric[0, 0], first.metric, rtol=1e-10)
    np.testing.assert_allclose(s.metric[0, 1], 0, atol=1e-12)
    _, v = pair.step_functions(POINTS)                  # √g = √(g₁g₂), and D^{11} does not depend on the second angle
    np.testing.assert_allclose(v[0], one.step_functions(POINTS[0])[1], rtol=1e-9)


def test_system_has_the_loss_and_the_metric():
    learner = torus_learner(rows=4)
    system = learner.system()
    np.testing.assert_allclose(system.metric_function({})(*POINTS), learner.statistics_at(POINTS).metric, rtol=1e-9, atol=1e-11)
    loss = system.loss_function({})(*POINTS) - learner.loss_at(POINTS)
    np.testing.assert_allclose(loss, loss[0], atol=1e-9)
    assert system.numbers({}) == (pytest.approx(learner.learning_rate), pytest.approx(learner.temperature))


def test_derived_levels_are_those_of_the_diffusion_limit():
    """From the learner over formulas to H_E; multiplied out, its inverse metric alone would take minutes."""
    learner, grid = torus_learner(), torus_grid(24)
    equation = ql.derive(learner.system()).equation
    found = ql.eigenstates(equation.hamiltonian(grid), 3, tol=1e-2).rates(2)
    np.testing.assert_allclose(found, ql.relaxation(learner, 2, grid=grid, tol=1e-2).rates(2), rtol=1e-4)


@pytest.mark.parametrize("model", ["two_neurons", "two_layers"])
def test_gradients_of_the_networks_are_slopes_of_their_loss(model):
    rng = np.random.default_rng(0)
    network = TorusModel(rng.standard_normal((30, 4 if model == "two_neurons" else 2)), rng.standard_normal(30), model=model)
    q, h = POINTS.T, 1e-5
    mean = network.gradient(q, np.tile(np.arange(30), (5, 1))).mean(axis=1)
    for axis in (0, 1):
        step = h * np.eye(2)[axis]
        difference = (network.mean_loss(q + step) - network.mean_loss(q - step)) / (2 * h)
        np.testing.assert_allclose(mean[:, axis], difference, atol=1e-8)


def curled(q, index):
    """Mean (cos q₁ sin q₂, 0): no circulation round the torus, but a curl."""
    noise = np.stack([np.cos(index), np.sin(1.7 * index)], axis=-1)
    return np.stack([np.cos(q[:, 0]) * np.sin(q[:, 1]), 0 * q[:, 0]], axis=-1)[:, None] + noise - noise_mean


noise_mean = np.stack([np.cos(np.arange(40)), np.sin(1.7 * np.arange(40))], axis=-1).mean(axis=0)


def singular(q, index):
    """Both components are one: C has rank one."""
    h = np.cos(q.sum(axis=1))[:, None] * (index - 19.5)
    return np.stack([h, h], axis=-1)


@pytest.mark.parametrize(("gradient", "error", "match"), [
    (curled, ArgumentError, "curl"), (singular, RegimeError, "singular"),
    (lambda q, index: np.zeros((*index.shape, 1)), ArgumentError, "shape"),
    (lambda q, index: (np.sin(q / 2)[:, None] * (index[..., None] - 19.5)), ArgumentError, "periodic")],
    ids=["curl", "singular", "shape", "aperiodic"])
def test_bad_gradients_are_answered_clearly(gradient, error, match):
    with pytest.raises(error, match=match):
        ql.MinibatchLearner(gradient, 40, periods=[RING, RING], learning_rate=0.1, batch_size=1)


def test_what_needs_one_ring_or_a_torus_says_so():
    torus, plane = torus_learner(rows=12), Regression(2).learner()
    with pytest.raises(UnsupportedError, match="periods"):
        _ = torus.period
    with pytest.raises(UnsupportedError, match="replicas"):
        plane.transfer_operator(ql.Grid((9, 9), [(-1, 1)] * 2))
    with pytest.raises(UnsupportedError, match="affinity"):
        _ = plane.with_(alpha=0.5).cycle_affinity
    with pytest.raises(UnsupportedError, match="paths"):
        torus.quasi_potential(torus_grid())
    with pytest.raises(ArgumentError, match="2 axes"):
        torus.statistics(ql.Grid(15, (0, RING)))
    with pytest.raises(ArgumentError, match="one entry a variable"):
        torus.loss_at(np.zeros(3))
