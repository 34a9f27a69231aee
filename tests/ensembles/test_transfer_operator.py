"""The exact operator: against brute force, against the diffusion limit, and its invariants."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.densities import GridDensity
from tests.learners import RING, ring_grid, ring_learner


def brute_force(learner, k, q):
    """E[e^{ikq'} | q] by the sum over all minibatches of two samples."""
    h = learner.per_sample_gradient(np.array([[q]]), np.arange(learner.n_samples)[None, :])[0, :, 0]
    scale, v = learner.step_functions(np.array([q]))
    total = h[:, None] + h[None, :]
    return np.mean(np.exp(1j * k * (q + v[0] - scale[0] * total)))


@pytest.mark.parametrize("alpha", [0.0, 1.0])
def test_operator_is_the_mean_over_all_minibatches(alpha):
    learner = ring_learner(rows=12, batch_size=2, alpha=alpha)
    operator = learner.transfer_operator(ring_grid(257))
    q = 1.234
    for k in (1, -2, 5):
        modes = np.arange(-128, 129)
        value = np.exp(1j * modes * q) @ operator.matrix[:, 128 + k]
        assert value == pytest.approx(brute_force(learner, k, q), abs=1e-10)


def test_one_is_preserved_and_the_stationary_density_is_stationary():
    operator = ring_learner().transfer_operator(ring_grid())
    assert operator.eigenvalues[0] == pytest.approx(1, abs=1e-12)
    after = operator.evolve(operator.stationary, 7)
    np.testing.assert_allclose(after.values, operator.stationary.values, atol=1e-12)
    assert operator.tail < 1e-5


def test_even_and_odd_grids_agree():
    """An even grid has a Nyquist mode, whose derivative is spurious: it is left out."""
    learner = ring_learner()
    for build in (learner.transfer_operator, learner.fokker_planck):
        odd, even = build(ring_grid(129)).rates(6), build(ring_grid(128)).rates(6)
        np.testing.assert_allclose(even, odd, rtol=1e-9)


def test_grid_need_not_start_at_zero():
    learner = ring_learner()
    shifted = learner.transfer_operator(ql.Grid(129, [(-1.0, RING - 1.0)]))
    np.testing.assert_allclose(shifted.rates(4), learner.transfer_operator(ring_grid()).rates(4), rtol=1e-8)
    q = np.array([0.3, 2.0])
    np.testing.assert_allclose(shifted.stationary.cdf(q) - shifted.stationary.cdf(0.0),
                               learner.transfer_operator(ring_grid()).stationary.cdf(q), atol=1e-6)


def test_the_diffusion_limit_is_reached_as_eta_falls_at_fixed_temperature():
    """Antithetic noise and B ∝ η: ε₃ falls, and the operator's rates approach the generator's at first order."""
    defects = []
    for n in (1, 2, 4):
        learner = ring_learner(learning_rate=0.02 / n, batch_size=1, noise=4.0 * np.sqrt(n))
        pair = [build(ring_grid(97)).rates(3) for build in (learner.transfer_operator, learner.fokker_planck)]
        defects.append(np.max(np.abs(pair[0] / pair[1] - 1)))
    assert defects[0] < 0.1
    assert defects[1] / defects[0] < 0.7 and defects[2] / defects[1] < 0.7


def test_covariant_generator_has_the_gibbs_density_and_plain_ito_has_not():
    """α = 1: P_s = √g e^{−U/T} with the correction, g e^{−U/T} without (densities in q)."""
    learner, grid = ring_learner(), ring_grid()
    s = learner.statistics(grid)
    for build, power in ((learner, 0.5), (learner.with_(ito_correction=False), 1.0)):
        gibbs = s.metric**power * np.exp(-(s.loss - s.loss.min()) / learner.temperature)
        gibbs /= gibbs.sum() * grid.cell_volume
        np.testing.assert_allclose(build.fokker_planck(grid).stationary.values, gibbs, atol=1e-9)
        wrong = s.metric ** (1.5 - power) * np.exp(-(s.loss - s.loss.min()) / learner.temperature)
        wrong /= wrong.sum() * grid.cell_volume
        assert np.max(np.abs(build.fokker_planck(grid).stationary.values - wrong)) > 1e-3


def test_generator_levels_are_those_of_the_schrodinger_like_operator():
    """Spectrum of (8), ħH_E with V = ħW, divided by ħ, against the non-symmetric generator: the same numbers."""
    learner, grid = ring_learner(), ring_grid()
    equation = ql.derive(learner.system()).equation
    levels = ql.eigenstates(equation.hamiltonian(grid), 5).energies / learner.hbar
    assert abs(levels[0]) < 1e-10
    np.testing.assert_allclose(levels[1:], learner.fokker_planck(grid).rates(4), rtol=1e-8)


def test_evolution_follows_the_chapman_kolmogorov_equation():
    operator = ring_learner().transfer_operator(ring_grid())
    start = GridDensity.wrapped_normal(ring_grid(), 2.0, 0.3)
    in_two = operator.evolve(operator.evolve(start, 5), 8)
    np.testing.assert_allclose(in_two.values, operator.evolve(start, 13).values, atol=1e-12)


def test_projected_rates_approach_the_rates_from_above_as_the_basis_grows():
    operator = ring_learner(learning_rate=0.05).transfer_operator(ring_grid())
    exact = operator.rates(3)
    small, large = (operator.projected_rates(15, basis, 3) for basis in (2, 8))
    assert np.all(small > exact)
    np.testing.assert_allclose(large, exact, rtol=1e-4)
