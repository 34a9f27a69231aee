"""The exact operator: against brute force, against the diffusion limit, and its invariants."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.densities import GridDensity
from qlearn.errors import AccuracyWarning
from tests.learners import RING, product_of_rings, ring_grid, ring_learner, torus_grid, torus_learner


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


# --- two variables ------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("alpha", [0.5, 1.0])
def test_torus_operator_is_the_mean_over_all_minibatches(alpha):
    """E[e^{ik·q'} | q] by the sum over all minibatches of two samples, between the points of a grid of 31² (1e-5)."""
    learner, grid = torus_learner(rows=20, batch_size=2, alpha=alpha, learning_rate=0.005), torus_grid(31)
    operator, q = learner.transfer_operator(grid), np.array([1.234, 4.0])
    h = learner.all_gradients(q[None])[0]
    matrix, v = learner.step_functions(q[:, None])
    after = q + v[:, 0] - (h[:, None] + h[None]) @ matrix[..., 0].T
    modes = np.stack(np.meshgrid(np.arange(-15, 16), np.arange(-15, 16), indexing="ij"), axis=-1).reshape(-1, 2)
    for k in ((1, 0), (0, -1), (2, 1)):
        column = np.flatnonzero(np.all(modes == k, axis=1))[0]
        value = np.exp(1j * modes @ q) @ operator.matrix[:, column]
        assert value == pytest.approx(np.mean(np.exp(1j * after @ np.array(k))), abs=1e-5)


def test_rates_of_a_product_are_sums_of_rates():
    """Independent samples along each axis: K is a tensor product, and −ln|λ| adds up."""
    one, pair = product_of_rings(learning_rate=0.01, batch_size=2)
    single = np.append(0, one.transfer_operator(ring_grid(21)).rates(6))
    sums = np.sort((single[:, None] + single).ravel())[1:7]
    np.testing.assert_allclose(pair.transfer_operator(torus_grid(21)).rates(6), sums, rtol=1e-8)
    single = np.append(0, one.fokker_planck(ring_grid(21)).rates(6))
    np.testing.assert_allclose(pair.fokker_planck(torus_grid(21)).rates(6), np.sort((single[:, None] + single).ravel())[1:7],
                               rtol=1e-8)


def test_torus_operator_preserves_one_and_evolves():
    operator = torus_learner(learning_rate=0.06).transfer_operator(torus_grid(15))
    assert operator.eigenvalues[0] == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(operator.evolve(operator.stationary, 7).values, operator.stationary.values, atol=1e-12)
    long, short = operator.evolve(operator.stationary, 9000).values, operator.stationary.values
    np.testing.assert_allclose(long, short, atol=1e-9)              # by powers of the matrix
    assert operator.tail < 1e-2
    np.testing.assert_allclose(operator.projected_rates(20, 3, 2), operator.rates(2), rtol=0.05)


def test_torus_generator_has_the_gibbs_density_only_with_the_correction():
    """α = 1 in d = 2: P_s = √g e^{−U/T}; without the correction detailed balance fails and P_s is another."""
    learner, grid = torus_learner(learning_rate=0.06), torus_grid(25)
    s = learner.statistics(grid)
    root = np.sqrt(np.linalg.det(np.moveaxis(s.metric, (0, 1), (-2, -1))))
    for build, holds in ((learner, True), (learner.with_(ito_correction=False), False)):
        found = build.fokker_planck(grid).stationary.values
        for power in (1, 2):
            gibbs = root**power * np.exp(-(s.loss - s.loss.min()) / learner.temperature)
            gibbs /= gibbs.sum() * grid.cell_volume
            close = np.max(np.abs(found - gibbs)) < 1e-4 * gibbs.max()
            assert close == (holds and power == 1)


def test_relaxation_of_a_torus_learner_is_its_generators():
    learner = torus_learner(learning_rate=0.15)
    found = ql.relaxation(learner, 2, grid=torus_grid(16), tol=1e-3)
    assert found.kind == "witten"
    np.testing.assert_allclose(found.rates(2), learner.fokker_planck(torus_grid(21)).rates(2), rtol=1e-5)


def test_relaxation_of_a_torus_learner_without_detailed_balance_is_its_generators():
    learner = torus_learner(alpha=0.5, learning_rate=0.06)
    found = ql.relaxation(learner, 2, grid=torus_grid(16), tol=1e-2)
    assert found.kind == "fokker-planck" and found.circulation > 0.5
    np.testing.assert_allclose(found.eigenvalues, learner.fokker_planck(torus_grid(21)).eigenvalues[:3], atol=1e-6)


@pytest.mark.parametrize("build", ["transfer_operator", "fokker_planck"])
def test_a_grid_that_does_not_resolve_the_law_is_told(build):
    """500 samples a batch: a density too narrow for 65 points.  At one sample a batch nothing is said: warnings are errors."""
    one, many = ring_learner(rows=50), ring_learner(rows=50, batch_size=500)
    assert np.all(getattr(one, build)(ring_grid(65)).rates(2) > 0)
    with pytest.warns(AccuracyWarning, match="does not resolve"):
        getattr(many, build)(ring_grid(65)).rates(2)
