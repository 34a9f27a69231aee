"""GridDensity: exact probabilities of a trigonometric interpolant, samples that follow it, and what it refuses."""

import numpy as np
import pytest

from qlearn.compare import ks_distance, ks_p
from qlearn.densities import GridDensity
from qlearn.errors import AccuracyWarning, ArgumentError, UnsupportedError
from qlearn.grids import Grid


@pytest.fixture
def bumpy():
    """p = (1 + .5 cos q + .3 sin 2q)/2π on [1, 1 + 2π) and its exact distribution function from 1."""
    grid = Grid(33, (1, 1 + 2 * np.pi))
    def p(q):
        return (1 + 0.5 * np.cos(q) + 0.3 * np.sin(2 * q)) / (2 * np.pi)
    def integral(q):
        return (q + 0.5 * np.sin(q) - 0.15 * np.cos(2 * q)) / (2 * np.pi)
    return GridDensity(grid, p(grid.axes[0])), p, lambda q: integral(q) - integral(1.0)


def test_cdf_and_pdf_are_those_of_the_interpolant(bumpy):
    density, p, cdf = bumpy
    q = np.random.default_rng(0).uniform(-20, 20, 2000)
    assert np.max(np.abs(density.cdf(q) - cdf(q))) < 2e-9
    assert np.max(np.abs(density.pdf(q) - p(q))) < 1e-6


@pytest.mark.parametrize("points", [32, 33])
def test_cell_masses_are_exact(points):
    grid = Grid(points, (0, 2 * np.pi))
    density = GridDensity(grid, (1 + 0.5 * np.cos(3 * grid.axes[0])) / (2 * np.pi))
    half = grid.spacing[0] / 2
    expected = density.cdf(grid.axes[0] + half) - density.cdf(grid.axes[0] - half)
    assert np.max(np.abs(density.cell_masses() - expected)) < 1e-9
    assert abs(density.cell_masses().sum() - 1) < 1e-12


def test_samples_follow_the_density(bumpy):
    """False-alarm rate 1e-4; the control, another density, is rejected."""
    density, _, _ = bumpy
    q = density.sample(40_000, np.random.default_rng(1))
    assert q.min() >= 1 and q.max() < 1 + 2 * np.pi
    assert ks_p(ks_distance(q, density), len(q)) > 1e-4
    uniform = GridDensity(density.grid, np.full(33, 1 / (2 * np.pi)))
    assert ks_p(ks_distance(q, uniform), len(q)) < 1e-10


def test_samples_in_two_dimensions_have_the_right_marginals_and_correlation():
    """False-alarm rate 3e-4."""
    grid = Grid((40, 32), [(-1, 1), (0, 3)])
    x, y = np.pi * grid.mesh[0], 2 * np.pi * grid.mesh[1] / 3
    density = GridDensity(grid, (1 + 0.4 * np.cos(x) + 0.4 * np.cos(x - y)) / 6)
    q = density.sample(40_000, np.random.default_rng(2))
    for axis in range(2):
        marginal = density.marginal(axis)
        assert ks_p(ks_distance(q[:, axis], marginal), len(q)) > 1e-4
    mixed = np.cos(np.pi * q[:, 0] - 2 * np.pi * q[:, 1] / 3)
    assert abs(mixed.mean() - 0.2) < 3.9 * mixed.std() / 200


def test_samples_of_a_density_that_the_grid_does_not_resolve_are_told():
    """σ = .2 on spacings of .125 is resolved (its variance to 4 errors), on spacings of .5 it is not."""
    def normal(points):
        grid = Grid((points, points), [(-4, 4)] * 2)
        p = np.exp(-(grid.mesh[0] ** 2 + grid.mesh[1] ** 2) / 0.08)
        return GridDensity(grid, p / (p.sum() * grid.cell_volume))

    rng = np.random.default_rng(0)
    assert abs(normal(64).sample(40_000, rng).var() - 0.04) < 4 * 0.04 / 200
    with pytest.warns(AccuracyWarning, match="resolve the density"):
        normal(16).sample(10, rng)
    with pytest.warns(AccuracyWarning, match="resolve the density"):
        normal(16).marginal(0).sample(10, rng)


def test_wrapped_normal_wraps():
    grid = Grid(64, (0, 2 * np.pi))
    density = GridDensity.wrapped_normal(grid, centre=6.0, width=0.5)
    q = np.random.default_rng(3).normal(6.0, 0.5, 20_000)
    assert ks_p(ks_distance(q, density), len(q)) > 1e-4
    assert np.isclose(density.pdf(6.0), density.values.max(), rtol=1e-2)


@pytest.mark.parametrize(("change", "message"), [
    (lambda p: 1.0001 * p, "Σ values"),
    (lambda p: p - 0.2 * np.cos(np.arange(33) * 2 * np.pi / 33), "no value below"),
    (lambda p: p * np.nan, "finite"),
    (lambda p: p[:-1], "shape"),
], ids=["mass", "negative", "nan", "shape"])
def test_refusals(bumpy, change, message):
    with pytest.raises(ArgumentError, match=message):
        GridDensity(bumpy[0].grid, change(bumpy[0].values))


def test_a_width_below_the_grid_is_refused():
    with pytest.raises(ArgumentError, match="resolved"):
        GridDensity.wrapped_normal(Grid(16, (0, 2 * np.pi)), 0.0, 0.1)


def test_the_distribution_function_needs_one_axis():
    grid = Grid((8, 8), [(0, 1), (0, 1)])
    with pytest.raises(UnsupportedError, match="marginal"):
        GridDensity(grid, np.ones((8, 8))).cdf(0.5)


def test_a_density_between_walls_says_what_to_do():
    with pytest.raises(UnsupportedError, match=r"Grid\(N \+ 1"):
        GridDensity(Grid(7, (0, 1), "wall"), np.ones(7))
    box = Grid(7, (0, 1), "wall")
    values = np.concatenate([[0.0], 2 * np.sin(np.pi * box.axes[0]) ** 2])
    assert GridDensity(Grid(8, (0, 1)), values).cdf(0.5) == pytest.approx(0.5, abs=1e-12)
