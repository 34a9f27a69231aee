"""The quasi-potential: its equation, the Gaussian limit where it is a diffusion's, and the rate of the exact operator."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.errors import AccuracyWarning, RegimeError
from tests.learners import RING, Regression, ring_grid, ring_learner


def two_wells(noise, skew=0.0, rows=150, **settings):
    """h_i = −2 sin 2q − 0.3 sin q + σ(q)ξ_i: wells near 0 and π, ξ standardised, of a third cumulant that grows with skew."""
    rng = np.random.default_rng(1)
    xi = rng.standard_normal(rows) + skew * (rng.exponential(1.0, rows) - 1)
    xi = (xi - xi.mean()) / xi.std()

    def gradient(q, index):
        mean = 2 * np.sin(2 * q) + 0.3 * np.sin(q)
        return (mean + noise * (1 + 0.2 * np.cos(q)) * xi[index])[..., None]

    return ql.MinibatchLearner(gradient, rows, periods=[RING], learning_rate=1.0, batch_size=1).with_(**settings)


def at_barrier(learner, height):
    """The learning rate for a diffusion exponent of about height: barrier 2/T or so."""
    return learner.with_(learning_rate=4 / height / learner.reference_covariance * learner.batch_size)


@pytest.mark.parametrize(("alpha", "batch"), [(1.0, 1), (0.5, 3)])
def test_p_solves_its_equation(alpha, batch):
    """E[e^{p(q' − q)}] = 1 by the sum over all samples, at every point of the grid, and p ≠ 0."""
    learner = at_barrier(two_wells(6.0, alpha=alpha, batch_size=batch), 6)
    found = learner.quasi_potential(ring_grid(65))
    scale, v = learner.step_functions(found.q)
    one = np.exp(-(found.momentum * scale)[:, None] * learner.all_gradients(found.q))
    np.testing.assert_allclose(np.exp(found.momentum * v) * one.mean(axis=1) ** batch, 1, atol=1e-12)
    # at wells and barriers p = 0, elsewhere of the sign of the diffusion's
    assert np.all(found.momentum * found.diffusion_momentum >= 0) and np.max(np.abs(found.momentum)) > 1


def test_many_samples_a_batch_have_gaussian_steps():
    """κ₃ of a batch falls as 1/B² against κ as 1/B: p → −2b/Σ at first order in 1/B at fixed ħ."""
    one = at_barrier(two_wells(6.0, skew=2.0), 6)
    defects = []
    for batch in (1, 4):                                         # η ∝ B keeps T, so that p₀ stays and p − p₀ falls
        learner = one.with_(batch_size=batch, learning_rate=one.learning_rate)
        found = learner.quasi_potential(ring_grid(65))
        defects.append(np.max(np.abs(found.momentum - found.diffusion_momentum)) / np.max(np.abs(found.diffusion_momentum)))
    assert defects[0] > 0.02
    np.testing.assert_allclose(found.momentum[0], 0, atol=1e-6)


@pytest.mark.parametrize("skew", [0.0, 3.0])
def test_rate_of_the_operator_over_the_diffusions(skew):
    """|ln R − ln R_pred| within 10 % + 0.003; the diffusion itself (R = 1) is off by more with a third cumulant."""
    learner, grid = at_barrier(two_wells(10.0, skew=skew), 6), ring_grid(129)
    R = learner.transfer_operator(grid).rates(1)[0] / learner.fokker_planck(grid).rates(1)[0]
    found = learner.quasi_potential(grid)
    assert abs(np.log(R / found.rate_ratio)) < 0.1 * abs(np.log(found.rate_ratio)) + 0.003
    assert len(found.escapes) == 4 and 4 < found.barrier < 9
    if skew:
        assert abs(np.log(R)) > 0.02


def test_a_learner_on_a_line_and_one_without_a_barrier():
    line = Regression(1).learner().quasi_potential(ql.Grid(65, (-3.0, 4.0), "wall"))
    assert line.escapes == ()
    with pytest.raises(RegimeError, match="barrier"):
        _ = line.rate_ratio


def test_steps_one_way_only_have_no_root():
    """All samples push one way at some q: no root there."""
    def gradient(q, index):
        return (2 * np.sin(q) + 0.1 * (index - 21.5) / 44)[..., None]

    with pytest.raises(RegimeError, match="push one way at q = "):
        ql.MinibatchLearner(gradient, 44, periods=[RING], learning_rate=0.1, batch_size=1).quasi_potential(ring_grid(33))


def test_one_well_on_a_ring_has_two_escapes_over_one_barrier():
    found = ring_learner().quasi_potential(ring_grid(129))
    assert len({round(escape.barrier % RING, 6) for escape in found.escapes}) == 1 and len(found.escapes) == 2


def test_low_barriers_are_told():
    learner = at_barrier(two_wells(5.0), 1.0)
    with pytest.warns(AccuracyWarning, match="too low"):
        _ = learner.quasi_potential(ring_grid(129)).rate_ratio
