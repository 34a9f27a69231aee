"""Learners on lines, planes and cylinders: polynomials in closed form, slopes with a measured error, refusals."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.errors import ArgumentError, RegimeError, UnsupportedError
from tests.learners import RING, Regression

POINTS = np.random.default_rng(3).uniform(-2, 2, (2, 6))


@pytest.mark.parametrize("given", [False, True], ids=["integrated", "given"])
def test_loss_gradient_and_covariance_of_a_regression(given):
    """U a quadratic form, C a polynomial of degree 2 in the weights: known from moments of the data."""
    data = Regression(2)
    s = data.learner(loss=data.loss if given else None).statistics_at(POINTS)
    w = POINTS.T
    expected = data.loss(w) - (0 if given else data.loss(np.zeros((1, 2))))
    np.testing.assert_allclose(s.loss, expected, rtol=1e-10)
    h = (w @ data.x.T - data.y)[..., None] * data.x
    np.testing.assert_allclose(s.gradient, h.mean(axis=1).T, rtol=1e-10)
    product = np.mean(h[..., 0] * h[..., 1], axis=1) - h[..., 0].mean(axis=1) * h[..., 1].mean(axis=1)
    np.testing.assert_allclose(s.covariance[0, 1], product, rtol=1e-10)


def test_slopes_of_the_covariance_are_right_to_1e_10():
    """C is quadratic, so a central difference over any step is exact."""
    learner = Regression(2).learner()
    fields, h = learner.diffusion_limit.fields, 0.5
    slopes = fields.covariance_slopes_at(POINTS.T)
    for axis in (0, 1):
        step = h * np.eye(2)[axis]
        exact = (fields.covariance_at(POINTS.T + step) - fields.covariance_at(POINTS.T - step)) / (2 * h)
        np.testing.assert_allclose(slopes[:, axis], exact, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("alpha", [1.0, 0.5])
def test_correction_on_a_line_is_that_of_a_ring(alpha):
    """v = (η²/2B)(1 − 3α/2) C'/g², with C' of the quadratic C."""
    learner = Regression(1).learner(alpha=alpha)
    q = np.array([-1.0, 0.3, 2.0])
    s = learner.statistics_at(q)
    slope = (learner.statistics_at(q + 0.5).covariance - learner.statistics_at(q - 0.5).covariance)
    scale, v = learner.step_functions(q)
    np.testing.assert_allclose(v, learner.learning_rate**2 / 4 * (1 - 1.5 * alpha) * slope / s.metric**2, rtol=1e-9)
    np.testing.assert_allclose(scale, learner.learning_rate / (2 * s.metric), rtol=1e-12)


def test_relaxation_of_a_line_has_the_stationary_density_of_the_theory():
    """1-D, α = 1: P_s = √g e^{−U/T}; and without the correction g e^{−U/T}."""
    learner, grid = Regression(1).learner(learning_rate=0.3), ql.Grid(120, (-9.0, 10.0))
    for build, power in ((learner, 0.5), (learner.with_(ito_correction=False), 1.0)):
        found = ql.relaxation(build, 2, grid=grid)
        s = build.statistics_at(grid.axes[0])
        gibbs = s.metric**power * np.exp(-(s.loss - s.loss.min()) / build.temperature)
        np.testing.assert_allclose(found.stationary.values, gibbs / (gibbs.sum() * grid.cell_volume), rtol=0, atol=1e-5)


def test_a_plane_has_detailed_balance_with_the_correction_only():
    learner, grid = Regression(2).learner(), ql.Grid((10, 10), [(-3, 3)] * 2)
    assert learner.cycle_affinity == 0
    assert learner.affinity(grid).largest < 1e-5
    assert learner.with_(ito_correction=False).affinity(grid).largest > 0.1


def on_a_cylinder(q, index):
    """h = ∂ of (a_i cos θ + b_i x²/2 + c_i x sin θ): θ on a ring, x on a line."""
    rng = np.random.default_rng(0)
    a, b, c = rng.standard_normal((3, 60)) + np.array([[0.0], [1.0], [0.3]])
    a, b, c = a[index], b[index], c[index]
    theta, x = q[:, :1], q[:, 1:]
    noise = rng.standard_normal((2, 60))
    noise -= noise.mean(axis=1, keepdims=True)
    return np.stack([-a * np.sin(theta) + c * x * np.cos(theta) + 3 * noise[0][index],
                     b * x + c * np.sin(theta) + 3 * noise[1][index]], axis=-1)


def test_a_ring_and_a_line_together():
    learner = ql.MinibatchLearner(on_a_cylinder, 60, periods=[RING, None], learning_rate=0.05, batch_size=1,
                                  reference_covariance=9.0)
    q = np.stack([POINTS[0] + 2, POINTS[1]])
    turned = q + np.array([[RING], [0.0]])
    np.testing.assert_allclose(learner.loss_at(turned), learner.loss_at(q), atol=1e-9)
    ensemble = learner.replicas([1.0, 0.0], [0, 40], replicas=500, seed=0)
    assert ensemble.periods == (RING, None) and ensemble.stats["restarts"] >= 0
    grid = ql.Grid((8, 10), [(0, RING), (-4, 4)], ["periodic", "wall"])
    assert learner.statistics(grid).metric.shape == (2, 2, 8, 10)
    assert learner.affinity(grid).loops[1] is None


BAD = {
    "no C0": (dict(reference_covariance=None), ArgumentError, "reference_covariance"),
    "wrong loss": (dict(loss=lambda w: np.sum(w, axis=1)), ArgumentError, "derivative"),
}


@pytest.mark.parametrize(("changes", "error", "match"), BAD.values(), ids=BAD)
def test_bad_arguments(changes, error, match):
    with pytest.raises(error, match=match):
        Regression(2).learner(**changes).statistics_at(POINTS)


def test_a_singular_covariance_has_no_statistics():
    x = np.random.default_rng(0).standard_normal(30)
    plane = ql.MinibatchLearner(lambda q, index: q[:, None] + x[index][..., None] * [1.0, 2.0], 30, periods=[None, None],
                                learning_rate=0.1, batch_size=1, reference_covariance=1.0)
    with pytest.raises(RegimeError, match="singular"):
        plane.statistics_at(POINTS)


def test_kinks_curls_and_formulas_are_refused():
    noise = np.random.default_rng(0).standard_normal(30)

    def line(h):
        return ql.MinibatchLearner(h, 30, periods=[None], learning_rate=0.1, batch_size=1, reference_covariance=1.0)

    kink = line(lambda q, index: ((1 + np.abs(q)) * noise[index])[..., None])
    with pytest.raises(RegimeError, match="smooth"):
        kink.step_functions(np.array([0.1, 1e-5]))
    with pytest.raises(RegimeError, match="vanishes"):
        line(lambda q, index: (q * noise[index])[..., None]).step_functions(np.array([0.0, 1.0]))
    with pytest.raises(UnsupportedError, match="relaxation"):
        Regression(1).learner().system()
    with pytest.raises(UnsupportedError, match="replicas"):
        ql.relaxation(Regression(2).learner(), 2, grid=ql.Grid((9, 9), [(-3, 3)] * 2, "wall"))

    def curled(q, index):
        return np.stack([q[:, 1:] + noise[index], 0 * q[:, :1] + noise[::-1][index]], axis=-1)

    plane = ql.MinibatchLearner(curled, 30, periods=[None, None], learning_rate=0.1, batch_size=1, reference_covariance=1.0)
    with pytest.raises(ArgumentError, match="curl"):
        plane.statistics_at(POINTS)
